"""The process map at many levels of detail in one page: sliders for activities and arcs, switches for colours and lanes."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mining.discovery.explorer_page import COLOURS, PAGE, SCRIPT, SLIDER, STYLE, SWITCH
from mining.discovery.map_levels import LEGIBLE, LEGIBLE_ARCS, MOST_ARCS, Level, by_frequency, level_with
from mining.discovery.maps import at_most, drawn
from mining.discovery.observed import Observed, observed_of
from mining.errors import MiningError
from mining.log import EventLog
from mining.pictures.map_content import COLOURS as KINDS
from mining.pictures.marks import percent
from mining.pictures.svg import escaped
from mining.texts import say

if TYPE_CHECKING:
    from mining.study import Study

PATHS = (0.0, 0.5, 0.8, 0.95, 1.0)
STEPS = 5
MOST_BYTES = 3_000_000
HEIGHT = 760  # in a notebook


@dataclass(frozen=True, eq=False, repr=False)
class MapExplorer:
    """A page with the map at several levels of detail.

    Attributes
    ----------
    lang : {"en", "zh"}
    title : str
    activities : tuple of str
        What the steps of the slider for activities show, in words.
    paths : tuple of str
        The same of the slider for arcs.
    index : nested tuples of int
        By activities, paths, colour and lanes: the position of the picture. Levels that look alike share one.
    pictures : tuple of str
        The pictures as SVG.
    first : (int, int)
        Steps of both sliders at the beginning: as much as is legible.
    """

    lang: str
    title: str
    activities: tuple[str, ...]
    paths: tuple[str, ...]
    index: tuple[tuple[tuple[tuple[int, ...], ...], ...], ...]
    pictures: tuple[str, ...] = field(repr=False)
    first: tuple[int, int]

    @property
    def has_lanes(self) -> bool:
        """Whether the map can be drawn in the lanes of a blueprint."""
        return len(self.index[0][0][0]) > 1

    def html(self) -> str:
        """The whole page: one file that asks nothing of the network. The same input gives the same bytes."""
        return self._page

    @cached_property
    def _page(self) -> str:
        lang = self.lang

        def word(key: str) -> str:
            return escaped(say(f"map.{key}", lang))

        a, p = self.first
        first = self.index[a][p][0][0]
        sliders = (("activities", self.activities, a), ("paths", self.paths, p))
        controls = [
            SLIDER.format(id=id, label=word(id), most=len(said) - 1, value=k, said=escaped(said[k]))
            for id, said, k in sliders
        ]
        controls.append(COLOURS.format(**{key: word(key) for key in ("colours", *KINDS)}))
        controls += [SWITCH.format(id=id, label=word(id)) for id in (["lanes"] if self.has_lanes else []) + ["fit"]]
        packed = [base64.b64encode(zlib.compress(svg.encode(), 9)).decode() for svg in self.pictures]
        packed[first] = ""  # it stands in the page itself
        data: dict[str, Any] = {"index": self.index, "activities": self.activities, "paths": self.paths}
        data |= {"first": first, "pictures": packed}
        return PAGE.format(
            lang="zh-CN" if lang == "zh" else lang,
            title=escaped(self.title),
            style=STYLE,
            script=SCRIPT,
            no_script=word("no_script"),
            old_browser=word("old_browser"),
            controls="\n".join(controls),
            first=first,
            picture=self.pictures[first],
            data=json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        )

    def save(self, path: str | Path) -> Path:
        """Write the page.

        Raises
        ------
        MiningError
            If the name does not end in ``.html``, the folder does not exist or the file cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise MiningError(f"{path}: an explorer is a page. Use a name that ends in .html.")
        if not path.parent.is_dir():
            raise MiningError(f"{path}: there is no folder {path.parent}. Make it first.")
        try:
            path.write_bytes(self.html().encode())
        except OSError as error:
            raise MiningError(f"{path} cannot be written: {error.strerror}.") from error
        return path

    def __repr__(self) -> str:
        return (
            f"<MapExplorer: {len(self.activities)} x {len(self.paths)} levels of detail, {len(self.pictures)} pictures>"
        )

    def _repr_html_(self) -> str:
        style = f"width:100%;height:{HEIGHT}px;border:0"
        page = escaped_page(self.html())
        return (
            f'<iframe sandbox="allow-scripts" title="{escaped(self.title)}" style="{style}" srcdoc="{page}"></iframe>'
        )


