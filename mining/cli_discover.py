"""The command line on what actually happens: ``mining discover``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from mining.cli_log import Bound, DayFirst, LogFile, check_used, columns_of, no_binding_file, reads_a_source
from mining.cli_privacy import ClearNames, Customer, Disclose, KeyFile, without_names
from mining.cli_progress import Progress


@reads_a_source
def discover(
    log: LogFile,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the page, map, models and tables.", metavar="DIR")
    ],
    blueprint: Annotated[
        Path | None,
        typer.Option("--blueprint", "-b", metavar="FILE", help="Blueprint to lay it on (YAML); may be a draft."),
    ] = None,
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language of the page.")] = "en",
    open_cases: Annotated[
        Literal["pending", "judge"],
        typer.Option(help="pending: a case without an end is still running. judge: every case counts as ended."),
    ] = "pending",
    key: KeyFile = None,
    clear_names: ClearNames = False,
    customer: Customer = None,
    disclose: Disclose = None,
    binding: Bound = None,
    day_first: DayFirst = None,
    **part: Any,
) -> None:
    """Show what actually happens: map, models and their quality; against a blueprint also what differs, times, waits, hand-overs."""
    from mining.as_is_file import write_as_is
    from mining.blueprint import read_blueprint
    from mining.log import read_log
    from mining.study import Study
    from mining.texts import say

    progress = Progress()
    norm = None
    if blueprint is not None:
        no_binding_file([blueprint])
        progress("reading the blueprint")
        norm = read_blueprint(blueprint)
    progress("reading the log")
    events = read_log(log, columns=columns_of(binding, norm, part), day_first=day_first)
    check_used(events.source, part)
    made_of, _ = without_names(
        events, norm, out, key=key, clear_names=clear_names, lang=lang, customer=customer, disclose=disclose
    )
    events, norm = made_of.log, made_of.blueprint
    source = events if norm is None else Study(events, norm, open_cases=open_cases)
    made = write_as_is(source, out, lang=lang, progress=progress)
    progress.done()
    for line in made.flow.summary(lang):
        typer.echo(line)
    if norm is not None:
        typer.echo(made.flow.comparison.sentence(lang))
        if (
            any(role.resources for role in norm.roles)
            and any(name.startswith("repaired") for name in made.files)
            and not clear_names
        ):
            typer.echo(say("privacy.repaired", lang))
    seconds = f"{progress.total():.1f}"
    typer.echo(say("cli.report", lang, path=made.folder / "as_is.html", seconds=seconds))
