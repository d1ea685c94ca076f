"""A user's own file for `zhtm predict`, `record` and `view`, spoilt as CSV; and spoilt traces for `view --export`."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
from htm.recording.runs import record, region_params
from saved_models import spoil, spoil_header

from hostile import texts
from hostile.case import ACCEPT, REFUSE, Case, Codes, random_of
from hostile.csvs import random_csv
from hostile.saved import archive_spoilt, bytes_spoilt
from zhtm_detector.common.lazy_container import ContainerWriter, LazyContainer, as_bytes
from zhtm_detector.htm.params import load_preset
from zhtm_detector.htm.recording import Trace, recorder
from zhtm_detector.htm.recording.layout import decode, encode

_TRACE, _PAGE, _LABELLED = "inputs/t.npz", "results/x.html", "corpus/labels/combined_windows.json"
_GOOD = '{"one/good.csv": [["%s", "%s"]]}'
_LABELS: list[tuple[str, Codes]] = [
    *((text, ACCEPT) for text in ("{}", '{"one/other.csv": []}', '{"one/good.csv": []}')),
    (_GOOD % ("0001-01-01 00:00", "9999-12-31 23:59:59"), ACCEPT),
    (_GOOD % ("2026-01-01 00:00+05:00", "2026-01-01 05:00+05:00"), ACCEPT),
    (_GOOD % ("2026-01-02", "2026-01-01"), REFUSE),
    *((text, REFUSE) for text in ("", "[]", '{"nowhere.csv": []}', '{"one/good.csv": [["x", "y"]]}', _GOOD * 2)),
]
_VERBS: dict[str, tuple[str, ...]] = {
    "predict": ("--steps", "1", "--probation", "1", "--output", "results/p.csv"),
    "record": ("--output", "results/t.npz"),
    "view": ("--export", _PAGE),
}


def own_case(seed: int, number: int) -> Case:
    """A hostile data file that is in no corpus. A stream's reader takes more than that of data files does."""
    rng = random_of(seed, "own", number)
    content, codes, note = random_csv(rng)
    name = "in.csv"
    if rng.random() < 0.1:
        raw = rng.choice(texts.FILE_NAMES + texts.FILE_NAMES_UNLABELLED)
        name, note = os.fsdecode(raw), f"file name {raw!r}: {note}"
    verb = rng.choice([*_VERBS])
    right: Codes = frozenset(2 if code == 1 else code for code in codes)
    if verb == "predict" and note != "valid":
        right = ACCEPT | REFUSE
    argv = [verb, f"inputs/{name}", "--preset", "column", *_VERBS[verb]]
    return Case("own", number, f"{verb}: {note}", argv, right, {f"inputs/{name}": content})


def trace_case(seed: int, number: int) -> Case:
    """A spoilt trace. The page shows not all of it, so that what only the rest has may pass."""
    rng = random_of(seed, "trace", number)
    content, codes, note = _trace(rng.random() < 0.7), ACCEPT, "valid"
    how = rng.random()
    if how < 0.25:
        odd, note = bytes_spoilt(rng, content)
        codes, content = REFUSE if odd != content else ACCEPT, odd
    elif how < 0.45:
        content, note = archive_spoilt(rng, content)
        codes = ACCEPT | REFUSE
    elif how < 0.85:
        content, note = _content_spoilt(rng, content)
        codes = ACCEPT | REFUSE
    argv, files = ["view", _TRACE, "--export", _PAGE], {_TRACE: content}
    if how > 0.9:
        labels, codes = rng.choice(_LABELS)
        note, files[_LABELLED] = f"labels {labels}", labels.encode()
        files[_TRACE] = _rewritten(content, {"source": rng.choice(["one/good.csv", "good.csv"])})
    if how > 0.9 or rng.random() < 0.5:
        argv += ["--nab-root", "corpus"]
    return Case("trace", number, note, argv, codes, files)


@cache
def _trace(region: bool) -> bytes:
    """A run of several chunks and key frames, of a region or of columns."""
    params = region_params("few synapses") if region else load_preset("column")
    with TemporaryDirectory() as folder, patch.multiple(recorder, CHUNK=16, _KEYFRAME=32):
        record(params, Path(folder) / "t.npz", count=40)
        return (Path(folder) / "t.npz").read_bytes()


def _content_spoilt(rng: Random, content: bytes) -> tuple[bytes, str]:
    """A trace with a checksum that fits: another header, or other arrays in a chunk or key frame."""
    generator = np.random.default_rng(rng.getrandbits(64))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.npz"
        path.write_bytes(content)
        header, members = _opened(path)
        if rng.random() < 0.3:
            header, note = spoil_header(generator, header), "header spoilt"
        elif rng.random() < 0.3:
            header = {
                **header,
                "source": rng.choice([*texts.NAMES_BAD, *texts.NAMES_MAY, "one/good.csv", "../good.csv"]),
            }
            note = f"source {header['source']!r}"
        else:
            name = rng.choice([*members])
            if rng.random() < 0.3:
                members[name], note = as_bytes(rng.randbytes(rng.choice([0, 9, 999]))), f"{name} random"
            else:
                members[name], note = _chunk_spoilt(generator, path, name), f"{name} spoilt"
        _write(path, header, members)
        return path.read_bytes(), note


def _rewritten(content: bytes, changes: dict[str, Any]) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.npz"
        path.write_bytes(content)
        header, members = _opened(path)
        _write(path, header | changes, members)
        return path.read_bytes()


def _opened(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and arrays of a trace."""
    container = LazyContainer(path, "Trace")
    members = {name: container.array(name) for name in container.sizes if name != "header.json"}
    container.close()
    return dict(container.header), members


def _write(path: Path, header: dict[str, Any], members: dict[str, Any]) -> None:
    with ContainerWriter(path, "Trace") as writer:
        for name, array in members.items():
            writer.add(name, array)
        writer.finish(header)


def _chunk_spoilt(rng: np.random.Generator, path: Path, name: str) -> Any:
    """Other arrays in the layout of the header, if they fit into it."""
    with Trace.open(path) as trace:
        kind, number = name[:-5], int(name[-5:])
        fields = trace.header.layout[kind]
        arrays = decode(fields, trace.blob(kind, number), "")
        with np.errstate(all="ignore"):
            spoilt = spoil(rng, arrays)
            try:
                return as_bytes(encode(fields, spoilt))
            except (ValueError, KeyError, OverflowError, TypeError, IndexError):
                return as_bytes(encode(fields, arrays)[:-1])
