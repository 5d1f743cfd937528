"""A draft blueprint from an event log: the flow as it was seen, and guesses that say they are guesses."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mining.automaton import TooManyStatesError, build
from mining.binding import WRITTEN, Attribute, Binding
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
MOST_PEOPLE = 30  # of a role; more are no list that a person checks
FARTHEST = 20  # completions of a case between which an overlap in time is looked for


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
    todo += _columns(log)
    todo += _about_flow(flow, named, noise, [label for label in order if ids[label] not in in_flow])
    todo += _overlaps(seen)
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
    starts, (ends, left) = _often(firsts), _ends(lasts, _holding(seen))
    whole = sum(count for trace, count in seen.variants.items() if not set(ends).isdisjoint(trace))
    running = seen.n_cases - whole
    todo += [
        _guess("scope.starts_with", f"what cases begin with most often: {_shares(firsts, starts)}"),
        Todo(
            "scope.ends_with",
            f"which activities end the service; a case that stops need not be finished. Taken: {_listed(ends.values())}"
            + (f". Left out: {_listed(left.values())}" if left else "")
            + (
                f". {running:,} of {seen.n_cases:,} cases hold none of those taken and count as still running"
                if running
                else ""
            ),
        ),
        Todo("scope.unit_of_analysis", "what one case is, such as one application"),
    ]
    return {
        "starts_with": [ids[x] for x in firsts if x in starts],
        "ends_with": [ids[x] for x in lasts if x in ends],
        "unit_of_analysis": NOT_KNOWN,
    }


def _holding(seen: _Seen) -> Counter[str]:
    """Cases with each activity."""
    found = Counter[str]()
    for trace, count in seen.variants.items():
        for label in set(trace):
            found[label] += count
    return found


def _ends(lasts: Counter[str], holding: Counter[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Activities that end cases and those left out, each in words: most cases with it must end with it, and some must.

    Where most cases go on after every activity, the one that ends the most of its cases is taken.
    """
    said = {x: f"{x!r} (last in {k:,} of the {holding[x]:,} cases with it)" for x, k in lasts.most_common()}
    often = _often(lasts)
    ends = [x for x in said if x in often and 2 * lasts[x] > holding[x]]
    ends = ends or [max(said, key=lambda x: (lasts[x] / holding[x], lasts[x], x))]
    return {x: said[x] for x in ends}, {x: text for x, text in said.items() if x not in ends}


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
    """How long things took, as a hint beside each activity; waits where starts are known, else from step to step."""
    follows = np.r_[False, seen.case[1:] == seen.case[:-1]]
    since = np.where(follows, seen.end - np.r_[seen.end[:1], seen.end[:-1]], MISSING)
    started = seen.start != MISSING
    handled = np.where(started, seen.end - seen.start, MISSING)
    waited = _waits(seen, started)
    found = []
    for code, label in enumerate(seen.log.labels):
        mine = seen.activity == code
        if (started & mine).any():
            parts = [
                _times(waited[mine], "waiting, from the latest completion before it to its start"),
                _times(handled[mine], "handling, from its start to its end"),
            ]
        else:
            parts = [_times(since[mine], "after the step before")]
        if any(parts):
            found.append(
                Todo(
                    f"activities.{ids[label]}",
                    f"whether to promise a time. Seen so far: {'; '.join(filter(None, parts))}",
                )
            )
    heads = np.flatnonzero(~follows)
    begin = np.where(started[heads], seen.start[heads], seen.end[heads])
    whole = _times(
        np.r_[seen.end[heads[1:] - 1], seen.end[-1]] - begin,
        "from the first to the last step of a case, running ones included",
    )
    return [
        Todo("standards", f"what is promised, in which share of the cases, on which basis. Seen so far: {whole}"),
        *found,
    ]


def _waits(seen: _Seen, started: np.ndarray) -> np.ndarray:
    """From the latest completion of the case not after its start, its own left out, to the start of each instance."""
    n = len(seen.case)
    moments = np.unique(np.r_[seen.end, seen.start])
    key = seen.case * (len(moments) + 1)
    before = np.searchsorted(
        key + np.searchsorted(moments, seen.end), key + np.searchsorted(moments, seen.start), "right"
    )
    last = np.minimum(before, np.arange(n)) - 1  # instances of a case stand in the order of their ends
    known = started & (last >= 0) & (seen.case[last] == seen.case)
    return np.where(known, seen.start - seen.end[last], MISSING)


