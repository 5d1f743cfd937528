"""Opens text files, plain or gzipped, in the encoding that is declared or that reads all of it; bombs are refused."""

from __future__ import annotations

import codecs
import gzip
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from mining.errors import LogError

ENCODINGS = ("utf-8-sig", "utf-16", "gb18030")
CHUNK = 1 << 20
MOST_INFLATED = 64_000_000  # bytes that any gzip file may unpack to
MOST_RATIO = 200  # beyond that, times its size; logs shrink to a tenth or a fiftieth

_HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file; what is gzipped (by its first bytes) is unpacked on the way."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], gzip.open(path, "rb") if zipped else path.open("rb"))


def open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    """Open as text, line ends as they are."""
    return io.TextIOWrapper(open_bytes(path), encoding=encoding, newline="")


def utf8_chunks(path: Path, encoding: str) -> Iterator[bytes]:
    """The text as UTF-8 without byte order mark, piece by piece."""
    with open_bytes(path) as file:
        if encoding == "utf-8-sig":
            first = file.read(3)
            yield b"" if first == codecs.BOM_UTF8 else first
            while chunk := file.read(CHUNK):
                yield chunk
            return
        decoder = codecs.getincrementaldecoder(encoding)()
        while chunk := file.read(CHUNK):
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", True).encode()


def find_encoding(path: Path, declared: str | None = None) -> str:
    """The declared encoding, or the first of `ENCODINGS` that reads the whole file.

    Raises
    ------
    LogError
        If the declared encoding does not exist, the file is not in it, or fits none; if it reads as GB18030 with single
        Chinese characters in Latin words; if it unpacks to much more than a log would.
    """
    if declared is not None:
        try:
            known = codecs.lookup(declared)
        except LookupError:
            known = None
        if known is None or not getattr(known, "_is_text_encoding", True):
            raise LogError(
                f"{path}: there is no encoding {declared!r}. Known are utf-8, gb18030, cp1252, latin-1, utf-16 and more."
            )
        name = "utf-8-sig" if known.name == "utf-8" else known.name
        if fault := _fault(path, name):
            raise LogError(
                f"{path}: the text is not in the declared encoding ({fault}). Leave it out, and it is found."
            )
        return name
    places = []
    for encoding in ENCODINGS:
        if encoding == "utf-16" and not _has_mark(path):
            continue
        if not (fault := _fault(path, encoding)):
            if encoding == "gb18030":
                _refuse_latin(path)
            return encoding
        places.append(fault)
    raise LogError(
        f"{path}: the text is in no encoding tried here ({'; '.join(places)}). "
        "Save the file as UTF-8, or declare its encoding, such as cp1252 for a Western Windows."
    )


def _has_mark(path: Path) -> bool:
    with open_bytes(path) as file:
        return file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _fault(path: Path, encoding: str) -> str:
    """Where the file is not in this encoding; empty if it is."""
    allowed = max(MOST_INFLATED, MOST_RATIO * path.stat().st_size)
    with open_bytes(path) as file:
        decoder, read = codecs.getincrementaldecoder(encoding)(), 0
        try:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
                read += len(chunk)
                if read > allowed:
                    raise LogError(
                        f"{path}: the compressed file unpacks to more than {allowed:,} bytes, over {MOST_RATIO} times its "
                        "size: this is no event log. If it is, unpack it and read the unpacked file."
                    )
            decoder.decode(b"", True)
        except UnicodeDecodeError as error:
            byte = error.object[error.start] if error.start < len(error.object) else 0
            return f"{encoding}: byte 0x{byte:02X} near byte {read + error.start:,}"
    return ""


def _refuse_latin(path: Path) -> None:
    """Refuse what only looks like Chinese: a Western letter with an accent and the next one are read as one character."""
    alone, all_runs, example = 0, 0, ""
    with open_text(path, "gb18030") as file:
        while text := file.read(CHUNK):
            all_runs += len(re.findall(f"{_HAN}+", text))
            found = list(re.finditer(f"(?<!{_HAN})({_HAN})(?!{_HAN})", text))
            found = [one for one in found if _latin(text[max(one.start() - 1, 0) : one.end() + 1])]
            alone += len(found)
            example = example or (text[max(found[0].start() - 8, 0) : found[0].end() + 8].strip() if found else "")
    if 2 * alone > all_runs:
        raise LogError(
            f"{path}: the file is not UTF-8, and as GB18030 it has single Chinese characters in Latin words, such as in "
            f"{example!r}. Declare its encoding: encoding='cp1252' (Western Windows) or encoding='gb18030' (Chinese)."
        )


def _latin(text: str) -> bool:
    """Whether any of the characters is a Latin letter without an accent."""
    return any("a" <= c <= "z" for c in text.lower())
