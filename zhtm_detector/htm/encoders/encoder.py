"""The base class of all encoders, and the bit patterns they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from inspect import isabstract
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import check_sequence
from zhtm_detector.htm.saved import Saved
from zhtm_detector.htm.sdr import SDR

MAX_SIZE = 2**20
"""Upper limit for the bits of one encoder: a guard against typos, since encoders have hundreds or thousands."""


class Encoder(Saved, ABC):
    """Maps values to SDRs; the more similar two values are, the more active bits their SDRs share.

    Attributes
    ----------
    size : int
        Number of bits of every SDR.
    active_bits : int
        Number of active bits, the same for every value.

    Notes
    -----
    Encoders do not learn which bits suit a value: the same parameters and the same values always yield the same bits,
    in any process. Most encoders have no state either, so that the order of values does not matter. Some have:
    `DeltaEncoder` keeps the last value, `AdaptiveScalarEncoder` the range so far, and an encoder that contains one of
    them contains its state. For all encoders:

    - `encode` and `encode_many` encode the next values of the stream, and keep what they have to know of them;
    - `look` and `look_many` return the same bits as `encode` would for each value as the next one, and change nothing;
    - a refused value changes nothing; `save` and `load` include the state.

    The indices of an SDR returned by `encode` are read-only, because equal values may share them.

    Source: S. Purdy, *Encoding Data for HTM Systems*, arXiv:1602.05925: similar data yield overlapping SDRs, the same
    data always the same SDR; size and sparsity are constant.

    Examples
    --------
    >>> class Parity(Encoder):
    ...     size, active_bits = 4, 2
    ...     def encode(self, value):
    ...         return SDR.of([0, 1] if value % 2 == 0 else [2, 3], self.size)
    >>> Parity().encode_many([6, 7]).tolist()
    [[0, 1], [2, 3]]
    """

    size: int
    active_bits: int

    @property
    def rule(self) -> Any:
        """Parameters of the compiled function that numbers values with equal bits alike; None if there is none."""
        return None

    @abstractmethod
    def encode(self, value: Any) -> SDR:
        """Encode one value, the next of its stream.

        Raises
        ------
        ValueError
            If the value has the wrong type or, where a number is expected, is not finite.
        """

    def encode_many(self, values: Any) -> NDArray[np.uint32]:
        """Return the active bits of many values, shape (n, active_bits); row i equals `encode(values[i]).indices`.

        Raises
        ------
        ValueError
            As `encode`; the message names the row, counted from 0.
        """
        check_sequence("values", values, "values")
        out = np.empty((len(values), self.active_bits), dtype=np.uint32)
        for row, value in enumerate(values):
            try:
                out[row] = self.encode(value).indices
            except ValueError as error:
                raise ValueError(f"row {row}: {error}") from None
        return out

    def __repr__(self) -> str:
        try:
            arguments = ", ".join(f"{name}={shown(value, 40)}" for name, value in self.settings().items())
        except AttributeError:  # a user's class need not keep what it was built with
            arguments = ""
        return f"{type(self).__name__}({arguments}{': ' * bool(arguments)}{self.active_bits} of {self.size} bits)"

    def look(self, value: Any) -> SDR:
        """Return what `encode` would, and change nothing."""
        return self.encode(value)

    def look_many(self, values: Any) -> NDArray[np.uint32]:
        """Return the active bits of many values, each as if it came next, shape (n, active_bits); change nothing."""
        return self.encode_many(values)

    def earlier(self) -> Self:
        """Return an encoder in the state before the last value; the encoder itself if it has no state."""
        return self


def known_encoders() -> dict[str, type[Encoder]]:
    """Return the encoders of this package by the names of their classes, which saved encoders contain."""

    def below(kind: Any) -> Iterator[type[Encoder]]:
        for other in kind.__subclasses__():
            yield other
            yield from below(other)

    package = __name__.rpartition(".")[0]
    own = (kind for kind in below(Encoder) if kind.__module__.startswith(f"{package}.") and not isabstract(kind))
    return {kind.__name__: kind for kind in own}


def described(encoder: Encoder) -> list[Any]:
    """Return the class and the settings of an encoder within another one, as JSON has them."""
    return [type(encoder).__name__, encoder.settings()]


def rebuilt(name: str, entry: Any) -> Encoder:
    """Build an encoder from what `described` returned, or from anything: ValueError, which begins with `name`."""
    known = known_encoders()
    fits = isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) and isinstance(entry[1], dict)
    if not fits or entry[0] not in known:
        raise ValueError(f"{name}: expected class and settings of an encoder, got {shown(entry)}")
    return known[entry[0]].from_settings(entry[1])


def as_rows(values: Any) -> Any:
    """Return values that are sequences themselves as a list, if they are the rows of an array, shape (n, any)."""
    return list(values) if type(values) is np.ndarray and values.ndim == 2 else values


def read_only_sdr(indices: NDArray[np.uint32], size: int) -> SDR:
    """Return an SDR with read-only indices, which callers can share safely."""
    indices.flags.writeable = False
    return SDR(indices, size)


def runs(starts: NDArray[np.int64], active_bits: int, size: int) -> NDArray[np.uint32]:
    """Return runs of `active_bits` consecutive bits that wrap at `size`: one sorted row per start."""
    bits = (starts[:, np.newaxis] + np.arange(active_bits)) % size
    bits.sort(axis=1)
    return bits.astype(np.uint32)
