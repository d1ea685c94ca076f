"""A study: Optuna's trials in a file, sampled in batches that are the same however often the search is interrupted.

The file holds finished trials only. A batch is sampled from a study in memory, which is made of the trials of all
batches before it and a sampler seeded for this batch. So a batch that was interrupted is sampled again with the same
parameters: the trials that it had finished are read, the others are run.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import printable
from zhtm_detector.tuning.parameters.objective import TrialResult
from zhtm_detector.tuning.parameters.space import Space

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

MIN_COMPLETE = 10  # complete trials below which importance means nothing
_IDENTITY = "zhtm-detector"  # the study's attribute that holds its identity
# Parts of the identity, and what a message calls them.
_PARTS = {
    "space": "search space",
    "params": "preset",
    "files": "files or labels",
    "profile": "profile",
    "holdout": "--holdout",
    "batch": "--batch",
    "seed": "--seed",
    "code": "code of zhtm-detector",
    "scoring": "code that scores a trial",
    "searched": "choice of the files that are searched",
    "optuna": "version of Optuna",
}


def need_optuna() -> str:
    """Silence Optuna's log and return its version.

    Raises
    ------
    InputError
        When it is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        if (error.name or "").split(".")[0] != "optuna":
            raise
        raise InputError(
            "tune params: expected the package optuna, got none; pip install 'zhtm-detector[tune]'"
        ) from None
    # Its lines would stand between ours, and faults are raised as exceptions anyway.
    optuna.logging.disable_default_handler()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    return str(optuna.__version__)


