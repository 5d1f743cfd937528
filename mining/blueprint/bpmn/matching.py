"""Which drawn step of a BPMN file is which activity of a blueprint that was not made from it."""

from __future__ import annotations

from collections.abc import Iterable

from mining.blueprint.bpmn.reading import BpmnDraft
from mining.blueprint.model import Blueprint
from mining.blueprint.spoken import folded
from mining.errors import BlueprintError


def activities_for(draft: BpmnDraft, blueprint: Blueprint) -> dict[str, str]:
    """Id of each drawn step to the id of its activity in a blueprint.

    A step is the activity whose id, log label or name (in any language; blanks and capitals aside) it bears, tried in this order.
    Steps that are none are left out, and so are those whose name is that of several activities.

    Parameters
    ----------
    draft : BpmnDraft
        As :func:`mining.from_bpmn` gives it.
    blueprint : Blueprint

    Raises
    ------
    BlueprintError
        If no step of the drawing is an activity of the blueprint.
    """
    by_label = _unambiguous((label, a.id) for a in blueprint.activities for label in a.labels)
    by_name = _unambiguous((name, a.id) for a in blueprint.activities for name in a.name.by_language.values())
    drafted = {raw["id"]: raw for raw in draft.raw["activities"]}
    found = {}
    for element, id in draft.activities.items():
        raw = drafted.get(id, {})
        words = [folded(text) for text in (*raw.get("labels", ()), *raw.get("name", {}).values())]
        wanted = [id if id in blueprint.by_id else None, element if element in blueprint.by_id else None]
        wanted += [table.get(word) for table in (by_label, by_name) for word in words]
        match = next(filter(None, wanted), None)
        if match:
            found[element] = match
    if not found:
        drawn = ", ".join(repr(next(iter(raw.get("name", {}).values()), id)) for id, raw in list(drafted.items())[:8])
        known = ", ".join(repr(a.id) for a in blueprint.activities[:8])
        raise BlueprintError(
            f"No step of the drawing is an activity of {blueprint.id}. Drawn: {drawn}. Activities: {known}. "
            "Give the tasks the ids, labels or names of the activities."
        )
    return found


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Folded text to activity, without the texts that several activities have."""
    table: dict[str, set[str]] = {}
    for text, activity in pairs:
        table.setdefault(folded(text), set()).add(activity)
    return {text: next(iter(ids)) for text, ids in table.items() if len(ids) == 1}
