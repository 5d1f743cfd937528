"""The simulator: its definitions by hand, clean logs, exact truths, the same bytes again, and every error message."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.automaton import sequence_automaton
from mining.blueprint import parse_blueprint, read_blueprint
from mining.blueprint.model import CalendarSpec, Condition, Rule, Scope, Standard, Stop
from mining.errors import MiningError
from mining.simulation import Fault, Simulation, simulate
from mining.simulation import standards as time_standards
from mining.simulation.clock import BusinessCalendar, OutOfCoverageError
from mining.simulation.contacts import contact_faults, handovers, outcome, turns
from mining.simulation.oracle import Oracle
from mining.simulation.repairs import cheapest_repairs
from mining.simulation.rules import KINDS, Instance, Setting, holds, named
from mining.simulation.samples import main
from mining.simulation.service import Service
from mining.simulation.stream import Stream
from mining.simulation.write import last_moment
from mining.units import Duration
from tests.examples import examples

SAMPLES = Path(__file__).parent.parent / "sample_logs"
NAMES = ("bank_loan", "it_incident", "outpatient_visit", "permit_receipt")
HOUR, DAY = 3600, 86_400
OFFICE = BusinessCalendar(
    CalendarSpec(
        "office",
        "Europe/Amsterdam",
        {"mon-fri": ("09:00-12:00", "13:00-17:00")},
        ("2026-01-01", "2026-12-31"),
        closed=("2026-01-01", "2026-04-06"),
        extra_workdays={"2026-01-10": "fri"},
    )
)
SETTING = Setting({"office": OFFICE}, {"boss": frozenset({"ann"}), "nobody": frozenset()})


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def trace(text: str) -> list[Instance]:
    """ "a:ann b" is a by ann from hour 1 to 1.5, then b by nobody from hour 2 to 2.5."""
    found = []
    for i, word in enumerate(text.split(), 1):
        activity, _, who = word.partition(":")
        found.append(Instance(activity, i * HOUR, i * HOUR + HOUR // 2, who or None))
    return found


def rule(kind: str, a: str = "a", b: str | None = "b", **more: object) -> Rule:
    return Rule("R", kind, a, "major", "by hand", b=b, **more)  # type: ignore[arg-type]


def blueprint(name: str):
    return read_blueprint(SAMPLES / name / "blueprint.yaml")


# --- the seventeen rules, by hand

BY_HAND = [
    (rule("must_occur", n=2), "a b a", True),
    (rule("must_occur", n=2), "a b", False),
    (rule("must_occur"), "a", True),
    (rule("must_occur"), "", False),
    (rule("must_not_occur"), "b", True),
    (rule("must_not_occur"), "b a", False),
    (rule("at_most", n=1), "a b", True),
    (rule("at_most", n=1), "a b a", False),
    (rule("at_most", n=1), "b", None),
    (rule("starts_with"), "a b", True),
    (rule("starts_with"), "b a", False),
    (rule("starts_with"), "", None),
    (rule("ends_with"), "b a", True),
    (rule("ends_with"), "a b", False),
    (rule("ends_with"), "", None),
    (rule("precedence"), "a b b", True),
    (rule("precedence"), "b a b", False),
    (rule("precedence"), "b", False),
    (rule("precedence"), "a", None),
    (rule("response"), "a c b", True),
    (rule("response"), "a b a", False),
    (rule("response"), "b", None),
    (rule("response", within=Duration(1, "h")), "a b", True),
    (rule("response", within=Duration(1, "h")), "a c b", False),
    (rule("succession"), "a b", True),
    (rule("succession"), "b", False),
    (rule("succession"), "a", False),
    (rule("succession"), "c", None),
    (rule("immediate_response"), "a b c", True),
    (rule("immediate_response"), "a c b", False),
    (rule("immediate_response"), "b a", False),
    (rule("immediate_response"), "b", None),
    (rule("immediate_precedence"), "c a b", True),
    (rule("immediate_precedence"), "a c b", False),
    (rule("immediate_precedence"), "b", False),
    (rule("immediate_precedence"), "a", None),
    (rule("not_followed_by"), "b a c", True),
    (rule("not_followed_by"), "a c b", False),
    (rule("not_followed_by"), "b", None),
    (rule("not_together"), "a a", True),
    (rule("not_together"), "b a", False),
    (rule("not_together"), "c", None),
    (rule("together"), "b a", True),
    (rule("together"), "a c", False),
    (rule("together"), "c", None),
    (rule("four_eyes"), "a:ann b:bob", True),
    (rule("four_eyes"), "a:ann b:bob a:bob", False),
    (rule("four_eyes"), "a:ann b", None),
    (rule("same_handler"), "a:ann a:bob b:bob", True),
    (rule("same_handler"), "a:ann b:bob", False),
    (rule("same_handler"), "a:ann", None),
    (rule("performed_by", role="boss"), "a:ann b:bob", True),
    (rule("performed_by", role="boss"), "a:ann a:bob", False),
    (rule("performed_by", role="boss"), "a", None),
    (rule("performed_by", role="nobody"), "a:bob", None),
    (rule("not_before", after=Duration(2, "h")), "a c b", True),
    (rule("not_before", after=Duration(2, "h")), "a a b", False),
    (rule("not_before", after=Duration(2, "h")), "b a", None),
]


@pytest.mark.parametrize(("wanted", "text", "expected"), BY_HAND, ids=lambda x: getattr(x, "kind", str(x)))
def test_a_rule_means_what_its_definition_says(wanted, text, expected):
    assert holds(wanted, trace(text), {}, SETTING) is expected


def test_all_seventeen_kinds_of_the_schema_are_defined_and_tried():
    from mining.blueprint import schema

    kinds = set(schema()["properties"]["rules"]["items"]["properties"]["kind"]["enum"])
    assert set(KINDS) == kinds == {wanted.kind for wanted, _, _ in BY_HAND}


def test_precedence_can_look_at_the_start_of_the_earlier_step():
    overlapping = [Instance("b", 10, 20), Instance("a", 5, 30)]
    assert holds(rule("precedence"), overlapping, {}, SETTING) is False
    assert holds(rule("precedence", a_at="start"), overlapping, {}, SETTING) is True


def test_a_rule_with_conditions_speaks_only_where_all_hold():
    large = rule("must_not_occur", when=(Condition("amount", ">=", 5000), Condition("channel", "in", ["web"])))
    assert holds(large, trace("a"), {"amount": 5000, "channel": "web"}, SETTING) is False
    assert holds(large, trace("a"), {"amount": 4999, "channel": "web"}, SETTING) is None
    assert holds(large, trace("a"), {"amount": 5000, "channel": None}, SETTING) is None


# --- the clock, by hand


def test_working_days_end_with_office_hours_and_the_first_day_is_not_counted():
    thursday = at("2026-04-02T10:00:00+02:00")
    assert OFFICE.due(thursday, 1) == at("2026-04-03T17:00:00+02:00")
    assert OFFICE.due(thursday, 2) == at("2026-04-07T17:00:00+02:00"), "Easter Monday is closed"
    assert OFFICE.due(at("2026-04-04T10:00:00+02:00"), 1) == at("2026-04-07T17:00:00+02:00")


def test_a_make_up_day_takes_the_hours_of_its_weekday():
    saturday = at("2026-01-10T00:00:00+01:00")
    assert OFFICE.open_between(saturday, saturday + DAY) == 7 * HOUR
    assert OFFICE.open_between(saturday + 7 * DAY, saturday + 8 * DAY) == 0


def test_open_time_leaves_out_the_break_and_the_night():
    assert OFFICE.open_between(at("2026-02-02T11:00:00+01:00"), at("2026-02-03T09:30:00+01:00")) == 5.5 * HOUR


def test_a_day_of_changing_clocks_has_its_usual_hours():
    assert OFFICE.open_between(at("2026-03-27T16:00:00+01:00"), at("2026-03-30T10:00:00+02:00")) == 2 * HOUR


def test_outside_its_coverage_a_calendar_has_no_answer():
    with pytest.raises(OutOfCoverageError):
        OFFICE.open_until(at("2027-01-02T10:00:00+01:00"))
    assert OFFICE.due(at("2026-12-31T10:00:00+01:00"), 1) > at("2027-01-02T10:00:00+01:00"), "after all it answers for"


@given(st.integers(0, 300 * DAY), st.integers(0, 200 * HOUR))
def test_adding_open_time_adds_exactly_this_open_time(offset, seconds):
    moment = at("2026-01-05T00:00:00+01:00") + offset
    after = OFFICE.add(moment, seconds)
    assert OFFICE.open_between(moment, after) == seconds
    assert OFFICE.room(after) > 0


# --- the standards, by hand


def standard(metric: str, limit: Duration | None, **more: object) -> Standard:
    return Standard("S", "time", metric, "major", "by hand", limit=limit, **more)  # type: ignore[arg-type]


def judged(s: Standard, steps: list[Instance], attributes: dict[str, int] | None = None) -> list[bool]:
    found = time_standards.windows(s, steps, attributes or {})
    return [time_standards.kept(s, w, attributes or {}, SETTING) for w in found]


def test_elapsed_time_runs_from_completion_to_completion():
    steps = trace("a c b")  # a ends at 1:30, b at 3:30
    assert judged(standard("elapsed", Duration(2, "h"), start=("a",), end=("b", "d")), steps) == [True]
    assert judged(standard("elapsed", Duration(119, "min"), start=("a",), end=("b",)), steps) == [False]
    assert judged(standard("elapsed", Duration(1, "s"), start=("b",), end=("a",)), steps) == []
    assert judged(standard("elapsed", Duration(1, "s"), start=("case_start",), end=("a",)), steps) == [True]


def test_a_stopped_clock_does_not_count():
    stop = (Stop("a", "next_event"),)
    assert judged(standard("elapsed", Duration(1, "h"), start=("a",), end=("b",), stop_clock=stop), trace("a c b")) == [
        True
    ]
    assert judged(
        standard("elapsed", Duration(59, "min"), start=("a",), end=("b",), stop_clock=stop), trace("a c b")
    ) == [False]


def test_working_days_are_kept_until_closing_time():
    one_day = standard("elapsed", Duration(1, "bd"), start=("a",), end=("b",), calendar="office")
    for end, kept in (("2026-04-07T17:00:00+02:00", True), ("2026-04-07T17:00:01+02:00", False)):
        steps = [Instance("a", 0, at("2026-04-03T23:00:00+02:00")), Instance("b", 0, at(end))]
        assert judged(one_day, steps) == [kept]


def test_waiting_ends_with_the_start_and_handling_is_start_to_end():
    steps = [Instance("a", 0, 100), Instance("b", 160, 400), Instance("b", 450, 500, schedule=380)]
    assert judged(standard("waiting", Duration(60, "s"), of=("b",)), steps) == [True, False]
    assert judged(standard("handling", Duration(60, "s"), of=("b",)), steps) == [False, True]
    assert judged(standard("waiting", Duration(60, "s"), of=("a",)), steps) == []


def test_a_due_date_is_kept_up_to_the_second():
    due = standard("due_date", None, of=("case_end",), due="deadline")
    assert judged(due, [Instance("a", 0, 100)], {"deadline": 100}) == [True]
    assert judged(due, [Instance("a", 0, 101)], {"deadline": 100}) == [False]


# --- what a broken rule names, by hand

NAMED = [
    (rule("must_occur"), "b", ("missing", "a")),
    (rule("must_not_occur"), "b a", ("extra", "a")),
    (rule("at_most", n=1), "a b a", ("repeated", "a")),
    (rule("starts_with"), "b", ("missing", "a")),
    (rule("starts_with"), "b a", ("out_of_order", "a")),
    (rule("ends_with"), "a b", ("out_of_order", "a")),
    (rule("precedence"), "b", ("missing", "a")),
    (rule("precedence"), "b a", ("out_of_order", "a")),
    (rule("response"), "b a", ("missing", "b")),
    (rule("response", within=Duration(1, "h")), "a c b", ("late", "b")),
    (rule("succession"), "a", ("missing", "b")),
    (rule("succession"), "b", ("missing", "a")),
    (rule("immediate_response"), "a c b", ("out_of_order", "b")),
    (rule("immediate_response"), "a c", ("missing", "b")),
    (rule("immediate_precedence"), "a c b", ("out_of_order", "a")),
    (rule("not_followed_by"), "a c b", ("out_of_order", "b")),
    (rule("not_together"), "b c a", ("extra", "a")),
    (rule("together"), "b c", ("missing", "a")),
    (rule("four_eyes"), "a:ann b:ann", ("same_person", "b")),
    (rule("same_handler"), "a:ann b:bob", ("other_person", "b")),
    (rule("performed_by", role="boss"), "a:bob", ("wrong_role", "a")),
    (rule("not_before", after=Duration(2, "h")), "a b", ("out_of_order", "b")),
]


@pytest.mark.parametrize(("wanted", "text", "expected"), NAMED, ids=lambda x: getattr(x, "kind", None) or str(x))
def test_a_broken_rule_names_kind_and_activity(wanted, text, expected):
    assert named(wanted, trace(text), SETTING) == [expected]


def test_each_of_the_seventeen_kinds_names_something():
    assert {wanted.kind for wanted, _, _ in NAMED} == set(KINDS)


@settings(deadline=None, max_examples=examples(300))
@given(st.sampled_from(NAMED), st.lists(st.sampled_from(["a:ann", "a:bob", "b:ann", "b:bob", "c"]), max_size=6))
def test_a_rule_names_something_exactly_where_it_is_broken(case, steps):
    wanted, steps = case[0], trace(" ".join(steps))
    assert bool(named(wanted, steps, SETTING)) == (holds(wanted, steps, {}, SETTING) is False)


@settings(deadline=None, max_examples=examples(300))
@given(st.sampled_from(NAMED), st.lists(st.sampled_from(["a:ann", "a:bob", "b:ann", "b:bob", "c"]), max_size=6))
def test_what_is_broken_while_a_case_runs_stays_broken(case, steps):
    """A running case breaks no more than the same case once it has ended; an answer that is overdue is then one that never came."""
    wanted, steps = case[0], trace(" ".join(steps))
    now = steps[-1].end if steps else 0
    if wanted.kind != "same_handler":
        running, ended = (set(named(wanted, steps, SETTING, *more)) for more in ((now,), ()))
        overdue = {("late", b) for kind, b in ended if kind == "missing" and wanted.within}
        assert running <= ended | overdue


# --- contacts and outcome, by hand


def desk(**more: object):
    touchpoint = (
        "touchpoint: {key: true, channels: [mail], evidence: [slip, mark], "
        "proofs: [{of: slip, activity: b}, {of: mark, attr: mark}], fails_when: [{attr: state, op: in, value: [lost, late]}]}"
    )
    text = (
        TINY.replace("labels: [A],", f"labels: [A], {touchpoint},")
        .replace("RULES", "")
        .replace("RESOURCE", ", attributes: {channel: channel, mark: mark, state: state}")
    )
    return parse_blueprint(text)


FINE = {"channel": "mail", "mark": "7", "state": "well"}


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("a b", FINE, []),
        ("a b", {**FINE, "channel": "web"}, [("channel-a", "wrong_channel", "a")]),
        ("a b", {**FINE, "channel": None}, []),
        ("a b", {**FINE, "mark": None}, [("evidence-a", "missing_evidence", "a")]),
        ("a c", FINE, [("evidence-a", "missing_evidence", "a")]),
        ("a b", {**FINE, "state": "lost"}, [("touchpoint-a", "failed", "a")]),
        ("a b", {**FINE, "state": None}, []),
        ("b", {}, []),
    ],
)
def test_contacts_mean_what_their_definition_says(text, row, expected):
    steps = trace(text)
    assert list(contact_faults(desk(), steps, [row] * len(steps))) == expected


def test_a_proof_by_an_activity_is_waited_for_while_the_case_runs():
    assert list(contact_faults(desk(), trace("a"), [FINE], ended=False)) == []


SCOPE = Scope(("a",), ("b", "w"), "case", withdrawn_by=("w",), reopened_by=("r",), abandoned_after=Duration(2, "h"))


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("a b c", None, ("pass", 1)),
        ("a b r", None, ("reopened", 2)),
        ("a r b", None, ("pass", 2)),
        ("a w", None, ("not_applicable", None)),
        ("a w r b", None, ("pass", 3)),
        ("a b w", None, ("not_applicable", None)),
        ("a", 3 * HOUR, ("pending", None)),
        ("a", 4 * HOUR, ("abandoned", 0)),
        ("a b", 99 * HOUR, ("pass", 1)),
    ],
)
def test_an_outcome_means_what_its_definition_says(text, now, expected):
    assert outcome(SCOPE, trace(text), now) == expected


def test_hand_overs_leave_out_steps_without_a_person_and_turns_unknown_steps():
    assert [x.activity for x in handovers(trace("a:ann b c:ann d:bob e f:ann"))] == ["d", "f"]
    lanes = parse_blueprint(BUSY)  # a and e are the customer's
    assert [x.activity for x in turns(lanes, trace("a b nobody e c"))] == ["b", "e", "c"]


def test_a_step_outside_the_blueprint_belongs_to_the_stage_of_the_step_before_it():
    oracle = Oracle(Service(blueprint("outpatient_visit")))
    parts = oracle.parts(["Lost", "book", "check_in", "Lunch", "triage", "consult", "Nap", "leave"])
    assert parts["path-before"] == ("Lost", "book")
    assert parts["path-arrive"] == ("check_in", "Lunch", "triage")
    assert parts["path-consult"] == ("consult", "Nap")
    assert parts["path-after"] == ("leave",)
    assert parts["handover"] == ("book", "check_in", "triage", "consult", "leave")


def test_a_stage_in_which_only_rules_bind_takes_its_steps_in_any_order():
    oracle = Oracle(Service(blueprint("outpatient_visit")))
    assert oracle.paths(["check_in", "triage", "report", "consult", "report", "leave"]) == {}
    assert oracle.paths(["check_in", "triage", "Nap", "consult", "leave"]).keys() == {"path-arrive"}
    assert oracle.paths(["triage", "check_in", "consult", "leave"]).keys() == {"path-arrive"}
    assert oracle.paths(["check_in", "consult", "triage", "leave"]) == {
        "handover": {(("delete", "consult"),), (("delete", "triage"),)}
    }


# --- repairs


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("abc", {()}),
        ("ac", {(("insert", "b"),)}),
        ("abxc", {(("delete", "x"),)}),
        ("acb", {(("delete", "b"), ("insert", "b")), (("delete", "c"), ("insert", "c"))}),
        ("", set()),
    ],
)
def test_cheapest_repairs_of_a_fixed_sequence(run, expected):
    assert cheapest_repairs(sequence_automaton(list("abc")), run) == expected


# --- clean logs


def runs(made: Simulation) -> dict[str, list[str]]:
    """Activities per case, read from the rows of the log alone."""
    rows, binding = made.to_frame(), made.blueprint.binding
    if binding.lifecycle:
        rows = rows[rows[binding.lifecycle.column] == binding.lifecycle.complete]
    rows = rows.assign(activity=rows[binding.activity].map(made.blueprint.labels))
    return {str(case): list(part["activity"]) for case, part in rows.groupby(binding.case)}


@pytest.fixture(scope="module")
def clean() -> dict[str, Simulation]:
    return {name: simulate(blueprint(name), cases=200, seed=5) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_clean_log_breaks_nothing(clean, name):
    made = clean[name]
    service = Service(made.blueprint)
    assert len(runs(made)) == 200
    assert all(made.blueprint.automaton.accepts(run) for run in runs(made).values())
    for case in made.cases:
        assert service.broken(case) == service.broken(case, strict=True) == ()
        assert service.wrong_roles(case) == service.poor_contacts(case) == ()
        assert service.comfortable(case)
        assert Oracle(service).diagnosis(case).checks == ()
    assert made.truth.empty


@pytest.mark.parametrize("name", NAMES)
def test_steps_of_a_clean_case_follow_each_other_in_time(clean, name):
    for case in clean[name].cases:
        assert all(x.start < x.end for x in case.trace)
        assert all(x.end < y.start for x, y in zip(case.trace, case.trace[1:], strict=False))


def test_staff_work_in_open_hours_only(clean):
    made = clean["permit_receipt"]
    calendar = Service(made.blueprint).calendar
    ends = [at(text) for text in made.to_frame()["timestamp"]]
    assert all(calendar.room(end - 1) > 0 for end in ends)


def test_no_two_rows_of_a_case_have_the_same_time_and_rows_come_in_order_of_time(clean):
    for made in clean.values():
        binding = made.blueprint.binding
        rows = made.to_frame()
        moments = pd.to_datetime(rows[binding.timestamp], utc=True)
        assert moments.is_monotonic_increasing
        assert not pd.DataFrame({"case": rows[binding.case], "at": moments}).duplicated().any()


def test_values_lie_on_both_sides_of_a_threshold(clean):
    amounts = clean["bank_loan"].to_frame()["amount"].astype(float)
    assert (amounts < 5000).any()
    assert (amounts >= 5000).any()


def test_channels_are_those_of_the_touchpoint(clean):
    made = clean["outpatient_visit"]
    for activity in made.blueprint.activities:
        rows = made.to_frame()[lambda x, labels=activity.labels: x["activity"].isin(labels)]
        offered = activity.touchpoint.channels if activity.touchpoint and activity.touchpoint.channels else ("",)
        assert set(rows["channel"]) == set(offered)


def test_variants_repeat(clean):
    variants = Counter(tuple(run) for run in runs(clean["it_incident"]).values())
    assert variants.most_common(1)[0][1] >= 20


# --- known faults

FAULTS = {
    "bank_loan": "missing:validate=2 extra:decline=2 moved_late:register=3 late:S1=4 late:S3=3 late:S4=3 same_person:R4=1 "
    "wrong_role:approve=2 repeated:create_offer=3 failed:call_on_offer=3 reopened:validate=2 replaced:preaccept=2 "
    "missing_evidence:send_offer=2 discontinuity:S5=2 abandoned:*=3",
    "it_incident": "missing:resolve=3 missing:take_charge=3 swapped:assign_seriousness=3 reopened:take_charge=3 "
    "late:take_charge=5 late:S2=3 late:S3=2 wrong_role:resolve=2 extra:Lunch=4 wrong_channel:take_charge=3 "
    "missing_evidence:resolve=2 failed:resolve=2 discontinuity:S4=2 abandoned:*=3",
    "outpatient_visit": "missing:triage=4 repeated:triage=3 swapped:review_rx=2 late:S1=4 late:leave=3 "
    "same_person:R3=1 wrong_role:consult=2 extra:Lunch=2 other_person:R5=2 replaced:triage=2 wrong_channel:check_in=2 "
    "failed:pay=2 wrong_value:S6=2 discontinuity:S5=1 abandoned:*=2",
    "permit_receipt": "missing:approve_receipt=3 extra:adjust_receipt=3 repeated:send_receipt=2 "
    "swapped:approve_receipt=2 late:S1=4 late:S2=2 late:S3=2 same_person:check_receipt=2 wrong_role:approve_receipt=2 "
    "moved_late:need_advice=2 replaced:approve_receipt=2 missing_evidence:receive=2 failed:send_receipt=2 abandoned:*=2",
}


def faults(name: str) -> list[Fault]:
    return [Fault.parse(text) for text in FAULTS[name].split()]


@pytest.fixture(scope="module")
def faulty() -> dict[str, Simulation]:
    return {name: simulate(blueprint(name), cases=200, seed=5, faults=faults(name)) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_as_many_faults_of_each_kind_as_asked_for_one_a_case(faulty, name):
    wanted = Counter(fault.kind for fault in faults(name) for _ in range(fault.number(200)))
    assert Counter(faulty[name].truth["kind"]) == wanted
    assert faulty[name].truth["case_id"].is_unique
    assert faulty[name].truth["case_id"].is_monotonic_increasing


def assert_truth_names_exactly_what_fails(made: Simulation) -> None:
    service = Service(made.blueprint)
    oracle, now = Oracle(service), last_moment(service, made.cases, made.until)
    for case in made.cases:
        truths = [truth for truth in made.truths if truth.case_id == case.plan.id]
        wanted = {check for truth in truths for check in (truth.check, *truth.also_fails)}
        abandoned = any(truth.kind == "abandoned" for truth in truths)
        assert set(oracle.diagnosis(case, now=now if abandoned else None).checks) == wanted


@pytest.mark.parametrize("name", NAMES)
def test_the_truth_names_exactly_what_fails(faulty, name):
    assert_truth_names_exactly_what_fails(faulty[name])


def test_a_late_case_is_clearly_late(faulty):
    made = faulty["it_incident"]
    late = made.truth[made.truth["check"] == "S1"]["case_id"]
    setting = Setting.of(made.blueprint)
    s1 = made.blueprint.checks["S1"]
    for case in made.cases:
        for window in time_standards.windows(s1, case.trace, case.attributes):
            used = time_standards.net_seconds(window, "bh", setting.calendars["desk"]) / (4 * HOUR)
            assert used >= 1.2 if case.plan.id in set(late) else used <= 0.75


def test_a_fault_leaves_the_rows_of_all_other_cases_unchanged(clean, faulty):
    for name in NAMES:
        case = clean[name].blueprint.binding.case
        spoilt = set(faulty[name].truth["case_id"])
        before, after = (
            made.to_frame()[lambda x, case=case, spoilt=spoilt: ~x[case].isin(spoilt)]
            for made in (clean[name], faulty[name])
        )
        assert before.to_csv(index=False) == after.to_csv(index=False)


def test_another_fault_leaves_the_faulty_cases_of_the_first_unchanged(faulty):
    first = simulate(blueprint("permit_receipt"), cases=200, seed=5, faults=faults("permit_receipt")[:1])
    both = faulty["permit_receipt"].truth
    assert first.truth.to_dict("records") == both[both["kind"] == "missing"].to_dict("records")


def test_more_cases_leave_the_first_ones_unchanged(clean):
    few = simulate(blueprint("bank_loan"), cases=50, seed=5).to_frame()
    many = clean["bank_loan"].to_frame()
    assert few.to_csv(index=False) == many[many["case_id"] <= "C00050"].to_csv(index=False)


def test_customers_notice_visible_faults(clean):
    late = simulate(blueprint("it_incident"), cases=200, seed=5, faults=[Fault.parse("late:S1=100%")])
    scores = [
        made.survey[made.survey["kind"] == "csat"]["score"].astype(int).mean() for made in (clean["it_incident"], late)
    ]
    assert scores[0] - scores[1] > 0.8


BUSY = """
sbp: "1.0"
id: edge
version: "1"
name: {en: Edge}
service_type: self_service
status: draft
owner: nobody
effective: {from: 2026-03-01}
scope: {starts_with: [a], ends_with: [z], unit_of_analysis: case}
calendars:
  o: {tz: Asia/Shanghai, week: {mon-fri: ["09:00-17:00"]}, coverage: [2026-01-01, 2026-12-31]}
