"""The spatial pooler: from an SDR of the input to a sparse set of active columns.

Source: Numenta, *Biological and Machine Intelligence* (BAMI), "Spatial Pooling Algorithm Details", and NuPIC's
reading of it where BAMI is silent. One record runs through these phases, in this order:

1. Overlap: the number of a column's connected synapses (permanence >= `connected_permanence`) to active inputs.
2. Boosting (`boost_strength` > 0): the overlap times the column's boost factor, in float32.
3. Inhibition. A column may win when its overlap, before boosting, is at least `stimulus_threshold`; with a threshold
   of 0 a column with overlap 0 may win too. Columns are ranked by (boosted) overlap; the lower index wins ties.
   Global: the `active_columns` best win. Local: a column wins if fewer than k columns of its inhibition area rank
   above it. The area extends `inhibition_radius` columns to each side and includes the column itself;
   k = max(1, round(area * active_columns / columns)). If every area is all columns, inhibition is global.

With learning, in the same record:

4. Winners: permanences to active inputs of the potential pool gain `permanence_increment`, the others lose
   `permanence_decrement`, within [0, 1]; a permanence below half an increment becomes 0 (trimming).
5. Duty cycles of all columns: how often a column won, and how often its overlap exceeded `stimulus_threshold`, as
   moving averages over min(`duty_cycle_period`, records so far).
6. Boost factors: exp(-boost_strength * (active duty cycle - target)), at most e^60. The target is the density of
   winners, or with local inhibition the mean active duty cycle of the area.
7. Weak columns, whose overlap duty cycle is below its minimum: the whole pool gains a tenth of
   `connected_permanence`.
8. Every `update_period` records: the inhibition radius (local: from the mean connected span, in columns), then the
   minimum overlap duty cycles, `minimum_overlap_duty_cycle` times the largest of the area.

At initialization every column draws its potential pool, `potential_fraction` of the inputs within `potential_radius`
of its centre, and half of the pool is connected. A pool with fewer connected synapses than `stimulus_threshold` then
gains tenths of `connected_permanence` until it has that many (at most 16 times). Learning needs no such rule: a
winner has that many connected active synapses, and those only gain.

Without learning, only the last overlaps change.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from re import fullmatch
from typing import Any, ClassVar, Self, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.text import shown
from zhtm_detector.htm.checks import flag, generator, params_of, whole
from zhtm_detector.htm.kernels import spatial_pooler as kernels
from zhtm_detector.htm.kernels import topology
from zhtm_detector.htm.kernels.box import Boxed
from zhtm_detector.htm.kernels.spatial_pooler_state import Scratch, Settings, State
from zhtm_detector.htm.params import MAX_BITS, SpatialPoolerParams
from zhtm_detector.htm.pools import PoolViews
from zhtm_detector.htm.saved import Arrays, Given, Saved, generator_words, one, restore_generator
from zhtm_detector.htm.sdr import SDR, indices_of

A = TypeVar("A", bound=NDArray[Any])

_DUTIES = ("active_duty", "overlap_duty", "minimum_duty")
_MOST_BOOST = 1e27  # above e^60


class SpatialPooler(PoolViews, Saved, Boxed):
    """Maps active input bits to active columns, and learns to represent frequent inputs.

    Parameters
    ----------
    input_size : int
        Number of input bits.
    params : SpatialPoolerParams
    rng : numpy.random.Generator
        Draws the potential pools and the initial permanences; it is not used afterwards.

    Raises
    ------
    ValueError
        If an argument is of another type or out of its range, or the product of `params.input_dimensions` is not
        `input_size`. The same holds for every method, which then changes nothing.

    Notes
    -----
    Source: Numenta, *BAMI*, "Spatial Pooling Algorithm Details"; the rules are listed in the module's docstring.

    Examples
    --------
    >>> params = SpatialPoolerParams(column_dimensions=(64,), active_columns=4)
    >>> pooler = SpatialPooler(32, params, np.random.default_rng(1))
    >>> code = pooler.compute(np.array([2, 3, 5, 7, 11], dtype=np.uint32))
    >>> code.dtype, code.size
    (dtype('uint32'), 4)
    >>> pooler.compute(SDR.of([2, 3, 5, 7, 11], size=32)).sparsity
    0.0625
    >>> pooler, pooler.synapses_of(0)
    (SpatialPooler(32 inputs, 64 columns, records learned: 2), PoolSynapses(26, connected: 13))
    """

    PARAMS: ClassVar = {"params": SpatialPoolerParams}

    def __init__(self, input_size: int, params: SpatialPoolerParams, rng: np.random.Generator) -> None:
        self.params = params = params_of("params", params, SpatialPoolerParams)
        self.input_size = input_size = whole("input_size", input_size, 1, MAX_BITS)
        params.check_inputs(input_size)
        self._drawn_by = deepcopy(generator("rng", rng))  # to draw the same pools again
        dimensions = params.input_dimensions or (1,) * (len(params.column_dimensions) - 1) + (input_size,)
        self._settings = settings_of(params, dimensions)
        self._state = _initial_state(self._settings, params, rng)
        self._scratch = _scratch(self._settings, params)

    @overload
    def compute(self, bits: SDR, learn: bool = True) -> SDR: ...

    @overload
    def compute(self, bits: NDArray[np.uint32], learn: bool = True) -> NDArray[np.uint32]: ...

    def compute(self, bits: NDArray[np.uint32] | SDR, learn: bool = True) -> NDArray[np.uint32] | SDR:
        """Return the active columns of one record.

        Parameters
        ----------
        bits : ndarray of uint32, shape (active,), or SDR
            Active inputs: sorted, unique, each below `input_size`; may be empty. Or an SDR of `input_size` bits.
        learn : bool
            Whether the pooler learns from the record; if not, its state does not change.

        Returns
        -------
        ndarray of uint32, shape (winners,), or SDR
            Sorted; an SDR of the columns, in their dimensions, if `bits` are an SDR.

        Raises
        ------
        ValueError
            If `bits` are not as described.
        """
        if isinstance(bits, SDR):
            return self._columns(self.compute(indices_of("spatial pooler input", bits, self.input_size), learn))
        self._check(bits, 1)
        # Encoders return read-only rows, but the kernel is compiled for writable ones.
        row = bits.reshape(1, bits.size)
        return self._run(row if row.flags.writeable else row.copy(), learn)[0]

    def run(self, rows: NDArray[np.uint32], learn: bool = True) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Process many records with equally many active inputs; equal to calling `compute` for each.

        Parameters
        ----------
        rows : ndarray of uint32, shape (n, active)
            Active inputs of each record, as in `compute`.
        learn : bool

        Returns
        -------
        columns : ndarray of uint32, shape (total,)
            Active columns of all records, concatenated.
        offsets : ndarray of int64, shape (n + 1,)
            The columns of record i are ``columns[offsets[i]:offsets[i + 1]]``.

        Raises
        ------
        ValueError
            If `rows` are not as described; the pooler has then learned nothing.
        """
        self._check(rows, 2)
        return self._run(rows, learn)

    def _check(self, bits: object, dimensions: int) -> None:
        # A mask, a subclass, would be ignored.
        if type(bits) is not np.ndarray or bits.dtype != np.uint32 or bits.ndim != dimensions:
            raise ValueError(f"spatial pooler input: expected {dimensions}-d uint32, got {_describe(bits)}")

    def _run(self, rows: NDArray[np.uint32], learn: bool) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        # Copy read-only and strided arrays: for numba they are other types, which would each be compiled anew.
        rows = rows if rows.flags.carray else rows.copy()
        columns, offsets, bad = kernels.run(self.boxed, rows, flag("learn", learn))
        if bad >= 0:
            raise ValueError(
                f"spatial pooler input, row {bad}: expected sorted unique indices below {self.input_size}, "
                f"got {shown(rows[bad, :30].tolist())}"
            )
        return columns, offsets

    def settings(self) -> dict[str, Any]:
        """Return the arguments of the constructor; the generator as it was before it drew the pools, in hexadecimal."""
        return {**super().settings(), "rng": generator_words(self._drawn_by).astype("<u8").tobytes().hex()}

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Call the constructor, which draws the same pools again."""
        text, rng = settings.get("rng"), np.random.default_rng(0)
        if not isinstance(text, str) or not fullmatch("[0-9a-f]{96}", text):
            raise ValueError(f"rng: expected 96 hexadecimal digits, got {shown(text)}")
        restore_generator(rng, Given({"rng": np.frombuffer(bytes.fromhex(text), "<u8").astype(np.uint64)}))
        return super().from_settings({**settings, "rng": rng})

    def state_arrays(self) -> Arrays:
        """Return the arrays that are saved; the pools follow from the generator, all else from these."""
        state = self._state
        return {
            "permanences": state.permanences[self.potential],  # (synapses,) column by column
            **{name: getattr(state, name) for name in _DUTIES},
            "boost": state.boost,
            "records": one(state.clock[0]),
            "radius": one(state.clock[1]),
        }

    def restore(self, given: Given) -> None:
        """Restore what was learned from arrays as `state_arrays` returns them."""
        state, settings, potential = self._state, self._settings, self.potential
        state.permanences[potential] = given.take("permanences", np.float32, (int(potential.sum()),), 0.0, 1.0)
        connected = state.permanences >= settings.connected
        state.connected[...], state.connected_counts[:] = connected.T, connected.sum(axis=1)
        # Raising a pool that is all at 1 would find that out, and change nothing else.
        state.saturated[:] = np.all((state.permanences == 1.0) | ~potential, axis=1)
        for name in _DUTIES:
            given.fill(getattr(state, name), name, 0.0, 2.0)  # shares, but for rounding
        given.fill(state.boost, "boost", 0.0, _MOST_BOOST)
        radius = given.count("radius", 1, MAX_BITS)
        state.clock[:] = given.count("records"), radius, _reaches_all(settings, radius)

    def kernel_state(self) -> tuple[Any, ...]:
        """Return settings, state and scratch for the kernel's box."""
        return self._settings, self._state, self._scratch

    @property
    def state(self) -> State:
        """Everything that learning changes; the arrays themselves, not copies. Write into them to restore a pooler."""
        return self._state

    @property
    def permanences(self) -> NDArray[np.float32]:
        """Permanences, shape (columns, inputs); -1 outside the potential pool."""
        return _view(self._state.permanences)

    @property
    def potential(self) -> NDArray[np.bool_]:
        """Potential pools, shape (columns, inputs)."""
        return self._state.permanences >= 0.0

    @property
    def connected_counts(self) -> NDArray[np.int32]:
        """Connected synapses of each column, shape (columns,)."""
        return _view(self._state.connected_counts)

    @property
    def overlaps(self) -> NDArray[np.uint16] | NDArray[np.int32]:
        """Overlaps of the last record before boosting, shape (columns,); int32 above 65535 inputs."""
        return _view(self._scratch.overlaps)

    @property
    def boost_factors(self) -> NDArray[np.float32]:
        """Boost factors, shape (columns,)."""
        return _view(self._state.boost)

    @property
    def active_duty_cycles(self) -> NDArray[np.float32]:
        """Share of records that each column won, shape (columns,)."""
        return _view(self._state.active_duty)

    @property
    def overlap_duty_cycles(self) -> NDArray[np.float32]:
        """Share of records in which the overlap exceeded the stimulus threshold, shape (columns,)."""
        return _view(self._state.overlap_duty)

    @property
    def minimum_overlap_duty_cycles(self) -> NDArray[np.float32]:
        """Overlap duty cycle below which a column is weak, shape (columns,)."""
        return _view(self._state.minimum_duty)

    @property
    def most_winners(self) -> int:
        """Most columns that can be active at once, as long as the inhibition radius stays what it is.

        Under local inhibition of radius r any r + 1 columns in a row are in each other's area: at most k of them win.
        """
        columns, wanted = self.params.columns, self.params.active_columns
        if self._settings.global_inhibition or self._state.clock[2] == 1:
            return wanted
        if self._settings.dimensions == 2:
            return columns
        radius = self.inhibition_radius
        winners = max(1, math.floor((2 * radius + 1) * wanted / columns + 0.5))
        return min(columns, winners * math.ceil(columns / (radius + 1)))

    @property
    def inhibition_radius(self) -> int:
        """Reach of the inhibition area to each side, in columns."""
        return int(self._state.clock[1])


