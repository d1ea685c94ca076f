"""What to time: the sections, the presets, and how thoroughly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.params import ModelParams

QUICK = ("files", "stages", "latency", "memory", "startup")
COLD = "startup-cold"
SECTIONS = (*QUICK, COLD, "counts", "corpus", "growth", "long", "streams")


@dataclass(frozen=True)
class BenchPlan:
    """All options of a run.

    Parameters
    ----------
    presets : mapping of str to ModelParams
        By the name that the tables show.
    sections : sequence of str
        Of `SECTIONS`.
    repeat : int
        A time is the median of so many.
    seed : int
        Of all models and streams.
    records : int, optional
        Length of the streams in `growth` and `long`; by default a million and five million.
    counted : int
        Records that `counts` looks at.
    streams : sequence of int
        How many models `streams` holds at once.

    Raises
    ------
    InputError
        For an unknown section, no section, or no preset.
    """

    presets: Mapping[str, ModelParams]
    sections: Sequence[str] = QUICK
    repeat: int = 5
    seed: int = 42
    records: int | None = None
    counted: int = 2000
    streams: Sequence[int] = (1, 10, 50, 200)

    def __post_init__(self) -> None:
        if not self.sections:
            raise InputError(f"sections: expected at least one of {', '.join(SECTIONS)}, got none")
        for section in self.sections:
            if section not in SECTIONS:
                raise InputError(f"section {section!r}: unknown; expected one of {', '.join(SECTIONS)}")
        if not self.presets:
            raise InputError("presets: expected at least one, got none")
        if not self.streams or min(self.streams) < 1:
            raise InputError(f"streams: expected at least one number of at least 1, got {list(self.streams)}")

    @property
    def growth_records(self) -> int:
        """Length of the stream in `growth`."""
        return self.records or 1_000_000

    @property
    def long_records(self) -> int:
        """Length of the stream in `long`."""
        return self.records or 5_000_000

    def to_json(self) -> dict[str, Any]:
        """Give the options, for a machine."""
        return {
            "presets": list(self.presets),
            "repeat": self.repeat,
            "seed": self.seed,
            "records": self.records,
            "counted": self.counted,
            "streams": list(self.streams),
        }
