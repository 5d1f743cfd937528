"""A part of a report on its own: found by its id, shown whole, and nothing in it runs."""

import pytest

from mining.errors import UnknownNameError
from mining.report.document import Document, Fact, Figure, Section
from mining.report.part import part_of

MARKUP = "<img src=x onerror=alert(1)>\"'&"
SHOWN = "&lt;img src=x onerror=alert(1)&gt;"


def document(*sections, lang="en", warning=""):
    return Document("Report", MARKUP, lang, [Fact("Owner", ("Ann", MARKUP))], list(sections), warning=warning)


def test_a_part_is_found_however_deep_it_lies_and_shows_only_what_is_in_it():
    inner = Section(["inner words"], id="inner", title="Inner")
    outer = Section(["outer words"], id="outer", title="Outer", sections=[inner])
    other = Section(["other words"], id="other", title="Other")
    whole = part_of(document(outer, other), "outer")._repr_html_()
    assert whole.index("<h3>Outer</h3>") < whole.index("outer words") < whole.index("<h4>Inner</h4>")
    assert "other words" not in whole
    assert "outer words" not in part_of(document(outer, other), "inner")._repr_html_()


def test_the_cover_has_the_facts_and_the_warning():
    cover = part_of(document(warning="Draft only."), "cover")
    assert "Draft only." in repr(cover)
    assert "Owner" in cover._repr_html_()


def test_an_unknown_part_names_those_there_are():
    with pytest.raises(UnknownNameError, match="part of the report 'sumary'.*summary") as raised:
        part_of(document(Section(["x"], id="summary", title="Summary")), "sumary")
    assert "cover" in str(raised.value)


def test_the_chinese_part_is_found_by_the_same_id():
    assert (
        part_of(document(Section(["x"], id="zh-summary", title="摘要"), lang="zh"), "summary").section.title == "摘要"
    )


def test_the_first_of_two_equal_ids_is_meant():
    twice = [Section([words], id="all", title="T") for words in ("first", "second")]
    assert part_of(document(*twice), "all").section.said == ["first"]


@pytest.mark.parametrize("listed", [True, False], ids=["list", "paragraphs"])
def test_no_text_becomes_markup(listed):
    figure = Figure(MARKUP, "<svg></svg>", alt=MARKUP)
    facts = [Fact(MARKUP, (MARKUP, "second"))]
    section = Section([MARKUP, MARKUP], id="all", title=MARKUP, facts=facts, figures=[figure], listed=listed)
    shown = part_of(document(section), "all")._repr_html_()
    assert "<img" not in shown
    assert shown.count(SHOWN) >= 6
    assert ("<li>" in shown) == listed
    assert "<br>second" in shown
    assert "<img" not in part_of(document(), "cover")._repr_html_()
