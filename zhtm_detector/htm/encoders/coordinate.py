"""Places on a grid, as random bits of the places around them; and places on the earth, on such a grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import finite, seed_of, whole
from zhtm_detector.htm.encoders.encoder import MAX_SIZE, Encoder, as_rows, read_only_sdr
from zhtm_detector.htm.encoders.hashing import distinct_bits, hashed_places
from zhtm_detector.htm.sdr import SDR

_FARTHEST = 2**62  # of a coordinate
_MOST_AROUND = 2**16  # places around one
_MOST_DIMENSIONS = 8
EARTH_RADIUS = 6_378_137.0  # metres; the sphere of Web Mercator has WGS 84's longer half-axis
_CIRCUMFERENCE = 2.0 * math.pi * EARTH_RADIUS
_NORTHERNMOST = math.degrees(math.atan(math.sinh(math.pi)))  # 85.05 degrees, where the map is a square
_OVERLAP = 1.5  # of the places around two positions in a row, as in NuPIC


class CoordinateEncoder(Encoder):
    """Encodes a place on a grid, within a radius, so that places share bits the more, the closer they are.

    Every place of the grid has a random order and a random bit, by its hash. Of all places at most `radius` away along
    each axis, the `active_bits` of the highest order are chosen; their bits are active. Places whose surroundings
    largely agree choose largely the same ones.

    Parameters
    ----------
    size : int, default 1000
        Bits of an SDR: more than 6 times `active_bits`.
    active_bits : int, default 21
        Active bits of every SDR.
    dimensions : int, default 2
        Numbers of a coordinate, from 1 to 8.
    seed : int, default 42
        From 0 to 2**32 - 1. The same seed yields the same bits in every process.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Notes
    -----
    A value is a pair (coordinate, radius): whole numbers from -2**62 to 2**62, and one so that at least `active_bits`
    and at most 2**16 places lie within it: (2 * radius + 1) ** `dimensions`.

    Two chosen places may have the same bit; the one of lower order then gets another, by hashing again. NuPIC's encoder
    has fewer active bits in this case.

    Source: NuPIC's CoordinateEncoder; S. Purdy, *Encoding Data for HTM Systems*, arXiv:1602.05925, on geospatial data.

    Examples
    --------
    >>> encoder = CoordinateEncoder()
    >>> here = encoder.encode(((100, 200), 5))
    >>> [here.overlap(encoder.encode(((100 + far, 200), 5))) for far in (0, 1, 4, 20)]
    [21, 18, 10, 0]
    """

    def __init__(self, size: int = 1000, active_bits: int = 21, dimensions: int = 2, seed: int = 42) -> None:
        self.active_bits = whole("active_bits", active_bits, 1, _MOST_AROUND)
        self.size = whole("size", size, 6 * self.active_bits + 1, MAX_SIZE)
        self.dimensions = whole("dimensions", dimensions, 1, _MOST_DIMENSIONS)
        self.seed = seed_of(seed)
        self._radii = _radii(self.active_bits, self.dimensions)

    def encode(self, value: tuple[Sequence[int], int]) -> SDR:
        """Encode one place; ValueError for anything but a pair of a coordinate and a radius, as in the notes."""
        coordinate, radius = items("value", value, ("coordinate", "radius"))
        names = tuple(f"number {i + 1}" for i in range(self.dimensions))
        numbers = items("coordinate", coordinate, names)
        centre = [whole("coordinate", number, -_FARTHEST, _FARTHEST) for number in numbers]
        return self.bits_around(centre, whole("radius", radius, *self._radii))

    def bits_around(self, centre: list[int], radius: int, around: int = 0) -> SDR:
        """Return the SDR of a valid place; `around`: where the first axis begins again, 0: nowhere."""
        places = np.array(centre, dtype=np.int64) + _offsets(radius, self.dimensions)
        if around:
            places[:, 0] %= around
        words = hashed_places(places, self.seed)
        order = np.argsort(words, kind="stable")[::-1][: self.active_bits]
        return read_only_sdr(distinct_bits(words[order], self.size), self.size)


class GeospatialEncoder(Encoder):
    """Encodes a position on the earth, the more coarsely the faster it moves.

    Positions become coordinates on a map; the radius of `CoordinateEncoder` is such that the places around two
    positions in a row overlap, whatever the speed.

    Parameters
    ----------
    scale : float
        Metres on the equator from one coordinate to the next, from 0.001 to 100,000. Closer positions are the same.
    timestep : float
        Seconds between two positions, above 0.
    size, active_bits, seed : int
        As in `CoordinateEncoder`.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Notes
    -----
    A value is (latitude, longitude, speed): degrees from -90 to 90 and from -180 to 180, and metres per second from 0.
    The map is Web Mercator (EPSG:3857): x = R * longitude, y = R * asinh(tan(latitude)), R = 6,378,137 m,
    with longitudes that join at 180 degrees, and latitudes beyond 85.05 degrees clipped. It stretches distances by
    1 / cos(latitude), which is allowed for in the radius:
    0.75 * speed * `timestep` / (`scale` * cos(latitude)), rounded, but at least as much as `active_bits` need, and at
    most 127.

    Source: NuPIC's GeospatialCoordinateEncoder, which takes speed, longitude and latitude, and does not allow for the
    stretching; S. Purdy, *Encoding Data for HTM Systems*, arXiv:1602.05925, on geospatial data.

    Examples
    --------
    >>> encoder = GeospatialEncoder(scale=5.0, timestep=10.0)
    >>> walk, near = encoder.encode((48.8584, 2.2945, 1.5)), encoder.encode((48.8585, 2.2945, 1.5))
    >>> encoder.radius(48.8584, 1.5), encoder.radius(48.8584, 15.0), walk.overlap(near)
    (3, 34, 7)
    """

    def __init__(self, scale: float, timestep: float, size: int = 1000, active_bits: int = 21, seed: int = 42) -> None:
        self.scale = finite("scale", scale, 1e-3, 1e5)
        self.timestep = finite("timestep", timestep)
        if self.timestep <= 0.0:
            raise ValueError(f"timestep: expected above 0, got {self.timestep!r}")
        self._grid = CoordinateEncoder(size, active_bits, 2, seed)
        self.size, self.active_bits, self.seed = self._grid.size, self._grid.active_bits, self._grid.seed
        self._around = round(_CIRCUMFERENCE / self.scale)  # coordinates around the equator

    def coordinate(self, latitude: float, longitude: float) -> tuple[int, int]:
        """Return the coordinate of a position: to the east and to the north of 0 degrees, on the map."""
        latitude, longitude = finite("latitude", latitude, -90.0, 90.0), finite("longitude", longitude, -180.0, 180.0)
        parallel = math.radians(min(max(latitude, -_NORTHERNMOST), _NORTHERNMOST))
        north = math.asinh(math.tan(parallel)) / (2.0 * math.pi)  # in circumferences
        return math.floor(longitude / 360.0 * self._around) % self._around, math.floor(north * self._around)

    def radius(self, latitude: float, speed: float) -> int:
        """Return the radius, in coordinates, within which a position is encoded."""
        latitude, speed = finite("latitude", latitude, -90.0, 90.0), finite("speed", speed, 0.0)
        shrunk = math.cos(math.radians(min(abs(latitude), _NORTHERNMOST)))
        least, most = _radii(self.active_bits, 2)
        return round(min(max(_OVERLAP / 2.0 * speed * self.timestep / (self.scale * shrunk), least), most))

    def encode(self, value: tuple[float, float, float]) -> SDR:
        """Encode one position; ValueError for anything but latitude, longitude and speed, as in the notes."""
        latitude, longitude, speed = items("value", value, ("latitude", "longitude", "speed"))
        centre = self.coordinate(latitude, longitude)
        return self._grid.bits_around(list(centre), self.radius(latitude, speed), self._around)

    def encode_many(self, values: Any) -> NDArray[np.uint32]:
        """Return the active bits of many positions, shape (n, active_bits); also of the rows of an array (n, 3)."""
        return super().encode_many(as_rows(values))


def items(name: str, value: Any, expected: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the items of a value that is a tuple, list or array of as many as expected."""
    known = isinstance(value, (tuple, list)) or (type(value) is np.ndarray and value.ndim == 1)
    if not known or len(value) != len(expected):
        raise ValueError(f"{name}: expected ({', '.join(expected)}), got {shown(value)}")
    return tuple(value)


def _radii(active_bits: int, dimensions: int) -> tuple[int, int]:
    """Return the least and the largest radius."""
    least = next(radius for radius in range(_MOST_AROUND) if (2 * radius + 1) ** dimensions >= active_bits)
    most = next(radius for radius in range(_MOST_AROUND) if (2 * radius + 3) ** dimensions > _MOST_AROUND)
    if least > most:
        raise ValueError(f"active_bits: expected at most {(2 * most + 1) ** dimensions}, got {active_bits}")
    return least, most


@lru_cache(maxsize=8)  # a megabyte each at most, in two dimensions
def _offsets(radius: int, dimensions: int) -> NDArray[np.int64]:
    """Return the places around the origin, shape (places, dimensions)."""
    return np.indices((2 * radius + 1,) * dimensions).reshape(dimensions, -1).T.astype(np.int64) - radius
