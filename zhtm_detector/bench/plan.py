"""What to time: the sections, the presets, and how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.htm.params import ModelParams

QUICK = ("files", "stages", "latency", "memory", "startup")
COLD = "startup-cold"
CALLS = "calls"
SECTIONS = (*QUICK, COLD, "corpus", "stream", "pipe", "keys", "saved", "trace", CALLS)


@dataclass(frozen=True)
class BenchPlan:
    """The options of a run.

    Parameters
    ----------
    presets : mapping of str to ModelParams
        By the name that the tables show.
    sections : sequence of str
        Some of `SECTIONS`.
    repeat : int
        Each time is the median of this many runs.
    seed : int
        Of all models.
    keys : int
        Number of series, for `keys`.

    Raises
    ------
    InputError
        For an unknown section, no section, no preset, or none with a temporal memory for `calls`.
    """

    presets: Mapping[str, ModelParams]
    sections: Sequence[str] = QUICK
    repeat: int = 5
    seed: int = 42
    keys: int = 1000

    def __post_init__(self) -> None:
        if not self.sections:
            raise InputError(f"sections: expected at least one of {', '.join(SECTIONS)}, got none")
        for section in self.sections:
            if section not in SECTIONS:
                raise InputError(f"section {shown(section)}: unknown; expected one of {', '.join(SECTIONS)}")
        if not self.presets:
            raise InputError("presets: expected at least one, got none")
        if CALLS in self.sections:
            _ = self.with_memory

    @property
    def with_memory(self) -> str:
        """The first preset whose models have a temporal memory."""
        for preset, params in self.presets.items():
            if not params.columns and params.model_copy(update={"causal": False}).predicts:
                return preset
        raise InputError(
            f"presets: expected one with a temporal memory for section {CALLS}, such as classic, got "
            f"{shown(', '.join(self.presets))}"
        )
