"""The command line for notebooks: ``mining notebooks``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from mining.cli_log import Bound, no_binding_file
from mining.cli_progress import Progress
from mining.errors import MiningError

NUMBERS = re.compile(r"\d+")
INTERRUPTED = 130  # as a shell says it of a command that Ctrl-C ended
SIDE = {
    "survey": "Answers of customers",
    "mystery": "Mystery shopping and inspections",
    "incidents": "Interviews and complaints",
    "needs": "Needs of customers",
    "costs": "Costs of steps, with --set CURRENCY=EUR",
    "actions": "The plan so far",
    "roster": "Staff table",
    "engagement": "Settings of an audit",
}


def _side(name: str) -> Any:
    return typer.Option(f"--{name}", help=f"{SIDE[name]}.", metavar="FILE")


def notebooks(
    log: Annotated[str, typer.Argument(help="Event log, of any kind that mining audit reads.", metavar="LOG")],
    blueprint: Annotated[
        Path, typer.Option("--blueprint", "-b", metavar="FILE", help="Blueprint of the service (YAML).")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the notebooks and their pages.", metavar="DIR")],
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language of the notebooks.")] = "en",
    only: Annotated[
        list[str] | None,
        typer.Option(help="Number or name of a notebook, such as 03; again for others.", metavar="NAME"),
    ] = None,
    survey: Annotated[Path | None, _side("survey")] = None,
    mystery: Annotated[Path | None, _side("mystery")] = None,
    incidents: Annotated[Path | None, _side("incidents")] = None,
    needs: Annotated[Path | None, _side("needs")] = None,
    costs: Annotated[Path | None, _side("costs")] = None,
    actions: Annotated[Path | None, _side("actions")] = None,
    engagement: Annotated[Path | None, _side("engagement")] = None,
    roster: Annotated[Path | None, _side("roster")] = None,
    binding: Bound = None,
    open_cases: Annotated[
        Literal["pending", "judge"],
        typer.Option(help="pending: a case without an end is still running. judge: every case counts as ended."),
    ] = "pending",
    values: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another line of the parameters cell; again for others.", metavar="NAME=VALUE"),
    ] = None,
    execute: Annotated[
        bool, typer.Option("--run/--no-run", help="Run them and make their pages, or only write them to work in.")
    ] = True,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace notebooks that were changed since they were written.")
    ] = False,
    timeout: Annotated[int | None, typer.Option(help="Seconds that one cell may take.", min=1)] = None,
) -> None:
    """Write the notebooks for a log, run them, and make a page of each. Exit status 1: a cell failed; the rest has run all the same."""
    from mining.notebooks.folder import INDEX, run_notebooks
    from mining.texts import say

    no_binding_file([blueprint])
    paths = {
        "SURVEY": survey, "MYSTERY": mystery, "INCIDENTS": incidents, "NEEDS": needs, "COSTS": costs, "ACTIONS": actions,
        "ENGAGEMENT": engagement, "ROSTER": roster, "BINDING": binding,
    }  # fmt: skip
    parameters = {name: path for name, path in paths.items() if path is not None} | {"OPEN_CASES": open_cases}
    progress = _OneLine()
    try:
        ran = run_notebooks(
            log, blueprint, out, lang=lang, only=only or (), parameters=_set(values or [], parameters), execute=execute,
            overwrite=overwrite, timeout=timeout, progress=progress,
        )  # fmt: skip
    except KeyboardInterrupt:
        progress.done()
        typer.echo("\n" + say("notebooks.interrupted", lang, folder=out), err=True)
        raise typer.Exit(INTERRUPTED) from None
    progress.done()
    failures = [(one.name, failure) for one in ran for failure in one.failures]
    for name, failure in failures:
        told = {"name": name, "cell": failure.cell, "error": failure.error, "message": _plain(failure.message)}
        typer.echo(say("notebooks.cell_failed", lang, **told), err=True)
    first = out / (INDEX if execute else f"{ran[0].name}.ipynb")
    typer.echo(say("notebooks.written", lang, n=len(ran), folder=out, first=first))
    raise typer.Exit(1 if failures else 0)


class _OneLine(Progress):
    """Steps of one notebook are one step, counted on."""

    def __call__(self, step: str) -> None:
        """Go on to a step; a cell of the same notebook is none of its own."""
        if NUMBERS.sub("", self.step) == NUMBERS.sub("", step):
            self.step = step
            self.say()
        else:
            super().__call__(step)


def _plain(text: str) -> str:
    """A message without what would steer the terminal."""
    return "".join(x if x.isprintable() or x == "\n" else repr(x)[1:-1] for x in text)


def _set(lines: list[str], said: dict[str, Any]) -> dict[str, Any]:
    """``NAME=VALUE`` as values, with those of the options; numbers, true, false and null are what they look like, all else is text."""
    found = dict(said)
    for line in lines:
        name, equals, text = line.partition("=")
        if not equals or not name.isidentifier():
            raise MiningError(f"--set {line!r}: write NAME=VALUE, as in START=2026-03-16.")
        if name in found:
            raise MiningError(f"--set {line!r}: {name} is said already, by an option or another --set. Say it once.")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found
