"""The findings of an earlier audit, measured again on another log: resolved, better, the same or worse, read from an interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.conformance.verdicts import ALLOWED
from mining.errors import MiningError
from mining.harm.naive import naive_of
from mining.record.earlier_audit import Earlier, read_earlier
from mining.results import Result, plain, wilson
from mining.texts import say

if TYPE_CHECKING:
    from mining.blueprint.model import Blueprint
    from mining.study import Study

__all__ = [
    "RULE",
    "VERDICTS",
    "WHY",
    "Earlier",
    "Remeasured",
    "difference",
    "read_earlier",
    "remeasured",
    "verdict_of",
    "verdict_word",
]

FEW = 30  # judged cases, before or now, below which nothing is said
LIMIT = 0.01  # a rate that is surely below it counts as resolved, if it has surely fallen
CHANCE = 0.05  # at most, of seeing no case at the lower end of the old rate, for none to count as resolved
VERDICTS = ("worse", "unchanged", "improved", "resolved", "cannot_tell", "not_comparable")
WORSE, UNCHANGED, IMPROVED, RESOLVED, CANNOT_TELL, NOT_COMPARABLE = VERDICTS
NEARLY = "nearly"  # resolved, with a few cases left: said apart
TOLD = ("worse", "unchanged", "improved", NEARLY, "resolved", "cannot_tell", "not_comparable")
WHY = ("check_gone", "blueprint_changed", "blueprint_unknown", "open_cases", "few_cases")
NEUTRAL = (
    "version",
    "status",
    "approval",
    "effective",
    "owner",
    "name",
    "id",
    "kpis",
    "basis",
    "changes",
)  # no check reads them
OWN = ("rules", "standards")  # parts that concern the check of the same id only
RULE = (
    f"not_comparable: the check is gone or its blueprint changed; cannot_tell: fewer than {FEW} judged cases then or now; "
    f"resolved: none now, where at the lower end of the old rate that had a chance of {CHANCE:.0%} at most, "
    f"or the difference below 0 and the upper end of the new rate below {LIMIT:.0%}; "
    "improved, worse: the whole interval of the difference below, above 0; unchanged: it holds 0"
)


@dataclass(frozen=True, eq=False, repr=False)
class Remeasured(Result):
    """One row per earlier finding, in the order of then. Made by :func:`remeasured`.

    Attributes
    ----------
    earlier : Earlier
    fresh : DataFrame
        Ranked findings that the earlier audit did not have: finding_id, title_en, title_zh, priority, n, judged, rate, low, high, of the
        cases that only the new log has.
    shared : int or None
        Cases in both logs, which are left out now. None: that cannot be told, since the pseudonyms have different keys.
    cases : int
        Cases of the new log that are counted.
    changes : tuple of Change
        What changed in the blueprint, where both are known.
    """

    earlier: Earlier
    fresh: pd.DataFrame
    shared: int | None
    cases: int
    changes: tuple[Any, ...]

    columns: ClassVar[dict[str, str]] = {
        "finding_id": "id of the finding: the same check and place",
        "title_en": "what was found, in English",
        "title_zh": "the same in Chinese",
        "check": "id of the check",
        "priority": "H, M or L as of then; missing for what was not ranked",
        "status": "as of then",
        "n_before": "cases with the fault that no allowance covered, then",
        "judged_before": "cases in which the check could be judged, then",
        "rate_before": "n_before / judged_before, 0-1",
        "low_before": "lower end of the 95 % Wilson interval of rate_before",
        "high_before": "upper end of the 95 % Wilson interval of rate_before",
        "n_now": "the same now, of the cases that only the new log has; missing where it cannot be compared",
        "judged_now": "cases in which the check could be judged, now",
        "rate_now": "n_now / judged_now, 0-1",
        "low_now": "lower end of the 95 % Wilson interval of rate_now",
        "high_now": "upper end of the 95 % Wilson interval of rate_now",
        "difference": "rate_now - rate_before; not adjusted for other cases than then",
        "low": "lower end of the 95 % interval of the difference (Newcombe 1998)",
        "high": "upper end of it",
        "verdict": "one of " + ", ".join(VERDICTS),
        "why": "why it cannot be compared or told: one of " + ", ".join(WHY) + "; empty: it can",
        "owner": "who was to see to it; missing where nobody is named",
        "due": "by when",
        "state": "how far it is, as people wrote",
    }
    shown: ClassVar[tuple[str, ...]] = (
        "title_en", "priority", "n_before", "judged_before", "rate_before", "n_now", "judged_now", "rate_now", "difference", "low", "high",
        "verdict", "why", "owner", "due", "state",
    )  # fmt: skip

    def sentence(self, lang: str = "en") -> str:
        """How many earlier findings came to which verdict, how many are new, and which cases were left out."""
        if self.frame.empty:
            text = say("earlier.none", lang)
        else:
            counts = pd.Series([_told_as(row) for row in self.frame.to_dict("records")]).value_counts()
            parts = [say(f"earlier.count_{x}", lang, n=int(counts[x])) for x in TOLD if x in counts]
            text = say("earlier.said", lang, n=len(self.frame), how=say("told.comma", lang).join(parts))
        text += say("earlier.fresh", lang, n=len(self.fresh)) if len(self.fresh) else say("earlier.no_fresh", lang)
        if self.shared is None:
            return text + say("earlier.shared_unknown", lang)
        return text + (
            say("earlier.shared", lang, n=f"{self.shared:,}", cases=f"{self.cases:,}") if self.shared else ""
        )

    def limits(self, lang: str = "en") -> list[str]:
        """The rule of the verdicts, and what they do not say; then what changed in the blueprint."""
        said = [say("earlier.rule", lang, few=FEW, limit=f"{LIMIT:.0%}"), say("earlier.unadjusted", lang)]
        if self.changes:
            said.append(say("earlier.changes", lang, n=len(self.changes), what=self.changes[0].say(lang)))
        return said

    def to_dict(self) -> dict[str, Any]:
        """The table, what is new, and what it was compared with, as plain values."""
        fresh = [{k: plain(v) for k, v in row.items()} for row in self.fresh.to_dict("records")]
        log, norm = self.earlier.log, self.earlier.norm
        then = {"log": {x: log.get(x) for x in ("name", "sha256", "first", "last")}}
        then["blueprint"] = {x: norm.get(x) for x in ("id", "version", "sha256")}
        return super().to_dict() | {
            "new_findings": fresh,
            "cases_in_both_logs": self.shared,
            "cases_compared": self.cases,
            "rule": RULE,
            "earlier": then,
        }


def remeasured(earlier: Earlier, study: Study, *, fingerprint: str | None = None) -> Remeasured:
    """Measure every finding of an earlier audit again, by its id.

    A finding that is gone counts as none of the cases that its check judges. Cases that both logs have are left out of the new side, so
    that both sides are different cases. Shares are compared as they are: the mix of cases may have changed too.

    Parameters
    ----------
    earlier : Earlier
    study : Study
        Of the new log, with pseudonyms where the earlier audit has them.
    fingerprint : str, optional
        Of the key of its pseudonyms; None: it has none. With another key nobody can tell which cases are in both logs.

    Returns
    -------
    Remeasured

    Raises
    ------
    MiningError
        If the earlier audit is of another service.
    """
    if earlier.norm.get("id") != study.blueprint.id:
        raise MiningError(
            f"{earlier.folder}: the earlier audit is of the service {earlier.norm.get('id')!r}, this blueprint is of "
            f"{study.blueprint.id!r}: their findings have nothing in common."
        )
    ids = np.asarray(study.log.case_ids, object)
    same_key = earlier.fingerprint == fingerprint
    both = np.isin(ids.astype(str), earlier.cases.astype(str)) if same_key else np.zeros(len(ids), bool)
    changes = _changes(earlier, study.blueprint)
    now = _now(study, ids[~both])
    judged = {check.id: int(((study.net(check) <= ALLOWED) & ~both).sum()) for check in study.checks}
    rows = [
        _row(
            row,
            judged.get(row["check"]),
            now.get(row["finding_id"], 0),
            _why_not(row["check"], earlier, study, changes),
        )
        for row in earlier.findings.to_dict("records")
    ]
    frame = pd.DataFrame(rows, columns=list(Remeasured.columns)).astype({"n_now": "Int64", "judged_now": "Int64"})
    source = study.provenance(
        "earlier findings measured again",
        earlier_log=str(earlier.log.get("sha256"))[:12],
        interval="95 % Newcombe",
        few=FEW,
        limit=LIMIT,
    )
    fresh = _fresh(study, set(earlier.findings["finding_id"]), now, judged)
    return Remeasured(
        frame, source, earlier, fresh, int(both.sum()) if same_key else None, int((~both).sum()), changes or ()
    )


def _changes(earlier: Earlier, blueprint: Blueprint) -> tuple[Any, ...] | None:
    """What changed in the blueprint; None: that is not known."""
    if earlier.norm.get("sha256") == blueprint.sha256:
        return ()
    if earlier.blueprint is None:
        return None
    from mining.blueprint.diff import diff

    return tuple(change for change in diff(earlier.blueprint, blueprint) if change.path[0] not in NEUTRAL)


def _why_not(check: str, earlier: Earlier, study: Study, changes: tuple[Any, ...] | None) -> str:
    """Why a finding cannot be compared; empty: it can."""
    if check not in {each.id for each in study.checks}:
        return "check_gone"
    if earlier.manifest.get("parameters", {}).get("open_cases", study.open_cases) != study.open_cases:
        return "open_cases"
    if changes is None:
        return "blueprint_unknown"
    concerned = [x for x in changes if x.path[0] not in OWN or (len(x.path) > 1 and x.path[1] == check)]
    return "blueprint_changed" if concerned else ""


def _now(study: Study, cases: np.ndarray) -> dict[str, int]:
    """Finding id to the number of these cases that have it, without those that an allowance covers."""
    faults = study.deviations().frame
    if faults.empty:
        return {}
    faults = faults[(faults["verdict"] == "fail") & faults["case_id"].isin(cases)]
    return {str(id): int(n) for id, n in faults.groupby("finding_id")["case_id"].nunique().items()}


def _row(row: Mapping[str, Any], judged: int | None, n: int, why: str) -> dict[str, Any]:
    then = {"n_before": row["n"], "judged_before": row["judged"]}
    then |= {f"{name}_before": row[name] for name in ("rate", "low", "high")}
    found = {
        name: row[name]
        for name in ("finding_id", "title_en", "title_zh", "check", "priority", "status", "owner", "due", "state")
    }
    nothing = dict.fromkeys(("rate_now", "low_now", "high_now", "difference", "low", "high"), math.nan)
    if why or judged is None:
        return found | then | nothing | {"n_now": None, "judged_now": None, "verdict": NOT_COMPARABLE, "why": why}
    low, high = wilson(n, judged)
    change = difference(row["n"], row["judged"], n, judged)
    verdict = verdict_of(row["n"], row["judged"], n, judged)
    now = {
        "n_now": n,
        "judged_now": judged,
        "rate_now": n / judged if judged else math.nan,
        "low_now": low,
        "high_now": high,
    }
    now |= dict(zip(("difference", "low", "high"), change, strict=True))
    return found | then | now | {"verdict": verdict, "why": "few_cases" if verdict == CANNOT_TELL else ""}


def difference(n_before: int, judged_before: int, n_now: int, judged_now: int) -> tuple[float, float, float]:
    """Change of a rate with its 95 % interval (Newcombe 1998, method 10); not a number where a side has no case.

    Examples
    --------
    >>> [round(x, 4) for x in difference(48, 80, 56, 70)]
    [0.2, 0.0524, 0.3339]
    """
    sides = [np.repeat([1.0, 0.0], [n, judged - n]) for n, judged in ((n_now, judged_now), (n_before, judged_before))]
    found = naive_of(sides[0], sides[1], share=True)
    return found["naive"], found["naive_low"], found["naive_high"]


def verdict_of(n_before: int, judged_before: int, n_now: int, judged_now: int) -> str:
    """What became of a finding, from the counts of then and now; see ``RULE``.

    Examples
    --------
    >>> verdict_of(60, 1000, 0, 200), verdict_of(60, 1000, 2, 900), verdict_of(60, 1000, 30, 900), verdict_of(60, 1000, 54, 900)
    ('resolved', 'resolved', 'improved', 'unchanged')
    >>> verdict_of(60, 1000, 99, 900), verdict_of(60, 1000, 0, 29), verdict_of(2, 1000, 0, 900)
    ('worse', 'cannot_tell', 'unchanged')
    """
    if min(judged_before, judged_now) < FEW:
        return CANNOT_TELL
    _, low, high = difference(n_before, judged_before, n_now, judged_now)
    if n_before and n_now == 0 and (1 - wilson(n_before, judged_before)[0]) ** judged_now <= CHANCE:
        return RESOLVED
    if high < 0:
        return RESOLVED if wilson(n_now, judged_now)[1] < LIMIT else IMPROVED
    return WORSE if low > 0 else UNCHANGED


def verdict_word(row: Mapping[str, Any], lang: str) -> str:
    """What became of a finding, in words; one that a few cases still have is not called resolved without its limit.

    Parameters
    ----------
    row : mapping
        Of :class:`Remeasured`.
    lang : {"en", "zh"}

    Examples
    --------
    >>> verdict_word({"verdict": "resolved", "n_now": 7}, "en"), verdict_word({"verdict": "resolved", "n_now": 0}, "en")
    ('resolved (upper limit below 1 %)', 'resolved')
    """
    return say(f"earlier.verdict_{_told_as(row)}", lang)


def _told_as(row: Mapping[str, Any]) -> str:
    return NEARLY if row["verdict"] == RESOLVED and row["n_now"] else str(row["verdict"])


def _fresh(study: Study, known: set[str], now: Mapping[str, int], judged: Mapping[str, int]) -> pd.DataFrame:
    """The ranked findings that were none before, of the cases that are counted."""
    columns = ["finding_id", "title_en", "title_zh", "priority", "n", "judged", "rate", "low", "high"]
    rows = []
    for row in study.findings().open().to_dict("records"):
        n, of = now.get(row["finding_id"], 0), judged[row["check"]]
        if row["finding_id"] in known or not n:
            continue
        low, high = wilson(n, of)
        kept = {name: row[name] for name in ("finding_id", "title_en", "title_zh", "priority")}
        rows.append(kept | {"n": n, "judged": of, "rate": n / of, "low": low, "high": high})
    return pd.DataFrame(rows, columns=columns)
