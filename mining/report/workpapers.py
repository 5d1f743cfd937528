"""The working papers as one Excel file: every number with its row, text as text, the same content on each run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mining.conformance.verdicts import VERDICTS
from mining.report import evidence_sheets, finding_sheets, measure_sheets, sheets
from mining.report.book import looks_of, new_book, rows_held, write_pairs, write_sheet
from mining.report.formats import Writer, file_names, roster_fact, writer_of
from mining.report.reviewed import ASKED, Filled
from mining.report.sheets import Sheet, about_of, name_of
from mining.study import Study
from mining.texts import file_name

if TYPE_CHECKING:
    from mining.record.record import Record

    OfRecord = Callable[[Record, Writer, Filled], Sheet]

OF_STUDY: dict[str, Callable[[Study, Writer], Sheet]] = {
    "criteria": sheets.criteria,
    "checks": sheets.checks,
    "dimensions": measure_sheets.dimensions,
    "touchpoints": measure_sheets.touchpoints,
    "on_time": measure_sheets.on_time,
    "calibration": measure_sheets.calibration,
    "funnel": measure_sheets.funnel,
    "matrix": sheets.matrix,
    "deviations": sheets.deviations,
    "allowances": sheets.allowances,
    "quality": sheets.quality,
    "lineage": sheets.lineage,
    "definitions": evidence_sheets.definitions,
}
OF_RECORD: dict[str, OfRecord] = {
    "manifest": evidence_sheets.manifest,
    "control_totals": evidence_sheets.control_totals,
    "findings": finding_sheets.findings,
    "effects": finding_sheets.effects,
    "sample": evidence_sheets.sample,
    "evaluation": evidence_sheets.evaluation,
    "actions": finding_sheets.actions,
}
ORDER = (
    *(
        "manifest",
        "control_totals",
        "criteria",
        "checks",
        "dimensions",
        "touchpoints",
        "on_time",
        "calibration",
        "funnel",
    ),
    *(
        "matrix",
        "deviations",
        "findings",
        "effects",
        "sample",
        "evaluation",
        "actions",
        "allowances",
        "quality",
        "lineage",
    ),
    "definitions",
)
OPTIONAL = ("touchpoints", "on_time", "calibration", "funnel", "evaluation")  # not there where they would be empty
WHOLE = {"findings": "findings.json", "effects": "findings.json", "sample": "sample.csv", "actions": "actions.csv"}


def write_workpapers(record: Record | Study, path: str | Path, *, lang: str = "en") -> None:
    """Write the working papers of an audit.

    Sheets: readme, manifest, control totals, criteria, checks, dimensions, touchpoints, on time, calibration, funnel (where there are
    such), matrix, deviations, findings, effects, sample, evaluation (once the sample was inspected), actions, allowances, data quality,
    lineage, definitions. People fill in the yellow columns of findings and sample. :func:`mining.report.reviewed.read_reviewed` reads
    them back, and what the record holds of them is written into them again.

    Parameters
    ----------
    record : Record or Study
        Not changed. Of a study alone there are the sheets that need nothing else; its findings are those of the log.
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
    study = record if isinstance(record, Study) else record.study
    w = writer_of(study, lang)
    title = w.say("xlsx.title")
    made = [sheet for sheet in _sheets(record, w) if sheet.n_rows or sheet.key not in OPTIONAL]
    with new_book(path, title) as book:
        looks = looks_of(book, w)
        heads = (w.say("xlsx.item"), w.say("xlsx.text"))
        write_pairs(book, w.say("sheet.readme"), heads, _readme(record, study, made, w), looks, w)
        for sheet in made:
            write_sheet(book, sheet, looks, w)


def _sheets(record: Record | Study, w: Writer) -> Iterator[Sheet]:
    if isinstance(record, Study):
        for key in ORDER:
            if key == "findings":
                yield finding_sheets.findings_of_study(record, w, {})
            elif key in OF_STUDY:
                yield OF_STUDY[key](record, w)
        return
    filled: Filled = {} if record.review is None else record.review.filled
    for key in ORDER:
        yield OF_STUDY[key](record.study, w) if key in OF_STUDY else OF_RECORD[key](record, w, filled)


def _readme(record: Record | Study, study: Study, made: list[Sheet], w: Writer) -> list[tuple[str, str]]:
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
        *((w.say(f"sheets.how.{x}"), w.say(f"sheets.how.{x}_said")) for x in ("n_of_n", "numbers", "text", "filter")),
    ]
    if blueprint.status != "approved":
        rows.insert(0, (w.say(f"status.{blueprint.status}"), w.say(f"report.warning.{blueprint.status}")))
    if not isinstance(record, Study):
        rows += _rating(record, w)
    names = [name_of(sheet.key, w) for sheet in made if sheet.key in ASKED]
    listed = w.say("report.comma").join(names)
    rows += [(w.say(f"sheets.how.{x}"), w.say(f"sheets.how.{x}_said", names=listed)) for x in ("fill_in", "read_back")]
    for sheet in made:
        rows += _about(sheet, w)
    return rows + [(w.say(f"verdict.{word}"), w.say(f"meaning.{word}")) for word in VERDICTS]


def _rating(record: Record, w: Writer) -> list[tuple[str, str]]:
    """The rating with what gave it, who decided otherwise, and the rule; nothing where no rating is given."""
    rating = record.rating
    if not rating.given:
        return []
    rule = w.say("audit.rating_rule")
    return [
        (w.say("audit.define_rating"), rating.sentence(w.lang)),
        *((rule, line) for line in rating.rule_lines(w.lang)),
    ]


def _about(sheet: Sheet, w: Writer) -> list[tuple[str, str]]:
    """What a sheet holds, and what it leaves out."""
    name = name_of(sheet.key, w)
    rows = [(w.say("xlsx.sheet", name=name, n=w.count(sheet.n_rows)), about_of(sheet.key, w))]
    if sheet.cut:
        rows.append((name, sheet.cut))
    if sheet.n_rows > (kept := rows_held(sheet)):
        file = WHOLE.get(sheet.key, "manifest.json")
        rows.append((name, w.say("xlsx.cut.rows", name=name, kept=w.count(kept), n=w.count(sheet.n_rows), file=file)))
    return rows
