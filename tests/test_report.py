"""The report says what the record and the frames say, in both languages, and hostile names stay text."""

from __future__ import annotations

import re
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from mining.conformance.verdicts import VERDICTS
from mining.plots import findings_chart, register_fonts, standards_chart, to_svg
from mining.report import audit_back, audit_body, audit_document, audit_front, render_page
from mining.report.formats import writer_of
from mining.report.improvement_tables import LOST
from mining.report.sections import allowance_use
from mining.texts import say
from tests.audit_records import page_of, record_of_study, recorded
from tests.helpers import blueprint, study, traces
from tests.report_cases import LONG, Tables, assert_rows, hostile, said, same, small
from tests.test_workpapers import read

pytestmark = pytest.mark.filterwarnings("error")

CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
LANGS = pytest.mark.parametrize("lang", ["en", "zh"])


def page(lang: str = "en", of: Any = small) -> str:
    return page_of(of(), lang)


@pytest.mark.few_quick(1)
@LANGS
def test_every_number_in_the_tables_is_that_of_the_frames(lang):
    of, rows = small(), Tables(page(lang)).rows
    summary = of.summary().frame
    shares = ["judged", "gross", "low", "high", "net", "target", "met"]
    assert_rows(rows["table-checks"], summary, "check", [*VERDICTS, *shares])
    assert_rows(rows["table-allowances"], allowance_use(of), "allow_id", ["n_cases", "share", "max_share", "over"])
    blind = summary[summary["not_observable"] > 0]
    assert len(blind)
    assert_rows(rows["table-blind"], blind, "check", ["not_observable"])
    orders = of.discovered.comparison.frame.query("what == 'order' and not designed").copy()
    orders["key"] = orders["name"] + " → " + orders["partner"]
    assert_rows(rows["table-only-observed-order"], orders, "key", ["observed_cases", "share"])


@pytest.mark.few_quick(1)
@LANGS
def test_the_findings_of_the_tables_are_those_of_the_record_and_of_the_frames(lang):
    of, rows = record_of_study(small()), Tables(page(lang)).rows
    assert list(rows["table-priorities"]) == [x.finding_id for x in of.ranked]
    rest = [x for x in of.findings if not x.ranked]
    assert rest
    assert list(rows["table-unranked"]) == [x.finding_id for x in rest]
    frame = small().findings().frame.set_index("finding_id")
    assert set(frame.index) == {x.finding_id for x in of.findings}
    counts = ("n_gross", "n_judged", "n_net", "rate", "low", "high")
    for finding in of.findings:
        shown = rows["table-priorities" if finding.ranked else "table-unranked"][finding.finding_id]
        row = frame.loc[finding.finding_id]
        assert finding.status == row["status"]
        for name in counts:
            assert same(shown[name], finding.condition[name]), name
            assert same(shown[name], row[name]), name
        if finding.ranked:
            assert same(shown["rank"], finding.number)
            assert shown["priority"] == finding.priority == row["priority"]
            assert same(shown["visible"], row["visible"])
            for name in LOST:
                assert same(shown[name], finding.consequence[name]), name
        else:
            assert shown["status"] == row["status"]
            assert same(shown["target"], row["target"])


def test_evidence_names_the_row_the_time_and_the_size_of_a_fault():
    of, rows = small(), Tables(page()).rows
    faults = of.deviations().frame.astype({"case_id": str})
    late = faults[faults["check"] == "S1"]
    shown = rows[f"table-evidence-{late['finding_id'].iloc[0]}"]
    assert set(shown) == set(late["case_id"])
    for row in late.to_dict("records"):
        for name in ("row", "measured", "limit", "at"):
            assert same(shown[row["case_id"]][name], row[name])


def test_the_appendix_of_cases_names_the_cases_of_a_finding_with_their_rows():
    of, rows = record_of_study(small()), Tables(page()).rows["table-cases"]
    faults = small().deviations().frame
    assert list(rows) == [x.finding_id for x in of.findings]
    for finding in of.findings:
        shown = rows[finding.finding_id]
        pairs = [x.partition("=") for x in shown["shown"].split("; ")]
        mine = faults[faults["finding_id"] == finding.finding_id]
        assert int(shown["cases"]) == finding.evidence["cases"] == mine["case_id"].nunique()
        assert {case for case, _, _ in pairs} == set(mine["case_id"])
        evidence = [(x["case_id"], "" if x["row"] is None else str(int(x["row"]))) for x in finding.evidence["shown"]]
        assert [(case, row) for case, _, row in pairs][: len(evidence)] == evidence


