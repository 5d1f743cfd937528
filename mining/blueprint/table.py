"""A draft blueprint from a table with one row a step, the shape in which services are often planned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mining.blueprint.draft import NOT_KNOWN, Draft, Todo, head_of
from mining.blueprint.naming import ids_of, text_of
from mining.blueprint.sheet import Row, Sheet, read_sheet, refusal
from mining.blueprint.spoken import COLUMNS, KINDS, folded, lane_kind, parts_of, yes_or_no
from mining.blueprint.table_steps import Step, rows_said
from mining.blueprint.table_steps import marks as _marks
from mining.blueprint.table_steps import standards as _standards
from mining.errors import hint

UNKNOWN_LANE, UNKNOWN_STAGE = "not assigned", "whole"
NO_LOG = ("customer", "physical_evidence")  # kinds of lanes of which a log shows little
YEAR = ("2000-01-01", "2000-12-31")  # plainly not the real one: outside a calendar's coverage no check answers
CALENDAR = "office"


def _guess(place: str, what: str) -> Todo:
    return Todo(place, what, guessed=True)


def from_table(path: str | Path, *, sheet: str | None = None) -> Draft:
    """Make a draft blueprint from a table with one row a step.

    The columns are ``stage, lane, step, step_en, step_zh, role, label, observable, touchpoint, key, moment_of_truth, importance,
    channel, evidence, wait, fail, control, max_time, share, severity, basis``, in any order, under these headings or others that
    mean the same in English or Chinese (:func:`mining.blueprint.template.write_template` writes them). Only a column of steps is
    needed. What stands in any other column is kept: as something to do at its step. Rows are read like this:

    - The flow is the sequence of the rows. A step that stands in several rows is one activity, done several times.
    - Several labels in one cell stand on lines of their own, or are parted by a semicolon or a bar. A step without a label is
      taken to stand in the log under its name; in a lane of the customer or of physical evidence it is not observable.
    - ``touchpoint``: *yes*, *key*, *moment of truth*, or the channel. A step with a channel, evidence, key, moment of truth or
      importance is a touchpoint. ``wait``: *yes*, or how long a wait may be. ``fail``: *yes*, or what fails.
    - ``max_time``, such as ``5bd``, ``2h`` or ``5个工作日``, becomes a standard: that long from the step before. Under the heading
      *standard* a promise without a time is something to do.
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
        Names the row of up to twelve problems: two columns of one meaning, a row without a step, rows that say different things of one
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
    todo = [_guess("table", said) for said in read.said] + list(_unknown(read))
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


def _steps(read: Sheet, todo: list[Todo]) -> tuple[list[Step], list[Step]]:
    """The steps, each once, and the order in which the rows name them."""
    found: dict[str, Step] = {}
    order: list[Step] = []
    problems: list[str] = []
    stage, taken, spelt = "", [], []
    for row in read.rows:
        name = re.sub(r"\s+", " ", row["step"] or row["step_en"] or row["step_zh"])
        if not name:
            filled = {c: row[c] for c in read.columns} | dict(row.others)
            given = next(f"{c} {cell!r}" for c, cell in filled.items() if cell)
            problems.append(f"{read.name}: row {row.number}: {given}, but no step. Name the step, or delete the row.")
            continue
        cells = {c: row[c] for c in COLUMNS if row[c] and c != "step"}
        step = found.setdefault(folded(name), Step(name, [], {}))
        if "stage" in read.columns and not cells.get("stage") and not step.rows and stage:
            cells["stage"] = stage
            taken.append(row.number)
        stage = cells.get("stage", stage)
        if step.name != name:
            spelt.append(f"row {row.number}: {name!r} taken for {step.name!r} of row {step.row}")
        problems += _differences(step, cells, row, read)
        step.others += [(row.number, head, cell) for head, cell in row.others.items()]
        step.rows.append(row.number)
        step.cells = cells | step.cells
        order.append(step)
    if problems:
        raise refusal(problems)
    if taken:
        todo.append(_guess("activities", f"no stage is given in {rows_said(taken)}: taken from the row above"))
    todo += [_guess("activities", what) for what in spelt]
    for step in found.values():
        if len(step.rows) > 1:
            what = f"{rows_said(step.rows)} have the same step {step.name!r}: read as one activity done {len(step.rows)} times"
            todo.append(_guess("flow", what))
    steps = list(found.values())
    ids = ids_of([s["step_en"] or s.name for s in steps], "step") if _all_differ(steps) else {}
    ids = {s.name: ids[s["step_en"] or s.name] for s in steps} if ids else ids_of([s.name for s in steps], "step")
    for s in steps:
        s.id = ids[s.name]
        todo += [Todo(f"activities.{s.id}", f"row {row}: {head!r}: {cell!r}") for row, head, cell in s.others]
    return steps, order


