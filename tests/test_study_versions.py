"""Each case judged by the version in force on the day it began: by hand, and against studies of the parts alone."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.blueprint import parse_blueprint
from mining.blueprint.versions import Versions
from mining.version_studies import study_versions
from tests.examples import examples
from tests.helpers import blueprint_dict, verdicts


def version(name, begin, end=None, *, limit="2h", tz="UTC", **more):
    raw = blueprint_dict(["a", "b"], "ab", "b", **more)
    raw["calendars"]["office"]["tz"] = tz
    raw |= {"version": name, "effective": {"from": begin} | ({"to": end} if end else {})}
    raw["standards"] = [
        {"id": "S", "dimension": "time", "metric": "elapsed", "from": "a", "to": "b", "max": limit, "share": 0.9}
        | {"severity": "major", "basis": "charter"}
    ]
    return parse_blueprint(json.dumps(raw), name=f"{name}.yaml")


def log_of(cases, hours=3):
    """One case per name: A at the moment given, B some hours later (none for a running case)."""
    rows = []
    for case, begin in cases.items():
        moment = pd.Timestamp(begin, tz="UTC")
        rows.append((case, "A", moment))
        if not case.startswith("open"):
            rows.append((case, "B", moment + pd.Timedelta(hours=hours)))
    table = pd.DataFrame(rows, columns=["case", "activity", "end"])
    return mining.EventLog.from_frame(table, columns={"case": "case", "activity": "activity", "timestamp": "end"})


DAYS = {
    "early": "2025-12-31 23:59", "first": "2026-01-01 00:00", "long": "2026-03-31 23:30", "gap": "2026-04-02 12:00",
    "second": "2026-05-01 00:00", "last": "2026-06-30 23:59", "late": "2026-07-01 00:00",
}  # fmt: skip
TWO = [version("1", "2026-01-01", "2026-03-31"), version("2", "2026-05-01", "2026-06-30", limit="4h")]


def test_a_case_is_judged_by_the_version_of_its_first_day_and_the_others_are_listed():
    found = study_versions(log_of(DAYS), TWO)
    assert verdicts(found["1"], "S") == {"first": "fail", "long": "fail"}  # long ends on a day without a version
    assert verdicts(found["2"], "S") == {"second": "pass", "last": "pass"}
    assert found.uncovered.frame.astype(str).values.tolist() == [
        ["early", "2025-12-31", "before the first version (1, from 2026-01-01)"],
        ["gap", "2026-04-02", "between versions 1 and 2 (2026-04-01 to 2026-04-30)"],
        ["late", "2026-07-01", "after the last version (2, to 2026-06-30)"],
    ]
    assert "version 2: from 2026-05-01 to 2026-06-30: 2 cases" in repr(found)
    assert "no blueprint in force: 1 cases began before the first version (1, from 2026-01-01)" in repr(found)


def test_the_tables_stand_one_below_the_other():
    found = study_versions(log_of(DAYS), TWO)
    table = found.summary().frame.query("check == 'S'")
    assert table[["version", "pass", "fail"]].values.tolist() == [["1", 0, 2], ["2", 2, 0]]
    assert found.verdicts().frame.groupby("version")["case_id"].nunique().to_dict() == {"1": 2, "2": 2}
    assert found.deviations().frame[["version", "case_id", "row"]].values.tolist() == [
        ["1", "first", 4],
        ["1", "long", 6],
    ]
    assert found.findings().frame[["version", "check", "n_gross"]].values.tolist() == [["1", "S", 2]]
    assert found.findings().provenance.n_cases == len(DAYS)
    with pytest.raises(mining.UnknownNameError, match="'3'"):
        found["3"]


def test_every_row_of_the_file_is_accounted_for_in_every_study():
    log = log_of(DAYS)
    for name, study in study_versions(log, TWO).studies.items():
        assert (study.log.lineage.rows_in, study.log.lineage.used) == (14, {"completion": 4, "start": 0})
        other = study.log.lineage.dropped[0]
        assert (other.count, other.reason) == (10, f"of cases begun when version {name} was not in force")
        assert set(study.log.row.tolist()).isdisjoint(other.rows)
        assert study.log.source is log.source
        assert study.log.event_attribute("case").tolist() == [case for case in study.log.case_ids for _ in "ab"]


def test_the_day_is_that_of_the_zone_of_the_blueprint():
    shanghai = [
        version("1", "2026-01-01", "2026-03-31", tz="Asia/Shanghai"),
        version("2", "2026-04-01", tz="Asia/Shanghai"),
    ]
    found = study_versions(log_of({"x": "2026-03-31 15:59", "y": "2026-03-31 16:00"}), shanghai)
    assert [list(study.log.case_ids) for study in found.studies.values()] == [["x"], ["y"]]


def test_a_case_claimed_by_two_versions_is_refused():
    apart = [version("1", "2026-01-01", "2026-03-31"), version("2", "2026-04-01", tz="Asia/Shanghai")]
    with pytest.raises(mining.LogError, match="the case 'x' began under two versions of the blueprint, 1 and 2"):
        study_versions(log_of({"x": "2026-03-31 17:00"}), apart)


def test_a_moment_that_falls_between_the_days_of_two_zones_has_no_version():
    apart = [version("1", "2026-01-01", "2026-03-31", tz="Asia/Shanghai"), version("2", "2026-04-01")]
    found = study_versions(log_of({"x": "2026-03-31 17:00"}), apart)
    assert found.uncovered.frame["why"].tolist() == ["in the hours between two versions whose time zones differ"]


def test_running_cases_are_known_up_to_the_end_of_the_whole_log():
    cases = {"open": "2026-01-01 09:00", "later": "2026-06-01 09:00"}
    found = study_versions(log_of(cases), TWO)
    assert verdicts(found["1"], "S") == {"open": "fail"}  # two hours have long passed
    assert verdicts(study_versions(log_of({"open": cases["open"]}), TWO)["1"], "S") == {"open": "pending"}


def test_each_version_reads_the_log_by_its_own_binding_where_the_log_has_none(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("case,activity,end,start,resource\nx,A,2026-01-05 09:00,,\ny,A,2026-05-05 09:00,,\n", "utf-8")
    found = study_versions(mining.read_log(path), Versions(TWO))
    assert [list(study.log.case_ids) for study in found.studies.values()] == [["x"], ["y"]]
    assert found["2"].log.binding.origin == "blueprint"


def test_no_case_under_any_version():
    found = study_versions(log_of({"x": "2024-01-01"}), TWO)
    assert (found.studies, len(found.uncovered), len(found.summary()), len(found.deviations())) == ({}, 1, 0, 0)


@settings(deadline=None, max_examples=examples(15))
@given(st.lists(st.integers(0, 200), min_size=1, max_size=6, unique=True), st.integers(0, 200), st.integers(0, 200))
def test_studies_are_those_of_the_parts_alone(days, last, pause):
    begin = pd.Timestamp("2026-01-01")
    day = [str((begin + pd.Timedelta(days=n)).date()) for n in (last, last + 1 + pause)]
    versions = [version("1", "2026-01-01", day[0]), version("2", day[1], limit="4h")]
    cases = {f"c{n:03}": str(begin + pd.Timedelta(days=n, hours=5)) for n in days}
    found = study_versions(log_of(cases), versions)
    wanted = {"1": [n for n in days if n <= last], "2": [n for n in days if n > last + pause]}
    assert len(found.uncovered) == len(days) - sum(map(len, wanted.values()))
    for norm in versions:
        mine = {f"c{n:03}": cases[f"c{n:03}"] for n in wanted[norm.version]}
        assert (norm.version in found.studies) == bool(mine)
        if mine:
            alone = mining.Study(log_of(mine), norm)
            told, expected = found[norm.version].verdicts().frame, alone.verdicts().frame
            pd.testing.assert_frame_equal(told, expected)


def test_a_part_of_a_log_with_lifecycle_accounts_for_starts_and_schedules():
    rows = [
        ("x", "A", "schedule"),
        ("x", "A", "start"),
        ("x", "A", "complete"),
        ("y", "A", "start"),
        ("y", "A", "complete"),
        ("y", "B", "start"),
    ]
    table = pd.DataFrame(rows, columns=["case", "activity", "state"])
    table["end"] = [
        "2026-01-05 09:00",
        "2026-01-05 10:00",
        "2026-01-05 11:00",
        "2026-05-05 09:00",
        "2026-05-05 10:00",
        "2026-05-05 11:00",
    ]
    life = {"column": "state", "schedule": "schedule", "start": "start", "complete": "complete"}
    columns = {"case": "case", "activity": "activity", "timestamp": "end", "lifecycle": life}
    found = study_versions(mining.EventLog.from_frame(table, columns=columns), TWO)
    assert found["1"].log.lineage.used == {"completion": 1, "start": 1, "schedule": 1}
    assert found["2"].log.lineage.used == {"completion": 1, "start": 2, "schedule": 0}


def test_cases_that_do_not_begin_as_the_scope_says_are_counted():
    norm = replace(TWO[0], effective=("2026-01-01", None))
    table = pd.DataFrame(
        [("x", "A", 1), ("x", "B", 2), ("y", "B", 1), ("y", "A", 2), ("z", "B", 1), ("z", "A", 1), ("w", "C", 1)]
    )
    table.columns = ["case", "activity", "end"]
    table["end"] = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(table["end"], unit="h")
    log = mining.EventLog.from_frame(table, columns={"case": "case", "activity": "activity", "timestamp": "end"})
    study = mining.Study(log, norm)
    assert dict(zip(log.case_ids, study.has_start.tolist(), strict=True)) == {
        "w": False,
        "x": True,
        "y": False,
        "z": True,
    }
    assert "4 cases (2 without a start, 1 without an end)" in repr(study)
