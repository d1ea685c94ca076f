"""What must be the same in two places so that the same bytes come out of them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from functools import cache
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
# Scores come of numpy and of what numba compiles; pandas reads timestamps and writes numbers.
_LIBRARIES = ("numpy", "numba", "pandas")


@cache
def versions() -> dict[str, str]:
    """Name the code that runs here: this package, its sources, and the libraries that its results depend on."""
    sources = sources_checksum(PACKAGE)[:12]
    libraries = {name: metadata.version(name) for name in _LIBRARIES}
    return {"zhtm-detector": package_version(), "sources of zhtm-detector": sources, **libraries}


def package_version() -> str:
    """Version of this package as it is installed."""
    try:
        return metadata.version("zhtm-detector")
    except metadata.PackageNotFoundError:  # from a checkout that is not installed
        return "0"


def sources_checksum(package: Path, rooms: Collection[str] | None = None) -> str:
    """Checksum of a package's sources: of their names and their bytes.

    Parameters
    ----------
    package : Path
        Its folder.
    rooms : collection of str, optional
        Only the folders of these names; by default the whole package.
    """
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if rooms is None or name.split("/")[0] in rooms:
            digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
