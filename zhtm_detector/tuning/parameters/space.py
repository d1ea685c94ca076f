"""The search space: the ranges declared beside the parameters of a preset, and those that the user gives."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.tables import Column, DataTable
from zhtm_detector.common.text import shown
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.tuning.parameters.parameter_names import (
    Parameter,
    closest_name,
    find,
    parameters,
    parse_value,
    parse_values,
    split_assignment,
)

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

OUTSIDE: Final = object()  # a value that a dimension does not contain; None is one that it may contain


@dataclass(frozen=True)
class Dimension:
    """The range of one parameter, both ends included, or its choices.

    Optuna's distributions cannot stand in for it: they hold no lists, and the space is shown without Optuna too.

    Parameters
    ----------
    name : str
        Dotted.
    low, high : int or float
    log : bool
        Whether the range is searched on a log scale.
    whole : bool
        Whether only whole numbers count.
    choices : tuple
        Values as in JSON; if there are any, there is no range.
    """

    name: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    choices: tuple[Any, ...] = ()

    def identity(self) -> dict[str, Any]:
        """JSON identity of the dimension."""
        return {**vars(self), "choices": list(self.choices)}

    def text(self) -> str:
        """Describe it for readers."""
        if self.choices:
            return ", ".join(json.dumps(choice) for choice in self.choices)
        return f"{self.low:g} to {self.high:g}{', log' if self.log else ''}{', whole' if self.whole else ''}"

    def distribution(self) -> BaseDistribution:
        """Return it as Optuna's distribution."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        if self.choices:
            return CategoricalDistribution([_plain(choice) for choice in self.choices])
        if self.whole:
            return IntDistribution(int(self.low), int(self.high), log=self.log)
        return FloatDistribution(self.low, self.high, log=self.log)

    def from_optuna(self, suggested: Any) -> Any:
        """Convert Optuna's value to the parameter's."""
        return next((choice for choice in self.choices if _same(_plain(choice), suggested)), suggested)

    def to_optuna(self, value: Any) -> Any:
        """Convert the parameter's value to Optuna's; OUTSIDE if the dimension does not contain it."""
        if self.choices:
            plain = _plain(list(value) if isinstance(value, tuple) else value)
            return next((_plain(choice) for choice in self.choices if _same(_plain(choice), plain)), OUTSIDE)
        return value if value is not None and self.low <= value <= self.high else OUTSIDE


Space = dict[str, Dimension]


def _plain(choice: Any) -> Any:
    return json.dumps(choice) if isinstance(choice, list | dict) else choice  # Optuna stores no lists


def _same(one: Any, other: Any) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def declared(params: ModelParams) -> Space:
    """Collect the declared ranges of the parameters that a preset has and that affect its scores."""
    return {
        name: _dimension(parameter)
        for name, parameter in parameters(params).items()
        if parameter.search is not None and parameter.value is not None and not name.startswith(_inactive(params))
    }


def _dimension(parameter: Parameter) -> Dimension:
    mark = parameter.search
    assert mark is not None
    if mark.choices:
        choices = tuple(list(choice) if isinstance(choice, tuple) else choice for choice in mark.choices)
        return Dimension(parameter.name, choices=choices)
    assert mark.low is not None and mark.high is not None
    own = parameter.value  # the range is widened to contain it
    log = mark.log and own > 0
    return Dimension(parameter.name, min(mark.low, own), max(mark.high, own), log, parameter.whole)


def _inactive(params: ModelParams) -> tuple[str, ...]:
    """Prefixes of parameters without effect in this preset."""
    anomaly = params.anomaly
    inactive = [] if params.gate is not None else ["anomaly.gate."]
    if anomaly.prediction_weight == 0.0 or not anomaly.likelihood:
        inactive.append("anomaly.averaging_window")
    if params.columns or not params.predicts:
        inactive += ["value_encoder.", "spatial_pooler.", "temporal_memory."]
    for number, group in enumerate(params.columns):
        # Poolers of columns do not learn.
        inactive.append(f"columns.{number}.spatial_pooler.permanence_")
        if group.temporal_memory.context == 0:
            inactive.append(f"columns.{number}.temporal_memory.")
    return tuple(inactive)


def choose_space(params: ModelParams, names: Sequence[str] = (), ranges: Sequence[str] = ()) -> Space:
    """Build the space of a search.

    Parameters
    ----------
    params : ModelParams
        The preset that the search starts from.
    names : sequence of str
        Declared parameters, or parts (everything declared in them). Without `names` and `ranges`: all.
    ranges : sequence of str
        The user's own, name=low..high or name=a,b,c, of any parameter of the preset.

    Returns
    -------
    dict
        Name to dimension, sorted by name.

    Raises
    ------
    InputError
        For an unknown name (with the closest known one), a malformed range, or one out of the parameter's bounds.
    """
    known, marked = parameters(params), declared(params)
    own = dict(_parse_range(text, known) for text in ranges)
    if len(own) < len(ranges):
        raise InputError("--param: expected each parameter once, got one of them twice")
    chosen = dict(marked) if not names and not own else {}
    for name in names:
        where = f"parameter {shown(name)}"
        found = [other for other in marked if other == name or other.startswith(f"{name}.")]
        if not found:
            if name in known:
                raise InputError(f"{where}: is not declared to be searched in this preset; expected --param {name}=...")
            if not any(other.startswith(f"{name}.") for other in known):
                parts = {other.rpartition(".")[0]: known[other] for other in known if "." in other}
                find(name, known if "." in name else {**known, **parts})
            raise InputError(f"{where}: nothing in it is declared; nearest is {closest_name(name, marked)}")
        chosen |= {other: marked[other] for other in found}
    space = dict(sorted((chosen | own).items()))
    if not space:
        raise InputError("search space: nothing is declared in this preset; expected --param name=low..high")
    return space


def _parse_range(text: str, known: Mapping[str, Parameter]) -> tuple[str, Dimension]:
    example = "anomaly.refractory=0.1..0.5"
    where = f"--param {shown(text)}"
    name, values = split_assignment(text, "--param", example)
    parameter = find(name, known)
    ends = values.split("..")
    if len(ends) == 1:
        return name, Dimension(name, choices=tuple(parse_values(values, parameter, where)))
    if not parameter.numeric:
        raise InputError(f"{where}: expected choices (a,b,c), because {name} has no range")
    low, high = (_parse_end(part, parameter, where) for part in ends) if len(ends) == 2 else (0.0, 0.0)
    if not low < high:
        raise InputError(f"{where}: expected low..high, low below high, such as {example}")
    log = parameter.search is not None and parameter.search.log and low > 0
    return name, Dimension(name, low, high, log, parameter.whole)


def _parse_end(text: str, parameter: Parameter, where: str) -> float:
    value = parse_value(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{where}: expected two numbers, got {shown(text)}")
    checked = parameter.check(value)
    return int(checked) if parameter.whole else float(checked)


def space_table(space: Space, params: ModelParams) -> DataTable:
    """Return the space as a table, beside the preset's own values."""
    known = parameters(params)
    columns = [Column("parameter", "parameter"), Column("searched", "searched"), Column("preset", "in the preset")]
    rows = [[name, dimension.text(), value_text(known[name].value)] for name, dimension in space.items()]
    return DataTable("Search space", columns, rows)


def value_text(value: Any) -> str:
    """Format a parameter's value for readers: numbers with six digits."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return json.dumps(list(value) if isinstance(value, tuple) else value).strip('"')
