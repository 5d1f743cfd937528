"""Whether design and log can carry an audit: the tables count what is there, in both languages, and say what is not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import mining
from mining import readiness
from mining.blueprint import parse_blueprint
from mining.blueprint.lint.weakness import words
from mining.display import NotMeasured
from mining.explain.telling_case import telling_case
from mining.log import EventLog
from mining.results import Result
from mining.texts import LANGUAGES, catalogue
from tests.helpers import ROOT

CLINIC = ROOT / "sample_logs" / "outpatient_visit"
LOAN = ROOT / "sample_logs" / "bank_loan"
OF_DESIGN = ("parts_of", "room_of", "weak_places", "contacts_of", "needs_of", "rules_and_flow")
OF_STUDY = (
    *("answers_of", "clock_of", "columns_read", "ends_of", "in_force", "labels_read", "persons_in"),
    *("problems_of", "strict_of", "unfit_places"),
)
OF_LOG = ("paired_of", "rows_read")


@pytest.fixture(scope="module")
def clinic():
    return mining.open_study(CLINIC / "log.csv", CLINIC / "blueprint.yaml")


def changed(old, new, folder=CLINIC):
    text = (folder / "blueprint.yaml").read_text("utf-8")
    assert old in text
    return parse_blueprint(text.replace(old, new))


def made(name, study):
    of = study.blueprint if name in OF_DESIGN else study.log if name in OF_LOG else study
    return getattr(readiness, name)(of)


@pytest.mark.parametrize("name", [*OF_DESIGN, *OF_STUDY, *OF_LOG])
def test_a_table_says_everything_in_both_languages(clinic, name):
    table = made(name, clinic)
    assert isinstance(table, Result)
    assert list(table.frame) == list(table.columns)
    assert set(table.shown) <= set(table.columns)
    assert table.sentence("en") != table.sentence("zh") or name == "parts_of"
    for column in (x for x in table.frame if x.endswith("_en")):
        other = table.frame[column[:-3] + "_zh"]
        assert ((table.frame[column] == "") == (other == "")).all(), column


def test_parts_are_counted(clinic):
    counted = readiness.parts_of(clinic.blueprint).frame.set_index("part_en")["n"]
    b = clinic.blueprint
    assert counted["steps"] == len(b.activities) == 12
    assert counted["key touchpoints"] == sum(1 for a in b.activities if a.touchpoint and a.touchpoint.key)
    assert counted["wait points"] == 2
    assert counted["steps of rework"] == 0
    assert "steps of rework" in readiness.parts_of(b).sentence()


def test_every_kind_of_weakness_has_something_to_do():
    codes = {key.partition(".")[0] for key in words()["found"]}
    assert codes == {key.removeprefix("readiness.do.") for key in catalogue() if key.startswith("readiness.do.")}


def test_a_key_touchpoint_without_a_standard_is_open(clinic):
    rows = readiness.contacts_of(clinic.blueprint).frame.set_index("activity")
    assert rows.loc["triage", "open_en"] == "no standard says what is promised"
    assert rows.loc["consult", "open_en"] == ""  # it has S1
    assert rows.loc["do_test", "open_zh"] == "等待没有时限"
    assert "S1" in rows.loc["consult", "standards"]


def test_what_the_design_does_not_name_is_lacking():
    whole = readiness.needs_of(changed("resource: resource", "resource: resource")).frame.set_index("check")
    without = readiness.needs_of(changed("  resource: resource\n", "")).frame.set_index("check")
    assert whole.loc["R3", "measurable"]
    assert not without.loc["R3", "measurable"]
    assert without.loc["R3", "lacks_en"] == "who did it"
    assert not whole.loc["S3", "measurable"]  # mystery shoppers


def test_a_rule_against_the_flow_comes_first():
    told = readiness.rules_and_flow(changed("a: triage, b: consult", "a: consult, b: triage"))
    assert told.frame["found"].iloc[0] == "never_kept"
    assert told.frame["run_en"].iloc[0].startswith("Check in → Triage")
    assert "Contradict it: 1" in told.sentence()


def test_steps_add_up_to_those_of_the_log(clinic):
    assert readiness.strict_of(clinic).frame["n"].sum() == clinic.instances.done.sum()


@pytest.mark.slow
def test_versions_share_the_cases(clinic):
    loan = mining.open_study(LOAN / "log.csv", LOAN / "blueprint.yaml")
    both = readiness.in_force(loan, LOAN / "older" / "blueprint.yaml").frame
    assert both["status"].tolist()[:2] == ["retired", "approved"]
    assert both["cases"].tolist() == [0, loan.log.n_cases, 0]
    late = mining.Study(clinic.log, changed("effective: {from: 2026-01-01}", "effective: {from: 2026-03-01}"))
    cases = readiness.in_force(late).frame["cases"]
    assert cases.sum() == late.log.n_cases
    first = late.log.to_frame().groupby("case")[["start", "end"]].min().min(axis=1)
    assert cases.iloc[1] == (first.dt.tz_convert("Asia/Shanghai") < "2026-03-01").sum() > 0


def test_changes_are_those_of_the_diff_or_asked_for():
    new = mining.read_blueprint(LOAN / "blueprint.yaml")
    told = readiness.changes_since(LOAN / "older" / "blueprint.yaml", new)
    assert "standard S2: limit changed from 10bd to 5bd" in set(told.frame["what_en"])
    asked = readiness.changes_since(None, new)
    assert isinstance(asked, NotMeasured)
    assert all("OLDER" in asked.sentence(lang) for lang in LANGUAGES)


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_bpmn_is_written_and_reads_back(clinic, tmp_path, lang):
    told = readiness.drawn(clinic.blueprint, tmp_path, lang=lang)
    assert told.frame["same"].all()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(told.frame["file"])


def test_rows_add_up_and_every_reason_is_in_words():
    rows = pd.DataFrame(
        [
            ("1", "A", "2026-03-02"),
            (None, "A", "2026-03-02"),
            ("1", None, "2026-03-02"),
            ("1", "B", "?"),
            ("1", "B", None),
        ],
        columns=["case", "activity", "timestamp"],
    )
    told = readiness.rows_read(EventLog.from_frame(rows))
    assert told.sentence() == "5 rows in = 1 used + 4 left out."
    assert set(told.frame.loc[~told.frame["used"], "fate_zh"]) == {
        *("剔除：无案例编号", "剔除：无活动", "剔除：时间无法识别", "剔除：无时间"),
    }


def test_cases_are_whole_or_lack_something(clinic):
    told = readiness.ends_of(clinic).frame
    assert told["n"].iloc[:4].sum() == clinic.log.n_cases
    assert told["n"].iloc[1] + told["n"].iloc[3] == (~clinic.has_end).sum() > 0


def test_labels_name_what_they_mean_and_what_is_open(clinic):
    told = readiness.labels_read(clinic).frame
    outside = told[told["state"] == "outside"]
    assert set(outside["label"]) == set(clinic.instances.unmapped) - clinic.blueprint.stand_ins
    assert told.loc[told["label"] == "Triage by telephone", "means_en"].item() == "Triage"
    assert told["n"].sum() == clinic.log.n_instances
    renamed = mining.Study(clinic.log, changed("labels: [Leave]", "labels: [Left the house]"))
    states = readiness.labels_read(renamed).frame
    assert states.loc[states["state"] == "never_seen", "means_en"].tolist() == ["Leave"]
    assert states.loc[states["label"] == "Leave", "hint_en"].item() == "Leave"


@pytest.mark.slow
def test_the_proposal_disagrees_where_another_column_was_read(clinic):
    other = changed("timestamp: end\n  start: start", "timestamp: start")
    swapped = mining.Study(clinic.log.bind(other.binding), other)
    told = readiness.columns_read(swapped).frame.set_index("role_en")
    assert told.loc["time", "column"] == "start"
    assert told.loc["time", "agrees"] in ("other", "open")
    assert set(readiness.columns_read(clinic).frame["agrees"]) <= {"as_read", "not_bound"}


def test_checks_without_an_answer_come_first_and_say_why(clinic):
    told = readiness.answers_of(clinic).frame
    blind = told[told["answer"] == "none"]
    assert blind["check"].tolist() == ["S3", "S4"] == told["check"].tolist()[:2]
    assert (blind["why_zh"] != "").all()
    assert (
        told["judged"] + told["not_observable"] + told["pending"] + told["not_applicable"] == clinic.log.n_cases
    ).all()


def test_persons_get_pseudonyms(clinic):
    told = readiness.persons_in(clinic).frame.set_index("column")["does"]
    assert (told["case_id"], told["resource"], told["activity"]) == ("replaced", "replaced", "needed")
    assert told["payment"] == "shown"  # a standard compares it


def test_problems_count_the_findings_they_could_feign(clinic):
    told = readiness.problems_of(clinic).frame
    flags = clinic.flags
    assert told["findings"].sum() == flags.groupby(["problem", "place"])["finding_id"].nunique().sum()


@pytest.mark.slow
def test_nothing_unfit_is_said_in_words(clinic):
    ids = np.asarray(clinic.log.case_ids)
    strange = set(clinic.deviations().frame["case_id"])
    clean = mining.Study(clinic.log.take(~np.isin(ids, list(strange))), clinic.blueprint)
    told = readiness.unfit_places(clean)
    assert told.frame["code"].tolist() == ["allowance-unused"]  # no case is left that uses it
    assert telling_case(clean) in set(ids) - strange
    empty = mining.Study(clean.log, replace(clean.blueprint, allowances=()))
    assert readiness.unfit_places(empty).sentence() == "Nothing in this log speaks against the design."


@pytest.mark.slow
def test_the_cases_given_up_are_those_of_the_outcome_though_a_standard_has_its_dimension():
    read = mining.open_study(LOAN / "log.csv", LOAN / "blueprint.yaml")
    outcome = [check for check in read.checks if check.dimension == "outcome"]
    assert len(outcome) > 1  # so that the first of them is not the one
    faults = read.deviations().frame
    found = readiness.ends_of(read).frame
    for kind in ("abandoned", "reopened"):
        cases = faults.loc[(faults["check"] == "outcome") & (faults["kind"] == kind), "case_id"].nunique()
        assert cases > 0
        assert cases in set(found["n"])


def test_the_telling_case_has_ended_and_has_several_steps(clinic):
    from mining.explain.telling_case import SEVERAL

    position = list(clinic.log.case_ids).index(case := telling_case(clinic))
    assert clinic.has_end[position]
    assert np.diff(clinic.log.offsets)[position] >= SEVERAL
    faults, first = clinic.deviations().frame, clinic.findings().frame["finding_id"].iloc[0]
    assert case in set(faults.loc[faults["finding_id"] == first, "case_id"])
