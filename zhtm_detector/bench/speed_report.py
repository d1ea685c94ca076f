"""The figures of a run with the machine that they come from, as JSON and as a Markdown page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from zhtm_detector.bench.machine import LIBRARIES
from zhtm_detector.common.tables import DataTable


@dataclass(frozen=True)
class SpeedReport:
    """Tables of figures, and what the figures depend on.

    Parameters
    ----------
    package : str
        Version of this package.
    machine : mapping
        As `describe_machine` returns it.
    options : mapping
        Options of the run and the files that were timed.
    tables : mapping of str to DataTable
        By section.
    """

    package: str
    machine: Mapping[str, Any]
    options: Mapping[str, Any]
    tables: Mapping[str, DataTable]

    def to_json(self) -> dict[str, Any]:
        """Return everything with unrounded figures."""
        return {
            "package": self.package,
            "machine": dict(self.machine),
            "options": dict(self.options),
            "sections": {name: table.to_json() for name, table in self.tables.items()},
        }

    def markdown(self, options: str) -> str:
        """Return a page: a line on the machine, then the tables, each with the command that prints it alone.

        Parameters
        ----------
        options : str
            The options of the run besides the sections, as a command line has them.
        """
        machine = self.machine
        software = ", ".join(f"{name} {machine[name.lower()]}" for name in ("Python", *LIBRARIES))
        intro = (
            f"Printed by `{_command(self.tables, options)} --markdown` with zhtm-detector {self.package} on "
            f"{machine['cpu'] or 'an unknown CPU'} (cores: {machine['cores']}), {software}."
        )
        tables = list(self.tables.values())
        if len(tables) > 1:
            tables = [
                replace(table, notes=[*table.notes, f"`{_command([name], options)}`"])
                for name, table in self.tables.items()
            ]
        return "\n\n".join(["# Speed", intro, *(table.markdown() for table in tables)])


def _command(sections: Iterable[str], options: str) -> str:
    return f"zhtm bench --only {','.join(sections)} {options}".rstrip()
