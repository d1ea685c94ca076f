"""Saved models and folders of states, spoilt: cut, altered, with other members, or hostile with a right checksum."""

from __future__ import annotations

import io
import json
import struct
import sys
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np
from archives import resealed, sealed
from saved_models import go_on, new_model, spoil, spoil_header
from saved_sweep import consistent_ones, odd_ones
from tiny import read_tree, zhtm_process

from hostile.case import ACCEPT, REFUSE, Case, Codes, random_of
from hostile.result_lines import Results
from hostile.streams import JUDGED
from zhtm_detector.common.container import from_bytes, to_bytes
from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.streams.pool import ModelPool

LOAD = "load-saved"  # as a command of the worker's
_GOLDEN = Path(__file__).parents[1] / "golden" / "saved" / "format-1"
_MODELS = ("region-causal", "columns-causal", "local", "novelty-causal")
_DIGEST = 64
_MODEL = "inputs/model.npz"
_POOL = "pool"

Members = dict[str, bytes]


def load() -> None:
    """Load a model, or a pool, by the library and go on with it; or, without a file, run one of each."""
    if len(sys.argv) < 3:
        for kind in _MODELS:
            go_on(new_model(kind))
        return
    path = sys.argv[2]
    try:
        pool = ModelPool.load(path) if path == _POOL else None
        models = [HTMModel.load(path)] if pool is None else [pool[name] for name in pool]
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    for model in models:
        go_on(model)


def saved_case(seed: int, number: int) -> Case:
    """A saved model for the library, or the folder of a state for `zhtm stream`."""
    rng = random_of(seed, "saved", number)
    return rng.choices([_state_case, _model_case, _pool_case], [5, 4, 1])[0](rng, number)


# Files


def bytes_spoilt(rng: Random, content: bytes) -> tuple[bytes, str]:
    """Bytes changed, and no checksum that fits."""
    where = rng.randrange(len(content))
    odd = bytearray(content)
    odd[where] ^= 1 << rng.randrange(8)
    return rng.choice([
        (content[:where], "cut"), (content[:-1], "cut by a byte"), (content + b"\0", "a byte more"),
        (bytes(odd), "a bit flipped"), (b"", "empty"), (bytes(len(content)), "zeros"), (content[where:], "begin cut"),
        (rng.randbytes(500), "random"), (b"PK" + rng.randbytes(500), "random after PK"), (content * 2, "twice"),
        (b"\x93NUMPY" + content, "npy"), (b"\x80\x04K\x01.", "pickle"), (b"{}", "JSON"), (b"PK\x05\x06", "PK"),
        (content[:where] + rng.randbytes(30) + content[where + 30 :], "bytes changed"),
    ])  # fmt: skip


def _packed(members: Mapping[str, bytes] | list[tuple[str, bytes]], method: int = ZIP_DEFLATED) -> bytes:
    return sealed(members.items() if isinstance(members, Mapping) else members, method)


def _members(content: bytes) -> Members:
    with ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _array(**changes: Any) -> bytes:
    """An array whose header says what it will."""
    header = {"descr": "<f8", "fortran_order": False, "shape": (3,)} | changes
    text = (repr(header) + "\n").encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(24)


_ARRAYS = (
    *(
        _array(shape=shape)
        for shape in ((-3,), (4,), (2**62, 2**62), (0,) * 40, (3.0,), (True,), "x", None, (10**400,))
    ),
    *(_array(descr=kind) for kind in ("|O", "<U2", "<c16", "<M8[s]", ">f8x", "V8", [("a", "<f8")], "x" * 900, None, 5)),
    *(_array(fortran_order=flag) for flag in (True, 1, None)),
    *(b"", b"\x93NUMPY", b"\x93NUMPY\x02\x00" + bytes(50), b"\x93NUMPY\x01\x00\xff\xff{", bytes(100)),
    b"\x93NUMPY\x01\x00" + struct.pack("<H", 900) + b"(" * 900,
    b"\x93NUMPY\x01\x00" + struct.pack("<H", 30) + b"__import__('os').getcwd()     ",
)


