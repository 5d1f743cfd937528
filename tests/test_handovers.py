"""Who hands over to whom: the matrix, lines crossed, ping-pong, rework, responsibility, automation and channels."""

import json
import re
from collections import Counter, defaultdict

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.blueprint import Blueprint, parse_blueprint
from mining.errors import LogError, MiningError, UnknownNameError
from mining.flow import HANDOVERS, Vocabulary
from mining.handovers.automation import automation_by, automation_of
from mining.handovers.channels import channels_of
from mining.handovers.crossings import LINES, crossing_summary, crossings_of
from mining.handovers.holders import holders_of
from mining.handovers.matrix import FEW, designed_pairs, handover_matrix, visible_follows
from mining.handovers.ping_pong import ping_pong_of
from mining.handovers.responsibility import NO_ROLE, NOBODY, SEVERAL_ROLES, responsibility_of
from mining.handovers.rework import rework_of
from mining.log.roster import read_roster
from mining.results import wilson
from tests.examples import examples
from tests.helpers import MONDAY, ROOT, SHARED, blueprint_dict, faults, frame, study, traces

CJK = re.compile(r"[\u3400-\u9fff]")
LANES = {"a": "customer", "b": "desk", "c": "office", "d": "it", "e": "customer"}
HOUR = 3600.0


def norm(flow=None, lane_of=LANES, names="abcde", role_of=None, roles=None, **more):
    """Five steps in any order, by default: a, e of the customer, b in front, c behind, d in support."""
    whole = blueprint_dict(flow or [{"free": list(names)}], names, names[-1], **more)
    whole["lanes"] = [*whole["lanes"], {"id": "it", "kind": "support", "name": {"en": "IT", "zh": "信息部"}}]
    if roles:
        whole["roles"] = {x: {"name": {"en": x.title()}, "resources": list(y)} for x, y in roles.items()}
    for a in whole["activities"]:
        a["lane"] = lane_of.get(a["id"], "desk")
        if role_of and a["id"] in role_of:
            a["role"] = role_of[a["id"]]
    return whole


def made(whole, cases, **more):
    """A study of a blueprint, given as it is or as the dictionary that it is read from."""
    if isinstance(whole, Blueprint):
        return study(whole, cases, **more)
    return study(parse_blueprint(json.dumps(whole, ensure_ascii=False), name="test.yaml"), cases, **more)


COUNTED = [
    {"id": x, "dimension": "quality", "metric": x, "max": 99, "severity": "minor", "basis": "x"}
    for x in ("turns", "handovers")
]
FREE = parse_blueprint(json.dumps(norm(standards=COUNTED)), name="test.yaml")


def counts(table, *columns):
    rows = table.frame.astype(object).where(table.frame.notna(), None)
    return {(row["giver"], row["taker"]): row[columns[0]] if len(columns) == 1 else tuple(row[c] for c in columns)
            for _, row in rows.iterrows()}  # fmt: skip


CASES = {
    "one": [("A", 0.0, "ann"), ("B", 2.0, "bob", 1.0), ("C", 3.0, None), ("D", 5.0, "bob"), ("E", 9.0, "ann")],
    "two": [("A", 0.0, "ann"), ("B", 4.0, "bob", 3.0)],
}
WORDS = st.lists(
    st.lists(st.tuples(st.sampled_from("ABCDEX"), st.integers(0, 4), st.sampled_from(["ann", "bob", "cat", None])), max_size=7),
    min_size=1, max_size=5,
)  # fmt: skip


def logged(words):
    """Cases of events whose times may be equal; the last case has a known step, so that the log can be read."""
    cases = {
        f"c{k}": [(x, float(t), who) for x, t, who in sorted(word, key=lambda e: e[1])] for k, word in enumerate(words)
    }
    return cases | {"last": [("A", 0.0, "ann")]}


# --- the matrix ------------------------------------------------------------------------------------------------------


