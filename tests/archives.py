"""Files like those of `common.container`, of any members and with a checksum that fits: to be refused for the rest."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from io import BytesIO
from warnings import catch_warnings, simplefilter
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_DIGEST = 64  # characters of the checksum, at the end


def sealed(members: Iterable[tuple[str, bytes]], method: int = ZIP_DEFLATED) -> bytes:
    """An archive of these members, whatever they are and however often."""
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive, catch_warnings():
        simplefilter("ignore")  # of names that come twice
        for name, data in members:
            archive.writestr(ZipInfo(name), data, method)
        archive.comment = b"0" * _DIGEST
    return resealed(buffer.getvalue())


def resealed(content: bytes) -> bytes:
    """The same bytes, the last ones replaced by their checksum."""
    return content[:-_DIGEST] + sha256(content[:-_DIGEST]).hexdigest().encode()
