"""Streams of very different values, for tests that compare a kernel with its slow twin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STREAMS = ("noise", "cycle", "levels", "walk", "constant", "almost constant", "tiny", "huge", "starts flat")


def samples(stream: str, length: int, rng: np.random.Generator) -> NDArray[np.float64]:
    position = np.arange(length)
    noise = rng.normal(0.0, 1.0, length)
    streams = {
        "noise": noise,
        "cycle": 10.0 * np.sin(position / rng.uniform(2, 9)) + 0.1 * noise,
        "levels": rng.integers(0, 4, length) * 10.0,
        "walk": np.cumsum(noise),
        "constant": np.full(length, 0.1),
        "almost constant": 1e9 + rng.integers(0, 2, length) * 1e-6,
        "tiny": rng.integers(0, 3, length) * 5e-324,
        "huge": rng.choice([-1e150, 0.0, 1e150], length),
        "starts flat": np.where(position < length // 3, 7.0, noise),
    }
    return streams[stream]
