"""The report as a page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from zhtm_detector.nab.benchmark import Benchmark
from zhtm_detector.nab.scoreboard import profile_title
from zhtm_detector.pages.html_table import table_html
from zhtm_detector.pages.report.cost_tables import board_table, cost_table, sums
from zhtm_detector.pages.report.figures import bars, picture
from zhtm_detector.pages.report.gather import Findings, gather
from zhtm_detector.pages.report.keys import file_keys, origin_keys
from zhtm_detector.pages.report.series import MARGIN, PAGE_BUCKETS
from zhtm_detector.pages.shell import Section, paragraph, render, static, write_page
from zhtm_detector.pages.thresholds_figure import curves_figure

_KEYS = (
    ("■", "--window-key", "window of the labels"),
    ("■", "--probation-key", "probationary: not scored"),
    ("●", "--tp", "first detection in a window: true positive"),
    ("✕", "--fp", "false positive"),
    ("▯", "--missed", "missed window"),
    ("╌", "--threshold", "threshold"),
)


def write_report(benchmark: Benchmark, detector: str) -> Path:
    """Write report.html into the results folder and return its path.

    Parameters
    ----------
    benchmark : Benchmark
        With results that are scored and normalized.
    detector : str
        Whose pictures are in it.

    Raises
    ------
    InputError
        As `gather`, and when the page cannot be written.
    """
    path = benchmark.results / "report.html"
    write_page(path, report_html(gather(benchmark, detector)))
    return path


def report_html(findings: Findings) -> str:
    """Put the page together."""
    return render(
        f"Report: {findings.detector}",
        [_board(findings), _curves(findings), _files(findings), _pictures(findings)],
        lead=_lead(findings),
        warning=findings.notice,
        style=static("report.css"),
        script=static("report.js"),
    )


def _lead(findings: Findings) -> str:
    records = sum(file.series.values.size for file in findings.files)
    others = f" Others with results here, by --detector: {', '.join(findings.others)}." if findings.others else ""
    return (
        f"Thresholds, costs and pictures are those of {findings.detector}: {len(findings.files)} files, "
        f"{records:,} records.{others}"
    )


def _board(findings: Findings) -> Section:
    figures = [bars(findings.board, profile.name, f"bars-{i}").html() for i, profile in enumerate(findings.profiles)]
    return Section(
        "scoreboard",
        "Scoreboard",
        [
            origin_keys(row.origin for row in findings.board),
            f'<div class="bars">{"".join(figures)}</div>',
            table_html(board_table(findings.board, findings.profiles), "board"),
        ],
    )


def _curves(findings: Findings) -> Section:
    used = ", ".join(
        f"{profile_title(name)} {threshold:.5g} (score {curve.final_at(threshold):.2f})"
        for (name, threshold), curve in zip(findings.thresholds.items(), findings.curves, strict=True)
    )
    figure = curves_figure(findings.detector, findings.curves, "curves", in_use=findings.thresholds)
    return Section("thresholds", "Thresholds", [paragraph(f"In use: {used}."), figure.html()])


def _files(findings: Findings) -> Section:
    options = "".join(
        f'<option value="{escape(profile.name)}">{escape(profile_title(profile.name))}</option>'
        for profile in findings.profiles
    )
    controls = (
        f'<div class="controls"><label>Profile <select id="profile">{options}</select></label>'
        '<label>Search <input id="search" type="search" placeholder="part of a file\'s name"></label>'
        '<span id="count" role="status"></span></div>'
    )
    links = {file.series.name: f"#file-{number}" for number, file in enumerate(findings.files)}
    tables = []
    for number, profile in enumerate(findings.profiles):
        costs = cost_table(findings.files, profile, findings.thresholds[profile.name])
        table = table_html(costs, f"costs-{number}", links)
        tables.append(
            f'<div data-profile="{escape(profile.name)}"{" hidden" if number else ""}>'
            f"{paragraph(sums(findings.files, profile))}{table}</div>"
        )
    note = (
        "Points of NAB's scale, lost against the perfect detector, which finds each window at its left edge. "
        "A file's name opens its picture."
    )
    return Section("files", "Files", [controls, f'<p class="note">{escape(note)}</p>', *tables])


def _pictures(findings: Findings) -> Section:
    note = (
        "Drag to zoom in, double-click to zoom out; the panels move together. "
        f"Of a long file each picture shows the lowest and the highest of each {PAGE_BUCKETS}th part, and all records "
        f"within {MARGIN} of a detection or a window's border; zhtm plot shows all of them."
    )
    return Section(
        "pictures",
        "Pictures",
        [file_keys(), f'<p class="note">{escape(note)}</p>', *_details(findings)],
    )


def _details(findings: Findings) -> Sequence[str]:
    # Closed they have no size, so nothing in them is drawn until they are opened.
    return [
        f'<details id="file-{number}" data-file="{escape(file.series.name)}">'
        f"<summary>{escape(file.series.name)}</summary>"
        f"{picture(file.series, file.views, f'picture-{number}').html()}</details>"
        for number, file in enumerate(findings.files)
    ]
