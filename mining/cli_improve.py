"""The command line on what to improve first: ``mining improve``."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mining.cli_log import Bound, DayFirst, LogFile, check_used, columns_of, no_binding_file, reads_a_source
from mining.cli_privacy import ClearNames, Disclose, KeyFile, without_names
from mining.cli_progress import Progress
from mining.errors import MiningError

if TYPE_CHECKING:
    from mining.priorities.worth import Worth

WORTH = re.compile(
    r"(?P<outcome>[^=]+?)\s*=\s*(?P<amount>\d+(?:\.\d+)?)\s*:\s*(?!apart$)(?P<currency>\w+)(?P<apart>:apart)?"
)


def _table(name: str, what: str) -> Any:
    return typer.Option(f"--{name}", help=f"{what} (CSV, Excel or Parquet).", metavar="FILE")


@reads_a_source
def improve(
    log: LogFile,
    blueprint: Annotated[
        Path, typer.Option("--blueprint", "-b", metavar="FILE", help="Blueprint of the service (YAML).")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the page, the tables and the plan.", metavar="DIR")
    ],
    survey: Annotated[
        Path | None, _table("survey", "Answers of customers: case_id, answered_at, item, score, ...")
    ] = None,
    mystery: Annotated[
        Path | None, _table("mystery", "Mystery shopping and inspections: visit_id, standard_id, result, ...")
    ] = None,
    incidents: Annotated[
        Path | None, _table("incidents", "Interviews and complaints: id, at, category, valence, ...")
    ] = None,
    needs: Annotated[Path | None, _table("needs", "Needs of customers: need_id, text, touchpoint, ...")] = None,
    costs: Annotated[
        Path | None, _table("costs", "Costs of steps: activity, cost_per_event, cost_per_hour, cost_kind")
    ] = None,
    actions: Annotated[Path | None, _table("actions", "The plan so far; it may be the actions.csv of DIR")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of the costs, such as EUR.")] = None,
    worth: Annotated[
        list[str] | None,
        typer.Option(
            help="What an outcome is worth: time=35:EUR (per hour), reopened=20:EUR (per case). Again for another one: cost=1:EUR:apart, "
            "where it counts no loss twice.",
            metavar="OUTCOME=AMOUNT:CURRENCY",
        ),
    ] = None,
    mandatory: Annotated[
        list[str] | None,
        typer.Option(help="Check that law, contract, safety or consent ask for; again for others.", metavar="CHECK"),
    ] = None,
    outcome: Annotated[
        list[str] | None,
        typer.Option(
            help="Attribute that is an outcome, and which way is worse: made_sla:-1, rework_euro:1.",
            metavar="ATTRIBUTE:WAY",
        ),
    ] = None,
    customer: Annotated[
        str | None,
        typer.Option(
            help="Attribute that names the customer: repeat contacts, answers without a case.", metavar="ATTRIBUTE"
        ),
    ] = None,
    ces_easy: Annotated[
        Literal["high", "low"] | None,
        typer.Option(help="Which end of the scale of effort (kind ces) means that it was easy: vendors differ."),
    ] = None,
    overall: Annotated[
        str | None,
        typer.Option(help="Item of the survey on satisfaction as a whole, where there are several.", metavar="ITEM"),
    ] = None,
    covariate: Annotated[
        list[str] | None,
        typer.Option(
            help="Attribute to adjust effects for; again for others. Default: all known at the first step.",
            metavar="ATTRIBUTE",
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(help="Attribute whose cases belong together, such as the customer.", metavar="ATTRIBUTE"),
    ] = None,
    bootstraps: Annotated[int, typer.Option(help="Samples of cases in which the ranking is made again.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of chance.")] = 0,
    simulate: Annotated[
        bool,
        typer.Option(
            "--what-if", help="Also simulate what would happen if the first findings were brought to their targets."
        ),
    ] = False,
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language of the page.")] = "en",
    open_cases: Annotated[
        Literal["pending", "judge"],
        typer.Option(help="pending: a case without an end is still running. judge: every case counts as ended."),
    ] = "pending",
    roster: Annotated[Path | None, _table("roster", "Staff table: resource, role, ...")] = None,
    key: KeyFile = None,
    clear_names: ClearNames = False,
    disclose: Disclose = None,
    binding: Bound = None,
    day_first: DayFirst = None,
    **part: Any,
) -> None:
    """Show what to improve first: what deviations cost, with intervals; causes; ranking; plan; and whether earlier actions helped."""
    from mining.blueprint import read_blueprint
    from mining.improvement_file import PLAN, write_improvement
    from mining.log import read_log
    from mining.log.roster import read_roster
    from mining.outcomes import read_costs
    from mining.plan import read_actions
    from mining.study import Study
    from mining.texts import say
    from mining.voice import read_incidents, read_mystery, read_needs, read_survey

    if (costs is None) != (currency is None):
        raise MiningError("--costs and --currency belong together: give both, or neither.")
    declared = [worth_of(text) for text in worth or ()]
    progress = Progress()
    no_binding_file([blueprint])
    progress("reading the blueprint")
    norm = read_blueprint(blueprint)
    zone = norm.tz
    progress("reading the tables")
    readers: dict[str, tuple[Path | None, Callable[[Path], Any]]] = {
        "survey": (survey, lambda path: read_survey(path, tz=zone, day_first=day_first)),
        "mystery": (mystery, lambda path: read_mystery(path, tz=zone, day_first=day_first)),
        "incidents": (incidents, lambda path: read_incidents(path, tz=zone, day_first=day_first)),
        "needs": (needs, read_needs),
        "costs": (costs, lambda path: read_costs(path, currency=str(currency))),
        "actions": (actions, read_actions),
        "roster": (roster, read_roster),
    }
    given = {name: None if path is None else read(path) for name, (path, read) in readers.items()}
    staff = given.pop("roster")
    progress("reading the log")
    events = read_log(log, columns=columns_of(binding, norm, part), day_first=day_first)
    check_used(events.source, part)
    made_of, privacy = without_names(
        events, norm, out, key=key, clear_names=clear_names, lang=lang, customer=customer, roster=staff, tables=given,
        disclose=disclose,
    )  # fmt: skip
    study = Study(made_of.log, made_of.blueprint or norm, open_cases=open_cases, roster=made_of.roster)
    found = study.improvement(
        **made_of.tables, disclosed=privacy.disclosed, worth=declared, mandatory=mandatory or (), attributes=outcome or (),
        customer=customer, ces_easy=ces_easy, overall=overall, covariates=covariate, cluster=cluster, bootstraps=bootstraps, seed=seed,
        simulate=simulate,
    )  # fmt: skip
    inputs = tuple(path for name, (path, _) in readers.items() if path is not None and name != "actions")
    made = write_improvement(found, out, lang=lang, inputs=inputs, plan=actions, progress=progress)
    progress.done()
    typer.echo(found.priorities.sentence(lang))
    typer.echo(say("improvement.plan_file", lang, path=made.folder / PLAN, n=len(found.plan)))
    seconds = f"{progress.total():.1f}"
    typer.echo(say("improvement.report", lang, path=made.folder / "improvement.html", seconds=seconds))


def worth_of(text: str) -> Worth:
    """What an outcome is worth, as the command line says it.

    Raises
    ------
    MiningError
        If the text is not of the form ``OUTCOME=AMOUNT:CURRENCY``.

    Examples
    --------
    >>> worth_of("time=35:EUR"), worth_of("cost=1:EUR:apart").apart
    (Worth(outcome='time', amount=35.0, currency='EUR', apart=False), True)
    """
    from mining.priorities import Worth

    match = WORTH.fullmatch(text.strip())
    if not match:
        raise MiningError(
            f"--worth {text!r}: write OUTCOME=AMOUNT:CURRENCY, as in time=35:EUR (an hour of a case is worth 35 EUR)."
        )
    return Worth(match["outcome"], float(match["amount"]), match["currency"], apart=bool(match["apart"]))
