"""Logs with known effects: the truth by hand, two lives that differ by one deviation only, and findings that are exactly the deviations."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import mining
from mining.simulation.known_effects import BY_ID, KNOWN, OUTCOMES, Setting, known_log
from mining.simulation.known_play import BY_CHANCE, DEVIATIONS, MOST_CALLS, Draws, played
from mining.simulation.known_service import service
from mining.voice import read_survey

IDS = tuple(known.id for known in KNOWN)
NULL = tuple(known.id for known in KNOWN if "null" in known.nature)
NEVER, ALWAYS = 2.0, 0.0  # numbers of chance with which nothing, or everything, happens


@cache
def made():
    return known_log(600, seed=4)


@cache
def study():
    log = made()
    return mining.Study(mining.EventLog.from_frame(log.events, columns=log.blueprint.binding), log.blueprint)


def one_case(*happens: str, clock: float = 1e9, call: float = 1e9) -> Draws:
    """A simple case by web of value 1 that takes 2 + 3 + 4 + 5 + 6 hours, and what is to happen to it."""
    hours = {"answer": 2.0, "consent": 3.0, "work": 4.0, "review": 5.0, "close": 6.0}
    hours |= {"late_answer": 7.0, "work_first": 8.0, "second_office": 9.0}
    chance = {name: ALWAYS if name in happens else NEVER for name in DEVIATIONS}
    chance |= {"complains": NEVER, "answers": ALWAYS, "check_at": 0.5, "note_at": 0.0, "again_at": 0.0}
    return Draws(
        arrived=np.zeros(1), complexity=np.zeros(1, int), channel=np.zeros(1, int), value=np.ones(1), customer=np.zeros(1, int),
        queue=np.zeros(1, int), load=np.zeros(1), knot=np.zeros(1), chance={k: np.array([x]) for k, x in chance.items()},
        hours={k: np.array([x]) for k, x in hours.items()}, clock=np.array([clock]), calls=np.full((1, MOST_CALLS), call), mood=np.zeros(1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("happens", "hours"),
    [
        ((), 20.0),
        (("skipped_check",), 20.0),
        (("late_answer",), 27.0),
        (("work_first",), 28.0),
        (("shortcut",), 15.0),
        (("late_answer", "work_first", "shortcut"), 30.0),
        (tuple(BY_CHANCE), 20.0),
    ],
    ids=lambda x: "+".join(x) or "nothing" if isinstance(x, tuple) else "",
)
def test_the_length_of_a_case_by_hand(happens, hours):
    seen = played(one_case(*happens))
    assert seen.outcomes["time"][0] == hours
    assert {name for name in DEVIATIONS if seen.deviates[name][0]} == set(happens) - (
        {"note_twice"} if "no_note" in happens else set()
    )


def test_the_second_office_by_hand():
    case = one_case(clock=10 / 230)  # one in 230 hours: 10 hours after the first answer, which comes after 2
    seen = played(case)
    assert seen.at["second_office"][0] == pytest.approx(12.0)
    assert seen.outcomes["time"][0] == 29.0
    assert (seen.at["work"][0], seen.at["review"][0]) == (
        9.0,
        14.0 + 9.0,
    )  # before it nothing moves, after it everything
    assert played(case, {"second_office"}).outcomes["time"][0] == 20.0
    assert not played(one_case(clock=18.1 / 230)).deviates["second_office"][0]  # the case ends at 20 hours
    assert played(one_case("late_answer", clock=17.9 / 230)).deviates["second_office"][
        0
    ]  # it runs from the answer on: 9 + 17.9 < 27


def test_a_longer_case_may_come_to_the_second_office():
    case = one_case("work_first", clock=19 / 230)  # 21 hours after arrival: only where the case takes that long
    assert played(case).outcomes["time"][0] == 28.0 + 9.0
    assert played(case, {"work_first"}).outcomes["time"][0] == 20.0  # so that the true effect is 17 hours


def test_calls_happen_while_the_case_is_open_and_do_nothing():
    assert played(one_case(call=19.9)).deviates["chaser_call"][0]
    assert not played(one_case(call=20.1)).deviates["chaser_call"][0]
    assert played(one_case(call=19.9)).outcomes["time"][0] == 20.0


@pytest.mark.parametrize("deviation", NULL)
def test_null_deviations_change_nothing_in_any_case(deviation):
    log = made()
    assert log.actual.deviates[deviation].any()
    other = log.without(deviation)
    for outcome in OUTCOMES:
        np.testing.assert_array_equal(log.actual.outcomes[outcome], other.outcomes[outcome])
    assert log.truth(deviation) == 0.0


@pytest.mark.parametrize("deviation", [x for x in IDS if x not in NULL])
def test_the_two_lives_of_a_case_differ_only_where_it_deviates(deviation):
    log = made()
    other, has = log.without(deviation), log.actual.deviates[deviation]
    assert not other.deviates[deviation].any()
    for outcome in OUTCOMES:
        np.testing.assert_array_equal(log.actual.outcomes[outcome][~has], other.outcomes[outcome][~has])
    change = (log.actual.outcomes["time"] - other.outcomes["time"])[has]
    assert (change < 0).all() if BY_ID[deviation].nature == "beneficial" else (change > 0).all()
    assert log.truth(deviation) == pytest.approx(change.mean())


def test_the_second_office_adds_its_own_hours_exactly():
    log = made()
    has = log.actual.deviates["second_office"]
    np.testing.assert_allclose(log.difference("second_office", "time")[has], log.draws.hours["second_office"][has])


def test_the_truth_about_satisfaction_is_of_those_who_answered():
    log = made()
    has = log.actual.deviates["late_answer"] & log.answers
    other = log.without("late_answer").outcomes["csat"]
    assert 0.2 < log.answers.mean() < 0.8
    assert log.truth("late_answer", "csat") == pytest.approx((log.actual.outcomes["csat"] - other)[has].mean())


def test_effects_are_of_the_size_that_they_are_said_to_be():
    log = known_log(20_000, seed=1)
    assert log.truth("late_answer") == pytest.approx(10, abs=1)
    assert log.truth("work_first") == pytest.approx(6, abs=1)
    assert log.truth("second_office") == pytest.approx(8, abs=1)
    assert log.truth("shortcut") == pytest.approx(-5, abs=1)


def test_a_raw_difference_misleads():
    log = known_log(20_000, seed=1)
    hours = log.actual.outcomes["time"]

    def naive(id):
        has = log.actual.deviates[id]
        return hours[has].mean() - hours[~has].mean()

    assert naive("skipped_check") > 8  # does nothing
    assert naive("chaser_call") > 8  # does nothing
    assert naive("work_first") < 2  # costs 6
    assert naive("second_office") > 15  # costs 8
    assert all(abs(naive(id)) < 3 for id in BY_CHANCE)


# --- the log -------------------------------------------------------------------------------------------------------------


def test_the_findings_of_a_study_are_the_deviations_and_nothing_else():
    found = study().findings().frame
    assert {(r.check, r.kind, r.activity) for r in found.itertuples()} == {(k.check, k.kind, k.activity) for k in KNOWN}
    assert (found["flags"] == "").all()
    assert (found["status"] == "open").all()


@pytest.mark.parametrize("deviation", IDS)
def test_a_finding_has_exactly_the_cases_that_deviate(deviation):
    known, log = BY_ID[deviation], made()
    faults = study().deviations().frame
    rows = faults[
        (faults["check"] == known.check) & (faults["kind"] == known.kind) & (faults["activity"] == known.activity)
    ]
    assert set(rows["case_id"]) == set(np.array(log.case_ids())[log.actual.deviates[deviation]])


def test_the_log_says_the_outcomes_that_the_simulator_knows():
    log, x = made(), study().instances
    assert list(study().log.case_ids) == log.case_ids()
    hours = (x.case_end - x.case_start) / 3_600e6
    np.testing.assert_allclose(hours, log.actual.outcomes["time"], atol=1e-9)
    np.testing.assert_array_equal(x.attribute("complained").astype(bool), log.actual.outcomes["complained"] > 0)
    assert study().has_end.all()
    answers = read_survey(log.survey).frame
    assert answers["case_id"].tolist() == [id for id, said in zip(log.case_ids(), log.answers, strict=True) if said]
    assert answers["score"].tolist() == log.actual.outcomes["csat"][log.answers].tolist()


def test_a_deviation_that_is_switched_off_is_not_in_the_log():
    log = known_log(300, seed=4, setting=Setting("less", null=("late_answer", "note_twice")))
    other = mining.Study(mining.EventLog.from_frame(log.events, columns=log.blueprint.binding), log.blueprint)
    places = {(r.check, r.kind) for r in other.findings().frame.itertuples()}
    assert ("S1", "late") not in places
    assert ("path", "repeated") not in places
    assert len(places) == len({(k.check, k.kind) for k in KNOWN}) - 2


def test_attributes_may_be_hidden_or_recorded_afterwards():
    hidden = known_log(50, setting=Setting("a", hidden=("complexity",)))
    assert "complexity" not in hidden.events
    assert "complexity" not in hidden.blueprint.binding.attributes
    last = known_log(50, setting=Setting("b", effort="end")).events
    assert last["effort"].notna().sum() == 50
    assert set(last.loc[last["effort"].notna(), "activity"]) == {"Account opened"}
    assert known_log(50, setting=Setting("c", effort="all")).events["effort"].notna().all()
    assert "effort" not in known_log(50).events


def test_causes_may_work_only_together():
    plain, knotted = known_log(400, seed=2), known_log(400, seed=2, setting=Setting("k", knotted=True))
    meet = (plain.draws.complexity == 2) & (plain.draws.value > 1.2)
    assert 20 < meet.sum() < 200
    longer = knotted.actual.outcomes["time"] > plain.actual.outcomes["time"]
    np.testing.assert_array_equal(longer, meet)
    more = knotted.actual.deviates["skipped_check"] & ~plain.actual.deviates["skipped_check"]
    assert more.any()
    assert not more[~meet].any()
    assert knotted.truth("skipped_check") == 0.0


def test_a_seed_gives_the_same_log_again_and_another_another():
    assert known_log(80, seed=2).events.equals(known_log(80, seed=2).events)
    assert not known_log(80, seed=2).events.equals(known_log(80, seed=3).events)
    assert known_log(80, seed=2).survey.equals(known_log(80, seed=2).survey)


def test_the_queue_is_the_number_of_cases_of_the_two_days_before():
    d = made().draws
    at = 200
    assert d.queue[at] == ((d.arrived[:at] > d.arrived[at] - 48) & (d.arrived[:at] <= d.arrived[at])).sum()
    assert (np.diff(d.arrived) >= 0).all()


def test_the_blueprint_holds_what_the_log_has():
    norm = service(Setting().attributes)
    assert {k.activity for k in KNOWN} <= set(norm.by_id)
    assert replace(Setting(), hidden=("queue",)).attributes == tuple(x for x in Setting().attributes if x != "queue")
