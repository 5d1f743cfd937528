"""What changed between two versions of a blueprint: by id, and for the flow by what cases may now do and could do before."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from mining.automaton import Automaton, TooManyStatesError
from mining.blueprint import model as m
from mining.blueprint.diff_words import sentence
from mining.blueprint.renames import renamed
from mining.blueprint.writing import to_raw

Path = tuple[str | int, ...]

BY_ID = ("lanes", "stages", "activities", "rules", "standards", "kpis", "allow")
BY_KEY = ("roles", "calendars")
WORDS = ("optional", "choice", "parallel", "loop", "free", "bpmn")
ANY_ORDER = ("choice", "parallel", "free")
MOST_PAIRS = 1_000_000


@dataclass(frozen=True)
class Change:
    """One difference between an old and a new blueprint.

    Attributes
    ----------
    kind : str
        *added*, *removed*, *changed* or *renamed*.
    path : tuple
        Where, in the new blueprint (of something removed: in the old one); parts of lists by their ids: ``("standards", "S2", "max")``.
    what : str
        What sort of thing: *part* (an activity, a rule, ... as a whole), *value* (of a key), *item* (of a list of texts), *order*,
        *node* (of the flow), *trace* (a way through the flow that only one of the two allows, one of the shortest), *language*
        (the flows are written differently but allow the same: ``before`` and ``after`` are True; or they were not compared:
        ``after`` says why); of a renamed part, what the guess rests on: *labels*, *name* or *content*.
    before, after : object
        As the file writes it; None where there is none. Of a part renamed, its ids; of a *trace*, activity ids.
    """

    kind: str
    path: Path
    what: str
    before: Any = None
    after: Any = None

    def say(self, lang: str = "en") -> str:
        """The change in a sentence, in English (``en``) or Chinese (``zh``).

        Raises
        ------
        UnknownNameError
            For another language.

        Examples
        --------
        >>> limit = Change("changed", ("standards", "S2", "max"), "value", "5bd", "10bd")
        >>> limit.say(), limit.say(lang="zh")
        ('standard S2: limit changed from 5bd to 10bd', '标准 S2：时限由 5bd 改为 10bd')
        """
        return sentence(self.kind, self.path, self.what, self.before, self.after, lang)

    def __str__(self) -> str:
        return self.say()


def diff(old: m.Blueprint, new: m.Blueprint) -> tuple[Change, ...]:
    """What changed from one blueprint to the other.

    Parts are matched by id. Where an id is gone and a new one has the same log labels (of a lane, stage or role: the same name;
    of other parts: the same content), the part is taken to be renamed, which is one change and said as a guess; references to
    it are no further changes. ``version`` is not compared: it names what is compared.

    The flow is compared twice: node by node as it is written, and exactly as what it allows. Of the ways through the flow that
    only one of the two allows, one of the shortest is given for each side.

    Parameters
    ----------
    old, new : Blueprint

    Returns
    -------
    tuple of Change
        In the order of the format; empty if the two say the same.

    Examples
    --------
    >>> from pathlib import Path
    >>> from mining.blueprint import parse_blueprint
    >>> text = Path("sample_logs/bank_loan/blueprint.yaml").read_text("utf-8")
    >>> longer = parse_blueprint(text.replace("cancel]}, max: 5bd", "cancel]}, max: 10bd"))
    >>> [change.say() for change in diff(parse_blueprint(text), longer)]
    ['standard S2: limit changed from 5bd to 10bd']
    """
    before, after = to_raw(old), to_raw(new)
    before, names, guesses = renamed(before, after)
    found = [Change("renamed", path, why, was, now) for path, why, was, now in guesses]
    for key in dict.fromkeys([*after, *before]):
        a, b = before.get(key), after.get(key)
        if key == "version":
            continue
        if key == "flow":
            found += _flow(old, new, a, b, names)
        elif key in BY_ID:
            found += _parts((key,), {x["id"]: x for x in a or []}, {x["id"]: x for x in b or []}, ordered=True)
        elif key in BY_KEY:
            found += _parts((key,), a or {}, b or {})
        else:
            found += _values((key,), a, b)
    return tuple(found)


def _same(a: Any, b: Any) -> bool:
    """Equality in which true is not 1 and 1 is 1.0."""
    return _key(a) == _key(b)


def _key(value: Any) -> str:
    def plain(x: Any) -> Any:
        if isinstance(x, float) and x.is_integer():
            return int(x)
        if isinstance(x, Mapping):
            return {k: plain(v) for k, v in x.items()}
        return [plain(v) for v in x] if isinstance(x, list) else x

    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False)


# --- parts and their values --------------------------------------------------------------------------------------------


def _parts(
    path: Path, a: Mapping[str, dict[str, Any]], b: Mapping[str, dict[str, Any]], *, ordered: bool = False
) -> Iterator[Change]:
    for id in dict.fromkeys([*b, *a]):
        if id not in a:
            yield Change("added", (*path, id), "part", None, b[id])
        elif id not in b:
            yield Change("removed", (*path, id), "part", a[id], None)
        else:
            for key in dict.fromkeys([*b[id], *a[id]]):
                yield from _values((*path, id, key), a[id].get(key), b[id].get(key))
    if ordered:
        yield from _order(path, [x for x in a if x in b], [x for x in b if x in a])


def _values(path: Path, a: Any, b: Any) -> Iterator[Change]:
    if _same(a, b):
        return
    if isinstance(a, dict) and isinstance(b, dict) and "any" not in {**a, **b}:
        for key in dict.fromkeys([*b, *a]):
            yield from _values((*path, key), a.get(key), b.get(key))
    elif _are_texts(a) and _are_texts(b) and path[-1] not in ("coverage", "valid"):
        yield from (Change("added", path, "item", None, x) for x in b or [] if x not in (a or []))
        yield from (Change("removed", path, "item", x, None) for x in a or [] if x not in (b or []))
        yield from _order(path, [x for x in a or [] if x in (b or [])], [x for x in b or [] if x in (a or [])])
    else:
        kind = "added" if a is None else "removed" if b is None else "changed"
        yield Change(kind, path, "value", a, b)


def _are_texts(value: Any) -> bool:
    """A list of distinct texts, or nothing where such a list could be."""
    return value is None or (
        isinstance(value, list) and all(isinstance(x, str) for x in value) and len(set(value)) == len(value)
    )


def _order(path: Path, a: list[str], b: list[str]) -> Iterator[Change]:
    if a != b:
        yield Change("changed", path, "order", a, b)


# --- the flow ----------------------------------------------------------------------------------------------------------


def _flow(old: m.Blueprint, new: m.Blueprint, a: Any, b: Any, names: Mapping[str, str]) -> Iterator[Change]:
    nodes = list(_nodes(("flow",), a, b))
    yield from nodes
    silent = {names.get(x.id, x.id) for x in old.activities if not x.observable}
    drawn = isinstance(old.flow, m.Graph) or isinstance(new.flow, m.Graph)
    if not nodes and not drawn and silent == {x.id for x in new.activities if not x.observable}:
        return
    try:
        before, after = _language(old.automaton, names), _language(new.automaton, {})
        gained, lost = _only_in(after, before), _only_in(before, after)
    except TooManyStatesError as error:
        yield Change("changed", ("flow",), "language", None, str(error))
        return
    if gained is not None:
        yield Change("added", ("flow",), "trace", None, list(gained))
    if lost is not None:
        yield Change("removed", ("flow",), "trace", list(lost), None)
    if gained is None and lost is None and (nodes or _redrawn(old.flow, new.flow, names)):
        yield Change("changed", ("flow",), "language", True, True)


def _redrawn(old: m.Flow, new: m.Flow, names: Mapping[str, str]) -> bool:
    """Whether two BPMN files of one name draw two nets, apart from activities that got another id."""
    if not (isinstance(old, m.Graph) and isinstance(new, m.Graph)):
        return False
    net = replace(
        old.net, transitions=tuple(replace(t, label=names.get(t.label or "", t.label)) for t in old.net.transitions)
    )
    return (net, old.elements) != (new.net, new.elements)


def _nodes(path: Path, a: Any, b: Any) -> Iterator[Change]:
    if _same(a, b):
        return
    if isinstance(a, list) or isinstance(b, list):
        yield from _sequences(path, a, b)
        return
    word = _word(a)
    if word is None or word != _word(b) or word == "bpmn":
        yield Change("changed", path, "node", a, b)
    elif word in ANY_ORDER:
        yield from _branches((*path, word), a[word], b[word])
    else:
        yield from _nodes((*path, word), a[word], b[word])
        for key in ("redo", "max"):
            if key in a and key in b and key == "redo":
                yield from _nodes((*path, key), a[key], b[key])
            elif not _same(a.get(key), b.get(key)):
                kind = "added" if key not in a else "removed" if key not in b else "changed"
                yield Change(kind, (*path, key), "node" if key == "redo" else "value", a.get(key), b.get(key))


def _word(node: Any) -> str | None:
    return next((w for w in WORDS if w in node), None) if isinstance(node, dict) else None


def _sequences(path: Path, a: Any, b: Any) -> Iterator[Change]:
    """Two sequences, of which one may be a single node."""
    first, second = ([x] if not isinstance(x, list) else x for x in (a, b))
    matcher = SequenceMatcher(None, [_key(x) for x in first], [_key(x) for x in second], autojunk=False)
    if not any(tag == "equal" for tag, *_ in matcher.get_opcodes()) and not _paired(first, second):
        yield Change("changed", path, "node", a, b)
        return

    def at(side: Any, i: int) -> Path:
        return (*path, i) if isinstance(side, list) else path

    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        pairs = [(i1 + i, j1 + j) for i, j in _paired(first[i1:i2], second[j1:j2])]
        named: tuple[set[int], set[int]] = {i for i, _ in pairs}, {j for _, j in pairs}
        by_place: dict[int, tuple[list[int], list[int]]] = {}
        for i, j in pairs:
            olds = _gathered(first, i, range(i1, i2), named[0], second[j])
            news = _gathered(second, j, range(j1, j2), named[1], first[i])
            by_place[news[0]] = olds, news
        for j in range(j1, j2):
            if j in by_place:
                olds, news = by_place[j]
                if len(olds) == len(news) == 1:
                    yield from _nodes(at(b, j), first[olds[0]], second[j])
                else:
                    was, now = ([side[x] for x in run] for side, run in ((first, olds), (second, news)))
                    place = path if (len(olds), len(news)) == (len(first), len(second)) else at(b, j)
                    yield Change("changed", place, "node", *(x[0] if len(x) == 1 else x for x in (was, now)))
            elif j not in named[1]:
                yield Change("added", at(b, j), "node", None, second[j])
        for i in sorted(set(range(i1, i2)) - named[0]):
            yield Change("removed", at(a, i), "node", first[i], None)


def _gathered(items: Sequence[Any], at: int, places: range, named: set[int], block: Any) -> list[int]:
    """The items around one that are all in the block which it is paired with, where one was put around them or taken away.

    What it finds is added to ``named``, so that no item is told twice.
    """
    inside = set(_steps(block))
    found = [at]
    for step in (-1, 1):
        i = at + step
        while i in places and i not in named and set(_steps(items[i])) and set(_steps(items[i])) <= inside:
            found.append(i)
            named.add(i)
            i += step
    return sorted(found)


def _branches(path: Path, a: Sequence[Any], b: Sequence[Any]) -> Iterator[Change]:
    """Parts whose order means nothing."""
    old_left, new_left = list(range(len(a))), []
    for j, node in enumerate(b):
        equal = next((i for i in old_left if _same(a[i], node)), None)
        if equal is None:
            new_left.append(j)
        else:
            old_left.remove(equal)
    if not old_left and not new_left:
        yield Change("changed", path, "order", list(a), list(b))
        return
    paired = {new_left[j]: old_left[i] for i, j in _paired([a[i] for i in old_left], [b[j] for j in new_left])}
    for j in new_left:
        if j in paired:
            yield from _nodes((*path, j), a[paired[j]], b[j])
        else:
            yield Change("added", (*path, j), "node", None, b[j])
    for i in old_left:
        if i not in paired.values():
            yield Change("removed", (*path, i), "node", a[i], None)


def _paired(a: Sequence[Any], b: Sequence[Any]) -> list[tuple[int, int]]:
    """Pairs of nodes of which the second is the first, changed: blocks that have an activity in common, in the order of both."""
    pairs: list[tuple[int, int]] = []
    start = 0
    for i, x in enumerate(a):
        steps = set(_steps(x))
        j = next(
            (
                j
                for j in range(start, len(b))
                if not (isinstance(x, str) and isinstance(b[j], str)) and steps & set(_steps(b[j]))
            ),
            None,
        )
        if j is not None:
            pairs.append((i, j))
            start = j + 1
    return pairs


def _steps(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for item in node:
            yield from _steps(item)
    elif isinstance(node, dict) and "bpmn" not in node:
        for item in node.values():
            yield from _steps(item)


# --- languages ---------------------------------------------------------------------------------------------------------

_Language = tuple[Sequence[Mapping[str, int]], Sequence[bool]]


def _language(automaton: Automaton, names: Mapping[str, str]) -> _Language:
    """Its successors per state, labels renamed and sorted, and its final states."""
    after = [dict(sorted((names.get(x, x), t) for x, t in row.items())) for row in automaton.successors]
    return after, automaton.final.tolist()


def _only_in(one: _Language, other: _Language) -> tuple[str, ...] | None:
    """The shortest complete run that only the first has (of several, the first by the names of its steps); None: there is none.

    Raises
    ------
    TooManyStatesError
        If there are more than a million pairs of states to compare.
    """
    begin: tuple[int, int | None] = (0, 0)
    came: dict[tuple[int, int | None], tuple[tuple[int, int | None], str] | None] = {begin: None}
    queue = deque([begin])
    while queue:
        pair = s, t = queue.popleft()
        if one[1][s] and not (t is not None and other[1][t]):
            return tuple(_way_to(pair, came))
        if len(came) > MOST_PAIRS:
            raise TooManyStatesError(f"the flows have more than {MOST_PAIRS:,} pairs of states to compare.")
        for label, target in one[0][s].items():
            there = target, None if t is None else other[0][t].get(label)
            if there not in came:
                came[there] = pair, label
                queue.append(there)
    return None


def _way_to(pair: Any, came: Mapping[Any, Any]) -> Iterable[str]:
    steps = []
    while (step := came[pair]) is not None:
        pair, label = step
        steps.append(label)
    return reversed(steps)
