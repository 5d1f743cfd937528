"""From a Blueprint back to the file: the plain values of the format, and whether two blueprints say the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from mining.binding import WRITTEN, Attribute, Binding
from mining.blueprint import model as m
from mining.blueprint.yaml_text import to_yaml
from mining.units import Duration

__all__ = ["same", "to_raw", "to_yaml"]

FORMAT = "1.0"


def to_raw(blueprint: m.Blueprint) -> dict[str, Any]:
    """The blueprint as the plain values of its file: what the loader would have to read to build it again.

    Parameters
    ----------
    blueprint : Blueprint

    Returns
    -------
    dict
        Dictionaries, lists, texts, numbers and booleans in the order of the format. Keys that hold their default are left out,
        ids and the order of lists are kept. A flow from a BPMN file stays a reference to that file.

    Examples
    --------
    >>> from mining.blueprint import read_blueprint
    >>> raw = to_raw(read_blueprint("sample_logs/bank_loan/blueprint.yaml"))
    >>> raw["flow"][6]
    {'optional': {'loop': 'validate', 'redo': 'chase_docs', 'max': 3}}
    >>> raw["rules"][3]["when"]
    [{'attr': 'amount', 'op': '>=', 'value': 5000}]
    """
    b = blueprint
    return {"sbp": FORMAT, "id": b.id, "version": b.version, "name": _text(b.name)} | _given(
        service_type=b.service_type,
        status=b.status,
        owner=b.owner,
        approval=_given(by=b.approval.by, date=b.approval.date, ref=b.approval.ref) if b.approval else None,
        effective=_given(**{"from": b.effective[0], "to": b.effective[1]}),
        scope=_scope(b.scope),
        calendars={c.id: _calendar(c) for c in b.calendars},
        lanes=[{"id": x.id, "kind": x.kind, "name": _text(x.name)} for x in b.lanes],
        stages=[{"id": x.id} | _given(type=x.type) | {"name": _text(x.name)} for x in b.stages],
        roles={r.id: {"name": _text(r.name)} | _given(resources=list(r.resources)) for r in b.roles},
        log=_log(b.binding),
        activities=[_activity(a) for a in b.activities],
        flow=flow_raw(b.flow),
        rules=[_rule(r) for r in b.rules],
        standards=[_standard(s) for s in b.standards],
        kpis=[_kpi(k) for k in b.kpis],
        allow=[_allowance(a) for a in b.allowances],
    )


def same(a: m.Blueprint, b: m.Blueprint) -> bool:
    """Whether two blueprints say the same, whatever their files look like.

    Comments, the order of keys, and defaults written out or left out make no difference; the order of lists does. Flows from
    BPMN files are the same if the files mean the same net.

    Examples
    --------
    >>> from mining.blueprint import parse_blueprint, read_blueprint
    >>> loan = read_blueprint("sample_logs/bank_loan/blueprint.yaml")
    >>> same(loan, parse_blueprint(to_yaml(to_raw(loan))))
    True
    """
    graphs = [x.flow for x in (a, b) if isinstance(x.flow, m.Graph)]
    return to_raw(a) == to_raw(b) and (len(graphs) < 2 or graphs[0] == graphs[1])


def flow_raw(flow: m.Flow) -> Any:
    """A flow as the file writes it: activities, lists, and the flow words.

    Examples
    --------
    >>> flow_raw(m.Sequence((m.Step("a"), m.Optional_(m.Loop(m.Step("b"), max=2)))))
    ['a', {'optional': {'loop': 'b', 'max': 2}}]
    """
    match flow:
        case m.Step(activity):
            return activity
        case m.Sequence(items):
            return flow_raw(items[0]) if len(items) == 1 else [flow_raw(x) for x in items]
        case m.Choice(items):
            return {"choice": [flow_raw(x) for x in items]}
        case m.Parallel(items):
            return {"parallel": [flow_raw(x) for x in items]}
        case m.Optional_(item):
            return {"optional": flow_raw(item)}
        case m.Loop(body, redo, most):
            return {"loop": flow_raw(body)} | _given(redo=None if redo is None else flow_raw(redo), max=most)
        case m.Free(activities):
            return {"free": list(activities)}
        case m.Graph():
            return {"bpmn": flow.source}


# --- parts -------------------------------------------------------------------------------------------------------------


def _given(**keys: Any) -> dict[str, Any]:
    """Keys that say something; None and empty collections are the defaults of the format."""
    return {key: value for key, value in keys.items() if value is not None and value not in ([], {})}


def _text(text: m.Text) -> dict[str, str]:
    return dict(text.by_language)


def _text_or_none(text: m.Text | None) -> dict[str, str] | None:
    return None if text is None else _text(text)


def _length(value: Duration | float | None) -> str | float | None:
    """A duration with all its digits: ``str`` of one rounds to six, for people."""
    return f"{_digits(value.amount)}{value.unit}" if isinstance(value, Duration) else value


def _digits(amount: float) -> str:
    text = format(Decimal(repr(float(amount))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scope(s: m.Scope) -> dict[str, Any]:
    written = {"starts_with": list(s.starts_with), "ends_with": list(s.ends_with)}
    return written | _given(
        withdrawn_by=list(s.withdrawn_by),
        reopened_by=list(s.reopened_by),
        abandoned_after=_length(s.abandoned_after),
        unit_of_analysis=s.unit_of_analysis,
        segment=s.segment,
        excludes=s.excludes,
    )


def _calendar(c: m.CalendarSpec) -> dict[str, Any]:
    return (
        {"tz": c.tz, "week": {days: list(slots) for days, slots in c.week.items()}}
        | _given(
            closed=list(c.closed),
            extra_workdays=[{"date": date, "as": weekday} for date, weekday in c.extra_workdays.items()],
        )
        | {"coverage": list(c.coverage)}
        | _given(source=c.source)
    )


def _log(b: Binding) -> dict[str, Any]:
    life = b.lifecycle
    return _given(
        case=b.case,
        activity=b.activity,
        timestamp=b.timestamp,
        start=b.start,
        lifecycle=_given(column=life.column, schedule=life.schedule, start=life.start, complete=life.complete)
        if life
        else None,
        resource=b.resource,
        attributes={name: _attribute(x) for name, x in b.attributes.items()},
        ignore=list(b.ignore),
        tz=b.tz,
        **{key: getattr(b, key) for key in WRITTEN},
        order_by=list(b.order_by),
    )


def _attribute(x: Attribute) -> str | dict[str, str]:
    """Its column, with the type if it is not text; a due date is told, though the standard that uses it would do."""
    more = _given(type=None if x.type == "string" else x.type, tz=x.tz, format=x.format, decimal=x.decimal)
    return {"column": x.column} | more if more else x.column


def _activity(a: m.Activity) -> dict[str, Any]:
    return (
        {"id": a.id, "lane": a.lane, "stage": a.stage}
        | _given(
            role=a.role,
            labels=list(a.labels),
            replaced_by=list(a.replaced_by),
            observable=None if a.observable else False,
        )
        | {"name": _text(a.name)}
        | _given(
            rework=a.rework or None,
            wait_point=a.wait_point or None,
            touchpoint=_touchpoint(a.touchpoint) if a.touchpoint else None,
            fail_point=_fail_point(a.fail_point) if a.fail_point else None,
        )
    )


def _touchpoint(t: m.Touchpoint) -> dict[str, Any]:
    return _given(
        key=t.key,
        moment_of_truth=t.moment_of_truth or None,
        channels=list(t.channels),
        evidence=list(t.evidence),
        proofs=[_given(of=p.of, attr=p.attr, activity=p.activity) for p in t.proofs],
        fails_when=_when(t.fails_when),
        rater=list(t.rater),
        importance=t.importance,
    )


def _fail_point(f: m.FailPoint) -> dict[str, Any]:
    return {"failure": _text(f.failure)} | _given(s=f.s, o=f.o, d=f.d, control=f.control)


def _when(conditions: Iterable[m.Condition]) -> list[dict[str, Any]]:
    return [{"attr": c.attr, "op": c.op, "value": c.value} for c in conditions]


def _rule(r: m.Rule) -> dict[str, Any]:
    return _given(
        id=r.id,
        kind=r.kind,
        a=r.a,
        a_at=None if r.a_at == "complete" else r.a_at,
        b=r.b,
        b_at=None if r.b_at == "complete" else r.b_at,
        n=r.n,
        role=r.role,
        within=_length(r.within),
        after=_length(r.after),
        calendar=r.calendar,
        severity=r.severity,
        basis=r.basis,
        when=_when(r.when),
        text=_text_or_none(r.text),
    )


def _moments(names: Sequence[str]) -> str | dict[str, list[str]] | None:
    if not names:
        return None
    return names[0] if len(names) == 1 else {"any": list(names)}


def _standard(s: m.Standard) -> dict[str, Any]:
    return _given(
        id=s.id,
        dimension=s.dimension,
        metric=s.metric,
        **{"from": _moments(s.start)},
        to=_moments(s.end),
        of=_moments(s.of),
        due=s.due,
        attr=s.attr,
        one_of=list(s.one_of),
        source=s.source,
        item=s.item,
        max=_length(s.limit),
        min=s.minimum,
        share=s.share,
        calendar=s.calendar,
        stop_clock=[{"from": stop.start, "to": stop.end} for stop in s.stop_clock],
        when=_when(s.when),
        severity=s.severity,
        touchpoint=s.touchpoint,
        basis=s.basis,
        text=_text_or_none(s.text),
    )


def _kpi(k: m.Kpi) -> dict[str, Any]:
    return {"id": k.id, "formula": k.formula, "target": k.target, "direction": k.direction, "name": _text(k.name)}


def _allowance(a: m.Allowance) -> dict[str, Any]:
    return (
        {"id": a.id, "match": dict(a.match)}
        | _given(when=_when(a.when))
        | {"decision": a.decision, "reason": _text(a.reason), "approved_by": a.approved_by, "valid": list(a.valid)}
        | _given(max_share=a.max_share)
    )
