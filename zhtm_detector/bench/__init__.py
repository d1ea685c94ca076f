"""Timings of the detector: what `zhtm bench` measures, a file a section."""
