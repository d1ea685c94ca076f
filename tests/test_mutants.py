"""The list of mutants fits the sources: each text to replace is there, once."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest
from mutants import MUTANTS, PROJECT, TESTS, Mutant, mutated

KERNELS = PROJECT / "zhtm_detector" / "htm" / "kernels"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{Path(mutant.file).stem}: {mutant.breaks}")
def test_fits(mutant: Mutant) -> None:
    before, after = mutated(mutant, PROJECT)
    assert ast.dump(ast.parse(before)) != ast.dump(ast.parse(after))
    assert all((PROJECT / "tests" / path).is_file() for path in TESTS[mutant.file])


def test_they_are_spread_over_all_files() -> None:
    count = Counter(mutant.file for mutant in MUTANTS)
    assert len(set(MUTANTS)) == len(MUTANTS) == 67
    states = {"temporal_memory_state.py", "spatial_pooler_state.py", "tape.py"}
    types_and_decorators = {"__init__.py", "box.py", "jit.py", *states}
    assert {f"htm/kernels/{path.name}" for path in KERNELS.glob("*.py")} - set(count) == {
        f"htm/kernels/{name}" for name in types_and_decorators
    }
