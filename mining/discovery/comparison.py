"""As designed against as is: what is only in one of the two, and how often."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from mining.automaton import Automaton, TooManyStatesError
from mining.blueprint.compile import free_regions
from mining.discovery.observed import Observed
from mining.errors import LogError
from mining.results import Result


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Result):
    """One row per difference between the design and what was observed, most frequent first.

    An order is one activity directly after another; orders inside a free region are left open by design, so those never seen are not
    listed.
    """

    columns: ClassVar[dict[str, str]] = {
        "what": "activity or order",
        "name": "activity",
        "partner": "of an order: the activity directly after it",
        "designed": "whether the design has it",
        "observed_cases": "cases in which it occurs",
        "share": "of all cases, 0-1",
    }


def compared(observed: Observed) -> Comparison:
    """Compare what was observed with the blueprint of its study.

    Raises
    ------
    LogError
        If it was observed in a log without a blueprint.
    """
    blueprint = observed.blueprint
    if blueprint is None:
        raise LogError("A log alone has no design to compare with. Give a Study: Study(log, blueprint).")
    n, seen = observed.n_cases, observed.cases_with()
    observable = [a.id for a in blueprint.activities if a.observable]
    rows: list[tuple[str, str, str | None, bool, int]] = [
        ("activity", a, None, True, 0) for a in observable if not seen.get(a)
    ]
    rows += [("activity", name, None, False, k) for name, k in seen.items() if name not in blueprint.by_id]
    with suppress(TooManyStatesError):  # the orders of such a design are not listed; the summary says so
        designed, found = designed_orders(blueprint.automaton), observed.cases_with_arc()
        left_open = {(a, b) for region in free_regions(blueprint) for a in region for b in region}
        rows += [("order", a, b, True, 0) for a, b in sorted(designed - found.keys() - left_open)]
        rows += [("order", a, b, False, k) for (a, b), k in found.items() if (a, b) not in designed]
    frame = pd.DataFrame(rows, columns=["what", "name", "partner", "designed", "observed_cases"])
    frame["share"] = frame["observed_cases"] / n if n else np.nan
    order = ["what", "observed_cases", "name", "partner"]
    frame = frame.sort_values(order, ascending=[True, False, True, True], ignore_index=True)
    return Comparison(frame, observed.provenance("as designed against as is"))


def designed_orders(automaton: Automaton) -> set[tuple[str, str]]:
    """Pairs of activities of which one may directly follow the other by design."""
    before: list[set[str]] = [set() for _ in range(automaton.n_states)]
    for after in automaton.successors:
        for label, t in after.items():
            before[t].add(label)
    return {(x, label) for s, after in enumerate(automaton.successors) for label in after for x in before[s]}
