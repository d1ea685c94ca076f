"""A process that commits to a state folder until it is killed, and one that kills it and looks.

PYTHONPATH=.:tests python tests/commits.py FOLDER 1000      # so many kills
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import zhtm_detector
from zhtm_detector.streams.state.state_folder import StateFolder

ROOT = Path(zhtm_detector.__file__).parents[1]


def state_at(number: int) -> dict[str, str]:
    """The state after so many commits: streams come and go, and change every third commit or so."""
    present = [stream for stream in range(12) if (stream + number // 4) % 5]
    return {f"stream {stream}/ü": f"{stream} {number - (number + stream) % 3}\n" * 200 for stream in present}


def commit_for_ever(folder: Path) -> None:
    with StateFolder(folder) as state:
        found = state.read()
        number = found[0]["number"] if found else 0
        while True:
            number += 1
            before, now = state_at(number - 1) if number > 1 else {}, state_at(number)
            changed = {key: text.encode for key, text in now.items() if before.get(key) != text}
            state.commit(changed, now, {"number": number})
            sys.stdout.write("committed\n")
            sys.stdout.flush()


def check(folder: Path) -> int:
    """Return the number of commits in a folder, after a look at all of it."""
    with StateFolder(folder) as state:
        found = state.read()
        if found is None:
            return 0
        extra, files = found
        assert {key: file.read_text(encoding="utf-8") for key, file in files.items()} == state_at(extra["number"])
        left = {file.name for file in folder.iterdir()}
        assert left == {"lock", "manifest.npz", *(file.name for file in files.values())}
    return int(extra["number"])


def kill_and_check(folder: Path, kills: int, seed: int) -> list[int]:
    """Return the numbers of commits after each kill."""
    rng, numbers = np.random.default_rng(seed), []
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    for _ in range(kills):
        command = [sys.executable, __file__, str(folder)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None and process.stdout.readline() == b"committed\n"
            time.sleep(rng.uniform(0.0, 0.03))
            process.kill()
        numbers.append(check(folder))
    return numbers


if __name__ == "__main__":
    if len(sys.argv) == 2:
        commit_for_ever(Path(sys.argv[1]))
    else:
        counts = kill_and_check(Path(sys.argv[1]), int(sys.argv[2]), seed=1)
        sys.stdout.write(f"{len(counts)} kills in {counts[-1]} commits: always readable, one of the committed states\n")
