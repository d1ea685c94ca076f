"""One hostile input: the files it writes, the command that reads them, and the exit codes that are right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from hostile.result_lines import Results

Codes = frozenset[int]

ACCEPT = frozenset({0})
ROW = frozenset({1})  # the file is a row with its error, the others are scored
REFUSE = frozenset({2})
BAD = ROW | REFUSE  # must not be accepted; where it is noticed is not the point
MAY = ACCEPT | BAD

ROOT = "@ROOT@"  # in texts and arguments: the folder that nothing may leave


@dataclass(frozen=True)
class Case:
    """One input.

    Parameters
    ----------
    kind : str
    number : int
        With the kind and the seed it reproduces the input.
    note : str
        What is hostile in it.
    argv : list of str
        The command, without `zhtm`.
    codes : frozenset of int
        Exit codes that are right.
    files : mapping of str to bytes
        Written before the command, relative to its working directory.
    outputs : tuple of str
        What the command may write, besides the results: files or folders.
    kept : tuple of str
        Files that must be there afterwards, for a bad file must not take the others' scores along.
    untouched : bool
        Whether the results must be as before if the command refuses (exit code 2).
    results : Results, optional
        Lines of results that a stream must have written, whether or not it refused what follows them.
    stdin : str
        A file that is standard input; with a | before its name it comes through a pipe.
    intact : tuple of str
        Files that must be as they were if the command refuses.
    then : tuple of str
        A command that must do (exit code 0) if this one did: what one wrote, another one takes.
    theirs : bool
        Whether errors may be those of code that is not ours, which need not say what was expected.
    """

    kind: str
    number: int
    note: str
    argv: list[str]
    codes: Codes
    files: Mapping[str, bytes] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    untouched: bool = True
    results: Results | None = None
    stdin: str = ""
    intact: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    theirs: bool = False


def random_of(seed: int, kind: str, number: int) -> Random:
    """The generator of one input: it does not depend on the other inputs."""
    return Random(f"{seed}:{kind}:{number}")
