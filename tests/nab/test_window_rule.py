"""NAB's rule for windows: by hand, by its properties, and on NAB's own corpus."""

from __future__ import annotations

import json
import os
from math import ceil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT, probationary_period
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.labels import check_windows, read_windows
from zhtm_detector.nab.window_rule import Placed, Span, place_windows, window_length

# The labeler of NAB replaces the labels of this file by records 249 and 339, in `editPoorLabels`; its label file still
# has record 206 instead of 249.
EDITED = "realAWSCloudwatch/iio_us-east-1_i-a2eb1cd9_NetworkIn.csv"


def points(*places: int) -> list[Span]:
    return [(place, place) for place in places]


@pytest.mark.parametrize(
    ("anomalies", "expected"),
    [
        ([], Placed(())),
        (points(100), Placed(((90, 110),))),  # a tenth of 200: 10 on each side
        (points(100, 150), Placed(((95, 105), (145, 155)))),  # shared by two
        (points(60, 100, 150), Placed(((57, 63), (97, 103), (147, 153)))),  # 6 records, 3 on each side
        (points(70, 80), Placed(((65, 85),), merged=1)),  # they touch at 75
        (points(70, 81), Placed(((65, 75), (76, 86)))),
        (points(70, 78, 86, 94), Placed(((68, 72), (76, 80), (84, 88), (92, 96)))),
        (points(70, 72, 74, 76), Placed(((68, 78),), merged=3)),  # a chain becomes one
        (points(195), Placed(((185, 199),))),  # cut at the end
        (points(40), Placed(((30, 50),))),  # begins with the first record that counts
        (points(39), Placed((), left_out=1)),  # a record earlier: NAB deletes it
        (points(5, 20, 100), Placed(((97, 103),), left_out=2)),  # those left out share the length as well
        ([(100, 104)], Placed(((92, 112),))),  # a short range has the window of its middle
        ([(100, 160)], Placed(((100, 160),))),  # a long one covers itself
        ([(100, 120)], Placed(((100, 120),))),
        ([(29, 100)], Placed((), left_out=1)),
    ],
)
def test_by_hand(anomalies: list[Span], expected: Placed) -> None:
    assert place_windows(anomalies, np.arange(200)) == expected


def test_as_given() -> None:
    moments = np.arange(200)
    assert place_windows([(100, 104), (105, 105)], moments, as_given=True) == Placed(((100, 104), (105, 105)))
    assert place_windows([(29, 40), (30, 40)], moments, as_given=True) == Placed(((30, 40),), left_out=1)


def test_the_probationary_period_has_a_longest() -> None:
    assert place_windows(points(1750), np.arange(20_000)) == Placed(((750, 2750),))
    assert place_windows(points(1749), np.arange(20_000)) == Placed((), left_out=1)


def test_ends_are_moved_to_timestamps_of_one_record() -> None:
    moments = np.arange(200)
    moments[89:92] = 90  # the start, 90, goes out to 88
    moments[110:113] = 110  # the end, 110, to 113
    assert place_windows(points(100), moments) == Placed(((88, 113),))
    moments[20:91] = 90  # up to the probationary period: the start goes in, to 92
    assert place_windows(points(100), moments) == Placed(((92, 113),))
    with pytest.raises(InputError, match="here: expected a record near each anomaly whose timestamp no other record"):
        place_windows(points(100), np.zeros(200, dtype=np.int64), "here")


def test_timestamps_that_go_back() -> None:
    moments = np.arange(0, 2000, 10)
    moments[100:] -= 65  # as in the autumn, and off the grid: the windows of 94 and 104 cover the same time
    assert place_windows(points(94, 104), moments) == Placed(((89, 109),), merged=1)
    moments[100:] -= 500
    with pytest.raises(InputError, match="here: expected timestamps that do not go back in the window"):
        place_windows(points(100), moments, "here")


