"""What each file costs: the points that a detector loses against the perfect one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zhtm_detector.nab.outcomes import Marks
from zhtm_detector.nab.scoring import MAXIMUM, FileWindows, Profile
from zhtm_detector.nab.steps import normalize


@dataclass(frozen=True)
class FileCost:
    """The points of NAB's scale that one file costs under one profile.

    Over all files they sum to 100 less the score. The perfect detector finds every window at its left edge, and nothing
    else.

    Parameters
    ----------
    relative_path : str
    windows, missed : int
        Windows of the labels, and those without a detection.
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
        """All of it."""
        return self.missed_cost + self.late_cost + self.false_positive_cost


def point_value(corpus: Mapping[str, FileWindows], profile: Profile) -> float:
    """Points of NAB's scale for 1 of the score before scaling; NaN where there is no scale, as without any window."""
    return normalize(1.0, corpus, profile) - normalize(0.0, corpus, profile)


def file_cost(file: FileWindows, marks: Marks, profile: Profile, value: float) -> FileCost:
    """Say what a file costs.

    Parameters
    ----------
    file : FileWindows
    marks : Marks
        What the detector does on it.
    profile : Profile
    value : float
        As `point_value` gives it.
    """
    missed = late = 0.0
    for number, record in enumerate(marks.first):
        if record is not None:
            late += profile.tp * (1 - float(file.position_scores[record]) / MAXIMUM)
        else:
            # A window in the probationary records alone costs no one its `fn`, but perfect has its `tp`.
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
