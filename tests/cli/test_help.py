"""Help: whole at 80 columns, with a text for every option; the version; what the options can name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer
from tiny import Ran, refused

from zhtm_detector.cli.app import app
from zhtm_detector.cli.options import SAME_BYTES
from zhtm_detector.common.versions import package_version
from zhtm_detector.detectors.names import detector_names
from zhtm_detector.htm.params import preset_names

Zhtm = Callable[..., Ran]


def commands(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The command and everything below it."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, *path, name)


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_is_whole(zhtm: Zhtm, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ran = zhtm(*path, "-h")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == zhtm(*path, "--help").out
    assert "…" not in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    command = COMMANDS[path]
    assert all(option.help or option.name == "help" for option in command.params)
    below = getattr(command, "commands", {})
    for name in below:  # one line each, not cut
        (line,) = [line for line in ran.out.splitlines() if line.split()[:1] == [name]]
        assert not line.endswith("...")
    assert ran.out.count("Example: zhtm") == (not below)


@pytest.mark.parametrize(
    "name", ["nab-root", "preset", "causal", "files", "workers", "scheduler", "json", "markdown", "csv"]
)
def test_a_shared_option_reads_the_same_everywhere(name: str) -> None:
    options = [option for command in COMMANDS.values() for option in command.params if f"--{name}" in option.opts]
    assert options
    assert len({option.help for option in options}) == 1


def test_a_seed_means_the_same_everywhere() -> None:
    seeds = [option.help for command in COMMANDS.values() for option in command.params if "--seed" in option.opts]
    assert len(seeds) > 5
    assert all(text.endswith(SAME_BYTES) for text in seeds)


def test_version(zhtm: Zhtm) -> None:
    ran = zhtm("--version")
    assert (ran.code, ran.out, ran.err) == (0, f"zhtm {package_version()}\n", "")


def test_list(zhtm: Zhtm) -> None:
    found = json.loads(zhtm("list", "--json").out)
    names = {kind: [row["name"] for row in rows] for kind, rows in found.items()}
    assert names["presets"] == preset_names()
    assert names["detectors"] == detector_names("all")
    assert names["profiles"] == ["standard", "reward_low_FP_rate", "reward_low_FN_rate"]
    assert {"ScalarEncoder", "DateEncoder"} <= set(names["encoders"])
    assert "Encoder" not in names["encoders"]
    rows = [(kind, row["name"], row["description"]) for kind, rows in found.items() for row in rows]
    assert all(text for _, _, text in rows)
    assert [tuple(row.values()) for row in csv.DictReader(io.StringIO(zhtm("list", "--csv").out))] == rows
    for text in (zhtm("list").out, zhtm("list", "--markdown").out):
        plain = text.replace("\\", "")  # Markdown's escapes
        assert all(name in plain and description in plain for _, name, description in rows)
    assert json.loads(zhtm("list", "profiles", "--json").out) == {"profiles": found["profiles"]}


def test_list_refuses(zhtm: Zhtm) -> None:
    refused(
        zhtm("list", "preset"), "list 'preset': unknown; expected one of presets, detectors, peers, profiles, encoders"
    )
    refused(zhtm("list", "--json", "--csv"), "expected at most one of them")
