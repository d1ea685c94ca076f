"""The state folder holds the old state or the new one, whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commits import kill_and_check

from zhtm_detector.common.container import write_container
from zhtm_detector.common.errors import InputError
from zhtm_detector.streams.state.state_folder import StateFolder


def writer(text: str) -> Callable[[], bytes]:
    return text.encode


def write(folder: Path, number: int, **streams: str) -> None:
    with StateFolder(folder) as state:
        state.commit({key: writer(text) for key, text in streams.items()}, streams, {"number": number})


def content(folder: Path) -> tuple[dict[str, Any], dict[str, str]] | None:
    found = StateFolder(folder).read()
    return found and (found[0], {key: file.read_text() for key, file in found[1].items()})


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_a_commit_and_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert content(folder) is None
    with StateFolder(folder) as state:
        state.commit({"a": writer("1"), "b/../c": writer("2")}, ["b/../c", "a"], {"x": [1]})
        before = names(folder)
        state.commit({"a": writer("3"), "": writer("4")}, ["", "a", "b/../c"], {})
        assert content(folder) == ({}, {"": "4", "a": "3", "b/../c": "2"})
        assert list(content(folder)[1]) == ["", "a", "b/../c"]  # type: ignore[index]
        assert len(names(folder) & before) == 3  # lock, manifest, and the file that did not change
        state.commit({}, ["a"], {})
    assert content(folder) == ({}, {"a": "3"})
    assert len(names(folder)) == 2


def test_the_same_state_has_the_same_files(tmp_path: Path) -> None:
    write(tmp_path / "one", 1, a="1", b="2")
    write(tmp_path / "one", 2, a="3", b="2")
    write(tmp_path / "other", 2, a="3", b="2")
    one, other = ({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("one", "other"))
    assert one == other


def test_a_commit_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, 1, a="1", b="2")
    whole = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if content == b"3":
            return whole(path, content)
        whole(path, b"half")
        raise OSError(28, "No space left on device")

    before = names(tmp_path)
    with StateFolder(tmp_path) as state, monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        for fails in (
            lambda: state.commit({"a": writer("3"), "b": writer("4")}, ["a", "b"], {}),
            lambda: state.put("b", b"4"),
        ):
            with pytest.raises(InputError, match=r"cannot be written \(No space left"):
                fails()
    assert content(tmp_path) == ({"number": 1}, {"a": "1", "b": "2"})
    write(tmp_path, 1, a="1", b="2")
    assert names(tmp_path) == before


def test_misuse(tmp_path: Path) -> None:
    write(tmp_path, 1, a="1")
    with pytest.raises(ValueError, match="expected an open folder"):
        StateFolder(tmp_path).commit({}, ["a"], {})
    with StateFolder(tmp_path) as state:
        for changed, keys in (({}, ["a", "b"]), ({"b": writer("1")}, ["a"])):
            with pytest.raises(ValueError, match="stream 'b': expected it among the keys, and changed or with a file"):
                state.commit(changed, keys, {})
        with pytest.raises(ValueError, match="expected an empty folder to begin in"):
            state.begin({})
        with pytest.raises(InputError, match="expected Unicode text as its key"):
            state.commit({"\udcff": writer("1")}, ["\udcff"], {})
    assert content(tmp_path) == ({"number": 1}, {"a": "1"})


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with (
        StateFolder(tmp_path / "state"),
        pytest.raises(InputError, match="expected no other process that writes to it"),
        StateFolder(tmp_path / "state"),
    ):
        pass
    with StateFolder(tmp_path / "state"):
        pass
    assert names(tmp_path) == set()


def test_leftovers_go_and_other_files_stay(tmp_path: Path) -> None:
    write(tmp_path, 1, a="1")
    kept = names(tmp_path)
    for name in (f".{'0' * 32}.tmp", "..x.npz.12.tmp", f"{'0' * 32}-{'1' * 16}.npz"):
        (tmp_path / name).write_text("left by a kill")
    for name in ("notes.txt", "model.npz"):
        (tmp_path / name).write_text("a user's own")
    with StateFolder(tmp_path):
        pass
    assert names(tmp_path) == kept | {"notes.txt", "model.npz"}


@pytest.mark.parametrize("name", ["../x.npz", "x.npz", f"{'0' * 32}-{'1' * 16}.npz", "", "manifest.npz"])
def test_a_manifest_that_names_other_files(name: str, tmp_path: Path) -> None:
    write(tmp_path, 1, a="1")
    (tmp_path / f"{'0' * 32}-{'1' * 16}.npz").write_text("another stream's")
    write_container(tmp_path / "manifest.npz", "StateFolder", {"files": {"a": name}, "extra": {}}, {})
    before = names(tmp_path)
    with (
        pytest.raises(InputError, match=r"manifest\.npz: stream 'a': expected a file of it in the folder"),
        StateFolder(tmp_path),
    ):
        pass
    assert names(tmp_path) == before


def test_a_damaged_manifest_and_a_missing_file(tmp_path: Path) -> None:
    write(tmp_path, 1, a="1")
    manifest = tmp_path / "manifest.npz"
    before = manifest.read_bytes()
    manifest.write_bytes(before[:-1])
    with pytest.raises(InputError, match=r"manifest\.npz: cut or altered"), StateFolder(tmp_path):
        pass
    write_container(manifest, "StateFolder", {"files": {}}, {})
    with pytest.raises(InputError, match="expected files and extra"), StateFolder(tmp_path):
        pass
    manifest.write_bytes(before)
    next(tmp_path.glob("*-*.npz")).unlink()
    with pytest.raises(InputError, match="stream 'a': expected a file of it"), StateFolder(tmp_path):
        pass


@pytest.mark.parametrize("call", range(1, 9))
def test_an_end_between_any_two_changes_on_disk(call: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a kill would end it: whatever is renamed or deleted comes to pass up to some call, and then nothing more."""
    write(tmp_path, 1, a="1", b="2", c="3")
    made = []
    for name in ("replace", "unlink"):
        original = getattr(Path, name)

        def until(self: Path, *args: Any, original: Any = original, **options: Any) -> Any:
            made.append(self)
            if len(made) >= call:
                raise KeyboardInterrupt
            return original(self, *args, **options)

        monkeypatch.setattr(Path, name, until)
    with pytest.raises(KeyboardInterrupt):
        while True:
            state = StateFolder(tmp_path)
            state._files = {key: file.name for key, file in state.read()[1].items()}  # type: ignore[index]
            state.commit({"a": writer("4"), "b": writer("5")}, ["a", "b"], {"number": 2})
    monkeypatch.undo()
    with StateFolder(tmp_path):
        assert content(tmp_path) in [
            ({"number": 1}, {"a": "1", "b": "2", "c": "3"}),
            ({"number": 2}, {"a": "4", "b": "5"}),
        ]
    assert len(names(tmp_path)) == len(content(tmp_path)[1]) + 1  # type: ignore[index]


def test_killed_at_random_moments(tmp_path: Path) -> None:
    """A small version of `commits.py`."""
    numbers = kill_and_check(tmp_path, kills=6, seed=2)
    assert numbers == sorted(numbers)
    assert numbers[-1] > 0
