"""The main job: a log and a blueprint in, an audit file out. Everything is written, or nothing is."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mining.audit_documents import told_as, write_documents
from mining.audit_record import private_inputs, record_from
from mining.blueprint.model import Blueprint
from mining.blueprint.versions import Versions
from mining.errors import MiningError, UnknownNameError
from mining.folders import admit, spare_inputs, write_whole
from mining.given import Given, Loaded, check_words, refuse_drafts, silent
from mining.improvement_file import finite, improvement_record
from mining.log import EventLog
from mining.log.roster import Roster
from mining.manifest import NAME, stamp, write_manifest
from mining.plan import read_actions
from mining.privacy import Key, Privacy
from mining.record import Record, draft_narrative
from mining.report.document import Document
from mining.report.part import Part, part_of
from mining.results import plain
from mining.study import Study
from mining.texts import LANGUAGES, say
from mining.verdicts_file import write_verdicts
from mining.version_studies import VersionStudies, study_versions

FORMATS = {
    "html": "report.html",
    "docx": "report.docx",
    "pdf": "report.pdf",
    "pptx": "report.pptx",
    "xlsx": "workpapers.xlsx",
}
TABLES = (
    "findings.json",
    "findings.csv",
    "measures.json",
    "improvement.json",
    "sample.csv",
    "verdicts.parquet",
    "deviations.parquet",
)
NARRATIVE, REVIEW, PLAN = (
    "narrative.yaml",
    "review.csv",
    "actions.csv",
)  # people write in them: drafted once, never written over
PEOPLES = (NARRATIVE, REVIEW, PLAN)
FILES = (*FORMATS.values(), *TABLES, NAME)
VERSION_FILES = ("uncovered.parquet", "versions.json")


@dataclass(frozen=True)
class Audit:
    """What an audit wrote.

    Attributes
    ----------
    folder : Path
        Where the files lie.
    record : Record
        All that they say.
    taken_in : int
        Rows filled in by reviewers that were read back from the workbook of the last run.
    """

    folder: Path
    record: Record
    taken_in: int = 0
    _documents: dict[str, Document] = field(default_factory=dict, repr=False, compare=False)

    def part(self, id: str, lang: str = "en") -> Part:
        """A part of the report, such as ``conclusion``, to be looked at in a notebook; ``cover`` is what stands on its first page.

        Raises
        ------
        UnknownNameError
            If the report has no such part; the message lists those that it has.
        """
        if lang not in self._documents:
            self._documents[lang] = told_as(self.record, lang)
        return part_of(self._documents[lang], id)

    def _repr_html_(self) -> str:
        from mining.display import shown_in
        from mining.display.shown import facts

        lang = shown_in()
        there = {
            name: say(f"files.{name.replace('.', '_')}", lang)
            for name in (*FILES, *PEOPLES)
            if (self.folder / name).exists()
        }
        return facts(
            say("files.title", lang), there, lang, sentence=say("files.sentence", lang, folder=self.folder.name)
        )

    @property
    def study(self) -> Study:
        """The study they were made from."""
        return self.record.study

    @property
    def report(self) -> Path:
        """The report, to be opened in a browser."""
        return self.folder / FORMATS["html"]


def audit(
    log: EventLog,
    blueprint: Blueprint,
    out: str | Path,
    *,
    engagement: str | Path | None = None,
    roster: Roster | None = None,
    lang: str = "en",
    open_cases: str = "pending",
    draft_ok: bool = False,
    key: Key | None = None,
    clear_names: bool = False,
    formats: Iterable[str] = (),
    template: str | Path | None = None,
    earlier: str | Path | None = None,
    progress: Callable[[str], None] = silent,
) -> Audit:
    """Check a log against a blueprint and write the audit file.

    Parameters
    ----------
    log : EventLog
        With its own names: the pseudonyms are made here.
    blueprint : Blueprint
    out : str or Path
        Folder for the report (``report.html``, ``.docx``, ``.pdf``, ``.pptx``), ``workpapers.xlsx``, the record (``findings.json``,
        ``findings.csv``, ``measures.json``, ``improvement.json``), ``sample.csv``, ``verdicts.parquet``, ``deviations.parquet`` and
        ``manifest.json``. It is made if need be; files of these names in it are replaced, others are left alone. ``narrative.yaml`` and
        ``actions.csv`` are drafted where they are not there, and only read where they are; so is ``review.csv``, into which entries of
        reviewers in an earlier ``workpapers.xlsx`` are taken first.
    engagement : str or Path, optional
        Settings of the audit, as :func:`mining.record.read_engagement` reads them. They may name side tables.
    roster : Roster, optional
        As in :class:`mining.Study`.
    lang : {"en", "zh"}
    open_cases : {"pending", "judge"}
        As in :class:`mining.Study`.
    draft_ok : bool
        Allow a blueprint whose status is not *approved*; the report then gives no opinion.
    key : Key, optional
        Of the pseudonyms; by default as :func:`mining.privacy.key_for` finds or makes it.
    clear_names : bool, default False
        Write cases, customers and resources by their own names.
    formats : iterable of {"html", "docx", "pdf", "pptx", "xlsx"}
        Documents to write; by default all.
    template : str or Path, optional
        A Word file whose styles, header and footer the report takes on.
    earlier : str or Path, optional
        Folder of an earlier audit, whose findings are measured again.
    progress : callable
        Called with the name of each step as it begins.

    Returns
    -------
    Audit

    Raises
    ------
    MiningError
        If the blueprint is not approved (and ``draft_ok`` is False), the log cannot answer, or the folder cannot be written.
    """
    given = Given(
        log.source.path, blueprint.files or (Path(blueprint.path),), engagement=_path(engagement), template=_path(template),
        roster=None if roster is None else Path(roster.path), earlier=_path(earlier), day_first=log.day_first, lang=lang,
        open_cases=open_cases, draft_ok=draft_ok, clear_names=clear_names, formats=tuple(formats),
    )  # fmt: skip
    return audit_loaded(
        peoples(given, Path(out)).loaded_with(log, blueprint, roster, progress), out, key=key, progress=progress
    )


def _path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)


def peoples(given: Given, out: Path) -> Given:
    """The same with the files in the folder that people write in, where they are there and no others are named."""
    found = {"narrative": NARRATIVE, "review": REVIEW, "actions": PLAN}
    there: dict[str, Any] = {
        key: out / name for key, name in found.items() if getattr(given, key) is None and (out / name).exists()
    }
    return replace(given, **there)


def audit_loaded(
    loaded: Loaded, out: str | Path, *, key: Key | None = None, progress: Callable[[str], None] = silent
) -> Audit:
    """As :func:`audit`, of what was read already.

    Parameters
    ----------
    loaded : Loaded
        With one blueprint.
    out, key, progress
        As in :func:`audit`.
    """
    folder, given = Path(out), loaded.given
    _admit(loaded.blueprints, given)
    admit(folder, FILES, [path for _, path in loaded.files()])
    inputs, privacy = private_inputs(loaded, folder, key)
    study = Study(inputs.log, inputs.blueprint, open_cases=given.open_cases, roster=inputs.roster)
    return _write(study, inputs, privacy, folder, progress)


def audit_versions(
    loaded: Loaded,
    out: str | Path,
    *,
    key: Key | None = None,
    only: str | None = None,
    progress: Callable[[str], None] = silent,
) -> tuple[dict[str, Audit], VersionStudies]:
    """Judge each case by the version of the blueprint in force when it began, and write one audit file per version.

    Shares against different norms are not added up, so there is no audit file over all versions. Each is whole or absent.

    Parameters
    ----------
    loaded : Loaded
        With several versions, as :meth:`mining.given.Given.loaded` reads them.
    out : str or Path
        Folder for one folder per version with cases, ``versions.json`` (periods, cases of each, cases of none) and
        ``uncovered.parquet`` (the cases that began when no version was in force).
    key, progress
        As in :func:`audit`.
    only : str, optional
        The one version whose audit file is written.

    Returns
    -------
    tuple of (dict of str to Audit, VersionStudies)
        By version.

    Raises
    ------
    MiningError
        As :func:`audit` and :func:`mining.study_versions`.
    """
    folder, given = Path(out), loaded.given
    versions = loaded.versions
    if versions is None:
        raise MiningError("there is one blueprint only: audit(...) is for that.")
    _admit(loaded.blueprints, given)
    for norm in loaded.blueprints:
        check_words(peoples(given, folder / _folder_name(norm.version)))
    inputs, privacy = private_inputs(loaded, folder, key)
    versions = inputs.versions or versions  # with pseudonyms where they name people
    found = study_versions(inputs.log, versions, open_cases=given.open_cases, roster=inputs.roster)
    for each in found.studies.values():
        _ = each.instances  # what does not fit is refused before anything is written
    spare_inputs(folder, VERSION_FILES, [path for _, path in loaded.files()])
    made = {}
    for name, study in found.studies.items():
        if only not in (None, name):
            continue
        progress(f"version {name}")
        place = folder / _folder_name(name)
        mine = replace(inputs, given=peoples(given, place), blueprint=study.blueprint)
        if given.actions is None and mine.given.actions is not None:
            mine = replace(mine, tables=mine.tables | {"actions": read_actions(mine.given.actions)})
        made[name] = _write(study, mine, privacy, place, progress)

    def write(scratch: Path) -> None:
        found.uncovered.frame.to_parquet(scratch / VERSION_FILES[0], index=False)
        _write_json(scratch / VERSION_FILES[1], _versions_record(found, versions))

    if only is None:
        write_whole(folder, VERSION_FILES, [path for _, path in loaded.files()], write)
    return made, found


def _versions_record(found: VersionStudies, versions: Versions) -> dict[str, Any]:
    """Which version judged how many cases, and how many none did."""
    periods = [
        {
            "version": period.blueprint.version,
            "sha256": period.blueprint.sha256,
            "first_day": str(period.first),
            "last_day": None if period.last is None else str(period.last),
            "cases": found.studies[period.blueprint.version].log.n_cases
            if period.blueprint.version in found.studies
            else 0,
            "folder": _folder_name(period.blueprint.version) if period.blueprint.version in found.studies else None,
        }
        for period in versions.periods
    ]
    whys = found.uncovered.frame["why"].value_counts()
    return {"blueprint": versions.id, "versions": periods, "cases_without_a_version": dict(sorted(whys.items()))}


def _folder_name(version: str) -> str:
    """A version as the name of a folder; one with other signs than letters, digits, dots and dashes carries its hash."""
    plain_name = re.sub(r"[^\w.-]|^\.+", "_", version)
    return plain_name if plain_name == version else f"{plain_name}-{hashlib.sha256(version.encode()).hexdigest()[:6]}"


def _admit(blueprints: Iterable[Blueprint], given: Given) -> None:
    """Refuse an unknown language or format and, unless drafts are allowed, a blueprint that is no norm."""
    check_settings(given)
    refuse_drafts(blueprints, given.draft_ok)


def check_settings(given: Given) -> None:
    """Refuse an unknown language or format."""
    if given.lang not in LANGUAGES:
        raise UnknownNameError("language", given.lang, LANGUAGES)
    for name in given.formats:
        if name not in FORMATS:
            raise UnknownNameError("format", name, FORMATS)


def _write(study: Study, loaded: Loaded, privacy: Privacy, folder: Path, progress: Callable[[str], None]) -> Audit:
    """Write the audit file of a study: all of it, or nothing."""
    given = loaded.given
    workbook = _stamp_of(folder / FORMATS["xlsx"])
    taken_in = _take_in(folder)
    if taken_in and given.review is None:
        given = replace(given, review=folder / REVIEW)
        loaded = replace(loaded, given=given)
    record = record_from(study, loaded, privacy, folder, progress)
    documents = [FORMATS[name] for name in FORMATS if name in (given.formats or FORMATS)]
    drafts = [name for name, path in ((NARRATIVE, given.narrative), (PLAN, given.actions)) if path is None]
    names = (*documents, *TABLES, *drafts, NAME)
    outdated = [name for name in FORMATS.values() if name not in documents]
    inputs = [path for _, path in loaded.files()]

    def write(scratch: Path) -> None:
        _write_tables(record, scratch, progress)
        _write_drafts(record, drafts, scratch, given.lang)
        write_documents(record, documents, scratch, lang=given.lang, template=given.template, progress=progress)
        if _stamp_of(folder / FORMATS["xlsx"]) != workbook:
            raise MiningError(
                f"{folder / FORMATS['xlsx']} was changed while the audit was made. Run it again, so that nothing is lost."
            )
        write_manifest(record.evidence | {"outputs": {x: stamp(scratch / x) for x in names if x != NAME}}, scratch)

    write_whole(folder, names, inputs, write, outdated=outdated, drafts=drafts)
    return Audit(folder, record, taken_in)


def _stamp_of(path: Path) -> dict[str, Any] | None:
    return stamp(path) if path.exists() else None


def _take_in(folder: Path) -> int:
    """Take what reviewers wrote into an earlier workbook over into the file of reviews, before the workbook is replaced."""
    from mining.report.taken_in import taken_in

    found = taken_in(folder / FORMATS["xlsx"], folder / REVIEW, folder / NAME)
    if found is None:
        return 0

    def write(scratch: Path) -> None:
        (scratch / REVIEW).write_bytes(found.text.encode("utf-8-sig"))

    write_whole(folder, [REVIEW], [], write)
    return found.n


def _write_tables(record: Record, folder: Path, progress: Callable[[str], None]) -> None:
    """The record and the tables behind it, for programs."""
    from mining.report.csv_files import findings_csv
    from mining.report.measures_record import measures_record

    study = record.study
    progress("writing the tables")
    write_verdicts(study, folder / "verdicts.parquet")
    study.deviations().frame.to_parquet(folder / "deviations.parquet", index=False)
    _write_json(folder / "findings.json", record.to_dict())
    _write_json(folder / "measures.json", measures_record(study))
    _write_json(folder / "improvement.json", improvement_record(record.improvement))
    (folder / "findings.csv").write_bytes(findings_csv(record))
    record.sample.to_csv(folder / "sample.csv")


def _write_drafts(record: Record, names: Iterable[str], folder: Path, lang: str) -> None:
    """What people are to go on with."""
    if NARRATIVE in names:
        ranked = [
            (x.finding_id, x.title["en"], x.title["zh"], int(x.number or 0), str(x.priority)) for x in record.ranked
        ]
        (folder / NARRATIVE).write_text(draft_narrative(ranked, lang), encoding="utf-8", newline="\n")
    if PLAN in names:
        record.improvement.plan.to_csv(folder / PLAN)


def _write_json(path: Path, record: dict[str, Any]) -> None:
    text = json.dumps(finite(plain(record)), ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False, default=str)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
