"""What actually happens, on one page: the flow as it is, the design beside it, times, waits and hand-overs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from markupsafe import Markup

from mining.as_is import SHARES, AsIs
from mining.discovery.maps import map_of
from mining.errors import MiningError
from mining.report import as_is_sections as parts
from mining.report.formats import Writer, file_names, writer_of
from mining.report.page import chart_image, environment, inlined
from mining.report.table import Table
from mining.texts import file_name

TAG = {"en": "en", "zh": "zh-CN"}
VARIANTS = 8
WIDE = ("repair", "variants")  # printed across: their pictures are wider than high, the maps are not


@dataclass(frozen=True)
class Figure:
    """A picture in the page (``inline``), or a chart as an image that carries itself."""

    caption: str
    inline: Markup | None = None
    image: str = ""


@dataclass(frozen=True)
class Section:
    """A chapter: sentences, figures, tables; ``wide``: printed across."""

    said: Sequence[str]
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    id: str = ""
    title: str = ""
    wide: bool = False


def render_as_is(found: AsIs, *, lang: str = "en") -> str:
    """The page on what actually happens.

    Parameters
    ----------
    found : AsIs
        Of a study, or of a log alone: then the page has what a log can tell without a design.
    lang : {"en", "zh"}, default "en"

    Returns
    -------
    str
        A whole page of HTML without script; nothing is fetched. The same input gives the same bytes.
    """
    observed = found.flow.observed
    log, blueprint = observed.log, observed.blueprint
    w = Writer(lang, log.binding.tz or "UTC") if found.study is None else writer_of(found.study, lang)
    chapters = [
        _chapter(name, make, found, w) for name, make in (ALWAYS if found.study is None else ALWAYS | STUDIED).items()
    ]
    name = blueprint.name.get(lang) if blueprint else file_name(log.source.path)
    page = environment().get_template("as_is.html.j2")
    return page.render(t=w.say, lang=TAG[lang], name=name, facts=_facts(found, w), sections=chapters)


def _chapter(name: str, make: Callable[[AsIs, Writer], Section], found: AsIs, w: Writer) -> Section:
    """A chapter; one that cannot be made says why."""
    try:
        made = make(found, w)
    except MiningError as error:
        made = Section([w.say("as_is.cannot", why=str(error))])
    tables = [table for table in made.tables if table]
    return replace(made, id=name, title=w.say(f"as_is.{name}"), tables=tables, wide=name in WIDE)


def _facts(found: AsIs, w: Writer) -> list[tuple[str, str]]:
    observed = found.flow.observed
    log, blueprint = observed.log, observed.blueprint
    begin, end = (w.moment(pd.Timestamp(t, unit="us", tz="UTC"), seconds=False) for t in log.span)
    said = [(w.say("fact.log"), w.say("report.hash", file=file_name(log.source.path), hash=log.source.sha256))]
    if blueprint:
        hashed = w.say("report.hash", file=file_names(blueprint.files), hash=blueprint.sha256)
        said.append((w.say("fact.blueprint_file"), hashed))
    said.append((w.say("fact.period"), w.say("report.zone", period=f"{begin} – {end}", zone=w.zone)))
    return [*said, (w.say("fact.cases"), w.count(observed.n_cases))]


def _chart(w: Writer, key: str, axes: Any) -> Figure:
    return Figure(w.say(key), image=chart_image(axes))


def _flow(found: AsIs, w: Writer) -> Section:
    flow = found.flow
    pictures = [
        Figure(w.say("report.delivered.caption"), inlined(flow.picture(lang=w.lang).svg, "flow")),
        Figure(
            w.say("as_is.slow_caption"), inlined(map_of(flow.observed, colour="performance", lang=w.lang).svg, "slow")
        ),
    ]
    said = [*flow.summary(w.lang), w.say("as_is.map_file")]
    return Section(said if found.study else [*said, w.say("as_is.no_blueprint")], pictures)


def _models(found: AsIs, w: Writer) -> Section:
    table = found.models
    chart = _chart(w, "as_is.models_caption", table.plot(lang=w.lang))
    said = [table.sentence(w.lang), w.say("as_is.model_file")] if table.recommended else [table.sentence(w.lang)]
    return Section(said, [chart], [parts.models(table, w)])


def _variants(found: AsIs, w: Writer) -> Section:
    table, study = found.variants, found.study_of()
    picture = Figure(w.say("as_is.variants_caption"), inlined(table.picture(VARIANTS, lang=w.lang).svg, "variants"))
    dots = _chart(w, "as_is.dots_caption", study.dotted_chart(lang=w.lang))
    return Section([table.sentence(w.lang), found.variety.sentence(w.lang)], [picture, dots])


def _design(found: AsIs, w: Writer) -> Section:
    table = found.flow.comparison
    said = [table.sentence(w.lang), found.branches.sentence(w.lang), found.shape.sentence(w.lang)]
    only = [parts.differences(table, where, w) for where in ("log", "design")]
    tables = [*only, parts.branches(found.branches, w), parts.shape(found.shape, w)]
    return Section(said, [_chart(w, "as_is.design_caption", table.plot(lang=w.lang))], tables)


def _repair(found: AsIs, w: Writer) -> Section:
    said = [repair.sentence(w.lang) for repair in found.repairs if len(repair)] or [found.repairs[-1].sentence(w.lang)]
    largest = found.repairs[-1]
    pictures = [Figure(w.say("as_is.repair_caption"), inlined(largest.picture(lang=w.lang).svg, "repair"))]
    tables = [parts.repair(one, share, w) for share, one in zip(SHARES, found.repairs, strict=True)]
    return Section(said, pictures if len(largest) else [], tables[-1:])


def _times(found: AsIs, w: Writer) -> Section:
    times, steps = found.times, found.steps
    charts = [_chart(w, "as_is.times_caption", times.plot(lang=w.lang))]
    said = [times.sentence(w.lang), steps.sentence(w.lang)]
    return Section(
        said,
        charts,
        [parts.times(times.summary(), w), *([parts.steps(steps, w)] if steps.frame["n_measured"].any() else [])],
    )


def _waits(found: AsIs, w: Writer) -> Section:
    table = found.waits
    caption = "as_is.waits_caption" if len(table.measured) else "as_is.bounds_caption"
    chart = _chart(w, caption, table.plot(lang=w.lang))
    return Section([table.sentence(w.lang)], [chart], [parts.waits(table, w)])


def _week(found: AsIs, w: Writer) -> Section:
    week, load = found.week, found.load
    charts = [
        _chart(w, "as_is.week_caption", week.plot(lang=w.lang)), _chart(w, "as_is.load_caption", load.plot(lang=w.lang)),
    ]  # fmt: skip
    return Section([week.sentence(w.lang), load.sentence(w.lang)], charts, [parts.little(load, w)])


def _handovers(found: AsIs, w: Writer) -> Section:
    lanes, roles = found.matrices["lane"], found.matrices["role"]
    said = [
        found.crossings.sentence(w.lang),
        lanes.sentence(w.lang),
        roles.sentence(w.lang),
        found.ping_pong.sentence(w.lang),
        found.automation.sentence(w.lang),
    ]
    if "channel" in found.study_of().log.binding.attributes:
        said.append(found.channels.sentence(w.lang))
    chart = _chart(w, "as_is.handovers_caption", lanes.plot(lang=w.lang))
    tables = [parts.crossings(found.crossing_summary, w), parts.handovers(lanes, w), parts.handovers(roles, w),
              parts.ping_pong(found.ping_pong, w)]  # fmt: skip
    return Section(said, [chart], tables)


def _rework(found: AsIs, w: Writer) -> Section:
    said = [found.rework.sentence(w.lang), found.responsibility.sentence(w.lang)]
    return Section(said, [], [parts.rework(found.rework, w), parts.responsibility(found.responsibility, w)])


ALWAYS: dict[str, Callable[[AsIs, Writer], Section]] = {"flow": _flow, "models": _models}
STUDIED: dict[str, Callable[[AsIs, Writer], Section]] = {
    "design": _design, "repair": _repair, "variants": _variants, "times": _times, "waits": _waits, "week": _week,
    "handovers": _handovers, "rework": _rework,
}  # fmt: skip
