"""The table of waits: counts and sums by hand, its sums over activities and instances, its sentence and its chart."""

import time

import numpy as np
import pandas as pd
import pytest

import mining
from mining.errors import UnknownNameError
from mining.flow.waits import HOW, MEASURED
from mining.plots.base import to_svg
from mining.times.waiting import PARTS
from mining.times.waits import COUNTED, PART_COLUMNS, Waits, waits_of
from tests.helpers import ROOT, SHARED
from tests.waiting_rooms import DAY, HOUR, contention, jobs_log, night, study_of

NINE = 9 * HOUR
ROWS = [  # case, label, start, end, resource; hours after nine
    ("x", "A", 0, 1, "ann"),
    ("x", "B", 3, 4, "bob"),  # waits 2 h after A
    ("x", "C", 4, 5, "ann"),  # waits 0 h after B
    ("y", "A", None, 1, "ann"),  # nothing before it
    ("y", "B", 2, 3, "bob"),  # waits 1 h after A
    ("y", "B", 6, 7, "bob"),  # waits 3 h after B
    ("z", "A", 0, 2, "cem"),
    ("z", "B", 6, 8, "bob"),  # waits 4 h after A
    ("z", "C", None, 8.5, None),  # 0.5 h from completion to completion
    ("z", "X", 1, 9, "cem"),  # begun before anything was done: not a step of the blueprint
]


def in_seconds(rows):
    return [(c, a, None if s is None else NINE + s * HOUR, NINE + e * HOUR, who) for c, a, s, e, who in rows]


@pytest.fixture(scope="module")
def small():
    return waits_of(study_of(in_seconds(ROWS)), calendar="always")


def test_rows_by_hand(small):
    columns = ["before", "activity", "upper_bound", "n", "cases", "total_s", "median_s", "p90_s", "mean_s"]
    rows = small.frame[columns].astype(object).where(small.frame[columns].notna(), None).values.tolist()
    assert rows == [
        ["a", "b", False, 3, 3, 7 * HOUR, 2 * HOUR, None, 7 * HOUR / 3],
        ["b", "b", False, 1, 1, 3 * HOUR, 3 * HOUR, None, 3 * HOUR],
        ["b", "c", False, 1, 1, 0, 0, None, 0],
        [None, "X", False, 0, 0, None, None, None, None],
        [None, "a", False, 0, 0, None, None, None, None],
        ["b", "c", True, 1, 1, HOUR / 2, HOUR / 2, None, HOUR / 2],
        [None, "a", True, 0, 0, None, None, None, None],
    ]
    assert small.frame["share"].tolist() == [0.7, 0.3, 0, 0, 0, 1, 0]
    assert small.frame["visible"].tolist() == [False, False, True, None, True, True, True]  # B is backstage
    assert small.frame[list(COUNTED)].values.tolist() == [
        [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1], [0, 0, 2], [1, 0, 0], [0, 0, 1],
    ]  # fmt: skip


def test_causes_by_hand(small):
    # bob works 2-3, 3-4 and 6-8 (twice): who is ready at 1 and begins at 3 waits an hour for nothing and one for what came
    # as early; of the others nobody waits for work
    rows = small.per_instance()
    of_x = rows[(rows["case_id"] == "x") & (rows["activity"] == "b")].iloc[0]
    assert (of_x["wait_s"], of_x["contention_s"], of_x["other_s"]) == (2 * HOUR, HOUR, HOUR)
    of_z = rows[(rows["case_id"] == "z") & (rows["activity"] == "b")].iloc[0]
    assert (of_z["contention_s"], of_z["other_s"]) == (2 * HOUR, 2 * HOUR)  # 2 to 4 on what was ready before
    found = small.total()
    assert (found["contention_s"], found["other_s"]) == (4 * HOUR, 6 * HOUR)  # y: 3 to 4 for x


def test_every_instance_is_somewhere(small):
    found = small.total()
    assert (found["n"], found["cases"], found["upper_bound_n"]) == (5, 3, 1)
    assert (found["no_start"], found["unscheduled_turn"], found["nothing_before"]) == (1, 0, 4)
    assert found["n"] + found["no_start"] + found["unscheduled_turn"] + found["nothing_before"] == len(ROWS)
    assert found["upper_bound_s"] == HOUR / 2


