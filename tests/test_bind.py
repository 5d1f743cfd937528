"""Proposing a binding, its file, and what the file is refused for."""

import time
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.binding import Attribute, Binding
from mining.errors import LogError, UnknownNameError
from mining.log import EventLog, read_log
from mining.log.bind import propose
from mining.log.binding_file import IGNORE, UNMAPPED, read_binding, read_decided
from mining.log.frames import source_from_frame
from mining.log.labels import folded, meanings, pair_labels
from mining.log.table import SourceTable
from tests.examples import examples
from tests.helpers import blueprint

T = pd.date_range("2026-03-02 09:00", periods=6, freq="h", tz="UTC")


def log(labels=("A", "B", "C") * 2, **columns):
    n = len(labels)
    base = {
        "case_id": [f"x{i % 2}" for i in range(n)],
        "activity": list(labels),
        "timestamp": [T[i % 6] for i in range(n)],
    }
    return source_from_frame(pd.DataFrame(base | columns))


def norm(names="abc"):
    return blueprint(list(names), names)


def choices(proposal):
    return {c.role: (c.column, c.certain) for c in proposal.columns if c.column or not c.certain}


def test_well_known_names_are_certain_with_their_reasons():
    proposal = propose(log(resource=["ann"] * 6))
    assert choices(proposal) == {
        "case": ("case_id", True), "activity": ("activity", True), "timestamp": ("timestamp", True), "resource": ("resource", True),
    }  # fmt: skip
    assert proposal.open == ()
    why = {c.role: c.why for c in proposal.columns}
    assert why["case"] == "a well-known name; 100% filled, 2 different values in 6 rows"
    assert why["timestamp"] == "a well-known name; 100% filled, 100% of the values are dates (6 rows looked at)"


def test_a_well_known_name_over_other_values_is_not_believed():
    proposal = propose(log(start=["soon"] * 6))
    assert choices(proposal).get("start") is None
    named_so = source_from_frame(
        pd.DataFrame(
            {
                "case_id": ["1", "1"],
                "activity": ["A", "B"],
                "timestamp": ["x", "y"],
                "when": ["2026-03-02", "2026-03-03"],
            }
        )
    )
    assert choices(propose(named_so))["timestamp"] == ("when", False)


def test_two_columns_with_well_known_names_are_left_open():
    proposal = propose(log(end_time=list(T[::-1])))
    (choice,) = [c for c in proposal.columns if c.role == "timestamp"]
    assert (choice.column, choice.certain) == ("timestamp", False)
    assert "'end_time'" in choice.others[0]
    assert 'timestamp: "?timestamp"  # several columns have well-known names' in proposal.to_yaml()


def test_the_column_that_the_blueprint_names_wins():
    frame = pd.DataFrame({"case": ["1", "1"], "activity": ["A", "B"], "end": T[:2], "timestamp": T[1:3]})
    assert choices(propose(source_from_frame(frame), norm("ab")))["timestamp"] == ("end", True)


def test_names_are_folded_for_width_capitals_blanks_and_punctuation():
    assert folded("Ｃｈｅｃｋ  —Receipt.") == folded("check receipt")
    assert folded("复核（受理）") == folded("复核 受理")
    assert folded("!!") == "!!"  # punctuation alone stays what it is
    assert folded("A1") != folded("A2")


def test_labels_are_certain_only_where_declared_or_the_same_word():
    pairs = {p.label: p for p in pair_labels(["A", " a! ", "step  B", "步骤 c", "Stepp c", "Zorgplan"], norm())}
    assert {label: (p.how, p.activity) for label, p in pairs.items()} == {
        "A": ("declared", "a"),
        " a! ": ("same", "a"),
        "step  B": ("same", "b"),
        "步骤 c": ("same", "c"),
        "Stepp c": ("alike", None),
        "Zorgplan": ("unknown", None),
    }
    assert pairs["Stepp c"].candidates[0][:2] == ("c", 0.91)


