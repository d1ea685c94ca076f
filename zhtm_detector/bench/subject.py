"""The corpus and the files that are timed, all read before any clock starts."""

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
    """What is timed.

    Parameters
    ----------
    plan : BenchPlan
    files : sequence of DataFile
        The files of the quick sections; `latency`, `memory` and `counts` take the first.
    corpus : sequence of DataFile
        All files; empty where no section asks for them.
    is_sample : bool
        Whether they are those of the generated sample corpus.
    """

    plan: BenchPlan
    files: Sequence[DataFile]
    corpus: Sequence[DataFile]
    is_sample: bool

    def to_json(self) -> dict[str, Any]:
        """Give options and files, for a machine."""
        return {**self.plan.to_json(), "files": [file.relative_path for file in self.files]}


def choose_subject(plan: BenchPlan, nab_root: Path | None = None, files: str | None = None) -> Subject:
    """Find and read the files.

    Parameters
    ----------
    plan : BenchPlan
    nab_root : Path, optional
        As `choose_corpus` takes it.
    files : str, optional
        The files whose relative path matches; by default two of NAB's, else the two longest.

    Raises
    ------
    InputError
        As `choose_corpus`, and for a bad data file.
    """
    chosen = choose_corpus(nab_root, files)
    corpus = chosen.corpus
    paths = corpus.paths if files is not None else _two(corpus)
    return Subject(
        plan,
        [corpus.load(path) for path in paths],
        [corpus.load(path) for path in corpus.paths] if "corpus" in plan.sections else [],
        is_sample=chosen.prefix.startswith("sample"),
    )


def _two(corpus: Corpus) -> Sequence[str]:
    if set(_NAB_FILES) <= set(corpus.paths):
        return _NAB_FILES
    data = corpus.root / "data"
    return sorted(corpus.paths, key=lambda path: (-(data / path).stat().st_size, path))[:2]
