"""Calls to models that predict, to predictors alone, to distributions, and to the classifier they are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
from naive.classifier import SlowClassifier

from hostile.call_models import START, Stream, bad_record, fed, tiny
from hostile.call_values import NO_DATES, NO_FLAGS, NO_NUMBERS, NO_WHOLE, code, pick
from hostile.calls import Call, Driver
from zhtm_detector import HTMModel
from zhtm_detector.htm.predicting import Distribution, Predictor, SDRClassifier
from zhtm_detector.htm.sdr import SDR

NO_STEPS: list[Any] = [
    *("", "1,5", b"\1\5", 1, 1.5, None, (0,), (-1, 2), (2, 1), (1, 1), (1001,), range(1, 18), (1.0,), (True,), ("1",)),
    *({2: 1, 1: 1}, np.array([1.0]), np.array(1), np.array([[1]]), [None], (1, 10**400), ([1],), object(), int),
]
NO_SHARES: list[Any] = [-0.1, 1.1, *NO_NUMBERS]


def unlike(found: dict[int, Distribution], wanted: dict[int, Distribution]) -> str:
    """Return how distributions differ, or are none."""
    for step, one in found.items():
        other = wanted[step]
        for name in ("edges", "centers", "probabilities"):
            if getattr(one, name).tobytes() != getattr(other, name).tobytes():
                return f"{name} {step} ahead"
        quantiles = [one.quantile(share) for share in (0.0, 0.1, 0.5, 0.9, 1)]
        inside = one.edges[0] <= quantiles[0] and quantiles[-1] <= one.edges[-1]
        bounds = np.column_stack((one.edges[:-1], one.centers, one.edges[1:]))
        if not inside or sorted(quantiles) != quantiles or one.median != quantiles[2]:
            return f"quantiles {quantiles}"
        if not np.isclose(one.probabilities.sum(), 1.0) or one.probabilities.min() < 0.0 or (np.diff(bounds) < 0).any():
            return f"{one}"
        if one.bucket(one.mode) != int(np.argmax(one.probabilities)) and one.mode not in one.edges:
            return f"mode {one.mode} of {one}"
    return "" if list(found) == list(wanted) else f"steps {list(found)}"


def no_question(rng: np.random.Generator, one: Distribution) -> list[Call]:
    share, value = pick(rng, NO_SHARES), pick(rng, NO_NUMBERS)
    return [
        (f"quantile({share!r})", lambda: one.quantile(share)),
        (f"interval({share!r})", lambda: one.interval(share)),
        (f"bucket({value!r})", lambda: one.bucket(value)),
    ]


class PredictingModel:
    """A model that predicts; one that does not has the same scores."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.params = tiny(pick(rng, ["classic", "novelty", "seed", "column"]), bool(rng.random() < 0.5))
        steps = pick(rng, [(1,), [1, 4], range(2, 4), iter((1, 3)), np.array([1, 7])])
        given = int(rng.integers(0, 25)), int(rng.integers(5))
        self.subject = HTMModel(self.params, -4.0, 4.0, *given, predict_steps=steps)
        self.other = HTMModel(self.params, -4.0, 4.0, *given, predict_steps=self.subject.predict_steps)
        self.plain = HTMModel(self.params, -4.0, 4.0, *given)
        self.stream = Stream()

    def valid(self, rng: np.random.Generator) -> str:
        if rng.random() < 0.1:
            self.subject = HTMModel.from_content(self.subject.settings(), self.subject.state_arrays(), "x")
        times, values = self.stream.draw(rng, int(rng.choice([0, 1, 1, 2, 5])))
        learn = bool(rng.random() < 0.8)
        got = fed(self.subject, rng, times, values, learn)
        want = [tuple(self.plain.step(*record, learn)) for record in zip(times, values, strict=True)]
        for record in zip(times, values, strict=True):
            self.other.step(*record, learn)
        if got != want:
            return f"{got} for {want} of {values}"
        return unlike(self.subject.predict(), self.other.predict()) if self.plain.seen_range else ""

    def invalid(self, rng: np.random.Generator) -> Call:
        steps, model = pick(rng, NO_STEPS), self.subject
        calls: list[Call] = [
            (f"predict_steps={steps!r}", lambda: HTMModel(self.params, 0.0, 1.0, 10, predict_steps=steps)),
            ("predict() without steps", self.plain.predict),
            *bad_record(model, rng),
        ]
        if self.plain.seen_range:
            calls += no_question(rng, pick(rng, [*model.predict().values()]))
        else:
            calls.append(("predict() before a record", model.predict))
        return pick(rng, calls)


