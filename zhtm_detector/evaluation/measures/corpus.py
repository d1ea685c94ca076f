"""The measures over a corpus: of each file, pooled, and their means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.evaluation.measures.arguments import Ranges
from zhtm_detector.evaluation.measures.period import sliding_window
from zhtm_detector.evaluation.measures.points import PointCounts, average_precision, point_counts
from zhtm_detector.evaluation.measures.range_wise import RangeRates, range_rates
from zhtm_detector.evaluation.measures.volume import vus_pr
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.ranges import has_ranges, read_ranges
from zhtm_detector.nab.scoring import FileWindows


@dataclass(frozen=True, eq=False)
class LabelledFile:
    """A data file, ready for the measures of any detector."""

    relative_path: str
    ranges: Ranges  # in records that count, from 0
    skipped: int  # records at the beginning that do not count
    window: int  # of VUS-PR, in records


@dataclass(frozen=True)
class FileMeasures:
    """The measures of one file, NaN where it has no labelled record."""

    relative_path: str
    points: PointCounts
    ranges: RangeRates
    auc_pr: float
    vus_pr: float
    window: int

    def to_json(self) -> dict[str, Any]:
        """Return the measures as a JSON object."""
        return {
            "file": self.relative_path,
            "points": _points(self.points),
            "ranges": self.ranges._asdict(),
            "auc_pr": self.auc_pr,
            "vus_pr": self.vus_pr,
            "window": self.window,
        }


@dataclass(frozen=True)
class CorpusMeasures:
    """The measures of one detector.

    Point-wise precision, recall and F1 are those of the counts of all files added up: false positives in files without
    an anomaly count as well. All others are means over the files with an anomaly; the mean of F1 is not the F1 of the
    means.
    """

    threshold: float
    files: Sequence[FileMeasures]

    @property
    def points(self) -> PointCounts:
        """The counts of all files together."""
        return PointCounts(*(sum(counts) for counts in zip(*(file.points for file in self.files), strict=True)))

    @property
    def ranges(self) -> RangeRates:
        """Mean range-wise precision, mean recall, mean F1."""
        return RangeRates(*(self._mean(lambda file, i=i: file.ranges[i]) for i in range(3)))  # type: ignore[misc]

    @property
    def auc_pr(self) -> float:
        """Mean AUC-PR."""
        return self._mean(lambda file: file.auc_pr)

    @property
    def vus_pr(self) -> float:
        """Mean VUS-PR."""
        return self._mean(lambda file: file.vus_pr)

    @property
    def with_anomalies(self) -> int:
        """Number of files with a labelled record: the means are over these."""
        return len(self._anomalous)

    @property
    def _anomalous(self) -> list[FileMeasures]:
        return [file for file in self.files if file.points.tp + file.points.fn]

    def _mean(self, measure: Callable[[FileMeasures], float]) -> float:
        values = [measure(file) for file in self._anomalous]
        return float(np.mean(values)) if values else float("nan")

    def to_json(self) -> dict[str, Any]:
        """Return the measures as a JSON object, with those of each file."""
        return {
            "threshold": self.threshold,
            "files": len(self.files),
            "files_with_anomalies": self.with_anomalies,
            "points": _points(self.points),
            "ranges": self.ranges._asdict(),
            "auc_pr": self.auc_pr,
            "vus_pr": self.vus_pr,
            "by_file": [file.to_json() for file in self.files],
        }


@dataclass(frozen=True, eq=False)
class MeasuredCorpus:
    """The labelled files of a corpus, for the measures of any number of detectors."""

    files: Mapping[str, LabelledFile]
    labels: str  # what is labelled, in a word: "ranges" or "windows"

    @classmethod
    def of(
        cls,
        corpus: Corpus,
        labelled: Mapping[str, FileWindows],
        window: int | None = None,
        keep_probation: bool = False,
    ) -> MeasuredCorpus:
        """Read the labelled ranges of files.

        Parameters
        ----------
        corpus : Corpus
        labelled : mapping of str to FileWindows
            The files, and which of their records are probationary.
        window : int, optional
            Window of VUS-PR in records; by default each file's own, `sliding_window` of its values.
        keep_probation : bool
            Take the records of the probationary period too. By default they are left out, as NAB leaves them out of
            its score: detectors need not have learned anything yet.

        Raises
        ------
        InputError
            As `read_ranges`.
        """
        files = {}
        for path, ranges in read_ranges(corpus, labelled).items():
            skipped = 0 if keep_probation else labelled[path].first_scored
            kept = [(max(first - skipped, 0), last - skipped) for first, last in ranges if last >= skipped]
            width = sliding_window(corpus.load(path).data["value"]) if window is None else window
            files[path] = LabelledFile(path, kept, skipped, width)
        return cls(files, "ranges" if has_ranges(corpus) else "windows")

    def measure(self, scores: Mapping[str, NDArray[np.float64]], threshold: float) -> CorpusMeasures:
        """Measure a detector.

        Parameters
        ----------
        scores : mapping of str to ndarray of float64, shape (records,)
            By data file; files without scores are left out.
        threshold : float
            Records with a score of at least this are detected.

        Raises
        ------
        ValueError
            For scores of an unknown file, or not finite.
        """
        return CorpusMeasures(threshold, [measure_file(self.files[path], scores[path], threshold) for path in scores])


def measure_file(file: LabelledFile, scores: NDArray[np.float64], threshold: float) -> FileMeasures:
    """Measure a detector's scores of one file, shape (records,)."""
    counted = scores[file.skipped :]
    return FileMeasures(
        file.relative_path,
        point_counts(counted, file.ranges, threshold),
        range_rates(counted, file.ranges, threshold),
        average_precision(counted, file.ranges),
        vus_pr(counted, file.ranges, file.window),
        file.window,
    )


def _points(counts: PointCounts) -> dict[str, float]:
    return {**counts._asdict(), "precision": counts.precision, "recall": counts.recall, "f1": counts.f1}
