"""From a file, a database or a store to an event log."""

from __future__ import annotations

from pathlib import Path

from mining.binding import reading
from mining.errors import LogError
from mining.log.eventlog import Columns, EventLog
from mining.log.recognise import resolve
from mining.log.source import read_source
from mining.log.store import open_store
from mining.log.stored import is_store


def read_log(path: str | Path, *, columns: Columns = None, day_first: bool | None = None) -> EventLog:
    """Read an event log and say what was assumed.

    Parameters
    ----------
    path : str or Path
        A .csv, .tsv, .txt, .xes (each also .gz), .parquet or .xlsx file, a folder of Parquet files, a DuckDB or SQLite file, an address
        such as ``postgresql://user@host/database``, an object-centric log (OCEL 2.0), or a store that `write_store` made.
    columns : Binding, mapping or None
        Which column is what: ``{"case": ..., "activity": ..., "timestamp": ..., "start": ..., "resource": ...,
        "lifecycle": {"column", "complete", "start", "schedule"}, "attributes": {short: column or {"column", "type",
        "tz"}}, "tz": ...}``, and how the source is to be read: ``format``, ``decimal``, ``encoding``, ``delimiter``, ``sheet``, ``table``,
        ``query``, ``order_by``, ``object_type``; see `mining.binding.Binding`. None: well-known names are recognised.
    day_first : bool or None
        How texts like 03/04/2024 are meant. None: the data must decide.

    Returns
    -------
    EventLog
        With a `Lineage` in which every row of the source is used or dropped for a reason.

    Raises
    ------
    LogError
        If the file cannot be read, a needed column is not recognised or does not exist, dates cannot be read or are
        ambiguous, or no row is left.
    UnknownNameError
        If the time zone or a key of ``columns`` is unknown.

    Examples
    --------
    >>> read_log(examples / "orders.csv", columns={"case": "case_id", "activity": "activity", "timestamp": "timestamp"}).n_cases
    2
    """
    if is_store(path):
        return _from_store(path, columns, day_first)
    return EventLog.from_source(read_source(path, **reading(columns)), columns=columns, day_first=day_first)


def _from_store(path: str | Path, columns: Columns, day_first: bool | None) -> EventLog:
    log = open_store(path).log()
    if day_first not in (None, log.day_first):
        raise LogError(f"{path} was made with day_first={log.day_first}. Convert the log again with {day_first}.")
    return log if columns is None else log.bind(resolve(log.source, columns)[0])
