"""Window by window: which detectors catch each anomaly window, and where each raises false alarms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT
from zhtm_detector.nab import steps
from zhtm_detector.nab.choose_corpus import ChosenCorpus
from zhtm_detector.nab.outcomes import FileDetections, detect_all, window_spans
from zhtm_detector.nab.published import published_names, read_record_scores
from zhtm_detector.nab.result_files import read_scores, results_path
from zhtm_detector.nab.scoreboard import NOT_NAB
from zhtm_detector.nab.scoring import FileWindows, Profile, rank

_POINTLESS = ("null", "random")  # not shown unless they are asked for
_NAME_LIMIT = 34  # letters of a file's name in a table


@dataclass(frozen=True)
class Contender:
    """A detector at its best threshold of one profile.

    Parameters
    ----------
    name : str
    origin : str
        "ours", "baseline" or "published".
    threshold : float
    found : dict
        Data file to what it detects there.
    """

    name: str
    origin: str
    threshold: float
    found: Mapping[str, FileDetections]

    @property
    def caught(self) -> int:
        """Windows with a detection."""
        return sum(position is not None for file in self.found.values() for position in file.positions)


@dataclass(frozen=True)
class LabelledWindow:
    """One window of the labels: its file, its number there from 0, and the timestamps of its ends."""

    relative_path: str
    number: int
    start: str
    end: str


@dataclass(frozen=True)
class WindowReport:
    """All windows of a corpus and all detectors on them.

    Parameters
    ----------
    windows : sequence of LabelledWindow
        In the order of the files.
    contenders : sequence of Contender
    skipped : sequence of str
        Why a detector is not here, a line each.
    """

    windows: Sequence[LabelledWindow]
    contenders: Sequence[Contender]
    skipped: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """Give everything, for a machine."""
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
                    "positions": {c.name: _position(c, window) for c in self.contenders},
                }
                for window in self.windows
            ],
            "false_positives": [
                {
                    "file": path,
                    "detectors": {
                        c.name: {"records": c.found[path].false_positives, "cost": c.found[path].cost}
                        for c in self.contenders
                    },
                }
                for path in self._noisy_files()
            ],
            "skipped": list(self.skipped),
        }

    def window_table(self) -> DataTable:
        """Lay the windows out: a column a detector, numbered, for there may be many."""
        columns = [
            Column("file", "file"),
            Column("start", "start"),
            Column("end", "end"),
            *(Column(c.name, str(number), right=True) for number, c in enumerate(self.contenders, start=1)),
        ]
        rows: list[list[Cell]] = []
        for window in self.windows:
            positions = [_position(c, window) for c in self.contenders]
            marks = ["·" if position is None else f"{100 * position:.0f}" for position in positions]
            rows.append([_short(window.relative_path), window.start[:16], window.end[:16], *marks])
        rows.append([f"caught, of {len(self.windows)}", "", "", *(str(c.caught) for c in self.contenders)])
        note = "First detection in the window, in % of its length from the left edge; · is a missed window."
        return DataTable("Windows", columns, rows, [note])

    def false_positive_table(self) -> DataTable:
        """Lay out the false positives: files that have any, records detected outside of windows."""
        columns = [
            Column("file", "file"),
            *(Column(c.name, str(number), right=True) for number, c in enumerate(self.contenders, start=1)),
        ]
        counts = [[c.found[path].false_positives for c in self.contenders] for path in self._noisy_files()]
        rows: list[list[Cell]] = [
            [_short(path), *(str(count) if count else "·" for count in row)]
            for path, row in zip(self._noisy_files(), counts, strict=True)
        ]
        rows.append(["all", *(str(sum(f.false_positives for f in c.found.values())) for c in self.contenders)])
        return DataTable("False positives, in records", columns, rows)

    def legend(self) -> DataTable:
        """Lay out which number is which detector."""
        columns = [
            Column("number", "#"),
            Column("detector", "detector"),
            Column("origin", ""),
            Column("threshold", "threshold", 6),
            Column("caught", "windows"),
            Column("cost", "cost of false positives"),
        ]
        rows: list[list[Cell]] = [
            [number, c.name, c.origin, c.threshold, c.caught, float(sum(file.cost for file in c.found.values()))]
            for number, c in enumerate(self.contenders, start=1)
        ]
        return DataTable("Detectors", columns, rows, self.skipped)

    def _noisy_files(self) -> list[str]:
        """Files where any detector has a false positive."""
        paths = next((c.found for c in self.contenders), {})
        return [path for path in paths if any(c.found[path].false_positives for c in self.contenders)]


def window_report(
    chosen: ChosenCorpus,
    labelled: Mapping[str, FileWindows],
    results: Path,
    profile: Profile,
    detectors: Sequence[str] | None = None,
) -> WindowReport:
    """See what every detector whose scores can be found does in every window.

    Ours are read from the results folder. Baselines are read from there too, or run. Published ones are read from
    beside the corpus. Each stands at its best threshold of the profile, as NAB's optimizer picks it.

    Parameters
    ----------
    chosen : ChosenCorpus
    labelled : mapping of str to FileWindows
        The files to report.
    results : Path
        A results folder, in NAB's layout.
    profile : Profile
    detectors : sequence of str, optional
        Their names; by default all that can be found, but null and random.

    Raises
    ------
    InputError
        When a detector that was asked for cannot be found, or none can.
    """
    from zhtm_detector.detectors.baselines import BASELINES

    lengths = {path: file.length for path, file in labelled.items()}
    present = detectors_in(results, chosen.prefix, labelled)
    published = published_names()
    names = list(detectors) if detectors is not None else _default_names(present, BASELINES, published)
    contenders, skipped = [], []
    for name in names:
        try:
            if name in present:
                origin = "baseline" if name in BASELINES else "published" if name in published else "ours"
                scores = read_scores(results, chosen.prefix + name, lengths)
            elif name in BASELINES:
                origin, scores = "baseline", _run_baseline(name, chosen, lengths)
            elif name in published:
                origin, scores = "published", read_record_scores(chosen.corpus.root, name, lengths)
            else:
                raise InputError(
                    f"detector {name!r}: expected results under {results}, a baseline or a published detector, got none"
                )
        except InputError as error:
            if detectors is not None:
                raise
            skipped.append(str(error))
            continue
        contenders.append(_contend(name, origin, scores, labelled, profile))
    if not contenders:
        raise InputError(f"results {results}: expected the results of at least one detector, found none")
    windows = [window for path in labelled for window in _windows_of(path, chosen, labelled[path])]
    return WindowReport(windows, contenders, skipped)


def _default_names(present: Iterable[str], baselines: Iterable[str], published: Iterable[str]) -> list[str]:
    ours = [name for name in present if name not in baselines]
    return [name for name in dict.fromkeys([*ours, *baselines, *published]) if name not in _POINTLESS]


def detectors_in(results: Path, prefix: str, paths: Iterable[str]) -> list[str]:
    """Detectors with results of at least one of the files, of this kind of corpus."""
    folders = sorted(folder.name for folder in results.iterdir() if folder.is_dir()) if results.is_dir() else []
    names = []
    for label in folders:
        own = label.startswith(prefix) if prefix else not label.startswith(NOT_NAB)
        if own and any(results_path(results, label, path).is_file() for path in paths):
            names.append(label.removeprefix(prefix))
    return names


def _run_baseline(name: str, chosen: ChosenCorpus, paths: Iterable[str]) -> dict[str, NDArray[np.float64]]:
    from zhtm_detector.detectors.baselines import BASELINES

    scores = {}
    for path in paths:
        detector = BASELINES[name](chosen.corpus.load(path), PROBATIONARY_PERCENT)
        detector.initialize()
        scores[path] = detector.scores(chosen.corpus.load(path).data["value"])
    return scores


def _contend(
    name: str,
    origin: str,
    scores: Mapping[str, NDArray[np.float64]],
    labelled: Mapping[str, FileWindows],
    profile: Profile,
) -> Contender:
    threshold = steps.optimize(rank(scores, labelled), [profile])[profile.name]["threshold"]
    return Contender(name, origin, threshold, detect_all(scores, labelled, threshold, profile))


def _windows_of(path: str, chosen: ChosenCorpus, file: FileWindows) -> list[LabelledWindow]:
    timestamps = chosen.corpus.load(path).data["timestamp"]
    return [
        LabelledWindow(path, number, str(timestamps.iloc[first]), str(timestamps.iloc[last]))
        for number, (first, last) in enumerate(window_spans(file))
    ]


def _position(contender: Contender, window: LabelledWindow) -> float | None:
    return contender.found[window.relative_path].positions[window.number]


def _short(relative_path: str) -> str:
    stem = PurePosixPath(relative_path).stem
    return stem if len(stem) <= _NAME_LIMIT else stem[: _NAME_LIMIT - 1] + "…"
