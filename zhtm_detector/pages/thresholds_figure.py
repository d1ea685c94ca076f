"""The picture of a detector's thresholds: each profile's curve, best point, plateau and cross-validated choice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.nab.scoreboard import profile_title
from zhtm_detector.nab.scoring import NO_DETECTION
from zhtm_detector.pages.figure import Figure
from zhtm_detector.tuning.thresholds.choose import CrossValidatedChoice, TunedThresholds
from zhtm_detector.tuning.thresholds.curve import ProfileCurve

_COLOURS = ("$ours", "$missed", "$threshold", "$tp", "$published", "$fp")
_MARGIN = 0.25  # below zero, as a share of the best score: what lies lower is found by zooming out
_CLOSE = 3  # a close view is so many times as wide as what it is about

Range = tuple[float, float]


def curves_figure(tuned: TunedThresholds, key: str) -> Figure:
    """Draw all profiles of a detector over all thresholds."""
    top = max([*(curve.final for curve in tuned.curves if np.isfinite(curve.final)), 1.0])
    heights = (-_MARGIN * top, 1.08 * top)
    return _figure(tuned, key, _whole(tuned, heights[0]), heights, "")


def close_figure(tuned: TunedThresholds, key: str) -> Figure:
    """Draw all profiles over the thresholds that matter: plateaus, best points and what folds chose."""
    matter = [threshold for curve in tuned.curves for threshold in (curve.threshold, *_ends(curve))]
    matter += [end for choice in tuned.choices.values() for end in (choice.lowest, choice.highest)]
    low, high = min(matter), min(max(matter), NO_DETECTION)
    pad = max((high - low) * (_CLOSE - 1) / 2, 1e-6)
    widths = (max(low - pad, 0.0), min(high + pad, NO_DETECTION))
    heights = [curve.normalized[curve.row_at(at)] for curve in tuned.curves for at in (low, high, curve.threshold)]
    heights += [choice.held_out.mean for choice in tuned.choices.values()]
    seen = np.array([height for height in heights if np.isfinite(height)])
    lowest, highest = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)
    pad = 0.15 * (highest - lowest) or 1.0
    return _figure(tuned, key, widths, (lowest - pad, highest + pad), ", around the best")


def _figure(tuned: TunedThresholds, key: str, widths: Range, heights: Range, where: str) -> Figure:
    traces: list[dict[str, Any]] = []
    for number, curve in enumerate(tuned.curves):
        colour = _COLOURS[number % len(_COLOURS)]
        points = curve.shown(*widths) if where else curve.shown()
        traces += _profile(curve, points[::-1], tuned.choices.get(curve.profile.name), colour)
    layout = {
        "xaxis": {"title": {"text": "threshold"}, "range": list(widths)},
        "yaxis": {"title": {"text": "score"}, "range": list(heights)},
        "hovermode": "closest",
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        "margin": {"l": 55, "r": 15, "t": 50, "b": 45},
    }
    names = ", ".join(profile_title(curve.profile.name) for curve in tuned.curves)
    return Figure(key, traces, layout, 420, f"Score of {tuned.label} by threshold{where}, for the profiles {names}")


def _profile(
    curve: ProfileCurve, points: NDArray[np.int64], choice: CrossValidatedChoice | None, colour: str
) -> list[dict[str, Any]]:
    """Draw one profile through points whose thresholds ascend."""
    name = profile_title(curve.profile.name)
    # A score holds from the next lower threshold, without it, up to its own: the line steps at the lower one.
    line = _trace(curve, points, name, mode="lines", line={"color": colour, "width": 1.6, "shape": "vh"})
    flat = curve.plateau()
    inside = points[flat.holds(curve.sweep.thresholds[points])]
    heights = curve.normalized[inside]
    plateau = {
        "type": "scatter",
        "mode": "lines",
        "x": np.concatenate([[flat.above], curve.sweep.thresholds[inside]]),
        "y": np.concatenate([heights[:1], heights]),
        "line": {"color": colour, "width": 9, "shape": "vh"},
        "opacity": 0.3,
        "name": f"{name}: plateau",
        "showlegend": False,
        "hoverinfo": "skip",
    }
    best = _trace(
        curve,
        np.array([curve.sweep.best]),
        f"{name}: best",
        mode="markers",
        marker={"color": colour, "size": 9, "symbol": "circle", "line": {"color": "$paper", "width": 1}},
        showlegend=False,
    )
    chosen = [] if choice is None else [_chosen(choice, name, colour)]
    return [{**trace, "legendgroup": name} for trace in (plateau, line, *chosen, best)]


def _chosen(choice: CrossValidatedChoice, name: str, colour: str) -> dict[str, Any]:
    """Mark the held-out score at the median of the folds' thresholds, with their range and its standard deviation."""
    held_out = choice.held_out
    bars = {"type": "data", "color": colour, "thickness": 1.5, "width": 4}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [choice.threshold],
        "y": [held_out.mean],
        "error_x": {
            **bars,
            "symmetric": False,
            "array": [choice.highest - choice.threshold],
            "arrayminus": [choice.threshold - choice.lowest],
        },
        "error_y": {**bars, "array": [np.nan_to_num(held_out.sd)]},
        "marker": {"color": "$paper", "size": 8, "symbol": "diamond", "line": {"color": colour, "width": 2}},
        "name": f"{name}: cross-validated",
        "showlegend": False,
        "hovertemplate": (
            f"{name}, cross-validated<br>held-out score %{{y:.2f}}, sd {held_out.sd:.2f}"
            f"<br>thresholds {choice.lowest:.5f} to {choice.highest:.5f}, median %{{x:.5f}}<extra></extra>"
        ),
    }


def _trace(curve: ProfileCurve, points: NDArray[np.int64], name: str, **more: Any) -> dict[str, Any]:
    sweep = curve.sweep
    return {
        "type": "scatter",
        "x": sweep.thresholds[points],
        "y": curve.normalized[points],
        "customdata": np.column_stack([sweep.scores[points], sweep.tp[points], sweep.fp[points]]),
        "name": name,
        "hovertemplate": (
            f"{name}<br>threshold %{{x:.5f}}<br>score %{{y:.2f}}, raw %{{customdata[0]:.3f}}"
            "<br>records detected: %{customdata[1]} in windows, %{customdata[2]} outside<extra></extra>"
        ),
        **more,
    }


def _ends(curve: ProfileCurve) -> Range:
    flat = curve.plateau()
    return flat.above, flat.up_to


def _whole(tuned: TunedThresholds, lowest: float) -> Range:
    """Leave out the low thresholds at which every curve lies below the picture."""
    seen = [c.sweep.thresholds[c.normalized >= lowest] for c in tuned.curves if np.isfinite(c.normalized).any()]
    left = min((float(part.min()) for part in seen if part.size), default=0.0)
    right = NO_DETECTION if any(curve.threshold > 1 for curve in tuned.curves) else 1.0
    margin = 0.03 * (right - left)
    return max(left - margin, -0.02), right + margin
