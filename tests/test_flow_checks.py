"""The checks of a blueprint asked as kernels say what a study says, however the log is cut."""

import pickle

import numpy as np
import pandas as pd
import pytest

import mining
from mining.conformance import verdicts as v
from mining.conformance.judge import checks_of
from mining.errors import LogError, UnknownNameError
from mining.flow import CHECKS, PATH, pack, unpack
from mining.flow.checks import faults
from mining.log.store import open_store, write_store
from mining.ways import InProcess, OutOfCore, ask, vocabulary
from tests.helpers import ROOT, blueprint, frame

SAMPLES = ("permit_receipt", "bank_loan", "it_incident", "outpatient_visit")


def sample(name):
    folder = ROOT / "sample_logs" / name
    norm = mining.read_blueprint(folder / "blueprint.yaml")
    return mining.Study(mining.read_log(folder / "log.csv", columns=norm.binding), norm)


def compare(study, partial, checks):
    """Verdicts, numbers and faults of a study's checks, by case."""
    for i, check in enumerate(checks):
        np.testing.assert_array_equal(partial["verdict"][:, i], check.verdict, err_msg=check.id)
        np.testing.assert_array_equal(partial["measured"][:, i], check.measured, err_msg=check.id)
        mine = partial["fault.check"] == i
        wanted = v.select(check.faults, np.argsort(check.faults.case, kind="stable"))
        np.testing.assert_array_equal(partial["fault.case"][mine], wanted.case, err_msg=check.id)
        for name in ("kind", "activity", "partner", "at", "measured", "limit", "excess", "pattern", "share"):
            np.testing.assert_array_equal(partial[f"fault.{name}"][mine], getattr(wanted, name), err_msg=check.id)
        rows = np.append(study.instances.row, 0)[wanted.instance]
        np.testing.assert_array_equal(partial["fault.row"][mine], rows, err_msg=check.id)


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("instances", [10**6, 2000])
def test_samples_are_judged_as_by_a_study(name, instances, tmp_path):
    study = sample(name)
    rest = {check.id: check for check in study.checks if check.dimension != "path"}
    order = [check.id for check in checks_of(study.blueprint, study.instances)]
    assert set(order) == set(rest)
    found = InProcess(instances).map(CHECKS, study.log, blueprint=study.blueprint)
    compare(study, found, [rest[name] for name in order])
    path = InProcess(instances).map(PATH, study.log, blueprint=study.blueprint)
    compare(study, path, [result.check for result in study.path_results])
    for i, result in enumerate(study.path_results):
        np.testing.assert_array_equal(path["cost"][:, i], result.alignments.cost[result.variants.of_case])
    store = open_store(write_store(study.log, tmp_path / "log.parquet", group=instances))
    for kernel, wanted in ((CHECKS, found), (PATH, path)):
        stored = OutOfCore().map(kernel, store, blueprint=study.blueprint)
        assert stored.keys() == wanted.keys()
        for part, array in wanted.items():
            np.testing.assert_array_equal(stored[part], array, err_msg=f"{kernel.name} {part}")


BASIS = {"severity": "major", "basis": "law"}
RULES = [
    {"id": "R1", "kind": "precedence", "a": "a", "b": "b", "severity": "major", "basis": "law"},
    {"id": "R2", "kind": "must_occur", "a": "c", "severity": "minor", "basis": "law"},
]


@pytest.fixture(scope="module")
def small():
    """a, b, c in order; the first case lacks a, the second is still running, and the third has a label that nobody knows."""
    norm = blueprint(["a", "b", "c"], "abc", rules=RULES)
    cases = {
        "one": [("B", 0), ("C", 1)],
        "two": [("A", 0), ("B", 1)],
        "xyz": [("A", 2), ("Z", 3), ("B", 4), ("C", 5)],
    }
    return mining.Study(mining.EventLog.from_frame(frame(cases), columns=norm.binding), norm)


