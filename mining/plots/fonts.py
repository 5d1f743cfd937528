"""Where the fonts lie that this package may use, for programs that want folders."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import matplotlib
import pylopdf_fonts_zh_cn

from mining.plots.base import UNKNOWN, safe

FAMILIES = ("Noto Sans SC", "DejaVu Sans")


def font_folders() -> tuple[Path, ...]:
    """Folders with the Chinese font and with the one for what it lacks.

    Examples
    --------
    >>> all(folder.is_dir() for folder in font_folders())
    True
    """
    return Path(pylopdf_fonts_zh_cn.sans_path()).parent, Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def drawable(text: str) -> tuple[str, int]:
    """The text as it can be drawn, and how many characters were replaced by ``?``. Signs without width are left out.

    Examples
    --------
    >>> drawable("Ready? \U0001f44d")
    ('Ready? ?', 1)
    """
    kept = text if text.isascii() else "".join(char for char in text if not _invisible(char))
    shown = safe(kept)
    return shown, shown.count(UNKNOWN) - kept.count(UNKNOWN)


def _invisible(char: str) -> bool:
    """Whether a character only changes or joins others, as those behind an emoji do; what joins letters of a script is kept."""
    return "\ufe00" <= char <= "\ufe0f" or (unicodedata.category(char) == "Cf" and char not in "\u00ad\u200c\u200d")
