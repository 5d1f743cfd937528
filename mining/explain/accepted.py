"""What is accepted: the allow-list beside the cases that use it, and whether that stays within what was agreed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.results import Result, wilson
from mining.texts import LANGUAGES, activity_name, say

if TYPE_CHECKING:
    from mining.blueprint.model import Allowance
    from mining.study import Study

WITHIN, OVER, NO_BOUND, UNUSED = "within", "over", "no_bound", "unused"


@dataclass(frozen=True, eq=False, repr=False)
class Accepted(Result):
    """One row per entry of the allow-list. Made by :func:`accepted_of`."""

    columns: ClassVar[dict[str, str]] = {
        "allow_id": "id of the entry",
        "what_en": "which faults it covers, in English",
        "what_zh": "the same in Chinese",
        "reason_en": "why they are accepted, in English",
        "reason_zh": "the same in Chinese",
        "decision": "what was decided",
        "approved_by": "who accepted them",
        "valid_from": "first day on which a fault may lie",
        "valid_to": "last day",
        "faults": "faults that it covers",
        "cases": "cases with such a fault",
        "share": "cases / all cases, 0-1",
        "low": "lower end of its 95 % Wilson interval",
        "high": "upper end of its 95 % Wilson interval",
        "max_share": "share of the cases that was agreed at most, 0-1; missing where none was",
        "use": "unused; within (share does not exceed max_share), over (it does), no_bound (there is none)",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *(
            "allow_id",
            "what_en",
            "what_zh",
            "reason_en",
            "reason_zh",
            "decision",
            "approved_by",
            "valid_from",
            "valid_to",
        ),
        *("faults", "cases", "share", "max_share", "use"),
    )

    def sentence(self, lang: str = "en") -> str:
        """How many entries there are, what they cover, and which are used more than agreed, or not at all."""
        if not len(self.frame):
            return say("conformance.accepted.none", lang)
        text = say("conformance.accepted.told", lang, n=len(self.frame), faults=f"{int(self.frame['faults'].sum()):,}")
        for use in (OVER, UNUSED, NO_BOUND):
            ids = self.frame.loc[self.frame["use"] == use, "allow_id"].tolist()
            if ids:
                text += say(f"conformance.accepted.{use}", lang, ids=say("word.listed", lang).join(ids))
        return text


def accepted_of(study: Study) -> Accepted:
    """The allow-list of the blueprint and what it covers in the log.

    Returns
    -------
    Accepted
        In the order of the blueprint.

    Examples
    --------
    >>> found = accepted_of(study)
    >>> int(found.frame["faults"].sum()) == int((study.deviations().frame["verdict"] == "allowed").sum())
    True
    """
    frame = pd.DataFrame(
        [_row(study, entry) for entry in study.blueprint.allowances], columns=list(Accepted.columns)
    ).astype({"max_share": float})
    return Accepted(frame, study.provenance("allow-list"))


def _row(study: Study, entry: Allowance) -> dict[str, Any]:
    faults = study.deviations().frame
    covered = faults[faults["allow_id"] == entry.id]
    cases, n = covered["case_id"].nunique(), study.instances.n_cases
    share = cases / n if n else np.nan
    low, high = wilson(cases, n)
    use = UNUSED if not cases else NO_BOUND if entry.max_share is None else OVER if share > entry.max_share else WITHIN
    said = {f"what_{lang}": _what(study, entry, lang) for lang in LANGUAGES}
    said |= {f"reason_{lang}": entry.reason.get(lang) for lang in LANGUAGES}
    return said | {
        "allow_id": entry.id, "decision": entry.decision, "approved_by": entry.approved_by, "valid_from": entry.valid[0],
        "valid_to": entry.valid[1], "faults": len(covered), "cases": cases, "share": share, "low": low, "high": high,
        "max_share": entry.max_share, "use": use,
    }  # fmt: skip


def _what(study: Study, entry: Allowance, lang: str) -> str:
    """Which faults an entry is about, in words: rule or standard, kind, activity, conditions."""
    named = {
        "activity": lambda x: activity_name(study.blueprint, x, lang),
        "kind": lambda x: say(f"kind.{x}", lang),
    }
    parts = [
        say("report.pair", lang, name=say(f"match.{key}", lang), value=named.get(key, str)(value))
        for key, value in entry.match.items()
    ]
    for one in entry.when:
        values = one.value if isinstance(one.value, (list, tuple)) else [one.value]
        parts.append(f"{one.attr} {one.op} {', '.join(map(str, values))}")
    return say("report.semicolon", lang).join(parts)
