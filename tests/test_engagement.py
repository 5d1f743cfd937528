"""The settings of an audit: every key read, mistakes told with file, line and key, the draft that holds them all."""

import json
import re

import pytest
import yaml

from mining.blueprint import read_blueprint
from mining.errors import MiningError
from mining.improvement import Improvement
from mining.priorities.worth import Worth
from mining.record import (
    Engagement,
    ImprovementSettings,
    Member,
    Words,
    check_references,
    draft_engagement,
    parse_engagement,
    read_engagement,
    typed_numbers,
)
from mining.record.engagement_draft import INSIDE
from mining.record.settings import KEYS, NEEDED_WHEN_FINAL
from mining.texts import LANGUAGES, catalogue
from tests.helpers import ROOT

WRITTEN = """
mode: audit
status: final
number: A-2026-07
version: "1.10"
date: 2026-06-30
title: {en: Permits, zh: 许可审计}
client: Ministry
addressee: {en: The board}
distribution: [Board, {en: Works council, zh: 职工代表}]
team:
  - {name: Ann Li, role: {en: lead, zh: 组长}}
  - {name: Bob}
objectives: ["Is the promise kept?"]
scope: Receipt of permits
places: City hall
approach: Interviews
standards_followed: [ISO 19011]
law: [Permit act]
limitations: [No access to the archive]
actions_begun: A new form
extraction: {by: Cho, at: 2026-06-01 09:00, system: CRM 3, query: "select *", time_zone: Europe/Amsterdam}
purpose: Quality of service
disclose: [channel]
customer_term: 客户
conclusion: "{{totals.cases}} cases were read."
opinion: In our opinion ...
rating: {value: some_improvement, reason: seen on site, by: Ann Li}
limits: {blind_share: 0.1}
sampling: {confidence: 0.9, discovery: {R1: 3}}
tables: {survey: survey.csv, costs: in/costs.csv}
currency: EUR
improvement:
  mandatory: [R1]
  worth:
    - {outcome: time, amount: 35, currency: EUR}
    - {outcome: cost, amount: 1, currency: EUR, apart: true}
  outcomes: ["made_sla:-1"]
  customer: customer
  ces_easy: high
  overall: Q1
  covariates: [channel, amount]
  cluster: customer
  bootstraps: 200
  seed: 7
template: house.docx
earlier: old
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "old").mkdir()
    for name in ("survey.csv", "in/costs.csv", "house.docx"):
        (tmp_path / name).touch()
    path = tmp_path / "engagement.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    return path


def test_everything_written_is_read(file):
    found = read_engagement(file)
    here = file.parent
    expected = Engagement(
        mode="audit",
        status="final",
        number="A-2026-07",
        version="1.10",
        date="2026-06-30",
        title=Words.of("Permits", "许可审计"),
        client=Words.both("Ministry"),
        addressee=Words.both("The board"),
        distribution=(Words.both("Board"), Words.of("Works council", "职工代表")),
        team=(Member("Ann Li", Words.of("lead", "组长")), Member("Bob")),
        objectives=(Words.both("Is the promise kept?"),),
        scope=Words.both("Receipt of permits"),
        places=Words.both("City hall"),
        approach=Words.both("Interviews"),
        standards_followed=(Words.both("ISO 19011"),),
        law=(Words.both("Permit act"),),
        limitations=(Words.both("No access to the archive"),),
        actions_begun=Words.both("A new form"),
        extraction={"by": "Cho", "at": "2026-06-01 09:00", "system": "CRM 3", "query": "select *", "time_zone": "Europe/Amsterdam"},
        purpose=Words.both("Quality of service"),
        disclose=("channel",),
        customer_term="客户",
        conclusion=Words.both("{{totals.cases}} cases were read."),
        opinion=Words.both("In our opinion ..."),
        rating=found.rating,
        limits={"blind_share": 0.1},
        sampling={"confidence": 0.9, "discovery": {"R1": 3}},
        tables={"survey": here / "survey.csv", "costs": here / "in" / "costs.csv"},
        currency="EUR",
        improvement=ImprovementSettings(
            ("R1",), (Worth("time", 35, "EUR"), Worth("cost", 1, "EUR", apart=True)), ("made_sla:-1",), "customer", "high", "Q1",
            ("channel", "amount"), "customer", 200, 7,
        ),
        template=here / "house.docx",
        earlier=here / "old",
    )  # fmt: skip
    assert found == expected
    assert (found.rating.value, found.rating.reason.get("zh"), found.rating.by) == (
        "some_improvement",
        "seen on site",
        "Ann Li",
    )
    assert found.files == (file, here / "survey.csv", here / "in" / "costs.csv", here / "house.docx")
    assert found.gaps == ()


def test_the_file_of_the_test_has_every_key():
    """So that a key that is added is read in the test above too."""
    assert set(yaml.safe_load(WRITTEN)) == set(KEYS)


def test_every_key_can_be_told_apart_from_nothing(file):
    """Each key on its own changes what is read: none is read and thrown away."""
    raw = yaml.safe_load(WRITTEN) | {"mode": "advisory", "tables": {"survey": "survey.csv"}}
    for key, value in raw.items():
        alone = parse_engagement(json.dumps({key: value}, default=str), name=file)
        assert alone != Engagement(), key


# --- nothing written ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_draft_has_every_key_and_is_read_as_the_defaults(lang):
    blueprint = read_blueprint(ROOT / "sample_logs" / "permit_receipt" / "blueprint.yaml")
    text = draft_engagement(blueprint, lang)
    found = parse_engagement(text)
    assert found == Engagement()
    assert [line.split(":")[0] for line in text.splitlines() if re.match(r"\w", line)] == list(KEYS)
    inner = {line.strip().split(":")[0] for line in text.splitlines() if re.match(r"  \w", line)}
    assert {"blind_share", "survey", "roster", "worth", "bootstraps", "reason", "time_zone"} <= inner
    assert blueprint.name.get(lang) in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_examples_of_the_draft_can_be_used_as_they_stand(lang):
    """Take the # away, and lists, sampling plan and all are read without a mistake."""
    blueprint = read_blueprint(ROOT / "sample_logs" / "permit_receipt" / "blueprint.yaml")
    lines = draft_engagement(blueprint, lang).splitlines()
    text = "\n".join(re.sub(r"^( *)#  ", r"\1  ", line) for line in lines)
    found = parse_engagement(text)
    assert found.team
    assert found.improvement.worth == (Worth("time", 35, "EUR"),)
    assert found.sampling["confidence"] == 0.95
    from mining.sampling import SamplePlan

    assert SamplePlan.from_mapping(found.sampling) == SamplePlan()


