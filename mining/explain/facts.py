"""What the checks of a study say of one case: verdicts and numbered faults, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mining.conformance import verdicts as v
from mining.conformance.deciders import faults_of
from mining.conformance.deciding import deciding
from mining.explain.wording import Wording, counted
from mining.explain.words import Words
from mining.study import Study
from mining.texts import basis, check_text, clause, promise
from mining.units import MICROSECONDS, readable

ORDER = (v.FAIL, v.ALLOWED, v.PENDING, v.NOT_OBSERVABLE, v.PASS, v.NOT_APPLICABLE)


@dataclass(frozen=True)
class CaseFault:
    """One fault of the case; ``number`` names it in table and picture. Other fields as in ``verdicts.Faults``."""

    number: int
    check: str
    dimension: str
    kind: str
    pattern: str
    activity: int
    partner: int
    instance: int
    at: int
    excess: float
    share: float
    allowance: int
    words: str
    wording: Wording

    @property
    def due(self) -> int | None:
        """The moment at which the limit was reached, where one was."""
        return None if np.isnan(self.excess) else self.at - round(self.excess * MICROSECONDS)


@dataclass(frozen=True)
class CaseCheck:
    """What one check says of the case."""

    result: v.CheckResult
    gross: int
    net: int
    faults: tuple[CaseFault, ...]


def checks_of(study: Study, case: int, w: Words) -> tuple[CaseCheck, ...]:
    """Every check of the study on one case: fails first, then allowed, pending, not observable, pass, not applicable."""
    found = []
    for check in study.checks:
        rows = faults_of(check, case)
        gross, net = int(check.verdict[case]), int(study.net(check)[case])
        found.append((check, gross, net, rows[np.argsort(check.faults.at[rows], kind="stable")]))
    found.sort(key=lambda x: ORDER.index(x[2]))
    number, checks = 0, []
    for check, gross, net, rows in found:
        faults = tuple(_fault(study, check, int(row), number + k, w) for k, row in enumerate(rows.tolist(), 1))
        number += len(faults)
        checks.append(CaseCheck(check, gross, net, faults))
    return tuple(checks)


def _fault(study: Study, check: v.CheckResult, row: int, number: int, w: Words) -> CaseFault:
    one = {name: getattr(check.faults, name)[row].item() for name in v.Faults.__dataclass_fields__}
    kind, pattern, wording = v.KINDS[one["kind"]], v.PATTERNS[one["pattern"]], Wording(study, check, row, w)
    return CaseFault(
        number, check.id, check.dimension, kind, pattern, one["activity"], one["partner"], one["instance"], one["at"],
        one["excess"], one["share"], int(study.allowed[check.id][row]), wording.whole, wording,
    )  # fmt: skip


def resource_of(study: Study, instance: int, w: Words) -> str:
    """Who did a step; a dash where the log does not say."""
    code = int(study.instances.resource[instance])
    return study.log.resources[code] if code >= 0 else w.say("explain.nobody")


def source_rows(study: Study, instances: Sequence[int]) -> tuple[int, ...]:
    """Rows of the source file of some instances, each once, ascending; 1 is the first data row."""
    rows = study.instances.row[np.asarray(instances, np.int64)] if len(instances) else np.empty(0, np.int64)
    return tuple(np.unique(rows[rows > 0]).tolist())


def table_row(study: Study, case: int, check: CaseCheck, w: Words) -> dict[str, Any]:
    """One line of the table of an explanation."""
    result, blueprint = check.result, study.blueprint
    entries = [blueprint.allowances[k] for k in dict.fromkeys(f.allowance for f in check.faults if f.allowance >= 0)]
    rows = () if check.net == v.NOT_APPLICABLE else _rows(study, case, check)
    return {
        "check": result.id,
        "dimension": result.dimension,
        "kind": result.kind,
        "severity": result.severity,
        "verdict": v.VERDICTS[check.net],
        "gross": v.VERDICTS[check.gross],
        "text": check_text(blueprint, result.id, w.lang),
        "basis": basis(blueprint, result.id, w.lang),
        "clause": clause(blueprint, result.id, w.lang),
        "measured": float(result.measured[case]),
        "limit": float(result.limit),
        "unit": result.unit,
        "measured_words": _measured(result, case, w),
        "limit_words": promise(blueprint, result.id, w.lang),
        "faults": tuple(f.number for f in check.faults),
        "what": counted([f.wording for f in check.faults], w),
        "rows": rows,
        "allow_id": w.say("report.comma").join(a.id for a in entries) or None,
        "reason": w.say("report.semicolon").join(_allowance(a, w) for a in entries) or None,
        "why_not": _why_not(study, check, w),
    }


def _rows(study: Study, case: int, check: CaseCheck) -> tuple[int, ...]:
    """What the verdict rests on, and the rows of the faults as :meth:`Study.deviations` has them."""
    found = deciding(study, check.result.id, case)
    decide = {d.instance for d in found if d.instance is not None} | {
        f.instance for f in check.faults if f.instance != v.NONE
    }
    return source_rows(study, sorted(decide))


def _measured(result: v.CheckResult, case: int, w: Words) -> str:
    amount = float(result.measured[case])
    if np.isnan(amount):
        return ""
    if result.kind == "due_date":
        key = "explain.after_due" if amount > 0 else "explain.before_due"
        return w.say(key, length=readable(abs(amount), w.lang))
    return w.length(amount, result.unit)


def _allowance(entry: Any, w: Words) -> str:
    values = {
        "reason": entry.reason.get(w.lang),
        "by": entry.approved_by,
        "first": entry.valid[0],
        "last": entry.valid[1],
    }
    return w.say("explain.allowance", **values)


def _why_not(study: Study, check: CaseCheck, w: Words) -> str | None:
    if check.net == v.PENDING:
        return w.say("explain.pending")
    if check.net != v.NOT_OBSERVABLE:
        return None
    return study.why_not(check.result, w.lang) or w.say("explain.blind")
