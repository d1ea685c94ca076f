"""Properties that hold for all values, dates and parameters of the encoders."""

from __future__ import annotations

import math
from datetime import datetime
from fractions import Fraction

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from zhtm_detector.htm.encoders import (
    DateEncoder,
    Encoder,
    MultiEncoder,
    RandomDistributedScalarEncoder,
    ScalarEncoder,
    day_of_year,
    time_of_day,
)
from zhtm_detector.htm.kernels import rows as rows_kernel
from zhtm_detector.htm.params import CyclicParams

numbers = st.floats(allow_nan=False, allow_infinity=False)
modest = st.floats(-1e6, 1e6)
instants = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59))


@st.composite
def random_encoders(draw: st.DrawFn) -> RandomDistributedScalarEncoder:
    active_bits = draw(st.integers(1, 12))
    size = draw(st.integers(6 * active_bits + 1, 6 * active_bits + 60))
    return RandomDistributedScalarEncoder(size, active_bits, resolution=1.0, seed=draw(st.integers(0, 2**32 - 1)))


@st.composite
def scalar_encoders(draw: st.DrawFn, periodic: bool) -> ScalarEncoder:
    minimum = draw(st.floats(-1e150, 1e150))
    maximum = draw(st.floats(-1e150, 1e150))
    assume(minimum != maximum)
    minimum, maximum = sorted((minimum, maximum))
    active_bits = draw(st.integers(1, 10))
    return ScalarEncoder(active_bits, draw(st.integers(active_bits + 1, 200)), minimum, maximum, periodic)


def check_rows(encoder: Encoder, values: list[object], rows: np.ndarray) -> None:
    assert rows.dtype == np.uint32
    assert rows.shape == (len(values), encoder.active_bits)
    for value, row in zip(values, rows, strict=True):
        sdr = encoder.encode(value)
        assert row.tolist() == sdr.indices.tolist()
        assert sorted(set(row.tolist())) == row.tolist()
        assert row[-1] < encoder.size == sdr.size


@settings(deadline=None)
@given(random_encoders(), st.integers(-6, 6))
def test_overlap_is_linear_across_block_borders(encoder: RandomDistributedScalarEncoder, block: int) -> None:
    border, width = block * encoder.size, encoder.active_bits
    rows = [set(row) for row in encoder.encode_many(np.arange(border - 2.0 * width, border + width)).tolist()]
    for distance in range(width):
        for left, right in zip(rows, rows[distance:], strict=False):
            assert len(left & right) == width - distance


@given(random_encoders(), st.integers(-(2**53) + 20, 2**53 - 20), st.integers(0, 11))
def test_overlap_is_linear_anywhere(encoder: RandomDistributedScalarEncoder, bucket: int, distance: int) -> None:
    sdr, other = encoder.encode(bucket), encoder.encode(bucket + distance)
    steps = encoder.bucket(bucket + distance) - encoder.bucket(bucket)  # beyond 2**52 a half no longer adds exactly
    if steps < encoder.active_bits:
        assert sdr.overlap(other) == encoder.active_bits - steps


@given(modest, st.floats(1e-3, 1e3), modest)
def test_random_bucket_contains_its_value(value: float, resolution: float, offset: float) -> None:
    bucket = RandomDistributedScalarEncoder(resolution=resolution, offset=offset).bucket(value)
    exact = (Fraction(value) - Fraction(offset)) / Fraction(resolution)
    assert abs(exact - bucket) <= Fraction(1, 2) + abs(exact) * Fraction(1, 10**12) + Fraction(1, 10**6)


@given(random_encoders(), st.lists(numbers | st.integers(-(10**6), 10**6), max_size=20))
def test_random_rows(encoder: RandomDistributedScalarEncoder, values: list[object]) -> None:
    check_rows(encoder, values, encoder.encode_many(values))
    array = np.array(values, dtype=np.float64)
    check_rows(encoder, array.tolist(), encoder.encode_many(array))


@given(scalar_encoders(periodic=False), st.lists(numbers, max_size=20))
def test_clipped_rows(encoder: ScalarEncoder, values: list[object]) -> None:
    check_rows(encoder, values, encoder.encode_many(values))


@given(scalar_encoders(periodic=True), st.lists(numbers, max_size=20), st.floats(-3.0, 3.0))
def test_periodic_rows(encoder: ScalarEncoder, values: list[object], turns: float) -> None:
    values = [*values, encoder.minimum, encoder.maximum, encoder.minimum + turns * (encoder.maximum - encoder.minimum)]
    check_rows(encoder, values, encoder.encode_many(values))


@given(scalar_encoders(periodic=False), numbers, numbers)
def test_clipped_overlap_decreases_with_distance(encoder: ScalarEncoder, one: float, other: float) -> None:
    distance = abs(encoder.bucket(one) - encoder.bucket(other))
    assert encoder.encode(one).overlap(encoder.encode(other)) == max(0, encoder.active_bits - distance)
    if one <= other:
        assert encoder.bucket(one) <= encoder.bucket(other)


