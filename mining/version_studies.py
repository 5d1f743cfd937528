"""A log over the versions of a blueprint: each case is judged by the version in force on the day it began."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from mining.blueprint.model import Blueprint
from mining.blueprint.versions import Period, Versions, read_versions
from mining.conformance.instances import instances_of
from mining.display import NotMeasured
from mining.errors import LogError, UnknownNameError
from mining.log import EventLog
from mining.log.roster import Roster
from mining.results import Provenance, Result, wilson
from mining.study import Study
from mining.texts import say
from mining.units import MICROSECONDS, MISSING, percent

if TYPE_CHECKING:
    from collections.abc import Callable

FOREVER = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False, repr=False)
class Uncovered(Result):
    """Cases that began when no version was in force: counted, and judged by none."""

    columns: ClassVar[dict[str, str]] = {
        "case_id": "case",
        "day": "day of its first event, in the zone of the nearest version",
        "why": "before the first version, between two, or after the last",
    }


@dataclass(frozen=True, eq=False, repr=False)
class ByVersion(Result):
    """The same table of every version's study, one below the other."""

    columns: ClassVar[dict[str, str]] = {"version": "version of the blueprint that judged the cases of this row"}


@dataclass(frozen=True, eq=False, repr=False)
class VersionTable(Result):
    """One row per version of the blueprint, then one per time without any in which cases began. Made by :func:`versions_of`."""

    columns: ClassVar[dict[str, str]] = {
        "version": "version of the blueprint; missing where none was in force",
        "state": "in_force, before (the first version), between (two versions), after (the last), or overlap (hours lost between two "
        "time zones)",
        "first": "first day on which it was in force; missing where there is none",
        "last": "last day on which it was in force; missing where there is none",
        "cases": "cases that began then",
        "share": "cases / all cases, 0-1",
        "failing": "of them those with a fault that no allowance covers; missing where no version judges them",
        "fail_share": "failing / cases, 0-1",
        "low": "lower end of its 95 % Wilson interval",
        "high": "upper end of its 95 % Wilson interval",
        "findings": "open findings among them; missing where no version judges them",
    }

    def sentence(self, lang: str = "en") -> str:
        """How many cases began under which version, and how many under none."""
        judged = self.frame[self.frame["state"] == "in_force"]
        cases = int(self.frame["cases"].sum())
        text = say(
            "conformance.versions.told",
            lang,
            n=len(judged),
            cases=f"{cases:,}",
            judged=f"{int(judged['cases'].sum()):,}",
        )
        without = self.frame[self.frame["state"] != "in_force"]
        for row in without.itertuples():
            values = {"n": f"{row.cases:,}", "share": percent(row.share, lang)}
            text += say(f"conformance.versions.{row.state}", lang, **values)
        return text


@dataclass(frozen=True, eq=False, repr=False)
class VersionStudies:
    """One study per version of a blueprint, and the cases that none of them judges; made by :func:`study_versions`.

    Attributes
    ----------
    versions : Versions
    studies : dict of str to Study
        Version to the study of the cases begun while it was in force, by first day. A version without such a case has none.
    uncovered : Uncovered
        The other cases.
    """

    versions: Versions
    studies: dict[str, Study]
    uncovered: Uncovered

    def __getitem__(self, version: str) -> Study:
        """The study of one version; `UnknownNameError` where no case began under it."""
        if version not in self.studies:
            raise UnknownNameError("version with cases", version, self.studies, where=self.versions.id)
        return self.studies[version]

    def summary(self) -> ByVersion:
        """As :meth:`mining.Study.summary`, a row per version and check: shares of different norms are not added up."""
        return self._table("checks", Study.summary)

    def verdicts(self) -> ByVersion:
        """As :meth:`mining.Study.verdicts`."""
        return self._table("case x check matrix", Study.verdicts)

    def deviations(self) -> ByVersion:
        """As :meth:`mining.Study.deviations`."""
        return self._table("deviations", Study.deviations)

    def findings(self) -> ByVersion:
        """As :meth:`mining.Study.findings`, ranked within each version; the same place has the same ``finding_id`` in all."""
        return self._table("findings", Study.findings)

    def _table(self, measure: str, table: Callable[[Study], Result]) -> ByVersion:
        parts = [(version, table(study).to_frame()) for version, study in self.studies.items()]
        for version, frame in parts:
            frame.insert(0, "version", version)
        kept = [frame.astype(object) for _, frame in parts if len(frame)] or [frame for _, frame in parts]
        frame = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=list(ByVersion.columns))
        return ByVersion(frame, replace(self.uncovered.provenance, measure=measure))

    def __repr__(self) -> str:
        lines = [f"<Studies of {self.versions.id}: {len(self.studies)} of {len(self.versions)} versions have cases"]
        for period in self.versions.periods:
            study = self.studies.get(period.blueprint.version)
            lines.append(f"  {period}: {study.log.n_cases if study else 0:,} cases")
        whys = self.uncovered.frame["why"].value_counts()
        lines += [f"  no blueprint in force: {n:,} cases began {why}" for why, n in whys.items()]
        return "\n".join(lines) + ">"

    def _repr_html_(self) -> str:
        from mining.display.accounts import version_studies_html

        return version_studies_html(self)


