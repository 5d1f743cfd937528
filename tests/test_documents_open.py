"""The Word file and the slides of a sample service open in another program, with every heading and slide."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache

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


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Callable[[str], list[str]]:
    """The texts of the pages that LibreOffice, started once, makes of a file."""
    folder = tmp_path_factory.mktemp("documents")
    for lang in ("en", "zh"):
        write_docx(audit_document(record(), lang=lang), folder / f"report_{lang}.docx")
        write_pptx(deck_of(record(), lang=lang), folder / f"slides_{lang}.pptx")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder / "out")]
    subprocess.run([*command, *map(str, sorted(folder.glob("*_*")))], check=True, capture_output=True, timeout=480)

    def of(name: str) -> list[str]:
        command = ["pdftotext", "-layout", folder / "out" / f"{name}.pdf", "-"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\f")

    return of


def letters(text: str) -> str:
    """Without blanks and ends of lines, which another program sets otherwise."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_word_file_opens_with_every_heading(pages, lang):
    found = pages(f"report_{lang}")
    assert len(found) > 10
    text = letters("".join(found))
    for placed in audit_document(record(), lang=lang).placed():
        assert letters(placed.section.title) in text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_slides_open_each_on_a_page_of_its_own(pages, lang):
    found = pages(f"slides_{lang}")
    assert 8 <= len(found) - 1 <= 14
    text = letters("".join(found))
    for slide in deck_of(record(), lang=lang).slides:
        assert letters(slide.title)[:12] in text
