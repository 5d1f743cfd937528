"""The plan: read with every mistake refused, drafted by printed rules, written back byte for byte, linted, drawn."""

from datetime import date, timedelta

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.errors import LogError, MiningError
from mining.outcomes.outcome import Outcome, Outcomes
from mining.plan import Metric, draft_actions, lint_actions, metric_of, read_actions, register_of
from mining.plan.actions import COLUMNS, NEEDED, STATUS_WORDS, actions_of
from mining.plan.lint import PROBLEMS
from mining.plan.targets import target_of
from mining.results import Provenance
from mining.texts import catalogue
from tests.examples import examples
from tests.helpers import MONDAY, blueprint

GOOD = {
    "action_id": "A1", "finding_id": "F-00000001", "goal": "fewer", "metric": "share:F-00000001", "baseline": "0.2", "target": "0.1",
    "owner": "Ann", "start": "2026-05-01", "due": "2026-06-30", "check_dates": "2026-07-30; 2026-09-28", "status": "open",
}  # fmt: skip


def plan_of(*rows):
    return read_actions(pd.DataFrame([GOOD | row for row in rows]))


def findings_of(*ids, ranks=None):
    frame = pd.DataFrame({"finding_id": ids, "check": [f"R{i + 1}" for i in range(len(ids))]})
    frame["rank"] = pd.array(ranks or list(range(1, len(ids) + 1)), "Int64")
    frame["title_en"], frame["title_zh"] = "late", "超时"
    frame["priority"], frame["n_net"], frame["rate"] = "H", 10, 0.2
    return mining.findings.Findings(frame, Provenance("findings", "", "", 100))


def problems(actions, findings=None, day="2026-06-01", **more):
    found = lint_actions(actions, findings or findings_of("F-00000001"), day, **more)
    return found.frame["problem"].tolist()


def test_typed():
    row = plan_of({"baseline": "12.5 %", "status": "In progress"}).frame.iloc[0]
    assert row["baseline"] == 0.125
    assert (row["start"], row["due"]) == (date(2026, 5, 1), date(2026, 6, 30))
    assert row["check_dates"] == (date(2026, 7, 30), date(2026, 9, 28))
    assert (row["status"], row["row"]) == ("in_progress", 1)


def test_chinese_headers_and_words(tmp_path):
    text = "措施编号,发现编号,目标,指标,基线,目标值,责任人,开始日期,整改时限,检查日期,状态,备注\n"
    text += "A1,F-00000001,减少超时,share:F-00000001,20%,0.1,王芳,2026-05-01,2026-06-30,2026-07-30；2026-09-28,进行中,已通知\n"
    for name, encoding in (("plan.csv", "utf-8"), ("excel.csv", "gb18030"), ("mark.csv", "utf-8-sig")):
        (tmp_path / name).write_bytes(text.encode(encoding))
        row = read_actions(tmp_path / name).frame.iloc[0]
        assert (row["owner"], row["status"], row["goal"]) == ("王芳", "in_progress", "减少超时")
        assert (row["baseline"], len(row["check_dates"])) == (0.2, 2)
        assert read_actions(tmp_path / name).to_csv() == text
    pd.DataFrame([GOOD | {"start": pd.Timestamp("2026-05-01"), "baseline": 0.2}]).to_excel(
        tmp_path / "plan.xlsx", index=False
    )
    row = read_actions(tmp_path / "plan.xlsx").frame.iloc[0]
    assert (row["start"], row["baseline"]) == (date(2026, 5, 1), 0.2)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"action_id": ""}, "row 2 has no action_id"),
        ({"action_id": "A1"}, "rows 1 and 2 have the same action_id 'A1'"),
        ({"start": "01.05.2026"}, r"row 2 \(A2\), start: '01.05.2026' is not a day written as 2026-03-31"),
        ({"due": "2026-02-30"}, "due: '2026-02-30' is not a day"),
        ({"due": "2026-04-30"}, "due 2026-04-30 lies before start 2026-05-01"),
        ({"check_dates": "2026-04-01; 2026-09-01"}, "the check date 2026-04-01 lies before start"),
        ({"check_dates": "soon"}, "check_dates: 'soon' is not a day"),
        ({"status": "doone"}, "unknown status 'doone'. Did you mean 'done'"),
        ({"baseline": "about 20"}, "baseline: 'about 20' is not a number"),
        ({"baseline": "nan"}, "baseline: 'nan' is not a number"),
        ({"target": "1_000"}, "target: '1_000' is not a number"),
        ({"baseline_n": "12.5"}, "baseline_n: '12.5' is not a number of cases"),
    ],
    ids=lambda x: "-".join(x) if isinstance(x, dict) else "",
)
def test_refused(row, message):
    with pytest.raises(LogError, match=message):
        plan_of({}, {"action_id": "A2"} | row)