lanes:
  - {id: cust, kind: customer, name: {en: C}}
  - {id: front, kind: onstage, name: {en: Front}}
  - {id: back, kind: backstage, name: {en: Back}}
stages: [{id: one, name: {en: One}}]
roles: {r: {name: {en: R}, resources: [x, y, w]}, q: {name: {en: Q}, resources: [w, u]}}
log:
  {case: case, activity: activity, timestamp: end, start: start, resource: who, attributes:
    {vip: {column: vip, type: boolean}, channel: {column: channel}, due: {column: due, type: datetime}}}
activities:
  - {id: a, lane: cust, stage: one, labels: [A], name: {en: A},
     touchpoint: {key: true, channels: [web, app]}}
  - {id: b, lane: front, stage: one, role: r, labels: [B, BB], name: {en: B}}
  - {id: c, lane: back, stage: one, role: q, labels: [C], name: {en: C}}
  - {id: d, lane: back, stage: one, labels: [D], name: {en: D}}
  - {id: e, lane: cust, stage: one, labels: [E], name: {en: E},
     touchpoint: {key: true, channels: [web, phone]}}
  - {id: f, lane: back, stage: one, labels: [F], name: {en: F}}
  - {id: g, lane: back, stage: one, labels: [G], name: {en: G}}
  - {id: z, lane: back, stage: one, labels: [Z], name: {en: Z}}
