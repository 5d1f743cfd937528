"""Which failing cases were put right before the customer could see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from mining.study import Study

NEVER = np.iinfo(np.int64).max


def caught_of(study: Study) -> pd.DataFrame:
    """Per finding the failing cases, and those of them that were caught before the line of visibility.

    A fault is caught where it lies at a step below the line of visibility, and the case is corrected before its next visible step: by a
    step that the blueprint marks as ``rework``, or by the same step again. A case is caught where all its faults of the finding are. What
    is absent (a missing step), what the customer sees, and what has no place in the blueprint is not caught.

    Returns
    -------
    data frame
        Index: finding id; columns ``n_failing``, ``n_caught``.

    Examples
    --------
    >>> bool((caught_of(study)["n_caught"] <= caught_of(study)["n_failing"]).all())
    True
    """
    faults = study.deviations().frame
    faults = faults[faults["verdict"] == "fail"]
    if faults.empty:
        return pd.DataFrame({"n_failing": [], "n_caught": []}, dtype=int)
    caught = _caught(study, faults)
    cases = pd.DataFrame({"finding_id": faults["finding_id"], "case": faults["case_id"], "caught": caught})
    all_of = cases.groupby(["finding_id", "case"], sort=True)["caught"].all()
    found = all_of.groupby("finding_id").agg(["size", "sum"]).astype(int)
    return found.rename(columns={"size": "n_failing", "sum": "n_caught"})


def _caught(study: Study, faults: pd.DataFrame) -> np.ndarray:
    """Which faults are caught."""
    instances, norm = study.instances, study.blueprint
    case = pd.Index(np.asarray(study.log.case_ids)).get_indexer(faults["case_id"]).astype(np.int64)
    at = faults["at"].dt.tz_localize(None).to_numpy("M8[us]").astype(np.int64)
    place = faults["activity"].map(instances.code).fillna(-1).to_numpy(np.int64)
    hidden = faults["visible"].eq(False).to_numpy(bool) & faults["row"].notna().to_numpy(bool) & (place >= 0)
    seen = np.array([norm.lane_of(activity.id).visible for activity in norm.activities], bool)
    rework = np.array([activity.rework for activity in norm.activities], bool)
    none = np.zeros(len(instances.names) - len(norm.activities), bool)
    seen, rework = np.r_[seen, none], np.r_[rework, none]
    done = np.flatnonzero(instances.done)
    of_case, of_place, end = instances.case[done].astype(np.int64), instances.activity[done], instances.end[done]
    next_seen = _next(of_case[seen[of_place]], end[seen[of_place]], case, at)
    mended = _next(of_case[rework[of_place]], end[rework[of_place]], case, at)
    width = len(instances.names)
    again = _next(of_case * width + of_place, end, case * width + np.maximum(place, 0), at)
    return np.asarray(hidden & (np.minimum(mended, again) < next_seen))


def _next(group: np.ndarray, time: np.ndarray, wanted: np.ndarray, after: np.ndarray) -> np.ndarray:
    """For each wanted group the first time later than ``after``; ``NEVER`` where there is none."""
    if not len(group):
        return np.full(len(wanted), NEVER)
    times, code = np.unique(np.r_[time, after], return_inverse=True)
    width = len(times) + 1
    key = np.sort(group * width + code[: len(time)])
    at = np.searchsorted(key, wanted * width + code[len(time) :], "right")
    found = key[np.minimum(at, len(key) - 1)]
    return np.where(
        (at < len(key)) & (found // width == wanted), times[np.minimum(found % width, len(times) - 1)], NEVER
    )
