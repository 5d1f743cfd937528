"""The shipped font as a PDF embeds it: only the characters in use, with what a reader needs to copy and search text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from mining.errors import MiningError

UNUSED_TABLES = ("GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "DSIG")
MOST_IN_A_BLOCK = 100  # the most lines a block of a character map may have


@dataclass(frozen=True)
class Font:
    """A font cut down to some characters.

    Attributes
    ----------
    name : str
        PostScript name.
    data : bytes
        The outlines (CFF, keyed by CID).
    cid : mapping of str to int
        Character to the number of its glyph; characters that the font lacks are left out.
    widths : mapping of int to int
        Advance width by glyph, in thousandths of an em. Glyph 0 stands for what the font lacks.
    """

    name: str
    data: bytes
    cid: Mapping[str, int]
    widths: Mapping[int, int]
    box: tuple[int, int, int, int]
    ascent: int
    descent: int
    cap_height: int

    def width(self, text: str, size: float) -> float:
        """Width of a line of text in the unit of ``size``."""
        return sum(self.widths[self.cid.get(char, 0)] for char in text) * size / 1000

    def encoded(self, text: str) -> str:
        """The text as a hexadecimal string of the PDF."""
        return "<" + "".join(f"{self.cid.get(char, 0):04X}" for char in text) + ">"

    @cached_property
    def tag(self) -> str:
        """Six letters that tell subsets of one font apart."""
        number = int.from_bytes(sha256(self.data).digest()[:6], "big")
        return "".join(chr(65 + number // 26**k % 26) for k in range(6))

    def objects(self, first: int) -> list[bytes]:
        """The five objects of the font, the first of them numbered ``first``: it is the one that text refers to."""
        name = f"{self.tag}+{self.name}"
        widths = " ".join(f"{cid} [{width}]" for cid, width in sorted(self.widths.items()))
        box = " ".join(map(str, self.box))
        return [
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H "
            f"/DescendantFonts [{first + 1} 0 R] /ToUnicode {first + 4} 0 R >>".encode(),
            f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /{name} "
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/FontDescriptor {first + 2} 0 R /DW 1000 /W [{widths}] >>".encode(),
            f"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [{box}] /ItalicAngle 0 /Ascent {self.ascent} "
            f"/Descent {self.descent} /CapHeight {self.cap_height} /StemV 80 /FontFile3 {first + 3} 0 R >>".encode(),
            stream(self.data, "/Subtype /CIDFontType0C"),
            stream(self._to_unicode().encode()),
        ]

    def _to_unicode(self) -> str:
        lines = [
            f"<{cid:04X}> <{char.encode('utf-16-be').hex().upper()}>"
            for char, cid in sorted(self.cid.items(), key=lambda pair: (pair[1], pair[0]))
        ]
        blocks = [lines[k : k + MOST_IN_A_BLOCK] for k in range(0, len(lines), MOST_IN_A_BLOCK)]
        body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{body}\n"
            "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
        )


def stream(data: bytes, keys: str = "") -> bytes:
    """A stream object, compressed."""
    from zlib import compress

    packed = compress(data, 9)
    return f"<< /Length {len(packed)} /Filter /FlateDecode {keys} >>\nstream\n".encode() + packed + b"\nendstream"


def font_for(text: Iterable[str]) -> Font:
    """The shipped Chinese font with the characters of some text.

    Raises
    ------
    MiningError
        If a package for PDF is not installed.
    """
    try:
        import pylopdf_fonts_zh_cn
        from fontTools import subset, ttLib
    except ImportError as error:
        raise MiningError(
            f"Saving PDF needs the package {error.name!r}. Install fonttools and pylopdf-fonts-zh-cn, or save as .svg."
        ) from error
    options = subset.Options(layout_features=[], hinting=False, notdef_outline=True, name_IDs=[])
    wanted = sorted({char for line in text for char in line})
    with ttLib.TTFont(pylopdf_fonts_zh_cn.sans_path(), lazy=True, recalcTimestamp=False) as font:
        for table in UNUSED_TABLES:
            if table in font:
                del font[table]
        cutter = subset.Subsetter(options)
        cutter.populate(text="".join(wanted))
        cutter.subset(font)
        return _font(font, wanted)


def _font(font: Any, wanted: Iterable[str]) -> Font:
    outlines, scale = font["CFF "], 1000 / font["head"].unitsPerEm
    top = outlines.cff.topDictIndex[0]
    numbers = {name: 0 if name == ".notdef" else int(name.removeprefix("cid")) for name in font.getGlyphOrder()}
    names = font.getBestCmap()
    left, low, right, high = (round(value * scale) for value in top.FontBBox)
    return Font(
        name=outlines.cff.fontNames[0],
        data=outlines.compile(font),
        cid={char: numbers[names[ord(char)]] for char in wanted if ord(char) in names},
        widths={cid: round(font["hmtx"][name][0] * scale) for name, cid in numbers.items()},
        box=(left, low, right, high),
        ascent=round(font["hhea"].ascent * scale),
        descent=round(font["hhea"].descent * scale),
        cap_height=round(font["OS/2"].sCapHeight * scale),
    )
