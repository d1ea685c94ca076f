"""The examples in the docstrings do what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from types import ModuleType

import pytest

import zhtm_detector

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(zhtm_detector.__path__, "zhtm_detector.")
    if not module.name.startswith(("zhtm_detector.config", "zhtm_detector.__main__"))
)


def module_of(name: str) -> ModuleType:
    """Import a module; skip the test if it adapts a library that is not there."""
    library = name.rpartition(".")[2]
    if name in (f"zhtm_detector.streams.{each}" for each in ("pysad", "river", "sklearn")):
        pytest.importorskip(library, reason=f"{library} is not installed")
    return importlib.import_module(name)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(module_of(name)).failed == 0


def test_some_are_found() -> None:
    found = [
        test
        for name in MODULES
        if name.startswith("zhtm_detector.htm.")
        for test in doctest.DocTestFinder().find(importlib.import_module(name))
        if test.examples
    ]
    assert len(found) > 10
