"""The shell of pages: data in script elements, tables, one self-contained file, light colours for pictures."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import write_text
from zhtm_detector.common.tables import Column, DataTable
from zhtm_detector.pages.figure import Choice, Figure, Markup, markup, script_json, stacked
from zhtm_detector.pages.html_table import table_html
from zhtm_detector.pages.image import _content, light_colours
from zhtm_detector.pages.shell import Section, paragraph, render

FIGURE = Figure("figure", [], {}).html()


def decoded(spec: dict[str, str]) -> list[float]:
    array = np.frombuffer(base64.b64decode(spec["bdata"]), dtype=np.dtype(spec["dtype"]).newbyteorder("<"))
    found: list[float] = array.tolist()
    return found


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (np.array([1.5, -2.0]), "f8"),
        (np.array([1.5, 2.0], dtype=np.float32), "f4"),
        (np.array([3, -4]), "i4"),  # JavaScript has no 64-bit integers
        (np.array([2**31, -5]), "f8"),
        (np.array([-(2**31), 5]), "f8"),
        (np.array([2**32 - 1], dtype=np.uint64), "f8"),
        (np.array([7], dtype=np.uint64), "i4"),
        (np.array([200], dtype=np.uint8), "u1"),
        (np.array([1.0, 2.0], dtype=">f8"), "f8"),
        (np.arange(10.0)[::3], "f8"),
        (np.empty(0, dtype=np.int64), "i4"),
    ],
)
def test_numbers_are_typed_arrays(array: np.ndarray, dtype: str) -> None:
    spec = json.loads(script_json({"x": array}))["x"]
    assert spec["dtype"] == dtype
    assert decoded(spec) == array.tolist()
    assert "shape" not in spec


def test_a_matrix_has_a_shape() -> None:
    spec = json.loads(script_json(np.arange(6.0).reshape(2, 3)))
    assert spec["shape"] == "2, 3"
    assert decoded(spec) == list(range(6))


def test_nan_is_a_gap() -> None:
    assert json.loads(script_json([1.0, float("nan"), float("inf"), np.float64("nan"), np.int64(3)])) == [
        *(1.0, None, None, None, 3)
    ]
    kept = decoded(json.loads(script_json(np.array([1.0, np.nan]))))
    assert kept[0] == 1.0 and np.isnan(kept[1])  # Plotly takes it for a gap
    assert json.loads(script_json(np.array(["a", "b"]))) == ["a", "b"]


def test_no_text_ends_the_script() -> None:
    text = "</script><script>alert(1)</script><!--"
    written = script_json({"name": text})
    assert "<" not in written
    assert json.loads(written)["name"] == text
    page = Figure("f", [{"name": text}], {}, label='a "label" <b>').html()
    assert page.count("<script") == page.count("</script") == 1
    assert 'aria-label="a &quot;label&quot; &lt;b&gt;"' in page


def content_of(figure: Figure) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(figure.html().split('data-figure="f">')[1].removesuffix("</script>"))
    return content


def test_choices_are_written_beside_the_data() -> None:
    figure = Figure("f", [{"y": [1]}], {"title": "t"}, 200, choices={"one": Choice([{"y": [2]}], [{"type": "rect"}])})
    content = content_of(figure)
    assert content["data"] == [{"y": [1]}]
    assert content["choices"] == {"one": {"data": [{"y": [2]}], "shapes": [{"type": "rect"}]}}
    assert (content["layout"]["title"], content["layout"]["height"]) == ("t", 200)
    assert "choices" not in content_of(Figure("f", [], {}))


def test_an_array_is_written_once() -> None:
    times = np.array([1.0, 2.0])
    choice = Choice([{"x": times, "y": np.array([3.0])}])
    content = content_of(Figure("f", [{"x": times}, {"x": times}], {}, choices={"c": choice}))
    assert [decoded(array) for array in content["arrays"]] == [[1.0, 2.0], [3.0]]
    assert [trace["x"] for trace in content["data"]] == [{"$array": 0}, {"$array": 0}]
    assert content["choices"]["c"]["data"] == [{"x": {"$array": 0}, "y": {"$array": 1}}]


def test_names_are_text_in_every_part_of_a_figure() -> None:
    name = '<a href="https://example.org">%{y} &lt; 5% {z}</a>\u202e\n\udcff'
    text = '&#60;a href="https://example.org"&#62;&#37;{y} &#38;lt; 5% {z}&#60;/a&#62;???'
    trace = {
        "name": name,
        "y": [name, np.str_(name)],
        "text": np.array([name]),
        "customdata": [[stacked([name, "b"])]],
        "hovertemplate": markup("<b>{}</b>{}<br>%{{y:.2f}}", name, Markup("%{x}")),
    }
    figure = Figure("f", [trace], {"title": {"text": name}}, choices={name: Choice([{"name": name}])})
    for content in (content_of(figure), _content(figure, name)):
        assert content["data"][0] == {
            "name": text,
            "y": [text, text],
            "text": [text],
            "customdata": [[f"{text}<br>b"]],
            "hovertemplate": f"<b>{text}</b>%{{x}}<br>%{{y:.2f}}",
        }
        assert content["layout"]["title"]["text"] == text
    assert content_of(figure)["choices"] == {name: {"data": [{"name": text}], "shapes": []}}  # page.js looks it up


class Cells(HTMLParser):
    """Texts and whole values of a table's cells."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[str | None] = []
        self.texts: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "td":
            self.values.append(dict(attrs)["data-value"])
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.texts:
            self.texts[-1] += data


