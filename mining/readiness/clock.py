"""What the times of a log are worth: zone, precision, order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mining.readiness.tables import both, cells, frame_of
from mining.results import Result
from mining.study import Study
from mining.texts import LANGUAGES, say
from mining.units import MICROSECONDS, MISSING

STEPS = (("microsecond", 1), ("second", MICROSECONDS), ("minute", 60 * MICROSECONDS), ("hour", 3600 * MICROSECONDS))


@dataclass(frozen=True, eq=False, repr=False)
class Clock(Result):
    """One row per fact on the times of a log. Made by :func:`clock_of`."""

    columns: ClassVar[dict[str, str]] = {
        "fact_en": "what is asked, in English",
        "fact_zh": "what is asked, in Chinese",
        "value_en": "the answer, in English",
        "value_zh": "the answer, in Chinese",
        "n": "activity instances of which that is true; missing where it is of the whole log",
        "share": "of all activity instances, 0-1",
        "so_en": "what follows from it, in English",
        "so_zh": "what follows from it, in Chinese",
    }
    zone_known: bool = True

    def sentence(self, lang: str = "en") -> str:
        """In which zone days begin, and whether anybody said so."""
        zone = self.frame["value_en"].iloc[0]
        return say("readiness.zone_said" if self.zone_known else "readiness.zone_not_said", lang, zone=zone)


def clock_of(study: Study) -> Clock:
    """Time zone, span, precision and ties of the log of a study.

    Examples
    --------
    >>> clock_of(study).frame["value_en"].iloc[0]
    'Europe/Amsterdam'
    """
    known = "zone_unknown" not in set(study.quality.frame["problem"])
    frame = frame_of(list(_facts(study, known)), Clock).astype({"n": "Int64", "share": float})
    return Clock(frame, study.provenance("times of the log"), known)


def _facts(study: Study, zone_known: bool) -> Iterator[dict[str, Any]]:
    log, zone = study.log, study.blueprint.tz
    n = log.n_instances
    first, last = (
        pd.Timestamp(x, unit="us", tz="UTC").tz_convert(zone).isoformat(sep=" ", timespec="minutes") for x in log.span
    )
    yield _fact("zone", zone, None, n)
    yield _fact(
        "written",
        log.binding.tz or say("readiness.in_file", "en"),
        None,
        n,
        log.binding.tz or say("readiness.in_file", "zh"),
    )
    yield _fact("first", first, None, n)
    yield _fact("last", last, None, n)
    time = np.where(log.end != MISSING, log.end, log.start)
    finest = next((name for name, step in reversed(STEPS) if not (time % step).any()), "microsecond")
    yield _fact("finest", say(f"readiness.{finest}", "en"), None, n, say(f"readiness.{finest}", "zh"))
    yield _fact("starts", None, int((log.start != MISSING).sum()), n)
    yield _fact("ends", None, int((log.end != MISSING).sum()), n)
    yield _fact("ties", None, int(log.tie.sum()), n)


def _fact(name: str, value: str | None, count: int | None, of: int, chinese: str | None = None) -> dict[str, Any]:
    texts = {"en": value or "", "zh": chinese or value or ""}
    share = count / of if count is not None and of else None
    return (
        both("fact", f"readiness.clock_{name}")
        | cells("value", {lang: texts[lang] for lang in LANGUAGES})
        | {"n": count, "share": share}
        | both("so", f"readiness.clock_{name}_so")
    )
