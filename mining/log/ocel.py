"""Flattens an object-centric log (OCEL 2.0) on one object type, and says what that costs."""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mining.errors import LogError, UnknownNameError
from mining.log.ocel_json import read_json
from mining.log.ocel_objects import Ocel, Values
from mining.log.ocel_sqlite import is_ocel_sqlite, read_sqlite
from mining.log.ocel_xml import read_xml
from mining.log.table import EXAMPLES, Problems, SourceTable, fingerprint
from mining.log.times import iso_moments
from mining.units import MISSING

ALWAYS = np.iinfo(np.int64).min + 1  # a value without a time of its own has held from the beginning

PATTERNS = {
    "integer": r"^[+-]?\d+$",
    "float": r"^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$",
    "boolean": r"^(true|false|0|1)$",
}
Reader = Callable[[Path, Problems], Ocel]
Rejected = dict[str, np.ndarray]


@dataclass(frozen=True)
class Flattening:
    """What flattening did to the log: ``rows == events - events_left_out + rows_repeated``.

    Attributes
    ----------
    object_type : str
        Its objects are the cases.
    events, rows : int
        Events of the file, rows of the table.
    events_left_out : int
        Events with no object of the type.
    left_out : dict of str to int
        The same by activity, most first.
    events_repeated, rows_repeated : int
        Events with several objects of the type, which stand once in the case of each, and the rows this adds.
    objects, objects_without_events : int
        Objects of the type, and those among them with no event, which make no case.
    other_links : dict of str to int
        Links of the events that stay to objects of other types. They are kept as the text of a column only.
    object_links : int
        Links between objects, on either side of which is an object of the type. They are left out.
    other_values : int
        Values of attributes of objects of other types. They are left out.
    changes : int
        Values of attributes of the objects of the type after the first of each.
    values_unseen : int
        Values of attributes of the objects that have events which held at none of these, so that no row shows them.
    """

    object_type: str
    events: int
    rows: int
    events_left_out: int
    left_out: dict[str, int]
    events_repeated: int
    rows_repeated: int
    objects: int
    objects_without_events: int
    other_links: dict[str, int]
    object_links: int
    other_values: int
    changes: int
    values_unseen: int

    def __str__(self) -> str:
        def most(counts: dict[str, int]) -> str:
            parts = [f"{name} {count:,}" for name, count in list(counts.items())[:5]]
            return f" ({', '.join(parts)}{', ...' if len(counts) > 5 else ''})" if counts else ""

        return (
            f"OCEL flattened on the object type {self.object_type!r}: {self.events:,} events become {self.rows:,} rows. "
            f"{self.events_left_out:,} events have no such object and are left out{most(self.left_out)}; "
            f"{self.events_repeated:,} events have several and stand in the case of each ({self.rows_repeated:,} rows more); "
            f"{self.objects_without_events:,} of {self.objects:,} objects have no event and make no case; "
            f"{sum(self.other_links.values()):,} links to objects of other types are kept as text, "
            f"without qualifiers{most(self.other_links)}; {self.other_values:,} attribute values of those and "
            f"{self.object_links:,} links between objects are left out; attributes of the cases change {self.changes:,} times; "
            f"{self.values_unseen:,} of their values held at no event and do not show"
        )


