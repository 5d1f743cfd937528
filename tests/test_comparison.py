"""The design beside what happened: orders, branches, complexity; against brute force, hand counts and played-out logs."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import mining
from mining.automaton import build
from mining.blueprint import model as m
from mining.blueprint.compile import write_net
from mining.blueprint.measures import design_of
from mining.blueprint.stages import Reading
from mining.discovery.branches import branches_of
from mining.discovery.comparison import KINDS, Comparison, compared
from mining.discovery.designed import Orders, orders_of, orders_of_automaton, orders_of_flow, pruned
from mining.discovery.observed import observed_of
from mining.discovery.passes import FlowTree
from mining.discovery.shape import shape_of
from tests.examples import examples
from tests.helpers import MONDAY, ROOT, blueprint, study, traces
from tests.strategies import LETTERS, flows, language

SAMPLES = ("bank_loan", "it_incident", "outpatient_visit", "permit_receipt")


def comparison(of: mining.Study, **more: bool) -> Comparison:
    return compared(observed_of(of), **more)


def listed(table: Comparison, *columns: str) -> list[tuple]:
    return list(table.frame[list(columns)].itertuples(index=False, name=None))


def norm_of(flow: m.Flow, **more) -> m.Blueprint:
    """A blueprint of letters with this flow, in which every step may be the last."""
    return replace(blueprint("a", LETTERS, ends=LETTERS, **more), flow=flow, lines={})


def covering(automaton) -> list[tuple[str, ...]]:
    """Runs that take every arc after every other that it may follow, and end everywhere that a run may end: shortest ones."""
    to, end, after = {0: ()}, {}, automaton.successors
    queue = deque([0])
    while queue:
        s = queue.popleft()
        for label, t in after[s].items():
            if t not in to:
                to[t] = (*to[s], label)
                queue.append(t)

    def ending(s):
        if s not in end:
            best, seen, todo = None, {s}, deque([(s, ())])
            while best is None:
                here, word = todo.popleft()
                if automaton.final[here]:
                    best = word
                for label, t in after[here].items():
                    if t not in seen:
                        seen.add(t)
                        todo.append((t, (*word, label)))
            end[s] = best
        return end[s]

    runs = set()
    for s in range(automaton.n_states):
        for label, t in after[s].items():
            runs.add((*to[s], label, *ending(t)))
            runs |= {(*to[s], label, more, *ending(u)) for more, u in after[t].items()}
            runs |= {(*to[s], label)} if automaton.final[t] else set()
    return sorted(run for run in runs if run)


# --- orders of the design ------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=examples(50))
@given(flows(), st.sets(st.sampled_from(LETTERS)))
def test_orders_read_from_the_structure_are_those_of_the_automaton(flow, silent):
    kept = set(LETTERS) - silent
    found = orders_of_flow(pruned(flow, kept))
    assume(any(node.activity in kept for node in m.flow_nodes(flow) if isinstance(node, m.Step)))
    expected = orders_of_automaton(build(write_net(flow, silent=frozenset(silent))))
    assert (found.pairs, found.starts, found.ends) == (expected.pairs, expected.starts, expected.ends)
    assert found.left_open <= found.pairs


@settings(deadline=None, max_examples=examples(30))
@given(flows(4), st.sets(st.sampled_from(LETTERS), min_size=1))
def test_a_flow_cut_down_to_some_steps_has_their_runs(flow, kept):
    """Straight from the meaning of the flow words: runs of the whole, with the other steps crossed out, are runs of the part."""
    part = pruned(flow, kept)
    crossed_out = {tuple(x for x in word if x in kept) for word in language(flow, 5)}
    short = language(part, 5) | {()} if part is not None else {()}
    assert crossed_out <= short
    if part is not None:
        longest = 2
        whole = {tuple(x for x in word if x in kept) for word in language(flow, 7)}
        assume(len(language(flow, 7)) < 3000)
        net = build(write_net(flow, silent=frozenset(LETTERS) - kept))
        assert {w for w in language(part, longest) if net.accepts(w)} == language(part, longest)
        assert {w for w in whole if len(w) <= longest and w} <= language(part, longest)


def test_a_step_that_leaves_no_trace_is_passed_over():
    norm = blueprint(["a", "b", "c"], "abc")
    hidden = replace(norm, activities=tuple(replace(a, observable=a.id != "b") for a in norm.activities))
    table = comparison(study(hidden, traces("ac")))
    assert len(table) == 0
    assert table.common == {"activity": 2, "order": 1, "start": 1, "end": 1, "branch": 0}
    assert listed(comparison(study(norm, traces("ac"))), "what", "name", "partner", "designed") == [
        ("activity", "b", None, True), ("order", "a", "c", False), ("order", "a", "b", True), ("order", "b", "c", True)
    ]  # fmt: skip


def test_a_flow_in_a_bpmn_file_has_the_orders_of_its_net():
    flow = m.Sequence((m.Step("a"), m.Free(("b", "c")), m.Step("d")))
    graph = replace(blueprint("a"), flow=m.Graph("flow.bpmn", write_net(flow), tuple("abcd"), ()))
    assert orders_of(graph, Reading("path", None, "linear", tuple("abcd"))) == orders_of_flow(flow)
    of = study(graph, traces("abcd"), open_cases="judge")
    found = of.branches()
    assert (len(found), found.frame["decision"].nunique()) == (0, 0)
    assert "BPMN" in found.sentence()
    assert len(comparison(of).only("log")) == 0


# --- differences -----------------------------------------------------------------------------------------------------------


def test_differences_counted_by_hand():
    norm = blueprint(["a", "b", {"optional": "c"}, "d"], "abcd")
    cases = traces("abd", "abd", "abcd", "acbd", "abxd", "bd", "ab")
    table = comparison(study(norm, cases))
    frame = table.frame.set_index(["what", "name", "partner"]).sort_index()
    assert listed(table, "what", "name", "partner", "designed", "observed_cases", "observed", "n") == [
        ("activity", "X", None, False, 1, 1, 7),
        *[("order", x, y, False, 1, 1, 7) for x, y in ("Xd", "ac", "bX", "cb")],
        ("start", "b", None, False, 1, 1, 7),
    ]
    assert table.common == {"activity": 4, "order": 4, "start": 1, "end": 1, "branch": 2}
    assert frame.loc[("order", "a", "c"), "example_case"] == "c3"
    assert (table.frame["maybe_cut"].tolist(), table.n_running) == ([0] * 5 + [1], 1)
    assert table.frame["implied"].tolist() == [False, True, False, True, False, False]
    assert table.frame["share"].tolist() == [1 / 7] * 6
    low, high = (frame.loc[("order", "a", "c"), x] for x in ("low", "high"))
    assert (round(low, 4), round(high, 4)) == (0.0257, 0.5131)  # Wilson's interval of 1 of 7
    assert table.frame["visible"][0] is None
    assert frame.loc[("order", "a", "c"), "visible"]  # both at the desk
    assert table.sentence() == (
        "In both, design and log: 4 activities, 4 direct orders, 1 way to begin, 1 way to end, 2 branches. "
        "Only in the log: 1 activity, 2 direct orders, 1 way to begin. Only in the design: nothing. "
        "The most frequent one that only the log has: “X”, in 1 of 7 cases (14.3 %). "
        "Of the 6 rows 2 are not counted here: they follow from another one, as every order with a step that only one side has. "
        "Running cases, left out of the ways to end: 1. Cases that begin with a step that the design does not begin with: 1; "
        "their first step was skipped, or the extract begins later, a log cannot tell which."
    )


def test_running_cases_have_no_end_and_ended_ones_have():
    norm = blueprint(["a", "b", "d"], "abd")
    cases = traces("abd", "ab", "ab")
    assert listed(comparison(study(norm, cases)), "what", "name") == []
    judged = comparison(study(norm, cases, open_cases="judge"))
    assert listed(judged, "what", "name", "observed_cases", "n") == [("end", "b", 2, 3)]
    assert judged.n_running == 0


def test_orders_that_the_design_leaves_open_are_counted_and_not_listed():
    norm = blueprint(["a", {"free": ["b", "c"]}, {"parallel": ["d", "e"]}], "abcde", ends="de")
    table = comparison(study(norm, traces("abcde")))
    assert listed(table, "what", "name", "partner", "designed") == [
        ("order", "a", "c", True), ("order", "a", "d", True), ("order", "a", "e", True), ("order", "b", "d", True),
        ("order", "b", "e", True), ("order", "c", "e", True), ("end", "d", None, True),
    ]  # fmt: skip
    assert table.left_open == 4  # bb, cb, cc in the region; ed side by side
    assert "leaves the order open: 4." in table.sentence()


def test_a_branch_that_nobody_takes_is_a_difference_and_a_used_one_is_not():
    norm = blueprint(["a", {"choice": ["b", "c"]}, {"loop": "d"}, {"optional": "e"}], "abcde", ends="de")
    table = comparison(study(norm, traces("abd", "abd")))
    branches = table.frame[table.frame["what"] == "branch"]
    assert branches[["name", "partner", "n"]].to_numpy().tolist() == [
        ["flow.1", "2", 2], ["flow.2", "2", 2], ["flow.3", "taken", 2],
    ]  # fmt: skip
    assert branches["visible"].tolist() == [True, False, True]
    table = comparison(study(norm, traces("abdde", "acd")))
    assert table.frame.query("what == 'branch'").empty
    assert table.common["branch"] == 5  # two of the choice, the loop, both of the option


STAGES = [
    {"id": "book", "type": "self_service", "name": {"en": "Booking"}},
    {"id": "work", "type": "linear", "name": {"en": "Work"}},
    {"id": "pay", "name": {"en": "Payment"}},
]


def hybrid(**more):
    norm = blueprint(["a", "b", "c", "d", "e"], "abcde", stages=[{"id": "all", "name": {"en": "All"}}])
    where = dict(zip("abcde", ("book", "book", "work", "work", "pay"), strict=True))
    stages = tuple(m.Stage(s["id"], m.Text(s["name"]), s.get("type")) for s in STAGES)
    activities = tuple(replace(a, stage=where[a.id]) for a in norm.activities)
    return replace(norm, service_type="hybrid", stages=stages, activities=activities, **more)


def test_stages_are_compared_one_by_one_and_free_ones_not():
    table = comparison(study(hybrid(), traces("abcde", "babdce", "abced")))
    assert listed(table, "what", "name", "partner", "designed", "observed_cases", "reading") == [
        ("order", "d", "c", False, 1, "path-work"),
        ("start", "d", None, False, 1, "path-work"),
        ("end", "c", None, False, 1, "path-work"),
        ("stage", "pay", "work", False, 1, "handover"),
    ]
    assert table.free == ("path-book",)
    assert "some stages (1)" in table.sentence()
    drawn = comparison(study(hybrid(), traces("abcde", "babdce", "abced")), as_drawn=True)
    assert ("order", "b", "a") in listed(drawn, "what", "name", "partner")
    assert drawn.provenance.parameters["as_drawn"] is True


def test_where_the_order_is_free_by_design_only_steps_differ():
    norm = replace(blueprint(["a", "b", "c"], "abc"), service_type="interactive")
    table = comparison(study(norm, traces("cba", "xa")))
    assert listed(table, "what", "name", "designed") == [("activity", "X", False)]
    assert "leaves the order of the steps to the situation" in table.sentence()
    assert len(comparison(study(norm, traces("cba")), as_drawn=True).frame.query("what == 'order'")) == 4


def test_a_log_alone_has_no_design():
    of = study(blueprint("a"), traces("a"))
    with pytest.raises(mining.errors.LogError, match="no design to compare with"):
        compared(observed_of(of.log))


# --- a log played out from the design: the lists are empty ------------------------------------------------------------------


@settings(deadline=None, max_examples=examples(25))
@given(flows(), st.data())
def test_a_log_that_covers_the_design_has_no_difference(flow, data):
    norm = norm_of(flow)
    runs = covering(norm.automaton)
    assume(0 < len(runs) <= 300)
    of = study(norm, traces(*runs))
    table = comparison(of)
    assert table.frame[table.frame["what"] != "branch"].empty
    orders = orders_of_automaton(norm.automaton)
    assert table.common["order"] == len(orders.pairs)
    assert (table.common["start"], table.common["end"]) == (len(orders.starts), len(orders.ends))
    # it can fail: without the runs that show one order that is not left open, this order is a difference
    bound = sorted(orders.pairs - orders_of_flow(flow).left_open)
    if bound:
        pair = data.draw(st.sampled_from(bound))
        rest = [run for run in runs if pair not in zip(run, run[1:], strict=False)]
        if rest:
            found = comparison(study(norm, traces(*rest)))
            assert (*pair, True) in [row[1:] for row in listed(found, "what", "name", "partner", "designed")]
    if not {(b, a) for a, b in orders.pairs} <= orders.pairs:
        pair = next((b, a) for a, b in sorted(orders.pairs) if (b, a) not in orders.pairs)
        found = comparison(study(norm, traces(*runs, pair)))
        assert ("order", *pair, False) in listed(found, "what", "name", "partner", "designed")


def covered(sample: str) -> mining.Study:
    """A study of runs that cover the design of a sample."""
    norm = mining.read_blueprint(ROOT / "sample_logs" / sample / "blueprint.yaml")
    label = {a.id: a.labels[0] for a in norm.activities if a.labels}
    runs = covering(norm.automaton)
    raw = pd.read_csv(ROOT / "sample_logs" / sample / "log.csv", dtype=str, nrows=1)
    names = norm.binding
    rows = [
        {names.case: f"k{i}", names.activity: label[x], names.timestamp: (MONDAY + pd.Timedelta(hours=j)).isoformat()}
        for i, run in enumerate(runs)
        for j, x in enumerate(run)
    ]
    frame = pd.DataFrame(rows).reindex(columns=raw.columns)
    if names.lifecycle:
        frame[names.lifecycle.column] = names.lifecycle.complete
    if names.start:
        frame[names.start] = frame[names.timestamp]
    return mining.Study(mining.EventLog.from_frame(frame, columns=norm.binding), norm)


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.slow
def test_a_log_that_covers_a_sample_design_has_no_difference(sample):
    of = covered(sample)
    for drawn in (False, True):
        table = comparison(of, as_drawn=drawn)
        assert listed(table, "what", "name", "partner") == []
        assert table.common["activity"] == sum(a.observable for a in of.blueprint.activities)
        assert table.left_open == 0
    assert of.branches().unused.empty


# --- branches -------------------------------------------------------------------------------------------------------------


def option(of: mining.Study, decision: str, name: str) -> dict:
    frame = branches_of(of).frame
    (row,) = frame[(frame["decision"] == decision) & (frame["option"] == name)].to_dict("records")
    return row


def test_only_steps_that_happened_are_evidence_of_a_branch():
    norm = blueprint(["a", {"choice": [["b", "c"], "d"]}, "e"], "abcde")
    of = study(norm, traces("abce", "abe", "ade", "ae", "ae"))
    one, other = option(of, "flow.1", "1"), option(of, "flow.1", "2")
    assert (one["cases"], other["cases"], one["n"]) == (2, 1, 3)  # half of a branch is evidence, none of it is not
    assert one["not_shown"] + one["ambiguous"] == 2
    assert (one["example_case"], other["example_case"]) == ("c0", "c2")
    assert one["share"] == pytest.approx(2 / 3)


def test_what_was_left_out_counts_where_the_case_stood_there():
    norm = blueprint(["a", {"optional": "b"}, "c", {"optional": "d"}, "e"], "abcde")
    of = study(norm, traces("abcde", "ace", "a", "abc"), open_cases="judge")
    first, second = option(of, "flow.1", "left out"), option(of, "flow.3", "left out")
    assert (first["cases"], first["n"]) == (2, 4)  # "a" ended there without b
    assert (second["cases"], second["n"], second["not_shown"]) == (2, 3, 1)  # "a" never came as far; "abc" did
    running = study(norm, traces("abcde", "ace", "a", "abc"))
    assert (option(running, "flow.1", "left out")["n"], option(running, "flow.3", "left out")["n"]) == (3, 2)


def test_cases_that_several_ways_explain_are_ambiguous():
    norm = blueprint(["a", {"choice": [["b", {"optional": "c"}], ["b", {"optional": "d"}]]}, "e"], "abcde")
    of = study(norm, traces("abe", "abce", "abde"))
    row = option(of, "flow.1", "1")
    assert (row["cases"], row["n"], row["ambiguous"], row["never"]) == (1, 2, 1, False)
    norm = blueprint(["a", {"choice": ["b", "c"]}, "e"], "abce")
    row = option(study(norm, traces("abce")), "flow.1", "1")  # one of both was too much, and nobody can say which
    assert (row["cases"], row["ambiguous"]) == (0, 1)


def test_rounds_orders_and_regions_counted_by_hand():
    norm = blueprint(["a", {"loop": "b", "redo": "c"}, {"parallel": ["d", "e"]}, {"free": ["f", "g"]}, "h"], "abcdefgh")
    of = study(norm, traces("abdeh", "abcbedfgh", "abcbcbcbdefgh", "abdegfh", "abcb"))
    rounds = {name: option(of, "flow.1", name) for name in "123"}
    assert [rounds[name]["cases"] for name in "123"] == [2, 1, 1]
    assert (rounds["1"]["n"], rounds["1"]["most_rounds"], rounds["1"]["unfinished"]) == (4, 4, 1)
    assert [option(of, "flow.2", x)["cases"] for x in ("1, 2", "2, 1")] == [3, 1]
    top, other = option(of, "flow.3", "most frequent"), option(of, "flow.3", "other")
    assert (top["steps"], top["cases"], other["cases"], top["distinct"]) == (("f", "g"), 2, 2, 3)
    assert "different orders: 3, in 4 cases" in branches_of(of).sentence()


def unambiguous(most_leaves: int = 5) -> st.SearchStrategy[m.Flow]:
    """Flows in which no part but options and free regions may be passed without a step, and these stand behind a step."""
    step = st.just(m.Step("?"))

    def grow(inner):
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.one_of(
            several.map(m.Sequence),
            several.map(m.Choice),
            st.lists(inner, min_size=2, max_size=2).map(tuple).map(m.Parallel),
            inner.map(lambda x: m.Sequence((m.Step("?"), m.Optional_(x)))),
            st.builds(m.Loop, inner, st.none() | inner),
            st.just(m.Sequence((m.Step("?"), m.Free(("?", "??"))))),
        )

    return st.recursive(step, grow, max_leaves=most_leaves)


def named(flow: m.Flow, names) -> m.Flow:
    match flow:
        case m.Step():
            return m.Step(next(names))
        case m.Free(activities):
            return m.Free(tuple(next(names) for _ in activities))
        case m.Optional_(item):
            return m.Optional_(named(item, names))
        case m.Loop(body, redo):
            return m.Loop(named(body, names), None if redo is None else named(redo, names))
        case _:
            return type(flow)(tuple(named(item, names) for item in flow.items))


def played(flow: m.Flow, at: str, pick, seen: list) -> list[str]:
    """A run of a flow, with the decision taken at every node noted."""
    match flow:
        case m.Step(activity):
            return [activity]
        case m.Sequence(items):
            return [x for i, item in enumerate(items) for x in played(item, f"{at}.{i}", pick, seen)]
        case m.Choice(items):
            k = pick(len(items))
            seen.append((at, str(k + 1)))
            return played(items[k], f"{at}.choice.{k}", pick, seen)
        case m.Optional_(item):
            seen.append((at, ("taken", "left out")[done := pick(2)]))
            return [] if done else played(item, f"{at}.optional", pick, seen)
        case m.Loop(body, redo):
            rounds = 1 + pick(4)
            seen.append((at, str(min(rounds, 3))))
            run = played(body, f"{at}.loop", pick, seen)
            for _ in range(rounds - 1):
                run += [] if redo is None else played(redo, f"{at}.redo", pick, seen)
                run += played(body, f"{at}.loop", pick, seen)
            return run
        case m.Parallel(items):
            parts = [played(item, f"{at}.parallel.{i}", pick, seen) for i, item in enumerate(items)]
            first = pick(2)
            seen.append((at, ("1, 2", "2, 1")[first]))
            rest = [*parts[first][1:]]
            run, other = [parts[first][0]], parts[1 - first]
            cut = pick(len(rest) + 1)
            return run + rest[:cut] + other + rest[cut:]
        case m.Free(activities):
            run = [activities[pick(2)] for _ in range(pick(4))]
            seen.append((at, tuple(run)))
            return run


@settings(deadline=None, max_examples=examples(30))
@given(unambiguous(), st.randoms(use_true_random=False))
def test_branches_are_those_that_were_played(flow, random):
    names = iter("abcdefghijklmnopqrstuvwxyz")
    flow = m.Sequence((m.Step("a"), named(flow, names), m.Step("b"))) if next(names) and next(names) else flow
    letters = m.flow_activities(flow)
    assume(len(letters) <= 20)
    norm = replace(blueprint("a", letters, ends="b"), flow=flow, lines={})
    cases, passes, words = Counter(), Counter(), []
    for _ in range(6):
        seen: list = []
        words.append("".join(played(flow, "flow", random.randrange, seen)))
        cases.update(set(seen))
        passes.update(seen)
    frame = branches_of(study(norm, traces(*words))).frame
    assert (frame[["ambiguous", "not_shown", "unfinished"]] == 0).all(axis=None)
    listed_rows = frame[frame["kind"] != "free"]
    found = {(row.decision, row.option): (row.cases, row.passes) for row in listed_rows.itertuples() if row.cases}
    assert found == {key: (n, passes[key]) for key, n in cases.items() if not isinstance(key[1], tuple)}
    for decision, part in frame[frame["kind"] == "free"].groupby("decision"):
        orders = [order for at, order in passes if at == decision]
        assert part["distinct"].tolist() == [len(orders)] * 2
        assert part["passes"].sum() == sum(passes[decision, order] for order in orders)


def test_a_loop_whose_body_may_be_left_out_has_no_endless_ways():
    norm = norm_of(m.Sequence((m.Step("a"), m.Loop(m.Optional_(m.Step("b"))), m.Step("c"))))
    of = study(norm, traces("ac", "abc", "abbc"))
    assert [option(of, "flow.1", x)["cases"] for x in "012"] == [1, 1, 1]


def test_a_case_with_too_many_ways_is_counted_and_left_out(monkeypatch):
    norm = blueprint(["a", {"parallel": [{"optional": x} for x in "bcdef"]}, "s"], "abcdefs")
    cases = traces("as", "abcdefs")
    assert branches_of(study(norm, cases)).n_unsolved == 0
    monkeypatch.setattr("mining.discovery.passes.MOST_CELLS", 500)  # the longer case needs more
    tree = FlowTree(norm)
    assert tree.walk([tree.code[x] for x in "abcdefs"], False)[0] == []
    found = branches_of(study(norm, cases))
    assert (found.n_unsolved, found.frame["n"].max()) == (1, 1)
    assert "without a known alignment: 1." in found.sentence()


def test_cases_that_fit_nothing_are_counted():
    of = study(blueprint(["a", {"optional": "b"}], "ab", ends="ab"), traces("ab", "xx"))
    found = branches_of(of)
    assert (found.n_empty, found.n_unsolved) == (1, 0)
    assert "without a known alignment: 1." in found.sentence()


# --- complexity and divergence ------------------------------------------------------------------------------------------


def test_one_more_choice_raises_the_designed_divergence_by_one():
    cases = traces("abc", "abc")
    plain = shape_of(study(blueprint(["a", "b", "c"], "abcde", ends="c"), cases))
    more = shape_of(study(blueprint(["a", {"choice": ["b", "d"]}, "c"], "abcde", ends="c"), cases))
    assert more.row("divergence")["designed"] - plain.row("divergence")["designed"] == 1
    assert more.row("divergence")["observed"] == plain.row("divergence")["observed"] == 0


def test_shape_counted_by_hand():
    norm = blueprint(["a", {"free": ["b", "c"]}, "d"], "abcd")  # a and c at the desk, b and d in the office
    of = study(norm, traces(*["abcd"] * 19, *["acbd"] * 20, "axd"))
    found = shape_of(of)
    seen = found.frame.set_index("measure")["observed"].to_dict()
    assert (seen["steps"], seen["hand_offs"], seen["hand_offs_frequent"], seen["lanes_crossed"]) == (5, 4, 4, 4)
    assert seen["hand_offs_bound"] == 2  # a-b and c-d: b and c change places freely
    assert seen["complexity"] == 9
    assert (seen["steps_per_case_median"], seen["events_per_case_median"], seen["variants"]) == (4, 4, 3)
    assert seen["steps_per_case_mean"] == (39 * 4 + 3) / 40
    assert found.outside == ("X",)
    row = found.row("hand_offs")
    assert (row["designed"], row["difference"]) == (5, -1)  # a-b, b-c, c-b, c-d, a-d
    assert found.row("hand_offs_bound")["designed"] == 3
    rare = shape_of(study(norm, traces(*["abcd"] * 20, "acbd"))).row("hand_offs_frequent")
    assert rare["observed"] == 3  # a-b, b-c, c-d; c-b only in 1 of 21 cases, which is under 5 %


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(15))
@given(flows())
def test_the_designed_numbers_are_those_of_the_design(flow):
    norm = norm_of(flow)
    runs = covering(norm.automaton)
    assume(0 < len(runs) <= 60)
    found, design = shape_of(study(norm, traces(*runs))), design_of(norm)
    for name in ("steps", "hand_offs", "lanes_crossed", "complexity", "divergence"):
        assert found.row(name)["designed"] == found.row(name)["designed_seen"] == getattr(design, name)
    for name in ("steps", "hand_offs", "hand_offs_bound", "lanes_crossed", "complexity"):
        assert found.row(name)["difference"] == 0  # a log that covers the design shows all of it


def test_steps_without_a_trace_are_counted_apart():
    norm = blueprint(["a", "b", "c"], "abc")
    hidden = replace(norm, activities=tuple(replace(a, observable=a.id != "b") for a in norm.activities))
    row = shape_of(study(hidden, traces("ac"))).row("steps")
    assert (row["designed"], row["designed_seen"], row["observed"]) == (3, 2, 2)


# --- what people see ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_tables_say_and_show_themselves(lang):
    norm = blueprint(["a", {"choice": ["b", "c"]}, {"loop": "d"}, {"optional": "e"}], "abcde", ends="de")
    of = study(norm, traces("abd", "abdd", "adb", "axd"))
    for table in (comparison(of), of.branches(), shape_of(of)):
        text = table.sentence(lang)
        assert text
        assert "{" not in text
        assert ("。" in text) == (lang == "zh")
        axes = table.plot(lang=lang)
        assert len(axes.get_yticklabels()) > 3
        assert table._repr_html_().count("<td") > 20
        assert set(table.frame.columns) == set(type(table).columns)
    alike = study(blueprint(["a", "b"], "ab"), traces("ab"))
    assert comparison(alike).plot(lang=lang).texts
    assert alike.branches().plot(lang=lang).texts


def test_rows_are_the_same_for_any_order_of_the_cases():
    norm = blueprint(["a", {"choice": ["b", "c"]}, "d"], "abcd")
    words = ["abd", "acd", "adb", "axd", "abd"]
    there, back = (study(norm, dict(zip("vwxyz", traces(*x).values(), strict=True))) for x in (words, words[::-1]))
    for make in (comparison, branches_of):
        frames = [make(of).frame.drop(columns="example_case") for of in (there, back)]
        pd.testing.assert_frame_equal(*frames)


def test_the_kinds_of_differences_stand_in_their_order():
    norm = blueprint(["a", {"choice": ["b", "c"]}, "d"], "abcd")
    frame = comparison(study(norm, traces("abd", "bad", "axd"), open_cases="judge")).frame
    assert frame["what"].tolist() == sorted(frame["what"], key=KINDS.index)
    assert frame["low"].between(0, frame["share"]).all()
    assert np.isfinite(frame["high"]).all()
    assert isinstance(orders_of(norm, Reading("path", None, "linear", tuple("abcd"))), Orders)
