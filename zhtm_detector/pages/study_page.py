"""The page of a search: what it is worth, which parameters decide, its history, and all trials side by side."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from zhtm_detector.pages.figure import Figure
from zhtm_detector.pages.html_table import table_html
from zhtm_detector.pages.shell import Section, paragraph, render
from zhtm_detector.tuning.parameters.search import SearchResult, Trial
from zhtm_detector.tuning.parameters.search_tables import held_out_table, trials_table, values_table, warning
from zhtm_detector.tuning.parameters.space import Dimension

_AXES = 12  # of the parallel coordinates: more than that nobody reads
_AXIS_WIDTH = 105
_STYLE = (
    ".wide { overflow-x: auto; } .wide .figure { overflow: visible; }"
    " .parcoords text { text-shadow: none !important; }"  # Plotly's own is white, on dark paper too,
    " .parcoords .axis path, .parcoords .axis line { stroke: var(--faint) !important; }"  # and its axes are black
)


def tune_page(tuned: SearchResult, notice: str) -> str:
    """Make the page.

    Parameters
    ----------
    tuned : SearchResult
    notice : str
        That the corpus is not NAB, where it is not.
    """
    plan = tuned.plan
    sections = [
        Section("worth", "What it is worth", [table_html(held_out_table(tuned), "worth-table")]),
        Section("parameters", "Parameters", [*_importance(tuned), table_html(values_table(tuned), "values-table")]),
        Section("history", "History", [_history(tuned).html()]),
        Section("parallel", "All at once", _parallel(tuned)),
        Section("trials", "Trials", [table_html(trials_table(tuned), "trials-table")]),
    ]
    lead = (
        f"Search for parameters from the preset {plan.preset}, profile {plan.profile.name}: "
        f"{len(tuned.trials)} trials in batches of {plan.batch}, seed {plan.seed}. {notice}"
    )
    return render(f"Study {plan.study}", sections, lead.strip(), warning(tuned), _STYLE)


def _importance(tuned: SearchResult) -> list[str]:
    if not tuned.importances:
        return [paragraph("Too few trials are complete to tell which parameters are important.")]
    names = list(tuned.importances)[::-1]  # the first on top
    shares = [tuned.importances[name] for name in names]
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": shares,
        "y": names,
        "marker": {"color": "$ours"},
        "text": [f"{share:.2f}" for share in shares],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:.3f}<extra></extra>",
    }
    layout = {
        "xaxis": {"title": {"text": "importance (share of 1)"}, "rangemode": "tozero"},
        "yaxis": {"ticks": "outside", "ticklen": 4},
        "margin": {"l": 10, "r": 40, "t": 10, "b": 45},
    }
    height = 90 + 22 * len(names)
    note = "How much each parameter decides on being among the best complete trials (PED-ANOVA)."
    return [Figure("importance", [trace], layout, height, "Importance of parameters").html(), paragraph(note)]


def _history(tuned: SearchResult) -> Figure:
    complete = [trial for trial in tuned.trials if trial.state == "complete"]
    pruned = [trial for trial in tuned.trials if trial.state == "pruned" and trial.score is not None]
    best = list(accumulate((trial.score or 0.0 for trial in complete), max))
    traces = [
        _dots(complete, "complete", {"color": "$ours", "size": 8}),
        _dots(pruned, "pruned: score on fewer files", {"color": "$baseline", "size": 6, "symbol": "x"}),
        {
            "type": "scatter",
            "mode": "lines",
            "name": "best so far",
            "x": [trial.number for trial in complete],
            "y": best,
            "line": {"color": "$threshold", "shape": "hv", "width": 2},
            "hoverinfo": "skip",
        },
    ]
    layout = {
        "xaxis": {"title": {"text": "trial"}},
        "yaxis": {"title": {"text": "cross-validated score"}},
        "margin": {"l": 55, "r": 15, "t": 45, "b": 45},
        "hovermode": "closest",
    }
    return Figure("history-figure", traces, layout, 380, "Score of each trial, and the best so far")


def _dots(trials: Sequence[Trial], name: str, marker: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [trial.number for trial in trials],
        "y": [trial.score for trial in trials],
        "customdata": [trial.files for trial in trials],
        "marker": marker,
        "hovertemplate": "trial %{x}: %{y:.2f} on %{customdata} files<extra></extra>",
    }


def _parallel(tuned: SearchResult) -> list[str]:
    complete = sorted(
        (trial for trial in tuned.trials if trial.state == "complete"), key=lambda trial: trial.score or 0
    )
    names = sorted(tuned.plan.space, key=lambda name: -tuned.importances.get(name, 0.0))
    shown = names[:_AXES]
    scores = [trial.score or 0.0 for trial in complete]
    axes = [_axis(tuned.plan.space[name], [trial.values[name] for trial in complete]) for name in shown]
    trace = {
        "type": "parcoords",
        "dimensions": [_score_axis(scores), *axes],
        "line": {"color": scores, "colorscale": [[0, "$line"], [0.7, "$raw"], [1, "$ours"]]},
        "labelfont": {"color": "$ink", "size": 12},
        "tickfont": {"color": "$faint", "size": 11},
        "rangefont": {"color": "rgba(0,0,0,0)"},  # the ends are ticks
        "labelside": "top",
    }
    layout = {"margin": {"l": 60, "r": 40, "t": 75, "b": 25}}
    figure = Figure("parallel-figure", [trace], layout, 420, "Parameters and score of each complete trial").html()
    width = _AXIS_WIDTH * (len(shown) + 1)
    note = "Complete trials, the best in the strongest colour; drag along an axis to choose."
    if len(names) > len(shown):
        note += f" The {len(shown)} most important of {len(names)} parameters."
    return [f'<div class="wide"><div style="min-width:{width}px">{figure}</div></div>', paragraph(note)]


def _score_axis(scores: Sequence[float]) -> dict[str, Any]:
    low, high = min(scores), max(scores)
    if low == high:
        low, high = low - 1, high + 1
    ticks = [low + (high - low) * part / 4 for part in range(5)]
    texts = [f"{tick:.1f}" for tick in ticks]
    return {"label": "score", "values": scores, "range": [low, high], "tickvals": ticks, "ticktext": texts}


def _axis(dimension: Dimension, values: Sequence[Any]) -> dict[str, Any]:
    """Give one axis of the parallel coordinates: logarithms and choices have their own ticks, for it knows neither."""
    label = dimension.name.replace(".", ".<br>")
    if dimension.choices:
        texts = [json.dumps(choice).strip('"') for choice in dimension.choices]
        places = [next(i for i, choice in enumerate(dimension.choices) if choice == value) for value in values]
        return {
            "label": label,
            "values": places,
            "tickvals": list(range(len(texts))),
            "ticktext": texts,
            "range": [-0.2, max(len(texts) - 0.8, 0.2)],
        }
    if dimension.log:
        ends = [math.log10(dimension.low), math.log10(dimension.high)]
        ticks = [ends[0] + (ends[1] - ends[0]) * part / 4 for part in range(5)]
        return {
            "label": label,
            "values": [math.log10(value) for value in values],
            "tickvals": ticks,
            "ticktext": [f"{10**tick:.3g}" for tick in ticks],
            "range": ends,
        }
    axis = {"label": label, "values": list(values), "range": [dimension.low, dimension.high]}
    if dimension.whole and dimension.high - dimension.low <= _AXES:
        axis["tickvals"] = list(range(int(dimension.low), int(dimension.high) + 1))
    return axis
