"""A whole search: run trials in batches, and compare the best with the preset that the search started from."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.versions import PACKAGE, package_version, sources_checksum
from zhtm_detector.common.workers import Workers
from zhtm_detector.evaluation.ledger import Ledger, Look
from zhtm_detector.evaluation.score_store import ScoreStore, Source, code_checksum
from zhtm_detector.htm.params import NOT_IN_SCORES, ModelParams
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.scoring import FileWindows, Profile
from zhtm_detector.tuning.parameters.holdout import HeldOutScore, score_split, split_holdout
from zhtm_detector.tuning.parameters.objective import Objective, TrialResult, build_rungs
from zhtm_detector.tuning.parameters.parameter_names import changed, parameters
from zhtm_detector.tuning.parameters.space import OUTSIDE, Space
from zhtm_detector.tuning.parameters.study import Study, need_optuna

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

FOLDER = "tune"  # in the results
# They choose files and trials, and turn anomaly scores into a trial's score. Whole rooms, so that no file is forgotten.
_SCORING_ROOMS = ("nab", "evaluation", "tuning")


@dataclass(frozen=True)
class SearchPlan:
    """What to search, and how.

    Parameters
    ----------
    study : str
        Its name.
    preset : str
        Name of the preset that the search starts from.
    params : ModelParams
        That preset.
    space : dict of str to Dimension
    trials : int
        Trials in the study, those of earlier runs included.
    batch : int
    seed : int
        Of models, search, and choice of files.
    holdout : float
        Share of the files that is held out.
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

    def values(self, suggested: Mapping[str, Any]) -> dict[str, Any]:
        """Convert Optuna's values to the parameters', sorted by name."""
        return {name: self.space[name].from_optuna(value) for name, value in sorted(suggested.items())}

    def variant(self, suggested: Mapping[str, Any]) -> ModelParams:
        """Return the preset with Optuna's values.

        Raises
        ------
        InputError
            When they do not fit together.
        """
        return changed(self.params, self.values(suggested), "trial")

    def first_trial(self) -> dict[str, Any]:
        """Convert the preset's own values to Optuna's; empty if one of them lies outside the space."""
        known = parameters(self.params)
        own = {name: dimension.to_optuna(known[name].value) for name, dimension in self.space.items()}
        return {} if any(value is OUTSIDE for value in own.values()) else own


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
        Cross-validated, on the last rung that it reached.
    files : int
        Number of files of that rung.
    values : dict
        Parameter to value, sorted by name.
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
    """The outcome of a search.

    Parameters
    ----------
    plan : SearchPlan
    trials : list of Trial
        All of the study.
    best : Trial
    params : ModelParams
        The best trial's.
    before, after : HeldOutScore
        Of the preset, and of the best trial.
    searched, held_out : list of str
        The files.
    held_out_windows : int
        Labelled windows of the files held out.
    importances : dict
        Parameter to share of 1.
    added : int
        Trials of this run.
    errors : dict
        Data file to the error that excludes it from `before` and `after`.
    """

    plan: SearchPlan
    trials: list[Trial]
    best: Trial
    params: ModelParams
    before: HeldOutScore
    after: HeldOutScore
    searched: list[str]
    held_out: list[str]
    held_out_windows: int
    importances: dict[str, float]
    added: int
    errors: dict[str, str]

    def states(self) -> dict[str, int]:
        """Count the trials by state, without the states that none has."""
        found = [trial.state for trial in self.trials]
        return {state: found.count(state) for state in ("complete", "pruned", "failed") if state in found}


