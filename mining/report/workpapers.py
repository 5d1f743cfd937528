"""The working papers as one Excel file: every number with its row, text as text, the same content on each run."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from mining.conformance.verdicts import VERDICTS
from mining.report import measure_sheets, sheets
from mining.report.formats import Writer, file_names, roster_fact, writer_of
from mining.report.sheets import WIDTHS, Sheet
from mining.study import Study
from mining.texts import file_name

MOST_ROWS = 1_048_576  # of a sheet, the heading included
LONGEST = 32_767  # characters of a cell
FIRST_DAY = datetime(1900, 1, 1)  # Excel knows no earlier one
CREATED = datetime(2000, 1, 1, tzinfo=UTC)  # fixed, so that the file depends on its content alone
VERDICT_FILLS = ("#e2f0d9", "#f8cbad", "#fff2cc", "#ddebf7", "#f2f2f2", "#d9d9d9")
NUMBER_FORMATS = {"count": "#,##0", "share": "0.0%", "number": "#,##0.0", "time": "yyyy-mm-dd hh:mm:ss"}
MAKERS: tuple[Callable[[Study, Writer], Sheet], ...] = (
    sheets.criteria,
    sheets.checks,
    measure_sheets.dimensions,
    measure_sheets.touchpoints,
    measure_sheets.on_time,
    measure_sheets.calibration,
    measure_sheets.funnel,
    sheets.matrix,
    sheets.deviations,
    sheets.findings,
    sheets.allowances,
    sheets.quality,
    sheets.lineage,
)
OPTIONAL = ("touchpoints", "on_time", "calibration", "funnel")  # sheets that a blueprint may have no rows for
FORBIDDEN = re.compile("[\ud800-\udfff\ufffe\uffff]")
FORMULA_STARTS = ("=", "+", "-", "@")


def write_workpapers(study: Study, path: str | Path, *, lang: str = "en") -> None:
    """Write the working papers of a study.

    Sheets: readme, criteria, checks, dimensions, touchpoints, on time, calibration, funnel (where there are such), matrix, deviations,
    findings, allowances, data quality, lineage.

    Parameters
    ----------
    study : Study
        Not changed.
    path : str or Path
        The .xlsx file to write. The folder must exist; a file with that name is replaced.
    lang : {"en", "zh"}, default "en"
        Language of headings and code words.

    Raises
    ------
    UnknownNameError
        If the language is not spoken.

    Examples
    --------
    >>> write_workpapers(study, examples / "workpapers.xlsx")
    """
    w = writer_of(study, lang)
    made = [sheet for make in MAKERS if (sheet := make(study, w)).n_rows or sheet.key not in OPTIONAL]
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": w.say("xlsx.title"), "created": CREATED.replace(tzinfo=None)})
        looks = _looks(book, w)
        _write_readme(book, study, made, looks, w)
        for sheet in made:
            _write_sheet(book, sheet, looks, w)


def _looks(book: Workbook, w: Writer) -> dict[str, Format]:
    """Formats by kind of cell; verdict words have their own."""
    base = {"font_size": 10, "valign": "top"}
    looks = {kind: book.add_format(base | {"num_format": form}) for kind, form in NUMBER_FORMATS.items()}
    looks |= {
        "text": book.add_format(base),
        "long": book.add_format(base | {"text_wrap": True}),
        "verdict": book.add_format(base),
    }
    looks |= {
        f"quoted {kind}": book.add_format(base | {"quote_prefix": True, "text_wrap": kind == "long"})
        for kind in ("text", "long", "verdict")
    }
    looks["head"] = book.add_format(
        base | {"bold": True, "text_wrap": True, "bg_color": "#1f3a5f", "font_color": "#ffffff", "border": 1}
    )
    looks["strong"] = book.add_format(base | {"bold": True})
    looks["blank"] = book.add_format(
        base | {"bg_color": "#fffbe6", "border": 1, "border_color": "#cbd5e1", "text_wrap": True}
    )
    looks |= {
        w.say(f"verdict.{word}"): book.add_format(base | {"bg_color": fill})
        for word, fill in zip(VERDICTS, VERDICT_FILLS, strict=True)
    }
    return looks


def _write_sheet(book: Workbook, sheet: Sheet, looks: dict[str, Format], w: Writer) -> None:
    page = _page(book, w.say(f"sheet.{sheet.key}"))
    for column, head in enumerate(sheet.heads):
        page.set_column(column, column, WIDTHS[head.kind])
        page.write_string(0, column, head.text, looks["head"])
    last = min(sheet.n_rows, MOST_ROWS - 1)
    page.freeze_panes(1, 1)
    page.repeat_rows(0)
    page.autofilter(0, 0, last, len(sheet.heads) - 1)
    kinds = [head.kind for head in sheet.heads]
    first_blank = len(kinds) - sheet.blanks
    for number, row in zip(range(1, last + 1), sheet.rows, strict=False):
        for column, value in enumerate(row):
            _write_cell(page, number, column, value, kinds[column], looks)
        for column in range(first_blank, len(kinds)):
            page.write_blank(number, column, None, looks["blank"])
    if sheet.blanks and last:
        page.data_validation(
            1, first_blank, last, first_blank, {"validate": "list", "source": [w.say("word.yes"), w.say("word.no")]}
        )


def _page(book: Workbook, name: str) -> Worksheet:
    page = book.add_worksheet(name)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    return page


def _write_cell(page: Worksheet, row: int, column: int, value: Any, kind: str, looks: dict[str, Format]) -> None:
    if value is None or value != value:
        return
    if isinstance(value, str):
        text = _text(value)
        look = looks.get(text) if kind == "verdict" else None
        kind = kind if kind in ("text", "long", "verdict") else "text"
        page.write_string(
            row, column, text, look or looks[f"quoted {kind}" if text.startswith(FORMULA_STARTS) else kind]
        )
    elif isinstance(value, datetime):
        if value >= FIRST_DAY:
            page.write_datetime(row, column, value, looks["time"])
        else:
            page.write_string(row, column, value.isoformat(" "), looks["text"])
    elif value in (float("inf"), float("-inf")):
        page.write_string(row, column, str(value), looks["text"])
    else:
        page.write_number(row, column, value, looks[kind])


def _text(value: str) -> str:
    """The text as a cell can hold it: only what XML forbids is replaced and what is too long is cut; it is evidence."""
    text = FORBIDDEN.sub("\ufffd", value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _write_readme(book: Workbook, study: Study, made: list[Sheet], looks: dict[str, Format], w: Writer) -> None:
    page = _page(book, w.say("sheet.readme"))
    page.set_column(0, 0, 34)
    page.set_column(1, 1, 100)
    page.write_string(0, 0, w.say("xlsx.item"), looks["head"])
    page.write_string(0, 1, w.say("xlsx.text"), looks["head"])
    page.freeze_panes(1, 0)
    for row, (label, text) in enumerate(_readme(study, made, w), 1):
        page.write_string(row, 0, _text(label), looks["strong"])
        _write_cell(page, row, 1, text, "long", looks)


def _readme(study: Study, made: list[Sheet], w: Writer) -> list[tuple[str, str]]:
    blueprint, source, parameters = study.blueprint, study.log.source, study.findings().provenance.parameters
    rows = [
        (w.say("xlsx.title"), blueprint.name.get(w.lang)),
        (
            w.say("fact.blueprint"),
            w.say(
                "report.version", id=blueprint.id, version=blueprint.version, status=w.say(f"status.{blueprint.status}")
            ),
        ),
        (w.say("fact.blueprint_file"), w.say("report.hash", file=file_names(blueprint.files), hash=blueprint.sha256)),
        (w.say("fact.log"), w.say("report.hash", file=file_name(source.path), hash=source.sha256)),
        *roster_fact(study, w),
        (w.say("fact.cases"), w.count(study.instances.n_cases)),
        (w.say("xlsx.open_cases"), parameters["open_cases"]),
        (w.say("xlsx.zone"), w.zone),
    ]
    if blueprint.status != "approved":
        rows.insert(0, (w.say(f"status.{blueprint.status}"), w.say(f"report.warning.{blueprint.status}")))
    for sheet in made:
        name = w.say(f"sheet.{sheet.key}")
        rows.append((w.say("xlsx.sheet", name=name, n=w.count(sheet.n_rows)), w.say(f"about.{sheet.key}")))
        if sheet.cut:
            rows.append((name, sheet.cut))
        if sheet.n_rows > MOST_ROWS - 1:
            file = "findings.json" if sheet.key == "findings" else "manifest.json"
            kept = w.say("xlsx.cut.rows", name=name, kept=w.count(MOST_ROWS - 1), n=w.count(sheet.n_rows), file=file)
            rows.append((name, kept))
    return rows + [(w.say(f"verdict.{word}"), w.say(f"meaning.{word}")) for word in VERDICTS]
