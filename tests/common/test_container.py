"""The container: what it holds comes back, and anything else is refused in one line."""

from __future__ import annotations

import io
import json
import os
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_LZMA, ZIP_STORED

import numpy as np
import pytest
from archives import resealed, sealed
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from zhtm_detector.common import container
from zhtm_detector.common.container import from_bytes, read_container, to_bytes, write_container
from zhtm_detector.common.errors import InputError

HEADER = {"b": [1, 2.5, None], "a": {"text": "é"}}
ARRAYS = {
    "flags": np.array([True, False]),
    "part.numbers": np.arange(6, dtype=np.uint16).reshape(2, 3),
    "empty": np.zeros((0, 3), dtype=np.float32),
    "moments": np.array([np.nan, -0.0, np.inf]),
}
CONTENT = to_bytes("Thing", HEADER, ARRAYS)


def header(**changes: Any) -> tuple[str, bytes]:
    top = {"format": 1, "kind": "Thing", "package": "9.9", "content": {}} | changes
    return "header.json", json.dumps(top).encode()


def npy(array: Any, **options: Any) -> bytes:
    buffer = BytesIO()
    np.lib.format.write_array(buffer, array, **options)
    return buffer.getvalue()


def npy_of(shape: tuple[int, ...]) -> bytes:
    """The header of an array of floats, whatever its shape."""
    buffer = BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def refused(content: bytes, *texts: str) -> None:
    with pytest.raises(InputError) as error:
        from_bytes(content, "Thing", "place")
    message = str(error.value)
    assert message.startswith("place: ")
    assert len(message.splitlines()) == 1
    assert len(message) < 400
    for text in texts:
        assert text in message


def test_what_it_holds_comes_back() -> None:
    found, arrays = from_bytes(CONTENT, "Thing", "place")
    assert found == HEADER
    assert list(arrays) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        assert arrays[name].tobytes() == array.tobytes()
        assert arrays[name].flags.writeable


@given(arrays_of.arrays(st.sampled_from([">i4", "<u8", "?", ">f8", "<f4"]), arrays_of.array_shapes(max_side=4)))
def test_any_array_comes_back_in_this_machines_byte_order(array: Any) -> None:
    _, found = from_bytes(to_bytes("Thing", {}, {"x": array}), "Thing", "place")
    assert found["x"].dtype == array.dtype.newbyteorder("=")
    assert np.array_equal(found["x"], array, equal_nan=array.dtype.kind == "f")


def test_the_same_content_has_the_same_bytes_in_any_order() -> None:
    assert to_bytes("Thing", HEADER, dict(reversed(ARRAYS.items()))) == CONTENT


def test_numpy_opens_it() -> None:
    loaded = np.load(BytesIO(CONTENT), allow_pickle=False)
    assert set(loaded.files) == {"header.json", *ARRAYS}
    assert np.array_equal(loaded["part.numbers"], ARRAYS["part.numbers"])


def test_every_changed_byte_is_found() -> None:
    for place in range(len(CONTENT)):
        spoilt = bytearray(CONTENT)
        spoilt[place] ^= 1 << place % 8
        refused(bytes(spoilt))


def test_every_cut_is_found() -> None:
    for length in range(len(CONTENT)):
        refused(CONTENT[:length])
    refused(CONTENT + b"x", "cut or altered")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"kind": "Other"}, "kind: expected Thing, got 'Other'"),
        ({"format": 2}, "format: expected 1, got 2 of version '9.9'"),
        ({"format": None}, "format: expected 1, got None"),
        ({"content": [1]}, "content: expected an object, got [1]"),
    ],
)
def test_another_header(changes: dict[str, Any], text: str) -> None:
    refused(sealed([header(**changes)]), text)


def test_headers_that_are_none() -> None:
    refused(sealed([]), "expected a JSON object, got null")
    refused(sealed([("header.json", b"{")]), "not JSON")
    refused(sealed([("header.json", b'{"format": NaN}')]), "expected a number that fits a double")
    refused(sealed([("header.json", b"[" * 100_000)]), "levels of lists and objects")


@pytest.mark.parametrize("content", [b"", b"timestamp,value\n", b"PK", b"PK\5\6" + bytes(200), bytes(range(256))])
def test_other_files(content: bytes) -> None:
    refused(content)
    refused(resealed(b"PK" + content + bytes(64)))


