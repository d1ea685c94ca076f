"""Prediction of one step ahead or several: experts, and their mixture by what each was worth lately."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.predicting.classifier import SDRClassifier
from zhtm_detector.htm.saved import Arrays, Given, named

_FORGET = 0.98  # share of an expert's log loss that is left a record later
_FLOOR = 0.01  # least weight of all experts together, shared evenly
_LEAST = 1e-6  # added to a probability, so that its logarithm is finite
_NONE = np.zeros(0, dtype=np.int64)


class Seen(NamedTuple):
    """What was known at a record."""

    record: NDArray[np.int64]  # (16,) bits of value and time
    cells: NDArray[np.int64]  # bits of the memory
    bucket: int

    def bits(self, source: str) -> NDArray[np.int64]:
        """Return the bits that an expert looks at."""
        return self.record if source == "record" else self.cells if source == "cells" else _NONE


class Horizon:
    """Experts on the value a number of steps ahead, and their mixture.

    Each expert is an SDR classifier. It looks at the bits of the record, at those of the memory, or at none; it
    predicts the bucket, or by how many buckets the value changes. Without bits it knows how often each change was.

    Parameters
    ----------
    steps : int
    sizes : dict of str to int
        Bits that there are of each source: "record", "cells"; 0: none.
    buckets : int

    Notes
    -----
    The weight of an expert is proportional to the exponential of its log likelihood, of which a record later 0.98 is
    left: the Bayesian mixture of experts with forgetting. Source: A. Raftery, M. Kárný, P. Ettler, *Online Prediction
    Under Model Uncertainty via Dynamic Model Averaging*, Technometrics 52 (2010), section 2.2.
    """

    def __init__(self, steps: int, sizes: dict[str, int], buckets: int) -> None:
        self.steps = steps
        self.buckets = buckets
        self._experts: list[tuple[SDRClassifier, str, bool]] = []
        for source, size in {**sizes, "none": 1}.items():
            for changes in (False, True) if source != "none" else (True,):
                if size:
                    classes = 2 * buckets - 1 if changes else buckets
                    softness = min(_softness(steps), classes - 1)
                    self._experts.append((SDRClassifier(size, classes, softness=softness), source, changes))
        self.worth = np.zeros(len(self._experts))  # log likelihood, with forgetting
        self._waiting: deque[tuple[Seen, NDArray[np.float64]]] = deque(maxlen=steps)

    def take(self, now: Seen, learn: bool) -> None:
        """Learn from the record before so many steps, and say what is expected after this one."""
        if learn and len(self._waiting) == self.steps:
            then, said = self._waiting[0]
            self.worth *= _FORGET
            self.worth += np.log(said[:, now.bucket] + _LEAST)
            for classifier, source, changes in self._experts:
                change = now.bucket - then.bucket + self.buckets - 1
                classifier.learn_checked(then.bits(source), change if changes else now.bucket)
        self._waiting.append((now, self._infer(now)))

    def probabilities(self) -> NDArray[np.float64]:
        """Return the probability of each bucket, shape (buckets,)."""
        weights = np.exp(self.worth - self.worth.max())
        weights *= (1.0 - _FLOOR) / weights.sum()
        mixed: NDArray[np.float64] = (weights + _FLOOR / len(weights)) @ self._waiting[-1][1]
        mixed /= mixed.sum()
        return mixed

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved."""
        said = [probabilities for _, probabilities in self._waiting]
        arrays = {"worth": self.worth, "said": np.array(said).reshape(len(said), len(self._experts), self.buckets)}
        for number, (classifier, _, _) in enumerate(self._experts):
            arrays |= named(str(number), classifier.state_arrays())
        return arrays

    def restore(self, given: Given, last: list[Seen]) -> None:
        """Restore all from arrays as `state_arrays` returns them; `last` has at least the records that wait."""
        given.fill(self.worth, "worth", -1e6, 1.0)
        waiting = min(self.steps, len(last))
        said = given.take("said", np.float64, (waiting, len(self._experts), self.buckets), 0.0, 1.0)
        given.check(bool(np.all(np.abs(said.sum(axis=2) - 1.0) < 1e-6)), "said", "probabilities that add up to 1")
        self._waiting.extend(zip(last[len(last) - waiting :], said, strict=True))
        for number, (classifier, _, _) in enumerate(self._experts):
            given.within(str(number), classifier.restore)

    def _infer(self, now: Seen) -> NDArray[np.float64]:
        said = np.empty((len(self._experts), self.buckets))
        for row, (classifier, source, changes) in enumerate(self._experts):
            first = self.buckets - 1 - now.bucket if changes else 0
            said[row] = classifier.infer_checked(now.bits(source), first, self.buckets)
        return said


def _softness(steps: int) -> int:
    """Return how many neighbours are taught: the farther ahead, the less exact is what can be known."""
    return 1 if steps == 1 else 2
