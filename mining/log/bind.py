"""Proposes a binding: which column is what and which label means which activity, with the reasons, for a person to decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mining.errors import LogError
from mining.log.binding_file import IGNORE, OPEN, UNMAPPED, VERSION, quoted
from mining.log.codes import coded
from mining.log.labels import Pair, folded, pair_labels
from mining.log.lifecycle import STANDARD
from mining.log.recognise import KNOWN, REQUIRED, plain_name
from mining.log.times import is_text, read_moments
from mining.log.words import words
from mining.units import MISSING

if TYPE_CHECKING:
    from mining.blueprint.model import Blueprint
    from mining.log.table import SourceTable

SAMPLE = 20_000  # rows that are looked at to tell what a column holds
DATES = 0.95  # share of values that must be dates
LIKE = 0.8  # likeness of a column name to a known one
NAMED = 3  # candidates that are named


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

    def why(self, lang: str) -> str:
        """In words."""
        key = "bind.dates" if self.dates >= DATES else "bind.values"
        return words(key, lang, filled=f"{self.filled / self.rows:.0%}", distinct=f"{self.distinct:,}",
                     rows=f"{self.rows:,}", dates=f"{self.dates:.0%}")  # fmt: skip

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

    def value(self) -> str:
        """As the file has it."""
        if self.column is None:
            return "null" if self.certain else quoted(OPEN)
        return quoted(self.column if self.certain else OPEN + self.column)


@dataclass(frozen=True, eq=False)
class Proposal:
    """A proposed binding of a log.

    Attributes
    ----------
    source : SourceTable
    columns : tuple of Choice
        One per role.
    pairs : tuple of Pair
        What each label of the activity column may mean, most events first; empty without a blueprint, or without an
        activity column that is certain.
    events, cases : dict of str to int
        Per label its rows and the cases with it.
    blueprint : Blueprint or None
    """

    source: SourceTable
    columns: tuple[Choice, ...]
    pairs: tuple[Pair, ...]
    events: dict[str, int]
    cases: dict[str, int]
    n_cases: int
    whole_cases: int
    blueprint: Blueprint | None

    @property
    def open(self) -> tuple[str, ...]:
        """Roles and labels that are still open."""
        roles = (c.role for c in self.columns if not c.certain)
        return (*roles, *(p.label for p in self.pairs if not p.activity and p.how != "ignored"))

    @property
    def unseen(self) -> tuple[str, ...]:
        """Observable activities of the blueprint that no label certainly means."""
        if self.blueprint is None:
            return ()
        meant = {p.activity for p in self.pairs}
        return tuple(a.id for a in self.blueprint.activities if a.observable and a.id not in meant)

    def coverage(self, lang: str = "en") -> str:
        """How many of the events and cases have labels that are certain, in words."""
        total = sum(self.events.values())
        sure = sum(self.events[p.label] for p in self.pairs if p.activity or p.how == "ignored")
        return words("bind.coverage", lang, sure=f"{sure:,}", total=f"{total:,}", share=_percent(sure, total),
                     whole=f"{self.whole_cases:,}", cases=f"{self.n_cases:,}",
                     case_share=_percent(self.whole_cases, self.n_cases))  # fmt: skip

    def to_yaml(self, lang: str = "en") -> str:
        """The binding file."""
        return "\n".join(_lines(self, lang)) + "\n"

    def write(self, path: str | Path, lang: str = "en") -> None:
        """Write the binding file.

        Raises
        ------
        LogError
            If there is a file already: a person may have edited it.
        """
        try:
            with Path(path).open("x", encoding="utf-8", newline="\n") as file:
                file.write(self.to_yaml(lang))
        except FileExistsError:
            raise LogError(
                f"{path} is there already. Name another file, or delete it if nothing in it is needed."
            ) from None
        except OSError as error:
            raise LogError(f"{path} cannot be written: {error.strerror}.") from None


def propose(source: SourceTable, blueprint: Blueprint | None = None, lang: str = "en") -> Proposal:
    """Propose a binding of a log; nothing is taken for certain that another reading would fit as well.

    A column is certain if the blueprint names it, or if its name alone among the columns is a well-known one, and its
    values fit. A label is certain if the blueprint declares it or has the same word (but for width, capitals, blanks and
    punctuation) for one activity only.

    Parameters
    ----------
    source : SourceTable
        From ``mining.log.source.read_source``.
    blueprint : Blueprint or None
    lang : {"en", "zh"}
        Language of the reasons.

    Returns
    -------
    Proposal

    Examples
    --------
    >>> from mining.log.source import read_source
    >>> [(c.role, c.column, c.certain) for c in propose(read_source(examples / "orders.csv")).columns][:3]
    [('case', 'case_id', True), ('activity', 'activity', True), ('timestamp', 'timestamp', True)]
    """
    samples = [_sample(source, name) for name in source.table.column_names]
    chosen = {role: _choice(role, samples, blueprint, lang) for role in KNOWN}
    certain = {role: c.column for role, c in chosen.items() if c.certain and c.column}
    pairs, events, cases, n_cases, whole = tuple[Pair, ...](), dict[str, int](), dict[str, int](), 0, 0
    if "activity" in certain and "case" in certain:
        label, case = (coded(source.table[certain[role]], certain[role]) for role in ("activity", "case"))
        both = (label.codes >= 0) & (case.codes >= 0)
        names, n_cases = label.words.to_pylist(), len(case.words)
        combined = np.unique(case.codes[both].astype(np.int64) * max(len(names), 1) + label.codes[both])
        events = dict(zip(names, np.bincount(label.codes[both], minlength=len(names)).tolist(), strict=True))
        cases = dict(zip(names, np.bincount(combined % len(names), minlength=len(names)).tolist(), strict=True))
        if blueprint is not None:
            pairs = tuple(sorted(pair_labels(names, blueprint), key=lambda p: (-events[p.label], p.label)))
            unsure = np.isin(names, [p.label for p in pairs if not p.activity and p.how != "ignored"])
            whole = n_cases - len(np.unique(combined[unsure[combined % len(names)]] // len(names)))
    return Proposal(source, tuple(chosen.values()), pairs, events, cases, n_cases, whole, blueprint)


def _sample(source: SourceTable, name: str) -> Sample:
    n = source.table.num_rows
    column = source.table[name].take(
        pa.array(np.unique(np.linspace(0, max(n - 1, 0), min(n, SAMPLE)).astype(np.int64)))
    )
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        return Sample(name, max(len(column), 1), 0, 0, 0.0, False, 0.0)
    text = coded(column, name)
    filled, used = int((~text.missing).sum()), text.words.to_pylist()
    standard = np.array([*(word.strip().casefold() in STANDARD for word in used), False])[text.codes].sum()
    return Sample(
        name, max(len(column), 1), filled, len(used), _dates(column, name, filled), is_text(column.type),
        float(standard) / filled if filled else 0.0,
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


def _choice(role: str, samples: list[Sample], blueprint: Blueprint | None, lang: str) -> Choice:
    fitting = [s for s in samples if s.fits(role)]
    declared = blueprint.binding.columns.get(role) if blueprint else None
    if mine := next((s for s in fitting if s.name == declared), None):
        return Choice(role, mine.name, True, f"{words('bind.declared', lang)}; {mine.why(lang)}")
    named = sorted((s for s in fitting if plain_name(s.name) in KNOWN[role]),
                   key=lambda s: KNOWN[role].index(plain_name(s.name)))  # fmt: skip
    if len(named) == 1:
        return Choice(role, named[0].name, True, f"{words('bind.known', lang)}; {named[0].why(lang)}")
    likely = named or [s for s in fitting if _likeness(s.name, role) >= LIKE]
    if not likely and role in REQUIRED:
        likely = sorted(fitting, key=lambda s: -_likeness(s.name, role))
    if not likely:
        return Choice(role, None, role not in REQUIRED, words("bind.none", lang))
    first = likely[0]
    others = tuple(f"{s.name!r} ({s.why(lang)})" for s in likely[1:NAMED])
    only = len(likely) == 1 or bool(named)
    why = words("bind.several" if named else "bind.unnamed", lang)
    return Choice(role, first.name if only else None, False, f"{why}: {first.name!r} ({first.why(lang)})", others)


def _likeness(name: str, role: str) -> float:
    mine = folded(name)
    return max(SequenceMatcher(None, mine, folded(known), autojunk=False).ratio() for known in KNOWN[role])


def _lines(p: Proposal, lang: str) -> Iterator[str]:
    name = p.source.path
    for key in ("head", "how", "open"):
        text = words(f"bind.file.{key}", lang, name=_line(Path(name).name), rows=f"{p.source.table.num_rows:,}",
                     sha=p.source.sha256[:12], open=OPEN, ignore=IGNORE, unmapped=UNMAPPED)  # fmt: skip
        yield f"# {text}"
    yield f'binding: "{VERSION}"'
    yield "columns:"
    for choice in p.columns:
        others = f"; {words('bind.others', lang)}: {', '.join(choice.others)}" if choice.others else ""
        value = choice.value()
        if choice.role == "lifecycle" and choice.column:
            value = _lifecycle(p.source, choice.column, choice.certain)
        yield f"  {choice.role}: {value}  # {_line(choice.why + others)}"
    yield from _attributes(p, lang)
    declared = p.blueprint.binding.tz if p.blueprint else None
    yield f"  tz: {quoted(declared) if declared else 'null'}  # {words('bind.tz', lang)}"
    if p.pairs:
        yield "labels:"
        for pair in p.pairs:
            yield from _label(p, pair, lang)
        yield f"# {p.coverage(lang)}"
        if p.unseen:
            yield f"# {words('bind.unseen', lang, n=len(p.unseen))}: {_line(', '.join(p.unseen))}"


def _lifecycle(source: SourceTable, column: str, certain: bool) -> str:
    said = {word.casefold(): word for word in coded(source.table[column], column).words.to_pylist()}
    parts = {key: said[key] for key in ("complete", "start", "schedule") if key in said}
    inner = ", ".join(f"{key}: {quoted(word)}" for key, word in {"complete": "complete", **parts}.items())
    return f"{{column: {quoted(column if certain else OPEN + column)}, {inner}}}"


def _attributes(p: Proposal, lang: str) -> Iterator[str]:
    """The attributes that the blueprint names; open where the log has no such column."""
    wanted = p.blueprint.binding.attributes if p.blueprint else {}
    if not wanted:
        return
    yield "  attributes:"
    for short, attribute in wanted.items():
        names = p.source.table.column_names
        there = attribute.column in names
        inside = f"case:{attribute.column}"  # as XES has an attribute of the case
        column = attribute.column if there else OPEN + (inside if inside in names else attribute.column)
        more = f", tz: {quoted(attribute.tz)}" if attribute.tz else ""
        why = words("bind.declared" if there else "bind.absent", lang)
        yield f"    {quoted(short)}: {{column: {quoted(column)}, type: {attribute.type}{more}}}  # {why}"


def _label(p: Proposal, pair: Pair, lang: str) -> Iterator[str]:
    like = ", ".join(f"{id} {score:.2f} ({word!r})" for id, score, word in pair.candidates)
    why = words(f"bind.{pair.how}", lang) + (f": {like}" if like else "")
    count = words("bind.count", lang, events=f"{p.events[pair.label]:,}", cases=f"{p.cases[pair.label]:,}")
    if pair.how == "ignored":
        value = quoted(IGNORE)
    else:
        value = quoted(pair.activity) if pair.activity else quoted(OPEN + (pair.suggested or ""))
    key = quoted(pair.label)
    comment = f"  # {_line(why)}; {count}"
    if len(key) <= 500:
        yield f"  {key}: {value}{comment}"
    else:  # YAML reads longer keys in this form only
        yield f"  ? {key}"
        yield f"  : {value}{comment}"


def _line(text: str) -> str:
    """A text that cannot end the comment it stands in."""
    return "".join(x if x.isprintable() else " " for x in text)


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"
