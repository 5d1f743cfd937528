"""Staff tables: read with refusals that name the row, used by day, and how far they and the log speak of the same people."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.blueprint import parse_blueprint
from mining.errors import LogError
from mining.log.roster import Roster, days_of, read_roster
from tests.examples import examples
from tests.helpers import blueprint, blueprint_dict, faults, study, verdicts

ROWS = [
    {"resource": "ann", "role": "clerk", "team": "north", "valid_from": "2026-03-02", "valid_to": "2026-03-31"},
    {"resource": "bob", "role": "clerk", "team": "south", "valid_from": "", "valid_to": ""},
]


def day(text):
    return dt.date.fromisoformat(text).toordinal() - dt.date(1970, 1, 1).toordinal()


def table(*rows):
    return pd.DataFrame(rows).astype(object).where(lambda x: x.notna(), None)


def test_a_csv_file_an_excel_file_and_a_frame_say_the_same(tmp_path):
    frame = pd.DataFrame(ROWS)
    frame.to_csv(tmp_path / "staff.csv", index=False)
    dates = frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("valid_from", "valid_to")})
    dates.to_excel(tmp_path / "staff.xlsx", index=False)
    frame.to_excel(tmp_path / "written.xlsx", index=False)
    found = [
        read_roster(x)
        for x in (tmp_path / "staff.csv", tmp_path / "staff.xlsx", str(tmp_path / "written.xlsx"), frame, dates)
    ]
    for one in found:
        assert (one.resource, one.role, one.team) == (("ann", "bob"), ("clerk", "clerk"), ("north", "south"))
        assert one.first[0] == day("2026-03-02")
        assert one.last[0] == day("2026-03-31")
        assert one.first[1] < day("1900-01-01")
        assert one.last[1] > day("2200-01-01")
        assert one.notes == ()
    assert found[0].path.endswith("staff.csv")
    assert len({one.sha256 for one in found}) == 5
    assert repr(found[3]) == "<Roster <frame>: 2 rows, 2 resources, 1 roles ('clerk')>"


def test_columns_are_found_in_any_case_numbers_are_read_as_the_log_reads_them_and_the_rest_is_noted(tmp_path):
    path = tmp_path / "staff.csv"
    path.write_text("Resource;ROLE;Valid-To;phone\n 112 ;clerk;;x\n;;;\n", "utf-8")
    found = read_roster(path)
    assert (found.resource, found.role) == (("112",), ("clerk",))
    assert found.notes == (
        "columns without a meaning for a staff table, left out: 'phone'",
        "rows without a word, left out: 1",
    )
    assert read_roster(pd.DataFrame({"resource": [112.0, 113.0], "role": ["clerk"] * 2})).resource == ("112", "113")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"resource": "ann"}], "no column role. The columns are 'resource'. A staff table has the columns resource, role, team"),
        ([{"name": "ann", "job": "clerk"}], "no column resource and no column role"),
        ([{"resource": "ann", "role": "clerk", "Role": "x"}], "the columns 'role' and 'Role' both mean role"),
        ([], "the frame has no columns"),
        ([{"resource": "", "role": ""}], "the staff table has no rows"),
        ([ROWS[0], {"resource": " ", "role": "clerk"}], "row 2 has no resource. Every row says who had which role"),
        ([{"resource": "ann", "role": None}], "row 1 has no role"),
        ([ROWS[1], {"resource": None, "role": None, "valid_to": "2026-03-01"}], "row 2 has no resource"),
        ([ROWS[0] | {"valid_from": "2026-04-01"}], "row 1 ('ann') is valid to 2026-03-31, before it is valid from 2026-04-01"),
        ([ROWS[0] | {"valid_from": "31.03.2026"}], "row 1, valid_from: '31.03.2026' is not a day written as 2026-03-31"),
        ([ROWS[0] | {"valid_to": "2026-02-30"}], "row 1, valid_to: '2026-02-30' is not a day"),
        ([ROWS[0] | {"valid_to": "2026-3-1"}], "'2026-3-1' is not a day"),
        ([ROWS[0] | {"valid_to": 46112}], "'46112' is not a day"),
        ([ROWS[0] | {"valid_to": pd.Timestamp("2026-03-31 09:00")}], "row 1, valid_to: '2026-03-31 09:00:00' is not a day"),
    ],
)  # fmt: skip
def test_what_is_no_staff_table_is_refused(rows, message):
    with pytest.raises(LogError) as refused:
        read_roster(pd.DataFrame(rows))
    assert message in str(refused.value)


def test_a_row_that_cannot_be_split_is_refused(tmp_path):
    path = tmp_path / "staff.csv"
    path.write_text("resource,role\nann,clerk\nsmith, john,clerk\n", "utf-8")
    with pytest.raises(LogError, match="row 2 cannot be split into columns: malformed row"):
        read_roster(path)


def test_periods_include_both_days_and_add_up():
    found = read_roster(
        table(
            {"resource": "ann", "role": "clerk", "valid_from": "2026-03-02", "valid_to": "2026-03-03"},
            {"resource": "ann", "role": "clerk", "valid_from": "2026-03-03", "valid_to": "2026-03-05"},
            {"resource": "ann", "role": "head", "valid_from": "2026-03-09", "valid_to": None},
        )
    )
    days = np.arange(day("2026-03-01"), day("2026-03-07"))
    assert found.holds("clerk", ("x", "ann"), np.ones(6, int), days).tolist() == [False, True, True, True, True, False]
    assert not found.holds("head", ("x", "ann"), np.ones(6, int), days).any()
    assert not found.holds("clerk", ("x", "ann"), np.zeros(6, int), days).any()
    assert found.holds("head", ("ann ",), np.array([0, -1]), np.array([day("2030-01-01")] * 2)).tolist() == [
        True,
        False,
    ]


def test_teams_are_by_day_and_two_at_once_are_none():
    found = read_roster(
        table(
            {"resource": "ann", "role": "clerk", "team": "north", "valid_to": "2026-03-02"},
            {"resource": "ann", "role": "head", "team": "north", "valid_to": "2026-03-02"},
            {"resource": "ann", "role": "clerk", "team": "south", "valid_from": "2026-03-02"},
            {"resource": "bob", "role": "clerk"},
        )
    )
    who, days = np.array([0, 0, 0, 1, -1]), np.array([day(f"2026-03-0{n}") for n in (1, 2, 3, 1, 1)])
    codes, names = found.teams(("ann", "bob"), who, days)
    assert [names[x] if x >= 0 else None for x in codes.tolist()] == ["north", None, "south", None, None]


PERIODS = st.lists(
    st.tuples(st.sampled_from("xyz"), st.sampled_from(["clerk", "head"]), st.integers(0, 9), st.integers(0, 5)),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=examples(50))
@given(periods=PERIODS, asked=st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 15)), max_size=20))
def test_membership_equals_the_plain_definition(periods, asked):
    rows = [(who, role, first, first + length) for who, role, first, length in periods]
    names = ("w", "x", "y", "z")
    columns = [tuple(row[i] for row in rows) for i in range(4)]
    roster = Roster("", "", columns[0], columns[1], ("",) * len(rows), np.array(columns[2]), np.array(columns[3]))
    who, days = np.array([x for x, _ in asked], int), np.array([x for _, x in asked], int)
    expected = [
        who >= 0 and any(names[who] == r and role == "clerk" and a <= day <= b for r, role, a, b in rows)
        for who, day in asked
    ]
    assert roster.holds("clerk", names, who, days).tolist() == expected


def test_days_are_those_of_the_zone():
    written = ["2026-03-01T22:59:59.999999", "2026-03-01T23:00", "2026-06-30T21:59", "2026-06-30T22:00"]
    moments = np.array(written, "M8[us]")
    assert days_of(moments.astype(np.int64), "Europe/Amsterdam").tolist() == [
        day("2026-03-01"), day("2026-03-02"), day("2026-06-30"), day("2026-07-01"),
    ]  # fmt: skip


# --- in a study ------------------------------------------------------------------------------------------------------


def norm(**more):
    """a is for clerks (ann and bob by the blueprint), b for heads, of whom the blueprint says nothing."""
    made = blueprint_dict([{"free": list("abc")}], "abc", "c", **more)
    made["roles"]["head"] = {"name": {"en": "Head"}}
    for step, role in zip(made["activities"], ("clerk", "head"), strict=False):
        step["role"] = role
    return parse_blueprint(json.dumps(made))


LOG = {
    "1": [("A", 0.0, "ann"), ("B", 1.0, "ann"), ("C", 2.0)],
    "2": [("A", 24.0, "eve"), ("B", 25.0, "eve"), ("C", 26.0)],
    "3": [("A", 48.0, "bob"), ("B", 49.0, None), ("C", 50.0)],
}


def test_for_the_roles_it_names_the_table_stands_in_place_of_the_blueprint():
    assert verdicts(study(norm(), LOG), "role-a") == {"1": "pass", "2": "fail", "3": "pass"}
    assert "role-b" not in {check.id for check in study(norm(), LOG).checks}
    staff = read_roster(
        table({"resource": "ann", "role": "head", "valid_to": "2026-03-02"}, {"resource": "zoe", "role": "head"})
    )
    judged = study(norm(), LOG, roster=staff)
    assert verdicts(judged, "role-a") == {"1": "pass", "2": "fail", "3": "pass"}  # the table says nothing of clerks
    assert verdicts(judged, "role-b") == {
        "1": "pass",
        "2": "fail",
        "3": "not_observable",
    }  # eve is in no row of the table
    staff = read_roster(table({"resource": "eve", "role": "clerk", "valid_from": "2026-03-03"}))
    judged = study(norm(), LOG, roster=staff)
    assert verdicts(judged, "role-a") == {"1": "fail", "2": "pass", "3": "fail"}
    assert faults(judged, "role-a") == [("1", "wrong_role", "a", None), ("3", "wrong_role", "a", None)]


def test_a_role_ends_with_its_last_day_by_the_clock_of_the_blueprint():
    clock = {
        "office": {
            "tz": "Asia/Shanghai",
            "week": {"mon-fri": ["09:00-17:00"]},
            "coverage": ["2026-01-01", "2026-12-31"],
        }
    }
    log = {"day": [("A", 6.98, "eve"), ("C", 7.0)], "night": [("A", 7.0, "eve"), ("C", 8.0)]}  # 16:00 UTC is midnight
    staff = read_roster(table({"resource": "eve", "role": "clerk", "valid_to": "2026-03-02"}))
    assert verdicts(study(norm(calendars=clock), log, roster=staff), "role-a") == {"day": "pass", "night": "fail"}
    assert verdicts(study(norm(), log, roster=staff), "role-a") == {"day": "pass", "night": "pass"}


def test_a_rule_of_a_role_nobody_is_known_for_stays_not_observable_until_a_table_names_it():
    rule = {"id": "R", "kind": "performed_by", "a": "c", "role": "head", "severity": "major", "basis": "x"}
    made = norm(rules=[rule])
    assert set(verdicts(study(made, LOG), "R").values()) == {"not_observable"}
    clerks = read_roster(table({"resource": "ann", "role": "clerk"}))
    assert set(verdicts(study(made, LOG, roster=clerks), "R").values()) == {"not_observable"}
    heads = read_roster(table({"resource": "ann", "role": "head"}))
    assert set(verdicts(study(made, LOG, roster=heads), "R").values()) == {"pass"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"resource": "ann", "role": "Clerk"}], "none of its roles ('Clerk') is a role of the blueprint. Did you mean 'clerk'?"),
        (
            [{"resource": "ann", "role": "clerk"}, {"resource": "eve", "role": "Clerk"}],
            "the role 'Clerk' is none of the blueprint, but 'clerk' is. Write it in the same way.",
        ),
        ([{"resource": "E-17", "role": "clerk"}], "resources ('E-17') occurs in <frame>, whose resources are 'ann', 'bob', 'eve'"),
    ],
)  # fmt: skip
def test_a_table_of_another_house_is_refused(rows, message):
    with pytest.raises(LogError) as refused:
        _ = study(norm(), LOG, roster=read_roster(pd.DataFrame(rows))).checks
    assert message in str(refused.value)


def test_coverage_counts_the_keys_that_the_other_does_not_have():
    staff = read_roster(
        table(
            {"resource": "ann", "role": "clerk"},
            {"resource": "zoe", "role": "clerk"},
            {"resource": "yan", "role": "clerk"},
        )
    )
    found = staff.coverage(study(norm(), LOG).log)
    assert (found.in_both, found.not_in_table, found.not_in_log) == (1, {"bob": 1, "eve": 2}, ("yan", "zoe"))
    assert (found.instances, found.of_instances) == (5, 8)  # one of the nine instances has nobody


def test_a_log_without_resources_fits_every_table_and_answers_nothing():
    rule = {"id": "R", "kind": "performed_by", "a": "a", "role": "clerk", "severity": "major", "basis": "x"}
    made = blueprint([{"free": list("abc")}], "abc", "c", rules=[rule])
    judged = study(made, {"1": [("A", 0.0, None), ("C", 1.0, None)]}, roster=read_roster(pd.DataFrame(ROWS)))
    assert verdicts(judged, "R") == {"1": "not_observable"}
