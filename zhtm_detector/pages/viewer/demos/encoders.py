"""Encoders: the bits of two values, and how their overlap falls with their distance."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple, get_args

import numpy as np
from pydantic import Field

from zhtm_detector.htm.encoder_params import CustomDaysParams, HolidayParams
from zhtm_detector.htm.encoders import (
    AdaptiveScalarEncoder,
    CategoryEncoder,
    DateEncoder,
    DeltaEncoder,
    Encoder,
    GeospatialEncoder,
    GridCellEncoder,
    LogEncoder,
    MultiEncoder,
    RandomDistributedScalarEncoder,
    ScalarEncoder,
    SDRCategoryEncoder,
    SimHashDocumentEncoder,
)
from zhtm_detector.htm.params import CyclicParams, Params

LOW, HIGH = 0.0, 100.0  # range of the values
_MONDAY = datetime(2024, 1, 1)
_POINTS = 101  # of the curve
_WEEK = 168.0  # hours
_LISTED = ("sun", "rain", "snow")
_LATITUDE, _LONGITUDE = 40.758, -73.9855  # Times Square
_METRES = 111_195.0 * math.cos(math.radians(_LATITUDE))  # of a degree of longitude there

Value = Annotated[float, Field(ge=LOW, le=HIGH)]
Hours = Annotated[float, Field(ge=0.0, le=_WEEK)]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Kind = Literal[
    "scalar",
    "periodic",
    "random",
    "adaptive",
    "log",
    "delta",
    "category",
    "sdr_category",
    "date",
    "geospatial",
    "grid",
    "document",
    "record",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


class EncoderDemo(Params):
    """Two values, times or texts, under one encoder."""

    kind: Kind = "random"
    value: Value = 40.0
    other_value: Value = 44.0
    before: Value = 50.0  # the value before both, for encoders with a state
    time: Hours = 9.0  # since Monday 00:00
    other_time: Hours = 12.0
    speed: Annotated[float, Field(ge=0.0, le=30.0)] = 1.5  # metres per second
    word: Text = "rain"
    other_word: Text = "snow"
    text: Text = "the quick brown fox jumps over the lazy dog"
    other_text: Text = "the quick brown fox jumps over the lazy cat"
    active_bits: Annotated[int, Field(ge=1, le=41)] = 21
    resolution: Annotated[float, Field(ge=0.1, le=20.0)] = 2.0  # width of a bucket, in units of the value


def _buckets(params: EncoderDemo) -> int:
    return round((HIGH - LOW) / params.resolution) + 1


def _scalar(params: EncoderDemo) -> Encoder:
    return ScalarEncoder(params.active_bits, _buckets(params), LOW, HIGH)


def _periodic(params: EncoderDemo) -> Encoder:
    return ScalarEncoder(params.active_bits, max(_buckets(params) - 1, params.active_bits + 1), LOW, HIGH, True)


def _random(params: EncoderDemo, unit: float = 1.0) -> RandomDistributedScalarEncoder:
    return RandomDistributedScalarEncoder(400, params.active_bits, resolution=unit * params.resolution)


def _adaptive(params: EncoderDemo) -> Encoder:
    encoder = AdaptiveScalarEncoder(params.active_bits, max(_buckets(params), 2))
    encoder.encode_many([LOW, params.before])
    return encoder


def _delta(params: EncoderDemo) -> Encoder:
    encoder = DeltaEncoder(_random(params))
    encoder.encode(params.before)
    return encoder


def _date(params: EncoderDemo) -> Encoder:
    bits = params.active_bits
    return DateEncoder(
        time_of_day=CyclicParams(active_bits=bits, radius=4.0),
        day_of_week=CyclicParams(active_bits=bits, radius=1.5),
        weekend_bits=bits,
        custom_days=CustomDaysParams(days=("mon,wed",), active_bits=bits),
        holidays=HolidayParams(active_bits=bits, dates=((1, 1),)),
    )


def _grid(params: EncoderDemo) -> Encoder:
    return GridCellEncoder(active_cells=max(1, round(params.active_bits / 4)), scale=10 * params.resolution)


def _moment(params: EncoderDemo) -> datetime:
    return _MONDAY + timedelta(seconds=round(params.time * 3600))


class _Case(NamedTuple):
    """An encoder, and what it is given."""

    build: Callable[[EncoderDemo], Encoder]
    give: Callable[[EncoderDemo], Any] = lambda params: params.value
    curve: Literal["value", "time", None] = "value"  # what runs along it


_CASES: dict[str, _Case] = {
    "scalar": _Case(_scalar),
    "periodic": _Case(_periodic),
    "random": _Case(_random),
    "adaptive": _Case(_adaptive),
    "log": _Case(lambda params: LogEncoder(_random(params, 0.02))),  # in decades
    "delta": _Case(_delta),
    "category": _Case(lambda params: CategoryEncoder(_LISTED, params.active_bits), lambda params: params.word, None),
    "sdr_category": _Case(lambda params: SDRCategoryEncoder(400, params.active_bits), lambda params: params.word, None),
    "date": _Case(_date, _moment, "time"),
    "geospatial": _Case(
        lambda params: GeospatialEncoder(params.resolution, 5.0, 1000, params.active_bits),
        lambda params: (_LATITUDE, _LONGITUDE + params.value / _METRES, params.speed),
    ),
    "grid": _Case(_grid, lambda params: (params.value, 0.0)),
    "document": _Case(lambda params: SimHashDocumentEncoder(400, params.active_bits), lambda params: params.text, None),
    "record": _Case(
        lambda params: MultiEncoder({"value": _random(params), "time": _date(params)}),
        lambda params: {"value": params.value, "time": _moment(params)},
    ),
}


def answer(params: EncoderDemo) -> dict[str, Any]:
    """Encode both values; the curve is the overlap of the first with each value of the range, at the first time.

    For a date it runs over the week instead; for words and texts it has no points.
    """
    build, give, curve = _CASES[params.kind]
    encoder = build(params)
    names = ("value", "time", "word", "text")
    other = params.model_copy(update={name: getattr(params, f"other_{name}") for name in names})
    first, second = encoder.look(give(params)), encoder.look(give(other))
    at = np.linspace(LOW, _WEEK if curve == "time" else HIGH, _POINTS if curve else 0)
    others = (encoder.look(give(params.model_copy(update={str(curve): x}))) for x in at.tolist())
    return {
        "fields": _fields(encoder),
        "size": encoder.size,
        "active_bits": encoder.active_bits,
        "bits": first.indices,
        "other_bits": second.indices,
        "overlap": first.overlap(second),
        "curve": {"at": at, "overlap": [first.overlap(other) for other in others]},
    }


def _fields(encoder: Encoder) -> list[list[Any]]:
    """Name and size of each part."""
    if isinstance(encoder, MultiEncoder):
        return [["value", encoder.parts["value"].size], *_fields(encoder.parts["time"])]
    if isinstance(encoder, DateEncoder):
        parts = (
            ("time of day", encoder.time_of_day),
            ("day of week", encoder.day_of_week),
            ("weekend", encoder.weekend),
        )
        found = [[name, part.size] for name, part in parts if part is not None]
        return [*found, *([name, found[-1][1]] for name in ("Monday or Wednesday", "1 January"))]  # as the weekend
    if isinstance(encoder, GridCellEncoder):
        return [[f"module {number + 1}", encoder.cells] for number in range(encoder.modules)]
    return [["value", encoder.size]]
