"""Whether those who answered are like those who did not: the log knows both."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from mining.conformance.conditions import is_missing
from mining.display.kinds import OWN_UNIT
from mining.errors import UnknownNameError
from mining.log.shown import may_show
from mining.results import Result
from mining.texts import say
from mining.units import MISSING
from mining.voice.tables import Survey, doubts_said

if TYPE_CHECKING:
    from mining.study import Study

TIME, BEGAN = "time", "month"
LIMIT = 0.2  # standardised difference from which on the two groups are said to differ
MOST_LEVELS = 50
BANDS = 5
PERSON = re.compile(
    "customer|client|patient|applicant|顾客|客户|患者|申请人", re.IGNORECASE
)  # values that are not printed


@dataclass(frozen=True, eq=False, repr=False)
class NonResponse(Result):
    """Cases with and without an answer, compared on what the log knows. Made by :func:`nonresponse_of`.

    Attributes
    ----------
    answered, ended : int
        Ended cases with an answer, and ended cases: those that could have been asked.
    left_out : dict of str to int
        Answered cases that have no end, and attributes that could not be compared, by reason.
    doubts : mapping of str to int
        What speaks against the survey being of this service, as :attr:`mining.voice.tables.Joined.doubts`.
    """

    answered: int
    ended: int
    left_out: dict[str, int]
    doubts: Mapping[str, int] = field(default_factory=dict)

    columns: ClassVar[dict[str, str]] = {
        "attribute": "attribute of the log; time: from the begin to the end of the case; month: in which it began",
        "kind": "number or category",
        "answered": "answered cases with a value",
        "not_answered": "other ended cases with a value",
        "missing": "ended cases without a value",
        "mean_answered": "of a number: mean of the answered (time: in seconds)",
        "mean_not": "of a number: mean of the others",
        "difference": "standardised difference: of a number (time: of its logarithm) the difference of means over the pooled standard "
        "deviation; of a category the multivariate one (Yang and Dalton 2012), never negative",
        "chi2": "chi-square of independence of answering and value (numbers in five bands of equal size)",
        "df": "its degrees of freedom",
        "p": "its p-value; missing where an expected count is below 1 or a fifth of them below 5",
        "largest": "of a category: the value whose share differs most; empty where the attribute names customers, or may not be shown",
        "warning": "whether the standardised difference is above 0.2 in size",
    }

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the unit of the means, for the notebook: only the time of a case has one."""
        return self.frame.assign(**{OWN_UNIT: ["s" if x == "time" else "other" for x in self.frame["attribute"]]})

    @property
    def biased(self) -> bool:
        """Whether any attribute differs by more than 0.2: scores of those who answered then need a warning."""
        return bool(self.frame["warning"].any())

    def sentence(self, lang: str = "en") -> str:
        """How many answered, and in what they differ from the others."""
        share = f"{100 * self.answered / self.ended:.1f}" if self.ended else "0"
        said = say("voice.nonresponse.told", lang, answered=f"{self.answered:,}", ended=f"{self.ended:,}", share=share)
        said += doubts_said(self.doubts, lang)
        rows = self.frame[self.frame["warning"]].sort_values("difference", key=np.abs, ascending=False, kind="stable")
        if rows.empty:
            return said + say("voice.nonresponse.alike" if len(self.frame) else "voice.nonresponse.nothing", lang)
        names = {TIME: say("voice.attribute.time", lang), BEGAN: say("voice.attribute.month", lang)}
        pairs = zip(rows["attribute"], rows["difference"], strict=True)
        listed = [say("voice.nonresponse.one", lang, name=names.get(x, x), difference=f"{d:+.2f}") for x, d in pairs]
        return said + say("voice.nonresponse.differ", lang, attributes=say("report.comma", lang).join(listed))


def nonresponse_of(
    study: Study, survey: Survey, *, attributes: Sequence[str] | None = None, customer: str | None = None
) -> NonResponse:
    """Compare ended cases with and without an answer.

    Parameters
    ----------
    study : Study
    survey : Survey
    attributes : sequence of str, optional
        Attributes of the log. None: all but dates and those with more than 50 different words. The time of the case and the month in
        which it began are always compared.
    customer : str, optional
        As in :meth:`Survey.joined`.

    Raises
    ------
    UnknownNameError
        For an attribute that the log does not have.

    Examples
    --------
    >>> from mining.voice import read_survey
    >>> nonresponse_of(study, read_survey("sample_logs/permit_receipt/survey.csv")).biased
    False
    """
    known = study.log.binding.attributes
    for name in attributes or ():
        if name not in known:
            raise UnknownNameError("attribute", name, known, where="attributes")
    joined = survey.joined(study, customer=customer)
    case = joined.case
    has = np.zeros(study.instances.n_cases, bool)
    has[case[case >= 0]] = True
    ended = ~study.is_open & (study.instances.case_end != MISSING)
    left_out = {"answered, case without an end": int((has & ~ended).sum())}
    rows = []
    persons = {column for column in (study.log.binding.resource, customer) if column}
    for name in (TIME, BEGAN, *(attributes if attributes is not None else known)):
        personal = name in known and known[name].column in persons
        values = None if personal or name == customer else _values(study, name)
        row = None if values is None else _compared(name, values[ended], has[ended])
        if row is not None and name in known and not may_show(study.log, name):
            row["largest"] = ""
        if row is None:
            left_out["attributes that cannot be compared"] = left_out.get("attributes that cannot be compared", 0) + 1
        else:
            rows.append(row)
    frame = pd.DataFrame(rows, columns=list(NonResponse.columns)).astype({"difference": float, "warning": bool})
    provenance = study.provenance("answered and not answered", survey=survey.sha256[:12], limit=LIMIT)
    return NonResponse(frame, provenance, int((has & ended).sum()), int(ended.sum()), left_out, joined.doubts)


