"""The monitor: events in, verdicts, boards and alerts out; every case judged by the code that judges a log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa

from mining.binding import Binding
from mining.blueprint.model import Blueprint
from mining.conformance import verdicts as v
from mining.errors import LogError, MiningError, UnknownNameError
from mining.log.arrange import arrange
from mining.log.frames import source_from_frame
from mining.log.lineage import Lineage
from mining.log.roster import Roster
from mining.log.table import SourceTable
from mining.log.times import iso
from mining.monitor import boards
from mining.monitor.alerting import Alert, Alerting, frame_of
from mining.monitor.feed import Feed
from mining.monitor.saved import Saved
from mining.monitor.seen_paths import SeenPaths
from mining.monitor.standing import Judged, Standing, judge
from mining.monitor.tables import Alerts, Board, Faults
from mining.monitor.view import Seen, View
from mining.results import Provenance
from mining.tables import Verdicts
from mining.units import MICROSECONDS, MISSING, Duration

TOGETHER = 1_000_000  # rows of cases that are judged at a time
NO_CASES = np.empty(0, np.int64)
ROLES = ("start", "resource", "lifecycle")


class Monitor:
    """Watches the cases of a service while they run.

    Events are only kept when they come; the cases that something happened to, or whose deadline has passed, are judged together when
    the monitor is asked. The more events lie between two questions, the less each of them costs.

    Parameters
    ----------
    blueprint : Blueprint
    binding : Binding, optional
        Which column is what, where that is not as the blueprint says.
    horizon : str, Duration, optional
        How long before its deadline a check is said to break, such as ``"4h"``. None: never.
    roster : Roster, optional
        Who had which role when, as in :class:`mining.Study`.
    day_first : bool, optional
        How 03/04/2024 is meant.
    state : str or Path, optional
        File in which events, alerts and the place in their source are kept (made if it is not there). A monitor with the same file
        goes on where the last :meth:`commit` was.

    Raises
    ------
    MiningError
        If the horizon is no length of elapsed time, or the state is that of another blueprint, binding or staff table, or in use.

    Examples
    --------
    >>> import mining
    >>> from mining.monitor import Monitor
    >>> monitor = Monitor(mining.read_blueprint("sample_logs/permit_receipt/blueprint.yaml"), horizon="1d")
    >>> monitor.add(case="C1", activity="Confirm receipt", timestamp="2026-03-02T10:00:00+01:00", resource="clerk-01")
    >>> monitor.board().frame[["next_check", "next_deadline"]].astype(str).values.tolist()
    [['S1', '2026-03-09 16:00:00+00:00']]
    >>> monitor.at("2026-03-09T18:00:00+01:00")
    >>> monitor.alerts().frame[["kind", "check", "at"]].astype(str).values.tolist()[-1]
    ['broken', 'S1', '2026-03-09 16:00:00+00:00']
    """

    def __init__(
        self, blueprint: Blueprint, *, binding: Binding | None = None, horizon: str | Duration | None = None,
        roster: Roster | None = None, day_first: bool | None = None, state: str | Path | None = None,
    ) -> None:  # fmt: skip
        self.blueprint, self.binding = blueprint, binding or blueprint.binding
        self.horizon = _length(horizon)
        self._saved = Saved(Path(state), blueprint, self.binding, roster) if state is not None else None
        decided = self._saved.decided if self._saved else None
        self._feed = Feed(self.binding, day_first, decided)
        self._view = View(self._feed, blueprint, roster)
        self._paths, self._standing = SeenPaths(blueprint), Standing()
        self._alerting = Alerting(blueprint, _microseconds(self.horizon))
        self._added: list[dict[str, Any]] = []
        self._kinds: dict[str, object] = {}  # how the values of each column of these are written
        self._touched: list[np.ndarray] = []
        self._latest = MISSING  # of the rows that came, whether they can be used or not
        self._until = MISSING  # up to when deadlines were looked at
        self._untold: list[Alert] = []
        self.told: list[Alert] = []  # the alerts given last, as plain values
        self._unsaved: tuple[list[SourceTable], list[Alert]] = ([], [])
        self._bounds = _bounds(blueprint)
        self._last: Judged | None = None
        if self._saved:
            self._resume(self._saved)

    # --- events in -----------------------------------------------------------------------------------------------

    def add(self, *, case: Any, activity: Any, timestamp: Any, **columns: Any) -> None:
        """Add one event.

        Parameters
        ----------
        case, activity, timestamp
            As the columns of a log hold them; a moment as text or ``datetime``.
        **columns
            ``start``, ``resource``, ``lifecycle`` and the short names of attributes, as far as the binding has them.

        Raises
        ------
        UnknownNameError
            For a name that the binding does not have.
        LogError
            For a value that no column can hold, or where the events before, written in another way, cannot be read; the event is not added.
        """
        names = self._columns
        row = {self.binding.case: case, self.binding.activity: activity, self.binding.timestamp: timestamp}
        for name, value in columns.items():
            if name not in names:
                raise UnknownNameError("column", name, names, f"binding of {self.blueprint.id}")
            row[names[name]] = value
        kinds = {name: _kind(value) for name, value in row.items() if value is not None}
        if any(self._kinds.get(name) != kind for name, kind in kinds.items()):
            self._table([row])  # what no column can hold is refused before it is kept
            if any(self._kinds.get(name, kind) != kind for name, kind in kinds.items()):
                self._flush()  # what is written in another way is read apart from it
            self._kinds |= kinds
        self._added.append(row)

    def add_rows(self, rows: Any) -> None:
        """Add events in the order of a file.

        Parameters
        ----------
        rows : pandas, polars or Arrow frame, or an iterable of mappings
            With the columns that the binding names; others are left out.

        Raises
        ------
        LogError
            If a bound column is missing, or how moments or numbers are written cannot be told yet.
        """
        if isinstance(rows, SourceTable):
            source = rows
        else:
            frame = rows if hasattr(rows, "__arrow_c_stream__") or hasattr(rows, "collect") else self._table(list(rows))
            source = source_from_frame(_only(frame, self._bound))
        self._flush()
        self._take(source)

    def at(self, moment: Any) -> None:
        """Let time go on to a moment at which nothing happened; an earlier one than that of the last event changes nothing."""
        self._view.clock = max(self._view.clock, moment_of(moment))

    # --- answers out ---------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime | None:
        """The last moment of the stream, or the one that was given; None before the first."""
        moment = max(self._view.now, self._view.clock)
        return None if moment == MISSING else _EPOCH + timedelta(microseconds=moment)

    @property
    def n_rows(self) -> int:
        """Rows that came, those that cannot be used too."""
        return len(self._feed) + len(self._added)

    @property
    def position(self) -> dict[str, Any]:
        """What the last commit said of the place in the source; empty where there was none."""
        return dict(self._saved.position) if self._saved else {}

    def alerts(self) -> Alerts:
        """What has to be said and was not said before, in order of time.

        Returns
        -------
        Alerts
        """
        self._look()
        self.told, self._untold = self._untold, []
        if self._saved:
            self._unsaved[1].extend(self.told)
        return Alerts(frame_of(self.told), self._provenance("alerts"))

    def board(self) -> Board:
        """How every open case stands.

        Returns
        -------
        Board
        """
        found = self._look(self._standing.open_cases)
        names = {x.id: x.name for x in self.blueprint.activities}
        return Board(boards.board(found), self._provenance("open cases"), names)

    def verdicts(self) -> Verdicts:
        """The case x check matrix, as a study of all events so far has it: one row per case and check, cases in order.

        Returns
        -------
        Verdicts
        """
        self._look(self._standing.open_cases)
        return Verdicts(
            boards.verdicts(self._standing, self._feed, self._last), self._provenance("case x check matrix")
        )

    def faults(self) -> Faults:
        """Every fault of every case, with the row that proves it; all cases are looked at again.

        Returns
        -------
        Faults
        """
        found = self._look(np.flatnonzero(self._standing["known"]))
        return Faults(boards.faults(found), self._provenance("faults"))

    def counts(self) -> dict[str, int]:
        """Rows, cases, open cases, those of them that are broken, and those with a deadline within the horizon."""
        self._look()
        standing, cases = self._standing, self._standing.open_cases
        broken = (standing["net"][cases] == v.FAIL).any(axis=1) if len(cases) else np.zeros(0, bool)
        due = standing["due"][cases] if len(cases) else np.zeros((0, 1), np.int64)
        now, horizon = max(self._view.now, self._view.clock), _microseconds(self.horizon) or 0
        soon = ((due != MISSING) & (due >= now) & (due <= now + horizon) & (self.horizon is not None)).any(axis=1)
        return {
            "rows": self.n_rows, "cases": self._view.n_cases, "open": len(cases), "broken": int(broken.sum()),
            "soon": int(soon.sum()),
        }  # fmt: skip

    @property
    def lineage(self) -> Lineage:
        """What became of every row, counted by reason as in a log."""
        self._flush()
        return arrange(self._feed.every_row(), self.binding.lifecycle).lineage

    def commit(self, position: Mapping[str, Any] | None = None) -> None:
        """Keep events and given alerts since the last commit, and the place in their source, all of them or none.

        An alert that :meth:`alerts` has not given yet is given by the next monitor with this state.

        Parameters
        ----------
        position : mapping, optional
            Anything that JSON can hold; the next monitor with this state has it in ``position``.

        Raises
        ------
        MiningError
            If the monitor has no state.
        """
        if self._saved is None:
            raise MiningError("this monitor keeps no state. Give it a file: Monitor(blueprint, state='watch.sqlite').")
        self._look()
        batches, alerts = self._unsaved
        self._saved.commit(batches, alerts, self._feed.decoder.decided, self._view.clock, position)
        self._unsaved = ([], [])

    def close(self) -> None:
        """Let go of the state, so that another monitor can go on with it. What was not committed is not kept."""
        if self._saved:
            self._saved.close()

    @property
    def saved(self) -> Saved | None:
        """The state, if there is one."""
        return self._saved

    def __repr__(self) -> str:
        until = f", up to {self._known_until}" if self._known_until else ""
        return f"<Monitor of {self.blueprint.id} {self.blueprint.version}: {self.n_rows:,} rows{until}>"

    def _repr_html_(self) -> str:
        from mining.display.accounts import monitor_html

        return monitor_html(self, self._known_until)

    @property
    def _known_until(self) -> str:
        """The latest moment that it knows of, in words."""
        moment = max(self._view.now, self._view.clock)
        return "" if moment == MISSING else f"{iso(moment)} UTC"

    # --- how -----------------------------------------------------------------------------------------------------

    @property
    def _columns(self) -> dict[str, str]:
        """What an event may have beside case, activity and moment: its name here, and its column."""
        bound = self.binding.columns
        return {role: bound[role] for role in ROLES if role in bound} | {
            name: attribute.column for name, attribute in self.binding.attributes.items()
        }

    @property
    def _bound(self) -> list[str]:
        return list(dict.fromkeys(self.binding.columns.values()))

    def _table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Rows that came one by one, as a table."""
        columns = {}
        for name in self._bound:
            values = [row.get(name) for row in rows]
            try:
                columns[name] = pa.array(values)
            except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
                raise LogError(
                    f"column {name!r} holds values of different types: {str(error).splitlines()[0]}."
                ) from None
        return pa.table(columns)

    def _flush(self) -> None:
        """Read the events that came one by one."""
        if self._added:  # kept where they cannot be read yet: the next ones may show how dates are meant
            self._take(SourceTable("<stream>", "stream", "", 0, self._table(self._added)))
            self._added, self._kinds = [], {}

    def _take(self, source: SourceTable) -> None:
        if not source.table.num_rows:
            return
        before = len(self._feed)
        case = self._feed.add(source)
        self._touch(case, before)
        if self._saved:
            self._unsaved[0].append(replace(source, table=source.table.select(self._bound)))

    def _touch(self, case: np.ndarray, first: int) -> None:
        """Rows came, from position ``first`` on: their cases must be looked at, and time has gone on."""
        self._touched.append(case[case >= 0].astype(np.int64))
        for name in ("end", "start") if self.binding.start else ("end",):
            self._latest = max(self._latest, int(self._feed.column(name)[first:].max()))

    def _look(self, also: np.ndarray = NO_CASES) -> list[Judged]:
        """Judge what has changed, and the cases ``also``; what has to be said is kept to be told."""
        self._flush()
        standing = self._standing
        standing.grow(len(self._feed.cases))
        before, until = self._until, max(self._until, self._latest, self._view.clock)
        parts = [*self._touched, also, standing.awake(until)]
        if any(before < bound <= until for bound in self._bounds):
            parts.append(standing.open_cases)
        cases = np.unique(np.concatenate(parts)).astype(np.int64)
        found, alerts = [], list[Alert]()
        for seen in self._seen(cases):
            judged = judge(seen, self._paths)
            self._begin(judged)
            alerts += self._alerting.tell(judged, standing)
            standing.put(judged, self._alerting.wake(judged, judged.study.instances.now))
            found.append(judged)
        self._touched, self._until = [], until
        alerts.sort(key=lambda alert: (alert["at"], alert["case_id"], alert["check"]))
        self._untold += alerts
        return found

    def _seen(self, cases: np.ndarray) -> Iterator[Seen]:
        """The cases in pieces, after all of them have said what they say of the whole; all cases, where that is news to the others."""
        while True:
            pieces = self._pieces(cases)
            views = [self._view.see(piece) for piece in pieces[:1]]
            news = any(seen.new for seen in views if seen)
            for piece in pieces[1:]:
                seen = self._view.see(piece)
                news |= seen is not None and seen.new
            everyone = np.arange(len(self._feed.cases), dtype=np.int64)
            if not news or len(cases) == len(everyone):
                break
            cases = everyone
        if len(pieces) == 1 and not news:
            yield from (seen for seen in views if seen)
            return
        for piece in pieces:
            if seen := self._view.see(piece):
                yield seen

    def _pieces(self, cases: np.ndarray) -> list[np.ndarray]:
        """The cases in pieces of some number of rows."""
        if not len(cases):
            return []
        ends = np.cumsum(self._feed.sizes(cases))
        return [
            part
            for part in np.split(cases, np.searchsorted(ends, np.arange(TOGETHER, int(ends[-1]), TOGETHER)))
            if len(part)
        ]

    def _begin(self, judged: Judged) -> None:
        """The first answer says which checks there are; what an earlier run has said of the cases is remembered."""
        first = not self._standing.checks
        self._last = judged
        self._standing.begin(judged.study)
        if first and self._saved:
            self._saved.remember(self._standing, self._feed.cases)

    def _resume(self, saved: Saved) -> None:
        self._view.clock = saved.clock
        for source in saved.sources():
            before = len(self._feed)
            self._touch(self._feed.add(source), before)

    def _provenance(self, measure: str) -> Provenance:
        moment = max(self._view.now, self._view.clock)
        until = {} if moment == MISSING else {"now": f"{iso(moment)} UTC"}
        return Provenance(measure, "", self.blueprint.sha256, self._view.n_cases, {"rows": self.n_rows, **until})


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _kind(value: Any) -> object:
    """What may stand in one column together: moments with a zone are read otherwise than those without, texts otherwise than numbers."""
    if isinstance(value, datetime):
        return datetime, value.tzinfo is None
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        return float
    return type(value)


