from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from zhtm_detector.htm.encoders import RandomDistributedScalarEncoder
from zhtm_detector.htm.encoders import random_distributed as module

# These must never change: a saved model would no longer recognize its values.
GOLDEN = {
    -21: [9, 10, 17],
    -1: [4, 5, 17],
    0: [4, 8, 17],
    9: [3, 12, 19],
    18: [5, 6, 11],
    19: [5, 6, 13],
    20: [6, 13, 14],
}


def test_golden_rows() -> None:
    encoder = RandomDistributedScalarEncoder(20, 3, resolution=1.0)
    assert {bucket: encoder.encode(float(bucket)).indices.tolist() for bucket in GOLDEN} == GOLDEN


def test_same_rows_in_another_process() -> None:
    code = (
        "from zhtm_detector.htm.encoders import RandomDistributedScalarEncoder as E\n"
        "import sys; sys.stdout.write(E(resolution=0.5, seed=7).encode_many([1e6, -3.0, 210.0]).tobytes().hex())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "123"}
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    here = RandomDistributedScalarEncoder(resolution=0.5, seed=7).encode_many([1e6, -3.0, 210.0])
    assert other.stdout == here.tobytes().hex()


def test_bucket_by_hand() -> None:
    encoder = RandomDistributedScalarEncoder(resolution=0.5, offset=10.0)
    values = (10.0, 10.24, 10.25, 9.75, 9.74, 0.0, 11.0)
    assert [encoder.bucket(value) for value in values] == [0, 0, 1, 0, -1, -20, 2]


def test_defaults() -> None:
    encoder = RandomDistributedScalarEncoder(resolution=1.0)
    assert (encoder.size, encoder.active_bits, encoder.offset, encoder.seed) == (400, 21, 0.0, 42)


def test_buckets_are_clipped() -> None:
    encoder = RandomDistributedScalarEncoder(resolution=1e-3)
    assert encoder.bucket(1e300) == encoder.bucket(sys.float_info.max) == 2**53
    assert encoder.bucket(-1e300) == encoder.bucket(-sys.float_info.max) == -(2**53)
    assert len(encoder.encode(1e300)) == len(encoder.encode(-1e300)) == 21
    assert encoder.encode_many([1e300, -sys.float_info.max]).tolist() == [
        encoder.encode(sys.float_info.max).indices.tolist(),
        encoder.encode(-1e300).indices.tolist(),
    ]


def test_extreme_resolutions() -> None:
    assert RandomDistributedScalarEncoder(resolution=5e-324).bucket(1.0) == 2**53
    assert RandomDistributedScalarEncoder(resolution=1e308, offset=-1e308).bucket(1.7e308) == 2**53  # overflows
    assert RandomDistributedScalarEncoder(resolution=1e308).bucket(-1.7e308) == -2


def test_order_of_visits_does_not_matter() -> None:
    values = np.arange(-900.0, 900.0, 7.0)
    forward = RandomDistributedScalarEncoder(resolution=1.0).encode_many(values)
    module._block.cache_clear()
    module._bucket_sdr.cache_clear()
    backward = RandomDistributedScalarEncoder(resolution=1.0).encode_many(values[::-1])[::-1]
    assert np.array_equal(forward, backward)


def test_caches_are_bounded() -> None:
    for cache in (module._block, module._bucket_sdr):
        assert cache.cache_info().maxsize is not None


def test_seeds_differ() -> None:
    rows = {
        RandomDistributedScalarEncoder(resolution=1.0, seed=seed).encode(5.0).indices.tobytes() for seed in range(50)
    }
    assert len(rows) == 50


def test_far_buckets_overlap_by_chance() -> None:
    encoder = RandomDistributedScalarEncoder(resolution=1.0)
    dense = np.zeros((2000, encoder.size), dtype=np.int64)
    np.put_along_axis(dense, encoder.encode_many(np.arange(-50_000.0, 50_000.0, 50.0)).astype(np.int64), 1, axis=1)
    overlaps = (dense @ dense.T)[np.triu_indices(2000, k=1)]
    # Hypergeometric: 21 * 21 / 400 bits on average; 12 or more in fewer than one of 10**9 pairs.
    assert abs(overlaps.mean() - 21 * 21 / 400) < 0.02
    assert overlaps.max() < 12
    # Every bit is active in about 2000 * 21 / 400 = 105 rows, with a standard deviation of about 10.
    assert 55 < dense.sum(axis=0).min() <= dense.sum(axis=0).max() < 155


@pytest.mark.parametrize(("size", "active_bits"), [(7, 1), (13, 2), (127, 21)])
def test_the_smallest_sizes_are_feasible(size: int, active_bits: int) -> None:
    encoder = RandomDistributedScalarEncoder(size, active_bits, resolution=1.0)
    buckets = np.arange(-4.0 * size, 4.0 * size)
    rows = encoder.encode_many(buckets)
    for distance in range(1, active_bits + 1):
        for left, right in zip(rows[:-distance], rows[distance:], strict=True):
            assert np.intersect1d(left, right).size == active_bits - distance or distance >= active_bits
    assert (np.diff(rows.astype(np.int64), axis=1) > 0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 126}, r"^size: expected a whole number from 127 to \d+, got 126$"),
        ({"size": 10**9}, r"^size: "),
        ({"size": 400.0}, r"^size: .* got 400.0$"),
        ({"active_bits": 0}, r"^active_bits: expected a whole number from 1 to \d+, got 0$"),
        ({"active_bits": 10**9}, r"^active_bits: "),
        ({"resolution": 0.0}, r"^resolution: expected above 0, got 0.0$"),
        ({"resolution": -1.0}, r"^resolution: expected above 0, got -1.0$"),
        ({"resolution": float("nan")}, r"^resolution: expected a finite number, got nan$"),
        ({"resolution": "1"}, r"^resolution: expected a finite number, got '1'$"),
        ({"offset": float("inf")}, r"^offset: expected a finite number, got inf$"),
        ({"seed": -1}, r"^seed: expected a whole number from 0 to 4294967295, got -1$"),
        ({"seed": 2**32}, r"^seed: "),
        ({"seed": None}, r"^seed: .* got None$"),
    ],
)
def test_bad_parameters(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RandomDistributedScalarEncoder(**{"resolution": 1.0, **change})
