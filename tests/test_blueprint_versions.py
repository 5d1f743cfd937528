"""Versions of a blueprint: which one is in force on a day, and that there is never more than one."""

import json
from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.blueprint.versions import Versions, read_versions
from mining.errors import BlueprintError
from tests.examples import examples
from tests.helpers import blueprint, blueprint_dict


def version(name, first, last=None, **more):
    effective = {"from": first} | ({"to": last} if last else {})
    more = {"status": "approved", "version": name, "effective": effective, **more}
    return blueprint("a", "a", **more)


def test_an_open_end_is_the_day_before_the_next_version():
    versions = Versions(
        [version("3", "2026-09-01", "2026-12-31"), version("1", "2026-01-01"), version("2", "2026-04-01")]
    )
    assert [str(period) for period in versions.periods] == [
        "version 1: from 2026-01-01 to 2026-03-31 (replaced by 2)",
        "version 2: from 2026-04-01 to 2026-08-31 (replaced by 3)",
        "version 3: from 2026-09-01 to 2026-12-31",
    ]
    assert versions.gaps == ()
    days = ("2026-01-01", "2026-03-31", "2026-04-01", date(2026, 8, 31), datetime(2026, 9, 1, 23, 59), "2026-12-31")
    assert [versions.in_force(day).version for day in days] == ["1", "1", "2", "2", "3", "3"]
    assert [b.version for b in versions] == ["1", "2", "3"]
    assert len(versions) == 3


def test_gaps_are_said():
    versions = Versions([version("1", "2026-01-01", "2026-03-31"), version("2", "2026-05-01")])
    gap = "no version from 2026-04-01 to 2026-04-30: 1 has ended, 2 has not begun"
    assert [str(gap) for gap in versions.gaps] == [gap]
    assert repr(versions).splitlines()[0] == "<Versions of test: 2, 1 gap>"
    assert gap in repr(versions)
    for day in ("2026-04-01", "2026-04-30", "2025-12-31"):
        with pytest.raises(BlueprintError, match=f"no version is in force on {day}") as error:
            versions.in_force(day)
        assert gap in str(error.value)
    assert versions.in_force("2099-01-01").version == "2"


def test_the_day_after_the_last_version_has_none():
    with pytest.raises(BlueprintError, match="no version is in force on 2027-01-01"):
        Versions([version("1", "2026-01-01", "2026-12-31")]).in_force("2027-01-01")


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (("1", "2026-01-01", "2026-05-01"), ("2", "2026-05-01"), "two versions are in force on 2026-05-01: 1 .* and 2"),
        (("1", "2026-01-01"), ("2", "2026-01-01"), "two versions are in force on 2026-01-01"),
        (("1", "2026-01-01"), ("1", "2026-05-01"), "the version '1' is there 2 times"),
    ],
)
def test_versions_that_contradict_each_other_are_refused(first, second, message):
    with pytest.raises(BlueprintError, match=message) as error:
        Versions([version(*second), version(*first)])
    assert "test.yaml:" in str(error.value)


def test_versions_are_of_one_service():
    with pytest.raises(BlueprintError, match=r"(?s)these have 2 ids.*test.yaml:\d+: test\n.*: other"):
        Versions([version("1", "2026-01-01"), version("2", "2026-02-01", id="other")])


def test_drafts_are_not_in_force_and_retired_versions_were():
    versions = Versions(
        [
            version("1", "2026-01-01", status="retired"),
            version("2", "2026-02-01"),
            version("3", "2026-03-01", status="draft"),
        ]
    )
    assert [b.version for b in versions] == ["1", "2"]
    assert versions.periods[-1].last is None
    assert versions.left_out[0].endswith("version 3 is a draft")
    assert "version 3 is a draft" in repr(versions)
    with pytest.raises(BlueprintError, match="no version in force: 1 blueprints, 1 drafts"):
        Versions([version("3", "2026-03-01", status="draft")])
    with pytest.raises(BlueprintError, match="no version in force: 0 blueprints"):
        Versions([])


