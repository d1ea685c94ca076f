"""`zhtm validate`: runs the detectors that the evidence for a preset needs, and builds its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zhtm_detector.common.tables import DataTable
from zhtm_detector.common.workers import Workers
from zhtm_detector.evaluation import drift, evidence_tables, preset_tables, rates
from zhtm_detector.evaluation.best_scores import BestScores
from zhtm_detector.evaluation.context import context_section
from zhtm_detector.evaluation.evidence_tables import Scores, Setting
from zhtm_detector.evaluation.ledger import Ledger, ledger_table
from zhtm_detector.evaluation.preset_tables import ScoredCorpus
from zhtm_detector.evaluation.score_sections import score_sections
from zhtm_detector.evaluation.score_store import ScoreStore, Source, StoredScores
from zhtm_detector.evaluation.validation_plan import BESIDE, SECTIONS, ValidationPlan
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.scoring import FileWindows, Profile

FOLDER = "validate"  # in the results


@dataclass(frozen=True)
class Validation:
    """The evidence for a preset."""

    plan: ValidationPlan
    tables: dict[str, DataTable]  # by section, in the order of `SECTIONS`
    errors: dict[str, dict[str, str]]  # corpus to data file to the error that excludes it from all tables
    computed: int  # files times detectors that were run
    cached: int  # and that came from the cache

    def to_json(self) -> dict[str, Any]:
        """Return everything but the plan as a JSON object."""
        return {
            "sections": {section: table.to_json() for section, table in self.tables.items()},
            "failed": [
                {"corpus": corpus, "file": path, "error": error}
                for corpus, errors in self.errors.items()
                for path, error in errors.items()
            ],
            "computed": self.computed,
            "cached": self.cached,
        }


@dataclass(frozen=True)
class NamedCorpus:
    """A corpus to validate on.

    Parameters
    ----------
    name : str
        In the tables.
    store : ScoreStore
        From `store_of`, with the same `labelled` files.
    labelled : mapping of str to FileWindows
        The data files that can be read and labelled.
    """

    name: str
    store: ScoreStore
    labelled: Mapping[str, FileWindows]


def store_of(corpus: Corpus, labelled: Mapping[str, FileWindows], results: Path) -> ScoreStore:
    """Open the score cache of a results folder."""
    return ScoreStore(results / FOLDER, corpus, {path: file.length for path, file in labelled.items()})


def total_records(plan: ValidationPlan, corpora: Sequence[NamedCorpus]) -> int:
    """Count the records of all detectors and files."""
    first, *others = corpora
    sources = plan.preset_sources()
    further = sum(other.store.total_records(sources) for other in others)
    own = {"drift": (plan.with_causal, drift.total_records()), "rates": (plan.streaming, rates.total_records())}
    for models, records in [own[section] for section in plan.sections if section in own]:
        further += len({first.store.key(plan.model(params)) for params in models.values()}) * records
    return first.store.total_records(plan.sources()) + further


def validate(
    plan: ValidationPlan,
    corpora: Sequence[NamedCorpus],
    profiles: Sequence[Profile],
    workers: Workers,
    ledger: Ledger,
    on_records: Callable[[int], None] = lambda amount: None,
) -> Validation:
    """Run every detector whose scores are not cached, and build the tables.

    Parameters
    ----------
    plan : ValidationPlan
    corpora : sequence of NamedCorpus
        The one to validate on, then those of `plan.corpora`.
    profiles : sequence of Profile
    workers : int, KeptWorkers or RemoteWorkers
        As in `run_tasks`.
    ledger : Ledger
        Shown in the section of that name.
    on_records : callable
        As in `ScoreStore.gather`; `total_records` in all.

    Raises
    ------
    InputError
        When the results cannot be written, the ledger cannot be read, or every file fails.
    """
    looks = ledger.read() if "ledger" in plan.sections else []
    first, *others = corpora
    sources = plan.preset_sources()
    found = {first.name: first.store.gather(plan.sources(), workers, on_records)}
    if sources:
        found |= {other.name: other.store.gather(sources, workers, on_records) for other in others}
    scored = [_scored_corpus(plan, corpus, found[corpus.name]) for corpus in corpora if corpus.name in found]
    setting = Setting(plan.name, scored[0].files, profiles, first.store.corpus.root, plan.against)
    on_first = found[first.name]

    def scores_of(source: Source) -> Scores:
        return on_first.scores[first.store.key(source)]

    tables = _tables(plan, setting, scores_of, first.store.corpus)
    if BESIDE & set(plan.sections):
        tables |= _preset_tables(plan, scored, profiles)
    if "thresholds" in plan.sections:
        models = {name: setting.best(scores_of(plan.model(params))) for name, params in plan.with_causal.items()}
        own = {name: (best, plan.with_causal[name].alert_threshold) for name, best in models.items()}
        tables["thresholds"] = preset_tables.thresholds_section(setting, own)
    counted = list(found.values())
    folder = first.store.folder
    if "drift" in plan.sections:
        streams = _own_streams("drift", drift.write_streams(folder / "streams"), drift.stream_paths(), drift.RECORDS)
        changing = streams.store.gather([plan.model(each) for each in plan.with_causal.values()], workers, on_records)
        counted.append(changing)
        tables["drift"] = _drift_table(plan, setting, scores_of, streams, changing)
    if "rates" in plan.sections:
        long = _own_streams("long", rates.write_streams(folder / "long"), rates.stream_paths(), rates.RECORDS)
        lasting = long.store.gather([plan.model(each) for each in plan.streaming.values()], workers, on_records)
        counted.append(lasting)
        tables["rates"] = _rates_table(plan, [*corpora, long], found | {long.name: lasting})
    if "ledger" in plan.sections:
        tables["ledger"] = ledger_table(looks)
    return Validation(
        plan,
        {section: tables[section] for section in SECTIONS if section in tables},
        {name: stored.errors for name, stored in found.items()},
        sum(stored.computed for stored in counted),
        sum(stored.cached for stored in counted),
    )


def _scored_corpus(plan: ValidationPlan, corpus: NamedCorpus, stored: StoredScores) -> ScoredCorpus:
    beside = plan.beside
    return ScoredCorpus(
        corpus.name,
        {path: file for path, file in corpus.labelled.items() if path not in stored.errors},
        lambda name, number: stored.scores[corpus.store.key(beside[name][number])],
    )


def _own_streams(name: str, corpus: Corpus, paths: Sequence[str], records: int) -> NamedCorpus:
    """Open streams of equal length without windows, whose scores are cached beside them."""
    labelled = {path: FileWindows.from_spans(path, records, []) for path in paths}
    return NamedCorpus(name, ScoreStore(corpus.root.parent, corpus, dict.fromkeys(labelled, records)), labelled)


def _rates_table(plan: ValidationPlan, corpora: Sequence[NamedCorpus], stored: Mapping[str, StoredScores]) -> DataTable:
    found = {}
    for corpus in corpora:
        for name, params in plan.streaming.items():
            streams = []
            for path, scores in stored[corpus.name].scores[corpus.store.key(plan.model(params))].items():
                first = corpus.labelled[path].first_scored
                moments = corpus.store.corpus.load(path).data["timestamp"].dt.as_unit("us").astype("int64")
                streams.append((scores[first:], moments.to_numpy()[first:]))
            found[corpus.name, name] = (streams, params.alert_threshold)
    return rates.rates_section(found)


def _drift_table(
    plan: ValidationPlan,
    setting: Setting,
    scores_of: Callable[[Source], Scores],
    streams: NamedCorpus,
    stored: StoredScores,
) -> DataTable:
    """Build the table of the section drift: each model at its threshold of the first corpus."""
    profile = setting.profiles[0].name
    detectors = {}
    for name, params in plan.with_causal.items():
        source = plan.model(params)
        threshold = setting.best(scores_of(source)).thresholds[profile]
        detectors[name] = (stored.scores[streams.store.key(source)], threshold)
    files = {path: file for path, file in streams.labelled.items() if path not in stored.errors}
    return drift.drift_section(files, detectors, [f"left out: {error}" for error in stored.errors.values()])


def _preset_tables(
    plan: ValidationPlan, corpora: Sequence[ScoredCorpus], profiles: Sequence[Profile]
) -> dict[str, DataTable]:
    seeds = {name: len(sources) for name, sources in plan.beside.items()}
    found = preset_tables.score_detectors(seeds, corpora, profiles)
    builders = {"presets": preset_tables.presets_section, "transfer": preset_tables.transfer_section}
    return {name: build(found, profiles, plan.seeds) for name, build in builders.items() if name in plan.sections}


def _tables(
    plan: ValidationPlan, setting: Setting, scores_of: Callable[[Source], Scores], corpus: Corpus
) -> dict[str, DataTable]:
    """Build the tables of the sections that show one preset on the first corpus."""

    def best(source: Source) -> BestScores:
        return setting.best(scores_of(source))

    @cache
    def preset(number: int) -> dict[str, float]:  # two sections share these
        return best(plan.model(number=number)).scores

    base = best(plan.model())
    numbers = range(plan.ablation_seeds)
    builders: dict[str, Callable[[], DataTable]] = {
        **score_sections(setting, base, scores_of(plan.model())),
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
        "context": lambda: context_section(
            *(setting, corpus, scores_of(plan.model())),
            None if plan.without_context is None else scores_of(plan.model(plan.without_context)),
        ),
        "baselines": lambda: evidence_tables.baselines_section(
            setting, base, {name: best(source) for name, source in plan.baselines.items()}
        ),
    }
    return {section: build() for section, build in builders.items() if section in plan.sections}
