"""Fixtures shared by the whole suite."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def nab_root() -> Path:
    """The real NAB corpus, where this machine has one."""
    for candidate in (os.environ.get("NAB_ROOT"), PROJECT.parent / "shared" / "nab"):
        if candidate and (Path(candidate) / "labels" / "combined_windows.json").is_file():
            return Path(candidate)
    pytest.skip("no NAB corpus: set NAB_ROOT, or put it at ../shared/nab")
