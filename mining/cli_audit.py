"""The command line of the main job: ``mining audit``, and ``mining engagement new``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mining.cli_log import Bound, DayFirst, LogFile, reads_a_source
from mining.cli_privacy import ClearNames, KeyFile
from mining.cli_progress import Progress
from mining.errors import MiningError

if TYPE_CHECKING:
    from mining.audit_file import Audit
    from mining.record import Record
    from mining.study import Study

engagement_app = typer.Typer(help="Settings of an audit.", no_args_is_help=True, rich_markup_mode=None)
MOST_TYPED = 5  # typed numbers that are named
QUOTING = ("conclusion", "opinion")  # texts that both files of people may hold

BlueprintFiles = Annotated[
    list[Path],
    typer.Option(
        "--blueprint", "-b", metavar="FILE",
        help="Blueprint of the service (YAML). Give it once for each version: every case is judged by the one in force when it began.",
    ),
]  # fmt: skip


def _file(name: str, what: str) -> Any:
    return typer.Option(f"--{name}", help=what, metavar="FILE")


@reads_a_source
def audit(
    log: LogFile,
    blueprint: BlueprintFiles,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the audit file.", metavar="DIR")],
    engagement: Annotated[
        Path | None,
        _file("engagement", "Settings: who audits what for whom, side tables, sampling (mining engagement new)."),
    ] = None,
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language of the documents.")] = "en",
    format: Annotated[
        list[str] | None,
        typer.Option(
            help="Document to write: html, docx, pdf, pptx or xlsx; again for others. Default: all.", metavar="FORMAT"
        ),
    ] = None,
    template: Annotated[
        Path | None, _file("template", "Word file whose styles, header and footer the report takes on.")
    ] = None,
    open_cases: Annotated[
        Literal["pending", "judge"],
        typer.Option(help="pending: a case without an end is still running. judge: every case counts as ended."),
    ] = "pending",
    roster: Annotated[
        Path | None,
        _file(
            "roster", "Staff table (CSV or Excel): resource, role, and where there are any team, valid_from, valid_to."
        ),
    ] = None,
    earlier: Annotated[
        Path | None, typer.Option(help="Folder of an earlier audit, whose findings are measured again.", metavar="DIR")
    ] = None,
    draft_ok: Annotated[bool, typer.Option("--draft-ok", help="Allow a blueprint that is not approved.")] = False,
    key: KeyFile = None,
    clear_names: ClearNames = False,
    binding: Bound = None,
    day_first: DayFirst = None,
    **part: Any,
) -> None:
    """Check a log against a blueprint and write the audit file: report, workpapers, slides, record, evidence."""
    from mining.audit_file import audit_loaded, audit_versions, check_settings, peoples
    from mining.given import Given
    from mining.privacy import key_for

    progress = Progress()
    given = Given(
        log, tuple(blueprint), engagement=engagement, binding=binding, roster=roster, template=template, earlier=earlier,
        part=part, day_first=day_first, lang=lang, open_cases=open_cases, draft_ok=draft_ok, clear_names=clear_names,
        formats=tuple(format or ()),
    )  # fmt: skip
    check_settings(given)
    several = len(blueprint) > 1
    loaded = (given if several else peoples(given, out)).loaded(progress)
    secret = None if clear_names else key_for(key, loaded.blueprint.id, out)
    if several:
        made, found = audit_versions(loaded, out, key=secret, progress=progress)
        progress.done()
        typer.echo(repr(found))
    else:
        made = {loaded.blueprint.version: audit_loaded(loaded, out, key=secret, progress=progress)}
    progress.done()
    for audited in made.values():
        for line in _said(audited, lang, f"{progress.total():.1f}"):
            typer.echo(line)


def _said(made: Audit, lang: str, seconds: str) -> list[str]:
    """The result in a few lines, and what people have to see to."""
    from mining.texts import say

    record = made.record
    lines = [*_headlines(made.study, record, lang), record.rating.sentence(lang)]
    if made.taken_in:
        lines.append(say("cli.taken_in", lang, n=made.taken_in))
    if missing := record.narrative.missing([x.finding_id for x in record.ranked]):
        lines.append(
            say("cli.unwritten", lang, n=len(missing), of=len(record.ranked), file=made.folder / "narrative.yaml")
        )
    if record.orphans:
        lines.append(say("cli.orphans", lang, n=len(record.orphans), ids=", ".join(record.orphans)))
        if not any(record.narrative.of(x.finding_id) for x in record.findings):
            lines.append(say("told.other", lang, file=record.narrative.path))
    lines += [remark.say(lang) for remark in record.plan_remarks]
    if typed := record.typed_numbers:
        where = "; ".join(f"{x.where}: {x.number}" for x in typed[:MOST_TYPED])
        lines.append(say("cli.typed", lang, n=len(typed), where=where))
    lines += _said_twice(record, lang)
    if record.engagement.status == "final" and record.engagement.gaps:
        lines.append(say("cli.gaps", lang, keys=", ".join(record.engagement.gaps)))
    return [*lines, say("cli.report", lang, path=made.report, seconds=seconds)]


def _said_twice(record: Record, lang: str) -> list[str]:
    """Texts of the whole that stand in both files of people: which of them is printed."""
    from mining.texts import say

    here, there = record.narrative, record.engagement
    printed = QUOTING if record.rating.given else QUOTING[:1]
    twice = [x for x in printed if getattr(here, x) and getattr(there, x) and getattr(here, x) != getattr(there, x)]
    return [say("told.twice", lang, text=x, printed=Path(here.path).name, other=Path(there.path).name) for x in twice]


def _headlines(study: Study, record: Any, lang: str) -> list[str]:
    """Paths, and the findings that rank first."""
    from mining.texts import say

    n = record.totals
    counts = {p: n[f"findings_{p}"] for p in ("H", "M", "L")}
    lines = [*_path_headlines(study, lang), say("cli.findings", lang, n=n["findings"], **counts)]
    return lines + [
        f"  {x.number}. [{x.priority}] {x.title[lang]} ({x.condition['n_net']:,} / {x.condition['n_judged']:,})"
        for x in record.ranked[:3]
    ]


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


@engagement_app.command("new")
def new_engagement(
    out: Annotated[Path, typer.Argument(help="File to write.", metavar="FILE")],
    blueprint: Annotated[
        Path, typer.Option("--blueprint", "-b", metavar="FILE", help="Blueprint of the service (YAML).")
    ],
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language of the remarks in it.")] = "en",
) -> None:
    """Write a file of settings with every key and what it is for, to be filled in."""
    from mining.blueprint import read_blueprint
    from mining.record import draft_engagement

    if out.exists():
        raise MiningError(f"{out} is there already, and people may have written in it. Name another file.")
    text = draft_engagement(read_blueprint(blueprint), lang)
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise MiningError(f"{out}: cannot write there ({error.strerror}).") from None
    typer.echo(str(out))
