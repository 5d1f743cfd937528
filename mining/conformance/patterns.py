"""From the moves of an alignment to deviations that a service manager understands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from mining.blueprint import compile as flow
from mining.blueprint.model import Blueprint
from mining.conformance import verdicts as v
from mining.conformance.alignment import LOG, MODEL, SYNC, Alignments, Model, align
from mining.conformance.instances import Instances

Move = tuple[int, int, int]  # name, position in the trace, step of the alignment


class Row(NamedTuple):
    """One deviation: positions in the lists of kinds, names and patterns, events of the trace; ``NONE`` where there is none.

    ``after`` is the event before which something missing should have been. ``share``: of the optimal alignments those that
    contain the least certain of its moves; of a swapped pair, those that contain either order.
    """

    kind: int
    activity: int
    partner: int
    pattern: int
    event: int
    after: int
    share: float


class PatternReader:
    """Reads deviation patterns from the moves of one alignment; each move is used once.

    Patterns after Grohs, van der Aa and Rehse (BPM 2024): inserted, skipped, repeated, swapped; choices are read as blocks,
    since the branch that an optimal alignment names is arbitrary.
    """

    def __init__(self, blueprint: Blueprint, model: Model, instances: Instances) -> None:
        self.model = model
        self.names = instances.names
        self.n_known = instances.n_known
        self.name_of_label = [instances.code[label] for label in model.labels]
        code = instances.code
        self.stands_for = {
            code[a.id]: {code[x] for name in a.replaced_by for x in (name, f"{name} (label)") if x in code}
            for a in blueprint.activities
            if a.replaced_by
        }
        self.blocks = {
            code[a]: tuple(frozenset(code[x] for x in block) for block in blocks)
            for a, blocks in flow.choice_siblings(blueprint).items()
        }

    def read(self, trace: tuple[int, ...], alignments: Alignments, k: int) -> list[Row]:
        """Deviations of variant ``k``."""
        span = slice(alignments.first[k], alignments.first[k + 1])
        kinds = alignments.kind[span].tolist()
        positions = alignments.position[span].tolist()
        names = [
            trace[position] if kind != MODEL else self.name_of_label[label]
            for kind, label, position in zip(kinds, alignments.label[span].tolist(), positions, strict=True)
        ]
        moves: dict[int, list[Move]] = {SYNC: [], LOG: [], MODEL: []}
        for step, (kind, name, position) in enumerate(zip(kinds, names, positions, strict=True)):
            moves[kind].append((name, position, step))
        certain = Certainty(alignments.share[span].tolist(), alignments.event_share[span].tolist())
        rows: list[Row] = []
        logs, models = self._out_of_order(moves, rows, certain)
        done = {name for name, _, _ in moves[SYNC]}
        logs, models = self._replaced(logs, models, moves, rows, certain)
        for log in logs:
            pattern = self._log_move(log, trace, done)
            kind = "repeated" if pattern in ("retry", "rework") else "extra"
            rows.append(_row(kind, log[0], pattern, event=log[1], share=certain.share[log[2]]))
        for name, position, step in models:
            after = position if position < len(trace) else v.NONE
            rows.append(_row("missing", name, "skipped", after=after, share=certain.share[step]))
        return rows

    def _out_of_order(
        self, moves: dict[int, list[Move]], rows: list[Row], certain: Certainty
    ) -> tuple[list[Move], list[Move]]:
        """Pair log and model moves of one step (or of one choice), nearest first; give back the moves that stay alone."""
        logs, models, run = moves[LOG], moves[MODEL], sorted(moves[SYNC] + moves[MODEL], key=lambda move: move[2])
        pairs = sorted(
            (abs(model[2] - log[2]), log[0] != model[0], i, j)
            for i, log in enumerate(logs)
            for j, model in enumerate(models)
            if log[0] == model[0] or any(model[0] in block for block in self.blocks.get(log[0], ()))
        )
        synchronous = set(moves[SYNC])
        return _paired(pairs, logs, models, rows, lambda log, model: self._moved(log, model, run, synchronous, certain))

    def _replaced(
        self, logs: list[Move], models: list[Move], moves: dict[int, list[Move]], rows: list[Row], certain: Certainty
    ) -> tuple[list[Move], list[Move]]:
        """Pair a missing step with one that the blueprint lets stand in its place, done within one step of it; nearest first."""
        run, done = sorted([*moves[SYNC], *moves[MODEL]], key=lambda move: move[2]), set(moves[SYNC])
        pairs = sorted(
            (abs(model[2] - log[2]), i, j)
            for i, log in enumerate(logs)
            for j, model in enumerate(models)
            if log[0] in self.stands_for.get(model[0], ())
        )

        def replaced(log: Move, model: Move) -> Row | None:
            if not self._stood_there(log, model, run, done):
                return None
            share = min(certain.share[log[2]], certain.share[model[2]])
            return _row("replaced", model[0], "replaced", partner=log[0], event=log[1], share=share)

        return _paired(pairs, logs, models, rows, replaced)

    def _stood_there(self, log: Move, model: Move, run: list[Move], synchronous: set[Move]) -> bool:
        """Whether the missing step could have stood where the other was done, or one step from there."""
        at = run.index(model)
        rest = run[:at] + run[at + 1 :]
        here = sum(move[2] < log[2] for move in rest)
        places = (
            p for p in range(len(rest) + 1) if sum(x in synchronous for x in rest[min(p, here) : max(p, here)]) <= 1
        )
        return any(self._runs([*rest[:p], model, *rest[p:]]) for p in places)

    def _moved(self, log: Move, model: Move, run: list[Move], synchronous: set[Move], certain: Certainty) -> Row | None:
        """The step of ``log`` was done where the design has none, and is missing at ``model``: how far was it moved?

        The model move is slid towards the log move past all steps that need not come between. The last step it cannot pass is
        the one that it should have followed (or preceded). If moving that one step instead would mend the order as well,
        which of the two moved cannot be known: both are named, the designed order first.
        """
        name, position, step = log
        early = step < model[2]
        at = run.index(model)
        rest = run[:at] + run[at + 1 :]
        here = sum(move[2] < step for move in rest)  # where the log move stands among the steps of the run
        places = range(here, at + 1) if early else range(here, at - 1, -1)
        place = next((p for p in places if self._runs([*rest[:p], log, *rest[p:]])), here)
        passed = [move for move in (rest[here:place] if early else rest[place:here]) if move in synchronous]
        if not passed:
            return None
        blocking = passed[-1] if early else passed[0]
        events = [move for move in rest if move is not blocking and move in synchronous]
        missing = [move for move in rest if move not in synchronous]
        where = sum(move[2] < step for move in events)
        pair = [blocking, log] if early else [log, blocking]
        if self._mends([*events[:where], *pair, *events[where:]], missing):
            first, second = pair
            share = certain.either(log[2], blocking[2])
            return _row("out_of_order", first[0], "swapped", partner=second[0], event=position, share=share)
        pattern = "moved_early" if early else "moved_late"
        share = min(certain.share[log[2]], certain.share[model[2]])
        return _row("out_of_order", name, pattern, event=position, share=share)

    def _mends(self, events: list[Move], missing: list[Move]) -> bool:
        """Whether the events in this order differ from a run of the flow only by the missing steps."""
        codes = [self.model.code.get(self.names[name], -1) for name, _, _ in events]
        return int(align(self.model, [codes]).cost[0]) == len(missing)

    def _runs(self, steps: list[Move]) -> bool:
        return self.model.accepts(self.names[name] for name, _, _ in steps)

    def _log_move(self, log: Move, trace: tuple[int, ...], done: set[int]) -> str:
        """The pattern of a log move that stays alone."""
        name, position, _ = log
        if name in done:
            beside = {trace[p] for p in (position - 1, position + 1) if 0 <= p < len(trace)}
            return "retry" if name in beside else "rework"
        if name >= self.n_known:
            return "ad_hoc"
        if any(done & (block - {name}) for block in self.blocks.get(name, ())):
            return "choice_violation"
        return "misplaced"


def _paired(
    pairs: Iterable[tuple[int, ...]], logs: list[Move], models: list[Move], rows: list[Row],
    read: Callable[[Move, Move], Row | None],
) -> tuple[list[Move], list[Move]]:  # fmt: skip
    """Take pairs of a log and a model move (their positions stand last) in turn, each move once, where they read as a deviation.

    The deviations go to ``rows``; the moves that stay alone are given back.
    """
    used_logs: set[int] = set()
    used_models: set[int] = set()
    for *_, i, j in pairs:
        if i in used_logs or j in used_models:
            continue
        row = read(logs[i], models[j])
        if row:
            used_logs.add(i)
            used_models.add(j)
            rows.append(row)
    return [x for i, x in enumerate(logs) if i not in used_logs], [
        x for j, x in enumerate(models) if j not in used_models
    ]


@dataclass(frozen=True)
class Certainty:
    """Shares of the moves of one alignment, by step."""

    share: list[float]
    event_share: list[float]

    def either(self, log: int, sync: int) -> float:
        """Share of the alignments in which the event of the log move, or that of the synchronous move, is a log move."""
        return min(1.0, self.event_share[log] + 1.0 - self.event_share[sync])


def _row(
    kind: str,
    activity: int,
    pattern: str,
    *,
    partner: int = v.NONE,
    event: int = v.NONE,
    after: int = v.NONE,
    share: float,
) -> Row:
    return Row(v.KINDS.index(kind), activity, partner, v.PATTERNS.index(pattern), event, after, share)