def study_versions(
    log: EventLog,
    versions: Versions | Iterable[Blueprint],
    *,
    open_cases: str = "pending",
    roster: Roster | None = None,
) -> VersionStudies:
    """Judge each case of a log by the version of the blueprint that was in force when it began.

    A case belongs to the version in force on the local day of its first event (in :attr:`mining.Blueprint.tz`), and stays with it
    however long it runs. Cases that began when no version was in force are listed, not judged.

    Parameters
    ----------
    log : EventLog
        As :func:`mining.read_log` gives it. Unless its columns were given as arguments or by a binding file, each version's binding
        is used.
    versions : Versions or iterable of Blueprint
        As :func:`mining.blueprint.versions.read_versions` gives them.
    open_cases : {"pending", "judge"}
        As in :class:`mining.Study`.
    roster : Roster, optional
        As in :class:`mining.Study`: one staff table for all versions, since its periods say who had which role when.

    Returns
    -------
    VersionStudies

    Raises
    ------
    LogError
        If the versions read the log so differently that a case began under two of them.
    BlueprintError, UnknownNameError
        As :class:`mining.blueprint.versions.Versions` and :class:`mining.Study`.

    Examples
    --------
    >>> import mining
    >>> from mining.blueprint.versions import read_versions
    >>> log = mining.read_log("sample_logs/permit_receipt/log.csv")
    >>> found = study_versions(log, read_versions("sample_logs/permit_receipt"))
    >>> found
    <Studies of permit-receipt: 1 of 1 versions have cases
      version 2026-01: from 2026-01-01 until further notice: 2,000 cases>
    >>> bool(found["2026-01"].summary().row("S1")["pass"] == found.summary().frame.set_index("check").loc["S1", "pass"])
    True
    """
    given = versions if isinstance(versions, Versions) else Versions(versions)
    studies: dict[str, Study] = {}
    day_of: dict[str, date] = {}
    version_of: dict[str, str] = {}
    for period in given.periods:
        blueprint = period.blueprint
        read = log if log.binding.origin in ("arguments", "file") else log.bind(blueprint.binding)
        began = _first_moments(read)
        day_of |= zip(read.case_ids.tolist(), _days(began, blueprint.tz), strict=True)
        keep = _within(period, began)
        for case in read.case_ids[keep].tolist():
            if case in version_of:
                raise LogError(_claimed_twice(read, case, version_of[case], blueprint.version))
            version_of[case] = blueprint.version
        if keep.any():
            until = instances_of(read, blueprint).now  # of the whole log, as a study of all of it would have it
            part = read.take(keep, f"of cases begun when version {blueprint.version} was not in force")
            studies[blueprint.version] = Study(part, blueprint, open_cases=open_cases, known_until=until, roster=roster)
    others = [(case, day, _why(day, given)) for case, day in sorted(day_of.items()) if case not in version_of]
    hashes = "".join(b.sha256 for b in given)
    made = Provenance(
        "cases without a version in force", log.source.sha256, hashlib.sha256(hashes.encode()).hexdigest(), len(day_of),
        {"open_cases": open_cases, "versions": ", ".join(b.version for b in given)} | ({"roster": roster.sha256[:12]} if roster else {}),
    )  # fmt: skip
    return VersionStudies(given, studies, Uncovered(pd.DataFrame(others, columns=list(Uncovered.columns)), made))


