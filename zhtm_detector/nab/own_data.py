"""A user's own data files: where they are found, and two columns of them as a data file of NAB."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from glob import has_magic
from io import StringIO
from pathlib import Path, PurePosixPath

import numpy as np

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.runs import runs_of
from zhtm_detector.common.text import is_one_line, plain_number, printable, shown
from zhtm_detector.detectors.data_file import COLUMNS, read_bytes, split_rows
from zhtm_detector.nab.corpus import list_files
from zhtm_detector.nab.window_rule import Span

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WORDS = {"true": "1", "false": "0"}  # as pandas writes, in any case


@dataclass(frozen=True)
class Source:
    """A data file, and its name in the corpus that is made of it."""

    path: Path
    given: str  # its path below the folder that was named
    relative_path: str  # in the corpus: category/file.csv


@dataclass(frozen=True)
class ColumnNames:
    """Names of the columns of the user's files; `label` is one of 0 and 1 or of true and false, if there is one."""

    timestamp: str = "timestamp"
    value: str = "value"
    label: str | None = None


def find_sources(places: Sequence[str], category: str | None = None) -> list[Source]:
    """Find the data files of a corpus.

    Parameters
    ----------
    places : sequence of str
        Folders, each with all CSV files below it; files; or patterns such as ``plant/*/2024-*.csv``. Sub-folders of a
        folder, or of what a pattern begins with, become categories.
    category : str, optional
        Of files that are in no sub-folder. By default the name of their folder.

    Raises
    ------
    InputError
        When one is not found or has no CSV file, and for two files of the same name in the corpus, or one with the name
        of another's folder.
    """
    found: dict[Path, Source] = {}
    for place in places:
        base, paths = _files_at(place)
        for path in paths:
            given = path.relative_to(base).as_posix()
            inside = given if "/" in given else f"{category or base.resolve().name or 'data'}/{given}"
            if not is_one_line(inside) or any(part.startswith(".") for part in inside.split("/")):
                raise InputError(
                    f"file {printable(str(path), 200)}: expected a name in UTF-8 without control characters, and no "
                    "part of it that begins with a dot; rename it, or its folder"
                )
            found.setdefault(path.resolve(), Source(path, given, inside))
    sources = sorted(found.values(), key=lambda source: source.relative_path)
    seen: dict[str, Source] = {}
    for source in sources:
        other = seen.setdefault(source.relative_path.lower(), source)
        if other is not source:
            raise InputError(
                f"files {other.path} and {source.path}: expected names in the corpus that differ in more than case, "
                f"got {printable(source.relative_path)} twice; see --category"
            )
    for source in sources:
        for folder in PurePosixPath(source.relative_path).parents:
            if file := seen.get(str(folder).lower()):
                raise InputError(
                    f"files {file.path} and {source.path}: expected no file in the corpus with the name of a folder, "
                    f"got {printable(str(folder))}"
                )
    return sources


def _files_at(place: str) -> tuple[Path, list[Path]]:
    """Return the folder that categories are below, and the files."""
    path = Path(place)
    try:
        if path.is_dir():
            base, paths = path, [path / name for name in list_files(path)]
        elif path.is_file():
            base, paths = path.parent, [path]
        elif has_magic(place):
            parts = path.parts
            first = next(number for number, part in enumerate(parts) if has_magic(part))
            base = Path(*parts[:first])
            found = sorted(file for file in base.glob(str(Path(*parts[first:]))) if file.is_file())
            paths = [file for file in found if not any(part[0] == "." for part in file.relative_to(base).parts)]
        else:
            raise InputError(f"--from {shown(place)}: not found; expected a folder, a CSV file or a pattern")
    except (OSError, ValueError, NotImplementedError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"--from {shown(place)}: cannot be searched; expected a folder, a CSV file or a pattern"
        ) from None
    if not paths or any(file.suffix != ".csv" for file in paths):
        raise InputError(f"--from {shown(place)}: expected files that end in .csv, got {_first_other(paths)}")
    return base, paths


def _first_other(paths: Sequence[Path]) -> str:
    return next((shown(file.name) for file in paths if file.suffix != ".csv"), "none")


def read_own(path: Path, names: ColumnNames) -> tuple[bytes, list[Span]]:
    """Read one file as NAB's: the file itself if it has NAB's two columns, else these two of it, text for text.

    Returns
    -------
    content : bytes
        Rows are in the same lines as before; their content is not checked.
    runs : list of (int, int)
        First and last record of each run of 1 in the label column.

    Raises
    ------
    InputError
        When the file cannot be read, a column is not there or a label is neither 0 nor 1, nor true nor false.
    """
    content = read_bytes(path)
    rows = split_rows(path, content.removeprefix(_BYTE_ORDER_MARK), "columns with a header")
    row, header = next(rows, (1, []))
    if header == COLUMNS and names == ColumnNames():
        return content, []
    wanted = [names.timestamp, names.value, *([] if names.label is None else [names.label])]
    for name in wanted:
        if wanted.count(name) > 1 or header.count(name) != 1:
            got = printable(",".join(header), 200) or "nothing"
            raise InputError(f"{path}: row {row}: expected one column {printable(name, 60)} of its own, got {got}")
    places = [header.index(name) for name in wanted]
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    line = 2
    labels = []
    for row, fields in rows:
        if len(fields) != len(header):
            raise InputError(f"{path}: row {row}: expected {len(header)} fields, as in the header, got {len(fields)}")
        text.write("\n" * (row - line))  # for messages that name the row
        line = row + 1
        timestamp, value, *label = (fields[place] for place in places)
        writer.writerow([timestamp, value])
        if label:
            labels.append(plain_number(_WORDS.get(label[0].strip().lower(), label[0])))
            if labels[-1] not in (0, 1):
                raise InputError(
                    f"{path}: row {row}, field {names.label}: expected 0 or 1, or true or false, got {shown(label[0])}"
                )
    firsts, lasts = runs_of(np.array(labels, dtype=bool))
    return text.getvalue().encode(), list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def match_names(sources: Sequence[Source], label_names: Sequence[str], where: str) -> dict[str, str]:
    """Find the file that each name in a label file means.

    A name is the path below the folder that was named, the path in the corpus, or the file's name if no other file
    has it.

    Returns
    -------
    dict
        Name in the label file to path in the corpus.

    Raises
    ------
    InputError
        For a name that is no file's, or several files'.
    """
    meant: dict[str, set[str]] = {}
    short: dict[str, set[str]] = {}
    for source in sources:
        for name in (source.given, source.relative_path):
            meant.setdefault(name, set()).add(source.relative_path)
        short.setdefault(PurePosixPath(source.relative_path).name, set()).add(source.relative_path)
    found = {}
    for name in label_names:
        files = meant.get(name) or short.get(name) or set()
        if len(files) != 1:
            several = ", ".join(sorted(files)[:3])
            got = f"{len(files)}: {several}" if files else f"none of the {len(sources)} found"
            raise InputError(f"{where}: {printable(name, 200)}: expected the name of one data file, got {got}")
        (found[name],) = files
    return found