def _unknown(read: Sheet) -> Iterator[Todo]:
    """What is not part of the format is told once for each column; its cells stand at their steps."""
    for head, letter in read.unknown.items():
        filled = sum(head in row.others for row in read.rows)
        kept = (
            f"what stands in {filled} row{'' if filled == 1 else 's'} is noted at the steps"
            if filled
            else "it is empty"
        )
        near = hint(head, COLUMNS, most=len(COLUMNS)).partition(" Known")[0]
        yield Todo("table", f"the column {head!r} ({letter}) means nothing to the format: {kept}.{near}")


def _all_differ(steps: list[Step]) -> bool:
    return len({s["step_en"] or s.name for s in steps}) == len(steps)


def _differences(step: Step, cells: dict[str, str], row: Row, read: Sheet) -> Iterator[str]:
    for column, value in cells.items():
        before = step.cells.get(column, value)
        if folded(before) != folded(value):
            yield (
                f"{read.name}: row {row.number}: {column} of the step {step.name!r} is {value!r}, but {before!r} in row {step.row}. "
                "Rows of one step are one activity: clear the cell to keep the first, or give the step a name of its own."
            )


def _values(steps: Iterable[Step], column: str) -> list[str]:
    """Distinct values of a column in the order of the steps; steps without one are left out."""
    spelt = {folded(s[column]): s[column] for s in reversed(list(steps)) if s[column]}
    for s in steps:
        if s[column]:
            s.cells[column] = spelt[folded(s[column])]
    return list(dict.fromkeys(s[column] for s in steps if s[column]))


def _label(steps: list[Step], read: Sheet, todo: list[Todo]) -> None:
    """Give every step its log labels; none where the log does not show it."""
    owner: dict[str, Step] = {}
    problems = []
    for s in steps:
        s.labels = parts_of(s["label"]) if yes_or_no(s["label"]) is not False else []
        if s.labels and folded(s["observable"]) and yes_or_no(s["observable"]) is False:
            what = f"row {s.row}: said not to be observable, but it has a label, which is taken"
            todo.append(_guess(f"activities.{s.id}.labels", what))
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
    unlabelled = [s for s in steps if not s.labels]
    none = len(unlabelled) == len(steps)
    if none:
        todo.append(_guess("activities", "the table names no log labels: the names of the steps are taken for them"))
    for s in unlabelled:
        _label_of_name(s, owner, none, todo)
    if not any(s.labels for s in steps):
        raise refusal([f"{read.name}: no step is said to be seen in the log. Name the label of one at least."])


def _label_of_name(s: Step, owner: dict[str, Step], none: bool, todo: list[Todo]) -> None:
    """A step without a label is seen in the log under its name, unless it is the customer's or its row says that it is not."""
    at, kind = f"activities.{s.id}", lane_kind(s["lane"])[0] if s["lane"] else None
    said = folded(s["observable"]) or folded(s["label"])
    if said and yes_or_no(said) is False:
        return  # the row says so itself
    if kind == "physical_evidence" or (kind in NO_LOG and not none and not said):
        what = (
            f"row {s.row}: no label in a lane of the kind {kind}, so {s.name!r} is taken to leave no trace in the log"
        )
        todo.append(_guess(f"{at}.observable", f"{what} (observable: false)"))
    elif s.name in owner:
        what = f"row {s.row}: no label, and its name is the label of {owner[s.name].name!r}: taken to leave no trace in the log"
        todo.append(_guess(f"{at}.observable", what))
    else:
        s.labels = [s.name]
        if not none:
            todo.append(_guess(f"{at}.labels", f"row {s.row}: no label is given: the name of the step is taken for it"))


# --- lanes, stages, activities -----------------------------------------------------------------------------------------


def _lanes(steps: list[Step], todo: list[Todo]) -> tuple[list[dict[str, Any]], dict[str, str]]:
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
        todo.append(_guess("lanes", f"{rows_said(without)}: no lane is given. Move the steps to their lanes"))
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


def _stages(steps: list[Step], todo: list[Todo]) -> tuple[list[dict[str, Any]], dict[str, str]]:
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
        todo.append(_guess("stages", f"{rows_said(without)}: no stage is given, and no row above has one"))
    return found, ids | {"": ids[UNKNOWN_STAGE]}


def _activity(s: Step, given: dict[str, str | None], todo: list[Todo]) -> dict[str, Any]:
    raw: dict[str, Any] = {"id": s.id} | {key: value for key, value in given.items() if value is not None}
    raw |= {"labels": s.labels} if s.labels else {"observable": False}
    raw["name"] = _name(s)
    return raw | _marks(s, todo)


def _name(s: Step) -> dict[str, str]:
    given = {lang: s[f"step_{lang}"] for lang in ("en", "zh") if s[f"step_{lang}"]}
    return text_of(s.name) | given


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


def _scope(order: list[Step], todo: list[Todo]) -> dict[str, Any]:
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


def _flow(order: list[Step], todo: list[Todo]) -> Any:
    what = (
        "a sequence in the order of the rows: a table does not say what is a choice, parallel, optional, repeated or free. "
        "Write it with the words choice, parallel, optional, loop and free"
    )
    todo.append(_guess("flow", what))
    return [s.id for s in order]
