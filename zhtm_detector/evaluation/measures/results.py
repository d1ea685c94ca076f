"""The measures of detectors: of those with results at their own thresholds, of any other at its best one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zhtm_detector.evaluation.found_scores import found_scores
from zhtm_detector.evaluation.measures.corpus import CorpusMeasures, MeasuredCorpus
from zhtm_detector.nab import steps
from zhtm_detector.nab.benchmark import Benchmark
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
    labelled, skipped = benchmark.labelled, list[str]()
    measured = MeasuredCorpus.of(benchmark.chosen.corpus, labelled)
    profile = profile_of_measures(benchmark)
    found = {}
    read = found_scores(benchmark.chosen, labelled, benchmark.results, detectors, skipped, benchmark.warnings)
    for name, scores in read:
        best = steps.optimize(rank(scores, labelled), [profile])[profile.name]
        found[name] = measured.measure(scores, best["threshold"])
    ranked = sorted(found.items(), key=lambda item: -item[1].vus_pr if item[1].with_anomalies else 0.0)
    return dict(ranked), measured.labels, skipped
