"""How text becomes SVG that never clips, and how a picture shows and saves itself."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape as _xml_escape

from mining.errors import MiningError

FONT = "Noto Sans SC, Noto Sans CJK SC, Microsoft YaHei, PingFang SC, Arial, sans-serif"
INK, MUTED, LINE = "#1e293b", "#475569", "#334155"

# Advance widths from blank to tilde in Noto Sans SC, in hundredths of an em. Arial is a little narrower.
_ASCII_WIDTHS = (
    "22 32 47 56 56 92 68 28 34 34 47 56 28 35 28 39 56 56 56 56 56 56 56 56 56 56 28 28 56 56 56 47 "
    "95 61 66 64 69 59 55 69 73 29 54 65 54 81 72 74 63 74 64 60 60 72 58 88 57 53 60 34 39 34 56 56 "
    "61 56 62 51 62 55 32 56 61 28 28 55 28 93 61 61 62 62 39 47 38 61 52 80 50 52 48 34 27 34 56"
)
_WIDTHS = {chr(32 + i): int(w) / 100 for i, w in enumerate(_ASCII_WIDTHS.split())}
# Letters and dashes that are wider than their kind, in ems.
_WIDTHS |= {"\u00ad": 0.35, "Ю": 1.01, "Ḿ": 0.82, "ḿ": 0.94, "ℊ": 1.0, "ℏ": 1.0, "ℵ": 1.0, "ﬃ": 0.93, "ﬄ": 0.94}
_WIDTHS |= {"\u2e3a": 1.7, "\u2e3b": 2.5}
_BOLD = 1.07
_POINTS = re.compile(r'(\b(?:width|height)="[\d.]+)pt(?=")')  # resvg refuses sizes with a unit
_WIDTH = re.compile(r'<svg\b[^>]*?\bwidth="([\d.]+)')
READABLE = 0.85  # of its size: smaller the letters of a picture are hard to read
_NOT_AT_LINE_START = set("，。、；：？！）》」』】〉”’…,.;:?!)]}%")
_BIDI_CONTROLS = {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}


@lru_cache(maxsize=4096)
def _char_em(char: str) -> float:
    if char in _WIDTHS:
        return _WIDTHS[char]
    category, wide = unicodedata.category(char), unicodedata.east_asian_width(char)
    if category in ("Mn", "Me", "Cf", "Cc"):
        return 0.0
    if wide in "WFA":
        return 1.3 if category in ("So", "Sk") and ord(char) > 0xFFFF else 1.0
    return 0.75 if category[0] in "LM" and wide != "H" else 1.0  # signs and numbers such as ⚠ and ➊ are as wide as 审


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Estimated width of a line of text in pixels, on the safe side; Chinese characters count one em.

    Examples
    --------
    >>> text_width("受理", 12)
    24.0
    """
    return sum(map(_char_em, text)) * size * (_BOLD if bold else 1.0)


def clean(text: str) -> str:
    """The text as it may stand in XML: one line, no control characters, no direction overrides."""
    kept = []
    for char in str(text):
        if char in _BIDI_CONTROLS:
            continue
        code = ord(char)
        if char in "\t\n\r" or unicodedata.category(char) in ("Zl", "Zp"):
            kept.append(" ")
        elif code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code <= 0xDFFF or code & 0xFFFE == 0xFFFE:
            kept.append("\ufffd")
        else:
            kept.append(char)
    return "".join(kept)


def escaped(text: object) -> str:
    """The text with markup made harmless, for element content and for attributes in double quotes."""
    return _xml_escape(clean(str(text)), {'"': "&quot;", "'": "&#39;"})


