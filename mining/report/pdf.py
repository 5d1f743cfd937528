"""A document as PDF: tagged for who listens to it (PDF/UA-1), set by typst from a template that only reads values."""

from __future__ import annotations

import warnings
from importlib.resources import files
from pathlib import Path

from mining.pictures.fonts import drawable
from mining.pictures.setter import set_pdf
from mining.report.document import Document
from mining.report.pdf_data import Preparer


def write_pdf(document: Document, path: Path) -> int:
    """Write a document as PDF of A4 pages: cover, contents with links, numbered sections, figures and tables.

    Letters are those of the fonts that come with this package, so the file looks the same everywhere; pictures stay drawings. Texts
    reach the setter as values, never as commands. The same document gives the same bytes.

    Parameters
    ----------
    document : Document
    path : Path
        The file to write.

    Returns
    -------
    int
        Characters that no font here can draw; each is printed as a question mark, and the file says how many.

    Examples
    --------
    >>> from mining.report.document import Document, Section
    >>> text = Document("Audit report", "Permits", "en", [], [Section(["All is well."], id="a", title="Result")])
    >>> write_pdf(text, examples / "permits.pdf")
    0
    >>> (examples / "permits.pdf").read_bytes()[:5]
    b'%PDF-'
    """
    data, replaced, warned = set_document(document)
    for message in warned:
        warnings.warn(f"{path.name}: {message}", stacklevel=2)
    path.write_bytes(data)
    return replaced


def set_document(document: Document) -> tuple[bytes, int, list[str]]:
    """The file, the number of characters replaced, and what the setter warned of."""
    maker = Preparer(document, drawable)
    values = maker.values()
    template = (files("mining") / "report" / "templates" / "document.typ").read_bytes()
    data, warned = set_pdf(template, values, maker.pictures)
    return data, maker.replaced, warned
