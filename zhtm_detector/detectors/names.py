"""Names of detectors on the command line: baselines, `zhtm` and `zhtm-PRESET`, the latter two also with `-causal`.

A preset file, such as `tried/less.json`, stands for a detector as well: `zhtm-less`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.names import check_name
from zhtm_detector.common.text import shown
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
        For an unknown name, a preset file whose name makes no detector's name of its own, or an empty list.

    Examples
    --------
    >>> detector_names("zhtm, tried/less.json")
    ['zhtm', 'zhtm-less']
    """
    return list(_presets_of(text))


def _presets_of(text: str) -> dict[str, str]:
    """Return the detectors by name, each with its preset file; empty where it is none."""
    presets = [f"{_MODEL}-{preset}" for preset in preset_names()]
    others = [name for name in presets if name != f"{_MODEL}-{DEFAULT_PRESET}"]  # that is plain zhtm
    known = [_MODEL, _MODEL + _CAUSAL, *others, *_CAUSAL_PRESETS, *BASELINE_NAMES]
    accepted = {*known, *presets, *(name + _CAUSAL for name in presets)}
    found: dict[str, str] = {}
    for part in text.split(","):
        name = part.strip()
        if name.endswith(".json"):
            taken = accepted | {other for other, path in found.items() if path != name}
            found[_name_of_file(name, taken)] = name
            continue
        if name and name != "all" and name not in accepted:
            raise InputError(f"detector {shown(name)}: unknown; expected one of {', '.join(known)}, or all")
        found |= dict.fromkeys(known if name == "all" else [name] if name else [], "")
    if not found:
        raise InputError(f"detectors {shown(text)}: expected at least one of {', '.join(known)}")
    return found


def check_preset_name(name: str, where: str) -> str:
    """Return the name of a preset; no underscore as in `check_name`, because it becomes a detector's name."""
    return check_name(name, where, signs="-", longest=60)


def _name_of_file(path: str, taken: Collection[str]) -> str:
    where = f"preset file {path}"
    name = f"{_MODEL}-{check_preset_name(Path(path).stem, where)}"
    if name.endswith(_CAUSAL) or name in taken:
        raise InputError(
            f"{where}: expected a name that is not that of another preset and without {_CAUSAL} at the end, "
            f"because its detector is called {name}"
        )
    return name


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
    for name, file in _presets_of(text).items():
        if name in BASELINE_NAMES:
            choices.append(DetectorChoice(name, None))
            continue
        base = name.removesuffix(_CAUSAL)
        params = plain if base == _MODEL else load_preset(file or base.removeprefix(f"{_MODEL}-"))
        if causal or name != base:
            params = params.model_copy(update={"causal": True})
            base += _CAUSAL
        choices.append(DetectorChoice(base, params))
    return list({choice.name: choice for choice in choices}.values())
