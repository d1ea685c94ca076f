"""The pictures of a report: bars of the scoreboard, and one of each file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.nab.scoreboard import BoardRow, profile_title
from zhtm_detector.pages.figure import Choice, Figure
from zhtm_detector.pages.report.series import PAGE_BUCKETS, Series, View, shown_records

_ROW = 22  # pixels of a bar with its gap

Json = dict[str, Any]


def bars(rows: Sequence[BoardRow], profile: str, key: str) -> Figure:
    """Draw the scores of one profile, the best on top."""
    ranked = [(row, row.scores[profile]) for row in rows if row.scores.get(profile, np.nan) == row.scores.get(profile)]
    ranked.sort(key=lambda pair: -pair[1])
    plain = [escape(row.name, quote=False) for row, _ in ranked]  # Plotly knows few entities: no quotes
    names = [f"<b>{name}</b>" if row.origin == "ours" else name for name, (row, _) in zip(plain, ranked, strict=True)]
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": names,
        "x": [score for _, score in ranked],
        "text": [f"{score:.2f}" for _, score in ranked],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": [f"${row.origin}" for row, _ in ranked]},
        "customdata": [row.origin for row, _ in ranked],
        "hovertemplate": "%{y}: %{x:.2f} (%{customdata})<extra></extra>",
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


def picture(series: Series, views: Mapping[str, View], key: str, buckets: int = PAGE_BUCKETS) -> Figure:
    """Draw a file: its values, score and raw score over one time axis, and on them what each profile's threshold gives.

    Parameters
    ----------
    series : Series
    views : mapping of str to View
        By profile; the page shows one of them at a time.
    key : str
        Id in the page.
    buckets : int
        As in `shown_records`.
    """
    kept = shown_records(series, views, buckets)
    panels = [("value", series.values, "$series"), ("score", series.scores, "$score")]
    if series.raw is not None:
        panels.append(("raw score", series.raw, "$raw"))
    domains = [(0.0, 0.2), (0.26, 0.46), (0.52, 1.0)] if len(panels) == 3 else [(0.0, 0.32), (0.4, 1.0)]
    arrays = {"times": series.times[kept]}
    traces: list[Json] = []
    layout: Json = {
        "showlegend": False,
        "hovermode": "x",
        "margin": {"l": 55, "r": 15, "t": 10, "b": 40},
        "shapes": _bands(series),
    }
    for number, ((name, column, colour), domain) in enumerate(zip(panels, reversed(domains), strict=True), start=1):
        axis = "" if number == 1 else str(number)
        last = number == len(panels)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": "@times",
                # A score's seven digits are more than a picture shows.
                "y": column[kept] if number == 1 else column[kept].astype(np.float32),
                "xaxis": f"x{axis}",
                "yaxis": f"y{axis}",
                "line": {"color": colour, "width": 1.2},
                "hovertemplate": name + " %{y:.6g}<extra></extra>",
            }
        )
        layout[f"xaxis{axis}"] = {
            "type": "date",
            "anchor": f"y{axis}",
            "showticklabels": last,
            "range": [series.times.min(), series.times.max()],
            **({} if number == 1 else {"matches": "x"}),
        }
        layout[f"yaxis{axis}"] = {
            "domain": domain,
            "anchor": f"x{axis}",
            "title": {"text": name},
            **({} if number == 1 else _score_axis(column)),
        }
    choices = {profile: _seen(series, view) for profile, view in views.items()}
    label = f"{series.name}: values, scores, windows and detections over time"
    return Figure(key, traces, layout, 520, label, choices, arrays)


def _score_axis(scores: NDArray[np.float64]) -> Json:
    """Show 0 to 1, and more where a raw score of the user's own is more."""
    low, high = min(0.0, float(scores.min())), max(1.0, float(scores.max()))
    margin = high - low
    ticks = {"tickvals": [0, 0.5, 1]} if (low, high) == (0.0, 1.0) else {}
    return {"range": [low - 0.03 * margin, high + 0.05 * margin], "fixedrange": True, **ticks}


def _bands(series: Series) -> list[Json]:
    """Draw the probationary period and the windows behind everything."""
    bands = [_band(series, first, last, "$window", "$window") for first, last in series.spans]
    if series.first_scored:
        bands.insert(0, _band(series, 0, series.first_scored - 1, "$probation", "$probation"))
    return bands


def _band(series: Series, first: int, last: int, fill: str, line: str, **more: Any) -> Json:
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


def _seen(series: Series, view: View) -> Choice:
    """Draw what a threshold gives: it, true and false positives in both upper panels, and missed windows."""
    found = np.array([record for record in view.marks.first if record is not None], dtype=np.int64)
    false = view.marks.false_positives
    traces: list[Json] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "threshold",
            "x": [series.times.min(), series.times.max()],
            "y": [view.threshold, view.threshold],
            "xaxis": "x2",
            "yaxis": "y2",
            "line": {"color": "$threshold", "width": 1.2, "dash": "dash"},
            "hoverinfo": "skip",
        }
    ]
    name, colour, symbol = ("false positive", "$fp", "x") if view.labelled else ("detection", "$missed", "circle")
    for number, (axis, column) in enumerate((("", series.values), ("2", series.scores))):
        traces.append(_points(name, series, false, column, axis, colour, symbol, 7 - number))
        if view.labelled:
            traces.append(_points("true positive", series, found, column, axis, "$tp", "circle", 10 - 2 * number))
    shapes = [
        _band(series, *span, "rgba(0,0,0,0)", "$missed", dash="dot") | {"layer": "above"}
        for span, record in zip(series.spans, view.marks.first, strict=True)
        if record is None
    ]
    return Choice(traces, shapes)


def _points(
    name: str,
    series: Series,
    records: NDArray[np.int64],
    column: NDArray[np.float64],
    axis: str,
    colour: str,
    symbol: str,
    size: int,
) -> Json:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": series.times[records],
        "y": column[records],
        "xaxis": f"x{axis}",
        "yaxis": f"y{axis}",
        "marker": {"color": colour, "symbol": symbol, "size": size},
        "hovertemplate": name + " %{y:.6g}<extra></extra>",
    }
