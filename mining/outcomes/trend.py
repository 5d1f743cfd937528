"""Indicators by period: cases belong to the period in which they began, and a period is read only when it is old enough.

It is too early for a period while more than 5 % of its cases still run and are younger than the time in which 95 % of the ended cases
ended: the slow ones would be missing, and recent periods would always look good. Cases that still run though they are older than that have
been left lying; they are counted (``running``) and keep no period from being read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.errors import UnknownNameError
from mining.outcomes.parts import endings_of
from mining.results import Provenance, Result
from mining.segments import PERIODS, segments_of
from mining.suppression import K, hidden
from mining.texts import say
from mining.units import MISSING

if TYPE_CHECKING:
    from mining.outcomes.kpis import Indicator, Kpis
    from mining.study import Study

EARLY = 0.05  # share of the cases of a period that are still young and run, above which nothing is said of it
OLD = 0.95  # share of the ended cases that ended in the time after which a case is no longer young
MEASURED, TOO_EARLY, HIDDEN, NOTHING = "measured", "too early", "hidden", "nothing"


@dataclass(frozen=True, eq=False, repr=False)
class KpiTrend(Result):
    """One row per indicator and period. Made by :meth:`mining.outcomes.kpis.Kpis.trend`.

    Attributes
    ----------
    period : str
        month, week or quarter.
    outside : dict of str to int
        Per indicator the observations without a period: answers that name no case of the log, cases without a moment.
    """

    period: str
    outside: dict[str, int]

    columns: ClassVar[dict[str, str]] = {
        "kpi": "id of the indicator",
        "name_en": "its name in English",
        "name_zh": "the same in Chinese",
        "period": "in which the cases began",
        "cases": "all cases that began in it",
        "running": "of them those that still run",
        "young": "of these those that are younger than the time in which 95 % of the ended cases ended",
        "state": f"{MEASURED}; {TOO_EARLY}: more than {EARLY:.0%} of the cases are young and still run, so that the slow ones would be "
        f"missing; {HIDDEN}: fewer than {K} observations here or in another period; {NOTHING}: no observation",
        "unit": "as in the table of indicators",
        "value": "in unit (a share: between 0 and 1); missing where state is not measured",
        "n": "cases or answers that it is computed of; missing where hidden",
        "low": "lower end of its interval, for 95 of 100 samples",
        "high": "upper end of it",
        "method": "how the interval was made; empty where there is none",
        "target": "in unit; missing where there is none",
        "met": "whether the value reaches the target; missing where there is none, or no value",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("kpi", "period", "cases", "running", "young", "state", "value", "n", "low", "high", "target", "met"),
    )

    def sentence(self, lang: str = "en") -> str:
        """From which period to which there are figures, and which periods are too early to be read."""
        table = self.frame
        seen = table.loc[table["state"] == MEASURED, "period"]
        if seen.empty:
            return say("outcomes.trend.none", lang)
        said = say("outcomes.trend", lang, first=seen.min(), last=seen.max(), n=table["kpi"].nunique())
        early = sorted(set(table.loc[table["state"] == TOO_EARLY, "period"]))
        names = say("word.listed", lang).join(early)
        return said + (say("outcomes.trend.early", lang, names=names) if early else "")


def trend_of(kpis: Kpis, period: str = "month") -> KpiTrend:
    """Compute indicators by the period in which the cases began.

    Parameters
    ----------
    kpis : Kpis
    period : {"month", "week", "quarter"}
        By the clock of the blueprint's zone.

    Returns
    -------
    KpiTrend

    Raises
    ------
    UnknownNameError
        For another period.

    Examples
    --------
    >>> from mining.outcomes.kpis import kpis_of
    >>> table = trend_of(kpis_of(study)).frame
    >>> int(table.loc[table["kpi"] == "first_time_right", "n"].sum())
    2000
    """
    if period not in PERIODS:
        raise UnknownNameError("period", period, PERIODS)
    study = kpis.study
    groups = segments_of(study, period)
    k = len(groups.names)
    cases = np.bincount(groups.code, minlength=k + 1)[:k]
    runs = endings_of(study).running
    young = runs & (study.instances.now - study.instances.case_start < grown_up(study, runs))
    running, young_ones = (np.bincount(groups.code, x, minlength=k + 1)[:k].astype(int) for x in (runs, young))
    counts = pd.DataFrame({"cases": cases, "running": running, "young": young_ones})
    rows: list[dict[str, Any]] = []
    outside: dict[str, int] = {}
    for item in kpis.items:
        of_case = np.append(groups.code, k)  # answers without a case have the last place
        code = of_case[item.observed.case]
        outside[item.id] = int((code == k).sum())
        rows += _rows(item, groups.names, code, counts)
    p = kpis.provenance
    provenance = Provenance(
        f"indicators by {period}",
        p.log,
        p.blueprint,
        p.n_cases,
        p.parameters | {"too early": f"over {EARLY:.0%} young and running"},
    )
    frame = pd.DataFrame(rows, columns=list(KpiTrend.columns)).astype({"n": "Int64", "target": float})
    return KpiTrend(frame, provenance, period, {id: n for id, n in outside.items() if n})


def grown_up(study: Study, running: np.ndarray) -> float:
    """The time in which 95 % of the cases that are over ended, microseconds; infinite where none is over.

    Examples
    --------
    >>> round(grown_up(study, endings_of(study).running) / 86_400e6)
    19
    """
    x = study.instances
    over = ~running & (x.case_start != MISSING)
    if not over.any():
        return np.inf
    return float(np.quantile((x.case_end - x.case_start)[over], OLD, method="inverted_cdf"))


def _rows(item: Indicator, names: tuple[str, ...], code: np.ndarray, counts: pd.DataFrame) -> list[dict[str, Any]]:
    sizes = np.bincount(code, minlength=len(names) + 1)[: len(names)]
    covered = hidden(sizes)
    early = counts["young"] > EARLY * counts["cases"]
    found = []
    for i, name in enumerate(names):
        n = int(sizes[i])
        state = HIDDEN if covered[i] else TOO_EARLY if early[i] else MEASURED if n else NOTHING
        row = {
            "kpi": item.id, "name_en": item.name["en"], "name_zh": item.name["zh"], "period": name, **counts.iloc[i].to_dict(),
            "state": state, "unit": item.observed.unit, "value": np.nan, "n": pd.NA if covered[i] else n, "low": np.nan, "high": np.nan,
            "method": "", "target": item.target, "met": None,
        }  # fmt: skip
        if state == MEASURED:
            x = item.estimate(code == i)
            row |= {"value": x.value, "low": x.low, "high": x.high, "method": x.method, "met": item.met(x.value)}
        found.append(row)
    return found
