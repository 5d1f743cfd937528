"""Pools and lanes of a drawing as lanes and roles of a blueprint: which kind a name means, every guess said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mining.blueprint.bpmn.document import Document, DrawnLane, Element, Pool
from mining.blueprint.draft import Todo
from mining.blueprint.naming import ids_of, text_of
from mining.blueprint.spoken import KINDS, lane_kind
from mining.errors import BlueprintError, UnknownNameError, hint

LOOSE = "not assigned"
CUSTOMER, PROVIDER = "+customer", "+provider"  # lanes that are added


@dataclass
class Lanes:
    """Lanes and roles as the format writes them; where each step stands, and the pools of customers."""

    raw: list[dict[str, Any]] = field(default_factory=list)
    lane_of: dict[str, str] = field(default_factory=dict)
    roles: dict[str, dict[str, Any]] = field(default_factory=dict)
    role_of: dict[str, str] = field(default_factory=dict)
    customers: set[str] = field(default_factory=set)
    todo: list[Todo] = field(default_factory=list)


@dataclass(frozen=True)
class _Row:
    """A lane to be: a top lane of a pool, a pool without lanes, or the lane of what stands in none."""

    key: str
    name: str
    pool: Pool
    steps: tuple[Element, ...]
    lane: DrawnLane | None = None


def lanes_of(document: Document, given: Mapping[str, str] | None = None) -> Lanes:
    """Lanes, roles, and where each step stands.

    A top lane of a pool is a lane, and so is a pool without lanes; the lane in a lane is a role, and so is a top lane whose steps
    no inner lane holds, except that a customer is no role.

    Parameters
    ----------
    document : Document
    given : mapping of lane or pool (id or name) to kind, optional
        What is not given is guessed from the name, else from the name of the pool, else from the kinds of the tasks.

    Returns
    -------
    Lanes

    Raises
    ------
    BlueprintError
        If ``given`` names no lane or pool of the file, or a kind that there is not.
    """
    given = given or {}
    _check_given(document, given)
    made = Lanes()
    rows = [row for pool in document.pools for row in _rows(document, pool) if row.steps or row.lane]
    hidden = [p for p in document.pools if not any(row.pool is p for row in rows)]
    kinds = {row.key: _kind(row, given, made.todo) for row in rows}
    ids = _ids([(row.key, row.name, row.pool.name) for row in rows] + [(p.id, p.name or p.id, "pool") for p in hidden])
    for row in rows:
        made.raw.append({"id": ids[row.key], "kind": kinds[row.key], "name": text_of(row.name)})
        made.lane_of |= {e.id: ids[row.key] for e in row.steps}
    _add_hidden(hidden, given, ids, made)
    _complete(ids, made)
    made.customers |= {row.pool.id for row in rows if kinds[row.key] == "customer" and row.lane is None}
    _add_roles(document, rows, kinds, made)
    _told(made, rows, ids, given)
    if document.placed:
        listed = ", ".join(repr(id) for id in document.placed)
        what = f"the file puts these steps in no lane; each is taken for one of the lane in which it is drawn: {listed}"
        made.todo.append(Todo("lanes", what, guessed=True))
    return made


def _ids(rows: list[tuple[str, str, str]]) -> dict[str, str]:
    """An id for each (key, name, name of its pool), from the name alone where only one has it."""
    names = [name for _, name, _ in rows]
    own = {key: name if names.count(name) == 1 else f"{pool} {name} {i}" for i, (key, name, pool) in enumerate(rows)}
    made = ids_of(dict.fromkeys([*own.values(), "customer ", "provider "]), "lane")
    return {key: made[name] for key, name in own.items()} | {CUSTOMER: made["customer "], PROVIDER: made["provider "]}


def _check_given(document: Document, given: Mapping[str, str]) -> None:
    drawn = [(p.id, p.name) for p in document.pools] + [(lane.id, lane.name) for lane in document.lanes]
    names = {text for pair in drawn for text in pair}
    shown = {name or id for id, name in drawn}
    for key, kind in given.items():
        if kind not in KINDS:
            raise UnknownNameError("kind of lane", kind, KINDS, where=key)
        if key not in names:
            raise BlueprintError(f"{document.path}: no lane or pool is called {key!r}.{hint(key, shown)}")


# --- rows --------------------------------------------------------------------------------------------------------------


def _rows(document: Document, pool: Pool) -> list[_Row]:
    steps = [e for e in document.steps if document.process_of(e.id) == pool.process]
    tops = [lane for lane in document.lanes if lane.process == pool.process and lane.parent is None]
    held: dict[str, list[Element]] = {lane.id: [] for lane in tops}
    loose = []
    for e in steps:
        way = lanes_around(document, e.id)
        if way:
            held[way[0].id].append(e)
        else:
            loose.append(e)
    rows = [_Row(lane.id, lane.name or lane.id, pool, tuple(held[lane.id]), lane) for lane in tops]
    named = pool.name and not tops
    return [*rows, _Row(pool.id, pool.name if named else LOOSE, pool, tuple(loose))]


def lanes_around(document: Document, id: str) -> list[DrawnLane]:
    """The lanes in which an element stands, outermost first; those of its sub-process if it stands in none itself."""
    while id in document.elements and id not in document.lanes_of | document.placed:
        id = document.elements[id].scope
    ways: list[list[DrawnLane]] = [[]]
    placed = (document.placed[id],) if id in document.placed else ()
    for lane in document.lanes_of.get(
        id, placed
    ):  # tools write a step into its inner lane, and some into those around it too
        way = [lane]
        while way[0].parent is not None:
            way.insert(0, document.lane[way[0].parent])
        ways.append(way)
    return max(ways, key=len)


def _kind(row: _Row, given: Mapping[str, str], todo: list[Todo]) -> str:
    keys = [row.lane.id, row.lane.name] if row.lane else []
    for key in (*keys, row.pool.id, row.pool.name):
        if key in given:
            return given[key]
    found = lane_kind(row.name)[0] if row.name != LOOSE else None
    return found or (lane_kind(row.pool.name)[0] if row.lane else None) or _by_tasks(row)


def _by_tasks(row: _Row) -> str:
    machine = row.steps and all(e.kind in ("serviceTask", "scriptTask", "businessRuleTask") for e in row.steps)
    return "support" if machine else "backstage"


def _told(made: Lanes, rows: list[_Row], ids: Mapping[str, str], given: Mapping[str, str]) -> None:
    """Say of each guess what it is made from."""
    kind = {lane["id"]: lane["kind"] for lane in made.raw}
    for row in rows:
        keys = {row.pool.id, row.pool.name} | ({row.lane.id, row.lane.name} if row.lane else set())
        if keys & set(given):
            continue
        name = f"the name {row.name!r}"
        if row.name == LOOSE:
            why = "nothing in the file says in which lane the steps stand"
        elif lane_kind(row.name)[0]:
            why = f"from {name}"
        elif row.lane and lane_kind(row.pool.name)[0]:
            why = f"from the name {row.pool.name!r} of its pool"
        else:
            why = f"{name} does not say it" + (
                "; all its tasks are done by machines" if _by_tasks(row) == "support" else ""
            )
        made.todo.append(Todo(f"lanes.{ids[row.key]}.kind", f"{kind[ids[row.key]]}: {why}", guessed=True))


# --- lanes without steps, and roles ------------------------------------------------------------------------------------


def _add_hidden(hidden: list[Pool], given: Mapping[str, str], ids: Mapping[str, str], made: Lanes) -> None:
    """A pool that shows nothing is a lane only if it is the customer's."""
    for pool in hidden:
        kind = given.get(pool.id) or given.get(pool.name)
        found = kind or lane_kind(pool.name)[0]
        if found == "customer":
            made.customers.add(pool.id)
        if kind or found == "customer":
            made.raw.append({"id": ids[pool.id], "kind": found, "name": text_of(pool.name or pool.id)})
            if not kind:
                what = f"{found}: from the name {pool.name!r} of a pool that shows nothing inside"
                made.todo.append(Todo(f"lanes.{ids[pool.id]}.kind", what, guessed=True))


