"""The picture of one file: as a page, or as PNG or SVG."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import write_text
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.common.text import shown
from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.pages.html_table import table_html
from zhtm_detector.pages.image import write_image
from zhtm_detector.pages.report.figures import picture
from zhtm_detector.pages.report.gather import Reported, page_suffix, read_file_view, read_reported, second_detector
from zhtm_detector.pages.report.keys import file_keys
from zhtm_detector.pages.report.reasons import Rerun, with_reasons
from zhtm_detector.pages.report.scored_stream import read_scored_stream, stream_view
from zhtm_detector.pages.report.series import FileSeries, FileView, View
from zhtm_detector.pages.report.short_paths import short_paths
from zhtm_detector.pages.shell import Section, paragraph, render, static

_BUCKETS = 50_000  # a single file is shown in more detail: up to twice as many records are all drawn
_LISTED = 10  # candidates in an error


def find_file(paths: Iterable[str], wanted: str) -> str:
    """Find a data file by its relative path, or by a part of it that no other file has.

    Raises
    ------
    InputError
        When there is none, or more than one; the message lists them.
    """
    known = list(paths)
    if wanted in known:
        return wanted
    found = [path for path in known if wanted.lower() in path.lower()]
    if len(found) == 1:
        return found[0]
    listed = ", ".join((found or known)[:_LISTED]) + (", …" if len(found or known) > _LISTED else "")
    what = f"fits {len(found)} files" if found else "fits no file"
    raise InputError(f"file {shown(wanted)}: {what}; expected a part of one of {listed}")


@dataclass(frozen=True, eq=False)
class Plot:
    """The picture of one file, ready to be written."""

    file: FileView  # with one view at most
    path: str  # relative in the corpus, or the path of a stream
    name: str  # of the page by default, without its suffix
    title: str
    detector: str | None = None  # name in the results; None for a stream
    warning: str = ""
    window: int | None = None  # to zoom in on, from 0

    @property
    def threshold(self) -> float | None:
        """Threshold of the view, if there is one."""
        return next((view.threshold for view in self.file.views.values()), None)


def corpus_plot(
    benchmark: Benchmark,
    path: str,
    detector: str,
    overlay: str | None = None,
    profile: str | None = None,
    threshold: float | None = None,
    window: int | None = None,
    rerun: Rerun | None = None,
) -> Plot:
    """Read what a detector, and perhaps a second one, does on a file of the corpus.

    Without a threshold the detector stands at that of the profile, by default the first one. The overlay always stands
    at its own. The picture zooms in on a window, by its number from 1, if there is one. With `rerun` it explains
    detections.

    Raises
    ------
    InputError
        For an unknown profile or window; when results or thresholds are missing, bad or of other labels.
    """
    profiles = [each.name for each in benchmark.profiles]
    if profile not in (None, *profiles):
        raise InputError(f"profile {shown(profile)}: unknown; expected one of {', '.join(profiles)}")
    windows = benchmark.labelled[path].window_count
    if window is not None and not 1 <= window <= windows:
        raise InputError(
            f"window {window}: {path} has {windows} windows; expected one by its number, from 1 to {windows}"
        )
    chosen = profile or profiles[0]
    at = read_reported(benchmark, detector).thresholds[chosen] if threshold is None else threshold
    reported = Reported(detector, benchmark.label_of(detector), {chosen: at})
    second = second_detector(benchmark, detector, overlay)
    who = page_suffix(reported.label, second.label if second else "")
    what = str(threshold) if threshold is not None else chosen if chosen != profiles[0] else ""
    zoomed = "" if window is None else f"window-{window}"
    file = read_file_view(benchmark, path, reported, second)
    if rerun is not None:
        (file,) = with_reasons(benchmark, [file], rerun)
    return Plot(
        file,
        path,
        "-".join(filter(None, (short_paths(benchmark.labelled)[path].replace("/", "-"), zoomed, who, what))),
        f"{path}: {reported.label}" + (f", over it {second.label}" if second else ""),
        reported.label,
        benchmark.chosen.notice,
        None if window is None else window - 1,
    )


def stream_plot(path: Path, threshold: float | None = None) -> Plot:
    """Read a scored stream; every record at or above the threshold is a detection. Raises as `read_scored_stream`."""
    series = read_scored_stream(path)
    views = {} if threshold is None else {"": stream_view(series, threshold)}
    name = path.stem if threshold is None else f"{path.stem}-{threshold}"
    return Plot(FileView(series, views), str(path), name, series.name)


def write_plot(output: Path, plot: Plot) -> None:
    """Write the picture of a file, in the format that the suffix names: a page (.html), or a picture (.png, .svg).

    Raises
    ------
    InputError
        When it cannot be written, or the extra or the browser for a picture is missing.
    """
    file = plot.file
    figure = picture(file, "picture", _BUCKETS, plot.window)
    if output.suffix != ".html":
        write_image(output, figure, plot.title)
        return
    view = next(iter(file.views.values()), None)
    keys = file_keys(bool(view and view.labelled), file.overlay.name if file.overlay else "")
    note = paragraph("Drag to zoom in, double-click to zoom out; the panels move together.")
    sections = [Section("picture-of-file", "Picture", [keys, figure.html(), note])]
    if view is not None:
        table = table_html(detection_table(file, view), "table")
        sections.append(Section("detections", "Detections", [table]))
    write_text(output, render(plot.title, sections, warning=plot.warning, style=static("report.css")))


def detection_table(file: FileView, view: View) -> DataTable:
    """List true and false positives, with the reasons that are known, and missed windows in the order of time."""
    series = file.series
    found = [(record, "true positive") for record in view.marks.first if record is not None]
    kind = "false positive" if view.labelled else "detection"
    found += [(record, kind) for record in view.marks.false_positives.tolist()]
    missed = [span for span, record in zip(series.spans, view.marks.first, strict=True) if record is None]
    found = sorted([*found, *((first, "missed window begins") for first, _ in missed)])
    rows: list[list[Cell]] = [
        [timestamp(series, record), what, float(series.values[record]), float(series.scores[record])]
        for record, what in found
    ]
    columns = [Column("time", "time"), Column("what", "what"), Column("value", "value", 4), Column("score", "score", 4)]
    if file.reasons:
        columns.append(Column("why", "why"))
        for row, (record, _) in zip(rows, found, strict=True):
            row.append(file.reasons.get(record, ""))
    return DataTable(f"At threshold {view.threshold:.5g}", columns, rows)


def timestamp(series: FileSeries, record: int) -> str:
    """Format a record's time."""
    return str(np.datetime64(int(series.times[record]), "ms")).replace("T", " ").removesuffix(".000")
