"""What is timed here: small parts on a seasonal stream, the four steps on the sample corpus.

    pytest tests/benchmarks -n0

Plain `pytest` passes this folder by; `tests/integration/test_benchmarks_run.py` runs it once, untimed.
"""

from __future__ import annotations

import pytest

from zhtm_detector.bench.synthetic import SeasonalStream, Stream


@pytest.fixture(scope="session")
def stream() -> Stream:
    """Long enough for the temporal memory to have learned something."""
    return SeasonalStream(seed=7).take(3000)