def test_one_word_for_two_activities_is_an_open_question():
    raw = blueprint(["a", "b"], "ab")
    same = replace(
        raw,
        activities=tuple(replace(a, labels=(f"Check {sign}",)) for a, sign in zip(raw.activities, "!?", strict=True)),
    )
    (pair,) = pair_labels(["check"], same)
    assert (pair.how, pair.activity, pair.suggested) == ("several", None, None)
    assert [c[0] for c in pair.candidates] == ["a", "b"]


def test_the_file_says_counts_and_coverage_and_is_refused_while_open(tmp_path):
    proposal = propose(log(("A", "b?", "Stepp c", "Q", "A", "b?")), norm())
    text = proposal.to_yaml()
    assert '"A": "a"  # named by the blueprint; 2 events in 1 case' in text
    assert '"Stepp c": "?c"' in text or '"Stepp c": "?"' in text
    assert '"Q": "?"' in text
    assert "labels that are certain: 4 of 6 events (66.7%); cases with no other labels: 0 of 2 (0.0%)" in text
    assert "# activities of the blueprint without a label that is certain (1): c" in text
    file = tmp_path / "b.yaml"
    proposal.write(file)
    with pytest.raises(LogError, match=r"2 things are still open \(line \d+: 'Q'; line \d+: 'Stepp c'\)"):
        read_binding(file)
    kept = read_binding(file, undecided="keep")
    assert (kept.undecided, kept.labels["Q"]) == (("Q", "Stepp c"), "")
    with pytest.raises(LogError, match="is there already"):
        proposal.write(file)


def test_a_completed_file_binds_the_log(tmp_path):
    source = log(("A", "b?", "Stepp c", "Q", "A", "b?"))
    text = propose(source, norm()).to_yaml().replace('"?c"', '"c"').replace('"Stepp c": "?"', '"Stepp c": "c"')
    file = tmp_path / "b.yaml"
    file.write_text(text.replace('"Q": "?"', f'"Q": "{IGNORE}"'), encoding="utf-8")
    binding = read_binding(file)
    assert binding.labels == {"A": "a", "b?": "b", "Stepp c": "c"}
    assert binding.ignore == ("Q",)
    assert binding.origin == "file"
    events = EventLog.from_source(source, columns=binding)
    assert events.n_instances == 6
    assert meanings(norm(), binding.labels)["b?"] == "b"


def test_a_binding_file_overrules_the_blueprint():
    known = meanings(norm(), {"A": "b", "B": ""})
    assert (known["A"], "B" in known, known["C"]) == ("b", False, "c")
    with pytest.raises(UnknownNameError, match="unknown activity 'zz'"):
        meanings(norm(), {"A": "zz"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("columns: [a]", "has a part 'columns:'"),
        ("columns: {case: c, activity: a}", "no column is named for timestamp"),
        ("columns: {case: c, activity: a, timestamp: '?t'}", r"1 thing is still open \(line 1: 'timestamp'\)"),
        ("columns: {case: c, activity: a, timestamp: t, when: x}", "unknown key 'when'"),
        ("colums: {}\ncolumns: {case: c, activity: a, timestamp: t}", r"b.yaml:1: unknown part 'colums'"),
        ("columns: {case: c, activity: a, timestamp: t}\nlabels: {A: 3}", r"b.yaml:2: label 'A': write an activity id"),
        ("columns: {case: c, activity: a, timestamp: t}\nlabels: [A]", "'labels' is not a list of lines"),
        ("columns: {case: c, activity: a, timestamp: t}\nlabels: {A: a, A: b}", "'A' is written twice"),
        ("columns: {", "not valid YAML"),
        ("columns: {case: c, activity: a, timestamp: t, lifecycle: {column: w}}", "must say complete"),
        ("columns: {case: c, activity: a, timestamp: t, attributes: {x: {column: '?x'}}}", "line 1: 'column'"),
    ],
)
def test_what_a_file_is_refused_for(tmp_path, text, message):
    file = tmp_path / "b.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises((LogError, UnknownNameError), match=message):
        read_binding(file)


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LogError, match="not UTF-8"):
        read_binding(tmp_path / "b.yaml")
    with pytest.raises(LogError, match="cannot be read"):
        read_binding(tmp_path / "none.yaml")


NASTY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(lambda x: x.strip())


