"""Some cases of a study: each keeps what it has in the whole, whichever cases are chosen, and however often."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import mining
from mining.errors import MiningError, UnknownNameError
from mining.selection import Selection, choices, select, selected
from tests.examples import examples
from tests.helpers import OFFICE, ROOT, blueprint

COLUMNS = {"case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource"}
NORM = blueprint(
    ["a", {"optional": "b"}, "c", "d"],
    "abcd",
    "d",
    log=COLUMNS | {"tz": "Asia/Shanghai", "attributes": {"g": "g", "x": {"column": "x", "type": "number"}}},
    calendars=OFFICE,
    rules=[
        {"id": "R1", "kind": "response", "a": "a", "b": "c", "within": "5h", "severity": "major", "basis": "x"},
        {"id": "R2", "kind": "four_eyes", "a": "a", "b": "c", "severity": "critical", "basis": "x"},
        {"id": "R3", "kind": "at_most", "a": "b", "n": 1, "severity": "minor", "basis": "x"},
    ],
    standards=[
        {"id": "S1", "dimension": "time", "metric": "elapsed", "from": "a", "to": "d", "max": "6h", "share": 0.9}
        | {"severity": "major", "basis": "charter"},
        {"id": "S2", "dimension": "time", "metric": "waiting", "of": "c", "max": "2h", "share": 0.9}
        | {"severity": "minor", "basis": "charter"},
    ],
    allow=[
        {"id": "A1", "match": {"kind": "missing", "activity": "c"}, "when": [{"attr": "g", "op": "==", "value": "p"}]}
        | {"decision": "accepted", "reason": {"en": "so"}, "approved_by": "Board", "valid": ["2026-01-01", "2026-12-31"]}
    ],
    scope={"starts_with": ["a"], "ends_with": ["d"], "unit_of_analysis": "case", "abandoned_after": "20h"},
)  # fmt: skip
EVENT = st.tuples(st.sampled_from("ABCDX"), st.integers(0, 30), st.sampled_from(["ann", "bob", None]), st.booleans())
CASES = st.lists(
    st.tuples(st.lists(EVENT, min_size=1, max_size=5), st.sampled_from(["p", "q", None])), min_size=2, max_size=7
)
CHOSEN = st.one_of(
    st.sampled_from(["p", "q", "not recorded"]).map(lambda group: {"by": "g", "group": group}),
    st.sampled_from(["missing", "late", "extra", "same_person"]).map(lambda kind: {"kind": kind}),
    st.sampled_from("abc").map(lambda activity: {"activity": activity}),
    st.sampled_from("ab").map(lambda activity: {"through": activity}),
    st.sampled_from([("2026-03-02", "2026-03-02"), ("2026-03-03", None)]).map(lambda period: {"period": period}),
)


def log_of(cases):
    """Cases with a value each; of a step that started, half an hour before."""
    rows = [
        (f"c{k}", label, pd.Timestamp("2026-03-02 09:00") + pd.Timedelta(hours=hour), who, value, f"{k},5", started)
        for k, (events, value) in enumerate(cases)
        for label, hour, who, started in events
    ]
    table = pd.DataFrame(rows, columns=["case", "activity", "end", "resource", "g", "x", "started"])
    table["start"] = (table["end"] - pd.Timedelta(minutes=30)).where(table.pop("started"))
    return mining.EventLog.from_frame(table, columns=NORM.binding)


def of_cases(table, ids):
    """The rows of some cases."""
    return table[table["case_id"].isin(ids)].reset_index(drop=True)


def plain(table):
    """One word for what is missing, whatever else stands in the column."""
    return table.astype(object).where(table.notna(), None)


def judged_again(part):
    """The same cases, with nothing taken over from the whole but what is said of it."""
    found = replace(part)
    assert "checks" not in vars(found)
    return found


def assert_same(whole, part):
    """Every verdict, measure and deviation is that of the whole; and so it is where the cases are judged again."""
    ids = set(part.log.case_ids.tolist())
    for study in (part, judged_again(part)):
        assert_frame_equal(of_cases(whole.verdicts().frame, ids), study.verdicts().frame)
        if len(mine := of_cases(whole.deviations().frame, ids)):
            assert_frame_equal(plain(mine), plain(study.deviations().frame))
        else:
            assert not len(study.deviations().frame)
        assert study.is_open.tolist() == whole.is_open[np.isin(whole.log.case_ids, list(ids))].tolist()


@pytest.mark.slow
@given(CASES, CHOSEN, CHOSEN)
@settings(max_examples=examples(60), deadline=None)
def test_a_case_has_the_verdicts_and_deviations_that_it_has_among_all(cases, first, second):
    whole, chosen = mining.Study(log_of(cases), NORM), Selection(**first)
    try:
        keep = selected(whole, chosen)
    except UnknownNameError:  # a group that no case has
        return
    except mining.LogError:  # no label that the blueprint knows
        return
    if not keep.any():
        with pytest.raises(MiningError, match="leaves none"):
            select(whole, chosen)
        return
    part = select(whole, chosen)
    assert part.log.case_ids.tolist() == whole.log.case_ids[keep].tolist()
    assert part.instances.names == whole.instances.names
    assert_same(whole, part)
    assert part.log.attribute("g").tolist() == whole.log.attribute("g")[keep].tolist()
    assert np.array_equal(part.log.attribute("x"), whole.log.attribute("x")[keep])
    together = first | second
    if first.keys() & second.keys() or together.keys() >= {"kind", "activity"}:  # these two are one question
        return
    try:
        both = selected(whole, Selection(**together))
    except UnknownNameError:  # a group that no case has
        return
    if both.any():
        twice = select(part, Selection(**second))
        assert twice.log.case_ids.tolist() == select(whole, Selection(**together)).log.case_ids.tolist()
        assert_same(whole, twice)


@pytest.fixture(scope="module")
def permits(study):
    """Three months of one channel."""
    return select(study, Selection(period=("2026-02-01", "2026-04-30"), by="channel", group="Desk"))


def test_what_is_chosen_is_what_the_tables_say(study, permits):
    ids = set(permits.log.case_ids.tolist())
    begun = study.log.to_frame().groupby("case")["end"].min().dt.tz_convert(study.blueprint.tz)
    inside = begun[(begun >= "2026-02-01") & (begun < "2026-05-01")].index
    channel = dict(zip(study.log.case_ids.tolist(), study.log.attribute("channel").tolist(), strict=True))
    assert ids == {case for case in inside if channel[case] == "Desk"}
    deviations = study.deviations().frame
    late = deviations[(deviations["kind"] == "late") & (deviations["activity"] == "send_receipt")]
    assert set(study.log.case_ids[selected(study, Selection(kind="late", activity="send_receipt"))]) == set(
        late["case_id"]
    )
    at = deviations[deviations["activity"] == "Call the applicant"]["case_id"]
    assert set(study.log.case_ids[selected(study, Selection(activity="Call the applicant"))]) == set(at)
    one = study.log.case_ids[7]
    assert select(study, Selection(case=one)).log.case_ids.tolist() == [one]
    assert (selected(study, Selection(through="report_hold"))).sum() == 317


def test_verdicts_of_a_sample_stay(study, permits):
    assert_same(study, permits)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bank_loan", "it_incident", "outpatient_visit", "permit_receipt"])
def test_verdicts_of_all_samples_stay_in_every_group_and_month(name):
    folder = ROOT / "sample_logs" / name
    whole = mining.open_study(folder / "log.csv", folder / "blueprint.yaml")
    found = choices(whole)
    for by in ("month", next(iter(found.groups))):
        for group, n in found.groups[by].items():
            part = select(whole, Selection(by=by, group=group))
            assert part.log.n_cases == n
            assert_same(whole, part)
    for kind, n in found.kinds.items():
        part = select(whole, Selection(kind=kind))
        assert part.log.n_cases == n
        assert_same(whole, part)


TABLES = (
    "summary", "verdicts", "deviations", "touchpoints", "dimensions", "calibration", "on_time", "funnel", "times", "waits", "week",
    "load", "crossings", "variants", "variety", "findings", "branches",
)  # fmt: skip


@pytest.mark.slow
def test_every_table_of_a_selection_is_made_and_says_what_it_is_of(permits):
    n = permits.log.n_cases
    for name in TABLES:
        table = getattr(permits, name)()
        said = getattr(table, "provenance", None)
        assert said is None or said.n_cases == n, name
        if said is not None and "selection" in said.parameters:
            assert said.parameters["selection"] == "begun 2026-02-01 to 2026-04-30; channel: Desk"
        assert len(table.to_frame()), name
    assert permits.variants().frame["n"].sum() == n if "n" in permits.variants().frame else True
    assert permits.handovers("role").to_frame() is not None
    assert permits.dimensions("month").frame["group"].iloc[0] == "all"
    assert permits.alignments().fit
    assert permits.fit
    assert permits.fits is not None
    assert permits.strictness
    assert permits.quality.to_frame() is not None
    assert permits.flags is not None
    assert permits.moment_flips is not None
    assert permits.explain(permits.log.case_ids[0]).to_frame() is not None
    assert "<svg" in permits.plot().svg
    assert "<svg" in permits.process_map().svg
    assert permits.mine().to_frame() is not None if hasattr(permits.mine(), "to_frame") else permits.mine()
    assert permits.discovered
    assert permits.as_is
    assert permits.improvement()
    assert permits.repair().to_frame() is not None
    assert "begun 2026-02-01 to 2026-04-30; channel: Desk" in repr(permits)


def test_tables_say_what_they_are_of_and_rows_are_counted(study, permits):
    assert permits.summary().provenance.parameters["selection"] == "begun 2026-02-01 to 2026-04-30; channel: Desk"
    assert "selection" not in study.summary().provenance.parameters
    dropped = {x.reason: x.count for x in permits.log.lineage.dropped}
    assert dropped["of cases outside the selection"] == study.log.n_instances - permits.log.n_instances
    assert "cases (begun 2026-02-01 to 2026-04-30; channel: Desk) of " in repr(permits)
    counts = permits.summary().row("S1")
    assert (
        sum(counts[x] for x in ("pass", "fail", "allowed", "pending", "not_applicable", "not_observable"))
        == permits.log.n_cases
    )


def test_labels_outside_the_blueprint_are_counted_in_the_selected_cases(study, permits):
    rows = permits.log.to_frame()["activity"].value_counts()
    assert permits.instances.unmapped == {label: rows[label] for label in study.instances.unmapped if label in rows}
    assert permits.instances.unmapped.keys() <= study.instances.unmapped.keys()
    one = select(study, Selection(case=study.log.case_ids[0]))
    assert sum(one.instances.unmapped.values()) <= one.log.n_instances
    assert len(one.instances.case) + sum(one.instances.ignored.values()) == one.log.n_instances


def test_a_part_of_a_store_and_its_pieces_read_attributes_as_the_whole(study, permits, tmp_path):
    mining.write_store(study.log, tmp_path / "log.parquet")
    stored = mining.Study(mining.open_store(tmp_path / "log.parquet").log(), study.blueprint)
    part = select(stored, permits.selection[0])
    assert_frame_equal(part.verdicts().frame, permits.verdicts().frame)
    for log in (part.log, permits.log):
        for name in ("channel", "deadline"):
            values = [piece.attribute(name) for piece in log.pieces(100)]
            assert len(values) > 5
            keep = np.isin(study.log.case_ids, log.case_ids)
            assert np.concatenate(values).tolist() == study.log.attribute(name)[keep].tolist()
            each = np.concatenate([piece.values(name) for piece in log.pieces(100)])
            assert each.tolist() == study.log.values(name)[np.repeat(keep, np.diff(study.log.offsets))].tolist()


def test_a_log_without_starts_in_the_part_is_still_one_with_starts():
    """Whether an instance waits for its start is for the whole log to say."""
    cases = [([("A", 0, "ann", True), ("C", 4, "bob", True), ("D", 5, "ann", True)], "p"),
             ([("A", 0, "ann", False), ("C", 4, "bob", False), ("D", 5, "ann", False)], "q")]  # fmt: skip
    whole = mining.Study(log_of(cases), NORM)
    part = select(whole, Selection(by="g", group="q"))
    alone = mining.Study(whole.log.take(np.array([False, True])), NORM)
    assert part.instances.whole.has_starts
    assert not alone.instances.whole.has_starts
    assert_same(whole, part)


def test_a_running_case_is_known_until_the_end_of_the_whole_log():
    cases = [
        ([("A", 0, "ann", False)], "p"),
        ([("A", 0, "ann", False), ("C", 9, "bob", False), ("D", 9, "bob", False)], "q"),
    ]
    whole = mining.Study(log_of(cases), NORM)
    part = select(whole, Selection(by="g", group="p"))
    alone = mining.Study(whole.log.take(np.array([True, False])), NORM)
    assert part.summary().row("R1")["fail"] == 1
    assert alone.summary().row("R1")["pending"] == 1


def test_nothing_chosen_is_the_study_itself(study):
    assert select(study, Selection()) is study
    assert selected(study, Selection()).all()


def test_an_empty_selection_says_what_each_part_alone_would_leave(study):
    chosen = Selection(period=("2026-01-01", "2026-01-31"), by="channel", group="Desk", kind="late", activity="receive")
    assert not selected(study, chosen).any()
    told = r"of 2,000 cases the selection leaves none. Alone would leave: \(begun 2026-01-01 to 2026-01-31\) 324; \(channel: Desk\) 509; "
    with pytest.raises(MiningError, match=told + r"\(deviation: late, at receive\) \d+\."):
        select(study, chosen)


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"period": ("2026-02-30", None)}, MiningError, "'2026-02-30' is not a day"),
        ({"period": ("2026-03-02", "2026-03-01")}, MiningError, "2026-03-01, comes before the first, 2026-03-02"),
        ({"period": "2026-03-02"}, MiningError, "give the first and the last day"),
        ({"by": "channel"}, MiningError, "a segment is chosen by both"),
        ({"group": "Desk"}, MiningError, "a segment is chosen by both"),
        ({"kind": "lat"}, UnknownNameError, "Did you mean 'late'"),
        ({"by": "channel", "group": "desk"}, UnknownNameError, "Did you mean 'Desk'"),
        ({"by": "chanel", "group": "Desk"}, UnknownNameError, "Did you mean 'channel'"),
        ({"by": "resource", "group": "clerk-03"}, MiningError, "singles out persons"),
        ({"activity": "recieve"}, UnknownNameError, "Did you mean 'receive'"),
        ({"through": "recieve"}, UnknownNameError, "Did you mean 'receive'"),
        ({"case": "nobody"}, UnknownNameError, "unknown case 'nobody'"),
    ],
    ids=lambda x: ",".join(f"{k}={v}" for k, v in x.items()) if isinstance(x, dict) else "",
)
def test_what_is_not_there_is_refused(study, given, error, told):
    with pytest.raises(error, match=told):
        selected(study, Selection(**given))


def test_words_in_both_languages(study):
    chosen = Selection(
        period=("2026-03-01", None),
        by="month",
        group="2026-03",
        kind="late",
        activity="receive",
        case="P1",
        through="decide",
    )
    assert chosen.words() == (
        "begun 2026-03-01 or later; month: 2026-03; deviation: late, at receive; passed through decide; case P1"
    )
    assert chosen.words("zh", study.blueprint).startswith("2026-03-01 及以后开始；月份：2026-03；偏差：超时（“")
    assert Selection(period=(None, "2026-03-01"), by="g", group="not recorded").words() == (
        "begun 2026-03-01 or earlier; g: not recorded"
    )
    assert (Selection().words(), Selection().words("zh")) == ("all cases", "全部案例")
    assert Selection(activity="x").words() == "deviation at x"
    assert Selection(kind="late").words("zh") == "偏差：超时"
    assert [f.name for f in fields(Selection)] == ["period", "by", "group", "kind", "activity", "case", "through"]


def test_choices_are_what_selections_give(study):
    found = choices(study)
    assert {"deadline", "team", "resource"} == found.left_out.keys()
    assert "is a date" in found.left_out["deadline"]
    assert "singles out persons" in found.left_out["resource"]
    for by in ("channel", "delivery", "quarter"):
        assert sum(found.groups[by].values()) == study.log.n_cases
        for group, n in found.groups[by].items():
            assert selected(study, Selection(by=by, group=group)).sum() == n
    for kind, n in found.kinds.items():
        assert selected(study, Selection(kind=kind)).sum() == n
    for name, n in found.activities.items():
        assert selected(study, Selection(activity=name)).sum() == n
    for name, n in found.through.items():
        assert selected(study, Selection(through=name)).sum() == n
    assert selected(study, Selection(period=found.span)).all()
    first, last = (pd.Timestamp(day) for day in found.span)
    inside = ((first + pd.Timedelta(days=1)).strftime("%Y-%m-%d"), (last - pd.Timedelta(days=1)).strftime("%Y-%m-%d"))
    assert selected(study, Selection(period=inside)).sum() < study.log.n_cases
