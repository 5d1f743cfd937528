"""Sizes, limits, strata, settings and the draw of samples."""

import csv
import hashlib
import io
import json
import math
from collections import Counter
from dataclasses import asdict
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.errors import LogError, MiningError, UnknownNameError
from mining.results import wilson
from mining.sampling import (
    SamplePlan,
    attribute_size,
    discovery_size,
    draw,
    monetary_factor,
    monetary_interval,
    monetary_limit,
    monetary_selection,
    precision_size,
    upper_limit,
)
from mining.sampling.order import frame_hash, order_hash, ranks
from mining.sampling.sample import COMPLETENESS, guarded, unguarded
from mining.sampling.strata import allocation, effective_size, strata_of, weighted_limit
from mining.texts import catalogue
from tests.examples import examples
from tests.helpers import blueprint, traces
from tests.helpers import study as study_of

# --- sizes and limits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("confidence", "tolerable", "sizes"),
    [(0.95, 0.05, [59, 93, 124, 153]), (0.90, 0.05, [45, 77, 105, 132]), (0.95, 0.10, [29, 46, 61, 76])],
    ids=["95-5", "90-5", "95-10"],
)
def test_attribute_samples_have_the_sizes_of_the_tables(confidence, tolerable, sizes):
    assert [attribute_size(tolerable, confidence, errors) for errors in range(4)] == sizes


def test_a_sample_without_error_shows_a_rate_by_the_formula():
    assert attribute_size(0.05) == math.ceil(math.log(0.05) / math.log(0.95))


@pytest.mark.parametrize(
    ("population", "items", "size"), [(500, 5, 225), (1434, 15, 259), (200, 2, 155)], ids=["500", "1434", "200"]
)
def test_discovery_samples_have_the_known_sizes(population, items, size):
    assert discovery_size(population, items) == size


def test_the_factors_of_monetary_samples_are_those_of_the_tables():
    assert [round(monetary_factor(k), 2) for k in range(5)] == [3.00, 4.74, 6.30, 7.75, 9.15]
    assert [round(monetary_factor(k, 0.9), 2) for k in range(5)] == [2.30, 3.89, 5.32, 6.68, 7.99]


def test_none_of_59_leaves_less_than_five_per_cent():
    assert round(100 * upper_limit(0, 59), 2) == 4.95


def test_sixteen_confirmed_of_sixteen_show_a_precision_of_80_per_cent():
    assert precision_size(0.8) == 16
    assert wilson(16, 16)[0] >= 0.8 > wilson(15, 15)[0]


def binomial(errors, n, share):
    return sum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(errors + 1))


def hypergeometric(errors, population, items, n):
    ways = sum(math.comb(items, k) * math.comb(population - items, n - k) for k in range(min(errors, n) + 1))
    return Fraction(ways, math.comb(population, n))


@settings(max_examples=examples(30), deadline=None)
@given(st.integers(0, 4), st.integers(2, 40), st.integers(50, 99))
def test_attribute_sizes_are_the_smallest_that_the_definition_allows(errors, per_cent, confidence):
    share, level = Fraction(per_cent, 100), Fraction(confidence, 100)
    n = attribute_size(per_cent / 100, confidence / 100, errors)
    assert binomial(errors, n, share) <= 1 - level
    assert n == errors + 1 or binomial(errors, n - 1, share) > 1 - level
    assert upper_limit(errors, n, confidence / 100) <= per_cent / 100 + 1e-9


