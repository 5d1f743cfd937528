"""The tables of the report, each from one frame of the study."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mining.blueprint.model import SEVERITIES, Condition
from mining.conformance.verdicts import VERDICTS
from mining.findings import BANDS, FEW_CASES, TABLE
from mining.record import FindingRecord, Record
from mining.report.details import check_label
from mining.report.first_values import first_valued
from mining.report.formats import Writer, band_words, cell_words, names_of
from mining.report.improvement_tables import LOST, lost
from mining.report.table import Cell, Column, Group, Row, Table, number, records, table
from mining.results import plain
from mining.study import Study
from mining.texts import activity_name, file_name

MOST_OBSERVED, MOST_DESIGNED = 15, 30
ROLE = "role-"  # before the activity: id of a check that a role gives
JUDGED, OUTSIDE = VERDICTS[:3], VERDICTS[3:]  # verdicts that a share counts, and the others


SEEN = {True: "word.yes", False: "word.no", None: "word.unknown"}


def priorities(record: Record, w: Writer) -> Table:
    """The ranked findings, with what each is known to cost."""
    rows = [Row(x.finding_id, _priority_cells(x, w)) for x in record.ranked]
    heads = (
        "col.rank",
        "col.priority",
        "col.finding",
        "col.gross",
        "col.net",
        "col.rate",
        "col.visible",
        "audit.col_lost",
    )
    return table("priorities", w.say("report.priorities.caption"), [w.say(x) for x in heads], rows, "nmtnnnmt")


def _priority_cells(finding: FindingRecord, w: Writer) -> tuple[Cell, ...]:
    at, visible = finding.condition, finding.place["visible"]
    return (
        number(str(finding.number), rank=finding.number),
        Cell(w.say(f"priority.{finding.priority}"), data={"priority": finding.priority}, tone=str(finding.priority)),
        Cell(finding.title[w.lang], sub=cell_words(str(finding.cell), w.lang), link=finding.finding_id),
        *_count_cells(at, w),
        Cell(w.say(SEEN[visible]), data={"visible": visible}),
        Cell(lost(finding.consequence, w), data={x: finding.consequence[x] for x in LOST}),
    )


def _count_cells(at: dict[str, Any], w: Writer) -> tuple[Cell, ...]:
    """Gross, net, and the share with its interval."""
    return (
        number(w.of(at["n_gross"], at["n_judged"]), n_gross=at["n_gross"], n_judged=at["n_judged"]),
        number(w.of(at["n_net"], at["n_judged"]), n_net=at["n_net"]),
        Cell(w.share(at["rate"]), w.interval(at["low"], at["high"]), {x: at[x] for x in ("rate", "low", "high")}),
    )


def unranked(record: Record, w: Writer) -> Table:
    """Findings that no plan need mend: kept within the promise, wholly allowed, doing good, or not confirmed by the sample."""
    rows = [
        Row(
            x.finding_id,
            (
                Cell(x.title[w.lang], link=x.finding_id),
                Cell(w.say(f"audit.status_{x.status}"), data={"status": x.status}),
                *_count_cells(x.condition, w),
                number(w.share(x.criteria["promised_share"]), target=x.criteria["promised_share"]),
            ),
        )
        for x in record.findings
        if not x.ranked
    ]
    heads = ("col.finding", "col.status", "col.gross", "col.net", "col.rate", "col.target")
    return table("unranked", w.say("audit.unranked_table"), [w.say(x) for x in heads], rows, "ttnnnn")


def priority_table(w: Writer, id: str = "priority-rule") -> Table:
    """The table that priorities are read from."""
    rows = []
    for severity in SEVERITIES:
        for visible in (True, False):
            name = w.say("report.comma").join(
                (w.say(f"severity.{severity}"), w.say("report.visible" if visible else "report.hidden"))
            )
            cells = [Cell(w.say(f"priority.{p}"), tone=p, data={"priority": p}) for p in TABLE[severity, visible]]
            rows.append(Row(f"{severity}-{visible}", (Cell(name), *cells)))
    heads = [w.say("col.severity_visible"), *(w.say("report.band", band=band_words(band, w.lang)) for band in BANDS)]
    return table(id, w.say("report.priority_table.caption", few=FEW_CASES), heads, rows, "tmmm")


def checks(study: Study, w: Writer) -> Table:
    """All checks by dimension: counts of the verdicts, shares, targets."""
    frame = study.summary().frame
    groups = []
    for dimension in frame["dimension"].unique():
        part = records(frame[frame["dimension"] == dimension])
        groups.append(
            Group(
                w.say(f"dimension.{dimension}"), tuple(Row(row["check"], _check_cells(study, row, w)) for row in part)
            )
        )
    heads = [Column(w.say("col.check")), *(Column(w.say(f"verdict.{word}"), "number") for word in JUDGED)]
    heads += [
        Column(w.say(x), "number") for x in ("audit.col_outside", "col.gross_share", "col.net_share", "col.target")
    ]
    return Table("checks", w.say("report.checks.caption"), tuple(heads), tuple(groups))


def _check_cells(study: Study, row: dict[str, Any], w: Writer) -> tuple[Cell, ...]:
    severity = w.say(f"severity.{row['severity']}")
    by_first = row["check"] in first_valued(study)
    sub = w.say("audit.first_value", severity=severity) if by_first else severity
    name = Cell(check_label(study, row["check"], w), sub=sub)
    counts = [Cell(w.count(row[word]), data={word: row[word]}, tone="" if row[word] else "quiet") for word in JUDGED]
    met = plain(row["met"])
    gross, target = w.against(row["gross"], row["target"])
    word, tone = {True: ("report.met", "good"), False: ("report.not_met", "bad"), None: ("report.no_target", "quiet")}[
        met
    ]
    return (
        name,
        *counts,
        _outside(row, w),
        Cell(gross, w.interval(row["low"], row["high"]), {x: row[x] for x in ("judged", "gross", "low", "high")}),
        number(w.share(row["net"]), net=row["net"]),
        Cell(target, "" if met is None else w.say(word), {"target": row["target"], "met": met}, tone=tone),
    )


def _outside(row: dict[str, Any], w: Writer) -> Cell:
    """Cases outside every share, with the verdicts that put them there."""
    n = sum(row[word] for word in OUTSIDE)
    why = [
        w.say("report.pair", name=w.say(f"verdict.{word}"), value=w.count(row[word])) for word in OUTSIDE if row[word]
    ]
    data = {word: row[word] for word in OUTSIDE}
    return Cell(w.count(n), w.say("report.comma").join(why), data, tone="" if n else "quiet")


def of_role(study: Study, check: str) -> bool:
    """Whether a check follows from the role that the blueprint gives an activity."""
    return check.startswith(ROLE) and check not in study.blueprint.checks


def roles(study: Study, w: Writer) -> Table:
    """Who may do what by the design: a row per role, for the checks that follow from it."""
    blueprint, checked = study.blueprint, {check.id: check for check in study.checks if of_role(study, check.id)}
    rows = []
    for role in blueprint.roles:
        mine = [a.id for a in blueprint.activities if a.role == role.id and f"{ROLE}{a.id}" in checked]
        severities = dict.fromkeys(w.say(f"severity.{checked[ROLE + id].severity}") for id in mine)
        cells = (
            Cell(role.name.get(w.lang), data={"role": role.id}),
            number(w.count(len(mine)), checks=len(mine)),
            Cell(names_of(blueprint, mine, w.lang)),
            Cell(w.say("report.comma").join(severities)),
        )
        rows += [Row(role.id, cells)] if mine else []
    heads = ("audit.col_role_name", "col.checks", "audit.col_role_does", "audit.severity")
    caption = w.say("audit.roles_table", n=len(checked))
    return table("roles", caption, [w.say(x) for x in heads], rows, "tntt")


def blind_checks(study: Study, w: Writer) -> Table:
    """Checks that could not be judged, for how many cases, and why."""
    frame = study.summary().frame
    reasons = {check.id: study.why_not(check, w.lang) for check in study.checks}
    rows = [
        Row(
            row["check"],
            (
                Cell(check_label(study, row["check"], w)),
                number(w.of(row["not_observable"], study.instances.n_cases), not_observable=row["not_observable"]),
                Cell(reasons[row["check"]] or w.say("report.why_not.mixed")),
            ),
        )
        for row in records(frame[frame["not_observable"] > 0])
    ]
    heads = ("col.check", "col.not_observable", "col.why_not")
    return table("blind", w.say("report.blind.caption"), [w.say(x) for x in heads], rows, "tnt")


def allowances(study: Study, w: Writer) -> Table:
    """Allowances with their use against the share that was agreed."""
    rows = []
    for use in records(allowance_use(study)):
        entry = next(a for a in study.blueprint.allowances if a.id == use["allow_id"])
        over = plain(use["over"])
        word, tone = {
            True: ("report.overused", "bad"),
            False: ("report.in_bounds", "good"),
            None: ("report.no_bound", "quiet"),
        }[over]
        rows.append(
            Row(
                entry.id,
                (
                    Cell(entry.id, sub=_clause_of_allowance(study, entry.id, w)),
                    Cell(entry.reason.get(w.lang), sub=_match_words(study, entry, w)),
                    Cell(entry.approved_by),
                    Cell(f"{entry.valid[0]} – {entry.valid[1]}"),
                    number(w.of(use["n_cases"], study.instances.n_cases), n_cases=use["n_cases"]),
                    number(w.share(use["share"]), share=use["share"]),
                    number(w.share(use["max_share"]), max_share=use["max_share"]),
                    Cell(w.say(word), data={"over": over}, tone=tone),
                ),
            )
        )
    heads = (
        "col.allowance",
        "col.reason",
        "col.approved_by",
        "col.valid",
        "col.cases",
        "col.share",
        "col.max_share",
        "col.use",
    )
    return table("allowances", w.say("report.allowances.caption"), [w.say(x) for x in heads], rows, "tttdnnnm")


def _clause_of_allowance(study: Study, id: str, w: Writer) -> str:
    at = next(i for i, a in enumerate(study.blueprint.allowances) if a.id == id)
    line, name = study.blueprint.lines.get(("allow", at)), file_name(study.blueprint.path)
    return name if line is None else w.say("report.clause", file=name, line=line)


def _match_words(study: Study, entry: Any, w: Writer) -> str:
    names = {"activity": lambda x: activity_name(study.blueprint, x, w.lang), "kind": lambda x: w.say(f"kind.{x}")}
    parts = [
        w.say("report.pair", name=w.say(f"match.{key}"), value=names.get(key, str)(value))
        for key, value in entry.match.items()
    ]
    return w.say("report.semicolon").join([*parts, *(condition_words(c) for c in entry.when)])


def condition_words(condition: Condition) -> str:
    """A condition as it is read."""
    values = condition.value if isinstance(condition.value, (list, tuple)) else [condition.value]
    return f"{condition.attr} {condition.op} {', '.join(map(str, values))}"


def allowance_use(study: Study) -> pd.DataFrame:
    """Per allowance the cases in which it covers a fault.

    Returns
    -------
    DataFrame
        ``allow_id``, ``n_cases``, ``share`` of all cases, ``max_share`` as agreed, ``over`` (None if none is agreed).
    """
    faults = study.deviations().frame
    n, rows = study.instances.n_cases, []
    for entry in study.blueprint.allowances:
        cases = faults.loc[faults["allow_id"] == entry.id, "case_id"].nunique()
        share = cases / n if n else float("nan")
        over = None if entry.max_share is None else share > entry.max_share
        rows.append((entry.id, cases, share, entry.max_share, over))
    return pd.DataFrame(rows, columns=["allow_id", "n_cases", "share", "max_share", "over"])


def only_observed(study: Study, w: Writer) -> list[Table]:
    """What the log holds and the design does not: activities, then direct orders; tables without rows are left out."""
    found = []
    for what in ("activity", "order"):
        part, shown, caption = _differences(study, what, False, w)
        rows = [Row(_name(row), (Cell(_words(study, row, w)), *_counts(study, row, w))) for row in shown]
        heads = [w.say(x) for x in ("col.what", "col.cases", "col.share")]
        found += [table(f"only-observed-{what}", caption, heads, rows, "tnn")] if part else []
    return found


def only_designed(study: Study, w: Writer) -> list[tuple[str, list[str]]]:
    """What the design holds and the log does not: a heading and its items; empty lists are left out."""
    found = []
    for what in ("activity", "order"):
        part, shown, caption = _differences(study, what, True, w)
        found += [(caption, [_words(study, row, w) for row in shown])] if part else []
    return found


def _differences(study: Study, what: str, designed: bool, w: Writer) -> tuple[int, list[dict[str, Any]], str]:
    frame = study.discovered.comparison.frame
    part = frame[(frame["what"] == what) & (frame["designed"] == designed)]
    shown = records(part.head(MOST_DESIGNED if designed else MOST_OBSERVED))
    key = f"compare.{what}.{'designed' if designed else 'observed'}"
    return len(part), shown, w.say(key, n=w.count(len(part)), shown=w.count(len(shown)))


def _name(row: dict[str, Any]) -> str:
    return " → ".join(row[x] for x in ("name", "partner") if plain(row[x]) is not None)


def _words(study: Study, row: dict[str, Any], w: Writer) -> str:
    return " → ".join(
        activity_name(study.blueprint, row[x], w.lang) for x in ("name", "partner") if plain(row[x]) is not None
    )


def _counts(study: Study, row: dict[str, Any], w: Writer) -> tuple[Cell, Cell]:
    counted = number(w.of(row["observed_cases"], study.instances.n_cases), observed_cases=row["observed_cases"])
    return counted, number(w.share(row["share"]), share=row["share"])
