"""How much is done by systems, and how many cases go through without a person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.errors import UnknownNameError
from mining.funnel import WITHOUT_STAFF
from mining.handovers.holders import lane_codes
from mining.results import Result, wilson
from mining.scorecard import Share
from mining.segments import NOT_RECORDED, segments_of
from mining.staff import SYSTEM
from mining.suppression import hidden
from mining.texts import LANGUAGES, activity_name, say
from mining.units import percent

if TYPE_CHECKING:
    from mining.study import Study


@dataclass(frozen=True, eq=False, repr=False)
class Automation(Result):
    """One row per activity that occurs, in the order of the blueprint. Made by :func:`automation_of`.

    Attributes
    ----------
    accounts : tuple of str, or None
        The system accounts; None where nobody said which they are, so that nothing is measured.
    proposed : tuple of str
        Resources of the log whose names read like a system: a proposal for a person to decide.
    rate : Share
        Completed steps by a system account, of those that the log names a resource for.
    straight_through : Share
        Ended cases without a step by a person of the provider, of those of which this is known.
    undecided : int
        Ended cases in which nobody is named for a step that may be staff's, and no person is: in no share.
    """

    accounts: tuple[str, ...] | None
    proposed: tuple[str, ...]
    rate: Share
    straight_through: Share
    undecided: int

    columns: ClassVar[dict[str, str]] = {
        "activity": "activity id, or a label outside the blueprint",
        "name_en": "name in English",
        "name_zh": "name in Chinese",
        "n": "completed steps",
        "unnamed": "of them without a resource: in no share",
        "by_system": "of them by a system account; missing where nobody said which these are",
        "by_person": "of them by another resource",
        "share": "by_system / (by_system + by_person), 0-1",
        "low": "lower end of its 95 % Wilson interval (of steps, which are taken as independent)",
        "high": "upper end of its 95 % Wilson interval",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("name_en", "name_zh", "n", "unnamed", "by_system", "by_person", "share", "low", "high"),
    )

    def to_dict(self) -> dict[str, Any]:
        """The table, its provenance and the totals as plain values."""
        shares = {
            name: {"passed": x.passed, "n": x.n} for name in ("rate", "straight_through") for x in [getattr(self, name)]
        }
        accounts = None if self.accounts is None else list(self.accounts)
        return (
            super().to_dict()
            | shares
            | {"accounts": accounts, "proposed": list(self.proposed), "undecided": self.undecided}
        )

    def sentence(self, lang: str = "en") -> str:
        """The automation rate and the straight-through share, or what to give so that they can be measured."""
        if self.accounts is None:
            text = say("automation.not_measured", lang)
            names = say("word.listed", lang).join(self.proposed)
            return text + (say("automation.proposed", lang, names=names) if names else "")
        if not self.rate.n:
            return say("automation.nobody", lang)
        text = say(
            "automation.rate", lang, share=percent(self.rate.share, lang), n=f"{self.rate.n:,}", k=f"{self.rate.passed:,}",
            accounts=f"{len(self.accounts):,}",
        )  # fmt: skip
        if self.straight_through.n:
            low, high = (percent(x, lang) for x in self.straight_through.interval)
            text += say(
                "automation.straight", lang, k=f"{self.straight_through.passed:,}", n=f"{self.straight_through.n:,}",
                share=percent(self.straight_through.share, lang), low=low, high=high,
            )  # fmt: skip
        unnamed = int(self.frame["unnamed"].sum())
        text += say("automation.unnamed", lang, n=f"{unnamed:,}") if unnamed else ""
        return text + (say("automation.undecided", lang, n=f"{self.undecided:,}") if self.undecided else "")

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Steps by system accounts and persons; see :func:`mining.plots.handover_bars.automation_chart`."""
        from mining.plots.handover_bars import automation_chart

        return automation_chart(self, lang=lang, ax=ax)


