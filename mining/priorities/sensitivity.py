"""How far the order hangs on what was declared: every amount a quarter more and less, and the smallest change that swaps the first two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from mining.display.definitions import word_of
from mining.display.naming import titled, titles_in
from mining.priorities.order import Facts, keys_of, order
from mining.priorities.placing import Work, lost
from mining.results import Result
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mining.priorities.ranking import Priorities

CHANGE = 0.25
MOST_UP, MOST_DOWN = 1000, 100  # per cent up to which a swap is looked for


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Result):
    """One row per change of what was declared. Made by :func:`sensitivity_of`.

    Attributes
    ----------
    findings : DataFrame
        The ranked findings with their titles.
    """

    findings: pd.DataFrame

    columns: ClassVar[dict[str, str]] = {
        "what": "worth:<outcome>, or visible_first",
        "change": "share by which the amount is changed (of visible_first: missing, it is switched)",
        "first": "finding that then comes first",
        "second": "finding that then comes second",
        "swaps": "whether the first two swap",
        "n_moved": "findings that then have another rank",
        "n": "ranked findings",
        "smallest": "smallest change of this amount that swaps the first two, as a share (whole per cent, "
        f"from -{MOST_DOWN} % to +{MOST_UP:,} %); missing where none does",
    }

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the findings by their titles, for the notebook."""
        return titled(self.frame, titles_in(self.findings, lang), ("first", "second"))

    def sentence(self, lang: str = "en") -> str:
        """Whether the first two ever swap, and at which change."""
        if self.frame.empty:
            return say("priorities.sensitivity.none", lang)
        swaps = self.frame[self.frame["swaps"]]
        if (self.frame["what"] == "visible_first").all():  # no amount was declared
            return say(f"priorities.sensitivity.seen_{'swaps' if len(swaps) else 'never'}", lang)
        text = say("priorities.sensitivity.swaps", lang, n=len(swaps), all=len(self.frame))
        found = self.frame["smallest"].dropna()
        if found.empty:
            return text + say("priorities.sensitivity.never", lang)
        at = found.abs().idxmin()
        change = float(found[at])
        values = {
            "what": word_of("what", self.frame.loc[at, "what"], lang, "Sensitivity"),
            "change": f"{'+' if change > 0 else '-'}{percent(abs(change), lang)}",
        }
        return text + say("priorities.sensitivity.smallest", lang, **values)


def sensitivity_of(priorities: Priorities) -> Sensitivity:
    """Vary every declared worth by 25 % up and down, and switch ``visible_first``, on the same samples.

    An amount that is the only one never changes the order: all losses grow alike. Classes and what is shown as harm do not hang on
    amounts, so no amount lifts a finding over a class.

    Returns
    -------
    Sensitivity
    """
    work = priorities.work
    rows = []
    if len(work.ids) > 1:
        for item in priorities.worth:
            mine = np.array([outcome == item.outcome for outcome in work.outcome], bool)
            smallest = smallest_swap(work, mine)
            for change in (-CHANGE, CHANGE):
                rows.append(_row(work, f"worth:{item.outcome}", change, scaled(work.facts, mine, 1 + change), smallest))
        other = replace(work.facts, visible_first=not work.facts.visible_first)
        rows.append(_row(work, "visible_first", np.nan, other, np.nan))
    frame = pd.DataFrame(rows, columns=list(Sensitivity.columns))
    return Sensitivity(frame, replace(priorities.provenance, measure="sensitivity of the priorities"), priorities.frame)


def scaled(facts: Facts, mine: np.ndarray, factor: float) -> Facts:
    """The facts with another worth of some of the effects."""
    return replace(facts, loss=np.where(mine, facts.loss * factor, facts.loss))


def ordered_by(work: Work, facts: Facts) -> np.ndarray:
    """The order under other facts, on the same samples."""
    shown, class_ = work.placed.shown, work.placed.class_
    loss, hours = (lost(facts, work.point, work.drawn, unit).low for unit in (facts.loss, facts.hours))
    keys = keys_of(facts, work.point, class_[None], shown[None], loss[None], hours[None])
    return np.asarray(order(keys, np.arange(len(work.ids)))[0])


def _row(work: Work, what: str, change: float, facts: Facts, smallest: float) -> dict[str, object]:
    before, after = work.placed.order, ordered_by(work, facts)
    return {
        "what": what, "change": change, "first": work.ids[after[0]], "second": work.ids[after[1]],
        "swaps": bool(np.flatnonzero(after == before[1])[0] < np.flatnonzero(after == before[0])[0]),
        "n_moved": int((before != after).sum()), "n": len(before), "smallest": smallest,
    }  # fmt: skip


def smallest_swap(work: Work, mine: np.ndarray) -> float:
    """Smallest change of an amount, in whole per cent, after which the second comes before the first; NaN where none does.

    The search changes only the amount of the effects ``mine``; of equal changes the one down is named.
    """
    first, second = work.placed.order[:2].tolist()
    both = only(work, (first, second))
    own = mine[np.isin(work.facts.finding, (first, second))]
    if not own.any() or not both.facts.loss[own].any():
        return float("nan")
    for change in _changes():
        if ordered_by(both, scaled(both.facts, own, 1 + change / 100))[0] == 1:
            return change / 100
    return float("nan")


def only(work: Work, findings: tuple[int, ...]) -> Work:
    """The work cut down to some findings, in the order given."""
    at = list(findings)
    rows = np.isin(work.facts.finding, at)
    new = np.array([at.index(x) for x in work.facts.finding[rows].tolist()], np.int64)
    per_effect = ("worse", "sure", "error", "loss", "hours")
    facts = replace(
        work.facts,
        finding=new,
        **{name: getattr(work.facts, name)[at] for name in ("severity", "visible", "mandatory", "few")},
        **{name: getattr(work.facts, name)[rows] for name in per_effect},
    )
    sums = [
        replace(part, n=part.n[:, at], judged=part.judged[:, at], excess=part.excess[:, at], total=part.total[:, rows])
        for part in (work.point, work.drawn)
    ]
    found = replace(work.placed, class_=work.placed.class_[at], shown=work.placed.shown[at], order=np.arange(len(at)))
    ids = tuple(work.ids[i] for i in at)
    return Work(ids, facts, sums[0], sums[1], found, tuple(np.array(work.outcome, object)[rows]), work.seed)


def _changes() -> Iterable[int]:
    for step in range(1, MOST_UP + 1):
        if step <= MOST_DOWN:
            yield -step
        yield step
