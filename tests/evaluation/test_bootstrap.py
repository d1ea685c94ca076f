"""The bootstrap over files: cases with known answers, and a slow twin of the draws."""

from __future__ import annotations

import numpy as np
import pytest

from zhtm_detector.evaluation.bootstrap import compare, file_counts, normalize_draws
from zhtm_detector.nab.scoring import FileWindows, Profile
from zhtm_detector.nab.steps import normalize

STANDARD = Profile("standard", tp=1.0, fn=1.0, fp=0.11, tn=1.0)
LOW_FN = Profile("low_fn", tp=1.0, fn=2.0, fp=0.11, tn=1.0)


def labelled(window_counts: list[int]) -> dict[str, FileWindows]:
    spans = [(20, 24), (40, 44), (60, 64)]
    return {
        f"a/{number}.csv": FileWindows.from_spans(f"a/{number}.csv", 80, spans[:count])
        for number, count in enumerate(window_counts)
    }


def test_each_draw_has_as_many_files_as_there_are() -> None:
    counts = file_counts(58)
    assert counts.shape == (2000, 58)
    assert (counts.sum(axis=1) == 58).all()
    assert counts.min() >= 0
    assert (counts.sum(axis=0) > 1500).all()  # each about 2000 times
    assert (counts == file_counts(58)).all()
    assert (counts != file_counts(58, seed=43)).any()


def test_a_draw_is_normalized_with_its_own_windows() -> None:
    corpus = labelled([1, 0, 2, 3])
    scores = {"a/0.csv": 0.5, "a/1.csv": -0.2, "a/2.csv": -1.0, "a/3.csv": 2.5}
    counts = file_counts(4, draws=50)
    for profile in (STANDARD, LOW_FN):
        got = normalize_draws(counts, scores, corpus, profile)
        for row, count in enumerate(counts.tolist()):
            drawn = [path for path, times in zip(corpus, count, strict=True) for _ in range(times)]
            files = {f"{number}": corpus[path] for number, path in enumerate(drawn)}
            expected = normalize(sum(scores[path] for path in drawn), files, profile)
            assert got[row] == pytest.approx(expected, nan_ok=True)
        whole = np.ones((1, 4), dtype=np.int64)
        assert normalize_draws(whole, scores, corpus, profile)[0] == pytest.approx(
            normalize(sum(scores.values()), corpus, profile)
        )


def test_equal_detectors_do_not_differ() -> None:
    corpus = labelled([1, 0, 2])
    scores = dict.fromkeys(corpus, 0.3)
    got = compare(scores, scores, corpus, STANDARD)
    assert (got.difference, got.low, got.high, got.share_above) == (0.0, 0.0, 0.0, 0.0)


def test_the_same_gain_on_every_file_is_certain() -> None:
    corpus = labelled([1] * 6)
    theirs = {path: number / 10 for number, path in enumerate(corpus)}
    ours = {path: score + 0.2 for path, score in theirs.items()}
    got = compare(ours, theirs, corpus, STANDARD)
    # 0.2 a window, between -1 and 1.
    assert [got.difference, got.low, got.high] == pytest.approx([10.0, 10.0, 10.0])
    assert got.share_above == 1.0
    assert got.other == pytest.approx(100 * (1.5 + 6) / 12)


def test_interval_of_one_good_file_in_ten() -> None:
    corpus = labelled([1] * 10)
    theirs = dict.fromkeys(corpus, 0.0)
    ours = {path: 1.0 if path == "a/0.csv" else 0.0 for path in corpus}
    got = compare(ours, theirs, corpus, STANDARD)
    # The file is in a draw Binomial(10, 0.1) times, each worth 5 points: quantiles 0 and 3, and none with 0.9^10.
    assert got.difference == pytest.approx(5.0)
    assert (got.low, got.high) == (0.0, 15.0)
    assert got.share_above == pytest.approx(1 - 0.9**10, abs=0.04)
    assert got == compare(ours, theirs, corpus, STANDARD)


def test_no_window_no_scale() -> None:
    corpus = labelled([0, 0])
    got = compare(dict.fromkeys(corpus, 1.0), dict.fromkeys(corpus, 0.0), corpus, STANDARD)
    assert np.isnan([got.other, got.difference, got.low, got.high, got.share_above]).all()


def test_draws_without_windows_are_left_out() -> None:
    corpus = labelled([1, 0])
    got = compare({"a/0.csv": 1.0, "a/1.csv": 0.0}, dict.fromkeys(corpus, 0.0), corpus, STANDARD)
    assert (got.low, got.high, got.share_above) == (50.0, 50.0, 1.0)
