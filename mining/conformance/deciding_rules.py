"""Which moments decide a rule in one case: those that its function compared."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mining.blueprint.model import Rule
from mining.conformance import verdicts as v
from mining.conformance.context import Context, context_of
from mining.conformance.deciders import Decider, Seen, moments
from mining.conformance.instances import following

Found = list[Decider]


def of_rule(rule: Rule, seen: Seen) -> Found:
    """What decides a rule, as if its conditions held."""
    context = context_of(rule, seen.blueprint, seen.instances, seen.is_open, seen.calendars)
    return KINDS[rule.kind](context, seen)


def _all(c: Context, seen: Seen) -> Found:
    return _a(c, seen, slice(None)) + (_b(c, seen, slice(None)) if c.rule.b else [])


def _firsts(c: Context, seen: Seen) -> Found:
    return _a(c, seen, slice(1)) + _b(c, seen, slice(1))


def _a(c: Context, seen: Seen, which: slice) -> Found:
    """Some moments of a; absent where it has none."""
    return moments("a", c.a, range(len(c.a))[which]) or [seen.absent(c.rule.a)]


def _b(c: Context, seen: Seen, which: slice) -> Found:
    return moments("b", c.b, range(len(c.b))[which]) or [seen.absent(c.rule.b or "")]


def _must_occur(c: Context, seen: Seen) -> Found:
    wanted = c.rule.n or 1
    lacks = [seen.absent(c.rule.a)] if len(c.a) < wanted else []
    return moments("a", c.a, range(min(len(c.a), wanted))) + lacks


def _starts_with(c: Context, seen: Seen) -> Found:
    return _at_one_end(c, seen, "first", 0)


def _ends_with(c: Context, seen: Seen) -> Found:
    return _at_one_end(c, seen, "last", -1)


def _at_one_end(c: Context, seen: Seen, part: str, place: int) -> Found:
    done = np.flatnonzero(seen.instances.done)
    end = seen.instances.end[done]
    there = done[end == end[place]] if len(done) else done
    a = moments("a", c.a, [range(len(c.a))[place]] if len(c.a) else [])
    return seen.steps(part, there) + ([] if any(x.instance in there for x in a) else a or [seen.absent(c.rule.a)])


def _response(c: Context, seen: Seen) -> Found:
    if not len(c.a):
        return _a(c, seen, slice(0))
    answers = [following(c.a.case, c.a.time, c.b.case, c.b.time, strictly=strictly) for strictly in (True, False)]
    found: Found = []
    for i, (later, same) in enumerate(zip(*(x.tolist() for x in answers), strict=True)):
        pair = moments("a", c.a, [i]) + moments("b", c.b, [x for x in dict.fromkeys((later, same)) if x != v.NONE])
        pair += [seen.absent(c.rule.b or "")] if later == v.NONE else []
        if not seen.faulty or any(x.instance in seen.faulty for x in pair):
            found += pair
    return found


def _succession(c: Context, seen: Seen) -> Found:
    return _firsts(c, seen) + _response(c, seen)


def _not_followed_by(c: Context, seen: Seen) -> Found:
    if not len(c.a):
        return _a(c, seen, slice(0))
    after = np.flatnonzero(c.b.time >= c.a.time[0])
    return _a(c, seen, slice(1)) + (moments("b", c.b, after) or _b(c, seen, slice(-1, None)))


def _immediate_response(c: Context, seen: Seen) -> Found:
    return _neighbours(c, seen, _a(c, seen, slice(None)), "next", 1)


def _immediate_precedence(c: Context, seen: Seen) -> Found:
    return _neighbours(c, seen, _b(c, seen, slice(None)), "previous", -1)


def _neighbours(c: Context, seen: Seen, found: Found, part: str, step: int) -> Found:
    """Moments with the completed instance beside each (by a tie: all that may be it); where the rule fails those that break it."""
    done = np.flatnonzero(seen.instances.done)
    end, places = seen.instances.end[done], done.tolist()
    kept = seen.failing(found)
    beside: Found = []
    for x in kept:
        if x.instance is None:
            continue
        place = places.index(x.instance) + step
        if not 0 <= place < len(places):
            beside.append(seen.absent((c.rule.b if step > 0 else c.rule.a) or "", x.at))
        elif seen.verdict != v.NOT_OBSERVABLE:
            beside += seen.steps(part, [places[place]])
        if seen.verdict == v.NOT_OBSERVABLE:
            near = [x.at, end[place]] if 0 <= place < len(places) else [x.at]
            beside += seen.steps(part, (i for i in done[np.isin(end, near)] if i != x.instance))
    return kept + beside


def _not_before(c: Context, seen: Seen) -> Found:
    if not (len(c.a) and len(c.b)):
        return _firsts(c, seen)
    found: Found = []
    for i in range(len(c.b)):
        earlier = np.flatnonzero(c.a.time <= c.b.time[i])
        last = earlier[c.a.time[earlier] == c.a.time[earlier[-1]]] if len(earlier) else earlier
        before = earlier[c.a.time[earlier] < c.b.time[i]][-1:]
        pair = moments("b", c.b, [i]) + moments("a", c.a, [*last, *before])
        if not seen.faulty or pair[0].instance in seen.faulty:
            found += pair
    return found if any(x.part == "a" for x in found) else _firsts(c, seen)


def _four_eyes(c: Context, seen: Seen) -> Found:
    return _hands(c, seen) if seen.verdict == v.FAIL else _all(c, seen)


def _same_handler(c: Context, seen: Seen) -> Found:
    return _hands(c, seen) if seen.verdict == v.PASS else _all(c, seen)


def _hands(c: Context, seen: Seen) -> Found:
    """The instances of a and b by people who did both."""
    who = seen.instances.resource
    both = set(who[c.a.instance].tolist()) & set(who[c.b.instance].tolist()) - {v.NONE}
    return [x for x in _all(c, seen) if x.instance is not None and int(who[x.instance]) in both]


def _performed_by(c: Context, seen: Seen) -> Found:
    return seen.failing(_all(c, seen))


KINDS: dict[str, Callable[[Context, Seen], Found]] = {
    "must_occur": _must_occur,
    "must_not_occur": _all,
    "at_most": _all,
    "starts_with": _starts_with,
    "ends_with": _ends_with,
    "precedence": _firsts,
    "response": _response,
    "succession": _succession,
    "immediate_response": _immediate_response,
    "immediate_precedence": _immediate_precedence,
    "not_followed_by": _not_followed_by,
    "together": _firsts,
    "not_together": _firsts,
    "four_eyes": _four_eyes,
    "same_handler": _same_handler,
    "performed_by": _performed_by,
    "not_before": _not_before,
}
