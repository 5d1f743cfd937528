"""Fitness, costs and certainty on the level of a study; flows with too many states to list."""

from functools import partial

import numpy as np
import pytest

import mining
from mining import ModelError, UnknownNameError
from mining.blueprint.compile import net_of
from mining.conformance import path
from mining.conformance.alignment import align
from mining.conformance.search import LargeNet
from mining.fit import MoveCosts
from mining.report import audit_body, audit_front
from tests.helpers import blueprint, study, traces, verdicts
from tests.report_cases import said

LINE = blueprint(list("abcde"))
WIDE = [f"p{i}" for i in range(18)]


def certainties(norm, word):
    frame = study(norm, traces(word)).deviations().frame.query("check == 'path'")
    return frame[["kind", "activity", "partner", "certainty"]].to_numpy().tolist()


def test_certainty_of_deviations_by_hand():
    assert certainties(LINE, "abde") == [["missing", "c", None, 1.0]]
    assert certainties(LINE, "abccde") == [
        ["repeated", "c", None, 1.0]
    ]  # which of the two is open, that one is too many is not
    assert certainties(LINE, "acbde") == [["out_of_order", "b", "c", 1.0]]  # one of them was moved
    assert certainties(LINE, "adbce") == [["out_of_order", "d", None, 1.0]]
    # b or c could be the one too many
    [[kind, _, _, certainty]] = certainties(blueprint(["a", {"choice": ["b", "c"]}, "d"], "abcd"), "abcd")
    assert (kind, certainty) == ("extra", 0.5)


def test_a_finding_holds_the_mean_certainty_of_its_deviations():
    norm = blueprint(["a", {"choice": ["b", "c"]}, "d"], "abcd")
    judged = study(norm, traces("abcd", "aczd"))
    found = judged.findings().frame.set_index("activity")["certainty"]
    assert found["Z"] == 1.0
    assert found.drop("Z").tolist() == [0.5]


def test_variants_by_hand():
    judged = study(LINE, traces("abcde", "abcde", "abde", "axbcdee"))
    table = judged.alignments()
    rows = table.frame[["cases", "events", "cost", "lower", "solved", "worst", "fitness", "explanations"]]
    assert rows.to_numpy().tolist() == [
        [2, 5, 0, 0, True, 10, 1.0, 1.0],
        [1, 4, 1, 1, True, 9, 1 - 1 / 9, 1.0],
        [1, 7, 2, 2, True, 12, 1 - 2 / 12, 2.0],
    ]
    fit = table.fit
    assert (fit.n_cases, fit.n_variants, fit.n_fitting, fit.cost, fit.worst) == (4, 3, 2, (3, 3), 41)
    assert fit.log_fitness == (1 - 3 / 41,) * 2
    assert fit.mean_fitness[0] == pytest.approx((2 + 8 / 9 + 10 / 12) / 4)
    assert fit.precision.value == 1.0
    assert len(table.frame.columns) == len(table.columns)
    moves = table.moves().query("variant == 3").drop(columns="variant").to_numpy().tolist()
    assert [row[:4] for row in moves if row[1] != "synchronous"] == [[2, "log", "X", 2], [7, "log", "e", 7]]
    assert [row[4:] for row in moves if row[1] == "log"] == [[1.0, 1.0], [1.0, 0.5]]
    missing = table.moves().query("variant == 2 and move == 'model'")
    assert missing[["activity", "event", "share"]].to_numpy().tolist() == [["c", 3, 1.0]]


def test_weighted_costs_stand_beside_the_plain_ones():
    judged = study(LINE, traces("abcde", "abde", "axbcde"))
    plain = judged.alignments()
    # b and d lie in the back office; what is missing counts double, and c five times that
    costs = MoveCosts(log=3, model=2, lanes={"office": 4}, activities={"c": 5})
    table = judged.alignments(costs=costs)
    assert plain.frame["weighted_cost"].isna().all()
    columns = ["cost", "fitness", "explanations"]
    assert table.frame[columns].equals(plain.frame[columns])
    # the cheapest run costs 2 (a) + 8 (b) + 10 (c) + 8 (d) + 2 (e) = 30
    worst = {"a > b > c > d > e": 3 + 12 + 15 + 12 + 3 + 30, "a > b > d > e": 30 + 30, "a > X > b > c > d > e": 48 + 30}
    cost = {"a > b > c > d > e": 0, "a > b > d > e": 10, "a > X > b > c > d > e": 3}
    for row in table.frame.itertuples():
        assert row.weighted_cost == cost[row.trace]
        assert row.weighted_fitness == pytest.approx(1 - cost[row.trace] / worst[row.trace])
    assert "MoveCosts" in table.provenance.line()


