"""Checks of what a log can show of touchpoints and of the ends of cases: channels, evidence, failures, giving up, stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from mining.blueprint.derived import CHANNEL
from mining.blueprint.lint.design import Design
from mining.blueprint.lint.weakness import Found, found

ABOUT_TIME = ("elapsed", "waiting", "handling", "due_date")


def channels(d: Design) -> Iterator[Found]:
    """Channels that are named, but of which the log section has no attribute."""
    names = [a.id for a in d.blueprint.activities if a.observable and a.touchpoint and a.touchpoint.channels]
    if names and CHANNEL not in d.blueprint.binding.attributes:
        yield found(("log",), "channels-not-bound", n=len(names), names=_first(names))


def evidence(d: Design) -> Iterator[Found]:
    """Evidence of which nothing in the log is a proof, and proofs at steps that leave no trace."""
    pieces, without = 0, []
    for i, a in enumerate(d.blueprint.activities):
        if a.touchpoint is None:
            continue
        if a.observable:
            proven = {proof.of for proof in a.touchpoint.proofs}
            pieces += len(a.touchpoint.evidence)
            without += [f"{piece} ({a.id})" for piece in a.touchpoint.evidence if piece not in proven]
        for part, written in (("proofs", a.touchpoint.proofs), ("fails_when", a.touchpoint.fails_when)):
            if written and not a.observable:
                at = ("activities", i, "touchpoint", part)
                yield found(at, "cannot-be-measured.activity", id=f"{a.id}.{part}", activity=a.id)
    if without:
        yield found(("activities",), "evidence-without-proof", n=len(without), all=pieces, names=_first(without))


def failures(d: Design) -> Iterator[Found]:
    """Key touchpoints of which nothing but time and presence is ever seen."""
    key = [a for a in d.blueprint.activities if a.touchpoint and a.touchpoint.key]
    shown = {name for s in d.blueprint.standards if s.metric not in ABOUT_TIME for name in (s.touchpoint, *s.of)}
    shown |= {a.id for a in key if a.observable and a.touchpoint and (a.touchpoint.fails_when or a.touchpoint.proofs)}
    names = [a.id for a in key if a.id not in shown]
    if names:
        yield found(("activities",), "failure-not-seen", n=len(names), all=len(key), names=_first(names))


def stand_ins(d: Design) -> Iterator[Found]:
    """Names in ``replaced_by`` that are no activity but nearly one."""
    b = d.blueprint
    for i, a in enumerate(b.activities):
        others = [x for other in b.activities if other.id != a.id for x in (other.id, *other.labels)]
        for j, name in enumerate(a.replaced_by):
            close = get_close_matches(name, others, 1, 0.8) if name not in b.by_id else []
            if close:
                at = ("activities", i, "replaced_by", j)
                yield found(at, "replaced-by-unknown", id=a.id, name=name, close=close[0])


def ends(d: Design) -> Iterator[Found]:
    """Self-service in which nobody is ever seen to give up, and ends that are all the customer's own choice."""
    b = d.blueprint
    modes = {b.mode_of(stage.id) for stage in b.stages}
    if "self_service" in modes and b.scope.abandoned_after is None:
        yield found(("scope",), "abandonment-not-defined")
    if set(b.scope.ends_with) <= set(b.scope.withdrawn_by):
        yield found(("scope", "withdrawn_by"), "only-withdrawals")


def _first(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
