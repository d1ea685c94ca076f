"""Differences between the final scores of detectors in several folders, with bootstrap intervals over files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import shown
from zhtm_detector.evaluation import bootstrap
from zhtm_detector.evaluation.folders import Entry, ResultsFolder
from zhtm_detector.nab import steps
from zhtm_detector.nab.scoreboard import PROFILES, profile_title
from zhtm_detector.nab.scoring import FileWindows, Profile

_SAME = 0.005  # half of the last digit shown: final scores that differ by less come from the same scores by file


@dataclass(frozen=True)
class Difference:
    """A final score minus the reference's; there is an interval only if both have scores by file."""

    difference: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Compared:
    """One detector of one folder, compared with the reference."""

    entry: Entry
    scores: Mapping[str, float]  # by profile; NaN if there is none
    differences: Mapping[str, Difference]  # by profile; empty for the reference itself


@dataclass(frozen=True)
class Comparison:
    """Detectors of several folders, compared with one of them.

    `notes` explain missing intervals and omitted results.
    """

    reference: Entry
    rows: Sequence[Compared]  # best standard score first
    profiles: Sequence[str]
    files: int  # number of data files with scores; 0 if no folder has scores by file
    notes: Sequence[str]


class _Scale:
    """Final scores of entries, on the files that all folders share."""

    def __init__(self, corpus: Mapping[str, FileWindows], profiles: Sequence[Profile]) -> None:
        self.corpus = corpus
        self.profiles = profiles

    def score(self, entry: Entry, profile: Profile) -> float:
        """Return the score of final_results.json, else the one that follows from the scores by file."""
        final = entry.final.get(profile.name, float("nan"))
        return final if final == final else self._from_files(entry, profile)

    def obstacle(self, entry: Entry, profile: Profile) -> str:
        """Explain why an entry's scores by file cannot be used; empty if they can."""
        if profile.name not in entry.by_file:
            return "no scores by file"
        scores = entry.by_file[profile.name]
        if set(scores) != set(self.corpus):
            other = "other" if len(scores) == len(self.corpus) else str(len(scores))
            return f"its scores are of {other} files, not of the same {len(self.corpus)} as the others"
        by_file, final = self._from_files(entry, profile), self.score(entry, profile)
        if abs(by_file - final) > _SAME:
            return f"its scores by file add up to {by_file:.2f}, not to the {final:.2f} of final_results.json"
        return ""

    def _from_files(self, entry: Entry, profile: Profile) -> float:
        scores = entry.by_file.get(profile.name, {})
        if not scores or set(scores) != set(self.corpus):
            return float("nan")
        return steps.normalize(sum(scores[path] for path in self.corpus), self.corpus, profile)


def compare_folders(
    folders: Sequence[ResultsFolder],
    labelled: Mapping[str, FileWindows],
    profiles: Sequence[Profile],
    against: str | None = None,
    detectors: Sequence[str] | None = None,
) -> Comparison:
    """Compare the detectors of all folders with one of them.

    Parameters
    ----------
    folders, labelled, profiles
        The folders, and the corpus and profiles that they were scored with.
    against : str, optional
        The reference: ``FOLDER:DETECTOR``, or a detector's name alone for the first folder that has it. By default the
        best of our detectors in the first folder that has any.
    detectors : sequence of str, optional
        Names of the detectors to show; by default all.

    Raises
    ------
    InputError
        When the folders hold scores of different files or of another corpus, or a name is in no folder.
    """
    entries = [entry for folder in folders for entry in folder.entries]
    if detectors is not None:
        _check_names(detectors, entries)
    shown = [entry for entry in entries if detectors is None or {entry.name, entry.plain} & set(detectors)]
    named = _find(against, folders) if against is not None else None
    shared = shared_files(folders, labelled)
    scale = _Scale({path: file for path, file in labelled.items() if path in shared}, profiles)
    reference = named or _best_of_ours(shown, scale)
    if reference not in shown:
        shown.append(reference)
    rows = [_compare(entry, reference, scale) for entry in shown]
    notes = [*_obstacles(shown, reference, scale), *_left_out(folders)]
    if 0 < len(shared) < len(labelled):
        notes.append(f"{len(shared)} of the corpus' {len(labelled)} files: these are not scores of the whole corpus")
    rows.sort(key=_rank)
    return Comparison(reference, rows, [profile.name for profile in profiles], len(shared), notes)