def test_columns_refused():
    with pytest.raises(LogError, match=r"no column owner and no column due\. The columns are 'action_id'"):
        read_actions(pd.DataFrame([{k: v for k, v in GOOD.items() if k not in ("owner", "due")}]))
    with pytest.raises(LogError, match="'owner' and '责任人' both mean owner"):
        read_actions(pd.DataFrame([GOOD | {"责任人": "Ann"}]))


def test_every_word_of_a_status_is_read():
    words = [(word, status) for status, words in STATUS_WORDS.items() for word in words.split("|")] + [("", "open")]
    plan = plan_of(*({"action_id": f"A{i}", "status": word} for i, (word, _) in enumerate(words)))
    assert plan.frame["status"].tolist() == [status for _, status in words]


def test_rows_without_a_word_are_counted():
    plan = read_actions(pd.DataFrame([GOOD, dict.fromkeys(GOOD, ""), GOOD | {"action_id": "A2"}]))
    assert plan.frame["row"].tolist() == [1, 3]
    assert plan.notes == ("rows without a word, left out: 1",)


TEXT = st.text(
    st.one_of(
        st.characters(codec="utf-8", exclude_characters="\x00\ufeff\x1f", exclude_categories=["C", "Z"]),
        st.sampled_from('\r\n,;"='),
    ),
    max_size=8,
).map(str.strip)
NUMBERS = ["", "0.10", "7", "1e-3", "5 %"]
ROWS = st.lists(
    st.fixed_dictionaries({"goal": TEXT, "owner": TEXT, "note, of us": TEXT, "baseline": st.sampled_from(NUMBERS)}),
    min_size=1, max_size=5,
)  # fmt: skip


