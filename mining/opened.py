"""A study from files: the log, the blueprint, and what says how to read them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mining.asked import columns_of
from mining.blueprint import read_blueprint
from mining.log import read_log
from mining.log.roster import read_roster
from mining.study import Study


def open_study(
    log: str | Path,
    blueprint: str | Path,
    *,
    binding: str | Path | None = None,
    roster: str | Path | None = None,
    open_cases: str = "pending",
    day_first: bool | None = None,
    reading: Mapping[str, Any] | None = None,
) -> Study:
    """Read a log and a blueprint, and the one against the other.

    Parameters
    ----------
    log : str or Path
        As :func:`mining.read_log` takes it.
    blueprint : str or Path
        As :func:`mining.read_blueprint` takes it. Its ``log`` part says which column is what, unless there is a binding file.
    binding : str or Path, optional
        As :func:`mining.read_binding` takes it.
    roster : str or Path, optional
        As :func:`mining.read_roster` takes it.
    open_cases : {"pending", "judge"}
        As in :class:`mining.Study`.
    day_first : bool, optional
        Whether 03/04/2026 is the third of April.
    reading : mapping, optional
        How a CSV or Excel file is read: ``sheet``, ``encoding``, ``delimiter``, ``decimal`` and the like, over what the binding says.

    Raises
    ------
    BlueprintError, LogError, UnknownNameError
        As the readers do.

    Examples
    --------
    >>> import mining
    >>> study = mining.open_study("sample_logs/permit_receipt/log.csv", "sample_logs/permit_receipt/blueprint.yaml")
    >>> study.log.n_cases
    2000
    """
    norm = read_blueprint(blueprint)
    columns = columns_of(None if binding is None else Path(binding), norm, reading or {})
    events = read_log(log, columns=columns, day_first=day_first)
    staff = None if roster is None else read_roster(roster)
    return Study(events, norm, open_cases=open_cases, roster=staff)
