"""Timings of the detector for `zhtm bench`: one file per section."""
