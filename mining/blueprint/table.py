"""A draft blueprint from a table with one row a step, the shape in which services are often planned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mining.blueprint.draft import NOT_KNOWN, Draft, Todo, head_of
from mining.blueprint.naming import ids_of, text_of
from mining.blueprint.sheet import Row, Sheet, read_sheet, refusal
from mining.blueprint.spoken import COLUMNS, KEY, KINDS, TRUTH, folded, lane_kind, length, yes_or_no
from mining.errors import MiningError

UNKNOWN_LANE, UNKNOWN_STAGE = "not assigned", "whole"
YEAR = ("2000-01-01", "2000-12-31")  # plainly not the real one: outside a calendar's coverage no check answers
CALENDAR = "office"


def _guess(place: str, what: str) -> Todo:
    return Todo(place, what, guessed=True)


@dataclass
class _Step:
    """A step with what its rows say of it, and the ids that it gets."""

    name: str
    rows: list[int]
    cells: dict[str, str]
    id: str = ""
    labels: list[str] = field(default_factory=list)

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    @property
    def row(self) -> int:
        """Its first row."""
        return self.rows[0]


def from_table(path: str | Path, *, sheet: str | None = None) -> Draft:
    """Make a draft blueprint from a table with one row a step.

    The columns are ``stage, lane, step, role, label, touchpoint, wait, fail, max_time, basis``, in any order, under these
    headings or others that mean the same in English or Chinese; only ``step`` is needed. Rows are read like this:

    - The flow is the sequence of the rows. A step that stands in several rows is one activity, done several times.
    - Several labels in one cell stand on lines of their own, or are parted by a semicolon or a bar.
    - ``touchpoint``: *yes*, *key*, *moment of truth*, or the channel. ``wait``: *yes*, or how long a wait may be.
      ``fail``: *yes*, or what fails.
    - ``max_time``, such as ``5bd``, ``2h`` or ``5个工作日``, becomes a standard: that long from the step before.
    - An empty stage is that of the row above. A step without a lane stands in a lane *not assigned*.

    Parameters
    ----------
    path : str or Path
        A CSV file (UTF-8, UTF-16, or GB18030 with Chinese headings; comma, semicolon or tab) or a workbook (.xlsx, .xlsm).
    sheet : str, optional
        Sheet of a workbook; needed if several have a column of steps.

    Returns
    -------
    Draft
        It loads; every guess, and everything that a table does not say, is one of its to-dos.

    Raises
    ------
    BlueprintError
        Names the row of up to twelve problems: an unknown heading, a row without a step, rows that say different things of one
        step, a label of two steps, a length of time that cannot be read, a formula without a value, a merged cell that leaves
        open what is meant.

    Examples
    --------
    >>> folder = getfixture("tmp_path")
    >>> table = folder / "desk.csv"
    >>> _ = table.write_text("lane,step,label,max_time\\nCitizen,Apply,Apply,\\nCounter,Check,Check,2bd\\n")
    >>> draft = from_table(table)
    >>> draft.raw["flow"], draft.raw["standards"][0]["max"]
    (['apply', 'check'], '2bd')
    >>> draft.blueprint().lane_of("apply").kind
    'customer'
    """
    file = Path(path)
    read = read_sheet(file, sheet)
    todo = [_guess("table", said) for said in read.said]
    steps, order = _steps(read, todo)
    _label(steps, read, todo)
    lanes, lane_ids = _lanes(steps, todo)
    stages, stage_ids = _stages(steps, todo)
    role_names = _values(steps, "role")
    role_ids = ids_of(role_names, "role")
    standards = list(_standards(steps, order, read, todo))
    activities = [
        _activity(
            s, {"lane": lane_ids[s["lane"]], "stage": stage_ids[s["stage"]], "role": role_ids.get(s["role"])}, todo
        )
        for s in steps
    ]
    raw = _head(file, todo)
    raw["scope"] = _scope(order, todo)
    if any(s.get("calendar") for s in standards):
        raw["calendars"] = _calendars(todo)
    raw |= {"lanes": lanes, "stages": stages}
    if role_names:
        raw["roles"] = {role_ids[name]: {"name": text_of(name)} for name in role_names}
        todo.append(Todo("roles", "who has each role: name the resources as the log writes them"))
    else:
        todo.append(Todo("roles", "the table names no roles: who may do what is not checked"))
    raw |= {"log": _log(todo), "activities": activities, "flow": _flow(order, todo)}
    if standards:
        raw["standards"] = standards
    return Draft(raw, tuple(todo))


# --- steps -------------------------------------------------------------------------------------------------------------


def _steps(read: Sheet, todo: list[Todo]) -> tuple[list[_Step], list[_Step]]:
    """The steps, each once, and the order in which the rows name them."""
    found: dict[str, _Step] = {}
    order: list[_Step] = []
    problems: list[str] = []
    stage, taken, spelt = "", [], []
    for row in read.rows:
        name = re.sub(r"\s+", " ", row["step"])
        if not name:
            given = next(f"{c} {row[c]!r}" for c in read.columns if row[c])
            problems.append(f"{read.name}: row {row.number}: {given}, but no step. Name the step, or delete the row.")
            continue
        cells = {c: row[c] for c in COLUMNS if row[c] and c != "step"}
        step = found.setdefault(folded(name), _Step(name, [], {}))
        if "stage" in read.columns and not cells.get("stage") and not step.rows and stage:
            cells["stage"] = stage
            taken.append(row.number)
        stage = cells.get("stage", stage)
        if step.name != name:
            spelt.append(f"row {row.number}: {name!r} taken for {step.name!r} of row {step.row}")
        problems += _differences(step, cells, row, read)
        step.rows.append(row.number)
        step.cells = cells | step.cells
        order.append(step)
    if problems:
        raise refusal(problems)
    if taken:
        todo.append(_guess("activities", f"no stage is given in {_rows(taken)}: taken from the row above"))
    todo += [_guess("activities", what) for what in spelt]
    for step in found.values():
        if len(step.rows) > 1:
            what = (
                f"{_rows(step.rows)} have the same step {step.name!r}: read as one activity done {len(step.rows)} times"
            )
            todo.append(_guess("flow", what))
    steps = list(found.values())
    ids = ids_of([s.name for s in steps], "step")
    for s in steps:
        s.id = ids[s.name]
    return steps, order


def _differences(step: _Step, cells: dict[str, str], row: Row, read: Sheet) -> Iterator[str]:
    for column, value in cells.items():
        before = step.cells.get(column, value)
        if folded(before) != folded(value):
            yield (
                f"{read.name}: row {row.number}: {column} of the step {step.name!r} is {value!r}, but {before!r} in row {step.row}. "
                "Rows of one step are one activity: clear the cell to keep the first, or give the step a name of its own."
            )


def _rows(numbers: Sequence[int]) -> str:
    listed = ", ".join(map(str, numbers[:12])) + (f" and {len(numbers) - 12} more" if len(numbers) > 12 else "")
    return f"row {listed}" if len(numbers) == 1 else f"rows {listed}"


def _values(steps: Iterable[_Step], column: str) -> list[str]:
    """Distinct values of a column in the order of the steps; steps without one are left out."""
    spelt = {folded(s[column]): s[column] for s in reversed(list(steps)) if s[column]}
    for s in steps:
        if s[column]:
            s.cells[column] = spelt[folded(s[column])]
    return list(dict.fromkeys(s[column] for s in steps if s[column]))


def _label(steps: list[_Step], read: Sheet, todo: list[Todo]) -> None:
    """Give every step its log labels; none where the log does not show it."""
    if not any(yes_or_no(s["label"]) is not False for s in steps):
        for s in steps:
            s.labels = [s.name]
        todo.append(_guess("activities", "the table names no log labels: the names of the steps are taken for them"))
        return
    owner: dict[str, _Step] = {}
    problems = []
    for s in steps:
        if yes_or_no(s["label"]) is False:
            guess = f"row {s.row}: no label, so {s.name!r} is taken to leave no trace in the log (observable: false)"
            todo.append(_guess(f"activities.{s.id}.observable", guess))
            continue
        s.labels = list(dict.fromkeys(x.strip() for x in re.split(r"[\n;；|]", s["label"]) if x.strip()))
        if len(s.labels) > 1:
            what = f"row {s.row}: read as {len(s.labels)} labels: {', '.join(map(repr, s.labels))}"
            todo.append(_guess(f"activities.{s.id}.labels", what))
        for label in s.labels:
            if owner.setdefault(label, s) is not s:
                first = owner[label]
                problems.append(
                    f"{read.name}: row {s.row}: the label {label!r} of {s.name!r} already means {first.name!r} (row {first.row}). "
                    "One label means one step: name another label, or give both rows the same step."
                )
    if problems:
        raise refusal(problems)


# --- lanes, stages, activities -----------------------------------------------------------------------------------------


def _lanes(steps: list[_Step], todo: list[Todo]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The lanes from top to bottom, and the id of every name; the empty name is the lane of steps without one."""
    names = _values(steps, "lane")
    ids = ids_of(dict.fromkeys([*names, UNKNOWN_LANE, "customer"]), "lane")
    kinds = {name: lane_kind(name) for name in names}
    for name, (kind, guessed) in kinds.items():
        if guessed:
            why = f"from the name {name!r}" if kind else f"the name {name!r} does not say it"
            todo.append(_guess(f"lanes.{ids[name]}.kind", f"{kind or 'backstage'}: {why}"))
    named = [{"id": ids[name], "kind": kind or "backstage", "name": text_of(name)} for name, (kind, _) in kinds.items()]
    found = list(named)
    without = [s.row for s in steps if not s["lane"]]
    if without and UNKNOWN_LANE not in names:
        found.append({"id": ids[UNKNOWN_LANE], "kind": "backstage", "name": {"en": "Not assigned", "zh": "未指定"}})
    if without:
        todo.append(_guess("lanes", f"{_rows(without)}: no lane is given. Move the steps to their lanes"))
    if not any(lane["kind"] == "customer" for lane in found):
        found.append({"id": ids["customer"], "kind": "customer", "name": {"en": "Customer", "zh": "客户"}})
        todo.append(
            _guess("lanes", "no lane of the customer is named: an empty one is added, for the line of interaction")
        )
    if len(found) == 1:
        found.append({"id": ids[UNKNOWN_LANE], "kind": "backstage", "name": {"en": "Provider", "zh": "服务方"}})
        todo.append(_guess("lanes", "only one lane is named: an empty one is added for the provider"))
    ordered = sorted(found, key=lambda lane: KINDS.index(lane["kind"]))
    if [lane for lane in ordered if lane in named] != named:
        todo.append(_guess("lanes", "put in the order of their kinds, from the customer down; the table has another"))
    return ordered, ids | {"": ids[UNKNOWN_LANE]}