def test_an_instance_names_its_row_and_its_reason(small):
    rows = small.per_instance(named=True)
    bound = rows[rows["upper_bound_s"].notna()].iloc[0]
    assert (bound["case_id"], bound["before"], bound["activity"], bound["how"], bound["row"]) == (
        "z",
        "b",
        "c",
        "no_start",
        9,
    )
    assert pd.isna(bound["wait_s"])
    assert pd.isna(bound["other_s"])
    assert pd.isna(bound["resource"])
    second = rows[rows["row"] == 6].iloc[0]
    assert (second["before"], second["resource"], second["how"]) == ("b", "bob", "from_completion")
    assert second["start"] - second["enabled"] == pd.Timedelta(hours=3)
    assert sorted(rows["row"]) == list(range(1, 11))


def test_the_table_by_activity_adds_up_that_by_transition(small):
    whole = small.by_activity()
    parts = small.frame.groupby(["activity", "upper_bound"])[["n", "total_s", *COUNTED]].sum()
    for row in whole.to_dict("records"):
        of = parts.loc[(row["activity"], row["upper_bound"])]
        assert [row["n"], *(row[name] for name in COUNTED)] == [of["n"], *(of[name] for name in COUNTED)]
        assert np.nan_to_num(row["total_s"]) == of["total_s"]
    assert len(whole) == len(parts)
    of_b = whole[whole["activity"] == "b"].iloc[0]
    assert (of_b["n"], of_b["median_s"]) == (4, 2 * HOUR)  # of 1, 2, 3, 4 hours
    assert np.isnan(of_b["p90_s"])


def test_a_90_per_cent_is_given_from_twenty_waits_on():
    rows = [(f"c{k}", "A", 0, 0, "m") for k in range(20)]
    rows += [(f"c{k}", "B", 60 * k, 60 * k + 60, "ann") for k in range(20)]
    for few, p90 in ((0, 17 * 60), (1, None)):  # of 0 to 19 minutes the 18th; of one fewer it is not given
        frame = waits_of(study_of(rows[: len(rows) - few])).measured
        assert frame["p90_s"].astype(object).where(frame["p90_s"].notna(), None).tolist() == [p90]


def test_waits_of_nothing_are_said_without_a_share():
    rows = [(f"c{k}", a, k * 60, k * 60, "ann") for k in range(3) for a in "ABC"]
    found = waits_of(study_of(rows))
    assert (
        found.sentence() == "Nothing waited: the wait is 0 at all 9 of 9 activity instances for which it was measured."
    )
    assert "nan" not in found.sentence("zh")


def test_steps_that_overlap_have_no_wait_although_they_completed():
    rows = [("c", a, k, 100 + k, "ann") for k, a in enumerate("ABC")]
    assert (
        waits_of(study_of(rows)).sentence()
        == "No wait can be measured: in no case was a step completed before another one."
    )


def test_nobody_is_named_unasked():
    rows = [
        (f"c{k}", a, DAY * k + i * HOUR, DAY * k + i * HOUR + 60, "Ann Smith")
        for k in range(60)
        for i, a in enumerate("AB")
    ]
    found = waits_of(study_of(rows))
    for table in (found.per_instance, found.batches, found.working_hours):
        assert "Ann Smith" not in table().to_csv()
    assert (
        set(found.per_instance(named=True)["resource"])
        == {"Ann Smith"}
        == set(found.working_hours(named=True)["resource"])
    )
    assert "Ann Smith" not in str(found.to_dict()) + found.sentence() + found.provenance.line()


