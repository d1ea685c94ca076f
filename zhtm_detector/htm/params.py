"""All parameters of the detector as frozen, validated models, and the presets that ship with it.

Types hold the ranges, comments the units, docstrings the sources of the defaults. `SearchRange` is where
`zhtm tune params` searches.
"""

from __future__ import annotations

import json
from math import ceil, prod
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.search_range import SearchRange

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Permanence = Share
Fraction = Annotated[float, Field(gt=0.0, le=1.0)]  # not 0
Count = Annotated[int, Field(ge=0, lt=2**31)]
Positive = Annotated[int, Field(gt=0, lt=2**31)]
Windows = tuple[Annotated[int, Field(gt=0, le=64)], ...]  # blocks in a pattern
Periods = Annotated[float, Field(gt=0.0, le=100.0)]  # probation periods
Tolerance = Annotated[float, Field(ge=0.0, le=1000.0)]

DEFAULT_PRESET = "zhtm"
MAX_BITS = 2**20  # of the encoders together; equal to encoders.encoder.MAX_SIZE, which imports this module
MAX_COLUMNS = 2**20
_KINDS = ("random_distributed", "scalar")
_PERIODS = {"time_of_day": 24, "day_of_week": 7, "season": 366}  # hours, days, days


class Params(BaseModel):
    """Base of all parameter models: immutable, and strict about unknown names and non-finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, data: Any) -> Any:
        # Before pydantic's own check, so that the message can list the parameters.
        for name in data if isinstance(data, dict) else ():
            if name not in cls.model_fields:
                shown = " ".join(str(name).split())[:40]
                raise ValueError(f"{shown}: unknown parameter; expected one of {', '.join(cls.model_fields)}")
        return data


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
        least = 6 * self.active_bits + 1
        if not least <= self.size <= MAX_BITS:
            raise ValueError(f"size: expected from {least} (6 * active_bits + 1) to {MAX_BITS}, got {self.size}")
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


ValueEncoderParams = Annotated[RandomDistributedScalarParams | ScalarParams, Field(discriminator="kind")]


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
        if self.segments << self.slot_bits > 2**31:  # a synapse's place is an int32
            raise ValueError(
                f"segments: expected at most {2**31 >> self.slot_bits} of {self.synapses_per_segment} synapses, "
                f"got {self.segments}"
            )
        if self.matching_threshold > self.activation_threshold:
            raise ValueError(
                f"matching_threshold: expected at most activation_threshold ({self.activation_threshold}), "
                f"got {self.matching_threshold}"
            )
        return self


class ValueNoveltyParams(Params):
    """The simplest voter: how far a value is from the closest earlier one."""

    scale: Annotated[Fraction, SearchRange(0.01, 0.2, log=True)] = 0.05  # of the range: distance of full evidence
    weight: Annotated[Share, SearchRange(0.3, 1.0)] = 0.8  # of its evidence in the vote
    capacity: Annotated[int, Field(gt=1, le=2**24)] = 2**16  # distinct values kept


class BlockNoveltyParams(Params):
    """Pattern stores over blocks of the stream: one per kind, scale and window."""

    blocks: Annotated[Positive, SearchRange(80, 480, log=True)] = 240  # of the finest scale, per probation period
    scales: Annotated[int, Field(gt=0, le=12), SearchRange(3, 7)] = 5  # each with blocks twice as long as the last
    windows: Annotated[Windows, SearchRange(choices=((2, 4), (4, 8), (2, 4, 8), (2, 4, 8, 16)))] = (2, 4, 8)
    kinds: tuple[Literal["mean", "high", "low", "mean_at_time"], ...] = ("mean", "high", "low", "mean_at_time")
    capacity: Annotated[int, Field(gt=0, le=2**16)] = 1000  # patterns per store
    tolerance: Annotated[Share, SearchRange(0.002, 0.05, log=True)] = 0.01  # of the range: a match adds no pattern
    shape_weight: Annotated[Share, SearchRange(0.0, 1.0)] = 0.5  # of the pattern stretched to its own [0, 1]
    time_weight: Annotated[float, Field(ge=0.0, le=10.0), SearchRange(0.0, 1.0)] = 0.2  # of the range, per half day
    memory: Annotated[float, Field(ge=1.0, le=1e6), SearchRange(20.0, 500.0, log=True)] = 100.0  # blocks averaged
    least_deviation: Annotated[Fraction, SearchRange(0.002, 0.05, log=True)] = 0.01  # of the range; added to deviations
    half_evidence: Annotated[float, Field(gt=0.0, le=100.0), SearchRange(1.0, 4.0)] = 2.0  # deviations for evidence 0.5
    weight: Annotated[float, Field(ge=0.0, lt=1.0), SearchRange(0.1, 0.6)] = 0.35  # of a store's evidence in the vote
    # number of independent stores that all of them together count as
    strength: Annotated[float, Field(ge=0.0, le=1000.0), SearchRange(4.0, 40.0, log=True)] = 12.0

    @model_validator(mode="after")
    def _distinct(self) -> BlockNoveltyParams:
        if not self.windows or sorted(set(self.windows)) != list(self.windows):
            raise ValueError(f"windows: expected at least one, ascending, got {list(self.windows)}")
        if not self.kinds or len(set(self.kinds)) != len(self.kinds):
            raise ValueError(f"kinds: expected at least one, each once, got {list(self.kinds)}")
        return self


class GateParams(Params):
    """How much the evidence counts less in a stream that the temporal memory cannot predict."""

    weight: Annotated[Share, SearchRange(0.0, 1.0)] = 0.5  # of the mean raw prediction error
    window: Annotated[Periods, SearchRange(0.05, 1.0, log=True)] = 0.2  # probation periods of the mean


class AnomalyParams(Params):
    """From the voters' evidence to the score."""

    prediction_weight: Share = 1.0  # of the prediction error's evidence in the vote
    gate: GateParams | None = None
    refractory: Annotated[Periods | None, SearchRange(0.05, 1.0, log=True)] = None  # None: no rule
    likelihood: bool = True  # False: the raw score itself
    averaging_window: Annotated[Positive, SearchRange(3, 50, log=True)] = 10  # records
    history: Annotated[int, Field(gt=0, le=2**24)] = 8640  # records: a month at five minutes
    reestimation_period: Positive = 100  # records
    # of the range seen; None: no rule
    value_range_tolerance: Annotated[Tolerance | None, SearchRange(0.01, 0.2, log=True)] = 0.05

    @model_validator(mode="after")
    def _window_in_history(self) -> AnomalyParams:
        if self.averaging_window > self.history:
            raise ValueError(
                f"averaging_window: expected at most history ({self.history}), got {self.averaging_window}"
            )
        return self


