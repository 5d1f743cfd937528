"""From a YAML file to a Blueprint: schema first, then names, each error with file, line and key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from mining.binding import Attribute, Binding, Lifecycle
from mining.blueprint import model as m
from mining.blueprint import yaml12
from mining.errors import BlueprintError, hint
from mining.units import Duration

MOST_SHOWN = 12
Problem = tuple[yaml12.Path, str]


def read_blueprint(path: str | Path) -> m.Blueprint:
    """Read a service blueprint.

    Parameters
    ----------
    path : str or Path
        A YAML file in format 1.0 (``sbp: "1.0"``).

    Returns
    -------
    Blueprint
        Checked against the schema, with all names resolved and a sound flow.

    Raises
    ------
    BlueprintError
        Names the file, the line and the key of up to twelve problems: not YAML, a misspelt key, a value of the
        wrong kind, an unknown activity, lane, stage, role or calendar, a label bound twice, an unsound flow.

    Examples
    --------
    >>> blueprint = read_blueprint("sample_logs/bank_loan/blueprint.yaml")
    >>> blueprint.lane_of("approve").visible
    False
    """
    file = Path(path)
    try:
        data = file.read_bytes()
        text = data.decode("utf-8-sig")
    except FileNotFoundError:
        near = sorted(p.name for p in file.parent.glob("*.y*ml")) if file.parent.is_dir() else []
        raise BlueprintError(f"{file}: no such blueprint file. YAML files in that folder: {', '.join(near) or 'none'}.") from None
    except IsADirectoryError:
        raise BlueprintError(f"{file} is a folder. Name the blueprint file in it.") from None
    except UnicodeDecodeError as error:
        raise BlueprintError(f"{file}: not UTF-8 text (byte {error.start}). Save the blueprint as UTF-8.") from None
    return parse_blueprint(text, name=str(file), sha256=hashlib.sha256(data).hexdigest())


def parse_blueprint(text: str, *, name: str = "blueprint", sha256: str | None = None) -> m.Blueprint:
    """Build a blueprint from YAML text; as :func:`read_blueprint`, with ``name`` for the messages."""
    raw, lines = yaml12.load(text, name)
    problems = list(_schema_problems(raw, lines, name))
    if problems:
        raise _refusal(problems)
    blueprint = _build(raw, lines, name, sha256 or hashlib.sha256(text.encode()).hexdigest())
    problems = list(_name_problems(blueprint, raw))
    if problems:
        raise _refusal([f"{name}:{_line(lines, at)}: {what}" for at, what in problems])
    _ = blueprint.automaton  # an unsound flow is an error here, not later
    return blueprint


def _refusal(problems: list[str]) -> BlueprintError:
    more = f"\n... and {len(problems) - MOST_SHOWN} more" if len(problems) > MOST_SHOWN else ""
    return BlueprintError("\n".join(problems[:MOST_SHOWN]) + more)


def _line(lines: dict[yaml12.Path, int], path: yaml12.Path) -> int:
    while path not in lines:
        path = path[:-1]
    return lines[path]


# --- schema ------------------------------------------------------------------------------------------------------------


@cache
def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the format."""
    loaded: dict[str, Any] = json.loads(files("mining.blueprint").joinpath("blueprint.schema.json").read_text("utf-8"))
    return loaded


def _schema_problems(raw: Any, lines: dict[yaml12.Path, int], name: str) -> Iterator[str]:
    from jsonschema import Draft202012Validator

    if not isinstance(raw, dict):
        yield f"{name}:1: a blueprint is a set of keys (sbp, id, version, ...); this file holds {type(raw).__name__}."
        return
    errors = sorted(Draft202012Validator(schema()).iter_errors(raw), key=lambda e: (_line(lines, tuple(e.absolute_path)), str(e.message)))
    yield from (f"{name}:{_line(lines, path)}: {what}" for path, what in _flow_shape(raw.get("flow", "?"), ("flow",)))
    for error in errors:
        if tuple(error.absolute_path)[:1] == ("flow",):
            continue  # told better by _flow_shape
        deepest = _deepest(error)
        path = tuple(deepest.absolute_path)
        yield f"{name}:{_line(lines, _at(deepest, path))}: {_say(deepest, path)}"


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
        if word in ("choice", "parallel", "free") and not (isinstance(raw[word], list) and len(raw[word]) > (word != "free")):
            yield (*path, word), f"{place}: {word} needs a list of {'activities' if word == 'free' else 'two or more parts'}."
        elif word == "free" and not all(isinstance(x, str) for x in raw[word]):
            yield (*path, word), f"{place}: free holds activities only, not blocks."
        elif word is not None:
            for key in (word, "redo"):
                if key in raw:
                    yield from _flow_shape(raw[key], (*path, key))
        if "max" in raw and not (isinstance(raw["max"], int) and raw["max"] >= 1):
            yield (*path, "max"), f"{place}: max must be a whole number from 1."
    else:
        yield path, f"{place}: {raw!r} is not a part of a flow. Write an activity, a list (sequence), or one of {', '.join(FLOW_WORDS)}."


