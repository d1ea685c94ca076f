"""A preset's parameters by their dotted names: look them up, parse values for them, and change them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from math import isfinite
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.json_reader import json_text, parse_json
from zhtm_detector.common.text import printable, shown
from zhtm_detector.htm.params import NOT_IN_SCORES, ModelParams, Params, parse_params
from zhtm_detector.htm.part_params import other_kind
from zhtm_detector.htm.search_range import SearchRange

MOST_VALUES = 1000  # of a parameter, and variants of a grid
_FIXED = NOT_IN_SCORES | {"kind"}  # that says which encoder it is


@dataclass(frozen=True)
class Parameter:
    """One parameter of a preset.

    Parameters
    ----------
    name : str
        Dotted, such as anomaly.refractory or columns.0.calibration.weight.
    field : FieldInfo
    value : object
        In the preset.
    """

    name: str
    field: FieldInfo
    value: Any

    @property
    def search(self) -> SearchRange | None:
        """The declared search range, if there is one."""
        return next((mark for mark in self.field.metadata if isinstance(mark, SearchRange)), None)

    @property
    def numeric(self) -> bool:
        """Whether it takes numbers."""
        return bool({"number", "integer"} & self._types)

    @property
    def whole(self) -> bool:
        """Whether it takes whole numbers only."""
        return "integer" in self._types and "number" not in self._types

    def check(self, value: Any) -> Any:
        """Check a value alone, not whether it fits with others; return it as the preset holds it.

        Raises
        ------
        InputError
            When it is out of bounds or of the wrong type.
        """
        if isinstance(value, float) and not isfinite(value):
            raise InputError(f"{self.name}: expected a finite number, got {value}")
        if isinstance(value, str) and self.numeric and "string" not in self._types:  # Pydantic reads "NaN" and "1_0"
            raise InputError(f"{self.name}: expected a number, got {json_text(value)}")
        try:
            found = self._adapter.validate_python(value)
        except ValidationError as error:
            message = error.errors()[0]["msg"].replace("Input should be", "expected")
            raise InputError(f"{self.name}: {message}, got {json_text(value)}") from None
        if expected := other_kind(value, found):
            raise InputError(f"{self.name}: expected {expected}, got {json_text(value)}")
        return found

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        rules = [rule for rule in self.field.metadata if not isinstance(rule, SearchRange)]
        kind: Any = self.field.annotation
        return TypeAdapter(Annotated[kind, *rules] if rules else kind)

    @cached_property
    def _types(self) -> set[str]:
        schema = self._adapter.json_schema()
        return {part.get("type", "") for part in [schema, *schema.get("anyOf", ())]}


def parameters(params: ModelParams) -> dict[str, Parameter]:
    """Return all parameters of a preset by name.

    An absent part is one parameter, with the value None; so is an empty list of parts, with the value ().
    """
    return {parameter.name: parameter for parameter in _walk(params, "")}


def _walk(part: Params, prefix: str) -> Iterator[Parameter]:
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if name in _FIXED:
            continue
        if isinstance(value, Params):
            yield from _walk(value, f"{prefix}{name}.")
        elif _is_list(value):
            for number, element in enumerate(value):
                yield from _walk(element, f"{prefix}{name}.{number}.")
        else:
            yield Parameter(prefix + name, field, value)


def _is_list(value: Any) -> bool:
    """Whether a value is a list of parts, which are named by their numbers from 0."""
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], Params)


def find(name: str, known: Mapping[str, Parameter]) -> Parameter:
    """Return the parameter of this name.

    Raises
    ------
    InputError
        For an unknown name (with the closest known one), a whole part, a parameter of a part that the preset does not
        have, or a number that its list of parts does not have.
    """
    if name in known:
        return known[name]
    where = f"parameter {shown(name)}"
    inside = [other for other in known if other.startswith(f"{name}.")]
    if inside:
        raise InputError(f"{where}: expected one of its parameters, such as {inside[0]}")
    parts = name.split(".", 10)  # a limit, because the time grows with the square of their number
    for end in range(1, len(parts)):
        start = ".".join(parts[:end])
        above = known.get(start)
        if above is not None and above.value in (None, ()):
            raise InputError(
                f"parameter {shown(name)}: the preset has no {above.name}; expected a parameter that it has"
            )
        count = _count(start, known)
        if count and parts[end] not in map(str, range(count)):
            numbers = f"from 0 to {count - 1}" if count > 1 else "0"
            raise InputError(
                f"parameter {shown(name)}: expected a number {numbers} after {start}, got {shown(parts[end])}"
            )
    raise InputError(f"{where}: unknown; the nearest known one is {closest_name(name, known)}")


def _count(name: str, known: Mapping[str, Parameter]) -> int:
    """Count the parts in the list of this name; 0 if it is no list."""
    inside = {other[len(name) + 1 :].split(".")[0] for other in known if other.startswith(f"{name}.")}
    return len(inside) if "0" in inside else 0


def closest_name(name: str, known: Mapping[str, Any]) -> str:
    """Return the known name that is most similar, as a whole or in its last part."""
    name = name[-100:]  # the time to compare grows with the square of its length

    def likeness(other: str) -> float:
        pairs = ((name, other), (name.rpartition(".")[2], other.rpartition(".")[2]))
        return max(SequenceMatcher(None, *pair).ratio() for pair in pairs)

    return max(known, key=likeness)


def changed(params: ModelParams, values: Mapping[str, Any], where: str) -> ModelParams:
    """Return the preset with other values.

    Parameters
    ----------
    params : ModelParams
    values : mapping of str to object
        By dotted name, of `parameters`.
    where : str
        Starts the error message.

    Raises
    ------
    InputError
        For a value out of bounds, or values that do not fit together.
    """
    content = params.model_dump(mode="json")
    for name, value in values.items():
        *parts, last = name.split(".")
        place = content
        for part in parts:
            place = place[int(part)] if isinstance(place, list) else place[part]
        place[last] = value
    return parse_params(content, where)


def split_values(text: str) -> list[str]:
    """Split at commas, but not within brackets.

    Examples
    --------
    >>> split_values("[2,4],[2,4,8]")
    ['[2,4]', '[2,4,8]']
    """
    found, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "[{") - (letter in "]}")
        if letter == "," and depth == 0:
            found.append(text[start:place].strip())
            start = place + 1
    return [*found, text[start:].strip()]


def parse_value(text: str) -> Any:
    """Parse a value as JSON, else take it as text.

    Examples
    --------
    >>> [parse_value(text) for text in ("0.5", "[2, 4]", "null", "high")]
    [0.5, [2, 4], None, 'high']
    """
    try:
        return parse_json(text, "value")
    except InputError:
        return text


def parse_values(text: str, parameter: Parameter, where: str) -> list[Any]:
    """Parse a comma-separated list of distinct values of a parameter.

    Parameters
    ----------
    text : str
        Values as in `parse_value`.
    parameter : Parameter
    where : str
        Starts the error message about a repeated value.

    Raises
    ------
    InputError
        As `Parameter.check`, and for values that are equal to the parameter, such as 1 and 1.0.
    """
    values, seen = [], list[Any]()
    parts = split_values(text)
    if len(parts) > MOST_VALUES:
        raise InputError(f"{where}: expected at most {MOST_VALUES:,} values, got {len(parts):,}")
    for part in parts:
        value = parse_value(part)
        checked = parameter.check(value)
        typed = (isinstance(checked, bool), checked)  # True == 1 in Python, but not to a parameter that takes both
        if typed in seen:
            raise InputError(f"{where}: expected each value once, got {printable(part, 40)} again")
        values.append(value)
        seen.append(typed)
    return values


def split_assignment(text: str, option: str, example: str) -> tuple[str, str]:
    """Split name=values.

    Raises
    ------
    InputError
        When one of them is missing.
    """
    name, sign, values = text.partition("=")
    if not (sign and name.strip() and values.strip()):
        raise InputError(f"{option} {shown(text)}: expected a name and its values, such as {example}")
    return name.strip(), values.strip()
