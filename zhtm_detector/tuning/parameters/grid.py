"""A sweep: all combinations of some parameters' values, each scored on the same files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.common.text import printable, shown
from zhtm_detector.common.workers import Workers
from zhtm_detector.evaluation.best_scores import best_scores
from zhtm_detector.evaluation.folds import cross_validate
from zhtm_detector.evaluation.ledger import Ledger, Look
from zhtm_detector.evaluation.score_store import ScoreStore, Source
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.nab.scoreboard import profile_title
from zhtm_detector.nab.scoring import FileWindows, Profile
from zhtm_detector.tuning.parameters.parameter_names import (
    MOST_VALUES,
    changed,
    find,
    parameters,
    parse_values,
    split_assignment,
)
from zhtm_detector.tuning.parameters.space import value_text

_MAX_SCORES = 20_000_000  # anomaly scores in memory at a time


@dataclass(frozen=True)
class Variant:
    """One point of a grid: a value of each of its parameters, in their order, and the preset with these values."""

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

    def text(self, values: Sequence[Any]) -> str:
        """Name a variant by its values."""
        return " ".join(f"{name}={value_text(value)}" for name, value in zip(self.axes, values, strict=True))


@dataclass(frozen=True)
class VariantScore:
    """The scores of one variant, by profile.

    Parameters
    ----------
    variant : Variant
    best : dict
        Profile name to the score at the best threshold, NAB's convention.
    cross_validated : dict
        Profile name to the score with thresholds cross-validated over files; empty for a single file.
    """

    variant: Variant
    best: dict[str, float]
    cross_validated: dict[str, float]

    def score(self, profile: str) -> float:
        """Return the cross-validated score, or that at the best threshold for a single file."""
        return self.cross_validated.get(profile, self.best[profile])


@dataclass(frozen=True)
class GridScores:
    """The scores of a grid.

    Parameters
    ----------
    grid : Grid
    rows : list of VariantScore
        In the grid's order.
    profiles : list of str
    errors : dict
        Data file to the error that excludes it from all scores.
    computed, cached : int
        Files times variants that were run, and that were found in the store.
    """

    grid: Grid
    rows: list[VariantScore]
    profiles: list[str]
    errors: dict[str, str]
    computed: int
    cached: int


def parse_grid(params: ModelParams, arguments: Sequence[str]) -> Grid:
    """Build a grid from arguments name=v1,v2,...; a value is JSON, or else text.

    Raises
    ------
    InputError
        For an unknown parameter (with the closest known one), a value out of bounds, values that do not fit together,
        or more than 1,000 variants.
    """
    known = parameters(params)
    axes: dict[str, list[Any]] = {}
    for argument in arguments:
        where = f"sweep {shown(argument)}"
        name, texts = split_assignment(argument, "sweep", "anomaly.refractory=0.1,0.2")
        parameter = find(name, known)
        if name in axes:
            raise InputError(f"{where}: expected {name} once")
        axes[name] = parse_values(texts, parameter, where)
    if not axes:
        raise InputError("sweep: expected at least one name=v1,v2,..., got none")
    count = prod(len(values) for values in axes.values())
    if count > MOST_VALUES:
        raise InputError(f"sweep: expected at most {MOST_VALUES:,} variants, got {count:,}")
    grid = Grid(axes, [])
    for values in product(*axes.values()):
        where = printable(f"sweep {grid.text(values)}", 200)
        variant = changed(params, dict(zip(axes, values, strict=True)), where)
        grid.variants.append(Variant(values, variant))
    return grid


def run_grid(
    grid: Grid,
    store: ScoreStore,
    labelled: Mapping[str, FileWindows],
    profiles: Sequence[Profile],
    seed: int,
    workers: Workers,
    ledger: Ledger,
    on_records: Callable[[int], None] = lambda amount: None,
) -> GridScores:
    """Score all variants on the same files: a file that fails for one is excluded for all.

    Parameters
    ----------
    grid : Grid
    store : ScoreStore
    labelled : mapping of str to FileWindows
    profiles : sequence of Profile
    seed : int
        Of the models.
    workers : Workers
        As in `run_tasks`.
    ledger : Ledger
        All variants are entered before any score is shown.
    on_records : callable
        As in `ScoreStore.gather`.

    Raises
    ------
    InputError
        When the scores or the ledger cannot be written, or no file is left.
    """
    ledger.read()  # a broken one is refused before the work
    sources = [Source(variant.params, seed) for variant in grid.variants]
    size = max(1, _MAX_SCORES // sum(file.length for file in labelled.values()))
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
    ledger.add(Look.of("sweep", variant.params, store.corpus_checksum, len(corpus)) for variant in grid.variants)
    rows = []
    for part in parts:
        scores = store.collect(sources[part], workers, only=set(corpus)).scores  # all in the store by now
        for variant, source in zip(grid.variants[part], sources[part], strict=True):
            outcome = best_scores(scores[store.key(source)], corpus, profiles)
            validated = cross_validate(outcome.ranking, corpus, profiles) if len(corpus) > 1 else {}
            rows.append(VariantScore(variant, outcome.scores, {name: found.mean for name, found in validated.items()}))
    return GridScores(grid, rows, [profile.name for profile in profiles], errors, computed, cached)


def grid_table(scores: GridScores, preset: str) -> DataTable:
    """Return a sweep as a table, one row per variant."""
    columns = [Column(name, name, right=True) for name in scores.grid.axes]
    for profile in scores.profiles:
        title = profile_title(profile)
        columns += [Column(profile, title), Column(f"{profile}_cross_validated", f"{title}, cross-validated")]
    rows: list[list[Cell]] = []
    for row in scores.rows:
        cells: list[Cell] = [value_text(value) for value in row.variant.values]
        for profile in scores.profiles:
            cells += [row.best[profile], row.cross_validated.get(profile)]
        rows.append(cells)
    best = best_text(scores, scores.profiles[0])
    return DataTable(f"Variants of {preset}", columns, rows, [f"{best}."] if best else [])


def best_text(scores: GridScores, profile: str) -> str:
    """Name the best variant of a profile, as an in-sample choice; empty if there is nothing to choose."""
    rows = [row for row in scores.rows if row.score(profile) == row.score(profile)]  # not NaN
    if not rows or len(scores.rows) < 2:
        return ""
    best = max(rows, key=lambda row: row.score(profile))
    return (
        f"Best of {len(scores.rows)} variants for {profile_title(profile)}: {scores.grid.text(best.variant.values)} "
        f"({best.score(profile):.2f}), in-sample"
    )
