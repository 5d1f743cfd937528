"""How sure the order is: drawn again against a slow loop, ties, sums, clusters, and what an honest sample shows."""

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.findings import COMMON, FEW_CASES, OCCASIONAL, PRIORITIES, TABLE
from mining.priorities import Worth, priorities_of
from mining.priorities.evidence import line_of_significance
from mining.priorities.resampling import PerCase, blocks, resampled
from mining.results import wilson
from tests.examples import examples
from tests.helpers import SHARED
from tests.priority_cases import WORSE, effects, service

HOUR = 3600.0
SAMPLES = 24
MIXED = (("a", 9), ("b", 20), ("c", 12), ("d", 3), ("e", 30), ("f", 5), ("g", 4))
SAID = {
    ("Ra", "time"): {"effect": 3 * HOUR, "spread": 6 * HOUR, "se": HOUR},
    ("Rb", "time"): {"effect": 2 * HOUR, "spread": 4 * HOUR, "se": HOUR / 2},
    ("Rb", "given_up"): {"effect": -0.05, "grade": "C", "se": 0.05},
    ("Rc", "time"): {"effect": 4 * HOUR, "spread": 9 * HOUR, "se": 1.4 * HOUR},
    ("Rc", "given_up"): {"effect": 0.04, "se": 0.01},
    ("Rd", "time"): {"effect": np.nan, "grade": "D", "design": "none"},
    ("Re", "time"): {"effect": 1.5 * HOUR, "spread": 5 * HOUR, "grade": "C", "se": 0.7 * HOUR, "q": 0.06},
    ("Re", "cost"): {"effect": 7.0, "spread": 30.0, "grade": "C", "se": 1.0, "weak": "balance, placebo"},
}
WORTH = (Worth("time", 30, "EUR"), Worth("given_up", 200, "EUR", apart=True))


def slow(of, table, worth, seed=0, samples=SAMPLES, visible_first=True):
    """Ranks and classes of every sample in plain Python: one sample, one finding, one case at a time."""
    n, case_ids = of.instances.n_cases, [str(x) for x in of.log.case_ids]
    influence = table.effects.influence.tolist()
    faults = of.deviations().frame
    findings = of.findings().open().sort_values("finding_id")
    failing = {id: set(faults.loc[faults["finding_id"] == id, "case_id"]) for id in findings["finding_id"]}
    said = table.effects.frame.to_dict("records")
    z = NormalDist().inv_cdf(1 - line_of_significance(table.effects.frame) / 2)
    amount = {x.outcome: x.amount / (HOUR if x.outcome == "time" else 1) for x in worth}
    rng, chance = np.random.default_rng(seed), np.random.default_rng([seed, 1]).random((samples, len(findings)))
    draws = [rng.integers(0, n, n) for _ in range(samples)]

    def totals(row, cases):
        return sum(influence[row][case] for case in cases)

    def able(row):
        r = said[row]
        weak = len([x for x in r["weak"].split(",") if x])
        return r["grade"] != "D" and r["design"] != "none" and weak <= 1 and math.isfinite(r["effect"])

    def lost(rows, cases, unit, only):
        return sum(
            WORSE[said[row]["outcome"]] * unit(row) * totals(row, cases)
            for row in rows
            if only(row, totals(row, cases))
        )

    def shown(row, total):
        return able(row) and abs(total / said[row]["total"]) * abs(said[row]["effect"]) / said[row]["se"] >= z

    units = [
        lambda row: amount.get(said[row]["outcome"], 0.0),
        lambda row: 1 / HOUR if said[row]["outcome"] == "time" else 0.0,
    ]
    rows_of = {id: [row for row in range(len(said)) if said[row]["finding_id"] == id] for id in findings["finding_id"]}
    distance = {}
    for id, rows in rows_of.items():
        for k, unit in enumerate(units):
            again = [lost(rows, cases, unit, lambda row, total: able(row)) for cases in draws]
            distance[id, k] = lost(rows, range(n), unit, lambda row, total: able(row)) - np.percentile(again, 10)
    ranks, classes = [], []
    for b, cases in enumerate(draws):
        keys, class_of = {}, {}
        for k, row in enumerate(findings.itertuples()):
            id = row.finding_id
            fails = sum(case_ids[case] in failing[id] for case in cases)
            low = wilson(fails, n)[0]
            band = 0 if low >= COMMON else 1 if low >= OCCASIONAL else 2
            word = TABLE[row.severity, bool(row.visible)][band]
            if row.severity == "critical" and band == 2 and fails < FEW_CASES:
                word = "M"
            harmed = any(
                shown(r, totals(r, cases)) and totals(r, cases) * WORSE[said[r]["outcome"]] > 0 for r in rows_of[id]
            )
            few = bool(rows_of[id]) and all(said[r]["grade"] == "D" for r in rows_of[id])
            level = 0 if harmed else 2 if few else 1
            least = [
                round(lost(rows_of[id], cases, unit, shown) - distance[id, j], 6) if harmed else 0
                for j, unit in enumerate(units)
            ]
            keys[k] = (
                PRIORITIES.index(word),
                level,
                not row.visible if visible_first else 0,
                *(-x for x in least),
                0.0,
                -fails / n,
                chance[b, k],
            )
            class_of[k] = PRIORITIES.index(word)
        place = {k: i for i, k in enumerate(sorted(keys, key=keys.get), 1)}
        ranks.append([place[k] for k in sorted(place)])
        classes.append([class_of[k] for k in sorted(class_of)])
    return np.array(ranks), np.array(classes)


