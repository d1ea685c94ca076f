"""Write the golden files of saved models: some kinds, as of one place in a stream, with the scores that follow.

    PYTHONPATH=.:tests python tests/golden/saved.py FORMAT

Files of a format are written once, by the first version that has it, and never again: later versions must load them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from saved_models import new_model, run

from zhtm_detector.common.container import FORMAT
from zhtm_detector.htm.model import HTMModel

FOLDER = Path(__file__).with_name("saved")
# In the probation, after columns grew, a region under local inhibition, and memories of patterns.
MODELS = {"region-causal": 30, "columns-causal": 150, "local": 400, "novelty-causal": 150}
MORE = 50  # records


def scores_after(model: HTMModel, records: int) -> dict[str, list[float]]:
    score, raw, *_ = run(model, records, records + MORE)
    return {"score": score, "raw": raw}


def main(name: str) -> None:
    if name != str(FORMAT):
        sys.exit(f"expected the format of this version, {FORMAT}, got {name}")
    scores = {}
    for kind, records in MODELS.items():
        model = new_model(kind)
        run(model, 0, records)
        model.save(FOLDER / f"format-{name}" / f"{kind}.npz")
        scores[kind] = scores_after(model, records)
    (FOLDER / f"format-{name}" / "scores.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
