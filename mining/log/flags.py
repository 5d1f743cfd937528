"""Which findings a problem of the data could have made: the flag that a finding carries."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from mining.log.eventlog import EventLog
    from mining.log.quality_checks import Found

ENOUGH = 0.05  # share of a finding's faults that a problem must touch
CLASS = {  # kind of a fault -> what sort of problem could feign it
    "missing": "missing",
    "extra": "extra",
    "repeated": "extra",
    "out_of_order": "order",
    "late": "time",
    "wrong_role": "people",
    "same_person": "people",
    "other_person": "people",
}
NEEDED = ("finding_id", "case_id", "kind", "dimension", "row")


def flags_of(
    log: EventLog,
    found: tuple[Found, ...],
    feigns: dict[str, tuple[str, ...]],
    faults: pd.DataFrame,
    need_starts: Collection[str] = (),
) -> pd.DataFrame:
    """For each finding the problems that could have made more than 5 % of its faults.

    A fault is touched by a problem that feigns its sort if the row that decides it is one of the problem's rows; if the
    problem is one of whole cases, or the fault is something absent, if its case is.

    Parameters
    ----------
    log : EventLog
    found : tuple of Found
    feigns : dict of str to tuple of str
        Per problem the sorts of faults that it can feign: values of ``CLASS``, or "start" for those of ``need_starts``.
    faults : DataFrame
        With the columns finding_id, case_id, kind, dimension, row (missing where something is absent), and check.
    need_starts : collection of str
        Checks whose verdict uses the start of an activity.

    Returns
    -------
    DataFrame
        finding_id, problem, place, faults (touched), of (all faults of the finding), share; by finding, then share.
    """
    columns = ["finding_id", "problem", "place", "faults", "of", "share"]
    if faults.empty:
        return pd.DataFrame(columns=columns)
    ids, names = pd.factorize(faults["finding_id"])
    total = np.bincount(ids, minlength=len(names))
    sort = faults["kind"].astype(object).map(CLASS).to_numpy(object)
    timed = (faults["dimension"] == "time").to_numpy(bool)
    starts = (
        faults["check"].isin(list(need_starts)).to_numpy(bool) if "check" in faults else np.zeros(len(faults), bool)
    )
    row = faults["row"].astype("Int64").fillna(0).to_numpy(np.int64)
    case = pd.Index(log.case_ids).get_indexer(faults["case_id"].astype(object))
    parts = []
    for one in found:
        if not len(one.instances) and not len(one.cases):
            continue
        wanted = feigns.get(one.problem, ())
        could = np.isin(sort.astype(str), wanted) | (timed & ("time" in wanted)) | (starts & ("start" in wanted))
        if not could.any():
            continue
        hit = could & (_touched(row, case, log, one))
        counts = np.bincount(ids[hit], minlength=len(names))
        at = np.flatnonzero(counts > ENOUGH * total)
        parts.append(
            pd.DataFrame(
                {
                    "finding_id": names[at],
                    "problem": one.problem,
                    "place": one.place,
                    "faults": counts[at],
                    "of": total[at],
                }
            )
        )
    if not parts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(parts, ignore_index=True)
    table["share"] = table["faults"] / table["of"]
    order = ["finding_id", "share", "problem", "place"]
    return table.sort_values(order, ascending=[True, False, True, True], ignore_index=True)[columns]


def _touched(row: np.ndarray, case: np.ndarray, log: EventLog, one: Found) -> np.ndarray:
    by_case = np.zeros(log.n_cases + 1, bool)
    by_case[one.cases] = True
    in_case: np.ndarray = by_case[case]  # -1, no such case, is the last
    if not len(one.instances):
        return in_case
    by_row = np.zeros(log.lineage.rows_in + 1, bool)
    by_row[log.row[one.instances]] = True
    return np.where(row > 0, by_row[row], in_case)
