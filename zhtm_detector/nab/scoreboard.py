"""The scoreboard: final scores of the user's detectors and of those that NAB publishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.json_reader import as_number, as_object, read_json_object, read_own_object
from zhtm_detector.common.names import check_name
from zhtm_detector.detectors.names import BASELINE_NAMES, NOT_NAB

PROFILES = ("standard", "reward_low_FP_rate", "reward_low_FN_rate")
PROFILE_TITLES = {"standard": "standard", "reward_low_FP_rate": "low FP", "reward_low_FN_rate": "low FN"}
_FINAL = "final_results.json"


@dataclass(frozen=True)
class BoardRow:
    """One detector on the scoreboard."""

    name: str
    origin: str  # as `origin_of`
    scores: Mapping[str, float]  # by profile, on NAB's scale


@cache
def published_scores() -> dict[str, dict[str, float]]:
    """Read the final scores that numenta/NAB publishes, by detector and profile, as shipped with the package."""
    content = read_json_object(config_path() / "scoreboard.json")
    return {name: entry["scores"] for name, entry in content["detectors"].items()}


def scoreboard(final: Mapping[str, Mapping[str, float]], with_published: bool) -> list[BoardRow]:
    """Rank detectors by their standard score, best first.

    Parameters
    ----------
    final : mapping
        A detector's name in the results to its final scores by profile, as in final_results.json.
    with_published : bool
        Add the published scores; a published detector gives way to one of the same name in `final`.
    """
    scores = {**(published_scores() if with_published else {}), **final}
    return sorted((BoardRow(name, origin_of(name), by_profile) for name, by_profile in scores.items()), key=_rank)


def read_final_results(
    results: Path, content: Mapping[str, Any] | None = None
) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Read final_results.json: the NAB scores, and the names of entries on other corpora (sample, partial, other).

    Parameters
    ----------
    results : Path
        The results folder.
    content : mapping, optional
        The file's content, if it is known already.

    Raises
    ------
    InputError
        When there is no such file, or it has another shape.
    """
    final = read_all_final_results(results, content)
    if not final:
        raise InputError(f"{results / _FINAL}: expected final scores, found none; run `zhtm run` first")
    others = [name for name in final if prefix_of(name)]
    return {name: scores for name, scores in final.items() if name not in others}, others


def read_all_final_results(results: Path, content: Mapping[str, Any] | None = None) -> dict[str, dict[str, float]]:
    """Read all of final_results.json: scores by name and profile, NaN for null; empty if there is no file.

    Raises
    ------
    InputError
        When the file has another shape.
    """
    path = results / _FINAL
    final: dict[str, dict[str, float]] = {}
    for name, scores in (read_own_object(path) if content is None else content).items():
        where = f"{path}: {check_name(name, str(path))}"
        final[name] = {
            check_name(profile, where): float("nan") if score is None else as_number(score, f"{where}: {profile}")
            for profile, score in as_object(scores, where, "an object of scores by profile").items()
        }
    return final


def origin_of(name: str) -> str:
    """Origin of a detector by its name in the results: "ours", "baseline", "published" or "other".

    Examples
    --------
    >>> [origin_of(name) for name in ("sample-zhtm-causal", "null", "ARTime", "foo")]
    ['ours', 'baseline', 'published', 'other']
    """
    plain = name.removeprefix(prefix_of(name))
    if plain in BASELINE_NAMES:  # before the published ones: NAB publishes three of them
        return "baseline"
    if plain == "zhtm" or plain.startswith("zhtm-"):
        return "ours"
    return "published" if plain in published_scores() else "other"


def prefix_of(name: str) -> str:
    """Prefix of a detector's name in the results that says which corpus they are of; empty for NAB.

    Examples
    --------
    >>> prefix_of("sample-zhtm"), prefix_of("zhtm-causal")
    ('sample-', '')
    """
    return next((prefix for prefix in NOT_NAB if name.startswith(prefix)), "")


def profile_title(profile: str) -> str:
    """Short name of one of NAB's profiles, such as `low FP`; a user's own profile keeps its name."""
    return PROFILE_TITLES.get(profile, profile)


def _rank(row: BoardRow) -> tuple[float, str]:
    score = row.scores.get(PROFILES[0], float("nan"))
    return (-score if score == score else float("inf")), row.name  # without a score: last
