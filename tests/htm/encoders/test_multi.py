from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import pandas as pd
import pytest

from zhtm_detector.htm.encoders import DateEncoder, MultiEncoder, RandomDistributedScalarEncoder, ScalarEncoder
from zhtm_detector.htm.params import CyclicParams

A = ScalarEncoder(2, 9, 0.0, 8.0)  # 10 bits
B = ScalarEncoder(3, 5, 0.0, 4.0)  # 7 bits
BOTH = MultiEncoder({"a": A, "b": B})


def test_concatenation_by_hand() -> None:
    assert (BOTH.size, BOTH.active_bits) == (17, 5)
    assert BOTH.encode({"b": 4.0, "a": 8.0}).indices.tolist() == [8, 9, 14, 15, 16]
    assert MultiEncoder({"b": B, "a": A}).encode({"a": 0.0, "b": 0.0}).indices.tolist() == [0, 1, 2, 7, 8]


def test_encode_many_by_hand() -> None:
    rows = BOTH.encode_many({"a": [0.0, 8.0], "b": np.array([4, 0])})
    assert rows.dtype == np.uint32
    assert rows.tolist() == [[0, 1, 14, 15, 16], [8, 9, 10, 11, 12]]


def test_nab_records() -> None:
    value = RandomDistributedScalarEncoder(resolution=0.1)
    time = DateEncoder(time_of_day=CyclicParams(active_bits=21, radius=9.49))
    encoder = MultiEncoder({"value": value, "timestamp": time})
    assert (encoder.size, encoder.active_bits) == (454, 42)
    frame = pd.DataFrame({"timestamp": pd.date_range("2014-04-01", periods=50, freq="h"), "value": np.arange(50.0)})
    rows = encoder.encode_many(frame)
    for row, record in zip(rows, frame.to_dict("records"), strict=True):
        sdr = encoder.encode(record)
        assert sdr.indices.tolist() == row.tolist()
        assert sdr.indices[:21].tolist() == value.encode(record["value"]).indices.tolist()
        assert (sdr.indices[21:] - 400).tolist() == time.encode(record["timestamp"]).indices.tolist()


def test_multi_in_multi() -> None:
    nested = MultiEncoder({"x": BOTH, "y": A})
    flat = nested.encode({"x": {"a": 1.0, "b": 2.0}, "y": 3.0})
    assert flat.indices.tolist() == [1, 2, 12, 13, 14, 20, 21]
    assert nested.encode_many({"x": {"a": [1.0], "b": [2.0]}, "y": [3.0]}).tolist() == [flat.indices.tolist()]


def test_later_changes_of_the_mapping_have_no_effect() -> None:
    parts = OrderedDict(a=A)
    encoder = MultiEncoder(parts)
    parts["b"] = B
    assert encoder.encode({"a": 0.0}).indices.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"a": 0.0}, r"^field 'b': missing; expected a, b$"),
        ({}, r"^field 'a': missing; expected a, b$"),
        ({"a": 0.0, "b": 0.0, "c": 0.0}, r"^field 'c': unknown; expected a, b$"),
        ({"a": 0.0, "c": 0.0}, r"^field 'b': missing; expected a, b$"),
        ({"a": 0.0, "b": float("nan")}, r"^field 'b': value: expected a finite number, got nan$"),
        ([0.0, 0.0], r"^record: expected a mapping of field to value, got \[0.0, 0.0\]$"),
    ],
)
def test_bad_records(record: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BOTH.encode(record)


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ({"a": [0.0]}, r"^field 'b': missing; expected a, b$"),
        (pd.DataFrame({"a": [0.0], "b": [0.0], "c": [0.0]}), r"^field 'c': unknown; expected a, b$"),
        ({"a": [0.0], "b": [0.0, 1.0]}, r"^field 'b': expected 1 values as the first field has, got 2$"),
        ({"a": [0.0, 1.0], "b": [0.0, None]}, r"^field 'b': row 1: value: expected a finite number, got None$"),
        ([{"a": 0.0, "b": 0.0}], r"^records: expected a mapping of field to values, got "),
    ],
)
def test_bad_columns(records: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BOTH.encode_many(records)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, r"^parts: expected a mapping of at least one field, got \{\}$"),
        ([A, B], r"^parts: expected a mapping of at least one field, got "),
        ({"a": 1}, r"^parts: a: expected an Encoder, got 1$"),
        ({1: A}, r"^parts: expected field names that are non-empty strings, got 1$"),
        ({"": A}, r"^parts: expected field names that are non-empty strings, got ''$"),
        (
            {"a": ScalarEncoder(1, 2**20, 0, 1), "b": A},
            r"^parts: expected at most 1048576 bits together, got 1048586$",
        ),
    ],
)
def test_bad_parts(parts: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MultiEncoder(parts)
