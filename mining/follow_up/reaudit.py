"""The re-audit of a plan: for every action what it changed, against what it promised, and whether that has lasted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.errors import UnknownNameError
from mining.follow_up.actions import CHECKS, Action, actions_of
from mining.follow_up.before_after import BeforeAfter, before_after, side_of
from mining.follow_up.change import LEAST_WINDOW, Estimate, window_effect
from mining.follow_up.flags import Surroundings, flags_of, signals_after
from mining.follow_up.joining import NOTHING, Lacking, compatible, joined, lacking
from mining.follow_up.measures import OF_OUTCOME, measure_of
from mining.follow_up.series import Group, Series, series_of
from mining.follow_up.verdicts import CANNOT_TELL, VERDICTS, status_of, verdict_of, with_fading
from mining.outcomes.outcome import Outcome, Outcomes
from mining.results import Result
from mining.texts import say

if TYPE_CHECKING:
    from mining.study import Study

Comparison = str | Group
WINDOW = 30  # days before a check that it looks at
RULE = "achieved: whole interval at least half the predicted effect, and reaching it; partly: whole interval better than nothing; "
RULE += "not: holds nothing or worse, and not the predicted effect; cannot tell: holds both; faded: not, after an effect was shown. "
RULE += (
    "A check says better than the whole time after only where the interval of the whole reaches the predicted effect"
)


@dataclass(frozen=True, eq=False, repr=False)
class FollowUp(Result):
    """One row per action. Made by :func:`follow_up`.

    Attributes
    ----------
    checks : DataFrame
        One row per action and check: action_id, check_at (the check looks at the 30 days before it, or the last three periods), day
        (days after the due day), periods (complete ones that it looks at), value (their mean), effect, low, high, verdict, why
        (``not_due``: after the moment of reading; ``not_yet``: too few complete periods; or as in the table).
    changes : dict of str to BeforeAfter
        By action: the numbers and charts behind a row.
    """

    checks: pd.DataFrame
    changes: dict[str, BeforeAfter]

    columns: ClassVar[dict[str, str]] = {
        "action_id": "action",
        "finding_id": "finding that it is about",
        "goal": "what it was to reach, as the plan says",
        "goal_zh": "the same in Chinese, where the plan says it",
        "metric": "what is followed",
        "unit": "s, a currency, or a scale; empty for a share (0 to 1)",
        "baseline": "as the plan says, in unit",
        "target": "as the plan says, in unit",
        "predicted": "target - baseline: the effect that was promised",
        "before": "mean of the complete periods before the start, measured again",
        "before_low": "lower end of its 95 % interval (Student's t over the periods)",
        "before_high": "upper end of it",
        "after": "mean of the complete periods after the due day",
        "periods_before": "complete periods before",
        "periods_after": "complete periods after",
        "cases_before": "cases in them",
        "cases_after": "cases in them",
        "effect": "mean distance of the periods after from where those before would have gone on to (with a comparison: of the difference)",
        "low": "lower end of its 95 % interval",
        "high": "upper end of it",
        "method": "mean, line or both: how those before go on; with a comparison: difference in differences, and which",
        "step": "of the segmented regression: change at the first period after",
        "step_low": "lower end of its 95 % interval",
        "step_high": "upper end of it",
        "slope": "of the segmented regression: change of the trend, per period",
        "slope_low": "lower end of its 95 % interval",
        "slope_high": "upper end of it",
        "verdict": "of the whole time after: " + ", ".join(VERDICTS[:4]),
        "status": "of the latest check that tells, unless it says better than the whole time after and the interval of that does not "
        "reach what was promised; else the verdict: " + ", ".join(VERDICTS),
        "target_met": "whether after is at or beyond the target; missing where it is not measured",
        "signals_after": "tests of the control chart that fire after, on the better side of the centre line of the time before",
        "flags": "what else might explain it, joined by comma: other_action, regression_to_mean, season, blueprint_changed, "
        "baseline_differs, trend_before, not_parallel, log_coverage; empty where none",
        "why": "why there is no effect: stopped, no_metric, not_measurable, no_due, no_target, few_before, few_after; empty: there is one",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *(
            "action_id",
            "metric",
            "baseline",
            "target",
            "before",
            "after",
            "effect",
            "low",
            "high",
            "predicted",
            "verdict",
            "status",
        ),
        *("flags", "why"),
    )

    def sentence(self, lang: str = "en") -> str:
        """How many actions came to which status, and how many could not be followed, and why."""
        if self.frame.empty:
            return say("follow_up.no_actions", lang)
        comma = say("told.comma", lang)
        counts = self.frame["status"].value_counts()
        parts = [say(f"follow_up.count_{x}", lang, n=int(counts[x])) for x in VERDICTS if x in counts]
        text = say("follow_up.actions", lang, n=len(self.frame), how=comma.join(parts))
        left = self.frame.loc[self.frame["why"] != "", "why"].value_counts()
        if len(left):
            words = {why: say(f"follow_up.why_{why}", lang) for why in sorted(left.index)}
            reasons = [say("follow_up.counted", lang, how=word, n=int(left[why])) for why, word in words.items()]
            text += say("follow_up.no_effect", lang, how=comma.join(reasons))
        flagged = int((self.frame["flags"] != "").sum())
        return text + (say("follow_up.flagged", lang, n=flagged) if flagged else "")

    def told(self, action_id: str, lang: str = "en") -> str:
        """One action in words: its goal and verdict, the effect against what was promised, checks, and what else might explain it.

        Raises
        ------
        UnknownNameError
        """
        rows = self.frame[self.frame["action_id"] == action_id]
        if rows.empty:
            raise UnknownNameError("action", action_id, self.frame["action_id"])
        row, change = rows.iloc[0], self.changes.get(action_id)
        status, goal = say(f"follow_up.status_{row['status']}", lang), self._goal(row, lang)
        text = say(
            "follow_up.told" if goal else "follow_up.told_bare", lang, goal=goal, action=action_id, status=status
        )
        if row["why"] and (change is None or not change.change.why or row["why"] != change.change.why):
            text += say("follow_up.because", lang, how=say(f"follow_up.why_{row['why']}", lang))
        if change is not None:
            text += change.brief(float(row["predicted"]), lang)
        looked = self.checks[self.checks["action_id"] == action_id]
        if len(looked) and not row["why"]:
            words = [
                f"check_{x.why}" if x.why in ("not_due", "not_yet") else f"status_{x.verdict}"
                for x in looked.itertuples()
            ]
            told = zip(looked["day"], words, strict=True)
            parts = [
                say("follow_up.check", lang, day=int(day), verdict=say(f"follow_up.{word}", lang)) for day, word in told
            ]
            text += say("follow_up.checks", lang, how=say("told.comma", lang).join(parts))
        flags = [say(f"follow_up.flag_{flag}", lang) for flag in row["flags"].split(", ") if flag]
        return text + (say("follow_up.flags", lang, how=say("follow_up.and", lang).join(flags)) if flags else "")

    def goals(self, lang: str = "en") -> dict[str, str]:
        """The goal of each action with its id, by id; in Chinese where the plan has it and it is asked for. Without one the id."""
        said = {str(row["action_id"]): self._goal(row, lang) for _, row in self.frame.iterrows()}
        return {id: say("follow_up.goal", lang, goal=goal, action=id) if goal else id for id, goal in said.items()}

    @staticmethod
    def _goal(row: pd.Series, lang: str) -> str:
        return str((lang == "zh" and row["goal_zh"]) or row["goal"]).rstrip(".。 ")

    def plot(self, *, ax: Any = None, lang: str = "en") -> Any:
        """Effects as multiples of what was promised; see :func:`mining.plots.follow_up.actions_chart`."""
        from mining.plots.follow_up import actions_chart

        return actions_chart(self, ax=ax, lang=lang)


def follow_up(
    actions: Any,
    study: Study,
    *,
    before: Study | None = None,
    outcomes: Outcomes | None = None,
    outcomes_before: Outcomes | None = None,
    as_of: str | pd.Timestamp | None = None,
    comparison: Comparison | Mapping[str, Comparison] | None = None,
    period: str = "week",
    wait: str | None = None,
    checks: Sequence[int] = CHECKS,
) -> FollowUp:
    """Did the actions of a plan help, and has it lasted?

    Periods before the start of an action are compared with those after its due day; between lies the wash-out. The verdict is read from the
    interval (:func:`mining.follow_up.verdicts.verdict_of`), for all of the time after and for each check.

    Parameters
    ----------
    actions : Actions, DataFrame, str or Path
        As in :func:`mining.follow_up.actions.actions_of`.
    study : Study
        Of a log that spans the actions, or of the one after them.
    before : Study, optional
        Of an earlier log, against a version of the same blueprint.
    outcomes, outcomes_before : Outcomes, optional
        Of both, where a metric names an outcome; what the logs alone tell (:func:`mining.outcomes.outcomes_of`) if they are not given.
    as_of : str or Timestamp, optional
        Moment of reading; the last moment of the log where not given.
    comparison : str, Group, or dict of action id to one of these, optional
        What was left alone. A metric (``share:R2``): of the same cases. A group: its cases are the comparison, the others the measure.
    period, wait
        As in :func:`mining.follow_up.series.series_of`.
    checks : sequence of int
        Days after the due day, for actions without ``check_dates``.

    Returns
    -------
    FollowUp

    Raises
    ------
    MiningError, UnknownNameError
        If a row cannot be read, or the comparison is none. An action whose metric the logs do not have is in the table, with the reason.

    Examples
    --------
    >>> import pandas as pd
    >>> plan = pd.DataFrame([{"action_id": "A1", "finding_id": "F-c9b39b3a", "metric": "share:R1", "baseline": 0.05, "target": 0.01,
    ...                       "start": "2026-02-20", "due": "2026-03-01"}])
    >>> follow_up(plan, study, period="day").frame["action_id"].tolist()
    ['A1']
    """
    if before is not None:
        compatible(before, study)
    plan = actions_of(actions, study.blueprint.tz, checks)
    if any(action.metric.startswith(OF_OUTCOME) for action in plan):
        from mining.outcomes import outcomes_of

        outcomes = outcomes_of(study) if outcomes is None else outcomes
        outcomes_before = outcomes_of(before) if before is not None and outcomes_before is None else outcomes_before
    at = None if as_of is None else _moment(as_of, study.blueprint.tz)
    parts = NOTHING if before is None else lacking(before, study, period)
    reader = _Reader(study, before, outcomes, outcomes_before, at, period, wait, parts)
    now = pd.Timestamp(study.instances.now, unit="us", tz="UTC") if at is None else at
    compared = comparison if isinstance(comparison, Mapping) else dict.fromkeys((x.id for x in plan), comparison)
    if unknown := [id for id in compared if id not in {x.id for x in plan}]:
        raise UnknownNameError("action", unknown[0], [x.id for x in plan], where="comparison")
    rows, listed, changes = [], [], {}
    for planned in plan:
        action = planned
        action, found = _followed(action, reader, compared.get(action.id))
        looked = _checks(action, found, now)
        around = Surroundings(study, before, plan, now)
        rows.append(_row(action, found, looked, around))
        listed += looked
        if found is not None:
            changes[action.id] = found
    settings: dict[str, Any] = {
        "period": period,
        "as_of": now.isoformat(),
        "checks_look_back_days": WINDOW,
        "rule": RULE,
    }
    settings |= {"earlier_log": before.log.source.sha256[:12]} if before is not None else {}
    frame = pd.DataFrame(rows, columns=list(FollowUp.columns)).astype({"target_met": "boolean"})
    return FollowUp(
        frame,
        study.provenance("follow-up of actions", **settings),
        pd.DataFrame(listed, columns=CHECK_COLUMNS),
        changes,
    )


def _followed(action: Action, reader: _Reader, comparison: Comparison | None) -> tuple[Action, BeforeAfter | None]:
    """Before and after of an action; an action that none can be made of has the reason."""
    if action.why in ("stopped", "no_metric", "no_due"):
        return action, None
    if not reader.measurable(action.metric):
        return replace(action, why="not_measurable"), None
    return action, reader.change(action, comparison)


@dataclass(frozen=True)
class _Reader:
    """Makes the series of an action from one log or two."""

    study: Study
    before: Study | None
    outcomes: Outcomes | None
    outcomes_before: Outcomes | None
    as_of: pd.Timestamp | None
    period: str
    wait: str | None
    lacking: Lacking
    known: dict[str, list[Outcome]] = field(default_factory=dict)

    def measurable(self, metric: str) -> bool:
        """Whether the logs have what a metric names."""
        try:
            self.measures(metric)
        except UnknownNameError:
            return False
        return True

    def measures(self, metric: str) -> list[Outcome]:
        """What a metric names, in this log and in the earlier one."""
        if metric not in self.known:
            logs = [
                (self.study, self.outcomes),
                *([] if self.before is None else [(self.before, self.outcomes_before)]),
            ]
            self.known[metric] = [measure_of(study, metric, outcomes=outcomes) for study, outcomes in logs]
        return self.known[metric]

    def change(self, action: Action, comparison: Comparison | None) -> BeforeAfter:
        """Before and after of an action."""
        assert action.start is not None
        group = comparison if isinstance(comparison, Group) else None
        series = self.series(action.metric, Group(group.by, group.value, not group.inside) if group else None)
        beside = None if comparison is None else self.series(action.metric if group else str(comparison), group)
        return before_after(series, action.start, wash_out=action.due, comparison=beside)

    def series(self, metric: str, where: Group | None) -> Series:
        """A metric by period, over both logs."""
        as_of = None if self.as_of is None else int(self.as_of.value // 1000)
        settings: dict[str, Any] = {"period": self.period, "where": where, "as_of": as_of, "wait": self.wait}
        measures = self.measures(metric)
        later = series_of(self.study, measures[0], **settings)
        if self.before is None:
            return later
        earlier = series_of(self.before, measures[1], **settings)
        return joined(earlier, later, self.study.blueprint.tz, self.lacking)


CHECK_COLUMNS = ["action_id", "check_at", "day", "periods", "value", "effect", "low", "high", "verdict", "why"]


def _checks(action: Action, found: BeforeAfter | None, now: pd.Timestamp) -> list[dict[str, Any]]:
    """What each check of an action sees."""
    if action.due is None:
        return []
    due = action.due - pd.DateOffset(days=1)
    rows: list[dict[str, Any]] = []
    for at in action.checks:
        value, periods, effect = np.nan, 0, Estimate(np.nan, np.nan, np.nan)
        why = action.why or ("not_due" if at > now else "" if found is None else found.change.why)
        if not why and found is not None:
            window = _window(found, at)
            periods, value = int(window.sum()), float(found.points.loc[window, "value"].mean())
            side = side_of(found.series.frame, found.at, action.due)
            effect = window_effect(found.points["y"].to_numpy(float), side, window, found.change.onward)
            why = "not_yet" if periods < LEAST_WINDOW else ""
        verdict = verdict_of(effect, action.predicted)
        day = round((at - due) / pd.Timedelta(days=1))
        values = (action.id, at, day, periods, value, effect.value, effect.low, effect.high, verdict, why)
        rows.append(dict(zip(CHECK_COLUMNS, values, strict=True)))
    for row, verdict in zip(rows, with_fading([row["verdict"] for row in rows]), strict=True):
        row["verdict"] = verdict
    return rows


def _window(found: BeforeAfter, at: pd.Timestamp) -> np.ndarray:
    """The complete periods that a check looks at: of the 30 days before it, or the last three; none if the newest cannot be read yet."""
    frame = found.series.frame
    after = (found.points["side"] == "after").to_numpy() & frame["end"].le(at).to_numpy()
    window = after & frame["start"].ge(at - pd.DateOffset(days=WINDOW)).to_numpy()
    if window.sum() >= LEAST_WINDOW:
        return window
    unread = frame["end"].le(at) & frame["start"].ge(at - pd.DateOffset(days=WINDOW)) & ~frame["complete"]
    last = np.flatnonzero(after)[-LEAST_WINDOW:]
    window = np.zeros(len(frame), bool)
    window[last] = not unread.any()
    return window


def _row(
    action: Action, found: BeforeAfter | None, looked: list[dict[str, Any]], around: Surroundings
) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(FollowUp.columns, np.nan) | {
        "action_id": action.id, "finding_id": action.finding_id, "goal": action.goal, "goal_zh": action.goal_zh,
        "metric": action.metric, "unit": "",
        "baseline": action.baseline, "target": action.target, "predicted": action.predicted, "method": "", "verdict": CANNOT_TELL,
        "status": CANNOT_TELL, "target_met": pd.NA, "signals_after": "", "flags": "", "why": action.why,
    }  # fmt: skip
    if found is None:
        return row
    change, n, side = found.change, found.series.frame["n"], found.points["side"]
    # of the measure itself, also where the effect is of its difference from a comparison
    levels = found.frame.set_index("term")
    sides = {name: levels.loc[name, "estimate"] for name in ("before", "after")}
    verdict = verdict_of(change.effect, action.predicted)
    met = (sides["after"] - action.target) * np.sign(action.predicted) >= 0
    beside = (
        ""
        if found.comparison is None
        else f"difference in differences with {found.provenance.parameters['comparison']}, "
    )
    return row | {
        "unit": found.series.unit,
        "before": sides["before"], "before_low": levels.loc["before", "low"], "before_high": levels.loc["before", "high"],
        "after": sides["after"],
        "periods_before": change.n_before, "periods_after": change.n_after,
        "cases_before": int(n[side == "before"].sum()), "cases_after": int(n[side == "after"].sum()),
        "effect": change.effect.value, "low": change.effect.low, "high": change.effect.high,
        "method": "" if change.why else beside + change.onward,
        "step": change.step.value, "step_low": change.step.low, "step_high": change.step.high,
        "slope": change.slope.value, "slope_low": change.slope.low, "slope_high": change.slope.high,
        "verdict": verdict, "status": status_of(change.effect, action.predicted, [x["verdict"] for x in looked]),
        "target_met": bool(met) if np.isfinite(sides["after"]) and np.isfinite(action.predicted) else pd.NA,
        "signals_after": signals_after(found, action.predicted),
        "flags": ", ".join(flags_of(action, found, looked, around)), "why": action.why or change.why,
    }  # fmt: skip


def _moment(value: Any, tz: str) -> pd.Timestamp:
    from mining.follow_up.before_after import moment_of

    found = pd.Timestamp(value) if isinstance(value, str) and len(value) == 10 else None
    return moment_of(value if found is None else found.tz_localize(tz) + pd.DateOffset(days=1), "as_of")
