"""Whether a stream's `TargetRate` keeps to the wanted rate of alerts: on each corpus, and on three long streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.rates import Rate
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.evaluation.drift import Floats, write_corpus
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.streams.thresholds import TargetRate

RATES = ("1/day", "2/day", "5/week")
RECORDS = 365 * 288  # of a long stream: a year, a record every five minutes
WARM_UP = 4  # wanted alerts that are not counted
NAMES = ("stationary", "drifting", "flooded")
_LEAST = 5  # wanted alerts of a stream that counts
_WITHIN = 0.2  # of the wanted rate

Scored = tuple[Floats, NDArray[np.int64]]  # scores and clock in microseconds, each of shape (records,)


def make_streams() -> dict[str, Floats]:
    """Make the values of the long streams, shape (records,): daily cycle and noise, without or with a change.

    One is stationary; one grows and swings ever wider; one is, for its sixth month, noise that grows without end.
    """
    record = np.arange(RECORDS, dtype=np.float64)
    rng = np.random.default_rng(7)
    usual = 50 + 10 * np.sin(record / 288 * 2 * np.pi) + rng.normal(0.0, 1.0, RECORDS)
    share = record / RECORDS
    flood = (share > 5 / 12) & (share <= 6 / 12)
    growing = 1000 * rng.uniform(-1.0, 1.0, RECORDS) * np.exp(100 * (share - 5 / 12))
    streams = (usual, usual * (1 + share / 2) + 40 * share, np.where(flood, growing, usual))
    return {name: np.round(values, 3) for name, values in zip(NAMES, streams, strict=True)}


def stream_paths() -> list[str]:
    """List the files of `write_streams`."""
    return [f"long/{name}.csv" for name in NAMES]


def total_records() -> int:
    """Count the records of the long streams."""
    return len(NAMES) * RECORDS


def write_streams(root: Path) -> Corpus:
    """Write the long streams as `drift.write_corpus` does."""
    return write_corpus(root, dict(zip(stream_paths(), make_streams().values(), strict=True)))


def realised(stream: Scored, rate: Rate, start: float | None) -> tuple[float, float] | None:
    """Count a stream's alerts after the warm-up.

    Returns
    -------
    alerts, wanted : float
        None for a stream too short for five wanted alerts; NaN alerts if there are fewer scores above 0 than that.
    """
    scores, clock = stream
    passed = np.cumsum(np.maximum(np.diff(clock, prepend=clock[:1]), 0)) / 1e6 * rate.per_second  # in wanted alerts
    counted = passed >= WARM_UP
    wanted = float(passed[-1]) - WARM_UP
    if wanted < _LEAST:
        return None
    if np.count_nonzero(scores[counted]) < wanted:
        return float("nan"), wanted
    threshold = TargetRate(rate.per_second, 0.5 if start is None else start)
    alerts = [threshold.alert(*record) for record in zip(scores.tolist(), clock.tolist(), strict=True)]
    return float(np.count_nonzero(np.array(alerts)[counted])), wanted


def rates_section(found: Mapping[tuple[str, str], tuple[Sequence[Scored], float | None]]) -> DataTable:
    """Show wanted and realised rates.

    Parameters
    ----------
    found : mapping of (str, str) to (sequence, float or None)
        By corpus and preset the scores after the probation, and its recommended threshold, to start with.
    """
    columns = [
        Column("corpus", "corpus"),
        Column("preset", "preset"),
        Column("wanted", "wanted"),
        Column("streams", "streams"),
        Column("too_few", "too few scores"),
        *(Column(key, key) for key in ("median", "lowest", "highest")),
        Column("within", "within 20%, %", 0),
        Column("off", "most off", 1),
    ]
    notes = [
        "median, lowest, highest: the realised rate as a share of the wanted one, of the streams with at least "
        f"{_LEAST} wanted alerts after the first {WARM_UP}. most off: alerts more or fewer than wanted in one stream; "
        "a stream that scores 0 for long has none. too few scores: streams left out, because they have fewer scores "
        "above 0 than wanted alerts."
    ]
    rows = [row for key, (streams, start) in found.items() for row in _rows(key, streams, start)]
    return DataTable("Alerts at a wanted rate: realised / wanted", columns, rows, notes)


def _rows(key: tuple[str, str], streams: Sequence[Scored], start: float | None) -> Iterator[list[Cell]]:
    for text in RATES:
        found = [got for stream in streams if (got := realised(stream, Rate.parse(text), start)) is not None]
        alerts, wanted = np.array(found).reshape(-1, 2).T
        good = ~np.isnan(alerts)
        shares, off = (alerts / wanted)[good], np.abs(alerts - wanted)[good]
        figures: list[Cell] = [None] * 5
        if shares.size:
            within = 100 * float(np.mean(np.abs(shares - 1) <= _WITHIN))
            figures = [float(np.median(shares)), float(shares.min()), float(shares.max()), within, float(off.max())]
        yield [*key, text, shares.size, len(found) - shares.size, *figures]
