"""Choosing the corpus of a run, and whether its scores are NAB scores."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import registry_of, write_corpus

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError
from zhtm_detector.nab import choose_corpus as roots
from zhtm_detector.nab.choose_corpus import choose_corpus


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No corpus in the environment, and an empty cache."""
    monkeypatch.delenv("NAB_ROOT", raising=False)
    folder = tmp_path / "cache"
    monkeypatch.setattr(roots, "default_cache", lambda: folder)
    return folder


def pass_for_nab(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    registry = registry_of(root)
    monkeypatch.setattr(roots, "read_registry", lambda: registry)


def test_the_sample_corpus_is_the_last_resort() -> None:
    chosen = choose_corpus()
    assert chosen.corpus.root == config_path() / "sample_corpus"
    assert (chosen.prefix, chosen.is_nab) == ("sample-", False)
    assert "NOT NAB scores" in chosen.notice
    assert choose_corpus(config_path() / "sample_corpus").prefix == "sample-"
    assert choose_corpus(files="*/spikes.csv").prefix == "sample-"


def test_option_then_environment_then_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path) -> None:
    write_corpus(cache)
    assert choose_corpus().corpus.root == cache
    monkeypatch.setenv("NAB_ROOT", str(write_corpus(tmp_path / "environment")))
    assert choose_corpus().corpus.root == tmp_path / "environment"
    assert choose_corpus(write_corpus(tmp_path / "option")).corpus.root == tmp_path / "option"
    monkeypatch.setenv("NAB_ROOT", "")
    assert choose_corpus().corpus.root == cache


def test_an_incomplete_cache_is_ignored(cache: Path) -> None:
    write_corpus(cache)
    (cache / "labels" / "combined_windows.json").unlink()
    assert choose_corpus().prefix == "sample-"


def test_an_absent_root_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="not found"):
        choose_corpus(tmp_path / "none")
    monkeypatch.setenv("NAB_ROOT", str(tmp_path / "none"))
    with pytest.raises(InputError, match="not found"):
        choose_corpus()


def test_other_labels(tmp_path: Path) -> None:
    chosen = choose_corpus(write_corpus(tmp_path / "corpus"))
    assert (chosen.prefix, chosen.is_nab) == ("other-", False)
    assert str(tmp_path / "corpus") in chosen.notice


def test_only_the_whole_is_nab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_corpus(tmp_path / "corpus")
    pass_for_nab(monkeypatch, root)
    whole = choose_corpus(root)
    assert (whole.prefix, whole.notice, whole.is_nab) == ("", "", True)
    assert choose_corpus(root, "*").is_nab  # all of them
    part = choose_corpus(root, "one/*")
    assert (part.prefix, part.is_nab) == ("partial-", False)
    assert part.notice == "These are NOT NAB scores: only 2 of 3 files were chosen."


def test_altered_data_is_not_nab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_corpus(tmp_path / "corpus")
    pass_for_nab(monkeypatch, root)
    data = root / "data" / "one"
    for path in data.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))  # as git does on Windows
    assert choose_corpus(root).is_nab
    steps = data / "steps.csv"
    steps.write_bytes(steps.read_bytes().replace(b"5", b"6", 1))
    chosen = choose_corpus(root)
    assert (chosen.prefix, chosen.is_nab) == ("other-", False)
    assert chosen.notice == f"These are NOT NAB scores: data/one/steps.csv in {root} is not that of NAB v1.1."
    assert choose_corpus(root, "*/spike.csv").prefix == "partial-"
    steps.unlink()
    assert choose_corpus(root).prefix == "partial-"
    (data / "more.csv").write_text("timestamp,value\n")
    assert "data/one/more.csv in" in choose_corpus(root).notice


def test_labels_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_corpus(tmp_path / "corpus")

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match=r"label file .*combined_windows\.json: cannot be read \(Permission denied\)"):
        choose_corpus(root)


def test_the_real_nab(nab_root: Path) -> None:
    chosen = choose_corpus(nab_root)
    assert (chosen.prefix, chosen.notice, chosen.is_nab, len(chosen.corpus)) == ("", "", True, 58)
    assert choose_corpus(nab_root, "artificialNoAnomaly/*").prefix == "partial-"
