"""The command line: ``mining audit``, ``verify``, ``followup``, ``discover``, ``improve``, ``watch``, ``blueprint ...``, ``log ...``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from mining.cli_audit import audit, engagement_app
from mining.cli_blueprint import blueprint_app
from mining.cli_discover import discover
from mining.cli_evidence import followup_command, verify_command
from mining.cli_improve import improve
from mining.cli_log import log_app
from mining.cli_notebooks import notebooks
from mining.cli_privacy import key_app, pseudonyms
from mining.cli_watch import watch
from mining.errors import MiningError

app = typer.Typer(
    help="Service process mining: the actual service against its blueprint.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(blueprint_app, name="blueprint")
app.add_typer(log_app, name="log")
app.add_typer(engagement_app, name="engagement")
app.command()(audit)
app.command()(discover)
app.add_typer(key_app, name="key")
app.command("verify")(verify_command)
app.command("followup")(followup_command)
app.command()(pseudonyms)
app.command()(improve)
app.command()(notebooks)
app.command()(watch)

BAD_INPUT = 2


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
