"""Wanted rates of alerts: which streams count, and what their alerts are compared with."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from zhtm_detector.common.rates import Rate
from zhtm_detector.evaluation import rates
from zhtm_detector.evaluation.rates import NAMES, Scored, make_streams, rates_section, realised

HOUR = 3600 * 10**6
DAILY = Rate.parse("1/day")


def stream(scores: list[float], gap: int = 0) -> Scored:
    """Hourly scores, with a gap of days before the last one."""
    clock = np.arange(len(scores), dtype=np.int64) * HOUR
    clock[-1] += gap * 24 * HOUR
    return np.array(scores), clock


def test_a_share_of_the_wanted_alerts_after_the_warm_up() -> None:
    assert realised(stream([0.0, 0.9] * 12 * 9 + [0.0]), DAILY, 0.5) == (5, 5)
    assert realised(stream([0.9] * 24 * 4 + [1e-9] * 5 * 24 + [0.0]), DAILY, 0.9) == (0, 5)  # all before the end of it
    backwards = stream([0.9] * 24 * 20)
    assert realised((backwards[0], backwards[1][::-1]), DAILY, 0.5) is None


def test_streams_that_do_not_count() -> None:
    assert realised(stream([0.9] * 24 * 8), DAILY, 0.5) is None  # 8 days are 4 alerts after the warm-up
    few = realised(stream([0.9] * 24 * 4 + [0.0] * 24 * 5 + [0.9]), DAILY, 0.5)
    assert few is not None and isnan(few[0])
    assert realised(stream([0.9] * 10, gap=9), Rate.parse("2/day"), 0.5) is not None  # the time of a gap counts


def test_the_table() -> None:
    usual = stream([0.0, 0.9] * 12 * 30 + [0.0])
    table = rates_section({("some", "zhtm"): ([usual, stream([0.0] * 24 * 30)], None), ("none", "zhtm"): ([], 0.6)})
    assert [row["wanted"] for row in table.records()] == [*rates.RATES] * 2
    first, second = table.records()[0], table.records()[-1]
    assert (first["streams"], first["too_few"], first["within"]) == (1, 1, 100.0)
    alerts, wanted = realised(usual, DAILY, 0.5) or (0, 1)
    assert first["median"] == first["lowest"] == first["highest"] == alerts / wanted
    assert first["off"] == abs(alerts - wanted)
    assert (second["streams"], second["too_few"], second["median"]) == (0, 0, None)


def test_the_long_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "RECORDS", 24 * 288)
    made = make_streams()
    assert tuple(made) == NAMES
    usual, drifting, flooded = made.values()
    month = slice(10 * 288, 12 * 288 + 1)
    assert (usual != flooded).sum() == (usual != flooded)[month].sum() > 500
    assert np.abs(flooded[month]).max() > 1e6
    assert usual.mean() == pytest.approx(50, abs=0.1)
    assert drifting[-288:].mean() == pytest.approx(115, abs=2)