def _deepest(error: Any) -> Any:
    """Of the ways a value could have been written, the one that came furthest: its complaint is the useful one."""
    while error.context:
        error = max(error.context, key=lambda e: (len(e.absolute_path), e.validator == "additionalProperties", -len(e.message)))
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
            return f"{place}: {error.instance!r} is not one of the words allowed here.{hint(error.instance, error.validator_value, most=30)}"
        case "pattern":
            return f"{place}: {error.instance!r} is not written as it must be (pattern {error.validator_value})."
        case "const":
            return f"{place}: {error.instance!r} must be {error.validator_value!r}."
        case "type":
            return f"{place}: {error.instance!r} must be of type {error.validator_value}; quote it if it is meant as text."
        case _:
            return f"{place}: {error.message}"


# --- values ------------------------------------------------------------------------------------------------------------


def _build(raw: dict[str, Any], lines: dict[yaml12.Path, int], name: str, sha256: str) -> m.Blueprint:
    approval = raw.get("approval")
    scope = raw["scope"]
    return m.Blueprint(
        id=raw["id"],
        version=raw["version"],
        name=m.Text(raw["name"]),
        owner=raw["owner"],
        status=raw["status"],
        service_type=raw["service_type"],
        scope=m.Scope(
            tuple(scope["starts_with"]), tuple(scope["ends_with"]), scope["unit_of_analysis"], scope.get("segment"), scope.get("excludes")
        ),
        effective=(raw["effective"]["from"], raw["effective"].get("to")),
        lanes=tuple(m.Lane(x["id"], x["kind"], m.Text(x["name"])) for x in raw["lanes"]),
        stages=tuple(m.Stage(x["id"], m.Text(x["name"]), x.get("type")) for x in raw["stages"]),
        activities=tuple(_activity(x) for x in raw["activities"]),
        flow=_flow(_flow_source(raw, lines, name)),
        binding=_binding(raw["log"], {x["due"] for x in raw.get("standards", ()) if "due" in x}),
        roles=tuple(m.Role(k, m.Text(v["name"]), tuple(v.get("resources", ()))) for k, v in raw.get("roles", {}).items()),
        rules=tuple(_rule(x) for x in raw.get("rules", [])),
        standards=tuple(_standard(x) for x in raw.get("standards", [])),
        kpis=tuple(m.Kpi(x["id"], m.Text(x["name"]), x["formula"], x["target"], x["direction"]) for x in raw.get("kpis", [])),
        allowances=tuple(_allowance(x) for x in raw.get("allow", [])),
        calendars=tuple(_calendar(k, v) for k, v in raw.get("calendars", {}).items()),
        approval=m.Approval(approval["by"], approval["date"], approval.get("ref")) if approval else None,
        path=name,
        sha256=sha256,
        lines=lines,
    )


def _flow_source(raw: dict[str, Any], lines: dict[yaml12.Path, int], name: str) -> Any:
    flow = raw.get("flow")
    if flow is None:
        raise BlueprintError(f"{name}:1: missing key 'flow': the order of the activities. For a service without a fixed order write flow: {{free: [...]}}.")
    if isinstance(flow, dict) and "bpmn" in flow:
        raise BlueprintError(f"{name}:{_line(lines, ('flow', 'bpmn'))}: flow.bpmn: a flow kept in a BPMN file cannot be read by this version. Write the flow in the blueprint.")
    return flow


