"""Columns that grow with the range of the values: when, from what, and one by one as at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from zhtm_detector.htm.columns import Columns
from zhtm_detector.htm.growing_columns import GrowingColumns
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import load_preset

pytestmark = pytest.mark.compiled
PROBATION, RECORDS = 40, 500
COLUMNS = load_preset("zhtm").columns


def stream(growths: tuple[int, ...] = (200, 203, 350)) -> tuple[pd.DatetimeIndex, NDArray[np.float64]]:
    """A noisy wave of range 2, three times as high from each of the given records on."""
    rng = np.random.default_rng(5)
    values = np.sin(np.arange(RECORDS) / 7.0) + rng.normal(0.0, 0.05, RECORDS)
    for row in growths:
        values[row:] *= 3.0
    return pd.date_range("2026-01-01", periods=RECORDS, freq="5min"), np.round(values, 3)


def growing(values: NDArray[np.float64]) -> GrowingColumns:
    return GrowingColumns(COLUMNS, float(values.min()), float(values.max()), PROBATION, 7)


def test_within_its_range_it_is_columns() -> None:
    timestamps, values = stream(())
    fixed = Columns(COLUMNS, float(values.min()), float(values.max()), PROBATION, 7)
    for got, expected in zip(growing(values).run(timestamps, values), fixed.run(timestamps, values), strict=True):
        assert got.tolist() == expected.tolist()


def test_a_tenth_more_is_no_growth() -> None:
    values = np.array([0.0, 10.0])
    columns = growing(values)
    assert not columns.outgrown_by(11.0)
    assert not columns.outgrown_by(-1.0)
    assert columns.outgrown_by(11.1)
    assert columns.outgrown_by(-1.1)
    columns.remember(0.0, 10.6, True)  # both ends count together, and all records so far
    assert columns.outgrown_by(-0.6)
    assert not columns.outgrown_by(-0.3)


def test_grown_columns_are_those_of_the_wider_range_after_the_last_records() -> None:
    timestamps, values = stream((420,))
    columns = growing(values[:400])
    columns.run(timestamps, values)
    grown = int(np.flatnonzero(np.maximum.accumulate(values) - np.minimum.accumulate(values) > 2.2)[0])
    assert grown >= 420
    # The range at the last growth, found record by record.
    low, high, last = values[:400].min(), values[:400].max(), 0
    for row in range(RECORDS):
        wide = max(values[: row + 1].max(), low) - min(values[: row + 1].min(), high)
        if wide > 1.1 * (high - low):
            low, high, last = values[: row + 1].min(), values[: row + 1].max(), row
    again = Columns(COLUMNS, float(low), float(high), PROBATION, 7)
    first = max(0, last + 1 - 8 * PROBATION)
    first += -first % 16  # where a block of the coarsest scale begins: all blocks go on as they were cut
    assert (last + 1 - 8 * PROBATION) % 16 > 0
    again.run(timestamps[first:], values[first:])
    later = np.random.default_rng(1).uniform(low, high, 200)
    times = pd.date_range("2026-02-01", periods=200, freq="5min")
    assert last > 420
    for got, expected in zip(columns.run(times, later), again.run(times, later), strict=True):
        assert got.tolist() == expected.tolist()


def test_after_a_short_probation_blocks_go_on_as_they_were_cut() -> None:
    timestamps, values = pd.date_range("2026-01-01", periods=60, freq="5min"), np.tile([0.0, 1.0], 30)
    values[12] = 5.0  # 8 probation periods are half a block of the coarsest scale
    columns, fixed = GrowingColumns(COLUMNS, 0.0, 1.0, 1, 7), Columns(COLUMNS, 0.0, 5.0, 1, 7)
    columns.run(timestamps[:13], values[:13])
    fixed.run(timestamps[:13], values[:13])
    for got, expected in zip(
        columns.run(timestamps[13:], values[13:]), fixed.run(timestamps[13:], values[13:]), strict=True
    ):
        assert got.tolist() == expected.tolist()


def test_the_record_that_grows_them_is_judged_before() -> None:
    timestamps, values = stream((200,))
    wide = np.maximum.accumulate(values) - np.minimum.accumulate(values)
    row = int(np.argmax(wide > 1.1 * wide[199]))
    fixed = Columns(COLUMNS, float(values[:200].min()), float(values[:200].max()), PROBATION, 7)
    _, evidence = growing(values[:200]).run(timestamps[: row + 1], values[: row + 1])
    assert evidence.tolist() == fixed.run(timestamps[: row + 1], values[: row + 1])[1].tolist()
    assert evidence[1, row] > 0.2


@pytest.mark.parametrize("name", ["zhtm", "column"])
@pytest.mark.parametrize("learns", [True, False])
def test_one_by_one_as_at_once(name: str, learns: bool) -> None:
    """Also where records of the replay were not learned from."""
    params = load_preset(name).model_copy(update={"causal": True})
    whole, single = (HTMModel(params, 0.0, 1.0, PROBATION) for _ in range(2))
    timestamps, values = stream()
    cuts = ((0, 100), (100, 150), (150, RECORDS))
    parts = [whole.run(timestamps[a:b], values[a:b], learns or a != 100) for a, b in cuts]
    steps = [
        single.step(timestamp, value, learns or not 100 <= row < 150)
        for row, (timestamp, value) in enumerate(zip(timestamps, values.tolist(), strict=True))
    ]
    for field in ("score", "raw", "likelihood", "novelty"):
        assert [getattr(step, field) for step in steps] == np.concatenate(
            [getattr(part, field) for part in parts]
        ).tolist(), field


def test_a_rounding_error_is_no_range() -> None:
    """A constant stream is judged as one, though a record differs in the last digit; a real change still counts."""
    values = np.full(RECORDS, 0.3)
    values[250] = np.nextafter(0.3, 1.0)
    columns = growing(values[:1])
    assert not columns.outgrown_by(values[250])
    assert columns.outgrown_by(0.3 + 1e-9)
    timestamps = pd.date_range("2026-01-01", periods=RECORDS, freq="5min")
    scores = HTMModel(load_preset("zhtm").model_copy(update={"causal": True}), 0.0, 1.0, PROBATION)
    steady = HTMModel(load_preset("zhtm").model_copy(update={"causal": True}), 0.0, 1.0, PROBATION)
    assert scores.run(timestamps, values).score.tolist() == steady.run(timestamps, np.full(RECORDS, 0.3)).score.tolist()


def test_a_step_after_a_run_that_grew() -> None:
    """The step must use the new columns; with the old ones it searched their tables for ever."""
    params = load_preset("zhtm").model_copy(update={"causal": True})
    whole, mixed = (HTMModel(params, 0.0, 1.0, PROBATION) for _ in range(2))
    timestamps, values = stream((200, 350))
    scores: list[float] = []
    for start in range(0, RECORDS, 50):
        part = slice(start, start + 50)
        if start % 100:
            scores += mixed.run(timestamps[part], values[part]).score.tolist()
        else:
            scores += [mixed.step(*record).score for record in zip(timestamps[part], values[part], strict=True)]
    assert scores == whole.run(timestamps, values).score.tolist()


def test_memory_is_bounded() -> None:
    columns = growing(np.array([0.0, 1.0]))
    for row in range(1000):
        columns.remember(0.0, row % 2, True)
    assert len(columns._recent) == 8 * PROBATION
