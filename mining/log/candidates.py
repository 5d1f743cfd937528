"""Which columns of a log may be the case, the activity, the time ...: by a decision, by the name, by what the values look like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mining.errors import LogError
from mining.log.codes import Coded, coded
from mining.log.labels import folded
from mining.log.lifecycle import STANDARD
from mining.log.recognise import KNOWN, REQUIRED, plain_name
from mining.log.table import SourceTable
from mining.log.times import is_text, read_moments
from mining.log.words import words
from mining.units import MISSING

SAMPLE = 20_000  # rows that are looked at to tell what a column holds
DATES = 0.95  # share of values that must be dates
LIKE = 0.8  # likeness of a column name to a known one
NAMED = 3  # candidates that are named
RANKED = 12  # candidates for the activity whose change inside the cases is looked at

_NOUNS = ("application", "request", "ticket", "order", "claim", "incident", "dossier", "file")
_STAFF = ("employee", "clerk", "agent", "handler", "user", "worker", "assignee", "performer", "operator", "staff")
# Plain words, folded, the surer ones first; a proposal may go by them, reading a log without a binding does not.
WORDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "case": (
        (
            *(f"{noun}{end}" for noun in ("case", *_NOUNS) for end in ("id", "no", "nr", "number", "num")),
            *("vorgangsnr", "vorgangsnummer", "vorgangsid", "fallnr", "fallnummer", "fallid", "aktenzeichen"),
            *("antragsnr", "antragsnummer", "auftragsnr", "auftragsnummer"),
            *("申请编号", "申请号", "案件号", "案件编号", "单号", "订单号", "业务编号", "受理编号", "办件编号"),
        ),
        (*_NOUNS, "vorgang", "fall", "antrag", "auftrag", "申请", "案件", "订单"),
    ),
    "activity": (
        (
            *("task", "taskname", "step", "stepname", "action", "actionname", "event", "eventname"),
            *("tätigkeit", "aktivität", "schritt", "arbeitsschritt", "步骤", "步骤名称", "环节名称", "节点", "操作"),
        ),
        ("vorgang", "operation"),
    ),
    "timestamp": (
        (
            *("finished", "finishedat", "finishtime", "closedat", "completiondate", "enddate"),
            *("ende", "endzeit", "enddatum", "结束日期", "完成日期", "办结时间"),
        ),
        (
            *("date", "time", "datetime", "eventtime", "zeitpunkt", "zeit", "datum"),
            *("日期", "操作时间", "办理时间", "发生时间"),
        ),
    ),
    "start": (("begin", "began", "beginat", "begintime", "started", "startdate", "beginn", "startzeit", "开始日期"),),
    "resource": (
        (
            *(f"{word}{end}" for word in _STAFF for end in ("", "name", "id")),
            *("bearbeiter", "sachbearbeiter", "mitarbeiter", "经办", "办理人", "操作人", "操作员", "员工"),
        ),
    ),
    "lifecycle": (),
}
_OF_IDS = ("id", "no", "nr", "number", "key", "code", "号", "编号", "nummer")


@dataclass(frozen=True)
class Sample:
    """What the values of a column look like, in a sample of its rows."""

    name: str
    rows: int
    filled: int
    distinct: int
    dates: float
    text: bool
    standard: float  # share of the values that are words of the XES lifecycle
    numeric: bool  # every value is a number

    def why(self, lang: str) -> str:
        """In words."""
        key = "bind.dates" if self.dates >= DATES else "bind.values"
        return words(key, lang, filled=f"{self.filled / self.rows:.0%}", dates=f"{self.dates:.0%}",
                     distinct=f"{self.distinct:,}", rows=f"{self.rows:,}")  # fmt: skip

    def fits(self, role: str) -> bool:
        """Whether the values can be what a role needs."""
        if not self.filled:
            return False
        if role in ("timestamp", "start"):
            return self.dates >= DATES
        if self.dates >= DATES:
            return False
        if role == "lifecycle":
            return self.standard >= DATES
        if role == "resource":
            return self.standard < DATES
        if role == "activity":
            return self.text and self.standard < DATES and (self.distinct < self.filled or self.filled < 20)
        return self.standard < DATES


@dataclass(frozen=True)
class Choice:
    """The column proposed for a role: certain, open (a person decides), or none."""

    role: str
    column: str | None
    certain: bool
    why: str
    others: tuple[str, ...] = ()


def choose(
    source: SourceTable, declared: Mapping[str, str], kept: Mapping[str, Any], lang: str = "en"
) -> dict[str, Choice]:
    """The column of each role: as it was decided, else as its name says, else open with what the values make likely.

    Parameters
    ----------
    source : SourceTable
    declared : mapping of str to str
        Role to column, of a blueprint.
    kept : mapping
        Role to column (None: there is none), of an older binding file.
    lang : {"en", "zh"}

    Returns
    -------
    dict of str to Choice
        One per role.

    Examples
    --------
    >>> table = pa.table({"ticket no": ["1", "1"], "clerk": ["Ann", "Bob"], "step": ["Open", "Close"], "on": ["2024-01-01"] * 2})
    >>> {role: choice.column for role, choice in choose(SourceTable("log.csv", "csv", "", 0, table), {}, {}).items()}
    {'case': 'ticket no', 'activity': 'step', 'timestamp': 'on', 'start': None, 'resource': 'clerk', 'lifecycle': None}
    """
    samples = [_sample(source, name) for name in source.table.column_names]
    chosen: dict[str, Choice] = {}
    taken = set[str]()
    for role in KNOWN:
        if choice := _sure(role, samples, declared.get(role), kept, lang):
            chosen[role] = choice
            taken |= {choice.column} if choice.column else set()
    for role in KNOWN:  # plain words, for columns that are nothing yet
        if role not in chosen and (choice := _by_word(role, [s for s in samples if s.name not in taken], lang)):
            chosen[role] = choice
            taken |= {choice.column} if choice.column else set()
    for role in KNOWN:
        if role not in chosen:
            case = chosen["case"].column if "case" in chosen else None
            chosen[role] = _open(source, role, [s for s in samples if s.name not in taken], case, lang)
            column = chosen[role].column
            taken |= {column} if column else set()
        was = kept.get(role)
        if was is not None and chosen[role].column != was:
            gone = words("bind.gone", lang, column=repr(was))
            chosen[role] = replace(chosen[role], certain=False, why=f"{gone}; {chosen[role].why}")
    return {role: chosen[role] for role in KNOWN}


def alike(name: str, names: list[str]) -> list[str]:
    """The columns whose names are most like one that is not there, best first.

    Examples
    --------
    >>> alike("amount", ["case_id", "case:Amount", "amout", "city"])
    ['case:Amount', 'amout']
    """
    mine = folded(name)
    scores = {other: _alike(mine, folded(other)) for other in names}
    return sorted((x for x in names if scores[x] >= 0.6), key=lambda x: -scores[x])[:NAMED]


def _alike(one: str, other: str) -> float:
    if min(len(one), len(other)) >= 3 and (one in other or other in one):
        return 1.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _sure(role: str, samples: list[Sample], declared: str | None, kept: Mapping[str, Any], lang: str) -> Choice | None:
    """As decided in an older file or in the blueprint, or by a well-known name; open where several have one."""
    if role in kept and kept[role] is None:
        return Choice(role, None, True, words("bind.kept", lang))
    if mine := next((s for s in samples if s.name == kept.get(role)), None):
        return Choice(role, mine.name, True, f"{words('bind.kept', lang)}; {mine.why(lang)}")
    fitting = [s for s in samples if s.fits(role)]
    if mine := next((s for s in fitting if s.name == declared), None):
        return Choice(role, mine.name, True, f"{words('bind.declared', lang)}; {mine.why(lang)}")
    named = sorted((s for s in fitting if plain_name(s.name) in KNOWN[role]),
                   key=lambda s: KNOWN[role].index(plain_name(s.name)))  # fmt: skip
    return _of_named(role, named, lang)


def _by_word(role: str, samples: list[Sample], lang: str) -> Choice | None:
    """By a plain word, over values that are as they should be."""
    for tier in WORDS[role]:
        named = [s for s in samples if s.fits(role) and folded(s.name) in tier]
        if role == "activity":
            named = [s for s in named if not s.numeric]
        if role == "case":
            named = [s for s in named if s.distinct < s.filled or s.filled < 20]
        if named:
            return _of_named(role, named, lang)
    return None


def _of_named(role: str, named: list[Sample], lang: str) -> Choice | None:
    if len(named) == 1:
        return Choice(role, named[0].name, True, f"{words('bind.known', lang)}; {named[0].why(lang)}")
    return _undecided(role, named, "bind.several", lang) if named else None


def _undecided(role: str, likely: list[Sample], why: str, lang: str) -> Choice:
    first = likely[0]
    others = tuple(f"{s.name!r} ({s.why(lang)})" for s in likely[1:NAMED])
    return Choice(role, first.name, False, f"{words(why, lang)}: {first.name!r} ({first.why(lang)})", others)


def _open(source: SourceTable, role: str, samples: list[Sample], case: str | None, lang: str) -> Choice:
    """What the values make likely."""
    fitting = [s for s in samples if s.fits(role)]
    likely = [s for s in fitting if _likeness(s.name, role) >= LIKE]
    if not likely and role in REQUIRED:
        likely = _ranked(source, role, fitting, case)
    if not likely:
        return Choice(role, None, role not in REQUIRED, words("bind.none", lang))
    return _undecided(role, likely, "bind.unnamed", lang)


def _ranked(source: SourceTable, role: str, fitting: list[Sample], case: str | None) -> list[Sample]:
    """Candidates without a telling name, best first: numbers and columns of few values never before a proper one."""
    if role == "timestamp":
        return sorted(fitting, key=lambda s: -_likeness(s.name, role))
    rows = max(source.table.num_rows, 1)
    whole = {s.name: coded(source.table[s.name], s.name) for s in fitting}
    sizes = {name: len(column.words) for name, column in whole.items()}
    least = max(2, min(10, rows // 10))
    if role == "case":  # its values repeat, and there are many of them

        def rank_case(s: Sample) -> tuple[Any, ...]:
            proper = sizes[s.name] >= least and 1.2 * sizes[s.name] <= s.filled / s.rows * rows
            ids = _is_of_ids(s.name)
            return not proper, s.numeric and not ids, not ids, -sizes[s.name]

        return sorted(fitting, key=rank_case)

    def rank_activity(s: Sample) -> tuple[Any, ...]:
        few, many = sizes[s.name] < min(4, least), sizes[s.name] > max(500, rows // 10)
        return s.numeric, few or many, _is_of_ids(s.name)

    ranked = sorted(fitting, key=rank_activity)
    if case is None:
        return ranked
    of = coded(source.table[case], case)
    changes = {s.name: _change(of, whole[s.name]) for s in ranked[:RANKED]}
    return sorted(ranked, key=lambda s: (*rank_activity(s), -round(changes.get(s.name, 0.0), 2)))


def _change(case: Coded, values: Coded) -> float:
    """How many different values a case has, per row: an attribute of the case has one, the activity many."""
    both = (case.codes >= 0) & (values.codes >= 0)
    pairs = case.codes[both].astype(np.int64) * max(len(values.words), 1) + values.codes[both]
    return len(np.unique(pairs)) / max(len(pairs), 1)


def _is_of_ids(name: str) -> bool:
    """Whether a name ends as names of numbers do."""
    parts = plain_name(name).split("_")
    return parts[-1] in _OF_IDS or parts[-1].endswith(("号", "nummer", "nr"))


def _likeness(name: str, role: str) -> float:
    mine = folded(name)
    return max(SequenceMatcher(None, mine, folded(known), autojunk=False).ratio() for known in KNOWN[role])


def _sample(source: SourceTable, name: str) -> Sample:
    n = source.table.num_rows
    column = source.table[name].take(
        pa.array(np.unique(np.linspace(0, max(n - 1, 0), min(n, SAMPLE)).astype(np.int64)))
    )
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        return Sample(name, max(len(column), 1), 0, 0, 0.0, False, 0.0, False)
    text = coded(column, name)
    filled, used = int((~text.missing).sum()), text.words.to_pylist()
    standard = np.array([*(word.strip().casefold() in STANDARD for word in used), False])[text.codes].sum()
    numbers = pc.match_substring_regex(pa.array(used, pa.string()), r"^\s*[-+]?[0-9]+([.,][0-9]+)*\s*$")
    return Sample(
        name, max(len(column), 1), filled, len(used), _dates(column, name, filled), is_text(column.type),
        float(standard) / filled if filled else 0.0, bool(used) and bool(pc.all(numbers).as_py()),
    )  # fmt: skip


def _dates(column: pa.ChunkedArray, name: str, filled: int) -> float:
    """Share of the values that can be read as moments."""
    if not filled or pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return 0.0
    if is_text(column.type):  # what has a year, a month and a day has six digits
        digits = pc.count_substring_regex(column.cast(pa.string()), "[0-9]")
        if 2 * (pc.sum(pc.greater_equal(digits, 6)).as_py() or 0) < filled:
            return 0.0
    for day_first in (None, True):  # day or month first is not the question here
        try:
            return float((read_moments(column, name, "UTC", day_first).values != MISSING).sum()) / filled
        except LogError:
            continue
    return 0.0
