"""The pictures of a report: bars of the scoreboard, and one of each file."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.nab.scoreboard import BoardRow, profile_title
from zhtm_detector.pages.figure import Choice, Figure, Json, Markup, markup, stacked
from zhtm_detector.pages.report.series import (
    PAGE_BUCKETS,
    FileSeries,
    FileView,
    detections,
    shown_records,
)

_ROW = 22  # pixels of a bar with its gap
_AXES = ("y", "y2", "y3")  # of the panels, from the top
_VALUE = Markup(" %{y:.6~g}")
_REASON_WIDTH = 48  # characters of a line in the hover box, so that it fits a narrow window

Numbers = Sequence[float] | NDArray[Any]


def bars(rows: Sequence[BoardRow], profile: str, key: str, reported: str = "") -> Figure:
    """Draw the scores of one profile, the best on top, with a frame around the reported detector's bar."""
    ranked = [(row, row.scores[profile]) for row in rows if row.scores.get(profile, np.nan) == row.scores.get(profile)]
    ranked.sort(key=lambda pair: -pair[1])
    names = [markup("<b>{}</b>", row.name) if row.origin == "ours" else row.name for row, _ in ranked]
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": names,
        "x": [score for _, score in ranked],
        "text": [f"{score:.2f}" for _, score in ranked],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {
            "color": [f"${row.origin}" for row, _ in ranked],
            "line": {"color": "$ink", "width": [2.5 * (row.name == reported) for row, _ in ranked]},
        },
        "customdata": [row.origin for row, _ in ranked],
        "hovertemplate": Markup("%{y}: %{x:.2f} (%{customdata})<extra></extra>"),
    }
    lowest = min([0.0, *(score for _, score in ranked)])
    layout = {
        "title": {"text": profile_title(profile), "font": {"size": 14}, "x": 0, "xref": "paper"},
        "xaxis": {"range": [lowest, 112], "fixedrange": True, "tickvals": [0, 20, 40, 60, 80, 100]},
        "yaxis": {
            "type": "category",  # a name may be a number
            "autorange": "reversed",
            "fixedrange": True,
            "tickmode": "linear",
            "ticks": "",
            "ticklabelstandoff": 4,
            "showgrid": False,
        },
        "bargap": 0.25,
        "showlegend": False,
        "margin": {"l": 10, "r": 10, "t": 34, "b": 28},
    }
    label = f"Scores of the profile {profile_title(profile)}: the table has the numbers"
    return Figure(key, [trace], layout, 70 + _ROW * len(ranked), label)


def picture(file: FileView, key: str, buckets: int = PAGE_BUCKETS, window: int | None = None) -> Figure:
    """Draw a file: values, score and raw score over one time axis, with windows and detections.

    Parameters
    ----------
    file : FileView
        The page shows one of its views at a time.
    key : str
        Id in the page.
    buckets : int
        As in `shown_records`.
    window : int, optional
        Number of the window to zoom in on, from 0; by default the whole file is in view.
    """
    series = file.series
    shown = shown_records(file, buckets)
    times = series.times[shown]
    panels = [("value", series.values, "$series"), ("score", series.scores, "$score")]
    domains = [(0.4, 1.0), (0.0, 0.32)]
    if series.raw is not None:
        panels.append(("raw score", series.raw, "$raw"))
        domains = [(0.52, 1.0), (0.26, 0.46), (0.0, 0.2)]
    layout: Json = {
        "showlegend": False,
        "paper_bgcolor": "$panel",  # also the halo of the hover line
        "hovermode": "x unified",  # one box for all panels
        "hoversubplots": "axis",
        "margin": {"l": 55, "r": 15, "t": 34, "b": 40},  # the toolbar's place is above
        "shapes": _bands(series),
        "xaxis": {
            "type": "date",
            "anchor": _AXES[len(panels) - 1],
            # A double click shows the whole file, without a margin.
            "autorangeoptions": {"minallowed": series.times.min(), "maxallowed": series.times.max()},
            "showspikes": True,
            "spikemode": "across",
            "spikethickness": 1,
            "spikecolor": "$faint",
            "hoverformat": "%Y-%m-%d %H:%M:%S",
        },
    }
    traces: list[Json] = []
    for axis, (name, column, colour), domain in zip(_AXES, panels, domains, strict=False):
        # A score's seven digits are more than a picture shows.
        y = column[shown] if axis == "y" else column[shown].astype(np.float32)
        traces.append(_trace(name, times, y, axis, mode="lines", line={"color": colour, "width": 1.2}))
        own = {} if axis == "y" else _score_axis(column)
        layout[axis.replace("y", "yaxis")] = {"domain": domain, "anchor": "x", "title": {"text": name}, **own}
    if file.overlay:
        y = file.overlay.scores[shown].astype(np.float32)
        line = {"color": "$overlay", "width": 0.8}
        traces.append(_trace(file.overlay.name, times, y, "y2", mode="lines", line=line))
    if window is not None:
        _zoom(layout, series, series.around(window))
    choices = {profile: _seen(file, profile) for profile in file.views}
    label = f"{series.name}: values, scores, windows and detections over time"
    return Figure(key, traces, layout, 544, label, choices)