def test_every_key_is_explained_and_nothing_else_is():
    paths = [*KEYS, *(f"{key}.{inner}" for key, keys in INSIDE.items() for inner in keys)]
    assert sorted(paths) == sorted(
        x.removeprefix("engagement.help.") for x in catalogue() if x.startswith("engagement.help.")
    )


def test_an_empty_file_is_the_defaults_and_they_are_those_of_the_measures():
    assert parse_engagement("# nothing yet\n") == Engagement()
    given = Improvement.__init__.__kwdefaults__
    for name, value in ImprovementSettings().arguments().items():
        assert (given[name] or None) == (value or None) or given[name] == value, name


def test_what_a_final_report_lacks_is_named():
    assert parse_engagement("status: final").gaps == NEEDED_WHEN_FINAL
    assert "purpose" not in parse_engagement("purpose: Quality").gaps


# --- mistakes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mod: audit", "e.yaml:1: mod: there is no such key. Did you mean 'mode'?"),
        ("\nmode: Audit", "e.yaml:2: mode: 'Audit' is none of: audit, advisory."),
        ("status: done", "status: 'done' is none of: draft, final."),
        ("version: 1.10", "version: 1.1 is not a text. Put it in quotes"),
        ("number: 7", "number: 7 is not a text. Put it in quotes"),
        ("date: 31.1.2026", "date: '31.1.2026' is not a date. Write year-month-day"),
        ("date: 2026-02-29", "'2026-02-29' is not a date"),
        ("title: [a]", "title: ['a'] is not a text."),
        ("title: {en: a, cn: b}", "title.cn: there is no such language. Known: en, zh."),
        ("team: Ann", "team: 'Ann' is not a list. Write each item on a line of its own"),
        ("team:\n  - {role: lead}", "e.yaml:2: team.0.name: a member of the team needs a name."),
        ("team:\n  - {name: Ann, rolle: lead}", "e.yaml:2: team.0.rolle: there is no such key. Did you mean 'role'?"),
        ("customer_term: 用户", "customer_term: '用户' is none of: 顾客, 客户."),
        ("rating: {value: good, reason: x, by: y}", "rating.value: 'good' is none of: satisfactory,"),
        ("rating: {value: satisfactory}", "rating: reason and by: nothing is written there."),
        ("rating: {reason: x, by: y}", "rating: value: nothing is written there."),
        ("limits: {blind_share: 20}", "limits.blind_share: 20 is not from 0 to 1."),
        ("limits: {blind_share: 20%}", "limits.blind_share: '20%' is not a number. Write one from 0 to 1, such as 0.2."),
        ("limits: {blind: 0.2}", "limits.blind: there is no such key. Did you mean 'blind_share'?"),
        ("sampling: 60", "sampling: 60 is not a list of lines 'key: value'."),
        ("tables: {survey: suvey.csv}", "there is no file 'suvey.csv' (paths are relative to the folder of e.yaml). Did you mean"),
        ("tables: {survey: no/survey.csv}", "There is no folder"),
        ("tables: {survey: old}", "tables.survey: 'old' is no file."),
        ("tables: {costs: survey.csv}", "e.yaml:1: tables: costs are given, and no currency."),
        ("template: survey.csv", "template: 'survey.csv' is no DOCX file."),
        ("earlier: survey.csv", "earlier: 'survey.csv' is no folder."),
        ("earlier: older", "earlier: there is no folder 'older'"),
        ("improvement:\n  worth:\n    - {outcome: time, amount: x, currency: EUR}", "e.yaml:3: improvement.worth.0.amount: worth of"),
        ("improvement: {worth: [{amount: 1, currency: EUR}]}", "improvement.worth.0.outcome: there is none."),
        ("improvement: {worth: [{outcome: time, amount: 1, currency: EUR, apart: yes}]}", "apart: 'yes' is neither true nor false."),
        ("improvement: {ces_easy: up}", "improvement.ces_easy: 'up' is none of: high, low."),
        ("improvement: {bootstraps: 0}", "improvement.bootstraps: 0 is not a whole number of 1 or more."),
        ("improvement: {seed: true}", "improvement.seed: True is not a whole number of 0 or more."),
        ("scope: 'all {{totals.cases}} cases'", "scope: references such as {{totals.cases}} are filled in only in conclusion and opinion."),
        ("law: ['{{totals.cases}}']", "law: references such as"),
        ("mode: audit\nmode: audit", "e.yaml:2: 'mode' is written twice (first in line 1)"),
        ("mode: *x", "e.yaml:1: anchors and aliases"),
        ("mode: [audit", "e.yaml:1: not valid YAML"),
        ("audit", "an engagement file is a list of lines 'key: value', not 'audit'"),
        ('sbp: "1.0"\nid: x', "e.yaml:1: this is a blueprint, not an engagement file."),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_key(file, text, told):
    with pytest.raises(MiningError, match=re.escape(told)):
        parse_engagement(text, name=file.parent / "e.yaml")


