"""The repaired flow as a draft blueprint: everything else kept, and what a person must decide listed at its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from mining.automaton import Automaton, TooManyStatesError
from mining.blueprint import model as m
from mining.blueprint.draft import Draft, Todo
from mining.blueprint.monitors import BROKEN, outcomes, run_without
from mining.blueprint.naming import ids_of, text_of
from mining.blueprint.writing import flow_raw, to_raw
from mining.discovery.edits import Edit
from mining.discovery.repair_search import Cases, Taken
from mining.discovery.repair_words import said

MARK = "-repair"


def new_ids(labels: Sequence[str], taken: Mapping[str, Any]) -> dict[str, str]:
    """An id for every label that the blueprint does not know, none of which it has already.

    Examples
    --------
    >>> new_ids(["Call back", "Pay"], {"pay": None})
    {'Call back': 'call_back', 'Pay': 'pay_2'}
    """
    found: dict[str, str] = {}
    used = {*taken}
    for label, proposed in ids_of(labels, "step").items():
        id, k = proposed, 1
        while id in used:
            k += 1
            id = f"{proposed[:58]}_{k}"
        used.add(id)
        found[label] = id
    return found


def draft_of(
    blueprint: m.Blueprint,
    taken: Sequence[Taken],
    new: Mapping[str, str],
    still_fail: Mapping[str, tuple[int, int]],
    lost: Sequence[str],
    beside: Mapping[str, m.Activity],
) -> Draft:
    """The draft with the flow after the last edit; without edits the blueprint as it is.

    Parameters
    ----------
    blueprint : Blueprint
    taken : sequence of Taken
    new : mapping of str to str
        Ids of activities that the blueprint does not have, with their labels.
    still_fail : mapping of str to (int, int)
        Rules that cases gained still break: how many of how many.
    lost : sequence of str
        Steps that a drawn flow has and its flow words cannot say.
    beside : mapping of str to Activity
        For each new activity one of the blueprint's that it was done beside; see :func:`neighbours_of`.
    """
    raw, folder = to_raw(blueprint), Path(blueprint.path).parent
    if not taken:
        return Draft(raw, (), folder)
    flow = taken[-1].after.flow
    raw["version"] = f"{blueprint.version}{MARK}"
    raw["flow"] = flow_raw(flow)
    used = [id for id in m.flow_activities(flow) if id in new]
    raw["activities"] = [_with_stand_ins(a, new, used) for a in raw["activities"]] + [
        _activity(id, new[id], beside[id]) for id in used
    ]
    todo = [
        Todo("flow", "changed so that more cases of a log fit; it tells what was done, not what should be done", True)
    ]
    todo += [_of_edit(number, x.edit, blueprint, new) for number, x in enumerate(taken, start=1)]
    todo += [
        Todo("flow", f"{id} leaves no trace and has no place in the flow any more: draw it in again") for id in lost
    ]
    for id in used:
        why = f"that of {beside[id].id}, beside which it was done most often"
        todo += [Todo(f"activities.{id}.{key}", why, guessed=True) for key in ("lane", "stage")]
        todo.append(Todo(f"activities.{id}", "who may do it (role), whether the customer meets it, what is promised"))
    todo += _of_scope(blueprint, taken[0].before.model, taken[-1].after.model)
    todo += _of_rules(blueprint, taken[0].before.model, taken[-1].after.model, still_fail)
    return Draft(raw, tuple(todo), folder)


def _of_edit(number: int, edit: Edit, blueprint: m.Blueprint, new: Mapping[str, str]) -> Todo:
    rules = touched(blueprint, edit)
    about = f"; rules about its steps: {', '.join(rules)}" if rules else ""
    return Todo("flow", f"edit {number}: {said(edit, blueprint, new, 'en')}. Accept it, or keep it as a finding{about}")


def touched(blueprint: m.Blueprint, edit: Edit) -> list[str]:
    """Rules about steps that an edit lets happen otherwise, limits of loops included."""
    names = set(edit.moved)
    rules = (x for x in blueprint.checks.values() if isinstance(x, m.Rule))
    return [rule.id for rule in rules if names & {rule.a, rule.b}]


def _activity(id: str, label: str, neighbour: m.Activity) -> dict[str, Any]:
    return {"id": id, "lane": neighbour.lane, "stage": neighbour.stage, "labels": [label], "name": text_of(label)}


def _with_stand_ins(activity: dict[str, Any], new: Mapping[str, str], used: Sequence[str]) -> dict[str, Any]:
    """A label that is now an activity stands in for others by its id."""
    if "replaced_by" not in activity:
        return activity
    ids = {new[id]: id for id in used}
    return activity | {"replaced_by": list(dict.fromkeys(ids.get(x, x) for x in activity["replaced_by"]))}


def neighbours_of(cases: Cases, new: Mapping[str, str], blueprint: m.Blueprint) -> dict[str, m.Activity]:
    """For each activity that the blueprint does not have, the one of its activities that most often came directly before it.

    Where none did, the one that most often came directly after it; else the first of the blueprint.
    """
    before: dict[str, Counter[str]] = {id: Counter() for id in new}
    after: dict[str, Counter[str]] = {id: Counter() for id in new}
    for trace, weight in zip(cases.words, cases.weight.tolist(), strict=True):
        for x, y in pairwise(trace):
            if y in new and x not in new:
                before[y][x] += weight
            if x in new and y not in new:
                after[x][y] += weight
    found = {}
    for id in new:
        counts = before[id] or after[id]
        best = min(counts, key=lambda x: (-counts[x], x), default=blueprint.activities[0].id)
        found[id] = blueprint.by_id[best]
    return found


def _of_scope(blueprint: m.Blueprint, before: Automaton, after: Automaton) -> Iterator[Todo]:
    begins = sorted(after.successors[0].keys() - before.successors[0].keys() - {*blueprint.scope.starts_with})
    if begins:
        what = f"the draft lets cases begin with {', '.join(begins)}; name them if such cases are whole"
        yield Todo("scope.starts_with", what)
    ends = blueprint.scope.ends_with
    run = run_without(after, ends)
    if run is not None and run_without(before, ends) is None:
        what = f"the draft lets cases end without any of these, as in {' > '.join(run) or '(nothing)'}; such a case counts as running"
        yield Todo("scope.ends_with", what)


def _of_rules(
    blueprint: m.Blueprint, before: Automaton, after: Automaton, still_fail: Mapping[str, tuple[int, int]]
) -> Iterator[Todo]:
    written = {rule.id for rule in blueprint.rules}
    hidden = {a.id for a in blueprint.activities if not a.observable}
    for check in blueprint.checks.values():
        if not isinstance(check, m.Rule):
            continue
        place = f"rules.{check.id}" if check.id in written else "flow"
        who = "" if check.id in written else f"{check.id}: "
        run = None if hidden & {check.a, check.b} else _newly_broken(before, after, check)
        if run is not None:
            yield Todo(place, f"{who}no run of the flow as designed breaks it; the draft allows {' > '.join(run)}")
        if check.id in still_fail:
            k, n = still_fail[check.id]
            yield Todo(place, f"{who}still forbids {k:,} of the {n:,} cases that the edits gain")


def _newly_broken(before: Automaton, after: Automaton, rule: m.Rule) -> tuple[str, ...] | None:
    """A run of the draft that breaks a rule which no run of the flow as designed breaks."""
    try:
        return None if BROKEN in outcomes(before, rule) else outcomes(after, rule).get(BROKEN)
    except TooManyStatesError:
        return None
