"""The catalogue that results show themselves with, and the pages made of it: nothing missing, nothing twice, nothing left over."""

import re
from importlib.resources import files

import pytest
import yaml

from docs.definition_words import AREAS
from docs.definitions import PAGES, area_of, listed, makers, page, result_classes, unit_of, words_of
from mining.display.definitions import SECTIONS, Loader, base_of, definitions, head_of, meaning_of, title_of, word_of
from mining.texts import LANGUAGES, say

CHINESE = re.compile(r"[\u4e00-\u9fff]")
FILES = sorted(
    (f for f in files("mining").joinpath("display/catalogue").iterdir() if f.name.endswith(".yaml")),
    key=lambda f: f.name,
)
SETTINGS = "settings.yaml"  # names of what stands under a table, which are no columns
SAME_WORDS = ("verdict", "severity", "dimension", "kind", "pattern", "priority", "service_word")  # as in sentences


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_in_step_with_classes_and_catalogue(lang):
    assert PAGES[lang].read_text("utf-8") == page(lang), "run python -m docs.definitions"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_link_of_the_contents_leads_to_one_table(lang):
    text = PAGES[lang].read_text("utf-8")
    links, anchors = re.findall(r"\]\(#([\w-]+)\)", text), re.findall(r'<a id="([\w-]+)">', text)
    assert len(anchors) == len(set(anchors)) == len(result_classes())
    assert links == anchors


def test_every_class_stands_in_one_area():
    modules = [prefix for _, prefixes in AREAS for prefix in prefixes]
    assert len(modules) == len(set(modules))
    assert [c.__qualname__ for c in result_classes() if area_of(c) is None] == []
    names = [c.__name__ for c in result_classes()]
    assert len(names) == len(set(names)), "the catalogue knows classes by their name"


def test_every_class_has_a_title_that_no_other_class_has():
    titles = definitions()["titles"]
    assert [c.__name__ for c in result_classes() if c.__name__ not in titles] == []
    for lang in LANGUAGES:
        said = [title_of(c.__name__, lang) for c in result_classes()]
        assert sorted(x for x in set(said) if said.count(x) > 1) == []


def test_every_column_has_a_heading_and_a_chinese_meaning():
    heads, meanings = definitions()["heads"], definitions()["meanings"]
    bare = [
        f"{c.__name__}.{column}"
        for c in result_classes()
        for column in c.columns
        if not {f"{c.__name__}.{column}", f"{c.__name__}.{base_of(column)}", column, base_of(column)} & heads.keys()
    ]
    assert bare == []
    unsaid = {m: f"{c.__name__}.{k}" for c in result_classes() for k, m in c.columns.items() if m not in meanings}
    assert unsaid == {}
    for c in result_classes():
        for column, meaning in c.columns.items():
            assert CHINESE.search(meaning_of(meaning, "zh")), f"{c.__name__}.{column}: {meaning_of(meaning, 'zh')}"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_heading_stands_twice_in_one_table(lang):
    for c in result_classes():
        heads: dict[str, str] = {}
        for column in c.columns:
            if _other_language(column, lang, c.columns):
                continue
            head = head_of(column, lang, c.__name__)
            assert head not in heads, f"{c.__name__}: {column} and {heads.get(head)} are both called {head!r}"
            heads[head] = column


def _other_language(column, lang, columns):
    """Whether another column of the table says the same in the language of the reader."""
    base = base_of(column)
    if column == base:
        return lang == "zh" and f"{base}_zh" in columns and f"{base}_en" not in columns
    return column != f"{base}_{lang}" and (f"{base}_{lang}" in columns or (lang == "en" and base in columns))


def test_every_word_that_a_meaning_lists_has_words_in_both_languages():
    seen = 0
    for c in result_classes():
        for column, meaning in c.columns.items():
            for word in listed(meaning):
                seen += 1
                assert word in words_of(column, c), f"{c.__name__}.{column}: {word}"
                assert CHINESE.search(word_of(column, word, "zh", c.__name__)), f"{c.__name__}.{column}: {word}"
    assert seen > 100