def automation_of(study: Study, system_accounts: Collection[str] | None = None) -> Automation:
    """Count the steps by system accounts, and the ended cases without a person of the provider.

    A person is a resource that is no system account, at a step outside the lanes of the customer. Where a step has no resource it is
    nobody's of the staff if its lane is the customer's, technology or support; else nothing is known of it.

    Parameters
    ----------
    study : Study
    system_accounts : collection of str, optional
        Resources of the log that are no persons. No name tells that for certain, so without this nothing is measured, and the names that
        read like a system are proposed.

    Returns
    -------
    Automation

    Raises
    ------
    UnknownNameError
        If a system account is no resource of the log.

    Examples
    --------
    >>> automation_of(study).sentence()[:31]
    'The automation rate is not meas'
    >>> automation_of(study, [study.log.resources[0]]).rate.n == int((study.instances.resource >= 0).sum())
    True
    """
    instances, blueprint, resources = study.instances, study.blueprint, study.log.resources
    _check(study, system_accounts or ())
    accounts = None if system_accounts is None else tuple(sorted(set(system_accounts)))
    proposed = tuple(name for name in resources if SYSTEM.search(name.casefold()))
    rows = np.flatnonzero(instances.done)
    activity, who = instances.activity[rows], instances.resource[rows]
    is_system = np.array([*(name in set(accounts or ()) for name in resources), False])
    named, system = who >= 0, is_system[who]
    n = len(instances.names)
    frame = pd.DataFrame({"activity": list(instances.names)}, dtype=object)
    for lang in LANGUAGES:
        frame[f"name_{lang}"] = [activity_name(blueprint, x, lang) for x in instances.names]
    frame["n"], frame["unnamed"] = np.bincount(activity, minlength=n), np.bincount(activity[~named], minlength=n)
    frame["by_system"] = pd.array(np.bincount(activity[named & system], minlength=n), "Int64")
    frame["by_person"] = pd.array(np.bincount(activity[named & ~system], minlength=n), "Int64")
    of = (frame["by_system"] + frame["by_person"]).to_numpy(int)
    limits = [wilson(k, m) for k, m in zip(frame["by_system"].to_numpy(int).tolist(), of.tolist(), strict=True)]
    frame["share"] = np.where(of > 0, frame["by_system"].to_numpy(float) / np.maximum(of, 1), np.nan)
    frame["low"], frame["high"] = [x for x, _ in limits], [x for _, x in limits]
    if accounts is None:
        frame[["by_system", "by_person"]] = pd.NA
        frame[["share", "low", "high"]] = np.nan
    frame = frame[frame["n"] > 0].reset_index(drop=True)
    rate, straight, undecided = Share(0, 0), Share(0, 0), 0
    if accounts is not None:
        person, blind = _persons(study, is_system)
        ended = ~study.is_open
        rate = Share(int((named & system).sum()), int(named.sum()))
        straight = Share(int((ended & ~person & ~blind).sum()), int((ended & ~blind).sum()))
        undecided = int((ended & blind).sum())
    provenance = study.provenance("automation", system_accounts=None if accounts is None else list(accounts))
    return Automation(frame[list(Automation.columns)], provenance, accounts, proposed, rate, straight, undecided)


def _check(study: Study, accounts: Collection[str]) -> None:
    for name in sorted(accounts):
        if name not in study.log.resources:
            raise UnknownNameError("system account", name, study.log.resources, where=study.log.source.path)


