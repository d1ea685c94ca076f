"""The sections of `zhtm validate`, each a table made of evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.evaluation import bootstrap, folds
from zhtm_detector.evaluation.judge import Outcome, judge
from zhtm_detector.nab.outcomes import by_category, detect_all
from zhtm_detector.nab.published import read_file_scores, read_record_scores
from zhtm_detector.nab.scoring import FileWindows, Profile, score_files

Scores = Mapping[str, NDArray[np.float64]]  # by data file, shape (records,)
ByProfile = Mapping[str, float]  # final scores

_TITLES = {"standard": "standard", "reward_low_FP_rate": "low FP", "reward_low_FN_rate": "low FN"}


@dataclass(frozen=True)
class Setting:
    """What all sections share.

    Parameters
    ----------
    name : str
        The detector that is validated, as shown.
    corpus : mapping of str to FileWindows
        The labelled files that have scores of everything.
    profiles : sequence of Profile
    root : Path
        The NAB root, for what is published.
    against : sequence of str
        Published detectors to compare with.
    """

    name: str
    corpus: Mapping[str, FileWindows]
    profiles: Sequence[Profile]
    root: Path
    against: Sequence[str]

    def judge(self, scores: Scores) -> Outcome:
        """Score on this corpus."""
        return judge(scores, self.corpus, self.profiles)

    def cross_validate(self, outcome: Outcome) -> dict[str, folds.CrossValidated]:
        """Cross-validate thresholds on this corpus."""
        return folds.cross_validate(outcome.ranking, self.corpus, self.profiles)

    def columns(self, suffix: str = "", title: str = "") -> list[Column]:
        """Make a column a profile."""
        return [Column(p.name + suffix, title + _TITLES.get(p.name, p.name)) for p in self.profiles]

    def cells(self, scores: Mapping[str, float]) -> list[Cell]:
        """Make a cell a profile."""
        return [scores[profile.name] for profile in self.profiles]


def scoreboard_section(setting: Setting, base: Outcome) -> DataTable:
    """Show the scoreboard's figure: each profile's threshold is the best on the whole corpus."""
    rows: list[list[Cell]] = [
        ["score", *setting.cells(base.scores)],
        ["threshold", *(f"{base.thresholds[profile.name]:.6g}" for profile in setting.profiles)],
    ]
    columns = [Column("what", setting.name), *(Column(c.key, c.title, right=True) for c in setting.columns())]
    return DataTable("Scoreboard: best threshold per profile", columns, rows)


def folds_section(setting: Setting, base: Outcome) -> DataTable:
    """Show what is left with thresholds cross-validated over files, beside what published detectors keep."""
    notes = [_few_files(setting)] if len(setting.corpus) < 2 else []
    rows: list[list[Cell]] = []
    contenders: list[tuple[str, Outcome]] = [] if notes else [(setting.name, base)]
    for name in [] if notes else setting.against:
        try:
            lengths = {path: file.length for path, file in setting.corpus.items()}
            contenders.append((name, setting.judge(read_record_scores(setting.root, name, lengths))))
        except InputError as error:
            notes.append(f"left out: {error}")
    for name, outcome in contenders:
        for profile, result in setting.cross_validate(outcome).items():
            score = outcome.scores[profile]
            rows.append([name, _TITLES.get(profile, profile), score, result.mean, result.sd, score - result.mean])
    columns = [
        Column("detector", "detector"),
        Column("profile", "profile"),
        Column("scoreboard", "scoreboard"),
        Column("mean", "mean"),
        Column("sd", "sd"),
        Column("cost", "cost"),
    ]
    count = min(folds.FOLDS, len(setting.corpus))
    title = f"Thresholds cross-validated over files: {count} folds, {folds.SHUFFLES} shuffles"
    return DataTable(title, columns, rows, notes)


def seeds_section(setting: Setting, by_seed: Mapping[int, ByProfile]) -> DataTable:
    """Show how much of the scoreboard's figure is chance: each seed's scores by profile, and their spread."""
    table = _table(setting, list(by_seed.values()))
    spread = table.std(axis=0, ddof=1).tolist() if len(table) > 1 else [None] * table.shape[1]
    rows: list[list[Cell]] = [
        ["mean", *table.mean(axis=0).tolist()],
        ["sd", *spread],
        ["min", *table.min(axis=0).tolist()],
        ["max", *table.max(axis=0).tolist()],
        *([f"seed {seed}", *scores] for seed, scores in zip(by_seed, table.tolist(), strict=True)),
    ]
    return DataTable(f"Over {len(by_seed)} seeds", [Column("what", setting.name), *setting.columns()], rows)


def causal_section(setting: Setting, base: Outcome, causal: Outcome | None) -> DataTable:
    """Show what is left without any look-ahead."""
    title = "Causal: only what the stream has shown"
    columns = [Column("what", setting.name), *setting.columns()]
    if causal is None:
        return DataTable(title, columns, [], ["left out: the model has no switch `causal`, or the preset has it on"])
    rows: list[list[Cell]] = [
        ["score", *setting.cells(causal.scores)],
        ["less than with the file's range by", *setting.cells(_minus(base.scores, causal.scores))],
    ]
    if len(setting.corpus) >= 2:
        validated = setting.cross_validate(causal)
        rows.append(["thresholds cross-validated", *setting.cells({p: r.mean for p, r in validated.items()})])
    return DataTable(title, columns, rows)


def ablation_section(
    setting: Setting, full: Sequence[ByProfile], removed: Mapping[str, Sequence[ByProfile]]
) -> DataTable:
    """Show what each part adds: the mean over the same seeds with and without it.

    Parameters
    ----------
    setting : Setting
    full : sequence of mapping
        The whole model's scores by profile, one mapping a seed.
    removed : mapping of str to sequence of mapping
        What was removed, to the scores of the model without it, with the same seeds.
    """
    columns = [
        Column("variant", "variant"),
        *setting.columns(),
        *setting.columns("_added", "+ "),
        *(setting.columns("_added_sd", "sd + ") if len(full) > 1 else []),
    ]
    whole = _table(setting, full)
    rows: list[list[Cell]] = [
        [setting.name, *whole.mean(axis=0).tolist(), *[None] * (len(columns) - 1 - whole.shape[1])]
    ]
    for name, scores in removed.items():
        without = _table(setting, scores)
        added = whole - without
        spread = added.std(axis=0, ddof=1).tolist() if len(full) > 1 else []
        rows.append([name, *without.mean(axis=0).tolist(), *added.mean(axis=0).tolist(), *spread])
    seeds = "one seed" if len(full) == 1 else f"mean of {len(full)} seeds"
    note = "+ is what the removed part adds to the whole model."
    return DataTable(f"Ablation, {seeds}", columns, rows, [note] if removed else ["nothing can be removed"])


def floor_section(setting: Setting, base: Outcome, baselines: Mapping[str, Outcome]) -> DataTable:
    """Show the baselines: a detector's worth is what it adds to them."""
    enough = len(setting.corpus) >= 2
    columns = [
        Column("detector", "detector"),
        *setting.columns(),
        *(setting.columns("_cross_validated", "CV ") if enough else []),
    ]
    rows: list[list[Cell]] = []
    for name, outcome in {**baselines, setting.name: base}.items():
        validated = setting.cross_validate(outcome) if enough else {}
        rows.append([name, *setting.cells(outcome.scores), *(result.mean for result in validated.values())])
    notes = ["CV: thresholds cross-validated over files."] if enough else []
    return DataTable("The floor: what needs no model", columns, rows, notes)


