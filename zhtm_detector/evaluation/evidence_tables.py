"""The sections of `zhtm validate`, one table each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.evaluation import bootstrap, folds
from zhtm_detector.evaluation.best_scores import BestScores, best_scores
from zhtm_detector.nab.outcomes import category_of, false_positive_cost, mark, position, window_spans
from zhtm_detector.nab.published import read_file_scores, read_record_scores
from zhtm_detector.nab.scoreboard import profile_title
from zhtm_detector.nab.scoring import FileWindows, Profile, score_files

Scores = Mapping[str, NDArray[np.float64]]  # anomaly scores by data file, shape (records,)
ByProfile = Mapping[str, float]  # final scores


@dataclass(frozen=True)
class Setting:
    """What all sections share."""

    name: str  # of the validated detector in the tables
    corpus: Mapping[str, FileWindows]  # the files for which every detector has scores
    profiles: Sequence[Profile]
    root: Path  # the NAB root, with the published scores
    against: Sequence[str]  # published detectors to compare with

    def best(self, scores: Scores) -> BestScores:
        """Score a detector at its best thresholds."""
        return best_scores(scores, self.corpus, self.profiles)

    def cross_validate(self, best: BestScores) -> dict[str, folds.CrossValidated]:
        """Cross-validate a detector's thresholds; empty if there are too few files."""
        return folds.cross_validate(best.ranking, self.corpus, self.profiles) if len(self.corpus) > 1 else {}

    def columns(self, suffix: str = "", title: str = "") -> list[Column]:
        """Return one table column per profile."""
        return [Column(p.name + suffix, title + profile_title(p.name)) for p in self.profiles]

    def cells(self, scores: ByProfile) -> list[Cell]:
        """Return one cell per profile."""
        return [scores[profile.name] for profile in self.profiles]

    def array(self, scores: Sequence[ByProfile]) -> NDArray[np.float64]:
        """Return scores as an array of shape (seeds, profiles)."""
        return np.array([self.cells(by_profile) for by_profile in scores], dtype=np.float64)


def scoreboard_section(setting: Setting, base: BestScores) -> DataTable:
    """Show the scoreboard figures and their thresholds, each the best on the whole corpus."""
    rows: list[list[Cell]] = [
        ["score", *setting.cells(base.scores)],
        ["threshold", *(f"{base.thresholds[profile.name]:.6g}" for profile in setting.profiles)],
    ]
    columns = [Column("what", setting.name), *(Column(c.key, c.title, right=True) for c in setting.columns())]
    return DataTable("Scoreboard: best threshold per profile", columns, rows)


def folds_section(setting: Setting, base: BestScores) -> DataTable:
    """Show scores with cross-validated thresholds, ours and published detectors'."""
    notes = []
    detectors = [(setting.name, base)]  # a preset may share its name with a published detector
    if len(setting.corpus) < 2:
        notes = [f"left out: folds need at least 2 files, and there is {len(setting.corpus)}"]
    else:
        lengths = {path: file.length for path, file in setting.corpus.items()}
        for name in setting.against:
            try:
                detectors.append((name, setting.best(read_record_scores(setting.root, name, lengths))))
            except InputError as error:
                notes.append(f"left out: {error}")
    rows: list[list[Cell]] = []
    for name, best in detectors:
        for profile, result in setting.cross_validate(best).items():
            score = best.scores[profile]
            rows.append([name, profile_title(profile), score, result.mean, result.sd, score - result.mean])
    columns = [Column(key, key) for key in ("detector", "profile", "scoreboard", "mean", "sd", "cost")]
    count = min(folds.FOLDS, len(setting.corpus))
    title = f"Thresholds cross-validated over files: {count} folds, {folds.SHUFFLES} shuffles"
    return DataTable(title, columns, rows, notes)


def seeds_section(setting: Setting, by_seed: Mapping[int, ByProfile]) -> DataTable:
    """Show each seed's scores by profile, and their spread: the part of the scoreboard figures that is chance."""
    table = setting.array(list(by_seed.values()))
    spread = table.std(axis=0, ddof=1).tolist() if len(table) > 1 else [None] * table.shape[1]
    rows: list[list[Cell]] = [
        ["mean", *table.mean(axis=0).tolist()],
        ["sd", *spread],
        ["min", *table.min(axis=0).tolist()],
        ["max", *table.max(axis=0).tolist()],
        *([f"seed {seed}", *scores] for seed, scores in zip(by_seed, table.tolist(), strict=True)),
    ]
    return DataTable(f"Over {len(by_seed)} seeds", [Column("what", setting.name), *setting.columns()], rows)


def causal_section(setting: Setting, base: BestScores, causal: BestScores | None) -> DataTable:
    """Show the scores without any look-ahead."""
    title = "Causal: only what the stream has shown"
    columns = [Column("what", setting.name), *setting.columns()]
    if causal is None:
        return DataTable(title, columns, [], ["left out: the preset is causal already"])
    less = {profile: score - causal.scores[profile] for profile, score in base.scores.items()}
    rows: list[list[Cell]] = [
        ["score", *setting.cells(causal.scores)],
        ["less than with the file's range by", *setting.cells(less)],
    ]
    if validated := setting.cross_validate(causal):
        rows.append(["thresholds cross-validated", *(result.mean for result in validated.values())])
    return DataTable(title, columns, rows)


