"""A detector of your own under NAB's contract, scored as NAB scores it, beside ours.

python -m zhtm_detector.examples.own_detector           # sample corpus; or give the folder of a NAB corpus
"""

from __future__ import annotations

import sys
from math import sqrt
from pathlib import Path
from typing import Any

from zhtm_detector.common.config import config_path
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT, AnomalyDetector
from zhtm_detector.detectors.zhtm import ZhtmDetector
from zhtm_detector.nab.choose_corpus import choose_corpus
from zhtm_detector.nab.labels import read_windows
from zhtm_detector.nab.result_files import read_profiles
from zhtm_detector.nab.scoring import rank
from zhtm_detector.nab.steps import label_file, normalize, optimize


class ControlChart(AnomalyDetector):  # NAB's own class, where NAB can be imported
    """Distance from an exponentially weighted mean, in weighted deviations; 10 of them are a score of 1."""

    mean: float | None = None
    variance = 0.0

    def handleRecord(self, inputData: dict[str, Any]) -> tuple[float]:
        """Score one record, then learn it."""
        value = float(inputData["value"])
        if self.mean is None:
            self.mean = value
        distance = value - self.mean
        score = min(abs(distance) / (10.0 * sqrt(self.variance)), 1.0) if self.variance else 0.0
        self.mean += 0.02 * distance
        self.variance = 0.98 * (self.variance + 0.02 * distance**2)
        return (score,)


def main(root: Path | None = None) -> None:
    """Detect, optimize and score in memory, and print NAB's three scores of both detectors."""
    corpus = choose_corpus(root or config_path() / "sample_corpus").corpus
    labelled = {path: label_file(corpus, path, windows) for path, windows in read_windows(corpus).items()}
    profiles = read_profiles()
    print("detector      " + "  ".join(f"{profile.name:>24}" for profile in profiles))
    for detector in (ControlChart, ZhtmDetector):
        scores = {}
        for path in labelled:
            over_file = detector(corpus.load(path), PROBATIONARY_PERCENT)
            over_file.initialize()
            scores[path] = over_file.run()["anomaly_score"].to_numpy()
        best = optimize(rank(scores, labelled), profiles)
        finals = [normalize(best[profile.name]["score"], labelled, profile) for profile in profiles]
        print(f"{detector.__name__:14}" + "  ".join(f"{final:24.2f}" for final in finals))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
