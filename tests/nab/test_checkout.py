"""Inside a real checkout of numenta/NAB: its runner with our detector, its scorer on our results.

Set NAB_CHECKOUT to a clone at the pinned commit, and install pandas 2: NAB's own code fails on pandas 3. The checkout
is only read: the tests run in a small copy, with three of its data files.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.detectors.names import DetectorChoice
from zhtm_detector.nab.checkout import run_in_checkout

OLD_PANDAS = int(pd.__version__.split(".")[0]) < 3
DATA_FILES = (
    "realAWSCloudwatch/iio_us-east-1_i-a2eb1cd9_NetworkIn.csv",
    "realAdExchange/exchange-2_cpc_results.csv",  # with a repeated timestamp
    "realTraffic/speed_7578.csv",
)
LABELS = "labels/combined_windows.json"

# As README.md shows it, and NAB's other three steps.
RUN_NAB = """
import json, sys
from pathlib import Path

from nab.runner import Runner

def main(steps):
    root = Path.cwd()
    runner = Runner(
        dataDir=str(root / "data"),
        resultsDir=str(root / "results"),
        labelPath=str(root / "labels" / "combined_windows.json"),
        profilesPath=str(root / "config" / "profiles.json"),
        thresholdPath=str(root / "config" / "thresholds.json"),
        numCPUs=2,
    )
    runner.initialize()
    if "detect" in steps:
        from nab.detectors.base import AnomalyDetector
        from zhtm_detector import ZhtmDetector
        assert issubclass(ZhtmDetector, AnomalyDetector), ZhtmDetector.__mro__
        runner.detect({"zhtm": ZhtmDetector})
    if "theirs" in steps:
        from mine import Jump
        runner.detect({"Jump": Jump})
    if "score" in steps:
        names = ["null", "zhtm"]
        runner.score(names, runner.optimize(names))
        runner.normalize()

if __name__ == "__main__":
    main(sys.argv[1:])
"""


MINE = """
from nab.detectors.base import AnomalyDetector

class Jump(AnomalyDetector):
    def initialize(self):
        self.last = None

    def getAdditionalHeaders(self):
        return ["jump"]

    def handleRecord(self, inputData):
        value = inputData["value"]
        jump = 0.0 if self.last is None else abs(value - self.last)
        self.last = value
        return (jump / (self.inputMax - self.inputMin), jump)
"""

# Like the command, but from a folder where NAB cannot be imported at first.
RUN_COMMAND = """
import sys
from pathlib import Path

checkout = Path(sys.path.pop(0))
from zhtm_detector.detectors.names import choose_detectors
from zhtm_detector.nab.checkout import run_in_checkout

if __name__ == "__main__":
    run_in_checkout(checkout, choose_detectors("null"), seed=42, workers=1)
    from nab.detectors.base import AnomalyDetector
    from zhtm_detector.detectors.baselines import NullDetector
    from zhtm_detector.detectors.zhtm import ZhtmDetector
    assert issubclass(NullDetector, AnomalyDetector), NullDetector.__mro__
    assert issubclass(ZhtmDetector, AnomalyDetector), ZhtmDetector.__mro__
