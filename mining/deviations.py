"""Every verdict and every fault of a study as a row: its place in the blueprint, what it measured, the allowance that covers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.conformance import verdicts as v
from mining.conformance.path import SEVERITY
from mining.findings import finding_ids
from mining.tables import Deviations, Verdicts

if TYPE_CHECKING:
    from mining.study import Study


def verdicts_of(study: Study) -> Verdicts:
    """The case x check matrix, one row per case and check, cases in order."""
    n, k = study.instances.n_cases, len(study.checks)
    words = np.array(v.VERDICTS)

    def column(values: list[np.ndarray]) -> np.ndarray:
        return np.stack(values, axis=1).reshape(n * k) if k else np.empty(0)

    def category(names: list[str]) -> pd.Categorical:
        kinds = list(dict.fromkeys(names))
        return pd.Categorical.from_codes(np.tile([kinds.index(x) for x in names], n), kinds)

    def verdict(values: list[np.ndarray]) -> pd.Categorical:
        return pd.Categorical.from_codes(column(values), words)

    frame = pd.DataFrame(
        {
            "case_id": np.repeat(np.asarray(study.log.case_ids), k),
            "check": category([c.id for c in study.checks]),
            "dimension": category([c.dimension for c in study.checks]),
            "verdict": verdict([study.net(c) for c in study.checks]),
            "gross": verdict([c.verdict for c in study.checks]),
            "measured": column([c.measured for c in study.checks]),
            "limit": np.tile([c.limit for c in study.checks], n),
            "unit": category([c.unit for c in study.checks]),
        }
    )
    return Verdicts(frame, study.provenance("case x check matrix"))


def deviations_of(study: Study) -> Deviations:
    """Every fault of all checks, with the finding that it belongs to."""
    names = {activity.id: activity.name for activity in study.blueprint.activities}
    parts = [rows_of(study, check) for check in study.checks if len(check.faults)]
    if not parts:
        return Deviations(pd.DataFrame(columns=list(Deviations.columns)), study.provenance("deviations"), names)
    frame = pd.concat(parts, ignore_index=True)
    frame.insert(0, "finding_id", finding_ids(frame, study.blueprint))
    return Deviations(frame[list(Deviations.columns)], study.provenance("deviations"), names)


def rows_of(study: Study, check: v.CheckResult) -> pd.DataFrame:
    """The faults of one check as rows of `Deviations`, without their finding."""
    places = places_of(study)
    table, names = check.faults, np.array([*study.instances.names, None], object)
    located = table.instance != v.NONE
    resources = np.array([*study.log.resources, None], object)
    allowed = study.allowed[check.id]
    entries = np.array([*(a.id for a in study.blueprint.allowances), None], object)
    frame = pd.DataFrame(
        {
            "check": check.id,
            "dimension": check.dimension,
            "case_id": np.asarray(study.log.case_ids)[table.case],
            "kind": np.array(v.KINDS, object)[table.kind],
            "pattern": np.array(v.PATTERNS, object)[table.pattern],
            "activity": names[table.activity],
            "partner": names[table.partner],
        }
    )
    for column, values in places.items():
        frame[column] = values[table.activity]
    frame["service_word"] = _service_words(study, table, places)
    frame["certainty"] = table.share
    frame["at"] = pd.DatetimeIndex(table.at.view("datetime64[us]")).tz_localize("UTC")
    frame["resource"] = resources[np.where(located, study.instances.resource[table.instance], v.NONE)]
    frame["measured"], frame["limit"], frame["unit"], frame["excess_s"] = (
        table.measured,
        table.limit,
        check.unit,
        table.excess,
    )
    frame["severity"] = frame["kind"].map(SEVERITY) if check.dimension == "path" else check.severity
    frame["verdict"] = np.where(allowed == v.NONE, "fail", "allowed")
    frame["allow_id"] = entries[allowed]
    frame["row"] = pd.array(np.where(located, study.instances.row[table.instance], 0), dtype="Int64")
    frame.loc[~located, "row"] = pd.NA
    return frame


def _service_words(study: Study, table: v.Faults, places: dict[str, np.ndarray]) -> np.ndarray:
    """The word of service research for each fault; see :func:`mining.conformance.verdicts.service_word`."""
    promised = {s.touchpoint for s in study.blueprint.standards} | {x for s in study.blueprint.standards for x in s.of}
    names = study.instances.names
    seen, back = np.unique(np.stack([table.kind, table.pattern, table.activity]), axis=1, return_inverse=True)
    words = [
        v.service_word(
            v.KINDS[kind], v.PATTERNS[pattern], places["touchpoint"][activity], places["visible"][activity],
            activity != v.NONE and names[activity] in promised,
        )
        for kind, pattern, activity in seen.T.tolist()
    ]  # fmt: skip
    return np.array([*words, None], object)[back]


def places_of(study: Study) -> dict[str, np.ndarray]:
    """Stage, lane, visibility and touchpoint of each name of the instances; the last entry is for no activity."""
    known = study.blueprint.activities
    unknown = [None] * (len(study.instances.names) - len(known) + 1)
    columns: dict[str, list[Any]] = {
        "stage": [a.stage for a in known],
        "lane": [a.lane for a in known],
        "visible": [study.blueprint.lane_of(a.id).visible for a in known],
        "touchpoint": [a.touchpoint is not None for a in known],
    }
    return {column: np.array([*values, *unknown], object) for column, values in columns.items()}