def archive_spoilt(rng: Random, content: bytes) -> tuple[bytes, str]:
    """Another archive, whose checksum fits: to be refused."""
    members = _members(content)
    top = json.loads(members["header.json"])
    arrays = [name for name in members if name != "header.json"]
    name = rng.choice(arrays) if arrays else "x.npy"
    how = rng.randrange(9)
    if how == 0:
        odd = rng.choice(["x", "x.npy/", "../x.npy", "header.json.npy", "/x.npy", "x.npy", "x\n.npy", "y.txt", "é.npy"])
        return _packed(members | {odd: rng.choice([b"", bytes(9)])}), f"member {odd!r}"
    if how == 1:
        return _packed([*members.items(), rng.choice([*members.items()])]), "a member twice"
    if how == 2:
        gone = rng.choice([*members])
        return _packed({each: data for each, data in members.items() if each != gone}), f"without {gone}"
    if how == 3:
        return _packed(members, ZIP_BZIP2), "bzip2"
    if how == 4:
        return _packed(members | {name: rng.choice(_ARRAYS)}), f"array {name}"
    if how == 5:
        return _packed(members | {f"x{each}.npy": b"" for each in range(1000)}, ZIP_STORED), "a thousand members"
    if how == 6:
        body = bytearray(_packed(members))
        place = rng.choice([6, 8, 14, 18, 22, 26, body.rfind(b"PK\x01\x02") + 24, body.rfind(b"PK\x05\x06") + 10])
        body[place : place + 4] = rng.choice([b"\xff\xff\xff\x7f", b"\xff" * 4, bytes(4), rng.randbytes(4)])
        return resealed(bytes(body)), f"zip field at {place}"
    if how == 7:
        field, values = rng.choice([
            ("format", [0, 2, -1, "1", None, 1.5, [1], 10**400]), ("kind", ["X", None, 1, [], "Encoder", "HTMModel\n"]),
            ("content", [None, [], "x", 1, True, [[]] * 9]),
        ])  # fmt: skip
        top[field] = rng.choice(values)
        return _packed(members | {"header.json": json.dumps(top).encode()}), f"{field} {str(top[field])[:30]!r}"
    header = rng.choice([
        b"", b"null", b"[]", b"{}", b"{", b"\xff", b"\0", b"NaN", b"[" * 10**5, b'{"format": 1}', b'{"a": 1, "a": 2}',
        members["header.json"][:-1], members["header.json"] * 2, b'{"format": ' + b"9" * 5000 + b"}",
        members["header.json"].replace(b": ", b": NaN, \"x\": ", 1), json.dumps(top).encode("utf-16"),
    ])  # fmt: skip
    return _packed(members | {"header.json": header}), f"header {header[:20]!r}"


def _content_spoilt(rng: Random, content: bytes, kind: str) -> tuple[bytes, str]:
    """A file of right form with a header or arrays that no object wrote."""
    header, arrays = from_bytes(content, kind, "x")
    generator = np.random.default_rng(rng.getrandbits(64))
    if not arrays or rng.random() < 0.3:
        header, note = spoil_header(generator, header), "header"
    elif rng.random() < 0.5:  # of the sweep that is too long for here
        name = rng.choice([*arrays])
        note, odd = rng.choice([*odd_ones(arrays[name]), *consistent_ones(arrays)])
        arrays |= {name: odd} if isinstance(odd, np.ndarray) else odd
    else:
        arrays, note = spoil(generator, arrays), "arrays"
    return to_bytes(kind, header, arrays), f"{note} spoilt"


def _file_spoilt(rng: Random, content: bytes, kind: str) -> tuple[bytes, Codes, str]:
    how = rng.random()
    if how < 0.3:
        return _changed(bytes_spoilt(rng, content), content)
    if how < 0.55:
        odd, note = archive_spoilt(rng, content)
        return odd, ACCEPT | REFUSE if "zip field" in note else REFUSE, note
    odd, note = _content_spoilt(rng, content, kind)
    return odd, ACCEPT | REFUSE, note


def _changed(spoilt: tuple[bytes, str], content: bytes) -> tuple[bytes, Codes, str]:
    odd, note = spoilt
    return odd, ACCEPT if odd == content else REFUSE, note


# Models


def _model_case(rng: Random, number: int) -> Case:
    name = rng.choice(_MODELS)
    content, codes, note = (_GOLDEN / f"{name}.npz").read_bytes(), ACCEPT, "valid"
    if rng.random() < 0.95:
        content, codes, note = _file_spoilt(rng, content, "HTMModel")
    return Case("saved", number, f"model {name}: {note}", [LOAD, _MODEL], codes, {_MODEL: content})