def test_costs_that_mean_nothing_are_refused():
    with pytest.raises(ModelError, match="cost of c is 0"):
        MoveCosts(activities={"c": 0})
    with pytest.raises(UnknownNameError, match="lane"):
        study(LINE, traces("abcde")).alignments(costs=MoveCosts(lanes={"garden": 2}))


@pytest.fixture(scope="module")
def wide():
    """Eighteen steps side by side: 2 ** 18 states. One case is a run, one lacks a step, one repeats one."""
    norm = blueprint([{"parallel": WIDE}, "z"], [*WIDE, "z"])
    steps = [(x.upper(), float(i)) for i, x in enumerate(WIDE)]
    end = ("Z", 99.0)
    return study(norm, {"c0": [*steps, end], "c1": [*steps[:-1], end], "c2": [*steps, ("P3", 50.0), end]})


def test_a_flow_with_too_many_states_is_judged_all_the_same(wide):
    assert isinstance(wide.path.model, LargeNet)
    assert verdicts(wide, "path") == {"c0": "pass", "c1": "fail", "c2": "fail"}
    frame = wide.deviations().frame.query("check == 'path'")
    assert frame[["case_id", "kind", "activity"]].to_numpy().tolist() == [
        ["c1", "missing", "p17"],
        ["c2", "repeated", "p3"],
    ]
    assert frame["certainty"].isna().all()
    assert wide.fit.precision is None
    assert wide.fit.log_fitness[0] == wide.fit.log_fitness[1] == 1 - 2 / (19 + 18 + 20 + 3 * 19)


@pytest.mark.few_quick(1)
@pytest.mark.parametrize(("lang", "words"), [("en", "is not measured"), ("zh", "未度量")])
def test_the_report_says_what_a_large_flow_leaves_open(wide, lang, words):
    told = said(wide, audit_body.conformance, audit_front.data, lang=lang) + "\n".join(wide.discovered.summary(lang))
    for key in ("limits.no_certainty", "summary.no_precision", "discovered.no_orders"):
        assert mining.texts.say(key, lang, n="2", of="2").strip() in told, key
    assert words in told


def test_what_is_not_solved_is_said_everywhere(monkeypatch):
    monkeypatch.setattr(path, "model_of_reading", lambda b, _: LargeNet(net_of(b), "the flow"))
    monkeypatch.setattr(path, "align", partial(align, budget=400))
    norm = blueprint([{"parallel": [["a", x, "a"] for x in "bcdef"]}, "g"], "abcdefg")
    judged = study(norm, traces("abaacaadaaeaafag", "aabbccddeeffaabbccddeeffg", "fafabbeccaddcag"), open_cases="judge")
    table = judged.alignments()
    unsolved = table.frame[~table.frame["solved"]]
    assert 0 < len(unsolved) < 3
    assert (unsolved["lower"] < unsolved["cost"]).all()
    assert (unsolved["explanations"].isna()).all()
    found = verdicts(judged, "path")
    assert list(found.values()).count("not_observable") == len(unsolved) == table.fit.n_unsolved
    assert set(judged.deviations().frame["case_id"]) <= {c for c, v in found.items() if v == "fail"}
    low, high = judged.fit.log_fitness
    assert low < high
    assert judged.summary().row("path")["why_not"] != ""
    for lang in ("en", "zh"):
        values = {"n": f"{len(unsolved)}", "of": "3", "low": f"{judged.fit.cost[0]}", "high": f"{judged.fit.cost[1]}"}
        told = said(judged, audit_body.conformance, audit_front.data, lang=lang)
        assert mining.texts.say("limits.unsolved", lang, **values) in told
        assert f"{low:.3f}–{high:.3f}" in told


def test_a_log_without_events_has_no_fitness_to_divide():
    judged = study(LINE, {"c0": [("A", 0.0)]}, open_cases="judge")
    assert judged.fit.log_fitness == (1 - 4 / 6,) * 2
    assert np.isnan(judged.fit.precision.value) or judged.fit.precision.value == 1.0


def test_strictness_is_the_share_of_steps_outside_free_regions():
    norm = blueprint(["a", {"free": ["b", "c"]}, "d"], "abcd")
    judged = study(norm, traces("abbcd", "ad", "axd"))
    assert (judged.strictness.outside, judged.strictness.free, judged.strictness.unknown) == (6, 3, 1)
    told = said(judged, audit_body.conformance)
    assert "Of 9 completed steps that the design knows, 66.7\u00a0% lie outside free regions" in told
