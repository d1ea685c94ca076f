"""Slow twins of the baselines' kernels: plain lists and loops over the whole history."""

from __future__ import annotations

import math


def nearest_value(values: list[float], lower: float, upper: float, capacity: int) -> list[float]:
    stored: list[float] = []  # distinct, in order of arrival
    scores = []
    span = 0.5 * upper - 0.5 * lower
    for value in values:
        if not stored or span <= 0.0:
            scores.append(0.0)
        else:
            distance = min(abs(0.5 * value - 0.5 * other) for other in stored)
            scores.append(1.0 if distance >= span else distance / span)
        if value not in stored:
            if len(stored) == capacity:
                stored.pop(0)
            stored.append(value)
    return scores


def refractory(scores: list[float], period: int) -> list[float]:
    out = []
    for i, score in enumerate(scores):
        last = scores[max(0, i - period) : i]
        out.append(0.0 if last and score <= max(last) else score)
    return out


def windowed_gaussian(values: list[float], size: int, step: int, least_deviation: float) -> list[float]:
    """Equal to the kernel bit for bit: the moments are summed in the kernel's order."""
    window: list[float] = []
    oldest = 0
    waiting: list[float] = []
    mean, squares = 0.0, 0.0
    scores = []
    for value in values:
        score = 0.0
        if window:
            variance = squares / len(window)
            z = 0.0
            if 0.0 <= variance < math.inf:
                deviation = math.sqrt(variance) or least_deviation
                z = abs(value - mean) / deviation
            score = 1.0 - 0.5 * math.erfc(z / math.sqrt(2.0))
        scores.append(score)
        if len(window) < size:
            window.append(value)
            offset = value - mean
            mean += offset / len(window)
            squares += offset * (value - mean)
            continue
        waiting.append(value)
        if len(waiting) == step:
            for waited in waiting:
                window[oldest] = waited
                oldest = (oldest + 1) % size
            waiting = []
            # Not sum(): since Python 3.12 it compensates rounding errors.
            total = 0.0
            for number in window:
                total += number - window[0]
            mean = window[0] + total / size
            squares = 0.0
            for number in window:
                squares += (number - mean) * (number - mean)
    return scores
