"""A plan drafted from the ranking: one action per top finding, with what can be computed filled in and what a person decides left blank."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.errors import LogError, MiningError, UnknownNameError
from mining.plan.actions import COLUMNS, GONE, NEEDED, Actions, actions_of, day_of
from mining.plan.cells import number_in
from mining.plan.metrics import Metric
from mining.plan.targets import target_of
from mining.results import Result
from mining.texts import say

if TYPE_CHECKING:
    from mining.study import Study

ASKED = ("finding_id", "rank", "title_en", "title_zh", "check", "rate", "n_judged")
CHECK_DAYS = (30, 90, 180)


def draft_actions(
    priorities: pd.DataFrame | Result,
    study: Study,
    *,
    before: Actions | None = None,
    top: int = 10,
    start: date | str | None = None,
    due: date | str | None = None,
    check_after: Sequence[int] = CHECK_DAYS,
    by: str = "month",
) -> Actions:
    """Draft a plan, or bring one up to date.

    Every action has a goal, a metric (``share:FINDING``), the rate of today as baseline with its number of cases, and a target that is
    proposed by a rule printed in the row (:func:`mining.plan.targets.target_of`). The owner is blank, and so are the dates unless given.

    With ``before``, rows are matched by ``finding_id``: what people wrote stays, in all columns. Of an action that is ``open`` and whose
    metric is still the share of its finding, baseline, target, proposal and rules are made anew where they are blank or as the last draft
    wrote them (the column ``drafted`` tells); a blank target is a person's decision once there was a draft. Of an action that has begun
    they stay, since the baseline is what it is compared with. Findings without an action are appended; actions whose finding the log had
    once, or could have, and has no more stay, marked ``gone``.

    Parameters
    ----------
    priorities : DataFrame or Result
        Ranked findings, with the columns finding_id, rank, title_en, title_zh, check, rate, n_judged (those of ``study.findings()`` have
        them). Rows without a rank get no action.
    study : Study
    before : Actions, optional
        The plan so far.
    top : int, default 10
        Findings with a rank up to this get an action.
    start, due : date or str, optional
        Written into new actions. Where ``due`` is given, check dates follow it.
    check_after : sequence of int, default (30, 90, 180)
        Days after the due date on which the metric is looked at again.
    by : str, default "month"
        Groups whose best quarter may give a target.

    Raises
    ------
    MiningError
        If a column is missing, or due lies before start.

    Examples
    --------
    >>> plan = draft_actions(study.findings(), study, top=2, due="2026-12-31")
    >>> plan.frame["owner"].tolist(), [str(x) for x in plan.frame["check_dates"][0]]
    (['', ''], ['2027-01-30', '2027-03-31', '2027-06-29'])
    """
    ranked = _ranked(priorities)
    begin, end = (None if x is None else day_of(x) for x in (start, due))
    if begin and end and end < begin:
        raise MiningError(f"due {end} lies before start {begin}.")
    known = set(study.findings().frame["finding_id"]) | set(ranked["finding_id"])
    rows = {str(row["finding_id"]): row for row in ranked.to_dict("records")}
    wanted = [id for id, row in rows.items() if pd.notna(row["rank"]) and int(row["rank"]) <= top]
    listed = set() if before is None else set(before.frame["finding_id"])
    cases = _deviating(study)
    made = {id: _row(study, rows[id], cases.get(id), by) for id in rows if id in wanted or id in listed}
    cells = _blank(before)
    if before is not None:
        _refresh(before, cells, made, known, study)
    ids = set() if before is None else set(before.frame["action_id"])
    dates = _dates(begin, end, check_after)
    new = [
        made[id] | {"drafted": _marks(made[id]), "action_id": _new_id(id, ids)} | dates
        for id in wanted
        if id not in listed
    ]
    names = _names(before)
    blank = dict.fromkeys(cells.columns, "")
    added = [blank | {names[key]: text for key, text in row.items()} for row in new]
    cells = pd.concat([cells, pd.DataFrame(added, columns=cells.columns, dtype=object)], ignore_index=True).astype(
        object
    )
    return actions_of(cells, "<draft>" if before is None else before.provenance.parameters["file"])


def _ranked(priorities: pd.DataFrame | Result) -> pd.DataFrame:
    frame = priorities.frame if isinstance(priorities, Result) else priorities
    if missing := [name for name in ASKED if name not in frame.columns]:
        raise MiningError(
            f"a plan is drafted from a ranking with the columns {', '.join(ASKED)}; missing: {', '.join(missing)}. "
            "study.findings() has them."
        )
    twice = frame.loc[frame["finding_id"].duplicated(), "finding_id"]
    if len(twice):
        raise MiningError(f"the ranking has the finding {twice.iloc[0]!r} more than once.")
    return frame.sort_values(["rank", "finding_id"], kind="stable", na_position="last")


def _deviating(study: Study) -> dict[str, np.ndarray]:
    """Finding to the cases with it that no allowance covers, as a mask."""
    frame = study.deviations().frame
    frame = frame[frame["verdict"] == "fail"]
    place = pd.Index(np.asarray(study.log.case_ids)).get_indexer(frame["case_id"])
    found = {}
    for id, rows in frame.groupby("finding_id", sort=True).indices.items():
        mask = np.zeros(study.instances.n_cases, bool)
        mask[place[rows]] = True
        found[str(id)] = mask
    return found


def _row(study: Study, row: Mapping[str, Any], deviating: np.ndarray | None, by: str) -> dict[str, str]:
    """The cells of an action that can be computed."""
    id, rate = str(row["finding_id"]), float(row["rate"])
    if deviating is None:
        deviating = np.zeros(study.instances.n_cases, bool)
    target = target_of(study, str(row["check"]), deviating, rate, by)
    return {
        "finding_id": id,
        "goal": say("plan.goal", "en", title=row["title_en"]),
        "goal_zh": say("plan.goal", "zh", title=row["title_zh"]),
        "metric": str(Metric("share", id)),
        "baseline": _written(rate),
        "baseline_n": str(int(row["n_judged"])),
        "target": _written(target.value),
        "proposed": _written(target.value),
        "rule": target.rule["en"],
        "rule_zh": target.rule["zh"],
        "status": "open",
    }


REFRESHED = ("baseline", "baseline_n", "target", "proposed", "rule", "rule_zh")
TOGETHER = (
    ("baseline", "baseline_n"),
    ("proposed", "rule", "rule_zh"),
)  # one without the other would say something else
CHANGED = "-"


def _marks(row: Mapping[str, str]) -> str:
    """Short hashes of the cells that a later draft may make anew. Numbers count by value: spreadsheets write 0.10 as 0.1."""
    return " ".join(_mark(row[key]) for key in REFRESHED)


def _mark(text: str) -> str:
    text = text.strip()
    with contextlib.suppress(LogError):
        text = f"{number_in('', text):.9g}" if text else text
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def _written(value: float) -> str:
    """A share as it stands in the file: six decimals at most, none that say nothing."""
    return f"{value:.6f}".rstrip("0").rstrip(".") or "0"


def _dates(begin: date | None, end: date | None, check_after: Sequence[int]) -> dict[str, str]:
    checks = [] if end is None else [(end + timedelta(days=int(days))).isoformat() for days in sorted(check_after)]
    return {
        "start": begin.isoformat() if begin else "",
        "due": end.isoformat() if end else "",
        "check_dates": "; ".join(checks),
    }


def _new_id(finding: str, taken: set[str]) -> str:
    """A- and the finding's own part; with a number where a person uses that already."""
    id = base = "A-" + finding.removeprefix("F-")
    number = 2
    while id in taken:
        id, number = f"{base}-{number}", number + 1
    taken.add(id)
    return id