def test_resources_by_hand():
    table = handover_matrix(made(norm(), CASES), named=True)
    assert counts(table, "n", "cases", "same", "median_s", "to_start") == {
        ("ann", "bob"): (2, 2, False, HOUR, 2),
        ("bob", None): (1, 1, None, HOUR, 0),
        (None, "bob"): (1, 1, None, 2 * HOUR, 0),
        ("bob", "ann"): (1, 1, False, 4 * HOUR, 0),
    }
    assert (table.pairs, table.handed_over, table.same, table.unknown, table.uncertain) == (5, 3, 0, 2, 0)
    assert counts(table, "share")["ann", "bob"] == 2 / 3
    assert table.frame["p90_s"].isna().all()  # of fewer than twenty


def test_lanes_and_what_the_design_lets_follow():
    table = handover_matrix(made(norm(flow=list("abcde")), CASES | traces("acbde")), "lane")
    assert counts(table, "n", "designed", "not_designed_n") == {
        ("customer", "desk"): (2, True, 0),
        ("desk", "office"): (1, True, 0),
        ("office", "it"): (1, True, 0),
        ("it", "customer"): (2, True, 0),
        ("customer", "office"): (1, False, 1),
        ("office", "desk"): (1, False, 1),
        ("desk", "it"): (1, False, 1),
    }
    assert "do not follow each other directly in the design" in table.sentence()


def test_a_step_without_a_trace_is_passed_over_by_the_design():
    whole = norm(flow=list("abc"), names="abc")
    whole["activities"][1] |= {"observable": False}
    whole["activities"][1].pop("labels")
    read = parse_blueprint(json.dumps(whole), name="test.yaml")
    assert visible_follows(read) == {("a", "c")}
    assert designed_pairs(read, "lane") == {("customer", "office")}


def test_past_steps_of_nobody_it_counts_as_the_standard_does():
    table = handover_matrix(made(norm(), CASES), named=True, past_unknown=True)
    assert counts(table, "n") == {("ann", "bob"): 2, ("bob", "bob"): 1, ("bob", "ann"): 1}
    assert (table.passed_over, table.unknown) == (1, 0)


def test_steps_at_one_moment_have_no_order():
    cases = {"tied": [("A", 0.0, "ann"), ("B", 1.0, "bob"), ("C", 1.0, "cat"), ("D", 2.0, "ann"), ("E", 3.0, "bob")],
             "alike": [("A", 0.0, "ann"), ("B", 1.0, "bob"), ("C", 1.0, "bob"), ("D", 2.0, "ann")]}  # fmt: skip
    table = handover_matrix(made(norm(), cases), named=True)
    assert table.uncertain == 3
    assert counts(table, "uncertain") == {
        ("ann", "bob"): 1, ("bob", "cat"): 1, ("cat", "ann"): 1, ("bob", "bob"): 0, ("bob", "ann"): 0
    }  # fmt: skip
    assert "Pairs beside steps at the same moment, whose order the log does not tell: 3." in table.sentence()


def test_persons_are_named_only_where_it_is_asked_for_and_rare_pairs_are_put_together():
    people = ["ann", "bob", "cat", "dan"]
    cases = {f"c{i}": [("A", 0.0, people[i % 3]), ("B", 1.0, people[(i + 1) % 3])] for i in range(60)}
    cases |= {f"r{i}": [("A", 0.0, "dan"), ("B", 1.0, people[i % 3])] for i in range(3)}
    read = made(norm(), cases)
    table = handover_matrix(read)
    shown = table.frame.to_string() + table.sentence() + table.sentence("zh") + str(table.to_dict())
    assert not [name for name in people if name in shown]
    few = table.frame[table.frame["giver"] == FEW]
    assert few["n"].tolist() == [23]  # three pairs of one case each, and one of twenty, which they would give away
    assert table.folded == 4
    assert int(table.frame["n"].sum()) == table.pairs == 63
    assert set(handover_matrix(read, named=True).frame["giver"]) == set(people)


@settings(max_examples=examples(30), deadline=None)
@given(WORDS)
def test_the_matrix_is_what_plain_pandas_counts(words):
    read = made(FREE, logged(words))
    log = frame(logged(words)).reset_index(names="row").sort_values(["case", "end", "row"])
    after = log.groupby("case", sort=False)[["end", "resource"]].shift(-1)
    pairs = pd.DataFrame(
        {"a": log["resource"], "b": after["resource"], "gap": after["end"] - log["end"], "case": log["case"]}
    )
    pairs = pairs[after["end"].notna()]
    wanted = defaultdict(list)
    for a, b, gap in zip(pairs["a"], pairs["b"], pairs["gap"].dt.total_seconds(), strict=True):
        wanted[None if pd.isna(a) else a, None if pd.isna(b) else b].append(gap)
    found = counts(handover_matrix(read, named=True), "n", "median_s")
    assert found == {
        pair: (len(gaps), float(np.quantile(gaps, 0.5, method="inverted_cdf"))) for pair, gaps in wanted.items()
    }
    for level in ("role", "lane"):
        table = handover_matrix(read, level)
        assert table.handed_over + table.same + table.unknown == int(table.frame["n"].sum()) == len(pairs)