@settings(max_examples=examples(30), deadline=None)
@given(st.integers(1, 120), st.integers(1, 30), st.integers(0, 2))
def test_sizes_without_replacement_are_the_smallest_that_the_definition_allows(population, per_cent, errors):
    items, level = -(-per_cent * population // 100), Fraction(95, 100)
    n = attribute_size(per_cent / 100, 0.95, errors, population)
    if items <= errors:
        assert n == population
    else:
        assert hypergeometric(errors, population, items, n) <= 1 - level
        assert n == 0 or hypergeometric(errors, population, items, n - 1) > 1 - level
        assert upper_limit(errors, n, 0.95, population) < items / population
        assert errors or n == discovery_size(population, items)


@settings(max_examples=examples(30), deadline=None)
@given(st.integers(1, 60), st.data())
def test_the_limit_of_a_small_population_is_the_largest_number_that_is_not_unlikely(population, data):
    n = data.draw(st.integers(1, population))
    errors = data.draw(st.integers(0, n))
    possible = range(errors, population - (n - errors) + 1)
    likely = [d for d in possible if hypergeometric(errors, population, d, n) > Fraction(5, 100)]
    assert upper_limit(errors, n, 0.95, population) == pytest.approx(max(likely) / population)


def test_limits_at_the_ends():
    assert upper_limit(7, 7) == 1
    assert upper_limit(2, 40, population=40) == 0.05  # all were looked at: nothing is estimated
    assert math.isnan(upper_limit(0, 0))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: attribute_size(0),
        lambda: attribute_size(0.05, 1),
        lambda: attribute_size(0.05, errors=-1),
        lambda: discovery_size(10, 11),
        lambda: discovery_size(10, 0),
        lambda: upper_limit(3, 2),
        lambda: upper_limit(0.5, 2, population=9),
        lambda: monetary_interval(0),
        lambda: monetary_limit([1.2], 10),
        lambda: monetary_selection(np.array([math.inf]), 10, ["a"], "s"),
    ],
    ids=[
        "share",
        "confidence",
        "errors",
        "more items",
        "no items",
        "more errors",
        "half",
        "no money",
        "tainting",
        "infinite",
    ],
)
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(MiningError):
        wrong()


# --- monetary units ---------------------------------------------------------------------------------------------------


def test_the_bound_of_stringer_by_hand():
    """Factors 2.9957, 4.7439, 6.2958: 10,000 x (2.9957 + 0.5 x 1.7481 + 0.1 x 1.5519) + 300."""
    likely, upper = monetary_limit([0.1, 0.5], 10_000, certain_error=300)
    assert likely == pytest.approx(6_300)
    assert upper == pytest.approx(40_549.9, abs=0.1)
    assert monetary_limit([], 10_000, certain_error=300, sampled=False) == (300, 300)


def test_items_of_at_least_the_interval_are_taken_and_others_in_proportion():
    amounts = np.array([100.0, 99.99, 250, -3, 0, np.nan])
    found = monetary_selection(amounts, 100, list("abcdef"), "s")
    assert sorted(found.certain.tolist()) == [0, 2]
    assert found.picked.tolist() == [1]  # 99.99 of money in what is left: one unit is drawn all the same
    assert (found.n_positive, found.n_negative, found.n_zero, found.n_missing, found.left_out) == (3, 1, 1, 1, 3)
    assert (found.total, found.total_certain, found.total_negative) == (pytest.approx(449.99), 350, -3)


def test_the_selection_can_be_done_again_by_hand():
    ids, seed, interval = [f"c{i}" for i in range(200)], "engagement 7", 500.0
    amounts = np.random.default_rng(5).uniform(1, 400, 200).round(2)
    start = int(hashlib.sha256(f"{seed}\0start".encode()).hexdigest()[:16], 16) / 2**64 * interval
    wanted, money, unit = [], 0.0, start
    for i in sorted(range(200), key=lambda i: hashlib.sha256(f"{seed}\0{ids[i]}".encode()).hexdigest()):
        money += amounts[i]
        if unit < money:
            wanted.append(i)
            unit += interval
    found = monetary_selection(amounts, interval, ids, seed)
    assert found.start == pytest.approx(start)
    assert found.picked.tolist() == wanted
    assert len(wanted) == pytest.approx(amounts.sum() / interval, abs=1)