@given(st.integers(1, 10), st.integers(11, 60), st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_periodic_overlap_decreases_around_the_cycle(active_bits: int, buckets: int, one: int, other: int) -> None:
    encoder = ScalarEncoder(active_bits, buckets, 0.0, float(buckets), periodic=True)
    ahead = (one - other) % buckets
    want = max(0, active_bits - ahead) + (max(0, active_bits - (buckets - ahead)) if ahead else 0)
    assert encoder.encode(float(one)).overlap(encoder.encode(float(other))) == want


@given(
    st.integers(-(2**20), 2**20), st.integers(1, 2**20), st.integers(11, 200), st.integers(-(2**40), 2**40)
)  # whole numbers: the wrap is exact
def test_periodic_wrap_equals_exact_arithmetic(minimum: int, span: int, buckets: int, value: int) -> None:
    encoder = ScalarEncoder(5, buckets, float(minimum), float(minimum + span), periodic=True)
    exact = Fraction((value - minimum) % span, span) * buckets
    got = encoder.bucket(float(value))
    assert got == math.floor(exact) or abs(exact - round(exact)) < Fraction(1, 10**9)
    assert got == encoder.bucket(float(value + span)) == encoder.bucket(float(value - 3 * span))


@st.composite
def date_encoders(draw: st.DrawFn) -> DateEncoder:
    def part(period: float) -> CyclicParams | None:
        if draw(st.booleans()):
            return None
        return CyclicParams(active_bits=draw(st.integers(1, 25)), radius=draw(st.floats(0.05, 0.9)) * period)

    parts = (part(24.0), part(7.0), part(366.0), draw(st.none() | st.integers(1, 9)))
    assume(any(part is not None for part in parts))
    return DateEncoder(*parts)


@given(date_encoders(), st.lists(instants, max_size=10))
def test_date_rows(encoder: DateEncoder, moments: list[object]) -> None:
    check_rows(encoder, moments, encoder.encode_many(moments))
    for unit in ("us", "ns") if all(1700 < moment.year < 2200 for moment in moments) else ("us",):
        check_rows(encoder, moments, encoder.encode_many(np.array(moments, dtype=f"datetime64[{unit}]")))


@given(instants, st.integers(1, 30), st.floats(0.5, 23.0))
def test_date_parts_equal_exact_arithmetic(moment: datetime, active_bits: int, hours: float) -> None:
    encoder = DateEncoder(
        time_of_day=CyclicParams(active_bits=active_bits, radius=hours),
        day_of_week=CyclicParams(active_bits=active_bits, radius=hours / 24 * 7),
        season=CyclicParams(active_bits=active_bits, radius=hours / 24 * 366),
        weekend_bits=3,
    )
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second + Fraction(moment.microsecond, 10**6)
    row = encoder.encode(moment).indices.tolist()
    first = 0
    for position, period, radius in (
        (seconds / 3600, 24, hours),
        (Fraction(moment.weekday()), 7, hours / 24 * 7),
        (Fraction(moment.timetuple().tm_yday - 1), 366, hours / 24 * 366),
    ):
        n = math.ceil(active_bits * period / radius)
        start = math.floor(position * n / period)
        want = sorted(first + (start + bit) % n for bit in range(active_bits))
        assert row[:active_bits] == want
        row, first = row[active_bits:], first + n
    assert row == [first + bit + (3 if moment.weekday() >= 5 else 0) for bit in range(3)]


@settings(max_examples=50)
@given(random_encoders(), date_encoders(), st.lists(st.tuples(modest, instants), min_size=1, max_size=8))
def test_multi_rows(
    random: RandomDistributedScalarEncoder, date: DateEncoder, records: list[tuple[float, datetime]]
) -> None:
    encoder = MultiEncoder({"value": random, "timestamp": date})
    values, moments = zip(*records, strict=True)
    rows = encoder.encode_many({"value": list(values), "timestamp": list(moments)})
    check_rows(encoder, [{"value": value, "timestamp": moment} for value, moment in records], rows)
    assert np.array_equal(rows[:, : random.active_bits], random.encode_many(values))
    assert np.array_equal(rows[:, random.active_bits :] - random.size, date.encode_many(moments))


@settings(deadline=None)  # the first example compiles
@given(st.floats(-1e150, 1e150), st.floats(1e-3, 1e9), modest)
def test_compiled_bucket_of_the_random_encoder(value: float, resolution: float, offset: float) -> None:
    encoder = RandomDistributedScalarEncoder(resolution=resolution, offset=offset)
    assert rows_kernel.bucket(value, encoder.rule) == encoder.bucket(value)


@settings(deadline=None)
@given(scalar_encoders(periodic=False), st.floats(-1e150, 1e150), st.floats(0, 1))
def test_compiled_bucket_of_the_scalar_encoder(encoder: ScalarEncoder, anywhere: float, share: float) -> None:
    inside = encoder.minimum + share * (encoder.maximum - encoder.minimum)
    for value in (anywhere, inside, encoder.minimum, encoder.maximum):
        assert rows_kernel.bucket(value, encoder.rule) == encoder.bucket(value)


@settings(deadline=None)
@given(
    st.lists(instants, min_size=2, max_size=20),
    st.sampled_from([None, CyclicParams(active_bits=3, radius=5.0)]),
    st.sampled_from([None, CyclicParams(active_bits=2, radius=2.0)]),
    st.sampled_from([None, CyclicParams(active_bits=4, radius=60.0)]),
    st.sampled_from([None, 1]),
)
@example([datetime(2024, 12, 30), datetime(2024, 12, 31)], None, None, CyclicParams(active_bits=4, radius=60.0), None)
def test_dates_share_a_number_exactly_if_they_share_bits(
    moments: list[datetime],
    day: CyclicParams | None,
    week: CyclicParams | None,
    season: CyclicParams | None,
    weekend: int | None,
) -> None:
    assume(day or week or season or weekend)
    encoder = DateEncoder(day, week, season, weekend)
    numbers = [
        rows_kernel.date_number(time_of_day(moment), moment.weekday(), day_of_year(moment), encoder.rule)
        for moment in moments
    ]
    bits = [tuple(encoder.encode(moment).indices.tolist()) for moment in moments]
    assert [numbers.index(number) for number in numbers] == [bits.index(row) for row in bits]
