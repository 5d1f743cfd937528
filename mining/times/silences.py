"""Silent spells of a service that never closes: longer than its own rhythm explains, a hint at an outage and no proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from mining.errors import MiningError, UnknownNameError
from mining.results import Result
from mining.texts import say
from mining.times.spans import TimeSpans, spans_of
from mining.times.week import CELLS, cells_of, hour_words
from mining.units import MISSING, percent, readable

if TYPE_CHECKING:
    from mining.study import Study


@dataclass(frozen=True, eq=False, repr=False)
class Silences(Result):
    """One row per silent spell that chance hardly explains, the least likely first. Made by :func:`silences`.

    Attributes
    ----------
    tz : str
        Zone by whose clock the hours of the week are.
    tested : int
        Spells tested: one between every two moments at which something was recorded.
    false_share : float
        Of the spells listed, the share that chance alone is expected to make, at most.
    dispersion : float
        By how much more the counts of hours vary than those of independent events would: the expected numbers are divided by it.
    always : float
        Share of the hours of the week in which anything was recorded at all: far below 1, the service is not open round the clock.
    """

    tz: str
    tested: int
    false_share: float
    dispersion: float
    always: float

    columns: ClassVar[dict[str, str]] = {
        "begin": "last moment before the silence, UTC",
        "end": "first moment after it, UTC",
        "length_s": "seconds between them",
        "weekday": "day on which it begins by the local clock, 0 is Monday",
        "hour": "hour in which it begins by the local clock",
        "expected": "moments to be expected in it: mean rates of its hours of the week over the whole log, the silence included",
        "p": "chance that a spell that begins here is as long: exp(-expected / dispersion)",
        "q": "p adjusted for the number of spells tested (Benjamini and Hochberg)",
    }

    def sentence(self, lang: str = "en") -> str:
        """How many spells there are, and the least likely of them."""
        tested, share = f"{self.tested:,}", percent(self.always, lang)
        if self.frame.empty:
            text = say("silence.none", lang, tested=tested)
        else:
            row = self.frame.iloc[0]
            text = say(
                "silence.some", lang, n=f"{len(self.frame):,}", tested=tested, length=readable(row["length_s"], lang),
                at=hour_words(row, lang), day=f"{row['begin'].tz_convert(self.tz):%Y-%m-%d}", expected=f"{row['expected']:,.0f}",
            )  # fmt: skip
        return text + (say("silence.not_always", lang, share=share) if self.always < 1 else "")


def silences(study: Study, *, channel: str | None = None, false_share: float = 0.05) -> Silences:
    """Spells in which nothing was recorded, where the rhythm of the week leads one to expect something.

    For every hour of the week the mean rate of moments is taken from the whole log. Between two moments the number expected is the sum of
    these rates over the time between; in a Poisson process it is above x with the chance exp(-x). Moments of real services come in
    clusters, so the number is divided by how much more the counts of single hours vary than Poisson's (Pearson's chi-square by its
    degrees of freedom, at least 1). Of all spells tested those are kept whose chance is small enough that at most ``false_share`` of
    them are expected to be chance (Benjamini and Hochberg). Holidays and closing times look like outages: it is a hint.

    Parameters
    ----------
    study : Study
    channel : str, optional
        Only what was recorded in this channel.
    false_share : float, default 0.05

    Returns
    -------
    Silences

    Raises
    ------
    MiningError
        If ``false_share`` does not lie between 0 and 1, or the log has no channels.
    UnknownNameError
        If the log has no such channel.

    Examples
    --------
    >>> found = silences(study)
    >>> bool((found.frame["q"] <= found.false_share).all()), found.tested > 1000
    (True, True)
    """
    if not 0 < false_share < 1:
        raise MiningError(f"false_share: {false_share} is given; it must lie between 0 and 1, as 0.05 does.")
    moments = _moments(study, channel)
    provenance = study.provenance("silent spells", channel=channel or "all", false_share=false_share)
    if len(moments) < 2:
        return Silences(
            pd.DataFrame(columns=list(Silences.columns)), provenance, study.blueprint.tz, 0, false_share, np.nan, np.nan
        )
    spans = spans_of(study.blueprint.tz, int(moments[0]), int(moments[-1]))
    cell = cells_of(spans)
    counts = np.bincount(spans.place(moments), minlength=len(spans))
    n, hours = np.bincount(cell, counts, minlength=CELLS), np.bincount(cell, spans.hours, minlength=CELLS)
    rate = np.divide(n, hours, out=np.zeros(CELLS), where=hours > 0)
    expected = _expected(spans, rate[cell], moments)
    dispersion = _dispersion(counts, rate[cell] * spans.hours, int(np.count_nonzero(n)))
    p = np.exp(-expected / dispersion)
    q = adjusted(p)
    rows = np.flatnonzero(q <= false_share)
    rows = rows[np.lexsort((moments[rows], -expected[rows]))]
    where = cell[spans.place(moments[rows])]
    frame = pd.DataFrame(
        {
            "begin": pd.to_datetime(moments[rows], unit="us", utc=True),
            "end": pd.to_datetime(moments[rows + 1], unit="us", utc=True),
            "length_s": (moments[rows + 1] - moments[rows]) / 1e6,
            "weekday": where // 24,
            "hour": where % 24,
            "expected": expected[rows],
            "p": p[rows],
            "q": q[rows],
        }
    )
    always = float(np.count_nonzero(n)) / np.count_nonzero(hours)
    return Silences(frame, provenance, study.blueprint.tz, len(p), false_share, dispersion, always)


def adjusted(p: np.ndarray) -> np.ndarray:
    """Chances adjusted for their number, after Benjamini and Hochberg.

    Examples
    --------
    >>> adjusted(np.array([0.01, 0.04, 0.03, 0.5])).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    order = np.argsort(p, kind="stable")
    found = np.empty(len(p))
    raised = p[order] * len(p) / np.arange(1, len(p) + 1)
    found[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1)
    return found


def _moments(study: Study, channel: str | None) -> np.ndarray:
    """Distinct moments of starts and completions, ascending."""
    x = study.instances
    keep = np.ones(len(x.activity), bool)
    if channel is not None:
        if "channel" not in study.log.binding.attributes:
            raise MiningError(
                "channel: the log's binding has no attribute called channel. Bind the column that holds it."
            )
        values = x.values("channel")
        keep = np.fromiter((value == channel for value in values.tolist()), bool, len(values))
        if not keep.any():
            known = sorted({value for value in values.tolist() if isinstance(value, str)})
            raise UnknownNameError("channel", channel, known)
    every = np.concatenate([x.start[keep], x.end[keep]])
    return np.unique(every[every != MISSING])


def _expected(spans: TimeSpans, rate: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """Number of moments expected between each and the next: ``rate`` per hour, span by span."""
    before = np.concatenate(([0.0], np.cumsum(rate * spans.hours)))
    place = spans.place(moments)
    share = (moments - spans.low[place]) / (spans.high[place] - spans.low[place])
    return np.diff(before[place] + share * rate[place] * spans.hours[place])


def _dispersion(counts: np.ndarray, expected: np.ndarray, n_rates: int) -> float:
    """Pearson's chi-square of the hours by its degrees of freedom, at least 1."""
    rows = expected > 0
    free = int(rows.sum()) - n_rates
    if free <= 0:
        return 1.0
    return max(1.0, float(((counts[rows] - expected[rows]) ** 2 / expected[rows]).sum()) / free)
