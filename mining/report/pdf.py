"""A document as PDF: tagged for who listens to it (PDF/UA-1), set by typst from a template that only reads values."""

from __future__ import annotations

import json
import warnings
from importlib.resources import files
from pathlib import Path
from typing import Any

from mining.report.document import Document
from mining.report.pdf_data import Preparer

STANDARD = "ua-1"


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
    import typst

    from mining.plots.fonts import drawable, font_folders

    maker = Preparer(document, drawable)
    values = maker.values()
    inputs = {
        "main.typ": (files("mining") / "report" / "templates" / "document.typ").read_bytes(),
        "data.json": json.dumps(values, ensure_ascii=False).encode("utf-8", "replace"),
        **maker.pictures,
    }
    setter: Any = typst.compile_with_warnings  # its published types do not know inputs by name
    data, warned = setter(
        inputs,
        font_paths=[str(folder) for folder in font_folders()],
        ignore_system_fonts=True,
        pdf_standards=[STANDARD],
        timestamp=0,
    )
    return bytes(data), maker.replaced, [str(w) for w in warned]
