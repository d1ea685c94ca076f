"""Processes of their own for measurements."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_fresh_process_ends_with_its_parent(tmp_path: Path) -> None:
    (tmp_path / "naps.py").write_text(
        "import time\n"
        "from pathlib import Path\n"
        "def nap(started, woken):\n"
        "    Path(started).touch()\n"
        "    time.sleep(4)\n"
        "    Path(woken).touch()\n"
    )
    code = "import naps; from zhtm_detector.bench.fresh_process import in_fresh_process as call"
    parent = subprocess.Popen([sys.executable, "-c", f"{code}; call(naps.nap, 'started', 'woken')"], cwd=tmp_path)
    deadline = time.monotonic() + 60
    while not (tmp_path / "started").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    time.sleep(5)
    assert not (tmp_path / "woken").exists()
