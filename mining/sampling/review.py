"""What reviewers found: their file read with every doubtful row refused, and written with every word kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mining.errors import LogError, hint
from mining.log.codes import coded
from mining.log.side_table import read_side_table, values_of
from mining.log.table import SourceTable
from mining.plan.cells import line_of
from mining.sampling.sample import CLASS, DISCOVERY, TESTS, guarded, unguarded
from mining.sampling.words import RESULTS, amount_in, folded, result_in
from mining.texts import LANGUAGES, say

SAMPLE = "sample"  # the sheet of the sample; other sheets have their remarks in the same file
JUDGED = ("result", "result_2", "decided")
REMARK = "remark"  # on the sheet of findings; another word for a note where there is no column of that name
FILE_ROW = "file_row"
COLUMNS = ("sheet", "key", "test", "finding_id", "case_id", *JUDGED, "amount_found", "note", "reviewer")
HEADERS = {  # other names of a column, folded as `folded` does
    "sheet": "工作表",
    "key": "item|样本编号|编号",
    "test": "测试|测试类型",
    "finding_id": "finding|发现|发现编号|审计发现编号",
    "case_id": "case|案例|案例编号",
    "result": "结果|核查结果",
    "result_2": "secondresult|第二结果|第二复核人结果",
    "decided": "finalresult|最终结果|商定结果",
    "amount_found": "核实金额|实际金额",
    "note": "notes|remark|备注|说明",
    "reviewer": "复核人|复核人员|核查人",
}
MOST_NAMED = 12  # rows in one message


_KEYS = {folded(key): key for key in COLUMNS} | {
    folded(w): key for key, words in HEADERS.items() for w in words.split("|")
}


@dataclass(frozen=True, eq=False, repr=False)
class Review:
    """Results and remarks of reviewers. Read by :func:`read_review`, brought up to date by :func:`merge_review`.

    Attributes
    ----------
    frame : DataFrame
        One row per row of a sheet, all as text, blank where nothing is said: ``sheet``, ``key``, ``test``, ``finding_id``, ``case_id``,
        ``result``, ``result_2``, ``decided`` (confirmed, not_confirmed, not_found), ``amount_found``, ``note``, ``reviewer`` and the other
        columns of the file. ``file_row`` is the row of the file, 1 is the first below the names; 0: it came from a workbook.
    path : str
    sha256 : str
    notes : tuple of str
        What was left out, and what a merge changed.
    """

    frame: pd.DataFrame
    path: str
    sha256: str
    notes: tuple[str, ...] = ()

    @property
    def sample(self) -> pd.DataFrame:
        """The rows about the sample."""
        return self.frame[self.frame["sheet"] == SAMPLE]

    @property
    def filled(self) -> dict[tuple[str, str], dict[str, str]]:
        """Sheet and key to what was written, by column; what a workbook shows again."""
        columns = [
            name
            for name in self.frame.columns
            if name not in ("sheet", "key", "test", "finding_id", "case_id", FILE_ROW)
        ]
        rows = self.frame.to_dict("records")
        return {(row["sheet"], row["key"]): {str(x): row[x] for x in columns if row[x]} for row in rows}

    @property
    def counts(self) -> dict[str, int]:
        """Rows of the sample by their (first) result; ``blank``: not reviewed."""
        found = self.sample["result"].replace("", "blank").value_counts()
        return {name: int(found.get(name, 0)) for name in (*RESULTS, "blank")}

    def to_csv(self, path: str | Path | None = None) -> str:
        """Write the review, and give its text; read and written again it is the same bytes.

        UTF-8 with a mark at its beginning; commas; lines end in one newline; texts that begin like a formula are guarded.
        """
        names = [name for name in self.frame.columns if name != FILE_ROW]
        rows = self.frame[names].itertuples(index=False, name=None)
        text = line_of(names) + "".join(line_of(map(guarded, row)) for row in rows)
        if path is not None:
            Path(path).write_bytes(b"\xef\xbb\xbf" + text.encode("utf-8"))
        return text

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        said = ", ".join(f"{name} {n:,}" for name, n in self.counts.items())
        return f"<Review {self.path}: {said}>" + "".join(f"\n- {note}" for note in self.notes)


def key_of(test: str, finding_id: str, case_id: str) -> str:
    """What names a row of the sample: the test, the finding where it is of one, and the case.

    Examples
    --------
    >>> key_of("occurrence", "", "A/17"), key_of("class", "F-1", "A/17")
    ('occurrence/A/17', 'class/F-1/A/17')
    """
    return "/".join(part for part in (test, finding_id, case_id) if part)


def parts_of(key: str) -> tuple[str, str, str]:
    """Test, finding and case that a key names; three blanks for one that names none.

    Examples
    --------
    >>> parts_of("occurrence/A/17"), parts_of("class/F-1/A/17"), parts_of("F-1")
    (('occurrence', '', 'A/17'), ('class', 'F-1', 'A/17'), ('', '', ''))
    """
    test, _, rest = key.partition("/")
    if test not in TESTS or not rest:
        return "", "", ""
    if test not in (CLASS, DISCOVERY):
        return test, "", rest
    finding, _, case = rest.partition("/")
    return (test, finding, case) if case else ("", "", "")


def read_review(
    source: Any, *, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> Review:
    """Read what reviewers found.

    Parameters
    ----------
    source : str, Path or data frame
        A CSV or Excel file, or a frame: a copy of ``sample.csv`` with the results filled in, or a file with the columns
        ``test``, ``finding_id`` and ``case_id`` (or ``key``) and ``result``; and, where there are any, ``result_2``,
        ``decided``, ``amount_found``, ``note``, ``reviewer``. Chinese names are read too (测试类型, 发现编号, 案例, 核查结果, ...). The
        columns may stand in any order, and others are kept. Results: yes, confirmed, 是, 确认; no, not confirmed, 否, 不确认; not
        found, 未找到 (there is no source to compare with); blank: not reviewed.
    encoding, delimiter, sheet : str, optional
        As in :func:`mining.read_roster`.

    Returns
    -------
    Review

    Raises
    ------
    LogError
        If a column is missing or there twice, a word means no result, a test is unknown, an amount cannot be read, or two rows are about
        the same case. The message names the rows. Cases that the sample does not have are refused by :func:`mining.sampling.evaluate`.

    Examples
    --------
    >>> read_review(pd.DataFrame({"test": ["occurrence"], "case_id": ["A-17"], "result": ["Yes"]})).counts
    {'confirmed': 1, 'not_confirmed': 0, 'not_found': 0, 'blank': 0}
    """
    table = read_side_table(source, encoding=encoding, delimiter=delimiter, sheet=sheet)
    cells = pd.DataFrame({name: _texts(table, name) for name in table.table.column_names}, dtype=object)
    return _review(cells, table.path, table.sha256)


def _texts(source: SourceTable, name: str) -> np.ndarray:
    found = coded(values_of(source, name), name)
    return np.array([*(unguarded(word.strip()) for word in found.words.to_pylist()), ""], object)[found.codes]


def _review(cells: pd.DataFrame, path: str, sha256: str) -> Review:
    names = _named(path, list(cells.columns))
    blank = np.zeros(len(cells), str)
    frame = pd.DataFrame({key: cells[names[key]] if key in names else blank for key in COLUMNS}, dtype=object)
    others = [name for name in cells.columns if name not in names.values() and name != FILE_ROW]
    frame = pd.concat([frame, cells[others]], axis=1).assign(**{FILE_ROW: np.arange(1, len(cells) + 1)})
    there = (frame[[*COLUMNS, *others]] != "").any(axis=1)
    frame = frame[there].reset_index(drop=True)
    notes = (f"rows without a word, left out: {int((~there).sum()):,}",) if not there.all() else ()
    frame = _typed(frame, path)
    return Review(frame, path, sha256, notes)


def _named(path: str, headers: list[str]) -> dict[str, str]:
    """Key to the column of the file that means it."""
    found: dict[str, str] = {}
    for name in headers:
        key = _KEYS.get(folded(str(name)))
        if name == REMARK and any(_KEYS.get(folded(str(x))) == "note" for x in headers if x != REMARK):
            continue  # of the sheet of findings, which has its remarks in the same file
        if key in found:
            raise LogError(f"{path}: the columns {found[key]!r} and {name!r} both mean {key}. Keep one of them.")
        if key is not None:
            found[key] = name
    missing = [] if "key" in found else [key for key in ("test", "case_id") if key not in found]
    if missing:
        there = ", ".join(map(repr, headers))
        raise LogError(
            f"{path}: no column {' and no column '.join(missing)}. The columns are {there}. A review has the columns test, finding_id, "
            "case_id and result, as sample.csv has them."
        )
    return found


def _typed(frame: pd.DataFrame, path: str) -> pd.DataFrame:
    """Words as codes, keys as they should be; all rows that cannot be used are refused in one message."""
    wrong: list[str] = []
    tests = {say(f"sampling.test_{test}", lang).casefold(): test for test in TESTS for lang in LANGUAGES}
    sheets = {"": SAMPLE} | {say("sheet.sample", lang).casefold(): SAMPLE for lang in LANGUAGES}
    rows = frame.to_dict("records")
    places: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        where = f"row {row[FILE_ROW]:,}"
        row["sheet"] = sheets.get(row["sheet"].casefold(), row["sheet"])
        row |= _judged(row, where, wrong)
        if row["sheet"] == SAMPLE:
            row["test"] = tests.get(row["test"].casefold(), row["test"].casefold())
            row |= _placed(row, where, wrong)
        elif not row["key"]:
            wrong.append(f"{where} of the sheet {row['sheet']!r} has no key")
        places.setdefault((row["sheet"], row["key"]), []).append(row[FILE_ROW])
    for (sheet, key), numbers in places.items():
        if len(numbers) > 1 and key:
            shown = " and ".join(f"{number:,}" for number in numbers)
            wrong.append(
                f"rows {shown} are both about {key}{'' if sheet == SAMPLE else f' ({sheet})'}; keep one of them"
            )
    refuse(path, wrong)
    return pd.DataFrame(rows, columns=list(frame.columns), dtype=object)


def refuse(path: str, wrong: list[str], advice: str = "") -> None:
    """Raise what is wrong with the rows of a file, if anything is, and what to do about it on the whole."""
    if wrong:
        more = f"\n- and {len(wrong) - MOST_NAMED:,} more" if len(wrong) > MOST_NAMED else ""
        listed = "".join(f"\n- {each}" for each in wrong[:MOST_NAMED])
        raise LogError(
            f"{path}: the review cannot be used. Rows are counted from 1 below the names of the columns.{listed}{more}"
            + (f"\n{advice}" if advice else "")
        )


def _judged(row: Mapping[Any, Any], where: str, wrong: list[str]) -> dict[str, str]:
    """The results of a row as codes, and its amount; what cannot be read is added to what is wrong."""
    found = {}
    for column in JUDGED:
        try:
            found[column] = result_in(row[column])
        except LogError as error:
            wrong.append(f"{where}, {column}: {error}")
    try:
        amount_in(row["amount_found"])
    except LogError as error:
        wrong.append(f"{where}, amount_found: {error}")
    return found


def _placed(row: Mapping[Any, Any], where: str, wrong: list[str]) -> dict[str, str]:
    """Key, test, finding and case of a row of the sample: of its key, or of the columns that make one."""
    named, by_key = (row["test"], row["finding_id"], row["case_id"]), parts_of(row["key"])
    if by_key[0]:
        if row["test"] in TESTS and key_of(*named) != row["key"]:
            wrong.append(
                f"{where}: the key {row['key']!r} is not that of its test, finding and case ({key_of(*named)!r}); correct one of them"
            )
        named = by_key
    elif row["key"]:
        wrong.append(
            f"{where}: the key {row['key']!r} names no row of a sample; keys are written as class/F-1234abcd/CASE"
        )
    elif row["test"] not in TESTS:
        wrong.append(f"{where}: unknown test {row['test']!r}.{hint(row['test'], TESTS)}")
    elif not row["case_id"]:
        wrong.append(f"{where} names no case_id")
    return dict(zip(("test", "finding_id", "case_id"), named, strict=True)) | {"key": key_of(*named)}


def merge_review(old: Review | None, cells: pd.DataFrame | Iterable[Mapping[str, Any]]) -> Review:
    """Take over what reviewers wrote into a workbook.

    Parameters
    ----------
    old : Review or None
        As it was; None: there is none yet.
    cells : DataFrame
        One row per cell that is not blank: ``sheet``, ``key``, ``column``, ``value``, as
        :func:`mining.report.reviewed.read_reviewed` gives them.

    Returns
    -------
    Review
        The cells of the workbook stand in place of the old ones, blank cells change nothing, and no row is lost. The notes count what was
        added and changed.

    Raises
    ------
    LogError
        If a word means no result, or a key names no row of a sample.

    Examples
    --------
    >>> cell = {"sheet": "sample", "key": "class/F-1/A-17", "column": "result", "value": "confirmed"}
    >>> merge_review(None, pd.DataFrame([cell])).frame[["test", "finding_id", "case_id", "result"]].values.tolist()
    [['class', 'F-1', 'A-17', 'confirmed']]
    """
    frame = pd.DataFrame(columns=[*COLUMNS, FILE_ROW], dtype=object) if old is None else old.frame
    rows = {(row["sheet"], row["key"]): row for row in frame.to_dict("records")}
    names = dict.fromkeys(name for name in frame.columns if name != FILE_ROW)
    added, changed = 0, 0
    for cell in pd.DataFrame(cells).to_dict("records"):
        place, column, value = (str(cell["sheet"]), str(cell["key"])), str(cell["column"]), str(cell["value"])
        if column in JUDGED:
            value = result_in(value)
        row = rows.get(place)
        if row is None:
            row = rows[place] = dict.fromkeys(names, "") | {"sheet": place[0], "key": place[1], FILE_ROW: 0}
        names.setdefault(column)
        before = row.get(column, "")
        added, changed = added + (before == ""), changed + (before not in ("", value))
        row[column] = value
    order = [*names, FILE_ROW]
    made = pd.DataFrame(
        [{name: row.get(name, "") for name in order} for row in rows.values()], columns=order, dtype=object
    )
    path = "the workbook" if old is None else old.path
    found = Review(_typed(made, path), path, "", () if old is None else old.notes)
    said = [f"cells of the workbook that were added: {added:,}"] if added else []
    said += [f"cells of the workbook that stand in place of others: {changed:,}"] if changed else []
    return replace(found, sha256=hashlib.sha256(found.to_csv().encode()).hexdigest(), notes=(*found.notes, *said))