@given(ROWS)
@settings(max_examples=examples(25), deadline=None)
def test_written_and_read_again_is_the_same_bytes(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("plan")
    plan = plan_of(*({"action_id": f"A{i}"} | row for i, row in enumerate(rows)))
    plan.to_csv(folder / "one.csv")
    again = read_actions(folder / "one.csv")
    again.to_csv(folder / "two.csv")
    assert (folder / "one.csv").read_bytes() == (folder / "two.csv").read_bytes()
    assert again.cells["note, of us"].tolist() == [row["note, of us"] for row in rows]
    assert again.frame.drop(columns="row").equals(plan.frame.drop(columns="row"))


def test_metrics():
    assert metric_of("share:F-00000001") == Metric("share", "F-00000001")
    assert str(metric_of(" Outcome : survey:csat ")) == "outcome:survey:csat"
    for text in ("", "share", "share:", "rate:F-1", "share:a b", "outcome:"):
        with pytest.raises(MiningError, match="cannot be measured"):
            metric_of(text)


def monthly(rates, n=100, **more):
    """A study in which b is skipped in a share of the cases of each month, by standard S1 and rule R1 alike."""
    rule = {"id": "R1", "kind": "must_occur", "a": "b", "severity": "major", "basis": "policy"}
    norm = blueprint(["a", {"optional": "b"}, "c"], "abc", rules=[rule], **more)
    rows = []
    for month, rate in enumerate(rates):
        for i in range(n):
            at = MONDAY + pd.DateOffset(months=month) + pd.Timedelta(minutes=10 * i)
            for step, label in enumerate("AC" if i < rate * n else "ABC"):
                rows.append((f"{month}-{i}", label, pd.NaT, at + pd.Timedelta(minutes=step), "ann"))
    table = pd.DataFrame(rows, columns=["case", "activity", "start", "end", "resource"])
    table["start"] = pd.to_datetime(table["start"], utc=True)
    return mining.Study(mining.EventLog.from_frame(table, columns=norm.binding), norm)


def proposal(study, by="month"):
    row = study.findings().frame.set_index("check").loc["R1"]
    faults = study.deviations().frame
    mask = np.isin(np.asarray(study.log.case_ids), faults.loc[faults["check"] == "R1", "case_id"])
    return target_of(study, "R1", mask, row["rate"], by)


def test_target_is_the_best_quarter():
    found = proposal(monthly([0.2, 0.3, 0.1, 0.4, 0.2, 0.3, 0.12, 0.3]))
    assert found.value == 0.11  # two of eight months: 22 of 200 cases
    assert "best quarter of the 8 groups by month: 22 of 200 cases (11.0 %) in 2" in found.rule["en"]
    assert "8 组" in found.rule["zh"]


def test_target_is_half_where_months_do_not_differ_or_are_few():
    assert proposal(monthly([0.2] * 4)).value == 0.1
    found = proposal(monthly([0.1, 0.3, 0.2]))
    assert found.value == 0.1
    assert found.rule["en"] == "half of the rate now (20.0 %)"
    assert proposal(monthly([0.0, 0.1, 0.1, 0.1, 0.1], n=20)).value == pytest.approx(
        0.04
    )  # months too small: none by chance


def test_target_is_what_the_standard_promises(study):
    plan = draft_actions(study.findings(), study, top=3).frame
    row = plan[plan["rule"].str.startswith("what the standard promises")].iloc[0]
    check = study.findings().frame.set_index("finding_id").loc[row["finding_id"], "check"]
    assert row["target"] == pytest.approx(1 - study.blueprint.checks[check].share)


def test_draft(study):
    findings = study.findings().frame
    plan = draft_actions(findings, study, top=5, start="2026-10-01", due="2026-12-31")
    frame = plan.frame
    assert frame["finding_id"].tolist() == findings["finding_id"][:5].tolist()
    assert frame["baseline"].tolist() == pytest.approx(findings["rate"][:5].tolist(), abs=1e-6)
    assert frame["baseline_n"].tolist() == findings["n_judged"][:5].tolist()
    assert (frame["target"] < frame["baseline"]).all()
    assert set(frame["owner"]) == {""}  # a person's decision
    assert frame["check_dates"][0] == tuple(date(2026, 12, 31) + timedelta(days=n) for n in (30, 90, 180))
    assert all(metric_of(x).of == y for x, y in zip(frame["metric"], frame["finding_id"], strict=True))
    assert plan.goals("zh")[0].startswith(findings["title_zh"][0])
    blank = draft_actions(study.findings(), study, top=1).frame.iloc[0]
    assert (blank["start"], blank["due"], blank["check_dates"]) == (None, None, ())
    assert draft_actions(findings, study, top=5).to_csv() == draft_actions(findings, study, top=5).to_csv()
    with pytest.raises(MiningError, match="missing: title_zh"):
        draft_actions(findings.drop(columns="title_zh"), study)
    with pytest.raises(MiningError, match="lies before start"):
        draft_actions(findings, study, start="2026-10-01", due="2026-09-01")


def test_edits_survive_a_new_draft(study):
    findings = study.findings().frame
    first = draft_actions(findings, study, top=4)
    cells = first.cells.copy()
    cells["备注"] = ["see minutes", "", "", ""]
    cells.loc[0, ["owner", "goal", "start", "due"]] = ["Ann", "Send in time", "2026-10-01", "2026-11-01"]
    cells.loc[0, "baseline"] = "0.99"  # agreed upon by people, of other cases than those of the log
    cells.loc[1, "target"] = "0.001"  # a person's
    cells.loc[2, ["status", "baseline"]] = ["in_progress", "0.5"]  # has begun: stays what it is compared with
    cells.loc[3, ["finding_id", "metric"]] = ["F-ffffffff", "share:F-ffffffff"]
    cells.loc[3, "action_id"] = "A-" + findings["finding_id"][4].removeprefix("F-")
    cells = cells.iloc[[3, 0, 1, 2]].reset_index(drop=True)  # in an order of their own
    plan = draft_actions(findings, study, before=actions_of(cells, "mine.csv"), top=5)
    frame = plan.frame
    assert frame["finding_id"].tolist() == ["F-ffffffff", *findings["finding_id"][[0, 1, 2, 3, 4]]]
    assert frame["mark"].tolist() == ["gone", "", "", "", "", ""]
    assert (frame["owner"][1], frame["goal"][1], frame["due"][1]) == ("Ann", "Send in time", date(2026, 11, 1))
    assert frame["baseline"].tolist()[1:3] == [0.99, pytest.approx(findings["rate"][1], abs=1e-6)]
    assert frame["target"][1] == first.frame["target"][0]
    assert (frame["target"][2], frame["proposed"][2]) == (0.001, first.frame["proposed"][1])
    assert frame["baseline"][3] == 0.5
    assert plan.cells["备注"].tolist() == ["", "see minutes", "", "", "", ""]
    assert frame["action_id"].iloc[-1] == frame["action_id"][0] + "-2"  # that id is taken
    again = draft_actions(findings, study, before=plan, top=5)
    assert again.to_csv() == plan.to_csv()


def test_refreshed_target_follows_the_proposal_only_if_nobody_changed_it(two_plans):
    earlier, study, first = two_plans
    cells = first.cells
    for target, kept in (("0.3", "0.1"), ("0.30", "0.1"), ("0.05", "0.05"), ("", "")):
        old = cells.copy()
        old.loc[0, "target"] = target
        plan = draft_actions(study.findings(), study, before=actions_of(old, "old.csv"))
        assert (plan.cells["target"][0], plan.cells["proposed"][0]) == (kept, "0.1")
        assert plan.frame["baseline"][0] == 0.25
        again = draft_actions(earlier.findings(), earlier, before=plan)
        assert (again.cells["target"][0], again.cells["proposed"][0]) == ("0.3" if kept == "0.1" else kept, "0.3")


def test_chinese_plan_stays_chinese(study):
    finding = study.findings().frame["finding_id"][0]
    names = ["措施编号", "发现编号", "目标", "指标", "基线", "目标值", "责任人", "开始日期", "时限"]
    cells = pd.DataFrame(
        [["A1", finding, "按时送达", f"share:{finding}", "0.5", "0.01", "王芳", "", ""]], columns=names, dtype=object
    )
    plan = draft_actions(study.findings(), study, before=actions_of(cells, "plan.csv"), top=1)
    assert list(plan.cells.columns[:9]) == names
    assert plan.cells["目标"].tolist() == ["按时送达"]
    assert plan.cells["基线"].tolist() == ["0.5"]  # a person's: not made anew, and not of the cases of this log
    assert plan.cells["baseline_n"].tolist() == [""]
    assert plan.frame["target"][0] == 0.01


EDITED = [
    key for key in COLUMNS if key not in ("action_id", "finding_id", "start", "due", "check_dates", "status", "drafted")
]
WORDS = st.fixed_dictionaries({}, optional={
    key: st.sampled_from(["", "0.33", "0.1"]) if key in ("baseline", "target", "proposed")
    else st.sampled_from(["", "77"]) if key == "baseline_n"
    else st.sampled_from(["", "ours, not yours", "=1+1", "两行\r字", "gone"])
    for key in EDITED
})  # fmt: skip


@pytest.mark.slow
@given(st.lists(WORDS, min_size=3, max_size=3), st.booleans())
@settings(max_examples=examples(60), deadline=None)
def test_no_edit_is_ever_lost(two_plans, edits, copied):
    """Whatever people write into a drafted plan stands in the next draft, and in the one after; only ``gone`` belongs to the machine."""
    earlier, study, plan = two_plans
    cells = plan.cells.copy()
    if copied:
        cells["drafted"] = ""  # as where people keep only the columns that they know
    for i, row in enumerate(edits[: len(cells)]):
        for key, text in row.items():
            cells.loc[i, key] = text
    before = actions_of(cells, "plan.csv")
    for _ in range(2):
        before = draft_actions(study.findings(), study, before=before)
        study, earlier = earlier, study
        for i, row in enumerate(edits[: len(cells)]):
            for key, text in row.items():
                if text.strip() and text != plan.cells.loc[i, key] and not (key == "mark" and text == "gone"):
                    assert before.cells.loc[i, key] == text


@pytest.fixture(scope="module")
def two_plans():
    earlier, study = monthly([0.5, 0.3, 0.4, 0.5]), monthly([0.2, 0.3, 0.1, 0.4])
    return earlier, study, draft_actions(earlier.findings(), earlier)


@pytest.mark.slow
def test_a_slip_in_an_id_is_not_gone(study):
    """A finding that the blueprint can give and the log has no more is gone; an id that nothing can give stays unknown."""
    plan = plan_of({"finding_id": "F-0000000x", "metric": "share:R1"}, {"action_id": "A2", "finding_id": ""})
    assert draft_actions(study.findings(), study, before=plan, top=0).frame["mark"].tolist() == ["", ""]
    clean, found = monthly([0.0, 0.0]), monthly([0.2, 0.2]).findings().frame["finding_id"][0]
    plan = plan_of({"finding_id": found, "metric": f"share:{found}"})
    gone = draft_actions(clean.findings(), clean, before=plan)
    assert gone.frame["mark"].tolist() == ["gone"]
    back = monthly([0.2, 0.2])
    assert draft_actions(back.findings(), back, before=gone).frame["mark"][0] == ""


def test_days_as_spreadsheets_turn_them_and_no_others():
    for text in (
        "2026-03-05",
        "2026/3/5",
        "2026-3-5",
        "2026.3.5",
        "2026年3月5日",
        "2026/3/5 0:00",
        "2026-03-05 00:00:00",
    ):
        assert plan_of({"start": text}).frame["start"].tolist() == [date(2026, 3, 5)]
        assert plan_of({"start": text}).cells["start"].tolist() == [text]
    checks = plan_of({"check_dates": "2026/8/1；2026-09-01、2026年10月1日"}).frame["check_dates"][0]
    assert checks == (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1))
    for text in (
        "3/5/2026",
        "05.03.2026",
        "2026/13/1",
        "46113",
        "2026",
        "March",
        "today",
        "2026-3/5",
        "2026/3/5 9:00",
        "26-03-05",
    ):
        with pytest.raises(LogError, match="is not a day written as 2026-03-31"):
            plan_of({"start": text})


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({}, []),
        ({"owner": ""}, ["no_owner"]),
        ({"goal": ""}, ["no_goal"]),
        ({"start": ""}, ["no_start"]),
        ({"due": ""}, ["no_due"]),
        ({"check_dates": ""}, ["no_check"]),
        ({"check_dates": "2026-06-01"}, ["check_before_due"]),
        ({"target": ""}, ["no_target"]),
        ({"baseline": ""}, ["no_baseline"]),
        ({"target": "0.2"}, ["not_better"]),
        ({"target": "0.3"}, ["not_better"]),
        ({"target": "-1"}, ["out_of_range"]),
        ({"baseline": "20"}, ["baseline_out_of_range"]),
        ({"baseline": "20", "target": "10"}, ["baseline_out_of_range", "out_of_range"]),
        ({"metric": ""}, ["no_metric"]),
        ({"metric": "less of it"}, ["not_measurable"]),
        ({"metric": "share:F-00000009"}, ["not_measurable"]),
        ({"metric": "share:R1"}, []),
        ({"metric": "share:R2"}, ["other_finding"]),
        ({"metric": "outcome:time"}, ["not_checked"]),
        ({"finding_id": ""}, ["no_finding", "no_action", "other_finding"]),
        ({"finding_id": "F-00000003"}, ["unknown_finding", "no_action", "other_finding"]),
        ({"finding_id": "F-00000003", "metric": "share:F-00000003", "mark": "gone"}, ["no_action", "gone"]),
        ({"due": "2026-05-31"}, ["overdue"]),
        ({"due": "2026-05-31", "status": "done"}, []),
        ({"due": "2026-06-01"}, []),
        ({"status": "cancelled", "owner": "", "target": ""}, ["no_action"]),
    ],
    ids=lambda x: "-".join(f"{k}={v}" for k, v in x.items()) or "good" if isinstance(x, dict) else "",
)
def test_lint(row, found):
    findings = findings_of("F-00000001", "F-00000002", ranks=[1, 11])
    assert problems(plan_of(row), findings) == found


