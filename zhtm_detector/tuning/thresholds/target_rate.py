"""The lowest threshold that keeps to a target rate of alerts; no labels are needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.rates import Rate
from zhtm_detector.nab.scoring import NO_DETECTION
from zhtm_detector.tuning.thresholds.scored_files import ScoredStream


@dataclass(frozen=True)
class Busiest:
    """The stream with the highest rate of alerts."""

    name: str
    alerts: int
    rate: float


@dataclass(frozen=True)
class RateChoice:
    """The threshold for a target rate, and the alerts that it causes.

    Parameters
    ----------
    threshold : float
        Records with at least this score are alerts; 1.1, above every score, if no alert is possible.
    alerts, allowed : int
        Alerts over all streams, and how many the rate allows.
    next_alerts : int or None
        Alerts at the next lower threshold; None if all records are alerts.
    records : int
        Without the probationary records.
    units : float
        Hours, days, weeks or thousands of records of all streams together.
    busiest : Busiest
    """

    threshold: float
    alerts: int
    allowed: int
    next_alerts: int | None
    records: int
    units: float
    busiest: Busiest

    @property
    def rate(self) -> float:
        """Alerts per unit, over all streams together."""
        return self.alerts / self.units

    @property
    def why_none(self) -> str:
        """The reason why no alert is possible; empty if one is."""
        if self.alerts or self.next_alerts is None:
            return ""
        if not self.allowed:
            return "the rate allows less than one alert over these records"
        return f"the {self.next_alerts} highest scores are equal, and the rate allows {self.allowed} alerts"


def choose(streams: Sequence[ScoredStream], rate: Rate) -> RateChoice:
    """Choose the lowest threshold, among the scores that occur, that keeps to the rate over all streams together.

    Records of equal score are alerts together or not at all, so there may be fewer alerts than allowed, never more.

    Parameters
    ----------
    streams : sequence of ScoredStream
    rate : Rate

    Raises
    ------
    InputError
        For no stream, or for a rate per period if the streams span no time.
    """
    units = sum((rate.amount(stream.scores.size, stream.microseconds) for stream in streams), Fraction(0))
    if units == 0:
        first = streams[0].name if streams else "no file"
        raise InputError(f"{first}: expected timestamps that span some time, for a rate per {rate.per}")
    scores = np.concatenate([stream.scores for stream in streams])
    allowed = int(rate.count * units)  # exact, because both are Fractions; rounded down
    values, counts = np.unique(-scores, return_counts=True)
    ends = np.cumsum(counts)
    row = int(np.searchsorted(ends, min(allowed, scores.size), side="right"))  # thresholds that keep to the rate
    threshold = -float(values[row - 1]) if row else NO_DETECTION
    return RateChoice(
        threshold=threshold,
        alerts=int(ends[row - 1]) if row else 0,
        allowed=allowed,
        next_alerts=int(ends[row]) if row < ends.size else None,
        records=scores.size,
        units=float(units),
        busiest=max(
            (_alerts_of(stream, rate, threshold) for stream in streams), key=lambda found: (found.rate, found.alerts)
        ),
    )


def _alerts_of(stream: ScoredStream, rate: Rate, threshold: float) -> Busiest:
    alerts = int((stream.scores >= threshold).sum())
    amount = float(rate.amount(stream.scores.size, stream.microseconds))
    return Busiest(stream.name, alerts, alerts / amount if amount else 0.0)
