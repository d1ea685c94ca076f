"""The command `zhtm stream` over a timed stream, as a user types it: the rooms above are run, not imported."""

from __future__ import annotations

import runpy
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import BinaryIO
from unittest.mock import patch

import pandas as pd

from zhtm_detector.bench.fresh_process import package_environment
from zhtm_detector.bench.timed_stream import TimedStream
from zhtm_detector.htm.model import HTMModel
from zhtm_detector.htm.params import ModelParams

GIVEN, CAUSAL = "given", "causal"  # where a model has its range from


@dataclass(frozen=True)
class StreamCommand:
    """The command, and the model that it runs, for one preset and range.

    Parameters
    ----------
    stream : TimedStream
    params : ModelParams
    seed : int
    range : "given" or "causal"
    folder : Path
        For the files of the command.
    """

    stream: TimedStream
    params: ModelParams
    seed: int
    range: str
    folder: Path

    def model(self) -> HTMModel:
        """Build the model that the command builds."""
        params = self.params if self.range == GIVEN else self.params.model_copy(update={"causal": True})
        return self.stream.model(params, self.seed)

    def write(self, records: int | None = None) -> tuple[Path, Path]:
        """Write the records, or the first of them, as CSV and as JSON lines, in the order of time."""
        frame = pd.DataFrame({"timestamp": self.stream.timestamps, "value": self.stream.values})
        frame = frame.sort_values("timestamp", kind="stable")[:records]
        csv, lines = self.folder / "records.csv", self.folder / "records.jsonl"
        frame.to_csv(csv, index=False)
        frame.to_json(lines, orient="records", lines=True, date_format="iso", double_precision=15)
        return csv, lines

    def arguments(self, *more: str) -> list[str]:
        """Return the words of the command after `zhtm`, for `run_here` and `started`; any preset has a threshold."""
        preset = self.folder / "preset.json"
        preset.write_text(self.params.model_dump_json(), encoding="utf-8")
        words = ["stream", *more, f"--preset={preset}", f"--seed={self.seed}", "--threshold=0.5"]
        if self.range == GIVEN:
            words += [f"--minimum={self.stream.minimum!r}", f"--maximum={self.stream.maximum!r}"]
        return [*words, f"--probation={self.stream.probation}"]


def started(arguments: Sequence[str], errors: BinaryIO) -> subprocess.Popen[bytes]:
    """Start the command in a process of its own, between two pipes, with a file for what it says."""
    words = [sys.executable, "-m", "zhtm_detector", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=errors, env=package_environment())


def run_here(arguments: Sequence[str]) -> None:
    """Run the command in this process, which should be a fresh one: it takes over signals.

    Raises
    ------
    RuntimeError
        With what it says if it fails.
    """
    said = StringIO()
    with patch.object(sys, "argv", ["zhtm", *arguments]), redirect_stderr(said):
        try:
            runpy.run_module("zhtm_detector", run_name="__main__")
        except SystemExit as end:
            if end.code:
                raise RuntimeError(said.getvalue().strip()) from None
