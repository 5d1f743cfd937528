"""Verdicts on starts that the log does not have stand only if no place of those starts would turn them."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from mining.simulation.rules import Instance, Setting, holds
from tests.examples import examples
from tests.helpers import blueprint, study, verdicts

KINDS = ("precedence", "response", "succession", "not_followed_by", "not_before")
MOMENTS = (("start", "complete"), ("complete", "start"), ("start", "start"))


def rules():
    for kind, (a_at, b_at) in product(KINDS, MOMENTS):
        name = f"{kind}-{a_at}-{b_at}"
        made = {
            "id": name,
            "kind": kind,
            "a": "a",
            "b": "b",
            "a_at": a_at,
            "b_at": b_at,
            "severity": "major",
            "basis": "x",
        }
        yield made | ({"after": "3h"} if kind == "not_before" else {})
        if kind in ("response", "succession"):
            yield made | {"id": f"{name}-in_time", "within": "3h"}


NORM = blueprint([{"free": list("abc")}], "abc", "c", rules=list(rules()))
SETTING = Setting.of(NORM)
WORDS = {True: "pass", False: "fail", None: "not_applicable"}
LAST = {"last": [("C", 99.0, "ann", 98.0)]}  # a log with starts


def test_by_hand():
    judged = study(
        NORM,
        {
            "b began in time?": [("A", 3.0, "ann", 2.0), ("B", 6.0)],
            "b is all there is": [("B", 5.0, "ann", 4.5), ("A", 10.0), ("B", 12.0)],
            "a began near b?": [("A", 2.0, "ann", 1.0), ("B", 5.0, "ann", 4.5), ("A", 8.0)],
            **LAST,
        },
        open_cases="judge",
    )
    assert verdicts(judged, "response-start-start-in_time")["b began in time?"] == "not_observable"
    assert (
        verdicts(judged, "response-start-start")["b is all there is"] == "not_observable"
    )  # b may have begun before a
    assert verdicts(judged, "not_before-start-complete")["a began near b?"] == "not_observable"
    assert (
        verdicts(judged, "response-start-complete")["b began in time?"] == "pass"
    )  # no start is unknown that it looks at


STEPS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(1, 3), st.sampled_from([None, 1, 2])), min_size=1, max_size=4
).filter(lambda steps: sum(length is None for *_, length in steps) <= 2)


@settings(deadline=None, max_examples=examples(30))
@given(st.lists(STEPS, min_size=1, max_size=4))
def test_no_place_of_an_unknown_start_turns_a_verdict(cases):
    log, plain = dict(LAST), {}
    for k, steps in enumerate(cases):
        hour, plain[f"c{k}"] = 0, []
        for i, (letter, gap, length) in enumerate(steps):
            hour += gap
            start = None if length is None else hour - length + 0.01 * (i + 1)  # no two moments of a case are equal
            plain[f"c{k}"].append((letter, start, float(hour)))
        log[f"c{k}"] = [
            (x.upper(), end) if start is None else (x.upper(), end, "ann", start) for x, start, end in plain[f"c{k}"]
        ]
    judged = study(NORM, log, open_cases="judge")
    for rule in NORM.rules:
        for case, word in verdicts(judged, rule.id).items():
            if case != "last" and word != "not_observable":
                assert {WORDS[holds(rule, x, {}, SETTING)] for x in possible(plain[case])} == {word}, rule.id


def possible(steps):
    """The case with its unknown starts just before and after every moment of it, and three hours earlier."""
    moments = {x for _, *both in steps for x in both if x is not None}
    choices = [
        [start]
        if start is not None
        else [x for m in moments for y in (m, m - 3) for x in (y - 0.001 * (i + 1), y + 0.001 * (i + 1)) if x < end]
        + [-99.0 - i]
        for i, (_, start, end) in enumerate(steps)
    ]
    for starts in product(*choices):
        yield [
            Instance(x, round(3600 * start), round(3600 * end), "ann")
            for (x, _, end), start in zip(steps, starts, strict=True)
        ]
