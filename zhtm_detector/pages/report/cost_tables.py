"""The tables of a report."""

from __future__ import annotations

from collections.abc import Sequence

from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.nab.scoreboard import BoardRow, profile_title
from zhtm_detector.nab.scoring import Profile
from zhtm_detector.pages.report.gather import FileView


def board_table(rows: Sequence[BoardRow], profiles: Sequence[Profile]) -> DataTable:
    """Lay out the scoreboard."""
    columns = [
        Column("place", "#"),
        Column("detector", "detector"),
        Column("origin", "origin"),
        *(Column(profile.name, profile_title(profile.name)) for profile in profiles),
    ]
    cells: list[list[Cell]] = [
        [place, row.name, row.origin, *(row.scores.get(profile.name) for profile in profiles)]
        for place, row in enumerate(rows, start=1)
    ]
    return DataTable("Scores on NAB's scale", columns, cells)


def cost_table(files: Sequence[FileView], profile: Profile, threshold: float) -> DataTable:
    """Lay out what each file costs under a profile, the most expensive first."""
    columns = [
        Column("file", "file"),
        Column("lost", "points lost"),
        Column("windows", "windows"),
        Column("missed", "missed"),
        Column("missed_cost", "cost of missed"),
        Column("late_cost", "of late"),
        Column("false_positives", "FP records"),
        Column("false_positive_cost", "cost of FP"),
    ]
    costs = sorted((file.costs[profile.name] for file in files), key=lambda cost: -cost.lost if cost.lost else 0.0)
    rows: list[list[Cell]] = [
        [
            cost.relative_path,
            cost.lost,
            cost.windows,
            cost.missed,
            cost.missed_cost,
            cost.late_cost,
            cost.false_positives,
            cost.false_positive_cost,
        ]
        for cost in costs
    ]
    return DataTable(f"Points lost, {profile_title(profile.name)}, threshold {threshold:.5g}", columns, rows)


def sums(files: Sequence[FileView], profile: Profile) -> str:
    """Sum the costs up in a sentence."""
    costs = [file.costs[profile.name] for file in files]
    caught = sum(cost.windows - cost.missed for cost in costs)
    total = sum(cost.lost for cost in costs)
    if total != total:
        return "There is no scale without windows."
    return (
        f"{caught} of {sum(cost.windows for cost in costs)} windows found, "
        f"{sum(cost.false_positives for cost in costs)} false positives. Lost: {total:.2f} points, "
        f"{sum(cost.missed_cost for cost in costs):.2f} in missed windows, "
        f"{sum(cost.late_cost for cost in costs):.2f} by late detections, "
        f"{sum(cost.false_positive_cost for cost in costs):.2f} by false positives."
    )
