"""Categories, which are equal or not: as bits of their own, or as random bits that need no list of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import check_sequence, instance, seed_of, whole
from zhtm_detector.htm.encoders.encoder import MAX_SIZE, Encoder, read_only_sdr
from zhtm_detector.htm.encoders.hashing import first_of, generator_of
from zhtm_detector.htm.sdr import SDR

Category = str | int


def category_of(name: str, value: Any) -> Category:
    """Return a category, a text or a whole number of 64 bits, of Python or NumPy."""
    if isinstance(value, str):
        return str(value)
    try:
        return whole(name, value, -(2**63), 2**63 - 1)
    except ValueError:
        raise ValueError(f"{name}: expected text or a whole number of 64 bits, got {shown(value)}") from None


def _categories(values: Any) -> list[Category]:
    check_sequence("categories", values, "categories")
    found = [category_of("category", value) for value in values]
    if not found or len(set(found)) < len(found):
        raise ValueError(f"categories: expected at least one, and each once, got {shown(found)}")
    return found


class CategoryEncoder(Encoder):
    """Encodes each of the given categories, and all others together, as bits of their own.

    Parameters
    ----------
    categories : sequence of str or int
        At least one, each once; 1 and "1" differ.
    active_bits : int, default 21
        Active bits of every SDR; `size` is that many for each category, and for all unknown ones.

    Raises
    ------
    ValueError
        If a parameter is of another type or out of its range.

    Notes
    -----
    Source: S. Purdy, *Encoding Data for HTM Systems*, arXiv:1602.05925, "Categories"; NuPIC's CategoryEncoder, which
    also gives the first bits to what is unknown.

    Examples
    --------
    >>> encoder = CategoryEncoder(["sun", "rain"], active_bits=2)
    >>> encoder.size, [encoder.encode(value).indices.tolist() for value in ("sun", "rain", "frogs")]
    (6, [[2, 3], [4, 5], [0, 1]])
    >>> encoder.decode(SDR.of([1, 4, 5], size=6))
    'rain'
    """

    def __init__(self, categories: Sequence[Category], active_bits: int = 21) -> None:
        self.categories = _categories(categories)
        self.active_bits = whole("active_bits", active_bits, 1, MAX_SIZE)
        self.size = self.active_bits * (len(self.categories) + 1)
        if self.size > MAX_SIZE:
            most = MAX_SIZE // self.active_bits - 1
            raise ValueError(f"categories: expected at most {most}, got {len(self.categories)}")
        self._bucket_of = {category: bucket for bucket, category in enumerate(self.categories, 1)}

    def bucket(self, value: Category) -> int:
        """Return a category's number, from 1 in the order given; 0 if it is unknown."""
        return self._bucket_of.get(category_of("value", value), 0)

    def encode(self, value: Category) -> SDR:
        """Encode one category; ValueError unless it is text or a whole number."""
        first = self.bucket(value) * self.active_bits
        return read_only_sdr(np.arange(first, first + self.active_bits, dtype=np.uint32), self.size)

    def decode(self, bits: SDR) -> Category | None:
        """Return the category that shares most bits with an SDR, of equals the first; None if unknown ones do."""
        if instance("bits", bits, SDR).size != self.size:
            raise ValueError(f"bits: expected an SDR of {self.size} bits, got {bits.size}")
        overlaps = np.bincount(bits.indices // self.active_bits, minlength=len(self.categories) + 1)
        bucket = int(overlaps.argmax())
        return self.categories[bucket - 1] if bucket else None


class SDRCategoryEncoder(Encoder):
    """Encodes each category as random bits that follow from its name: any category, without a list of them.

    Two categories share a few bits by chance: `active_bits` ** 2 / `size` on average.

    Parameters
    ----------
    size : int, default 400
        Bits of an SDR: more than 6 times `active_bits`, so that categories differ.
    active_bits : int, default 21
        Active bits of every SDR.
    seed : int, default 42
        From 0 to 2**32 - 1. The same seed yields the same bits in every process.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Notes
    -----
    The bits are a sample without replacement by NumPy's generator, seeded with `seed` and the category's BLAKE2b hash.

    Source: S. Purdy, *Encoding Data for HTM Systems*, arXiv:1602.05925, "Categories"; NuPIC's SDRCategoryEncoder, which
    keeps a list.

    Examples
    --------
    >>> encoder = SDRCategoryEncoder()
    >>> rain, sun = encoder.encode("rain"), encoder.encode("sun")
    >>> len(rain), rain.overlap(encoder.encode("rain")), rain.overlap(sun) < 5
    (21, 21, True)
    >>> encoder.decode(rain, ["sun", "rain"])
    'rain'
    """

    def __init__(self, size: int = 400, active_bits: int = 21, seed: int = 42) -> None:
        self.active_bits = whole("active_bits", active_bits, 1, (MAX_SIZE - 1) // 6)
        self.size = whole("size", size, 6 * self.active_bits + 1, MAX_SIZE)
        self.seed = seed_of(seed)

    def encode(self, value: Category) -> SDR:
        """Encode one category; ValueError unless it is text or a whole number."""
        category = category_of("value", value)
        rng = generator_of(self.seed, f"{type(category).__name__} {category}")  # 1 and "1" differ
        return read_only_sdr(first_of(rng.random(self.size), self.active_bits), self.size)

    def decode(self, bits: SDR, categories: Sequence[Category]) -> Category:
        """Return which of some categories shares most bits with an SDR; of equals the first."""
        if instance("bits", bits, SDR).size != self.size:
            raise ValueError(f"bits: expected an SDR of {self.size} bits, got {bits.size}")
        return max(_categories(categories), key=lambda category: bits.overlap(self.encode(category)))
