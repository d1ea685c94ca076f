"""The verb `view` of the `zhtm` command: a recorded run and live demos in the browser, or as one offline page."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from zhtm_detector.cli import options as opt
from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    from zhtm_detector.pages.viewer.run import Run

_SUFFIX = ".npz"  # of a trace


def view(
    file: Annotated[
        str | None,
        typer.Argument(
            help="A trace that `zhtm record` wrote (.npz); or a data file, which is recorded first: its relative path "
            "in the corpus, or a part of it that no other file has, or the path of a CSV file with timestamp,value. "
            "Default: none, the page has the demos only.",
        ),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(metavar="PAGE", help="Write the run as one page (.html) that needs no server and no network."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on. Default: any that is free.")] = 0,
    host: Annotated[
        str,
        typer.Option(help="Address to listen on. Any but this machine's own lets others in who have the link."),
    ] = "127.0.0.1",
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the link and open no browser.")] = False,
    nab_root: opt.NabRoot = None,
    preset: opt.Preset = None,
    seed: opt.Seed = 42,
) -> None:
    """Look at a recorded run, layer by layer, and at live demos.

    Opens a page in the browser, served on this machine until Ctrl-C. Its link holds a secret. Labelled windows are
    shown if the corpus has a file of the run's name.

    Example: zhtm view trace.npz --export page.html
    """
    from zhtm_detector.cli import console
    from zhtm_detector.common.files import check_file

    console.show_warnings()
    with TemporaryDirectory(prefix="zhtm-") as folder:
        if export is not None and export.suffix != ".html":
            raise InputError(f"output {export}: expected a name that ends in .html")
        if export is not None and file is None:
            raise InputError("--export: expected a trace or a data file to export, got none")
        if export is not None:
            check_file(export, "--export", [Path(file or "")])
        run = None if file is None else _run_of(file, Path(folder), nab_root, preset, seed)
        if export is not None and run is not None:
            _export(export, run)
        else:
            _serve(run, host, port, not no_open)


def _run_of(file: str, folder: Path, nab_root: Path | None, preset: str | None, seed: int) -> Run:
    from zhtm_detector.cli import console
    from zhtm_detector.pages.viewer.labelled import windows_of
    from zhtm_detector.pages.viewer.run import open_run

    trace = Path(file)
    if trace.suffix == _SUFFIX:
        if preset is not None:
            raise InputError(f"--preset: expected none with the trace {file}, which holds its own model")
    else:
        from zhtm_detector.cli.record import read_file
        from zhtm_detector.detectors.record_file import record_file

        _, _, params = opt.read_preset(preset)
        data_file, _ = read_file(file, nab_root)
        trace = folder / "trace.npz"
        with console.counting("records", data_file.length) as count:
            record_file(data_file, params, seed, trace, on_progress=count)
    return open_run(trace, lambda source, times: windows_of(nab_root, source, times))


def _export(path: Path, run: Run) -> None:
    from zhtm_detector.cli import console
    from zhtm_detector.pages.viewer.export import write_page

    with console.waiting("writing the page"):
        size = write_page(path, run)
    console.say(f"Page: {path} ({size / 1e6:.1f} MB)")


def _serve(run: Run | None, host: str, port: int, opens: bool) -> None:
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError:
        raise InputError(
            "view: expected the packages starlette and uvicorn, got none; pip install 'zhtm-detector[viewer]'"
        ) from None
    import webbrowser

    from zhtm_detector.cli import console
    from zhtm_detector.pages.viewer.security import is_loopback, new_token
    from zhtm_detector.pages.viewer.server import application, link_to, open_socket, serve

    if not is_loopback(host):
        console.warn(f"--host {host}: other machines can reach this page; whoever has the link sees the run")
    listener = open_socket(host, port)
    port, token = listener.getsockname()[1], new_token()
    link = link_to(host, port, token)

    def ready() -> None:
        console.say(f"Viewer: {link}")
        console.note("Ctrl-C ends it")
        if opens:
            webbrowser.open(link)

    serve(application(run, host, port, token), listener, ready)
