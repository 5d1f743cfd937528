"""The command line on evidence: ``mining verify``, and ``mining followup``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from mining.cli_log import Bound, DayFirst, LogFile, reads_a_source
from mining.cli_privacy import KeyFile
from mining.cli_progress import Progress

DIFFERENT = 1  # exit status
SHORT = 12  # digits of a hash that are shown
Lang = Annotated[Literal["en", "zh"], typer.Option(help="Language.")]


def verify_command(
    folder: Annotated[Path, typer.Argument(help="Folder that mining audit or mining followup wrote.", metavar="DIR")],
    inputs: Annotated[
        Path | None,
        typer.Option(
            "--inputs", help="Folder in which inputs lie that are no longer where they were.", metavar="FOLDER"
        ),
    ] = None,
    key: KeyFile = None,
    no_recompute: Annotated[
        bool, typer.Option("--no-recompute", help="Only compare hashes; what the files say is then not proved.")
    ] = False,
    allow_database: Annotated[
        bool,
        typer.Option(
            "--allow-database",
            help="Connect to the database whose address the manifest names. Look at the address first.",
        ),
    ] = False,
    lang: Lang = "en",
) -> None:
    """Hash every file, make the audit again from its inputs, and name what differs. Exit status 0: all is the same, 1: something is not."""
    from mining.texts import say
    from mining.verify import SAME, verify

    progress = Progress()
    found = verify(
        folder, look_in=inputs, key=key, recompute=not no_recompute, allow_database=allow_database, lang=lang, progress=progress
    )  # fmt: skip
    progress.done()
    rows = found.frame.to_dict("records")
    for what in dict.fromkeys(row["what"] for row in rows):
        mine = [row for row in rows if row["what"] == what]
        kind, same = say(f"evidence.what_{what}", lang), say("evidence.status_same", lang)
        typer.echo(f"{kind}: {sum(row['status'] == SAME for row in mine)} / {len(mine)} {same}")
        for row in mine:
            if row["status"] != SAME or row["note"]:
                status = say(f"evidence.status_{row['status']}", lang)
                typer.echo(f"  {row['name']}: {status}{_hashes(row)}")
                typer.echo(f"    {row['note']}")
    typer.echo(found.sentence(lang))
    if not found.ok:
        raise typer.Exit(DIFFERENT)


def _hashes(row: dict[str, Any]) -> str:
    """The beginnings of two hashes that differ."""
    if not row["expected"] or not row["found"] or row["expected"] == row["found"]:
        return ""
    return f" ({row['expected'][:SHORT]} → {row['found'][:SHORT]})"


@reads_a_source
def followup_command(
    earlier: Annotated[Path, typer.Argument(help="Folder of the earlier audit.", metavar="OLD_DIR")],
    log: LogFile,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for page, tables and manifest.", metavar="DIR")],
    blueprint: Annotated[
        Path | None,
        typer.Option(
            "--blueprint",
            "-b",
            help="Blueprint of the service (YAML). Default: that of the earlier audit.",
            metavar="FILE",
        ),
    ] = None,
    lang: Lang = "en",
    open_cases: Annotated[
        Literal["pending", "judge"] | None, typer.Option(help="As in mining audit. Default: as in the earlier audit.")
    ] = None,
    roster: Annotated[
        Path | None, typer.Option(help="Staff table. Default: that of the earlier audit.", metavar="FILE")
    ] = None,
    key: KeyFile = None,
    binding: Bound = None,
    day_first: DayFirst = None,
    **part: Any,
) -> None:
    """Measure the findings of an earlier audit again on another log: resolved, improved, unchanged, worse, or new."""
    from mining.followup_file import followup
    from mining.privacy import key_for
    from mining.record.earlier import verdict_word
    from mining.texts import say

    progress = Progress()
    asked = {name: value for name, value in part.items() if value not in (None, [])}
    made = followup(
        earlier, log, out, blueprint=blueprint, lang=lang, key=None if key is None else key_for(key, "", out), progress=progress,
        open_cases=open_cases, roster=roster, binding=binding, day_first=day_first, part=asked or None,
    )  # fmt: skip
    progress.done()
    typer.echo(made.remeasured.sentence(lang))
    for row in made.remeasured.frame.to_dict("records"):
        verdict = verdict_word(row, lang)
        typer.echo(f"  {row['finding_id']} {verdict}: {row['title_zh' if lang == 'zh' else 'title_en']}{_counts(row)}")
    typer.echo(say("earlier.report", lang, path=made.page, seconds=f"{progress.total():.1f}"))


def _counts(row: dict[str, Any]) -> str:
    then = f" ({row['n_before']:,} / {row['judged_before']:,}"
    return then + (")" if row["verdict"] == "not_comparable" else f" → {row['n_now']:,} / {row['judged_now']:,})")
