"""The same detector with one part changed: what the ablation and the `online` row run."""

from __future__ import annotations

from zhtm_detector.params import DateParams, ModelParams


def variants(params: ModelParams) -> dict[str, ModelParams]:
    """Make the ablation of a preset: each stage, and each view of the stream, removed alone.

    Returns
    -------
    dict
        What was removed, to the parameters without it. A part that the preset does not have is left out.
    """
    made = {}
    anomaly = params.anomaly
    if anomaly.likelihood:
        without = anomaly.model_copy(update={"likelihood": False})
        made["without the likelihood"] = params.model_copy(update={"anomaly": without})
    if anomaly.value_range_tolerance is not None:
        without = anomaly.model_copy(update={"value_range_tolerance": None})
        made["without the value-range rule"] = params.model_copy(update={"anomaly": without})
    # Inputs that are laid out by hand fit no other encoders.
    if params.date_encoder != DateParams() and params.spatial_pooler.input_dimensions is None:
        made["without the date encoder"] = params.model_copy(update={"date_encoder": DateParams()})
    return made


def online(params: ModelParams) -> ModelParams | None:
    """Make the variant that uses only what a stream has shown: no range of the whole file.

    Returns
    -------
    ModelParams or None
        None where the model has no such switch, or the preset has it on.
    """
    if getattr(params, "online", None) is not False:
        return None
    return params.model_copy(update={"online": True})
