"""What the seventeen rules of a blueprint mean, in plain Python on one case.

A trace is the list of activity instances of a case, ordered by their end. Every function answers True (holds), False
(broken) or None (says nothing about this case, because what triggers the rule did not occur). This is the definition
the simulator plays by and an oracle for tests; it is written to be read, not to be fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from mining.blueprint.model import Blueprint, Condition, Rule
from mining.simulation.clock import BusinessCalendar, deadline, seconds_between


class Instance(NamedTuple):
    """One activity done once. Moments are seconds since 1970-01-01 UTC."""

    activity: str
    start: int
    end: int
    resource: str | None = None
    schedule: int | None = None


Trace = Sequence[Instance]


@dataclass(frozen=True)
class Setting:
    """What a rule needs to know beside the case: calendars by id, and the known members of each role."""

    calendars: Mapping[str, BusinessCalendar]
    members: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, blueprint: Blueprint) -> Setting:
        """Calendars and roles of a blueprint."""
        calendars = {spec.id: BusinessCalendar(spec) for spec in blueprint.calendars}
        return cls(calendars, {role.id: frozenset(role.resources) for role in blueprint.roles})

    def calendar(self, id: str | None) -> BusinessCalendar | None:
        """The calendar with this id, if one is named."""
        return self.calendars[id] if id else None


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda x, y: x == y,
    "!=": lambda x, y: x != y,
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
    "in": lambda x, y: x in y,
    "not_in": lambda x, y: x not in y,
}


def applies(conditions: Iterable[Condition], attributes: Mapping[str, Any]) -> bool:
    """Whether all conditions hold. A missing attribute meets no condition."""
    return all(attributes.get(c.attr) is not None and _COMPARE[c.op](attributes[c.attr], c.value) for c in conditions)


def holds(rule: Rule, trace: Trace, attributes: Mapping[str, Any], setting: Setting) -> bool | None:
    """Whether the case keeps the rule; None where the rule says nothing about it."""
    if not applies(rule.when, attributes):
        return None
    return KINDS[rule.kind](rule, trace, setting)


def _all(trace: Trace, activity: str | None) -> list[Instance]:
    return [x for x in trace if x.activity == activity]


def _moment(x: Instance, at: str) -> int:
    return x.start if at == "start" else x.end


def must_occur(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """``a`` occurs at least n times (once, unless n is given)."""
    return len(_all(trace, rule.a)) >= (1 if rule.n is None else rule.n)


def must_not_occur(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """``a`` does not occur."""
    return not _all(trace, rule.a)


def at_most(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """``a`` occurs at most n times. Says nothing where ``a`` does not occur."""
    times = len(_all(trace, rule.a))
    return times <= (rule.n or 0) if times else None


def starts_with(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """``a`` is the first activity."""
    return trace[0].activity == rule.a if trace else None


def ends_with(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """``a`` is the last activity."""
    return trace[-1].activity == rule.a if trace else None


def precedence(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """Before every ``b`` there was an ``a`` (completed, or with ``a_at: start`` started)."""
    later = _all(trace, rule.b)
    moments = [_moment(x, rule.a_at) for x in _all(trace, rule.a)]
    return all(moments and min(moments) < _moment(y, rule.b_at) for y in later) if later else None


def response(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """After every ``a`` comes a ``b``; with ``within`` the next one comes in time."""
    triggers = _all(trace, rule.a)
    moments = [_moment(y, rule.b_at) for y in _all(trace, rule.b)]
    return all(_answered(rule, _moment(x, rule.a_at), moments, setting) for x in triggers) if triggers else None


def _answered(rule: Rule, begin: int, moments: list[int], setting: Setting) -> bool:
    later = [moment for moment in moments if moment > begin]
    if not later or rule.within is None:
        return bool(later)
    calendar = setting.calendar(rule.calendar)
    if rule.within.unit == "bd":
        return min(later) <= deadline(rule.within, begin, calendar)
    return seconds_between(rule.within.unit, begin, min(later), calendar) <= rule.within.seconds


def succession(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """Precedence and response together."""
    parts = [precedence(rule, trace, setting), response(rule, trace, setting)]
    return None if parts == [None, None] else False not in parts


def immediate_response(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """Directly after every ``a`` comes ``b``."""
    if not _all(trace, rule.a):
        return None
    return trace[-1].activity != rule.a and all(
        y.activity == rule.b for x, y in pairwise(trace) if x.activity == rule.a
    )


def immediate_precedence(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """Directly before every ``b`` comes ``a``."""
    if not _all(trace, rule.b):
        return None
    return trace[0].activity != rule.b and all(x.activity == rule.a for x, y in pairwise(trace) if y.activity == rule.b)


def not_followed_by(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """After an ``a`` no ``b`` comes any more."""
    triggers = [_moment(x, rule.a_at) for x in _all(trace, rule.a)]
    return not any(_moment(y, rule.b_at) > min(triggers) for y in _all(trace, rule.b)) if triggers else None


def not_together(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """Not both ``a`` and ``b``."""
    a, b = bool(_all(trace, rule.a)), bool(_all(trace, rule.b))
    return not (a and b) if a or b else None


def together(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """Both ``a`` and ``b``, or neither."""
    a, b = bool(_all(trace, rule.a)), bool(_all(trace, rule.b))
    return a == b if a or b else None


def _people(trace: Trace, activity: str | None) -> set[str]:
    return {x.resource for x in _all(trace, activity) if x.resource is not None}


def four_eyes(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """Nobody did both ``a`` and ``b``."""
    a, b = _people(trace, rule.a), _people(trace, rule.b)
    return not a & b if a and b else None


def same_handler(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """Somebody did both ``a`` and ``b``."""
    a, b = _people(trace, rule.a), _people(trace, rule.b)
    return bool(a & b) if a and b else None


def performed_by(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """Every ``a`` was done by a member of the role. Says nothing where the members are not known."""
    people, members = _people(trace, rule.a), setting.members.get(rule.role or "", frozenset())
    return people <= members if people and members else None


def not_before(rule: Rule, trace: Trace, setting: Setting) -> bool | None:
    """From the latest ``a`` before it to every ``b`` at least ``after`` passes."""
    pairs = []
    for y in _all(trace, rule.b):
        end = _moment(y, rule.b_at)
        earlier = [m for m in (_moment(x, rule.a_at) for x in _all(trace, rule.a)) if m < end]
        if earlier:
            pairs.append((max(earlier), end))
    return all(_long_enough(rule, begin, end, setting) for begin, end in pairs) if pairs else None


def _long_enough(rule: Rule, begin: int, end: int, setting: Setting) -> bool:
    assert rule.after is not None, "the loader refuses not_before without after"
    calendar = setting.calendar(rule.calendar)
    if rule.after.unit == "bd":
        return end > deadline(rule.after, begin, calendar)
    return seconds_between(rule.after.unit, begin, end, calendar) >= rule.after.seconds


KINDS: dict[str, Callable[[Rule, Trace, Setting], bool | None]] = {
    f.__name__: f
    for f in (
        must_occur,
        must_not_occur,
        at_most,
        starts_with,
        ends_with,
        precedence,
        response,
        succession,
        immediate_response,
        immediate_precedence,
        not_followed_by,
        not_together,
        together,
        four_eyes,
        same_handler,
        performed_by,
        not_before,
    )
}


# --- what a broken rule names ------------------------------------------------------------------------------------------


def named(rule: Rule, trace: Trace, setting: Setting, now: int | None = None) -> list[tuple[str, str]]:
    """Kind and activity of each fault of a rule that applies.

    Parameters
    ----------
    rule : Rule
    trace : sequence of Instance
    setting : Setting
    now : int, optional
        For a case that still runs the last moment of the log: what more steps could still bring is then no fault, unless its
        time is over. Not given, the case has ended.

    Returns
    -------
    list of (str, str)
        Empty where the rule holds, or says nothing.
    """
    return [(kind, activity or "") for kind, activity in _NAMED[rule.kind](rule, trace, setting, now)]


_Named = Iterable[tuple[str, str | None]]


def _absent_or_misplaced(trace: Trace, activity: str | None) -> str:
    return "out_of_order" if _all(trace, activity) else "missing"


def _by_presence(rule: Rule, trace: Trace, setting: Setting, now: int | None) -> _Named:
    a, b = _all(trace, rule.a), _all(trace, rule.b)
    if rule.kind == "must_occur" and now is None and not must_occur(rule, trace, setting):
        yield "missing", rule.a
    if rule.kind == "must_not_occur":
        yield from (("extra", x.activity) for x in a)
    if rule.kind == "at_most":
        yield from (("repeated", x.activity) for x in a[rule.n or 0 :])
    if rule.kind == "together" and now is None and bool(a) != bool(b):
        yield "missing", rule.b if a else rule.a
    if rule.kind == "not_together" and a and b:
        yield "extra", rule.b if a[0].end < b[0].end else rule.a


def _by_ends(rule: Rule, trace: Trace, setting: Setting, now: int | None) -> _Named:
    if KINDS[rule.kind](rule, trace, setting) is False and (rule.kind == "starts_with" or now is None):
        yield _absent_or_misplaced(trace, rule.a), rule.a


def _by_order(rule: Rule, trace: Trace, setting: Setting, now: int | None) -> _Named:
    if rule.kind in ("precedence", "succession") and precedence(rule, trace, setting) is False:
        yield _absent_or_misplaced(trace, rule.a), rule.a
    if rule.kind in ("response", "succession"):
        for x in _all(trace, rule.a):
            yield from _unanswered(rule, x, trace, setting, now)
    if rule.kind == "not_followed_by":
        triggers = [_moment(x, rule.a_at) for x in _all(trace, rule.a)]
        for y in _all(trace, rule.b):
            if triggers and _moment(y, rule.b_at) > min(triggers):
                yield "out_of_order", rule.b


def _unanswered(rule: Rule, x: Instance, trace: Trace, setting: Setting, now: int | None) -> _Named:
    begin = _moment(x, rule.a_at)
    later = [moment for moment in (_moment(y, rule.b_at) for y in _all(trace, rule.b)) if moment > begin]
    if not later and now is None:
        yield "missing", rule.b
    elif rule.within is not None and not _answered(rule, begin, later or [now or begin], setting):
        yield "late", rule.b


def _by_neighbours(rule: Rule, trace: Trace, setting: Setting, now: int | None) -> _Named:
    after = rule.kind == "immediate_response"
    trigger, wanted = (rule.a, rule.b) if after else (rule.b, rule.a)
    for i, x in enumerate(trace):
        beside = i + 1 if after else i - 1
        waited_for = after and now is not None and i == len(trace) - 1
        right = 0 <= beside < len(trace) and trace[beside].activity == wanted
        if x.activity == trigger and not right and not waited_for:
            yield _absent_or_misplaced(trace, wanted), wanted


def _by_people(rule: Rule, trace: Trace, setting: Setting, now: int | None) -> _Named:
    before, after = _people(trace, rule.a), [x for x in _all(trace, rule.b) if x.resource is not None]
    if rule.kind == "four_eyes":
        yield from (("same_person", x.activity) for x in after if x.resource in before)
    if rule.kind == "same_handler" and same_handler(rule, trace, setting) is False:
        yield "other_person", rule.b
    if rule.kind == "performed_by":
        members = setting.members.get(rule.role or "", frozenset())
        strangers = [x for x in _all(trace, rule.a) if members and x.resource is not None and x.resource not in members]
        yield from (("wrong_role", x.activity) for x in strangers)


def _too_early(rule: Rule, trace: Trace, setting: Setting, now: int | None) -> _Named:
    for y in _all(trace, rule.b):
        end = _moment(y, rule.b_at)
        earlier = [moment for moment in (_moment(x, rule.a_at) for x in _all(trace, rule.a)) if moment < end]
        if earlier and not _long_enough(rule, max(earlier), end, setting):
            yield "out_of_order", rule.b


_NAMED: dict[str, Callable[[Rule, Trace, Setting, int | None], _Named]] = {
    **dict.fromkeys(("must_occur", "must_not_occur", "at_most", "together", "not_together"), _by_presence),
    **dict.fromkeys(("starts_with", "ends_with"), _by_ends),
    **dict.fromkeys(("precedence", "response", "succession", "not_followed_by"), _by_order),
    **dict.fromkeys(("immediate_response", "immediate_precedence"), _by_neighbours),
    **dict.fromkeys(("four_eyes", "same_handler", "performed_by"), _by_people),
    "not_before": _too_early,
}