def read_ocel(path: str | Path, object_type: str | None = None) -> SourceTable:
    """Read an OCEL 2.0 file (JSON, XML, each also .gz, or SQLite) and flatten it on an object type.

    Parameters
    ----------
    path : str or Path
        The file; its first bytes decide the format.
    object_type : str or None
        The type whose objects are the cases. None: the only type there is.

    Returns
    -------
    SourceTable
        One row per event and object of the type, events in file order. Columns: ``case:concept:name`` (object id),
        ``concept:name`` (event type), ``time:timestamp`` (as text), ``ocel:eid``, ``ocel:qualifier``, the attributes of the
        event by name, those of the object as ``case:NAME`` with the value that holds at the time of the event, and per other
        object type ``ocel:type:NAME``: the id of the linked object, or a JSON list of ids where there are several. Its
        ``extras["ocel"]`` is the `Flattening` as a dict.

    Raises
    ------
    LogError
        If the file is no OCEL 2.0, is damaged, or has several object types and none is chosen.
    UnknownNameError
        If there is no such object type.

    Examples
    --------
    >>> import tempfile
    >>> text = '''{"eventTypes": [], "objectTypes": [{"name": "order", "attributes": []}],
    ...   "objects": [{"id": "o1", "type": "order"}, {"id": "o2", "type": "order"}],
    ...   "events": [{"id": "e1", "type": "Place", "time": "2024-01-01T10:00:00Z",
    ...               "relationships": [{"objectId": "o1", "qualifier": ""}, {"objectId": "o2", "qualifier": ""}]}]}'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "orders.json"
    ...     _ = path.write_text(text)
    ...     read_ocel(path).extras["ocel"]["rows_repeated"]
    1
    """
    path = Path(path)
    with path.open("rb") as file:
        head = file.read(16)
    problems = Problems()
    if head.startswith(b"SQLite format 3\0"):
        ocel = read_sqlite(path, problems)
    else:
        ocel = _text_reader(path)(path, problems)
    chosen, notes = _choose(ocel, object_type, path)
    table, rejected, lost = flatten(ocel, chosen, problems)
    sha256, size = fingerprint(path)
    return SourceTable(
        str(path), "ocel", sha256, size, table, tuple(problems.examples), (*notes, str(lost)), dict(problems.counts),
        rejected=rejected, extras={"ocel": asdict(lost), "reading": {"object_type": chosen}},
    )  # fmt: skip


def _text_reader(path: Path) -> Reader:
    """JSON or XML, by the first character of the text."""
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            head = (gzip.GzipFile(fileobj=file) if zipped else file).read(512)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LogError(f"{path}: the compressed file is damaged or cut off ({error}).") from None
    first = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if first not in (b"{", b"<"):
        raise LogError(f"{path}: no OCEL file: it is neither JSON nor XML nor SQLite.")
    return read_json if first == b"{" else read_xml


def is_ocel(path: Path, head: bytes) -> bool:
    """Whether a file is object-centric: by its first bytes (inflated), for SQLite by its tables."""
    if head.startswith(b"SQLite format 3\0"):
        return is_ocel_sqlite(path)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"{"):
        return True
    sections = (b"<object-types", b"<event-types", b"<objects", b"<events")
    return text.startswith(b"<") and any(section in text for section in sections)


def _choose(ocel: Ocel, wanted: str | None, path: Path) -> tuple[str, list[str]]:
    counts = Counter(ocel.object_types)
    types = {**dict.fromkeys(ocel.declared_types, 0), **counts}
    if wanted is None and len(types) == 1:
        only = next(iter(types))
        return only, [f"the cases are the objects of the only type, {only!r}"]
    if wanted is None:
        shown = ", ".join(f"{name!r} ({count:,} objects)" for name, count in Counter(types).most_common(20))
        raise LogError(
            f"{path}: an object-centric log, in which every object type can be the case. Say which one with object_type='...': "
            f"{shown or 'there is none'}."
        )
    if wanted not in types:
        raise UnknownNameError("object type", wanted, types, str(path))
    return wanted, []


def flatten(ocel: Ocel, object_type: str, problems: Problems) -> tuple[pa.Table, Rejected, Flattening]:
    """One row per event and object of the type.

    Returns
    -------
    table : pyarrow.Table of shape (n_rows, n_columns)
    rejected : dict of str to int64 array
        As in `SourceTable`.
    lost : Flattening
    """
    links = _Links(ocel, object_type, problems)
    columns: dict[str, pa.Array] = {
        "case:concept:name": _texts(list(ocel.object_at), links.row_object),
        "concept:name": _texts(ocel.event_types, links.row_event),
        "time:timestamp": _texts(ocel.event_times, links.row_event),
        "ocel:eid": _texts(ocel.event_ids, links.row_event),
        "ocel:qualifier": pa.array(links.qualifiers, pa.string()),
    }
    rejected: Rejected = {}

    def put(name: str, texts: list[str | None], kinds: set[str]) -> None:
        while name in columns:
            problems.add("attribute named like another column", None, name, None, "renamed")
            name += "'"
        columns[name], bad = _typed(texts, kinds)
        if bad.size:
            rejected[name] = bad + 1
            for at in bad[:EXAMPLES].tolist():
                what = f"no {' or '.join(sorted(kinds))}, taken as missing"
                problems.add("value not of its declared type", at + 1, name, texts[at], what)
            if bad.size > EXAMPLES:
                problems.add("value not of its declared type", times=int(bad.size) - EXAMPLES)

    for name, values in ocel.values["event"].items():
        put(name, _of_events(name, values, len(ocel.event_ids), links.row_event, problems), values.kinds)
    history = _History(ocel, links, problems)
    for name, values in ocel.values["object"].items():
        if (texts := history.at_rows(name, values)) is not None:
            put(f"case:{name}", texts, values.kinds)
    for other, ids in links.others.items():
        put(f"ocel:type:{other}", ids, {"string"})
    return pa.table(columns), rejected, links.lost(history)