def escaped_page(page: str) -> str:
    """A page as the value of an attribute; line breaks stay."""
    return page.replace("&", "&amp;").replace('"', "&quot;")


def explorer_of(
    source: Study | EventLog | Observed, *, lang: str = "en", title: str = "", most_bytes: int = MOST_BYTES
) -> MapExplorer:
    """Draw the map at several levels of detail, to be looked at with sliders.

    Parameters
    ----------
    source : Study, EventLog or Observed
        With the blueprint of a study the page has a switch for its lanes.
    lang : {"en", "zh"}
    title : str
        Heading of the page.
    most_bytes : int, default 3,000,000
        Size of the page: if it were larger, there are fewer steps.

    Raises
    ------
    MiningError
        If the log has no completed activity.

    Examples
    --------
    >>> import mining
    >>> found = explorer_of(mining.read_log(examples / "orders.csv"), title="Orders")
    >>> found
    <MapExplorer: 2 x 5 levels of detail, 6 pictures>
    >>> found.save(examples / "explorer.html").name
    'explorer.html'
    """
    observed = observed_of(source)
    if not observed.activities:
        raise MiningError("There is nothing to draw: the log has no activities.")
    found = _explorer(observed, PATHS, STEPS, lang, title)
    for paths, steps in ((PATHS[::2], 3), ((0.0, 0.8), 2), ((0.0,), 1)):
        if len(found.html().encode()) <= most_bytes:
            break
        found = _explorer(observed, paths, steps, lang, title)
    return found


def _explorer(observed: Observed, paths: Sequence[float], steps: int, lang: str, title: str) -> MapExplorer:
    numbers = _numbers(len(observed.activities), steps)
    levels = [level_with(observed, n) for n in numbers]
    lanes = (False, True) if observed.blueprint is not None else (False,)
    pictures: dict[str, int] = {}
    seen: dict[object, int] = {}

    def place(level: Level, share: float, colour: str, in_lanes: bool) -> int:
        arcs = level.arcs(share, MOST_ARCS)
        said = at_most(level, arcs, share, MOST_ARCS, lang)
        key = (level.boxes, len(level.merged), tuple(arcs), said, colour, in_lanes)
        if key not in seen:
            svg = drawn(level, arcs, colour=colour, lanes=in_lanes, lang=lang, said=said).svg
            seen[key] = pictures.setdefault(_focusable(svg), len(pictures))
        return seen[key]

    index = tuple(
        tuple(tuple(tuple(place(level, share, colour, x) for x in lanes) for colour in KINDS) for share in paths)
        for level in levels
    )
    a = numbers.index(min(LEGIBLE, numbers[-1])) if min(LEGIBLE, numbers[-1]) in numbers else 0
    legible = [k for k, share in enumerate(paths) if len(levels[a].arcs(share, MOST_ARCS)) <= LEGIBLE_ARCS]
    return MapExplorer(
        lang,
        title or say("map.page_title", lang),
        tuple(_activities_said(observed, n, lang) for n in numbers),
        tuple(say("map.of_paths" if x else "map.of_joining", lang, **_of_paths(x)) for x in paths),
        index,
        tuple(pictures),
        (a, max(legible, default=0)),
    )


def _of_paths(share: float) -> dict[str, str]:
    return {"share": percent(share), "n": f"{MOST_ARCS:,}"} if share else {}


def _numbers(n: int, steps: int) -> list[int]:
    """How many activities the steps show: evenly spread, all at the end, and as many as are legible among them."""
    found = sorted({max(1, round(n * k / steps)) for k in range(1, steps + 1)})
    if n > LEGIBLE:
        nearest = min(found[:-1] or found, key=lambda x: (abs(x - LEGIBLE), x))
        found[found.index(nearest)] = LEGIBLE
    return sorted(set(found))


def _activities_said(observed: Observed, n: int, lang: str) -> str:
    shown = by_frequency(observed)[:n]
    share = percent(sum(observed.activities[x] for x in shown) / sum(observed.activities.values()))
    return say("map.of_activities", lang, k=f"{n:,}", n=f"{len(observed.activities):,}", share=share)


def _focusable(svg: str) -> str:
    """Boxes that the keyboard reaches: the picture is a group of things, not one image."""
    whole = svg.replace(' role="img"', ' role="group"', 1)
    return whole.replace('<g class="activity"', '<g tabindex="0" role="img" class="activity"')
