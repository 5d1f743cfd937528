"""An earlier log and the next one as one series: finding ids are the same on both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mining.errors import MiningError
from mining.follow_up.periods import number_of, span_of
from mining.follow_up.series import Series, stamps
from mining.results import Provenance
from mining.units import MISSING

if TYPE_CHECKING:
    from mining.study import Study


@dataclass(frozen=True, eq=False)
class Lacking:
    """Running numbers of the periods in which a log lacks cases that the other log has."""

    earlier: np.ndarray
    later: np.ndarray


NOTHING = Lacking(np.empty(0, np.int64), np.empty(0, np.int64))


def lacking(before: Study, study: Study, period: str) -> Lacking:
    """Where two logs differ in the cases that they hold, by case id.

    A log that was exported by a moment, or by activity since one, holds only part of the cases that began around it, and those are the
    slow ones, or the quick ones: such a period must not be read from it.
    """
    tz = study.blueprint.tz
    ids = [pd.Index(np.asarray(x.log.case_ids)) for x in (before, study)]

    def periods(of: Study, own: pd.Index, other: pd.Index) -> np.ndarray:
        start = of.instances.case_start
        return np.unique(number_of(start[(start != MISSING) & ~own.isin(other)], period, tz))

    return Lacking(periods(study, ids[1], ids[0]), periods(before, ids[0], ids[1]))


def joined(earlier: Series, later: Series, tz: str, lacking: Lacking = NOTHING) -> Series:
    """One series of two, without a hole: a period is taken from the later log where it can be read there, else from the earlier one.

    No case counts twice, since every period is taken from one log only. Periods that neither log covers in full are not read.

    Parameters
    ----------
    earlier, later : Series
        Of the same measure and period.
    tz : str
        Zone of the periods.
    lacking : Lacking
        Periods in which a log lacks cases of the other: they cannot be read from it.
    """
    if (earlier.period, earlier.kind, earlier.unit) != (later.period, later.kind, later.unit):
        raise MiningError(
            f"{earlier.id} was measured in another way on the earlier log. Use the same period and the same kind of outcome."
        )
    first, second = (series.frame.set_index(_numbers(series, tz)) for series in (earlier, later))
    for table, parts in ((first, lacking.earlier), (second, lacking.later)):
        partly = table["complete"] & table.index.isin(parts)
        table.loc[partly, "complete"], table.loc[partly, "why"] = False, "between"
    both = np.arange(min(first.index.min(), second.index.min()), max(first.index.max(), second.index.max()) + 1)
    other = first.reindex(second.index)
    unread = ~other["complete"].eq(True) & ~(
        other["n_cases"] > second["n_cases"]
    )  # of two that cannot be read the fuller one is shown
    better = second.index[second["complete"] | unread]
    others = first.index[~first.index.isin(better)]
    frame = pd.concat([first.loc[others], second.loc[better]]).sort_index().reindex(both)
    labels, start, end = span_of(both, later.period, tz)
    missing = frame["complete"].isna()
    frame["period"], frame["start"], frame["end"] = np.array(labels, object), stamps(start), stamps(end)
    frame["complete"] = frame["complete"].eq(True)
    frame.loc[missing, "why"] = "between"
    for column in ("n_cases", "n_open", "n"):
        frame[column] = frame[column].fillna(0).astype(np.int64)
    source, before = later.provenance, earlier.provenance
    settings = source.parameters | {"earlier_log": before.log[:12], "earlier_blueprint": before.blueprint[:12]}
    provenance = Provenance(source.measure, source.log, source.blueprint, source.n_cases + before.n_cases, settings)
    return Series(
        frame.reset_index(drop=True)[list(Series.columns)], provenance, later.id, later.name, later.kind, later.unit, later.worse,
        later.statistic, later.period, later.wait_s, later.rule,
    )  # fmt: skip


def _numbers(series: Series, tz: str) -> pd.Index:
    moments = (
        series.frame["start"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("M8[us]").astype(np.int64)
    )
    return pd.Index(number_of(moments, series.period, tz))


def compatible(before: Study, study: Study) -> None:
    """Refuse two logs whose findings have different ids.

    Raises
    ------
    MiningError
    """
    if before.blueprint.id != study.blueprint.id:
        raise MiningError(
            f"The earlier log was read against the blueprint {before.blueprint.id!r}, this one against {study.blueprint.id!r}: their "
            "findings have other ids. Read both against versions of one blueprint."
        )
    if before.blueprint.tz != study.blueprint.tz:
        raise MiningError(
            f"The earlier log is read in the zone {before.blueprint.tz}, this one in {study.blueprint.tz}: their periods differ. "
            "Use one zone."
        )
    if before.instances.case_start.max(initial=0) > study.instances.now:
        raise MiningError("The earlier log ends after this one. Give the earlier study as before, the later one first.")
