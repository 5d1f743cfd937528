"""Times of cases summed up: complete cases only, with the running ones counted beside, of all or by group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.promises import METHOD, Lengths, length_words, lengths_kept
from mining.results import Provenance, Result
from mining.segments import ALL, NOT_RECORDED, group_label, segments_of
from mining.suppression import K, hidden
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from mining.times.cases import CaseTimes

MEASURES = ("throughput", "processing", "busy", "idle", "waiting", "present", "flow_efficiency", "waiting_share")
QUOTIENTS = {"flow_efficiency": "busy_s", "waiting_share": "waiting_s"}  # over throughput_s
ENOUGH = 20  # observations from which a percentile is given
MEASURED, NOT_MEASURED, HIDDEN = "measured", "not measured", "hidden"
QUANTILES = {"p25": 0.25, "median": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95}


@dataclass(frozen=True, eq=False, repr=False)
class TimeSummary(Result):
    """One row per measure, or per group and measure, over complete cases. Made by :meth:`mining.times.cases.CaseTimes.summary`.

    Attributes
    ----------
    by : str or None
        What the cases are grouped by.
    groups_hidden : int
        Groups that are left out, names and all, because they or others are smaller than five cases.
    calendar : str or None
        Calendar in whose open time the lengths are; None: clock time.
    """

    by: str | None
    groups_hidden: int
    calendar: str | None

    columns: ClassVar[dict[str, str]] = {
        "group": "all, a value, or not recorded",
        "measure": "one of " + ", ".join(MEASURES) + ": as the columns of CaseTimes",
        "unit": "s, or share for the two quotients",
        "state": f"{MEASURED}; {NOT_MEASURED} (in no complete case); {HIDDEN} (fewer than {K} cases measured here or in another group)",
        "n": "complete cases in which it is measured: what all numbers but km_median are of",
        "not_measured": "complete cases in which it is not",
        "running": "cases that still run: in none of the numbers but km_median",
        "no_start": "of n those that do not begin as designed: cut off by the extract, or begun in another way",
        "mean": "sum / n",
        "p25": f"value that 25 % of the n do not exceed, one that was measured; percentiles are missing where n is less than {ENOUGH}",
        "median": "the same for 50 %",
        "p75": "the same for 75 %",
        "p90": "the same for 90 %",
        "p95": "the same for 95 %",
        "min": "least",
        "max": "greatest",
        "sum": "of all n; missing for the quotients",
        "overall": "of the quotients: sum of the part / sum of the throughput over the same n cases; missing for the others",
        "km_median": "median throughput with the running cases as censored (Kaplan-Meier); missing for the other measures, and where fewer "
        "than half are seen to end",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("group", "measure", "unit", "n", "not_measured", "running", "mean", "p25", "median", "p75", "p90", "p95"),
        *("min", "max", "overall", "km_median"),
    )

    def sentence(self, lang: str = "en") -> str:
        """What the table shows: the throughput of all, or the groups whose medians differ most."""
        return _of_groups(self, lang) if self.by else _throughput(self.frame.iloc[0], lang, self.calendar)

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """The middle half, median and 90 % of each measure, or of the throughput of each group; see :mod:`mining.plots.times`."""
        from mining.plots.times import summary_chart

        return summary_chart(self, lang=lang, ax=ax)


def summarised(times: CaseTimes, by: str | None = None, *, named: bool = False) -> TimeSummary:
    """Sum up the times of cases; parameters as in :meth:`mining.times.cases.CaseTimes.summary`.

    Examples
    --------
    >>> table = study.times().summary().frame.set_index("measure")
    >>> bool(table.loc["throughput", "median"] <= table.loc["throughput", "p90"])
    True
    """
    n_cases = len(times.frame)
    if by is None:
        names, code, left_out = [], np.zeros(n_cases, np.int64), np.zeros(1, bool)
    else:
        found = segments_of(times.study, by, named=named)
        names, code = [*found.names, NOT_RECORDED], found.code
        left_out = hidden(np.bincount(code, minlength=len(names)))
    complete = times.frame["complete"].to_numpy()
    rows: list[dict[str, Any]] = []
    for measure in MEASURES:
        n = np.bincount(code[complete & ~np.isnan(_values(times, measure))], minlength=len(left_out))
        covered = hidden(n, already=left_out) if by else left_out
        rows.append(_row(times, ALL, measure, np.ones(n_cases, bool), by is not None and 0 < n.sum() < K))
        for i in np.flatnonzero(~left_out).tolist() if by else ():
            if (code == i).any():
                rows.append(_row(times, names[i], measure, code == i, bool(covered[i])))
    order = {name: i for i, name in enumerate([ALL, *names])}
    frame = pd.DataFrame(rows, columns=list(TimeSummary.columns))
    frame = frame.sort_values("group", key=lambda x: x.map(order), kind="stable", ignore_index=True)
    frame = frame.astype(dict.fromkeys(("n", "not_measured", "running", "no_start"), "Int64"))
    p = times.provenance
    measure = "times of cases, summed up" + (f" by {by}" if by else "")
    provenance = Provenance(measure, p.log, p.blueprint, p.n_cases, p.parameters)
    return TimeSummary(frame, provenance, by, int(left_out.sum()), times.calendar)


def _values(times: CaseTimes, measure: str) -> np.ndarray:
    return times.frame[measure if measure in QUOTIENTS else f"{measure}_s"].to_numpy(float)


def _row(times: CaseTimes, group: str, measure: str, of: np.ndarray, covered: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"group": group, "measure": measure, "unit": "share" if measure in QUOTIENTS else "s"}
    if covered:
        return row | {"state": HIDDEN}
    complete = times.frame["complete"].to_numpy() & of
    every = _values(times, measure)
    rows = np.flatnonzero(complete & ~np.isnan(every))
    value, n = np.sort(every[rows]), len(rows)
    row |= {
        "n": n,
        "not_measured": int(complete.sum()) - n,
        "running": int((of & ~times.frame["complete"].to_numpy()).sum()),
    }
    row["no_start"] = int((~times.frame["has_start"].to_numpy()[rows]).sum())
    if not n:
        return row | {"state": NOT_MEASURED, "km_median": _km(times, of) if measure == "throughput" else np.nan}
    row |= {"state": MEASURED, "mean": float(value.mean()), "min": value[0], "max": value[-1]}
    if n >= ENOUGH:
        row |= {name: float(np.quantile(value, share, method=METHOD)) for name, share in QUANTILES.items()}
    if measure in QUOTIENTS:
        part, whole = (times.frame[name].to_numpy(float)[rows].sum() for name in (QUOTIENTS[measure], "throughput_s"))
        return row | {"overall": part / whole}
    return row | {"sum": float(value.sum()), "km_median": _km(times, of) if measure == "throughput" else np.nan}


def _km(times: CaseTimes, of: np.ndarray) -> float:
    """Median throughput with running cases as censored; missing where fewer than the observations of a percentile are seen."""
    finished = times.frame["complete"].to_numpy()
    value = np.where(finished, times.frame["throughput_s"].to_numpy(float), times.running_s)
    rows = np.flatnonzero(of & ~np.isnan(value))
    if len(rows) < ENOUGH:
        return np.nan
    return lengths_kept(Lengths(rows, value[rows], finished[rows], np.zeros(len(rows), bool), 0.0), 0.5)


# --- in words --------------------------------------------------------------------------------------------------------


def told(times: CaseTimes, lang: str) -> str:
    """What a table of case times says."""
    table = summarised(times).frame.set_index("measure", drop=False)
    text = _throughput(table.loc["throughput"], lang, times.calendar)
    if times.calendar:
        text += say("times.calendar", lang, calendar=times.calendar)
    if not times.has_starts:
        return text + say("times.no_starts", lang)
    row = table.loc["flow_efficiency"]
    if not row["n"]:
        worked = times.frame.loc[times.frame["complete"], "busy_s"].notna().any()
        return text + say("times.no_length" if worked else "times.no_work", lang)
    text += say("times.efficiency", lang, share=percent(row["overall"], lang), n=f"{row['n']:,}")
    done = times.frame["complete"].to_numpy() & times.frame["flow_efficiency"].notna().to_numpy()
    measured, of = (int(times.frame.loc[done, name].sum()) for name in ("n_measured", "n_instances"))
    if measured < of:
        text += say("times.bound", lang, lost=f"{of - measured:,}", of=f"{of:,}")
    return text


def _throughput(row: pd.Series, lang: str, calendar: str | None) -> str:
    n, running = f"{row['n']:,}", row["running"]
    if row["state"] != MEASURED:
        return say("times.none", lang, running=f"{running:,}")
    if np.isnan(row["median"]):
        text = say("times.few", lang, n=n, mean=time_words(row["mean"], lang, calendar), enough=ENOUGH)
    else:
        words = {"median": time_words(row["median"], lang, calendar), "p90": time_words(row["p90"], lang, calendar)}
        text = say("times.throughput", lang, n=n, **words)
    if running:
        km = row["km_median"]
        text += (
            say("times.running_unknown", lang, running=f"{running:,}")
            if np.isnan(km)
            else say("times.running", lang, running=f"{running:,}", km=time_words(km, lang, calendar))
        )
    if row["no_start"]:
        text += say("times.cut", lang, n=f"{row['no_start']:,}")
    return text


def _of_groups(table: TimeSummary, lang: str) -> str:
    rows = table.frame[table.frame["measure"] == "throughput"]
    text = _throughput(rows.iloc[0], lang, table.calendar) if rows.iloc[0]["state"] != HIDDEN else ""
    rows = rows[(rows["group"] != ALL) & rows["median"].notna()]
    if len(rows) > 1 and rows["median"].max() > rows["median"].min():
        least, most = rows.loc[rows["median"].idxmin()], rows.loc[rows["median"].idxmax()]
        text += say(
            "times.groups", lang, by=table.by, least=group_label(least["group"], lang), most=group_label(most["group"], lang),
            least_median=time_words(least["median"], lang, table.calendar), least_n=f"{least['n']:,}",
            most_median=time_words(most["median"], lang, table.calendar), most_n=f"{most['n']:,}",
        )  # fmt: skip
    if table.groups_hidden:
        text += say("times.hidden", lang, n=table.groups_hidden, k=K)
    return text.strip()


def time_words(seconds: float, lang: str, calendar: str | None) -> str:
    """A length as people read it; open time in hours, since a day of it is no day of the clock."""
    return length_words(seconds, "s", lang) if calendar is None else length_words(seconds / 3600, "bh", lang)


def lengths_of_cases(times: CaseTimes, measure: str) -> np.ndarray:
    """A measure of the complete cases in which it is measured, ascending."""
    every = _values(times, measure)
    return np.sort(every[times.frame["complete"].to_numpy() & ~np.isnan(every)])


def parts(values: np.ndarray) -> Iterator[tuple[str, float]]:
    """Median and 90 % of enough values, by the name of the percentile."""
    if len(values) >= ENOUGH:
        for name in ("median", "p90"):
            yield name, float(np.quantile(values, QUANTILES[name], method=METHOD))
