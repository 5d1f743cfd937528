"""Whether a rule's verdict hangs on the moment it uses: start or completion of its activities."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import ClassVar

import numpy as np
import pandas as pd

from mining.blueprint.model import Blueprint, Rule
from mining.calendars import Calendar
from mining.conformance import verdicts as v
from mining.conformance.instances import Instances
from mining.conformance.rules import check_rule
from mining.results import Provenance, Result
from mining.texts import say
from mining.units import percent

ORDERED = frozenset({"precedence", "response", "succession", "not_followed_by", "not_before"})
JUDGED = (v.PASS, v.FAIL)
EXAMPLES = 5


@dataclass(frozen=True, eq=False, repr=False)
class MomentFlips(Result):
    """One row per rule of order and other pair of moments with which at least one verdict is another.

    Attributes
    ----------
    n_rules : int
        Rules of order that were tried with other moments; 0 where the log has no starts, or the blueprint no such rule.
    has_starts : bool
        Whether the log has starts; without them there is nothing to try.
    """

    n_rules: int = 0
    has_starts: bool = False

    columns: ClassVar[dict[str, str]] = {
        "check": "id of the rule",
        "a_at": "moment of a that the rule names: start or complete",
        "b_at": "moment of b that the rule names",
        "other_a_at": "moment of a that was tried instead",
        "other_b_at": "moment of b that was tried instead",
        "judged": "cases that pass or fail with both",
        "flips": "of them those that pass with one and fail with the other",
        "share": "flips / judged, 0-1",
        "to_fail": "cases that pass as the rule is, and would fail",
        "to_pass": "cases that fail as the rule is, and would pass",
        "cases": "ids of the first such cases",
    }

    def sentence(self, lang: str = "en") -> str:
        """How many rules hang on the moment that they use, and the one that does most."""
        if not self.n_rules:
            return say("conformance.moments.no_rules" if self.has_starts else "conformance.moments.no_starts", lang)
        if self.frame.empty:
            return say("conformance.moments.none", lang, n=self.n_rules)
        row = self.frame.loc[self.frame["flips"].idxmax()]
        return say(
            "conformance.moments.told", lang, k=self.frame["check"].nunique(), n=self.n_rules, check=row["check"],
            flips=f"{row['flips']:,}", judged=f"{row['judged']:,}", share=percent(row["share"], lang),
        )  # fmt: skip

    def per_check(self) -> dict[str, int]:
        """For each rule the largest number of cases that one other choice of moments turns."""
        return {str(id): int(n) for id, n in self.frame.groupby("check", sort=False)["flips"].max().items()}


def moment_flips(
    blueprint: Blueprint, instances: Instances, is_open: np.ndarray, calendars: dict[str, Calendar],
    found: dict[str, v.CheckResult] | None = None,
) -> MomentFlips:  # fmt: skip
    """Count the cases whose verdict would be another if a rule of order used other moments.

    Parameters
    ----------
    blueprint : Blueprint
    instances : Instances
        Without any start there is nothing to try, and the result is empty.
    is_open : bool array of shape (n_cases,)
    calendars : dict of str to Calendar
    found : dict of str to CheckResult, optional
        Results of rules that are judged already, by id.

    Returns
    -------
    MomentFlips

    Examples
    --------
    >>> flips = moment_flips(study.blueprint, study.instances, study.is_open, study.calendars)
    >>> len(flips)  # this log has no starts
    0
    """
    rows = []
    has_starts = bool(instances.whole.has_starts)
    rules = [x for x in blueprint.checks.values() if has_starts and isinstance(x, Rule) and x.kind in ORDERED]
    for rule in rules:
        mine = (found or {}).get(rule.id) or check_rule(rule, blueprint, instances, is_open, calendars)
        rows += _tried(rule, mine, blueprint, instances, is_open, calendars)
    log = instances.log
    provenance = Provenance("verdicts that hang on the moment", log.source.sha256, blueprint.sha256, instances.n_cases)
    return MomentFlips(pd.DataFrame(rows, columns=list(MomentFlips.columns)), provenance, len(rules), has_starts)


def _tried(
    rule: Rule, mine: v.CheckResult, blueprint: Blueprint, instances: Instances, is_open: np.ndarray,
    calendars: dict[str, Calendar],
) -> list[dict[str, object]]:  # fmt: skip
    """A row per other pair of moments that turns a verdict."""
    rows: list[dict[str, object]] = []
    for a_at, b_at in product(("start", "complete"), repeat=2):
        if (a_at, b_at) == (rule.a_at, rule.b_at):
            continue
        other = check_rule(replace(rule, a_at=a_at, b_at=b_at), blueprint, instances, is_open, calendars)
        judged = np.isin(mine.verdict, JUDGED) & np.isin(other.verdict, JUDGED)
        to_fail = judged & (mine.verdict == v.PASS) & (other.verdict == v.FAIL)
        to_pass = judged & (mine.verdict == v.FAIL) & (other.verdict == v.PASS)
        turned = np.flatnonzero(to_fail | to_pass)
        if len(turned):
            rows.append(
                {
                    "check": rule.id, "a_at": rule.a_at, "b_at": rule.b_at, "other_a_at": a_at, "other_b_at": b_at,
                    "judged": int(judged.sum()), "flips": len(turned), "share": len(turned) / int(judged.sum()),
                    "to_fail": int(to_fail.sum()), "to_pass": int(to_pass.sum()),
                    "cases": tuple(np.asarray(instances.log.case_ids)[turned[:EXAMPLES]].tolist()),
                }
            )  # fmt: skip
    return rows