flow: [a, {free: [b, c, d, e, f, g]}, z]
rules:
  - {id: R1, kind: must_occur, a: b, severity: major, basis: x}
  - {id: R2, kind: must_not_occur, a: g, severity: major, basis: x,
     when: [{attr: vip, op: "==", value: true}]}
  - {id: R3, kind: at_most, a: b, n: 1, severity: major, basis: x}
  - {id: R4, kind: starts_with, a: a, severity: major, basis: x}
  - {id: R5, kind: ends_with, a: z, severity: major, basis: x}
  - {id: R6, kind: succession, a: b, b: c, severity: major, basis: x}
  - {id: R7, kind: immediate_precedence, a: c, b: d, severity: major, basis: x}
  - {id: R8, kind: not_followed_by, a: e, b: f, severity: major, basis: x}
  - {id: R9, kind: together, a: c, b: d, severity: major, basis: x}
  - {id: R10, kind: four_eyes, a: b, b: c, severity: major, basis: x}
  - {id: R11, kind: same_handler, a: d, b: f, severity: minor, basis: x}
  - {id: R12, kind: not_before, a: b, b: z, after: 2bd, calendar: o, severity: major, basis: x}
  - {id: R13, kind: response, a: b, b: c, within: 6bh, calendar: o, severity: major, basis: x}
  - {id: R14, kind: not_together, a: f, b: g, severity: major, basis: x}
