"""The windows that context decides: caught with it and missed by the same columns without it, or the reverse."""

from __future__ import annotations

from collections import Counter

import numpy as np

from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.evaluation.evidence_tables import Scores, Setting
from zhtm_detector.evaluation.windows import LabelledWindow, contend, windows_of
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.scoreboard import profile_title

_WITH, _WITHOUT = "with context", "without"


def context_section(setting: Setting, corpus: Corpus, scores: Scores, without: Scores | None) -> DataTable:
    """Show the windows that only one of the two catches, each at its own best threshold of the first profile.

    Parameters
    ----------
    setting : Setting
    corpus : Corpus
        The corpus with the files of `setting`.
    scores : mapping of str to ndarray
        The preset's scores.
    without : mapping of str to ndarray, optional
        Those of the same columns without context; None if the preset has no context to remove.
    """
    profile = setting.profiles[0]
    title = f"Windows that context decides, {setting.name}, profile {profile_title(profile.name)}"
    columns = [
        Column("file", "file"),
        Column("window", "window"),
        Column("start", "start"),
        Column("end", "end"),
        Column("with_context", f"score {_WITH}", 4),
        Column("without_context", f"score {_WITHOUT}", 4),
        Column("caught", "caught"),
    ]
    if without is None:
        return DataTable(title, columns, [], ["left out: the preset has no columns with context"])
    ours = contend(_WITH, scores, setting.corpus, profile)
    theirs = contend(_WITHOUT, without, setting.corpus, profile)
    caught: Counter[tuple[bool, bool]] = Counter()
    rows: list[list[Cell]] = []
    for path, file in sorted(setting.corpus.items()):
        for window in windows_of(corpus, file):
            by = window.position(ours) is not None, window.position(theirs) is not None
            caught[by] += 1
            if by[0] != by[1]:
                highest = [_highest(found, window, file.first_scored) for found in (scores, without)]
                rows.append([path, window.number + 1, window.start, window.end, *highest, _WITH if by[0] else _WITHOUT])
    notes = [
        "score: the highest in the window. Each stands at its own best threshold: "
        f"{ours.threshold:.6g} {_WITH}, {theirs.threshold:.6g} {_WITHOUT}.",
        f"Of {caught.total()} windows, both catch {caught[True, True]}, only {_WITH} {caught[True, False]}, "
        f"only {_WITHOUT} {caught[False, True]}, neither {caught[False, False]}.",
    ]
    return DataTable(title, columns, rows, notes)


def _highest(scores: Scores, window: LabelledWindow, first_scored: int) -> float:
    """Return the highest score in a window; probationary records do not count."""
    first, last = window.span
    return float(np.max(scores[window.relative_path][max(first, first_scored) : last + 1]))
