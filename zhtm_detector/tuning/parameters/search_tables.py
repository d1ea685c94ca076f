"""What a search found, as tables and as the one sentence that must not be missed."""

from __future__ import annotations

from typing import Any

from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.tuning.parameters.parameter_names import parameters
from zhtm_detector.tuning.parameters.search import SearchResult, states
from zhtm_detector.tuning.parameters.space import value_text


def warning(tuned: SearchResult) -> str:
    """Say what the best score is worth: it is in-sample, and what is left of it on files held out."""
    inside = tuned.after.searched - tuned.before.searched
    count = len(tuned.trials)
    if tuned.params == tuned.plan.params:
        begin = f"None of {count} trials was better than the preset on the {len(tuned.searched)} files of the search"
        return f"{begin}: there is nothing to gain here."
    begin = (
        f"The best score is in-sample: the best of {count} trials gains {inside:+.2f} "
        f"on the {len(tuned.searched)} files that it was chosen on"
    )
    outside = tuned.after.held_out - tuned.before.held_out
    if outside != outside:
        what = "no window that counts was held out" if tuned.held else "no file was held out"
        return f"{begin}; {what}, so nothing is known of other files."
    held = f"{len(tuned.held)} files held out ({tuned.held_windows} windows)"
    end = "expect the second of other files" if outside > 0 else "nothing of it is left on other files"
    return f"{begin}, and {outside:+.2f} on {held}: {end}."


def held_out_table(tuned: SearchResult) -> DataTable:
    """Compare the best trial with the preset, on the files of the search and on those held out."""
    columns = [
        Column("what", "what"),
        Column("searched", f"{len(tuned.searched)} files of the search"),
        Column("held_out", f"{len(tuned.held)} files held out"),
        Column("threshold", "threshold", digits=5),
    ]
    before, after = tuned.before, tuned.after
    rows: list[list[Cell]] = [
        [f"preset {tuned.plan.preset}", before.searched, before.held_out, before.threshold],
        [f"trial {tuned.best.number}", after.searched, after.held_out, after.threshold],
        ["gain", after.searched - before.searched, after.held_out - before.held_out, None],
    ]
    notes = [
        "Files of the search: thresholds cross-validated over them, but the parameters were chosen on them. "
        "Files held out: at the threshold that is best on the files of the search."
    ]
    return DataTable(f"Best trial, profile {tuned.plan.profile.name}", columns, rows, notes)


def values_table(tuned: SearchResult) -> DataTable:
    """List the best trial's parameters beside the preset's, the most important first."""
    own = parameters(tuned.plan.params)
    order = sorted(tuned.plan.space, key=lambda name: -tuned.importances.get(name, 0.0))
    columns = [
        Column("parameter", "parameter"),
        Column("preset", f"preset {tuned.plan.preset}", right=True),
        Column("best", f"trial {tuned.best.number}", right=True),
        Column("searched", "searched"),
        Column("importance", "importance"),
    ]
    rows = [
        [
            name,
            value_text(own[name].value),
            value_text(tuned.best.values[name]),
            tuned.plan.space[name].text(),
            tuned.importances.get(name),
        ]
        for name in order
    ]
    counted = ", ".join(f"{count} {state}" for state, count in states(tuned.trials).items() if count)
    return DataTable("Parameters", columns, rows, [f"{len(tuned.trials)} trials: {counted}."])


def trials_table(tuned: SearchResult) -> DataTable:
    """List all trials."""
    names = sorted(tuned.plan.space)  # as the trials' values are
    columns = [
        Column("trial", "trial"),
        Column("state", "state"),
        Column("score", "score"),
        Column("files", "files"),
        *(Column(name, name, right=True) for name in names),
        Column("error", "error"),
    ]
    rows = [
        [trial.number, trial.state, trial.score, trial.files, *map(value_text, trial.values.values()), trial.error]
        for trial in tuned.trials
    ]
    return DataTable("Trials", columns, rows)


def to_json(tuned: SearchResult) -> dict[str, Any]:
    """Give everything, for a machine."""
    plan = tuned.plan
    return {
        "study": plan.study,
        "preset": plan.preset,
        "profile": plan.profile.name,
        "warning": warning(tuned),
        "best": {"trial": tuned.best.number, "score": tuned.best.score, "values": tuned.best.values},
        "worth": held_out_table(tuned).records(),
        "importances": tuned.importances,
        "searched": tuned.searched,
        "held_out": tuned.held,
        "trials": [
            {
                "trial": trial.number,
                "state": trial.state,
                "score": trial.score,
                "files": trial.files,
                "values": trial.values,
                "error": trial.error,
            }
            for trial in tuned.trials
        ],
        "added": tuned.added,
        "failed": [{"file": path, "error": error} for path, error in tuned.errors.items()],
    }