def test_the_chance_of_an_item_is_its_share_of_the_interval():
    amounts, ids = np.array([10.0, 20, 30, 40, 50, 60, 70, 80]), list("abcdefgh")
    hits = np.zeros(8)
    for seed in range(1500):
        hits[monetary_selection(amounts, 90, ids, str(seed)).picked] += 1
    assert np.abs(hits / 1500 - amounts / 90).max() < 0.05  # four standard errors


@pytest.mark.slow
def test_the_bound_of_stringer_holds_the_wrong_money_at_the_promised_rate():
    rng = np.random.default_rng(11)
    amounts = rng.lognormal(6, 1, 600).round(2)
    wrong = np.where(rng.random(600) < 0.08, rng.uniform(0.1, 1, 600), 0) * amounts
    ids, held = [str(i) for i in range(600)], 0
    for seed in range(400):
        found = monetary_selection(amounts, monetary_interval(amounts.sum() * 0.05), ids, str(seed))
        drawn = found.picked[wrong[found.picked] > 0]
        taintings = (wrong[drawn] / amounts[drawn]).tolist()
        held += (
            monetary_limit(taintings, found.interval, certain_error=float(wrong[found.certain].sum()))[1] >= wrong.sum()
        )
    assert held / 400 >= 0.95


# --- order and strata -------------------------------------------------------------------------------------------------


@settings(max_examples=examples(30), deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), unique=True, max_size=20),
    st.text("ab é\0", max_size=4),
)
def test_the_order_is_that_of_the_hashes(ids, seed):
    by_hash = sorted(ids, key=lambda x: hashlib.sha256(seed.encode() + b"\0" + x.encode()).hexdigest())
    assert [ids[i] for i in np.argsort(ranks(seed, ids))] == by_hash
    assert frame_hash(ids) == hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()
    assert [order_hash(seed, x) for x in by_hash] == sorted(order_hash(seed, x) for x in ids)


def test_every_case_has_the_same_chance_and_so_has_every_pair():
    ids, n, seeds = [f"case {i}" for i in range(30)], 10, 2000
    hits, pairs = np.zeros(30), 0
    for seed in range(seeds):
        drawn = np.flatnonzero(ranks(str(seed), ids) < n)
        hits[drawn] += 1
        pairs += {3, 4} <= set(drawn.tolist())
    expected = seeds * n / 30
    assert ((hits - expected) ** 2 / (expected * (1 - n / 30))).sum() < 58  # chi-square, 29 degrees of freedom, 0.1 %
    assert pairs / seeds == pytest.approx(n * (n - 1) / (30 * 29), abs=0.03)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.integers(1, 500), min_size=1, max_size=12), st.integers(1, 300))
def test_strata_have_their_share_to_one_case_and_none_is_left_out(sizes, n):
    sizes = np.array(sizes)
    seats = allocation(sizes, n)
    assert seats.sum() == min(max(n, len(sizes)), sizes.sum())
    assert (seats >= 1).all()
    assert (seats <= sizes).all()
    quota = sizes * n / sizes.sum()
    if (quota >= 1).all() and n <= sizes.sum():
        assert (np.abs(seats - quota) < 1).all()
    assert 0 < effective_size(sizes, seats) <= seats.sum() + 1e-9


def test_shares_go_by_largest_remainder():
    assert allocation(np.array([50, 30, 20]), 7).tolist() == [4, 2, 1]  # 3.5, 2.1, 1.4
    assert allocation(np.array([980, 10, 10]), 59).tolist() == [57, 1, 1]


def test_strata_in_proportion_have_the_limit_of_a_simple_random_sample():
    rate, upper = weighted_limit(np.array([300, 100]), np.array([30, 10]), np.array([1, 1]), 0.95)
    assert rate == pytest.approx(0.05)
    assert upper == pytest.approx(upper_limit(2, 40))
    skewed = weighted_limit(np.array([390, 10]), np.array([30, 10]), np.array([1, 0]), 0.95)
    assert skewed[0] == pytest.approx(0.975 / 30)
    assert skewed[1] > upper_limit(1, 40)  # ten of forty cases speak for a fortieth of all