def settings_of(params: SpatialPoolerParams, input_dimensions: tuple[int, ...]) -> Settings:
    """Return the parameters as the kernels take them."""

    def two(dimensions: tuple[int, ...]) -> tuple[int, int]:
        return (1, dimensions[0]) if len(dimensions) == 1 else (dimensions[0], dimensions[1])

    return Settings(
        shape=two(params.column_dimensions),
        input_shape=two(input_dimensions),
        dimensions=len(params.column_dimensions),
        wrap_around=params.wrap_around,
        global_inhibition=params.global_inhibition,
        active_columns=params.active_columns,
        stimulus_threshold=params.stimulus_threshold,
        increment=np.float32(params.permanence_increment),
        decrement=np.float32(params.permanence_decrement),
        trim=np.float32(params.permanence_increment / 2.0),  # NuPIC's synPermTrimThreshold
        connected=np.float32(params.connected_permanence),
        minimum_duty=np.float32(params.minimum_overlap_duty_cycle),
        duty_period=params.duty_cycle_period,
        boost_strength=float(params.boost_strength),
        update_period=params.update_period,
    )


def _reaches_all(settings: Settings, radius: int) -> bool:
    """Whether every inhibition area is all columns."""
    # That of the column with the smallest area.
    reach = 2 * radius + 1 if settings.wrap_around else radius + 1
    return settings.global_inhibition or reach >= max(settings.shape)