@pytest.mark.parametrize("instances", [1, 10])
def test_a_small_log_by_hand(small, instances):
    found = ask(CHECKS, small.log, InProcess(instances), blueprint=small.blueprint).frame.set_index("check")
    assert found.loc["R1", ["pass", "fail", "pending"]].tolist() == [2, 1, 0]
    assert found.loc["R2", ["pass", "fail", "pending"]].tolist() == [2, 0, 1]
    assert found.loc["R1", ["judged", "gross", "faults"]].tolist() == [3, pytest.approx(2 / 3), 1]
    path = ask(PATH, small.log, InProcess(instances), blueprint=small.blueprint).frame.iloc[0]
    assert path[["pass", "fail", "pending", "faults", "why_not"]].tolist() == [0, 2, 1, 2, ""]


@pytest.mark.parametrize("instances", [1, 10])
def test_faults_name_case_activity_and_row(small, instances):
    answer = InProcess(instances).map(PATH, small.log, blueprint=small.blueprint)
    found = faults(answer, vocabulary(small.log))
    assert found[["case_id", "kind", "activity", "row"]].to_numpy().tolist() == [
        ["one", "missing", "a", 0],
        ["xyz", "extra", "Z", 6],
    ]
    assert found["partner"].isna().all()
    assert found["at"].tolist()[1] == pd.Timestamp("2026-03-02 12:00", tz="UTC")


def test_cases_can_be_judged_as_ended(small):
    found = ask(CHECKS, small.log, blueprint=small.blueprint, open_cases="judge")
    assert found.frame.set_index("check").loc["R2", ["pass", "fail"]].tolist() == [2, 1]
    assert found.provenance.parameters == {"open_cases": "judge"}
    assert found.provenance.blueprint == small.blueprint.sha256


def test_a_blueprint_and_an_answer_can_be_sent(small):
    sent = pickle.loads(pickle.dumps(small.blueprint))
    one, other = (CHECKS.run(small.log, {"blueprint": x}) for x in (small.blueprint, sent))
    for name, array in unpack(pack(one)).items():
        np.testing.assert_array_equal(array, other[name])


def test_what_is_missing_or_unknown_is_named(small):
    with pytest.raises(LogError, match="need a blueprint"):
        ask(CHECKS, small.log)
    with pytest.raises(UnknownNameError, match="open_cases"):
        ask(PATH, small.log, blueprint=small.blueprint, open_cases="all")
    with pytest.raises(UnknownNameError, match="opencases"):
        ask(PATH, small.log, blueprint=small.blueprint, opencases="judge")
    with pytest.raises(LogError, match="give roster=read_roster"):
        CHECKS.run(small.log, {"blueprint": small.blueprint, "roster": "staff.csv"})


@pytest.mark.parametrize("instances", [1, 10])
def test_a_staff_table_counts_in_every_piece(small, instances):
    norm = blueprint(
        ["a", "b", "c"], "abc", rules=[*RULES, {"id": "R3", "kind": "performed_by", "a": "b", "role": "clerk"} | BASIS]
    )
    staff = mining.read_roster(pd.DataFrame({"resource": ["ann"], "role": ["clerk"], "valid_to": ["2026-03-02"]}))
    asked = {"blueprint": norm, "roster": staff}
    found = InProcess(instances).map(CHECKS, small.log, **asked)
    compare(mining.Study(small.log, norm, roster=staff), found, mining.Study(small.log, norm, roster=staff).checks[1:])
    assert found["verdict"][:, 2].tolist() == [v.PASS] * 3
    late = mining.read_roster(pd.DataFrame({"resource": ["ann"], "role": ["clerk"], "valid_from": ["2026-03-03"]}))
    found = InProcess(instances).map(CHECKS, small.log, **asked | {"roster": late})
    assert found["verdict"][:, 2].tolist() == [v.FAIL] * 3


def test_answers_of_two_logs_do_not_merge(small):
    other = mining.EventLog.from_frame(frame({"one": [("B", 0), ("C", 1)]}), columns=small.blueprint.binding)
    parts = [CHECKS.run(log, {"blueprint": small.blueprint}) for log in (small.log, other)]
    with pytest.raises(LogError, match="not pieces of one log"):
        CHECKS.merge(parts)
