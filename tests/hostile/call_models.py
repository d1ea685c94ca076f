"""Calls to models of all presets, pools, and the parts that judge.

The twin is fed only the valid records, one by one, as plain numbers and timestamps; it is never pickled.
"""

from __future__ import annotations

import pickle
from copy import deepcopy
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from hostile.call_values import NO_DATES, NO_FLAGS, NO_NUMBERS, NO_WHOLE, pick
from hostile.calls import Call, Driver
from zhtm_detector import HTMModel, ModelPool, Step
from zhtm_detector.htm.anomaly import AnomalyLikelihood, BlockNovelty, ValueNovelty, ValueRange, Vote
from zhtm_detector.htm.params import BlockNoveltyParams, ModelParams, ValueNoveltyParams, load_preset, preset_names

START = datetime(2026, 1, 1)
NAMES: list[Any] = ["", None, 1, ["pump"], {"pump"}, b"pump", float("nan"), object(), "\x1b[31m", "nobody"]
NO_MODELS: list[Any] = [None, {}, "zhtm", {"causal": True}, ModelParams, BlockNoveltyParams()]
DATES: list[Any] = [
    pd.Timestamp,
    datetime.isoformat,
    np.datetime64,
    lambda moment: pd.Timestamp(moment, tz="Asia/Tokyo"),
]
NO_SEQUENCES: list[Any] = ["ab", 1.0, None, {0.0: 1, 1.0: 2}, {0.0, 1.0}, iter([0.0, 1.0]), object(), b"ab"]
NO_VALUES: list[Any] = [
    *(*NO_SEQUENCES, [1.0], [], [1.0, 2.0, 3.0], [1.0, np.nan], [10**400, 1.0], ["1", "2"], [True, 1.0], [1.0, None]),
    *(np.zeros((2, 1)), np.zeros((1, 2)), pd.DataFrame({"a": [1.0, 2.0]}), np.array([1.0, 1e151]), np.array([1, 2j])),
    *(np.array([1, 2], dtype="m8[s]"), np.array([1, 2], dtype="M8[s]"), np.array([True, False]), np.array(["1", "2"])),
    *(pd.Series([1, None], dtype="Int64"), np.ma.masked_array([1.0, 2.0], [False, True]), np.array([1.0, 1j, 3]) > 0),
]
NO_TIMES: list[Any] = [
    *(*NO_SEQUENCES, [START], [], [START] * 3, [START, None], [START, "now"], np.array([1, 2]), [pd.NaT, START]),
    *(np.array([["2026-01-01", "2026-01-02"]], dtype="M8[s]"), pd.DataFrame({"a": [START, START]}), [START, 10**400]),
    *(np.ma.masked_array(np.zeros(2, dtype="M8[s]"), [0, 1]), np.zeros(2, dtype="M8[as]"), pd.to_timedelta([1, 2])),
    *(np.array(["2026-01-01", "NaT"], dtype="M8[s]"), pd.period_range("2026", periods=2, freq="D")),
]


@cache
def tiny(name: str, causal: bool) -> ModelParams:
    """Return a preset with a small region."""
    params = load_preset(name)
    pooler = params.spatial_pooler.model_copy(update={"column_dimensions": (64,), "active_columns": 8})
    memory = params.temporal_memory.model_copy(
        update={"activation_threshold": 5, "matching_threshold": 4, "new_synapses": 8, "synapses_per_segment": 32}
    )
    return params.model_copy(update={"causal": causal, "spatial_pooler": pooler, "temporal_memory": memory})


class Stream:
    """Random records: a small range that grows now and then, at times that mostly go on."""

    def __init__(self) -> None:
        self.now, self.scale = START, 1.0

    def draw(self, rng: np.random.Generator, count: int) -> tuple[list[datetime], list[float]]:
        times, values = [], []
        for _ in range(count):
            self.now += timedelta(minutes=float(rng.choice([5, 5, 5, 0, -60, 1e5])))
            self.scale *= 3.0 if rng.random() < 0.03 else 1.0
            times.append(self.now)
            values.append(float(rng.integers(-4, 5)) * self.scale)
        return times, values


def fed(subject: Any, rng: np.random.Generator, times: list[datetime], values: list[float], learn: bool) -> list[Any]:
    """Feed records to a model by `step` or `run`, in one of the types that mean the same."""
    date, flag = pick(rng, DATES), pick(rng, [learn, np.bool_(learn)])
    if len(times) == 1 and rng.random() < 0.6:
        value = pick(rng, [float, np.float64, int])(values[0])
        return [tuple(subject.step(date(times[0]), value, flag))]
    stamps = pick(rng, [list, pd.DatetimeIndex, pd.Series])(times) if rng.random() < 0.5 else list(map(date, times))
    got = subject.run(stamps, pick(rng, [list, tuple, np.array, pd.Series])(values), flag) if times else None
    got = got or subject.run([], [], flag)
    return list(zip(*(getattr(got, name).tolist() for name in Step._fields), strict=True))


