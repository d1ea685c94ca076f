"""The same detector with one part changed: what the ablation and the `causal` row run."""

from __future__ import annotations

from typing import Any

from zhtm_detector.htm.params import BlockNoveltyParams, DateParams, ModelParams


def variants(params: ModelParams) -> dict[str, ModelParams]:
    """Make the ablation of a preset: each part that can be removed, removed alone.

    Of the scales of block columns only the coarsest goes, for the others would leave a hole.

    Returns
    -------
    dict
        What was removed, to the parameters without it. A part that the preset does not have is left out.
    """
    made = {}
    anomaly = params.anomaly

    def judged(**changes: Any) -> ModelParams:
        return params.model_copy(update={"anomaly": anomaly.model_copy(update=changes)})

    others = params.value_novelty is not None or params.block_novelty is not None
    if others:
        made["without the temporal memory"] = judged(gate=None, prediction_weight=0.0, likelihood=False)
    if anomaly.likelihood:
        made["without the likelihood"] = judged(likelihood=False)
    if anomaly.value_range_tolerance is not None:
        made["without the value-range rule"] = judged(value_range_tolerance=None)
    if anomaly.refractory is not None:
        made["without the refractory rule"] = judged(refractory=None)
    if params.value_novelty is not None:
        made["without value novelty"] = params.model_copy(update={"value_novelty": None})
    if params.block_novelty is not None:
        made["without block novelty"] = params.model_copy(update={"block_novelty": None})
        made |= {
            name: params.model_copy(update={"block_novelty": blocks})
            for name, blocks in _without_a_view(params.block_novelty).items()
        }
    # Inputs that are laid out by hand fit no other encoders.
    if params.date_encoder != DateParams() and params.spatial_pooler.input_dimensions is None:
        made["without the date encoder"] = params.model_copy(update={"date_encoder": DateParams()})
    return made


def _without_a_view(blocks: BlockNoveltyParams) -> dict[str, BlockNoveltyParams]:
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
    """Make the variant that uses only what a stream has shown: no range of the whole file.

    Returns
    -------
    ModelParams or None
        None where the preset is that variant already.
    """
    return None if params.causal else params.model_copy(update={"causal": True})
