"""The seven dimensions of conformance side by side, of all cases or by group: no index is made of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.conformance import verdicts as v
from mining.conformance.outcome import cannot_fail
from mining.opportunities import OBSERVATION
from mining.results import Result, wilson
from mining.segments import ALL, NOT_RECORDED, group_label, segments_of
from mining.suppression import K, hidden
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from mining.study import Study

COUNTS = ("pass", "fail", "allowed", "pending", "not_applicable", "not_observable")
MEASURED, NOT_MEASURED, NOT_JUDGED, HIDDEN = "measured", "not measured", "not judged", "hidden"
TIMES_AND_TEAMS = ("month", "week", "quarter", "team", "version")  # segments with words of their own
ENOUGH = 30  # judged cases from which two groups are compared in the sentence
MOST_UNDECIDED = 0.05  # of the judged cases, up to which they are


@dataclass(frozen=True, eq=False, repr=False)
class Dimensions(Result):
    """One row per dimension, or per group and dimension. Made by :func:`dimensions_of`.

    Attributes
    ----------
    by : str or None
        What the cases are grouped by.
    groups_hidden : int
        Groups that are left out, names and all, because they or others are smaller than five cases.
    left_aside : tuple of str
        Checks that are pending or not observable in some case and judge none at all: no case is called undecided for their sake.
    cannot_fail : tuple of str
        Checks that no case can fail as the blueprint stands: to pass them says nothing.
    """

    by: str | None
    groups_hidden: int
    left_aside: tuple[str, ...]
    cannot_fail: tuple[str, ...] = ()

    columns: ClassVar[dict[str, str]] = {
        "group": "all, a value, or not recorded",
        "dimension": "one of " + ", ".join(v.DIMENSIONS),
        "state": f"measured; {NOT_MEASURED} (there is no check that counts); {NOT_JUDGED} (there are checks, and no case could be judged); "
        f"{HIDDEN} (fewer than {K} cases judged here or in another group)",
        "checks": "number of checks that count",
        "observations": "number of checks of severity observation: reported among the checks, and in no other column here",
        "cases": "cases of the group",
        "judged": "cases in which at least one check says pass, fail or allowed: the denominator of the shares; pass + allowed + fail",
        "pass": "judged cases that pass all checks that could be judged",
        "allowed": "judged cases without a fail, in which an allowance covers all that a check found",
        "fail": "judged cases with at least one fail that is not allowed",
        "undecided": "of pass and allowed those in which another check is pending or not observable (one that judges a case somewhere)",
        "pending": "cases that no check judges and at least one has pending",
        "not_observable": "cases that no check judges and none has pending, but one cannot observe",
        "not_applicable": "cases in which no check applies",
        "gross": "pass / judged, 0-1",
        "low": "lower end of its 95 % Wilson interval",
        "high": "upper end of its 95 % Wilson interval",
        "net": "(pass + allowed) / judged, 0-1",
        "net_low": "lower end of its 95 % Wilson interval",
        "net_high": "upper end of its 95 % Wilson interval",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("group", "dimension", "state", "judged", "gross", "low", "high", "net", "pass", "allowed", "fail"),
        *("undecided", "pending", "not_observable", "checks", "observations"),
    )

    def sentence(self, lang: str = "en") -> str:
        """What the table shows: the dimension with the lowest share, or the groups that differ most."""
        return _of_all(self, lang) if self.by is None else _of_groups(self, lang)

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Shares with intervals, or groups by dimensions; see :func:`mining.plots.measures.dimensions_chart`."""
        from mining.plots.measures import dimensions_chart

        return dimensions_chart(self, lang=lang, ax=ax)