def test_row_account_adds_up_in_print():
    rows = {key: int(row["rows"]) for key, row in Tables(page()).rows["table-lineage"].items()}
    assert (
        rows["in"]
        == rows["sum"]
        == sum(n for key, n in rows.items() if key not in ("in", "sum"))
        == small().log.lineage.rows_in
    )
    for step in Tables(page()).rows["table-steps"].values():
        assert int(step["in"]) == int(step["out"]) + int(step["dropped"])


def test_the_summary_is_made_from_the_tables():
    of, text = small(), " ".join("".join(Tables(page()).texts).split())
    path, n = of.summary().row("path"), of.instances.n_cases
    assert f"The log holds {n} cases: {n - 1} complete, 1 still open." in text
    assert f"{path['pass']} of {path['judged']} judged cases follow the designed flow" in text
    assert of.summary().row("S1")["met"] is False
    assert "Standards with a promised share: 1; met: 0; not met: 1. Not met: S1" in text
    assert "Checks that this log cannot answer for any case: 1 (S2)." in text
    found = record_of_study(of)
    high, medium, low = (sum(x.priority == p for x in found.ranked) for p in "HML")
    assert f"Findings ranked: {len(found.ranked)} (high {high}, medium {medium}, low {low})." in text
    assert audit_back.rating_said(found, writer_of(of, "en")) in text
    assert all(line in text for line in of.discovered.summary("en"))


# --- outline ------------------------------------------------------------------------------------------------------------


def test_sections_without_rows_are_left_out_and_the_others_are_numbered_through():
    html, gap = page(), "\u2002"
    assert 'id="funnels"' not in html
    assert "The blueprint names no touchpoints." in html
    assert f"7.4{gap}Promised times" in html
    assert f"9.1{gap}Touchpoint scorecard" in html
    assert f"Appendix E{gap}Glossary" in html


@pytest.mark.slow
def test_a_chinese_audit_report_has_the_six_headings_of_the_standard():
    titles = re.findall(r"<h2[^>]*>([^<]*)</h2>", page("zh"))
    chapters = ["审计概况", "审计依据", "审计发现", "审计结论", "审计意见", "审计建议"]
    assert [x.partition("、")[2] for x in titles if re.match("[一二三四五六]、", x)] == chapters


# --- warnings and limits ------------------------------------------------------------------------------------------------


@LANGS
def test_a_draft_is_said_to_be_no_basis_for_an_opinion(lang):
    warning = say("report.warning.draft", lang)
    of = small("draft")
    record = record_of_study(of)
    assert audit_front.warning(record, writer_of(of, lang)) == warning
    assert not record.rating.given
    assert warning not in audit_front.warning(record_of_study(small()), writer_of(small(), lang))


@pytest.mark.slow
def test_the_warning_stands_above_all_on_the_page():
    html = page_of(small("draft"))
    assert html.index(say("report.warning.draft", "en")) < html.index("<nav")
    assert say("report.warning.draft", "en") not in page()


def test_cases_outside_the_time_of_the_blueprint_are_counted():
    norm = blueprint(["a", "b"], "ab", effective={"from": "2026-03-03"})
    judged = study(norm, {"early": [("A", 0.0), ("B", 1.0)], "later": [("A", 24.0), ("B", 25.0)]})
    wanted = "1 of 2 cases began outside the time the blueprint is in force (2026-03-03 to now)"
    assert wanted in said(judged, audit_front.data)
    assert "服务蓝图生效期" in said(judged, audit_front.data, lang="zh")


def test_open_cases_are_said_to_be_measured_up_to_the_end_of_the_log():
    judged = study(blueprint(["a", "b"], "ab"), {"open": [("A", 0.0)], "done": [("A", 0.0), ("B", 3.0)]})
    assert "measured up to the last moment of the log, 2026-03-02 12:00:00." in said(judged, audit_front.data)


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
    norm = blueprint([*"abc"], "abc", rules=[rule])
    of = study(norm, log)
    assert said(of, audit_front.data, lang=lang).count(wanted) == 1  # under the limits; there is no finding
    assert wanted not in said(of, audit_back.findings, lang=lang)
    of = study(norm, log | {"broken": [("B", 1.0, "bob", 0.5), ("A", 2.0, "ann", 1.0), ("C", 4.0, "x", 3.5)]})
    wanted = wanted.replace("of 2 ", "of 3 ").replace("2 个案例", "3 个案例")
    assert said(of, audit_front.data, lang=lang).count(wanted) == 1
    assert said(of, audit_back.findings, lang=lang).count(wanted) == 1  # at the finding as well


