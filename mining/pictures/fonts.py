"""The fonts that come with this package: where they lie, and which characters they can draw."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

from mining.errors import MiningError
from mining.pictures.svg import clean

UNKNOWN = "?"  # stands for a character that no font at hand can draw


def font_files() -> tuple[Path, Path]:
    """The Chinese font (Noto Sans SC), and the one for what it lacks (DejaVu Sans).

    Raises
    ------
    MiningError
        If a package that holds one of them is not installed.

    Examples
    --------
    >>> [file.stem for file in font_files()]
    ['NotoSansSC-Regular', 'DejaVuSans']
    """
    try:
        import pylopdf_fonts_zh_cn
    except ImportError as error:
        raise MiningError(
            f"The fonts of pictures need the package {error.name!r}. Install pylopdf-fonts-zh-cn."
        ) from error
    found = find_spec("matplotlib")  # its folder is all that is wanted: importing it takes half a second
    if found is None or found.origin is None:
        raise MiningError("The fonts of pictures need the package 'matplotlib', which holds one of them. Install it.")
    latin = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    return Path(pylopdf_fonts_zh_cn.sans_path()), latin


@cache
def _held(file: Path) -> frozenset[str]:
    """The characters that a font can draw."""
    try:
        from fontTools.ttLib import TTFont
    except ImportError as error:
        raise MiningError(
            f"Printing needs the package {error.name!r}. Install fonttools, or save a picture as .svg."
        ) from error
    with TTFont(file, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


def safe(text: str) -> str:
    """The text with a question mark for what no font here can draw: such characters would be boxes and warnings."""
    chinese, latin = map(_held, font_files())
    return "".join(char if char in chinese or char in latin else UNKNOWN for char in clean(text))


def runs(text: str) -> list[tuple[str, bool]]:
    """The text cut where the font changes, each piece with whether it is for the second font; in one piece where one font has it all.

    Examples
    --------
    >>> runs("受理 ℚ yes"), runs("ℚ yes"), runs("受理")
    ([('受理 ', False), ('ℚ', True), (' yes', False)], [('ℚ yes', True)], [('受理', False)])
    """
    chinese, latin = map(_held, font_files())
    if chinese.issuperset(text) or latin.issuperset(text):
        return [(text, not chinese.issuperset(text))]
    return [("".join(chars), other) for other, chars in groupby(text, lambda char: char not in chinese)]


def drawable(text: str) -> tuple[str, int]:
    """The text as it can be drawn, and how many characters were replaced by ``?``. Signs without width are left out.

    Examples
    --------
    >>> drawable("Ready? \U0001f44d")
    ('Ready? ?', 1)
    """
    kept = text if text.isascii() else "".join(char for char in text if not _invisible(char))
    shown = clean(kept) if kept.isascii() else safe(kept)
    return shown, shown.count(UNKNOWN) - kept.count(UNKNOWN)


def _invisible(char: str) -> bool:
    """Whether a character only changes or joins others, as those behind an emoji do; what joins letters of a script is kept."""
    return "\ufe00" <= char <= "\ufe0f" or (unicodedata.category(char) == "Cf" and char not in "\u00ad\u200c\u200d")
