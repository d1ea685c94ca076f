"""The cost of each file: the points that a detector loses against the perfect one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zhtm_detector.nab.outcomes import Marks
from zhtm_detector.nab.scoring import MAXIMUM, FileWindows, Profile
from zhtm_detector.nab.steps import normalize


@dataclass(frozen=True)
class FileCost:
    """The points of NAB's scale that one file costs under one profile.

    Over all files they sum to 100 minus the score. The perfect detector finds every window at its left edge and has no
    false positives.

    Parameters
    ----------
    relative_path : str
    windows, missed : int
        Labelled windows, and those without a detection.
    missed_cost : float
        Of the missed windows.
    late_cost : float
        Of detections that come after the window's left edge.
    false_positives : int
        Records.
    false_positive_cost : float
    """

    relative_path: str
    windows: int
    missed: int
    missed_cost: float
    late_cost: float
    false_positives: int
    false_positive_cost: float

    @property
    def lost(self) -> float:
        """Sum of the three costs."""
        return self.missed_cost + self.late_cost + self.false_positive_cost


def point_value(corpus: Mapping[str, FileWindows], profile: Profile) -> float:
    """Points on NAB's scale per 1.0 of the score before scaling; NaN when there is no scale, as without windows."""
    return normalize(1.0, corpus, profile) - normalize(0.0, corpus, profile)


def file_cost(file: FileWindows, marks: Marks, profile: Profile, value: float) -> FileCost:
    """Compute what a file costs.

    Parameters
    ----------
    file : FileWindows
    marks : Marks
        The detector's true and false positives there.
    profile : Profile
    value : float
        From `point_value`.
    """
    missed = late = 0.0
    for number, record in enumerate(marks.first):
        if record is not None:
            late += profile.tp * (1 - float(file.position_scores[record]) / MAXIMUM)
        else:
            # A window within the probationary period never costs `fn`, but the perfect detector has its `tp`.
            counts = bool((file.windows[file.first_scored :] == number).any())
            missed += profile.tp + (profile.fn if counts else 0.0)
    outside = marks.false_positives
    false = -profile.fp * float(file.position_scores[outside].sum())
    return FileCost(
        file.relative_path,
        windows=len(marks.first),
        missed=sum(record is None for record in marks.first),
        missed_cost=missed * value,
        late_cost=late * value,
        false_positives=outside.size,
        false_positive_cost=abs(false) * value,  # no -0.0
    )