def _pool_case(rng: Random, number: int) -> Case:
    """A folder of `ModelPool` with a model under two names."""
    content = (_GOLDEN / f"{rng.choice(_MODELS)}.npz").read_bytes()
    header, _ = from_bytes(content, "HTMModel", "x")
    names = {key: f"{sha256(key.encode()).hexdigest()[:32]}-{'0' * 16}.npz" for key in "ab"}
    extra = {"pool": {name: header[name] for name in ("params", "probation", "seed")}}
    files = {f"{_POOL}/{name}": content for name in names.values()}
    files[f"{_POOL}/manifest.npz"] = to_bytes("StateFolder", {"files": names, "extra": extra}, {})
    codes, note = ACCEPT, "valid"
    if rng.random() < 0.95:
        name = rng.choice(sorted(files))
        kind = "StateFolder" if "manifest" in name else "HTMModel"
        files[name], codes, note = _file_spoilt(rng, files[name], kind)
    intact = tuple(files)
    return Case("saved", number, f"pool: {note}", [LOAD, _POOL], codes, files, (_POOL,), untouched=False, intact=intact)


# States

_SERIES = 3
_BEFORE, _AFTER = 45, 60  # records that were scored, and all that there are
_IN, _OUT = "inputs/in.csv", "out.txt"
_OPTIONS = ("--preset", "column", "--key", "host", "--target-rate", "1/hour", "--output", _OUT, "--state", "state")
_PROBATIONS = ("5", None)  # None: models wait for the interval


@cache
def _lines() -> list[str]:
    rows = [f"2026-01-01 {row // 6:02}:{row % 6}0:00,h{row % _SERIES},{row * 7 % 13}.5" for row in range(_AFTER)]
    return ["timestamp,host,value", *rows]


def _input(rows: int) -> bytes:
    return "\n".join([*_lines()[: rows + 1], ""]).encode()


def _argv(probation: str | None) -> list[str]:
    return ["stream", _IN, *_OPTIONS, *(["--probation", probation] if probation else [])]


@cache
def _state(probation: str | None) -> Mapping[str, bytes]:
    """Output and state after some records."""
    with TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "inputs").mkdir()
        (path / _IN).write_bytes(_input(_BEFORE))
        ran = zhtm_process(path / "cache", *_argv(probation), cwd=path)
        assert ran.code == 0, ran.err
        return {name: data for name, data in read_tree(path).items() if name == _OUT or name.startswith("state/")}


def _state_case(rng: Random, number: int) -> Case:
    probation = rng.choice(_PROBATIONS)
    files = {**_state(probation), _IN: _input(_AFTER)}
    argv = _argv(probation)
    note, codes, least, most = rng.choices(_STATES, [weight for weight, _ in _STATES])[0][1](rng, files, argv)
    if least < 0:
        results = None
    else:
        columns = ("timestamp", "key", "value", *JUDGED)
        results = Results(columns, least, most, file=_OUT)
    intact = tuple(name for name in files if name.startswith("state/") and name in _state(probation))
    return Case(
        "saved", number, f"state: {note}", argv, codes, files, (_OUT, "state"), untouched=False, results=results,
        intact=intact,
    )  # fmt: skip


Files = dict[str, bytes]
StateMade = tuple[str, Codes, int, int]  # note, exit codes, least and most lines of results; -1: not looked at


def _manifest(rng: Random, files: Files, argv: list[str]) -> StateMade:
    name = "state/manifest.npz"
    files[name], codes, note = _file_spoilt(rng, files[name], "StateFolder")
    least, most = (_BEFORE, _BEFORE) if codes == REFUSE else (-1, -1)  # another place in the output, perhaps
    return f"manifest: {note}", codes, least, most


def _one_series(rng: Random, files: Files, argv: list[str]) -> StateMade:
    name = rng.choice(_series_of(files))
    files[name], codes, note = _file_spoilt(rng, files[name], "Series")
    return f"series: {note}", codes, _BEFORE, _AFTER


def _series_of(files: Files) -> list[str]:
    return sorted(name for name in files if name.startswith("state/") and not name.endswith("manifest.npz"))


