"""Cases in work over time, arrivals and departures, and Little's law as a check of the sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.errors import MiningError
from mining.results import Provenance, Result
from mining.texts import say
from mining.times.instances import instance_times
from mining.times.spans import DAY, HOUR, WEEK, spans_of
from mining.units import MICROSECONDS, MISSING, readable

if TYPE_CHECKING:
    from mining.study import Study

EXACT = 1e-9  # relative difference from which on the sums do not add up
BINS = {"hour": HOUR, "day": DAY, "week": WEEK}
MOST = {"hour": 4 * DAY, "day": 800 * DAY}  # longest log for which a bin is taken


@dataclass(frozen=True, eq=False, repr=False)
class Load(Result):
    """One row per hour, day or week from the first to the last moment of the log. Made by :func:`load_of`.

    Attributes
    ----------
    bin : str
        hour, day or week.
    tz : str
        Zone by whose clock they are.
    begin, until : int64 arrays of shape (n,)
        Of each case that has them its first moment, and its last one or, while it runs, the end of the log (microseconds UTC).
    departed : bool array of shape (n,)
        Cases that have ended.
    given_up : bool array of shape (n,)
        Cases without an end that were silent for longer than the blueprint's ``abandoned_after``: they count as in work all the same.
    """

    bin: str
    tz: str
    begin: np.ndarray
    until: np.ndarray
    departed: np.ndarray
    given_up: np.ndarray

    columns: ClassVar[dict[str, str]] = {
        "begin": "when the hour, day or week begins by the local clock, as a moment UTC; the first row begins with the log",
        "end": "when it ends; the last row ends with the log",
        "arrivals": "cases that began in it",
        "departures": "cases that ended in it",
        "work_in_progress": "cases in work, averaged over the time of the row; running cases, also those given up, are in work up to the "
        "end of the log",
        "at_end": "cases in work at its end: arrivals - departures so far",
        "throughput_s": "mean throughput time of the cases that ended in it, seconds; missing where none did",
    }

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table by the local clock, for the notebook."""
        return self.frame.assign(**{name: self.frame[name].dt.tz_convert(self.tz) for name in ("begin", "end")})

    def sentence(self, lang: str = "en") -> str:
        """How many cases were in work, where the most were, and whether Little's law adds up."""
        rows = self.frame
        if rows["begin"].iloc[0] == rows["end"].iloc[-1]:
            return say("load.empty", lang)
        little = self.little().frame.set_index("form")
        span = (rows["end"] - rows["begin"]).dt.total_seconds()
        peak = rows.loc[rows["work_in_progress"].idxmax()]
        clipped, whole = little.loc["clipped"], little.loc["whole cases"]
        at = peak["begin"].tz_convert(self.tz)
        text = say(
            "load.most", lang, mean=f"{np.average(rows['work_in_progress'], weights=np.maximum(span, 1e-6)):,.1f}",
            peak=f"{peak['work_in_progress']:,.1f}", at=f"{at:%Y-%m-%d}", bin=say(f"load.bin.{self.bin}", lang),
            arrivals=f"{int(rows['arrivals'].sum()):,}", departures=f"{int(rows['departures'].sum()):,}",
        )  # fmt: skip
        text += self._given_up(lang)
        adds_up = "load.little" if abs(clipped["difference"]) < EXACT else "load.little_off"
        text += say(
            adds_up, lang, wip=f"{clipped['wip']:,.4g}", rate=f"{clipped['rate_per_day']:,.4g}",
            time=readable(clipped["time_s"], lang),
        )  # fmt: skip
        if np.isnan(whole["difference"]):
            return text
        return text + say(
            "load.whole",
            lang,
            product=f"{whole['product']:,.4g}",
            difference=f"{round(100 * whole['difference'], 1) + 0.0:+.1f}",
        )

    def _given_up(self, lang: str) -> str:
        """The part of the cases in work that nobody works on any more."""
        n = int(self.given_up.sum())
        length = (self.frame["end"].iloc[-1] - self.frame["begin"].iloc[0]).total_seconds()
        if not n:
            return ""
        spent = (self.until - self.begin)[self.given_up].sum() / MICROSECONDS
        return say(
            "load.given_up", lang, n=f"{n:,}", of=f"{int((~self.departed).sum()):,}", mean=f"{spent / length:,.1f}"
        )

    def little(self, begin: pd.Timestamp | None = None, end: pd.Timestamp | None = None) -> Little:
        """Little's law over a closed window, by default the whole log; see :class:`Little`.

        Parameters
        ----------
        begin, end : Timestamp with a zone, optional
            Inside the log.

        Raises
        ------
        MiningError
            If the window is empty, or not inside the log.
        """
        return _little(self, begin, end)

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Cases in work, with arrivals and departures below; see :func:`mining.plots.times.load_chart`."""
        from mining.plots.times import load_chart

        return load_chart(self, lang=lang, ax=ax)


@dataclass(frozen=True, eq=False, repr=False)
class Little(Result):
    """Little's law, L = lambda W, over a closed window, in two forms.

    ``clipped``: lambda counts every case that was in work in the window, W is its mean time inside the window. It is an identity, so it
    checks the sums: L comes from the curve of cases in work, W from the cases. ``whole cases``: as textbooks use it, lambda counts the
    cases that arrived in the window, W is the mean throughput of those that departed in it. It deviates by what lies over the edges and
    by what still runs, and comes near only where the service is in a steady state for much longer than a case takes.
    """

    columns: ClassVar[dict[str, str]] = {
        "form": "clipped, or whole cases",
        "begin": "begin of the window, UTC",
        "end": "end of the window, UTC",
        "n": "cases that lambda counts",
        "n_time": "cases that W is the mean of",
        "wip": "L: cases in work, averaged over the window",
        "rate_per_day": "lambda: n per day",
        "time_s": "W: mean time, seconds",
        "product": "lambda W",
        "difference": "(product - L) / L",
    }


def load_of(study: Study, *, bin: str | None = None) -> Load:
    """Cases in work over time.

    A case is in work from its first moment to its last, or to the end of the log while it runs. What began before the log began is
    not known, so the curve may rise at its left edge without meaning.

    Parameters
    ----------
    study : Study
    bin : {"hour", "day", "week"}, optional
        Length of a row; else hours for a log of up to four days, days for up to 800, then weeks.

    Returns
    -------
    Load

    Raises
    ------
    MiningError
        For another bin.

    Examples
    --------
    >>> load = study.load()
    >>> load.bin, bool(abs(load.little().frame["difference"][0]) < 1e-9)
    ('day', True)
    """
    if bin is not None and bin not in BINS:
        raise MiningError(f"bin: {bin!r} is given; there are {', '.join(BINS)}.")
    found = instance_times(study)
    cases = found.begin != MISSING
    begin, until, departed = found.begin[cases], found.until[cases], ~study.is_open[cases]
    now = study.instances.now  # a log of which no case has a length still has a last moment
    first, last = int(begin.min(initial=now)), int(until.max(initial=now))
    chosen = bin or next((name for name, most in MOST.items() if last - first <= most * MICROSECONDS), "week")
    spans = spans_of(study.blueprint.tz, first, last, BINS[chosen])
    low, high = np.maximum(spans.low, first), np.minimum(spans.high, last)
    arrivals = np.bincount(spans.place(begin), minlength=len(spans))
    left = spans.place(until[departed])
    departures = np.bincount(left, minlength=len(spans))
    took = np.bincount(left, (until - begin)[departed] / MICROSECONDS, minlength=len(spans))
    length = np.maximum(high - low, 1)  # a log that ends on the border of a row has one without length
    frame = pd.DataFrame(
        {
            "begin": pd.to_datetime(low, unit="us", utc=True),
            "end": pd.to_datetime(high, unit="us", utc=True),
            "arrivals": arrivals,
            "departures": departures,
            "work_in_progress": spans.covered(begin, until) / length,
            "at_end": np.cumsum(arrivals - departures),
            "throughput_s": np.divide(took, departures, out=np.full(len(spans), np.nan), where=departures > 0),
        }
    )
    provenance = study.provenance("cases in work", bin=chosen)
    return Load(frame, provenance, chosen, study.blueprint.tz, begin, until, departed, given_up(study)[cases])


def given_up(study: Study) -> np.ndarray:
    """Cases without an end that were silent for longer than the blueprint's ``abandoned_after`` (bool, one per case)."""
    most, last = study.blueprint.scope.abandoned_after, study.instances.case_end
    if most is None:
        return np.zeros(study.instances.n_cases, bool)
    silent = (study.instances.now - last) / MICROSECONDS
    return np.asarray(study.is_open & ~study.has_end & (last != MISSING) & (silent > most.seconds))


