"""The rows of a stream as flat arrays: added batch by batch, given back case by case."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from mining.binding import Binding
from mining.log.arrange import Rows
from mining.log.codes import Coded
from mining.log.recognise import resolve
from mining.log.table import SourceTable
from mining.log.times import Moments
from mining.monitor.decoding import Batch, Decided, Decoder
from mining.monitor.growing import Chains, Growing, Words
from mining.units import MISSING


class Feed:
    """All rows that came, in the order in which they came; row 1 is the first.

    Parameters
    ----------
    binding : Binding
    day_first : bool, optional
    decided : Decided, optional
        Of an earlier run of the same stream.
    """

    def __init__(self, binding: Binding, day_first: bool | None = None, decided: Decided | None = None) -> None:
        self.binding, self.decoder = binding, Decoder(binding, day_first, decided)
        self.cases, self.labels, self.resources, self.words = Words(), Words(), Words(), Words()
        self.texts = {name: Words() for name, a in binding.attributes.items() if a.type in ("string", "boolean")}
        self._columns: dict[str, Growing] = {
            name: Growing(np.int32, -1) for name in ("case", "activity", "resource", "kind")
        }
        self._columns |= {name: Growing(np.int64, MISSING) for name in ("end", "start")}
        self._columns |= {name: Growing(bool) for name in ("end_bad", "start_bad", "unreadable")}
        for name, attribute in binding.attributes.items():
            dtype, fill = {"number": (float, np.nan), "datetime": (np.int64, MISSING)}.get(
                attribute.type, (np.int32, -1)
            )
            self._columns[f"attribute {name}"] = Growing(dtype, fill)
        self._chains = Chains()
        self._numbers: dict[str, pa.Array] = {}

    def __len__(self) -> int:
        return len(self._columns["case"])

    def column(self, name: str) -> np.ndarray:
        """One value per row of a column."""
        return self._columns[name].values

    def add(self, source: SourceTable) -> np.ndarray:
        """Add the rows of a batch.

        Returns
        -------
        int32 array of shape (n_rows,)
            The case of each row, -1 for none.

        Raises
        ------
        LogError
            If a bound column is missing, or how moments are written cannot be told.
        """
        if not len(self) or not {*self.binding.columns.values()} <= {*source.table.column_names}:
            resolve(source, self.binding)
        read = self.decoder.read(source)
        case = _numbered(read.case, self.cases)
        self._put("case", case)
        self._put("activity", _numbered(read.activity, self.labels))
        self._put("unreadable", read.unreadable)
        self._moments("end", read.ends)
        if read.starts is not None:
            self._moments("start", read.starts)
        for name, column, words in (("resource", read.resource, self.resources), ("kind", read.kinds, self.words)):
            if column is not None:
                self._put(name, _numbered(column, words))
        self._attributes(read)
        self._chains.add(case, len(self.cases))
        return case

    def _put(self, name: str, values: np.ndarray) -> None:
        self._columns[name].add(values)

    def _moments(self, name: str, moments: Moments) -> None:
        self._put(name, moments.values)
        self._put(f"{name}_bad", moments.bad)

    def _attributes(self, read: Batch) -> None:
        for name, values in read.attributes.items():
            if name in self.texts:
                words, codes = self.texts[name], np.full(len(values), -1, np.int32)
                there = np.array([x is not None for x in values.tolist()], bool)
                codes[there] = words.codes(values[there].tolist())
                values = codes
            self._put(f"attribute {name}", values)

    def sizes(self, cases: np.ndarray) -> np.ndarray:
        """How many rows each of some cases has."""
        return self._chains.sizes(cases)

    def rows(self, cases: np.ndarray) -> tuple[Rows, np.ndarray]:
        """The rows of some cases, as they are arranged to instances, with the positions of these rows.

        The words of cases, activities and resources are their numbers in the feed.
        """
        at, offsets = self._chains.rows(cases)
        case = Coded(
            np.repeat(np.arange(len(cases), dtype=np.int32), np.diff(offsets)), pa.array(cases.astype(np.int64))
        )
        binding = self.binding
        starts = Moments(self._at("start", at), self._at("start_bad", at), np.empty(0, bool)) if binding.start else None
        return Rows(
            case,
            self._coded("activity", self.labels, at),
            Moments(self._at("end", at), self._at("end_bad", at), np.empty(0, bool)),
            starts,
            self._coded("resource", self.resources, at) if binding.resource else None,
            Coded(self._at("kind", at), pa.array(self.words.known, pa.string())) if binding.lifecycle else None,
            self._at("unreadable", at),
            at + 1,
        ), at

    def _at(self, name: str, rows: np.ndarray) -> np.ndarray:
        return self._columns[name].values[rows]

    def _coded(self, name: str, words: Words, rows: np.ndarray) -> Coded:
        """A column at some rows; its words are numbers, and only those that occur."""
        if name not in self._numbers or len(self._numbers[name]) != len(words):
            self._numbers[name] = pa.array(np.arange(len(words), dtype=np.int64))
        return Coded(self._columns[name].values, self._numbers[name]).take(rows)

    def every_row(self) -> Rows:
        """All rows, those without a case too."""
        at = np.arange(len(self))
        starts = (
            Moments(self.column("start"), self.column("start_bad"), np.empty(0, bool)) if self.binding.start else None
        )
        numbers = {name: pa.array(np.arange(len(words))) for name, words in self._spoken.items()}
        resource = Coded(self.column("resource"), numbers["resource"]) if self.binding.resource else None
        kinds = Coded(self.column("kind"), pa.array(self.words.known, pa.string())) if self.binding.lifecycle else None
        return Rows(
            Coded(self.column("case"), numbers["case"]), Coded(self.column("activity"), numbers["activity"]),
            Moments(self.column("end"), self.column("end_bad"), np.empty(0, bool)), starts, resource, kinds,
            self.column("unreadable"), at + 1,
        )  # fmt: skip

    @property
    def _spoken(self) -> dict[str, Words]:
        return {"case": self.cases, "activity": self.labels, "resource": self.resources}

    def attribute(self, name: str, rows: np.ndarray) -> np.ndarray:
        """The values of an attribute in some rows (positions), typed as the log has it."""
        values = self.column(f"attribute {name}")[rows]
        return self.texts[name].at(values) if name in self.texts else values


def _numbered(column: Coded, words: Words) -> np.ndarray:
    """The number of each text in the words of the feed, -1 where there is none."""
    codes = np.append(words.codes(column.words.to_pylist()), np.int32(-1))
    found: np.ndarray = codes[column.codes]
    return found
