"""Opening the benchmark that the options choose, and reporting the files that failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    from zhtm_detector.nab.benchmark import Benchmark

_LOCK = ".zhtm.lock"  # in the results
_held = ExitStack()  # what this command has locked


@contextmanager
def released_at_end() -> Iterator[None]:
    """Release all results folders that the command in the block has locked."""
    with _held:
        yield


def open_benchmark(
    nab_root: Path | None,
    files: str | None,
    results: Path,
    thresholds: Path | None = None,
    profiles: Path | None = None,
    writes: bool = False,
) -> Benchmark:
    """Open the corpus that the options choose, with a warning if its scores are not NAB's.

    With `writes`, the results folder is this command's alone until it ends.

    Raises
    ------
    InputError
        As `Benchmark`, and when another process writes into the results folder.
    """
    from zhtm_detector.cli import console
    from zhtm_detector.common.files import locked
    from zhtm_detector.nab.benchmark import Benchmark
    from zhtm_detector.nab.choose_corpus import choose_corpus

    console.show_warnings()
    benchmark = Benchmark(choose_corpus(nab_root, files), results, thresholds, profiles)
    if writes:
        _held.enter_context(locked(results / _LOCK, f"results {results}"))
    if benchmark.chosen.notice:
        console.warn(benchmark.chosen.notice)
    return benchmark


def open_corpora(
    benchmark: Benchmark, roots: Mapping[str, Path], results_of: Callable[[str], Path]
) -> dict[str, Benchmark]:
    """Name the first corpus, and open the others that `--corpus` names, each with its results.

    Raises
    ------
    InputError
        As `Benchmark`; when two have one name, or one is named NAB and is another.
    """
    from zhtm_detector.nab.benchmark import Benchmark
    from zhtm_detector.nab.choose_corpus import choose_corpus

    chosen = benchmark.chosen
    first = "NAB" if chosen.is_nab else chosen.corpus.root.name
    if first == "NAB" and not chosen.is_nab:  # a folder with this name, or altered files
        first = chosen.prefix + first
    if first in roots:
        raise InputError(f"--corpus {first}: expected another name than that of the first corpus")
    opened = {first: benchmark} | {
        name: Benchmark(choose_corpus(root), results_of(name)) for name, root in roots.items()
    }
    if "NAB" in opened and not opened["NAB"].chosen.is_nab:
        raise InputError(f"--corpus NAB: expected another name. {opened['NAB'].chosen.notice}")
    return opened


def about(benchmark: Benchmark) -> dict[str, Any]:
    """Build the part of a JSON document that says whether its scores are NAB's."""
    return {"is_nab": benchmark.chosen.is_nab, "notice": benchmark.chosen.notice}


def finish(benchmark: Benchmark, errors: Iterable[tuple[str, str]] = ()) -> None:
    """Report the files that could not be read or failed later (file, error), and exit with 1 if there are any."""
    if report_failures(benchmark, errors):
        raise typer.Exit(1)


def report_failures(benchmark: Benchmark, errors: Iterable[tuple[str, str]] = (), where: str = "") -> bool:
    """Report the files that failed as `finish` does; returns whether there are any. `where` names their corpus."""
    from zhtm_detector.cli import console

    for warning in dict.fromkeys(benchmark.warnings):
        console.warn(warning)
    failed = [*errors, *benchmark.errors.items()]
    # Each error once: a file that cannot be read fails for every detector in the same way.
    for error in dict.fromkeys(error for _, error in failed):
        console.fail(error)
    if count := len({path for path, _ in failed}):
        console.warn(f"{count} of {len(benchmark.windows)} files{where} failed and are in no figure above")
    return bool(failed)
