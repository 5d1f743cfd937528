"""What is wrong with a blueprint file: its shape against the schema, and its names against each other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from mining.blueprint import model as m
from mining.blueprint import yaml12
from mining.errors import MiningError, hint
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

IMPLIED = ("max-", "role-")
NEEDS_B = (
    *("precedence", "response", "succession", "together", "not_together", "not_followed_by", "not_before"),
    *("immediate_response", "immediate_precedence", "four_eyes", "same_handler"),
)
NEEDS = {"at_most": "n", "performed_by": "role", "not_before": "after"} | dict.fromkeys(NEEDS_B, "b")


def value_problems(raw: dict[str, Any], lines: dict[yaml12.Path, int], name: str) -> Iterator[str]:
    """Durations and dates that the schema lets pass but that mean nothing."""
    texts: list[tuple[yaml12.Path, Any, bool]] = [
        (("effective", key), raw["effective"].get(key), False) for key in ("from", "to")
    ]
    texts.append((("approval", "date"), raw.get("approval", {}).get("date"), False))
    for key, fields in (("rules", ("within", "after")), ("standards", ("max",))):
        texts += [((key, i, f), x.get(f), True) for i, x in enumerate(raw.get(key, [])) for f in fields]
    texts += [
        (("allow", i, "valid", j), day, False)
        for i, x in enumerate(raw.get("allow", []))
        for j, day in enumerate(x["valid"])
    ]
    for path, text, is_duration in texts:
        try:
            if isinstance(text, str):
                _ = Duration.parse(text) if is_duration else date.fromisoformat(text)
        except MiningError as error:
            yield f"{name}:{line_of(lines, path)}: {'.'.join(map(str, path))}: {error}"
        except ValueError:
            yield f"{name}:{line_of(lines, path)}: {'.'.join(map(str, path))}: {text!r} is not a date."


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
        if a.labels and not a.observable:
            yield (
                ("activities", i),
                f"activity {a.id!r} has labels, so the log shows it, but is marked observable: false. Keep one.",
            )
    yield from _flow_problems(raw["flow"], ("flow",), known)
    observable = {a.id for a in b.activities if a.observable}
    if not observable & set(b.scope.ends_with) and set(b.scope.ends_with) <= known:
        yield (
            ("scope", "ends_with"),
            "scope.ends_with: none of these activities leaves a trace in the log, so no case would ever be complete.",
        )
    for spec in b.calendars:
        yield from ((("calendars", spec.id), what) for what in _calendar_faults(spec))
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
        yield from _idle_keys(r, raw["rules"][i], at)
        for length in filter(None, (r.within, r.after)):
            yield from _calendar_problems(b, length, r.calendar, at)
    for i, s in enumerate(b.standards):
        yield from _standard_problems(b, s, ("standards", i), known, check)
    yield from _allow_problems(b, known)


USED_BY = {
    "b": NEEDS_B,
    "n": ("must_occur", "at_most"),
    "role": ("performed_by",),
    "within": ("response", "succession"),
    "after": ("not_before",),
    "calendar": ("response", "succession", "not_before"),
    "a_at": ("precedence", "response", "succession", "not_followed_by", "not_before"),
    "b_at": ("precedence", "response", "succession", "not_followed_by", "not_before"),
}


def _idle_keys(rule: m.Rule, written: dict[str, Any], at: yaml12.Path) -> Iterator[Problem]:
    """Keys that this kind of rule does not read, and a rule of an activity with itself."""
    for key, kinds in USED_BY.items():
        if key in written and rule.kind not in kinds:
            yield (
                (*at, key),
                f"rule {rule.id}: {key!r} has no meaning for {rule.kind}; it belongs to {', '.join(kinds)}.",
            )
    if rule.a == rule.b:
        yield at, f"rule {rule.id}: a and b are the same activity {rule.a!r}. To limit repeats write at_most."


def _calendar_faults(spec: m.CalendarSpec) -> Iterator[str]:
    from mining.calendars import calendar_of  # above this module; it knows what a calendar can mean

    try:
        if not len(calendar_of(spec).opens):
            yield f"calendar {spec.id}: no day in its coverage has opening hours."
    except MiningError as error:
        yield str(error)


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
            if check.id.startswith(IMPLIED):
                yield (
                    (key, i),
                    f"{key}.{i}: ids that begin with {' or '.join(IMPLIED)} are kept for checks made from roles and loop limits.",
                )
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
    allowed = {"start": {"case_start"}, "end": {"case_end"}, "of": {"case_end"} if s.metric == "due_date" else set()}
    for field, key in (("start", "from"), ("end", "to"), ("of", "of")):
        for name in getattr(s, field):
            yield from check("activity", name, known | allowed[field], (*at, key))
    hidden = {a.id for a in b.activities if not a.observable}
    for stop in s.stop_clock:
        for name in {stop.start, stop.end} & hidden:
            yield (
                (*at, "stop_clock"),
                f"standard {s.id}: {name!r} leaves no trace in the log, so the clock cannot be stopped by it.",
            )
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
        if getattr(s, field) in (None, ()):
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
    attributes = b.binding.attributes
    conditional: tuple[tuple[str, Sequence[m.Rule | m.Standard | m.Allowance]], ...] = (
        ("rules", b.rules),
        ("standards", b.standards),
        ("allow", b.allowances),
    )
    for key, items in conditional:
        for i, item in enumerate(items):
            for j, condition in enumerate(item.when):
                at = (key, i, "when", j)
                if condition.attr not in attributes:
                    yield (
                        at,
                        f"{key}.{i}.when.{j}: unknown attribute {condition.attr!r}.{hint(condition.attr, attributes)}",
                    )
                else:
                    yield from (
                        (at, f"{key}.{i}.when.{j}: {what}")
                        for what in _mismatch(condition, attributes[condition.attr].type)
                    )


KINDS_OF_VALUE: dict[str, tuple[type, ...]] = {"number": (int, float), "string": (str,), "boolean": (bool,)}


def _mismatch(condition: m.Condition, type_: str) -> Iterator[str]:
    """A condition whose value can never equal, or be compared with, an attribute of that type."""
    several = condition.op in ("in", "not_in")
    if several != isinstance(condition.value, list):
        yield f"{condition.op} needs {'a list of values' if several else 'one value'}, not {condition.value!r}."
        return
    if type_ not in KINDS_OF_VALUE:
        yield f"{condition.attr} is a {type_}; conditions compare text, numbers and booleans."
        return
    for value in condition.value if several else [condition.value]:
        if not isinstance(value, KINDS_OF_VALUE[type_]) or (type_ == "number" and isinstance(value, bool)):
            yield (
                f"{condition.attr} is declared as {type_}, so it is never {condition.op} {value!r}. "
                f"Declare its type under log.attributes ({{column: ..., type: number}}), or write the value as {type_}."
            )
