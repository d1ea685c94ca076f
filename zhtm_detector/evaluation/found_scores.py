"""Anomaly scores of any detector on a corpus: from a results folder, of a baseline, or published beside the corpus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT
from zhtm_detector.detectors.names import BASELINE_NAMES, NOT_NAB
from zhtm_detector.nab.choose_corpus import ChosenCorpus
from zhtm_detector.nab.published import read_record_scores
from zhtm_detector.nab.result_files import detectors_in, read_scores
from zhtm_detector.nab.scoreboard import published_scores
from zhtm_detector.nab.scoring import FileWindows

_POINTLESS = ("null", "random")  # taken only on request
Scores = dict[str, NDArray[np.float64]]


def found_scores(
    chosen: ChosenCorpus,
    labelled: Mapping[str, FileWindows],
    results: Path,
    detectors: Sequence[str] | None,
    skipped: list[str],
    warnings: list[str],
) -> Iterator[tuple[str, Scores]]:
    """Read the scores of one detector after the other.

    Scores are read from the results folder; those of a baseline that is not there are computed, those of a published
    detector are read from beside the corpus.

    Parameters
    ----------
    chosen : ChosenCorpus
    labelled : mapping of str to FileWindows
        The data files.
    results : Path
        A results folder, in NAB's layout.
    detectors : sequence of str, optional
        Names; by default all detectors whose scores can be found, except null and random.
    skipped : list of str
        Gets a reason per detector that is left out.
    warnings : list of str
        As of `read_scores`.

    Yields
    ------
    name : str
    scores : dict of str to ndarray of float64, shape (records,)
        By data file.

    Raises
    ------
    InputError
        When a requested detector cannot be found, or none can.
    """
    present = detectors_in(results, chosen.prefix, labelled)
    count = 0
    for name in _default_names(present) if detectors is None else detectors:
        try:
            scores = _read(name, name in present, chosen, labelled, results, warnings)
        except InputError as error:
            if detectors is not None:
                raise
            skipped.append(str(error))
        else:
            count += 1
            yield name, scores
    if not count:
        raise InputError(f"results {results}: expected the results of at least one detector, found none")


def _default_names(present: Iterable[str]) -> list[str]:
    models = [name for name in present if name not in BASELINE_NAMES]
    return [name for name in dict.fromkeys([*models, *BASELINE_NAMES, *published_scores()]) if name not in _POINTLESS]


def _read(
    name: str,
    is_present: bool,
    chosen: ChosenCorpus,
    labelled: Mapping[str, FileWindows],
    results: Path,
    warnings: list[str],
) -> Scores:
    lengths = {path: file.length for path, file in labelled.items()}
    if is_present:
        records = {path: chosen.corpus.load(path).data for path in labelled}
        return read_scores(results, chosen.label_of(name), records, warnings)
    if name in BASELINE_NAMES:
        return _run_baseline(name, chosen, lengths)
    if name in published_scores():
        if any(name in detectors_in(results, prefix, labelled) for prefix in ("", *NOT_NAB)):
            warnings.append(f"{name}: its results in {results} are not of this corpus; its published scores are taken")
        return read_record_scores(chosen.corpus.root, name, lengths)
    raise InputError(
        f"detector {shown(name)}: expected results under {results}, a baseline or a published detector, got none"
    )


def _run_baseline(name: str, chosen: ChosenCorpus, paths: Iterable[str]) -> Scores:
    from zhtm_detector.detectors.baselines import BASELINES

    scores = {}
    for path in paths:
        detector = BASELINES[name](chosen.corpus.load(path), PROBATIONARY_PERCENT)
        detector.initialize()
        scores[path] = detector.scores(chosen.corpus.load(path).data["value"])
    return scores
