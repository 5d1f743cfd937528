"""An empty table of steps with all its columns, to be filled in."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from mining.blueprint.spoken import CHINESE, MEANINGS
from mining.errors import BlueprintError, UnknownNameError

LANGUAGES = ("en", "zh")


def write_template(path: str | Path, *, lang: str = "en") -> Path:
    """Write a table of steps with every column that :func:`mining.blueprint.table.from_table` reads, and one example row.

    Parameters
    ----------
    path : str or Path
        Ends in ``.csv`` (UTF-8 with a byte order mark, which spreadsheets need for Chinese) or ``.xlsx``. Replaced if it is there.
    lang : {"en", "zh"}, default "en"
        Language of the headings.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    BlueprintError
        If the suffix is another, or the folder does not exist.

    Examples
    --------
    >>> from mining.blueprint.table import from_table
    >>> made = write_template(getfixture("tmp_path") / "steps.csv", lang="zh")
    >>> made.read_text("utf-8-sig")[:8], from_table(made).raw["flow"]
    ('阶段,泳道,步骤', ['check_papers'])
    """
    file = Path(path)
    if lang not in LANGUAGES:
        raise UnknownNameError("language", lang, LANGUAGES)
    heads = [CHINESE[c] if lang == "zh" else c for c in MEANINGS]
    example = [shown for _, shown in MEANINGS.values()]
    if file.suffix.lower() not in (".csv", ".xlsx"):
        raise BlueprintError(f"{file}: a template is written as .csv or .xlsx.")
    if not file.parent.is_dir():
        raise BlueprintError(f"{file}: there is no folder {file.parent}. Make it first.")
    if file.suffix.lower() == ".csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([heads, example])
        file.write_text(text.getvalue(), encoding="utf-8-sig", newline="\n")
    else:
        _workbook(file, heads, example)
    return file


def _workbook(file: Path, heads: list[str], example: list[str]) -> None:
    """The same cells in a workbook; what each column means stands in a second sheet."""
    import openpyxl

    book = openpyxl.Workbook()
    steps = book.active
    steps.title = "steps"
    for row in (heads, example):
        steps.append(row)
    meanings = book.create_sheet("columns")
    for head, (meaning, shown) in zip(heads, MEANINGS.values(), strict=True):
        meanings.append([f"{head}: {meaning}", f"such as {shown}"])
    book.save(file)
