"""Encoders of numbers that have a state or hand another number on: log, delta, adaptive; and decoding."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from zhtm_detector.common.container import write_container
from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.encoders import (
    AdaptiveScalarEncoder,
    BucketEncoder,
    DeltaEncoder,
    LogEncoder,
    RandomDistributedScalarEncoder,
    ScalarEncoder,
)
from zhtm_detector.htm.sdr import SDR

numbers = st.floats(allow_nan=False, allow_infinity=False)
modest = st.floats(-1e6, 1e6)
WIDE = ScalarEncoder(3, 21, -10.0, 10.0)  # buckets one wide, -10 in bucket 0


def seen(encoder: BucketEncoder, *values: float) -> BucketEncoder:
    encoder.encode_many(list(values))
    return encoder


def test_log_by_hand() -> None:
    encoder = LogEncoder(RandomDistributedScalarEncoder(resolution=0.5), scale=0.5)
    # Far above the scale asinh(x / 0.5) is ln(4 x): one decade is two buckets.
    assert [encoder.bucket(x) for x in (0.0, 2.5e3, 2.5e4, -2.5e4)] == [0, 8, 10, -10]
    assert encoder.bucket(0.01) == 0
    assert encoder.bucket_values(10).value == pytest.approx(2.5e4)
    assert encoder.bucket_values(10).low == pytest.approx(2.5e4 / 10**0.25)


@given(numbers, st.floats(1e-300, 1e300))
def test_log_buckets_contain_their_values(value: float, scale: float) -> None:
    assume(abs(value) < scale * 1e300)
    encoder = LogEncoder(RandomDistributedScalarEncoder(resolution=0.1), scale)
    _, _, low, high = encoder.bucket_values(encoder.bucket(value))
    edge = 1e-6 * max(abs(value), scale)  # of hundreds of decades, a double has few places within one
    assert low - edge <= value <= high + edge


def test_delta_by_hand() -> None:
    encoder = DeltaEncoder(WIDE)
    bits = [encoder.encode(x).indices[0] for x in (100.0, 103.0, 103.0, 95.0)]
    assert bits == [10, 13, 10, 2]  # the differences 0, 3, 0 and -8
    assert encoder.bucket(94.0) == 9
    assert encoder.earlier().bucket(94.0) == 1  # 103 came before
    assert encoder.bucket_values(9) == (9, 94.0, 93.5, 94.5)


def test_delta_of_logarithms_is_the_ratio() -> None:
    encoder = LogEncoder(DeltaEncoder(RandomDistributedScalarEncoder(resolution=0.01)), scale=1e-6)
    _, doubled, again, halved = (encoder.encode(x) for x in (3.0, 6.0, 12.0, 6.0))
    assert doubled == again
    assert doubled.overlap(halved) < 5
    assert encoder.bucket_values(encoder.bucket(12.0)).value == pytest.approx(12.0, rel=0.02)


@given(st.lists(numbers, max_size=12), st.integers(0, 12))
def test_delta_is_the_encoder_within_on_differences(values: list[float], cut: int) -> None:
    encoder = DeltaEncoder(RandomDistributedScalarEncoder(resolution=0.5))
    rows = [*encoder.encode_many(values[:cut]).tolist(), *encoder.encode_many(values[cut:]).tolist()]
    differences = [max(-1.7e308, min(1.7e308, b - a)) for a, b in pairwise(values[:1] + values)]
    assert rows == encoder.encoder.encode_many(differences).tolist()


def naive_ranges(values: list[float], padding: float) -> list[tuple[float, float]]:
    ranges: list[tuple[float, float]] = []
    for value in values:
        low, high = ranges[-1] if ranges else (value, value)
        if value > high:
            high = value + padding * (value - low)
        if value < low:
            low = value - padding * (high - value)
        ranges.append((low, high))
    return ranges


@given(st.lists(modest, max_size=12), st.floats(0.0, 2.0), st.integers(2, 60))
def test_adaptive_is_a_scalar_encoder_of_the_range_so_far(values: list[float], padding: float, buckets: int) -> None:
    encoder = AdaptiveScalarEncoder(4, buckets, padding)
    rows = encoder.encode_many(values).tolist()
    for row, value, (low, high) in zip(rows, values, naive_ranges(values, padding), strict=True):
        start = (buckets - 1) // 2
        if low < high:
            start = min(math.floor((value - low) * (buckets - 1) / (high - low) + 0.5), buckets - 1)
        assert row == list(range(start, start + 4))
    assert encoder.range == (naive_ranges(values, padding)[-1] if values else None)


def test_adaptive_by_hand() -> None:
    encoder = AdaptiveScalarEncoder(2, 11, padding=0.5)
    assert encoder.range is None
    assert [encoder.bucket(x) for x in (3.0, -1e300)] == [5, 5]
    seen(encoder, 4.0)
    assert encoder.range == (4.0, 4.0)
    assert encoder.bucket(8.0) == 7  # as it would be in the range from 4 to 8 + 0.5 * 4
    seen(encoder, 8.0)
    assert encoder.range == (4.0, 10.0)
    seen(encoder, 2.0)
    assert encoder.range == (2.0 - 0.5 * 8.0, 10.0)
    assert encoder.earlier().bucket(4.0) == 0  # type: ignore[attr-defined]
    assert encoder.bucket_values(10) == (10, 10.0, 9.4, 10.0)


def test_a_range_too_wide_changes_nothing() -> None:
    encoder = DeltaEncoder(seen(AdaptiveScalarEncoder(2, 11), 0.0))
    encoder.encode(1.0)
    with pytest.raises(ValueError, match=r"^value: expected at most 8.6e\+301 from those before, got 1e\+308$"):
        encoder.encode_many([5.0, 1e308])
    assert encoder.bucket(1.0) == 5
    assert encoder.encoder.range == (0.0, 0.0)  # type: ignore[attr-defined]


FRESH: list[Any] = [
    ScalarEncoder(5, 30, -3.0, 9.0),
    ScalarEncoder(5, 30, -3.0, 9.0, periodic=True),
    RandomDistributedScalarEncoder(resolution=0.4, offset=1.0),
    LogEncoder(RandomDistributedScalarEncoder(resolution=0.02)),
    seen(DeltaEncoder(RandomDistributedScalarEncoder(resolution=0.4)), 5.0, 2.5),
    seen(LogEncoder(DeltaEncoder(RandomDistributedScalarEncoder(resolution=0.02))), 5.0, 2.5),
    seen(AdaptiveScalarEncoder(5, 30), -3.0, 9.0, 4.0),
]


@pytest.mark.parametrize("encoder", FRESH, ids=lambda encoder: type(encoder).__name__)
def test_what_decode_returns(encoder: BucketEncoder) -> None:
    for value in np.linspace(-2.9, 8.9, 60).tolist():
        bits = encoder.look(value)
        found = encoder.decode(bits, -3.0, 8.95)
        assert found is not None
        assert found == encoder.bucket_values(encoder.bucket(value))
        assert found.low - 1e-9 <= value <= found.high + 1e-9
        assert found.low <= found.value <= found.high
        noisy = SDR.of(
            [*bits.indices[1:].tolist(), (int(bits.indices[0]) + encoder.size // 2) % encoder.size], bits.size
        )
        near = encoder.decode(noisy, -3.0, 8.95)
        assert near is not None
        assert abs(near.number - found.number) <= 1
    assert encoder.decode(SDR.of([], encoder.size), 0.0, 1.0) is None


@pytest.mark.parametrize(
    ("encoder", "arguments", "message"),
    [
        (WIDE, ([1, 2],), r"^bits: expected a SDR, got \[1, 2\]$"),
        (WIDE, (SDR.of([1], 24),), "^bits: expected an SDR of 23 bits, got 24$"),
        (WIDE, (SDR.of([1], 23), 1.0), "^high: expected a finite number, got None$"),
        (WIDE, (SDR.of([1], 23), 5.0, 1.0), r"^high: expected at least low \(5.0\), got 1.0$"),
        (FRESH[2], (SDR.of([1], 400),), "^low and high: expected at most 49932 buckets to compare, got "),
        (FRESH[2], (SDR.of([1], 400), -1e9, 1e9), "^low and high: expected at most 49932 buckets to compare, got "),
        (DeltaEncoder(WIDE), (SDR.of([1], 23),), "^bucket_values: expected a value first"),
        (AdaptiveScalarEncoder(3, 21), (SDR.of([1], 23),), "^bucket_values: expected a value first"),
    ],
)
def test_decode_refuses(encoder: BucketEncoder, arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encoder.decode(*arguments)


@pytest.mark.parametrize("bucket", [-1, 21, 1.5, None])
def test_there_is_no_such_bucket(bucket: Any) -> None:
    with pytest.raises(ValueError, match=r"^bucket: expected a whole number from 0 to 20, got"):
        WIDE.bucket_values(bucket)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DeltaEncoder(5), "^encoder: expected an encoder of numbers, got 5$"),  # type: ignore[arg-type]
        (lambda: LogEncoder(WIDE, 0.0), "^scale: expected above 0, got 0.0$"),
        (lambda: LogEncoder(WIDE, math.inf), "^scale: expected a finite number, got inf$"),
        (lambda: AdaptiveScalarEncoder(2, 1), "^buckets: expected a whole number from 2 to "),
        (lambda: AdaptiveScalarEncoder(2, 5, -1.0), "^padding: expected a finite number from 0 to 10, got -1.0$"),
    ],
)
def test_bad_parameters(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("kind", "settings", "arrays", "message"),
    [
        (DeltaEncoder, {"encoder": ["HTMModel", {}]}, {}, "encoder: expected class and settings of an encoder"),
        (DeltaEncoder, {"encoder": None}, {}, "encoder: expected class and settings of an encoder"),
        (DeltaEncoder, {"encoder": ["DateEncoder", {}]}, {}, "settings: expected time_of_day"),
        (DeltaEncoder, None, {"last": np.zeros(3)}, "last: expected two values at most"),
        (DeltaEncoder, None, {"last": np.array([math.nan])}, "last: expected numbers from"),
        (DeltaEncoder, None, {}, "last: missing"),
        (AdaptiveScalarEncoder, None, {"range": [2.0, 1.0], "before": [2.0, 1.0]}, "range: expected the lower number"),
        (AdaptiveScalarEncoder, None, {"range": [0.0, 1.0], "before": [0.0, 2.0]}, "before: expected a range within"),
        (AdaptiveScalarEncoder, None, {"range": [0.0, 1e308], "before": [0.0, 2.0]}, "range: expected a narrower"),
    ],
)
def test_spoilt_files(kind: Any, settings: Any, arrays: Any, message: str, tmp_path: Any) -> None:
    encoder = DeltaEncoder(WIDE) if kind is DeltaEncoder else AdaptiveScalarEncoder(2, 5)
    arrays = {name: np.array(array, dtype=np.float64) for name, array in arrays.items()}
    write_container(tmp_path / "x.npz", kind.__name__, settings or encoder.settings(), arrays)
    with pytest.raises(InputError, match=message):
        kind.load(tmp_path / "x.npz")
