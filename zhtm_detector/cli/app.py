"""The `zhtm` command. Each verb imports what it needs inside its function, so that help answers at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from zhtm_detector.cli.bench import bench
from zhtm_detector.cli.catalogue import catalogue
from zhtm_detector.cli.compare import compare
from zhtm_detector.cli.corpus import corpus
from zhtm_detector.cli.detect import detect
from zhtm_detector.cli.open_benchmark import released_at_end
from zhtm_detector.cli.options import Csv, Detectors, Json, Markdown, Preset, Seed, Workers
from zhtm_detector.cli.peers import peers
from zhtm_detector.cli.plot import plot
from zhtm_detector.cli.predict import predict
from zhtm_detector.cli.record import record
from zhtm_detector.cli.report import report
from zhtm_detector.cli.run import run
from zhtm_detector.cli.show import choose_format, scoreboard_table, show
from zhtm_detector.cli.steps import normalize, optimize, score
from zhtm_detector.cli.stream import stream
from zhtm_detector.cli.sweep import sweep
from zhtm_detector.cli.tune import need_verb, tune
from zhtm_detector.cli.validate import validate
from zhtm_detector.cli.view import view
from zhtm_detector.common.errors import InputError

app = typer.Typer(
    name="zhtm",
    help="HTM anomaly detection on the Numenta Anomaly Benchmark (NAB). Begin with: zhtm run",
    epilog="Exit codes: 0 done; 1 done, but some files failed (each is a row with its error); "
    "2 bad input or usage, or nothing could be written; 130 interrupted (Ctrl-C); 143 ended by SIGTERM or SIGHUP.",
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    rich_markup_mode=None,  # plain help wraps long lines where rich's tables cut them
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from zhtm_detector.cli import console
        from zhtm_detector.common.versions import package_version

        console.say(f"zhtm {package_version()}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def zhtm(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Print the help if there is no verb."""
    need_verb(context)


def fetch(
    what: Annotated[str, typer.Argument(help="nab, the corpus; or hotgym, a gym's power consumption.")] = "nab",
    destination: Annotated[
        Path | None, typer.Argument(help="Folder to download into. Default: the user's cache.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Another server that has the same files.")] = None,
) -> None:
    """Download NAB's corpus, or a gym's power data.

    Both come at a pinned commit; each file is checked by its SHA-256 sum.

    Example: zhtm fetch
    """
    from zhtm_detector.cli import console
    from zhtm_detector.nab.fetch import default_cache, fetch_corpus, read_files, source

    origin, registry = source(what)
    files = read_files(registry)
    with console.counting("files", len(files)) as count:
        root = fetch_corpus(
            destination or default_cache(what), url or origin, files=files, progress=lambda *_: count(1)
        )
    console.say(f"NAB root: {root}" if what == "nab" else f"{what}: {root / next(iter(files))}")


def inside(
    checkout: Annotated[Path, typer.Argument(help="A clone of numenta/NAB.")],
    preset: Preset = None,
    detectors: Detectors = "zhtm",
    seed: Seed = 42,
    workers: Workers = None,
    json: Json = False,
    markdown: Markdown = False,
    csv: Csv = False,
) -> None:
    """Run our detectors with NAB's own runner, in a NAB checkout.

    The results go into the checkout.

    Example: zhtm inside ../NAB
    """
    from contextlib import redirect_stdout

    from zhtm_detector.cli import console
    from zhtm_detector.common.workers import cores
    from zhtm_detector.detectors.names import choose_detectors
    from zhtm_detector.nab.checkout import run_in_checkout
    from zhtm_detector.nab.choose_corpus import choose_corpus
    from zhtm_detector.nab.scoreboard import scoreboard

    form = choose_format(json, markdown, csv)
    with redirect_stdout(sys.stderr):  # NAB's own code prints
        final = run_in_checkout(checkout, choose_detectors(detectors, preset), seed, workers or cores())
    chosen = choose_corpus(checkout)
    if chosen.notice:
        console.warn(chosen.notice)
    board = scoreboard(final, with_published=chosen.is_nab)
    show(form, [scoreboard_table(board, form, chosen.notice)], final)


_VERBS: dict[str, Callable[..., None]] = {
    "run": run,
    "detect": detect,
    "optimize": optimize,
    "score": score,
    "normalize": normalize,
    "compare": compare,
    "report": report,
    "plot": plot,
    "record": record,
    "stream": stream,
    "predict": predict,
    "view": view,
    "validate": validate,
    "peers": peers,
    "sweep": sweep,
    "bench": bench,
    "list": catalogue,
    "fetch": fetch,
    "inside": inside,
}
for _name, _verb in _VERBS.items():
    app.command(_name)(_verb)
app.add_typer(tune, name="tune")
app.add_typer(corpus, name="corpus")


def main() -> None:
    """Run the command; an expected error is one line on standard error."""
    code: object
    try:
        with released_at_end():
            code = app(prog_name="zhtm", standalone_mode=False)
    except InputError as error:
        code = _fail(str(error))
    except KeyboardInterrupt:
        code = 130
    except SystemExit as left:  # how rich and the command-line library end when nobody reads on, as after `| head -1`
        code = 0 if isinstance(left.__context__, BrokenPipeError) else left.code
    except MemoryError:
        code = _fail("memory: expected more, got all of it used; try fewer --workers")
    except OSError as error:
        code = _fail(
            f"{error.filename or 'system'}: {error.strerror or error}; expected enough room, memory and open files"
        )
    except Exception as error:
        if isinstance(error, typer.Abort):
            code = 130
        elif hasattr(error, "format_message"):  # a usage error, from the command-line library
            code = _fail(f"{error.format_message().rstrip('.')}; see --help")
        else:
            raise
    _flush()
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str) -> int:
    from zhtm_detector.cli.console import fail

    fail(message)
    return 2


def _flush() -> None:
    """Drop what cannot be written any more: the interpreter would complain of it at its end."""
    for output in (sys.stdout, sys.stderr):
        try:
            output.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())
