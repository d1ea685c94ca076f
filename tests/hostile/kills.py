"""Kills and stops of `zhtm` at random moments: what is left, and whether the same command then gives the same bytes.

    python tests/hostile/kills.py --run 200 --validate 50 --tune 50 --stop 60 --seed 1

Each command runs undisturbed first. Then it is ended at a random moment of its time, everything of its process group is
counted until it is gone, and it runs again into the same folder. The rows with a signal's name are stopped by it.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tiny import clean_environment, hear_signals, read_tree, write_corpus

PROJECT = Path(__file__).parents[2]
PATIENCE = 5.0  # seconds in which workers have to end
FILES = {f"one/{name}.csv": (400, [(250, 270)]) for name in ("a", "b", "c", "d")}

CORPUS = ("--nab-root", "../corpus", "--results", "results")
RUN = ("run", "--detectors", "zhtm,null", *CORPUS)
VALIDATE = ("validate", "--only", "scoreboard,seeds", "--seeds", "2", *CORPUS)
TUNE = ("tune", "params", "--trials", "4", "--batch", "2", "--space", "anomaly.refractory", *CORPUS)
STATE = ("--output", "results/scores.csv", "--state", "results/state", "--save-records", "200")
STREAM = ("stream", "../metric.csv", "--key", "sensor", "--preset", "column", "--probation", "300", *STATE)
CHAIN = 3  # kills of a stream, one after the other, before it is left alone

EXIT_CODES = {"SIGKILL": -9, "SIGINT": 130, "SIGTERM": 143, "SIGHUP": 143}


@dataclass
class Outcome:
    """What became of one command, ended again and again."""

    command: str
    ended: int = 0
    in_time: int = 0  # before it was done by itself
    finished: int = 0  # afterwards, left alone
    identical: int = 0
    orphans: int = 0
    slowest: float = 0.0  # seconds until the last process was gone
    temporary: int = 0  # files, after the second run
    wrong: list[str] = field(default_factory=list)

    def row(self) -> str:
        cells = [
            self.command,
            self.ended,
            self.in_time,
            self.finished,
            self.identical,
            self.orphans,
            f"{self.slowest:.1f} s",
        ]
        return "| " + " | ".join(map(str, [*cells, self.temporary, len(self.wrong)])) + " |"

    @property
    def good(self) -> bool:
        return self.identical == self.finished and not (self.orphans or self.temporary or self.wrong)


HEAD = (
    "| command | ended | before its end | finished afterwards | identical | orphans after 5 s | slowest end "
    "| temporary files | other findings |\n|---|---|---|---|---|---|---|---|---|"
)


def start(folder: Path, command: Sequence[str]) -> subprocess.Popen[str]:
    """Start `zhtm` in a process group of its own, in a folder for its results."""
    (folder / "results").mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "zhtm_detector", *command],
        cwd=folder,
        env={**clean_environment(folder), "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
        preexec_fn=hear_signals,
    )


def living(group: int) -> list[int]:
    """Processes of a group that have not ended; where there is no /proc, the group stands for them."""
    if not Path("/proc/self/stat").exists():
        with suppress(ProcessLookupError):
            os.killpg(group, 0)
            return [group]
        return []
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, of = stat.read_text(errors="replace").rpartition(")")[2].split()[:3]
            if int(of) == group and state not in "ZX":
                found.append(int(stat.parent.name))
    return found


def comparable(folder: Path) -> dict[str, bytes]:
    """All files, but for the moments and process names in the journal of `tune params`, which is Optuna's format."""
    marks = re.compile(rb'"(?:worker_id|datetime_\w+)":"[^"]*"')
    return {name: marks.sub(b"", content) for name, content in read_tree(folder).items()}


