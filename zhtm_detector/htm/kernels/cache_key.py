"""A mark of the kernels' sources, for compiled functions that call those of other files.

Numba keeps machine code as long as the function's own file stays the same: what it calls in another file may change
and the old code, with the old callee in it, is used without a word. But it keeps code by the types of the arguments,
and the names of a record's fields are part of its type. So an array of `SOURCES` among the arguments gives each
version of the kernels machine code of its own.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np


def mark_of(folder: Path) -> np.dtype[np.void]:
    """Type of a record with one field, named after the content of all Python files of a folder."""
    digest = sha256()
    for file in sorted(folder.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return np.dtype([(f"sources_{digest.hexdigest()[:16]}", np.int8)])


SOURCES = mark_of(Path(__file__).parent)
