"""A log played again as a stream: how its open cases stand at its last moment, and what came up last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mining.errors import MiningError
from mining.monitor.core import Monitor
from mining.monitor.tables import Alerts
from mining.units import Duration

if TYPE_CHECKING:
    from mining.study import Study


def replayed(study: Study, *, horizon: str | Duration | None = None) -> Monitor:
    """A monitor that has seen all rows of a log, in the order of the file, so that it stands at the last moment of the log.

    Parameters
    ----------
    study : Study
    horizon : str, Duration, optional
        As in :class:`Monitor`.

    Raises
    ------
    MiningError
        If the rows of the log are not at hand, as those of a store are not.

    Examples
    --------
    >>> monitor = replayed(study)
    >>> monitor.n_rows == study.log.lineage.rows_in
    True
    """
    log = study.log
    if log.store is not None or log.source.table.num_rows != log.lineage.rows_in:
        raise MiningError(
            f"{log.source.path}: a store does not hold the rows as they came. Give the file that it was made from."
        )
    monitor = Monitor(
        study.blueprint, binding=log.binding, horizon=horizon, roster=study.roster, day_first=log.day_first
    )
    monitor.add_rows(log.source)
    return monitor


def newest(monitor: Monitor, *, most: int = 50) -> Alerts:
    """The last alerts up to the last moment of a stream, the newest first; all earlier ones count as given.

    Parameters
    ----------
    monitor : Monitor
    most : int
        How many, at most.

    Examples
    --------
    >>> found = newest(replayed(study), most=3).frame
    >>> len(found), bool(found["at"].is_monotonic_decreasing)
    (3, True)
    """
    found = monitor.alerts()
    frame = found.frame.iloc[::-1].head(most).reset_index(drop=True)
    settings = found.provenance.parameters | {"newest": len(frame), "of": len(found.frame)}
    return Alerts(frame, replace(found.provenance, parameters=settings))
