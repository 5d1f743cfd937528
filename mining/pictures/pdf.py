"""A picture as PDF: the shapes of our own SVG as lines and curves, its text as text that can be searched and copied.

Only what the pictures of this package are made of is known here: groups that are moved, rectangles, lines, circles,
paths, markers at the end of a path, text. Anything else is refused by name, so that nothing is left out in silence.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import atan2, cos, sin

from mining.errors import MiningError
from mining.pictures.pdf_font import Font, font_for, stream
from mining.pictures.pdf_path import Piece, ellipse, operators, pieces, rounded_rectangle

POINTS = 0.75  # in a pixel
SVG = "{http://www.w3.org/2000/svg}"
SILENT = ("title", "desc", "defs")
BOLD_STROKE, SLANT = 0.03, 0.21  # the shipped font has one weight, upright: strokes make it bold, shearing italic
FIRST_FONT = 5


@dataclass(frozen=True)
class _Look:
    """Fill, stroke and dashes that an element inherits."""

    fill: str = "#000000"
    stroke: str = "none"
    width: float = 1.0
    dashes: str = "none"
    join: str = "miter"

    def of(self, element: ET.Element) -> _Look:
        return replace(
            self,
            fill=element.get("fill", self.fill),
            stroke=element.get("stroke", self.stroke),
            width=float(element.get("stroke-width", self.width)),
            dashes=element.get("stroke-dasharray", self.dashes),
            join=element.get("stroke-linejoin", self.join),
        )


@dataclass
class _Page:
    """Drawing instructions, gathered while the elements are walked."""

    font: Font
    markers: dict[str, ET.Element]
    code: list[str] = field(default_factory=list)

    def draw(self, element: ET.Element, look: _Look) -> None:
        kind = element.tag.removeprefix(SVG)
        if kind in SILENT:
            return
        look = look.of(element)
        match kind:
            case "svg" | "g":
                self.group(element, look)
            case "rect":
                x, y, width, height = (float(element.get(key, 0)) for key in ("x", "y", "width", "height"))
                self.paint(rounded_rectangle(x, y, width, height, float(element.get("rx", 0))), look)
            case "line":
                x1, y1, x2, y2 = (float(element.get(key, 0)) for key in ("x1", "y1", "x2", "y2"))
                self.paint([("m", (x1, y1)), ("l", (x2, y2))], replace(look, fill="none"))
            case "circle":
                x, y, r = (float(element.get(key, 0)) for key in ("cx", "cy", "r"))
                self.paint(ellipse(x, y, r), look)
            case "path":
                shape = pieces(element.get("d", ""))
                self.paint(shape, look)
                self.end(element, shape)
            case "text":
                self.text(element, look)
            case _:
                raise MiningError(
                    f"A picture with the element <{kind}> cannot be saved as PDF. Save it as .svg or .png."
                )

    def group(self, element: ET.Element, look: _Look) -> None:
        moved = element.get("transform")
        if moved:
            if not (moved.startswith("translate(") and moved.count("(") == 1):
                raise MiningError(
                    f"A picture with transform={moved!r} cannot be saved as PDF. Save it as .svg or .png."
                )
            x, y = map(float, moved.removeprefix("translate(").rstrip(")").split(","))
            self.code.append(f"q 1 0 0 1 {_n(x)} {_n(y)} cm")
        for child in element:
            self.draw(child, look)
        if moved:
            self.code.append("Q")

    def paint(self, shape: Sequence[Piece], look: _Look) -> None:
        filled, stroked = look.fill != "none", look.stroke != "none"
        if filled or stroked:
            self.code += [
                "q",
                *_state(look),
                operators(shape),
                {(1, 1): "B", (1, 0): "f", (0, 1): "S"}[filled, stroked],
                "Q",
            ]

    def end(self, element: ET.Element, shape: Sequence[Piece]) -> None:
        """The marker at the end of a path, turned the way the path comes in."""
        reference = element.get("marker-end")
        if not reference:
            return
        marker = self.markers[reference.removeprefix("url(#").rstrip(")")]
        points = [point for _, *all in shape for point in all]
        (x, y), (px, py) = points[-1], next(p for p in reversed(points) if p != points[-1])
        turn = atan2(y - py, x - px)
        c, s = cos(turn), sin(turn)
        dx, dy = float(marker.get("refX", 0)), float(marker.get("refY", 0))
        self.code.append(f"q {_n(c)} {_n(s)} {_n(-s)} {_n(c)} {_n(x - c * dx + s * dy)} {_n(y - s * dx - c * dy)} cm")
        for child in marker:
            self.draw(child, _Look())
        self.code.append("Q")

    def text(self, element: ET.Element, look: _Look) -> None:
        text = element.text or ""
        size, x, y = (float(element.get(key, 0)) for key in ("font-size", "x", "y"))
        if element.get("text-anchor") == "middle":
            x -= self.font.width(text, size) / 2
        slant = SLANT if element.get("font-style") == "italic" else 0.0
        place = f"1 0 {_n(slant)} -1 {_n(x)} {_n(y)} Tm"
        shown = f"BT /F1 {_n(size)} Tf {place} {{}} Tr {self.font.encoded(text)} Tj ET"
        if any(char not in self.font.cid for char in text):  # the glyphs say nothing; copied text still does
            shown = f"/Span << /ActualText <FEFF{text.encode('utf-16-be').hex().upper()}> >> BDC {shown} EMC"
        if look.stroke != "none" and element.get("paint-order") == "stroke":
            self.code += ["q", *_state(look), shown.format(1), "Q"]
        bold = element.get("font-weight") == "600"
        ink = _Look(look.fill, look.fill, size * BOLD_STROKE) if bold else _Look(look.fill)
        self.code += ["q", *_state(ink), shown.format(2 if bold else 0), "Q"]


def _state(look: _Look) -> list[str]:
    parts = []
    if look.fill != "none":
        parts.append(f"{_colour(look.fill)} rg")
    if look.stroke != "none":
        parts.append(f"{_colour(look.stroke)} RG {_n(look.width)} w")
        if look.dashes != "none":
            parts.append(f"[{look.dashes}] 0 d")
        if look.join == "round":
            parts.append("1 j")
    return parts


def _colour(text: str) -> str:
    return " ".join(_n(int(text[k : k + 2], 16) / 255) for k in (1, 3, 5))


def _n(value: float) -> str:
    return f"{round(value, 4) + 0.0:.4f}".rstrip("0").rstrip(".")


def to_pdf(svg: str, title: str) -> bytes:
    """The picture as one page of its own size, three quarters of a point for a pixel.

    Parameters
    ----------
    svg : str
        A picture of this package.
    title : str
        Title of the document.

    Returns
    -------
    bytes
        The same picture gives the same bytes.

    Raises
    ------
    MiningError
        If the picture holds something other than pictures do, or a package for PDF is not installed.
    """
    root = ET.fromstring(svg)
    texts = [element.text or "" for element in root.iter(f"{SVG}text")]
    page = _Page(font_for(texts), {m.get("id", ""): m for m in root.iter(f"{SVG}marker")})
    page.draw(root, _Look())
    width, height = (float(root.get(key, 0)) * POINTS for key in ("width", "height"))
    code = "\n".join([f"{POINTS} 0 0 {-POINTS} 0 {_n(height)} cm", *page.code]).encode()
    language = root.get("lang", "en")
    return _file(
        [
            f"<< /Type /Catalog /Pages 2 0 R /Lang ({language}) /ViewerPreferences << /DisplayDocTitle true >> >>".encode(),
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_n(width)} {_n(height)}] /Contents 4 0 R "
            f"/Resources << /Font << /F1 {FIRST_FONT} 0 R >> >> >>".encode(),
            stream(code),
            *page.font.objects(FIRST_FONT),
            f"<< /Title <FEFF{title.encode('utf-16-be', 'replace').hex().upper()}> >>".encode(),
        ]
    )


def _file(objects: Sequence[bytes]) -> bytes:
    """Objects numbered from 1, the table of where they begin, and the trailer; the last object is about the document."""
    data, begins = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for k, content in enumerate(objects, 1):
        begins.append(len(data))
        data += f"{k} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{at:010d} 00000 n \n" for at in begins)
    n = len(objects)
    tail = f"xref\n0 {n + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {n + 1} /Root 1 0 R /Info {n} 0 R >>\n"
    return data + f"{tail}startxref\n{len(data)}\n%%EOF\n".encode()