def test_it_counts_as_the_kernel_over_pieces_does(study):
    mine = counts(handover_matrix(study, named=True), "n")
    words = Vocabulary(study.log.labels, study.log.resources, lambda: study.log.case_ids)
    theirs = HANDOVERS.finish(HANDOVERS.merge([HANDOVERS.run(study.log, {})]), words).astype(object)
    assert mine == {(row["giver"], row["taker"]): row["n"] for _, row in theirs.iterrows()}


def test_an_unknown_level_and_a_log_without_channels_are_refused(study):
    with pytest.raises(UnknownNameError, match="unknown level 'lanes'"):
        handover_matrix(study, "lanes")
    with pytest.raises(LogError, match="no attribute 'channel'"):
        handover_matrix(made(norm(), CASES), "channel")


# --- roles -----------------------------------------------------------------------------------------------------------

ROLES = {"clerk": ["ann", "both"], "boss": ["bob", "both"], "guard": []}
ROLE_OF = {"a": "clerk", "b": "boss", "c": "guard"}
BY_ROLE = {
    "one": [("A", 0.0, "ann"), ("B", 1.0, "both"), ("C", 2.0, "zoe"), ("D", 3.0, "both"), ("E", 4.0, "bob")],
    "two": [("A", 0.0, "bob"), ("A", 1.0, "zoe"), ("A", 2.0, None), ("C", 3.0, "ann"), ("X", 4.0, "ann")],
}


def test_a_role_is_that_of_the_person_else_of_the_step_else_not_known():
    read = made(norm(roles=ROLES, role_of=ROLE_OF), BY_ROLE)
    held = holders_of(read, "role")
    roles = [held.names[x] if x >= 0 else None for x in held.code]
    assert roles == ["clerk", "boss", "guard", None, "boss", "boss", None, "clerk", "clerk", "clerk"]
    assert np.flatnonzero(held.assumed).tolist() == [2, 7]
    assert handover_matrix(read, "role").assumed == 4


def test_a_staff_table_decides_by_day():
    roster = read_roster(pd.DataFrame({"resource": ["ann", "ann"], "role": ["clerk", "boss"],
                                       "valid_from": ["", "2026-03-03"], "valid_to": ["2026-03-02", ""]}))  # fmt: skip
    cases = {"one": [("D", 0.0, "ann"), ("D", 20.0, "ann")]}
    held = holders_of(made(norm(roles=ROLES, role_of=ROLE_OF), cases, roster=roster), "role")
    assert [held.names[x] for x in held.code] == ["clerk", "boss"]


def test_responsibility_by_hand():
    table = responsibility_of(made(norm(roles=ROLES, role_of=ROLE_OF), BY_ROLE))
    rows = {(r["activity"], r["role"]): (r["n"], r["designed"], r["wrong"]) for _, r in table.frame.iterrows()}
    assert rows == {
        ("a", "clerk"): (1, True, 0), ("a", "boss"): (1, False, 1), ("a", NO_ROLE): (1, False, 1), ("a", NOBODY): (1, False, 0),
        ("b", "boss"): (1, True, 0), ("c", "clerk"): (1, False, 0), ("c", "guard"): (0, True, 0), ("c", "role not known"): (1, False, 0),
        ("d", SEVERAL_ROLES): (1, False, 0), ("e", "boss"): (1, False, 0), ("X", "clerk"): (1, False, 0),
    }  # fmt: skip
    assert (table.judged, table.wrong) == (4, 2)
    row = table.frame.iloc[0]
    assert (row["share"], row["low"], row["high"]) == (1 / 3, *wilson(1, 3))
    assert table.wide().loc["a", "boss"] == 1