def _activity(x: dict[str, Any]) -> m.Activity:
    touchpoint, fail_point = x.get("touchpoint"), x.get("fail_point")
    return m.Activity(
        id=x["id"],
        lane=x["lane"],
        stage=x["stage"],
        name=m.Text(x["name"]),
        role=x.get("role"),
        labels=tuple(x.get("labels", ())),
        observable=x.get("observable", True),
        rework=x.get("rework", False),
        wait_point=x.get("wait_point", False),
        touchpoint=m.Touchpoint(
            key=touchpoint["key"],
            moment_of_truth=touchpoint.get("moment_of_truth", False),
            channels=tuple(touchpoint.get("channels", ())),
            evidence=tuple(touchpoint.get("evidence", ())),
            rater=tuple(touchpoint.get("rater", ())),
            importance=touchpoint.get("importance"),
        )
        if touchpoint
        else None,
        fail_point=m.FailPoint(
            m.Text(fail_point["failure"]), fail_point.get("s"), fail_point.get("o"), fail_point.get("d"), fail_point.get("control")
        )
        if fail_point
        else None,
    )


def _flow(x: Any) -> m.Flow:
    match x:
        case str():
            return m.Step(x)
        case list():
            return _flow(x[0]) if len(x) == 1 else m.Sequence(tuple(_flow(y) for y in x))
        case {"optional": item}:
            return m.Optional_(_flow(item))
        case {"choice": items}:
            return m.Choice(tuple(_flow(y) for y in items))
        case {"parallel": items}:
            return m.Parallel(tuple(_flow(y) for y in items))
        case {"free": activities}:
            return m.Free(tuple(activities))
        case _:
            return m.Loop(_flow(x["loop"]), _flow(x["redo"]) if "redo" in x else None, x.get("max"))


def _binding(x: dict[str, Any], due: set[str]) -> Binding:
    """The log section; an attribute that a standard uses as a due date is a datetime without being told."""
    life = x.get("lifecycle")

    def attribute(name: str, written: str | dict[str, str]) -> Attribute:
        full = {"column": written} if isinstance(written, str) else written
        return Attribute(full["column"], full.get("type", "datetime" if name in due else "string"), full.get("tz"))

    return Binding(
        case=x["case"],
        activity=x["activity"],
        timestamp=x["timestamp"],
        start=x.get("start"),
        resource=x.get("resource"),
        lifecycle=Lifecycle(life["column"], life["complete"], life.get("start"), life.get("schedule")) if life else None,
        attributes={name: attribute(name, written) for name, written in x.get("attributes", {}).items()},
        ignore=tuple(x.get("ignore", ())),
        tz=x.get("tz"),
        origin="blueprint",
    )


def _conditions(x: dict[str, Any]) -> tuple[m.Condition, ...]:
    return tuple(m.Condition(c["attr"], c["op"], c["value"]) for c in x.get("when", ()))


def _duration(value: Any) -> Any:
    return Duration.parse(value) if isinstance(value, str) else value


def _rule(x: dict[str, Any]) -> m.Rule:
    return m.Rule(
        id=x["id"],
        kind=x["kind"],
        a=x["a"],
        b=x.get("b"),
        a_at=x.get("a_at", "complete"),
        b_at=x.get("b_at", "complete"),
        n=x.get("n"),
        role=x.get("role"),
        within=_duration(x.get("within")),
        after=_duration(x.get("after")),
        calendar=x.get("calendar"),
        when=_conditions(x),
        severity=x["severity"],
        basis=x["basis"],
        text=m.Text(x["text"]) if "text" in x else None,
    )


def _moments(x: Any) -> tuple[str, ...]:
    if x is None:
        return ()
    return (x,) if isinstance(x, str) else tuple(x["any"])


def _standard(x: dict[str, Any]) -> m.Standard:
    return m.Standard(
        id=x["id"],
        dimension=x["dimension"],
        metric=x["metric"],
        severity=x["severity"],
        basis=x["basis"],
        start=_moments(x.get("from")),
        end=_moments(x.get("to")),
        of=_moments(x.get("of")),
        due=x.get("due"),
        source=x.get("source"),
        item=x.get("item"),
        limit=_duration(x.get("max")),
        minimum=x.get("min"),
        share=x.get("share"),
        calendar=x.get("calendar"),
        stop_clock=tuple(m.Stop(s["from"], s["to"]) for s in x.get("stop_clock", ())),
        when=_conditions(x),
        touchpoint=x.get("touchpoint"),
        text=m.Text(x["text"]) if "text" in x else None,
    )


def _allowance(x: dict[str, Any]) -> m.Allowance:
    return m.Allowance(
        id=x["id"],
        match=x["match"],
        decision=x["decision"],
        reason=m.Text(x["reason"]),
        approved_by=x["approved_by"],
        valid=(x["valid"][0], x["valid"][1]),
        when=_conditions(x),
        max_share=x.get("max_share"),
    )


