"""The call graph in a real browser: legible, without overlaps, light and dark, wide and narrow."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from zhtm_detector.common.tables import Column, DataTable
from zhtm_detector.pages.call_graph import write_call_graph

KEYS = ("caller", "function", "calls", "own_ms", "total_ms")
ROWS = [
    ("", "temporal_memory:TemporalMemory.compute", 20, 10.0, 1000.0),
    *(("temporal_memory:TemporalMemory.compute", f"k:_activate_{i}", 77_000, 400.0 / (i + 1), 400.0) for i in range(4)),
    *((f"k:_activate_{i}", f"k:_use_{i % 2}", 9_000, 20.0, 30.0) for i in range(4)),
]
BOXES = """selector => [...document.querySelectorAll(selector)].map(each => {
  const { left, right, top, bottom } = each.getBoundingClientRect();
  return [left, right, top, bottom];
})"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("pygraphviz")
    table = DataTable("Calls", [Column(key, key) for key in KEYS], ROWS, ["A note."])
    return write_call_graph(table, tmp_path_factory.mktemp("calls"))[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_the_picture_is_legible(open_page: Any, path: Path, width: int, scheme: str) -> None:
    with open_page(path, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        boxes = page.evaluate(BOXES, ".calls .node path")
        texts = page.evaluate(BOXES, ".calls text")
        assert (len(boxes), len(texts)) == (7, 4 * 7 + 2 * 4)
        for one, two in combinations(boxes, 2):
            assert one[1] <= two[0] or two[1] <= one[0] or one[3] <= two[2] or two[3] <= one[2]
        for one, two in combinations(texts, 2):  # lines one below the other have room for descenders
            assert min(one[1], two[1]) - max(one[0], two[0]) < 1 or min(one[3], two[3]) - max(one[2], two[2]) < 3
        assert (
            sum(any(b[0] < t[0] and t[1] < b[1] and b[2] <= t[2] and t[3] <= b[3] for b in boxes) for t in texts) == 28
        )
        left, right, *_ = page.evaluate(BOXES, ".calls .node")[0]
        assert left >= 0 and right <= width  # the first function is in the window
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ink = page.evaluate("getComputedStyle(document.querySelector('.calls text')).fill")
        assert ink == {"light": "rgb(27, 31, 36)", "dark": "rgb(228, 233, 239)"}[scheme]
