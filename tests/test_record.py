"""The finding records: counted by hand, in the order of the table, as people decided, and whole in JSON."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

import mining
from mining.findings import priority_of
from mining.record import Record, parse_narrative
from mining.record.findings import STATUSES
from mining.results import wilson
from tests.audit_records import recorded
from tests.helpers import blueprint, study, traces


@cache
def service() -> mining.Study:
    """Steps a, b, c; of 40 cases 4 lack b (R1, critical) and 6 do b twice (R2, minor)."""
    norm = blueprint(
        ["a", "b", "c"], "abc",
        rules=[
            {"id": "R1", "kind": "precedence", "a": "b", "b": "c", "severity": "critical", "basis": "Law"},
            {"id": "R2", "kind": "at_most", "a": "b", "n": 1, "severity": "minor", "basis": "Manual"},
        ],
    )  # fmt: skip
    return study(norm, traces(*["abc"] * 30, *["ac"] * 4, *["abbc"] * 6))


@cache
def record(text: str = "") -> Record:
    return recorded(service(), narrative=parse_narrative(text) if text else None)


def of(check: str, found: Record) -> Any:
    return next(x for x in found.findings if x.place["check"] == check)


def test_counts_shares_and_interval_are_those_counted_by_hand():
    found = of("R1", record())
    assert {x: found.condition[x] for x in ("n_gross", "n_net", "n_judged")} == {
        "n_gross": 4,
        "n_net": 4,
        "n_judged": 40,
    }
    assert found.condition["rate"] == 0.1
    assert (found.condition["low"], found.condition["high"]) == wilson(4, 40)
    assert found.evidence["cases"] == len(found.evidence["shown"]) == 4


def test_numbers_of_the_ranked_run_from_one_in_the_order_of_the_classes():
    ranked = record().ranked
    assert [x.number for x in ranked] == list(range(1, len(ranked) + 1))
    assert [x.priority for x in ranked] == sorted((x.priority for x in ranked), key="HML".index)
    places = [STATUSES.index(x.status) for x in record().findings]
    assert places == sorted(places)


def test_a_severity_that_a_person_decided_gives_the_priority_of_its_cell_and_its_reason_stays():
    before = of("R2", record())
    text = f"findings:\n  {before.finding_id}:\n    severity: {{value: critical, reason: Patients were harmed}}\n"
    after = of("R2", record(text))
    assert before.severity == after.severity_by_blueprint == "minor"
    assert after.severity == "critical"
    assert "Patients were harmed" in str(after.severity_reason)
    assert (after.priority, after.cell) == priority_of("critical", after.place["visible"], after.condition["low"], 6)
    assert after.priority != before.priority


def test_another_severity_changes_the_rating():
    plain, text = record(), "findings:\n"
    for x in plain.ranked:
        text += f"  {x.finding_id}:\n    severity: {{value: observation, reason: Known}}\n"
    assert plain.rating.value == "unsatisfactory" if of("R1", plain).condition["low"] >= 0.05 else "major_improvement"
    assert record(text).rating.value == "satisfactory"


def test_figures_hold_every_number_that_may_be_quoted():
    found, quoted = of("R1", record()), record().figures
    assert quoted[f"{found.finding_id}.rate"].value == 0.1
    assert quoted["totals.cases"].value == 40
    assert quoted["checks.R1.fail"].value == 4


def test_a_reference_to_nothing_stops_the_record():
    with pytest.raises(mining.MiningError, match=r"narrative\.yaml:1.*totals\.casse.*Did you mean 'cases'"):
        recorded(service(), narrative=parse_narrative("summary: 'Of {{totals.casse}}'"))


def test_the_record_is_plain_values():
    text = json.dumps(record().to_dict(), allow_nan=False, sort_keys=True)
    assert json.loads(text)["totals"] == record().totals
    assert [x["finding_id"] for x in json.loads(text)["findings"]] == [x.finding_id for x in record().findings]