@settings(deadline=None, max_examples=examples(20))
@given(st.lists(NASTY, min_size=1, max_size=6, unique=True))
def test_any_label_comes_back_from_the_file_as_it_was(tmp_path_factory, labels):
    proposal = propose(log(labels * 2), norm())
    file = tmp_path_factory.mktemp("bind") / "b.yaml"
    proposal.write(file)
    binding = read_binding(file, undecided="keep")
    assert set(binding.labels) == set(labels)
    assert {x for x in labels if binding.labels[x]} == {p.label for p in proposal.pairs if p.activity}


def test_a_label_longer_than_a_yaml_key_comes_back(tmp_path):
    long = "x" * 3_000
    propose(log((long, "A") * 3), norm()).write(tmp_path / "b.yaml")
    assert set(read_binding(tmp_path / "b.yaml", undecided="keep").labels) == {long, "A"}


def test_unmapped_on_purpose(tmp_path):
    file = tmp_path / "b.yaml"
    file.write_text(f'columns: {{case: c, activity: a, timestamp: t}}\nlabels: {{A: "{UNMAPPED}"}}', encoding="utf-8")
    assert "A" not in meanings(norm(), read_binding(file).labels)


@pytest.mark.slow
def test_five_thousand_labels_are_paired_in_time():
    labels = [f"Handle request of kind {i:04}" for i in range(5_000)]
    begin = time.process_time()
    pairs = pair_labels(labels, blueprint([f"s{i}" for i in range(100)], [f"s{i}" for i in range(100)]))
    assert len(pairs) == 5_000
    assert time.process_time() - begin < 20


def test_the_file_in_chinese():
    text = propose(log(("A", "Q") * 3), norm(), lang="zh").to_yaml("zh")
    assert "蓝图所列" in text
    assert "标签已确定" in text


def table(head, rows, name="log.csv"):
    return SourceTable(
        name, "csv", "0" * 64, 0, pa.table({name: [row[i] for row in rows] for i, name in enumerate(head)})
    )


def plain(head, cases=60):
    """Five steps a case: id, step, clerk, begin, end, channel (two values), amount (one number a case)."""
    rows = []
    for i, begin in enumerate(pd.date_range("2024-01-01", periods=cases * 5, freq="7min")):
        case, end = i // 5, begin + pd.Timedelta("3min")
        rows.append(
            (
                f"V-{case}",
                f"Step {'ABCDE'[i % 5]}",
                f"p{i // 2 % 7}",
                str(begin),
                str(end),
                f"ch{case % 2}",
                str(9_000 - case),
            )
        )
    return table(head, rows)


@pytest.mark.parametrize(
    "head",
    [
        ("Application No.", "Step", "Employee", "Begin", "Finished", "Channel", "Amount"),
        ("ticketId", "task", "handler", "started", "finished_at", "Channel", "Amount"),
        ("Claim Number", "Action", "Agent Name", "begin_time", "closed-at", "Channel", "Amount"),
        ("Vorgangsnr", "Tätigkeit", "Bearbeiter", "Beginn", "Ende", "Kanal", "Betrag"),
        ("Vorgang", "Schritt", "Sachbearbeiter", "Startzeit", "Zeitpunkt", "Kanal", "Betrag"),
        ("申请编号", "步骤", "经办人", "开始时间", "完成时间", "渠道", "金额"),
        ("案件号", "环节", "办理人", "开始日期", "办结时间", "渠道", "金额"),
        ("单号", "节点", "操作人", "开始时间", "结束时间", "渠道", "金额"),
    ],
)
def test_plain_headers_are_known(head):
    roles = ("case", "activity", "resource", "start", "timestamp")
    assert choices(propose(plain(head))) == {role: (name, True) for role, name in zip(roles, head, strict=False)}


def test_a_number_beside_the_noun_is_the_case_and_the_noun_the_activity():
    found = choices(propose(plain(("Vorgangsnr", "Vorgang", "Bearbeiter", "Beginn", "Ende", "Kanal", "Betrag"))))
    assert (found["case"], found["activity"]) == (("Vorgangsnr", True), ("Vorgang", True))


