"""Parameters of a model's parts: encoders, spatial pooler, temporal memories, columns.

Types hold the ranges, comments the units, docstrings the sources of the defaults. `SearchRange` is where
`zhtm tune params` searches.
"""

from __future__ import annotations

from math import ceil, prod
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, model_validator

from zhtm_detector.common.json_reader import json_text
from zhtm_detector.common.text import printable
from zhtm_detector.htm.search_range import SearchRange

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Permanence = Share
Fraction = Annotated[float, Field(gt=0.0, le=1.0)]  # not 0
Count = Annotated[int, Field(ge=0, lt=2**31)]
Positive = Annotated[int, Field(gt=0, lt=2**31)]

MAX_BITS = 2**20  # of the encoders together; equal to encoders.encoder.MAX_SIZE, which imports this module
MAX_COLUMNS = 2**20
MAX_CELLS = 2**24  # of a temporal memory; some 50 bytes each
MAX_PRESYNAPTIC = 2**16  # minicolumns of all steps of a context: an index is a uint16
MOST_POTENTIAL = 2**28  # columns times inputs of a spatial pooler; 5 bytes each
_MOST_SYNAPSES = 2**28  # of a temporal memory: a segment's slots, rounded up, times its segments; some 12 bytes each
_MOST_STORED = 2**29  # synapses of a context memory; 3 bytes each
_MOST_PLACES = 2**28  # for the numbers of the segments of all minicolumns, 4 bytes each
_MOST_TIMES = 4095  # buckets of the time of day; kernels.columns.TIMES leaves room for no more
_PERIODS = {"time_of_day": 24, "day_of_week": 7, "season": 366}  # hours, days, days


def other_kind(given: Any, found: Any) -> str:
    """Name the kind of value expected where pydantic turned a truth value, a number or a text into another of them.

    Its own strict mode would refuse lists for tuples and 1.0 for 1 as well. Empty if the kind is the same.
    """
    if isinstance(given, list | tuple) and isinstance(found, tuple):
        return next(filter(None, map(other_kind, given, found)), "")
    if not isinstance(found, bool | int | float | str):
        return ""
    if isinstance(given, bool) == isinstance(found, bool) and isinstance(given, str) == isinstance(found, str):
        return ""
    return "true or false" if isinstance(found, bool) else "text" if isinstance(found, str) else "a number"