@pytest.mark.few_quick(1)
@pytest.mark.parametrize("name", ["bank_loan", "it_incident", "outpatient_visit", "permit_receipt"])
def test_who_did_what_agrees_with_the_checks_of_roles(name):
    folder = ROOT / "sample_logs" / name
    read = mining.read_blueprint(folder / "blueprint.yaml")
    sample = mining.Study(mining.read_log(folder / "log.csv", columns=read.binding), read)
    table = responsibility_of(sample)
    per = table.frame.groupby("activity")["wrong"].sum()
    checks = {c.id: len(c.faults.case) for c in sample.checks if c.id.startswith("role-")}
    assert checks
    assert {f"role-{a}": n for a, n in per.items() if f"role-{a}" in checks} == checks
    said = {rule.a: len(faults(sample, rule.id)) for rule in read.rules if rule.kind == "performed_by"}
    assert {a: per[a] for a in said} == said
    assert table.wrong == sum(checks.values()) + sum(n for a, n in said.items() if f"role-{a}" not in checks) > 0
    assert int(table.frame["n"].sum()) == int(sample.instances.done.sum())


# --- lines -----------------------------------------------------------------------------------------------------------


def test_three_crossings_are_three():
    row = crossings_of(made(norm(), traces("abab"))).frame.iloc[0]
    assert (row["interaction"], row["visibility"], row["participation"], row["handovers_lane"]) == (3, 0, 0.5, 3)


def test_the_lines_by_hand():
    table = crossings_of(
        made(norm(), traces("abcdce") | {"strange": [("A", 0.0, None), ("X", 1.0, None), ("B", 2.0, None)]})
    )
    rows = table.frame.set_index("case_id")
    assert rows.loc["c0", [*LINES]].tolist() == [2, 2, 2]
    assert rows.loc["strange", ["events", "unknown", "interaction", "unnamed"]].tolist() == [3, 1, 1, 3]
    assert pd.isna(rows.loc["strange", "handovers_resource"])
    assert rows.loc["strange", "participation"] == 0.5
    assert not rows["lower_bound"].any()


def test_steps_of_the_customer_without_a_trace_make_lower_bounds():
    whole = norm()
    whole["activities"][4] |= {"observable": False}
    whole["activities"][4].pop("labels")
    whole["flow"], whole["scope"]["ends_with"] = ["a", "b", "c", "d", {"optional": "e"}], ["d"]
    table = crossings_of(made(whole, traces("abcd")))
    assert table.hidden_steps["interaction"] == ("e",)
    assert table.frame["lower_bound"].all()
    assert "Lower bounds, since the log shows nothing of these steps of the customer: Step e" in table.sentence()


def test_a_line_of_which_one_side_is_never_seen_is_not_measured(study):
    table = crossings_of(study)
    assert table.not_measured == ("interaction",)
    assert table.frame["interaction"].isna().all()
    assert table.frame["participation"].isna().all()
    assert "not measured" in table.sentence()


@settings(max_examples=examples(30), deadline=None)
@given(WORDS)
def test_crossings_agree_with_the_standards_and_every_order_of_ties_lies_between(words):
    read = made(FREE, logged(words))
    table = crossings_of(read).frame
    measured = {check.id: check.measured for check in read.checks if check.id in ("turns", "handovers")}
    np.testing.assert_array_equal(table["interaction"].to_numpy(float, na_value=np.nan), measured["turns"])
    np.testing.assert_array_equal(table["handovers_resource"].to_numpy(float, na_value=np.nan), measured["handovers"])
    for line in LINES:
        known = table[table[line].notna()]
        assert ((known[f"{line}_least"] <= known[line]) & (known[line] <= known[f"{line}_most"])).all()
    past = handover_matrix(read, named=True, past_unknown=True)
    assert past.handed_over == table["handovers_resource"].sum()
    assert handover_matrix(read, "lane", past_unknown=True).handed_over == table["handovers_lane"].sum()


