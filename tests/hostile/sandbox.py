"""A folder that the commands run in, deep inside one that is watched: a tiny corpus, and results on it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from tiny import data_text, read_tree, wave, windows_of

from hostile.case import ROOT, Case

# Deeper than any `../` of the hostile names.
_BOX = Path("a/b/c/d/e/f/g/h/box")
RECORDS = {"one/good.csv": 60, "one/other.csv": 60, "two/quiet.csv": 40}
WINDOWS = {
    "one/good.csv": windows_of(60, [(30, 36)]),
    "one/other.csv": windows_of(60, [(20, 25), (40, 44)]),
    "two/quiet.csv": [],
}
OPTIONS = ["--nab-root", "corpus", "--results", "results"]

Listing = dict[str, tuple[int, int] | None]


class Sandbox:
    """One folder, put back into its first state before each command."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.box = root / _BOX
        self.home = root / "home"
        self.temporary = root / "tmp"
        self._first: dict[str, bytes] = {}
        for number, (path, records) in enumerate(RECORDS.items()):
            self._first[f"corpus/data/{path}"] = data_text(wave(records, seed=number)).encode()
        self._first["corpus/labels/combined_windows.json"] = json.dumps(WINDOWS).encode()

    def keep_results(self) -> None:
        """Make the results that are there now a part of the first state."""
        kept = read_tree(self.box / "results")
        self._first |= {f"results/{path}": content for path, content in kept.items()}

    def reset(self, case: Case | None = None) -> None:
        """Put back the first state, then write the files of a case."""
        for entry in os.scandir(self.root) if self.root.exists() else ():
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(os.fsencode(entry.path))
            else:
                Path(entry.path).unlink()
        for folder in (self.home, self.temporary, self.box / "results", self.box / "inputs"):
            folder.mkdir(parents=True)
        files = {**self._first, **(case.files if case is not None else {})}
        for name, content in files.items():
            path = self.box / self.text(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.content(content))

    def text(self, text: str) -> str:
        """The text with the folder's real name in it."""
        return text.replace(ROOT, str(self.root))

    def content(self, content: bytes) -> bytes:
        """The content of a file with the folder's real name in it."""
        return content.replace(ROOT.encode(), os.fsencode(self.root))

    def environment(self) -> dict[str, str]:
        """What keeps caches and temporary files inside."""
        return {
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "TMPDIR": str(self.temporary),
            "COLUMNS": "200",
        }

    def listing(self) -> Listing:
        """Everything below the watched folder: size and time of a file, None for a folder."""
        found: Listing = {}
        for folder, folders, files in os.walk(self.root):
            for name in folders:
                found[f"{folder}/{name}"] = None
            for name in files:
                path = f"{folder}/{name}"
                status = os.lstat(path)
                found[path] = (status.st_size, status.st_mtime_ns)
        return found

    def read(self, relative: str) -> bytes:
        """Content of a file of the results."""
        return (self.box / relative).read_bytes()