def test_tables_escape_and_keep_whole_values() -> None:
    nasty = '<img src=x onerror="1">&'
    columns = [Column("name", "<b>name"), Column("score", "score"), Column("n", "n")]
    table = DataTable("<i>title\u202e", columns, [[nasty, 1 / 3, 5], ["x", None, float("nan")]], ["a <note>\u202e"])
    html = table_html(table, "t", {nasty: '#"1'})
    parser = Cells()
    parser.feed(html)
    assert "img" not in parser.tags and "i" not in parser.tags and "b" not in parser.tags
    assert parser.values == [nasty, str(1 / 3), "5", "x", "", ""]
    assert parser.texts[:3] == [nasty, "0.33", "5"]
    assert parser.tags.count("a") == 1
    assert 'href="#&quot;1"' in html
    assert html.count('class="number"') == 2 + 4
    assert "a &lt;note&gt;?" in html and "\u202e" not in html


def test_one_row_can_be_marked() -> None:
    table = DataTable("T", [Column("n", "n")], [[1], [2]])
    assert 'aria-current="true"><td class="number" data-value="2"' in table_html(table, "t", marked=1)
    assert "aria-current" not in table_html(table, "t")


def test_a_page_holds_all_it_needs() -> None:
    html = render(
        "T <1>", [Section("one", "One & all", [paragraph("a < b"), FIGURE])], "lead <\u202e", "warning <", "p{}", "go()"
    )
    assert "<title>T &lt;1&gt;</title>" in html
    assert '<a href="#one">One &amp; all</a>' in html
    for text in ("<p>a &lt; b</p>", "lead &lt;?", 'role="alert">warning &lt;', "p{}</style>", "go()</script>"):
        assert text in html
    head = html.split('<script type="text/plain"')[0]
    assert "http:" not in head and "https:" not in head
    assert html.count("plotly.js v") == 1
    assert "plotly.js v" not in render("T", [Section("one", "One", [paragraph("no figure")])])  # megabytes
    assert 'src="http' not in html.split("</script>", 1)[1]
    assert "warning" not in render("T", []).split("<main>")[1].split("<footer>")[0]


