"""The allow-list: which faults are accepted, by which entry. Gross figures stay as they are; net figures take these out."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from mining.blueprint.model import Allowance, Blueprint
from mining.conformance import verdicts as v
from mining.conformance.conditions import holds
from mining.conformance.instances import Instances
from mining.units import MICROSECONDS

FOREVER = np.iinfo(np.int64).max


def allowed_by(check: v.CheckResult, blueprint: Blueprint, instances: Instances) -> np.ndarray:
    """For each fault of a check the position of the first allowance that covers it; ``NONE`` where none does.

    An allowance covers a fault that matches all its keys, in a case where its conditions hold, dated from the first to the
    last day of its validity in the zone of the blueprint (``Blueprint.tz``).

    Returns
    -------
    int64 array of shape (n_faults,)
    """
    table = check.faults
    found = np.full(len(table), v.NONE, np.int64)
    for number, allowance in enumerate(blueprint.allowances):
        rows = (found == v.NONE) & _matches(allowance, check, instances)
        if rows.any():
            begin, end = _validity(allowance, blueprint)
            applies, known = holds(allowance.when, instances)
            rows &= (table.at >= begin) & (table.at < end) & (applies & known)[table.case]
            found[rows] = number
    return found


def _matches(allowance: Allowance, check: v.CheckResult, instances: Instances) -> np.ndarray:
    table, match = check.faults, allowance.match
    rows = np.ones(len(table), bool)
    if "rule" in match or "standard" in match:
        rows &= check.id in (match.get("rule"), match.get("standard"))
    if "kind" in match:
        rows &= table.kind == (v.KINDS.index(match["kind"]) if match["kind"] in v.KINDS else v.NONE)
    if "activity" in match:
        rows &= table.activity == instances.code[match["activity"]]
    return rows


def _validity(allowance: Allowance, blueprint: Blueprint) -> tuple[int, int]:
    zone = ZoneInfo(blueprint.tz)
    first, last = (date.fromisoformat(day) for day in allowance.valid)

    def midnight(day: date) -> int:
        return int(datetime.combine(day, time(0), zone).astimezone(UTC).timestamp()) * MICROSECONDS

    return midnight(first), FOREVER if last == date.max else midnight(last + timedelta(days=1))


def net_verdict(check: v.CheckResult, allowed: np.ndarray) -> np.ndarray:
    """Verdicts with *allowed* for cases all of whose faults are covered (int8 array of shape (n_cases,))."""
    verdict = check.verdict.copy()
    verdict[np.unique(check.faults.case)] = v.ALLOWED
    verdict[np.unique(check.faults.case[allowed == v.NONE])] = v.FAIL
    return verdict
