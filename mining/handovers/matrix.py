"""Who hands over to whom: between resources, roles, lanes or channels, how often, after how long, and whether it is designed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.blueprint.measures import follows
from mining.blueprint.model import Blueprint
from mining.flow.spreads import exact_quantiles
from mining.handovers.holders import Holders, cases_by, holders_of, neighbours
from mining.results import Result
from mining.suppression import K, hidden
from mining.texts import LANGUAGES, say
from mining.times.summary import ENOUGH
from mining.units import percent, readable

if TYPE_CHECKING:
    from mining.study import Study

FEW = f"in fewer than {K} cases"  # stands for the pairs that are put together
HANDED, SAME, NOT_KNOWN = range(3)


@dataclass(frozen=True, eq=False, repr=False)
class HandoverMatrix(Result):
    """One row per pair of holders of neighbouring steps of a case, most frequent first. Made by :func:`handover_matrix`.

    Every pair of completed neighbours is in one row: those of one holder with itself too, and those of which one is not known.

    Attributes
    ----------
    level : str
        resource, role, lane or channel.
    pairs : int
        Pairs of neighbours: handed_over + same + unknown.
    handed_over : int
        Those between two different holders.
    same : int
        Those within one holder.
    unknown : int
        Those of which at least one holder is not known.
    uncertain : int
        Of all pairs those that another order of steps at the same moment might change.
    folded : int
        Pairs of resources that are put together, because each occurs in fewer than five cases or would give one away that does.
    assumed : int
        Pairs in which a role is that of the design, because nobody says who did the step or who has that role.
    passed_over : int
        Completed steps without a known holder that were looked past: in no pair.
    """

    level: str
    pairs: int
    handed_over: int
    same: int
    unknown: int
    uncertain: int
    folded: int
    assumed: int
    passed_over: int

    columns: ClassVar[dict[str, str]] = {
        "giver": "who held the case at a step: a resource, or the id of a role or lane, or a channel; missing where it is not known; "
        f"“{FEW}” for pairs of resources that are put together",
        "taker": "who held it at the next step that was completed in the case; as giver",
        "giver_en": "name of the giver in English",
        "giver_zh": "name of the giver in Chinese",
        "taker_en": "name of the taker in English",
        "taker_zh": "name of the taker in Chinese",
        "same": "whether it is one holder, so that nothing was handed over; missing where one is not known",
        "n": "pairs of neighbouring completed steps with these two holders",
        "cases": "cases in which it occurs; missing for pairs that are put together",
        "share": "n / all hand-overs between two known holders, 0-1; missing where nothing was handed over or one is not known",
        "median_s": "gap that half do not exceed, in seconds: from the completion of the one step to the start of the next where it is "
        "known (0 where that lies before), else to its completion",
        "p90_s": f"gap that 90 % do not exceed, in seconds; missing where n is less than {ENOUGH}",
        "to_start": "of n, gaps that end with a known start; the others end with a completion, so they include the work of the taker",
        "uncertain": "of n, pairs beside steps of several holders at one moment: another order of these would give other pairs",
        "designed": "whether the flow lets a step of the taker directly follow one of the giver (roles and lanes as the steps have them; "
        "steps without a trace in the log are passed over); missing at other levels and where one is not known",
        "not_designed_n": "of n, pairs of steps of which the flow does not let the second directly follow the first, labels outside the "
        "blueprint among them; missing for resources and channels",
        "assumed": "of n, pairs in which a role is assumed from the design; 0 at other levels",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("giver", "taker", "same", "n", "cases", "share", "median_s", "p90_s", "to_start", "uncertain", "designed"),
    )

    def to_dict(self) -> dict[str, Any]:
        """The table, its provenance and the totals as plain values."""
        names = ("level", "pairs", "handed_over", "same", "unknown", "uncertain", "folded", "assumed", "passed_over")
        return super().to_dict() | {name: getattr(self, name) for name in names}

    def sentence(self, lang: str = "en") -> str:
        """How often cases changed hands, between whom most, and what of it is not designed or not known."""
        level = say(f"handovers.level.{self.level}", lang)
        if not self.pairs:
            return say("handovers.none", lang)
        if self.pairs == self.unknown:
            return say("handovers.not_measured", lang, pairs=f"{self.pairs:,}", level=level)
        known = self.pairs - self.unknown
        if 2 * known < self.pairs:
            text = say(
                "handovers.mostly_unknown", lang, n=f"{self.handed_over:,}", known=f"{known:,}", pairs=f"{self.pairs:,}",
                level=level,
            )  # fmt: skip
            return text + (say("handovers.assumed", lang, n=f"{self.assumed:,}") if self.assumed else "")
        text = say(
            "handovers.all", lang, n=f"{self.handed_over:,}", pairs=f"{self.pairs:,}", level=level,
            share=percent(self.handed_over / self.pairs, lang),
        )  # fmt: skip
        rows = self.frame[(self.frame["same"] == False) & (self.frame["giver"] != FEW)]  # noqa: E712
        if len(rows):
            row = rows.iloc[0]
            text += say(
                "handovers.most", lang, giver=row[f"giver_{lang}"], taker=row[f"taker_{lang}"], n=f"{row['n']:,}",
                gap=readable(row["median_s"], lang),
            )  # fmt: skip
        wrong = rows[rows["designed"] == False]  # noqa: E712
        if len(wrong):
            row, n = wrong.iloc[0], int(wrong["n"].sum())
            text += say(
                "handovers.not_designed", lang, n=f"{n:,}", giver=row[f"giver_{lang}"], taker=row[f"taker_{lang}"],
                most=f"{row['n']:,}",
            )  # fmt: skip
        for name in ("unknown", "passed_over", "uncertain", "assumed"):
            if getattr(self, name):
                text += say(f"handovers.{name}", lang, n=f"{getattr(self, name):,}")
        return text + (say("handovers.folded", lang, n=f"{self.folded:,}", k=K) if self.folded else "")

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Givers by takers; see :func:`mining.plots.handovers.matrix_chart`."""
        from mining.plots.handovers import matrix_chart

        return matrix_chart(self, lang=lang, ax=ax)


