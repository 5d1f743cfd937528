"""Numbers of texts and cells read back without any code of the makers: what a printed number can stand for, and what a record holds."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]\d+)?"
UNITS = {  # unit -> what a value of the record is multiplied by
    "%": (100.0,), "pp": (100.0,), "个百分点": (100.0,),
    "s": (1.0,), "秒": (1.0,), "min": (1 / 60, 1.0), "分钟": (1 / 60, 1.0),
    "h": (1 / 3600, 1.0), "小时": (1 / 3600, 1.0), "hours": (1 / 3600, 1.0), "hour": (1 / 3600, 1.0),
    "d": (1 / 86_400, 1 / 24, 1.0), "天": (1 / 86_400, 1 / 24, 1.0), "days": (1 / 86_400, 1 / 24, 1.0),
    "weeks": (1 / 604_800, 1.0), "周": (1 / 604_800, 1.0),
    "": (1.0,), "?": (1.0, 100.0),
}  # fmt: skip
_UNIT = "|".join(sorted((re.escape(x) for x in UNITS if x not in ("", "?")), key=len, reverse=True))
_TOKEN = re.compile(
    rf"(?P<sign>[<>]\s?)?(?P<minus>(?<![\w)–])[-−])?(?<![A-Za-z0-9_.])(?<!\d,)(?P<n>{NUMBER})"
    rf"(?:–(?P<n2>{NUMBER}))?(?P<gap>[\u00a0 ]?)(?P<unit>(?:{_UNIT})(?![A-Za-z]))?"
)
_BETWEEN = re.compile(
    rf"(?P<before>(?:interval|区间)[\u00a0 ]?|^)(?P<n>[-+]?{NUMBER})[\u00a0 ]?(?:{_UNIT})?[\u00a0 ]?(?:to|至)[\u00a0 ]?"
    rf"(?P<n2>[-+]?{NUMBER})[\u00a0 ]?(?P<unit>(?:{_UNIT})(?![A-Za-z]))?"
)
_NO_FIGURES = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?"  # days and moments
    r"|\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}"
    r"|\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?)?"
    r"|F-[0-9a-f]{8}|\bA-[0-9a-f]{8}"  # findings and proposed actions
    r"|\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b|\b[0-9a-f]{16,64}\b"  # hashes
    r"|\b[A-Z2-7]{12}\b"  # pseudonyms
)


@dataclass(frozen=True)
class Token:
    """A printed number: its value, decimals, unit, and whether it is a bound (``<`` or ``>``)."""

    text: str
    value: float
    decimals: int
    unit: str = ""
    bound: str = ""

    def says(self, value: float) -> bool:
        """Whether this is how the value looks at this precision."""
        return any(self._near(value * scale) for scale in UNITS[self.unit])

    def _near(self, value: float) -> bool:
        if self.bound:
            return value < self.value if self.bound == "<" else value > self.value
        half = 0.5 * 10.0**-self.decimals
        return abs(value - self.value) <= half * (1 + 1e-9) + 1e-12 * abs(value)

    def reaches(self) -> Iterator[tuple[float, float]]:
        """Ranges of values that look like this."""
        half = 0.5 * 10.0**-self.decimals * (1 + 1e-9)
        for scale in UNITS[self.unit]:
            low, high = self.value - half, self.value + half
            if self.bound == "<":
                low, high = 0.0, self.value
            elif self.bound == ">":
                low, high = self.value, 100.0 if self.unit == "%" else float("inf")
            slack = 1e-12 * max(abs(low), 1.0)
            yield (low - slack) / scale, (high + slack) / scale


def without_names(text: str, names: Iterable[str] = ()) -> str:
    """The text without days, ids, hashes, and the names given, which stand there as whole words."""
    for name in sorted(filter(None, names), key=len, reverse=True):
        if name in text:
            before, after = ("(?<![A-Za-z0-9])" if x.isalnum() else "" for x in (name[0], name[-1]))
            text = re.sub(f"{before}{re.escape(name)}{after.replace('<!', '!')}", " § ", text)
    return _NO_FIGURES.sub(" § ", text)


def tokens(text: str, names: Iterable[str] = ()) -> list[Token | tuple[Token, Token]]:
    """Printed numbers of a text; both ends of an interval are one pair."""
    found: list[Token | tuple[Token, Token]] = []
    plain = without_names(text, names)
    for match in _BETWEEN.finditer(plain):
        ends = (match["n"], match["n2"])
        found.append(tuple(_token(x.lstrip("-+"), match["unit"] or "?", minus=x[0] == "-") for x in ends))  # type: ignore[arg-type]
    for match in _TOKEN.finditer(_BETWEEN.sub(lambda x: x["before"], plain)):
        unit, bound = match["unit"] or "", (match["sign"] or "").strip()
        if not match["n2"]:
            found.append(_token(match["n"], unit, bound, minus=bool(match["minus"])))
        else:
            found.append((_token(match["n"], unit), _token(match["n2"], unit)))
    return found


def _token(number: str, unit: str, bound: str = "", *, minus: bool = False) -> Token:
    plain = number.replace(",", "")
    mantissa, _, exponent = plain.partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return Token(f"{'-' * minus}{number}{unit}", -float(plain) if minus else float(plain), decimals, unit, bound)


def singles(text: str, names: Iterable[str] = ()) -> list[Token]:
    """All printed numbers, ends of intervals one by one."""
    return [y for x in tokens(text, names) for y in (x if isinstance(x, tuple) else (x,))]


@dataclass
class Leaves:
    """The numbers of a record, and its intervals (lower end, upper end) that stand beside each other."""

    numbers: list[float] = field(default_factory=list)
    intervals: list[tuple[float, float]] = field(default_factory=list)
    sorted: bool = False

    def add(self, record: Any) -> Leaves:
        """Take in all numbers of plain values."""
        self.sorted = False
        if isinstance(record, bool) or record is None or isinstance(record, str):
            return self
        if isinstance(record, int | float):
            if record == record:
                self.numbers.append(float(record))
        elif isinstance(record, dict):
            for key, value in record.items():
                self.add(value)
                if "low" in str(key) and isinstance(value, int | float):
                    high = record.get(str(key).replace("low", "high"))
                    if isinstance(high, int | float):
                        self.intervals.append((float(value), float(high)))
        else:
            if isinstance(record, list | tuple):
                self.numbers.append(float(len(record)))
            for value in record:
                self.add(value)
        return self

    def __or__(self, other: Leaves) -> Leaves:
        return Leaves([*self.numbers, *other.numbers], [*self.intervals, *other.intervals])

    def hold(self, found: Token | tuple[Token, Token]) -> bool:
        """Whether a printed number, or interval, is one of these."""
        if isinstance(found, tuple):
            first, second = found
            return any(first.says(low) and second.says(high) for low, high in self.intervals)
        if not self.sorted:
            self.numbers.sort()
            self.sorted = True
        for low, high in found.reaches():
            at = bisect_left(self.numbers, low)
            if at < len(self.numbers) and self.numbers[at] <= high:
                return True
        return False

    def lacking(self, text: str, names: Iterable[str] = ()) -> list[str]:
        """The printed numbers of a text that are none of these."""
        return [
            x.text if isinstance(x, Token) else f"{x[0].text}–{x[1].text}"
            for x in tokens(text, names)
            if not self.hold(x)
        ]


def told_wrongly(text: str, sub: str, data: dict[str, Any], beside: Iterable[float] = ()) -> str:
    """What is wrong with a cell that carries the values behind it; empty: nothing.

    The first number of the text must be the first value; a text without a number stands for a value that is missing or a word; every
    other number is one of the values, or of those that stand beside it; both ends of an interval are its low and its high value.
    """
    values = {k: float(v) for k, v in data.items() if isinstance(v, int | float) and not isinstance(v, bool) and v == v}
    first_name, first_value = next(iter(data.items()))
    if first_name.endswith("_s") and re.fullmatch(r"[\d,.]+", text):
        text = f"{text} h"  # the heading says so
    if (
        isinstance(first_value, str)
        or not isinstance(first_value, int | float | type(None))
        or isinstance(first_value, bool)
    ):
        return ""
    said = tokens(text)
    if first_value is None or first_value != first_value:
        return f"{first_name} is missing, yet {text!r} is printed" if said else ""
    if not said:
        at_once = first_value == 0.0 and text in ("due date", "约定日期")
        return "" if at_once else f"{first_name} is {first_value}, yet {text!r} is printed"
    first = said[0][0] if isinstance(said[0], tuple) else said[0]
    if "due date" in text or "约定日期" in text or text.startswith("提前"):  # so long before or after it
        values = {name: abs(value) for name, value in values.items()}
    first_said = values[first_name], *(values.values() if "judged" in values else ()), sum(values.values())
    if not any(map(first.says, first_said)):
        return f"{first_name} is {first_value}, yet {text!r} is printed"
    known = Leaves([*values.values(), *beside]).add(data)
    for token in tokens(sub):
        if isinstance(token, tuple):
            lows = [k for k in values if "low" in k]
            if not any(token[0].says(values[k]) and token[1].says(values[k.replace("low", "high")]) for k in lows):
                return f"{sub!r} is no interval of {values}"
        elif not known.hold(token):
            return f"{sub!r} is none of {values}"
    rest = [x for x in singles(text)[1:] if not known.hold(x)]
    return f"{text!r} holds {rest[0].text}, none of {values}" if rest else ""
