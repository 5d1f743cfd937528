"""How moments and the account of rows are written for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mining.log.lineage import Dropped, Lineage
from mining.log.times import iso
from mining.texts import catalogue, say
from mining.units import MICROSECONDS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WORD = "lifecycle "  # reasons that name a word of the log begin so


def local(us: int, tz: str) -> str:
    """A moment in a zone, with its name; in the hour that occurs twice also with its distance from UTC.

    Parameters
    ----------
    us : int
        Microseconds UTC; parts of a second are cut.
    tz : str

    Examples
    --------
    >>> local(0, "Europe/Berlin")
    '1970-01-01 01:00:00 (Europe/Berlin)'
    >>> [local(1_792_888_200_000_000 + h * 3_600_000_000, "Europe/Berlin") for h in (0, 1)]
    ['2026-10-25 02:30:00 (Europe/Berlin, +02:00)', '2026-10-25 02:30:00 (Europe/Berlin, +01:00)']
    """
    try:
        moment = (_EPOCH + timedelta(seconds=int(us) // MICROSECONDS)).astimezone(ZoneInfo(tz))
    except OverflowError:  # beyond the years that a calendar has
        return f"{iso(us)} (UTC)"
    twice = moment.replace(fold=1 - moment.fold).utcoffset() != moment.utcoffset()
    text = moment.isoformat(" ", "seconds")
    return f"{text[:19]} ({tz}{f', {text[19:]}' if twice else ''})"


def account(lineage: Lineage, lang: str) -> str:
    """What became of the rows, by reason.

    Examples
    --------
    >>> account(Lineage(3, {"completion": 2}, (Dropped("missing case id", 1, (3,)),)), "zh")
    '数据行去向：共 3 行，其中用作完成时间 2 行；剔除：缺少案例编号 1 行（第 3 行）'
    """
    comma, semicolon = say("report.comma", lang), say("report.semicolon", lang)
    used = comma.join(say(f"monitor.account.{role}", lang, n=f"{n:,}") for role, n in lineage.used.items() if n)
    dropped = semicolon.join(_dropped(one, lang) for one in lineage.dropped)
    return say(
        "monitor.account", lang, rows=f"{lineage.rows_in:,}", used=used or say("monitor.account.unused", lang),
        dropped=dropped or say("monitor.account.none", lang),
    )  # fmt: skip


def _dropped(one: Dropped, lang: str) -> str:
    rows = say("report.comma", lang).join(map(str, one.rows))
    more = say("monitor.account.more", lang) if one.count > len(one.rows) else ""
    key = "monitor.account.dropped" if one.count > 1 else "monitor.account.dropped_one"
    return say(key, lang, reason=reason_text(one.reason, lang), n=f"{one.count:,}", rows=rows + more)


def reason_text(reason: str, lang: str) -> str:
    """Why rows were left out, as the lineage says it, in a language.

    Examples
    --------
    >>> reason_text("missing case id", "zh"), reason_text("lifecycle assign", "zh")
    ('缺少案例编号', '生命周期为“assign”')
    """
    key = f"dropped.{reason.replace(' ', '_').replace(',', '')}"
    if key in catalogue():
        return say(key, lang)
    return say("dropped.lifecycle_word", lang, word=reason.removeprefix(WORD)) if reason.startswith(WORD) else reason