def _gone(rng: Random, files: Files, argv: list[str]) -> StateMade:
    name = rng.choice([_OUT, "state/manifest.npz", rng.choice(_series_of(files))])
    del files[name]
    if name == "state/manifest.npz":  # as killed before the first commit: from the start
        return f"{name} gone", ACCEPT, _AFTER, _AFTER
    return f"{name} gone", REFUSE, 0 if name == _OUT else _BEFORE, _BEFORE


def _swapped(rng: Random, files: Files, argv: list[str]) -> StateMade:
    one, other = rng.sample([name for name in files if name.startswith("state/")], 2)
    files[one], files[other] = files[other], files[one]
    refused = "manifest" in one + other
    return "two files swapped", REFUSE if refused else ACCEPT | REFUSE, _BEFORE, _BEFORE if refused else _AFTER


def _more(rng: Random, files: Files, argv: list[str]) -> StateMade:
    name = rng.choice(["x", "x.npz", ".x.tmp", f"{'0' * 32}-{'f' * 16}.npz", "deep/x.npz", "manifest", "lock", "a b"])
    files[f"state/{name}"] = rng.choice([b"", b"x", rng.randbytes(99)])
    return f"a file more, {name}", ACCEPT, _AFTER, _AFTER


def _output(rng: Random, files: Files, argv: list[str]) -> StateMade:
    out = files[_OUT]
    if rng.random() < 0.5:
        files[_OUT] = out + rng.choice([b"2026-01-01 07", rng.randbytes(99), b"\n" * 99, out, bytes(9)])
        return "output longer", ACCEPT, _AFTER, _AFTER
    lines = out.splitlines(keepends=True)
    count = rng.randrange(1, len(lines))
    files[_OUT] = b"".join(lines[:count])
    return "output cut", REFUSE, count - 1, count - 1


def _other_input(rng: Random, files: Files, argv: list[str]) -> StateMade:
    note, content = rng.choice([
        ("cut", _input(_BEFORE - 2)), ("another", _input(_AFTER).replace(b"2026", b"2025")), ("empty", b""),
        ("a column more", _input(_AFTER).replace(b"value", b"value,x")), ("binary", bytes(5000)),
    ])  # fmt: skip
    files[_IN] = content
    return f"input {note}", REFUSE, _BEFORE, _BEFORE


def _input_after(rng: Random, files: Files, argv: list[str]) -> StateMade:
    """What follows is bad: the state is of what was before."""
    files[_IN] = _input(_BEFORE + 5) + rng.choice([b"x", b"\0", b"2025-01-01,h0,1", b"2026-01-02,h9,x", b"\xff"])
    if rng.random() < 0.5:  # of a line that ends what was read at once; else the state before it may be saved
        files[_IN] += b"\n"
        argv += ["--save-records", "1"]
    return "bad records follow", REFUSE, _BEFORE + 5, _BEFORE + 5


def _other_options(rng: Random, files: Files, argv: list[str]) -> StateMade:
    more = rng.choice([
        ["--seed", "3"], ["--preset", "classic"], ["--probation", "7"], ["--value", "host", "--key", "value"],
        ["--missing", "hold"], ["--interval", "10min"], ["--target-rate", "2/hour"], ["--output-format", "jsonl"],
        ["--explain"], ["--gap", "7"], ["--gap-alert", "1d"], ["--timezone", "UTC"], ["--fields", "value"],
        ["--minimum", "0", "--maximum", "9"], ["--shard", "1/2"], ["--time-format", "%Y"], ["--timestamp", "timestamp"],
    ])  # fmt: skip
    argv += more
    return f"other options {' '.join(more)}", REFUSE, _BEFORE, _BEFORE


def _same(rng: Random, files: Files, argv: list[str]) -> StateMade:
    more = rng.choice([[], ["--idle", "10min"], ["--save-records", "1"], ["--max-keys", "3"], ["--late", "drop"]])
    argv += more
    return f"valid {' '.join(more)}", ACCEPT, _AFTER, _AFTER


_STATES: list[tuple[int, Callable[[Random, Files, list[str]], StateMade]]] = [
    (8, _manifest), (12, _one_series), (2, _gone), (2, _swapped), (2, _more), (2, _output), (2, _other_input),
    (2, _input_after), (3, _other_options), (2, _same),
]  # fmt: skip
