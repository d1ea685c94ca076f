"""Reading results folders, ours or a NAB checkout's: final scores and scores by file of each detector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zhtm_detector.common.errors import InputError
from zhtm_detector.nab.result_files import read_scores_by_file, scores_path
from zhtm_detector.nab.scoreboard import origin_of, prefix_of, read_all_final_results


@dataclass(frozen=True)
class Entry:
    """One detector in one folder."""

    folder: str  # its short name
    name: str  # the detector's, in the results
    final: Mapping[str, float]  # profile to score in final_results.json; empty if the detector is not in it
    by_file: Mapping[str, Mapping[str, float]]  # profile with a scores file to the score of each file, not normalized

    @property
    def title(self) -> str:
        """Name in notes, and in `--against`."""
        return f"{self.folder}:{self.name}"

    @property
    def plain(self) -> str:
        """The detector's name without the prefix of its corpus."""
        return self.name.removeprefix(prefix_of(self.name))

    @property
    def origin(self) -> str:
        """As `scoreboard.origin_of`."""
        return origin_of(self.name)


@dataclass(frozen=True)
class ResultsFolder:
    """The contents of a results folder."""

    path: Path  # as the user wrote it
    name: str  # short, unique among the folders
    entries: Sequence[Entry]  # sorted by name
    left_out: Sequence[str] = ()  # names of results on other corpora

    @property
    def files(self) -> frozenset[str]:
        """The data files that most of its detectors were scored on, of ties the larger set; empty if there are none.

        Not all detectors agree: the results that numenta/NAB ships hold leftovers, such as scores of half the corpus.
        """
        counts = Counter(frozenset(scores) for entry in self.entries for scores in entry.by_file.values())
        return max(counts, key=lambda files: (counts[files], len(files), sorted(files)), default=frozenset())


def short_names(paths: Sequence[Path]) -> list[str]:
    """Check folders, and name each by the last part of its path, or by as many parts as tell it from the others.

    Raises
    ------
    InputError
        When a folder is given twice, or a path is not a folder.
    """
    resolved = []
    for path in paths:
        if not path.is_dir():
            raise InputError(f"results {path}: expected a folder, found {'a file' if path.exists() else 'none'}")
        resolved.append(path.resolve())
    for number, path in enumerate(resolved):
        if path in resolved[:number]:
            raise InputError(f"results {paths[number]}: given twice; expected each folder once")
    return _names(resolved)


def _names(paths: Sequence[Path]) -> list[str]:
    """Shorten paths to as few of their last parts as keep them distinct.

    Examples
    --------
    >>> _names([Path("/x/ours"), Path("/x/NAB/results"), Path("/y/results")])
    ['ours', 'NAB/results', 'y/results']
    """
    lengths = [1] * len(paths)
    while True:
        names = [Path(*path.parts[-length:]).as_posix() for path, length in zip(paths, lengths, strict=True)]
        if len(set(names)) == len(names):
            return names
        counts = Counter(names)
        lengths = [length + (counts[name] > 1) for length, name in zip(lengths, names, strict=True)]


def read_folder(path: Path, name: str, prefix: str, profiles: Sequence[str]) -> ResultsFolder:
    """Read all detectors of a results folder that were scored on one kind of corpus.

    Parameters
    ----------
    path : Path
    name : str
        The folder's short name.
    prefix : str
        Prefix of the wanted results, as in `ChosenCorpus.prefix`. If there are none, results without a prefix count,
        because NAB's own runner writes none on any corpus; else those of a part of NAB.
    profiles : sequence of str

    Raises
    ------
    InputError
        When there are no such results, or one of the files has another shape.
    """
    final = read_all_final_results(path)
    scored = [
        folder.name
        for folder in path.iterdir()
        if folder.is_dir() and any(scores_path(path, folder.name, profile).is_file() for profile in profiles)
    ]
    names = sorted({*final, *scored})
    if not names:
        raise InputError(
            f"results {path}: expected final_results.json or scores by file, found none; run `zhtm run` first"
        )
    wanted: list[str] = []
    for kind in dict.fromkeys((prefix, "", "partial-")):
        wanted = wanted or [name for name in names if prefix_of(name) == kind]
    if not wanted:
        raise InputError(
            f"results {path}: expected scores of the chosen corpus, found {', '.join(names[:3])}; "
            "give the --nab-root of their run"
        )
    entries = [_read_entry(path, name, label, final.get(label, {}), profiles) for label in wanted]
    return ResultsFolder(path, name, entries, [label for label in names if label not in wanted])


def _read_entry(path: Path, folder: str, label: str, final: Mapping[str, float], profiles: Sequence[str]) -> Entry:
    paths = {profile: scores_path(path, label, profile) for profile in profiles}
    by_file = {profile: read_scores_by_file(path) for profile, path in paths.items() if path.is_file()}
    return Entry(folder, label, final, by_file)