class ModelParams(Params):
    """A whole detector."""

    description: str = ""
    value_encoder: ValueEncoderParams = RandomDistributedScalarParams()
    date_encoder: DateParams = DateParams(time_of_day=CyclicParams(active_bits=21, radius=9.49))
    spatial_pooler: SpatialPoolerParams = SpatialPoolerParams()
    temporal_memory: TemporalMemoryParams = TemporalMemoryParams()
    value_novelty: ValueNoveltyParams | None = None
    block_novelty: BlockNoveltyParams | None = None
    anomaly: AnomalyParams = AnomalyParams()
    causal: bool = False  # use only the range of the records so far; switches the gate off

    @property
    def gate(self) -> GateParams | None:
        """The gate in effect: none if `causal`.

        It needs an encoder that knows the range. With the first records' range the encoder is too fine for streams
        that grow, and on NAB the gate then costs more than it gains.
        """
        return None if self.causal else self.anomaly.gate

    @property
    def predicts(self) -> bool:
        """Whether the model has a region: its prediction error votes or gates."""
        return self.anomaly.prediction_weight > 0.0 or self.gate is not None

    @model_validator(mode="after")
    def _fits_together(self) -> ModelParams:
        if not (self.predicts or self.value_novelty or self.block_novelty):
            raise ValueError(
                "anomaly.prediction_weight: expected above 0, or value_novelty or block_novelty, because nothing else "
                f"gives evidence{' if causal' if self.causal else ''}, got {self.anomaly.prediction_weight}"
            )
        size = self.value_encoder.largest_size + self.date_encoder.size
        if size > MAX_BITS:
            raise ValueError(f"value_encoder and date_encoder: expected at most {MAX_BITS} bits together, got {size}")
        cells = self.spatial_pooler.columns * self.temporal_memory.cells_per_column
        if cells >= 2**31:
            raise ValueError(f"temporal_memory.cells_per_column: expected below 2**31 cells in all, got {cells}")
        dimensions = self.spatial_pooler.input_dimensions
        if dimensions is None:
            return self
        value = self.value_encoder
        if isinstance(value, ScalarParams) and value.minimum_buckets != value.maximum_buckets:
            raise ValueError(
                "spatial_pooler.input_dimensions: expected none: the scalar encoder's size depends on the values "
                f"(from {value.minimum_buckets} to {value.maximum_buckets} buckets), got {list(dimensions)}"
            )
        if prod(dimensions) != size:
            raise ValueError(
                f"spatial_pooler.input_dimensions: expected a product of {size} (the encoders' bits), "
                f"got {list(dimensions)}"
            )
        return self


def preset_names() -> list[str]:
    """Names of the presets that ship with the package, sorted."""
    return sorted(path.stem for path in (config_path() / "presets").glob("*.json"))


def load_preset(name_or_path: str) -> ModelParams:
    """Read a preset by its name, or from a JSON file (a path that ends in .json).

    Raises
    ------
    InputError
        For an unknown name, a file that is not JSON, an unknown parameter or a value out of range.
    """
    if name_or_path.endswith(".json"):
        path = Path(name_or_path)
    else:
        path = config_path() / "presets" / f"{name_or_path}.json"
        if name_or_path not in preset_names():
            raise InputError(
                f"preset {name_or_path!r}: unknown; expected one of {', '.join(preset_names())}, or a .json file"
            )
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"preset {path}: cannot be read ({error.strerror}); expected a JSON file") from None
    except ValueError as error:
        raise InputError(f"preset {path}: not JSON ({error})") from None
    return parse_params(data, where=f"preset {name_or_path}")


def parse_params(data: Any, where: str) -> ModelParams:
    """Validate a mapping as `ModelParams`; error messages start with `where`."""
    try:
        return ModelParams.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        # Pydantic's path names the encoder's kind, the file has no such level.
        path = [str(part) for part in first["loc"] if part not in _KINDS]
        got = json.dumps(first["input"], default=str)[:60]
        if first["type"] == "value_error":  # our own: it starts with the field
            path.append(first["msg"].removeprefix("Value error, "))
        elif first["type"].startswith("union_tag"):
            path.append(f"kind: expected one of {', '.join(_KINDS)}, got {got}")
        elif first["type"] == "missing":
            path.append(f"{path.pop()}: missing")
        else:
            name = path.pop() if path else "all of it"
            path.append(f"{name}: {first['msg'].replace('Input should be', 'expected')}, got {got}")
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise InputError(f"{where}: {'.'.join(path)}{more}") from None
