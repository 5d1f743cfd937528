"""A log in words: where it is from, what became of its rows, what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mining.errors import LogError
from mining.log.codes import coded
from mining.log.labels import meanings
from mining.log.pairing import pairing
from mining.log.quality_checks import MOST_NAMED, Sight
from mining.log.times import iso
from mining.log.words import words

if TYPE_CHECKING:
    from mining.blueprint.model import Blueprint
    from mining.log.eventlog import EventLog

MOST_EXAMPLES = 3  # columns of which a problem is shown
UNREAD = "timestamp does not parse"


def description(
    log: EventLog, blueprint: Blueprint | None = None, lang: str = "en", *, most: int = 30
) -> Iterator[str]:
    """Describe a log, line by line.

    Parameters
    ----------
    log : EventLog
    blueprint : Blueprint or None
        Says which activity each label means, and how much of the log that covers.
    lang : {"en", "zh"}
    most : int
        Labels that are listed, most frequent first.

    Yields
    ------
    str

    Examples
    --------
    >>> list(description(study.log))[2]
    '2,000 cases, 20,548 activity instances, 25 activities, 23 resources'
    """
    first, last = log.span
    source = log.source
    yield words("describe.source", lang, name=Path(source.path).name, format=source.format, sha=source.sha256[:12])
    used = ", ".join(f"{words(f'role.{role}', lang)} {n:,}" for role, n in log.lineage.used.items() if n)
    yield words(
        "describe.rows", lang, rows=f"{log.lineage.rows_in:,}", used=used, dropped=f"{log.lineage.rows_dropped:,}"
    )
    for dropped in log.lineage.dropped:
        yield f"  - {dropped}"
        if dropped.reason == UNREAD:
            yield from _unread(log, dropped.rows[:1], lang)
    yield from _lost_labels(log, lang)
    yield words("describe.holds", lang, cases=f"{log.n_cases:,}", instances=f"{log.n_instances:,}",
                labels=f"{len(log.labels):,}", resources=f"{len(log.resources):,}")  # fmt: skip
    yield words("describe.span", lang, first=iso(first), last=iso(last))
    sizes = np.diff(log.offsets)
    yield words(
        "describe.cases", lang, least=f"{sizes.min():,}", median=f"{np.median(sizes):,.0f}", most=f"{sizes.max():,}"
    )
    bound = ", ".join(f"{role} = {name!r}" for role, name in log.binding.columns.items())
    yield words("describe.columns", lang, columns=bound, origin=words(f"origin.{log.binding.origin}", lang))
    yield from _labels(log, blueprint, lang, most)
    if log.binding.lifecycle or log.facts.has_starts:
        yield words("describe.pairing", lang)
        found = pairing(log)
        lines = zip(found.frame["count"], found.say(lang), strict=True)
        yield from (f"  - {line}" for count, line in lines if count or log.binding.lifecycle)
    for note in dict.fromkeys([*log.notes, *_attribute_notes(log)]):
        yield words("describe.note", lang, note=note)
    for kind, n in log.problem_counts.items():
        example = _examples(log, kind)
        shown = words("describe.example", lang, example=example) if example else ""
        yield words("describe.problem", lang, kind=kind, n=f"{n:,}", example=shown)


def _attribute_notes(log: EventLog) -> Iterator[str]:
    """What was assumed of the attributes; of one that cannot be read, why."""
    for name in log.binding.attributes:
        try:
            yield from log.attribute_notes(name)
        except LogError as error:
            yield str(error)


def _examples(log: EventLog, kind: str) -> str:
    """The first problem of a kind in each of the first columns that have it."""
    first = {p.column: p for p in reversed(log.problems) if p.kind == kind}
    return "; ".join(str(p).removeprefix(kind).lstrip(": ") for p in [*reversed(first.values())][:MOST_EXAMPLES])


def _unread(log: EventLog, rows: tuple[int, ...], lang: str) -> Iterator[str]:
    """The text of a time that could not be read."""
    table = Sight(log).table
    for row in rows:
        name = log.binding.timestamp
        text = table[name][row - 1].as_py() if table is not None else None
        if text is None:  # the reader itself found it to be no date
            text = next((p.raw for p in log.problems if p.row == row and p.column == name), None)
        if text is not None:
            yield words("describe.unread", lang, column=repr(name), text=repr(text), row=f"{row:,}")


def _lost_labels(log: EventLog, lang: str) -> Iterator[str]:
    """Labels of the source of which no row became part of an instance."""
    table = Sight(log).table
    if table is None or not log.lineage.rows_dropped:
        return
    counts = np.bincount(log.activity, minlength=len(log.labels))
    kept = {label for label, n in zip(log.labels, counts.tolist(), strict=True) if n}
    lost = [
        label
        for label in coded(table[log.binding.activity], log.binding.activity).words.to_pylist()
        if label not in kept
    ]
    if lost:
        more = ", ..." if len(lost) > MOST_NAMED else ""
        shown = ", ".join(map(repr, lost[:MOST_NAMED])) + more
        yield words("describe.lost", lang, n=f"{len(lost):,}", labels=shown)


def _labels(log: EventLog, blueprint: Blueprint | None, lang: str, most: int) -> Iterator[str]:
    counts = np.bincount(log.activity, minlength=len(log.labels))
    order = np.argsort(-counts, kind="stable")
    known: dict[str, str] = {}
    ignored = set(log.binding.ignore)
    if blueprint:
        instead = dict.fromkeys(blueprint.stand_ins, words("describe.stand_in", lang))
        known = instead | meanings(blueprint, log.binding.labels)
        ignored |= set(blueprint.binding.ignore)
    case = np.repeat(np.arange(log.n_cases), np.diff(log.offsets))
    for i in order[:most].tolist():
        label = log.labels[i]
        activity = words("describe.ignored", lang) if label in ignored else known.get(label, "?")
        meaning = f" -> {activity}" if blueprint else ""
        yield f"  {counts[i]:>12,}  {label}{meaning}"
    if len(order) > most:
        rest = int(counts[order[most:]].sum())
        yield words("describe.more", lang, n=f"{len(order) - most:,}", events=f"{rest:,}")
    if blueprint:
        strange = np.array([label not in known and label not in ignored for label in log.labels])
        lost = int(counts[strange].sum())
        whole = log.n_cases - len(np.unique(case[strange[log.activity]]))
        yield words("describe.coverage", lang, labels=f"{int((~strange).sum()):,}", of_labels=f"{len(strange):,}",
                    events=f"{(log.n_instances - lost) / log.n_instances:.1%}", cases=f"{whole / log.n_cases:.1%}")  # fmt: skip
        present = {known.get(label) for label in log.labels}
        unseen = [a.id for a in blueprint.activities if a.observable and a.id not in present]
        if unseen:
            yield words("describe.unseen", lang, n=len(unseen), activities=", ".join(unseen))
