"""Attributes of a log whose values may be written out: of the others only how many, how often and whether they changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mining.log.eventlog import EventLog

SHOWN = "attributes shown"  # in the extras of the source; without it all may be
NOBODY = "resources that are nobody"  # in the extras of the source: pseudonyms of words such as system


def only_showing(log: EventLog, names: Collection[str]) -> EventLog:
    """The same log with a mark of the attributes whose values may be written out.

    Examples
    --------
    >>> may_show(study.log, "delivery"), may_show(only_showing(study.log, ["channel"]), "delivery")
    (True, False)
    """
    source = replace(log.source, extras=log.source.extras | {SHOWN: tuple(sorted(names))})
    return replace(log, source=source)


def may_show(log: EventLog, name: str) -> bool:
    """Whether values of an attribute may be written out."""
    shown = log.source.extras.get(SHOWN)
    return shown is None or name in shown


__all__ = ["NOBODY", "SHOWN", "may_show", "only_showing"]
