"""What to call the encoders of numbers, categories and documents with, valid and not, and their twins."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hostile.call_encoders import HUGE
from hostile.call_values import NO_FLAGS, NO_NUMBERS, NO_WHOLE, pick
from zhtm_detector.htm import encoders as e

Rng = np.random.Generator

WORDS = ["rain", "Rain", "sun", "é", "\udcff", "frogs", "a b", "x" * 300]
CATEGORIES: list[Any] = ["a", "b", 1, "1", np.str_("c"), np.int8(5), -(2**63), 2**63 - 1, "", "\udcff", "été"]
NO_CATEGORY: list[Any] = [None, 1.0, True, np.True_, b"a", ["a"], 2**63, np.nan, 10**400, np.timedelta64(1, "s"), {}]
NO_SEED: list[Any] = [2**32, *NO_WHOLE]
NO_BITS: list[Any] = [0, 2**20 + 1, *NO_WHOLE]


@dataclass
class Kind:
    """What the driver of an encoder needs to know.

    Parameters
    ----------
    kind : subclass of Encoder
    good : function of a generator
        Valid arguments of the constructor, by name.
    value : function of a generator and the encoder
        A valid value.
    bad : function of a generator and the encoder
        An invalid value.
    parameters : mapping of str to list
        Invalid arguments of the constructor.
    twin : function of the encoder, the values before and a value, optional
        The active bits of the value.
    """

    kind: Callable[..., Any]
    good: Callable[[Rng], dict[str, Any]]
    value: Callable[[Rng, Any], Any]
    bad: Callable[[Rng, Any], Any]
    parameters: Mapping[str, list[Any]] = field(default_factory=dict)
    twin: Callable[[Any, list[Any], Any], list[int]] | None = None


# Numbers


def _number(rng: Rng, _: Any) -> Any:
    return pick(rng, HUGE) if rng.random() < 0.1 else float(rng.normal(0.0, 4.0))


def _near(rng: Rng, _: Any) -> Any:
    return float(rng.normal(0.0, 4.0)) if rng.random() < 0.95 else pick(rng, [-7, np.float32(30.0), 1e30, -1e30, -0.0])


def _no_number(rng: Rng, _: Any) -> Any:
    return pick(rng, NO_NUMBERS)


def _within(rng: Rng) -> Any:
    """Return an encoder of numbers, of those without a state."""
    if rng.random() < 0.5:
        return e.RandomDistributedScalarEncoder(60, 5, resolution=float(rng.uniform(0.1, 3.0)), seed=3)
    return e.ScalarEncoder(3, int(rng.integers(4, 30)), -3.0, float(rng.uniform(-2.0, 9.0)), bool(rng.random() < 0.4))


def _log(encoder: Any, _: list[Any], value: Any) -> list[int]:
    ratio = max(min(float(value) / encoder.scale, sys.float_info.max), -sys.float_info.max)
    bits: list[int] = encoder.encoder.encode(math.asinh(ratio) / math.log(10.0)).indices.tolist()
    return bits


def _delta(encoder: Any, seen: list[Any], value: Any) -> list[int]:
    bits: list[int] = encoder.encoder.look(float(value) - float((seen or [value])[-1])).indices.tolist()
    return bits


def _adaptive(encoder: Any, seen: list[Any], value: Any) -> list[int]:
    low = high = float((seen or [value])[0])
    for number in map(float, [*seen, value]):
        if number > high:
            high = number + encoder.padding * (number - low)
        elif number < low:
            low = number - encoder.padding * (high - number)
    share = (float(value) - low) * (encoder.buckets - 1) / (high - low) if high > low else (encoder.buckets - 1) // 2
    start = min(math.floor(share + 0.5 * (high > low)), encoder.buckets - 1)
    return [start + bit for bit in range(encoder.active_bits)]


NO_ENCODER: list[Any] = [None, 1, "x", e.ScalarEncoder, e.CategoryEncoder(["a"]), {}]
LOG = Kind(
    e.LogEncoder,
    lambda rng: {"encoder": _within(rng), "scale": float(10.0 ** rng.integers(-5, 5))},
    _number,
    _no_number,
    {"encoder": NO_ENCODER, "scale": [0.0, -1.0, *NO_NUMBERS]},
    _log,
)
DELTA = Kind(
    e.DeltaEncoder, lambda rng: {"encoder": _within(rng)}, _number, _no_number, {"encoder": NO_ENCODER}, _delta
)
NESTED = Kind(  # each with a state of its own
    e.DeltaEncoder,
    lambda rng: {
        "encoder": pick(
            rng,
            [
                e.LogEncoder(e.DeltaEncoder(_within(rng))),
                e.AdaptiveScalarEncoder(3, 9),
                e.LogEncoder(e.AdaptiveScalarEncoder(2, 40, 0.0), 0.01),
                e.DeltaEncoder(e.DeltaEncoder(_within(rng))),
            ],
        )
    },
    _near,
    _no_number,
    {"encoder": NO_ENCODER},
)
ADAPTIVE = Kind(
    e.AdaptiveScalarEncoder,
    lambda rng: {
        "active_bits": int(rng.integers(1, 9)),
        "buckets": int(rng.integers(2, 60)),
        "padding": float(pick(rng, [0.0, 0.2, 10.0])),
    },
    _near,
    _no_number,
    {"active_bits": NO_BITS, "buckets": [1, *NO_BITS], "padding": [10.1, -0.1, *NO_NUMBERS]},
    _adaptive,
)


# Categories and documents


def _category(encoder: Any, _: list[Any], value: Any) -> list[int]:
    known = [(type(each) is int, each) for each in encoder.categories]
    wanted = (isinstance(value, (int, np.integer)), value)
    number = 1 + known.index(wanted) if wanted in known else 0
    return list(range(number * encoder.active_bits, (number + 1) * encoder.active_bits))


def _some_categories(rng: Rng) -> list[Any]:
    return [CATEGORIES[i] for i in rng.permutation(len(CATEGORIES))[: rng.integers(1, 6)]]


CATEGORY = Kind(
    e.CategoryEncoder,
    lambda rng: {"categories": _some_categories(rng), "active_bits": int(rng.integers(1, 5))},
    lambda rng, _: pick(rng, CATEGORIES),
    lambda rng, _: pick(rng, NO_CATEGORY),
    {
        "categories": [[], ["a", "a"], [1, np.int8(1)], "ab", None, {"a"}, {"a": 1}, [None], [1.0], 5, [["a"]]],
        "active_bits": [0, 2**20, *NO_WHOLE],
    },
    _category,
)
SDR_CATEGORY = Kind(
    e.SDRCategoryEncoder,
    lambda rng: {
        "active_bits": (own := int(rng.integers(1, 9))),
        "size": 6 * own + 1,
        "seed": int(rng.integers(2**32)),
    },
    lambda rng, _: pick(rng, CATEGORIES),
    lambda rng, _: pick(rng, NO_CATEGORY),
    {"active_bits": NO_BITS, "size": [6, *NO_BITS], "seed": NO_SEED},
)


def _document(rng: Rng, _: Any) -> Any:
    words = [pick(rng, WORDS) for _ in range(rng.integers(1, 5))]
    weights = {word: pick(rng, [1, 0.5, 1e150, 5e-324, np.float32(2.0)]) for word in words}
    return pick(rng, [words, tuple(words), np.array(words), " ".join([*words, "sun"]), weights])


NO_DOCUMENT: list[Any] = [
    *("", " !", [], {}, None, 5.0, b"rain", ["a", 5], [""], {"a": 0.0}, {"a": -1.0}, {"a": None}, {1: 1.0}, {"": 1.0}),
    *({"a": 1e151}, {"a": np.nan}, {"a": True}, {"rain"}, iter(["rain"]), [["rain"]], np.array([["rain"]]), [None]),
    *(np.array([1.0]), np.ma.masked_array(["a"], [True])),
]
DOCUMENT = Kind(
    e.SimHashDocumentEncoder,
    lambda rng: {
        "size": int(rng.integers(20, 90)),
        "active_bits": int(rng.integers(1, 20)),
        "case_sensitive": bool(rng.random() < 0.5),
        "seed": int(rng.integers(2**32)),
    },
    _document,
    lambda rng, _: pick(rng, NO_DOCUMENT),
    {"size": [1, *NO_BITS], "active_bits": [90, *NO_BITS], "case_sensitive": NO_FLAGS, "seed": NO_SEED},
)