class ParameterSearch:
    """A search on one corpus. Creating it checks the input and opens the study; `run` does the work.

    Parameters
    ----------
    plan : SearchPlan
    corpus : Corpus
    labelled : mapping of str to FileWindows
        The data files that can be read and labelled.
    results : Path
        Its folder tune/ holds the study and the anomaly scores of the unfinished batch; its ledger counts the trials.

    Raises
    ------
    InputError
        When Optuna is not installed, there are too few files, or the study has another identity.
    """

    def __init__(self, plan: SearchPlan, corpus: Corpus, labelled: Mapping[str, FileWindows], results: Path) -> None:
        version = need_optuna()
        folder = results / FOLDER
        self.plan = plan
        self.labelled = labelled
        self.searched, self.held_out = split_holdout(list(labelled), plan.holdout, plan.seed)
        self._rungs = build_rungs(self.searched, labelled)
        lengths = {path: file.length for path, file in labelled.items()}
        self.store = ScoreStore(folder / f"{plan.study}.scores", corpus, lengths)
        self.ledger = Ledger.of(results)
        self.ledger.read()  # a broken one is refused before the work
        identity = {
            "space": [dimension.identity() for dimension in plan.space.values()],
            "params": plan.params.model_dump(mode="json", exclude=set(NOT_IN_SCORES)),
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
        self.study = Study(folder / f"{plan.study}.jsonl", identity, plan.space, plan.first_trial())

    @property
    def records(self) -> int:
        """Number of records that `run` will report in all."""
        missing = max(0, self.plan.trials - len(self.study.trials()))
        return missing * sum(self.labelled[path].length for path in self.searched)

    def run(self, workers: Workers, on_records: Callable[[int], None] = lambda amount: None) -> SearchResult:
        """Run the missing trials, and score the best of all on the files held out.

        Raises
        ------
        InputError
            When the study, the scores or the ledger cannot be written, a trial fails for a reason other than its
            parameters, or no trial is complete.
        """
        plan = self.plan
        base = Source(plan.params, plan.seed)
        objective = Objective(self.store, self.labelled, self._rungs, plan.profile, plan.seed, workers, on_records)
        added = 0
        while (done := len(self.study.trials())) < plan.trials:
            began = datetime.now()
            asked, before = self.study.ask()
            asked = asked[: plan.trials - done]
            complete = [trial.intermediate_values for trial in before if trial.state.name == "COMPLETE"]
            variants = [self._variant(suggested) for suggested in asked]
            results = objective.run(variants, complete)
            # Before the study: a run that stops in between enters the same trials again, which changes nothing.
            self.ledger.add(self._looks(variants, results))
            for number, (suggested, result) in enumerate(zip(asked, results, strict=True), start=done):
                self.study.add(number, suggested, result, began)
            added += len(asked)
            best = self._best()
            sources = [base] if best is None else [base, Source(plan.variant(best.params), plan.seed)]
            self.store.forget([self.store.key(source) for source in sources])
        return self._finish(workers, added)

    def _finish(self, workers: Workers, added: int) -> SearchResult:
        plan = self.plan
        trials = self.study.trials()
        best = self._best()
        if best is None:
            errors = [trial.user_attrs["error"] for trial in trials if "error" in trial.user_attrs]
            why = f" (the first error: {errors[0]})" if errors else ""
            raise InputError(f"study {self.study.path}: expected a complete trial, got none{why}; give more --trials")
        params = plan.variant(best.params)
        sources = [Source(plan.params, plan.seed), Source(params, plan.seed)]
        found = self.store.gather(sources, workers)
        searched, held_out = (
            {path: self.labelled[path] for path in sorted(paths) if path not in found.errors}
            for paths in (self.searched, self.held_out)
        )
        before, after = (
            score_split(found.scores[self.store.key(source)], searched, held_out, plan.profile) for source in sources
        )
        all_trials = [self._trial(trial) for trial in trials]
        windows = sum(file.scored_window_count for file in held_out.values())
        return SearchResult(
            *(plan, all_trials, all_trials[best.number], params, before, after),
            *(list(searched), list(held_out), windows, self.study.importances(), added, found.errors),
        )

    def _looks(self, variants: Sequence[ModelParams | InputError], results: Sequence[TrialResult]) -> Iterator[Look]:
        for variant, result in zip(variants, results, strict=True):
            if isinstance(variant, ModelParams) and result.rungs:
                yield Look.of("tune params", variant, self.store.corpus_checksum, max(result.rungs))

    def _variant(self, suggested: Mapping[str, Any]) -> ModelParams | InputError:
        try:
            return self.plan.variant(suggested)
        except InputError as error:
            return error

    def _best(self) -> FrozenTrial | None:
        """Return the complete trial with the highest score; of equal ones the first."""
        complete = [trial for trial in self.study.trials() if trial.state.name == "COMPLETE"]
        return max(complete, key=lambda trial: trial.value or 0.0, default=None)

    def _trial(self, trial: FrozenTrial) -> Trial:
        rungs = trial.intermediate_values
        files = max(rungs, default=0)
        state = {"COMPLETE": "complete", "PRUNED": "pruned"}.get(trial.state.name, "failed")
        error = str(trial.user_attrs.get("error", ""))
        return Trial(trial.number, state, rungs.get(files), files, self.plan.values(trial.params), error)


@cache
def scoring_checksum() -> str:
    """Checksum of all sources that choose trials and score them; those of anomaly scores have their own."""
    return sources_checksum(PACKAGE, _SCORING_ROOMS)
