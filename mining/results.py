"""What an analysis gives back: a tidy frame, where it came from, and how it shows itself."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pandas as pd


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
        cases = (
            [f"{self.n_cases:,} cases"] if self.n_cases or (self.log and self.blueprint) else []
        )  # of the design alone, or beside the log
        return "; ".join([self.measure, *cases, ", ".join([*files, *settings])])


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """Base of all results. ``columns`` describes the frame; :meth:`to_frame` gives a copy of it.

    In a notebook it shows its :meth:`sentence`, the table, its ``picture`` where it has one (an attribute, or a method that needs no
    argument but may take ``lang``, that gives something with ``_repr_html_``), and where it came from: in the language of
    :func:`mining.show_in`. What a title, a heading and a value is in words stands in ``mining/display/catalogue``.
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

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table as a notebook shows it in a language: the same rows, where a text of the frame is in English only."""
        return self.frame

    def _repr_html_(self) -> str:
        from mining.display.language import shown_in
        from mining.display.result import result_html

        return result_html(self, shown_in())


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
