"""Like cases for a deviation whose chance grows with the time open: in the same state, as long open, not deviating yet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mining._kernels import kernel
from mining.conformance import verdicts as v
from mining.conformance.instances import following
from mining.harm.groups import NEVER, Deviating, Group
from mining.units import MICROSECONDS, MISSING

if TYPE_CHECKING:
    from mining.study import Study

CONTROLS = 5  # like cases for each case that deviates
NEAR = 3_600_000_000  # microseconds (or a tenth of the time open) within which another case's step counts as at the same time
MOST_CASES = 4000  # cases that deviate; of more so many are drawn, and the total is scaled


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Cases that deviate with like cases from the moment of the deviation on.

    Attributes
    ----------
    case : int64 array of shape (n_rows,)
    treated : bool array of shape (n_rows,)
    elapsed : int64 array of shape (n_rows,)
        Microseconds that the case had been open: the same within a set.
    entered : int64 array of shape (n_rows,)
        When it came into its state, microseconds since its beginning.
    steps : int64 array of shape (n_rows,)
        Instances that were complete when it came into it.
    before : int64 array of shape (n_rows,)
        Length of the stretch before that one, microseconds; ``MISSING`` where there is none.
    later : bool array of shape (n_rows,)
        Whether the case had the deviation then or has it later.
    since : float64 array of shape (n_rows,)
        Seconds from the beginning of the case to its deviation; infinite where it never deviates.
    n_alone : int
        Cases that deviate for which there was no like case.
    n_drawn : int
        Cases that deviate of which like cases were looked for.
    """

    case: np.ndarray
    treated: np.ndarray
    elapsed: np.ndarray
    entered: np.ndarray
    steps: np.ndarray
    before: np.ndarray
    later: np.ndarray
    since: np.ndarray
    n_alone: int
    n_drawn: int


