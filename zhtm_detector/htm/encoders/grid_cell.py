"""Places in a plane, as the grid cells of the entorhinal cortex."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.htm.checks import finite, seed_of, whole
from zhtm_detector.htm.encoders.coordinate import items
from zhtm_detector.htm.encoders.encoder import MAX_SIZE, Encoder, as_rows, read_only_sdr
from zhtm_detector.htm.sdr import SDR

_FARTHEST = 1e12  # periods from the origin, where doubles still have places within a period
_NEIGHBOURS = np.array([(u, v) for u in (-1, 0, 1) for v in (-1, 0, 1)], dtype=np.float64)


class GridCellEncoder(Encoder):
    """Encodes a place in a plane by modules of grid cells, each of which sees it on a triangular grid of its own.

    The cells of a module have the same scale and orientation, and random phases. Of each module those are active whose
    grids come closest to the place. One module says where in a period the place is, several together which period.

    Parameters
    ----------
    modules : int, default 4
    cells : int, default 100
        Of each module; `size` = `modules` * `cells`.
    active_cells : int, default 5
        Of each module, below `cells`; `active_bits` = `modules` * `active_cells`.
    scale : float, default 1.0
        Period of the finest module, in units of the place.
    ratio : float, default 2 ** 0.5
        Of the periods of two modules in a row, from 1 to 10.
    seed : int, default 42
        From 0 to 2**32 - 1, for orientations and phases. The same seed yields the same bits in every process.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Notes
    -----
    A value is (x, y), each at most 1e12 periods of the finest module. On the axes of a module, at 60 degrees, a
    place (u, v) repeats with a period of 1; the distance of two places is the least length of their difference, whose
    square is u * u + u * v + v * v, among those to the nearest repetitions.

    Source: T. Hafting et al., *Microstructure of a Spatial Map in the Entorhinal Cortex*, Nature 436, 2005; H. Stensola
    et al., *The Entorhinal Grid Map Is Discretized*, Nature 492, 2012: modules whose periods grow by about the square
    root of 2; M. Lewis et al., *Locations in the Neocortex*, Frontiers in Neural Circuits 13, 2019. The community's
    GridCellEncoder has one random phase for each cell as well.

    Examples
    --------
    >>> encoder = GridCellEncoder(scale=10.0)
    >>> here = encoder.encode((3.0, 4.0))
    >>> encoder.size, [here.overlap(encoder.encode((3.0 + far, 4.0))) for far in (0.0, 0.5, 2.0, 100.0)]
    (400, [20, 16, 6, 0])
    """

    def __init__(
        self,
        modules: int = 4,
        cells: int = 100,
        active_cells: int = 5,
        scale: float = 1.0,
        ratio: float = math.sqrt(2.0),
        seed: int = 42,
    ) -> None:
        self.modules = whole("modules", modules, 1, 64)
        self.cells = whole("cells", cells, 2, MAX_SIZE // self.modules)
        self.active_cells = whole("active_cells", active_cells, 1, self.cells - 1)
        self.scale = finite("scale", scale, 1e-100, 1e100)
        self.ratio = finite("ratio", ratio, 1.0, 10.0)
        self.seed = seed_of(seed)
        self.size, self.active_bits = self.modules * self.cells, self.modules * self.active_cells
        rng = np.random.default_rng(self.seed)
        self._orientation = rng.random(self.modules) * math.pi / 3.0  # a grid turned by 60 degrees is the same
        self._phase = rng.random((self.modules, self.cells, 2))

    def encode(self, value: tuple[float, float]) -> SDR:
        """Encode one place; ValueError for anything but two finite numbers, as in the notes."""
        most = _FARTHEST * self.scale
        x, y = (finite("value", number, -most, most) for number in items("value", value, ("x", "y")))
        bits = []
        for module, angle in enumerate(self._orientation.tolist()):
            period = self.scale * self.ratio**module
            along = (math.cos(angle) * x + math.sin(angle) * y) / period
            across = (math.cos(angle) * y - math.sin(angle) * x) / period
            v = across * 2.0 / math.sqrt(3.0)
            u = along - v / 2.0
            nearest = np.argsort(self._distances(module, u % 1.0, v % 1.0), kind="stable")[: self.active_cells]
            bits.append(np.sort(nearest) + module * self.cells)
        return read_only_sdr(np.concatenate(bits).astype(np.uint32), self.size)

    def encode_many(self, values: Any) -> NDArray[np.uint32]:
        """Return the active bits of many places, shape (n, active_bits); also of the rows of an array (n, 2)."""
        return super().encode_many(as_rows(values))

    def _distances(self, module: int, u: float, v: float) -> NDArray[np.float64]:
        """Return the squared distance of each cell's grid to a place, in periods, shape (cells,)."""
        away = (self._phase[module] - (u, v))[:, np.newaxis] + _NEIGHBOURS
        du, dv = away[..., 0], away[..., 1]
        distances: NDArray[np.float64] = (du * du + du * dv + dv * dv).min(axis=1)
        return distances
