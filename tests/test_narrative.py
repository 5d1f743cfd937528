"""What people write on the findings: drafted once, read strictly, references filled in, typed numbers named."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.errors import MiningError
from mining.record import (
    Narrative,
    Quoted,
    check_references,
    draft_narrative,
    parse_narrative,
    read_narrative,
    resolve,
    typed_numbers,
)
from mining.record.narrative import BASES, CAUSES, POSITIONS, STATUSES, WHOLE
from mining.record.people_file import inert
from mining.record.references import FORMS, numbers_in
from mining.texts import LANGUAGES, catalogue
from tests.examples import examples

FINDINGS = [("F-c9b39b3a", "No reply is sent", "未发出答复", 1, "H"), ("F-00000002", "Paid twice", "重复付款", 2, "M")]
WRITTEN = """
summary: {en: Two things., zh: 两件事。}
response: We agree.
findings:
  F-c9b39b3a:
    title: The reply is missing
    severity: {value: critical, reason: a law}
    cause: {kind: system, basis: tested, text: The queue is full.}
    consequence: {en: Customers call again, zh: 顾客再次来电}
    recommendation: |
      First line, with {{F-c9b39b3a.rate}}.

      Second paragraph.
    response: {position: partly, text: Not all of it.}
    owner: Ann
    due: 2026-06-30
    status: in_progress
  F-0000dead:
    owner: Bob
