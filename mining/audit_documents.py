"""The documents of an audit, each written from the same record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from mining.record import Record
from mining.report.audit import audit_document
from mining.report.document import Document
from mining.texts import advisory_words, customer_term


def write_documents(
    record: Record,
    names: Collection[str],
    folder: Path,
    *,
    lang: str,
    template: Path | None = None,
    progress: Callable[[str], None],
) -> None:
    """Write the documents that are asked for by the names of their files."""
    with words_of(record):
        _write(record, names, folder, lang, template, progress)


def told_as(record: Record, lang: str) -> Document:
    """The report of a record as a document."""
    with words_of(record):
        return audit_document(record, lang=lang)


@contextmanager
def words_of(record: Record) -> Iterator[None]:
    """Within it, Chinese sentences have the words of this audit: for the customer, and of advice where it gives advice."""
    with customer_term(record.engagement.customer_term), advisory_words(record.engagement.mode == "advisory"):
        yield


def _write(
    record: Record,
    names: Collection[str],
    folder: Path,
    lang: str,
    template: Path | None,
    progress: Callable[[str], None],
) -> None:
    from mining.report.docx import write_docx
    from mining.report.page import render_page
    from mining.report.pdf import write_pdf
    from mining.report.pptx import write_pptx
    from mining.report.slides import deck_of
    from mining.report.workpapers import write_workpapers

    if {"report.html", "report.docx", "report.pdf"} & set(names):
        progress("writing the report")
        document = audit_document(record, lang=lang)
        if "report.html" in names:
            (folder / "report.html").write_text(render_page(document), encoding="utf-8", newline="\n")
        if "report.docx" in names:
            write_docx(document, folder / "report.docx", template)
        if "report.pdf" in names:
            write_pdf(document, folder / "report.pdf")
    if "report.pptx" in names:
        progress("writing the slides")
        write_pptx(deck_of(record, lang=lang), folder / "report.pptx")
    if "workpapers.xlsx" in names:
        progress("writing the workpapers")
        write_workpapers(record, folder / "workpapers.xlsx", lang=lang)
