"""What an OCEL 2.0 file says, whichever of its three formats it came in: events, objects, links, values."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Literal

from mining.errors import LogError
from mining.log.table import Problems

Scope = Literal["event", "object"]
MAX_NAMES = 10_000  # different attributes
KINDS = {
    **dict.fromkeys(("integer", "int", "bigint"), "integer"),
    **dict.fromkeys(("float", "double", "real", "double precision", "numeric"), "float"),
    **dict.fromkeys(("boolean", "bool"), "boolean"),
}


@dataclass
class Values:
    """All values of one attribute: to which event or object each belongs, since when it holds, and its text."""

    kinds: set[str] = field(default_factory=set)
    owners: list[int] = field(default_factory=list)
    times: list[str | None] = field(default_factory=list)
    texts: list[str | None] = field(default_factory=list)


class Ocel:
    """Collects the file, entry by entry. Events and objects are numbered from 0 in file order."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.event_ids: list[str | None] = []
        self.event_types: list[str | None] = []
        self.event_times: list[str | None] = []
        self.object_types: list[str] = []
        self.object_at: dict[str, int] = {}
        self.links: list[tuple[int, str, str]] = []  # event, object id, qualifier
        self.object_links: list[tuple[int, str]] = []  # object, id of the other one
        self.values: dict[Scope, dict[str, Values]] = {"event": {}, "object": {}}
        self.declared: dict[tuple[Scope, str, str], str] = {}
        self.declared_types: dict[str, None] = {}  # of objects
        self._seen: set[Hashable] = set()

    def declare(self, scope: Scope, owner_type: str, name: str, kind: str) -> None:
        """Say of which type an attribute of an event type or object type is; unknown words mean text."""
        self.declared[scope, owner_type, name] = KINDS.get(kind.casefold(), "string")

    def add_event(self, identity: str | None, activity: str | None, time: str | None) -> int:
        """Add an event; return its number."""
        number = len(self.event_ids)
        if identity is None:
            self.problems.add("event without an id", None, None, activity, f"event {number + 1} of the file")
        elif identity in self._seen:
            self.problems.add("event id given twice", None, None, identity, "both events are kept")
        else:
            self._seen.add(identity)
        self.event_ids.append(identity)
        self.event_types.append(activity)
        self.event_times.append(time)
        return number

    def add_object(self, identity: str | None, object_type: str | None) -> int:
        """Add an object; return its number, which is that of the first one with the same id, -1 without id or type."""
        if identity is None or object_type is None:
            self.problems.add("object without an id or a type", None, None, identity or object_type, "left out")
            return -1
        if identity in self.object_at:
            self.problems.add("object given twice", None, None, identity, "taken as one; its first type stays")
            return self.object_at[identity]
        self.object_at[identity] = len(self.object_types)
        self.object_types.append(object_type)
        return len(self.object_types) - 1

    def add_value(self, scope: Scope, owner: int, name: str | None, value: Any, time: str | None = None) -> None:
        """Add the value of an attribute of an event, or of an object since a moment (None: from the beginning)."""
        if name is None:
            self.problems.add("attribute without a name", None, None, plain_text(value), "left out")
            return
        owner_type = self.event_types[owner] if scope == "event" else self.object_types[owner]
        kind = self.declared.get((scope, owner_type or "", name))
        if kind is None and (key := (scope, owner_type, name)) not in self._seen:
            self._seen.add(key)
            self.problems.add("attribute that is not declared", None, name, None, f"of {owner_type!r}; taken as text")
        found = self.values[scope].get(name)
        if found is None:
            if len(self.values[scope]) >= MAX_NAMES:
                raise LogError(f"more than {MAX_NAMES:,} different attributes: this is no event log.")
            found = self.values[scope][name] = Values()
        found.kinds.add(kind or "string")
        found.owners.append(owner)
        found.times.append(time)
        found.texts.append(plain_text(value))


def plain_text(value: Any) -> str | None:
    """A value as text: truth in small letters, whatever is nested as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (bool, dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
