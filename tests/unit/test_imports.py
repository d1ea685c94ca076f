"""An honest detector: nothing that scores a stream can reach labels, windows or the sweep, by any chain of imports."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

import zhtm_detector
from zhtm_detector.validation.evidence import _counts

PACKAGE = "zhtm_detector"
ROOT = Path(zhtm_detector.__file__).parent
START = ("detector", "model", "pool", "prediction", "column", "baselines", "spatial_pooler", "temporal_memory")
ROOMS = ("anomaly", "encoders", "kernels")
SEPARATE = {f"{PACKAGE}.kernels.sweep"}  # the scoring's own kernel; nothing that scores a stream may import it
FORBIDDEN = {
    f"{PACKAGE}.bench",
    f"{PACKAGE}.comparison",
    f"{PACKAGE}.pages",
    f"{PACKAGE}.report",
    f"{PACKAGE}.search",
    f"{PACKAGE}.tuning",
    f"{PACKAGE}.validation",
    f"{PACKAGE}.cli",
    f"{PACKAGE}.commands",
    *SEPARATE,
    *(
        f"{PACKAGE}.nab.{name}"
        for name in (
            *("labels", "sweep", "steps", "runner", "files", "root", "scoreboard", "window_report", "detection"),
            *("detections", "corpus", "published", "sample_corpus", "fetch"),
        )
    ),
}


def package_sources() -> dict[str, str]:
    """Each module of the package, by its full name."""
    sources = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = [PACKAGE, *path.relative_to(ROOT).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
        sources[".".join(parts)] = path.read_text(encoding="utf-8")
    return sources


def of_detectors(sources: Mapping[str, str]) -> list[str]:
    """Every module that a detector is made of."""
    roots = [f"{PACKAGE}.{name}" for name in START]
    rooms = tuple(f"{PACKAGE}.{name}" for name in ROOMS)
    inside = [name for name in sources if name.rpartition(".")[0] in rooms or name in rooms]
    return [*roots, *(name for name in inside if name not in SEPARATE)]


def imports_of(name: str, source: str, modules: Mapping[str, str]) -> set[str]:
    """Modules of the package that a module imports, anywhere in it: also in functions and for type checking.

    A text that is a module's name counts as well, for `import_module`; so does the package that holds a module.
    """
    found = set()
    package = name.split(".") if any(other.startswith(f"{name}.") for other in modules) else name.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    with_packages = {".".join(full.split(".")[:end]) for full in found for end in range(1, full.count(".") + 2)}
    return {module for module in with_packages if module in modules and module != name}


def reached(start: list[str], sources: Mapping[str, str]) -> dict[str, list[str]]:
    """Every module that importing these brings in, each with the chain that leads to it.

    The package's own `__init__` is passed by: it names modules for lazy access, and imports none until asked to.
    """
    chains = {name: [name] for name in start}
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        for module in sorted(imports_of(name, sources[name], sources)):
            if module not in chains and module != PACKAGE:
                chains[module] = [*chains[name], module]
                waiting.append(module)
    return chains


def breaches(start: list[str], sources: Mapping[str, str]) -> list[str]:
    """Chains of imports that end in something forbidden."""
    return [
        " -> ".join(chain)
        for name, chain in reached(start, sources).items()
        if any(name == forbidden or name.startswith(f"{forbidden}.") for forbidden in FORBIDDEN)
    ]


def test_no_detector_reaches_labels() -> None:
    sources = package_sources()
    assert breaches(of_detectors(sources), sources) == []


def test_it_looks_at_every_part() -> None:
    sources = package_sources()
    seen = reached(of_detectors(sources), sources)
    parts = ("anomaly.novelty", "kernels.blocks", "kernels.evidence", "encoders.date", "nab.base", "params", "sdr")
    assert {f"{PACKAGE}.{part}" for part in parts} <= set(seen)
    assert {name for name in FORBIDDEN if name in sources} == FORBIDDEN  # a renamed module is not let through
    assert set(reached([f"{PACKAGE}.detector"], sources)) > {f"{PACKAGE}.model", f"{PACKAGE}.kernels.blocks"}


def test_kept_scores_depend_on_every_part() -> None:
    sources = package_sources()
    seen = reached([*of_detectors(sources), f"{PACKAGE}.nab.corpus"], sources)
    names = {f"{'/'.join(name.split('.')[1:])}.py" for name in seen}
    files = {name for name in names if (ROOT / name).is_file()}
    assert "nab/probation.py" in files
    assert {name for name in files if not _counts(name)} == {"errors.py", "resources.py"}


def test_nothing_imports_the_command_line() -> None:
    sources = package_sources()
    cli = f"{PACKAGE}.cli"
    assert [name for name in sources if cli in imports_of(name, sources[name], sources)] == [f"{PACKAGE}.__main__"]


@pytest.mark.parametrize(
    "line",
    [
        "import zhtm_detector.nab.labels",
        "import zhtm_detector.nab.labels as answers",
        "from zhtm_detector.nab.labels import read_labels",
        "from zhtm_detector.nab import labels",
        "from .nab import labels",
        "from .nab.labels import read_labels",
        "from . import cli",
        "from zhtm_detector.kernels import sweep",
        "from zhtm_detector.validation import folds",
        "from zhtm_detector.validation.folds import deal",
        "def score():\n    from zhtm_detector.nab import steps",
        "if TYPE_CHECKING:\n    from zhtm_detector.nab.runner import run",
        "import_module('zhtm_detector.nab.sweep')",
        "from zhtm_detector.choices import detector_names",  # which imports nab.detection
    ],
)
def test_a_dishonest_detector_is_found(line: str) -> None:
    sources = package_sources()
    model = f"{PACKAGE}.model"
    assert breaches([f"{PACKAGE}.detector"], sources) == []
    found = breaches([f"{PACKAGE}.detector"], sources | {model: sources[model] + "\n\n" + line + "\n"})
    assert found
    assert all(chain.startswith(f"{PACKAGE}.detector -> {model} -> ") for chain in found)


def test_a_dishonest_kernel_is_found() -> None:
    sources = package_sources()
    kernel = f"{PACKAGE}.kernels.blocks"
    dishonest = sources | {kernel: sources[kernel] + "\nfrom ..nab.window_report import report\n"}
    assert f"{kernel} -> {PACKAGE}.nab.window_report" in breaches([kernel], dishonest)
    assert breaches(of_detectors(sources), dishonest)


@pytest.mark.parametrize(
    "line", ["from zhtm_detector.nab.base import DataSet", "from zhtm_detector.nab.probation import probation_length"]
)
def test_what_nab_hands_to_a_detector_is_fine(line: str) -> None:
    sources = package_sources()
    model = f"{PACKAGE}.model"
    assert breaches([model], sources | {model: sources[model] + f"\n{line}\n"}) == []
