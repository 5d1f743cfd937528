"""Watches a CSV file that grows: reads what was added, judges, keeps, tells; round after round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mining.binding import Binding
from mining.blueprint.model import Blueprint
from mining.conformance.instances import instances_of
from mining.errors import LogError, MiningError
from mining.log import EventLog
from mining.log.roster import Roster
from mining.log.table import SourceTable
from mining.monitor.core import Monitor
from mining.monitor.outfile import AlertFile, header, line_of, writing
from mining.monitor.tables import Alerts
from mining.monitor.tail import GrowingFile, Place
from mining.units import Duration

ENOUGH = 100  # rows of which the blueprint knows no label: a log of another service


@dataclass(frozen=True)
class Round:
    """What a round found: new rows, new alerts, and how the open cases stand."""

    new_rows: int
    alerts: Alerts
    counts: dict[str, int]


class Watcher:
    """A monitor on a file that grows.

    Parameters
    ----------
    path : str or Path
        A CSV file, see :class:`mining.monitor.tail.GrowingFile`.
    blueprint : Blueprint
    binding, horizon, roster, day_first
        As in :class:`mining.monitor.Monitor`.
    state : Path, optional
        File that is kept; the next watcher with it goes on after the last whole round, also after a kill.
    alerts : Path, optional
        CSV file to which alerts are added, each once. Without a state it must not be there yet.
    live : bool
        Time goes on by the clock of this machine, not only by the events.

    Raises
    ------
    MiningError, LogError
        If the state or the file of alerts belongs to something else, or the file cannot be watched.
    """

    def __init__(
        self, path: str | Path, blueprint: Blueprint, *, binding: Binding | None = None, horizon: str | Duration | None = None,
        roster: Roster | None = None, day_first: bool | None = None, state: Path | None = None, alerts: Path | None = None,
        live: bool = False,
    ) -> None:  # fmt: skip
        self.path, self.live = Path(path), live
        if not self.path.is_file():
            raise LogError(
                f"{self.path}: there is no such file. Watch a CSV file that is there, if only with the names of its columns."
            )
        for written, what in ((state, "state"), (alerts, "file of alerts")):
            if written is not None and written.exists() and written.samefile(self.path):
                raise MiningError(f"{written} is the log itself and cannot be the {what}. Name another file.")
        self.monitor = Monitor(
            blueprint, binding=binding, horizon=horizon, roster=roster, day_first=day_first, state=state
        )
        position = self.monitor.position
        if self.monitor.n_rows and not {"offset", "names"} <= set(position):
            self.monitor.close()
            raise MiningError(f"{state} holds rows that were not read from a file by a watch. Name another state.")
        self._file = GrowingFile(self.path, self.monitor.binding, Place.from_dict(position) if position else None)
        self._checked = False
        self._plain: Path | None = None
        self._out: AlertFile | None = None
        if alerts is not None and self.monitor.saved:
            self._out = AlertFile(alerts, self.monitor.saved)
        elif alerts is not None:
            if alerts.exists():
                raise MiningError(
                    f"{alerts} is there already. With a state (--state FILE) it would be continued; else name a new file."
                )
            with writing(alerts):
                alerts.write_bytes(header().encode())
            self._plain = alerts

    def rounds(self) -> Iterator[Round]:
        """Read to the present end of the file, some megabytes at a time; at least one round, also where nothing is new."""
        more = self._file.more()
        while True:
            yield self._round(more)
            if more is None or (more := self._file.more()) is None:
                return

    def _round(self, source: SourceTable | None) -> Round:
        monitor = self.monitor
        if source is not None:
            self._check(source)
            monitor.add_rows(source)
        if self.live:
            monitor.at(datetime.now(UTC))
        alerts = monitor.alerts()
        if monitor.saved and (source is not None or len(alerts)):
            monitor.commit(self._file.place.to_dict() if self._file.place else None)
        if self._out:
            self._out.add()
        elif self._plain:
            with writing(self._plain), self._plain.open("ab") as file:
                file.writelines(line_of(alert).encode() for alert in monitor.told)
        return Round(0 if source is None else source.table.num_rows, alerts, monitor.counts())

    def _check(self, source: SourceTable) -> None:
        """Of the first rows of a new stream: the blueprint knows at least one of their labels, as in a log; a few rows show nothing."""
        if not self._checked and not self.monitor.n_rows:
            try:
                log = EventLog.from_source(source, columns=self.monitor.binding)
            except LogError:
                return  # rows that cannot be used are counted; what keeps a stream from being read is said when it is read
            try:
                instances_of(log, self.monitor.blueprint)
            except LogError:
                if source.table.num_rows >= ENOUGH:
                    raise
                return
        self._checked = True

    def close(self) -> None:
        """Let go of the state."""
        self.monitor.close()
