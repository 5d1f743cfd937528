"""Rules against the flow: what a rule can say of the runs of a flow, exactly, by the plain definition of the rule."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.automaton import TooManyStatesError, build
from mining.blueprint.compile import write_net
from mining.blueprint.model import Rule, Step
from mining.blueprint.monitors import BROKEN, HOLDS, OPEN, SILENT, compare, monitor_of, outcomes, run_without
from mining.blueprint.shape import USED_BY
from mining.conformance.rules import KINDS
from mining.simulation.rules import KINDS as DEFINED
from mining.simulation.rules import Instance, Setting
from mining.units import Duration
from tests.examples import examples
from tests.strategies import LETTERS, flows, language

PEOPLE = ("four_eyes", "same_handler", "performed_by", "not_before")
SETTING = Setting({}, {"clerk": frozenset({"ann"})})
LONGEST = 5


@st.composite
def rules(draw):
    kind = draw(st.sampled_from(sorted(KINDS)))
    a, b = draw(st.lists(st.sampled_from(LETTERS), min_size=2, max_size=2, unique=True))
    return Rule(
        "R", kind, a, "major", "policy", b=b if kind in USED_BY["b"] else None,
        n=draw(st.integers(0, 3)) if kind in USED_BY["n"] else None,
        role="clerk" if kind == "performed_by" else None,
        within=draw(st.sampled_from([None, Duration(1, "h")])) if kind in USED_BY["within"] else None,
        after=Duration(1, "h") if kind == "not_before" else None,
    )  # fmt: skip


def trace(word, starts=None):
    """One instance an hour; each begins half an hour before its end, or as told."""
    ends = [3600 * (i + 1) for i in range(len(word))]
    begins = starts or [end - 1800 for end in ends]
    return [Instance(x, begin, end, "ann") for x, begin, end in zip(word, begins, ends, strict=True)]


def defined(rule, word):
    """What the plain definition says of a run; what hangs on times or people is open."""
    said = DEFINED[rule.kind](replace(rule, within=None), trace(word), SETTING)
    if said is None:
        return SILENT
    if rule.kind in PEOPLE or (said and rule.within):
        return OPEN
    return HOLDS if said else BROKEN


@settings(max_examples=examples(150), deadline=None)
@given(flows(5), rules())
def test_what_a_rule_can_say_of_the_runs_of_a_flow_is_exact(flow, rule):
    automaton = build(write_net(flow))
    found = outcomes(automaton, rule)
    runs = language(flow, LONGEST)
    for said, run in found.items():
        assert automaton.accepts(run)
        assert defined(rule, run) == said
        assert min((len(w) for w in runs if defined(rule, w) == said), default=len(run)) == len(run)
    assert {defined(rule, w) for w in runs} <= set(found)


@settings(max_examples=examples(150), deadline=None)
@given(flows(5), rules())
def test_contradictions_are_those_that_the_runs_show(flow, rule):
    automaton = build(write_net(flow))
    said = {defined(rule, w) for w in language(flow, LONGEST)} | set(outcomes(automaton, rule))
    wanted = None
    if OPEN not in said and not {HOLDS, BROKEN} <= said:
        wanted = "never_kept" if BROKEN in said else "always_kept" if HOLDS in said else "never_applies"
    found = compare(automaton, rule)
    assert (found and found[0]) == wanted
    if found:
        assert automaton.accepts(found[1])


@settings(max_examples=examples(150), deadline=None)
@given(flows(4), rules().filter(lambda r: r.kind in USED_BY["a_at"]), st.data())
def test_with_moments_of_start_only_what_is_certain_is_said(flow, rule, data):
    moments = data.draw(st.sampled_from([("start", "complete"), ("complete", "start"), ("start", "start")]))
    rule = replace(rule, a_at=moments[0], b_at=moments[1])
    found = outcomes(build(write_net(flow)), rule)
    for word in language(flow, 4):
        starts = [data.draw(st.integers(0, 3600 * (i + 1))) for i in range(len(word))]
        said = DEFINED[rule.kind](rule, trace(word, starts), SETTING)
        assert {True: HOLDS, False: BROKEN, None: SILENT}[said] in found or OPEN in found


@settings(max_examples=examples(100), deadline=None)
@given(flows(5), st.sets(st.sampled_from(LETTERS), min_size=1, max_size=2))
def test_a_run_without_some_labels_is_found_exactly(flow, labels):
    run = run_without(build(write_net(flow)), labels)
    without = [w for w in language(flow, LONGEST) if not labels & set(w)]
    assert (run is None or len(run) > LONGEST) == (not without)
    if without:
        assert run in without
        assert len(run) == min(map(len, without))


WORDS = [word for n in range(7) for word in product("abc", repeat=n)]


def variants(kind):
    """The rule of a kind about a and b, with each of the numbers and times that it may have."""
    for n in range(4) if kind in USED_BY["n"] else [None]:
        for within in (None, Duration(1, "h")) if kind in USED_BY["within"] else [None]:
            b, role = "b" if kind in USED_BY["b"] else None, "clerk" if kind == "performed_by" else None
            after = Duration(1, "h") if kind == "not_before" else None
            yield Rule("R", kind, "a", "major", "policy", b=b, n=n, role=role, within=within, after=after)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_monitor_says_of_every_run_what_the_definition_says(kind):
    for rule in variants(kind):
        monitor = monitor_of(rule)
        for word in WORDS:
            state = 0
            for letter in word:
                state = monitor.steps[state][0 if letter == "a" else 1 if letter == rule.b else 2]
            assert monitor.says[state] == defined(rule, word), (rule, word)


def test_a_rule_that_counts_too_far_is_not_compared():
    rule = Rule("R", "at_most", "a", "minor", "policy", n=10**9)
    with pytest.raises(TooManyStatesError, match="rule R counts to"):
        outcomes(build(write_net(Step("a"))), rule)
