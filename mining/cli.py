"""The command line: ``mining audit``, ``discover``, ``improve``, ``watch``, ``simulate``, ``blueprint ...``, ``log ...``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

from mining.cli_blueprint import blueprint_app
from mining.cli_discover import discover
from mining.cli_improve import improve
from mining.cli_log import Bound, DayFirst, LogFile, check_used, columns_of, log_app, no_binding_file, reads_a_source
from mining.cli_progress import Progress
from mining.cli_watch import watch
from mining.errors import MiningError

if TYPE_CHECKING:
    from mining.study import Study

app = typer.Typer(
    help="Service process mining: the actual service against its blueprint.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(blueprint_app, name="blueprint")
app.add_typer(log_app, name="log")
app.command()(discover)
app.command()(improve)
app.command()(watch)

BAD_INPUT = 2
BlueprintFiles = Annotated[
    list[Path],
    typer.Option(
        "--blueprint", "-b", metavar="FILE",
        help="Blueprint of the service (YAML). Give it once for each version: every case is judged by the one in force when it began.",
    ),
]  # fmt: skip


def _say_version(wanted: bool) -> None:
    if wanted:
        from mining import __version__

        typer.echo(f"service-mining {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and leave.")
    ] = False,
) -> None:
    pass


@app.command()
@reads_a_source
def audit(
    log: LogFile,
    blueprint: BlueprintFiles,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the audit file.", metavar="DIR")],
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language of the report.")] = "en",
    open_cases: Annotated[
        Literal["pending", "judge"],
        typer.Option(help="pending: a case without an end is still running. judge: every case counts as ended."),
    ] = "pending",
    roster: Annotated[
        Path | None,
        typer.Option(
            help="Staff table (CSV or Excel): resource, role, and where there are any team, valid_from, valid_to.",
            metavar="FILE",
        ),
    ] = None,
    draft_ok: Annotated[bool, typer.Option("--draft-ok", help="Allow a blueprint that is not approved.")] = False,
    binding: Bound = None,
    day_first: DayFirst = None,
    **part: Any,
) -> None:
    """Check a log against a blueprint and write report, workpapers, findings, verdicts, deviations and manifest."""
    from mining.audit_file import audit as run
    from mining.audit_file import audit_versions
    from mining.blueprint import read_blueprint
    from mining.blueprint.versions import read_versions
    from mining.log import read_log
    from mining.log.roster import read_roster
    from mining.texts import say

    progress = Progress()
    no_binding_file(blueprint)
    progress("reading the blueprint")
    versions = None if len(blueprint) == 1 else read_versions(blueprint)
    norm = read_blueprint(blueprint[0]) if versions is None else versions.periods[-1].blueprint
    progress("reading the log")
    events = read_log(log, columns=columns_of(binding, norm, part), day_first=day_first)
    check_used(events.source, part)
    staff = None if roster is None else read_roster(roster)
    settings: dict[str, Any] = {
        "lang": lang, "open_cases": open_cases, "roster": staff, "draft_ok": draft_ok, "progress": progress,
    }  # fmt: skip
    if versions is None:
        made = {norm.version: run(events, norm, out, **settings)}
    else:
        made, found = audit_versions(events, versions, out, **settings)
        progress.done()
        typer.echo(repr(found))
    progress.done()
    for audited in made.values():
        for line in _headlines(audited.study, lang):
            typer.echo(line)
        typer.echo(say("cli.report", lang, path=audited.report, seconds=f"{progress.total():.1f}"))


def _headlines(study: Study, lang: str) -> list[str]:
    """The result in a few lines."""
    from mining.texts import say

    ranked = study.findings().open()
    counts = {p: int((ranked["priority"] == p).sum()) for p in ("H", "M", "L")}
    lines = [*_path_headlines(study, lang), say("cli.findings", lang, n=len(ranked), **counts)]
    titles = ranked["title_zh" if lang == "zh" else "title_en"]
    for row, title in zip(ranked.head(3).itertuples(), titles, strict=False):
        lines.append(f"  {row.rank}. [{row.priority}] {title} ({row.n_net:,} / {row.n_judged:,})")
    return lines


def _path_headlines(study: Study, lang: str) -> list[str]:
    """Cases, and how many keep the path: one line for a flow that binds, else one per path check, each with what it asks."""
    from mining.texts import check_text, say

    numbers = {"cases": f"{study.instances.n_cases:,}", "open": f"{int((~study.has_end).sum()):,}"}
    readings, summary = [result.reading for result in study.path_results], study.summary()
    rows = [(x.id, summary.row(x.id)) for x in readings]
    if len(rows) == 1 and readings[0].strict:
        path = rows[0][1]
        return [say("cli.cases", lang, **numbers, fit=f"{int(path['pass']):,}", judged=f"{int(path['judged']):,}")]
    return [
        say("cli.case_count", lang, **numbers),
        *(
            say("cli.path", lang, check=check, k=f"{row['pass']:,}", n=f"{row['judged']:,}",
                text=check_text(study.blueprint, check, lang))
            for check, row in rows
        ),
    ]  # fmt: skip


@app.command()
def simulate(
    blueprint: Annotated[Path, typer.Argument(help="Blueprint of the service (YAML).", metavar="BLUEPRINT")],
    cases: Annotated[int, typer.Option(min=1, help="Number of cases.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for log.csv, truth.csv and survey.csv.", metavar="DIR")
    ],
    seed: Annotated[int, typer.Option(help="Same seed, same files.")] = 1,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="KIND:PLACE=AMOUNT, such as missing:approve=0.02 (share of the cases), late:S1=40 (number of cases) or, two in one case, "
            "missing:approve+late:S1=5."
        ),
    ] = None,
) -> None:
    """Play a blueprint out into an event log, with known faults and the truth about them beside it."""
    from mining.blueprint import read_blueprint
    from mining.simulation import Fault
    from mining.simulation import simulate as play

    simulation = play(
        read_blueprint(blueprint), cases=cases, seed=seed, faults=[Fault.parse(text) for text in fault or []]
    )
    simulation.write(out)
    typer.echo(f"{cases:,} cases, {simulation.truth['case_id'].nunique():,} of them with a fault: {out}")


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line: a user's mistake is one message and exit status 2, never a traceback."""
    try:
        app(arguments)
    except MiningError as error:
        typer.echo(f"\nmining: {error}", err=True)
        sys.exit(BAD_INPUT)
    sys.exit(0)