def test_a_plain_word_over_numbers_is_no_activity_and_over_values_that_never_repeat_no_case():
    rows = [(f"o{i}", f"c{i // 5}", str(i % 5), f"Do {'ABCDE'[i % 5]}", "2024-01-01") for i in range(200)]
    found = choices(propose(table(("order_no", "key", "step", "what", "timestamp"), rows)))
    assert (found["case"], found["activity"]) == (("key", False), ("what", False))


@pytest.mark.parametrize("order", ["abcdefg", "gfedcba", "fgcbaed"])
def test_columns_without_a_name_are_ranked_by_their_values(order):
    source = plain(tuple("abcdefg"))
    proposal = propose(replace(source, table=source.table.select(list(order))))
    assert choices(proposal)["case"] == ("a", False)
    assert choices(proposal)["activity"] == ("b", False)
    others = {c.role: " ".join(c.others) for c in proposal.columns}
    assert others["case"].startswith("'g'")  # the number, which is one a case as well
    assert others["activity"].startswith("'c'")  # the clerk changes inside a case too, the channel does not


def test_labels_are_proposed_for_an_open_activity_too(tmp_path):
    n = 24  # eight cases of three steps
    what = [("A", "B", "Q" if i < 3 else "C")[i % 3] for i in range(n)]
    frame = pd.DataFrame(
        {"c": [f"x{i // 3}" for i in range(n)], "what": what, "timestamp": [T[i % 6] for i in range(n)]}
    )
    proposal = propose(source_from_frame(frame), norm())
    assert choices(proposal)["activity"] == ("what", False)
    proposal.write(tmp_path / "b.yaml")
    text = (tmp_path / "b.yaml").read_text("utf-8")
    assert '"A": "a"  # named by the blueprint; 8 events in 8 cases' in text
    assert "# The labels are proposed for 'c', 'what', still open" in text
    assert proposal.open == ("case", "activity", "Q")
    with pytest.raises(LogError, match=r"b.yaml: 3 things are still open"):
        read_binding(tmp_path / "b.yaml")


ATTRIBUTES = {"amount": Attribute("amount", "number"), "kind": Attribute("kind")}


def test_what_is_open_is_counted_as_the_file_counts_it(tmp_path):
    wanted = replace(norm(), binding=replace(norm().binding, attributes=ATTRIBUTES))
    proposal = propose(log(("A", "Q") * 3, Amount_eur=["1"] * 6), wanted)
    proposal.write(tmp_path / "b.yaml")
    assert proposal.open == ("amount", "kind", "Q")
    text = (tmp_path / "b.yaml").read_text("utf-8")
    assert (
        "{column: \"?Amount_eur\", type: \"number\"}  # the blueprint names 'amount', the log has no such column; alike: 'Amount_eur'"
        in text
    )
    assert '{column: "?kind", type: "string"}  # the blueprint names \'kind\', the log has no such column\n' in text
    with pytest.raises(LogError, match=r"b.yaml: 3 things are still open"):
        read_binding(tmp_path / "b.yaml")


def test_an_older_file_keeps_its_decisions(tmp_path):
    wanted = replace(norm(), binding=replace(norm().binding, attributes=ATTRIBUTES))
    source = log(("A", "Q", "R", "S", "Stepp c", "B"), Amount_eur=["1"] * 6, user=["ann"] * 6)
    old = tmp_path / "old.yaml"
    old.write_text(
        'columns: {case: case_id, activity: "?activity", timestamp: gone, resource: null, tz: Europe/Berlin, ignore: [Z],\n'
        '  attributes: {amount: {column: Amount_eur, type: number}, kind: "?kind", own: user}}\n'
        f'labels: {{Q: c, R: "{IGNORE}", S: "{UNMAPPED}", "Stepp c": "?", Elsewhere: b, B: a}}',
        encoding="utf-8",
    )
    columns, labels = read_decided(old)
    assert labels == {"Q": "c", "R": IGNORE, "S": UNMAPPED, "Elsewhere": "b", "B": "a"}
    assert "activity" not in columns
    proposal = propose(source, wanted, old=(columns, labels))
    assert choices(proposal)["timestamp"] == ("timestamp", False)  # it was another one, which is not there
    assert set(proposal.open) == {"timestamp", "kind", "Stepp c"}
    new = tmp_path / "new.yaml"
    proposal.write(new)
    text = new.read_text("utf-8")
    assert "the older file has 'gone', which the log does not" in text
    new.write_text(
        text.replace('"?', '"').replace('"kind": {column: "kind"', '"kind": {column: "user"'), encoding="utf-8"
    )
    text = new.read_text("utf-8").replace('"Stepp c": ""', '"Stepp c": "c"')
    new.write_text(text, encoding="utf-8")
    made = read_binding(new)
    assert made.columns == {
        "case": "case_id", "activity": "activity", "timestamp": "timestamp",
        "attribute amount": "Amount_eur", "attribute kind": "user", "attribute own": "user",
    }  # fmt: skip
    assert (made.tz, made.ignore) == ("Europe/Berlin", ("Z", "R"))
    assert made.labels == {"A": "a", "Q": "c", "S": "", "Stepp c": "c", "B": "a", "Elsewhere": "b"}
    again = propose(source, wanted, old=read_decided(new))
    assert again.open == ()


