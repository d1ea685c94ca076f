"""Slow twin of the SDR classifier: softmax regression in plain Python, one weight at a time."""

from __future__ import annotations

import math

import numpy as np


class SlowClassifier:
    def __init__(self, size: int, buckets: int, rate: float, decay: float, softness: int) -> None:
        self.buckets, self.rate, self.decay, self.softness = buckets, rate, decay, softness
        self.weights = [[np.float32(0.0)] * buckets for _ in range(size)]
        self.errors = [0.1] * size
        self.bias = [0.0] * buckets
        self.bias_errors = 0.1

    def infer(self, bits: list[int], first: int, count: int) -> list[float]:
        scores = []
        for bucket in range(first, first + count):
            score = self.bias[bucket]
            for bit in bits:
                score += float(self.weights[bit][bucket])
            scores.append(score)
        powers = [math.exp(score - max(scores)) for score in scores]
        total = 0.0
        for power in powers:
            total += power
        return [power / total for power in powers]

    def learn(self, bits: list[int], right: int) -> None:
        wanted = [max(0.0, self.softness + 1.0 - abs(bucket - right)) for bucket in range(self.buckets)]
        total = sum(wanted)
        errors = [want / total - said for want, said in zip(wanted, self.infer(bits, 0, self.buckets), strict=True)]
        squares = 0.0
        for error in errors:
            squares += error * error
        self.bias_errors += squares
        rate = 0.2 * self.rate / self.bias_errors**self.decay
        for bucket, error in enumerate(errors):
            self.bias[bucket] += rate * error
        for bit in bits:
            self.errors[bit] += squares
            rate = self.rate / len(bits) / self.errors[bit] ** self.decay
            for bucket, error in enumerate(errors):
                self.weights[bit][bucket] += np.float32(rate * error)
