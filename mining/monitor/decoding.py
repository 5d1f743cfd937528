"""Reads batches of rows as a log is read, with what has to be decided from values decided once, at the beginning, and kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mining.binding import Attribute, Binding
from mining.log.attributes import case_values
from mining.log.codes import Coded, coded
from mining.log.date_formats import FORMATS, ISO, Format, apply, by_engine, declared_format, engine, fast_iso
from mining.log.numbers import numbers
from mining.log.table import SourceTable
from mining.log.times import AmbiguousDates, Moments, is_text, localise, parse_texts, typed_moments
from mining.units import MISSING


@dataclass
class Decided:
    """How values are written, as far as they have shown it; what the binding declares stands there, not here.

    Attributes
    ----------
    formats : dict of str to str
        Column of moments to the name of its format.
    day_first : bool or None
        Which reading of 03/04/2024 the values decided for.
    decimals : dict of str to str
        Short name of an attribute to its decimal mark.
    """

    formats: dict[str, str] = field(default_factory=dict)
    day_first: bool | None = None
    decimals: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Batch:
    """Some rows, each column read as what it is bound to."""

    case: Coded
    activity: Coded
    ends: Moments
    starts: Moments | None
    resource: Coded | None
    kinds: Coded | None
    unreadable: np.ndarray
    attributes: dict[str, np.ndarray]


class Decoder:
    """Reads the rows of a stream, batch after batch, all of them in the same way.

    Parameters
    ----------
    binding : Binding
    day_first : bool, optional
        How 03/04/2024 is meant.
    decided : Decided, optional
        What earlier rows have decided.
    """

    def __init__(self, binding: Binding, day_first: bool | None = None, decided: Decided | None = None) -> None:
        self.binding, self.day_first, self.decided = binding, day_first, decided or Decided()
        self._forms: dict[str, Format] = {}

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_forms": {}}  # formats are known by what they are, not by what they are equal to

    def read(self, source: SourceTable) -> Batch:
        """Read some rows.

        Raises
        ------
        LogError
            If how moments or numbers are written is not known yet, and these rows do not show it. A single value that does not fit is
            no error: it is counted, as in a log.
        """
        binding, table = self.binding, source.table
        times = self._times(source)
        unreadable = np.zeros(table.num_rows, bool)
        unreadable[np.asarray(source.unreadable, np.int64) - 1] = True
        return Batch(
            coded(table[binding.case], binding.case),
            coded(table[binding.activity], binding.activity),
            times[binding.timestamp],
            times.get(binding.start or ""),
            coded(table[binding.resource], binding.resource) if binding.resource else None,
            coded(table[binding.lifecycle.column], binding.lifecycle.column) if binding.lifecycle else None,
            unreadable,
            {name: self._values(source, name, attribute) for name, attribute in binding.attributes.items()},
        )

    def _times(self, source: SourceTable) -> dict[str, Moments]:
        """Completions and starts; where one column cannot tell day from month, the other may."""
        binding, found = self.binding, dict[str, Moments]()
        names = [name for name in (binding.timestamp, binding.start) if name]
        for again in (False, True):
            for name in [name for name in names if name not in found]:
                try:
                    found[name] = self._moments(source.table[name], name, binding.tz, binding.format_of(name))
                except AmbiguousDates:
                    if again or len(names) == 1:
                        raise
        return found

    def _moments(self, column: pa.ChunkedArray, name: str, tz: str | None, declared: str | None) -> Moments:
        if pa.types.is_null(column.type):
            column = column.cast(pa.string())
        if not is_text(column.type):
            return localise(typed_moments(column, name, declared), tz, name)
        texts = column.cast(pa.string())
        trimmed = pc.utf8_trim_whitespace(texts)
        present = pc.fill_null(pc.not_equal(trimmed, ""), False).to_numpy().astype(bool)
        if not present.any():
            return Moments(np.full(len(texts), MISSING), ~present & False, ~present & False)
        form = self._form(name, texts, trimmed, declared)
        read = fast_iso(trimmed) if form is ISO else None
        if read is None:
            with engine() as con:
                read = by_engine(con, trimmed, form)
        values, naive = read
        bad = present & (values == MISSING)
        return localise(Moments(values, bad, naive & ~bad & present, (), form.day_first), tz, name)

    def _form(self, name: str, texts: pa.ChunkedArray, trimmed: pa.ChunkedArray, declared: str | None) -> Format:
        """The format of a column of texts: as declared, as decided, or the one that reads most of the first texts, as in a log."""
        if name not in self._forms:
            known = declared or self.decided.formats.get(name)
            if known is None:
                first = parse_texts(
                    texts, name, self.day_first if self.day_first is not None else self.decided.day_first
                )
                fitting = [
                    f for f in FORMATS if None in (f.day_first, first.day_first) or f.day_first == first.day_first
                ]
                with engine() as con:
                    form = max(fitting, key=lambda f: int((apply(con, trimmed, f)[0] != MISSING).sum()))
                self.decided.formats[name] = form.name
                if first.day_first is not None:
                    self.decided.day_first = first.day_first
                known = form.name
            self._forms[name] = declared_format(known, name)
        return self._forms[name]

    def _values(self, source: SourceTable, name: str, attribute: Attribute) -> np.ndarray:
        """The value of an attribute in every row, typed as the log has it."""
        n, column = source.table.num_rows, source.table[attribute.column]
        if attribute.type == "datetime":
            return self._moments(column, attribute.column, attribute.tz or self.binding.tz, attribute.format).values
        decimal = attribute.decimal or self.binding.decimal
        if attribute.type == "number" and decimal is None and is_text(column.type):
            decimal = self._decimal(name, attribute.column, column)
        rows = np.arange(n)
        read = replace(attribute, decimal=decimal)
        return case_values(source, read, rows, rows, n, self.binding.tz, self.day_first, decimal).values

    def _decimal(self, name: str, column: str, values: pa.ChunkedArray) -> str:
        """The decimal mark of an attribute: as decided, else as these texts show it; kept once they show it."""
        if name not in self.decided.decimals:
            found = coded(values, column)
            words: list[Any] = found.words.to_pylist()
            times = np.bincount(found.codes[found.codes >= 0], minlength=len(words)).tolist()
            readings = {mark: numbers(words, times, column, mark)[0] for mark in (".", ",")}
            if readings["."] == readings[","]:
                return "."
            chosen = numbers(words, times, column)[0]
            self.decided.decimals[name] = "." if chosen == readings["."] else ","
        return self.decided.decimals[name]
