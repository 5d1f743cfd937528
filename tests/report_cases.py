"""Services small enough to count by hand, for tests of the report, and a page read back: its tables with the values behind them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pandas as pd

import mining
from mining.blueprint import parse_blueprint
from mining.record import Record
from mining.report import render_page
from mining.report.document import Document, Section
from mining.report.formats import Writer, writer_of
from mining.report.table import Table
from mining.results import plain
from tests.audit_records import record_of_study
from tests.helpers import OFFICE, blueprint, blueprint_dict, frame, study, traces

SCRIPT = "<script>alert(1)</script>"
FORMULA = "=cmd|' /C calc'!A0"
LONG = "long " * 40
ODD = '\U0001f600 \u200fodd \u202egnp.exe & "quoted" $x^2$'
Chapter = Callable[[Record, Writer], Section]
VOID = {"meta", "img", "br", "link", "input", "hr", "path", "use", "rect", "line"}

# --- services ----------------------------------------------------------------------------------------------------------


@cache
def small(status: str = "approved", **names: str) -> mining.Study:
    """Steps a, b, c; 12 cases that keep the design, others that do not; two standards, two rules, one allowance."""
    more: dict[str, Any] = {
        "status": status,
        "calendars": {"office": OFFICE["office"] | {"tz": "Asia/Shanghai"}},
        "rules": [
            {"id": "R1", "kind": "precedence", "a": "b", "b": "c", "severity": "critical", "basis": "Law"},
            {"id": "R2", "kind": "at_most", "a": "b", "n": 1, "severity": "minor", "basis": "Manual"},
        ],
        "standards": [
            {"id": "S1", "dimension": "time", "metric": "elapsed", "from": "a", "to": "c", "max": "2h", "share": 0.9,
             "severity": "major", "basis": "Charter"},
            {"id": "S2", "dimension": "time", "metric": "waiting", "of": "b", "max": "1h", "severity": "minor", "basis": "Plan"},
        ],
        "allow": [
            {"id": "A1", "match": {"rule": "R2"}, "decision": "accepted", "reason": {"en": "Agreed"}, "approved_by": "Board",
             "valid": ["2026-01-01", "2026-12-31"], "max_share": 0.01},
        ],
    }  # fmt: skip
    if names:
        more["name"] = {"en": names["name"]}
    norm = blueprint(["a", "b", "c"], "abc", **more)
    cases = traces(*["abc"] * 12, "ac", "abbc", "abbc", "ab")
    cases |= {"late": [("A", 0.0), ("B", 5.0), ("C", 30.0)]}
    if names:
        cases |= {names["case"]: [("A", 0.0), (names["label"], 1.0, names["who"]), ("C", 2.0, names["who"])]}
        cases |= {LONG: [("A", 0.0, ODD), (ODD, 1.0), ("C", 2.0)]}
    return study(norm, cases)


def hostile() -> mining.Study:
    """The same with names that a page or a workbook could take for something to run."""
    return small(name=SCRIPT, case=FORMULA, label=SCRIPT, who="@SUM(1)")


STAGES = [
    {"id": "one", "type": "self_service", "name": {"en": "Booking", "zh": "预约"}},
    {"id": "two", "name": {"en": "Visit", "zh": "就诊"}},
]


@cache
def hybrid() -> mining.Study:
    """Booking (a, b; self-service), then the visit (c, d; as the flow has it). One step of the visit comes too early."""
    raw = blueprint_dict(["a", "b", "c", "d"], "abcd", service_type="hybrid", stages=STAGES)
    for i, activity in enumerate(raw["activities"]):
        activity["stage"] = "one" if i < 2 else "two"
    raw["activities"][0]["touchpoint"] = {"key": True}
    norm = parse_blueprint(json.dumps(raw), name="test.yaml")
    return study(norm, traces("abcd", "bacd", "aabcd", "abd", "acbd", "axbcd", "abcxd"))


@cache
def contacts() -> mining.Study:
    """A service in which every check that follows from the design finds something."""
    more: dict[str, Any] = {
        "log": {"case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource",
                "attributes": {"channel": "channel", "slip": "slip"}},
        "scope": {"starts_with": ["a"], "ends_with": ["c"], "unit_of_analysis": "one case", "reopened_by": ["b"],
                  "abandoned_after": "2d"},
        "standards": [
            {"id": "S1", "dimension": "time", "metric": "elapsed", "from": "a", "to": "c", "max": "2h", "share": 0.9,
             "severity": "major", "basis": "Charter"},
            {"id": "S2", "dimension": "quality", "metric": "turns", "max": 0, "severity": "minor", "basis": "Charter"},
            {"id": "S3", "dimension": "quality", "metric": "handovers", "max": 0, "severity": "minor", "basis": "Charter"},
        ],
    }  # fmt: skip
    raw = blueprint_dict(["a", "b", "c"], "abc", service_type="interactive", **more)
    raw["activities"][0] |= {"lane": "customer"}
    raw["activities"][1] |= {
        "role": "clerk",
        "touchpoint": {"key": True, "channels": ["desk"], "evidence": ["slip"], "proofs": [{"of": "slip", "attr": "slip"}],
                       "fails_when": [{"attr": "slip", "op": "==", "value": "void"}]},
    }  # fmt: skip
    norm = parse_blueprint(json.dumps(raw), name="test.yaml")
    cases = traces("abc", "abc", "abc", "abcb", "ab")
    cases |= {"slow": [("A", 0.0), ("B", 1.0, "eve"), ("C", 80.0)]}
    table = frame(cases)
    events = zip(table["case"], table["activity"], strict=True)
    table["channel"] = ["phone" if event == ("c1", "B") else "desk" for event in events]
    table["slip"] = table["case"].map({"c0": "S-1", "c2": "void", "c1": "S-2", "c3": "S-3", "c4": "S-4"})
    return mining.Study(mining.EventLog.from_frame(table, columns=norm.binding), norm)


# --- a page read back ----------------------------------------------------------------------------------------------------


class Tables(HTMLParser):
    """Per table id: row key to the data values of its cells. All tags, and the text outside style and script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: dict[str, dict[str, dict[str, str]]] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.table = self.rows.setdefault(str(found["id"]), {})
        elif tag == "tr" and "data-key" in found:
            self.row = self.table.setdefault(str(found["data-key"]), {})
        elif tag in ("td", "th"):
            self.row_values(found)

    def row_values(self, found: dict[str, str | None]) -> None:
        values = {k.removeprefix("data-").replace("-", "_"): v or "" for k, v in found.items() if k.startswith("data-")}
        if values:
            self.row |= values

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.texts.append(data)