def bad_record(model: Any, rng: np.random.Generator) -> list[Call]:
    """Return invalid calls of `step` and `run`; the record in the middle of a run is the bad one."""
    date, value, flag, good = pick(rng, NO_DATES), pick(rng, [*NO_NUMBERS, 1e151]), pick(rng, NO_FLAGS), START
    times, values = pick(rng, NO_TIMES), pick(rng, NO_VALUES)
    return [
        (f"step({date!r})", lambda: model.step(date, 1.0)),
        (f"step(value={value!r})", lambda: model.step(good, value)),
        (f"step(learn={flag!r})", lambda: model.step(good, 1.0, flag)),
        (f"run([{date!r}])", lambda: model.run([good, date, good], [1.0, 2.0, 3.0])),
        (f"run(values=[{value!r}])", lambda: model.run([good] * 3, [1.0, value, 3.0])),
        (f"run(learn={flag!r})", lambda: model.run([good], [1.0], flag)),
        (f"run({times!r})", lambda: model.run(times, [1.0, 2.0])),
        (f"run(values={values!r})", lambda: model.run([good, good], values)),
    ]


class _Model:
    """A model of a preset."""

    preset: str
    causal: bool
    subject: Any

    def __init__(self, rng: np.random.Generator) -> None:
        params = tiny(self.preset, self.causal)
        probation, seed = int(rng.integers(0, 25)), int(rng.integers(5))
        self.subject, self.twin = (HTMModel(params, -4.0, 4.0, probation, seed) for _ in range(2))
        self.stream = Stream()

    def valid(self, rng: np.random.Generator) -> str:
        if rng.random() < 0.1:
            self.subject = deepcopy(self.subject) if rng.random() < 0.5 else pickle.loads(pickle.dumps(self.subject))
        times, values = self.stream.draw(rng, int(rng.choice([0, 1, 1, 1, 1, 2, 5])))
        learn = bool(rng.random() < 0.8)
        got = fed(self.subject, rng, times, values, learn)
        want = [tuple(self.twin.step(*record, learn)) for record in zip(times, values, strict=True)]
        return "" if got == want else f"{got} for {want} of {values}"

    def invalid(self, rng: np.random.Generator) -> Call:
        params, whole, number = pick(rng, NO_MODELS), pick(rng, NO_WHOLE), pick(rng, [*NO_NUMBERS, 1e151])
        good = tiny("classic", False)
        makes: list[Call] = [
            (f"HTMModel({params!r})", lambda: HTMModel(params, 0.0, 1.0, 10)),
            (f"HTMModel(minimum={number!r})", lambda: HTMModel(good, number, 1.0, 10)),
            (f"HTMModel(maximum={number!r})", lambda: HTMModel(good, 0.0, number, 10)),
            (f"HTMModel(probation={whole!r})", lambda: HTMModel(good, 0.0, 1.0, whole)),
            (f"HTMModel(seed={whole!r})", lambda: HTMModel(good, 0.0, 1.0, 10, whole)),
            ("HTMModel(1.0, 0.0)", lambda: HTMModel(good, 1.0, 0.0, 10)),
        ]
        return pick(rng, makes if rng.random() < 0.2 else bad_record(self.subject, rng))


