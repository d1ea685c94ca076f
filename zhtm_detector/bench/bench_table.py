"""A table of measurements, alone or beside those of an older run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhtm_detector.common.tables import Cell, Column, DataTable

OLD, RATIO = "_old", "_ratio"  # ends of the keys of what stands beside a measurement


@dataclass(frozen=True)
class BenchTable:
    """Rows of measurements.

    Parameters
    ----------
    name : str
        Its name in JSON, by which another run's is found.
    title : str
        Its name for readers.
    keys : sequence of Column
        What was measured: a row's first cells, by which another run's row is found.
    measures : sequence of Column
        The figures: the other cells.
    rows : sequence of sequence
    notes : sequence of str
        Lines to read with it.

    Examples
    --------
    >>> table = BenchTable("t", "T", [Column("preset", "preset")], [Column("us", "us")], [["zhtm", 3.0], ["x", 1.0]])
    >>> table.beside([{"preset": "zhtm", "us": 4.0}]).rows
    [['zhtm', 3.0, 4.0, 0.75], ['x', 1.0, None, None]]
    """

    name: str
    title: str
    keys: Sequence[Column]
    measures: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()

    def alone(self) -> DataTable:
        """Lay it out by itself."""
        return DataTable(self.title, [*self.keys, *self.measures], self.rows, self.notes)

    def beside(self, old: Sequence[Mapping[str, Any]]) -> DataTable:
        """Lay it out with the figures of an older run beside each of ours, and new / old.

        Parameters
        ----------
        old : sequence of mapping
            The rows of the table with the same name, by column's key. A row that is not there leaves its place empty.
        """
        by_keys = {tuple(row.get(key.key) for key in self.keys): row for row in old}
        columns = list(self.keys)
        for measure in self.measures:
            columns.append(measure)
            columns.append(Column(measure.key + OLD, "old", measure.digits))
            columns.append(Column(measure.key + RATIO, "new/old", 3))
        rows: list[list[Cell]] = []
        for row in self.rows:
            keys, figures = row[: len(self.keys)], row[len(self.keys) :]
            other = by_keys.get(tuple(keys), {})
            cells: list[Cell] = list(keys)
            for measure, figure in zip(self.measures, figures, strict=True):
                cells += [figure, *_old_and_ratio(figure, other.get(measure.key))]
            rows.append(cells)
        return DataTable(self.title, columns, rows, self.notes)

    def to_json(self) -> dict[str, Any]:
        """Give it for a machine, without what stands beside it."""
        return {"name": self.name, "title": self.title, "rows": self.alone().records(), "notes": list(self.notes)}


def _old_and_ratio(new: Cell, old: Any) -> Iterator[Cell]:
    known = isinstance(old, int | float) and not isinstance(old, bool)
    yield old if known else None
    yield new / old if known and old and isinstance(new, int | float) else None
