"""Long cases: repeats and stretches without a fault are drawn as one box each, and what is left out of a picture is said."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from mining.explain.words import Words
from mining.pictures.case_story import EVERYWHERE, Flag, Flags, Item, Measurement

PLENTY = 60  # boxes; up to this all are drawn
MOST = 180  # boxes in a picture
RUN = 3  # steps without a fault that are worth one box
BESIDE = 1  # steps that are kept at each side of what is told
NAMED = 3  # activities that are named in a folded box

Items = tuple[Item, ...]
Spans = tuple[Measurement, ...]


def folded(
    items: Items, spans: Spans, w: Words, *, plenty: int = PLENTY, most: int = MOST
) -> tuple[Items, Spans, tuple[str, ...]]:
    """Make a long case short enough to be read; a case of ``plenty`` boxes or fewer stays as it is.

    Returns
    -------
    items, spans, notes
        The notes say what was done.
    """
    if len(items) <= plenty:
        return items, spans, ()
    n, notes = len(items), []
    spans = tuple(span for span in spans if span.label)
    items = _repeats(items, w)
    items = _quiet(items, spans, w)
    spans = _together(items, spans, w)
    if len(items) < n:
        notes.append(w.say("explain.note.folded", n=n, boxes=len(items)))
    if len(items) > most:
        left = items[most:]
        faults = sum(flag.count for item in left for flag in item.flags)
        notes.append(w.say("explain.note.cut", n=sum(item.count for item in left), faults=faults))
        items = items[:most]
        end = max(item.at for item in items if item.at is not None)
        spans = tuple(replace(span, end=min(span.end, end), stops=()) for span in spans if span.begin <= end)
    return items, spans, tuple(notes)


def _repeats(items: Sequence[Item], w: Words) -> Items:
    """The same activity several times in a row, with faults of the same kind, becomes one box."""
    groups: list[list[Item]] = []
    for item in items:
        if groups and item.at is not None and _alike(groups[-1][-1], item):
            groups[-1].append(item)
        else:
            groups.append([item])
    return tuple(_one(group, w) if len(group) > 1 else group[0] for group in groups)


def _alike(a: Item, b: Item) -> bool:
    same = (a.lane, a.name, a.look, a.said, a.slot) == (b.lane, b.name, b.look, b.said, None)
    followed = all(y.number == x.number + 1 and x.allowed == y.allowed for x, y in zip(a.flags, b.flags, strict=False))
    return a.at is not None and same and len(a.flags) == len(b.flags) <= 1 and followed


def _one(group: Sequence[Item], w: Words) -> Item:
    first, last = group[0], group[-1]
    flags: Flags = tuple(replace(a, last=b.number, title=a.title) for a, b in zip(first.flags, last.flags, strict=True))
    notes = (
        w.say("explain.times", n=len(group)),
        *dict.fromkeys(note for item in (first, last) for note in item.notes[-1:]),
    )
    title = " · ".join([first.name, notes[0], first.title, last.title])
    return replace(first, notes=notes, flags=flags, title=title, count=len(group))


def _quiet(items: Items, spans: Spans, w: Words) -> Items:
    """Stretches in which nothing is told become one box."""
    told = [_told(item, spans) for item in items]
    told[:2] = told[-2:] = [True, True]
    kept = [any(told[max(0, k - BESIDE) : k + BESIDE + 1]) for k in range(len(items))]
    found: list[Item] = []
    run: list[Item] = []
    for item, keep in [*zip(items, kept, strict=True), (None, True)]:
        if not keep and item is not None:
            run.append(item)
            continue
        found += [_stretch(run, w)] if sum(x.count for x in run) >= RUN and len(run) > 1 else run
        run = []
        found += [item] if item is not None else []
    return tuple(found)


def _told(item: Item, spans: Spans) -> bool:
    """Whether a step has a fault, is missing or a slot, or begins or ends a measurement that is late."""
    if item.flags or item.at is None:
        return True
    return any(span.due is not None and item.at in (span.begin, span.end) for span in spans)


def _together(items: Items, spans: Spans, w: Words) -> Spans:
    """Measurements of one standard that ended within one box, or between it and the next, and have badges become one bracket."""
    starts = [item.at for item in items if item.at is not None]
    groups: dict[tuple[str, int], list[Measurement]] = {}
    for k, span in enumerate(spans):
        box = bisect_right(starts, span.end) if span.flags else -1 - k
        groups.setdefault((span.id, box), []).append(span)
    return tuple(_bracket(group, w) if len(group) > 1 else group[0] for group in groups.values())


def _bracket(group: Sequence[Measurement], w: Words) -> Measurement:
    flags = sorted((flag for span in group for flag in span.flags), key=lambda flag: flag.number)
    runs: list[Flag] = []
    for flag in flags:
        if runs and flag.number == max(runs[-1].last, runs[-1].number) + 1 and flag.allowed == runs[-1].allowed:
            runs[-1] = replace(runs[-1], last=flag.number)
        else:
            runs.append(flag)
    label = w.say("explain.span.many", check=group[0].id, n=len(group))
    return Measurement(
        group[0].id, min(span.begin for span in group), max(span.end for span in group), all(span.finished for span in group),
        min(span.due for span in group if span.due is not None), (), label, tuple(runs), label,
    )  # fmt: skip


def _stretch(run: Sequence[Item], w: Words) -> Item:
    n = sum(item.count for item in run)
    counts = Counter[str]()
    for item in run:
        counts[item.name] += item.count
    names = [w.say("explain.times_of", name=name, n=k) for name, k in counts.most_common(NAMED)]
    more = [w.say("explain.and_more", n=len(counts) - NAMED)] if len(counts) > NAMED else []
    title = " · ".join(
        [w.say("explain.folded", n=n), *(w.say("explain.times_of", name=x, n=k) for x, k in counts.items())]
    )
    return Item(
        run[0].key, EVERYWHERE, "folded", run[0].at, w.say("explain.folded", n=n), (*names, *more), title=title,
        count=n,
    )  # fmt: skip