def test_several_mistakes_are_told_at_once():
    with pytest.raises(MiningError) as told:
        parse_engagement("status: x\nmode: y\ndate: z", name="e.yaml")
    assert [line[:9] for line in str(told.value).splitlines()] == ["e.yaml:1:", "e.yaml:2:", "e.yaml:3:"]


# --- what is made of it -------------------------------------------------------------------------------------------------


def test_the_record_of_it_is_plain_and_tells_nothing_of_the_machine(file):
    text = json.dumps(read_engagement(file).to_dict(), ensure_ascii=False, allow_nan=False)
    record = json.loads(text)
    assert str(file.parent) not in text
    assert record["tables"] == {"survey": "survey.csv", "costs": "costs.csv"}
    assert record["team"][0] == {"name": "Ann Li", "role": {"en": "lead", "zh": "组长"}}
    assert record["improvement"]["worth"][1] == {"outcome": "cost", "amount": 1, "currency": "EUR", "apart": True}
    assert (record["file"], len(record["sha256"])) == ("engagement.yaml", 64)


def test_the_place_of_a_key_is_said(file):
    found = read_engagement(file)
    line = WRITTEN.splitlines().index("sampling: {confidence: 0.9, discovery: {R1: 3}}") + 1
    assert found.where("sampling") == f"{file}:{line}: sampling"
    assert Engagement().where("sampling") == "engagement: sampling"


def test_references_and_typed_numbers_of_the_conclusion_are_seen():
    found = parse_engagement(
        "conclusion: 'Of {{totals.cases}} cases 12 % fail'\nopinion: '{{totals.x}}'", name="e.yaml"
    )
    assert [(x.where, x.number) for x in typed_numbers(found)] == [("e.yaml:1", "12 %")]
    with pytest.raises(MiningError, match=re.escape("e.yaml:2: opinion: {{totals.x}} refers to nothing")):
        check_references(found, {"totals.cases": None})
