"""How charts come out in a notebook: as vector pictures on a light ground, with letters in both languages, the same on every run."""

from __future__ import annotations

import re
from typing import Any

from mining.plots.base import families

WIDEST = 640.0  # points: JupyterLab shows SVG at the size it says, and with the list of files open a laptop has room for this
SIDE = re.compile(r'\b(width|height)="([\d.]+)pt"')
GROUND = "white"  # also in dark notebooks: ink and grid are made for it


def show_as_vectors(lang: str) -> None:
    """Let the notebook show figures as SVG, and write letters in the fonts of the language.

    Parameters
    ----------
    lang : {"en", "zh"}
        Language of the letters of charts that are drawn without one of their own.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib_inline.backend_inline import get_ipython, set_matplotlib_formats

    shell: Any = get_ipython()

    set_matplotlib_formats(
        "svg", facecolor=GROUND, bbox_inches="tight", pad_inches=0.12, metadata={"Date": None, "Creator": None}
    )
    formatter = shell.display_formatter.formatters["image/svg+xml"]
    drawn = formatter.lookup_by_type(Figure)
    formatter.for_type(Figure, lambda figure: narrowed(drawn(figure)))
    family = families(lang)
    mpl.rcParams.update(
        {"svg.hashsalt": "mining", "svg.fonttype": "path", "font.family": family, "axes.unicode_minus": False}
    )


def narrowed(svg: str) -> str:
    """The picture at most :data:`WIDEST` points wide, with everything in it as much smaller.

    Parameters
    ----------
    svg : str
        Its size in points, and a view box.

    Examples
    --------
    >>> narrowed('<svg height="300pt" version="1.1" viewBox="0 0 1280 300" width="1280pt">')
    '<svg height="150pt" version="1.1" viewBox="0 0 1280 300" width="640pt">'
    >>> narrowed('<svg width="90pt" height="30pt" viewBox="0 0 90 30">')
    '<svg width="90pt" height="30pt" viewBox="0 0 90 30">'
    """
    start = svg.find("<svg")
    end = svg.find(">", start) + 1
    sides = dict(SIDE.findall(svg[start:end]))
    factor = min(1.0, WIDEST / float(sides["width"])) if len(sides) == 2 else 1.0
    if factor == 1.0:
        return svg
    opening = SIDE.sub(lambda side: f'{side[1]}="{round(float(side[2]) * factor, 3):g}pt"', svg[start:end])
    return svg[:start] + opening + svg[end:]
