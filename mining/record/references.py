"""Numbers in the words of people: references to the record, so that a new run brings them up to date."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mining.errors import MiningError, hint

# kind of a figure -> the ways it can be written; the first where the text does not say
FORMS: dict[str, tuple[str, ...]] = {
    "share": ("percent", "number"),
    "count": ("number",),
    "hours": ("hours", "days"),
    "seconds": ("duration", "hours", "days"),
    "money": ("money", "number"),
    "text": ("text",),
}
MOST_SHOWN = 12

_REFERENCE = re.compile(r"\{\{([^{}|]*)(?:\|([^{}|]*))?\}\}")
_BRACES = re.compile(r"\{\{|\}\}")
_START = r"(?:(?<![\w.])|(?<=[\u4e00-\u9fff]))(?<!\d,)"  # Chinese has no space before a number
_NUMBER = _START + r"\d+(?:[.,]\d+)*"
_UNITS = (
    r"(?:business |working |calendar )?(?:cases?|customers?|events?|findings?|people|persons?|visits?|answers?|complaints?"
    r"|tickets?|orders?|requests?|applications?|permits?|claims?|contracts?|invoices?|calls?|letters?|documents?|files?|items?"
    r"|incidents?|deviations?|faults?|errors?|clients?|users?|patients?|passengers?|guests?|appointments?|payments?|deliveries"
    r"|hours?|days?|weeks?|months?|minutes?|min|seconds?|h|d|times|euros?|dollars?|EUR|USD|GBP|CNY|RMB)\b"
)
_CHINESE_UNITS = (
    r"(?:个(?:案例|工作日|工作小时|小时|月|百分点|顾客|客户|人)|百分点|案例|万?元|万|亿|工作日|工作小时|小时|分钟"
    r"|[个例件人次项起笔天周秒成倍张份宗台名户]|单(?![元位])|通(?!过))"
)
_TYPED = re.compile(
    "|".join(
        (
            rf"[<>≥≤~]?\s?{_NUMBER}\s*(?:[%‰]|per ?cent(?:age points?)?\b)",
            rf"{_NUMBER}\s+(?:out )?of\s+(?:the )?{_NUMBER}",
            rf"{_NUMBER}\s*(?:{_UNITS}|{_CHINESE_UNITS})",
            rf"(?:[€$£¥]|\b(?:EUR|USD|GBP|CNY|RMB))\s*{_NUMBER}",
            _START + r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])",
            _START + r"0\.\d+(?![\w.])",
            r"百分之[零〇一二三四五六七八九十百点两\d.]+",
            r"[一二三四五六七八九](?:成(?![员本果为立功品了效就长熟])|分之[一二三四五六七八九十百]+)",
        )
    )
)


@dataclass(frozen=True)
class Quoted:
    """A figure that a text may refer to.

    Attributes
    ----------
    value : object
        A number or a text; None where it is not measured.
    kind : {"share", "count", "hours", "seconds", "money", "text"}
        What it is, which decides how it can be written.
    """

    value: Any
    kind: str


@dataclass(frozen=True)
class Passage:
    """A text of people in its place.

    Attributes
    ----------
    where : str
        File and line.
    key : str
        Such as ``findings.F-c9b39b3a.cause.text``.
    text : str
    """

    where: str
    key: str
    text: str


class Written(Protocol):
    """What holds texts of people: a narrative, an engagement."""

    def passages(self) -> Iterator[Passage]:
        """Every text that may quote figures."""
        ...


@dataclass(frozen=True)
class TypedNumber:
    """A number that a person typed where a reference could stand: a new run does not bring it up to date.

    Attributes
    ----------
    where, key : str
        As in :class:`Passage`.
    number : str
        As it was typed, with its unit.
    """

    where: str
    key: str
    number: str


def resolve(
    text: str, figures: Mapping[str, Quoted], write: Callable[[Quoted, str], str], *, where: str = "narrative"
) -> str:
    """A text with the figures in place of the references.

    Parameters
    ----------
    text : str
        ``{{F-c9b39b3a.rate}}`` refers to a figure of the record, ``{{F-c9b39b3a.rate|number}}`` also says how it is written.
    figures : mapping of str to Quoted
    write : callable
        Writes a figure in a form of :data:`FORMS`, for its kind.
    where : str
        File and line, for messages.

    Raises
    ------
    MiningError
        For a reference to nothing, a form that the figure does not have, or braces that are no reference.

    Examples
    --------
    >>> figures = {"totals.cases": Quoted(2000, "count")}
    >>> resolve("Of {{totals.cases}} cases", figures, lambda quoted, form: f"{quoted.value:,}")
    'Of 2,000 cases'
    """
    faults = list(_faults(text, figures))
    if faults:
        raise MiningError("\n".join(f"{where}: {fault}" for fault in faults[:MOST_SHOWN]))

    def figure(found: re.Match[str]) -> str:
        quoted = figures[found[1].strip()]
        return write(quoted, (found[2] or "").strip() or FORMS[quoted.kind][0])

    return _REFERENCE.sub(figure, text)


def check_references(written: Written, figures: Mapping[str, Quoted]) -> None:
    """Refuse texts with references to nothing, before anything is printed.

    Raises
    ------
    MiningError
        With file, line, key and reference of up to twelve.
    """
    found = [f"{x.where}: {x.key}: {fault}" for x in written.passages() for fault in _faults(x.text, figures)]
    if found:
        more = f"\n... and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
        raise MiningError("\n".join(found[:MOST_SHOWN]) + more)


def _faults(text: str, figures: Mapping[str, Quoted]) -> Iterator[str]:
    """What is wrong with the references of a text."""
    for found in _REFERENCE.finditer(text):
        name, form = found[1].strip(), (found[2] or "").strip()
        if name not in figures:
            yield f"{found[0]} refers to nothing in this audit.{_near(name, figures)}"
        elif form and form not in FORMS[figures[name].kind]:
            yield f"{found[0]}: this figure is not written as {form!r}.{hint(form, FORMS[figures[name].kind])}"
    if _BRACES.search(_REFERENCE.sub("", text)):
        yield "double braces that are no reference. Write one as {{F-c9b39b3a.rate}} or {{F-c9b39b3a.rate|percent}}, on one line."


def _near(name: str, figures: Mapping[str, Quoted]) -> str:
    """Names near the one meant: among the figures of the same finding or check, or among findings and checks."""
    owner, _, last = name.rpartition(".")
    mine = [x.rpartition(".")[2] for x in figures if x.rpartition(".")[0] == owner]
    if mine:
        return hint(last, mine, most=12)
    owners = {x.rpartition(".")[0] for x in figures}
    owners = {x for x in owners if x[:2] == owner[:2]} or owners  # findings with findings, checks with checks
    return f" There is no {(owner or name)!r}.{hint(owner or name, owners)}"


def typed_numbers(written: Written) -> list[TypedNumber]:
    """Numbers in the words of people that look like figures of the audit and are no references.

    Shares, amounts, counts and lengths with their unit, numbers with thousands separators, and decimals below 1; in English and Chinese.
    A promise that is quoted (*within 5 working days*) is found too: this is a list for reviewers, not an error. Dates, years, ids and the
    numbers of articles and standards are not.

    Returns
    -------
    list of TypedNumber
        In the order of the file.
    """
    return [TypedNumber(x.where, x.key, number) for x in written.passages() for number in numbers_in(x.text)]


def numbers_in(text: str) -> Iterable[str]:
    """Numbers of a text that look like figures.

    Examples
    --------
    >>> list(numbers_in("By ISO 9001:2015, 12.3 % of 1,234 cases were late on 2026-03-01; {{totals.cases}} in all."))
    ['12.3 %', '1,234 cases']
    """
    plain = unicodedata.normalize("NFKC", _REFERENCE.sub(" ; ", text))
    return (found[0].strip() for found in _TYPED.finditer(plain))