standards:
  - {id: S1, dimension: time, metric: elapsed, from: case_start, to: case_end, max: 10bd,
     calendar: o, severity: minor, basis: none, stop_clock: [{from: e, to: next_event}]}
  - {id: S2, dimension: time, metric: due_date, of: case_end, due: due, severity: minor, basis: none}
  - {id: S3, dimension: time, metric: handling, of: b, max: 20min, severity: minor, basis: none}
"""


def test_many_kinds_of_rules_at_once_are_kept_and_broken_one_at_a_time():
    texts = (
        "missing:c=2",
        "missing:d=2",
        "extra:g=2",
        "repeated:b=2",
        "swapped:c=2",
        "late:S1=2",
        "late:S2=2",
        "late:S3=2",
    )
    texts += ("same_person:R10=2", "wrong_role:c=2", "extra:new=2")
    made = simulate(parse_blueprint(BUSY), cases=100, seed=1, faults=[Fault.parse(text) for text in texts])
    assert len(made.truth) == 22
    assert_truth_names_exactly_what_fails(made)
    assert not made.truth["also_fails"].str.contains("R12").any(), "time is not broken by a misstep"


# --- two faults in a case


def test_two_faults_of_a_case_have_a_row_each_and_both_are_there():
    made = simulate(
        blueprint("outpatient_visit"),
        cases=200,
        seed=5,
        faults=[Fault.parse("missing:triage+late:S2=3"), Fault.parse("abandoned:triage+wrong_channel:check_in=2")],
    )
    assert made.truth.groupby("case_id").size().eq(2).all()
    assert Counter(made.truth["kind"]) == {"missing": 3, "late": 3, "abandoned": 2, "wrong_channel": 2}
    assert_truth_names_exactly_what_fails(made)


@pytest.mark.parametrize(
    "text",
    [
        "missing:triage+extra:triage=1",  # a step moved, not two faults
        "missing:triage+replaced:triage=1",
        "late:S2+late:S2=1",
        "missing:triage+missing:triage=1",
        "missing:pay+wrong_channel:pay=1",  # no step, no channel
    ],
)
def test_two_faults_that_are_not_two_are_refused(text):
    with pytest.raises(MiningError, match="would the two stand side by side"):
        simulate(blueprint("outpatient_visit"), cases=40, seed=5, faults=[Fault.parse(text)])


def test_a_plus_parts_two_faults_only_before_a_kind():
    assert Fault.parse("extra:Call + mail=2").beside is None
    both = Fault.parse("extra:Call + mail + late: S1=2")
    assert (both.place, both.beside, str(both)) == ("Call + mail", ("late", "S1"), "extra:Call + mail+late:S1=2")
    assert [str(part) for part in both.parts] == ["extra:Call + mail=2", "late:S1=2"]
    with pytest.raises(MiningError, match="names 3 faults for one case"):
        Fault.parse("missing:a+missing:b+missing:c=1")


def test_a_study_may_take_what_there_is():
    fault = Fault.parse("missing:follow_lead=2")  # optional: never a deviation
    assert simulate(blueprint("bank_loan"), cases=20, seed=1, faults=[fault], tries=10).truth.empty


# --- the end of the extract


def test_an_extract_ends_on_its_day_and_its_open_cases_are_clean():
    made = simulate(blueprint("it_incident"), cases=200, seed=5, faults=faults("it_incident"), end=date(2026, 4, 30))
    assert made.to_frame()["timestamp"].max() < "2026-05-01"
    open_cases = {case for case, run in runs(made).items() if "close" not in run}
    assert open_cases
    assert open_cases & set(made.truth["case_id"]) == set(made.truth[made.truth["kind"] == "abandoned"]["case_id"])
    assert len(made.truth) == sum(fault.number(200) for fault in faults("it_incident"))
    assert made.survey["answered_at"].max() < "2026-05-01"


# --- the same again


@pytest.mark.slow
def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path, faulty):
    again = simulate(blueprint("bank_loan"), cases=200, seed=5, faults=faults("bank_loan"))
    other = simulate(blueprint("bank_loan"), cases=200, seed=6, faults=faults("bank_loan"))
    folders = [made.write(tmp_path / str(i)) for i, made in enumerate((faulty["bank_loan"], again, other))]
    for table in ("log.csv", "truth.csv", "survey.csv"):
        bytes_ = [(folder / table).read_bytes() for folder in folders]
        assert bytes_[0] == bytes_[1] != bytes_[2]
        assert b"\r" not in bytes_[0]


@pytest.mark.slow
def test_bytes_do_not_depend_on_hash_seed_or_time_zone(tmp_path):
    code = (
        "import sys; from mining.blueprint import read_blueprint; from mining.simulation import *\n"
        f"b = read_blueprint({str(SAMPLES / 'outpatient_visit' / 'blueprint.yaml')!r})\n"
        "simulate(b, cases=40, seed=3, faults=[Fault.parse('extra:Lunch=3')]).write(sys.argv[1])"
    )
    for hash_seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo")):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone, "PYTHONPATH": str(SAMPLES.parent)}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / hash_seed)], check=True, env=environment)
    assert (tmp_path / "1" / "log.csv").read_bytes() == (tmp_path / "2" / "log.csv").read_bytes()


def test_frames_hold_what_the_files_hold(tmp_path, faulty):
    made = faulty["outpatient_visit"]
    made.write(tmp_path)
    for table, frame in (("log", made.to_frame()), ("truth", made.truth), ("survey", made.survey)):
        read = pd.read_csv(tmp_path / f"{table}.csv", dtype=str, keep_default_na=False)
        assert read.to_csv(index=False) == frame.to_csv(index=False)


@settings(deadline=None)
@given(st.integers(0, 2**63))
def test_random_numbers_stay_within_their_bounds(seed):
    stream = Stream(seed)
    assert 0 <= stream.below(3) < 3
    assert 0 <= stream.skewed(10) <= 80
    assert stream.pick("ab", [0.0, 1.0]) == "b"
    assert sorted(stream.shuffled("abc")) == ["a", "b", "c"]


def test_random_numbers_are_the_same_in_every_version():
    stream = Stream(1, "case", 1)
    assert [round(stream.uniform(), 12) for _ in range(2)] == [0.111578352509, 0.98778657192]


# --- errors


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mising:approve=2", "unknown kind of fault 'mising'. Did you mean 'missing'?"),
        ("missing:approve", "is not a fault. Write KIND:PLACE=AMOUNT"),
        ("missing:approve=few", "'few' is not an amount"),
        ("missing:approve=1.5", "a share is between 0 and 1"),
        ("missing:approve=-2", "cannot be negative"),
    ],
)
def test_a_fault_that_cannot_be_read_says_why(text, message):
    with pytest.raises(MiningError) as error:
        Fault.parse(text)
    assert message in str(error.value)


def test_amounts_are_shares_or_numbers():
    assert Fault.parse("missing:approve=2%") == Fault.parse("missing:approve=0.02")
    assert Fault.parse("extra:Call: again=12").place == "Call: again"
    assert [Fault.parse(f"missing:a={x}").number(250) for x in ("0.01", "1%", "1", "0.002")] == [3, 3, 1, 1]
    with pytest.raises(MiningError, match="either a share"):
        Fault("missing", "approve")


@pytest.mark.few_quick(5)
@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("bank_loan", "missing:aprove=2", "unknown activity 'aprove'. Did you mean 'approve'?"),
        ("bank_loan", "missing:follow_lead=2", "in none of 60 cases would this be a deviation of its own"),
        ("bank_loan", "missing:validate=59", "of 60 cases without another fault are eligible"),
        ("bank_loan", "late:S9=2", "'S9' is neither a time standard nor an activity at which one ends"),
        ("bank_loan", "same_person:R1=2", "'R1' is neither a four_eyes rule nor one of its activities"),
        ("bank_loan", "wrong_role:book=2", "book has no role, so nobody can be wrong"),
        ("it_incident", "missing:survey=2", "survey is not observable"),
        ("outpatient_visit", "missing:book=2", "is it optional?"),
        ("outpatient_visit", "extra:consult=2", "consult is in every case already"),
        ("outpatient_visit", "wrong_channel:triage=2", "'triage' is not a touchpoint with channels"),
        ("outpatient_visit", "missing_evidence:pay=2", "'pay' is not a touchpoint with proofs"),
        ("outpatient_visit", "failed:triage=2", "'triage' is not a touchpoint with fails_when"),
        ("outpatient_visit", "reopened:consult=2", "the blueprint has none"),
        ("outpatient_visit", "wrong_value:S5=2", "'S5' is not a standard with metric attribute"),
        ("outpatient_visit", "discontinuity:S1=2", "'S1' is not a standard with metric handovers or turns"),
        ("outpatient_visit", "replaced:pay=2", "'pay' is not a step with replaced_by"),
        ("outpatient_visit", "early:R1=2", "the blueprint has none: 'R1' would have to be a not_before rule"),
        ("outpatient_visit", "other_person:R3=2", "'R3' is neither a same_handler rule"),
        ("bank_loan", "reopened:activate=2", "'activate' is not a step of scope.reopened_by"),
        ("bank_loan", "wrong_channel:apply=2", "the log has no attribute named channel"),
    ],
)
def test_a_fault_without_a_place_says_why(name, text, message):
    with pytest.raises(MiningError) as error:
        simulate(blueprint(name), cases=60, seed=1, faults=[Fault.parse(text)])
    assert message in str(error.value)


TINY = """
sbp: "1.0"
id: tiny
version: "1"
name: {en: Tiny}
service_type: linear
status: draft
owner: nobody
effective: {from: 2026-01-01}
scope: {starts_with: [a], ends_with: [b], unit_of_analysis: case}
lanes: [{id: front, kind: onstage, name: {en: Front}}, {id: back, kind: backstage, name: {en: Back}}]
stages: [{id: one, name: {en: One}}]
roles: {clerk: {name: {en: Clerk}}}
log: {case: case, activity: activity, timestamp: time, ignore: [Noise]RESOURCE}
activities:
  - {id: a, lane: front, stage: one, role: clerk, labels: [A], name: {en: A}}
  - {id: b, lane: back, stage: one, labels: [B], name: {en: B}}
