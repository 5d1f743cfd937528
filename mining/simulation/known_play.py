"""The cases of a log with known effects: what chance decides, and how a case goes with and without its deviations."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from mining.simulation.known_service import CHANNELS

DAYS = 180
LOAD_WINDOW_H = 48.0
MOST_CALLS = 8
BY_CHANCE = {
    "no_note": 0.05,
    "note_twice": 0.06,
    "wrong_role": 0.08,
    "no_receipt": 0.05,
    "odd_channel": 0.06,
}  # share of cases
DEVIATIONS = ("skipped_check", "late_answer", "work_first", "shortcut", "chaser_call", "second_office", *BY_CHANCE)
OUTCOMES = ("time", "complained", "csat")


@dataclass(frozen=True, eq=False)
class Draws:
    """All that chance decides, one number (or row of numbers) per case.

    Attributes
    ----------
    arrived : float64 array of shape (n,)
        Hours from the beginning of the log, ascending.
    complexity : int64 array of shape (n,)
        0 simple, 1 normal, 2 complex.
    channel : int64 array of shape (n,)
        Position in ``CHANNELS``.
    value : float64 array of shape (n,)
    customer : int64 array of shape (n,)
    queue : int64 array of shape (n,)
        Cases that arrived in the 48 hours before.
    load : float64 array of shape (n,)
        The same, on a standardised scale.
    knot : float64 array of shape (n,)
        1 where two causes that only work together meet (complex and of high value), else 0.
    chance : dict of str to float64 array of shape (n,)
        Uniform numbers that decide on deviations and answers.
    hours : dict of str to float64 array of shape (n,)
        Lengths of the parts of a case, and what each deviation adds to or takes from it.
    clock : float64 array of shape (n,)
        Standard exponential: the work of its hazard at which a case goes to the second office.
    calls : float64 array of shape (n, MOST_CALLS)
        Hours open at which the customer calls, ascending.
    mood : float64 array of shape (n,)
        What else a customer feels.
    """

    arrived: np.ndarray
    complexity: np.ndarray
    channel: np.ndarray
    value: np.ndarray
    customer: np.ndarray
    queue: np.ndarray
    load: np.ndarray
    knot: np.ndarray
    chance: dict[str, np.ndarray]
    hours: dict[str, np.ndarray]
    clock: np.ndarray
    calls: np.ndarray
    mood: np.ndarray

    def __len__(self) -> int:
        return len(self.arrived)


@dataclass(frozen=True, eq=False)
class Played:
    """Cases as they go.

    Attributes
    ----------
    deviates : dict of str to bool array of shape (n,)
        By id of the deviation.
    at : dict of str to float64 array of shape (n,)
        Hours after arrival of each step (also of one that is left out), and of ``second_office`` (infinite where it does not happen).
    outcomes : dict of str to float64 array of shape (n,)
        Hours from arrival to end, complained (0 or 1), satisfaction (1 to 5: what each customer would answer).
    """

    deviates: dict[str, np.ndarray]
    at: dict[str, np.ndarray]
    outcomes: dict[str, np.ndarray]


def drawn(n: int, seed: int, *, knotted: bool = False) -> Draws:
    """Draw all that chance decides about so many cases; ``knotted``: with two causes that only work together."""
    rng = np.random.default_rng([seed, n])
    arrived = _arrivals(n, rng)
    queue = np.arange(n) - np.searchsorted(arrived, arrived - LOAD_WINDOW_H)
    load = np.log1p(queue)
    complexity = rng.choice(3, n, p=(0.45, 0.30, 0.25))
    channel = rng.choice(len(CHANNELS), n, p=(0.5, 0.3, 0.2))
    value = np.exp(rng.normal(0.0, 0.5, n) + 0.15 * complexity)
    customer = rng.integers(0, max(n // 3, 1), n)
    slow = np.exp(rng.normal(0.0, 0.25, max(n // 3, 1)))[customer]  # customers differ, and have several cases
    heavy = np.array([1.0, 1.7, 3.0])[complexity]
    hours = {
        "answer": 0.4 + 3.3 * rng.beta(2.0, 2.5, n),
        "consent": 0.2 + 5.5 * slow * np.exp(rng.normal(-0.18, 0.6, n)),
        "work": 0.2 + 5.0 * heavy * rng.gamma(2.5, 1 / 2.5, n),
        "review": 0.5 + (4.0 + 0.5 * np.minimum(value, 3.0)) * rng.gamma(4.0, 0.25, n),
        "close": 0.5 + 9.0 * heavy * (1 + 0.3 * (value > 1.5)) * np.exp(rng.normal(-0.245, 0.7, n)),
        "late_answer": 4.0 + (5.4 + 1.2 * (complexity == 2)) * rng.gamma(2.0, 0.5, n),
        "work_first": (5.0 + 2.0 * (value > 1.0)) * rng.gamma(2.0, 0.5, n),
        "second_office": np.array([7.0, 8.0, 9.5])[complexity] * rng.gamma(2.0, 0.5, n),
    }
    load = (load - load.mean()) / load.std()
    knot = ((complexity == 2) & (value > 1.2) & knotted).astype(float)
    hours["close"] *= (1 + 0.8 * knot) * np.exp(0.22 * load + 0.06 * load**2)
    names = ("skipped_check", "late_answer", "work_first", "shortcut", *BY_CHANCE)
    chance = {name: rng.random(n) for name in (*names, "complains", "answers", "check_at", "note_at", "again_at")}
    often = np.array([0.7, 1.6, 1.0])[channel] / 140.0  # calls an hour
    calls = np.cumsum(rng.exponential(1.0, (n, MOST_CALLS)), axis=1) / often[:, None]
    clock = rng.exponential(1.0, n)
    mood = rng.normal(0.0, 0.7, n) + rng.normal(0.0, 0.3, max(n // 3, 1))[customer]
    return Draws(arrived, complexity, channel, value, customer, queue, load, knot, chance, hours, clock, calls, mood)


def _arrivals(n: int, rng: np.random.Generator) -> np.ndarray:
    """Arrivals that come and go in waves of days, and with the hour of the day."""
    wave = np.zeros(DAYS)
    for day in range(1, DAYS):
        wave[day] = 0.85 * wave[day - 1] + rng.normal(0.0, 0.25)
    hour = np.arange(24 * DAYS)
    rate = np.exp(np.repeat(wave, 24)) * (1 + 0.5 * np.sin(2 * np.pi * (hour % 24 - 8) / 24))
    grown = np.concatenate([[0.0], np.cumsum(rate)])
    return np.sort(np.interp(rng.random(n) * grown[-1], grown, np.arange(24 * DAYS + 1.0)))


def _logit(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def played(d: Draws, without: Collection[str] = ()) -> Played:
    """The cases as they go, with some deviations switched off.

    Parameters
    ----------
    d : Draws
    without : collection of str
        Ids of deviations that never happen; whatever follows from them does not happen either.
    """
    on = {name: np.full(len(d), name not in without) for name in DEVIATIONS}
    simple, complex_ = d.complexity == 0, d.complexity == 2
    deviates = {name: on[name] & (d.chance[name] < BY_CHANCE[name]) for name in BY_CHANCE}
    skipped = _logit(-2.5 + 2.0 * complex_ + 0.7 * (d.complexity == 1) + 0.5 * (d.value > 1.5) + 1.5 * d.knot)
    deviates["skipped_check"] = on["skipped_check"] & (d.chance["skipped_check"] < skipped)
    late = _logit(-1.15 + 0.45 * d.load + 0.15 * d.load**2 + 0.3 * (d.channel == 1))
    deviates["late_answer"] = on["late_answer"] & (d.chance["late_answer"] < late)
    hurried = _logit(-0.9 - 1.8 * complex_ - 0.7 * (d.complexity == 1) + 0.5 * deviates["late_answer"])
    deviates["work_first"] = on["work_first"] & (d.chance["work_first"] < hurried)
    cut = _logit(-2.2 + 0.9 * (d.value < 0.8) + 0.6 * simple - 0.3 * d.load)
    deviates["shortcut"] = on["shortcut"] & (d.chance["shortcut"] < cut)
    at = _times(d, deviates)
    deviates["note_twice"] &= ~deviates["no_note"] & (at["note_twice"] < at["close"])
    hazard = 1.0 / 230.0 * np.exp(0.3 * complex_ + 0.2 * d.load)
    moved = at["answer"] + d.clock / hazard
    deviates["second_office"] = on["second_office"] & (moved < at["close"])
    at = {
        step: when + np.where(deviates["second_office"] & (moved < when), d.hours["second_office"], 0.0)
        for step, when in at.items()
    }
    at["second_office"] = np.where(deviates["second_office"], moved, np.inf)
    deviates["chaser_call"] = on["chaser_call"] & (d.calls[:, 0] < at["close"])
    return Played(deviates, at, _outcomes(d, deviates, at["close"]))


def _times(d: Draws, deviates: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Hours after arrival of each step, before any second office."""
    h = d.hours
    answer = h["answer"] + deviates["late_answer"] * h["late_answer"]
    first, second = answer + h["consent"], answer + h["consent"] + h["work"]
    swapped = deviates["work_first"]
    after = second + swapped * h["work_first"]
    review = after + ~deviates["shortcut"] * h["review"]
    close = review + h["close"]
    note = review + (0.1 + 0.5 * d.chance["note_at"]) * h["close"]
    return {
        "apply": np.zeros(len(d)),
        "check_id": (0.1 + 0.8 * d.chance["check_at"]) * h["answer"],
        "answer": answer,
        "consent": np.where(swapped, second, first),
        "work": np.where(swapped, first, second),
        "review": review,
        "note": note,
        "note_twice": note + 0.1 + 2.0 * d.chance["again_at"],  # drawn without an eye on what is to come
        "close": close,
    }


def _outcomes(d: Draws, deviates: dict[str, np.ndarray], hours: np.ndarray) -> dict[str, np.ndarray]:
    over = np.minimum(hours, 150.0) - 40.0
    late, swapped, moved = (deviates[name] for name in ("late_answer", "work_first", "second_office"))
    annoyed = _logit(-2.2 + 0.4 * (d.complexity == 2) + 0.8 * late + 0.7 * swapped + 0.6 * moved + 0.01 * over)
    score = 3.9 - 0.2 * (d.complexity == 2) - 0.5 * late - 0.35 * moved - 0.005 * over + d.mood
    return {
        "time": hours,
        "complained": (d.chance["complains"] < annoyed).astype(float),
        "csat": np.clip(np.rint(score), 1, 5),
    }


def answering(d: Draws) -> np.ndarray:
    """Who answers the survey: it hangs on what is seen of the case at its beginning (bool, one per case)."""
    return d.chance["answers"] < _logit(-0.3 + 0.8 * (d.channel == 0) - 0.6 * (d.complexity == 2))
