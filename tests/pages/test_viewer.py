"""The viewer's page, its demos and its verb, without a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tiny import timestamps, write_corpus, write_labels
from typer.testing import CliRunner

from zhtm_detector.cli.app import app
from zhtm_detector.common.errors import InputError
from zhtm_detector.pages.viewer import live
from zhtm_detector.pages.viewer.assets import LIBRARIES, assets, modules
from zhtm_detector.pages.viewer.demos import encoders
from zhtm_detector.pages.viewer.export import exported_page
from zhtm_detector.pages.viewer.labelled import windows_of
from zhtm_detector.pages.viewer.run import Run

VENDOR = Path(live.__file__).parent / "static" / "vendor"


def ask(demo: str, **params: Any) -> dict[str, Any]:
    return live.answer(demo, json.dumps(params).encode())


def test_libraries_are_unchanged_and_licensed() -> None:
    packages = json.loads((VENDOR / "versions.json").read_text())["packages"]
    listed = {name: one["sha256"] for package in packages.values() for name, one in package["files"].items()}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.iterdir()}
    del found["versions.json"]
    assert found == listed
    assert {f"LICENSE-{name}" for name in packages} <= set(listed)
    assert {package["license"] for package in packages.values()} == {"MIT", "Apache-2.0"}


def test_modules_import_only_what_is_there() -> None:
    names = set(modules())
    for name in names:
        for other in re.findall(r"""from ?["']([^"'\s]+)["']""", assets()[name]):
            assert other in LIBRARIES or other.removeprefix("./") in names, (name, other)
        assert not re.search(r"""(?:from|import\() ?["']https?:""", assets()[name])
        assert len(assets()[name].splitlines()) <= 250 or name.startswith("vendor/")


def test_the_exported_page_holds_everything_and_asks_for_nothing() -> None:
    content = bytes(range(256)) * 4
    header = {"source": "</script><script>alert(1)</script>", "records": [0, 4]}
    page = exported_page(Run("a <b> & c", header, {"series": lambda: content}))
    assert "alert(1)</script>" not in page and "<title>a &lt;b&gt; &amp; c</title>" in page
    known = json.loads(re.findall(r'<script type="importmap">(.*?)</script>', page)[0])["imports"]
    assert set(known) == {*LIBRARIES, *(f"zhtm/{name}" for name in modules())}
    for address in known.values():
        text = base64.b64decode(address.removeprefix("data:text/javascript;base64,")).decode()
        assert 'from "./' not in text
    packed = re.findall(r'id="part-series">(.*?)</script>', page)[0]
    assert zlib.decompress(base64.b64decode(packed)) == content
    policy = re.findall(r'Content-Security-Policy" content="(.*?)"', page)[0]
    assert policy.startswith("default-src 'none'; script-src data: 'sha256-") and "unsafe" not in policy
    assert not re.findall(r'(?:src|href)="(?!data:)', page)


def test_windows_of_a_run(tmp_path: Path) -> None:
    root = write_corpus(
        tmp_path / "c", {"a/x.csv": (100, [(20, 30), (60, 70)]), "b/y.csv": (50, []), "c/y.csv": (9, [])}
    )
    times = pd.DatetimeIndex(timestamps(100)).as_unit("us").asi8
    assert windows_of(root, "a/x.csv", times) == [(20, 30), (60, 70)]
    assert windows_of(root, "x.csv", times[25:65]) == [(0, 5), (35, 39)]  # a part of the run
    assert windows_of(root, "x.csv", times[75:]) == []
    assert windows_of(root, "y.csv", times) == []  # two files have the name
    assert windows_of(root, "z.csv", times) == []
    with pytest.raises(InputError, match="not found"):
        windows_of(tmp_path / "none", "x.csv", times)


def test_windows_of_any_year_or_of_none(tmp_path: Path) -> None:
    root = write_corpus(tmp_path / "c", {"a/[x].csv": (100, []), "a/x.csv": (100, [(20, 30)])})
    times = pd.DatetimeIndex(timestamps(100)).as_unit("us").asi8
    write_labels(root, {"a/[x].csv": [["0001-01-01", "9999-12-31"]]})
    assert windows_of(root, "a/[x].csv", times) == [(0, 99)]  # its name is no pattern
    assert windows_of(root, "a/x.csv", times) == []  # which has no label


def test_a_memory_tells_contexts_apart_if_it_has_cells_for_it() -> None:
    steps = ask("memory")["steps"][-8:]
    assert [step["raw"] for step in steps] == [1.0, 0.0, 0.0, 0.0] * 2
    assert [[letter for letter, _ in step["next"]] for step in steps] == [
        ["B"],
        ["C"],
        ["D"],
        [],
        ["B"],
        ["C"],
        ["Y"],
        [],
    ]
    one_cell = ask("memory", cells_per_column=1)["steps"][-8:]
    assert {letter for letter, _ in one_cell[2]["next"]} == {"D", "Y"}
    broken = ask("memory", then="ABX")["steps"][-3:]
    assert broken[2]["raw"] == 1.0 and len(broken[2]["active"]) == 8 * 6


def test_a_pooler_before_and_after() -> None:
    found = ask("pooler", steps=0)
    assert found["before"]["permanences"] == found["after"]["permanences"] and set(found["boost"]) == {1.0}
    assert found["kept"] == found["winners"]
    learned = ask("pooler", inhibition="global")
    assert learned["inhibition_radius"] is None and len(learned["after"]["active"]) == 20
    assert len(learned["potential"]) == len(learned["after"]["permanences"])
    plane = {(place // 16, place % 16) for place in ask("pooler", column=136)["potential"]}  # row 8, column 8
    assert all(max(abs(row - 8), abs(column - 8)) <= 4 for row, column in plane)


def test_encoders_share_less_the_farther_values_are_apart() -> None:
    curve = ask("encoders", kind="scalar", value=50)["curve"]["overlap"]
    assert curve[50] == 21 and curve[0] == curve[-1] == 0
    assert all(np.diff(curve[:51]) >= 0) and all(np.diff(curve[50:]) <= 0)
    same = ask("encoders", kind="record", value=5, other_value=5, time=1, other_time=1)
    assert same["overlap"] == same["active_bits"] == len(same["bits"])
    assert sum(size for _, size in same["fields"]) == same["size"]


@pytest.mark.parametrize("kind", encoders.KINDS)
@pytest.mark.parametrize("settings", [{}, {"active_bits": 1}, {"active_bits": 41, "resolution": 20}])
def test_every_encoder_answers(kind: str, settings: dict[str, int]) -> None:
    found = ask("encoders", kind=kind, **settings)
    assert sum(size for _, size in found["fields"]) == found["size"]
    assert len(found["bits"]) == len(found["other_bits"]) == found["active_bits"]
    assert found["overlap"] == len({*found["bits"]} & {*found["other_bits"]})
    assert max(found["curve"]["overlap"], default=0) <= found["active_bits"]


def test_words_and_texts() -> None:
    assert ask("encoders", kind="category", word="fog", other_word="wind")["overlap"] == 21  # neither is listed
    assert ask("encoders", kind="sdr_category", word="fog", other_word="wind")["overlap"] < 5
    assert ask("encoders", kind="document")["overlap"] == 14


def test_a_likelihood_notices_the_anomaly() -> None:
    found = ask("likelihood")
    score = np.array(found["score"])
    first, last = found["jump"]
    assert score[first:last].max() > 0.5 > score[found["first"] : first].max()
    assert ask("likelihood", learning_period=2000)["mean"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x.npz", "--export", "page.pdf"], r"output page.pdf: expected a name that ends in .html"),
        (["--export", "page.html"], "--export: expected a trace or a data file"),
        (["x.npz", "--preset", "classic"], "--preset: expected none with the trace x.npz"),
        (["x.npz"], "x.npz: not found"),
    ],
)
def test_refusals(arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["view", *arguments])
    assert isinstance(result.exception, InputError)
    assert re.search(said, str(result.exception))
