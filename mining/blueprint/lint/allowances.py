"""Checks of the allow-list: entries that match nothing, are out of date, were never used, or have no cap."""

from __future__ import annotations

from collections.abc import Iterator

from mining.blueprint import model as m
from mining.blueprint.derived import CHANNEL
from mining.blueprint.lint.design import Design, days
from mining.blueprint.lint.weakness import Found, found

FOUND_KINDS = (
    *("missing", "extra", "out_of_order", "repeated", "replaced", "late", "wrong_role", "same_person", "other_person"),
    *("wrong_channel", "missing_evidence", "wrong_value", "failed", "abandoned", "reopened", "discontinuity"),
)
RULE_FAULTS: dict[str, tuple[tuple[str, str], ...]] = {
    "must_occur": (("missing", "a"),),
    "must_not_occur": (("extra", "a"),),
    "at_most": (("repeated", "a"),),
    "starts_with": (("missing", "a"), ("out_of_order", "a")),
    "ends_with": (("missing", "a"), ("out_of_order", "a")),
    "precedence": (("missing", "a"), ("out_of_order", "a")),
    "response": (("missing", "b"), ("late", "b")),
    "succession": (("missing", "a"), ("out_of_order", "a"), ("missing", "b"), ("late", "b")),
    "immediate_response": (("missing", "b"), ("out_of_order", "b")),
    "immediate_precedence": (("missing", "a"), ("out_of_order", "a")),
    "not_followed_by": (("out_of_order", "b"),),
    "not_together": (("extra", "a"), ("extra", "b")),
    "together": (("missing", "a"), ("missing", "b")),
    "four_eyes": (("same_person", "b"),),
    "same_handler": (("other_person", "b"),),
    "performed_by": (("wrong_role", "a"),),
    "not_before": (("out_of_order", "b"),),
}  # kinds of faults of each kind of rule, and whether they are faults of a or of b
STANDARD_FAULTS = {
    **dict.fromkeys(("elapsed", "waiting", "handling", "due_date"), ("late",)),
    "count": ("repeated", "missing"),
    "handovers": ("discontinuity",),
    "turns": ("discontinuity",),
    "attribute": ("wrong_value", "missing_evidence"),
}  # kinds of faults of each metric that is judged from a log


def allowances(d: Design) -> Iterator[Found]:
    """Entries without effect, out of date, unused, without a cap."""
    for i, a in enumerate(d.blueprint.allowances):
        at = ("allow", i)
        yield from (found((*at, "valid"), wording, **values) for wording, values in _validity(d, a))
        yield from (found((*at, "match"), wording, **values) for wording, values in _effect(d, a))
        if a.max_share is None:
            yield found(at, "allowance-without-cap", id=a.id)
        if d.used_allowances is not None and a.id not in d.used_allowances:
            yield found(at, "allowance-unused", id=a.id)


Wording = tuple[str, dict[str, object]]


def _validity(d: Design, a: m.Allowance) -> Iterator[Wording]:
    (begin, end), (in_force, until) = a.valid, d.blueprint.effective
    valid: dict[str, object] = {"id": a.id, "begin": begin, "end": end}
    if end < begin:
        yield "allowance-never-valid.order", valid
        return
    if end < in_force:
        yield "allowance-expired.before", {"id": a.id, "end": end, "begin": in_force}
    if until is not None and begin > until:
        yield "allowance-never-valid.after", {"id": a.id, "begin": begin, "end": until}
    if d.on is not None and not begin <= d.on.isoformat() <= end:
        yield "allowance-expired.on", valid | {"day": d.on}
    if d.log_days is not None and (end < d.log_days[0].isoformat() or begin > d.log_days[1].isoformat()):
        yield "allowance-expired.log", valid | {"log": days(*d.log_days)}


def _effect(d: Design, a: m.Allowance) -> Iterator[Wording]:
    kind, activity = a.match.get("kind"), a.match.get("activity")
    if kind is not None and kind in _without_check(d.blueprint):
        yield "allowance-matches-nothing.kind", {"id": a.id, "kind": kind}
    elif activity in d.hidden:
        yield "allowance-matches-nothing.activity", {"id": a.id, "activity": activity}
    else:
        yield from _pair(d.blueprint, a, kind, activity)


def _without_check(b: m.Blueprint) -> set[str]:
    """Kinds of faults that a check finds only where the design says something that this one does not say."""
    contacts = [a.touchpoint for a in b.activities if a.touchpoint and a.observable]
    of_standards = {kind for s in b.standards for kind in _of_standard(s)}
    said = {
        "replaced": any(a.replaced_by for a in b.activities),
        "wrong_channel": CHANNEL in b.binding.attributes and any(t.channels for t in contacts),
        "missing_evidence": any(t.proofs for t in contacts) or "missing_evidence" in of_standards,
        "wrong_value": "wrong_value" in of_standards,
        "failed": any(t.fails_when for t in contacts),
        "reopened": bool(b.scope.reopened_by),
        "discontinuity": "discontinuity" in of_standards,
    }
    return {kind for kind, is_said in said.items() if not is_said}


def _pair(b: m.Blueprint, a: m.Allowance, kind: str | None, activity: str | None) -> Iterator[Wording]:
    """An entry for a rule or standard that never finds faults of that kind, or of that activity."""
    rules = [r for r in b.rules if r.id == a.match.get("rule")]
    standards = [s for s in b.standards if s.id == a.match.get("standard")]
    faults: list[tuple[str, str | None]] = [
        (fault, getattr(rule, field)) for rule in rules for fault, field in _of_rule(rule)
    ]
    faults += [(fault, activity) for s in standards for fault in _of_standard(s)]
    if not rules and not standards:
        return
    if not faults:
        yield "allowance-matches-nothing.check", {"id": a.id, "check": standards[0].id, "metric": standards[0].metric}
    elif not any(kind in (None, fault) and activity in (None, place) for fault, place in faults):
        check, word = (rules[0].id, rules[0].kind) if rules else (standards[0].id, standards[0].metric)
        yield (
            "allowance-matches-nothing.pair",
            {
                "id": a.id,
                "wanted": " ".join(filter(None, (kind, activity))),
                "check": check,
                "word": word,
                "found": ", ".join(" ".join(filter(None, fault)) for fault in dict.fromkeys(faults)),
            },
        )


def _of_rule(rule: m.Rule) -> Iterator[tuple[str, str]]:
    """Faults that a rule can find: late only if it has a limit of time."""
    yield from (x for x in RULE_FAULTS[rule.kind] if x[0] != "late" or rule.within)


def _of_standard(s: m.Standard) -> tuple[str, ...]:
    """Faults that a standard can find: a count above or below the limits it has; a blank only where nothing else is promised."""
    kinds = STANDARD_FAULTS.get(s.metric, ())
    if s.metric == "count":
        return tuple(x for x, limit in zip(kinds, (s.limit, s.minimum), strict=True) if limit is not None)
    if s.metric == "attribute":
        return kinds[:1] if s.one_of or (s.limit, s.minimum) != (None, None) else kinds[1:]
    return kinds
