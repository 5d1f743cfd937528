"""Timers of a BPMN file as what a blueprint says of time: limits on steps, least times between them, or something to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mining.blueprint.bpmn.document import Document, Element, EventDefinition
from mining.blueprint.bpmn.neighbours import Neighbours
from mining.blueprint.draft import Todo
from mining.errors import MiningError
from mining.units import SECONDS, Duration

_ISO = re.compile(
    r"P(?=.)(?:(?P<w>[\d.,]+)W)?(?:(?P<d>[\d.,]+)D)?(?:T(?=.)(?:(?P<h>[\d.,]+)H)?(?:(?P<min>[\d.,]+)M)?(?:(?P<s>[\d.,]+)S)?)?"
)


@dataclass(frozen=True)
class Timed:
    """What the timers say: standards and rules as the format writes them, and per timer what became of it."""

    standards: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    fates: dict[str, tuple[str, str]]
    todo: list[Todo]


def duration(text: str) -> str | None:
    """An ISO 8601 duration as the format writes it; None if it is none, or has years or months, which have no fixed length.

    Examples
    --------
    >>> duration("PT24H"), duration("P1DT12H"), duration("P2W"), duration("P1M"), duration("${limit}")
    ('24h', '36h', '2w', None, None)
    """
    match = _ISO.fullmatch(text.strip())
    parts = {unit: value.replace(",", ".") for unit, value in match.groupdict().items() if value} if match else {}
    if not parts or any(not re.fullmatch(r"\d+(\.\d+)?", value) for value in parts.values()):
        return None
    smallest = min(parts, key=SECONDS.__getitem__)
    amount = sum(Decimal(value) * SECONDS[unit] for unit, value in parts.items()) / SECONDS[smallest]
    plain = format(amount, "f")
    written = f"{plain.rstrip('0').rstrip('.') if '.' in plain else plain}{smallest}"
    try:
        return written if Duration.parse(written).amount > 0 else None
    except MiningError:
        return None


def timed(document: Document, around: Neighbours, activity: Mapping[str, str]) -> Timed:
    """Read all timers.

    A boundary timer is a limit: from the step before to the completion of the step that it is on (or of the last steps of the
    sub-process). A timer between two steps is a least time between them, the rule ``not_before``. What has no ISO 8601 duration,
    or no clear place, is something to do.

    Parameters
    ----------
    document : Document
    around : Neighbours
        Of its nodes.
    activity : mapping of element id to activity id

    Returns
    -------
    Timed
    """
    made = Timed([], [], {}, [])
    for e in document.elements.values():
        for timer in (x for x in e.events if x.kind == "timer"):
            _read(document, around, activity, e, timer, made)
    return made


def _read(
    document: Document, around: Neighbours, activity: Mapping[str, str], e: Element, timer: EventDefinition, made: Timed
) -> None:
    at = f"{document.path.name}:{e.line}"
    called = f"timer {e.id!r}" + (f" ({e.name})" if e.name else "")
    limit = duration(timer.value) if timer.word == "timeDuration" else None
    if e.kind == "startEvent":
        made.fates[e.id] = ("fact", "when the process begins is no part of its order")
        return
    if limit is None:
        said = f"{timer.word or 'no time'} {timer.value!r}" if timer.value else "no time at all"
        made.fates[e.id] = ("fact", f"{said}: no ISO 8601 duration of fixed length, so no standard could be made of it")
        made.todo.append(Todo(at, f"{called} says {said}: write the standard or rule that it means"))
        return
    basis = f"BPMN {called} in {document.path.name}"
    before, after = (tuple(dict.fromkeys(activity[x] for x in found)) for found in _sides(document, around, e))
    if e.kind == "boundaryEvent":
        start: Any = "case_start" if not before else before[0] if len(before) == 1 else {"any": list(before)}
        end: Any = after[0] if len(after) == 1 else {"any": list(after)}
        id = f"S{len(made.standards) + 1}"
        standard = {"id": id, "dimension": "time", "metric": "elapsed", "from": start, "to": end, "max": limit}
        made.standards.append(standard | {"severity": "major", "basis": basis})
        made.fates[e.id] = ("read", f"read as the standard {id}: at most {limit}")
        what = f"{called}: {limit}, taken to run from the step before to the completion of its step; share and severity are guesses"
        made.todo.append(Todo(f"standards.{id}", what, guessed=True))
    elif len(before) == len(after) == 1 and before != after:
        id = f"R{len(made.rules) + 1}"
        rule = {"id": id, "kind": "not_before", "a": before[0], "b": after[0], "after": limit}
        made.rules.append(rule | {"severity": "major", "basis": basis})
        made.fates[e.id] = ("read", f"read as the rule {id}: at least {limit} between the steps around it")
        made.todo.append(
            Todo(f"rules.{id}", f"{called}: {limit}, taken as a least time; its severity is a guess", guessed=True)
        )
    else:
        sides = f"{', '.join(before) or 'the start'} and {', '.join(after) or 'the end'}"
        made.fates[e.id] = (
            "fact",
            f"{limit} between {sides}: not one step on each side, so no rule could be made of it",
        )
        made.todo.append(
            Todo(at, f"{called}: at least {limit} between {sides}: write the rule not_before that it means")
        )


def _sides(document: Document, around: Neighbours, e: Element) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The steps between which a timer measures."""
    if e.kind != "boundaryEvent" or e.host is None:
        return around.before(e.id), around.after(e.id)
    host = document.elements[e.host]
    if document.is_step(host):
        return tuple(x for x in around.before(host.id) if x != host.id), (host.id,)
    inside = {x.id for x in document.steps if _within(document, x, host.id)}
    before = tuple(x for x in around.before(host.id) if x not in inside)
    last = around.before(f"{host.id}/out") if host.kind != "adHocSubProcess" else tuple(sorted(inside))
    return before, last or tuple(sorted(inside))


def _within(document: Document, e: Element, scope: str) -> bool:
    while e.scope in document.elements:
        if e.scope == scope:
            return True
        e = document.elements[e.scope]
    return False
