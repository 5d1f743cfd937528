"""What the report says once and rightly: nothing that is 0, no bare promise, what is provisional, proposed, or approved afterwards."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import mining
from mining.harm.words import amounts
from mining.outcomes.outcome import Outcome
from mining.pictures.words import words_in
from mining.plan.targets import target_of
from mining.record import Engagement, Graded, rate
from mining.record.earlier import verdict_word
from mining.report import audit_back, audit_body, audit_document, audit_front, evidence, sections, summary
from mining.report.details import _drafted
from mining.report.formats import writer_of
from mining.report.naming import check_name
from mining.texts import customer_term
from mining.units import readable_together
from tests.audit_records import record_of_study, recorded
from tests.helpers import MONDAY, blueprint, study, traces
from tests.report_cases import contacts, said, small, words

LANGS = pytest.mark.parametrize("lang", ["en", "zh"])


def said_of(section) -> str:
    return "\n".join(words(section))


# --- limits ---------------------------------------------------------------------------------------------------------------


def test_cases_that_began_before_the_approval_are_counted():
    norm = blueprint(["a", "b"], "ab", approval={"by": "Board", "date": "2026-03-03"})
    judged = study(norm, {"early": [("A", 0.0), ("B", 1.0)], "later": [("A", 24.0), ("B", 25.0)]})
    wanted = "1 of 2 cases began before the blueprint was approved (2026-03-03)."
    assert wanted in said(judged, audit_front.data)
    assert "2 个案例中有 1 个开始于服务蓝图批准日期（2026-03-03）之前" in said(judged, audit_front.data, lang="zh")
    early = study(blueprint(["a", "b"], "ab"), traces("ab"))  # approved on the first day of the year
    assert "before the blueprint was approved" not in said(early, audit_front.data)


def varying(varies: bool = True) -> mining.Study:
    """Twenty cases that a standard judges by the column ``grade``, which has several values in each case."""
    norm = blueprint(
        ["a", "b"], "ab",
        log={"case": "case", "activity": "activity", "timestamp": "end", "resource": "resource",
             "attributes": {"grade": {"column": "grade", "type": "number"}}},
        standards=[{"id": "S9", "dimension": "quality", "metric": "attribute", "attr": "grade", "max": 3, "share": 0.5,
                    "severity": "minor", "basis": "Charter"}],
    )  # fmt: skip
    rows = []
    for case in range(20):
        for step, label in enumerate("AB"):
            at = MONDAY + pd.Timedelta(hours=10 * case + step)
            rows.append((f"c{case}", label, at, "ann", 1 + (step if varies else 0)))
    table = pd.DataFrame(rows, columns=["case", "activity", "end", "resource", "grade"])
    return mining.Study(mining.EventLog.from_frame(table, columns=norm.binding), norm)


@LANGS
def test_a_standard_judged_by_the_first_of_several_values_is_marked_wherever_it_is_called_met(lang):
    plain, marked = varying(False), varying()
    mark = {"en": "judged by the first of several values", "zh": "仅按多个取值中的第一个判定"}[lang]
    named = {"en": "S9 (met)", "zh": "S9（达标）"}[lang]
    for of, there in ((plain, False), (marked, True)):
        w = writer_of(of, lang)
        cells = {row.key: row.cells[0] for group in sections.checks(of, w).groups for row in group.rows}
        assert (mark in cells["S9"].sub) == there
        assert not any(mark in cell.sub for key, cell in cells.items() if key != "S9")
        assert any(named in x for x in summary.sentences(record_of_study(of), w)) == there


def test_checks_that_follow_from_the_design_have_words_and_no_codes():
    of = contacts()
    for lang in ("en", "zh"):
        w = writer_of(of, lang)
        names = {x.id: check_name(of.blueprint, x.id, w) for x in of.checks}
        assert all(id == name for id, name in names.items() if id in of.blueprint.checks)
        assert not [name for id, name in names.items() if id not in of.blueprint.checks and "-" in name]
    w = writer_of(of, "en")
    assert check_name(of.blueprint, "touchpoint-b", w) == "touchpoint “Step b”"
    assert not [line for line in evidence.limits(of, w) if "touchpoint-" in line or "role-" in line]


def test_what_is_none_is_not_said():
    of = study(blueprint(["a", "b"], "ab"), traces("ab", "ab"))
    text = "\n".join(summary.sentences(record_of_study(of), writer_of(of, "en")))
    assert "The log holds 2 cases, all of them complete." in text
    assert "still open" not in text
    assert "No finding is ranked." in text
    assert "Not ranked" not in text
    assert "with the same time" not in said(of, audit_front.data)
    tied = study(blueprint(["a", "b"], "ab"), {"c": [("A", 0.0), ("B", 0.0)]})
    assert "with the same time as the one before in their case: 1 of 2." in said(tied, audit_front.data)


# --- the word for the customer ---------------------------------------------------------------------------------------------


def test_the_word_for_the_customer_reaches_remarks_on_the_design_and_pictures():
    of = contacts()
    w = writer_of(of, "zh")

    def chapter() -> str:
        return said_of(audit_body.designed(record_of_study(of), w))

    assert "顾客" in chapter()
    assert words_in("zh")["visible"] == "顾客可见"
    with customer_term("客户"):
        assert "顾客" not in chapter()
        assert words_in("zh")["visible"] == "客户可见"
        assert words_in("en")["visible"] == "visible to the customer"
        assert "客户可见" in of.plot(lang="zh").svg or "客户" in of.plot(lang="zh").svg
        assert "顾客" not in of.plot(lang="zh").svg


# --- the rating ------------------------------------------------------------------------------------------------------------


@LANGS
def test_a_rating_of_which_nothing_was_inspected_is_provisional(lang):
    late = Graded("F-00000001", "critical", "H", "open", n_net=47, low=0.7, n_judged=53, n_cases=4400)
    made = rate([late], mode="audit", blueprint_status="approved", blind_share=0.0, inspected=False)
    mark = {"en": "(provisional: nothing inspected yet)", "zh": "（暂定：尚未抽样核实）"}[lang]
    assert made.provisional
    assert made.sentence(lang).startswith(made.headline(lang))
    assert made.headline(lang).endswith(mark)
    counted = {
        "en": "47 of 53 judged cases; the check was judged in 1.2 % of all cases",
        "zh": "53 个已判定案例中 47 个；该检查仅对全部案例的 1.2%",
    }
    assert counted[lang] in made.sentence(lang)
    seen = rate([replace(late, confirmed=True)], mode="audit", blueprint_status="approved", blind_share=0.0)
    assert mark not in seen.sentence(lang) + seen.headline(lang)
    for mode, status, blind in (("advisory", "approved", 0.0), ("audit", "draft", 0.0), ("audit", "approved", 0.9)):
        none = rate([late], mode=mode, blueprint_status=status, blind_share=blind, inspected=False)
        assert not none.provisional
        assert mark not in none.sentence(lang)


def test_the_rating_names_findings_by_number_and_title():
    of = record_of_study(small())
    text = audit_back.rating_said(of, writer_of(of.study, "en"))
    first = next(x for x in of.ranked if x.finding_id == of.rating.because[0].finding_id)
    at = first.condition
    assert f"finding {first.number}, “{first.title['en']}” ({at['n_net']} of {at['n_judged']} judged cases" in text
    assert first.finding_id not in text


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["audit", "advisory"])
def test_without_a_rating_there_is_no_rule_and_no_opinion(mode):
    of = recorded(small("draft"), engagement=Engagement(mode=mode))
    document = audit_document(of, lang="en")
    chapters = {x.id: x for x in document.sections}
    sentence = audit_back.rating_said(of, writer_of(of.study, "en"))
    assert chapters["conclusion"].title == "Conclusion"
    assert "conclusion-and-opinion" not in chapters
    whole = "\n".join(said_of(x) for x in document.sections)
    assert "How the rating is found" not in whole
    assert whole.count(sentence) == (2 if mode == "audit" else 0)  # summary and conclusion
    assert not [x for x in chapters["catalogue"].facts if x.label == "Rating"]
    assert [
        x
        for x in audit_back.catalogue(record_of_study(small()), writer_of(of.study, "en")).facts
        if x.label == "Rating"
    ]


# --- plan, amounts, follow-up ------------------------------------------------------------------------------------------------


def test_what_must_never_happen_and_what_few_cases_have_is_to_stop_altogether():
    of = small()
    rows = of.findings().frame.set_index("check")
    faults = of.deviations().frame

    def proposed(check: str):
        mask = pd.Series(list(of.log.case_ids)).isin(faults.loc[faults["check"] == check, "case_id"]).to_numpy()
        return target_of(of, check, mask, rows.loc[check, "rate"])

    critical, few, promised = proposed("R1"), proposed("R2"), proposed("S1")
    assert (critical.value, critical.rule["en"]) == (0.0, "none: a critical check allows no case")
    assert (few.value, few.rule["en"]) == (0.0, "none: fewer than 5 cases have it")
    assert promised.value == pytest.approx(0.1)


def test_a_target_is_a_proposal_until_somebody_takes_it_on():
    action = {"target": 0.1, "proposed": 0.1, "owner": "", "due": None}
    assert _drafted(action)
    assert _drafted(action | {"owner": "Ann"})
    assert not _drafted(action | {"owner": "Ann", "due": "2026-12-31"})
    assert not _drafted(action | {"target": 0.05})
    assert not _drafted(action | {"target": None, "proposed": None})


def test_both_ends_of_an_interval_have_one_unit():
    time = Outcome.__new__(Outcome)
    object.__setattr__(time, "kind", "time")
    assert amounts([-6.8 * 3600, 1.5 * 86_400], time) == ["-0.3 d", "1.5 d"]
    assert amounts([-6.8 * 3600, 1.5 * 86_400], time, "zh") == ["-0.3 天", "1.5 天"]
    assert readable_together([300, 1.5 * 86_400]) == ["0.1 h", "36.0 h"]
    assert readable_together([20.0, 400 * 86_400.0]) == ["0.0 d", "400.0 d"]
    assert readable_together([0.0, 12.0]) == ["0 s", "12 s"]


@pytest.mark.parametrize(
    ("verdict", "n_now", "word"),
    [
        ("resolved", 0, "resolved"),
        ("resolved", 7, "resolved (upper limit below 1 %)"),
        ("improved", 7, "improved"),
        ("not_comparable", pd.NA, "not comparable"),
    ],
)
def test_what_a_few_cases_still_have_is_not_bare_resolved(verdict, n_now, word):
    assert verdict_word({"verdict": verdict, "n_now": n_now}, "en") == word


def test_the_approach_says_whether_the_inspection_was_done():
    assert "their inspection is planned and not done yet" in said(small(), audit_front.engagement)
    assert "尚未进行" in said(small(), audit_front.engagement, lang="zh")
