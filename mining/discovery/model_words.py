"""A discovered model in words: indented flow words, the orders of its parts, or what comes after what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from mining.blueprint import model as m
from mining.blueprint.partial_orders import Powl
from mining.nets import WorkflowNet
from mining.texts import say

if TYPE_CHECKING:
    from mining.discovery.models import DiscoveredModel

WORDS = {m.Sequence: "sequence", m.Choice: "choice", m.Parallel: "parallel", m.Optional_: "optional", m.Loop: "loop"}
Name = Callable[[str], str]


def words_of(found: DiscoveredModel, lang: str) -> str:
    """A model as an indented text: in flow words where it has them, else its orders, else the steps that may come after each."""

    def name(activity: str) -> str:
        return " ".join(found.observed.name(activity, lang).split()) or repr(activity)

    if found.flow is not None:
        return "\n".join(flow_lines(found.flow, name))
    if found.powl is not None:
        return "\n".join(powl_lines(found.powl, name, lang))
    if found.net is not None:
        return "\n".join(net_lines(found.net, name, lang))
    return "-"


def flow_lines(flow: m.Flow, name: Name, depth: int = 0) -> list[str]:
    """A flow in the words of the format, one part to a line.

    Examples
    --------
    >>> flow_lines(m.Sequence((m.Step("a"), m.Optional_(m.Step("b")))), str)
    ['sequence:', '  a', '  optional:', '    b']
    """
    pad = "  " * depth
    match flow:
        case m.Step(activity):
            return [f"{pad}{name(activity)}"]
        case m.Free(activities):
            return [f"{pad}free: {', '.join(name(a) for a in activities)}"]
        case _:
            inner = [line for part in m.children(flow) for line in flow_lines(part, name, depth + 1)]
            return [f"{pad}{WORDS[type(flow)]}:", *inner]


def powl_lines(tree: Powl, name: Name, lang: str, depth: int = 0) -> list[str]:
    """A partially ordered workflow: the parts of an order have numbers, and a line says which come before which."""
    pad = "  " * depth
    if tree.kind in ("step", "silent"):
        return [pad + (name(tree.label) if tree.kind == "step" else say("model.nothing", lang))]
    lines = [f"{pad}{tree.kind}:"]
    for i, part in enumerate(tree.parts, start=1):
        first, *rest = powl_lines(part, name, lang, depth + 1)
        mark = f"({i}) " if tree.kind == "order" else ""
        lines += [f"{pad}  {mark}{first.strip()}", *rest]
    if tree.kind == "order":
        comma = say("word.listed", lang)
        later: dict[int, list[str]] = {}
        for i, j in tree.before:
            later.setdefault(i, []).append(f"({j + 1})")
        said = [say("model.before", lang, first=f"({i + 1})", then=comma.join(js)) for i, js in later.items()]
        lines.append(f"{pad}  " + (say("model.semicolon", lang).join(said) if said else say("model.any_order", lang)))
    return lines


def net_lines(net: WorkflowNet, name: Name, lang: str) -> list[str]:
    """Of every step those that may come directly after it, by the structure of the net."""
    first, after, last = next_steps(net)
    comma = say("word.listed", lang)

    def said(steps: set[str], ends: bool) -> str:
        shown = [*sorted(name(x) for x in steps), *([say("model.end", lang)] if ends else [])]
        return comma.join(shown) or say("model.nothing", lang)

    lines = [f"{say('model.start', lang)} → {said(first, False)}"]
    return lines + [f"{name(x)} → {said(after[x], x in last)}" for x in sorted(after)]


def next_steps(net: WorkflowNet) -> tuple[set[str], dict[str, set[str]], set[str]]:
    """The first steps, for each step those after it, and the last ones, over silent steps and without regard to what else must be done.

    Examples
    --------
    >>> from mining.blueprint.compile import write_net
    >>> first, after, last = next_steps(write_net(m.Sequence((m.Step("a"), m.Optional_(m.Step("b"))))))
    >>> first, after, sorted(last)
    ({'a'}, {'a': {'b'}, 'b': set()}, ['a', 'b'])
    """
    takers: dict[int, list[int]] = {}
    for i, t in enumerate(net.transitions):
        for p, _ in t.consumes:
            takers.setdefault(p, []).append(i)

    def reached(places: Iterator[int]) -> tuple[set[str], bool]:
        seen = set(places)
        todo, found = sorted(seen), set[str]()
        while todo:
            for i in takers.get(todo.pop(), ()):
                t = net.transitions[i]
                if t.label is not None:
                    found.add(t.label)
                    continue
                new = {p for p, _ in t.produces} - seen
                seen |= new
                todo += sorted(new)
        return found, any(net.final[p] > net.initial[p] for p in seen)

    after: dict[str, set[str]] = {}
    last: set[str] = set()
    for t in net.transitions:
        if t.label is not None:
            steps, ends = reached(p for p, _ in t.produces)
            after.setdefault(t.label, set()).update(steps)
            last |= {t.label} if ends else set()
    return reached(p for p, k in enumerate(net.initial) if k)[0], after, last
