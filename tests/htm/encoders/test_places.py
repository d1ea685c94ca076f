"""Coordinates, positions on the earth, and grid cells."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhtm_detector.htm.encoders import CoordinateEncoder, GeospatialEncoder, GridCellEncoder
from zhtm_detector.htm.encoders.hashing import distinct_bits, hashed_places, mixed

_WORD = 2**64 - 1


def naive_mixed(word: int) -> int:
    word = (word + 0x9E3779B97F4A7C15) & _WORD
    word = ((word ^ word >> 30) * 0xBF58476D1CE4E5B9) & _WORD
    word = ((word ^ word >> 27) * 0x94D049BB133111EB) & _WORD
    return word ^ word >> 31


def naive_bits(centre: tuple[int, int], radius: int, size: int, active_bits: int, seed: int) -> list[int]:
    orders = {}
    for x in range(centre[0] - radius, centre[0] + radius + 1):
        for y in range(centre[1] - radius, centre[1] + radius + 1):
            word = naive_mixed(seed)
            for along in (x, y):
                word = naive_mixed(word ^ (along & _WORD))
            orders[x, y] = word
    taken: list[int] = []
    for word in sorted(orders.values(), reverse=True)[:active_bits]:
        bit = naive_mixed(word)
        while bit % size in taken:
            bit = naive_mixed(bit)
        taken.append(bit % size)
    return sorted(taken)


def test_the_published_first_word_of_splitmix64() -> None:
    assert int(mixed(np.zeros(1, dtype=np.uint64))[0]) == 0xE220A8397B1DCDAF


@settings(deadline=None, max_examples=30)
@given(st.tuples(st.integers(-(2**62), 2**62), st.integers(-20, 20)), st.integers(3, 6), st.integers(0, 2**32 - 1))
def test_coordinates_equal_the_slow_twin(centre: tuple[int, int], radius: int, seed: int) -> None:
    """With so few bits that places collide."""
    encoder = CoordinateEncoder(79, 13, seed=seed)
    assert encoder.encode((centre, radius)).indices.tolist() == naive_bits(centre, radius, 79, 13, seed)


def test_as_many_bits_as_there_are() -> None:
    words = np.arange(20, dtype=np.uint64)
    assert distinct_bits(words, 20).tolist() == list(range(20))
    assert len(set(hashed_places(np.array([[0, 1], [1, 0], [0, -1]]), 5).tolist())) == 3


@pytest.mark.parametrize(("dimensions", "radius"), [(1, 10), (3, 1), (8, 1)])
def test_other_dimensions(dimensions: int, radius: int) -> None:
    encoder = CoordinateEncoder(2000, 21, dimensions)
    here, there = (5,) * dimensions, (5,) * (dimensions - 1) + (6,)
    overlap = encoder.encode((here, radius)).overlap(encoder.encode((there, radius)))
    assert 21 * 0.3 < overlap < 21


def test_mean_overlap_is_the_common_share_of_the_surroundings() -> None:
    encoder = CoordinateEncoder(4000, 25)
    for far in (1, 3, 6):
        shares = [
            encoder.encode(((x, 0), 6)).overlap(encoder.encode(((x + far, 0), 6))) / 25 for x in range(0, 2000, 20)
        ]
        assert np.mean(shares) == pytest.approx((13 - far) / 13, abs=0.08)


def test_web_mercator() -> None:
    """The example of IOGP's Guidance Note 7-2 for Popular Visualisation Pseudo-Mercator (method 1024)."""
    encoder = GeospatialEncoder(scale=1.0, timestep=1.0)
    around = round(2 * math.pi * 6378137.0)
    latitude, longitude = 24 + 22 / 60 + 54.433 / 3600, -(100 + 20 / 60)
    x, y = encoder.coordinate(latitude, longitude)
    assert (x - around, y) == pytest.approx((-11169055.58, 2800000.00), abs=2.0)
    assert encoder.coordinate(-latitude, -longitude) == pytest.approx((around - x, -y), abs=1)
    assert encoder.coordinate(0.0, 180.0) == encoder.coordinate(0.0, -180.0) == (around // 2, 0)
    assert encoder.coordinate(90.0, 0.0)[1] == pytest.approx(around / 2, abs=2)


def test_radius_by_hand() -> None:
    encoder = GeospatialEncoder(scale=2.0, timestep=10.0, active_bits=21)
    assert [encoder.radius(0.0, speed) for speed in (0.0, 0.5, 4.0, 1e300)] == [2, 2, 15, 127]
    assert encoder.radius(60.0, 4.0) == 30  # where the map is twice as large


def test_the_date_line_is_no_border() -> None:
    encoder = GeospatialEncoder(scale=10.0, timestep=10.0)
    west, east = encoder.encode((10.0, -179.9999, 10.0)), encoder.encode((10.0, 179.9999, 10.0))
    assert west.overlap(east) > 10


def naive_grid(encoder: GridCellEncoder, x: float, y: float) -> list[int]:
    """The distance to every repetition near the place, in plain coordinates."""
    found = []
    for module in range(encoder.modules):
        period, angle = encoder.scale * encoder.ratio**module, float(encoder._orientation[module])
        axes = [(math.cos(angle + turn) * period, math.sin(angle + turn) * period) for turn in (0.0, math.pi / 3)]
        distances = []
        for phase in encoder._phase[module].tolist():
            repetitions = [
                (phase[0] + i) * np.array(axes[0]) + (phase[1] + j) * np.array(axes[1])
                for i in range(-6, 6)
                for j in range(-6, 6)
            ]
            distances.append(min(math.hypot(px - x, py - y) for px, py in repetitions))
        found += [module * encoder.cells + cell for cell in np.argsort(distances)[: encoder.active_cells]]
    return sorted(int(bit) for bit in found)


@pytest.mark.parametrize("place", [(0.0, 0.0), (1.0, -2.0), (3.3, 1.7), (-2.5, 0.2)])
def test_grid_cells_equal_the_slow_twin(place: tuple[float, float]) -> None:
    encoder = GridCellEncoder(2, 20, 4, scale=2.0, ratio=1.5, seed=3)
    assert encoder.encode(place).indices.tolist() == naive_grid(encoder, *place)


def test_a_module_repeats_and_several_do_not() -> None:
    one, four = GridCellEncoder(modules=1), GridCellEncoder(modules=4)
    angle = float(one._orientation[0])
    step = np.array([math.cos(angle), math.sin(angle)])
    assert one.encode(0.3 + step * 0) == one.encode(0.3 + 7 * step)
    assert four.encode(0.3 + step * 0).overlap(four.encode(0.3 + 7 * step)) < 15


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CoordinateEncoder(100, 21), "^size: expected a whole number from 127 to "),
        (lambda: CoordinateEncoder(2**19, 2**16), "^active_bits: expected at most 65025, got 65536$"),
        (lambda: CoordinateEncoder(dimensions=9), "^dimensions: expected a whole number from 1 to 8, got 9$"),
        (lambda: GeospatialEncoder(0.0, 1.0), "^scale: expected a finite number from 0.001 to 100000, got 0.0$"),
        (lambda: GeospatialEncoder(1.0, 0.0), "^timestep: expected above 0, got 0.0$"),
        (lambda: GridCellEncoder(active_cells=100), "^active_cells: expected a whole number from 1 to 99, got 100$"),
        (lambda: GridCellEncoder(scale=-1.0), "^scale: expected a finite number from "),
    ],
)
def test_bad_parameters(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
