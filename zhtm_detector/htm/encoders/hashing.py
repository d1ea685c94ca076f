"""Random numbers that follow from a seed and a name or place, the same in every process: what Python's hash is not."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

_GOLDEN = 0x9E3779B97F4A7C15  # 2**64 over the golden ratio


def generator_of(seed: int, name: str) -> np.random.Generator:
    """Return the random generator of a name; lone surrogates are allowed."""
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return np.random.default_rng([seed, int.from_bytes(digest, "little")])


def first_of(keys: NDArray[np.float64], count: int) -> NDArray[np.uint32]:
    """Return the places of the smallest keys, sorted, shape (count,); of equal ones the first."""
    return np.sort(np.argsort(keys, kind="stable")[:count]).astype(np.uint32)


def mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return random words that follow from others, of any shape.

    Source: the finalizer of SplitMix64; G. Steele, D. Lea, C. Flood, *Fast Splittable Pseudorandom Number Generators*,
    OOPSLA 2014.
    """
    words = words + np.uint64(_GOLDEN)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def hashed_places(places: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """Return a random word for each place, shape (n, dimensions); the result has shape (n,)."""
    words = mixed(np.full(len(places), seed, dtype=np.uint64))
    for along in places.astype(np.uint64).T:  # negative ones wrap
        words = mixed(words ^ along)
    return words


def distinct_bits(words: NDArray[np.uint64], size: int) -> NDArray[np.uint32]:
    """Return a bit for each word, shape (n,), sorted; a word whose bit is taken gets another one, by its next hash."""
    taken: set[int] = set()
    hashes = mixed(words)
    for i in range(len(words)):
        while int(hashes[i] % np.uint64(size)) in taken:
            hashes[i : i + 1] = mixed(hashes[i : i + 1])
        taken.add(int(hashes[i] % np.uint64(size)))
    return np.array(sorted(taken), dtype=np.uint32)
