"""What steps cost: a small table of prices beside the log, and the money of single events and of cases."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.errors import MiningError, UnknownNameError
from mining.times.instances import UNKNOWN, instance_times
from mining.units import MICROSECONDS
from mining.voice.reading import Column, Rows, opened, words

if TYPE_CHECKING:
    from mining.study import Study

COST_KINDS = ("prevention", "appraisal", "internal", "external")
COLUMNS = (
    Column("activity", ("活动", "步骤"), needed=True),
    Column("cost_per_event", ("每次成本", "单次成本")),
    Column("cost_per_hour", ("每小时成本", "小时成本")),
    Column("cost_kind", ("成本类别", "质量成本类别", "质量成本"), needed=True),
)
MEANINGS = words(
    {
        "prevention": ("预防", "预防成本"),
        "appraisal": ("鉴定", "鉴定成本"),
        "internal": ("内部", "内部失效", "内部损失", "内部损失成本", "内部故障成本"),
        "external": ("外部", "外部失效", "外部损失", "外部损失成本", "外部故障成本"),
    }
)
HOUR = 3600 * MICROSECONDS


@dataclass(frozen=True, eq=False, repr=False)
class Costs:
    """What steps cost. Read one with :func:`mining.outcomes.costs.read_costs`.

    Attributes
    ----------
    path, sha256 : str
        The file and its hash (of a frame: ``"<frame>"``, and of its values).
    currency : str
    frame : DataFrame
        activity, cost_per_event and cost_per_hour (NaN: not said), cost_kind (None: ordinary work), row.
    notes : tuple of str
        What was left out, with counts.
    """

    path: str
    sha256: str
    currency: str
    frame: pd.DataFrame
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        said = "".join(f"\n- {note}" for note in self.notes)
        return f"<Costs {self.path}: {len(self.frame):,} activities, {self.currency}>{said}"

    @cached_property
    def by_activity(self) -> pd.DataFrame:
        """The same by activity."""
        return self.frame.set_index("activity")

    def of(self, names: tuple[str, ...], known: frozenset[str], where: str) -> Prices:
        """The prices of activities in the order of their names.

        Raises
        ------
        UnknownNameError
            If the table names an activity that neither blueprint nor log has.
        """
        for activity, row in zip(self.frame["activity"], self.frame["row"], strict=True):
            if activity not in known:
                raise UnknownNameError("activity", activity, known, where=f"{self.path}: row {row:,}: {where}")
        table = self.by_activity.reindex(list(names))
        return Prices(
            table["cost_per_event"].to_numpy(float),
            table["cost_per_hour"].to_numpy(float),
            table["cost_kind"].astype(object).where(table["cost_kind"].notna(), None).to_numpy(object),
        )


@dataclass(frozen=True, eq=False)
class Prices:
    """Price per event and per hour of each name of the instances (NaN: not said), and its kind (None: ordinary work, or no row)."""

    event: np.ndarray
    hour: np.ndarray
    kind: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Names that have a price."""
        return np.isfinite(self.event) | np.isfinite(self.hour)


