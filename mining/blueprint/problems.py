"""What is wrong with a blueprint file: its shape against the schema, and its names against each other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from mining.blueprint import model as m
from mining.blueprint import yaml12
from mining.errors import hint
from mining.units import Duration

Problem = tuple[yaml12.Path, str]


def line_of(lines: dict[yaml12.Path, int], path: yaml12.Path) -> int:
    """Line of a path, or of the nearest key above it that has one."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


# --- schema ------------------------------------------------------------------------------------------------------------


@cache
def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the format."""
    loaded: dict[str, Any] = json.loads(files("mining.blueprint").joinpath("blueprint.schema.json").read_text("utf-8"))
    return loaded


def schema_problems(raw: Any, lines: dict[yaml12.Path, int], name: str) -> Iterator[str]:
    """What the schema does not allow, one line each: file, line, key, what is wrong."""
    from jsonschema import Draft202012Validator

    if not isinstance(raw, dict):
        yield f"{name}:1: a blueprint is a set of keys (sbp, id, version, ...); this file holds {type(raw).__name__}."
        return
    errors = sorted(
        Draft202012Validator(schema()).iter_errors(raw),
        key=lambda e: (line_of(lines, tuple(e.absolute_path)), str(e.message)),
    )
    yield from (f"{name}:{line_of(lines, path)}: {what}" for path, what in _flow_shape(raw.get("flow", "?"), ("flow",)))
    for error in errors:
        if tuple(error.absolute_path)[:1] == ("flow",):
            continue  # told better by _flow_shape
        deepest = _deepest(error)
        path = tuple(deepest.absolute_path)
        yield f"{name}:{line_of(lines, _at(deepest, path))}: {_say(deepest, path)}"


FLOW_WORDS = {"optional": (), "choice": (), "parallel": (), "free": (), "loop": ("redo", "max"), "bpmn": ()}


def _flow_shape(raw: Any, path: yaml12.Path) -> Iterator[Problem]:
    """What the schema would say of a flow, told at the node that is wrong instead of at the top."""
    place = ".".join(map(str, path))
    if isinstance(raw, str):
        return
    if isinstance(raw, list) and raw:
        for i, item in enumerate(raw):
            yield from _flow_shape(item, (*path, i))
    elif isinstance(raw, dict) and raw:
        word = next((w for w in FLOW_WORDS if w in raw), None)
        known = [*FLOW_WORDS, "redo", "max"] if word is None else [word, *FLOW_WORDS[word]]
        for key in raw:
            if key not in known:
                yield (*path, key), f"{place}: unknown key {key!r}.{hint(key, known, most=30)}"
        if word in ("choice", "parallel", "free") and not (
            isinstance(raw[word], list) and len(raw[word]) > (word != "free")
        ):
            yield (
                (*path, word),
                f"{place}: {word} needs a list of {'activities' if word == 'free' else 'two or more parts'}.",
            )
        elif word == "free" and not all(isinstance(x, str) for x in raw[word]):
            yield (*path, word), f"{place}: free holds activities only, not blocks."
        elif word is not None:
            for key in (word, "redo"):
                if key in raw:
                    yield from _flow_shape(raw[key], (*path, key))
        if "max" in raw and not (isinstance(raw["max"], int) and raw["max"] >= 1):
            yield (*path, "max"), f"{place}: max must be a whole number from 1."
    else:
        yield (
            path,
            f"{place}: {raw!r} is not a part of a flow. Write an activity, a list (sequence), or one of {', '.join(FLOW_WORDS)}.",
        )


def _deepest(error: Any) -> Any:
    """Of the ways a value could have been written, the one that came furthest: its complaint is the useful one."""
    while error.context:
        error = max(
            error.context, key=lambda e: (len(e.absolute_path), e.validator == "additionalProperties", -len(e.message))
        )
    return error


def _at(error: Any, path: yaml12.Path) -> yaml12.Path:
    if error.validator == "additionalProperties":
        return (*path, next(iter(_extra_keys(error)), ""))
    return path


def _extra_keys(error: Any) -> list[str]:
    return [k for k in error.instance if k not in error.schema.get("properties", {})]


def _say(error: Any, path: yaml12.Path) -> str:
    place = ".".join(map(str, path)) or "the file"
    match error.validator:
        case "additionalProperties":
            keys = _extra_keys(error)
            return f"{place}: unknown key {keys[0]!r}.{hint(keys[0], error.schema.get('properties', {}), most=30)}"
        case "required":
            missing = [k for k in error.validator_value if k not in error.instance]
            return f"{place}: missing key {missing[0]!r}."
        case "enum":
            known = hint(error.instance, error.validator_value, most=30)
            return f"{place}: {error.instance!r} is not one of the words allowed here.{known}"
        case "pattern":
            return f"{place}: {error.instance!r} is not written as it must be (pattern {error.validator_value})."
        case "const":
            return f"{place}: {error.instance!r} must be {error.validator_value!r}."
        case "type":
            return (
                f"{place}: {error.instance!r} must be of type {error.validator_value}; quote it if it is meant as text."
            )
        case _:
            return f"{place}: {error.message}"


# --- names -------------------------------------------------------------------------------------------------------------

NEEDS_B = (
    *("precedence", "response", "succession", "together", "not_together", "not_followed_by", "not_before"),
    *("immediate_response", "immediate_precedence", "four_eyes", "same_handler"),
)
NEEDS = {"at_most": "n", "performed_by": "role", "not_before": "after"} | dict.fromkeys(NEEDS_B, "b")


def name_problems(b: m.Blueprint, raw: dict[str, Any]) -> Iterator[Problem]:
    """Names that do not exist or are used twice, and keys that a rule or standard cannot do without."""
    yield from _twice(b, raw)
    lanes, stages = {x.id for x in b.lanes}, {x.id for x in b.stages}
    roles, known = {x.id for x in b.roles}, {a.id for a in b.activities}

    def check(kind: str, name: str | None, names: set[str], at: yaml12.Path) -> Iterator[Problem]:
        if name is not None and name not in names:
            yield at, f"{'.'.join(map(str, at))}: unknown {kind} {name!r}.{hint(name, names)}"

    for i, a in enumerate(b.activities):
        yield from check("lane", a.lane, lanes, ("activities", i, "lane"))
        yield from check("stage", a.stage, stages, ("activities", i, "stage"))
        yield from check("role", a.role, roles, ("activities", i, "role"))
        if a.observable and not a.labels:
            yield (
                ("activities", i),
                f"activity {a.id!r} has no labels, so no log can show it. Name its log labels, or set observable: false.",
            )
    yield from _flow_problems(raw["flow"], ("flow",), known)
    for field in ("starts_with", "ends_with"):
        for i, name in enumerate(raw["scope"][field]):
            yield from check("activity", name, known, ("scope", field, i))
    for i, r in enumerate(b.rules):
        at: yaml12.Path = ("rules", i)
        yield from check("activity", r.a, known, (*at, "a"))
        yield from check("activity", r.b, known, (*at, "b"))
        yield from check("role", r.role, roles, (*at, "role"))
        need = NEEDS.get(r.kind)
        if need and getattr(r, need) is None:
            yield at, f"rule {r.id} ({r.kind}) needs the key {need!r}."
        for length in filter(None, (r.within, r.after)):
            yield from _calendar_problems(b, length, r.calendar, at)
    for i, s in enumerate(b.standards):
        yield from _standard_problems(b, s, ("standards", i), known, check)
    yield from _allow_problems(b, known)


def _twice(b: m.Blueprint, raw: dict[str, Any]) -> Iterator[Problem]:
    for key, ids in (
        ("lanes", [x.id for x in b.lanes]),
        ("stages", [x.id for x in b.stages]),
        ("activities", [x.id for x in b.activities]),
        ("allow", [x.id for x in b.allowances]),
    ):
        for i, id in enumerate(ids):
            if id in ids[:i]:
                yield (key, i), f"{key}.{i}: the id {id!r} is used twice."
    seen: dict[str, str] = {"path": "the check of the flow"}
    both: tuple[tuple[str, Sequence[m.Rule | m.Standard]], ...] = (("rules", b.rules), ("standards", b.standards))
    for key, checks in both:
        for i, check in enumerate(checks):
            if check.id in seen:
                yield (
                    (key, i),
                    f"{key}.{i}: the id {check.id!r} is already the id of {seen[check.id]}. Rules and standards share one set of ids.",
                )
            seen[check.id] = f"{key}.{i}"
    bound: dict[str, str] = {}
    for i, a in enumerate(b.activities):
        for j, label in enumerate(a.labels):
            if label in bound:
                yield (
                    ("activities", i, "labels", j),
                    f"the label {label!r} is bound twice: to {bound[label]!r} and to {a.id!r}. One label means one activity.",
                )
            bound[label] = a.id
    for i, label in enumerate(b.binding.ignore):
        if label in bound:
            yield ("log", "ignore", i), f"the label {label!r} is ignored and also bound to {bound[label]!r}. Keep one."


def _flow_problems(raw: Any, path: yaml12.Path, known: set[str]) -> Iterator[Problem]:
    if isinstance(raw, str):
        if raw not in known:
            yield path, f"{'.'.join(map(str, path))}: unknown activity {raw!r}.{hint(raw, known)}"
    elif isinstance(raw, list):
        for i, item in enumerate(raw):
            yield from _flow_problems(item, (*path, i), known)
    elif isinstance(raw, dict):
        for key, item in raw.items():
            if key not in ("max", "bpmn"):
                yield from _flow_problems(item, (*path, key), known)


def _calendar_problems(b: m.Blueprint, length: Duration, calendar: str | None, at: yaml12.Path) -> Iterator[Problem]:
    names = {c.id for c in b.calendars}
    if calendar is not None and calendar not in names:
        yield (*at, "calendar"), f"{'.'.join(map(str, at))}: unknown calendar {calendar!r}.{hint(calendar, names)}"
    if length.in_business_time and calendar is None:
        yield at, f"{'.'.join(map(str, at))}: {length} is business time and needs a calendar.{hint('', names)}"


def _standard_problems(
    b: m.Blueprint, s: m.Standard, at: yaml12.Path, known: set[str], check: Any
) -> Iterator[Problem]:
    ends = known | {"case_start", "case_end"}
    for field, key in (("start", "from"), ("end", "to"), ("of", "of")):
        for name in getattr(s, field):
            yield from check("activity", name, ends, (*at, key))
    for stop in s.stop_clock:
        yield from check("activity", stop.start, known, (*at, "stop_clock"))
        yield from check("activity", stop.end, known | {"next_event"}, (*at, "stop_clock"))
    yield from check("activity", s.touchpoint, known, (*at, "touchpoint"))
    needs = {
        "elapsed": ("start", "end", "limit"),
        "waiting": ("of", "limit"),
        "handling": ("of", "limit"),
        "due_date": ("of", "due"),
    }
    written = {"start": "from", "end": "to", "limit": "max"}
    for field in needs.get(s.metric, ()):
        if not getattr(s, field):
            yield at, f"standard {s.id} ({s.metric}) needs the key {written.get(field, field)!r}."
    yield from check("attribute", s.due, set(b.binding.attributes), (*at, "due"))
    if s.due in b.binding.attributes and b.binding.attributes[s.due].type != "datetime":
        yield (
            (*at, "due"),
            f"standard {s.id}: the attribute {s.due!r} is declared as {b.binding.attributes[s.due].type}; a due date is a datetime.",
        )
    if s.stop_clock and s.metric != "elapsed":
        yield (
            (*at, "stop_clock"),
            f"standard {s.id}: clock stops belong to elapsed standards; this one measures {s.metric}.",
        )
    if isinstance(s.limit, Duration):
        yield from _calendar_problems(b, s.limit, s.calendar, at)
    elif s.limit is not None and s.metric in ("elapsed", "waiting", "handling"):
        yield (*at, "max"), f"standard {s.id}: max {s.limit!r} has no unit. Write 30min, 4h, 4bh or 5bd."


def _allow_problems(b: m.Blueprint, known: set[str]) -> Iterator[Problem]:
    rules, standards = {r.id for r in b.rules}, {s.id for s in b.standards}
    for i, allowance in enumerate(b.allowances):
        for key, names in (("activity", known), ("rule", rules), ("standard", standards)):
            name = allowance.match.get(key)
            if name is not None and name not in names:
                yield ("allow", i, "match", key), f"allow.{i}.match.{key}: unknown {key} {name!r}.{hint(name, names)}"
    attributes = set(b.binding.attributes)
    conditional: tuple[tuple[str, Sequence[m.Rule | m.Standard | m.Allowance]], ...] = (
        ("rules", b.rules),
        ("standards", b.standards),
        ("allow", b.allowances),
    )
    for key, items in conditional:
        for i, item in enumerate(items):
            for j, condition in enumerate(item.when):
                if condition.attr not in attributes:
                    yield (
                        (key, i, "when", j),
                        f"{key}.{i}.when.{j}: unknown attribute {condition.attr!r}.{hint(condition.attr, attributes)}",
                    )
