"""Our scores beside the published ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zhtm_detector.errors import InputError
from zhtm_detector.nab.files import read_json_object
from zhtm_detector.resources import config_path

PROFILES = ("standard", "reward_low_FP_rate", "reward_low_FN_rate")
PROFILE_TITLES = {"standard": "standard", "reward_low_FP_rate": "low FP", "reward_low_FN_rate": "low FN"}
_NOT_NAB = ("sample-", "partial-", "other-")


@dataclass(frozen=True)
class ScoreRow:
    """One detector on the scoreboard."""

    name: str
    origin: str  # "ours", "baseline" or "published"
    scores: Mapping[str, float]  # by profile, on NAB's scale


def published_scores() -> list[ScoreRow]:
    """Read the final scores that numenta/NAB publishes, as shipped with the package."""
    content = json.loads((config_path() / "scoreboard.json").read_text(encoding="utf-8"))
    return [ScoreRow(name, "published", entry["scores"]) for name, entry in content["detectors"].items()]


def scoreboard(final: Mapping[str, Mapping[str, float]], with_published: bool) -> list[ScoreRow]:
    """Rank detectors by their standard score, best first.

    Parameters
    ----------
    final : mapping
        Detector's label to its final scores by profile, as in final_results.json.
    with_published : bool
        Whether the scores compare with the published ones. A published detector gives way to one of the same name.
    """
    from zhtm_detector.baselines import BASELINES

    rows = [
        ScoreRow(name, "baseline" if name.removeprefix(_prefix(name)) in BASELINES else "ours", scores)
        for name, scores in final.items()
    ]
    if with_published:
        rows += [row for row in published_scores() if row.name not in final]
    return sorted(rows, key=_rank)


def read_final_results(results: Path) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Read final_results.json: the NAB scores, and the names of entries that are none (sample, partial, other).

    Raises
    ------
    InputError
        When there is no such file, or it has another shape.
    """
    path = results / "final_results.json"
    content = read_json_object(path)
    if not content:
        raise InputError(f"{path}: expected final scores, found none; run `zhtm run` first")
    final: dict[str, dict[str, float]] = {}
    others = []
    for name, scores in content.items():
        if not isinstance(scores, dict) or not all(isinstance(s, int | float | None) for s in scores.values()):
            raise InputError(f"{path}: {name}: expected an object of scores by profile")
        if _prefix(name):
            others.append(name)
        else:
            final[name] = {profile: float("nan") if s is None else float(s) for profile, s in scores.items()}
    return final, others


def _rank(row: ScoreRow) -> tuple[float, str]:
    score = row.scores.get(PROFILES[0], float("nan"))
    return (-score if score == score else float("inf")), row.name  # without a score: last


def _prefix(name: str) -> str:
    return next((prefix for prefix in _NOT_NAB if name.startswith(prefix)), "")
