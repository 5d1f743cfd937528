"""From a YAML file to a Blueprint: schema first, then names, each error with file, line and key."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from mining.automaton import TooManyStatesError
from mining.binding import WRITTEN, Attribute, Binding, Lifecycle
from mining.blueprint import model as m
from mining.blueprint import yaml12
from mining.blueprint.bpmn import read_flow
from mining.blueprint.problems import line_of, name_problems, schema_problems, value_problems
from mining.errors import BlueprintError
from mining.units import Duration

MOST_SHOWN = 12


def read_blueprint(path: str | Path) -> m.Blueprint:
    """Read a service blueprint.

    Parameters
    ----------
    path : str or Path
        A YAML file in format 1.0 (``sbp: "1.0"``).

    Returns
    -------
    Blueprint
        Checked against the schema, with all names resolved and a sound flow. ``sha256`` is the hash of the file; where the flow
        is kept in a BPMN file, of the two files one after the other (``cat blueprint.yaml flow.bpmn | sha256sum``).

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
        raise BlueprintError(
            f"{file}: no such blueprint file. YAML files in that folder: {', '.join(near) or 'none'}."
        ) from None
    except IsADirectoryError:
        raise BlueprintError(f"{file} is a folder. Name the blueprint file in it.") from None
    except UnicodeDecodeError as error:
        raise BlueprintError(f"{file}: not UTF-8 text (byte {error.start}). Save the blueprint as UTF-8.") from None
    return _parse(text, str(file), data)


def parse_blueprint(text: str, *, name: str = "blueprint") -> m.Blueprint:
    """Build a blueprint from YAML text; as :func:`read_blueprint`, with ``name`` for the messages."""
    return _parse(text, name, text.encode("utf-8", "surrogatepass"))


def _parse(text: str, name: str, data: bytes) -> m.Blueprint:
    raw, lines = yaml12.load(text, name)
    problems = list(schema_problems(raw, lines, name)) or list(value_problems(raw, lines, name))
    if problems:
        raise _refusal(problems)
    blueprint = _build(raw, lines, name, data)
    problems = [f"{name}:{line_of(lines, at)}: {what}" for at, what in name_problems(blueprint, raw)]
    if problems:
        raise _refusal(problems)
    with suppress(TooManyStatesError):  # then it is searched, not listed; see conformance.path
        _ = blueprint.automaton  # an unsound flow is an error here, not later
    return blueprint


def _refusal(problems: list[str]) -> BlueprintError:
    more = f"\n... and {len(problems) - MOST_SHOWN} more" if len(problems) > MOST_SHOWN else ""
    return BlueprintError("\n".join(problems[:MOST_SHOWN]) + more)


# --- values ------------------------------------------------------------------------------------------------------------


def _build(raw: dict[str, Any], lines: dict[yaml12.Path, int], name: str, data: bytes) -> m.Blueprint:
    approval = raw.get("approval")
    activities = tuple(_activity(x) for x in raw["activities"])
    return m.Blueprint(
        id=raw["id"],
        version=raw["version"],
        name=m.Text(raw["name"]),
        owner=raw["owner"],
        status=raw["status"],
        service_type=raw["service_type"],
        scope=_scope(raw["scope"]),
        effective=(raw["effective"]["from"], raw["effective"].get("to")),
        lanes=tuple(m.Lane(x["id"], x["kind"], m.Text(x["name"])) for x in raw["lanes"]),
        stages=tuple(m.Stage(x["id"], m.Text(x["name"]), x.get("type")) for x in raw["stages"]),
        activities=activities,
        flow=_flow_of(raw, activities, name),
        binding=_binding(raw["log"], {x["due"] for x in raw.get("standards", ()) if "due" in x}),
        roles=tuple(
            m.Role(k, m.Text(v["name"]), tuple(v.get("resources", ()))) for k, v in raw.get("roles", {}).items()
        ),
        rules=tuple(_rule(x) for x in raw.get("rules", [])),
        standards=tuple(_standard(x) for x in raw.get("standards", [])),
        kpis=tuple(
            m.Kpi(x["id"], m.Text(x["name"]), x["formula"], x["target"], x["direction"]) for x in raw.get("kpis", [])
        ),
        allowances=tuple(_allowance(x) for x in raw.get("allow", [])),
        calendars=tuple(_calendar(k, v) for k, v in raw.get("calendars", {}).items()),
        approval=m.Approval(approval["by"], approval["date"], approval.get("ref")) if approval else None,
        path=name,
        sha256=hashlib.sha256(data + _flow_file(raw, name)).hexdigest(),
        lines=lines,
    )


