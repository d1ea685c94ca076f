"""The score of a trial: cross-validated, on rungs of more and more files; a trial below the median is pruned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, isfinite
from statistics import median

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.workers import Workers
from zhtm_detector.evaluation.folds import cross_validate
from zhtm_detector.evaluation.score_store import ScoreStore, Source
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.nab.scoring import FileWindows, Profile, rank

RUNGS = 3
STARTUP_TRIALS = 8  # complete trials before the first one is pruned


@dataclass
class TrialResult:
    """The outcome of one trial.

    Parameters
    ----------
    rungs : dict
        Number of files to the score on them.
    state : str
        COMPLETE, PRUNED or FAIL, Optuna's names.
    error : str
        Why it failed, or why its parameters were refused.
    """

    rungs: dict[int, float] = field(default_factory=dict)
    state: str = ""
    error: str = ""

    @property
    def value(self) -> float | None:
        """Score on all files; None unless the trial is complete."""
        return self.rungs[max(self.rungs)] if self.state == "COMPLETE" else None


def build_rungs(order: Sequence[str], corpus: Mapping[str, FileWindows]) -> list[list[str]]:
    """List the files that a trial is scored on, rung by rung: a third of them, two thirds, all.

    Parameters
    ----------
    order : sequence of str
        The files of the search, as `split_holdout` orders them.
    corpus : mapping of str to FileWindows

    Raises
    ------
    InputError
        When no file has a window with a record that counts.
    """
    sizes = sorted({ceil(number * len(order) / RUNGS) for number in range(1, RUNGS + 1)})
    rungs = [list(order[:size]) for size in sizes]
    # A rung of one file cannot be cross-validated, one without windows has nothing to detect: neither can prune.
    good = [rung for rung in rungs if len(rung) > 1 and any(corpus[path].scored_window_count for path in rung)]
    if not good:
        raise InputError("files: expected at least one window that counts among those of the search, got none")
    return good


def should_prune(score: float, rung: int, complete: Sequence[Mapping[int, float]]) -> bool:
    """Check whether a score is below the median of complete trials on the same rung.

    Parameters
    ----------
    score : float
    rung : int
        Number of files.
    complete : sequence of mapping
        The scores of complete trials of earlier batches, by rung.
    """
    scores = [rungs[rung] for rungs in complete if rung in rungs]
    return len(scores) >= STARTUP_TRIALS and score < median(scores)


class Objective:
    """The score of parameters on the files of a search.

    Parameters
    ----------
    store : ScoreStore
        Keeps the scores of unfinished batches.
    corpus : mapping of str to FileWindows
    rungs : sequence of sequence of str
        From `build_rungs`.
    profile : Profile
    seed : int
        Of the models.
    workers : Workers
        As in `run_tasks`; they change nothing but the time.
    on_records : callable
        Called with the number of records that are done, or skipped, since the last call.
    """

    def __init__(
        self,
        store: ScoreStore,
        corpus: Mapping[str, FileWindows],
        rungs: Sequence[Sequence[str]],
        profile: Profile,
        seed: int,
        workers: Workers,
        on_records: Callable[[int], None] = lambda amount: None,
    ) -> None:
        self._store = store
        self._corpus = corpus
        self._rungs = rungs
        self._profile = profile
        self._seed = seed
        self._workers = workers
        self._on_records = on_records

    def run(
        self, trials: Sequence[ModelParams | InputError], complete: Sequence[Mapping[int, float]]
    ) -> list[TrialResult]:
        """Score the trials of a batch; all of them climb a rung before any is pruned.

        Parameters
        ----------
        trials : sequence of ModelParams or InputError
            The error says why parameters do not fit together; such a trial counts as pruned before the first rung.
        complete : sequence of mapping
            As in `should_prune`: of earlier batches, so that the order within a batch does not matter.

        Returns
        -------
        list of TrialResult
            In the order of `trials`.

        Raises
        ------
        InputError
            When a trial failed for a reason other than its parameters; none of the batch may enter the study then.
        """
        results = [
            TrialResult(state="PRUNED", error=str(t)) if isinstance(t, InputError) else TrialResult() for t in trials
        ]
        done = 0
        for rung in self._rungs:
            running = {
                i: Source(t, self._seed)
                for i, t in enumerate(trials)
                if isinstance(t, ModelParams) and not results[i].state
            }
            found = self._store.collect(list(running.values()), self._workers, lambda amount: None, rung)
            if found.faults:
                raise InputError(
                    f"trials could not be run, by no fault of their parameters: {found.faults[0]}; "
                    "none of them is in the study, the same command runs them again"
                )
            for i, source in running.items():
                key = self._store.key(source)
                result = results[i]
                if found.errors[key]:
                    result.state, result.error = "FAIL", next(iter(found.errors[key].values()))
                    continue
                score = result.rungs[len(rung)] = self._score(found.scores[key], rung)
                if rung is self._rungs[-1]:
                    result.state = "COMPLETE"
                elif should_prune(score, len(rung), complete):
                    result.state = "PRUNED"
            records = sum(self._corpus[path].length for path in rung)
            self._on_records((records - done) * len(trials))
            done = records
        return results

    def _score(self, scores: Mapping[str, NDArray[np.float64]], rung: Sequence[str]) -> float:
        corpus = {path: file for path, file in self._corpus.items() if path in rung}
        ranking = rank({path: scores[path] for path in corpus}, corpus)
        score = cross_validate(ranking, corpus, [self._profile])[self._profile.name].mean
        assert isfinite(score)  # because there are windows, see `build_rungs`
        return score
