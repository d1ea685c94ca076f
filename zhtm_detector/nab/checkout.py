"""Our detectors inside a real checkout of numenta/NAB, run by NAB's own runner."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.json_reader import read_json_object
from zhtm_detector.detectors.names import DetectorChoice
from zhtm_detector.nab.scoreboard import read_all_final_results


def run_in_checkout(
    checkout: Path, choices: Sequence[DetectorChoice], seed: int, workers: int
) -> dict[str, dict[str, float]]:
    """Run all four steps of the checkout's own `Runner`; results go into the checkout, as NAB's do.

    Returns
    -------
    dict
        Final scores by detector and profile, from the checkout's final_results.json.

    Raises
    ------
    InputError
        When the folder is not a clone of numenta/NAB, or the installed pandas is too new for NAB.
    """
    if not (checkout / "nab" / "runner.py").is_file():
        raise InputError(f"NAB checkout {checkout}: expected a clone of numenta/NAB, with nab/runner.py")
    if foreign := [choice.name for choice in choices if choice.foreign is not None]:
        raise InputError(f"detector {foreign[0]}: expected one of this package; NAB's own run.py runs others")
    if int(pd.__version__.split(".")[0]) >= 3:
        raise InputError(
            f"pandas {pd.__version__}: NAB's own code fails on pandas 3 (its labeler writes into a read-only array); "
            "expected pandas 2, as in: pip install 'pandas>=2.2,<3'"
        )
    # Before our detectors are imported: they subclass NAB's own AnomalyDetector if they can import it.
    sys.path.insert(0, str(checkout.resolve()))
    from nab.runner import Runner

    from zhtm_detector.detectors.baselines import BASELINES
    from zhtm_detector.detectors.zhtm import ZhtmDetector

    constructors = {
        choice.name: BASELINES[choice.name]
        if choice.params is None
        else partial(ZhtmDetector, params=choice.params, seed=seed)
        for choice in choices
    }
    names = list(constructors)
    thresholds = checkout / "config" / "thresholds.json"
    # NAB finds a file's relative path with str.index: absolute folders, no trailing slash.
    root = checkout.resolve()
    runner = Runner(
        dataDir=str(root / "data"),
        resultsDir=str(root / "results"),
        labelPath=str(root / "labels" / "combined_windows.json"),
        profilesPath=str(root / "config" / "profiles.json"),
        thresholdPath=str(thresholds),
        numCPUs=workers,
    )
    runner.initialize()
    runner.detect(constructors)
    runner.optimize(names)
    runner.score(names, read_json_object(thresholds))
    runner.normalize()
    final = read_all_final_results(root / "results")
    return {name: final[name] for name in names}
