"""What a plan still lacks, or gets wrong: row by row, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.errors import MiningError, hint
from mining.log.roster import days_of
from mining.plan.actions import GONE, Actions, day_of
from mining.plan.metrics import Metric, metric_of
from mining.results import Provenance, Result
from mining.texts import LANGUAGES, say

if TYPE_CHECKING:
    from mining.outcomes.outcome import Outcomes
    from mining.study import Study

SEVERITIES = ("error", "warning", "note")
MOST_PER_OWNER, EPOCH = 5, date(1970, 1, 1)
PROBLEMS = {  # severity, column
    "no_finding": ("error", "finding_id"),
    "unknown_finding": ("error", "finding_id"),
    "gone": ("note", "finding_id"),
    "no_goal": ("error", "goal"),
    "no_metric": ("error", "metric"),
    "not_measurable": ("error", "metric"),
    "other_finding": ("warning", "metric"),
    "no_baseline": ("error", "baseline"),
    "no_target": ("error", "target"),
    "not_better": ("error", "target"),
    "out_of_range": ("error", "target"),
    "baseline_out_of_range": ("error", "baseline"),
    "not_checked": ("note", "target"),
    "no_owner": ("error", "owner"),
    "many": ("warning", "owner"),
    "no_start": ("error", "start"),
    "no_due": ("error", "due"),
    "overdue": ("error", "due"),
    "no_check": ("warning", "check_dates"),
    "check_before_due": ("error", "check_dates"),
    "no_action": ("error", ""),
}

WITHOUT = "no_action"  # a problem of a finding, not of an action


@dataclass(frozen=True, eq=False, repr=False)
class ActionLint(Result):
    """One row per problem of a plan. Made by :func:`lint_actions`."""

    n_actions: int

    columns: ClassVar[dict[str, str]] = {
        "severity": "error: the plan does not stand with it; warning; note",
        "problem": "one of " + ", ".join(PROBLEMS),
        "action_id": "action; missing where there is none",
        "finding_id": "finding",
        "row": "row of the file, 1 is the first below the names; missing where there is none",
        "column": "column concerned; missing where there is none",
        "what_en": "what is wrong, in English",
        "what_zh": "the same in Chinese",
        "do_en": "what to do, in English",
        "do_zh": "the same in Chinese",
    }
    shown: ClassVar[tuple[str, ...]] = ("severity", "action_id", "finding_id", "row", "column", "what_en", "do_en")

    def sentence(self, lang: str = "en") -> str:
        """What the actions lack, and how many lack it; then how many findings have no action."""
        counts = self.frame["problem"].value_counts()
        if not len(self.frame):
            return say("plan.clean", lang, n=self.n_actions)
        each = [say(f"plan.count.{x}", lang, n=int(counts[x])) for x in PROBLEMS if x in counts and x != WITHOUT]
        parts = [say("plan.linted", lang, n=self.n_actions, each=say("told.comma", lang).join(each))] if each else []
        parts += [say("plan.uncovered", lang, n=int(counts[WITHOUT]))] if WITHOUT in counts else []
        return ("" if lang == "zh" else " ").join(parts)

    def overdue(self) -> pd.DataFrame:
        """The actions that are due and not done."""
        return self.frame[self.frame["problem"] == "overdue"].reset_index(drop=True)


def lint_actions(
    actions: Actions,
    findings: Result,
    as_of: date | str | None = None,
    *,
    study: Study | None = None,
    outcomes: Outcomes | None = None,
    top: int = 10,
    most_per_owner: int = MOST_PER_OWNER,
) -> ActionLint:
    """Look for what a plan lacks.

    Parameters
    ----------
    actions : Actions
    findings : Findings or Priorities
        The findings that there are, with finding_id, check, rank, title_en and title_zh.
    as_of : date or str, optional
        The day on which the plan is looked at: nothing reads a clock. Without it, the last day of the log of ``study``.
    study : Study, optional
        Its findings are known too, whether ``findings`` lists them or not.
    outcomes : Outcomes, optional
        Tells which outcomes can be measured and which way is better. Without it, targets of outcomes are noted as not checked.
    top : int, default 10
        Findings with a rank up to this need an action that is not cancelled.
    most_per_owner : int, default 5
        Actions open or in progress that one person may answer for.

    Returns
    -------
    ActionLint
        Errors first. Cancelled actions are only counted; done ones are not overdue.

    Raises
    ------
    MiningError
        If there is neither a day nor a study.

    Examples
    --------
    >>> from mining.plan import draft_actions
    >>> found = lint_actions(draft_actions(study.findings(), study, top=1), study.findings(), "2026-09-01", top=1)
    >>> found.frame["problem"].tolist()
    ['no_owner', 'no_start', 'no_due', 'no_check']
    """
    day = _day(as_of, study)
    rows: list[dict[str, Any]] = []
    known = dict(zip(findings.frame["finding_id"], findings.frame["check"], strict=True))
    if study is not None:
        known |= dict(zip(study.findings().frame["finding_id"], study.findings().frame["check"], strict=True))
    measured = {*known, *known.values()} | (set() if study is None else {check.id for check in study.checks})
    for action in actions.frame.itertuples():
        if action.status != "cancelled":
            rows += [
                _problem(key, action, values)
                for key, values in (
                    *_links(action, known),
                    *_measures(action, known, measured, outcomes),
                    *_dates(action, day),
                )
            ]
    rows += _of_owners(actions.frame, most_per_owner) + _without_action(actions.frame, findings.frame, top)
    frame = pd.DataFrame(rows, columns=list(ActionLint.columns))
    frame["row"] = frame["row"].astype("Int64")
    for name in ("action_id", "finding_id", "column"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    severity = frame["severity"].map(SEVERITIES.index)
    order = severity.argsort(kind="stable")
    source = findings.provenance
    settings = source.parameters | {"actions": actions.sha256[:12], "as of": day.isoformat(), "top": top}
    provenance = Provenance("lint of the plan", source.log, source.blueprint, source.n_cases, settings)
    return ActionLint(frame.iloc[order].reset_index(drop=True), provenance, len(actions.frame))


def _day(as_of: date | str | None, study: Study | None) -> date:
    if as_of is not None:
        return day_of(as_of)
    if study is None:
        raise MiningError(
            "as_of: the day on which the plan is looked at is not given. Write it as 2026-03-31, or give the study."
        )
    return EPOCH + timedelta(days=int(days_of(np.array([study.instances.now]), study.blueprint.tz)[0]))


Found = Iterator[tuple[str, dict[str, Any]]]


def _problem(key: str, action: Any, values: dict[str, Any]) -> dict[str, Any]:
    severity, column = PROBLEMS[key]
    words = {f"what_{lang}": say(f"plan.lint.{key}", lang, **values) for lang in LANGUAGES}
    words |= {f"do_{lang}": say(f"plan.do.{key}", lang, **values) for lang in LANGUAGES}
    ids = {"action_id": action.action_id, "finding_id": action.finding_id or None, "row": action.row}
    return {"severity": severity, "problem": key, "column": column or None} | ids | words


def _links(action: Any, known: dict[str, str]) -> Found:
    if not action.finding_id:
        yield "no_finding", {}
    elif action.finding_id not in known:
        if action.mark == GONE:
            yield "gone", {"id": action.finding_id}
        else:
            yield "unknown_finding", {"id": action.finding_id, "hint": hint(action.finding_id, known)}
    for column in ("goal", "owner"):
        if not getattr(action, column):
            yield f"no_{column}", {}


def _measures(action: Any, known: dict[str, str], measured: set[str], outcomes: Outcomes | None) -> Found:
    for column in ("baseline", "target"):
        if pd.isna(getattr(action, column)):
            yield f"no_{column}", {}
    if not action.metric:
        yield "no_metric", {}
        return
    try:
        metric = metric_of(action.metric)
    except MiningError:
        yield "not_measurable", {"metric": action.metric}
        return
    gone = action.mark == GONE and metric.of == action.finding_id
    if metric.kind == "share" and metric.of in measured:
        if metric.of not in (action.finding_id, known.get(action.finding_id)):
            yield "other_finding", {"metric": action.metric, "id": action.finding_id}
    elif not gone and (metric.kind == "share" or metric.of not in _names(outcomes, metric)):
        yield "not_measurable", {"metric": action.metric}
        return
    yield from _target(action, metric, outcomes)


def _names(outcomes: Outcomes | None, metric: Metric) -> set[str]:
    """Outcomes that there are; without a table of them the one asked for is taken to be there."""
    return {metric.of} if outcomes is None else {x.id for x in outcomes}


def _target(action: Any, metric: Metric, outcomes: Outcomes | None) -> Found:
    """Whether the target is better than the baseline, and possible."""
    worse, share = 1, metric.kind == "share"
    if metric.kind == "outcome" and outcomes is not None:
        share = outcomes[metric.of].kind == "share"
    possible = not share or pd.isna(action.baseline) or 0 <= action.baseline <= 1
    if not possible:
        yield "baseline_out_of_range", {"baseline": f"{action.baseline:.10g}"}
    if pd.isna(action.target):
        return
    if metric.kind == "outcome":
        if outcomes is None:
            yield "not_checked", {"metric": action.metric}
            return
        worse = outcomes[metric.of].worse
    values = {"target": f"{action.target:.10g}", "baseline": f"{action.baseline:.10g}"}
    if share and not 0 <= action.target <= 1:
        yield "out_of_range", values
    elif possible and pd.notna(action.baseline) and worse * (action.baseline - action.target) <= 0:
        yield "not_better", values


def _dates(action: Any, day: date) -> Found:
    for column in ("start", "due"):
        if getattr(action, column) is None:
            yield f"no_{column}", {}
    if action.due is not None and action.due < day and action.status != "done":
        yield "overdue", {"due": action.due.isoformat(), "days": (day - action.due).days, "day": day.isoformat()}
    if not action.check_dates:
        yield "no_check", {}
    elif action.due is not None and action.check_dates[0] < action.due:
        yield "check_before_due", {"check": action.check_dates[0].isoformat(), "due": action.due.isoformat()}


def _of_owners(frame: pd.DataFrame, most: int) -> list[dict[str, Any]]:
    """Owners of more running actions than one person can see to, at the first of these."""
    running = frame[frame["status"].isin(("open", "in_progress")) & (frame["owner"] != "")]
    rows = []
    for owner, mine in running.groupby("owner", sort=True):
        if len(mine) > most:
            first = next(mine.itertuples())
            rows.append(_problem("many", first, {"owner": owner, "n": len(mine), "most": most}))
    return rows


def _without_action(frame: pd.DataFrame, findings: pd.DataFrame, top: int) -> list[dict[str, Any]]:
    covered = set(frame.loc[frame["status"] != "cancelled", "finding_id"])
    ranked = findings[findings["rank"].notna() & (findings["rank"].fillna(top + 1) <= top)]
    rows = []
    for row in ranked.itertuples():
        if row.finding_id in covered:
            continue
        words: dict[str, str] = {}
        for lang in LANGUAGES:
            values = {"title": getattr(row, f"title_{lang}"), "rank": int(row.rank)}
            words |= {f"what_{lang}": say("plan.lint.no_action", lang, **values)}
            words |= {f"do_{lang}": say("plan.do.no_action", lang)}
        ids = {"action_id": None, "finding_id": row.finding_id, "row": None, "column": None}
        rows.append({"severity": PROBLEMS["no_action"][0], "problem": "no_action"} | ids | words)
    return rows