def _calendar(id: str, x: dict[str, Any]) -> m.CalendarSpec:
    return m.CalendarSpec(
        id=id,
        tz=x["tz"],
        week={k: tuple(v) for k, v in x["week"].items()},
        coverage=(x["coverage"][0], x["coverage"][1]),
        closed=tuple(x.get("closed", ())),
        extra_workdays={d["date"]: d["as"] for d in x.get("extra_workdays", ())},
        source=x.get("source"),
    )


# --- names -------------------------------------------------------------------------------------------------------------

NEEDS_B = (
    "precedence response succession together not_together not_followed_by immediate_response immediate_precedence "
    "four_eyes same_handler not_before"
).split()
NEEDS = {"at_most": "n", "performed_by": "role", "not_before": "after"} | dict.fromkeys(NEEDS_B, "b")


def _name_problems(b: m.Blueprint, raw: dict[str, Any]) -> Iterator[Problem]:
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
            yield ("activities", i), f"activity {a.id!r} has no labels, so no log can show it. Name its log labels, or set observable: false."
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
    for key, checks in (("rules", b.rules), ("standards", b.standards)):
        for i, check in enumerate(checks):
            if check.id in seen:
                yield (key, i), f"{key}.{i}: the id {check.id!r} is already the id of {seen[check.id]}. Rules and standards share one set of ids."
            seen[check.id] = f"{key}.{i}"
    bound: dict[str, str] = {}
    for i, a in enumerate(b.activities):
        for j, label in enumerate(a.labels):
            if label in bound:
                yield ("activities", i, "labels", j), f"the label {label!r} is bound twice: to {bound[label]!r} and to {a.id!r}. One label means one activity."
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
            if key != "max":
                yield from _flow_problems(item, (*path, key), known)


def _calendar_problems(b: m.Blueprint, length: Duration, calendar: str | None, at: yaml12.Path) -> Iterator[Problem]:
    names = {c.id for c in b.calendars}
    if calendar is not None and calendar not in names:
        yield (*at, "calendar"), f"{'.'.join(map(str, at))}: unknown calendar {calendar!r}.{hint(calendar, names)}"
    if length.in_business_time and calendar is None:
        yield at, f"{'.'.join(map(str, at))}: {length} is business time and needs a calendar.{hint('', names)}"


def _standard_problems(b: m.Blueprint, s: m.Standard, at: yaml12.Path, known: set[str], check: Any) -> Iterator[Problem]:
    ends = known | {"case_start", "case_end"}
    for field, key in (("start", "from"), ("end", "to"), ("of", "of")):
        for name in getattr(s, field):
            yield from check("activity", name, ends, (*at, key))
    for stop in s.stop_clock:
        yield from check("activity", stop.start, known, (*at, "stop_clock"))
        yield from check("activity", stop.end, known | {"next_event"}, (*at, "stop_clock"))
    yield from check("activity", s.touchpoint, known, (*at, "touchpoint"))
    needs = {"elapsed": ("start", "end", "limit"), "waiting": ("of", "limit"), "handling": ("of", "limit"), "due_date": ("of", "due")}
    written = {"start": "from", "end": "to", "limit": "max"}
    for field in needs.get(s.metric, ()):
        if not getattr(s, field):
            yield at, f"standard {s.id} ({s.metric}) needs the key {written.get(field, field)!r}."
    yield from check("attribute", s.due, set(b.binding.attributes), (*at, "due"))
    if s.due in b.binding.attributes and b.binding.attributes[s.due].type != "datetime":
        yield (*at, "due"), f"standard {s.id}: the attribute {s.due!r} is declared as {b.binding.attributes[s.due].type}; a due date is a datetime."
    if s.stop_clock and s.metric != "elapsed":
        yield (*at, "stop_clock"), f"standard {s.id}: clock stops belong to elapsed standards; this one measures {s.metric}."
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
    for key, items in (("rules", b.rules), ("standards", b.standards), ("allow", b.allowances)):
        for i, item in enumerate(items):
            for j, condition in enumerate(item.when):
                if condition.attr not in attributes:
                    yield (key, i, "when", j), f"{key}.{i}.when.{j}: unknown attribute {condition.attr!r}.{hint(condition.attr, attributes)}"
