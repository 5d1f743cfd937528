"""How alike the cases are: the standardisation index, and how few variants cover how many cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.results import Result
from mining.segments import ALL, NOT_RECORDED, group_label, segments_of
from mining.suppression import hidden
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from mining.study import Study

TOP = (1, 5, 10)
MOST_OF_THEM = 0.8


@dataclass(frozen=True, eq=False, repr=False)
class Variety(Result):
    """One row for all cases, or one per group: how alike they are.

    Only complete cases count: one that still runs would be a variant of its own for that reason alone. One that does not begin as
    designed (the extract may have cut it off) does count. The index falls with the number of cases where variants are rare, so groups
    of very different size are compared with care: the number of cases stands beside it.
    """

    columns: ClassVar[dict[str, str]] = {
        "group": "all, or a group of cases",
        "cases": "complete cases: those that reached one of the blueprint's ends",
        "running": "cases without an end, not counted",
        "variants": "distinct sequences of completed activities",
        "index": (
            "1 - H / log2(cases), H the entropy of the variants in bits: 1 where all cases are alike, 0 where no two "
            "are; missing below two cases"
        ),
        "entropy_bits": "H",
        **{f"top_{k}": f"share of the cases in the {k} most frequent variants, 0-1" for k in TOP},
        "for_80": "fewest variants that hold 80 % of the cases",
        "once": "share of the cases whose variant no other case has, 0-1",
    }

    by: str | None = None
    n_hidden: int = 0

    def sentence(self, lang: str = "en") -> str:
        """The index and what it rests on; of groups, the most and the least standardised."""
        rows = self.frame[self.frame["index"].notna()]
        if rows.empty:
            return (
                say("variety.hidden", lang, n=self.n_hidden).strip() if self.n_hidden else say("variety.too_few", lang)
            )
        if self.by is None:
            return _told(rows.iloc[0], lang)
        groups = rows[rows["group"] != ALL]
        text = _told(rows[rows["group"] == ALL].iloc[0], lang) if (rows["group"] == ALL).any() else ""
        if len(groups) > 1:
            high, low = groups.loc[groups["index"].idxmax()], groups.loc[groups["index"].idxmin()]
            values = {
                "most": group_label(high["group"], lang), "high": f"{high['index']:.2f}", "n_high": f"{high['cases']:,}",
                "least": group_label(low["group"], lang), "low": f"{low['index']:.2f}", "n_low": f"{low['cases']:,}",
            }  # fmt: skip
            text += say("variety.groups", lang, **values)
        return text + (say("variety.hidden", lang, n=self.n_hidden) if self.n_hidden else "")


def _told(row: pd.Series, lang: str) -> str:
    values = {
        "index": f"{row['index']:.2f}", "cases": f"{row['cases']:,}", "variants": f"{row['variants']:,}",
        "top": percent(row["top_1"], lang), "few": f"{row['for_80']:,}", "running": f"{row['running']:,}",
    }  # fmt: skip
    return say("variety.told", lang, **values)


def variety_of(study: Study, by: str | None = None, *, named: bool = False) -> Variety:
    """The standardisation index of a study, of all cases or by group.

    Parameters
    ----------
    study : Study
    by : str, optional
        Group the cases as :func:`mining.segments.segments_of` does. Groups of fewer than five complete cases are left out, and so many
        others with them that the total does not give them away.
    named : bool
        Groups of single persons are made only where this says so.

    Returns
    -------
    Variety

    Raises
    ------
    UnknownNameError, MiningError
        As in :func:`mining.segments.segments_of`.

    Examples
    --------
    >>> variety_of(study).frame[["cases", "variants"]].iloc[0].tolist()
    [1992, 756]
    """
    ended, variant = ~study.is_open, study.path.variants.of_case
    if by is None:
        rows = [_row(ALL, variant[ended], int((~ended).sum()))]
        return Variety(_frame(rows), study.provenance("standardisation of the cases"))
    found = segments_of(study, by, named=named)
    names = [*found.names, NOT_RECORDED]
    left_out = hidden(np.bincount(found.code[ended], minlength=len(names)))
    rows = [_row(ALL, variant[ended], int((~ended).sum()))] if ended.sum() >= 5 else []
    for code, name in enumerate(names):
        mine = found.code == code
        if mine.any() and not left_out[code]:
            rows.append(_row(name, variant[mine & ended], int((mine & ~ended).sum())))
    return Variety(_frame(rows), study.provenance(f"standardisation by {by}"), by, int(left_out.sum()))


def _row(group: str, variant: np.ndarray, running: int) -> dict[str, Any]:
    count = np.sort(np.bincount(variant)) if len(variant) else np.zeros(0, np.int64)
    count, n = count[count > 0][::-1], len(variant)
    share = count / max(n, 1)
    entropy = float(-(share * np.log2(share)).sum()) if n else np.nan
    row: dict[str, Any] = {"group": group, "cases": n, "running": running, "variants": len(count)}
    row["index"] = 1 - entropy / np.log2(n) if n > 1 else np.nan
    row["entropy_bits"] = abs(entropy)
    row |= {f"top_{k}": float(share[:k].sum()) if n else np.nan for k in TOP}
    row["for_80"] = int(np.searchsorted(np.cumsum(count), MOST_OF_THEM * n - 1e-9) + 1) if n else 0
    row["once"] = float((count == 1).sum() / n) if n else np.nan
    return row


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(Variety.columns))
