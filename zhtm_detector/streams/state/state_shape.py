"""What the state of a stream looks like in a file: checked before anything is made of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import printable, shown
from zhtm_detector.htm.model import MOST_PROBATION
from zhtm_detector.streams.input.clock import FIRST, LAST
from zhtm_detector.streams.pace import MEASURED

Count = Annotated[int, Field(ge=0, lt=2**62)]
Time = Annotated[int, Field(ge=FIRST, le=LAST)]  # microseconds since 1970
Value = Annotated[float, Field(ge=-1e150, le=1e150)]
# Clock and values of a record; JSON has no tuples.
Pair = Annotated[
    tuple[Time, list[Value | None]], BeforeValidator(lambda pair: tuple(pair) if isinstance(pair, list) else pair)
]


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class PaceShape(_Shape):
    """State of `Pace`."""

    interval: Annotated[int, Field(gt=0, lt=2**62)] | None
    last: Time | None
    last_value: Time | None
    first: Annotated[list[Count], Field(max_length=MEASURED - 1)] | None


class OutsideShape(_Shape):
    """State of `Outside`."""

    alarm: Annotated[float, Field(ge=0)]
    warned: bool
    low: Value | None
    high: Value | None


class SeriesShape(_Shape):
    """State of `Series`; that of a threshold checks itself."""

    probation: Annotated[int, Field(ge=0, le=MOST_PROBATION)] | None
    threshold: dict[str, Any]
    pace: PaceShape
    outside: list[OutsideShape]
    records: Count
    scored: Count
    held: list[Value | None]
    pending: list[Pair]
    told: bool


class SeriesFileShape(_Shape):
    """Header of a series' file; models check their settings themselves."""

    state: SeriesShape
    models: list[dict[str, Any]]


class LinesShape(_Shape):
    """State of `Lines`."""

    offset: Count
    number: Count
    whole: bool
    skips: bool
    before: str | None


class FieldsShape(_Shape):
    """`Fields`."""

    timestamp: str | None
    values: list[str]
    key: str | None


class ClockShape(_Shape):
    """State of `Clock`."""

    zoned: bool | None


class SourceShape(_Shape):
    """State of a `RecordSource`."""

    kind: Literal["csv", "jsonl"]
    fields: FieldsShape | None
    bad: Count
    clock: ClockShape
    columns: list[str] = []


class CountsShape(_Shape):
    """`Counts`."""

    records: Count
    alerts: Count
    missing: Count
    gaps: Count
    late: Count
    refused_keys: Count
    elsewhere: Count


class DetectorShape(_Shape):
    """State of `StreamDetector`."""

    counts: CountsShape
    latest: Time | None


class SinkShape(_Shape):
    """State of `Sink`."""

    written: Count


class PipelineShape(_Shape):
    """State of `Pipeline`."""

    lines: LinesShape
    source: SourceShape | None
    detector: DetectorShape
    sink: SinkShape | None


def check_shape(state: Any, shape: type[BaseModel], where: str) -> dict[str, Any]:
    """Return a state that has this shape.

    Raises
    ------
    InputError
        For any other, with the first place that differs.
    """
    try:
        shape.model_validate(state)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "state"
        rule = first["msg"].replace("Input should be", "expected")
        raise InputError(f"{where}: {printable(place, 60)}: {rule}, got {shown(first['input'])}") from None
    assert isinstance(state, dict)
    return state
