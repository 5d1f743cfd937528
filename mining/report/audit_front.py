"""The front of the audit report: cover, summary, engagement, data and evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from mining.record import Record
from mining.report import evidence, summary
from mining.report.audit_back import inputs_table, rating_said
from mining.report.document import Fact, Section
from mining.report.formats import Writer, file_names, roster_fact
from mining.report.frames import Told, told_table
from mining.report.quoting import words_of
from mining.report.table import Cell, Row, Table, number, table
from mining.texts import file_name

TOP = 3  # findings in the summary


def name(record: Record, w: Writer) -> str:
    """Title of the report."""
    return record.engagement.title.get(w.lang) or record.study.blueprint.name.get(w.lang)


def warning(record: Record, w: Writer) -> str:
    """What stands above all: no norm, or not final."""
    blueprint = record.study.blueprint
    if blueprint.status != "approved":
        return w.say(f"report.warning.{blueprint.status}")
    return w.say("audit.draft_report") if record.engagement.status == "draft" else ""


def footer(record: Record, w: Writer) -> str:
    """What it was made from, in a line."""
    made = record.study.findings().provenance
    running = w.say(f"audit.open_{made.parameters['open_cases']}")
    return w.say("audit.footer", log=made.log[:12], blueprint=made.blueprint[:12], open_cases=running)


def cover(record: Record, w: Writer) -> list[Fact]:
    """Addressee, distribution, status, version, number; and what was audited against what."""
    study, engagement = record.study, record.engagement
    blueprint, source = study.blueprint, study.log.source
    begin, end = (w.moment(pd.Timestamp(t, unit="us", tz="UTC"), seconds=False) for t in study.log.span)
    named = w.say(
        "report.version", id=blueprint.id, version=blueprint.version, status=w.say(f"status.{blueprint.status}")
    )
    said = [
        ("audit.number", engagement.number),
        ("audit.version", engagement.version),
        ("audit.status", w.say(f"audit.report_{engagement.status}")),
        ("audit.date", engagement.date),
        ("audit.client", engagement.client.get(w.lang)),
        ("audit.addressee", engagement.addressee.get(w.lang)),
        ("audit.distribution", w.say("report.semicolon").join(x.get(w.lang) for x in engagement.distribution)),
        ("fact.service", blueprint.name.get(w.lang)),
        ("fact.type", w.say(f"type.{blueprint.service_type}")),
        ("fact.blueprint", named),
        ("fact.blueprint_file", w.say("report.hash", file=file_names(blueprint.files), hash=blueprint.sha256)),
        ("fact.log", w.say("report.hash", file=file_name(source.path), hash=source.sha256)),
    ]
    facts = [Fact(w.say(key), (str(text),)) for key, text in said if text]
    facts += [Fact(label, (text,)) for label, text in roster_fact(study, w)]
    facts.append(Fact(w.say("fact.period"), (w.say("report.zone", period=f"{begin} – {end}", zone=w.zone),)))
    return [*facts, Fact(w.say("fact.cases"), (w.count(study.instances.n_cases),))]


def summary_lines(record: Record, w: Writer) -> list[str]:
    """The rating, what people say, what was measured, and what management agreed to."""
    lines = [rating_said(record, w)] if record.engagement.mode == "audit" else []
    if record.narrative.summary:
        lines.append(words_of(record, record.narrative.summary.to_dict(), w))
    lines += summary.sentences(record, w)
    agreed = sum(x.response["position"] in ("agree", "partly") for x in record.ranked)
    dated = sum(bool(x.response["owner"] and x.response["due"]) for x in record.ranked)
    if record.ranked:
        n = w.count(len(record.ranked))
        lines[-1] = summary.joined([lines[-1], w.say("audit.agreed", k=w.count(agreed), n=n, dated=w.count(dated))], w)
    if record.remeasured is not None:
        lines.append(record.remeasured.sentence(w.lang))
    return lines


def summary_section(record: Record, w: Writer) -> Section:
    """Rating, what was measured, and the findings that rank first."""
    lines = [
        w.say(
            "summary.top", title=x.title[w.lang], priority=w.say(f"priority.{x.priority}"), k=w.count(x.condition["n_net"]),
            n=w.count(x.condition["n_judged"]), share=w.share(x.condition["rate"]),
        )
        for x in record.ranked[:TOP]
    ]  # fmt: skip
    top = Section(lines, listed=True, id="top", title=w.say("report.top"))
    return Section(summary_lines(record, w), listed=True, sections=[top])


def engagement(record: Record, w: Writer) -> Section:
    """Who audited what for whom, why and how; what nobody said is said to be missing."""
    given = record.engagement
    missing = w.say("audit.not_stated")
    team = tuple(
        w.say("report.bracket", name=x.name, note=x.role.get(w.lang)) if x.role else x.name for x in given.team
    )
    said: list[tuple[str, tuple[str, ...]]] = [
        ("audit.objectives", tuple(x.get(w.lang) for x in given.objectives) or (missing,)),
        ("audit.scope", (given.scope.get(w.lang) or missing,)),
        ("audit.places", (given.places.get(w.lang),) if given.places else ()),
        ("audit.team", team or (missing,)),
        ("audit.approach", tuple(x for x in (given.approach.get(w.lang), *_approach(record, w)) if x)),
        ("audit.standards_followed", tuple(x.get(w.lang) for x in given.standards_followed)),
        ("audit.scope_limitations", tuple(x.get(w.lang) for x in given.limitations)),
        ("audit.purpose", (given.purpose.get(w.lang) or missing,)),
        ("audit.actions_begun", (given.actions_begun.get(w.lang),) if given.actions_begun else ()),
    ]
    return Section(facts=[Fact(w.say(key), lines) for key, lines in said if lines])


def _approach(record: Record, w: Writer) -> list[str]:
    """What the toolkit did: all recorded cases against the blueprint, and a sample for what the log cannot show."""
    inspected = 0 if record.evaluation is None else int(record.evaluation.frame["n_reviewed"].sum())
    key = "audit.approach_sample_done" if inspected else "audit.approach_sample_planned"
    counts = {"drawn": w.count(len(record.sample.frame)), "inspected": w.count(inspected)}
    return [w.say("audit.approach_log", n=w.count(record.study.instances.n_cases)), w.say(key, **counts)]


# --- data and evidence -------------------------------------------------------------------------------------------------


def data(record: Record, w: Writer) -> Section:
    """Sources, control totals, completeness and accuracy, sample, privacy, limits."""
    study = record.study
    tables = [f(study, w) for f in (evidence.lineage, evidence.labels, evidence.problems)]
    parts = [
        Section([w.say("audit.control_totals_said")], tables=[inputs_table(record, w), control_totals(record, w)],
                id="sources", title=w.say("audit.sources")),
        Section(evidence.data_facts(study, w), listed=True, tables=tables, id="completeness",
                title=w.say("audit.completeness")),
        Section(evidence.unchecked(study, w), tables=[evidence.quality(study, w)], id="quality", listed=True,
                title=w.say("audit.quality")),
        Section(evidence.notes(study), listed=True, id="notes", title=w.say("report.notes"), lang="en"),
        sample(record, w),
        privacy(record, w),
        Section(evidence.limits(study, w), listed=True, id="limits", title=w.say("section.limits")),
    ]  # fmt: skip
    return Section(sections=parts)


def control_totals(record: Record, w: Writer) -> Table:
    """Totals that the owner of the data confirms, with room for the signature."""
    rows = []
    for key, value in record.evidence.get("control_totals", {}).items():
        if value is None:
            continue
        name = w.say(f"audit.total_{key}")
        if key == "amount":
            name, value = w.say("report.pair", name=name, value=value["attribute"]), value["sum"]
        text = w.count(value) if isinstance(value, int) else value
        rows.append(Row(key, (Cell(name), number(text, value=value), Cell(""))))
    heads = ("audit.col_total", "audit.col_value", "audit.col_confirmed")
    return table("control-totals", w.say("audit.control_totals"), [w.say(x) for x in heads], rows, "tnt")


def sample(record: Record, w: Writer) -> Section:
    """What was drawn and what the inspection came to; never mixed with the counts of the whole log."""
    lines = [record.sample.sentence(w.lang)]
    if record.evaluation is None:
        return Section([*lines, w.say("audit.sample_open")], id="sample", title=w.say("audit.sample"))
    frame = record.evaluation.frame.astype(object)
    titles = {x.finding_id: x.title[w.lang] for x in record.findings}
    frame["what"] = [_tested(row, titles, w) for row in frame.to_dict("records")]
    columns = (
        Told("what", "audit.col_test", "text"),
        Told("n_drawn", "audit.col_drawn"),
        Told("n_reviewed", "audit.col_inspected"),
        Told("confirmed", "audit.col_confirmed_cases"),
        Told("precision", "audit.col_precision", "share", bounds=("low", "high")),
        Told("withdrawn", "audit.col_withdrawn", "yes"),
    )
    table = told_table("sample-results", w.say("audit.sample_table"), frame, columns, w)
    return Section(
        [*lines, record.evaluation.sentence(w.lang)], tables=[table], id="sample", title=w.say("audit.sample")
    )


def _tested(row: dict[str, Any], titles: dict[str, str], w: Writer) -> str:
    test = w.say(f"sampling.test_{row['test']}")
    finding = titles.get(str(row.get("finding_id")), "")
    return w.say("report.pair", name=test, value=finding) if finding else test


def privacy(record: Record, w: Writer) -> Section:
    """How persons are kept from being named, and how far cases stand out all the same."""
    purpose = record.engagement.purpose.get(w.lang).rstrip(".。 ")  # a sentence of people has a stop of its own
    said = replace(record.privacy, purpose=purpose).sentence(w.lang)
    return Section(
        [said, record.gauge.sentence(w.lang)],
        tables=[_gauge(record, w)],
        id="privacy",
        title=w.say("audit.privacy"),
    )


def _gauge(record: Record, w: Writer) -> Table:
    columns = (
        Told("known", "audit.col_known", "text", words=lambda x: w.say(f"privacy.known_{x}")),
        Told("unique", "audit.col_unique", of="n"),
        Told("share", "col.share", "share"),
    )
    return told_table("gauge", w.say("audit.gauge_table"), record.gauge.frame, columns, w)
