"""Kano classes, incidents and coders, mystery visits, needs, the feedback loop and non-response: by hand, known values, oracles."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import cohen_kappa_score

import mining
from mining.blueprint import parse_blueprint
from mining.errors import MiningError, UnknownNameError
from mining.units import MISSING
from mining.voice import (
    agreement_of,
    feedback_channels,
    feedback_of,
    incident_table,
    kano_of,
    needs_by_segment,
    needs_matrix,
    nonresponse_of,
    pass_rates,
    read_incidents,
    read_mystery,
    read_needs,
    read_survey,
    rotation_of,
    saturation_of,
    visit_plan,
)
from mining.voice.kano import kano_class
from mining.voice.needs import KANO
from mining.voice.nonresponse import standardised, standardised_categories
from tests.examples import examples
from tests.helpers import MONDAY, blueprint_dict, traces
from tests.helpers import study as studied


def one(frame, **where):
    """The only row with these values."""
    for name, value in where.items():
        frame = frame[frame[name] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def service(**more):
    """a and b, of which a is a touchpoint; one critical rule."""
    parts = blueprint_dict(["a", "b"], "ab", ends=["b"], **more)
    parts["activities"][0]["touchpoint"] = {"key": True}
    rule = {"id": "ident", "kind": "precedence", "a": "a", "b": "b", "severity": "critical", "basis": "law"}
    return parse_blueprint(json.dumps(parts | {"rules": [rule]}), name="test.yaml")


# --- Kano ----------------------------------------------------------------------------------------------------------------


def test_all_25_pairs_of_kano():
    """The evaluation table of Berger et al. (1993), row by row: like, must, neutral, live with, dislike."""
    found = ["".join(kano_class(f, d) for d in KANO) for f in KANO]
    assert found == ["QAAAO", "RIIIM", "RIIIM", "RIIIM", "RRRRQ"]
    with pytest.raises(UnknownNameError, match="answer 'love'"):
        kano_class("love", "like")


PAIR = {"M": ("must", "dislike"), "O": ("like", "dislike"), "A": ("like", "neutral"), "I": ("neutral", "neutral"), "R": ("dislike", "like"),
        "Q": ("like", "like")}  # fmt: skip


def asked(letters, need="n"):
    """A need with one respondent per letter."""
    return [
        {
            "need_id": need,
            "text": need,
            "respondent": f"{need}{i}",
            "kano_functional": PAIR[x][0],
            "kano_dysfunctional": PAIR[x][1],
        }
        for i, x in enumerate(letters)
    ]


@settings(max_examples=examples(12), deadline=None)
@given(st.lists(st.sampled_from("MOAIRQ"), min_size=1, max_size=30))
def test_class_and_coefficients_of_a_need(letters):
    row = kano_of(read_needs(pd.DataFrame(asked(letters)))).frame.iloc[0]
    counts = {x: letters.count(x) for x in "MOAIRQ"}
    best = max(counts.values())
    assert row["kano"] == next(x for x in "MOAIRQ" if counts[x] == best)  # ties: M, O, A, I
    assert row["tie"] == (sum(n == best for n in counts.values()) > 1)
    assert {x: row[x] for x in counts} == counts
    base = sum(counts[x] for x in "MOAI")
    if base:
        assert row["better"] == (counts["A"] + counts["O"]) / base
        assert row["worse"] == -(counts["O"] + counts["M"]) / base
    else:
        assert math.isnan(row["better"])
        assert math.isnan(row["worse"])


def test_the_second_class_is_printed_and_half_answers_are_counted():
    rows = [
        *asked("AAAOO"),
        *asked("II", "m"),
        {"need_id": "n", "text": "n", "respondent": "x", "kano_functional": "like"},
    ]
    found = kano_of(read_needs(pd.DataFrame(rows)))
    row = one(found.frame, need_id="n")
    assert (row["kano"], row["second"], row["tie"], row["half"], row["n"]) == ("A", "O", False, 1, 5)
    assert pd.isna(one(found.frame, need_id="m")["second"])
    assert "attractive 1, indifferent 1" in found.sentence()
    assert "魅力型 1、无差异型 1" in found.sentence("zh")
    with pytest.raises(MiningError, match="no need has both answers"):
        kano_of(read_needs(pd.DataFrame([{"need_id": "n", "text": "n"}])))


def test_an_answer_counts_once_however_many_touchpoints_the_need_has():
    rows = [row | {"touchpoint": t} for row in asked("AM") for t in "ab"]
    assert one(kano_of(read_needs(pd.DataFrame(rows))).frame, need_id="n")["n"] == 2


# --- Incidents -----------------------------------------------------------------------------------------------------------


def told(codings, **more):
    """Incidents as coder to categories."""
    rows = [
        {
            "id": f"i{i}",
            "at": f"2026-03-02T{9 + i // 60:02d}:{i % 60:02d}Z",
            "valence": "-",
            "category": category,
            "coder": coder,
        }
        for coder, categories in codings.items()
        for i, category in enumerate(categories)
        if category
    ]
    return read_incidents(pd.DataFrame(rows).assign(**more))


@settings(max_examples=examples(10), deadline=None)
@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("xyz")), min_size=2, max_size=25))
def test_two_coders_have_cohens_kappa(pairs):
    one_coder, other = ([pair[i] for pair in pairs] for i in (0, 1))
    row = one(agreement_of(told({"ann": one_coder, "bob": other})).frame, of="category")
    assert row["agreed"] == pytest.approx(np.mean([a == b for a, b in pairs]))
    if len({*one_coder, *other}) == 1:
        assert math.isnan(row["kappa"])
        assert row["provisional"]
        return
    categories = sorted({*one_coder, *other})
    chance = sum(one_coder.count(x) * other.count(x) for x in categories) / len(pairs) ** 2
    assert row["kappa"] == pytest.approx((row["agreed"] - chance) / (1 - chance))
    assert row["kappa"] == pytest.approx(cohen_kappa_score(one_coder, other))
    assert row["provisional"] == (row["kappa"] < 0.6)


def test_identical_coders_have_kappa_1_and_one_coder_none():
    found = agreement_of(told({"ann": "xyxyx", "bob": "xyxyx"}))
    assert one(found.frame, of="category")["kappa"] == 1
    assert not found.provisional
    alone = agreement_of(told({"ann": "xyxyx"}))
    assert alone.provisional
    assert one(alone.frame, of="category")["left_out"] == 5
    assert "provisional" in alone.sentence()


def test_three_coders_have_fleiss_kappa():
    """By hand: 4 incidents, 3 codings each. Agreement 1, 1/3, 1, 1/3; shares 7/12 and 5/12."""
    found = one(agreement_of(told({"a": "xxyy", "b": "xxyx", "c": "xyyx"})).frame, of="category")
    seen, chance = (1 + 1 / 3 + 1 + 1 / 3) / 4, (7 / 12) ** 2 + (5 / 12) ** 2
    assert (found["method"], found["n"], found["coders"]) == ("Fleiss", 4, 3)
    assert found["kappa"] == pytest.approx((seen - chance) / (1 - chance))


def test_incidents_coded_by_fewer_are_counted_apart():
    row = one(agreement_of(told({"ann": "xyxyxx", "bob": ["x", "y", "x", "y", "", ""]})).frame, of="category")
    assert (row["n"], row["left_out"], row["kappa"]) == (4, 2, 1)


def test_incidents_by_category_touchpoint_and_valence():
    table = pd.DataFrame(
        {
            "id": [f"i{i}" for i in range(21)], "at": "2026-03-02T09:00Z", "valence": ["-"] * 8 + ["+"] * 2 + ["+"] * 9 + ["-"] * 2,
            "category": ["wait"] * 10 + ["tone"] * 9 + ["rare"] * 2, "touchpoint": ["desk"] * 10 + [None] * 11,
        }
    )  # fmt: skip
    found = incident_table(read_incidents(table))
    wait = one(found.frame, category="wait")
    assert (wait["touchpoint"], wait["negative"], wait["positive"], wait["n"]) == ("desk", 8, 2, 10)
    assert wait["share"] == pytest.approx(10 / 21)
    assert one(found.frame, category="rare")["hidden"]
    assert one(found.frame, category="tone")["hidden"]  # else the rare ones were the rest
    assert found.frame["provisional"].all()
    assert "8 of 8" in found.sentence()


def test_coders_decide_by_most_and_ties_are_not_agreed():
    found = incident_table(told({"a": "xxx", "b": "xyx", "c": ["x", "y", ""]}), k=1).frame
    assert dict(zip(found["category"], found["n"], strict=True)) == {"x": 2, "y": 1}
    tied = incident_table(told({"a": "x", "b": "y"}), k=1).frame
    assert tied["category"].tolist() == ["(not agreed)"]


def test_saturation_counts_new_categories_in_time():
    read = told({"a": "xxyxzx"}, interview=["p", "p", "q", "q", "r", "s"])
    found = saturation_of(read)
    assert found.frame[["incidents", "new", "heard"]].values.tolist() == [[2, 1, 1], [2, 1, 2], [1, 1, 3], [1, 0, 3]]
    assert "the last 1 " in found.sentence()
    assert len(saturation_of(told({"a": "xy"})).frame) == 2
    assert found.plot().get_xlabel()
    with pytest.raises(MiningError, match="1 of 2 rows name no interview"):
        saturation_of(told({"a": "xy"}, interview=["p", None]))


# --- Mystery visits ------------------------------------------------------------------------------------------------------


def visited(*results, **more):
    """One visit per result of the standard s."""
    table = {
        "visit_id": [f"v{i}" for i in range(len(results))], "visited_at": "2026-03-02T09:00Z", "site": "n", "standard_id": "s",
        "result": results,
    }  # fmt: skip
    return read_mystery(pd.DataFrame(table | more))


@pytest.mark.parametrize(("n", "limit"), [(59, 0.061), (30, 0.1135)])
def test_no_failure_is_not_never(n, limit):
    found = pass_rates(visited(*["pass"] * n))
    assert found.frame["fail_up_to"][0] == pytest.approx(limit, abs=5e-4)
    assert f"the {n} visits for “s” leave room for up to {100 * found.frame['fail_up_to'][0]:.1f} %" in found.sentence()
    assert str(n) in found.sentence("zh")


def test_visits_that_did_not_apply_are_no_part_of_the_rate():
    row = pass_rates(visited("pass", "pass", "fail", "na", "na")).frame.iloc[0]
    assert (row["passed"], row["failed"], row["na"], row["judged"], row["share"]) == (2, 1, 2, 3, pytest.approx(2 / 3))
    none = pass_rates(visited("na"))
    assert math.isnan(none.frame["share"][0])
    assert none.sentence() == "No visit was judged."
    assert not none.plot().axison


def test_critical_standards_come_first_and_are_never_averaged_away():
    rows = [
        {
            "visit_id": f"v{i}",
            "visited_at": "2026-03-02T09:00Z",
            "site": "n",
            "standard_id": s,
            "result": "fail" if i < bad else "pass",
        }
        for i in range(10)
        for s, bad in (("greet", 5), ("ident", 1), ("leaflet", 0))
    ]
    found = pass_rates(read_mystery(pd.DataFrame(rows)), studied(service(), traces("ab")))
    assert found.frame["standard_id"].tolist() == ["ident", "greet", "leaflet"]
    assert found.frame["critical"].tolist() == [True, None, None]
    assert found.frame["known"].tolist() == [True, False, False]
    said = found.sentence()
    assert "Critical standards: 1 of 1 failed" in said
    assert "9 of 10" in said.split("Other")[0]
    assert "Other standards: 1 of 2 failed" in said
    assert "“greet”, passed in 5 of 10" in said


def test_inspections_stand_apart():
    frame = pass_rates(visited(*["pass"] * 5, *["fail"] * 5, source=["mystery"] * 5 + ["inspection"] * 5)).frame
    assert dict(zip(frame["source"], frame["share"], strict=True)) == {"mystery": 1, "inspection": 0}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_chart_shows_every_rate(lang):
    axes = pass_rates(visited(*["pass"] * 3, "fail")).plot(lang=lang)
    assert [x.get_text() for x in axes.get_yticklabels()] == ["s"]
    assert [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"] == [75]
    assert "3 / 4" in [text.get_text() for text in axes.texts]


def test_the_plan_counts_visits_by_site_daypart_and_scenario():
    read = visited(
        *["pass"] * 4, visit_id=list("wxyz"), site=["n", "n", "s", "n"], scenario=["new", "old", "new", "new"],
        visited_at=["2026-03-02T08:00Z", "2026-03-02T13:00Z", "2026-03-02T08:00Z", "2026-03-02T11:30Z"],
    )  # fmt: skip
    found = visit_plan(read, tz="Europe/Berlin", per_cell=1)
    assert len(found.frame) == 2 * 2 * 2
    assert found.frame["missing"].sum() == 8 - 4
    assert one(found.frame, site="n", daypart="afternoon", scenario="new")["visits"] == 1  # 11:30 UTC is 12:30
    two = visit_plan(read, sites=["n"], dayparts={"day": (8, 18)}, scenarios=["new"], per_cell=3)
    assert two.frame[["visits", "missing"]].values.tolist() == [[2, 1]]
    assert two.provenance.parameters["visits outside the plan"] == 2
    for wrong in ({"a": (8, 12), "b": (11, 14)}, {"a": (8, 8)}, {"a": (20, 26)}):
        with pytest.raises(MiningError, match="dayparts: hours"):
            visit_plan(read, dayparts=wrong)
    with pytest.raises(MiningError, match="at least 1"):
        visit_plan(read, per_cell=0)


def test_rotation_names_nobody():
    read = visited(
        *["pass"] * 6, site=["n", "n", "n", "n", "s", "s"], shopper=["Ann", "Ann", "Ann", "Bob", "Bob", None]
    )
    found = rotation_of(read)
    assert found.frame[["site", "visits", "unnamed", "shoppers", "repeats"]].values.tolist() == [
        ["all", 6, 1, 2, 2], ["n", 4, 0, 2, 2], ["s", 2, 1, 1, 0],
    ]  # fmt: skip
    assert found.frame["largest"].tolist() == [0.6, 0.75, 1]
    assert found.frame["warning"].tolist() == [True, True, False]
    everything = found.frame.to_string() + found.sentence() + found.sentence("zh") + found._repr_html_()
    assert "Ann" not in everything
    assert "Bob" not in everything
    assert "names no shopper" in rotation_of(visited("pass")).sentence()


# --- Needs ---------------------------------------------------------------------------------------------------------------


def test_orphans_are_listed_in_either_direction():
    table = pd.DataFrame({"need_id": ["n1", "n2", "n3"], "text": ["x", "y", "z"], "touchpoint": ["a", None, "moon"]})
    parts = blueprint_dict(["a", "b"], "ab", ends=["b"])
    for activity in parts["activities"]:
        activity |= {"touchpoint": {"key": activity["id"] == "a"}, "lane": "desk"}
    found = needs_matrix(read_needs(table), studied(parse_blueprint(json.dumps(parts), name="t.yaml"), traces("ab")))
    assert found.matrix.to_dict() == {"a": {"n1": 1, "n2": 0, "n3": 0}, "b": {"n1": 0, "n2": 0, "n3": 0}}
    assert found.needs_without_touchpoint == ("n2", "n3")
    assert found.touchpoints_without_need == ("b",)
    assert found.unknown_touchpoints == {"moon": 1}
    assert one(found.frame, id="a")["key"]
    assert one(found.frame, id="b")["name_zh"] == "步骤b"
    assert "2 of 3 needs" in found.sentence()


def named(counts, people):
    """Respondents per segment, of whom the first ``counts`` name the need n; all name the need m."""
    rows = [
        {"need_id": need, "text": need, "segment": segment, "respondent": f"{segment}{i}"}
        for segment, total in people.items()
        for i in range(total)
        for need in ("n", "m")
        if need == "m" or i < counts[segment]
    ]
    return read_needs(pd.DataFrame(rows))


def test_needs_of_some_segments_are_told_from_common_ones():
    found = needs_by_segment(named({"old": 40, "young": 20}, {"old": 50, "young": 50}))
    row = one(found.frame, need_id="n", segment="old")
    assert (row["named"], row["of"], row["share"], row["test"]) == (40, 50, 0.8, "chi-square")
    assert row["p"] == pytest.approx(stats.chi2_contingency([[40, 20], [10, 30]], correction=False).pvalue)
    assert row["q"] == row["p"]  # the other need could not be tested
    assert row["specific"]
    assert one(found.frame, need_id="m", segment="old")["test"] == "named by all or by nobody"
    assert "1 of 1 needs" in found.sentence()


def test_small_counts_take_fishers_test_and_small_segments_are_hidden():
    found = needs_by_segment(named({"old": 6, "young": 1, "few": 1}, {"old": 8, "young": 9, "few": 2})).frame
    rows = found[found["need_id"] == "n"].set_index("segment")
    assert rows["hidden"].to_dict() == {"few": True, "old": True, "young": False}
    assert rows.loc["few", ["named", "of", "share"]].isna().all()
    two = needs_by_segment(named({"old": 6, "young": 1}, {"old": 8, "young": 9})).frame
    row = one(two, need_id="n", segment="old")
    assert row["test"] == "Fisher"
    assert row["p"] == pytest.approx(stats.fisher_exact([[6, 1], [2, 8]]).pvalue)
    three = named({"a": 5, "b": 1, "c": 1}, {"a": 6, "b": 6, "c": 6})
    p = [one(needs_by_segment(three, seed=4).frame, need_id="n", segment="a")["p"] for _ in range(2)]
    assert p[0] == p[1] < 0.1


def test_without_respondents_there_is_no_frequency():
    with pytest.raises(MiningError, match="1 of 1 rows name no respondent"):
        needs_by_segment(read_needs(pd.DataFrame({"need_id": ["n"], "text": ["x"]})))


# --- The feedback loop ---------------------------------------------------------------------------------------------------


def answered(cases, hours, **more):
    """One answer per case, so many hours after Monday 09:00."""
    moments = [MONDAY + pd.Timedelta(hours=x) for x in hours]
    return read_survey(
        pd.DataFrame(
            {"case_id": cases, "answered_at": moments, "item": "csat", "score": 4, "scale_min": 1, "scale_max": 5}
            | more
        )
    )


def test_coverage_and_delay_by_hand():
    """Four ended cases (from hour 0 to 1) and a running one; answers after 2, 5 and 0.5 hours, and of the running one."""
    of = studied(service(), traces("ab", "ab", "ab", "ab", "a"))
    found = feedback_of(of, answered(["c0", "c1", "c2", "c4", "moon", "c0"], [3, 6, 0.5, 9, 9, 20]))
    coverage = one(found.frame, metric="coverage")
    assert (coverage["n"], coverage["of"], coverage["value"]) == (3, 4, 0.75)
    assert coverage["why"] == "answers without a case of the log: 1; answered, case without an end: 1"
    delay = one(found.frame, metric="delay_s", statistic="median")
    assert (delay["n"], delay["of"], delay["value"]) == (2, 3, (2 + 5) / 2 * 3600)
    assert "first answered before the end of the case: 1" in delay["why"]
    assert "3 of 4 ended cases were heard (75.0 %)" in found.sentence()
    assert math.isnan(found.value("moon", "median"))


def complaints(waits, **more):
    """Complaints one a minute; hours until the answer, None for open ones."""
    at = [MONDAY + pd.Timedelta(minutes=i) for i in range(len(waits))]
    back = [None if w is None else t + pd.Timedelta(hours=w) for t, w in zip(at, waits, strict=True)]
    table = {
        "id": range(len(waits)),
        "at": at,
        "answered_at": back,
        "valence": "-",
        "category": "x",
        "kind": "complaint",
    }
    return read_incidents(pd.DataFrame(table | more))


def test_open_complaints_count_as_waiting():
    of = studied(service(), traces("ab"))
    later = int((MONDAY + pd.Timedelta(hours=10)).value // 1000)
    fast = feedback_of(of, incidents=complaints([1, 2, 3, 4, 5, None, None]), as_of=later)
    assert fast.value("complaints_answered", "share") == pytest.approx(5 / 7)
    assert fast.value("closed_loop_s", "median") == 4 * 3600  # of the answered alone it would be 3
    assert math.isnan(fast.value("closed_loop_s", "p90"))
    early = feedback_of(
        of, incidents=complaints([1, 2, 3]), as_of=int((MONDAY + pd.Timedelta(hours=1.5)).value // 1000)
    )
    assert early.value("complaints_answered", "share") == pytest.approx(1 / 3)
    with pytest.raises(MiningError, match="as_of is before the last complaint"):
        feedback_of(of, incidents=complaints([1, 2]), as_of=0)
    with pytest.raises(MiningError, match="a survey, incidents, or both"):
        feedback_of(of)


def test_only_complaints_close_a_loop():
    read = complaints([1, 2, 3], kind=["complaint", "interview", None])
    row = one(feedback_of(studied(service(), traces("ab")), incidents=read).frame, metric="complaints_answered")
    assert (row["n"], row["of"], row["why"]) == (1, 1, "not complaints: 2")
    assert read.frame["answered_at"].min() > MISSING


def test_volume_and_score_by_channel_with_unmatched_rows():
    of = studied(service(), traces(*["ab"] * 12))
    ids = [f"c{i}" for i in range(10)] + [f"x{i}" for i in range(10)]
    read = answered(ids, [9] * 20, channel=["web"] * 12 + ["post"] * 8, score=[5] * 12 + [2] * 8)
    frame = feedback_channels(read, complaints([1] * 6, channel="web"), of).frame
    web = one(frame, item="csat", channel="web")
    assert (web["n"], web["share"], web["mean"], web["unmatched"]) == (12, 0.6, 5, 2)
    assert one(frame, item="csat", channel="post")["unmatched"] == 8
    assert one(frame, item="complaints", channel="web")["n"] == 6
    assert "web: 12 (60.0 %)" in feedback_channels(read).sentence()


# --- Non-response --------------------------------------------------------------------------------------------------------


def test_answers_from_fast_cases_only_are_a_bias(study):
    """Sample log: the faster half answers; then every other case."""
    x = study.instances
    ids = np.array(study.log.case_ids)
    length = x.case_end - x.case_start
    ended = study.has_end
    fast = ids[ended & (length <= np.median(length[ended]))]
    found = nonresponse_of(study, answered(list(fast), [9] * len(fast)))
    row = one(found.frame, attribute="time")
    assert row["difference"] < -0.5
    assert row["warning"]
    assert row["p"] < 1e-6
    assert found.biased
    assert "time of the case" in found.sentence()
    assert "案例时长" in found.sentence("zh")
    chosen = ids[ended][::2]
    fair = nonresponse_of(study, answered(list(chosen), [9] * len(chosen)))
    assert not one(fair.frame, attribute="time")["warning"]
    assert (found.answered, found.ended) == (len(fast), int(ended.sum()))
    running = np.array(study.log.case_ids)[~ended][:1]
    nobody = nonresponse_of(study, answered(list(running), [9]))
    assert nobody.frame.empty
    assert not nobody.biased
    assert "0 of" in nobody.sentence()
    with pytest.raises(UnknownNameError, match="attribute 'moon'"):
        nonresponse_of(study, answered(list(chosen), [9] * len(chosen)), attributes=["moon"])


def test_chi_square_and_means_equal_plain_pandas(study):
    ids = np.array(study.log.case_ids)[study.has_end][::3]
    found = nonresponse_of(study, answered(list(ids), [9] * len(ids)), attributes=["channel"])
    has = np.isin(study.log.case_ids, ids)[study.has_end]
    table = pd.crosstab(has, study.log.attribute("channel")[study.has_end])
    wanted = stats.chi2_contingency(table, correction=False)
    row = one(found.frame, attribute="channel")
    assert (row["chi2"], row["df"], row["p"]) == pytest.approx((wanted.statistic, wanted.dof, wanted.pvalue))
    seconds = (study.instances.case_end - study.instances.case_start)[study.has_end] / 1e6
    assert one(found.frame, attribute="time")["mean_answered"] == pytest.approx(seconds[has].mean())


@settings(max_examples=examples(40), deadline=None)
@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_the_standardised_difference_of_a_share_has_its_closed_form(p, q):
    found = standardised_categories(np.array([p, 1 - p]), np.array([q, 1 - q]))
    assert found == pytest.approx(abs(p - q) / math.sqrt((p * (1 - p) + q * (1 - q)) / 2), abs=1e-9)


def test_standardised_differences_at_the_edges():
    assert standardised(np.full(3, 2.0), np.full(4, 2.0)) == 0
    assert standardised(np.full(3, 2.0), np.full(4, 3.0)) == -math.inf
    assert standardised_categories(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == math.inf
    assert standardised_categories(np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.0, 1.0])) == math.inf
    assert standardised_categories(np.array([0.2, 0.3, 0.5]), np.array([0.2, 0.3, 0.5])) == 0


def test_a_customer_is_compared_and_not_printed():
    """The sample of the help desk has an attribute customer."""
    norm = mining.read_blueprint("sample_logs/it_incident/blueprint.yaml")
    of = mining.Study(mining.read_log("sample_logs/it_incident/log.csv", columns=norm.binding), norm)
    read = read_survey("sample_logs/it_incident/survey.csv")
    found = nonresponse_of(of, read)
    assert one(found.frame, attribute="customer")["largest"] == ""
    assert one(found.frame, attribute="service_level")["largest"] != ""
    assert "customer" not in set(nonresponse_of(of, read, customer="customer").frame["attribute"])
