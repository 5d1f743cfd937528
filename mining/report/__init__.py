"""The report for readers (HTML) and the working papers for auditors (XLSX)."""

from mining.report.html import render_html
from mining.report.workpapers import write_workpapers

__all__ = ["render_html", "write_workpapers"]
