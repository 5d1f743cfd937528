"""A picture as PDF: one page of its size, its shapes as lines and curves, its text as text that can be searched and copied."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from importlib.resources import files

from mining.errors import MiningError
from mining.pictures.fonts import drawable, runs
from mining.pictures.setter import set_pdf
from mining.pictures.styled import with_styles

_SAID = re.compile(r"(?<=>)[^<>]+(?=</(?:text|tspan)>)")
_DESC = "{http://www.w3.org/2000/svg}desc"
OTHER = '<tspan font-family="DejaVu Sans">{}</tspan>'  # by name: one that is looked for may be a font for formulas
NAMELESS = "–"  # a title must not be empty


def printable(svg: str) -> tuple[bytes, int]:
    """A picture as a printed page takes it, and how many characters of its texts are question marks: no font here draws them.

    Examples
    --------
    >>> printable('<svg><text x="1" y="10">well done \U0001f44d</text></svg>')
    (b'<svg><text x="1" y="10">well done ?</text></svg>', 1)
    """
    replaced = 0

    def shown(match: re.Match[str]) -> str:
        nonlocal replaced
        text, n = drawable(match[0])
        replaced += n
        return "".join(OTHER.format(part) if other else part for part, other in runs(text))

    return with_styles(svg if svg.isascii() else _SAID.sub(shown, svg)).encode("utf-8", "replace"), replaced


def to_pdf(svg: str, title: str) -> tuple[bytes, int]:
    """The picture as one page of its own size, three quarters of a point for a pixel.

    Parameters
    ----------
    svg : str
        A picture of this package.
    title : str
        Title of the document. What the picture's description says is read out in place of it.

    Returns
    -------
    bytes, int
        The file, and how many characters are printed as question marks. The same picture gives the same bytes.

    Raises
    ------
    MiningError
        If the text is no picture, or a package for PDF is not installed.
    """
    try:
        root = ET.fromstring(svg)
    except ET.ParseError as error:
        raise MiningError(f"This is no picture that can be saved as PDF: {error}.") from error
    picture, replaced = printable(svg)
    lang, _, region = root.get("lang", "en").partition("-")
    name = drawable(title)[0].strip() or NAMELESS
    said = drawable(root.findtext(_DESC) or "")[0].strip() or name
    values = {"title": name, "said": said, "lang": lang, "region": region or None}
    template = (files("mining") / "pictures" / "picture.typ").read_bytes()
    return set_pdf(template, values, {"picture.svg": picture})[0], replaced
