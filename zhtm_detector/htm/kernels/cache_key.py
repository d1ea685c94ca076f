"""A dtype that changes with the kernels' sources, for compiled functions that call functions of other files.

Numba reuses cached machine code as long as the function's own file is unchanged. A callee in another file may change,
and numba silently keeps running the old code with the old callee inlined. But the cache is keyed by argument types,
and a record type includes its field names. An array of dtype `SOURCES` among the arguments therefore gives each
version of the kernels its own machine code.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np


def mark_of(folder: Path) -> np.dtype[np.void]:
    """Return a record dtype whose only field is named after a checksum of the Python files in a folder."""
    digest = sha256()
    for file in sorted(folder.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return np.dtype([(f"sources_{digest.hexdigest()[:16]}", np.int8)])


SOURCES = mark_of(Path(__file__).parent)