def test_lint_says_where_and_what_to_do():
    found = lint_actions(
        plan_of({}, {"action_id": "A2", "due": "2026-05-11"}), findings_of("F-00000001", "F-00000002"), "2026-06-01"
    )
    late, missing = (found.frame.iloc[i] for i in (0, 1))
    assert (late["problem"], late["row"], late["action_id"], late["column"]) == ("overdue", 2, "A2", "due")
    assert late["what_en"] == "Due on 2026-05-11, not done on 2026-06-01: 21 days late"
    assert (missing["finding_id"], missing["action_id"]) == ("F-00000002", None)
    assert len(found.overdue()) == 1
    assert found.sentence() == "Of 2 actions: 1 overdue. Findings of the first ranks without an action: 1."
    assert "1 项逾期" in found.sentence("zh")
    for key in PROBLEMS:
        assert catalogue()[f"plan.lint.{key}"]["zh"]
        assert catalogue()[f"plan.do.{key}"]["zh"]


def test_lint_of_outcomes_knows_which_way_is_better():
    values = np.zeros(3)
    items = (
        Outcome("time", {"en": "Time", "zh": "时长"}, "time", "s", values, 1, True),
        Outcome("survey:csat", {"en": "CSAT", "zh": "满意度"}, "score", "1-5", values, -1, True),
    )
    outcomes = Outcomes(pd.DataFrame(), Provenance("outcomes", "", "", 3), items)
    rows = [
        ("outcome:time", "100", "80", []),
        ("outcome:time", "100", "120", ["not_better"]),
        ("outcome:survey:csat", "3.5", "4", []),
        ("outcome:survey:csat", "3.5", "3", ["not_better"]),
        ("outcome:cost", "1", "2", ["not_measurable"]),
    ]
    for metric, baseline, target, found in rows:
        plan = plan_of({"metric": metric, "baseline": baseline, "target": target})
        assert problems(plan, outcomes=outcomes) == found


