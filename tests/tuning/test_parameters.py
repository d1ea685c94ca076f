"""The search's parts: which files, when a trial is pruned, the study's batches, and what is held out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.params import load_preset
from zhtm_detector.nab.scoring import FileWindows, Profile
from zhtm_detector.tuning.parameters import search
from zhtm_detector.tuning.parameters.holdout import score_split, split_holdout, stratified_order
from zhtm_detector.tuning.parameters.objective import STARTUP_TRIALS, TrialResult, build_rungs, should_prune
from zhtm_detector.tuning.parameters.parameter_names import changed
from zhtm_detector.tuning.parameters.search import SearchPlan
from zhtm_detector.tuning.parameters.space import Dimension, choose_space
from zhtm_detector.tuning.parameters.study import Study

pytest.importorskip("optuna")

PROFILE = Profile("standard", tp=1.0, fn=1.0, fp=0.11, tn=1.0)
SPACE = {"a": Dimension("a", 0.0, 1.0), "b": Dimension("b", choices=([1], [2], [3])), "c": Dimension("c", 1, 9)}
IDENTITY = {"space": [d.identity() for d in SPACE.values()], "seed": 7, "batch": 4, "files": "f", "holdout": 0.3}
PATHS = [f"{category}/{number}.csv" for category, count in (("a", 12), ("b", 6), ("c", 3)) for number in range(count)]


# Which files


@pytest.mark.parametrize("seed", range(5))
def test_every_prefix_is_stratified(seed: int) -> None:
    order = stratified_order(PATHS, seed)
    assert sorted(order) == sorted(PATHS)
    for size in range(1, len(PATHS) + 1):
        for category, count in (("a", 12), ("b", 6), ("c", 3)):
            here = sum(path.startswith(category) for path in order[:size])
            assert abs(here - count * size / len(PATHS)) < 2
    assert order == stratified_order(PATHS[::-1], seed)
    assert order != stratified_order(PATHS, seed + 1)


def test_split_holdout() -> None:
    searched, held = split_holdout(PATHS, 0.3, 1)
    assert (len(searched), len(held)) == (15, 6)
    assert sorted(searched + held) == sorted(PATHS)
    assert split_holdout(PATHS, 0.0, 1)[1] == []
    with pytest.raises(InputError, match="a share of at least one of 21 files"):
        split_holdout(PATHS, 0.01, 1)
    with pytest.raises(InputError, match="at least 2 to search on, got 1 of 3"):
        split_holdout(PATHS[:3], 0.6, 1)


def test_rungs_begin_where_there_is_something_to_find() -> None:
    quiet, found = (FileWindows.from_spans("x", 20, spans, 0.1) for spans in ([], [(8, 10)]))
    order = list("abcdefg")
    corpus = {name: found if name == "d" else quiet for name in order}
    assert build_rungs(order, corpus) == [list("abcde"), order]
    assert build_rungs(order, dict.fromkeys(order, found)) == [list("abc"), list("abcde"), order]
    with pytest.raises(InputError, match="at least one window that counts"):
        build_rungs(order, dict.fromkeys(order, quiet))


def test_pruned_below_the_median_of_those_that_went_all_the_way() -> None:
    finished = [{3: float(number), 5: 99.0} for number in range(STARTUP_TRIALS)]
    middle = (STARTUP_TRIALS - 1) / 2
    assert should_prune(middle - 0.01, 3, finished)
    assert not should_prune(middle, 3, finished)
    assert not should_prune(-5.0, 3, finished[1:])  # too few to tell
    assert not should_prune(-5.0, 4, finished)  # nobody was scored on these files


def test_held_out_files_are_scored_at_the_threshold_of_the_search() -> None:
    files = {name: FileWindows.from_spans(name, 30, [(10, 14)], 0.1) for name in ("a", "b", "c")}
    scores = {name: np.zeros(30) for name in files}
    scores["a"][10], scores["b"][10] = 0.6, 0.6
    scores["c"][10], scores["c"][25] = 0.5, 0.7  # its window is below the threshold, and there is a false positive
    searched, held = {name: files[name] for name in "ab"}, {"c": files["c"]}
    found = score_split(scores, searched, held, PROFILE)
    assert (found.threshold, found.searched) == (0.6, pytest.approx(100.0))
    assert found.held_out < 0
    assert np.isnan(score_split(scores, searched, {}, PROFILE).held_out)


# The study


def value_of(params: dict[str, Any]) -> float:
    return float(-((params["a"] - 0.3) ** 2) + 0.1 * (params["b"] == "[2]") + 0.01 * params["c"])


def finish(study: Study, trials: int, stop: int | None = None) -> None:
    """As `ParameterSearch.run` does, with a function instead of files; `stop` cuts it between two trials."""
    while (done := len(study.trials())) < trials:
        asked, _ = study.ask()
        for number, params in enumerate(asked[: trials - done], start=done):
            if number == stop:
                return
            value = value_of(params)
            pruned = number % 5 == 3
            state = "PRUNED" if pruned else "COMPLETE"
            study.add(
                number, params, TrialResult({3: value} if pruned else {3: value, 9: value}, state), datetime.now()
            )


def suggested(study: Study) -> list[tuple[Any, ...]]:
    return [(t.number, t.state.name, t.value, t.params, t.intermediate_values) for t in study.trials()]


def make(path: Path, identity: dict[str, Any] = IDENTITY, first: dict[str, Any] | None = None) -> Study:
    return Study(path, identity, SPACE, first if first is not None else {"a": 0.5, "b": "[1]", "c": 2.0})


def test_a_study_that_is_cut_anywhere_goes_on_the_same(tmp_path: Path) -> None:
    whole = make(tmp_path / "s.jsonl")
    finish(whole, 26)
    assert suggested(whole)[0][3] == {"a": 0.5, "b": "[1]", "c": 2.0}  # the preset's own
    cut = tmp_path / "cut" / "s.jsonl"
    for stop in (0, 1, 4, 6, 7, 15, 16, 25):
        finish(make(cut), 26, stop)
        assert len(make(cut).trials()) == stop
    finish(make(cut), 26)
    assert suggested(make(cut)) == suggested(whole)
    more = make(cut)
    finish(more, 30)  # further on, its unfinished batch is taken up
    longer = make(tmp_path / "longer" / "s.jsonl")
    finish(longer, 30)
    assert suggested(more) == suggested(longer)


def test_it_finds_what_is_good(tmp_path: Path) -> None:
    study = make(tmp_path / "s.jsonl")
    finish(study, 40)
    best = max(value for _, _, value, _, _ in suggested(study) if value is not None)
    assert best > 0.15  # at most 0.19; the preset has -0.02
    shares = study.importances()
    assert set(shares) == {"a", "b", "c"}
    assert sum(shares.values()) == pytest.approx(1.0)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)


def test_too_few_trials_say_nothing_of_importance(tmp_path: Path) -> None:
    study = make(tmp_path / "s.jsonl")
    finish(study, 8)
    assert study.importances() == {}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"seed": 8}, "another --seed (7, not 8)"),
        ({"batch": 5}, "another --batch (4, not 5)"),
        ({"files": "g"}, "another files or labels"),
        ({"scoring": "s"}, "another code that scores a trial;"),
        ({"searched": "s"}, "another choice of the files that are searched;"),
        ({"space": [SPACE["a"].identity(), {**SPACE["c"].identity(), "high": 8}]}, "another search space (b, c)"),
    ],
)
def test_a_study_of_something_else_is_left_as_it_is(tmp_path: Path, change: dict[str, Any], expected: str) -> None:
    path = tmp_path / "s.jsonl"
    finish(make(path), 4)
    before = path.read_bytes()
    with pytest.raises(InputError) as error:
        make(path, {**IDENTITY, **change})
    assert expected in str(error.value)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "content",
    [
        b"one line of notes",
        b"not a journal\n" * 40,
        b"SQLite format 3\0\xff\xfe",
        b"\n",
        b"[1]\n",
        b"3\n",
        b'{"a": 1}\n',
        b'{"op_code": 99, "worker_id": "x"}\n',
        b'{"op_code": 1, "worker_id": "x", "study_id": 0}\n',
        b'{"op_code": 0, "worker_id": "x", "study_name": "other", "directions": [2]}\n',
        b'{"op_code": 0, "worker_id": "x", "study_name": "s", "directions": [2]}\n{"op_code": 2, "study_id": 0}\n',
    ],
)
def test_files_that_are_not_a_study(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"^study .*s\.jsonl: (cannot be used \(.*\); expected a|line 1: not JSON)"):
        make(path)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"system_attrs":{}', b'"system_attrs":[1]'),
        (b'"user_attrs":{}', b'"user_attrs":{"error":1}'),
        (b'"value":0', b'"value":"0'),
        (b'"params":{"a"', b'"params":{"A"'),
        (b'"state":1', b'"state":0'),
        (b'"value":0', b'"value":NaN,"x":0'),
        (b'"op_code":4', b'"op_code":"4"'),
    ],
)
def test_a_trial_that_is_none_is_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = tmp_path / "s.jsonl"
    finish(make(path), 6)
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    with pytest.raises(InputError, match=r"^study .*: (cannot be used|line \d+: )"):
        make(path).ask()


def test_a_study_cut_short_goes_on_or_is_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole" / "s.jsonl"
    finish(make(whole), 6)
    content = whole.read_bytes()
    path = tmp_path / "s.jsonl"
    ends = [place + 1 for place, byte in enumerate(content) if byte == ord("\n")]
    for size in range(0, len(content), 7):  # half a line: the file is left as it is
        path.write_bytes(content[:size])
        if size in (0, *ends) or size + 1 in ends:
            continue
        with pytest.raises(InputError, match=r"cannot be used|not JSON"):
            make(path)
        assert path.read_bytes() == content[:size]
    for size in (0, *ends):
        path.write_bytes(content[:size])
        finish(make(path), 6)
        assert suggested(make(path)) == suggested(make(whole))


def test_a_full_disk_leaves_the_study_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.jsonl"
    study = make(path)
    finish(study, 2)
    before = path.read_bytes()

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(InputError, match="cannot be written"):
            finish(study, 3)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    finish(make(path), 6)
    finish(make(tmp_path / "other" / "s.jsonl"), 6)
    assert suggested(make(path)) == suggested(make(tmp_path / "other" / "s.jsonl"))


def test_a_trial_of_somebody_else_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    one, two = make(path), make(path)
    asked, _ = one.ask()
    finish(two, 1)
    with pytest.raises(InputError, match="the only one to work on it"):
        one.add(0, asked[0], TrialResult({9: 1.0}, "COMPLETE"), datetime.now())


def test_odd_names_of_folders(tmp_path: Path) -> None:
    path = tmp_path / "a b?c{d}%20#" / "s.jsonl"
    finish(make(path), 2)
    assert path.is_file()
    assert len(make(path).trials()) == 2


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("nab/steps.py", True),
        ("nab/scoring.py", True),
        ("evaluation/folds.py", True),
        ("tuning/parameters/holdout.py", True),
        ("tuning/parameters/objective.py", True),
        ("tuning/a_new_file.py", True),
        ("pages/shell.py", False),
        ("cli/tune_params.py", False),
    ],
)
def test_code_that_scores_a_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, counts: bool) -> None:
    monkeypatch.setattr(search, "PACKAGE", tmp_path)
    empty = search.scoring_checksum.__wrapped__()
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text("x = 1\n")
    assert (search.scoring_checksum.__wrapped__() != empty) == counts


# What it begins with


@pytest.mark.parametrize(
    ("own", "given", "first"),
    [
        (0.2, "null,0.1,1", {}),  # outside: the choice null is not the preset's
        (0.2, "null,0.2,1", {"anomaly.refractory": 0.2}),
        (None, "null,0.1,1", {"anomaly.refractory": None}),
        (None, "0.1,1", {}),
        (None, "0.1..1", {}),
        (0.2, "0.1..1", {"anomaly.refractory": 0.2}),
        (0.2, "0.3..1", {}),
    ],
)
def test_the_first_trial_is_the_preset_or_drawn(own: float | None, given: str, first: dict[str, Any]) -> None:
    params = changed(load_preset("zhtm"), {"anomaly.refractory": own}, "x")
    space = choose_space(params, ranges=[f"anomaly.refractory={given}"])
    assert SearchPlan("s", "zhtm", params, space, 1, 1, 1, 0.0, PROFILE).first_trial() == first
