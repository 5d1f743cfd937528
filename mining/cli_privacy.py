"""The command line on persons: ``mining key ...``, ``mining pseudonyms``, and the options of commands that write out cases."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mining.cli_log import Bound, DayFirst, LogFile, check_used, columns_of, no_binding_file, reads_a_source
from mining.errors import MiningError

if TYPE_CHECKING:
    from mining.blueprint.model import Blueprint
    from mining.log import EventLog
    from mining.log.roster import Roster
    from mining.privacy import Privacy, Pseudonymised

key_app = typer.Typer(
    help="Work with the key of an engagement, from which pseudonyms are made.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="Key of the engagement, from mining key new. Else the environment variable MINING_KEY, else one of your own that is made at "
        "first use.",
    ),
]
ClearNames = Annotated[
    bool,
    typer.Option("--clear-names", help="Write cases, customers and resources as they are called, without pseudonyms."),
]
Disclose = Annotated[
    list[str] | None,
    typer.Option(help="Attribute whose values may be written out; again for others.", metavar="ATTRIBUTE"),
]
Purpose = Annotated[str | None, typer.Option(help="What the data are processed for; stands in what is written.")]
Customer = Annotated[
    str | None,
    typer.Option(help="Attribute that names the customer: pseudonyms stand in its place.", metavar="ATTRIBUTE"),
]


def without_names(
    log: EventLog,
    blueprint: Blueprint | None,
    out: Path,
    *,
    key: Path | None,
    clear_names: bool,
    lang: str,
    engagement: str | None = None,
    customer: str | None = None,
    roster: Roster | None = None,
    tables: Mapping[str, Any] | None = None,
    disclose: Collection[str] | None = None,
    purpose: str | None = None,
) -> tuple[Pseudonymised, Privacy]:
    """What a command reads, with pseudonyms unless clear names were asked for; says which key was used, or that none was.

    Parameters
    ----------
    log : EventLog
    blueprint : Blueprint or None
    out : Path
        Folder that is to be written: no key may lie in it.
    key, clear_names, disclose, purpose
        The options of this module.
    lang : {"en", "zh"}
    engagement : str, optional
        By which a key of the user's own is found again. None: the id of the blueprint, else the name of the log.
    customer, roster, tables
        As in :func:`mining.privacy.pseudonymised`.

    Raises
    ------
    MiningError
        If both a key and clear names are asked for; or as :func:`mining.privacy.key_for` and :func:`mining.privacy.pseudonymised`.
    """
    from mining.log.shown import only_showing
    from mining.privacy import (
        Privacy,
        Pseudonymised,
        Pseudonyms,
        disclosure_warnings,
        key_for,
        pseudonymised,
        shown_attributes,
    )
    from mining.privacy.key import VARIABLE, file_of
    from mining.texts import say

    listed = tuple(disclose or ())
    if clear_names and key is not None:
        raise MiningError("--key and --clear-names do not go together: without pseudonyms no key is used.")
    for warning in disclosure_warnings(log, listed, lang):
        typer.echo(warning, err=True)
    if clear_names:
        typer.echo(say("privacy.names_stand", lang), err=True)
        shown = listed if blueprint is None else shown_attributes(log, blueprint, listed)
        made = Pseudonymised(only_showing(log, shown), blueprint, roster, dict(tables or {}))
        return made, Privacy(pseudonyms=False, purpose=purpose or "", disclosed=shown)
    name = engagement or (blueprint.id if blueprint is not None else Path(log.source.path).stem)
    there = key is not None or VARIABLE in os.environ or file_of(name).exists()
    secret = key_for(key, name, out)
    made = pseudonymised(
        log, blueprint, Pseudonyms(secret), customer=customer, roster=roster, tables=tables, disclose=listed
    )
    told = "privacy.key_used" if there else "privacy.key_made"
    typer.echo(say(told, lang, fingerprint=secret.fingerprint, origin=secret.origin), err=True)
    shown = listed if made.blueprint is None else shown_attributes(made.log, made.blueprint, listed)
    return made, Privacy(fingerprint=secret.fingerprint, purpose=purpose or "", disclosed=shown)


@key_app.command("new")
def new(
    file: Annotated[Path, typer.Argument(help="File to write; it must not be there.", metavar="FILE")],
) -> None:
    """Make a key: a file that only you can read. Keep it out of what you hand over, and destroy it when the engagement is closed."""
    from mining.privacy import new_key

    made = new_key(file)
    typer.echo(f"{file}: {made.fingerprint}")


@key_app.command("show")
def show(file: Annotated[Path, typer.Argument(help="Key.", metavar="FILE")]) -> None:
    """Say the fingerprint of a key, by which it is known without being seen."""
    from mining.privacy import read_key

    typer.echo(read_key(file).fingerprint)


@reads_a_source
def pseudonyms(
    log: LogFile,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="CSV file to write; only you can read it. Not beside an audit file.", metavar="FILE"),
    ],
    blueprint: Annotated[
        Path | None, typer.Option("--blueprint", "-b", metavar="FILE", help="Blueprint of the service (YAML).")
    ] = None,
    key: KeyFile = None,
    customer: Customer = None,
    engagement: Annotated[
        str | None,
        typer.Option(help="Name by which a key of your own was made. Default: id of the blueprint, else name of the log."),
    ] = None,
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language.")] = "en",
    binding: Bound = None,
    day_first: DayFirst = None,
    **part: Any,
) -> None:  # fmt: skip
    """Write which pseudonym stands for which case, customer and resource: the way back, for whoever has the key."""
    from mining.blueprint import read_blueprint
    from mining.log import read_log
    from mining.privacy import Pseudonyms, key_for, own_folder, pseudonym_table, read_key, write_pseudonym_table
    from mining.privacy.key import VARIABLE, file_of
    from mining.texts import say

    norm = None
    if blueprint is not None:
        no_binding_file([blueprint])
        norm = read_blueprint(blueprint)
    events = read_log(log, columns=columns_of(binding, norm, part), day_first=day_first)
    check_used(events.source, part)
    if norm is not None and events.binding.origin == "recognised":
        events = events.bind(norm.binding)
    name = engagement or (norm.id if norm is not None else Path(events.source.path).stem)
    if key is None and VARIABLE not in os.environ and not file_of(name).exists():
        raise MiningError(
            f"there is no key of the name {name!r} in {own_folder()}, and a new one leads back to nothing. Give the key that was used "
            f"(--key FILE or {VARIABLE}), or the name that it was made with (--engagement)."
        )
    secret = read_key(key) if key is not None else key_for(None, name, out)
    table = pseudonym_table(events, Pseudonyms(secret), customer)
    write_pseudonym_table(table, out)
    typer.echo(say("privacy.wrote_table", lang, n=f"{len(table):,}", path=out))


__all__ = [
    "ClearNames",
    "Customer",
    "Disclose",
    "KeyFile",
    "Purpose",
    "key_app",
    "pseudonyms",
    "without_names",
]
