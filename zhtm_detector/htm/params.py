"""All parameters of the detector as frozen, validated models, and the presets that ship with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError, model_validator

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.json_reader import json_text, read_json
from zhtm_detector.common.names import check_name
from zhtm_detector.common.text import printable, shown
from zhtm_detector.htm.encoder_params import (
    VALUE_ENCODERS,
    AdaptiveParams,
    CustomDaysParams,
    DeltaParams,
    HolidayParams,
    LogParams,
    ValueEncoderParams,
)
from zhtm_detector.htm.part_params import (
    MAX_BITS,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_PRESYNAPTIC,
    MOST_POTENTIAL,
    CalibrationParams,
    ColumnEncoderParams,
    ColumnParams,
    ContextMemoryParams,
    CyclicParams,
    DateParams,
    Fraction,
    Params,
    Positive,
    RandomDistributedScalarParams,
    ScalarParams,
    Share,
    SpatialPoolerParams,
    TemporalMemoryParams,
)
from zhtm_detector.htm.search_range import SearchRange

__all__ = [
    "DEFAULT_PRESET",
    "MAX_BITS",
    "MAX_CELLS",
    "MAX_COLUMNS",
    "MAX_PRESYNAPTIC",
    "NOT_IN_SCORES",
    "AdaptiveParams",
    "AlertParams",
    "AnomalyParams",
    "BlockNoveltyParams",
    "CalibrationParams",
    "ColumnEncoderParams",
    "ColumnParams",
    "ContextMemoryParams",
    "CustomDaysParams",
    "CyclicParams",
    "DateParams",
    "DeltaParams",
    "GateParams",
    "HolidayParams",
    "LogParams",
    "ModelParams",
    "Params",
    "RandomDistributedScalarParams",
    "ScalarParams",
    "SpatialPoolerParams",
    "TemporalMemoryParams",
    "ValueEncoderParams",
    "ValueNoveltyParams",
    "load_preset",
    "parse_kind",
    "parse_params",
    "preset_names",
    "preset_title",
]

Windows = tuple[Annotated[int, Field(gt=0, le=64)], ...]  # blocks in a pattern
Periods = Annotated[float, Field(gt=0.0, le=100.0)]  # probation periods
Tolerance = Annotated[float, Field(ge=0.0, le=1000.0)]
P = TypeVar("P", bound=Params)

DEFAULT_PRESET = "zhtm"
NOT_IN_SCORES = frozenset({"description", "alert"})  # fields of a preset that no score depends on
_MOST_NUMBERS = 2**27  # of all patterns of blocks together; 8 bytes each


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
        # For each scale, each of the four kinds, used or not, and each window.
        stores = self.scales * 4 * len(self.windows)
        most = _MOST_NUMBERS // (stores * 2 * (self.windows[-1] + 1))
        if self.capacity > most:
            raise ValueError(f"capacity: expected at most {most} with {stores} stores, got {self.capacity}")
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


class AlertParams(Params):
    """The threshold that is recommended for a preset, where nobody wants a rate of alerts."""

    threshold: Share  # a score of at least it is an alert
    causal_threshold: Share | None = None  # of the causal variant; None: the same
    source: Annotated[str, Field(min_length=1, max_length=500)]  # how they were chosen


class ModelParams(Params):
    """A whole detector.

    What predicts is `columns`, or, if there are none, a region of `value_encoder`, `date_encoder`, `spatial_pooler` and
    `temporal_memory`.
    """

    description: str = ""
    alert: AlertParams | None = None
    columns: Annotated[tuple[ColumnParams, ...], Field(max_length=64)] = ()
    value_encoder: ValueEncoderParams = RandomDistributedScalarParams()
    date_encoder: DateParams = DateParams(time_of_day=CyclicParams(active_bits=21, radius=9.49))
    spatial_pooler: SpatialPoolerParams = SpatialPoolerParams()
    temporal_memory: TemporalMemoryParams = TemporalMemoryParams()
    value_novelty: ValueNoveltyParams | None = None
    block_novelty: BlockNoveltyParams | None = None
    anomaly: AnomalyParams = AnomalyParams()
    causal: bool = False  # use only the range of the records so far; switches a region's gate off

    @property
    def alert_threshold(self) -> float | None:
        """The recommended threshold in effect; None if the preset names none."""
        if self.alert is None:
            return None
        own = self.alert.causal_threshold if self.causal else None
        return self.alert.threshold if own is None else own

    @property
    def gate(self) -> GateParams | None:
        """The gate in effect: none if `causal`, unless columns predict.

        A region's prediction error needs an encoder that knows the range. With the first records' range the encoder is
        too fine for streams that grow, and on NAB the gate then costs more than it gains.
        """
        return None if self.causal and not self.columns else self.anomaly.gate

    @property
    def predicts(self) -> bool:
        """Whether the model has columns or a region, whose prediction error votes or gates."""
        return bool(self.columns) or self.anomaly.prediction_weight > 0.0 or self.gate is not None

    @property
    def voters(self) -> int:
        """Number of parts that give evidence: what predicts and each of its groups of columns, and each novelty."""
        return (
            self.predicts * (1 + len(self.columns))
            + (self.value_novelty is not None)
            + (self.block_novelty is not None)
        )

    @model_validator(mode="after")
    def _fits_together(self) -> ModelParams:
        if not (self.predicts or self.value_novelty or self.block_novelty):
            raise ValueError(
                "anomaly.prediction_weight: expected above 0, or value_novelty or block_novelty, because nothing else "
                f"gives evidence{' if causal' if self.causal else ''}, got {self.anomaly.prediction_weight}"
            )
        potential = sum(group.potential for group in self.columns)
        if potential > MOST_POTENTIAL:
            raise ValueError(
                f"columns: expected at most {MOST_POTENTIAL} minicolumns times inputs in the spatial poolers of all "
                f"groups together, got {potential}"
            )
        size = self.value_encoder.largest_size + self.date_encoder.size
        if size > MAX_BITS:
            raise ValueError(f"value_encoder and date_encoder: expected at most {MAX_BITS} bits together, got {size}")
        cells = self.spatial_pooler.columns * self.temporal_memory.cells_per_column
        if cells > MAX_CELLS:
            raise ValueError(
                f"temporal_memory.cells_per_column: expected at most {MAX_CELLS} cells in all, got {cells}"
            )
        dimensions, value = self.spatial_pooler.input_dimensions, self.value_encoder
        if (
            dimensions is not None
            and isinstance(value, ScalarParams)
            and value.minimum_buckets != value.maximum_buckets
        ):
            raise ValueError(
                "spatial_pooler.input_dimensions: expected none: the scalar encoder's size depends on the values "
                f"(at most {value.largest_size} bits), got {list(dimensions)}"
            )
        self.spatial_pooler.check_inputs(size, "spatial_pooler.")
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
    if not isinstance(name_or_path, str):
        raise InputError(f"preset: expected a name or the path of a .json file, as text, got {shown(name_or_path)}")
    if name_or_path.endswith(".json"):
        path = Path(name_or_path)
    else:
        path = config_path() / "presets" / f"{name_or_path}.json"
        if name_or_path not in preset_names():
            raise InputError(
                f"preset {shown(name_or_path)}: unknown; expected one of {', '.join(preset_names())}, or a .json file"
            )
    return parse_params(read_json(path, "preset"), where=f"preset {name_or_path}")


def preset_title(name_or_path: str) -> str:
    """Name of a preset for readers and as the name of a study: that of a file is its own, without the ending.

    Raises
    ------
    InputError
        For a file whose name is none in the sense of `check_name`.
    """
    if not name_or_path.endswith(".json"):
        return name_or_path
    return check_name(Path(name_or_path).stem, f"preset file {name_or_path}")


def parse_params(data: Any, where: str) -> ModelParams:
    """Validate a mapping as `ModelParams`; error messages start with `where`."""
    return parse_kind(data, where, ModelParams)


def parse_kind(data: Any, where: str, kind: type[P]) -> P:
    """Validate a mapping as parameters of any class; error messages start with `where`."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        # Pydantic's path names the encoder's kind, the file has no such level.
        path = [printable(str(part), 60) for part in first["loc"] if part not in VALUE_ENCODERS]
        got = json_text(first["input"])
        if first["type"] == "value_error":  # our own: it starts with the field
            path.append(first["msg"].removeprefix("Value error, "))
        elif first["type"].startswith("union_tag"):
            path.append(f"kind: expected one of {', '.join(VALUE_ENCODERS)}, got {got}")
        elif first["type"] == "missing":
            path.append(f"{path.pop()}: expected a value, got none")
        else:
            name = path.pop() if path else "all of it"
            path.append(f"{name}: {_expected(first)}, got {got}")
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise InputError(f"{where}: {printable('.'.join(path), 500)}{more}") from None


def _expected(error: Any) -> str:
    """Return what a parameter must be, from one of pydantic's errors."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "model_type":
        return "expected a JSON object"
    if kind == "too_long":
        return f"expected at most {context['max_length']} items"
    if kind.endswith("_size"):
        return "expected a whole number of usual size"
    text = str(error["msg"]).replace("Input should be", "expected")
    return text if "expected" in text else f"expected otherwise ({text})"
