"""The checklist: rules that every encoder of the package satisfies."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from htm.encoders.cases import CASES, Case, digests, together

import zhtm_detector
from zhtm_detector.common.errors import InputError
from zhtm_detector.htm import encoders
from zhtm_detector.htm.encoders import (
    Encoder,
    MultiEncoder,
    RandomDistributedScalarEncoder,
    ScalarEncoder,
    known_encoders,
)
from zhtm_detector.htm.sdr import SDR

ALL = [pytest.param(kind, id=name) for name, kind in sorted(known_encoders().items())]


def case_of(kind: type[Encoder]) -> Case:
    assert kind in CASES, f"{kind.__name__}: tests/htm/encoders/cases.py has no case"
    return CASES[kind]


def made(kind: type[Encoder], seed: int = 7, seen: int = 0) -> Encoder:
    """A new encoder after some values of its case."""
    case = case_of(kind)
    encoder = case.make(seed)
    for value in case.values[:seen]:
        encoder.encode(value)
    return encoder


def rows_of(encoder: Encoder, values: list[Any]) -> list[list[int]]:
    return [encoder.encode(value).indices.tolist() for value in values]


def state_of(encoder: Encoder) -> bytes:
    return pickle.dumps(encoder.state_arrays())


def test_all_are_found_and_exported() -> None:
    assert len(ALL) >= 15
    assert set(known_encoders()) <= set(encoders.__all__)
    assert set(known_encoders()) <= set(zhtm_detector.__all__)
    assert all(getattr(zhtm_detector, name) is kind for name, kind in known_encoders().items())


@pytest.mark.parametrize("kind", ALL)
def test_says_what_it_does(kind: type[Encoder]) -> None:
    text = kind.__doc__ or ""
    assert text.count(">>> ") >= 1
    assert "Source: " in text


@pytest.mark.parametrize("kind", ALL)
def test_size_and_sparsity(kind: type[Encoder]) -> None:
    encoder = made(kind)
    assert 0 < encoder.active_bits < encoder.size
    for value in case_of(kind).values:
        bits = encoder.encode(value)
        assert isinstance(bits, SDR)  # sorted, unique, within its size: or it could not be made
        assert (bits.size, len(bits)) == (encoder.size, encoder.active_bits)
        with pytest.raises(ValueError, match="read-only"):
            bits.indices[0] = 0


@pytest.mark.parametrize("kind", ALL)
def test_the_same_seed_gives_the_same_bits(kind: type[Encoder]) -> None:
    case = case_of(kind)
    expected = rows_of(made(kind), case.values)
    assert rows_of(made(kind), case.values) == expected
    assert rows_of(pickle.loads(pickle.dumps(made(kind))), case.values) == expected
    assert rows_of(copy.deepcopy(made(kind)), case.values) == expected
    assert (rows_of(made(kind, seed=8), case.values) != expected) == case.seeded


@cache
def digests_elsewhere() -> dict[str, str]:
    tests = Path(__file__).parents[2]
    paths = os.pathsep.join([str(Path(zhtm_detector.__file__).parents[1]), str(tests)])
    ran = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("cases.py"))],
        env=os.environ | {"PYTHONPATH": paths, "PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("kind", ALL)
def test_another_process_gives_the_same_bits(kind: type[Encoder]) -> None:
    assert digests_elsewhere()[kind.__name__] == digests()[kind.__name__]


@pytest.mark.parametrize("kind", ALL)
def test_overlap_falls_with_distance(kind: type[Encoder]) -> None:
    case = case_of(kind)
    encoder = made(kind, seen=3)
    first, *others = (encoder.look(value) for value in case.farther)
    overlaps = [first.overlap(other) for other in others]
    assert first.overlap(encoder.look(case.farther[0])) == encoder.active_bits > overlaps[0] >= case.least
    assert overlaps == sorted(overlaps, reverse=True)
    assert overlaps[-1] <= case.most


@pytest.mark.parametrize("kind", ALL)
def test_out_of_range(kind: type[Encoder]) -> None:
    encoder = made(kind)
    for outside, within in case_of(kind).outside:
        assert encoder.encode(outside) == encoder.encode(within)


@pytest.mark.parametrize("kind", ALL)
def test_bad_input_is_refused_in_one_line(kind: type[Encoder]) -> None:
    case = case_of(kind)
    encoder = made(kind, seen=2)
    before = state_of(encoder)
    assert sum(map(len, case.bad.values())) > 3
    for message, values in case.bad.items():
        for value in values:
            for call in (encoder.encode, encoder.look):
                with pytest.raises(ValueError) as caught:
                    call(value)
                assert str(caught.value).startswith(message), value
                assert str(caught.value).isprintable()
                assert len(str(caught.value)) < 250
            if kind is not MultiEncoder:
                with pytest.raises(ValueError, match="row 1: ") as caught:
                    encoder.encode_many([case.values[0], value])
                assert message in str(caught.value)
            assert state_of(encoder) == before


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("many", ["01", 1.0, None, iter([0.0]), {1, 2}], ids=lambda many: type(many).__name__)
def test_no_sequence(kind: type[Encoder], many: Any) -> None:
    with pytest.raises(ValueError, match=r"^(values|records): expected a (1-d sequence|mapping)"):
        made(kind).encode_many(many)


@pytest.mark.parametrize("kind", ALL)
def test_many_at_once(kind: type[Encoder]) -> None:
    values = case_of(kind).values
    one_by_one, at_once, looking = made(kind), made(kind), made(kind)
    expected = rows_of(one_by_one, values)
    rows = at_once.encode_many(together(values))
    assert rows.dtype == np.uint32
    assert rows.shape == (len(values), at_once.active_bits)
    assert rows.tolist() == expected
    assert state_of(at_once) == state_of(one_by_one)
    half = len(values) // 2
    parts = [looking.encode_many(together(part)).tolist() for part in (values[:half], values[half:])]
    assert parts[0] + parts[1] == expected
    if kind is not MultiEncoder:
        assert at_once.encode_many([]).shape == (0, at_once.active_bits)
    assert state_of(at_once) == state_of(one_by_one)


@pytest.mark.parametrize("kind", ALL)
def test_a_look_changes_nothing(kind: type[Encoder]) -> None:
    encoder, values = made(kind), case_of(kind).values
    for value in values:
        before = state_of(encoder)
        looks = [encoder.look(other).indices.tolist() for other in values]
        assert encoder.look_many(together(values)).tolist() == looks
        assert state_of(encoder) == before
        expected = encoder.look(value)
        assert encoder.encode(value) == expected
        assert encoder.earlier().look(value) == expected


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("seen", [0, 1, 3])
def test_saved_and_loaded(kind: type[Encoder], seen: int, tmp_path: Path) -> None:
    values = case_of(kind).values
    encoder = made(kind, seen=seen)
    encoder.save(tmp_path / "encoder.npz")
    loaded = kind.load(tmp_path / "encoder.npz")
    assert loaded.settings() == encoder.settings()
    assert json.loads(json.dumps(loaded.settings())) == loaded.settings()
    assert state_of(loaded) == state_of(encoder)
    assert rows_of(loaded.earlier(), values[-2:]) == rows_of(encoder.earlier(), values[-2:])
    assert rows_of(loaded, values[seen:]) == rows_of(encoder, values[seen:])
    other = ScalarEncoder if kind is RandomDistributedScalarEncoder else RandomDistributedScalarEncoder
    with pytest.raises(InputError, match=f"kind: expected {other.__name__}, got '{kind.__name__}'"):
        other.load(tmp_path / "encoder.npz")


@pytest.mark.parametrize("kind", ALL)
def test_as_a_field_of_a_record(kind: type[Encoder], tmp_path: Path) -> None:
    values = case_of(kind).values
    within = MultiEncoder({"before": ScalarEncoder(2, 9, 0.0, 8.0), "it": made(kind)})
    records = {"before": np.zeros(len(values)), "it": together(values)}
    alone = made(kind).encode_many(together(values))
    within.look_many(records)
    rows = within.encode_many(records)
    assert np.array_equal(rows[:, 2:] - 10, alone)
    within.save(tmp_path / "encoder.npz")
    loaded = MultiEncoder.load(tmp_path / "encoder.npz")
    one = {"before": 3.0, "it": values[0]}
    assert loaded.encode(one) == within.encode(one)
