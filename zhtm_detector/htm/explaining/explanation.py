"""What an explanation holds, and its sentence."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal

from zhtm_detector.htm.explaining.wording import band_text, duration, subject

Band = tuple[float, float]
Direction = Literal["above", "below", "pattern", "none"]

HIGH = 0.5  # evidence; the kernels count streaks of it
_NOTICED = 0.1  # least score, or evidence, that is worth a reason
_EXPECTED = {
    "known": "the closest values seen before are {band}",
    "sequence": "after what came before, {band} was expected",
    "pattern": "the closest of {stored} stored patterns has {band}",
    "prediction": "{band} was predicted",
    "range": "all values before were within {band}",
}
_UNEXPECTED = {
    "known": "nothing near it was seen before",
    "sequence": "no learned sequence leads to it",
    "pattern": "none of {stored} stored patterns resembles it and what came before",
    "prediction": "the last records were predicted unusually badly",
    "range": "no value was seen before",
}


@dataclass(frozen=True, slots=True)
class ViewEvidence:
    """What one view of the stream saw at the last record.

    Parameters
    ----------
    name : str
        Kind, scale and what it is compared with, such as "mean 40 sequence".
    kind : str
        Of value: "value", "mean", "high", "low", "mean_at_time" or "change" of a block.
    source : str
        What it is compared with: "sequence" (what a context memory predicts after the blocks before), "known" (values
        seen), "pattern" (stored patterns of blocks), "prediction" (of a region or of columns), "range".
    scale : int
        Records in a block.
    evidence : float
        Of the view itself, in [0, 1]: 0.5 is two deviations above its own mean, in the shipped presets.
    seen : float
        In the metric's unit.
    expected : tuple of float, or None
        A band in the metric's unit; None if nothing is expected, or the value alone is not what is unusual.
    stored : int
        What the view has stored: patterns of blocks, values, segments, or minicolumns that have been active.
    vote : float
        Its share in the vote, in [0, 1]: noisy-OR of all views is the vote before the gate.
    since : int
        Records since which its evidence has been at least 0.5; 0 if it is not.
    """

    name: str
    kind: str
    source: str
    scale: int
    evidence: float
    seen: float
    expected: Band | None
    stored: int
    vote: float
    since: int

    @property
    def direction(self) -> Direction:
        """As `side`, or "none" if the evidence is not notable."""
        return self.side if self.evidence >= _NOTICED else "none"

    @property
    def side(self) -> Direction:
        """Above or below the expected band; "pattern" if neither."""
        if self.expected is None or self.expected[0] <= self.seen <= self.expected[1]:
            return "pattern"
        return "above" if self.seen > self.expected[1] else "below"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the last record has its score.

    Parameters
    ----------
    sentence : str
        For a reader, about the strongest view.
    direction : {"above", "below", "pattern", "none"}
        Of the strongest view: where the value lies beside what was expected; "pattern" if only the sequence is unusual.
        "none" if the score, before it was silenced, is below 0.1.
    since : int
        Records since which the strongest view's evidence has been high; 0 if it is not.
    views : tuple of ViewEvidence
        All views that had something to say at this record, the strongest first. A view of blocks has only at the end
        of a block.
    score, unsilenced : float
        As in `model.Step`.
    silenced : bool
    """

    sentence: str
    direction: Direction
    since: int
    views: tuple[ViewEvidence, ...]
    score: float
    unsilenced: float
    silenced: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the content for JSON."""
        content = asdict(self)
        content["views"] = list(content["views"])
        for view in content["views"]:
            view["expected"] = view["expected"] and list(view["expected"])
        return content


def explanation_of(
    views: list[ViewEvidence], value: float, score: float, unsilenced: float, interval: timedelta | None
) -> Explanation:
    """Return the explanation by these views, in any order; a value that has hardly a score is called usual."""
    ranked = sorted(views, key=lambda view: (-view.vote, -view.evidence, view.scale))
    direction: Direction = "none"
    text, since = f"nothing unusual: the value is {value + 0.0:.6g}", 0
    if ranked and unsilenced >= _NOTICED:
        text, direction, since = sentence(ranked[0], interval), ranked[0].side, ranked[0].since
    return Explanation(text, direction, since, tuple(ranked), score, unsilenced, score < unsilenced)


def sentence(view: ViewEvidence, interval: timedelta | None) -> str:
    """Return one sentence about a view."""
    seen, edges = band_text(view.seen, view.expected)
    text = (_EXPECTED if view.expected else _UNEXPECTED)[view.source].format(band=edges, stored=view.stored)
    parts = [f"{subject(view.kind, view.scale, interval)} {seen}; {text}"]
    if view.side != "pattern":
        parts.append(f"so it is {view.side}")
    elif view.expected:
        parts.append("so it is within, only less expected than usual")
    if view.since > view.scale:
        parts.append(f"unusual for {duration(view.since, interval)} now")
    return ", ".join(parts)