@pytest.mark.parametrize(("worth", "visible_first"), [(WORTH, True), ((), False)], ids=["money", "hours"])
@pytest.mark.few_quick(1)
def test_every_sample_is_ranked_as_a_slow_loop_ranks_it(worth, visible_first):
    of = service(MIXED, 120, (("d", "critical"), ("f", "minor")))
    table = priorities_of(of, effects(of, SAID), worth=worth, bootstraps=SAMPLES, visible_first=visible_first)
    assert set(table.ranked["harm"]) == {"harmful", "neutral", "not_known", "too_few"}
    ranks, classes = slow(of, table, worth, visible_first=visible_first)
    found = table.work.placed
    assert (found.class_again == classes).all()
    assert (found.again == ranks).all()
    rows = table.ranked.set_index("finding_id")
    for k, id in enumerate(table.work.ids):
        assert rows.loc[id, "p_first"] == (ranks[:, k] == 1).mean()
        assert rows.loc[id, "p_top5"] == (ranks[:, k] <= 5).mean()
        assert [rows.loc[id, f"p_{word}"] for word in PRIORITIES] == [(classes[:, k] == i).mean() for i in range(3)]
        low, high = rows.loc[id, ["rank_low", "rank_high"]]
        assert (ranks[:, k] <= low).mean() >= 0.05
        assert (ranks[:, k] >= high).mean() >= 0.05


def test_the_shares_add_up_and_the_classes_too():
    of = service(MIXED, 120, (("d", "critical"), ("f", "minor")))
    rows = priorities_of(of, effects(of, SAID), bootstraps=200).ranked
    assert rows["p_top5"].sum() == pytest.approx(5)
    assert rows["p_first"].sum() == pytest.approx(1)
    assert (rows[["p_H", "p_M", "p_L"]].sum(axis=1) - 1).abs().max() < 1e-9
    assert (rows["rank_low"] <= rows["rank_high"]).all()


def test_a_block_of_any_size_draws_the_same():
    whole = np.concatenate(list(blocks(7, 20, 3)))
    for at_once in (7, 30, 100):
        assert (np.concatenate(list(blocks(7, 20, 3, at_once=at_once))) == whole).all()
    assert (whole.sum(axis=1) == 7).all()
    assert whole.mean() == 1
    assert abs(np.concatenate(list(blocks(50, 2000, 0))).var() - (1 - 1 / 50)) < 0.02


def test_customers_are_drawn_whole():
    groups = np.array([0, 0, 1, 1, 1, 2])
    drawn = np.concatenate(list(blocks(6, 300, 0, groups)))
    assert (drawn[:, 0] == drawn[:, 1]).all()
    assert (drawn[:, 2] == drawn[:, 4]).all()
    assert (drawn[:, [0, 2, 5]].sum(axis=1) == 3).all()
    infl = np.array([[1.0, 1.0, 1.0, -1.0, 0.0, 0.0]])
    cases = PerCase(np.zeros((1, 6)), np.zeros((1, 6)), np.zeros(1, int), np.zeros((1, 6)), infl)
    alone, together = (resampled(cases, 2000, 0, x).total.var() for x in (None, groups))
    assert alone == pytest.approx(4 - 4 / 6, rel=0.1)  # n times the variance over the cases
    assert together == pytest.approx(4 - 4 / 3, rel=0.1)  # 3 customers with 2, 0 and 0


def test_the_cluster_of_the_effects_is_the_default(study):
    name = next(iter(study.log.binding.attributes))
    found = effects(study, {})
    clustered = effects(study, {})
    clustered.provenance.parameters["cluster"] = name
    found.provenance.parameters["cluster"] = "case"
    one = priorities_of(study, clustered, bootstraps=3)
    assert one.provenance.parameters["cluster"] == name
    assert "cluster" not in priorities_of(study, found, bootstraps=3).provenance.parameters


