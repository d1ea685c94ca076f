"""The measures of detectors as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.evaluation.measures.corpus import CorpusMeasures

_COLUMNS = (
    Column("detector", "detector"),
    Column("threshold", "threshold", 6),
    Column("point_precision", "precision", 3),
    Column("point_recall", "recall", 3),
    Column("point_f1", "F1", 3),
    Column("range_f1", "range F1", 3),
    Column("auc_pr", "AUC-PR", 3),
    Column("vus_pr", "VUS-PR", 3),
)


def measures_table(found: Mapping[str, CorpusMeasures], labels: str, notes: Sequence[str] = ()) -> DataTable:
    """Build the table of measures, one row per detector.

    Parameters
    ----------
    found : mapping of str to CorpusMeasures
        By the detectors' names, in the order of the rows.
    labels : str
        What is labelled: "ranges" or "windows".
    notes : sequence of str
        Further lines below the table.
    """
    rows: list[list[Cell]] = []
    for name, each in found.items():
        points = each.points
        rates = [points.precision, points.recall, points.f1]
        rows.append([name, each.threshold, *rates, each.ranges.f1, each.auc_pr, each.vus_pr])
    counts = sorted({(each.with_anomalies, len(each.files)) for each in found.values()})
    over = ", ".join(f"{some} of {every} files" for some, every in counts)
    note = (
        f"Against the labelled {labels}, without the probationary records. Precision, recall and F1 count the records "
        f"of all files; the others are means over the {over} that have an anomaly. AUC-PR and VUS-PR need no threshold."
    )
    return DataTable("Measures beside NAB's", _COLUMNS, rows, [note, *notes])
