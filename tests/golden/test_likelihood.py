"""Our likelihood and value-range rule turn the published raw scores of Numenta's detector into its final scores."""

from __future__ import annotations

from math import floor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny import label_corpus

from zhtm_detector.detectors.base import probationary_period
from zhtm_detector.htm.anomaly import AnomalyLikelihood, ValueRange, log_likelihood
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.result_files import read_profiles
from zhtm_detector.nab.scoring import rank
from zhtm_detector.nab.steps import normalize, optimize

EXPECTED = {"standard": 70.10, "reward_low_FP_rate": 63.21, "reward_low_FN_rate": 74.32}

Scores = dict[str, NDArray[np.float64]]


@pytest.fixture(scope="module")
def corpus(nab_root: Path) -> Corpus:
    return Corpus(nab_root)


@pytest.fixture(scope="module")
def scores(corpus: Corpus) -> Scores:
    """Scores of NAB's Numenta detector from its raw scores; half of the probation learns, half is for the estimate."""
    path = corpus.root / "published_scores" / "numenta_raw.npz"
    if not path.is_file():
        pytest.skip(f"no {path}")
    out = {}
    with np.load(path) as raws:
        for name in corpus.paths:
            data_file = corpus.load(name)
            values = data_file.data["value"].to_numpy(dtype=np.float64)
            probation = int(probationary_period(0.15, data_file.length))
            learning_period = floor(probation / 2)
            likelihood = AnomalyLikelihood(
                learning_period,
                probation - learning_period,
                averaging_window=10,
                history=8640,
                reestimation_period=100,
            )
            scores = log_likelihood(likelihood.run(values, raws[name]))
            out[name] = np.where(ValueRange(0.05).run(values), 1.0, scores)
    return out


def test_final_scores(corpus: Corpus, scores: Scores) -> None:
    labelled = label_corpus(corpus)
    profiles = read_profiles()
    best = optimize(rank(scores, labelled), profiles)
    got = {profile.name: normalize(best[profile.name]["score"], labelled, profile) for profile in profiles}
    assert {name: round(score, 2) for name, score in got.items()} == EXPECTED


def test_every_record(corpus: Corpus, scores: Scores) -> None:
    """Compare all 365,558 published scores, which are rounded to 12 digits."""
    with np.load(corpus.root / "published_scores" / "numenta.npz") as published:
        for name in corpus.paths:
            np.testing.assert_allclose(scores[name], published[name], rtol=0, atol=1e-10, err_msg=name)
