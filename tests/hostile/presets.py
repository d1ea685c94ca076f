"""Hostile preset files."""

from __future__ import annotations

import json
from functools import cache
from random import Random
from typing import Any

from hostile import texts
from hostile.case import ACCEPT, BAD, MAY, REFUSE, Case, Codes, random_of
from hostile.sandbox import OPTIONS
from hostile.trees import VALUES, Pairs, keys_to, kind_of, node, paths, replaced, shown, spoilt_text, tree_of, written
from zhtm_detector.common.config import config_path

_FILE = "inputs/hostile.json"


@cache
def _shipped() -> dict[str, Any]:
    files = sorted((config_path() / "presets").glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}


def presets_case(seed: int, number: int) -> Case:
    """A hostile preset, in most cases only read, in some also run."""
    rng = random_of(seed, "presets", number)
    name = rng.choice(list(_shipped()))
    content, codes, note = _spoilt(rng, tree_of(_shipped()[name]))
    note = f"{name}: {note}"
    if rng.random() < 0.06:
        argv = ["detect", *OPTIONS, "--results", "results/new", "--files", "one/good.csv", "--workers", "1"]
        argv += rng.choice([["--detectors", "zhtm", "--preset", _FILE], ["--detectors", _FILE]])
        codes = codes | BAD if codes != REFUSE else codes  # a size may be too much for this machine: a row
    else:
        argv = ["tune", "params", "--show-space", "--preset", _FILE]
    return Case("presets", number, note, argv, codes, {_FILE: content})


def _spoilt(rng: Random, tree: Any) -> tuple[bytes, Codes, str]:
    how = rng.random()
    if how < 0.03:
        return written(tree).encode(), ACCEPT, "valid"
    if how < 0.3:
        content, note = spoilt_text(rng, tree)
        return content, REFUSE, note
    if how < 0.4:
        return _key(rng, tree)
    path = rng.choice(list(paths(tree))[1:])
    old, new = node(tree, path), rng.choice(_near(rng, node(tree, path)) if rng.random() < 0.4 else VALUES)
    codes = _codes(old, new, keys_to(tree, path))
    return written(replaced(tree, path, new)).encode(), codes, f"{keys_to(tree, path)}: {shown(new)}"


def _near(rng: Random, old: Any) -> list[Any]:
    """Values of the same type: extreme ones."""
    if kind_of(old) == "number":
        return [
            -old,
            old * 2,
            old * 1000,
            old / 3,
            old + 0.5,
            old * 1e9,
            -1e-9,
            1 + 1e-9,
            2**20,
            2**24,
            2**31 - 1,
            10**30,
        ]
    if kind_of(old) == "list":
        return [[*old, *old], old[::-1], old[:-1], [*old, None], [old], [*old, True], old * 1000]
    return [old, not old] if kind_of(old) == "bool" else [tree_of({}), None]


def _codes(old: Any, new: Any, where: str) -> Codes:
    before, after = kind_of(old), kind_of(new)
    if before == "number" and after in ("bool", "text", "list", "object"):
        return REFUSE
    if before == "text" and after not in ("text", "null"):
        return REFUSE
    if before == "bool" and after not in ("bool", "null"):
        return REFUSE
    if before in ("list", "object") and after not in (before, "null"):
        return REFUSE
    if where.endswith("description") and after == "text":
        return MAY
    return MAY


def _key(rng: Random, tree: Any) -> tuple[bytes, Codes, str]:
    """A parameter more, less, or by another name."""
    path = rng.choice([at for at in paths(tree) if isinstance(node(tree, at), Pairs) and node(tree, at).items])
    items = list(node(tree, path).items)
    where = keys_to(tree, path)
    if rng.random() < 0.3:
        gone = items.pop(rng.randrange(len(items)))
        return written(replaced(tree, path, Pairs(items))).encode(), MAY, f"{where}: no {gone[0]}"
    name = rng.choice([*texts.NAMES_BAD, *texts.NAMES_MAY, "Description", "__class__", "model_config", "x" * 10**5])
    if rng.random() < 0.5:
        items[rng.randrange(len(items))] = (name, items[-1][1])
    else:
        items.insert(rng.randrange(len(items) + 1), (name, rng.choice(VALUES)))
    return written(replaced(tree, path, Pairs(items))).encode(), REFUSE, f"{where}: parameter {name[:30]!r}"
