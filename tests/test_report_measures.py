"""Services read as their type says: stages, checks that follow from the design, and the measures they add up to, in page and workbook."""

from __future__ import annotations

import pandas as pd
import pytest

import mining
from mining.opportunities import FACETS
from mining.report import audit_back, audit_body, audit_front
from mining.report.formats import writer_of
from mining.report.measures_record import measures_record
from mining.report.paths import fit_lines, path_lines
from mining.texts import basis, check_text, clause, say
from tests.audit_records import record_of_study
from tests.helpers import blueprint, study, traces
from tests.report_cases import Tables, assert_rows, contacts, hybrid, page_with, said, small, words
from tests.test_workpapers import assert_columns, read

CONFORMANCE, SUMMARY, DATA = audit_body.conformance, audit_front.summary_section, audit_front.data


def path_sentences(of: mining.Study) -> list[str]:
    """What the report says of the way, each sentence of which stands in it."""
    w, report = writer_of(of, "en"), said(of, SUMMARY, CONFORMANCE)
    lines = [*path_lines(of, w), *fit_lines(of, w)]
    assert all(line in report for line in lines)
    return lines


# --- services of several types -------------------------------------------------------------------------------------------


def test_a_hybrid_service_has_one_line_per_stage_and_no_figure_for_all_of_it():
    told = path_sentences(hybrid())
    assert told[0] == (
        "Stage “Booking” (self-service): 6 of 7 judged cases hold designed steps only (85.7 %; 95 % interval 48.7–97.4 %); "
        "the order and number of these steps are free by design."
    ).replace(" %", "\u00a0%").replace("95\u00a0% interval", "95 % interval")  # fmt: skip
    assert told[1].startswith("Stage “Visit” (linear): 5 of 7 judged cases follow the designed flow")
    fit = hybrid().fits["path-two"]
    assert f"Log fitness {fit.log_fitness[0]:.3f}, mean of the cases {fit.mean_fitness[0]:.3f}." in told[1]
    assert told[2].startswith("In 6 of 7 judged cases the stages follow one another as designed")
    assert told[3].startswith("Fitness is not shown for “Booking”, ")
    assert "itness" not in " ".join(told[:1] + told[2:3] + told[4:])


@pytest.mark.few_quick(1)
@pytest.mark.parametrize(
    ("kind", "why"), [("interactive", "an interactive service"), ("self_service", "a self-service")]
)
def test_where_the_order_is_free_no_fitness_is_shown_and_the_page_says_why(kind, why):
    norm = blueprint({"free": ["a", "b", "c"]}, "abc", service_type=kind)
    of = study(norm, traces("abc", "bac", "xc"))
    told = path_sentences(of)
    assert "2 of 3 judged cases hold designed steps only" in told[0]
    assert told[1].startswith(f"Fitness is not shown: in {why}")
    chapters = (SUMMARY, DATA, CONFORMANCE, audit_back.glossary)
    free, bound = (said(x, *chapters).splitlines() for x in (of, small()))
    for shown, lines in ((False, free), (True, bound)):
        assert ("log fitness is" in "".join(lines)) == shown
        assert ("Precision" in lines) == shown
        assert ("Fitness is not shown" in "".join(lines)) != shown
        assert "Certainty" in lines


def test_certainty_is_said_for_the_path_checks_of_all_stages():
    of = hybrid()
    pages = {x.id: words(x) for x in audit_back.findings(record_of_study(of), writer_of(of, "en")).sections}
    faults = of.deviations().frame
    ids = faults.loc[faults["check"].isin(["path-one", "path-two", "handover"]), "finding_id"].unique()
    assert len(ids) == 4
    for id in ids:
        assert "Certainty" in pages[id]
    doubtful = int((faults.loc[faults["dimension"] == "path", "certainty"] < 0.999).sum())
    assert (f"{doubtful} of {len(faults)} deviations from the designed flow" in said(of, DATA)) == bool(doubtful)


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
    told = said(hybrid(), audit_back.findings)
    assert "ad-hoc touchpoint: 1 of 1 faults" in told
    assert "irregular sequence: 1 of 1 faults" in told
    assert "missing touchpoint:" not in told  # the step that is missing is no touchpoint
    rows = read(hybrid(), tmp_path)["deviations"]
    shown = [row[rows[0].index("Service term")] for row in rows[1:]]
    wanted = hybrid().deviations().frame["service_word"]
    assert shown == [None if pd.isna(x) else say(f"service_word.{x}", "en") for x in wanted]


# --- checks that follow from the design ------------------------------------------------------------------------------------


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


# --- measures ------------------------------------------------------------------------------------------------------------


@pytest.mark.few_quick(1)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_measures_in_the_page_are_those_of_the_frames(lang):
    of = contacts()
    rows = Tables(page_with(of, CONFORMANCE, audit_body.customers, lang=lang)).rows
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


def test_the_funnel_of_a_self_service_stage_is_in_page_and_sheet(tmp_path):
    of = hybrid()
    frame = of.funnel("one").frame
    rows = Tables(page_with(of, CONFORMANCE)).rows["table-funnel-path-one"]
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


def test_a_section_that_a_blueprint_has_nothing_for_is_left_out():
    assert "Self-service funnel" not in said(small(), CONFORMANCE)
    assert "Promised times" in said(small(), CONFORMANCE)
    assert "Self-service funnel" in said(hybrid(), CONFORMANCE)
    assert "Promised times" not in said(hybrid(), CONFORMANCE)  # no standard
    assert "The blueprint names no touchpoints." in said(small(), audit_body.customers)
    assert "The blueprint names no touchpoints." not in said(contacts(), audit_body.customers)
