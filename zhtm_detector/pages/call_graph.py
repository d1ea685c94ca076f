"""Who calls whom, as one picture: laid out and drawn as SVG by Graphviz, and on a page with the table.

It needs the extra `calls`, whose wheels hold Graphviz.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import check_file, write_text
from zhtm_detector.common.tables import DataTable
from zhtm_detector.pages.html_table import table_html
from zhtm_detector.pages.image import light_colours
from zhtm_detector.pages.shell import Section, paragraph, render, text_html

MOST_FUNCTIONS = 30  # in the picture: those that take the most time,
LEAST_SHARE = 0.002  # and at least this part of all
_FILES = ("calls.html", "calls.svg")
_FONT = "Helvetica,Arial,sans-serif"
_DRAW = (
    "import sys, pygraphviz\n"
    "graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())\n"
    "sys.stdout.buffer.write(graph.draw(format='svg', prog='dot'))\n"
)
# Graphviz writes light colours; a style sheet overrides attributes. The opacity of a box's colour stays.
_STYLE = """
.calls svg { display: block; margin: 0 auto; }
.calls .graph > polygon { fill: none; }
.calls .node path { fill: var(--ours); stroke: var(--faint); }
.calls .edge path { stroke: var(--faint); }
.calls .edge polygon { fill: var(--faint); stroke: var(--faint); }
.calls text { fill: var(--ink); }
"""
# Of a box: name, module, figures. Graphviz's own labels of several styles are not centred in another font.
_LINES = ".node text:first-of-type { font-weight: bold; } .node text:nth-of-type(2) { font-size: 11px; }"
# The first function in the middle, where the window is narrower than the picture.
_SCRIPT = """
for (const box of document.querySelectorAll(".calls")) {
  const [outer, first] = [box, box.querySelector(".node")].map((each) => each.getBoundingClientRect());
  box.scrollLeft = first.left + first.width / 2 - outer.left - outer.width / 2;
}
"""
_LEGEND = (
    "A box is a function: how often it was called, its own time, and in brackets the time with all that it calls. The "
    "stronger its colour, the more of the time is its own; the wider a line, the more time passes in the function "
    "called. A line has its own figures where a function has several callers."
)


@dataclass
class _Function:
    calls: int = 0
    own: float = 0.0  # ms, with that of other packages
    total: float = 0.0  # ms
    callers: dict[str, tuple[int, float]] = field(default_factory=dict)  # calls and total ms of each


def check_call_graph(folder: Path) -> None:
    """Raise InputError unless the extra is installed and the folder can be written."""
    if find_spec("pygraphviz") is None:
        raise InputError("call graph: expected the package pygraphviz, got none; pip install 'zhtm-detector[calls]'")
    for name in _FILES:
        check_file(folder / name, "call graph")


def write_call_graph(table: DataTable, folder: Path) -> list[Path]:
    """Write the page and the picture; return their paths.

    Parameters
    ----------
    table : DataTable
        As `bench.calls.calls_section` returns it.
    folder : Path
        Created if need be.

    Raises
    ------
    InputError
        As `check_call_graph`, and if Graphviz fails.
    """
    check_call_graph(folder)
    paths = [folder / name for name in _FILES]
    svg = call_graph_svg(table)
    for path, text in zip(paths, (call_graph_page(table, svg), svg), strict=True):
        write_text(path, text)
    return paths


def call_graph_page(table: DataTable, svg: str) -> str:
    """Build the page.

    Parameters
    ----------
    table : DataTable
        As `bench.calls.calls_section` returns it.
    svg : str
        As `call_graph_svg` draws it.
    """
    label = f"{table.title}: a graph of functions and their calls; the table below has the same figures"
    picture = svg[svg.index("<svg") :]
    body = [
        f'<div class="scroll calls" tabindex="0" role="img" aria-label="{text_html(label)}">{picture}</div>',
        paragraph(_LEGEND),
        paragraph(_left_out(table)),
    ]
    sections = [
        Section("picture", "Picture", body),
        Section("table", "Table", [table_html(table, "calls-table")]),
    ]
    return render("Call graph", sections, f"{table.title}. {table.notes[0]}", style=_STYLE, script=_SCRIPT)


def call_graph_svg(table: DataTable) -> str:
    """Draw the table in the page's light colours; InputError if Graphviz fails."""
    # In a process of its own: Graphviz's libraries write what they find in the system's fonts to standard error.
    drawn = subprocess.run(
        [sys.executable, "-c", _DRAW], input=_dot(table).encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    if drawn.returncode:
        raise InputError(f"call graph: expected Graphviz to draw it, it failed (exit code {drawn.returncode})")
    # A point of Graphviz's is a pixel here: its letters are as large as those of the page.
    svg = re.sub(r'(width|height)="(\d+)pt"', r'\1="\2"', drawn.stdout.decode(), count=2)
    return svg.replace("<g ", f"<style>{_LINES}</style>\n<g ", 1)


def _functions(table: DataTable) -> dict[str, _Function]:
    """Return the package's functions by name; what they call in other packages is their own time."""
    found: dict[str, _Function] = defaultdict(_Function)
    for row in table.records():
        caller, name = str(row["caller"]), str(row["function"])
        calls, own, total = (float(row[key] or 0) for key in ("calls", "own_ms", "total_ms"))
        if ":" not in name:
            found[caller].own += total
            continue
        function = found[name]
        function.calls += int(calls)
        function.own += own
        function.total += total
        if ":" in caller:
            function.callers[caller] = (int(calls), total)
    return dict(found)


def _drawn(functions: dict[str, _Function]) -> list[str]:
    """Return the functions to draw: the most expensive ones that a drawn one calls, or nobody."""
    least = LEAST_SHARE * max((function.total for function in functions.values()), default=0.0)
    enough = [name for name in functions if functions[name].total >= least]
    most = sorted(enough, key=lambda name: (-functions[name].total, name))[:MOST_FUNCTIONS]
    drawn: list[str] = []
    while more := [
        name
        for name in most
        if name not in drawn and (not functions[name].callers or any(c in drawn for c in functions[name].callers))
    ]:
        drawn += more
    return drawn


def _left_out(table: DataTable) -> str:
    functions = _functions(table)
    left = set(functions) - set(_drawn(functions))
    most = max((functions[name].total for name in left), default=0.0)
    few = f" {len(left)} functions of at most {_ms(most)} ms are in the table only." if left else ""
    return f"What functions of other packages take counts as their caller's own time here; the table has it apart.{few}"


def _dot(table: DataTable) -> str:
    """Write the graph in Graphviz's language."""
    import pygraphviz

    colours, functions = light_colours(), _functions(table)
    names = _drawn(functions)
    whole = max((functions[name].total for name in names), default=0.0) or 1.0
    graph = pygraphviz.AGraph(directed=True, strict=False, bgcolor=colours["paper"], ranksep=0.4, nodesep=0.15)
    text: dict[str, Any] = {"fontname": _FONT, "fontcolor": colours["ink"]}
    graph.node_attr.update(shape="box", style="filled,rounded", fontsize=13, margin="0.24,0.07", **text)
    graph.node_attr.update(color=colours["faint"])
    graph.edge_attr.update(color=colours["faint"], fontsize=12, arrowsize=0.6, **text)
    for name in names:
        function = functions[name]
        opacity = max(1, round(150 * min(1.0, function.own / whole)))  # of 255; ink is readable on all of them
        graph.add_node(name, label=_label(name, function), fillcolor=f"{colours['ours']}{opacity:02x}")
    for name in names:
        callers = {caller: each for caller, each in functions[name].callers.items() if caller in names}
        for caller, (calls, total) in sorted(callers.items()):
            label = f"   {_calls(calls)}   \n   {_ms(total)} ms   " if len(callers) > 1 else ""
            graph.add_edge(caller, name, label=label, penwidth=f"{1 + 4 * min(1.0, total / whole):.2f}")
    return str(graph.to_string())


def _label(name: str, function: _Function) -> str:
    module, _, title = name.partition(":")
    return f"{title}\n{module}\n{_calls(function.calls)}\n{_ms(function.own)} ms ({_ms(function.total)})"


def _calls(calls: int) -> str:
    return "1 call" if calls == 1 else f"{calls:,} calls"


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:,.0f}" if milliseconds >= 9.95 else f"{milliseconds:.1f}"
