"""Random calls, valid and not: invalid ones raise ValueError and change nothing, valid ones equal the twin.

`python tests/hostile/calls.py --count 20000` makes more of them.
"""

from __future__ import annotations

import pytest
from hostile import calls

# Interpreted columns and classifiers take their time.
SLOW = ("Model_zhtm", "Model_zhtm_causal", "Model_column_causal", "PredictingModel", "CallPredictor")
DRIVERS = [
    pytest.param(driver, id=name, marks=[pytest.mark.compiled] if name in SLOW else [])
    for driver, name in ((driver, driver.__name__) for driver in calls.drivers())
]


@pytest.mark.parametrize("driver", DRIVERS)
def test_random_calls(driver: type[calls.Driver]) -> None:
    row = calls.drive(driver, count=150, seed=1)
    assert row.findings == []
    assert row.counts["invalid"] > 30