def end(outcome: Outcome, folder: Path, command: Sequence[str], number: int, delay: float) -> None:
    """Send a signal to the command after a delay, and count what is left of it."""
    process = start(folder, command)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        outcome.in_time += 1
        process.send_signal(number)
    sent = time.monotonic()
    process.wait()
    deadline = time.monotonic() + PATIENCE
    while (left := living(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    outcome.ended += 1
    outcome.orphans += len(left)
    outcome.slowest = max(outcome.slowest, time.monotonic() - sent)
    if left:
        os.killpg(process.pid, signal.SIGKILL)
    errors = process.communicate()[1]
    if process.returncode not in (0, EXIT_CODES[signal.Signals(number).name], -number):
        outcome.wrong.append(f"exit code {process.returncode}")
    if "resource_tracker" in errors:  # the interpreter's own process, which outlives the command
        outcome.wrong.append(errors)
    if number != signal.SIGKILL:  # which nothing can answer
        if "Traceback" in errors and "zhtm_detector" in errors:  # not of the interpreter's own start
            outcome.wrong.append(errors)
        outcome.wrong += [name for name in read_tree(folder) if name.endswith((".tmp", ".lock"))]


def repeat(outcome: Outcome, folder: Path, command: Sequence[str], base: dict[str, bytes]) -> None:
    """Run the command again in the same folder, and compare the results with those of an undisturbed run."""
    again = start(folder, command)
    errors = again.communicate()[1]
    if again.returncode:
        outcome.wrong.append(errors)
    found = comparable(folder / "results")
    outcome.temporary += sum(name.endswith((".tmp", ".lock")) for name in found)
    outcome.finished += 1
    outcome.identical += found == base


def measure(
    name: str, command: Sequence[str], times: int, number: int, rng: random.Random, root: Path
) -> tuple[Outcome, float]:
    """End a command so many times, each in a folder of its own."""
    outcome = Outcome(name)
    for _ in range(2):  # the first may have to compile
        undisturbed = Path(tempfile.mkdtemp(dir=root))
        begin = time.monotonic()
        first = start(undisturbed, command)
        errors = first.communicate()[1]
        seconds = time.monotonic() - begin
        if first.returncode:
            raise RuntimeError(f"{name}: exit code {first.returncode}: {errors}")
    base = comparable(undisturbed / "results")
    while outcome.ended < times:
        with tempfile.TemporaryDirectory(dir=root) as folder:
            for _ in range(CHAIN if command[0] == "stream" else 1):
                end(outcome, Path(folder), command, number, rng.uniform(0.0, seconds))
            repeat(outcome, Path(folder), command, base)
    return outcome, seconds


def main(arguments: Sequence[str] | None = None) -> list[Outcome]:
    """Print the table as it grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=int, default=200, help="kills of `zhtm run`, half with 1, half with 2 workers")
    parser.add_argument("--validate", type=int, default=50)
    parser.add_argument("--tune", type=int, default=50)
    parser.add_argument("--stream", type=int, default=1000, help=f"kills of `zhtm stream --state`, {CHAIN} in a row")
    parser.add_argument("--stop", type=int, default=60, help="stops by Ctrl-C, SIGTERM and SIGHUP, a third each")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    kill = signal.SIGKILL
    plan = [
        ("run, 1 worker", (*RUN, "--workers", "1"), (chosen.run + 1) // 2, kill),
        ("run, 2 workers", (*RUN, "--workers", "2"), chosen.run // 2, kill),
        ("validate", (*VALIDATE, "--workers", "2"), chosen.validate, kill),
        ("tune params", (*TUNE, "--workers", "2"), chosen.tune, kill),
        ("stream --state", STREAM, chosen.stream, kill),
        *(
            (f"run, 2 workers, {number.name}", (*RUN, "--workers", "2"), (chosen.stop + place) // 3, number)
            for place, number in enumerate((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
        ),
    ]
    rng = random.Random(chosen.seed)
    outcomes = []
    with tempfile.TemporaryDirectory() as root:
        write_corpus(Path(root) / "corpus", FILES)
        write_stream(Path(root) / "metric.csv")
        say(HEAD)
        for name, command, times, number in plan:
            if times:
                outcome, seconds = measure(name, command, times, number, rng, Path(root))
                outcome.command += f" ({seconds:.1f} s)"
                say(outcome.row())
                for finding in outcome.wrong[:3]:
                    sys.stderr.write(f"{name}: {finding}\n")
                outcomes.append(outcome)
    return outcomes


def write_stream(path: Path) -> None:
    """Write 4,000 records of three sensors in turn."""
    rng = random.Random(0)
    lines = ["timestamp,sensor,value"]
    for number in range(4000):
        value = 20 + 10 * math.sin(number / 40) + rng.gauss(0, 1)
        lines.append(f"{datetime(2026, 1, 1) + timedelta(minutes=number)},s{number % 3},{value:.3f}")
    path.write_text("\n".join(lines) + "\n")


def say(line: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(not all(outcome.good for outcome in main()))
