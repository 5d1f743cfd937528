"""Studies of simulated cases whose middle step is missing with a known chance in each week."""

import numpy as np
import pandas as pd

import mining
from mining.findings import finding_id
from tests.helpers import blueprint

LOG = {
    "case": "case",
    "activity": "activity",
    "timestamp": "end",
    "start": "start",
    "resource": "resource",
    "attributes": {"region": "region"},
}
NORM = blueprint(list("abc"), "abc", log=LOG, effective={"from": "2024-01-01"})
FINDING = finding_id("test", ("path", "missing", "b", ""))


def made(rates, *, norm=NORM, **more):
    """A study of the events of :func:`table_of`."""
    return of_table(table_of(rates, **more), norm)


def of_table(table, norm=NORM):
    """A study of some of these events."""
    return mining.Study(mining.EventLog.from_frame(table.reset_index(drop=True), columns=norm.binding), norm)


def table_of(rates, *, per=50, seed=0, start="2025-01-06", by_region=None, north=None, regions=None, running=0):
    """Events: ``per`` cases a week on working days from Monday on, over in one to four days, each without b with the chance of its week.

    ``by_region`` adds a chance by region; ``north`` is the share of the north by week; ``regions`` gives the regions of n cases; the
    last ``running`` cases never end.
    """
    rng = np.random.default_rng(seed)
    n, week = len(rates) * per, np.repeat(np.arange(len(rates)), per)
    first = np.sort(week * 7 * 1440 + rng.integers(0, 5, n) * 1440 + rng.integers(480, 1000, n))
    length = rng.integers(1440, 4 * 1440, n)
    share = np.full(len(rates), 0.5) if north is None else np.asarray(north)
    region = regions(n) if regions else np.where(rng.random(n) < share[week], "North", "South")
    chance = np.asarray(rates)[week] + (0 if by_region is None else np.array([by_region[x] for x in region]))
    has_b, ends = rng.random(n) >= chance, np.arange(n) < n - running
    minute = {"A": first, "B": first + length // 2, "C": first + length}
    kept = {"A": np.ones(n, bool), "B": has_b, "C": ends}
    names = np.array([f"c{i:05d}" for i in range(n)], object)
    parts = [
        pd.DataFrame({"case": names, "activity": x, "minute": minute[x], "region": region})[kept[x]] for x in "ABC"
    ]
    table = pd.concat(parts, ignore_index=True)
    table["end"] = pd.Timestamp(start, tz="UTC") + pd.to_timedelta(table.pop("minute"), unit="min")
    table["start"], table["resource"] = pd.Series(pd.NaT, index=table.index, dtype="datetime64[us, UTC]"), "ann"
    return table
