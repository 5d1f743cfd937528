"""The steps of a drawing as activities of a draft, with their lanes, stages, roles, wait points, fail points and touchpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mining.blueprint.bpmn.document import DATA, Document, Element, Fact
from mining.blueprint.bpmn.foreign import plain_word
from mining.blueprint.bpmn.lanes import Lanes, lanes_of
from mining.blueprint.bpmn.neighbours import Neighbours
from mining.blueprint.draft import Todo
from mining.blueprint.naming import ids_of, text_of

WAITS = {"timer", "message", "conditional", "signal"}
WHOLE = {"id": "service", "name": {"en": "Whole service", "zh": "全程"}}


@dataclass
class Steps:
    """What a draft says of its steps; ``activity``: the activity of each drawn step."""

    raw: list[dict[str, Any]] = field(default_factory=list)
    activity: dict[str, str] = field(default_factory=dict)
    lanes: list[dict[str, Any]] = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)
    roles: dict[str, dict[str, Any]] = field(default_factory=dict)
    todo: list[Todo] = field(default_factory=list)


def steps_of(document: Document, around: Neighbours, given: Mapping[str, str] | None = None) -> Steps:
    """Make activities of all steps. Steps of one name are one activity, because one log label means one activity.

    Parameters
    ----------
    document : Document
    around : Neighbours
        Of its nodes.
    given : mapping of lane or pool to kind, optional
        See :func:`mining.blueprint.bpmn.lanes.lanes_of`.

    Returns
    -------
    Steps
    """
    lanes = lanes_of(document, given)
    made = Steps(lanes=lanes.raw, roles=lanes.roles, todo=list(lanes.todo))
    stages = _stages(document, made)
    groups: dict[str, list[Element]] = {}
    for e in sorted(document.steps, key=around.rank):
        groups.setdefault(e.name or e.id, []).append(e)
    ids = ids_of(groups, "step")
    for name, elements in groups.items():
        made.raw.append(_activity(ids[name], name, elements, lanes, stages, made.todo))
        made.activity |= {e.id: ids[name] for e in elements}
    made.todo.append(Todo("activities", "the names of the steps are taken for their labels in the log", guessed=True))
    by_id = {a["id"]: a for a in made.raw}
    _wait_points(document, around, made, by_id)
    _fail_points(document, made, by_id)
    _touchpoints(document, lanes, made, by_id)
    for fact in document.facts:
        made.todo += _fact(document, fact, made)
    return made


def _activity(
    id: str, name: str, elements: list[Element], lanes: Lanes, stages: Mapping[str, str], todo: list[Todo]
) -> dict[str, Any]:
    first = elements[0]
    raw = {"id": id, "lane": lanes.lane_of[first.id], "stage": stages[first.id]}
    if first.id in lanes.role_of:
        raw["role"] = lanes.role_of[first.id]
    if not first.name:
        todo.append(Todo(f"activities.{id}.name", f"the step {first.id!r} has no name; its id stands for it"))
    for what, of in (("lane", lanes.lane_of), ("stage", stages), ("role", lanes.role_of)):
        if len({of.get(e.id) for e in elements}) > 1:
            listed = ", ".join(repr(e.id) for e in elements)
            said = f"{listed} have one name, so they are one activity, but not one {what}: that of the first is taken"
            todo.append(Todo(f"activities.{id}.{what}", said, guessed=True))
    return raw | {"labels": [name], "name": text_of(name)}


def _stages(document: Document, made: Steps) -> dict[str, str]:
    """The stage of each step: a group of the drawing if the groups hold all steps, each once; else one for all."""
    boxes = document.layout.bounds
    groups = [f for f in document.facts if f.kind == "group" and f.id in boxes]
    held = {e.id: [g for g in groups if e.id in boxes and boxes[g.id].holds(boxes[e.id])] for e in document.steps}
    if groups and all(len(found) == 1 for found in held.values()):
        groups.sort(key=lambda g: (boxes[g.id].x, boxes[g.id].y))
        names = {g.id: g.text or g.id for g in groups}
        ids = ids_of(dict.fromkeys(names.values()), "stage")
        made.stages = [{"id": id, "name": text_of(name)} for name, id in ids.items()]
        made.todo.append(Todo("stages", "taken from the groups drawn, from left to right", guessed=True))
        return {id: ids[names[found[0].id]] for id, found in held.items()}
    made.stages = [WHOLE]
    why = "the groups drawn do not hold all steps, each once" if groups else "the file draws no groups around the steps"
    made.todo.append(Todo("stages", f"{why}: one stage stands for the whole service", guessed=True))
    return dict.fromkeys(held, str(WHOLE["id"]))


def _wait_points(document: Document, around: Neighbours, made: Steps, by_id: dict[str, dict[str, Any]]) -> None:
    for e in document.elements.values():
        kinds = {x.kind for x in e.events} & WAITS
        if e.kind != "intermediateCatchEvent" or not kinds:
            continue
        after = dict.fromkeys(made.activity[x] for x in around.after(e.id))
        called = f"{e.id!r}" + (f" ({e.name})" if e.name else "")
        if len(after) == 1:
            (id,) = after
            by_id[id]["wait_point"] = True
            made.todo.append(Todo(f"activities.{id}.wait_point", f"the event {called} before it waits", guessed=True))
        else:
            sides = ", ".join(after) or "the end"
            made.todo.append(
                Todo(f"{document.path.name}:{e.line}", f"the event {called} waits before {sides}: mark the wait point")
            )


def _fail_points(document: Document, made: Steps, by_id: dict[str, dict[str, Any]]) -> None:
    for e in document.elements.values():
        error = next((x for x in e.events if x.kind == "error"), None)
        if e.kind != "boundaryEvent" or error is None:
            continue
        name = e.name or error.value
        if e.host in made.activity:
            id = made.activity[e.host]
            by_id[id]["fail_point"] = {"failure": text_of(name or f"Error {e.id}")}
            what = f"from the error event {e.id!r}: say what fails{'' if name else ' (it has no name)'}, and which control finds it"
            made.todo.append(Todo(f"activities.{id}.fail_point", what, guessed=True))
        else:
            what = f"the error event {e.id!r} ({name}) is on the sub-process {e.host!r}: mark the step that fails"
            made.todo.append(Todo(f"{document.path.name}:{e.line}", what))


def _touchpoints(document: Document, lanes: Lanes, made: Steps, by_id: dict[str, dict[str, Any]]) -> None:
    """Steps of the provider that send to or receive from a pool of the customer."""
    pool_of = {p.process: p.id for p in document.pools}

    def is_customer(end: str) -> bool:
        return (pool_of.get(document.process_of(end), "") if end in document.elements else end) in lanes.customers

    for a in document.messages:
        for here, there in ((a.source, a.target), (a.target, a.source)):
            if is_customer(there) and not is_customer(here) and here in made.activity:
                id = made.activity[here]
                by_id[id].setdefault("touchpoint", {"key": False})
                named = f" ({a.name})" if a.name else ""
                what = f"the message {a.id!r}{named} crosses the line of interaction; whether it is a key touchpoint is not said"
                made.todo.append(Todo(f"activities.{id}.touchpoint", what, guessed=True))


def _fact(document: Document, fact: Fact, made: Steps) -> list[Todo]:
    """A fact that says something, at the steps it belongs to."""
    if not fact.text or fact.kind in ("group", "dataObject"):
        return []
    ids = list(dict.fromkeys(made.activity[x] for x in fact.at if x in made.activity))
    where = [f"activities.{id}" for id in ids] or [f"{document.path.name}:{fact.line}"]
    said = f"{plain_word(fact.kind)} {fact.id!r}: {fact.text}"
    more = "; name it under touchpoint.evidence if the customer sees it" if fact.kind in DATA else ""
    return [Todo(place, said + more) for place in where]
