"""JSON and names from anywhere, through the real command line: one line, exit code 2, nothing written anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny import Ran, read_tree, refused

Zhtm = Callable[..., Ran]

NAMES = ("../../../../escaped", "/", "a\nb", "", ".", "NUL", "-rf", "x" * 300)
WEIGHTS = {"CostMatrix": {"tpWeight": 1, "fnWeight": 1, "fpWeight": 1, "tnWeight": 1}}
BAD = {
    "NaN": ("NaN", "got NaN"),
    "400 digits": ("9" * 400, "got 999"),
    "brackets": ("[" * 100_000, "levels of lists and objects"),
    "half a letter": ('"\\ud800"', "expected Unicode text"),
    "a name twice": ('{"a": 1, "a": 1}', "expected each name once"),
    "true": ("true", "true"),
    "a text": ('"1"', 'got "1"'),
}
# Where a number belongs, in each kind of file; what stands for it is replaced by the text of a bad value.
FILES = {
    "labels": ("labels.json", {"one/spike.csv": [[0, "2015-03-01 00:00:00"]]}),
    "preset": ("less.json", {"anomaly": {"refractory": 0}}),
    "profiles": ("profiles.json", {"night": {"CostMatrix": {**WEIGHTS["CostMatrix"], "fpWeight": 0}}}),
    "thresholds": ("thresholds.json", {"zhtm": {"standard": {"threshold": 0, "score": 1}}}),
    "final": ("final_results.json", {"zhtm": {"standard": 0}}),
}


def refused_and_nothing_written(zhtm: Zhtm, top: Path, *args: str | Path, expected: tuple[str, ...]) -> None:
    before = read_tree(top)
    ran = zhtm(*args)
    refused(ran, *expected)
    assert len(ran.errors[0]) < 600
    assert read_tree(top) == before


@pytest.mark.parametrize(("bad", "expected"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("kind", FILES)
def test_hostile_values_before_any_detection(
    zhtm: Zhtm, corpus: Path, tmp_path: Path, kind: str, bad: str, expected: str
) -> None:
    if kind == "labels" and bad == '"1"':
        pytest.skip("a text belongs there")
    name, content = FILES[kind]
    path = tmp_path / "r" / name
    path.parent.mkdir()
    if kind == "labels":
        path = corpus / "labels" / "combined_windows.json"
    path.write_text(json.dumps(content).replace("0", bad, 1) if kind != "labels" else _labels(bad))
    options = {"preset": ("--preset", path), "profiles": ("--profiles", path)}.get(kind, ())
    common = ("run", "--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null", "--workers", "1")
    refused_and_nothing_written(zhtm, tmp_path, *common, *options, expected=(str(path), expected))


def _labels(bad: str) -> str:
    return f'{{"one/spike.csv": [[{bad}, "2015-03-01 00:00:00"]]}}'


@pytest.mark.parametrize("value", [*BAD.values(), ("Infinity", "got"), ("1e999", "got"), ("1,1.0", "each value once")])
def test_hostile_values_of_a_sweep(zhtm: Zhtm, corpus: Path, tmp_path: Path, value: tuple[str, str]) -> None:
    common = ("--nab-root", corpus, "--results", tmp_path / "r")
    args = (f"anomaly.refractory={value[0]}", *common)
    refused_and_nothing_written(zhtm, tmp_path, "sweep", *args, expected=("anomaly.refractory", "expected"))


def test_a_sweep_of_too_many_values(zhtm: Zhtm, tmp_path: Path) -> None:
    many = ",".join(map(str, range(30_000)))
    refused_and_nothing_written(zhtm, tmp_path, "sweep", f"anomaly.history={many}", expected=("at most 1,000 values",))


def write_profiles(path: Path, name: str) -> Path:
    path.write_text(json.dumps({"standard": WEIGHTS, name: WEIGHTS}))
    return path


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:20])
def test_hostile_names_of_profiles(zhtm: Zhtm, corpus: Path, tmp_path: Path, name: str) -> None:
    path = write_profiles(tmp_path / "own.json", name)
    args = ("--nab-root", corpus, "--results", tmp_path / "r" / "deep", "--profiles", path)
    refused_and_nothing_written(zhtm, tmp_path, "run", *args, expected=(f"profiles {path}: expected a name",))


@pytest.mark.parametrize(
    "verb",
    [
        *(("optimize",), ("score",), ("normalize",), ("report",), ("plot", "spike"), ("tune", "thresholds")),
        *(("sweep", "anomaly.refractory=0.1"), ("tune", "params", "--trials", "1")),
    ],
    ids=" ".join,
)
def test_every_verb_checks_profiles(zhtm: Zhtm, corpus: Path, tmp_path: Path, verb: tuple[str, ...]) -> None:
    path = write_profiles(tmp_path / "own.json", "../escaped")
    args = ("--nab-root", corpus, "--results", tmp_path / "r", "--profiles", path)
    refused_and_nothing_written(zhtm, tmp_path, *verb, *args, expected=("profiles", "expected a name", "'../escaped'"))


@pytest.mark.parametrize("name", ["../../../../escaped", "a\nb", "NUL"], ids=ascii)
@pytest.mark.parametrize(
    "args",
    [
        ("tune", "params", "--study", "{}"),
        ("tune", "params", "--save-preset", "{}"),
        ("tune", "thresholds", "--detectors", "{}"),
        ("tune", "thresholds", "--target-rate", "1/day", "--detectors", "{}"),
        ("validate", "--corpus", "{}=sample"),
    ],
    ids=lambda args: " ".join(args[:3]),
)
def test_hostile_names_of_options(zhtm: Zhtm, tmp_path: Path, args: tuple[str, ...], name: str) -> None:
    given = [arg.format(name) for arg in args]
    expected = (args[-2].replace("--target-rate", "--detectors"), "expected a name of letters")
    if name == "NUL":
        expected = ("expected a name that Windows allows, got 'NUL'",)
    refused_and_nothing_written(zhtm, tmp_path, *given, expected=expected)


@pytest.mark.parametrize("name", ["../../../../escaped\n\x1b[31m", "x" * 300], ids=("path", "long"))
@pytest.mark.parametrize(
    "args",
    [
        *(("run", "--detectors"), ("run", "--preset"), ("score", "--detectors"), ("bench", "--presets")),
        *(
            ("report", "--detectors"),
            ("report", "--overlay"),
            ("compare", "--windows", "--detectors"),
            ("plot", "spike", "--profile"),
        ),
        *(("tune", "params", "--profile"), ("validate", "--against"), ("validate", "--presets")),
        ("compare", "--windows", "--detectors"),
    ],
    ids=" ".join,
)
def test_names_that_must_be_known(zhtm: Zhtm, tmp_path: Path, args: tuple[str, ...], name: str) -> None:
    refused_and_nothing_written(zhtm, tmp_path, *args, name, expected=("expected",))


@pytest.mark.parametrize("verb", [("sweep", "anomaly.refractory=0.1"), ("validate",), ("tune", "params"), ("bench",)])
def test_a_preset_file_whose_name_would_be_a_column(zhtm: Zhtm, tmp_path: Path, verb: tuple[str, ...]) -> None:
    path = tmp_path / "a b.json"
    path.write_text("{}")
    option = "--presets" if verb == ("bench",) else "--preset"
    refused_and_nothing_written(zhtm, tmp_path, *verb, option, path, expected=(f"preset file {path}: expected a name",))


@pytest.mark.parametrize("name", ["../escaped", "a\nb", "<a href=x>"])
@pytest.mark.parametrize("file", ["final_results.json", "thresholds.json"])
def test_hostile_names_in_results(zhtm: Zhtm, corpus: Path, tmp_path: Path, file: str, name: str) -> None:
    results = tmp_path / "r"
    results.mkdir()
    entry: dict[str, Any] = {"final_results.json": {"standard": 1}, "thresholds.json": {"standard": {"threshold": 1}}}
    for content in ({name: entry[file]}, {"zhtm": {name: entry[file]["standard"]}}):
        (results / file).write_text(json.dumps(content))
        args = ("run", "--nab-root", corpus, "--results", results, "--detectors", "null", "--workers", "1")
        refused_and_nothing_written(zhtm, tmp_path, *args, expected=(str(results / file), "expected a name"))
