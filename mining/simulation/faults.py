"""What may go wrong on purpose: reading ``missing:approve=0.02`` and finding its place in a blueprint."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mining.blueprint import model as m
from mining.errors import MiningError, UnknownNameError, hint
from mining.simulation.service import Service

KINDS = ("missing", "extra", "swapped", "repeated", "late", "wrong_role", "same_person")
_PATTERN = re.compile(r"([^:=]+):(.+)=([^=]+)")


@dataclass(frozen=True)
class Fault:
    """A known fault to inject.

    Attributes
    ----------
    kind : str
        One of ``missing, extra, swapped, repeated, late, wrong_role, same_person``.
    place : str
        An activity id; for ``extra`` also any label the blueprint does not know (an ad-hoc step); for ``late`` also a
        time standard; for ``same_person`` also a four_eyes rule.
    share : float or None
        Part of all cases, 0-1, or
    cases : int or None
        number of cases. One of the two is given.
    """

    kind: str
    place: str
    share: float | None = None
    cases: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownNameError("kind of fault", self.kind, KINDS, where=str(self))
        if (self.share is None) == (self.cases is None):
            raise MiningError(f"fault {self.kind}:{self.place}: give either a share of the cases or a number of cases.")
        if self.share is not None and not 0 <= self.share <= 1:
            raise MiningError(
                f"fault {self}: a share is between 0 and 1 (or 0% and 100%). For a number of cases write "
                f"{self.share:g} without a dot."
            )
        if self.cases is not None and self.cases < 0:
            raise MiningError(f"fault {self}: the number of cases cannot be negative.")

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read ``KIND:PLACE=AMOUNT``. With a dot or a percent sign the amount is a share, else a number of cases.

        Raises
        ------
        MiningError
            If the text is not written that way, or the kind is unknown.

        Examples
        --------
        >>> Fault.parse("missing:approve=2%")
        Fault(kind='missing', place='approve', share=0.02, cases=None)
        >>> Fault.parse("extra:Call back=12").cases
        12
        """
        match = _PATTERN.fullmatch(text.strip())
        if not match:
            raise MiningError(
                f"{text!r} is not a fault. Write KIND:PLACE=AMOUNT, as in missing:approve=0.02. Kinds: "
                f"{', '.join(KINDS)}."
            )
        kind, place, amount = (part.strip() for part in match.groups())
        try:
            if amount.endswith("%"):
                return cls(kind, place, share=float(amount[:-1]) / 100)
            return cls(kind, place, share=float(amount)) if "." in amount else cls(kind, place, cases=int(amount))
        except MiningError:
            raise
        except ValueError:
            raise MiningError(
                f"{text!r}: {amount!r} is not an amount. Write a share such as 0.02 or 2%, or a number of cases "
                f"such as 25."
            ) from None

    def number(self, cases: int) -> int:
        """How many of so many cases; halves are rounded up."""
        return self.cases if self.cases is not None else int((self.share or 0.0) * cases + 0.5)

    def __str__(self) -> str:
        amount = self.cases if self.cases is not None else self.share
        return f"{self.kind}:{self.place}={amount}"


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
        case "same_person":
            return _same_person(fault, service)
        case "wrong_role":
            return _wrong_role(fault, service)
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


def _late(fault: Fault, service: Service) -> Target:
    standards = {s.id: s for s in service.standards}
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
    found = standards.get(fault.place) or ends.get(fault.place)
    if found is None:
        raise MiningError(
            f"fault {fault}: {fault.place!r} is neither a time standard nor an activity at which one "
            f"ends.{hint(fault.place, [*standards, *ends])}"
        )
    return Target("late", standard=found)


def _of(service: Service, activity: str, ids: list[str]) -> bool:
    return any(activity in s.of for s in service.blueprint.standards if s.id in ids)


def _same_person(fault: Fault, service: Service) -> Target:
    rules = [r for r in service.rules if r.kind == "four_eyes"]
    if not service.has_people:
        raise MiningError(
            f"fault {fault}: the log has no resources, so nobody could see who did what. Bind log.resource."
        )
    for rule in rules:
        if fault.place in (rule.id, rule.a, rule.b):
            return Target("same_person", rule=rule)
    places = [x for r in rules for x in (r.id, r.a, r.b)]
    raise MiningError(
        f"fault {fault}: {fault.place!r} is neither a four_eyes rule nor one of its "
        f"activities.{hint(fault.place, places)}"
    )


def _wrong_role(fault: Fault, service: Service) -> Target:
    found = _step(fault, service)
    members = service.setting.members
    wanted = {r.role for r in service.rules if r.kind == "performed_by" and r.a == found.activity} - {None}
    role = service.blueprint.activity(found.activity).role or next((r for r in sorted(map(str, wanted))), None)
    with_role = {a.id for a in service.blueprint.activities if a.role} | {
        r.a for r in service.rules if r.kind == "performed_by"
    }
    if not service.has_people:
        raise MiningError(
            f"fault {fault}: the log has no resources, so nobody could see who did what. Bind log.resource."
        )
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
