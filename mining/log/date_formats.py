"""Ways to write a moment: those that are tried, those that can be declared, and how each is read."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mining.errors import LogError, UnknownNameError
from mining.units import MISSING

EARLIEST, LATEST = -62_135_596_800_000_000, 253_402_300_799_999_999  # years 1 to 9999, in microseconds

_CLOCK = r"( +\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?"
_CLOCK_AMPM = r"( +\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?( ?[AaPp][Mm])?)?"
_CLOCK_CHINESE = r"(( *(上午|下午))? *\d{1,2}([:：]\d{2}([:：]\d{2}(\.\d{1,6})?)?|[时点](\d{1,2}分(\d{1,2}秒)?)?))?"
_ISO_ZONE = r" *([Zz]|[+-]\d{2}(:?\d{2})?)"
_ISO = rf"\d{{4}}-\d{{1,2}}-\d{{1,2}}([T ]\d{{1,2}}:\d{{2}}(:\d{{2}}([.,]\d+)?)?({_ISO_ZONE})?)?"
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f")
_TIMES_AMPM = (*_TIMES, *(f" %I:%M{s}{blank}%p" for s in ("", ":%S", ":%S.%f") for blank in (" ", "")))
_CLOCKS_CHINESE = (":%M", ":%M:%S", ":%M:%S.%f", "时", "时%M分", "时%M分%S秒")
_TIMES_CHINESE = ("", *(f"{hour}{rest}" for hour in ("%H", "%p%I") for rest in _CLOCKS_CHINESE))
_PLAIN_CHINESE = [(" ", ""), ("：", ":"), ("点", "时"), ("上午", "AM"), ("下午", "PM")]

_NAIVE_LENGTHS = (10, 16, 19, *range(21, 27))  # YYYY-MM-DD, with hh:mm, with seconds, with up to six decimals
_ZONED = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d(:?\d\d)?)$"


@dataclass(frozen=True)
class Format:
    """A way to write a moment: its name, the regular expression it must match, the strptime patterns.

    ``day_first`` is set for pairs of formats that only the data can tell apart. ``plain`` is replaced in the text before it is
    read. ``unit`` is set where a number counts from ``origin`` (both in microseconds).
    """

    name: str
    pattern: str = ""
    strptime: tuple[str, ...] = ()
    day_first: bool | None = None
    plain: tuple[tuple[str, str], ...] = ()
    unit: int = 0
    origin: int = 0
    naive: bool = True


ISO = Format("ISO 8601 (YYYY-MM-DD hh:mm:ss)", _ISO)
FORMATS = (
    ISO,
    Format("YYYY/MM/DD hh:mm:ss", rf"\d{{4}}/\d{{1,2}}/\d{{1,2}}{_CLOCK}", tuple(f"%Y/%m/%d{t}" for t in _TIMES)),
    Format("DD.MM.YYYY hh:mm:ss", rf"\d{{1,2}}\.\d{{1,2}}\.\d{{4}}{_CLOCK}", tuple(f"%d.%m.%Y{t}" for t in _TIMES)),
    Format(
        "YYYY年MM月DD日 hh:mm:ss",
        rf"\d{{4}}年\d{{1,2}}月\d{{1,2}}日{_CLOCK_CHINESE}",
        tuple(f"%Y年%m月%d日{t}" for t in _TIMES_CHINESE),
        plain=tuple(_PLAIN_CHINESE),
    ),
    *(
        Format(
            f"{sep.join(('DD', 'MM') if first else ('MM', 'DD'))}{sep}YYYY hh:mm:ss",
            rf"\d{{1,2}}{sep}\d{{1,2}}{sep}\d{{4}}{_CLOCK_AMPM}",
            tuple(f"{sep.join(('%d', '%m') if first else ('%m', '%d'))}{sep}%Y{t}" for t in _TIMES_AMPM),
            first,
        )
        for sep in "/-"
        for first in (True, False)
    ),
)
COUNTS = tuple(
    Format(name, rf"[+-]?\d{{1,20}}({dot}\d*)?", unit=unit, origin=origin, naive=naive)
    for name, unit, origin, naive, dot in (
        ("epoch s", 1_000_000, 0, False, r"\."),
        ("epoch ms", 1_000, 0, False, r"\."),
        ("epoch us", 1, 0, False, r"\."),
        ("excel days", 86_400_000_000, -25_569 * 86_400_000_000, True, r"\."),
    )
)


def declared_format(text: str, column: str) -> Format:
    """The format that a binding declares: a name of `FORMATS` or `COUNTS`, or a pattern with ``%Y``, ``%m`` and so on.

    Raises
    ------
    UnknownNameError
        If it is neither.
    LogError
        If a pattern has a part that means nothing, or names no year.
    """
    known = {form.name: form for form in (*FORMATS, *COUNTS)} | {"ISO 8601": ISO}
    if text in known:
        return known[text]
    if "%" not in text:
        raise UnknownNameError("date format", text, [*known, "%d.%m.%Y %H:%M"], f"column {column!r}")
    with engine() as con:
        try:
            kind = con.execute("select typeof(try_strptime('', ?))", [text]).fetchall()[0][0]
        except duckdb.Error as error:
            wrong = str(error).splitlines()[0].rpartition(": ")[2]
            raise LogError(
                f"column {column!r}: the date format {text!r} cannot be used: {wrong!r} means nothing."
            ) from None
    if not any(year in text for year in ("%Y", "%y", "%G", "%c", "%x")):
        raise LogError(f"column {column!r}: the date format {text!r} names no year (%Y, or %y for two digits).")
    return Format(text, strptime=(text,), naive=kind == "TIMESTAMP")


def engine() -> duckdb.DuckDBPyConnection:
    """A DuckDB that reads times in UTC and fetches nothing."""
    con = duckdb.connect(config={"autoinstall_known_extensions": False})
    con.execute("set TimeZone = 'UTC'")
    return con


def apply(con: duckdb.DuckDBPyConnection, trimmed: pa.ChunkedArray, form: Format) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds (`MISSING` where the format does not fit) and whether the text names no zone."""
    fast = fast_iso(trimmed) if form is ISO else None
    return by_engine(con, trimmed, form) if fast is None else fast