def _little(load: Load, begin: pd.Timestamp | None, end: pd.Timestamp | None) -> Little:
    first, last = (_microseconds(load.frame[name].iloc[at]) for name, at in (("begin", 0), ("end", -1)))
    low, high = (edge if t is None else _microseconds(t) for t, edge in ((begin, first), (end, last)))
    if not first <= low < high <= last:
        ends = (pd.Timestamp(t, unit="us", tz="UTC") for t in (low, high, first, last))
        asked, edge = (
            "{} to {}".format(*list(ends)[:2]),
            f"{pd.Timestamp(first, unit='us')} to {pd.Timestamp(last, unit='us')}",
        )
        raise MiningError(f"The window is {asked}; it must have a length and lie inside the log, {edge} (UTC).")
    length = high - low
    inside = (load.until >= low) & (load.begin <= high)
    spent = np.minimum(load.until[inside], high) - np.maximum(load.begin[inside], low)
    wip = _area(load, low, high) / length
    arrived = int(((load.begin >= low) & (load.begin <= high)).sum())
    gone = load.departed & (load.until >= low) & (load.until <= high)
    took = (load.until - load.begin)[gone]
    rows = []
    for form, n, lengths in (("clipped", int(inside.sum()), spent), ("whole cases", arrived, took)):
        time = float(lengths.sum()) / len(lengths) / MICROSECONDS if len(lengths) else np.nan
        rate = n / (length / MICROSECONDS / DAY)
        product = rate * time / DAY
        difference = (product - wip) / wip if wip else 0.0 if product == 0 else np.nan
        rows.append(
            (
                form,
                *(pd.Timestamp(t, unit="us", tz="UTC") for t in (low, high)),
                n,
                len(lengths),
                wip,
                rate,
                time,
                product,
                difference,
            )
        )
    base = load.provenance
    provenance = Provenance("Little's law", base.log, base.blueprint, base.n_cases, base.parameters)
    return Little(pd.DataFrame(rows, columns=list(Little.columns)), provenance)


def _area(load: Load, low: int, high: int) -> float:
    """Cases in work integrated over a window, microseconds: from the curve, step by step, and not from the cases."""
    times = np.concatenate([load.begin, load.until])
    steps = np.concatenate([np.ones(len(load.begin), np.int64), np.full(len(load.until), -1)])
    order = np.argsort(times, kind="stable")
    at = np.clip(times[order], low, high)
    return float((np.cumsum(steps[order]) * np.append(at[1:], high) - np.cumsum(steps[order]) * at).sum())


def _microseconds(t: pd.Timestamp) -> int:
    return int(pd.Timestamp(t).as_unit("us").asm8.astype(np.int64))
