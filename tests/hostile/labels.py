"""Hostile label files."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from hostile import texts
from hostile.case import ACCEPT, BAD, MAY, REFUSE, Case, Codes, random_of
from hostile.sandbox import OPTIONS, WINDOWS
from hostile.trees import VALUES, Pairs, keys_to, kind_of, node, paths, replaced, shown, spoilt_text, tree_of, written

LABELS = "corpus/labels/combined_windows.json"
_FILE = "one/other.csv"  # has two windows

Spoilt = tuple[bytes, Codes, str]


def labels_case(seed: int, number: int) -> Case:
    """A good corpus with a hostile label file."""
    rng = random_of(seed, "labels", number)
    makers: list[tuple[int, Callable[[Random], Spoilt]]] = [
        *((2, _valid), (30, _text), (25, _type), (18, _time), (15, _windows), (10, _keys))
    ]
    _, make = rng.choices(makers, weights=[weight for weight, _ in makers])[0]
    content, codes, note = make(rng)
    verb = rng.choice([["run", "--no-report", "--workers", "1"], ["detect", "--workers", "1"], ["optimize"], ["score"]])
    results = ["--results", "results/new"] if "--workers" in verb else []
    argv = [*verb, *OPTIONS, *results, "--detectors", "null"]
    return Case("labels", number, note, argv, codes, {LABELS: content})


def _valid(rng: Random) -> Spoilt:
    indent = rng.choice([None, 1, 4])
    bom = "\ufeff" if rng.random() < 0.2 else ""
    return (
        (bom + json.dumps(WINDOWS, indent=indent)).encode(),
        MAY if bom else ACCEPT,
        "valid" + (", BOM" if bom else ""),
    )


def _text(rng: Random) -> Spoilt:
    content, note = spoilt_text(rng, tree_of(WINDOWS))
    return content, REFUSE, note


def _type(rng: Random) -> Spoilt:
    tree = tree_of(WINDOWS)
    path = rng.choice(list(paths(tree)))
    old, new = node(tree, path), rng.choice(VALUES)
    note = f"{shown(new)} at {keys_to(tree, path)}"
    codes = REFUSE
    if len(path) == 1 and new == []:
        codes = MAY  # no windows, which may differ from the labels in the results
    elif len(path) == 3 and new in texts.TIMES_MAY:
        codes = BAD  # a day, but none in the data
    return written(replaced(tree, path, new)).encode(), codes, f"{kind_of(old)} becomes {note}"


def _time(rng: Random) -> Spoilt:
    windows = json.loads(json.dumps(WINDOWS))
    window, end = rng.randrange(2), rng.randrange(2)
    text = rng.choice(texts.TIMES_BAD + texts.TIMES_MAY)
    windows[_FILE][window][end] = text
    # A moment of ours is in none of the odd formats, so whatever it means, it is not in the data.
    codes = REFUSE if text in texts.TIMES_BAD else BAD
    return json.dumps(windows).encode(), codes, f"timestamp {text[:40]!r}"


def _windows(rng: Random) -> Spoilt:
    windows: Any = json.loads(json.dumps(WINDOWS))
    first, second = windows[_FILE]
    before, after = "2015-02-28 23:55:00.000000", "2015-03-02 00:00:00.000000"
    note, codes, new = rng.choice([
        ("out of order", REFUSE, [second, first]), ("ends before it starts", REFUSE, [first[::-1], second]),
        ("overlap", REFUSE, [[first[0], second[0]], second]), ("twice", REFUSE, [first, first, second]),
        ("touch", REFUSE, [[first[0], second[0]], [second[0], second[1]]]), ("no windows", MAY, []),
        ("one end", REFUSE, [[first[0]], second]), ("three ends", REFUSE, [[*first, second[0]], second]),
        ("before the data", BAD, [[before, first[1]], second]), ("after the data", BAD, [first, [second[0], after]]),
        ("between records", BAD, [[first[0].replace(":00.", ":01."), first[1]], second]),
        ("nanoseconds off", BAD, [[first[0] + "001", first[1]], second]), ("one record", MAY, [[first[0], first[0]]]),
        ("time zone", BAD, [[end + "Z" for end in first], second]),
        ("one time zone", REFUSE, [[first[0] + "Z", first[1]]]),
        ("a million windows", REFUSE, [first] * 10**5), ("flat", REFUSE, first),
        ("numbers", REFUSE, [[1425168000, 1425171600]]),
        ("objects", REFUSE, [{"start": first[0], "end": first[1]}]), ("as a text", REFUSE, json.dumps([first])),
    ])  # fmt: skip
    windows[_FILE] = new
    return json.dumps(windows).encode(), codes, f"windows: {note}"


def _keys(rng: Random) -> Spoilt:
    tree = tree_of(WINDOWS)
    index = rng.randrange(len(tree.items))
    if rng.random() < 0.2:
        items = [item for at, item in enumerate(tree.items) if at != index]
        return written(Pairs(items)).encode(), ACCEPT if len(items) else REFUSE, "file without labels"
    name = rng.choice([
        *texts.NAMES_BAD, *texts.NAMES_MAY, "one//good.csv", "./one/good.csv", "one/../one/good.csv", "ONE/good.csv",
        "one\\good.csv", "one/good.csv ", "/one/good.csv", "one/good", "one", "a" * 10**5,
    ])  # fmt: skip
    item = name.replace(texts.ESCAPE, texts.ESCAPE * 3), tree.items[index][1]
    items = list(tree.items)
    if rng.random() < 0.5:
        items[index] = item
    else:
        items.append(item)
    return written(Pairs(items)).encode(), REFUSE, f"labels of {name[:40]!r}"
