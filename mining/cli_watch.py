"""The command line for a service that runs: ``mining watch``."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mining.cli_log import DayFirst, no_binding_file
from mining.errors import MiningError

if TYPE_CHECKING:
    from mining.monitor.watching import Round, Watcher


def watch(
    log: Annotated[Path, typer.Argument(help="CSV file to which events are added.", metavar="FILE")],
    blueprint: Annotated[Path, typer.Option("--blueprint", "-b", help="Blueprint of the service (YAML).", metavar="FILE")],
    state: Annotated[
        Path | None,
        typer.Option(help="File that keeps rows, alerts and the place in the log; a watch with it goes on there.", metavar="FILE"),
    ] = None,
    alerts: Annotated[
        str | None, typer.Option(help="CSV file to which alerts are added, each once; - for standard output.", metavar="OUT")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Read to the end of the file and leave.")] = False,
    every: Annotated[str, typer.Option(help="How long to wait between two looks at the file, such as 2s or 1min.")] = "2s",
    horizon: Annotated[
        str | None, typer.Option(help="Tell of a deadline so long before it, such as 4h.", metavar="LENGTH")
    ] = None,
    clock: Annotated[
        Literal["log", "machine"],
        typer.Option(help="log: it is as late as the last event says. machine: as late as here; deadlines pass though no event comes."),
    ] = "log",
    binding: Annotated[
        Path | None, typer.Option("--binding", help="Binding file, from mining log bind.", metavar="FILE")
    ] = None,
    roster: Annotated[
        Path | None, typer.Option(help="Staff table (CSV or Excel): who has which role.", metavar="FILE")
    ] = None,
    day_first: DayFirst = None,
    lang: Annotated[Literal["en", "zh"], typer.Option(help="Language.")] = "en",
) -> None:  # fmt: skip
    """Watch the running cases of a service: what is broken, and what breaks next. Ctrl-C ends it; --state goes on after any end."""
    from mining.blueprint import read_blueprint
    from mining.log.binding_file import read_binding
    from mining.log.roster import read_roster
    from mining.monitor.watching import Watcher
    from mining.units import Duration

    pause = Duration.parse(every)
    if pause.in_business_time or pause.seconds <= 0:
        raise MiningError(f"--every {every}: write a time on the clock, such as 2s or 1min.")
    no_binding_file([blueprint])
    norm = read_blueprint(blueprint)
    watcher = Watcher(
        log, norm, binding=read_binding(binding) if binding else None, horizon=horizon,
        roster=read_roster(roster) if roster else None, day_first=day_first, state=state,
        alerts=None if alerts in (None, "-") else Path(str(alerts)), live=clock == "machine",
    )  # fmt: skip
    with closing(watcher), _stopping() as stop:
        _greet(watcher, state, lang)
        while not stop.asked:
            for each in watcher.rounds():
                _say(watcher, each, alerts == "-", once, lang)
                if stop.asked:
                    break
            if once:
                break
            stop.wait(pause.seconds)
        _account(watcher, lang)


class _Stop:
    """Whether an end was asked for. No lock: a handler of signals that waits for one held by what it interrupted waits for ever."""

    asked = False

    def wait(self, seconds: float) -> None:
        """Let time pass, until an end is asked for."""
        until = monotonic() + seconds
        while not self.asked and (left := until - monotonic()) > 0:
            sleep(min(left, 0.2))


@contextmanager
def _stopping() -> Iterator[_Stop]:
    """Ctrl-C or an order to end is remembered, so that a round is not cut in two; a second one ends at once."""
    stop = _Stop()

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _greet(watcher: Watcher, state: Path | None, lang: str) -> None:
    from mining.texts import say

    saved = watcher.monitor.saved
    if saved and watcher.monitor.n_rows:
        kept = {"rows": f"{watcher.monitor.n_rows:,}", "alerts": f"{saved.n_alerts:,}"}
        typer.echo(say("monitor.resumed", lang, state=state, **kept), err=True)


def _say(watcher: Watcher, found: Round, to_output: bool, always: bool, lang: str) -> None:
    """Alerts, to standard output if asked for, and a line on the open cases if anything is new."""
    from mining.monitor.core import moment_of
    from mining.monitor.outfile import line_of
    from mining.monitor.wording import local
    from mining.texts import duration, say

    if to_output:
        for alert in watcher.monitor.told:
            typer.echo(line_of(alert), nl=False)
    if not (found.new_rows or len(found.alerts) or always):
        return
    monitor, counts = watcher.monitor, {key: f"{n:,}" for key, n in found.counts.items()}
    if monitor.now is None:
        typer.echo(say("monitor.waiting", lang), err=True)
        return
    key = "monitor.line" if monitor.horizon else "monitor.line_plain"
    now = local(moment_of(monitor.now), monitor.blueprint.tz)
    typer.echo(say(key, lang, now=now, horizon=duration(monitor.horizon, lang), **counts), err=True)


def _account(watcher: Watcher, lang: str) -> None:
    """What became of the rows, by reason."""
    from mining.monitor.wording import account

    if watcher.monitor.n_rows:
        typer.echo(account(watcher.monitor.lineage, lang), err=True)
