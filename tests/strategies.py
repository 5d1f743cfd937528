"""Generated flows, with their language by brute force."""

from __future__ import annotations

from itertools import chain

from hypothesis import strategies as st

from mining.blueprint import model as m

LETTERS = "abcde"
STEPS = st.sampled_from(LETTERS).map(m.Step)


def flows(most_leaves: int = 6) -> st.SearchStrategy[m.Flow]:
    """Flows of a few steps; letters may repeat, so labels may stand in several places."""

    def grow(inner: st.SearchStrategy[m.Flow]) -> st.SearchStrategy[m.Flow]:
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.one_of(
            several.map(m.Sequence),
            several.map(m.Choice),
            st.lists(inner, min_size=2, max_size=2).map(tuple).map(m.Parallel),
            inner.map(m.Optional_),
            st.builds(m.Loop, inner, st.none() | inner),
            st.lists(st.sampled_from(LETTERS), min_size=1, max_size=3, unique=True).map(tuple).map(m.Free),
        )

    return st.recursive(STEPS, grow, max_leaves=most_leaves)


Word = tuple[str, ...]


def language(flow: m.Flow, longest: int) -> set[Word]:
    """All complete runs of at most ``longest`` steps, straight from the meaning of the flow words."""
    match flow:
        case m.Step(activity):
            return {(activity,)} if longest else set()
        case m.Sequence(items):
            words: set[Word] = {()}
            for item in items:
                words = _joined(words, language(item, longest), longest)
            return words
        case m.Choice(items):
            return set(chain.from_iterable(language(item, longest) for item in items))
        case m.Optional_(item):
            return {()} | language(item, longest)
        case m.Parallel(items):
            words = {()}
            for item in items:
                words = {
                    w
                    for x in words
                    for y in language(item, longest)
                    if len(x) + len(y) <= longest
                    for w in _shuffles(x, y)
                }
            return words
        case m.Free(activities):
            return _repeated({(a,) for a in activities} | {()}, {()}, longest)
        case m.Loop(body, redo):
            once = language(body, longest)
            again = once if redo is None else _joined(language(redo, longest), once, longest)
            return _repeated(again, once, longest)


def _joined(first: set[Word], second: set[Word], longest: int) -> set[Word]:
    return {x + y for x in first for y in second if len(x) + len(y) <= longest}


def _repeated(again: set[Word], words: set[Word], longest: int) -> set[Word]:
    while True:
        more = words | _joined(words, again, longest)
        if more == words:
            return words
        words = more


def _shuffles(x: Word, y: Word) -> set[Word]:
    if not x or not y:
        return {x + y}
    return {x[:1] + w for w in _shuffles(x[1:], y)} | {y[:1] + w for w in _shuffles(x, y[1:])}
