"""What the wheel holds: everything that runs without the checkout, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
SOURCES = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "zhtm_detector", "nab_config", "tests")
LEAST_SETUPTOOLS = 77  # pyproject.toml, [build-system]
NO_INDEX = ("No matching distribution", "Could not find a version", "Failed to establish a new connection")


def has_build_system() -> bool:
    try:
        return int(version("setuptools").split(".")[0]) >= LEAST_SETUPTOOLS
    except PackageNotFoundError:
        return False


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: setuptools leaves its own files beside the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        source, copy = PROJECT / name, folder / "project" / name
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            copy.parent.mkdir(exist_ok=True)
            shutil.copy2(source, copy)
    isolation = ["--no-build-isolation"] if has_build_system() else []
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", *isolation, "--wheel-dir", folder, folder / "project"],
        capture_output=True,
        text=True,
        check=False,
    )
    if isolation == [] and any(text in done.stderr for text in NO_INDEX):
        pytest.skip(f"no setuptools >= {LEAST_SETUPTOOLS} here, and no package index to get it from")
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def below(folder: Path, prefix: str) -> set[str]:
    """Names that the files of a folder should have in the wheel: all but the READMEs for who browses the code."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.name != "README.md")
    return {f"{prefix}/{path.as_posix()}" for path in files if "__pycache__" not in path.parts}


def test_holds_the_package_and_its_configuration(names: set[str]) -> None:
    expected = below(PROJECT / "zhtm_detector", "zhtm_detector") | below(PROJECT / "nab_config", "zhtm_detector/config")
    assert {name for name in names if ".dist-info/" not in name} == expected
    for name in ("presets/classic.json", "presets/numenta.json", "presets/seed.json", "profiles.json"):
        assert f"zhtm_detector/config/{name}" in names
    for name in ("scoreboard.json", "corpus_registry.txt", "sample_corpus/labels/combined_windows.json"):
        assert f"zhtm_detector/config/{name}" in names
    data = [name for name in names if name.startswith("zhtm_detector/config/sample_corpus/data/")]
    assert len(data) >= 10
    assert "zhtm_detector/py.typed" in names


def test_holds_no_tests_and_no_caches(names: set[str]) -> None:
    assert not [name for name in names if "test" in name.lower() or name.endswith((".pyc", ".nbi", ".nbc"))]


def test_metadata(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (folder,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
        metadata = archive.read(f"{folder}/METADATA").decode()
        scripts = archive.read(f"{folder}/entry_points.txt").decode()
        licenses = [name for name in archive.namelist() if name.startswith(folder) and name.endswith("LICENSE")]
    lines = metadata.splitlines()
    assert "Name: zhtm-detector" in lines
    assert "Requires-Python: >=3.11" in lines
    assert {"License: MIT", "License-Expression: MIT"} & set(lines)
    assert len(licenses) == 1
    assert scripts.split("\n")[:2] == ["[console_scripts]", "zhtm = zhtm_detector.cli.process:main"]


def test_runs_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); import zhtm_detector; print(zhtm_detector.__file__);"
        "from zhtm_detector.cli.process import main; main()"
    )
    args = ["run", "--files", "*/spikes.csv", "--detectors", "null", "--workers", "1", "--results", tmp_path / "r"]
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, tmp_path / "site", *map(str, args)],
        env={"PATH": "", "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path / "site"))
    assert "sample-null" in done.stdout
