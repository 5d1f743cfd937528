"""Whether it helped, on one page: the measure in time, before and after, and the actions of the plan."""

from __future__ import annotations

from typing import Any

from mining.follow_up.helped import Helped
from mining.report.chapters import Figure, Section, chart, facts
from mining.report.document import Document
from mining.report.follow_up_table import follow_up_table
from mining.report.formats import Writer, writer_of
from mining.report.page import render_page

CHARTS = ("series", "control", "change", "against")


def render_helped(helped: Helped, *, lang: str = "en") -> str:
    """The page on whether it helped.

    Parameters
    ----------
    helped : Helped
    lang : {"en", "zh"}, default "en"

    Returns
    -------
    str
        A whole page of HTML; nothing is fetched. The same input gives the same bytes.
    """
    study = helped.study
    w = writer_of(study, lang)
    sections = [_chapter(helped, name, w) for name in (*CHARTS, "cases")]
    said = facts(study.log, study.blueprint, study.instances.n_cases, w)
    title = w.say("helped.title")
    return render_page(Document(title, study.blueprint.name.get(lang), lang, said, [*sections, _actions(helped, w)]))


def _chapter(helped: Helped, name: str, w: Writer) -> Section:
    """What a table says, with its chart; or what to give."""
    found: Any = helped.shown(name)
    title = w.say(f"helped.about_{name}")
    figures: list[Figure] = []
    if found and name in CHARTS:
        figures = [chart(w, "helped.caption", found.plot(lang=w.lang), about=title)]
    asked = [helped.asked.sentence(w.lang)] if name == "series" else []
    return Section([*asked, found.sentence(w.lang)], figures, id=name, title=title)


def _actions(helped: Helped, w: Writer) -> Section:
    """What every action changed, or what to give."""
    found, title = helped.shown("actions"), w.say("helped.about_actions")
    if not found:
        return Section([found.sentence(w.lang)], id="actions", title=title)
    table = helped.actions
    told = [table.told(id, w.lang) for id in table.frame["action_id"]]
    figures = [chart(w, "helped.caption", table.plot(lang=w.lang), about=title)] if len(table) else []
    tables = [follow_up_table(table, w)] if len(table) else []
    return Section([table.sentence(w.lang), *told], figures, tables, id="actions", title=title)
