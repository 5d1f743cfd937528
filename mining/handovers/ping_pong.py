"""Cases that come back: from A to B and to A again, how often, how long a chain, and how long they were away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.flow.spreads import exact_quantiles
from mining.handovers.holders import UNKNOWN, cases_by, holders_of
from mining.results import Result
from mining.scorecard import Share
from mining.suppression import K, hidden
from mining.texts import LANGUAGES, say
from mining.times.summary import ENOUGH
from mining.units import MICROSECONDS, percent, readable

if TYPE_CHECKING:
    from mining.study import Study


@dataclass(frozen=True, eq=False, repr=False)
class PingPong(Result):
    """One row per two holders between whom cases went and came back, most frequent first. Made by :func:`ping_pong_of`.

    Steps in a row of one holder are one stay. A return is a stay of the holder who had the case before the last one: in A-B-A-B-A there
    are three, of a chain of three.

    Attributes
    ----------
    level : str
        resource, role, lane or channel.
    cases : Share
        Cases with at least one return, of those with a known holder.
    returns : int
        All of them, those of pairs that are not shown too.
    broken : int
        Stays of one holder, nobody known, and the same holder again: no returns, since who had the case in between is not known.
    pairs_hidden, returns_hidden : int
        Pairs of resources with returns in fewer than five cases (and what would give one of them away), and their returns: in no row,
        unless persons are asked for by name.
    """

    level: str
    cases: Share
    returns: int
    broken: int
    pairs_hidden: int
    returns_hidden: int

    columns: ClassVar[dict[str, str]] = {
        "one": "a resource, or the id of a role or lane, or a channel: of the two the first by name, of roles and lanes as the blueprint "
        "lists them",
        "other": "the other",
        "one_en": "name of the one in English",
        "one_zh": "name of the one in Chinese",
        "other_en": "name of the other in English",
        "other_zh": "name of the other in Chinese",
        "n": "returns",
        "to_one": "of n, returns to the one",
        "to_other": "of n, returns to the other",
        "cases": "cases with at least one of them",
        "longest": "most returns in one chain (A-B-A-B-A is one of three)",
        "median_s": "time away that half of the returns do not exceed, in seconds: from the completion of the last step before leaving to "
        "the start of the first after the return where it is known, else to its completion",
        "p90_s": f"time away that 90 % do not exceed, in seconds; missing where n is less than {ENOUGH}",
        "total_s": "time between first leaving and last return, summed over chains, in seconds: a moment counts once per case and pair",
        "uncertain": "of n, returns beside steps of several holders at one moment: another order of these may undo them",
    }
    shown: ClassVar[tuple[str, ...]] = (
        "one",
        "other",
        "n",
        "cases",
        "longest",
        "median_s",
        "p90_s",
        "total_s",
        "uncertain",
    )

    def to_dict(self) -> dict[str, Any]:
        """The table, its provenance and the totals as plain values."""
        found = {
            "passed": self.cases.passed,
            "n": self.cases.n,
            "low": self.cases.interval[0],
            "high": self.cases.interval[1],
        }
        names = ("level", "returns", "broken", "pairs_hidden", "returns_hidden")
        return super().to_dict() | {name: getattr(self, name) for name in names} | {"cases": found}

    def sentence(self, lang: str = "en") -> str:
        """How many cases came back at least once, and between whom most."""
        level = say(f"handovers.level.{self.level}", lang)
        if not self.cases.n:
            return say("ping_pong.none", lang, level=level)
        low, high = (percent(x, lang) for x in self.cases.interval)
        text = say(
            "ping_pong.cases", lang, k=f"{self.cases.passed:,}", n=f"{self.cases.n:,}", share=percent(self.cases.share, lang),
            low=low, high=high, level=level, returns=f"{self.returns:,}",
        )  # fmt: skip
        if len(self.frame):
            row = self.frame.iloc[0]
            text += say(
                "ping_pong.most", lang, one=row[f"one_{lang}"], other=row[f"other_{lang}"], n=f"{row['n']:,}",
                cases=f"{row['cases']:,}", longest=row["longest"], away=readable(row["median_s"], lang),
            )  # fmt: skip
        if self.pairs_hidden:
            text += say("ping_pong.hidden", lang, n=f"{self.pairs_hidden:,}", returns=f"{self.returns_hidden:,}", k=K)
        return text + (say("ping_pong.broken", lang, n=f"{self.broken:,}") if self.broken else "")

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """The pairs with most returns; see :func:`mining.plots.handover_bars.ping_pong_chart`."""
        from mining.plots.handover_bars import ping_pong_chart

        return ping_pong_chart(self, lang=lang, ax=ax)


def ping_pong_of(study: Study, level: str = "resource", *, named: bool = False) -> PingPong:
    """Find the cases that went from one holder to another and came back.

    Parameters
    ----------
    study : Study
    level : {"resource", "role", "lane", "channel"}
        See :func:`mining.handovers.holders.holders_of`. Where a holder is not known the stay is nobody's, and no return; of channels
        steps without one are looked past.
    named : bool
        Persons by name. Else resources are R01, R02, ... and pairs with returns in fewer than five cases are not shown.

    Returns
    -------
    PingPong

    Raises
    ------
    UnknownNameError, LogError
        As in :func:`mining.handovers.holders.holders_of`.

    Examples
    --------
    >>> table = ping_pong_of(study, "lane")
    >>> table.returns == int(table.frame["n"].sum()), table.cases.n
    (True, 2000)
    """
    held = holders_of(study, level, named=named)
    held = held.known() if level == "channel" else held
    n_cases, width = study.instances.n_cases, max(len(held.names), 1)
    first, last = _stays(held.case, held.code)
    case, code = held.case[first], held.code[first]
    same_case = case[2:] == case[:-2]
    i = np.flatnonzero(same_case & (code[2:] == code[:-2]) & (code[2:] != UNKNOWN))
    broken = code[i + 1] == UNKNOWN
    n_broken, i = int(broken.sum()), i[~broken]
    a, b = code[i], code[i + 1]
    key = np.minimum(a, b) * width + np.maximum(a, b)
    away = np.maximum(held.begin[first[i + 2]] - held.end[last[i]], 0)
    keys, (median, p90) = exact_quantiles(key, away, (0.5, 0.9))
    number = np.searchsorted(keys, key)
    p90[np.bincount(number, minlength=len(keys)) < ENOUGH] = np.nan
    head = np.flatnonzero(np.r_[True, np.diff(i) > 1][: len(i)])  # returns in a row are one chain
    tail = np.r_[head[1:], len(i)] - 1 if len(head) else head
    longest, total = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
    np.maximum.at(longest, number[head], tail - head + 1)
    np.add.at(total, number[head], np.maximum(held.begin[first[i[tail] + 2]] - held.end[last[i[head]]], 0))
    blurred = held.blurred()
    uncertain = blurred[last[i]] | blurred[first[i + 1]] | blurred[last[i + 1]] | blurred[first[i + 2]]
    one, other = np.divmod(keys, width)
    frame = pd.DataFrame({"one": one, "other": other, "n": np.bincount(number, minlength=len(keys))})
    frame["to_one"] = np.bincount(number[a == one[number]], minlength=len(keys))
    frame["to_other"] = frame["n"] - frame["to_one"]
    frame["cases"] = cases_by(key, case[i], keys, n_cases)
    frame["longest"], frame["median_s"], frame["p90_s"], frame["total_s"] = longest, median, p90, total / MICROSECONDS
    frame["uncertain"] = np.bincount(number[uncertain], minlength=len(keys))
    frame = frame.iloc[np.lexsort((keys, -frame["n"]))].reset_index(drop=True)
    few = hidden(frame["cases"].to_numpy(np.int64)) if level == "resource" and not named else np.zeros(len(frame), bool)
    hidden_returns = int(frame.loc[few, "n"].sum())
    frame = frame[~few].reset_index(drop=True)
    for side in ("one", "other"):
        code_of = frame[side].to_numpy()
        for lang in LANGUAGES:
            frame[f"{side}_{lang}"] = [held.spoken[lang][x] for x in code_of]
        frame[side] = pd.Series([held.names[x] for x in code_of], dtype=object)
    has_known = np.unique(held.case[held.code != UNKNOWN])
    return PingPong(
        frame[list(PingPong.columns)], study.provenance(f"ping-pong by {level}", named=named), level,
        Share(len(np.unique(case[i])), len(has_known)), len(i), n_broken, int(few.sum()), hidden_returns,
    )  # fmt: skip


def _stays(case: np.ndarray, code: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last position of each run of one holder in a case."""
    if not len(case):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    first = np.flatnonzero(np.r_[True, (case[1:] != case[:-1]) | (code[1:] != code[:-1])])
    return first, np.r_[first[1:], len(case)] - 1