def test_small_groups_are_one_stratum():
    values = np.array(["a"] * 20 + ["b"] * 9 + ["c"] * 3 + [None] * 12, object)
    assert Counter(strata_of(values)) == {
        "a": 20,
        "(no value)": 12,
        "(small groups)": 12,
    }  # c alone would be found from the total
    assert Counter(strata_of(np.array([1.0] * 5 + [2.5] * 6))) == {"1": 5, "2.5": 6}
    odd = strata_of(np.array(["(no value)"] * 6 + [None] * 7, object))
    assert Counter(odd) == {"(no value)": 6, "((no value))": 7}


# --- the plan ---------------------------------------------------------------------------------------------------------


def test_the_plan_that_says_nothing():
    plan = SamplePlan.from_mapping(None)
    assert plan == SamplePlan() == SamplePlan.from_mapping({"seed": None, "discovery": None})
    assert (plan.attribute_n, plan.class_n, plan.reviewers) == (59, 16, 1)
    assert asdict(plan) == plan.to_dict()


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"tolerabel": 0.1}, r"e\.yaml: sampling: unknown key 'tolerabel'. Did you mean 'tolerable'"),
        ({"confidence": 95}, r"e\.yaml: sampling: confidence is 95: a number from 0.5 to below 1 is needed"),
        ({"confidence": True}, "confidence is True"),
        ({"tolerable": 0}, "tolerable is 0"),
        ({"tolerable": "5 %"}, "tolerable is '5 %'"),
        ({"expected_errors": 1.5}, "expected_errors is 1.5: a whole number from 0 to 100"),
        ({"precision": 1}, "precision is 1"),
        ({"seed": 2026}, "seed is 2026: a text is needed. Write it in quotes"),
        ({"reviewers": 3}, "reviewers is 3: a whole number from 1 to 2"),
        ({"amount": "fee"}, "amount is given and tolerable_amount is not"),
        ({"tolerable_amount": 100}, "tolerable_amount is given and amount is not"),
        ({"tolerable_amount": -1, "amount": "fee"}, "tolerable_amount is -1"),
        ({"discovery": ["R1"]}, r"discovery is \['R1'\]"),
        ({"discovery": {"R1": 0}}, "discovery: R1 is 0: a whole number of cases from 1 on"),
        ({"class_size": 15}, "class_size is 15.*At least 16 are needed"),
        ([], r"sampling is \[\]"),
    ],
    ids=lambda x: None if isinstance(x, str) else str(x),
)
def test_a_plan_that_cannot_be_meant_is_refused(given_, said):
    with pytest.raises(MiningError, match=said):
        SamplePlan.from_mapping(given_, "e.yaml: sampling")


# --- the draw ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn(study):
    return draw(study, SamplePlan(seed="2026-03"))


def test_log_to_source_is_the_first_cases_by_hash(study, drawn):
    ids = sorted(study.log.case_ids, key=lambda x: hashlib.sha256(b"2026-03\0" + x.encode()).hexdigest())
    rows = drawn.rows_of("occurrence")
    assert rows["case_id"].tolist() == ids[:59]
    assert rows["order"].tolist() == [hashlib.sha256(b"2026-03\0" + x.encode()).hexdigest() for x in ids[:59]]
    assert drawn.frame_hash == hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()
    assert drawn.provenance.parameters["seed"] == "2026-03"
    assert drawn.provenance.parameters["frame"] == drawn.frame_hash
    assert (drawn.provenance.parameters["N"], drawn.provenance.parameters["n"]) == (2000, drawn.n_cases)


