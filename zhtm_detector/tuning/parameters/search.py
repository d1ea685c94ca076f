"""A whole search: batch after batch into a study, and what came of it, beside the preset that it began with."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.versions import PACKAGE, package_version, sources_checksum
from zhtm_detector.common.workers import Workers
from zhtm_detector.evaluation.score_store import ScoreStore, code_checksum
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.scoring import FileWindows, Profile
from zhtm_detector.tuning.parameters.holdout import HeldOutScore, hold_out, score_split
from zhtm_detector.tuning.parameters.objective import Objective, rungs_of
from zhtm_detector.tuning.parameters.parameter_names import changed, parameters
from zhtm_detector.tuning.parameters.space import OUTSIDE, Space
from zhtm_detector.tuning.parameters.study import Study, need_optuna

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

FOLDER = "tune"  # in the results
# They choose files and trials, and make a trial's score of anomaly scores. Whole, so that no new file is forgotten.
_SCORING_ROOMS = ("nab", "evaluation", "tuning")


@dataclass(frozen=True)
class SearchPlan:
    """What to search, and how.

    Parameters
    ----------
    study : str
        Its name.
    preset : str
        What the preset that it begins with is called.
    params : ModelParams
        That preset.
    space : dict of str to Dimension
    trials : int
        How many there are to be in the study, those of earlier runs counted.
    batch : int
    seed : int
        Of models, search, and choice of files.
    holdout : float
        Share of the files that the search never sees.
    profile : Profile
    """

    study: str
    preset: str
    params: ModelParams
    space: Space
    trials: int
    batch: int
    seed: int
    holdout: float
    profile: Profile

    def variant(self, told: Mapping[str, Any]) -> ModelParams:
        """Make the preset with Optuna's values.

        Raises
        ------
        InputError
            When they do not fit together.
        """
        return changed(
            self.params, {name: self.space[name].from_optuna(value) for name, value in told.items()}, "trial"
        )

    def first(self) -> dict[str, Any]:
        """Give the preset's own values as Optuna's; none where one lies outside the space."""
        known = parameters(self.params)
        told = {name: dimension.to_optuna(known[name].value) for name, dimension in self.space.items()}
        return {} if any(value is OUTSIDE for value in told.values()) else told


@dataclass(frozen=True)
class Trial:
    """One trial of a study.

    Parameters
    ----------
    number : int
        From 0.
    state : str
        complete, pruned or failed.
    score : float or None
        Cross-validated, on the last files that it was scored on.
    files : int
        How many those were.
    values : dict
        Parameter to value.
    error : str
        Why it failed, or why its parameters were refused.
    """

    number: int
    state: str
    score: float | None
    files: int
    values: dict[str, Any]
    error: str = ""


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Parameters
    ----------
    plan : SearchPlan
    trials : list of Trial
        All of the study.
    best : Trial
    params : ModelParams
        The best trial's.
    before, after : HeldOutScore
        Of the preset that it began with, and of the best trial.
    searched, held : list of str
        The files.
    held_windows : int
        Labelled windows of those held out.
    importances : dict
        Parameter to share of 1.
    added : int
        How many trials this run made.
    errors : dict
        Data file to the error that keeps it out of `before` and `after`.
    """

    plan: SearchPlan
    trials: list[Trial]
    best: Trial
    params: ModelParams
    before: HeldOutScore
    after: HeldOutScore
    searched: list[str]
    held: list[str]
    held_windows: int
    importances: dict[str, float]
    added: int
    errors: dict[str, str]


