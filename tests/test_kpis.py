"""Indicators: intervals against golden values, scipy and statsmodels; formulas by hand; targets, trends, and what is not measured."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.collections import PathCollection
from scipy import stats

import mining
from mining.errors import UnknownNameError
from mining.outcomes.intervals import estimate, mean_interval, t_interval
from mining.outcomes.kpis import ALWAYS, Kpis, kpis_of
from mining.outcomes.trend import KpiTrend
from mining.plots.base import closed_svg
from mining.texts import LANGUAGES
from mining.voice.survey import read_survey
from tests.examples import examples
from tests.helpers import OFFICE, ROOT, SHARED, blueprint, blueprint_dict, parsed, study, traces

NAME = {"name": {"en": "Indicator", "zh": "指标"}}


def kpi(id="k", target=0.5, direction="up", **formula):
    return {"id": id, "formula": formula, "target": target, "direction": direction, **NAME}


def answers(*rows, scale=(1, 5), kind="csat"):
    """(case, score) of item q as the frame of a survey."""
    table = [(case, None, 0, "q", float(score), *scale, kind) for case, score in rows]
    names = ["case_id", "customer_id", "answered_at", "item", "score", "scale_min", "scale_max", "kind"]
    return SimpleNamespace(frame=pd.DataFrame(table, columns=names).assign(row=range(1, len(table) + 1)))


def row(found, id="k"):
    return found.frame.set_index("kpi").loc[id]


def sample(name):
    norm = mining.read_blueprint(ROOT / f"sample_logs/{name}/blueprint.yaml")
    return mining.Study(mining.read_log(ROOT / f"sample_logs/{name}/log.csv", columns=norm.binding), norm)


@pytest.fixture(scope="module")
def tickets():
    return sample("it_incident")


@pytest.fixture(scope="module")
def survey():
    return read_survey(ROOT / "sample_logs/it_incident/survey.csv")


# --- intervals -----------------------------------------------------------------------------------------------------------


def test_wilson_golden():
    found = estimate("share", np.repeat([1.0, 0.0], [12, 138]))
    assert (found.hits, found.n, found.method) == (12, 150, "Wilson")
    assert [round(100 * x, 2) for x in (found.low, found.high)] == [4.64, 13.46]


def test_net_promoter_score_golden():
    found = estimate("nps", np.repeat([1.0, 0.0, -1.0], [60, 25, 15]))
    assert found.value == pytest.approx(0.45)
    assert [round(100 * x, 1) for x in (found.low, found.high)] == [30.5, 59.5]
    assert round(100 * (found.high - found.low) / 2 / 1.96, 2) == 7.40


@pytest.mark.parametrize(("n", "ranks"), [(5, None), (6, (1, 6)), (10, (2, 9)), (25, (8, 18)), (100, (40, 61))])
def test_the_interval_of_a_median_is_at_the_ranks_of_the_tables(n, ranks):
    """Ranks as in the usual tables of the sign test (Conover 1999, table A3)."""
    found = estimate("median", np.arange(1.0, n + 1))
    got = None if np.isnan(found.low) else (int(found.low), int(found.high))
    assert got == ranks
    assert found.value == (n + 1) / 2


@pytest.mark.parametrize(("stat", "share"), [("median", 0.5), ("p90", 0.9)])
@pytest.mark.parametrize("n", [6, 29, 40, 200])
def test_percentiles_hold_in_95_of_100_samples_and_not_a_rank_more(stat, share, n):
    found = estimate(stat, np.arange(1.0, n + 1))
    if np.isnan(found.low):
        assert share**n > 0.025 or (1 - share) ** n > 0.025
        return
    low, high = int(found.low), int(found.high)
    held = stats.binom.cdf(high - 1, n, share) - stats.binom.cdf(low - 1, n, share)
    assert held >= 0.95
    assert stats.binom.cdf(low, n, share) > 0.025  # one rank further in on either side would be too narrow on that side
    assert stats.binom.sf(high - 2, n, share) > 0.025


def test_p90_is_the_least_value_that_nine_of_ten_do_not_exceed():
    assert estimate("p90", np.arange(1.0, 11)).value == 9


def test_means_by_bootstrap_and_by_t():
    statsmodels = pytest.importorskip("statsmodels.stats.weightstats")
    values = np.random.default_rng(1).gamma(2, size=200)
    low, high, method = mean_interval(values)
    wanted = stats.bootstrap((values,), np.mean, n_resamples=1999, method="BCa", random_state=np.random.default_rng(0))
    assert (low, high, method) == (*wanted.confidence_interval, "BCa bootstrap")
    assert t_interval(values) == pytest.approx(statsmodels.DescrStatsW(values).tconfint_mean())
    assert mean_interval(np.tile(values, 6))[2] == "Student's t"


@pytest.mark.parametrize("values", [np.arange(9.0), np.ones(20)], ids=["few", "alike"])
def test_few_or_equal_answers_have_no_interval(values):
    found = estimate("mean", values)
    assert np.isnan([found.low, found.high]).all()
    assert found.method == ""


@settings(max_examples=examples(50))
@given(
    st.sampled_from(["share", "median", "p90", "mean", "nps"]), st.lists(st.sampled_from([-1.0, 0.0, 1.0]), max_size=30)
)
def test_a_value_lies_in_its_interval(stat, values):
    found = estimate(stat, np.abs(values) if stat == "share" else np.array(values))
    assert found.n == len(values)
    assert np.isnan(found.value) == (not values)
    if not np.isnan(found.low):
        assert found.low <= found.value + 1e-12
        assert found.value <= found.high + 1e-12
        assert found.method


# --- shares --------------------------------------------------------------------------------------------------------------


def measured(*words, survey=None, **formula):
    """The row of an indicator over traces of a flow in which b may be left out and done again; d is drawn and not observable."""
    raw = blueprint_dict(
        ["a", {"optional": {"loop": "b", "redo": "d"}}, "c"], "abcd", ends=["c"], kpis=[kpi(**formula)]
    )
    raw["activities"][3] |= {"observable": False}
    raw["activities"][3].pop("labels")
    norm = parsed(raw)
    return row(kpis_of(study(norm, traces(*words)), survey=survey))


@pytest.mark.parametrize(
    ("formula", "hits"),
    [
        ({"share_with": "b"}, 2),
        ({"share_without": "b"}, 1),
        ({"share_with": ["a", "b"]}, 3),
        ({"share_without": ["b", "c"]}, 0),
        ({"share_at_most": {"a": "b", "n": 1}}, 2),
        ({"share_at_most": {"a": "b", "n": 0}}, 1),
    ],
    ids=str,
)
def test_shares_are_of_the_cases_that_are_over(formula, hits):
    found = measured("abc", "abbc", "ac", "ab", **formula)
    assert (found["hits"], found["n"], found["n_left_out"], found["left_out_en"]) == (hits, 3, 1, "still running: 1")
    assert found["value"] == hits / 3
    assert (found["method"], found["counted"], found["unit"]) == ("Wilson", "cases", "share")


def test_what_is_counted_as_kept_though_it_never_happened_is_said():
    found = measured("abc", "ac", share_at_most={"a": "b", "n": 1})
    assert found["note_en"].endswith("count as kept: 1.")


def test_given_up_cases_count_as_over():
    scope = {"starts_with": ["a"], "ends_with": ["c"], "abandoned_after": "10h", "unit_of_analysis": "one case"}
    norm = blueprint(["a", "b", "c"], "abc", scope=scope, kpis=[kpi(share_with="b")])
    found = row(kpis_of(study(norm, {"1": [("A", 0), ("B", 1), ("C", 2)], "2": [("A", 0)], "3": [("A", 40)]})))
    assert (found["hits"], found["n"], found["left_out_en"]) == (1, 2, "still running: 1")


def test_a_step_that_leaves_no_trace_is_not_measured():
    found = measured("abc", share_with="d")
    assert np.isnan(found["value"])
    assert found["why_en"] == "leaves no trace in the log: Step d"
    assert found["met"] is None


def test_a_step_that_never_occurs_is_measured_with_a_warning():
    found = measured("ac", share_with="b")
    assert (found["value"], found["note_en"]) == (0, "Never occurs in the log; its labels may be wrong: Step b.")


@pytest.mark.parametrize(
    ("target", "direction", "met", "sure"),
    [
        (0.2, "up", True, True),
        (0.5, "up", True, False),
        (0.99, "up", False, True),
        (0.9, "down", True, True),
        (0.8, "down", True, False),
        (0.1, "down", False, True),
    ],
)
def test_targets_are_met_or_not_and_how_surely(target, direction, met, sure):
    norm = blueprint(
        ["a", {"optional": "b"}, "c"], "abc", kpis=[kpi(target=target, direction=direction, share_with="b")]
    )
    found = row(kpis_of(study(norm, traces(*["abc"] * 7, *["ac"] * 3))))  # 7 of 10: 0.397 to 0.892
    assert (found["met"], found["sure"]) == (met, sure)


# --- waiting -------------------------------------------------------------------------------------------------------------


def test_median_waiting_adds_up_and_leaves_out_what_is_not_measured():
    norm = blueprint(
        ["a", {"optional": "b"}, "c"], "abc", kpis=[kpi(target="90min", direction="down", median_waiting=["b", "c"])]
    )

    def case(*waits, start=True):
        at, events = 1.0, [("A", 1.0, "ann", 0.0)]
        for letter, wait in zip("BC", waits, strict=False):
            events.append((letter, at + wait + 1, "ann", at + wait) if start else (letter, at + wait + 1))
            at += wait + 1
        return events

    cases = {str(i): case(1, x) for i, x in enumerate([0, 1, 2, 3, 4, 5, 6])}
    cases |= {"unknown": case(1, 1, start=False), "running": case(1)}
    found = row(kpis_of(study(norm, cases)))
    assert (found["value"], found["n"], found["unit"]) == (4 * 3600, 7, "s")
    assert (found["low"], found["high"], found["method"]) == (3600, 7 * 3600, "order statistics")
    assert (found["target"], found["met"], found["sure"]) == (5400, False, False)
    assert found["left_out_en"] == "still running: 1, no wait measured: 1"


def test_waiting_without_starts_says_why():
    norm = blueprint(["a", "b", "c"], "abc", kpis=[kpi(target="1h", direction="down", median_waiting="b")])
    assert (
        row(kpis_of(study(norm, traces("abc"))))["why_en"]
        == "the log has no start times of these steps, so waiting is not known"
    )


# --- surveys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stat", "scale", "scores", "value"),
    [
        ("top2box", (1, 5), [5, 4, 3, 1], 0.5),
        ("top3box", (1, 7), [7, 5, 4, 1, 6], 0.6),
        ("mean", (1, 5), [5, 4, 3, 1], 3.25),
        ("nps", (0, 10), [10, 9, 8, 7, 6, 0], 0.0),
        ("nps", (0, 10), [10, 9, 8, 0], 0.25),
    ],
    ids=["top2box", "top3box", "mean", "nps even", "nps"],
)
def test_scores(stat, scale, scores, value):
    given_ = answers((None, scores[0]), *(("c0", x) for x in scores[1:]), ("elsewhere", 1), scale=scale)
    norm = blueprint(["a", "b", "c"], "abc", kpis=[kpi(survey="q", stat=stat)])
    found = row(kpis_of(study(norm, traces("abc")), survey=given_))
    assert found["value"] == pytest.approx(value)
    assert (found["n"], found["counted"]) == (len(scores), "answers")
    assert found["left_out_en"] == "about cases that this log does not have: 1"


def test_a_target_beyond_one_is_in_points():
    norm = blueprint(["a", "b", "c"], "abc", kpis=[kpi(target=40, survey="q", stat="nps")])
    scores = [10] * 60 + [8] * 25 + [3] * 15
    found = row(
        kpis_of(study(norm, traces("abc")), survey=answers(*(("c0", x) for x in scores), scale=(0, 10), kind="nps"))
    )
    assert (round(found["value"], 9), round(found["low"], 1), round(found["high"], 1)) == (45, 30.5, 59.5)
    assert (found["unit"], found["met"], found["sure"]) == ("points", True, False)


ONE = answers(("c0", 1)).frame
BOXES = "the scale of the answers is not known or too short for the highest boxes"


@pytest.mark.parametrize(
    ("stat", "table", "why"),
    [
        ("mean", None, "no survey was given"),
        ("mean", ONE.assign(item="other"), "the survey has no item q"),
        ("nps", ONE, "a net promoter score is asked on a scale from 0 to 10"),
        ("top2box", ONE.assign(scale_min=0, scale_max=1), BOXES),
        ("top2box", ONE.assign(scale_min=np.nan, scale_max=np.nan), BOXES),
        (
            "mean",
            pd.concat([ONE, ONE.assign(scale_max=7)]),
            "answers of 2 kinds or scales under one name cannot be averaged",
        ),
        ("mean", ONE.assign(case_id="x"), "all answers are about cases that this log does not have"),
    ],
    ids=["none", "item", "nps", "short", "unknown", "mixed", "elsewhere"],
)
def test_answers_that_cannot_be_used_say_why(stat, table, why):
    norm = blueprint(["a", "b", "c"], "abc", kpis=[kpi(survey="q", stat=stat)])
    found = row(kpis_of(study(norm, traces("abc")), survey=None if table is None else SimpleNamespace(frame=table)))
    assert np.isnan(found["value"])
    assert found["why_en"] == why


def test_a_sample_against_plain_pandas(tickets, survey):
    found = kpis_of(tickets, survey=survey).frame.set_index("kpi")
    log = pd.read_csv(ROOT / "sample_logs/it_incident/log.csv", parse_dates=["timestamp"])
    log["timestamp"] = pd.to_datetime(log["timestamp"], utc=True)
    last = log.groupby("case_id")["timestamp"].max()
    closed = log.loc[log["activity"] == "Close", "case_id"].unique()
    over = last.index[last.index.isin(closed) | (last < last.max() - pd.Timedelta(days=56))]
    times = log.groupby(["case_id", "activity"]).size().unstack(fill_value=0).loc[over]
    assert found.loc["resolution_rate", ["hits", "n"]].tolist() == [(times["Resolve"] > 0).sum(), len(over)]
    assert found.loc["first_contact", ["hits", "n"]].tolist() == [(times["First response"] <= 1).sum(), len(over)]
    scores = pd.read_csv(ROOT / "sample_logs/it_incident/survey.csv").query("item == 'csat'")["score"]
    assert found.loc["csat", ["hits", "n"]].tolist() == [(scores >= 4).sum(), len(scores)]
    assert found["stands_for"].dropna().tolist() == ["resolution_rate", "customer_satisfaction", *["response_time"] * 3]


# --- the three that are always there -------------------------------------------------------------------------------------


def test_the_three_always_have_a_row():
    found = kpis_of(study(blueprint(["a", "b", "c"], "abc"), traces("abc")))
    assert found.frame["stands_for"].tolist() == list(ALWAYS)
    assert found.frame["value"].isna().all()
    whys = found.frame["why_en"].tolist()
    assert whys[0].startswith("the blueprint promises no first response")
    assert whys[1].startswith("every ended case would count as resolved")
    assert whys[2] == "no survey was given"
    assert all(found.frame["why_zh"])


def test_response_time_is_that_of_the_standard_in_its_business_time():
    standards = [
        {"id": "S0", "dimension": "time", "metric": "elapsed", "from": "case_start", "to": "case_end", "max": "9d", "severity": "minor",
         "basis": "x"},
        {"id": "S1", "dimension": "time", "metric": "elapsed", "from": "a", "to": "b", "max": "4bh", "share": 0.5, "calendar": "office",
         "severity": "minor", "basis": "x"},
    ]  # fmt: skip
    norm = blueprint(["a", "b", "c"], "abc", standards=standards, calendars=OFFICE)
    cases = {str(i): [("A", 0), ("B", x), ("C", x + 1)] for i, x in enumerate([1, 2, 3, 4, 24 + 5, 24 + 6, 24 + 7])}
    cases |= {"ended": [("A", 0), ("C", 2)], "waits": [("A", 24 + 6)], "late": [("A", 0)]}
    found = kpis_of(study(norm, cases)).frame.set_index("kpi")
    # 9 to 17 o'clock: 29 h later are 8 + 5 open hours
    middle = found.loc["response_time"]
    assert (middle["value"], middle["n"], middle["unit"], middle["met"]) == (4 * 3600, 7, "open s", None)
    assert found.loc["response_time_p90", "value"] == 15 * 3600
    share = found.loc["response_time_in_limit"]
    assert (share["hits"], share["n"], share["target"], share["met"]) == (
        4,
        8,
        0.5,
        True,
    )  # who still waits after 13 open hours is late
    assert (
        middle["left_out_en"]
        == "still waiting for the response: 2, ended without the response, or the standard does not apply: 1"
    )
    assert share["name_en"] == "Response within 4 business hours"


def test_resolution_and_satisfaction_by_default(study):
    survey = read_survey(ROOT / "sample_logs/permit_receipt/survey.csv")
    found = kpis_of(study, survey=survey).frame.set_index("kpi")
    log = pd.read_csv(ROOT / "sample_logs/permit_receipt/log.csv")
    ends = {x for name in study.blueprint.scope.ends_with for x in study.blueprint.activity(name).labels}
    assert found.loc["resolution_rate", "hits"] == log.loc[log["activity"].isin(ends), "case_id"].nunique()
    scores = pd.read_csv(ROOT / "sample_logs/permit_receipt/survey.csv").query("kind == 'csat'")["score"]
    assert found.loc["customer_satisfaction", ["hits", "n"]].tolist() == [(scores >= 4).sum(), len(scores)]
    assert found.loc["customer_satisfaction", "target"] != found.loc["customer_satisfaction", "target"]


# --- trend ---------------------------------------------------------------------------------------------------------------


def monthly(*months):
    """Per month from March 2026 on: how many cases begin, how many of them still run, days to the end; b is done in every other one."""
    cases = {}
    for (n, running, days), day in zip(months, (0, 31, 61), strict=False):
        for i in range(n):
            steps = [("A", 24 * day), *([("B", 24 * day + 1)] if i % 2 else [])]
            cases[f"{day}-{i}"] = steps if i < running else [*steps, ("C", 24 * (day + days) + 2)]
    return study(blueprint(["a", {"optional": "b"}, "c"], "abc", kpis=[kpi(share_with="b")]), cases)


def by_month(*months):
    found = kpis_of(monthly(*months)).trend().frame
    return found[found["kpi"] == "k"].set_index("period")


def test_a_period_with_young_running_cases_is_not_shown_as_good():
    found = by_month((40, 6, 40), (40, 4, 35), (8, 0, 0))  # the log ends after 66 days
    assert found["cases"].tolist() == [40, 40, 8]
    assert found["running"].tolist() == [6, 4, 0]
    assert found["young"].tolist() == [
        0,
        4,
        0,
    ]  # 35 days are less than the 40 in which 95 % of the others ended, 66 are more
    assert found.loc["2026-03", ["state", "value", "n", "met"]].tolist() == ["measured", 0.5, 34, True]
    early = found.loc["2026-04"]
    assert (early["state"], early["n"], early["met"]) == ("too early", 36, None)
    assert np.isnan(early[["value", "low", "high"]].astype(float)).all()
    assert found.loc["2026-05", "state"] == "measured"


def test_one_in_twenty_may_run():
    assert by_month((40, 0, 40), (40, 2, 35))["state"].tolist() == ["measured", "measured"]
    assert by_month((40, 0, 40), (40, 3, 35))["state"].tolist() == ["measured", "too early"]


def test_small_periods_are_hidden_with_the_next_smallest():
    found = by_month((40, 0, 0), (30, 0, 0), (2, 0, 0))
    assert found["state"].tolist() == ["measured", "hidden", "hidden"]
    assert found["n"].isna().tolist() == [False, True, True]
    assert found["value"].isna().tolist() == [False, True, True]


def test_trends_add_up_to_the_whole(tickets, survey):
    whole = kpis_of(tickets, survey=survey)
    found = whole.trend()
    sums = found.frame.groupby("kpi")["n"].sum()
    for row_ in whole.frame.itertuples():
        assert sums[row_.kpi] + found.outside.get(row_.kpi, 0) == row_.n
    last = found.frame[found.frame["period"] == "2026-06"]
    assert (last["state"] == "too early").all()
    assert last["value"].isna().all()
    assert last["met"].isna().all()
    assert "2026-06" in found.sentence()
    assert list(found.frame.columns) == list(KpiTrend.columns)
    with pytest.raises(UnknownNameError, match="period"):
        whole.trend("channel")


def test_a_month_against_plain_pandas(tickets, survey):
    found = kpis_of(tickets, survey=survey).trend().frame.set_index(["kpi", "period"])
    log = pd.read_csv(ROOT / "sample_logs/it_incident/log.csv")
    at = pd.to_datetime(log["timestamp"], utc=True).dt.tz_convert(tickets.blueprint.tz)
    begin = at.groupby(log["case_id"]).min().dt.strftime("%Y-%m")
    scores = pd.read_csv(ROOT / "sample_logs/it_incident/survey.csv").query("item == 'csat'")
    by_month = (scores["score"] >= 4).groupby(scores["case_id"].map(begin)).agg(["sum", "size"])
    for month in ("2026-01", "2026-04"):
        assert found.loc[("csat", month), "n"] == by_month.loc[month, "size"]
        assert found.loc[("csat", month), "value"] == by_month.loc[month, "sum"] / by_month.loc[month, "size"]


# --- how it shows itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_sentence_names_what_is_missed_and_what_is_not_measured(tickets, lang):
    found = kpis_of(tickets)
    said = found.sentence(lang)
    lost = found.frame[found.frame["value"].isna()]
    assert len(lost) == 1
    for _, x in lost.iterrows():
        assert x[f"name_{lang}"] in said
        assert x[f"why_{lang}"] in said


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.few_quick(1)
def test_the_chart_puts_what_is_better_to_the_right(lang):
    kpis = [
        kpi("up_met", 0.5, "up", share_with="b"),
        kpi("up_missed", 0.9, "up", share_with="b"),
        kpi("down_met", 0.9, "down", share_with="b"),
        kpi("down_missed", 0.5, "down", share_with="b"),
    ]
    found = kpis_of(
        study(blueprint(["a", {"optional": "b"}, "c"], "abc", kpis=kpis), traces(*["abc"] * 7, *["ac"] * 3))
    )
    ax = found.plot(lang=lang)
    points = {
        int(x.get_offsets()[0][1]): round(float(x.get_offsets()[0][0]), 6)
        for x in ax.collections
        if isinstance(x, PathCollection)
    }
    assert points == {0: 20, 1: -20, 2: 20, 3: -20}  # 70 % against 50 and 90 %
    labels = [x.get_text() for x in ax.get_yticklabels()]
    assert len(labels) == len(kpis)
    assert "≥" in labels[0]
    assert "≤" in labels[2]
    assert closed_svg(ax).startswith("<svg")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.few_quick(1)
def test_the_chart_leaves_out_what_has_no_target_or_no_value(lang):
    kpis = [
        kpi("met", 0.5, "up", share_with="b"),
        kpi("unmeasured", 0.5, "up", survey="q", stat="mean"),
        kpi("missed", 0.9, "up", share_with="b"),
    ]
    found = kpis_of(
        study(blueprint(["a", {"optional": "b"}, "c"], "abc", kpis=kpis), traces(*["abc"] * 7, *["ac"] * 3))
    )
    ax = found.plot(lang=lang)
    drawn = sorted(int(x.get_offsets()[0][1]) for x in ax.collections if isinstance(x, PathCollection))
    labels = [x.get_text() for x in ax.get_yticklabels()]
    assert drawn == [0, 1]
    assert [next(n for n in ("50", "90") if n in x) for x in labels] == ["50", "90"]
    assert all("70" in x for x in labels)
    rest = found.frame[~found.frame["kpi"].isin(["met", "missed"])].set_index("kpi")
    assert rest["value"].isna()["unmeasured"]
    assert "resolution_rate" in rest.index  # without a target


def test_a_chart_without_targets_says_so():
    ax = kpis_of(study(blueprint(["a", "b", "c"], "abc"), traces("abc"))).plot()
    assert [x.get_text() for x in ax.texts] == ["No indicator can be shown against a target"]
    closed_svg(ax)


def test_equal_input_gives_equal_output(tickets, survey):
    one, two = (kpis_of(tickets, survey=survey) for _ in range(2))
    assert one.to_dict() == two.to_dict()
    assert list(one.frame.columns) == list(Kpis.columns)
    assert one.trend("quarter").to_dict() == two.trend("quarter").to_dict()
    assert "540,0" not in one._repr_html_()  # seconds are not shown as shares


@pytest.mark.skipif(not (SHARED / "logs").is_dir(), reason="the public logs are not beside the project")
@pytest.mark.slow
def test_help_desk_first_response_was_measured_before():
    norm = mining.read_blueprint(SHARED / "blueprints/it_incident.yaml")
    of = mining.Study(mining.read_log(SHARED / "logs/helpdesk.xes.gz", columns=norm.binding), norm, open_cases="judge")
    found = kpis_of(of).frame.set_index("kpi").loc["response_time_in_limit"]
    assert found["hits"] == 2105
    assert round(found["value"], 2) == 0.49  # first response in 4 business hours met by 49 %
