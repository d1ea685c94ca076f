"""Reading a corpus in NAB's layout: `data/**/*.csv` beside `labels/combined_windows.json`."""

from __future__ import annotations

from copy import copy
from fnmatch import fnmatchcase
from pathlib import Path

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import is_one_line, shown
from zhtm_detector.detectors.data_file import DataFile, read_bytes, read_data_file


class Corpus:
    """The data files of a NAB root, sorted by path, each read on demand.

    Parameters
    ----------
    root : Path
        Folder with `data/` and `labels/combined_windows.json`.
    label_path : Path, optional
        Another label file.

    Attributes
    ----------
    paths : tuple of str
        Relative paths of the chosen files, with forward slashes, sorted.
    known : tuple of str
        Relative paths of all files under the root.

    Raises
    ------
    InputError
        When the root, its data or its label file is missing.
    """

    def __init__(self, root: Path, label_path: Path | None = None) -> None:
        self.root = Path(root)
        self.label_path = label_path or self.root / "labels" / "combined_windows.json"
        if not self.root.is_dir():
            raise InputError(f"NAB root {root}: not found; expected a folder with data/ and labels/")
        if not (self.root / "data").is_dir():
            raise InputError(f"NAB root {root}: has no folder data/; expected the CSV files of the corpus there")
        if not self.label_path.is_file():
            raise InputError(f"label file {self.label_path}: not found; expected anomaly windows as JSON")
        self.known = tuple(list_files(self.root / "data"))
        self.paths = self.known
        self._contents: dict[str, bytes] = {}
        self._loaded: dict[str, DataFile] = {}
        if not self.known:
            raise InputError(f"NAB root {root}: expected at least one CSV file under data/, got none")

    def select(self, glob: str) -> Corpus:
        """Select the files whose relative path matches a pattern (`*` matches slashes too).

        Raises
        ------
        InputError
            When none matches.
        """
        paths = tuple(path for path in self.paths if fnmatchcase(path, glob))
        if not paths:
            raise InputError(
                f"files {shown(glob)}: expected a match among the {len(self.paths)} "
                f"under {self.root / 'data'}, got none"
            )
        chosen = copy(self)
        chosen.paths = paths
        return chosen

    def content(self, relative_path: str) -> bytes:
        """Read a file's bytes, which `load` then parses: the data that a checksum was taken of are the data in use.

        Raises
        ------
        InputError
            When it cannot be read.
        """
        if relative_path not in self._contents:
            self._contents[relative_path] = read_bytes(self.root / "data" / relative_path)
        return self._contents[relative_path]

    def load(self, relative_path: str) -> DataFile:
        """Read a file, the first time only.

        Raises
        ------
        InputError
            As `read_data_file`, and for a name that is no UTF-8 or has control characters.
        """
        if not is_one_line(relative_path):
            raise InputError(
                f"file {shown(relative_path)} under {self.root / 'data'}: expected a name in UTF-8 without control "
                "characters; rename it"
            )
        if relative_path not in self._loaded:
            path = self.root / "data" / relative_path
            content = self._contents.pop(relative_path, None)
            self._loaded[relative_path] = read_data_file(path, relative_path, content)
        return self._loaded[relative_path]

    def __len__(self) -> int:
        return len(self.paths)


def list_files(folder: Path) -> list[str]:
    """List the CSV files below a folder, sorted, by their relative paths; nothing whose name begins with a dot."""
    relative = (path.relative_to(folder) for path in folder.rglob("*.csv") if path.is_file())
    return sorted(path.as_posix() for path in relative if not any(part.startswith(".") for part in path.parts))
