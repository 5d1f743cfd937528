"""Alerts: the difference between how cases stand and what was said of them, so that nothing is said twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mining.blueprint.model import Blueprint
from mining.conformance import verdicts as v
from mining.monitor.standing import Judged, Standing
from mining.monitor.tables import BROKEN, RECOVERED, WILL_BREAK, Alerts
from mining.monitor.wording import local
from mining.texts import LANGUAGES, activity_name, check_text, say
from mining.units import MISSING

Alert = dict[str, Any]


class Alerting:
    """Finds what has to be said, and writes it.

    Parameters
    ----------
    blueprint : Blueprint
    horizon : int or None
        Microseconds before a deadline from which on it is said to be near; None: never.
    """

    def __init__(self, blueprint: Blueprint, horizon: int | None) -> None:
        self.blueprint, self.horizon = blueprint, horizon
        self._texts: dict[tuple[str, str], str] = {}

    def wake(self, found: Judged, now: int) -> np.ndarray:
        """When each case must be looked at again though nothing happens to it."""
        never = np.iinfo(np.int64).max
        timed = np.where(found.deadlines == MISSING, never - 1, found.deadlines)
        moments = [timed + 1, np.minimum(found.covered, never - 1)[:, None] + 1]
        if self.horizon is not None:
            moments.append(np.where(timed == never - 1, never, timed - self.horizon))
        every = np.concatenate(moments, axis=1)
        found_wake: np.ndarray = np.where(every > now, every, never).min(axis=1)
        return found_wake

    def tell(self, found: Judged, standing: Standing) -> list[Alert]:
        """What has to be said of these cases and was not said yet; from now on it counts as said."""
        cases, now = found.cases, found.study.instances.now
        told = standing["told"][cases]
        broken = (found.net == v.FAIL) & (told % 2 == 0)
        mended = (found.net != v.FAIL) & (told % 2 == 1)
        alerts = [*self._broken(found, broken, told), *self._mended(found, mended, told)]
        standing["told"][cases] = told + broken + mended
        if self.horizon is not None and standing.timed:
            until = found.deadlines[:, standing.timed]
            warned = standing["warned"][cases]
            near = (until != MISSING) & (until >= now) & (until - self.horizon <= now) & (warned != until)
            for case, k in np.argwhere(
                near & (warned != MISSING)
            ).tolist():  # a late event may bring an old deadline back
                near[case, k] = standing.warn_again(int(cases[case]), k, int(until[case, k]))
            alerts += self._near(found, near, standing.timed)
            standing["warned"][cases] = np.where(near, until, warned)
        return sorted(alerts, key=lambda alert: (alert["at"], alert["case_id"], alert["check"]))

    def _broken(self, found: Judged, which: np.ndarray, told: np.ndarray) -> Iterator[Alert]:
        instances = found.study.instances
        names = instances.names
        for i in np.flatnonzero(which.any(axis=0)).tolist():
            check, allowed = found.checks[i], found.study.allowed[found.checks[i].id]
            table = check.faults
            mine = np.flatnonzero(which[table.case, i] & (allowed == v.NONE))
            order = mine[np.lexsort((table.at[mine], table.case[mine]))]
            bounds = np.searchsorted(table.case[order], np.arange(len(which) + 1)).tolist()
            for case in np.flatnonzero(which[:, i]).tolist():
                rows = order[bounds[case] : bounds[case + 1]]
                instance = table.instance[rows]
                proof = instances.row[instance[instance != v.NONE]].tolist()
                first = int(rows[0])
                yield self._alert(
                    found, case, i, BROKEN, int(found.since[case, i]), nth=int(told[case, i]) // 2,
                    fault=v.KINDS[table.kind[first]], activity=_name(names, table.activity[first]),
                    partner=_name(names, table.partner[first]), rows=" ".join(map(str, dict.fromkeys(proof))),
                )  # fmt: skip

    def _mended(self, found: Judged, which: np.ndarray, told: np.ndarray) -> Iterator[Alert]:
        for case, i in np.argwhere(which).tolist():
            yield self._alert(found, case, i, RECOVERED, found.study.instances.now, nth=int(told[case, i]) // 2)

    def _near(self, found: Judged, which: np.ndarray, timed: list[int]) -> Iterator[Alert]:
        for case, k in np.argwhere(which).tolist():
            i = timed[k]
            yield self._alert(
                found, case, i, WILL_BREAK, found.study.instances.now, deadline=int(found.deadlines[case, i]),
                activity=_name(found.study.instances.names, found.waits_for[case, i]),
            )  # fmt: skip

    def _alert(
        self, found: Judged, case: int, i: int, kind: str, at: int, *, nth: int = 0, deadline: int = MISSING,
        fault: str | None = None, activity: str | None = None, partner: str | None = None, rows: str = "",
    ) -> Alert:  # fmt: skip
        check, case_id = found.checks[i], str(found.study.log.case_ids[case])
        marks = (self.blueprint.id, case_id, check.id, kind, deadline if kind == WILL_BREAK else nth)
        alert: Alert = {
            "id": hashlib.sha256("\x1f".join(map(str, marks)).encode()).hexdigest()[:16], "case_id": case_id, "check": check.id,
            "dimension": check.dimension, "severity": check.severity, "kind": kind, "at": at, "deadline": deadline,
            "fault": fault, "activity": activity, "partner": partner, "rows": rows,
        }  # fmt: skip
        return alert | {f"text_{lang}": self._say(alert, lang) for lang in LANGUAGES}

    def _say(self, alert: Mapping[str, Any], lang: str) -> str:
        if (key := (alert["check"], lang)) not in self._texts:
            self._texts[key] = check_text(self.blueprint, alert["check"], lang)
        place = "_at" if alert["activity"] and alert["kind"] != RECOVERED else ""
        moment = alert["deadline"] if alert["kind"] == WILL_BREAK else alert["at"]
        return say(
            f"monitor.{alert['kind']}{place}", lang, case=alert["case_id"], check=alert["check"],
            at=local(moment, self.blueprint.tz), activity=activity_name(self.blueprint, alert["activity"], lang),
            text=self._texts[key],
        )  # fmt: skip


def _name(names: tuple[str, ...], code: int) -> str | None:
    return None if code == v.NONE else names[code]


def frame_of(alerts: Sequence[Alert]) -> pd.DataFrame:
    """Alerts as a frame, moments in UTC."""
    frame = pd.DataFrame(alerts, columns=list(Alerts.columns)) if alerts else _EMPTY.copy(deep=False)
    if alerts:
        for name in ("at", "deadline"):
            moments = np.array(frame[name].tolist(), np.int64)
            frame[name] = pd.DatetimeIndex(moments.view("datetime64[us]")).tz_localize("UTC")
    return frame


_MOMENT = pd.DatetimeIndex(np.empty(0, "datetime64[us]")).tz_localize("UTC")
_EMPTY = pd.DataFrame({name: _MOMENT if name in ("at", "deadline") else np.empty(0, object) for name in Alerts.columns})