def _initial_state(settings: Settings, params: SpatialPoolerParams, rng: np.random.Generator) -> State:
    columns, inputs = settings.shape[0] * settings.shape[1], settings.input_shape[0] * settings.input_shape[1]
    state = State(
        permanences=np.empty((columns, inputs), np.float32),
        connected=np.zeros((inputs, columns), np.uint8),
        connected_counts=np.zeros(columns, np.int32),
        active_duty=np.zeros(columns, np.float32),
        overlap_duty=np.zeros(columns, np.float32),
        minimum_duty=np.zeros(columns, np.float32),
        boost=np.ones(columns, np.float32),
        saturated=np.zeros(columns, np.uint8),
        clock=np.zeros(3, np.int64),
    )
    pools = []
    for extent, inputs_along in zip(settings.shape, settings.input_shape, strict=True):
        centres = (2 * np.arange(extent) + 1) * inputs_along // (2 * extent)
        radius, wrap_around = params.potential_radius or inputs_along, settings.wrap_around
        pools.append(np.array([kernels.window(int(c), radius, inputs_along, wrap_around) for c in centres]))
    topology.initialize(
        state.permanences,
        state.connected,
        state.connected_counts,
        pools[0],
        pools[1],
        settings.input_shape[1],
        params.potential_fraction,
        params.connected_permanence,
        params.stimulus_threshold,
        rng,
    )
    if settings.global_inhibition:
        state.clock[1:] = max(settings.shape), 1
    else:
        kernels.update_inhibition_radius(settings, state)
    return state


def _scratch(settings: Settings, params: SpatialPoolerParams) -> Scratch:
    columns = settings.shape[0] * settings.shape[1]
    inputs = settings.input_shape[0] * settings.input_shape[1]
    return Scratch(
        overlaps=np.zeros(columns, np.uint16 if inputs <= 65535 else np.int32),
        part=np.zeros(columns, np.uint8),
        boosted=np.zeros(columns, np.float32),
        keys=np.zeros(columns, np.int32),
        winners=np.zeros(columns, np.uint32),
        deltas=np.full(inputs, -settings.decrement, np.float32),
        raises=np.full(inputs, params.connected_permanence / 10.0, np.float32),
        before=np.zeros(inputs, np.float32),
        crossed=np.zeros((inputs + 7) // 8, np.uint64),
        sums=np.zeros((settings.shape[0] + 1, settings.shape[1] + 1), np.int64),
    )


def _describe(value: object) -> str:
    return f"{value.ndim}-d {value.dtype}" if type(value) is np.ndarray else type(value).__name__


def _view(array: A) -> A:
    view = array.view()
    view.flags.writeable = False
    return view
