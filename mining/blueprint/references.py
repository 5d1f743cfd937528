"""Names and conditions, wherever a blueprint writes them: what must exist, and what can never be equal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mining.blueprint import model as m
from mining.blueprint import yaml12
from mining.blueprint.shape import Problem
from mining.errors import hint


def place(path: yaml12.Path) -> str:
    """A path of the file as messages name it: ``activities.3.touchpoint``."""
    return ".".join(map(str, path))


def unknown(kind: str, name: str | None, names: set[str], at: yaml12.Path) -> Iterator[Problem]:
    """The problem of a name that is not among those known."""
    if name is not None and name not in names:
        yield at, f"{place(at)}: unknown {kind} {name!r}.{hint(name, names)}"


def condition_problems(b: m.Blueprint, condition: m.Condition, at: yaml12.Path) -> Iterator[Problem]:
    """A condition on an attribute that the log section does not have, or that can never be compared with the value."""
    attributes = b.binding.attributes
    if condition.attr not in attributes:
        yield at, f"{place(at)}: unknown attribute {condition.attr!r}.{hint(condition.attr, attributes)}"
    else:
        yield from ((at, f"{place(at)}: {what}") for what in _mismatch(condition, attributes[condition.attr].type))


KINDS_OF_VALUE: dict[str, tuple[type, ...]] = {"number": (int, float), "string": (str,), "boolean": (bool,)}


def _mismatch(condition: m.Condition, type_: str) -> Iterator[str]:
    """A condition whose value can never equal, or be compared with, an attribute of that type."""
    several = condition.op in ("in", "not_in")
    if several != isinstance(condition.value, list):
        yield f"{condition.op} needs {'a list of values' if several else 'one value'}, not {condition.value!r}."
        return
    if type_ not in KINDS_OF_VALUE:
        yield f"{condition.attr} is a {type_}; conditions compare text, numbers and booleans."
        return
    for value in condition.value if several else [condition.value]:
        yield from never_equal(condition.attr, type_, condition.op, value)


def never_equal(name: str, type_: str, op: str, value: Any) -> Iterator[str]:
    """Why a value can never equal, or be compared with, an attribute that is declared as ``type_``."""
    fits = isinstance(value, KINDS_OF_VALUE.get(type_, ()))
    if not fits or (type_ == "number" and isinstance(value, bool)):
        yield (
            f"{name} is declared as {type_}, so it is never {op} {value!r}. "
            f"Declare its type under log.attributes ({{column: ..., type: number}}), or write the value as {type_}."
        )
