"""How long activities wait: from ready to start.

Ready is when an instance was scheduled. Where the log schedules the activity at all, an instance without a schedule of its own is a
further turn of scheduled work and is not measured. Where it never does, ready is the latest completion of another instance of the
case that is not after the start. The standards of a blueprint measure waiting in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from mining.flow import loops, spreads
from mining.flow.kernel import Kernel, Parameters, Partial, Piece, Vocabulary, plain
from mining.results import Result

HOW = ("no_start", "from_schedule", "unscheduled_turn", "from_completion", "nothing_before")
MEASURED = (1, 3)


@dataclass(frozen=True, eq=False, repr=False)
class Waiting(Result):
    """One row per activity, in the order of the labels: how long its instances waited, and how many have no answer and why."""

    columns: ClassVar[dict[str, str]] = {
        "activity": "activity",
        "instances": "all of its instances: the five that follow add up to it",
        "from_schedule": "measured from the moment of scheduling",
        "from_completion": "measured from the latest completion in the case before the start",
        "no_start": "not measured: the log has no start of the instance",
        "unscheduled_turn": "not measured: the log schedules this activity, but not this instance of it",
        "nothing_before": "not measured: nothing was completed in the case before the start",
        **spreads.describe("wait from ready to start"),
    }


def run(piece: Piece, parameters: Parameters) -> Partial:
    """Measure each instance and sum up by activity; whether an activity is scheduled at all is a fact of the whole log."""
    activity = plain(piece.activity, np.int32)
    scheduled = piece.facts.scheduled
    is_scheduled = plain(np.array([label in scheduled for label in piece.labels], bool), bool)
    times = (plain(getattr(piece, name), np.int64) for name in ("start", "end", "scheduled"))
    value, how = loops.waits(activity, is_scheduled, *times, plain(piece.offsets, np.int64))
    measured = np.isin(how, MEASURED)
    cells = np.bincount(activity.astype(np.int64) * len(HOW) + how, minlength=len(piece.labels) * len(HOW))
    return spreads.spread(activity[measured], value[measured], len(piece.labels)) | {"how": cells}


def merge(partials: list[Partial]) -> Partial:
    """Add up."""
    return spreads.merged(partials) | {"how": np.sum([part["how"] for part in partials], axis=0)}


def finish(partial: Partial, vocabulary: Vocabulary) -> pd.DataFrame:
    """The table; activities without any instance are left out."""
    how = partial["how"].reshape(-1, len(HOW))
    rows = np.flatnonzero(how.sum(axis=1))
    frame = pd.DataFrame({"activity": pd.Series([vocabulary.labels[i] for i in rows.tolist()], dtype=object)})
    frame["instances"] = how[rows].sum(axis=1)
    for name in ("from_schedule", "from_completion", "no_start", "unscheduled_turn", "nothing_before"):
        frame[name] = how[rows, HOW.index(name)]
    spread = spreads.columns_of(partial).set_axis(partial["key"], axis=0).reindex(rows)
    spread["n"] = spread["n"].fillna(0).astype(np.int64)
    return pd.concat([frame, spread.reset_index(drop=True)], axis=1)


WAITING = Kernel("waiting", run, merge, finish, Waiting)
