"""Tables as the report prints them: text to read, and the values behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mining.results import plain

SHORT = 10  # lines


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes
    ----------
    text : str
        What is read.
    sub : str
        A second, smaller line.
    data : dict
        Values behind the text, by their name in the frame; they stand in the page as ``data-*`` attributes.
    tone : str
        How it looks: empty, ``good``, ``bad``, ``quiet``, ``H``, ``M`` or ``L``.
    link : str
        Id of the place in the page that the text leads to.
    lang : str
        Language of the text where it is not that of the page.
    """

    text: str
    sub: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    tone: str = ""
    link: str = ""
    lang: str = ""

    @property
    def attributes(self) -> dict[str, Any]:
        """Values as attributes: missing ones are empty, numbers are written in full."""
        values = {name.replace("_", "-"): plain(value) for name, value in self.data.items()}
        return {
            name: "" if value is None else repr(value) if isinstance(value, float) else value
            for name, value in values.items()
        }


@dataclass(frozen=True)
class Column:
    """Heading of a column. ``kind`` is ``text``, ``number``, ``mark`` or ``date``."""

    text: str
    kind: str = "text"


@dataclass(frozen=True)
class Row:
    """A row with a key that names it in its table."""

    key: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Group:
    """Rows under a heading of their own (empty: none)."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """A table; the first column of each row is its heading."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]

    @property
    def short(self) -> bool:
        """Whether the table is to stay on one page."""
        return sum(len(group.rows) + bool(group.title) for group in self.groups) <= SHORT

    def __bool__(self) -> bool:
        return any(group.rows for group in self.groups)


def table(id: str, caption: str, columns: Sequence[str], rows: Sequence[Row], kinds: str = "") -> Table:
    """A table without groups. ``kinds`` has a letter per column: t (text), n (number), m (mark), d (date)."""
    words = {"t": "text", "n": "number", "m": "mark", "d": "date"}
    letters = kinds or "t" * len(columns)
    heads = tuple(Column(text, words[letter]) for text, letter in zip(columns, letters, strict=True))
    return Table(id, caption, heads, (Group("", tuple(rows)),))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame by column name; missing values are None."""
    return [{str(k): None if pd.isna(v) else v for k, v in row.items()} for row in frame.to_dict("records")]


def number(text: str, **data: Any) -> Cell:
    """A cell with the value behind its text."""
    return Cell(text, data=data)
