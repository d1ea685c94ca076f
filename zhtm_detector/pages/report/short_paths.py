"""Short names of data files: in addresses within a page, and of pictures on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath


def short_paths(paths: Iterable[str], taken: Collection[str] = ()) -> dict[str, str]:
    """Find the shortest name of each file that no other file has: its stem, else its path.

    Parameters
    ----------
    paths : iterable of str
        Relative paths.
    taken : collection of str
        Names that stand for something else.

    Examples
    --------
    >>> short_paths(["one/a.csv", "two/a.csv", "two/b.csv"])
    {'one/a.csv': 'one/a', 'two/a.csv': 'two/a', 'two/b.csv': 'b'}
    """
    names = {path: (PurePosixPath(path).stem, str(PurePosixPath(path).with_suffix("")), path) for path in paths}
    counts = Counter(name for candidates in names.values() for name in set(candidates))
    counts.update(taken)
    return {path: next((n for n in candidates if counts[n] == 1), path) for path, candidates in names.items()}