def test_objects_are_never_read() -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.abort, ()

    array = np.array([Trap()], dtype=object)
    refused(
        sealed([header(), ("x.npy", npy(array, allow_pickle=True))]), "x.npy: expected booleans, integers or floats"
    )


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "NumPy's format"),
        (npy(np.zeros(3))[:50], "NumPy's format"),
        (npy(np.zeros(3))[:-1], "expected 23 bytes of values"),
        (npy(np.zeros(3)) + b"x", "expected 25 bytes of values"),
        (npy(np.zeros(3)).replace(b"(3,)", b"(9**9,)"), "NumPy's format"),
        (npy(np.zeros(3)).replace(b"(3,)", b"(((("), "NumPy's format"),
        (npy(np.zeros(30)).replace(b"(30,), }", b"(-9,), }"), "got shape (-9,)"),
        (npy(np.zeros(30)).replace(b"(30,), }   ", b"(-30,-1), }"), "got shape (-30, -1)"),
        (npy(np.zeros(1)).replace(b"(1,), }         ", b"(9999999999,), }"), "expected 8 bytes of values"),
        # No values at all in shapes that NumPy refuses: too long, too large together, too many dimensions.
        (npy_of((0, 2**64)), "expected 0 bytes of values"),
        (npy_of((0, 2**30, 2**30, 2**30)), "expected an array that can be made"),
        (npy_of((0,) * 70), "expected 0 bytes of values"),
        (npy_of((True,)) + bytes(8), "expected 8 bytes of values, got shape (True,)"),
        (npy(np.ones(2, dtype=np.bool_))[:-1] + b"\2", "expected each boolean as 0 or 1"),
        (npy(np.zeros((2, 2), order="F")), "in C order"),
        (npy(np.zeros(2, dtype=[("a", "i4")])), "expected booleans, integers or floats"),
        (npy(np.zeros(2, dtype="M8[s]")), "expected booleans, integers or floats"),
        (npy(np.zeros(2, dtype=complex)), "expected booleans, integers or floats"),
        (npy(np.zeros(2), version=(2, 0)), "another version"),
    ],
)
def test_arrays_that_are_none(data: bytes, text: str) -> None:
    refused(sealed([header(), ("x.npy", data)]), text)
    refused(sealed([header(), ("a\nb.npy", data)]), "a b.npy: ", text)


def test_members_that_do_not_belong() -> None:
    refused(sealed([header(), ("x.py", b"")]), "expected header.json and arrays, each once, got 'x.py'")
    refused(sealed([header(), *[("x.npy", npy(np.zeros(1)))] * 2]), "each once, got 'x.npy'")
    refused(sealed([header(), ("x.npy", npy(np.zeros(1)))], ZIP_LZMA), "stored or deflated, got method 14")


def test_bombs_are_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MOST_BYTES", 10_000)
    bomb = sealed([header(), ("x.npy", bytes(1_000_000))])
    assert len(bomb) < 3000
    refused(bomb, "expected at most 10,000 bytes in 1000 arrays, got 1,000,")
    # One that says it is small: its size in the directory and before its data.
    lying = bomb.replace((1_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    refused(resealed(lying), "no valid archive")
    refused(CONTENT.ljust(20_000, b"x"), "expected at most 10,000 bytes, got more")
    with pytest.raises(InputError, match="expected at most 10,000 bytes"):
        to_bytes("Thing", {}, {"x": np.zeros(10_000)})


def test_a_file_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "thing.npz"
    path.touch()
    os.truncate(path, container.MOST_BYTES + 1)  # takes no room
    monkeypatch.setattr(Path, "open", lambda path, mode: Unread(io.FileIO(path)))
    with pytest.raises(InputError, match=r"thing\.npz: expected at most 1,073,741,824 bytes, got 1,073,741,825"):
        read_container(path, "Thing")


class Unread(io.BufferedReader):
    """A file whose content nobody may ask for."""

    def read(self, size: int | None = -1) -> bytes:
        raise AssertionError


def test_too_many_members() -> None:
    many = [(f"{number}.npy", b"") for number in range(container.MOST_MEMBERS)]
    refused(sealed([header(), *many], ZIP_STORED), "in 1000 arrays, got")


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "new" / "thing.npz"
    write_container(path, "Thing", HEADER, ARRAYS)
    assert path.read_bytes() == CONTENT
    assert [file.name for file in path.parent.iterdir()] == ["thing.npz"]
    assert read_container(path, "Thing")[0] == HEADER
    with pytest.raises(InputError, match=r"thing\.npz: kind: expected Other, got 'Thing'"):
        read_container(path, "Other")
    with pytest.raises(InputError, match="not found; expected a saved Thing"):
        read_container(tmp_path / "none.npz", "Thing")
    with pytest.raises(InputError, match="expected a saved Thing, got what is no file"):
        read_container(tmp_path, "Thing")
    with pytest.raises(InputError, match="cannot be written"):
        write_container(path / "below.npz", "Thing", {}, {})
    with pytest.raises(TypeError, match="expected booleans, integers or floats, got object"):
        write_container(path, "Thing", {}, {"x": np.array([None])})
    assert path.read_bytes() == CONTENT
