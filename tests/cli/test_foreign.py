"""Detectors that others wrote, through the command: from scratch to the report, with the same bytes everywhere."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from clusters import local_cluster
from tiny import Ran, read_tree, refused, until, write_corpus, zhtm_process

Zhtm = Callable[..., Ran]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

OWN = """
import random
from nab.detectors.base import AnomalyDetector

class Far(AnomalyDetector):
    def handleRecord(self, inputData):
        print("noise")
        share = (inputData["value"] - self.inputMin) / (self.inputMax - self.inputMin)
        return [share * 0.9 + random.random() * 0.1]

class Fails(Far):
    def handleRecord(self, inputData):
        if inputData["value"] == self.inputMax:
            raise ArithmeticError("too much")
        return super().handleRecord(inputData)
"""
FILES = {"one/a.csv": (300, [(200, 220)]), "one/b.csv": (400, [(300, 310)])}
RUN = ("run", "--nab-root", "corpus", "--detectors", "own.py:Far,again=own.py:Far,null")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("foreign")
    write_corpus(folder / "corpus", FILES)
    (folder / "own.py").write_text(OWN)
    return folder


@pytest.fixture(scope="module")
def base(folder: Path) -> dict[str, bytes]:
    ran = zhtm_process(folder / "cache", *RUN, "--results", "one", "--workers", "1", cwd=folder)
    assert ran.code == 0, ran.err
    assert "noise" not in ran.out + ran.err
    return read_tree(folder / "one")


def test_two_workers_give_the_bytes_of_one(folder: Path, base: dict[str, bytes]) -> None:
    ran = zhtm_process(folder / "cache", *RUN, "--results", "two", "--workers", "2", cwd=folder)
    assert ran.code == 0, ran.err
    assert read_tree(folder / "two") == base
    assert "report-other-Far.html" in base
    final = json.loads(base["final_results.json"])
    assert final["other-Far"] == final["other-again"] and final["other-Far"]["standard"] > 0


def test_a_class_from_a_file_travels_to_a_cluster(folder: Path, base: dict[str, bytes]) -> None:
    with local_cluster(2) as cluster:  # whose workers run in another folder
        until(lambda: len(cluster.scheduler.workers) == 2, "two workers")
        address = str(cluster.scheduler_address)
        ran = zhtm_process(folder / "cache", *RUN, "--results", "far", "--scheduler", address, cwd=folder)
    assert ran.code == 0, ran.err
    assert read_tree(folder / "far") == base


def test_a_file_that_fails_is_a_row(folder: Path, zhtm: Zhtm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    command = ("--nab-root", "corpus", "--detectors", "own.py:Fails,null", "--results", "fails", "--workers", "1")
    ran = zhtm("run", *command, "--json")
    assert ran.code == 1
    failed = json.loads(ran.out)["failed"]
    assert [row["file"] for row in failed] == ["one/a.csv", "one/b.csv"]
    assert all("ArithmeticError: too much (own.py, line 14)" in row["error"] for row in failed)
    assert "other-null" in json.loads((folder / "fails" / "final_results.json").read_text())


@pytest.mark.parametrize(
    ("detectors", "said"),
    [
        ("own.py:None_", "own.py: expected None_ in own.py, which has none"),
        ("nowhere.py:A", "expected a file of Python code, which cannot be read: No such file or directory"),
        ("no.such:A", "ModuleNotFoundError"),
        ("own.py:Far?window", "expected key=value"),
    ],
)
def test_what_is_no_detector(
    detectors: str, said: str, folder: Path, zhtm: Zhtm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    ran = zhtm("run", "--nab-root", "corpus", "--detectors", detectors, "--results", "none", "--workers", "1")
    assert ran.code == 2 and said in ran.err and ran.err.count("error: ") == 1
    assert not any(path.is_file() for path in (folder / "none").rglob("*.csv"))


def test_results_of_others(folder: Path, base: dict[str, bytes], zhtm: Zhtm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert base
    common = ("--nab-root", "corpus", "--results", "one", "--json")
    for verb in ("optimize", "score", "normalize"):
        assert zhtm(verb, *common, "--detectors", "again,Far").code == 0, verb
        assert len(json.loads(zhtm(verb, *common, "--detectors", "all").out)) == 3, verb
    refused(zhtm("optimize", *common, "--detectors", "Near"), "expected one of", "again, module:Class")
    assert zhtm("report", *common, "--detectors", "again").code == 0
    assert zhtm("tune", "thresholds", *common, "--detectors", "again").code == 0


def test_results_on_another_corpus(folder: Path, zhtm: Zhtm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    lying = Path("lying/ARTime/one/ARTime_a.csv")
    lying.parent.mkdir(parents=True)
    lying.touch()
    common = ("--nab-root", "corpus", "--results", "lying", "--detectors")
    for verb in ("optimize", "score", "normalize"):
        refused(zhtm(verb, *common, "ARTime"), "expected ARTime for another corpus, got it for the whole of NAB")
        refused(zhtm(verb, *common, "ARTime", "--files", "*/a.csv"), "whole of NAB; leave out --files")
        refused(zhtm(verb, *common, "all"), "results lying: expected those of at least one detector for another corpus")


def test_a_name_that_an_installed_package_registers(folder: Path, tmp_path: Path) -> None:
    """Listed and run, and refused when what it names is missing: as the metadata of its package says."""
    for name, entry in (("theirs", "theirs:Far"), ("broken", "nowhere.at:All")):
        metadata = tmp_path / f"{name}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[zhtm_detector.detectors]\n{name}Far = {entry}\n")
    (tmp_path / "theirs.py").write_text(OWN)

    def ask(*words: str) -> Ran:
        return zhtm_process(folder / "cache", *words, cwd=folder, packages=[tmp_path])

    listed = ask("list", "detectors").out
    assert "theirsFar" in listed and "theirs:Far" in listed and "brokenFar" in listed
    where = ("run", "--nab-root", "corpus", "--workers", "1", "--no-report", "--results")
    ran = ask(*where, "named", "--detectors", "theirsFar", "--json")
    assert ran.code == 0, ran.err
    assert set(json.loads(ran.out)["final_results"]) == {"other-theirsFar"}
    broken = ask(*where, "broken", "--detectors", "brokenFar")
    assert broken.code == 2 and "nowhere" in broken.errors[-1] and "Traceback" not in broken.err
    assert not (folder / "broken" / "final_results.json").exists()


@pytest.mark.parametrize(
    "verb",
    [
        ("optimize",),
        ("score",),
        ("score", "--measures"),
        ("validate", "--only", "scoreboard"),
        ("compare", "--measures"),
        ("compare", "--windows"),
        ("tune", "thresholds"),
        ("report",),
        ("plot", "one/a.csv"),
    ],
    ids=" ".join,
)
def test_results_on_other_data_are_refused_by_all(
    verb: tuple[str, ...], folder: Path, base: dict[str, bytes], zhtm: Zhtm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    path = "other-again/one/other-again_a.csv"
    for name, content in base.items():
        (Path("altered") / name).parent.mkdir(parents=True, exist_ok=True)
        (Path("altered") / name).write_bytes(content)
    rows = base[path].decode().splitlines()
    fields = rows[100].split(",")
    common = (*verb, "--nab-root", "corpus", "--results", "altered", "--detectors", "again")
    for column, text in enumerate(("2015-03-01 00:00:01", "-7.5")):
        altered = [text if place == column else field for place, field in enumerate(fields)]
        (Path("altered") / path).write_text("\n".join([*rows[:100], ",".join(altered), *rows[101:]]) + "\n")
        said = f"row 101, field {('timestamp', 'value')[column]}: expected the "
        refused(zhtm(*common), said, f"of one/a.csv, {fields[column]}, got '{text}'")
    (Path("altered") / path).write_text("\n".join([*rows[:5], rows[6], rows[5], *rows[7:]]) + "\n")
    ran = zhtm(*common)
    assert "row 6: its records are those of the data file in another order" in ran.err


def test_a_file_that_fails_leaves_no_earlier_results(
    folder: Path, tmp_path: Path, zhtm: Zhtm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next steps must not mix what two detectors of one name have made."""
    monkeypatch.chdir(tmp_path)
    where = ("--nab-root", folder / "corpus", "--results", "r", "--detectors")
    run = ("run", *where, "flip=own.py:Far", "--no-report", "--workers", "1")
    Path("own.py").write_text(OWN)
    assert zhtm(*run).code == 0
    Path("own.py").write_text(OWN.replace('print("noise")', "assert len(self.dataSet.data) < 350"))
    assert zhtm(*run).code == 1
    assert [path.name for path in Path("r/other-flip/one").iterdir()] == ["other-flip_a.csv"]
    refused(zhtm("optimize", *where, "flip"), "other-flip_b.csv")
