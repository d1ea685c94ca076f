"""A trace says, bit for bit, what the live model held after each record."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from htm.recording.runs import REGIONS, record, region_params, stream
from saved_models import small

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.model import HTMModel, Step
from zhtm_detector.htm.params import load_preset
from zhtm_detector.htm.recording import Recorder, Trace, recorder, region_tape

PRESETS = ("zhtm", "column", "novelty")


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several chunks and key frames in a short run."""
    monkeypatch.setattr(recorder, "CHUNK", 16)
    monkeypatch.setattr(recorder, "_KEYFRAME", 48)
    monkeypatch.setattr(recorder, "_POOLER", 64)
    monkeypatch.setattr(region_tape, "_FIRST_ROOM", 80)  # chunks end before they are full, and the tape is widened


@pytest.mark.parametrize("rule", REGIONS)
@pytest.mark.parametrize("pauses", [pytest.param(False, marks=pytest.mark.compiled), True])
def test_it_says_what_the_model_held(rule: str, pauses: bool, tmp_path: Path) -> None:
    steps, lives = record(region_params(rule), tmp_path / "t.npz", pauses=pauses)
    with Trace.open(tmp_path / "t.npz") as trace:
        assert len(trace) == len(steps)
        for i, live in enumerate(lives):
            frame = trace[i]
            assert live is not None
            assert Step(*(getattr(frame, name) for name in Step._fields)) == live.step
            assert frame.learned == (not pauses or i % 10 < 7)
            for name in ("active", "winners", "predictive", "columns", "bits"):
                assert getattr(frame, name).indices.tolist() == getattr(live, name), (i, name)
            assert frame.overlaps.tolist() == live.overlaps[live.columns].tolist()
            assert trace.overlaps(i).tolist() == live.overlaps.tolist()
            assert np.array_equal(trace.permanences(i), live.permanences), i
            rows = trace.segments_after(i)
            found = {
                number: (
                    int(rows.owner[number]),
                    dict(
                        zip(
                            rows.presynaptic[number, : rows.synapses[number]].tolist(),
                            rows.permanence[number, : rows.synapses[number]].tolist(),
                            strict=True,
                        )
                    ),
                )
                for number in np.flatnonzero(rows.owner >= 0).tolist()
            }
            assert found == live.segments, i


