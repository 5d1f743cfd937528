"""Tables beside the log by path or read, and what a notebook says where one is missing."""

import re

import pytest

import mining
from mining.errors import MiningError, UnknownNameError
from mining.outcomes import read_costs
from mining.priorities import Worth
from mining.priorities.given import NEEDS, TABLES, lacking, needed_columns, read_given, worth_of
from tests.helpers import ROOT

SAMPLE = ROOT / "sample_logs" / "permit_receipt"
PATHS = {name: SAMPLE / f"{name}.csv" for name in TABLES}


@pytest.fixture(scope="module")
def study():
    return mining.open_study(SAMPLE / "log.csv", SAMPLE / "blueprint.yaml")


@pytest.mark.slow
def test_a_path_is_read_as_the_reader_reads_it(study):
    found = read_given(study, {name: str(path) for name, path in PATHS.items()}, currency="EUR")
    zone = study.blueprint.tz
    assert found["survey"].frame.equals(mining.read_survey(PATHS["survey"], tz=zone).frame)
    assert found["mystery"].frame.equals(mining.read_mystery(PATHS["mystery"], tz=zone).frame)
    assert found["incidents"].frame.equals(mining.read_incidents(PATHS["incidents"], tz=zone).frame)
    assert found["costs"].frame.equals(read_costs(PATHS["costs"], currency="EUR").frame)
    assert len(found["needs"].frame)
    assert len(found["actions"].frame)


def test_tables_and_none_stay_as_they_are(study):
    survey = mining.read_survey(PATHS["survey"], tz=study.blueprint.tz)
    found = study.improvement(survey=survey)
    assert found.survey is survey
    assert found.costs is None


def test_costs_by_path_ask_for_their_currency(study):
    with pytest.raises(MiningError, match="have no currency"):
        study.improvement(costs=PATHS["costs"])
    with pytest.raises(MiningError, match="The costs are in EUR, but currency='CNY'"):
        study.improvement(costs=read_costs(PATHS["costs"], currency="EUR"), currency="CNY")


def test_worth_by_amount_leaves_out_what_nobody_declared():
    assert worth_of({"time": None}, None) == ()
    assert worth_of({"time": 2, "cost": None}, "EUR") == (Worth("time", 2.0, "EUR"),)
    assert worth_of([Worth("time", 2.0, "EUR")], None) == (Worth("time", 2.0, "EUR"),)
    with pytest.raises(MiningError, match="which currency is 'time' worth"):
        worth_of({"time": 2}, None)


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_what_is_missing_names_parameter_and_columns(study, name):
    shown = study.improvement().shown(name)
    assert not shown
    for table in NEEDS[name]:
        for lang in ("en", "zh"):
            said = shown.sentence(lang)
            assert table.upper() in said
            assert all(column in said for column in needed_columns(table))
    assert not re.search(r"[一-鿿]", shown.sentence("en"))
    assert shown.plot(lang="zh") is shown


def test_one_of_two_tables_is_enough():
    assert lacking("feedback", {"survey": None, "incidents": object()}) is None
    assert lacking("outcomes", {}) is None


@pytest.mark.slow
def test_a_table_that_is_there_is_shown_as_it_is(study):
    found = study.improvement(mystery=PATHS["mystery"])
    assert found.shown("pass_rates") is found.pass_rates
    assert len(found.shown("gaps"))
    with pytest.raises(UnknownNameError, match="pass_rates"):
        found.shown("pass_rate")


def test_what_was_not_asked_for_says_how_to_ask(study):
    found = study.improvement(survey=PATHS["survey"])
    assert "DIMENSIONS" in found.shown("servperf").sentence()
    assert "simulate=True" in found.shown("validation").sentence("zh")


def test_a_table_that_the_log_refuses_says_why(study, monkeypatch):
    def refuse(*given, **named):
        raise MiningError("Too few answers for this.")

    monkeypatch.setattr("mining.voice.scales.scores_of", refuse)
    monkeypatch.setattr("mining.voice.scores_of", refuse)
    shown = study.improvement(survey=PATHS["survey"]).shown("scores")
    assert not shown
    assert shown.sentence() == "Not measured. Too few answers for this."


def test_what_was_written_wrongly_is_an_error_not_a_gap(study):
    with pytest.raises(UnknownNameError, match="csat"):
        study.improvement(survey=PATHS["survey"], dimensions={"csat": "reliability"}).shown("servperf")


@pytest.mark.slow
def test_the_first_finding_in_words_has_every_outcome_and_its_causes(study):
    found = study.improvement(bootstraps=100)
    first = found.shown("first").frame
    assert found.first_id == found.priorities.ranked["finding_id"].iloc[0]
    assert len(first) == len(list(found.outcomes)) + 1
    assert first["told_en"].tolist()[:-1] == [found.effects.told(found.first_id, x.id) for x in found.outcomes]


@pytest.mark.slow
def test_pages_of_a_part_have_its_chapters_only(study, tmp_path):
    from mining.improvement_file import write_page

    page = write_page(study.improvement(), tmp_path / "out", lang="zh", about="customers")
    text = page.read_text(encoding="utf-8")
    assert page.name == "customers.html"
    assert "顾客之声" in text
    assert 'id="voice"' in text
    assert 'id="plan"' not in text
    assert not (tmp_path / "out" / "actions.csv").exists()
    with pytest.raises(UnknownNameError):
        write_page(study.improvement(), tmp_path / "out", about="customer")
