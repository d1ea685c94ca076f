"""The PySAD model, in PySAD's own tools."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("pysad", reason="pysad is not installed")

from numba.core import config
from pysad.core.base_model import BaseModel
from pysad.utils import ArrayStreamer

from zhtm_detector.common.errors import InputError
from zhtm_detector.streams.adapter import FieldModels
from zhtm_detector.streams.pysad import HTMDetector

RECORDS = 10 if config.DISABLE_JIT else 100  # type: ignore[attr-defined]  # kernels as plain Python take their time
X = np.random.default_rng(1).normal(0, 1, (RECORDS, 2)).round(1)


def test_scores_of_many_are_those_of_each() -> None:
    one, two, three = (HTMDetector(preset="column", probation=20) for _ in range(3))
    assert isinstance(one, BaseModel)
    expected = one.fit_score(X)
    got = []
    for row in ArrayStreamer(shuffle=False).iter(X):
        got.append(two.score_partial(row))
        assert two.score_partial(row) == got[-1]
        assert two.fit_partial(row) is two
    assert got == expected.tolist()
    assert three.fit(X).score(X[:3]).tolist() == [three.score_partial(row) for row in X[:3]]
    assert len(set(got)) > RECORDS // 5


def test_the_time_is_a_column(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(FieldModels, "learn", lambda self, fields, time: seen.append((fields, time)) or 0.5)
    assert HTMDetector(timestamp=0).fit_score_partial(np.array([7.0, 1.0])) == 0.5
    assert seen == [({1: 1.0}, 7.0)]


def test_a_table_is_no_record() -> None:
    with pytest.raises(InputError, match=r"X: expected an array of shape \(columns,\), got shape \(1, 2\)"):
        HTMDetector().score_partial(X[:1])
