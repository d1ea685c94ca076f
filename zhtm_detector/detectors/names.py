"""Names of detectors on the command line: baselines, `zhtm` and `zhtm-PRESET`, the latter two also with `-causal`."""

from __future__ import annotations

from dataclasses import dataclass

from zhtm_detector.common.errors import InputError
from zhtm_detector.htm.params import DEFAULT_PRESET, ModelParams, load_preset, preset_names

# Written out, so that reading an option loads no numeric library; a test compares it with baselines.BASELINES.
BASELINE_NAMES = ("null", "random", "valueRange", "nearestValue", "nearestValueRefractory", "windowedGaussian")
_MODEL = "zhtm"
_CAUSAL = "-causal"
_CAUSAL_PRESETS = (f"{_MODEL}-novelty{_CAUSAL}",)  # listed beside the presets


@dataclass(frozen=True)
class DetectorChoice:
    """A detector by name: a baseline, or our model with the parameters it runs with."""

    name: str  # as on the command line; holds no underscore
    params: ModelParams | None  # None for a baseline


def detector_names(text: str) -> list[str]:
    """Split a comma-separated list of detectors.

    `all` stands for every preset and baseline, zhtm-causal and zhtm-novelty-causal.

    Raises
    ------
    InputError
        For an unknown name, or an empty list.
    """
    presets = [f"{_MODEL}-{preset}" for preset in preset_names()]
    others = [name for name in presets if name != f"{_MODEL}-{DEFAULT_PRESET}"]  # that is plain zhtm
    known = [_MODEL, _MODEL + _CAUSAL, *others, *_CAUSAL_PRESETS, *BASELINE_NAMES]
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
        As in `detector_names`.
    preset : str, optional
        The preset of plain `zhtm`.
    causal : bool
        Replace each model by its causal variant, whose name ends in `-causal`.

    Raises
    ------
    InputError
        As `detector_names`, and for a bad preset.
    """
    plain = load_preset(preset or DEFAULT_PRESET)  # also when no detector uses it, to catch a typo
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
