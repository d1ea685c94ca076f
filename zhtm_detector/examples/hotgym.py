"""Power of a gym, the field's usual example: the next hour and the fifth one predicted, and what was unusual.

python -m zhtm_detector.examples.hotgym            # after `zhtm fetch hotgym`; or give the file
"""

from __future__ import annotations

import sys
from math import sqrt
from pathlib import Path

import pandas as pd

from zhtm_detector import HTMModel, load_preset
from zhtm_detector.nab.fetch import default_cache

STEPS = (1, 5)  # hours ahead
LEARNING = 14 * 24  # hours


def read(path: Path) -> pd.DataFrame:
    """Return the records; the file begins with three lines of names and types."""
    data = pd.read_csv(path, skiprows=3, names=["timestamp", "kw"])
    return data.assign(timestamp=pd.to_datetime(data["timestamp"], format="%m/%d/%y %H:%M"))


def main(path: Path | None = None) -> None:
    """Predict and score hour by hour: nothing sees the future but the errors."""
    path = path or default_cache("hotgym") / "gymdata.csv"
    if not path.is_file():
        sys.exit(f"{path}: not found; expected the gym's data: zhtm fetch hotgym")
    data = read(path)
    preset = load_preset("zhtm").model_copy(update={"causal": True})
    model = HTMModel(preset, 0.0, 100.0, probation=LEARNING, predict_steps=STEPS)
    values = data["kw"].tolist()
    errors: dict[int, list[float]] = {step: [] for step in STEPS}
    naive: dict[int, list[float]] = {step: [] for step in STEPS}
    alerts = []
    for hour, (time, value) in enumerate(zip(data["timestamp"], values, strict=True)):
        score = model.step(time, value).score
        if hour >= LEARNING and preset.alert_threshold is not None and score >= preset.alert_threshold:
            alerts.append(f"  {time:%Y-%m-%d %H:%M}  {score:.3f}  {model.explain().sentence}")
        for step, expected in model.predict().items():
            if hour >= LEARNING and hour + step < len(values):
                errors[step].append(expected.mean - values[hour + step])
                naive[step].append(value - values[hour + step])
    for step in STEPS:
        own, last = (sqrt(sum(error**2 for error in some[step]) / len(some[step])) for some in (errors, naive))
        print(f"{step} hours ahead: RMSE {own:.2f} kW; of the last value {last:.2f} kW")
    print(f"{len(alerts)} alerts in {len(values)} hours:", *alerts, sep="\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