def test_a_summary_by_group_leaves_out_small_ones(study):
    table = crossing_summary(study, "channel")
    whole, parts = (table.frame[(table.frame["group"] == "all") == x] for x in (True, False))
    lane = whole[whole["measure"] == "handovers_lane"].iloc[0]
    values = crossings_of(study).frame["handovers_lane"]
    assert (lane["n"], lane["mean"], lane["max"]) == (values.notna().sum(), values.mean(), values.max())
    assert parts.groupby("group")["n"].max().min() >= 5
    with pytest.raises(MiningError, match="single persons"):
        crossing_summary(study, "resource")


# --- ping-pong -------------------------------------------------------------------------------------------------------


def test_ping_pong_by_hand():
    cases = {
        "chain": [("A", 0.0, "ann"), ("B", 1.0, "bob"), ("B", 2.0, "bob"), ("A", 5.0, "ann", 4.0), ("B", 6.0, "bob"), ("A", 8.0, "ann")],
        "once": [("A", 0.0, "bob"), ("B", 1.0, "ann"), ("C", 3.0, "bob")],
        "none": [("A", 0.0, "ann"), ("B", 1.0, None), ("C", 3.0, "ann")],
        "nobody": [("A", 0.0, None)],
    }  # fmt: skip
    table = ping_pong_of(made(norm(), cases), named=True)
    row = table.frame.iloc[0]
    assert len(table) == 1
    assert row[["one", "other", "n", "to_one", "to_other", "cases", "longest"]].tolist() == [
        "ann",
        "bob",
        4,
        2,
        2,
        2,
        3,
    ]
    assert (row["median_s"], row["total_s"]) == (3 * HOUR, 11 * HOUR)  # away 4, 4, 3, 3 h; chains of 8 and 3 h
    assert (table.cases.passed, table.cases.n, table.returns, table.broken) == (2, 3, 4, 1)


@settings(max_examples=examples(30), deadline=None)
@given(WORDS)
def test_returns_are_what_a_loop_over_stays_counts(words):
    read = made(FREE, logged(words))
    wanted, longest = Counter(), Counter()
    for word in logged(words).values():
        stays = []
        for who in (event[2] for event in word):
            if not stays or stays[-1] != who:
                stays.append(who)
        chain = 0
        for x, y, z in zip(stays, stays[1:], stays[2:], strict=False):
            chain = chain + 1 if x == z and x and y else 0
            if chain:
                pair = tuple(sorted((x, y)))
                wanted[pair] += 1
                longest[pair] = max(longest[pair], chain)
    table = ping_pong_of(read, named=True)
    found = {(r["one"], r["other"]): (r["n"], r["longest"]) for _, r in table.frame.iterrows()}
    assert found == {pair: (n, longest[pair]) for pair, n in wanted.items()}
    assert table.returns == sum(wanted.values())


def test_rare_pairs_of_persons_are_not_shown():
    cases = {f"c{i}": [("A", 0.0, "ann"), ("B", 1.0, "bob"), ("C", 2.0, "ann")] for i in range(4)}
    table = ping_pong_of(made(norm(), cases))
    assert (len(table), table.pairs_hidden, table.returns_hidden, table.returns) == (0, 1, 4, 4)
    assert len(ping_pong_of(made(norm(), cases), named=True)) == 1


# --- rework ----------------------------------------------------------------------------------------------------------


def test_rework_by_hand():
    whole = norm()
    whole["activities"][2]["rework"] = True
    cases = {
        "one": [("A", 0.0, "ann"), ("B", 1.0, "ann"), ("B", 2.0, "bob", 1.5), ("C", 3.0, "ann"), ("B", 5.0, "bob", 4.0), ("E", 9.0, "ann")],
        "two": [("A", 0.0, "ann"), ("B", 1.0, None), ("D", 2.0, "ann"), ("B", 3.0, "ann"), ("E", 4.0, "ann")],
        "three": [("B", 0.0, "ann"), ("C", 1.0, "ann")],
    }  # fmt: skip
    table = rework_of(made(whole, cases))
    b = table.frame.iloc[0]
    names = (
        "activity",
        "instances",
        "cases",
        "repeats",
        "self_loops",
        "rework_loops",
        "cases_with_repeats",
        "most_in_a_case",
    )
    assert b[[*names]].tolist() == ["b", 6, 3, 3, 1, 2, 2, 2]
    assert b[["same_resource", "other_resource", "unknown_resource"]].tolist() == [1, 1, 1]
    assert b["again_median_s"] == 2 * HOUR
    assert np.isnan(b["again_p90_s"])  # of fewer than twenty
    assert (b["processing_s"], b["processing_n"]) == (1.5 * HOUR, 2)
    assert (b["via"], b["via_n"]) == ("c", 1)  # c and d once each, so the first
    assert (b["share"], b["low"], b["high"]) == (2 / 3, *wilson(2, 3))
    assert (table.first_time_right.passed, table.first_time_right.n) == (1, 2)  # the third still runs
    assert (table.repeats, table.instances, table.cases.passed, table.cases.n) == (3, 13, 2, 3)