def _stages(steps: list[_Step], todo: list[Todo]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The stages from left to right, and the id of every name; the empty name is that of steps without one."""
    names = _values(steps, "stage")
    ids = ids_of(dict.fromkeys([*names, UNKNOWN_STAGE]), "stage")
    found = [{"id": ids[name], "name": text_of(name)} for name in names]
    without = [s.row for s in steps if not s["stage"]]
    if not names:
        found = [{"id": ids[UNKNOWN_STAGE], "name": {"en": "Whole service", "zh": "全程"}}]
        todo.append(_guess("stages", "the table names no stages: one stands for the whole service"))
    elif without:
        if UNKNOWN_STAGE not in names:
            found.insert(0, {"id": ids[UNKNOWN_STAGE], "name": {"en": "Not assigned", "zh": "未指定"}})
        todo.append(_guess("stages", f"{_rows(without)}: no stage is given, and no row above has one"))
    return found, ids | {"": ids[UNKNOWN_STAGE]}


def _activity(s: _Step, given: dict[str, str | None], todo: list[Todo]) -> dict[str, Any]:
    raw: dict[str, Any] = {"id": s.id} | {key: value for key, value in given.items() if value is not None}
    raw |= {"labels": s.labels} if s.labels else {"observable": False}
    raw["name"] = text_of(s.name)
    at = f"activities.{s.id}"
    if yes_or_no(s["touchpoint"]) is not False:
        raw["touchpoint"] = _touchpoint(f"{at}.touchpoint", s, todo)
    if yes_or_no(s["wait"]) is not False:
        raw["wait_point"] = True
    if yes_or_no(s["fail"]) is not False:
        named = yes_or_no(s["fail"]) is None
        raw["fail_point"] = {"failure": text_of(s["fail"]) if named else {"en": NOT_KNOWN}}
        todo.append(
            Todo(f"{at}.fail_point", f"row {s.row}: {'' if named else 'what fails, and '}which control finds it")
        )
    return raw


def _touchpoint(at: str, s: _Step, todo: list[Todo]) -> dict[str, Any]:
    plain = folded(s["touchpoint"])
    if plain in TRUTH:
        return {"key": True, "moment_of_truth": True}
    if plain in KEY:
        return {"key": True}
    if yes_or_no(s["touchpoint"]):
        todo.append(_guess(at, f"row {s.row}: whether it is a key touchpoint is not said: taken as not"))
        return {"key": False}
    channels = list(dict.fromkeys(x.strip() for x in re.split(r"[\n;；|]", s["touchpoint"]) if x.strip()))
    what = f"row {s.row}: {s['touchpoint']!r} taken as its channel, and the touchpoint as not key"
    todo.append(_guess(at, what))
    return {"key": False, "channels": channels}


# --- standards ---------------------------------------------------------------------------------------------------------


def _standards(steps: list[_Step], order: list[_Step], read: Sheet, todo: list[Todo]) -> Iterator[dict[str, Any]]:
    """One standard for every limit; those of waits first come with their step."""
    problems: list[str] = []
    k = 0
    for s in steps:
        limits = [("max_time", s["max_time"])] if yes_or_no(s["max_time"]) is not False else []
        if yes_or_no(s["wait"]) is None and any(c.isdigit() for c in folded(s["wait"])):
            limits.append(("wait", s["wait"]))
        elif yes_or_no(s["wait"]) is None:
            todo.append(_guess(f"activities.{s.id}.wait_point", f"row {s.row}: wait {s['wait']!r} read as yes, a wait"))
        for column, text in limits:
            try:
                written, guessed = length(text)
            except MiningError as error:
                problems.append(f"{read.name}: row {s.row}: {column}: {error}")
                continue
            k += 1
            at = f"standards.S{k}"
            if guessed:
                todo.append(
                    _guess(f"{at}.max", f"row {s.row}: {text!r} taken as days of the calendar; working days are bd")
                )
            yield _standard(at, s, column, written, order, todo)
        if not limits and s["basis"]:
            what = f"row {s.row}: the basis {s['basis']!r} stands in no key, since the row has no limit. Write the rule or standard"
            todo.append(Todo("rules", what))
    if problems:
        raise refusal(problems)


def _standard(at: str, s: _Step, column: str, limit: str, order: list[_Step], todo: list[Todo]) -> dict[str, Any]:
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
    if limit.endswith(("bd", "bh")):
        raw["calendar"] = CALENDAR
    raw |= {"severity": "major", "basis": s["basis"] or NOT_KNOWN}
    missing = "which share of the cases must keep it" + (
        "" if s["basis"] else ", and the basis: the text that promises it"
    )
    todo.append(_guess(at, f"row {s.row}: {missing}; the severity major is a guess"))
    if not s.labels:
        todo.append(Todo(at, f"row {s.row}: {s.name!r} leaves no trace in the log, so the limit cannot be measured"))
    return raw


# --- what no table says ------------------------------------------------------------------------------------------------


def _head(file: Path, todo: list[Todo]) -> dict[str, Any]:
    name = file.stem
    todo += [
        _guess("name", f"taken from the name of the file, {name!r}"),
        _guess("service_type", "linear, because a table is a list of steps; or interactive, self_service, hybrid"),
        Todo("owner", "who is responsible for the service"),
        Todo("effective", "from which day on the blueprint is in force"),
    ]
    return head_of(name, YEAR[0])


def _scope(order: list[_Step], todo: list[Todo]) -> dict[str, Any]:
    seen = [s for s in order if s.labels]
    first, last = seen[0], seen[-1]
    todo += [
        _guess("scope.starts_with", f"{first.name!r}, the first step that the log shows"),
        _guess("scope.ends_with", f"{last.name!r}, the last step that the log shows: a case with it is complete"),
        Todo("scope.unit_of_analysis", "what one case is, such as one application"),
    ]
    return {"starts_with": [first.id], "ends_with": [last.id], "unit_of_analysis": NOT_KNOWN}


def _calendars(todo: list[Todo]) -> dict[str, Any]:
    what = (
        "the table has limits in business time, but no office hours: time zone, hours, closed days and coverage are placeholders. "
        "Outside the coverage no check answers"
    )
    todo.append(Todo(f"calendars.{CALENDAR}", what))
    return {CALENDAR: {"tz": "UTC", "week": {"mon-fri": ["09:00-17:00"]}, "coverage": list(YEAR), "source": NOT_KNOWN}}


def _log(todo: list[Todo]) -> dict[str, Any]:
    todo.append(Todo("log", "which column of the log is what; the names are placeholders"))
    return {"case": "case_id", "activity": "activity", "timestamp": "timestamp"}


def _flow(order: list[_Step], todo: list[Todo]) -> Any:
    what = (
        "a sequence in the order of the rows: a table does not say what is a choice, parallel, optional, repeated or free. "
        "Write it with the words choice, parallel, optional, loop and free"
    )
    todo.append(_guess("flow", what))
    return [s.id for s in order]
