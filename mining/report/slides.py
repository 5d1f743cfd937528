"""The slides for a steering committee, from the record: each title says the message."""

from __future__ import annotations

from dataclasses import replace

from mining.errors import MiningError
from mining.findings import marks_of
from mining.record import FindingRecord, Record
from mining.report import audit_front as front
from mining.report import improvement_tables, measures, sections
from mining.report.deck import Deck, Slide
from mining.report.document import Fact, Figure
from mining.report.evidence import limits
from mining.report.formats import Writer, writer_of
from mining.report.quoting import words_of
from mining.report.summary import joined
from mining.report.table import Group, Row, Table
from mining.texts import activity_name

TOP = 5  # findings with a slide of their own
MOST = 11  # slides after the first
ON_FIRST = (
    "audit.number",
    "audit.version",
    "audit.status",
    "audit.date",
    "audit.client",
    "audit.addressee",
    "fact.period",
    "fact.cases",
)
SHOWN_EFFECTS = ("A", "B")  # grades that say a deviation does harm or good


def deck_of(record: Record, *, lang: str = "en") -> Deck:
    """Eight to twelve slides: rating, design, dimensions, priorities, the first findings, plan, what is open.

    Where fewer findings need a slide, the service as delivered and the touchpoints have one.

    Parameters
    ----------
    record : Record
        Not changed.
    lang : {"en", "zh"}, default "en"
    """
    w = writer_of(record.study, lang)
    before = [_rating(record, w), _designed(record, w), _dimensions(record, w)]
    after = [
        _priorities(record, w),
        *(_finding(record, x, w) for x in record.ranked[:TOP]),
        _plan(record, w),
        _limits(record, w),
    ]
    room = MOST - len(before) - len(after)
    more = [slide for make in (_delivered, _touchpoints)[: max(room, 0)] if (slide := make(record, w))]
    shown = {w.say(key) for key in ON_FIRST}
    facts: list[Fact] = [x for x in front.cover(record, w) if x.label in shown]
    return Deck(
        w.say(f"audit.kind_{record.engagement.mode}"), front.name(record, w), lang, facts, [*before, *more, *after],
        front.footer(record, w),
    )  # fmt: skip


def _rating(record: Record, w: Writer) -> Slide:
    lines = front.summary_lines(record, w)
    if record.rating.given:
        title = w.say("audit.slide_rating", rating=record.rating.headline(w.lang))
    else:
        title = w.say("slides.unrated", n=w.count(record.study.instances.n_cases))
    return Slide(title, lines, note="\n".join(lines))


def _designed(record: Record, w: Writer) -> Slide:
    """The blueprint with the deviations on it; the title says where most of them are."""
    study = record.study
    steps = w.count(len(study.blueprint.activities))
    marks = {name: mark for name, mark in marks_of(study).items() if mark.n}
    if marks:
        worst = max(sorted(marks), key=lambda name: marks[name].n)
        title = w.say(
            "slides.designed", n=w.count(len(marks)), steps=steps, name=activity_name(study.blueprint, worst, w.lang),
            k=w.count(marks[worst].n), share=w.share(marks[worst].n / study.instances.n_cases),
        )  # fmt: skip
    else:
        n = sum(bool(a.touchpoint and a.touchpoint.key) for a in study.blueprint.activities)
        title = w.say("audit.slide_designed", steps=steps, touchpoints=w.count(n))
    picture = Figure(w.say("report.designed.caption"), study.plot(lang=w.lang).svg, large=True)
    return Slide(title, [], picture, note=w.say("report.designed.intro"))


def _dimensions(record: Record, w: Writer) -> Slide:
    """The seven dimensions; the title names the lowest."""
    found = record.study.dimensions()
    said, made = found.sentence(w.lang), measures.dimensions(record.study, w)
    rows = found.frame[found.frame["gross"].notna()]
    if rows.empty or (rows["gross"] == 1).all():
        return Slide(w.say("slides.no_fault" if len(rows) else "audit.slide_dimensions"), [said], table=made)
    lowest = rows.sort_values("gross", kind="stable").iloc[0]
    title = w.say(
        "slides.lowest",
        name=w.say(f"dimension.{lowest['dimension']}"),
        share=w.share(lowest["gross"]),
        n=w.count(len(rows)),
    )
    return Slide(title, [], table=made, note=said)


def _delivered(record: Record, w: Writer) -> Slide | None:
    """The flow as it is; none where it could not be discovered."""
    try:
        flow = record.study.discovered
        picture = Figure(w.say("report.delivered.caption"), flow.picture(lang=w.lang).svg, large=True)
    except MiningError:
        return None
    summary = flow.summary(w.lang)
    return Slide(w.say("slides.delivered"), summary, picture, note="\n".join(summary))


