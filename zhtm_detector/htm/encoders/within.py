"""The base of the encoders of numbers that hand another number on to an encoder within."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from copy import copy
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.htm.encoders.buckets import Bucket, BucketEncoder
from zhtm_detector.htm.encoders.encoder import described, rebuilt
from zhtm_detector.htm.saved import Arrays, Given, named


class WithinEncoder(BucketEncoder):
    """Base of the encoders of numbers whose bits and buckets are those of another number, by an encoder within.

    Parameters
    ----------
    encoder : BucketEncoder
        The encoder within. If it has a state, that becomes part of this encoder's.
    """

    def __init__(self, encoder: BucketEncoder) -> None:
        if not isinstance(encoder, BucketEncoder):
            raise ValueError(f"encoder: expected an encoder of numbers, got {shown(encoder)}")
        self.encoder = encoder
        self.size = encoder.size
        self.active_bits = encoder.active_bits

    def settings(self) -> dict[str, Any]:
        """Return the arguments of the constructor; the encoder within as its class and settings."""
        return super().settings() | {"encoder": described(self.encoder)}

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Build the encoder within, of those of this package, and call the constructor."""
        return super().from_settings({**settings, "encoder": rebuilt("encoder", settings.get("encoder"))})

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved."""
        return named("encoder", self.encoder.state_arrays())

    def restore(self, given: Given) -> None:
        """Restore the encoder within."""
        given.within("encoder", self.encoder.restore)

    def earlier(self) -> Self:
        """Return an encoder in the state before the last value."""
        twin = copy(self)
        twin.encoder = self.encoder.earlier()
        return twin

    @abstractmethod
    def _forward(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the number handed on for each value, as if it came next."""

    @abstractmethod
    def _back(self, number: float) -> float:
        """Return the value for which a number would be handed on; the larger, the larger."""

    @property
    def _limits(self) -> tuple[int, int]:
        return self.encoder._limits

    def _buckets(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        return self.encoder._buckets(self._forward(numbers))

    def _rows(self, buckets: NDArray[np.int64]) -> NDArray[np.uint32]:
        return self.encoder._rows(buckets)

    def _values(self, bucket: int) -> Bucket:
        number, *ends = self.encoder._values(bucket)
        return Bucket(number, *map(self._back, ends))

    def _take(self, numbers: NDArray[np.float64]) -> NDArray[np.uint32]:
        return self.encoder._take(self._forward(numbers))
