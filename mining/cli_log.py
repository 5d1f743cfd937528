"""The command line for logs: describe, quality, convert, bind."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mining.asked import check_used, columns_of, no_binding_file, said_of
from mining.binding import reading
from mining.cli_blueprint import check_target
from mining.errors import LogError

if TYPE_CHECKING:
    from mining.blueprint.model import Blueprint
    from mining.log import EventLog

__all__ = [
    "SOURCE", "Bound", "DayFirst", "LogFile", "check_used", "columns_of", "log_app", "no_binding_file", "reads_a_source", "said_of",
]  # fmt: skip

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
SOURCE: dict[str, Any] = {  # what of a source is read, and how it is written
    "sheet": Annotated[str | None, typer.Option(help="Sheet of an Excel file.", metavar="NAME")],
    "encoding": Annotated[str | None, typer.Option(help="Encoding of a CSV file, such as cp1252.", metavar="NAME")],
    "delimiter": Annotated[
        str | None, typer.Option(help="Delimiter of a CSV file: one character, or the word tab.", metavar="CHARACTER")
    ],
    "header": Annotated[
        int | None,
        typer.Option(help="Row of the sheet, or line of the CSV file, that names the columns, from 1.", metavar="ROW"),
    ],
    "table": Annotated[str | None, typer.Option(help="Table of a database.", metavar="NAME")],
    "query": Annotated[str | None, typer.Option(help="Select statement of a database.", metavar="SQL")],
    "order_by": Annotated[
        list[str] | None,
        typer.Option(help="Column that settles the order of the rows of a database; may be given several times.", metavar="COLUMN"),
    ],
    "object_type": Annotated[
        str | None, typer.Option(help="Type of object of an object-centric log that is the case.", metavar="NAME")
    ],
}  # fmt: skip
DayFirst = Annotated[bool | None, typer.Option("--day-first/--month-first", help="How 03/04/2024 is meant.")]


def reads_a_source(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of ``SOURCE``, which reach it as ``**part``, and say errors about them in the words of the options."""
    signature = inspect.signature(command, eval_str=True)
    own = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    more = [
        inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for key, option in SOURCE.items()
    ]

    @wraps(command)
    def run(**given: Any) -> None:
        try:
            command(**given)
        except LogError as error:
            raise _in_options(error, str(given["log"])) from error

    run.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in (*own, *more)} | {"return": None}
    return run


def _in_options(error: LogError, log: str) -> LogError:
    """The same message, with the options of the command line in place of the arguments of the library."""
    said = re.sub(
        r"columns=\{.*?\}\.?(?= |$)",
        f"mining log bind {quote(log)} -o binding.yaml, then --binding binding.yaml.",
        str(error),
    )
    said = re.sub(r"day_first=True or (?:day_first=)?False|day_first=\.\.\.", "--day-first or --month-first", said)
    for key in ("table", "sheet", "object_type"):
        said = re.sub(rf"\b{key}=('\.\.\.'|\.\.\.)", f"--{key.replace('_', '-')} NAME", said)
    said = re.sub(r"query='\.\.\.'|query=\.\.\.", "--query SQL", said)
    if "Read it again: read_log(" in said:
        said = said.split("Read it again: read_log(")[0] + "Convert the log again with that binding or option."
    if "there is no column" in said and "(bound as" in said:
        said += f" To bind the columns of this log: mining log bind {quote(log)} -o binding.yaml, then --binding binding.yaml"
    return LogError(said)


@log_app.command()
@reads_a_source
def describe(
    log: LogFile,
    binding: Bound = None,
    blueprint: Norm = None,
    day_first: DayFirst = None,
    lang: Lang = "en",
    **part: Any,
) -> None:
    """Say what a log holds: rows and what became of them, cases, span, activities, how lifecycle events were joined."""
    from mining.log.describe import description

    norm = _norm(blueprint)
    for line in description(_read(log, binding, norm, part, day_first), norm, lang, most=MOST_LABELS):
        typer.echo(line)


