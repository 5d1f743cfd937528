"""Which row of a sheet or line of a text names the columns: as declared, and a word where the first one looks like a title."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mining.errors import LogError
from mining.log.table import SourceTable

SEEN = 20  # first rows among which a row of names is looked for
FEWEST = 3  # columns of a log: case, activity, time
HINT = "header_hint"  # among the extras of a source: what `hint` said


def check_header(path: str | Path, header: Any) -> None:
    """Raise `LogError` unless ``header`` is None or a whole number from 1."""
    if header is not None and (isinstance(header, bool) or not isinstance(header, int) or header < 1):
        raise LogError(
            f"{path}: header says which row of the sheet (or line of the CSV file) names the columns, counted from 1: "
            f"a whole number such as 4, not {header!r}."
        )


def hint(rows: Sequence[tuple[int, Sequence[Any]]]) -> str:
    """What to say where the first row is (all but) blank, like a title, and a later one is full of distinct texts.

    Parameters
    ----------
    rows : sequence of (int, sequence)
        Number and cells of the first rows.

    Returns
    -------
    str
        A sentence, or nothing.

    Examples
    --------
    >>> hint([(1, ["Applications 2024", "", ""]), (3, ["No.", "Step", "Done"]), (4, ["1", "A", "2024-01-01"])])
    "Row 3 looks like the header ('No.', 'Step', 'Done'), not row 1 ('Applications 2024'): if so, say header: 3."
    """
    if not rows:
        return ""
    counts = [len(_filled(cells)) for _, cells in rows]
    for at, (number, cells) in enumerate(rows[1:SEEN], 1):
        names = _filled(cells)
        below = sorted(counts[at + 1 :])
        usual = below[(len(below) - 1) // 2] if below else 0
        full = len(names) >= max(FEWEST, usual, 2 * counts[0]) and len(set(names)) == len(names)
        if full and all(map(_is_word, cells)):
            shown = ", ".join(map(repr, names[:4])) + (", ..." if len(names) > 4 else "")
            first = ", ".join(map(repr, _filled(rows[0][1]))) or "blank"
            return f"Row {number} looks like the header ({shown}), not row {rows[0][0]} ({first}): if so, say header: {number}."
    return ""


def look_below(source: SourceTable) -> str:
    """What an error about a column that is not there adds: a blank and the `hint` of the source, if there is one."""
    look = source.extras.get(HINT, "")
    return f" {look}" if look else ""


def _filled(cells: Sequence[Any]) -> list[str]:
    return [text for cell in cells if (text := str(cell).strip())]


def _is_word(cell: Any) -> bool:
    return isinstance(cell, str) and not cell.strip()[:1].isdigit()