def read_costs(
    source: Any,
    *,
    currency: str,
    decimal: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Costs:
    """Read what steps cost, one row per activity.

    Parameters
    ----------
    source : str, Path or data frame
        A CSV, Excel or Parquet file, or a frame, with the columns ``activity`` (id of an activity of the blueprint, or a label of the log
        that the blueprint does not know), ``cost_per_event``, ``cost_per_hour`` (of work on it; one of the two may be blank) and
        ``cost_kind``: prevention, appraisal, internal, external, or blank for ordinary work, which is a cost of poor quality only where a
        fault made it necessary. Chinese names of columns and kinds are read too.
    currency : str
        Of all amounts, as it is to be printed.
    decimal : {".", ","}, optional
        Decimal mark of amounts in text; else the column decides.
    encoding, delimiter, sheet : str, optional
        Of a CSV or Excel file, as in :func:`mining.read_log`.

    Returns
    -------
    Costs

    Raises
    ------
    LogError
        If a column is missing or there twice, or the table is empty.
    TableError
        With all rows that mean nothing: no activity, one that is there twice, a negative amount, none at all, another kind.
    MiningError
        If no currency is said.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"activity": ["receive"], "cost_per_event": [4.5], "cost_kind": ["appraisal"]})
    >>> read_costs(table, currency="EUR")
    <Costs <frame>: 1 activities, EUR>
    """
    if not isinstance(currency, str) or not currency.strip():
        raise MiningError(
            f"currency: {currency!r} is none. Say in which currency the amounts are, as in currency='EUR'."
        )
    rows = Rows(opened(source, encoding=encoding, delimiter=delimiter, sheet=sheet), "cost", COLUMNS)
    activity = rows.text("activity", needed=True)
    event, hour = (rows.number(key, decimal=decimal) for key in ("cost_per_event", "cost_per_hour"))
    kind = rows.choice("cost_kind", MEANINGS)
    with np.errstate(invalid="ignore"):
        for key, amount in (("cost_per_event", event), ("cost_per_hour", hour)):
            rows.bad(f"{key} is negative", amount < 0)
    rows.bad("neither cost_per_event nor cost_per_hour", np.isnan(event) & np.isnan(hour))
    rows.doubled("an activity that is there twice", activity)
    rows.check()
    frame = rows.frame({"activity": activity, "cost_per_event": event, "cost_per_hour": hour, "cost_kind": kind})
    return Costs(rows.path, rows.source.sha256, currency.strip(), frame, tuple(rows.notes))


@dataclass(frozen=True, eq=False)
class Money:
    """What each completed instance of a study costs.

    Attributes
    ----------
    prices : Prices
    counted : bool array of shape (n,)
        Instances that completed: what has not is not paid for.
    hours : float array of shape (n,)
        Work on it; NaN where it is not measured.
    value : float array of shape (n,)
        NaN where its activity has no price, or is priced by the hour and the hours are not measured.
    no_price, no_hours : bool arrays of shape (n,)
        Why a completed instance has no value.
    """

    prices: Prices
    counted: np.ndarray
    hours: np.ndarray
    value: np.ndarray
    no_price: np.ndarray
    no_hours: np.ndarray


def money_of(study: Study, costs: Costs) -> Money:
    """Price every completed instance: cost per event + hours x cost per hour.

    Raises
    ------
    UnknownNameError
        If the costs name an activity that neither blueprint nor log has.
    """
    x = study.instances
    known = frozenset(x.names) | frozenset(study.blueprint.by_id)
    prices = costs.of(x.names, known, study.blueprint.id)
    processing = instance_times(study).processing
    hours = np.where(processing == UNKNOWN, np.nan, processing / HOUR)
    done = x.done
    per_event, per_hour = prices.event[x.activity], prices.hour[x.activity]
    work = np.where(np.isnan(per_hour), 0.0, per_hour * hours)
    has_price = prices.known[x.activity]
    value = np.where(done & has_price, np.where(np.isnan(per_event), 0.0, per_event) + work, np.nan)
    return Money(prices, done, hours, value, done & ~has_price, done & has_price & np.isnan(value))


@dataclass(frozen=True, eq=False)
class CaseMoney:
    """What each case costs.

    Attributes
    ----------
    value : float array of shape (n_cases,)
        Sum over its priced instances.
    unpriced : int array of shape (n_cases,)
        Instances priced by the hour whose hours are not measured.
    without_price : tuple of str
        Activities of the log without a price.
    n_without_price : int
        Their completed instances: they cost nothing here.
    """

    value: np.ndarray
    unpriced: np.ndarray
    without_price: tuple[str, ...]
    n_without_price: int


def money_of_cases(study: Study, costs: Costs) -> CaseMoney:
    """What every case costs by the prices of its steps. Errors as in :func:`money_of`."""
    x, money = study.instances, money_of(study, costs)
    there = np.isfinite(money.value)
    value = np.bincount(x.case[there], money.value[there], minlength=x.n_cases)
    unpriced = np.bincount(x.case[money.no_hours], minlength=x.n_cases)
    free = np.unique(x.activity[money.no_price])
    return CaseMoney(value, unpriced, tuple(x.names[i] for i in free.tolist()), int(money.no_price.sum()))
