"""Rules against the flow, exactly: which verdicts of a rule the complete runs of an automaton can have.

A monitor is a small automaton that watches one rule: it reads a run and knows at its end what the rule says of it. The product of
flow and monitor visits every run, so "no run keeps this rule" is a fact about the design, not the luck of a sample.

What a run does not show stays open: times (``within``, ``after``), people, and moments of start (``a_at``, ``b_at``), since a
run is the order of completions. A rule is then known to be silent or broken, but never to be kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from mining.automaton import Automaton, TooManyStatesError
from mining.blueprint.model import Rule

HOLDS, BROKEN, SILENT, OPEN = "holds", "broken", "silent", "open"
NEVER_KEPT, ALWAYS_KEPT, NEVER_APPLIES = "never_kept", "always_kept", "never_applies"
MOST_PAIRS = 200_000

Run = tuple[str, ...]


@dataclass(frozen=True)
class Monitor:
    """An automaton over three symbols: the rule's ``a``, its ``b``, and anything else. It begins in state 0.

    Attributes
    ----------
    steps : tuple of (int, int, int)
        Per state: the state after a, after b, after something else.
    says : tuple of str
        Per state: what the rule says of a run that ends there (holds, broken, silent, open).
    """

    steps: tuple[tuple[int, int, int], ...]
    says: tuple[str, ...]


def monitor_of(rule: Rule) -> Monitor:
    """The monitor of a rule.

    Raises
    ------
    TooManyStatesError
        If it counts further than can be listed.
    """
    if rule.kind in ("must_occur", "at_most"):
        return _counter(rule)
    if "start" in (rule.a_at, rule.b_at):
        return _of_starts(rule.kind)
    if rule.kind == "succession":
        return _both(_FIXED["precedence"], _answer(rule))
    return _answer(rule) if rule.kind == "response" else _FIXED[rule.kind]


def _counter(rule: Rule) -> Monitor:
    limit = 1 if rule.n is None else rule.n
    if limit >= MOST_PAIRS:
        raise TooManyStatesError(f"rule {rule.id} counts to {limit}.")
    if rule.kind == "must_occur":  # states 0..n: at least so many
        steps = tuple((min(k + 1, limit), k, k) for k in range(limit + 1))
        return Monitor(steps, (*[BROKEN] * limit, HOLDS))
    steps = tuple((min(k + 1, limit + 1), k, k) for k in range(limit + 2))
    return Monitor(steps, (SILENT, *[HOLDS] * limit, BROKEN))


def _answer(rule: Rule) -> Monitor:
    """Response: nothing asked, waiting for a b, answered."""
    return Monitor(((1, 0, 0), (1, 2, 1), (1, 2, 2)), (SILENT, BROKEN, OPEN if rule.within else HOLDS))


def _seen(neither: str, only_a: str, only_b: str, both: str) -> Monitor:
    """A rule that asks only which of the two occurred."""
    return Monitor(((1, 2, 0), (1, 3, 1), (3, 2, 2), (3, 3, 3)), (neither, only_a, only_b, both))


_PAIR = _seen(SILENT, SILENT, SILENT, OPEN)
_FIXED: dict[str, Monitor] = {
    "must_not_occur": _seen(HOLDS, BROKEN, HOLDS, BROKEN),
    "not_together": _seen(SILENT, HOLDS, HOLDS, BROKEN),
    "together": _seen(SILENT, BROKEN, BROKEN, HOLDS),
    "four_eyes": _PAIR,
    "same_handler": _PAIR,
    "performed_by": _seen(SILENT, OPEN, SILENT, OPEN),
    # the empty run, a run that begins with a, one that does not
    "starts_with": Monitor(((1, 2, 2), (1, 1, 1), (2, 2, 2)), (SILENT, HOLDS, BROKEN)),
    # the empty run, a last, something else last
    "ends_with": Monitor(((1, 2, 2), (1, 2, 2), (1, 2, 2)), (SILENT, HOLDS, BROKEN)),
    # nothing yet, an a, an a before the first b, a b without an a
    "precedence": Monitor(((1, 3, 0), (1, 2, 1), (2, 2, 2), (3, 3, 3)), (SILENT, SILENT, HOLDS, BROKEN)),
    # no a yet, the last step was an a, every a so far had its b, one had not
    "immediate_response": Monitor(((1, 0, 0), (3, 2, 3), (1, 2, 2), (3, 3, 3)), (SILENT, BROKEN, HOLDS, BROKEN)),
    # no b yet: last step not a, a; every b so far had its a: last step not a, a; one had not
    "immediate_precedence": Monitor(
        ((1, 4, 0), (1, 2, 0), (3, 4, 2), (3, 2, 2), (4, 4, 4)), (SILENT, SILENT, HOLDS, HOLDS, BROKEN)
    ),
    # no a yet, an a and no b after it, a b after an a
    "not_followed_by": Monitor(((1, 0, 0), (1, 2, 1), (2, 2, 2)), (SILENT, HOLDS, BROKEN)),
    # no a yet, an a, a b after an a: then time decides
    "not_before": Monitor(((1, 0, 0), (1, 2, 1), (2, 2, 2)), (SILENT, SILENT, OPEN)),
}


def _of_starts(kind: str) -> Monitor:
    """Rules that look at starts: the order of completions tells only whether they apply, and that what never occurs is missing."""
    return {
        "precedence": _seen(SILENT, SILENT, BROKEN, OPEN),
        "response": _seen(SILENT, BROKEN, SILENT, OPEN),
        "succession": _seen(SILENT, BROKEN, BROKEN, OPEN),
        "not_followed_by": _seen(SILENT, HOLDS, SILENT, OPEN),
        "not_before": _PAIR,
    }[kind]


def _both(first: Monitor, second: Monitor) -> Monitor:
    """Two rules at once: broken if one is, silent if both are."""
    width = len(second.says)
    steps, says = [], []
    for one, said in zip(first.steps, first.says, strict=True):
        for other, also in zip(second.steps, second.says, strict=True):
            steps.append((one[0] * width + other[0], one[1] * width + other[1], one[2] * width + other[2]))
            says.append(next((word for word in (BROKEN, OPEN, HOLDS) if word in (said, also)), SILENT))
    return Monitor(tuple(steps), tuple(says))


# --- the product -------------------------------------------------------------------------------------------------------


def outcomes(flow: Automaton, rule: Rule) -> dict[str, Run]:
    """What a rule says of the complete runs of a flow, each with a shortest run of which it says so.

    Raises
    ------
    TooManyStatesError
        If flow and rule together have too many states to visit.

    Examples
    --------
    >>> from mining.automaton import sequence_automaton
    >>> outcomes(sequence_automaton(["check", "approve"]), Rule("R", "precedence", "check", "major", "policy", b="approve"))
    {'holds': ('check', 'approve')}
    """
    return dict(_found(flow, rule))


def compare(flow: Automaton, rule: Rule) -> tuple[str, Run] | None:
    """What the flow makes of a rule, with a shortest run that shows it; None where some runs keep the rule and some break it.

    Returns
    -------
    tuple of str and tuple of str, or None
        *never_kept*: every run to which the rule applies breaks it. *always_kept*: every run to which it applies keeps it.
        *never_applies*: no run triggers it.

    Raises
    ------
    TooManyStatesError
        If flow and rule together have too many states to visit.

    Examples
    --------
    >>> from mining.automaton import sequence_automaton
    >>> compare(sequence_automaton(["pay", "check"]), Rule("R", "precedence", "check", "major", "policy", b="pay"))
    ('never_kept', ('pay', 'check'))
    """
    found: dict[str, Run] = {}
    for said, run in _found(flow, rule):
        found[said] = run
        if OPEN in found or {HOLDS, BROKEN} <= found.keys():
            return None
    word = next((word for word in (BROKEN, HOLDS, SILENT) if word in found), SILENT)
    return {BROKEN: NEVER_KEPT, HOLDS: ALWAYS_KEPT, SILENT: NEVER_APPLIES}[word], found.get(word, ())


def _found(flow: Automaton, rule: Rule) -> Iterator[tuple[str, Run]]:
    """Walk flow and monitor together, breadth first; each thing the rule can say once, with the first run that shows it."""
    monitor = monitor_of(rule)
    symbol = {rule.a: 0, rule.b: 1}
    came: dict[tuple[int, int], tuple[tuple[int, int], str] | None] = {(0, 0): None}
    queue, said = deque([(0, 0)]), set()
    while queue:
        pair = queue.popleft()
        word = monitor.says[pair[1]]
        if flow.final[pair[0]] and word not in said:
            said.add(word)
            yield word, _run_to(pair, came)
        for label, state in flow.successors[pair[0]].items():
            after = (state, monitor.steps[pair[1]][symbol.get(label, 2)])
            if after not in came:
                came[after] = (pair, label)
                queue.append(after)
        if len(came) > MOST_PAIRS:
            raise TooManyStatesError(f"rule {rule.id} and the flow have more than {MOST_PAIRS:,} states together.")


def _run_to(pair: tuple[int, int], came: dict[tuple[int, int], tuple[tuple[int, int], str] | None]) -> Run:
    run: list[str] = []
    step = came[pair]
    while step is not None:
        run.append(step[1])
        step = came[step[0]]
    return tuple(reversed(run))


def run_without(flow: Automaton, labels: Collection[str]) -> Run | None:
    """A shortest complete run in which none of the labels occurs; None if there is none.

    Examples
    --------
    >>> from mining.automaton import sequence_automaton
    >>> run_without(sequence_automaton(["ask", "close"]), ["close"]) is None
    True
    """
    came: dict[int, tuple[int, str] | None] = {0: None}
    queue = deque([0])
    while queue:
        here = queue.popleft()
        if flow.final[here]:
            run: list[str] = []
            step = came[here]
            while step is not None:
                run.append(step[1])
                step = came[step[0]]
            return tuple(reversed(run))
        for label, state in flow.successors[here].items():
            if label not in labels and state not in came:
                came[state] = (here, label)
                queue.append(state)
    return None
