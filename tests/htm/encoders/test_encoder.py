"""Rules that every encoder satisfies."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from zhtm_detector.htm.encoders import (
    DateEncoder,
    Encoder,
    MultiEncoder,
    RandomDistributedScalarEncoder,
    ScalarEncoder,
)
from zhtm_detector.htm.params import CyclicParams
from zhtm_detector.htm.sdr import SDR

SCALAR = ScalarEncoder(5, 20, -1.0, 3.0)
PERIODIC = ScalarEncoder(5, 20, -1.0, 3.0, periodic=True)
RANDOM = RandomDistributedScalarEncoder(60, 9, resolution=0.25)
DATE = DateEncoder(time_of_day=CyclicParams(active_bits=5, radius=3.0), weekend_bits=3)
MULTI = MultiEncoder({"value": RANDOM, "timestamp": DATE})

NUMBERS = [-9.0, -1.0, 0, 0.3, np.float32(1.1), np.int16(2), 3.0, 1e300]
DATES = ["2014-04-05 23:59:59", "2014-04-07", "2016-02-29T12:00:00"]
CASES = [
    pytest.param(SCALAR, NUMBERS, id="scalar"),
    pytest.param(PERIODIC, NUMBERS, id="periodic"),
    pytest.param(RANDOM, NUMBERS, id="random_distributed"),
    pytest.param(DATE, DATES, id="date"),
]
NUMERIC = [pytest.param(SCALAR, id="scalar"), pytest.param(PERIODIC, id="periodic"), pytest.param(RANDOM, id="random")]


@pytest.mark.parametrize(("encoder", "values"), CASES)
def test_size_and_active_bits(encoder: Encoder, values: list[object]) -> None:
    for value in values:
        sdr = encoder.encode(value)
        assert isinstance(sdr, SDR)
        assert sdr.size == encoder.size
        assert len(sdr) == encoder.active_bits
        assert sdr.indices.dtype == np.uint32


@pytest.mark.parametrize(("encoder", "values"), CASES)
def test_encode_many_equals_encode(encoder: Encoder, values: list[object]) -> None:
    rows = encoder.encode_many(values)
    assert rows.dtype == np.uint32
    assert rows.shape == (len(values), encoder.active_bits)
    assert np.array_equal(rows, Encoder.encode_many(encoder, values))
    assert encoder.encode_many(values[:0]).shape == (0, encoder.active_bits)


@pytest.mark.parametrize(("encoder", "values"), CASES)
def test_callers_cannot_change_shared_rows(encoder: Encoder, values: list[object]) -> None:
    before = encoder.encode(values[0]).indices.tolist()
    with pytest.raises(ValueError, match="read-only"):
        encoder.encode(values[0]).indices[0] = 0
    encoder.encode_many(values)[:] = 0
    assert encoder.encode(values[0]).indices.tolist() == before


@pytest.mark.parametrize(("encoder", "values"), CASES)
def test_copies_and_pickles_encode_the_same(encoder: Encoder, values: list[object]) -> None:
    for other in (pickle.loads(pickle.dumps(encoder)), copy.deepcopy(encoder)):
        assert np.array_equal(other.encode_many(values), encoder.encode_many(values))


def test_multi_pickles() -> None:
    other = pickle.loads(pickle.dumps(MULTI))
    records = {"value": [1.0, 2.0], "timestamp": DATES[:2]}
    assert np.array_equal(other.encode_many(records), MULTI.encode_many(records))


@pytest.mark.parametrize("encoder", NUMERIC)
@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        -np.inf,
        np.float32("nan"),
        None,
        "1.0",
        True,
        np.True_,
        1j,
        [1.0],
        np.array([1.0]),
        np.eye(30),
        Decimal("1.5"),
        pd.NA,
        pd.NaT,
        10**400,
        pytest.param(10**5000, id="an integer too long to show"),
    ],
)
def test_bad_values(encoder: Encoder, value: object) -> None:
    with pytest.raises(ValueError, match=r"^value: expected a finite number, got ") as caught:
        encoder.encode(value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 120
    with pytest.raises(ValueError, match=r"^row 1: value: expected a finite number, got "):
        encoder.encode_many([1.0, value])


@pytest.mark.parametrize("encoder", NUMERIC)
@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array([0.0, 1.0, np.nan]), r"row 2: value: expected a finite number, got np.float64\(nan\)"),
        (np.array([0.0, -np.inf]), r"row 1: value: .*got np.float64\(-inf\)"),
        (np.array([True, False]), r"row 0: value: .*got np.True_"),
        (np.array(["1.0"]), r"row 0: value: "),
        (np.array([1j]), r"row 0: value: "),
        (np.array([np.longdouble("1e400")]), r"row 0: value: "),
        (np.zeros((2, 2)), r"values: expected a 1-d sequence of numbers, got 2 dimensions"),
        (np.array(1.0), r"values: expected a 1-d sequence of numbers, got 0 dimensions"),
        (np.array("x"), r"values: expected a 1-d sequence of numbers, got 0 dimensions"),
        (pd.Series([1.0, None], dtype="Float64"), r"row 1: value: "),
        (pd.DataFrame({"a": [1.0]}), r"values: .*2 dimensions"),
        ("12", r"values: expected a 1-d sequence of numbers, got '12'"),
        (1.0, r"values: expected a 1-d sequence of numbers, got 1.0"),
        (iter([1.0]), r"values: expected a 1-d sequence of numbers, got "),
    ],
)
def test_bad_sequences(encoder: Encoder, values: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encoder.encode_many(values)


@pytest.mark.parametrize("encoder", NUMERIC)
def test_every_kind_of_sequence_gives_the_same_rows(encoder: Encoder) -> None:
    want = encoder.encode_many([0.0, 1.0, 2.0]).tolist()
    for values in (
        (0, 1, 2),
        range(3),
        np.arange(3, dtype=np.uint8),
        np.arange(3.0, dtype=np.float16),
        np.arange(3, dtype=object),
        pd.Series([0.0, 1.0, 2.0], index=[7, 7, 9]),
        pd.Series([0, 1, 2], dtype="Int64"),
        np.arange(6.0)[::2] / 2,
    ):
        assert encoder.encode_many(values).tolist() == want


def test_default_encode_many_names_the_row() -> None:
    with pytest.raises(ValueError, match=r"^row 1: value: expected a finite number, got nan$"):
        Encoder.encode_many(SCALAR, [0.0, float("nan")])