class ParameterSearch:
    """A search on one corpus; making it refuses what is wrong, `run` does the work.

    Parameters
    ----------
    plan : SearchPlan
    corpus : Corpus
    labelled : mapping of str to FileWindows
        The data files that can be read and labelled.
    results : Path
        The study lies in its folder tune/, and so do the scores of its unfinished batch.

    Raises
    ------
    InputError
        When Optuna is not installed, there are too few files, or the study is of something else.
    """

    def __init__(self, plan: SearchPlan, corpus: Corpus, labelled: Mapping[str, FileWindows], results: Path) -> None:
        version = need_optuna()
        folder = results / FOLDER
        self.plan = plan
        self.labelled = labelled
        self.searched, self.held = hold_out(list(labelled), plan.holdout, plan.seed)
        self._rungs = rungs_of(self.searched, labelled)
        lengths = {path: file.length for path, file in labelled.items()}
        self.store = ScoreStore(folder / f"{plan.study}.scores", corpus, lengths)
        about = {
            "space": [dimension.identity() for dimension in plan.space.values()],
            "params": plan.params.model_dump(mode="json", exclude={"description"}),
            "files": self.store.corpus_checksum,
            "profile": dataclasses.asdict(plan.profile),
            "holdout": plan.holdout,
            "batch": plan.batch,
            "seed": plan.seed,
            "code": f"{package_version()} {code_checksum()[:32]}",
            "scoring": scoring_checksum()[:32],
            "searched": hashlib.sha256(json.dumps(self._rungs).encode()).hexdigest()[:32],
            "optuna": version,
        }
        self.study = Study(folder / f"{plan.study}.jsonl", about, plan.space, plan.first())

    @property
    def records(self) -> int:
        """Number of records that `run` will tell of."""
        missing = max(0, self.plan.trials - len(self.study.trials()))
        return missing * sum(self.labelled[path].length for path in self.searched)

    def run(self, workers: Workers, on_records: Callable[[int], None] = lambda amount: None) -> SearchResult:
        """Make the trials that are missing, and judge the best of all.

        Raises
        ------
        InputError
            When the study or its scores cannot be written, when a trial fails by no fault of its parameters, or none is
            complete.
        """
        objective = Objective(
            self.store, self.labelled, self._rungs, self.plan.profile, self.plan.seed, workers, on_records
        )
        base = objective.source(self.plan.params)
        added = 0
        while (done := len(self.study.trials())) < self.plan.trials:
            began = datetime.now()
            asked, before = self.study.ask()
            asked = asked[: self.plan.trials - done]
            finished = [trial.intermediate_values for trial in before if trial.state.name == "COMPLETE"]
            results = objective.run([self._variant(told) for told in asked], finished)
            for number, (told, result) in enumerate(zip(asked, results, strict=True), start=done):
                self.study.add(number, told, result, began)
            added += len(asked)
            best = self._best(required=False)
            keep = [base] if best is None else [base, objective.source(self.plan.variant(best.params))]
            self.store.forget([self.store.key(source) for source in keep])
        return self._judge(objective, workers, added)

    def _judge(self, objective: Objective, workers: Workers, added: int) -> SearchResult:
        best = self._best()
        assert best is not None
        params = self.plan.variant(best.params)
        sources = [objective.source(self.plan.params), objective.source(params)]
        evidence = self.store.gather(sources, workers)
        searched, held = (
            {path: self.labelled[path] for path in sorted(paths) if path not in evidence.errors}
            for paths in (self.searched, self.held)
        )
        before, after = (
            score_split(evidence.scores[self.store.key(source)], searched, held, self.plan.profile)
            for source in sources
        )
        trials = [self._trial(trial) for trial in self.study.trials()]
        windows = sum(file.scored_window_count for file in held.values())
        return SearchResult(
            *(self.plan, trials, trials[best.number], params, before, after, list(searched), list(held), windows),
            *(self.study.importances(), added, evidence.errors),
        )

    def _variant(self, told: Mapping[str, Any]) -> ModelParams | InputError:
        try:
            return self.plan.variant(told)
        except InputError as error:
            return error

    def _best(self, required: bool = True) -> FrozenTrial | None:
        trials = self.study.trials()
        complete = [trial for trial in trials if trial.state.name == "COMPLETE"]
        if complete:
            return max(complete, key=_value)  # of equals the first
        if required:
            errors = [trial.user_attrs["error"] for trial in trials if "error" in trial.user_attrs]
            why = f" (the first error: {errors[0]})" if errors else ""
            raise InputError(f"study {self.study.path}: expected a complete trial, got none{why}; give more --trials")
        return None

    def _trial(self, trial: FrozenTrial) -> Trial:
        rungs = trial.intermediate_values
        state = {"COMPLETE": "complete", "PRUNED": "pruned"}.get(trial.state.name, "failed")
        values = {name: self.plan.space[name].from_optuna(value) for name, value in sorted(trial.params.items())}
        files = max(rungs, default=0)
        return Trial(trial.number, state, rungs.get(files), files, values, str(trial.user_attrs.get("error", "")))


@cache
def scoring_checksum() -> str:
    """Name the state of all sources that choose trials and score them; those of anomaly scores have their own."""
    return sources_checksum(PACKAGE, _SCORING_ROOMS)


def _value(trial: FrozenTrial) -> float:
    assert trial.value is not None
    return trial.value


def states(trials: Sequence[Trial]) -> dict[str, int]:
    """Count trials by what became of them."""
    return {state: sum(trial.state == state for trial in trials) for state in ("complete", "pruned", "failed")}