@log_app.command()
@reads_a_source
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
    day_first: DayFirst = None,
    lang: Lang = "en",
    **part: Any,
) -> None:
    """List what is wrong with a log and what it can distort. Exit status 0: nothing or notes, 1: warnings or errors, 2: cannot be read."""
    from mining.log.quality import SEVERITIES
    from mining.log.quality import quality as examine
    from mining.log.words import words

    norm = _norm(blueprint)
    moment = (now or datetime.now(UTC)).replace(tzinfo=UTC)
    found = examine(_read(log, binding, norm, part, day_first), norm, now=int(moment.timestamp()) * 1_000_000)
    for line in found.say(lang):
        typer.echo(line)
    counts = {severity: int((found.frame["severity"] == severity).sum()) for severity in SEVERITIES}
    typer.echo(words("quality.sum", lang, **counts) if len(found) else words("quality.none", lang))
    raise typer.Exit(1 if counts["error"] or counts["warning"] else 0)


@log_app.command()
@reads_a_source
def convert(
    log: LogFile,
    out: Annotated[Path, typer.Argument(help="File to write: .parquet.", metavar="OUT")],
    binding: Bound = None,
    blueprint: Norm = None,
    day_first: DayFirst = None,
    memory: Annotated[
        str | None,
        typer.Option(help="Sort on disk with at most so much memory, such as 2GB, if the file is larger.", metavar="SIZE"),
    ] = None,
    spill: Annotated[
        Path | None, typer.Option(help="Folder for what does not fit into memory, with --memory.", metavar="DIR")
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace the file to write if it is there.")] = False,
    **part: Any,
) -> None:  # fmt: skip
    """Write the log sorted and encoded as one Parquet file, which is read quickly and in pieces."""
    from mining.log.ingest import ingest
    from mining.log.store import write_store

    inputs = [path for path in (Path(log), binding, blueprint) if path is not None and path.exists()]
    if out.exists() and any(out.samefile(path) for path in inputs):
        raise LogError(f"{out} is an input and would be overwritten. Write to another name.")
    check_target(out, force)
    if spill is not None and memory is None:
        raise LogError("--spill goes with --memory: without a limit nothing is put on disk.")
    norm = _norm(blueprint)
    if memory is None:
        typer.echo(str(write_store(_read(log, binding, norm, part, day_first), out)))
        return
    columns = columns_of(binding, norm, part, undecided="keep")
    typer.echo(str(ingest(log, out, columns=columns, day_first=day_first, memory=memory, spill=spill)))


@log_app.command()
@reads_a_source
def bind(
    log: LogFile,
    blueprint: Norm = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Binding file to write; without it, to standard output.", metavar="OUT"),
    ] = None,
    binding: Annotated[
        Path | None, typer.Option("--binding", help="Older binding file, whose decisions are kept.", metavar="FILE")
    ] = None,
    lang: Lang = "en",
    **part: Any,
) -> None:
    """Propose which column is what and which label means which activity. Exit status 0: nothing is open, 1: something is."""
    from mining.log.bind import propose
    from mining.log.binding_file import read_decided
    from mining.log.header import look_below
    from mining.log.source import read_source
    from mining.log.words import words

    norm = _norm(blueprint)
    old = read_decided(binding) if binding else None
    said = reading(norm.binding if norm else None) | reading(old[0] if old else None) | said_of(part)
    source = read_source(log, **said)
    check_used(source, part)
    proposal = propose(source, norm, lang, old=old, said=said)
    if further := look_below(source):
        typer.echo(further.strip(), err=True)
    if out is None:
        typer.echo(proposal.to_yaml(lang), nl=False)
    else:
        proposal.write(out, lang)
        if proposal.pairs:
            typer.echo(proposal.coverage(lang))
    n = len(proposal.open)
    key = ("bind.left" if n else "bind.done") + ("_out" if out is None else "")
    typer.echo(words(key, lang, n=n, file=out), err=out is None)
    raise typer.Exit(1 if n else 0)


def _norm(path: Path | None) -> Blueprint | None:
    from mining.blueprint import read_blueprint

    if path is None:
        return None
    no_binding_file([path])
    return read_blueprint(path)


def _read(
    log: str, binding: Path | None, norm: Blueprint | None, part: dict[str, Any], day_first: bool | None
) -> EventLog:
    """The log as it is bound; labels that are still open count as such."""
    from mining.log import read_log

    events = read_log(log, columns=columns_of(binding, norm, part, undecided="keep"), day_first=day_first)
    check_used(events.source, part)
    return events
