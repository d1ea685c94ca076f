"""The verb `tune params` of the `zhtm` command: the search for better parameters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zhtm_detector.cli import options as opt
from zhtm_detector.cli.open_benchmark import about, finish, open_benchmark
from zhtm_detector.cli.options import RESULTS, read_preset, split
from zhtm_detector.cli.show import choose_format, show
from zhtm_detector.cli.worker_options import workers_of
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.names import check_name
from zhtm_detector.common.text import shown

if TYPE_CHECKING:
    from zhtm_detector.nab.benchmark import Benchmark
    from zhtm_detector.nab.scoring import Profile


def params(
    preset: opt.Preset = None,
    trials: Annotated[
        int, typer.Option(min=1, max=100_000, help="Number of trials in the study, those of earlier runs included.")
    ] = 60,
    space: Annotated[
        str | None,
        typer.Option(metavar="NAME,...", help="Search only these: parameters, or parts such as columns.0.calibration."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LOW..HIGH|A,B,...",
            help="A range or choices of your own, of any parameter. Can be repeated; without --space, nothing else is "
            "searched.",
        ),
    ] = None,
    show_space: Annotated[
        bool, typer.Option("--show-space", help="Show what would be searched, and search nothing.")
    ] = False,
    profile: Annotated[str, typer.Option(help="The application profile whose score counts.")] = "standard",
    profiles: opt.Profiles = None,
    holdout: Annotated[
        float, typer.Option(min=0.0, max=0.9, help="Share of the files held out from the search.")
    ] = 0.3,
    batch: Annotated[int, typer.Option(min=1, max=1000, help="Number of trials that are chosen at a time.")] = 8,
    study: Annotated[str | None, typer.Option(help="Name of the study. Default: the preset's name.")] = None,
    save_preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="Write the best parameters as a preset of this name.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Page to write. Default: tune/STUDY.html in the results folder.")
    ] = None,
    seed: opt.Seed = 42,
    nab_root: opt.NabRoot = None,
    files: opt.Files = None,
    results: opt.Results = RESULTS,
    workers: opt.Workers = None,
    scheduler: opt.Scheduler = None,
    json: opt.Json = False,
    markdown: opt.Markdown = False,
    csv: opt.Csv = False,
) -> None:
    """Search for better parameters with Optuna.

    A trial's score is cross-validated: the threshold is chosen on other files than it is scored on. A page shows which
    parameters matter. The study is stored in tune/ in the results folder: the same command continues an interrupted
    study, with the same trials for any number of workers. ledger.jsonl there counts all parameters ever looked at.

    Example: zhtm tune params --space columns.0.calibration,anomaly.refractory --trials 100 --save-preset mine
    """
    from zhtm_detector.cli import console
    from zhtm_detector.common.files import write_text
    from zhtm_detector.pages.study_page import study_page
    from zhtm_detector.tuning.parameters.preset_file import preset_target
    from zhtm_detector.tuning.parameters.preset_file import save_preset as save
    from zhtm_detector.tuning.parameters.search import FOLDER, ParameterSearch, SearchPlan
    from zhtm_detector.tuning.parameters.search_tables import held_out_table, to_json, values_table, warning
    from zhtm_detector.tuning.parameters.space import choose_space, space_table
    from zhtm_detector.tuning.parameters.study import need_optuna

    form = choose_format(json, markdown, csv)
    _, title, base = read_preset(preset)
    names = split(space or "")
    if space is not None and not names:
        raise InputError(f"--space: expected names of parameters, got {shown(space)}")
    dimensions = choose_space(base, names, param or [])
    if show_space:
        table = space_table(dimensions, base)
        show(form, [table], table.records())
        return
    need_optuna()
    study = check_name(title if study is None else study, "--study")
    target = preset_target(save_preset) if save_preset is not None else None
    with workers_of(workers, scheduler, keep=True) as where:
        benchmark = open_benchmark(nab_root, files, results, None, profiles, writes=True)
        plan = SearchPlan(
            study, title, base, dimensions, trials, batch, seed, holdout, _choose_profile(benchmark, profile)
        )
        search = ParameterSearch(plan, benchmark.chosen.corpus, benchmark.labelled, results)
        with console.counting("records", search.records) as count:
            tuned = search.run(where, count)
    page = output or results / FOLDER / f"{study}.html"
    write_text(page, study_page(tuned, benchmark.chosen.notice))
    counts = ", ".join(f"{number} {state}" for state, number in tuned.states().items())
    lines = [f"{tuned.added} trials added, {len(tuned.trials)} in all ({counts}). Page: {page}"]
    saved = None
    if target is not None:
        description = f"Tuned from {title}: study {study}, trial {tuned.best.number} of {len(tuned.trials)}"
        saved = save(target, tuned.params, description)
        lines.append(f"Preset: {target}; use it with --preset {saved}")
    console.warn(warning(tuned))
    content = about(benchmark) | to_json(tuned) | {"page": str(page), "saved_preset": saved}
    show(form, [held_out_table(tuned), values_table(tuned)], content, *lines)
    finish(benchmark, tuned.errors.items())


def _choose_profile(benchmark: Benchmark, name: str) -> Profile:
    known = {profile.name: profile for profile in benchmark.profiles}
    if name not in known:
        raise InputError(f"--profile {shown(name)}: unknown; expected one of {', '.join(known)}")
    return known[name]