class _Links:
    """The rows of the flat table, and what the links say beside."""

    def __init__(self, ocel: Ocel, object_type: str, problems: Problems) -> None:
        self.ocel, self.object_type = ocel, object_type
        own: dict[tuple[int, int], list[str]] = {}  # event and object: qualifiers
        other: dict[str, dict[int, dict[str, None]]] = {}  # type, event: ids
        for event, identity, qualifier in ocel.links:
            number = ocel.object_at.get(identity)
            if number is None:
                what = f"of event {ocel.event_ids[event]!r}; left out"
                problems.add("link to an object that is not in the file", None, None, identity, what)
            elif (kind := ocel.object_types[number]) != object_type:
                other.setdefault(kind, {}).setdefault(event, {})[identity] = None
            elif qualifier not in (words := own.setdefault((event, number), [])):
                words.append(qualifier)
        pairs = sorted(own, key=lambda pair: pair[0])  # stable: the objects of an event as they are linked
        self.row_event = np.array([event for event, _ in pairs], np.int64)
        self.row_object = np.array([number for _, number in pairs], np.int64)
        self.qualifiers = [_listed(own[pair]) for pair in pairs]
        per_event = np.bincount(self.row_event, minlength=len(ocel.event_ids))
        self.stays = per_event > 0
        self.repeated = int((per_event > 1).sum())
        self.other_links = {
            kind: sum(len(ids) for event, ids in of.items() if self.stays[event]) for kind, of in sorted(other.items())
        }
        self.others = {
            kind: [_listed(list(of.get(event, ()))) for event in self.row_event.tolist()]
            for kind, of in sorted(other.items())
            if self.other_links[kind]
        }

    def is_own(self, number: int) -> bool:
        """Whether an object is a case."""
        return self.ocel.object_types[number] == self.object_type

    def lost(self, history: _History) -> Flattening:
        """The account."""
        ocel = self.ocel
        activities = Counter(str(ocel.event_types[at]) for at in np.flatnonzero(~self.stays).tolist())
        objects = sum(map(self.is_own, range(len(ocel.object_types))))
        between = 0
        for source, target in ocel.object_links:
            end = ocel.object_at.get(target)
            between += self.is_own(source) or (end is not None and self.is_own(end))
        events, rows, gone = len(ocel.event_ids), len(self.row_event), int((~self.stays).sum())
        return Flattening(
            self.object_type, events, rows, gone, dict(activities.most_common()), self.repeated, rows - (events - gone),
            objects, objects - len(np.unique(self.row_object)), dict(Counter(self.other_links).most_common()), between,
            history.other_values, history.changes, history.unseen,
        )  # fmt: skip


