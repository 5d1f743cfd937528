"""The main job: a log and a blueprint in, an audit file out. Everything is written, or nothing is."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mining import __version__
from mining.blueprint.model import Blueprint
from mining.blueprint.versions import Versions
from mining.conformance.verdicts import VERDICTS
from mining.errors import BlueprintError, MiningError, ModelError, UnknownNameError
from mining.folders import spare_inputs, write_whole
from mining.log import EventLog
from mining.log.roster import Roster
from mining.results import plain
from mining.study import Study
from mining.study_versions import VersionStudies, study_versions
from mining.texts import LANGUAGES, file_name
from mining.units import MICROSECONDS

FILES = (
    "report.html",
    "workpapers.xlsx",
    "findings.json",
    "measures.json",
    "verdicts.parquet",
    "deviations.parquet",
    "manifest.json",
)
ROWS_TOGETHER = 2**20  # of a row group of the verdicts
VERSION_FILES = ("uncovered.parquet", "versions.json")
SOFTWARE = (
    "service-mining",
    "pm4py",
    "pandas",
    "numpy",
    "duckdb",
    "pyarrow",
    "numba",
    "scipy",
    "matplotlib",
    "seaborn",
    "xlsxwriter",
    "jinja2",
)


@dataclass(frozen=True)
class Audit:
    """What an audit wrote.

    Attributes
    ----------
    folder : Path
        Where the files lie.
    study : Study
        The study they were made from.
    """

    folder: Path
    study: Study

    @property
    def report(self) -> Path:
        """The report, to be opened in a browser."""
        return self.folder / "report.html"


def audit(
    log: EventLog,
    blueprint: Blueprint,
    out: str | Path,
    *,
    lang: str = "en",
    open_cases: str = "pending",
    roster: Roster | None = None,
    draft_ok: bool = False,
    progress: Callable[[str], None] = lambda step: None,
) -> Audit:
    """Check a log against a blueprint and write the audit file.

    Parameters
    ----------
    log : EventLog
    blueprint : Blueprint
    out : str or Path
        Folder for ``report.html``, ``workpapers.xlsx``, ``findings.json``, ``measures.json``, ``verdicts.parquet``,
        ``deviations.parquet`` and ``manifest.json``. It is made if need be; files of these names in it are replaced, others are left
        alone.
    lang : {"en", "zh"}
        Language of the report and the workpapers.
    open_cases : {"pending", "judge"}
        As in :class:`mining.Study`.
    roster : Roster, optional
        As in :class:`mining.Study`; the manifest holds its hash.
    draft_ok : bool
        Allow a blueprint whose status is not *approved*; the report then says that no opinion may be drawn from it.
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
    _admit((blueprint,), lang, draft_ok)
    return _write(Study(log, blueprint, open_cases=open_cases, roster=roster), Path(out), lang, progress)


def audit_versions(
    log: EventLog,
    versions: Versions,
    out: str | Path,
    *,
    lang: str = "en",
    open_cases: str = "pending",
    roster: Roster | None = None,
    draft_ok: bool = False,
    progress: Callable[[str], None] = lambda step: None,
) -> tuple[dict[str, Audit], VersionStudies]:
    """Judge each case by the version of the blueprint in force when it began, and write one audit file per version.

    Shares against different norms are not added up, so there is no audit file over all versions. Each is whole or absent.

    Parameters
    ----------
    log : EventLog
    versions : Versions
        As :func:`mining.read_versions` gives them.
    out : str or Path
        Folder for one folder per version with cases, ``versions.json`` (periods, cases of each, cases of none) and
        ``uncovered.parquet`` (the cases that began when no version was in force).
    lang, open_cases, roster, draft_ok, progress
        As in :func:`audit`.

    Returns
    -------
    tuple of (dict of str to Audit, VersionStudies)
        By version.

    Raises
    ------
    MiningError
        As :func:`audit` and :func:`mining.study_versions`.
    """
    _admit(versions, lang, draft_ok)
    found = study_versions(log, versions, open_cases=open_cases, roster=roster)
    for each in found.studies.values():
        _ = each.instances  # what does not fit is refused before anything is written
    folder = Path(out)
    spare_inputs(
        folder, VERSION_FILES, (*log.files, *_roster_files(roster), *(path for b in versions for path in b.files))
    )
    made = {}
    for name, study in found.studies.items():
        progress(f"version {name}")
        made[name] = _write(study, folder / _folder_name(name), lang, progress)
    table, record = (folder / name for name in VERSION_FILES)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found.uncovered.frame.to_parquet(table, index=False)
        _write_json(record, _versions_record(found))
    except OSError as error:
        raise MiningError(f"{folder}: cannot write there ({error}).") from error
    return made, found


