"""When a score is an alert: at a fixed threshold, or at one that follows the stream to a wanted rate of alerts."""

from __future__ import annotations

from collections.abc import Mapping
from math import expm1, log1p
from typing import Any, Protocol

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown

_HIGHEST = 11.0  # level of the highest threshold, 0.988; scores above it are all the same to `TargetRate`
_STEP = 0.4  # evidence, as -log(1 - score), that an alert adds to the threshold
_NEVER = 1.1  # above every score


class Threshold(Protocol):
    """Judges the scores of one series, in order."""

    @property
    def value(self) -> float:
        """The threshold now."""

    def alert(self, score: float, clock: int) -> bool:
        """Return whether a score in [0, 1], at a time in microseconds, is an alert."""

    def state(self) -> dict[str, Any]:
        """Return the JSON-able state."""


class FixedThreshold:
    """Alert at scores of at least one threshold.

    Parameters
    ----------
    value : float
        From 0 to 1.

    Examples
    --------
    >>> FixedThreshold(0.6).alert(0.6, clock=0)
    True
    """

    def __init__(self, value: float) -> None:
        self._value = _number("threshold", value, 0.0, 1.0)

    @property
    def value(self) -> float:
        """The threshold."""
        return self._value

    def alert(self, score: float, clock: int) -> bool:
        """Return whether a score in [0, 1] is an alert; the time does not matter."""
        return score >= self._value

    def state(self) -> dict[str, Any]:
        """Return the JSON-able state."""
        return {"value": self._value}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> FixedThreshold:
        """Return the threshold of a `state`; InputError for anything else."""
        return cls(*_fields(state, "value"))


class TargetRate:
    """Alert at a wanted rate: a threshold that each alert raises, and that falls with the time without one.

    The threshold is ``1 - exp(-0.4 * level)``. The level rises by 1 with each alert and falls by `rate` every second,
    within [-1, 12]: it counts the alerts that were more than wanted. At a level of 0 or below every score above 0 is an
    alert, above 11 none is. This is the online quantile tracker of conformal inference [1]_ [2]_, on the scale
    on which noisy-OR adds up evidence. So without any assumption about the scores, of any stretch of T seconds:

    - there are at most ``rate * T + 13`` alerts, a flood of scores of 1 or thousands of equal ones included;
    - there are at least ``rate * T - 13``, if every record has a score above 0 and they are at most 1 / `rate` apart;
    - the threshold is back from a flood after at most ``12 / rate`` seconds.

    Between two thresholds with the same start and stream, that of the higher rate is never more than one alert's step
    above the other. A stream with fewer scores above 0 than wanted alerts makes an alert of each.

    Parameters
    ----------
    rate : float
        Alerts per second of the stream's clock, above 0; `common.rates.Rate.per_second`.
    start : float
        The threshold at the start, from 0 to 1: the preset's own.

    References
    ----------
    .. [1] Gibbs, Candès: Adaptive conformal inference under distribution shift. NeurIPS 2021, proposition 4.1.
    .. [2] Angelopoulos, Candès, Tibshirani: Conformal PID control for time series prediction. NeurIPS 2023, its
       quantile tracking.

    Examples
    --------
    >>> threshold = TargetRate(1 / 3600, start=0.5)
    >>> [threshold.alert(0.6, clock) for clock in (0, 60_000_000, 3600_000_000)]
    [True, False, True]
    """

    def __init__(self, rate: float, start: float = 0.5) -> None:
        self.rate = _number("target rate", rate, 0.0, 1e9)
        if self.rate == 0.0:
            raise InputError("target rate: expected a number above 0, got 0")
        start = _number("start", start, 0.0, 1.0)
        self._level = min(-log1p(-start) / _STEP, _HIGHEST) if start < 1.0 else _HIGHEST
        self._clock: int | None = None

    @property
    def value(self) -> float:
        """The threshold now: 1.1, above every score, right after too many alerts."""
        return -expm1(-_STEP * max(self._level, 0.0)) if self._level <= _HIGHEST else _NEVER

    def alert(self, score: float, clock: int) -> bool:
        """Return whether a score is an alert; give it every record after the probation, for time passes with each.

        Parameters
        ----------
        score : float
            In [0, 1]; 0 is never an alert.
        clock : int
            Microseconds. Time that does not advance, or runs backwards, counts as none.
        """
        if self._clock is None:
            self._clock = clock
        passed = max(clock - self._clock, 0)
        self._clock += passed
        self._level = max(self._level - self.rate * passed / 1e6, -1.0)
        if score <= 0.0 or not score >= self.value:
            return False
        self._level += 1.0
        return True

    def state(self) -> dict[str, Any]:
        """Return the JSON-able state."""
        return {"rate": self.rate, "level": self._level, "clock": self._clock}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> TargetRate:
        """Return the threshold of a `state`, which goes on as the one before; InputError for anything else."""
        rate, level, clock = _fields(state, "rate", "level", "clock")
        if clock is not None and type(clock) is not int:
            raise InputError(f"threshold's state: clock: expected a whole number, got {shown(clock)}")
        threshold = cls(rate)
        threshold._level = _number("threshold's state: level", level, -1.0, _HIGHEST + 1.0)
        threshold._clock = clock
        return threshold


def _fields(state: Any, *names: str) -> list[Any]:
    if not isinstance(state, Mapping) or set(state) != set(names):
        raise InputError(f"threshold's state: expected the fields {', '.join(names)}, got {shown(state)}")
    return [state[name] for name in names]


def _number(where: str, value: Any, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise InputError(f"{where}: expected a number from {least:g} to {most:g}, got {shown(value)}")
    return float(value)
