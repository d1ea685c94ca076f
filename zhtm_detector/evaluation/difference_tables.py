"""A comparison as a table to read, as a table of numbers for CSV, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.evaluation import bootstrap
from zhtm_detector.evaluation.differences import Comparison, Difference
from zhtm_detector.nab.scoreboard import profile_title


def to_read(comparison: Comparison) -> DataTable:
    """Build the table to read: one row per detector, each difference with its interval in one cell."""
    titles = [profile_title(profile) for profile in comparison.profiles]
    columns = [
        Column("folder", "folder"),
        Column("detector", "detector"),
        Column("origin", "origin"),
        *(Column(profile, title) for profile, title in zip(comparison.profiles, titles, strict=True)),
        *(Column(f"{title}_difference", f"diff. {title}", right=True) for title in titles),
    ]
    rows: list[list[Cell]] = []
    for row in comparison.rows:
        cells = [_text(row.differences[profile]) if row.differences else "reference" for profile in comparison.profiles]
        scores = [row.scores[profile] for profile in comparison.profiles]
        rows.append([row.entry.folder, row.entry.name, row.entry.origin, *scores, *cells])
    level = round(100 * bootstrap.LEVEL)
    over = f", with {level}% bootstrap intervals over {comparison.files} files" if comparison.files else ""
    return DataTable(f"Differences to {comparison.reference.title}{over}", columns, rows, comparison.notes)


def to_compute(comparison: Comparison) -> DataTable:
    """Build the table for CSV: one row per detector, one number per cell."""
    columns = [Column(key, key) for key in ("folder", "detector", "origin", "against")]
    for profile in comparison.profiles:
        columns += [Column(profile + end, profile + end) for end in ("", "_difference", "_low", "_high")]
    rows = []
    for row in comparison.rows:
        cells: list[Cell] = [row.entry.folder, row.entry.name, row.entry.origin, comparison.reference.title]
        for profile in comparison.profiles:
            got = row.differences.get(profile)
            cells += [row.scores[profile], *((got.difference, got.low, got.high) if got else (None, None, None))]
        rows.append(cells)
    return DataTable("Comparison", columns, rows, comparison.notes)


def to_json(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as a JSON object; the reference has no differences."""
    return {
        "against": {"folder": comparison.reference.folder, "detector": comparison.reference.name},
        "files": comparison.files,
        "level": bootstrap.LEVEL,
        "draws": bootstrap.DRAWS,
        "rows": [
            {
                "folder": row.entry.folder,
                "detector": row.entry.name,
                "origin": row.entry.origin,
                "scores": dict(row.scores),
                "differences": {profile: asdict(got) for profile, got in row.differences.items()},
            }
            for row in comparison.rows
        ],
        "notes": list(comparison.notes),
    }


def _text(got: Difference) -> str:
    """Format a difference with its interval.

    Examples
    --------
    >>> _text(Difference(1.234, -0.001, 2.5)), _text(Difference(-3.0)), _text(Difference(float("nan")))
    ('+1.23 [0.00, +2.50]', '-3.00', '')
    """
    if got.difference != got.difference:
        return ""
    if got.low is None or got.high is None or got.low != got.low:
        return _signed(got.difference)
    return f"{_signed(got.difference)} [{_signed(got.low)}, {_signed(got.high)}]"


def _signed(number: float) -> str:
    text = f"{number:+.2f}"
    return text[1:] if float(text) == 0 else text