def ablation_section(
    setting: Setting, full: Sequence[ByProfile], removed: Mapping[str, Sequence[ByProfile]]
) -> DataTable:
    """Show what each part adds: mean scores over the same seeds with and without it.

    Parameters
    ----------
    setting : Setting
    full : sequence of mapping
        The whole model's scores by profile, one mapping per seed.
    removed : mapping of str to sequence of mapping
        Name of the variant to the scores of the model without the part, with the same seeds.
    """
    several = len(full) > 1
    columns = [
        Column("variant", "variant"),
        *setting.columns(),
        *setting.columns("_added", "+ "),
        *(setting.columns("_added_sd", "sd + ") if several else []),
    ]
    whole = setting.array(full)
    rows: list[list[Cell]] = [
        [setting.name, *whole.mean(axis=0).tolist(), *[None] * (len(columns) - 1 - whole.shape[1])]
    ]
    for name, scores in removed.items():
        without = setting.array(scores)
        added = whole - without
        spread = added.std(axis=0, ddof=1).tolist() if several else []
        rows.append([name, *without.mean(axis=0).tolist(), *added.mean(axis=0).tolist(), *spread])
    seeds = f"mean of {len(full)} seeds" if several else "one seed"
    note = "+ is what the whole model scores above the variant."
    return DataTable(f"Ablation, {seeds}", columns, rows, [note] if removed else ["nothing can be removed"])


def baselines_section(setting: Setting, base: BestScores, baselines: Mapping[str, BestScores]) -> DataTable:
    """Show the baselines beside the model."""
    several = len(setting.corpus) > 1
    columns = [
        Column("detector", "detector"),
        *setting.columns(),
        *(setting.columns("_cross_validated", "CV ") if several else []),
    ]
    rows: list[list[Cell]] = []
    for name, best in [*baselines.items(), (setting.name, base)]:
        validated = setting.cross_validate(best).values()
        rows.append([name, *setting.cells(best.scores), *(result.mean for result in validated)])
    notes = ["CV: thresholds cross-validated over files."] if several else []
    return DataTable("Baselines: what needs no model", columns, rows, notes)


def bootstrap_section(setting: Setting, base: BestScores) -> DataTable:
    """Show the differences to published detectors with their bootstrap intervals."""
    rows: list[list[Cell]] = []
    notes = []
    ours = {
        profile.name: {
            file.relative_path: file.score for file in score_files(base.ranking, profile, base.thresholds[profile.name])
        }
        for profile in setting.profiles
    }
    for name in setting.against:
        for profile in setting.profiles:
            try:
                theirs = read_file_scores(setting.root, name, profile.name, setting.corpus)
            except InputError as error:
                notes.append(f"left out: {error}")
                continue
            got = bootstrap.compare(ours[profile.name], theirs, setting.corpus, profile)
            title = profile_title(profile.name)
            rows.append([name, title, got.other, got.difference, got.low, got.high, 100 * got.share_above])
    columns = [
        Column("against", "against"),
        Column("profile", "profile"),
        Column("published", "published"),
        Column("difference", "difference"),
        Column("low", "low"),
        Column("high", "high"),
        Column("draws_above", "above, %", 1),
    ]
    if rows:
        notes.insert(0, f"Each detector stands at its own threshold: {setting.name} as above, the others as published.")
    level = round(100 * bootstrap.LEVEL)
    title = f"Difference to published detectors: {level}% bootstrap interval over files, {bootstrap.DRAWS} draws"
    return DataTable(title, columns, rows, notes)


def windows_section(setting: Setting, base: BestScores, scores: Scores) -> DataTable:
    """Show windows caught, how early, and false positives, by profile and category of files."""
    categories: dict[str, list[str]] = {}
    for path in setting.corpus:
        categories.setdefault(category_of(path), []).append(path)
    rows = [
        [profile_title(profile.name), category, *_outcomes(paths, setting.corpus, scores, base, profile)]
        for profile in setting.profiles
        for category, paths in [*categories.items(), ("all", list(setting.corpus))]
    ]
    columns = [
        Column("profile", "profile"),
        Column("category", "category"),
        Column("windows", "windows"),
        Column("caught", "caught"),
        Column("earliness", "position"),
        Column("false_positives", "FP records"),
        Column("false_positive_cost", "FP cost"),
    ]
    note = "position: mean place of the first detection in its window, 0 the left edge, 1 the right edge."
    return DataTable("Windows and false positives by category", columns, rows, [note])


def _outcomes(
    paths: Sequence[str], corpus: Mapping[str, FileWindows], scores: Scores, base: BestScores, profile: Profile
) -> list[Cell]:
    """Count windows, caught ones and false positives of some files, with mean position and cost."""
    marks = {path: mark(scores[path], corpus[path], base.thresholds[profile.name]) for path in paths}
    positions = [
        position(record, span)
        for path in paths
        for record, span in zip(marks[path].first, window_spans(corpus[path]), strict=True)
    ]
    caught = [place for place in positions if place is not None]
    return [
        len(positions),
        len(caught),
        float(np.mean(caught)) if caught else float("nan"),
        sum(marks[path].false_positives.size for path in paths),
        sum(false_positive_cost(marks[path], corpus[path], profile) for path in paths),
    ]
