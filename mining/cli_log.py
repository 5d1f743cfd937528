"""The command line for logs: describe, quality, convert, bind."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mining.blueprint.model import Blueprint
    from mining.log import EventLog

log_app = typer.Typer(help="Work with event logs.", no_args_is_help=True)

MOST_LABELS = 30  # labels that describe lists
LogFile = Annotated[Path, typer.Argument(help="Event log: CSV, XES, XES.gz, Parquet, Excel.", metavar="LOG")]
Norm = Annotated[
    Path | None, typer.Option("--blueprint", "-b", help="Blueprint of the service (YAML).", metavar="FILE")
]
Bound = Annotated[Path | None, typer.Option("--binding", help="Binding file, from mining log bind.", metavar="FILE")]
Lang = Annotated[str, typer.Option(help="Language: en or zh.")]


@log_app.command()
def describe(log: LogFile, binding: Bound = None, blueprint: Norm = None, lang: Lang = "en") -> None:
    """Say what a log holds: rows and what became of them, cases, span, activities, how lifecycle events were joined."""
    from mining.log.describe import description

    norm = _norm(blueprint)
    for line in description(_read(log, binding, norm), norm, lang, most=MOST_LABELS):
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
        ),
    ] = None,
    lang: Lang = "en",
) -> None:
    """List what is wrong with a log and what it can distort. Exit status 0: nothing or notes, 1: warnings or errors, 2: cannot be read."""
    from mining.log.quality import SEVERITIES
    from mining.log.quality import quality as examine
    from mining.log.words import words

    norm = _norm(blueprint)
    moment = (now or datetime.now(UTC)).replace(tzinfo=UTC)
    found = examine(_read(log, binding, norm), norm, now=int(moment.timestamp()) * 1_000_000)
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
) -> None:
    """Write the log sorted and encoded as one Parquet file, which is read quickly and in pieces."""
    from mining.log.store import write_store

    typer.echo(str(write_store(_read(log, binding, _norm(blueprint)), out)))


@log_app.command()
def bind(
    log: LogFile,
    blueprint: Norm = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Binding file to write; without it, to standard output.")
    ] = None,
    lang: Lang = "en",
) -> None:
    """Propose which column is what and which label means which activity. Exit status 0: nothing is open, 1: something is."""
    from mining.log.bind import propose
    from mining.log.source import read_source
    from mining.log.words import words

    proposal = propose(read_source(log), _norm(blueprint), lang)
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


def _read(log: Path, binding: Path | None, norm: Blueprint | None) -> EventLog:
    """The log with the columns of the binding file, else those of the blueprint, else those that are recognised."""
    from mining.log import read_log
    from mining.log.binding_file import read_binding

    if binding is not None:
        return read_log(log, columns=read_binding(binding, undecided="keep"))
    return read_log(log, columns=norm.binding if norm else None)
