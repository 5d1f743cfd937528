"""Distinct traces as flat columns, sorted: the prefix tree that the engine walks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np

from mining.errors import ModelError


@dataclass(frozen=True, eq=False)
class Traces:
    """Traces in the codes of a model's labels.

    Attributes
    ----------
    codes : int32 array of shape (n_events,)
        Positions in the labels, trace after trace; the number of labels stands for every label that the model does not have.
    starts : int64 array of shape (n_traces + 1,)
        The events of trace k are ``codes[starts[k]:starts[k + 1]]``.

    Examples
    --------
    >>> traces = Traces.of(("a", "b"), [("a", "b"), ("a", "x")])
    >>> traces.codes.tolist(), traces.n_nodes
    ([0, 1, 0, 2], 4)
    """

    codes: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, labels: Sequence[str], traces: Sequence[Sequence[str]]) -> Traces:
        """Encode traces of labels."""
        code: Mapping[str, int] = {label: i for i, label in enumerate(labels)}
        unknown = len(labels)
        return cls._flat((code.get(x, unknown) for x in chain.from_iterable(traces)), traces)

    @classmethod
    def of_codes(cls, n_labels: int, traces: Sequence[Sequence[int]]) -> Traces:
        """Traces that are encoded already; any number outside 0..n_labels - 1 is a label that the model does not have."""

        def code(x: object) -> int:
            if isinstance(x, bool) or not isinstance(x, int | np.integer):
                raise ModelError(
                    f"A trace of codes holds {x!r}. Give whole numbers, or labels to Traces.of(model.labels, ...)."
                )
            return int(x) if 0 <= x < n_labels else n_labels

        return cls._flat(map(code, chain.from_iterable(traces)), traces)

    @classmethod
    def _flat(cls, codes: Iterable[int], traces: Sequence[Sequence[object]]) -> Traces:
        starts = np.zeros(len(traces) + 1, np.int64)
        np.cumsum([len(trace) for trace in traces], out=starts[1:])
        return cls(np.fromiter(codes, np.int32, int(starts[-1])), starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Events per trace."""
        return np.diff(self.starts)

    @cached_property
    def order(self) -> np.ndarray:
        """Positions of the traces in lexicographic order: a depth-first walk of their prefix tree."""
        raw = self.codes.astype(">i4").tobytes()
        ends = (4 * self.starts).tolist()
        keys = [raw[a:b] for a, b in zip(ends, ends[1:], strict=False)]
        return np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)

    @property
    def n_nodes(self) -> int:
        """Nodes of the prefix tree, the root included."""
        ordered = self.take(self.order)
        n, codes, starts = 1, ordered.codes.tolist(), ordered.starts.tolist()
        before: list[int] = []
        for a, b in zip(starts, starts[1:], strict=False):
            trace = codes[a:b]
            same = next(
                (i for i, (x, y) in enumerate(zip(before, trace, strict=False)) if x != y), min(len(before), b - a)
            )
            n += b - a - same
            before = trace
        return n

    def take(self, rows: np.ndarray) -> Traces:
        """Some of the traces, in the order of ``rows``."""
        starts, events = spans(self.starts, rows)
        return Traces(self.codes[events], starts)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Per trace the sum of a value by code."""
        total = np.concatenate(([0], np.cumsum(values[self.codes])))
        return total[self.starts[1:]] - total[self.starts[:-1]]


def spans(starts: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """New starts, and positions of the members, of some of the groups ``starts[k]:starts[k + 1]`` in the order of ``rows``."""
    lengths = np.diff(starts)[rows]
    begin = np.concatenate(([0], np.cumsum(lengths)))
    return begin, np.repeat(starts[rows] - begin[:-1], lengths) + np.arange(begin[-1])
