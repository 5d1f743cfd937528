"""The plan as a table that people edit: read with every mistake refused, written with every word kept."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from mining.display.definitions import word_of
from mining.display.kinds import OWN_UNIT
from mining.errors import LogError, hint
from mining.log.side_table import read_side_table, values_of
from mining.log.table import SourceTable
from mining.plan.cells import count_in, day_in, days_in, line_of, number_in
from mining.results import Provenance, Result
from mining.texts import say

NEEDED = ("action_id", "finding_id", "goal", "metric", "baseline", "target", "owner", "start", "due")
WRITTEN = (
    "check_dates",
    "status",
    "baseline_n",
    "proposed",
    "rule",
    "goal_zh",
    "rule_zh",
    "mark",
    "drafted",
)  # may be left out
COLUMNS = (*NEEDED, *WRITTEN)
STATUSES = ("open", "in_progress", "done", "cancelled")
GONE = "gone"
NUMBERS, DATES = ("baseline", "target", "proposed"), ("start", "due")
HEADERS = {  # other names of a column, in small letters without blanks, hyphens and underscores
    "action_id": "action|id|措施编号|整改措施编号|编号",
    "finding_id": "finding|发现编号|审计发现编号|问题编号",
    "goal": "objective|目标|改进目标|整改目标",
    "metric": "measure|指标|衡量指标",
    "baseline": "基线|基线值|基准值|现状值",
    "target": "targetvalue|目标值",
    "owner": "responsible|责任人|整改责任人|负责人",
    "start": "startdate|开始|开始日期|启动日期",
    "due": "duedate|deadline|时限|整改时限|截止日期|完成期限",
    "check_dates": "checks|checkdate|检查日期|验证日期|复查日期",
    "status": "state|状态|整改状态",
    "baseline_n": "基线案例数",
    "proposed": "建议目标值",
    "rule": "目标依据",
    "goal_zh": "目标中文",
    "rule_zh": "目标依据中文",
    "mark": "标记",
    "drafted": "起草校验",
}
STATUS_WORDS = {
    "open": "open|planned|todo|not_started|未开始|待办|计划中|待整改",
    "in_progress": "in_progress|started|doing|ongoing|进行中|整改中",
    "done": "done|closed|complete|completed|finished|已完成|完成|已整改",
    "cancelled": "cancelled|canceled|dropped|已取消|取消",
}
_MEANT = {"status": {word: key for key, words in STATUS_WORDS.items() for word in words.split("|")}}


def _folded(name: str) -> str:
    return re.sub(r"[\s\-_（）()]+", "", name.strip().casefold())


_KEYS = {_folded(key): key for key in COLUMNS} | {w: key for key, words in HEADERS.items() for w in words.split("|")}


@dataclass(frozen=True, eq=False, repr=False)
class Actions(Result):
    """The improvement plan, one row per action. Read by :func:`read_actions`, drafted by :func:`mining.plan.draft_actions`.

    Attributes
    ----------
    cells : DataFrame
        The text of every cell under the names of the file, in its order, with the columns that people added: what :meth:`to_csv` writes.
    names : dict of str to str
        Column of ``frame`` to the name in the file.
    sha256 : str
        Hash of the file; of a frame or draft, of its text.
    notes : tuple of str
        What was left out.
    """

    cells: pd.DataFrame
    names: dict[str, str]
    sha256: str
    notes: tuple[str, ...] = ()

    columns: ClassVar[dict[str, str]] = {
        "action_id": "action",
        "finding_id": "finding it is for",
        "goal": "what is to be reached",
        "metric": "what it is measured by: share:FINDING, share:CHECK or outcome:NAME",
        "baseline": "the metric before, in its unit (a share between 0 and 1)",
        "target": "what it is to come to",
        "owner": "who answers for it; a person decides this",
        "start": "first day",
        "due": "last day",
        "check_dates": "days on which the metric is looked at again",
        "status": "one of " + ", ".join(STATUSES),
        "baseline_n": "cases that the baseline is of",
        "proposed": "the target that the draft proposed",
        "rule": "how the proposal was made",
        "goal_zh": "the goal in Chinese",
        "rule_zh": "the rule in Chinese",
        "mark": "gone: the finding is not in the log any more",
        "drafted": "marks of what the draft wrote, cell by cell: a cell that fits its mark nobody has changed, and a new draft may",
        "row": "row of the file, 1 is the first below the names",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *(
            "action_id",
            "finding_id",
            "goal",
            "metric",
            "baseline",
            "baseline_n",
            "target",
            "owner",
            "start",
            "due",
            "check_dates",
            "status",
        ),
    )

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the unit of each metric, as far as its name says it, for the notebook."""
        units = [_unit_of(metric) for metric in self.frame["metric"]]
        return self.frame.assign(**{OWN_UNIT: units, "metric": [_said(x, lang) for x in self.frame["metric"]]})

    def to_csv(self, path: str | Path | None = None) -> str:
        """Write the plan, every cell as it was read, and give the text; read and written again it is the same bytes.

        UTF-8 with a mark at its beginning, so that spreadsheets show Chinese; commas; lines end in one newline.
        """
        rows = self.cells.itertuples(index=False, name=None)
        text = line_of(self.cells.columns) + "".join(line_of(row) for row in rows)
        if path is not None:
            Path(path).write_bytes(b"\xef\xbb\xbf" + text.encode("utf-8"))
        return text

    def goals(self, lang: str = "en") -> list[str]:
        """The goal of each row, in Chinese where there is one and it is asked for."""
        said = self.frame["goal"].tolist()
        return [z or g for z, g in zip(self.frame["goal_zh"], said, strict=True)] if lang == "zh" else said

    def sentence(self, lang: str = "en") -> str:
        """How many actions there are, and how many have an owner, dates and a target."""
        frame = self.frame
        dated = frame["start"].notna() & frame["due"].notna()
        return say(
            "plan.told", lang, n=len(frame), findings=frame["finding_id"].nunique(), owned=int((frame["owner"] != "").sum()),
            dated=int(dated.sum()), targets=int(frame["target"].notna().sum()),
        )  # fmt: skip

    def plot(self, *, as_of: date | str | None = None, ax: Any = None, lang: str = "en") -> Any:
        """The actions over time (Gantt chart), with due and check dates; those overdue on the day ``as_of`` in red."""
        from mining.plots.plan import gantt

        return gantt(self, as_of=None if as_of is None else day_of(as_of), lang=lang, ax=ax)