def test_a_cell_is_that_of_the_live_model(tmp_path: Path) -> None:
    _, lives = record(region_params("punishing"), tmp_path / "t.npz")
    with Trace.open(tmp_path / "t.npz") as trace:
        for i in range(40, 120, 13):
            live = lives[i]
            assert live is not None
            for cell in range(0, 128, 5):
                seen = trace.cell(i, cell)
                assert (seen.record, seen.cell, seen.column) == (i, cell, cell // 4)
                assert seen.active == (cell in live.active)
                assert seen.winner == (cell in live.winners)
                assert seen.predictive == (cell in live.predictive)
                mine = {number: synapses for number, (owner, synapses) in live.segments.items() if owner == cell}
                assert {
                    s.number: dict(zip(s.presynaptic.tolist(), s.permanence.tolist(), strict=True))
                    for s in seen.segments
                } == mine
                assert [s.number for s in seen.segments if s.is_active] == sorted({*mine} & {*live.active_segments})
                for segment in seen.segments:
                    assert segment.connected.tolist() == (segment.permanence >= np.float32(0.4)).tolist()
                    assert segment.active.tolist() == [one in live.active for one in segment.presynaptic.tolist()]
                out = {
                    (number, owner): synapses[cell]
                    for number, (owner, synapses) in live.segments.items()
                    if cell in synapses
                }
                assert (
                    dict(
                        zip(
                            zip(seen.outgoing.segment.tolist(), seen.outgoing.cell.tolist(), strict=True),
                            seen.outgoing.permanence.tolist(),
                            strict=True,
                        )
                    )
                    == out
                )


@pytest.mark.parametrize("rule", ["punishing", "segments of a cell", "segments of the memory"])
def test_the_history_of_a_cell_is_that_of_the_live_model(rule: str, tmp_path: Path) -> None:
    _, lives = record(region_params(rule), tmp_path / "t.npz")
    cells = [cell for live in lives if live for cell, _ in live.segments.values()]
    busiest = max(set(cells), key=cells.count)
    with Trace.open(tmp_path / "t.npz") as trace:
        histories = trace.history(busiest)
    found: list[dict[int, dict[int, float]]] = [{} for _ in lives]
    for history in histories:
        for i, row in enumerate(history.permanence, history.first):
            there = ~np.isnan(row)
            found[i][history.number] = dict(zip(history.presynaptic[there].tolist(), row[there].tolist(), strict=True))
    expected = [
        {number: synapses for number, (owner, synapses) in live.segments.items() if owner == busiest}
        for live in lives
        if live
    ]
    assert found == expected
    assert any(expected)


def test_correct_bursting_and_missed_columns(tmp_path: Path) -> None:
    record(region_params("punishing"), tmp_path / "t.npz")
    with Trace.open(tmp_path / "t.npz") as trace:
        frames = [trace[i] for i in range(len(trace))]
    for before, frame in itertools.pairwise(frames):
        assert frame.predicted == before.predictive
        predicted = {cell // 4 for cell in before.predictive.indices.tolist()}
        active = set(frame.columns.indices.tolist())
        assert set(frame.correct.indices.tolist()) == active & predicted
        assert set(frame.bursting.indices.tolist()) == active - predicted
        assert set(frame.missed.indices.tolist()) == predicted - active
    assert all(any(len(getattr(frame, name)) for frame in frames) for name in ("correct", "bursting", "missed"))


def test_some_records_of_a_run(tmp_path: Path) -> None:
    all_steps, _ = record(region_params("punishing"), tmp_path / "all.npz")
    steps, lives = record(region_params("punishing"), tmp_path / "some.npz", before=50)
    assert steps == all_steps[50:]
    with Trace.open(tmp_path / "some.npz") as trace, Trace.open(tmp_path / "all.npz") as whole:
        assert (trace.header.first, trace.header.last, len(trace)) == (50, 120, 70)
        assert trace[0].record == 50
        assert trace[-1].active == whole[119].active
        assert np.array_equal(trace.permanences(69), whole.permanences(119))
        assert trace[0].predicted == whole[50].predicted
        assert lives[0] is not None


def test_a_causal_region_appears_when_its_range_is_known(tmp_path: Path) -> None:
    _, lives = record(region_params("punishing", causal=True), tmp_path / "t.npz")
    appears = next(i for i, live in enumerate(lives) if live is not None)
    with Trace.open(tmp_path / "t.npz") as trace:
        assert trace[appears].columns is None  # it learned this record and those before at once
        for i in range(appears + 1, len(trace)):
            live = lives[i]
            assert live is not None
            assert trace[i].active.indices.tolist() == live.active
            assert trace[i].bits.indices.tolist() == live.bits
            assert np.array_equal(trace.permanences(i), live.permanences)
        with pytest.raises(InputError, match="record 3: expected one of a region"):
            trace.cell(3, 0)


def test_sentences_are_those_of_the_model(tmp_path: Path) -> None:
    params = region_params("punishing", anomaly={"likelihood": False, "averaging_window": 1})
    moments, values = stream(60)
    model, other = (HTMModel(params, min(values), max(values), probation=10) for _ in range(2))
    with Recorder(model, tmp_path / "t.npz", threshold=0.9) as writer:
        for moment, value in zip(moments, values, strict=True):
            writer.step(moment, value)
    with Trace.open(tmp_path / "t.npz") as trace:
        sentences = []
        for i, (moment, value) in enumerate(zip(moments, values, strict=True)):
            step = other.step(moment, value)
            sentences.append(other.explain().sentence if step.unsilenced >= 0.9 else "")
            assert trace[i].sentence == sentences[-1]
    assert any(sentences) and not all(sentences)


@pytest.mark.parametrize(
    "kind", ["small novelty", *(pytest.param(name, marks=pytest.mark.compiled) for name in PRESETS)]
)
@pytest.mark.parametrize("causal", [False, True])
def test_views_are_those_of_the_explanation(kind: str, causal: bool, tmp_path: Path) -> None:
    params = small("novelty") if kind == "small novelty" else load_preset(kind)
    params = params.model_copy(update={"causal": causal})
    moments, values = stream(240)
    model, explained = (HTMModel(params, min(values), max(values), probation=40) for _ in range(2))
    with Recorder(model, tmp_path / "t.npz", threshold=2.0) as writer:
        recorded = writer.run(moments, values)
    seen = 0
    with Trace.open(tmp_path / "t.npz") as trace:
        for i, (moment, value) in enumerate(zip(moments, values, strict=True)):
            step = explained.step(moment, value)
            assert recorded.score[i] == step.score == trace[i].score
            if i % 5 != 4:
                continue
            views = {
                view.name: view for view in explained.explain().views if view.source in ("sequence", "known", "pattern")
            }
            mine = {view.name: view for view in trace[i].views}
            views.pop("value 1 known", None)
            assert {name: view.seen for name, view in views.items()} == {name: view.seen for name, view in mine.items()}
            for name, view in views.items():
                if view.source == "pattern":
                    assert mine[name].evidence == view.evidence
                else:
                    assert mine[name].minicolumns.size > 0
            seen += len(views)
    assert seen > 20


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        record(region_params("punishing"), tmp_path / f"{name}.npz", count=40)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
