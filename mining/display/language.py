"""The language in which a notebook shows results: the one setting that no argument can carry, since Jupyter asks without any."""

from __future__ import annotations

import sys

from mining.texts import check_language

_shown = ["en"]


def show_in(lang: str = "en") -> None:
    """Show results in a language, and charts as vector pictures, from here on in this notebook.

    It changes how things look, never what they are: files, numbers and names of columns stay as they are, and whatever takes a
    ``lang`` of its own goes by that. Outside of a notebook no chart changes.

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
    if in_notebook():
        from mining.plots.notebook import show_as_vectors

        show_as_vectors(lang)
        _show_simulations()


def _show_simulations() -> None:
    """Simulated logs show themselves too; said here, since the simulator imports nothing of this package."""
    from IPython import get_ipython

    from mining.display.accounts import simulation_html

    get_ipython().display_formatter.formatters["text/html"].for_type_by_name(
        "mining.simulation.run", "Simulation", simulation_html
    )


def shown_in() -> str:
    """The language in which results show themselves."""
    return _shown[0]


def in_notebook() -> bool:
    """Whether a kernel of Jupyter runs this program: it shows pictures, which a terminal does not.

    Examples
    --------
    >>> in_notebook()
    False
    """
    if "IPython" not in sys.modules:  # then nobody has started it
        return False
    from IPython import get_ipython

    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")