def test_contention_behind_who_does_several_things_at_once_is_said():
    # a system does the jobs of a batch side by side for an hour, then one more: the log cannot tell that it was full
    rows = [(f"c{k}", "A", 0, 0, "m") for k in range(6)]
    side = [(f"c{k}", "B", 0, HOUR, "robot") for k in range(5)] + [("c5", "B", HOUR, 2 * HOUR, "robot")]
    found = waits_of(study_of(rows + side), calendar="always")
    assert found.total()["contention_s"] == HOUR == found.at_once_s()
    assert "Of all waiting, 100.0 % is laid to work of resources that do several things at once" in found.sentence()
    one = [(f"c{k}", "B", k * HOUR, (k + 1) * HOUR, "robot") for k in range(6)]
    found = waits_of(study_of(rows + one), calendar="always")
    assert found.total()["contention_s"] == 15 * HOUR
    assert found.at_once_s() == 0
    assert "at once" not in found.sentence()


def test_causes_of_a_row_add_up_to_it():
    found = waits_of(jobs_log(night(1, 40) + contention(2, 30)))
    rows = found.measured
    assert rows[list(PART_COLUMNS)].sum(axis=1).tolist() == pytest.approx(rows["total_s"].tolist(), rel=1e-12)
    per = found.per_instance().groupby(["before", "activity"])[["wait_s", *PART_COLUMNS]].sum()
    for row in rows.to_dict("records"):
        of = per.loc[(row["before"], row["activity"])]
        assert [row["total_s"], *(row[x] for x in PART_COLUMNS)] == pytest.approx(of.tolist(), rel=1e-9)
    assert found.bounds.empty
    assert found.frame["share"].sum() == pytest.approx(1)


def test_without_starts_there_are_only_upper_bounds():
    rows = [(c, a, None, e, who) for c, a, _, e, who in in_seconds(ROWS)]
    found = waits_of(study_of(rows))
    assert found.measured.empty
    assert found.total()["n"] == 0
    assert found.total()["total_s"] == 0
    assert found.bounds[["before", "activity", "n", "total_s"]].values.tolist() == [
        ["a", "b", 3, 11 * HOUR], ["b", "b", 1, 4 * HOUR], ["b", "c", 2, 1.5 * HOUR], ["c", "X", 1, HOUR / 2],
    ]  # fmt: skip
    assert found.frame[list(PART_COLUMNS)].isna().all(axis=None)
    assert "upper bound" in found.sentence()
    assert "上限" in found.sentence("zh")
    assert "17 h" in found.sentence()
    assert "64.7 %" in found.sentence()


def test_a_schedule_is_the_enabled_time_and_further_turns_are_counted():
    norm = mining.read_blueprint(ROOT / "sample_logs/bank_loan/blueprint.yaml")
    study = mining.Study(mining.read_log(ROOT / "sample_logs/bank_loan/log.csv", columns=norm.binding), norm)
    found, x = waits_of(study), study.instances
    scheduled = found.waits.how == HOW.index("from_schedule")
    assert scheduled.any()
    assert np.array_equal(found.waits.enabled[scheduled], np.minimum(x.scheduled, x.start)[scheduled])
    completed = found.waits.how == HOW.index("from_completion")
    assert np.array_equal(found.waits.enabled[completed], x.end[found.waits.before[completed]])
    assert found.total()["n"] == np.isin(found.waits.how, MEASURED).sum()
    assert x.case[found.waits.before[completed]].tolist() == x.case[completed].tolist()


def test_an_unknown_calendar_is_refused_with_those_there_are(small):
    with pytest.raises(UnknownNameError, match="always"):
        waits_of(small.study, calendar="offices")


def test_the_settings_stand_in_the_provenance(small):
    line = small.provenance.line()
    assert "calendar always" in line
    assert "60 s" in line
    assert "discovered" in waits_of(small.study).provenance.line()


def test_the_sentence_has_the_numbers(small):
    assert small.sentence() == (
        "Cases waited 10 h in sum, measured for 5 of 10 activity instances. The most waiting is at Step a → Step b: 7.0 h (70.0 %), "
        "half of the waits no longer than 2.0 h. "
        "All waiting by cause, as inferred from what the resource that took the step in the end was doing meanwhile (who else could have "
        "taken it is not known): other causes 60.0 %, resource contention 40.0 %. "
        "Of all waiting, 40.0 % is laid to work of resources that do several things at once (systems, teams under one name, people "
        "with several cases open): that they were at work does not prove that they could not have begun. "
        "Not counted, since only an upper bound of the wait is known: 1 activity instances without a start."
    )
    said = small.sentence("zh")
    assert all(part in said for part in ("10 小时", "步骤a → 步骤b", "70.0%", "其他原因 60.0%", "资源争用 40.0%"))


