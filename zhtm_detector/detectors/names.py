"""Detector names as users write them: baselines, `zhtm`, `zhtm-PRESET`, and either with `-causal` at the end."""

from __future__ import annotations

from dataclasses import dataclass

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.params import DEFAULT_PRESET, ModelParams, load_preset, preset_names

# Written out, so that reading an option loads no numeric library; a test holds it against baselines.BASELINES.
BASELINE_NAMES = ("null", "random", "valueRange", "nearestValue", "nearestValueRefractory", "windowedGaussian")
_MODEL = "zhtm"
_CAUSAL = "-causal"


@dataclass(frozen=True)
class DetectorChoice:
    """A detector by name: a baseline, or our model with the parameters it runs with."""

    name: str  # as on the command line; holds no underscore
    params: ModelParams | None  # None: the baseline of that name


def detector_names(text: str) -> list[str]:
    """Split a comma-separated list of detectors; `all` is every preset and baseline once, and zhtm-causal.

    Raises
    ------
    InputError
        For an unknown name, or none at all.
    """
    presets = [f"{_MODEL}-{preset}" for preset in preset_names()]
    others = [name for name in presets if name != f"{_MODEL}-{DEFAULT_PRESET}"]  # that is plain zhtm
    known = [_MODEL, _MODEL + _CAUSAL, *others, *BASELINE_NAMES]
    accepted = {*known, *presets, *(name + _CAUSAL for name in presets)}
    names: list[str] = []
    for part in text.split(","):
        name = part.strip()
        if name and name != "all" and name not in accepted:
            raise InputError(f"detector {name!r}: unknown; expected one of {', '.join(known)}, or all")
        names += known if name == "all" else [name] if name else []
    if not names:
        raise InputError(f"detectors {text!r}: expected at least one of {', '.join(known)}")
    return list(dict.fromkeys(names))


def choose_detectors(text: str, preset: str | None = None, causal: bool = False) -> list[DetectorChoice]:
    """Resolve a comma-separated list of detectors.

    Parameters
    ----------
    text : str
        As `detector_names` takes it.
    preset : str, optional
        What plain `zhtm` runs with.
    causal : bool
        Turn each model into its causal variant, whose name ends so.

    Raises
    ------
    InputError
        As `detector_names`, and for a bad preset.
    """
    plain = load_preset(preset or DEFAULT_PRESET)  # even when not asked for: a slip in its name should not pass
    choices = []
    for name in detector_names(text):
        if name in BASELINE_NAMES:
            choices.append(DetectorChoice(name, None))
            continue
        base = name.removesuffix(_CAUSAL)
        params = plain if base == _MODEL else load_preset(base.removeprefix(f"{_MODEL}-"))
        if causal or name != base:
            params = params.model_copy(update={"causal": True})
            base += _CAUSAL
        choices.append(DetectorChoice(base, params))
    return list({choice.name: choice for choice in choices}.values())
