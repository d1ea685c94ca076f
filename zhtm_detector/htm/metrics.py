"""Metrics of a spatial pooler's codes and of a temporal memory: added record by record, in bounded memory."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.checks import finite, instance, whole
from zhtm_detector.htm.sdr import MAX_SIZE, SDR, indices_of
from zhtm_detector.htm.temporal_memory import TemporalMemory


class Summary(NamedTuple):
    """Lowest, mean, standard deviation (of the population) and highest of many numbers; NaN if there are none."""

    minimum: float
    mean: float
    sd: float
    maximum: float

    def __repr__(self) -> str:
        return f"mean {self.mean:.4g}, sd {self.sd:.4g}, {self.minimum:.4g} to {self.maximum:.4g}"


class _Running:
    """A summary of numbers that come one by one.

    Source: B. P. Welford, *Note on a Method for Calculating Corrected Sums of Squares and Products*, Technometrics
    4(3), 1962.
    """

    def __init__(self) -> None:
        self.count = 0
        self._low, self._high, self._mean, self._squares = math.inf, -math.inf, 0.0, 0.0

    def add(self, number: float) -> None:
        self.count += 1
        self._low, self._high = min(self._low, number), max(self._high, number)
        before = number - self._mean
        self._mean += before / self.count
        self._squares += before * (number - self._mean)

    @property
    def summary(self) -> Summary:
        if not self.count:
            return Summary(math.nan, math.nan, math.nan, math.nan)
        return Summary(self._low, self._mean, math.sqrt(self._squares / self.count), self._high)


class SpatialPoolerMetrics:
    """How evenly, how sparsely and how stably a stream of SDRs uses its bits.

    For the codes of a spatial pooler above all; any SDRs of one size will do, such as an encoder's.

    Parameters
    ----------
    columns : int
        Bits of each SDR.

    Raises
    ------
    ValueError
        If an argument is of another type or size; nothing is then added.

    Examples
    --------
    >>> metrics = SpatialPoolerMetrics(4)
    >>> for bits in ([0, 1], [1, 2]):
    ...     metrics.add(SDR.of(bits, size=4))
    >>> metrics.sparsity.mean, metrics.overlap.mean, round(metrics.entropy, 3)
    (0.5, 0.5, 0.5)
    >>> metrics.activation_frequency
    mean 0.5, sd 0.3536, 0 to 1
    """

    def __init__(self, columns: int) -> None:
        self.columns = whole("columns", columns, 1, MAX_SIZE)
        self._active = np.zeros(self.columns, dtype=np.int64)  # records in which each bit was active
        self._sparsity, self._overlap = _Running(), _Running()
        self._last: SDR | None = None

    def add(self, sdr: SDR) -> None:
        """Add one record."""
        active = indices_of("sdr", sdr, self.columns)
        self._active[active] += 1
        self._sparsity.add(sdr.sparsity)
        if self._last is not None and (larger := max(len(sdr), len(self._last))):
            self._overlap.add(sdr.overlap(self._last) / larger)
        self._last = SDR(active.copy(), sdr.size)  # the caller may write into the array

    @property
    def records(self) -> int:
        """Records added."""
        return self._sparsity.count

    @property
    def sparsity(self) -> Summary:
        """Share of active bits, over the records."""
        return self._sparsity.summary

    @property
    def frequencies(self) -> NDArray[np.float64]:
        """Share of the records in which each bit was active, shape (columns,); NaN before the first."""
        return self._active / self.records if self.records else np.full(self.columns, np.nan)

    @property
    def activation_frequency(self) -> Summary:
        """Summary of `frequencies`, over the bits."""
        each = self.frequencies
        return Summary(float(each.min()), float(each.mean()), float(each.std()), float(each.max()))

    @property
    def entropy(self) -> float:
        """How evenly the bits are used: from 0, each always or never active, to 1, all equally often.

        The mean binary entropy of the bits' activation frequencies, over the most that it can be at this sparsity: the
        binary entropy of the mean frequency. 0 if that is 0, NaN before the first record.

        Source: Y. Cui, S. Ahmad, J. Hawkins, *The HTM Spatial Pooler*, Front. Comput. Neurosci. 11:111, 2017,
        on entropy; divided by its maximum here, so that codes of different sparsity compare.
        """
        most = float(_entropy(np.array([self.activation_frequency.mean]))[0])
        return float(_entropy(self.frequencies).mean()) / most if most != 0.0 else 0.0

    @property
    def overlap(self) -> Summary:
        """Active bits that two records in a row have in common, as a share of those of the one with more of them.

        Two records in a row without an active bit count for nothing.
        """
        return self._overlap.summary

    def __repr__(self) -> str:
        return (
            f"SpatialPoolerMetrics({self.records} records; sparsity {self.sparsity}; frequency "
            f"{self.activation_frequency}; entropy {self.entropy:.4g}; overlap {self.overlap})"
        )


class TemporalMemoryMetrics:
    """How much a temporal memory has learned, and how well it predicts.

    Parameters
    ----------
    memory : TemporalMemory

    Raises
    ------
    ValueError
        If an argument is of another type or out of its range; nothing is then added.

    Examples
    --------
    >>> from zhtm_detector.htm.params import TemporalMemoryParams
    >>> memory = TemporalMemory(8, TemporalMemoryParams(cells_per_column=4, activation_threshold=1,
    ...     matching_threshold=1, initial_permanence=0.6), np.random.default_rng(1))
    >>> metrics = TemporalMemoryMetrics(memory)
    >>> for column in (0, 1, 2, 0, 1, 2, 0, 1):
    ...     metrics.add(memory.compute(SDR.of([column], size=8)))
    >>> metrics.records, metrics.segments, round(metrics.bursting.mean, 3), metrics.predicted.maximum
    (8, 3, 0.5, 0.125)
    """

    def __init__(self, memory: TemporalMemory) -> None:
        self.memory = instance("memory", memory, TemporalMemory)
        self._bursting, self._predicted = _Running(), _Running()

    def add(self, raw: float) -> None:
        """Add the record that the memory has just processed; `raw` is what its `compute` returned."""
        self._bursting.add(finite("raw", raw, 0.0, 1.0))
        self._predicted.add(self.memory.predicted_columns.sparsity)

    @property
    def records(self) -> int:
        """Records added."""
        return self._bursting.count

    @property
    def segments(self) -> int:
        """Segments that the memory has now."""
        return self.memory.segment_count

    @property
    def synapses(self) -> int:
        """Synapses that the memory has now."""
        return self.memory.synapse_count

    @property
    def connected_synapses(self) -> int:
        """Connected synapses that the memory has now."""
        return self.memory.connected_synapse_count

    @property
    def bursting(self) -> Summary:
        """Share of the active columns that were not predicted, over the records: the raw anomaly score."""
        return self._bursting.summary

    @property
    def predicted(self) -> Summary:
        """Share of all columns that were predicted for the next record, over the records.

        Against the sparsity of the columns it says how many different records a memory expects at once.
        """
        return self._predicted.summary

    def __repr__(self) -> str:
        return (
            f"TemporalMemoryMetrics({self.records} records; {self.segments} segments; {self.synapses} synapses, "
            f"connected: {self.connected_synapses}; bursting {self.bursting}; predicted {self.predicted})"
        )


def _entropy(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Binary entropy in bits of each frequency; 0 of 0 and of 1."""
    entropy = np.zeros_like(frequencies)
    for share in (frequencies, 1.0 - frequencies):
        some = share != 0.0  # NaN stays NaN
        entropy[some] -= share[some] * np.log2(share[some])
    return entropy