def test_without_a_mark_first_time_right_is_not_measured():
    table = rework_of(made(norm(), traces("ae")))
    assert table.first_time_right is None
    assert "First-time-right is not measured" in table.sentence()


@settings(max_examples=examples(30), deadline=None)
@given(WORDS)
def test_repeats_are_what_a_loop_over_cases_counts(words):
    table = rework_of(made(FREE, logged(words)))
    loops, direct, via = Counter(), Counter(), defaultdict(Counter)
    for word in logged(words).values():
        labels = [x.lower() if x != "X" else x for x, _, _ in word]
        for i, x in enumerate(labels):
            if x in labels[:i]:
                last = max(j for j in range(i) if labels[j] == x)
                (direct if last == i - 1 else loops)[x] += 1
                via[x].update(set(labels[last + 1 : i]))
    for _, row in table.frame.iterrows():
        x = row["activity"]
        assert (row["self_loops"], row["rework_loops"]) == (direct[x], loops[x])
        assert row["via_n"] == max(via[x].values(), default=0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_pm4py_finds_the_same_cases_with_rework(study):
    import pm4py

    log = pd.read_csv(ROOT / "sample_logs/permit_receipt/log.csv")
    log["timestamp"] = pd.to_datetime(log["timestamp"], utc=True)
    log["activity"] = log["activity"].map(
        lambda x: study.blueprint.labels.get(x, x)
    )  # some activities have several labels
    log = pm4py.format_dataframe(log, case_id="case_id", activity_key="activity", timestamp_key="timestamp")
    theirs = pm4py.get_rework_cases_per_activity(log)
    found = rework_of(study).frame
    mine = dict(zip(found["activity"], found["cases_with_repeats"], strict=True))
    assert {activity: n for activity, n in mine.items() if n} == theirs


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_pm4py_finds_the_same_network_of_hand_overs(study):
    import pm4py

    log = pd.read_csv(ROOT / "sample_logs/permit_receipt/log.csv")
    log["timestamp"] = pd.to_datetime(log["timestamp"], utc=True)
    log = pm4py.format_dataframe(log, case_id="case_id", activity_key="activity", timestamp_key="timestamp")
    theirs = pm4py.discover_handover_of_work_network(log, beta=0, resource_key="resource").connections
    table = handover_matrix(study, named=True)
    mine = counts(table, "n")
    assert set(mine) == set(theirs)
    assert all(abs(theirs[pair] - n / table.pairs) < 1e-12 for pair, n in mine.items())


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "logs").is_dir(), reason="the public logs are not beside the project")
def test_a_public_log_against_plain_pandas():
    read = mining.read_blueprint(SHARED / "blueprints" / "bank_loan.yaml")
    loan = mining.Study(mining.read_log(SHARED / "logs" / "bpic2012.xes.gz", columns=read.binding), read)
    x = loan.instances
    table = pd.DataFrame({"case": x.case, "end": x.end, "start": x.start, "activity": x.activity})[x.done]
    lanes = {name: read.lane_of(name).id for name in x.names if name in read.by_id}
    table["lane"] = [lanes[x.names[code]] for code in table["activity"]]
    after = table.groupby("case")[["lane", "end", "start"]].shift(-1)
    began = after["start"].where(after["start"] != np.iinfo(np.int64).min, after["end"])
    pairs = table.assign(taker=after["lane"], gap=((began - table["end"]) / 1e6).clip(lower=0))[after["end"].notna()]
    wanted = pairs.groupby(["lane", "taker"]).agg(n=("gap", "size"), cases=("case", "nunique")).to_dict("index")
    found = counts(handover_matrix(loan, "lane"), "n", "cases", "median_s")
    assert {pair: {"n": row[0], "cases": row[1]} for pair, row in found.items()} == wanted
    medians = pairs.groupby(["lane", "taker"])["gap"].apply(lambda g: np.quantile(g, 0.5, method="inverted_cdf"))
    assert {pair: pytest.approx(row[2], abs=1e-6) for pair, row in found.items()} == medians.to_dict()
    customer = table["lane"] == "customer"
    before = customer.groupby(table["case"]).shift()
    crossed = (before.notna() & (customer != before)).groupby(table["case"]).sum()
    assert crossings_of(loan).frame["interaction"].tolist() == crossed.reindex(range(x.n_cases)).tolist()
    again = table.groupby(["case", "activity"]).size()
    repeats = (again[again > 1] - 1).groupby("activity").sum()
    mine = rework_of(loan).frame.set_index("activity")["repeats"]
    assert mine[mine > 0].to_dict() == {x.names[code]: n for code, n in repeats.items()}


