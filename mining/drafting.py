"""A draft blueprint from an event log: the flow as it was seen, and guesses that say they are guesses."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mining.automaton import TooManyStatesError, build
from mining.binding import Attribute, Binding
from mining.blueprint import model as m
from mining.blueprint.compile import write_net
from mining.blueprint.draft import NOT_KNOWN, Draft, Todo, head_of
from mining.blueprint.naming import ids_of, text_of
from mining.blueprint.writing import flow_raw
from mining.errors import LogError, ModelError
from mining.log import EventLog
from mining.log.times import iso
from mining.staff import Staff, staff_of
from mining.units import MICROSECONDS, MISSING, readable

NOISE = 0.2
OFTEN = 0.05  # share of the cases from which a first or last activity is taken into the scope
TAIL = 0.9
MOST_NAMED = 8


@dataclass(frozen=True)
class _Seen:
    """The completed activities of a log, case by case."""

    log: EventLog
    case: np.ndarray
    activity: np.ndarray
    start: np.ndarray
    end: np.ndarray
    variants: dict[tuple[str, ...], int]

    @property
    def n_cases(self) -> int:
        """Cases with a completed activity."""
        return sum(self.variants.values())


def from_log(log: EventLog, *, noise: float = NOISE) -> Draft:
    """Make a draft blueprint from what a log shows: a description to start from, never a norm.

    The flow is the model of the inductive miner over the completed activities; every label is an activity. Lanes and roles are
    guessed from who did what: activities done by the same people share a lane, those done by system accounts stand in
    support, those that name nobody are taken for the customer's own. How long things took stands in the to-dos, and in no
    standard: what was is not what is promised.

    Parameters
    ----------
    log : EventLog
        Not changed.
    noise : float, 0 to 1, default 0.2
        Noise threshold of the inductive miner. With 0 every case of the log fits the drafted flow.

    Returns
    -------
    Draft
        It loads; every guess is one of its to-dos.

    Raises
    ------
    LogError
        If the log holds no completed activity.
    ModelError
        If ``noise`` is not between 0 and 1, or the miner fails.

    Examples
    --------
    >>> from mining import read_log
    >>> orders = read_log(examples / "orders.csv", columns={"case": "case_id", "activity": "activity", "timestamp": "timestamp"})
    >>> draft = from_log(orders)
    >>> draft.raw["flow"], draft.raw["scope"]["starts_with"]
    (['order', {'optional': 'pay'}], ['order'])
    """
    if not 0 <= noise <= 1:
        raise ModelError(f"noise is {noise!r}; it is a share between 0 (every trace) and 1.")
    seen = _seen(log)
    if not seen.variants:
        raise LogError(f"{log.source.path}: no activity of this log was completed, so there is no flow to draft.")
    from mining import _pm4py

    order = _from_first_to_last(seen, log.labels)
    ids = ids_of(order, "step")
    todo: list[Todo] = []
    named = {tuple(ids[label] for label in trace): count for trace, count in seen.variants.items()}
    flow = _pm4py.inductive_tree(named, noise=noise)
    assert flow is not None  # there is a trace with an activity
    in_flow = m.flow_activities(flow)
    staff = staff_of(log, order)
    raw = _head(log, todo)
    raw["scope"] = _scope(seen, ids, todo)
    raw |= {
        "lanes": _lanes(staff, ids, todo),
        "stages": [{"id": "whole", "name": {"en": "Whole service", "zh": "全程"}}],
    }
    todo.append(_guess("stages", "a log names no stages: one stands for the whole service"))
    if roles := _roles(staff, todo):
        raw["roles"] = roles
    raw["log"] = _binding(log, todo)
    raw["activities"] = [_activity(ids[label], label, staff) for label in order]
    raw["flow"] = flow_raw(flow)
    todo += _about_flow(flow, named, noise, [label for label in order if ids[label] not in in_flow])
    todo += _durations(seen, ids)
    return Draft(raw, tuple(todo))


def _guess(place: str, what: str) -> Todo:
    return Todo(place, what, guessed=True)


def _seen(log: EventLog) -> _Seen:
    done = np.flatnonzero(log.end != MISSING)
    case = np.repeat(np.arange(log.n_cases), np.diff(log.offsets))[done]
    activity = log.activity[done]
    bounds = np.searchsorted(case, np.arange(log.n_cases + 1)).tolist()
    codes = activity.tolist()
    traces = Counter(tuple(codes[a:b]) for a, b in zip(bounds, bounds[1:], strict=False) if b > a)
    variants = {tuple(log.labels[x] for x in trace): count for trace, count in sorted(traces.items())}
    return _Seen(log, case, activity, log.start[done], log.end[done], variants)


def _from_first_to_last(seen: _Seen, labels: tuple[str, ...]) -> list[str]:
    """Labels by where they stand in the cases on average; those never completed last."""
    place: dict[str, float] = dict.fromkeys(labels, 0.0)
    times: Counter[str] = Counter()
    for trace, count in seen.variants.items():
        for i, label in enumerate(trace):
            place[label] += count * (2 * i + 1) / (2 * len(trace))
            times[label] += count
    return sorted(labels, key=lambda x: (round(place[x] / times[x], 9) if times[x] else 2, x))


# --- what the log says of the flow -------------------------------------------------------------------------------------


def _scope(seen: _Seen, ids: dict[str, str], todo: list[Todo]) -> dict[str, Any]:
    firsts, lasts = Counter[str](), Counter[str]()
    for trace, count in seen.variants.items():
        firsts[trace[0]] += count
        lasts[trace[-1]] += count
    starts, ends = _often(firsts), _often(lasts)
    whole = sum(count for trace, count in seen.variants.items() if not ends.isdisjoint(trace))
    todo += [
        _guess("scope.starts_with", f"what cases begin with most often: {_shares(firsts, starts)}"),
        _guess(
            "scope.ends_with",
            f"what cases end with most often: {_shares(lasts, ends)}; by it {whole:,} of {seen.n_cases:,} cases are complete. "
            "A case that stops is not a case that is finished: name what ends the service",
        ),
        Todo("scope.unit_of_analysis", "what one case is, such as one application"),
    ]
    return {
        "starts_with": [ids[x] for x in firsts if x in starts],
        "ends_with": [ids[x] for x in lasts if x in ends],
        "unit_of_analysis": NOT_KNOWN,
    }


def _often(counts: Counter[str]) -> set[str]:
    n, most = counts.total(), max(counts.values())
    return {x for x, k in counts.items() if k == most or k >= OFTEN * n}


def _shares(counts: Counter[str], taken: set[str]) -> str:
    n, sorted_ = counts.total(), sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    said = ", ".join(f"{x!r} {k / n:.1%}" for x, k in sorted_ if x in taken)
    left = [(x, k) for x, k in sorted_ if x not in taken]
    return f"{said} (left out: {_listed(f'{x!r} {k:,} cases' for x, k in left)})" if left else said


def _listed(parts: Any) -> str:
    found = list(parts)
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return ", ".join(found[:MOST_NAMED]) + more


def _about_flow(flow: m.Flow, named: dict[tuple[str, ...], int], noise: float, outside: list[str]) -> list[Todo]:
    fits = ""
    with suppress(TooManyStatesError):
        automaton = build(write_net(flow), name="the discovered flow")
        k, n = sum(count for trace, count in named.items() if automaton.accepts(trace)), sum(named.values())
        fits = f"; {k:,} of {n:,} cases fit it"
    what = f"discovered from the log (inductive miner, noise {noise:g}){fits}. It tells what was done, not what should be done"
    found = [_guess("flow", what)]
    if outside:
        left = f"no place in the flow for {_listed(map(repr, outside))}: never completed, or left out as noise"
        found.append(Todo("flow", left))
    return found


def _durations(seen: _Seen, ids: dict[str, str]) -> list[Todo]:
    """How long things took, as a hint beside each activity."""
    follows = np.r_[False, seen.case[1:] == seen.case[:-1]]
    since = np.where(follows, seen.end - np.r_[seen.end[:1], seen.end[:-1]], MISSING)
    handled = np.where(seen.start != MISSING, seen.end - seen.start, MISSING)
    found = []
    for code, label in enumerate(seen.log.labels):
        mine = seen.activity == code
        parts = [_times(since[mine], "after the step before"), _times(handled[mine], "from its start to its end")]
        if any(parts):
            found.append(
                Todo(
                    f"activities.{ids[label]}",
                    f"whether to promise a time. Seen so far: {'; '.join(filter(None, parts))}",
                )
            )
    heads = np.flatnonzero(~follows)
    begin = np.where(seen.start[heads] != MISSING, seen.start[heads], seen.end[heads])
    whole = _times(
        np.r_[seen.end[heads[1:] - 1], seen.end[-1]] - begin,
        "from the first to the last step of a case, running ones included",
    )
    return [
        Todo("standards", f"what is promised, in which share of the cases, on which basis. Seen so far: {whole}"),
        *found,
    ]


def _times(lengths: np.ndarray, what: str) -> str:
    known = lengths[lengths != MISSING] / MICROSECONDS
    if not len(known):
        return ""
    middle, tail = (readable(float(x)) for x in np.quantile(known, [0.5, TAIL], method="inverted_cdf"))
    return f"median {middle}, 90 % quantile {tail} {what} (n = {len(known):,})"


# --- who does it -------------------------------------------------------------------------------------------------------


def _lanes(staff: Staff, ids: dict[str, str], todo: list[Todo]) -> list[dict[str, Any]]:
    lanes = [{"id": "customer", "kind": "customer", "name": {"en": "Customer", "zh": "客户"}}]
    if staff.nobody:
        what = f"{_listed(map(repr, staff.nobody))}: the log names nobody, so taken to be done by the customer; it may be a system"
        todo.append(_guess("lanes.customer", what))
    else:
        todo.append(_guess("lanes.customer", "empty: no activity is known to be done by the customer"))
    for group in staff.groups:
        lanes.append({"id": group.id, "kind": "backstage", "name": text_of(group.name)})
        what = (
            f"activities done by the same people: {_listed(map(repr, group.labels))}. Whether the customer sees them is not known: "
            "backstage, or onstage"
        )
        todo.append(_guess(f"lanes.{group.id}", what))
    if staff.unknown:
        lanes.append({"id": "unknown", "kind": "backstage", "name": {"en": "Not known", "zh": "未知"}})
        todo.append(Todo("lanes.unknown", "the log has no resources: who does what, and what the customer sees"))
    if staff.systems:
        lanes.append({"id": "systems", "kind": "support", "name": {"en": "Systems", "zh": "系统"}})
        what = f"done mostly by accounts that read like systems: {_listed(staff.accounts)}. What customers use is onstage_technology"
        todo.append(_guess("lanes.systems", what))
    return lanes


def _roles(staff: Staff, todo: list[Todo]) -> dict[str, Any]:
    roles = {}
    for group in staff.groups:
        roles[group.id] = {"name": text_of(group.name), "resources": list(group.resources)}
        rarely = [f"{name} ({k:,})" for name, k in group.rarely]
        what = "who was seen doing it, so a wrong person may be among them"
        what += f"; left out, since it is hardly any of their work: {_listed(rarely)}" if rarely else ""
        todo.append(_guess(f"roles.{group.id}", what))
    return roles


def _activity(id: str, label: str, staff: Staff) -> dict[str, Any]:
    lane, role = staff.place(label)
    return (
        {"id": id, "lane": lane, "stage": "whole"}
        | ({"role": role} if role else {})
        | {
            "labels": [label],
            "name": text_of(label),
        }
    )


# --- head and binding --------------------------------------------------------------------------------------------------


def _head(log: EventLog, todo: list[Todo]) -> dict[str, Any]:
    name = re.split(r"\.(?:csv|tsv|xes|xml|parquet|pq|gz)\b", Path(log.source.path).name)[0].strip("<>")
    first = iso(log.span[0])[:10]
    todo += [
        _guess("name", "taken from the name of the log"),
        _guess("service_type", "linear; or interactive, self_service, hybrid"),
        Todo("owner", "who is responsible for the service"),
        _guess("effective", "the first day of the log (UTC)"),
    ]
    return head_of(name, first)


def _binding(log: EventLog, todo: list[Todo]) -> dict[str, Any]:
    b: Binding = log.binding
    raw: dict[str, Any] = {"case": b.case, "activity": b.activity, "timestamp": b.timestamp}
    raw |= {key: value for key, value in (("start", b.start), ("resource", b.resource)) if value}
    if life := b.lifecycle:
        words = {"schedule": life.schedule, "start": life.start, "complete": life.complete}
        raw["lifecycle"] = {"column": life.column} | {key: word for key, word in words.items() if word}
    if b.attributes:
        raw["attributes"] = {name: _attribute(x) for name, x in b.attributes.items()}
    if b.ignore:
        raw["ignore"] = list(b.ignore)
    if b.tz:
        raw["tz"] = b.tz
    if b.origin == "recognised":
        todo.append(_guess("log", "columns recognised by their names"))
    if log.day_first is not None:
        todo.append(Todo("log", f"dates of this log were read with day_first={log.day_first}: say so when reading it"))
    return raw


def _attribute(x: Attribute) -> dict[str, str]:
    return {"column": x.column, "type": x.type} | ({"tz": x.tz} if x.tz else {})
