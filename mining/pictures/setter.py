"""One way to a PDF: typst sets a template, which reads values from a file, with the fonts of this package and no other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mining.errors import MiningError
from mining.pictures.fonts import font_files

HERE = Path(__file__).parent
STANDARD = "ua-1"  # tagged, for who listens to it
NEEDED = "PDF needs the package 'typst'. Install it, or choose another format."


def set_pdf(template: bytes, values: Mapping[str, Any], pictures: Mapping[str, bytes]) -> tuple[bytes, list[str]]:
    """A template as PDF that follows PDF/UA-1. The same arguments give the same bytes.

    Parameters
    ----------
    template : bytes
        A document of typst. It reads ``data.json`` and the pictures: no text becomes a part of the template, so none is a command.
    values : mapping
        What ``data.json`` holds.
    pictures : mapping of str to bytes
        Name to content of the other files that the template may read. It sees nothing else of the machine than this package's pictures.

    Returns
    -------
    bytes, list of str
        The file, and what the setter warned of.

    Raises
    ------
    MiningError
        If the template cannot be set, as with a character that no font draws, or a package is not installed.

    Examples
    --------
    >>> template = b'#set document(title: "T")\\n#json("data.json").said'
    >>> data, warned = set_pdf(template, {"said": "#read('x') $ *"}, {})
    >>> data[:8], warned
    (b'%PDF-1.7', [])
    """
    try:
        import typst
    except ImportError as error:
        raise MiningError(NEEDED) from error
    inputs = {
        "main.typ": template,
        "data.json": json.dumps(values, ensure_ascii=False).encode("utf-8", "replace"),
        **pictures,
    }
    compiled: Any = typst.compile_with_warnings  # its published types do not know inputs by name
    try:
        data, warned = compiled(inputs, root=HERE, font_paths=_fonts(), pdf_standards=[STANDARD], timestamp=0)
    except typst.TypstError as error:
        raise MiningError(f"The PDF cannot be set: {error.message}.") from error
    return bytes(data), [str(x) for x in warned]


@cache
def _fonts() -> Any:
    """The folders of the fonts, looked through once."""
    import typst

    folders = [str(file.parent) for file in font_files()]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
