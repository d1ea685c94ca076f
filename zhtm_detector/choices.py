"""Detector names as users write them: baselines, `zhtm`, and `zhtm-PRESET`."""

from __future__ import annotations

from zhtm_detector.errors import InputError
from zhtm_detector.nab.detection import DetectorChoice
from zhtm_detector.params import DEFAULT_PRESET, load_preset, preset_names

# Written out, so that reading an option loads no numeric library; a test holds it against baselines.BASELINES.
BASELINE_NAMES = ("null", "random", "valueRange", "nearestValue", "nearestValueRefractory", "windowedGaussian")
_MODEL = "zhtm"


def detector_names(text: str) -> list[str]:
    """Split a comma-separated list of detectors; `all` is every preset and baseline, once.

    Raises
    ------
    InputError
        For an unknown name, or none at all.
    """
    known = [_MODEL, *(f"{_MODEL}-{preset}" for preset in preset_names()), *BASELINE_NAMES]
    everything = [name for name in known if name != f"{_MODEL}-{DEFAULT_PRESET}"]  # that is plain zhtm
    names: list[str] = []
    for part in text.split(","):
        name = part.strip()
        if name and name != "all" and name not in known:
            raise InputError(f"detector {name!r}: unknown; expected one of {', '.join(known)}, or all")
        names += everything if name == "all" else [name] if name else []
    if not names:
        raise InputError(f"detectors {text!r}: expected at least one of {', '.join(known)}")
    return list(dict.fromkeys(names))


def choose_detectors(text: str, preset: str | None = None) -> list[DetectorChoice]:
    """Resolve a comma-separated list of detectors; `preset` is what plain `zhtm` runs with.

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
        elif name == _MODEL:
            choices.append(DetectorChoice(name, plain))
        else:
            choices.append(DetectorChoice(name, load_preset(name.removeprefix(f"{_MODEL}-"))))
    return choices
