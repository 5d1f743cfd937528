"""What mystery shoppers and inspections found: pass rates, how the visits were spread, and who went."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.errors import MiningError
from mining.results import Result, wilson
from mining.texts import say
from mining.voice.tables import Mystery

if TYPE_CHECKING:
    from mining.study import Study

DAYPARTS = {
    "night": (0, 6),
    "morning": (6, 12),
    "afternoon": (12, 18),
    "evening": (18, 24),
}  # hours by the clock of the zone
MOST_BY_ONE = 0.5  # share of the visits by one shopper above which they say as much about the shopper


@dataclass(frozen=True, eq=False, repr=False)
class PassRates(Result):
    """Pass rate of each standard, critical ones first. Made by :func:`pass_rates`."""

    columns: ClassVar[dict[str, str]] = {
        "standard_id": "id of the standard or rule",
        "source": "mystery or inspection",
        "critical": "whether it is critical: said in the table, else by the severity in the blueprint; missing where neither does",
        "touchpoint": "touchpoint of the standard in the blueprint; empty where not known",
        "passed": "visits that passed",
        "failed": "visits that failed",
        "na": "visits where it did not apply, no part of the rate",
        "unjudged": "visits with a score and no result, no part of the rate",
        "judged": "visits that passed or failed",
        "share": "share of the judged that passed, 0-1",
        "low": "lower end of its 95 % Wilson interval, as an estimate of the process, 0-1",
        "high": "upper end of it, 0-1",
        "fail_up_to": "share of failures that the visits do not rule out (1 - low), 0-1: all passed is not always",
        "mean_score": "mean of the scores, where there are any",
        "known": "whether the blueprint has the standard; missing without a study",
    }
    shown: ClassVar[tuple[str, ...]] = (
        "standard_id",
        "source",
        "critical",
        "passed",
        "judged",
        "share",
        "low",
        "high",
        "fail_up_to",
    )

    def sentence(self, lang: str = "en") -> str:
        """Critical standards apart from the others; what no failure does not rule out."""
        rows = self.frame[self.frame["judged"] > 0]
        if rows.empty:
            return say("voice.mystery.none", lang)
        is_critical = rows["critical"].eq(True).to_numpy(bool)
        said = ""
        for key, part in (("critical", rows[is_critical]), ("others", rows[~is_critical])):
            if len(part):
                failing = int((part["failed"] > 0).sum())
                said += say(f"voice.mystery.{key}", lang, n=len(part), failing=failing) + _lowest(part, lang)
        return said.strip()

    def plot(self, *, ax: Any = None, lang: str = "en") -> Any:
        """Pass rates with their intervals, critical standards on top and in another colour."""
        from mining.plots.voice import mystery_chart

        return mystery_chart(self, ax=ax, lang=lang)


@dataclass(frozen=True, eq=False, repr=False)
class VisitPlan(Result):
    """Visits by site, daypart and scenario. Made by :func:`visit_plan`."""

    columns: ClassVar[dict[str, str]] = {
        "site": "site",
        "daypart": "part of the day",
        "scenario": "scenario; empty: none is named",
        "visits": "visits made",
        "wanted": "visits wanted",
        "missing": "visits still to make",
    }

    def sentence(self, lang: str = "en") -> str:
        """How many of the cells are covered."""
        done = int((self.frame["missing"] == 0).sum())
        return say(
            "voice.plan.told",
            lang,
            done=f"{done:,}",
            of=f"{len(self.frame):,}",
            missing=f"{int(self.frame['missing'].sum()):,}",
        )


@dataclass(frozen=True, eq=False, repr=False)
class Rotation(Result):
    """How the visits are spread over shoppers; nobody is named. Made by :func:`rotation_of`."""

    columns: ClassVar[dict[str, str]] = {
        "site": "site; all: of all sites",
        "visits": "visits",
        "unnamed": "visits without a shopper",
        "shoppers": "different shoppers",
        "largest": "share of the visits with a shopper that one of them made, 0-1",
        "repeats": "visits by a shopper who had been at the site before",
        "warning": "two visits or more, and one shopper made more than half of them",
    }

    def sentence(self, lang: str = "en") -> str:
        """The share of visits by one shopper."""
        row = self.frame.iloc[0]
        if not row["shoppers"]:
            return say("voice.rotation.none", lang)
        said = say(
            "voice.rotation.told", lang, visits=f"{row['visits']:,}", shoppers=row["shoppers"], largest=f"{100 * row['largest']:.0f}"
        )  # fmt: skip
        sites = int(self.frame["warning"].iloc[1:].sum())
        return said + (say("voice.rotation.warning", lang, n=sites) if sites or row["warning"] else "")


def _lowest(rows: pd.DataFrame, lang: str) -> str:
    """The standard with the lowest rate, of equal ones that with the fewest visits."""
    row = rows.sort_values(["share", "judged"], kind="stable").iloc[0]
    values = {
        "standard": row["standard_id"], "passed": f"{row['passed']:,}", "judged": f"{row['judged']:,}",
        "low": f"{100 * row['low']:.1f}", "high": f"{100 * row['high']:.1f}", "limit": f"{100 * row['fail_up_to']:.1f}",
    }  # fmt: skip
    return say("voice.mystery.worst" if row["failed"] else "voice.mystery.all_passed", lang, **values)


def pass_rates(mystery: Mystery, study: Study | None = None) -> PassRates:
    """Pass rate of every standard with its Wilson interval; mystery visits and inspections apart, critical standards never averaged away.

    Parameters
    ----------
    mystery : Mystery
    study : Study, optional
        Its blueprint says the touchpoint of each standard and, where the table does not, whether it is critical.

    Examples
    --------
    >>> from mining.voice import read_mystery
    >>> import pandas as pd
    >>> table = pd.DataFrame({"visit_id": range(59), "visited_at": "2026-03-02T09:00Z", "site": "n", "standard_id": "s", "result": "pass"})
    >>> round(float(pass_rates(read_mystery(table)).frame["fail_up_to"][0]), 3)
    0.061
    """
    checks = {} if study is None else study.blueprint.checks
    rows = []
    for (standard, source), part in mystery.frame.groupby(["standard_id", "source"], sort=True):
        counts = part["result"].value_counts()
        passed, failed, na = (int(counts.get(x, 0)) for x in ("pass", "fail", "na"))
        judged = passed + failed
        low, high = wilson(passed, judged)
        spec = checks.get(str(standard))
        said = part["critical"].dropna()
        critical = bool(said.iloc[0]) if len(said) else None if spec is None else spec.severity == "critical"
        rows.append(
            {
                "standard_id": standard, "source": source, "critical": critical,
                "touchpoint": getattr(spec, "touchpoint", None) or "", "passed": passed, "failed": failed, "na": na,
                "unjudged": len(part) - judged - na, "judged": judged, "share": passed / judged if judged else math.nan, "low": low,
                "high": high, "fail_up_to": 1 - low, "mean_score": float(part["score"].mean()),
                "known": None if study is None else spec is not None,
            }
        )  # fmt: skip
    made = pd.DataFrame(rows, columns=list(PassRates.columns))
    made = made.assign(critical=made["critical"].astype(object), known=made["known"].astype(object))
    rank = made["critical"].map({True: 0, False: 1}).fillna(2)
    made = made.iloc[np.lexsort((made["standard_id"], made["source"], made["share"].fillna(2), rank))]
    provenance = (mystery if study is None else study).provenance("mystery visits and inspections")
    return PassRates(made.reset_index(drop=True), provenance)


def visit_plan(
    mystery: Mystery,
    *,
    tz: str = "UTC",
    sites: Sequence[str] | None = None,
    dayparts: Mapping[str, tuple[int, int]] | None = None,
    scenarios: Sequence[str] | None = None,
    per_cell: int = 1,
) -> VisitPlan:
    """Visits made and still to make, by site, part of the day and scenario.

    Parameters
    ----------
    mystery : Mystery
    tz : str
        Zone whose clock tells the part of the day, where the table does not name it.
    sites, scenarios : sequence of str, optional
        What the plan wants. None: what the table has.
    dayparts : mapping of str to (int, int), optional
        Name to first hour and the hour after the last. None: night 0-6, morning 6-12, afternoon 12-18, evening 18-24; of these the plan
        wants those with a visit.
    per_cell : int
        Visits wanted in each cell.

    Raises
    ------
    MiningError
        If the hours of two parts overlap, or a number makes no sense.

    Examples
    --------
    >>> from mining.voice import read_mystery
    >>> import pandas as pd
    >>> table = pd.DataFrame({"visit_id": [1, 2], "visited_at": ["2026-03-02T09:00Z", "2026-03-02T15:00Z"], "site": ["n", "s"],
    ...                       "standard_id": "s", "result": "pass"})
    >>> visit_plan(read_mystery(table)).frame[["site", "daypart", "missing"]].values.tolist()
    [['n', 'morning', 0], ['n', 'afternoon', 1], ['s', 'morning', 1], ['s', 'afternoon', 0]]
    """
    if per_cell < 1:
        raise MiningError(f"per_cell: at least 1 visit is wanted in a cell, not {per_cell}.")
    visits = mystery.frame[mystery.frame["source"] == "mystery"].drop_duplicates("visit_id")
    parts = DAYPARTS if dayparts is None else dict(dayparts)
    part = _dayparts(visits, parts, tz)
    visits = visits.assign(daypart=part, scenario=visits["scenario"].fillna(""))
    wanted_sites = sorted(set(visits["site"])) if sites is None else list(dict.fromkeys(sites))
    named = [x for x in parts if dayparts is not None or (part == x).any()]
    named += sorted(set(part[~np.isin(part.astype(str), [*parts, "other"])].tolist()))
    wanted_scenarios = sorted(set(visits["scenario"])) if scenarios is None else list(dict.fromkeys(scenarios))
    made = visits.groupby(["site", "daypart", "scenario"]).size()
    cells = pd.MultiIndex.from_product([wanted_sites, named, wanted_scenarios], names=["site", "daypart", "scenario"])
    outside = int(made.sum() - made.reindex(cells).sum())
    table = made.reindex(cells, fill_value=0).rename("visits").reset_index()
    table["wanted"] = per_cell
    table["missing"] = (per_cell - table["visits"]).clip(lower=0)
    settings = {"tz": tz, "per_cell": per_cell, "visits outside the plan": outside}
    return VisitPlan(table, mystery.provenance("plan of mystery visits", **settings))


def _dayparts(visits: pd.DataFrame, parts: Mapping[str, tuple[int, int]], tz: str) -> np.ndarray:
    """The part of the day of each visit: as the table says, else by the clock; other: in none of them."""
    spans = sorted((low, high) for low, high in parts.values())
    if any(not 0 <= low < high <= 24 for low, high in spans) or any(
        a[1] > b[0] for a, b in zip(spans, spans[1:], strict=False)
    ):
        raise MiningError(f"dayparts: hours lie between 0 and 24 and no two parts overlap, not {dict(parts)!r}.")
    local = pd.DatetimeIndex(visits["visited_at"].to_numpy("M8[us]")).tz_localize("UTC").tz_convert(tz)
    hour = local.hour.to_numpy()
    found = np.full(len(visits), "other", object)
    for name, (low, high) in parts.items():
        found[(hour >= low) & (hour < high)] = name
    named = visits["daypart"].notna().to_numpy()
    found[named] = visits["daypart"].to_numpy()[named]
    return found


def rotation_of(mystery: Mystery) -> Rotation:
    """How the mystery visits of each site are spread over shoppers, without their names.

    Parameters
    ----------
    mystery : Mystery

    Examples
    --------
    >>> from mining.voice import read_mystery
    >>> import pandas as pd
    >>> table = pd.DataFrame({"visit_id": range(4), "visited_at": "2026-03-02T09:00Z", "site": "n", "standard_id": "s", "result": "pass",
    ...                       "shopper": ["a", "a", "a", "b"]})
    >>> rotation_of(read_mystery(table)).frame[["visits", "shoppers", "largest", "repeats"]].values.tolist()[0]
    [4.0, 2.0, 0.75, 2.0]
    """
    visits = mystery.frame[mystery.frame["source"] == "mystery"].drop_duplicates("visit_id")
    groups = [("all", visits), *visits.groupby("site", sort=True)]
    rows = []
    for site, part in groups:
        counts = part["shopper"].value_counts()
        named = int(counts.sum())
        largest = float(counts.max() / named) if named else math.nan
        repeats = int(part.dropna(subset=["shopper"]).duplicated(["site", "shopper"]).sum())
        rows.append(
            {
                "site": site, "visits": len(part), "unnamed": len(part) - named, "shoppers": len(counts), "largest": largest,
                "repeats": repeats, "warning": bool(named >= 2 and largest > MOST_BY_ONE),
            }
        )  # fmt: skip
    made = pd.DataFrame(rows, columns=list(Rotation.columns))
    return Rotation(made, mystery.provenance("rotation of shoppers", most_by_one=MOST_BY_ONE))


__all__ = ["PassRates", "Rotation", "VisitPlan", "pass_rates", "rotation_of", "visit_plan"]
