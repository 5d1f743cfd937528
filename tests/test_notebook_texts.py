"""The sources of the notebooks: every edition says the same, asks before it shows, and holds no logic."""

import ast
import builtins
import re
from importlib.resources import files

import pytest

from mining.notebooks import NAMES
from mining.notebooks.source import read_source
from mining.texts import LANGUAGES

THERE = [name for name in NAMES if files("mining.notebooks").joinpath("source", f"{name}.yaml").is_file()]
every_source = pytest.mark.parametrize("name", THERE)

LOGIC = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.Try, ast.If, ast.IfExp),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.With, ast.Match),
)
BEGIN = (
    "import mining",
    "mining.show_in(LANG)",
    "study = mining.open_study(LOG, BLUEPRINT, binding=BINDING, roster=ROSTER, open_cases=OPEN_CASES)",
)
USED_BY_BEGINNING = {"LANG", "LOG", "BLUEPRINT", "BINDING", "ROSTER", "OPEN_CASES"}
DRAW = ("plot", "process_map", "explain", "widget", "dotted_chart", "picture")
MOST_LINES = 8
LINK = re.compile(r"\[[^\]]+\]\(([^)]+)\)")
CODE = re.compile(r"`([^`]+)`")
LEFT_OVER = re.compile(r"\b(ZH|EN|TODO|FIXME|TBD|XXX|lorem)\b|待译|待补")
BLANK_AMONG_CHINESE = re.compile(r"[\u4e00-\u9fff，。；：！？、] +[\u4e00-\u9fff]")
SENTENCE_END = {"en": re.compile(r"[.?!:;](?=\s|$)"), "zh": re.compile(r"[。？！：；]")}
# A number may say how something is measured (round shares, a bound such as 0.6) or name a notebook; never what the sample shows.
DIGITS_ALLOWED = re.compile(r"`[^`]*`|\]\([^)]*\)|(?<![\d.])(?:0[0-8]|0\.\d|[01]|80|90|95|100)(?!\d|\.\d)")
DIGIT = re.compile(r"\d")


def told(source):
    """(where, words by language) of every text of a source."""
    yield "question", source.question
    yield "intro", source.intro
    for parameter in source.parameters:
        yield f"parameter {parameter.name}", parameter.says
    for number, step in enumerate(source.steps, 1):
        for part in ("asks", "text", "reading"):
            if getattr(step, part):
                yield f"step {number}, {part}", getattr(step, part)


def cells(source):
    return [cell for step in source.steps for cell in step.cells]


def plain(cell):
    """A cell without the mark that a notebook draws nothing but the chart for it."""
    return cell.rstrip().removesuffix(";")


def test_there_are_sources():
    assert THERE[:1] == ["00_tour"]


@every_source
def test_the_title_and_every_step_ask(name):
    source = read_source(name)
    assert source.question["en"].endswith("?")
    assert source.question["zh"].endswith("？")
    for step in source.steps[:-1]:  # the last may take something away
        if step.asks:
            assert step.asks["en"].endswith("?"), step.asks
            assert step.asks["zh"].endswith("？"), step.asks
    for number, step in enumerate(source.steps, 1):
        assert step.cells, f"step {number} shows nothing"
        assert step.reading or number < len(source.steps), "the last step says how to read it"
        if step.reading is None and step.asks:
            following = source.steps[number]
            assert not following.asks, f"step {number} asks and is never read"


