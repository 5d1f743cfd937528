"""What the promises about contacts and outcome mean, in plain Python on one case: channel, evidence, failure, hand-overs, end.

``rows`` are the attributes in the row of each instance of a trace; None is a blank. Every function that looks for faults gives
those it finds as (check, kind, activity).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from mining.blueprint.derived import CHANNEL, OUTCOME
from mining.blueprint.model import Blueprint, Scope, Standard
from mining.simulation.rules import Instance, Trace, applies

Shown = tuple[str, str, str]
Rows = Sequence[Mapping[str, Any]]


def contact_faults(blueprint: Blueprint, trace: Trace, rows: Rows, *, ended: bool = True) -> Iterator[Shown]:
    """Wrong channels, missing evidence and failures at the touchpoints of a case.

    A proof by an activity is waited for while the case runs; a blank channel says nothing; a touchpoint has failed where all of
    ``fails_when`` hold of the values in its own row.
    """
    has_channel = CHANNEL in blueprint.binding.attributes
    done = {x.activity for x in trace}
    for x, row in zip(trace, rows, strict=True):
        contact = blueprint.by_id[x.activity].touchpoint if x.activity in blueprint.by_id else None
        if contact is None:
            continue
        word = row.get(CHANNEL)
        if has_channel and contact.channels and word is not None and word not in contact.channels:
            yield f"channel-{x.activity}", "wrong_channel", x.activity
        for proof in contact.proofs:
            if proof.attr and row.get(proof.attr) is None:
                yield f"evidence-{x.activity}", "missing_evidence", x.activity
        if contact.fails_when and applies(contact.fails_when, row):
            yield f"touchpoint-{x.activity}", "failed", x.activity
    for activity in blueprint.activities:
        for proof in activity.touchpoint.proofs if activity.touchpoint and activity.id in done and ended else ():
            if proof.activity and proof.activity not in done:
                yield f"evidence-{activity.id}", "missing_evidence", activity.id


def outcome(scope: Scope, trace: Trace, now: int | None = None) -> tuple[str, int | None]:
    """How a case came out, and the position of the step that decides.

    A withdrawal is an end that nothing opens again: where the customer came back, what counts is the end reached then.

    Parameters
    ----------
    scope : Scope
    trace : sequence of Instance
    now : int, optional
        The last moment of the log; not given, time does not pass.

    Returns
    -------
    (str, int or None)
        ``pass``, ``not_applicable`` (withdrawn by the customer), ``reopened``, ``abandoned`` or ``pending``.
    """
    ends = [i for i, x in enumerate(trace) if x.activity in scope.ends_with and x.activity not in scope.withdrawn_by]
    withdrawn = [i for i, x in enumerate(trace) if x.activity in scope.withdrawn_by]
    if ends:
        again = next((i for i in range(ends[0] + 1, len(trace)) if trace[i].activity in scope.reopened_by), None)
        if again is not None:
            return "reopened", again
        taken_back = bool(withdrawn) and withdrawn[-1] > ends[-1]
        return ("not_applicable", None) if taken_back else ("pass", ends[0])
    if withdrawn:
        return "not_applicable", None
    after = scope.abandoned_after
    silent = now is not None and after is not None and bool(trace) and now - trace[-1].end > after.seconds
    return ("abandoned", len(trace) - 1) if silent else ("pending", None)


def outcome_faults(scope: Scope, trace: Trace, now: int | None = None) -> Iterator[Shown]:
    """The fault of the outcome, if it failed: every step that reopened the case, or the last step before the silence."""
    word, place = outcome(scope, trace, now)
    if word == "reopened" and place is not None:
        for x in trace[place:]:
            if x.activity in scope.reopened_by:
                yield OUTCOME, "reopened", x.activity
    if word == "abandoned" and place is not None:
        yield OUTCOME, "abandoned", trace[place].activity


def handovers(trace: Trace) -> list[Instance]:
    """The instances at which the case passed to another person; those without a person are left out."""
    people = [x for x in trace if x.resource is not None]
    return [y for x, y in pairwise(people) if x.resource != y.resource]


def turns(blueprint: Blueprint, trace: Trace) -> list[Instance]:
    """The instances at which the case crossed the line of interaction, either way; unknown steps are left out."""
    known = [x for x in trace if x.activity in blueprint.by_id]
    ours = [blueprint.lane_of(x.activity).kind == "customer" for x in known]
    return [y for y, before, here in zip(known[1:], ours, ours[1:], strict=False) if before != here]


def crossings(standard: Standard, blueprint: Blueprint, trace: Trace) -> list[Instance]:
    """What a standard of hand-overs or turns counts."""
    return handovers(trace) if standard.metric == "handovers" else turns(blueprint, trace)
