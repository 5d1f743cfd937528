"""A CSV file that grows: whole new records, each once, read by the reader of CSV files."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from mining.binding import Binding
from mining.errors import LogError
from mining.log.table import SourceTable
from mining.log.tabular import read_csv

STEP = 16_000_000  # bytes that are read at a time
LONGEST = 64_000_000  # bytes of one record
EDGE = 4096  # bytes at the beginning, and before the place that was read up to, by which the file is known again
OPEN_QUOTE = re.compile(r"the quoted field that begins in line ([\d,]+) never ends")
LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True)
class Place:
    """How far a file was read, and by what it is known again.

    Attributes
    ----------
    offset, rows, lines : int
        Bytes, records after the header, and line ends up to there.
    names : tuple of str
        The columns.
    encoding, delimiter : str
    head, tail : str
        Hashes of the first bytes, and of the last ones before ``offset``.
    """

    offset: int
    rows: int
    lines: int
    names: tuple[str, ...]
    encoding: str
    delimiter: str
    head: str
    tail: str

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return vars(self) | {"names": list(self.names)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Place:
        """The place that `to_dict` wrote."""
        return cls(**{**plain, "names": tuple(plain["names"])})


class GrowingFile:
    """A CSV file to which records are added.

    Its columns, encoding and delimiter are found once, from the records that are there at first, and kept. A record counts as soon as
    its line end is written: a last line without one, or a quote that is still open, waits.

    Parameters
    ----------
    path : str or Path
        Plain, not gzipped.
    binding : Binding
        What it says of encoding, delimiter and header is used.
    place : Place, optional
        Where an earlier reading ended.
    """

    def __init__(self, path: str | Path, binding: Binding, place: Place | None = None) -> None:
        self.path, self.binding, self.place = Path(path), binding, place

    def more(self) -> SourceTable | None:
        """The next whole records, some megabytes of them; None where there are none yet.

        Raises
        ------
        LogError
            If the file is gone, was cut, does not begin or go on as it did, or cannot be read in this way.
        """
        most = STEP
        while True:
            data = self._bytes(most)
            found = self._records(data)
            if found is not None or len(data) < most:
                return found
            if most >= LONGEST:
                raise LogError(f"{self.path}: a record is longer than {LONGEST:,} bytes. Is a quote never closed?")
            most *= 2

    def _records(self, data: bytes) -> SourceTable | None:
        """The whole records at the beginning of the data; the place moves behind them."""
        end = data.rfind(b"\n") + 1
        if self.place is None and not end and b"\r" in data[:-1]:
            raise LogError(f"{self.path}: its lines end with CR alone. Have them end with LF or CR LF.")
        while end:
            try:
                found = self._read(data[:end])
            except LogError as error:
                if not (open_quote := OPEN_QUOTE.search(str(error))):
                    raise
                end = _after_lines(data, int(open_quote[1].replace(",", "")) - 1 - (self.place is not None))
                continue
            if self.place is None and not found.table.num_rows:
                return None  # the names of the columns alone say little of how the file is written
            return self._moved(found, data[:end])
        return None

    def _bytes(self, most: int) -> bytes:
        """What follows the place, after a look whether it is still the same file."""
        try:
            with self.path.open("rb") as file:
                self._check(file)
                file.seek(self.place.offset if self.place else 0)
                return file.read(most)
        except OSError as error:
            raise LogError(f"{self.path} cannot be read: {error.strerror or error}.") from None

    def _check(self, file: IO[bytes]) -> None:
        start, place = file.read(2), self.place
        if start == b"\x1f\x8b":
            raise LogError(
                f"{self.path} is gzipped: what is added to it cannot be read before it is whole. Watch the plain file."
            )
        declared = (self.binding.encoding or "").lower().replace("_", "-")
        if start in (b"\xff\xfe", b"\xfe\xff") or re.match("utf-?(16|32)", declared):
            raise LogError(
                f"{self.path} is UTF-16, in which half a line cannot be told from a whole one. Have it written as UTF-8."
            )
        if place is None:
            return
        size = file.seek(0, io.SEEK_END)
        again = "Rows may only be added at the end. A changed file is a new log: watch it with a new state."
        if size < place.offset:
            raise LogError(
                f"{self.path} has {size:,} bytes, but {place.offset:,} were read already: it was cut or replaced. {again}"
            )
        head, tail = _edges(file, place.offset)
        if head != place.head:
            raise LogError(f"{self.path} does not begin as it did when it was first read. {again}")
        if tail != place.tail:
            raise LogError(f"{self.path}: the part before byte {place.offset:,} is not what was read. {again}")

    def _read(self, data: bytes) -> SourceTable:
        """Whole records, by the reader of files."""
        place, said = self.place, self.binding
        with tempfile.TemporaryDirectory() as folder:  # a file that is open cannot be opened again on every system
            path = Path(folder) / "rows.csv"
            if place is None:
                how: dict[str, Any] = {"encoding": said.encoding, "delimiter": said.delimiter, "header": said.header}
            else:
                how = {"encoding": place.encoding, "delimiter": place.delimiter}
                text = io.StringIO()
                csv.writer(text, delimiter=place.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(
                    place.names
                )
                data = text.getvalue().encode(place.encoding) + data
            try:
                path.write_bytes(data)
                return read_csv(path, **how)
            except OSError as error:
                raise LogError(f"{path} cannot be written: {error.strerror or error}.") from None
            except LogError as error:
                raise LogError(str(error).replace(str(path), str(self.path))) from None

    def _moved(self, found: SourceTable, data: bytes) -> SourceTable:
        """The records with the numbers that they have in the file; the place is behind them."""
        before = self.place
        offset, rows, lines = (before.offset, before.rows, before.lines) if before else (0, 0, 0)
        reading = found.extras["reading"]
        with self.path.open("rb") as file:
            edges = _edges(file, offset + len(data))
        self.place = Place(
            offset + len(data), rows + found.table.num_rows, lines + len(LINE_END.findall(data)),
            tuple(found.table.column_names), reading["encoding"], reading["delimiter"], *edges,
        )  # fmt: skip
        shift = lines - 1 if before else 0  # the line with the names that was put before the records
        problems = tuple(
            replace(
                problem,
                row=problem.row and problem.row + rows,
                what=re.sub(r"(?<=^line )\d+", lambda number: str(int(number[0]) + shift), problem.what),
            )
            for problem in found.problems
        )
        return replace(found, path=str(self.path), problems=problems)


def _after_lines(data: bytes, lines: int) -> int:
    """The place after so many lines."""
    ends = LINE_END.finditer(data)
    return next((one.end() for number, one in enumerate(ends, 1) if number == lines), 0) if lines else 0


def _edges(file: IO[bytes], offset: int) -> tuple[str, str]:
    """Hashes of the first bytes and of the last ones before a place."""
    found = []
    for begin in (0, max(offset - EDGE, 0)):
        file.seek(begin)
        found.append(hashlib.sha256(file.read(min(EDGE, offset - begin))).hexdigest()[:32])
    return found[0], found[1]
