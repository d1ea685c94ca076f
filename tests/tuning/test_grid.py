"""A sweep's heat map: every variant in its place."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.params import load_preset
from zhtm_detector.pages.grid_page import _heat
from zhtm_detector.tuning.parameters.grid import Grid, GridScores, Variant, VariantScore
from zhtm_detector.tuning.parameters.parameter_names import parameters


def swept(axes: dict[str, list[Any]], scores: list[float]) -> GridScores:
    params = load_preset("classic")
    variants = [Variant(values, params) for values in product(*axes.values())]
    rows = [VariantScore(v, {"standard": -s}, {"standard": s}) for v, s in zip(variants, scores, strict=True)]
    return GridScores(Grid(axes, variants), rows, ["standard"], {}, 0, 0)


def heat(axes: dict[str, list[Any]], scores: list[float]) -> Any:
    return _heat(swept(axes, scores), 0).traces[0]["z"]


def test_rows_down_columns_across() -> None:
    assert heat({"a": [3, 1], "b": [0.5, 0.2, 0.9]}, [1, 2, 3, 4, 5, 6]) == [[1, 4], [2, 5], [3, 6]]


def test_a_cell_shows_its_best_variant() -> None:
    found = heat({"a": [1, 2], "b": [1, 2], "c": [1, 2], "d": [1]}, [1, 2, 4, 3, 5, 6, 8, 7])
    assert found == [[2, 6], [4, 8]]


def test_a_list_is_one_value() -> None:
    trace: Any = _heat(swept({"a": [[2, 4], [8]], "b": [1, 2]}, [1, 2, 3, 4]), 0).traces[0]
    assert trace["customdata"][0][0] == "a=[2, 4]<br>b=1<br>at the best threshold -1.00"


def test_values_that_are_equal_in_python_have_places_of_their_own() -> None:
    assert heat({"a": [True, 1], "b": [0, False]}, [1, 2, 3, 4]) == [[1, 3], [2, 4]]


@pytest.mark.parametrize("value", ["NaN", "1_0", "Infinity"])
def test_a_number_is_no_text(value: str) -> None:
    with pytest.raises(InputError, match=rf'^anomaly\.refractory: expected a number, got "{value}"$'):
        parameters(load_preset("zhtm"))["anomaly.refractory"].check(value)
