"""The command line for logs: describe, quality, convert, bind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mining.binding import reading
from mining.errors import LogError

if TYPE_CHECKING:
    from mining.binding import Binding
    from mining.blueprint.model import Blueprint
    from mining.log import EventLog

log_app = typer.Typer(
    help="Work with event logs.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

MOST_LABELS = 30  # labels that describe lists
LogFile = Annotated[
    str,
    typer.Argument(
        help="Event log: CSV, XES, Parquet, Excel, a converted log, a DuckDB or SQLite file, postgresql://user@host/database "
        "(password in PGPASSWORD or ~/.pgpass), or OCEL 2.0.",
        metavar="LOG",
    ),
]
Norm = Annotated[
    Path | None, typer.Option("--blueprint", "-b", help="Blueprint of the service (YAML).", metavar="FILE")
]
Bound = Annotated[Path | None, typer.Option("--binding", help="Binding file, from mining log bind.", metavar="FILE")]
Lang = Annotated[Literal["en", "zh"], typer.Option(help="Language.")]
Table = Annotated[str | None, typer.Option(help="Table of a database.", metavar="NAME")]
Query = Annotated[str | None, typer.Option(help="Select statement of a database.", metavar="SQL")]
OrderBy = Annotated[
    list[str] | None,
    typer.Option(help="Column that settles the order of the rows of a database; may be given several times.", metavar="COLUMN"),
]  # fmt: skip
ObjectType = Annotated[
    str | None, typer.Option(help="Type of object of an object-centric log that is the case.", metavar="NAME")
]
DayFirst = Annotated[bool | None, typer.Option("--day-first/--month-first", help="How 03/04/2024 is meant.")]


def columns_of(
    binding: Path | None,
    norm: Blueprint | None,
    part: Mapping[str, Any],
    *,
    undecided: Literal["refuse", "keep"] = "refuse",
) -> Binding | dict[str, Any] | None:
    """The columns of the binding file, else those of the blueprint, else None; ``part`` names what to read of a database or OCEL."""
    from mining.log.binding_file import read_binding

    said: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in part.items() if value
    }
    if binding is not None:
        return replace(read_binding(binding, undecided=undecided), **said)
    return replace(norm.binding, **said) if norm else said or None


@log_app.command()
def describe(
    log: LogFile,
    binding: Bound = None,
    blueprint: Norm = None,
    table: Table = None,
    query: Query = None,
    order_by: OrderBy = None,
    object_type: ObjectType = None,
    day_first: DayFirst = None,
    lang: Lang = "en",
) -> None:
    """Say what a log holds: rows and what became of them, cases, span, activities, how lifecycle events were joined."""
    from mining.log.describe import description

    norm = _norm(blueprint)
    part = {"table": table, "query": query, "order_by": order_by, "object_type": object_type}
    for line in description(_read(log, binding, norm, part, day_first), norm, lang, most=MOST_LABELS):
        typer.echo(line)


@log_app.command()
def quality(
    log: LogFile,
    binding: Bound = None,
    blueprint: Norm = None,
    now: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help="Moment (UTC) after which times lie in the future; without it, today's.",
            metavar="MOMENT",
        ),
    ] = None,
    table: Table = None,
    query: Query = None,
    order_by: OrderBy = None,
    object_type: ObjectType = None,
    day_first: DayFirst = None,
    lang: Lang = "en",
) -> None:
    """List what is wrong with a log and what it can distort. Exit status 0: nothing or notes, 1: warnings or errors, 2: cannot be read."""
    from mining.log.quality import SEVERITIES
    from mining.log.quality import quality as examine
    from mining.log.words import words

    norm = _norm(blueprint)
    moment = (now or datetime.now(UTC)).replace(tzinfo=UTC)
    part = {"table": table, "query": query, "order_by": order_by, "object_type": object_type}
    found = examine(_read(log, binding, norm, part, day_first), norm, now=int(moment.timestamp()) * 1_000_000)
    for line in found.say(lang):
        typer.echo(line)
    counts = {severity: int((found.frame["severity"] == severity).sum()) for severity in SEVERITIES}
    typer.echo(words("quality.sum", lang, **counts) if len(found) else words("quality.none", lang))
    raise typer.Exit(1 if counts["error"] or counts["warning"] else 0)


@log_app.command()
def convert(
    log: LogFile,
    out: Annotated[Path, typer.Argument(help="File to write: .parquet.", metavar="OUT")],
    binding: Bound = None,
    blueprint: Norm = None,
    table: Table = None,
    query: Query = None,
    order_by: OrderBy = None,
    object_type: ObjectType = None,
    day_first: DayFirst = None,
    memory: Annotated[
        str | None,
        typer.Option(help="Sort on disk with at most so much memory, such as 2GB, if the file is larger.", metavar="SIZE"),
    ] = None,
    spill: Annotated[
        Path | None, typer.Option(help="Folder for what does not fit into memory, with --memory.", metavar="DIR")
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace the file to write if it is there.")] = False,
) -> None:  # fmt: skip
    """Write the log sorted and encoded as one Parquet file, which is read quickly and in pieces."""
    from mining.log.ingest import ingest
    from mining.log.store import write_store

    inputs = [path for path in (Path(log), binding, blueprint) if path is not None and path.exists()]
    if out.exists() and any(out.samefile(path) for path in inputs):
        raise LogError(f"{out} is an input and would be overwritten. Write to another name.")
    if out.exists() and not force:
        raise LogError(f"{out} exists. Write to another name, or replace it with --force.")
    if spill is not None and memory is None:
        raise LogError("--spill goes with --memory: without a limit nothing is put on disk.")
    norm = _norm(blueprint)
    part = {"table": table, "query": query, "order_by": order_by, "object_type": object_type}
    if memory is None:
        typer.echo(str(write_store(_read(log, binding, norm, part, day_first), out)))
        return
    columns = columns_of(binding, norm, part, undecided="keep")
    typer.echo(str(ingest(log, out, columns=columns, day_first=day_first, memory=memory, spill=spill)))


@log_app.command()
def bind(
    log: LogFile,
    blueprint: Norm = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Binding file to write; without it, to standard output.", metavar="OUT"),
    ] = None,
    table: Table = None,
    query: Query = None,
    order_by: OrderBy = None,
    object_type: ObjectType = None,
    lang: Lang = "en",
) -> None:
    """Propose which column is what and which label means which activity. Exit status 0: nothing is open, 1: something is."""
    from mining.log.bind import propose
    from mining.log.source import read_source
    from mining.log.words import words

    norm = _norm(blueprint)
    part = {"table": table, "query": query, "order_by": order_by, "object_type": object_type}
    proposal = propose(read_source(log, **reading(columns_of(None, norm, part))), norm, lang)
    if out is None:
        typer.echo(proposal.to_yaml(lang), nl=False)
    else:
        proposal.write(out, lang)
        if proposal.pairs:
            typer.echo(proposal.coverage(lang))
    n = len(proposal.open)
    typer.echo(words("bind.left" if n else "bind.done", lang, n=n, file=out or "-"), err=out is None)
    raise typer.Exit(1 if n else 0)


def _norm(path: Path | None) -> Blueprint | None:
    from mining.blueprint import read_blueprint

    return read_blueprint(path) if path else None


def _read(
    log: str, binding: Path | None, norm: Blueprint | None, part: dict[str, Any], day_first: bool | None
) -> EventLog:
    """The log as it is bound; labels that are still open count as such."""
    from mining.log import read_log

    return read_log(log, columns=columns_of(binding, norm, part, undecided="keep"), day_first=day_first)
