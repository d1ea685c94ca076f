"""What a trial is worth: the cross-validated score, on more and more files; what falls behind goes no further."""

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
LEAST_COMPLETE = 8  # trials that must have gone all the way before one is pruned


@dataclass
class Result:
    """What became of one trial.

    Parameters
    ----------
    rungs : dict
        Number of files to the score on them.
    state : str
        COMPLETE, PRUNED or FAIL, as Optuna calls them.
    error : str
        Why it failed, or why its parameters were refused.
    """

    rungs: dict[int, float] = field(default_factory=dict)
    state: str = ""
    error: str = ""

    @property
    def value(self) -> float | None:
        """Score on all files; None for a trial that did not get there."""
        return self.rungs[max(self.rungs)] if self.state == "COMPLETE" else None


def rungs_of(order: Sequence[str], corpus: Mapping[str, FileWindows]) -> list[list[str]]:
    """Give the files that a trial is scored on, rung by rung: a third of them, two thirds, all.

    Parameters
    ----------
    order : sequence of str
        The files of the search, as `hold_out` gives them.
    corpus : mapping of str to FileWindows

    Raises
    ------
    InputError
        When no file has a window with a record that counts.
    """
    sizes = sorted({ceil(number * len(order) / RUNGS) for number in range(1, RUNGS + 1)})
    rungs = [list(order[:size]) for size in sizes]
    # Too few to cross-validate, or nothing to find in them: no reason to prune.
    good = [rung for rung in rungs if len(rung) > 1 and any(corpus[path].scored_window_count for path in rung)]
    if not good:
        raise InputError("files: expected at least one window that counts among those of the search, got none")
    return good


def behind(value: float, rung: int, finished: Sequence[Mapping[int, float]]) -> bool:
    """Tell whether a trial is not worth going on with: below the median of complete trials on the same files.

    Parameters
    ----------
    value : float
    rung : int
        Number of files.
    finished : sequence of mapping
        The scores of complete trials of earlier batches, by rung.
    """
    values = [scores[rung] for scores in finished if rung in scores]
    return len(values) >= LEAST_COMPLETE and value < median(values)


class Objective:
    """The score of parameters on the files of a search.

    Parameters
    ----------
    store : ScoreStore
        Where the scores of unfinished batches are kept.
    corpus : mapping of str to FileWindows
    rungs : sequence of sequence of str
        As `rungs_of` gives them.
    profile : Profile
    seed : int
        The models'.
    workers : int, KeptWorkers or RemoteWorkers
        As in `run_tasks`; they change nothing but the time.
    on_records : callable
        Told how many more records are done, or need not be.
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
        self.store = store
        self.corpus = corpus
        self.rungs = rungs
        self.profile = profile
        self.seed = seed
        self.workers = workers
        self._on_records = on_records

    def source(self, params: ModelParams) -> Source:
        """Name a model by what its scores depend on."""
        return Source(params, self.seed)

    @property
    def records(self) -> int:
        """Number of records of all files of the search."""
        return self._length(self.rungs[-1])

    def run(self, trials: Sequence[ModelParams | InputError], finished: Sequence[Mapping[int, float]]) -> list[Result]:
        """Score the trials of a batch; all of them rise a rung before any is pruned.

        Parameters
        ----------
        trials : sequence of ModelParams or InputError
            The error is why parameters do not fit together: such a trial counts as pruned before the first rung.
        finished : sequence of mapping
            As in `behind`: of earlier batches, so that the order within a batch does not matter.

        Returns
        -------
        list of Result
            In the order of `trials`.

        Raises
        ------
        InputError
            When a trial failed by no fault of its parameters: nothing of that is to stay in a study.
        """
        results = [Result(state="PRUNED", error=str(t)) if isinstance(t, InputError) else Result() for t in trials]
        done = 0
        for number, rung in enumerate(self.rungs):
            last = number == len(self.rungs) - 1
            running = {i: t for i, t in enumerate(trials) if isinstance(t, ModelParams) and not results[i].state}
            found = self.store.collect(
                [self.source(params) for params in running.values()], self.workers, lambda amount: None, rung
            )
            if found.faults:
                raise InputError(
                    f"trials could not be run, by no fault of their parameters: {found.faults[0]}; "
                    "none of them is in the study, the same command runs them again"
                )
            for i, params in running.items():
                key = self.store.key(self.source(params))
                result = results[i]
                if found.errors[key]:
                    result.state, result.error = "FAIL", next(iter(found.errors[key].values()))
                    continue
                value = result.rungs[len(rung)] = self._score(found.scores[key], rung)
                if last:
                    result.state = "COMPLETE"
                elif behind(value, len(rung), finished):
                    result.state = "PRUNED"
            here = self._length(rung)
            self._on_records((here - done) * len(trials))
            done = here
        return results

    def _score(self, scores: Mapping[str, NDArray[np.float64]], rung: Sequence[str]) -> float:
        corpus = {path: file for path, file in self.corpus.items() if path in rung}
        ranking = rank({path: scores[path] for path in corpus}, corpus)
        value = cross_validate(ranking, corpus, [self.profile])[self.profile.name].mean
        assert isfinite(value)  # there are windows, see `rungs_of`
        return value

    def _length(self, paths: Sequence[str]) -> int:
        return sum(self.corpus[path].length for path in paths)
