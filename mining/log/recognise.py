"""Finds out which column is what: from a binding, a dict, or well-known names; never from the values alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow.compute as pc

from mining.binding import READING, Attribute, Binding, Lifecycle
from mining.errors import LogError, UnknownNameError, hint
from mining.log.attributes import TYPES
from mining.log.header import look_below
from mining.log.table import SourceTable
from mining.log.times import check_zone, is_text

KNOWN: dict[str, tuple[str, ...]] = {  # best first; in lower case, blanks, dots and hyphens as _
    "case": (
        *("case:concept:name", "case_id", "caseid", "case", "case_number"),
        *("案例编号", "案例id", "案例", "工单编号", "工单号"),
    ),
    "activity": ("concept:name", "activity", "activity_name", "event", "活动", "活动名称", "环节"),
    "timestamp": (
        *("time:timestamp", "timestamp", "end_timestamp", "end_time", "endtime", "completed_at", "complete_time"),
        *("complete_timestamp", "completion_time", "complete", "end", "完成时间", "结束时间", "时间戳", "时间"),
    ),
    "start": ("start_timestamp", "start_time", "starttime", "started_at", "start", "开始时间"),
    "resource": ("org:resource", "resource", "user", "资源", "人员", "处理人", "经办人"),
    "lifecycle": ("lifecycle:transition", "lifecycle", "transition"),
}
REQUIRED = ("case", "activity", "timestamp")
FLAT = {role: KNOWN[role][0] for role in REQUIRED}  # columns of an object-centric log made a table
READ_AS = ("tz", "format", "start_format", "decimal", *READING)  # how values are written
KEYS = (*REQUIRED, "start", "resource", "lifecycle", "attributes", "ignore", *READ_AS)


def resolve(source: SourceTable, columns: Binding | Mapping[str, Any] | None) -> tuple[Binding, tuple[str, ...]]:
    """Turn what the caller gave into a binding whose columns all exist.

    Parameters
    ----------
    source : SourceTable
        The log.
    columns : Binding, mapping or None
        None, or a mapping or binding that only says how the source is read: all roles are recognised by name. A mapping names
        some roles; case, activity and timestamp are recognised where it does not name them.

    Returns
    -------
    binding : Binding
    notes : tuple of str
        What was recognised, and what else would have fitted.

    Raises
    ------
    LogError
        If a required column is not recognised, or a bound one does not exist or is bound twice.
    UnknownNameError
        If a mapping has a key that means nothing, or a time zone or type does not exist.
    """
    notes: list[str] = []
    if columns is None or (isinstance(columns, Mapping) and set(columns) <= set(READING)):
        binding = _binding(source, _all_roles(source, notes) | dict(columns or {}), "recognised")
    elif isinstance(columns, Binding) and not any(getattr(columns, role) for role in REQUIRED):
        roles = parts_of(_all_roles(source, notes), "columns")  # a binding file that only says how the source is read
        found: dict[str, Any] = {role: roles[role] for role in KNOWN if roles[role]}
        _need(source, found)
        notes += [f"column {getattr(n, 'column', n)!r} is recognised as {role}" for role, n in found.items()]
        binding = replace(columns, **found)
    elif isinstance(columns, Binding):
        binding = _flattened(source, columns, notes)
    else:
        for key in columns:
            if key not in KEYS:
                raise UnknownNameError("key", key, KEYS, "columns")
        named = {k: v for k, v in columns.items() if v is not None}
        found = {r: name for r in REQUIRED if r not in named and (name := _find(source, r, notes))}
        notes += [f"column {name!r} is recognised as {role}" for role, name in found.items()]
        binding = _binding(source, found | named, "arguments")
    _check(source, binding)
    if binding.lifecycle is None and (column := _find(source, "lifecycle", [])) and (words := _words(source, column)):
        others = [repr(word) for word in (words.start, words.schedule) if word]
        if others:
            notes.append(
                f"column {column!r} also says {' and '.join(others)}, but no lifecycle is bound: "
                "every row counts as an activity instance of its own"
            )
    return binding, tuple(notes)


def _all_roles(source: SourceTable, notes: list[str]) -> dict[str, Any]:
    """Every role that a well-known name of a column has."""
    given: dict[str, Any] = {role: name for role in KNOWN if (name := _find(source, role, notes))}
    if "lifecycle" in given:
        given["lifecycle"] = _words(source, given["lifecycle"])
    if "start" in given and given.get("lifecycle") and given["lifecycle"].start:
        notes.append(f"column {given.pop('start')!r} is not used: starts are events in {given['lifecycle'].column!r}")
    return given


def _flattened(source: SourceTable, binding: Binding, notes: list[str]) -> Binding:
    """The binding of a blueprint on an object-centric log: the table that is made of it has its own names of the three columns."""
    names = source.table.column_names
    if binding.origin != "blueprint" or not source.extras.get("reading", {}).get("object_type"):
        return binding
    other: dict[str, Any] = {
        role: FLAT[role] for role in REQUIRED if getattr(binding, role) not in names and FLAT[role] in names
    }
    for role, name in other.items():
        notes.append(
            f"the blueprint names {getattr(binding, role)!r} as {role}; of the object-centric log it is {name!r}"
        )
    return replace(binding, **other) if other else binding


def plain_name(name: str) -> str:
    """A column name as ``KNOWN`` has it.

    Examples
    --------
    >>> plain_name("Case-ID"), plain_name("ＣＡＳＥ  id")
    ('case_id', 'case_id')
    """
    name = unicodedata.normalize("NFKC", name).casefold()
    return "_".join(name.replace("-", " ").replace(".", " ").replace("_", " ").split())


def _find(source: SourceTable, role: str, notes: list[str]) -> str | None:
    names: dict[str, str] = {}
    for name in source.table.column_names:
        names.setdefault(plain_name(name), name)
    fitting = [names[word] for word in KNOWN[role] if word in names]
    if len(fitting) > 1:
        notes.append(f"{fitting[0]!r} is taken as {role}; {', '.join(map(repr, fitting[1:]))} would have fitted too")
    return fitting[0] if fitting else None


def _words(source: SourceTable, column: str) -> Lifecycle | None:
    """The standard words, as far as the column uses them; None if it never says complete."""
    if not is_text(source.table[column].type):
        return None
    used: dict[str, str] = {str(word).casefold(): word for word in pc.unique(source.table[column]).to_pylist() if word}
    return Lifecycle(column, used["complete"], used.get("start"), used.get("schedule")) if "complete" in used else None


def _binding(source: SourceTable, given: Mapping[str, Any], origin: str) -> Binding:
    _need(source, given)
    return Binding(**parts_of(given, "columns"), origin=origin)


def _need(source: SourceTable, given: Mapping[str, Any]) -> None:
    if missing := [role for role in REQUIRED if role not in given]:
        example = ", ".join(f'"{role}": "..."' for role in missing)
        raise LogError(
            f"{source.path}: no column is recognised as {' or '.join(missing)}. "
            f"Columns: {', '.join(map(repr, source.table.column_names))}. Say which it is: columns={{{example}}}.{look_below(source)}"
        )


def parts_of(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The parts of a `Binding` from plain values, such as a dict or a file has them.

    Raises
    ------
    UnknownNameError
        If a key means nothing.
    LogError
        If a part lacks what it needs.
    """
    for key in given:
        if key not in KEYS:
            raise UnknownNameError("key", key, KEYS, where)
    lifecycle = given.get("lifecycle")
    if isinstance(lifecycle, Mapping):
        lifecycle = _made(Lifecycle, lifecycle, f"{where}['lifecycle']", {"column", "complete"})
    elif isinstance(lifecycle, str):
        lifecycle = Lifecycle(lifecycle, "complete", "start", "schedule")
    attributes = {
        short: column if isinstance(column, Attribute)
        else _made(Attribute, column, f"{where}['attributes'][{short!r}]", {"column"}) if isinstance(column, Mapping)
        else Attribute(str(column))
        for short, column in (given.get("attributes") or {}).items()
    }  # fmt: skip
    parts = {key: given.get(key) for key in (*REQUIRED, "start", "resource")}
    parts |= {key: given[key] for key in READ_AS if given.get(key) is not None}
    if order := parts.get("order_by"):
        parts["order_by"] = (order,) if isinstance(order, str) else tuple(order)
    return parts | {"lifecycle": lifecycle, "attributes": attributes, "ignore": tuple(given.get("ignore") or ())}