@pytest.mark.parametrize(("lang", "caption"), [("en", "Problems of the data, and what"), ("zh", "数据问题及其")])
def test_every_problem_of_the_data_is_in_report_workpapers_and_findings_file(tmp_path, lang, caption):
    judged = study(blueprint([*"abc"], "abc"), {"c": [("A", 1.0), ("A", 1.0), ("B", 2.0), ("C", 3.0)]})
    assert len(judged.quality.frame)
    assert caption in said(judged, audit_front.data, lang=lang)
    rows = read(judged, tmp_path, lang=lang)["quality"][1:]
    assert [row[2] for row in rows if row[2] is not None] == judged.quality.frame["count"].tolist()
    assert len(rows) == len(judged.quality.frame) + len(judged.quality.not_checked)
    assert record_of_study(judged).to_dict()["data_problems"]["all"] == judged.quality.to_dict()["rows"]


# --- the page ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_hostile_names_stay_text_in_the_page():
    html = page("en", hostile)
    parsed = Tables(html)
    assert (
        html.count("<script") == [tag for tag, _ in parsed.tags].count("script") == 1
    )  # that of the page, which sorts
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "\u202e" not in html
    assert {"iframe", "object", "link", "base", "form"}.isdisjoint(tag for tag, _ in parsed.tags)
    assert not [name for _, found in parsed.tags for name in found if name.startswith("on")]
    assert LONG.strip() in html
    assert parsed.open == []


@pytest.mark.few_quick(1)
@LANGS
def test_the_page_loads_nothing(lang):
    html = page(lang)
    links = {str(found[x]) for _, found in Tables(html).tags for x in ("src", "href", "xlink:href") if x in found}
    assert links
    assert all(link.startswith(("#", "data:image/svg+xml;base64,")) for link in links)
    remote = re.findall(r"@import|url\((?!#|data:)", html)
    assert not remote


@pytest.mark.few_quick(1)
@LANGS
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


@pytest.mark.few_quick(1)
@LANGS
def test_an_english_page_holds_no_chinese_but_names_from_the_data(lang):
    assert bool(CJK.search(page(lang))) == (lang == "zh")


@pytest.mark.slow
def test_same_input_gives_the_same_bytes():
    first, second = (render_page(audit_document(recorded(small.__wrapped__()), lang="zh")) for _ in range(2))
    assert first == second


@pytest.mark.slow
@LANGS
def test_a_log_without_faults_still_gives_a_report(lang):
    of = study(blueprint(["a", "b"], "ab"), traces("ab", "ab"))
    html = page_of(of, lang)
    assert say("chart.no_findings", lang) in html
    assert "table-priorities" not in Tables(html).rows


def test_where_there_is_nothing_to_rank_the_chapters_say_so():
    of = study(blueprint(["a", "b"], "ab"), traces("ab", "ab"))
    for make in (audit_back.findings, audit_body.priorities):
        assert "There is no finding to rank." in said(of, make)


# --- numbers and charts --------------------------------------------------------------------------------------------------


def test_shares_never_round_to_all_or_nothing():
    w = writer_of(small(), "zh")
    shares = [w.share(x) for x in (0, 0.00001, 0.0008, 0.5, 0.9996, 0.99999, 1, np.nan)]
    assert shares == ["0%", "<0.01%", "0.08%", "50.0%", "99.96%", ">99.99%", "100%", "–"]
    assert writer_of(small(), "en").interval(0.8682, 0.9018) == "86.8–90.2\u00a0%"


def test_charts_draw_on_the_axes_given_and_leave_no_figure_open():
    before = plt.get_fignums()
    assert audit_body.conformance(record_of_study(small()), writer_of(small(), "zh"))
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


def test_no_case_is_lost_between_the_frames_and_the_record():
    of = record_of_study(small())
    faults = pd.Series({x.finding_id: x.evidence["cases"] for x in of.findings})
    counted = small().deviations().frame.groupby("finding_id")["case_id"].nunique()
    assert faults.sort_index().to_dict() == counted.sort_index().to_dict()
