"""Per case: how often it crossed the lines of the blueprint, passed from hand to hand, and how much the customer took part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.blueprint.model import Blueprint
from mining.conformance.continuity import bounds, changes
from mining.display.kinds import OWN_UNIT
from mining.handovers.holders import holders_of, lane_codes
from mining.promises import METHOD
from mining.results import Result
from mining.segments import ALL, NOT_RECORDED, group_label, segments_of
from mining.suppression import hidden
from mining.texts import activity_name, say
from mining.units import percent

if TYPE_CHECKING:
    from mining.study import Study

ENOUGH = 30  # cases from which two groups are compared in the sentence
LINES = ("interaction", "visibility", "internal")
HANDS = ("resource", "role", "lane")
MEASURES = (*LINES, *(f"handovers_{level}" for level in HANDS), "participation")


@dataclass(frozen=True, eq=False, repr=False)
class Crossings(Result):
    """One row per case. Made by :func:`crossings_of`.

    A line is crossed between two completed steps that the blueprint knows and that follow one another in the case, others left aside,
    if they lie on its two sides. Steps at the same moment stand as in the file; ``_least`` and ``_most`` are of any order of them.

    Attributes
    ----------
    hidden_steps : dict of str to tuple of str
        By line the activities that leave no trace in the log and might have crossed it: the numbers are lower bounds where there are any.
        For the line of interaction those of the customer, for the line of visibility those of the customer and all others that the
        customer sees, for the line of internal interaction support.
    not_measured : tuple of str
        Lines of which the log can show only one side; their columns are missing.
    """

    hidden_steps: dict[str, tuple[str, ...]]
    not_measured: tuple[str, ...]
    blueprint: Blueprint

    columns: ClassVar[dict[str, str]] = {
        "case_id": "case",
        "events": "completed steps",
        "unknown": "of them labels outside the blueprint: in no line, lane or index",
        "customer_events": "of them steps in a lane of kind customer",
        "participation": "customer_events / steps that the blueprint knows, 0-1; missing where there is none or no step of the customer "
        "leaves a trace",
        "interaction": "crossings of the line of interaction (between the customer and all others), as the metric turns of a standard",
        "interaction_least": "fewest in any order of the steps at the same moment",
        "interaction_most": "most in any such order",
        "visibility": "crossings of the line of visibility (between what the customer can see and cannot)",
        "visibility_least": "fewest in any order of the steps at the same moment",
        "visibility_most": "most in any such order",
        "internal": "crossings of the line of internal interaction (between support and all others)",
        "internal_least": "fewest in any order of the steps at the same moment",
        "internal_most": "most in any such order",
        "handovers_resource": "changes of the resource, steps that name nobody left aside, as the metric handovers of a standard; missing "
        "where no step names somebody",
        "handovers_role": "changes of the role (of the person where known, else of the step), steps without a role left aside",
        "handovers_lane": "changes of the lane, labels outside the blueprint left aside",
        "unnamed": "completed steps that name nobody",
        "uncertain": "whether another order of the steps at the same moment would cross a line more or less often",
        "lower_bound": "whether steps of the customer leave no trace, so that interaction and participation are lower bounds",
        "open": "whether the case is still running",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("case_id", "events", "customer_events", "participation", *LINES),
        *("handovers_resource", "handovers_role", "handovers_lane", "unknown", "uncertain", "open"),
    )

    def sentence(self, lang: str = "en") -> str:
        """Median and most of each line, and what makes the numbers uncertain or too low."""
        frame = self.frame
        parts = []
        for line in LINES:
            values = frame[line].dropna()
            if len(values):
                most = f"{int(values.max()):,}"
                median = float(np.quantile(values, 0.5, method=METHOD))
                parts.append(_spoken(line, lang, values.mean(), median, most, len(values)))
        nothing = len(frame) > 0 and bool((frame["events"] == frame["unknown"]).all())
        text = "".join(parts) + (say("crossings.none", lang) if nothing or frame.empty else "")
        shares = frame["participation"].dropna()
        if len(shares):
            text += say("crossings.participation", lang, share=percent(shares.mean(), lang))
        listed = say("word.listed", lang).join
        for line in self.not_measured:
            text += say(f"crossings.not_measured.{line}", lang)
        if self.hidden_steps["interaction"]:
            names = listed(activity_name(self.blueprint, x, lang) for x in self.hidden_steps["interaction"])
            text += say("crossings.lower_bound", lang, names=names)
        for name, n in (("unknown", int(frame["unknown"].sum())), ("uncertain", int(frame["uncertain"].sum()))):
            if n:
                text += say(f"crossings.{name}", lang, n=f"{n:,}")
        return text.strip()

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """How many cases crossed each line how often; see :func:`mining.plots.handovers.crossings_chart`."""
        from mining.plots.handovers import crossings_chart

        return crossings_chart(self, lang=lang, ax=ax)


def crossings_of(study: Study) -> Crossings:
    """Count the lines that each case crossed, its hand-overs, and how much the customer took part.

    A step lies on one side of a line by the kind of its lane, so a passage from the front straight to support crosses the line of
    internal interaction as well as the line of visibility. Running cases are counted up to now.

    Parameters
    ----------
    study : Study

    Returns
    -------
    Crossings

    Examples
    --------
    >>> table = crossings_of(study).frame
    >>> len(table), bool((table["visibility"] < table["events"]).all())
    (2000, True)
    """
    instances, blueprint, n = study.instances, study.blueprint, study.instances.n_cases
    done = np.flatnonzero(instances.done)
    rows = done[instances.activity[done] < instances.n_known]
    lane = lane_codes(study)[instances.activity[rows]]
    seen = {a.lane for a in blueprint.activities if a.observable}
    frame = pd.DataFrame({"case_id": study.log.case_ids})
    events, known = (np.bincount(instances.case[which], minlength=n) for which in (done, rows))
    own = np.array([x.kind == "customer" for x in blueprint.lanes])[lane]
    customer = np.bincount(instances.case[rows[own]], minlength=n)
    frame["events"], frame["unknown"], frame["customer_events"] = events, events - known, customer
    uncertain, not_measured = np.zeros(n, bool), []
    for line in LINES:
        sides = sides_of(blueprint, line)
        shown = {bool(side) for side, x in zip(sides, blueprint.lanes, strict=True) if x.id in seen}
        columns = [line, f"{line}_least", f"{line}_most"]
        word = sides[lane].astype(np.int32)
        times = np.bincount(instances.case[changes(instances, rows, word)[1]], minlength=n)
        least, most = bounds(instances, rows, word, times)
        measured = (known > 0) & (len(shown) == 2)
        not_measured += [line] if len(shown) < 2 else []
        uncertain |= (least < most) & measured
        for name, value in zip(columns, (times, least, most), strict=True):
            frame[name] = pd.array(value, "Int64")
            frame.loc[~measured, name] = pd.NA
    has_customer = "interaction" not in not_measured and bool(known.any())
    frame["participation"] = np.where(known > 0, customer / np.maximum(known, 1), np.nan) if has_customer else np.nan
    for level in HANDS:
        held = holders_of(study, level).known()
        times = np.bincount(instances.case[changes(instances, held.rows, held.code)[1]], minlength=n)
        frame[f"handovers_{level}"] = pd.array(times, "Int64")
        frame.loc[np.bincount(held.case, minlength=n) == 0, f"handovers_{level}"] = pd.NA
    frame["unnamed"] = np.bincount(instances.case[done[instances.resource[done] < 0]], minlength=n)
    hidden_steps = {line: _hidden_steps(blueprint, line) for line in LINES}
    frame["uncertain"], frame["lower_bound"], frame["open"] = (
        uncertain,
        bool(hidden_steps["interaction"]),
        study.is_open,
    )
    return Crossings(
        frame[list(Crossings.columns)], study.provenance("crossings of the lines"), hidden_steps, tuple(not_measured), blueprint
    )  # fmt: skip


def sides_of(blueprint: Blueprint, line: str) -> np.ndarray:
    """For each lane of a blueprint on which side of a line it lies.

    Parameters
    ----------
    blueprint : Blueprint
    line : {"interaction", "visibility", "internal"}

    Examples
    --------
    >>> [lane.id for lane, own in zip(study.blueprint.lanes, sides_of(study.blueprint, "interaction")) if own]
    ['applicant']
    """
    of = {
        "interaction": lambda x: x.kind == "customer",
        "visibility": lambda x: x.visible,
        "internal": lambda x: x.kind == "support",
    }
    return np.array([of[line](lane) for lane in blueprint.lanes], bool)


def _hidden_steps(blueprint: Blueprint, line: str) -> tuple[str, ...]:
    """Activities without a trace in the log on the side of a line that its name stands for."""
    side = dict(zip((lane.id for lane in blueprint.lanes), sides_of(blueprint, line).tolist(), strict=True))
    return tuple(a.id for a in blueprint.activities if not a.observable and side[a.lane])


# --- by group --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class CrossingSummary(Result):
    """One row per group and measure. Made by :func:`crossing_summary`.

    Attributes
    ----------
    by : str or None
        What the cases are grouped by.
    groups_hidden : int
        Groups left out, names and all, because they or others are smaller than five cases.
    """

    by: str | None
    groups_hidden: int

    columns: ClassVar[dict[str, str]] = {
        "group": "all, a value, or not recorded",
        "measure": "one of " + ", ".join(MEASURES),
        "n": "cases of which it is known: the denominator",
        "mean": "mean per case",
        "median": "number that half of the cases do not exceed, one that was counted",
        "p90": "value that 90 % of the cases do not exceed",
        "max": "greatest",
        "lower_bound": "whether steps without a trace in the log might add to it",
    }

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the unit of its numbers, for the notebook: the part of the customer is a share."""
        of_steps = self.frame["measure"].eq("participation")
        return self.frame.assign(**{OWN_UNIT: np.where(of_steps, "share", "other")})

    def sentence(self, lang: str = "en") -> str:
        """The groups whose cases cross the line of interaction least and most often, of those with enough cases."""
        rows = self.frame[(self.frame["measure"] == "interaction") & (self.frame["group"] != ALL)]
        rows = rows[rows["n"] >= ENOUGH]
        if len(rows) < 2:
            row = self.frame[(self.frame["measure"] == "interaction") & (self.frame["group"] == ALL)]
            if row.empty:
                return say("crossings.not_measured.interaction", lang).strip()
            row = row.iloc[0]
            return _spoken("interaction", lang, row["mean"], row["median"], f"{row['max']:g}", row["n"])
        least, most = rows.loc[rows["mean"].idxmin()], rows.loc[rows["mean"].idxmax()]
        values = {
            f"{side}_{name}": value
            for side, row in (("least", least), ("most", most))
            for name, value in (
                ("mean", _mean(row["mean"])),
                ("n", f"{row['n']:,}"),
                ("group", group_label(str(row["group"]), lang)),
            )
        }
        return say("crossings.groups", lang, **values)

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Mean crossings of each line by group; see :func:`mining.plots.handover_bars.crossing_summary_chart`."""
        from mining.plots.handover_bars import crossing_summary_chart

        return crossing_summary_chart(self, lang=lang, ax=ax)


def _spoken(line: str, lang: str, mean: float, median: float, most: str, n: int) -> str:
    return say(f"crossings.{line}", lang, mean=_mean(mean), median=f"{median:g}", most=most, n=f"{n:,}")


def _mean(value: float) -> str:
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def crossing_summary(study: Study, by: str | None = None, *, named: bool = False) -> CrossingSummary:
    """Mean, median and extremes of the crossings and hand-overs per case, of all cases or by group.

    Parameters
    ----------
    study : Study
    by : str, optional
        As in :func:`mining.segments.segments_of`. Groups of fewer than five cases are left out, and others with them so that the total
        does not give them away.
    named : bool
        Groups of single persons are made only where this says so.

    Examples
    --------
    >>> found = crossing_summary(study, "channel").frame
    >>> sorted(set(found["group"]))[:2]
    ['Desk', 'Internet']
    """
    table = crossings_of(study)
    groups: list[tuple[str, np.ndarray]] = [(ALL, np.ones(len(table), bool))]
    left_out = 0
    if by is not None:
        found = segments_of(study, by, named=named)
        names = [*found.names, NOT_RECORDED]
        few = hidden(np.bincount(found.code, minlength=len(names)))
        left_out = int(few.sum())
        groups += [(name, found.code == i) for i, name in enumerate(names) if not few[i] and (found.code == i).any()]
    rows = [_summed(table, group, cases, measure) for group, cases in groups for measure in MEASURES]
    frame = pd.DataFrame([row for row in rows if row["n"]], columns=list(CrossingSummary.columns))
    measure = "crossings of the lines" if by is None else f"crossings of the lines by {by}"
    return CrossingSummary(frame, study.provenance(measure), by, left_out)


def _summed(table: Crossings, group: str, cases: np.ndarray, measure: str) -> dict[str, Any]:
    values = table.frame.loc[cases, measure].dropna().to_numpy(float)
    row: dict[str, Any] = {"group": group, "measure": measure, "n": len(values)}
    line = "interaction" if measure == "participation" else measure
    row["lower_bound"] = bool(table.hidden_steps.get(line))
    if len(values):
        p90 = float(np.quantile(values, 0.9, method=METHOD))
        row |= {
            "mean": values.mean(),
            "median": float(np.quantile(values, 0.5, method=METHOD)),
            "p90": p90,
            "max": values.max(),
        }
    return row
