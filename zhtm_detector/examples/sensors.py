"""Many sensors in one process: a model each in a `ModelPool`, saved to disk half way and loaded again.

python -m zhtm_detector.examples.sensors
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import pi, sin
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from zhtm_detector import ModelPool, load_preset

SENSORS, DAYS, BEGIN = 5, 21, datetime(2026, 1, 1)


def reading(rng: np.random.Generator, sensor: int, hour: int) -> float:
    """Return a daily cycle with noise; on the 15th day, sensor 3 does not come up for six hours."""
    level = 20.0 + 5.0 * sensor + 8.0 * sin(2 * pi * (hour - 6) / 24)
    if sensor == 3 and 14 * 24 + 9 <= hour < 14 * 24 + 15:
        level -= 15.0
    return float(level + rng.normal(0.0, 0.5))


def main() -> None:
    """Score all sensors hour by hour, and print the alerts."""
    rng = np.random.default_rng(1)
    pool = ModelPool(load_preset("zhtm").model_copy(update={"causal": True}), probation=7 * 24)
    for sensor in range(SENSORS):
        pool.add(f"sensor {sensor}", minimum=0.0, maximum=60.0)
    threshold = pool.params.alert_threshold
    assert threshold is not None
    with TemporaryDirectory() as folder:
        for hour in range(DAYS * 24):
            if hour == 10 * 24:  # the process may end here: another one goes on, bit for bit
                pool.save(Path(folder) / "pool")
                pool = ModelPool.load(Path(folder) / "pool")
            moment = BEGIN + timedelta(hours=hour)
            for sensor in range(SENSORS):
                step = pool.step(f"sensor {sensor}", moment, reading(rng, sensor, hour))
                if step.score >= threshold and hour >= 7 * 24:
                    print(f"{moment:%d %b %H:%M}  sensor {sensor}  {step.score:.2f}")
    print(f"{len(pool)} sensors, {DAYS * 24} records each")


if __name__ == "__main__":
    main()
