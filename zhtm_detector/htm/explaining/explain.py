"""From a model after a record to the explanation of its score."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from zhtm_detector.htm.anomaly import BlockNovelty, ValueNovelty, Vote
from zhtm_detector.htm.columns import Columns
from zhtm_detector.htm.encoders import as_datetime, time_of_day
from zhtm_detector.htm.explaining.bands import unless_within
from zhtm_detector.htm.explaining.column_views import column_views
from zhtm_detector.htm.explaining.explanation import Band, Explanation, ViewEvidence, explanation_of
from zhtm_detector.htm.explaining.novelty_views import block_views, value_view
from zhtm_detector.htm.explaining.region_view import region_band
from zhtm_detector.htm.kernels.record import LastRecord
from zhtm_detector.htm.kernels.rows import DAY
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.htm.region import Region


class Explained(NamedTuple):
    """What an explanation is made from: the parts of a model, and its last record."""

    params: ModelParams
    source: Region | Columns | None
    value_novelty: ValueNovelty | None
    block_novelty: BlockNovelty | None
    vote: Vote
    span: float  # that distances are measured by
    last: LastRecord
    moment: Any

    def explanation(self, interval: timedelta | None) -> Explanation:
        """Return why the last record has its score."""
        value, score, unsilenced = (float(x[0]) for x in (self.last.value, self.last.score, self.last.unsilenced))
        return explanation_of(list(self._views()), value, score, unsilenced, interval)

    def _views(self) -> Iterator[ViewEvidence]:
        value, evidence = float(self.last.value[0]), self.last.evidence[:, 0].tolist()
        before: Band = (float(self.last.before[0]), float(self.last.before[1]))
        streaks = self.vote.kernel_state()[4].tolist()
        clock = time_of_day(as_datetime(self.moment))
        voter = 0
        if self.params.predicts:
            views: list[ViewEvidence] = []
            for number, group in enumerate(self.source.groups if isinstance(self.source, Columns) else ()):
                views += column_views(group, evidence[1 + number] > 0.0, before, clock)
            yield from views
            if self.params.anomaly.prediction_weight > 0.0:
                yield self._prediction(value, evidence[0], before, streaks[0], views)
            voter = 1 + len(self.params.columns)
        if self.value_novelty is not None:
            yield value_view(self.value_novelty, value, evidence[voter], self.span, streaks[voter])
            voter += 1
        if self.block_novelty is not None:
            yield from block_views(self.block_novelty, evidence[voter] > 0.0, clock / DAY, self.span)
        yield from self._range(value, before)

    def _prediction(
        self, value: float, evidence: float, before: Band, streak: int, views: list[ViewEvidence]
    ) -> ViewEvidence:
        """Return the view of the prediction error: of a region, or of the first column that predicts."""
        kind, scale, band, stored = "value", 1, None, 0
        if isinstance(self.source, Region):
            band = region_band(self.source, self.moment, value, float(self.last.raw[0]), before)
            stored = self.source.temporal_memory.segment_count
        first = next((view for view in views if view.source == "sequence"), None)
        if first is not None:
            kind, scale, value, band, stored = first.kind, first.scale, first.seen, first.expected, first.stored
        name = f"{kind} {scale} prediction {'likelihood' if self.params.anomaly.likelihood else 'error'}"
        expected = unless_within(band, value, evidence)
        return ViewEvidence(name, kind, "prediction", scale, evidence, value, expected, stored, evidence, streak)

    def _range(self, value: float, before: Band) -> Iterator[ViewEvidence]:
        """Return the view of the value-range rule, where a value breaks it."""
        tolerance = self.params.anomaly.value_range_tolerance
        low, high = before
        if tolerance is not None and low < high:
            margin = (high - low) * tolerance
            if value > high + margin or value < low - margin:
                yield ViewEvidence("value 1 range", "value", "range", 1, 1.0, value, before, 2, 1.0, 1)