def _touchpoints(record: Record, w: Writer) -> Slide | None:
    """The scorecard of the touchpoints; none where the blueprint names none."""
    made = measures.touchpoints(record.study, w)
    if not made:
        return None
    said = record.study.touchpoints().sentence(w.lang)
    return Slide(w.say("slides.touchpoints", n=w.count(len(record.study.touchpoints()))), [said], table=made)


def _priorities(record: Record, w: Writer) -> Slide:
    n = record.totals
    said = record.improvement.priorities.sentence(w.lang)
    if not record.ranked:
        return Slide(w.say("slides.nothing"), [w.say("chart.no_findings")], note=said)
    title = w.say("audit.slide_priorities", n=w.count(n["findings"]), high=w.count(n["findings_H"]))
    heads = ("col.rank", "col.priority", "col.finding", "col.net", "col.rate", "col.visible")
    return Slide(title, [], table=columns_of(sections.priorities(record, w), heads, w), note=said)


def _finding(record: Record, finding: FindingRecord, w: Writer) -> Slide:
    """Criterion, condition, cause, consequence, action, answer, each in a line."""
    at, response, cause = finding.condition, finding.response, finding.cause["text"]
    counted = {"k": w.count(at["n_net"]), "n": w.count(at["n_judged"])}
    condition = w.say(
        "audit.slide_condition", **counted, share=w.share(at["rate"]), interval=w.interval(at["low"], at["high"])
    )
    effects = record.improvement.effects
    shown = [x for x in finding.consequence["effects"] if x["grade"] in SHOWN_EFFECTS][:2]
    told = [effects.told(finding.finding_id, x["outcome"], w.lang) for x in shown] or [w.say("audit.slide_no_effect")]
    said = [words_of(record, finding.consequence["text"], w)] if finding.consequence["text"] else []
    wrote = words_of(record, finding.action["recommendation"], w) or w.say("audit.slide_no_recommendation")
    owner, due = response["owner"] or w.say("audit.no_owner"), response["due"] or w.say("audit.no_date")
    criteria = finding.criteria
    parts = (
        ("report.criteria", w.say("report.bracket", name=criteria["text"][w.lang], note=criteria["basis"][w.lang])),
        ("report.condition", condition),
        ("audit.cause", words_of(record, cause, w) if cause else w.say("slides.no_cause")),
        ("audit.consequence", joined([*said, *told], w)),
        ("audit.corrective_action", joined([wrote, *_targets(finding, w)], w)),
        ("audit.response", w.say("audit.owner_due", owner=owner, due=due)),
    )
    title = w.say("slides.finding", number=finding.number, title=finding.title[w.lang], **counted)
    lines = [w.say("report.pair", name=w.say(key), value=text) for key, text in parts]
    return Slide(title, lines, note=criteria["text"][w.lang], tone=str(finding.priority))


def _targets(finding: FindingRecord, w: Writer) -> list[str]:
    """What the plan would reach, where it says so."""
    return [
        w.say("slides.target", baseline=w.share(x["baseline"]), target=w.share(x["target"]))
        for x in finding.action["actions"]
        if x["metric"].startswith("share:") and x["baseline"] is not None and x["target"] is not None
    ][:1]


def _plan(record: Record, w: Writer) -> Slide:
    plan = record.improvement.plan
    if not len(plan):
        return Slide(w.say("slides.no_plan"), [w.say("improvement.nothing_planned")])
    frame = plan.frame
    owned, dated = (int((frame[x].notna() & (frame[x].astype(str) != "")).sum()) for x in ("owner", "due"))
    title = w.say("slides.plan", n=w.count(len(plan)), owned=w.count(owned), dated=w.count(dated))
    heads = ("col_goal", "col_baseline", "col_target", "col_owner", "col_due", "col_state")
    table = columns_of(improvement_tables.plan(plan, w), [f"improvement.{x}" for x in heads], w)
    return Slide(title, [], table=table, note=plan.sentence(w.lang))


def _limits(record: Record, w: Writer) -> Slide:
    lines = limits(record.study, w)
    return Slide(w.say(f"slides.limits_{record.engagement.mode}"), lines[:5], note="\n".join(lines))


def columns_of(table: Table, heads: tuple[str, ...] | list[str], w: Writer) -> Table:
    """A table with the columns under these headings only: a slide has no room for all."""
    wanted = {w.say(x) for x in heads}
    kept = [i for i, column in enumerate(table.columns) if column.text in wanted]
    groups = tuple(
        Group(g.title, tuple(Row(r.key, tuple(r.cells[i] for i in kept)) for r in g.rows)) for g in table.groups
    )
    return replace(table, columns=tuple(table.columns[i] for i in kept), groups=groups)
