"""What the numbers of a column are: shares, lengths of time, moments, or numbers in the unit that their row names."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

# What the description of a column of shares says.
SHARE = re.compile(r"\b0-1\b|^(promised )?share\b|95 % Wilson interval")
# Columns whose unit stands in another column of the row: class -> (that column, levels, differences).
IN_UNIT: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "ChangeRequests": ("unit", (), ("effect", "low", "high")),
    "Effects": (
        "unit",
        ("mean_with", "mean_without"),
        ("naive", "naive_low", "naive_high", "median_diff", "trimmed_diff", "effect", "se", "low", "high", "placebo",
         "placebo_low", "placebo_high", "total"),
    ),
    **dict.fromkeys(("Deviations", "Explanation", "Faults", "Verdicts"), ("unit", ("measured", "limit"), ())),
    "Feedback": ("statistic", ("value", "low", "high"), ()),
    "FollowUp": (
        "unit",
        ("baseline", "target", "before", "before_low", "before_high", "after"),
        ("predicted", "effect", "low", "high", "step", "step_low", "step_high", "slope", "slope_low", "slope_high"),
    ),
    "Kpis": ("unit", ("value", "low", "high", "target"), ()),
    "KpiTrend": ("unit", ("value", "low", "high", "target"), ()),
    "Outcomes": ("unit", ("mean", "median", "low", "high"), ()),
    "Scores": ("measure", ("value", "low", "high"), ()),
    "TimeSummary": (
        "unit",
        ("mean", "p25", "median", "p75", "p90", "p95", "min", "max", "sum", "overall", "km_median"),
        (),
    ),
    "WhatIf": (
        "unit",
        ("observed", "base", "base_low", "base_high", "value", "value_low", "value_high"),
        ("difference", "low", "high"),
    ),
}  # fmt: skip
# Columns whose unit is that of the whole table, or of the row by a rule: what ``in_words`` of the class adds as OWN_UNIT says it.
OWN_UNIT = "_unit"  # of the shown table only: never shown itself
IN_OWN_UNIT: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Actions": (("baseline", "target", "proposed"), ()),
    "BeforeAfter": (("estimate", "low", "high", "hac_low", "hac_high"), ()),
    "CaseMix": (("before", "after"), ()),
    "CrossingSummary": (("mean", "median", "p90", "max"), ()),
    "ControlChart": (("value", "centre", "lower", "upper", "sigma", "moving_range", "range_centre", "range_upper"), ()),
    "Ipa": (("performance", "performance_low", "performance_high"), ()),
    "NonResponse": (("mean_answered", "mean_not"), ()),
    "Series": (("value", "low", "high"), ()),
    "Validation": (("observed", "predicted", "low", "high"), ()),
}
POINTS = "_points"  # what OWN_UNIT says of a difference of shares
SECONDS = frozenset(("s", "open s", "median", "p90"))  # words of a unit (of feedback: a statistic) that are seconds
SHARES = frozenset(("share", "", "top_two", "easy"))  # and of feedback or scores: a measure that is a share


def is_share(column: str, meaning: str, kind: str = "") -> bool:
    """Whether a column holds shares from 0 to 1, by what it says of itself.

    Examples
    --------
    >>> is_share("rate", "n_net / n_judged, 0-1"), is_share("n", "cases"), is_share("value", "a share, 0-1, or seconds", "Feedback")
    (True, False, False)
    """
    return bool(SHARE.search(meaning)) and not in_unit(column, kind) and not is_length(column, meaning)


def is_length(column: str, meaning: str) -> bool:
    """Whether a column holds lengths of time in seconds: its name ends in ``_s``, and it is described (so it is no one else's).

    Examples
    --------
    >>> is_length("mean_s", "mean wait, seconds"), is_length("mean_s", ""), is_length("hours", "hours of work")
    (True, False, False)
    """
    return column.endswith("_s") and bool(meaning)


def in_unit(column: str, kind: str) -> bool:
    """Whether the unit of a column stands in its row."""
    _, levels, differences = unit_column(kind)
    return column in levels or column in differences


def unit_column(kind: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The column that says the unit of others, those that are levels, and those that are differences.

    Examples
    --------
    >>> unit_column("Series"), unit_column("Summary")
    (('_unit', ('value', 'low', 'high'), ()), ('', (), ()))
    """
    if kind in IN_OWN_UNIT:
        return OWN_UNIT, *IN_OWN_UNIT[kind]
    return IN_UNIT.get(kind, ("", (), ()))


def unit_word(kind: str, unit: str) -> str:
    """What :data:`OWN_UNIT` says for a measure of a kind (time, share, money, ...) in a unit.

    Examples
    --------
    >>> unit_word("share", ""), unit_word("time", "s"), unit_word("score", "")
    ('share', 's', 'other')
    """
    return {"share": "share", "time": "s"}.get(kind, unit or "other")


def kind_of_unit(word: Any) -> str:
    """``length``, ``share``, ``points`` of per cent, or an empty text for all other units, such as money or working days.

    Examples
    --------
    >>> [kind_of_unit(x) for x in ("s", "share", None, "EUR", POINTS)]
    ['length', 'share', 'share', '', 'points']
    """
    text = "" if word is None or (isinstance(word, float) and word != word) else str(word)
    return "length" if text in SECONDS else "share" if text in SHARES else "points" if text == POINTS else ""


def zone_of(values: pd.Series) -> str | None:
    """The one zone of a column of moments; empty for moments without; None for a column that holds none, or several zones.

    Examples
    --------
    >>> zone_of(pd.Series(pd.to_datetime(["2026-03-02 09:00"], utc=True))), zone_of(pd.Series([1]))
    ('UTC', None)
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        zone = getattr(values.dtype, "tz", None)
        return "" if zone is None else str(zone)
    if values.dtype != object:
        return None
    moments = [x for x in values if isinstance(x, pd.Timestamp) and x is not pd.NaT]
    if not moments or len(moments) < values.notna().sum():
        return None
    zones = {"" if x.tzinfo is None else str(x.tzinfo) for x in moments}
    return zones.pop() if len(zones) == 1 else None