class Stretches:
    """The life of every case cut at its completed instances: from one to the next it is in the state of the last one."""

    def __init__(self, study: Study, deviating: Deviating) -> None:
        self.study, self.x, self.deviating = study, study.instances, deviating

    @cached_property
    def _all(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Case, state, from and to (microseconds since the beginning) of every stretch, by state; and where the states begin."""
        x = self.x
        n, k = len(x.case), len(x.names)
        begin = x.case_start
        first = np.flatnonzero(np.diff(x.offsets) > 0)
        last = np.zeros(n, bool)
        last[x.offsets[1:][first] - 1] = True
        rows = np.flatnonzero(~last)
        case = np.concatenate([first, x.case[rows]]).astype(np.int64)
        state = np.concatenate([np.full(len(first), k), x.activity[rows]]).astype(np.int64)
        low = np.concatenate([begin[first], x.order_time[rows]]) - begin[case]
        high = np.concatenate([x.order_time[x.offsets[first]], x.order_time[rows + 1]]) - begin[case]
        return case, state, low, high

    def _has_start(self, group: Group, case: np.ndarray) -> np.ndarray:
        """Whether the deviating instance of each case has a start of its own, before its completion (bool array)."""
        start, end = self.x.start[group.instance[case]], self.x.order_time[group.instance[case]]
        return (start != MISSING) & (start < end)

    def begun(self, group: Group) -> bool:
        """Whether most of the deviating instances have a start, so that their own length lies after the landmark."""
        case = np.flatnonzero(group.has)
        return bool(len(case)) and bool((self.x.start[group.instance[case]] != MISSING).mean() > 0.5)

    def moments(self, group: Group) -> tuple[np.ndarray, np.ndarray]:
        """Cases that deviate, and when that began: the start of the instance where the log has it, else its completion."""
        x = self.x
        case = np.flatnonzero(group.has & (group.instance != v.NONE))
        instance = group.instance[case]
        begun = x.start[instance]
        return case, np.where((begun != MISSING) & (begun <= x.order_time[instance]), begun, x.order_time[instance])

    def sets(self, group: Group, measured: np.ndarray, seed: int) -> RiskSets:
        """Risk sets of a deviation.

        Parameters
        ----------
        group : Group
        measured : bool array of shape (n_cases,)
            Cases that may be compared.
        seed : int
        """
        x = self.x
        begin = x.case_start
        case, at = self.moments(group)
        keep = measured[case]
        case, at = case[keep], at[keep]
        chance = np.random.default_rng(seed)
        if len(case) > MOST_CASES:
            drawn = np.sort(chance.permutation(len(case))[:MOST_CASES])
            case, at = case[drawn], at[drawn]
        elapsed = at - begin[case]
        since = self._since(group)
        of_case, state, low, high = self._all
        mine = self._own(case, elapsed, begun_at=self._has_start(group, case))
        eligible = (measured & (group.has | group.lacks))[of_case] & (high > low)
        order = np.flatnonzero(eligible)
        order = order[np.lexsort((chance.random(len(order)), state[order]))]
        heads = np.searchsorted(state[order], np.arange(len(x.names) + 2)).astype(np.int64)
        found = _like(
            case.astype(np.int64), elapsed, state[mine], chance.random(len(case)), of_case[order], low[order],
            high[order], heads, since, CONTROLS,
        )  # fmt: skip
        any_like = found[:, 0] >= 0
        pairs = np.argwhere(found >= 0)
        like = order[found[pairs[:, 0], pairs[:, 1]]]
        stretch = np.concatenate([mine[any_like], like])
        rows = np.concatenate([case[any_like], of_case[like]])
        treated = np.arange(len(rows)) < any_like.sum()
        elapsed_all = np.concatenate([elapsed[any_like], elapsed[pairs[:, 0]]])
        return RiskSets(
            rows, treated, elapsed_all, low[stretch], *self._past(stretch), since[rows] < NEVER, _seconds(since[rows]),
            int((~any_like).sum()), len(case),
        )  # fmt: skip

    def moved(self, base: RiskSets, group: Group, measured: np.ndarray) -> RiskSets:
        """The deviating cases of ``base`` with others that at about the same time left the same state by another step, and did not deviate.

        A deviating step is a step: work goes on with it, while the cases of :meth:`sets` wait. Where that is what makes the difference, a
        comparison with cases that went on as well shows the other sign.
        """
        of_case, state, low, high = self._all
        mine = base.treated
        case, elapsed = base.case[mine], base.elapsed[mine]
        own = self._own(case, elapsed, begun_at=self._has_start(group, case))
        since = self._since(group)
        eligible = (measured & (group.has | group.lacks))[of_case] & (high > low) & (since[of_case] > high)
        order = np.flatnonzero(eligible)
        order = order[np.lexsort((high[order], state[order]))]
        heads = np.searchsorted(state[order], np.arange(len(self.x.names) + 2)).astype(np.int64)
        near = np.maximum(elapsed // 10, NEAR)
        found = _leaving(case, elapsed, near, state[own], of_case[order], high[order], heads, CONTROLS)
        pairs = np.argwhere(found >= 0)
        like = order[found[pairs[:, 0], pairs[:, 1]]]
        any_like = found[:, 0] >= 0
        stretch = np.concatenate([own[any_like], like])
        return RiskSets(
            np.concatenate([case[any_like], of_case[like]]), np.arange(len(stretch)) < any_like.sum(),
            np.concatenate([elapsed[any_like], high[like]]), low[stretch], *self._past(stretch),
            since[of_case[stretch]] < NEVER, _seconds(since[of_case[stretch]]), int((~any_like).sum()), len(case),
        )  # fmt: skip

    def _since(self, group: Group) -> np.ndarray:
        """When each case deviates, microseconds since its beginning; ``NEVER`` for the others."""
        case, at = self.moments(group)
        since = np.full(self.x.n_cases, NEVER, np.int64)
        since[case] = at - self.x.case_start[case]
        return since

    def _own(self, case: np.ndarray, elapsed: np.ndarray, *, begun_at: np.ndarray) -> np.ndarray:
        """The stretch of each case in which its deviation began, its first one otherwise.

        It is the last one that begins before the deviation, or at that moment, where ``begun_at`` says that the moment is a start: the
        stretch after the deviation itself begins at its completion.
        """
        order, keys, place = self._by_case
        at = following(case, np.maximum(elapsed, 0) + begun_at, keys["case"], keys["low"])
        after = np.append(place, len(order))[case + 1]
        return order[np.maximum(np.where(at < 0, after, at) - 1, place[case])]

    @cached_property
    def _by_case(self) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
        case, _, low, _ = self._all
        order = np.lexsort((np.arange(len(case)), low, case))
        keys = {"case": case[order], "low": np.maximum(low[order], 0)}
        place = np.searchsorted(keys["case"], np.arange(self.x.n_cases))
        return order, keys, place

    def _past(self, stretch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How many stretches of its case lie before each one, and the length of the last of them."""
        order, _, place = self._by_case
        case, _, low, high = self._all
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        at = rank[stretch]
        n = at - place[case[stretch]]
        previous = order[np.maximum(at - 1, 0)]
        return n, np.where(n > 0, high[previous] - low[previous], MISSING)


def _seconds(since: np.ndarray) -> np.ndarray:
    return np.where(since < NEVER, since / MICROSECONDS, np.inf)


@kernel
def _like(case, elapsed, state, chance, of_case, low, high, heads, since, n):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Positions of up to n like stretches for each case, found from a place of chance on in an order of chance."""
    found = np.full((case.size, n), -1, np.int64)
    for i in range(case.size):
        begin, end = heads[state[i]], heads[state[i] + 1]
        size = end - begin
        k = 0
        first = int(chance[i] * size)
        for step in range(size):
            j = begin + (first + step) % size
            if low[j] <= elapsed[i] < high[j] and of_case[j] != case[i] and since[of_case[j]] > elapsed[i]:
                found[i, k] = j
                k += 1
                if k == n:
                    break
    return found


@kernel
def _leaving(case, elapsed, near, state, of_case, high, heads, n):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Positions of the n stretches of the same state that end nearest to a time, within a distance; ``high`` is sorted in each state."""
    found = np.full((case.size, n), -1, np.int64)
    for i in range(case.size):
        begin, end = heads[state[i]], heads[state[i] + 1]
        right = begin + np.searchsorted(high[begin:end], elapsed[i])
        left = right - 1
        k = 0
        while k < n and (left >= begin or right < end):
            take_left = right >= end or (left >= begin and elapsed[i] - high[left] <= high[right] - elapsed[i])
            j = left if take_left else right
            if take_left:
                left -= 1
            else:
                right += 1
            if abs(high[j] - elapsed[i]) > near[i]:
                break
            if of_case[j] != case[i]:
                found[i, k] = j
                k += 1
    return found
