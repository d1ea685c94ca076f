"""Calls to encoders and SDRs; the twins are a few lines each."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from hostile.call_values import NO_DATES, NO_FLAGS, NO_NUMBERS, NO_WHOLE, code, no_array, pick
from hostile.calls import Call, Driver
from zhtm_detector.htm.encoders import (
    DateEncoder,
    MultiEncoder,
    RandomDistributedScalarEncoder,
    ScalarEncoder,
)
from zhtm_detector.htm.params import CyclicParams
from zhtm_detector.htm.sdr import SDR

HUGE = [0, -3, 7, 1e300, -1e300, 5e-324, np.float32(0.1), np.int64(2), np.uint8(3), -0.0]
SEQUENCES: list[Any] = [list, tuple, np.array, pd.Series]
NO_SEQUENCES: list[Any] = ["12", 1.0, None, {0.0: 1}, {0.0}, iter([0.0]), np.float64(1), object(), np.zeros((1, 1))]


def run_of(start: int, active_bits: int, size: int) -> list[int]:
    return sorted((start + bit) % size for bit in range(active_bits))


class _Numbers:
    """An encoder of numbers."""

    subject: Any

    def bits(self, value: float) -> list[int]:
        raise NotImplementedError

    def valid(self, rng: np.random.Generator) -> str:
        values = [pick(rng, HUGE) if rng.random() < 0.1 else float(rng.normal(0.0, 4.0)) for _ in range(4)]
        got = self.subject.encode_many(pick(rng, SEQUENCES)(values)).tolist()
        want = [self.bits(float(value)) for value in values]
        if got != want or self.subject.encode(values[0]).indices.tolist() != want[0]:
            return f"{self.subject!r}: {got} for {want} of {values}"
        return ""

    def invalid(self, rng: np.random.Generator) -> Call:
        encoder, bad, many = self.subject, pick(rng, NO_NUMBERS), pick(rng, NO_SEQUENCES)
        calls: list[Call] = [
            (f"encode({bad!r})", lambda: encoder.encode(bad)),
            (f"bucket({bad!r})", lambda: encoder.bucket(bad)),
            (f"encode_many([{bad!r}])", lambda: encoder.encode_many([1.0, bad])),
            (f"encode_many({many!r})", lambda: encoder.encode_many(many)),
            ("encode_many(mask)", lambda: encoder.encode_many(np.ma.masked_array([1.0, 2.0], [True, False]))),
            ("constructor", lambda: self.remake(rng)),
        ]
        return pick(rng, calls)

    def remake(self, rng: np.random.Generator) -> object:
        """Make an encoder of a bad parameter."""
        raise NotImplementedError


class CallScalarEncoder(_Numbers):
    def __init__(self, rng: np.random.Generator) -> None:
        self.periodic = bool(rng.random() < 0.4)
        self.active_bits, self.buckets = int(rng.integers(1, 6)), int(rng.integers(7, 30))
        self.low, self.high = -3.0, float(rng.uniform(-2.0, 9.0))
        self.subject = ScalarEncoder(self.active_bits, self.buckets, self.low, self.high, self.periodic)

    def bits(self, value: float) -> list[int]:
        span = self.high - self.low
        if self.periodic:
            inside = self.low <= value < self.high
            cycle = math.fmod(math.fmod(value, span) - math.fmod(self.low, span), span)
            offset = value - self.low if inside else cycle + span * (cycle < 0.0)
            start = min(math.floor(offset * self.buckets / span), self.buckets - 1)
            return run_of(start, self.active_bits, self.buckets)
        clipped = min(max(value, self.low), self.high)
        start = math.floor((clipped - self.low) * (self.buckets - 1) / span + 0.5)
        return run_of(start, self.active_bits, self.subject.size)

    def remake(self, rng: np.random.Generator) -> object:
        good = {"active_bits": 3, "buckets": 9, "minimum": 0.0, "maximum": 1.0, "periodic": False}
        name = pick(rng, list(good))
        bad = {"periodic": NO_FLAGS, "minimum": [1.0, 2.0, *NO_NUMBERS], "maximum": [0.0, -1.0, *NO_NUMBERS]}
        return ScalarEncoder(**good | {name: pick(rng, bad.get(name, NO_WHOLE))})


class CallRandomDistributed(_Numbers):
    def __init__(self, rng: np.random.Generator) -> None:
        self.active_bits = int(rng.integers(1, 8))
        self.resolution = float(rng.uniform(0.1, 3.0))
        self.subject = RandomDistributedScalarEncoder(
            60, self.active_bits, resolution=self.resolution, offset=1.0, seed=int(rng.integers(2**32))
        )

    def bits(self, value: float) -> list[int]:
        """Return the bits, after a look at those of a neighbour: the overlap is exact."""
        bucket = math.floor(min(max((value - 1.0) / self.resolution + 0.5, -(2.0**53)), 2.0**53))
        assert self.subject.bucket(value) == bucket
        bits = self.subject.encode(value)
        for distance in range(1, self.active_bits + 1):
            if abs(bucket) < 2**40:
                other = self.subject.encode(1.0 + (bucket + distance) * self.resolution)
                assert bits.overlap(other) == max(0, self.active_bits - distance) or distance == self.active_bits
        return bits.indices.tolist()

    def remake(self, rng: np.random.Generator) -> object:
        good: dict[str, Any] = {"size": 60, "active_bits": 3, "resolution": 1.0, "offset": 0.0, "seed": 1}
        name = pick(rng, list(good))
        bad = {"resolution": [0.0, -1.0, *NO_NUMBERS], "offset": NO_NUMBERS, "seed": [2**32, *NO_WHOLE]}
        return RandomDistributedScalarEncoder(**good | {name: pick(rng, bad.get(name, [0, 2**20 + 1, *NO_WHOLE]))})


class CallDateEncoder:
    def __init__(self, rng: np.random.Generator) -> None:
        self.bits, self.weekend = int(rng.integers(1, 6)), int(rng.integers(1, 4))
        cycle = CyclicParams(active_bits=self.bits, radius=3.0)
        self.subject = DateEncoder(time_of_day=cycle, day_of_week=cycle, season=cycle, weekend_bits=self.weekend)

    def twin(self, moment: datetime) -> list[int]:
        clock = (moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)) // timedelta(microseconds=1)
        found, first = [], 0
        positions = [(24, clock, 86_400_000_000), (7, moment.weekday(), 7), (366, moment.timetuple().tm_yday - 1, 366)]
        for units, position, period in positions:
            size = -(-self.bits * units // 3)
            found += [first + bit for bit in run_of(position * size // period, self.bits, size)]
            first += size
        start = first + (self.weekend if moment.weekday() >= 5 else 0)
        return [*found, *range(start, start + self.weekend)]

    def valid(self, rng: np.random.Generator) -> str:
        moments = [datetime.fromordinal(int(rng.integers(1, 3652060))) for _ in range(3)]
        moments = [moment + timedelta(microseconds=int(rng.integers(86_400_000_000))) for moment in moments]
        want = [self.twin(moment) for moment in moments]
        form: Any = pick(rng, [lambda d: d, datetime.isoformat, np.datetime64, str])
        given = [form(moment) for moment in moments]
        many = np.array(moments, dtype="M8[us]") if rng.random() < 0.3 else given
        if self.subject.encode_many(many).tolist() != want or self.subject.encode(given[0]).indices.tolist() != want[0]:
            return f"{given}"
        return ""

    def invalid(self, rng: np.random.Generator) -> Call:
        encoder, bad, many = self.subject, pick(rng, NO_DATES), pick(rng, NO_SEQUENCES)
        coarse = np.array([0, 2**62], dtype=pick(rng, ["M8[as]", "M8[fs]", "M8[Y]", "M8[s]", "m8[s]", np.int64]))
        part = pick(rng, [None, CyclicParams(active_bits=3, radius=400.0), (21, 9.49), "x"])
        calls: list[Call] = [
            (f"encode({bad!r})", lambda: encoder.encode(bad)),
            (f"encode_many([{bad!r}])", lambda: encoder.encode_many(["2014-04-05", bad])),
            (f"encode_many({many!r})", lambda: encoder.encode_many(many)),
            (f"encode_many({coarse!r})", lambda: encoder.encode_many(coarse)),
            (f"DateEncoder({part!r})", lambda: DateEncoder(season=part)),
            ("DateEncoder(weekend_bits)", lambda: DateEncoder(weekend_bits=pick(rng, [0, *NO_WHOLE[:1]]))),
        ]
        return pick(rng, calls)


class CallMultiEncoder:
    def __init__(self, rng: np.random.Generator) -> None:
        self.number, self.date = CallScalarEncoder(rng), CallDateEncoder(rng)
        self.subject = MultiEncoder({"value": self.number.subject, "timestamp": self.date.subject})

    def valid(self, rng: np.random.Generator) -> str:
        value, moment = float(rng.normal(0.0, 4.0)), datetime.fromordinal(int(rng.integers(1, 3652060)))
        shift = self.number.subject.size
        want = [*self.number.bits(value), *(shift + bit for bit in self.date.twin(moment))]
        fields = {"timestamp": [moment], "value": [value]}
        many: Any = pick(rng, [fields, pd.DataFrame(fields)])
        if self.subject.encode_many(many).tolist() != [want]:
            return f"encode_many({fields})"
        got = self.subject.encode({"value": value, "timestamp": moment}).indices.tolist()
        return "" if got == want else f"encode({fields})"

    def invalid(self, rng: np.random.Generator) -> Call:
        encoder, now = self.subject, datetime(2014, 4, 5)
        number, day = pick(rng, NO_NUMBERS), pick(rng, NO_DATES)
        bad: Any = pick(
            rng,
            [
                {},
                None,
                [1.0, now],
                {"value": 1.0},
                {"value": 1.0, "timestamp": day},
                {"value": number, "timestamp": now},
            ],
        )
        many: Any = pick(
            rng, [{}, [], {"value": [1.0, 2.0], "timestamp": [now]}, {"value": 1.0, "timestamp": now}, pd.DataFrame()]
        )
        parts: Any = pick(rng, [{}, None, {"a": 1}, {1: encoder}, {"": encoder}, [encoder]])
        calls: list[Call] = [
            (f"encode({bad!r})", lambda: encoder.encode(bad)),
            (f"encode_many({many!r})", lambda: encoder.encode_many(many)),
            (f"MultiEncoder({parts!r})", lambda: MultiEncoder(parts)),
        ]
        return pick(rng, calls)


class CallSDR:
    def __init__(self, rng: np.random.Generator) -> None:
        self.size = int(rng.integers(10, 50))
        self.bits = code(rng, self.size)
        self.subject = SDR(np.array(self.bits, dtype=np.uint32), self.size)

    def valid(self, rng: np.random.Generator) -> str:
        other = code(rng, self.size)
        one, bits = self.subject, SDR.of(pick(rng, [list, tuple, np.array])(other[::-1] + other[:1] or [0]), self.size)
        want = set(other or [0])
        same = np.flatnonzero(bits.dense).tolist() == sorted(want) and len(bits) == len(want)
        either, both = (one | bits).indices.tolist(), (one & bits).indices.tolist()
        same = same and (either, both) == (sorted(want | set(self.bits)), sorted(want & set(self.bits)))
        column = SDR.from_dense(bits.dense[:, None])
        same = same and column == bits and column.coordinates.tolist() == [[bit, 0] for bit in sorted(want)]
        return "" if same and one.overlap(bits) == len(want & set(self.bits)) else f"{self.bits}, {other}"

    def invalid(self, rng: np.random.Generator) -> Call:
        bad, size = no_array(rng, self.size), pick(rng, [0, 2**32 + 1, *NO_WHOLE])
        loose: Any = pick(
            rng, [[-1], [self.size], [True, 2], [0.5], [[1], [2]], 5, None, {1, 2}, [10**400], "1", [None]]
        )
        stranger: Any = pick(rng, [None, [1], {1}, self.subject.indices, SDR.of([1], self.size + 1)])
        shape: Any = pick(rng, [(self.size, 2), [self.size], self.size, (pick(rng, NO_WHOLE), 1), (0,), None, "1"])
        dense: Any = pick(rng, [[0, 1], None, 1, np.array(1), np.array([0.0]), np.array([2, 1]), np.array([]), "01"])
        calls: list[Call] = [
            (f"SDR({bad!r})", lambda: SDR(bad, self.size)),
            (f"SDR(size={size!r})", lambda: SDR(np.array([], dtype=np.uint32), size)),
            (f"SDR.of({loose!r})", lambda: SDR.of(loose, self.size)),
            (f"SDR.of(size={size!r})", lambda: SDR.of([], size)),
            ("overlap", lambda: self.subject.overlap(stranger)),
            ("union", lambda: self.subject | stranger),
            ("intersection", lambda: self.subject.intersection(stranger)),
            (f"SDR(shape={shape!r})", lambda: SDR(self.subject.indices, self.size, shape)),
            (f"SDR.from_dense({dense!r})", lambda: SDR.from_dense(dense)),
        ]
        return pick(rng, calls)


DRIVERS: list[type[Driver]] = [
    CallScalarEncoder,
    CallRandomDistributed,
    CallDateEncoder,
    CallMultiEncoder,
    CallSDR,
]
