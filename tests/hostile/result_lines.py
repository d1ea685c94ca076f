"""What `zhtm stream` has written: only whole and right lines, as many as there must be."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zhtm_detector.common.text import is_one_line

_FLAGS = ("alert", "silenced", "out_of_range")


@dataclass(frozen=True)
class Results:
    """Lines that a stream must have written.

    Parameters
    ----------
    columns : tuple of str
        Empty: whatever the header says.
    least, most : int
        Records.
    form : "csv" or "jsonl"
    file : str
        Where; empty: standard output.
    """

    columns: tuple[str, ...]
    least: int
    most: int
    form: str = "csv"
    file: str = ""


def wrong_lines(content: bytes, results: Results) -> Iterator[str]:
    """What is wrong with the results in a file."""
    if content and not content.endswith(b"\n"):
        yield f"half a line: {content[-60:]!r}"
    try:
        lines = content.decode().split("\n")[:-1]
        rows = _csv_rows(lines, results) if results.form == "csv" else [json.loads(line) for line in lines]
    except (ValueError, csv.Error) as error:
        yield f"not {results.form}: {error}"
        return
    if not results.least <= len(rows) <= results.most:
        yield f"{len(rows)} records instead of {results.least} to {results.most}"
    for line, row in zip(lines[len(lines) - len(rows) :], rows, strict=True):
        if (results.columns and tuple(row) != results.columns) or not is_one_line(line):
            yield f"wrong columns or characters: {line[:200]!r}"
        elif not _is_judged(row):
            yield f"wrong judgement: {line[:200]!r}"
        else:
            continue
        return


def _csv_rows(lines: list[str], results: Results) -> list[dict[str, Any]]:
    rows = [next(csv.reader([line], strict=True)) for line in lines]
    if rows and results.columns and tuple(rows[0]) != results.columns:
        raise ValueError(f"header {rows[0]}")
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def _is_judged(row: dict[str, Any]) -> bool:
    score = row["score"]
    try:
        scored = score in ("", None) or 0 <= float(score) <= 1
        return scored and all(str(row[name]) in "01" for name in _FLAGS) and int(row["gap"]) >= 0
    except (TypeError, ValueError):
        return False