def _made(kind: Any, given: Mapping[str, Any], where: str, needed: set[str]) -> Any:
    known = list(kind.__dataclass_fields__)
    for key in given:
        if key not in known:
            raise UnknownNameError("key", key, known, where)
    if missing := needed - set(given):
        raise LogError(f"{where} must say {' and '.join(sorted(missing))}.")
    return kind(**given)


def _check(source: SourceTable, binding: Binding) -> None:
    for role, name in binding.columns.items():
        if name not in source.table.column_names:
            known = hint(name, source.table.column_names, most=40)
            raise LogError(f"{source.path}: there is no column {name!r} (bound as {role}).{known}{look_below(source)}")
    roles = ("case", "activity", "timestamp", "start")
    bound = [binding.columns[role] for role in roles if role in binding.columns]
    if twice := sorted({name for name in bound if bound.count(name) > 1}):
        raise LogError(f"{source.path}: column {twice[0]!r} is bound to more than one of {', '.join(roles)}.")
    check_zone(binding.tz)
    for attribute in binding.attributes.values():
        check_zone(attribute.tz)
        if attribute.type not in TYPES:
            raise UnknownNameError("attribute type", attribute.type, TYPES, f"attribute {attribute.column!r}")
    if binding.lifecycle and binding.lifecycle.start and binding.start:
        raise LogError(
            f"the binding names both a start column ({binding.start!r}) and a word for starts in "
            f"{binding.lifecycle.column!r} ({binding.lifecycle.start!r}). Only one can say when an activity started."
        )
