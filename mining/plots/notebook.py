"""How charts come out in a notebook: as vector pictures on a light ground, with letters in both languages, the same on every run."""

from __future__ import annotations

from mining.plots.base import families

GROUND = "white"  # also in dark notebooks: ink and grid are made for it


def show_as_vectors(lang: str) -> None:
    """Let the notebook show figures as SVG, and write letters in the fonts of the language.

    Parameters
    ----------
    lang : {"en", "zh"}
        Language of the letters of charts that are drawn without one of their own.
    """
    import matplotlib as mpl
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    set_matplotlib_formats(
        "svg", facecolor=GROUND, bbox_inches="tight", pad_inches=0.12, metadata={"Date": None, "Creator": None}
    )
    family = families(lang)
    mpl.rcParams.update(
        {"svg.hashsalt": "mining", "svg.fonttype": "path", "font.family": family, "axes.unicode_minus": False}
    )
