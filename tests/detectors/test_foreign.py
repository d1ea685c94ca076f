"""Detectors that others wrote: how they are named, what they may do, and what becomes of those that misbehave."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhtm_detector.cli.catalogue import _KINDS
from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors.data_file import DataFile, read_data_file
from zhtm_detector.detectors.foreign.calibration import Calibration
from zhtm_detector.detectors.foreign.process import Child, check_loads
from zhtm_detector.detectors.foreign.spec import parse_spec
from zhtm_detector.detectors.names import DetectorChoice, choose_detectors, detector_names, published_names
from zhtm_detector.detectors.run_file import FileResult, FileTask, run_file
from zhtm_detector.nab.scoreboard import published_scores

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

RECORDS = 200
CODE = '''
import os, random, signal, sys, time
import numpy as np
from nab.detectors.base import AnomalyDetector

class Last(AnomalyDetector):
    """A twentieth of the number of records so far, and how often."""
    def __init__(self, *args, step=0.05, **kwargs):
        super().__init__(*args, **kwargs)
        self.step = step
    def initialize(self):
        self.seen = 0
    def getAdditionalHeaders(self):
        return ["seen", "word"]
    def handleRecord(self, inputData):
        self.seen += 1
        return (self.seen * self.step % 1.0, self.seen, "odd, or not")

class Bare:
    """Without NAB's base class, and without initialize."""
    def __init__(self, dataSet, probationaryPercent):
        self.first = int(len(dataSet.data) * probationaryPercent)
    def handleRecord(self, inputData):
        return [0.5 if inputData["value"] > 0 else 0.25]

class Abstract(AnomalyDetector):
    pass

class Draws(Bare):
    seen = []
    def handleRecord(self, inputData):
        print("noise", flush=True)
        os.write(1, b"noise")
        self.seen.append(1)  # of the class: another file must not meet it
        return [(random.random() + np.random.rand() + len(self.seen) / 1000) / 3]

class Reseeds(Bare):
    def handleRecord(self, inputData):
        np.random.seed(7)
        random.seed(7)
        return [0.0]

class Raises(Bare):
    def handleRecord(self, inputData):
        raise KeyError("no such\\nthing")

class Nan(Bare):
    def handleRecord(self, inputData):
        return [float("nan")]

class High(Bare):
    def handleRecord(self, inputData):
        return [1.5]

class Word(Bare):
    def handleRecord(self, inputData):
        return ["high"]

class Scalar(Bare):
    def handleRecord(self, inputData):
        return 0.5

class Array(Bare):
    def handleRecord(self, inputData):
        return [np.array([0.1])]

class Few(Bare):
    def getAdditionalHeaders(self):
        return ["a", "b"]
    def handleRecord(self, inputData):
        return [0.1, 1]

class FewOfNab(AnomalyDetector):
    def handleRecord(self, inputData):
        return [0.1, 1]

class Hangs(Bare):
    def handleRecord(self, inputData):
        os.fork()  # this one hangs as well
        while True:
            time.sleep(1)

class Dies(Bare):
    def handleRecord(self, inputData):
        os.kill(os.getpid(), signal.SIGKILL)

class Exits(Bare):
    def handleRecord(self, inputData):
        sys.exit(3)

class Leaves(Bare):
    def handleRecord(self, inputData):
        os._exit(4)

class LeavesWell(Bare):
    def handleRecord(self, inputData):
        os._exit(0)

class Columns(Bare):
    def __init__(self, dataSet, probationaryPercent, names, value="x"):
        self.names, self.value = names.split(), value
    def getAdditionalHeaders(self):
        return self.names
    def handleRecord(self, inputData):
        return [0.5, *[self.value] * len(self.names)]

class Forks(Bare):
    def handleRecord(self, inputData):
        if len(FORKED) < 2:
            FORKED.append(os.fork())
        return [0.5]

class Short(Bare):
    def run(self):
        import pandas
        return pandas.DataFrame({"anomaly_score": [0.5]})

class Counts:
    """As river has it: scores, then learns."""
    def __init__(self, seed=None):
        self.seed, self.known = seed, []
    def score_one(self, x):
        assert list(x) == ["value 0", "value -1"]
        return float(len(self.known)) if self.seed == 42 else -1.0
    def learn_one(self, x):
        self.known.append(x)

