"""Classifiers of an XES file: several attributes that together name what happened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mining.binding import Binding
from mining.errors import LogError, UnknownNameError
from mining.log.table import SourceTable

PREFIX = "classifier:"


def with_classifier(source: SourceTable, columns: Binding | Mapping[str, Any] | None) -> SourceTable:
    """Add the column that a binding asks for with ``"activity": "classifier:NAME"``.

    Parameters
    ----------
    source : SourceTable
    columns : Binding, mapping or None
        The binding.

    Returns
    -------
    SourceTable
        ``source`` itself if the activity is no classifier; else with one more column ``classifier:NAME``: the texts of the
        attributes of the classifier, joined by ``+``; attributes that an event lacks are left out.

    Raises
    ------
    UnknownNameError
        If the file declares no classifier of this name.
    LogError
        If one of its attributes does not occur in the file.

    Examples
    --------
    >>> table = pa.table({"concept:name": ["Check", "Check"], "lifecycle:transition": ["start", None]})
    >>> declared = [{"name": "both", "keys": "concept:name lifecycle:transition"}]
    >>> source = SourceTable("log.xes", "xes", "", 0, table, extras={"classifiers": declared})
    >>> with_classifier(source, {"activity": "classifier:both"}).table["classifier:both"].to_pylist()
    ['Check+start', 'Check']
    """
    wanted = columns.activity if isinstance(columns, Binding) else (columns or {}).get("activity")
    names = source.table.column_names
    if not isinstance(wanted, str) or not wanted.startswith(PREFIX) or wanted in names:
        return source
    declared = {node.get("name", ""): node for node in source.extras.get("classifiers", [])}
    name = wanted.removeprefix(PREFIX)
    if name not in declared:
        raise UnknownNameError("classifier", name, list(declared), source.path)
    prefix = "case:" if declared[name].get("scope") == "trace" else ""
    keys = classifier_keys(declared[name].get("keys", ""), [n.removeprefix(prefix) for n in names if prefix in n])
    parts = [pa.concat_arrays(source.table[prefix + key].cast(pa.string()).chunks) for key in keys]
    if not parts:
        raise LogError(f"{source.path}: classifier {name!r} names no attribute. Bind the activity to a column instead.")
    joined = parts[0]
    for part in parts[1:]:
        both = pc.binary_join_element_wise(joined, part, "+", null_handling="emit_null")
        joined = pc.coalesce(both, joined, part)
    return replace(source, table=source.table.append_column(wanted, pa.chunked_array([joined])))


def classifier_keys(text: str, known: list[str]) -> list[str]:
    """The attributes that the ``keys`` of a classifier name: separated by blanks, though keys may hold blanks themselves.

    Raises
    ------
    LogError
        If a part is no attribute of the file.

    Examples
    --------
    >>> classifier_keys("Activity code 'org:group'", ["Activity code", "org:group"])
    ['Activity code', 'org:group']
    """
    words = [quoted or plain for quoted, plain in re.findall(r"'([^']*)'|(\S+)", text)]
    keys: list[str] = []
    while words:
        size = next((n for n in range(len(words), 0, -1) if " ".join(words[:n]) in known), 0)
        if not size:
            raise LogError(
                f"the classifier {text!r} names {words[0]!r}, but no event of the file has such an attribute. "
                f"There are: {', '.join(map(repr, known[:12]))}. Bind the activity to one of them instead."
            )
        keys.append(" ".join(words[:size]))
        words = words[size:]
    return keys