def _flow_of(raw: dict[str, Any], activities: tuple[m.Activity, ...], name: str) -> m.Flow:
    """The flow as written, or read from the BPMN file that it names (relative to the blueprint)."""
    flow = raw["flow"]
    if isinstance(flow, dict) and "bpmn" in flow:
        return replace(read_flow(Path(name).parent / flow["bpmn"], activities), source=flow["bpmn"])
    return _flow(flow)


def _flow_file(raw: dict[str, Any], name: str) -> bytes:
    """The BPMN file that the flow names, byte for byte: it is part of the norm, so of the evidence."""
    flow = raw["flow"]
    return (Path(name).parent / flow["bpmn"]).read_bytes() if isinstance(flow, dict) and "bpmn" in flow else b""


def _scope(x: dict[str, Any]) -> m.Scope:
    return m.Scope(
        starts_with=tuple(x["starts_with"]),
        ends_with=tuple(x["ends_with"]),
        unit_of_analysis=x["unit_of_analysis"],
        segment=x.get("segment"),
        excludes=x.get("excludes"),
        withdrawn_by=tuple(x.get("withdrawn_by", ())),
        reopened_by=tuple(x.get("reopened_by", ())),
        abandoned_after=_duration(x.get("abandoned_after")),
    )


def _activity(x: dict[str, Any]) -> m.Activity:
    fail_point = x.get("fail_point")
    return m.Activity(
        id=x["id"],
        lane=x["lane"],
        stage=x["stage"],
        name=m.Text(x["name"]),
        role=x.get("role"),
        labels=tuple(x.get("labels", ())),
        replaced_by=tuple(x.get("replaced_by", ())),
        observable=x.get("observable", True),
        rework=x.get("rework", False),
        wait_point=x.get("wait_point", False),
        touchpoint=_touchpoint(x["touchpoint"]) if "touchpoint" in x else None,
        fail_point=m.FailPoint(
            m.Text(fail_point["failure"]),
            fail_point.get("s"),
            fail_point.get("o"),
            fail_point.get("d"),
            fail_point.get("control"),
        )
        if fail_point
        else None,
    )


def _touchpoint(x: dict[str, Any]) -> m.Touchpoint:
    return m.Touchpoint(
        key=x["key"],
        moment_of_truth=x.get("moment_of_truth", False),
        channels=tuple(x.get("channels", ())),
        evidence=tuple(x.get("evidence", ())),
        proofs=tuple(m.Proof(p["of"], p.get("attr"), p.get("activity")) for p in x.get("proofs", ())),
        fails_when=_conditions(x, "fails_when"),
        rater=tuple(x.get("rater", ())),
        importance=x.get("importance"),
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
        kind = full.get("type", "datetime" if name in due else "string")
        return Attribute(full["column"], kind, full.get("tz"), full.get("format"), full.get("decimal"))

    return Binding(
        case=x["case"],
        activity=x["activity"],
        timestamp=x["timestamp"],
        start=x.get("start"),
        resource=x.get("resource"),
        lifecycle=Lifecycle(life["column"], life["complete"], life.get("start"), life.get("schedule"))
        if life
        else None,
        attributes={name: attribute(name, written) for name, written in x.get("attributes", {}).items()},
        ignore=tuple(x.get("ignore", ())),
        tz=x.get("tz"),
        origin="blueprint",
        **cast("dict[str, Any]", {key: x.get(key) for key in WRITTEN}),
        order_by=tuple(x.get("order_by", ())),
    )


def _conditions(x: dict[str, Any], key: str = "when") -> tuple[m.Condition, ...]:
    return tuple(m.Condition(c["attr"], c["op"], c["value"]) for c in x.get(key, ()))


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
        attr=x.get("attr"),
        one_of=tuple(x.get("one_of", ())),
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
