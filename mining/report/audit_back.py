"""The end of the audit report: findings, conclusion, opinion, what management says, what became of earlier findings, appendices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from mining.findings import BANDS
from mining.record import FindingRecord, Record
from mining.record.findings import worst_faults
from mining.report import evidence
from mining.report.details import MOST_DETAILED, pages
from mining.report.document import Fact, Section
from mining.report.earlier import remeasured_section
from mining.report.formats import DASH, Writer, band_words
from mining.report.frames import Told, told_table
from mining.report.quoting import words_of
from mining.report.table import Cell, Row, Table, number, records, table

MOST_CASES = 20  # cases of a finding in the list; the working papers have all
HASH = 16  # digits of a hash that are printed; the manifest has all


def findings(record: Record, w: Writer) -> Section:
    """A page for each finding."""
    made = pages(record, w)
    said = [w.say("report.details.intro")] if made else [w.say("chart.no_findings")]
    more = len(record.findings) - MOST_DETAILED
    return Section(
        [*said, *([w.say("report.undetailed", n=more)] if more > 0 else [])], sections=made, fresh=bool(made)
    )


def conclusion(record: Record, w: Writer) -> Section:
    """What the findings come to, in numbers; then what people conclude."""
    n = record.totals
    said = [
        w.say("audit.concluded", **{name: w.count(n[name]) for name in ("findings", *(f"findings_{p}" for p in "HML"))})
    ]
    said += [
        w.say(f"audit.concluded_{name}", n=w.count(n[name])) for name in ("change_request", "withdrawn") if n[name]
    ]
    people = record.narrative.conclusion or record.engagement.conclusion
    return Section([*said, *_people(record, people, w)])


def unrated(record: Record, w: Writer) -> Section:
    """The conclusion of an audit that can give no opinion, and why it cannot."""
    made = conclusion(record, w)
    return replace(made, said=[*made.said, rating_said(record, w)])


def opinion(record: Record, w: Writer) -> Section:
    """The rating with the rule that gave it, then the opinion in the words of who signs it; without a rating only that there is none."""
    if not record.rating.given:
        return Section([rating_said(record, w)])
    rating = record.rating
    people = record.narrative.opinion or record.engagement.opinion
    words = _people(record, people, w)
    rule = Section(rating.rule_lines(w.lang), listed=True, id="rating-rule", title=w.say("audit.rating_rule"))
    return Section([rating_said(record, w), *words], sections=[rule])


def rating_said(record: Record, w: Writer) -> str:
    """The rating in a sentence; findings by their place in this report and their title, where the log knows their ids only."""
    said = record.rating.sentence(w.lang)
    for finding in record.ranked:
        named = w.say("audit.finding_titled", n=finding.number, title=finding.title[w.lang])
        said = said.replace(finding.finding_id, named)
    return said


def _people(record: Record, words: Any, w: Writer) -> list[str]:
    return [words_of(record, words.to_dict(), w)] if words else []


def response(record: Record, w: Writer) -> Section:
    """What management says on the whole, and per finding with owner and date."""
    narrative = record.narrative
    said = [w.say("audit.response_said"), *_people(record, narrative.response, w)]
    rows = [
        {
            "number": x.number,
            "title": x.title[w.lang],
            "position": w.say(f"narrative.position_{x.response['position']}")
            if x.response["position"]
            else w.say("audit.no_answer"),
            "text": words_of(record, x.response["text"], w) or DASH,
            "owner": x.response["owner"] or DASH,
            "due": x.response["due"] or DASH,
            "status": w.say(f"narrative.status_{x.response['status']}") if x.response["status"] else DASH,
        }
        for x in record.ranked
    ]
    columns = (
        Told("number", "col.rank"),
        Told("title", "col.finding", "text"),
        Told("position", "audit.col_position", "text"),
        Told("text", "audit.col_answer", "text"),
        Told("owner", "improvement.col_owner", "text"),
        Told("due", "improvement.col_due", "word"),
        Told("status", "improvement.col_state", "text"),
    )
    frame = pd.DataFrame(rows, columns=[x.column for x in columns])
    answered = sum(bool(x.response["position"] or x.response["text"]) for x in record.ranked)
    caption = w.say("audit.response_table", k=w.count(answered), n=w.count(len(rows)))
    differing = _people(record, narrative.differing_opinions, w)
    parts = [Section(differing, id="differing", title=w.say("audit.differing"))] if differing else []
    orphans = record.orphans
    if orphans:
        said.append(w.say("audit.orphans", n=len(orphans), ids=w.say("report.comma").join(orphans)))
    return Section(said, tables=[told_table("response", caption, frame, columns, w)], sections=parts)


def follow_up(record: Record, w: Writer) -> Section:
    """The findings of an earlier audit, measured again."""
    if record.remeasured is None:
        return Section([w.say("audit.no_earlier")])
    return remeasured_section(record.remeasured, w)


# --- appendices --------------------------------------------------------------------------------------------------------


def traceability(record: Record, w: Writer) -> Section:
    """Need, touchpoint, objective, check, result."""
    found = record.improvement.traceability
    frame = found.frame.astype(object)
    frame["cut"] = [
        w.say("report.comma").join(w.say(f"audit.cut_{x}") for x in str(cut).split(", ") if x)
        or w.say("audit.cut_none")
        for cut in frame["cut"]
    ]
    columns = (
        Told("check", "col.check", "word"),
        Told("need", "audit.col_need", "text"),
        Told("touchpoint", "improvement.col_touchpoint", "text"),
        Told("objectives", "audit.col_objective", "text"),
        Told("basis", "audit.col_basis", "text"),
        Told("share", "col.net_share", "share", of="judged"),
        Told("target", "col.target", "share"),
        Told("cut", "audit.col_cut", "text"),
    )
    made = told_table("traceability", w.say("audit.traceability_table", n=len(frame)), frame, columns, w)
    return Section([found.sentence(w.lang)], tables=[made])


def catalogue(record: Record, w: Writer) -> Section:
    """How every number is made: verdicts, shares, intervals, priorities, effects."""
    names = ["verdict", "share", "interval", "priority", "effect", "rank", "time", "data_flag", "sample"]
    names += ["rating"] if record.rating.given else []
    bands = w.say("report.comma").join(band_words(band, w.lang) for band in BANDS)
    facts = [Fact(w.say(f"audit.define_{x}"), (w.say(f"audit.defined_{x}", bands=bands),)) for x in names]
    return Section([w.say("audit.catalogue_said")], facts=facts)


def cases(record: Record, w: Writer) -> Section:
    """The first cases of every finding, by their pseudonyms, with the source row of the worst fault: a row per finding."""
    faults = dict(tuple(record.study.deviations().frame.groupby("finding_id")))
    rows, shown = [], 0
    for finding in record.findings:
        worst = records(worst_faults(faults[finding.finding_id], allowed=finding.status == "allowed").head(MOST_CASES))
        shown += len(worst)
        rows.append(Row(finding.finding_id, _case_cells(finding, worst, w)))
    heads = [w.say(x) for x in ("col.finding", "col.cases", "audit.col_first_cases")]
    caption = w.say(
        "audit.cases_table", n=w.count(shown), all=w.count(sum(x.evidence["cases"] for x in record.findings))
    )
    said = [
        w.say("audit.cases_said", most=MOST_CASES),
        w.say("audit.pseudonyms" if record.privacy.pseudonyms else "audit.clear_names"),
    ]
    return Section(said, tables=[table("cases", caption, heads, rows, "tnt")])


def _case_cells(finding: FindingRecord, worst: list[dict[str, Any]], w: Writer) -> tuple[Cell, ...]:
    """Title and id, number of cases, and the cases with their rows."""
    named = [
        x["case_id"] if x["row"] is None else w.say("audit.case_row", case=x["case_id"], row=w.count(x["row"]))
        for x in worst
    ]
    pairs = "; ".join(f"{x['case_id']}={'' if x['row'] is None else int(x['row'])}" for x in worst)
    n = finding.evidence["cases"]
    return (
        Cell(
            finding.title[w.lang], sub=finding.finding_id, data={"finding": finding.finding_id}, link=finding.finding_id
        ),
        number(w.count(n), cases=n),
        Cell(w.say("report.comma").join(named), data={"shown": pairs}),
    )


def lineage(record: Record, w: Writer) -> Section:
    """Where every row went, the hashes of what was read, the software, and how to make all of it again."""
    return Section(
        [w.say("audit.reperform"), w.say("audit.reperform_how"), w.say("audit.reperform_same")],
        facts=[Fact(w.say("audit.software_table"), (_software(record, w),))],
        tables=[inputs_table(record, w, "hashes"), _steps(record, w), evidence.columns(record.study, w)],
    )


def inputs_table(record: Record, w: Writer, id: str = "inputs") -> Table:
    """Every file that was read, with the beginning of its hash."""
    rows = [
        {
            "role": w.say(f"audit.role_{x['role']}"),
            "name": x["name"],
            "bytes": x.get("bytes"),
            "sha256": x["sha256"][:HASH],
        }
        for x in record.evidence.get("inputs", {}).get("files", [])
        if x.get("sha256")
    ]
    columns = (
        Told("role", "audit.col_role", "text"),
        Told("name", "audit.col_file", "text"),
        Told("bytes", "audit.col_bytes"),
        Told("sha256", "audit.col_hash", "word"),
    )
    frame = pd.DataFrame(rows, columns=["role", "name", "bytes", "sha256"]).astype(object)
    return told_table(id, w.say("audit.inputs_table", digits=HASH), frame, columns, w)


def _steps(record: Record, w: Writer) -> Table:
    """The steps of the data with what came in, went on and was dropped; what each check judged stands with the checks."""
    rows = [
        {"step": _step(x["step"], w), "in": x["in"], "out": x["out"], "dropped": sum(x["dropped"].values())}
        for x in record.evidence.get("lineage", [])
        if not x["step"].startswith(JUDGED)
    ]
    columns = (
        Told("step", "audit.col_step", "text"),
        Told("in", "audit.col_in"),
        Told("out", "audit.col_out"),
        Told("dropped", "audit.col_dropped"),
    )
    frame = pd.DataFrame(rows, columns=["step", "in", "out", "dropped"])
    return told_table("steps", w.say("audit.steps_table"), frame, columns, w)


STEPS = {
    "rows read": "read",
    "rows joined to activity instances": "joined",
    "labels to the blueprint": "labels",
    "cases to the checks": "cases",
}
JUDGED = "cases judged by "


def _step(name: str, w: Writer) -> str:
    """A step of the lineage in words."""
    return w.say(f"audit.step_{STEPS[name]}")


def _software(record: Record, w: Writer) -> str:
    """Packages and their versions in one line."""
    return w.say("report.comma").join(
        f"{name} {version}" for name, version in record.evidence.get("software", {}).items()
    )


def glossary(record: Record, w: Writer) -> Section:
    """Words and their meaning."""
    return Section(facts=[Fact(word, (meaning,)) for word, meaning in evidence.glossary(record.study, w)])
