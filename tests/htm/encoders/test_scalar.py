from __future__ import annotations

import sys
from typing import Any

import pytest

from zhtm_detector.htm.encoders import ScalarEncoder


def bits(encoder: ScalarEncoder, value: float) -> list[int]:
    indices: list[int] = encoder.encode(value).indices.tolist()
    return indices


def test_clipped_by_hand() -> None:
    encoder = ScalarEncoder(active_bits=3, buckets=5, minimum=0.0, maximum=4.0)
    assert (encoder.size, encoder.active_bits) == (7, 3)
    assert [bits(encoder, value) for value in (0, 1, 2, 3, 4)] == [
        [0, 1, 2],
        [1, 2, 3],
        [2, 3, 4],
        [3, 4, 5],
        [4, 5, 6],
    ]


def test_clipped_buckets_are_centred_and_round_half_up() -> None:
    encoder = ScalarEncoder(active_bits=3, buckets=5, minimum=0.0, maximum=4.0)
    assert [encoder.bucket(value) for value in (0.49, 0.5, 1.49, 1.5, 3.49, 3.5)] == [0, 1, 1, 2, 3, 4]


def test_values_outside_are_clipped() -> None:
    encoder = ScalarEncoder(active_bits=3, buckets=5, minimum=-2.0, maximum=2.0)
    assert bits(encoder, -1e308) == bits(encoder, -2.0) == [0, 1, 2]
    assert bits(encoder, 1e308) == bits(encoder, 2.0) == [4, 5, 6]


def test_periodic_by_hand() -> None:
    encoder = ScalarEncoder(active_bits=3, buckets=8, minimum=0.0, maximum=24.0, periodic=True)
    assert encoder.size == 8
    assert bits(encoder, 0.0) == [0, 1, 2]
    assert bits(encoder, 2.99) == [0, 1, 2]
    assert bits(encoder, 3.0) == [1, 2, 3]
    assert bits(encoder, 18.0) == [0, 6, 7]
    assert bits(encoder, 23.99) == [0, 1, 7]


def test_periodic_wraps_values_outside() -> None:
    encoder = ScalarEncoder(active_bits=3, buckets=8, minimum=-4.0, maximum=4.0, periodic=True)
    assert encoder.bucket(4.0) == encoder.bucket(-4.0) == encoder.bucket(84.0) == 0
    assert [encoder.bucket(value) for value in (-5.0, 5.0, 3.0, 11.0, -13.0)] == [7, 1, 7, 7, 7]
    assert 0 <= encoder.bucket(1e308) < 8


def test_rounding_at_the_end_of_the_cycle() -> None:
    encoder = ScalarEncoder(active_bits=3, buckets=8, minimum=0.0, maximum=1.0, periodic=True)
    assert encoder.bucket(-1e-300) == 7
    assert encoder.encode_many([-1e-300]).tolist() == [[0, 1, 7]]


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize(
    ("minimum", "maximum"),
    [
        (-1e150, 1e150),
        (1e150, 2e150),
        (-1e300, 1e300),
        (0.0, 5e-324),
        (1.0, 1.0 + sys.float_info.epsilon),
        (-6e301, 2e301),
    ],
)
def test_extreme_ranges_use_all_their_buckets(minimum: float, maximum: float, periodic: bool) -> None:
    encoder = ScalarEncoder(3, 10, minimum, maximum, periodic)
    assert encoder.bucket(minimum) == 0
    assert encoder.bucket(maximum) == (0 if periodic else 9)
    for value in (minimum, maximum, minimum / 2 + maximum / 2, 1e308, -1e308, 0.0, sys.float_info.max):
        assert encoder.encode_many([value])[0].tolist() == bits(encoder, value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"active_bits": 0}, r"^active_bits: expected a whole number from 1 to \d+, got 0$"),
        ({"active_bits": 2.0}, r"^active_bits: expected a whole number .* got 2.0$"),
        ({"active_bits": True}, r"^active_bits: .* got True$"),
        ({"active_bits": 2**40}, r"^active_bits: "),
        ({"buckets": 1}, r"^buckets: expected a whole number from 2 to \d+, got 1$"),
        ({"buckets": 10**9}, r"^buckets: "),
        ({"buckets": "150"}, r"^buckets: .* got '150'$"),
        ({"buckets": 3, "periodic": True}, r"^buckets: expected a whole number from 4 to \d+, got 3$"),
        ({"minimum": float("nan")}, r"^minimum: expected a finite number, got nan$"),
        ({"maximum": float("inf")}, r"^maximum: expected a finite number, got inf$"),
        ({"maximum": None}, r"^maximum: expected a finite number, got None$"),
        ({"minimum": 9.0}, r"^maximum: expected above minimum \(9.0\) by at most 8.6e\+301, got 9.0$"),
        ({"minimum": 10.0}, r"^maximum: expected above minimum \(10.0\) "),
        ({"minimum": -1e308, "maximum": 1e308}, r"^maximum: expected above minimum .* by at most 8.6e\+301"),
        ({"periodic": 1}, r"^periodic: expected True or False, got 1$"),
    ],
)
def test_bad_parameters(change: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {"active_bits": 3, "buckets": 10, "minimum": 0.0, "maximum": 9.0}
    ScalarEncoder(**good)
    with pytest.raises(ValueError, match=message):
        ScalarEncoder(**{**good, **change})
