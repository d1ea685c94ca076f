"""The sample corpus: small, generated, in NAB's layout, its anomalies labelled by construction.

It lets every command run without NAB's corpus. Scores on it are not NAB scores. The corpus in the package is what
`python -m zhtm_detector.nab.sample_corpus` writes; the same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.common.config import config_path
from zhtm_detector.common.files import write_text
from zhtm_detector.nab.window_rule import place_windows, window_length

SEED = 2026

Array = NDArray[np.float64]
Random = np.random.Generator


@dataclass(frozen=True)
class SampleFile:
    """One data file, before it is rendered as CSV."""

    values: Array  # (records,)
    minutes: int  # between records
    anomalies: tuple[int, ...] = ()  # indices of the windows' centres; absent records count
    decimals: int = 1  # of the rounded values
    absent: tuple[tuple[int, int], ...] = ()  # ranges [from, to) of records that were never received


def _noise(rng: Random, records: int, deviation: float) -> Array:
    """Draw nearly Gaussian noise: twelve uniform numbers less six, because NumPy keeps its uniform stream stable."""
    sums: Array = rng.random((records, 12)).sum(axis=1)
    return deviation * (sums - 6.0)


def _hours(records: int, minutes: int) -> Array:
    """Return hours since the first record, which is at midnight on a Monday."""
    return np.arange(records, dtype=np.float64) * (minutes / 60.0)


def _day(hours: Array) -> Array:
    """Return a daily cycle in [0, 1]: lowest at 4 o'clock, highest at 16 o'clock."""
    return 0.5 - 0.5 * np.cos((hours - 4.0) * (2.0 * np.pi / 24.0))


def _demand(hours: Array, weekend: float) -> Array:
    """Return a working week in [0, 1]: steep by day, 0 at night, times `weekend` on days 6 and 7."""
    factor = np.where((hours // 24) % 7 >= 5, weekend, 1.0)
    return factor * np.clip(1.4 * _day(hours) - 0.2, 0.0, 1.0)


def _constant(rng: Random) -> SampleFile:
    return SampleFile(np.full(2016, 42.5), minutes=5)


def _daily(rng: Random) -> SampleFile:
    return SampleFile(40 + 25 * _day(_hours(2880, 5)) + _noise(rng, 2880, 1.5), minutes=5)


def _weekly_growth(rng: Random) -> SampleFile:
    """Weekly cycle with steady growth, which is no anomaly."""
    hours = _hours(2688, 30)
    growth = 1.0 + hours / hours[-1] * 0.25
    return SampleFile(growth * (120 + 300 * _demand(hours, 0.5)) + _noise(rng, 2688, 9.0), minutes=30, decimals=0)


def _level_shift(rng: Random) -> SampleFile:
    """Permanent level shift, smaller than the daily cycle."""
    values = 30 + 14 * _day(_hours(3168, 5)) + _noise(rng, 3168, 1.2)
    values[1950:] += 9.0
    return SampleFile(values, minutes=5, anomalies=(1950,), decimals=2)


def _spikes(rng: Random) -> SampleFile:
    """Three spikes: one far out of range, one just out of it, one down into the middle of it."""
    values = 55 + 20 * _day(_hours(3456, 5)) + _noise(rng, 3456, 1.0)
    values[1300:1303] += (25.0, 40.0, 18.0)
    values[2240:2242] = (78.5, 79.5)
    values[3072:3076] = (64.0, 62.5, 62.0, 63.5)  # at the daily peak, where nothing is below 70
    return SampleFile(values, minutes=5, anomalies=(1301, 2240, 3073))


def _stuck(rng: Random) -> SampleFile:
    """Stuck sensor: the last reading repeats for nine hours, at an ordinary value."""
    values = 18 + 6 * _day(_hours(2880, 5)) + _noise(rng, 2880, 0.25)
    values[1896:2004] = values[1895]
    return SampleFile(values, minutes=5, anomalies=(1950,), decimals=2)


def _variance(rng: Random) -> SampleFile:
    """Noise whose deviation trebles for most of a day."""
    values = _noise(rng, 3000, 2.0)
    values[1750:1980] *= 3.0
    return SampleFile(100 + values, minutes=6, anomalies=(1865,), decimals=2)


def _creeping_drift(rng: Random) -> SampleFile:
    """Creeping drift: no single step is unusual."""
    values = 210 + 8 * _day(_hours(2880, 5)) + _noise(rng, 2880, 1.5)
    values[1700:] += np.minimum(np.arange(1180) * 0.05, 24.0)
    return SampleFile(values, minutes=5, anomalies=(1790,))


def _gaps(rng: Random) -> SampleFile:
    """Gaps in time, which are no anomaly, and a sag between two of them."""
    values = 48 + 10 * _day(_hours(3600, 10)) + _noise(rng, 3600, 0.8)
    values[2100:2130] -= 15.0
    return SampleFile(
        values, minutes=10, anomalies=(2115,), decimals=2, absent=((760, 850), (1600, 1612), (2900, 3080))
    )


def _pump(rng: Random) -> SampleFile:
    """Tank that fills and drains every three hours, for half a day every hour: only the order is unusual."""
    cycle = np.full(2800, 1.0 / 36.0)
    cycle[2010:2154] *= 3.0
    phase = (np.cumsum(cycle) + 0.02 * _noise(rng, 2800, 1.0)) % 1.0
    values = np.where(phase < 0.7, phase / 0.7, (1.0 - phase) / 0.3)
    return SampleFile(1.5 + 3.0 * values + _noise(rng, 2800, 0.04), minutes=5, anomalies=(2082,), decimals=2)


def _missing_day(rng: Random) -> SampleFile:
    """Working week in which one working day is idle."""
    hours = _hours(3360, 30)
    values = 40 + 500 * _demand(hours, 0.4)
    values[2016:2064] = 40.0  # day 42 of 70, a Monday
    return SampleFile(np.maximum(values + _noise(rng, 3360, 12.0), 0.0), minutes=30, anomalies=(2040,), decimals=0)


def _busy_weekend(rng: Random) -> SampleFile:
    """Saturday as busy as a Tuesday, and weeks later a Wednesday night as busy as a day."""
    hours = _hours(3696, 30)
    load = _demand(hours, 0.3)
    load[1584:1632] = load[48:96]  # day 33, a Saturday
    load[2784:2796] = 0.9  # day 58, a Wednesday, from midnight to 6 o'clock
    values = 15 + 80 * load + _noise(rng, 3696, 2.5)
    return SampleFile(np.maximum(values, 0.0), minutes=30, anomalies=(1608, 2790))


def _counts(rng: Random) -> SampleFile:
    """Long-tailed counts: single high ones are ordinary; eighty minutes of them and two hours of zeros are not."""
    records = 3500
    rate = 6.0 + 10.0 * _day(_hours(records, 5))
    rate[1540:1556] *= 4.0
    values = rate * -np.log1p(-rng.random(records))
    ordinary = rng.random(records) < 0.004
    values[ordinary] += 60.0
    values[2604:2628] = 0.0
    return SampleFile(np.floor(values), minutes=5, anomalies=(1547, 2615), decimals=0)


def _shifted_day(rng: Random) -> SampleFile:
    """Days of two shifts, one of which starts and ends four hours late."""
    hours = _hours(2400, 15)
    on_shift = ((hours % 24 >= 6) & (hours % 24 < 13)) | ((hours % 24 >= 14) & (hours % 24 < 21))
    load = on_shift.astype(np.float64)
    load[1560:1576] = 0.0  # day 16, 6 to 10 o'clock
    load[1620:1636] = 1.0  # day 16, 21 o'clock to 1 o'clock
    values = 12 + 70 * load + _noise(rng, 2400, 1.8)
    return SampleFile(values, minutes=15, anomalies=(1590,))


RECIPES: dict[str, Callable[[Random], SampleFile]] = {
    "sampleNoAnomaly/constant.csv": _constant,
    "sampleNoAnomaly/daily_cycle.csv": _daily,
    "sampleNoAnomaly/weekly_growth.csv": _weekly_growth,
    "sampleMachines/creeping_drift.csv": _creeping_drift,
    "sampleMachines/gaps_in_time.csv": _gaps,
    "sampleMachines/level_shift.csv": _level_shift,
    "sampleMachines/pump_cycle.csv": _pump,
    "sampleMachines/spikes.csv": _spikes,
    "sampleMachines/stuck_sensor.csv": _stuck,
    "sampleMachines/variance_change.csv": _variance,
    "sampleDemand/busy_weekend.csv": _busy_weekend,
    "sampleDemand/long_tailed_counts.csv": _counts,
    "sampleDemand/missing_day.csv": _missing_day,
    "sampleDemand/shifted_day.csv": _shifted_day,
}
MONDAY = datetime(2024, 1, 1)


def _render(file: SampleFile) -> tuple[str, list[list[str]]]:
    """Render a file as CSV, and its windows as NAB's labels."""
    present = np.ones(file.values.size, dtype=bool)
    for start, end in file.absent:
        present[start:end] = False
    indices = np.flatnonzero(present)
    times = [MONDAY + timedelta(minutes=file.minutes * int(index)) for index in indices]
    rows = [
        # + 0.0 turns -0.0 into 0.0
        f"{time:%Y-%m-%d %H:%M:%S},{round(float(value), file.decimals) + 0.0:.{file.decimals}f}"
        for time, value in zip(times, file.values[indices], strict=True)
    ]
    centres = [int(np.searchsorted(indices, anomaly)) for anomaly in file.anomalies]
    windows = [
        [f"{times[end]:%Y-%m-%d %H:%M:%S}.000000" for end in window] for window in _windows(len(indices), centres)
    ]
    return "timestamp,value\n" + "\n".join(rows) + "\n", windows


