"""Which cases the log holds from beginning to end, and which are cut off, still run, or were given up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mining.blueprint.derived import OUTCOME
from mining.conformance import verdicts as v
from mining.readiness.tables import both, frame_of, named
from mining.results import Result
from mining.study import Study
from mining.texts import activity_name, say


@dataclass(frozen=True, eq=False, repr=False)
class Ends(Result):
    """One row per way in which a case may lack its beginning or its end. Made by :func:`ends_of`."""

    columns: ClassVar[dict[str, str]] = {
        "cases_en": "which cases, in English",
        "cases_zh": "which cases, in Chinese",
        "n": "how many",
        "share": "of all cases, 0-1",
        "so_en": "what follows from it, in English",
        "so_zh": "what follows from it, in Chinese",
        "examples": "the first of them",
    }
    starts: tuple[tuple[str, str], ...] = ()  # (lang, names)
    ends: tuple[tuple[str, str], ...] = ()
    judged: bool = False

    def sentence(self, lang: str = "en") -> str:
        """With which steps a case begins and ends by design, and how cases without an end are read."""
        said = say("readiness.ends", lang, starts=dict(self.starts)[lang], ends=dict(self.ends)[lang])
        return said + say("readiness.ends_judged" if self.judged else "readiness.ends_pending", lang)


def ends_of(study: Study) -> Ends:
    """Cases of the log by whether their beginning and end are in it.

    Examples
    --------
    >>> ends_of(study).frame["n"].iloc[:4].sum() == study.log.n_cases
    np.True_
    """
    ids, total = np.asarray(study.log.case_ids), study.instances.n_cases
    rows = []
    for name, cases in _groups(study):
        at = np.flatnonzero(cases)
        rows.append(
            both("cases", f"readiness.cases_{name}")
            | {"n": len(at), "share": len(at) / total if total else None, "examples": ids[at[:3]].tolist()}
            | both("so", f"readiness.cases_{name}_so")
        )
    scope, judged = study.blueprint.scope, study.open_cases == "judge"
    begin, end = (
        tuple((lang, named([activity_name(study.blueprint, x, lang) for x in names])[lang]) for lang in ("en", "zh"))
        for names in (scope.starts_with, scope.ends_with)
    )
    return Ends(frame_of(rows, Ends), study.provenance("beginnings and ends of the cases"), begin, end, judged)


def _groups(study: Study) -> Iterator[tuple[str, np.ndarray]]:
    start, end = study.has_start, study.has_end
    yield "whole", start & end
    yield "no_end", start & ~end
    yield "no_start", ~start & end
    yield "neither", ~start & ~end
    outcome = next(check for check in study.checks if check.id == OUTCOME)  # a standard may have the dimension as well
    for kind in ("abandoned", "reopened"):
        cases = np.zeros(study.instances.n_cases, bool)
        cases[outcome.faults.case[outcome.faults.kind == v.KINDS.index(kind)]] = True
        yield kind, cases
