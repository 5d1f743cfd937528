"""From the results of reviewers to what they say of all cases: precision of each class, limits of errors, agreement."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from mining.errors import LogError, hint
from mining.results import Provenance, wilson
from mining.sampling.evaluation import Evaluation
from mining.sampling.monetary import monetary_limit
from mining.sampling.plan import SamplePlan
from mining.sampling.review import FILE_ROW, Review, refuse
from mining.sampling.sample import CERTAIN, CLASS, DISCOVERY, HYPERGEOMETRIC, MONETARY, WEIGHTED, Sample
from mining.sampling.sizes import upper_limit
from mining.sampling.strata import weighted_limit
from mining.sampling.words import CONFIRMED, NOT_CONFIRMED, NOT_FOUND, amount_in

KEY = ["test", "finding_id", "case_id"]
ANEW = (
    "Where the log or the seed is another than when these were drawn, the sample is a new one: move the review and the workbook out of the "
    "folder and begin anew, or take the rows out of both."
)
FILLED = ("result", "result_2", "decided", "amount_found")


def evaluate(sample: Sample, review: Review | None, plan: SamplePlan | None = None) -> Evaluation:
    """What the reviewed cases say, per test and class.

    *Settled* is a row with one result, or two that agree; where the plan asks for two reviewers both are needed; where they differ, what
    they decided. Everything else is still open. A source that was not found counts as not confirmed, and is printed apart.

    A class is *confirmed* when every case drawn is settled and the lower Wilson limit reaches the precision of the plan. It is *withdrawn*
    when the limit would not reach it even if every case still open were confirmed. One with nothing settled is *not measured*; else it
    is *open*. Of a class that was taken whole the share itself decides, since nothing is estimated. The error rate of log to source and
    of source to log is read in the same way against its upper limit; the money only when all of it is settled.

    Parameters
    ----------
    sample : Sample
    review : Review or None
        None: nothing was reviewed.
    plan : SamplePlan, optional
        By default the plan of the sample.

    Returns
    -------
    Evaluation

    Raises
    ------
    LogError
        If the review has rows that the sample has not, or a confirmed amount that differs from the one recorded. It names the rows.

    Examples
    --------
    >>> from mining.sampling import draw, read_review
    >>> sample = draw(study)
    >>> found = evaluate(sample, read_review(sample.frame.assign(result="yes")))
    >>> found.withdrawn, round(float(found.frame["upper"].iloc[0]), 4)
    ((), 0.0495)
    """
    plan = plan or sample.plan
    sheet = _joined(sample, review)
    sheet = sheet.assign(**_settled(sheet, plan))
    groups = {
        (str(test), str(finding)): rows for (test, finding), rows in sheet.groupby(["test", "finding_id"], sort=False)
    }
    rows = [
        _row(sample, plan, test, groups.get((test["test"], test["finding_id"])))
        for test in sample.tests.to_dict("records")
    ]
    frame = pd.DataFrame(rows, columns=list(Evaluation.columns)).astype({"n_population": "Int64"})
    differ = sheet[sheet["differ"]]
    old = sample.provenance
    parameters = old.parameters | {
        "reviewed": "" if review is None else review.sha256[:12],
        "precision": plan.precision,
    }
    provenance = Provenance("evaluation of the sample", old.log, old.blueprint, old.n_cases, parameters)
    kappa, n_both = kappa_of(sheet)
    shown = differ[[*KEY, "result", "result_2", "decided"]].reset_index(drop=True)
    return Evaluation(frame, provenance, plan, kappa, n_both, shown)


def _joined(sample: Sample, review: Review | None) -> pd.DataFrame:
    """The sheet of the sample with what the reviewers wrote."""
    sheet = sample.frame.drop(columns=list(FILLED))
    if review is None:
        return sheet.assign(**dict.fromkeys(FILLED, ""))
    given = review.sample[[*KEY, *FILLED, FILE_ROW]]
    sheet = sheet.assign(**{name: sheet[name].str.strip() for name in KEY})
    found = given.merge(sheet[KEY].drop_duplicates(), on=KEY, how="left", indicator=True)
    unknown = found[found["_merge"] == "left_only"]
    wrong = [_unknown(row, sheet) for row in unknown.to_dict("records")]
    refuse(review.path, wrong, ANEW)
    joined = sheet.merge(given.drop(columns=FILE_ROW), on=KEY, how="left", validate="many_to_one")
    return joined.fillna(dict.fromkeys(FILLED, ""))


def _unknown(row: dict[Any, Any], sheet: pd.DataFrame) -> str:
    of = sheet[(sheet["test"] == row["test"]) & (sheet["finding_id"] == row["finding_id"])]
    place = f"row {row[FILE_ROW]:,}" if row[FILE_ROW] else "the workbook"
    if of.empty:
        known = sorted(set(sheet.loc[sheet["test"] == row["test"], "finding_id"]) - {""})
        near = hint(row["finding_id"], known) if known else f" Its tests: {', '.join(dict.fromkeys(sheet['test']))}."
        return f"{place}: the sample has no test {row['test']!r} of {row['finding_id']!r}.{near}"
    return (
        f"{place}: case {row['case_id']!r} is not in the sample ({row['test']}{' ' if row['finding_id'] else ''}{row['finding_id']}). "
        "Was it drawn from another log, or with another seed? A seed in the plan keeps the draw. Remove the row, or correct it."
        f"{hint(row['case_id'], of['case_id'])}"
    )


def _settled(sheet: pd.DataFrame, plan: SamplePlan) -> dict[str, np.ndarray]:
    """The result that stands for each row (blank: still open), whether two reviewers differ, and whether that is undecided."""
    one, two, decided = (sheet[name].to_numpy(object) for name in ("result", "result_2", "decided"))
    both, differ = (one != "") & (two != ""), (one != "") & (two != "") & (one != two)
    either = np.where(one != "", one, two)
    found = np.where(both & ~differ, one, np.where(both, "", either if plan.reviewers == 1 else ""))
    return {
        "settled": np.where(decided != "", decided, found),
        "differ": differ.astype(bool),
        "disputed": (differ & (decided == "")).astype(bool),
    }


def kappa_of(sheet: pd.DataFrame) -> tuple[float, int]:
    """Cohen's kappa (1960) of the rows with two results, and how many those are; NaN where one word was all that was said."""
    both = sheet[(sheet["result"] != "") & (sheet["result_2"] != "")]
    if len(set(both["result"]) | set(both["result_2"])) < 2:
        return math.nan, len(both)
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(both["result"].tolist(), both["result_2"].tolist())), len(both)