def test_lint_of_an_owner_of_many():
    plan = plan_of(*({"action_id": f"A{i}"} for i in range(6)), {"action_id": "A9", "status": "done"})
    assert problems(plan) == ["many"]
    assert problems(plan, most_per_owner=6) == []


def test_lint_without_a_day(study):
    plan = draft_actions(study.findings(), study, top=1, start="2026-01-01", due="2026-01-31")
    found = lint_actions(plan, study.findings(), study=study, top=1)
    last = pd.Timestamp(study.instances.now, unit="us", tz="UTC").tz_convert(study.blueprint.tz).date()
    assert f"as of: {last}" in found.provenance.line()
    assert "overdue" in found.frame["problem"].tolist()
    with pytest.raises(MiningError, match="as_of"):
        lint_actions(plan, study.findings())


def test_register():
    plan = plan_of(
        {},
        {"action_id": "A2", "status": "done", "owner": "Bob", "due": "2026-05-02"},
        {"action_id": "A3", "finding_id": "F-00000007"},
    )
    register = register_of(findings_of("F-00000001", "F-00000002"), plan)
    row = register.frame.iloc[0]
    assert (row["actions"], row["open"], row["done"], row["action_ids"], row["owners"]) == (
        2,
        1,
        1,
        "A1, A2",
        "Ann, Bob",
    )
    assert row["next_due"] == date(2026, 6, 30)
    assert register.frame["actions"].tolist() == [2, 0]
    assert register.unmatched == 1
    assert "Of 2 ranked findings 1 have an action" in register.sentence()
    assert register.sentence("zh")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_gantt(lang):
    plan = plan_of(
        {}, {"action_id": "A2", "due": "2026-05-20"}, {"action_id": "A3", "start": "", "due": "", "check_dates": ""},
        {"action_id": "A4", "start": "2026-05-03", "due": ""}, {"action_id": "A5", "status": "done", "due": "2026-05-15"},
    )  # fmt: skip
    axes = plan.plot(as_of="2026-06-01", lang=lang)
    labels = [x.get_text().split(" ")[0] for x in axes.get_yticklabels()]
    assert labels == ["A5", "A2", "A1", "A4", "A3"]  # by start and due date; without dates last
    red = [x for x in axes.patches if x.get_facecolor()[:3] == pytest.approx((0xB9 / 255, 0x1C / 255, 0x1C / 255))]
    assert len(red) == 1
    assert red[0].get_width() == 19
    words = [x.get_text() for x in axes.texts]
    assert words == ([*("no due date", "no dates")] if lang == "en" else ["没有时限", "没有日期"])
    assert read_actions(pd.DataFrame(columns=NEEDED, dtype=object)).plot(lang=lang).texts
    plt.close("all")
