"""A box around all arrays of a model's part, so that a call hands over one object.

Numba looks at each array of a NamedTuple at every call, a microsecond for six of them: with 50, more than a record of
an easy stream takes. A box is looked at once, when it is made. It holds the arrays themselves, no copies.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from numba.core import config, types
from numba.experimental import structref

from zhtm_detector.htm.kernels.jit import jit


@structref.register
class BoxType(types.StructRef):
    """Numba's type of a box: that of what it holds."""

    def preprocess_fields(self, fields: Any) -> Any:
        """Forget the values of literals: two boxes of the same types are of the same type."""
        return tuple((name, types.unliteral(kind)) for name, kind in fields)


class Box(structref.StructRefProxy):
    """Python's handle of a box; compiled code reads ``box.state``. It cannot be pickled: make a new one."""

    def __new__(cls, state: tuple[Any, ...]) -> Any:
        """Box a tuple."""
        return structref.StructRefProxy.__new__(cls, state)


structref.define_proxy(Box, BoxType, ["state"])


@jit
def _make(state: Any) -> Any:
    return Box(state)


def box(*state: Any) -> Any:
    """Put NamedTuples of arrays, or a Generator, into a box."""
    interpreted = config.DISABLE_JIT  # type: ignore[attr-defined]
    return SimpleNamespace(state=state) if interpreted else _make(state)


class Boxed:
    """A part of a model whose kernel takes a box: made at the first call, left out of copies and pickles.

    A subclass says in `kernel_state` what is in it. Whoever puts other arrays in the place of these calls `_drop_box`.
    """

    version = 0  # grows when what is held becomes another
    _box: Any = None

    def kernel_state(self) -> tuple[Any, ...]:
        """Give what the kernel takes: NamedTuples of arrays, a Generator."""
        raise NotImplementedError

    @property
    def boxed(self) -> Any:
        """What `kernel_state` gives, in a box."""
        if self._box is None:
            self._box = box(*self.kernel_state())
        return self._box

    def _drop_box(self) -> None:
        self._box = None
        self.version += 1

    def __getstate__(self) -> dict[str, Any]:
        """Leave the box out."""
        return self.__dict__ | {"_box": None}
