"""Names of detectors on the command line: baselines, `zhtm` and `zhtm-PRESET`, the latter two also with `-causal`.

A preset file, such as `tried/less.json`, stands for a detector as well: `zhtm-less`. So do classes of others,
`module:Class` or `path/to/file.py:Class`, and the names that installed packages register (foreign/spec.py).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.json_reader import read_json_object
from zhtm_detector.common.names import check_name
from zhtm_detector.common.text import shown
from zhtm_detector.detectors.foreign.spec import (
    TIMEOUT,
    ForeignDetector,
    in_full,
    parse_spec,
    registered,
    split_spec,
)
from zhtm_detector.htm.params import DEFAULT_PRESET, ModelParams, load_preset, preset_names

# Written out, so that reading an option loads no numeric library; a test compares it with baselines.BASELINES.
BASELINE_NAMES = ("null", "random", "valueRange", "nearestValue", "nearestValueRefractory", "windowedGaussian")
NOT_NAB = ("sample-", "partial-", "other-")  # before the names of results on other corpora
_MODEL = "zhtm"
_CAUSAL = "-causal"
_CAUSAL_PRESETS = (f"{_MODEL}-novelty{_CAUSAL}",)  # listed beside the presets


@dataclass(frozen=True)
class DetectorChoice:
    """A detector by name: a baseline, our model with the parameters it runs with, or one that others wrote."""

    name: str  # as on the command line; holds no underscore
    params: ModelParams | None = None
    foreign: ForeignDetector | None = None


@cache
def published_names() -> tuple[str, ...]:
    """Return the names of the detectors that numenta/NAB publishes, as shipped with the package."""
    return tuple(read_json_object(config_path() / "scoreboard.json")["detectors"])


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
    variants = [name for name in presets if name != f"{_MODEL}-{DEFAULT_PRESET}"]  # that is plain zhtm
    known = [_MODEL, _MODEL + _CAUSAL, *variants, *_CAUSAL_PRESETS, *BASELINE_NAMES]
    own = {*known, *presets, *(name + _CAUSAL for name in presets)}
    accepted = {*own, *with_results}
    found: dict[str, str] = {}
    for part in text.split(","):
        name = part.strip()
        taken = own | {other for other, path in found.items() if path != name}
        place = split_spec(name)[1]
        if name.endswith(".json") and "?" not in name:
            found[_name_of_file(name, taken)] = name
        elif name not in accepted and (":" in place or place in registered()):
            full = in_full(name)
            found[_own_name(full, taken)] = full
        elif name in accepted or name in ("", "all"):
            found |= dict.fromkeys((with_results or known) if name == "all" else [name] if name else [], "")
        else:
            others = sorted({*with_results, *registered()} - own)
            raise InputError(
                f"detector {shown(name)}: unknown; expected one of {', '.join([*known, *others])}, module:Class, "
                "path/to/file.py:Class, or all"
            )
    if not found:
        raise InputError(f"detectors {shown(text)}: expected at least one of {', '.join(known)}")
    return found


def _own_name(text: str, taken: Collection[str]) -> str:
    """Return the name of a detector that others wrote: nobody shall take it for another one, or for ours."""
    name = parse_spec(text).name
    start = next((start for start in (f"{_MODEL}-", *NOT_NAB) if name.startswith(start)), "")
    if start or name in {*taken, _MODEL, *published_names()}:
        why = f"; {start} begins other names" if start else ""
        why = ", which NAB publishes" if name in published_names() else why
        raise InputError(f"detector {shown(text)}: expected a name of its own before it, NAME=…, got {name}{why}")
    return name


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
