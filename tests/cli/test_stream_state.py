"""`zhtm stream --state`: ended at any place, it goes on, and the output is that of an undisturbed run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny import PATIENCE, Ran, read_tree, refused, until, zhtm_process, zhtm_started

from zhtm_detector.common.container import read_container, write_container

Zhtm = Callable[..., Ran]
HEAD = "timestamp,sensor,value\n"


def lines(first: int, last: int) -> str:
    rows = []
    for number in range(first, last):
        value = 20 + 10 * np.sin(number / 40) + number % 7 + 100 * (number == 500)
        rows.append(
            f"2026-01-{1 + number // 1440:02}T{number // 60 % 24:02}:{number % 60:02},s{number % 3},{value:.3f}\n"
        )
    return "".join(rows)


OPTIONS = ("--key", "sensor", "--probation", "60", "--preset", "column")


def stream(zhtm: Zhtm, folder: Path, *more: str | Path) -> Ran:
    return zhtm(
        "stream", folder / "in.csv", *OPTIONS, "--output", folder / "out.csv", "--state", folder / "state", *more
    )


@pytest.fixture
def whole(zhtm: Zhtm, tmp_path: Path) -> dict[str, bytes]:
    """Output and state of an undisturbed run of 900 records."""
    folder = tmp_path / "whole"
    folder.mkdir()
    (folder / "in.csv").write_text(HEAD + lines(0, 900))
    assert stream(zhtm, folder).code == 0
    return read_tree(folder)


def test_it_goes_on(zhtm: Zhtm, tmp_path: Path, whole: dict[str, bytes]) -> None:
    source = tmp_path / "in.csv"
    for last in (1, 400, 401, 900):
        source.write_text(HEAD + lines(0, last))
        assert stream(zhtm, tmp_path, "--save-records", "100").code == 0
        with (tmp_path / "out.csv").open("a") as file:
            file.write("2026-01-01T00:00,s1,half a li")  # of a process that was killed before it saved
    assert stream(zhtm, tmp_path).code == 0
    found = read_tree(tmp_path)
    assert {name: found[name] for name in whole} == whole


@pytest.mark.parametrize("more", [(), ("--idle", "1min")])
def test_killed_before_the_first_save(tmp_path: Path, whole: dict[str, bytes], more: tuple[str, ...]) -> None:
    """What was written, after what was there before, is written again in its place, not after itself."""
    source, out = tmp_path / "in.csv", tmp_path / "scores.csv"
    source.write_text(HEAD + lines(0, 300))
    out.write_bytes(b"of yesterday\n")
    command = ("stream", source, *OPTIONS, "--state", tmp_path / "state", "--follow", *more)
    with out.open("ab") as file, zhtm_started(tmp_path, *command, stdout=file) as killed:
        until(lambda: out.read_bytes().count(b"\n") == 302, "results")
        killed.kill()
    source.write_text(HEAD + lines(0, 900))
    with out.open("ab") as file, zhtm_started(tmp_path, *command[: -1 - len(more)], *more, stdout=file) as again:
        assert again.wait(timeout=PATIENCE) == 0
    assert out.read_bytes() == b"of yesterday\n" + whole["out.csv"]


def test_pipes(tmp_path: Path, whole: dict[str, bytes]) -> None:
    options = (*OPTIONS, "--output", tmp_path / "out.csv", "--state", tmp_path / "state")

    def piped(text: str, *more: str) -> None:
        ran = zhtm_process(tmp_path, "stream", *options, *more, stdin=text)
        assert ran.code == 0, ran.err

    piped(HEAD + lines(0, 300))
    piped(lines(300, 500))  # goes on, without a header
    piped(HEAD + lines(500, 600))  # or with it
    piped(HEAD + lines(600, 900))
    assert (tmp_path / "out.csv").read_bytes() == whole["out.csv"]


def test_a_pipe_that_begins_again(tmp_path: Path, whole: dict[str, bytes]) -> None:
    options = (*OPTIONS, "--output", tmp_path / "out.csv", "--state", tmp_path / "state", "--input-again")
    for last in (300, 900):
        assert zhtm_process(tmp_path, "stream", *options, stdin=HEAD + lines(0, last)).code == 0
    assert (tmp_path / "out.csv").read_bytes() == whole["out.csv"]


def test_series_that_are_idle(zhtm: Zhtm, tmp_path: Path, whole: dict[str, bytes]) -> None:
    (tmp_path / "in.csv").write_text(HEAD + lines(0, 900))
    assert stream(zhtm, tmp_path, "--idle", "1min").code == 0
    found = read_tree(tmp_path)
    assert {name: found[name] for name in whole} == whole


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (("--seed", "3"), ("--seed", "expected 42", "got 3")),
        (("--preset", "classic"), ("--preset", "expected")),
        (("--probation", "61"), ("--probation", "expected '60'", "got '61'")),
        (("--value", "sensor", "--key", "value"), ("fields", "expected")),
        (("--target-rate", "1/day"), ("--target-rate", "expected None")),
    ],
)
def test_another_stream_is_refused(
    zhtm: Zhtm, tmp_path: Path, whole: dict[str, bytes], changes: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    refused(stream(zhtm, tmp_path / "whole", *changes), "state ", "as before", *expected)
    assert read_tree(tmp_path / "whole") == whole


def test_other_code(zhtm: Zhtm, tmp_path: Path, whole: dict[str, bytes]) -> None:
    path = tmp_path / "whole" / "state" / "manifest.npz"
    header, arrays = read_container(path, "StateFolder")
    header["extra"]["identity"]["code"]["numpy"] = "1.0"
    write_container(path, "StateFolder", header, arrays)
    refused(stream(zhtm, tmp_path / "whole"), "state ", "code: expected {'numpy': '1.0'}, as before", "--other-code")
    assert stream(zhtm, tmp_path / "whole", "--other-code").code == 0
    assert read_tree(tmp_path / "whole") == whole


def test_other_input_and_output_are_refused(zhtm: Zhtm, tmp_path: Path, whole: dict[str, bytes]) -> None:
    folder = tmp_path / "whole"
    (folder / "out.csv").write_bytes(whole["out.csv"][:100])
    refused(stream(zhtm, folder), "--output", "written before, got 100")
    (folder / "out.csv").write_bytes(whole["out.csv"])
    (folder / "in.csv").write_text(HEAD + lines(0, 900).replace("2026", "2025"))
    refused(stream(zhtm, folder), "in.csv", "expected the content of before")
    assert (folder / "out.csv").read_bytes() == whole["out.csv"]


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        (("pipeline", "lines", "offset"), -1, "lines.offset: expected"),
        (("pipeline", "detector", "counts", "records"), "x", "detector.counts.records: expected"),
        (("pipeline", "source", "columns"), [], "expected fields of its columns"),
        (("pipeline", "source", "fields", "values"), [], "expected fields of its columns (expected 1 of them, got 0)"),
        (("pipeline", "source", "fields", "values"), ["value", "sensor"], "(expected 1 of them, got 2)"),
        (("pipeline", "sink"), {}, "sink.written"),
        (("pipeline",), [], "expected the state of a stream"),
        (("identity",), {}, "expected the state of a stream"),
    ],
)
def test_a_manifest_of_something_else(
    zhtm: Zhtm, tmp_path: Path, whole: dict[str, bytes], place: tuple[str, ...], value: object, expected: str
) -> None:
    path = tmp_path / "whole" / "state" / "manifest.npz"
    header, arrays = read_container(path, "StateFolder")
    inner = header["extra"]
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    write_container(path, "StateFolder", header, arrays)
    refused(stream(zhtm, tmp_path / "whole"), "state ", expected)
    assert (tmp_path / "whole" / "out.csv").read_bytes() == whole["out.csv"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda header: header["state"].update(records=-1), "state.records: expected"),
        (lambda header: header["state"]["pace"].update(interval=0), "state.pace.interval: expected"),
        (lambda header: header["state"]["pace"].update(last=2**60), "state.pace.last: expected"),
        (lambda header: header["state"].update(outside=[]), "expected the state of a series like the others"),
        (lambda header: header["state"].update(pending=[5]), "state.pending.0: expected"),
        (lambda header: header["state"].update(threshold={}), "threshold's state"),
        (lambda header: header.update(models=[{}]), "settings: expected"),
        (lambda header: header.update(models=[]), "expected"),
    ],
)
def test_a_series_of_something_else(
    zhtm: Zhtm, tmp_path: Path, whole: dict[str, bytes], change: object, expected: str
) -> None:
    folder = tmp_path / "whole"
    for path in (folder / "state").glob("*-*.npz"):
        header, arrays = read_container(path, "Series")
        change(header)  # type: ignore[operator]
        write_container(path, "Series", header, arrays)
    (folder / "in.csv").write_text(HEAD + lines(0, 1000))
    refused(stream(zhtm, folder), "state", expected)


def test_options_that_need_others(zhtm: Zhtm, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("timestamp,value\n")
    refused(zhtm("stream", tmp_path / "in.csv", "--input-again"), "--input-again", "expected --state")
    refused(zhtm("stream", tmp_path / "in.csv", "--idle", "1h"), "--idle", "expected --key")
    for shard in ("3/2", "0/2", "1", "x/y", "1/9999999"):
        refused(zhtm("stream", tmp_path / "in.csv", "--key", "value", "--shard", shard), "--shard", "as 2/8")
