"""The report and the working papers say what the frames say, in both languages, and hostile names stay text."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import openpyxl
import pandas as pd
import pytest
import xlsxwriter
import yaml

import mining
from mining.blueprint import parse_blueprint
from mining.conformance.verdicts import VERDICTS
from mining.opportunities import FACETS
from mining.plots import findings_chart, register_fonts, standards_chart, to_svg
from mining.report import render_html, workpapers, write_workpapers
from mining.report import sheets as sheet_rows
from mining.report.formats import Writer
from mining.report.record import findings_record, measures_record
from mining.report.sections import allowance_use
from mining.report.summary import sentences
from mining.results import plain
from mining.texts import basis, catalogue, check_text, clause, say
from tests.helpers import OFFICE, ROOT, blueprint, blueprint_dict, frame, study, traces

pytestmark = pytest.mark.filterwarnings("error")

SCRIPT = "<script>alert(1)</script>"
FORMULA = "=cmd|' /C calc'!A0"
LONG = "long " * 40
ODD = '\U0001f600 \u200fodd \u202egnp.exe & "quoted" $x^2$'
CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
VOID = {"meta", "img", "br", "link", "input", "hr", "path", "use", "rect", "line"}


@cache
def small(status: str = "approved", **names: str) -> mining.Study:
    """Steps a, b, c; 12 cases that keep the design, others that do not; one standard, two rules, one allowance."""
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
    return small(name=SCRIPT, case=FORMULA, label=SCRIPT, who="@SUM(1)")


@cache
def page(lang: str = "en", of: Callable[[], mining.Study] = small) -> str:
    return render_html(of(), lang=lang)


class Tables(HTMLParser):
    """Per table id: row key to the data values of its cells. All tags, and the text outside style."""

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
        if "style" not in self.open:
            self.texts.append(data)


def same(shown: str, value: Any) -> bool:
    """Whether an attribute holds exactly the value of a frame."""
    value = plain(value)
    if value is None:
        return shown == ""
    return (
        float(shown) == value
        if isinstance(value, (int, float)) and not isinstance(value, bool)
        else shown == str(value)
    )


def assert_rows(shown: dict[str, dict[str, str]], frame: pd.DataFrame, key: str, columns: list[str]) -> None:
    assert list(shown) == frame[key].astype(str).tolist()
    for row in frame.to_dict("records"):
        for column in columns:
            assert same(shown[str(row[key])][column], row[column]), (row[key], column)


@pytest.mark.few_quick(1)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_number_in_the_tables_is_that_of_the_frames(lang):
    of, rows = small(), Tables(page(lang)).rows
    summary, found = of.summary().frame, of.findings()
    shares = ["judged", "gross", "low", "high", "net", "target", "met"]
    assert_rows(rows["table-checks"], summary, "check", [*VERDICTS, *shares])
    counts = ["n_gross", "n_judged", "n_net", "rate", "low", "high"]
    assert_rows(
        rows["table-priorities"], found.open(), "finding_id", ["rank", "priority", "visible", "excess_h", *counts]
    )
    rest = found.frame[found.frame["status"] != "open"]
    assert_rows(rows["table-unranked"], rest, "finding_id", ["status", "target", *counts])
    assert_rows(rows["table-allowances"], allowance_use(of), "allow_id", ["n_cases", "share", "max_share", "over"])
    blind = summary[summary["not_observable"] > 0]
    assert_rows(rows["table-blind"], blind, "check", ["not_observable"])
    orders = of.discovered.comparison.frame.query("what == 'order' and not designed").copy()
    orders["key"] = orders["name"] + " → " + orders["partner"]
    assert_rows(rows["table-only-observed-order"], orders, "key", ["observed_cases", "share"])


def test_evidence_names_the_row_the_time_and_the_size_of_a_fault():
    of, rows = small(), Tables(page()).rows
    faults = of.deviations().frame.astype({"case_id": str})
    late = faults[faults["check"] == "S1"]
    shown = rows[f"table-evidence-{late['finding_id'].iloc[0]}"]
    assert set(shown) == set(late["case_id"])
    for row in late.to_dict("records"):
        for name in ("row", "measured", "limit", "at"):
            assert same(shown[row["case_id"]][name], row[name])


def test_row_account_adds_up_in_print():
    rows = {key: int(row["rows"]) for key, row in Tables(page()).rows["table-lineage"].items()}
    assert (
        rows["in"]
        == rows["sum"]
        == sum(n for key, n in rows.items() if key not in ("in", "sum"))
        == small().log.lineage.rows_in
    )


def test_the_summary_is_made_from_the_tables():
    of, text = small(), " ".join("".join(Tables(page()).texts).split())
    path, n = of.summary().row("path"), of.instances.n_cases
    assert f"The log holds {n} cases: {n - 1} complete, 1 still open." in text
    assert f"{path['pass']} of {path['judged']} judged cases follow the designed flow" in text
    assert of.summary().row("S1")["met"] is False
    assert "Standards with a promised share: 1; met: 0; not met: 1. Not met: S1" in text
    assert "Checks that this log cannot answer for any case: 1 (S2)." in text


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


def test_a_hybrid_service_has_one_line_per_stage_and_no_figure_for_all_of_it():
    said = sentences(hybrid(), Writer("en", "UTC"))
    assert said[1] == (
        "Stage “Booking” (self-service): 6 of 7 judged cases hold designed steps only (85.7 %; 95 % interval 48.7–97.4 %); "
        "the order and number of these steps are free by design."
    ).replace(" %", "\u00a0%").replace("95\u00a0% interval", "95 % interval")  # fmt: skip
    assert said[2].startswith("Stage “Visit” (linear): 5 of 7 judged cases follow the designed flow")
    fit = hybrid().fits["path-two"]
    assert f"Log fitness {fit.log_fitness[0]:.3f}, mean of the cases {fit.mean_fitness[0]:.3f}." in said[2]
    assert said[3].startswith("In 6 of 7 judged cases the stages follow one another as designed")
    assert said[4].startswith("Fitness is not shown for “Booking”, ")
    assert "itness" not in " ".join(said[:2] + said[3:4] + said[5:])


@pytest.mark.parametrize(
    ("kind", "why"), [("interactive", "an interactive service"), ("self_service", "a self-service")]
)
def test_where_the_order_is_free_no_fitness_is_shown_and_the_page_says_why(kind, why):
    norm = blueprint({"free": ["a", "b", "c"]}, "abc", service_type=kind)
    of = study(norm, traces("abc", "bac", "xc"))
    said = sentences(of, Writer("en", "UTC"))
    assert "2 of 3 judged cases hold designed steps only" in said[1]
    assert said[2].startswith(f"Fitness is not shown: in {why}")
    html = render_html(of)
    assert "log fitness is" not in html
    assert "<dt>Precision</dt>" not in html
    assert "<dt>Certainty</dt>" in html
    assert "Fitness is not shown" not in page()
    assert "log fitness is" in page()
    assert "<dt>Precision</dt>" in page()


def test_certainty_is_said_for_the_path_checks_of_all_stages():
    of = hybrid()
    html = " ".join(page("en", hybrid).split())
    faults = of.deviations().frame
    ids = faults.loc[faults["check"].isin(["path-one", "path-two", "handover"]), "finding_id"].unique()
    assert len(ids) == 4
    for id in ids:
        assert "<dt>Certainty</dt>" in html.split(f'id="{id}"')[1].split("</article>")[0]
    doubtful = int((faults.loc[faults["dimension"] == "path", "certainty"] < 0.999).sum())
    assert (f"{doubtful} of {len(faults)} deviations from the designed flow" in html) == bool(doubtful)


def test_a_step_outside_the_blueprint_is_named_with_its_stage_and_one_of_it_is_not():
    titles = {row["check"]: row["title_en"] for row in hybrid().findings().frame.to_dict("records")}
    assert titles["path-one"] == "“X” is done where the design has none (stage “Booking”)"
    assert titles["handover"] == "“Step b” and “Step c” in the wrong order"
    both = hybrid().findings().frame.query("check == 'path-two'")["title_en"].tolist()
    assert sorted(both) == [
        "“Step c” is missing where the design has it",
        "“X” is done where the design has none (stage “Visit”)",
    ]


def test_a_finding_says_what_service_research_calls_it(tmp_path):
    html = page("en", hybrid)
    assert "ad-hoc touchpoint: 1 of 1 faults" in html
    assert "irregular sequence: 1 of 1 faults" in html
    assert "missing touchpoint:" not in html  # the step that is missing is no touchpoint
    rows = read(hybrid(), tmp_path)["deviations"]
    shown = [row[rows[0].index("Service term")] for row in rows[1:]]
    words = hybrid().deviations().frame["service_word"]
    assert shown == [None if pd.isna(x) else say(f"service_word.{x}", "en") for x in words]


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


@pytest.mark.parametrize(
    ("check", "title", "basis_words", "line"),
    [
        (
            "role-b",
            "“Step b” is done by somebody outside its designed role",
            "role assigned in the blueprint",
            "activity",
        ),
        (
            "channel-b",
            "“Step b” takes place in a channel that the design does not have for it",
            "channels of the touchpoint",
            "activity",
        ),
        (
            "evidence-b",
            "“Step b” leaves no evidence where the design asks for it",
            "evidence of the touchpoint",
            "activity",
        ),
        ("touchpoint-b", "“Step b” fails", "failure of the touchpoint as the blueprint defines it", "activity"),
        ("outcome", "Cases are given up before a designed end", "scope of the blueprint", "scope"),
        ("outcome", "Ended cases are opened again", "scope of the blueprint", "scope"),
        ("S2", "The turn passes between customer and provider at most 0×: not kept (S2)", "Charter", "standards"),
        ("S3", "The case passes from one person to another at most 0×: not kept (S3)", "Charter", "standards"),
    ],
)
def test_a_check_that_follows_from_the_design_has_title_basis_and_clause(check, title, basis_words, line):
    of = contacts()
    found = of.findings().frame
    assert title in set(found.loc[found["check"] == check, "title_en"])
    assert not found["title_zh"].str.contains(r"[{}]").any()
    assert basis(of.blueprint, check, "en").startswith(basis_words)
    at = {
        "activity": ("activities", 1),
        "scope": ("scope",),
        "standards": ("standards", int(check[1:]) - 1 if check[0] == "S" else 0),
    }
    assert clause(of.blueprint, check, "en") == f"test.yaml, line {of.blueprint.lines[at[line]]}"


def test_what_checks_that_follow_from_the_design_ask_for():
    norm = contacts().blueprint
    assert [
        check_text(norm, x, "en") for x in ("role-b", "channel-b", "evidence-b", "touchpoint-b", "outcome", "path")
    ] == [
        "“Step b” is done by its designed role: Clerk",
        "“Step b” takes place in a designed channel: desk",
        "“Step b” leaves the designed evidence: slip",
        "“Step b” does not fail (it fails where slip = void)",
        "The case reaches a designed end (“Step c”); after it, no “Step b”; silent for more than 2 days without an end counts as given up",
        "Only designed steps occur (their order is free)",
    ]
    with pytest.raises(mining.MiningError, match="'R9'"):
        check_text(norm, "R9", "en")


@pytest.mark.few_quick(1)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_measures_in_the_page_are_those_of_the_frames(lang):
    of = contacts()
    rows = Tables(page(lang, contacts)).rows
    shares = ["checks", "judged", "pass", "gross", "low", "high", "net"]
    assert_rows(rows["table-dimensions"], of.dimensions().frame, "dimension", shares)
    scores = of.touchpoints().frame
    tested = [x for x in FACETS if scores[f"{x}_n"].sum()]
    assert set(tested) >= {"exec", "role", "channel", "evidence", "not_failed"}
    facets = [name for x in tested for name in (x, f"{x}_n", f"{x}_passed")]
    assert_rows(
        rows["table-touchpoints"],
        scores,
        "touchpoint",
        ["n", "missing", "extra", "conf", "low", "high", "net", *facets],
    )
    columns = ["target", "met", "n", "share", "low", "high", "running", "overdue", "km", "km_low", "km_high", "kept"]
    assert_rows(rows["table-on-time"], of.on_time().frame, "standard", columns)
    columns = ["limit", "share", "at_80", "at_90", "at_95", "km_80", "km_90", "km_95", "at_target"]
    assert_rows(rows["table-calibration"], of.calibration().frame, "standard", columns)


def test_sections_without_rows_are_left_out_and_the_others_are_numbered_through():
    html = page()
    assert 'id="touchpoints"' not in html
    assert 'id="funnel"' not in html
    assert "6  Promised times" in html
    assert "10  Glossary" in html
    assert "6  Touchpoint scorecard" in page("en", contacts)


def test_the_funnel_of_a_self_service_stage_is_in_page_and_sheet(tmp_path):
    of = hybrid()
    frame = of.funnel("one").frame
    rows = Tables(page("en", hybrid)).rows["table-funnel-path-one"]
    columns = [
        "reached",
        "share",
        "low",
        "high",
        "dropped",
        "drop_share",
        "retries",
        "retry_cases",
        "back",
        "back_cases",
    ]
    assert_rows(rows, frame, "step", columns)
    assert list(rows) == ["a", "b"]
    sheet = read(of, tmp_path)["funnel"]
    assert_columns(
        sheet,
        frame,
        {"Cases that reached it": "reached", "Times tried again": "retries", "Times come back here": "back"},
    )


def test_sheets_hold_the_measures(tmp_path):
    of = contacts()
    sheets = read(of, tmp_path)
    names = {
        "Checks": "checks",
        "Judged cases": "judged",
        "Pass all checks": "pass",
        "Gross share": "gross",
        "Net share": "net",
    }
    assert_columns(sheets["dimensions"], of.dimensions().frame, names)
    assert_columns(
        sheets["touchpoints"], of.touchpoints().facets(), {"Denominator": "n", "Passed": "passed", "Share": "share"}
    )
    assert_columns(
        sheets["on_time"],
        of.on_time().frame,
        {"Standard": "standard", "In time": "met", "Denominator": "n", "Share": "share"},
    )
    assert_columns(sheets["calibration"], of.calibration().frame, {"Limit for 90 %": "at_90", "Limit": "limit"})
    assert "funnel" not in sheets
    assert "touchpoints" not in read(small(), tmp_path)


def test_the_record_of_measures_holds_fitness_only_where_the_flow_binds():
    record = measures_record(hybrid())
    assert [(x["check"], x["mode"], x["fit"] is None) for x in record["paths"]] == [
        ("path-one", "self_service", True), ("path-two", "linear", False), ("handover", "linear", True),
    ]  # fmt: skip
    assert record["dimensions"]["rows"] == hybrid().dimensions().to_dict()["rows"]
    assert list(record["funnels"]) == ["path-one"]
    for table in (
        record["dimensions"],
        record["touchpoints"],
        record["on_time"],
        record["calibration"],
        record["funnels"]["path-one"],
    ):
        assert all(set(row) == set(table["columns"]) for row in table["rows"])


@pytest.mark.few_quick(1)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_draft_is_said_to_be_no_basis_for_an_opinion(lang):
    warning = say("report.warning.draft", lang)
    assert warning in render_html(small("draft"), lang=lang)
    assert warning not in page(lang)


def test_hostile_names_stay_text_in_the_page():
    html = render_html(hostile())
    tags = Tables(html).tags
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "\u202e" not in html
    assert {"script", "iframe", "object", "link", "base"}.isdisjoint(tag for tag, _ in tags)
    assert not [name for _, found in tags for name in found if name.startswith("on")]
    assert LONG.strip() in html


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_loads_nothing(lang):
    html = page(lang)
    links = {str(found[x]) for _, found in Tables(html).tags for x in ("src", "href", "xlink:href") if x in found}
    assert links
    assert all(link.startswith(("#", "data:image/svg+xml;base64,")) for link in links)
    assert not re.findall(r"@import|url\((?!#)", html)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_is_well_formed_and_readable_without_eyes(lang):
    parsed = Tables(page(lang))
    tags = parsed.tags
    assert parsed.open == []
    assert dict(tags)["html"]["lang"] == {"en": "en", "zh": "zh-CN"}[lang]
    ids = [found["id"] for _, found in tags if "id" in found]
    assert len(ids) == len(set(ids))
    assert {str(found["href"])[1:] for tag, found in tags if tag == "a"} <= set(ids)
    assert all(found.get("alt") for tag, found in tags if tag == "img")
    assert all(found.get("scope") for tag, found in tags if tag == "th")
    assert sum(tag == "caption" for tag, _ in tags) == sum(tag == "table" for tag, _ in tags)
    assert [tag for tag, _ in tags].count("h1") == 1


def test_an_english_page_holds_no_chinese_but_names_from_the_data():
    assert not CJK.search(page("en"))
    assert CJK.search(page("zh"))


@pytest.mark.slow
def test_same_input_gives_the_same_bytes():
    first = render_html(small.__wrapped__(), lang="zh", generated="2026-03-05")
    assert first == render_html(small.__wrapped__(), lang="zh", generated="2026-03-05")
    assert "2026-03-05" in first


def test_a_log_without_faults_still_gives_a_report():
    html = render_html(study(blueprint(["a", "b"], "ab"), traces("ab", "ab")))
    assert "There is no finding to rank." in html
    assert "table-priorities" not in Tables(html).rows


def test_shares_never_round_to_all_or_nothing():
    w = Writer("zh", "UTC")
    shares = [w.share(x) for x in (0, 0.00001, 0.0008, 0.5, 0.9996, 0.99999, 1, np.nan)]
    assert shares == ["0%", "<0.01%", "0.08%", "50.0%", "99.96%", ">99.99%", "100%", "–"]
    assert Writer("en", "UTC").interval(0.8682, 0.9018) == "86.8–90.2\u00a0%"


# --- charts ----------------------------------------------------------------------------------------------------------


def test_charts_draw_on_the_axes_given_and_leave_no_figure_open():
    before = plt.get_fignums()
    page("zh")
    assert plt.get_fignums() == before
    figure, ax = plt.subplots()
    assert findings_chart(small().findings(), lang="zh", ax=ax) is ax
    widths = [bar.get_width() for container in ax.containers for bar in getattr(container, "patches", [])]
    assert sorted(widths) == sorted(small().findings().open()["rate"])
    plt.close(figure)


def test_a_chart_is_the_same_text_each_time_with_hostile_names_and_without_a_warning():
    texts = []
    for _ in range(2):
        axes = findings_chart(hostile().findings(), top=30)
        texts.append(to_svg(axes))
        plt.close(axes.figure)
    assert texts[0] == texts[1]
    assert "<script" not in texts[0]
    assert "<!--" not in texts[0]
    assert 'viewBox="' in texts[0]
    assert "<dc:date>" not in texts[0]


def test_standards_without_an_answer_are_not_drawn():
    axes = standards_chart(small())
    assert [label.get_text()[:2] for label in axes.get_yticklabels()] == ["S1"]
    plt.close(axes.figure)
    assert len(register_fonts()) == 2


# --- working papers ----------------------------------------------------------------------------------------------------


def read(of: mining.Study, folder: Path, lang: str = "en") -> dict[str, list[tuple[Any, ...]]]:
    path = folder / "workpapers.xlsx"
    write_workpapers(of, path, lang=lang)
    book = openpyxl.load_workbook(path)
    keys = {say(f"sheet.{key}", lang): key for key in ("readme", *(make.__name__ for make in workpapers.MAKERS))}
    sheets = {keys[sheet.title]: list(sheet.iter_rows(values_only=True)) for sheet in book}
    book.close()
    return sheets


def assert_columns(rows: list[tuple[Any, ...]], frame: pd.DataFrame, names: dict[str, str]) -> None:
    """Columns of a sheet, by heading, hold the values of the frame."""
    assert len(rows) == len(frame) + 1
    for heading, name in names.items():
        at = rows[0].index(heading)
        expected = [plain(x) for x in frame[name]]
        got = [row[at] for row in rows[1:]]
        assert got == [pytest.approx(x) if isinstance(x, float) else x for x in expected]


def test_sheets_hold_the_frames(tmp_path):
    of = small()
    sheets = read(of, tmp_path)
    verdicts = {say(f"verdict.{word}", "en"): word for word in VERDICTS}
    checks = verdicts | {
        "Check": "check",
        "Judged": "judged",
        "Gross share": "gross",
        "Net share": "net",
        "Promised share": "target",
    }
    assert_columns(sheets["checks"], of.summary().frame, checks)
    found = {
        "Rank": "rank",
        "Finding": "finding_id",
        "Cases, net": "n_net",
        "Net rate": "rate",
        "Hours over the limit": "excess_h",
    }
    assert_columns(sheets["findings"], of.findings().frame, found)
    faults = {
        "Case": "case_id",
        "Measured": "measured",
        "Row in the log file": "row",
        "Seconds over the limit": "excess_s",
    }
    assert_columns(sheets["deviations"], of.deviations().frame, faults)
    assert_columns(
        sheets["allowances"],
        allowance_use(of),
        {"Allowance": "allow_id", "Cases": "n_cases", "Agreed at most": "max_share"},
    )
    net = of.verdicts().frame.pivot(index="case_id", columns="check", values="verdict")
    header, *rows = sheets["matrix"]
    for row in rows:
        assert [verdicts[word] for word in row[1:]] == net.loc[row[0], list(header[1:])].tolist()
    assert len(rows) == of.instances.n_cases


def test_times_are_dates_in_the_zone_named_in_the_heading(tmp_path):
    of = small()
    rows = read(of, tmp_path, "zh")["deviations"]
    at = of.deviations().frame["at"].dt.tz_localize(None)
    for heading, zone in (("时间（UTC）", "UTC"), ("时间（Asia/Shanghai）", "Asia/Shanghai")):
        local = [x.tz_localize("UTC").tz_convert(zone).tz_localize(None).to_pydatetime() for x in at]
        assert [row[rows[0].index(heading)] for row in rows[1:]] == local


def test_hostile_texts_are_cells_of_text(tmp_path):
    of = hostile()
    write_workpapers(of, tmp_path / "w.xlsx")
    book = openpyxl.load_workbook(tmp_path / "w.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d", "b", "inlineStr"}
    assert not [cell for cell in cells if cell.hyperlink]
    values = {cell.value for cell in cells}
    assert {FORMULA, "@SUM(1)", SCRIPT, LONG} <= values
    assert all(cell.quotePrefix for cell in cells if cell.value in (FORMULA, "@SUM(1)"))
    book.close()


def test_working_papers_are_the_same_bytes_each_time(tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        write_workpapers(small(), tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_sheet_that_is_full_says_where_the_rest_is(tmp_path, monkeypatch):
    monkeypatch.setattr(workpapers, "MOST_ROWS", 4)
    sheets = read(small(), tmp_path)
    assert len(sheets["checks"]) == 4
    n = len(small().checks)
    assert f"Sheet Checks holds the first 3 of {n} rows; all of them are in manifest.json." in {
        row[1] for row in sheets["readme"]
    }


def test_a_matrix_too_large_holds_the_first_cases_with_a_fault_and_says_how_many_others_there_are(
    tmp_path, monkeypatch
):
    whole = read(small(), tmp_path)
    faulty = sorted(set(small().deviations().frame["case_id"]))
    monkeypatch.setattr(sheet_rows, "MOST_CELLS", 3 * len(whole["matrix"][0]))
    cut = read(small(), tmp_path)
    assert [row[0] for row in cut["matrix"][1:]] == faulty[:3]
    assert set(cut["matrix"]) < set(whole["matrix"])
    n = small().instances.n_cases
    assert (
        f"Sheet Matrix is cut: it holds the first 3 of the {len(faulty)} cases with a fault, in order of the case id. "
        f"The other {n - 3} of {n} cases, those without a fault among them, are in verdicts.parquet."
    ) in {row[1] for row in cut["readme"]}
    assert not [row for row in whole["readme"] if "is cut" in str(row[1])]


def test_too_many_faults_are_cut_to_as_many_of_each_finding(tmp_path, monkeypatch):
    whole = read(small(), tmp_path)
    frame = small().deviations().frame
    sizes = frame["finding_id"].value_counts()
    monkeypatch.setattr(sheet_rows, "MOST_CELLS", (len(frame) - 1) * len(whole["deviations"][0]))
    cut = read(small(), tmp_path)
    each = int(sizes.max()) - 1
    kept = frame[frame.groupby("finding_id").cumcount() < each]
    place = whole["deviations"][0].index("Case")
    assert [row[place] for row in cut["deviations"][1:]] == kept["case_id"].tolist()
    assert (
        f"Sheet Deviations is cut: it holds {len(kept)} of {len(frame)} faults, of each finding the first {each} at most. "
        f"The other {len(frame) - len(kept)} are in deviations.parquet."
    ) in {row[1] for row in cut["readme"]}


def test_odd_values_do_not_break_a_sheet():
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True, "strings_to_formulas": False}) as book:
        looks = workpapers._looks(book, Writer("en", "UTC"))
        sheet = book.add_worksheet()
        values = [
            float("nan"),
            float("inf"),
            "x" * 40_000,
            "\ud800\uffff",
            pd.Timestamp("1850-01-01").to_pydatetime(),
            "a\x07b",
        ]
        for column, value in enumerate(values):
            workpapers._write_cell(sheet, 0, column, value, "text" if isinstance(value, str) else "number", looks)
    got = [cell.value for cell in openpyxl.load_workbook(buffer).active[1]]
    assert got[1:] == [
        "inf",
        "x" * 32_766 + "…",
        "\ufffd\ufffd",
        "1850-01-01 00:00:00",
        "a_x0007_b",
    ]  # Excel's own way to write it
    assert zipfile.is_zipfile(buffer)


# --- words -------------------------------------------------------------------------------------------------------------


def test_every_text_has_both_languages_and_the_same_places():
    for key, texts in catalogue().items():
        assert set(texts) == {"en", "zh"}, key
        assert not CJK.search(texts["en"]), key
        places = [set(re.findall(r"\{(\w+)\}", text)) for text in texts.values()]
        assert places[0] == places[1] or key.startswith(("rule.", "report.version")), key


def test_no_key_stands_twice_in_the_catalogue():
    lines = (ROOT / "mining" / "texts.yaml").read_text("utf-8").splitlines()
    keys = [line.split(":")[0] for line in lines if line and not line.startswith("#")]
    assert len(keys) == len(set(keys)) == len(yaml.safe_load("\n".join(lines)))


def test_keys_used_exist_and_keys_that_exist_are_used():
    files = [*(ROOT / "mining").rglob("*.py"), *(ROOT / "mining").rglob("*.j2")]
    source = "\n".join(path.read_text("utf-8") for path in files)
    literal = set(re.findall(r'(?:\bsay|\bt)\(\s*"([\w.]+)"', source))
    assert {key for key in literal if not key.endswith(".")} - set(catalogue()) == set()
    quoted = set(re.findall(r'"([a-z_]+\.[\w.]+)"', source))
    stems = set(re.findall(r'f"([a-z_]+\.[\w.]*)\{', source)) | set(re.findall(r'"([a-z_]+\.)" ~', source))
    stems |= {
        f"{name}." for name in ("dimension", "kind", "pattern", "severity", "verdict", "priority", "status", "decision")
    }
    unused = [key for key in catalogue() if key not in quoted and not key.startswith(tuple(stems))]
    assert unused == []


def test_cases_outside_the_time_of_the_blueprint_are_counted():
    norm = blueprint(["a", "b"], "ab", effective={"from": "2026-03-03"})
    judged = study(norm, {"early": [("A", 0.0), ("B", 1.0)], "later": [("A", 24.0), ("B", 25.0)]})
    assert "1 of 2 cases began outside the time the blueprint is in force (2026-03-03 to now)" in render_html(judged)
    assert "服务蓝图生效期" in render_html(judged, lang="zh")


def test_open_cases_are_said_to_be_measured_up_to_the_end_of_the_log():
    judged = study(blueprint(["a", "b"], "ab"), {"open": [("A", 0.0)], "done": [("A", 0.0), ("B", 3.0)]})
    assert "measured up to the last moment of the log, 2026-03-02 12:00:00." in render_html(judged)


@pytest.mark.few_quick(1)
@pytest.mark.parametrize(
    ("lang", "wanted"),
    [
        (
            "en",
            "R is judged by the completion of Step a and the completion of Step b. By the completion of Step a and the start of Step b, "
            "1 of 2 cases would have another verdict (1 would fail, 0 would pass).",
        ),
        (
            "zh",
            "R 按步骤a的完成且步骤b的完成判定；若按步骤a的完成且步骤b的开始，2 个案例中有 1 个判定不同（1 个变为不符合，0 个变为符合）。",
        ),
    ],
)
def test_the_report_says_where_a_verdict_hangs_on_the_moment_used(lang, wanted):
    rule = {"id": "R", "kind": "precedence", "a": "a", "b": "b", "severity": "major", "basis": "x"}
    log = {
        "early": [("A", 2.0, "ann", 1.0), ("B", 3.0, "bob", 1.5), ("C", 4.0, "x", 3.5)],
        "after": [("A", 2.0, "ann", 1.0), ("B", 3.0, "bob", 2.5), ("C", 4.0, "x", 3.5)],
    }
    page = render_html(study(blueprint([*"abc"], "abc", rules=[rule]), log), lang=lang)
    assert page.count(wanted) == 1  # nothing to rank: under the limits only
    log["broken"] = [("B", 1.0, "bob", 0.5), ("A", 2.0, "ann", 1.0), ("C", 4.0, "x", 3.5)]
    page = render_html(study(blueprint([*"abc"], "abc", rules=[rule]), log), lang=lang)
    assert page.count(wanted.replace("of 2 ", "of 3 ").replace("2 个案例", "3 个案例")) == 2  # at the finding as well


@pytest.mark.parametrize(("lang", "caption"), [("en", "Problems of the data, and what"), ("zh", "数据问题及其")])
def test_every_problem_of_the_data_is_in_report_workpapers_and_findings_file(tmp_path, lang, caption):
    judged = study(blueprint([*"abc"], "abc"), {"c": [("A", 1.0), ("A", 1.0), ("B", 2.0), ("C", 3.0)]})
    assert len(judged.quality.frame)
    page = render_html(judged, lang=lang)
    assert caption in page
    rows = read(judged, tmp_path, lang=lang)["quality"][1:]
    assert [row[2] for row in rows if row[2] is not None] == judged.quality.frame["count"].tolist()
    assert len(rows) == len(judged.quality.frame) + len(judged.quality.not_checked)
    assert findings_record(judged)["data_problems"]["all"] == judged.quality.to_dict()["rows"]
