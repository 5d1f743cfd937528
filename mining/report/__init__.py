"""The report for readers (HTML, Word, PDF, slides) and the working papers for auditors (XLSX)."""

from mining.report.audit import audit_document
from mining.report.page import render_page
from mining.report.workpapers import write_workpapers

__all__ = ["audit_document", "render_page", "write_workpapers"]
