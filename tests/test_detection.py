"""The published table of detection: nothing is missing in it, and a small version of it is run again."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from benchmarks import detection
from mining.blueprint import schema
from mining.conformance.verdicts import KINDS
from mining.simulation import Fault, simulate
from mining.simulation.faults import WORDS
from tests.examples import STUDIES

NAMES = sorted(detection.BLUEPRINTS)
PAGE = detection.PAGE.read_text("utf-8")
OTHER_SOURCE = {"score", "external"}  # answered by another file than the log


def section(title: str) -> list[list[str]]:
    """The rows of the table under a heading of the page."""
    text = PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    return rows[2:]


def share(cell: str) -> float:
    return float(cell.split(" %")[0]) / 100


def items(key: str, name: str) -> set[str]:
    return set(schema()["properties"][key]["items"]["properties"][name]["enum"])


def test_every_kind_of_deviation_is_in_the_page_and_was_put_in():
    for title in (
        "One fault in a case, by the kind that the checks name",
        "Two faults in a case, by the kind that the checks name",
    ):
        rows = section(title)
        assert [row[0] for row in rows] == list(KINDS)
        assert all(int(row[1].replace(",", "")) > 0 for row in rows)


def test_every_kind_of_fault_was_put_in():
    assert {row[0] for row in section("One fault in a case, by what was done")} == set(WORDS)
    assert set(WORDS.values()) == set(KINDS)


def test_every_kind_of_rule_every_metric_and_every_other_check_shows_a_fault():
    shown = {row[0] for row in section("One fault in a case, by the check that shows it")}
    others = {"path", "handover", "role", "channel", "evidence", "touchpoint", "outcome"}
    assert shown == items("rules", "kind") | (items("standards", "metric") - OTHER_SOURCE) | others


def test_the_published_result_is_what_was_promised():
    alone, pairs = section("The result in short")
    assert share(alone[2]) == share(alone[3]) == share(alone[4]) == 1.0
    assert share(pairs[2]) >= 0.95
    assert share(pairs[3]) >= 0.95
    assert share(pairs[4]) >= 0.95
    clean, alarms = re.search(r"Clean cases in the same logs: ([\d,]+); with a deviation: ([\d,]+)", PAGE).groups()  # type: ignore[union-attr]
    assert int(clean.replace(",", "")) > 10_000
    assert alarms == "0"


@pytest.mark.few_quick(2)
@pytest.mark.parametrize("name", NAMES)
def test_one_fault_in_a_case_is_found_exactly(name):
    found = detection.alone(name, seed=11, each=1, cases=120)
    assert found.misses == []
    assert found.alarms == 0
    assert found.by_blueprint[name].cases >= 15


@pytest.mark.slow
@pytest.mark.study
@pytest.mark.parametrize("name", NAMES)
def test_every_fault_of_the_study_can_be_put_in_and_is_found(name):
    """Each fault once, in ``make studies`` four times; the published page is made by ``make detection``."""
    each, cases = (4, 1500) if STUDIES else (1, 500)
    found = detection.alone(name, seed=12, each=each, cases=cases)
    assert found.misses == []
    kinds = {text.split(":")[0] for text in detection.faults_of(name)}
    assert set(found.by_fault) == kinds


@pytest.mark.slow
@pytest.mark.study
@pytest.mark.parametrize("name", NAMES)
def test_two_faults_in_a_case_are_found_nearly_always(name):
    """Twenty pairs of faults, in ``make studies`` forty; the published page is made by ``make detection``."""
    pairs = 40 if STUDIES else 20
    found = detection.in_pairs(name, seed=13, pairs=pairs, each=2, cases=300)
    tally = found.by_blueprint[name]
    assert tally.cases > pairs / 2
    assert tally.exact >= 0.95 * tally.cases
    assert found.alarms == 0


@pytest.mark.slow
def test_a_check_that_errs_is_seen():
    """The scores tell a fault that is missed from one that is found: a log whose truth is another one's has none of its faults."""
    made = simulate(
        detection.blueprint_of("permit_receipt"),
        cases=60,
        seed=3,
        faults=[Fault.parse("missing:approve_receipt=3"), Fault.parse("extra:Lunch=3")],
    )
    right = detection.score("permit_receipt", made)
    assert right.by_blueprint["permit_receipt"] == detection.Tally(6, 6, 6, 6, 6)
    elsewhere = [replace(t, activity="send_receipt") if t.kind == "missing" else t for t in made.truths]
    wrong = detection.score("permit_receipt", replace(made, truths=tuple(elsewhere)))
    assert wrong.by_blueprint["permit_receipt"] == detection.Tally(6, 3, 6, 3, 6)
    assert len(wrong.misses) == 3
    assert wrong.by_word["missing"] == detection.Tally(3, 0, 3, 0, 3)
    unseen = detection.score("permit_receipt", replace(made, truths=made.truths[1:]))
    assert unseen.alarms == 1
