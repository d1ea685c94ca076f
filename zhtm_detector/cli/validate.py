"""The verb `validate` of the `zhtm` command: how far a preset's score can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from zhtm_detector.cli import options as opt
from zhtm_detector.cli.open_benchmark import about, finish, open_benchmark, open_corpora, report_failures
from zhtm_detector.cli.options import RESULTS, SAME_BYTES, read_preset, split
from zhtm_detector.cli.show import Format, choose_format, show
from zhtm_detector.cli.worker_options import workers_of
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.names import check_name
from zhtm_detector.common.text import shown

if TYPE_CHECKING:
    from zhtm_detector.nab.benchmark import Benchmark


_OF_RUNS = ("preset", "corpus", "seed", "seeds", "ablation_seeds", "presets", "workers", "scheduler")


def validate(
    context: typer.Context,
    preset: opt.Preset = None,
    detectors: Annotated[
        str | None,
        typer.Option(
            "--detectors",
            metavar="NAME",
            help="A detector that has results, whoever made them, instead of a preset; for the sections scoreboard, "
            "folds, thresholds, bootstrap and windows.",
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            help="Comma-separated sections: scoreboard, folds, thresholds, seeds, presets, transfer, drift, rates, "
            "causal, ablation, context, baselines, bootstrap, windows, ledger. Default: all."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help=f"First random seed: {SAME_BYTES}")] = 42,
    seeds: Annotated[
        int, typer.Option(min=1, max=1000, help="Number of seeds in the sections seeds, presets and transfer.")
    ] = 10,
    ablation_seeds: Annotated[int, typer.Option(min=1, max=1000, help="Number of seeds in the section ablation.")] = 1,
    against: Annotated[
        str, typer.Option(help="Detectors to compare with: published ones, comma-separated.")
    ] = "ARTime,numenta,contextOSE",
    presets: Annotated[
        str,
        typer.Option(
            help="Comma-separated presets to show beside the validated one in thresholds, presets, transfer, "
            "drift and rates."
        ),
    ] = "zhtm,novelty,column,classic",
    corpus: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=ROOT",
            help="Another corpus in NAB's layout for the sections presets, transfer and rates, or `sample`, the sample "
            "corpus. Can be repeated.",
        ),
    ] = None,
    nab_root: opt.NabRoot = None,
    files: opt.Files = None,
    results: opt.Results = RESULTS,
    workers: opt.Workers = None,
    scheduler: opt.Scheduler = None,
    json: opt.Json = False,
    markdown: opt.Markdown = False,
    csv: opt.Csv = False,
) -> None:
    """Show how far the score of a preset can be trusted.

    The evidence: other seeds, thresholds cross-validated over files, other presets and corpora, streams that change
    for good, an ablation of the model's parts, baselines, and bootstrap intervals against published detectors. Scores
    are cached in validate/ in the results folder, so an interrupted validation continues where it stopped.

    Example: zhtm validate --only scoreboard,folds,bootstrap
    """
    from zhtm_detector.cli import console
    from zhtm_detector.evaluation.evidence_page import evidence_page
    from zhtm_detector.evaluation.ledger import Ledger
    from zhtm_detector.evaluation.validation import NamedCorpus, store_of, total_records
    from zhtm_detector.evaluation.validation import validate as run
    from zhtm_detector.evaluation.validation_plan import SECTIONS, ValidationPlan

    form = choose_format(json, markdown, csv)
    if detectors is not None:
        for option in _OF_RUNS:
            source = context.get_parameter_source(option)
            if source is not None and source.name == "COMMANDLINE":
                name = option.replace("_", "-")
                raise InputError(f"--detectors: expected no --{name} beside it, because it runs nothing")
        _validate_results(detectors, only, split(against), open_benchmark(nab_root, files, results), form)
        return
    name, title, params = read_preset(preset)
    sections = split(only) if only is not None else SECTIONS
    roots = roots_of(corpus or [])
    plan = ValidationPlan(
        *(title, params, sections, seed, seeds, ablation_seeds), split(against), split(presets), tuple(roots)
    )
    with workers_of(workers, scheduler) as where:
        benchmark = open_benchmark(nab_root, files, results, writes=True)
        opened = open_corpora(benchmark, roots, lambda name: results)
        corpora = [
            NamedCorpus(name, store_of(one.chosen.corpus, one.labelled, results), one.labelled)
            for name, one in opened.items()
        ]
        start = perf_counter()
        with console.counting("records", total_records(plan, corpora)) as count:
            found = run(plan, corpora, benchmark.profiles, where, Ledger.of(results), count)
    seconds = perf_counter() - start
    content = {"preset": name, "seed": seed} | about(benchmark) | found.to_json() | {"seconds": round(seconds, 2)}
    line = f"{found.computed} files scored, {found.cached} already there, in {seconds:.1f} s"
    if form is Format.MARKDOWN:
        console.say(*evidence_page(found, corpora, benchmark.chosen.notice).split("\n"))
    else:
        show(form, list(found.tables.values()), content, line)
    failed = [
        report_failures(one, found.errors.get(name, {}).items(), f" of {name}" if roots else "")
        for name, one in opened.items()
    ]
    if any(failed):
        raise typer.Exit(1)


def _validate_results(
    detector: str, only: str | None, against: Sequence[str], benchmark: Benchmark, form: Format
) -> None:
    """Show what the scores of a detector tell that has results."""
    from zhtm_detector.evaluation.evidence_tables import Setting
    from zhtm_detector.evaluation.found_scores import found_scores
    from zhtm_detector.evaluation.score_sections import SECTIONS, validate_scores
    from zhtm_detector.nab.published import check_names

    check_names(against)
    chosen, labelled = benchmark.chosen, benchmark.labelled
    setting = Setting(detector, labelled, benchmark.profiles, chosen.corpus.root, against)
    ((_, scores),) = found_scores(chosen, labelled, benchmark.results, [detector], [], benchmark.warnings)
    tables = validate_scores(setting, scores, split(only) if only is not None else SECTIONS)
    sections = {section: table.to_json() for section, table in tables.items()}
    show(form, list(tables.values()), {"detector": detector} | about(benchmark) | {"sections": sections})
    finish(benchmark)


def roots_of(given: Sequence[str]) -> dict[str, Path]:
    """Parse the further corpora: name to root."""
    from zhtm_detector.common.config import config_path
    from zhtm_detector.evaluation.validation_plan import SAMPLE

    roots: dict[str, Path] = {}
    for text in given:
        name, _, root = text.partition("=")
        if text != SAMPLE and not (name and root):
            raise InputError(f"--corpus {shown(text)}: expected NAME=ROOT, or {SAMPLE}")
        check_name(name, "--corpus")
        if name in roots:
            raise InputError(f"--corpus {shown(text)}: expected each name once, got {name} again")
        roots[name] = Path(root) if root else config_path() / "sample_corpus"
    return roots
