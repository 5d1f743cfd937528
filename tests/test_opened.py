"""A study from files: each file is read as it is named, and what cannot be read is said."""

import json

import pytest

import mining
from mining.errors import BlueprintError, LogError, MiningError
from tests.helpers import blueprint_dict

TEXT = "case,activity,start,end,resource\n1,A,,2026-03-02T09:00:00Z,ann\n1,B,,2026-03-02T10:00:00Z,bob\n2,A,,2026-03-03T09:00:00Z,ann\n"


@pytest.fixture
def files(tmp_path):
    log, blueprint = tmp_path / "log.csv", tmp_path / "blueprint.yaml"
    log.write_text(TEXT, encoding="utf-8")
    blueprint.write_text(json.dumps(blueprint_dict(["a", "b"], "ab")), encoding="utf-8")
    return log, blueprint


@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["text", "path"])
def test_the_columns_are_those_of_the_blueprint(files, kind):
    study = mining.open_study(*map(kind, files))
    assert (study.log.n_cases, study.log.n_instances) == (2, 3)
    assert study.roster is None
    assert study.open_cases == "pending"


def test_a_binding_file_goes_before_the_columns_of_the_blueprint(files, tmp_path):
    files[0].write_text(TEXT.replace("case,activity,", "Vorgang,Schritt,"), encoding="utf-8")
    with pytest.raises(LogError, match="Vorgang"):
        mining.open_study(*files)
    binding = tmp_path / "binding.yaml"
    binding.write_text(
        "columns: {case: Vorgang, activity: Schritt, timestamp: end, resource: resource}\n", encoding="utf-8"
    )
    assert mining.open_study(*files, binding=binding).log.n_cases == 2


def test_how_a_file_is_read_goes_before_what_the_blueprint_says(files):
    files[0].write_text(TEXT.replace(",", ";"), encoding="utf-8")
    assert mining.open_study(*files, reading={"delimiter": ";"}).log.n_instances == 3


def test_open_cases_are_judged_as_asked_and_another_word_is_refused(files):
    assert mining.open_study(*files, open_cases="judge").open_cases == "judge"
    with pytest.raises(MiningError, match="often"):
        mining.open_study(*files, open_cases="often")


@pytest.mark.parametrize(("place", "error"), [(0, LogError), (1, BlueprintError)], ids=["log", "blueprint"])
def test_a_file_that_is_not_there_is_named(files, place, error):
    files[place].unlink()
    with pytest.raises(error, match=files[place].name):
        mining.open_study(*files)


def test_a_log_without_a_column_says_which(files):
    files[0].write_text(TEXT.replace("activity", "act"), encoding="utf-8")
    with pytest.raises(LogError, match="activity"):
        mining.open_study(*files)
