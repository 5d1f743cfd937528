"""What changed since an older version of the blueprint, and which cases began under which version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mining.blueprint import read_blueprint
from mining.blueprint.model import Blueprint
from mining.display import NotMeasured
from mining.log import EventLog
from mining.readiness.tables import both, cells, frame_of, of_design
from mining.results import Result
from mining.study import Study
from mining.texts import LANGUAGES, file_name, say
from mining.units import MISSING

DAY = timedelta(days=1)
LATE = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False, repr=False)
class Changes(Result):
    """One row per difference between an older and the present blueprint. Made by :func:`changes_since`."""

    columns: ClassVar[dict[str, str]] = {
        "kind": "added, removed, changed or renamed",
        "part": "part of the blueprint",
        "what_en": "the change, in English",
        "what_zh": "the change, in Chinese",
    }

    older: str = ""
    newer: str = ""

    def sentence(self, lang: str = "en") -> str:
        """How many differences there are, between which versions."""
        key = "readiness.changes" if len(self.frame) else "readiness.changes_none"
        return say(key, lang, n=len(self.frame), older=self.older, newer=self.newer)


def changes_since(older: str | Path | None, blueprint: Blueprint) -> Changes | NotMeasured:
    """What changed from an older version of a blueprint to this one.

    Parameters
    ----------
    older : str, Path or None
        File of the older version. None: said, not guessed.
    blueprint : Blueprint

    Examples
    --------
    >>> changes_since("sample_logs/permit_receipt/blueprint.yaml", study.blueprint).sentence()
    'Both files say the same (version 2026-01).'
    >>> changes_since(None, study.blueprint)
    Not measured: changes since an older version. Give OLDER, the file of that version, to compare the two.
    """
    if older is None:
        return NotMeasured("readiness.no_older")
    before = read_blueprint(older)
    rows = [
        {"kind": one.kind, "part": str(one.path[0]) if one.path else ""}
        | cells("what", {lang: one.say(lang) for lang in LANGUAGES})
        for one in before.diff(blueprint)
    ]
    made = of_design("changes of the blueprint", blueprint)
    return Changes(frame_of(rows, Changes), made, before.version, blueprint.version)


@dataclass(frozen=True, eq=False, repr=False)
class InForce(Result):
    """One row per version of the blueprint, and one for the days without any: the cases that began then. Made by :func:`in_force`."""

    columns: ClassVar[dict[str, str]] = {
        "version_en": "version of the blueprint, in English",
        "version_zh": "version of the blueprint, in Chinese",
        "status": "draft, approved or retired",
        "file": "its file",
        "first": "first day in force",
        "last": "last day in force; missing until further notice",
        "cases": "cases of the log that began in these days",
        "share": "of all cases of the log, 0-1",
    }

    def sentence(self, lang: str = "en") -> str:
        """How many cases began when no version was in force."""
        none = int(self.frame["cases"].iloc[-1])
        return say("readiness.force_all" if not none else "readiness.force_none", lang, n=f"{none:,}")


def in_force(study: Study, older: str | Path | None = None) -> InForce:
    """Which cases began while which version was in force. A version without a last day ends where the next one begins.

    A draft is in force on no day; its days are counted all the same, and its status stands beside them.

    Examples
    --------
    >>> in_force(study).frame["cases"].sum() == study.log.n_cases
    np.True_
    """
    norms = sorted([*([read_blueprint(older)] if older else []), study.blueprint], key=lambda b: b.effective[0])
    days = _first_days(study.log, study.blueprint.tz)
    rows: list[dict[str, Any]] = []
    covered = np.zeros(len(days), bool)
    for norm, (first, last) in zip(norms, _periods(norms), strict=True):
        mine = (days >= np.datetime64(first)) & (days <= np.datetime64(last) if last else True) & ~covered
        covered |= mine
        rows.append(
            both("version", "readiness.force_version", version=norm.version)
            | {
                "status": norm.status,
                "file": file_name(norm.path),
                "first": first,
                "last": last,
                "cases": int(mine.sum()),
            }
        )
    rows.append(both("version", "readiness.force_no_version") | {"cases": int((~covered).sum())})
    frame = frame_of(rows, InForce).assign(share=lambda x: x["cases"] / max(len(days), 1))
    return InForce(frame, study.provenance("versions in force"))


def _periods(norms: list[Blueprint]) -> Iterator[tuple[date, date | None]]:
    for i, norm in enumerate(norms):
        first, last = norm.effective
        until = date.fromisoformat(last) if last else None
        if until is None and i + 1 < len(norms):
            until = date.fromisoformat(norms[i + 1].effective[0]) - DAY
        yield date.fromisoformat(first), until


def _first_days(log: EventLog, tz: str) -> np.ndarray:
    """Local day on which each case began."""
    times = [np.where(x == MISSING, LATE, x) for x in (log.scheduled, log.start, log.end)]
    first = np.minimum.reduceat(np.minimum.reduce(times), log.offsets[:-1])
    local = pd.DatetimeIndex(first.view("datetime64[us]")).tz_localize("UTC").tz_convert(tz).tz_localize(None)
    return np.asarray(local.to_numpy(), "datetime64[D]")
