"""Every figure of every document, read back and equal to the record; and proof that a wrong one is found."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import lxml.html
import pptx
import pypdf
import pytest

from mining.record import Record
from mining.report import details, measures, sections, summary
from mining.report.audit import audit_document
from mining.report.deck import Deck
from mining.report.document import Document, Section
from mining.report.formats import Writer, writer_of
from mining.report.slides import deck_of
from mining.report.table import Table
from mining.sampling.sample import unguarded
from mining.texts import customer_term
from tests.audited_sample import Audited, made_in
from tests.docx_reading import read_docx
from tests.figure_checks import (
    Truth,
    apart,
    cell_faults,
    faults,
    rows_of,
    sentence_faults,
    table_faults,
    tables_of,
    truth_of,
)
from tests.reading_back import Leaves, singles, tokens, told_wrongly
from tests.test_docx import assert_all_there
from tests.test_report_pdf import squeezed, texts_of
from tests.test_workpapers import record as small_record

LANGS = ("en", "zh")
BOTH = pytest.mark.parametrize("lang", LANGS)
slow = pytest.mark.slow


# --- reading numbers ---------------------------------------------------------------------------------------------------


def test_numbers_are_read_with_their_unit_and_precision():
    said = [(x.value, x.decimals, x.unit) for x in singles("1,234 of 2,000 cases (61.7\u00a0%; 1.5 h), −0.3 pp, 5e-06")]
    assert said == [(1234, 0, ""), (2000, 0, ""), (61.7, 1, "%"), (1.5, 1, "h"), (-0.3, 1, "pp"), (5e-06, 6, "")]
    assert [x.text for x in singles("398个案例中有368个（92.5%），耗时 2.3 天，<0.01%")] == [
        "398",
        "368",
        "92.5%",
        "2.3天",
        "0.01%",
    ]
    low, high = tokens("95 % interval 59.5–63.8\u00a0%")[1]
    assert (low.value, high.value, low.unit) == (59.5, 63.8, "%")
    (low, high), _ = tokens("95 % interval -8.4 to 3.6; no more")
    assert (low.value, high.value) == (-8.4, 3.6)
    assert singles("F-c9b39b3a of 2026-01-02 10:55:24, S1, e36205a4f00d, 3XE7KLWCK4WM") == []


def test_a_number_is_the_value_only_at_its_precision():
    assert singles("61.7 %")[0].says(0.6166)
    assert not singles("61.7 %")[0].says(0.6164)
    assert not singles("61.7")[0].says(0.617)
    assert singles("<0.01 %")[0].says(0.00002)
    assert not singles("<0.01 %")[0].says(0.0002)
    assert singles("2.3 d")[0].says(2.3 * 86_400)
    held = Leaves().add({"rate": 0.1, "low": 0.05, "high": 0.2, "rows": [{"n": 7}]})
    assert held.lacking("7 cases, 10.0 % (5.0–20.0 %)") == []
    assert held.lacking("8 cases, 10.1 % (20.0–5.0 %)") == ["8", "10.1%", "20.0%–5.0%"]


@pytest.mark.parametrize(
    ("text", "sub", "data", "wrong"),
    [
        ("61.7 %", "59.5–63.8 %", {"rate": 0.6168, "low": 0.5951, "high": 0.6376}, False),
        ("61.6 %", "59.5–63.8 %", {"rate": 0.6168, "low": 0.5951, "high": 0.6376}, True),
        ("61.7 %", "63.8–59.5 %", {"rate": 0.6168, "low": 0.5951, "high": 0.6376}, True),
        ("–", "", {"rate": None}, False),
        ("0", "", {"rate": None}, True),
        ("–", "", {"rate": 0.0}, True),
        ("1,234", "of 2,000", {"k": 1234, "n": 2000}, False),
        ("1.234", "of 2.000", {"k": 1234, "n": 2000}, True),
        ("12 / 40", "", {"k": 12}, True),
        ("yes", "", {"met": True}, False),
    ],
)
def test_a_cell_says_its_values_or_is_wrong(text, sub, data, wrong):
    assert bool(told_wrongly(text, sub, data)) == wrong


# --- the record of a whole audit ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def audited(tmp_path_factory) -> Audited:
    return made_in(tmp_path_factory.mktemp("audited"))


@pytest.fixture(scope="session")
def whole(audited) -> dict[str, tuple[Document, Deck]]:
    """Report and slides by language."""
    with customer_term(audited.record.engagement.customer_term):
        return {lang: (audit_document(audited.record, lang=lang), deck_of(audited.record, lang=lang)) for lang in LANGS}


@pytest.fixture(scope="session")
def truth(audited) -> Truth:
    made = truth_of(audited.record)
    assert made.findings == audited.json("findings.json")
    assert made.measures == audited.json("measures.json")
    assert made.improvement == audited.json("improvement.json")
    return made


@slow
def test_the_sample_has_everything_that_a_report_can_say(audited, whole):
    record = audited.record
    assert record.remeasured is not None
    assert record.evaluation is not None
    assert record.orphans == ("F-00000000",)
    assert record.of("withdrawn")
    assert record.of("within_target")
    assert all(
        getattr(record.improvement, name) is not None for name in ("scores", "kano", "incident_table", "triangulation")
    )
    ids = {one.id for one in tables_of(whole["en"][0])}
    assert {
        "priorities",
        "unranked",
        "checks",
        "dimensions",
        "plan",
        "sample-results",
        "earlier-findings",
    } <= ids
    assert {"control-totals", "touchpoints", "on-time", "calibration", "gauge", "scores", "needs", "sources"} <= ids


@slow
@BOTH
def test_every_cell_says_the_value_behind_it(whole, truth, lang):
    document, deck = whole[lang]
    assert [*cell_faults(document, truth), *cell_faults(deck, truth)] == []
    assert sum(bool(cell.data) for one in tables_of(document) for row in rows_of(one) for cell in row.cells) > 1000


@slow
@BOTH
def test_every_table_has_the_rows_and_values_of_the_record(whole, truth, lang):
    document, deck = whole[lang]
    assert [*table_faults(document, truth), *table_faults(deck, truth)] == []


@slow
@BOTH
def test_every_number_in_a_sentence_is_a_number_of_the_record(audited, whole, truth, lang):
    beside = apart(audited.record)
    document, deck = whole[lang]
    assert [*sentence_faults(document, truth, beside), *sentence_faults(deck, truth, beside)] == []


# --- the files ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def files(audited, tmp_path_factory) -> dict[str, Path]:
    """Folders with the documents by language."""
    from mining.audit_documents import write_documents

    other = tmp_path_factory.mktemp("zh")
    names = ["report.html", "report.docx", "report.pdf", "report.pptx", "workpapers.xlsx"]
    write_documents(audited.record, names, other, lang="zh", progress=lambda step: None)
    return {"en": audited.folder, "zh": other}


def texts_of_cell(element) -> list[str]:
    """Text and smaller line of a cell."""
    sub = element.xpath("./span[@class='sub']")
    small = [x.text_content() for x in sub]
    for each in sub:
        each.drop_tree()
    return [element.text_content(), *small]


@slow
@BOTH
def test_the_page_gives_every_cell_and_sentence_in_order(files, whole, lang):
    document = whole[lang][0]
    page = lxml.html.fromstring((files[lang] / "report.html").read_text("utf-8"))
    wanted = [one for place in document.placed() for _, one in place.tables]
    shown = page.xpath("//table")
    assert len(shown) == len(wanted)
    for element, one in zip(shown, wanted, strict=True):
        assert element.xpath("string(./caption)").endswith(one.caption)
        rows = [[texts_of_cell(cell) for cell in row] for row in element.xpath("./tbody/tr[@data-key]")]
        assert rows == [[[c.text, *([c.sub] if c.sub else [])] for c in row.cells] for row in rows_of(one)], one.id
        assert [x.text_content() for x in element.xpath("./thead/tr/th")] == [x.text for x in one.columns]
    said = [x for place in document.placed() for x in place.section.said]
    assert [x.text_content() for x in page.xpath("//section//p[contains(@class, 'said')] | //section/ul/li")] == said
    lines = [x for place in document.placed() for fact in place.section.facts for x in fact.lines]
    assert [x.text_content() for x in page.xpath("//section/dl/dd[not(p)] | //section/dl/dd/p")] == lines


@slow
@BOTH
def test_the_word_file_gives_every_cell_and_sentence_in_order(files, whole, lang):
    assert_all_there(whole[lang][0], read_docx(files[lang] / "report.docx"))


@slow
@BOTH
def test_the_pdf_gives_every_cell_and_sentence_in_order(files, whole, lang):
    document = whole[lang][0]
    foot = re.compile(re.escape(squeezed(document.footer)) + r"\d+/\d+")
    pages = [foot.sub("", squeezed(x.extract_text())) for x in pypdf.PdfReader(files[lang] / "report.pdf").pages]
    found, at, lost = "".join(pages).replace("•", "·"), 0, []  # the Chinese font has one sign for both dots
    assert [x for x in texts_of(document) if squeezed(x).replace("•", "·") not in found] == []
    for place in document.placed():
        for text in (*place.section.said, *(x for fact in place.section.facts for x in fact.lines)):
            then = found.find(squeezed(text), 0)
            lost += [text] if then < 0 else []
        for _, one in place.tables:
            at = found.find(squeezed(one.caption), at)
            assert at >= 0, one.caption
            for row in rows_of(one):
                line = squeezed("".join(f"{cell.text}{cell.sub}" for cell in row.cells))
                then = found.find(line, at)
                lost += [(one.id, row.key)] if then < 0 else []
                at = max(at, then)
    assert lost == []


@slow
@BOTH
def test_the_slides_give_their_lines_and_the_first_rows_of_their_tables(files, whole, lang):
    deck, shown = whole[lang][1], pptx.Presentation(str(files[lang] / "report.pptx"))
    shapes = [shape for slide in shown.slides for shape in slide.shapes]
    said = [p.text for shape in shapes if shape.has_text_frame for p in shape.text_frame.paragraphs]
    notes = "\n".join(slide.notes_slide.notes_text_frame.text for slide in shown.slides if slide.has_notes_slide)
    everything = squeezed("".join(said) + notes)
    assert [x for slide in deck.slides for x in (slide.title, *slide.lines) if squeezed(x) not in everything] == []
    tables = [shape.table for shape in shapes if shape.has_table]
    wanted = [slide.table for slide in deck.slides if slide.table]
    assert len(tables) >= len(wanted)
    rows = [[squeezed(cell.text_frame.text) for cell in row.cells] for one in tables for row in one.rows]
    for one in wanted:
        lines = [[squeezed(f"{c.text}{c.sub}") for c in row.cells] for row in rows_of(one)]
        at = next(k for k, row in enumerate(rows) if row == lines[0])
        kept = [line for k, line in enumerate(lines) if at + k < len(rows) and rows[at + k] == line]
        assert kept == lines[: len(kept)]
        assert len(kept) >= min(3, len(lines))


# --- register ---------------------------------------------------------------------------------------------


@slow
def test_the_register_is_the_record(audited, truth):
    text = (audited.folder / "findings.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    findings = truth.findings["findings"]
    assert [x["finding_id"] for x in rows] == [x["finding_id"] for x in findings]
    for row, x in zip(rows, findings, strict=True):
        flat = x["place"] | x["condition"] | x["consequence"] | x["allowance"] | {"number": x["number"]}
        flat |= {k: x["confidence"][k] for k in ("certainty", "tie", "rank_low", "rank_high", "p_first", "p_top5")}
        flat |= {f"sample_{k}": v for k, v in (x["confidence"]["sample"] or {}).items()}
        flat |= {f"title_{lang}": x["title"][lang] for lang in LANGS} | {
            k: x[k] for k in ("status", "priority", "severity", "cell")
        }
        for name in set(row) & set(flat):
            told, value = unguarded(row[name]), flat[name]
            if isinstance(value, bool):
                assert told == ("yes" if value else "no"), name
            elif isinstance(value, int | float):
                assert float(told) == value, name
            elif isinstance(value, list):
                assert told == ", ".join(map(str, value)), name
            else:
                assert told == (value or ""), name


# --- a wrong figure is found -------------------------------------------------------------------------------------------


@cache
def small_truth() -> Truth:
    """Of a study of a few cases."""
    return truth_of(small_record())


def few_pages(record: Record, lang: str) -> Document:
    """The parts of a report that need no chart."""
    w = writer_of(record.study, lang)
    tables = [sections.priorities(record, w), sections.unranked(record, w), sections.checks(record.study, w)]
    tables += [measures.dimensions(record.study, w), measures.on_time(record.study, w)]
    first = Section(summary.sentences(record, w), tables=tables, id="summary")
    return Document("Report", "Small", lang, [], [first, *details.pages(record, w)])


@BOTH
def test_a_small_report_is_without_a_fault(lang):
    assert faults(few_pages(small_record(), lang), small_truth()) == []


def one_more(make):
    """A count that is one too many."""
    return lambda self, n: make(self, None if n is None else n + 1)


def dropped(make):
    """A table without its last row."""

    def made(*given):
        found: Table = make(*given)
        last = found.groups[-1]
        return replace(found, groups=(*found.groups[:-1], replace(last, rows=last.rows[:-1])))

    return made


def typed(make):
    """A sentence with a number that somebody wrote into it."""
    return lambda *given: [*make(*given), "In all 4711 cases were late."]


def exchanged(make):
    """Two rows whose values changed places."""

    def made(*given):
        found: Table = make(*given)
        rows = list(found.groups[-1].rows)
        rows[0], rows[1] = replace(rows[0], cells=rows[1].cells), replace(rows[1], cells=rows[0].cells)
        return replace(found, groups=(*found.groups[:-1], replace(found.groups[-1], rows=tuple(rows))))

    return made


def stale(make):
    """A caption with the numbers of another run."""

    def made(*given):
        found: Table = make(*given)
        return replace(found, caption=re.sub(r"\d+", lambda x: str(int(x[0]) + 9), found.caption, count=1))

    return made


MUTATIONS = {
    "share rounded to whole per cents": (Writer, "share", lambda make: lambda self, x: "–" if x is None else f"{100 * x:.0f}.0\u00a0%"),
    "share a tenth too high": (Writer, "share", lambda make: lambda self, x: make(self, x if x in (None, 0, 1) else x + 0.001)),
    "low and high exchanged": (Writer, "interval", lambda make: lambda self, low, high: make(self, high, low)),
    "a count one too many": (Writer, "count", one_more),
    "of another whole": (Writer, "of", lambda make: lambda self, n, total: make(self, n, total + 7)),
    "decimals by a comma": (Writer, "_percent", lambda make: lambda self, number: make(self, number.replace(".", ","))),
    "a row of the checks dropped": (sections, "checks", dropped),
    "a finding dropped": (sections, "priorities", dropped),
    "rows exchanged": (sections, "priorities", exchanged),
    "a number typed into the summary": (summary, "sentences", typed),
    "a page with the hours of another": (Writer, "hours", lambda make: lambda self, x: make(self, x * 24)),
    "evidence that says another number": (details, "_evidence", stale),
    "a date in place of a measure": (Writer, "length", lambda make: lambda self, n, unit: make(self, n and n + 1, unit)),
}  # fmt: skip


@pytest.mark.few_quick(5)
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_wrong_figure_is_found(name, monkeypatch):
    where, what, change = MUTATIONS[name]
    monkeypatch.setattr(where, what, change(getattr(where, what)))
    assert faults(few_pages(small_record(), "en"), small_truth()) != [], name


def test_a_wrong_figure_is_found_in_chinese(monkeypatch):
    monkeypatch.setattr(Writer, "_percent", lambda self, number: f"{number.replace('.', ',')}%")
    assert faults(few_pages(small_record(), "zh"), small_truth()) != []
