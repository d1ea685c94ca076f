"""The small version of `faults.py`: the faults that take no compilation."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from hostile import faults


@pytest.mark.skipif(sys.platform == "win32", reason="no bash, no limits")
@pytest.mark.parametrize("fault", faults.QUICK)
def test_one_line(fault: Callable[[faults.Place], faults.Ended]) -> None:
    ended = faults.make(fault)
    if ended.reason:
        pytest.skip(ended.reason)
    assert ended.good, ended
    assert "Final scores" not in ended.out or ended.code == 0
