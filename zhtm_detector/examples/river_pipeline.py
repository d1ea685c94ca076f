"""The detector in a River pipeline: two metrics of a server, standardized, one score, an alert from a threshold on.

pip install 'zhtm-detector[river]' && python -m zhtm_detector.examples.river_pipeline
"""

from __future__ import annotations

from math import pi, sin
from random import Random

from river import preprocessing

from zhtm_detector.streams.river import HTMDetector

THRESHOLD = 0.5


def main() -> None:
    """Run two weeks at five minutes through the pipeline; on the last day the load comes without requests."""
    rng = Random(1)
    pipeline = preprocessing.StandardScaler() | HTMDetector(interval=300, probation=3 * 288)
    alerts = []
    for record in range(14 * 288):
        day = sin(2 * pi * record / 288)
        requests = 100.0 + 60.0 * day + rng.gauss(0.0, 4.0)
        stuck = 13 * 288 + 150 <= record < 13 * 288 + 170
        metrics = {"requests": 5.0 if stuck else requests, "load": 0.5 + requests / 200 + rng.gauss(0.0, 0.02)}
        score = pipeline.score_one(metrics)
        if record >= 3 * 288 and score >= THRESHOLD:
            alerts.append((record, score))
        pipeline.learn_one(metrics)
    for record, score in alerts:
        print(f"day {record // 288 + 1}, {record % 288 * 5 // 60:02d}:{record % 288 * 5 % 60:02d}  score {score:.3f}")


if __name__ == "__main__":
    main()