def _said(metric: Any, lang: str) -> Any:
    """A metric in words; what is none stays as it was written."""
    kind, sign, of = str(metric).partition(":")
    return (
        say(f"plan.metric.{kind}", lang, of=word_of("outcome", of, lang))
        if sign and kind in ("share", "outcome")
        else metric
    )


def _unit_of(metric: str) -> str:
    kind, _, of = str(metric).partition(":")
    return "share" if kind == "share" else "s" if of in ("time", "waiting") else "other"


def day_of(value: date | str) -> date:
    """A day, given as one or written 2026-03-31.

    Raises
    ------
    LogError
        If it is none.
    """
    found = day_in("day", value)
    if found is None:
        raise LogError("day: there is none. Write it as 2026-03-31.")
    return found


def read_actions(
    source: Any, *, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> Actions:
    """Read a plan of actions.

    Parameters
    ----------
    source : str, Path or data frame
        A CSV or Excel file, or a frame, with the columns ``action_id``, ``finding_id``, ``goal``, ``metric``, ``baseline``, ``target``,
        ``owner``, ``start`` and ``due``; and, where there are any, ``check_dates`` (several days with semicolons between), ``status``,
        and those that a draft has. Chinese names are read too (措施编号, 发现编号, 目标, 指标, 基线, 目标值, 责任人, 开始日期, 时限,
        检查日期, 状态). Days are written 2026-03-31 (2026/3/31 and 2026年3月31日 are read too), numbers with a point, also in per cent.
        Other columns are kept as they are.
    encoding, delimiter, sheet : str, optional
        As in :func:`mining.read_roster`.

    Returns
    -------
    Actions
        A blank cell is no mistake here but something to settle: see :func:`mining.plan.lint_actions`.

    Raises
    ------
    LogError
        If a column is missing or there twice, an action has no id or one that another has, a number or date cannot be read, a status is
        unknown, or an action is due before it starts, or checked before that.

    Examples
    --------
    >>> import pandas as pd
    >>> row = dict.fromkeys(NEEDED, "") | {"action_id": "A1", "start": "2026-05-01", "due": "2026-04-01"}
    >>> read_actions(pd.DataFrame([row]))
    Traceback (most recent call last):
        ...
    mining.errors.LogError: <frame>: row 1 (A1): due 2026-04-01 lies before start 2026-05-01.
    """
    table = read_side_table(source, encoding=encoding, delimiter=delimiter, sheet=sheet)
    cells = pd.DataFrame({name: _texts(table, name) for name in table.table.column_names}, dtype=object)
    return actions_of(cells, table.path, table.sha256)


def actions_of(cells: pd.DataFrame, path: str, sha256: str | None = None) -> Actions:
    """A plan from the text of its cells, under the names of the file."""
    names = _named(path, list(cells.columns))
    filled = [any(x.strip() for x in row) for row in cells.itertuples(index=False, name=None)]
    rows = [i + 1 for i, some in enumerate(filled) if some]
    blank = len(cells) - len(rows)
    cells = cells.iloc[[row - 1 for row in rows]].reset_index(drop=True)
    texts = {key: [x.strip() for x in cells[names[key]]] if key in names else [""] * len(cells) for key in COLUMNS}
    frame = _typed(path, texts, rows)
    notes = (f"rows without a word, left out: {blank:,}",) if blank else ()
    if sha256 is None:
        sha256 = hashlib.sha256("\x1f".join([*cells.columns, *cells.to_numpy().ravel()]).encode()).hexdigest()
    source = Provenance("actions", "", "", 0, {"file": Path(path).name, "sha256": sha256[:12], "actions": len(frame)})
    return Actions(frame, source, cells, names, sha256, notes)


def _named(path: str, headers: list[str]) -> dict[str, str]:
    """Key to the column of the file that means it."""
    found: dict[str, str] = {}
    for name in headers:
        key = _KEYS.get(_folded(str(name)))
        if key in found:
            raise LogError(f"{path}: the columns {found[key]!r} and {name!r} both mean {key}. Keep one of them.")
        if key is not None:
            found[key] = name
    if missing := [key for key in NEEDED if key not in found]:
        there = ", ".join(map(repr, headers))
        raise LogError(
            f"{path}: no column {' and no column '.join(missing)}. The columns are {there}. A plan has the columns "
            f"{', '.join(NEEDED)}; cells may be blank."
        )
    return found


def _typed(path: str, texts: dict[str, list[str]], rows: list[int]) -> pd.DataFrame:
    """The typed columns; the first mistake is refused with its row."""
    ids: dict[str, int] = {}
    for row, id in zip(rows, texts["action_id"], strict=True):
        if not id:
            raise LogError(f"{path}: row {row:,} has no action_id. Every action has an id of its own.")
        if id in ids:
            raise LogError(f"{path}: rows {ids[id]:,} and {row:,} have the same action_id {id!r}. Give each its own.")
        ids[id] = row

    def column(key: str, read: Callable[[str, Any], Any]) -> list[Any]:
        found = []
        for row, id, value in zip(rows, texts["action_id"], texts[key], strict=True):
            try:
                found.append(read(key, value))
            except LogError as error:
                raise LogError(f"{path}: row {row:,} ({id}), {error}") from None
        return found

    typed: dict[str, Any] = {key: texts[key] for key in COLUMNS}
    for key in NUMBERS:
        typed[key] = pd.array([math.nan if x is None else x for x in column(key, number_in)], dtype="float64")
    typed["baseline_n"] = pd.array(
        [None if x is None else int(x) for x in column("baseline_n", count_in)], dtype="Int64"
    )
    for key in DATES:
        typed[key] = column(key, day_in)
    typed["check_dates"] = column("check_dates", days_in)
    typed["status"] = column("status", _status)
    frame = pd.DataFrame(
        {key: pd.Series(typed[key], dtype=None if key in (*NUMBERS, "baseline_n") else object) for key in COLUMNS}
    )
    frame["row"] = rows
    for row in frame.itertuples():
        _in_order(f"{path}: row {row.row:,} ({row.action_id})", row.start, row.due, row.check_dates)
    return frame


def _in_order(where: str, start: date | None, due: date | None, checks: tuple[date, ...]) -> None:
    if start and due and due < start:
        raise LogError(f"{where}: due {due} lies before start {start}.")
    if start and checks and checks[0] < start:
        raise LogError(f"{where}: the check date {checks[0]} lies before start {start}.")


def _texts(source: SourceTable, name: str) -> list[str]:
    """The cells of a column as text: days as 2026-03-31, whole numbers without a point, blank for none."""
    return [_text(value) for value in values_of(source, name).to_pylist()]


def _text(value: Any) -> str:
    if value is None or value is pd.NaT or value != value:
        return ""
    if isinstance(value, datetime) and (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)


def _status(key: str, text: str) -> str:
    if not text:
        return "open"
    word = re.sub(r"[\s\-]+", "_", text.casefold())
    known = _MEANT["status"]
    if word not in known:
        raise LogError(f"{key}: unknown status {text!r}.{hint(word, STATUSES)}")
    return known[word]