def by_engine(con: duckdb.DuckDBPyConnection, trimmed: pa.ChunkedArray, form: Format) -> tuple[np.ndarray, np.ndarray]:
    """What `apply` gives, from DuckDB."""
    source = pa.table({"x": trimmed, "i": np.arange(len(trimmed))})
    naive = "true" if form.naive else "false"
    if form is ISO:
        value = "epoch_us(try_cast(replace(x, ',', '.') as timestamptz))"
        naive = f"not regexp_matches(x, ':[0-9.,]+{_ISO_ZONE}$')"
    elif form.name == "excel days":  # such a text is a double, written as short as it can be, and is read as that
        days = "try_cast(x as double)"
        clock = f"cast(round_even(({days} - floor({days})) * {form.unit}, 0) as bigint)"
        moment = f"cast(floor({days}) as bigint) * {form.unit} + {clock} + {form.origin}"
        value = f"case when abs({days}) < 10_000_000 then {moment} end"
    elif form.unit:
        value = f"try_cast(round(try_cast(x as decimal(38, 12)) * {form.unit}) as bigint) + {form.origin}"
    else:
        text = "x"
        for old, new in form.plain:
            text = f"replace({text}, '{old}', '{new}')"
        value = f"epoch_us(try_strptime({text}, $strptime))"
    fits = "regexp_full_match(x, $pattern)" if form.pattern else "true"
    query = f"select case when {fits} then {value} end as us, ({naive}) as naive from source order by i"
    given = {"pattern": form.pattern, "strptime": list(form.strptime)}
    con.register("source", source)
    got = con.sql(query, params={k: v for k, v in given.items() if f"${k}" in query}).to_arrow_table()
    values = pc.fill_null(got["us"], MISSING).to_numpy().astype(np.int64)
    return in_range(values), pc.fill_null(got["naive"], True).to_numpy().astype(bool)


def fast_iso(trimmed: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray] | None:
    """What `apply` gives for `ISO`, where all texts have the most common form of it, with or without a zone; else None."""
    present = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    lengths = pc.unique(pc.utf8_length(present)).drop_null().to_pylist()
    zoned = any(n not in _NAIVE_LENGTHS for n in lengths) or bool(present.null_count < len(present) and _zone(present))
    if zoned and not pc.all(pc.match_substring_regex(present, _ZONED)).as_py():
        return None
    try:
        moments = present.cast(pa.timestamp("us", "UTC" if zoned else None))
    except pa.ArrowInvalid:
        return None
    values = pc.fill_null(moments.cast(pa.int64()), MISSING).to_numpy().astype(np.int64)
    return in_range(values), np.full(len(values), not zoned)


def _zone(texts: pa.ChunkedArray) -> bool:
    """Whether the first text ends like a zone."""
    first = next(text for text in texts if text.is_valid).as_py()
    return len(first) > 10 and (first[-1] in "Zz" or any(first[at] in "+-" for at in (-3, -5, -6)))


def in_range(values: np.ndarray) -> np.ndarray:
    """`MISSING` for moments outside the years 1 to 9999."""
    return np.where((values < EARLIEST) | (values > LATEST), MISSING, values)
