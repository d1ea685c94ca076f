"""Hostile boards of `zhtm peers`: options, what an earlier run has left in the results, and data files."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hostile import texts
from hostile.case import ACCEPT, MAY, REFUSE, Case, Codes, random_of
from hostile.csvs import random_csv
from hostile.options import LONG, NAMES, PATHS
from hostile.others import files_of
from hostile.sandbox import WINDOWS
from hostile.texts import ESCAPE
from hostile.trees import VALUES, Pairs, keys_to, kind_of, node, paths, replaced, shown, spoilt_text, tree_of, written

_PEERS = ["peers", "--nab-root", "corpus", "--workers", "1"]
_OURS = [*_PEERS, "--only", "", "--detectors", "null"]
_COST = {"records": 160, "cpu_seconds": 0.25, "peak_mib": 80.5, "limit": 1200, "error": "", "made_of": ""}
_COSTS = {"other-null": _COST, "other-loda": {**_COST, "error": "did not finish: 1 of 3 files in 1200 s of CPU"}}
_BOARD = "results/peers/peers.json"

_BAD: list[tuple[str, tuple[str, ...]]] = [
    ("--only", ("prophet", "Loda", "loda,x", "loda;ecod", *NAMES[3:])),
    ("--detectors", ("", ",", "foo", "null,foo", "zhtm-nope", "x.json", *NAMES[3:], "nowhere.py:A", "a:", "json:x?a")),
    (
        "--corpus",
        ("x", "=x", "x=", "x=nowhere", "../x=corpus", f"{ESCAPE}=corpus", "a\nb=corpus", "corpus=corpus"),
    ),
    ("--corpus", ("", "=", "x=corpus/data", f"x={LONG}", "x=/dev/null", "con=corpus", "sample=corpus/labels")),
    ("--cpu-limit", ("", "0", "-1", "nan", "inf", "-inf", "abc", "1e8", "1,5", "½", ESCAPE, "0.0001", "9" * 400)),
    ("--output", ("corpus", "x", "x.pdf", "x.HTML", "corpus/x", "/dev/null", "/dev/null/x.html", ".html", ESCAPE)),
    ("--output", (f"{LONG}.html", "corpus/data/one/good.csv", "corpus/data/one/good.csv/x.html", "results/x.json")),
    ("--results", ("corpus/data/one/good.csv", "/dev/null", "/dev/null/x", LONG)),
    ("--nab-root", (*PATHS, "")),
    ("--seed", ("-1", "x", "", str(2**32), "nan")),
    ("--files", ("nothing*", "", "[")),
    ("--workers", ("0", "-1", "x")),
    ("--scheduler", ("x", "tcp://a:b", ESCAPE)),
]
_GOOD: list[tuple[str, tuple[str, ...]]] = [
    ("--detectors", ("null", "null,null", " null ", "null,random", "null,windowedGaussian")),
    ("--corpus", ("again=corpus", "x_1.0=./corpus/")),
    ("--cpu-limit", ("0.001", "1200", "1e7")),
    ("--output", ("results/board.html", "results/deep/board.html")),
    ("--seed", ("0",)),
    ("--files", ("one/*", "two/quiet.csv")),
    ("--json", ("",)),
    ("--markdown", ("",)),
    ("--csv", ("",)),
]


def peers_case(seed: int, number: int) -> Case:
    """One option spoilt, or a hostile board, or a hostile data file; no library of others is needed."""
    rng = random_of(seed, "peers", number)
    how = rng.random()
    if how < 0.4:
        option, values = rng.choice(_BAD)
        value = rng.choice(values)
        argv = [*_OURS, f"{option}={value}"]
        return Case("peers", number, f"{option} {value[:40]!r}", argv, REFUSE)
    if how < 0.5:
        option, values = rng.choice(_GOOD)
        value = rng.choice(values)
        argv = [*_OURS, option, *([value] if value else [])]
        return Case("peers", number, f"{option} {value!r}", argv, ACCEPT, then=tuple(_OURS))
    if how < 0.6:
        return _data(rng, number)
    content, codes, note = _board(rng)
    files = {**_files(), _BOARD: content}
    if rng.random() < 0.1:
        note, codes = _results(rng, files)
    return Case("peers", number, note, _OURS, codes, files, intact=(_BOARD,))


def _files() -> dict[str, bytes]:
    """Results of null, as a run has left them, and the board."""
    moved = {name.replace("results/", "results/peers/", 1): content for name, content in files_of("null").items()}
    kept = {name: content for name, content in moved.items() if name.endswith(".csv") and "_scores" not in name}
    return {**kept, _BOARD: json.dumps(_COSTS).encode()}


def _results(rng: Random, files: dict[str, bytes]) -> tuple[str, Codes]:
    """Spoil the results of a board that says that all is done."""
    files[_BOARD] = json.dumps(_COSTS).encode()
    name = rng.choice([name for name in files if name.endswith(".csv")])
    good = files.pop(name)
    note, content = rng.choice([
        ("missing", None), ("empty", b""), ("a row less", good[: good[:-1].rindex(b"\n") + 1]), ("NULs", bytes(99)),
        ("scores of 7", good.replace(b"0.25", b"7")), ("another year", good.replace(b"2015", b"2016")),
        ("NaN", good.replace(b"0.25", b"nan")), ("other values", good.replace(b"-01 00:05:00,", b"-01 00:05:00,9")),
    ])  # fmt: skip
    if content is not None:
        files[name] = content
    return f"results {note}", ACCEPT if content is None else REFUSE  # the detector runs again


def _board(rng: Random) -> tuple[bytes, Codes, str]:
    """A spoilt `peers.json`; what it says of others' detectors nobody needs, but it must be what a board says."""
    tree = tree_of(_COSTS)
    how = rng.random()
    if how < 0.1:
        return written(tree).encode(), ACCEPT, "valid"
    if how < 0.4:
        content, note = spoilt_text(rng, tree)
        return content, REFUSE, note
    if how < 0.55:
        detector = rng.randrange(2)
        entry = tree.items[detector][1]
        index = rng.randrange(len(entry.items))
        items = [item for at, item in enumerate(entry.items) if at != index]
        note = f"no {entry.items[index][0]} of {tree.items[detector][0]}"
        return written(replaced(tree, (detector,), Pairs(items))).encode(), REFUSE, note
    if how < 0.65:
        name = rng.choice([*texts.NAMES_BAD, *texts.NAMES_MAY])
        return written(Pairs([*tree.items, (name, tree_of(_COST))])).encode(), MAY, f"detector {name[:40]!r}"
    path = rng.choice(list(paths(tree)))
    old, new = node(tree, path), rng.choice([*VALUES, 1e300, -5, "9" * 99])
    codes = MAY if kind_of(new) == kind_of(old) or (path == () and new == Pairs([])) else REFUSE
    return written(replaced(tree, path, new)).encode(), codes, f"{shown(new)} at {keys_to(tree, path)}"


def _data(rng: Random, number: int) -> Case:
    """A hostile data file beside good ones: the detectors are on the board with the good ones' scores."""
    content, codes, note = random_csv(rng)
    labels: dict[str, Any] = {**WINDOWS, "one/other.csv": []}
    files = {
        "corpus/data/one/other.csv": content,
        "corpus/labels/combined_windows.json": json.dumps(labels).encode(),
    }
    kept = ("results/peers/other-null/one/other-null_good.csv",)
    return Case("peers", number, f"data: {note}", _OURS, codes, files, kept=kept)