# --- systems and channels --------------------------------------------------------------------------------------------


def test_automation_by_hand():
    cases = {
        "through": [("A", 0.0, None), ("D", 1.0, "batch-1"), ("E", 2.0, "kim")],  # kim is the customer
        "person": [("A", 0.0, None), ("B", 1.0, "ann"), ("D", 1.5, "batch-1"), ("E", 2.0, None)],
        "unclear": [("A", 0.0, None), ("B", 1.0, None), ("E", 2.0, None)],
        "running": [("A", 0.0, None), ("D", 1.0, "batch-1")],
    }
    read = made(norm(), cases)
    table = automation_of(read, ["batch-1"])
    assert (table.rate.passed, table.rate.n) == (3, 5)
    assert (table.straight_through.passed, table.straight_through.n, table.undecided) == (1, 2, 1)
    d = table.frame.set_index("activity").loc["d"]
    assert (d["by_system"], d["by_person"], d["share"]) == (3, 0, 1.0)
    silent = automation_of(read)
    assert silent.frame["share"].isna().all()
    assert silent.proposed == ("batch-1",)
    assert "not measured" in silent.sentence()
    with pytest.raises(UnknownNameError, match="unknown system account 'batch-2'"):
        automation_of(read, ["batch-2"])


def test_automation_by_group_adds_up_to_the_whole(study):
    whole, parts = (f(study, study.log.resources[-6:]) for f in (automation_of, automation_by))
    assert parts.groups_hidden == 0
    assert (parts.frame["by_system"].sum(), parts.frame["n"].sum()) == (whole.rate.passed, whole.rate.n)
    straight = whole.straight_through
    assert (parts.frame["straight"].sum(), parts.frame["ended"].sum()) == (straight.passed, straight.n)
    assert parts.frame["group"].is_monotonic_increasing
    assert parts.frame["by_system"].min() > 0
    with pytest.raises(UnknownNameError, match="unknown system account"):
        automation_by(study, ["nobody"])


def with_channels(words):
    rows = [(f"c{k}", x, MONDAY + pd.Timedelta(hours=i), "ann", channel)
            for k, word in enumerate(words) for i, (x, channel) in enumerate(word)]  # fmt: skip
    whole = norm()
    whole["log"] = {"case": "case", "activity": "activity", "timestamp": "end", "resource": "resource",
                    "attributes": {"channel": "channel", "ok": "ok"}}  # fmt: skip
    failing = {"attr": "ok", "op": "==", "value": "no"}
    whole["activities"][1]["touchpoint"] = {"key": True, "channels": ["app", "desk"], "fails_when": [failing]}
    log = pd.DataFrame(rows, columns=["case", "activity", "end", "resource", "channel"])
    log["ok"] = np.where(log["channel"] == "desk", "no", "yes")
    read = parse_blueprint(json.dumps(whole), name="test.yaml")
    return mining.Study(mining.EventLog.from_frame(log, columns=read.binding), read)


