"""README.md keeps its word: its scoreboard is what the committed results say, and CI runs its commands."""

from __future__ import annotations

import re
from pathlib import Path

from zhtm_detector.cli.show import Format, scoreboard_table
from zhtm_detector.nab.scoreboard import read_final_results, scoreboard

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", README, flags=re.DOTALL)
    assert found, f"README.md has no section {name}"
    return found.group(1).strip()


def test_the_scoreboard_is_the_committed_results() -> None:
    final, _ = read_final_results(PROJECT / "results")
    assert section("scoreboard") == scoreboard_table(scoreboard(final, with_published=True), Format.MARKDOWN).markdown()


def test_ci_installs_and_tests_as_the_readme_says() -> None:
    install, run = re.search(r"^(python3 -m venv .*) && (\S*zhtm run)$", README, flags=re.MULTILINE).groups()  # type: ignore[union-attr]
    ci = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    for command in install.split(" && "):
        head, _, rest = command.partition(" install ")
        assert head in ci and rest in ci, command
    assert run == ".venv/bin/zhtm run"
    assert re.search(r"^\.venv/bin/pytest$", ci, flags=re.MULTILINE)
    assert "```sh\n.venv/bin/pytest\n```" in README