def test_twins_are_a_tie_and_a_clear_order_is_none():
    of = service((("a", 20), ("c", 20), ("e", 20), ("g", 20)))
    said = {
        ("Ra", "time"): {"effect": 5 * HOUR},
        ("Rc", "time"): {"effect": 5 * HOUR},
        ("Re", "time"): {"effect": 1 * HOUR},
    }
    rows = priorities_of(of, effects(of, said), bootstraps=200).ranked
    assert rows["tie"].tolist() == ["1-2", "1-2", "", ""]
    assert rows["decided_by"].tolist() == ["nothing", "hours", "harm", ""]
    assert 0.35 < rows["swap"].iloc[0] < 0.65
    assert rows["swap"].iloc[1] == 0


def test_the_share_that_makes_a_tie_is_a_parameter():
    of = service((("a", 20), ("c", 21)))
    said = {
        ("Ra", "time"): {"effect": 5 * HOUR, "spread": 12 * HOUR, "se": HOUR},
        ("Rc", "time"): {"effect": 6 * HOUR, "spread": 0.1 * HOUR, "se": HOUR},
    }
    found = priorities_of(of, effects(of, said), bootstraps=300)
    swap = found.ranked["swap"].iloc[0]
    assert 0.05 < swap < 0.5
    for tie, wanted in [(swap - 0.01, "1-2"), (swap, "")]:
        assert priorities_of(of, effects(of, said), bootstraps=300, tie=tie).ranked["tie"].tolist() == [wanted] * 2


def test_what_has_too_few_cases_is_not_ranked_among_equals():
    of = service((("a", 30), ("c", 22), ("e", 20), ("b", 20)))
    few = {"effect": np.nan, "grade": "D", "design": "none"}
    found = priorities_of(of, effects(of, {(f"R{x}", "time"): few for x in "ace"}), bootstraps=200).ranked
    assert found["check"].tolist() == ["Ra", "Rc", "Re", "Rb"]
    assert found["tie"].tolist()[:3] == ["1-3"] * 3
    assert found["swap"].iloc[0] < 0.25


def test_an_effect_at_the_edge_is_shown_in_about_half_of_the_samples():
    of = service((("a", 60), ("c", 60)), 300)
    spread = 10 * HOUR
    error = spread / math.sqrt(60)
    line = NormalDist().inv_cdf(1 - 0.05 / 2)  # one of one row
    said = {("Ra", "time"): {"effect": line * error * 1.0001, "spread": spread, "se": error, "q": 0.0499}}
    rows = priorities_of(of, effects(of, said), bootstraps=1000).ranked
    first = rows.set_index("check").loc["Ra"]
    assert first["harm"] == "harmful"
    assert first["rank"] == 1
    assert 0.6 < first["p_first"] < 0.9  # shown in half, and first by chance in half of the others


def test_without_effects_an_even_race_is_even():
    of = service((("a", 30), ("c", 30), ("e", 30)), 300)
    rows = priorities_of(of, effects(of, {}), bootstraps=600).ranked
    assert rows["tie"].tolist() == ["1-3"] * 3
    assert rows["p_first"].between(0.25, 0.42).all()


@settings(max_examples=examples(5), deadline=None)
@given(seed=st.integers(0, 10**6))
def test_equal_seeds_equal_tables(seed):
    of = service(MIXED, 120, (("d", "critical"), ("f", "minor")))
    one, two = (priorities_of(of, effects(of, SAID), bootstraps=20, seed=seed) for _ in range(2))
    pd.testing.assert_frame_equal(one.frame, two.frame)
    assert one.ranked["p_top5"].sum() == pytest.approx(5)
    assert one.provenance.parameters["seed"] == seed


def test_the_line_of_significance_is_that_of_the_whole_table():
    from scipy.stats import false_discovery_control

    p = np.array([0.001, 0.004, 0.02, 0.03, 0.2, 0.6, np.nan])
    q = np.r_[false_discovery_control(p[:-1]), np.nan]
    line = line_of_significance(pd.DataFrame({"p": p, "q": q}))
    assert line == pytest.approx(0.05 * 4 / 6)
    assert ((p <= line) == (q < 0.05)).all()
    assert line_of_significance(pd.DataFrame({"p": [0.9], "q": [0.9]})) == 0.05


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "logs").is_dir(), reason="the public logs are not beside the project")
def test_a_thousand_samples_of_thirteen_thousand_cases_take_seconds():
    import time

    import mining
    from mining.harm import effects_of
    from mining.outcomes import outcomes_of

    norm = mining.read_blueprint(SHARED / "blueprints" / "bank_loan.yaml")
    of = mining.Study(mining.read_log(SHARED / "logs" / "bpic2012.xes.gz", columns=norm.binding), norm)
    of.findings()
    begin = time.process_time()
    found = effects_of(of, outcomes_of(of))
    middle = time.process_time()
    table = priorities_of(of, found, bootstraps=1000)
    end = time.process_time()
    assert len(table.frame) == len(of.findings().frame)
    assert end - begin < 60
    assert end - middle < 10