def test_nothing_to_measure_is_said():
    found = waits_of(study_of(in_seconds(ROWS[:1])))
    assert found.sentence() == "No wait can be measured: in no case was a step completed before another one."
    assert "No wait can be measured" in {text.get_text() for text in found.plot().texts}.pop()
    assert found.batches().empty


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_chart_draws_what_the_table_holds(small, lang):
    axes = small.plot(lang=lang)
    widths = {round(sum(patch.get_width() for bar in axes.containers for patch in [bar.patches[k]]), 9) for k in (0, 1)}
    assert widths == {7.0, 3.0}
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == (["resource contention", "other causes"] if lang == "en" else ["资源争用", "其他原因"])
    assert len(axes.get_yticklabels()) == 2  # a transition without any waiting has no bar
    assert to_svg(axes) == to_svg(small.plot(lang=lang))


def test_the_chart_of_bounds_says_so():
    rows = [(c, a, None, e, who) for c, a, _, e, who in in_seconds(ROWS)]
    axes = waits_of(study_of(rows)).plot()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["upper bound, work included"]


def test_the_method_of_a_study_is_the_same(small):
    pd.testing.assert_frame_equal(small.study.waits(calendar="always").frame, small.frame)
    assert set(Waits.columns) == set(small.frame.columns)
    assert small.to_dict()["rows"][3]["before"] is None


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "logs").is_dir(), reason="the public logs are not beside the project")
def test_the_loans_of_2012():
    norm = mining.read_blueprint(SHARED / "blueprints" / "bank_loan.yaml")
    study = mining.Study(mining.read_log(SHARED / "logs" / "bpic2012.xes.gz", columns=norm.binding), norm)
    waits_of(study)  # compiled
    begin = time.process_time()
    found = waits_of(study)
    assert time.process_time() - begin < 2
    w, x = found.waits, study.instances
    assert (w.parts >= 0).all()
    assert np.array_equal(w.parts.sum(axis=1), np.maximum(w.wait, 0))
    total = found.total()
    assert (total["n"], total["no_start"], total["unscheduled_turn"], total["nothing_before"]) == (
        26239,
        80046,
        45137,
        13087,
    )
    assert total["n"] + 80046 + 45137 + 13087 == len(x.activity)
    assert round(total["total_s"] / 3600) == 738_395
    _by_overlap(found, 400)


def _by_overlap(found, n):
    """The waits of some instances against intervals of their resources in plain pandas."""
    x, w = found.study.instances, found.waits
    work = pd.DataFrame({"resource": x.resource, "start": x.start, "end": x.end, "enabled": w.enabled})
    work = work[(x.resource >= 0) & (x.start >= 0) & (x.end > x.start)]
    rows = np.random.default_rng(0).choice(w.asked[w.split.batch < 0], n, replace=False)
    for i in rows.tolist():
        mine = work[(work["resource"] == x.resource[i]) & (work["start"] < x.start[i]) & (work["end"] > w.enabled[i])]
        mine = mine.assign(start=mine["start"].clip(lower=w.enabled[i]), end=mine["end"].clip(upper=x.start[i]))
        before = _union(mine[mine["enabled"] <= w.enabled[i]])
        found_ = dict(zip(PARTS, w.parts[i].tolist(), strict=True))
        assert found_["contention"] == before
        assert found_["prioritisation"] == _union(mine) - before
        assert found_["batching"] == 0


def _union(spans):
    total, until = 0, None
    for low, high in sorted(zip(spans["start"].tolist(), spans["end"].tolist(), strict=True)):
        total += max(high - (low if until is None else max(low, until)), 0)
        until = high if until is None else max(until, high)
    return total
