"""The tables of a report."""

from __future__ import annotations

from collections.abc import Sequence

from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.nab.costs import FileCost
from zhtm_detector.nab.scoreboard import BoardRow, profile_title
from zhtm_detector.nab.scoring import Profile


def board_table(rows: Sequence[BoardRow], profiles: Sequence[Profile]) -> DataTable:
    """Build the table of the scoreboard."""
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


def cost_table(costs: Sequence[FileCost], profile: Profile, threshold: float) -> DataTable:
    """Build the table of costs by file under one profile."""
    columns = [
        Column("relative_path", "file"),
        Column("lost", "points lost"),
        Column("windows", "windows"),
        Column("missed", "missed"),
        Column("missed_cost", "cost of missed"),
        Column("late_cost", "of late"),
        Column("false_positives", "FP records"),
        Column("false_positive_cost", "cost of FP"),
    ]
    rows: list[list[Cell]] = [[getattr(cost, column.key) for column in columns] for cost in costs]
    return DataTable(f"Points lost, {profile_title(profile.name)}, threshold {threshold:.5g}", columns, rows)


def cost_summary(costs: Sequence[FileCost]) -> str:
    """Sum up the costs of all files in a sentence or two."""
    caught = sum(cost.windows - cost.missed for cost in costs)
    total = sum(cost.lost for cost in costs)
    if total != total:
        return "Without windows there is no scale."
    return (
        f"{caught} of {sum(cost.windows for cost in costs)} windows found, "
        f"{sum(cost.false_positives for cost in costs)} false positives. Lost: {total:.2f} points, "
        f"{sum(cost.missed_cost for cost in costs):.2f} by missed windows, "
        f"{sum(cost.late_cost for cost in costs):.2f} by late detections, "
        f"{sum(cost.false_positive_cost for cost in costs):.2f} by false positives."
    )
