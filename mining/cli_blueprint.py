"""The command line for blueprint files: check, draw, compare, and carry over from and to other forms."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from mining.errors import MiningError, UnknownNameError

if TYPE_CHECKING:
    from mining.blueprint.draft import Draft
    from mining.blueprint.lint import Weakness
    from mining.pictures import Picture

blueprint_app = typer.Typer(help="Work with blueprint files.", no_args_is_help=True)

Profile = Literal["single", "collaboration"]
File = Annotated[Path, typer.Argument(help="Blueprint file (YAML).", metavar="FILE")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="File to write; without it, to standard output.")]
Lang = Annotated[str, typer.Option(help="Language: en or zh.")]
Log = Annotated[Path | None, typer.Option("--log", help="Event log to lay on it.", metavar="LOG")]


@blueprint_app.command()
def lint(
    file: File,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day on which allowances must be in force.")
    ] = None,
    log: Annotated[
        Path | None, typer.Option("--log", help="Event log: also what only a log can show.", metavar="LOG")
    ] = None,
    lang: Lang = "en",
) -> None:
    """List what is weak in the design itself. Exit status 0: nothing or notes only, 1: warnings or errors, 2: cannot be read."""
    from mining.blueprint.lint import exit_status, lint_file

    day = on.date() if on else None
    found = lint_file(file, on=day) if log is None else _lint_with(file, log, day)
    for weakness in found:
        typer.echo(weakness.say(lang))
    counts = {kind: sum(w.severity == kind for w in found) for kind in ("error", "warning", "note")}
    typer.echo(", ".join(f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in counts.items()))
    raise typer.Exit(exit_status(found))


def _lint_with(file: Path, log: Path, day: date | None) -> tuple[Weakness, ...]:
    """The design beside a log: what is in force on its days, and which allowances are used."""
    import numpy as np

    from mining.blueprint import read_blueprint
    from mining.blueprint.lint import lint as examine
    from mining.log import read_log
    from mining.study import Study

    norm = read_blueprint(file)
    study = Study(read_log(log, columns=norm.binding), norm)
    first, last = (np.datetime64(t, "us").astype("datetime64[D]").item() for t in study.log.span)
    used = set(study.deviations().frame["allow_id"].dropna())
    return examine(norm, on=day, log_days=(first, last), used_allowances=used)


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
) -> None:
    """Draw the blueprint, or a BPMN file in its own layout; with a log, with its deviations on it."""
    drawing = file.suffix.lower() == ".bpmn"
    if drawing:
        picture = _laid_out(file, log, norm, lang)
    elif norm is None:
        picture = _picture(file, log, lang)
    else:
        raise MiningError("--blueprint goes with a BPMN file: a blueprint file judges the log itself.")
    picture.save(out)
    typer.echo(str(out))


def _laid_out(file: Path, log: Path | None, norm: Path | None, lang: str) -> Picture:
    """A BPMN file in its own layout; with a log, judged by a blueprint or by the draft of the file itself."""
    from mining.blueprint import read_blueprint
    from mining.blueprint.bpmn import from_bpmn
    from mining.pictures import bpmn_picture

    if log is None:
        return bpmn_picture(file, lang=lang)
    from mining.log import read_log
    from mining.study import Study

    judge = read_blueprint(norm) if norm else from_bpmn(file).blueprint()
    return Study(read_log(log, columns=judge.binding), judge).plot(bpmn=file, lang=lang)


def _picture(file: Path, log: Path | None, lang: str) -> Picture:
    from mining.blueprint import read_blueprint

    norm = read_blueprint(file)
    if log is None:
        picture: Picture = norm.plot(lang=lang)
        return picture
    from mining.log import read_log
    from mining.study import Study

    return Study(read_log(log, columns=norm.binding), norm).plot(lang=lang)


@blueprint_app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Blueprint file (YAML).", metavar="OLD")],
    new: Annotated[Path, typer.Argument(help="Another version of it.", metavar="NEW")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Also draw: .svg, .png or .pdf.", metavar="OUT")
    ] = None,
    lang: Lang = "en",
) -> None:
    """Say what changed between two versions, one line each. Exit status 0: the same, 1: something changed."""
    from mining.blueprint import read_blueprint
    from mining.blueprint.diff import diff as compare

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
        str,
        typer.Option(
            help="single: one pool, for replay. collaboration: the customer in a pool of its own, for people."
        ),
    ] = "single",
    lang: Lang = "en",
) -> None:
    """Write the blueprint as BPMN 2.0, nothing lost."""
    from mining.blueprint import read_blueprint
    from mining.blueprint.bpmn.writing import PROFILES
    from mining.blueprint.bpmn.writing import to_bpmn as write

    if profile not in PROFILES:
        raise UnknownNameError("profile", profile, PROFILES)
    _write(write(read_blueprint(file), profile=cast("Profile", profile), lang=lang).decode("utf-8"), out)


@blueprint_app.command("from-bpmn")
def from_bpmn(
    file: Annotated[Path, typer.Argument(help="BPMN 2.0 file.", metavar="FILE")],
    out: Out = None,
    lane: Annotated[
        list[str] | None, typer.Option(help="NAME=KIND: what kind of lane a pool or lane is, such as Counter=onstage.")
    ] = None,
) -> None:
    """Draft a blueprint from a BPMN file; what was guessed or is still to fill in is listed."""
    from mining.blueprint.bpmn import from_bpmn as read

    kinds = {}
    for text in lane or []:
        name, equals, kind = text.partition("=")
        if not equals:
            raise MiningError(f"--lane {text}: write NAME=KIND, such as Counter=onstage.")
        kinds[name] = kind
    draft = read(file, lanes=kinds or None)
    _draft(draft, out)
    for part in draft.foreign:
        typer.echo(f"line {part.line}: {part.kind} {part.id}: {part.fate}: {part.reason}", err=True)


@blueprint_app.command("from-table")
def from_table(
    file: Annotated[Path, typer.Argument(help="Table with one row a step: CSV or XLSX.", metavar="FILE")],
    out: Out = None,
) -> None:
    """Draft a blueprint from a table of steps; what was guessed or is still to fill in is listed."""
    from mining.blueprint.table import from_table as read

    _draft(read(file), out)


@blueprint_app.command("from-log")
def from_log(
    log: Annotated[Path, typer.Argument(help="Event log: CSV, XES, XES.gz or Parquet.", metavar="LOG")],
    out: Out = None,
    noise: Annotated[float, typer.Option(min=0, max=1, help="0 keeps every case; more leaves rare ways out.")] = 0.2,
) -> None:
    """Draft a blueprint from what a log shows. It describes the service as it is: it is no norm until someone decides so."""
    from mining.drafting import from_log as read
    from mining.log import read_log

    _draft(read(read_log(log), noise=noise), out)


@blueprint_app.command()
def schema(out: Out = None) -> None:
    """Write the JSON Schema of blueprint files, for editors."""
    from importlib.resources import files

    _write(files("mining.blueprint").joinpath("blueprint.schema.json").read_text("utf-8"), out)


def _write(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8", newline="\n")
        typer.echo(str(out), err=True)


def _draft(draft: Draft, out: Path | None) -> None:
    if out is None:
        typer.echo(draft.to_yaml(), nl=False)
    else:
        draft.write(out)
        typer.echo(str(out), err=True)
    for todo in draft.todo:
        typer.echo(f"{todo.place}: {'guessed: ' if todo.guessed else ''}{todo.what}", err=True)
    typer.echo(f"{len(draft.todo)} things to look at", err=True)
