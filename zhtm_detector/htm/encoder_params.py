"""Parameters of the encoders of values and dates that came after those in `part_params`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from zhtm_detector.common.json_reader import json_text
from zhtm_detector.htm.part_params import (
    MAX_BITS,
    Params,
    Positive,
    RandomDistributedScalarParams,
    ScalarParams,
    check_random_bits,
)
from zhtm_detector.htm.search_range import SearchRange

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class _RandomBitsParams(Params):
    """Base of value encoders that end in a `RandomDistributedScalarEncoder`."""

    size: Positive = 400  # bits
    active_bits: Positive = 21
    buckets: Annotated[Positive, SearchRange(40, 400, log=True)] = 130  # over the padded range
    range_padding: Annotated[float, Field(ge=0.0, le=10.0)] = 0.2  # of the range, added on each side

    @model_validator(mode="after")
    def _wide_enough(self) -> _RandomBitsParams:
        check_random_bits(self.size, self.active_bits)
        return self

    @property
    def largest_size(self) -> int:
        """Bits of the encoder, whatever the values."""
        return self.size


class LogParams(_RandomBitsParams):
    """Value encoder of magnitudes: `LogEncoder`, its buckets over the range as the logarithm sees it."""

    kind: Literal["log"] = "log"
    # of the largest magnitude of the range: below it, buckets are about equally wide
    linear: Annotated[float, Field(gt=0.0, le=1.0), SearchRange(0.0001, 0.1, log=True)] = 0.001
    minimum_resolution: Annotated[float, Field(gt=0.0)] = 0.001  # decades per bucket


class DeltaParams(_RandomBitsParams):
    """Value encoder of differences to the value before: `DeltaEncoder`, with buckets as `random_distributed`.

    The first difference is 0. More buckets than there, because differences are smaller than values.
    """

    kind: Literal["delta"] = "delta"
    buckets: Annotated[Positive, SearchRange(100, 2000, log=True)] = 400  # over the padded range of values
    minimum_resolution: Annotated[float, Field(gt=0.0)] = 0.001  # value units per bucket


class AdaptiveParams(Params):
    """Value encoder that learns the range from the stream: `AdaptiveScalarEncoder`; the range given is not used."""

    kind: Literal["adaptive"] = "adaptive"
    active_bits: Positive = 41
    buckets: Annotated[int, Field(ge=2, le=MAX_BITS), SearchRange(100, 1000, log=True)] = 300
    padding: Annotated[float, Field(ge=0.0, le=10.0), SearchRange(0.0, 0.5)] = 0.2  # of the range, when it widens

    @model_validator(mode="after")
    def _within_bits(self) -> AdaptiveParams:
        if self.largest_size > MAX_BITS:
            most, own = MAX_BITS - self.active_bits + 1, self.active_bits
            raise ValueError(f"buckets: expected at most {most} (with active_bits {own}), got {self.buckets}")
        return self

    @property
    def largest_size(self) -> int:
        """Bits of the encoder, whatever the values."""
        return self.buckets + self.active_bits - 1


ValueEncoderParams = Annotated[
    RandomDistributedScalarParams | ScalarParams | LogParams | DeltaParams | AdaptiveParams,
    Field(discriminator="kind"),
]
VALUE_ENCODERS = ("random_distributed", "scalar", "log", "delta", "adaptive")  # the kinds


class CustomDaysParams(Params):
    """Sets of weekdays, each encoded by 2 * `active_bits` bits: the first half on other days, the second on these."""

    active_bits: Positive
    days: Annotated[tuple[str, ...], Field(min_length=1, max_length=64)]  # such as "mon,wed"

    @field_validator("days")
    @classmethod
    def _known(cls, days: tuple[str, ...]) -> tuple[str, ...]:
        for names in days:
            weekdays_of(names)
        return days


class HolidayParams(Params):
    """Days encoded by 2 * `active_bits` bits, whose run moves from the first half to the second before such a day."""

    active_bits: Positive
    # (month, day): of every year; or (year, month, day)
    dates: Annotated[tuple[tuple[int, int] | tuple[int, int, int], ...], Field(min_length=1, max_length=10_000)]
    ramp: Annotated[float, Field(ge=0.0, le=60.0)] = 1.0  # days before and after, in which the run moves

    @field_validator("dates")
    @classmethod
    def _dates(cls, dates: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        for day in dates:
            try:
                date(*(day if len(day) == 3 else (2000, *day)))
            except (ValueError, OverflowError):
                raise ValueError(f"dates: expected (month, day) or (year, month, day), got {json_text(day)}") from None
        return dates


def weekdays_of(names: str) -> frozenset[int]:
    """Return the weekdays of a list such as "mon, Wednesday", counted from Monday; ValueError for anything else."""
    found = set()
    for name in names.lower().split(","):
        short = name.strip()
        matches = [number for number, day in enumerate(WEEKDAYS) if short in (day, day[:3])]
        if not matches:
            raise ValueError(f'days: expected weekdays such as "mon,wed", got {json_text(names)}')
        found.update(matches)
    return frozenset(found)
