"""Traffic sensors of NAB: alerts of the default detector, each with its reason, and whether it lies in a label window.

python -m zhtm_detector.examples.traffic            # after `zhtm fetch`; or give the folder of a NAB corpus
"""

from __future__ import annotations

import sys
from pathlib import Path

from zhtm_detector import HTMModel, load_preset
from zhtm_detector.detectors.base import PROBATIONARY_PERCENT, probationary_period
from zhtm_detector.nab.choose_corpus import choose_corpus
from zhtm_detector.nab.labels import label_column, read_windows


def main(root: Path | None = None) -> None:
    """Score the files of the folder realTraffic, or all of a corpus that has no such folder."""
    corpus = choose_corpus(root).corpus
    if any(path.startswith("realTraffic/") for path in corpus.paths):
        corpus = corpus.select("realTraffic/*")
    preset = load_preset("zhtm")
    assert preset.alert_threshold is not None
    windows = read_windows(corpus)
    for path in corpus.paths:
        data = corpus.load(path).data
        probation = int(probationary_period(PROBATIONARY_PERCENT, len(data)))
        model = HTMModel(preset, data["value"].min(), data["value"].max(), probation)
        labels = label_column(data, windows.get(path, []))
        print(path)
        for number, (time, value) in enumerate(zip(data["timestamp"], data["value"].tolist(), strict=True)):
            step = model.step(time, value)
            if step.score >= preset.alert_threshold and number >= probation:
                mark = "in a window" if labels[number] else "outside"
                print(f"  {time:%Y-%m-%d %H:%M}  {step.score:.3f}  {mark:11s}  {model.explain().sentence}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
