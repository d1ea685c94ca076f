"""Checks of arguments: what each accepts, and what it refuses in one line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from zhtm_detector.htm import checks
from zhtm_detector.htm.params import GateParams, ModelParams, TemporalMemoryParams


@pytest.mark.parametrize("value", [2, np.int8(2), np.uint64(2)])
def test_a_whole_number_becomes_an_int(value: Any) -> None:
    assert type(checks.whole("n", value, 1, 3)) is int


@pytest.mark.parametrize("value", [True, np.True_, 2.0, "2", 0, 4, 10**400, None, np.timedelta64(2, "s"), np.array(2)])
def test_what_is_no_whole_number_in_range_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^n: expected a whole number from 1 to 3, got .{1,60}$"):
        checks.whole("n", value, 1, 3)


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), 1, np.longdouble(0.5)])
def test_a_finite_number_becomes_a_float(value: Any) -> None:
    assert type(checks.finite("x", value, 0.0, 1.0)) is float


@pytest.mark.parametrize(
    "value", [True, "0.5", float("nan"), float("inf"), 1.5, -1, 10**400, np.timedelta64(1, "s"), pd.NaT, 1j, np.ones(1)]
)
def test_what_is_no_finite_number_in_range_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^x: expected a finite number from 0 to 1, got .{1,60}$"):
        checks.finite("x", value, 0.0, 1.0)


@pytest.mark.parametrize("value", ["x", 0, 1, None, np.array(True)])
def test_a_flag_is_a_boolean(value: Any) -> None:
    assert checks.flag("learn", np.False_) is False
    with pytest.raises(ValueError, match=r"^learn: expected True or False, got "):
        checks.flag("learn", value)


NO_INTEGERS = [
    [1, 2],
    (n for n in range(2)),
    np.array([1.0]),
    np.array([True]),
    np.zeros((1, 1), np.int64),
    np.ma.masked_array([1, 2], [True, False]),
    np.array([1], dtype="m8[s]"),
    np.array([1], dtype=object),
    None,
]
NO_OFFSETS = [[], [1, 3], [0, 2], [0, 4], [0, 2, 1, 3], [0, -1, 3], [0, 2**40, 3]]


def check(values: Any, offsets: Any) -> tuple[Any, Any]:
    return checks.records("a", values, offsets, 9, np.dtype(np.uint32), 2)


@pytest.mark.parametrize("value", NO_INTEGERS)
def test_what_is_no_array_of_integers_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^a: expected a 1-d array of integers, got "):
        check(value, np.array([0, 2]))
    with pytest.raises(ValueError, match=r"^offsets: expected a 1-d array of integers, got "):
        check(np.array([1, 2]), value)


@pytest.mark.parametrize("row", [[5, 1], [1, 1], [0, 9], [0, 1, 2]])
@pytest.mark.parametrize("dtype", [np.uint32, np.int64])
def test_records_out_of_order_or_range_are_refused(row: list[int], dtype: type) -> None:
    with pytest.raises(ValueError, match=r"^a(, record 1)?: expected .*indices below 9, got \["):
        check(np.array([3, *row], dtype=dtype), np.array([0, 1, 1 + len(row)]))


@pytest.mark.parametrize("value", [-1, 2**40])
def test_indices_that_do_not_fit_the_kernel_are_refused(value: int) -> None:
    with pytest.raises(ValueError, match=r"^a: expected indices below 9, got \["):
        check(np.array([value]), np.array([0, 1]))


@pytest.mark.parametrize("offsets", NO_OFFSETS)
def test_offsets_that_fall_or_miss_the_end_are_refused(offsets: list[int]) -> None:
    with pytest.raises(ValueError, match=r"^offsets: expected ascending numbers from 0 to 3, got \["):
        check(np.array([1, 2, 3]), np.array(offsets, dtype=np.int64))


def test_arrays_become_those_of_the_kernels() -> None:
    values, offsets = check(np.array([0, 2, 1], np.uint8), np.array([0, 2, 2, 3], np.int32))
    assert (values.dtype, offsets.dtype) == (np.uint32, np.int64)
    fixed = np.array([0, 2], np.uint32)
    fixed.flags.writeable = False
    assert check(fixed, np.array([0, 2]))[0].flags.writeable


@pytest.mark.parametrize(
    "values", [{1.0: 2}, {1.0}, "12", iter([1.0]), np.ma.masked_array([1.0]), np.ones((1, 1)), 1.0]
)
def test_many_numbers_are_a_sequence(values: Any) -> None:
    with pytest.raises(ValueError, match=r"^values: expected a 1-d sequence of numbers, got "):
        checks.finite_many("values", values)


@pytest.mark.parametrize(
    "values", [[0.0, True], np.array([0.0, 2.0]), [0.0, "1"], pd.Series([0.5, None], dtype="Float64")]
)
def test_many_numbers_are_each_checked(values: Any) -> None:
    with pytest.raises(ValueError, match=r"^row 1: value: expected a finite number from 0 to 1, got "):
        checks.finite_many("values", values, least=0.0, most=1.0)


def test_valid_params_are_not_checked_again_but_copies_are() -> None:
    params = ModelParams()
    assert checks.params_of("params", params, ModelParams) is params
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ModelParams, "model_validate", lambda *_, **__: pytest.fail("checked again"))
        assert checks.params_of("params", params, ModelParams) is params
    with pytest.raises(ValueError, match=r"^params: columns: "):
        checks.params_of("params", params.model_copy(update={"columns": 3}), ModelParams)
    with pytest.raises(ValueError, match=r"^vote: expected a GateParams, got "):
        checks.params_of("vote", params, GateParams)


def test_parameters_that_were_never_validated_are_refused() -> None:
    broken = TemporalMemoryParams().model_copy(update={"cells_per_column": 0})
    with pytest.raises(ValueError, match=r"^params: cells_per_column: expected greater than 0, got 0$"):
        checks.params_of("params", broken, TemporalMemoryParams)


def test_a_whole_number_for_a_fraction_becomes_one() -> None:
    copy = TemporalMemoryParams().model_copy(update={"initial_permanence": 1})
    for _ in range(2):
        assert repr(checks.params_of("params", copy, TemporalMemoryParams).initial_permanence) == "1.0"