def same(shown: str, value: Any) -> bool:
    """Whether an attribute holds exactly the value of a frame."""
    value = plain(value)
    if value is None:
        return shown == ""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(shown) == value if is_number else shown == str(value)


def assert_rows(shown: dict[str, dict[str, str]], frame: pd.DataFrame, key: str, columns: list[str]) -> None:
    """The rows of a table of the page are those of a frame, in its order, with the same values."""
    assert list(shown) == frame[key].astype(str).tolist()
    for row in frame.to_dict("records"):
        for column in columns:
            assert same(shown[str(row[key])][column], row[column]), (row[key], column)


def said(of: mining.Study, *chapters: Chapter, lang: str = "en") -> str:
    """All that chapters of the report say of a study."""
    w = writer_of(of, lang)
    return "\n".join(text for make in chapters for text in words(make(record_of_study(of), w)))


def page_with(of: mining.Study, *chapters: Chapter, lang: str = "en") -> str:
    """A page with some chapters of the report: a whole one takes a second and more."""
    w = writer_of(of, lang)
    sections = [replace(make(record_of_study(of), w), title="Chapter") for make in chapters]
    return render_page(Document("Report", "Service", lang, [], sections))


def words(section: Section) -> list[str]:
    """Every text of a section and of the sections in it: titles, sentences, facts, captions, cells."""
    found = [section.title, *section.said, *(line for fact in section.facts for line in (fact.label, *fact.lines))]
    found += [figure.caption for figure in section.figures]
    for table in filter(None, section.tables):
        found += _of_table(table)
    return [*found, *(text for inner in filter(None, section.sections) for text in words(inner))]


def _of_table(table: Table) -> Iterator[str]:
    yield table.caption
    yield from (column.text for column in table.columns)
    for group in table.groups:
        yield group.title
        yield from (text for row in group.rows for cell in row.cells for text in (cell.text, cell.sub))
