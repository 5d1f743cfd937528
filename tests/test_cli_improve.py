"""mining improve: what is printed, what is refused and why."""

import pytest
from typer.testing import CliRunner

from mining.cli import app
from mining.cli_improve import worth_of
from mining.errors import MiningError
from mining.improvement_file import FILES, PLAN
from mining.priorities import Worth
from tests.improvement_cases import service


@pytest.fixture(autouse=True)
def _a_key(monkeypatch):
    """Pseudonyms are made with it: no key is made in the home of whoever runs the tests."""
    monkeypatch.setenv("MINING_KEY", "000102030405060708090a0b0c0d0e0f")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return service(tmp_path_factory.mktemp("service"))


def run(files, out, *arguments):
    line = ["improve", files["log"], "-b", files["blueprint"], "-o", out, "--bootstraps", "5", *arguments]
    result = CliRunner().invoke(app, [str(x) for x in line])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("time=35:EUR", Worth("time", 35.0, "EUR")),
        (" time = 0.5 : h ", Worth("time", 0.5, "h")),
        ("survey:csat=20:EUR", Worth("survey:csat", 20.0, "EUR")),
        ("cost=1:EUR:apart", Worth("cost", 1.0, "EUR", apart=True)),
    ],
)
def test_a_worth_is_read(text, worth):
    assert worth_of(text) == worth


@pytest.mark.parametrize(
    "text",
    [
        "time",
        "time=35",
        "time=:EUR",
        "=35:EUR",
        "time=-5:EUR",
        "time=35:apart",
        "time=1e3:EUR",
        "time=nan:EUR",
        "time=35:EUR:twice",
    ],
)
def test_a_worth_that_means_nothing_is_refused_with_the_form(text):
    with pytest.raises(MiningError, match="OUTCOME=AMOUNT:CURRENCY"):
        worth_of(text)


def test_a_worth_of_nothing_is_refused():
    with pytest.raises(MiningError, match="not more than 0"):
        worth_of("time=0:EUR")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--currency", "EUR"], "belong together"),
        (["--costs", "{costs}"], "belong together"),
        (["--worth", "time=35"], "OUTCOME=AMOUNT:CURRENCY"),
        (["--survey", "{costs}"], "no column answered_at"),
        (["--survey", "nowhere.csv"], "no such file"),
        (["--mystery", "{costs}"], "no column visit_id"),
        (["--incidents", "{costs}"], "no column id"),
        (["--needs", "{costs}"], "no column need_id"),
        (["--costs", "{survey}", "--currency", "EUR"], "no column activity"),
        (["--actions", "{survey}"], "no column action_id"),
        (["--bootstraps", "0"], "whole number from 1"),
        (["--seed", "-1"], "seed"),
        (["--customer", "nobody"], "nobody"),
        (["--outcome", "nothing:1"], "nothing"),
        (["--outcome", "segment:x"], "segment"),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
@pytest.mark.few_quick(6)
def test_wrong_options_are_refused_in_words_and_write_nothing(files, tmp_path, arguments, words):
    with pytest.raises(MiningError, match=words):
        run(files, tmp_path / "out", *(x.format(**files) for x in arguments))
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--mandatory", "R99"], "R99"),
        (["--covariate", "nobody"], "nobody"),
        (["--cluster", "nobody"], "nobody"),
        (["--worth", "tme=35:EUR"], "tme"),
        (["--worth", "time=35:EUR", "--worth", "time=3:EUR"], "declared twice"),
        (["--worth", "time=35:EUR", "--worth", "cost=1:EUR"], "cost"),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
def test_names_that_the_log_does_not_know_are_refused(files, tmp_path, arguments, words):
    with pytest.raises(MiningError, match=words):
        run(files, tmp_path / "out", *arguments)
    assert not (tmp_path / "out").exists()


def test_another_language_is_no_option(files, tmp_path):
    assert run(files, tmp_path / "out", "--lang", "fr").exit_code == 2


@pytest.mark.slow
def test_the_plan_goes_on_from_run_to_run(files, tmp_path):
    first = run(files, tmp_path)
    assert first.exit_code == 0
    assert "First of 7" in first.stdout
    assert sorted(x.name for x in tmp_path.iterdir()) == sorted(FILES)
    with pytest.raises(MiningError, match="people may have written in"):
        run(files, tmp_path)
    before = (tmp_path / PLAN).read_bytes()
    second = run(files, tmp_path, "--actions", tmp_path / PLAN, "--lang", "zh")
    assert second.exit_code == 0
    assert "项中居首的是" in second.stdout
    assert (tmp_path / PLAN).read_bytes() == before


@pytest.mark.slow
def test_every_table_is_taken(files, tmp_path):
    tables = [x for name in ("survey", "mystery", "incidents", "needs", "costs") for x in (f"--{name}", files[name])]
    result = run(files, tmp_path / "out", *tables, "--currency", "EUR", "--worth", "time=35:EUR", "--mandatory", "S1")
    assert result.exit_code == 0
    page = (tmp_path / "out" / "improvement.html").read_text("utf-8")
    assert "EUR" in page
