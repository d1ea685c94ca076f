"""From a preset to its evidence: which detectors must run, and the tables that come of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.tables import DataTable
from zhtm_detector.common.workers import Workers
from zhtm_detector.evaluation import evidence_tables as report
from zhtm_detector.evaluation.ablation import causal, variants
from zhtm_detector.evaluation.judge import Outcome
from zhtm_detector.evaluation.score_store import ScoreStore, Source, StoredScores
from zhtm_detector.htm.params import ModelParams
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.published import check_names
from zhtm_detector.nab.scoring import FileWindows, Profile

SECTIONS = ("scoreboard", "folds", "seeds", "causal", "ablation", "floor", "bootstrap", "windows")
FOLDER = "validate"  # in the results


@dataclass(frozen=True)
class ValidationPlan:
    """What to validate, and how thoroughly.

    Parameters
    ----------
    name : str
        What the preset is called in the tables.
    params : ModelParams
    sections : sequence of str
        Of `SECTIONS`.
    seed : int
        The first seed; it is the one of all sections but `seeds`.
    seeds : int
        How many, from `seed` on, in the section `seeds`.
    ablation_seeds : int
        How many in the ablation.
    against : sequence of str
        Published detectors.

    Raises
    ------
    InputError
        For an unknown section or published detector, or no section.
    """

    name: str
    params: ModelParams
    sections: Sequence[str] = SECTIONS
    seed: int = 42
    seeds: int = 10
    ablation_seeds: int = 1
    against: Sequence[str] = ("ARTime", "numenta", "contextOSE")

    def __post_init__(self) -> None:
        if not self.sections:
            raise InputError(f"sections: expected at least one of {', '.join(SECTIONS)}, got none")
        for section in self.sections:
            if section not in SECTIONS:
                raise InputError(f"section {section!r}: unknown; expected one of {', '.join(SECTIONS)}")
        check_names(self.against)

    def base(self, params: ModelParams | None = None, number: int = 0) -> Source:
        """Name the model, or a variant of it, with one of its seeds."""
        return Source(self.params if params is None else params, seed=(self.seed + number) % 2**32)

    @property
    def ablation(self) -> Mapping[str, ModelParams]:
        """The variants that the ablation runs; none where it was not asked for."""
        return variants(self.params) if "ablation" in self.sections else {}

    @property
    def baselines(self) -> tuple[str, ...]:
        """The baselines that the floor runs; none where it was not asked for."""
        from zhtm_detector.detectors.names import BASELINE_NAMES

        return BASELINE_NAMES if "floor" in self.sections else ()

    @property
    def causal(self) -> ModelParams | None:
        """The variant without look-ahead; None where there is none, or it was not asked for."""
        return causal(self.params) if "causal" in self.sections else None

    def sources(self) -> list[Source]:
        """List all detectors that must have run."""
        sources = [self.base()]
        if "seeds" in self.sections:
            sources += [self.base(number=number) for number in range(self.seeds)]
        if self.causal is not None:
            sources.append(self.base(self.causal))
        if "ablation" in self.sections:
            for params in [self.params, *self.ablation.values()]:
                sources += [self.base(params, number) for number in range(self.ablation_seeds)]
        return sources + [Source(None, baseline=name) for name in self.baselines]


@dataclass(frozen=True)
class Validation:
    """What `validate` found.

    Parameters
    ----------
    tables : dict
        Section to its table, in the order of `SECTIONS`.
    errors : dict
        Data file to the error that keeps it out of everything.
    computed, cached : int
        Files times detectors that were run, and whose scores were there already.
    """

    tables: dict[str, DataTable]
    errors: dict[str, str]
    computed: int
    cached: int

    def to_json(self) -> dict[str, Any]:
        """Give everything, for a machine."""
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
    """Open the kept scores of a results folder."""
    return ScoreStore(results / FOLDER, corpus, {path: file.length for path, file in labelled.items()})


def validate(
    plan: ValidationPlan,
    store: ScoreStore,
    labelled: Mapping[str, FileWindows],
    profiles: Sequence[Profile],
    workers: Workers,
    on_records: Callable[[int], None] = lambda amount: None,
) -> Validation:
    """Run what has not been run, and make the tables.

    Parameters
    ----------
    plan : ValidationPlan
    store : ScoreStore
        As `store_of` makes it.
    labelled : mapping of str to FileWindows
        The data files that can be read and labelled.
    profiles : sequence of Profile
    workers : int, KeptWorkers or RemoteWorkers
        As in `run_tasks`.
    on_records : callable
        As in `ScoreStore.gather`.

    Raises
    ------
    InputError
        When the results cannot be written, or no file is left.
    """
    evidence = store.gather(plan.sources(), workers, on_records)
    corpus = {path: file for path, file in labelled.items() if path not in evidence.errors}
    setting = report.Setting(plan.name, corpus, profiles, store.corpus.root, plan.against)
    tables = _tables(plan, store, evidence, setting)
    return Validation(tables, evidence.errors, evidence.computed, evidence.cached)


def _tables(
    plan: ValidationPlan, store: ScoreStore, evidence: StoredScores, setting: report.Setting
) -> dict[str, DataTable]:
    def outcome(source: Source) -> Outcome:
        return setting.judge(evidence.scores[store.key(source)])

    @cache
    def scores_of_key(key: str) -> dict[str, float]:
        return setting.judge(evidence.scores[key]).scores

    def scores(params: ModelParams, number: int) -> dict[str, float]:
        return scores_of_key(store.key(plan.base(params, number)))

    base = outcome(plan.base())
    numbers = range(plan.ablation_seeds)
    makers: dict[str, Callable[[], DataTable]] = {
        "scoreboard": lambda: report.scoreboard_section(setting, base),
        "folds": lambda: report.folds_section(setting, base),
        "seeds": lambda: report.seeds_section(
            setting, {plan.base(number=number).seed: scores(plan.params, number) for number in range(plan.seeds)}
        ),
        "causal": lambda: report.causal_section(
            setting, base, outcome(plan.base(plan.causal)) if plan.causal is not None else None
        ),
        "ablation": lambda: report.ablation_section(
            setting,
            [scores(plan.params, number) for number in numbers],
            {name: [scores(params, number) for number in numbers] for name, params in plan.ablation.items()},
        ),
        "floor": lambda: report.floor_section(
            setting, base, {name: outcome(Source(None, baseline=name)) for name in plan.baselines}
        ),
        "bootstrap": lambda: report.bootstrap_section(setting, base),
        "windows": lambda: report.windows_section(setting, base, evidence.scores[store.key(plan.base())]),
    }
    return {section: make() for section, make in makers.items() if section in plan.sections}
