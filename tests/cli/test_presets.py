"""Bad presets: refused before any file is read, with the preset and the field named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import Ran, refused

from zhtm_detector.htm.params import load_preset

Zhtm = Callable[..., Ran]

BAD_PRESETS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "unknown part": ({"bogus": 1}, ("bogus", "unknown parameter", "expected one of", "temporal_memory")),
    "unknown parameter": (
        {"spatial_pooler": {"columns": 9}},
        ("spatial_pooler.columns", "unknown parameter", "expected one of", "column_dimensions"),
    ),
    "unknown kind": (
        {"value_encoder": {"kind": "date"}},
        ("value_encoder.kind", "random_distributed, scalar, log, delta, adaptive"),
    ),
    "out of range": (
        {"temporal_memory": {"permanence_increment": 1.5}},
        ("temporal_memory.permanence_increment", "less than or equal to 1", "got 1.5"),
    ),
    "not finite": ({"spatial_pooler": {"boost_strength": float("nan")}}, ("spatial_pooler.boost_strength", "finite")),
    "no number": ({"value_encoder": {"size": "wide"}}, ("value_encoder.size", "integer", '"wide"')),
    "a part that is none": ({"temporal_memory": 3}, ("temporal_memory", "got 3")),
    "value encoder too narrow": (
        {"value_encoder": {"size": 50, "active_bits": 21}},
        ("value_encoder.size", "expected from 127", "got 50"),
    ),
    "buckets upside down": (
        {"value_encoder": {"kind": "scalar", "minimum_buckets": 9, "maximum_buckets": 5}},
        ("value_encoder.maximum_buckets", "at least minimum_buckets (9)", "got 5"),
    ),
    "one bucket": ({"value_encoder": {"kind": "scalar", "minimum_buckets": 1}}, ("value_encoder.minimum_buckets", "2")),
    "radius of two days": (
        {"date_encoder": {"time_of_day": {"active_bits": 21, "radius": 48}}},
        ("date_encoder.time_of_day.radius", "below the period (24)", "got 48"),
    ),
    "radius too small": (
        {"date_encoder": {"season": {"active_bits": 21, "radius": 1e-6}}},
        ("date_encoder.season.radius", "at most 1048576 bits"),
    ),
    "radius missing": (
        {"date_encoder": {"season": {"active_bits": 2}}},
        ("date_encoder.season.radius", "expected a value"),
    ),
    "more winners than columns": (
        {"spatial_pooler": {"column_dimensions": [30], "active_columns": 40}},
        ("spatial_pooler.active_columns", "at most 30", "got 40"),
    ),
    "three dimensions": (
        {"spatial_pooler": {"column_dimensions": [20, 20, 20]}},
        ("spatial_pooler.column_dimensions", "1 or 2", "got 3"),
    ),
    "other inputs": (
        {"spatial_pooler": {"input_dimensions": [100]}},
        ("spatial_pooler.input_dimensions", "a product of 454", "got [100]"),
    ),
    "thresholds upside down": (
        {"temporal_memory": {"activation_threshold": 5, "matching_threshold": 6}},
        ("temporal_memory.matching_threshold", "at most activation_threshold (5)", "got 6"),
    ),
    "window beyond history": (
        {"anomaly": {"history": 5, "averaging_window": 6}},
        ("anomaly.averaging_window", "at most history (5)", "got 6"),
    ),
}


@pytest.mark.parametrize(("changes", "expected"), BAD_PRESETS.values(), ids=BAD_PRESETS)
def test_bad_presets(
    zhtm: Zhtm, corpus: Path, tmp_path: Path, changes: dict[str, Any], expected: tuple[str, ...]
) -> None:
    content = load_preset("classic").model_dump(mode="json")
    for part, values in changes.items():
        same = isinstance(values, dict) and "kind" not in values
        content[part] = {**content[part], **values} if same else values
    own = tmp_path / "own.json"
    own.write_text(json.dumps(content))
    ran = zhtm("run", "--nab-root", corpus, "--results", tmp_path / "r", "--preset", own)
    refused(ran, f"preset {own}", *expected)
    assert ran.warnings == []
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(("content", "expected"), [("{", "not JSON"), ("[]", "all of it"), ("\xff", "not JSON")])
def test_presets_that_are_none(zhtm: Zhtm, tmp_path: Path, content: str, expected: str) -> None:
    own = tmp_path / "own.json"
    own.write_bytes(content.encode("latin-1"))
    refused(zhtm("run", "--preset", own), f"preset {own}", expected)
