"""All checks of a design, and of a file that may not be one yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from mining.automaton import TooManyStatesError
from mining.blueprint import model as m
from mining.blueprint import yaml12
from mining.blueprint.lint import contacts, parts, runs
from mining.blueprint.lint.allowances import allowances
from mining.blueprint.lint.design import Days, Design
from mining.blueprint.lint.weakness import SEVERITIES, Found, Weakness, found, weakness
from mining.blueprint.loading import _build, read_blueprint
from mining.blueprint.problems import Lines, line_of, name_problems, value_faults
from mining.blueprint.shape import Problem, shape_problems
from mining.errors import BlueprintError

CHECKS = (
    *(parts.authority, parts.bases, parts.lanes, parts.stages, parts.calendars, parts.activities, parts.touchpoints),
    *(parts.standards, parts.rules, parts.indicators, runs.rules_and_flow, runs.begin_and_end, runs.end_and_go_on),
    *(contacts.channels, contacts.evidence, contacts.failures, contacts.stand_ins, contacts.ends),
    *(parts.members, parts.seen, allowances),
)


def lint(
    blueprint: m.Blueprint,
    *,
    on: date | None = None,
    log_days: Days | None = None,
    used_allowances: Collection[str] | None = None,
    unknown_labels: Mapping[str, int] | None = None,
    never_seen: Collection[str] | None = None,
) -> tuple[Weakness, ...]:
    """Weak places of a blueprint: errors first, then warnings, then notes, each in the order of the file.

    Parameters
    ----------
    blueprint : Blueprint
    on : date, optional
        Day on which blueprint and allowances must be in force.
    log_days : tuple of date, optional
        First and last day of a log: the blueprint, its allowances and its calendars must be in force then.
    used_allowances : collection of str, optional
        Ids of the allowances that a study has used; the others are named.
    unknown_labels : mapping of str to int, optional
        Labels of a log that no activity has, and that are not ignored on purpose: how many activity instances bear each.
    never_seen : collection of str, optional
        Observable activities that do not occur in a log.

    Returns
    -------
    tuple of Weakness

    Examples
    --------
    >>> blueprint = read_blueprint("sample_logs/permit_receipt/blueprint.yaml")
    >>> lint(blueprint)[0].severity in ("warning", "note")
    True
    >>> [w.code for w in lint(blueprint, on=date(2027, 3, 1)) if w.severity == "warning"][-1]
    'allowance-expired'
    """
    design = Design(blueprint, on, log_days, used_allowances, unknown_labels, never_seen)
    return _in_order(_weaknesses(design), blueprint.lines, blueprint.path)


def lint_file(
    path: str | Path,
    *,
    on: date | None = None,
    log_days: Days | None = None,
    used_allowances: Collection[str] | None = None,
    unknown_labels: Mapping[str, int] | None = None,
    never_seen: Collection[str] | None = None,
) -> tuple[Weakness, ...]:
    """As :func:`lint`, of a file: everything that keeps it from being a blueprint is listed too, as errors.

    The weak places of the design are told as soon as the shape of the file is right, even if names in it are still wrong.

    Raises
    ------
    BlueprintError
        If there is no such file, or its text cannot be read as YAML.

    Examples
    --------
    >>> [w.severity for w in lint_file("sample_logs/bank_loan/simulate.yaml")][0]
    'error'
    """
    try:
        return lint(
            read_blueprint(path),
            on=on,
            log_days=log_days,
            used_allowances=used_allowances,
            unknown_labels=unknown_labels,
            never_seen=never_seen,
        )
    except BlueprintError:
        readable = _readable(Path(path))
        if readable is None:
            raise
    raw, lines, data = readable
    blueprint, errors = _examined(raw, lines, str(Path(path)), data)
    if blueprint is not None:
        errors += _weaknesses(Design(blueprint, on, log_days, used_allowances, unknown_labels, never_seen))
    return _in_order(errors, lines, str(Path(path)))


def _readable(path: Path) -> tuple[object, Lines, bytes] | None:
    """Values, lines and bytes of a file that is YAML, whatever it says; None for any other."""
    try:
        data = path.read_bytes()
        return *yaml12.load(data.decode("utf-8-sig"), str(path)), data
    except (OSError, UnicodeDecodeError, BlueprintError):
        return None


def _weaknesses(design: Design) -> list[Found]:
    return [item for check in CHECKS for item in check(design)]


def _examined(raw: object, lines: Lines, file: str, data: bytes) -> tuple[m.Blueprint | None, list[Found]]:
    """The blueprint, if the shape of the file is right, and what keeps it from being one."""
    errors = _errors("shape", shape_problems(raw))
    if errors or not isinstance(raw, dict):
        return None, errors
    errors = _errors("value", value_faults(raw))
    if errors:
        return None, errors
    try:
        blueprint = _build(raw, lines, file, data)
    except BlueprintError as error:  # the file that the flow names
        return None, [found(("flow",), "flow", problem=_bare(str(error), file))]
    errors = _errors("name", name_problems(blueprint, raw))
    if not any(item.at[0] == "flow" for item in errors):
        errors += _unsound(blueprint, file)
    return blueprint, errors


def _errors(wording: str, problems: Iterable[Problem]) -> list[Found]:
    return [found(at, wording, problem=what) for at, what in problems]


def _unsound(blueprint: m.Blueprint, file: str) -> Iterator[Found]:
    try:
        _ = blueprint.automaton
    except TooManyStatesError:
        return
    except BlueprintError as error:
        yield found(("flow",), "flow", problem=_bare(str(error), file))


def _bare(message: str, file: str) -> str:
    """A message without the file and line in front of it."""
    if message.startswith(f"{file}:"):
        return message.removeprefix(f"{file}:").partition(": ")[2]
    return message


def _in_order(items: Iterable[Found], lines: Lines, file: str) -> tuple[Weakness, ...]:
    rank = {severity: i for i, severity in enumerate(SEVERITIES)}
    told = [(line_of(lines, item.at), weakness(f"{file}:{line_of(lines, item.at)}", item)) for item in items]
    told.sort(key=lambda x: (rank[x[1].severity], x[0], x[1].code, str(x[1].what)))
    return tuple(w for _, w in told)
