"""Print the figures of README.md and results/*.md anew, each by the command that stands at its mark.

    python tests/figures.py [FILE...] [--only TEXT]

A mark is a line `<!-- $ zhtm … -->`; what follows it, up to `<!-- $ -->`, is what the command prints. A part of a page
without such marks is prose. Run it where `zhtm` is installed and NAB_ROOT is set.
"""

from __future__ import annotations

import argparse
import re
import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PAGES = [
    "README.md",
    "results/EVIDENCE.md",
    "results/MEASURES.md",
    "results/SPEED.md",
    "results/TUNING.md",
    "results/PREDICTION.md",
]
MARK = re.compile(r"(<!-- \$ (.+?) -->\n).*?(<!-- \$ -->)", flags=re.DOTALL)


def renew(page: Path, only: str) -> None:
    """Replace what stands at the marks of a page by what their commands print."""

    def printed(found: re.Match[str]) -> str:
        begin, command, end = found.groups()
        if only not in command:
            return found.group()
        done = subprocess.run(command, shell=True, cwd=PROJECT, capture_output=True, text=True, check=True)
        return f"{begin}\n{done.stdout.strip()}\n\n{end}"

    page.write_text(MARK.sub(printed, page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", default=PAGES, help="Pages to renew; by default all.")
    parser.add_argument("--only", default="", help="Only the commands that hold this text.")
    arguments = parser.parse_args()
    for name in arguments.pages:
        renew(PROJECT / name, arguments.only)