def _complete(ids: Mapping[str, str], made: Lanes) -> None:
    """A blueprint has a customer, another lane, and the lanes in the order of their kinds."""
    drawn = list(made.raw)
    if all(lane["kind"] != "customer" for lane in drawn):
        made.raw.append({"id": ids[CUSTOMER], "kind": "customer", "name": {"en": "Customer", "zh": "客户"}})
        what = "no lane or pool of the customer is drawn: an empty one is added, for the line of interaction"
        made.todo.append(Todo("lanes", what, guessed=True))
    if len(made.raw) == 1:
        made.raw.append({"id": ids[PROVIDER], "kind": "backstage", "name": {"en": "Provider", "zh": "服务方"}})
        made.todo.append(
            Todo("lanes", "only the customer's lane is drawn: an empty one is added for the provider", guessed=True)
        )
    made.raw.sort(key=lambda lane: KINDS.index(lane["kind"]))
    if [lane for lane in made.raw if lane in drawn] != drawn:
        made.todo.append(
            Todo("lanes", "put in the order of their kinds, from the customer down; the file has another", guessed=True)
        )


def _add_roles(document: Document, rows: list[_Row], kinds: Mapping[str, str], made: Lanes) -> None:
    names = {}
    for row in rows:
        for e in row.steps:
            inner = lanes_around(document, e.id)
            lane = row.name if not inner else inner[-1].name or inner[-1].id
            name = e.performer or lane
            if e.performer or (kinds[row.key] not in ("customer", "physical_evidence") and name != LOOSE):
                names[e.id] = name
    ids = ids_of(dict.fromkeys(names.values()), "role")
    made.role_of = {id: ids[name] for id, name in names.items()}
    made.roles = {id: {"name": text_of(name)} for name, id in ids.items()}
    if made.roles:
        what = "taken from the lanes and performers drawn; name the resources of each as the log writes them"
        made.todo.append(Todo("roles", what, guessed=True))
    else:
        made.todo.append(Todo("roles", "the file names no roles: who may do what is not checked"))