class Fitted:
    """As PyOD has it."""
    def fit(self, X):
        self.mean = X.mean()
    def decision_function(self, X):
        assert X.shape == (1, 1)
        return abs(X - self.mean).ravel()

class NoContract:
    pass

def factory(size=1):
    return Fitted() if size == 1 else NoContract()

FORKED = []
number = 5
'''

BARE = """
    def __init__(self, dataSet, probationaryPercent):
        pass
    def handleRecord(self, inputData):
        return [0.5]
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "own.py"
    path.write_text(CODE)
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataFile:
    path = tmp_path_factory.mktemp("data") / "a.csv"
    times = pd.date_range("2026-01-01", periods=RECORDS, freq="h")
    values = np.where(np.arange(RECORDS) % 50 == 49, 30.0, np.arange(RECORDS) % 7 - 3.0)
    pd.DataFrame({"timestamp": times, "value": values}).to_csv(path, index=False)
    return read_data_file(path, "one/a.csv")


def run(text: str, data: DataFile, timeout: float = 60.0) -> FileResult:
    (choice,) = choose_detectors(text, timeout=timeout)
    return run_file(FileTask(choice, 42, data, choice.name))


def test_a_class_of_nabs_contract(file: Path, data: DataFile) -> None:
    found = run(f"{file}:Last?step=0.25", data)
    assert found.error == "" and found.key == "Last-step0.25"
    assert found.scores.tolist() == [(i + 1) * 0.25 % 1.0 for i in range(RECORDS)]
    assert list(found.columns) == ["anomaly_score", "seen", "word"]
    assert found.columns["seen"].tolist() == list(range(1, RECORDS + 1))
    assert found.cpu_seconds > 0 and found.peak_mib > 10


def test_the_example_of_the_map_runs(data: DataFile, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "zhtm_detector" / "README.md").read_text(encoding="utf-8")
    (example,) = [one for one in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL) if "class Jump" in one]
    (tmp_path / "mine.py").write_text(example)
    found = run(f"{tmp_path / 'mine.py'}:Jump", data)
    values = data.data["value"].to_numpy()
    jumps = np.abs(np.diff(values, prepend=values[0]))
    assert found.error == "" and found.columns["jump"].tolist() == jumps.tolist()
    assert found.scores.tolist() == (jumps / np.ptp(values)).tolist()


def test_without_the_base_class(file: Path, data: DataFile) -> None:
    values = data.data["value"].to_numpy()
    assert run(f"{file}:Bare", data).scores.tolist() == np.where(values > 0, 0.5, 0.25).tolist()


def test_every_file_meets_the_same_generators_and_classes(file: Path, data: DataFile) -> None:
    first = run(f"{file}:Draws", data).scores
    run(f"x={file}:Reseeds", data)
    assert run(f"{file}:Draws", data).scores.tolist() == first.tolist()
    assert first.std() > 0.01


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("Raises", "KeyError: 'no such\\nthing' (own.py, line "),
        ("Nan", "Nan.handleRecord: record 1: expected an anomaly score in [0, 1], got nan"),
        ("Scalar", "Scalar.handleRecord: record 1: expected a list of the score and of a value for each additional "),
        ("Array", "handleRecord: expected numbers as scores, got array([0.1])"),
        ("Few", "Few.handleRecord: expected a value for each of ['anomaly_score', 'a', 'b'], got 2"),
        ("FewOfNab", "FewOfNab.handleRecord: expected a value for each of ['anomaly_score'], got 2"),
        (
            "Bare?window=1",
            "expected arguments of Bare(dataSet, probationaryPercent), got dataSet, probationaryPercent, w",
        ),
        ("factory?window=1", "expected arguments of factory(size=1), got window: got an unexpected keyword argument"),
        ("High", "High.handleRecord: record 1: expected an anomaly score in [0, 1], got 1.5"),
        ("Word", "expected an anomaly score in [0, 1], got 'high'"),
        ("Dies", "its process was killed by SIGKILL"),
        ("Exits", "SystemExit: 3 (own.py, line "),
        ("Leaves", "its process ended with exit code 4"),
        ("LeavesWell", "its process ended with exit code 0"),
        ("Columns?names=raw_score", "handleRecord: expected numbers as raw_score, got 'x'"),
        (
            "Columns?names=S(t)_standard",
            "getAdditionalHeaders: expected names of other columns, each once, got 'S(t)_st",
        ),
        ("Columns?names=" + "%20".join(f"n{i}" for i in range(101)), "expected at most 100, got 101"),
        ("Short", "run: expected 200 records, got 1"),
        ("factory?size=2", "expected handleRecord, or score_one and learn_one, fit_score_partial, fit and "),
        ("factory?size=1&calibration=none", "expected an anomaly score in [0, 1], got "),
        ("factory?calibration=x", "calibration: expected one of conformal, none, got 'x'"),
        ("factory?shingle=0", "shingle: expected a whole number from 1 to 10000, got 0"),
    ],
)
def test_errors_are_of_the_detector(name: str, error: str, file: Path, data: DataFile) -> None:
    found = run(f"x={file}:{name}", data)
    assert error in found.error, found.error
    assert found.of_detector and found.error.isprintable() and len(found.error) < 400 and not found.columns


def test_one_that_hangs_is_ended(file: Path, data: DataFile) -> None:
    assert run(f"{file}:Hangs", data, 0.5).error == "expected an end within 0.5 s (--timeout), got none"


def test_one_that_forks_scores_once(file: Path, data: DataFile) -> None:
    assert run(f"{file}:Forks", data).scores.tolist() == [0.5] * RECORDS


def test_one_that_scores_and_learns(file: Path, data: DataFile) -> None:
    assert run(f"{file}:Counts?shingle=2", data).scores.tolist() == [i / (i + 1) for i in range(RECORDS)]
    assert run(f"{file}:Counts?shingle=2&seed=1", data).scores.max() <= 0.5  # all are equal


def test_one_that_is_fitted(file: Path, data: DataFile) -> None:
    scores = run(f"{file}:factory", data).scores
    first = int(0.15 * RECORDS)
    values = data.data["value"].to_numpy()
    raw = np.abs(values - values[:first].mean())
    place = Calibration()
    assert scores.tolist() == [0.0] * first + [place(score) for score in raw.tolist()][first:]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("FILE:Abstract", "expected a class whose methods are all there; Abstract lacks handleRecord"),
        ("FILE:NoContract", "expected handleRecord, or score_one and learn_one"),
        ("FILE:number", "expected a class, or a function that returns a detector, got 5"),
        ("FILE:Missing", "expected Missing in "),
        ("no.such.module:Class", "ModuleNotFoundError: No module named 'no'"),
        ("json:JSONEncoder", "expected handleRecord, or "),
    ],
)
def test_what_cannot_be_a_detector_is_refused(text: str, error: str, file: Path) -> None:
    with pytest.raises(InputError, match="detector ") as refused:
        check_loads(parse_spec(text.replace("FILE", str(file))))
    assert error in str(refused.value) and str(refused.value).isprintable()


def test_code_that_does_not_load(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    for text, error in (
        ("def", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; sys.exit(1)", "SystemExit"),
        ("import os; os._exit(0)", "its process ended with exit code 0"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=f"detector A: .*broken.py: {error}"):
            check_loads(parse_spec(f"{path}:A"))


def test_a_file_with_the_name_of_a_library(tmp_path: Path, data: DataFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """In it the name is the library's, also where the file lies in the working folder."""
    (tmp_path / "beside.py").touch()
    lines = f"from colorsys import rgb_to_hsv\nimport beside, pickle\nclass A:\n{BARE}\npickle.loads(pickle.dumps(A))"
    (tmp_path / "colorsys.py").write_text(lines)
    assert run(f"{tmp_path}/colorsys.py:A", data).scores.tolist() == [0.5] * RECORDS
    monkeypatch.chdir(tmp_path)
    assert run("colorsys.py:A", data).scores.tolist() == [0.5] * RECORDS


def test_code_that_forks_while_it_loads(tmp_path: Path, data: DataFile, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "forks.py"
    path.write_text("import os\nos.fork()\nclass A:\n" + BARE)
    assert run(f"{path}:A", data).scores.tolist() == [0.5] * RECORDS
    path.write_text("import os, time\nif os.fork() == 0: time.sleep(10**6)\nos._exit(1)")
    monkeypatch.setattr("zhtm_detector.detectors.foreign.process._GRACE", 1.0)
    with pytest.raises(InputError, match=r"expected an end within 1\.1 s \(--timeout and 1 more\)"):
        check_loads(parse_spec(f"{path}:A", 0.1))


def test_a_process_that_has_died_can_be_closed(file: Path) -> None:
    child = Child(parse_spec(f"{file}:Bare"))
    os.kill(child._process.pid, signal.SIGKILL)
    while child.lives:
        pass
    assert child._ask("short") == "its process was killed by SIGKILL"  # the request stays in the buffer
    child.close()


@pytest.mark.parametrize(
    "text",
    [
        *("a:", ":b", "a:b?", "a:b?x", "a:b?=1", "a:b?x=1&x=2", "a:b c", "a b:c", "a:b?x y=1", "nowhere.py:A"),
        *("a_b=m:C", "=m:C", "a:b:c", "m:_?x=1&", "con=m:C", "zhtm=m:C", "\0.py:A"),
    ],
)
def test_what_is_no_detectors_text(text: str) -> None:
    with pytest.raises(InputError, match=r"^detector ") as refused:
        choose_detectors(text)
    assert str(refused.value).isprintable()


def test_names() -> None:
    assert detector_names("river.anomaly:HalfSpaceTrees, m:Class?a=1&b=x%2Cy, own=m:f") == [
        *("HalfSpaceTrees", "Class-a1-bx-y", "own")
    ]
    spec = parse_spec("m:Class?a=1&b=0.5&c=true&d=none&e=x%2Cy&f=1e3")
    assert dict(spec.arguments) == {"a": 1, "b": 0.5, "c": True, "d": None, "e": "x,y", "f": 1000.0}
    assert parse_spec("m:Class?nu=1e+30").name == "Class-nu1e30"  # and not that of 1e-30
    assert dict(parse_spec("m:Class?nu=1e+3&text=a+b").arguments) == {"nu": 1000.0, "text": "a+b"}
    with pytest.raises(InputError, match=r"expected a name of letters, digits, hyphens and dots, .* got 'my_det'"):
        parse_spec("my_det=mine.py:Jump")
    with pytest.raises(InputError, match="expected a name of its own before it, NAME=…, got Class"):
        detector_names("m:Class,n:Class")
    assert detector_names("all", ["ARTime", "null"]) == ["ARTime", "null"]
    with pytest.raises(InputError, match=r"unknown; expected one of .*windowedGaussian, ARTime, module:Class"):
        detector_names("artime", ["ARTime", "null"])


def test_a_registered_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("names", "foreign.spec"):
        monkeypatch.setattr(f"zhtm_detector.detectors.{module}.registered", lambda: {"theirs": "their.module:Class"})
    (choice,) = choose_detectors("theirs")
    assert isinstance(choice, DetectorChoice) and choice.foreign is not None
    assert (choice.name, choice.foreign.module, choice.foreign.attribute) == ("theirs", "their.module", "Class")


def test_registered_names_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = {"theirs": "their:Class", "my_det": "their:Class", "bare": "their", "null": "their:Null", "numenta": "n:N"}
    for module in ("names", "foreign.spec"):
        monkeypatch.setattr(f"zhtm_detector.detectors.{module}.registered", lambda: theirs)
    assert detector_names("theirs?window=5,a=theirs,b=theirs?file=x.json,c=my_det") == ["theirs-window5", "a", "b", "c"]
    choices = choose_detectors("null,theirs?window=5,d=null")
    assert [choice.foreign and (choice.foreign.attribute, dict(choice.foreign.arguments)) for choice in choices] == [
        *(None, ("Class", {"window": 5}), ("Null", {}))
    ]
    for text, error in (
        ("my_det", "detector 'my_det=their:Class': expected a name of letters, digits, hyphens and dots"),
        ("bare", "detector 'bare=their': expected module:Class"),
        ("theirs?", "expected key=value behind the question mark"),
        ("numenta", "expected a name of its own before it, NAME=…, got numenta, which NAB publishes"),
        ("their", "unknown; expected one of .*, theirs, module:Class"),
    ):
        with pytest.raises(InputError, match=error):
            choose_detectors(text)
    listed = {name: text for name, text in _KINDS["detectors"]() if text.startswith("Of an")}
    assert listed["theirs"] == "Of an installed package: their:Class"
    assert "cannot be used by this name, which is another detector's: expected NAME=null" in listed["null"]
    assert "cannot be used: detector 'my_det=their:Class': expected a name of" in listed["my_det"]


@pytest.mark.parametrize("name", ["numenta", "expose", "zhtm", "zhtm-foo", "other-zhtm", "partial-x", "null"])
def test_names_that_others_have(name: str) -> None:
    with pytest.raises(InputError, match=f"expected a name of its own before it, NAME=…, got {name}"):
        choose_detectors(f"{name}=m:Class")


def test_the_published_names() -> None:
    assert set(published_names()) == set(published_scores())


def place_of(scores: list[float], capacity: int) -> float:
    """The slow twin of the calibration, for the last score."""
    *before, score = scores
    known = before[-capacity:]
    return (sum(one < score for one in known) + 0.5 * known.count(score)) / (len(known) + 1)


@given(st.lists(st.sampled_from([0.0, -1.0, 0.5, 2.0, 1e300, -1e300]), min_size=1), st.integers(1, 5))
def test_a_calibrated_score_is_its_place(scores: list[float], capacity: int) -> None:
    calibrate = Calibration(capacity)
    got = [calibrate(score) for score in scores]
    assert got == pytest.approx([place_of(scores[: i + 1], capacity) for i in range(len(scores))])
    assert all(0.0 <= score < 1.0 for score in got)


FITTED = """
import os
import numpy as np
from nab.detectors.base import AnomalyDetector
from sklearn.ensemble import IsolationForest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

def bare(seed=1):
    return IsolationForest(n_estimators=10, random_state=seed)

def pipeline(seed=1):
    return make_pipeline(StandardScaler(), bare(seed))

class Distance:
    def fit(self, rows):
        self.mean = rows.mean()
    def decision_function(self, rows):
        return abs(rows - self.mean).ravel()

class Seeded(AnomalyDetector):
    def __init__(self, *args, seed=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.random = np.random.default_rng(seed)
    def handleRecord(self, inputData):
        return [self.random.random() if "NAB_ROOT" not in os.environ else 9.0]
"""


@pytest.mark.parametrize("name", ["bare", "pipeline", "Distance"])
def test_what_is_odd_scores_high_from_the_first_scored_record(name: str, data: DataFile, tmp_path: Path) -> None:
    """Also behind a pipeline, and of a class of one's own; the calibration knows the records of the fit."""
    pytest.importorskip("sklearn")
    (tmp_path / "fitted.py").write_text(FITTED)
    values = data.data["value"].where(data.data.index != 30, 500.0)
    found = run(f"{tmp_path / 'fitted.py'}:{name}", replace(data, data=data.data.assign(value=values)))
    assert found.error == "" and (found.scores[:30] == 0).all()
    assert found.scores[30] > 0.7  # an isolation forest knows no farther than the ends of what it has seen
    usual = data.data["value"].to_numpy() != 30.0
    assert found.scores[31:][usual[31:]].mean() < 0.65


def test_a_class_of_nabs_contract_gets_the_runs_seed_and_not_the_labels(
    data: DataFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setenv("NAB_ROOT", str(tmp_path))
    (tmp_path / "fitted.py").write_text(FITTED)
    assert run(f"{tmp_path / 'fitted.py'}:Seeded", data).scores[0] == np.random.default_rng(42).random()
    assert run(f"{tmp_path / 'fitted.py'}:Seeded?seed=7", data).scores[0] == np.random.default_rng(7).random()


LIBRARIES: dict[str, Any] = {
    "river": "river.anomaly:HalfSpaceTrees",
    "pysad": "pysad.models:LODA",
    "sklearn": "sklearn.ensemble:IsolationForest?n_estimators=10",
    "pyod": "pyod.models.ecod:ECOD",
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_real_libraries(library: str, data: DataFile) -> None:
    pytest.importorskip(library, reason=f"{library} is not installed")
    found = run(f"x={LIBRARIES[library]}", data)
    assert found.error == ""
    assert run(f"x={LIBRARIES[library]}", data).scores.tolist() == found.scores.tolist()
    spikes = data.data["value"].to_numpy() == 30.0
    later = np.arange(RECORDS) >= 30
    if library != "river":  # which expects values in [0, 1]
        assert found.scores[spikes & later].mean() > found.scores[~spikes & later].mean() + 0.2
