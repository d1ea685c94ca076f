"""Tuned thresholds as tables and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.evaluation.folds import FOLDS, SHUFFLES
from zhtm_detector.nab.scoreboard import profile_title
from zhtm_detector.tuning.thresholds.choose import CrossValidatedChoice, TunedThresholds
from zhtm_detector.tuning.thresholds.curve import PLATEAU_SHARE, ProfileCurve

THRESHOLD_DIGITS = 5


def best_table(tuned: Sequence[TunedThresholds]) -> DataTable:
    """Return a table of the best threshold of each profile, with the plateau around it."""
    rows: list[list[Cell]] = []
    for detector in tuned:
        for curve in detector.curves:
            flat = curve.plateau()
            rows.append(
                [
                    *(detector.label, profile_title(curve.profile.name)),
                    *(curve.threshold, curve.final, curve.score, flat.above, flat.up_to, flat.width),
                ]
            )
    columns = [
        Column("detector", "detector"),
        Column("profile", "profile"),
        Column("threshold", "best threshold", THRESHOLD_DIGITS),
        Column("normalized", "score"),
        Column("score", "raw score"),
        Column("plateau_above", "plateau above", THRESHOLD_DIGITS),
        Column("plateau_up_to", "up to", THRESHOLD_DIGITS),
        Column("plateau_width", "width", THRESHOLD_DIGITS),
    ]
    note = f"A threshold within the plateau loses at most {100 * PLATEAU_SHARE:g}% of the best score."
    return DataTable("Best threshold per profile, chosen on the files that it is scored on", columns, rows, [note])


def cross_validated_table(tuned: Sequence[TunedThresholds], files: int) -> DataTable:
    """Return a table of the cross-validated choices and their held-out scores."""
    title = f"Cross-validated over files: {min(FOLDS, files)} folds, {SHUFFLES} shuffles"
    rows: list[list[Cell]] = []
    for detector in tuned:
        for curve in detector.curves:
            choice = detector.choices.get(curve.profile.name)
            if choice is None:
                continue
            rows.append(
                [
                    *(detector.label, profile_title(curve.profile.name), choice.mean, choice.sd),
                    *(curve.final - choice.mean, choice.threshold, choice.lowest, choice.highest),
                    curve.final_at(choice.threshold),
                ]
            )
    columns = [
        Column("detector", "detector"),
        Column("profile", "profile"),
        Column("mean", "held out"),
        Column("sd", "sd"),
        Column("cost", "cost"),
        Column("threshold", "threshold", THRESHOLD_DIGITS),
        Column("lowest", "lowest", THRESHOLD_DIGITS),
        Column("highest", "highest", THRESHOLD_DIGITS),
        Column("normalized", "score there"),
    ]
    if not rows:
        return DataTable(title, columns, rows, [f"left out: folds need at least 2 files, and there is {files}"])
    note = "threshold: the median of those chosen without each fold; score there: on all files."
    return DataTable(title, columns, rows, [note])


def to_json(tuned: Sequence[TunedThresholds]) -> list[dict[str, Any]]:
    """Return everything but the curves' points, for JSON."""
    return [
        {
            "detector": detector.label,
            "profiles": {c.profile.name: _profile(c, detector.choices.get(c.profile.name)) for c in detector.curves},
        }
        for detector in tuned
    ]


def _profile(curve: ProfileCurve, choice: CrossValidatedChoice | None) -> dict[str, Any]:
    weights, flat = curve.profile, curve.plateau()
    return {
        "weights": {"tp": weights.tp, "fp": weights.fp, "fn": weights.fn, "tn": weights.tn},
        "threshold": curve.threshold,
        "score": curve.score,
        "normalized": curve.final,
        "plateau": {"above": flat.above, "up_to": flat.up_to, "width": flat.width},
        "cross_validated": None if choice is None else asdict(choice),
    }