def _versions_record(found: VersionStudies) -> dict[str, Any]:
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
        for period in found.versions.periods
    ]
    whys = found.uncovered.frame["why"].value_counts()
    return {"blueprint": found.versions.id, "versions": periods, "cases_without_a_version": dict(sorted(whys.items()))}


def _folder_name(version: str) -> str:
    """A version as the name of a folder; one with other signs than letters, digits, dots and dashes carries its hash."""
    plain_name = re.sub(r"[^\w.-]|^\.+", "_", version)
    return plain_name if plain_name == version else f"{plain_name}-{hashlib.sha256(version.encode()).hexdigest()[:6]}"


def _admit(blueprints: Iterable[Blueprint], lang: str, draft_ok: bool) -> None:
    """Refuse an unknown language and, unless drafts are allowed, a blueprint that is no norm."""
    if lang not in LANGUAGES:
        raise UnknownNameError("language", lang, LANGUAGES)
    for blueprint in blueprints:
        if blueprint.status != "approved" and not draft_ok:
            raise BlueprintError(
                f"{blueprint.path}: the blueprint is a {blueprint.status}, not approved, so it is no norm to audit against. "
                "To explore with it all the same, allow drafts (--draft-ok); the report will say so."
            )


def _roster_files(roster: Roster | None) -> tuple[Path, ...]:
    return (Path(roster.path),) if roster else ()


def _write(study: Study, folder: Path, lang: str, progress: Callable[[str], None]) -> Audit:
    """Write the audit file of a study: all of it, or nothing."""
    inputs = (*study.log.files, *study.blueprint.files, *_roster_files(study.roster), Path(study.log.source.path))
    write_whole(folder, FILES, inputs, lambda scratch: _write_all(study, scratch, lang, progress))
    return Audit(folder, study)


def _write_all(study: Study, folder: Path, lang: str, progress: Callable[[str], None]) -> None:
    from mining.report import render_html, write_workpapers
    from mining.report.record import findings_record, measures_record

    progress("aligning the cases with the designed flow")
    _ = study.path_results
    progress("judging rules, roles and standards")
    _write_verdicts(study, folder / "verdicts.parquet")
    study.deviations().frame.to_parquet(folder / "deviations.parquet", index=False)
    progress("ranking the findings")
    _write_json(folder / "findings.json", findings_record(study))
    progress("measuring touchpoints, promises and dimensions")
    _write_json(folder / "measures.json", measures_record(study))
    progress("discovering the actual flow")
    with suppress(ModelError):  # the report says why there is none
        _ = study.discovered
    progress("writing the report")
    (folder / "report.html").write_text(render_html(study, lang=lang), encoding="utf-8", newline="\n")
    progress("writing the workpapers")
    write_workpapers(study, folder / "workpapers.xlsx", lang=lang)
    _write_json(folder / "manifest.json", manifest(study, folder, lang))


def _write_verdicts(study: Study, path: Path) -> None:
    """``study.verdicts()``, some cases at a time; all row groups have the same words in the same order."""
    tables = _verdict_tables(study)
    first = next(tables)
    with pq.ParquetWriter(path, first.schema) as file:
        for table in chain([first], tables):
            file.write_table(table, row_group_size=len(table))


