"""From lines to written results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.streams.detector import StreamDetector
from zhtm_detector.streams.input.lines import Lines
from zhtm_detector.streams.input.source import RecordSource, sniffed
from zhtm_detector.streams.record import Fields
from zhtm_detector.streams.sink import Sink


class Pipeline:
    """Reads lines, scores their records and writes the results, batch by batch.

    Parameters
    ----------
    lines : Lines
    detector : StreamDetector
    make_source : callable
        Returns the source of records of a format, "csv" or "jsonl".
    make_sink : callable
        Returns the sink for records of these fields. It is called once something is to be written, with the bytes that
        a state knows of the output, or None: what was there before must outlast an input that is refused.
    kind : str, optional
        The format; by default JSON lines if the first byte that is not blank is ``{``, else CSV.
    """

    def __init__(
        self,
        lines: Lines,
        detector: StreamDetector,
        make_source: Callable[[str], RecordSource],
        make_sink: Callable[[Fields, int | None], Sink],
        kind: str | None = None,
    ) -> None:
        self.lines = lines
        self.detector = detector
        self.source: RecordSource | None = None
        self.sink: Sink | None = None
        self._make_source = make_source
        self._make_sink = make_sink
        self._kind = kind
        self._written: int | None = None  # bytes of the output before the header, if a state knows them

    def run(self) -> Iterator[None]:
        """Read and write all; yields after each batch, when everything is in step and can be saved.

        Raises
        ------
        InputError
            For the first record that is refused, after the results of all before it were written, and for an empty
            input.
        OSError
            If the results cannot be written; BrokenPipeError if nobody reads on.
        """
        for batch in self.lines:
            if self.source is None:
                kind = self._kind or sniffed(batch)
                if kind is None:  # blank lines
                    continue
                self.source = self._make_source(kind)
            results, error = self.detector.process(self.source.records(batch))
            if self.sink is None and self.source.fields is not None and not (error and not results):
                self.sink = self._make_sink(self.source.fields, self._written)
                self.sink.begin()
            if self.sink is not None:
                self.sink.write(results)
                if self.lines.source.live or error:
                    self.sink.flush()
            if error:
                raise error
            yield
        if self.source is None or self.source.fields is None:
            raise InputError(f"{self.lines.source.name}: expected CSV with a header or JSON lines, got nothing")
        if self.sink is not None:
            self.sink.flush()

    def state(self) -> dict[str, Any]:
        """Return the state of all but the series, as JSON."""
        parts = {"lines": self.lines, "source": self.source, "detector": self.detector, "sink": self.sink}
        state = {name: part and part.state() for name, part in parts.items()}
        if self.sink is None and self._written is not None:
            state["sink"] = {"written": self._written}
        return state

    def restore(self, state: dict[str, Any]) -> None:
        """Go on as from that state; the detector was restored before."""
        self.lines.restore(state["lines"])
        if state["source"] is not None:
            self.source = self._make_source(state["source"]["kind"])
            self.source.restore(state["source"])
            fields = self.source.fields
            if fields is not None and fields.values != self.detector.settings.fields:
                raise ValueError(f"expected {len(self.detector.settings.fields)} of them, got {len(fields.values)}")
        if state["sink"] is not None:
            if self.source is None or self.source.fields is None:
                self._written = state["sink"]["written"]
            else:
                self.sink = self._make_sink(self.source.fields, state["sink"]["written"])
