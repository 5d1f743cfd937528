"""What the cells of one step say of it: its marks in the picture, and the limits that are promised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mining.blueprint.draft import NOT_KNOWN, Todo
from mining.blueprint.naming import text_of
from mining.blueprint.sheet import Sheet, refusal
from mining.blueprint.spoken import (
    KEY,
    NOT_ALWAYS_TIME,
    SEVERITIES,
    TRUTH,
    folded,
    length,
    parts_of,
    share_of,
    yes_or_no,
)
from mining.errors import MiningError

CALENDAR = "office"
SEVERAL = ";；|,，、"


@dataclass
class Step:
    """A step with what its rows say of it, and the id that it gets. ``others``: row, heading and cell of what has no column."""

    name: str
    rows: list[int]
    cells: dict[str, str]
    id: str = ""
    labels: list[str] = field(default_factory=list)
    others: list[tuple[int, str, str]] = field(default_factory=list)

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    @property
    def row(self) -> int:
        """Its first row."""
        return self.rows[0]


def rows_said(numbers: Sequence[int]) -> str:
    """Numbers of rows in words, as in ``rows 2, 4``."""
    listed = ", ".join(map(str, numbers[:12])) + (f" and {len(numbers) - 12} more" if len(numbers) > 12 else "")
    return f"row {listed}" if len(numbers) == 1 else f"rows {listed}"


def _guess(place: str, what: str) -> Todo:
    return Todo(place, what, guessed=True)


def _said(s: Step, column: str) -> bool:
    """Whether a cell says anything but no."""
    return yes_or_no(s[column]) is not False


# --- marks -------------------------------------------------------------------------------------------------------------


def marks(s: Step, todo: list[Todo]) -> dict[str, Any]:
    """Touchpoint, wait point and fail point of a step as the format writes them; guesses are added to ``todo``."""
    raw: dict[str, Any] = {}
    at = f"activities.{s.id}"
    if any(_said(s, c) for c in ("touchpoint", "key", "moment_of_truth", "importance", "channel", "evidence")):
        raw["touchpoint"] = _touchpoint(f"{at}.touchpoint", s, todo)
    if _said(s, "wait"):
        raw["wait_point"] = True
    if _said(s, "fail") or _said(s, "control"):
        raw["fail_point"] = _fail_point(f"{at}.fail_point", s, todo)
    return raw


def _fail_point(at: str, s: Step, todo: list[Todo]) -> dict[str, Any]:
    named, found = _said(s, "fail") and not yes_or_no(s["fail"]), yes_or_no(s["control"]) is None
    missing = ([] if named else ["what fails"]) + ([] if found else ["which control finds it"])
    if missing:
        todo.append(Todo(at, f"row {s.row}: {', and '.join(missing)}"))
    raw: dict[str, Any] = {"failure": text_of(s["fail"]) if named else {"en": NOT_KNOWN}}
    return raw | ({"control": s["control"]} if found else {})


def _touchpoint(at: str, s: Step, todo: list[Todo]) -> dict[str, Any]:
    plain = folded(s["touchpoint"])
    if plain and not _said(s, "touchpoint"):
        more = next(c for c in ("key", "moment_of_truth", "importance", "channel", "evidence") if _said(s, c))
        todo.append(_guess(at, f"row {s.row}: said to be no touchpoint, but {more} is {s[more]!r}: taken as one"))
    truth = plain in TRUTH or _flag(at, s, "moment_of_truth", todo)
    key = _flag(at, s, "key", todo) if s["key"] else plain in KEY or plain in TRUTH or truth
    channels = [] if plain in TRUTH | KEY or yes_or_no(s["touchpoint"]) is not None else parts_of(s["touchpoint"])
    if channels:
        said = f"row {s.row}: {s['touchpoint']!r} taken as its channel"
        todo.append(_guess(at, said + ("" if key else ", and the touchpoint as not key")))
    elif not s["key"] and not key:
        todo.append(_guess(at, f"row {s.row}: whether it is a key touchpoint is not said: taken as not"))
    elif not s["key"] and truth and plain not in TRUTH | KEY:
        todo.append(_guess(at, f"row {s.row}: a moment of truth, so taken as a key touchpoint"))
    raw: dict[str, Any] = {"key": key} | ({"moment_of_truth": True} if truth else {})
    channels += [x for x in _several(at, s, "channel", todo) if x not in channels]
    raw |= {"channels": channels} if channels else {}
    raw |= {"evidence": evidence} if (evidence := _several(at, s, "evidence", todo)) else {}
    return raw | _importance(at, s, todo)


def _flag(at: str, s: Step, column: str, todo: list[Todo]) -> bool:
    answer = yes_or_no(s[column])
    if answer is None and folded(s[column]) not in TRUTH | KEY:
        todo.append(_guess(at, f"row {s.row}: {column} {s[column]!r} read as yes"))
    return answer is not False


def _several(at: str, s: Step, column: str, todo: list[Todo]) -> list[str]:
    if not _said(s, column):
        return []
    if yes_or_no(s[column]):
        todo.append(Todo(at, f"row {s.row}: which {column}: the table says only {s[column]!r}"))
        return []
    found = parts_of(s[column], SEVERAL)
    if len(found) > len(parts_of(s[column])):
        todo.append(_guess(at, f"row {s.row}: {column} {s[column]!r} read as {len(found)}, parted at the commas"))
    return found


def _importance(at: str, s: Step, todo: list[Todo]) -> dict[str, Any]:
    plain = folded(s["importance"])
    if plain in {"1", "2", "3", "4", "5"}:
        return {"importance": int(plain)}
    if _said(s, "importance"):
        what = f"row {s.row}: importance {s['importance']!r} as a number from 1 (low) to 5 (high)"
        todo.append(Todo(at, what))
    return {}


# --- standards ---------------------------------------------------------------------------------------------------------


def standards(steps: list[Step], order: list[Step], read: Sheet, todo: list[Todo]) -> Iterator[dict[str, Any]]:
    """One standard for every limit, in the order of the steps; guesses are added to ``todo``.

    Raises
    ------
    BlueprintError
        If a limit cannot be read as a length of time.
    """
    problems: list[str] = []
    lenient = folded(read.heads.get("max_time", "")) in NOT_ALWAYS_TIME
    k = 0
    for s in steps:
        limits = [("max_time", s["max_time"])] if _said(s, "max_time") else []
        if yes_or_no(s["wait"]) is None and any(c.isdigit() for c in folded(s["wait"])):
            limits.append(("wait", s["wait"]))
        elif yes_or_no(s["wait"]) is None:
            todo.append(_guess(f"activities.{s.id}.wait_point", f"row {s.row}: wait {s['wait']!r} read as yes, a wait"))
        made = 0
        for column, text in limits:
            try:
                written, guessed = length(text)
            except MiningError as error:
                if lenient and column == "max_time":
                    what = (
                        f"row {s.row}: the standard {text!r} of {s.name!r} is no length of time. Write what measures it"
                    )
                    todo.append(Todo("standards", what))
                else:
                    problems.append(f"{read.name}: row {s.row}: {column}: {error}")
                continue
            k, made = k + 1, made + 1
            at = f"standards.S{k}"
            if guessed:
                what = f"row {s.row}: {text!r} taken as days of the calendar; working days are bd"
                todo.append(_guess(f"{at}.max", what))
            yield _standard(at, s, column, written, order, todo)
        if not made:
            todo += _left_over(s)
    if problems:
        raise refusal(problems)


def _left_over(s: Step) -> Iterator[Todo]:
    """What belongs to a standard, in a row that has none."""
    for column in ("basis", "share", "severity"):
        if s[column]:
            what = f"row {s.row}: the {column} {s[column]!r} stands in no key, since the row has no limit. Write the rule or standard"
            yield Todo("rules", what)


def _standard(at: str, s: Step, column: str, limit: str, order: list[Step], todo: list[Todo]) -> dict[str, Any]:
    raw: dict[str, Any] = {"id": at.removeprefix("standards."), "dimension": "time"}
    if column == "wait":
        raw |= {"metric": "waiting", "of": s.id}
    else:
        before = next((x for x in reversed(order[: order.index(s)]) if x.labels), None)
        start = before.id if before else "case_start"
        raw |= {"metric": "elapsed", "from": start, "to": s.id}
        since = f"the completion of {before.name!r}, the step before" if before else "the start of the case"
        todo.append(_guess(at, f"row {s.row}: the time is taken to run from {since}, to the completion of {s.name!r}"))
    raw["max"] = limit
    share, severity = share_of(s["share"]), SEVERITIES.get(folded(s["severity"]))
    if share is not None:
        raw["share"] = share
    if limit.endswith(("bd", "bh")):
        raw["calendar"] = CALENDAR
    raw |= {"severity": severity or "major", "basis": s["basis"] or NOT_KNOWN}
    missing = [] if share is not None else ["which share of the cases must keep it" + _as_written(s, "share")]
    missing += [] if s["basis"] else ["the basis: the text that promises it"]
    missing += [] if severity else [f"the severity{_as_written(s, 'severity')}: major is a guess"]
    if missing:
        todo.append(_guess(at, f"row {s.row}: {', and '.join(missing)}"))
    if not s.labels:
        todo.append(Todo(at, f"row {s.row}: {s.name!r} leaves no trace in the log, so the limit cannot be measured"))
    return raw


def _as_written(s: Step, column: str) -> str:
    return f" (the table says {s[column]!r})" if s[column] else ""
