"""Values that look like data about persons: found by pattern and check digit, never shown whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mining.log.codes import coded
from mining.log.quality_checks import Found, Sight
from mining.log.times import is_text

MOST_SHOWN = 8  # characters of a masked value
SHORTEST_IBAN = 15  # that of Norway; what is shorter is none, though its check digits fit by chance


def _digits(text: str) -> list[int]:
    return [int(x) for x in text if x.isdigit()]


def _luhn(text: str) -> bool:
    digits = _digits(text)[::-1]
    doubled = (2 * x for x in digits[1::2])
    return (sum(digits[::2]) + sum(x - 9 if x > 9 else x for x in doubled)) % 10 == 0


def _iban(text: str) -> bool:
    plain = text.replace(" ", "").upper()
    return len(plain) >= SHORTEST_IBAN and int("".join(str(int(x, 36)) for x in plain[4:] + plain[:4])) % 97 == 1


def _chinese_id(text: str) -> bool:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    rest = sum(int(x) * w for x, w in zip(text, weights, strict=False)) % 11
    return "10X98765432"[rest] == text[17].upper()


PATTERNS: dict[str, tuple[str, Callable[[str], bool] | None]] = {  # pattern, and the check that rules out chance
    "email": (r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}", None),
    "chinese_id": (r"\b[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9Xx]\b", _chinese_id),
    "iban": (r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", _iban),
    "card": (r"\b[3-6][0-9]{3}(?:[ -]?[0-9]{4}){3}\b", _luhn),
    "phone": (
        r"(?:\+[0-9]{1,3}[ -]?\(?[0-9][0-9 ()/-]{6,14}[0-9]|\b1[3-9][0-9]{9}\b|\b0[0-9]{1,4}[ /-][0-9]{5,9}\b)",
        None,
    ),
    "ip_address": (r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b", lambda text: all(x < 256 for x in map(int, text.split(".")))),
}
_COMPILED = {kind: (re.compile(pattern, re.ASCII), check) for kind, (pattern, check) in PATTERNS.items()}
NAMES = {  # what a column is called, in small letters without blanks, hyphens and underscores
    "person_name": (
        "name|fullname|firstname|lastname|surname|customername|clientname|patientname|personname|applicantname|employeename|"
        "姓名|客户姓名|患者姓名|申请人姓名|联系人|员工姓名"
    ),
    "address": "address|street|homeaddress|postaladdress|地址|住址|家庭住址",
    "birth_date": "birthdate|birthday|dateofbirth|dob|出生日期|生日",
    "phone": "phone|phonenumber|mobile|telephone|电话|手机|手机号|联系电话",
    "email": "email|emailaddress|mail|邮箱|电子邮件",
    "identity": "ssn|bsn|passport|passportnumber|nationalid|idnumber|idcard|身份证|身份证号|护照号",
}
_COLUMNS = {name: kind for kind, names in NAMES.items() for name in names.split("|")}


def masked(value: str) -> str:
    """The first character of a value, and how long it is.

    Examples
    --------
    >>> masked("ann@example.org")
    'a•••••••'
    """
    return value[:1] + "•" * min(len(value) - 1, MOST_SHOWN - 1)


def kinds_in(value: str) -> set[str]:
    """Which kinds of personal data a text holds.

    Examples
    --------
    >>> sorted(kinds_in("call +31 20 123 4567 or write to ann@example.org"))
    ['email', 'phone']
    >>> kinds_in("4111 1111 1111 1112")
    set()
    """
    return {kind for kind, holds in _tested(value) if holds}


def _tested(value: str) -> Iterator[tuple[str, bool]]:
    """The kinds whose pattern a text has, and whether the check digits are right."""
    for kind, (pattern, check) in _COMPILED.items():
        hits = pattern.findall(value)
        if hits:
            yield kind, check is None or any(map(check, hits))


def pii_checks(sight: Sight) -> Iterator[Found | None]:
    """Columns, bound or not, that hold values of such a pattern or are named like such data; times are passed over."""
    log = sight.log
    if sight.table is None:
        return
    times = {log.binding.timestamp, log.binding.start}
    times |= {a.column for a in log.binding.attributes.values() if a.type == "datetime"}
    for name in sight.table.column_names:
        column = sight.table[name]
        plain = re.sub(r"[\s_-]", "", name.casefold())
        if plain in _COLUMNS and column.null_count < len(column):
            present = len(column) - column.null_count
            rows = pc.indices_nonzero(column.is_valid())[:5].to_numpy() + 1
            yield Found("pii", present, len(column), "values", name, rows=tuple(rows.tolist()),
                        values={"kind": _COLUMNS[plain], "shown": ""})  # fmt: skip
        elif name not in times and (is_text(column.type) or pa.types.is_integer(column.type)):
            yield from _of_column(name, column)


def _of_column(name: str, column: pa.ChunkedArray) -> Iterator[Found]:
    if pa.types.is_integer(column.type) and (pc.max(column).as_py() or 0) < 10**9:
        return
    texts = coded(column, name)
    values = texts.words
    likely = np.flatnonzero(pc.fill_null(pc.match_substring_regex(values, _ANY), False).to_numpy(zero_copy_only=False))
    found: dict[str, list[int]] = {}
    tried: Counter[str] = Counter()
    for code, value in zip(likely.tolist(), values.take(pa.array(likely)).to_pylist(), strict=True):
        for kind, holds in _tested(value):
            tried[kind] += 1
            if holds:
                found.setdefault(kind, []).append(code)
    if not found:
        return
    for kind, hits in sorted(found.items()):
        if 5 * len(hits) < tried[kind]:  # check digits that only chance has right
            continue
        wanted = np.zeros(len(values) + 1, bool)  # the last is for -1, no text
        wanted[hits] = True
        rows = np.flatnonzero(wanted[texts.codes])
        shown = ", ".join(dict.fromkeys(masked(values[code].as_py()) for code in hits[:3]))
        yield Found("pii", len(rows), len(column), "values", name, rows=tuple((rows[:5] + 1).tolist()),
                    values={"kind": kind, "shown": shown})  # fmt: skip


_ANY = "|".join(f"(?:{pattern})" for pattern, _ in PATTERNS.values())
