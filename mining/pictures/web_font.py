"""The shipped Chinese font for a page: only the characters in use, so that no machine shows boxes."""

from __future__ import annotations

import io
from base64 import b64encode
from functools import lru_cache

FAMILY = "Shipped Sans SC"
FIRST = 0x2E80  # radicals, the first of the Chinese blocks: what lies below, every machine can show
UNUSED_TABLES = ("GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "DSIG")


def chinese(text: str) -> str:
    """The Chinese characters and signs of a text, each once and in order.

    Examples
    --------
    >>> chinese("Case 受理（受理）, 5 days")
    '受理（）'
    """
    return "".join(sorted({char for char in text if ord(char) >= FIRST}))


def font_face(text: str) -> str:
    """The rule of a style sheet that gives a page the Chinese characters of its text; empty where it has none.

    Without the packages that hold and cut the font the page has no font of its own and is as good as those of its reader.

    Examples
    --------
    >>> font_face("Case"), font_face("受理")[:45]
    ('', '@font-face { font-family: "Shipped Sans SC"; ')
    """
    wanted = chinese(text)
    return _face(wanted) if wanted else ""


@lru_cache(maxsize=8)
def _face(wanted: str) -> str:
    try:
        import pylopdf_fonts_zh_cn
        from fontTools import subset, ttLib
    except ImportError:
        return ""
    options = subset.Options(layout_features=[], hinting=False, notdef_outline=False, name_IDs=[], desubroutinize=True)
    with ttLib.TTFont(pylopdf_fonts_zh_cn.sans_path(), lazy=True, recalcTimestamp=False) as font:
        for table in UNUSED_TABLES:
            if table in font:
                del font[table]
        held = font.getBestCmap()
        kept = [char for char in wanted if ord(char) in held]
        if not kept:
            return ""
        cutter = subset.Subsetter(options)
        cutter.populate(text="".join(kept))
        cutter.subset(font)
        font.flavor = "woff"
        packed = io.BytesIO()
        font.save(packed)
    data = b64encode(packed.getvalue()).decode()
    return (
        f'@font-face {{ font-family: "{FAMILY}"; src: url(data:font/woff;base64,{data}) format("woff"); '
        f"unicode-range: {_ranges(kept)}; }}"
    )


def _ranges(chars: list[str]) -> str:
    """Points of characters in order as a style sheet lists them, neighbours together.

    Examples
    --------
    >>> _ranges(["一", "丁", "丂", "七"])
    'U+4E00-4E03'
    """
    runs: list[list[int]] = []
    for point in map(ord, chars):
        if runs and runs[-1][1] + 1 == point:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    return ", ".join(f"U+{low:X}" if low == high else f"U+{low:X}-{high:X}" for low, high in runs)
