"""The page of a sweep: a line for one parameter, a heat map for two or more, and the table."""

from __future__ import annotations

from typing import Any

from zhtm_detector.nab.scoreboard import profile_title
from zhtm_detector.pages.figure import Figure
from zhtm_detector.pages.html_table import table_html
from zhtm_detector.pages.shell import Section, paragraph, render
from zhtm_detector.tuning.parameters.grid import Scored, Swept, best_text, grid_table, value_of
from zhtm_detector.tuning.parameters.space import value_text

# Between the page's panel and this a number can be read in the page's ink.
_STYLE = ':root { --heat: #8dbdf9; } :root[data-theme="dark"] { --heat: #1c5db0; }'
_COLOURS = ("$ours", "$fp", "$tp")


def grid_page(swept: Swept, preset: str, seed: int, notice: str) -> str:
    """Make the page.

    Parameters
    ----------
    swept : Swept
    preset : str
        What the preset is called.
    seed : int
    notice : str
        That the corpus is not NAB, where it is not.
    """
    names = list(swept.grid.axes)
    if len(names) == 1:
        body = [_line(swept).html()]
    else:
        body = [_heat(swept, number).html() for number in range(len(swept.profiles))]
        if len(names) > 2:
            rest = ", ".join(names[2:])
            body.append(paragraph(f"Each field is the best over {rest}; the table has them all."))
    bests = [text for text in (best_text(swept, profile) for profile in swept.profiles) if text]
    sections = [
        Section("picture", "Scores", body + [paragraph(f"{text}.") for text in bests]),
        Section("table", "Table", [table_html(grid_table(swept, preset), "grid-table")]),
    ]
    if _crossed(swept):
        what = "scores with thresholds cross-validated over files, where the picture does not say otherwise"
    else:
        what = "scores at the best threshold, for a single file has nothing to cross-validate"
    lead = f"Variants of the preset {preset}, seed {seed}: {what}. {notice}"
    warning = (
        f"The best of {len(swept.rows)} variants is in-sample: it was chosen on the files that it is scored on. "
        "zhtm tune params holds files out."
    )
    return render(f"Sweep of {preset}", sections, lead.strip(), warning if bests else "", _STYLE)


def _crossed(swept: Swept) -> bool:
    return bool(swept.rows[0].cross_validated)


def _line(swept: Swept) -> Figure:
    ((name, values),) = swept.grid.axes.items()
    texts = [value_text(value) for value in values]
    traces: list[dict[str, Any]] = []
    for profile, colour in zip(swept.profiles, _COLOURS * len(swept.profiles), strict=False):
        title = profile_title(profile)
        kinds = [("at the best threshold", "dot", [row.best[profile] for row in swept.rows])]
        if _crossed(swept):
            kinds.insert(0, ("cross-validated", "solid", [value_of(row, profile) for row in swept.rows]))
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
                    "hovertemplate": f"{name}=%{{x}}: %{{y:.2f}}<extra>{title}, {kind}</extra>",
                }
            )
    layout = {
        "xaxis": {"title": {"text": name}, "type": "category"},
        "yaxis": {"title": {"text": "score"}},
        "margin": {"l": 55, "r": 15, "t": 10, "b": 45},
        "legend": {"orientation": "h", "y": -0.2, "yanchor": "top"},
    }
    return Figure("line", traces, layout, 460, f"Score by {name}")


def _heat(swept: Swept, number: int) -> Figure:
    profile = swept.profiles[number]
    (across, columns), (down, lines) = list(swept.grid.axes.items())[:2]
    best: dict[tuple[int, int], Scored] = {}
    rest = len(swept.rows) // (len(columns) * len(lines))  # variants of a field, in turn
    for index, row in enumerate(swept.rows):
        column, line = divmod(index // rest, len(lines))
        place = line, column
        score = value_of(row, profile)
        if place not in best or score > value_of(best[place], profile):
            best[place] = row
    fields = [[best[line, column] for column in range(len(columns))] for line in range(len(lines))]
    crossed = _crossed(swept)
    names = list(swept.grid.axes)
    trace = {
        "type": "heatmap",
        "x": [value_text(value) for value in columns],
        "y": [value_text(value) for value in lines],
        "z": [[value_of(row, profile) for row in line] for line in fields],
        "customdata": [
            [
                "<br>".join(f"{n}={value_text(v)}" for n, v in zip(names, row.variant.values, strict=True))
                + (f"<br>at the best threshold {row.best[profile]:.2f}" if crossed else "")
                for row in line
            ]
            for line in fields
        ],
        "texttemplate": "%{z:.2f}" if len(columns) <= 10 else "",
        "textfont": {"color": "$ink"},
        "colorscale": [[0, "$panel"], [1, "$heat"]],
        "xgap": 2,
        "ygap": 2,
        "colorbar": {"thickness": 12, "outlinewidth": 0, "tickfont": {"color": "$faint"}},
        "hovertemplate": f"%{{customdata}}<br>{'cross-validated' if crossed else 'at the best threshold'} %{{z:.2f}}"
        "<extra></extra>",
    }
    layout = {
        "title": {"text": profile_title(profile), "x": 0, "xref": "paper", "font": {"size": 14}},
        "xaxis": {"title": {"text": across}, "type": "category", "showgrid": False},
        "yaxis": {"title": {"text": down}, "type": "category", "showgrid": False},
        "margin": {"l": 55, "r": 15, "t": 40, "b": 45},
    }
    return Figure(f"heat-{number}", [trace], layout, 150 + 42 * len(lines), f"Scores of the profile {profile}")
