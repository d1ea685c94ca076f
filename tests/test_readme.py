"""README.md and the pages that it points to keep their word: commands exist, figures are those of the evidence."""

from __future__ import annotations

import re
import shlex

import pytest
import typer
from figures import MARK, PAGES, PROJECT

from zhtm_detector.cli.app import app
from zhtm_detector.cli.show import Format, scoreboard_table
from zhtm_detector.htm.params import load_preset
from zhtm_detector.nab.scoreboard import read_final_results, scoreboard

README = (PROJECT / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
DOCUMENTS = [
    *PAGES,
    "results/README.md",
    "nab_config/README.md",
    "zhtm_detector/README.md",
    "zhtm_detector/streams/README.md",
    "tests/README.md",
]


def section(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", README, flags=re.DOTALL)
    assert found, f"README.md has no section {name}"
    return found.group(1).strip()


def commands() -> list[str]:
    """Every `zhtm` command in a block of shell, in a mark or between backticks."""
    found = []
    for name in DOCUMENTS:
        text = (PROJECT / name).read_text(encoding="utf-8")
        blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
        lines = [line for block in blocks for line in block.splitlines()]
        lines += [mark[1] for mark in MARK.findall(text)]
        lines += [span.replace("\n", " ") for span in re.findall(r"`((?:\.venv/bin/)?zhtm [^`]+)`", text)]
        found += [match.group(1) for line in lines if (match := re.search(r"(?:^|/|&& )(zhtm [^#>]*)", line))]
    return sorted({" ".join(command.split()) for command in found})


def test_the_scoreboard_is_the_committed_results() -> None:
    final, _ = read_final_results(PROJECT / "results")
    assert section("scoreboard") == scoreboard_table(scoreboard(final, with_published=True), Format.MARKDOWN).markdown()


@pytest.mark.parametrize("command", commands())
def test_commands_exist_with_their_options(command: str) -> None:
    words = shlex.split(command.replace("…", "x"))[1:]
    root = typer.main.get_command(app)
    while (verbs := getattr(root, "commands", {})) and words and not words[0].startswith("-"):
        name = words.pop(0)
        assert name in verbs, f"{command}: no verb {name}"
        root = verbs[name]
    known = {option for parameter in root.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for word in words:
        if word.startswith("-"):
            assert word.partition("=")[0] in {*known, "-h", "--help"}, f"{command}: no option {word}"


def test_some_commands_are_found() -> None:
    assert len(commands()) > 20


def test_the_figures_of_trust_are_those_of_the_evidence() -> None:
    evidence = set(re.findall(r"-?\d+\.\d\d", (PROJECT / "results" / "EVIDENCE.md").read_text(encoding="utf-8")))
    figures = re.findall(r"-?\d+\.\d\d", section("trust"))
    assert len(figures) >= 18
    assert set(figures) <= evidence


def test_the_figures_of_speed_are_those_of_the_bench() -> None:
    speed = set(NUMBER.findall((PROJECT / "results" / "SPEED.md").read_text(encoding="utf-8")))
    figures = {
        figure
        for row in section("speed").splitlines()[2:]
        for cell in row.split("|")[2:]
        for figure in NUMBER.findall(cell)
    }
    assert len(figures) >= 8
    assert figures <= speed


def test_the_page_of_predictions_says_where_they_are_no_better_than_the_last_value() -> None:
    page = (PROJECT / "results" / "PREDICTION.md").read_text(encoding="utf-8")
    cells = [row.replace("*", "").split("|")[1:-1] for row in page.splitlines() if row.count("|") == 9]
    tallies = {(name.strip(), steps.strip(), method.strip()): rest for name, steps, method, *rest in cells}
    ours = [key for key in tallies if key[2].startswith("zhtm (")]
    assert len(ours) >= 30
    for name, steps, method in ours:
        got_and_last = zip(tallies[name, steps, method][:3], tallies[name, steps, "last value"][:3], strict=True)
        measures = zip(("MAE", "sMAPE", "NLL"), got_and_last, strict=True)
        worse = [measure for measure, (got, last) in measures if float(got) >= float(last)]
        said = f"Not better than the last value: {name}, {steps} steps ahead, in {', '.join(worse)}."
        assert not worse or said in page


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 200


def test_links_lead_somewhere() -> None:
    for name in DOCUMENTS:
        page = PROJECT / name
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{name}: {target}"


def test_ci_installs_and_tests_as_the_readme_says() -> None:
    install, run = re.search(r"^(python3 -m venv .*) && (\S*zhtm run)$", README, flags=re.MULTILINE).groups()  # type: ignore[union-attr]
    ci = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    for command in install.split(" && "):
        head, _, rest = command.partition(" install ")
        assert head in ci and rest in ci, command
    assert run == ".venv/bin/zhtm run"
    assert re.search(r"^\.venv/bin/pytest$", ci, flags=re.MULTILINE)
    assert "```sh\n.venv/bin/pytest\n```" in README


def test_the_recommended_threshold_is_the_presets() -> None:
    alert = load_preset("zhtm").alert
    assert alert is not None and f"{alert.threshold} (causal {alert.causal_threshold})" in README
