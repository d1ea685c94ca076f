"""Sweeps: a grid of variants of one preset, all of them scored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.common.workers import Workers
from zhtm_detector.evaluation.best_scores import best_scores
from zhtm_detector.evaluation.folds import cross_validate
from zhtm_detector.evaluation.score_store import ScoreStore, Source
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.nab.scoreboard import profile_title
from zhtm_detector.nab.scoring import FileWindows, Profile
from zhtm_detector.tuning.parameters.parameter_names import assignment, changed, find, parameters, parse_values
from zhtm_detector.tuning.parameters.space import value_text

MOST = 1000  # variants
_HELD = 20_000_000  # anomaly scores in memory at a time


@dataclass(frozen=True)
class Variant:
    """One point of a grid.

    Parameters
    ----------
    values : tuple
        A value of each of the grid's parameters, in their order.
    params : ModelParams
    """

    values: tuple[Any, ...]
    params: ModelParams


@dataclass(frozen=True)
class Grid:
    """All combinations of some parameters' values.

    Parameters
    ----------
    axes : dict
        Dotted name to its values, in the order given.
    variants : list of Variant
        The last parameter changes first.
    """

    axes: dict[str, list[Any]]
    variants: list[Variant]


@dataclass(frozen=True)
class Scored:
    """What a variant is worth, by profile.

    Parameters
    ----------
    variant : Variant
    best : dict
        Profile name to the score at the best threshold: NAB's convention.
    cross_validated : dict
        Profile name to the score with thresholds cross-validated over files; NaN for a single file.
    """

    variant: Variant
    best: dict[str, float]
    cross_validated: dict[str, float]


@dataclass(frozen=True)
class Swept:
    """A grid's scores.

    Parameters
    ----------
    grid : Grid
    rows : list of Scored
        In the grid's order.
    profiles : list of str
    errors : dict
        Data file to the error that keeps it out of all scores.
    computed, cached : int
        Files times variants that were run, and whose scores were there already.
    """

    grid: Grid
    rows: list[Scored]
    profiles: list[str]
    errors: dict[str, str]
    computed: int
    cached: int


def parse_grid(params: ModelParams, arguments: Sequence[str]) -> Grid:
    """Make a grid of name=v1,v2,... arguments; a value is JSON or else a text.

    Raises
    ------
    InputError
        For an unknown parameter (with the nearest known one), a value out of bounds or one that does not fit with the
        others, or a grid of more than 1,000 variants.
    """
    known = parameters(params)
    axes: dict[str, list[Any]] = {}
    for argument in arguments:
        name, texts = assignment(argument, "sweep", "anomaly.refractory=0.1,0.2")
        parameter = find(name, known)
        if name in axes:
            raise InputError(f"sweep {argument[:80]!r}: expected {name} once")
        axes[name] = parse_values(texts, parameter, f"sweep {argument[:80]!r}")
    if not axes:
        raise InputError("sweep: expected at least one name=v1,v2,..., got none")
    count = prod(len(values) for values in axes.values())
    if count > MOST:
        raise InputError(f"sweep: expected at most {MOST:,} variants, got {count:,}")
    variants = []
    for values_of_one in product(*axes.values()):
        values_by_name = dict(zip(axes, values_of_one, strict=True))
        where = "sweep " + " ".join(f"{name}={value_text(value)}" for name, value in values_by_name.items())
        variants.append(Variant(values_of_one, changed(params, values_by_name, where)))
    return Grid(axes, variants)


def run_grid(
    grid: Grid,
    store: ScoreStore,
    labelled: Mapping[str, FileWindows],
    profiles: Sequence[Profile],
    seed: int,
    workers: Workers,
    on_records: Callable[[int], None] = lambda amount: None,
) -> Swept:
    """Score all variants on the same files: a file that fails for one is in the score of none.

    Parameters
    ----------
    grid : Grid
    store : ScoreStore
    labelled : mapping of str to FileWindows
    profiles : sequence of Profile
    seed : int
        The models'.
    workers : int, KeptWorkers or RemoteWorkers
        As in `run_tasks`.
    on_records : callable
        As in `ScoreStore.gather`.

    Raises
    ------
    InputError
        When the results cannot be written, or no file is left.
    """
    sources = [Source(variant.params, seed) for variant in grid.variants]
    size = max(1, _HELD // sum(file.length for file in labelled.values()))
    parts = [slice(start, start + size) for start in range(0, len(sources), size)]
    errors: dict[str, str] = {}
    computed = cached = 0
    for part in parts:
        found = store.collect(sources[part], workers, on_records)
        computed, cached = computed + found.computed, cached + found.cached
        for failed in found.errors.values():
            errors = failed | errors
    corpus = {path: file for path, file in labelled.items() if path not in errors}
    if not corpus:
        raise InputError(next(iter(errors.values())))
    rows = []
    for part in parts:
        scores = store.collect(sources[part], workers, only=set(corpus)).scores  # kept by now
        for variant, source in zip(grid.variants[part], sources[part], strict=True):
            outcome = best_scores(scores[store.key(source)], corpus, profiles)
            cross = cross_validate(outcome.ranking, corpus, profiles) if len(corpus) > 1 else {}
            rows.append(Scored(variant, outcome.scores, {name: found.mean for name, found in cross.items()}))
    return Swept(grid, rows, [profile.name for profile in profiles], errors, computed, cached)


def grid_table(swept: Swept, preset: str) -> DataTable:
    """Lay out a sweep: a row a variant."""
    names = list(swept.grid.axes)
    columns = [Column(name, name, right=True) for name in names]
    for profile in swept.profiles:
        title = profile_title(profile)
        columns += [Column(profile, title), Column(f"{profile}_cross_validated", f"{title}, cross-validated")]
    rows: list[list[Cell]] = []
    for row in swept.rows:
        cells: list[Cell] = [value_text(value) for value in row.variant.values]
        for profile in swept.profiles:
            cells += [row.best[profile], row.cross_validated.get(profile)]
        rows.append(cells)
    notes = [f"{note}." for note in (best_text(swept, profile) for profile in swept.profiles[:1]) if note]
    return DataTable(f"Variants of {preset}", columns, rows, notes)


def value_of(row: Scored, profile: str) -> float:
    """Give the cross-validated score; with a single file the one at the best threshold."""
    return row.cross_validated.get(profile, row.best[profile])


def best_text(swept: Swept, profile: str) -> str:
    """Say which variant is the best of a profile, and that it was chosen on these files; empty where none is."""
    rows = [row for row in swept.rows if value_of(row, profile) == value_of(row, profile)]
    if not rows or len(swept.rows) < 2:
        return ""
    best = max(rows, key=lambda row: value_of(row, profile))
    values = " ".join(
        f"{name}={value_text(value)}" for name, value in zip(swept.grid.axes, best.variant.values, strict=True)
    )
    title = profile_title(profile)
    return f"Best of {len(swept.rows)} variants for {title}: {values} ({value_of(best, profile):.2f}), in-sample"
