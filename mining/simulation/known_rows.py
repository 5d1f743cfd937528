"""The rows of a log with known effects, and of its survey."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mining.simulation import known_service as words
from mining.simulation.known_service import AGENTS, CHANNELS, FOREIGN_CHANNEL, SPECIALISTS

if TYPE_CHECKING:
    from mining.simulation.known_effects import KnownLog

BEGIN = pd.Timestamp("2026-01-01", tz="UTC")
LEFT_OUT = {"check_id": "skipped_check", "review": "shortcut", "note": "no_note"}
LABELS = {
    "apply": words.APPLY,
    "check_id": words.CHECK_ID,
    "answer": words.ANSWER,
    "consent": words.CONSENT,
    "work": words.WORK,
    "review": words.REVIEW,
    "note": words.NOTE,
    "close": words.CLOSE,
}
COMPLEXITY = np.array(["simple", "normal", "complex"])


def events(made: KnownLog) -> pd.DataFrame:
    """One row per completed step, in order of time; attributes of the case in each of its rows, as most exports have them."""
    d, seen = made.draws, made.actual
    every = np.arange(made.n)
    parts = []
    for step, word in LABELS.items():
        cases = np.flatnonzero(~seen.deviates[LEFT_OUT[step]]) if step in LEFT_OUT else every
        parts.append((cases, word, seen.at[step][cases]))
    twice = np.flatnonzero(seen.deviates["note_twice"])
    parts.append((twice, words.NOTE, seen.at["note_twice"][twice]))
    moved = np.flatnonzero(seen.deviates["second_office"])
    parts.append((moved, words.OFFICE, seen.at["second_office"][moved]))
    called, which = np.nonzero((d.calls < seen.at["close"][:, None]) & seen.deviates["chaser_call"][:, None])
    parts.append((called, words.CALL, d.calls[called, which]))
    case = np.concatenate([cases for cases, _, _ in parts])
    label = np.concatenate([np.full(len(cases), word, object) for cases, word, _ in parts])
    hours = np.concatenate([when for _, _, when in parts])
    receipt = np.array([f"r{k:06d}" for k in every], object)
    receipt[seen.deviates["no_receipt"]] = None
    frame = pd.DataFrame(
        {
            "case_id": np.array(made.case_ids(), object)[case],
            "activity": label,
            "completed": _moments(d.arrived[case] + hours),
            "resource": _resources(made, case, label),
            "complexity": COMPLEXITY[d.complexity][case],
            "channel": _channels(made, case, label),
            "value": np.round(d.value, 3)[case],
            "queue": d.queue[case],
            "customer": np.array([f"k{x:05d}" for x in d.customer], object)[case],
            "receipt": receipt[case],
            "complained": (seen.outcomes["complained"] > 0)[case],
        }
    )
    if made.setting.effort:
        effort = np.round(seen.outcomes["time"] / 4 + 3 * (made.draws.mood > 0), 1)[case]
        shown = (label == words.CLOSE) | (made.setting.effort == "all")
        frame["effort"] = np.where(shown, effort, np.nan)
    frame = frame.drop(columns=[x for x in made.setting.hidden if x in frame])
    return frame.sort_values(["completed", "case_id"], kind="stable", ignore_index=True)


def _moments(hours: np.ndarray) -> pd.Series:
    """Hours after the beginning of the log as moments, in microseconds."""
    return pd.Series(BEGIN + pd.to_timedelta(np.rint(hours * 3_600e6).astype(np.int64), unit="us"))


def _resources(made: KnownLog, case: np.ndarray, label: np.ndarray) -> np.ndarray:
    agents, specialists = np.array(AGENTS, object), np.array(SPECIALISTS, object)
    agent, specialist = agents[case % len(agents)], specialists[case % len(specialists)]
    inside = np.isin(label.astype(str), [words.WORK, words.REVIEW, words.NOTE])
    wrong = (label == words.WORK) & made.actual.deviates["wrong_role"][case]
    who = np.where(inside & ~wrong, specialist, agent)
    who[np.isin(label.astype(str), [words.CONSENT, words.CALL])] = None  # what the customer does
    return np.asarray(who)


def _channels(made: KnownLog, case: np.ndarray, label: np.ndarray) -> np.ndarray:
    wrong = (label == words.ANSWER) & made.actual.deviates["odd_channel"][case]
    return np.where(wrong, FOREIGN_CHANNEL, np.array(CHANNELS, object)[made.draws.channel][case])


def survey(made: KnownLog) -> pd.DataFrame:
    """One row per answer: the satisfaction of the customers who answered, a day after the end."""
    who = np.flatnonzero(made.answers)
    ended = made.draws.arrived[who] + made.actual.outcomes["time"][who]
    return pd.DataFrame(
        {
            "case_id": np.array(made.case_ids(), object)[who],
            "answered_at": _moments(ended + 24.0),
            "item": "csat",
            "score": made.actual.outcomes["csat"][who].astype(int),
            "scale_min": 1,
            "scale_max": 5,
            "kind": "csat",
        }
    )