class Study:
    """A study in one file, Optuna's journal.

    Parameters
    ----------
    path : Path
        Its file; the stem is the study's name.
    identity : mapping
        Everything that its trials depend on, with the keys `space`, `seed` and `batch` among others.
    space : dict of str to Dimension
    first : mapping
        Parameters of the first trial, as Optuna stores them; empty if it is to be sampled like the others.

    Raises
    ------
    InputError
        When the file is not a study, cannot be read or written, or holds a study of another identity.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any], space: Space, first: Mapping[str, Any]) -> None:
        self.path = path
        self.identity = dict(identity)
        self.batch = int(identity["batch"])
        self._distributions = {name: dimension.distribution() for name, dimension in space.items()}
        self._first = dict(first)
        self._study = self._open()

    def trials(self) -> list[FrozenTrial]:
        """List the finished trials, in order."""
        with self._reading():
            return self._study.get_trials(deepcopy=False)

    def ask(self) -> tuple[list[dict[str, Any]], list[FrozenTrial]]:
        """Sample the current batch, without the trials of it that are finished.

        Returns
        -------
        parameters : list of dict
            As Optuna stores them.
        before : list of FrozenTrial
            The trials of earlier batches.

        Raises
        ------
        InputError
            When the batch's finished trials are not those that its seed gives.
        """
        import optuna

        trials = self.trials()
        number, done = divmod(len(trials), self.batch)
        before, finished = trials[: number * self.batch], trials[number * self.batch :]
        seed = int(np.random.SeedSequence([self.identity["seed"], number]).generate_state(1)[0])
        with self._reading():
            # Explicit options, because their defaults differ between versions.
            sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)
            memory = optuna.create_study(direction="maximize", sampler=sampler)
            memory.add_trials(before)
            if not before and self._first:
                memory.enqueue_trial(self._first)
            asked = [memory.ask(self._distributions).params for _ in range(self.batch)]
        if [trial.params for trial in finished] != asked[:done]:
            raise InputError(
                f"study {self.path}: its last batch is not the one that its seed gives; use another --study"
            )
        return asked[done:], before

    def add(self, number: int, params: Mapping[str, Any], result: TrialResult, began: datetime) -> None:
        """Write a finished trial.

        Parameters
        ----------
        number : int
            The number that it must get.
        params : mapping
            As `ask` returned them.
        result : TrialResult
        began : datetime

        Raises
        ------
        InputError
            When it cannot be written, or another process has added trials meanwhile.
        """
        import optuna

        if len(self.trials()) != number:
            raise InputError(f"study {self.path}: expected to be the only one to work on it, found trials of another")
        trial = optuna.trial.create_trial(
            state=optuna.trial.TrialState[result.state],
            value=result.value,
            params=dict(params),
            distributions=self._distributions,
            intermediate_values=result.rungs,
            user_attrs={"error": result.error[:1000]} if result.error else {},
        )
        trial.datetime_start = began
        with _quiet():
            self._study.add_trial(trial)

    def importances(self) -> dict[str, float]:
        """Compute how much each parameter decides whether a trial is among the best: shares of 1, highest first.

        Empty if too few trials are complete.

        Notes
        -----
        PED-ANOVA: Watanabe, Bansal and Hutter, IJCAI 2023 (arXiv 2304.10255), over complete trials.
        """
        import optuna

        complete = [trial for trial in self.trials() if trial.state == optuna.trial.TrialState.COMPLETE]
        varied = [name for name in self._distributions if len({str(trial.params[name]) for trial in complete}) > 1]
        if len(complete) < MIN_COMPLETE or not varied:
            return {}
        with self._reading():
            found = optuna.importance.get_param_importances(
                self._study, evaluator=optuna.importance.PedAnovaImportanceEvaluator(), params=varied
            )
        return {name: float(share) for name, share in sorted(found.items(), key=lambda item: -item[1])}

    def _open(self) -> optuna.Study:
        import optuna

        from zhtm_detector.tuning.parameters.journal import WholeFileBackend

        name = self.path.stem
        with self._reading():
            storage = optuna.storages.JournalStorage(WholeFileBackend(self.path))
            names = optuna.get_all_study_names(storage)
            if names not in ([], [name]) or (not names and self.path.exists() and self.path.stat().st_size):
                raise ValueError(f"holds {', '.join(names)[:80] or 'no study'}, not {name}")
            if not names:
                optuna.create_study(storage=storage, study_name=name, direction="maximize")
            study = optuna.load_study(storage=storage, study_name=name)
            if not study.user_attrs and not study.get_trials(deepcopy=False):  # new, or killed when it was created
                study.set_user_attr(_IDENTITY, self.identity)
        self._check(study.user_attrs.get(_IDENTITY))
        with self._reading():
            for trial in study.get_trials(deepcopy=False):
                self._check_trial(trial)
        return study

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Refuse the file whatever Optuna raises: it checks nothing in a journal, and fails later, anywhere."""
        try:
            with _quiet():
                yield
        except InputError:
            raise
        except Exception as error:
            reason = printable(f"{type(error).__name__}: {error}", 200)
            raise InputError(f"study {self.path}: cannot be used ({reason}); expected a journal of Optuna's") from None

    def _check_trial(self, trial: FrozenTrial) -> None:
        import optuna

        # Optuna checks what it is given here, but not what it reads.
        optuna.trial.create_trial(
            state=trial.state, value=trial.value, params=trial.params, distributions=self._distributions
        )
        numbers = [trial.value or 0.0, *trial.intermediate_values.values(), *trial.intermediate_values]
        error = trial.user_attrs.get("error", "")
        if not all(type(n) in (int, float) for n in numbers) or not isinstance(error, str) or trial.system_attrs != {}:
            raise ValueError(f"trial {trial.number} holds what no trial does")
        if not trial.state.is_finished() or trial.distributions != self._distributions:
            raise ValueError(f"trial {trial.number} is unfinished, or of another search space")

    def _check(self, stored: Any) -> None:
        if not isinstance(stored, Mapping):
            raise InputError(f"study {self.path}: expected one that zhtm tune params made, got another")
        for key, title in _PARTS.items():
            old, new = stored.get(key), self.identity.get(key)
            if old != new:
                raise InputError(
                    f"study {self.path}: was begun with another {title}{_difference(old, new)}; "
                    "expected the same, or another --study"
                )


def _difference(old: Any, new: Any) -> str:
    """Describe the difference in a few words, if a reader can use them."""
    if isinstance(old, list) and isinstance(new, list):  # dimensions
        odd = [one for one in [*old, *new] if (one in old) != (one in new)]
        names = [printable(str(one.get("name")), 60) for one in odd if isinstance(one, dict)]
        return f" ({', '.join(dict.fromkeys(names))[:120]})"
    if isinstance(old, int | float | str) and isinstance(new, int | float | str) and len(f"{old}{new}") < 40:
        return f" ({old}, not {new})"
    return ""


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # which of Optuna's features are experimental depends on its version
        yield
