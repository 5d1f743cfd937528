"""Where two files of one kind differ: keys of JSON, cells of tables, parts of a document, else the first byte."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Iterator
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import pandas as pd

MOST = 3  # places that are named
AROUND = 40  # characters shown of a text
DOCUMENTS = (".docx", ".xlsx", ".pptx")
NOTHING = "(nothing)"


def places(expected: Path, found: Path) -> list[str]:
    """The first places in which two files differ, in words; empty where they say the same, however it is packed.

    Examples
    --------
    >>> a, b = examples / "a.json", examples / "b.json"
    >>> _ = a.write_text('{"x": [1, 2], "y": 1}'), b.write_text('{"x": [1, 3]}')
    >>> places(a, b)
    ['x[1]: 2 expected, 3 found', 'y: 1 expected, (nothing) found']
    """
    if expected.read_bytes() == found.read_bytes():
        return []
    readers = {".json": _in_json, ".csv": _in_csv, ".parquet": _in_parquet} | dict.fromkeys(DOCUMENTS, _in_parts)
    find = readers.get(expected.suffix, _in_bytes)
    try:
        return list(islice(find(expected, found), MOST))
    except Exception:  # no file of that kind any more: each reader says so in its own way
        return bytes_apart(expected, found)


def bytes_apart(expected: Path, found: Path) -> list[str]:
    """The first byte in which two files differ, in words; empty where they are equal."""
    return list(_in_bytes(expected, found))


def differences(expected: Any, found: Any, at: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Path, expected and found value of every place in which two plain values differ.

    Examples
    --------
    >>> list(differences({"a": [1, 2]}, {"a": [1], "b": None}))
    [('a[1]', 2, '(nothing)'), ('b', '(nothing)', None)]
    """
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted({*expected, *found}):
            place = f"{at}.{key}" if at else str(key)
            yield from differences(expected.get(key, NOTHING), found.get(key, NOTHING), place)
    elif isinstance(expected, list) and isinstance(found, list):
        for i, (a, b) in enumerate(zip_longest(expected, found, fillvalue=NOTHING)):
            yield from differences(a, b, f"{at}[{i}]")
    elif type(expected) is not type(found) or expected != found:
        yield at or "the whole", expected, found


def said(place: str, expected: Any, found: Any) -> str:
    """One place in words."""
    return f"{place}: {_short(expected)} expected, {_short(found)} found"


def _short(value: Any) -> str:
    text = value if value == NOTHING else repr(value)
    return text if len(text) <= 2 * AROUND else text[: 2 * AROUND] + "…"


def _in_json(expected: Path, found: Path) -> Iterator[str]:
    a: Any = json.loads(expected.read_text("utf-8"), object_pairs_hook=_once)
    b: Any = json.loads(found.read_text("utf-8"), object_pairs_hook=_once)
    yield from (said(*place) for place in differences(a, b))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; one in which a key stands twice has no single meaning."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _in_csv(expected: Path, found: Path) -> Iterator[str]:
    with expected.open(encoding="utf-8-sig", newline="") as one, found.open(encoding="utf-8-sig", newline="") as other:
        heads: list[str] = []
        nothing: list[str] = []
        for number, (a, b) in enumerate(zip_longest(csv.reader(one), csv.reader(other), fillvalue=nothing)):
            heads = heads or a
            for i, (x, y) in enumerate(zip_longest(a, b, fillvalue=NOTHING)):
                if x != y:
                    column = heads[i] if i < len(heads) else f"column {i + 1}"
                    yield said(f"row {number}, {column}" if number else f"names of the columns, {i + 1}", x, y)


def _in_parquet(expected: Path, found: Path) -> Iterator[str]:
    a, b = pd.read_parquet(expected), pd.read_parquet(found)
    if list(a.columns) != list(b.columns):
        yield said("columns", list(a.columns), list(b.columns))
        return
    if len(a) != len(b):
        yield said("rows", len(a), len(b))
    n = min(len(a), len(b))
    for name in a.columns:
        one, other = a[name].iloc[:n].astype(object), b[name].iloc[:n].astype(object)
        same = (one == other) | (one.isna() & other.isna())
        if not same.all():
            row = int((~same).to_numpy().argmax())
            yield said(f"{name}, row {row + 1} (first of {int((~same).sum()):,})", one.iloc[row], other.iloc[row])


def _in_parts(expected: Path, found: Path) -> Iterator[str]:
    with zipfile.ZipFile(expected) as one, zipfile.ZipFile(found) as other:
        mine, theirs = set(one.namelist()), set(other.namelist())
        if len(theirs) < len(other.namelist()):
            raise zipfile.BadZipFile("a part stands twice")
        for part in sorted(mine | theirs):
            a = one.read(part) if part in mine else None
            b = other.read(part) if part in theirs else None
            if a is None or b is None:
                yield said(
                    part, NOTHING if a is None else f"{len(a)} bytes", NOTHING if b is None else f"{len(b)} bytes"
                )
            elif a != b:
                yield f"{part}, {_first(a, b)}"


def _in_bytes(expected: Path, found: Path) -> Iterator[str]:
    a, b = expected.read_bytes(), found.read_bytes()
    if a != b:
        yield _first(a, b)


def _first(a: bytes, b: bytes) -> str:
    """The first byte in which two differ, with the text around it."""
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    begin = max(0, at - AROUND // 2)
    one, other = (x[begin : at + AROUND].decode("utf-8", "replace") for x in (a, b))
    return said(f"byte {at:,}", one or NOTHING, other or NOTHING)
