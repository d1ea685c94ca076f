"""The value-range rule."""

from __future__ import annotations

import numpy as np
import pytest

from zhtm_detector.htm.anomaly import ValueRange


def leaves(values: list[float], tolerance: float = 0.05) -> list[bool]:
    return list(ValueRange(tolerance).run(np.array(values, dtype=np.float64)).tolist())


def test_no_range_until_two_different_values() -> None:
    assert leaves([5.0]) == [False]
    assert leaves([5.0, 1e9]) == [False, False]
    assert leaves([5.0, 5.0, 5.0, 1e9]) == [False] * 4


def test_margin_on_both_sides() -> None:
    assert leaves([0.0, 100.0, 105.0]) == [False] * 3
    assert leaves([0.0, 100.0, 105.1]) == [False, False, True]
    assert leaves([0.0, 100.0, -5.0]) == [False] * 3
    assert leaves([0.0, 100.0, -5.1]) == [False, False, True]


def test_outliers_extend_the_range() -> None:
    assert leaves([0.0, 100.0, 200.0, 200.0, 210.0, 300.0]) == [False, False, True, False, False, True]


def test_zero_tolerance() -> None:
    assert leaves([0.0, 1.0, 1.0, 1.0 + 1e-9], tolerance=0.0) == [False, False, False, True]


def test_update_returns_a_bool_and_no_records_change_nothing() -> None:
    seen = ValueRange()
    assert [seen.update(value) for value in (0.0, 1.0)] == [False, False]
    assert seen.run(np.empty(0)).shape == (0,)
    assert seen.update(2.0) is True


@pytest.mark.parametrize("tolerance", [-0.1, float("nan")])
def test_bad_tolerance(tolerance: float) -> None:
    with pytest.raises(ValueError, match=r"^tolerance: expected a finite number from 0, got "):
        ValueRange(tolerance)
