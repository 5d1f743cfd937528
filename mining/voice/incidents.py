"""Reads critical incidents, interviews and complaints as coders put them into categories."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mining.units import MISSING
from mining.voice.reading import Column, Rows, only, opened, words
from mining.voice.tables import Incidents

COLUMNS = (
    Column("id", ("incident_id", "编号", "事件编号", "投诉编号"), needed=True),
    Column("at", ("occurred_at", "时间", "发生时间", "投诉时间"), needed=True),
    Column("valence", ("倾向", "正负", "效价"), needed=True),
    Column("category", ("类别", "分类", "编码"), needed=True),
    Column("touchpoint", ("接触点", "触点")),
    Column("coder", ("编码员", "编码者", "编码人")),
    Column("quote", ("引文", "原话", "原文")),
    Column("consent", ("同意", "授权", "同意引用")),
    Column("case_id", ("case", "案例编号", "案例", "工单号")),
    Column("kind", ("类型",)),
    Column("interview", ("interview_id", "访谈编号", "访谈")),
    Column("answered_at", ("答复时间", "回复时间")),
    Column("channel", ("渠道", "反馈渠道")),
    Column("segment", ("细分", "客群", "顾客群体", "客户群体")),
)
# With what spreadsheets make of a plus and a minus.
SIGNS = words({"+": ("＋",), "-": ("−", "–", "－")})
KINDS = words({"incident": ("关键事件",), "interview": ("访谈",), "complaint": ("投诉",)})


def read_incidents(
    source: Any,
    *,
    tz: str | None = None,
    day_first: bool | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Incidents:
    """Read critical incidents, interviews and complaints, one row per incident and coder.

    Parameters
    ----------
    source : str, Path or data frame
        With the columns ``id``, ``at``, ``valence`` (+ or -) and ``category``, and, where there are any, ``touchpoint``, ``coder`` (several
        rows of one id have different coders), ``quote``, ``consent`` (to print the quote: yes or no; a blank is no), ``case_id``, ``kind``
        (incident, interview, complaint), ``interview`` (in which one it was told), ``answered_at`` (when a complaint was answered),
        ``channel`` and ``segment``. Chinese names of columns are read too.
    tz : str, optional
        Zone of moments that name none. Without it such moments are refused.
    day_first : bool, optional
        How to read 03/04/2026; else the column decides.
    encoding, delimiter, sheet : str, optional
        Of a CSV or Excel file.

    Returns
    -------
    Incidents

    Raises
    ------
    LogError
        If a column is missing or there twice, or the table is empty.
    TableError
        With all rows that mean nothing: no id, moment or category, a valence that is neither + nor -, an id that is there twice without
        another coder, consent that is no yes and no no, an answer before the incident, one incident whose coders give it several
        moments, cases, or consent both given and not.

    Examples
    --------
    >>> import pandas as pd
    >>> read_incidents(pd.DataFrame({"id": [1], "at": ["2026-03-02T09:00Z"], "valence": ["+"], "category": ["kind staff"]})).quotes().empty
    True
    """
    rows = Rows(opened(source, encoding=encoding, delimiter=delimiter, sheet=sheet), "incidents", COLUMNS)
    texts = {key: rows.text(key, needed=True) for key in ("id", "category")}
    others = ("touchpoint", "coder", "quote", "case_id", "interview", "channel", "segment")
    texts |= {key: rows.text(key) for key in others}
    at, answered = rows.moment("at", tz, day_first, needed=True), rows.moment("answered_at", tz, day_first)
    rows.bad("answered before it happened", (answered != MISSING) & (at != MISSING) & (answered < at))
    valence = rows.choice("valence", SIGNS, needed=True)
    kind = rows.choice("kind", KINDS)
    consent, said = rows.boolean("consent")
    rows.doubled("the id is there twice, and no other coder", texts["id"], texts["coder"])
    rows.agree("one incident at several moments", texts["id"], at.astype(float))
    rows.agree("one incident in several cases", texts["id"], texts["case_id"])
    rows.agree("one incident with consent given and not", texts["id"], only(consent, said))
    rows.check()
    rows.note("quotes without consent, never printed", pd.notna(texts["quote"]) & ~consent)
    frame = rows.frame(
        {
            "id": texts["id"], "at": at, "touchpoint": texts["touchpoint"], "valence": valence, "category": texts["category"],
            "coder": texts["coder"], "quote": texts["quote"], "consent": consent, "case_id": texts["case_id"], "kind": kind,
            "interview": texts["interview"], "answered_at": answered, "channel": texts["channel"], "segment": texts["segment"],
        }
    )  # fmt: skip
    return Incidents(rows.path, rows.source.sha256, rows.n, frame, tuple(rows.notes))


__all__ = ["read_incidents"]
