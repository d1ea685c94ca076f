"""Thresholds for a target rate of alerts, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import PurePath
from typing import Any

from zhtm_detector.common.rates import Rate
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.tuning.thresholds.target_rate import RateChoice


def rate_table(rate: Rate, choices: Mapping[str, RateChoice]) -> DataTable:
    """Return a table of each detector's threshold and its alerts.

    Parameters
    ----------
    rate : Rate
    choices : mapping of str to RateChoice
        By the name of the detector, or of the files.
    """
    rows: list[list[Cell]] = []
    notes = ["An alert is a record whose score reaches the threshold; probationary records cause none."]
    for name, found in choices.items():
        busiest = found.busiest
        spans: list[Cell] = [found.units] if rate.per_time else []
        rows.append(
            [
                # Not rounded, because a rounded threshold can change the number of alerts.
                *(name, repr(found.threshold), found.alerts, found.allowed, found.rate, found.records, *spans),
                *((PurePath(busiest.name).name, busiest.alerts, busiest.rate) if busiest.alerts else (None,) * 3),
            ]
        )
        if found.why_none:
            notes.append(f"{name}: no alert is possible: {found.why_none}; the threshold is above every score.")
        elif found.alerts < found.allowed and found.next_alerts is not None:
            notes.append(
                f"{name}: the next lower score would give {found.next_alerts} alerts, more than the {found.allowed} "
                "that the rate allows."
            )
    columns = [
        Column("name", "scores of"),
        Column("threshold", "threshold", right=True),
        Column("alerts", "alerts"),
        Column("allowed", "allowed"),
        Column("rate", f"per {rate.per}", 3),
        Column("records", "records"),
        *([Column("units", f"{rate.unit}s", 1)] if rate.per_time else []),
        Column("busiest", "most in"),
        Column("busiest_alerts", "alerts there"),
        Column("busiest_rate", f"per {rate.per} there", 3),
    ]
    title = f"Alerts: at most {float(rate.count):g} per {rate.per}, over all files together"
    return DataTable(title, columns, rows, notes)


def rate_json(rate: Rate, choices: Mapping[str, RateChoice]) -> dict[str, Any]:
    """Return everything for JSON."""
    return {
        "wanted": float(rate.count),
        "per": rate.unit,
        "choices": [
            {"name": name, "possible": not found.why_none, "rate": found.rate} | asdict(found)
            for name, found in choices.items()
        ],
    }