"""


def figures():
    return {
        "F-c9b39b3a.rate": Quoted(0.125, "share"),
        "F-c9b39b3a.n_net": Quoted(12, "count"),
        "checks.S1.gross": Quoted(None, "share"),
        "totals.cases": Quoted(2000, "count"),
    }


def write(quoted, form):
    return f"<{quoted.value}:{form}>"


# --- drafting -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_draft_is_read_as_an_empty_narrative(lang):
    text = draft_narrative(FINDINGS, lang)
    found = parse_narrative(text)
    assert not found
    assert list(found.entries) == ["F-c9b39b3a", "F-00000002"]
    assert found.missing(["F-c9b39b3a", "F-00000002"]) == ("F-c9b39b3a", "F-00000002")
    assert found.orphans([]) == ()
    assert found == Narrative(found.entries)
    assert all(" | ".join(words) in text for words in (CAUSES, BASES, POSITIONS, STATUSES))


def test_the_draft_has_a_block_for_each_finding_in_their_order_with_its_title():
    text = draft_narrative(FINDINGS, "zh")
    assert [x.strip() for x in text.splitlines() if re.match(r"  (# \d|F-)", x)] == [
        "# 1, H: 未发出答复", "F-c9b39b3a:", "# 2, M: 重复付款", "F-00000002:",
    ]  # fmt: skip
    assert not parse_narrative(draft_narrative([], "en")).entries
    assert "{{F-00000002.rate}}" in draft_narrative(FINDINGS[1:], "en")  # an example that can be copied


@given(st.text(max_size=30))
@settings(max_examples=examples(40))
def test_a_hostile_title_stays_a_comment(title):
    text = draft_narrative([("F-c9b39b3a", title, title, 1, "H")], "en")
    found = parse_narrative(text)
    assert list(found.entries) == ["F-c9b39b3a"]
    assert not found
    assert f"  # 1, H: {inert(title)}" in text.split("\n")


@pytest.mark.parametrize(
    "title", ["a\nfindings: 1", "\u2028x: 1", "\u202e}", "=cmd|' /C calc'!A0", "\ud800", "x" * 200, "😀 <script>"]
)
def test_titles_that_would_break_out_are_inert(title):
    assert list(parse_narrative(draft_narrative([("F-c9b39b3a", title, title, 1, "H")])).entries) == ["F-c9b39b3a"]


# --- reading ------------------------------------------------------------------------------------------------------------


def test_everything_written_is_read_and_the_file_is_left_alone(tmp_path):
    file = tmp_path / "narrative.yaml"
    file.write_text(WRITTEN, encoding="utf-8")
    before = file.read_bytes()
    found = read_narrative(file)
    entry = found.of("F-c9b39b3a")
    assert found.summary == {"en": "Two things.", "zh": "两件事。"}
    assert (found.response.get("en"), found.response.get("zh")) == ("We agree.", "We agree.")
    assert entry.title.get("zh") == "The reply is missing"
    assert (entry.severity.value, entry.severity.reason.get("en")) == ("critical", "a law")
    assert (entry.cause.kind, entry.cause.basis, entry.cause.text.get("en")) == (
        "system",
        "tested",
        "The queue is full.",
    )
    assert entry.consequence.get("zh") == "顾客再次来电"
    assert entry.recommendation.get("en") == "First line, with {{F-c9b39b3a.rate}}.\n\nSecond paragraph."
    assert (entry.response.position, entry.response.text.get("en")) == ("partly", "Not all of it.")
    assert (entry.owner, entry.due, entry.status) == ("Ann", "2026-06-30", "in_progress")
    assert file.read_bytes() == before


def test_a_new_run_names_what_is_missing_and_what_is_left_over():
    found = parse_narrative(WRITTEN)
    now = ["F-c9b39b3a", "F-00000002"]
    assert found.missing(now) == ("F-00000002",)
    assert found.orphans(now) == ("F-0000dead",)
    assert found.of("F-0000dead").owner == "Bob"
    assert not found.of("F-00000002")
    assert found.gaps(now) == {
        "F-00000002": (
            "cause.kind", "cause.basis", "cause.text", "consequence", "recommendation", "response.position", "owner", "due",
        )
    }  # fmt: skip


def test_an_entry_may_be_half_written():
    entry = parse_narrative("findings: {F-c9b39b3a: {cause: {text: Nobody knows}, response: {text: We shall see}}}").of(
        "F-c9b39b3a"
    )
    assert (entry.cause.kind, entry.cause.basis) == ("", "")
    assert entry.response.position == ""
    assert entry.gaps == (
        "cause.kind",
        "cause.basis",
        "consequence",
        "recommendation",
        "response.position",
        "owner",
        "due",
    )


def test_what_is_written_is_plain_and_what_is_blank_is_not_in_it():
    record = json.loads(json.dumps(parse_narrative(WRITTEN).to_dict()))
    assert record["summary"]["zh"] == "两件事。"
    assert record["opinion"] is None
    assert record["findings"]["F-0000dead"] == {"owner": "Bob"}
    assert record["findings"]["F-c9b39b3a"]["cause"]["kind"] == "system"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sumary: x", "n.yaml:1: sumary: there is no such key. Did you mean 'summary'?"),
        ("findings:\n  F-1: {}", "n.yaml:2: findings.F-1: this is no id of a finding."),
        ("F-c9b39b3a:\n  owner: Ann", "n.yaml:1: F-c9b39b3a: a finding stands under findings:"),
        ("findings:\n  F-c9b39b3a:\n    ower: Ann", "n.yaml:3: findings.F-c9b39b3a.ower: there is no such key. Did you mean 'owner'?"),
        ("findings:\n  F-c9b39b3a:\n    due: 2026-02-30", "n.yaml:3: findings.F-c9b39b3a.due: '2026-02-30' is not a date."),
        ("findings:\n  F-c9b39b3a:\n    due: 30.6.2026", "'30.6.2026' is not a date. Write year-month-day"),
        ("findings:\n  F-c9b39b3a:\n    status: finished", "'finished' is none of: open, in_progress, done, accepted_risk."),
        ("findings:\n  F-c9b39b3a:\n    cause:\n      kind: staff", "n.yaml:4: findings.F-c9b39b3a.cause.kind: 'staff' is none of"),
        ("findings:\n  F-c9b39b3a:\n    response: agree", "'agree' is not a list of lines 'key: value'. Its keys are: position, text."),
        ("findings:\n  F-c9b39b3a:\n    severity: {value: minor}", "needs value and reason; there is no reason"),
        ("findings:\n  F-c9b39b3a:\n    severity: {reason: minor}", "needs value and reason; there is no value"),
        ("findings:\n  F-c9b39b3a:\n    owner: 12", "12 is not a text. Put it in quotes"),
        ("findings:\n  F-c9b39b3a:\n    owner: [Ann]", "['Ann'] is not a text."),
        ("findings:\n  F-c9b39b3a:\n    owner: {en: Head, zh: 主管}", "is not a text. Write it once here, not in each language."),
        ("summary: {de: Hallo}", "summary.de: there is no such language. Known: en, zh."),
        ("summary: x\nsummary: y", "n.yaml:2: 'summary' is written twice (first in line 1)"),
        ("summary: {{totals.cases}} cases", "A text that begins with {{ needs quotes around it."),
        ("- a", "n.yaml:1: a narrative is a list of lines 'key: value'"),
        ('sbp: "1.0"', "this is a blueprint, not a narrative"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_key(text, told):
    with pytest.raises(MiningError, match=re.escape(told)):
        parse_narrative(text, name="n.yaml")


def test_mistakes_are_told_together_in_the_order_of_the_file():
    text = "findings:\n" + "".join(f"  F-0000000{n % 10}{'ab'[n // 10]}x: 1\n" for n in range(14)) + "sumary: x"
    with pytest.raises(MiningError) as told:
        parse_narrative(text, name="n.yaml")
    lines = str(told.value).splitlines()
    assert [int(line.split(":")[1]) for line in lines[:12]] == list(range(2, 14))
    assert lines[12:] == ["... and 3 more"]


def test_files_that_cannot_be_read_say_why(tmp_path):
    (tmp_path / "narratives.yaml").touch()
    with pytest.raises(
        MiningError, match=r"no such file, where a narrative should be. YAML files in that folder: narratives.yaml"
    ):
        read_narrative(tmp_path / "narrative.yaml")
    with pytest.raises(MiningError, match="is a folder"):
        read_narrative(tmp_path)
    (tmp_path / "latin.yaml").write_bytes("summary: é".encode("latin-1"))
    with pytest.raises(MiningError, match=r"not UTF-8 text \(byte 9\)"):
        read_narrative(tmp_path / "latin.yaml")
    assert not read_narrative(tmp_path / "narratives.yaml")


# --- references ---------------------------------------------------------------------------------------------------------


def test_references_become_figures_in_the_form_asked_for():
    text = "{{F-c9b39b3a.rate}} of {{ totals.cases }}, {{F-c9b39b3a.rate|number}}, {{checks.S1.gross | percent}}"
    assert resolve(text, figures(), write) == "<0.125:percent> of <2000:number>, <0.125:number>, <None:percent>"
    assert resolve("No { brace } {is} touched.", figures(), write) == "No { brace } {is} touched."


def test_what_a_figure_says_is_not_read_as_a_reference():
    assert resolve("{{a.b}}", {"a.b": Quoted("{{c.d}}", "text")}, lambda quoted, form: quoted.value) == "{{c.d}}"


@pytest.mark.parametrize("kind", FORMS)
def test_every_kind_of_figure_has_its_forms(kind):
    one = {"x.y": Quoted(1, kind)}
    assert resolve("{{x.y}}", one, write) == f"<1:{FORMS[kind][0]}>"
    assert [resolve(f"{{{{x.y|{form}}}}}", one, write) for form in FORMS[kind]] == [
        f"<1:{form}>" for form in FORMS[kind]
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "{{F-c9b39b3a.rat}}",
            "n.yaml:7: {{F-c9b39b3a.rat}} refers to nothing in this audit. Did you mean 'rate'? Known: n_net, rate.",
        ),
        ("{{F-c9b39b3b.rate}}", "There is no 'F-c9b39b3b'. Did you mean 'F-c9b39b3a'?"),
        ("{{checks.S2.gross}}", "There is no 'checks.S2'. Did you mean 'checks.S1'? Known: checks.S1."),
        ("{{rate}}", "{{rate}} refers to nothing"),
        ("{{}}", "{{}} refers to nothing"),
        ("{{totals.cases|percent}}", "this figure is not written as 'percent'. Known: number."),
        ("{{totals.cases", "double braces that are no reference"),
        ("{{totals.\n cases}", "double braces that are no reference"),
        ("{{a|b|c}}", "double braces that are no reference"),
    ],
)
def test_a_reference_to_nothing_is_refused_with_near_names(text, told):
    with pytest.raises(MiningError, match=re.escape(told)):
        resolve(text, figures(), write, where="n.yaml:7")


def test_all_references_of_a_narrative_are_checked_at_once_with_their_lines():
    written = "summary: {en: 'Of {{totals.case}}', zh: '{{totals.case}}'}\nfindings:\n  F-c9b39b3a:\n    cause: {text: 'x {{y.z}}'}\n"
    with pytest.raises(MiningError) as told:
        check_references(parse_narrative(written, name="n.yaml"), figures())
    lines = str(told.value).splitlines()
    assert [line.split("{{")[0] for line in lines] == [
        "n.yaml:1: summary: ",
        "n.yaml:1: summary: ",
        "n.yaml:4: findings.F-c9b39b3a.cause.text: ",
    ]
    check_references(parse_narrative(WRITTEN), figures())


def test_every_text_of_a_narrative_is_a_passage():
    """No field can be forgotten: each text of a full narrative is found by its own mark."""
    marks = [f"mark {n}" for n in range(11)]
    whole = "\n".join(f"{name}: {mark}" for name, mark in zip(WHOLE, marks, strict=False))
    one = "\n    ".join((
        f"title: {marks[5]}", f"severity: {{value: minor, reason: {marks[6]}}}", f"cause: {{text: {marks[7]}}}",
        f"consequence: {marks[8]}", f"recommendation: {marks[9]}", f"response: {{text: {marks[10]}}}",
    ))  # fmt: skip
    found = list(parse_narrative(f"{whole}\nfindings:\n  F-c9b39b3a:\n    {one}\n", name="n.yaml").passages())
    assert [x.text for x in found] == marks
    assert [x.where for x in found] == [f"n.yaml:{line}" for line in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13)]


# --- typed numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12.3 % of the cases", ["12.3 %"]),
        ("12.3\u00a0% and 5%", ["12.3 %", "5%"]),
        ("about 40 percent, 2 percentage points", ["40 percent", "2 percentage points"]),
        ("1,234 cases", ["1,234 cases"]),
        ("1 case of 12,345,678", ["1 case", "12,345,678"]),
        ("3 of 40 were late", ["3 of 40"]),
        ("3 out of the 40", ["3 out of the 40"]),
        ("within 5 working days", ["5 working days"]),
        ("a rate of 0.05", ["0.05"]),
        ("EUR 12,000 or €500 or 300 EUR", ["EUR 12,000", "€500", "300 EUR"]),
        ("１２．５％ 的案例", ["12.5%"]),
        ("共 1,234 个案例，占 12.3%", ["1,234 个案例", "12.3%"]),
        ("平均等待 3.5 小时、损失 12 万元", ["3.5 小时", "12 万元"]),
        ("2184 tickets, 31 permits and 7 deliveries; 4 posts", ["2184 tickets", "31 permits", "7 deliveries"]),
        ("2184张工单、12 份许可、3 通电话；第 2 单元，5 通过", ["2184张", "12 份", "3 通"]),
        ("每周列出超过32个工作小时的工单，设为30天，共2184张", ["32个工作小时", "30天", "2184张"]),
        ("约百分之十二，三成案例，三分之一", ["百分之十二", "三成", "三分之一"]),
        ("{{F-c9b39b3a.rate}} and {{totals.cases|number}} cases", []),
        ("{{checks.within 5 days.gross}}", []),
        ("By article 12 of law 33 of 2026 and ISO 9001:2015, clause 4.2.1", ["33 of 2026"]),
        ("On 2026-03-01, 12:30, version 1.10, F-00000012, S1, R2D2, 3rd", []),
        ("依据第 33 条和 GB/T 19001-2016，2026年3月1日", []),
        ("三成员小组已完成", []),
        ("", []),
    ],
)
def test_numbers_that_look_like_figures_are_found(text, found):
    assert list(numbers_in(text)) == found


def test_a_long_row_of_numbers_is_read_in_time_that_grows_with_it():
    assert len(list(numbers_in("1," * 100_000 + "1 cases, and then 2 cases"))) == 2


def test_typed_numbers_are_named_with_their_place():
    written = "summary: {en: 12 cases., zh: 12 个案例。}\nresponse: Fine.\nfindings:\n  F-c9b39b3a:\n    consequence: It costs 3 hours.\n"
    found = typed_numbers(parse_narrative(written, name="n.yaml"))
    assert [(x.where, x.key, x.number) for x in found] == [
        ("n.yaml:1", "summary", "12 cases"),
        ("n.yaml:1", "summary", "12 个案例"),
        ("n.yaml:5", "findings.F-c9b39b3a.consequence", "3 hours"),
    ]


@given(st.integers(0, 10**9), st.sampled_from(["{:,} cases", "{} %", "{} 个案例", "€{:,}", "{} of 7"]))
@settings(max_examples=examples(100))
def test_a_typed_figure_is_always_found(number, form):
    assert len(list(numbers_in(f"We saw {form.format(number)} there."))) == 1


# --- words --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stem", "words"), [("kind", CAUSES), ("basis", BASES), ("position", POSITIONS), ("status", STATUSES)]
)
def test_every_word_can_be_printed(stem, words):
    keys = {f"narrative.{stem}_{word}" for word in words}
    assert keys == {key for key in catalogue() if key.startswith(f"narrative.{stem}_")}
