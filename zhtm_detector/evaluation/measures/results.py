"""The measures of detectors: of those with results at their own thresholds, of any other at its best one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.evaluation.found_scores import Scores, found_scores
from zhtm_detector.evaluation.measures.corpus import CorpusMeasures, MeasuredCorpus
from zhtm_detector.nab import steps
from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.result_files import detectors_in
from zhtm_detector.nab.scoreboard import PROFILES
from zhtm_detector.nab.scoring import Profile, rank


def profile_of_measures(benchmark: Benchmark) -> Profile:
    """Return the profile whose threshold the measures take: the standard one, else the first."""
    return next((p for p in benchmark.profiles if p.name == PROFILES[0]), benchmark.profiles[0])


def measure_results(benchmark: Benchmark, detectors: Iterable[str]) -> tuple[dict[str, CorpusMeasures], str]:
    """Measure detectors from their results.

    Parameters
    ----------
    benchmark : Benchmark
        With results that are scored.
    detectors : iterable of str

    Returns
    -------
    measures : dict of str to CorpusMeasures
        By the detector's name in the results.
    labels : str
        What is labelled: "ranges" or "windows".

    Raises
    ------
    InputError
        When results, thresholds or labelled ranges are missing or bad.
    """
    measured = MeasuredCorpus.of(benchmark.chosen.corpus, benchmark.labelled)
    profile = profile_of_measures(benchmark).name
    found = {}
    for name in detectors:
        threshold = benchmark.chosen_thresholds(name)[profile]
        scores = {path: benchmark.columns(name, path).scores for path in benchmark.scored(name)}
        found[benchmark.label_of(name)] = measured.measure(scores, threshold)
    return found, measured.labels


def measure_found(
    benchmark: Benchmark, detectors: Sequence[str] | None = None
) -> tuple[dict[str, CorpusMeasures], str, list[str]]:
    """Measure detectors whose scores are found: in the results, published, or baselines, which are run.

    Parameters
    ----------
    benchmark : Benchmark
        Its results need not be scored: each detector stands at its best threshold, as NAB's optimizer chooses it.
    detectors : sequence of str, optional
        As of `found_scores`.

    Returns
    -------
    measures : dict of str to CorpusMeasures
        By the detector's name, the best VUS-PR first.
    labels : str
        What is labelled: "ranges" or "windows".
    skipped : list of str
        A reason per detector that is left out.

    Raises
    ------
    InputError
        As `found_scores`, and for bad labelled ranges.
    """
    found, skipped = _Measured(benchmark), list[str]()
    chosen, labelled = benchmark.chosen, benchmark.labelled
    for name, scores in found_scores(chosen, labelled, benchmark.results, detectors, skipped, benchmark.warnings):
        found.add(name, scores)
    return found.ranked(), found.corpus.labels, skipped


def measure_folders(
    benchmark: Benchmark, folders: Mapping[str, Path], detectors: Sequence[str] | None = None
) -> tuple[dict[str, CorpusMeasures], str, list[str]]:
    """As `measure_found`, of the detectors that have results in these folders: by `folder:detector`.

    Parameters
    ----------
    benchmark : Benchmark
    folders : mapping of str to Path
        Results folders by their short names.
    detectors : sequence of str, optional
        Names; by default all.

    Raises
    ------
    InputError
        As `found_scores`; when a requested detector has no results in any folder, or no detector has.
    """
    chosen, labelled = benchmark.chosen, benchmark.labelled
    present = {folder: detectors_in(path, chosen.prefix, labelled) for folder, path in folders.items()}
    anywhere = [name for names in present.values() for name in names]
    for name in anywhere[:0] if detectors is None else detectors:
        if name not in anywhere:
            raise InputError(f"detector {shown(name)}: expected results in one of the folders, found none")
    if not anywhere:
        where = ", ".join(map(str, folders.values()))
        raise InputError(f"results {where}: expected the results of at least one detector, found none")
    found, skipped = _Measured(benchmark), list[str]()
    for folder, name in [(folder, name) for folder, names in present.items() for name in names]:
        if detectors is None or name in detectors:
            try:
                ((_, scores),) = found_scores(chosen, labelled, folders[folder], [name], [], benchmark.warnings)
            except InputError as error:
                if detectors is not None:
                    raise
                skipped.append(str(error))
            else:
                found.add(f"{folder}:{name}", scores)
    return found.ranked(), found.corpus.labels, skipped


class _Measured:
    """Measures of detectors at their best thresholds of the standard profile, one after the other."""

    def __init__(self, benchmark: Benchmark) -> None:
        self.corpus = MeasuredCorpus.of(benchmark.chosen.corpus, benchmark.labelled)
        self._labelled = benchmark.labelled
        self._profile = profile_of_measures(benchmark)
        self._found: dict[str, CorpusMeasures] = {}

    def add(self, name: str, scores: Scores) -> None:
        """Measure a detector."""
        best = steps.optimize(rank(scores, self._labelled), [self._profile])[self._profile.name]
        self._found[name] = self.corpus.measure(scores, best["threshold"])

    def ranked(self) -> dict[str, CorpusMeasures]:
        """Return the measures by name, the best VUS-PR first."""
        ranked = sorted(self._found.items(), key=lambda item: -item[1].vus_pr if item[1].with_anomalies else 0.0)
        return dict(ranked)
