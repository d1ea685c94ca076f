"""A study: Optuna's trials in SQLite, asked for in batches that are the same however often the search is cut.

The file holds finished trials only, each written in one transaction. A batch is asked for in a study in memory, made of
the trials of all batches before it and a sampler whose seed is the batch's own; so a batch that was cut is asked for
again with the same answers, the trials that it had finished are there, and the others are run.
"""

from __future__ import annotations

import logging
import sqlite3
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from zhtm_detector.common.errors import InputError
from zhtm_detector.tuning.parameters.objective import Result
from zhtm_detector.tuning.parameters.space import Space

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

LEAST_TO_TELL = 10  # complete trials, before importance means anything
_ABOUT = "zhtm-detector"  # the study's attribute that says what it is of
_READERS = {
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
    """Tell Optuna's version.

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
    # Its log would stand between our lines; what goes wrong is an exception as well.
    optuna.logging.disable_default_handler()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    return str(optuna.__version__)


class Study:
    """A study in one SQLite file.

    Parameters
    ----------
    path : Path
        Its file; its name is the study's.
    about : mapping
        All that its trials depend on, with the keys `space`, `seed` and `batch` among others; a study of anything else
        is refused.
    space : dict of str to Dimension
    first : mapping
        Parameters of the first trial, as Optuna has them; none where it is to be drawn like the others.

    Raises
    ------
    InputError
        When the file is something else or cannot be used, or the study is of something else.
    """

    def __init__(self, path: Path, about: Mapping[str, Any], space: Space, first: Mapping[str, Any]) -> None:
        self.path = path
        self.about = dict(about)
        self.space = space
        self._first = dict(first)
        self._study = self._open()

    @property
    def batch(self) -> int:
        """How many trials are asked for at a time."""
        return int(self.about["batch"])

    def trials(self) -> list[FrozenTrial]:
        """List the finished trials, in order."""
        with _quiet():
            return self._study.get_trials(deepcopy=False)

    def ask(self) -> tuple[list[dict[str, Any]], list[FrozenTrial]]:
        """Ask for the parameters of the current batch's trials that are not finished yet.

        Returns
        -------
        parameters : list of dict
            As Optuna has them.
        before : list of FrozenTrial
            The trials of earlier batches.

        Raises
        ------
        InputError
            When the trials that the batch has finished are not those that it asks for.
        """
        finished = self.trials()
        number, done = divmod(len(finished), self.batch)
        before, there = finished[: number * self.batch], finished[number * self.batch :]
        with _quiet():
            asked = self._draw(number, before)
        if [trial.params for trial in there] != asked[:done]:
            raise InputError(
                f"study {self.path}: its last batch is not the one that its seed gives; use another --study"
            )
        return asked[done:], before

    def _draw(self, number: int, before: list[FrozenTrial]) -> list[dict[str, Any]]:
        import optuna

        seed = int(np.random.SeedSequence([self.about["seed"], number]).generate_state(1)[0])
        # Set, for its defaults are others in other versions.
        sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)
        memory = optuna.create_study(direction="maximize", sampler=sampler)
        memory.add_trials(before)
        if not before and self._first:
            memory.enqueue_trial(self._first)
        distributions = {name: dimension.distribution() for name, dimension in self.space.items()}
        return [memory.ask(distributions).params for _ in range(self.batch)]

    def add(self, number: int, params: Mapping[str, Any], result: Result, began: datetime) -> None:
        """Write a finished trial.

        Parameters
        ----------
        number : int
            The one that it must get.
        params : mapping
            As `ask` gave them.
        result : Result
        began : datetime

        Raises
        ------
        InputError
            When it cannot be written, or somebody else has written to the study meanwhile.
        """
        import optuna

        if len(self.trials()) != number:
            raise InputError(f"study {self.path}: expected to be the only one to work on it, found trials of another")

        trial = optuna.trial.create_trial(
            state=optuna.trial.TrialState[result.state],
            value=result.value,
            params=dict(params),
            distributions={name: dimension.distribution() for name, dimension in self.space.items()},
            intermediate_values=result.rungs,
            user_attrs={"error": result.error[:1000]} if result.error else {},
        )
        trial.datetime_start = began
        with _quiet(), self._refusing():
            self._study.add_trial(trial)

    def importances(self) -> dict[str, float]:
        """Tell how much each parameter decides on being among the best, shares of 1, the highest first.

        Empty where too few trials are complete to tell.

        Notes
        -----
        PED-ANOVA: Watanabe, Bansal and Hutter, IJCAI 2023 (arXiv 2304.10255), over complete trials.
        """
        import optuna

        complete = [trial for trial in self.trials() if trial.state == optuna.trial.TrialState.COMPLETE]
        varied = [name for name in self.space if len({str(trial.params[name]) for trial in complete}) > 1]
        if len(complete) < LEAST_TO_TELL or not varied:
            return {}
        with _quiet():
            found = optuna.importance.get_param_importances(
                self._study, evaluator=optuna.importance.PedAnovaImportanceEvaluator(), params=varied
            )
        return {name: float(share) for name, share in sorted(found.items(), key=lambda item: -item[1])}

    def _open(self) -> optuna.Study:
        import optuna

        fresh = not self.path.exists()
        if not fresh:
            _check_file(self.path)
        with _quiet(), self._refusing():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            storage = optuna.storages.RDBStorage(
                "sqlite:///study.db", engine_kwargs={"creator": lambda: sqlite3.connect(self.path)}
            )
            names = optuna.get_all_study_names(storage)
            name = self.path.stem
            if names and names != [name]:
                raise InputError(f"study {self.path}: expected a study {name!r} in it, got {', '.join(names)[:80]}")
            study = optuna.create_study(storage=storage, study_name=name, direction="maximize", load_if_exists=True)
            kept = study.user_attrs.get(_ABOUT)
            if kept is None and not study.get_trials(deepcopy=False):  # new, or killed just when it was made
                study.set_user_attr(_ABOUT, self.about)
                kept = self.about
            self._check(kept)
        return study

    def _check(self, kept: Any) -> None:
        if not isinstance(kept, Mapping):
            raise InputError(f"study {self.path}: expected one that zhtm tune params made, got another")
        for key, reader in _READERS.items():
            old, new = kept.get(key), self.about.get(key)
            if old != new:
                raise InputError(
                    f"study {self.path}: was begun with another {reader}{_difference(old, new)}; "
                    "expected the same, or another --study"
                )

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        from optuna.exceptions import OptunaError
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (OptunaError, SQLAlchemyError, RuntimeError, sqlite3.Error, OSError) as error:
            reason = " ".join(str(error.__cause__ or error).split())[:200]
            raise InputError(f"study {self.path}: cannot be used ({reason}); expected a file of Optuna's") from None


def _check_file(path: Path) -> None:
    """Refuse what is no study before Optuna makes its tables in it."""
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
        try:
            tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise InputError(f"study {path}: cannot be read ({error}); expected an SQLite file of Optuna's") from None
    if tables and not {"studies", "trials", "version_info"} <= tables:
        raise InputError(f"study {path}: expected an SQLite file of Optuna's, got one with other tables")


def _difference(old: Any, new: Any) -> str:
    """Say in a few words what differs, where that helps."""
    if isinstance(old, list) and isinstance(new, list):  # dimensions
        names = [one["name"] for one in [*old, *new] if (one in old) != (one in new)]
        return f" ({', '.join(dict.fromkeys(names))[:120]})"
    if isinstance(old, int | float | str) and isinstance(new, int | float | str) and len(f"{old}{new}") < 40:
        return f" ({old}, not {new})"
    return ""


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is experimental in one version of Optuna's or another
        yield
