"""The sections of `zhtm validate` that need a detector's scores only, whoever made them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.tables import DataTable
from zhtm_detector.common.text import shown
from zhtm_detector.evaluation import evidence_tables
from zhtm_detector.evaluation.best_scores import BestScores
from zhtm_detector.evaluation.evidence_tables import Scores, Setting
from zhtm_detector.evaluation.preset_tables import thresholds_section

Builders = dict[str, Callable[[], DataTable]]  # by section

SECTIONS = ("scoreboard", "folds", "thresholds", "bootstrap", "windows")


def score_sections(setting: Setting, base: BestScores, scores: Scores) -> Builders:
    """Return what builds each of these tables but the one of thresholds, which shows several detectors."""
    return {
        "scoreboard": lambda: evidence_tables.scoreboard_section(setting, base),
        "folds": lambda: evidence_tables.folds_section(setting, base),
        "bootstrap": lambda: evidence_tables.bootstrap_section(setting, base),
        "windows": lambda: evidence_tables.windows_section(setting, base, scores),
    }


def validate_scores(setting: Setting, scores: Scores, sections: Sequence[str]) -> dict[str, DataTable]:
    """Build the tables of a detector that others ran, by section.

    Parameters
    ----------
    setting : Setting
    scores : mapping of str to ndarray of float64
        Anomaly scores by data file.
    sections : sequence of str
        Some of `SECTIONS`.

    Raises
    ------
    InputError
        For another section, or none.
    """
    if not sections:
        raise InputError(f"sections: expected at least one of {', '.join(SECTIONS)}, got none")
    for section in sections:
        if section not in SECTIONS:
            raise InputError(
                f"section {shown(section)}: expected one that needs only the scores of {setting.name}: "
                f"{', '.join(SECTIONS)}"
            )
    base = setting.best(scores)
    builders = score_sections(setting, base, scores)
    builders["thresholds"] = lambda: thresholds_section(setting, {setting.name: (base, None)})
    return {section: builders[section]() for section in SECTIONS if section in sections}