class CallPredictor:
    """A predictor, loaded again now and then, beside one that never was."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.cells = pick(rng, [0, 1, 20, 2**17])
        steps = pick(rng, [(1,), (1, 2, 5), (7,)])
        self.good = {"steps": steps, "cells": self.cells, "buckets": int(rng.integers(2, 20)), "history": 30}
        self.subject, self.other = Predictor(**self.good), Predictor(**self.good)
        self.stream = Stream()

    def valid(self, rng: np.random.Generator) -> str:
        if rng.random() < 0.1:
            self.subject = Predictor.from_content(self.subject.settings(), self.subject.state_arrays(), "x")
        for time, value in zip(*self.stream.draw(rng, int(rng.integers(1, 6))), strict=True):
            sdr = SDR.of(code(rng, self.cells), self.cells) if self.cells > 1 and rng.random() < 0.9 else None
            number = pick(rng, [1e150, -1e150, 0, -0.0, 5e-324]) if rng.random() < 0.05 else value
            learn = bool(rng.random() < 0.9)
            self.subject.compute(pick(rng, [time, time.isoformat(), np.datetime64(time)]), number, sdr, learn)
            self.other.compute(time, float(number), sdr, np.bool_(learn))
        same = self.subject.to_bytes() == self.other.to_bytes()
        return unlike(self.subject.predict(), self.other.predict()) if same else "another state"

    def invalid(self, rng: np.random.Generator) -> Call:
        one = self.subject
        date, value, flag = pick(rng, NO_DATES), pick(rng, [*NO_NUMBERS, 1e151]), pick(rng, NO_FLAGS)
        sdr = pick(rng, [[1], {1}, 5, "x", np.array([1], dtype=np.uint32), SDR.of([0], self.cells + 1)])
        name = pick(rng, [*self.good])
        bad = {"steps": [(), *NO_STEPS], "cells": [2**32 + 1], "buckets": [1, 1025], "history": [1, 2**20 + 1]}
        wrong = pick(rng, bad[name] if name == "steps" else [*bad[name], *NO_WHOLE])
        calls: list[Call] = [
            (f"compute({date!r})", lambda: one.compute(date, 1.0)),
            (f"compute(value={value!r})", lambda: one.compute(START, value)),
            (f"compute(sdr={sdr!r})", lambda: one.compute(START, 1.0, sdr)),
            (f"compute(learn={flag!r})", lambda: one.compute(START, 1.0, None, flag)),
            (f"Predictor({name}={wrong!r})", lambda: Predictor(**self.good | {name: wrong})),
            ("predict() before a record", Predictor((1,)).predict),
        ]
        return pick(rng, calls)


class CallClassifier:
    def __init__(self, rng: np.random.Generator) -> None:
        self.size, self.buckets = int(rng.integers(1, 30)), int(rng.integers(2, 9))
        rules = [float(pick(rng, [0.0, 0.5, 6.0])), float(pick(rng, [0.0, 0.3, 1.0])), int(rng.integers(self.buckets))]
        self.subject = SDRClassifier(self.size, self.buckets, *rules)
        self.slow = SlowClassifier(self.size, self.buckets, *rules)

    def valid(self, rng: np.random.Generator) -> str:
        for _ in range(rng.integers(4)):
            bits, bucket = code(rng, self.size) if self.size > 1 else [0], int(rng.integers(self.buckets))
            self.subject.learn(SDR.of(bits, self.size), np.int16(bucket))
            self.slow.learn(bits, bucket)
        bits = code(rng, self.size) if self.size > 1 else []
        got, want = self.subject.infer(SDR.of(bits, self.size)), self.slow.infer(bits, 0, self.buckets)
        return "" if np.allclose(got, want, rtol=1e-6) else f"{got.tolist()} for {want}"

    def invalid(self, rng: np.random.Generator) -> Call:
        one, good = self.subject, SDR.of([0], self.size)
        sdr = pick(rng, [None, [0], {0}, 5, "x", good.indices, SDR.of([0], self.size + 1)])
        bucket = pick(rng, [self.buckets, *NO_WHOLE])
        bad: dict[str, list[Any]] = {
            **{"size": [0, 2**28, *NO_WHOLE], "buckets": [1, 2**28, *NO_WHOLE], "rate": [-1.0, 1001.0, *NO_NUMBERS]},
            **{"decay": NO_SHARES, "softness": [self.buckets, *NO_WHOLE]},
        }
        name = pick(rng, [*bad])
        wrong = pick(rng, bad[name])
        calls: list[Call] = [
            (f"infer({sdr!r})", lambda: one.infer(sdr)),
            (f"learn({sdr!r})", lambda: one.learn(sdr, 0)),
            (f"learn(bucket={bucket!r})", lambda: one.learn(good, bucket)),
            (f"{name}={wrong!r}", lambda: SDRClassifier(**{"size": 9, "buckets": self.buckets} | {name: wrong})),
        ]
        return pick(rng, calls)


DRIVERS: list[type[Driver]] = [PredictingModel, CallPredictor, CallClassifier]
