"""Reads the visits of mystery shoppers and inspections."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mining.voice.reading import Column, Rows, only, opened, words
from mining.voice.tables import Mystery

COLUMNS = (
    Column("visit_id", ("visit", "访问编号", "暗访编号", "检查编号"), needed=True),
    Column("visited_at", ("访问时间", "暗访时间", "检查时间"), needed=True),
    Column("site", ("网点", "门店", "地点"), needed=True),
    Column("standard_id", ("standard", "标准编号", "标准", "检查项"), needed=True),
    Column("result", ("结果", "判定")),
    Column("score", ("分数", "得分", "评分")),
    Column("critical", ("关键项", "是否关键")),
    Column("source", ("来源", "方式")),
    Column("shopper", ("神秘顾客", "检查员", "访问员")),
    Column("scenario", ("场景", "情景")),
    Column("channel", ("渠道",)),
    Column("daypart", ("时段",)),
    Column("note", ("备注", "说明")),
)
RESULTS = words(
    {
        "pass": ("passed", "达标", "通过", "合格"),
        "fail": ("failed", "不达标", "不通过", "不合格"),
        "na": ("n/a", "n.a.", "不适用"),
    }
)
SOURCES = words({"mystery": ("mystery shopping", "神秘顾客", "暗访"), "inspection": ("检查", "巡检")})


def read_mystery(
    source: Any,
    *,
    tz: str | None = None,
    day_first: bool | None = None,
    pass_at: float | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Mystery:
    """Read the visits of mystery shoppers and inspections, one row per visit and standard.

    Parameters
    ----------
    source : str, Path or data frame
        With the columns ``visit_id``, ``visited_at``, ``site``, ``standard_id`` (id of a standard or rule of the blueprint) and
        ``result`` (pass, fail, na) or ``score``, and, where there are any, ``critical`` (yes or no), ``source`` (mystery, the default, or
        inspection), ``shopper``, ``scenario``, ``channel``, ``daypart`` and ``note``. Chinese names of columns and words are read too.
    tz : str, optional
        Zone of moments that name none. Without it such moments are refused.
    day_first : bool, optional
        How to read 03/04/2026; else the column decides.
    pass_at : float, optional
        Least score that is a pass, for rows with a score and no result. Without it these rows have no result: they are no part of a
        pass rate.
    encoding, delimiter, sheet : str, optional
        Of a CSV or Excel file.

    Returns
    -------
    Mystery

    Raises
    ------
    LogError
        If a column is missing or there twice, or the table is empty.
    TableError
        With all rows that mean nothing: a result that is none of pass, fail, na, neither a result nor a score, a result at odds with
        the score and ``pass_at``, a visit without id, site, standard or moment, two rows of one visit and standard, one visit at several
        sites, moments, by several shoppers or in several scenarios.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"visit_id": [1], "visited_at": ["2026-03-02 09:00"], "site": ["north"], "standard_id": ["greeting"],
    ...                       "result": ["pass"]})
    >>> read_mystery(table, tz="Europe/Berlin").frame["result"].tolist()
    ['pass']
    """
    rows = Rows(opened(source, encoding=encoding, delimiter=delimiter, sheet=sheet), "mystery", COLUMNS)
    texts = {key: rows.text(key, needed=True) for key in ("visit_id", "site", "standard_id")}
    texts |= {key: rows.text(key) for key in ("shopper", "scenario", "channel", "daypart", "note")}
    visited = rows.moment("visited_at", tz, day_first, needed=True)
    result, score = _results(rows, pass_at)
    yes, said = rows.boolean("critical")
    critical = only(yes, said)
    kind = rows.choice("source", SOURCES, blank="mystery")
    rows.doubled("two rows of one visit and standard", texts["visit_id"], texts["standard_id"])
    for key in ("site", "shopper", "scenario"):
        rows.agree(f"one visit with more than one {key}", texts["visit_id"], texts[key])
    rows.agree("one visit at more than one moment", texts["visit_id"], visited.astype(float))
    rows.agree("one standard both critical and not", texts["standard_id"], critical)
    rows.check()
    rows.note("rows with a score and no result, no part of a pass rate (say pass_at)", pd.isna(result))
    frame = rows.frame(
        {
            "visit_id": texts["visit_id"], "visited_at": visited, "site": texts["site"], "standard_id": texts["standard_id"],
            "result": result, "score": score, "critical": critical, "source": kind, "shopper": texts["shopper"],
            "scenario": texts["scenario"], "channel": texts["channel"], "daypart": texts["daypart"], "note": texts["note"],
        }
    )  # fmt: skip
    return Mystery(rows.path, rows.source.sha256, rows.n, frame, tuple(rows.notes))


def _results(rows: Rows, pass_at: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Result of each row, None where there is a score only, and the score."""
    result, score = rows.choice("result", RESULTS), rows.number("score")
    blank = pd.isna(result)
    rows.bad("neither a result nor a score", blank & np.isnan(score) & _silent(rows))
    if pass_at is not None:
        meant = only(np.where(score >= pass_at, "pass", "fail"), ~np.isnan(score))
        odd = ~np.isnan(score) & np.isin(result.astype(str), ("pass", "fail")) & (meant != result)
        rows.bad(f"a result at odds with its score (pass_at {pass_at:g})", odd)
        rows.note(f"results made from scores, pass at {pass_at:g}", blank & ~np.isnan(score))
        result = np.where(blank, meant, result)
    return result, score


def _silent(rows: Rows) -> np.ndarray:
    """Rows that write neither: a word that is no result has been refused as such already."""
    return np.asarray(pd.isna(rows.text("result")))


__all__ = ["read_mystery"]