def _overlaps(seen: _Seen) -> list[Todo]:
    """Pairs of activities that are done at the same time in most of the cases with both."""
    pairs = Counter[tuple[int, int]]()
    with_both = Counter[tuple[int, int]]()
    n = len(seen.case)
    found = []
    for ahead in range(1, min(n, FARTHEST + 1)):
        one, two = np.arange(n - ahead), np.arange(ahead, n)
        same = seen.case[one] == seen.case[two]
        if not same.any():
            break
        at_once = same & (seen.start[one] != MISSING) & (seen.start[two] != MISSING)
        at_once &= np.maximum(seen.start[one], seen.start[two]) < seen.end[one]  # one ends first
        at_once &= seen.activity[one] != seen.activity[two]
        a, b = seen.activity[one][at_once], seen.activity[two][at_once]
        found.append(np.c_[seen.case[one][at_once], np.minimum(a, b), np.maximum(a, b)])
    rows = np.unique(np.concatenate(found), axis=0) if found else np.zeros((0, 3), np.int64)
    for a, b in rows[:, 1:].tolist():
        pairs[a, b] += 1
    code = {label: i for i, label in enumerate(seen.log.labels)}
    for trace, count in seen.variants.items():
        here = {code[label] for label in trace}
        for a, b in pairs:
            with_both[a, b] += count * (a in here and b in here)
    return [
        Todo(
            "flow",
            f"{seen.log.labels[a]!r} and {seen.log.labels[b]!r} overlap in time in {k:,} of the {with_both[a, b]:,} cases with both: "
            "perhaps parallel",
        )
        for (a, b), k in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
        if 2 * k > with_both[a, b]
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
        if staff.column:
            what = what.replace("people", f"teams (column {staff.column!r})", 1)
        what += f"; {group.why}" if group.why else ""
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
    roles: dict[str, Any] = {}
    for group in staff.groups:
        n = len(group.resources)
        roles[group.id] = {"name": text_of(group.name)}
        if n > MOST_PEOPLE:
            todo.append(
                Todo(
                    f"roles.{group.id}",
                    f"who has the role. {n:,} people were seen doing it, too many to list: {_listed(group.resources)}. Without "
                    "resources who does it is not checked",
                )
            )
            continue
        if not n:
            todo.append(Todo(f"roles.{group.id}", "who has the role: the log names teams, and no people"))
            continue
        roles[group.id]["resources"] = list(group.resources)
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
    raw |= {key: getattr(b, key) for key in WRITTEN if getattr(b, key)}
    if b.order_by:
        raw["order_by"] = list(b.order_by)
    if b.origin == "recognised":
        todo.append(_guess("log", "columns recognised by their names"))
    zoneless = [x for x in log.notes if "name no zone, taken as UTC" in x]
    if zoneless and not b.tz:
        todo.append(
            Todo("log.tz", f"in which time zone the times are written, such as Europe/London ({'; '.join(zoneless)})")
        )
    if log.day_first is not None:
        todo.append(Todo("log", f"dates of this log were read with day_first={log.day_first}: say so when reading it"))
    return raw


def _attribute(x: Attribute) -> dict[str, str]:
    more = {key: getattr(x, key) for key in ("tz", "format", "decimal") if getattr(x, key)}
    return {"column": x.column, "type": x.type} | more


# --- further columns ---------------------------------------------------------------------------------------------------

SAMPLE = 10_000  # rows from which the type of a text column is proposed
MOST_PROPOSED = 40
DATE = r"\s*\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[ T].*)?"
TRUTH = {"true", "false"}


def _columns(log: EventLog) -> list[Todo]:
    """The columns that have no part yet, as attributes that a person may take over, with the type that their values have."""
    table, bound = log.source.table, set(log.binding.columns.values())
    free = [name for name in table.column_names if name not in bound]
    short = ids_of(free, "attribute")
    typed = {name: _type(table[name].slice(0, SAMPLE).to_pandas()) for name in free}
    order = sorted(free, key=lambda name: typed[name] in (None, "string"))  # those with a type first
    lines = [f"{short[x]}: {{column: {_quoted(x)}, type: {typed[x]}}}" for x in order if typed[x]]
    if not lines:
        return []
    more = f"\nand {len(lines) - MOST_PROPOSED} more columns" if len(lines) > MOST_PROPOSED else ""
    what = "which further columns conditions, due dates and attribute standards need; types as their values look:"
    return [Todo("log.attributes", "\n".join([what, *lines[:MOST_PROPOSED]]) + more)]


def _type(values: pd.Series) -> str | None:
    """The type of a column as the binding writes it; None without values."""
    kind, present = values.dtype, values.dropna()
    if pd.api.types.is_bool_dtype(kind):
        return "boolean"
    if pd.api.types.is_datetime64_any_dtype(kind):
        return "datetime"
    if pd.api.types.is_numeric_dtype(kind):
        return "number"
    texts = present.astype(str).str.strip()
    texts = texts[texts != ""]
    if not len(texts):
        return None
    if set(texts.str.casefold().unique()) <= TRUTH:
        return "boolean"
    if texts.str.fullmatch(DATE).all():
        return "datetime"
    return "number" if pd.to_numeric(texts, errors="coerce").notna().all() else "string"


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[^\W\d]\w*", name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