flow: [a, b]
rules:
  - {id: R1, kind: four_eyes, a: a, b: b, severity: major, basis: none}
RULES
standards:
  - {id: S1, dimension: time, metric: waiting, of: b, max: 1h, severity: minor, basis: none}
"""


def tiny(resource: str = "", rules: str = ""):
    return parse_blueprint(TINY.replace("RESOURCE", resource).replace("RULES", rules))


@pytest.mark.parametrize(
    ("resource", "text", "message"),
    [
        ("", "late:S1=1", "the log has no start times"),
        ("", "late:b=1", "the log has no start times"),
        ("", "same_person:R1=1", "the log has no resources"),
        ("", "wrong_role:a=1", "the log has no resources"),
        (", resource: who", "wrong_role:a=1", "role clerk lists no resources"),
        ("", "extra:Noise=1", "the blueprint ignores the label 'Noise'"),
    ],
)
def test_a_fault_that_the_log_cannot_show_is_refused(resource, text, message):
    with pytest.raises(MiningError) as error:
        simulate(tiny(resource), cases=5, seed=1, faults=[Fault.parse(text)])
    assert message in str(error.value)


def test_a_blueprint_without_calendars_is_played_in_usual_hours():
    rows = simulate(tiny(), cases=20, seed=1).to_frame()
    assert len(rows) == 40
    assert rows["time"].str.slice(11, 13).astype(int).between(9, 16).all()


def test_a_cooling_off_period_is_waited_for():
    rules = "  - {id: R2, kind: not_before, a: a, b: b, after: 3d, severity: major, basis: none}"
    for case in simulate(tiny(rules=rules), cases=20, seed=1).cases:
        assert case.trace[1].end - case.trace[0].end >= 3 * DAY


def test_rules_that_cannot_be_met_are_named():
    rules = "  - {id: R2, kind: must_not_occur, a: a, severity: major, basis: none}"
    with pytest.raises(MiningError, match=r"no clean case in 600 tries.*the order rules"):
        simulate(tiny(rules=rules), cases=1, seed=1)


def test_impossible_requests_say_what_to_try(tmp_path):
    with pytest.raises(MiningError, match="Ask for at least 1"):
        simulate(tiny(), cases=0, seed=1)
    with pytest.raises(MiningError, match="the calendars of bank-loan cover 2026-01-01 to 2026-12-31"):
        simulate(blueprint("bank_loan"), cases=1, seed=1, start=date(2030, 1, 1))
    with pytest.raises(MiningError, match="is before the first case"):
        simulate(tiny(), cases=1, seed=1, end=date(2025, 1, 1))
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MiningError, match="cannot be written"):
        simulate(tiny(), cases=1, seed=1).write(tmp_path / "file")


def test_the_samples_command_says_what_it_wrote_and_what_is_wrong(tmp_path, capsys):
    assert main([]) == 2
    assert main([str(tmp_path)]) == 1
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "blueprint.yaml").write_text(TINY.replace("RESOURCE", "").replace("RULES", ""), encoding="utf-8")
    (folder / "simulate.yaml").write_text("cases: 3\nseed: 1\nfaults:\n  - missing:a=1\n", encoding="utf-8")
    assert main([str(tmp_path)]) == 0
    assert "3 cases, 1 faulty" in capsys.readouterr().out
    for recipe, message in (
        ("cases: 3", "at least cases and seed"),
        ("cases: x\nseed: 1", "cases must be a whole number"),
        ("cases: 1\nseed: 1\nend: soon", "end must be a date"),
        ("cases: 1\nseed: 1\nfault: []", "unknown key 'fault'. Did you mean 'faults'?"),
    ):
        (folder / "simulate.yaml").write_text(recipe, encoding="utf-8")
        assert main([str(tmp_path)]) == 1
        assert message in capsys.readouterr().err
