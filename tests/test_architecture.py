"""The staircase of rooms: a room imports its own files and rooms below it, never one above or beside it.

It is also the honesty test: `htm` and `detectors` import nothing above them, so no detector can see a label, a window
or a score.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

import zhtm_detector

PACKAGE = "zhtm_detector"
ROOT = Path(zhtm_detector.__file__).parent

# A room may import rooms of a lower rank only: `streams` is beside `nab`, `bench` beside `evaluation`.
RANKS = {
    "common": 0,
    "htm": 1,
    "detectors": 2,
    "nab": 3,
    "streams": 3,
    "evaluation": 4,
    "bench": 4,
    "tuning": 5,
    "pages": 6,
    "cli": 7,
    "examples": 7,
}


def package_sources() -> dict[str, str]:
    """Source of each module of the package, by its full name."""
    sources = {}
    for path in sorted(ROOT.rglob("*.py")):
        if path.relative_to(ROOT).parts[0] == "config":  # in the wheel: nab_config/, which holds no code
            continue
        parts = [PACKAGE, *path.relative_to(ROOT).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
        sources[".".join(parts)] = path.read_text(encoding="utf-8")
    return sources


def imports_of(name: str, source: str, modules: Mapping[str, str]) -> set[str]:
    """Modules of the package that a module imports anywhere: also in functions and for type checking.

    A text that is a module's name counts as well, as in `import_module`.
    """
    found = set()
    is_package = any(other.startswith(f"{name}.") for other in modules)
    package = name.split(".") if is_package else name.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return {module for module in found if module in modules and module not in (name, PACKAGE)}


def room_of(module: str) -> str:
    return module.split(".")[1]


def breaches(sources: Mapping[str, str]) -> list[str]:
    """Imports that run up the stairs, or across."""
    found = []
    for name, source in sources.items():
        if name in (PACKAGE, f"{PACKAGE}.__main__"):  # the front doors: they name rooms, and load them when asked to
            continue
        for other in sorted(imports_of(name, source, sources)):
            room, target = room_of(name), room_of(other)
            if room != target and RANKS[target] >= RANKS[room]:
                found.append(f"{name} -> {other}")
    return found


def test_every_room_has_a_rank() -> None:
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in ("__pycache__", "config")}
    assert rooms == set(RANKS)
    assert {path.name for path in ROOT.glob("*.py")} == {"__init__.py", "__main__.py"}


def test_imports_run_down_the_stairs() -> None:
    assert breaches(package_sources()) == []


def test_it_looks_at_every_file() -> None:
    sources = package_sources()
    assert {f"{PACKAGE}.htm.kernels.vote", f"{PACKAGE}.detectors.zhtm", f"{PACKAGE}.nab.labels"} <= set(sources)
    assert f"{PACKAGE}.htm.params" in imports_of(f"{PACKAGE}.htm.model", sources[f"{PACKAGE}.htm.model"], sources)


@pytest.mark.parametrize(
    "line",
    [
        "import zhtm_detector.nab.labels",
        "import zhtm_detector.nab.labels as answers",
        "from zhtm_detector.nab.labels import read_windows",
        "from zhtm_detector.nab import labels",
        "from ..nab import labels",
        "from ..nab.labels import read_windows",
        "from .. import cli",
        "from zhtm_detector.evaluation.folds import deal_folds",
        "def score():\n    from zhtm_detector.nab import steps",
        "if TYPE_CHECKING:\n    from zhtm_detector.nab.benchmark import Benchmark",
        "import_module('zhtm_detector.nab.scoring')",
    ],
)
@pytest.mark.parametrize("module", ["htm.model", "htm.kernels.blocks", "detectors.baselines"])
def test_a_dishonest_import_is_found(module: str, line: str) -> None:
    sources = package_sources()
    name = f"{PACKAGE}.{module}"
    if line.startswith("from .") and module.count(".") == 2:
        line = line.replace("from ..", "from ...", 1)
    found = breaches(sources | {name: f"{sources[name]}\n\n{line}\n"})
    assert found
    assert all(breach.startswith(f"{name} -> ") for breach in found)


@pytest.mark.parametrize("line", ["from ..streams import pool", "from ..bench import clock"])
def test_an_import_beside_is_found(line: str) -> None:
    sources = package_sources()
    name = {"streams": f"{PACKAGE}.nab.labels", "bench": f"{PACKAGE}.evaluation.folds"}[line.split()[1][2:]]
    assert breaches(sources | {name: f"{sources[name]}\n{line}\n"})
