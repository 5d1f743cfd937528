"""How things show themselves in a notebook: words of the catalogue, lengths and shares, what is no table, errors, what is not measured."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter

import pandas as pd
import pytest
import yaml

import mining
from mining.display import NotMeasured, head_of, meaning_of, title_of, word_of
from mining.display.definitions import SECTIONS, definitions
from mining.display.kinds import IN_UNIT, in_unit, is_length, is_share
from mining.display.language import in_notebook
from mining.display.shown import sorting_script, style
from mining.errors import BlueprintError, LogError, MiningError, UnknownNameError
from mining.privacy.key import Key
from mining.results import Provenance, Result
from tests.helpers import ROOT

CJK = re.compile("[\u4e00-\u9fff]")
CATALOGUE = sorted((ROOT / "mining/display/catalogue").glob("*.yaml"))
SIGNS = {"sigma_z", "delta", "product"}  # headings that are signs in both languages
FORMULAS = {"lambda W", "(product - L) / L"}


def result_classes():
    """Every class of results of the package, those of nobody else."""
    for module in pkgutil.walk_packages(mining.__path__, "mining."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, new = set(), [Result]
    while new:
        new = [x for kind in new for x in kind.__subclasses__()]
        found.update(new)
    return sorted((x for x in found if x.__module__.startswith("mining.")), key=lambda x: (x.__module__, x.__name__))


@pytest.fixture(scope="module")
def classes():
    return result_classes()


@pytest.fixture(autouse=True)
def _english_again():
    yield
    mining.show_in("en")


# --- the catalogue


@pytest.mark.parametrize("file", CATALOGUE, ids=lambda x: x.name)
def test_a_file_of_the_catalogue_has_each_key_once_and_both_languages(file):
    node = yaml.compose(file.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for name, section in node.value:
        assert name.value in SECTIONS
        assert [k for k, n in Counter(key.value for key, _ in section.value).items() if n > 1] == []
    for name, section in yaml.load(file.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader)).items():
        words = section.values() if name != "values" else [x for of in section.values() for x in of.values()]
        assert all(isinstance(x, str) and x if name == "meanings" else set(x) == {"en", "zh"} for x in words)


@pytest.mark.slow
def test_every_title_heading_and_meaning_is_there_in_chinese(classes):
    assert len(classes) > 80
    titles = [x.__name__ for x in classes if not CJK.search(title_of(x.__name__, "zh"))]
    heads, meanings = set(), set()
    for kind in classes:
        for column, meaning in kind.columns.items():
            if column not in SIGNS and not CJK.search(head_of(column, "zh", kind.__name__)):
                heads.add((kind.__name__, column))
            if meaning not in FORMULAS and not CJK.search(meaning_of(meaning, "zh")):
                meanings.add((kind.__name__, column, meaning))
    assert (titles, sorted(heads), sorted(meanings)) == ([], [], [])


@pytest.mark.slow
def test_every_result_renders_in_both_languages_without_an_english_heading_in_the_chinese_one(classes):
    from mining.display.table import table_html

    for kind in classes:
        frame = pd.DataFrame({column: [None] for column in kind.columns})
        for lang in ("en", "zh"):
            html, n = table_html(frame, kind.columns, lang, kind=kind.__name__, shown=kind.shown)
            heads = re.findall(r"<th [^>]*>(.*?)</th>", html)
            assert n == 1
            assert heads
            wrong = [x for x in heads if bool(CJK.search(x)) != (lang == "zh")]
            assert set(wrong) <= {head_of(x, "zh") for x in SIGNS}, kind.__name__


def test_words_of_columns_that_nobody_described_stay_as_they_are():
    assert head_of("colour_of_car", "zh") == "colour of car"
    assert word_of("colour_of_car", "dark_red", "zh") == "dark_red"
    assert word_of("severity", "strange", "zh") == "strange"
    assert title_of("NoSuchTable", "zh") == "No such table"
    with pytest.raises(UnknownNameError, match="unknown language 'de'"):
        head_of("n", "de")


def test_values_joined_in_one_text_are_put_into_words_if_all_are_known():
    minor, major = (word_of("severity", x, "zh") for x in ("minor", "major"))
    assert CJK.search(minor)
    assert word_of("severity", "minor+major", "zh") == f"{minor} + {major}"
    assert word_of("severity", "minor, major", "zh") == f"{minor}、{major}"
    assert word_of("severity", "minor, strange", "zh") == "minor, strange"
    assert set(definitions()) == set(SECTIONS)


# --- what numbers are


@pytest.mark.slow
def test_what_is_read_as_a_length_of_time(classes):
    lengths = {(x.__name__, c) for x in classes for c, meaning in x.columns.items() if is_length(c, meaning)}
    named = Counter(column for _, column in lengths)
    assert {"mean_s", "p95_s", "total_s", "throughput_s", "excess_s", "waiting_s", "drop_after_s"} <= set(named)
    for kind in classes:
        for column, meaning in kind.columns.items():
            said = re.search(r"\bseconds\b", meaning)
            if said and not is_length(column, meaning) and not in_unit(column, kind.__name__):
                assert (kind.__name__, column) in SPEAKS_OF_SECONDS, meaning
    assert not [x for x in lengths if is_share(x[1], "share of seconds, 0-1")]


SPEAKS_OF_SECONDS = {  # columns whose meaning has the word, and that hold no seconds alone
    ("CaseMix", "mean"), ("Kpis", "unit"), ("OnTime", "unit"), ("Validation", "observed"), ("WhatIf", "unit"), ("Calibration", "unit"),
    ("Series", "unit"), ("NonResponse", "mean_answered"),
}  # fmt: skip


@pytest.mark.slow
def test_columns_whose_unit_stands_in_the_row_are_columns_of_their_class(classes):
    by_name = {x.__name__: x for x in classes}
    for name, (unit, levels, differences) in IN_UNIT.items():
        assert {unit, *levels, *differences} <= set(by_name[name].columns), name
        assert not set(levels) & set(differences)


# --- what is no table


@pytest.fixture(scope="module")
def permits():
    blueprint = mining.read_blueprint("sample_logs/permit_receipt/blueprint.yaml")
    return mining.Study(mining.read_log("sample_logs/permit_receipt/log.csv", columns=blueprint.binding), blueprint)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_log_says_what_was_read_in_the_language(permits, lang):
    mining.show_in(lang)
    html = permits.log._repr_html_()
    assert "20,548" in html
    assert "<script" not in html
    assert {"en": ">Activity instances<", "zh": ">活动实例数<"}[lang] in html
    assert "sample_logs" not in html  # no folders of this machine


def test_a_study_shows_its_account_and_its_picture(permits):
    mining.show_in("zh")
    html = permits._repr_html_()
    assert html.count("<svg") == 1
    assert "日志与服务蓝图对照" in html
    assert "建设许可-受理环节" in html


@pytest.mark.slow
def test_what_stands_beside_a_study_shows_itself(permits):
    things = [
        mining.read_versions("sample_logs/permit_receipt"), mining.from_log(permits.log),
        mining.Monitor(permits.blueprint), permits.improvement(bootstraps=100),
        mining.read_survey("sample_logs/permit_receipt/survey.csv", tz=permits.blueprint.tz),
        mining.read_roster(pd.DataFrame({"resource": ["ann"], "role": ["clerk"]})),
    ]  # fmt: skip
    for thing in things:
        english = thing._repr_html_()
        mining.show_in("zh")
        chinese = thing._repr_html_()
        mining.show_in("en")
        assert not CJK.search(english.split("</style>")[1]), type(thing)
        heads = re.findall(r"<th scope=row>(.*?)</th>", chinese)
        assert heads
        assert all(CJK.search(x) for x in heads), heads


def test_a_key_shows_nothing_secret():
    secret = b"0123456789abcdef"
    html = Key(secret, "where/it/lies")._repr_html_()
    assert Key(secret).fingerprint in html
    assert not any(x in html for x in (secret.decode(), secret.hex(), "it/lies"))


def test_hostile_names_stay_texts_in_accounts():
    from mining.display.accounts import account

    html = account("display.title.log", {"notes": "<img src=x onerror=1>\u202e"})
    assert "<img" not in html
    assert "\u202e" not in html


def test_what_is_not_measured_says_why_whatever_is_asked_of_it():
    missing = NotMeasured("display.needs", table="effects", parameter="SURVEY")
    assert not missing
    assert missing.sentence("zh") == "未测量：effects。提供 SURVEY 后即可测量。"
    assert missing.plot("time", top=3, lang="zh") is missing
    assert missing.picture is missing
    assert "Give SURVEY to measure it." in missing._repr_html_()
    mining.show_in("zh")
    assert "未测量" in missing._repr_html_()
    with pytest.raises(LookupError):
        NotMeasured("display.no_such_text")
    with pytest.raises(KeyError):
        NotMeasured("display.needs", table="effects")


# --- errors, and the notebook


@pytest.fixture
def shell():
    from IPython.core.interactiveshell import InteractiveShell

    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("kind", [MiningError, LogError, BlueprintError])
def test_an_error_made_on_purpose_shows_its_sentence_and_no_stack(shell, capsys, kind):
    shell.user_ns["kind"] = kind
    shell.run_cell("def deep():\n    raise kind('log.csv, row 3: no time. Give one.')\ndeep()")
    assert capsys.readouterr().out.strip() == f"{kind.__name__}: log.csv, row 3: no time. Give one."


def test_other_errors_show_as_ever(shell, capsys):
    shell.run_cell("1/0")
    said = capsys.readouterr().out
    assert "Traceback" in said
    assert "ZeroDivisionError" in said


def test_outside_of_a_notebook_the_language_changes_no_chart(shell):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    mining.show_in("zh")
    assert not in_notebook()  # a terminal shows no pictures
    assert dict(mpl.rcParams) == before


# --- one script, one style


def test_script_and_style_are_small_and_ask_for_nothing():
    both = sorting_script() + style()
    assert len(both) < 12_000
    assert not re.search(r"https?:|url\(|\bimport\b|fetch|eval|innerHTML|document\.write", both)


def test_provenance_in_chinese_has_no_english_measure():
    from mining.display.result import provenance_words

    made = Provenance(
        "checks", "a" * 64, "b" * 64, 3, {"open_cases": "judge", "seed": 0, "own": ["x", "y"], "none": []}
    )
    assert (
        provenance_words(made, "zh")
        == "3 个案例；日志 aaaaaaaaaaaa、服务蓝图 bbbbbbbbbbbb、无终点的案例：视为已结束、随机种子：0、own：x、y"
    )
    assert provenance_words(made, "en").startswith("checks; 3 cases; log aaaaaaaaaaaa, blueprint bbbbbbbbbbbb, ")


def test_a_wide_table_leaves_out_what_has_no_value_in_any_row():
    from mining.display.table import MANY, table_html

    frame = pd.DataFrame({f"column{k}": [k, None] for k in range(MANY)}).assign(gap=[None, ""], list=[[], float("nan")])
    wide, narrow = (table_html(x, {}, "en", kind="Any")[0] for x in (frame, frame[["column0", "gap"]]))
    assert ("column0" in wide, "gap" in wide, 'title="list' in wide) == (True, False, False)
    assert "gap" in narrow  # few columns: what is missing is told


def test_checks_are_shown_with_what_they_ask_for_and_the_frame_keeps_their_ids(permits):
    from mining.texts import check_text

    table = permits.summary().of("rules")
    ids = table.frame["check"].tolist()
    assert ids
    for lang, sign in (("en", ": "), ("zh", "：")):
        told = [f"{id}{sign}{check_text(permits.blueprint, id, lang)}" for id in ids]
        assert table.in_words(lang)["check"].tolist() == told


def test_settings_that_are_whole_phrases_are_said_in_chinese(permits):
    from mining.display.result import provenance_words
    from mining.follow_up.control import LEAST, MOST

    said = provenance_words(permits.waits().provenance, "zh")
    assert "由日志推断" in said
    assert not re.search("discovered|held back", said)
    phrase = f"first {MOST} points, first {LEAST} until there are so many"
    assert CJK.search(word_of("baseline", phrase, "zh", "Provenance"))
