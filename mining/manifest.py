"""The manifest of what an audit wrote: what it was made from and with, and the hash of every file. It holds no clock."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from mining import __version__
from mining.blueprint.model import Blueprint
from mining.conformance.verdicts import VERDICTS
from mining.errors import MiningError
from mining.folders import sha256_of
from mining.given import Loaded, relative
from mining.log import EventLog
from mining.results import plain
from mining.study import Study
from mining.texts import file_name
from mining.units import MICROSECONDS, MISSING

NAME = "manifest.json"
FORMAT = 2  # of the manifest
SOFTWARE = (
    "service-mining", "pm4py", "pandas", "numpy", "duckdb", "pyarrow", "numba", "scipy", "scikit-learn", "statsmodels", "matplotlib",
    "seaborn", "xlsxwriter", "openpyxl", "jinja2", "python-docx", "python-pptx", "typst", "resvg-py", "fonttools",
)  # fmt: skip
FILE_FORMATS = ("csv", "xes", "xes.gz", "parquet", "xlsx")  # whose hash is that of the file
NOT_JUDGED = ("pending", "not_applicable", "not_observable")
CODE = (".py", ".yaml", ".json", ".j2", ".css", ".js")
_RECORDED: ContextVar[Mapping[str, Any]] = ContextVar("recorded", default={})  # noqa: B039 (never changed)


def manifest(
    study: Study,
    loaded: Loaded,
    folder: Path,
    *,
    outputs: Iterable[str],
    home: Path | None = None,
    made_by: str = "audit",
    privacy: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    seeds: Mapping[str, Any] | None = None,
    sampled: Mapping[str, Any] | None = None,
    amount: str | None = None,
) -> dict[str, Any]:
    """What an audit was made from and with, and the hash of every file that it wrote. A re-run of the same is equal.

    Parameters
    ----------
    study : Study
    loaded : Loaded
        What it was made from.
    folder : Path
        Where the files lie now.
    outputs : iterable of str
        Their names, without that of the manifest.
    home : Path, optional
        The folder that they are going to lie in, from which the paths of the inputs are seen; ``folder`` where not given.
    made_by : str
        The command.
    privacy, parameters, seeds, sampled : mapping, optional
        As plain values.
    amount : str, optional
        Attribute of the log whose sum over cases is a control total.

    Returns
    -------
    dict
        Plain values.

    Raises
    ------
    MiningError
        If there is no such attribute, or it is no number.
    """
    given, home, recorded = loaded.given, home or folder, _RECORDED.get()
    made: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "made_by": made_by,
            "given": given.to_dict(home),
            "inputs": {
                "files": [
                    {"role": role, **_input(path, home, loaded)}
                    for role, path in loaded.files()
                    if _is_read(path, loaded)
                ],
                "log": log_record(study),
                "blueprint": blueprint_record(study.blueprint),
                "roster": roster_record(study),
            },
            "extraction": extraction_record(loaded.engagement),
            "control_totals": control_totals(study, amount),
            "lineage": lineage_of(study),
            "parameters": {"open_cases": study.open_cases, "lang": given.lang, **(parameters or {})},
            "seeds": dict(seeds or {}),
            "sampled": dict(sampled or {}),
            "privacy": None if privacy is None else dict(privacy),
            "software": dict(sorted((recorded.get("software") or software()).items())),
            "tool": dict(sorted((recorded.get("tool") or tool()).items())),
            "outputs": {name: stamp(folder / name) for name in outputs if name != NAME},
        }
    )
    return made


@contextmanager
def as_recorded(record: Mapping[str, Any]) -> Iterator[None]:
    """While an audit is made again: print the software that a manifest names, so that documents differ only where results do.

    Whoever compares asks :func:`software` and :func:`tool` what it really is.
    """
    token = _RECORDED.set(record)
    try:
        yield
    finally:
        _RECORDED.reset(token)


def evidence(study: Study, loaded: Loaded, home: Path, **more: Any) -> dict[str, Any]:
    """The manifest before anything is written: for the documents, which print it. ``more`` as for :func:`manifest`."""
    return manifest(study, loaded, home, outputs=(), home=home, **more)


def _is_read(path: Path, loaded: Loaded) -> bool:
    """Whether a file is read: of a store the store, and not what it was once made from, which may be gone."""
    return loaded.log.store is None or path != Path(loaded.log.source.path) or path == loaded.log.store


def _input(path: Path, home: Path, loaded: Loaded) -> dict[str, Any]:
    """A file as it is now, which must be as it was when it was read."""
    found = {"name": path.name, "path": relative(path, home), **stamp(path)}
    source = loaded.log.source
    if Path(source.path) == path and source.format in FILE_FORMATS and source.sha256 != found["sha256"]:
        raise MiningError(f"{path} has changed since it was read. Run the command again.")
    return found


def write_manifest(record: Mapping[str, Any], folder: Path) -> None:
    """Write a manifest into a folder."""
    text = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    (folder / NAME).write_text(text + "\n", encoding="utf-8", newline="\n")


def stamp(path: Path) -> dict[str, Any]:
    """Bytes and SHA-256 of a file.

    Raises
    ------
    MiningError
        If it cannot be read.
    """
    try:
        return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
    except OSError as error:
        raise MiningError(f"{path} cannot be read ({error.strerror or error}).") from None


def log_record(study: Study) -> dict[str, Any]:
    """How the log was read, and what it spans."""
    log = study.log
    first, last = (f"{np.datetime64(t, 'us')}Z" for t in log.span)
    return {
        "name": file_name(log.source.path),
        "format": log.source.format,
        "bytes": log.source.size,
        "sha256": log.source.sha256,
        "rows": log.lineage.rows_in,
        "first": first,
        "last": last,
        "columns": log.binding.columns,
        "columns_declared_by": log.binding.origin,
        "zone": log.binding.tz,
        "labels": log.binding.labels,
        "binding_sha256": getattr(log.binding, "sha256", None),
        "read_as": _hashed_query(log.source.extras.get("reading", {})),
        "store": {"name": log.store.name, "sha256": sha256_of(log.store)} if log.store else None,
    }


def blueprint_record(blueprint: Blueprint) -> dict[str, Any]:
    """Which blueprint, and who approved it."""
    return {
        "files": [path.name for path in blueprint.files],
        "sha256": blueprint.sha256,
        "id": blueprint.id,
        "version": blueprint.version,
        "status": blueprint.status,
        "approval": vars(blueprint.approval) if blueprint.approval else None,
    }


def roster_record(study: Study) -> dict[str, Any] | None:
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


def extraction_record(engagement: Any) -> dict[str, Any] | None:
    """Who took the log from which system, when and how, as the engagement file says; of a query its hash."""
    said = getattr(engagement, "extraction", None)
    if not said:
        return None
    said = said.to_dict() if hasattr(said, "to_dict") else said if isinstance(said, Mapping) else vars(said)
    return _hashed_query(
        {str(key): value if isinstance(value, Mapping) else _text(value) for key, value in said.items()}
    )


def _text(value: Any) -> Any:
    value = plain(value)
    return value if value is None or isinstance(value, str | int | float | bool | list) else str(value)


def _hashed_query(said: Mapping[str, Any]) -> dict[str, Any]:
    """The same with the hash of the query in place of its text."""
    text = said.get("query")
    if not text:
        return dict(said)
    rest = {key: value for key, value in said.items() if key != "query"}
    return rest | {"query_sha256": hashlib.sha256(str(text).encode()).hexdigest()}


def control_totals(study: Study, amount: str | None = None) -> dict[str, Any]:
    """Totals that the owner of the data can compare with the source: exact, whatever the order of the rows.

    Examples
    --------
    >>> control_totals(study)["cases"], control_totals(study)["activity_instances"]
    (2000, 20548)
    """
    log, instances = study.log, study.instances
    return {
        "rows": log.lineage.rows_in,
        "cases": instances.n_cases,
        "cases_without_end": int((~study.has_end).sum()),
        "activity_instances": len(log.activity),
        "seconds_from_start_to_end_of_cases": _seconds(log),
        "amount": None if amount is None else _amount(study, amount),
    }


def _seconds(log: EventLog) -> int:
    """Whole seconds from the first to the last moment of each case, summed: of all that was read, also of labels that no check looks at."""
    begin = np.where(log.start == MISSING, log.end, log.start)
    finish = np.where(log.end == MISSING, log.start, log.end)
    first = log.offsets[:-1][np.diff(log.offsets) > 0]
    spans = np.maximum.reduceat(finish, first) - np.minimum.reduceat(begin, first)
    return int(spans.sum() // MICROSECONDS)


def _amount(study: Study, name: str) -> dict[str, Any]:
    """The sum of an attribute over cases, as decimals: no rounding, in whatever order they are added."""
    values = study.log.attribute(name)
    if values.dtype != np.float64:
        raise MiningError(
            f"{study.log.source.path}: the attribute {name!r} is no number, so it has no sum. Bind it with type: number, or name another."
        )
    known = values[~np.isnan(values)]
    distinct, counts = np.unique(known, return_counts=True)
    total = sum((Decimal(repr(float(x))) * int(n) for x, n in zip(distinct, counts, strict=True)), Decimal(0))
    return {"attribute": name, "cases_with_a_value": len(known), "sum": f"{total.normalize():f}"}


def lineage_of(study: Study) -> list[dict[str, Any]]:
    """Every step from the rows of the source to the cases that each check judges; of each, in = out + dropped.

    Raises
    ------
    AssertionError
        If a row, an instance or a case got lost: a fault of this program.

    Examples
    --------
    >>> [(x["step"], x["in"], x["out"]) for x in lineage_of(study)][:3]
    [('rows read', 20548, 20548), ('rows joined to activity instances', 20548, 20548), ('labels to the blueprint', 20548, 20548)]
    """
    log, instances, n = study.log, study.instances, study.instances.n_cases
    lineage = log.lineage
    used, made = sum(lineage.used.values()), len(log.activity)
    read = _step(
        "rows read", lineage.rows_in, used, {drop.reason: drop.count for drop in lineage.dropped}, used=dict(lineage.used),
        parameters={"columns": log.binding.columns, "day_first": log.day_first, "zone": log.binding.tz},
    )  # fmt: skip
    joined = (
        {"row of the start, schedule or pause of an instance that has its row": used - made} if used != made else {}
    )
    steps = [
        read,
        _step("rows joined to activity instances", used, made, joined),
        _step(
            "labels to the blueprint", made, len(instances.case), dict(instances.ignored),
            parameters={"blueprint": study.blueprint.sha256, "labels_it_does_not_know_judged_as_extra": instances.unmapped},
        ),
    ]  # fmt: skip
    filled = int((np.diff(instances.offsets) > 0).sum())
    steps.append(
        _step(
            "cases to the checks", log.n_cases, n, {}, used={"with a step": filled, "without one left": n - filled},
            parameters={"open_cases": study.open_cases, "ends_with": list(study.blueprint.scope.ends_with)},
        )
    )  # fmt: skip
    for row in study.summary().frame.to_dict("records"):
        words = {word: int(row[word]) for word in VERDICTS}
        left = {word: words[word] for word in NOT_JUDGED if words[word]}
        judged = {word: k for word, k in words.items() if word not in NOT_JUDGED}
        steps.append(_step(f"cases judged by {row['check']}", n, int(row["judged"]), left, used=judged))
    return steps


def _step(name: str, n_in: int, n_out: int, dropped: Mapping[str, int], **more: Any) -> dict[str, Any]:
    lost = n_in - n_out - sum(dropped.values())
    assert lost == 0, f"{name}: {n_in} in, {n_out} out, {dict(dropped)} dropped, {lost} lost"
    assert all(k >= 0 for k in dropped.values()), f"{name}: {dict(dropped)}"
    return {"step": name, "in": n_in, "out": n_out, "dropped": dict(dropped), **more}


def software() -> dict[str, str]:
    """Versions of what computes, and on which kind of processor: floating point may differ in its last digit between them."""
    found = {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()}
    for name in SOFTWARE:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = __version__ if name == "service-mining" else "not installed"
    return found


@cache
def tool() -> dict[str, Any]:
    """This program: its version, the hash over its files, and, where it runs from a checkout, the commit and whether files differ from it.

    ``dirty`` is None where git cannot tell.
    """
    package = Path(__file__).parent
    found: dict[str, Any] = {"version": __version__, "sha256": _hash_of(package), "commit": None, "dirty": None}
    root = package.parent
    if (root / ".git").exists() and (root / "pyproject.toml").exists():
        found["commit"] = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--", package.name)
        found["dirty"] = None if changed is None else bool(changed)
    return found


def _hash_of(package: Path) -> str:
    """One hash over the program's files, by name."""
    digest = hashlib.sha256()
    files = {x.relative_to(package).as_posix(): x for x in package.rglob("*") if x.suffix in CODE and x.is_file()}
    for name in sorted(files):
        digest.update(f"{name}\0{sha256_of(files[name])}\0".encode())
    return digest.hexdigest()


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(root), *arguments], capture_output=True, text=True, timeout=20, check=False
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def outputs_of(record: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Name to bytes and SHA-256 of every output of a manifest; of an older one, which has no bytes, None."""
    found: Mapping[str, Any] = record.get("outputs") or {}
    return {name: {"bytes": None, "sha256": x} if isinstance(x, str) else dict(x) for name, x in found.items()}


def roles_of(record: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Role, name, path, bytes and hash of every input of a manifest; an older one knows log and blueprint, by name."""
    inputs: Mapping[str, Any] = record.get("inputs") or {}
    if "files" in inputs:
        files: Sequence[Mapping[str, Any]] = inputs["files"]
        return files
    log = inputs.get("log") or {}
    return [
        {
            "role": "log",
            "name": log.get("name"),
            "path": log.get("name"),
            "bytes": log.get("bytes"),
            "sha256": log.get("sha256"),
        }
    ]
