"""The middle of the audit report: the service as designed and as delivered, conformance, customers, priorities, plan."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from mining.blueprint.model import Blueprint, Standard
from mining.errors import ModelError
from mining.plots import axes_for, closed_svg, judged_standards, standards_chart
from mining.record import Record
from mining.report import as_is, improvement, measures, sections
from mining.report.chapters import chart, made_or_why
from mining.report.document import Fact, Figure, Section
from mining.report.formats import DASH, Writer, names_of
from mining.report.frames import Told, told_table
from mining.report.paths import fit_lines, path_lines
from mining.texts import basis, check_text, clause, file_name, in_customer_term, promise

if TYPE_CHECKING:
    from mining.improvement import Improvement
    from mining.study import Study

Part = Callable[[Any, Writer], Section]


def parts_of(given: Iterable[tuple[str, Part]], of: Any, w: Writer, before: str = "") -> list[Section]:
    """Sections, each with its heading; one that cannot be made says why. ``before`` keeps their ids apart."""
    found = []
    for key, make in given:
        id = f"{before}{key.partition('.')[2]}".replace("_", "-")
        found.append(replace(made_or_why(make, of, w, "audit.cannot"), title=w.say(key), id=id))
    return found


# --- criteria ----------------------------------------------------------------------------------------------------------


def criteria(record: Record, w: Writer) -> Section:
    """The blueprint, who approved it, law and standards that people named, and every check."""
    blueprint, engagement = record.study.blueprint, record.engagement
    approval = blueprint.approval
    signed = (
        w.say("report.approved", by=approval.by, date=approval.date, ref=approval.ref or DASH)
        if approval
        else w.say("report.not_approved")
    )
    status = w.say(f"status.{blueprint.status}")
    named = w.say("report.version", id=blueprint.id, version=blueprint.version, status=status)
    begin, end = blueprint.effective
    facts = [
        Fact(w.say("fact.blueprint"), (named,)),
        Fact(w.say("fact.approval"), (signed,)),
        Fact(w.say("audit.in_force"), (f"{begin} – {end or w.say('limits.until_now')}",)),
    ]
    facts += [
        Fact(w.say(key), tuple(x.get(w.lang) for x in texts))
        for key, texts in (("audit.law", engagement.law), ("audit.standards_followed", engagement.standards_followed))
        if texts
    ]
    return Section([w.say("audit.criteria_said"), w.say("limits.criteria", file=file_name(blueprint.path))],
                   tables=[_criteria_table(record.study, w), sections.roles(record.study, w)], facts=facts)  # fmt: skip


def _criteria_table(study: Study, w: Writer) -> Any:
    rows = []
    for check in study.checks:
        if sections.of_role(study, check.id):
            continue
        spec = study.blueprint.checks.get(check.id)
        rows.append(
            {
                "check": check.id if spec else DASH,
                "text": check_text(study.blueprint, check.id, w.lang),
                "limit": promise(study.blueprint, check.id, w.lang) or DASH,
                "share": spec.share if isinstance(spec, Standard) else None,
                "severity": check.severity,
                "basis": basis(study.blueprint, check.id, w.lang),
                "clause": clause(study.blueprint, check.id, w.lang),
            }
        )
    columns = (
        Told("check", "col.check", "word"),
        Told("text", "audit.col_asks", "text"),
        Told("limit", "audit.col_limit", "text"),
        Told("share", "col.target", "share"),
        Told("severity", "audit.severity", "text", words=lambda x: w.say(f"severity.{x}")),
        Told("basis", "audit.col_basis", "text"),
        Told("clause", "audit.col_clause", "text"),
    )
    return told_table("criteria", w.say("audit.criteria_table", n=len(rows)), pd.DataFrame(rows), columns, w)


# --- the service as designed -------------------------------------------------------------------------------------------


def designed(record: Record, w: Writer) -> Section:
    """The blueprint with the deviations on it, its key touchpoints and wait points, and what the design itself lacks."""
    study = record.study
    blueprint = study.blueprint
    key = [a for a in blueprint.activities if a.touchpoint and a.touchpoint.key]
    waits = [a for a in blueprint.activities if a.wait_point]
    said = [w.say("report.designed.intro"), w.say("audit.type", type=w.say(f"type.{blueprint.service_type}"))]
    for name, found in (("audit.key_touchpoints", key), ("audit.wait_points", waits)):
        if found:
            said.append(w.say(name, n=len(found), names=names_of(blueprint, [a.id for a in found], w.lang)))
    picture = Figure(w.say("report.designed.caption"), study.plot(lang=w.lang).svg, large=True)
    lint = Section(tables=[_lint(record, w)], id="lint", title=w.say("audit.lint"))
    shown = Section([], [picture], id="blueprint", title=w.say("audit.blueprint"), wide=True)
    return Section(said, sections=[lint, shown])  # across last: the words and remarks fill the page before


def named(text: str, blueprint: Blueprint, w: Writer) -> str:
    """A remark with the names of activities in place of their ids: in English only where an id cannot be a word of the sentence.

    Examples
    --------
    >>> named("1 of 6 activities leave no trace: send_receipt", study.blueprint, Writer("en", "UTC"))
    '1 of 6 activities leave no trace: “Send confirmation”'
    """
    for activity in sorted(blueprint.activities, key=lambda a: -len(a.id)):
        id, name = re.escape(activity.id), w.say("report.quoted", name=activity.name.get(w.lang))
        if "_" in activity.id:
            place = rf"(?<![\w“]){id}(?![\w”])"
        elif w.lang == "zh":
            place = rf"(?<![\w“]){id}(?![\w”]| [a-z])"
        else:
            place = rf"(?:^|(?<=[:,] )|(?<=\()){id}(?= is |[,)]|$)"
        text = re.sub(place, name.replace("\\", r"\\"), text, flags=re.ASCII)  # a backslash would be a reference
    if w.lang == "en":
        return text
    text = re.sub(r" ?\((“[^”]*”)\)", r"（\1）", re.sub(" ?(“[^”]*”) ", r"\1", text))
    return re.sub("(?<=[”）]), ", "、", text)


def _lint(record: Record, w: Writer) -> Any:
    found = [
        {
            "severity": x.severity,
            "what": named(in_customer_term(x.what.get(w.lang), w.lang), record.study.blueprint, w),
            "why": in_customer_term(x.why.get(w.lang), w.lang),
            "line": x.place.rpartition(":")[2],
        }
        for x in record.study.blueprint.lint()
    ]
    columns = (
        Told("what", "audit.col_what", "text"),
        Told("severity", "audit.severity", "text", words=lambda x: w.say(f"audit.lint_{x}")),
        Told("why", "audit.col_why", "text"),
        Told("line", "audit.col_line", "word"),
    )
    frame = pd.DataFrame(found, columns=["severity", "what", "why", "line"])
    return told_table("lint", w.say("audit.lint_table", n=len(found)), frame, columns, w)


# --- the service as delivered ------------------------------------------------------------------------------------------


def delivered(record: Record, w: Writer) -> Section:
    """The flow as it is and what differs from the design; ways through it, times, waits and hand-overs."""
    return Section(sections=[_flow(record.study, w), *parts_of(AS_IS, record.study, w, "as-is-")])


def _flow(study: Study, w: Writer) -> Section:
    """The flow as it is; without pm4py the section says that it was not discovered."""
    title = w.say("audit.flow")
    try:
        flow = study.discovered
    except ModelError as error:
        return Section([w.say("discovered.not_available", why=str(error))], id="flow", title=title)
    tables = sections.only_observed(study, w)
    lists = [
        Section(items, title=caption, id=f"only-designed-{n}", listed=True)
        for n, (caption, items) in enumerate(sections.only_designed(study, w), 1)
    ]
    said = [*flow.summary(w.lang), *([] if tables or lists else [w.say("compare.none")])]
    picture = Figure(w.say("report.delivered.caption"), flow.picture(lang=w.lang).svg, large=True)
    return Section(said, [picture], tables, id="flow", title=title, sections=lists)


# --- conformance -------------------------------------------------------------------------------------------------------


def conformance(record: Record, w: Writer) -> Section:
    """The seven dimensions, every check, what could not be judged, allowances, promised times, funnels."""
    study = record.study
    made = [
        Section([study.dimensions().sentence(w.lang), *_paths(study, w)], tables=[measures.dimensions(study, w)], id="dimensions",
                title=w.say("report.dimensions.title")),
        Section([w.say("report.checks.intro")], tables=[sections.checks(study, w), sections.blind_checks(study, w)],
                id="checks", title=w.say("audit.checks")),
        _allowances(study, w),
        _promises(study, w),
        _funnels(study, w),
    ]  # fmt: skip
    return Section(sections=made)


def _paths(study: Study, w: Writer) -> list[str]:
    """Path checks of several stages, which the summary leaves to this place, and how well a flow fits that binds."""
    return [*(path_lines(study, w) if len(study.path_results) > 1 else []), *fit_lines(study, w)]


def _allowances(study: Study, w: Writer) -> Section:
    table = sections.allowances(study, w)
    said = [w.say("report.allowances.intro" if table else "report.allowances.none")]
    return Section(said, tables=[table], id="allowances", title=w.say("report.allowances.title"), wide=True)


def _promises(study: Study, w: Writer) -> Section:
    """Limits kept, and what limits would be kept; nothing where no standard is about time."""
    tables = [measures.on_time(study, w), measures.calibration(study, w)]
    if not any(tables):
        return Section()
    standards = judged_standards(study)
    figures = []
    if len(standards):
        axes = standards_chart(study, lang=w.lang, ax=axes_for(len(standards), w.lang))
        figures = [Figure(w.say("chart.standards_caption"), closed_svg(axes), w.say("chart.standards_alt"))]
    said = [w.say("report.promises.intro"), study.on_time().sentence(w.lang), study.calibration().sentence(w.lang)]
    return Section(said, figures, tables, id="promises", title=w.say("section.promises"), wide=True)


def _funnels(study: Study, w: Writer) -> Section:
    each = [
        Section([said], tables=[steps], id=f"funnel-{n}", title=name)
        for n, (name, said, steps) in enumerate(measures.funnel_tables(study, w), 1)
    ]
    said = [w.say("report.funnel.intro")] if each else []
    return Section(said, id="funnels", title=w.say("section.funnel"), sections=each)


# --- customers, priorities, plan ---------------------------------------------------------------------------------------


def customers(record: Record, w: Writer) -> Section:
    """The scorecard of the touchpoints, then what customers, shoppers and interviews say, where there are such."""
    study, found = record.study, record.improvement
    scorecard = measures.touchpoints(study, w)
    said = [
        w.say("report.touchpoints.intro"),
        study.touchpoints().sentence(w.lang),
        *measures.untested_facets(study, w),
    ]
    first = Section(
        said if scorecard else [w.say("audit.no_touchpoints")], tables=[scorecard], id="touchpoints",
        title=w.say("section.touchpoints"),
    )  # fmt: skip
    absent = [x for x in ASKED if getattr(found, x) is None]
    names = w.say("report.comma").join(w.say(f"improvement.fact_{x}") for x in absent)
    left = [w.say("improvement.not_given", names=names)] if absent else []
    return Section(left, sections=[first, *parts_of(_given(VOICES, found), found, w)])


def _given(parts: Iterable[tuple[str, Part]], found: Improvement) -> list[tuple[str, Part]]:
    """The parts for which there is something to read."""
    return [x for x in parts if x[0] not in NEEDS or any(_there(getattr(found, name)) for name in NEEDS[x[0]])]


def _there(table: Any) -> bool:
    """Whether something was given; a plan without a single date cannot be followed up."""
    frame = getattr(table, "frame", None)
    dated = frame is None or "due" not in frame or frame["due"].astype(object).fillna("").astype(bool).any()
    return table is not None and bool(dated)


def priorities(record: Record, w: Writer) -> Section:
    """The findings in their order with what each costs, the table that gives the class, and how stable all this is."""
    return Section(
        [w.say("audit.priorities_said")] if record.ranked else [w.say("chart.no_findings")],
        tables=[sections.priorities(record, w), sections.unranked(record, w)],
        sections=[
            Section([w.say("report.priority_table.intro")], tables=[sections.priority_table(w)], id="priority-table",
                    title=w.say("report.priority_table.title")),
            *parts_of(_ranked(_given(RANKING, record.improvement), record), record.improvement, w),
        ],
    )  # fmt: skip


def plan(record: Record, w: Writer) -> Section:
    """Goal, measure, owner, date and check of every action; and what would rather be changed in the blueprint."""
    found = record.improvement
    said = [remark.say(w.lang) for remark in record.plan_remarks]
    empty = {"improvement.plan": not len(found.plan), "improvement.requests": not len(found.change_requests)}
    if empty["improvement.plan"]:
        said.append(w.say("improvement.nothing_planned"))
    given = [x for x in _given(PLAN, found) if not empty.get(x[0])]
    return Section(said, sections=parts_of(given, found, w, "improvement-"))


def _ranked(parts: list[tuple[str, Part]], record: Record) -> list[tuple[str, Part]]:
    """Without a finding to rank there is no order to speak of, and without any finding no effect."""
    kept = ("improvement.costs", *(["improvement.effects"] if record.findings else []))
    return [x for x in parts if record.ranked or x[0] in kept]


def _ranking_chart(found: Any, w: Writer) -> Section:
    table = found.priorities
    picture = chart(w, "improvement.first_caption", table.plot(top=15, lang=w.lang))
    return Section([table.sentence(w.lang), found.sensitivity.sentence(w.lang), table.rule(w.lang)], [picture])


def _as_is(key: str) -> Part:
    """A chapter of the page on what actually happens; what it is made from is made where it can say that it cannot be."""
    return lambda study, w: as_is.STUDIED[key](study.as_is, w)


AS_IS: tuple[tuple[str, Part], ...] = tuple(
    (f"as_is.{x}", _as_is(f"as_is.{x}")) for x in ("variants", "times", "waits", "handovers")
)
VOICES: tuple[tuple[str, Part], ...] = tuple(
    (f"improvement.{x}", improvement.CHAPTERS[f"improvement.{x}"])
    for x in ("voice", "importance", "visits", "told", "needs", "sources", "gaps", "kpis")
)
RANKING: tuple[tuple[str, Part], ...] = (
    ("improvement.first", _ranking_chart),
    *((f"improvement.{x}", improvement.CHAPTERS[f"improvement.{x}"]) for x in ("effects", "pareto", "causes", "costs")),
)
PLAN: tuple[tuple[str, Part], ...] = tuple(
    (f"improvement.{x}", improvement.CHAPTERS[f"improvement.{x}"]) for x in ("plan", "requests", "follow_up")
)
ASKED = ("survey", "mystery", "incidents", "needs", "costs")  # tables beside the log
NEEDS = {  # parts that say nothing without one of these tables
    "improvement.voice": ("survey",),
    "improvement.importance": ("survey",),
    "improvement.visits": ("mystery",),
    "improvement.told": ("incidents",),
    "improvement.needs": ("needs",),
    "improvement.sources": ("survey", "mystery"),
    "improvement.costs": ("costs",),
    "improvement.follow_up": ("actions",),
}
