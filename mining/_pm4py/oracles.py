"""What pm4py's checkers say of small logs: oracles for our own."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pandas as pd

from mining._pm4py.quiet import quietly
from mining.errors import ModelError

Trace = tuple[str, ...]
Constraint = tuple[str, ...]  # template and its activities


def declare_deviations(traces: Iterable[Trace], constraints: Iterable[Constraint]) -> list[frozenset[Constraint]]:
    """The constraints that pm4py's declare checker calls broken, per trace. An oracle for the rules of a blueprint.

    It knows no *not applicable*: a constraint whose trigger did not occur is kept.

    Parameters
    ----------
    traces : iterable of tuple of str
    constraints : iterable of (template, a) or (template, a, b)
        Templates by pm4py's names: existence, absence, exactly_one, init, responded_existence, response, precedence, succession,
        altresponse, altprecedence, altsuccession, chainresponse, chainprecedence, chainsuccession, coexistence, noncoexistence,
        nonsuccession, nonchainsuccession.

    Raises
    ------
    ModelError
        For a template that pm4py does not know.

    Examples
    --------
    >>> declare_deviations([("a", "b"), ("b",)], [("precedence", "a", "b"), ("existence", "b")])
    [frozenset(), frozenset({('precedence', 'a', 'b')})]
    """
    quietly()
    from pm4py.algo.conformance.declare.variants import classic
    from pm4py.algo.discovery.declare import templates

    known = {value for name, value in vars(templates).items() if name.isupper() and isinstance(value, str)}
    model: dict[str, dict[Any, dict[str, int]]] = {}
    for template, *activities in constraints:
        if template not in known:
            raise ModelError(f"pm4py has no declare template {template!r}. It has: {', '.join(sorted(known))}.")
        model.setdefault(template, {})[activities[0] if len(activities) == 1 else tuple(activities)] = {}
    found = classic.apply_list([list(trace) for trace in traces], model)
    return [
        frozenset((template, *([what] if isinstance(what, str) else what)) for template, what in one["deviations"])
        for one in found
    ]


def skeleton_deviations(
    traces: Iterable[Trace], relation: str, constraint: Collection[Any] | Mapping[str, Collection[int]]
) -> list[bool]:
    """Whether each trace breaks one relation of a log skeleton, as pm4py checks it.

    Parameters
    ----------
    traces : iterable of tuple of str
    relation : str
        equivalence, always_after, always_before, never_together, directly_follows: ``constraint`` is a collection of pairs.
        activ_freq: it is a mapping of every activity to the numbers of occurrences that are fine.
    constraint : collection of (str, str), or mapping of str to collection of int

    Examples
    --------
    >>> skeleton_deviations([("a", "b"), ("b", "a")], "always_after", [("a", "b")])
    [False, True]
    """
    quietly()
    from pm4py.algo.conformance.log_skeleton.variants import classic

    relations = classic.Parameters.DEFAULT_CONSIDERED_CONSTRAINTS.value
    if relation not in relations:
        raise ModelError(f"pm4py's log skeleton has no relation {relation!r}. It has: {', '.join(relations)}.")
    wanted = {k: set(x) for k, x in constraint.items()} if isinstance(constraint, Mapping) else set(constraint)
    parameters = {classic.Parameters.CONSIDERED_CONSTRAINTS: [relation]}
    found = [classic.apply_actlist(list(trace), {relation: wanted}, parameters) for trace in traces]
    return [not one[classic.Outputs.IS_FIT.value] for one in found]


Event = tuple[str, str, float, str | None]  # case, activity, seconds, resource


def cases_with_same_person(events: Iterable[Event], a: str, b: str) -> set[str]:
    """The cases that pm4py's four-eyes filter keeps as broken: somebody who did an ``a`` did the last ``b``.

    Parameters
    ----------
    events : iterable of (case, activity, seconds, resource)
        In order.
    a, b : str

    Examples
    --------
    >>> cases_with_same_person([("1", "a", 0, "ann"), ("1", "b", 9, "ann"), ("2", "a", 0, "ann")], "a", "b")
    {'1'}
    """
    quietly()
    from pm4py.algo.filtering.pandas.ltl import ltl_checker

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ltl_checker.four_eyes_principle(_frame(events), a, b, {ltl_checker.POSITIVE: False})
    return set(found["case:concept:name"])


def cases_with_pair(
    events: Iterable[Event], a: str, b: str, seconds: tuple[float, float] | None = None
) -> set[str]:  # fmt: skip
    """The cases in which pm4py's filter finds an ``a`` eventually followed by a ``b``, so many seconds later at least and at most.

    Parameters
    ----------
    events : iterable of (case, activity, seconds, resource)
        In order.
    a, b : str
    seconds : (float, float), optional

    Examples
    --------
    >>> cases_with_pair([("1", "a", 0, None), ("1", "b", 9, None)], "a", "b", (0, 5))
    set()
    """
    quietly()
    from pm4py.algo.filtering.pandas.ltl import ltl_checker

    parameters = {} if seconds is None else {ltl_checker.TIMESTAMP_DIFF_BOUNDARIES: [seconds]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ltl_checker.eventually_follows(_frame(events), [a, b], parameters)
    return set(found["case:concept:name"])


def _frame(events: Iterable[Event]) -> pd.DataFrame:
    names = ["case:concept:name", "concept:name", "time:timestamp", "org:resource"]
    frame = pd.DataFrame(list(events), columns=names)
    frame["time:timestamp"] = pd.to_datetime(frame["time:timestamp"], unit="s", utc=True)
    return frame
