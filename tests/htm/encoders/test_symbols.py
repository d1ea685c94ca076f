"""Categories, documents and bits that are passed through."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhtm_detector.htm.encoders import (
    CategoryEncoder,
    PassThroughEncoder,
    SDRCategoryEncoder,
    SimHashDocumentEncoder,
    SparsePassThroughEncoder,
)
from zhtm_detector.htm.sdr import SDR

WORDS = [f"word{number}" for number in range(40)]


def test_categories_by_hand() -> None:
    encoder = CategoryEncoder(["a", 1, "1"], active_bits=2)
    assert [encoder.bucket(value) for value in ("a", 1, "1", "?", 2)] == [1, 2, 3, 0, 0]
    assert encoder.encode("1").indices.tolist() == [6, 7]
    assert [encoder.decode(encoder.encode(value)) for value in ("a", 1, "1", "?")] == ["a", 1, "1", None]
    assert encoder.decode(SDR.of([0, 1, 4, 5, 6, 7], 8)) is None
    with pytest.raises(ValueError, match=r"^bits: expected an SDR of 8 bits, got 9$"):
        encoder.decode(SDR.of([0], 9))


def test_random_categories_share_what_chance_gives() -> None:
    encoder = SDRCategoryEncoder(200, 20)
    bits = [encoder.encode(word) for word in WORDS]
    overlaps = [one.overlap(other) for i, one in enumerate(bits) for other in bits[:i]]
    assert np.mean(overlaps) == pytest.approx(20 * 20 / 200, rel=0.1)
    assert max(overlaps) < 12
    assert encoder.encode(1).overlap(encoder.encode("1")) < 10
    noisy = SDR.of([*bits[7].indices[:12].tolist(), 0, 1, 2], 200)
    assert encoder.decode(noisy, WORDS) == "word7"
    with pytest.raises(ValueError, match=r"^categories: expected at least one, and each once, got "):
        encoder.decode(noisy, [])


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12), st.randoms())
def test_the_order_of_tokens_does_not_matter(tokens: list[str], random: Any) -> None:
    encoder = SimHashDocumentEncoder(case_sensitive=True)
    mixed = list(tokens)
    random.shuffle(mixed)
    counts = {token: float(tokens.count(token)) for token in mixed}
    expected = encoder.encode(tokens)
    assert encoder.encode(mixed) == expected
    assert encoder.encode(counts) == expected
    assert encoder.encode(" ".join(mixed)) == expected
    assert encoder.encode({token: 4.0 * count for token, count in counts.items()}) == expected


def test_documents_share_the_more_the_more_tokens_they_share() -> None:
    encoder = SimHashDocumentEncoder(1000, 100)
    means = []
    for common in (20, 15, 10, 0):
        overlaps = []
        for first in range(8):
            tokens = [f"{first} {number}" for number in range(40)]
            overlaps.append(encoder.encode(tokens[:20]).overlap(encoder.encode(tokens[20 - common : 40 - common])))
        means.append(np.mean(overlaps))
    assert means[0] == 100
    assert means[0] > means[1] + 20 > means[2] + 30 > means[3] + 40
    assert means[3] == pytest.approx(10, abs=4)


def test_weights_and_case() -> None:
    loose, strict = SimHashDocumentEncoder(), SimHashDocumentEncoder(case_sensitive=True)
    assert loose.encode("Rain rain STRASSE") == loose.encode({"rain": 2, "straße": 1})
    assert strict.encode("Rain") != strict.encode("rain")
    rain, sun = loose.encode("rain"), loose.encode("sun")
    heavy = loose.encode({"rain": 5.0, "sun": 1.0})
    assert heavy.overlap(rain) > 10 > heavy.overlap(sun)


def test_passed_on_as_it_is() -> None:
    given = SDR.of([1, 4], 6)
    for value in (given, given.dense, given.dense.astype(bool), given.dense.tolist()):
        assert PassThroughEncoder(6, 2).encode(value) == given
    given.indices[0] = 0  # what was passed on is not changed by it
    assert PassThroughEncoder(3, 1).encode_many(np.eye(3, dtype=int)).tolist() == [[0], [1], [2]]
    assert SparsePassThroughEncoder(6, 2).encode_many(np.array([[4, 1], [0, 5]])).tolist() == [[1, 4], [0, 5]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CategoryEncoder([]), "^categories: expected at least one, and each once, got"),
        (lambda: CategoryEncoder(["a", "a"]), "^categories: expected at least one, and each once, got"),
        (lambda: CategoryEncoder("ab"), "^categories: expected a 1-d sequence of categories, got 'ab'$"),
        (lambda: CategoryEncoder([1.5]), "^category: expected text or a whole number of 64 bits, got 1.5$"),  # type: ignore[list-item]
        (lambda: CategoryEncoder(list("abc"), 2**19), "^categories: expected at most 1, got 3$"),
        (lambda: SDRCategoryEncoder(100, 21), "^size: expected a whole number from 127 to "),
        (lambda: SimHashDocumentEncoder(21, 21), "^size: expected a whole number from 22 to "),
        (lambda: SimHashDocumentEncoder(case_sensitive=1), "^case_sensitive: expected True or False, got 1$"),  # type: ignore[arg-type]
        (lambda: PassThroughEncoder(5, 6), "^active_bits: expected a whole number from 1 to 5, got 6$"),
    ],
)
def test_bad_parameters(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
