"""Who does what, and what a case is like: people within roles and separated duties; attributes of cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mining.binding import Attribute
from mining.blueprint import model as m
from mining.simulation.rules import applies
from mining.simulation.standards import promised
from mining.simulation.stream import Stream

TEAM = 6
KEEPS_PERSON = 0.7
NAMED = 0.3
OTHERS = ("standard", "other")


def teams(blueprint: m.Blueprint) -> dict[str, tuple[str, ...]]:
    """Per activity who may do it: members of its role (made-up names where none are listed), else a team of its lane.

    Customers and physical evidence have no resource. A performed_by rule narrows the role, whatever its condition.
    """
    roles = {role.id: role.resources or _made_up(role.id) for role in blueprint.roles}
    found: dict[str, tuple[str, ...]] = {}
    for activity in blueprint.activities:
        wanted = [r.role for r in blueprint.rules if r.kind == "performed_by" and r.a == activity.id and r.role]
        groups = [roles[name] for name in ([activity.role] if activity.role else []) + wanted]
        if groups:
            found[activity.id] = tuple(x for x in groups[0] if all(x in group for group in groups))
        elif blueprint.lane_of(activity.id).kind in ("customer", "physical_evidence"):
            found[activity.id] = ()
        else:
            found[activity.id] = _made_up(activity.lane)
    return found


def _made_up(name: str) -> tuple[str, ...]:
    return tuple(f"{name}-{i:02d}" for i in range(1, TEAM + 1))


def assigned(
    blueprint: m.Blueprint,
    teams: Mapping[str, tuple[str, ...]],
    run: Sequence[str],
    attributes: Mapping[str, Any],
    stream: Stream,
) -> list[str | None]:
    """A person for every step of a run. People stay with a case where the rules let them."""
    rules = [r for r in blueprint.rules if r.kind in ("four_eyes", "same_handler") and applies(r.when, attributes)]
    people: list[str | None] = []
    for position, activity in enumerate(run):
        done = [(x, who) for x, who in zip(run[:position], people, strict=True) if who is not None]
        people.append(_person(activity, teams.get(activity, ()), rules, done, stream))
    return people


def _person(
    activity: str, team: Sequence[str], rules: list[m.Rule], done: list[tuple[str, str]], stream: Stream
) -> str | None:
    if not team:
        return None
    partners = {
        kind: {r.a for r in rules if r.kind == kind and r.b == activity} for kind in ("four_eyes", "same_handler")
    }
    for rule in rules:
        if rule.a == activity and rule.b:
            partners[rule.kind].add(rule.b)
    barred = {who for x, who in done if x in partners["four_eyes"]}
    free = [who for who in team if who not in barred] or list(team)
    tied = [who for x, who in done if x in partners["same_handler"] and who in free]
    if tied:
        return tied[-1]
    known = [who for _, who in done if who in free]
    if known and stream.chance(KEEPS_PERSON):
        return known[-1]
    return stream.pick(free, [1 / (4 + i) for i in range(len(free))])


def channel_attribute(blueprint: m.Blueprint) -> str | None:
    """The attribute that holds the channel, if touchpoints name channels: ``channel``, else the one with "channel" in its name."""
    if not any(a.touchpoint and a.touchpoint.channels for a in blueprint.activities):
        return None
    bound = blueprint.binding.attributes.items()
    if "channel" in blueprint.binding.attributes:
        return "channel"
    return next((name for name, a in bound if "channel" in f"{name} {a.column}".casefold()), None)


def _shared_channels(blueprint: m.Blueprint) -> list[str]:
    groups = [a.touchpoint.channels for a in blueprint.activities if a.touchpoint and a.touchpoint.channels]
    return [x for x in groups[0] if all(x in group for group in groups)] if groups else []


def shares_channels(blueprint: m.Blueprint) -> bool:
    """Whether a case stays in one channel: all touchpoints that name channels share some."""
    return bool(_shared_channels(blueprint))


def channels(blueprint: m.Blueprint, run: Sequence[str], stream: Stream) -> list[str | None]:
    """The channel of every step: one for the case where all touchpoints share some, else one per touchpoint."""
    offered = {a.id: a.touchpoint.channels for a in blueprint.activities if a.touchpoint and a.touchpoint.channels}
    shared = _shared_channels(blueprint)
    if shared:
        return [stream.pick(shared)] * len(run)
    return [stream.pick(offered[activity]) if activity in offered else None for activity in run]


def case_attributes(blueprint: m.Blueprint, stream: Stream) -> dict[str, Any]:
    """Values of the attributes that belong to the case, as the attribute standards promise; due dates and channels come later."""
    later = {s.due for s in blueprint.standards} | {channel_attribute(blueprint)}
    conditions = conditions_of(blueprint)
    found: dict[str, Any] = {}
    for name, attribute in blueprint.binding.attributes.items():
        if name in later or attribute.type == "datetime":
            continue
        found[name] = _value(name, attribute, [c for c in conditions if c.attr == name], stream)
        promises = [s for s in blueprint.standards if s.metric == "attribute" and s.attr == name and not s.of]
        if not all(promised(s, found[name]) for s in promises):
            fine = [x for x in candidates(blueprint, name) if all(promised(s, x) for s in promises)]
            found[name] = stream.pick(fine) if fine else found[name]
    return found


def conditions_of(blueprint: m.Blueprint) -> list[m.Condition]:
    """The conditions of all rules, standards and allowances."""
    checks: tuple[m.Rule | m.Standard | m.Allowance, ...] = (
        *blueprint.rules,
        *blueprint.standards,
        *blueprint.allowances,
    )
    return [c for check in checks for c in check.when]


def candidates(blueprint: m.Blueprint, name: str) -> list[Any]:
    """Values that an attribute may have: those its promises and conditions name, with some beside them."""
    touchpoints = [a.touchpoint for a in blueprint.activities if a.touchpoint]
    conditions = [*conditions_of(blueprint), *(c for t in touchpoints for c in t.fails_when)]
    named = [
        x for c in conditions if c.attr == name for x in (c.value if isinstance(c.value, list | tuple) else [c.value])
    ]
    standards = [s for s in blueprint.standards if s.metric == "attribute" and s.attr == name]
    offered = [x for s in standards for x in s.one_of]
    attribute = blueprint.binding.attributes[name]
    if attribute.type == "boolean":
        return [True, False]
    if attribute.type == "number":
        limits = [x for s in standards for x in (s.limit, s.minimum) if isinstance(x, int | float)]
        numbers = [float(x) for x in (*named, *offered, *limits) if isinstance(x, int | float)] or [100.0]
        beside = [y for x in numbers for y in (x, x + 1, x - 1, round(x / 2), x * 2) if y >= 0]
        return [*dict.fromkeys(int(y) if y == int(y) else y for y in beside)]
    if offered or named:
        return [*dict.fromkeys([*map(str, offered), *map(str, named), *(() if offered else _made_up(name))])]
    return [*_made_up(name)]


def _value(name: str, attribute: Attribute, conditions: list[m.Condition], stream: Stream) -> Any:
    named = [v for c in conditions for v in (c.value if isinstance(c.value, list | tuple) else [c.value])]
    if attribute.type == "boolean":
        return stream.chance(0.7)
    if attribute.type == "number":
        amount = stream.skewed(stream.pick([float(v) for v in named] or [100.0]))
        grain = 100 if amount >= 1000 else 1
        return max(grain, round(amount / grain) * grain)
    if named:
        return str(stream.pick(named)) if stream.chance(NAMED) else stream.pick(OTHERS, [4, 1])
    return f"{name}-{stream.pick(range(1, 13), [1 / i for i in range(1, 13)]):02d}"
