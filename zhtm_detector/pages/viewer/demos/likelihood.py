"""The anomaly likelihood: raw scores of a stream that changes, and how unlikely they become."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from zhtm_detector.htm.anomaly.likelihood import AnomalyLikelihood, log_likelihood
from zhtm_detector.htm.params import Params

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class LikelihoodDemo(Params):
    """Raw scores around one level, and for a while around another one."""

    records: Annotated[int, Field(ge=100, le=4000)] = 1200
    level: Share = 0.15  # mean of the raw scores
    noise: Annotated[float, Field(ge=0.0, le=0.5)] = 0.08  # their deviation
    jump: Share = 0.75  # mean in the anomaly
    jump_at: Annotated[int, Field(ge=0, le=4000)] = 800  # its first record
    jump_length: Annotated[int, Field(ge=0, le=1000)] = 40
    learning_period: Annotated[int, Field(ge=0, le=2000)] = 150
    averaging_window: Annotated[int, Field(ge=1, le=200)] = 10
    reestimation_period: Annotated[int, Field(ge=1, le=1000)] = 100
    seed: Annotated[int, Field(ge=0, le=9999)] = 42


def answer(params: LikelihoodDemo) -> dict[str, Any]:
    """Run the likelihood; the normal distribution is the one in effect at the last record."""
    rng = np.random.default_rng(params.seed)
    mean = np.full(params.records, params.level)
    mean[params.jump_at : params.jump_at + params.jump_length] = params.jump
    raw = np.clip(rng.normal(mean, params.noise), 0.0, 1.0)
    likelihood = AnomalyLikelihood(
        params.learning_period,
        100,
        averaging_window=params.averaging_window,
        reestimation_period=params.reestimation_period,
    )
    likelihoods = likelihood.run(rng.random(params.records), raw)  # of a metric that varies
    sums = np.concatenate(([0.0], np.cumsum(raw)))
    ends = np.arange(1, params.records + 1)
    starts = np.maximum(ends - params.averaging_window, 0)
    state = likelihood.state_arrays()
    return {
        "raw": raw,
        "average": (sums[ends] - sums[starts]) / (ends - starts),
        "likelihood": likelihoods,
        "score": log_likelihood(likelihoods),
        "mean": float(state["center"][0]) if state["known"][0] else None,
        "deviation": float(state["deviation"][0]) if state["known"][0] else None,
        "first": min(params.learning_period + 100, params.records),
        "jump": [params.jump_at, min(params.jump_at + params.jump_length, params.records)],
    }
