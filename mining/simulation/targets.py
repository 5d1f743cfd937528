"""Where a fault goes: its place looked up in a blueprint, or the reason why nobody could see it there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mining.blueprint import model as m
from mining.errors import MiningError, UnknownNameError, hint
from mining.simulation.contacts import CHANNEL
from mining.simulation.faults import Fault
from mining.simulation.service import Service
from mining.simulation.standards import within_rules

ANYWHERE = "*"
CONTACTS = {
    "wrong_channel": "channels",
    "missing_evidence": "proofs",
    "failed": "fails_when",
}


@dataclass(frozen=True)
class Target:
    """A fault with its place looked up: an activity (or ad-hoc label), a standard or a rule."""

    kind: str
    activity: str = ""
    standard: m.Standard | None = None
    rule: m.Rule | None = None


def target(fault: Fault, service: Service) -> Target:
    """Look up the place of a fault.

    Raises
    ------
    MiningError
        If the place is unknown, or if a fault there could never be seen.
    """
    match fault.kind:
        case "late":
            return _late(fault, service)
        case "early":
            return _by_rule(fault, service, "not_before")
        case "same_person" | "other_person":
            return _together(fault, service)
        case "wrong_role":
            return _wrong_role(fault, service)
        case "wrong_channel" | "missing_evidence" | "failed":
            return _contact(fault, service)
        case "wrong_value":
            return _by_standard(fault, service, ("attribute",))
        case "discontinuity":
            return _by_standard(fault, service, ("handovers", "turns"))
        case "abandoned":
            return _abandoned(fault, service)
        case "reopened":
            return _one_of(fault, service.blueprint.scope.reopened_by, "a step of scope.reopened_by")
        case "replaced":
            return _replaced(fault, service)
        case _:
            return _step(fault, service)


def _step(fault: Fault, service: Service) -> Target:
    blueprint = service.blueprint
    known = {a.id: a for a in blueprint.activities}
    place = blueprint.labels.get(fault.place, fault.place)
    if fault.kind == "extra" and place not in known:
        if place in blueprint.binding.ignore:
            raise MiningError(
                f"fault {fault}: the blueprint ignores the label {place!r}, so nobody could see it. Choose "
                f"another label."
            )
        return Target("extra", place)
    if place not in known:
        raise UnknownNameError("activity", fault.place, known, where=f"fault {fault}")
    if not known[place].observable:
        raise MiningError(
            f"fault {fault}: {place} is not observable, so no log could show the fault. Choose a step that is logged."
        )
    return Target(fault.kind, place)


def _one_of(fault: Fault, places: Collection[str], what: str) -> Target:
    if fault.place not in places:
        raise _unknown(fault, what, places)
    return Target(fault.kind, fault.place)


def _unknown(fault: Fault, what: str, places: Collection[str]) -> MiningError:
    if not places:
        return MiningError(f"fault {fault}: the blueprint has none: {fault.place!r} would have to be {what}.")
    return MiningError(f"fault {fault}: {fault.place!r} is not {what}.{hint(fault.place, [*places])}")


def _replaced(fault: Fault, service: Service) -> Target:
    found = _step(fault, service)
    if not service.blueprint.activity(found.activity).replaced_by:
        raise _unknown(fault, "a step with replaced_by", [a.id for a in service.blueprint.activities if a.replaced_by])
    return found


# --- time ---------------------------------------------------------------------------------------------------------------


def _late(fault: Fault, service: Service) -> Target:
    standards = {s.id: s for s in service.standards}
    rules = {s.id: s for s in within_rules(service.rules)}
    hidden = [
        s.id for s in service.blueprint.standards if s.metric in ("waiting", "handling") and not service.has_starts
    ]
    ends: dict[str, m.Standard] = {}
    for s in service.standards:
        for activity in (*s.end, *s.of):
            ends.setdefault(activity, s)
    if fault.place in hidden or (fault.place not in ends and _of(service, fault.place, hidden)):
        raise MiningError(
            f"fault {fault}: the log has no start times, so waiting and handling cannot be seen. Bind log.start "
            f"or a lifecycle."
        )
    found = standards.get(fault.place) or rules.get(fault.place) or ends.get(fault.place)
    if found is None:
        raise MiningError(
            f"fault {fault}: {fault.place!r} is neither a time standard nor an activity at which one "
            f"ends.{hint(fault.place, [*standards, *rules, *ends])}"
        )
    return Target("late", standard=found)


def _of(service: Service, activity: str, ids: list[str]) -> bool:
    return any(activity in s.of for s in service.blueprint.standards if s.id in ids)


def _by_rule(fault: Fault, service: Service, kind: str) -> Target:
    rules = {r.id: r for r in service.rules if r.kind == kind}
    if fault.place not in rules:
        raise _unknown(fault, f"a {kind} rule", rules)
    return Target(fault.kind, rule=rules[fault.place])


# --- people -------------------------------------------------------------------------------------------------------------

_PEOPLE_KIND = {"same_person": "four_eyes", "other_person": "same_handler"}


def _needs_people(fault: Fault, service: Service) -> None:
    if not service.has_people:
        raise MiningError(
            f"fault {fault}: the log has no resources, so nobody could see who did what. Bind log.resource."
        )


def _together(fault: Fault, service: Service) -> Target:
    kind = _PEOPLE_KIND[fault.kind]
    rules = [r for r in service.rules if r.kind == kind]
    _needs_people(fault, service)
    for rule in rules:
        if fault.place in (rule.id, rule.a, rule.b):
            return Target(fault.kind, rule=rule)
    places = [str(x) for r in rules for x in (r.id, r.a, r.b)]
    raise MiningError(
        f"fault {fault}: {fault.place!r} is neither a {kind} rule nor one of its activities.{hint(fault.place, places)}"
    )


def _wrong_role(fault: Fault, service: Service) -> Target:
    found = _step(fault, service)
    members = service.setting.members
    wanted = {r.role for r in service.rules if r.kind == "performed_by" and r.a == found.activity} - {None}
    role = service.blueprint.activity(found.activity).role or next((r for r in sorted(map(str, wanted))), None)
    with_role = {a.id for a in service.blueprint.activities if a.role} | {
        r.a for r in service.rules if r.kind == "performed_by"
    }
    _needs_people(fault, service)
    if role is None:
        raise MiningError(
            f"fault {fault}: {found.activity} has no role, so nobody can be wrong.{hint(found.activity, with_role)}"
        )
    if not members[role]:
        raise MiningError(
            f"fault {fault}: role {role} lists no resources, so membership is not known. List them under "
            f"roles.{role}.resources."
        )
    if not set().union(*members.values()) - members[role]:
        raise MiningError(f"fault {fault}: every known resource is in role {role}. List the resources of another role.")
    return found


# --- touchpoints, values, outcome ---------------------------------------------------------------------------------------


def _contact(fault: Fault, service: Service) -> Target:
    blueprint = service.blueprint
    if fault.kind == "wrong_channel" and CHANNEL not in blueprint.binding.attributes:
        raise MiningError(
            f"fault {fault}: the log has no attribute named {CHANNEL}, so nobody could see it. Add it to log.attributes."
        )
    if fault.kind == "missing_evidence" and fault.place in _filled_in(service):
        return Target(fault.kind, standard=_filled_in(service)[fault.place])
    key = CONTACTS[fault.kind]
    places = [a.id for a in blueprint.activities if a.touchpoint and getattr(a.touchpoint, key)]
    if blueprint.labels.get(fault.place, fault.place) not in places:
        raise _unknown(fault, f"a touchpoint with {key}", places)
    return _step(fault, service)


def _filled_in(service: Service) -> Mapping[str, m.Standard]:
    """The attribute standards that want no more than a value: only a blank breaks them."""
    return {
        s.id: s
        for s in service.blueprint.standards
        if s.metric == "attribute" and not s.one_of and s.limit is None and s.minimum is None
    }


def _by_standard(fault: Fault, service: Service, metrics: tuple[str, ...]) -> Target:
    found = {s.id: s for s in service.blueprint.standards if s.metric in metrics}
    if fault.kind == "wrong_value":
        found = {id: s for id, s in found.items() if id not in _filled_in(service)}
    if fault.kind == "discontinuity":
        found = {id: s for id, s in found.items() if s.limit is not None}
    if fault.place not in found:
        raise _unknown(fault, f"a standard with metric {' or '.join(metrics)}", found)
    if found[fault.place].metric == "handovers":
        _needs_people(fault, service)
    return Target(fault.kind, standard=found[fault.place])


def _abandoned(fault: Fault, service: Service) -> Target:
    if service.blueprint.scope.abandoned_after is None:
        raise MiningError(
            f"fault {fault}: the blueprint does not say after how long a silent case counts as abandoned. Add "
            f"scope.abandoned_after."
        )
    return Target(fault.kind) if fault.place == ANYWHERE else _step(fault, service)
