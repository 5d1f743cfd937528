"""The audit report as a document: the outline by mode and language, and what stands in each chapter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mining.record import Record
from mining.report import audit_back as back
from mining.report import audit_body as body
from mining.report import audit_front as front
from mining.report.chapters import made_or_why
from mining.report.document import Document, Section
from mining.report.formats import Writer, writer_of
from mining.report.naming import names_of_ids, with_names

Maker = Callable[[Record, Writer], Section]


@dataclass(frozen=True)
class Chapter:
    """A heading of the outline: what makes its section, or the chapters in it."""

    id: str
    make: Maker | None = None
    chapters: tuple[Chapter, ...] = ()


SUMMARY = Chapter("summary", front.summary_section)
ENGAGEMENT = Chapter("engagement", front.engagement)
CRITERIA = Chapter("criteria", body.criteria)
DATA = Chapter("data", front.data)
DESIGNED = Chapter("designed", body.designed)
DELIVERED = Chapter("delivered", body.delivered)
CONFORMANCE = Chapter("conformance", body.conformance)
FINDINGS = Chapter("findings", back.findings)
CUSTOMERS = Chapter("customers", body.customers)
PRIORITIES = Chapter("priorities", body.priorities)
CONCLUSION = Chapter("conclusion", back.conclusion)
OPINION = Chapter("opinion", back.opinion)
PLAN = Chapter("plan", body.plan)
RESPONSE = Chapter("response", back.response)
FOLLOW_UP = Chapter("follow_up", back.follow_up)

CHAPTERS = (
    SUMMARY, ENGAGEMENT, CRITERIA, DATA, DESIGNED, DELIVERED, CONFORMANCE, FINDINGS, CUSTOMERS, PRIORITIES,
    Chapter("conclusion_and_opinion", chapters=(CONCLUSION, OPINION)), PLAN, RESPONSE, FOLLOW_UP,
)  # fmt: skip
ADVISORY = (
    SUMMARY, ENGAGEMENT, CRITERIA, DATA, DESIGNED, DELIVERED, CONFORMANCE, FINDINGS, CUSTOMERS, PRIORITIES, CONCLUSION,
    PLAN, RESPONSE, FOLLOW_UP,
)  # fmt: skip
UNRATED = tuple(Chapter("conclusion", back.unrated) if x.id == "conclusion_and_opinion" else x for x in CHAPTERS)
SIX_HEADINGS = (  # of the body of an audit report, as the Chinese internal audit standard 2106 names them
    Chapter("zh_overview", chapters=(ENGAGEMENT, DATA, DESIGNED, DELIVERED)),
    Chapter("zh_basis", body.criteria),
    Chapter("zh_findings", chapters=(CONFORMANCE, FINDINGS, CUSTOMERS)),
    Chapter("zh_conclusion", back.conclusion),
    Chapter("zh_opinion", back.opinion),
    Chapter("zh_advice", chapters=(PRIORITIES, PLAN, RESPONSE, FOLLOW_UP)),
)
APPENDICES = (
    Chapter("traceability", back.traceability),
    Chapter("catalogue", back.catalogue),
    Chapter("cases", back.cases),
    Chapter("lineage", back.lineage),
    Chapter("glossary", back.glossary),
)


def audit_document(record: Record, *, lang: str = "en") -> Document:
    """The report of an audit, or of an improvement study where the mode is advisory.

    Parameters
    ----------
    record : Record
        Not changed.
    lang : {"en", "zh"}, default "en"
        Language of the report. Names follow the blueprint; notes of the reader stay in English and are marked so.

    Returns
    -------
    Document
        Outline of the audit standards; in Chinese and in the mode audit the six headings of the Chinese internal audit standard. A chapter
        that has nothing to say is left out; one that cannot be made says why. Without a rating there is no opinion: the sentence that
        says why stands with the conclusion, in Chinese under the heading of the opinion, which the standard asks for.

    Raises
    ------
    UnknownNameError
        If the language is not spoken.
    """
    w = writer_of(record.study, lang)
    audit = record.engagement.mode == "audit"
    chinese = audit and lang == "zh"
    whole = CHAPTERS if record.rating.given else UNRATED
    outline = (SUMMARY, *SIX_HEADINGS) if chinese else whole if audit else ADVISORY
    sections = [_section(chapter, record, w) for chapter in outline]
    if chinese:
        sections[0] = replace(sections[0], front=True)
    appendices = [replace(_section(x, record, w), appendix=True, fresh=x is APPENDICES[0]) for x in APPENDICES]
    names = names_of_ids(record, w)
    return Document(
        kind=w.say(f"audit.kind_{record.engagement.mode}"),
        name=front.name(record, w),
        lang=lang,
        facts=front.cover(record, w),
        sections=[with_names(x, names, w) for x in (*sections, *appendices)],
        warning=front.warning(record, w),
        footer=front.footer(record, w),
        chinese_numbers=chinese,
    )


def _section(chapter: Chapter, record: Record, w: Writer) -> Section:
    if chapter.make is None:
        made = Section(sections=[_section(x, record, w) for x in chapter.chapters])
    else:
        made = made_or_why(chapter.make, record, w, "audit.cannot")
    return replace(made, id=chapter.id.replace("_", "-"), title=w.say(f"audit.chapter_{chapter.id}"))
