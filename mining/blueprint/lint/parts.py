"""Checks of the parts of a design: authority, lanes, calendars, activities, touchpoints, standards, indicators."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from difflib import get_close_matches

from mining.blueprint import model as m
from mining.blueprint.lint.design import Design, days
from mining.blueprint.lint.weakness import Found, found
from mining.blueprint.problems import kpi_activities

PER_CASE = ("elapsed", "waiting", "handling", "due_date", "count", "handovers", "turns", "attribute")
OF_WAITING = ("elapsed", "waiting", "due_date")  # these limit how long a customer waits for a step
OF_PEOPLE = ("four_eyes", "same_handler", "performed_by")
PROVIDER = ("onstage", "backstage", "support")
RANK = {
    "physical_evidence": 0, "customer": 1, "onstage_technology": 2, "onstage": 2, "backstage": 3, "support": 4, "partner": 4,
}  # fmt: skip

_NOT_SAID = re.compile(
    r"\W*((to.?do|tbd|tba|fixme|xxx|placeholder)\b.*|to be (filled|added|decided|confirmed|defined|determined)\b.*"
    r"|n\W?a|none|nobody|unknown|not known|待定.*|待补.*|待填.*|未定|未知|不详|无)?\W*",
    re.IGNORECASE | re.DOTALL,
)


def says_nothing(text: str) -> bool:
    """Whether a text only keeps the place of one.

    Examples
    --------
    >>> [says_nothing(x) for x in ("TODO: ask legal", " - ", "to be filled in", "待定", "Credit policy 4.2", "Todor & Co")]
    [True, True, True, True, False, False]
    """
    return _NOT_SAID.fullmatch(text) is not None


# --- authority ---------------------------------------------------------------------------------------------------------


def authority(d: Design) -> Iterator[Found]:
    """Approved, by whom, owned, and in force."""
    b = d.blueprint
    if b.status != "approved":
        yield found(("status",), "not-approved", status=b.status)
    elif b.approval is None:
        yield found(("status",), "no-approval")
    if says_nothing(b.owner):
        yield found(("owner",), "no-owner", owner=b.owner)
    force = days(*b.effective)
    if d.on and not _within(d.on, b.effective):
        yield found(("effective",), "not-in-force", day=d.on, force=force)
    if d.log_days and not all(_within(day, b.effective) for day in d.log_days):
        yield found(("effective",), "log-outside-force", log=days(*d.log_days), force=force)


def _within(day: date, bounds: tuple[str, str | None]) -> bool:
    return bounds[0] <= day.isoformat() and (bounds[1] is None or day.isoformat() <= bounds[1])


def bases(d: Design) -> Iterator[Found]:
    """Rules and standards whose basis only keeps the place of one."""
    checks: tuple[tuple[str, Sequence[m.Rule | m.Standard]], ...] = (
        ("rules", d.blueprint.rules),
        ("standards", d.blueprint.standards),
    )
    for section, items in checks:
        for i, item in enumerate(items):
            if says_nothing(item.basis):
                yield found((section, i, "basis"), "no-basis", id=item.id, basis=item.basis)


# --- lanes and calendars -------------------------------------------------------------------------------------------------


def lanes(d: Design) -> Iterator[Found]:
    """Lanes in the order in which the three lines can be drawn between them."""
    highest: m.Lane | None = None
    for i, lane in enumerate(d.blueprint.lanes):
        if highest is not None and RANK[lane.kind] < RANK[highest.kind]:
            yield found(("lanes", i), "lane-order", lane=lane.id, kind=lane.kind, above=highest.id, other=highest.kind)
        else:
            highest = lane
    if all(lane.kind != "customer" for lane in d.blueprint.lanes):
        yield found(("lanes",), "no-customer-lane")


def stages(d: Design) -> Iterator[Found]:
    """Stages of a hybrid service that do not say how they are read."""
    for i, stage in enumerate(d.blueprint.stages):
        if d.blueprint.mode_of(stage.id) == "hybrid":
            yield found(("stages", i), "stage-without-type", id=stage.id)


def calendars(d: Design) -> Iterator[Found]:
    """Days without effect, days with two meanings, and a log that the calendars in use do not cover."""
    used = {r.calendar for r in d.blueprint.rules} | {s.calendar for s in d.blueprint.standards}
    for spec in d.blueprint.calendars:
        at = ("calendars", spec.id)
        first, last = spec.coverage
        outside = sorted(day for day in {*spec.closed, *spec.extra_workdays} if not first <= day <= last)
        if outside:
            yield found(
                at, "calendar-day-outside-coverage", id=spec.id, days=", ".join(outside), coverage=days(*spec.coverage)
            )
        both = sorted(set(spec.closed) & spec.extra_workdays.keys())
        if both:
            yield found(at, "closed-and-open", id=spec.id, days=", ".join(both))
        if d.log_days and spec.id in used and not all(_within(day, spec.coverage) for day in d.log_days):
            yield found(
                (*at, "coverage"), "log-outside-coverage", id=spec.id, coverage=days(*spec.coverage), log=days(*d.log_days)
            )  # fmt: skip


# --- activities and touchpoints ------------------------------------------------------------------------------------------


def activities(d: Design) -> Iterator[Found]:
    """Steps outside the flow, without a role, waits without a limit, fail points without a control, and the blind share."""
    b = d.blueprint
    in_flow = set(m.flow_activities(b.flow))
    limited = {x for s in b.standards if s.metric in OF_WAITING for x in (*s.of, *s.end)} | {
        r.b for r in b.rules if r.within
    }
    for i, a in enumerate(b.activities):
        at = ("activities", i)
        if a.observable and a.id not in in_flow:
            yield found(at, "outside-flow", id=a.id)
        if a.observable and a.role is None and d.kinds[a.id] in PROVIDER:
            yield found(at, "no-role", id=a.id)
        if a.wait_point and a.id not in limited:
            yield found(at, "wait-without-limit", id=a.id)
        if a.fail_point and (not a.fail_point.control or says_nothing(a.fail_point.control)):
            yield found((*at, "fail_point"), "fail-point-without-control", id=a.id)
    if d.hidden:
        names = [a.id for a in b.activities if a.id in d.hidden]
        share = f"{len(names) / len(b.activities):.0%}"
        yield found(
            ("activities",), "blind-share", n=len(names), all=len(b.activities), share=share, names=", ".join(names)
        )


def touchpoints(d: Design) -> Iterator[Found]:
    """Key touchpoints without a standard, moments of truth that nothing measures, touchpoints without evidence."""
    b = d.blueprint
    named = {s.touchpoint for s in b.standards} | {x for s in b.standards for x in (*s.of, *s.start, *s.end)}
    ruled = {x for r in b.rules for x in (r.a, r.b)}
    for i, a in enumerate(b.activities):
        if a.touchpoint is None:
            continue
        at = ("activities", i, "touchpoint")
        if a.touchpoint.key and a.id not in named:
            yield found(at, "key-touchpoint-without-standard", id=a.id)
        if a.touchpoint.moment_of_truth and a.id not in named | ruled:
            yield found(at, "moment-of-truth-without-measure", id=a.id)
        if not a.touchpoint.evidence:
            yield found(at, "touchpoint-without-evidence", id=a.id)


# --- checks ------------------------------------------------------------------------------------------------------------


def standards(d: Design) -> Iterator[Found]:
    """Standards without a share, and standards that the log can never answer."""
    for i, s in enumerate(d.blueprint.standards):
        at = ("standards", i)
        if s.share is None and s.metric in PER_CASE:
            yield found(at, "no-share", id=s.id)
        for names in (s.start, s.end, s.of) if s.metric in PER_CASE else ():
            if names and (set(names) <= d.hidden or (s.metric == "count" and set(names) & d.hidden)):
                yield found(at, "cannot-be-measured.activity", id=s.id, activity=", ".join(names))
        if s.metric in ("waiting", "handling") and not d.has_starts:
            yield found(at, "cannot-be-measured.starts", id=s.id)
        if s.metric == "handovers" and not d.blueprint.binding.resource:
            yield found(at, "cannot-be-measured.people", id=s.id)
        if s.metric == "turns" and not d.meets_customer:
            yield found(at, "cannot-be-measured.turns", id=s.id)


def rules(d: Design) -> Iterator[Found]:
    """Rules that the log can never answer."""
    b = d.blueprint
    without_members = {role.id for role in b.roles if not role.resources}
    for i, r in enumerate(b.rules):
        at = ("rules", i)
        for name in (r.a, r.b):
            if name in d.hidden:
                yield found(at, "cannot-be-measured.activity", id=r.id, activity=name)
        if "start" in (r.a_at, r.b_at) and not d.has_starts:
            yield found(at, "cannot-be-measured.starts", id=r.id)
        if r.kind in OF_PEOPLE and not b.binding.resource:
            yield found(at, "cannot-be-measured.people", id=r.id)
        if r.role in without_members:
            yield found(at, "cannot-be-measured.members", id=r.id, role=r.role)


def members(d: Design) -> Iterator[Found]:
    """Roles of steps whose members are not named, so that nobody can be found to be another's."""
    b = d.blueprint
    for role in b.roles:
        steps = [a.id for a in b.activities if a.role == role.id and a.observable]
        if steps and not role.resources:
            yield found(
                ("roles", role.id), "role-without-members", id=role.id, n=len(steps), steps=", ".join(steps[:5])
            )


def seen(d: Design) -> Iterator[Found]:
    """Labels of the log that the blueprint does not know, and activities that do not occur in it."""
    known = [label for a in d.blueprint.activities for label in a.labels]
    for label, n in sorted((d.unknown_labels or {}).items(), key=lambda x: (-x[1], x[0])):
        close = get_close_matches(label, known, 1)
        wording = "label-unknown.close" if close else "label-unknown"
        yield found(("activities",), wording, label=label, n=n, close=close[0] if close else "")
    place = {a.id: i for i, a in enumerate(d.blueprint.activities)}
    for id in sorted(set(d.never_seen or ()), key=lambda id: place[id]):
        yield found(("activities", place[id]), "activity-never-seen", id=id)


def indicators(d: Design) -> Iterator[Found]:
    """Indicators that count what the log cannot show."""
    for i, kpi in enumerate(d.blueprint.kpis):
        for word, name in kpi_activities(kpi):
            if name in d.hidden:
                yield found(("kpis", i, "formula", word), "kpi-without-trace", id=kpi.id, activity=name)
