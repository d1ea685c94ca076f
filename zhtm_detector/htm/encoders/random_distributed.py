"""Numbers without a fixed range, as random bits; nearby values share many of them."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.checks import finite, seed_of, whole
from zhtm_detector.htm.encoders.buckets import Bucket, BucketEncoder, clipped
from zhtm_detector.htm.encoders.encoder import MAX_SIZE, read_only_sdr
from zhtm_detector.htm.kernels.rows import LAST_BUCKET, ValueRule
from zhtm_detector.htm.sdr import SDR


class RandomDistributedScalarEncoder(BucketEncoder):
    """Encodes a number of any magnitude as bits scattered over the whole SDR.

    Two values whose buckets are d < `active_bits` apart share exactly `active_bits` - d active bits; values farther
    apart share a few by chance.

    Parameters
    ----------
    size : int, default 400
        Bits of an SDR: more than 6 times `active_bits`, as NuPIC requires.
    active_bits : int, default 21
        Active bits of every SDR.
    resolution : float
        Width of a bucket, in units of the value; above 0.
    offset : float, default 0.0
        Centre of bucket 0, in units of the value.
    seed : int, default 42
        From 0 to 2**32 - 1. The same seed yields the same bits in every process.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Notes
    -----
    bucket = floor((value - offset) / resolution + 0.5), clipped to +-2**53, where doubles stop telling neighbouring
    buckets apart.

    Construction. Let w = `active_bits`, and b be an infinite sequence of bits in which any 2w - 1 consecutive ones are
    distinct. Bucket i has the bits b(i) ... b(i + w - 1). Buckets i and i + d, d < w, together span w + d consecutive
    bits, all distinct, so they share exactly the w - d bits at the positions they have in common.

    The sequence does not depend on which buckets were visited. It is cut into blocks of `size` positions, each a
    permutation of all bits. Even blocks are unconstrained. An odd block respects its two neighbours: its first 2w - 2
    bits (the head) avoid the last 2w - 2 of the block before, its last 2w - 2 (the tail) the first 2w - 2 of the block
    after. Any 2w - 1 consecutive positions then lie in one block, or in two adjacent ones with at most 2w - 2 in each.
    There are always enough bits: `size` - (2w - 2) are allowed in the head, and at least `size` - 2(2w - 2) in the
    tail, where the head's are also excluded; since `size` > 6w, that is more than 2w - 2.

    Source: S. Purdy, *Encoding Data for HTM Systems*, arXiv:1602.05925, "A More Flexible Encoder Method". NuPIC's
    encoder draws buckets outward from the first value it sees, stores them all, and can fail when overlaps collide;
    this construction avoids all three.

    Examples
    --------
    >>> encoder = RandomDistributedScalarEncoder(resolution=0.5)
    >>> near, far = encoder.encode(11.0), encoder.encode(-1e9)
    >>> encoder.bucket(10.0), len(far), encoder.encode(10.0).overlap(near)
    (20, 21, 19)
    >>> encoder.decode(near, low=0.0, high=20.0)
    Bucket(number=22, value=11.0, low=10.75, high=11.25)
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
        self.size = whole("size", size, 6 * self.active_bits + 1, MAX_SIZE)
        self.resolution = finite("resolution", resolution)
        if self.resolution <= 0.0:
            raise ValueError(f"resolution: expected above 0, got {self.resolution!r}")
        self.offset = finite("offset", offset)
        self.seed = seed_of(seed)

    def encode(self, value: float) -> SDR:
        """Encode one number; ValueError unless it is finite."""
        return _bucket_sdr(self.bucket(value), self.size, self.active_bits, self.seed)

    @property
    def rule(self) -> ValueRule:
        """Parameters of the compiled bucket computation."""
        return ValueRule(clips=False, lowest=self.offset, highest=math.inf, steps=0.0, unit=self.resolution)

    @property
    def _limits(self) -> tuple[int, int]:
        return -int(LAST_BUCKET), int(LAST_BUCKET)

    def _rows(self, buckets: NDArray[np.int64]) -> NDArray[np.uint32]:
        visited, which = np.unique(buckets, return_inverse=True)
        rows = np.empty((visited.size, self.active_bits), dtype=np.uint32)
        for row, bucket in enumerate(visited.tolist()):
            rows[row] = _bucket_sdr(bucket, self.size, self.active_bits, self.seed).indices
        return rows[which]

    def _values(self, bucket: int) -> Bucket:
        low, value, high = (clipped(self.offset + (bucket + end) * self.resolution) for end in (-0.5, 0.0, 0.5))
        return Bucket(bucket, value, low, high)

    def _buckets(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        with np.errstate(over="ignore"):  # an infinite result is clipped
            scaled = (numbers - self.offset) / self.resolution + 0.5
        return np.floor(np.clip(scaled, -LAST_BUCKET, LAST_BUCKET)).astype(np.int64)


@lru_cache(maxsize=2**14)  # about 500 bytes each: more buckets than most streams visit, 8 MB at most
def _bucket_sdr(bucket: int, size: int, active_bits: int, seed: int) -> SDR:
    block, place = divmod(bucket, size)
    bits = _block(block, size, active_bits, seed)[place : place + active_bits]
    if bits.size < active_bits:
        rest = _block(block + 1, size, active_bits, seed)[: active_bits - bits.size]
        bits = np.concatenate((bits, rest))
    return read_only_sdr(np.sort(bits), size)


@lru_cache(maxsize=64)  # `size` uint32 each: even a drifting stream needs only a few at a time
def _block(block: int, size: int, active_bits: int, seed: int) -> NDArray[np.uint32]:
    """Return the bits at positions block * size ... (block + 1) * size - 1 of the sequence b, shape (size,)."""
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
    # Seeds must not be negative: map 0, -1, 1, -2 … to 0, 1, 2, 3 …
    natural = 2 * block if block >= 0 else -2 * block - 1
    keys = np.random.default_rng([seed, natural]).random(size)
    # Sorting random keys depends only on the generator's doubles, not on NumPy's shuffle algorithm.
    return np.argsort(keys, kind="stable").astype(np.uint32)
