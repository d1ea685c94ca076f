"""For each encoder what the checklist runs it on: values, neighbours, values out of range and bad ones.

As a program it prints a digest of the bits of each, for a test in another process.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from zhtm_detector.htm.encoders import (
    AdaptiveScalarEncoder,
    CategoryEncoder,
    CoordinateEncoder,
    DateEncoder,
    DeltaEncoder,
    Encoder,
    GeospatialEncoder,
    GridCellEncoder,
    LogEncoder,
    MultiEncoder,
    PassThroughEncoder,
    RandomDistributedScalarEncoder,
    ScalarEncoder,
    SDRCategoryEncoder,
    SimHashDocumentEncoder,
    SparsePassThroughEncoder,
)
from zhtm_detector.htm.params import CustomDaysParams, CyclicParams, HolidayParams
from zhtm_detector.htm.sdr import SDR


@dataclass(frozen=True)
class Case:
    """One encoder in the checklist."""

    make: Callable[[int], Encoder]  # from a seed
    values: list[Any]  # for all tests of bits; with a state, in this order
    farther: list[Any]  # from the first, ever farther away
    least: int  # overlaps: of the second of `farther` with the first, at least
    most: int  # and of the last, at most
    outside: list[tuple[Any, Any]]  # a value out of range, and one with the same bits
    bad: dict[str, list[Any]]  # beginning of the message: values
    seeded: bool = True


def rdse(seed: int, resolution: float = 0.5) -> RandomDistributedScalarEncoder:
    return RandomDistributedScalarEncoder(80, 9, resolution=resolution, seed=seed)


def dates(_: int) -> DateEncoder:
    cycle = CyclicParams(active_bits=5, radius=3.0)
    holidays = HolidayParams(active_bits=6, dates=((12, 25), (2026, 7, 14)), ramp=2.0)
    return DateEncoder(cycle, None, None, 3, CustomDaysParams(active_bits=4, days=("mon,wed", "sat")), holidays)


def multi(seed: int) -> MultiEncoder:
    return MultiEncoder({"x": rdse(seed), "step": DeltaEncoder(rdse(seed)), "where": GridCellEncoder(2, seed=seed)})


def record(x: Any, step: Any = 0.0, where: Any = (0.0, 0.0)) -> dict[str, Any]:
    return {"x": x, "step": step, "where": where}


NUMBERS = [-9.0, -1.0, 0, 0.3, np.float32(1.1), np.int16(2), 3.0, 1e300, -1e300, -1.0, 5e-324]
NO_NUMBERS = {"value: expected a finite number, got ": [math.nan, -math.inf, None, "1.0", True, 1j, [1.0], 10**5000]}
NO_CATEGORY = {
    "value: expected text or a whole number of 64 bits, got ": [None, 1.0, True, b"a", ["a"], 2**63, math.nan]
}
LETTERS = "a b c d e f g h i j k l m n o p"
BITS = [[0, 1, 1, 0, 0, 1], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]]

CASES: dict[type[Encoder], Case] = {
    AdaptiveScalarEncoder: Case(
        lambda _: AdaptiveScalarEncoder(9, 41, 0.1),
        [5.0, 5.0, 6.0, -3.0, 7, 40.0, 39.5, np.float32(-1e30), 0.0],
        [5.0, 5.05, 5.15, 5.4, 6.0],
        7,
        0,
        [],
        NO_NUMBERS,
        seeded=False,
    ),
    CategoryEncoder: Case(
        lambda _: CategoryEncoder(["a", "b", 1, "1", "été"], 4),
        ["a", np.str_("b"), 1, np.int8(1), "1", "été", "unknown", -7, "\udcff", ""],
        ["a", "b"],
        0,
        0,
        [("unknown", 17)],
        NO_CATEGORY,
        seeded=False,
    ),
    CoordinateEncoder: Case(
        lambda seed: CoordinateEncoder(300, 15, 2, seed),
        [((0, 0), 2), ((-5, 7), 3), ([2**62, -(2**62)], 10), (np.array([3, 4]), np.int64(2))],
        [((4, 4), 6), ((5, 4), 6), ((8, 4), 6), ((30, 4), 6)],
        9,
        4,
        [],
        {
            "value: expected (coordinate, radius), got ": [None, 5, "ab", ((0, 0),), ((0, 0), 3, 3)],
            "coordinate: expected (number 1, number 2), got ": [(0, 5), ((1, 2, 3), 5), ("ab", 5)],
            "coordinate: expected a whole number from ": [((0, 1.5), 5), ((None, 1), 5), ((2**62 + 1, 1), 5)],
            "radius: expected a whole number from 2 to 127, got ": [((0, 0), 1), ((0, 0), 128), ((0, 0), 2.0)],
        },
    ),
    DateEncoder: Case(
        dates,
        [
            "2014-04-05 23:59:59",
            "2014-12-24T06:00",
            np.datetime64("2026-07-15"),
            "2016-02-29",
            "0001-01-01",
            "9999-12-31",
        ],
        ["2014-04-08 12:00", "2014-04-08 12:59", "2014-04-08 14:00", "2014-12-24 00:00"],
        12,
        14,
        [],
        {"timestamp: expected a datetime, ": [None, 5, "yesterday", np.datetime64("NaT"), [], "10000-01-01"]},
        seeded=False,
    ),
    DeltaEncoder: Case(
        lambda seed: DeltaEncoder(rdse(seed)),
        NUMBERS,
        [0.0, 0.6, 1.4, 2.6, 60.0],
        8,
        3,
        [],
        NO_NUMBERS,
    ),
    GeospatialEncoder: Case(
        lambda seed: GeospatialEncoder(5.0, 10.0, 300, 15, seed),
        [(48.85, 2.29, 1.0), (-90, -180, 0), (90.0, 180.0, 1e300), [0.0, 0.0, 5.0], np.array([10.0, 179.9999, 30.0])],
        [(10.0, 20.0, 10.0), (10.0, 20.0001, 10.0), (10.0, 20.0005, 10.0), (10.0, 20.1, 10.0)],
        9,
        4,
        [((89.0, 5.0, 3.0), (86.0, 5.0, 3.0)), ((5.0, 180.0, 3.0), (5.0, -180.0, 3.0))],
        {
            "value: expected (latitude, longitude, speed), got ": [None, 5.0, (1.0, 2.0), "abc", {"latitude": 5.0}],
            "latitude: expected a finite number from -90 to 90, got ": [(91.0, 0.0, 0.0), (math.nan, 0.0, 0.0)],
            "longitude: expected a finite number from -180 to 180, got ": [(0.0, 180.1, 0.0), (0.0, "1", 0.0)],
            "speed: expected a finite number from 0, got ": [(0.0, 0.0, -1.0), (0.0, 0.0, None)],
        },
    ),
    GridCellEncoder: Case(
        lambda seed: GridCellEncoder(3, 50, 4, scale=10.0, seed=seed),
        [(0.0, 0.0), (3, -4), [1e12, 5.0], np.array([0.5, 0.25]), (-7.5, 1e-300)],
        [(3.0, 4.0), (3.4, 4.0), (4.5, 4.0), (8.0, 4.0)],
        8,
        4,
        [],
        {
            "value: expected (x, y), got ": [None, 5.0, (1.0,), (1.0, 2.0, 3.0), "ab"],
            "value: expected a finite number from ": [(math.nan, 0.0), (0.0, 1e14), ("0", 1.0), (True, 1.0)],
        },
    ),
    LogEncoder: Case(
        lambda seed: LogEncoder(rdse(seed, 0.1), 0.5),
        NUMBERS,
        [10.0, 12.5, 20.0, 40.0, 1000.0],
        7,
        3,
        [],
        NO_NUMBERS,
    ),
    MultiEncoder: Case(
        multi,
        [record(1.0, 2.0, (0.5, 0.5)), record(1.0, 7.0), record(5, 3.0), record(9.0, 1e300, (1e9, 0.0)), record(-9.0)],
        [record(0.0), record(1.1), record(40.0, 40.0, (3.3, 8.1))],
        24,
        9,
        [],
        {
            "record: expected a mapping of field to value, got ": [None, 5.0, [1.0, 2.0, (0.0, 0.0)]],
            "field 'step': missing; expected x, step, where": [{"x": 1.0, "where": (0.0, 0.0)}],
            "field 'y': unknown; expected x, step, where": [record(1.0) | {"y": 1.0}],
            "field 'x': value: expected a finite number, got ": [record(math.nan), record(None)],
            "field 'where': value: expected (x, y), got ": [record(1.0, 7.0, 5)],  # the part before had taken its value
        },
    ),
    PassThroughEncoder: Case(
        lambda _: PassThroughEncoder(6, 3),
        [*BITS, np.array(BITS[0]), np.array(BITS[0], dtype=bool), tuple(BITS[1]), SDR.of([5, 0, 2], 6)],
        [BITS[1], BITS[0], BITS[2]],
        2,
        0,
        [],
        {
            "value: expected a 1-d sequence of bits, got ": [None, 5, "011001"],
            "value: expected 6 bits, got ": [[], [1, 1, 1]],
            "value: expected bits that are 0 or 1, got ": [
                [2, 1, 1, 0, 0, 0],
                ["1"] * 6,
                [0.0] * 6,
                [[1], [1, 2], 0, 0, 0, 0],
            ],
            "value: expected 3 active bits, got ": [[0] * 6, SDR.of([1], 6)],
            "value: expected an SDR of 6 bits, got ": [SDR.of([1, 2, 3], 7)],
        },
        seeded=False,
    ),
    RandomDistributedScalarEncoder: Case(
        rdse, NUMBERS, [0.0, 0.6, 1.4, 2.6, 60.0], 8, 3, [(1e300, 1e200), (-1e300, -1e200)], NO_NUMBERS
    ),
    SDRCategoryEncoder: Case(
        lambda seed: SDRCategoryEncoder(200, 9, seed),
        ["a", "b", 1, "1", "été", "\udcff", "", -(2**63), np.int8(1)],
        ["a", "b"],
        0,
        4,
        [],
        NO_CATEGORY,
    ),
    ScalarEncoder: Case(
        lambda _: ScalarEncoder(5, 21, -1.0, 3.0),
        NUMBERS,
        [0.0, 0.2, 0.5, 0.7, 2.0],
        4,
        0,
        [(1e300, 3.0), (-5.0, -1.0)],
        NO_NUMBERS,
        seeded=False,
    ),
    SimHashDocumentEncoder: Case(
        lambda seed: SimHashDocumentEncoder(300, 15, seed=seed),
        ["one", "one two", ["two", "one", "two"], {"one": 1e-9, "two": 1e150}, np.array(["two"]), "ÉTÉ \udcff été"],
        [LETTERS, LETTERS.replace("p", "z"), LETTERS[:16], LETTERS[:8], "s t u v w x y z"],
        9,
        4,
        [("ONE  Two!", ["two", "one"]), ({"one": 2}, "one")],
        {
            "value: expected at least one token, got ": ["", " !", [], {}],
            "value: expected a 1-d sequence of tokens, got ": [None, 5.0, b"one"],
            "token: expected text that is not empty, ": [["one", 5], [""], {"one": 0.0}, [None], {1: 1.0}],
            "weight: expected a finite number from 0 to 1e+150, got ": [
                {"one": -1.0},
                {"one": None},
                {"one": math.nan},
            ],
        },
    ),
    SparsePassThroughEncoder: Case(
        lambda _: SparsePassThroughEncoder(6, 3),
        [[0, 5, 2], (3, 4, 5), np.array([1, 2, 3], dtype=np.uint8)],
        [[0, 1, 2], [1, 2, 3], [3, 4, 5]],
        2,
        0,
        [],
        {
            "value: expected a 1-d sequence of indices, got ": [None, 5, "012", {0, 1, 2}],
            "index: expected a whole number from 0 to 5, got ": [[0, 1, 6], [-1, 0, 1], [0.0, 1, 2], [None, 1, 2]],
            "value: expected each index once, got 1 again": [[1, 1, 2]],
            "value: expected 3 active bits, got ": [[], [1], [0, 1, 2, 3]],
        },
        seeded=False,
    ),
}


def together(values: list[Any]) -> Any:
    """Values as `encode_many` takes them: columns, if they are records."""
    if values and isinstance(values[0], dict) and "step" in values[0]:
        return {name: [value[name] for value in values] for name in values[0]}
    return values


def digests() -> dict[str, str]:
    found = {}
    for kind, case in CASES.items():
        rows = case.make(7).encode_many(together(case.values))
        found[kind.__name__] = sha256(rows.tobytes()).hexdigest()
    return found


if __name__ == "__main__":
    print(json.dumps(digests()))  # noqa: T201
