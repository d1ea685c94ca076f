"""`zhtm validate`: runs the detectors that the evidence for a preset needs, and builds its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.tables import DataTable
from zhtm_detector.common.workers import Workers
from zhtm_detector.detectors.names import BASELINE_NAMES
from zhtm_detector.evaluation import ablation, evidence_tables
from zhtm_detector.evaluation.best_scores import BestScores
from zhtm_detector.evaluation.evidence_tables import Scores, Setting
from zhtm_detector.evaluation.score_store import ScoreStore, Source
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.published import check_names
from zhtm_detector.nab.scoring import FileWindows, Profile

SECTIONS = ("scoreboard", "folds", "seeds", "causal", "ablation", "baselines", "bootstrap", "windows")
FOLDER = "validate"  # in the results


@dataclass(frozen=True)
class ValidationPlan:
    """What to validate, and how thoroughly.

    Raises
    ------
    InputError
        For an unknown section or published detector, or no section.
    """

    name: str  # of the preset in the tables
    params: ModelParams
    sections: Sequence[str] = SECTIONS
    seed: int = 42  # the first one, and the only one outside of the sections seeds and ablation
    seeds: int = 10  # number of seeds in the section seeds
    ablation_seeds: int = 1  # number of seeds in the section ablation
    against: Sequence[str] = ("ARTime", "numenta", "contextOSE")  # published detectors to compare with

    def __post_init__(self) -> None:
        if not self.sections:
            raise InputError(f"sections: expected at least one of {', '.join(SECTIONS)}, got none")
        for section in self.sections:
            if section not in SECTIONS:
                raise InputError(f"section {section!r}: unknown; expected one of {', '.join(SECTIONS)}")
        check_names(self.against)

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

    def sources(self) -> list[Source]:
        """List all detectors that the sections need."""
        sources = [self.model()]
        if "seeds" in self.sections:
            sources += [self.model(number=number) for number in range(self.seeds)]
        if self.causal is not None:
            sources.append(self.model(self.causal))
        if "ablation" in self.sections:
            for params in [self.params, *self.variants.values()]:
                sources += [self.model(params, number) for number in range(self.ablation_seeds)]
        return [*sources, *self.baselines.values()]


@dataclass(frozen=True)
class Validation:
    """The evidence for a preset."""

    plan: ValidationPlan
    tables: dict[str, DataTable]  # by section, in the order of `SECTIONS`
    errors: dict[str, str]  # data file to the error that excludes it from all tables
    computed: int  # files times detectors that were run
    cached: int  # and that came from the cache

    def to_json(self) -> dict[str, Any]:
        """Return everything but the plan as a JSON object."""
        return {
            "sections": {
                section: {"title": table.title, "rows": table.records(), "notes": list(table.notes)}
                for section, table in self.tables.items()
            },
            "failed": [{"file": path, "error": error} for path, error in self.errors.items()],
            "computed": self.computed,
            "cached": self.cached,
        }


def store_of(corpus: Corpus, labelled: Mapping[str, FileWindows], results: Path) -> ScoreStore:
    """Open the score cache of a results folder."""
    return ScoreStore(results / FOLDER, corpus, {path: file.length for path, file in labelled.items()})


def validate(
    plan: ValidationPlan,
    store: ScoreStore,
    labelled: Mapping[str, FileWindows],
    profiles: Sequence[Profile],
    workers: Workers,
    on_records: Callable[[int], None] = lambda amount: None,
) -> Validation:
    """Run every detector whose scores are not cached, and build the tables.

    Parameters
    ----------
    plan : ValidationPlan
    store : ScoreStore
        From `store_of`, with the same `labelled` files.
    labelled, profiles
        The data files that can be read and labelled, and the application profiles.
    workers, on_records
        As in `ScoreStore.gather`.

    Raises
    ------
    InputError
        When the results cannot be written, or every file fails.
    """
    found = store.gather(plan.sources(), workers, on_records)
    corpus = {path: file for path, file in labelled.items() if path not in found.errors}
    setting = Setting(plan.name, corpus, profiles, store.corpus.root, plan.against)
    tables = _tables(plan, setting, lambda source: found.scores[store.key(source)])
    return Validation(plan, tables, found.errors, found.computed, found.cached)


def _tables(plan: ValidationPlan, setting: Setting, scores_of: Callable[[Source], Scores]) -> dict[str, DataTable]:
    def best(source: Source) -> BestScores:
        return setting.best(scores_of(source))

    @cache
    def preset(number: int) -> dict[str, float]:  # two sections share these
        return best(plan.model(number=number)).scores

    base = best(plan.model())
    numbers = range(plan.ablation_seeds)
    builders: dict[str, Callable[[], DataTable]] = {
        "scoreboard": lambda: evidence_tables.scoreboard_section(setting, base),
        "folds": lambda: evidence_tables.folds_section(setting, base),
        "seeds": lambda: evidence_tables.seeds_section(
            setting, {plan.model(number=number).seed: preset(number) for number in range(plan.seeds)}
        ),
        "causal": lambda: evidence_tables.causal_section(
            setting, base, None if plan.causal is None else best(plan.model(plan.causal))
        ),
        "ablation": lambda: evidence_tables.ablation_section(
            setting,
            [preset(number) for number in numbers],
            {
                name: [best(plan.model(params, number)).scores for number in numbers]
                for name, params in plan.variants.items()
            },
        ),
        "baselines": lambda: evidence_tables.baselines_section(
            setting, base, {name: best(source) for name, source in plan.baselines.items()}
        ),
        "bootstrap": lambda: evidence_tables.bootstrap_section(setting, base),
        "windows": lambda: evidence_tables.windows_section(setting, base, scores_of(plan.model())),
    }
    return {section: build() for section, build in builders.items() if section in plan.sections}
