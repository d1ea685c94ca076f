"""Throw hostile inputs and print what became of them; see `python -m tests.hostile --help`."""

from __future__ import annotations

import argparse
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from math import inf
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does

from hostile.kinds import GROUPS, LARGE, MAKERS, cases
from hostile.report import listing, table
from hostile.run import Tally, harness, throw_all


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument(
        "--only", default="csv,labels,presets,results,commands", help=f"of {', '.join([*MAKERS, *GROUPS])}"
    )
    parser.add_argument("--count", type=int, help="inputs of each kind; default: the large version")
    parser.add_argument(
        "--minutes", type=float, default=inf, help="stop each kind after so long, even if inputs are left"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="kinds at the same time")
    parser.add_argument("--case", metavar="KIND:NUMBER", help="one input, shown in full")
    given = parser.parse_args()
    if given.case:
        _show(given.case, given.seed)
        return
    kinds = [kind for name in given.only.split(",") for kind in GROUPS.get(name, (name,))]
    with ThreadPoolExecutor(given.jobs) as pool:
        tallies = list(
            pool.map(lambda kind: _throw(kind, given.seed, given.count or LARGE[kind], given.minutes), kinds)
        )
    findings = [finding for tally in tallies for finding in tally.findings]
    _say(f"{table(tallies)}\n\n{listing(findings)}")
    sys.exit(1 if findings else 0)


def _throw(kind: str, seed: int, count: int, minutes: float) -> Tally:
    with harness(kind) as opened:
        return throw_all(kind, cases(kind, seed, count), opened, 60 * minutes)


def _show(case: str, seed: int) -> None:
    kind, _, number = case.partition(":")
    made = MAKERS[kind](seed, int(number))
    with harness(kind) as opened:
        ran, findings, seconds = opened.throw(made)
    _say(f"{made.note}; expected exit code {sorted(made.codes)}, got {ran.code} in {seconds:.1f} s")
    _say(f"zhtm {shlex.join(made.argv)[:3000]}")
    for name, content in made.files.items():
        _say(f"--- {name!r}, {len(content)} bytes\n{content[:3000]!r}")
    _say(f"--- stdout\n{ran.out[:3000]}\n--- stderr\n{ran.err[:8000]}")
    for finding in findings:
        _say(f"finding: {finding.what}: {finding.detail}")


def _say(text: str) -> None:
    sys.stdout.buffer.write(text.encode("utf-8", errors="backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
