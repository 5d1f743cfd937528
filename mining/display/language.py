"""The language in which a notebook shows results: the one setting that no argument can carry, since Jupyter asks without any."""

from __future__ import annotations

from mining.texts import check_language

_shown = ["en"]


def show_in(lang: str = "en") -> None:
    """Show results in a language, and charts as vector pictures, from here on in this notebook.

    It changes how things look, never what they are: files, numbers and names of columns stay as they are, and whatever takes a
    ``lang`` of its own goes by that.

    Parameters
    ----------
    lang : {"en", "zh"}

    Raises
    ------
    UnknownNameError
        For another language.

    Examples
    --------
    >>> show_in("zh")
    >>> shown_in()
    'zh'
    >>> show_in("en")
    """
    check_language(lang)
    _shown[0] = lang


def shown_in() -> str:
    """The language in which results show themselves."""
    return _shown[0]
