"""From predicted minicolumns to bands of values, and words for them."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from zhtm_detector.htm.explaining.bands import (
    MOST_CANDIDATES,
    bucket_of,
    candidates,
    expected_band,
    known_stretch,
    unless_within,
    within,
)
from zhtm_detector.htm.explaining.explanation import ViewEvidence, explanation_of, sentence
from zhtm_detector.htm.explaining.wording import band_text, duration

CENTRES = np.arange(10.0)


def band(support: list[float], seen: float, own: float) -> tuple[float, float] | None:
    return expected_band(CENTRES, np.array(support), 1.0, seen, own)


def test_the_band_of_the_best_supported_values() -> None:
    support = [0, 0, 0.95, 1.0, 0.92, 0.5, 0, 0, 0, 0]
    assert band(support, seen=8.0, own=0.1) == (1.5, 4.5)


def test_of_equals_the_closest() -> None:
    support = [1.0, 0, 0, 0, 0, 0, 0, 1.0, 0, 0]
    assert band(support, seen=9.0, own=0.1) == (6.5, 7.5)
    assert band(support, seen=2.0, own=0.1) == (-0.5, 0.5)


def test_a_value_that_is_supported_lies_in_its_band() -> None:
    support = [1.0, 0, 0, 0.95, 0.95, 0, 0, 0, 0, 0]
    assert band(support, seen=4.2, own=0.95) == (2.5, 4.5)


def test_a_value_that_is_not_supported_does_not() -> None:
    """Its own minicolumns may look predicted, because they have learned by now."""
    assert band([1.0, 1.0, 1.0, 1.0, 0, 0, 0, 0, 0, 0], seen=2.0, own=0.2) == (-0.5, 1.5)
    assert band([0, 0, 1.0, 0, 0, 0, 0, 0, 0, 0], seen=2.0, own=0.2) is None


def test_without_support_nothing_is_expected() -> None:
    assert band([0.4] * 10, seen=2.0, own=0.3) is None
    assert expected_band(np.empty(0), np.empty(0), 1.0, 2.0, 1.0) is None


def test_candidates() -> None:
    buckets, step = candidates(-0.4, 2.6, 0.0, 1.0)
    assert (buckets.tolist(), step) == ([0, 1, 2, 3], 1)
    buckets, step = candidates(0.0, 1e300, 0.0, 1e-300)
    assert len(buckets) <= MOST_CANDIDATES
    assert step > 2**30
    assert len(candidates(np.inf, -np.inf, 0.0, 1.0)[0]) == 0


def test_the_closest_stretch_of_known_buckets() -> None:
    known = {-4, -3, 2, 3, 7}
    assert known_stretch(1, 1, 10, known.__contains__) == (2, 3)
    assert known_stretch(0, -1, -10, known.__contains__) == (-3, -4)
    assert known_stretch(2, 1, 2, known.__contains__) == (2, 2)
    assert known_stretch(8, 1, 10, known.__contains__) is None
    assert known_stretch(2, 1, 1, known.__contains__) is None
    assert known_stretch(0, 1, 10**9, {10**8}.__contains__) is None


def test_the_bucket_of_a_value() -> None:
    """Centres are at the origin and whole units from it; beyond 2**40 all are one."""
    assert [bucket_of(x, 10.0, 2.0) for x in (8.9, 9.0, 10.9, 11.0, 14.0)] == [-1, 0, 0, 1, 2]
    assert (bucket_of(1e150, 0.0, 1e-300), bucket_of(-1e150, 0.0, 1e-300)) == (2**40, -(2**40))


def test_a_value_within_its_band_that_is_unusual_all_the_same() -> None:
    assert unless_within((1.0, 2.0), 2.0, 0.5) is None
    assert unless_within((1.0, 2.0), 2.0, 0.4) == (1.0, 2.0)
    assert unless_within((1.0, 2.0), 2.1, 0.9) == (1.0, 2.0)
    assert unless_within(None, 2.0, 0.9) is None


def test_cut_to_a_range() -> None:
    assert within((0.0, 10.0), 2.0, 5.0) == (2.0, 5.0)
    assert within((0.0, 1.5), 2.0, 5.0) == (2.0, 2.0)


def view(**changes: object) -> ViewEvidence:
    content = {
        "name": "mean 8 pattern of 2",
        "kind": "mean",
        "source": "pattern",
        "scale": 8,
        "evidence": 0.9,
        "seen": 3.2,
        "expected": (12.1, 14.0),
        "stored": 412,
        "vote": 0.1,
        "since": 8,
    }
    return ViewEvidence(**(content | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "interval", "text"),
    [
        (
            {},
            timedelta(minutes=5),
            "mean of the last 40 min is 3.2; the closest of 412 stored patterns has 12.1 to 14, so it is below",
        ),
        (
            {"kind": "change", "source": "sequence", "expected": (-1.0, 1.0), "since": 16},
            None,
            "mean of the last 8 records has changed by 3.2; after what came before, -1 to 1 was expected, "
            "so it is above, unusual for 16 records now",
        ),
        (
            {"expected": None, "kind": "high"},
            timedelta(days=1),
            "highest of the last 8 days is 3.2; none of 412 stored patterns resembles it and what came before",
        ),
        (
            {"kind": "value", "scale": 1, "source": "known", "expected": (3.3, 3.3), "since": 1},
            None,
            "the value is 3.2; the closest values seen before are 3.3, so it is below",
        ),
        (
            {"expected": (3.0, 4.0), "evidence": 0.3, "since": 0},
            None,
            "mean of the last 8 records is 3.2; the closest of 412 stored patterns has 3 to 4, "
            "so it is within, only less expected than usual",
        ),
        (  # the strongest of many weak views
            {"evidence": 0.05, "since": 0},
            None,
            "mean of the last 8 records is 3.2; the closest of 412 stored patterns has 12.1 to 14, so it is below",
        ),
    ],
)
def test_sentences(changes: dict[str, object], interval: timedelta | None, text: str) -> None:
    assert sentence(view(**changes), interval) == text


def test_the_strongest_view_comes_first() -> None:
    views = [view(vote=0.1), view(vote=0.3, seen=20.0), view(vote=0.3, evidence=0.2)]
    found = explanation_of(views, 7.0, 0.0, 0.5, None)
    assert found.views == (views[1], views[2], views[0])
    assert (found.direction, found.silenced) == ("above", True)
    quiet = explanation_of(views, 7.0, 0.05, 0.05, None)
    assert (quiet.direction, quiet.since, quiet.sentence) == ("none", 0, "nothing unusual: the value is 7")
    assert explanation_of([], 7.0, 1.0, 1.0, None).direction == "none"
    weak = explanation_of([view(evidence=0.05, since=0)], 7.0, 0.2, 0.2, None)
    assert (weak.direction, weak.views[0].direction) == ("below", "none")
    assert explanation_of([], -0.0, 0.0, 0.0, None).sentence == "nothing unusual: the value is 0"


def test_durations_and_numbers() -> None:
    assert duration(1, None) == "1 record"
    assert duration(3, timedelta(seconds=0.5)) == "1.5 s"
    assert duration(1, timedelta(minutes=1)) == "60 s"
    assert duration(100, timedelta(minutes=5)) == "8.33 h"
    assert duration(1234, timedelta(days=1)) == "1234 days"
    assert band_text(1e300, (0.0, 1e299)) == ("1e+300", "0 to 1e+299")
    assert band_text(2.0, (2.0, 2.0)) == ("2", "2")
    assert band_text(-0.0, None) == ("0", "")
    assert band_text(-0.0, (-0.0, 5e-324)) == ("0", "0 to 4.94065646e-324")
    assert band_text(-0.001, (1.0, 3.0)) == ("0", "1 to 3")
