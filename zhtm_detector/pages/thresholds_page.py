"""The page of `zhtm tune thresholds`: figures and tables of tuned thresholds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from zhtm_detector.common.files import write_text
from zhtm_detector.nab.scoreboard import profile_title
from zhtm_detector.pages.html_table import table_html
from zhtm_detector.pages.shell import Section, paragraph, render
from zhtm_detector.pages.thresholds_figure import close_figure, curves_figure
from zhtm_detector.tuning.thresholds.choose import TunedThresholds
from zhtm_detector.tuning.thresholds.threshold_tables import best_table, cross_validated_table

_LONGEST = 80  # characters of the detectors' names in the page's name
_LEAD = (
    "The score at every threshold, on NAB's scale: 0 for no detection at all, 100 for a perfect detector. The score at "
    "the best threshold is in-sample: the threshold was chosen on the same files. The cross-validated score is that of "
    "files held out of the choice."
)
_KEY = (
    "Dot: the best threshold. Broad line: the plateau, where at most 1% of the best score is lost. Diamond: the "
    "held-out score, at the median of the folds' thresholds; its bars show their range, and the score's standard "
    "deviation. Double-click to see the whole range of scores; click on a profile to hide it."
)


def write_thresholds_page(
    results: Path, tuned: Sequence[TunedThresholds], files: int, notice: str, output: Path | None = None
) -> Path:
    """Write the page into a results folder and return its path.

    Parameters
    ----------
    results : Path
    tuned : sequence of TunedThresholds
    files : int
        Number of files that were labelled and read.
    notice : str
        Why these are not NAB scores; empty if they are.
    output : Path, optional
        Another place for the page.

    Raises
    ------
    InputError
        When it cannot be written.
    """
    figures = [
        Section(
            f"detector-{number}",
            detector.label,
            [
                curves_figure(detector.label, detector.curves, f"curves-{number}", detector.choices).html(),
                "<h3>Around the best</h3>",
                close_figure(detector.label, detector.curves, f"close-{number}", detector.choices).html(),
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
    profiles = {curve.profile.name: curve.profile for detector in tuned for curve in detector.curves}
    weights = [
        f"{profile_title(name)}: a detected window earns up to {p.tp:g}, a missed one costs {p.fn:g}, "
        f"a false positive up to {p.fp:g}."
        for name, p in profiles.items()
    ]
    path = output or results / page_name(tuned)
    sections = [*figures, tables, Section("profiles", "Profiles", [paragraph(line) for line in weights])]
    write_text(path, render("Thresholds", sections, _LEAD, notice))
    return path


def page_name(tuned: Sequence[TunedThresholds]) -> str:
    """Name the page after its detectors, so that it replaces no page of others.

    A detector's name holds no underscore, so it can separate them. Long lists end in a checksum of all names.
    """
    names = "_".join([tuned[0].label, *(detector.name for detector in tuned[1:])])
    if len(names) > _LONGEST:
        names = f"{names[:_LONGEST]}-{hashlib.sha256(names.encode()).hexdigest()[:8]}"
    return f"thresholds-{names}.html"
