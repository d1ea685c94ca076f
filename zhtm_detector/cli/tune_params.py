"""One verb of the `zhtm` command: `tune params`, the search for better parameters."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhtm_detector.cli.open_benchmark import finish, open_benchmark
from zhtm_detector.cli.options import RESULTS, Files, Json, Markdown, NabRoot, Results, Scheduler, Workers
from zhtm_detector.cli.show import show, split
from zhtm_detector.cli.worker_options import workers_of
from zhtm_detector.common.errors import InputError

if TYPE_CHECKING:
    from zhtm_detector.nab.benchmark import Benchmark
    from zhtm_detector.nab.scoring import Profile
    from zhtm_detector.tuning.parameters.search import SearchPlan, SearchResult


def params(
    preset: Annotated[
        str | None, typer.Option(help="Where it begins: a preset's name or a .json file. Default: the default preset.")
    ] = None,
    trials: Annotated[int, typer.Option(min=1, max=100_000, help="How many in all; those of the study count.")] = 60,
    space: Annotated[
        str | None,
        typer.Option(metavar="NAME,...", help="Search only these: parameters, or parts such as block_novelty."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LOW..HIGH|A,B,...",
            help="A range or choices of your own, of any parameter; without --space, nothing else is searched.",
        ),
    ] = None,
    show_space: Annotated[bool, typer.Option("--show-space", help="Only show what would be searched.")] = False,
    profile: Annotated[str, typer.Option(help="The application profile whose score counts.")] = "standard",
    profiles: Annotated[
        Path | None, typer.Option(help="Application profiles in NAB's format. Default: NAB's three.")
    ] = None,
    holdout: Annotated[
        float, typer.Option(min=0.0, max=0.9, help="Share of the files held out from the search.")
    ] = 0.3,
    batch: Annotated[int, typer.Option(min=1, max=1000, help="Trials that are chosen at a time.")] = 8,
    study: Annotated[str | None, typer.Option(help="Its name. Default: the preset's.")] = None,
    save_preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="Write the best parameters as a preset of this name.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of models, search and choice of files.")] = 42,
    nab_root: NabRoot = None,
    files: Files = None,
    results: Results = RESULTS,
    workers: Workers = None,
    scheduler: Scheduler = None,
    json: Json = False,
    markdown: Markdown = False,
) -> None:
    """Search for better parameters, by their cross-validated score; a page shows what decides.

    The study is kept in the results' folder tune/: the same command goes on where it was cut, with the same trials,
    whatever the number of workers.

    Example: zhtm tune params --space block_novelty,anomaly.refractory --trials 100 --save-preset mine
    """
    from zhtm_detector.cli import console
    from zhtm_detector.htm.params import DEFAULT_PRESET, load_preset
    from zhtm_detector.pages.shell import write_page
    from zhtm_detector.pages.study_page import study_page
    from zhtm_detector.tuning.parameters.preset_file import preset_target
    from zhtm_detector.tuning.parameters.preset_file import save_preset as save
    from zhtm_detector.tuning.parameters.search import FOLDER, ParameterSearch, SearchPlan
    from zhtm_detector.tuning.parameters.search_tables import held_out_table, to_json, values_table, warning
    from zhtm_detector.tuning.parameters.space import choose_space, space_table
    from zhtm_detector.tuning.parameters.study import need_optuna

    name = preset or DEFAULT_PRESET
    base = load_preset(name)
    shown = Path(name).stem if name.endswith(".json") else name
    dimensions = choose_space(base, split(space or ""), param or [])
    if show_space:
        _show_space(space_table(dimensions, base), json, markdown)
        return
    need_optuna()
    study = _study_name(study or shown)
    target = preset_target(save_preset) if save_preset is not None else None
    with workers_of(workers, scheduler, keep=True) as where:
        benchmark = open_benchmark(nab_root, files, results, None, profiles)
        chosen = _profile(benchmark, profile)
        plan = SearchPlan(study, shown, base, dimensions, trials, batch, seed, holdout, chosen)
        search = ParameterSearch(plan, benchmark.chosen.corpus, benchmark.labelled, results)
        with console.counting("records", search.records) as count:
            tuned = search.run(where, count)
    page = results / FOLDER / f"{study}.html"
    write_page(page, study_page(tuned, benchmark.chosen.notice))
    saved = save(target, tuned.params, _description(plan, tuned)) if target is not None else None
    console.warn(warning(tuned))
    if json:
        console.print_json(
            {"is_nab": benchmark.chosen.is_nab, "notice": benchmark.chosen.notice}
            | to_json(tuned)
            | {"page": str(page), "saved_preset": saved}
        )
    else:
        show([held_out_table(tuned), values_table(tuned)], markdown)
        if not markdown:
            counts = ", ".join(f"{number} {state}" for state, number in tuned.states().items())
            console.out.print(f"{tuned.added} trials added, {len(tuned.trials)} in all ({counts}). Page: {page}")
            if saved is not None:
                console.out.print(f"Preset: {target}; use it with --preset {saved}")
    finish(benchmark, tuned.errors.items())


def _show_space(table: Any, json: bool, markdown: bool) -> None:
    from zhtm_detector.cli import console

    if json:
        console.print_json(table.records())
    else:
        show([table], markdown)


def _study_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}", name):
        raise InputError(f"--study {name[:80]!r}: expected letters, digits, dots and hyphens, because it names a file")
    return name


def _profile(benchmark: Benchmark, name: str) -> Profile:
    from zhtm_detector.tuning.parameters.parameter_names import closest_name

    known = {profile.name: profile for profile in benchmark.profiles}
    if name not in known:
        raise InputError(f"--profile {name[:80]!r}: unknown; the nearest known one is {closest_name(name, known)}")
    return known[name]


def _description(plan: SearchPlan, tuned: SearchResult) -> str:
    return f"Tuned from {plan.preset}: study {plan.study}, trial {tuned.best.number} of {len(tuned.trials)}"