def _windows(records: int, centres: Sequence[int]) -> list[tuple[int, int]]:
    """Return first and last record of each anomaly's window, by NAB's rule; each has one of its own, of full length."""
    placed = place_windows([(centre, centre) for centre in sorted(centres)], np.arange(records))
    length = 2 * (window_length(records, len(centres)) // 2)
    if placed.left_out or placed.merged or any(end - start < length for start, end in placed.windows):
        raise ValueError(f"windows of {list(centres)}: expected them apart, after the probationary period, in the file")
    return list(placed.windows)


def generate(seed: int = SEED) -> dict[str, str]:
    """Generate the corpus.

    Parameters
    ----------
    seed : int
        At least 0. Each file has its own generator, seeded with this and the file's name.

    Returns
    -------
    dict of str to str
        Path below the corpus' root, with forward slashes, to the file's text.
    """
    if seed < 0:
        raise ValueError(f"seed: expected at least 0, got {seed}")
    files = {}
    labels = {}
    for name, recipe in RECIPES.items():
        text, windows = _render(recipe(np.random.default_rng([seed, *name.encode()])))
        files[f"data/{name}"] = text
        labels[name] = windows
    files["labels/combined_windows.json"] = json.dumps(labels, indent=4, sort_keys=True) + "\n"
    return files


def write(output: Path, seed: int = SEED) -> None:
    """Write the corpus into a folder, which becomes a NAB root.

    Raises
    ------
    InputError
        When the folder cannot be written.
    """
    for name, text in generate(seed).items():
        write_text(output / name, text)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; see --help."""
    parser = argparse.ArgumentParser(
        prog="python -m zhtm_detector.nab.sample_corpus",
        description="Write the sample corpus in NAB's layout. The same seed gives the same bytes.",
    )
    parser.add_argument(
        "--output", type=Path, default=config_path() / "sample_corpus", help="folder to write (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="at least 0 (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        write(options.output, options.seed)
    except ValueError as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


if __name__ == "__main__":
    main()