def test_a_page_allows_its_own_scripts_only() -> None:
    html = render("T", [], script="go()")
    policy = re.findall('<meta http-equiv="Content-Security-Policy" content="([^"]*)">', html)
    rules = dict(rule.strip().split(" ", 1) for rule in policy[0].split(";"))
    assert (rules["default-src"], rules["base-uri"], rules["form-action"]) == ("'none'",) * 3
    assert set(rules) == {"default-src", "script-src", "style-src", "img-src", "base-uri", "form-action"}
    scripts = re.findall(r"<script(?: [^>]*)?>(.*?)</script>", html, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert sorted(rules["script-src"].split()) == sorted(f"'sha256-{each}'" for each in hashes)
    # Parallel coordinates are compiled in the browser; a name cannot ask for that.
    for kind, compiled in (("parcoords", True), ("bar", False)):
        figure = Figure("f", [{"type": kind, "name": '"type":"parcoords"'}], {}, label='"type":"parcoords"')
        assert ("'unsafe-eval'" in render("T", [Section("s", "S", [figure.html()])])) is compiled


def test_a_page_is_written_whole(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "page.html", "ä")
    assert (tmp_path / "new" / "page.html").read_bytes() == "ä".encode()
    write_text(tmp_path / "new" / "page.html", "bad\udcff.csv")
    assert (tmp_path / "new" / "page.html").read_bytes() == b"bad?.csv"
    (tmp_path / "taken").mkdir()
    with pytest.raises(InputError, match=r"taken: cannot be written \(Is a directory\)"):
        write_text(tmp_path / "taken", "x")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["page.html"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "taken"]


def test_light_colours_are_the_style_sheets() -> None:
    colours = light_colours()
    assert colours["paper"] == "#ffffff"
    assert colours["window"].startswith("rgba(")
    assert {"ours", "baseline", "published", "series", "score", "raw", "threshold", "tp", "fp", "missed"} <= set(
        colours
    )


def test_colours_stand_where_plotly_expects_them_and_names_are_left_alone() -> None:
    names = ["$x", "$ours", "$array", "$colour"]
    bar = {"type": "bar", "y": names, "name": "$fp", "marker": {"color": ["$ours", "$tp", "red", "$other"]}}
    line = {"x": np.array([1.0, 2.0]), "line": {"color": "$fp", "colorscale": [[0, "$line"], [1, "$ours"]]}}
    layout = {"xaxis": {"title": {"text": "$ink"}}, "shapes": [{"fillcolor": "$window"}]}
    figure = Figure("f", [bar], layout, choices={"$c": Choice([line])})

    def references(*colours: str) -> list[Any]:
        return [colour if colour == "red" else {"$colour": colour} for colour in colours]

    for content, colours in (
        (content_of(figure), references),
        (_content(figure, "$A<b>&.csv"), lambda *all_: [light_colours().get(each, each) for each in all_]),
    ):
        drawn = (content["data"] + content.get("choices", {"$c": {"data": []}})["$c"]["data"])[:2]
        assert drawn[0] == bar | {"marker": {"color": colours("ours", "tp", "red", "other")}}
        line_colour, ours, fp = colours("line", "ours", "fp")
        assert drawn[1]["line"] == {"color": fp, "colorscale": [[0, line_colour], [1, ours]]}
        assert content["layout"]["xaxis"]["title"]["text"] == "$ink"
        assert [content["layout"]["xaxis"]["gridcolor"]] == colours("line")
        assert content["layout"]["shapes"] == [{"fillcolor": colours("window")[0]}]


def test_a_picture_has_a_title_and_paper() -> None:
    layout = _content(Figure("f", [], {}), "$A<b>&.csv")["layout"]
    assert layout["title"]["text"] == "$A&#60;b&#62;&#38;.csv"
    assert layout["paper_bgcolor"] == light_colours()["paper"]
    assert _content(Figure("f", [], {}), "bad\udcff.csv")["layout"]["title"]["text"] == "bad?.csv"
