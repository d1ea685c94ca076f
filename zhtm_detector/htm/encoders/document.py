"""Texts and other sets of tokens, so that those with many tokens in common share many bits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import LARGEST_VALUE, check_sequence, finite, flag, seed_of, whole
from zhtm_detector.htm.encoders.encoder import MAX_SIZE, Encoder, read_only_sdr
from zhtm_detector.htm.encoders.hashing import first_of, generator_of
from zhtm_detector.htm.sdr import SDR

_WORDS = re.compile(r"\w+")


class SimHashDocumentEncoder(Encoder):
    """Encodes a text, or tokens with weights, by a similarity hash.

    Every token has a random number for each bit, by its hash; a document has the weighted sums of those of its tokens.
    The `active_bits` bits with the highest sums are active: documents with many tokens in common have similar sums.

    Parameters
    ----------
    size : int, default 400
        Bits of an SDR, above `active_bits`.
    active_bits : int, default 21
        Active bits of every SDR.
    case_sensitive : bool, default False
        Whether Rain and rain differ.
    seed : int, default 42
        From 0 to 2**32 - 1. The same seed yields the same bits in every process.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Notes
    -----
    A value is a text, whose words are its tokens; a sequence of tokens; or a mapping of token to weight, above 0 and
    up to 1e150. A token that occurs n times weighs n; the order does not matter.

    Source: M. Charikar, *Similarity Estimation Techniques from Rounding Algorithms*, STOC 2002, section 3: the signs of
    random projections. Here the highest sums take the place of the positive ones, so that the number of active bits is
    constant, and the numbers are uniform instead of normal. NuPIC's community has an encoder of this name, with hashes
    of +1 and -1, whose sums are often equal.

    Examples
    --------
    >>> encoder = SimHashDocumentEncoder()
    >>> document = encoder.encode("the quick brown fox jumps over the lazy dog")
    >>> others = ("The quick brown fox jumps over the lazy cat", "the lazy dog sleeps", "rain in April")
    >>> [document.overlap(encoder.encode(other)) for other in others]
    [14, 4, 2]
    """

    def __init__(self, size: int = 400, active_bits: int = 21, case_sensitive: bool = False, seed: int = 42) -> None:
        self.active_bits = whole("active_bits", active_bits, 1, MAX_SIZE - 1)
        self.size = whole("size", size, self.active_bits + 1, MAX_SIZE)
        self.case_sensitive = flag("case_sensitive", case_sensitive)
        self.seed = seed_of(seed)

    def encode(self, value: str | Sequence[str] | Mapping[str, float]) -> SDR:
        """Encode one document; ValueError for anything but tokens as in the notes, and for none at all."""
        sums = np.zeros(self.size)
        for token, weight in sorted(self._weights(value).items()):  # in order, because sums of doubles depend on it
            sums += weight * (generator_of(self.seed, token).random(self.size) - 0.5)
        return read_only_sdr(first_of(-sums, self.active_bits), self.size)

    def _weights(self, value: str | Sequence[str] | Mapping[str, float]) -> dict[str, float]:
        found: list[tuple[str, float]]
        if isinstance(value, Mapping):
            found = [(token, finite("weight", weight, 0.0, LARGEST_VALUE)) for token, weight in value.items()]
        elif isinstance(value, str):
            found = [(token, 1.0) for token in _WORDS.findall(value)]
        else:
            check_sequence("value", value, "tokens")
            found = [(token, 1.0) for token in value]
        weights: Counter[str] = Counter()
        for token, weight in found:
            if not isinstance(token, str) or not token or weight == 0.0:
                raise ValueError(f"token: expected text that is not empty, of a weight above 0, got {shown(token)}")
            weights[token if self.case_sensitive else token.casefold()] += weight  # type: ignore[assignment]
        if not weights:
            raise ValueError(f"value: expected at least one token, got {shown(value)}")
        return dict(weights)