def _is_cjk(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _atoms(text: str) -> list[tuple[str, bool]]:
    """Unbreakable pieces, each with whether a blank stands before it."""
    atoms: list[tuple[str, bool]] = []
    for word in text.split():
        blank, piece = True, ""
        for char in word:
            breakable = piece and (_is_cjk(char) or _is_cjk(piece[-1]))
            if breakable and char not in _NOT_AT_LINE_START:
                atoms.append((piece, blank))
                blank, piece = False, ""
            piece += char
        atoms.append((piece, blank))
    return atoms


def _broken(piece: str, size: float, width: float, bold: bool) -> list[str]:
    """A piece cut where it no longer fits, after ``-``, ``_`` or ``/`` if it can be. Joining marks are not cut off."""
    parts = [""]
    for char in piece:
        joined = _char_em(char) == 0 or parts[-1].endswith("\u200d")
        if parts[-1] and not joined and text_width(parts[-1] + char, size, bold=bold) > width:
            cut = max(parts[-1].rfind(c) for c in "-_/") + 1
            head, tail = (parts[-1][:cut], parts[-1][cut:]) if cut > 2 else (parts[-1], "")
            parts[-1:] = [head, tail]
        parts[-1] += char
    return parts


def wrap(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """Lines no wider than ``width`` pixels; nothing is left out.

    Breaks between words and between Chinese characters; a word that is too long alone is cut.

    Examples
    --------
    >>> wrap("Confirm receipt", 12, 60)
    ['Confirm', 'receipt']
    """
    lines: list[str] = []
    for piece, blank in _atoms(clean(text)):
        joined = f"{lines[-1]}{' ' if blank else ''}{piece}" if lines else piece
        if lines and text_width(joined, size, bold=bold) <= width:
            lines[-1] = joined
        else:
            lines.extend(_broken(piece, size, width, bold))
    return lines or [""]


def balanced(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """As :func:`wrap`, with lines of about the same length: no last line of one character. No word is cut for it.

    Examples
    --------
    >>> balanced("判断是否征求意见", 10, 70)
    ['判断是否', '征求意见']
    >>> balanced("Satisfaction survey", 13, 108)
    ['Satisfaction', 'survey']
    """
    lines = wrap(text, size, width, bold=bold)
    if not 1 < len(lines) <= 4:
        return lines
    best = lines
    least = widest(text, size, bold=bold)
    for narrower in range(int(width) - 2, ceil(max(width / 2, least)) - 1, -2):
        trial = wrap(text, size, float(narrower), bold=bold)
        if len(trial) > len(lines):
            break
        best = trial
    return best


def widest(text: str, size: float, *, bold: bool = False) -> float:
    """Width of the widest word, or of the widest character in scripts without blanks: no line is narrower unless a word is cut.

    Examples
    --------
    >>> widest("on Reimbursement", 10) == text_width("Reimbursement", 10)
    True
    """
    return max((text_width(piece, size, bold=bold) for piece, _ in _atoms(clean(text))), default=0.0)


def num(value: float) -> str:
    """A coordinate with at most one decimal, the same text on every machine."""
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def tag(name: str, content: str | None = None, /, **attributes: Any) -> str:
    """An element. ``content`` is markup already; attribute names may use ``_`` for ``-``; None is left out."""
    parts = []
    for key, value in attributes.items():
        if value is not None:
            shown = num(value) if isinstance(value, float) else escaped(value)
            parts.append(f' {key.rstrip("_").replace("_", "-")}="{shown}"')
    return f"<{name}{''.join(parts)}/>" if content is None else f"<{name}{''.join(parts)}>{content}</{name}>"


def text_lines(
    lines: Sequence[str],
    x: float,
    y: float,
    *,
    size: float,
    leading: float,
    anchor: str = "middle",
    fill: str = INK,
    bold: bool = False,
    italic: bool = False,
) -> str:
    """Lines of text below each other; ``y`` is the baseline of the first."""
    style = {"font_weight": "600" if bold else None, "font_style": "italic" if italic else None}
    middle = None if anchor == "start" else anchor
    return "".join(
        tag(
            "text",
            escaped(line),
            x=float(x),
            y=float(y + i * leading),
            font_size=size,
            text_anchor=middle,
            fill=fill,
            **style,
        )
        for i, line in enumerate(lines)
    )


def rounded_path(points: Sequence[tuple[float, float]], radius: float = 6.0) -> str:
    """Path data through the points with rounded corners."""
    parts = [f"M{num(points[0][0])},{num(points[0][1])}"]
    for before, (x, y), after in zip(points, points[1:], points[2:], strict=False):
        (ax, ay), (bx, by) = before, after
        first, second = abs(x - ax) + abs(y - ay), abs(bx - x) + abs(by - y)
        r = min(radius, first / 2, second / 2)
        if r < 0.5:
            parts.append(f"L{num(x)},{num(y)}")
            continue
        parts.append(f"L{num(x + (ax - x) / first * r)},{num(y + (ay - y) / first * r)}")
        parts.append(f"Q{num(x)},{num(y)} {num(x + (bx - x) / second * r)},{num(y + (by - y) / second * r)}")
    parts.append(f"L{num(points[-1][0])},{num(points[-1][1])}")
    return " ".join(parts)


def _marker(id: str, shape: str) -> str:
    """An end of a line; the tip of the line lies at (9, 4.5) of the shape, the line comes from the left."""
    size = {"markerWidth": 9, "markerHeight": 9, "markerUnits": "userSpaceOnUse"}
    return tag("marker", shape, id=id, refX=8.6, refY=4.5, orient="auto", overflow="visible", **size)


def document(body: Iterable[str], width: float, height: float, *, title: str, desc: str, lang: str) -> str:
    """The whole SVG: role, title, description, white ground, arrowheads, body."""
    width, height = ceil(width), ceil(height)  # whole pixels: a part of one would stay without ground
    names = tag("title", escaped(title)) + tag("desc", escaped(desc))
    ground = tag("rect", width=float(width), height=float(height), fill="#ffffff")
    head = tag("path", d="M0,1 L9,4.5 L0,8 Z", fill=LINE)
    ring = tag("circle", cx=-4.0, cy=4.5, r=3.3, fill="#ffffff", stroke=LINE, stroke_width=1.3)
    markers = _marker("arrowhead", head) + _marker("optional", ring + head)
    return tag(
        "svg",
        "\n".join([names, tag("defs", markers), ground, *body]) + "\n",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {num(width)} {num(height)}",
        width=float(width),
        height=float(height),
        role="img",
        aria_label=title,
        lang="zh-CN" if lang == "zh" else lang,
        font_family=FONT,
    )


@dataclass(frozen=True)
class Picture:
    """A picture as SVG text; shows itself in a notebook and saves itself as .svg, .png or .pdf."""

    svg: str = field(repr=False)
    title: str

    def save(self, path: str | Path) -> Path:
        """Write the picture to ``path``; the suffix decides the format.

        Parameters
        ----------
        path : str or Path
            Ends in ``.svg``, ``.png`` or ``.pdf``. The folder must exist.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        MiningError
            If the suffix is another, the folder does not exist, the file cannot be written, or a package for PNG or PDF is not
            installed.
        """
        path = Path(path)
        if not path.parent.is_dir():
            raise MiningError(f"{path}: there is no folder {path.parent}. Make it first.")
        match path.suffix.lower():
            case ".svg":
                data = self.svg.encode("utf-8")
            case ".png":
                data = _png(self.svg)
            case ".pdf":
                from mining.pictures.pdf import to_pdf

                data, replaced = to_pdf(self.svg, self.title)
                if replaced:
                    said = f"{path}: characters that no font of PDF files here can draw, printed as question marks: {replaced}."
                    warnings.warn(said, stacklevel=2)
            case other:
                shown = repr(other) if other else "a file without suffix"
                raise MiningError(f"{path}: cannot save a picture as {shown}. Use .svg, .png or .pdf.")
        try:
            path.write_bytes(data)
        except OSError as error:
            raise MiningError(f"{path} cannot be written: {error.strerror}.") from error
        return path

    def _repr_html_(self) -> str:
        # A light ground of its own: notebooks in dark themes would put dark text on black.
        # Where the page makes pictures as narrow as itself the letters stay readable, and the picture is scrolled.
        width = _WIDTH.search(self.svg)
        least = round(READABLE * float(width[1])) if width else 0
        style = f"overflow:auto;max-width:100%;background:#fff;color-scheme:light;padding:8px;--least:{least}px"
        look = "<style>@media screen{div.mining-picture>svg{max-width:max(100%,var(--least));height:auto}}</style>"
        name = f'class="mining-picture" tabindex="0" role="region" aria-label="{escaped(self.title)}"'
        return f'<div style="{style}" {name}>{look}{self.svg}</div>'


def png_of(svg: str, width: int) -> bytes:
    """A picture as PNG, ``width`` pixels wide.

    Parameters
    ----------
    svg : str
        A picture of this package or a chart; sizes in points are understood, and bold texts are bold.
    width : int
        In pixels; the height follows.

    Raises
    ------
    MiningError
        If a package for PNG is not installed.

    Examples
    --------
    >>> png_of('<svg xmlns="http://www.w3.org/2000/svg" width="20pt" height="10pt" viewBox="0 0 20 10"/>', 40)[:4]
    b'\\x89PNG'
    """
    from mining.pictures.styled import with_styles

    return _png(_POINTS.sub(r"\1", with_styles(svg), count=2), width=width)


def _png(svg: str, *, width: int | None = None) -> bytes:
    try:
        import pylopdf_fonts_zh_cn
        import resvg_py
    except ImportError as error:
        raise MiningError(
            f"Saving PNG needs the package {error.name!r}. Install resvg-py and pylopdf-fonts-zh-cn, or save as .svg."
        ) from error
    # Without a font given, resvg leaves out all text and says nothing.
    png = resvg_py.svg_to_bytes(
        svg_string=svg,
        font_files=[str(pylopdf_fonts_zh_cn.sans_path())],
        skip_system_fonts=True,
        font_family="Noto Sans SC",
        sans_serif_family="Noto Sans SC",
        zoom=None if width else 2,
        width=width,
    )
    return bytes(png)