def shared_files(folders: Sequence[ResultsFolder], labelled: Mapping[str, FileWindows]) -> frozenset[str]:
    """Return the data files of all folders with scores by file, which must be the same.

    Raises
    ------
    InputError
        When the files differ, or one is not in the corpus.
    """
    with_files = [folder for folder in folders if folder.files]
    if not with_files:
        return frozenset()
    first = with_files[0]
    for other in with_files[1:]:
        for one, two in ((first, other), (other, first)):
            if extra := sorted(one.files - two.files):
                raise InputError(
                    f"results {first.path} and {other.path}: expected scores of the same data files, but "
                    f"{extra[0]} is only in {one.path} ({len(first.files)} and {len(other.files)} files)"
                )
    if unknown := sorted(first.files - set(labelled)):
        raise InputError(
            f"results {first.path}: {unknown[0]}: expected a good file of the chosen corpus, found none there; "
            "give the --nab-root and --files of the run"
        )
    return first.files


def _find(against: str, folders: Sequence[ResultsFolder]) -> Entry:
    """Find the reference by any of its spellings; a name alone stands for the first folder that has it."""
    spellings: dict[str, Entry] = {}
    for folder in folders:
        for entry in folder.entries:
            for name in dict.fromkeys((entry.name, entry.plain)):
                for spelling in (f"{folder.name}:{name}", f"{folder.path}:{name}", name):
                    spellings.setdefault(spelling, entry)
    if against not in spellings:
        raise _unknown("--against", against, spellings)
    return spellings[against]


def _check_names(names: Sequence[str], entries: Sequence[Entry]) -> None:
    known = sorted({name for entry in entries for name in (entry.name, entry.plain)})
    if not names:
        raise InputError("--detectors: expected at least one name, got none")
    for name in names:
        if name not in known:
            raise _unknown("--detectors", name, known)


def _unknown(option: str, name: str, known: Iterable[str]) -> InputError:
    close = get_close_matches(name[-100:], list(known), n=3, cutoff=0.0)
    return InputError(f"{option} {shown(name)}: in no folder; the nearest names are {', '.join(close)}")


def _best_of_ours(entries: Sequence[Entry], scale: _Scale) -> Entry:
    """Find the best of ours in the first folder that has any, else the best detector of the first folder."""
    ours = [entry for entry in entries if entry.origin == "ours"] or list(entries)
    first = [entry for entry in ours if entry.folder == ours[0].folder]
    standard = next((p for p in scale.profiles if p.name == PROFILES[0]), scale.profiles[0])
    return min(first, key=lambda entry: _worse(scale.score(entry, standard)))


def _compare(entry: Entry, reference: Entry, scale: _Scale) -> Compared:
    scores = {profile.name: scale.score(entry, profile) for profile in scale.profiles}
    if entry is reference:
        return Compared(entry, scores, {})
    differences = {}
    for profile in scale.profiles:
        name = profile.name
        if scale.obstacle(entry, profile) or scale.obstacle(reference, profile):
            differences[name] = Difference(scores[name] - scale.score(reference, profile))
            continue
        got = bootstrap.compare(entry.by_file[name], reference.by_file[name], scale.corpus, profile)
        differences[name] = Difference(got.difference, got.low, got.high)
    return Compared(entry, scores, differences)


def _obstacles(entries: Sequence[Entry], reference: Entry, scale: _Scale) -> list[str]:
    """Write one note per reason why intervals are missing."""
    found: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        reasons: dict[str, list[str]] = {}
        for profile in scale.profiles:
            if reason := scale.obstacle(entry, profile):
                reasons.setdefault(reason, []).append(profile_title(profile.name))
        for reason, titles in reasons.items():
            where = "" if len(titles) == len(scale.profiles) else f" ({', '.join(titles)})"
            found.setdefault((reason, where), []).append(entry)
    notes = []
    for (reason, where), those in found.items():
        if reference in those:
            notes.append(f"no interval at all{where}, because of {reference.title}, the reference: {reason}")
        if rest := [entry.title for entry in those if entry is not reference]:
            notes.append(f"no interval for {', '.join(rest)}{where}: {reason}")
    return notes


def _left_out(folders: Sequence[ResultsFolder]) -> list[str]:
    names = [f"{folder.name}:{name}" for folder in folders for name in folder.left_out]
    return [f"left out, scores on another corpus: {', '.join(names)}"] if names else []


def _rank(row: Compared) -> float:
    return _worse(next(iter(row.scores.values())))


def _worse(score: float) -> float:
    """Return a sort key: best first, entries without a score last."""
    return -score if score == score else float("inf")
