"""Optuna's journal in a file that is whole at any time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from optuna.storages.journal import BaseJournalBackend

from zhtm_detector.common.files import write_text
from zhtm_detector.common.json_reader import parse_json


class WholeFileBackend(BaseJournalBackend):
    """Storage of Optuna's journal, one JSON object per line, that replaces the file at each write.

    Optuna's own `JournalFileBackend` appends to the file: half a line, left by a kill or a full disk, makes the next
    write unreadable, and the lock of a killed process blocks the next one for 30 seconds. The format is the same.

    Parameters
    ----------
    path : Path
        Need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        """Read the entries from this number on."""
        lines = self._text().splitlines()
        where = f"study {self.path}: line"
        return [parse_json(line, f"{where} {n}") for n, line in enumerate(lines, 1) if n > log_number_from]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Add entries; raises as `write_text`."""
        lines = [json.dumps(log, separators=(",", ":")) + "\n" for log in logs]
        write_text(self.path, "".join([self._text(), *lines]))

    def _text(self) -> str:
        return self.path.read_text(encoding="utf-8") if self.path.exists() else ""