def test_every_class_is_the_first_of_its_own_cases(study, drawn):
    faults = study.deviations().frame
    findings = study.findings().frame["finding_id"]
    assert (
        set(drawn.tests.loc[drawn.tests["test"] == "class", "finding_id"]) == set(findings) == set(faults["finding_id"])
    )
    for finding, rows in faults.groupby("finding_id"):
        cases = sorted(set(rows["case_id"]), key=lambda x: order_hash("2026-03", x))
        assert drawn.rows_of("class", finding)["case_id"].tolist() == cases[:16]
        said = drawn.tests[drawn.tests["finding_id"] == finding].iloc[0]
        assert (said["n_population"], said["n_drawn"]) == (len(cases), min(16, len(cases)))
        assert said["whole"] == (len(cases) <= 16)
        assert said["frame_hash"] == frame_hash(cases)


def test_the_rows_name_the_evidence(study, drawn):
    source = study.log.source.table.column("case_id").to_pylist()
    rows = drawn.frame[drawn.frame["test"] != COMPLETENESS]
    assert [source[row - 1] for row in rows["row"]] == rows["case_id"].tolist()
    assert set(drawn.rows_of("occurrence")["activity"]) == {"receive"}
    faults = study.deviations().frame
    one = rows[(rows["test"] == "class")].merge(faults, on=["finding_id", "case_id"], suffixes=("", "_fault"))
    there = one[one["row_fault"].notna()].groupby(["finding_id", "case_id"])
    assert all(row["row"].iloc[0] in set(row["row_fault"]) for _, row in there)


def test_a_case_that_several_tests_drew_is_opened_once(drawn):
    cases = drawn.frame.loc[drawn.frame["test"] != COMPLETENESS]
    assert drawn.n_cases == cases["case_id"].nunique() < len(cases)
    assert not cases.duplicated(["test", "finding_id", "case_id"]).any()


def test_the_same_seed_draws_the_same_and_another_does_not(study, drawn):
    again = draw(study, SamplePlan(seed="2026-03"))
    assert again.to_csv() == drawn.to_csv()
    assert again.to_dict() == drawn.to_dict()
    other = draw(study, SamplePlan(seed="2026-04"))
    assert set(other.rows_of("occurrence")["case_id"]) != set(drawn.rows_of("occurrence")["case_id"])
    assert other.frame_hash == drawn.frame_hash


def test_without_a_seed_the_hash_of_the_log_is_one(study):
    found = draw(study)
    assert found.seed == study.log.source.sha256
    assert found.frame["order"].iloc[0] == order_hash(study.log.source.sha256, found.frame["case_id"].iloc[0])


@pytest.mark.slow
def test_the_order_of_the_rows_of_the_log_does_not_matter(study, drawn):
    frame = pd.read_csv("sample_logs/permit_receipt/log.csv", dtype=str, keep_default_na=False)
    turned = frame.sort_values("case_id", ascending=False, kind="stable")
    other = mining.Study(mining.EventLog.from_frame(turned, columns=study.blueprint.binding), study.blueprint)
    keys = ["test", "finding_id", "case_id", "order"]
    assert draw(other, SamplePlan(seed="2026-03")).frame[keys].equals(drawn.frame[keys])


def test_strata_are_drawn_in_proportion_by_hash(study):
    found = draw(study, SamplePlan(seed="s", stratify_by="channel"))
    channel = dict(zip(study.log.case_ids, study.log.attribute("channel"), strict=True))
    sizes = Counter(channel.values())
    assert found.strata.set_index("stratum")["n_population"].to_dict() == sizes
    for stratum, n in found.strata.set_index("stratum")["n_drawn"].items():
        assert abs(n - 59 * sizes[stratum] / 2000) < 1
        cases = sorted((c for c, x in channel.items() if x == stratum), key=lambda x: order_hash("s", x))
        rows = found.rows_of("occurrence")
        assert rows.loc[rows["stratum"] == stratum, "case_id"].tolist() == cases[:n]
    assert found.strata["n_drawn"].sum() == 59
    assert "Desk" in found.sentence()


def test_documents_of_the_source_are_lines_to_be_filled(drawn):
    rows = drawn.rows_of(COMPLETENESS)
    assert rows["case_id"].tolist() == [f"document-{i:03}" for i in range(1, 60)]
    assert (rows[["order", "activity", "result"]] == "").all(axis=None)
    assert "59" in drawn.how()[COMPLETENESS]
    assert "59" in drawn.how("zh")[COMPLETENESS]


