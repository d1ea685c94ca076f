"""Choosing the corpus of a run: NAB, a part of it, another one, or the sample corpus."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zhtm_detector.common.config import config_path
from zhtm_detector.common.errors import InputError
from zhtm_detector.common.text import printable, shown
from zhtm_detector.nab.corpus import Corpus
from zhtm_detector.nab.fetch import default_cache, read_registry
from zhtm_detector.nab.scoreboard import prefix_of

_LABELS = "labels/combined_windows.json"


@dataclass(frozen=True)
class ChosenCorpus:
    """A corpus, and whether its scores are NAB scores.

    Parameters
    ----------
    corpus : Corpus
        The chosen files.
    prefix : str
        Prefix of a detector's name in all results. It is empty only for the whole of NAB, each file of it with NAB's
        checksum, so that other scores never pass for NAB scores.
    notice : str
        Warning for the user; empty for the whole of NAB.
    """

    corpus: Corpus
    prefix: str
    notice: str

    @property
    def is_nab(self) -> bool:
        """Whether the scores compare with NAB's published scoreboard."""
        return not self.prefix

    def label_of(self, detector: str) -> str:
        """Name of a detector in the results.

        Raises
        ------
        InputError
            When its own name has such a prefix: its results could be those on another corpus.
        """
        if prefix_of(detector):
            raise InputError(
                f"detector {shown(detector)}: expected a name that does not begin with {prefix_of(detector)}"
            )
        return self.prefix + detector


def choose_corpus(nab_root: Path | None = None, files: str | None = None) -> ChosenCorpus:
    """Find the corpus: the option, else ``NAB_ROOT``, else what `zhtm fetch` downloaded, else the sample corpus.

    Parameters
    ----------
    nab_root : Path, optional
        Any folder with `data/` and `labels/combined_windows.json`.
    files : str, optional
        Pattern: only data files whose relative path matches are chosen.

    Raises
    ------
    InputError
        When the root is not a NAB root, or no file matches.
    """
    sample = config_path() / "sample_corpus"
    from_environment = os.environ.get("NAB_ROOT")
    cache = default_cache()
    if nab_root is not None:
        root = nab_root
    elif from_environment:
        root = Path(from_environment)
    elif (cache / _LABELS).is_file():
        root = cache
    else:
        root = sample
    corpus = Corpus(root)
    if files is not None:
        corpus = corpus.select(files)
    if root.resolve() == sample.resolve():
        return ChosenCorpus(
            corpus,
            "sample-",
            "These are NOT NAB scores: no NAB corpus was given or found, so the generated sample corpus is used. "
            "For NAB, run `zhtm fetch` once, or give --nab-root or NAB_ROOT.",
        )
    registry = read_registry()
    if altered := _altered_file(corpus, registry):
        return ChosenCorpus(
            corpus, "other-", f"These are NOT NAB scores: {printable(altered)} in {root} is not that of NAB v1.1."
        )
    whole = sum(name.startswith("data/") for name in registry)
    if len(corpus) < whole:
        return partial(corpus, f"only {len(corpus)} of {whole} files were chosen")
    return ChosenCorpus(corpus, "", "")


def _altered_file(corpus: Corpus, registry: Mapping[str, str]) -> str:
    """Find the first file that is not NAB's, of the labels and the chosen data; empty if all are."""
    try:
        labels = corpus.label_path.read_bytes()
    except OSError as error:
        raise InputError(f"label file {corpus.label_path}: cannot be read ({error.strerror})") from None
    if not _is_original(labels, registry[_LABELS]):
        return _LABELS
    for path in corpus.paths:
        name = f"data/{path}"
        try:
            content = corpus.content(path)
        except InputError:  # it becomes a row with its error, later
            return name
        if name not in registry or not _is_original(content, registry[name]):
            return name
    return ""


def _is_original(content: bytes, checksum: str) -> bool:
    """Whether a file has a checksum, as it is or without the carriage returns that git adds on Windows."""
    return (
        hashlib.sha256(content).hexdigest() == checksum
        or hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest() == checksum
    )


def partial(corpus: Corpus, reason: str) -> ChosenCorpus:
    """Return a choice of some of NAB's files, whose scores are not NAB scores for this reason."""
    return ChosenCorpus(corpus, "partial-", f"These are NOT NAB scores: {reason}.")
