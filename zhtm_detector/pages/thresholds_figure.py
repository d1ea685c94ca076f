"""The figure of a detector's threshold curves: one per profile, with the thresholds that matter marked on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.nab.scoreboard import profile_title
from zhtm_detector.nab.scoring import NO_DETECTION
from zhtm_detector.pages.figure import Figure, markup
from zhtm_detector.tuning.thresholds.choose import CrossValidatedChoice
from zhtm_detector.tuning.thresholds.curve import ProfileCurve

_COLOURS = ("$ours", "$missed", "$threshold", "$tp", "$published", "$fp")
_MARGIN = 0.25  # below zero, as a share of the best score; the reader zooms out to see lower scores
_ZOOM = 3  # width of the close view, as a multiple of the range of the thresholds that matter

Choices = Mapping[str, CrossValidatedChoice]
Range = tuple[float, float]


def curves_figure(
    detector: str,
    curves: Sequence[ProfileCurve],
    key: str,
    choices: Choices | None = None,
    in_use: Mapping[str, float] | None = None,
) -> Figure:
    """Draw the curves of all profiles, over all thresholds at which one of them is in the picture.

    Parameters
    ----------
    detector : str
    curves : sequence of ProfileCurve
    key : str
        Id in the page.
    choices : mapping of str to CrossValidatedChoice, optional
        By profile; drawn with their range.
    in_use : mapping of str to float, optional
        The threshold to mark, by profile. By default the best one is marked, with its plateau.
    """
    top = max([*(curve.final for curve in curves if np.isfinite(curve.final)), 1.0])
    heights = (-_MARGIN * top, 1.08 * top)
    seen = [c.sweep.thresholds[c.normalized >= heights[0]] for c in curves if np.isfinite(c.normalized).any()]
    left = min((float(part.min()) for part in seen if part.size), default=0.0)
    marked = [curve.threshold for curve in curves] if in_use is None else in_use.values()
    right = NO_DETECTION if max(marked) > 1 else 1.0
    margin = 0.03 * (right - left)
    widths = (max(left - margin, -0.02), right + margin)
    traces = _traces(curves, choices or {}, in_use, (0.0, NO_DETECTION))
    return _figure(traces, widths, heights, key, _label(detector, curves, ""))


def close_figure(detector: str, curves: Sequence[ProfileCurve], key: str, choices: Choices) -> Figure:
    """Draw the curves over the thresholds that matter: plateaus, best thresholds and those of the folds."""
    flats = [curve.plateau() for curve in curves]
    matter = [curve.threshold for curve in curves] + [end for flat in flats for end in (flat.above, flat.up_to)]
    matter += [end for choice in choices.values() for end in (choice.lowest, choice.highest)]
    low, high = min(matter), min(max(matter), NO_DETECTION)
    pad = max((high - low) * (_ZOOM - 1) / 2, 1e-6)
    widths = (max(low - pad, 0.0), min(high + pad, NO_DETECTION))
    heights = [curve.final_at(at) for curve in curves for at in (low, high, curve.threshold)]
    heights += [choice.mean for choice in choices.values()]
    seen = np.array([height for height in heights if np.isfinite(height)])
    lowest, highest = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)
    pad = 0.15 * (highest - lowest) or 1.0
    label = _label(detector, curves, ", around the best")
    return _figure(_traces(curves, choices, None, widths), widths, (lowest - pad, highest + pad), key, label)


def _label(detector: str, curves: Sequence[ProfileCurve], where: str) -> str:
    names = ", ".join(profile_title(curve.profile.name) for curve in curves)
    return f"Score of {detector} by threshold{where}, for the profiles {names}"


def _figure(traces: list[dict[str, Any]], widths: Range, heights: Range, key: str, label: str) -> Figure:
    layout = {
        "xaxis": {"title": {"text": "threshold"}, "range": list(widths)},
        "yaxis": {"title": {"text": "score"}, "range": list(heights)},
        "hovermode": "closest",
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        "margin": {"l": 55, "r": 15, "t": 50, "b": 45},
    }
    return Figure(key, traces, layout, 420, label)


def _traces(
    curves: Sequence[ProfileCurve], choices: Choices, in_use: Mapping[str, float] | None, widths: Range
) -> list[dict[str, Any]]:
    traces: list[dict[str, Any]] = []
    for number, curve in enumerate(curves):
        colour = _COLOURS[number % len(_COLOURS)]
        name = profile_title(curve.profile.name)
        points = curve.shown(*widths)[::-1]  # thresholds ascending
        # A score holds from the next lower threshold, exclusive, up to its own: the line steps at the lower one.
        line = {"mode": "lines", "line": {"color": colour, "width": 1.6, "shape": "vh"}}
        group = [_points(curve, points, name) | line]
        if in_use is None:
            group.insert(0, _plateau(curve, points, colour))
            at, what = curve.threshold, "best"
        else:
            at, what = in_use[curve.profile.name], "in use"
        if choice := choices.get(curve.profile.name):
            group.append(_cross_validated(choice, name, colour))
        marker = {"color": colour, "size": 10, "symbol": "circle", "line": {"color": "$paper", "width": 1.5}}
        mark = _points(curve, np.array([curve.row_at(at)]), f"{name}: {what}")
        group.append(mark | {"x": [at], "mode": "markers", "marker": marker, "showlegend": False})
        traces += [{"type": "scatter", "legendgroup": name, **trace} for trace in group]
    return traces


def _points(curve: ProfileCurve, points: NDArray[np.int64], name: str) -> dict[str, Any]:
    sweep = curve.sweep
    return {
        "x": sweep.thresholds[points],
        "y": curve.normalized[points],
        "customdata": np.column_stack([sweep.scores[points], sweep.tp[points], sweep.fp[points]]),
        "name": name,
        "hovertemplate": markup(
            "{}<br>threshold %{{x:.5f}}<br>score %{{y:.2f}}, raw %{{customdata[0]:.3f}}"
            "<br>records detected: %{{customdata[1]}} in windows, %{{customdata[2]}} outside<extra></extra>",
            name,
        ),
    }


def _plateau(curve: ProfileCurve, points: NDArray[np.int64], colour: str) -> dict[str, Any]:
    flat = curve.plateau()
    inside = points[flat.contains(curve.sweep.thresholds[points])]
    heights = curve.normalized[inside]
    return {
        "mode": "lines",
        "x": np.concatenate([[flat.above], curve.sweep.thresholds[inside]]),
        "y": np.concatenate([heights[:1], heights]),
        "line": {"color": colour, "width": 9, "shape": "vh"},
        "opacity": 0.3,
        "name": f"{profile_title(curve.profile.name)}: plateau",
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _cross_validated(choice: CrossValidatedChoice, name: str, colour: str) -> dict[str, Any]:
    """Mark the held-out score at the median of the folds' thresholds, with their range and its standard deviation."""
    bars = {"type": "data", "color": colour, "thickness": 1.5, "width": 4}
    range_of_folds = {"array": [choice.highest - choice.threshold], "arrayminus": [choice.threshold - choice.lowest]}
    return {
        "mode": "markers",
        "x": [choice.threshold],
        "y": [choice.mean],
        "error_x": {**bars, **range_of_folds, "symmetric": False},
        "error_y": {**bars, "array": [np.nan_to_num(choice.sd)]},
        "marker": {"color": "$paper", "size": 8, "symbol": "diamond", "line": {"color": colour, "width": 2}},
        "name": f"{name}: cross-validated",
        "showlegend": False,
        "hovertemplate": markup(
            "{}, cross-validated<br>held-out score %{{y:.2f}}, {}<br>thresholds {}, median %{{x:.5f}}<extra></extra>",
            name,
            f"sd {choice.sd:.2f}",
            f"{choice.lowest:.5f} to {choice.highest:.5f}",
        ),
    }
