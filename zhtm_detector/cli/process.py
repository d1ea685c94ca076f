"""The `zhtm` command as a process: how it ends at a signal, and standard streams that are closed.

It loads the other modules only when signals are taken care of.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType

# A terminal that closes sends SIGHUP, which Windows does not have.
_EXIT_CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 143}


def main() -> None:
    """Run the command in this process."""
    for name in _EXIT_CODES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` leaves SIGHUP
            signal.signal(number, _stop)
    # Semaphores of a process that ends at once are deleted by another one, which would warn of each pool's.
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = f"{before + ',' if before else ''}ignore:resource_tracker"
    _open_missing_streams()
    if sys.stdout is None:
        os.write(2, b"error: standard output: expected an open file or pipe, got a closed one\n")
        sys.exit(2)
    from zhtm_detector.cli.app import main as run

    run()


def _stop(number: int, frame: FrameType | None) -> None:
    """End at once, without workers and temporary files.

    An exception would not do: libraries that are being imported, or that call back from compiled code, catch it, turn
    it into another one or print it.
    """
    if "multiprocessing" in sys.modules:
        from multiprocessing import active_children

        with suppress(Exception):
            for process in active_children():
                process.kill()
    if "zhtm_detector.common.files" in sys.modules:
        from zhtm_detector.common.files import delete_temporary_files

        delete_temporary_files()
    with suppress(OSError):
        if os.isatty(2):
            os.write(2, b"\x1b[?25h\n")  # a progress bar hides the cursor
    os._exit(_EXIT_CODES[signal.Signals(number).name])


def _open_missing_streams() -> None:
    """Put the null device where a standard stream is closed: else the next file would be taken for it."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(descriptor)
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # for the whole process