@st.composite
def files(draw: st.DrawFn) -> tuple[list[Span], np.ndarray]:
    steps = draw(st.lists(st.sampled_from([1, 1, 1, 1, 0, 5]), min_size=20, max_size=150))
    ends = sorted(draw(st.sets(st.integers(0, len(steps) - 1), min_size=1, max_size=12)))
    widths = draw(st.lists(st.booleans(), min_size=len(ends), max_size=len(ends)))
    anomalies: list[Span] = []
    for place, (end, is_range) in enumerate(zip(ends, widths, strict=True)):
        if is_range and place + 1 < len(ends):
            anomalies.append((end, ends[place + 1] - 1))
        else:
            anomalies.append((end, end))
    return anomalies, np.cumsum(steps)


@settings(deadline=None, max_examples=200)
@given(files(), st.booleans())
def test_windows_keep_their_promises(file: tuple[list[Span], np.ndarray], as_given: bool) -> None:
    anomalies, moments = file
    try:
        placed = place_windows(anomalies, moments, as_given=as_given)
    except InputError:
        assert np.unique(moments).size < moments.size  # nothing else is refused
        return
    records = moments.size
    scored = ceil(probationary_period(PROBATIONARY_PERCENT, records))
    flat = [end for window in placed.windows for end in window]
    assert all(first <= last for first, last in placed.windows)
    assert all(before[1] < after[0] for before, after in zip(placed.windows, placed.windows[1:], strict=False))
    assert all(scored <= end < records for end in flat)
    assert all(np.sum(moments == moments[end]) == 1 for end in flat)
    assert len(placed.windows) + placed.left_out + placed.merged == len(anomalies)
    half = 0 if as_given else window_length(records, len(anomalies)) // 2
    out = [span for span in anomalies if min(span[0], max(sum(span) // 2 - half, 0)) < scored]
    assert placed.left_out == len(out)
    for first, last in anomalies:
        inside = any(start <= first and last <= end for start, end in placed.windows)
        assert inside or (first, last) in out


def labels_of_windows(windows: list[Span], records: int) -> list[int]:
    """The labelled records that NAB's windows come from: their middles, two for a merged one."""
    for merged in (0, 1):
        length = 2 * (window_length(records, len(windows) + merged) // 2)
        long = [(start, end) for start, end in windows if end - start > length]
        cut = [end for start, end in windows if end - start < length and end < records - 1]
        if len(long) == merged and not cut:
            return sorted({start + length // 2 for start, _ in windows} | {end - length // 2 for _, end in long})
    raise AssertionError(windows)


def test_nabs_windows_follow_from_their_middles(nab_root: Path) -> None:
    corpus = Corpus(nab_root)
    merged = 0
    for name, windows in read_windows(corpus).items():
        data = corpus.load(name)
        spans = check_windows(windows, data, corpus.label_path)
        moments = data.data["timestamp"].to_numpy(dtype="datetime64[ns]").astype(np.int64)
        placed = place_windows(points(*labels_of_windows(spans, data.length)), moments)
        assert (list(placed.windows), placed.left_out) == (spans, 0), name
        merged += placed.merged
    assert (len(corpus), merged) == (58, 3)  # a fourth pair, at the end of its file, looks like one window


def test_nabs_windows_follow_from_its_labels(nab_root: Path) -> None:
    roots = [nab_root, *map(Path, filter(None, [os.environ.get("NAB_CHECKOUT")]))]
    found = [path for root in roots if (path := root / "labels" / "combined_labels.json").is_file()]
    if not found:
        pytest.skip("no labels/combined_labels.json in the corpus, nor in a NAB_CHECKOUT")
    labels = json.loads(found[0].read_text("utf-8"))
    corpus = Corpus(nab_root)
    others = []
    for name, windows in read_windows(corpus).items():
        data = corpus.load(name)
        times = data.data["timestamp"]
        moments = times.to_numpy(dtype="datetime64[ns]").astype(np.int64)
        places = np.flatnonzero(times.isin(np.array(labels[name], dtype="datetime64[ns]"))).tolist()
        assert len(places) == len(labels[name])
        spans = check_windows(windows, data, corpus.label_path)
        if list(place_windows(points(*places), moments).windows) != spans:
            others.append(name)
            assert list(place_windows(points(249, 339), moments).windows) == spans
    assert others == [EDITED]  # 57 of 58
