"""The examples run, and print what their README shows. `python tests/test_examples.py` writes that anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "zhtm_detector" / "examples"
# A command in a block of shell, and what it prints in the next block.
SHOWN = re.compile(r"```sh\npython -m zhtm_detector\.examples\.(\w+)( [^\n]*)?\n```\n\n```text\n(.*?)```", re.DOTALL)
README = (FOLDER / "README.md").read_text(encoding="utf-8")
EXAMPLES = {name: text for name, _, text in SHOWN.findall(README)}
NEEDS = {"traffic": "nab_root", "hotgym": "gym"}  # the data that an example is given


def gym_data() -> Path | None:
    """The gym's power consumption, where this machine has it."""
    places = (os.environ.get("HOTGYM"), PROJECT.parent / "shared" / "hotgym" / "gymdata.csv")
    return next((Path(place) for place in places if place and Path(place).is_file()), None)


@pytest.fixture(scope="session")
def gym() -> Path:
    if found := gym_data():
        return found
    pytest.skip("no gym data: set HOTGYM, or put it at ../shared/hotgym/gymdata.csv")


def test_the_readme_shows_each_example() -> None:
    there = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    assert there == set(EXAMPLES)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_prints_what_its_readme_shows(
    name: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    data = [request.getfixturevalue(NEEDS[name])] if name in NEEDS else []
    import_module(f"zhtm_detector.examples.{name}").main(*data)
    assert capsys.readouterr().out == EXAMPLES[name]


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_short(name: str) -> None:
    assert len((FOLDER / f"{name}.py").read_text(encoding="utf-8").splitlines()) < 80


def renewed(found: re.Match[str]) -> str:
    command, begin = [sys.executable, "-m", f"zhtm_detector.examples.{found[1]}"], found[0].split("```text")[0]
    command += [str(gym_data())] if found[1] == "hotgym" else []
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return f"{begin}```text\n{printed}```"


if __name__ == "__main__":
    (FOLDER / "README.md").write_text(SHOWN.sub(renewed, README), encoding="utf-8")
