"""Generated flows, with their language by brute force, and generated words about touchpoints and the ends of cases."""

from __future__ import annotations

from copy import deepcopy
from itertools import chain
from typing import Any

from hypothesis import strategies as st

from mining.blueprint import model as m

LETTERS = "abcde"
STEPS = st.sampled_from(LETTERS).map(m.Step)


def flows(most_leaves: int = 6) -> st.SearchStrategy[m.Flow]:
    """Flows of a few steps; letters may repeat, so labels may stand in several places."""

    def grow(inner: st.SearchStrategy[m.Flow]) -> st.SearchStrategy[m.Flow]:
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.one_of(
            several.map(m.Sequence),
            several.map(m.Choice),
            st.lists(inner, min_size=2, max_size=2).map(tuple).map(m.Parallel),
            inner.map(m.Optional_),
            st.builds(m.Loop, inner, st.none() | inner),
            st.lists(st.sampled_from(LETTERS), min_size=1, max_size=3, unique=True).map(tuple).map(m.Free),
        )

    return st.recursive(STEPS, grow, max_leaves=most_leaves)


# --- touchpoints, stand-ins, ends ------------------------------------------------------------------------------------

ATTRIBUTES = {"t": "T", "x": {"column": "X", "type": "number"}, "b": {"column": "B", "type": "boolean"}}
WORDS = st.sampled_from(["letter", "yes", "1.0", " x ", "回执", "a: b # c", "<&>\"'", ""])
TESTS = st.one_of(
    st.fixed_dictionaries({"attr": st.just("t"), "op": st.sampled_from(["==", "!="]), "value": WORDS}),
    st.fixed_dictionaries({"attr": st.just("t"), "op": st.just("not_in"), "value": st.lists(WORDS, max_size=2)}),
    st.fixed_dictionaries({"attr": st.just("x"), "op": st.just(">="), "value": st.integers(-9, 9) | st.floats(-9, 9)}),
    st.fixed_dictionaries({"attr": st.just("b"), "op": st.just("=="), "value": st.booleans()}),
)
SILENCES = st.sampled_from(["90s", "30min", "1.5h", "30d", "0.1w"])
BOUNDS = st.integers(0, 3).flatmap(
    lambda least: st.fixed_dictionaries({"max": st.integers(least, 9)}, optional={"min": st.just(least)})
)


@st.composite
def contacts(draw: st.DrawFn, raw: dict[str, Any]) -> dict[str, Any]:
    """A blueprint of letters with any of the keys about what shows of touchpoints, of steps done otherwise, and of ends.

    Touchpoints that ``raw`` has stay, with their evidence; it is not changed.
    """
    raw = deepcopy(raw)
    raw["log"] = raw["log"] | {"attributes": raw["log"].get("attributes", {}) | ATTRIBUTES}
    bound = {label for activity in raw["activities"] for label in activity["labels"]}
    for activity in raw["activities"]:
        others = [x["id"] for x in raw["activities"] if x["id"] != activity["id"]]
        stand_ins = draw(
            st.lists(st.sampled_from([*others, "Done by post", "略过", "no"]), min_size=1, max_size=3, unique=True)
            | st.none()
        )
        activity |= {"replaced_by": [x for x in stand_ins if x not in bound]} if stand_ins else {}
        if not activity.get("replaced_by", ["x"]):
            del activity["replaced_by"]
        if draw(st.booleans()):
            activity["touchpoint"] = draw(_touchpoint(activity.get("touchpoint", {}).get("evidence", []), others))
    ends = raw["scope"]["ends_with"]
    others = [x["id"] for x in raw["activities"] if x["id"] not in ends]
    raw["scope"] |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "withdrawn_by": st.lists(st.sampled_from(ends), min_size=1, unique=True),
                "reopened_by": st.lists(st.sampled_from(others), min_size=1, max_size=2, unique=True),
                "abandoned_after": SILENCES,
            },
        )
    )
    metrics = draw(st.lists(st.sampled_from(["handovers", "turns"]), max_size=2))
    raw["standards"] = [*raw.get("standards", []), *(draw(_counted(metric, k)) for k, metric in enumerate(metrics))]
    return raw


@st.composite
def _touchpoint(draw: st.DrawFn, evidence: list[str], others: list[str]) -> dict[str, Any]:
    evidence = evidence or draw(st.lists(WORDS, max_size=2, unique=True))
    contact: dict[str, Any] = {"key": draw(st.booleans())} | ({"evidence": evidence} if evidence else {})
    ways = st.sampled_from([{"attr": "t"}, {"attr": "b"}, *({"activity": x} for x in others)])
    proofs = [{"of": piece} | draw(ways) for piece in dict.fromkeys(evidence) if draw(st.booleans())]
    contact |= {"proofs": proofs} if proofs else {}
    tests = draw(st.lists(TESTS, max_size=2))
    return contact | ({"fails_when": tests} if tests else {})


def _counted(metric: str, number: int) -> st.SearchStrategy[dict[str, Any]]:
    made = {"id": f"C{number}", "metric": metric, "severity": "minor", "basis": "B"}
    more = st.fixed_dictionaries(
        {"dimension": st.sampled_from(["quality", "outcome"])},
        optional={
            "share": st.floats(0.01, 1),
            "touchpoint": st.sampled_from(LETTERS),
            "when": st.lists(TESTS, min_size=1, max_size=2),
        },
    )
    return st.tuples(more, BOUNDS).map(lambda parts: made | parts[0] | parts[1])


# --- the language of a flow --------------------------------------------------------------------------------------------

Word = tuple[str, ...]


def language(flow: m.Flow, longest: int) -> set[Word]:
    """All complete runs of at most ``longest`` steps, straight from the meaning of the flow words."""
    match flow:
        case m.Step(activity):
            return {(activity,)} if longest else set()
        case m.Sequence(items):
            words: set[Word] = {()}
            for item in items:
                words = _joined(words, language(item, longest), longest)
            return words
        case m.Choice(items):
            return set(chain.from_iterable(language(item, longest) for item in items))
        case m.Optional_(item):
            return {()} | language(item, longest)
        case m.Parallel(items):
            words = {()}
            for item in items:
                words = {
                    w
                    for x in words
                    for y in language(item, longest)
                    if len(x) + len(y) <= longest
                    for w in _shuffles(x, y)
                }
            return words
        case m.Free(activities):
            return _repeated({(a,) for a in activities} | {()}, {()}, longest)
        case m.Loop(body, redo):
            once = language(body, longest)
            again = once if redo is None else _joined(language(redo, longest), once, longest)
            return _repeated(again, once, longest)


def _joined(first: set[Word], second: set[Word], longest: int) -> set[Word]:
    return {x + y for x in first for y in second if len(x) + len(y) <= longest}


def _repeated(again: set[Word], words: set[Word], longest: int) -> set[Word]:
    while True:
        more = words | _joined(words, again, longest)
        if more == words:
            return words
        words = more


def _shuffles(x: Word, y: Word) -> set[Word]:
    if not x or not y:
        return {x + y}
    return {x[:1] + w for w in _shuffles(x[1:], y)} | {y[:1] + w for w in _shuffles(x, y[1:])}
