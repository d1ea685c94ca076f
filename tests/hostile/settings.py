"""Hostile thresholds, profiles and final results, each given to the commands that read it or update it."""

from __future__ import annotations

from random import Random
from typing import Any

from hostile import texts
from hostile.case import ACCEPT, MAY, REFUSE, Case, Codes, random_of
from hostile.sandbox import OPTIONS
from hostile.trees import VALUES, Pairs, keys_to, kind_of, node, paths, replaced, shown, spoilt_text, tree_of, written

_PROFILES = ("standard", "reward_low_FP_rate", "reward_low_FN_rate")
_THRESHOLDS = {
    "other-null": {name: {"score": -2.5, "threshold": 0.5, "total_count": 160} for name in _PROFILES},
}
_WEIGHTS = {
    name: {"CostMatrix": {"tpWeight": 1.0, "fnWeight": fn, "fpWeight": fp, "tnWeight": 1.0}}
    for name, fp, fn in zip((*_PROFILES, "mine"), (0.11, 0.22, 0.11, 0.5), (1.0, 1.0, 2.0, 1.0), strict=True)
}
_FINAL = {name: dict.fromkeys(_PROFILES, 50.5) for name in ("null", "zhtm", "other-null")}
_NULL = [*OPTIONS, "--detectors", "null"]
_RUN = ["run", *_NULL, "--workers", "1", "--no-report"]

Spoilt = tuple[bytes, Codes, str]


def thresholds_case(seed: int, number: int) -> Case:
    """A hostile thresholds file: read by `score`, `report` and `plot`, updated by the others."""
    rng = random_of(seed, "thresholds", number)
    readers = [["score", *_NULL], ["plot", "good", *_NULL], ["report", *_NULL]]
    updaters = [_RUN, ["optimize", *_NULL], ["tune", "thresholds", *_NULL]]
    reads = rng.random() < 0.7
    argv = rng.choices(readers, [6, 2, 1])[0] if reads else rng.choice(updaters)
    content, codes, note = _spoilt(rng, tree_of(_THRESHOLDS), _threshold_codes)
    if not reads and note.startswith("type"):
        codes = MAY  # what it updates was not asked about
    file, more = rng.choice([("results/thresholds.json", []), ("inputs/t.json", ["--thresholds", "inputs/t.json"])])
    return Case("thresholds", number, note, [*argv, *more], codes, {file: content}, outputs=("inputs/t.json",))


def profiles_case(seed: int, number: int) -> Case:
    """A hostile file of application profiles."""
    rng = random_of(seed, "profiles", number)
    commands = [["optimize", *_NULL], _RUN, ["tune", "thresholds", *_NULL], ["normalize", *_NULL], ["score", *_NULL]]
    argv = rng.choices(commands, [5, 3, 2, 0, 0])[0]
    tree = tree_of(_WEIGHTS)
    content, codes, note = _profile_name(rng, tree) if rng.random() < 0.25 else _spoilt(rng, tree, _profile_codes)
    return Case("profiles", number, note, [*argv, "--profiles", "inputs/p.json"], codes, {"inputs/p.json": content})


def final_case(seed: int, number: int) -> Case:
    """A hostile final_results.json: read by `compare`, updated by the others."""
    rng = random_of(seed, "final", number)
    argv = rng.choice([["compare", "--results", "results"], ["normalize", *_NULL], _RUN])
    tree = tree_of(_FINAL)
    content, codes, note = _final_name(rng, tree) if rng.random() < 0.2 else _spoilt(rng, tree, _final_codes)
    if argv[0] != "compare" and note.startswith("type"):
        codes = MAY
    return Case("final", number, note, argv, codes, {"results/final_results.json": content})


def _spoilt(rng: Random, tree: Any, codes_of: Any) -> Spoilt:
    how = rng.random()
    if how < 0.04:
        return written(tree).encode(), ACCEPT, "valid"
    if how < 0.45:
        content, note = spoilt_text(rng, tree)
        return content, REFUSE, note
    path = rng.choice(list(paths(tree)))
    if how < 0.55 and path:
        parent = node(tree, path[:-1])
        items = [item for at, item in enumerate(parent.items) if at != path[-1]]
        codes = codes_of(path, None, None)
        return written(replaced(tree, path[:-1], Pairs(items))).encode(), codes, f"type: no {keys_to(tree, path)}"
    old, new = node(tree, path), rng.choice(VALUES)
    codes = codes_of(path, old, new)
    return written(replaced(tree, path, new)).encode(), codes, f"type: {shown(new)} at {keys_to(tree, path)}"


def _threshold_codes(path: tuple[int, ...], old: Any, new: Any) -> Codes:
    """Root, detector, profile, threshold: needed, each of its type; the other numbers nobody needs."""
    if len(path) == 3 and path[-1] != 1:
        return MAY
    return REFUSE if kind_of(new) != kind_of(old) or old is None else MAY


def _profile_codes(path: tuple[int, ...], old: Any, new: Any) -> Codes:
    """Root, profile, cost matrix, weight; a profile may be missing, nothing else."""
    if old is None:
        return MAY if len(path) == 1 else REFUSE
    if kind_of(new) == "number":
        negative = isinstance(new, int | float) and new < 0
        return (REFUSE if negative else MAY) if kind_of(old) == "number" else REFUSE
    return REFUSE


def _final_codes(path: tuple[int, ...], old: Any, new: Any) -> Codes:
    """Root, detector, score; a score may be null."""
    if old is None:
        return MAY
    same = kind_of(new) == kind_of(old) or (kind_of(new) == "null" and len(path) == 2)
    return MAY if same else REFUSE


def _profile_name(rng: Random, tree: Pairs) -> Spoilt:
    bad = rng.random() < 0.7
    name = rng.choice(texts.NAMES_BAD if bad else texts.NAMES_MAY)
    items = list(tree.items)
    items[3] = name, items[3][1]
    return written(Pairs(items)).encode(), REFUSE if bad else MAY, f"profile {name[:40]!r}"


def _final_name(rng: Random, tree: Pairs) -> Spoilt:
    name = rng.choice(texts.NAMES_BAD + texts.NAMES_MAY)
    items = list(tree.items)
    if rng.random() < 0.5:
        items.append((name, items[0][1]))
    else:
        items[0] = items[0][0], Pairs([*items[0][1].items, (name, 1.0)])
    return written(Pairs(items)).encode(), MAY, f"name {name[:40]!r}"
