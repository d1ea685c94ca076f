"""Invalid parameters and their messages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.encoders import DateEncoder, RandomDistributedScalarEncoder, ScalarEncoder
from zhtm_detector.htm.encoders.encoder import MAX_SIZE
from zhtm_detector.htm.params import (
    MAX_BITS,
    AnomalyParams,
    CyclicParams,
    DateParams,
    ModelParams,
    RandomDistributedScalarParams,
    ScalarParams,
    SpatialPoolerParams,
    TemporalMemoryParams,
    parse_params,
)


def refused(data: Any) -> str:
    with pytest.raises(InputError) as error:
        parse_params(data, "preset x")
    message = str(error.value)
    assert message.startswith("preset x: ")
    assert "\n" not in message
    return message.removeprefix("preset x: ")


# Invalid parameters and their messages


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ("spatial_pooler", SpatialPoolerParams.model_fields),
        ("temporal_memory", TemporalMemoryParams.model_fields),
        ("anomaly", AnomalyParams.model_fields),
        ("date_encoder", DateParams.model_fields),
    ],
)
def test_unknown_names_are_told_the_known_ones(part: str, fields: dict[str, Any]) -> None:
    expected = f"{part}.learning_rate: unknown parameter; expected one of {', '.join(fields)}"
    assert refused({part: {"learning_rate": 1}}) == expected


def test_parts_are_objects() -> None:
    assert refused([]) == "all of it: expected a JSON object, got []"
    assert refused({"anomaly": "x"}) == 'anomaly: expected a JSON object, got "x"'


def test_unknown_names_deeper_and_higher() -> None:
    assert refused({"sp": {}}).startswith("sp: unknown parameter; expected one of description, alert, columns, value_")
    cyclic = {"active_bits": 3, "radius": 1, "period": 2}
    assert refused({"date_encoder": {"season": cyclic}}) == (
        "date_encoder.season.period: unknown parameter; expected one of active_bits, radius"
    )
    scalar = {"kind": "scalar", "size": 9}
    assert refused({"value_encoder": scalar}).startswith("value_encoder.size: unknown parameter; expected one of kind,")


def test_synapses_have_numbers_of_28_bits() -> None:
    memory = {"segments": 2**22, "synapses_per_segment": 65}
    assert refused({"temporal_memory": memory}) == (
        "temporal_memory.segments: expected at most 2097152 of 65 synapses, got 4194304"
    )
    memory["synapses_per_segment"] = 64
    assert parse_params({"temporal_memory": memory}, "test").temporal_memory.slot_bits == 6


def test_several_faults_are_counted() -> None:
    message = refused({"anomaly": {"history": 0}, "temporal_memory": {"segments": 0, "new_synapses": -1}})
    assert message.endswith("(and 2 more)")


def test_long_and_odd_content_stays_one_short_line() -> None:
    assert len(refused({"temporal_memory": ["a\nb"] * 1000})) < 200
    assert len(refused({"x\ny" * 1000: 1})) < 250
    odd: list[Any] = [None, [], 3, "text", {"value_encoder": None}, {"description": 5}]
    for data in odd:
        refused(data)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_must_be_finite(number: float) -> None:
    assert "finite number" in refused({"anomaly": {"value_range_tolerance": number}})


@pytest.mark.parametrize("part", ["spatial_pooler", "temporal_memory"])
def test_huge_integers_do_not_reach_a_kernel(part: str) -> None:
    model = {"spatial_pooler": SpatialPoolerParams, "temporal_memory": TemporalMemoryParams}[part]
    for name, default in model().model_dump().items():
        if isinstance(default, int) and not isinstance(default, bool):
            assert f"{part}.{name}: expected" in refused({part: {name: 2**70}})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"windows": []}, "block_novelty.windows: expected at least one, ascending, got []"),
        ({"windows": [4, 2]}, "block_novelty.windows: expected at least one, ascending, got [4, 2]"),
        ({"windows": [2, 2]}, "block_novelty.windows: expected at least one, ascending, got [2, 2]"),
        ({"kinds": []}, "block_novelty.kinds: expected at least one, each once, got []"),
        ({"kinds": ["low", "low"]}, "block_novelty.kinds: expected at least one, each once, got ['low', 'low']"),
        ({"weight": 1.0}, "block_novelty.weight: expected less than 1, got 1.0"),
        ({"view": 1}, "block_novelty.view: unknown parameter; expected one of blocks, scales, "),
    ],
)
def test_block_novelty(change: dict[str, Any], message: str) -> None:
    assert refused({"block_novelty": change}).startswith(message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sees": []}, "columns.0.sees: "),
        ({"sees": ["mean", "mean"]}, "columns.0.sees: expected each kind of value once, got ['mean', 'mean']"),
        ({"sees": ["median"]}, "columns.0.sees.0: expected 'mean', 'high', 'low', 'mean_at_time' or 'change', got"),
        (
            {"encoder": {"active_bits": 67}},
            "columns.0.encoder.size: expected at least 403 (6 * active_bits + 1), got 400",
        ),
        (
            {"encoder": {"size": 2**20}},
            "columns.0.encoder.size: expected at most 524288 with 2 resolutions, got 1048576",
        ),
        ({"encoder": {"resolutions": []}}, "columns.0.encoder.resolutions: expected at least one, ascending, got []"),
        ({"encoder": {"resolutions": [0.1, 0.1]}}, "columns.0.encoder.resolutions: expected at least one, ascending"),
        (
            {"encoder": {"time_of_day": {"active_bits": 7, "radius": 0.041}}},
            "columns.0.encoder.time_of_day: expected at most 4095 bits, got 4098",
        ),
        (
            {"encoder": {"time_of_day": {"active_bits": 7, "radius": 25}}},
            "columns.0.encoder.time_of_day.radius: expected below the period (24)",
        ),
        (
            {"spatial_pooler": {"input_dimensions": [828]}},
            "columns.0.spatial_pooler.input_dimensions: expected a product of 800 (the input bits), got [828]",
        ),
        (
            {"spatial_pooler": {"column_dimensions": [9363]}},
            "columns.0.temporal_memory.context: expected at most 6 with 9363 minicolumns, got 7",
        ),
        (
            {"encoder": {"size": 4700}},
            "columns.0.temporal_memory.context: expected at most 6 with 9400 minicolumns, got 7",
        ),
        ({"temporal_memory": {"context": 17}}, "columns.0.temporal_memory.context: expected less than or equal to 16"),
        (
            {"temporal_memory": {"initial_permanence": 0.4}},
            "columns.0.temporal_memory.initial_permanence: expected at least connected_permanence (0.5), because ",
        ),
        ({"temporal_memory": {"match": 0}}, "columns.0.temporal_memory.match: expected greater than 0"),
        ({"calibration": {"weight": 1.0}}, "columns.0.calibration.weight: expected less than 1, got 1.0"),
        ({"window": 1}, "columns.0.window: unknown parameter; expected one of sees, blocks, scales, "),
    ],
)
def test_columns_that_do_not_fit_together(change: dict[str, Any], message: str) -> None:
    assert refused({"columns": [{"sees": ["mean"]} | change]}).startswith(message)


ABSURD: list[tuple[dict[str, Any], str]] = [
    ({"spatial_pooler": {"column_dimensions": [10**12]}}, "spatial_pooler.column_dimensions.0: "),
    (
        {"spatial_pooler": {"column_dimensions": [2**20]}, "temporal_memory": {"cells_per_column": 1}},
        "spatial_pooler.column_dimensions: expected at most 591267 columns of 454 inputs, got 1048576",
    ),
    ({"columns": [{"sees": ["mean"]}] * 65}, "columns: "),
    (
        {"columns": [{"sees": ["mean"], "temporal_memory": {"segments_per_minicolumn": 10**9}}]},
        "columns.0.temporal_memory.segments_per_minicolumn: expected less than or equal to 4096",
    ),
    (
        {
            "columns": [
                {
                    "sees": ["mean", "high"],
                    "scales": 12,
                    "encoder": {"size": 4000},
                    "temporal_memory": {"segments_per_minicolumn": 4096},
                }
            ]
        },
        "columns.0.temporal_memory.segments_per_minicolumn: expected at most 1398 with 24 columns of 8000 minicolumns",
    ),
    (
        {"columns": [{"sees": ["mean"], "temporal_memory": {"segments": 2**24, "new_synapses": 255}}]},
        "columns.0.temporal_memory.segments: expected at most 2105376 of 255 synapses, got 16777216",
    ),
    (
        {"columns": [{"sees": ["mean"], "spatial_pooler": {"column_dimensions": [9362]}}] * 64},
        "columns: expected at most 268435456 minicolumns times inputs in the spatial poolers of all groups together",
    ),
    (
        {"block_novelty": {"capacity": 2**16, "windows": [2, 64], "scales": 12}},
        "block_novelty.capacity: expected at most 10754 with 96 stores, got 65536",
    ),
]


@pytest.mark.parametrize(("data", "message"), ABSURD)
def test_absurd_memory_is_refused_in_one_line(data: dict[str, Any], message: str) -> None:
    assert refused(data).startswith(message)


def test_columns_at_their_limits_fit() -> None:
    time = {"active_bits": 7, "radius": 7 * 24 / 4095}
    limits: list[dict[str, Any]] = [
        {"encoder": {"time_of_day": time}},
        {"spatial_pooler": {"column_dimensions": [9362]}},
        {"sees": ["mean_at_time"], "spatial_pooler": {"input_dimensions": [828]}},
    ]
    for change in limits:
        parse_params({"columns": [{"sees": ["mean"]} | change]}, "x")


def test_parts_that_do_not_fit_together() -> None:
    too_many = {"date_encoder": {"weekend_bits": 2**19, "time_of_day": {"active_bits": 21, "radius": 9.49}}}
    assert refused(too_many) == f"date_encoder.*: expected at most {MAX_BITS} bits together, got {2**20 + 54}"
    many = {"value_encoder": {"kind": "random_distributed", "size": 2**20}}
    assert "value_encoder and date_encoder: expected at most" in refused(many)
    cells = {"spatial_pooler": {"column_dimensions": [128, 128]}, "temporal_memory": {"cells_per_column": 1024}}
    parse_params(cells, "x")
    more = {**cells, "spatial_pooler": {"column_dimensions": [128, 129]}}
    assert "temporal_memory.cells_per_column: expected at most 16777216 cells in all, got 16908288" in refused(more)
    assert "spatial_pooler.column_dimensions: expected at most" in refused(
        {"spatial_pooler": {"column_dimensions": [1024, 1025]}}
    )


def test_input_dimensions() -> None:
    parse_params({"spatial_pooler": {"input_dimensions": [454]}}, "x")
    two = {"column_dimensions": [8, 8], "active_columns": 2, "input_dimensions": [2, 227]}
    parse_params({"spatial_pooler": two}, "x")
    assert "1 as column_dimensions has" in refused({"spatial_pooler": {"input_dimensions": [2, 227]}})
    assert "a product of 454" in refused({"spatial_pooler": {"input_dimensions": [455]}})
    scalar = {"kind": "scalar", "active_bits": 41}
    assert "depends on the values (at most 1040 bits)" in refused(
        {"value_encoder": scalar, "spatial_pooler": {"input_dimensions": [454]}}
    )
    fixed = {**scalar, "minimum_buckets": 160, "maximum_buckets": 160}
    parse_params({"value_encoder": fixed, "date_encoder": {}, "spatial_pooler": {"input_dimensions": [200]}}, "x")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"anomaly": {"history": True}}, "anomaly.history: expected a number, got true"),
        ({"anomaly": {"history": "100"}}, 'anomaly.history: expected a number, got "100"'),
        ({"anomaly": {"likelihood": 1}}, "anomaly.likelihood: expected true or false, got 1"),
        ({"causal": "yes"}, 'causal: expected true or false, got "yes"'),
        ({"block_novelty": {"windows": [2, True]}}, "block_novelty.windows: expected a number, got [2, true]"),
        ({"value_encoder": {"kind": "scalar", "active_bits": True}}, "value_encoder.active_bits: expected a number"),
    ],
)
def test_a_value_of_another_kind(data: dict[str, Any], expected: str) -> None:
    assert refused(data).startswith(expected)
    assert parse_params({"anomaly": {"history": 100.0, "refractory": 1}}, "x").anomaly.history == 100


# The encoders' own rules: refused here exactly if the encoder refuses it


def accepted(build: Any) -> bool:
    try:
        build()
    except ValueError:  # pydantic's error is one too
        return False
    return True


def test_the_largest_encoder_is_the_encoders() -> None:
    assert MAX_BITS == MAX_SIZE


sizes = st.one_of(st.integers(1, 400), st.integers(MAX_SIZE - 3, MAX_SIZE + 3))
bits = st.one_of(st.integers(1, 70), st.sampled_from([174762, 174763, MAX_SIZE - 1, MAX_SIZE]))


@given(size=sizes, active_bits=bits)
def test_random_distributed_as_its_encoder(size: int, active_bits: int) -> None:
    assert accepted(lambda: RandomDistributedScalarParams(size=size, active_bits=active_bits)) == accepted(
        lambda: RandomDistributedScalarEncoder(size, active_bits, resolution=1.0)
    )


@given(buckets=sizes, active_bits=bits)
def test_scalar_as_its_encoder(buckets: int, active_bits: int) -> None:
    assert accepted(
        lambda: ScalarParams(active_bits=active_bits, minimum_buckets=buckets, maximum_buckets=buckets)
    ) == accepted(lambda: ScalarEncoder(active_bits, buckets, 0.0, 1.0))


@given(
    name=st.sampled_from(["time_of_day", "day_of_week", "season"]),
    active_bits=bits,
    radius=st.one_of(
        st.floats(1e-6, 400.0),
        st.sampled_from([5e-324, 1e-4, 6.9999999999999, 7.0, 24.0, 365.9999999999999, 366.0, 1e308]),
    ),
    weekend_bits=st.sampled_from([None, 1, 2**19, 2**19 + 1]),
)
@settings(max_examples=300)
def test_date_as_its_encoder(name: str, active_bits: int, radius: float, weekend_bits: int | None) -> None:
    parts: dict[str, Any] = {
        name: CyclicParams(active_bits=active_bits, radius=radius),
        "weekend_bits": weekend_bits,
    }
    assert accepted(lambda: DateParams(**parts)) == accepted(lambda: DateEncoder(**parts))
    if accepted(lambda: DateParams(**parts)):
        assert DateParams(**parts).size == DateEncoder(**parts).size


def test_defaults_are_valid() -> None:
    assert ModelParams() == parse_params({}, "x")
