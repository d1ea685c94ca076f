"""Hostile labelled ranges beside a corpus' windows, read by the measures."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tiny import windows_of

from hostile import texts
from hostile.case import ACCEPT, MAY, REFUSE, Case, Codes, random_of
from hostile.sandbox import OPTIONS
from hostile.trees import VALUES, keys_to, kind_of, node, paths, replaced, shown, spoilt_text, tree_of, written

_RANGES = {
    "one/good.csv": windows_of(60, [(31, 33), (35, 35)]),
    "one/other.csv": windows_of(60, [(20, 20), (42, 44)]),
    "two/quiet.csv": windows_of(40, [(30, 31), (33, 33)]),
}
_NULL = [*OPTIONS, "--detectors", "null"]
_PATH = "corpus/labels/ranges.json"

Spoilt = tuple[bytes, Codes, str]


def ranges_case(seed: int, number: int) -> Case:
    """Good results and a hostile file of ranges."""
    rng = random_of(seed, "ranges", number)
    how = rng.random()
    if how < 0.05:
        content, codes, note = json.dumps(_RANGES).encode("utf-8-sig"), ACCEPT, "valid"
    elif how < 0.35:
        content, note = spoilt_text(rng, tree_of(_RANGES))
        codes = REFUSE
    else:
        content, codes, note = rng.choice([_type, _time, _ranges, _names])(rng)
    score = rng.random() < 0.6
    argv = ["score", *_NULL, "--measures"] if score else ["compare", *_NULL, "--measures"]
    return Case("ranges", number, note, argv, codes, {_PATH: content}, intact=(_PATH,))


def _type(rng: Random) -> Spoilt:
    tree = tree_of(_RANGES)
    path = rng.choice(list(paths(tree)))
    old, new = node(tree, path), rng.choice(VALUES)
    codes = MAY if (len(path) == 1 and new == []) or (len(path) == 3 and new in texts.TIMES_MAY) else REFUSE
    if not path and isinstance(new, type(tree)) and not new.items:
        codes = ACCEPT  # no ranges: the windows count
    note = f"{kind_of(old)} becomes {shown(new)} at {keys_to(tree, path)}"
    return written(replaced(tree, path, new)).encode(), codes, note


def _time(rng: Random) -> Spoilt:
    ranges = json.loads(json.dumps(_RANGES))
    bad = rng.random() < 0.7
    text = rng.choice(texts.TIMES_BAD if bad else texts.TIMES_MAY)
    name = rng.choice(list(ranges))
    rng.choice(ranges[name])[rng.randrange(2)] = text
    return json.dumps(ranges).encode(), REFUSE if bad else MAY, f"timestamp {text[:40]!r}"


def _ranges(rng: Random) -> Spoilt:
    ranges: Any = json.loads(json.dumps(_RANGES))
    first, second = ranges["one/other.csv"]
    before, after = "2015-02-28 23:55:00", "2016-03-02 00:00:00"
    note, codes, new = rng.choice([
        ("out of order", REFUSE, [second, first]), ("reversed", REFUSE, [first, second[::-1]]),
        ("overlap", REFUSE, [[first[0], second[0]], second]), ("twice", REFUSE, [first, first, second]),
        ("one end", REFUSE, [[first[0]], second]), ("three ends", REFUSE, [[*first, second[0]], second]),
        ("before the data", REFUSE, [[before, before], second]), ("after the data", REFUSE, [first, [after, after]]),
        ("between records", REFUSE, [[first[0].replace(":00.", ":01."), first[0].replace(":00.", ":02.")], second]),
        ("nanoseconds", ACCEPT, [[first[0] + "000", first[1]], second]),
        ("beyond both ends", ACCEPT, [[before, after]]), ("touch", REFUSE, [[first[0], second[0]], [second[0], after]]),
        ("one zone", REFUSE, [[first[0] + "Z", first[1]]]), ("zones", REFUSE, [[end + "Z" for end in first], second]),
        ("zones of all", REFUSE, [[end + "Z" for end in ends] for ends in (first, second)]),
        ("a zone alone", REFUSE, [[end + "-03:00" for end in first]]), ("flat", REFUSE, first),
        ("another zone", REFUSE, [first, [end + "+05:30" for end in second]]),
        ("numbers", REFUSE, [[1425168000, 1425171600]]), ("as a text", REFUSE, json.dumps([first])),
        ("many ranges", REFUSE, [first] * 10**4), ("objects", REFUSE, [{"start": first[0], "end": first[1]}]),
        ("years 1 to 9999", MAY, [["0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"]]),
        ("year 9999", REFUSE, [first, ["9999-12-31", "9999-12-31"]]), ("none", MAY, []),
    ])  # fmt: skip
    ranges["one/other.csv"] = new
    return json.dumps(ranges).encode(), codes, f"ranges: {note}"


def _names(rng: Random) -> Spoilt:
    """Another name of a file."""
    ranges: dict[str, Any] = json.loads(json.dumps(_RANGES))
    if rng.random() < 0.25:
        kept = {name: ends for name, ends in ranges.items() if rng.random() < 0.5}
        return json.dumps(kept).encode(), ACCEPT, f"ranges of {len(kept)} files"
    name = rng.choice(
        [*texts.NAMES_BAD, *texts.NAMES_MAY, "one//good.csv", "ONE/good.csv", "/one/good.csv", "a" * 10**5]
    )
    ranges[name] = ranges["one/good.csv"]
    return json.dumps(ranges).encode(), REFUSE, f"ranges of {name[:40]!r}"
