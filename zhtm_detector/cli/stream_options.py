"""What the options of `stream` mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zhtm_detector.cli import options as opt
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown

if TYPE_CHECKING:
    from zhtm_detector.htm.params import ModelParams
    from zhtm_detector.streams.record import Names
    from zhtm_detector.streams.settings import Probation, Settings, ThresholdMaker


def names_of(
    timestamp: str | None, value: str | None, fields: str | None, key: str | None, without_time: bool
) -> Names:
    """Return the names of the fields; `without_time` if there may be no timestamp."""
    from zhtm_detector.streams.record import Names

    if value is not None and fields is not None:
        raise InputError("--value and --fields: expected at most one of them")
    values: tuple[str, ...] | None = None if value is None else (value,)
    if fields is not None:
        values = opt.split(fields)
    if values == ():
        raise InputError("--fields: expected names, as in a,b,c, got none")
    return Names(timestamp, values, key, without_time)


def limits_of(minimum: float | None, maximum: float | None) -> tuple[float, float] | None:
    """Return the range; None without one."""
    if minimum is None and maximum is None:
        return None
    if minimum is None or maximum is None:
        raise InputError("--minimum and --maximum: expected both or neither")
    if not -1e150 <= minimum <= maximum <= 1e150:
        raise InputError(f"--minimum: expected a number of at most --maximum ({maximum:g}), got {minimum:g}")
    return minimum, maximum


def probation_of(text: str | None) -> Probation:
    """Return the probation: of records, of a duration, or the default."""
    from zhtm_detector.streams.input.clock import parse_duration
    from zhtm_detector.streams.settings import Probation

    if text is None:
        return Probation()
    if not (text.isascii() and text.isdigit()):
        return Probation(duration=parse_duration(text, "--probation (records or a duration)"))
    return Probation(records=int(text.lstrip("0")[:20] or "0"))  # Python reads no number of thousands of digits


def shard_of_option(text: str) -> tuple[int, int]:
    """Return the shard, from 1, and how many there are."""
    place, _, count = text.partition("/")
    numbers = [int(part) for part in (place, count) if part.isascii() and part.isdigit() and len(part) < 7]
    if len(numbers) == 2 and 1 <= numbers[0] <= numbers[1]:
        return numbers[0], numbers[1]
    raise InputError(f"--shard: expected a number and how many there are, as 2/8, got {shown(text)}")


def start_of(text: str) -> int:
    """Return a time in microseconds since 1970."""
    from zhtm_detector.streams.input.clock import Clock

    try:
        return Clock().read(text)[0]
    except InputError as error:
        raise InputError(f"--start: {error}") from None


def threshold_of(threshold: float | None, target_rate: str | None, params: ModelParams) -> ThresholdMaker:
    """Return what makes the threshold of each series: fixed, or one that follows a rate."""
    from zhtm_detector.common.rates import Rate
    from zhtm_detector.streams.settings import ThresholdMaker

    if threshold is not None and target_rate is not None:
        raise InputError("--threshold and --target-rate: expected at most one of them")
    if threshold is not None and not 0.0 <= threshold <= 1.0:
        raise InputError(f"--threshold: expected a number from 0 to 1, got {threshold:g}")
    of_preset = params.alert_threshold
    if target_rate is not None:
        return ThresholdMaker(0.5 if of_preset is None else of_preset, Rate.parse(target_rate).per_second)
    fixed = of_preset if threshold is None else threshold
    if fixed is None:
        raise InputError("--threshold: expected one, or --target-rate, because the preset recommends none")
    return ThresholdMaker(fixed)


def identity_of(names: Names, settings: Settings, texts: dict[str, str | None]) -> dict[str, Any]:
    """Return what a saved state depends on, as JSON; options by their names."""
    return {
        "fields": [names.timestamp, list(names.values or ()), names.key],
        "--preset": settings.params.model_dump(mode="json"),
        "--minimum and --maximum": settings.limits and list(settings.limits),
        "--seed": settings.seed,
        "--interval": settings.interval,
        "--start": settings.start,
        "--missing": settings.missing,
        "--gap": settings.gap,
        "--gap-alert": settings.gap_alert,
        "--explain": settings.explains,
        "--shard": settings.shard and list(settings.shard),
        **texts,
    }