class _History:
    """Values of object attributes, each read at the moments of the events of its object."""

    def __init__(self, ocel: Ocel, links: _Links, problems: Problems) -> None:
        self.links, self.problems = links, problems
        self.row_time = iso_moments(pa.chunked_array([_texts(ocel.event_times, links.row_event)])).values
        self.own = np.array([kind == links.object_type for kind in ocel.object_types], bool)
        self.has_events = np.zeros(len(self.own), bool)
        self.has_events[links.row_object] = True
        self.ids = list(ocel.object_at)
        self.other_values = self.changes = self.unseen = 0

    def at_rows(self, name: str, values: Values) -> list[str | None] | None:
        """Per row the value that holds; None if no object of the type has the attribute."""
        owner = np.array(values.owners, np.int64)
        mine = np.flatnonzero(self.own[owner])
        self.other_values += len(owner) - len(mine)
        if not mine.size:
            return None
        since = self._since(
            name, [values.times[at] for at in mine.tolist()], [values.texts[at] for at in mine.tolist()]
        )
        mine, since = mine[since != MISSING], since[since != MISSING]
        order = np.lexsort((since, owner[mine]))
        mine, since = mine[order], since[order]
        whose = owner[mine]
        moments = np.unique(np.concatenate([since, self.row_time]))
        keys = whose * (len(moments) + 1) + np.searchsorted(moments, since)
        wanted = self.links.row_object * (len(moments) + 1) + np.searchsorted(moments, self.row_time)
        at = np.searchsorted(keys, wanted, side="right") - 1
        holds = (at >= 0) & (self.row_time != MISSING)
        holds[holds] = whose[at[holds]] == self.links.row_object[holds]
        shown = np.zeros(len(mine), bool)
        shown[at[holds]] = True
        self.changes += len(whose) - len(np.unique(whose))
        self.unseen += int((self.has_events[whose] & ~shown).sum())
        texts = [values.texts[i] for i in mine.tolist()]
        return [texts[i] if ok else None for i, ok in zip(at.tolist(), holds.tolist(), strict=True)]

    def _since(self, name: str, times: list[str | None], texts: list[str | None]) -> np.ndarray:
        """Microseconds since when each value holds, MISSING where the time cannot be read."""
        always = np.array([time is None or time.strip() in ("", "0") for time in times])
        found = iso_moments(pa.chunked_array([pa.array(times, pa.string())])).values
        for at in np.flatnonzero(~always & (found == MISSING)).tolist():
            what = f"so the value {str(texts[at])[:40]!r} is left out"
            self.problems.add("time of a value does not parse", None, f"case:{name}", times[at], what)
        return np.where(always, ALWAYS, found)


def _texts(words: Sequence[str | None], at: np.ndarray) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(at))


def _listed(words: list[str]) -> str | None:
    """One text as it is, several as a JSON list."""
    return json.dumps(words, ensure_ascii=False) if len(words) > 1 else (words[0] if words else None)


def _of_events(name: str, values: Values, n_events: int, rows: np.ndarray, problems: Problems) -> list[str | None]:
    """Per row the value of its event. Of two the first one stays."""
    owners, first = np.unique(np.array(values.owners, np.int64), return_index=True)
    if twice := len(values.owners) - len(owners):
        problems.add("attribute given twice", None, name, None, "in one event; the first one is kept", times=twice)
    at = np.full(n_events, -1)
    at[owners] = first
    return [values.texts[i] if i >= 0 else None for i in at[rows].tolist()]


def _typed(texts: list[str | None], kinds: set[str]) -> tuple[pa.Array, np.ndarray]:
    """A column of the declared type, and at which rows (0-based) the text is not of it. Several types make text."""
    array = pa.array(texts, pa.string())
    kind = "float" if kinds == {"integer", "float"} else next(iter(kinds)) if len(kinds) == 1 else "string"
    nothing = np.zeros(0, np.int64)
    if kind == "string":
        return array, nothing
    trimmed = pc.ascii_lower(pc.utf8_trim_whitespace(array))
    trimmed = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    fits = pc.fill_null(pc.match_substring_regex(trimmed, PATTERNS[kind]), True)
    bad = np.flatnonzero(~fits.to_numpy(False))
    good = pc.if_else(fits, trimmed, pa.scalar(None, pa.string()))
    if kind == "boolean":
        return pc.if_else(pc.is_valid(good), pc.is_in(good, pa.array(["true", "1"])), pa.scalar(None, pa.bool_())), bad
    try:
        return good.cast(pa.int64() if kind == "integer" else pa.float64()), bad
    except pa.ArrowInvalid:  # a whole number of more than 64 bits: nothing is cut off
        return array, nothing
