"""The page `thresholds.html`: pictures and tables of tuned thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zhtm_detector.nab.scoreboard import profile_title
from zhtm_detector.pages.html_table import table_html
from zhtm_detector.pages.shell import Section, paragraph, render, write_page
from zhtm_detector.pages.thresholds_figure import close_figure, curves_figure
from zhtm_detector.tuning.thresholds.choose import TunedThresholds
from zhtm_detector.tuning.thresholds.threshold_tables import best_table, cross_validated_table

PAGE = "thresholds.html"
_LEAD = (
    "The score of every threshold, on NAB's scale: 0 is no detection at all, 100 is perfect. A threshold that was "
    "chosen on the files that it is scored on flatters; the cross-validated score is that of files that it was chosen "
    "without."
)
_KEY = (
    "Dot: the best threshold. Broad line: the plateau, where at most 1% of the best is lost. Diamond: the "
    "held-out score, at the median of the folds' thresholds; its bars show their range, and the score's standard "
    "deviation. Double click for the whole range of scores; click on a profile to hide it."
)


def write_thresholds_page(
    results: Path, tuned: Sequence[TunedThresholds], files: int, notice: str, output: Path | None = None
) -> Path:
    """Write the page into a results folder.

    Parameters
    ----------
    results : Path
    tuned : sequence of TunedThresholds
    files : int
        How many files were labelled and read.
    notice : str
        Why these are no NAB scores; empty where they are.
    output : Path, optional
        Another place for the page.

    Raises
    ------
    InputError
        When it cannot be written.
    """
    pictures = [
        Section(
            f"detector-{number}",
            detector.label,
            [
                curves_figure(detector, f"curves-{number}").html(),
                "<h3>Around the best</h3>",
                close_figure(detector, f"close-{number}").html(),
                *([f'<p class="note">{_KEY}</p>'] if number == 1 else []),
            ],
        )
        for number, detector in enumerate(tuned, start=1)
    ]
    tables = Section(
        "tables",
        "Tables",
        [table_html(best_table(tuned), "best"), table_html(cross_validated_table(tuned, files), "cross-validated")],
    )
    weights = Section("profiles", "Profiles", [paragraph(line) for line in _weights(tuned)])
    path = output or results / PAGE
    write_page(path, render("Thresholds", [*pictures, tables, weights], _LEAD, notice))
    return path


def _weights(tuned: Sequence[TunedThresholds]) -> list[str]:
    profiles = {curve.profile.name: curve.profile for detector in tuned for curve in detector.curves}
    return [
        f"{profile_title(name)}: a caught window earns up to {p.tp:g}, a missed one costs {p.fn:g}, "
        f"a false positive up to {p.fp:g}."
        for name, p in profiles.items()
    ]
