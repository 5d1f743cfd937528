"""The page on the coverage study: what was estimated beside what is true, and the rankings that follow from both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mining.results import wilson
from mining.simulation.known_effects import BY_ID, KNOWN, OUTCOMES

TEMPLATE = Path(__file__).with_suffix(".md")
DIGITS = {"time": 1, "complained": 1, "csat": 2}
NATURES = {
    "confounded null": "null, confounded",
    "true": "true, mildly confounded",
    "reversed": "true, looks reversed",
    "beneficial": "true, beneficial",
    "null in time": "null, grows with time open",
    "true in time": "true, grows with time open",
    "null": "null, rare",
}
FAILS = ("skipped_check", "late_answer", "work_first", "second_office")
Row = Sequence[str]


def frame_of(results: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """One row per log, deviation and outcome, with what follows from the numbers of a row."""
    rows = [{**row, **{key: one[key] for key in ("setting", "n", "seed")}} for one in results for row in one["rows"]]
    frame = pd.DataFrame(rows)
    keys = ["setting", "n", "deviation", "outcome"]
    sums = frame.groupby(keys)[["changed", "n_true"]].transform("sum")
    frame["process"] = sums["changed"] / sums["n_true"]
    frame["has"] = frame["effect"].notna()
    for name, truth in (("covers", "truth"), ("covers_process", "process")):
        inside = (frame["low"] <= frame[truth]) & (frame[truth] <= frame["high"])
        frame[name] = inside.astype(float).where(frame["has"])
    inside = (frame["naive_low"] <= frame["truth"]) & (frame["truth"] <= frame["naive_high"])
    frame["naive_covers"] = inside.astype(float).where(frame["naive_low"].notna())
    frame["is_null"] = frame["deviation"].map(lambda id: "null" in BY_ID[id].nature)
    return frame


def firsts_of(results: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """One row per log: the deviation that each ranking puts first."""
    return pd.DataFrame([{**one["first"], "setting": one["setting"], "n": one["n"]} for one in results])


def page(results: Sequence[dict[str, Any]]) -> str:
    """The page as Markdown."""
    frame, firsts = frame_of(results), firsts_of(results)
    main = frame["setting"].iloc[0]
    study, first = frame[frame["setting"] == main], firsts[firsts["setting"] == main]
    sizes = sorted(study["n"].unique())
    tables = {"short": _short(study, first, sizes), "ranking": _ranking(first, sizes), "fails": _fails(frame, main)}
    for outcome in OUTCOMES:
        lines = []
        for n in sizes:
            part = study[(study["outcome"] == outcome) & (study["n"] == n)]
            lines += [f"{n:,} cases:", "", *_effects(part, outcome), ""]
        tables[outcome] = lines[:-1]
    words = {name: "\n".join(lines) for name, lines in tables.items()}
    logs = {n: study.loc[study["n"] == n, "seed"].nunique() for n in sizes}
    words["logs"] = " and ".join(f"{logs[n]:,} simulated logs of {n:,} cases" for n in sizes)
    words["fails_seeds"] = f"{frame.loc[frame['setting'] != main, 'seed'].nunique():,}"
    words["deviations"] = "\n".join(f"- `{known.id}`: {known.says}" for known in KNOWN)
    return TEMPLATE.read_text("utf-8").format(**words)


# --- tables --------------------------------------------------------------------------------------------------------------


def _short(study: pd.DataFrame, first: pd.DataFrame, sizes: Sequence[int]) -> list[str]:
    by_size = [(study[study["n"] == n], first[first["n"] == n]) for n in sizes]
    null = [part[part["is_null"]] for part, _ in by_size]
    rows = [
        ["95 % intervals that hold the true effect", "93 to 97 %", *(pooled(part, "covers") for part, _ in by_size)]
    ]
    for outcome in OUTCOMES:
        own = [part[part["outcome"] == outcome] for part, _ in by_size]
        rows.append([f"- of these on `{outcome}`", "93 to 97 %", *(pooled(part, "covers") for part in own)])
    rows += [
        ["- of all, the true effect in the process", "", *(pooled(part, "covers_process") for part, _ in by_size)],
        ["the naive 95 % intervals that do", "", *(pooled(part, "naive_covers") for part, _ in by_size)],
        ["null deviations that reach grade A", "at most 5 %", *(_reach(part, "A") for part in null)],
        ["- the null deviation and outcome that does so most often", "", *(_most(part) for part in null)],
        ["- logs in which any of them does", "", *(_any(part) for part in null)],
        ["null deviations that reach grade A or B", "", *(_reach(part, "AB") for part in null)],
        ["true first ranked first: this toolkit", "at least 90 %", *(_same(part, "ours") for _, part in by_size)],
        ["- by hours alone, without classes", "", *(_same(part, "ours_by_hours") for _, part in by_size)],
        ["- by the difference of means, with against without", "", *(_same(part, "naive") for _, part in by_size)],
        ["- by the difference of means, with against all", "", *(_same(part, "against_all") for _, part in by_size)],
    ]
    return table(["", "wanted", *(f"{n:,} cases" for n in sizes)], rows)


def _effects(part: pd.DataFrame, outcome: str) -> list[str]:
    scale, digits = (100.0 if outcome == "complained" else 1.0), DIGITS[outcome]
    rows = []
    for known in KNOWN:
        own = part[part["deviation"] == known.id]
        some = own[own["has"]]

        def mean(values: pd.Series) -> str:
            return number(scale * values.mean(), digits)

        rows.append(
            [
                f"`{known.id}`",
                NATURES[known.nature],
                f"{own['n_with'].mean():.0f}",
                mean(own["truth"]),
                mean(own["naive"]),
                mean(own["against_all"]),
                mean(some["effect"]),
                _bias(scale * (some["effect"] - some["truth"]), digits),
                number(scale * (some["high"] - some["low"]).mean(), digits, sign=False),
                share(int(some["covers"].sum()), len(some)),
                f"{100 * (own['grade'] == 'A').mean():.0f} / {100 * (own['grade'] == 'B').mean():.0f} %",
            ]
        )
    heads = [
        "deviation",
        "nature",
        "cases",
        "true",
        "naive",
        "against all",
        "ours",
        "bias",
        "length",
        "covers",
        "grade A / B",
    ]
    return table(heads, rows, left=2)


def _bias(errors: pd.Series, digits: int) -> str:
    """The mean error with its Monte-Carlo standard error."""
    if len(errors) < 2:
        return number(errors.mean(), digits)
    return f"{number(errors.mean(), digits)} ± {errors.std() / np.sqrt(len(errors)):.{digits}f}"


def _ranking(first: pd.DataFrame, sizes: Sequence[int]) -> list[str]:
    names = {
        "true": "the truth: hours lost",
        "ours": "this toolkit",
        "ours_by_hours": "this toolkit, by hours alone",
        "naive": "with against without",
        "against_all": "with against all",
    }
    rows = []
    for n in sizes:
        part = first[first["n"] == n]
        for key, words in names.items():
            counts = part[key].value_counts()
            order = sorted(counts.index, key=lambda id: (-counts[id], id))
            told = ", ".join(f"`{id}` {100 * counts[id] / len(part):.0f} %" if id else "none" for id in order[:4])
            rows.append([f"{n:,}", words, told])
    return table(["cases", "ranking", "first in how many of the logs"], rows, left=3)


def _fails(frame: pd.DataFrame, main: str) -> list[str]:
    n = frame.loc[frame["setting"] != main, "n"].min() if (frame["setting"] != main).any() else frame["n"].min()
    part = frame[(frame["n"] == n) & (frame["outcome"] == "time")]
    rows = []
    for setting in part["setting"].unique():
        for id in FAILS:
            own = part[(part["setting"] == setting) & (part["deviation"] == id)]
            some = own[own["has"]]
            tried = some[some["placebo"].notna()]
            told = tried["weak"].map(lambda words: "placebo" in words.split(", "))
            rows.append(
                [
                    setting if id == FAILS[0] else "",
                    f"`{id}`",
                    number(own["truth"].mean()),
                    number(own["naive"].mean()),
                    number(some["effect"].mean()),
                    share(int(some["covers"].sum()), len(some)),
                    f"{100 * (own['grade'] == 'A').mean():.0f} / {100 * (own['grade'] == 'B').mean():.0f} %",
                    f"{some['e_value_low'].median():.2f}",
                    f"{100 * told.mean():.0f} %" if len(tried) else "not measured",
                ]
            )
    heads = ["log", "deviation", "true", "naive", "ours", "covers", "grade A / B", "E-value", "placebo fails"]
    return table(heads, rows, left=2)


def pooled(part: pd.DataFrame, column: str) -> str:
    """A share over all rows with its 95 % interval, where the rows of a log hang together: from the spread between logs."""
    by_log = part.groupby("seed")[column].agg(["sum", "count"])
    mean = by_log["sum"].sum() / by_log["count"].sum()
    rest = by_log["sum"] - mean * by_log["count"]
    error = 1.96 * float(np.sqrt((rest**2).sum())) / by_log["count"].sum()
    return f"{100 * mean:.1f} % ({100 * max(mean - error, 0):.1f} to {100 * min(mean + error, 1):.1f})"


def _reach(part: pd.DataFrame, grades: str) -> str:
    return pooled(part.assign(reach=part["grade"].isin(list(grades)).astype(float)), "reach")


def _most(part: pd.DataFrame) -> str:
    counts = part.assign(a=part["grade"] == "A").groupby(["deviation", "outcome"])["a"].agg(["sum", "count"])
    worst = counts.loc[counts["sum"].idxmax()]
    return share(int(worst["sum"]), int(worst["count"]))


def _any(part: pd.DataFrame) -> str:
    by_log = part.assign(a=part["grade"] == "A").groupby("seed")["a"].any()
    return share(int(by_log.sum()), len(by_log))


def _same(part: pd.DataFrame, column: str) -> str:
    return share(int((part[column] == part["true"]).sum()), len(part))


def share(n: int, of: int) -> str:
    """A share with its Wilson interval."""
    if not of:
        return "-"
    low, high = (float(x) for x in wilson(n, of))
    return f"{100 * n / of:.1f} % ({100 * low:.0f} to {100 * high:.0f})"


def number(value: float, digits: int = 1, *, sign: bool = True) -> str:
    """A number with its sign; zero has none."""
    if np.isnan(value):
        return "-"
    text = f"{value:{'+' if sign else ''}.{digits}f}"
    return text.lstrip("+-") if float(text) == 0 else text


def table(heads: Row, rows: Sequence[Row], *, left: int = 1) -> list[str]:
    """A table in Markdown."""
    line = "| " + " | ".join("---" if i < left else "---:" for i in range(len(heads))) + " |"
    return ["| " + " | ".join(heads) + " |", line, *("| " + " | ".join(row) + " |" for row in rows)]
