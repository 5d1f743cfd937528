"""What customers answer after a case: satisfaction that suffers from visible faults, and what matters to them."""

from __future__ import annotations

from collections.abc import Sequence

from mining.simulation import standards as time_standards
from mining.simulation.inject import Truth
from mining.simulation.service import Case, Service
from mining.simulation.stream import Stream
from mining.simulation.write import Row, moment_text, visible

COLUMNS = (
    "case_id",
    "answered_at",
    "item",
    "score",
    "scale_min",
    "scale_max",
    "touchpoint",
    "segment",
    "channel",
    "kind",
    "comment",
)
ANSWER = 0.35
USUAL = 4.7
VISIBLE_FAULT = 1.2
SLOW = 0.6
SPREAD = 1.6
MOST_DAYS = 10


def answers(
    service: Service, seed: int, cases: Sequence[Case], truths: Sequence[Truth], until: int | None
) -> list[Row]:
    """Rows of survey.csv, by case: a csat from 1 to 5, and the importance (1 to 5) of one key touchpoint the case met.

    About 35 % of the customers answer, within ten days of the end. The score is 4.7 plus noise (-0.8 to 0.8), less 1.2
    for a fault the customer can see, less up to 0.6 the more of its time limits the case used up, rounded and kept
    within 1 to 5.
    """
    spoilt = {truth.case_id for truth in truths if visible(service, truth)}
    rows: list[Row] = []
    for case in cases:
        stream = Stream(seed, "survey", case.plan.id)
        answered = case.trace[-1].end + int(stream.between(0.05, MOST_DAYS) * 86_400)
        noise, asked, importance = stream.between(-0.5, 0.5) * SPREAD, stream.uniform(), stream.between(-1, 1)
        if not stream.chance(ANSWER) or (until is not None and answered > until):
            continue
        score = USUAL + noise - SLOW * _slowness(service, case) - VISIBLE_FAULT * (case.plan.id in spoilt)
        base = {
            "case_id": case.plan.id,
            "answered_at": moment_text(service, answered),
            "scale_min": "1",
            "scale_max": "5",
            "channel": next((task.channel for task in case.plan.tasks if task.channel), ""),
            "segment": "",
            "comment": "",
        }
        rows.append(base | {"item": "csat", "kind": "csat", "score": _rounded(score), "touchpoint": _rated(service)})
        rows.extend(base | row for row in _importance(service, case, asked, importance))
    return rows


def _importance(service: Service, case: Case, asked: float, noise: float) -> list[Row]:
    done = set(case.activities)
    keys = [a for a in service.blueprint.activities if a.touchpoint and a.touchpoint.key and a.id in done]
    if not keys:
        return []
    activity = keys[int(asked * len(keys))]
    known = activity.touchpoint.importance if activity.touchpoint else None
    score = _rounded((known or 3) + noise)
    return [{"item": "importance", "kind": "importance", "score": score, "touchpoint": activity.id}]


def _rated(service: Service) -> str:
    """The touchpoint of a csat standard, if the blueprint has one; else the score is about the whole service."""
    found = [
        s for s in service.blueprint.standards if s.metric == "score" and s.source == "survey" and s.item == "csat"
    ]
    return next((s.touchpoint or (s.of[0] if s.of else "") for s in found), "")


def _slowness(service: Service, case: Case) -> float:
    """The largest part of a time limit that the case used up, at most 1."""
    parts = [
        time_standards.pressure(s, window, service.setting)
        for s in service.standards
        if s.limit is not None
        for window in time_standards.windows(s, case.trace, case.attributes)
    ]
    return min(1.0, max(parts, default=0.0))


def _rounded(score: float) -> str:
    return str(min(5, max(1, int(score + 0.5))))
