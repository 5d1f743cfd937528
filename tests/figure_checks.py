"""What is wrong in a document, found without the code that made it: cells against their values, tables and sentences against the record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from statsmodels.stats.proportion import proportion_confint

from mining.improvement_file import finite, improvement_record
from mining.record import Record
from mining.report.deck import Deck
from mining.report.document import Document
from mining.report.measures_record import measures_record
from mining.report.table import Cell, Row, Table
from mining.results import plain
from tests.reading_back import Leaves, singles, tokens, told_wrongly

CONSTANTS = (
    0.95,
    0.9,
    0.8,
    5.0,
    3.0,
)  # levels of intervals and draws, shares asked for, the least groups and cases of the rules
NO_FIGURES = (  # numbers that are no figures of this audit, in the sentences that have them
    "SHA-256", "HMAC-SHA256", "ISO 8601", "(1927)", "（1927）", "2016)", "，2016）", "1–5 %", "1–5%", "≥ 5 %", "≥5%", "< 1 %", "<1%",
    "1–5\u00a0%", "≥\u00a05\u00a0%", "<\u00a01\u00a0%", "(1: all cases alike, 0: no two alike)", "（1：所有案例相同，0：没有两个相同）",
)  # fmt: skip


def leaves_of(value: Any) -> Iterator[str]:
    """Every text in plain values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from leaves_of(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from leaves_of(each)


@dataclass
class Truth:
    """The record as it is written for programs, and what its sentences may quote."""

    findings: dict[str, Any]
    measures: dict[str, Any]
    improvement: dict[str, Any]
    evidence: dict[str, Any]
    names: list[str]
    all: Leaves = field(default_factory=Leaves)
    own: dict[str, Leaves] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts = (self.findings, self.measures, self.improvement, self.evidence)
        self.all = Leaves(list(CONSTANTS))
        for part in parts:
            self.all.add(part)
        self.all.numbers += derived(self)
        for finding in self.findings["findings"]:
            id = finding["finding_id"]
            mine = Leaves(list(CONSTANTS)).add(finding).add(self.findings["priority_rule"])
            for table in self.improvement.values():
                rows = table.get("rows", []) if isinstance(table, dict) else []
                mine.add([row for row in rows if isinstance(row, dict) and row.get("finding_id") == id])
            mine.add(
                [x for x in self.findings["data_problems"]["that_could_have_made_faults"] if x["finding_id"] == id]
            )
            said = leaves_of(self.findings["data_problems"])
            mine.numbers += [x.value for text in said for x in singles(text)]
            mine.numbers.append(float(sum(x.get("finding_id") == id for x in self.improvement["causes"]["rows"])))
            self.own[id] = mine

    def of(self, finding_id: str) -> dict[str, Any]:
        """A finding of the record."""
        return next(x for x in self.findings["findings"] if x["finding_id"] == finding_id)


def truth_of(record: Record) -> Truth:
    """The truth of a record, through JSON and back."""

    def written(value: Any) -> Any:
        return json.loads(json.dumps(finite(plain(value)), default=str))

    findings, measures = written(record.to_dict()), written(measures_record(record.study))
    improvement = written(improvement_record(record.improvement))
    blueprint = yaml.safe_load(Path(record.study.blueprint.path).read_text("utf-8")) if _is_file(record) else {}
    shown = [blueprint, written(record.engagement.to_dict())]
    shown += [{x: finding[x] for x in ("title", "criteria", "place")} for finding in findings["findings"]]
    shown += [{x: row.get(x) for x in ("goal", "goal_zh", "action_id", "owner")} for row in improvement["plan"]["rows"]]
    shown += [
        row
        for name in ("causes", "kpis", "incident_table", "kano")
        for row in improvement.get(name, {}).get("rows", [])
    ]
    shown += [record.study.log.source.path, {"checks": [x.id for x in record.study.checks]}]
    names = {x for x in leaves_of(shown) if re.search(r"\d", x) and len(x) > 1 and not re.fullmatch(r"[\d.,% ]+", x)}
    names |= {f"{name} {version}" for name, version in findings_software(record).items()}
    names |= {record.study.blueprint.version, f"{record.study.blueprint.id}, version {record.study.blueprint.version}"}
    return Truth(findings, measures, improvement, written(record.evidence), [*names, *NO_FIGURES])


def findings_software(record: Record) -> dict[str, Any]:
    """Libraries and their versions."""
    return dict(record.evidence.get("software", {}))


def _is_file(record: Record) -> bool:
    return Path(record.study.blueprint.path).is_file()


def derived(truth: Truth) -> list[float]:
    """Sums and differences that sentences say, made again from the record: net passes, costs by kind, cases ended, shares of a total."""
    found: list[float] = []
    for row in truth.findings["checks"]["rows"]:
        found += [row["pass"] + row["allowed"], (row["fail"] or 0) + (row["allowed"] or 0)]
    totals = truth.findings["totals"]
    found.append(totals["cases"] - totals["cases_without_end"])
    costs = truth.improvement.get("quality_costs", {}).get("rows", [])
    kinds: dict[str, float] = {}
    for row in costs:
        if row["money"] is not None:
            kinds[row["cost_kind"]] = kinds.get(row["cost_kind"], 0.0) + row["money"]
    found += [*kinds.values(), sum(v for k, v in kinds.items() if k in ("internal", "external"))]
    for part in truth.measures["delivered"].values():
        if part and part.get("pairs"):
            found.append(part["handed_over"] / part["pairs"])
    return [float(x) for x in found]


def apart(record: Record) -> Leaves:
    """What sentences say beside the files for programs, made again: the share of the map, rows that answer nothing, shares of none."""
    instances = record.study.instances
    counts = sorted(np.bincount(instances.activity[instances.activity >= 0]).tolist(), reverse=True)
    found = Leaves([sum(counts[:15]) / sum(counts)])
    found.numbers.append(float(sum(record.improvement.triangulation.left_out.values())))
    for counted in (record.study.as_is.channels.switching, record.study.as_is.channels.contained):
        if counted.n:
            found.intervals.append(proportion_confint(counted.passed, counted.n, method="wilson"))
    return found


# --- cells -------------------------------------------------------------------------------------------------------------


def tables_of(made: Document | Deck) -> list[Table]:
    """All tables, in order."""
    if isinstance(made, Deck):
        return [x.table for x in made.slides if x.table]
    return [one for place in made.placed() for _, one in place.tables]


def rows_of(one: Table) -> list[Row]:
    """All rows of a table, whatever their group."""
    return [row for group in one.groups for row in group.rows]


def cell_faults(made: Document | Deck, truth: Truth) -> list[str]:
    """Cells whose text does not say the values behind them."""
    cases = truth.findings["totals"]["cases"]
    found = []
    judged = {x["finding_id"]: [x["condition"]["n_judged"]] for x in truth.findings["findings"]}
    judged |= {x["check"]: [x["target"]] for x in truth.findings["checks"]["rows"] if x["target"] is not None}
    for one in tables_of(made):
        for row in rows_of(one):
            together = [
                float(v) for cell in row.cells for v in cell.data.values() if isinstance(v, int | float) and v == v
            ]
            together += judged.get(row.key, [])
            for cell in row.cells:
                if cell.data and (wrong := _cell_fault(one, cell, [cases, *together])):
                    found.append(f"{one.id}, {row.key}: {wrong}")
    return found


def _cell_fault(one: Table, cell: Cell, beside: Iterable[float]) -> str:
    data = {name: plain(value) for name, value in cell.data.items()}
    if one.id.startswith("evidence-") and data.get("limit") == 0.0 and cell.text in ("due date", "约定日期"):
        return ""
    if set(data) == {"count", "of"}:  # in Chinese the whole is named first
        said = {x.value for x in tokens(cell.text) if not isinstance(x, tuple)}
        return "" if said == {float(data["count"]), float(data["of"])} else f"{data} is printed as {cell.text!r}"
    return told_wrongly(cell.text, cell.sub, data, beside)


# --- tables ------------------------------------------------------------------------------------------------------------


def keyed(truth: Truth) -> dict[str, tuple[list[dict[str, Any]], str]]:
    """Tables with a row per row of the record: the rows, and the column that is the key."""
    findings = truth.findings["findings"]
    flat = [
        x["condition"] | x["place"] | {"finding_id": x["finding_id"], "rank": x["number"], "priority": x["priority"], "status": x["status"]}
        | {"target": x["criteria"]["promised_share"]}
        | {k: x["consequence"][k] for k in ("loss_low", "loss_high", "hours_low", "hours_high")}
        for x in findings
    ]  # fmt: skip
    ranked = [x for x in flat if x["status"] == "open"]
    found = {
        "priorities": (ranked, "finding_id"),
        "unranked": ([x for x in flat if x["status"] != "open"], "finding_id"),
        "checks": (truth.findings["checks"]["rows"], "check"),
        "dimensions": (truth.measures["dimensions"]["rows"], "dimension"),
        "touchpoints": (truth.measures["touchpoints"]["rows"], "touchpoint"),
        "on-time": (truth.measures["on_time"]["rows"], "standard"),
        "calibration": (truth.measures["calibration"]["rows"], "standard"),
        "blind": ([x for x in truth.findings["checks"]["rows"] if x["not_observable"]], "check"),
    }
    if earlier := truth.findings["earlier"]:
        found["earlier-findings"] = (earlier["rows"], "finding_id")
    return found


def table_faults(made: Document | Deck, truth: Truth) -> list[str]:
    """Tables that lack a row of the record, have another, or hold another value."""
    found, wanted = [], keyed(truth)
    for one in tables_of(made):
        if one.id in wanted:
            rows, key = wanted[one.id]
            found += _differing(one, {str(row[key]): row for row in rows})
        elif one.id.startswith("evidence-F-"):
            shown = truth.of(one.id.removeprefix("evidence-"))["evidence"]["shown"]
            found += _differing(one, {row["case_id"]: row for row in shown[: len(rows_of(one))]})
            found += _counted(one, truth.of(one.id.removeprefix("evidence-"))["evidence"]["cases"])
        elif one.id == "control-totals":
            totals = truth.evidence["control_totals"]
            told = {k: v["sum"] if isinstance(v, dict) else v for k, v in totals.items() if v is not None}
            found += _differing(one, {name: {"value": value} for name, value in told.items()})
        else:
            found += _listed(one, truth)
    return found


def _counted(one: Table, cases: int) -> list[str]:
    """A caption that does not say how many rows there are, and of how many cases."""
    said = [x.value for x in tokens(one.caption) if not isinstance(x, tuple)]
    return [] if said[:2] in ([len(rows_of(one)), cases], [cases, len(rows_of(one))]) and said else [
        f"{one.id} has {len(rows_of(one))} of {cases} rows, and says {one.caption!r}"
    ]  # fmt: skip


def _listed(one: Table, truth: Truth) -> list[str]:
    """Tables whose rows have no key: the same rows in the same order."""
    rows: list[dict[str, Any]] | None = None
    if one.id == "sample-results":
        rows = truth.findings["sample"]["evaluation"]["rows"]
    elif one.id == "gauge":
        rows = truth.findings["re_identification"]["rows"]
    elif one.id == "plan":
        rows = [{"action_id": x["action_id"], "owner": x["owner"]} for x in truth.improvement["plan"]["rows"]]
    elif one.id == "effects":
        return _effects(one, truth)
    if rows is None:
        return []
    if len(rows) != len(rows_of(one)):
        return [f"{one.id} has {len(rows_of(one))} rows, the record {len(rows)}"]
    return [y for k, row in enumerate(rows_of(one)) for y in _values(one, row, rows[k])]


def _effects(one: Table, truth: Truth) -> list[str]:
    """Naive, adjusted and interval of each effect, in the order of grade, q and finding."""
    rows = [x for x in truth.improvement["effects"]["rows"] if x["effect"] is not None]
    rows.sort(key=lambda x: (x["grade"], float("inf") if x["q"] is None else x["q"], x["finding_id"]))
    shown, found = rows_of(one), []
    if len(shown) != min(30, len(rows)):
        found.append(f"effects has {len(shown)} rows, the record {len(rows)}")
    for row, value in zip(shown, rows, strict=False):
        said = {name: cell.text for cell in row.cells for name in cell.data}
        for name in ("naive", "effect"):
            if not Leaves([value[name]]).hold(tokens(said[name])[0]):
                found.append(f"effects, {row.key}: {name} is {value[name]}, yet {said[name]!r} is printed")
        ends = [y for x in tokens(said["interval"]) for y in (x if isinstance(x, tuple) else (x,))]
        if not (ends[0].says(value["low"]) and ends[1].says(value["high"])):
            found.append(f"effects, {row.key}: {value['low']}, {value['high']} are printed as {said['interval']!r}")
    return found


def _differing(one: Table, wanted: dict[str, dict[str, Any]]) -> list[str]:
    shown = rows_of(one)
    if [row.key for row in shown] != list(wanted) and sorted(row.key for row in shown) != sorted(wanted):
        return [f"{one.id} has the rows {[row.key for row in shown]}, the record {list(wanted)}"]
    return [y for row in shown for y in _values(one, row, wanted[row.key])]


def _values(one: Table, row: Row, wanted: dict[str, Any]) -> list[str]:
    """Values of a row that are not those of the record under the same name."""
    found = []
    for cell in row.cells:
        for name, value in cell.data.items():
            mine = plain(value)
            if name in wanted and name != "at" and not _same(mine, wanted[name]):
                found.append(f"{one.id}, {row.key}: {name} is {mine!r}, in the record {wanted[name]!r}")
    return found


def _same(one: Any, other: Any) -> bool:
    empty = (None, "", "–")
    if one in empty or other in empty:
        return one in empty and other in empty
    return bool(one == other or (isinstance(one, int | float) and float(one) == float(other)))


# --- sentences ---------------------------------------------------------------------------------------------------------


def sentences_of(made: Document | Deck) -> list[tuple[str, str]]:
    """Every sentence, fact and caption with the id of its section."""
    if isinstance(made, Deck):
        return [("", x) for slide in made.slides for x in (slide.title, *slide.lines, *slide.note.split("\n"))]
    found = [("", x) for fact in made.facts for x in fact.lines]
    for place in made.placed():
        id = place.section.id
        found += [(id, x) for x in place.section.said]
        found += [(id, x) for fact in place.section.facts for x in fact.lines]
        found += [(id, x.caption) for _, x in (*place.figures, *place.tables)]
    return found


def sentence_faults(made: Document | Deck, truth: Truth, apart: Leaves | None = None) -> list[str]:
    """Numbers in sentences that the record does not hold; on the page of a finding, its own record."""
    found, names = [], sorted(truth.names, key=len, reverse=True)
    for id, text in sentences_of(made):
        scope = truth.own.get(id, truth.all)
        lost = scope.lacking(text, names)
        if apart is not None and scope is truth.all:
            also = apart.lacking(text, names)
            lost = [x for x in lost if x in also]
        found += [f"{id}: {', '.join(lost)} in {text!r}"] if lost else []
    return found


def faults(made: Document | Deck, truth: Truth, apart: Leaves | None = None) -> list[str]:
    """All of it."""
    return [*cell_faults(made, truth), *table_faults(made, truth), *sentence_faults(made, truth, apart)]
