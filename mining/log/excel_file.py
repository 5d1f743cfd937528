"""The parts of an Excel file: which there are, that they unpack to no more than they say, and what a sheet holds."""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np

from mining.errors import LogError
from mining.log import excel_scan as scan

MOST_INFLATED = 64_000_000  # bytes that any file may unpack to
MOST_RATIO = 200  # beyond that, times its size
MOST_CELLS = 60_000_000  # of the rectangle that holds all cells
SPARSE = 20  # a rectangle of more than 5 million cells may be so many times larger than the number of cells in it
MOST_ERRORS = 100_000
CHUNK = 1 << 22
MOST_TAG = 1_000_000


@dataclass(frozen=True)
class SheetFacts:
    """What a sheet holds beside the values that its reader gives."""

    errors: np.ndarray  # of shape (n, 2): row and column from 1
    formulas: int
    empty_formulas: int


def check_size(path: Path) -> None:
    """Refuse a file whose parts unpack to far more than a log would, or to other sizes than its directory says."""
    allowed, total = max(MOST_INFLATED, MOST_RATIO * path.stat().st_size), 0
    with _opened(path) as book:
        for info in book.infolist():
            for chunk in _inflated(path, book, info):
                total += len(chunk)
                if total > allowed:
                    raise LogError(
                        f"{path}: the file unpacks to more than {allowed:,} bytes, over {MOST_RATIO} times its size: "
                        "this is no event log. If it is, save the sheet as CSV."
                    )


def sheet_facts(path: Path, name: str) -> SheetFacts:
    """Walk over the XML of a sheet.

    Raises
    ------
    LogError
        If the cells lie so far apart that no reader could hold the rectangle around them.
    """
    state, errors, rest = np.zeros(10, np.int64), np.empty((MOST_ERRORS, 2), np.int64), b""
    with _opened(path) as book:
        part = _sheets(path, book).get(name)
        if part is None or part not in book.namelist():
            raise LogError(f"{path}: the sheet {name!r} has no contents in the file.")
        parser = _parser(path, part)
        for chunk in _inflated(path, book, book.getinfo(part)):
            _parse(path, part, parser, chunk)
            data = rest + chunk
            rest = data[scan.scan_sheet(np.frombuffer(data, np.uint8), state, errors) :]
            if len(rest) > MOST_TAG:
                raise LogError(f"{path}: in sheet {name!r}, one tag is longer than {MOST_TAG:,} bytes.")
        _parse(path, part, parser, b"", last=True)
    rows, columns, cells = (int(state[i]) for i in (scan.LAST_ROW, scan.LAST_COLUMN, scan.CELLS))
    area = rows * columns
    far = area > 5_000_000 and area > SPARSE * max(cells, 1)
    if rows > scan.MOST_ROWS or columns > scan.MOST_COLUMNS or area > MOST_CELLS or far:
        raise LogError(
            f"{path}: in sheet {name!r}, {cells:,} cells reach to row {rows:,} and column {columns:,}, which is more than can "
            "be held. Delete what lies outside of the table, or save the sheet as CSV."
        )
    found = errors[: state[scan.ERRORS]].copy()
    return SheetFacts(found, int(state[scan.FORMULAS]), int(state[scan.EMPTY_FORMULAS]))


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise LogError(f"{path}: not a readable Excel file ({error}).") from None


def _inflated(path: Path, book: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a part, unpacked from where they lie and compared with what the directory says about them."""
    damaged = LogError(f"{path}: not a readable Excel file (its part {info.filename!r} is damaged).")
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise LogError(f"{path}: its part {info.filename!r} is encrypted or packed in a way not known here.")
    with path.open("rb") as file:
        file.seek(info.header_offset)
        local = file.read(30)
        if len(local) < 30 or local[:4] != b"PK\x03\x04":
            raise damaged
        name, extra = struct.unpack("<HH", local[26:30])
        file.seek(name + extra, 1)
        left, size, crc = info.compress_size, 0, 0
        unpacker = zlib.decompressobj(-15) if info.compress_type == zipfile.ZIP_DEFLATED else None
        held = b""
        while left or held:
            packed = held or file.read(min(left, CHUNK))
            left -= 0 if held else len(packed)
            if not packed:
                raise damaged
            try:
                chunk = unpacker.decompress(packed, CHUNK) if unpacker else packed
            except zlib.error:
                raise damaged from None
            held = unpacker.unconsumed_tail if unpacker else b""
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
            if size > info.file_size:
                raise damaged
            yield chunk
        if size != info.file_size or crc != info.CRC or (unpacker and not unpacker.eof):
            raise damaged


def _sheets(path: Path, book: zipfile.ZipFile) -> dict[str, str]:
    """Name of each sheet and the part that holds it."""
    top = _targets(path, book, "_rels/.rels", "")
    main = next((target for kind, target in top.values() if kind.endswith("/officeDocument")), "xl/workbook.xml")
    folder, file = posixpath.split(main)
    parts = _targets(path, book, f"{folder}/_rels/{file}.rels", folder)
    found = {}
    for name, attributes in _elements(path, book, main):
        key = next((value for k, value in attributes.items() if k == "r:id" or k.endswith(":id")), None)
        if name.rpartition(":")[2] == "sheet" and key in parts:
            found[attributes.get("name", "")] = parts[key][1]
    return found


def _targets(path: Path, book: zipfile.ZipFile, part: str, folder: str) -> dict[str, tuple[str, str]]:
    """Id of each relation: its kind, and the part it leads to."""
    relations = (a for name, a in _elements(path, book, part) if name.rpartition(":")[2] == "Relationship")
    return {
        a.get("Id", ""): (a.get("Type", ""), posixpath.normpath(posixpath.join("/", folder, a.get("Target", "")))[1:])
        for a in relations
    }


def _elements(path: Path, book: zipfile.ZipFile, part: str) -> list[tuple[str, dict[str, Any]]]:
    if part not in book.namelist():
        raise LogError(f"{path}: not a readable Excel file (it has no {part}).")
    found: list[tuple[str, dict[str, Any]]] = []
    parser = _parser(path, part)
    parser.StartElementHandler = lambda name, attributes: found.append((name, attributes))
    for chunk in _inflated(path, book, book.getinfo(part)):
        _parse(path, part, parser, chunk)
    _parse(path, part, parser, b"", last=True)
    return found


def _parser(path: Path, part: str) -> expat.XMLParserType:
    def doctype(*_: Any) -> None:
        raise LogError(f"{path}: its part {part!r} declares a DTD, which no Excel file has.")

    def declaration(_: str, encoding: str | None, __: int) -> None:
        if encoding and encoding.lower() != "utf-8":
            raise LogError(
                f"{path}: its part {part!r} is in {encoding}, not in UTF-8. Open the file in Excel and save it."
            )

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler, parser.XmlDeclHandler = doctype, declaration
    return parser


def _parse(path: Path, part: str, parser: expat.XMLParserType, chunk: bytes, *, last: bool = False) -> None:
    if not last and parser.CurrentByteIndex <= 0 and chunk.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise LogError(f"{path}: its part {part!r} is in UTF-16, not in UTF-8. Open the file in Excel and save it.")
    try:
        parser.Parse(chunk, last)
    except expat.ExpatError as error:
        raise LogError(f"{path}: not a readable Excel file ({part}: {error}).") from None
