"""The tables of a monitor, from what was judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mining.conformance import verdicts as v
from mining.deviations import rows_of
from mining.monitor.feed import Feed
from mining.monitor.standing import Judged, Standing
from mining.monitor.tables import Board, Faults
from mining.tables import Verdicts
from mining.units import MISSING


def board(found: Sequence[Judged]) -> pd.DataFrame:
    """One row per open case of those that were judged, by case id."""
    rows = [row for judged in found for row in _open_cases(judged)]
    frame = pd.DataFrame(sorted(rows, key=lambda row: str(row["case_id"])), columns=list(Board.columns))
    for name in ("begun", "last_at", "next_deadline"):
        frame[name] = _moments(np.array(frame[name].tolist(), np.int64))
    return frame


def _moments(moments: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(moments.view("datetime64[us]")).tz_localize("UTC")


def _open_cases(judged: Judged) -> list[dict[str, Any]]:
    study = judged.study
    instances, ids = study.instances, np.array([check.id for check in judged.checks], object)
    names = np.array(instances.names, object)
    rows = []
    for case in np.flatnonzero(study.is_open).tolist():
        first, after = instances.offsets[case : case + 2].tolist()
        broken = np.flatnonzero(judged.net[case] == v.FAIL)
        broken = broken[np.argsort(judged.since[case, broken], kind="stable")]
        ends = np.where(judged.deadlines[case] == MISSING, np.iinfo(np.int64).max, judged.deadlines[case])
        nearest = int(ends.argmin())
        due = judged.deadlines[case, nearest]
        waits = int(judged.waits_for[case, nearest])
        steps = instances.activity[first:after][instances.done[first:after]].tolist()
        rows.append(
            {
                "case_id": study.log.case_ids[case],
                "begun": instances.case_start[case],
                "last_at": instances.case_end[case],
                "last_activity": names[instances.activity[after - 1]] if after > first else None,
                "broken": tuple(ids[broken]),
                "broken_at": tuple(_moments(judged.since[case, broken])),
                "next_deadline": due,
                "next_check": ids[nearest] if due != MISSING else None,
                "waits_for": names[waits] if due != MISSING and waits != v.NONE else None,
                "stopped": tuple(ids[judged.stopped[case]]),
                "pending": tuple(ids[judged.net[case] == v.PENDING]),
                "kept": tuple(ids[np.isin(judged.net[case], (v.PASS, v.ALLOWED))]),
                "done": tuple(names[list(dict.fromkeys(steps))]),
            }
        )
    return rows


def verdicts(standing: Standing, feed: Feed, last: Judged | None) -> pd.DataFrame:
    """The case x check matrix of all cases."""
    cases = np.flatnonzero(standing["known"])
    if last is None or not len(cases):
        return pd.DataFrame(columns=list(Verdicts.columns))
    ids = feed.cases.at(cases)
    order = np.argsort(ids, kind="stable")
    cases, ids = cases[order], ids[order]
    k, checks, words = len(standing.checks), last.checks, np.array(v.VERDICTS)
    measured = np.full((len(cases), k), np.nan)
    measured[:, standing.measuring] = standing["measured"][cases]

    def category(names: list[str]) -> pd.Categorical:
        kinds = list(dict.fromkeys(names))
        return pd.Categorical.from_codes(np.tile([kinds.index(x) for x in names], len(cases)), kinds)

    return pd.DataFrame(
        {
            "case_id": np.repeat(ids, k),
            "check": category(list(standing.checks)),
            "dimension": category([check.dimension for check in checks]),
            "verdict": pd.Categorical.from_codes(standing["net"][cases].ravel(), words),
            "gross": pd.Categorical.from_codes(standing["gross"][cases].ravel(), words),
            "measured": measured.ravel(),
            "limit": np.tile([check.limit for check in checks], len(cases)),
            "unit": category([check.unit for check in checks]),
        }
    )


def faults(found: Sequence[Judged]) -> pd.DataFrame:
    """Every fault of the cases that were judged, check by check, cases in order."""
    parts = [rows_of(judged.study, check) for judged in found for check in judged.checks if len(check.faults)]
    if not parts:
        return pd.DataFrame(columns=list(Faults.columns))
    frame = pd.concat(parts, ignore_index=True)[list(Faults.columns)]
    place = {check.id: i for i, check in enumerate(found[0].checks)}
    order = np.lexsort((np.unique(frame["case_id"], return_inverse=True)[1], frame["check"].map(place)))
    return frame.iloc[order].reset_index(drop=True)
