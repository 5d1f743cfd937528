"""The command line for blueprint files: check, draw, compare, and carry over from and to other forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mining.errors import LogError, MiningError, UnknownNameError

if TYPE_CHECKING:
    from mining.binding import Binding
    from mining.blueprint import Blueprint
    from mining.blueprint.bpmn.foreign import Foreign
    from mining.blueprint.draft import Draft
    from mining.blueprint.lint import Weakness
    from mining.log import EventLog
    from mining.pictures import Picture
    from mining.study import Study

blueprint_app = typer.Typer(
    help="Work with blueprint files. No command replaces a file that is there, unless --force is given.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Profile = Literal["single", "collaboration"]
File = Annotated[Path, typer.Argument(help="Blueprint file (YAML).", metavar="FILE")]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="File to write; without it, to standard output.", metavar="OUT")
]
Force = Annotated[bool, typer.Option("--force", "-f", help="Replace the file to write if it is there.")]
Lang = Annotated[Literal["en", "zh"], typer.Option(help="Language.")]
Log = Annotated[Path | None, typer.Option("--log", help="Event log to lay on it.", metavar="LOG")]
Case = Annotated[str | None, typer.Option(help="Column of the log with the case id.", metavar="COLUMN")]
Activity = Annotated[str | None, typer.Option(help="Column with the activity.", metavar="COLUMN")]
Timestamp = Annotated[str | None, typer.Option(help="Column with the time of completion.", metavar="COLUMN")]
Start = Annotated[str | None, typer.Option(help="Column with the time of start.", metavar="COLUMN")]
Resource = Annotated[str | None, typer.Option(help="Column with who did it.", metavar="COLUMN")]
Zone = Annotated[
    str | None, typer.Option(help="Zone of times written without one, such as Asia/Shanghai.", metavar="ZONE")
]
Bound = Annotated[
    Path | None,
    typer.Option(help="Binding file of the log, from mining log bind; columns given here come first.", metavar="FILE"),
]
DayFirst = Annotated[bool | None, typer.Option("--day-first/--month-first", help="How 03/04/2024 is meant.")]  # fmt: skip


@blueprint_app.command()
def lint(
    file: File,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day on which allowances must be in force.", metavar="YYYY-MM-DD"),
    ] = None,
    log: Annotated[
        Path | None, typer.Option("--log", help="Event log: also what only a log can show.", metavar="LOG")
    ] = None,
    lang: Lang = "en",
    case: Case = None,
    activity: Activity = None,
    timestamp: Timestamp = None,
    start: Start = None,
    resource: Resource = None,
    tz: Zone = None,
    day_first: DayFirst = None,
    binding: Bound = None,
) -> None:
    """List what is weak in the design itself. Exit status 0: nothing or notes only, 1: warnings or errors, 2: cannot be read."""
    from mining.blueprint.lint import exit_status, lint_file

    day = on.date() if on else None
    how = _Reading.of(case, activity, timestamp, start, resource, tz, day_first=day_first, binding=binding)
    how.needs(log)
    found = lint_file(file, on=day) if log is None else _lint_with(file, log, day, how)
    told = set[str]()
    for weakness in found:
        what, why = weakness.say(lang).split("\n", 1)
        typer.echo(what if why in told else f"{what}\n{why}")  # the reason once
        told.add(why)
    counts = {kind: sum(w.severity == kind for w in found) for kind in ("error", "warning", "note")}
    typer.echo(_counted(counts, lang))
    raise typer.Exit(exit_status(found))


def _counted(counts: Mapping[str, int], lang: str) -> str:
    """How many weaknesses of each severity, in words."""
    if lang == "zh":
        from mining.blueprint.lint.weakness import words

        return "，".join(f"{words()['severity'][kind]['zh']} {n} 项" for kind, n in counts.items())
    return ", ".join(f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in counts.items())


def _lint_with(file: Path, log: Path, day: date | None, how: _Reading) -> tuple[Weakness, ...]:
    """The design beside a log: what is in force on its days, and which allowances are used."""
    import numpy as np

    from mining.blueprint import read_blueprint
    from mining.blueprint.lint import lint as examine

    norm = read_blueprint(file)
    study = _judged(norm, log, how)
    first, last = (np.datetime64(t, "us").astype("datetime64[D]").item() for t in study.log.span)
    used = set(study.deviations().frame["allow_id"].dropna())
    return examine(
        norm,
        on=day,
        log_days=(first, last),
        used_allowances=used,
        unknown_labels=study.instances.unmapped,
        never_seen=study.instances.unseen,
    )


@blueprint_app.command()
def draw(
    file: File,
    out: Annotated[Path, typer.Option("--out", "-o", help="Picture to write: .svg, .png or .pdf.", metavar="OUT")],
    log: Log = None,
    norm: Annotated[
        Path | None,
        typer.Option(
            "--blueprint", "-b", help="Blueprint that judges the log, if FILE is a BPMN drawing.", metavar="FILE"
        ),
    ] = None,
    lang: Lang = "en",
    force: Force = False,
    case: Case = None,
    activity: Activity = None,
    timestamp: Timestamp = None,
    start: Start = None,
    resource: Resource = None,
    tz: Zone = None,
    day_first: DayFirst = None,
    binding: Bound = None,
) -> None:
    """Draw the blueprint, or a BPMN file in its own layout; with a log, with its deviations on it."""
    check_target(out, force)
    how = _Reading.of(case, activity, timestamp, start, resource, tz, day_first=day_first, binding=binding)
    how.needs(log)
    if file.suffix.lower() == ".bpmn":
        picture = _laid_out(file, log, norm, lang, how)
    elif norm is None:
        picture = _picture(file, log, lang, how)
    else:
        raise MiningError("--blueprint goes with a BPMN file: a blueprint file judges the log itself.")
    picture.save(out)
    typer.echo(str(out))


def _laid_out(file: Path, log: Path | None, norm: Path | None, lang: str, how: _Reading) -> Picture:
    """A BPMN file in its own layout; with a log, judged by a blueprint or by the draft of the file itself."""
    from mining.blueprint import read_blueprint
    from mining.blueprint.bpmn import from_bpmn
    from mining.pictures import bpmn_picture

    if log is None:
        return bpmn_picture(file, lang=lang)
    judge = read_blueprint(norm) if norm else from_bpmn(file).blueprint()
    return _judged(judge, log, how).plot(bpmn=file, lang=lang)


def _picture(file: Path, log: Path | None, lang: str, how: _Reading) -> Picture:
    from mining.blueprint import read_blueprint

    norm = read_blueprint(file)
    if log is None:
        picture: Picture = norm.plot(lang=lang)
        return picture
    return _judged(norm, log, how).plot(lang=lang)


@blueprint_app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Blueprint file (YAML).", metavar="OLD")],
    new: Annotated[Path, typer.Argument(help="Another version of it.", metavar="NEW")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Also draw: .svg, .png or .pdf.", metavar="OUT")
    ] = None,
    lang: Lang = "en",
    force: Force = False,
) -> None:
    """Say what changed between two versions, one line each. Exit status 0: the same, 1: something changed."""
    from mining.blueprint import read_blueprint
    from mining.blueprint.diff import diff as compare

    check_target(out, force)
    before, after = read_blueprint(old), read_blueprint(new)
    changes = compare(before, after)
    for change in changes:
        typer.echo(change.say(lang))
    if not changes:
        from mining.pictures.words import words_in

        typer.echo(words_in(lang)["no_difference"])
    if out is not None:
        from mining.pictures.difference import difference_picture

        difference_picture(before, after, lang=lang).save(out)
    raise typer.Exit(1 if changes else 0)


@blueprint_app.command("to-bpmn")
def to_bpmn(
    file: File,
    out: Out = None,
    profile: Annotated[
        Profile,
        typer.Option(
            help="single: one pool, for replay. collaboration: the customer in a pool of its own, for people."
        ),
    ] = "single",
    lang: Lang = "en",
    force: Force = False,
) -> None:
    """Write the blueprint as BPMN 2.0, nothing lost."""
    from mining.blueprint import read_blueprint
    from mining.blueprint.bpmn.writing import to_bpmn as write

    check_target(out, force)
    _write(write(read_blueprint(file), profile=profile, lang=lang).decode("utf-8"), out)


@blueprint_app.command("from-bpmn")
def from_bpmn(
    file: Annotated[Path, typer.Argument(help="BPMN 2.0 file.", metavar="FILE")],
    out: Out = None,
    lane: Annotated[
        list[str] | None,
        typer.Option(
            help="What kind of lane a pool or lane is, such as Counter=onstage. May be given several times.",
            metavar="NAME=KIND",
        ),
    ] = None,
    details: Annotated[
        bool, typer.Option("--details", help="List each part of the file that is no plain step, gateway or flow.")
    ] = False,
    force: Force = False,
) -> None:
    """Draft a blueprint from a BPMN file; what was guessed or is still to fill in is listed."""
    from mining.blueprint.bpmn import from_bpmn as read

    check_target(out, force)
    draft = read(file, lanes=_kinds(lane or []) or None)
    _draft(draft, out, force)
    if details or draft.todo:  # nothing to do: the file keeps our own blueprint, which says everything
        _say_foreign(draft.foreign, details)


def _kinds(given: list[str]) -> dict[str, str]:
    """Kinds of lanes by name, from texts such as Counter=onstage."""
    from mining.blueprint.spoken import KINDS

    kinds = {}
    for text in given:
        name, equals, kind = text.rpartition("=")
        if not equals or not name:
            raise MiningError(f"--lane {text}: write NAME=KIND, such as Counter=onstage.")
        if kind not in KINDS:
            raise UnknownNameError("kind of lane", kind, KINDS, where=f"--lane {text}")
        kinds[name] = kind
    return kinds


def _say_foreign(foreign: tuple[Foreign, ...], details: bool) -> None:
    if details:
        for part in foreign:
            typer.echo(part.say(), err=True)
    elif foreign:
        n = len(foreign)
        what = "1 part of the file is no plain step" if n == 1 else f"{n} parts of the file are no plain step"
        typer.echo(f"{what}, gateway or flow; --details lists what became of {'it' if n == 1 else 'them'}", err=True)


@blueprint_app.command("from-table")
def from_table(
    file: Annotated[
        Path | None,
        typer.Argument(help="Table with one row a step: CSV or XLSX.", metavar="FILE"),
    ] = None,
    out: Out = None,
    template: Annotated[
        Path | None,
        typer.Option(help="Write an empty table with all columns (.csv or .xlsx) instead.", metavar="TABLE"),
    ] = None,
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language of the template's headings.")] = "en",
    sheet: Annotated[str | None, typer.Option(help="Sheet of the workbook.", metavar="NAME")] = None,
    force: Force = False,
) -> None:
    """Draft a blueprint from a table of steps; what was guessed or is still to fill in is listed.

    Columns, in any order, of which only a column of steps is needed:

    \b
    stage            phase of the service; empty: that of the row above
    lane             row of the blueprint: who does it
    step             name of the step, the only column that is needed
    step_en          name of the step in English
    step_zh          name of the step in Chinese
    role             who may do it
    label            words of the log that mean the step, parted by ; or |
    observable       yes, or no: the log does not show it
    touchpoint       yes, key, moment of truth, or the channel
    key              yes: a key touchpoint
    moment_of_truth  yes: here the customer makes up their mind
    importance       to the customer, from 1 (low) to 5 (high)
    channel          channels of the touchpoint, parted by ; or ,
    evidence         what the customer gets or sees, parted by ;
    wait             yes, or how long the customer may wait
    fail             yes, or what may fail
    control          what prevents or finds the failure
    max_time         limit since the step before: 30min, 2h, 3d, 4bh, 5bd
    share            share of the cases that must keep the limit: 90%
    severity         of a breach: critical, major or minor
    basis            text that promises it

    Headings in Chinese, and other usual ones, mean the same; what stands in any other column is kept as something to do.
    """
    if template is not None:
        from mining.blueprint.template import write_template

        if file is not None or out is not None:
            raise MiningError("--template writes an empty table; it goes with neither FILE nor --out.")
        check_target(template, force)
        typer.echo(str(write_template(template, lang=lang)), err=True)
        return
    if file is None:
        raise MiningError("Name the table of steps, or write an empty one: --template steps.csv.")
    from mining.blueprint.table import from_table as read

    check_target(out, force)
    _draft(read(file, sheet=sheet), out, force)


@blueprint_app.command("from-log")
def from_log(
    log: Annotated[Path, typer.Argument(help="Event log: CSV, XES, XES.gz or Parquet.", metavar="LOG")],
    out: Out = None,
    noise: Annotated[
        float, typer.Option(min=0, max=1, help="0 keeps every case; more leaves rare ways out.", metavar="SHARE")
    ] = 0.2,
    force: Force = False,
    case: Case = None,
    activity: Activity = None,
    timestamp: Timestamp = None,
    start: Start = None,
    resource: Resource = None,
    tz: Zone = None,
    day_first: DayFirst = None,
    binding: Bound = None,
) -> None:
    """Draft a blueprint from what a log shows. It describes the service as it is: it is no norm until someone decides so."""
    from mining.drafting import from_log as read

    check_target(out, force)
    how = _Reading.of(case, activity, timestamp, start, resource, tz, day_first=day_first, binding=binding)
    _draft(read(_events(log, how), noise=noise), out, force)


@blueprint_app.command()
def schema(out: Out = None, force: Force = False) -> None:
    """Write the JSON Schema of blueprint files, for editors."""
    from importlib.resources import files

    check_target(out, force)
    _write(files("mining.blueprint").joinpath("blueprint.schema.json").read_text("utf-8"), out)


# --- reading logs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Reading:
    """What the command line says about how a log is read: columns and zone by role, a binding file, the order of day and month."""

    columns: dict[str, Any]
    binding: Path | None
    day_first: bool | None

    @classmethod
    def of(cls, *columns: str | None, binding: Path | None, day_first: bool | None) -> _Reading:
        roles = ("case", "activity", "timestamp", "start", "resource", "tz")
        named = {role: name for role, name in zip(roles, columns, strict=True) if name is not None}
        return cls(named, binding, day_first)

    def needs(self, log: Path | None) -> None:
        """Refuse to be told how to read a log that is not there."""
        options = [f"--{role}" for role in self.columns] + ["--binding"] * (self.binding is not None)
        options += ["--day-first or --month-first"] * (self.day_first is not None)
        if log is None and options:
            raise MiningError(f"{', '.join(options)} says how to read a log: name it with --log.")

    def bound(self, base: Binding | None) -> Any:
        """What the log is read with: the binding file, else ``base``, with the columns given; None if nothing is said."""
        if self.binding is not None:
            from mining.log.binding_file import read_binding

            base = read_binding(self.binding)
        if base is None:
            return self.columns or None
        return replace(base, **self.columns, origin="arguments") if self.columns else base


def _events(path: Path, how: _Reading) -> EventLog:
    """The log with the columns that are given; the others are recognised by their names."""
    from mining.log import read_log

    try:
        return read_log(path, columns=how.bound(None), day_first=how.day_first)
    except LogError as error:
        raise _in_options(error) from error


def _judged(norm: Blueprint, path: Path, how: _Reading) -> Study:
    """A log read against a blueprint, with the columns that the blueprint names; those given come first."""
    from mining.log import read_log
    from mining.study import Study

    told = replace(norm, binding=how.bound(norm.binding))
    try:
        events = read_log(path, columns=told.binding, day_first=how.day_first)
    except LogError as error:
        if how.binding is not None or not _are_placeholders(norm) or "there is no column" not in str(error):
            raise _in_options(error) from error
        try:
            events = _events(path, how)
        except LogError as worse:
            raise LogError(f"{worse} The draft {norm.id} names placeholder columns only.") from worse
        said = ", ".join(f"{role} {name!r}" for role, name in events.binding.columns.items())
        typer.echo(f"the draft names placeholder columns; those of the log are taken by their names: {said}", err=True)
        told = replace(norm, binding=events.binding)
    return Study(events, told)


def _are_placeholders(norm: Blueprint) -> bool:
    """Whether a blueprint is a draft that nobody has told the columns of its log."""
    b: Binding = norm.binding
    known = {"case": "case_id", "activity": "activity", "timestamp": "timestamp"}
    return norm.status == "draft" and b.columns == known


def _in_options(error: LogError) -> LogError:
    """The same message, with the options of the command line in place of the arguments of the library."""
    said = re.sub(
        r"columns=\{(.*?)\}", lambda m: " ".join(f"--{k} COLUMN" for k in re.findall(r'"(\w+)":', m[1])), str(error)
    )
    said = re.sub(r"day_first=True or (?:day_first=)?False|day_first=\.\.\.", "--day-first or --month-first", said)
    return LogError(said)


# --- writing files -----------------------------------------------------------------------------------------------------


def check_target(out: Path | None, force: bool) -> None:
    """Refuse, before any work, a file that cannot be written or that would be replaced without ``--force``."""
    if out is None:
        return
    if out.is_dir():
        raise MiningError(f"{out} is a folder. Name a file in it.")
    if out.exists() and not force:
        raise MiningError(f"{out} exists. Write to another name, or replace it with --force.")
    if not out.parent.is_dir():
        raise MiningError(f"{out}: there is no folder {out.parent}. Make it first.")


def _write(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise MiningError(f"{out} cannot be written: {error.strerror}.") from error
    typer.echo(str(out), err=True)


def _draft(draft: Draft, out: Path | None, force: bool) -> None:
    """Write a draft; what is to do stands in it as comments, and is listed where the draft itself does not fill the screen."""
    n = len(draft.todo)
    counted = f"{n} thing{'' if n == 1 else 's'} to look at"
    if out is None:
        typer.echo(draft.to_yaml(), nl=False)
        typer.echo(f"{counted}{'; they stand in the draft as comments' if n else ''}", err=True)
        return
    draft.write(out, overwrite=force)
    typer.echo(str(out), err=True)
    for todo in draft.todo:
        typer.echo(f"{todo.place}: {'guessed: ' if todo.guessed else ''}{todo.what}", err=True)
    typer.echo(counted, err=True)
