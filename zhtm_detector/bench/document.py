"""The JSON file of a run: written, read again as the older one of a comparison, and checked then."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from zhtm_detector.bench.bench_table import BenchTable
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import read_json_object, write_text

FORMAT = "zhtm-bench"
VERSION = 1


class OldTable(BaseModel):
    """A table as another run wrote it."""

    name: str
    rows: list[dict[str, str | int | float | None]]


class OldRun(BaseModel):
    """What a comparison needs of another run's file; what else is in it is passed by."""

    format: Literal["zhtm-bench"]
    version: Literal[1]
    package: str
    machine: dict[str, Any]
    options: dict[str, Any]
    sections: dict[str, list[OldTable]]

    def rows(self, name: str) -> list[dict[str, str | int | float | None]]:
        """Rows of a table; none where it was not measured."""
        return next((table.rows for tables in self.sections.values() for table in tables if table.name == name), [])

    def differences(self, machine: Mapping[str, Any], options: Mapping[str, Any]) -> list[str]:
        """Name what was not the same then, beside the package: figures may differ because of it."""
        pairs = [(self.machine, machine), (self.options, options)]
        return [name for old, new in pairs for name in new if old.get(name) != new[name]]


def read_old(path: Path) -> OldRun:
    """Read an older run.

    Raises
    ------
    InputError
        When it is missing, not JSON, or not what `zhtm bench` of this format version writes.
    """
    if not path.is_file():
        raise InputError(f"--against {path}: not found; expected a JSON file that `zhtm bench` wrote")
    content = read_json_object(path)
    try:
        return OldRun.model_validate(content)
    except ValidationError as error:
        if content.get("format") == FORMAT and content.get("version") != VERSION:
            raise InputError(
                f"--against {path}: expected format version {VERSION}, got {str(content.get('version'))[:20]}"
            ) from None
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise InputError(f"--against {path}: not a file that `zhtm bench` wrote (at {where})") from None


def document(
    package: str,
    machine: Mapping[str, Any],
    options: Mapping[str, Any],
    sections: Mapping[str, Sequence[BenchTable]],
) -> dict[str, Any]:
    """Give a run for a machine."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "package": package,
        "machine": dict(machine),
        "options": dict(options),
        "sections": {name: [table.to_json() for table in tables] for name, tables in sections.items()},
    }


def check_output(path: Path) -> None:
    """Find out before the work, not after it, that the file cannot be written.

    Raises
    ------
    InputError
        Then.
    """
    if path.is_dir():
        raise InputError(f"--output {path}: expected a file to write, got a folder")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise InputError(f"--output {path}: cannot be written ({error.strerror}); expected a file to write") from None


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write a run's file; raises as `check_output`."""
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")
