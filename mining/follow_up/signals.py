"""Signals of a control chart: sets of tests that are named after those who wrote them down, and where each fires.

More tests find more and cry wolf more often. On pure noise, XmR limits from 20 points (12 points), then 24 further points, measured over
4,000 series: of the charts 38 % (43 %) show some signal with the standard set, 40 % (45 %) with that of Western Electric, 45 % (51 %) with
Nelson's; of the points 8 % (11 %), 9 % (12 %) and 13 % (17 %) are part of one. So a signal is a reason to look, not a proof.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mining.errors import MiningError, UnknownNameError

RUNS = (7, 8, 9)


@dataclass(frozen=True)
class Signal:
    """One test of a chart: at least ``k`` of ``n`` points in a row.

    ``kind``: ``beyond`` (more than ``zone`` thirds of the way from the centre to a limit, all on one side), ``trend`` (each point
    higher than the one before, or each lower), ``alternating`` (up and down by turns), ``inner`` (all within ``zone``), ``outer`` (all
    beyond ``zone``, on either side).
    """

    id: str
    kind: str
    k: int
    n: int
    zone: float = 0.0


BEYOND = Signal("beyond", "beyond", 1, 1, 3)
TWO = Signal("two_of_three", "beyond", 2, 3, 2)
FOUR = Signal("four_of_five", "beyond", 4, 5, 1)
TREND = Signal("trend", "trend", 6, 6)
PRESETS: dict[str, tuple[Signal, ...]] = {
    # the four signals that most guides share (Provost and Murray 2011 add a fifth, fifteen points in the inner third)
    "standard": (BEYOND, Signal("run", "beyond", 8, 8), TREND, TWO),
    # Western Electric, Statistical Quality Control Handbook (1956)
    "western_electric_1956": (BEYOND, TWO, FOUR, Signal("run", "beyond", 8, 8)),
    # Nelson, The Shewhart Control Chart: Tests for Special Causes, Journal of Quality Technology 16 (1984)
    "nelson_1984": (
        BEYOND, Signal("run", "beyond", 9, 9), TREND, Signal("alternating", "alternating", 14, 14), TWO, FOUR,
        Signal("inner_third", "inner", 15, 15, 1), Signal("outside_inner_third", "outer", 8, 8, 1),
    ),
}  # fmt: skip


def signals_of(preset: str = "standard", run: int | None = None) -> tuple[Signal, ...]:
    """The tests of a preset, with another length of the run on one side where it is given.

    Raises
    ------
    UnknownNameError, MiningError

    Examples
    --------
    >>> [test.id for test in signals_of("standard")]
    ['beyond', 'run', 'trend', 'two_of_three']
    """
    if preset not in PRESETS:
        raise UnknownNameError("preset", preset, PRESETS)
    if run is None:
        return PRESETS[preset]
    if run not in RUNS:
        raise MiningError(f"run: {run!r} points in a row is not a length in use. Use {', '.join(map(str, RUNS))}.")
    return tuple(Signal("run", "beyond", run, run) if test.id == "run" else test for test in PRESETS[preset])


def fired(z: np.ndarray, test: Signal) -> np.ndarray:
    """Points at which a test fires, and all points of the pattern that made it (bool).

    Parameters
    ----------
    z : float64 array of shape (n,)
        Distance from the centre, in thirds of the way to the limit of its side, without missing values: neighbours are in a row.

    Examples
    --------
    >>> fired(np.array([0.5, 3.2, -0.1]), BEYOND).tolist()
    [False, True, False]
    >>> fired(np.array([0.1, 2.5, 0.3, 2.1]), TWO).tolist()
    [False, True, False, True]
    """
    found = np.zeros(len(z), bool)
    for member in _members(z, test):
        need = test.n - 1 if test.kind in ("trend", "alternating") else test.n
        least = need if test.kind in ("trend", "alternating") else test.k
        if len(member) < need:
            continue
        hit = np.lib.stride_tricks.sliding_window_view(member, need).sum(axis=1) >= least
        spread = np.convolve(hit, np.ones(need, int)) > 0  # all places of the windows that hit
        marked = spread & member
        if test.kind in ("trend", "alternating"):  # steps between points: both ends of each belong to it
            found |= np.append(marked, False) | np.append(False, marked)
        else:
            found |= marked
    return found


def _members(z: np.ndarray, test: Signal) -> list[np.ndarray]:
    """What the test counts in its window: places, once per side; for a trend and for alternation the steps between neighbours."""
    if test.kind == "beyond":
        return [z > test.zone, z < -test.zone]
    if test.kind == "inner":
        return [np.abs(z) < test.zone]
    if test.kind == "outer":
        return [np.abs(z) > test.zone]
    step = np.sign(np.diff(z))
    if test.kind == "trend":
        return [step > 0, step < 0]
    by_turns = np.where(np.arange(len(step)) % 2 == 0, step, -step)
    return [by_turns > 0, by_turns < 0]
