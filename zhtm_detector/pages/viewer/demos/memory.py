"""The temporal memory: letters in, bursting or predicted columns out, and the letters that it expects next."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from zhtm_detector.htm.params import Params, TemporalMemoryParams
from zhtm_detector.htm.temporal_memory import TemporalMemory

_MOST_STEPS = 4000  # letters in all
_SHOWN = 60  # of the last steps, with their cells
_BREAK = " "  # a new sequence begins

Text = Annotated[str, Field(max_length=80, pattern=r"^[A-Za-z ]*$")]
COLUMNS = 8  # of each letter


class MemoryDemo(Params):
    """A text that is learned several times, and then one that is tried."""

    text: Text = "ABCD XBCY"  # a space begins a new sequence
    repeat: Annotated[int, Field(ge=0, le=50)] = 12
    then: Text = "ABCD XBCY"
    learn_then: bool = False  # whether it learns from the text that is tried
    cells_per_column: Annotated[int, Field(ge=1, le=16)] = 6
    permanence_increment: Annotated[float, Field(ge=0.0, le=1.0)] = 0.1
    permanence_decrement: Annotated[float, Field(ge=0.0, le=1.0)] = 0.1
    predicted_decrement: Annotated[float, Field(ge=0.0, le=1.0)] = 0.05
    seed: Annotated[int, Field(ge=0, le=9999)] = 42


def answer(params: MemoryDemo) -> dict[str, Any]:
    """Learn, then try; each letter has columns of its own."""
    text, then = params.text.upper(), params.then.upper()
    # A lesson ends with a break, so that its end predicts nothing.
    lesson, steps = f"{text}{_BREAK}" * params.repeat, len(text) * params.repeat
    if steps > _MOST_STEPS:
        raise ValueError(f"text: expected at most {_MOST_STEPS} letters with all repetitions, got {steps}")
    alphabet = sorted({*text, *then} - {_BREAK})
    if not alphabet:
        raise ValueError("text: expected at least one letter, got none")
    memory = TemporalMemory(len(alphabet) * COLUMNS, _memory_params(params), np.random.default_rng(params.seed))
    first_shown = max(0, len(lesson) + len(then) - _SHOWN)
    raws: list[float | None] = []
    shown = []
    for place, letter in enumerate(lesson + then):
        tried = place >= len(lesson)
        if letter == _BREAK or place in (0, len(lesson)):
            memory.reset()
        if letter == _BREAK:
            raws.append(None)
            continue
        before = memory.predictive_cells
        number = alphabet.index(letter)
        columns = np.arange(number * COLUMNS, (number + 1) * COLUMNS, dtype=np.uint32)
        raws.append(memory.compute(columns, learn=params.learn_then or not tried))
        if place >= first_shown:
            shown.append({"place": place, "tried": tried, "letter": letter, "raw": raws[-1]} | _cells(memory, before))
            shown[-1]["next"] = _letters(memory.predictive_cells, params.cells_per_column, alphabet)
    return {
        "alphabet": alphabet,
        "columns": COLUMNS,
        "cells_per_column": params.cells_per_column,
        "raw": raws,
        "lesson": len(lesson),
        "steps": shown,
        "segments": memory.segment_count,
        "synapses": memory.synapse_count,
    }


def _memory_params(params: MemoryDemo) -> TemporalMemoryParams:
    return TemporalMemoryParams(
        cells_per_column=params.cells_per_column,
        activation_threshold=6,
        matching_threshold=4,
        initial_permanence=0.31,
        connected_permanence=0.5,
        permanence_increment=params.permanence_increment,
        permanence_decrement=params.permanence_decrement,
        predicted_decrement=params.predicted_decrement,
        new_synapses=COLUMNS,
        synapses_per_segment=16,
        segments_per_cell=16,
        segments=4096,
    )


def _cells(memory: TemporalMemory, before: NDArray[np.int32]) -> dict[str, Any]:
    return {
        "active": memory.active_cells,
        "winner": memory.winner_cells,
        "predicted": before,
        "predictive": memory.predictive_cells,
    }


def _letters(cells: NDArray[np.int32], cells_per_column: int, alphabet: list[str]) -> list[list[Any]]:
    """Letters with predicted columns, and how many."""
    columns = np.unique(cells // cells_per_column) // COLUMNS
    numbers, counts = np.unique(columns, return_counts=True)
    return [[alphabet[number], count] for number, count in zip(numbers.tolist(), counts.tolist(), strict=True)]
