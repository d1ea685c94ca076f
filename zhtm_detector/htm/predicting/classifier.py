"""The SDR classifier: which bucket goes with the active bits of an SDR."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import finite, whole
from zhtm_detector.htm.kernels import classifier as kernel
from zhtm_detector.htm.kernels.box import Boxed
from zhtm_detector.htm.saved import Arrays, Given, Saved
from zhtm_detector.htm.sdr import SDR

MOST_WEIGHTS = 2**28  # input bits times buckets; 4 bytes each, of which only those of bits once active take memory
_FIRST_ERRORS = 0.1  # squared errors that a bit begins with, so that its first rate is finite
_BIAS_SHARE = 0.2  # of the rate
_MOST = 1e9  # of any weight


class SDRClassifier(Saved, Boxed):
    """Softmax regression from the active bits of an SDR to the probabilities of buckets, learned online.

    Parameters
    ----------
    size : int
        Input bits.
    buckets : int
        Buckets, or classes of any kind, numbered from 0; at least 2.
    rate : float, default 6.0
        How far all active bits together move towards the bucket that was right.
    decay : float, default 0.3
        How fast a bit's rate falls with the errors that it has met; 0: it does not, 0.5: as in AdaGrad.
    softness : int, default 0
        Neighbours of the right bucket, on each side, that are taught too, the farther the less: buckets are then
        numbers, and what is learned of one is true of the next.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or size times buckets exceeds 2**28.

    Notes
    -----
    p(k) = exp(b_k + sum of w_ik over active bits i) / sum of the same over all buckets. After the bucket is known,
    each active bit moves by ``rate / active / G_i ** decay * (target_k - p(k))``: the gradient of the log loss, where
    G_i is the sum of the squared errors in which bit i was active. Work per record: active bits times buckets.

    Sources: A. Lavin, S. Ahmad, J. Hawkins et al., *SDR Classifier* in Numenta's NuPIC 0.5.7, for softmax regression
    from cells to buckets; J. Duchi, E. Hazan, Y. Singer, *Adaptive Subgradient Methods*, JMLR 12 (2011), for rates
    that fall bit by bit, with one sum for all weights of a bit.

    Examples
    --------
    >>> classifier = SDRClassifier(size=8, buckets=3)
    >>> sunny, rainy = SDR.of([0, 1], size=8), SDR.of([5, 6], size=8)
    >>> for _ in range(5):
    ...     classifier.learn(sunny, 2)
    ...     classifier.learn(rainy, 0)
    >>> classifier.infer(sunny).round(2).tolist()
    [0.0, 0.0, 1.0]
    """

    def __init__(self, size: int, buckets: int, rate: float = 6.0, decay: float = 0.3, softness: int = 0) -> None:
        self.size = whole("size", size, 1, MOST_WEIGHTS // 2)
        self.buckets = whole("buckets", buckets, 2, MOST_WEIGHTS // self.size)
        self.rate = finite("rate", rate, 0.0, 1000.0)
        self.decay = finite("decay", decay, 0.0, 1.0)
        self.softness = whole("softness", softness, 0, self.buckets - 1)
        self._rules = kernel.ClassifierRules(self.rate, _BIAS_SHARE * self.rate, self.decay, self.softness)
        self._state = kernel.ClassifierState(
            weights=np.zeros((size, buckets), dtype=np.float32),  # pages of zeros take no memory until written
            errors=np.full(size, _FIRST_ERRORS),
            bias=np.zeros(buckets),
            bias_errors=np.full(1, _FIRST_ERRORS),
            scores=np.zeros(buckets),
            taught=np.zeros(buckets),
        )

    def infer(self, sdr: SDR) -> NDArray[np.float64]:
        """Return the probability of each bucket, shape (buckets,); together 1.

        Raises
        ------
        ValueError
            For anything but an SDR of `size` bits.
        """
        return self.infer_checked(self._bits(sdr), 0, self.buckets)

    def learn(self, sdr: SDR, bucket: int) -> None:
        """Learn that this bucket goes with this SDR.

        Raises
        ------
        ValueError
            For anything but an SDR of `size` bits and a bucket below `buckets`.
        """
        self.learn_checked(self._bits(sdr), whole("bucket", bucket, 0, self.buckets - 1))

    def infer_checked(self, bits: NDArray[np.int64], first: int, count: int) -> NDArray[np.float64]:
        """Return the probabilities of `count` buckets from `first` on, given that it is one of them."""
        out = np.empty(count)
        kernel.infer(self._box or self.boxed, bits, first, out)
        return out

    def learn_checked(self, bits: NDArray[np.int64], bucket: int) -> None:
        """As `learn`, for the indices of the active bits, shape (active,)."""
        kernel.learn(self._box or self.boxed, bits, bucket)

    def kernel_state(self) -> tuple[kernel.ClassifierState, kernel.ClassifierRules]:
        """Return the state and the rules of the kernel."""
        return self._state, self._rules

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved: of the bits that were ever active."""
        c = self._state
        bits = np.flatnonzero(c.errors > _FIRST_ERRORS)
        return {
            "bits": bits,
            "weights": c.weights[bits],
            "errors": c.errors[bits],
            "bias": c.bias,
            "bias_errors": c.bias_errors,
        }

    def restore(self, given: Given) -> None:
        """Restore the weights from arrays as `state_arrays` returns them."""
        c = self._state
        bits = given.take("bits", np.int64, (None,), 0, self.size - 1)
        given.check(bool(np.all(bits[1:] > bits[:-1])), "bits", "ascending numbers")
        c.weights[bits] = given.take("weights", np.float32, (len(bits), self.buckets), -_MOST, _MOST)
        c.errors[bits] = given.take("errors", np.float64, (len(bits),), _FIRST_ERRORS, 1e18)
        given.fill(c.bias, "bias", -_MOST, _MOST)
        given.fill(c.bias_errors, "bias_errors", _FIRST_ERRORS, 1e18)

    def _bits(self, sdr: SDR) -> NDArray[np.int64]:
        if not isinstance(sdr, SDR) or sdr.size != self.size:
            got = f"one of {sdr.size}" if isinstance(sdr, SDR) else shown(sdr)
            raise ValueError(f"sdr: expected an SDR of {self.size} bits, got {got}")
        return sdr.indices.astype(np.int64)
