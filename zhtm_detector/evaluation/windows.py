"""Window by window: which detectors catch each anomaly window, and where each raises false alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.evaluation.found_scores import found_scores
from zhtm_detector.nab import steps
from zhtm_detector.nab.choose_corpus import ChosenCorpus
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.outcomes import Marks, false_positive_cost, mark, position, window_spans
from zhtm_detector.nab.scoreboard import origin_of
from zhtm_detector.nab.scoring import FileWindows, Profile, rank

_NAME_LIMIT = 34  # characters of a file's name in a table


@dataclass(frozen=True)
class Contender:
    """A detector at its best threshold of one profile."""

    name: str
    threshold: float
    marks: Mapping[str, Marks]  # by data file
    costs: Mapping[str, float]  # of its false positives, by data file

    @property
    def origin(self) -> str:
        """As `scoreboard.origin_of`."""
        return origin_of(self.name)

    @property
    def caught(self) -> int:
        """Number of windows with a detection."""
        return sum(record is not None for marks in self.marks.values() for record in marks.first)

    def false_positives(self, path: str) -> int:
        """Count the false positives in a file, in records."""
        return self.marks[path].false_positives.size


@dataclass(frozen=True)
class LabelledWindow:
    """One window of the labels."""

    relative_path: str
    number: int  # in the file, from 0
    span: tuple[int, int]  # first and last record
    start: str  # timestamps
    end: str

    def position(self, contender: Contender) -> float | None:
        """Position of a detector's first detection, in [0, 1]; None if it misses the window."""
        return position(contender.marks[self.relative_path].first[self.number], self.span)


@dataclass(frozen=True)
class WindowReport:
    """All windows of a corpus, and what each detector does in them."""

    windows: Sequence[LabelledWindow]  # in the order of the files
    contenders: Sequence[Contender]
    skipped: Sequence[str]  # one reason per detector that is left out

    def to_json(self) -> dict[str, Any]:
        """Return the whole report as a JSON object."""
        return {
            "detectors": [
                {"detector": c.name, "origin": c.origin, "threshold": c.threshold, "windows_caught": c.caught}
                for c in self.contenders
            ],
            "windows": [
                {
                    "file": window.relative_path,
                    "start": window.start,
                    "end": window.end,
                    "positions": {c.name: window.position(c) for c in self.contenders},
                }
                for window in self.windows
            ],
            "false_positives": [
                {
                    "file": path,
                    "detectors": {
                        c.name: {"records": c.false_positives(path), "cost": c.costs[path]} for c in self.contenders
                    },
                }
                for path in self._noisy_files()
            ],
            "skipped": list(self.skipped),
        }

    def tables(self) -> list[DataTable]:
        """Return the tables in reading order: detectors with their numbers, windows, false positives."""
        return [self._legend(), self._window_table(), self._false_positive_table()]

    def _legend(self) -> DataTable:
        columns = [
            Column("number", "#"),
            Column("detector", "detector"),
            Column("origin", "origin"),
            Column("threshold", "threshold", 6),
            Column("caught", "windows"),
            Column("cost", "cost of false positives"),
        ]
        rows: list[list[Cell]] = [
            [number, c.name, c.origin, c.threshold, c.caught, float(sum(c.costs.values()))]
            for number, c in enumerate(self.contenders, start=1)
        ]
        return DataTable("Detectors: # is the column in the tables below", columns, rows, self.skipped)

    def _numbered_columns(self) -> list[Column]:
        """One column per detector under its number, because names would make the table too wide."""
        return [Column(c.name, str(number), right=True) for number, c in enumerate(self.contenders, start=1)]

    def _window_table(self) -> DataTable:
        columns = [Column("file", "file"), Column("start", "start"), Column("end", "end"), *self._numbered_columns()]
        rows: list[list[Cell]] = []
        for window in self.windows:
            positions = [window.position(c) for c in self.contenders]
            cells = ["·" if place is None else f"{100 * place:.0f}" for place in positions]
            rows.append([_short(window.relative_path), window.start[:16], window.end[:16], *cells])
        rows.append([f"caught, of {len(self.windows)}", "", "", *(str(c.caught) for c in self.contenders)])
        note = "First detection in the window, in % of its length from the left edge; · is a missed window."
        return DataTable("Windows", columns, rows, [note])

    def _false_positive_table(self) -> DataTable:
        rows: list[list[Cell]] = [
            [_short(path), *(str(c.false_positives(path) or "·") for c in self.contenders)]
            for path in self._noisy_files()
        ]
        rows.append(["all", *(str(sum(map(c.false_positives, c.marks))) for c in self.contenders)])
        return DataTable("False positives, in records", [Column("file", "file"), *self._numbered_columns()], rows)

    def _noisy_files(self) -> list[str]:
        """Files in which any detector has a false positive."""
        paths = next((c.marks for c in self.contenders), {})
        return [path for path in paths if any(c.false_positives(path) for c in self.contenders)]


def window_report(
    chosen: ChosenCorpus,
    labelled: Mapping[str, FileWindows],
    results: Path,
    profile: Profile,
    detectors: Sequence[str] | None = None,
    warnings: list[str] | None = None,
) -> WindowReport:
    """Find out what every detector does in every window.

    Scores are found as `found_scores` does. Each detector stands at its best threshold of the profile, as NAB's
    optimizer chooses it.

    Parameters
    ----------
    chosen : ChosenCorpus
    labelled : mapping of str to FileWindows
        The files to report.
    results : Path
        A results folder, in NAB's layout.
    profile : Profile
    detectors : sequence of str, optional
        Names; by default all detectors whose scores can be found, except null and random.
    warnings : list of str, optional
        As of `found_scores`.

    Raises
    ------
    InputError
        When a requested detector cannot be found, or none can.
    """
    skipped: list[str] = []
    contenders = [
        contend(name, scores, labelled, profile)
        for name, scores in found_scores(
            chosen, labelled, results, detectors, skipped, [] if warnings is None else warnings
        )
    ]
    windows = [window for path in labelled for window in windows_of(chosen.corpus, labelled[path])]
    return WindowReport(windows, contenders, skipped)


def contend(
    name: str, scores: Mapping[str, NDArray[np.float64]], labelled: Mapping[str, FileWindows], profile: Profile
) -> Contender:
    """Find out what a detector does at its best threshold, from its anomaly scores by data file."""
    threshold = steps.optimize(rank(scores, labelled), [profile])[profile.name]["threshold"]
    marks = {path: mark(scores[path], file, threshold) for path, file in labelled.items()}
    costs = {path: false_positive_cost(marks[path], file, profile) for path, file in labelled.items()}
    return Contender(name, threshold, marks, costs)


def windows_of(corpus: Corpus, file: FileWindows) -> list[LabelledWindow]:
    """List the windows of a file of the corpus."""
    timestamps = corpus.load(file.relative_path).data["timestamp"]
    return [
        LabelledWindow(file.relative_path, number, span, str(timestamps.iloc[span[0]]), str(timestamps.iloc[span[1]]))
        for number, span in enumerate(window_spans(file))
    ]


def _short(relative_path: str) -> str:
    stem = PurePosixPath(relative_path).stem
    return stem if len(stem) <= _NAME_LIMIT else stem[: _NAME_LIMIT - 1] + "…"
