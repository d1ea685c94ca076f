"""Sequences of letters: after B comes C or D, whatever came before it tells which. A temporal memory learns that.

python -m zhtm_detector.examples.letters
"""

from __future__ import annotations

import numpy as np

from zhtm_detector import SDR, TemporalMemory
from zhtm_detector.htm.params import TemporalMemoryParams

LETTERS = "ABCDXY"
MINICOLUMNS = 10  # of each letter
PARAMS = TemporalMemoryParams(
    cells_per_column=8,
    activation_threshold=8,
    matching_threshold=6,
    initial_permanence=0.4,
    new_synapses=12,
    predicted_decrement=0.02,  # forget what was predicted and did not come
)


def code(letter: str) -> SDR:
    """Return the letter's minicolumns."""
    first = LETTERS.index(letter) * MINICOLUMNS
    return SDR.of(range(first, first + MINICOLUMNS), size=len(LETTERS) * MINICOLUMNS)


def expected(memory: TemporalMemory) -> str:
    """Return the letters that the memory predicts for the next step."""
    found = [letter for letter in LETTERS if memory.predicted_columns.overlap(code(letter)) > MINICOLUMNS // 2]
    return " or ".join(found) or "anything"


def show(memory: TemporalMemory, sequence: str) -> None:
    """Play a sequence without learning, and print how surprising each letter is and what is expected after it."""
    memory.reset()
    for letter in sequence:
        surprise = memory.compute(code(letter), learn=False)
        bursts = len(memory.active) == MINICOLUMNS * PARAMS.cells_per_column
        print(f"  {letter}  {'bursts' if bursts else 'known '}  surprise {surprise:.1f}  next: {expected(memory)}")


def main() -> None:
    """Learn two sequences that share their middle, then play them, one alone from its middle, and one broken."""
    memory = TemporalMemory(len(LETTERS) * MINICOLUMNS, PARAMS, np.random.default_rng(42))
    for _ in range(30):
        for sequence in ("ABCD", "XBCY"):
            memory.reset()
            for letter in sequence:
                memory.compute(code(letter))
    for title, sequence in (
        ("learned", "ABCD"),
        ("learned", "XBCY"),
        ("no beginning", "BC"),
        ("broken", "ABAB"),
    ):
        print(f"{sequence} ({title})")
        show(memory, sequence)
    print(memory)


if __name__ == "__main__":
    main()