def _names(before: Actions | None) -> dict[str, str]:
    return {key: key for key in COLUMNS} if before is None else {key: before.names.get(key, key) for key in COLUMNS}


def _blank(before: Actions | None) -> pd.DataFrame:
    """The cells so far, with all columns that a draft writes."""
    if before is None:
        return pd.DataFrame(columns=[*NEEDED, *(key for key in COLUMNS if key not in NEEDED)], dtype=object)
    cells = before.cells.copy()
    for key, name in _names(before).items():
        if key not in before.names:
            cells[name] = ""
    return cells


def _refresh(
    before: Actions, cells: pd.DataFrame, made: dict[str, dict[str, str]], known: set[str], study: Study
) -> None:
    """Numbers of open actions made anew, in the cells, where nobody wrote others; words stay."""
    names = _names(before)
    place = {key: cells.columns.get_loc(name) for key, name in names.items()}
    for i, row in enumerate(before.frame.itertuples()):
        if row.mark == GONE and row.finding_id in known:
            cells.iloc[i, place["mark"]] = ""
        elif not row.mark and row.finding_id not in known and (row.rule or _possible(study, row.finding_id)):
            cells.iloc[i, place["mark"]] = GONE
        fresh = made.get(row.finding_id)
        if fresh is None or row.status != "open" or row.metric != fresh["metric"]:
            continue
        cells.iloc[i, place["drafted"]] = _made_anew(cells, i, place, fresh, row.drafted.split())


def _made_anew(
    cells: pd.DataFrame, i: int, place: Mapping[str, Any], fresh: Mapping[str, str], marks: Sequence[str]
) -> str:
    """Write the cells of a row that nobody has changed; gives the new marks. A cell that somebody changed keeps what goes with it."""
    if len(marks) != len(REFRESHED):
        marks = [""] * len(REFRESHED)
    text = {key: str(cells.iloc[i, place[key]]).strip() for key in REFRESHED}
    ours = {
        key: _mark(text[key]) == mark or not (text[key] or mark) for key, mark in zip(REFRESHED, marks, strict=True)
    }
    for group in TOGETHER:
        ours |= dict.fromkeys(group, all(ours[key] for key in group))
    ours["target"] &= ours["proposed"]
    for key in REFRESHED:
        if ours[key]:
            cells.iloc[i, place[key]] = fresh[key]
    return " ".join(_mark(fresh[key]) if ours[key] else CHANGED for key in REFRESHED)


def _possible(study: Study, finding: str) -> bool:
    """Whether the blueprint can give the finding, though this log has none of it: else its id is a slip."""
    from mining.follow_up.measures import check_of

    try:
        return bool(finding and check_of(study, finding))
    except UnknownNameError:
        return False