class Params(BaseModel):
    """Base of all parameter models: immutable, and strict about unknown names, kinds of values, non-finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="wrap")
    @classmethod
    def _as_in_json(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        given = data if isinstance(data, dict) else {}
        for name in given:  # before pydantic's own check, so that the message can list the parameters
            if name not in cls.model_fields:
                known = ", ".join(cls.model_fields)
                raise ValueError(f"{printable(str(name), 40)}: unknown parameter; expected one of {known}")
        found = handler(data)
        for name, value in given.items():
            if expected := other_kind(value, getattr(found, name)):
                raise ValueError(f"{name}: expected {expected}, got {json_text(value)}")
        return found


def check_random_bits(size: int, active_bits: int) -> None:
    """Raise ValueError unless a `RandomDistributedScalarEncoder` can have so many bits."""
    least = 6 * active_bits + 1
    if not least <= size <= MAX_BITS:
        raise ValueError(f"size: expected from {least} (6 * active_bits + 1) to {MAX_BITS}, got {size}")


class RandomDistributedScalarParams(Params):
    """Value encoder whose buckets are pseudo-random bits (NuPIC's NAB parameters)."""

    kind: Literal["random_distributed"] = "random_distributed"
    size: Positive = 400  # bits
    active_bits: Positive = 21
    buckets: Annotated[Positive, SearchRange(40, 400, log=True)] = 130  # over the padded range
    range_padding: Annotated[float, Field(ge=0.0, le=10.0)] = 0.2  # of the range, added on each side
    minimum_resolution: Annotated[float, Field(gt=0.0)] = 0.001  # value units per bucket

    @model_validator(mode="after")
    def _wide_enough(self) -> RandomDistributedScalarParams:
        check_random_bits(self.size, self.active_bits)
        return self

    @property
    def largest_size(self) -> int:
        """Bits of the encoder, whatever the values."""
        return self.size


class ScalarParams(Params):
    """Value encoder of contiguous bits, clipped at the range; one bucket per unit of value, within limits."""

    kind: Literal["scalar"] = "scalar"
    active_bits: Positive = 41
    minimum_buckets: Annotated[int, Field(ge=2, le=MAX_BITS)] = 150
    maximum_buckets: Positive = 1000

    @model_validator(mode="after")
    def _ordered(self) -> ScalarParams:
        if self.maximum_buckets < self.minimum_buckets:
            raise ValueError(
                f"maximum_buckets: expected at least minimum_buckets ({self.minimum_buckets}), "
                f"got {self.maximum_buckets}"
            )
        if self.largest_size > MAX_BITS:
            raise ValueError(
                f"maximum_buckets: expected at most {MAX_BITS - self.active_bits + 1} (with active_bits "
                f"{self.active_bits}), got {self.maximum_buckets}"
            )
        return self

    @property
    def largest_size(self) -> int:
        """Most bits of the encoder; the number of buckets depends on the values."""
        return self.maximum_buckets + self.active_bits - 1


class CyclicParams(Params):
    """One cyclic part of a date: `active_bits` contiguous bits that cover `radius` units of the cycle."""

    active_bits: Positive
    radius: Annotated[float, Field(gt=0.0)]  # hours for time of day, days for day of week and season


class DateParams(Params):
    """Which parts of the timestamp are encoded; None leaves a part out."""

    time_of_day: CyclicParams | None = None
    day_of_week: CyclicParams | None = None
    season: CyclicParams | None = None
    weekend_bits: Positive | None = None

    @model_validator(mode="after")
    def _within_cycles(self) -> DateParams:
        for name, period in _PERIODS.items():
            part = getattr(self, name)
            if part is None:
                continue
            bits = min(part.active_bits * period / part.radius, 2.0 * MAX_BITS)  # ceil() takes no infinity
            # Second test: a radius that differs from the period by rounding only leaves a single bucket.
            if part.radius >= period or ceil(bits) <= part.active_bits:
                raise ValueError(f"{name}.radius: expected below the period ({period}), got {part.radius!r}")
            if bits > MAX_BITS:
                raise ValueError(
                    f"{name}.radius: expected one that needs at most {MAX_BITS} bits "
                    f"(active_bits * {period} / radius), got {part.radius!r}"
                )
        if self.size > MAX_BITS:
            raise ValueError(f"*: expected at most {MAX_BITS} bits together, got {self.size}")
        return self

    @property
    def size(self) -> int:
        """Bits of all parts together."""
        size = 2 * (self.weekend_bits or 0)
        for name, period in _PERIODS.items():
            part = getattr(self, name)
            if part is not None:
                size += ceil(part.active_bits * period / part.radius)
        return size


class SpatialPoolerParams(Params):
    """Spatial pooler: BAMI's parameters, named in full. Defaults: NuPIC's NAB parameters."""

    column_dimensions: tuple[Positive, ...] = (2048,)
    input_dimensions: tuple[Positive, ...] | None = None  # None: one dimension, all bits of the encoders
    potential_fraction: Annotated[Fraction, SearchRange(0.3, 1.0)] = 0.8  # of the inputs within the radius
    potential_radius: Positive | None = None  # in inputs, to each side and in each dimension; None: every input
    wrap_around: bool = True
    global_inhibition: bool = True
    active_columns: Positive = 40  # winners among all columns; under local inhibition, their density
    stimulus_threshold: Count = 0  # minimum overlap of a winner
    permanence_increment: Annotated[Permanence, SearchRange(0.0003, 0.1, log=True)] = 0.003
    permanence_decrement: Annotated[Permanence, SearchRange(0.0001, 0.05, log=True)] = 0.0005
    connected_permanence: Permanence = 0.2
    minimum_overlap_duty_cycle: Share = 0.001  # share of the best neighbour's
    duty_cycle_period: Positive = 1000  # records
    boost_strength: Annotated[float, Field(ge=0.0, le=100.0)] = 0.0
    update_period: Positive = 50  # records between updates of inhibition radius and minimum duty cycles

    @property
    def columns(self) -> int:
        """Number of columns."""
        return prod(self.column_dimensions)

    def check_inputs(self, inputs: int, name: str = "") -> None:
        """Raise ValueError, which names the field after `name`, unless the pooler can have so many inputs."""
        if self.input_dimensions is not None and prod(self.input_dimensions) != inputs:
            raise ValueError(
                f"{name}input_dimensions: expected a product of {inputs} (the input bits), "
                f"got {list(self.input_dimensions)}"
            )
        if self.columns * inputs > MOST_POTENTIAL:
            raise ValueError(
                f"{name}column_dimensions: expected at most {MOST_POTENTIAL // inputs} columns of {inputs} inputs, "
                f"got {self.columns}"
            )

    @model_validator(mode="after")
    def _consistent(self) -> SpatialPoolerParams:
        if len(self.column_dimensions) not in (1, 2):
            raise ValueError(f"column_dimensions: expected 1 or 2 of them, got {len(self.column_dimensions)}")
        if self.input_dimensions is not None and len(self.input_dimensions) != len(self.column_dimensions):
            raise ValueError(
                f"input_dimensions: expected {len(self.column_dimensions)} as column_dimensions has, "
                f"got {len(self.input_dimensions)}"
            )
        if self.columns > MAX_COLUMNS:
            raise ValueError(f"column_dimensions: expected at most {MAX_COLUMNS} columns, got {self.columns}")
        if self.active_columns > self.columns:
            raise ValueError(
                f"active_columns: expected at most {self.columns} (all columns), got {self.active_columns}"
            )
        return self


class TemporalMemoryParams(Params):
    """Temporal memory: BAMI's parameters, named in full. Defaults: NuPIC's NAB parameters."""

    cells_per_column: Annotated[int, Field(gt=0, le=1024)] = 32
    activation_threshold: Annotated[Count, SearchRange(8, 24)] = 20  # connected active synapses; 0: always active
    matching_threshold: Annotated[Count, SearchRange(5, 16)] = 13  # active synapses of a matching segment
    initial_permanence: Annotated[float, Field(ge=0.001, le=1.0), SearchRange(0.1, 0.5)] = 0.24
    connected_permanence: Permanence = 0.5
    permanence_increment: Annotated[Permanence, SearchRange(0.01, 0.3, log=True)] = 0.04
    permanence_decrement: Annotated[Permanence, SearchRange(0.001, 0.2, log=True)] = 0.008
    predicted_decrement: Annotated[Permanence, SearchRange(0.0001, 0.05, log=True)] = 0.001  # after a false prediction
    new_synapses: Annotated[Positive, SearchRange(10, 40)] = 31  # per segment and record, including its active ones
    synapses_per_segment: Annotated[int, Field(gt=0, le=32767)] = 128
    segments_per_cell: Annotated[int, Field(gt=0, le=32767)] = 128
    segments: Annotated[int, Field(gt=0, le=2**25)] = 2**16  # in the whole memory

    @property
    def slot_bits(self) -> int:
        """Bits of a synapse's number within its segment: at least 6, because flags are stored in words of 64."""
        return max(6, (self.synapses_per_segment - 1).bit_length())

    @model_validator(mode="after")
    def _consistent(self) -> TemporalMemoryParams:
        if self.segments << self.slot_bits > _MOST_SYNAPSES:
            raise ValueError(
                f"segments: expected at most {_MOST_SYNAPSES >> self.slot_bits} of {self.synapses_per_segment} "
                f"synapses, got {self.segments}"
            )
        if self.matching_threshold > self.activation_threshold:
            raise ValueError(
                f"matching_threshold: expected at most activation_threshold ({self.activation_threshold}), "
                f"got {self.matching_threshold}"
            )
        return self


class ContextMemoryParams(Params):
    """Temporal memory of one cell per minicolumn whose segments reach back several steps.

    Defaults: chosen on NAB and GutenTAG together.
    """

    context: Annotated[int, Field(ge=0, le=16), SearchRange(3, 12)] = 7  # steps that a segment samples; 0: none
    new_synapses: Annotated[int, Field(gt=0, le=255), SearchRange(12, 48)] = 24  # of a segment
    # share of a segment's connected synapses; above it, a pattern is known and grows no segment
    match: Annotated[Fraction, SearchRange(0.7, 0.95)] = 0.875
    segments_per_minicolumn: Annotated[int, Field(gt=0, le=4096), SearchRange(16, 64, log=True)] = 32
    segments: Annotated[int, Field(gt=0, le=2**24)] = 2**17  # of all columns of a group together
    initial_permanence: Annotated[float, Field(ge=0.004, le=1.0)] = 1.0
    connected_permanence: Permanence = 0.5
    permanence_increment: Permanence = 0.0
    permanence_decrement: Permanence = 0.0
    readout: Literal["graded", "burst"] = "graded"

    def most_columns(self, minicolumns: int) -> int:
        """Most columns of so many minicolumns, by the memory that they ask for."""
        return _MOST_PLACES // (self.segments_per_minicolumn * minicolumns)

    @model_validator(mode="after")
    def _consistent(self) -> ContextMemoryParams:
        if self.initial_permanence < self.connected_permanence:  # only a match would strengthen the synapses
            raise ValueError(
                f"initial_permanence: expected at least connected_permanence ({self.connected_permanence}), because a "
                f"segment without connected synapses never matches, got {self.initial_permanence}"
            )
        if self.segments * self.new_synapses > _MOST_STORED:
            raise ValueError(
                f"segments: expected at most {_MOST_STORED // self.new_synapses} of {self.new_synapses} synapses, "
                f"got {self.segments}"
            )
        return self


class ColumnEncoderParams(Params):
    """Values as pseudo-random bits at several resolutions side by side, with the time of day where a column sees it."""

    size: Positive = 400  # bits of each resolution
    active_bits: Positive = 11  # of each resolution
    # widths of a bucket as shares of the range, the finest first
    resolutions: tuple[Annotated[float, Field(ge=1e-6, le=1.0)], ...] = (0.01, 0.04)
    time_of_day: CyclicParams = CyclicParams(active_bits=7, radius=6.0)

    @model_validator(mode="after")
    def _consistent(self) -> ColumnEncoderParams:
        least = 6 * self.active_bits + 1
        if self.size < least:
            raise ValueError(f"size: expected at least {least} (6 * active_bits + 1), got {self.size}")
        if not self.resolutions or sorted(set(self.resolutions)) != list(self.resolutions):
            raise ValueError(f"resolutions: expected at least one, ascending, got {list(self.resolutions)}")
        if self.size * len(self.resolutions) > MAX_BITS:
            raise ValueError(
                f"size: expected at most {MAX_BITS // len(self.resolutions)} with {len(self.resolutions)} resolutions, "
                f"got {self.size}"
            )
        buckets = DateParams(time_of_day=self.time_of_day).size
        if buckets > _MOST_TIMES:
            raise ValueError(f"time_of_day: expected at most {_MOST_TIMES} bits, got {buckets}")
        return self

    def bits(self, sees_time: bool) -> int:
        """Bits of all resolutions, and of the time of day if it is seen."""
        return self.size * len(self.resolutions) + (DateParams(time_of_day=self.time_of_day).size if sees_time else 0)


class CalibrationParams(Params):
    """From a column's mismatch to evidence: how far it lies above the column's own mean, in its own deviations."""

    memory: Annotated[float, Field(ge=1.0, le=1e6), SearchRange(20.0, 500.0, log=True)] = 100.0  # blocks averaged
    least_deviation: Annotated[Fraction, SearchRange(0.002, 0.1, log=True)] = 0.01  # added to deviations
    prior_deviation: Annotated[Share, SearchRange(0.02, 0.15, log=True)] = 0.05  # expected before the first mismatch
    prior_blocks: Annotated[float, Field(ge=0.0, le=1000.0), SearchRange(0.0, 20.0)] = 5.0  # that this counts as
    half_evidence: Annotated[float, Field(gt=0.0, le=100.0), SearchRange(1.0, 4.0)] = 2.0  # deviations for evidence 0.5
    weight: Annotated[float, Field(ge=0.0, lt=1.0), SearchRange(0.1, 0.6)] = 0.35  # of a column's evidence in the vote
    # number of independent columns that all of the group together count as
    strength: Annotated[float, Field(ge=0.0, le=1000.0), SearchRange(4.0, 40.0, log=True)] = 9.0


class ColumnParams(Params):
    """A group of columns: one for each scale and kind of value seen, alike in everything else.

    A column is an encoder, a spatial pooler and a context memory. Its mismatch is evidence by `calibration`; the share
    of its active minicolumns that own no segment is evidence of a value never seen.
    """

    sees: Annotated[tuple[Literal["mean", "high", "low", "mean_at_time", "change"], ...], Field(min_length=1)]
    blocks: Annotated[Positive | None, SearchRange(80, 480, log=True)] = None  # of the finest scale, per probation
    # period; None: a block is one record
    scales: Annotated[int, Field(gt=0, le=12), SearchRange(3, 7)] = 1  # each with blocks twice as long as the last
    encoder: ColumnEncoderParams = ColumnEncoderParams()
    spatial_pooler: SpatialPoolerParams | None = None  # None: the encoder's bits are the minicolumns
    temporal_memory: ContextMemoryParams = ContextMemoryParams()
    calibration: CalibrationParams | None = None
    unseen_weight: Annotated[Share, SearchRange(0.3, 1.0)] = 0.0

    @property
    def potential(self) -> int:
        """Minicolumns times inputs of the spatial pooler: what it takes in memory; 0 without one."""
        pooler = self.spatial_pooler
        return pooler.columns * self.encoder.bits("mean_at_time" in self.sees) if pooler else 0

    @model_validator(mode="after")
    def _consistent(self) -> ColumnParams:
        if len(set(self.sees)) != len(self.sees):
            raise ValueError(f"sees: expected each kind of value once, got {list(self.sees)}")
        bits = self.encoder.bits("mean_at_time" in self.sees)
        memory, minicolumns = self.temporal_memory, bits
        if self.spatial_pooler:
            self.spatial_pooler.check_inputs(bits, "spatial_pooler.")
            minicolumns = self.spatial_pooler.columns
        if minicolumns * max(1, memory.context) > MAX_PRESYNAPTIC:
            raise ValueError(
                f"temporal_memory.context: expected at most {MAX_PRESYNAPTIC // minicolumns} "
                f"with {minicolumns} minicolumns, got {memory.context}"
            )
        columns = self.scales * len(self.sees)
        if columns > memory.most_columns(minicolumns):
            raise ValueError(
                f"temporal_memory.segments_per_minicolumn: expected at most "
                f"{_MOST_PLACES // (columns * minicolumns)} with {columns} columns of {minicolumns} minicolumns, "
                f"got {memory.segments_per_minicolumn}"
            )
        return self
