"""Reads the register of needs, with the answers to the questionnaire of Kano."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mining.voice.reading import Column, Rows, opened, words
from mining.voice.tables import Needs

COLUMNS = (
    Column("need_id", ("need", "需求编号"), needed=True),
    Column("text", ("需求", "需求描述", "描述"), needed=True),
    Column("segment", ("细分", "客群", "顾客群体", "客户群体")),
    Column("source", ("来源",)),
    Column("touchpoint", ("接触点", "触点")),
    Column("respondent", ("受访者", "答卷编号")),
    Column("kano_functional", ("正向问题", "正向题", "具备时")),
    Column("kano_dysfunctional", ("反向问题", "反向题", "不具备时")),
)
ANSWERS = words(
    {
        "like": ("1", "i like it", "喜欢", "我很喜欢", "很喜欢", "满意"),
        "must": ("2", "must-be", "must be", "expect", "i expect it", "理应如此", "理所当然"),
        "neutral": ("3", "i am neutral", "无所谓"),
        "live_with": ("4", "live with", "tolerate", "i can live with it", "能忍受", "勉强接受", "可以忍受"),
        "dislike": ("5", "i dislike it", "不喜欢", "很不喜欢", "我很不喜欢"),
    }
)
KANO = ("like", "must", "neutral", "live_with", "dislike")


def read_needs(
    source: Any,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Needs:
    """Read the register of needs, one row per need; or per need and respondent, where a column says who.

    Parameters
    ----------
    source : str, Path or data frame
        With the columns ``need_id`` and ``text``, and, where there are any, ``segment``, ``source``, ``touchpoint`` (id of an activity of
        the blueprint), ``respondent`` (a key, not a name; then a need may have several rows), ``kano_functional`` and
        ``kano_dysfunctional``: like, must, neutral, live_with, dislike, or 1 to 5 in this order. Chinese names and words are read too.
    encoding, delimiter, sheet : str, optional
        Of a CSV or Excel file.

    Returns
    -------
    Needs

    Raises
    ------
    LogError
        If a column is missing or there twice, or the table is empty.
    TableError
        With all rows that mean nothing: no need_id, a need without or with several texts, a need_id that is there twice without another
        respondent or touchpoint, an answer that is none of the five, one respondent in several segments.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"need_id": ["n1", "n2"], "text": ["a word by phone", "forms online"], "touchpoint": ["call", None]})
    >>> read_needs(table).register[["need_id", "touchpoints"]].values.tolist()
    [['n1', ('call',)], ['n2', ()]]
    """
    rows = Rows(opened(source, encoding=encoding, delimiter=delimiter, sheet=sheet), "needs", COLUMNS)
    need, text = rows.text("need_id", needed=True), rows.text("text")
    texts = {key: rows.text(key) for key in ("segment", "source", "touchpoint", "respondent")}
    kano = {key: rows.choice(key, ANSWERS) for key in ("kano_functional", "kano_dysfunctional")}
    rows.doubled(
        "the need_id is there twice, and no other respondent or touchpoint",
        need,
        texts["respondent"],
        texts["touchpoint"],
    )
    rows.agree("one need with several texts", need, text)
    rows.agree("one respondent in several segments", texts["respondent"], texts["segment"])
    named = pd.factorize(need)[0]
    has_text = np.bincount(named[(named >= 0) & pd.notna(text)], minlength=named.max(initial=0) + 1) > 0
    rows.bad("a need without a text", (named >= 0) & ~has_text[named])
    _one_answer(rows, need, texts["respondent"], kano)
    rows.check()
    half = pd.isna(kano["kano_functional"]) != pd.isna(kano["kano_dysfunctional"])
    rows.note("half answers to the pair of Kano questions, no part of a class", half)
    frame = rows.frame({"need_id": need, "text": text, **texts, **kano})
    return Needs(rows.path, rows.source.sha256, rows.n, frame, tuple(rows.notes))


def _one_answer(rows: Rows, need: np.ndarray, respondent: np.ndarray, kano: dict[str, np.ndarray]) -> None:
    """A respondent whose need stands at several touchpoints answers it once."""
    both = pd.factorize(
        pd.Series(pd.factorize(need)[0]).astype(str) + "|" + pd.Series(pd.factorize(respondent)[0]).astype(str)
    )[0]
    key = both.astype(float)
    key[pd.isna(need) | pd.isna(respondent)] = np.nan
    for name, answers in kano.items():
        rows.agree(f"one respondent with several answers to {name} of one need", key, answers)


__all__ = ["ANSWERS", "KANO", "read_needs"]
