"""The sweep equals its slow twin bit for bit, on random small corpora."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import scoring as naive

from zhtm_detector.detectors.data_file import DataFile
from zhtm_detector.nab.labels import Window, check_windows
from zhtm_detector.nab.scoring import FileWindows, Profile, rank, score_files, sweep, weigh

START = pd.Timestamp("2014-04-01")


@dataclass
class Case:
    name: str
    timestamps: list[pd.Timestamp]
    windows: list[Window]
    scores: list[float]


@st.composite
def cases(draw: st.DrawFn, name: str) -> Case:
    length = draw(st.integers(2, 60))
    ends = sorted(draw(st.sets(st.integers(0, length - 1), max_size=6)))
    spans = [(ends[i], ends[i + 1]) for i in range(0, len(ends) - 1, 2)]
    if draw(st.booleans()):  # windows of one record
        spans = [(first, draw(st.sampled_from([first, last]))) for first, last in spans]
    minutes = list(range(length))
    unique = {end for span in spans for end in span}
    for i in draw(st.sets(st.integers(1, length - 1), max_size=5)):
        if i not in unique and minutes[i - 1] not in unique:
            minutes[i] = minutes[i - 1]  # a repeated timestamp
    timestamps = [START + pd.Timedelta(minutes=minute) for minute in minutes]
    windows = [(timestamps[first], timestamps[last]) for first, last in spans]
    some = st.sampled_from([0.0, 0.1, 0.1 + 0.2, 0.5, 1.0])  # many ties
    scores = draw(st.lists(st.one_of(some, st.floats(0, 1)), min_size=length, max_size=length))
    if draw(st.integers(0, 5)) == 0:
        scores = [scores[0]] * length
    return Case(name, timestamps, windows, scores)


WEIGHTS = st.sampled_from([0.0, 0.11, 0.22, 1.0, 2.0, 1 / 3])
PERCENTS = st.sampled_from([0.0, 0.15, 0.3, 0.5, 1.0])


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.integers(), min_size=1, max_size=3).flatmap(
        lambda numbers: st.tuples(*(cases(f"file{i}.csv") for i in range(len(numbers))))
    ),
    WEIGHTS,
    WEIGHTS,
    WEIGHTS,
    PERCENTS,
    st.one_of(st.none(), st.floats(-0.1, 1.3)),
)
def test_equal_to_the_twin(
    corpus: tuple[Case, ...], tp: float, fn: float, fp: float, percent: float, other: float | None
) -> None:
    if tp == fn == fp == 0:
        fp = 0.11
    profile, weights = Profile("p", tp, fn, fp, 1.0), naive.Weights(tp, fn, fp)
    labelled = {}
    by_file = {}
    for case in corpus:
        data_file = DataFile(case.name, pd.DataFrame({"timestamp": case.timestamps, "value": 0.0}))
        spans = check_windows(case.windows, data_file, Path("labels.json"))
        file = FileWindows.from_spans(case.name, data_file.length, spans, percent)
        points = naive.points_of_file(case.name, case.timestamps, case.scores, case.windows, percent, weights)
        assert weigh(file.position_scores, file.windows, profile).tolist() == [point.weight for point in points]
        labelled[case.name] = file
        by_file[case.name] = points

    ranking = rank({case.name: np.array(case.scores) for case in corpus}, labelled)
    curve = sweep(ranking, profile)
    rows = naive.threshold_rows([point for points in by_file.values() for point in points], weights)

    assert curve.thresholds.tolist() == [row.threshold for row in rows]
    assert curve.scores.tolist() == [row.score for row in rows]
    for name in ("tp", "tn", "fp", "fn"):
        assert getattr(curve, name).tolist() == [getattr(row, name) for row in rows]
    best = naive.best_row(rows)
    assert (curve.thresholds[curve.best], curve.scores[curve.best]) == (best.threshold, best.score)

    threshold = best.threshold if other is None else other
    for got in score_files(ranking, profile, threshold):
        row = naive.row_at(naive.threshold_rows(by_file[got.relative_path], weights), threshold)
        if threshold > 1.1:  # above NAB's first row: nothing is detected
            row = naive.threshold_rows(by_file[got.relative_path], weights)[0]
        assert (got.score, got.tp, got.tn, got.fp, got.fn) == (row.score, row.tp, row.tn, row.fp, row.fn)
