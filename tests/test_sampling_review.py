"""What reviewers write is read, refused where it is doubtful, and turned into what it says of all cases."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.errors import LogError
from mining.results import wilson
from mining.sampling import SamplePlan, draw, evaluate, merge_review, read_review, upper_limit
from mining.sampling.evaluation import CONCLUSIONS
from mining.sampling.review import COLUMNS, key_of, parts_of
from mining.texts import catalogue
from tests.examples import examples
from tests.helpers import blueprint, traces
from tests.helpers import study as study_of

PLAN = SamplePlan(seed="s")


@pytest.fixture(scope="module")
def sample():
    """600 cases without fault, 30 without step b, 4 with step c twice."""
    norm = blueprint(["a", "b", "c"], "abc")
    return draw(study_of(norm, traces(*["abc"] * 600, *["ac"] * 30, *["abcc"] * 4)), PLAN)


@pytest.fixture(scope="module")
def classes(sample):
    """Ids of the two classes: of 30 cases, and of 4."""
    sizes = sample.tests.query("test == 'class'").set_index("finding_id")["n_population"].astype(int)
    return sizes.idxmax(), sizes.idxmin()


def reviewed(sample, results, **columns):
    """A review in which the rows of each (test, finding) have these results, in order; the others are blank."""
    sheet = sample.frame.copy()
    for (test, finding), words in results.items():
        rows = sheet.index[(sheet["test"] == test) & (sheet["finding_id"] == finding)][: len(words)]
        sheet.loc[rows, "result"] = words[: len(rows)]
    for name, values in columns.items():
        sheet[name] = values
    return read_review(sheet)


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["yes", "Yes", " CONFIRMED ", "是", "确认", "√", "y", "TRUE", "证实"], "confirmed"),
        (
            ["no", "not confirmed", "Not_Confirmed", "not-confirmed", "否", "不确认", "×", "N", "未证实"],
            "not_confirmed",
        ),
        (["not found", "not_found", "未找到", "source missing", "no source found", "未找到原始记录"], "not_found"),
    ],
    ids=["yes", "no", "not found"],
)
def test_words_of_people_are_understood(words, code):
    sheet = pd.DataFrame({"test": "occurrence", "case_id": [f"c{i}" for i in range(len(words))], "result": words})
    review = read_review(sheet)
    assert review.frame["result"].tolist() == [code] * len(words)
    assert review.counts == {"confirmed": 0, "not_confirmed": 0, "not_found": 0, "blank": 0} | {code: len(words)}


def test_columns_may_stand_in_any_order_under_chinese_names_with_others_beside_them(tmp_path):
    heads = "核查结果,Reviewed on,案例,备注,测试类型,发现编号,第二复核人结果"
    lines = ("是,2026-05-04,c1,看过,class,F-1,否", ",,c2,,由日志核对原始记录（真实性）,,", ",,,,,,")
    text = "\n".join((heads, *lines, ""))
    (tmp_path / "review.csv").write_text(text, encoding="utf-8")
    review = read_review(tmp_path / "review.csv")
    rows = review.frame.set_index("key")
    assert rows.loc["class/F-1/c1", ["result", "result_2", "note", "Reviewed on"]].tolist() == [
        "confirmed", "not_confirmed", "看过", "2026-05-04",
    ]  # fmt: skip
    assert rows.loc["occurrence/c2", "result"] == ""
    assert review.counts["blank"] == 1
    assert review.notes == ("rows without a word, left out: 1",)


def test_an_excel_file_is_read_as_well(sample, tmp_path):
    sheet = sample.frame.assign(result="是", at=None)
    sheet.to_excel(tmp_path / "review.xlsx", index=False)
    assert read_review(tmp_path / "review.xlsx").counts["confirmed"] == len(sheet)


def test_a_copy_of_the_sheet_of_the_sample_is_a_review(sample, tmp_path):
    text = sample.to_csv(tmp_path / "sample.csv")
    review = read_review(tmp_path / "sample.csv")
    assert review.counts["blank"] == len(sample) == len(text.splitlines()) - 1
    assert set(evaluate(sample, review).frame["conclusion"]) == {"not_measured"}


def test_written_and_read_again_it_is_the_same_bytes(sample, classes, tmp_path):
    review = reviewed(sample, {("class", classes[0]): ["yes", "no", "未找到"]}, note='=1+1, "so"\n-', extra="'=x")
    first = review.to_csv(tmp_path / "review.csv")
    again = read_review(tmp_path / "review.csv")
    assert again.to_csv() == first
    assert again.frame.drop(columns="file_row").equals(review.frame.drop(columns="file_row"))
    assert "\n=" not in first
    assert ",=" not in first


BAD = {
    "word": ({"result": ["yes", "maybe"]}, r"row 2, result: 'maybe' is no result"),
    "near word": ({"result": ["yes", "confirmd"]}, "Did you mean 'confirmed'"),
    "twice": ({"case_id": ["c1", "c1"]}, "rows 1 and 2 are both about occurrence/c1"),
    "test": ({"test": ["occurrence", "occurence"]}, "row 2: unknown test 'occurence'. Did you mean 'occurrence'"),
    "no case": ({"case_id": ["c1", ""]}, "row 2 names no case_id"),
    "amount": ({"amount_found": ["1.5", "1,5"]}, "row 2, amount_found: '1,5' is not an amount"),
    "key": ({"key": ["occurrence/c1", "class/c2"]}, "row 2: the key 'class/c2' names no row of a sample"),
    "other key": ({"key": ["occurrence/c1", "occurrence/c3"]}, "row 2: the key 'occurrence/c3' is not that of"),
    "sheet": ({"sheet": ["", "findings"]}, "row 2 of the sheet 'findings' has no key"),
}


@pytest.mark.parametrize("name", BAD)
def test_doubtful_rows_are_refused_by_number(name):
    columns, said = BAD[name]
    with pytest.raises(LogError, match=said):
        read_review(pd.DataFrame({"test": "occurrence", "case_id": ["c1", "c2"], "result": "yes"} | columns))


def test_missing_and_doubled_columns_are_named():
    with pytest.raises(LogError, match="no column test and no column case_id"):
        read_review(pd.DataFrame({"result": ["yes"]}))
    with pytest.raises(LogError, match="'case' and '案例' both mean case_id"):
        read_review(pd.DataFrame({"test": ["class"], "case": ["a"], "案例": ["b"]}))


def test_cases_that_the_sample_does_not_have_are_refused_by_row(sample):
    drawn = sample.rows_of("occurrence")["case_id"].tolist()
    other = next(f"c{i}" for i in range(600) if f"c{i}" not in drawn)
    sheet = pd.DataFrame({"test": "occurrence", "case_id": [drawn[0], other], "result": "yes"})
    with pytest.raises(LogError, match=f"row 2: case '{other}' is not in the sample"):
        evaluate(sample, read_review(sheet))
    with pytest.raises(LogError, match="row 1: the sample has no test 'class' of 'F-0'"):
        evaluate(sample, read_review(pd.DataFrame({"test": ["class"], "finding_id": ["F-0"], "case_id": ["c1"]})))


@settings(max_examples=examples(60), deadline=None)
@given(
    st.sampled_from(["occurrence", "class", "discovery", "monetary", "completeness"]),
    st.text("ab/ ", min_size=1, max_size=6),
)
def test_a_key_names_its_row(test, case):
    finding = "F-12" if test in ("class", "discovery") else ""
    assert parts_of(key_of(test, finding, case)) == (test, finding, case)


# --- the way back from the workbook -----------------------------------------------------------------------------------


def cells(*rows):
    return pd.DataFrame(rows, columns=["sheet", "key", "column", "value"])


def test_a_workbook_adds_and_changes_cells_and_loses_none(sample, classes):
    old = reviewed(sample, {("class", classes[0]): ["yes", "yes"]})
    first, second = sample.rows_of("class", classes[0])["case_id"].head(2)
    found = merge_review(
        old,
        cells(
            ("sample", f"class/{classes[0]}/{second}", "result", "not_confirmed"),
            ("sample", f"class/{classes[0]}/{second}", "note", "seen"),
            ("findings", classes[0], "remark", "late"),
        ),
    )
    at = found.frame.set_index("key")
    assert at.loc[f"class/{classes[0]}/{first}", "result"] == "confirmed"
    assert at.loc[f"class/{classes[0]}/{second}", ["result", "note"]].tolist() == ["not_confirmed", "seen"]
    assert found.filled["findings", classes[0]] == {"remark": "late"}
    assert found.notes == (
        "cells of the workbook that were added: 2",
        "cells of the workbook that stand in place of others: 1",
    )
    assert len(found.sample) == len(old.frame)
    assert merge_review(found, cells()).to_csv() == found.to_csv()
    assert old.counts["confirmed"] == 2  # not changed


def test_a_first_workbook_makes_a_review_that_can_be_read_again(tmp_path):
    found = merge_review(
        None, cells(("sample", "occurrence/a/b", "result", "是"), ("findings", "F-1", "agreed", "partly"))
    )
    assert list(found.frame.columns) == [*COLUMNS, "agreed", "file_row"]
    found.to_csv(tmp_path / "review.csv")
    again = read_review(tmp_path / "review.csv")
    assert again.to_csv() == found.to_csv()
    assert again.sample[["test", "case_id", "result"]].values.tolist() == [["occurrence", "a/b", "confirmed"]]
    assert len(merge_review(None, cells())) == 0


def test_a_workbook_with_a_wrong_word_or_key_is_refused():
    with pytest.raises(LogError, match="'perhaps' is no result"):
        merge_review(None, cells(("sample", "occurrence/a", "result", "perhaps")))
    with pytest.raises(LogError, match="the key 'occurrence' names no row"):
        merge_review(None, cells(("sample", "occurrence", "result", "yes")))


# --- what it says -----------------------------------------------------------------------------------------------------


def conclusion(sample, results, finding, plan=None):
    return evaluate(sample, reviewed(sample, {("class", finding): results}), plan).of(finding)


def test_a_class_with_every_case_confirmed_stands(sample, classes):
    row = conclusion(sample, ["yes"] * 16, classes[0])
    assert (row["n_drawn"], row["n_reviewed"], row["confirmed"], row["precision"]) == (16, 16, 16, 1.0)
    assert (row["low"], row["high"]) == wilson(16, 16)
    assert (row["withdrawn"], row["conclusion"]) == (False, "confirmed")


def test_a_class_that_cannot_reach_the_precision_is_withdrawn_at_once(sample, classes):
    one_wrong = conclusion(sample, ["no"], classes[0])
    assert wilson(15, 16)[0] < 0.8
    assert (one_wrong["withdrawn"], one_wrong["conclusion"], one_wrong["n_reviewed"]) == (True, "withdrawn", 1)
    half = conclusion(sample, ["yes"] * 8, classes[0])
    assert (half["withdrawn"], half["conclusion"]) == (False, "open")
    assert half["low"] < 0.8  # so far: too few, and no reason to withdraw it
    assert conclusion(sample, [], classes[0])["conclusion"] == "not_measured"
    assert math.isnan(conclusion(sample, [], classes[0])["precision"])


def test_a_missing_source_does_not_confirm(sample, classes):
    row = conclusion(sample, ["yes"] * 15 + ["not found"], classes[0])
    assert (row["confirmed"], row["not_confirmed"], row["not_found"], row["precision"]) == (15, 0, 1, 15 / 16)
    assert row["withdrawn"]


@pytest.mark.parametrize(
    ("results", "low", "high", "said"),
    [
        (["yes"] * 4, 1, 1, "confirmed"),
        (["yes", "yes", "yes", "no"], 0.75, 0.75, "withdrawn"),
        (["yes", "yes"], 0.5, 1, "open"),
        (["no"], 0, 0.75, "withdrawn"),
    ],
    ids=["all", "one wrong", "half", "one"],
)
def test_of_a_class_that_was_taken_whole_the_share_is_exact(sample, classes, results, low, high, said):
    row = conclusion(sample, results, classes[1])
    assert (row["low"], row["high"], row["conclusion"], row["withdrawn"]) == (low, high, said, said == "withdrawn")


def test_the_precision_asked_for_decides(sample, classes):
    results = ["yes"] * 14 + ["no"] * 2
    assert conclusion(sample, results, classes[0])["withdrawn"]
    assert not conclusion(sample, results, classes[0], SamplePlan(precision=0.6))["withdrawn"]


def test_log_to_source_has_an_upper_limit(sample):
    found = evaluate(sample, reviewed(sample, {("occurrence", ""): ["yes"] * 57}))
    row = found.frame.iloc[0]
    n, population = row["n_drawn"], row["n_population"]
    assert population == 634
    assert (
        n == len(sample.rows_of("occurrence")) == 56
    )  # 59 are more than a twentieth of 634: drawn without replacement
    assert row["upper"] == upper_limit(0, n, population=population)
    assert row["upper"] <= 0.05
    assert row["conclusion"] == "supported"


@pytest.mark.parametrize(
    ("wrong", "blank", "said"), [(0, 0, "supported"), (0, 3, "open"), (1, 0, "not_supported"), (1, 30, "not_supported")]
)
def test_log_to_source_is_judged_when_nothing_open_can_change_it(sample, wrong, blank, said):
    n = len(sample.rows_of("occurrence"))
    words = ["not found"] * wrong + ["yes"] * (n - wrong - blank)
    row = evaluate(sample, reviewed(sample, {("occurrence", ""): words})).frame.iloc[0]
    assert (row["conclusion"], row["not_found"], row["n_reviewed"]) == (said, wrong, n - blank)
    assert row["error_rate"] == wrong / (n - blank)


def test_source_to_log_has_the_limit_of_a_large_population(sample):
    row = evaluate(sample, reviewed(sample, {("completeness", ""): ["yes"] * 59})).frame.iloc[1]
    assert round(row["upper"], 4) == 0.0495
    assert row["conclusion"] == "supported"


def test_strata_weigh_by_their_size(study):
    sample = draw(study, SamplePlan(seed="s", stratify_by="channel"))
    review = reviewed(sample, {("occurrence", ""): ["no"] + ["yes"] * 58})
    row = evaluate(sample, review).frame.iloc[0]
    stratum = sample.rows_of("occurrence")["stratum"].iloc[0]
    of = sample.strata.set_index("stratum").loc[stratum]
    assert row["error_rate"] == pytest.approx(of["n_population"] / 2000 / of["n_drawn"])
    assert row["upper"] == pytest.approx(upper_limit(1, 59), rel=0.03)
    clean = evaluate(sample, reviewed(sample, {("occurrence", ""): ["yes"] * 59})).frame.iloc[0]
    assert clean["conclusion"] == "supported"
    part = evaluate(sample, reviewed(sample, {("occurrence", ""): ["yes"]})).frame.iloc[0]
    assert math.isnan(part["upper"])  # nothing is known of the other strata
    assert part["conclusion"] == "open"


def test_a_rare_fault_is_absent_only_if_every_case_was_seen(study):
    rare = next(check.id for check in study.checks if not len(check.faults))
    sample = draw(study, SamplePlan(seed="s", discovery={rare: 30}))
    n = len(sample.rows_of("discovery", rare))
    for words, said in (
        (["yes"] * n, "absent"), (["yes"] * (n - 1), "open"), (["yes"] * (n - 1) + ["not found"], "open"), (["no"], "present"),
    ):  # fmt: skip
        found = evaluate(sample, reviewed(sample, {("discovery", rare): words})).frame
        row = found[found["test"] == "discovery"].iloc[0]
        assert row["conclusion"] == said
        if said == "absent":
            assert row["upper"] < 30 / row["n_population"]


@pytest.fixture(scope="module")
def money():
    """900 fees with a tolerable error of a twentieth of all money."""
    log = {
        "case": "case",
        "activity": "activity",
        "timestamp": "end",
        "attributes": {"fee": {"column": "fee", "type": "number"}},
    }
    norm = blueprint(["a", "b"], "ab", log=log)
    fees = np.random.default_rng(4).uniform(100, 900, 900).round(2)
    rows = [(f"c{i}", x, f"2026-03-02T{9 + k:02}:00Z", fee) for i, fee in enumerate(fees) for k, x in enumerate("AB")]
    frame = pd.DataFrame(rows, columns=["case", "activity", "end", "fee"])
    study = mining.Study(mining.EventLog.from_frame(frame, columns=norm.binding), norm)
    return draw(study, SamplePlan(seed="s", amount="fee", tolerable_amount=float(fees.sum()) / 20))


def monetary(money, results, amounts=None):
    sheet = money.frame[money.frame["test"] == "monetary"].copy()
    sheet["result"] = [*results, *["yes"] * len(sheet)][: len(sheet)]
    sheet["amount_found"] = [*(amounts or []), *[""] * len(sheet)][: len(sheet)]
    frame = evaluate(money, read_review(sheet)).frame
    return frame[frame["test"] == "monetary"].iloc[0]


def test_amounts_without_error_are_supported(money):
    row = monetary(money, [])
    assert row["error_amount"] == 0
    assert row["upper_amount"] == pytest.approx(money.plan.tolerable_amount)  # factor x interval, as planned
    assert row["conclusion"] == "supported"


def test_wrong_amounts_count_by_their_tainting(money):
    rows = money.rows_of("monetary")
    assert (rows["stratum"] == "drawn").all()
    half = monetary(money, ["no"], [f"{rows['amount'].iloc[0] / 2}"])
    assert half["error_amount"] == pytest.approx(money.monetary.interval / 2)
    assert half["upper_amount"] == pytest.approx(
        money.monetary.interval * (2.99573 + 0.5 * (4.74386 - 2.99573)), rel=1e-4
    )
    assert half["conclusion"] == "not_supported"
    assert monetary(money, ["no"])["error_amount"] == pytest.approx(money.monetary.interval)  # no amount: all of it
    assert monetary(money, ["not found"])["error_amount"] == pytest.approx(money.monetary.interval)
    more = monetary(money, ["no"], [f"{rows['amount'].iloc[0] * 3}"])
    assert (more["error_amount"], more["not_confirmed"]) == (0, 1)  # understated: counted, not set off


def test_a_confirmed_amount_that_differs_is_refused(money):
    with pytest.raises(LogError, match="confirmed, but amount_found is 1 and the recorded amount"):
        monetary(money, ["yes"], ["1"])


def test_money_is_measured_when_all_of_it_is_reviewed(money):
    sheet = money.frame[money.frame["test"] == "monetary"].copy()
    sheet.loc[sheet.index[0], "result"] = "yes"
    frame = evaluate(money, read_review(sheet)).frame
    row = frame[frame["test"] == "monetary"].iloc[0]
    assert row["conclusion"] == "open"
    assert math.isnan(row["upper_amount"])


# --- two reviewers ----------------------------------------------------------------------------------------------------


def test_two_reviewers_must_both_have_looked_and_agree(sample, classes):
    two = SamplePlan(seed="s", reviewers=2)
    rows = sample.frame.index[sample.frame["finding_id"] == classes[0]]
    second = pd.Series("", index=sample.frame.index)
    second[rows[:14]] = ["yes"] * 13 + ["no"]
    review = reviewed(sample, {("class", classes[0]): ["yes"] * 15}, result_2=second)
    found = evaluate(sample, review, two)
    row = found.of(classes[0])
    assert (row["n_reviewed"], row["confirmed"], row["disputed"], row["conclusion"]) == (13, 13, 1, "open")
    assert found.disagreements["case_id"].tolist() == [sample.frame.loc[rows[13], "case_id"]]
    assert (
        evaluate(sample, review).of(classes[0])["n_reviewed"] == 14
    )  # one is enough where the plan asks for one, a dispute is not
    decided = pd.Series("", index=sample.frame.index)
    decided[rows[13]] = "no"
    settled = evaluate(
        sample, reviewed(sample, {("class", classes[0]): ["yes"] * 15}, result_2=second, decided=decided), two
    )
    assert settled.of(classes[0])["withdrawn"]
    assert len(settled.disagreements) == 1  # what was decided later does not raise the agreement
    assert settled.kappa == found.kappa


def test_kappa_by_hand(sample, classes):
    """20 pairs: 12 yes-yes, 2 yes-no, 1 no-yes, 5 no-no: agreed 17/20, by chance 14/20 x 13/20 + 6/20 x 7/20 = 0.56."""
    rows = sample.frame.index[sample.frame["finding_id"].isin(classes)]
    one, two = pd.Series("", index=sample.frame.index), pd.Series("", index=sample.frame.index)
    one[rows] = ["yes"] * 14 + ["no"] * 6
    two[rows] = ["yes"] * 12 + ["no"] * 2 + ["yes"] + ["no"] * 5
    assert len(rows) == 20
    found = evaluate(sample, read_review(sample.frame.assign(result=one, result_2=two)))
    assert found.kappa == pytest.approx((0.85 - 0.56) / 0.44)
    assert (found.n_both, len(found.disagreements), found.provisional) == (20, 3, False)
    assert "kappa 0.66" in found.sentence()
    same = evaluate(sample, read_review(sample.frame.assign(result="yes", result_2="yes")))
    assert math.isnan(same.kappa)
    assert not same.provisional


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_says_what_came_of_it(sample, classes, lang):
    found = evaluate(sample, reviewed(sample, {("occurrence", ""): ["yes"] * 59, ("class", classes[0]): ["no"]}))
    said = found.sentence(lang)
    assert f"{100 * found.frame['upper'].iloc[0]:.2f}" in said
    assert f"sampling.conclusion.{found.frame['conclusion'].iloc[0]}" in catalogue()
    assert catalogue()["sampling.conclusion.supported"][lang] in said
    assert "{" not in said
    nothing = evaluate(sample, None)
    assert set(nothing.frame["conclusion"]) == {"not_measured"}
    assert nothing.withdrawn == ()
    assert catalogue()["sampling.conclusion.not_measured"][lang] in nothing.sentence(lang)


def test_every_conclusion_has_words():
    assert all(f"sampling.conclusion.{word}" in catalogue() for word in CONCLUSIONS)


def test_the_numbers_of_the_sample_stand_alone(sample, classes):
    found = evaluate(sample, reviewed(sample, {("class", classes[0]): ["no"]}))
    assert found.withdrawn == (classes[0],)
    assert not set(found.columns) & {"n_gross", "n_net", "n_judged", "rate_gross"}
    assert list(found.frame.columns) == list(found.columns)
    assert found.of("F-0") is None
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record["kappa"] is None
    assert record["rows"][1]["n_population"] is None
    assert "conclusion" in found._repr_html_()
