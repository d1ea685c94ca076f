"""Versions that must match for identical bytes on two machines."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from functools import cache
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
# numpy and numba compute the scores; pandas reads timestamps and writes numbers.
_LIBRARIES = ("numpy", "numba", "pandas")


@cache
def versions(rooms: tuple[str, ...] | None = None) -> dict[str, str]:
    """Return the versions of this package, its sources, and the libraries that its results depend on.

    Parameters
    ----------
    rooms : tuple of str, optional
        The only folders of the package whose sources count.
    """
    sources = sources_checksum(PACKAGE, rooms)[:12]
    libraries = {name: metadata.version(name) for name in _LIBRARIES}
    return {"zhtm-detector": package_version(), "sources of zhtm-detector": sources, **libraries}


@cache
def package_version() -> str:
    """Return the installed version of this package; "0" in a checkout that is not installed."""
    try:
        return metadata.version("zhtm-detector")
    except metadata.PackageNotFoundError:
        return "0"


def sources_checksum(package: Path, rooms: Collection[str] | None = None) -> str:
    """Compute a checksum over the names and bytes of a package's sources.

    Parameters
    ----------
    package : Path
        Its folder.
    rooms : collection of str, optional
        Folders to include; by default the whole package.
    """
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if rooms is None or name.split("/")[0] in rooms:
            digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
