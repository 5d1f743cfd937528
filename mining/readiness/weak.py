"""Weak places of a design: where, how heavy, why it matters, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from mining.blueprint.lint.weakness import SEVERITIES, Weakness
from mining.blueprint.model import Blueprint
from mining.readiness.tables import both, cells, frame_of, of_design
from mining.results import Result
from mining.study import Study
from mining.texts import file_name, say
from mining.units import MICROSECONDS


@dataclass(frozen=True, eq=False, repr=False)
class WeakPlaces(Result):
    """One row per weak place of a design, the heaviest first. Made by :func:`weak_places`."""

    columns: ClassVar[dict[str, str]] = {
        "severity": "error: no blueprint yet; warning: a promise that cannot be checked, or a part without effect; note: left open",
        "place": "file and line",
        "what_en": "what is weak, in English",
        "what_zh": "what is weak, in Chinese",
        "why_en": "why it matters, in English",
        "why_zh": "why it matters, in Chinese",
        "to_do_en": "what to do, in English",
        "to_do_zh": "what to do, in Chinese",
        "code": "short name of the kind of weakness, the same in all languages",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("severity", "place", "what_en", "what_zh", "why_en", "why_zh", "to_do_en", "to_do_zh"),
    )

    beside_a_log: bool = False

    def sentence(self, lang: str = "en") -> str:
        """How many there are of each severity."""
        if self.frame.empty:
            return say("readiness.unfit_none" if self.beside_a_log else "readiness.weak_none", lang)
        counts = {f"n_{name}": int((self.frame["severity"] == name).sum()) for name in SEVERITIES}
        return say("readiness.weak", lang, n=len(self.frame), **counts)


def weak_places(blueprint: Blueprint) -> WeakPlaces:
    """The lint of a design as a table.

    Examples
    --------
    >>> weak_places(study.blueprint).frame["severity"].isin(["warning", "note"]).all()
    np.True_
    """
    rows = [_row(one) for one in blueprint.lint()]
    return WeakPlaces(frame_of(rows, WeakPlaces), of_design("weak places of the design", blueprint))


def _row(one: Weakness) -> dict[str, Any]:
    languages = ("en", "zh")
    return (
        {"severity": one.severity, "place": file_name(one.place), "code": one.code}
        | cells("what", {lang: one.what.get(lang) for lang in languages})
        | cells("why", {lang: one.why.get(lang) for lang in languages})
        | both("to_do", f"readiness.do.{one.code}")
    )


def unfit_places(study: Study) -> WeakPlaces:
    """What of a design does not fit the log of a study: weak places that only show beside it.

    Labels and activities, days outside the calendars or the time in force, exceptions that no case uses.

    Examples
    --------
    >>> unfit_places(study).frame["code"].tolist()
    ['label-unknown']
    """
    b, found = study.blueprint, study.instances
    first, last = (datetime.fromtimestamp(x / MICROSECONDS, ZoneInfo(b.tz)).date() for x in study.log.span)
    used = {b.allowances[i].id for places in study.allowed.values() for i in set(places.tolist()) if i >= 0}
    strange = {label: n for label, n in found.unmapped.items() if label not in b.stand_ins}
    own = {str(one) for one in b.lint()}
    beside = b.lint(log_days=(first, last), used_allowances=used, unknown_labels=strange, never_seen=found.unseen)
    rows = [_row(one) for one in beside if str(one) not in own]
    return WeakPlaces(frame_of(rows, WeakPlaces), study.provenance("what of the design does not fit the log"), True)
