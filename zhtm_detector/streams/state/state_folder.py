"""A folder that keeps the state of many streams: one file each, and a manifest that names the files that count."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from zhtm_detector.common.container import read_container, write_container
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import locked
from zhtm_detector.common.json_reader import as_object
from zhtm_detector.common.text import shown

_MANIFEST = "manifest.npz"
_KIND = "StateFolder"
_FILE = re.compile(r"[0-9a-f]{32}-[0-9a-f]{16}\.npz")
_TEMPORARY = re.compile(r"\..*\.tmp")

Content = Callable[[], bytes]  # of a stream's file: made when it is written, so that one at a time is in memory


class StateFolder:
    """Files of streams that change together, whenever the process that writes them is killed.

    A file's name holds hashes of its stream's key and of its content, so a new version never overwrites an old one. A
    commit writes the changed files, then replaces the manifest, then deletes what it no longer names. Until the
    manifest is replaced, in one step, the old state counts, and after that the new one. The same state makes the same
    files, however often it was committed. (After a power failure, what the disk has is up to the file system.)

    Parameters
    ----------
    path : Path
        Created if absent. Other files in it are left alone.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as path, StateFolder(Path(path)) as folder:
    ...     folder.commit({"pump": lambda: b"on"}, ["pump"], {"records": 7})
    ...     extra, files = folder.read()
    ...     extra, files["pump"].read_text()
    ({'records': 7}, 'on')
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._open = ExitStack()
        self._files: dict[str, str] | None = None  # names by key, as the manifest has them; None: not open
        self._put: dict[str, str] = {}  # of files that were written ahead of the next commit

    def __enter__(self) -> Self:
        """Lock the folder and delete what killed commits have left.

        Raises
        ------
        InputError
            If another process has it open, it cannot be written to, or as `read`.
        """
        with ExitStack() as stack:
            stack.enter_context(locked(self.path / "lock", f"state {self.path}"))
            found = self.read()
            self._files = {key: file.name for key, file in found[1].items()} if found else {}
            if found:
                self._delete_leftovers(set(self._files.values()))
            self._open = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Unlock the folder."""
        self._files = None
        self._open.close()

    def read(self) -> tuple[dict[str, Any], dict[str, Path]] | None:
        """Return `extra` and the files by key, as of the last commit; None before the first.

        Raises
        ------
        InputError
            If the manifest is damaged, or a file that it names is missing.
        """
        path = self.path / _MANIFEST
        if not path.exists():
            return None
        header, arrays = read_container(path, _KIND)
        if header.keys() != {"files", "extra"} or arrays:
            raise InputError(f"{path}: expected files and extra, got {shown([*header, *arrays])}")
        files = {}
        for key, name in as_object(header["files"], f"{path}: files").items():
            files[key] = self.path / str(name)
            if not _FILE.fullmatch(str(name)) or not str(name).startswith(_hash(key)) or not files[key].is_file():
                raise InputError(f"{path}: stream {shown(key)}: expected a file of it in the folder, got {shown(name)}")
        return as_object(header["extra"], f"{path}: extra"), files

    def put(self, key: str, content: bytes) -> None:
        """Write a stream's file ahead of the next commit, which makes it count.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        files = self._known()
        before = self._put.pop(key, None)
        self._put[key] = self._write(key, content)
        if before is not None and before not in (self._put[key], files.get(key)):
            self._delete(before)

    def has(self, key: str) -> bool:
        """Whether a stream has a file, counting or not."""
        return key in self._put or key in self._known()

    def file(self, key: str) -> Path:
        """Return the newest file of a stream, counting or not; KeyError if it has none."""
        return self.path / (self._put.get(key) or self._known()[key])

    def begin(self, extra: Mapping[str, Any]) -> None:
        """Make a first state, of no streams; files that were `put` wait for the next commit. Raises as that."""
        if self._known():
            raise ValueError(f"state {self.path}: expected an empty folder to begin in")
        write_container(self.path / _MANIFEST, _KIND, {"files": {}, "extra": extra}, {})

    def commit(self, changed: Mapping[str, Content], keys: Iterable[str], extra: Mapping[str, Any]) -> None:
        """Replace the state by a new one, whole or not at all.

        Parameters
        ----------
        changed : mapping of str to callable
            For each stream that changed since the last commit and was not `put`, what returns the content of its file.
        keys : iterable of str
            All streams of the new state; those not in `changed` keep their file, all others are deleted.
        extra : mapping
            Anything that JSON can hold.

        Raises
        ------
        InputError
            If something cannot be written; the old state is then as it was.
        ValueError
            If the folder is not open, a stream neither changed nor has a file, or changed but is not among the keys.
        """
        files = self._known() | self._put
        kept = list(keys)
        new = dict.fromkeys(kept, "")
        for key in (*changed, *kept):
            if key not in new or not (key in changed or key in files):
                raise ValueError(f"stream {shown(key)}: expected it among the keys, and changed or with a file")
        for key in new:
            new[key] = self._write(key, changed[key]()) if key in changed else files[key]
        write_container(self.path / _MANIFEST, _KIND, {"files": new, "extra": extra}, {})
        for name in {*self._known().values(), *self._put.values()} - set(new.values()):
            self._delete(name)
        self._files, self._put = new, {}

    def _known(self) -> dict[str, str]:
        if self._files is None:
            raise ValueError(f"state {self.path}: expected an open folder; use it in a `with` statement")
        return self._files

    def _write(self, key: str, content: bytes) -> str:
        name = f"{_hash(key)}-{sha256(content).hexdigest()[:16]}.npz"
        temporary = self.path / f".{_hash(key)}.tmp"
        try:
            temporary.write_bytes(content)
            temporary.replace(self.path / name)
        except OSError as error:
            raise InputError(f"state {self.path}: cannot be written ({error.strerror})") from None
        finally:
            temporary.unlink(missing_ok=True)
        return name

    def _delete_leftovers(self, named: set[str]) -> None:
        for file in self.path.iterdir():
            if _TEMPORARY.fullmatch(file.name) or (_FILE.fullmatch(file.name) and file.name not in named):
                self._delete(file.name)

    def _delete(self, name: str) -> None:
        with suppress(OSError):  # the next process that opens the folder tries again
            (self.path / name).unlink()


def _hash(key: str) -> str:
    try:
        return sha256(key.encode()).hexdigest()[:32]
    except UnicodeEncodeError:
        raise InputError(f"stream {shown(key)}: expected Unicode text as its key") from None
