"""Packages of Word and PowerPoint that are the same bytes each time."""

from __future__ import annotations

import io
import zipfile

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first date that such a package can hold


def dated(data: bytes) -> bytes:
    """The same package with members of one fixed date: as they are made, they carry the moment.

    Examples
    --------
    >>> package = io.BytesIO()
    >>> with zipfile.ZipFile(package, "w") as out:
    ...     out.writestr("word.xml", "<w/>")
    >>> with zipfile.ZipFile(io.BytesIO(dated(package.getvalue()))) as read:
    ...     read.read("word.xml"), read.getinfo("word.xml").date_time
    (b'<w/>', (1980, 1, 1, 0, 0, 0))
    """
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as packed, zipfile.ZipFile(made, "w") as out:
        for member in packed.infolist():
            named = zipfile.ZipInfo(member.filename, EARLIEST)
            named.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(named, packed.read(member))
    return made.getvalue()
