"""The Word file and the slides of a sample service open in another program, with every heading and slide."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

import mining
from mining.report.audit import audit_document
from mining.report.docx import write_docx
from mining.report.pptx import write_pptx
from mining.report.slides import deck_of
from tests.audit_records import recorded

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("soffice") and shutil.which("pdftotext")), reason="LibreOffice or Poppler is not installed"
    ),
]


@cache
def record():
    blueprint = mining.read_blueprint("sample_logs/permit_receipt/blueprint.yaml")
    log = mining.read_log("sample_logs/permit_receipt/log.csv", columns=blueprint.binding)
    return recorded(mining.Study(log, blueprint))


def as_pdf(path: Path, folder: Path) -> tuple[str, list[str]]:
    """The text of the pages that LibreOffice makes of a file."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder / "out"), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    made = folder / "out" / f"{path.stem}.pdf"
    text = subprocess.run(["pdftotext", "-layout", made, "-"], check=True, capture_output=True, text=True).stdout
    return text, text.split("\f")


def letters(text: str) -> str:
    """Without blanks and ends of lines, which another program sets otherwise."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_word_file_opens_with_every_heading(tmp_path, lang):
    document = audit_document(record(), lang=lang)
    write_docx(document, tmp_path / "report.docx")
    text, pages = as_pdf(tmp_path / "report.docx", tmp_path)
    assert len(pages) > 10
    for placed in document.placed():
        assert letters(placed.section.title) in letters(text)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_slides_open_each_on_a_page_of_its_own(tmp_path, lang):
    deck = deck_of(record(), lang=lang)
    write_pptx(deck, tmp_path / "slides.pptx")
    text, pages = as_pdf(tmp_path / "slides.pptx", tmp_path)
    assert 8 <= len(pages) - 1 <= 14
    for slide in deck.slides:
        assert letters(slide.title)[:12] in letters(text)