def _verdict_tables(study: Study) -> Iterator[pa.Table]:
    checks, n = study.checks, study.instances.n_cases
    k, nets, ids = len(checks), [study.net(c) for c in checks], pa.array(study.log.case_ids, pa.string())
    step = max(1, ROWS_TOGETHER // k)
    for first in range(0, n, step):
        cases = slice(first, min(first + step, n))
        m = cases.stop - first

        def of_checks(names: list[str], m: int = m) -> pa.DictionaryArray:
            kinds = list(dict.fromkeys(names))
            return _words(np.tile([kinds.index(x) for x in names], m), kinds)

        def of_cases(arrays: Iterable[np.ndarray], cases: slice = cases) -> np.ndarray:
            return np.stack([array[cases] for array in arrays], axis=1).ravel()

        columns = {
            "case_id": ids.slice(first, m).take(pa.array(np.repeat(np.arange(m), k))),
            "check": of_checks([c.id for c in checks]),
            "dimension": of_checks([c.dimension for c in checks]),
            "verdict": _words(of_cases(nets), VERDICTS),
            "gross": _words(of_cases(c.verdict for c in checks), VERDICTS),
            "measured": pa.array(of_cases(c.measured for c in checks), from_pandas=True),
            "limit": pa.array(np.tile([c.limit for c in checks], m), from_pandas=True),
            "unit": of_checks([c.unit for c in checks]),
        }
        yield pa.table(columns)


def _words(codes: np.ndarray, words: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(words, pa.string()))


def _write_json(path: Path, record: dict[str, Any]) -> None:
    text = json.dumps(plain(record), ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def manifest(study: Study, folder: Path, lang: str) -> dict[str, Any]:
    """What the audit was made from and with, and the hash of every file it wrote. It holds no clock, so a re-run is equal."""
    log, blueprint, instances = study.log, study.blueprint, study.instances
    first, last = (f"{np.datetime64(t, 'us')}Z" for t in log.span)
    return {
        "inputs": {
            "log": {
                "name": Path(log.source.path).name,
                "format": log.source.format,
                "bytes": log.source.size,
                "sha256": log.source.sha256,
                "columns": log.binding.columns,
                "columns_declared_by": log.binding.origin,
                "labels": log.binding.labels,
                "binding_sha256": getattr(log.binding, "sha256", None),
                "read_as": log.source.extras.get("reading", {}),
                "store": {"name": log.store.name, "sha256": _sha256(log.store)} if log.store else None,
                "first": first,
                "last": last,
            },
            "blueprint": {
                "files": [path.name for path in blueprint.files],
                "sha256": blueprint.sha256,
                "id": blueprint.id,
                "version": blueprint.version,
                "status": blueprint.status,
                "approval": vars(blueprint.approval) if blueprint.approval else None,
            },
            "roster": _roster_record(study),
        },
        "control_totals": {
            "rows": log.lineage.rows_in,
            "cases": instances.n_cases,
            "cases_without_end": int((~study.has_end).sum()),
            "activity_instances": len(log.activity),
            "seconds_from_start_to_end_of_cases": _case_seconds(study),
        },
        "lineage": _lineage(study),
        "parameters": {"open_cases": study.open_cases, "lang": lang},
        "software": {"python": platform.python_version(), **_versions()},
        "outputs": {name: _sha256(folder / name) for name in FILES if name != "manifest.json"},
    }


def _roster_record(study: Study) -> dict[str, Any] | None:
    """The staff table and how far it and the log speak of the same people."""
    roster = study.roster
    if roster is None:
        return None
    shared = roster.coverage(study.log)
    return {
        "name": file_name(roster.path),
        "sha256": roster.sha256,
        "rows": len(roster.role),
        "roles": roster.roles,
        "roles_not_in_the_blueprint": sorted(set(roster.roles) - {role.id for role in study.blueprint.roles}),
        "notes": roster.notes,
        "resources_in_both": shared.in_both,
        "activity_instances_of_resources_not_in_it": shared.not_in_table,
        "resources_not_in_the_log": shared.not_in_log,
    }


def _case_seconds(study: Study) -> int:
    filled = np.diff(study.instances.offsets) > 0
    spans = study.instances.case_end[filled] - study.instances.case_start[filled]
    return int(spans.sum() // MICROSECONDS)


def _lineage(study: Study) -> list[dict[str, Any]]:
    lineage, instances = study.log.lineage, study.instances
    ignored = sum(instances.ignored.values())
    n = len(study.log.activity)
    assert len(instances.case) + ignored == n, "an activity instance was lost"
    dropped = {drop.reason: drop.count for drop in lineage.dropped}
    return [
        {"step": "rows to activity instances", "in": lineage.rows_in, "used": dict(lineage.used), "dropped": dropped},
        {
            "step": "labels to the blueprint",
            "in": n,
            "out": len(instances.case),
            "ignored_on_purpose": instances.ignored,
        },
        {"step": "labels the blueprint does not know (kept, judged as extra)", "labels": instances.unmapped},
    ]


def _versions() -> dict[str, str]:
    found = {}
    for name in SOFTWARE:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = __version__ if name == "service-mining" else "not installed"
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
