"""A stream that survives: everything that lives between records, in a folder, in step with input and output."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.common.versions import versions
from zhtm_detector.streams.pipeline import Pipeline
from zhtm_detector.streams.state.state_folder import StateFolder
from zhtm_detector.streams.state.state_shape import PipelineShape, check_shape

_ROOMS = ("common", "htm", "streams")  # on whose code output and state depend


class Checkpoint:
    """Saves a pipeline now and then, and restores it.

    The state of a batch counts once its results are written, so whatever follows it in the output is written again,
    the same, by who goes on from there.

    Parameters
    ----------
    folder : StateFolder
        Open.
    identity : mapping
        What must be the same to go on, as JSON, by the name that a message gives it.
    records : int
        Save after so many records at the latest,
    seconds : float
        and after so many seconds, if there was a record.
    other_code : bool
        Whether to go on where other code left off: what comes may not be what that code would have written.

    Raises
    ------
    InputError
        If the folder is of another stream or other code, or its manifest is damaged.
    """

    def __init__(
        self, folder: StateFolder, identity: Mapping[str, Any], records: int, seconds: float, other_code: bool = False
    ) -> None:
        self._folder = folder
        self._identity = {**identity, "code": versions(_ROOMS)}
        self._other_code = other_code
        self._records = records
        self._seconds = seconds
        self._saved_records = 0
        self._saved_at = monotonic()
        self._first: dict[str, Any] | None = None  # the pipeline's state before its first line, until that is saved
        self._found: dict[str, Any] | None = None  # the pipeline's state
        if (found := folder.read()) is not None:
            self._found, self._keys = self._checked(found[0], f"state {folder.path}"), list(found[1])

    def restore(self, pipeline: Pipeline) -> None:
        """Restore a new pipeline from what was found, if anything was; its series wait until they are needed.

        Raises
        ------
        InputError
            If parts of the state do not fit each other, or the input is another one.
        """
        if self._found is None:
            self._first = pipeline.state()
        else:
            pipeline.detector.restore(self._found["detector"], self._keys)
            try:
                pipeline.restore(self._found)
            except (LookupError, ValueError) as error:
                if isinstance(error, InputError):
                    raise
                raise InputError(f"state {self._folder.path}: expected fields of its columns ({error})") from None
            self._saved_records = pipeline.detector.counts.records
            self._found = None

    def begin(self, written: int) -> None:
        """Save, if nothing was saved before, the state before the first line, with the bytes of the output then.

        Killed before the next state is saved, the command writes its first lines in the same place again.
        """
        if self._first is not None:
            pipeline = {**self._first, "sink": {"written": written}}
            self._folder.begin({"identity": self._identity, "pipeline": pipeline})
            self._first = None

    def save_if_due(self, pipeline: Pipeline) -> None:
        """Save if enough records have come, or enough time has passed, since the last time."""
        new = pipeline.detector.counts.records - self._saved_records
        if new >= self._records or (new and monotonic() - self._saved_at >= self._seconds):
            self.save(pipeline)

    def save(self, pipeline: Pipeline) -> None:
        """Save the state after the batch whose results were written last.

        Raises
        ------
        InputError
            If it cannot be written; the state before it is as it was.
        OSError
            If the output cannot be.
        """
        if pipeline.sink is not None:
            pipeline.sink.flush()
        detector = pipeline.detector
        extra = {"identity": self._identity, "pipeline": pipeline.state()}
        self._folder.commit(detector.changed(), detector.keys(), extra)
        self._saved_records = pipeline.detector.counts.records
        self._saved_at = monotonic()

    def _checked(self, extra: dict[str, Any], where: str) -> dict[str, Any]:
        """Return the state of a pipeline from a manifest, which must be of the same stream."""
        before, pipeline = extra.get("identity"), extra.get("pipeline")
        if not isinstance(before, dict) or before.keys() != self._identity.keys() or not isinstance(pipeline, dict):
            raise InputError(f"{where}: expected the state of a stream, got {shown(list(extra))}")
        for name, now in self._identity.items():
            if before[name] == now or (name == "code" and self._other_code):
                continue
            advice = "--other-code accepts that" if name == "code" else "another stream needs another folder"
            old, new = _difference(before[name], now)
            raise InputError(f"{where}: {name}: expected {shown(old)}, as before, got {shown(new)}; {advice}")
        return check_shape(pipeline, PipelineShape, where)


def _difference(before: Any, now: Any) -> tuple[Any, Any]:
    """Return where the two differ: of objects only the fields that do."""
    if not isinstance(before, dict) or not isinstance(now, dict):
        return before, now
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return {name: before.get(name) for name in names}, {name: now.get(name) for name in names}
