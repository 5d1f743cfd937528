"""What the scores of a survey come to, by item, touchpoint and segment: CSAT, NPS, CES and means, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mining.display.naming import named
from mining.errors import MiningError, UnknownNameError
from mining.results import Result, wilson
from mining.suppression import K, hidden
from mining.texts import say
from mining.voice.tables import Survey, doubts_said

ALL = "all"
FEWEST = 10  # answers below which there is no interval, and the values are listed
MOST_BOXES = 10  # highest less lowest score above which a scale has no boxes to tick but a slider: no top two
MOST_BOOTSTRAP = 5_000  # answers above which a bootstrap and Student's t agree to all digits shown
RESAMPLES = 2_000
Z = 1.959963984540054
DIRECTIONS = ("high", "low")
BY = ("touchpoint", "segment", "channel")


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval and how that was made; NaN and a reason where there is none."""

    value: float
    low: float
    high: float
    method: str


def top_two(scores: np.ndarray, highest: float) -> Estimate:
    """Share of answers in the two highest boxes, with the Wilson interval.

    Examples
    --------
    >>> import numpy as np
    >>> round(top_two(np.array([5.0] * 6 + [4.0] * 6 + [1.0] * 138), 5.0).low, 4)
    0.0464
    """
    x, n = int((scores >= highest - 1).sum()), len(scores)
    return Estimate(x / n if n else math.nan, *wilson(x, n), "Wilson")


def nps(scores: np.ndarray) -> tuple[Estimate, float]:
    """Net promoter score (Reichheld 2003) with the interval of a difference of two shares of one sample, and its standard error.

    Parameters
    ----------
    scores : float array of shape (n,)
        Whole numbers from 0 to 10: promoters give 9 or 10, detractors 0 to 6.

    Returns
    -------
    Estimate, float
        From -100 to 100. Where all answers fall into one group the standard error is 0 and says nothing: no interval.

    Examples
    --------
    >>> import numpy as np
    >>> estimate, se = nps(np.repeat([10.0, 8.0, 3.0], [60, 25, 15]))
    >>> round(estimate.value, 1), round(se, 2), round(estimate.low, 1), round(estimate.high, 1)
    (45.0, 7.4, 30.5, 59.5)
    """
    n = len(scores)
    if not n:
        return Estimate(math.nan, math.nan, math.nan, "no answers"), math.nan
    up, down = float((scores >= 9).mean()), float((scores <= 6).mean())
    value = up - down
    se = math.sqrt(max(up + down - value**2, 0.0) / n)
    if se == 0:
        return Estimate(100 * value, math.nan, math.nan, "all answers in one group"), math.nan
    low, high = max(value - Z * se, -1.0), min(value + Z * se, 1.0)
    return Estimate(100 * value, 100 * low, 100 * high, "normal"), 100 * se


def mean_of(values: np.ndarray, seed: int = 0) -> Estimate:
    """Mean with its bias-corrected and accelerated bootstrap interval (Efron 1987).

    Parameters
    ----------
    values : float array of shape (n,)
    seed : int

    Returns
    -------
    Estimate
        Without an interval below 10 values, and where all are equal. Above 5,000 the interval is Student's t, to which the bootstrap
        comes down. The order of the values changes nothing.

    Examples
    --------
    >>> import numpy as np
    >>> mean_of(np.array([1.0, 2.0])).method
    'fewer than 10 values'
    """
    n = len(values)
    if not n:
        return Estimate(math.nan, math.nan, math.nan, "no values")
    values = np.sort(values)
    value = float(values.mean())
    if n < FEWEST:
        return Estimate(value, math.nan, math.nan, f"fewer than {FEWEST} values")
    if (values == values[0]).all():
        return Estimate(value, math.nan, math.nan, "all values equal")
    from scipy import stats

    if n > MOST_BOOTSTRAP:
        low, high = stats.t.interval(0.95, n - 1, value, stats.sem(values))
        return Estimate(value, float(low), float(high), "Student's t")
    found = stats.bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, method="BCa", rng=np.random.default_rng(seed), vectorized=True
    ).confidence_interval
    if not (math.isfinite(found.low) and math.isfinite(found.high)):
        return Estimate(value, math.nan, math.nan, "bootstrap degenerate")
    return Estimate(value, float(found.low), float(found.high), "BCa")


