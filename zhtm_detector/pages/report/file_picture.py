"""The picture of one file: as a page, or as PNG or SVG."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import numpy as np

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.scoring import Profile
from zhtm_detector.pages.html_table import table_html
from zhtm_detector.pages.image import FORMATS, write_image
from zhtm_detector.pages.report.figures import picture
from zhtm_detector.pages.report.keys import file_keys
from zhtm_detector.pages.report.series import Series, View, views
from zhtm_detector.pages.shell import Section, paragraph, render, static, write_page

_BUCKETS = 50_000  # one file may show more than each of many: all records, up to twice as many
_LISTED = 10  # candidates in an error


def find_file(paths: Iterable[str], wanted: str) -> str:
    """Find a data file by its relative path, or by a part of it that no other has.

    Raises
    ------
    InputError
        When there is none, or more than one; it lists them.
    """
    known = list(paths)
    if wanted in known:
        return wanted
    found = [path for path in known if wanted.lower() in path.lower()]
    if len(found) == 1:
        return found[0]
    listed = ", ".join((found or known)[:_LISTED]) + (", …" if len(found or known) > _LISTED else "")
    what = f"fits {len(found)} files" if found else "fits no file"
    raise InputError(f"file {wanted!r}: {what}; expected a part of one of {listed}")


def check_output(path: Path) -> None:
    """Refuse a format that cannot be written.

    Raises
    ------
    InputError
    """
    kinds = ("html", *FORMATS)
    if path.suffix.removeprefix(".") not in kinds:
        raise InputError(f"output {path}: expected a name that ends in {', '.join('.' + kind for kind in kinds)}")


def corpus_picture(
    benchmark: Benchmark, detector: str, path: str, profile: Profile, threshold: float | None
) -> tuple[Series, View]:
    """Read what a detector does on a file of the corpus.

    Parameters
    ----------
    benchmark : Benchmark
    detector, path : str
    profile : Profile
        Whose threshold is used, from the thresholds file.
    threshold : float, optional
        Instead of that one.

    Raises
    ------
    InputError
        When results or thresholds are missing, bad or of other labels.
    """
    file = benchmark.labelled[path]
    found = benchmark.columns(detector, path)
    if threshold is None:
        threshold = benchmark.chosen_thresholds(detector)[profile.name]
    series = Series.of(file, benchmark.chosen.corpus.load(path).data, found.scores, found.raw)
    return series, views(file, found.scores, {profile.name: threshold})[profile.name]


def write_plot(output: Path, series: Series, view: View | None, title: str, warning: str = "") -> None:
    """Write the picture of a file.

    Parameters
    ----------
    output : Path
        Its suffix says what: a page (.html), or a picture (.png, .svg).
    series : Series
    view : View, optional
        A threshold, and what it gives.
    title : str
    warning : str
        As `render` takes it.

    Raises
    ------
    InputError
        When it cannot be written, or the extra or the browser for a picture is missing.
    """
    figure = picture(series, {} if view is None else {"": view}, "picture", _BUCKETS)
    if output.suffix != ".html":
        write_image(output, figure, title)
        return
    notes = [paragraph("Drag to zoom in, double-click to zoom out; the panels move together.")]
    sections = [Section("picture-of-file", "Picture", [file_keys(bool(view and view.labelled)), figure.html(), *notes])]
    if view is not None:
        sections.append(Section("detections", "Detections", [table_html(detection_table(series, view), "table")]))
    write_page(output, render(title, sections, warning=warning, style=static("report.css")))


def detection_table(series: Series, view: View) -> DataTable:
    """List true and false positives and missed windows in the order of time."""
    found = [(record, "true positive") for record in view.marks.first if record is not None]
    kind = "false positive" if view.labelled else "detection"
    found += [(record, kind) for record in view.marks.false_positives.tolist()]
    missed = [span for span, record in zip(series.spans, view.marks.first, strict=True) if record is None]
    found += [(first, "missed window begins") for first, _ in missed]
    rows: list[list[Cell]] = [
        [timestamp(series, record), what, float(series.values[record]), float(series.scores[record])]
        for record, what in sorted(found)
    ]
    columns = [Column("time", "time"), Column("what", "what"), Column("value", "value", 4), Column("score", "score", 4)]
    return DataTable(f"At threshold {view.threshold:.5g}", columns, rows)


def timestamp(series: Series, record: int) -> str:
    """Give a record's time as text."""
    return str(np.datetime64(int(series.times[record]), "ms")).replace("T", " ").removesuffix(".000")


def plot_name(path: str) -> str:
    """Name the page of a file."""
    return f"{PurePosixPath(path).stem}.html"
