"""What actually happens, on one page: the flow as it is, the design beside it, times, waits and hand-overs."""

from __future__ import annotations

from mining.as_is import SHARES, AsIs
from mining.discovery.maps import map_of
from mining.report import as_is_sections as parts
from mining.report.chapters import Maker, chapters, chart, facts
from mining.report.document import Document, Figure, Section
from mining.report.formats import Writer, writer_of
from mining.report.page import render_page
from mining.texts import file_name

VARIANTS = 8
WIDE = ("repair", "variants")  # printed across: their pictures are wider than high, the maps are not


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
        A whole page of HTML; nothing is fetched. The same input gives the same bytes.
    """
    observed = found.flow.observed
    log, blueprint = observed.log, observed.blueprint
    w = Writer(lang, log.binding.tz or "UTC") if found.study is None else writer_of(found.study, lang)
    makers = ALWAYS if found.study is None else ALWAYS | STUDIED
    return render_page(
        Document(
            w.say("as_is.title"),
            blueprint.name.get(lang) if blueprint else file_name(log.source.path),
            lang,
            facts(log, blueprint, observed.n_cases, w),
            chapters(makers, found, w, "as_is.cannot", WIDE),
        )
    )


def _flow(found: AsIs, w: Writer) -> Section:
    flow = found.flow
    pictures = [
        Figure(w.say("report.delivered.caption"), flow.picture(lang=w.lang).svg, large=True),
        Figure(w.say("as_is.slow_caption"), map_of(flow.observed, colour="performance", lang=w.lang).svg, large=True),
    ]
    said = [*flow.summary(w.lang), w.say("as_is.map_file")]
    return Section(said if found.study else [*said, w.say("as_is.no_blueprint")], pictures)


def _models(found: AsIs, w: Writer) -> Section:
    table = found.models
    picture = chart(w, "as_is.models_caption", table.plot(lang=w.lang))
    said = [table.sentence(w.lang), w.say("as_is.model_file")] if table.recommended else [table.sentence(w.lang)]
    return Section(said, [picture], [parts.models(table, w)])


def _variants(found: AsIs, w: Writer) -> Section:
    table, study = found.variants, found.study_of()
    picture = Figure(w.say("as_is.variants_caption"), table.picture(VARIANTS, lang=w.lang).svg, large=True)
    dots = chart(w, "as_is.dots_caption", study.dotted_chart(lang=w.lang))
    return Section([table.sentence(w.lang), found.variety.sentence(w.lang)], [picture, dots])


def _design(found: AsIs, w: Writer) -> Section:
    table = found.flow.comparison
    said = [table.sentence(w.lang), found.branches.sentence(w.lang), found.shape.sentence(w.lang)]
    only = [parts.differences(table, where, w) for where in ("log", "design")]
    tables = [*only, parts.branches(found.branches, w), parts.shape(found.shape, w)]
    return Section(said, [chart(w, "as_is.design_caption", table.plot(lang=w.lang))], tables)


def _repair(found: AsIs, w: Writer) -> Section:
    said = [repair.sentence(w.lang) for repair in found.repairs if len(repair)] or [found.repairs[-1].sentence(w.lang)]
    largest = found.repairs[-1]
    pictures = [Figure(w.say("as_is.repair_caption"), largest.picture(lang=w.lang).svg, large=True)]
    tables = [parts.repair(one, share, w) for share, one in zip(SHARES, found.repairs, strict=True)]
    return Section(said, pictures if len(largest) else [], tables[-1:])


def _times(found: AsIs, w: Writer) -> Section:
    times, steps = found.times, found.steps
    charts = [chart(w, "as_is.times_caption", times.plot(lang=w.lang))]
    said = [times.sentence(w.lang), steps.sentence(w.lang)]
    return Section(
        said,
        charts,
        [parts.times(times.summary(), w), *([parts.steps(steps, w)] if steps.frame["n_measured"].any() else [])],
    )


def _waits(found: AsIs, w: Writer) -> Section:
    table = found.waits
    caption = "as_is.waits_caption" if len(table.measured) else "as_is.bounds_caption"
    picture = chart(w, caption, table.plot(lang=w.lang))
    return Section([table.sentence(w.lang)], [picture], [parts.waits(table, w)])


def _week(found: AsIs, w: Writer) -> Section:
    week, load = found.week, found.load
    charts = [
        chart(w, "as_is.week_caption", week.plot(lang=w.lang)), chart(w, "as_is.load_caption", load.plot(lang=w.lang)),
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
    picture = chart(w, "as_is.handovers_caption", lanes.plot(lang=w.lang))
    tables = [parts.crossings(found.crossing_summary, w), parts.handovers(lanes, w), parts.handovers(roles, w),
              parts.ping_pong(found.ping_pong, w)]  # fmt: skip
    return Section(said, [picture], tables)


def _rework(found: AsIs, w: Writer) -> Section:
    said = [found.rework.sentence(w.lang), found.responsibility.sentence(w.lang)]
    return Section(said, [], [parts.rework(found.rework, w), parts.responsibility(found.responsibility, w)])


ALWAYS: dict[str, Maker] = {
    "as_is.flow": _flow,
    "as_is.models": _models,
}
STUDIED: dict[str, Maker] = {
    "as_is.design": _design,
    "as_is.repair": _repair,
    "as_is.variants": _variants,
    "as_is.times": _times,
    "as_is.waits": _waits,
    "as_is.week": _week,
    "as_is.handovers": _handovers,
    "as_is.rework": _rework,
}
