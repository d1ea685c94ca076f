"""A model that outlives its process: saved as one file, loaded, and it goes on bit for bit.

python -m zhtm_detector.examples.saved_model
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import pi, sin
from pathlib import Path
from tempfile import TemporaryDirectory

from zhtm_detector import HTMModel, load_preset

BEGIN = datetime(2026, 1, 1)


def record(hour: int) -> tuple[datetime, float]:
    """Return the hour's time and value: a daily cycle, and nothing on the 30th day at noon."""
    value = 0.0 if hour == 29 * 24 + 12 else 50.0 + 30.0 * sin(2 * pi * hour / 24) + (hour * 7919 % 13) / 3
    return BEGIN + timedelta(hours=hour), value


def main() -> None:
    """Learn three weeks, save, load, and show that both models give the same scores."""
    model = HTMModel(load_preset("zhtm"), minimum=0.0, maximum=100.0, probation=14 * 24)
    for hour in range(21 * 24):
        model.step(*record(hour))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        model.save(path)
        loaded = HTMModel.load(path)
        print(f"saved: {path.stat().st_size / 2**20:.1f} MiB")
    hours = range(21 * 24, 35 * 24)
    pairs = [(model.step(*record(hour)), loaded.step(*record(hour))) for hour in hours]
    print(f"equal scores: {all(one == other for one, other in pairs)}")
    strongest = max(hours, key=lambda hour: pairs[hour - hours[0]][0].score)
    print(f"highest score: {pairs[strongest - hours[0]][0].score:.2f} at {record(strongest)[0]:%d %b %H:%M}")


if __name__ == "__main__":
    main()
