"""The audit of large and of odd logs: the same answer however the log is cut, sheets that stay small, nothing that hangs."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining import verdicts_file
from mining.audit_file import FILES, FORMATS, audit
from mining.conformance import judge
from mining.conformance.instances import following, instances_of
from mining.discovery import discover, models
from mining.log import EventLog
from mining.report import audit_back
from mining.sampling.sample import unguarded
from tests.audit_records import page_of, record_of_study
from tests.examples import STUDIES, examples
from tests.helpers import MONDAY, blueprint, frame, study, traces
from tests.report_cases import said

pytestmark = pytest.mark.slow

RULES = [
    {"id": "R1", "kind": "precedence", "a": "b", "b": "c", "severity": "critical", "basis": "Law"},
    {"id": "R2", "kind": "succession", "a": "a", "b": "b", "severity": "major", "basis": "Law"},
    {"id": "R3", "kind": "four_eyes", "a": "a", "b": "c", "severity": "major", "basis": "Law"},
    {"id": "R4", "kind": "same_handler", "a": "a", "b": "b", "severity": "minor", "basis": "Law"},
    {"id": "R5", "kind": "response", "a": "b", "b": "c", "within": "2h", "severity": "minor", "basis": "Law"},
    {"id": "R6", "kind": "precedence", "a": "a", "b": "b", "b_at": "start", "severity": "minor", "basis": "Law"},
    {"id": "R7", "kind": "not_together", "a": "b", "b": "d", "severity": "minor", "basis": "Law"},
    {"id": "R8", "kind": "immediate_response", "a": "a", "b": "b", "severity": "minor", "basis": "Law"},
    {"id": "R9", "kind": "not_before", "a": "a", "b": "c", "after": "1h", "severity": "minor", "basis": "Law",
     "when": [{"attr": "channel", "op": "==", "value": "web"}]},
]  # fmt: skip
STANDARDS = [
    {"id": "S1", "dimension": "time", "metric": "elapsed", "from": "a", "to": "c", "max": "2h", "severity": "major", "basis": "Charter"},
    {"id": "S2", "dimension": "time", "metric": "waiting", "of": "b", "max": "1h", "severity": "minor", "basis": "Plan"},
    {"id": "S3", "dimension": "time", "metric": "handling", "of": "b", "max": "1h", "severity": "minor", "basis": "Plan"},
    {"id": "S4", "dimension": "quality", "metric": "count", "of": "b", "min": 1, "max": 1, "severity": "minor", "basis": "Plan"},
    {"id": "S5", "dimension": "quality", "metric": "attribute", "attr": "channel", "one_of": ["web", "desk"], "severity": "minor",
     "basis": "Plan"},
    {"id": "S6", "dimension": "quality", "metric": "attribute", "attr": "channel", "of": "b", "severity": "minor", "basis": "Plan"},
    {"id": "S7", "dimension": "time", "metric": "elapsed", "from": "a", "to": "case_end", "max": "1bd", "calendar": "office",
     "severity": "minor", "basis": "Plan"},
]  # fmt: skip
LOG = {
    "case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource",
    "attributes": {"channel": "channel"}, "ignore": ["NOISE"],
}  # fmt: skip
ALLOW = [
    {"id": "A1", "match": {"rule": "R2"}, "decision": "accepted", "reason": {"en": "Agreed"}, "approved_by": "Board",
     "valid": ["2026-01-01", "2026-12-31"], "when": [{"attr": "channel", "op": "in", "value": ["desk"]}]},
]  # fmt: skip


def norm():
    return blueprint(
        ["a", "b", {"optional": "d"}, "c"], "abcd", ends="c", log=LOG, rules=RULES, standards=STANDARDS, allow=ALLOW
    )


def events():
    """Seven and more kinds of cases: ties, running, starts in one case only, labels and channels of one case only."""
    cases = traces("abc", "acb", "abbc", "ab", "ac", "abdc", "cab", "abc", "aabc", "bc", "abc", "abc")
    cases["c1"] = [("A", 0.0), ("C", 1.0, "bob"), ("B", 1.0, "bob")]  # tied
    cases["c7"] = [("A", 0.0, "ann"), ("B", 3.0, "bob", 1.0), ("C", 9.0, "ann")]  # the only one with a start
    cases["c9"] = [("ODD", 0.0), ("B", 1.0, None), ("C", 2.0, None)]  # unmapped, in one case only
    cases["d"] = [("NOISE", 0.0), ("NOISE", 90.0)]  # ignored, and later than all others
    cases["e"] = [("A", 0.0), ("NOISE", 1.0), ("B", 30.0), ("C", 70.0)]
    table = frame(cases)
    table["channel"] = table["case"].map({"c0": "web", "c2": "desk", "c4": "fax", "c8": "web"})
    return table


def log_of(table=None):
    return EventLog.from_frame(events() if table is None else table, columns=norm().binding)


def columns_of(check):
    faults = {f"fault {name}": array for name, array in vars(check.faults).items()}
    return {"verdict": check.verdict, "measured": check.measured} | faults


def same(found, wanted):
    assert [(x.id, x.why_not, x.unit) for x in found] == [(x.id, x.why_not, x.unit) for x in wanted]
    for one, other in zip(found, wanted, strict=True):
        for (name, x), y in zip(columns_of(one).items(), columns_of(other).values(), strict=True):
            np.testing.assert_array_equal(x, y, err_msg=f"{one.id} {name}")


def test_checks_do_not_depend_on_how_the_log_is_cut():
    of = mining.Study(log_of(), norm())
    whole = judge.judged(of.blueprint, of.instances, of.is_open, of.calendars)
    assert {x.count(1) for x in whole} - {0}
    n = of.log.n_instances
    for together in (1, 4, -(-n // 2), n):
        pieces = list(of.instances.pieces(together))
        assert [name for piece in pieces for name in piece.log.case_ids] == of.log.case_ids.tolist()
        same(judge.judged(of.blueprint, of.instances, of.is_open, of.calendars, together=together), whole)


def test_a_piece_of_a_log_mapped_by_itself_is_judged_as_in_the_whole():
    of = mining.Study(log_of(), norm())
    parts, starts, place = [], [], 0
    for piece in of.log.pieces(4):
        mapped = instances_of(piece, of.blueprint)
        assert mapped.names == of.instances.names
        assert (mapped.whole, mapped.unmapped, mapped.ignored, mapped.unseen) == (
            of.instances.whole, of.instances.unmapped, of.instances.ignored, of.instances.unseen,
        )  # fmt: skip
        open_here = of.is_open[piece.first_case : piece.first_case + piece.n_cases]
        parts.append(judge.judge(mapped, of.blueprint, open_here, of.calendars))
        starts.append((piece.first_case, place))
        place += len(mapped.case)
    same(judge.merged(parts, starts), judge.judged(of.blueprint, of.instances, of.is_open, of.calendars))


def test_ties_of_the_next_case_do_not_blur_what_ends_this_one():
    table = frame({"k0": [("A", 0.0)], "k1": [("A", 0.0), ("A", 0.0)]})
    table["channel"] = "web"
    of = mining.Study(log_of(table), norm())
    rows = of.verdicts().frame.query("check == 'R8'")
    assert rows.set_index("case_id")["gross"].to_dict() == {"k0": "pending", "k1": "not_observable"}


@given(st.data())
@settings(max_examples=examples(30), deadline=None)
def test_any_cases_cut_anywhere_give_equal_checks(data):
    event = st.tuples(
        st.sampled_from(["A", "B", "C", "D", "X", "NOISE"]), st.integers(0, 4).map(float), st.sampled_from(["ann", "bob", None]),
    )  # fmt: skip
    cases = data.draw(st.lists(st.lists(event, min_size=1, max_size=5), min_size=1, max_size=6))
    if not any(label in "ABCD" for case in cases for label, *_ in case):
        cases[0].append(("A", 1.0, "ann"))
    table = frame({f"k{i}": case for i, case in enumerate(cases)})
    table["channel"] = table["case"].map(dict(zip([f"k{i}" for i in range(6)], ["web", None, "desk"] * 2, strict=True)))
    of = mining.Study(log_of(table), norm())
    together = data.draw(st.integers(1, 8))
    same(
        judge.judged(of.blueprint, of.instances, of.is_open, of.calendars, together=together),
        judge.judged(of.blueprint, of.instances, of.is_open, of.calendars, together=1_000),
    )


@pytest.mark.slow
@pytest.mark.study
def test_audits_of_one_two_and_seven_pieces_are_equal_to_the_byte(tmp_path, monkeypatch):
    """All documents are made of one record: page and workbook stand for them; in ``make studies`` all are compared."""
    formats = FORMATS if STUDIES else ("html", "xlsx")
    log, found = log_of(), []
    for name, together in (("one", 10_000), ("two", -(-log.n_instances // 2)), ("seven", -(-log.n_instances // 7))):
        monkeypatch.setattr(judge.judged, "__kwdefaults__", {"together": together})
        audit(log, norm(), tmp_path / name, formats=formats)
        found.append({file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (tmp_path / name).iterdir()})
        assert set(FILES) - {FORMATS[x] for x in FORMATS if x not in formats} <= set(found[-1])
    assert found[0] == found[1] == found[2]
    assert len(list(log.pieces(-(-log.n_instances // 7)))) >= 7


def test_verdicts_in_several_row_groups_are_the_verdicts_of_the_study(tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    of = mining.Study(log_of(), norm())
    monkeypatch.setattr(verdicts_file, "ROWS_TOGETHER", 5 * len(of.checks))
    verdicts_file.write_verdicts(of, tmp_path / "v.parquet")
    assert pq.ParquetFile(tmp_path / "v.parquet").num_row_groups == -(-of.log.n_cases // 5)
    read = pd.read_parquet(tmp_path / "v.parquet")
    wanted = of.verdicts().frame
    assert read.columns.tolist() == wanted.columns.tolist()
    for name in read:
        assert read[name].astype(object).fillna("-").tolist() == wanted[name].astype(object).fillna("-").tolist(), name


@given(st.data())
@settings(max_examples=examples(50), deadline=None)
def test_following_is_the_first_of_the_case_not_before(data):
    pair = st.tuples(st.integers(0, 3), st.integers(-3, 3))
    wanted, there = (sorted(data.draw(st.lists(pair, max_size=8))) for _ in range(2))
    arrays = [np.array([x[i] for x in pairs], np.int64) for pairs in (wanted, there) for i in (0, 1)]
    for strictly in (False, True):
        assert following(*arrays, strictly=strictly).tolist() == [
            next((j for j, (k, u) in enumerate(there) if k == case and (u > t if strictly else u >= t)), -1)
            for case, t in wanted
        ]


ODD = {
    "long": "长" * 200,
    "unicode": "Prüfung ✓ 𠜎 \u202eabc\u0301",
    "formula": '=HYPERLINK("http://x","y")',
}


@pytest.mark.slow
@pytest.mark.parametrize("label", ODD.values(), ids=ODD.keys())
def test_odd_names_come_through_the_whole_audit(label, tmp_path):
    cases = traces("abc", "abc") | {label: [("A", 0.0), (label, 1.0, label), ("B", 2.0), ("C", 3.0)]}
    of = study(blueprint(["a", "b", "c"], "abc"), cases)
    audit(of.log, of.blueprint, tmp_path, clear_names=True, formats=("html", "xlsx"))
    record = json.loads((tmp_path / "findings.json").read_text("utf-8"))
    assert label in {f["place"]["activity"] for f in record["findings"]}
    for name in ("sample.csv", "findings.csv"):
        table = pd.read_csv(tmp_path / name, dtype=str, keep_default_na=False)
        assert label in {unguarded(value) for column in table for value in table[column]}, name
        assert not [value for column in table for value in table[column] if value.startswith("=")], name
    assert label in pd.read_parquet(tmp_path / "verdicts.parquet")["case_id"].tolist()
    book = openpyxl.load_workbook(tmp_path / "workpapers.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == label]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}
    book.close()


@pytest.mark.slow
def test_one_event_in_all_is_audited(tmp_path):
    of = study(blueprint(["a", "b", "c"], "abc"), {"only": [("A", 0.0)]})
    audit(of.log, of.blueprint, tmp_path, formats=("html",))
    verdicts = pd.read_parquet(tmp_path / "verdicts.parquet")
    assert verdicts.query("check == 'path'")["verdict"].tolist() == ["pending"]


def long_case(n, tied):
    labels = np.resize(["A", "B", "C"], n)
    end = MONDAY if tied else pd.date_range(MONDAY, periods=n, freq="min")
    table = pd.DataFrame({"case": "x", "activity": labels, "start": pd.NaT, "end": end, "resource": "ann"})
    table["start"] = pd.to_datetime(table["start"], utc=True)
    return table


@pytest.mark.slow
@pytest.mark.parametrize("tied", [False, True])
def test_one_case_of_100_000_events_ends_in_a_report_that_says_what_was_not_discovered(tied):
    norm = blueprint(["a", "b", "c"], "abc")
    of = mining.Study(EventLog.from_frame(long_case(100_000, tied), columns=norm.binding), norm)
    page = page_of(of)
    assert of.discovered.flow is None
    assert of.discovered.arcs["a", "b"] + of.discovered.arcs["b", "c"] > 60_000
    assert "every trace is too much for the miner (up to 100,000 events, 3 activities)" in page


def test_traces_too_long_for_the_miner_are_left_out_and_counted(monkeypatch):
    of = study(blueprint(["a", "b", "c"], "abc"), traces("abc", "abc", "ac", "abcabcabcabcabc"))
    whole = of.discovered
    assert whole.model.left_out == (0, 0)
    monkeypatch.setattr(models, "MOST_WORK", 20.0)
    part = discover(of)
    assert part.model.left_out == (1, 1)
    assert part.arcs == whole.arcs
    assert "The model is discovered from 3 of 4 cases" in " ".join(part.summary())
    assert "（1 种）" in " ".join(part.summary("zh"))


def test_the_map_counts_what_directly_follows_as_pm4py_does():
    from mining._pm4py import directly_follows

    of = study(blueprint(["a", "b", "c"], "abc"), traces("abc", "abc", "acb", "xaab", "b"))
    found = of.discovered
    names, variants = of.instances.names, of.path.variants
    counted = {tuple(names[x] for x in t): n for t, n in zip(variants.traces, variants.count.tolist(), strict=True)}
    assert (found.arcs, found.starts, found.ends) == directly_follows(counted)


def test_the_map_of_a_log_of_many_activities_shows_the_most_frequent_and_says_so():
    labels = [f"X{k}" for k in range(17)]
    cases = {f"c{k}": [(x, float(i)) for i, x in enumerate(["A", *labels[: 17 - k], "B", "C"])] for k in range(3)}
    found = study(blueprint(["a", "b", "c"], "abc"), cases).discovered
    said = found.picture().svg
    assert "Shown: 15 of 20 activities (" in said
    n, shown = sum(found.activities.values()), sum(sorted(found.activities.values())[-15:])
    share = f"{shown / n:.1%}".replace("%", " %")
    assert f"The map shows the 15 most frequent of 20 activities, {share}" in " ".join(found.summary())


def test_a_finding_says_which_problem_of_the_data_could_be_behind_it(tmp_path):
    of = study(blueprint(["a", "b", "c"], "abc"), traces("abc", "abc", "aXbc"))
    row = of.findings().frame.set_index("activity").loc["X"]
    assert row["flags"].split(", ")[0] == of.flags.set_index("finding_id").loc[[row["finding_id"]], "problem"].iloc[0]
    assert "unmapped_labels" in row["flags"]
    for lang, text in (("en", "1 of 1 faults lie in such rows or cases"), ("zh", "1 处偏差中有 1 处位于此类行或案例")):
        assert text in said(of, audit_back.findings, lang=lang)
    record = record_of_study(of).to_dict()
    assert {"unmapped_labels"} <= {x["problem"] for x in record["data_problems"]["that_could_have_made_faults"]}
    clean = study(blueprint(["a", "b", "c"], "abc"), traces("abc", "acb"))
    assert "unmapped_labels" not in " ".join(clean.findings().frame["flags"])