def versions_of(study: Study, versions: str | Path | Iterable[str | Path] | None = None) -> VersionTable | NotMeasured:
    """The cases of a study by the version of the blueprint that was in force when they began.

    Parameters
    ----------
    study : Study
    versions : path, or paths, optional
        As :func:`mining.read_versions` takes them: a folder, or files. Without them the study's blueprint is the only version.

    Returns
    -------
    VersionTable or NotMeasured
        In words where no versions are given and the study's blueprint is a draft.

    Raises
    ------
    BlueprintError, LogError
        As :func:`mining.read_versions` and :func:`study_versions`.

    Examples
    --------
    >>> versions_of(study).frame[["version", "state", "cases"]].values.tolist()
    [['2026-01', 'in_force', 2000]]
    """
    if versions is None and study.blueprint.status == "draft":
        return NotMeasured("conformance.versions.draft")
    given = Versions([study.blueprint]) if versions is None else read_versions(versions)
    found = study_versions(study.log, given, open_cases=study.open_cases, roster=study.roster)
    n = study.instances.n_cases
    rows = [_version_row(period, found.studies.get(period.blueprint.version), n) for period in given.periods]
    for state, cases in found.uncovered.frame["why"].str.split().str[0].value_counts(sort=False).items():
        rows.append({"state": {"in": "overlap"}.get(str(state), state), "cases": cases, "share": cases / n})
    frame = pd.DataFrame(rows, columns=list(VersionTable.columns))
    frame = frame.astype({"cases": "Int64", "failing": "Int64", "findings": "Int64"})
    provenance = replace(found.uncovered.provenance, measure="cases by version of the blueprint")
    return VersionTable(frame, provenance)


def _version_row(period: Period, study: Study | None, n: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        "version": period.blueprint.version,
        "state": "in_force",
        "first": period.first,
        "last": period.last,
    }
    if study is None:
        return row | {"cases": 0, "share": 0 / n if n else np.nan}
    cases, faults = study.instances.n_cases, study.deviations().frame
    failing = faults.loc[faults["verdict"] == "fail", "case_id"].nunique()
    low, high = wilson(failing, cases)
    row |= {"cases": cases, "share": cases / n, "failing": failing, "fail_share": failing / cases}
    return row | {"low": low, "high": high, "findings": len(study.findings().open())}


def _first_moments(log: EventLog) -> np.ndarray:
    """First moment of each case: the first schedule, start or completion of a step, labels that are ignored included."""
    times = [np.where(x == MISSING, FOREVER, x) for x in (log.scheduled, log.start, log.end)]
    return np.minimum.reduceat(np.minimum.reduce(times), log.offsets[:-1]) if log.n_cases else np.empty(0, np.int64)


def _days(moments: np.ndarray, tz: str) -> list[date]:
    """Local day of each moment."""
    return list(pd.DatetimeIndex(moments.view("datetime64[us]")).tz_localize("UTC").tz_convert(tz).date)


def _within(period: Period, moments: np.ndarray) -> np.ndarray:
    zone = ZoneInfo(period.blueprint.tz)

    def midnight(day: date) -> int:
        return int(datetime.combine(day, time(0), zone).astimezone(UTC).timestamp()) * MICROSECONDS

    last = period.last
    end = FOREVER if last is None or last == date.max else midnight(last + timedelta(days=1))
    return np.asarray((moments >= midnight(period.first)) & (moments < end))


def _why(day: date, versions: Versions) -> str:
    first, last = versions.periods[0], versions.periods[-1]
    if day < first.first:
        return f"before the first version ({first.blueprint.version}, from {first.first})"
    if last.last is not None and day > last.last:
        return f"after the last version ({last.blueprint.version}, to {last.last})"
    for gap in versions.gaps:
        if gap.first <= day <= gap.last:
            return f"between versions {gap.after} and {gap.before} ({gap.first} to {gap.last})"
    return "in the hours between two versions whose time zones differ"


def _claimed_twice(log: EventLog, case: str, first: str, second: str) -> str:
    return (
        f"{log.source.path}: the case {case!r} began under two versions of the blueprint, {first} and {second}, because these read "
        "its first day differently. Give the versions one time zone and one binding (log:), or name the columns when reading the log."
    )