def test_a_rare_fault_is_looked_for_in_cases_that_the_check_concerns(study):
    checks = {check.id: check for check in study.checks}
    rare = next(id for id, check in checks.items() if not len(check.faults))
    found = draw(study, SamplePlan(seed="s", discovery={rare: 20}))
    said = found.tests[found.tests["test"] == "discovery"].iloc[0]
    concerned = int((study.verdicts().frame.query("check == @rare")["gross"] != "not_applicable").sum())
    assert said["n_population"] == concerned
    assert said["n_drawn"] == discovery_size(concerned, 20) == len(found.rows_of("discovery", rare))
    with pytest.raises(MiningError, match=f"{rare} is 5,000, and the check applies to"):
        draw(study, SamplePlan(discovery={rare: 5000}))
    with pytest.raises(UnknownNameError, match="sampling: discovery: unknown check 'R99'"):
        draw(study, SamplePlan(discovery={"R99": 1}))


def test_a_check_with_faults_needs_no_discovery(study):
    found = draw(study, SamplePlan(discovery={"R1": 2}))
    assert "discovery" not in set(found.tests["test"])
    assert any("R1" in note for note in found.notes())


@pytest.mark.slow
def test_amounts_are_drawn_by_money():
    norm = mining.read_blueprint("sample_logs/bank_loan/blueprint.yaml")
    loans = mining.Study(mining.read_log("sample_logs/bank_loan/log.csv", columns=norm.binding), norm)
    total = np.nansum(loans.log.attribute("amount"))
    found = draw(loans, SamplePlan(seed="s", amount="amount", tolerable_amount=float(total) / 20))
    rows = found.rows_of("monetary")
    assert found.monetary.interval == pytest.approx(total / 20 / 2.9957, rel=1e-4)
    assert len(rows) == pytest.approx(60, abs=1)
    amount = dict(zip(loans.log.case_ids, loans.log.attribute("amount"), strict=True))
    assert rows["amount"].tolist() == [amount[x] for x in rows["case_id"]]
    assert rows["amount"].mean() > np.nanmean(loans.log.attribute("amount"))  # what is dear is drawn more often
    with pytest.raises(LogError, match="'call' holds no numbers"):
        draw(loans, SamplePlan(amount="call", tolerable_amount=1.0))
    with pytest.raises(
        UnknownNameError, match="sampling: stratify_by: unknown attribute 'amont'. Did you mean 'amount'"
    ):
        draw(loans, SamplePlan(stratify_by="amont"))


def test_a_small_log_is_taken_whole_and_without_faults_there_is_no_class():
    norm = blueprint(["a", "b"], "ab")
    small = study_of(norm, traces(*["ab"] * 8))
    found = draw(small)
    assert len(found.rows_of("occurrence")) == 8
    assert found.tests["test"].tolist() == ["occurrence", "completeness"]
    assert found.tests["method"].tolist() == ["hypergeometric", "binomial"]
    assert found.sentence().startswith("8 of 8 cases are to be inspected, in 67 lines")


def test_small_populations_need_fewer_cases():
    norm = blueprint(["a", "b"], "ab")
    found = draw(study_of(norm, traces(*["ab"] * 200)))
    assert len(found.rows_of("occurrence")) == attribute_size(0.05, population=200) == 51


def test_more_strata_than_cases_are_still_all_seen():
    norm = blueprint(["a", "b"], "ab", log={**LOG, "attributes": {"office": "office"}})
    rows = [(f"c{i}", x, f"2026-03-02T{9 + k:02}:00Z", f"o{i % 80:02}") for i in range(480) for k, x in enumerate("AB")]
    log = mining.EventLog.from_frame(
        pd.DataFrame(rows, columns=["case", "activity", "end", "office"]), columns=norm.binding
    )
    found = draw(mining.Study(log, norm), SamplePlan(stratify_by="office"))
    assert (found.strata["n_drawn"] >= 1).all()
    assert len(found.strata) == 80
    assert any("80 strata" in note for note in found.notes())


