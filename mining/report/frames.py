"""Tables of the report told column by column: which column of a frame, under which heading, written how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mining.report.formats import DASH, Writer
from mining.report.table import Cell, Row, Table, records, table
from mining.results import plain
from mining.units import readable

HOUR = 3600.0
Words = Callable[[Any], str]


@dataclass(frozen=True)
class Told:
    """A column as people read it.

    Attributes
    ----------
    column : str
        Of the frame.
    head : str
        Key of its heading.
    how : str
        ``text``, ``count``, ``share``, ``number`` (three digits), ``time`` (seconds as a readable length), ``hours`` (seconds as hours),
        ``yes``, ``mark`` (a short word, in the middle) or ``word`` (one that is never broken).
    of : str
        A column with the denominator, said below a count.
    bounds : (str, str) or None
        Columns with the ends of an interval, said below a share.
    words : callable or None
        What people read in place of the value.
    """

    column: str
    head: str
    how: str = "count"
    of: str = ""
    bounds: tuple[str, str] | None = None
    words: Words | None = None


def told_table(id: str, caption: str, frame: pd.DataFrame, columns: Sequence[Told], w: Writer) -> Table:
    """A table of a frame, one row per row of it; the first column is its heading."""
    rows = [Row(f"{id}-{k}", tuple(_cell(row, told, w) for told in columns)) for k, row in enumerate(records(frame))]
    letters = {"text": "t", "yes": "m", "mark": "m", "word": "d"}
    kinds = "".join(letters.get(told.how, "n") for told in columns)
    return table(id, caption, [w.say(told.head) for told in columns], rows, kinds)


def _cell(row: dict[str, Any], told: Told, w: Writer) -> Cell:
    value = plain(row[told.column])
    sub = ""
    data = {told.column: value}
    if told.of and value is not None:
        sub = w.say("flow.of", n=w.count(row[told.of]))
        data[told.of] = plain(row[told.of])
    if told.bounds and value is not None:
        sub = w.interval(*(row[x] for x in told.bounds))
        data |= {x: plain(row[x]) for x in told.bounds}
    if isinstance(value, list):
        data = {}
    return Cell(written(value, told, w), sub=sub, data=data, tone="quiet" if value is None else "")


def written(value: Any, told: Told, w: Writer) -> str:
    """A value as people read it; a missing one is a dash."""
    if value is None:
        return DASH
    if told.words is not None:
        return told.words(value)
    match told.how:
        case "count":
            return w.count(value)
        case "share":
            return w.share(value)
        case "number":
            if 0.9995 <= value < 1:  # of a measure up to 1: no 1 for what is not
                return "> 0.999"
            return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
        case "time":
            return readable(float(value), w.lang)
        case "hours":
            return w.hours(value / HOUR)
        case "yes":
            return w.say("word.yes" if value else "word.no")
    return str(value)
