"""One results folder, one command that writes into it; and results that cannot be written at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import Ran, read_tree, refused

from zhtm_detector.common.files import locked

Zhtm = Callable[..., Ran]


@pytest.mark.parametrize(
    "verb",
    [
        ("run", "--detectors", "null"),
        ("detect", "--detectors", "null"),
        ("optimize",),
        ("score",),
        ("normalize",),
        ("tune", "thresholds"),
        ("tune", "params"),
        ("sweep", "anomaly.refractory=0.1,0.2"),
        ("validate",),
    ],
)
def test_the_second_is_refused(zhtm: Zhtm, corpus: Path, tmp_path: Path, verb: tuple[str, ...]) -> None:
    results = tmp_path / "r"
    common = ("--nab-root", corpus, "--results", results)
    with locked(results / ".zhtm.lock", "results"):
        before = read_tree(results)
        refused(zhtm(*verb, *common), f"results {results}: expected no other process", f"got process {os.getpid()}, ")
        assert read_tree(results) == before


def test_the_lock_is_gone_after_the_end(zhtm: Zhtm, corpus: Path, tmp_path: Path) -> None:
    common = ("--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null")
    assert zhtm("run", *common, "--workers", "1", "--no-report").code == 0
    assert not [name for name in read_tree(tmp_path / "r") if name.endswith(".lock")]
    refused(zhtm("score", *common[:4], "--detectors", "random"), "random")
    assert zhtm("normalize", *common).code == 0


@pytest.mark.parametrize("verb", ["run", "detect"])
def test_nothing_could_be_written(zhtm: Zhtm, corpus: Path, tmp_path: Path, verb: str) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "other-null").write_text("")  # where the folder should be
    ran = zhtm(verb, "--nab-root", corpus, "--results", tmp_path / "r", "--detectors", "null", "--workers", "1")
    refused(ran, "_spike.csv: cannot be written", "all 3 pairs of file and detector failed")
    assert list(read_tree(tmp_path / "r")) == ["other-null"]