def _zoom(layout: Json, series: FileSeries, records: slice) -> None:
    """Set the ranges of time and value to these records; the reader can zoom out."""
    times, values = series.times[records], series.values[records]
    margin = 0.05 * (float(np.ptp(values)) or 1.0)
    layout["xaxis"]["range"] = [times.min(), times.max()]
    layout["yaxis"]["range"] = [values.min() - margin, values.max() + margin]


def _score_axis(scores: NDArray[np.float64]) -> Json:
    """Show 0 to 1, and more where a user's own raw scores go beyond."""
    low, high = min(0.0, float(scores.min())), max(1.0, float(scores.max()))
    margin = high - low
    ticks = {"tickvals": [0, 0.5, 1]} if (low, high) == (0.0, 1.0) else {}
    return {"range": [low - 0.03 * margin, high + 0.05 * margin], "fixedrange": True, **ticks}


def _bands(series: FileSeries) -> list[Json]:
    """Draw the probationary period and the windows behind everything."""
    bands = [_band(series, first, last, "$window", "$window") for first, last in series.spans]
    if series.first_scored:
        bands.insert(0, _band(series, 0, series.first_scored - 1, "$probation", "$probation"))
    return bands


def _band(series: FileSeries, first: int, last: int, fill: str, line: str, **more: Any) -> Json:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": series.times[first],
        "x1": series.times[last],
        "y0": 0,
        "y1": 1,
        "fillcolor": fill,
        "line": {"color": line, "width": 1, **more},
        "layer": "below",
    }


def _seen(file: FileView, profile: str) -> Choice:
    """Draw a profile's threshold, the detections there in both upper panels, and missed windows."""
    series, view = file.series, file.views[profile]
    ends = [series.times.min(), series.times.max()]
    line = {"color": "$threshold", "width": 1.2, "dash": "dash"}
    traces = [_trace("threshold", ends, [view.threshold] * 2, "y2", None, mode="lines", line=line)]
    found = [record for record in view.marks.first if record is not None]
    name, colour, symbol = ("false positive", "$fp", "x") if view.labelled else ("detection", "$missed", "circle")
    for axis, column, size in (("y", series.values, 10), ("y2", series.scores, 8)):
        marker = {"color": colour, "symbol": symbol, "size": 7}
        traces.append(_points(name, file, view.marks.false_positives, column, axis, marker))
        if view.labelled:
            traces.append(_points("true positive", file, found, column, axis, {"color": "$tp", "size": size}))
    if over := file.overlay:
        marker = {"color": "$overlay", "symbol": "diamond-open", "size": 7}
        own = over.views[profile]
        line = {"color": "$overlay", "width": 1.2, "dash": "dot"}
        traces.append(_trace(f"{over.name}: threshold", ends, [own.threshold] * 2, "y2", None, mode="lines", line=line))
        records = detections(own.marks)
        traces.append(_points(f"{over.name}: detection", replace(file, reasons={}), records, over.scores, "y2", marker))
    shapes = [
        _band(series, *span, "rgba(0,0,0,0)", "$missed", dash="dot") | {"layer": "above"}
        for span, record in zip(series.spans, view.marks.first, strict=True)
        if record is None
    ]
    return Choice(traces, shapes)


def _points(name: str, file: FileView, records: Numbers, column: NDArray[np.float64], axis: str, marker: Json) -> Json:
    chosen = np.asarray(records, dtype=np.int64)
    style: Json = {"mode": "markers", "marker": marker}
    hover = "" if axis == "y2" else None  # once for both panels
    if hover is not None and file.reasons:
        lines = (textwrap.wrap(file.reasons.get(record, ""), _REASON_WIDTH) for record in chosen.tolist())
        style["customdata"] = [stacked(["", *each]) for each in lines]  # a line break first
        hover = Markup("%{customdata}")
    return _trace(name, file.series.times[chosen], column[chosen], axis, hover, **style)


def _trace(name: str, x: Numbers, y: Numbers, axis: str, hover: str | None = _VALUE, **style: Any) -> Json:
    """Build a trace; the hover box shows its name with `hover`, or without that nothing."""
    text = {"hovertemplate": markup("{}{}<extra></extra>", name, hover or "")}
    hovered = {"hoverinfo": "skip"} if hover is None else text
    return {"type": "scatter", "name": name, "x": x, "y": y, "yaxis": axis, **hovered, **style}
