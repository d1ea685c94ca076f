"""Whatever parameters are accepted, a model of them runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import (
    parse_params,
)

whole = 2**31 - 1
share = st.sampled_from([0.0, 0.1, 1.0])
COLUMN = st.fixed_dictionaries(
    {
        "sees": st.sampled_from([["mean"], ["mean_at_time", "change"], ["high", "low"]]),
        "blocks": st.sampled_from([None, 1, 5, whole]),
        "scales": st.sampled_from([1, 3, 12]),
        "encoder": st.fixed_dictionaries(
            {
                "size": st.sampled_from([40, 400]),
                "active_bits": st.sampled_from([1, 5]),
                "resolutions": st.sampled_from([[1.0], [1e-6], [0.01, 0.04, 1.0]]),
                "time_of_day": st.sampled_from([{"active_bits": 1, "radius": 0.1}, {"active_bits": 7, "radius": 23.0}]),
            }
        ),
        "spatial_pooler": st.one_of(
            st.none(),
            st.fixed_dictionaries(
                {
                    "column_dimensions": st.sampled_from([[64], [5, 8]]),
                    "active_columns": st.sampled_from([1, 8, 40]),
                    "global_inhibition": st.booleans(),
                    "potential_radius": st.sampled_from([None, 2]),
                    "stimulus_threshold": st.sampled_from([0, 1, whole]),
                }
            ),
        ),
        "temporal_memory": st.fixed_dictionaries(
            {
                "context": st.sampled_from([0, 1, 16]),
                "new_synapses": st.sampled_from([1, 255]),
                "match": st.sampled_from([1e-9, 1.0]),
                "segments_per_minicolumn": st.sampled_from([1, 32]),
                "segments": st.sampled_from([1, 50, 2**21]),
                "initial_permanence": st.sampled_from([0.1, 1.0]),
                "connected_permanence": st.sampled_from([0.0, 0.1]),
                "permanence_increment": share,
                "permanence_decrement": share,
                "readout": st.sampled_from(["graded", "burst"]),
            }
        ),
        "calibration": st.one_of(
            st.none(),
            st.fixed_dictionaries(
                {
                    "memory": st.sampled_from([1.0, 1e6]),
                    "least_deviation": st.sampled_from([1e-300, 1.0]),
                    "prior_deviation": share,
                    "prior_blocks": st.sampled_from([0.0, 1000.0]),
                    "half_evidence": st.sampled_from([1e-300, 100.0]),
                    "weight": st.sampled_from([0.0, 0.999999]),
                    "strength": st.sampled_from([0.0, 1000.0]),
                }
            ),
        ),
        "unseen_weight": share,
    }
)
PARAMETERS = st.fixed_dictionaries(
    {
        "columns": st.one_of(st.just([]), st.lists(COLUMN, min_size=1, max_size=2)),
        "value_encoder": st.one_of(
            st.fixed_dictionaries(
                {
                    "kind": st.just("scalar"),
                    "active_bits": st.sampled_from([1, 5, 41]),
                    "minimum_buckets": st.sampled_from([2, 50]),
                    "maximum_buckets": st.sampled_from([50, 1000]),
                }
            ),
            st.fixed_dictionaries(
                {
                    "kind": st.just("random_distributed"),
                    "size": st.sampled_from([40, 400]),
                    "active_bits": st.sampled_from([1, 2, 5]),
                    "buckets": st.sampled_from([1, 130, whole]),
                    "range_padding": st.sampled_from([0.0, 10.0]),
                    "minimum_resolution": st.sampled_from([1e-300, 1e-3, 1e300]),
                }
            ),
            st.fixed_dictionaries(
                {
                    "kind": st.sampled_from(["log", "delta"]),
                    "size": st.sampled_from([40, 400]),
                    "active_bits": st.sampled_from([1, 5]),
                    "buckets": st.sampled_from([1, 130, whole]),
                    "minimum_resolution": st.sampled_from([1e-300, 1e-3, 1e300]),
                }
            ),
            st.fixed_dictionaries(
                {
                    "kind": st.just("adaptive"),
                    "active_bits": st.sampled_from([1, 5, 41]),
                    "buckets": st.sampled_from([2, 300]),
                    "padding": st.sampled_from([0.0, 10.0]),
                }
            ),
        ),
        "date_encoder": st.fixed_dictionaries(
            {},
            optional={
                "time_of_day": st.fixed_dictionaries(
                    {"active_bits": st.sampled_from([1, 3]), "radius": st.sampled_from([0.1, 23.9])}
                ),
                "weekend_bits": st.sampled_from([1, 3]),
            },
        ),
        "spatial_pooler": st.fixed_dictionaries(
            {
                "column_dimensions": st.sampled_from([[8], [64], [4, 5], [1, 9]]),
                "active_columns": st.sampled_from([1, 2, 8]),
                "potential_fraction": st.sampled_from([1e-9, 0.1, 1.0]),
                "potential_radius": st.sampled_from([None, 1, 2, whole]),
                "wrap_around": st.booleans(),
                "global_inhibition": st.booleans(),
                "stimulus_threshold": st.sampled_from([0, 1, whole]),
                "permanence_increment": share,
                "permanence_decrement": share,
                "connected_permanence": share,
                "minimum_overlap_duty_cycle": share,
                "duty_cycle_period": st.sampled_from([1, 10, whole]),
                "boost_strength": st.sampled_from([0.0, 1.0, 100.0]),
                "update_period": st.sampled_from([1, 7, whole]),
            }
        ),
        "temporal_memory": st.fixed_dictionaries(
            {
                "cells_per_column": st.sampled_from([1, 2, 32]),
                "activation_threshold": st.sampled_from([3, whole]),
                "matching_threshold": st.sampled_from([0, 1, 3]),
                "initial_permanence": st.sampled_from([0.001, 0.3, 1.0]),
                "connected_permanence": share,
                "permanence_increment": share,
                "permanence_decrement": share,
                "predicted_decrement": share,
                "new_synapses": st.sampled_from([1, 5, whole]),
                "synapses_per_segment": st.sampled_from([1, 4, 128]),
                "segments_per_cell": st.sampled_from([1, 2, 32767]),
                "segments": st.sampled_from([1, 10, 2**21]),
            }
        ),
        "anomaly": st.fixed_dictionaries(
            {
                "likelihood": st.booleans(),
                "averaging_window": st.sampled_from([1, 10]),
                "history": st.sampled_from([10, 100]),
                "reestimation_period": st.sampled_from([1, 10, whole]),
                "value_range_tolerance": st.sampled_from([None, 0.0, 1000.0]),
            }
        ),
    }
)


@given(
    data=PARAMETERS,
    shape=st.sampled_from([(1.0, 0.0), (0.0, 5.0), (1e150, 0.0), (1e-300, 0.0), (1e17, -1e150)]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("error")
@pytest.mark.compiled
def test_what_is_accepted_runs(data: dict[str, Any], shape: tuple[float, float], seed: int) -> None:
    params = parse_params(data, "x")
    scale, offset = shape
    values = np.clip(np.random.default_rng(seed).random(60) * scale + offset, -1e150, 1e150)
    timestamps = pd.Series(pd.date_range("2024-01-01", periods=60, freq="37min"))
    model = HTMModel(params, float(values.min()), float(values.max()), probation=10, seed=seed)
    steps = model.run(timestamps, values)
    for numbers in (steps.score, steps.raw, steps.likelihood):
        assert ((numbers >= 0.0) & (numbers <= 1.0)).all()
