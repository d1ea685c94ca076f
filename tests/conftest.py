"""Fixtures shared by the whole suite."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numba
import pytest
from hypothesis import Phase, settings
from tiny import Ran, clean_environment, write_corpus

from zhtm_detector.cli.app import main

# Whether numba's cache is cold must not decide what a test finds on standard error.
logging.getLogger("zhtm_detector.htm.kernels.jit").setLevel(logging.ERROR)

# For mutants.py: a failure counts, not its smallest example, which takes long to find.
settings.register_profile("no-shrinking", phases=(Phase.explicit, Phase.generate))

PROJECT = Path(__file__).parent.parent
INTERPRETED = ("common", "detectors", "htm", "nab")
Zhtm = Callable[..., Ran]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With NUMBA_DISABLE_JIT=1, skip what would take hours, or is about compiled code."""
    if not numba.config.DISABLE_JIT:
        return
    for item in items:
        room = item.path.relative_to(PROJECT / "tests").parts[0]
        if room not in INTERPRETED or item.get_closest_marker("compiled"):
            item.add_marker(pytest.mark.skip(reason="needs compiled kernels"))


@pytest.fixture(scope="session")
def nab_root() -> Path:
    """The real NAB corpus, where this machine has one."""
    for candidate in (os.environ.get("NAB_ROOT"), PROJECT.parent / "shared" / "nab"):
        if candidate and (Path(candidate) / "labels" / "combined_windows.json").is_file():
            return Path(candidate)
    pytest.skip("no NAB corpus: set NAB_ROOT, or put it at ../shared/nab")


@pytest.fixture
def zhtm(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Zhtm]:
    """Run `zhtm` with arguments, where no NAB corpus is; anything but an exit fails the test."""
    environment = clean_environment(tmp_path / "cache")
    monkeypatch.delenv("NAB_ROOT", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", environment["XDG_CACHE_HOME"])
    monkeypatch.chdir(tmp_path)

    def run(*args: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["zhtm", *map(str, args)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        assert isinstance(left.value.code, int)
        return Ran(left.value.code, out, err)

    yield run
    logger = logging.getLogger("zhtm_detector")
    logger.handlers.clear()
    logger.propagate = True


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus of three small files, to spoil."""
    return write_corpus(tmp_path / "corpus")
