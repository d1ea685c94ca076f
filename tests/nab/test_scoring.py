"""Scoring rules one by one, the steps over them, and NAB's files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import write_frame, write_text
from zhtm_detector.nab import result_files as files
from zhtm_detector.nab.scoring import FileWindows, Profile, Ranking, rank, scaled_sigmoid, score_files, sweep, weigh
from zhtm_detector.nab.steps import SCORE_COLUMNS, normalize, optimize, score

STANDARD = Profile("standard", tp=1.0, fn=1.0, fp=0.11, tn=1.0)


def one_file(spans: list[tuple[int, int]], scores: list[float], percent: float = 0.0) -> Ranking:
    file = FileWindows.from_spans("a.csv", len(scores), spans, percent)
    return rank({"a.csv": np.array(scores)}, {"a.csv": file})


def test_sigmoid() -> None:
    assert scaled_sigmoid(-1.0) == pytest.approx(0.98661, abs=1e-5)
    assert scaled_sigmoid(-0.5) == pytest.approx(0.84828, abs=1e-5)
    assert scaled_sigmoid(0.0) == 0.0
    assert scaled_sigmoid(1.0) == pytest.approx(-0.98661, abs=1e-5)
    assert -1.0 < scaled_sigmoid(3.0) < scaled_sigmoid(3.0001) + 1e-6
    assert scaled_sigmoid(3.0001) == -1.0


def test_first_record_of_a_window_earns_the_whole_weight() -> None:
    file = FileWindows.from_spans("a.csv", 30, [(10, 14)], 0.0)
    worth = weigh(file.position_scores, file.windows, Profile("p", tp=2.0, fn=1.0, fp=0.5, tn=1.0))
    assert worth[10] == 2.0
    assert (np.diff(worth[10:15]) < 0).all()
    assert (worth[10:15] > 0).all()
    assert (worth[:10] == -0.5).all()
    assert worth[15] == scaled_sigmoid(1 / 4) * 0.5
    assert worth[14 + 12] > -0.5
    assert worth[14 + 13] == -0.5


def test_after_a_window_of_one_record_all_is_far_past() -> None:
    assert FileWindows.from_spans("a.csv", 5, [(2, 2)]).position_scores.tolist() == [
        -1.0,
        -1.0,
        scaled_sigmoid(-1.0),
        -1.0,
        -1.0,
    ]


@pytest.mark.parametrize(("length", "first"), [(100, 15), (101, 15), (5000, 750), (22695, 750)])
def test_probation(length: int, first: int) -> None:
    file = FileWindows.from_spans("a.csv", length, [(first - 2, first - 1)])
    assert (file.first_scored, file.window_count, file.scored_window_count) == (first, 1, 0)
    assert FileWindows.from_spans("a.csv", length, [(first - 1, first)]).scored_window_count == 1


@pytest.mark.parametrize("spans", [[(3, 2)], [(0, 2), (2, 4)], [(5, 6), (1, 2)], [(8, 10)]])
def test_windows_out_of_order_are_refused(spans: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="expected records in order"):
        FileWindows.from_spans("a.csv", 10, spans)


def test_curve() -> None:
    curve = sweep(one_file([(2, 3)], [0.1, 0.9, 0.5, 0.9, 0.1]), STANDARD)
    late = scaled_sigmoid(-0.5) / scaled_sigmoid(-1.0)
    assert curve.thresholds.tolist() == [1.1, 0.9, 0.5, 0.1]
    assert curve.scores.tolist() == pytest.approx(
        [-1.0, late - 0.11, 1.0 - 0.11, 1.0 - 0.22 + scaled_sigmoid(1.0) * 0.11]
    )
    assert curve.tp.tolist() == [0, 1, 2, 2]
    assert curve.fp.tolist() == [0, 1, 1, 3]
    assert curve.fn.tolist() == [2, 1, 0, 0]
    assert curve.tn.tolist() == [3, 2, 2, 0]
    assert curve.best == 2


def test_of_equal_scores_the_highest_threshold_wins() -> None:
    best = optimize(one_file([], [0.5, 0.7]), [Profile("p", tp=1.0, fn=1.0, fp=0.0, tn=1.0), STANDARD])
    assert best == {"p": {"threshold": 1.1, "score": 0.0}, "standard": {"threshold": 1.1, "score": 0.0}}


def test_threshold_below_all_scores_of_a_file_detects_all() -> None:
    [file] = score_files(one_file([(1, 1)], [0.5, 0.7, 0.9]), STANDARD, 0.2)
    assert (file.tp, file.fp, file.tn, file.fn, file.total) == (1, 2, 0, 0, 3)


def test_nothing_to_score() -> None:
    ranking = one_file([(0, 1)], [0.5, 0.7, 0.9], percent=1.0)
    curve = sweep(ranking, STANDARD)
    assert (curve.thresholds.tolist(), curve.scores.tolist()) == ([1.1], [0.0])
    assert score_files(ranking, STANDARD, 0.5)[0].total == 0
    assert sweep(rank({}, {}), STANDARD).scores.tolist() == [0.0]


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({"b.csv": [0.1]}, "b.csv: expected a file of the labelled corpus"),
        ({"a.csv": [0.1]}, "a.csv: expected 3 scores"),
        ({"a.csv": [0.1, np.nan, 0.2]}, "row 1: a.csv: anomaly score: expected a finite number"),
        ({"a.csv": [0.1, 1.1, 0.2]}, "row 1: a.csv: anomaly score: expected a finite number to 1.1"),
    ],
)
def test_bad_scores(scores: dict[str, list[float]], said: str) -> None:
    labelled = {"a.csv": FileWindows.from_spans("a.csv", 3, [])}
    with pytest.raises(ValueError, match=said):
        rank({path: np.array(values) for path, values in scores.items()}, labelled)


@pytest.mark.parametrize("weights", [(-1, 1, 1, 1), (1, np.nan, 1, 1), (1, 1, np.inf, 1), (0, 0, 0, 1)])
def test_bad_profiles(weights: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="profile p: "):
        Profile("p", *weights)


def test_score_table_and_normalization() -> None:
    labelled = {
        "a.csv": FileWindows.from_spans("a.csv", 4, [(1, 2)], 0.0),
        "b.csv": FileWindows.from_spans("b.csv", 20, [(0, 1), (10, 12)]),
    }
    scores = {"a.csv": np.array([0.0, 0.9, 0.0, 0.0]), "b.csv": np.zeros(20)}
    ranking = rank(scores, labelled)
    frame = score(ranking, "zhtm", STANDARD, 0.9)
    assert list(frame.columns) == SCORE_COLUMNS
    assert frame.iloc[0].tolist() == ["zhtm", "standard", "a.csv", 0.9, 1.0, 1, 2, 0, 1, 4]
    assert frame["Detector"].tolist() == ["zhtm", "zhtm", "Totals"]
    assert frame.iloc[2, 4:].tolist() == [0.0, 1, 16, 0, 4, 21]
    # one of three windows lies in probation: in the perfect score it counts, in the base it does not
    assert normalize(0.0, labelled, STANDARD) == 100 * (0 + 2) / (3 + 2)
    assert normalize(-2.0, labelled, STANDARD) == 0.0
    assert np.isnan(normalize(0.0, {"c.csv": FileWindows.from_spans("c.csv", 4, [])}, STANDARD))


def frame_of(scores: list[float]) -> pd.DataFrame:
    times = pd.date_range("2014-04-01", periods=len(scores), freq="5min")
    return pd.DataFrame({"timestamp": times, "value": range(len(scores)), "anomaly_score": scores})


def test_results_are_written_where_nab_has_them_and_read_back(tmp_path: Path) -> None:
    path = files.results_path(tmp_path, "zhtm", "cat/a.csv")
    write_frame(path, frame_of([0.25, 1 / 3]))
    assert path == tmp_path / "zhtm" / "cat" / "zhtm_a.csv"
    assert path.read_bytes() == (
        b"timestamp,value,anomaly_score\n2014-04-01 00:00:00,0,0.25\n2014-04-01 00:05:00,1,0.3333333333333333\n"
    )
    assert files.read_scores(tmp_path, "zhtm", {"cat/a.csv": frame_of([0.0, 0.0])}, [])["cat/a.csv"].tolist() == [
        0.25,
        1 / 3,
    ]
    assert [entry.name for entry in path.parent.iterdir()] == ["zhtm_a.csv"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("", "columns anomaly_score"),
        ("timestamp,score\n1,0.1\n2,0.1\n", "columns anomaly_score"),
        ("anomaly_score,b\n0.1,1\n", "expected 2 records as in the data file, got 1"),
        ("anomaly_score,b\n0.1,1\n,1\n", r"row 3, field anomaly_score: expected a number in \[0, 1\]"),
        ("anomaly_score,b\n1.5,1\n0.5,1\n", r"row 2, field anomaly_score: .* got 1\.5"),
        ("anomaly_score,b\n0.1,1\nhigh,1\n", r"row 3, field anomaly_score: .* got high"),
    ],
)
def test_bad_results(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "a.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=said) as error:
        files.read_results(path, "cat/a.csv", frame_of([0.0, 0.0]), "", [])
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_the_text_of_results_is_what_pandas_writes() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "timestamp": pd.date_range("2024-01-01", periods=200, freq="5min"),
            "value": rng.integers(0, 9, 200),
            "anomaly_score": np.round(rng.random(200), 17) ** 9,
            "raw_score": rng.integers(0, 41, 200) / 40,
            "label": rng.integers(0, 2, 200),
            "none": 0.0,  # the bytes of a label of 0
            "zero": 0,
            'a "word", quoted': ["plain", "a,b", 'c"d', "e\nf"] * 50,
        }
    )
    columns = {str(name): frame[name].to_numpy() for name in frame.columns[2:]}
    assert files.results_text(files.record_text(frame), columns) == frame.to_csv(index=False, lineterminator="\n")


def test_scores_in_memory_are_those_that_nab_reads(tmp_path: Path) -> None:
    scores = np.random.default_rng(2).random(20_000) ** 7
    path = tmp_path / "a.csv"
    write_frame(path, frame := frame_of(scores.tolist()))
    read = files.read_results(path, "a.csv", frame, "", [])
    assert files.as_read(scores).tolist() == read.scores.tolist()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("t,v\n1,2.50\n3,4", "t,v,S(t)_p,S(t)_q\n1,2.50,-0.11,0.5\n3,4,1.0,0.1\n"),
        ("t,v,S(t)_q,S(t)_z\n1,2.50,7,8\n3,4,7,8\n", "t,v,S(t)_p,S(t)_q\n1,2.50,-0.11,0.5\n3,4,1.0,0.1\n"),
        ("t,S(t)_q,v\n1,7,2.50\n3,7,4\n", "t,v,S(t)_p,S(t)_q\n1,2.50,-0.11,0.5\n3,4,1.0,0.1\n"),
        ('t,v\n"1,0",2.50\n3,4\n', 't,v,S(t)_p,S(t)_q\n"1,0",2.50,-0.11,0.5\n3,4,1.0,0.1\n'),
    ],
)
def test_sweep_columns(tmp_path: Path, before: str, after: str, end: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(before.replace("\n", end), newline="")
    columns = {"p": np.array([-0.11, 1.0]), "q": np.array([0.5, 0.1])}
    files.append_sweep_columns(path, columns)
    assert path.read_bytes().decode() == after.replace("\n", end)
    files.append_sweep_columns(path, columns)
    assert path.read_bytes().decode() == after.replace("\n", end)


def test_sweep_columns_of_another_length(tmp_path: Path) -> None:
    for text in ("", "t\n1\n", "t\n1\n2\n3\n"):
        (tmp_path / "a.csv").write_text(text)
        with pytest.raises(InputError, match=r"a\.csv: expected 2 records"):
            files.append_sweep_columns(tmp_path / "a.csv", {"p": np.zeros(2)})
        assert (tmp_path / "a.csv").read_text() == text
    with pytest.raises(InputError, match=r"none\.csv: cannot be read"):
        files.append_sweep_columns(tmp_path / "none.csv", {"p": np.zeros(2)})


def test_thresholds_and_final_results_keep_the_others(tmp_path: Path) -> None:
    path = tmp_path / "config" / "thresholds.json"
    entry = {"threshold": 0.5, "score": -1.0}
    files.update_thresholds(path, {"zhtm": {"standard": entry, "other": entry}})
    files.update_thresholds(path, {"null": {"standard": entry}})
    files.update_thresholds(path, {"zhtm": {"standard": {"threshold": 0.75, "score": 2.0}}})
    assert json.loads(path.read_text()) == {
        "null": {"standard": entry},
        "zhtm": {"other": entry, "standard": {"threshold": 0.75, "score": 2.0}},
    }
    assert files.read_thresholds(path, "null", [STANDARD]) == {"standard": entry}
    with pytest.raises(InputError, match="random: standard: expected a threshold"):
        files.read_thresholds(path, "random", [STANDARD])
    files.update_final_results(tmp_path, {"b": {"standard": 1.5}})
    content = files.update_final_results(tmp_path, {"a": {"standard": float("nan")}})
    assert content == {"a": {"standard": None}, "b": {"standard": 1.5}}
    assert (tmp_path / "final_results.json").read_text() == (
        '{\n    "a": {\n        "standard": null\n    },\n    "b": {\n        "standard": 1.5\n    }\n}'
    )


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_corrupt_file_is_not_overwritten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "final_results.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"final_results\.json: .*left as it is"):
        files.update_final_results(tmp_path, {"a": {"standard": 1.0}})
    with pytest.raises(InputError, match=r"final_results\.json: .*left as it is"):
        files.update_thresholds(path, {"a": {"standard": {"threshold": 1.0}}})
    assert path.read_text() == text


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file")
    with pytest.raises(InputError, match=r"zhtm_a\.csv: cannot be written") as error:
        write_frame(files.results_path(tmp_path / "results", "zhtm", "cat/a.csv"), frame_of([0.5]))
    assert "\n" not in str(error.value)


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()  # the final rename fails
    with pytest.raises(InputError, match="cannot be written"):
        write_text(tmp_path / "a.csv", "text")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.csv"]


def test_nabs_profiles() -> None:
    profiles = files.read_profiles()
    assert [profile.name for profile in profiles] == ["standard", "reward_low_FP_rate", "reward_low_FN_rate"]
    assert [(p.tp, p.fn, p.fp) for p in profiles] == [(1.0, 1.0, 0.11), (1.0, 1.0, 0.22), (1.0, 2.0, 0.11)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "expected a JSON object"),
        ("{}", "at least one profile"),
        ('{"p": {}}', "p: expected an object with CostMatrix"),
        ('{"p": {"CostMatrix": {"tpWeight": 1}}}', "p: fnWeight: expected a number, got null"),
        (
            '{"p": {"CostMatrix": {"tpWeight": -1, "fnWeight": 1, "fpWeight": 1, "tnWeight": 1}}}',
            "p: tp: expected a weight of 0 or from",
        ),
    ],
)
def test_bad_profile_files(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "profiles.json"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        files.read_profiles(path)
    with pytest.raises(InputError, match="not found"):
        files.read_profiles(tmp_path / "none.json")
