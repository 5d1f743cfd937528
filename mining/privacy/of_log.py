"""A log without names: pseudonyms in place of case ids, customers and resources in everything that it holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mining.errors import LogError
from mining.log.arrange import is_shared
from mining.log.attributes import case_values
from mining.log.codes import coded
from mining.log.pieces import PER_INSTANCE, fixed
from mining.log.quality_cases import names_nobody
from mining.log.shown import NOBODY, SHOWN
from mining.log.stored import Held
from mining.privacy.identities import TELLING, Identities, dictionary, identities_of, texts_of
from mining.privacy.of_store import PseudonymousStored, Replaced
from mining.privacy.pseudonyms import MASK, Pseudonyms

if TYPE_CHECKING:
    from mining.binding import Binding
    from mining.log import EventLog
    from mining.log.table import Problem, SourceTable

MARK = "pseudonyms"  # in the extras of the source
LEFT_OUT = "(columns left out)"  # which of the rows agree in them, as numbers
KEPT = (
    "reading",
    "offsets",
    "classifiers",
    "extensions",
    "rejected",
    "alike",
    SHOWN,
)  # extras of a source that hold no values
TOKEN = re.compile(r"'([^']*)'|\"([^\"]*)\"|(\S+)")
PUNCTUATION = ".,;:()[]{}"
AROUND = PUNCTUATION + "'\"“”‘’«»"


def pseudonymous_log(
    log: EventLog, pseudonyms: Pseudonyms, customer: str | None = None, *, disclose: Collection[str] = ()
) -> EventLog:
    """Put pseudonyms in place of the words of case, resource and customer, in all that a log holds.

    Which columns these are says :func:`mining.privacy.identities.identities_of`. Cases are sorted by their pseudonym, so that their order
    does not tell how they were numbered; so are the resources. The other columns that no role or attribute is bound to are left out: of
    them stays one of numbers, by which rows can be told to agree. Texts of problems that were found while reading are masked, but for
    activities and times. All else is as it was: times, order in a case, numbers of rows, what was counted. A log that is bound anew
    (:meth:`mining.EventLog.bind`) stays pseudonymous; columns that were left out cannot be bound.

    What is still readable: the file itself and its path, times, activities, and the values of other attributes. Of a log in a store
    these are read from the store when they are asked for, of those attributes only that are bound.

    Parameters
    ----------
    log : EventLog
        A whole log, not a piece. Bind it first, where its columns were only recognised by name.
    pseudonyms : Pseudonyms
    customer : str, optional
        Attribute that names the customer.
    disclose : collection of str
        Attributes that are no names though they look like it.

    Returns
    -------
    EventLog
        Its notes say what was replaced and left out, and the fingerprint of the key.

    Raises
    ------
    LogError
        If the log is a piece of another, or its pseudonyms were made before.
    UnknownNameError
        If there is no attribute of a name.
    MiningError
        If two words have one pseudonym.

    Examples
    --------
    >>> from mining.privacy.key import Key
    >>> made = pseudonymous_log(study.log, Pseudonyms(Key(b"0123456789abcdef")))
    >>> made.n_cases == study.log.n_cases, study.log.case_ids[0] in made.case_ids
    (True, False)
    """
    _admit(log)
    found = identities_of(log, customer, disclose)
    cases = np.array(pseudonyms.of("case", log.case_ids.tolist()), object)
    order = np.argsort(cases, kind="stable")
    size = np.diff(log.offsets)[order]
    offsets = np.concatenate(([0], np.cumsum(size))).astype(np.int64)
    rows = np.repeat(log.offsets[:-1][order] - offsets[:-1], size) + np.arange(log.n_instances)
    arrays: dict[str, Any] = {name: _moved(getattr(log, name), rows) for name in PER_INSTANCE}
    resources = pseudonyms.of("resource", log.resources)
    ranked = sorted(range(len(resources)), key=resources.__getitem__)
    place = np.full(len(resources) + 1, -1, log.resource.dtype)
    place[ranked] = np.arange(len(ranked))
    arrays["resource"] = fixed(place[log.resource][rows])
    names = {str(word).strip() for word in (*log.case_ids, *log.resources)}
    binding = _binding(log.binding, found)
    notes, lost = _without(log.notes, names)
    source, said = _source(log, pseudonyms, found, names)
    if lost:
        said.append(f"{lost:,} notes held a name and are left out")
    return replace(
        log, **arrays, source=source, binding=binding, case_ids=fixed(cases[order]), offsets=fixed(offsets),
        resources=tuple(resources[i] for i in ranked), notes=(*notes, *said), problems=_masked(log.problems, log.binding, names),
        _stored=_stored(log, pseudonyms, found, binding, rows), _cache={},
    )  # fmt: skip


def is_pseudonymous(log: EventLog) -> bool:
    """Whether a log was made by :func:`pseudonymous_log`."""
    return MARK in log.source.extras


def _admit(log: EventLog) -> None:
    if log._whole is not None or log.first_case or isinstance(log._stored, Held):
        raise LogError(
            f"{log.source.path}: this is a piece of a log; pseudonyms are made of the whole one, before it is cut."
        )
    if is_pseudonymous(log):
        key = log.source.extras[MARK]["key"]
        raise LogError(f"{log.source.path}: the log is pseudonymous already (key {key}).")


def _moved(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return values if is_shared(values) else fixed(values[rows])


def _binding(binding: Binding, found: Identities) -> Binding:
    """The same binding; what has pseudonyms now is text."""
    attributes = {
        name: replace(attribute, type="string", decimal=None, format=None, tz=None)
        if attribute.column in found.kinds
        else attribute
        for name, attribute in binding.attributes.items()
    }
    return replace(binding, attributes=attributes)


def _source(log: EventLog, pseudonyms: Pseudonyms, found: Identities, names: set[str]) -> tuple[SourceTable, list[str]]:
    """The source without names, and what is to be said about it."""
    source = log.source
    bound = dict.fromkeys(log.binding.columns.values())
    left_out = [name for name in source.table.column_names if name not in bound]
    columns = {
        name: _replaced(log, name, kind, pseudonyms)
        if (kind := found.kinds.get(name)) and not log.store
        else source.table[name]
        for name in source.table.column_names
        if name in bound
    }
    if left_out and source.table.num_rows:
        columns[LEFT_OUT] = pa.chunked_array([pa.array(_agreeing(source.table.select(left_out)))])
    extras = {name: source.extras[name] for name in KEPT if name in source.extras}
    for name in ("offsets", "rejected"):
        if name in extras:
            extras[name] = {column: x for column, x in extras[name].items() if column in bound}
    if "alike" in extras:
        extras["alike"] = [column for column in extras["alike"] if column in bound]
    key = pseudonyms.key.fingerprint
    mark = {"key": key, "columns": dict(found.kinds), "columns_left_out": len(left_out)}
    extras[NOBODY] = tuple(sorted(pseudonyms.of("resource", filter(names_nobody, log.resources))))
    made = replace(
        source, table=pa.table(columns), problems=_masked(source.problems, log.binding, names),
        notes=_without(source.notes, names)[0], extras=extras | {MARK: mark},
        rejected={name: rows for name, rows in source.rejected.items() if name in bound},
    )  # fmt: skip
    return made, _said(log, found, left_out, key)


def _said(log: EventLog, found: Identities, left_out: list[str], key: str) -> list[str]:
    shown = ", ".join(f"{kind}s (column {name!r})" for name, kind in found.kinds.items())
    said = [f"pseudonyms stand in place of {shown}, made with the key {key}"]
    said += [f"column {name!r} is taken to name persons: {why}" for name, why in found.reasons.items()]
    said += [
        f"attribute {name!r}: {n:,} of its words are names of cases or resources too; it is left as it is"
        for name, n in found.in_part.items()
    ]
    if left_out:
        some = ", ".join(map(repr, left_out[:5])) + (", ..." if len(left_out) > 5 else "")
        said.append(
            f"{len(left_out):,} columns that nothing is bound to are left out, since they may hold names: {some}"
        )
    masked = sum(x.raw is not None and not _shown(x, log.binding) for x in log.problems)
    if masked:
        said.append(f"the texts of {masked:,} examples of problems are masked, since they may hold names")
    return said


def _replaced(log: EventLog, name: str, kind: str, pseudonyms: Pseudonyms) -> pa.ChunkedArray:
    """A column of the source with its words replaced; what was no word is missing."""
    column = log.source.table[name]
    number = next((x for x in log.binding.attributes.values() if x.column == name and x.type == "number"), None)
    if number is None or kind != "customer":
        texts = coded(column, name)
        return dictionary(texts.codes, pseudonyms.of(kind, texts.words.to_pylist()))
    every = np.arange(len(column))  # as a number it is joined to tables: 7 and 07 are one
    values = case_values(log.source, number, every, every, len(column), *log._reading).values
    codes, words = pd.factorize(texts_of(values))
    return dictionary(codes, pseudonyms.of(kind, words.tolist()))


def _agreeing(table: pa.Table) -> np.ndarray:
    """A number for each row: equal where rows agree in all columns that have plain values."""
    found = np.zeros(table.num_rows, np.int64)
    for column in table.columns:
        if pa.types.is_nested(column.type):
            continue
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        plain = column.unify_dictionaries()
        codes = np.concatenate([pc.fill_null(chunk.indices.cast(pa.int64()), -1).to_numpy() for chunk in plain.chunks])
        found = np.unique(found * (int(codes.max(initial=-1)) + 2) + codes + 1, return_inverse=True)[1]
    return found


def _shown(problem: Problem, binding: Binding) -> bool:
    """Whether the text of a problem is an activity, or a moment."""
    plain = (binding.activity, binding.timestamp, binding.start, binding.lifecycle and binding.lifecycle.column)
    return problem.column is not None and problem.column in plain


def _masked(problems: Iterable[Problem], binding: Binding, names: set[str]) -> tuple[Problem, ...]:
    made = []
    for problem in problems:
        raw = problem.raw if problem.raw is None or _shown(problem, binding) else MASK
        what = problem.what if _without((problem.what,), names)[0] else MASK
        made.append(replace(problem, raw=raw, what=what))
    return tuple(made)


def _without(notes: Iterable[str], names: set[str]) -> tuple[tuple[str, ...], int]:
    """Notes in which no name stands, and how many others there were. A plain word, or a short number, is one only in quotes."""
    notes = tuple(notes)
    kept = tuple(note for note in notes if not any(_is_name(a or b, c, names) for a, b, c in TOKEN.findall(note)))
    return kept, len(notes) - len(kept)


def _is_name(quoted: str, word: str, names: set[str]) -> bool:
    if quoted:
        return quoted in names
    plain = word.strip(AROUND)
    return plain in names and (
        plain != word.strip(PUNCTUATION) or not (plain.isalpha() or (plain.isdigit() and len(plain) < TELLING))
    )


def _stored(
    log: EventLog, pseudonyms: Pseudonyms, found: Identities, binding: Binding, rows: np.ndarray
) -> PseudonymousStored | None:
    """How the columns of a store are read from now on."""
    stored = log._stored
    if stored is None:
        return None
    replaced: dict[str, Replaced] = {}
    size = np.diff(log.offsets)
    for name, attribute in log.binding.attributes.items():
        kind = found.kinds.get(attribute.column)
        if kind is None or attribute.column in replaced:
            continue
        both = [texts_of(log.attribute(name)), texts_of(log.values(name))]
        codes, words = pd.factorize(np.concatenate(both))
        by_case, by_row = np.repeat(codes[: log.n_cases], size), codes[log.n_cases :]
        made = tuple(pseudonyms.of(kind, words.tolist()))
        replaced[attribute.column] = Replaced(by_case[rows], by_row[rows], made, log.attribute_notes(name))
    readable = frozenset(a.column for a in binding.attributes.values()) - frozenset(found.kinds)
    instances = rows if stored.instances is None else stored.instances[rows]
    return PseudonymousStored(
        stored.path, stored.groups, stored.notes, stored.made, instances, stored.stamp, replaced, readable
    )


__all__ = ["LEFT_OUT", "MARK", "is_pseudonymous", "pseudonymous_log"]
