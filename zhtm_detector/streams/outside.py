"""How far values are outside of all that was seen before them."""

from __future__ import annotations

from typing import Any


class Outside:
    """The range of the values of a field so far, and how far outside the last alarm was."""

    def __init__(self) -> None:
        self.alarm = 0.0  # distance outside of the last record whose score reached the threshold
        self.warned = False  # of a value far out of the range given
        self._low: float | None = None
        self._high: float | None = None

    def pass_to(self, value: float) -> float:
        """Return how far a value is outside of all before it, in its unit; 0 within, and for the first."""
        if self._low is None or self._high is None:
            self._low = self._high = value
            return 0.0
        if value > self._high:
            distance, self._high = value - self._high, value
        elif value < self._low:
            distance, self._low = self._low - value, value
        else:
            distance = 0.0
        return distance

    def state(self) -> dict[str, Any]:
        """Return the state as JSON."""
        return {"alarm": self.alarm, "warned": self.warned, "low": self._low, "high": self._high}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on as from that state."""
        self.alarm, self.warned, self._low, self._high = (state[name] for name in ("alarm", "warned", "low", "high"))
