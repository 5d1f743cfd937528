"""Rules: must and must-not, order; those of people are in :mod:`mining.conformance.people`. One function per kind, for all cases at once.

Order is judged by time at the moment named (``a_at``, ``b_at``: start or complete). A verdict that would change if tied
events changed places is *not observable*. In a case still running, what can still be met is *pending*.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mining.blueprint.model import Blueprint, Rule
from mining.calendars import Calendar
from mining.conformance import people
from mining.conformance import verdicts as v
from mining.conformance.conditions import where_it_applies
from mining.conformance.context import Context, Moments, Outcome, context_of
from mining.conformance.durations import Clock, measure, overdue
from mining.conformance.instances import LATEST, Instances, first_per_case, following, heads_of, last_per_case
from mining.conformance.unknown_starts import RANK, standing
from mining.units import MISSING

DIMENSION = {"four_eyes": "role", "same_handler": "role", "performed_by": "role"}


def check_rule(
    rule: Rule, blueprint: Blueprint, instances: Instances, is_open: np.ndarray, calendars: dict[str, Calendar]
) -> v.CheckResult:
    """Judge one rule on every case.

    Returns
    -------
    CheckResult
        With one fault for every event that breaks the rule (or one per case where something is absent).
    """
    dimension = DIMENSION.get(rule.kind, "rules")
    why = _cannot_answer(rule, blueprint, instances)
    if why:
        return v.unobservable(rule.id, dimension, rule.kind, rule.severity, instances.n_cases, why)
    context = context_of(rule, blueprint, instances, is_open, calendars)
    outcome, found = KINDS[rule.kind](context)
    verdict = outcome.astype(np.int8)
    blind = np.unique(np.concatenate([m.case[~m.known] for m in (context.a, context.b)]))
    if len(blind):
        where = instances, is_open, calendars
        verdict[blind] = standing(rule, KINDS, lambda r, a, b: context_of(r, blueprint, *where, a, b))[blind]
    verdict = where_it_applies(rule.when, instances, verdict)
    found = v.select(found, verdict[found.case] == v.FAIL)
    length = rule.within or rule.after
    return v.CheckResult(
        rule.id, dimension, rule.kind, rule.severity, verdict, found, v.unmeasured(instances.n_cases),
        unit=length.unit if length else "",
    )  # fmt: skip


def _cannot_answer(rule: Rule, blueprint: Blueprint, instances: Instances) -> v.Reason | None:
    for name in filter(None, (rule.a, rule.b)):
        if not blueprint.activity(name).observable:
            return "why.no_trace", {"activity": name}
    if "start" in (rule.a_at, rule.b_at) and not instances.whole.has_starts:
        return "why.no_starts", {}
    if rule.kind in DIMENSION and not instances.whole.has_resources:
        return "why.no_resources", {}
    if rule.kind == "performed_by" and not people.is_known(rule.role, blueprint, instances.roster):
        return "why.role_unknown", {"role": rule.role or ""}
    return None


def _unless_tied(strict: np.ndarray, loose: np.ndarray) -> np.ndarray:
    """Verdict from the two readings of a tie: fail or pass where they agree, not observable where they differ."""
    return np.where(strict == loose, np.where(strict, v.PASS, v.FAIL), v.NOT_OBSERVABLE)


# --- presence --------------------------------------------------------------------------------------------------------


def _must_occur(c: Context) -> Outcome:
    enough = c.count(c.a) >= (c.rule.n or 1)
    verdict = c.still_open(np.where(enough, v.PASS, v.FAIL))
    case = np.flatnonzero(verdict == v.FAIL)
    return verdict, v.faults(case, "missing", c.code(c.rule.a), c.instances.case_end[case], pattern="skipped")


def _must_not_occur(c: Context) -> Outcome:
    verdict = np.where(c.count(c.a) > 0, v.FAIL, v.PASS)
    return verdict, c.faults(c.a, np.arange(len(c.a)), "extra", pattern="misplaced")


def _at_most(c: Context) -> Outcome:
    count = c.count(c.a)
    limit = c.rule.n if c.rule.n is not None else 1
    verdict = np.where(count == 0, v.NOT_APPLICABLE, np.where(count <= limit, v.PASS, v.FAIL))
    nth = np.arange(len(c.a)) - np.searchsorted(c.a.case, c.a.case)
    return verdict, c.faults(c.a, np.flatnonzero(nth >= limit), "repeated", pattern="rework")


def _starts_with(c: Context) -> Outcome:
    first = first_per_case(c.instances.case[c.instances.done], c.instances.end[c.instances.done], c.n)
    return _at_one_end(c, first, c.first(c.a), still=first == MISSING)


def _ends_with(c: Context) -> Outcome:
    last = last_per_case(c.instances.case[c.instances.done], c.instances.end[c.instances.done], c.n)
    return _at_one_end(c, last, c.last(c.a), still=np.ones(c.n, bool))


def _at_one_end(c: Context, time: np.ndarray, mine: np.ndarray, still: np.ndarray) -> Outcome:
    """Whether a completed at the first or last time of each case, alone; ``still``: where this can change while the case runs."""
    nothing = time == MISSING  # nothing has completed
    right = (mine == time) & ~nothing
    verdict = np.where(right, np.where(_others_at(c, time), v.NOT_OBSERVABLE, v.PASS), v.FAIL)
    verdict = np.where(still, c.still_open(verdict), verdict)
    case = np.flatnonzero(verdict == v.FAIL)
    absent = c.count(c.a)[case] == 0
    kind = np.where(absent, v.KINDS.index("missing"), v.KINDS.index("out_of_order"))
    at = np.where(nothing[case], c.instances.case_end[case], time[case])
    return verdict, v.faults(case, kind, c.code(c.rule.a), at)


def _others_at(c: Context, time: np.ndarray) -> np.ndarray:
    """Cases in which another activity completed at the given time."""
    rows = np.flatnonzero(c.instances.done & (c.instances.activity != c.code(c.rule.a)))
    rows = rows[c.instances.end[rows] == time[c.instances.case[rows]]]
    found = np.zeros(c.n, bool)
    found[c.instances.case[rows]] = True
    return found


# --- order -----------------------------------------------------------------------------------------------------------


def _precedence(c: Context) -> Outcome:
    first_a, first_b = c.first(c.a), c.first(c.b)
    verdict = _unless_tied(first_a < first_b, first_a <= first_b)
    verdict[first_b == LATEST] = v.NOT_APPLICABLE
    heads = heads_of(c.b.case)
    rows = heads[verdict[c.b.case[heads]] == v.FAIL]
    case = c.b.case[rows]
    absent = first_a[case] == LATEST
    kind = np.where(absent, v.KINDS.index("missing"), v.KINDS.index("out_of_order"))
    found = v.faults(
        case, kind, c.code(c.rule.a), c.b.time[rows], partner=c.code(c.rule.b), instance=c.b.instance[rows]
    )
    return verdict, found


def _response(c: Context) -> Outcome:
    readings = [
        _answers(c, following(c.a.case, c.a.time, c.b.case, c.b.time, strictly=strictly)) for strictly in (True, False)
    ]
    outcome, late, measured, excess, answer = readings[0]
    outcome = np.where(outcome == readings[1][0], outcome, v.NOT_OBSERVABLE)
    verdict = np.full(c.n, v.NOT_APPLICABLE)
    for word in (v.PASS, v.PENDING, v.NOT_OBSERVABLE, v.FAIL):  # the worst of the answers decides
        verdict[c.a.case[outcome == word]] = word
    rows = np.flatnonzero(outcome == v.FAIL)
    answered = answer[rows] != v.NONE
    kind = np.where(late[rows], v.KINDS.index("late"), v.KINDS.index("missing"))
    instance = np.where(answered, c.b.instance[answer[rows]] if len(c.b) else v.NONE, c.a.instance[rows])
    at = np.where(answered, c.b.time[answer[rows]] if len(c.b) else MISSING, c.a.time[rows])
    timed = np.where(late[rows], 1.0, np.nan)  # what never came has no length
    not_yet = np.where(late[rows] & ~answered, v.PATTERNS.index("not_yet"), v.PATTERNS.index(""))
    found = v.faults(
        c.a.case[rows], kind, c.code(c.rule.b), at, partner=c.code(c.rule.a), instance=instance, pattern=not_yet,
        measured=measured[rows] * timed, limit=(c.rule.within.amount if c.rule.within else np.nan) * timed, excess=excess[rows] * timed,
    )  # fmt: skip
    return verdict, found


def _answers(c: Context, answer: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """For each a: its verdict; whether its answer (or the log's end, in an open case) is too late; length, excess, the answer."""
    answered = answer != v.NONE
    late, measured, excess, blind = _too_late(c, answer)
    waiting = ~answered & c.is_open[c.a.case] & ~late
    outcome = np.where(answered & ~late, v.PASS, np.where(waiting, v.PENDING, v.FAIL))
    return np.where(blind, v.NOT_OBSERVABLE, outcome), late, measured, excess, answer


def _too_late(c: Context, answer: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """For each a: whether its answer (or, without one, the log's end in an open case) is beyond ``within``."""
    n = len(c.a)
    if c.rule.within is None:
        return np.zeros(n, bool), np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, bool)
    end = np.where(answer != v.NONE, c.b.time[answer] if len(c.b) else MISSING, c.instances.now)
    clock = Clock(c.rule.within.unit, c.calendars.get(c.rule.calendar or ""))
    measured, excess = measure(clock, c.a.time, end, c.rule.within.amount)
    counts = (answer != v.NONE) | c.is_open[c.a.case]
    late = counts & (excess > 0)
    excess[late] = overdue(clock, end[late], excess[late])
    return late, measured, excess, counts & np.isnan(measured)


def _succession(c: Context) -> Outcome:
    before, found_before = _precedence(c)
    after, found_after = _response(c)
    verdict = np.where(RANK[before] >= RANK[after], before, after)
    return verdict, v.join([found_before, found_after])


def _not_followed_by(c: Context) -> Outcome:
    first_a, last_b = c.first(c.a), c.last(c.b)
    verdict = _unless_tied(~(last_b > first_a), ~(last_b >= first_a))
    verdict[first_a == LATEST] = v.NOT_APPLICABLE
    rows = np.flatnonzero(c.b.time > first_a[c.b.case])
    return verdict, c.faults(c.b, rows, "out_of_order", partner=c.code(c.rule.a))


def _neighbour(c: Context, moments: Moments, step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each moment: name of the next (1) or previous (-1) completed instance, whether a tie blurs it, whether there is none."""
    done = np.flatnonzero(c.instances.done)
    place = np.searchsorted(done, moments.instance)
    beside = place + step
    inside = (beside >= 0) & (beside < len(done))
    other = done[np.clip(beside, 0, len(done) - 1)]
    same = inside & (c.instances.case[other] == moments.case)
    name = np.where(same, c.instances.activity[other], v.NONE)

    def tied(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        ok = (p >= 0) & (q >= 0) & (p < len(done)) & (q < len(done))
        x, y = done[np.clip(p, 0, len(done) - 1)], done[np.clip(q, 0, len(done) - 1)]
        return ok & (c.instances.case[x] == c.instances.case[y]) & (c.instances.end[x] == c.instances.end[y])

    uncertain = tied(place, place + 1) | tied(place, place - 1) | (same & tied(beside, beside + step))
    return name, uncertain, ~same


def _immediate(c: Context, moments: Moments, wanted: str | None, step: int) -> Outcome:
    name, uncertain, at_end = _neighbour(c, moments, step)
    right = name == c.code(wanted)
    verdict = np.full(c.n, v.NOT_APPLICABLE)
    verdict[moments.case] = v.PASS
    waiting = at_end & c.is_open[moments.case] & (step > 0)
    wrong = ~right & ~uncertain & ~waiting
    for rows, word in ((waiting, v.PENDING), (uncertain, v.NOT_OBSERVABLE), (wrong, v.FAIL)):
        verdict[moments.case[rows]] = word
    rows = np.flatnonzero(wrong)
    present = np.isin(moments.case[rows], np.unique(c.instances.case[c.instances.of(wanted or "")]))
    kind = np.where(present, v.KINDS.index("out_of_order"), v.KINDS.index("missing"))
    instance = moments.instance[rows]
    partner = c.instances.activity[instance]
    return verdict, v.faults(
        moments.case[rows], kind, c.code(wanted), moments.time[rows], partner=partner, instance=instance
    )


def _immediate_response(c: Context) -> Outcome:
    return _immediate(c, c.a, c.rule.b, 1)


def _immediate_precedence(c: Context) -> Outcome:
    return _immediate(c, c.b, c.rule.a, -1)


def _not_before(c: Context) -> Outcome:
    """Each b at least ``after`` later than the last a before it."""
    assert c.rule.after is not None  # the loader requires it
    order = np.lexsort((-c.a.time, c.a.case))  # the last a before each b is the first among negated times
    clock = Clock(c.rule.after.unit, c.calendars.get(c.rule.calendar or ""))
    outcomes = []
    for strictly in (True, False):
        previous = following(c.b.case, -c.b.time, c.a.case[order], -c.a.time[order], strictly=strictly)
        has = previous != v.NONE
        start = np.where(has, c.a.time[order][previous] if len(c.a) else MISSING, c.b.time)
        measured, excess = measure(clock, start, c.b.time, c.rule.after.amount)
        word = np.where(np.isnan(measured), v.NOT_OBSERVABLE, np.where(excess < 0, v.FAIL, v.PASS))
        outcomes.append((np.where(has, word, v.NOT_APPLICABLE), measured, excess))
    outcome = np.where(outcomes[0][0] == outcomes[1][0], outcomes[0][0], v.NOT_OBSERVABLE)
    verdict = np.full(c.n, v.NOT_APPLICABLE)
    for each in (v.PASS, v.NOT_OBSERVABLE, v.FAIL):
        verdict[c.b.case[outcome == each]] = each
    rows = np.flatnonzero(outcome == v.FAIL)
    return verdict, c.faults(
        c.b, rows, "out_of_order", partner=c.code(c.rule.a), measured=outcomes[0][1][rows], limit=c.rule.after.amount
    )


def _together(c: Context) -> Outcome:
    has_a, has_b = c.count(c.a) > 0, c.count(c.b) > 0
    verdict = np.where(has_a == has_b, np.where(has_a, v.PASS, v.NOT_APPLICABLE), v.FAIL)
    verdict = c.still_open(verdict)
    case = np.flatnonzero(verdict == v.FAIL)
    absent = np.where(has_a[case], c.code(c.rule.b), c.code(c.rule.a))
    return verdict, v.faults(case, "missing", absent, c.instances.case_end[case], pattern="skipped")


def _not_together(c: Context) -> Outcome:
    has_a, has_b = c.count(c.a) > 0, c.count(c.b) > 0
    verdict = np.where(has_a | has_b, np.where(has_a & has_b, v.FAIL, v.PASS), v.NOT_APPLICABLE)
    second = np.maximum(first_per_case(c.a.case, c.a.time, c.n), first_per_case(c.b.case, c.b.time, c.n))
    parts = []
    for mine, other in ((c.b, c.rule.a), (c.a, c.rule.b)):
        heads = heads_of(mine.case)
        rows = heads[(verdict[mine.case[heads]] == v.FAIL) & (mine.time[heads] == second[mine.case[heads]])]
        parts.append(c.faults(mine, rows, "extra", partner=c.code(other), pattern="choice_violation"))
    both = v.join(parts)
    return verdict, v.select(both, np.sort(np.unique(both.case, return_index=True)[1]))


KINDS: dict[str, Callable[[Context], Outcome]] = {
    "must_occur": _must_occur,
    "must_not_occur": _must_not_occur,
    "at_most": _at_most,
    "starts_with": _starts_with,
    "ends_with": _ends_with,
    "precedence": _precedence,
    "response": _response,
    "succession": _succession,
    "immediate_response": _immediate_response,
    "immediate_precedence": _immediate_precedence,
    "not_followed_by": _not_followed_by,
    "together": _together,
    "not_together": _not_together,
    "four_eyes": people.four_eyes,
    "same_handler": people.same_handler,
    "performed_by": people.performed_by,
    "not_before": _not_before,
}