def moment_of(moment: Any) -> int:
    """Microseconds UTC of a moment given as text (ISO 8601), ``datetime`` or number of microseconds.

    Raises
    ------
    MiningError
        If it is none of these, or names no zone.

    Examples
    --------
    >>> moment_of("1970-01-01T01:00:00+01:00")
    0
    """
    if isinstance(moment, int | np.integer) and not isinstance(moment, bool):
        return int(moment)
    try:
        given = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        naive = given.tzinfo is None
        whole = 0 if naive else (given - _EPOCH) // timedelta(microseconds=1)
    except (TypeError, ValueError, AttributeError):
        raise MiningError(f"{moment!r} is no moment. Write it as 2026-03-02T09:00:00+01:00.") from None
    if naive:
        raise MiningError(f"{moment!r} names no time zone. Write it as 2026-03-02T09:00:00+01:00, or with Z for UTC.")
    return int(whole)


def _length(horizon: str | Duration | None) -> Duration | None:
    length = Duration.parse(horizon) if isinstance(horizon, str) else horizon
    if length is not None and length.in_business_time:
        raise MiningError(f"the horizon {length} is in business time. Write elapsed time, such as 4h or 2d.")
    return length


def _microseconds(length: Duration | None) -> int | None:
    return None if length is None else round(length.seconds * MICROSECONDS)


def _bounds(blueprint: Blueprint) -> list[int]:
    """Moments at which an allowance begins or ends: what is late by the clock alone may be allowed before, and not after."""
    zone, days = ZoneInfo(blueprint.tz), set[date]()
    for allowance in blueprint.allowances:
        first, last = (date.fromisoformat(day) for day in allowance.valid)
        days |= {first} | ({last + timedelta(days=1)} if last != date.max else set())
    return sorted(moment_of(datetime.combine(day, time(0), zone)) for day in days)


def _only(rows: Any, columns: Iterable[str]) -> Any:
    """The bound columns of a frame, where it has all of them."""
    wanted = list(columns)
    if isinstance(rows, pd.DataFrame):
        return rows[wanted] if set(wanted) <= set(rows.columns) else rows
    if isinstance(rows, pa.Table):
        return rows.select(wanted) if set(wanted) <= set(rows.column_names) else rows
    return rows
