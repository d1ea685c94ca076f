"""Numbers without a range, as random bits of which near values share many."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.encoders.encoder import (
    CACHED_ROWS,
    MAX_SIZE,
    Encoder,
    finite,
    finite_many,
    read_only_sdr,
    whole,
)
from zhtm_detector.htm.kernels.rows import LAST_BUCKET, ValueRule
from zhtm_detector.htm.sdr import SDR

# From here on a double has no neighbour one bucket away; Python and NumPy agree on every bucket up to here.
_LAST_BUCKET = int(LAST_BUCKET)


class RandomDistributedScalarEncoder(Encoder):
    """Encode a number, however large or small, as bits scattered over the whole SDR.

    Every value has exactly `active_bits` active bits. Two values whose buckets lie d < `active_bits` apart
    share exactly `active_bits` - d of them; farther apart they share few, by chance.

    Parameters
    ----------
    size : int, default 400
        Bits of an SDR: more than 6 times `active_bits`, as NuPIC demands.
    active_bits : int, default 21
        Active bits of every SDR.
    resolution : float
        Width of a bucket in units of the value, above 0.
    offset : float, default 0.0
        The centre of bucket 0, in units of the value.
    seed : int, default 42
        From 0 to 2**32 - 1. The same seed gives the same bits in every process.

    Raises
    ------
    ValueError
        For a parameter out of its range.

    Notes
    -----
    bucket = floor((value - offset) / resolution + 0.5), held within +-2**53: values beyond share the last
    bucket.

    Construction. b is an infinite sequence of bits such that any 2w - 1 neighbours (w = `active_bits`)
    differ from one another, and bucket i has the bits b(i) ... b(i + w - 1). Buckets i and i + d, d < w,
    lie within w + d neighbours, all different, so they share exactly the w - d bits at the places they have
    in common.

    The sequence needs no memory of what was visited. It is cut into blocks of `size` places, each a
    permutation of all the bits. Even blocks are free. An odd block is drawn with its two neighbours in
    sight: its first 2w - 2 bits (the head) avoid the last 2w - 2 of the block before, its last 2w - 2
    (the tail) the first 2w - 2 of the block after. Any 2w - 1 places then lie in one block, or in the end
    of one and the beginning of the next with at most 2w - 2 in each. There are always bits enough: for
    the head, `size` - (2w - 2) are allowed; for the tail at least `size` - 2(2w - 2), as the head's are
    taken too; and `size` > 6w leaves more than 2w - 2 of them.

    Source of the idea: S. Purdy, *Encoding Data for HTM Systems*, arXiv:1602.05925, "A More Flexible
    Encoder Method". NuPIC's encoder draws buckets outward from the first value it saw, keeps them all, and
    may fail when overlaps collide; none of that happens here.

    Examples
    --------
    >>> encoder = RandomDistributedScalarEncoder(resolution=0.5)
    >>> near, far = encoder.encode(11.0), encoder.encode(-1e9)
    >>> encoder.bucket(10.0), len(far), encoder.encode(10.0).overlap(near)
    (20, 21, 19)
    """

    def __init__(
        self,
        size: int = 400,
        active_bits: int = 21,
        *,
        resolution: float,
        offset: float = 0.0,
        seed: int = 42,
    ) -> None:
        self.active_bits = whole("active_bits", active_bits, 1, (MAX_SIZE - 1) // 6)
        self.size = whole("size", size, 6 * self.active_bits + 1)
        self.resolution = finite("resolution", resolution)
        if self.resolution <= 0.0:
            raise ValueError(f"resolution: expected above 0, got {self.resolution!r}")
        self.offset = finite("offset", offset)
        self.seed = whole("seed", seed, 0, 2**32 - 1)

    def bucket(self, value: float) -> int:
        """Return the bucket of a value, from -2**53 to 2**53."""
        scaled = (finite("value", value) - self.offset) / self.resolution + 0.5
        return math.floor(min(max(scaled, -_LAST_BUCKET), _LAST_BUCKET))

    def encode(self, value: float) -> SDR:
        """Encode one number; ValueError for one that is not finite, or no number."""
        return _bucket_sdr(self.bucket(value), self.size, self.active_bits, self.seed)

    @property
    def rule(self) -> ValueRule:
        """How compiled code finds the bucket."""
        return ValueRule(clips=False, lowest=self.offset, highest=math.inf, steps=0.0, unit=self.resolution)

    def encode_many(self, values: Any) -> NDArray[np.uint32]:
        """Encode numbers, one a row: shape (n, active_bits)."""
        numbers = finite_many(values)
        with np.errstate(over="ignore"):  # beyond the last bucket anyway
            scaled = (numbers - self.offset) / self.resolution + 0.5
        buckets = np.floor(np.clip(scaled, -_LAST_BUCKET, _LAST_BUCKET)).astype(np.int64)
        visited, which = np.unique(buckets, return_inverse=True)
        rows = np.empty((visited.size, self.active_bits), dtype=np.uint32)
        for row, bucket in enumerate(visited.tolist()):
            rows[row] = _bucket_sdr(bucket, self.size, self.active_bits, self.seed).indices
        return rows[which]


@lru_cache(maxsize=CACHED_ROWS)
def _bucket_sdr(bucket: int, size: int, active_bits: int, seed: int) -> SDR:
    block, place = divmod(bucket, size)
    bits = _block(block, size, active_bits, seed)[place : place + active_bits]
    if bits.size < active_bits:
        rest = _block(block + 1, size, active_bits, seed)[: active_bits - bits.size]
        bits = np.concatenate((bits, rest))
    return read_only_sdr(np.sort(bits), size)


@lru_cache(maxsize=64)  # of `size` uint32 each: a stream that drifts for years needs a few at a time
def _block(block: int, size: int, active_bits: int, seed: int) -> NDArray[np.uint32]:
    """Bits at the places block * size ... (block + 1) * size - 1 of the sequence b, shape (size,)."""
    bits = _permutation(block, size, seed)
    border = 2 * active_bits - 2
    if block % 2 == 0 or border == 0:
        return bits
    before = _block(block - 1, size, active_bits, seed)[size - border :]
    after = _block(block + 1, size, active_bits, seed)[:border]
    head = bits[~np.isin(bits, before)][:border]
    bits = bits[~np.isin(bits, head)]
    tail = bits[~np.isin(bits, after)][:border]
    return np.concatenate((head, bits[~np.isin(bits, tail)], tail))


def _permutation(block: int, size: int, seed: int) -> NDArray[np.uint32]:
    # Seeds are not negative: 0, -1, 1, -2 … become 0, 1, 2, 3 …
    natural = 2 * block if block >= 0 else -2 * block - 1
    keys = np.random.default_rng([seed, natural]).random(size)
    # Sorting random keys depends on the stream of doubles alone, not on how NumPy shuffles.
    return np.argsort(keys, kind="stable").astype(np.uint32)
