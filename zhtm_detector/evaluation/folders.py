"""Reading results folders, ours or a NAB checkout's: final scores, and scores by file, of each detector."""

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
    """One detector in one folder.

    Parameters
    ----------
    folder : str
        The folder's short name.
    name : str
        The detector's, as it stands in the results.
    origin : str
        As `scoreboard.origin_of` tells it.
    final : mapping of str to float
        Profile to the score in final_results.json; empty where the detector is not in it.
    by_file : mapping of str to mapping
        Profile to the score of each file, not normalized; only profiles with a scores file.
    """

    folder: str
    name: str
    origin: str
    final: Mapping[str, float]
    by_file: Mapping[str, Mapping[str, float]]

    @property
    def title(self) -> str:
        """How the table's notes and `--against` call it."""
        return f"{self.folder}:{self.name}"

    @property
    def plain(self) -> str:
        """The detector's name without what tells of the corpus."""
        return self.name.removeprefix(prefix_of(self.name))


@dataclass(frozen=True)
class ResultsFolder:
    """A results folder as it was read.

    Parameters
    ----------
    path : Path
        As it was given.
    name : str
        Short, and unlike the names of the other folders.
    entries : sequence of Entry
        By name.
    left_out : sequence of str
        Names of results on other corpora.
    """

    path: Path
    name: str
    entries: Sequence[Entry]
    left_out: Sequence[str] = ()

    @property
    def files(self) -> frozenset[str]:
        """The data files that most of its detectors were scored on; of equals the more files; empty without any.

        Not all: the results that numenta/NAB ships hold leftovers, such as a detector's scores of half of the corpus.
        """
        counts = Counter(frozenset(scores) for entry in self.entries for scores in entry.by_file.values())
        return max(counts, key=lambda files: (counts[files], len(files), sorted(files)), default=frozenset())


def short_names(paths: Sequence[Path]) -> list[str]:
    """Check folders, and name each by the last part of its path, or by more where those are the same.

    Raises
    ------
    InputError
        When a folder is given twice, or is none.
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
    """Take as many of the last parts as it needs.

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
        Begins the names of the results that are wanted, as `root.ChosenCorpus.prefix`. Where there are none, those
        without a prefix are taken, as NAB's own runner writes them on any corpus, else those of a part of NAB.
    profiles : sequence of str

    Raises
    ------
    InputError
        When there are none of these, or a file in it has another shape.
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
    return Entry(folder, label, origin_of(label), final, by_file)
