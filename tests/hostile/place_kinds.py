"""What to call the encoders of places, of bits and of days with, valid and not, and their twins."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import numpy as np

from hostile.call_encoders import run_of
from hostile.call_values import NO_DATES, NO_NUMBERS, NO_PARAMS, NO_WHOLE, code, pick
from hostile.encoder_kinds import NO_BITS, NO_SEED, Kind, Rng
from zhtm_detector.htm import encoders as e
from zhtm_detector.htm.params import CustomDaysParams, HolidayParams
from zhtm_detector.htm.sdr import SDR

NO_PAIRS: list[Any] = [None, 5.0, (), (1.0,), (1.0, 2.0, 3.0, 4.0), "ab", "abc", {0: 1.0, 1: 2.0}, {1.0, 2.0}, object()]

# Places


def _place(rng: Rng, encoder: Any) -> Any:
    least, most = encoder._radii
    far = 2**62 if rng.random() < 0.1 else 50
    numbers = rng.integers(-far, far, encoder.dimensions, endpoint=True)
    return pick(rng, [tuple, list, np.array])(numbers.tolist()), int(rng.integers(least, min(most, least + 3) + 1))


def _no_place(rng: Rng, encoder: Any) -> Any:
    (first, *others), radius = _place(rng, encoder)
    whole = pick(rng, NO_WHOLE[1:])  # a coordinate may be -1
    places = [((whole, *others), radius), ((first, *others), pick(rng, NO_WHOLE)), ((first, *others, 1), radius)]
    return pick(rng, [*NO_PAIRS, *places, (others, radius), (first, radius), ((2**62 + 1, *others), radius)])


COORDINATE = Kind(
    e.CoordinateEncoder,
    lambda rng: {
        "size": 400,
        "active_bits": int(rng.integers(1, 40)),
        "dimensions": int(rng.integers(1, 4)),
        "seed": int(rng.integers(2**32)),
    },
    _place,
    _no_place,
    {"size": [6, *NO_BITS], "active_bits": [67, *NO_BITS], "dimensions": [0, 9, *NO_WHOLE], "seed": NO_SEED},
)


def _position(rng: Rng, _: Any) -> Any:
    latitude = pick(rng, [-90, 90.0, 0, 85.06, float(rng.uniform(-90.0, 90.0))])
    longitude = pick(rng, [-180.0, 180, 0.0, float(rng.uniform(-180.0, 180.0))])
    speed = pick(rng, [0, 1.5, 5e-324]) if rng.random() < 0.98 else 1e300  # of the largest radius, which takes long
    return pick(rng, [tuple, list, np.array])((latitude, longitude, speed))


def _no_position(rng: Rng, encoder: Any) -> Any:
    position: list[Any] = list(_position(rng, encoder))
    position[rng.integers(3)] = pick(rng, [-200.0, *NO_NUMBERS])
    return pick(rng, [*NO_PAIRS, tuple(position), position, np.array([1.0, 2.0]), np.zeros((3, 1))])


GEOSPATIAL = Kind(
    e.GeospatialEncoder,
    lambda rng: {
        "scale": pick(rng, [5.0, 7.0, 1e5]) if rng.random() < 0.98 else 0.001,
        "timestep": pick(rng, [5e-324, 10.0, 20.0]) if rng.random() < 0.98 else 1e300,
        "active_bits": int(rng.integers(1, 30)),
        "seed": int(rng.integers(2**32)),
    },
    _position,
    _no_position,
    {"scale": [0.0, 2e5, *NO_NUMBERS], "timestep": [0.0, -1, *NO_NUMBERS], "active_bits": [0, 167], "seed": NO_SEED},
)


def _point(rng: Rng, encoder: Any) -> Any:
    scale = encoder.scale * (1e11 if rng.random() < 0.1 else 5.0)
    return pick(rng, [tuple, list, np.array])((rng.normal(0.0, scale), float(rng.normal(0.0, scale))))


def _no_point(rng: Rng, encoder: Any) -> Any:
    bad = pick(rng, [2e12 * encoder.scale, *NO_NUMBERS])
    return pick(rng, [*NO_PAIRS, (bad, 0.0), [0.0, bad], (1.0, 2.0, 3.0), np.zeros((2, 1)), np.array([np.nan, 0.0])])


GRID_CELL = Kind(
    e.GridCellEncoder,
    lambda rng: {
        "modules": int(rng.integers(1, 5)),
        "cells": int(rng.integers(10, 30)),
        "active_cells": int(rng.integers(1, 10)),
        "scale": pick(rng, [1e-100, 1e-3, 1.0, 1e50]),
        "ratio": pick(rng, [1.0, math.sqrt(2.0), 10.0]),
        "seed": int(rng.integers(2**32)),
    },
    _point,
    _no_point,
    {
        "modules": [0, 65, *NO_WHOLE],
        "cells": [1, *NO_BITS],
        "active_cells": [30, *NO_BITS],
        "scale": [0.0, 1e101, *NO_NUMBERS],
        "ratio": [0.9, 10.1, *NO_NUMBERS],
        "seed": NO_SEED,
    },
)


# Bits


def _sparse(rng: Rng, encoder: Any) -> list[int]:
    found: list[int] = rng.permutation(encoder.size)[: encoder.active_bits].tolist()
    return found


def _dense(rng: Rng, encoder: Any) -> Any:
    bits = SDR.of(_sparse(rng, encoder), encoder.size)
    dense = bits.dense.tolist()
    return pick(rng, [bits, dense, tuple(dense), np.array(dense, pick(rng, [bool, np.int8, np.uint64]))])


def _bits(_: Any, __: list[Any], value: Any) -> list[int]:
    bits: list[int] = np.flatnonzero(value.dense if isinstance(value, SDR) else value).tolist()
    return bits


def _no_bits(rng: Rng, encoder: Any) -> Any:
    size, dense = encoder.size, SDR.of(_sparse(rng, encoder), encoder.size).dense
    more = np.append(dense, 0)
    return pick(
        rng,
        [
            *(None, 5, "1" * size, [], [2] * size, [0.0] * size, ["1"] * size, [0] * size, [None] * size, [[1]] * size),
            *(SDR.of([0], size + 1), SDR.of([], size), more, dense.astype(float), dense[:, None], iter(dense)),
            *(dense.astype(object), np.ma.masked_array(dense, dense > 0), dict(enumerate(dense)), 1 - dense * 2),
            *(10**400, [10**400] * size, [[1], [1, 2]] * size, dense.astype("m8[s]"), b"\1" * size),
        ],
    )


_SIZES: dict[str, list[Any]] = {"size": NO_BITS, "active_bits": [0, 41, *NO_WHOLE]}


def _sized(rng: Rng) -> dict[str, Any]:
    return {"size": int(rng.integers(20, 40)), "active_bits": int(rng.integers(1, 9))}


PASS_THROUGH = Kind(e.PassThroughEncoder, _sized, _dense, _no_bits, _SIZES, _bits)


def _indices(rng: Rng, encoder: Any) -> Any:
    return pick(rng, [list, tuple, lambda bits: np.array(bits, dtype=np.int16)])(_sparse(rng, encoder))


def _no_indices(rng: Rng, encoder: Any) -> Any:
    first, *others = _sparse(rng, encoder)
    bad = pick(rng, [encoder.size, *others[:1], *NO_WHOLE])
    one_more = [*code(rng, encoder.size, 1), *range(encoder.size)]
    return pick(rng, [None, 5, "012", {first}, others, one_more, [bad, *others], [*others, bad], iter([first]), b"\1"])


SPARSE = Kind(
    e.SparsePassThroughEncoder, _sized, _indices, _no_indices, _SIZES, lambda _, __, value: sorted(map(int, value))
)


# Days

_DAYS = CustomDaysParams(active_bits=2, days=("mon,wed", "Saturday, sun", "fri"))
_SETS = ({0, 2}, {5, 6}, {4})
_HOLIDAYS = HolidayParams(active_bits=5, dates=((12, 25), (2, 29), (2014, 4, 5), (1, 1), (9999, 12, 31)), ramp=2.5)


def _some_days(rng: Rng) -> dict[str, Any]:
    ramp, bits = pick(rng, [0.0, 0.3, 1.0, 2.5, 60.0]), int(rng.integers(1, 9))
    return {
        "custom_days": pick(rng, [None, _DAYS]),
        "holidays": _HOLIDAYS.model_copy(update={"ramp": ramp, "active_bits": bits}),
    }


def _moment(rng: Rng, _: Any) -> Any:
    days = [1, 3652059, int(rng.integers(1, 3652060)), datetime(2014, 4, 3 + int(rng.integers(5))).toordinal()]
    days.append(datetime(int(rng.integers(2, 9998)), 12, 27).toordinal() - int(rng.integers(30)))
    time = pick(rng, [0, 86_399_999_999, 43_200_000_000, int(rng.integers(86_400_000_000))])
    return datetime.fromordinal(pick(rng, days)) + timedelta(microseconds=time)


def _is_holiday(day: int) -> bool:
    if not 1 <= day <= 3652059:
        return False
    when = datetime.fromordinal(day)
    whole = (when.year, when.month, when.day)
    return whole in _HOLIDAYS.dates or whole[1:] in _HOLIDAYS.dates


def _days(encoder: Any, _: list[Any], moment: datetime) -> list[int]:
    """Return the bits; all distances are exact."""
    found, first = [], 0
    for days in _SETS if encoder.custom_days else ():
        start = first + 2 * (moment.weekday() in days)
        found += [start, start + 1]
        first += 4
    time = Fraction((moment - datetime.fromordinal(moment.toordinal())) // timedelta(microseconds=1), 86_400_000_000)
    today, bits, ramp = moment.toordinal(), encoder.holidays.active_bits, Fraction(str(encoder.holidays.ramp))
    away = [abs(far) - (time if far > 0 else 1 - time) for far in range(-61, 62) if far and _is_holiday(today + far)]
    near = Fraction(1)
    if not _is_holiday(today):
        near = max(Fraction(0), 1 - min(away) / ramp) if away and ramp else Fraction(0)
    return [*found, *(first + bit for bit in run_of(math.floor(near * bits + Fraction(1, 2)), bits, 2 * bits))]


NO_DAYS: list[Any] = [
    *(1, "mon", ("mon",), {}, _HOLIDAYS, CustomDaysParams, [_DAYS]),
    *(_DAYS.model_copy(update={"active_bits": bad}) for bad in (0, *NO_PARAMS[:9])),
    *(_DAYS.model_copy(update={"days": bad}) for bad in ("mon", (), None, ("x",), ("mon,",), (1,), ("mon",) * 65)),
]
NO_HOLIDAYS: list[Any] = [
    *(1, "christmas", (12, 25), [(12, 25)], _DAYS, HolidayParams),
    *(_HOLIDAYS.model_copy(update={"ramp": bad}) for bad in (60.1, *NO_PARAMS)),
    *(
        _HOLIDAYS.model_copy(update={"dates": bad})
        for bad in ((), None, "x", ((2, 30),), ((13, 1),), ((1,),), ((2014, 2, 29),), ((10**400, 1),), ((1.5, 1),), 5)
    ),
]
DAYS = Kind(
    e.DateEncoder,
    _some_days,
    _moment,
    lambda rng, _: pick(rng, NO_DATES),
    {"custom_days": NO_DAYS, "holidays": NO_HOLIDAYS, "weekend_bits": [0, 2**19 + 1, "x"]},
    _days,
)