def test_nothing_in_the_catalogue_is_left_over():
    found: dict[str, dict] = {section: {} for section in SECTIONS}
    for file in FILES:
        if file.name != SETTINGS:
            for section, entries in yaml.load(file.read_text("utf-8"), Loader).items():
                found[section] |= entries
    kinds = {c.__name__: c for c in result_classes()}
    assert sorted(found["titles"].keys() - kinds) == []
    assert sorted(found["meanings"].keys() - {m for c in kinds.values() for m in c.columns.values()}) == []
    used = {_key(found["heads"], name, column) for name, c in kinds.items() for column in c.columns}
    assert sorted(found["heads"].keys() - used) == []
    used = {_key(found["values"], name, column) for name, c in kinds.items() for column in c.columns}
    assert sorted(found["values"].keys() - used) == []


def _key(section, name, column):
    """The key of the catalogue that a column of a class is looked up by."""
    keys = (f"{name}.{column}", f"{name}.{base_of(column)}", column, base_of(column))
    return next((key for key in keys if key in section), None)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_a_file_of_the_catalogue_is_short_and_has_every_key_once_in_both_languages(file):
    text = file.read_text("utf-8")
    assert text.count("\n") <= 500
    todo, seen = [yaml.compose(text, Loader)], 0
    while todo:
        node = todo.pop()
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert len(keys) == len(set(keys)), (
                f"line {node.start_mark.line + 1}: {sorted(x for x in set(keys) if keys.count(x) > 1)}"
            )
            assert keys == ["en", "zh"] or not {"en", "zh"} & set(keys), f"line {node.start_mark.line + 1}: {keys}"
            todo += [value for _, value in node.value]
        else:
            assert isinstance(node, yaml.ScalarNode)
            assert node.value.strip() == node.value
            assert node.value
            seen += 1
    assert seen


def test_titles_headings_and_words_are_in_their_language():
    found = definitions()
    both = [*found["titles"].items(), *found["heads"].items()]
    both += [(f"{column} {word}", said) for column, words in found["values"].items() for word, said in words.items()]
    assert [key for key, said in both if CHINESE.search(said["en"])] == []
    latin = {said["zh"] for _, said in both if not CHINESE.search(said["zh"])}
    assert all(len(x) <= 8 or x.isupper() for x in latin), latin
    heads = {key: said for key, said in found["heads"].items() if not key.startswith("Provenance.")}
    long = {key: said for key, said in heads.items() if len(said["zh"]) > 14 or len(said["en"]) > 32}
    assert long == {}


@pytest.mark.parametrize("column", SAME_WORDS)
def test_words_of_values_are_those_of_the_sentences(column):
    words, same = definitions()["values"][column], 0
    for word, said in words.items():
        for lang in LANGUAGES:
            try:
                sentence = say(f"{column}.{word}", lang)
            except LookupError:
                continue
            same += 1
            assert said[lang] == sentence
    assert same >= 6


def test_every_table_that_a_study_gives_says_how_it_is_made():
    for name in ("Summary", "Findings", "Touchpoints", "Waits", "HandoverMatrix", "ModelTable", "Priorities"):
        assert any(call.startswith(("study.", "mining.")) for call in makers()[name][0]), name
    assert makers()["Summary"][0][0] == "study.summary()"


@pytest.mark.parametrize(
    ("column", "meaning", "kind", "unit"),
    [
        ("rate", "n_net / n_judged, 0-1", "Findings", "share, 0 to 1"),
        ("mean_s", "mean wait, seconds", "Waits", "seconds"),
        ("excess_h", "wall-clock hours over the limit", "Findings", "hours"),
        ("measured", "what was measured, in unit", "Verdicts", "as `unit` says"),
        ("met", "whether gross reaches the target", "Summary", "yes or no"),
        ("n", "cases of the log", "Gauge", "count"),
        ("work_in_progress", "cases in work, averaged over time", "Week", ""),
        ("begin", "begin of the window, UTC", "Little", "moment, UTC"),
        ("check", "id of the check", "Findings", ""),
    ],
)
def test_units(column, meaning, kind, unit):
    assert unit_of(column, meaning, kind, "en") == unit