"""


@pytest.fixture(scope="module")
def source() -> Path:
    folder = os.environ.get("NAB_CHECKOUT")
    if not folder:
        pytest.skip("no NAB checkout: set NAB_CHECKOUT to a clone of numenta/NAB")
    if not OLD_PANDAS:
        pytest.skip(f"pandas {pd.__version__}: NAB's own code needs pandas 2")
    if not (Path(folder) / "nab" / "runner.py").is_file():
        pytest.fail(f"NAB_CHECKOUT={folder}: expected a clone of numenta/NAB")
    return Path(folder)


@pytest.fixture
def checkout(source: Path, tmp_path: Path) -> Path:
    """NAB's code and profiles, three data files and their labels; no results and no thresholds yet."""
    root = tmp_path / "NAB"
    shutil.copytree(source / "nab", root / "nab", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("config/profiles.json", *(f"data/{path}" for path in DATA_FILES)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / name, root / name)
    (root / "labels").mkdir()
    labels = json.loads((source / LABELS).read_text())
    (root / LABELS).write_text(json.dumps({path: labels[path] for path in DATA_FILES}))
    (root / "config" / "thresholds.json").write_text("{}")
    (root / "results").mkdir()
    return root


def zhtm(*arguments: object, cwd: Path) -> dict[str, Any]:
    """Run our command and read its JSON."""
    command = [sys.executable, "-m", "zhtm_detector", *map(str, arguments), "--json"]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def run_nab(checkout: Path, *steps: str) -> None:
    script = checkout / "run_ours.py"  # a file: NAB's workers may be spawned
    script.write_text(RUN_NAB)
    done = subprocess.run([sys.executable, script, *steps], cwd=checkout, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


def column(path: Path, name: str) -> list[str]:
    with path.open(newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


def results(folder: Path, detector: str, relative_path: str) -> Path:
    path = Path(relative_path)
    return folder / detector / path.parent / f"{detector}_{path.name}"


def test_nabs_runner_gives_our_results(checkout: Path) -> None:
    """The same bytes in every results file after the detection step."""
    run_nab(checkout, "detect")
    zhtm("detect", "--nab-root", checkout, "--detectors", "zhtm", "--results", "ours", cwd=checkout)
    for path in DATA_FILES:
        theirs = results(checkout / "results", "zhtm", path)
        ours = results(checkout / "ours", "other-zhtm", path)
        assert column(theirs, "anomaly_score") == column(ours, "anomaly_score"), path
        assert theirs.read_bytes() == ours.read_bytes(), path


def test_nabs_runner_gives_our_results_of_a_class_of_others(checkout: Path) -> None:
    (checkout / "mine.py").write_text(MINE)
    run_nab(checkout, "theirs")
    zhtm("detect", "--nab-root", checkout, "--detectors", "mine.py:Jump", "--results", "ours", cwd=checkout)
    for path in DATA_FILES:
        theirs, ours = results(checkout / "results", "Jump", path), results(checkout / "ours", "other-Jump", path)
        assert theirs.read_bytes() == ours.read_bytes(), path


def test_nabs_scorer_gives_our_final_results(checkout: Path) -> None:
    zhtm("run", "--nab-root", checkout, "--detectors", "zhtm,null", "--results", "ours", cwd=checkout)
    for detector in ("zhtm", "null"):
        for path in DATA_FILES:
            target = results(checkout / "results", detector, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(results(checkout / "ours", f"other-{detector}", path), target)
    run_nab(checkout, "score")
    theirs = json.loads((checkout / "results" / "final_results.json").read_text())
    ours = json.loads((checkout / "ours" / "final_results.json").read_text())
    their_thresholds = json.loads((checkout / "config" / "thresholds.json").read_text())
    our_thresholds = json.loads((checkout / "ours" / "thresholds.json").read_text())
    for detector in ("zhtm", "null"):
        assert ours[f"other-{detector}"] == pytest.approx(theirs[detector], abs=1e-9, rel=0)
        for profile, entry in our_thresholds[f"other-{detector}"].items():
            assert entry["threshold"] == their_thresholds[detector][profile]["threshold"]
            assert entry["score"] == pytest.approx(their_thresholds[detector][profile]["score"], abs=1e-9, rel=0)


def test_the_command(checkout: Path) -> None:
    """`zhtm inside` runs all four of NAB's steps, and its scores are our own pipeline's."""
    inside = zhtm("inside", checkout, "--detectors", "zhtm,null", "--workers", 2, cwd=checkout)
    assert inside == json.loads((checkout / "results" / "final_results.json").read_text())
    ours = zhtm("run", "--nab-root", checkout, "--detectors", "zhtm,null", "--results", "ours", cwd=checkout)
    for detector in ("zhtm", "null"):
        assert inside[detector] == pytest.approx(ours["final_results"][f"other-{detector}"], abs=1e-9, rel=0)
    for path in DATA_FILES:
        # NAB's scorer reads the scores and writes them again, and its reader drops the last digits.
        theirs = column(results(checkout / "results", "zhtm", path), "anomaly_score")
        read = pd.read_csv(results(checkout / "ours", "other-zhtm", path))["anomaly_score"]
        assert theirs == read.map(repr).to_list(), path


def test_the_command_uses_nabs_base_class(checkout: Path) -> None:
    script = checkout / "run_command.py"
    script.write_text(RUN_COMMAND)
    done = subprocess.run([sys.executable, script], cwd=checkout.parent, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


def test_no_checkout(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^NAB checkout .*: expected a clone of numenta/NAB, with nab/runner.py$"):
        run_in_checkout(tmp_path, [DetectorChoice("null", None)], seed=42, workers=1)


@pytest.mark.skipif(OLD_PANDAS, reason="NAB runs on this pandas")
def test_pandas_is_too_new(tmp_path: Path) -> None:
    (tmp_path / "nab").mkdir()
    (tmp_path / "nab" / "runner.py").touch()
    with pytest.raises(InputError, match=r"^pandas 3.*NAB's own code fails on pandas 3.*expected pandas 2"):
        run_in_checkout(tmp_path, [DetectorChoice("null", None)], seed=42, workers=1)
