"""The page of a search: held-out score, importance of parameters, history, and all trials in parallel coordinates."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from zhtm_detector.pages.figure import Figure, Markup, stacked
from zhtm_detector.pages.html_table import table_html
from zhtm_detector.pages.shell import Section, paragraph, render
from zhtm_detector.tuning.parameters.search import SearchResult, Trial
from zhtm_detector.tuning.parameters.search_tables import (
    by_importance,
    held_out_table,
    trials_table,
    values_table,
    warning,
)
from zhtm_detector.tuning.parameters.space import Dimension, value_text

_AXES = 12  # of the parallel coordinates; more are unreadable
_AXIS_WIDTH = 105
_STYLE = (
    ".wide { overflow-x: auto; } .wide .figure { overflow: visible; }"
    # Plotly hard-codes a white shadow and black axes, also on dark paper.
    " .parcoords text { text-shadow: none !important; }"
    " .parcoords .axis path, .parcoords .axis line { stroke: var(--faint) !important; }"
)


def study_page(found: SearchResult, notice: str) -> str:
    """Build the page.

    Parameters
    ----------
    found : SearchResult
    notice : str
        Why these are not NAB scores; empty if they are.
    """
    plan = found.plan
    sections = [
        Section("held-out", "Held-out score", [table_html(held_out_table(found), "held-out-table")]),
        Section("parameters", "Parameters", [*_importance(found), table_html(values_table(found), "values-table")]),
        Section("history", "History", [_history(found).html()]),
        Section("parallel", "Parallel coordinates", _parallel(found)),
        Section("trials", "Trials", [table_html(trials_table(found), "trials-table")]),
    ]
    lead = (
        f"Parameter search from the preset {plan.preset}, profile {plan.profile.name}: "
        f"{len(found.trials)} trials in batches of {plan.batch}, seed {plan.seed}. {notice}"
    )
    return render(f"Study {plan.study}", sections, lead.strip(), warning(found), _STYLE)


def _importance(found: SearchResult) -> list[str]:
    if not found.importances:
        return [paragraph("Too few trials are complete to rank the parameters by importance.")]
    names = list(found.importances)[::-1]  # the first on top
    shares = [found.importances[name] for name in names]
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": shares,
        "y": names,
        "marker": {"color": "$ours"},
        "text": [f"{share:.2f}" for share in shares],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": Markup("%{y}: %{x:.3f}<extra></extra>"),
    }
    layout = {
        "xaxis": {"title": {"text": "importance (share of 1)"}, "rangemode": "tozero"},
        "yaxis": {"ticks": "outside", "ticklen": 4},
        "margin": {"l": 10, "r": 40, "t": 10, "b": 45},
    }
    height = 90 + 22 * len(names)
    note = "How much each parameter decides whether a complete trial is among the best (PED-ANOVA)."
    return [Figure("importance", [trace], layout, height, "Importance of parameters").html(), paragraph(note)]


def _history(found: SearchResult) -> Figure:
    complete = [trial for trial in found.trials if trial.state == "complete"]
    pruned = [trial for trial in found.trials if trial.state == "pruned" and trial.score is not None]
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
        "hovertemplate": Markup("trial %{x}: %{y:.2f} on %{customdata} files<extra></extra>"),
    }


def _parallel(found: SearchResult) -> list[str]:
    complete = sorted(
        (trial for trial in found.trials if trial.state == "complete"), key=lambda trial: trial.score or 0
    )
    names = by_importance(found)
    shown = names[:_AXES]
    scores = [trial.score or 0.0 for trial in complete]
    axes = [_axis(found.plan.space[name], [trial.values[name] for trial in complete]) for name in shown]
    trace = {
        "type": "parcoords",
        "dimensions": [_score_axis(scores), *axes],
        "line": {"color": scores, "colorscale": [[0, "$line"], [0.7, "$raw"], [1, "$ours"]]},
        "labelfont": {"color": "$ink", "size": 12},
        "tickfont": {"color": "$faint", "size": 11},
        "rangefont": {"color": "rgba(0,0,0,0)"},  # ticks label the ends
        "labelside": "top",
    }
    layout = {"margin": {"l": 60, "r": 40, "t": 75, "b": 25}}
    figure = Figure("parallel-figure", [trace], layout, 420, "Parameters and score of each complete trial").html()
    width = _AXIS_WIDTH * (len(shown) + 1)
    note = "Complete trials, the best in the strongest colour; drag along an axis to select."
    if len(names) > len(shown):
        note += f" The {len(shown)} most important of {len(names)} parameters."
    return [f'<div class="wide"><div style="min-width:{width}px">{figure}</div></div>', paragraph(note)]


def _score_axis(scores: Sequence[float]) -> dict[str, Any]:
    low, high = min(scores), max(scores)
    if low == high:
        low, high = low - 1, high + 1
    ticks = _quarters(low, high)
    texts = [f"{tick:.1f}" for tick in ticks]
    return {"label": "score", "values": scores, "range": [low, high], "tickvals": ticks, "ticktext": texts}


def _axis(dimension: Dimension, values: Sequence[Any]) -> dict[str, Any]:
    """Build one axis of the parallel coordinates, which know neither log scales nor choices: these get own ticks."""
    axis: dict[str, Any] = {"label": stacked(re.split(r"(?<=\.)", dimension.name))}
    if dimension.choices:
        choices = dimension.choices
        axis["values"] = [next(i for i, choice in enumerate(choices) if choice == value) for value in values]
        axis["tickvals"] = list(range(len(choices)))
        axis["ticktext"] = [Markup(value_text(choice)) for choice in choices]  # these ticks know no tags
        axis["range"] = [-0.2, max(len(choices) - 0.8, 0.2)]
    elif dimension.log:
        ends = [math.log10(dimension.low), math.log10(dimension.high)]
        axis["values"] = [math.log10(value) for value in values]
        axis["tickvals"] = _quarters(*ends)
        axis["ticktext"] = [f"{10**tick:.3g}" for tick in axis["tickvals"]]
        axis["range"] = ends
    else:
        axis["values"] = list(values)
        axis["range"] = [dimension.low, dimension.high]
        if dimension.whole and dimension.high - dimension.low <= _AXES:
            axis["tickvals"] = list(range(int(dimension.low), int(dimension.high) + 1))
    return axis


def _quarters(low: float, high: float) -> list[float]:
    return [low + (high - low) * part / 4 for part in range(5)]
