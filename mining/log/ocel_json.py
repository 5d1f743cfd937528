"""Reads OCEL 2.0 as JSON."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mining.errors import LogError
from mining.log.ocel_objects import Ocel, Scope, plain_text
from mining.log.table import Problems

MAX_BYTES = 512 << 20  # inflated


def read_json(path: Path, problems: Problems) -> Ocel:
    """Read a file, plain or gzipped.

    Raises
    ------
    LogError
        If it is no JSON, no OCEL 2.0, damaged, or larger than 512 MB when inflated.
    """
    root = _parsed(path)
    if isinstance(root, dict) and any(str(key).startswith("ocel:") for key in root):
        raise LogError(
            f"{path}: this is OCEL 1.0. Convert it to OCEL 2.0 first, for example with pm4py.read_ocel and "
            "pm4py.write_ocel2_json."
        )
    if not isinstance(root, dict) or "events" not in root or "objects" not in root:
        has = ", ".join(map(repr, list(root)[:8])) if isinstance(root, dict) else type(root).__name__
        raise LogError(f"{path}: no OCEL 2.0, which has 'events' and 'objects' at the top; this file has: {has}.")
    ocel = Ocel(problems)
    for scope, key in (("event", "eventTypes"), ("object", "objectTypes")):
        _declare(ocel, scope, root, key, path)  # type: ignore[arg-type]
    for where, node in _entries(root, "objects", str(path)):
        number = ocel.add_object(plain_text(node.get("id")), plain_text(node.get("type")))
        if number < 0:
            continue
        for _, value in _entries(node, "attributes", where):
            time = plain_text(value.get("time"))
            ocel.add_value("object", number, plain_text(value.get("name")), value.get("value"), time)
        for _, link in _entries(node, "relationships", where):
            ocel.object_links.append((number, plain_text(link.get("objectId")) or ""))
    for where, node in _entries(root, "events", str(path)):
        number = ocel.add_event(*(plain_text(node.get(key)) for key in ("id", "type", "time")))
        for _, value in _entries(node, "attributes", where):
            ocel.add_value("event", number, plain_text(value.get("name")), value.get("value"))
        for _, link in _entries(node, "relationships", where):
            ocel.links.append((number, plain_text(link.get("objectId")) or "", plain_text(link.get("qualifier")) or ""))
    return ocel


def _parsed(path: Path) -> Any:
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            data = (gzip.GzipFile(fileobj=file) if zipped else file).read(MAX_BYTES + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise LogError(f"{path}: the compressed file is damaged or cut off ({error}).") from None
    if len(data) > MAX_BYTES:
        raise LogError(
            f"{path}: more than {MAX_BYTES >> 20} MB of JSON, which must be held in memory as a whole. "
            "Use the SQLite form of OCEL for a log of this size."
        )
    try:
        return json.loads(data, object_pairs_hook=_no_key_twice)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise LogError(f"{path}: not readable as JSON ({error}).") from None
    except RecursionError:
        raise LogError(f"{path}: nested too deeply: no event log is written like this.") from None
    except _KeyTwice as error:
        raise LogError(
            f"{path}: the key {error} stands twice in one place, so one of two contents would be lost."
        ) from None


class _KeyTwice(ValueError):
    """A JSON object has a key twice."""


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _KeyTwice(repr(next(key for key in keys if keys.count(key) > 1)))
    return made


def _declare(ocel: Ocel, scope: Scope, root: dict[str, Any], key: str, path: Path) -> None:
    for where, node in _entries(root, key, str(path)):
        name = plain_text(node.get("name")) or ""
        if scope == "object":
            ocel.declared_types[name] = None
        for _, attribute in _entries(node, "attributes", where):
            kind = plain_text(attribute.get("type")) or ""
            ocel.declare(scope, name, plain_text(attribute.get("name")) or "", kind)


def _entries(node: dict[str, Any], key: str, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The entries of a list, each with the place where it stands."""
    found = node.get(key)
    if found is None:
        return
    if not isinstance(found, list):
        raise LogError(f"{where}, {key}: a list is needed, not {type(found).__name__}.")
    for number, entry in enumerate(found, 1):
        place = f"{where}, {key} {number}"
        if not isinstance(entry, dict):
            raise LogError(f"{place}: an object with named parts is needed, not {type(entry).__name__}.")
        yield place, entry
