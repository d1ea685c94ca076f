"""Lines come whole, with their place, however the bytes arrive; nothing long is held."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhtm_detector.common.errors import InputError
from zhtm_detector.streams.input.lines import LONGEST, Descriptor, Followed, Line, Lines


class Blocks:
    """An input that hands out these blocks."""

    name = "test"
    live = True

    def __init__(self, blocks: Sequence[bytes] | Iterator[bytes]) -> None:
        self.blocks = iter(blocks)

    def read(self, size: int) -> bytes:
        return next(self.blocks, b"")

    def next_file(self) -> bool:
        return False

    def before(self, offset: int) -> str | None:
        return None

    def resume(self, offset: int, before: str | None) -> bool:
        return False


def all_lines(lines: Lines) -> list[Line]:
    return [line for batch in lines for line in batch]


@given(
    text=st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b"\r"])).map(b"".join),
    cuts=st.lists(st.integers(0, 40)),
)
def test_blocks_do_not_matter(text: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    blocks = [text[start:end] for start, end in pairwise(places)]
    lines = Lines(Blocks(blocks))
    found = all_lines(lines)
    expected = text.split(b"\n")
    last = expected.pop()
    assert [line.text for line in found if line.whole] == [each.removesuffix(b"\r") for each in expected]
    assert [line.text for line in found if not line.whole] == ([last] if last else [])
    assert [line.number for line in found] == list(range(1, len(found) + 1))
    assert lines.state() == {
        "offset": len(text),
        "number": len(found),
        "whole": not last,
        "skips": False,
        "before": None,
    }


@given(cut=st.integers(0, 12))
def test_it_goes_on_where_it_was(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    content = b"one\ntwo\nthree\n"
    path = tmp_path_factory.mktemp("lines") / "file"
    path.write_bytes(content[:cut])
    before = Lines(Descriptor(path))
    first = [line for line in all_lines(before) if line.whole]
    if not before.state()["whole"]:
        return
    path.write_bytes(content)
    after = Lines(Descriptor(path))
    after.restore(before.state())
    assert [line.text for line in [*first, *all_lines(after)]] == [b"one", b"two", b"three"]


def test_a_last_line_that_was_scored_must_stay_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one\ntwo")
    before = Lines(Descriptor(path))
    assert len(all_lines(before)) == 2
    path.write_bytes(b"one\ntwo\r\nthree\n")
    after = Lines(Descriptor(path))
    after.restore(before.state())
    assert [(line.number, line.text) for line in all_lines(after)] == [(3, b"three")]
    path.write_bytes(b"one\ntwo and a half\n")
    after = Lines(Descriptor(path))
    after.restore(before.state())
    with pytest.raises(InputError, match="line 2: expected its end"):
        all_lines(after)


def test_a_line_of_100_mb_is_not_held() -> None:
    blocks = [b"a\n", *[b"x" * 2**18] * 400, b"x\nb\n"]
    lines = Lines(Blocks(blocks))
    found = []
    for batch in lines:
        found += batch
        assert len(lines._rest) <= LONGEST + 2**18
    assert [(line.number, line.text) for line in found] == [(1, b"a"), (2, None), (3, b"b")]
    assert lines.offset == sum(map(len, blocks))
    assert [len(line.text or b"") for line in all_lines(Lines(Blocks([b"y" * LONGEST + b"\n"])))] == [LONGEST]
    assert all_lines(Lines(Blocks([b"y" * (LONGEST + 1) + b"\n"])))[0].text is None


def test_the_rest_of_a_line_too_long_is_no_line_after_a_resume(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a\n" + b"x" * 3 * LONGEST + b"\nb\n")
    expected = all_lines(Lines(Descriptor(path)))
    assert [(line.number, line.text) for line in expected] == [(1, b"a"), (2, None), (3, b"b")]
    for batches in range(1, 14):
        before, after = Lines(Descriptor(path)), Lines(Descriptor(path))
        first = [line for _, batch in zip(range(batches), before, strict=False) for line in batch]
        after.restore(json.loads(json.dumps(before.state())))
        assert [*first, *all_lines(after)] == expected


@pytest.mark.skipif(os.name == "nt", reason="named pipes")
def test_a_named_pipe_is_live_and_never_followed(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(InputError, match=r"--follow .*: expected a file that grows, got a pipe or device"):
        Followed(path)
    writer = os.open(path, os.O_RDWR)  # waits for nobody
    lines = Lines(source := Descriptor(path))
    assert source.live
    os.write(writer, b"one\ntw")
    assert [line.text for line in next(iter(lines))] == [b"one"]
    assert (lines.state()["offset"], lines.state()["before"]) == (4, None)
    os.close(writer)
    file = tmp_path / "file"
    file.touch()
    assert not Descriptor(file).live


class End(Exception):
    pass


def followed(path: Path, actions: list[Callable[[], None]]) -> list[bytes | None]:
    """What is read while, at each wait, the next action is taken."""
    left = iter(actions)

    def wait() -> None:
        action = next(left, None)
        if action is None:
            raise End
        action()

    found = []
    with pytest.raises(End):
        for batch in Lines(Followed(path, wait)):
            found += [line.text for line in batch]
    return found


def append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


def test_follow(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"1\n2")
    actions: list[Callable[[], None]] = [lambda: append(path, b"2"), lambda: append(path, b"\n3\n4")]
    assert followed(path, actions) == [b"1", b"22", b"3"]  # an unfinished line is waited for


@pytest.mark.skipif(os.name == "nt", reason="Windows renames no open file")
def test_follow_through_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"1\n")

    def rotate() -> None:
        append(path, b"2\n3")  # written last, before it was looked at
        path.rename(tmp_path / "log.1")

    actions: list[Callable[[], None]] = [
        rotate,
        lambda: append(tmp_path / "log.1", b"3\n"),  # by a writer that has not noticed yet
        lambda: path.write_bytes(b"4\n"),
        lambda: append(path, b"5\n"),
    ]
    assert followed(path, actions) == [b"1", b"2", b"33", b"4", b"5"]


@pytest.mark.skipif(os.name == "nt", reason="Windows renames no open file")
@pytest.mark.parametrize("make", ["mkdir", "mkfifo", "symlink"])
def test_what_cannot_be_read_does_not_bring_the_old_file_again(tmp_path: Path, make: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"1\n")

    def replace() -> None:
        path.rename(tmp_path / "log.1")
        {"mkdir": os.mkdir, "mkfifo": os.mkfifo, "symlink": lambda it: it.symlink_to(it)}[make](path)

    def again() -> None:
        (path.rmdir if path.is_dir() else path.unlink)()
        path.write_bytes(b"2\n")

    assert followed(path, [replace, lambda: None, again]) == [b"1", b"2"]


def test_follow_through_a_truncation(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"1\n22222\n")
    actions: list[Callable[[], None]] = [lambda: path.write_bytes(b"3\n"), lambda: append(path, b"4\n")]
    assert followed(path, actions) == [b"1", b"22222", b"3", b"4"]


def test_a_place_that_no_file_has(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"1\n2\n")
    for offset in (2, 2**62):  # the second is none to seek to
        source = Followed(path)
        assert not source.resume(offset, None)
        assert source.read(9) == b"1\n2\n"


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not found; expected CSV or JSON lines"):
        Descriptor(tmp_path / "absent")
    with pytest.raises(InputError, match="is a folder"):
        Followed(tmp_path)
