"""Encoders: the bits of two values, and how their overlap falls with their distance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from zhtm_detector.htm.encoders import (
    DateEncoder,
    Encoder,
    MultiEncoder,
    RandomDistributedScalarEncoder,
    ScalarEncoder,
)
from zhtm_detector.htm.params import CyclicParams, Params

LOW, HIGH = 0.0, 100.0  # range of the values
_MONDAY = datetime(2024, 1, 1)
_POINTS = 101  # of the curve
_WEEK = 168.0  # hours

Value = Annotated[float, Field(ge=LOW, le=HIGH)]
Hours = Annotated[float, Field(ge=0.0, le=_WEEK)]


class EncoderDemo(Params):
    """Two values, or two times, under one encoder."""

    kind: Literal["scalar", "periodic", "random", "date", "record"] = "random"
    value: Value = 40.0
    other: Value = 44.0
    time: Hours = 9.0  # since Monday 00:00
    other_time: Hours = 12.0
    active_bits: Annotated[int, Field(ge=1, le=41)] = 21
    resolution: Annotated[float, Field(ge=0.1, le=20.0)] = 2.0  # width of a bucket, in units of the value


def _scalar(params: EncoderDemo) -> Encoder:
    return ScalarEncoder(params.active_bits, round((HIGH - LOW) / params.resolution) + 1, LOW, HIGH)


def _periodic(params: EncoderDemo) -> Encoder:
    buckets = max(round((HIGH - LOW) / params.resolution), params.active_bits + 1)
    return ScalarEncoder(params.active_bits, buckets, LOW, HIGH, periodic=True)


def _random(params: EncoderDemo) -> Encoder:
    return RandomDistributedScalarEncoder(400, params.active_bits, resolution=params.resolution)


def _date(params: EncoderDemo) -> Encoder:
    bits = params.active_bits
    day, week = CyclicParams(active_bits=bits, radius=4.0), CyclicParams(active_bits=bits, radius=1.5)
    return DateEncoder(time_of_day=day, day_of_week=week, weekend_bits=bits)


def _record(params: EncoderDemo) -> Encoder:
    return MultiEncoder({"value": _random(params), "time": _date(params)})


_KINDS: dict[str, Callable[[EncoderDemo], Encoder]] = {
    "scalar": _scalar,
    "periodic": _periodic,
    "random": _random,
    "date": _date,
    "record": _record,
}


def answer(params: EncoderDemo) -> dict[str, Any]:
    """Encode both values; the curve is the overlap of the first with each value of the range, at the first time.

    For a date it runs over the week instead.
    """
    encoder = _KINDS[params.kind](params)

    def given(value: float, hours: float) -> Any:
        moment = _MONDAY + timedelta(seconds=round(hours * 3600))
        return {"date": moment, "record": {"value": value, "time": moment}}.get(params.kind, value)

    first = encoder.encode(given(params.value, params.time))
    second = encoder.encode(given(params.other, params.other_time))
    by_time = params.kind == "date"
    at = np.linspace(0.0, _WEEK, _POINTS) if by_time else np.linspace(LOW, HIGH, _POINTS)
    curve = [
        first.overlap(encoder.encode(given(params.value if by_time else x, x if by_time else params.time)))
        for x in at.tolist()
    ]
    return {
        "fields": _fields(encoder),
        "size": encoder.size,
        "active_bits": encoder.active_bits,
        "bits": first.indices,
        "other_bits": second.indices,
        "overlap": first.overlap(second),
        "curve": {"at": at, "overlap": curve},
    }


def _fields(encoder: Encoder) -> list[list[Any]]:
    """Name and size of each part."""
    if isinstance(encoder, MultiEncoder):
        return [[name, part.size] for name, part in encoder.parts.items() if name != "time"] + _fields(
            encoder.parts["time"]
        )
    if isinstance(encoder, DateEncoder):
        parts = (("time of day", encoder.time_of_day), ("day of week", encoder.day_of_week))
        return [[name, part.size] for name, part in (*parts, ("weekend", encoder.weekend)) if part is not None]
    return [["value", encoder.size]]
