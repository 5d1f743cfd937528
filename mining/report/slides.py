"""The slides for a steering committee, from the record: each title says the message."""

from __future__ import annotations

from mining.record import FindingRecord, Record
from mining.report import audit_front as front
from mining.report import improvement_tables, measures, sections
from mining.report.deck import Deck, Slide
from mining.report.document import Figure
from mining.report.evidence import limits
from mining.report.formats import Writer, writer_of
from mining.report.quoting import words_of

TOP = 5  # findings with a slide of their own


def deck_of(record: Record, *, lang: str = "en") -> Deck:
    """Eight to twelve slides: rating, design, dimensions, priorities, the first findings, plan, what is open.

    Parameters
    ----------
    record : Record
        Not changed.
    lang : {"en", "zh"}, default "en"
    """
    w = writer_of(record.study, lang)
    slides = [
        _rating(record, w),
        _designed(record, w),
        _dimensions(record, w),
        _priorities(record, w),
        *(_finding(record, x, w) for x in record.ranked[:TOP]),
        _plan(record, w),
        _limits(record, w),
    ]
    return Deck(
        w.say(f"audit.kind_{record.engagement.mode}"), front.name(record, w), lang, front.cover(record, w), slides,
        front.footer(record, w),
    )  # fmt: skip


def _rating(record: Record, w: Writer) -> Slide:
    lines = front.summary_lines(record, w)
    word = record.rating.word(w.lang) if record.rating.given else w.say("audit.slide_no_rating")
    return Slide(w.say("audit.slide_rating", rating=word), lines[:6], note="\n".join(lines))


def _designed(record: Record, w: Writer) -> Slide:
    n = w.count(sum(bool(a.touchpoint and a.touchpoint.key) for a in record.study.blueprint.activities))
    steps = w.count(len(record.study.blueprint.activities))
    picture = Figure(w.say("report.designed.caption"), record.study.plot(lang=w.lang).svg, large=True)
    return Slide(w.say("audit.slide_designed", steps=steps, touchpoints=n), [], picture, note=w.say("report.designed.intro"))


def _dimensions(record: Record, w: Writer) -> Slide:
    found = record.study.dimensions()
    return Slide(w.say("audit.slide_dimensions"), [found.sentence(w.lang)], table=measures.dimensions(record.study, w))


def _priorities(record: Record, w: Writer) -> Slide:
    n = record.totals
    title = w.say("audit.slide_priorities", n=w.count(n["findings"]), high=w.count(n["findings_H"]))
    if not record.ranked:
        return Slide(title, [w.say("chart.no_findings")])
    return Slide(title, [record.improvement.priorities.sentence(w.lang)], table=sections.priorities(record, w))


def _finding(record: Record, finding: FindingRecord, w: Writer) -> Slide:
    """Condition, consequence, action, answer."""
    at, response = finding.condition, finding.response
    effects = record.improvement.effects
    lines = [
        w.say(
            "audit.slide_condition", k=w.count(at["n_net"]), n=w.count(at["n_judged"]), share=w.share(at["rate"]),
            interval=w.interval(at["low"], at["high"]),
        )
    ]  # fmt: skip
    shown = [x for x in finding.consequence["effects"] if x["grade"] in ("A", "B")][:2]
    lines += [effects.told(finding.finding_id, x["outcome"], w.lang) for x in shown] or [w.say("audit.slide_no_effect")]
    wrote = words_of(record, finding.action["recommendation"], w)
    lines.append(wrote or w.say("audit.slide_no_recommendation"))
    owner, due = response["owner"] or w.say("audit.no_owner"), response["due"] or w.say("audit.no_date")
    lines.append(w.say("audit.owner_due", owner=owner, due=due))
    title = w.say("audit.slide_finding", number=finding.number, title=finding.title[w.lang])
    return Slide(title, lines, note=finding.criteria["text"][w.lang], tone=str(finding.priority))


def _plan(record: Record, w: Writer) -> Slide:
    plan = record.improvement.plan
    return Slide(w.say("audit.slide_plan", n=w.count(len(plan))), [plan.sentence(w.lang)], table=improvement_tables.plan(plan, w))


def _limits(record: Record, w: Writer) -> Slide:
    lines = limits(record.study, w)
    return Slide(w.say("audit.slide_limits"), lines[:5], note="\n".join(lines))
