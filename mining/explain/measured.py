"""What the time standards measured in one case, as brackets for its picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mining.blueprint.model import Standard
from mining.calendars import Calendar
from mining.conformance import standards as timed
from mining.conformance import verdicts as v
from mining.explain.facts import CaseCheck, CaseFault
from mining.explain.words import Words
from mining.pictures.case_story import Flag, Measurement
from mining.study import Study
from mining.texts import check_text, promise
from mining.units import readable

SHOWN = (v.PASS, v.FAIL, v.ALLOWED, v.PENDING)
MANY = 6  # measurements of one standard of which only the late ones and the longest have a label


def measurements_of(
    study: Study, case: int, checks: Sequence[CaseCheck], flags: dict[int, Flag], w: Words
) -> tuple[tuple[Measurement, ...], set[int]]:
    """Brackets of the time standards that say something of a case, and the numbers of the faults that stand at them."""
    first, after = study.instances.offsets[case : case + 2].tolist()
    mine = study.instances.only(np.arange(first, after))
    found, used = list[Measurement](), set[int]()
    for check in checks:
        spec = study.blueprint.checks.get(check.result.id)
        if not isinstance(spec, Standard) or spec.metric not in timed.TIMED or check.net not in SHOWN:
            continue
        spans, value, *_ = timed.measured_spans(spec, mine, study.is_open, study.calendars)
        stops = timed.stopped_spans(spec, mine, spans) if spec.stop_clock and spec.metric != "due_date" else None
        rows = np.flatnonzero(spans.case == case).tolist()
        faults = {row: _fault_of(check, int(spans.instance[row]) + first, int(spans.end[row])) for row in rows}
        longest = max(rows, key=lambda row: value[row], default=-1)
        for row in rows:
            fault = faults[row]
            text = _label(study, spec, float(value[row]), bool(spans.finished[row]), fault, w)
            paused = [] if stops is None else np.flatnonzero(stops.of == row).tolist()
            found.append(
                Measurement(
                    spec.id,
                    int(spans.start[row]),
                    max(int(spans.end[row]), int(spans.start[row])),
                    bool(spans.finished[row]),
                    fault.due if fault else None,
                    tuple((int(stops.start[k]), int(stops.end[k])) for k in paused) if stops is not None else (),
                    text if len(rows) < MANY or fault or row == longest else "",
                    (flags[fault.number],) if fault else (),
                    w.say("report.pair", name=text, value=check_text(study.blueprint, spec.id, w.lang)),
                )
            )
            used |= {fault.number} if fault else set()
    return tuple(found), used


def _fault_of(check: CaseCheck, instance: int, end: int) -> CaseFault | None:
    at = [fault for fault in check.faults if fault.at == end]
    return next((fault for fault in at if fault.instance == instance), at[0] if at and instance < 0 else None)


def _label(study: Study, spec: Standard, value: float, finished: bool, fault: CaseFault | None, w: Words) -> str:
    """Limit and measurement in a line."""
    if spec.metric == "due_date":
        length = w.say("explain.after_due" if value > 0 else "explain.before_due", length=readable(abs(value), w.lang))
    else:
        unit = getattr(spec.limit, "unit", "s")
        length = w.say("explain.unmeasured") if np.isnan(value) else w.length(value, unit)
    limit = w.say("explain.limit", limit=promise(study.blueprint, spec.id, w.lang))
    key = ("late" if finished else "overdue") if fault else "kept" if finished else "running"
    return w.say(f"explain.span.{key}", check=spec.id, limit=limit, length=length)


def open_hours(
    study: Study, checks: Sequence[CaseCheck], begin: int, end: int
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The calendar that the standards of a case count by, and when it is open from ``begin`` to ``end``.

    What lies outside its declared dates is not shaded: there it says nothing.
    """
    shown = {check.result.id for check in checks if check.net in SHOWN}
    specs = [spec for spec in study.blueprint.standards if spec.id in shown and spec.calendar]
    specs.sort(key=lambda spec: not getattr(spec.limit, "in_business_time", False))
    used = [spec.calendar for spec in specs if spec.calendar]
    ids = used or [spec.id for spec in study.blueprint.calendars]
    if not ids:
        return "", ()
    calendar: Calendar = study.calendars[ids[0]]
    low, high = np.searchsorted(calendar.closes, begin, side="right"), np.searchsorted(calendar.opens, end)
    spans = list(zip(calendar.opens[low:high].tolist(), calendar.closes[low:high].tolist(), strict=True))
    before = [(begin, calendar.begin)] if begin < calendar.begin else []
    after = [(calendar.end, end)] if end > calendar.end else []
    return ids[0], (*before, *spans, *after)
