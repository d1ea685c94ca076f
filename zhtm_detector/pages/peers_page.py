"""The picture of the peers' board: every detector's scores on every corpus, and the page around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path

from zhtm_detector.common.files import write_text
from zhtm_detector.common.tables import DataTable
from zhtm_detector.evaluation.peers import Entry
from zhtm_detector.nab.scoreboard import origin_of, profile_title
from zhtm_detector.pages.figure import Figure, Json, markup
from zhtm_detector.pages.html_table import table_html
from zhtm_detector.pages.image import write_image
from zhtm_detector.pages.report.keys import origin_keys
from zhtm_detector.pages.shell import Section, paragraph, render, static

TITLE = "Today's detectors"
PROFILE = "standard"
_ROW = 24  # pixels of a bar with its gap
_GAP = 0.03  # between panels, as a share of the width
_LOWEST = -60.0  # a score that is lower is only in the tables
_BARS = "Bars: at the threshold that is best on the corpus."


def write_board(path: Path, boards: Mapping[str, Sequence[Entry]], tables: Sequence[DataTable]) -> None:
    """Write the picture (.png, .svg), or a page with the picture and the tables (.html).

    Raises
    ------
    InputError
        When it cannot be written, or the extra or the browser for a picture is missing.
    """
    figure = board_figure(boards)
    if path.suffix != ".html":
        write_image(path, figure, f"{TITLE}, {profile_title(PROFILE)} profile. {_BARS}")
        return
    names = [entry.name for entries in boards.values() for entry in entries]
    picture = [origin_keys(map(origin_of, names)), figure.html(), paragraph(_BARS)]
    sections = [Section("picture", "Picture", picture)]
    sections += [
        Section(f"board-{number}", table.title, [table_html(table, f"table-{number}")])
        for number, table in enumerate(tables)
    ]
    write_text(path, render(TITLE, sections, style=static("report.css")))


def board_figure(boards: Mapping[str, Sequence[Entry]]) -> Figure:
    """Draw a panel of bars for each corpus, side by side; the rows are in the order of the first board."""
    first = next(iter(boards.values()))
    order = [_label(entry.name) for entry in first]
    values = [value for entries in boards.values() for entry in entries for value in _values(entry)]
    low, high = max(min([0.0, *values]), _LOWEST), max([100.0, *values])
    width = (1 + _GAP) / len(boards)
    layout: Json = {
        "bargap": 0.3,
        "legend": {"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom"},
        "margin": {"l": 10, "r": 10, "t": 34, "b": 60},
        "annotations": [],
        "yaxis": {
            "type": "category",  # a name may be a number
            "categoryorder": "array",
            "categoryarray": order,
            "range": [len(order) - 0.5, -0.5],
            "fixedrange": True,
            "tickmode": "linear",
            "ticks": "",
            "ticklabelstandoff": 4,
            "showgrid": False,
        },
    }
    traces: list[Json] = []
    for number, (name, entries) in enumerate(boards.items()):
        axis = "x" if number == 0 else f"x{number + 1}"
        domain = [number * width, (number + 1) * width - _GAP]
        ticks = {"range": [low - 4, high + 12], "tickvals": [-40, -20, 0, 20, 40, 60, 80, 100], "fixedrange": True}
        layout[axis.replace("x", "xaxis")] = {"domain": domain, "anchor": "y", **ticks}
        title = {"text": name, "showarrow": False, "xref": "paper", "yref": "paper", "x": domain[0], "y": 1.0}
        layout["annotations"].append({**title, "xanchor": "left", "yanchor": "bottom", "font": {"size": 14}})
        traces += _panel(entries, axis)
        layout["annotations"] += [_unfinished(entry, axis) for entry in entries if entry.scores is None]
    names = [trace["name"] for trace in traces]
    for number, trace in enumerate(traces):  # each kind of mark once
        trace.setdefault("showlegend", trace["name"] not in names[:number])
    label = f"Scores of {len(order)} detectors on {', '.join(boards)}: the tables have the numbers"
    return Figure("board", traces, layout, 120 + _ROW * len(order), label)


def _label(name: str) -> str:
    return markup("<b>{}</b>", name) if origin_of(name) == "ours" else name


def _values(entry: Entry) -> list[float]:
    scores = [*(entry.scores or {}).values(), *(entry.cross_validated or {}).values(), entry.carried]
    return [score for score in scores if score is not None and isfinite(score)]


def _panel(entries: Sequence[Entry], axis: str) -> list[Json]:
    done = [entry for entry in entries if entry.scores is not None]
    best = [(entry, entry.scores[PROFILE]) for entry in done if entry.scores is not None]
    bars = {
        **_points([(entry.name, score) for entry, score in best], axis, "best threshold"),
        "type": "bar",
        "orientation": "h",
        "showlegend": False,
        "marker": {"color": [f"${origin_of(entry.name)}" for entry in done]},
    }
    held_out = [(entry.name, entry.cross_validated[PROFILE]) for entry in done if entry.cross_validated]
    carried = [(entry.name, entry.carried) for entry in done if entry.carried is not None]
    marks = [
        _marks(_points(held_out, axis, "cross-validated"), "circle"),
        _marks(_points(carried, axis, "threshold of the first corpus"), "diamond"),
    ]
    return [bars, *(mark for mark in marks if mark["x"])]


def _points(points: Sequence[tuple[str, float]], axis: str, what: str) -> Json:
    return {
        "x": [score for _, score in points],
        "y": [_label(name) for name, _ in points],
        "xaxis": axis,
        "yaxis": "y",
        "name": what,
        "hovertemplate": markup("%{{y}}, {}: %{{x:.2f}}<extra></extra>", what),
    }


def _marks(points: Json, symbol: str) -> Json:
    marker = {"symbol": symbol, "size": 9, "color": "$paper", "line": {"color": "$ink", "width": 1.5}}
    return {**points, "type": "scatter", "mode": "markers", "marker": marker}


def _unfinished(entry: Entry, axis: str) -> Json:
    what = entry.error.partition(":")[0]
    place = {"xref": axis, "yref": "y", "x": 0, "y": _label(entry.name), "xanchor": "left"}
    return {**place, "text": what, "showarrow": False, "font": {"color": "$faint"}, "hovertext": entry.error}