def _row(sample: Sample, plan: SamplePlan, test: dict[Any, Any], rows: pd.DataFrame | None) -> dict[str, Any]:
    rows = sample.frame.head(0).assign(settled="", disputed=False) if rows is None else rows
    words = rows["settled"]
    n = {name: int((words == name).sum()) for name in (CONFIRMED, NOT_CONFIRMED, NOT_FOUND)}
    row = {
        "test": test["test"],
        "finding_id": test["finding_id"],
        "n_population": test["n_population"],
        "n_drawn": int(test["n_drawn"]),
        "n_reviewed": sum(n.values()),
        **n,
        "disputed": int(rows["disputed"].sum()),
        "kappa": kappa_of(rows)[0],
        "withdrawn": False,
    }
    if test["test"] == CLASS:
        return row | _class(row, bool(test["whole"]), plan)
    if test["test"] == MONETARY:
        return row | _monetary(sample, plan, row, rows)
    return row | _rate(sample, plan, row, rows, test["method"])


def _class(row: dict[str, Any], whole: bool, plan: SamplePlan) -> dict[str, Any]:
    """Precision of a class, and whether it stands."""
    n, drawn, good = row["n_reviewed"], row["n_drawn"], row["confirmed"]
    if not n:
        return {"conclusion": "not_measured"}
    open_ = drawn - n
    if whole:
        low, high = good / drawn, (good + open_) / drawn
        reachable = high
    else:
        low, high = wilson(good, n, plan.confidence)
        reachable = wilson(good + open_, drawn, plan.confidence)[0]
    withdrawn = reachable < plan.precision
    sure = not open_ or (whole and low >= plan.precision)
    conclusion = "withdrawn" if withdrawn else "confirmed" if sure else "open"
    return {"precision": good / n, "low": low, "high": high, "withdrawn": withdrawn, "conclusion": conclusion}


