"""Variants of a preset: one part removed or replaced, or all look-ahead removed."""

from __future__ import annotations

from typing import Any

from zhtm_detector.htm.params import BlockNoveltyParams, ColumnParams, DateParams, ModelParams

WITHOUT_CONTEXT = "without context"  # the same columns, without memories of what came before

# The usual way of a temporal memory: synapses that are not active when their segment matches grow weaker.
_FORGETFUL = {
    "initial_permanence": 1.0,
    "connected_permanence": 0.5,
    "permanence_increment": 0.1,
    "permanence_decrement": 0.02,
}


def variants(params: ModelParams) -> dict[str, ModelParams]:
    """Return the ablation of a preset: every removable part, removed alone, and rules of columns, replaced alone.

    Of the scales only the coarsest, and in columns the finest, can go, because any other would leave a gap.

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
        alone = changed(gate=None, prediction_weight=0.0, likelihood=False)
        made["without the temporal memory"] = alone.model_copy(update={"columns": ()})
    made |= {name: params.model_copy(update={"columns": groups}) for name, groups in _column_variants(params).items()}
    if params.columns and anomaly.gate is not None:
        made["without the gate"] = changed(gate=None)
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
    # An explicit input topology fits no other encoders, and columns have encoders of their own.
    if not params.columns and params.date_encoder != DateParams() and params.spatial_pooler.input_dimensions is None:
        made["without the date encoder"] = params.model_copy(update={"date_encoder": DateParams()})
    return made


def _column_variants(params: ModelParams) -> dict[str, tuple[ColumnParams, ...]]:
    """Return the groups of columns of each variant that differs from the preset's."""
    groups = params.columns
    made = {
        WITHOUT_CONTEXT: tuple(_remember(group, context=0) for group in groups),
        "without the spatial poolers": tuple(group.model_copy(update={"spatial_pooler": None}) for group in groups),
    }
    for kind in dict.fromkeys(kind for group in groups for kind in group.sees):
        made[f"without columns of {kind}"] = tuple(_blind(group, kind) for group in groups)
    made |= {
        "without the coarsest scale": tuple(_without_coarsest(group) for group in groups),
        "without the finest scale": tuple(_without_finest(group) for group in groups),
        "without the value column": tuple(group for group in groups if not _tells_unseen(group)),
        "without block columns": tuple(group for group in groups if group.calibration is None),
        "with permanences that forget": tuple(_remember(group, **_FORGETFUL) for group in groups),
        "with the burst readout": tuple(_remember(group, readout="burst") for group in groups),
    }
    # A variant without any group would be another model, with a region.
    return {name: variant for name, variant in made.items() if variant and variant != groups}


def _remember(group: ColumnParams, **changes: Any) -> ColumnParams:
    """Change the context memory of a group that predicts; a group without context is left as it is."""
    if group.temporal_memory.context == 0:
        return group
    return group.model_copy(update={"temporal_memory": group.temporal_memory.model_copy(update=changes)})


def _blind(group: ColumnParams, kind: str) -> ColumnParams:
    sees = tuple(other for other in group.sees if other != kind)
    return group.model_copy(update={"sees": sees}) if sees else group


def _without_coarsest(group: ColumnParams) -> ColumnParams:
    return group.model_copy(update={"scales": group.scales - 1}) if group.scales > 1 else group


def _without_finest(group: ColumnParams) -> ColumnParams:
    """Begin with blocks twice as long; blocks of single records have no length that could be doubled."""
    if group.scales == 1 or group.blocks is None or group.blocks == 1:
        return group
    return group.model_copy(update={"scales": group.scales - 1, "blocks": group.blocks // 2})


def _tells_unseen(group: ColumnParams) -> bool:
    return group.temporal_memory.context == 0 and group.unseen_weight > 0.0


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
