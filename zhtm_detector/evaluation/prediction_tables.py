"""Tables of forecasts: how far off they were, beside naive ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.evaluation.forecasts import COVERAGE, LAST, METHODS, MODEL, Tally

Tallies = Mapping[tuple[str, int], Tally]
_COLUMNS = [
    Column("file", "file"),
    Column("steps", "steps ahead"),
    Column("method", "method"),
    Column("mae", "MAE", 4),
    Column("smape", "sMAPE %", 2),
    Column("nll", "NLL", 3),
    Column("rmse", "RMSE", 4),
    Column("coverage", f"within {COVERAGE:.0%}", 1),
]
_MEASURES = ("mae", "smape", "nll")
_TITLES = {"mae": "MAE", "smape": "sMAPE", "nll": "NLL"}


def prediction_table(found: Mapping[str, Tallies], preset: str, scored: str) -> DataTable:
    """Return the table of all files.

    Parameters
    ----------
    found : mapping of str to mapping
        By file: tallies by method and steps ahead.
    preset : str
    scored : str
        Which records count, for the notes.
    """
    rows: list[list[Cell]] = []
    styles = []
    for name, tallies in found.items():
        for step in sorted({step for _, step in tallies}):
            for method in METHODS:
                tally = tallies[method, step]
                title = f"zhtm ({preset})" if method == MODEL else method
                rows.append([name, step, title, tally.mae, tally.smape, tally.nll, tally.rmse, tally.coverage])
                styles.append("bold" if method == MODEL else "")
    notes = [
        f"Each record is predicted from those before it and then learned. {scored}",
        "MAE and sMAPE are of the median, RMSE of the mean. NLL: negative log-likelihood, in nats, of the bucket that "
        "the value fell into; a naive forecast has the distribution of its latest 1,000 errors around it.",
        "without memory: the same predictor, of the record's value and time alone. last day, last week: the value "
        "at the same time then; before there is one, the last value.",
        *losses(found),
    ]
    return DataTable("Predictions", _COLUMNS, rows, notes, styles)


def losses(found: Mapping[str, Tallies]) -> Sequence[str]:
    """Return where the model is not better than the last value, as lines."""
    lines = []
    for name, tallies in found.items():
        for step in sorted({step for _, step in tallies}):
            ours, last = tallies[MODEL, step], tallies[LAST, step]
            worse = [_TITLES[key] for key in _MEASURES if getattr(ours, key) >= getattr(last, key)]
            if worse:
                lines.append(f"Not better than the last value: {name}, {step} steps ahead, in {', '.join(worse)}.")
    return lines or ["Better than the last value in MAE, sMAPE and NLL, on every file and for all steps."]
