"""What is wrong with touchpoints, with what may stand for a step, and with the ends of a case, in a file of the right shape."""

from __future__ import annotations

from collections.abc import Iterator

from mining.blueprint import model as m
from mining.blueprint import yaml12
from mining.blueprint.derived import CHANNEL
from mining.blueprint.references import condition_problems, place, unknown
from mining.blueprint.shape import Problem
from mining.errors import hint


def touchpoint_problems(b: m.Blueprint, activity: m.Activity, at: yaml12.Path) -> Iterator[Problem]:
    """Proofs that prove nothing, and conditions of failure that can never hold.

    Parameters
    ----------
    b : Blueprint
    activity : Activity
        Without a touchpoint nothing is wrong.
    at : path
        Where the activity is written.
    """
    contact = activity.touchpoint
    if contact is None:
        return
    bound = b.binding.attributes.get(CHANNEL)
    if contact.channels and bound is not None and bound.type != "string":
        here = (*at, "touchpoint", "channels")
        yield (
            here,
            f"{place(here)}: channels are words, but log.attributes.{CHANNEL} is bound as {bound.type}. Bind it as text.",
        )
    for i, proof in enumerate(contact.proofs):
        yield from _proof_problems(b, activity.id, contact, proof, (*at, "touchpoint", "proofs", i))
    for i, condition in enumerate(contact.fails_when):
        yield from condition_problems(b, condition, (*at, "touchpoint", "fails_when", i))


def _proof_problems(
    b: m.Blueprint, step: str, contact: m.Touchpoint, proof: m.Proof, at: yaml12.Path
) -> Iterator[Problem]:
    if proof.of not in contact.evidence:
        known = hint(proof.of, contact.evidence) if contact.evidence else " There is none: name it there first."
        yield (*at, "of"), f"{place(at)}: {proof.of!r} is not in the evidence of {step}.{known}"
    yield from unknown("attribute", proof.attr, set(b.binding.attributes), (*at, "attr"))
    yield from unknown("activity", proof.activity, set(b.by_id), (*at, "activity"))
    if proof.activity == step:
        yield (
            (*at, "activity"),
            f"{place(at)}: the step {step!r} cannot prove itself. Name the activity that shows that the customer got {proof.of!r}.",
        )
    elif proof.activity in b.by_id and not b.by_id[proof.activity].observable:
        yield (
            (*at, "activity"),
            f"{place(at)}: {proof.activity!r} leaves no trace in the log, so it proves nothing there.",
        )


def replacement_problems(b: m.Blueprint, activity: m.Activity, at: yaml12.Path) -> Iterator[Problem]:
    """Names of ``replaced_by`` that mean the step itself, another activity by its label, or nothing that a log can show."""
    owner = b.labels
    for i, name in enumerate(activity.replaced_by):
        here = (*at, "replaced_by", i)
        if not activity.observable:
            yield here, f"activity {activity.id!r} leaves no trace in the log, so nothing can be seen in its place."
        elif name == activity.id or (name not in b.by_id and owner.get(name) == activity.id):
            yield here, f"{place(here)}: {name!r} means {activity.id!r} itself, and a step does not replace itself."
        elif name in b.by_id:
            if not b.by_id[name].observable:
                yield (
                    here,
                    f"{place(here)}: {name!r} leaves no trace in the log, so it is never seen in place of a step.",
                )
        elif name in owner:
            yield here, f"{place(here)}: {name!r} is a label of {owner[name]!r}. Write the id {owner[name]!r}."
        elif name in b.binding.ignore:
            yield here, f"{place(here)}: {name!r} is ignored (log.ignore), so it is never seen in place of a step."


def scope_problems(b: m.Blueprint) -> Iterator[Problem]:
    """Ends of a case that are none, that no log shows, or that contradict each other."""
    scope, known = b.scope, set(b.by_id)
    observable = {a.id for a in b.activities if a.observable}
    for field in ("starts_with", "ends_with", "withdrawn_by", "reopened_by"):
        for i, name in enumerate(getattr(scope, field)):
            yield from unknown("activity", name, known, ("scope", field, i))
    if not observable & set(scope.ends_with) and set(scope.ends_with) <= known:
        yield (
            ("scope", "ends_with"),
            "scope.ends_with: none of these activities leaves a trace in the log, so no case would ever be complete.",
        )
    for i, name in enumerate(scope.withdrawn_by):
        if name in known and name not in scope.ends_with:
            yield (
                ("scope", "withdrawn_by", i),
                f"scope.withdrawn_by.{i}: {name!r} is not in scope.ends_with, so no case ends by it. Add it there as well.",
            )
    for i, name in enumerate(scope.reopened_by):
        if name in scope.ends_with:
            yield (
                ("scope", "reopened_by", i),
                f"scope.reopened_by.{i}: {name!r} is in scope.ends_with, and one step cannot both end a case and open it again. "
                "To limit how often a case ends write an at_most rule.",
            )
    for field in ("withdrawn_by", "reopened_by"):
        for i, name in enumerate(getattr(scope, field)):
            if name in known - observable:
                yield (
                    ("scope", field, i),
                    f"scope.{field}.{i}: {name!r} leaves no trace in the log, so it is never seen.",
                )
