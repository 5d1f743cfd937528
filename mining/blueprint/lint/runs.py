"""Checks of a design against the runs of its own flow: rules that contradict it, and cases that never begin or end."""

from __future__ import annotations

from collections.abc import Iterator

from mining.automaton import TooManyStatesError
from mining.blueprint.lint.design import Design
from mining.blueprint.lint.weakness import Found, found
from mining.blueprint.model import Rule
from mining.blueprint.monitors import ALWAYS_KEPT, NEVER_APPLIES, NEVER_KEPT, Run, compare, run_without

WORDING = {NEVER_KEPT: "rule-never-kept", ALWAYS_KEPT: "rule-always-kept", NEVER_APPLIES: "rule-never-applies"}


def rules_and_flow(d: Design) -> Iterator[Found]:
    """Rules that no run of the flow can keep, that every run keeps, and that no run triggers."""
    for i, rule in enumerate(d.blueprint.rules):
        if d.hidden & {rule.a, rule.b} or not {rule.a, rule.b} - {None} <= d.blueprint.by_id.keys():
            continue
        yield from _compared(d, rule, i)


def _compared(d: Design, rule: Rule, number: int) -> Iterator[Found]:
    at = ("rules", number)
    try:
        if d.automaton is None:
            raise TooManyStatesError("")
        result = compare(d.automaton, rule)
    except TooManyStatesError:
        yield found(at, "not-compared", id=rule.id)
    else:
        if result is not None:
            yield found(at, WORDING[result[0]], id=rule.id, run=_text(result[1]))


def begin_and_end(d: Design) -> Iterator[Found]:
    """Cases that could not begin as the scope says, and runs after which a case would stay open for ever."""
    flow = d.automaton
    if flow is None:
        return
    for i, name in enumerate(d.blueprint.scope.starts_with):
        if name in d.blueprint.by_id and name not in d.hidden and name not in flow.successors[0]:
            yield found(("scope", "starts_with", i), "start-never-first", id=name)
    run = run_without(flow, d.blueprint.scope.ends_with)
    if run is not None:
        yield found(("scope", "ends_with"), "end-not-reached", run=_text(run))


def end_and_go_on(d: Design) -> Iterator[Found]:
    """Activities that make a case complete although the flow goes on after them."""
    flow = d.automaton
    if flow is None:
        return
    for i, name in enumerate(d.blueprint.scope.ends_with):
        after = [row[name] for row in flow.successors if name in row]
        on = sorted({label for state in after if not flow.final[state] for label in flow.successors[state]})
        if after and on:
            last = any(flow.final[state] for state in after)
            wording = "end-goes-on.sometimes" if last else "end-goes-on.always"
            yield found(("scope", "ends_with", i), wording, id=name, next=", ".join(on[:5]))


def _text(run: Run) -> str:
    return " > ".join(run) or "[]"