def bootstrap_section(setting: Setting, base: Outcome) -> DataTable:
    """Show how sure the differences to published detectors are."""
    rows: list[list[Cell]] = []
    notes = []
    for profile in setting.profiles:
        files = score_files(base.ranking, profile, base.thresholds[profile.name])
        ours = {file.relative_path: file.score for file in files}
        for name in setting.against:
            try:
                theirs = read_file_scores(setting.root, name, profile.name, setting.corpus)
            except InputError as error:
                notes.append(f"left out: {error}")
                continue
            got = bootstrap.compare(ours, theirs, setting.corpus, profile)
            title = _TITLES.get(profile.name, profile.name)
            rows.append([name, title, got.other, got.difference, got.low, got.high, 100 * got.share_above])
    order = {name: number for number, name in enumerate(setting.against)}
    rows.sort(key=lambda row: order[str(row[0])])
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
        notes.insert(0, "Each detector stands at its own threshold: ours as above, theirs as published.")
    level = round(100 * bootstrap.LEVEL)
    title = f"Difference to published detectors: {level}% bootstrap interval over files, {bootstrap.DRAWS} draws"
    return DataTable(title, columns, rows, notes)


def windows_section(setting: Setting, base: Outcome, scores: Scores) -> DataTable:
    """Show windows caught, how early, and false positives, by category and profile."""
    rows: list[list[Cell]] = []
    for profile in setting.profiles:
        found = detect_all(scores, setting.corpus, base.thresholds[profile.name], profile)
        title = _TITLES.get(profile.name, profile.name)
        rows += [
            [title, s.category, s.windows, s.caught, s.earliness, s.false_positives, s.cost] for s in by_category(found)
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


def _table(setting: Setting, scores: Sequence[ByProfile]) -> NDArray[np.float64]:
    return np.array([[row[profile.name] for profile in setting.profiles] for row in scores], dtype=np.float64)


def _minus(a: Mapping[str, float], b: Mapping[str, float]) -> dict[str, float]:
    return {name: a[name] - b[name] for name in a}


def _few_files(setting: Setting) -> str:
    return f"left out: folds need at least 2 files, and there is {len(setting.corpus)}"
