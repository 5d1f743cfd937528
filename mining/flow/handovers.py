"""Who hands over to whom, how often, and after how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from mining.flow import spreads
from mining.flow.follows import pairs, successions
from mining.flow.kernel import Kernel, Parameters, Partial, Piece, Vocabulary, plain
from mining.results import Result


@dataclass(frozen=True, eq=False, repr=False)
class Handovers(Result):
    """One row per pair of resources of neighbouring instances of a case, most frequent first.

    Every pair of neighbours is in one row: those of one resource with itself too (``same``), and those of which the log names not
    both (missing).
    """

    columns: ClassVar[dict[str, str]] = {
        "giver": "resource of an instance; missing where the log names none",
        "taker": "resource of the next instance in the same case; missing where the log names none",
        "same": "whether it is one resource, so that nothing was handed over; missing where one is not known",
        **spreads.describe(
            "time from the completion of one to that of the next (the start where there is no completion)"
        ),
    }


def run(piece: Piece, parameters: Parameters) -> Partial:
    """Count the pairs of neighbours; code 0 stands for no resource."""
    return successions(piece, plain(np.add(piece.resource, 1, dtype=np.int32), np.int32), len(piece.resources) + 1)


def finish(partial: Partial, vocabulary: Vocabulary) -> pd.DataFrame:
    """The table."""
    frame = pairs(partial, [None, *vocabulary.resources], "giver", "taker")
    known = frame["giver"].notna() & frame["taker"].notna()
    same = (frame["giver"] == frame["taker"]).astype("boolean").where(known, pd.NA)
    frame.insert(2, "same", same)
    return frame


HANDOVERS = Kernel("handovers", run, spreads.merged, finish, Handovers)
