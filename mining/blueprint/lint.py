"""The design audited before any log: what a blueprint promises but cannot show, and what it leaves open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mining.blueprint import model as m


@dataclass(frozen=True, repr=False)
class Weakness:
    """One weak place of a design.

    ``severity`` is *warning* (a promise that cannot be checked, or a part without effect) or *note* (something left open).
    """

    place: str
    severity: str
    code: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.severity}: {self.what} [{self.code}]"

    __repr__ = __str__


def lint(blueprint: m.Blueprint) -> tuple[Weakness, ...]:
    """Weak places of a blueprint, in the order of the file.

    Examples
    --------
    >>> from mining.blueprint import read_blueprint
    >>> lint(read_blueprint("sample_logs/permit_receipt/blueprint.yaml"))[0].severity in ("warning", "note")
    True
    """
    found = [
        (blueprint.lines.get(at, 1), severity, code, what)
        for check in (_authority, _activities, _touchpoints, _standards, _allowances)
        for at, severity, code, what in check(blueprint)
    ]
    return tuple(Weakness(f"{blueprint.path}:{line}", *rest) for line, *rest in sorted(found))


Found = tuple[tuple[str | int, ...], str, str, str]


def _authority(b: m.Blueprint) -> Iterator[Found]:
    if b.status != "approved":
        yield ("status",), "warning", "not-approved", f"the status is {b.status}: an audit needs an approved blueprint"
    elif b.approval is None:
        yield ("status",), "warning", "no-approval", "approved, but by whom and when is not said (key approval)"


def _activities(b: m.Blueprint) -> Iterator[Found]:
    in_flow = set(m.flow_activities(b.flow))
    kinds = {lane.id: lane.kind for lane in b.lanes}
    limited = {x for s in b.standards for x in (*s.of, *s.end)}
    blind = [a.id for a in b.activities if not a.observable]
    for i, a in enumerate(b.activities):
        at = ("activities", i)
        if a.observable and a.id not in in_flow:
            yield (
                at,
                "warning",
                "outside-flow",
                f"{a.id} is observable but stands nowhere in the flow: every one of its events will be extra",
            )
        if a.observable and a.role is None and kinds[a.lane] in ("onstage", "backstage"):
            yield at, "note", "no-role", f"{a.id} is work of staff, but no role is named"
        if a.wait_point and a.id not in limited:
            yield at, "warning", "wait-without-limit", f"{a.id} is a wait point, but no standard limits the wait"
        if a.fail_point and not a.fail_point.control:
            yield at, "warning", "fail-point-without-control", f"{a.id} is a fail point, but no control is named"
    if blind:
        share = len(blind) / len(b.activities)
        yield (
            ("activities",),
            "note",
            "blind-share",
            f"{len(blind)} of {len(b.activities)} activities ({share:.0%}) leave no trace in the log: {', '.join(blind)}",
        )


def _touchpoints(b: m.Blueprint) -> Iterator[Found]:
    named = {s.touchpoint for s in b.standards} | {x for s in b.standards for x in (*s.of, *s.start, *s.end)}
    ruled = {x for r in b.rules for x in (r.a, r.b)}
    for i, a in enumerate(b.activities):
        if a.touchpoint is None:
            continue
        at = ("activities", i, "touchpoint")
        if a.touchpoint.key and a.id not in named:
            yield (
                at,
                "warning",
                "key-touchpoint-without-standard",
                f"{a.id} is a key touchpoint, but no standard says what is promised there",
            )
        if a.touchpoint.moment_of_truth and a.id not in named | ruled:
            yield (
                at,
                "warning",
                "moment-of-truth-without-measure",
                f"{a.id} is a moment of truth, but neither a standard nor a rule measures it",
            )
        if not a.touchpoint.evidence:
            yield (
                at,
                "note",
                "touchpoint-without-evidence",
                f"{a.id} is a touchpoint, but no physical evidence is named",
            )


def _standards(b: m.Blueprint) -> Iterator[Found]:
    for i, s in enumerate(b.standards):
        if s.share is None and s.metric in ("elapsed", "waiting", "handling", "due_date"):
            yield (
                ("standards", i),
                "note",
                "no-share",
                f"{s.id} does not say in which share of the cases it must be kept",
            )


FOUND_KINDS = ("missing", "extra", "out_of_order", "repeated", "late", "wrong_role", "same_person", "other_person")


def _allowances(b: m.Blueprint) -> Iterator[Found]:
    observable = {a.id for a in b.activities if a.observable}
    for i, a in enumerate(b.allowances):
        at = ("allow", i)
        if a.valid[1] < b.effective[0]:
            yield (
                at,
                "warning",
                "allowance-expired",
                f"{a.id} ended on {a.valid[1]}, before the blueprint came into force on {b.effective[0]}",
            )
        if a.valid[1] < a.valid[0]:
            yield at, "warning", "allowance-never-valid", f"{a.id} ends ({a.valid[1]}) before it begins ({a.valid[0]})"
        if a.match.get("kind", FOUND_KINDS[0]) not in FOUND_KINDS:
            what = f"{a.id} allows deviations of the kind {a.match['kind']}, which no check finds"
            yield at, "warning", "allowance-matches-nothing", what
        if "activity" in a.match and a.match["activity"] not in observable:
            yield (
                at,
                "warning",
                "allowance-matches-nothing",
                f"{a.id} allows deviations of {a.match['activity']}, which leaves no trace in the log",
            )
