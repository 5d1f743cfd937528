"""An earlier audit, read from its folder: its findings, the cases it judged, and what people planned since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.errors import MiningError
from mining.log.table import fingerprint
from mining.results import plain

if TYPE_CHECKING:
    from mining.blueprint.model import Blueprint

NEEDED = ("manifest.json", "findings.json", "verdicts.parquet")
FINDING = (
    "finding_id",
    "check",
    "title_en",
    "title_zh",
    "status",
    "severity",
    "priority",
    "n",
    "judged",
    "rate",
    "low",
    "high",
)


@dataclass(frozen=True, eq=False)
class Earlier:
    """An earlier audit, read from its folder. Made by :func:`read_earlier`.

    Attributes
    ----------
    folder : Path
    findings : DataFrame
        One row per finding: finding_id, check, title_en, title_zh, status, severity, priority, n, judged, rate, low, high, owner, due,
        state (of what is done about it).
    cases : array of str
        Ids of the cases, as they stand in it.
    manifest : dict
    blueprint : Blueprint or None
        If it can still be found as it was.
    """

    folder: Path
    findings: pd.DataFrame
    cases: np.ndarray
    manifest: dict[str, Any]
    blueprint: Blueprint | None

    @property
    def fingerprint(self) -> str | None:
        """Of the key of its pseudonyms; None: it has none."""
        privacy: Mapping[str, Any] = self.manifest.get("privacy") or {}
        return privacy.get("fingerprint")

    @property
    def log(self) -> Mapping[str, Any]:
        """What its manifest says of the log: name, sha256, first, last."""
        found: Mapping[str, Any] = self.manifest["inputs"]["log"]
        return found

    @property
    def norm(self) -> Mapping[str, Any]:
        """What its manifest says of the blueprint: id, version, sha256, status."""
        found: Mapping[str, Any] = self.manifest["inputs"]["blueprint"]
        return found


def read_earlier(folder: str | Path) -> Earlier:
    """Read an earlier audit: its findings, the cases it judged, and what people planned since.

    Parameters
    ----------
    folder : str or Path
        What an audit wrote, by this version or an older one. Its ``narrative.yaml`` and ``actions.csv`` are read as they are now.

    Raises
    ------
    MiningError
        If it is none, a file of it was changed after it was written, or what people wrote cannot be read.
    """
    place = Path(folder)
    lacking = [name for name in NEEDED if not (place / name).is_file()]
    if lacking:
        raise MiningError(
            f"{place}: this is no earlier audit: there is no {' and no '.join(lacking)}. Name the folder that `mining audit` wrote into."
        )
    manifest = _json(place / NEEDED[0])
    _untouched(place, manifest)
    rows = [_finding(row) for row in _json(place / NEEDED[1]).get("findings", [])]
    columns = [*FINDING, "owner", "due", "state"]
    findings = pd.DataFrame(rows, columns=columns)
    for name in ("n", "judged"):
        findings[name] = findings[name].astype("int64")
    cases = pd.read_parquet(place / NEEDED[2], columns=["case_id"])["case_id"].astype(str).unique()
    return Earlier(
        place, _with_people(findings, place), np.asarray(cases, object), manifest, _blueprint(place, manifest)
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError) as error:
        raise MiningError(
            f"{path} cannot be read ({error}). Take the folder from where it was kept, or audit again."
        ) from None
    if not isinstance(found, dict) or (path.name == NEEDED[0] and not {"inputs", "outputs"} <= set(found)):
        raise MiningError(f"{path}: this is no file of an audit. Name the folder that `mining audit` wrote into.")
    return found


def _untouched(place: Path, manifest: Mapping[str, Any]) -> None:
    """The files that are read must be those that the manifest vouches for."""
    for name in NEEDED[1:]:
        stamp = manifest["outputs"].get(name)
        wanted = stamp.get("sha256") if isinstance(stamp, Mapping) else stamp
        if fingerprint(place / name)[0] != wanted:
            raise MiningError(
                f"{place / name} is not as the audit wrote it (its hash is not the one in manifest.json), so its findings cannot be relied "
                "on. `mining verify` tells what differs; take the folder from where it was kept."
            )


def _finding(row: Mapping[str, Any]) -> dict[str, Any]:
    """A finding of any version of the record, flat."""
    if "condition" not in row:  # of an audit before there were records
        names = {"n": "n_net", "judged": "n_judged"}
        return {name: row.get(names.get(name, name)) for name in FINDING} | {"owner": None, "due": None, "state": None}
    condition, title = row["condition"], row["title"]
    flat = {name: row[name] for name in ("finding_id", "status", "severity", "priority")}
    flat |= {"check": row["place"]["check"], "title_en": title["en"], "title_zh": title["zh"]}
    flat |= {
        "n": condition["n_net"],
        "judged": condition["n_judged"],
        **{x: condition[x] for x in ("rate", "low", "high")},
    }
    said = [row.get("response") or {}, *((row.get("action") or {}).get("actions") or [])]
    return flat | {
        x: _first(each.get(key) for each in said)
        for x, key in (("owner", "owner"), ("due", "due"), ("state", "status"))
    }


def _first(values: Any) -> str | None:
    return next((str(value) for value in values if plain(value) not in (None, "")), None)


def _with_people(findings: pd.DataFrame, place: Path) -> pd.DataFrame:
    """What people wrote since over what the record says: on the finding first, then in the plan."""
    said: dict[str, list[Any]] = {}
    if (place / "narrative.yaml").exists():
        from mining.record.narrative import read_narrative

        narrative = read_narrative(place / "narrative.yaml")
        said |= {id: [vars(narrative.of(id))] for id in findings["finding_id"]}
    if (place / "actions.csv").exists():
        from mining.plan import read_actions

        for row in read_actions(place / "actions.csv").frame.to_dict("records"):
            said.setdefault(str(row["finding_id"]), []).append(row)
    if not said:
        return findings
    found = findings.copy()
    for name, key in (("owner", "owner"), ("due", "due"), ("state", "status")):
        now = [_first(each.get(key) for each in said.get(id, ())) for id in found["finding_id"]]
        found[name] = [new or old for new, old in zip(now, found[name], strict=True)]
    return found


def _blueprint(place: Path, manifest: Mapping[str, Any]) -> Blueprint | None:
    """The blueprint of then, where its files are still there, byte for byte."""
    from mining.blueprint import read_blueprint

    files = [x for x in manifest["inputs"].get("files", ()) if x["role"] == "blueprint"]
    paths = [place.resolve() / x["path"] for x in files]
    if not files or any(
        not path.is_file() or fingerprint(path)[0] != x["sha256"] for path, x in zip(paths, files, strict=True)
    ):
        return None
    sha256 = manifest["inputs"]["blueprint"]["sha256"]
    for path in paths:
        if path.suffix in (".yaml", ".yml") and (found := read_blueprint(path)).sha256 == sha256:
            return found
    return None
