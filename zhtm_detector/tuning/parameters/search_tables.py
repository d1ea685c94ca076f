"""The result of a search as tables, as JSON, and as a warning that the best score is in-sample."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from zhtm_detector.common.tables import Cell, Column, DataTable
from zhtm_detector.tuning.parameters.parameter_names import parameters
from zhtm_detector.tuning.parameters.search import SearchResult
from zhtm_detector.tuning.parameters.space import value_text


def warning(found: SearchResult) -> str:
    """Return a sentence that compares the in-sample gain of the best trial with its gain on the files held out."""
    inside = found.after.searched - found.before.searched
    outside = found.after.held_out - found.before.held_out
    count, files = f"{len(found.trials)} trials", f"the {len(found.searched)} files"
    if found.params == found.plan.params:
        return f"None of {count} was better than the preset on {files} of the search: there is nothing to gain here."
    begin = f"The best score is in-sample: the best of {count} gains {inside:+.2f} on {files} that it was chosen on"
    if outside != outside:
        what = "no window that counts was held out" if found.held_out else "no file was held out"
        return f"{begin}; {what}, so nothing is known about other files."
    held_out = f"{len(found.held_out)} files held out ({found.held_out_windows} windows)"
    end = "expect the second on other files" if outside > 0 else "nothing of it is left on other files"
    return f"{begin}, and {outside:+.2f} on {held_out}: {end}."


def held_out_table(found: SearchResult) -> DataTable:
    """Compare the best trial with the preset, on the files of the search and on those held out."""
    columns = [
        Column("what", "what"),
        Column("searched", f"{len(found.searched)} files of the search"),
        Column("held_out", f"{len(found.held_out)} files held out"),
        Column("threshold", "threshold", digits=5),
    ]
    before, after = found.before, found.after
    rows: list[list[Cell]] = [
        [f"preset {found.plan.preset}", before.searched, before.held_out, before.threshold],
        [f"trial {found.best.number}", after.searched, after.held_out, after.threshold],
        ["gain", after.searched - before.searched, after.held_out - before.held_out, None],
    ]
    notes = [
        "Files of the search: thresholds cross-validated over them, but the parameters were chosen on them. "
        "Files held out: at the threshold that is best on the files of the search."
    ]
    return DataTable(f"Best trial, profile {found.plan.profile.name}", columns, rows, notes)


def values_table(found: SearchResult) -> DataTable:
    """List the best trial's parameters beside the preset's, the most important first."""
    own = parameters(found.plan.params)
    columns = [
        Column("parameter", "parameter"),
        Column("preset", f"preset {found.plan.preset}", right=True),
        Column("best", f"trial {found.best.number}", right=True),
        Column("searched", "searched"),
        Column("importance", "importance"),
    ]
    rows = [
        [
            *(name, value_text(own[name].value), value_text(found.best.values[name])),
            *(found.plan.space[name].text(), found.importances.get(name)),
        ]
        for name in by_importance(found)
    ]
    counts = ", ".join(f"{count} {state}" for state, count in found.states().items())
    return DataTable("Parameters", columns, rows, [f"{len(found.trials)} trials: {counts}."])


def by_importance(found: SearchResult) -> list[str]:
    """List the searched parameters, the most important first."""
    return sorted(found.plan.space, key=lambda name: -found.importances.get(name, 0.0))


def trials_table(found: SearchResult) -> DataTable:
    """List all trials."""
    columns = [
        *(Column(name, name) for name in ("trial", "state", "score", "files")),
        *(Column(name, name, right=True) for name in sorted(found.plan.space)),  # the order of a trial's values
        Column("error", "error"),
    ]
    rows = [
        [trial.number, trial.state, trial.score, trial.files, *map(value_text, trial.values.values()), trial.error]
        for trial in found.trials
    ]
    return DataTable("Trials", columns, rows)


def to_json(found: SearchResult) -> dict[str, Any]:
    """Return everything for JSON."""
    trials = [asdict(trial) for trial in found.trials]
    return {
        "study": found.plan.study,
        "preset": found.plan.preset,
        "profile": found.plan.profile.name,
        "warning": warning(found),
        "best": {"trial": found.best.number, "score": found.best.score, "values": found.best.values},
        "scores": held_out_table(found).records(),
        "importances": found.importances,
        "searched": found.searched,
        "held_out": found.held_out,
        "trials": [{"trial": trial.pop("number"), **trial} for trial in trials],
        "added": found.added,
        "failed": [{"file": path, "error": error} for path, error in found.errors.items()],
    }
