"""Growth of alignments: ``python -m benchmarks.growth [--traces N] [--blocks N] [--seed N]``.

Noisy traces of a generated flow are aligned at 1, 10 and 100 times the traces and at 1 and 10 times the states. If the seconds per
(node of the prefix tree x state), printed last, do not rise, cost grows no faster than linearly in nodes x states.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator

from benchmarks.peers import Word, once, pin, repeats, warm_up
from mining.blueprint import model as m
from mining.blueprint.compile import write_net
from mining.nets import WorkflowNet

TRACES, STATES = (1, 10, 100), (1, 10)
TITLES = (
    "states",
    "traces",
    "events",
    "nodes",
    "nodes x states",
    "automaton s",
    "tree s",
    "search s",
    "total s",
    "ns / product",
)
NOISE = 0.1  # share of events with a fault


def flow_of(blocks: int) -> m.Flow:
    """A sequence of blocks, each with a choice, two parallel branches, an optional step and a loop."""

    def block(k: int) -> m.Flow:
        a, b, c, d, e, f, g = (m.Step(f"{letter}{k}") for letter in "abcdefg")
        either = m.Choice((a, b))
        both = m.Parallel((c, m.Sequence((d, m.Optional_(e)))))
        return m.Sequence((either, both, m.Loop(f, g)))

    return m.Sequence(tuple(block(k) for k in range(blocks)))


def play(flow: m.Flow, chance: random.Random) -> Iterator[str]:
    """One complete run of a flow.

    Examples
    --------
    >>> list(play(m.Sequence((m.Step("a"), m.Step("b"))), random.Random(1)))
    ['a', 'b']
    """
    match flow:
        case m.Step(activity):
            yield activity
        case m.Sequence(items):
            for item in items:
                yield from play(item, chance)
        case m.Choice(items):
            yield from play(chance.choice(items), chance)
        case m.Optional_(item):
            if chance.random() < 0.5:
                yield from play(item, chance)
        case m.Parallel(items):
            waiting = [list(play(item, chance)) for item in items]
            while any(waiting):
                yield chance.choice([branch for branch in waiting if branch]).pop(0)
        case m.Loop(body, redo):
            yield from play(body, chance)
            while chance.random() < 0.3:
                if redo is not None:
                    yield from play(redo, chance)
                yield from play(body, chance)
        case _:
            raise TypeError(f"no such node in a generated flow: {flow!r}")


def disturb(word: Word, chance: random.Random) -> Word:
    """The word with events left out, doubled, preceded by an unknown one, or put elsewhere: a fourth of ``NOISE`` each."""
    found: list[str] = []
    for label in word:
        fault = int(chance.random() * 4 / NOISE)
        if fault == 0:
            continue
        if fault == 3:
            found.insert(chance.randrange(len(found) + 1), label)
        else:
            found += {1: [label, label], 2: ["unknown", label]}.get(fault, [label])
    return tuple(found)


def words_of(flow: m.Flow, number: int, seed: int) -> list[Word]:
    """Distinct noisy traces of a flow, always the same for the same seed; more of them begin with fewer."""
    chance = random.Random(seed)
    found: dict[Word, None] = {}
    while len(found) < number:
        found[disturb(tuple(play(flow, chance)), chance)] = None
    return list(found)


def line(net: WorkflowNet, words: list[Word]) -> tuple[str, ...]:
    """A row of the table: sizes, seconds of the fastest of several runs, and nanoseconds per (node x state)."""
    size: dict[str, int] = {}

    def run(number: int) -> dict[str, float]:
        seconds, model, traces, _ = once(net, words, "the generated net")
        size.update(states=model.n_states, nodes=traces.n_nodes)
        return seconds

    best = min(repeats(run), key=lambda seconds: seconds["total"])
    product = size["states"] * size["nodes"]
    sizes = (size["states"], len(words), sum(map(len, words)), size["nodes"], product)
    parts = (best[part] for part in ("automaton", "tree", "search", "total"))
    return (*(f"{x:,}" for x in sizes), *(f"{x:.4f}" for x in parts), f"{best['total'] / product * 1e9:.3f}")


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.growth", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--traces", type=int, default=100, help="at 1x (100)")
    parser.add_argument("--blocks", type=int, default=5, help="of the flow, at 1x (5); more blocks, more states")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args(arguments)
    pin()
    warm_up()
    print("  ".join(title.rjust(14) for title in TITLES))
    for factor in STATES:
        flow = flow_of(given.blocks * factor)
        net = write_net(flow)
        words = words_of(flow, given.traces * TRACES[-1], given.seed)
        for times in TRACES:
            print("  ".join(cell.rjust(14) for cell in line(net, words[: given.traces * times])), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