def dimensions_of(study: Study, by: str | None = None, *, named: bool = False) -> Dimensions:
    """Sum up the checks of each of the seven dimensions, case by case.

    A case passes a dimension if it passes every check that could be judged there, so a dimension with more checks is harder to pass;
    shares of different dimensions are never added up or averaged. A dimension without a check is *not measured*, which is no pass.
    Cases that pass while another check is pending or not observable are counted beside, as *undecided*: where they are many, the share
    is of what the log could tell. A check that judges no case at all makes none undecided and is named in ``left_aside``. Checks of
    severity observation are reported, not counted against the rating: they are counted in ``observations`` only.

    Parameters
    ----------
    study : Study
    by : str, optional
        Group the cases as :func:`mining.segments.segments_of` does. Cases without a value are a group of their own, *not recorded*, and
        the rows *all* are of all cases. Groups of fewer than five cases are left out with their names, and so many others with them
        that the total does not give them away; in a dimension the same holds of the cases that were judged.
    named : bool
        Groups of single persons are made only where this says so.

    Returns
    -------
    Dimensions

    Raises
    ------
    UnknownNameError, MiningError
        As in :func:`mining.segments.segments_of`.

    Examples
    --------
    >>> table = study.dimensions().frame
    >>> len(table), bool((table["judged"].dropna() <= study.log.n_cases).all())
    (7, True)
    """
    n = study.instances.n_cases
    if by is None:
        groups, code, kept = [ALL], np.zeros(n, np.int64), np.zeros(1, bool)
    else:
        found = segments_of(study, by, named=named)
        groups, code = [*found.names, NOT_RECORDED], found.code
        kept = hidden(np.bincount(code, minlength=len(groups)))
    rows: list[dict[str, Any]] = []
    for dimension in v.DIMENSIONS:
        rows += _rows(study, dimension, groups, code, kept, by is not None)
    order = {name: i for i, name in enumerate([ALL, *groups])}
    frame = pd.DataFrame(rows, columns=list(Dimensions.columns))
    frame = frame.sort_values("group", key=lambda x: x.map(order), kind="stable", ignore_index=True)
    whole = ("checks", "observations", "cases", "judged", *COUNTS, "undecided")
    frame = frame.astype(dict.fromkeys(whole, "Int64"))
    provenance = study.provenance("seven dimensions" if by is None else f"seven dimensions by {by}")
    return Dimensions(frame, provenance, by, int(kept.sum()), _left_aside(study), cannot_fail_of(study))


def cannot_fail_of(study: Study) -> tuple[str, ...]:
    """Checks that no case can fail as the blueprint stands: an outcome without reopening, giving up, or cases that are judged as ended.

    Examples
    --------
    >>> cannot_fail_of(study)
    ()
    """
    known = (check for check in study.checks if check.dimension == "outcome" and check.id not in study.blueprint.checks)
    own = cannot_fail(study.blueprint.scope, study.is_open, study.has_end)
    return tuple(check.id for check in known if own and not check.count(v.FAIL))


def _left_aside(study: Study) -> tuple[str, ...]:
    """Checks that judge no case, and that are not merely about something that occurs in none."""
    counted = [check for check in study.checks if check.severity != OBSERVATION]
    return tuple(x.id for x in counted if not _judges(x) and x.count(v.NOT_APPLICABLE) < len(x.verdict))


def _judges(check: v.CheckResult) -> bool:
    return bool(np.isin(check.verdict, (v.PASS, v.FAIL)).any())


def _rows(
    study: Study, dimension: str, groups: list[str], code: np.ndarray, left_out: np.ndarray, grouped: bool
) -> Iterator[dict[str, Any]]:
    every = [check for check in study.checks if check.dimension == dimension]
    checks = [check for check in every if check.severity != OBSERVATION]
    number = (len(checks), len(every) - len(checks))
    state, undecided = _per_case(study, checks)
    n = len(groups)
    counts = np.bincount(code * len(COUNTS) + state, minlength=n * len(COUNTS)).reshape(n, len(COUNTS))
    beside = np.bincount(code[undecided], minlength=n)
    judged = counts[:, :3].sum(axis=1)
    covered = hidden(judged, already=left_out, failed=counts[:, COUNTS.index("fail")]) if grouped else left_out
    if grouped:
        yield _row(ALL, dimension, number, counts.sum(axis=0), int(beside.sum()), _too_few(counts, judged))
    for i, group in enumerate(groups):
        if not left_out[i] and counts[i].any():
            yield _row(group, dimension, number, counts[i], int(beside[i]), bool(covered[i]))


def _too_few(counts: np.ndarray, judged: np.ndarray) -> bool:
    return int(counts.sum()) < K or 0 < int(judged.sum()) < K


def _per_case(study: Study, checks: list[v.CheckResult]) -> tuple[np.ndarray, np.ndarray]:
    """Per case the position in ``COUNTS``, and whether a case that is not a fail has a check that is not decided."""
    n = study.instances.n_cases
    has = {word: np.zeros(n, bool) for word in range(len(v.VERDICTS))}
    open_ = np.zeros(n, bool)
    for check in checks:
        net = study.net(check)
        for word, cases in has.items():
            cases |= net == word
        if _judges(check):
            open_ |= np.isin(net, (v.PENDING, v.NOT_OBSERVABLE))
    state = np.full(n, v.NOT_APPLICABLE, np.int64)
    for word in (v.NOT_OBSERVABLE, v.PENDING, v.PASS, v.ALLOWED, v.FAIL):  # the last that occurs decides
        state[has[word]] = word
    names = [COUNTS.index(word) for word in v.VERDICTS]
    return np.array(names)[state], open_ & np.isin(state, (v.PASS, v.ALLOWED))