LOG = {"case": "case", "activity": "activity", "timestamp": "end"}


def test_values_of_few_cases_are_one_stratum_and_that_is_said():
    norm = blueprint(["a", "b"], "ab", log={**LOG, "attributes": {"office": "office"}})
    of = ["big"] * 60 + ["mid"] * 20 + ["x"] * 2 + ["y"] * 4
    rows = [
        (f"c{i}", x, f"2026-03-02T{9 + k:02}:00Z", office) for i, office in enumerate(of) for k, x in enumerate("AB")
    ]
    log = mining.EventLog.from_frame(
        pd.DataFrame(rows, columns=["case", "activity", "end", "office"]), columns=norm.binding
    )
    found = draw(mining.Study(log, norm), SamplePlan(stratify_by="office"))
    assert found.strata[["stratum", "n_population"]].values.tolist() == [
        ["(small groups)", 6],
        ["big", 60],
        ["mid", 20],
    ]
    assert found.notes()[0].startswith("2 values of office are one stratum")


# --- the sheet --------------------------------------------------------------------------------------------------------


def test_the_sheet_is_the_same_bytes_and_has_the_fixed_columns(drawn, tmp_path):
    text = drawn.to_csv(tmp_path / "sample.csv")
    assert (tmp_path / "sample.csv").read_bytes() == b"\xef\xbb\xbf" + text.encode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == list(drawn.columns) == list(drawn.frame.columns)
    assert [row["case_id"] for row in rows] == drawn.frame["case_id"].tolist()
    assert {row[name] for row in rows for name in ("result", "result_2", "decided", "amount_found", "note")} == {""}


@settings(max_examples=examples(60), deadline=None)
@given(st.text("'=+-@\t＝a1", max_size=6))
def test_what_a_spreadsheet_takes_for_a_formula_is_guarded_and_comes_back(text):
    written = guarded(text)
    assert not written or written[0] not in "=+-@\t\r＝＋－＠"
    assert unguarded(written) == text


def test_hostile_case_ids_are_inert_in_the_sheet_and_can_be_drawn_again():
    norm = blueprint(["a", "b"], "ab")
    ids = ["=cmd|'/c calc'!A1", "<script>", "\u202etxt", "😀", "x" * 200, 'quo"te, comma']
    found = draw(study_of(norm, {x: [("A", 0.0), ("B", 1.0)] for x in ids}), SamplePlan(seed="s"))
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    written = [row["case_id"] for row in rows if row["test"] == "occurrence"]
    assert not any(x.startswith("=") for x in written)
    assert sorted(map(unguarded, written)) == sorted(ids)


def test_it_shows_itself_and_goes_into_json(study):
    found = draw(study, SamplePlan(seed="s", stratify_by="channel"))
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record["plan"] == SamplePlan(seed="s", stratify_by="channel").to_dict()
    assert (record["seed"], record["frame_hash"], len(record["rows"])) == ("s", found.frame_hash, len(found))
    assert [row["n_drawn"] for row in record["tests"]] == found.tests["n_drawn"].tolist()
    assert record["tests"][1]["n_population"] is None
    assert "order" in found._repr_html_()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_says_what_was_drawn(drawn, lang):
    said = drawn.sentence(lang)
    assert drawn.frame_hash in said
    assert "2026-03" in said
    assert f"{drawn.n_cases}" in said
    assert drawn.notes(lang)


def test_every_sentence_has_both_languages_with_the_same_values():
    import re

    texts = {key: text for key, text in catalogue().items() if key.startswith("sampling.")}
    assert len(texts) > 40
    for key, text in texts.items():
        places = [set(re.findall(r"{(\w+)}", text[lang])) for lang in ("en", "zh")]
        assert places[0] == places[1], key