def test_a_file_that_only_says_how_the_source_is_read_leaves_the_roles_to_their_names(tmp_path):
    file = tmp_path / "b.yaml"
    file.write_text("columns: {delimiter: ';', tz: Europe/Berlin}\nlabels: {A: a}", encoding="utf-8")
    (tmp_path / "log.csv").write_text(
        "Case;Activity;Time,stamp;user;timestamp\n1;A;x;ann;2024-01-01 10:00\n", encoding="utf-8"
    )
    events = read_log(tmp_path / "log.csv", columns=read_binding(file))
    assert events.binding.columns == {
        "case": "Case",
        "activity": "Activity",
        "timestamp": "timestamp",
        "resource": "user",
    }
    assert (events.binding.labels, events.binding.tz) == ({"A": "a"}, "Europe/Berlin")
    assert "column 'Case' is recognised as case" in events.notes
    (tmp_path / "odd.csv").write_text("x;y;z\n1;A;2024-01-01\n", encoding="utf-8")
    with pytest.raises(LogError, match="no column is recognised as case or activity or timestamp"):
        read_log(tmp_path / "odd.csv", columns=read_binding(file))


def test_how_a_source_is_read_alone_is_no_binding_of_columns(tmp_path):
    (tmp_path / "log.csv").write_text("case;activity;timestamp;user\n1;A;2024-01-01 10:00;ann\n", encoding="utf-8")
    events = read_log(tmp_path / "log.csv", columns={"delimiter": ";"})
    assert (events.binding.resource, events.binding.delimiter, events.binding.origin) == ("user", ";", "recognised")


def test_the_columns_of_an_object_centric_log_come_before_those_of_a_blueprint():
    names = {"case:concept:name": ["o1"], "concept:name": ["A"], "time:timestamp": [T[0]]}
    frame = source_from_frame(pd.DataFrame(names))
    flat = replace(frame, extras={"reading": {"object_type": "order"}})
    declared = Binding("Nr", "Step", "time:timestamp", origin="blueprint")
    events = EventLog.from_source(flat, columns=declared)
    assert events.binding.columns == {
        "case": "case:concept:name",
        "activity": "concept:name",
        "timestamp": "time:timestamp",
    }
    assert "the blueprint names 'Nr' as case; of the object-centric log it is 'case:concept:name'" in events.notes
    assert not [note for note in events.notes if "as timestamp" in note]
    with pytest.raises(LogError, match="there is no column 'Nr'"):  # no object-centric log
        EventLog.from_source(frame, columns=declared)
    with pytest.raises(LogError, match="there is no column 'Nr'"):  # a person decided it
        EventLog.from_source(flat, columns=replace(declared, origin="file"))


def test_a_blueprint_is_no_binding_file(tmp_path):
    (tmp_path / "b.yaml").write_text('sbp: "1.0"\nlog: {}', encoding="utf-8")
    with pytest.raises(LogError, match=r"this is a blueprint, not a binding file: give it with --blueprint \(-b\)"):
        read_binding(tmp_path / "b.yaml")