def _row(
    group: str, dimension: str, checks: tuple[int, int], counts: np.ndarray, undecided: int, covered: bool
) -> dict[str, Any]:
    row: dict[str, Any] = {"group": group, "dimension": dimension, "checks": checks[0], "observations": checks[1]}
    cases, judged = int(counts.sum()), int(counts[:3].sum())
    if covered:
        return row | {"state": HIDDEN, "cases": cases if cases >= K else None}
    row["cases"] = cases
    if not checks[0]:
        return row | {"state": NOT_MEASURED}
    row |= dict(zip(COUNTS, counts.tolist(), strict=True)) | {"judged": judged, "undecided": undecided}
    if not judged:
        return row | {"state": NOT_JUDGED}
    passed, kept = row["pass"], row["pass"] + row["allowed"]
    low, high = wilson(passed, judged)
    net_low, net_high = wilson(kept, judged)
    return row | {
        "state": MEASURED, "gross": passed / judged, "low": low, "high": high,
        "net": kept / judged, "net_low": net_low, "net_high": net_high,
    }  # fmt: skip


# --- in words --------------------------------------------------------------------------------------------------------


def _of_all(table: Dimensions, lang: str) -> str:
    rows = table.frame[table.frame["state"] == MEASURED]
    others = table.frame.loc[table.frame["state"] != MEASURED, "dimension"]
    text = say("dimensions.none", lang)
    if len(rows):
        row = rows.loc[rows["gross"].idxmin()]
        text = say(
            "dimensions.lowest", lang, n=len(rows), all=len(table.frame), name=say(f"short.{row['dimension']}", lang),
            share=percent(row["gross"], lang), judged=f"{row['judged']:,}", net=percent(row["net"], lang),
        )  # fmt: skip
        if row["undecided"]:
            text += say("dimensions.undecided", lang, n=f"{row['undecided']:,}")
        if (rows["gross"] == 1).all():
            text = say("dimensions.no_fault", lang, n=len(rows), all=len(table.frame))
    if len(others) and len(rows):
        names = say("word.listed", lang).join(say(f"short.{name}", lang) for name in others)
        text += say("dimensions.not_measured", lang, names=names)
    return text + _beside(table, lang)


def _beside(table: Dimensions, lang: str) -> str:
    """Checks that could judge no case, and those that do not count."""
    text = ""
    if table.left_aside:
        text += say("dimensions.left_aside", lang, names=say("word.listed", lang).join(table.left_aside))
    observations = int(table.frame["observations"].sum())
    if table.cannot_fail:
        text += say("dimensions.cannot_fail", lang, names=say("word.listed", lang).join(table.cannot_fail))
    return text + (say("dimensions.observations", lang, n=observations) if observations else "")


def _of_groups(table: Dimensions, lang: str) -> str:
    rows = table.frame[(table.frame["state"] == MEASURED) & (table.frame["group"] != ALL)]
    n = table.frame.loc[table.frame["group"] != ALL, "group"].nunique()
    by = say(f"selection.by.{table.by}", lang) if table.by in TIMES_AND_TEAMS else str(table.by)
    by = f" {by} " if lang == "zh" and by.isascii() else by
    text = say("dimensions.groups", lang, n=n, by=by)
    if table.groups_hidden:
        text += say("dimensions.hidden", lang, n=table.groups_hidden, k=K)
    rows = rows[(rows["judged"] >= ENOUGH) & (rows["undecided"] <= MOST_UNDECIDED * rows["judged"])]
    spread = rows.groupby("dimension")["gross"].agg(lambda x: x.max() - x.min())
    if not len(spread) or spread.max() == 0:
        return text + say("dimensions.no_difference", lang, n=ENOUGH, share=f"{MOST_UNDECIDED:.0%}"[:-1])
    of = rows[rows["dimension"] == spread.idxmax()]
    least, most = of.loc[of["gross"].idxmin()], of.loc[of["gross"].idxmax()]
    apart = "dimensions.apart" if least["high"] < most["low"] else "dimensions.overlap"
    return text + say(
        "dimensions.difference", lang, name=say(f"short.{least['dimension']}", lang),
        least=group_label(least["group"], lang), least_share=percent(least["gross"], lang), least_n=f"{least['judged']:,}",
        most=group_label(most["group"], lang), most_share=percent(most["gross"], lang), most_n=f"{most['judged']:,}",
        apart=say(apart, lang),
    )  # fmt: skip
