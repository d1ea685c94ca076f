"""The ledger: every configuration whose scores were looked at, so that a reader knows what a best one was chosen from.

One JSON object per line. The file is replaced as a whole under a lock: an interrupted run leaves no half line, and two
processes do not mix theirs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.files import locked, write_text
from zhtm_detector.common.json_reader import parse_json
from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.common.text import shown
from zhtm_detector.evaluation.score_store import Source
from zhtm_detector.htm.params import ModelParams

FILE = "ledger.jsonl"  # in the results
_KINDS = {"tool": str, "params": str, "corpus": str, "files": int, "seeds": int}


@dataclass(frozen=True)
class Look:
    """One configuration that a tool looked at on a corpus."""

    tool: str  # sweep or tune params
    params: str  # checksum of the parameters
    corpus: str  # checksum of data files and labels
    files: int
    seeds: int

    @classmethod
    def of(cls, tool: str, params: ModelParams, corpus: str, files: int, seeds: int = 1) -> Look:
        """Return the look of a tool at parameters."""
        content = json.dumps(Source(params).identity()["params"], sort_keys=True)
        return cls(tool, hashlib.sha256(content.encode()).hexdigest()[:32], corpus, files, seeds)

    @property
    def configuration(self) -> tuple[str, str]:
        """What is counted once."""
        return self.params, self.corpus


class Ledger:
    """The ledger of a results folder.

    Parameters
    ----------
    path : Path
        Need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, results: Path) -> Ledger:
        """Return the ledger of this results folder."""
        return cls(results / FILE)

    def read(self) -> list[Look]:
        """Read all looks.

        Raises
        ------
        InputError
            When the file is not a ledger; it is left as it is.
        """
        return [_parse(line, number, self.path) for number, line in enumerate(self._text().splitlines(), start=1)]

    def add(self, looks: Iterable[Look]) -> None:
        """Append the looks that are not there yet, with today's date.

        Raises
        ------
        InputError
            As `read`, and when the file cannot be written.
        """
        with locked(self.path.with_name(f".{self.path.name}.lock")):
            new = dict.fromkeys(looks)
            for look in self.read():
                new.pop(look, None)
            if new:
                date = datetime.now(UTC).date().isoformat()
                lines = [json.dumps({**asdict(look), "date": date}) + "\n" for look in new]
                write_text(self.path, "".join([self._text(), *lines]))

    def _text(self) -> str:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            raise InputError(f"ledger {self.path}: cannot be read ({error}); expected lines of JSON") from None
        return text if text.endswith("\n") or not text else f"{text}\n"  # an editor may have dropped the last one


def _parse(line: str, number: int, path: Path) -> Look:
    where = f"ledger {path}: line {number}"
    content = parse_json(line, where)
    if not isinstance(content, dict) or any(type(content.get(name)) is not kind for name, kind in _KINDS.items()):
        raise InputError(f"{where}: expected a JSON object with {', '.join(_KINDS)}, got {shown(line)}")
    return Look(**{name: content[name] for name in _KINDS})


def ledger_table(looks: Sequence[Look]) -> DataTable:
    """Count distinct configurations by tool, each once per corpus."""
    tools = sorted({look.tool for look in looks})
    rows = [_count_row(tool, [look for look in looks if look.tool == tool]) for tool in tools]
    notes = [] if tools else ["none so far"]
    if len(tools) > 1:
        rows.append(_count_row("all", looks))
        notes = ["A configuration that two tools looked at counts for each of them, and once in all."]
    columns = [Column("tool", "tool"), Column("configurations", "configurations"), Column("corpora", "corpora")]
    return DataTable("Configurations looked at", columns, rows, notes)


def _count_row(name: str, looks: Sequence[Look]) -> list[Cell]:
    return [name, len({look.configuration for look in looks}), len({look.corpus for look in looks})]