def handover_matrix(
    study: Study, level: str = "resource", *, named: bool = False, past_unknown: bool | None = None
) -> HandoverMatrix:
    """Count who hands over to whom between consecutive completed steps of a case.

    The order is that of the log, as for :data:`mining.flow.handovers.HANDOVERS` and the standards on hand-overs.

    Parameters
    ----------
    study : Study
    level : {"resource", "role", "lane", "channel"}
        Between whom; see :func:`mining.handovers.holders.holders_of`.
    named : bool
        Persons by name. Else resources are R01, R02, ... and pairs in fewer than five cases are put together.
    past_unknown : bool, optional
        Whether steps without a known holder are looked past, as the standards on hand-overs do, and their number said. Else such a step
        stands between its neighbours, in rows of its own. By default only of channels, since many a step goes through none.

    Returns
    -------
    HandoverMatrix

    Raises
    ------
    UnknownNameError, LogError
        As in :func:`mining.handovers.holders.holders_of`.

    Examples
    --------
    >>> table = handover_matrix(study, "lane")
    >>> table.pairs == table.handed_over + table.same + table.unknown == int(table.frame["n"].sum())
    True
    """
    held = holders_of(study, level, named=named)
    steps = len(held.rows)
    past_unknown = level == "channel" if past_unknown is None else past_unknown
    held = held.known() if past_unknown else held
    at = neighbours(held.case)
    width = len(held.names) + 1
    key = (held.code[at] + 1) * width + held.code[at + 1] + 1  # 0 stands for nobody known
    gap = np.maximum(held.begin[at + 1] - held.end[at], 0)
    keys, (median, p90) = exact_quantiles(key, gap, (0.5, 0.9))
    number = np.searchsorted(keys, key)
    p90[np.bincount(number, minlength=len(keys)) < ENOUGH] = np.nan
    giver, taker = np.divmod(keys, width)
    blurred = held.blurred()

    def times(which: np.ndarray) -> np.ndarray:
        return np.bincount(number[which], minlength=len(keys))

    everything = np.ones(len(at), bool)
    uncertain = blurred[at] | blurred[at + 1]
    assumed = held.assumed[at] | held.assumed[at + 1]
    kind = np.where((giver == 0) | (taker == 0), NOT_KNOWN, np.where(giver == taker, SAME, HANDED))
    frame = pd.DataFrame(
        {
            "giver": giver - 1, "taker": taker - 1, "kind": kind, "n": times(everything),
            "cases": cases_by(key, held.case[at], keys, study.instances.n_cases), "median_s": median, "p90_s": p90,
            "to_start": times(held.has_start[at + 1]), "uncertain": times(uncertain), "assumed": times(assumed),
        }
    )  # fmt: skip
    if level in ("role", "lane"):
        frame["not_designed_n"] = times(~_may_follow(study)[_activity(study, held, at), _activity(study, held, at + 1)])
    handed_over, same, unknown = (int(frame.loc[frame["kind"] == x, "n"].sum()) for x in (HANDED, SAME, NOT_KNOWN))
    frame, folded = _folded(_worded(frame, held, study.blueprint, handed_over), level == "resource" and not named)
    return HandoverMatrix(
        frame[list(HandoverMatrix.columns)], study.provenance(f"hand-overs by {level}", named=named, past_unknown=past_unknown),
        level, len(at), handed_over, same, unknown, int(uncertain.sum()), folded, int(assumed.sum()), steps - len(held.rows),
    )  # fmt: skip


