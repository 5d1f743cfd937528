"""What the standards of a blueprint mean, in plain Python on one case: the simulator's own clock and oracle.

Moments are completions: ``case_start`` is the end of the first instance, ``case_end`` the end of the last. ``elapsed``
runs from the first of ``from`` to the first of ``to`` after it; ``waiting`` from the moment an instance was scheduled
(or else the latest earlier end in the case) to its start; ``handling`` from start to end; ``due_date`` compares with
an attribute. Where another reading is common (a case begins when its first activity starts; a stop ends when the next
activity starts), ``strict`` takes the reading that is harder on the service, and clean cases are clean under both.
``count`` and ``attribute`` are no times; they are defined at the end, on a case that has ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mining.blueprint.model import Rule, Standard, Stop
from mining.simulation.clock import BusinessCalendar, deadline, seconds_between
from mining.simulation.rules import Setting, Trace, applies
from mining.units import Duration

TIME_METRICS = ("elapsed", "waiting", "handling", "due_date")
COMFORT = 0.75
CLEARLY = 1.2
DAY = 86_400
LAST_HOURS = 3 * 3600


class Window(NamedTuple):
    """A stretch of time under a standard: two moments, positions of its instances, when the clock stood still."""

    begin: int
    end: int
    first: int
    last: int
    stops: tuple[tuple[int, int], ...] = ()


def windows(standard: Standard, trace: Trace, attributes: Mapping[str, Any], *, strict: bool = False) -> list[Window]:
    """Stretches of the case that the standard limits; none where it says nothing about the case."""
    if not trace or standard.metric not in TIME_METRICS or not applies(standard.when, attributes):
        return []
    match standard.metric:
        case "elapsed":
            return _elapsed(standard, trace, strict)
        case "due_date":
            return _until_due(standard, trace, attributes)
        case "handling":
            return [Window(x.start, x.end, i, i) for i, x in enumerate(trace) if x.activity in standard.of]
        case _:
            return list(_waits(standard, trace))


def _elapsed(standard: Standard, trace: Trace, strict: bool) -> list[Window]:
    from_start = "case_start" in standard.start
    first = 0 if from_start else next((i for i, x in enumerate(trace) if x.activity in standard.start), None)
    if first is None:
        return []
    later = range(0 if from_start else first + 1, len(trace))
    last = (
        len(trace) - 1
        if "case_end" in standard.end
        else next((i for i in later if trace[i].activity in standard.end), None)
    )
    if last is None or last < first:
        return []
    begin = trace[0].start if strict and from_start else trace[first].end
    found = Window(begin, trace[last].end, first, last)
    stops = [x for stop in standard.stop_clock for x in _stops(stop, trace, found, strict)]
    return [found._replace(stops=_merged(stops))]


def _stops(stop: Stop, trace: Trace, window: Window, strict: bool) -> Iterator[tuple[int, int]]:
    for i, x in enumerate(trace):
        if x.activity == stop.start:
            following = (y for y in trace[i + 1 :] if stop.end in ("next_event", y.activity))
            y = next(following, None)
            until = window.end if y is None else y.start if strict else y.end
            begin, end = max(x.end, window.begin), min(until, window.end)
            if begin < end:
                yield begin, end


def _merged(stops: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for begin, end in sorted(stops):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return tuple(found)


def _until_due(standard: Standard, trace: Trace, attributes: Mapping[str, Any]) -> list[Window]:
    if attributes.get(standard.due or "") is None:
        return []
    last = (
        len(trace) - 1
        if "case_end" in standard.of
        else next((i for i, x in enumerate(trace) if x.activity in standard.of), None)
    )
    return [] if last is None else [Window(trace[0].end, trace[last].end, 0, last)]


def _waits(standard: Standard, trace: Trace) -> Iterator[Window]:
    for i, x in enumerate(trace):
        if x.activity in standard.of:
            earlier = [y.end for y in trace if y.end <= x.start]
            begin = x.schedule if x.schedule is not None else max(earlier, default=None)
            if begin is not None:
                yield Window(begin, x.start, max(i - 1, 0), i)


def kept(standard: Standard, window: Window, attributes: Mapping[str, Any], setting: Setting) -> bool:
    """Whether the standard holds in this stretch."""
    if standard.metric == "due_date":
        return bool(window.end <= attributes[standard.due or ""])
    calendar = setting.calendar(standard.calendar)
    limit = _limit(standard)
    if limit.unit == "bd":
        return window.end <= deadline(limit, window.begin, calendar, more_days=_stopped_days(window, calendar))
    return net_seconds(window, limit.unit, calendar) <= limit.seconds


def comfortable(standard: Standard, window: Window, attributes: Mapping[str, Any], setting: Setting) -> bool:
    """Whether it holds with room to spare: a quarter of the limit; a working day (of one day: three hours)."""
    if standard.metric == "due_date":
        return bool(window.end - window.begin <= COMFORT * (attributes[standard.due or ""] - window.begin))
    calendar = setting.calendar(standard.calendar)
    limit = _limit(standard)
    if limit.unit == "bd" and limit.amount >= 2:
        return window.end <= deadline(limit, window.begin, calendar, more_days=-1)
    if limit.unit == "bd":
        return window.end <= deadline(limit, window.begin, calendar) - LAST_HOURS
    return net_seconds(window, limit.unit, calendar) <= COMFORT * limit.seconds


def clearly_late(standard: Standard, window: Window, attributes: Mapping[str, Any], setting: Setting) -> bool:
    """Whether it is broken by at least a fifth of the limit, or by more than a (working) day."""
    if standard.metric == "due_date":
        due = attributes[standard.due or ""]
        return bool(window.end >= due + max(DAY, (CLEARLY - 1) * (due - window.begin)))
    calendar = setting.calendar(standard.calendar)
    limit = _limit(standard)
    if limit.unit == "bd":
        return window.end > deadline(limit, window.begin, calendar, more_days=1 + _stopped_days(window, calendar))
    return net_seconds(window, limit.unit, calendar) >= CLEARLY * limit.seconds


def running(standard: Standard, trace: Trace, attributes: Mapping[str, Any], now: int) -> list[Window]:
    """The stretch that has begun and not ended in a case that still runs, up to the last moment of the log."""
    if not trace or not applies(standard.when, attributes):
        return []
    if standard.metric == "due_date":
        over = "case_end" not in standard.of and any(x.activity in standard.of for x in trace)
        known = attributes.get(standard.due or "") is not None
        return [Window(trace[0].end, now, 0, len(trace) - 1)] if known and not over else []
    if standard.metric != "elapsed" or ("case_end" not in standard.end and _elapsed(standard, trace, False)):
        return []
    from_start = "case_start" in standard.start
    first = 0 if from_start else next((i for i, x in enumerate(trace) if x.activity in standard.start), None)
    if first is None:
        return []
    found = Window(trace[first].end, now, first, len(trace) - 1)
    stops = [x for stop in standard.stop_clock for x in _stops(stop, trace, found, False)]
    return [found._replace(stops=_merged(stops))]


def within_rules(rules: Sequence[Rule]) -> list[Standard]:
    """Response rules with a time limit, seen as standards."""
    return [
        Standard(
            r.id,
            "time",
            "elapsed",
            r.severity,
            r.basis,
            (r.a,),
            (r.b,),
            limit=r.within,
            calendar=r.calendar,
            when=r.when,
        )
        for r in rules
        if r.within and r.b
    ]


def pressure(standard: Standard, window: Window, setting: Setting) -> float:
    """Part of the limit that is used up, clock stops left out; for working days of the days that may be used."""
    calendar = setting.calendar(standard.calendar)
    limit = _limit(standard)
    if limit.unit == "bd":
        assert calendar is not None, "the loader refuses working days without a calendar"
        return calendar.working_days(window.begin, window.end) / max(limit.amount - 1, 1)
    return net_seconds(window, limit.unit, calendar) / limit.seconds


def net_seconds(window: Window, unit: str, calendar: BusinessCalendar | None) -> int:
    """Length of the stretch without the times the clock stood still."""
    stopped = sum(seconds_between(unit, begin, end, calendar) for begin, end in window.stops)
    return seconds_between(unit, window.begin, window.end, calendar) - stopped


def _limit(standard: Standard) -> Duration:
    assert isinstance(standard.limit, Duration), "the loader refuses a time standard without a duration"
    return standard.limit


def _stopped_days(window: Window, calendar: BusinessCalendar | None) -> int:
    return sum(calendar.working_days(begin, end) for begin, end in window.stops) if calendar else 0


# --- no times ----------------------------------------------------------------------------------------------------------


def holds_count(standard: Standard, trace: Trace) -> bool:
    """Whether ``of`` occurs as often as promised in a case that has ended."""
    times = len([x for x in trace if x.activity in standard.of])
    return within_limits(standard, times)


def attribute_verdict(standard: Standard, trace: Trace, values: Sequence[Any]) -> str:
    """What an attribute standard says of a case that has ended.

    Parameters
    ----------
    standard : Standard
    trace : sequence of Instance
    values : sequence
        The attribute in the row of each instance; None where it is blank. The value of the case is the first that is none.

    Returns
    -------
    str
        A verdict in words.
    """
    first = next((x for x in values if x is not None), None)
    wanted = (
        [x for step, x in zip(trace, values, strict=True) if step.activity in standard.of] if standard.of else [first]
    )
    if not trace or not wanted:
        return "not_applicable"
    if must_be_filled(standard):
        return "fail" if None in wanted else "pass"
    if any(x is not None and not promised(standard, x) for x in wanted):
        return "fail"
    return "not_observable" if None in wanted else "pass"


def must_be_filled(standard: Standard) -> bool:
    """Whether an attribute standard wants no more than a value."""
    return not standard.one_of and standard.limit is None and standard.minimum is None


def promised(standard: Standard, value: Any) -> bool:
    """Whether a value that is there is one that an attribute standard promises."""
    return (not standard.one_of or value in standard.one_of) and within_limits(standard, value)


def within_limits(standard: Standard, number: Any) -> bool:
    """Whether a number keeps ``max`` and ``min``."""
    assert not isinstance(standard.limit, Duration), "the loader refuses a count with a duration"
    over = standard.limit is not None and number > standard.limit
    under = standard.minimum is not None and number < standard.minimum
    return not over and not under
