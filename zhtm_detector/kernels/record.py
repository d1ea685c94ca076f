"""One record through all parts of a model in one compiled call, for streams.

Part by part from Python, each part finds the caches full of the others' data and of Python's; that costs as much as
half of the work. Here nothing but the parts themselves lies between one and the next.

The only kernel that calls those of other files: `Buffers.sources` is what makes that safe.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zhtm_detector.kernels import blocks as blocks_kernel
from zhtm_detector.kernels import evidence as evidence_kernel
from zhtm_detector.kernels import likelihood as likelihood_kernel
from zhtm_detector.kernels import nearest as nearest_kernel
from zhtm_detector.kernels import spatial_pooler, temporal_memory
from zhtm_detector.kernels._jit import jit, jit_inner

_pool = spatial_pooler.step
_lacks_room, _remember = temporal_memory.lacks_room, temporal_memory.run
_likelihood, _log_scale = likelihood_kernel.run, likelihood_kernel.log_scale
_nearest, _blocks, _judge = nearest_kernel.run, blocks_kernel.run, evidence_kernel.judge


class Rules(NamedTuple):
    """How the parts work together."""

    prediction_weight: float  # of the prediction error's evidence in the vote
    online: bool  # whether the range to measure by is that of the records so far


class Buffers(NamedTuple):
    """What one part hands on to the next: arrays of one record."""

    value: NDArray[np.float64]  # (1,)
    time: NDArray[np.float64]  # (1,) time of day as a fraction of the day
    span: NDArray[np.float64]  # (1,) range of values to measure distances by
    seen: NDArray[np.float64]  # (2,) lowest and highest value so far, kept where `online`
    shift: NDArray[np.uint32]  # (active bits,) what to add to the bits of the fields, laid end to end
    bits: NDArray[np.uint32]  # (active bits,)
    offsets: NDArray[np.int64]  # (2,) 0, number of active columns
    raw: NDArray[np.float64]  # (1,)
    likelihood: NDArray[np.float64]  # (1,)
    evidence: NDArray[np.float64]  # (columns, 1)
    score: NDArray[np.float64]  # (1,)
    novelty: NDArray[np.float64]  # (1,)
    leaves: NDArray[np.bool_]  # (1,)
    sources: NDArray[Any]  # (1,) SOURCES


@jit_inner
def _predict(pooler: Any, memory: Any, likelihood: Any, b: Buffers, fields: Any, learn: bool) -> bool:
    """Write raw score, likelihood and evidence of the column that predicts; False if its memory must grow first."""
    settings, state, scratch = pooler
    m, r, rng = memory
    # As many columns as may become active: under local inhibition nothing limits them.
    most = settings.active_columns if state.clock[2] == 1 else scratch.winners.size
    if learn and _lacks_room(m, r, most):
        return False
    at = 0
    for field in fields:
        for bit in field:
            b.bits[at] = bit + b.shift[at]
            at += 1
    count = _pool(settings, state, scratch, b.bits, learn)
    b.offsets[1] = count
    _remember(m, r, rng, scratch.winners[:count], b.offsets, 0, learn, b.raw)
    b.likelihood[0] = b.raw[0]
    b.evidence[0, 0] = b.raw[0]
    if likelihood is not None:
        history, rules = likelihood
        _likelihood(history, rules, b.value, b.raw, b.likelihood)
        _log_scale(b.likelihood, b.evidence[0])
    return True


@jit_inner
def _step(
    pooler: Any,
    memory: Any,
    likelihood: Any,
    nearest: Any,
    blocks: Any,
    vote: Any,
    rules: Rules,
    b: Buffers,
    fields: Any,
    value: float,
    time: float,
    learn: bool,
) -> bool:
    b.value[0], b.time[0] = value, time
    column = 0
    if pooler is not None:
        if not _predict(pooler, memory, likelihood, b, fields, learn):
            return False
        b.evidence[0, 0] *= rules.prediction_weight
        column = 1
    if rules.online:
        b.seen[0], b.seen[1] = min(b.seen[0], value), max(b.seen[1], value)
        b.span[0] = b.seen[1] - b.seen[0]
    if nearest is not None:
        values_seen, nearest_rules = nearest
        _nearest(b.value, b.span, values_seen, nearest_rules, b.evidence[column])
        column += 1
    if blocks is not None:
        views, block_rules = blocks
        _blocks(views, block_rules, b.value, b.time, b.span, b.evidence[column])
    vote_rules, mean, value_range, quiet = vote
    _judge(vote_rules, mean, value_range, quiet, b.evidence, b.raw, b.value, b.score, b.novelty, b.leaves)
    return True


@jit
def step(
    box: Any, fields: Any, value: float, time: float, learn: bool
) -> tuple[float, float, float, float, bool] | None:
    """Take one record; returns its score, raw score, likelihood, novelty, and whether it is out of range.

    Or None, with nothing changed, where the temporal memory must grow first.

    The box holds spatial pooler, temporal memory, likelihood, nearest values, blocks, vote, each as its own kernel
    takes it, `Rules` and `Buffers`; None for a part that the model has not. `fields` are the bits of each field; None
    where nothing predicts.
    """
    pooler, memory, likelihood, nearest, blocks, vote, rules, b = box.held
    if not _step(pooler, memory, likelihood, nearest, blocks, vote, rules, b, fields, value, time, learn):
        return None
    return b.score[0], b.raw[0], b.likelihood[0], b.novelty[0], b.leaves[0]
