"""A series comes back from its file as it was; parts that do not fit each other are refused, each in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from zhtm_detector import load_preset
from zhtm_detector.common.container import from_bytes, to_bytes
from zhtm_detector.common.errors import InputError
from zhtm_detector.streams.detector import StreamDetector
from zhtm_detector.streams.input.clock import SECOND, as_moment
from zhtm_detector.streams.record import Record
from zhtm_detector.streams.series import Series
from zhtm_detector.streams.settings import Probation, Settings
from zhtm_detector.streams.state.series_file import series_bytes, series_of
from zhtm_detector.streams.thresholds import TargetRate

PARAMS = load_preset("column").model_copy(update={"causal": True})
HOW = Settings(
    params=PARAMS,
    fields=("cpu", "memory"),
    threshold=lambda state: TargetRate(1e-3) if state is None else TargetRate.restore(state),
    probation=Probation(duration=25 * 60 * SECOND),
    explains=True,
)


def series_after(records: int) -> Series:
    """After 15 records the interval is still being measured, after 30 there are models."""
    detector = StreamDetector(HOW)
    for number in range(records):
        detector.process([record(number)])
    return detector.series[""]


def record(number: int) -> Record:
    clock = number * 60 * SECOND
    return Record(number, "", str(as_moment(clock)), clock, clock, (float(number % 7), float(number % 5)))


@pytest.mark.parametrize("records", [1, 15, 30])
def test_it_comes_back(records: int) -> None:
    content = series_bytes(series_after(records))
    assert series_bytes(series_of("", HOW, content, "file")) == content


def _first_model(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda header: header["models"][0].update({name: value})


def _state(**changes: object) -> Callable[[dict[str, Any]], None]:
    return lambda header: header["state"].update(changes)


@pytest.mark.parametrize(
    ("records", "spoil", "text"),
    [
        # An index out of range when the models learn these records.
        (15, lambda header: header["state"]["pending"][3][1].pop(), "expected 2 fields"),
        (15, lambda header: header["state"]["outside"].pop(), "expected 2 fields"),
        (15, _state(held=[1.0]), "expected 2 fields"),
        # Models of so long a probation cannot be built.
        (15, _state(probation=2**24 + 1), "state.probation"),
        # The 20th difference would never come, and neither would the interval.
        (15, lambda header: header["state"]["pace"].update(first=[60] * 20), "state.pace.first"),
        (30, _state(probation=None), "expected models with the settings of the stream"),
        (30, _state(probation=24), "expected models with the settings of the stream"),
        (30, _first_model("seed", 1), "expected models with the settings of the stream"),
        (30, _first_model("maximum", 9.0), "expected models with the settings of the stream"),
        (30, lambda header: header["models"].pop(), "expected 2 fields"),
    ],
)
def test_parts_that_do_not_fit(records: int, spoil: Callable[[dict[str, Any]], object], text: str) -> None:
    header, arrays = from_bytes(series_bytes(series_after(records)), "Series", "file")
    spoil(header)
    if len(header["models"]) == 1:
        arrays = {name: array for name, array in arrays.items() if name.startswith("0.")}
    content = to_bytes("Series", header, arrays)
    with pytest.raises(InputError) as error:
        series_of("", HOW, content, "file")
    assert text in str(error.value)
    assert str(error.value).startswith("file: ")
    assert len(str(error.value).splitlines()) == 1
