"""Files that are whole or absent, and locks between processes."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import pytest
import tasks
from tiny import read_tree

from zhtm_detector.common import files
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import (
    atomic_file,
    atomic_folder,
    check_file,
    delete_temporary_files,
    locked,
    write_text,
)
from zhtm_detector.common.json_reader import read_json_object


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_or_a_device_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match=r"pipe: cannot be written as a whole; expected a file$"):
        write_text(pipe, "x")
    with pytest.raises(InputError, match=r"^--output .*pipe: cannot be written; expected a file"):
        check_file(pipe, "--output")
    assert pipe.is_fifo()
    assert [file.name for file in tmp_path.iterdir()] == ["pipe"]


def test_an_input_is_no_output(tmp_path: Path) -> None:
    path = tmp_path / "a"
    check_file(path, "--output", [path, tmp_path / "b"])  # nothing is there yet
    path.write_text("x")
    check_file(path, "--output", [tmp_path / "b", tmp_path / ("b" * 300)])
    with pytest.raises(InputError, match=r"^--output .*a: expected another file than the input$"):
        check_file(path, "--output", [tmp_path / "b", tmp_path / "." / "a"])


def test_what_a_killed_process_has_left_is_deleted(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with atomic_file(tmp_path / "a"):
        mine = next(tmp_path.iterdir()).name
    others = [mine.replace(str(os.getpid()), str(os.getppid())), ".a.x.tmp", "a"]  # alive, or no such
    left = mine.replace(str(os.getpid()), str(ended.pid))
    others += [left.replace(".a", ".ab"), f".a.00000000-{ended.pid}.tmp"]  # of another file, or another machine
    folder = tmp_path / "later"
    folder.mkdir()
    for name in (left, *others):
        (folder / name).write_text("half")
    write_text(folder / "a", "whole")
    assert read_tree(folder) == dict.fromkeys(others, b"half") | {"a": b"whole"}


def test_a_folder_is_whole_or_absent(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder"
    with pytest.raises(RuntimeError), atomic_folder(path) as temporary:
        (temporary / "a").touch()
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    for content in (b"1", b"2"):
        with atomic_folder(path) as temporary:
            assert temporary.parent == path.parent
            (temporary / "below").mkdir()
            (temporary / "below" / "a").write_bytes(content)
            assert not path.exists() or not any(path.iterdir())
        assert read_tree(tmp_path) == {"new/folder/below/a": content}
        (path / "below" / "a").unlink()
        (path / "below").rmdir()  # an empty folder is replaced


def test_a_folder_that_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    before = sorted(tmp_path.rglob("*"))
    for name in ("file", "link", "full"):
        with pytest.raises(InputError, match=f"{name}: expected a folder that is not there yet or is empty"):
            atomic_folder(tmp_path / name).__enter__()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(InputError, match="expected another folder than the one that the command runs in"):
        atomic_folder(Path()).__enter__()
    with pytest.raises(InputError, match="file/x: cannot be written"):
        atomic_folder(tmp_path / "file" / "x").__enter__()
    with pytest.raises(InputError, match="cannot be written"):
        atomic_folder(tmp_path / "new" / ("x" * 300)).__enter__()
    assert sorted(tmp_path.rglob("*")) == before


def test_temporary_folders_do_not_outlive_the_process(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with pytest.raises(InputError, match="folder: cannot be written"), atomic_folder(tmp_path / "folder") as temporary:
        (temporary / "a").touch()
        killed = temporary.name.replace(str(os.getpid()), str(ended.pid))
        delete_temporary_files()
        assert not temporary.exists()
    (tmp_path / "later" / killed / "below").mkdir(parents=True)
    with atomic_folder(tmp_path / "later" / "folder"):
        assert not (tmp_path / "later" / killed).exists()


def test_a_folder_is_searched_for_leftovers_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[Path] = []
    glob = Path.glob
    monkeypatch.setattr(Path, "glob", lambda folder, pattern: searched.append(folder) or glob(folder, pattern))
    for number in range(3):
        write_text(tmp_path / f"{number}", "")
    assert searched == [tmp_path]


def test_a_lock_is_refused_with_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "r" / ".lock"
    with locked(lock, "results r"):
        expected = rf"^results r: expected no other process .*, got process {os.getpid()}, started \d{{4}}-\d\d-\d\d "
        with pytest.raises(InputError, match=expected), locked(lock, "results r"):
            pass
        (lock.parent / "result").touch()
    assert read_tree(tmp_path) == {"r/result": b""}
    with locked(lock, "results r"):
        pass


def test_a_holder_that_ends_in_the_meantime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, wait: bool) -> BinaryIO:
        raise BlockingIOError

    monkeypatch.setattr(files, "_open_locked", refuse)
    with pytest.raises(InputError, match="got one that has just started"), locked(tmp_path / ".lock", "results r"):
        pass


def test_a_lock_is_waited_for_in_a_folder_that_its_holder_deletes(tmp_path: Path) -> None:
    lock = tmp_path / "r" / ".lock"
    with ThreadPoolExecutor(1) as pool:
        with locked(lock):
            waiting = pool.submit(_lock_and_release, lock)
            time.sleep(0.3)
        waiting.result(10)


def _lock_and_release(path: Path) -> None:
    with locked(path):
        pass


def test_a_lock_for_nothing_leaves_nothing(tmp_path: Path) -> None:
    with locked(tmp_path / "r" / ".lock", "results r"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_dead_process_is_none(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    code = "import os; from pathlib import Path; from zhtm_detector.common.files import locked"
    code += f"; l = locked(Path({str(lock)!r})); l.__enter__(); os._exit(9)"
    subprocess.run([sys.executable, "-c", code], check=False)
    assert lock.read_text().startswith("process ")
    with locked(lock, "results"):
        assert lock.read_text().startswith(f"process {os.getpid()},")


def test_updates_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(tasks.update_final_results, [(tmp_path, worker) for worker in range(2)]))
    assert len(read_json_object(tmp_path / "final_results.json")) == 2 * tasks.UPDATES
    assert list(read_tree(tmp_path)) == ["final_results.json"]
