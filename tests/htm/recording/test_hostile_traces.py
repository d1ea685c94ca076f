"""A file that no recorder wrote is refused with one line, when it is opened or when the bad part is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archives import resealed
from htm.recording.runs import record, region_params

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.lazy_container import ContainerWriter, LazyContainer, as_bytes
from zhtm_detector.htm.recording import Trace, recorder
from zhtm_detector.htm.recording.layout import Field, Sizes, decode, encode, layout_of


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trace") / "t.npz"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorder, "CHUNK", 16)
        patch.setattr(recorder, "_KEYFRAME", 32)
        record(region_params("few synapses"), path, count=50)
    return path


def read_all(path: Path) -> None:
    with Trace.open(path) as trace:
        for i in range(len(trace)):
            trace[i]
        trace.series("score")
        trace.permanences(len(trace) - 1)
        trace.cell(len(trace) - 1, 5)
        trace.history(7)


def rewrite(source: Path, target: Path, members: dict[str, Any], header: dict[str, Any] | None = None) -> None:
    """Write a trace with some members replaced, and a checksum that fits."""
    container = LazyContainer(source, "Trace")
    with ContainerWriter(target, "Trace") as writer:
        for name in container.sizes:
            if name != "header.json" and members.get(name, b"") is not None:
                writer.add(name, members.get(name, container.array(name)))
        writer.finish(header or container.header)
    container.close()


def test_a_copy_is_read(recorded: Path, tmp_path: Path) -> None:
    rewrite(recorded, tmp_path / "t.npz", {})
    read_all(tmp_path / "t.npz")


@pytest.mark.parametrize("seed", range(40))
def test_spoiled_arrays(recorded: Path, tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    with Trace.open(recorded) as trace:
        kind = ["frames", "learning", "memory", "pooler"][seed % 4]
        number = int(rng.integers(len(getattr(trace.header, kind if kind != "learning" else "frames"))))
        fields = trace.header.layout[kind]
        arrays = decode(fields, trace.blob(kind, number), "")
        for _ in range(1 + seed % 2):
            field = fields[rng.integers(len(fields))]
            array = arrays[field.name].copy()
            if len(array) and rng.random() < 0.7:
                most = 2 ** (8 * np.dtype(field.type).itemsize) - 1 if field.type[0] == "u" else 2**31
                array[rng.integers(len(array))] = rng.choice(
                    [0, 1, most if field.type[0] == "u" else np.nan if field.type[0] == "f" else most]
                )
            else:
                array = array[:-1] if len(array) else np.append(array, array.dtype.type(1))
            arrays[field.name] = array
        raw = [Field(f.name, f.type) for f in fields] if rng.random() < 0.2 else fields
        blob = as_bytes(encode(raw, arrays))
    rewrite(recorded, tmp_path / "t.npz", {f"{kind}{number:05}": blob})
    try:
        read_all(tmp_path / "t.npz")
    except InputError as error:
        assert str(error).startswith(str(tmp_path / "t.npz"))
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"records": [5, 5]}, "records: expected a first and a last one"),
        ({"records": [0, True]}, "records"),
        ({"sizes": [1, 0, 1, 70, 32, 4, 256, 2**40]}, "sizes"),
        ({"frames": [0, 16]}, "memory: expected records with which chunks begin"),
        ({"frames": [1, 16, 32, 48]}, "frames: expected numbers from 0"),
        ({"memory": [3]}, "memory: expected records with which chunks begin"),
        ({"fields": [["value", 2**40, 5]]}, "fields: expected at most 80 bits"),
        ({"fields": [["value", 10, 5]]}, "bits: expected numbers below 10"),
        ({"layout": {}}, "layout"),
        ({"model": {"params": {}, "probation": "x"}}, "model"),
        ({"model": {"params": {"causal": 3}, "probation": 20}}, "model"),
        ({"sentences": {"²": "x"}}, "sentences"),
        ({"threshold": "high"}, "threshold"),
        ({"views": ["x"]}, "views"),
    ],
)
def test_spoiled_headers(recorded: Path, tmp_path: Path, change: dict[str, Any], message: str) -> None:
    container = LazyContainer(recorded, "Trace")
    rewrite(recorded, tmp_path / "t.npz", {}, container.header | change)
    container.close()
    with pytest.raises(InputError, match=message):
        read_all(tmp_path / "t.npz")


def test_a_cut_file_an_altered_byte_another_kind(recorded: Path, tmp_path: Path) -> None:
    content = recorded.read_bytes()
    altered = bytearray(content)
    altered[len(content) // 2] ^= 1
    for name, bad in {"cut": content[:-100], "altered": bytes(altered), "text": b"timestamp,value\n" * 20}.items():
        (tmp_path / name).write_bytes(bad)
        with pytest.raises(InputError, match=f"{name}: (cut or altered|expected a saved Trace)"):
            Trace.open(tmp_path / name)
    with pytest.raises(InputError, match="not found"):
        Trace.open(tmp_path / "none")
    with pytest.raises(InputError, match="no file"):
        Trace.open(tmp_path)


def test_a_missing_member(recorded: Path, tmp_path: Path) -> None:
    rewrite(recorded, tmp_path / "t.npz", {"frames00001": None})
    with Trace.open(tmp_path / "t.npz") as trace:
        trace[0]
        with pytest.raises(InputError, match=r"frames00001\.npy: missing"):
            trace[20]


def test_a_member_that_cannot_be_unpacked(recorded: Path, tmp_path: Path) -> None:
    content = recorded.read_bytes().replace(b"frames00001", b"frames0000x", 1)  # not in the directory at the end
    (tmp_path / "t.npz").write_bytes(resealed(content))
    with (
        Trace.open(tmp_path / "t.npz") as trace,
        pytest.raises(InputError, match=r"frames00001\.npy: cannot be unpacked \(.*\); expected what was written$"),
    ):
        trace[20]


def test_numbers_that_no_record_has(recorded: Path) -> None:
    with Trace.open(recorded) as trace:
        for i in (50, -51, "x"):
            with pytest.raises(IndexError, match="record: expected a number from -50 to 49"):
                trace[i]  # type: ignore[index]
        with pytest.raises(ValueError, match="cell: expected a whole number from 0 to 127"):
            trace.cell(0, 128)
        with pytest.raises(ValueError, match="name: expected one of"):
            trace.series("bits")


def test_every_array_of_a_layout_comes_back() -> None:
    fields = layout_of(Sizes(2, 3, 300, 70, 32, 4, 70_000, 8))["learning"]
    arrays = {field.name: np.zeros(0, dtype=np.int64) for field in fields}
    arrays |= {
        "segment_counts": np.array([2, 0, 1]),
        "segments": np.array([3, 69_999, 3]),
        "kinds": np.array([3, 3, 3]),
    }
    found = decode(fields, as_bytes(encode(fields, arrays)), "")
    for name, array in arrays.items():
        assert found[name].tolist() == array.tolist()
