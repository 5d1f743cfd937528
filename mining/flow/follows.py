"""What directly follows what, how often, and after how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from mining.flow import loops, spreads
from mining.flow.kernel import Kernel, Parameters, Partial, Piece, Vocabulary, order_time, plain
from mining.results import Result


@dataclass(frozen=True, eq=False, repr=False)
class Follows(Result):
    """One row per pair of activities of which one directly follows the other in a case, most frequent first.

    Count, mean, least and greatest are exact. Percentiles are approximate: they are read from a histogram whose buckets grow with
    the value, so each is within 0.8 % of the value of its rank.
    """

    columns: ClassVar[dict[str, str]] = {
        "before": "activity",
        "after": "activity of the next instance in the same case",
        **spreads.describe(
            "time from the completion of one to that of the next (the start where there is no completion)"
        ),
    }


def run(piece: Piece, parameters: Parameters) -> Partial:
    """Count the pairs of neighbours."""
    return successions(piece, plain(piece.activity, np.int32), len(piece.labels))


def successions(piece: Piece, code: np.ndarray, n_codes: int) -> Partial:
    """The spread of the time between neighbours in a case, by ``code before * n_codes + code after``."""
    time = plain(order_time(piece), np.int64)
    key, between = loops.successions(code, n_codes, time, plain(piece.offsets, np.int64))
    return spreads.spread(key, between, n_codes * n_codes)


def finish(partial: Partial, vocabulary: Vocabulary) -> pd.DataFrame:
    """The table."""
    return pairs(partial, [*vocabulary.labels], "before", "after")


def pairs(partial: Partial, names: list[str | None], one: str, other: str) -> pd.DataFrame:
    """One row per pair of codes, most frequent first, ties by the codes."""
    words = np.empty(len(names), object)
    words[:] = names
    columns = spreads.columns_of(partial)
    before, after = np.divmod(partial["key"], max(len(names), 1))
    columns.insert(0, one, pd.Series(words[before], dtype=object))
    columns.insert(1, other, pd.Series(words[after], dtype=object))
    order = np.lexsort((partial["key"], -partial["n"]))
    return columns.iloc[order].reset_index(drop=True)


FOLLOWS = Kernel("follows", run, spreads.merged, finish, Follows)
