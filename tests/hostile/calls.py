"""Random sequences of calls to the public classes, valid and not, each object beside its slow twin.

    python tests/hostile/calls.py --count 20000 --seed 1

An invalid call must raise ValueError with a message of one line, and change nothing: the object pickles to the same
bytes. A valid one must give what the twin gives. The exit code is 1 if there is a finding.
"""

from __future__ import annotations

import argparse
import pickle
import sys
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])  # tests/, as pytest has it

LONGEST_MESSAGE = 400
CALLS_OF_AN_OBJECT = 60
MODULES = (  # each with a list DRIVERS
    *("hostile.call_memories", "hostile.call_encoders", "hostile.call_more_encoders", "hostile.call_models"),
    *("hostile.call_predictions", "hostile.call_metrics"),
)

Call = tuple[str, Callable[[], object]]  # what it is, for a finding; the call


class Driver(Protocol):
    """An object under test and its twin, both made from what the generator draws."""

    subject: Any  # pickled before and after an invalid call

    def __init__(self, rng: np.random.Generator) -> None: ...

    def valid(self, rng: np.random.Generator) -> str:
        """Make one valid call, on the twin as well; return how they differ, empty if they do not."""
        ...

    def invalid(self, rng: np.random.Generator) -> Call:
        """Return an invalid call, not yet made."""
        ...


class Row(NamedTuple):
    """What became of the calls of one class."""

    name: str
    counts: Counter[str]  # calls, invalid, tracebacks, taken, changed, differences
    findings: list[str]


COLUMNS = {
    "calls": "calls",
    "invalid": "invalid calls",
    "tracebacks": "tracebacks other than ValueError",
    "taken": "invalid calls taken",
    "changed": "invalid calls that changed the object",
    "differences": "differences from the twin",
}


def drive(driver: type[Driver], count: int, seed: int) -> Row:
    """Make so many calls, to a new object every now and then."""
    row = Row(driver.__name__, Counter(), [])
    rng = np.random.default_rng([seed, *driver.__name__.encode()])
    while row.counts["calls"] < count:
        pair = driver(rng)
        for _ in range(min(CALLS_OF_AN_OBJECT, count - row.counts["calls"])):
            row.counts["calls"] += 1
            what, found = _one_invalid(pair, rng, row) if rng.random() < 0.4 else _one_valid(pair, rng)
            if found:
                row.counts[found] += 1
                row.findings.append(f"{row.name}, call {row.counts['calls']}: {found}: {what}")
                break  # object and twin may no longer agree
    return row


def _one_valid(pair: Driver, rng: np.random.Generator) -> tuple[str, str]:
    try:
        difference = pair.valid(rng)
    except Exception as error:
        return f"a valid call: {error!r}", "tracebacks"
    return difference, "differences" if difference else ""


def _one_invalid(pair: Driver, rng: np.random.Generator, row: Row) -> tuple[str, str]:
    row.counts["invalid"] += 1
    what, call = pair.invalid(rng)
    before = pickle.dumps(pair.subject)
    try:
        call()
    except ValueError as error:
        message = str(error)
        if not message or not message.isprintable() or len(message) > LONGEST_MESSAGE:
            return f"{what}: message {message!r}", "tracebacks"
    except Exception as error:
        return f"{what}: {error!r}", "tracebacks"
    else:
        return what, "taken"
    return what, "changed" if pickle.dumps(pair.subject) != before else ""


def drivers() -> list[type[Driver]]:
    """Return all drivers."""
    return [driver for module in MODULES for driver in import_module(module).DRIVERS]


def table(rows: list[Row]) -> str:
    """Return the counts as a table in Markdown, with their sums."""
    lines = [["class", *COLUMNS.values()], ["---"] * (1 + len(COLUMNS))]
    lines += [[row.name, *(str(row.counts[key]) for key in COLUMNS)] for row in rows]
    lines.append(["all", *(str(sum(row.counts[key] for row in rows)) for key in COLUMNS)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Print the table and the findings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="calls of all classes together")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    found = drivers()
    rows = [drive(driver, -(-given.count // len(found)), given.seed) for driver in found]
    findings = [finding for row in rows for finding in row.findings]
    print("\n".join([table(rows), *findings]))  # noqa: T201
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