def respondents(frame: pd.DataFrame) -> np.ndarray:
    """A number per answer for who gave it: the case, or, where there is none, the customer."""
    keys = ("case " + frame["case_id"]).where(frame["case_id"].notna(), "customer " + frame["customer_id"])
    return np.asarray(pd.factorize(keys)[0])


def persons(frame: pd.DataFrame) -> np.ndarray:
    """As :func:`respondents`, but one number for all cases of a customer, where the table names customers."""
    keys = ("customer " + frame["customer_id"]).where(frame["customer_id"].notna(), "case " + frame["case_id"])
    return np.asarray(pd.factorize(keys)[0])


@dataclass(frozen=True, eq=False, repr=False)
class Scores(Result):
    """Every measure of every item, in all and by group. Made by :func:`scores_of`.

    Attributes
    ----------
    names : mapping of str to mapping of str to str
        Activity to its name by language, for people; empty where no blueprint is at hand.
    doubts : mapping of str to int
        What speaks against the survey being of this service, as :attr:`mining.voice.tables.Joined.doubts`; empty without a study.
    """

    names: Mapping[str, Any] = field(default_factory=dict)
    doubts: Mapping[str, int] = field(default_factory=dict)

    columns: ClassVar[dict[str, str]] = {
        "item": "the question",
        "kind": "perception, expectation, importance, csat, nps or ces",
        "touchpoint": "id of the touchpoint; all: of all answers to the item; empty: answers that name none; one called all is marked",
        "segment": "segment of the customers; all: of all segments; empty: answers that name none",
        "channel": "channel of the answers; all: of all channels; empty: answers that name none",
        "measure": "top_two (share of the two highest boxes), nps (-100 to 100), easy (share that found it easy), mean",
        "n": "answers; missing where the group is hidden",
        "value": "the measure; a mean in points of the scale",
        "low": "lower end of its 95 % interval, as an estimate of the process",
        "high": "upper end of it",
        "method": "how the interval was made, or why there is none",
        "better": "high or low: which way is better",
        "scale": "lowest and highest possible score; empty where not known",
        "values": "the values themselves where they are fewer than 10; else missing",
        "hidden": "fewer than k persons, or needed so that these cannot be found from the total",
    }
    shown: ClassVar[tuple[str, ...]] = (
        "item", "kind", "touchpoint", "segment", "measure", "n", "value", "low", "high", "method",
    )  # fmt: skip

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the names of the touchpoints and of the usual questions, for the notebook."""
        from mining.voice.items import item_name

        items = [item_name(str(item), lang) for item in self.frame["item"]]
        return named(self.frame.assign(item=items), self.names, lang)

    def sentence(self, lang: str = "en") -> str:
        """The first measure of the items that ask for satisfaction, recommendation or effort, of all answers."""
        whole = self.frame[(self.frame[list(BY)] == ALL).all(axis=1) & ~self.frame["hidden"]]
        said: list[str] = []
        for kind in ("csat", "nps", "ces"):
            rows = whole[whole["kind"] == kind]
            if len(rows):  # the first measure of a kind is the one that it is known for
                row = rows.iloc[0]
                said.append(say(f"voice.scores.{kind}.{row['measure']}", lang, **_spoken(row, lang)))
        told = "".join(said).strip() or say("voice.scores.none", lang, n=whole["item"].nunique())
        return told + doubts_said(self.doubts, lang)

    def plot(self, measure: str = "top_two", *, ax: Any = None, lang: str = "en") -> Any:
        """A measure by item and group, with its intervals."""
        from mining.plots.voice import scores_chart

        return scores_chart(self, measure, ax=ax, lang=lang)


def scores_of(
    survey: Survey,
    *,
    by: tuple[str, ...] = ("touchpoint", "segment"),
    ces_easy: str | None = None,
    seed: int = 0,
    k: int = K,
) -> Scores:
    """CSAT, NPS, CES and means by item, and by touchpoint and segment.

    Parameters
    ----------
    survey : Survey
    by : tuple of {"touchpoint", "segment", "channel"}, at most two
        Groups: each alone, and both together.
    ces_easy : {"high", "low"}, optional
        Which end of the effort scale means that it was easy: vendors differ, so answers of kind ces need it.
    seed : int
        Of the bootstrap.
    k : int
        Groups with fewer persons are hidden, and others as needed.

    Raises
    ------
    UnknownNameError
        For another group or direction.
    MiningError
        If there are answers on effort and ``ces_easy`` is not said, or more than two groups are asked for.

    Examples
    --------
    >>> from mining.voice import read_survey
    >>> survey = read_survey("sample_logs/permit_receipt/survey.csv")
    >>> scores_of(survey).frame[["item", "measure", "n"]].values.tolist()[0]
    ['csat', 'top_two', 717]
    """
    _check(survey, by, ces_easy)
    frame = survey.frame.assign(person=persons(survey.frame))
    rows = [
        {"item": item, "kind": kind} | dict.fromkeys(BY, ALL) | group | measure
        for (item, kind), part in frame.groupby(["item", "kind"], sort=False)
        for group, answers, is_hidden in _groups(part, by, k)
        for measure in _measures(answers, str(kind), ces_easy, seed, is_hidden)
    ]
    made = pd.DataFrame(rows, columns=list(Scores.columns))
    made = made.astype({"values": object, "n": "Int64"})
    settings = {"by": ", ".join(by), "ces_easy": ces_easy, "seed": seed, "resamples": RESAMPLES, "k": k}
    return Scores(made.reset_index(drop=True), survey.provenance("scores of a survey", **settings))


def _check(survey: Survey, by: tuple[str, ...], ces_easy: str | None) -> None:
    for name in by:
        if name not in BY:
            raise UnknownNameError("group", name, BY, where="by")
    if len(set(by)) != len(by) or len(by) > 2:
        raise MiningError(f"by: at most two different groups, not {by!r}.")
    if ces_easy not in (None, *DIRECTIONS):
        raise UnknownNameError("direction", ces_easy, DIRECTIONS, where="ces_easy")
    if ces_easy is None and (survey.frame["kind"] == "ces").any():
        raise MiningError(
            f"{survey.path}: the survey asks for effort (kind ces), and which end of that scale means easy differs by vendor. Say "
            "ces_easy='high' or ces_easy='low'."
        )


def _groups(part: pd.DataFrame, by: tuple[str, ...], k: int) -> Iterator[tuple[dict[str, Any], pd.DataFrame, bool]]:
    """Group names, answers and whether hidden: all of them, by each column that tells any apart, and by both."""
    yield {}, part, part["person"].nunique() < k
    used = [name for name in by if part[name].notna().any()]
    plain = part.assign(**{name: part[name].fillna("").replace(ALL, f"{ALL} (value)") for name in used})
    margins = []
    for name in used:
        groups = list(plain.groupby(name, sort=True))
        is_hidden = hidden(np.array([rows["person"].nunique() for _, rows in groups]), k)
        margins.append(is_hidden)
        for (value, rows), hide in zip(groups, is_hidden.tolist(), strict=True):
            yield {name: value}, rows, hide
    if len(used) == 2:
        cells = plain.groupby(used)["person"].nunique().unstack(fill_value=0)
        masked = hidden_cells(cells.to_numpy(), k, margins[0][:, None] | margins[1][None, :])
        for (one, other), rows in plain.groupby(used, sort=True):
            place = masked[cells.index.get_loc(one), cells.columns.get_loc(other)]
            yield {used[0]: one, used[1]: other}, rows, bool(place)


def hidden_cells(sizes: np.ndarray, k: int = K, already: np.ndarray | None = None) -> np.ndarray:
    """Which cells of a table with totals must be hidden so that no row and no column gives one away.

    Parameters
    ----------
    sizes : int array of shape (n_rows, n_columns)
        Persons in each cell.
    k : int
    already : bool array of the same shape, optional
        Cells that are hidden because their row or column is.

    Examples
    --------
    >>> import numpy as np
    >>> hidden_cells(np.array([[30, 3], [20, 40]])).tolist()
    [[True, True], [True, True]]
    """
    found = np.zeros(sizes.shape, bool) if already is None else already & (sizes > 0)
    while True:
        before = found.copy()
        for i in range(sizes.shape[0]):
            found[i] = hidden(sizes[i], k, already=found[i])
        for j in range(sizes.shape[1]):
            found[:, j] = hidden(sizes[:, j], k, already=found[:, j])
        if (found == before).all():
            return found


def _measures(
    part: pd.DataFrame, kind: str, ces_easy: str | None, seed: int, is_hidden: bool
) -> Iterator[dict[str, Any]]:
    scores = part["score"].to_numpy(float)
    low, high = (part[name].iloc[0] for name in ("scale_min", "scale_max"))
    scale = f"{low:g}-{high:g}" if low < high else ""
    few = ", ".join(f"{x:g}" for x in np.sort(scores)) if len(scores) < FEWEST else None
    for measure, estimate, better in _estimates(scores, kind, low, high, ces_easy, seed):
        shown = Estimate(math.nan, math.nan, math.nan, "hidden") if is_hidden else estimate
        short = len(scores) < FEWEST and not is_hidden
        shown = Estimate(shown.value, math.nan, math.nan, f"fewer than {FEWEST} values") if short else shown
        yield {
            "measure": measure, "n": None if is_hidden else len(scores), "value": shown.value, "low": shown.low, "high": shown.high,
            "method": shown.method, "better": better, "scale": scale, "values": None if is_hidden else few, "hidden": is_hidden,
        }  # fmt: skip


def _estimates(
    scores: np.ndarray, kind: str, low: float, high: float, ces_easy: str | None, seed: int
) -> Iterator[tuple[str, Estimate, str]]:
    """The measures that a kind of item has; of effort the share that found it easy needs a scale from 1 to 7."""
    if kind == "nps":
        yield "nps", nps(scores)[0], "high"
        return
    if kind == "csat" and 2 < high - low <= MOST_BOXES:
        yield "top_two", top_two(scores, high), "high"
    if kind == "ces" and (low, high) == (1, 7):
        easy = int((scores >= 5).sum() if ces_easy == "high" else (scores <= 3).sum())
        yield "easy", Estimate(easy / len(scores), *wilson(easy, len(scores)), "Wilson"), "high"
    yield "mean", mean_of(scores, seed), str(ces_easy) if kind == "ces" else "high"


def _spoken(row: pd.Series, lang: str) -> dict[str, str]:
    """The numbers of a row as people write them."""
    share = row["measure"] in ("top_two", "easy")

    def said(x: float) -> str:
        return f"{100 * x:.1f}" if share else f"{x:.1f}" if row["measure"] == "nps" else f"{x:.2f}"

    known = row["low"] == row["low"]
    between = say("voice.between", lang, low=said(row["low"]), high=said(row["high"])) if known else ""
    return {
        "item": str(row["item"]), "value": said(row["value"]), "n": f"{int(row['n']):,}", "between": between,
        "scale": str(row["scale"]), "better": say(f"voice.better.{row['better']}", lang),
    }  # fmt: skip


__all__ = ["Estimate", "Scores", "hidden_cells", "mean_of", "nps", "persons", "respondents", "scores_of", "top_two"]