class Pool:
    """A pool of models, the name of one of them bound."""

    def __init__(self, rng: np.random.Generator) -> None:
        params = tiny(pick(rng, ["classic", "novelty", "seed", "column"]), bool(rng.random() < 0.5))
        self.subject, self.twins = ModelPool(params, 15, 7), {}
        self.streams: dict[str, Stream] = {}

    def valid(self, rng: np.random.Generator) -> str:
        pool, name = self.subject, pick(rng, ["pump", "valve", "fan"])
        if name not in pool:
            pool.add(name, -4, np.float32(4.0))
            self.twins[name], self.streams[name] = HTMModel(pool.params, -4.0, 4.0, 15, 7), Stream()
        elif rng.random() < 0.05:
            pool.remove(name)
            return "" if name not in list(pool) else f"{name} is still there"
        times, values = self.streams[name].draw(rng, int(rng.integers(4)))
        got = fed(_Named(pool, name), rng, times, values, True)
        want = [tuple(self.twins[name].step(*record)) for record in zip(times, values, strict=True)]
        return "" if got == want else f"{name}: {got} for {want} of {values}"

    def invalid(self, rng: np.random.Generator) -> Call:
        pool, bad, number, whole = self.subject, pick(rng, NAMES), pick(rng, NO_NUMBERS), pick(rng, NO_WHOLE)
        no_key = [name for name in NAMES if name not in ("\x1b[31m", "nobody")]
        no_name, params = pick(rng, no_key), pick(rng, NO_MODELS)
        calls: list[Call] = [
            (f"step({bad!r})", lambda: pool.step(bad, START, 1.0)),
            (f"run({bad!r})", lambda: pool.run(bad, [START], [1.0])),
            (f"pool[{bad!r}]", lambda: pool[bad]),
            (f"remove({bad!r})", lambda: pool.remove(bad)),
            (f"add({no_name!r})", lambda: pool.add(no_name, 0.0, 1.0)),
            (f"add(minimum={number!r})", lambda: pool.add("new", number, 1.0)),
            (f"ModelPool({params!r})", lambda: ModelPool(params, 10)),
            (f"ModelPool(probation={whole!r})", lambda: ModelPool(pool.params, whole)),
            (f"ModelPool(seed={whole!r})", lambda: ModelPool(pool.params, 10, whole)),
        ]
        if len(pool):
            name = pick(rng, list(pool))
            calls += [(f"add({name!r})", lambda: pool.add(name, 0.0, 1.0)), *bad_record(_Named(pool, name), rng)]
        return pick(rng, calls)


class _Named:
    """A stream of a pool, called as a model is."""

    def __init__(self, pool: ModelPool, name: str) -> None:
        self.pool, self.name = pool, name

    def step(self, *record: Any) -> Any:
        return self.pool.step(self.name, *record)

    def run(self, *records: Any) -> Any:
        return self.pool.run(self.name, *records)


class _Judge:
    """A part that judges: many records at once, beside one by one."""

    subject: Any
    shares: tuple[bool, ...]  # of the arguments of `run`: those in [0, 1]; the first is of any size

    def make(self) -> Any:
        raise NotImplementedError

    def __init__(self, rng: np.random.Generator) -> None:
        self.subject, self.twin = self.make(), self.make()

    def draw(self, rng: np.random.Generator) -> list[Any]:
        count = int(rng.integers(6))
        return [rng.random(count).round(1) * (1.0 if share else 100.0) for share in self.shares]

    def valid(self, rng: np.random.Generator) -> str:
        columns = self.draw(rng)
        got = self.subject.run(*(pick(rng, [list, tuple, np.array, pd.Series])(column) for column in columns)).tolist()
        want = [self.twin.run(*(column[i : i + 1] for column in columns))[0] for i in range(len(columns[0]))]
        return "" if got == want else f"{got} for {want}"

    def invalid(self, rng: np.random.Generator) -> Call:
        columns = [[0.5, 0.5] for _ in self.shares]
        at = int(rng.integers(len(columns)))
        most = [-0.1, 1.1] if self.shares[at] else []
        alone = (len(columns) == 1) * ((0,), (1,), (3,))  # shapes that are bad only beside others
        columns[at] = pick(rng, [values for values in NO_VALUES if np.shape(values) not in alone])
        if isinstance(columns[at], np.ndarray) and columns[at].dtype == np.float64 and columns[at].ndim == 1:
            columns[at] = [0.5, pick(rng, [*NO_NUMBERS, *most])]
        return f"run({columns!r})", lambda: self.subject.run(*columns)


class Likelihood(_Judge):
    shares = (False, True)

    def make(self) -> Any:
        return AnomalyLikelihood(5, 5, 3, 20, 4)


class Value(_Judge):
    shares = (False, False)

    def make(self) -> Any:
        return ValueNovelty(ValueNoveltyParams())


class Block(_Judge):
    shares = (False, True, False)

    def make(self) -> Any:
        return BlockNovelty(BlockNoveltyParams(windows=(2, 4), scales=2, capacity=20), 10)


class Range(_Judge):
    shares = (False,)

    def make(self) -> Any:
        return ValueRange()


class Votes(_Judge):
    shares = (False, True)

    def make(self) -> Any:
        return _Voting(Vote(tiny("classic", False), 10))


class _Voting:
    """A vote of two voters, called as the other parts are."""

    def __init__(self, vote: Vote) -> None:
        self.vote = vote

    def run(self, values: Any, raw: Any) -> Any:
        return self.vote.run(np.array([raw, raw]), raw, values)[0]


DRIVERS: list[type[Driver]] = [
    *(
        type(f"Model_{name}{'_causal' if causal else ''}", (_Model,), {"preset": name, "causal": causal})
        for name in preset_names()
        for causal in (False, True)
    ),
    *(Pool, Likelihood, Value, Block, Range, Votes),
]