def test_channels_by_hand():
    read = with_channels([
        [("A", "app"), ("B", "app"), ("E", "desk")],
        [("A", "app"), ("C", None), ("E", "app")],
        [("A", "desk"), ("B", "desk"), ("E", "app")],
        [("A", "app")],
    ])  # fmt: skip
    table = channels_of(read, ["app"])
    assert (table.switches, table.without) == (2, 1)
    assert (table.switching.passed, table.switching.n) == (2, 4)
    assert (table.contained.passed, table.contained.n) == (1, 3)
    rows = table.frame.set_index("channel")
    assert rows.loc["app", ["n", "cases", "first", "last", "only", "switches_in", "switches_out"]].tolist() == [
        6,
        4,
        3,
        3,
        2,
        1,
        1,
    ]
    assert rows.loc["desk", ["contacts", "failed"]].tolist() == [1, 1]
    assert rows.loc["app", ["contacts", "failed"]].tolist() == [1, 0]
    switches = handover_matrix(read, "channel")
    assert counts(switches, "n") == {("app", "app"): 2, ("desk", "desk"): 1, ("app", "desk"): 1, ("desk", "app"): 1}
    assert channels_of(read).contained == read.funnel(whole=True).contained
    with pytest.raises(UnknownNameError, match="unknown channel 'apps'"):
        channels_of(read, ["apps"])


# --- words and charts ------------------------------------------------------------------------------------------------

TABLES = {
    "matrix": handover_matrix, "lanes": lambda s: handover_matrix(s, "lane"), "crossings": crossings_of, "ping_pong": ping_pong_of,
    "summary": lambda s: crossing_summary(s, "month"), "rework": rework_of, "responsibility": responsibility_of,
    "automation": automation_of, "accounts": lambda s: automation_of(s, s.log.resources[:2]),
    "by": lambda s: automation_by(s, s.log.resources[:2]), "channels": channels_of,
    "roles": lambda s: handover_matrix(s, "role"),
}  # fmt: skip


@pytest.mark.few_quick(1)
@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_described_said_and_drawn(name, study):
    table = TABLES[name](study)
    assert list(table.frame.columns) == list(table.columns)
    assert set(table.shown) <= set(table.columns)
    assert not CJK.search(table.sentence("en"))
    assert CJK.search(table.sentence("zh"))
    json.dumps(table.to_dict(), ensure_ascii=False)
    assert "<table" in table._repr_html_()
    for lang in ("en", "zh"):
        axes = table.plot(lang=lang)
        texts = [
            x.get_text() for x in (*axes.texts, *axes.get_yticklabels(), *axes.get_xticklabels(), axes.xaxis.label)
        ]
        assert any(texts)
        plt.close(axes.figure)


def test_the_matrix_draws_what_the_table_holds():
    axes = handover_matrix(made(norm(flow=list("abcde")), traces("abcde", "acbde")), "lane").plot()
    texts = {text.get_text() for text in axes.texts}
    assert {"2\n1.0 h", "1\n1.0 h"} == texts
    assert "Framed" in axes.get_xlabel()
    plt.close(axes.figure)


def test_nothing_to_count_is_said():
    read = made(norm(), {"one": [("A", 0.0, None)]})
    assert "nothing could be handed over" in handover_matrix(read).sentence()
    assert "not measured" in ping_pong_of(read).sentence()
    assert rework_of(read).repeats == 0
    unnamed = made(norm(), {"one": [("A", 0.0, None), ("B", 1.0, None)]})
    assert "are not measured: in all 1 pairs" in handover_matrix(unnamed).sentence()
    for table in (
        handover_matrix(read),
        handover_matrix(unnamed),
        ping_pong_of(read),
        rework_of(read),
        responsibility_of(read),
    ):
        plt.close(table.plot().figure)


def test_a_90_per_cent_is_given_from_twenty_on():
    for n, p90 in ((20, 17 * HOUR), (19, None)):  # of gaps of 0 to 19 hours the 18th; of one fewer it is not given
        study = made(norm(), {f"c{k:02d}": [("A", 0, "ann"), ("B", k, "bob")] for k in range(n)})
        frame = handover_matrix(study, named=True).frame
        assert frame["p90_s"].astype(object).where(frame["p90_s"].notna(), None).tolist() == [p90]


def test_a_log_in_one_lane_is_not_said_to_have_no_known_steps():
    found = made(norm(lane_of={}), {f"c{k}": [("B", 0, "ann")] for k in range(3)}).crossings()
    assert found.not_measured == LINES
    assert "No case has a completed step that the blueprint knows" not in found.sentence()
