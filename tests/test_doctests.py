"""The examples in the docstrings do what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import zhtm_detector

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(zhtm_detector.__path__, "zhtm_detector.")
    if not module.name.startswith(("zhtm_detector.config", "zhtm_detector.__main__"))
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_some_are_found() -> None:
    found = [
        test
        for name in MODULES
        for test in doctest.DocTestFinder().find(importlib.import_module(name))
        if test.examples
    ]
    assert len(found) > 10