def _values(study: Study, name: str) -> np.ndarray | None:
    """One value per case: numbers as floats, words as objects; None for dates."""
    x = study.instances
    if name == TIME:
        whole = (x.case_start != MISSING) & (x.case_end != MISSING)
        return np.where(whole, (x.case_end - x.case_start) / 1e6, np.nan)
    if name == BEGAN:
        local = pd.DatetimeIndex(x.case_start.view("M8[us]")).tz_localize("UTC").tz_convert(study.blueprint.tz)
        return np.asarray(local.strftime("%Y-%m").to_numpy(object))
    values = study.instances.attribute(name)
    return None if values.dtype.kind == "i" else values


def _compared(name: str, values: np.ndarray, has: np.ndarray) -> dict[str, object] | None:
    known = ~is_missing(values) if values.dtype == object else ~np.isnan(values)
    one, other = values[known & has], values[known & ~has]
    if not len(one) or not len(other):
        return None
    row: dict[str, object] = {
        "attribute": name, "answered": len(one), "not_answered": len(other), "missing": int((~known).sum()), "largest": "",
    }  # fmt: skip
    if values.dtype != object:
        a, b = (np.log1p(np.maximum(x, 0)) if name == TIME else x for x in (one, other))
        bounds = np.unique(np.quantile(np.concatenate([one, other]), np.linspace(0, 1, BANDS + 1)[1:-1]))
        table = np.stack([np.bincount(np.searchsorted(bounds, x), minlength=len(bounds) + 1) for x in (one, other)])
        means = {"kind": "number", "mean_answered": float(one.mean()), "mean_not": float(other.mean())}
        row |= means | {"difference": standardised(a, b)}
    else:
        codes, words = pd.factorize(values[known].astype(str), sort=True)
        if len(words) > MOST_LEVELS:
            return None
        table = np.stack([np.bincount(codes[has[known] == side], minlength=len(words)) for side in (True, False)])
        shares = table / table.sum(axis=1, keepdims=True)
        row |= {"kind": "category", "difference": standardised_categories(shares[0], shares[1])}
        if not PERSON.search(name):
            row["largest"] = str(words[int(np.argmax(np.abs(shares[0] - shares[1])))])
    return row | _chi_square(table) | {"warning": bool(abs(float(str(row["difference"]))) > LIMIT)}


def standardised(one: np.ndarray, other: np.ndarray) -> float:
    """Difference of two means over the root of the mean of both variances (Austin 2009); 0 where neither varies and both are equal.

    Examples
    --------
    >>> import numpy as np
    >>> round(standardised(np.array([1.0, 3.0]), np.array([0.0, 2.0])), 3)
    0.707
    """
    difference = float(one.mean() - other.mean())
    spread = math.sqrt((_variance(one) + _variance(other)) / 2)
    if spread == 0:
        return 0.0 if difference == 0 else math.copysign(math.inf, difference)
    return difference / spread


def _variance(values: np.ndarray) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0


def standardised_categories(one: np.ndarray, other: np.ndarray) -> float:
    """Standardised difference of two distributions over categories (Yang and Dalton 2012); of two values that of a share.

    Parameters
    ----------
    one, other : float arrays of shape (n_values,)
        Shares, each summing to 1.

    Examples
    --------
    >>> import numpy as np
    >>> round(standardised_categories(np.array([0.6, 0.4]), np.array([0.5, 0.5])), 3)
    0.202
    """
    a, b = one[1:], other[1:]
    spread = (np.diag(a) - np.outer(a, a) + np.diag(b) - np.outer(b, b)) / 2
    difference = a - b
    if not np.any(difference):
        return 0.0
    solved = np.linalg.pinv(spread, hermitian=True) @ difference
    if np.abs(spread @ solved - difference).max() > 1e-9:  # a value that tells the two groups apart without fail
        return math.inf
    return math.sqrt(max(float(difference @ solved), 0.0))


def _chi_square(table: np.ndarray) -> dict[str, object]:
    """Chi-square of a table, and its p-value where the expected counts carry it (Cochran 1954)."""
    from scipy.stats import chi2_contingency

    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return {"chi2": 0.0, "df": 0, "p": math.nan}
    found = chi2_contingency(table, correction=False)
    fits = (found.expected_freq < 1).sum() == 0 and (found.expected_freq < 5).mean() <= 0.2
    return {"chi2": float(found.statistic), "df": int(found.dof), "p": float(found.pvalue) if fits else math.nan}


__all__ = ["LIMIT", "NonResponse", "nonresponse_of", "standardised", "standardised_categories"]
