"""The report as a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from urllib.parse import quote

from zhtm_detector.common.files import write_text
from zhtm_detector.evaluation.measures.tables import measures_table
from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.outcomes import category_of
from zhtm_detector.nab.scoreboard import profile_title
from zhtm_detector.pages.html_table import table_html
from zhtm_detector.pages.report.cost_tables import board_table, cost_summary, cost_table
from zhtm_detector.pages.report.figures import bars, picture
from zhtm_detector.pages.report.gather import Findings, gather, page_suffix
from zhtm_detector.pages.report.keys import file_keys, origin_keys
from zhtm_detector.pages.report.reasons import Rerun, with_reasons
from zhtm_detector.pages.report.series import MARGIN, PAGE_BUCKETS, FileSeries
from zhtm_detector.pages.report.short_paths import short_paths
from zhtm_detector.pages.shell import Section, paragraph, render, static, text_html
from zhtm_detector.pages.thresholds_figure import curves_figure

_SECTIONS = ("scoreboard", "thresholds", "files", "pictures")


def write_report(
    benchmark: Benchmark,
    detector: str,
    overlay: str | None = None,
    output: Path | None = None,
    rerun: Rerun | None = None,
) -> Path:
    """Write the report of a detector and return its path.

    Parameters
    ----------
    benchmark : Benchmark
        With results that are scored and normalized.
    detector : str
    overlay : str, optional
        A second detector, drawn over the scores of the first.
    output : Path, optional
        By default `report-<detector>.html` in the results folder, with the overlay's name if there is one.
    rerun : Rerun, optional
        To say at each of the detector's detections why it is one.

    Raises
    ------
    InputError
        As `gather`, and when the page cannot be written.
    """
    findings = gather(benchmark, detector, overlay)
    if rerun is not None:
        findings = replace(findings, files=with_reasons(benchmark, findings.files, rerun))
    path = output or benchmark.results / f"report-{page_suffix(findings.detector, findings.overlay)}.html"
    write_text(path, report_html(findings))
    return path


def report_html(findings: Findings) -> str:
    """Return the page as HTML."""
    names = short_paths((file.series.name for file in findings.files), _SECTIONS)
    links = {path: quote(name, errors="replace") for path, name in names.items()}
    bodies = (_board(findings), _curves(findings), _files(findings, links), _pictures(findings, links))
    return render(
        f"Report: {findings.detector}",
        [Section(key, key.capitalize(), body) for key, body in zip(_SECTIONS, bodies, strict=True)],
        lead=_lead(findings),
        warning=findings.notice,
        style=static("report.css"),
        script=static("report.js"),
    )


def _lead(findings: Findings) -> str:
    records = sum(file.series.values.size for file in findings.files)
    over = f" The thin line over the scores is {findings.overlay}." if findings.overlay else ""
    others = f" Others with results, by --detectors: {', '.join(findings.others)}." if findings.others else ""
    return (
        f"Thresholds, costs and pictures are those of {findings.detector}: {len(findings.files)} files, "
        f"{records:,} records.{over}{others}"
    )


def _board(findings: Findings) -> list[str]:
    reported = findings.detector
    figures = [bars(findings.board, p.name, f"bars-{i}", reported).html() for i, p in enumerate(findings.profiles)]
    place = next((place for place, row in enumerate(findings.board) if row.name == reported), None)
    return [
        origin_keys((row.origin for row in findings.board), reported),
        f'<div class="bars">{"".join(figures)}</div>',
        table_html(board_table(findings.board, findings.profiles), "board", marked=place),
        table_html(measures_table(findings.measures, findings.labels), "measures"),
    ]


def _curves(findings: Findings) -> list[str]:
    used = ", ".join(
        f"{profile_title(name)} {threshold:.5g} (score {curve.final_at(threshold):.2f})"
        for (name, threshold), curve in zip(findings.thresholds.items(), findings.curves, strict=True)
    )
    figure = curves_figure(findings.detector, findings.curves, "curves", in_use=findings.thresholds)
    return [paragraph(f"In use: {used}."), figure.html()]


def _files(findings: Findings, links: Mapping[str, str]) -> list[str]:
    profiles = {profile.name: profile_title(profile.name) for profile in findings.profiles}
    categories = {"": "all"} | {f"{name}/": name for name in sorted(map(category_of, links))}
    controls = (
        f'<div class="controls"><label>Profile {_select("profile", profiles)}</label>'
        f"<label>Category {_select('category', categories)}</label>"
        '<label>Search <input id="search" type="search" placeholder="part of a file\'s name"></label>'
        '<span id="count" role="status"></span></div><p id="message" role="status"></p>'
    )
    addresses = {path: f"#{link}" for path, link in links.items()}
    tables = []
    for number, profile in enumerate(findings.profiles):
        costs = findings.costs[profile.name]
        table = table_html(cost_table(costs, profile, findings.thresholds[profile.name]), f"costs-{number}", addresses)
        tables.append(
            f'<div data-profile="{escape(profile.name)}"{" hidden" if number else ""}>'
            f"{paragraph(cost_summary(costs))}{table}</div>"
        )
    note = (
        '<p class="note">Points of NAB\'s scale, lost against the perfect detector, which finds each window at its '
        "left edge. A file's name opens its picture; <kbd>n</kbd> and <kbd>p</kbd> open the next and the previous one "
        "in the table.</p>"
    )
    return [controls, note, *tables]


def _select(key: str, options: Mapping[str, str]) -> str:
    listed = "".join(f'<option value="{escape(value)}">{text_html(text)}</option>' for value, text in options.items())
    return f'<select id="{key}">{listed}</select>'


def _pictures(findings: Findings, links: Mapping[str, str]) -> list[str]:
    note = (
        "Drag to zoom in, double-click to zoom out; the panels move together. "
        f"Of a long file each picture shows the lowest and the highest of each {PAGE_BUCKETS}th part, and all records "
        f"within {MARGIN} of a detection or a window's border; zhtm plot shows all of them."
    )
    if any(file.reasons for file in findings.files):
        note += " Point at a detection to read why it is one."
    # Closed they have no size, so nothing in them is drawn until they are opened.
    details = [
        f'<details data-file="{escape(file.series.name)}" data-link="{links[file.series.name]}">'
        f"<summary>{text_html(file.series.name)}</summary>{_windows(file.series, links[file.series.name])}"
        f"{picture(file, f'picture-{number}').html()}</details>"
        for number, file in enumerate(findings.files)
    ]
    return [file_keys(overlay=findings.overlay), f'<p class="note">{note}</p>', *details]


def _windows(series: FileSeries, link: str) -> str:
    """Link to each window with a margin on both sides, and to the whole file."""
    if not series.spans:
        return ""
    links = [f'<a href="#{link}">whole file</a>']
    for number in range(1, len(series.spans) + 1):
        times = series.times[series.around(number - 1)]
        stretch = f"{times.min():.0f},{times.max():.0f}"
        links.append(f'<a href="#{link}/{number}" data-range="{stretch}">window {number}</a>')
    return f'<div class="windows">{"".join(links)}</div>'