def _rate(sample: Sample, plan: SamplePlan, row: dict[str, Any], rows: pd.DataFrame, method: str) -> dict[str, Any]:
    """Error rate of a test, its upper limit, and what follows."""
    n, open_ = row["n_reviewed"], row["n_drawn"] - row["n_reviewed"]
    if not n:
        return {"conclusion": "not_measured"}
    errors = row["not_confirmed"] + row["not_found"]
    if method == WEIGHTED:
        rate, upper = _stratified(sample, plan, rows, settled=True)
        least = _stratified(sample, plan, rows, settled=False)[1]
    else:
        population = int(row["n_population"]) if method == HYPERGEOMETRIC else None
        rate, upper = errors / n, upper_limit(errors, n, plan.confidence, population)
        least = upper_limit(errors, n + open_, plan.confidence, population)
    found = {"error_rate": rate, "upper": upper}
    if row["test"] == DISCOVERY:
        word = "present" if row["not_confirmed"] else "open" if open_ or row["not_found"] else "absent"
        return found | {"conclusion": word}
    word = "not_supported" if least > plan.tolerable else "open" if open_ else "supported"
    return found | {"conclusion": word}


def _stratified(sample: Sample, plan: SamplePlan, rows: pd.DataFrame, *, settled: bool) -> tuple[float, float]:
    """Error rate and limit by the weight of the strata, of the settled rows, or as if all that are open were confirmed."""
    wrong = rows["settled"].isin([NOT_CONFIRMED, NOT_FOUND]).groupby(rows["stratum"]).sum()
    there = (rows["settled"] != "").groupby(rows["stratum"]).sum()
    strata = sample.strata
    seats = strata["stratum"].map(there).to_numpy(float) if settled else strata["n_drawn"].to_numpy(float)
    if (seats == 0).any():
        return math.nan, math.nan
    sizes, errors = strata["n_population"].to_numpy(float), strata["stratum"].map(wrong).to_numpy(float)
    return weighted_limit(sizes, seats, errors, plan.confidence)


def _monetary(sample: Sample, plan: SamplePlan, row: dict[str, Any], rows: pd.DataFrame) -> dict[str, Any]:
    """Wrong money and its upper limit; understated amounts are not set off against overstated ones."""
    selection = sample.monetary
    assert selection is not None, "a monetary test without a selection"
    found = np.array([amount_in(text) for text in rows["amount_found"]], float)
    amounts, settled = rows["amount"].to_numpy(float), rows["settled"].to_numpy(object)
    differs = (settled == CONFIRMED) & ~np.isnan(found) & ~np.isclose(found, amounts, rtol=0, atol=0.005)
    if differs.any():
        case = rows["case_id"].to_numpy(object)[differs][0]
        raise LogError(
            f"monetary, case {case!r}: confirmed, but amount_found is {found[differs][0]:,.10g} and the recorded amount "
            f"{amounts[differs][0]:,.10g}. Write not confirmed, or correct the amount."
        )
    if not row["n_reviewed"]:
        return {"conclusion": "not_measured"}
    if row["n_reviewed"] < row["n_drawn"]:
        return {"conclusion": "open"}
    wrong = np.isin(settled, [NOT_CONFIRMED, NOT_FOUND])
    right = np.where(np.isnan(found), 0.0, np.clip(found, 0, amounts))  # without an amount all of it counts as wrong
    over = np.where(wrong, amounts - right, 0.0)
    certain = (rows["stratum"] == CERTAIN).to_numpy()
    taintings = (over / amounts)[~certain & (over > 0)].tolist()
    known = float(over[certain].sum())
    likely, upper = monetary_limit(
        taintings, selection.interval, plan.confidence, certain_error=known, sampled=bool((~certain).any())
    )
    upper = min(upper, selection.total)
    word = "supported" if upper <= plan.tolerable_amount else "not_supported"
    return {
        "error_rate": (row["not_confirmed"] + row["not_found"]) / row["n_reviewed"],
        "error_amount": min(likely, selection.total),
        "upper_amount": upper,
        "conclusion": word,
    }
