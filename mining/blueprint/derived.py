"""Checks that nobody wrote as a rule or standard, because the design says them elsewhere: roles, channels, evidence, the outcome."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from mining.blueprint.model import Activity, Blueprint

OUTCOME = "outcome"  # id of the check that every blueprint has
CHANNEL = "channel"  # attribute of the log that holds the channel of an event
DIMENSIONS = {
    "performed_by": "role",
    "channel": "channel",
    "evidence": "touchpoint",
    "touchpoint": "touchpoint",
    "outcome": "outcome",
}


@dataclass(frozen=True)
class Derived:
    """A check that follows from the design.

    Attributes
    ----------
    id : str
        ``role-<activity>``, ``channel-<activity>``, ``evidence-<activity>``, ``touchpoint-<activity>`` or ``outcome``.
    kind : str
        One of ``DIMENSIONS``: ``performed_by`` (who has the role), ``channel`` (one of the touchpoint's), ``evidence`` (every proof of
        the touchpoint is there), ``touchpoint`` (it did not fail), ``outcome`` (the case reached an end and stayed ended).
    severity : str
    activity : str or None
        The step; None for the outcome, which is of the whole case.
    """

    id: str
    kind: str
    severity: str
    activity: str | None = None

    @property
    def dimension(self) -> str:
        """One of the seven dimensions of conformance."""
        return DIMENSIONS[self.kind]

    @property
    def place(self) -> tuple[str, str | None]:
        """Where the blueprint states it: a top key of the file, and the activity (None: no activity)."""
        return ("scope", None) if self.activity is None else ("activities", self.activity)


def derived_checks(
    blueprint: Blueprint, staffed: Collection[str] = (), bound: Collection[str] = ()
) -> tuple[Derived, ...]:
    """The checks that follow from a blueprint, in the order in which they are judged.

    A step that leaves no trace in the log is drawn and never tested. A role without known members, a channel where the log's binding
    has no attribute ``channel``, evidence without a proof and contacts of which nothing says when they fail give no check. What touches
    the customer at a key touchpoint or a moment of truth is major, at others minor.

    Parameters
    ----------
    blueprint : Blueprint
    staffed : collection of str
        Roles whose members a staff table names; for the others those of the blueprint count.
    bound : collection of str
        Attributes that the binding of a log has beside those of the blueprint.

    Returns
    -------
    tuple of Derived

    Examples
    --------
    >>> sorted({check.kind for check in derived_checks(study.blueprint)} & {"channel", "outcome", "performed_by"})
    ['channel', 'outcome', 'performed_by']
    """
    known = {role.id for role in blueprint.roles if role.resources} | set(staffed)
    said = {(r.a, r.role) for r in blueprint.rules if r.kind == "performed_by" and not r.when}
    seen = [a for a in blueprint.activities if a.observable]
    roles = [
        Derived(f"role-{a.id}", "performed_by", "major", a.id)
        for a in seen
        if a.role in known and (a.id, a.role) not in said
    ]
    contacts = [check for a in seen for check in _of_touchpoint(a, CHANNEL in {*blueprint.binding.attributes, *bound})]
    order = [kind for kind in DIMENSIONS if kind != "performed_by"]
    contacts.sort(key=lambda check: order.index(check.kind))
    return (*roles, *contacts, Derived(OUTCOME, "outcome", "major"))


def derived_check(blueprint: Blueprint, id: str) -> Derived | None:
    """The check with this id, whoever may have its role; None where there is none.

    Examples
    --------
    >>> derived_check(study.blueprint, "outcome").severity, derived_check(study.blueprint, "R1")
    ('major', None)
    """
    every = [role.id for role in blueprint.roles]
    return next((check for check in derived_checks(blueprint, every, (CHANNEL,)) if check.id == id), None)


def _of_touchpoint(activity: Activity, channel_known: bool) -> Iterator[Derived]:
    contact = activity.touchpoint
    if contact is None:
        return
    severity = "major" if contact.key or contact.moment_of_truth else "minor"
    asked = {
        "channel": channel_known and contact.channels,
        "evidence": contact.proofs,
        "touchpoint": contact.fails_when,
    }
    for kind, there in asked.items():
        if there:
            yield Derived(f"{kind}-{activity.id}", kind, severity, activity.id)
