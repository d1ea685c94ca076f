"""The search space: what is declared beside the parameters of a preset, and what the user makes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.tables import Column, DataTable
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.tuning.parameters.parameter_names import (
    Parameter,
    assignment,
    closest_name,
    find,
    parameters,
    parse_value,
    parse_values,
)

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

OUTSIDE: Final = object()  # what a space has no value for; None is one, of the choice null


@dataclass(frozen=True)
class Dimension:
    """Where one parameter is searched: in a range, both ends counted, or among choices.

    Parameters
    ----------
    name : str
        Dotted.
    low, high : int or float
    log : bool
    whole : bool
        Whether only whole numbers count.
    choices : tuple
        Values as JSON has them; where there are any, there is no range.
    """

    name: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    choices: tuple[Any, ...] = ()

    def identity(self) -> dict[str, Any]:
        """All its fields as JSON has them."""
        return {**vars(self), "choices": list(self.choices)}

    def text(self) -> str:
        """Tell it to readers."""
        if self.choices:
            return ", ".join(json.dumps(choice) for choice in self.choices)
        return f"{self.low:g} to {self.high:g}{', log' if self.log else ''}{', whole' if self.whole else ''}"

    def distribution(self) -> BaseDistribution:
        """Give what Optuna makes of it."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        if self.choices:
            return CategoricalDistribution([_plain(choice) for choice in self.choices])
        if self.whole:
            return IntDistribution(int(self.low), int(self.high), log=self.log)
        return FloatDistribution(self.low, self.high, log=self.log)

    def from_optuna(self, told: Any) -> Any:
        """Turn Optuna's value into the parameter's."""
        return next((choice for choice in self.choices if _same(_plain(choice), told)), told)

    def to_optuna(self, value: Any) -> Any:
        """Turn the parameter's value into Optuna's; OUTSIDE where there is none."""
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
    """Collect what is declared beside the parameters that a preset has, and that do something in it."""
    return {
        name: _declared(parameter)
        for name, parameter in parameters(params).items()
        if parameter.search is not None and parameter.value is not None and not name.startswith(_idle(params))
    }


def _declared(parameter: Parameter) -> Dimension:
    mark = parameter.search
    assert mark is not None
    if mark.choices:
        choices = tuple(list(choice) if isinstance(choice, tuple) else choice for choice in mark.choices)
        return Dimension(parameter.name, choices=choices)
    assert mark.low is not None and mark.high is not None
    own = parameter.value  # always inside
    log = mark.log and own > 0
    return Dimension(parameter.name, min(mark.low, own), max(mark.high, own), log, parameter.whole)


def _idle(params: ModelParams) -> tuple[str, ...]:
    """Begin of the names of parameters that change nothing as long as the others are as they are."""
    anomaly = params.anomaly
    idle = []
    if params.gate is None:
        idle.append("anomaly.gate.")
    if anomaly.prediction_weight == 0.0:
        idle.append("anomaly.averaging_window")
        if not params.predicts:
            idle += ["value_encoder.", "spatial_pooler.", "temporal_memory."]
    elif not anomaly.likelihood:
        idle.append("anomaly.averaging_window")
    return tuple(idle)


def choose_space(params: ModelParams, names: Sequence[str] = (), given: Sequence[str] = ()) -> Space:
    """Make the space of a search.

    Parameters
    ----------
    params : ModelParams
        The preset that the search begins with.
    names : sequence of str
        Declared parameters, or parts (all that is declared in them); with neither these nor `given`: all.
    given : sequence of str
        Ranges of the user's own, name=low..high or name=a,b,c; of any parameter of the preset.

    Returns
    -------
    dict
        Name to dimension, sorted by name.

    Raises
    ------
    InputError
        For an unknown name (with the nearest known one), a range that is none, or one out of the parameter's bounds.
    """
    known, marked = parameters(params), declared(params)
    own = dict(_given(text, known) for text in given)
    if len(own) < len(given):
        raise InputError("--param: expected each parameter once, got one of them twice")
    chosen = dict(marked) if not names and not own else {}
    for name in names:
        found = [other for other in marked if other == name or other.startswith(f"{name}.")]
        if not found:
            if name in known:
                raise InputError(
                    f"parameter {name!r}: is not declared to be searched in this preset; expected --param {name}=..."
                )
            if not any(other.startswith(f"{name}.") for other in known):
                find(name, known if name.count(".") else {**known, **_parts(known)})
            raise InputError(f"parameter {name!r}: nothing in it is declared; nearest is {closest_name(name, marked)}")
        chosen |= {other: marked[other] for other in found}
    space = dict(sorted((chosen | own).items()))
    if not space:
        raise InputError("search space: nothing is declared in this preset; expected --param name=low..high")
    return space


def _parts(known: Mapping[str, Parameter]) -> dict[str, Any]:
    return {name.rpartition(".")[0]: None for name in known if "." in name}


def _given(text: str, known: Mapping[str, Parameter]) -> tuple[str, Dimension]:
    example = "block_novelty.weight=0.2..0.5"
    name, values = assignment(text, "--param", example)
    parameter = find(name, known)
    ends = values.split("..")
    if len(ends) == 1:
        return name, Dimension(name, choices=tuple(parse_values(values, parameter, f"--param {text[:80]}")))
    if not parameter.numeric:
        raise InputError(f"--param {text[:80]}: expected choices (a,b,c), for {name} has no range")
    low, high = (_end(part, parameter, text) for part in ends) if len(ends) == 2 else (0.0, 0.0)
    if not low < high:
        raise InputError(f"--param {text[:80]}: expected low..high, low below high, such as {example}")
    log = parameter.search is not None and parameter.search.log and low > 0
    return name, Dimension(name, low, high, log, parameter.whole)


def _end(text: str, parameter: Parameter, whole_text: str) -> float:
    value = parse_value(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"--param {whole_text[:80]}: expected two numbers, got {text[:40]!r}")
    checked = parameter.check(value)
    return int(checked) if parameter.whole else float(checked)


def space_table(space: Space, params: ModelParams) -> DataTable:
    """Lay the space out, beside the preset's own values."""
    known = parameters(params)
    columns = [Column("parameter", "parameter"), Column("searched", "searched"), Column("preset", "in the preset")]
    rows = [[name, dimension.text(), value_text(known[name].value)] for name, dimension in space.items()]
    return DataTable("Search space", columns, rows)


def value_text(value: Any) -> str:
    """Show a parameter's value to readers: numbers with six digits."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return json.dumps(list(value) if isinstance(value, tuple) else value).strip('"')
