"""Compiled SDR classifier: softmax regression from the active bits of an SDR to buckets, learned online.

Work per record is active bits times buckets: a row of weights per input bit.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.kernels.jit import jit, jit_inner


class ClassifierRules(NamedTuple):
    """Parameters of the kernel."""

    rate: float  # of all active bits together
    bias_rate: float
    decay: float  # exponent by which a bit's rate falls with the errors that it has met
    softness: int  # buckets beside the right one that are taught too


class ClassifierState(NamedTuple):
    """Weights of N input bits and K buckets."""

    weights: NDArray[np.float32]  # (N, K)
    errors: NDArray[np.float64]  # (N,) sum of the squared errors in which each bit was active
    bias: NDArray[np.float64]  # (K,)
    bias_errors: NDArray[np.float64]  # (1,)
    scores: NDArray[np.float64]  # (K,) scratch
    taught: NDArray[np.float64]  # (K,) scratch


@jit_inner
def _softmax(c: ClassifierState, bits: NDArray[np.int64], first: int, out: NDArray[np.float64]) -> None:
    """Write the probabilities of the buckets from `first` on, given that it is one of them."""
    count = out.size
    for k in range(count):
        out[k] = c.bias[first + k]
    for i in range(bits.size):
        row = c.weights[bits[i]]
        for k in range(count):
            out[k] += np.float64(row[first + k])
    most = out[0]
    for k in range(1, count):
        most = max(most, out[k])
    total = 0.0
    for k in range(count):
        out[k] = math.exp(out[k] - most)
        total += out[k]
    for k in range(count):
        out[k] /= total


@jit
def infer(box: Any, bits: NDArray[np.int64], first: int, out: NDArray[np.float64]) -> None:
    """Write the probabilities of the buckets from `first` on, shape (buckets,), given that it is one of them."""
    _softmax(box.state[0], bits, first, out)


@jit
def learn(box: Any, bits: NDArray[np.int64], bucket: int) -> None:
    """Move the probabilities for these bits towards a bucket and, less, its neighbours."""
    c, r = box.state
    error, taught = c.scores, c.taught
    buckets = error.size
    _softmax(c, bits, 0, error)
    total = 0.0
    lowest, highest = max(bucket - r.softness, 0), min(bucket + r.softness, buckets - 1)
    for k in range(lowest, highest + 1):
        taught[k] = r.softness + 1.0 - abs(k - bucket)
        total += taught[k]
    squares = 0.0
    for k in range(buckets):
        wanted = taught[k] / total if lowest <= k <= highest else 0.0
        error[k] = wanted - error[k]
        squares += error[k] * error[k]
    c.bias_errors[0] += squares
    rate = r.bias_rate / c.bias_errors[0] ** r.decay
    for k in range(buckets):
        c.bias[k] += rate * error[k]
    for i in range(bits.size):
        bit = bits[i]
        c.errors[bit] += squares
        rate = r.rate / bits.size / c.errors[bit] ** r.decay
        row = c.weights[bit]
        for k in range(buckets):
            row[k] += np.float32(rate * error[k])