def test_a_day_is_a_date():
    with pytest.raises(BlueprintError, match="'soon' is not a date"):
        Versions([version("1", "2026-01-01")]).in_force("soon")


SPANS = st.tuples(st.integers(1, 28), st.none() | st.integers(0, 9)).map(
    lambda span: (span[0], None if span[1] is None else min(span[0] + span[1], 28))
)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(st.lists(SPANS, min_size=1, max_size=4).map(lambda spans: sorted(spans, key=lambda span: span[0])))
def test_periods_against_a_walk_over_the_days(spans):
    starts = [first for first, _ in spans]
    following = [*starts[1:], 29]
    ends = [last or max(begins - 1, first) for (first, last), begins in zip(spans, following, strict=True)]
    holders = {n: [i for i in range(len(spans)) if starts[i] <= n <= ends[i]] for n in range(1, 29)}
    made = [
        version(str(i), f"2026-02-{first:02d}", last and f"2026-02-{last:02d}") for i, (first, last) in enumerate(spans)
    ]
    if any(len(holding) > 1 for holding in holders.values()):
        with pytest.raises(BlueprintError, match="two versions are in force"):
            Versions(made)
        return
    versions = Versions(made)
    gaps = {n for gap in versions.gaps for n in range(gap.first.day, gap.last.day + 1)}
    for n, holding in holders.items():
        if holding:
            assert versions.in_force(f"2026-02-{n:02d}").version == str(holding[0])
        else:
            with pytest.raises(BlueprintError, match="no version is in force"):
                versions.in_force(date(2026, 2, n))
        assert (n in gaps) == (not holding and starts[0] < n < starts[-1])


def put(folder, name, **more):
    (folder / name).write_text(json.dumps(blueprint_dict("a", "a", status="approved", **more)))


def test_versions_are_read_from_a_folder(tmp_path):
    put(tmp_path, "one.yaml", version="1", effective={"from": "2026-01-01"})
    put(tmp_path, "two.yml", version="2", effective={"from": "2026-02-01"})
    (tmp_path / "simulate.yaml").write_text("cases: 5\n")
    (tmp_path / "notes.txt").write_text("sbp")
    versions = read_versions(tmp_path)
    assert [b.version for b in versions] == ["1", "2"]
    assert versions.left_out == (f"{tmp_path / 'simulate.yaml'}: no blueprint (no key sbp)",)
    assert [b.version for b in read_versions([tmp_path / "two.yml"])] == ["2"]
    assert [b.version for b in read_versions(tmp_path / "one.yaml")] == ["1"]


def test_one_service_is_chosen_from_a_folder_of_several(tmp_path):
    put(tmp_path, "one.yaml", version="1", effective={"from": "2026-01-01"})
    put(tmp_path, "two.yaml", id="other", version="1", effective={"from": "2026-01-01"})
    with pytest.raises(BlueprintError, match="these have 2 ids"):
        read_versions(tmp_path)
    versions = read_versions(tmp_path, id="other")
    assert versions.id == "other"
    assert versions.left_out == (f"{tmp_path / 'one.yaml'}: the blueprint of test",)
    with pytest.raises(BlueprintError, match="no blueprint 'othr'. Did you mean 'other'"):
        read_versions(tmp_path, id="othr")


def test_a_folder_without_blueprints_says_what_it_holds(tmp_path):
    (tmp_path / "x.yaml").write_text("a: 1")
    with pytest.raises(BlueprintError, match=r"no blueprint in this folder .*YAML files there: .*x\.yaml"):
        read_versions(tmp_path)
    with pytest.raises(BlueprintError, match="no such blueprint file"):
        read_versions(tmp_path / "nowhere")


def test_a_version_that_ends_before_it_begins_is_refused():
    wrong = replace(version("1", "2026-01-01"), effective=("2026-05-01", "2026-04-01"))
    with pytest.raises(BlueprintError, match="version 1 ends 2026-04-01, before it begins"):
        Versions([wrong])