def _activity(study: Study, held: Holders, at: np.ndarray) -> np.ndarray:
    return study.instances.activity[held.rows[at]]


def _worded(frame: pd.DataFrame, held: Holders, blueprint: Blueprint, handed_over: int) -> pd.DataFrame:
    """Names in place of codes, most frequent first."""
    frame = frame.iloc[np.lexsort((frame["taker"], frame["giver"], -frame["n"]))].reset_index(drop=True)
    codes = {side: frame[side].to_numpy() for side in ("giver", "taker")}
    for side, code in codes.items():
        for lang in LANGUAGES:
            frame[f"{side}_{lang}"] = _words((*held.spoken[lang], None), code)
        frame[side] = _words((*held.names, None), code)
    frame["same"] = pd.Series(frame["kind"] == SAME, dtype="boolean").where(frame["kind"] != NOT_KNOWN, pd.NA)
    frame["share"] = np.where(frame["kind"] == HANDED, frame["n"] / max(handed_over, 1), np.nan)
    designed = pd.Series(pd.NA, index=frame.index, dtype="boolean")
    if held.level in ("role", "lane"):
        allowed = designed_pairs(blueprint, held.level)
        known = frame["kind"] != NOT_KNOWN
        designed[known] = [pair in allowed for pair in zip(frame["giver"][known], frame["taker"][known], strict=True)]
    frame["designed"] = designed
    if "not_designed_n" not in frame:
        frame["not_designed_n"] = pd.NA
    return frame.astype({"not_designed_n": "Int64", "cases": "Int64"})


def _words(names: tuple[str | None, ...], code: np.ndarray) -> pd.Series:
    """Names of codes; the last stands for -1."""
    words = np.empty(len(names), object)
    words[:] = names
    return pd.Series(words[code], dtype=object)


def _folded(frame: pd.DataFrame, fold: bool) -> tuple[pd.DataFrame, int]:
    """The rows that may be shown, and one for the others of each kind."""
    if not fold or frame.empty:
        return frame, 0
    kept, made, folded = [], [], 0
    for kind in (HANDED, SAME, NOT_KNOWN):
        rows = frame[frame["kind"] == kind]
        few = hidden(rows["cases"].to_numpy(np.int64))
        kept.append(rows[~few])
        if few.any():
            folded += int(few.sum())
            hide = rows[few]
            sums = {name: int(hide[name].sum()) for name in ("n", "to_start", "uncertain", "assumed")}
            names = {
                f"{side}{part}": FEW for side in ("giver", "taker") for part in ("", *(f"_{x}" for x in LANGUAGES))
            }
            names |= {f"{side}_zh": say("handovers.few", "zh", k=K) for side in ("giver", "taker")}
            made.append(
                {**names, **sums, "kind": kind, "same": rows["same"].iloc[0], "share": hide["share"].sum(min_count=1)}
            )
    rest = pd.DataFrame(made, columns=frame.columns).astype(frame.dtypes.to_dict()) if made else frame[:0]
    whole = pd.concat([part for part in (*kept, rest) if len(part)])
    whole["last"] = (whole["giver"] == FEW).to_numpy()
    return whole.sort_values(["last", "n"], ascending=[True, False], kind="stable", ignore_index=True), folded


# --- the design ------------------------------------------------------------------------------------------------------


def designed_pairs(blueprint: Blueprint, level: str) -> frozenset[tuple[str, str]]:
    """Pairs of roles or lanes of which the flow lets a step of the second directly follow a step of the first.

    Steps that leave no trace in the log are passed over, since between their neighbours nothing is seen.

    Parameters
    ----------
    blueprint : Blueprint
    level : {"role", "lane"}

    Examples
    --------
    >>> ("desk", "archive") in designed_pairs(study.blueprint, "lane")
    False
    """
    of = {a.id: getattr(a, level) for a in blueprint.activities}
    return frozenset((of[a], of[b]) for a, b in visible_follows(blueprint) if of[a] and of[b])


def visible_follows(blueprint: Blueprint) -> frozenset[tuple[str, str]]:
    """Pairs of observable steps of which the second may come directly after the first as far as a log can show."""
    pairs = set(follows(blueprint.flow))
    for hidden_step in (a.id for a in blueprint.activities if not a.observable):
        before = {a for a, b in pairs if b == hidden_step and a != hidden_step}
        after = {b for a, b in pairs if a == hidden_step and b != hidden_step}
        pairs = {pair for pair in pairs if hidden_step not in pair} | set(product(before, after))
    return frozenset(pairs)


def _may_follow(study: Study) -> np.ndarray:
    """By position in the names of the instances whether the flow lets the second directly follow the first."""
    code, n = study.instances.code, len(study.instances.names)
    found = np.zeros((n, n), bool)
    for a, b in visible_follows(study.blueprint):
        found[code[a], code[b]] = True
    return found
