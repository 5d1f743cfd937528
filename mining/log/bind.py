"""Proposes a binding: which column is what and which label means which activity, with the reasons, for a person to decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mining.errors import LogError
from mining.log.binding_file import IGNORE, OPEN, UNMAPPED, VERSION, quoted
from mining.log.candidates import Choice, alike, choose
from mining.log.codes import coded
from mining.log.labels import Pair, pair_labels
from mining.log.recognise import KNOWN, READ_AS
from mining.log.words import words

if TYPE_CHECKING:
    from mining.blueprint.model import Blueprint
    from mining.log.table import SourceTable

Decided = tuple[Mapping[str, Any], Mapping[str, str]]  # columns and labels, from mining.log.binding_file.read_decided


@dataclass(frozen=True)
class Named:
    """An attribute under the short name that the blueprint or an older file gives it: its value in the file, and why."""

    short: str
    value: str
    certain: bool
    why: str


@dataclass(frozen=True, eq=False)
class Proposal:
    """A proposed binding of a log.

    Attributes
    ----------
    source : SourceTable
    columns : tuple of Choice
        One per role.
    attributes : tuple of Named
    pairs : tuple of Pair
        What each label of the activity column, certain or the likeliest, may mean, most events first; without a blueprint only
        what an older file decides.
    events, cases : dict of str to int
        Per label its rows and the cases with it.
    blueprint : Blueprint or None
    old, meant : mapping
        Columns and labels that an older file decides.
    said : dict of str to object
        How the source was read: sheet, table, encoding ...
    """

    source: SourceTable
    columns: tuple[Choice, ...]
    attributes: tuple[Named, ...]
    pairs: tuple[Pair, ...]
    events: dict[str, int]
    cases: dict[str, int]
    n_cases: int
    whole_cases: int
    blueprint: Blueprint | None
    old: Mapping[str, Any] = field(default_factory=dict)
    meant: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def open(self) -> tuple[str, ...]:
        """Roles, attributes and labels that are still open: what `read_binding` finds open in the file."""
        roles = (c.role for c in self.columns if not c.certain)
        attributes = (a.short for a in self.attributes if not a.certain)
        return (*roles, *attributes, *(p.label for p in self.pairs if not p.decided))

    @property
    def unseen(self) -> tuple[str, ...]:
        """Observable activities of the blueprint that no label certainly means."""
        if self.blueprint is None:
            return ()
        meant = {p.activity for p in self.pairs} | set(self.meant.values())
        return tuple(a.id for a in self.blueprint.activities if a.observable and a.id not in meant)

    def coverage(self, lang: str = "en") -> str:
        """How many of the events and cases have labels that are certain, in words."""
        total = sum(self.events.values())
        sure = sum(self.events[p.label] for p in self.pairs if p.decided)
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


def propose(
    source: SourceTable,
    blueprint: Blueprint | None = None,
    lang: str = "en",
    *,
    old: Decided | None = None,
    said: Mapping[str, Any] | None = None,
) -> Proposal:
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
    old : (mapping, mapping) or None
        What an older file decides, from `mining.log.binding_file.read_decided`: it is kept.
    said : mapping or None
        How the source was read, such as ``{"sheet": "2024"}``: written into the file.

    Returns
    -------
    Proposal

    Examples
    --------
    >>> from mining.log.source import read_source
    >>> [(c.role, c.column, c.certain) for c in propose(read_source(examples / "orders.csv")).columns][:3]
    [('case', 'case_id', True), ('activity', 'activity', True), ('timestamp', 'timestamp', True)]
    """
    was, meant = old or ({}, {})
    kept = {role: was[role] for role in KNOWN if role in was}
    if isinstance(kept.get("lifecycle"), Mapping):
        kept["lifecycle"] = kept["lifecycle"].get("column")
    chosen = choose(source, blueprint.binding.columns if blueprint else {}, kept, lang)
    pairs, events, cases, n_cases, whole = tuple[Pair, ...](), dict[str, int](), dict[str, int](), 0, 0
    if chosen["activity"].column and chosen["case"].column:
        label, case = (coded(source.table[name], name) for r in ("activity", "case") if (name := chosen[r].column))
        both = (label.codes >= 0) & (case.codes >= 0)
        names, n_cases = label.words.to_pylist(), len(case.words)
        combined = np.unique(case.codes[both].astype(np.int64) * max(len(names), 1) + label.codes[both])
        events = dict(zip(names, np.bincount(label.codes[both], minlength=len(names)).tolist(), strict=True))
        cases = dict(zip(names, np.bincount(combined % len(names), minlength=len(names)).tolist(), strict=True))
        paired = (
            pair_labels(names, blueprint) if blueprint else [Pair(name, "unknown") for name in names if name in meant]
        )
        pairs = tuple(_kept(pair, meant) for pair in sorted(paired, key=lambda p: (-events[p.label], p.label)))
        unsure = np.isin(names, [p.label for p in pairs if not p.decided]) if blueprint else np.ones(len(names), bool)
        whole = n_cases - len(np.unique(combined[unsure[combined % len(names)]] // len(names)))
    attributes = tuple(_attributes(source, blueprint, was.get("attributes") or {}, lang))
    return Proposal(
        source, tuple(chosen.values()), attributes, pairs, events, cases, n_cases, whole, blueprint, was, meant, dict(said or {})
    )  # fmt: skip


def _kept(pair: Pair, meant: Mapping[str, str]) -> Pair:
    """A label as an older file decides it."""
    value = meant.get(pair.label)
    if value is None:
        return pair
    return Pair(pair.label, "ignored" if value == IGNORE else "unmapped" if value == UNMAPPED else "kept",
                None if value in (IGNORE, UNMAPPED) else value)  # fmt: skip


def _attributes(
    source: SourceTable, blueprint: Blueprint | None, kept: Mapping[str, Any], lang: str
) -> Iterator[Named]:
    """The attributes that the blueprint names; open where the log has no such column."""
    wanted = blueprint.binding.attributes if blueprint else {}
    names = source.table.column_names
    for short in dict.fromkeys([*wanted, *kept]):
        old = kept.get(short)
        column = old.get("column") if isinstance(old, Mapping) else old
        if old is not None and (column in names or short not in wanted):
            there = column in names
            value = _flow(old if there else OPEN + str(column))
            why = words("bind.kept", lang) if there else words("bind.gone", lang, column=repr(column))
            yield Named(short, value, there, why)
            continue
        attribute = wanted[short]
        there = attribute.column in names
        inside = f"case:{attribute.column}"  # as XES has an attribute of the case
        near = [inside] if inside in names else alike(attribute.column, names)
        column = attribute.column if there else OPEN + (near[0] if near else attribute.column)
        why = words("bind.declared", lang) if there else words("bind.absent", lang, column=repr(attribute.column))
        if not there and near:
            why += f"; {words('bind.alike', lang)}: {', '.join(map(repr, near))}"
        parts = {
            "column": column,
            "type": attribute.type,
            "tz": attribute.tz,
            "format": attribute.format,
            "decimal": attribute.decimal,
        }
        yield Named(short, _flow({key: part for key, part in parts.items() if part}), there, why)


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
        yield f"  {choice.role}: {_value(p, choice)}  # {_line(choice.why + others)}"
    if p.attributes:
        yield "  attributes:"
    for named in p.attributes:
        yield f"    {quoted(named.short)}: {named.value}  # {_line(named.why)}"
    declared = p.old.get("tz") or (p.blueprint.binding.tz if p.blueprint else None)
    yield f"  tz: {quoted(declared) if declared else 'null'}  # {words('bind.tz', lang)}"
    written = {key: p.old[key] for key in (*READ_AS, "ignore") if p.old.get(key) and key != "tz"}
    for key, value in {**written, **p.said}.items():
        yield f"  {key}: {_flow(value)}  # {words('bind.given' if key in p.said else 'bind.kept', lang)}"
    gone = {label: value for label, value in p.meant.items() if label not in p.events}
    if p.pairs or gone:
        if unsure := [c for c in p.columns if c.role in ("case", "activity") and not c.certain and c.column]:
            names = ", ".join(repr(c.column) for c in unsure)
            yield f"# {_line(words('bind.labels_open', lang, columns=names))}"
        yield "labels:"
        for pair in p.pairs:
            yield from _label(p, pair, lang)
        for label, value in gone.items():
            yield from _entry(label, quoted(value), words("bind.not_here", lang))
    if p.pairs and p.blueprint:
        yield f"# {p.coverage(lang)}"
        if p.unseen:
            yield f"# {words('bind.unseen', lang, n=len(p.unseen))}: {_line(', '.join(p.unseen))}"


def _value(p: Proposal, choice: Choice) -> str:
    """The column of a role, as the file has it."""
    if choice.column is None:
        return "null" if choice.certain else quoted(OPEN)
    if choice.role != "lifecycle":
        return quoted(choice.column if choice.certain else OPEN + choice.column)
    old = p.old.get("lifecycle")
    if isinstance(old, Mapping) and old.get("column") == choice.column:
        return _flow(old)
    return _lifecycle(p.source, choice.column, choice.certain)


def _flow(value: Any) -> str:
    """A text, list or mapping of texts, on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(part)}" for key, part in value.items() if part is not None) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(part) for part in value) + "]"
    return str(value) if isinstance(value, int) else quoted(str(value))


def _lifecycle(source: SourceTable, column: str, certain: bool) -> str:
    said = {word.casefold(): word for word in coded(source.table[column], column).words.to_pylist()}
    parts = {key: said[key] for key in ("complete", "start", "schedule") if key in said}
    inner = ", ".join(f"{key}: {quoted(word)}" for key, word in {"complete": "complete", **parts}.items())
    return f"{{column: {quoted(column if certain else OPEN + column)}, {inner}}}"


def _label(p: Proposal, pair: Pair, lang: str) -> Iterator[str]:
    like = ", ".join(f"{id} {score:.2f} ({word!r})" for id, score, word in pair.candidates)
    why = words(f"bind.{pair.how}", lang) + (f": {like}" if like else "")
    count = words("bind.count", lang, events=f"{p.events[pair.label]:,}",
                  cases=f"{p.cases[pair.label]:,}")  # fmt: skip
    if pair.how in ("ignored", "unmapped", "stand_in"):
        value = quoted(IGNORE if pair.how == "ignored" else UNMAPPED)
    else:
        value = quoted(pair.activity) if pair.activity else quoted(OPEN + (pair.suggested or ""))
    yield from _entry(pair.label, value, f"{_line(why)}; {count}")


def _entry(label: str, value: str, comment: str) -> Iterator[str]:
    key = quoted(label)
    if len(key) <= 500:
        yield f"  {key}: {value}  # {comment}"
    else:  # YAML reads longer keys in this form only
        yield f"  ? {key}"
        yield f"  : {value}  # {comment}"


def _line(text: str) -> str:
    """A text that cannot end the comment it stands in."""
    return "".join(x if x.isprintable() else " " for x in text)


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"
