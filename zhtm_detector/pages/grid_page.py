"""The page of a sweep: a line chart of one parameter or a heat map of two or more, and the table."""

from __future__ import annotations

from typing import Any

from zhtm_detector.nab.scoreboard import profile_title
from zhtm_detector.pages.figure import Figure, Markup, markup, stacked
from zhtm_detector.pages.html_table import table_html
from zhtm_detector.pages.shell import Section, paragraph, render
from zhtm_detector.tuning.parameters.grid import GridScores, VariantScore, best_text, grid_table
from zhtm_detector.tuning.parameters.space import value_text

# Text in the page's ink is readable on every colour between the panel and this.
_STYLE = ':root { --heat: #8dbdf9; } :root[data-theme="dark"] { --heat: #1c5db0; }'
_COLOURS = ("$ours", "$fp", "$tp")


def grid_page(swept: GridScores, preset: str, seed: int, notice: str) -> str:
    """Build the page.

    Parameters
    ----------
    swept : GridScores
    preset : str
        Its name.
    seed : int
    notice : str
        Why these are not NAB scores; empty if they are.
    """
    names = list(swept.grid.axes)
    if len(names) == 1:
        body = [_line(swept).html()]
    else:
        body = [_heat(swept, number).html() for number in range(len(swept.profiles))]
        if len(names) > 2:
            rest = ", ".join(names[2:])
            body.append(paragraph(f"Each cell is the best over {rest}; the table has all variants."))
    bests = [text for text in (best_text(swept, profile) for profile in swept.profiles) if text]
    sections = [
        Section("figure", "Scores", body + [paragraph(f"{text}.") for text in bests]),
        Section("table", "Table", [table_html(grid_table(swept, preset), "grid-table")]),
    ]
    if _validated(swept):
        what = "scores with thresholds cross-validated over files, unless the figure says otherwise"
    else:
        what = "scores at the best threshold, because a single file has nothing to cross-validate"
    lead = f"Variants of the preset {preset}, seed {seed}: {what}. {notice}"
    warning = (
        f"The best of {len(swept.rows)} variants is in-sample: it was chosen on the files that it is scored on. "
        "zhtm tune params evaluates on files held out."
    )
    return render(f"Sweep of {preset}", sections, lead.strip(), warning if bests else "", _STYLE)


def _validated(swept: GridScores) -> bool:
    return bool(swept.rows[0].cross_validated)


def _line(swept: GridScores) -> Figure:
    ((name, values),) = swept.grid.axes.items()
    texts = [value_text(value) for value in values]
    traces: list[dict[str, Any]] = []
    for profile, colour in zip(swept.profiles, _COLOURS * len(swept.profiles), strict=False):
        title = profile_title(profile)
        kinds = [("at the best threshold", "dot", [row.best[profile] for row in swept.rows])]
        if _validated(swept):
            kinds.insert(0, ("cross-validated", "solid", [row.score(profile) for row in swept.rows]))
        for kind, dash, scores in kinds:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "name": f"{title}, {kind}",
                    "x": texts,
                    "y": scores,
                    "line": {"color": colour, "dash": dash, "width": 2},
                    "marker": {"size": 7},
                    "hovertemplate": markup("{}=%{{x}}: %{{y:.2f}}<extra>{}, {}</extra>", name, title, kind),
                }
            )
    layout = {
        "xaxis": {"title": {"text": name}, "type": "category"},
        "yaxis": {"title": {"text": "score"}},
        "margin": {"l": 55, "r": 15, "t": 10, "b": 45},
        "legend": {"orientation": "h", "y": -0.2, "yanchor": "top"},
    }
    return Figure("line", traces, layout, 460, f"Score by {name}")


def _heat(swept: GridScores, number: int) -> Figure:
    profile = swept.profiles[number]
    (across, columns), (down, lines) = list(swept.grid.axes.items())[:2]
    best: dict[tuple[int, int], VariantScore] = {}
    rest = len(swept.rows) // (len(columns) * len(lines))  # variants per cell, in sequence
    for index, row in enumerate(swept.rows):
        column, line = divmod(index // rest, len(lines))
        place = line, column
        score = row.score(profile)
        if place not in best or score > best[place].score(profile):
            best[place] = row
    cells = [[best[line, column] for column in range(len(columns))] for line in range(len(lines))]
    validated = _validated(swept)
    trace = {
        "type": "heatmap",
        "x": [value_text(value) for value in columns],
        "y": [value_text(value) for value in lines],
        "z": [[row.score(profile) for row in line] for line in cells],
        "customdata": [[stacked(_told(swept, row, profile)) for row in line] for line in cells],
        "texttemplate": Markup("%{z:.2f}") if len(columns) <= 10 else "",
        "textfont": {"color": "$ink"},
        "colorscale": [[0, "$panel"], [1, "$heat"]],
        "xgap": 2,
        "ygap": 2,
        "colorbar": {"thickness": 12, "outlinewidth": 0, "tickfont": {"color": "$faint"}},
        "hovertemplate": markup(
            "%{{customdata}}<br>{} %{{z:.2f}}<extra></extra>",
            "cross-validated" if validated else "at the best threshold",
        ),
    }
    layout = {
        "title": {"text": profile_title(profile), "x": 0, "xref": "paper", "font": {"size": 14}},
        "xaxis": {"title": {"text": across}, "type": "category", "showgrid": False},
        "yaxis": {"title": {"text": down}, "type": "category", "showgrid": False},
        "margin": {"l": 55, "r": 15, "t": 40, "b": 45},
    }
    return Figure(f"heat-{number}", [trace], layout, 150 + 42 * len(lines), f"Scores of the profile {profile}")


def _told(swept: GridScores, row: VariantScore, profile: str) -> list[str]:
    values = zip(swept.grid.axes, row.variant.values, strict=True)
    best = [f"at the best threshold {row.best[profile]:.2f}"] if _validated(swept) else []
    return [*(f"{name}={value_text(value)}" for name, value in values), *best]
