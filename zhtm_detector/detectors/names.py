"""Names of detectors on the command line: baselines, `zhtm` and `zhtm-PRESET`, the latter two also with `-causal`.

A preset file, such as `tried/less.json`, stands for a detector as well: `zhtm-less`. So do classes of others,
`module:Class` or `path/to/file.py:Class`, and the names that installed packages register (foreign/spec.py).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.names import check_name
from zhtm_detector.common.text import shown
from zhtm_detector.detectors.foreign.spec import TIMEOUT, ForeignDetector, parse_spec, registered
from zhtm_detector.htm.params import DEFAULT_PRESET, ModelParams, load_preset, preset_names

# Written out, so that reading an option loads no numeric library; a test compares it with baselines.BASELINES.
BASELINE_NAMES = ("null", "random", "valueRange", "nearestValue", "nearestValueRefractory", "windowedGaussian")
_MODEL = "zhtm"
_CAUSAL = "-causal"
_CAUSAL_PRESETS = (f"{_MODEL}-novelty{_CAUSAL}",)  # listed beside the presets


@dataclass(frozen=True)
class DetectorChoice:
    """A detector by name: a baseline, our model with the parameters it runs with, or one that others wrote."""

    name: str  # as on the command line; holds no underscore
    params: ModelParams | None = None
    foreign: ForeignDetector | None = None


def detector_names(text: str, with_results: Collection[str] = ()) -> list[str]:
    """Split a comma-separated list of detectors, known ones and those that have results, whoever made them.

    `all` stands for every detector that has results; without any, for those of `choose_detectors`.

    Raises
    ------
    InputError
        For an unknown name, a preset file whose name makes no detector's name of its own, or an empty list.

    Examples
    --------
    >>> detector_names("zhtm, tried/less.json, ARTime", ["ARTime"])
    ['zhtm', 'zhtm-less', 'ARTime']
    """
    return list(_parts_of(text, with_results))


def _parts_of(text: str, with_results: Collection[str] = ()) -> dict[str, str]:
    """Return the detectors by name, each with its preset file or the text of a class; empty where it is neither."""
    presets = [f"{_MODEL}-{preset}" for preset in preset_names()]
    others = [name for name in presets if name != f"{_MODEL}-{DEFAULT_PRESET}"]  # that is plain zhtm
    known = [_MODEL, _MODEL + _CAUSAL, *others, *_CAUSAL_PRESETS, *BASELINE_NAMES]
    own = {*known, *presets, *(name + _CAUSAL for name in presets)}
    accepted = {*own, *with_results}
    found: dict[str, str] = {}
    for part in text.split(","):
        name = part.strip()
        taken = own | {other for other, path in found.items() if path != name}
        if name.endswith(".json"):
            found[_name_of_file(name, taken)] = name
        elif ":" in name:
            foreign = parse_spec(name).name
            if foreign in taken:
                raise InputError(f"detector {shown(name)}: expected a name of its own before it, NAME=…, got {foreign}")
            found[foreign] = name
        elif name in accepted or name in ("", "all"):
            found |= dict.fromkeys((with_results or known) if name == "all" else [name] if name else [], "")
        elif name in registered():
            found[name] = f"{name}={registered()[name]}"
        else:
            results = f", {', '.join(sorted({*with_results} - own))}" if {*with_results} - own else ""
            raise InputError(
                f"detector {shown(name)}: unknown; expected one of {', '.join(known)}{results}, module:Class, "
                "path/to/file.py:Class, or all"
            )
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


def choose_detectors(
    text: str, preset: str | None = None, causal: bool = False, timeout: float = TIMEOUT
) -> list[DetectorChoice]:
    """Resolve a comma-separated list of detectors.

    `all` stands for every preset and baseline, zhtm-causal and zhtm-novelty-causal.

    Parameters
    ----------
    text : str
        As in `detector_names`.
    preset : str, optional
        The preset of plain `zhtm`.
    causal : bool
        Replace each model by its causal variant, whose name ends in `-causal`.
    timeout : float
        Seconds for one file, of detectors that others wrote.

    Raises
    ------
    InputError
        As `detector_names`, and for a bad preset; what a class of others is, is found out when it runs.
    """
    plain = load_preset(preset or DEFAULT_PRESET)  # also when no detector uses it, to catch a typo
    choices = []
    for name, file in _parts_of(text).items():
        if name in BASELINE_NAMES:
            choices.append(DetectorChoice(name))
            continue
        if ":" in file:
            choices.append(DetectorChoice(name, foreign=parse_spec(file, timeout)))
            continue
        base = name.removesuffix(_CAUSAL)
        params = plain if base == _MODEL else load_preset(file or base.removeprefix(f"{_MODEL}-"))
        if causal or name != base:
            params = params.model_copy(update={"causal": True})
            base += _CAUSAL
        choices.append(DetectorChoice(base, params))
    return list({choice.name: choice for choice in choices}.values())
