"""Reads the answers of a survey, and refuses nonsense."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mining.voice.reading import Column, Rows, opened, words
from mining.voice.tables import Survey

KINDS = ("perception", "expectation", "importance", "csat", "nps", "ces")
NPS_SCALE = (0.0, 10.0)
COLUMNS = (
    Column("case_id", ("case", "案例编号", "案例", "工单号", "流水号")),
    Column("customer_id", ("customer", "顾客编号", "客户编号", "顾客", "客户")),
    Column("answered_at", ("答复时间", "回答时间", "填写时间", "提交时间", "评价时间"), needed=True),
    Column("item", ("question", "题目", "题项", "问题", "测量项"), needed=True),
    Column("score", ("分数", "得分", "评分"), needed=True),
    Column("scale_min", ("量表下限", "量表最小值", "最低分")),
    Column("scale_max", ("量表上限", "量表最大值", "最高分")),
    Column("touchpoint", ("接触点", "触点")),
    Column("segment", ("细分", "客群", "顾客群体", "客户群体")),
    Column("channel", ("渠道", "反馈渠道")),
    Column("kind", ("类型", "题型", "类别")),
    Column("comment", ("评论", "意见", "备注", "建议")),
)
MEANINGS = words(
    {
        "perception": ("perceived", "感知", "实际感受"),
        "expectation": ("expected", "期望", "预期"),
        "importance": ("重要性", "重要程度"),
        "csat": ("满意度",),
        "nps": ("净推荐值", "推荐意愿"),
        "ces": ("费力度", "顾客费力度", "客户费力度"),
    }
)


def read_survey(
    source: Any,
    *,
    tz: str | None = None,
    day_first: bool | None = None,
    scales: Mapping[str, tuple[float, float]] | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Survey:
    """Read the answers of a survey, one row per answer to one item.

    Parameters
    ----------
    source : str, Path or data frame
        A CSV, Excel or Parquet file, or a frame, with the columns ``answered_at``, ``item``, ``score``, ``case_id`` or ``customer_id``,
        and, where there are any, ``scale_min``, ``scale_max``, ``touchpoint`` (id of an activity of the blueprint), ``segment``,
        ``channel``, ``kind`` and ``comment``. Chinese names of columns and kinds are read too. A row without a kind has that which its
        item is called (csat, nps, ces), else it is a perception; the notes count both.
    tz : str, optional
        Zone of moments that name none. Without it such moments are refused, never guessed.
    day_first : bool, optional
        How to read 03/04/2026; else the column decides.
    scales : mapping of str to (float, float), optional
        Lowest and highest possible score by item, for tables without ``scale_min`` and ``scale_max``. NPS is asked on 0 to 10.
    decimal : {".", ","}, optional
        Decimal mark of scores in text; else the column decides.
    encoding, delimiter, sheet : str, optional
        Of a CSV or Excel file, as in :func:`mining.read_log`.

    Returns
    -------
    Survey
        Rows without a score are no answers: left out and counted in the notes.

    Raises
    ------
    LogError
        If a column is missing or there twice, or the table is empty.
    TableError
        With all rows that mean nothing: a score that is none or lies outside its scale, a scale that is reversed, half or not that of the
        other answers to the item, NPS on another scale than 0 to 10 or with parts of points, an unknown kind, no case and no customer,
        no item, a moment that is none or names no zone, two answers of one person to one item and touchpoint at one moment.

    Examples
    --------
    >>> survey = read_survey("sample_logs/permit_receipt/survey.csv")
    >>> len(survey), sorted(set(survey.frame["kind"]))
    (1434, ['csat', 'importance'])
    """
    rows = Rows(opened(source, encoding=encoding, delimiter=delimiter, sheet=sheet), "survey", COLUMNS)
    if not rows.has("case_id") and not rows.has("customer_id"):
        rows.bad("no case_id and no customer_id: the table has neither column", np.ones(rows.n, bool))
    case_id, customer_id = rows.text("case_id"), rows.text("customer_id")
    item, touchpoint = rows.text("item", needed=True), rows.text("touchpoint")
    if rows.has("case_id") or rows.has("customer_id"):
        rows.bad("neither a case_id nor a customer_id", pd.isna(case_id) & pd.isna(customer_id))
    answered = rows.moment("answered_at", tz, day_first, needed=True)
    kind = _kinds(rows, item)
    score = rows.number("score", decimal=decimal)
    low, high = _scales(rows, item, kind, decimal, dict(scales or {}))
    _check_scores(rows, score, low, high, kind)
    _one_scale(rows, item, kind, low, high)
    what = "two answers of one person to one item at one moment"
    who = np.where(pd.isna(case_id), customer_id, case_id)
    rows.doubled(what, who, case_id, item, kind, touchpoint, answered)
    rows.check()
    blank = np.isnan(score)
    rows.note("rows without a score, no answers, left out", blank)
    rows.note("answers without a known scale, so their scores could not be checked", np.isnan(low) & ~blank)
    frame = rows.frame(
        {
            "case_id": case_id, "customer_id": customer_id, "answered_at": answered, "item": item, "score": score,
            "scale_min": low, "scale_max": high, "touchpoint": touchpoint, "segment": rows.text("segment"),
            "channel": rows.text("channel"), "kind": kind, "comment": rows.text("comment"),
        },
        ~blank,
    )  # fmt: skip
    return Survey(rows.path, rows.source.sha256, rows.n, frame, tuple(rows.notes))


def _kinds(rows: Rows, item: np.ndarray) -> np.ndarray:
    """The kind of each answer: as written, else as its item is called, else a perception."""
    kind = rows.choice("kind", MEANINGS)
    blank = pd.isna(kind)
    codes, names = pd.factorize(item)
    named = [MEANINGS.get(str(name).casefold()) for name in names]
    named = [name if name in ("csat", "nps", "ces") else None for name in named]
    from_item = np.array([*named, None], object)[codes]
    kind = np.where(blank, from_item, kind)
    rows.note("answers without a kind, taken as what their item is called", blank & pd.notna(kind))
    rest = pd.isna(kind)
    kind[rest] = "perception"
    unknown = blank & rest
    rows.note("answers without a kind, taken as perceptions", unknown)
    return np.asarray(kind)


def _scales(
    rows: Rows, item: np.ndarray, kind: np.ndarray, decimal: str | None, scales: dict[str, tuple[float, float]]
) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest possible score of each answer, NaN where nothing says it."""
    low, high = rows.number("scale_min", decimal=decimal), rows.number("scale_max", decimal=decimal)
    rows.bad("only one of scale_min and scale_max", np.isnan(low) != np.isnan(high))
    with np.errstate(invalid="ignore"):
        rows.bad("scale_min is not below scale_max: the scale is reversed or empty", low >= high)
    silent = np.isnan(low) & np.isnan(high)
    codes, names = pd.factorize(item)
    said = np.array([*(scales.get(str(name), (np.nan, np.nan)) for name in names), (np.nan, np.nan)], float)[codes]
    said[silent & (kind == "nps") & np.isnan(said[:, 0])] = NPS_SCALE
    found_low, found_high = np.where(silent, said[:, 0], low), np.where(silent, said[:, 1], high)
    rows.note("answers whose scale was declared, or is that of NPS", silent & ~np.isnan(found_low))
    return found_low, found_high


def _check_scores(rows: Rows, score: np.ndarray, low: np.ndarray, high: np.ndarray, kind: np.ndarray) -> None:
    with np.errstate(invalid="ignore"):
        outside = ((score < low) | (score > high)) & (low < high)
        nps = kind == "nps"
        rows.bad("score outside scale_min to scale_max", outside)
        rows.bad("NPS is asked on a scale from 0 to 10", nps & (low < high) & ((low != 0) | (high != 10)))
        rows.bad("NPS is a whole number from 0 to 10", nps & ~np.isnan(score) & (score != np.round(score)))


def _one_scale(rows: Rows, item: np.ndarray, kind: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """One item of one kind has one scale: means of scores on several say nothing."""
    key = pd.factorize(pd.Series(pd.factorize(item)[0]) * len(KINDS) + pd.factorize(kind)[0])[0].astype(float)
    scale = pd.factorize(pd.Series(low).astype(str) + " to " + pd.Series(high).astype(str))[0].astype(float)
    with np.errstate(invalid="ignore"):
        key[pd.isna(item)], scale[~(low < high)] = np.nan, np.nan
    rows.agree("another scale than most answers to the item have; call it by another name", key, scale, usual=True)


__all__ = ["KINDS", "read_survey"]
