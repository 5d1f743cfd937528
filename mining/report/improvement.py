"""What to improve first, on one page: order, harm, causes, what customers say, plan, and whether it helped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from mining.errors import UnknownNameError
from mining.improvement import Improvement
from mining.report import improvement_tables as parts
from mining.report.chapters import Maker, chapters, chart, fact, facts
from mining.report.document import Document, Section
from mining.report.follow_up_table import follow_up_table
from mining.report.formats import Writer, writer_of
from mining.report.page import render_page
from mining.texts import file_name
from mining.voice.coders import DISPUTED

if TYPE_CHECKING:
    from mining.results import Result

    T = TypeVar("T", bound=Result)

WIDE = ("first", "effects", "plan", "follow_up")
QUOTES = 5  # of customers who consented
EXPLAINED = 5  # findings whose associations are shown


def render_improvement(found: Improvement, *, lang: str = "en", about: str = "improvement") -> str:
    """The page on what to improve first, or on what customers say alone.

    Parameters
    ----------
    found : Improvement
    lang : {"en", "zh"}, default "en"
    about : {"improvement", "customers"}
        All chapters, or those on customers.

    Returns
    -------
    str
        A whole page of HTML; nothing is fetched. The same input gives the same bytes.

    Raises
    ------
    UnknownNameError
        For another page.
    """
    if about not in PAGES:
        raise UnknownNameError("page", about, PAGES)
    study = found.study
    w = writer_of(study, lang)
    said = facts(study.log, study.blueprint, study.instances.n_cases, w)
    for name in ("survey", "mystery", "incidents", "needs", "costs", "actions"):
        table = getattr(found, name)
        if table is not None:
            path = getattr(table, "path", "") or table.provenance.parameters.get("file", name)
            hashed = w.say("report.hash", file=file_name(str(path)), hash=table.sha256)
            said.append(fact(w.say(f"improvement.fact_{name}"), hashed))
    makers = {key: CHAPTERS[key] for key in PAGES[about] if CHAPTERS[key] is not _what_if or found.simulate}
    made = chapters(makers, found, w, "improvement.cannot", WIDE)
    return render_page(Document(w.say(f"improvement.title_{about}"), study.blueprint.name.get(lang), lang, said, made))


def _first(found: Improvement, w: Writer) -> Section:
    table = found.priorities
    said = [table.sentence(w.lang), found.sensitivity.sentence(w.lang), table.rule(w.lang)]
    picture = chart(w, "improvement.first_caption", table.plot(top=15, lang=w.lang))
    return Section(said, [picture], [parts.priorities(table, w), parts.rule_table(w)])


def _effects(found: Improvement, w: Writer) -> Section:
    table = found.effects
    said = [table.sentence(w.lang), w.say("improvement.naive_warning"), w.say("improvement.grades")]
    if table.left_out:
        names = w.say("word.listed").join(table.left_out)
        said.append(w.say("improvement.not_adjusted_for", names=names))
    charts = []
    for outcome in found.outcomes:
        rows = table.frame[table.frame["outcome"] == outcome.id]
        if rows["grade"].isin(["A", "B"]).any() or (outcome.id == "time" and rows["effect"].notna().any()):
            charts.append(
                chart(w, "improvement.effects_caption", table.plot(outcome.id, lang=w.lang), name=outcome.name[w.lang])
            )
    return Section(said, charts, [parts.effects(found, w)])


def _requests(found: Improvement, w: Writer) -> Section:
    return Section([found.change_requests.sentence(w.lang)], [], [parts.requests(found, w)])


def _pareto(found: Improvement, w: Writer) -> Section:
    table = found.paretos
    views = [view for view in table.views if len(table.of(view)) > 1]  # one finding alone makes all of it
    pictures = [chart(w, "improvement.pareto_caption", table.plot(view=view, lang=w.lang)) for view in views]
    return Section([table.sentence(w.lang)], pictures)


def _causes(found: Improvement, w: Writer) -> Section:
    table = found.causes
    first = found.priorities.ranked["finding_id"].tolist()
    shown = [id for id in first if len(parts.more_often(table, id))][:EXPLAINED]
    tables = [parts.causes(table, id, found.priorities, w) for id in shown]
    return Section([table.sentence(w.lang), *([w.say("improvement.association")] if tables else [])], [], tables)


def _kpis(found: Improvement, w: Writer) -> Section:
    table = found.kpis
    measured = table.frame["value"].notna().any()
    pictures = [chart(w, "improvement.kpis_caption", table.plot(lang=w.lang))] if measured else []
    return Section([table.sentence(w.lang)], pictures, [parts.kpis(table, w)])


def _costs(found: Improvement, w: Writer) -> Section:
    if found.costs is None:
        return Section([w.say("improvement.no_costs")])
    return Section([found.quality_costs.sentence(w.lang)], [], [parts.costs(found, w)])


def _voice(found: Improvement, w: Writer) -> Section:
    if found.survey is None:
        return Section([w.say("improvement.no_survey")])
    scores = found.scores
    said = [scores.sentence(w.lang), found.nonresponse.sentence(w.lang)]
    return Section(said, [], [parts.scores(scores, w)])


def _told(found: Improvement, w: Writer) -> Section:
    if found.incidents is None:
        return Section([w.say("improvement.no_incidents")])
    table = _in_words(found.incident_table, found, w)
    said = [table.sentence(w.lang), found.feedback.sentence(w.lang)]
    quotes = found.incidents.quotes().head(QUOTES)
    said += [
        w.say("improvement.quote", text=row.quote, about=_category(row.category, w)) for row in quotes.itertuples()
    ]
    return Section(said, [], [parts.incidents(table, w)])


def _in_words(table: T, found: Improvement, w: Writer) -> T:
    """The same table with the names of touchpoints, and with words where coders differ."""
    frame, blueprint = table.frame, found.study.blueprint
    names = {a.id: a.name.get(w.lang) for a in blueprint.activities}
    words = {"touchpoint": [names.get(x, _category(x, w)) for x in frame["touchpoint"].astype(object)]}
    if "category" in frame:
        words["category"] = [_category(x, w) for x in frame["category"]]
    return replace(table, frame=frame.assign(**words))


def _category(said: Any, w: Writer) -> Any:
    return w.say("improvement.not_agreed") if said == DISPUTED else said


def _needs(found: Improvement, w: Writer) -> Section:
    if found.needs is None:
        return Section([w.say("improvement.no_needs")])
    return Section([found.kano.sentence(w.lang), found.traceability.sentence(w.lang)], [], [parts.needs(found.kano, w)])


def _visits(found: Improvement, w: Writer) -> Section:
    if found.mystery is None:
        return Section([w.say("improvement.no_visits")])
    table = found.pass_rates
    picture = chart(w, "improvement.visits_caption", table.plot(lang=w.lang))
    return Section([table.sentence(w.lang)], [picture])


def _importance(found: Improvement, w: Writer) -> Section:
    if found.survey is None:
        return Section([w.say("improvement.no_survey")])
    table = found.ipa
    picture = chart(w, "improvement.importance_caption", table.plot(lang=w.lang))
    return Section([table.sentence(w.lang)], [picture], [parts.importance(table, w)])


def _sources(found: Improvement, w: Writer) -> Section:
    table = found.triangulation
    return Section([table.sentence(w.lang)], [], [parts.sources(table, w)])


def _gaps(found: Improvement, w: Writer) -> Section:
    said, tables = [found.gaps.sentence(w.lang)], [parts.gaps(found.gaps, w)]
    if found.survey is not None and found.touchpoint_gaps.frame["gap"].notna().any():
        of_touchpoints = _in_words(found.touchpoint_gaps, found, w)
        said.append(of_touchpoints.sentence(w.lang))
        tables.append(parts.touchpoint_gaps(of_touchpoints, w))
    return Section(said, [], tables)


def _plan(found: Improvement, w: Writer) -> Section:
    plan, lint = found.plan, found.plan_lint
    dated: Any = plan.frame["due"].notna()
    day = found.day
    pictures = [chart(w, "improvement.plan_caption", plan.plot(as_of=day, lang=w.lang), day=day)] if dated.any() else []
    said = [plan.sentence(w.lang), lint.sentence(w.lang)]
    if found.actions is None:
        said.append(w.say("improvement.drafted"))
    return Section(said, pictures, [parts.plan(plan, w), parts.lint(lint, w)])


def _what_if(found: Improvement, w: Writer) -> Section:
    table = found.what_if
    pictures = [
        chart(w, "improvement.what_if_caption", table.plot(lang=w.lang)),
        chart(w, "improvement.validation_caption", table.validation.plot(lang=w.lang)),
    ]
    return Section([table.sentence(w.lang)], pictures)


def _follow_up(found: Improvement, w: Writer) -> Section:
    if found.actions is None:
        return Section([w.say("improvement.no_actions")])
    table = found.follow_up
    said = [table.sentence(w.lang), *(table.told(id, w.lang) for id in table.frame["action_id"])]
    pictures = []
    if table.frame["effect"].notna().any():
        pictures.append(chart(w, "improvement.follow_up_caption", table.plot(lang=w.lang)))
    goals = table.goals(w.lang)
    for id, change in table.changes.items():
        if change.change.n_after:  # where nothing after can be read, there is nothing to see
            pictures.append(chart(w, "improvement.change_caption", change.plot(lang=w.lang), action=goals[id]))
    return Section(said, pictures, [follow_up_table(table, w)] if len(table) else [])


CHAPTERS: dict[str, Maker] = {
    "improvement.first": _first,
    "improvement.effects": _effects,
    "improvement.requests": _requests,
    "improvement.pareto": _pareto,
    "improvement.causes": _causes,
    "improvement.kpis": _kpis,
    "improvement.costs": _costs,
    "improvement.voice": _voice,
    "improvement.told": _told,
    "improvement.needs": _needs,
    "improvement.visits": _visits,
    "improvement.importance": _importance,
    "improvement.sources": _sources,
    "improvement.gaps": _gaps,
    "improvement.plan": _plan,
    "improvement.what_if": _what_if,
    "improvement.follow_up": _follow_up,
}
OF_CUSTOMERS = ("voice", "told", "needs", "visits", "importance", "sources", "gaps")
PAGES = {"improvement": tuple(CHAPTERS), "customers": tuple(f"improvement.{name}" for name in OF_CUSTOMERS)}
