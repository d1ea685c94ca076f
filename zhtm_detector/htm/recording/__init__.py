"""Recorded runs: `Recorder` writes what a model thought at every record, `Trace` reads it.

`layout.py` describes the file.
"""

from zhtm_detector.htm.recording.recorder import Recorder
from zhtm_detector.htm.recording.trace import Trace

__all__ = ["Recorder", "Trace"]
