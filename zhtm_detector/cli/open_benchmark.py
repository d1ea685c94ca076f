"""What verbs that work on a corpus begin and end with: the benchmark they were asked for, and the files that failed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from zhtm_detector.nab.benchmark import Benchmark


def open_benchmark(
    nab_root: Path | None,
    files: str | None,
    results: Path,
    thresholds: Path | None = None,
    profiles: Path | None = None,
) -> Benchmark:
    """Open the corpus that the options choose; a part of NAB, or another corpus, is told on standard error."""
    from zhtm_detector.cli import console
    from zhtm_detector.nab.benchmark import Benchmark
    from zhtm_detector.nab.choose_corpus import choose_corpus

    console.show_warnings()
    benchmark = Benchmark(choose_corpus(nab_root, files), results, thresholds, profiles)
    if benchmark.chosen.notice:
        console.warn(benchmark.chosen.notice)
    return benchmark


def finish(benchmark: Benchmark, errors: Iterable[tuple[str, str]] = ()) -> None:
    """Tell of the files that failed, in reading or later (file, error), and exit with 1 when there are any."""
    from zhtm_detector.cli import console

    failed = [*errors, *benchmark.errors.items()]
    # One line each: a file that cannot be read fails for every detector in the same way.
    for error in dict.fromkeys(error for _, error in failed):
        console.fail(error)
    if count := len({path for path, _ in failed}):
        console.warn(f"{count} of {len(benchmark.windows)} files failed and are in no figure above")
        raise typer.Exit(1)