def _persons(study: Study, is_system: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cases with a step by a person of the provider, and those without one of which it is not known whether there is one."""
    instances = study.instances
    rows = np.flatnonzero(instances.done)
    who, case, n = instances.resource[rows], instances.case[rows], instances.n_cases
    kinds = np.array([*(lane.kind for lane in study.blueprint.lanes), ""])[lane_codes(study)[instances.activity[rows]]]
    person, unclear = np.zeros(n, bool), np.zeros(n, bool)
    person[case[(who >= 0) & ~is_system[who] & (kinds != "customer")]] = True
    unclear[case[(who < 0) & ~np.isin(kinds, WITHOUT_STAFF)]] = True
    return person, ~person & (unclear | (np.bincount(case, minlength=n) == 0))


# --- over time, by group ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class AutomationBy(Result):
    """One row per group of cases, by name; of months that is their order. Made by :func:`automation_by`.

    Attributes
    ----------
    by : str
        What the cases are grouped by.
    groups_hidden : int
        Groups left out, names and all, because they or others are smaller than five cases.
    """

    by: str
    groups_hidden: int

    columns: ClassVar[dict[str, str]] = {
        "group": "a value, or not recorded",
        "cases": "cases of the group",
        "n": "completed steps with a resource",
        "by_system": "of them by a system account",
        "share": "by_system / n, 0-1",
        "low": "lower end of its 95 % Wilson interval (of steps, which are taken as independent)",
        "high": "upper end of its 95 % Wilson interval",
        "ended": "ended cases of which it is known whether a person of the provider had a step in them",
        "straight": "of them those without",
        "straight_share": "straight / ended, 0-1",
        "straight_low": "lower end of its 95 % Wilson interval",
        "straight_high": "upper end of its 95 % Wilson interval",
    }

    def sentence(self, lang: str = "en") -> str:
        """The automation rate of the first and of the last group with steps."""
        rows = self.frame[(self.frame["n"] > 0) & (self.frame["group"] != NOT_RECORDED)]
        if len(rows) < 2:
            return say("automation.no_groups", lang, by=self.by)
        values = {
            f"{side}_{name}": value
            for side, row in (("first", rows.iloc[0]), ("last", rows.iloc[-1]))
            for name, value in (("group", row["group"]), ("share", percent(row["share"], lang)), ("n", f"{row['n']:,}"))
        }
        return say("automation.groups", lang, **values)

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Both shares by group; see :func:`mining.plots.handover_bars.automation_by_chart`."""
        from mining.plots.handover_bars import automation_by_chart

        return automation_by_chart(self, lang=lang, ax=ax)


def automation_by(
    study: Study, system_accounts: Collection[str], by: str = "month", *, named: bool = False
) -> AutomationBy:
    """Automation rate and straight-through share by group of cases: over time, by channel, by any attribute.

    Parameters
    ----------
    study : Study
    system_accounts : collection of str
        Resources of the log that are no persons.
    by : str
        As in :func:`mining.segments.segments_of`: by default the month in which the case began. Groups of fewer than five cases are left
        out, and others with them so that the total does not give them away.
    named : bool
        Groups of single persons are made only where this says so.

    Returns
    -------
    AutomationBy

    Raises
    ------
    UnknownNameError
        If a system account is no resource of the log, or there is nothing to group by of that name.

    Examples
    --------
    >>> table = automation_by(study, [study.log.resources[0]]).frame
    >>> bool((table["by_system"] <= table["n"]).all())
    True
    """
    instances = study.instances
    _check(study, system_accounts)
    found = segments_of(study, by, named=named)
    names = [*found.names, NOT_RECORDED]
    few = hidden(np.bincount(found.code, minlength=len(names)))
    is_system = np.array([*(name in set(system_accounts) for name in study.log.resources), False])
    who = instances.resource[instances.done]
    group = found.code[instances.case[instances.done]]
    person, blind = _persons(study, is_system)
    known = ~study.is_open & ~blind

    def count(codes: np.ndarray) -> np.ndarray:
        return np.bincount(codes, minlength=len(names))

    frame = pd.DataFrame({"group": names, "cases": count(found.code), "n": count(group[who >= 0])})
    frame["by_system"] = count(group[is_system[who]])
    frame["ended"], frame["straight"] = count(found.code[known]), count(found.code[known & ~person])
    for k, of, parts in (("by_system", "n", ("share", "low", "high")),
                         ("straight", "ended", ("straight_share", "straight_low", "straight_high"))):  # fmt: skip
        pairs = list(zip(frame[k].tolist(), frame[of].tolist(), strict=True))
        shares = [(a / b if b else np.nan, *wilson(a, b)) for a, b in pairs]
        for i, name in enumerate(parts):
            frame[name] = [x[i] for x in shares]
    frame = frame[~few & (frame["cases"] > 0)].reset_index(drop=True)
    provenance = study.provenance(f"automation by {by}", system_accounts=sorted(set(system_accounts)))
    return AutomationBy(frame[list(AutomationBy.columns)], provenance, by, int(few.sum()))
