"""Presets and baselines side by side over seeds and corpora, and thresholds carried from one corpus to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.evaluation.best_scores import BestScores, best_scores, score_at
from zhtm_detector.evaluation.evidence_tables import ByProfile, Scores, Setting
from zhtm_detector.evaluation.folds import cross_validate
from zhtm_detector.nab.scoreboard import profile_title
from zhtm_detector.nab.scoring import FileWindows, Profile


@dataclass(frozen=True)
class ScoredCorpus:
    """A corpus, and the anomaly scores of presets and baselines on it.

    Parameters
    ----------
    name : str
        In the tables.
    files : mapping of str to FileWindows
        The files for which every detector has scores.
    scores_of : callable
        Returns the anomaly scores of a detector, by its name, with one of its seeds, by its number from 0.
    """

    name: str
    files: Mapping[str, FileWindows]
    scores_of: Callable[[str, int], Scores]


@dataclass(frozen=True)
class DetectorScores:
    """Final scores of a detector on a corpus, by profile: one mapping per seed in each list.

    Parameters
    ----------
    best : list of mapping
        At the threshold that is best on this corpus, NAB's convention.
    thresholds : list of mapping
        Those thresholds.
    validated : list of mapping
        With thresholds cross-validated over files; empty mappings for a single file.
    carried : list of mapping
        At the first corpus's thresholds; empty on the first corpus itself.
    """

    best: list[ByProfile] = field(default_factory=list)
    thresholds: list[ByProfile] = field(default_factory=list)
    validated: list[ByProfile] = field(default_factory=list)
    carried: list[ByProfile] = field(default_factory=list)


Found = Mapping[tuple[str, str], DetectorScores]  # by corpus and detector


def score_detectors(
    seeds: Mapping[str, int], corpora: Sequence[ScoredCorpus], profiles: Sequence[Profile]
) -> dict[tuple[str, str], DetectorScores]:
    """Score every detector on every corpus, on all but the first also at the first's thresholds.

    Parameters
    ----------
    seeds : mapping of str to int
        Names of presets and baselines, each with the number of its seeds.
    corpora : sequence of ScoredCorpus
    profiles : sequence of Profile
    """
    found: dict[tuple[str, str], DetectorScores] = {}
    for corpus in corpora:
        for name, count in seeds.items():
            first = found.get((corpora[0].name, name))
            found[corpus.name, name] = _score_detector(name, count, corpus, profiles, first)
    return found


def _score_detector(
    name: str, seeds: int, corpus: ScoredCorpus, profiles: Sequence[Profile], first: DetectorScores | None
) -> DetectorScores:
    scores = DetectorScores()
    for number in range(seeds):
        outcome = best_scores(corpus.scores_of(name, number), corpus.files, profiles)
        validated = cross_validate(outcome.ranking, corpus.files, profiles) if len(corpus.files) > 1 else {}
        scores.best.append(outcome.scores)
        scores.thresholds.append(outcome.thresholds)
        scores.validated.append({profile: result.mean for profile, result in validated.items()})
        if first is not None:
            chosen = first.thresholds[number]
            scores.carried.append(
                {
                    profile.name: score_at(outcome.ranking, corpus.files, profile, chosen[profile.name])
                    for profile in profiles
                }
            )
    return scores


def presets_section(found: Found, profiles: Sequence[Profile], seeds: int) -> DataTable:
    """Show each detector on each corpus: scoreboard figures and cross-validated scores, over the seeds."""
    rows: list[list[Cell]] = [
        [
            *(corpus, profile_title(profile), name),
            *_mean_and_sd([best[profile] for best in scores.best]),
            *_mean_and_sd([got[profile] for got in scores.validated if got]),
        ]
        for corpus, profile, name, scores in _in_order(found, profiles)
    ]
    columns = [
        Column("corpus", "corpus"),
        Column("profile", "profile"),
        Column("detector", "detector"),
        Column("scoreboard", "scoreboard"),
        Column("scoreboard_sd", "sd"),
        Column("cross_validated", "cross-validated"),
        Column("cross_validated_sd", "sd"),
    ]
    return DataTable(f"Presets and baselines, {_seeds(seeds)}", columns, rows)


def transfer_section(found: Found, profiles: Sequence[Profile], seeds: int) -> DataTable:
    """Show what the first corpus's thresholds are worth on the others."""
    first = next(iter(found))[0]
    rows: list[list[Cell]] = []
    for corpus, profile, name, scores in _in_order(found, profiles):
        if scores.carried:
            own, there = ([by_seed[profile] for by_seed in scored] for scored in (scores.best, scores.carried))
            lost = [best - carried for best, carried in zip(own, there, strict=True)]
            rows.append(
                [
                    corpus,
                    profile_title(profile),
                    name,
                    float(np.mean(own)),
                    float(np.mean(there)),
                    *_mean_and_sd(lost),
                ]
            )
    columns = [
        Column("corpus", "corpus"),
        Column("profile", "profile"),
        Column("detector", "detector"),
        Column("own", "own threshold"),
        Column("carried", f"threshold of {first}"),
        Column("lost", "lost"),
        Column("lost_sd", "sd"),
    ]
    notes = [] if rows else ["left out: there is one corpus only; give --corpus NAME=ROOT"]
    return DataTable(f"Thresholds of {first} on other corpora, {_seeds(seeds)}", columns, rows, notes)


def _in_order(found: Found, profiles: Sequence[Profile]) -> Iterator[tuple[str, str, str, DetectorScores]]:
    """Corpus by corpus, in it profile by profile, and in that detector by detector, to be compared in adjacent rows."""
    for corpus in dict.fromkeys(corpus for corpus, _ in found):
        for profile in profiles:
            for (where, name), scores in found.items():
                if where == corpus:
                    yield corpus, profile.name, name, scores


def _seeds(seeds: int) -> str:
    return f"presets by the mean of {seeds} seeds" if seeds > 1 else "one seed"


def _mean_and_sd(values: Sequence[float]) -> list[Cell]:
    """Return mean and standard deviation; None for what so few values do not have."""
    return [float(np.mean(values)) if values else None, float(np.std(values, ddof=1)) if len(values) > 1 else None]


def thresholds_section(setting: Setting, detectors: Mapping[str, tuple[BestScores, float | None]]) -> DataTable:
    """Show for the first profile the threshold that cross-validation chooses, and the one that the preset names.

    Parameters
    ----------
    setting : Setting
    detectors : mapping of str to (BestScores, float or None)
        By name, with the preset's own threshold.
    """
    profile = setting.profiles[0]
    rows: list[list[Cell]] = []
    for name, (best, own) in detectors.items():
        there = None if own is None else score_at(best.ranking, setting.corpus, profile, own)
        for found in [setting.cross_validate(best)[profile.name]] if len(setting.corpus) > 1 else []:
            low, high = float(found.thresholds.min()), float(found.thresholds.max())
            rows.append([name, found.threshold, low, high, found.mean, best.scores[profile.name], own, there])
    columns = [
        Column("detector", "detector"),
        *(Column(key, title, 4) for key, title in (("chosen", "chosen"), ("lowest", "lowest"), ("highest", "highest"))),
        *(Column("held_out", "held out"), Column("best", "best")),
        *(Column("recommended", "recommended", 4), Column("score", "score there")),
    ]
    if all(own is None for _, own in detectors.values()):  # of no preset
        columns, rows = columns[:-2], [row[:-2] for row in rows]
    note = "chosen: the median of those that are best without one of the folds; held out: the mean score with them."
    return DataTable(f"Recommended thresholds, {profile_title(profile.name)} profile", columns, rows, [note])
