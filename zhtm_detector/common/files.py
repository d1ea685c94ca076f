"""Files that are never half written, and JSON files that are refused in one line."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: under a temporary name in the same folder, then renamed.

    Raises
    ------
    InputError
        When it cannot be written.
    """
    # NAB's corpus reader skips names that start with a dot.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("w", encoding="utf-8", newline="") as file:
                file.write(text)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); expected a writable folder") from None


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as NAB does. Raises as `write_text`."""
    write_text(path, frame_text(frame))


def frame_text(frame: pd.DataFrame) -> str:
    """Give a table as NAB writes it: `to_csv` without an index."""
    return frame.to_csv(index=False, lineterminator="\n")


def read_json_object(path: Path) -> dict[str, Any]:
    """Read a JSON object; an absent file is an empty one.

    Raises
    ------
    InputError
        When the file is there but is no JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a JSON file") from None
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}); it was left as it is") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a JSON object, got {type(content).__name__}; it was left as it is")
    return content


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON as NAB does: sorted keys, indented by 4. Raises as `write_text`."""
    write_text(path, json.dumps(content, sort_keys=True, indent=4, separators=(",", ": "), allow_nan=False))
