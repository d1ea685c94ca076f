"""The files that are timed, read before any clock starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhtm_detector.bench.plan import BenchPlan
from zhtm_detector.detectors.data_file import DataFile
from zhtm_detector.nab.choose_corpus import choose_corpus
from zhtm_detector.nab.corpus import Corpus

# A long file that the temporal memory learns well, and a short noisy one.
_NAB_FILES = ("realKnownCause/nyc_taxi.csv", "realAWSCloudwatch/ec2_cpu_utilization_5f5533.csv")


@dataclass(frozen=True)
class Subject:
    """A plan with its files.

    Parameters
    ----------
    plan : BenchPlan
    files : sequence of DataFile
        For `files`; the other sections use the first.
    corpus : sequence of DataFile
        All files, for `corpus`; empty without that section.
    is_sample : bool
        Whether the files are those of the generated sample corpus.
    """

    plan: BenchPlan
    files: Sequence[DataFile]
    corpus: Sequence[DataFile]
    is_sample: bool

    def to_json(self) -> dict[str, Any]:
        """Return the options and the names of the files."""
        return {
            "presets": list(self.plan.presets),
            "repeat": self.plan.repeat,
            "seed": self.plan.seed,
            "keys": self.plan.keys,
            "files": [file.relative_path for file in self.files],
        }


def choose_subject(plan: BenchPlan, nab_root: Path | None = None, files: str | None = None) -> Subject:
    """Find and read the files.

    Parameters
    ----------
    plan : BenchPlan
    nab_root : Path, optional
        As in `choose_corpus`.
    files : str, optional
        Use the files whose relative path matches; by default two of NAB's, or the two longest of another corpus.

    Raises
    ------
    InputError
        As `choose_corpus`, and for a bad data file.
    """
    chosen = choose_corpus(nab_root, files)
    corpus = chosen.corpus
    paths = corpus.paths if files is not None else _two_files(corpus)
    return Subject(
        plan,
        [corpus.load(path) for path in paths],
        [corpus.load(path) for path in corpus.paths] if "corpus" in plan.sections else [],
        is_sample=chosen.prefix.startswith("sample"),
    )


def _two_files(corpus: Corpus) -> Sequence[str]:
    if set(_NAB_FILES) <= set(corpus.paths):
        return _NAB_FILES
    data = corpus.root / "data"
    return sorted(corpus.paths, key=lambda path: (-(data / path).stat().st_size, path))[:2]