@every_source
def test_both_languages_say_the_same(name):
    for where, words in told(read_source(name)):
        assert set(words) == set(LANGUAGES), where
        for lang in LANGUAGES:
            assert words[lang].strip(), f"{where}: nothing in {lang}"
            assert not LEFT_OVER.search(words[lang]), f"{where}: {words[lang]}"
        assert sorted(CODE.findall(words["en"])) == sorted(CODE.findall(words["zh"])), where
        assert sorted(LINK.findall(words["en"])) == sorted(LINK.findall(words["zh"])), where
        assert re.search(r"[\u4e00-\u9fff]", words["zh"]), f"{where}: no Chinese"
        assert not re.search(r"[\u4e00-\u9fff]", words["en"]), f"{where}: Chinese among English"
        if "parameter" not in where:
            assert not BLANK_AMONG_CHINESE.search(words["zh"]), f"{where}: a blank in Chinese (write it in one line)"
            n, m = (len(SENTENCE_END[lang].findall(LINK.sub("", words[lang]))) for lang in LANGUAGES)
            assert abs(n - m) <= max(2, n // 2), f"{where}: {n} parts of sentences in English, {m} in Chinese"
            assert 0.15 < len(words["zh"]) / len(words["en"]) < 0.8, f"{where}: one language says more than the other"


@every_source
def test_words_hold_no_numbers_of_the_sample(name):
    for where, words in told(read_source(name)):
        for lang in LANGUAGES:
            assert not DIGIT.search(DIGITS_ALLOWED.sub("", words[lang])), f"{where} ({lang}): {words[lang]}"


@every_source
def test_every_link_leads_to_another_notebook(name):
    for where, words in told(read_source(name)):
        for target in LINK.findall(words["en"]):
            assert target in {f"{other}.ipynb" for other in NAMES if other != name}, f"{where}: {target}"


@every_source
def test_a_cell_is_short_and_holds_no_logic(name):
    for cell in cells(read_source(name)):
        lines = [line for line in cell.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        assert 0 < len(lines) <= MOST_LINES, cell
        assert not [node for node in ast.walk(ast.parse(cell)) if isinstance(node, LOGIC)], cell


@every_source
def test_it_begins_as_all_notebooks_do(name):
    first = ast.parse(cells(read_source(name))[0]).body
    begin = [ast.unparse(ast.parse(line)) for line in BEGIN]
    said = [ast.unparse(line) for line in first]
    places = [said.index(line) for line in begin]
    assert places == sorted(places)
    before = first[: places[-1]]
    assert all(isinstance(line, ast.Import | ast.ImportFrom) or ast.unparse(line) in begin for line in before)


@every_source
def test_every_name_is_made_before_it_is_used_and_every_parameter_is_used(name):
    source = read_source(name)
    parameters = {parameter.name for parameter in source.parameters}
    known, used = parameters | set(dir(builtins)), set()
    for cell in cells(source):
        for statement in ast.parse(cell).body:
            names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
            read = {node.id for node in names if isinstance(node.ctx, ast.Load)}
            assert read <= known, f"{sorted(read - known)} in: {cell}"
            used |= read
            known |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
            if isinstance(statement, ast.Import | ast.ImportFrom):
                known |= {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
    everywhere = {
        parameter.name for parameter in read_source("00_tour").parameters
    }  # OUT is used where something is written
    assert used >= USED_BY_BEGINNING
    assert parameters - everywhere <= used, f"not used: {sorted(parameters - everywhere - used)}"


@every_source
def test_nothing_is_imported_that_no_cell_uses(name):
    text = "\n".join(map(plain, cells(read_source(name))))
    tree = ast.parse(text)
    imported = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported <= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@every_source
def test_charts_and_sentences_take_the_language_of_the_notebook(name):
    """Whatever takes a language is told that of the notebook: nothing is drawn in English in a Chinese edition."""
    for cell in cells(read_source(name)):
        for node in ast.walk(ast.parse(cell)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in DRAW:
                given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                assert given.get("lang") == "LANG", cell


@every_source
def test_a_parameter_says_what_it_is_in_a_line(name):
    for parameter in read_source(name).parameters:
        assert parameter.name.isupper()
        for lang in LANGUAGES:
            assert len(parameter.says[lang].splitlines()) == 1, parameter.name
            assert len(parameter.says[lang]) < 120, parameter.name


@every_source
def test_a_table_beside_the_log_of_the_sample_is_not_expected_beside_ones_own(name):
    for parameter in read_source(name).parameters:
        of_sample = isinstance(parameter.value, str) and "{samples}" in parameter.value
        if of_sample and parameter.name not in ("LOG", "BLUEPRINT"):
            assert parameter.own is None, f"{parameter.name} would look for a file of the sample"


def test_the_rules_find_what_they_are_for():
    assert LEFT_OVER.search("ZH")
    assert not LEFT_OVER.search("ZHANG")
    for shown in ("in 38 cases", "12 % of them", "0.63 of them", "on 2026-03-02"):
        assert DIGIT.search(DIGITS_ALLOWED.sub("", shown)), shown
    assert not DIGIT.search(DIGITS_ALLOWED.sub("", "95 % of the cases; between 0 and 1. `study.repair(0.95)`"))
    assert [node for node in ast.walk(ast.parse("[x for x in y]")) if isinstance(node, LOGIC)]
