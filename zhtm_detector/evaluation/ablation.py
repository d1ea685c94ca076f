"""Variants of a preset: one part removed, or all look-ahead."""

from __future__ import annotations

from typing import Any

from zhtm_detector.htm.params import BlockNoveltyParams, DateParams, ModelParams


def variants(params: ModelParams) -> dict[str, ModelParams]:
    """Return the ablation of a preset: every removable part, removed alone.

    Of the scales of block columns only the coarsest can go, because any other would leave a gap.

    Returns
    -------
    dict
        Name of each variant to its parameters. Parts that the preset does not have are left out.
    """
    made = {}
    anomaly = params.anomaly

    def changed(**changes: Any) -> ModelParams:
        return params.model_copy(update={"anomaly": anomaly.model_copy(update=changes)})

    if params.value_novelty is not None or params.block_novelty is not None:
        made["without the temporal memory"] = changed(gate=None, prediction_weight=0.0, likelihood=False)
    if anomaly.likelihood:
        made["without the likelihood"] = changed(likelihood=False)
    if anomaly.value_range_tolerance is not None:
        made["without the value-range rule"] = changed(value_range_tolerance=None)
    if anomaly.refractory is not None:
        made["without the refractory rule"] = changed(refractory=None)
    if params.value_novelty is not None:
        made["without value novelty"] = params.model_copy(update={"value_novelty": None})
    if params.block_novelty is not None:
        made["without block novelty"] = params.model_copy(update={"block_novelty": None})
        made |= {
            name: params.model_copy(update={"block_novelty": blocks})
            for name, blocks in _block_variants(params.block_novelty).items()
        }
    # An explicit input topology fits no other encoders.
    if params.date_encoder != DateParams() and params.spatial_pooler.input_dimensions is None:
        made["without the date encoder"] = params.model_copy(update={"date_encoder": DateParams()})
    return made


def _block_variants(blocks: BlockNoveltyParams) -> dict[str, BlockNoveltyParams]:
    made = {}
    if len(blocks.kinds) > 1:
        for kind in blocks.kinds:
            kinds = tuple(other for other in blocks.kinds if other != kind)
            made[f"without blocks: {kind}"] = blocks.model_copy(update={"kinds": kinds})
    if len(blocks.windows) > 1:
        for window in blocks.windows:
            windows = tuple(other for other in blocks.windows if other != window)
            made[f"without windows of {window}"] = blocks.model_copy(update={"windows": windows})
    if blocks.scales > 1:
        made["without the coarsest scale"] = blocks.model_copy(update={"scales": blocks.scales - 1})
    return made


def causal(params: ModelParams) -> ModelParams | None:
    """Return the variant that sees only the past, not the range of the whole file; None if the preset is causal."""
    return None if params.causal else params.model_copy(update={"causal": True})
