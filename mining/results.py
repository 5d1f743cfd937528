"""What an analysis gives back: a tidy frame, where it came from, and how it shows itself."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from html import escape
from typing import Any, ClassVar

import pandas as pd

ROWS_SHOWN = 20
# What the description of a column of shares says.
SHARE = re.compile(r"\b0-1\b|^(promised )?share\b|95 % Wilson interval")


@dataclass(frozen=True)
class Provenance:
    """Enough to compute a table again.

    Attributes
    ----------
    measure : str
        What the table holds.
    log, blueprint : str
        SHA-256 of the files.
    n_cases : int
        Cases in the log.
    parameters : dict
        Settings that change the numbers.
    """

    measure: str
    log: str
    blueprint: str
    n_cases: int
    parameters: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """One line for people."""
        settings = [
            f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
            for name, value in self.parameters.items()
            if value != []
        ]
        files = [f"{name} {hash[:12]}" for name, hash in (("log", self.log), ("blueprint", self.blueprint)) if hash]
        cases = [f"{self.n_cases:,} cases"] if self.n_cases or self.blueprint else []  # a table beside the log has none
        return "; ".join([self.measure, *cases, ", ".join([*files, *settings])])


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """Base of all results. ``columns`` describes the frame; :meth:`to_frame` gives a copy of it.

    In a notebook it shows where it came from, its :meth:`sentence`, the table, and its ``picture`` where it has one: an attribute, or a
    method that needs no argument, that gives something with ``_repr_html_``.
    """

    frame: pd.DataFrame
    provenance: Provenance
    columns: ClassVar[dict[str, str]] = {}
    shown: ClassVar[tuple[str, ...]] = ()  # the columns that a notebook shows; empty: all

    def to_frame(self) -> pd.DataFrame:
        """A copy of the table."""
        return self.frame.copy()

    def to_dict(self) -> dict[str, Any]:
        """The table and its provenance as plain values (missing is None)."""
        rows = [{k: plain(v) for k, v in row.items()} for row in self.frame.to_dict("records")]
        return {"provenance": vars(self.provenance), "rows": rows}

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        head = self.frame.head(8).to_string(index=False, na_rep="-")
        more = f"\n... {len(self.frame) - 8:,} more rows" if len(self.frame) > 8 else ""
        return f"<{type(self).__name__}: {self.provenance.line()}>\n{head}{more}"

    def sentence(self, lang: str = "en") -> str:
        """What it says, in a sentence; empty for results that have none."""
        return ""

    def _repr_html_(self) -> str:
        picture = getattr(self, "picture", None)
        picture = picture() if callable(picture) else picture
        said = self.sentence()
        parts = [
            f"<p><small>{escape(self.provenance.line())}</small></p>",
            f"<p>{escape(said)}</p>" if said else "",
            self._table(),
            picture._repr_html_() if picture is not None else "",
        ]
        return f'<div class="mining-result">{STYLE}{"".join(parts)}</div>'

    def _table(self) -> str:
        """The first rows: numbers to the right, shares in per cent, what each column means at its name, missing values as a dash."""
        shown = self.frame.head(ROWS_SHOWN)
        shown = shown[list(self.shown)] if self.shown else shown
        right = [pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind) for kind in shown.dtypes]
        sides = [' class="number"' if number else "" for number in right]
        say = [shown_share if SHARE.search(self.columns.get(str(name), "")) else shown_value for name in shown.columns]
        heads = "".join(
            f'<th{side} title="{escape(self.columns.get(str(name), ""))}">{escape(str(name)).replace("_", "_<wbr>")}</th>'
            for name, side in zip(shown.columns, sides, strict=True)
        )
        rows = "".join(
            "<tr>"
            + "".join(f"<td{side}>{escape(as_text(x))}</td>" for x, side, as_text in zip(row, sides, say, strict=True))
            + "</tr>"
            for row in shown.astype(object).itertuples(index=False, name=None)
        )
        more = len(self.frame) - len(shown)
        below = f"<p><small>{more:,} more rows; .frame has all</small></p>" if more else ""
        return f'<div class="table"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{below}'


STYLE = (  # no colours of its own, so that it can be read in light and dark notebooks
    "<style>.mining-result table{border-collapse:collapse;table-layout:auto!important;font-size:13px}"
    ".mining-result .table{overflow-x:auto}"
    ".mining-result th,.mining-result td{text-align:left!important;vertical-align:top;padding:3px 6px;max-width:40em;"
    "overflow-wrap:break-word;border-bottom:1px solid rgba(128,128,128,.45)}"
    ".mining-result th[title]:not([title=''])"
    "{text-decoration:underline dotted;text-underline-offset:3px;cursor:help}"
    ".mining-result .number{text-align:right!important;font-variant-numeric:tabular-nums;white-space:nowrap}"
    ".mining-result th.number{white-space:normal}</style>"
)


def shown_value(value: Any) -> str:
    """A value as it stands in a table for people: missing is a dash, true is yes, moments have no parts of seconds.

    Examples
    --------
    >>> [shown_value(x) for x in (0.886123, 12345.678, 2000, None, True, ("a", 1), pd.Timestamp("2026-03-02 09:00", tz="UTC"))]
    ['0.8861', '12,346', '2,000', '-', 'yes', 'a, 1', '2026-03-02 09:00:00+00:00']
    """
    value = plain(value) if not isinstance(value, pd.Timestamp) else value
    match value:
        case None:
            return "-"
        case pd.Timestamp():
            return value.isoformat(sep=" ", timespec="seconds") if value is not pd.NaT else "-"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
        case list():
            return ", ".join(map(shown_value, value)) or "-"
    return str(value)


def shown_share(value: Any) -> str:
    """A share between 0 and 1 in per cent, as it stands in a table for people: never 0 or 100 for one that is not.

    Examples
    --------
    >>> [shown_share(x) for x in (0.9983, 1.0, 0.99999, 0.0, 0.00001, None)]
    ['99.8\xa0%', '100\xa0%', '99.9\xa0%', '0\xa0%', '0.1\xa0%', '-']
    """
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return shown_value(value)
    if 0 < value < 1:
        return f"{min(max(100 * value, 0.1), 99.9):.1f}\u00a0%"
    return f"{100 * value:,.3g}\u00a0%" if abs(value) <= 1 else f"{100 * value:,.1f}\u00a0%"


def plain(value: Any) -> Any:
    """A value for JSON: NumPy scalars as Python's, missing as None, timestamps as ISO 8601 text."""
    if isinstance(value, (list, tuple)):
        return [plain(x) for x in value]
    if isinstance(value, dict):
        return {k: plain(x) for k, x in value.items()}
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def wilson(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson score interval of a share; (nan, nan) where n is 0.

    Examples
    --------
    >>> [round(x, 3) for x in wilson(4, 270)]
    [0.006, 0.037]
    """
    if n == 0:
        return math.nan, math.nan
    from scipy.stats import binomtest

    interval = binomtest(successes, n).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)
