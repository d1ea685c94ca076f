"""The spatial pooler: a few patterns, shown again and again, and what one column and all of them make of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from zhtm_detector.htm.params import Params, SpatialPoolerParams
from zhtm_detector.htm.spatial_pooler import SpatialPooler

SIDE = 16
INPUTS = COLUMNS = SIDE * SIDE
_ACTIVE = 32  # inputs of a pattern


class PoolerDemo(Params):
    """256 columns over 256 inputs."""

    topology: Literal["1-D", "2-D"] = "2-D"
    inhibition: Literal["global", "local"] = "local"
    steps: Annotated[int, Field(ge=0, le=1000)] = 200  # records that it learns from
    patterns: Annotated[int, Field(ge=1, le=20)] = 6
    pattern: Annotated[int, Field(ge=0, le=19)] = 0  # the one that is shown
    noise: Annotated[float, Field(ge=0.0, le=1.0)] = 0.1  # share of the active inputs that are others
    column: Annotated[int, Field(ge=0, lt=COLUMNS)] = 119  # whose synapses are shown
    potential_radius: Annotated[int, Field(ge=1, le=16)] = 4  # in inputs, to each side
    potential_fraction: Annotated[float, Field(ge=0.1, le=1.0)] = 0.8
    active_columns: Annotated[int, Field(ge=1, le=64)] = 20
    permanence_increment: Annotated[float, Field(ge=0.0, le=0.5)] = 0.03
    permanence_decrement: Annotated[float, Field(ge=0.0, le=0.5)] = 0.015
    boost_strength: Annotated[float, Field(ge=0.0, le=20.0)] = 2.0
    seed: Annotated[int, Field(ge=0, le=9999)] = 42


def answer(params: PoolerDemo) -> dict[str, Any]:
    """Show one pattern before and after learning from all of them in turn, with noise."""
    if params.pattern >= params.patterns:
        raise ValueError(f"pattern: expected below patterns ({params.patterns}), got {params.pattern}")
    rng = np.random.default_rng(params.seed)
    plane = params.topology == "2-D"
    patterns = [_pattern(rng, plane) for _ in range(params.patterns)]
    pooler = SpatialPooler(INPUTS, _pooler_params(params), rng)
    pool, before = pooler.potential[params.column], pooler.permanences[params.column].copy()
    shown = patterns[params.pattern]
    codes = [pooler.compute(bits, learn=False) for bits in patterns]
    first = {"active": pooler.compute(shown, learn=False), "overlaps": pooler.overlaps.copy()}
    for step in range(params.steps):
        pooler.compute(_noisy(patterns[step % params.patterns], params.noise, rng))
    noisy = _noisy(shown, max(params.noise, 0.1), rng)
    found = pooler.compute(noisy, learn=False)
    after = [pooler.compute(bits, learn=False) for bits in patterns]
    last = {"active": pooler.compute(shown, learn=False), "overlaps": pooler.overlaps.copy()}
    return {
        "side": SIDE,
        "plane": plane,
        "input": shown,
        "connected_permanence": 0.2,
        "potential": np.flatnonzero(pool),
        "before": first | {"permanences": before[pool]},
        "after": last | {"permanences": pooler.permanences[params.column][pool]},
        "boost": pooler.boost_factors,
        "duty": pooler.active_duty_cycles,
        "inhibition_radius": pooler.inhibition_radius if params.inhibition == "local" else None,
        "centre": params.column,
        "kept": [int(np.intersect1d(one, other).size) for one, other in zip(codes, after, strict=True)],
        "winners": [one.size for one in after],
        "noisy": {"overlap": int(np.intersect1d(found, last["active"]).size), "input": noisy},
        "used": int(np.count_nonzero(pooler.active_duty_cycles)),
        "entropy": _entropy(pooler.active_duty_cycles),
    }


def _pooler_params(params: PoolerDemo) -> SpatialPoolerParams:
    shape = (SIDE, SIDE) if params.topology == "2-D" else (COLUMNS,)
    return SpatialPoolerParams(
        column_dimensions=shape,
        input_dimensions=shape,
        potential_fraction=params.potential_fraction,
        potential_radius=params.potential_radius,
        wrap_around=False,
        global_inhibition=params.inhibition == "global",
        active_columns=params.active_columns,
        stimulus_threshold=1,
        permanence_increment=params.permanence_increment,
        permanence_decrement=params.permanence_decrement,
        duty_cycle_period=100,
        boost_strength=params.boost_strength,
    )


def _pattern(rng: np.random.Generator, plane: bool) -> NDArray[np.uint32]:
    """Draw two runs of inputs, or two discs in the plane: neighbours mean the same, as the topology assumes."""
    centres = rng.integers(2, SIDE - 2, size=(2, 2))
    if not plane:
        starts = (centres @ [SIDE, 1])[:, None] + np.arange(_ACTIVE // 2)
        return np.unique(starts % INPUTS).astype(np.uint32)
    rows, columns = np.divmod(np.arange(INPUTS), SIDE)
    near = [(rows - row) ** 2 + (columns - column) ** 2 <= 5 for row, column in centres.tolist()]
    return np.flatnonzero(np.logical_or(*near)).astype(np.uint32)


def _noisy(bits: NDArray[np.uint32], share: float, rng: np.random.Generator) -> NDArray[np.uint32]:
    """Replace a share of the active inputs by others."""
    count = round(share * bits.size)
    kept = rng.permutation(bits)[count:]
    others = rng.permutation(np.setdiff1d(np.arange(INPUTS, dtype=np.uint32), bits))[:count]
    return np.sort(np.concatenate((kept, others))).astype(np.uint32)


def _entropy(duty: NDArray[np.float32]) -> float:
    """Mean binary entropy of a column's activity in bits, from its active duty cycle."""
    share = np.clip(duty.astype(np.float64), 1e-12, 1.0 - 1e-12)
    return float(np.mean(-share * np.log2(share) - (1.0 - share) * np.log2(1.0 - share)))
