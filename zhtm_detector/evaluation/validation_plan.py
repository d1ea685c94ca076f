"""What `zhtm validate` is asked for, and the detectors that each section needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.detectors.names import BASELINE_NAMES
from zhtm_detector.evaluation import ablation
from zhtm_detector.evaluation.score_store import Source
from zhtm_detector.htm.params import ModelParams, load_preset, preset_title
from zhtm_detector.nab.published import check_names

SECTIONS = (
    *("scoreboard", "folds", "thresholds", "seeds", "presets", "transfer", "drift", "rates", "causal", "ablation"),
    *("context", "baselines", "bootstrap", "windows", "ledger"),
)
PRESETS = ("zhtm", "novelty", "column", "classic")
SAMPLE = "sample"  # name of the sample corpus among further corpora
BESIDE = {"presets", "transfer"}  # sections that show several detectors
_BASELINES = tuple(name for name in BASELINE_NAMES if name != "null")  # which scores 0 on every corpus


@dataclass(frozen=True)
class ValidationPlan:
    """What to validate, and how thoroughly.

    Raises
    ------
    InputError
        For an unknown section, preset or published detector, or no section.
    """

    name: str  # of the preset in the tables
    params: ModelParams
    sections: Sequence[str] = SECTIONS
    seed: int = 42  # the first one, and the only one outside of the sections with several
    seeds: int = 10  # number of seeds in the sections seeds, presets and transfer
    ablation_seeds: int = 1  # number of seeds in the section ablation
    against: Sequence[str] = ("ARTime", "numenta", "contextOSE")  # published detectors to compare with
    presets: Sequence[str] = PRESETS  # in the sections presets, transfer and drift, after the validated one
    corpora: Sequence[str] = ()  # names of further corpora in the sections presets and transfer

    def __post_init__(self) -> None:
        if not self.sections:
            raise InputError(f"sections: expected at least one of {', '.join(SECTIONS)}, got none")
        for section in self.sections:
            if section not in SECTIONS:
                raise InputError(f"section {shown(section)}: unknown; expected one of {', '.join(SECTIONS)}")
        check_names(self.against)
        for preset in self.presets:
            load_preset(preset)
            preset_title(preset)

    def model(self, params: ModelParams | None = None, number: int = 0) -> Source:
        """Return the model, or a variant of it, with one of its seeds."""
        return Source(self.params if params is None else params, seed=(self.seed + number) % 2**32)

    @property
    def variants(self) -> Mapping[str, ModelParams]:
        """Variants of the ablation; empty without that section."""
        return ablation.variants(self.params) if "ablation" in self.sections else {}

    @property
    def baselines(self) -> Mapping[str, Source]:
        """Baselines by name; empty without that section."""
        return {name: Source(None, baseline=name) for name in BASELINE_NAMES if "baselines" in self.sections}

    @property
    def causal(self) -> ModelParams | None:
        """The variant without look-ahead; None without that section, or if the preset is causal."""
        return ablation.causal(self.params) if "causal" in self.sections else None

    @property
    def without_context(self) -> ModelParams | None:
        """The variant of the section context; None without that section, or if there is no context to remove."""
        return ablation.variants(self.params).get(ablation.WITHOUT_CONTEXT) if "context" in self.sections else None

    @property
    def with_causal(self) -> dict[str, ModelParams]:
        """The models of the sections thresholds and drift by name: each preset, then its causal variant."""
        found: dict[str, ModelParams] = {}
        for name, params in self.compared.items():
            found[name] = params
            if (blind := ablation.causal(params)) is not None:
                found[f"{name}, causal"] = blind
        return found

    @property
    def streaming(self) -> dict[str, ModelParams]:
        """The models of the section rates by name: the causal variant of each preset; empty without that section."""
        compared = self.compared if "rates" in self.sections else {}
        return {name: ablation.causal(params) or params for name, params in compared.items()}

    @property
    def compared(self) -> dict[str, ModelParams]:
        """The presets of the sections that compare some by name, the validated one first."""
        others = {preset_title(preset): preset for preset in self.presets}
        return {self.name: self.params} | {
            name: load_preset(preset) for name, preset in others.items() if name != self.name
        }

    @property
    def beside(self) -> dict[str, list[Source]]:
        """The detectors of the sections presets and transfer by name: presets with each seed, and the baselines."""
        if not BESIDE & set(self.sections):
            return {}
        found = {name: [self.model(params, n) for n in range(self.seeds)] for name, params in self.compared.items()}
        return found | {name: [Source(None, baseline=name)] for name in _BASELINES if name not in found}

    def preset_sources(self) -> list[Source]:
        """List the detectors that the sections presets, transfer and rates need, on each corpus."""
        several = [source for sources in self.beside.values() for source in sources]
        return several + [self.model(params) for params in self.streaming.values()]

    def sources(self) -> list[Source]:
        """List all detectors that the sections need on the first corpus."""
        sources = [self.model(), *self.preset_sources()]
        if "seeds" in self.sections:
            sources += [self.model(number=number) for number in range(self.seeds)]
        if {"thresholds", "drift"} & set(self.sections):
            sources += [self.model(params) for params in self.with_causal.values()]
        sources += [self.model(params) for params in (self.causal, self.without_context) if params is not None]
        if "ablation" in self.sections:
            for params in [self.params, *self.variants.values()]:
                sources += [self.model(params, number) for number in range(self.ablation_seeds)]
        return [*sources, *self.baselines.values()]
