"""What happened at a fault, as a clause for people; equal ones are said once, with their number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mining.blueprint.model import Rule, Standard
from mining.conformance import verdicts as v
from mining.explain.words import Words
from mining.study import Study
from mining.texts import activity_name
from mining.units import readable

CERTAIN = 1 - 1e-9
DISTINCT = 6  # different sentences of one check; beyond it, their figures are left out
TIMED = ("late", "abandoned")
VALUES = ("wrong_value",)
CHANNEL = "channel"


class Wording:
    """Words for one fault of a check: ``head`` says what happened, ``figures`` how much and how sure.

    Parameters
    ----------
    study : Study
    check : CheckResult
        That the fault is of.
    row : int
        Its row among the faults of the check.
    w : Words
    """

    def __init__(self, study: Study, check: v.CheckResult, row: int, w: Words) -> None:
        self.study, self.check, self.w = study, check, w
        self.spec = study.blueprint.checks.get(check.id)
        faults = check.faults
        self.kind, self.pattern = v.KINDS[faults.kind[row]], v.PATTERNS[faults.pattern[row]]
        self.a, self.b = self._name(int(faults.activity[row])), self._name(int(faults.partner[row]))
        self.instance = int(faults.instance[row])
        self.activity = int(faults.activity[row])
        self.measured, self.limit = float(faults.measured[row]), float(faults.limit[row])
        self.excess, self.share = float(faults.excess[row]), float(faults.share[row])

    @property
    def head(self) -> str:
        """What happened."""
        key = self._key()
        return self.w.say(f"told.{key}", a=self.a, b=self.b, who=self._who(), value=self._value())

    @property
    def figures(self) -> str:
        """What was measured, by how much it is over, how certain the fault is; empty where there is none of it."""
        found = []
        if isinstance(self.spec, Standard) and self.spec.metric == "due_date" and not np.isnan(self.measured):
            length = readable(abs(self.measured), self.w.lang)
            return self.w.say("explain.after_due" if self.measured > 0 else "explain.before_due", length=length)
        if not np.isnan(self.measured) and not np.isnan(self.limit):
            value, limit = (self._amount(x) for x in (self.measured, self.limit))
            key = "limit" if self.kind in VALUES else "figures"  # the value has been said
            found.append(self.w.say(f"told.{key}", measured=value, limit=limit))
        if not np.isnan(self.excess):
            found.append(self.w.say("explain.over", length=readable(self.excess, self.w.lang)))
        if self.share < CERTAIN:
            found.append(self.w.say("explain.certainty", share=self.w.share(self.share)))
        return self.w.say("told.comma").join(found)

    @property
    def whole(self) -> str:
        """All of it in one line."""
        figures = self.figures
        if figures and self.kind in VALUES:
            return self.w.say("told.comma").join((self.head, figures))
        return self.w.say("report.pair", name=self.head, value=figures) if figures else self.head

    def _key(self) -> str:
        rule = self.spec.kind if isinstance(self.spec, Rule) else ""
        match self.kind:
            case "missing":
                return "missing" if not self.b else "missing.after" if self._follows() else "missing.before"
            case "out_of_order" if self.b:
                if rule in ("immediate_response", "immediate_precedence"):
                    return "not_directly.after" if self._follows() else "not_directly.before"
                return {"not_before": "too_soon", "not_followed_by": "forbidden.after"}.get(rule, "after")
            case "out_of_order":
                ends = {"starts_with": "not_first", "ends_with": "not_last"}
                moved = self.pattern if self.pattern in ("moved_early", "moved_late") else "out_of_order"
                return ends.get(rule, moved)
            case "extra":
                if rule:
                    return "beside" if self.b else "forbidden"
                return f"extra.{self.pattern or 'misplaced'}"
            case "repeated":
                own = self.check.dimension == "path" and self.pattern in ("retry", "rework")
                return f"repeated.{self.pattern}" if own else "repeated"
            case "late":
                return "not_yet" if self.pattern == "not_yet" else "late" if self.a else "late.case"
            case "discontinuity":
                metric = self.spec.metric if isinstance(self.spec, Standard) else "handovers"
                return f"{metric}.{'few' if self.measured < self.limit else 'many'}"
            case "missing_evidence":
                return "evidence.activity" if self.b else "evidence" if self.a else "blank"
            case "wrong_value":
                return "value.at" if self.a else "value"
            case "wrong_channel":
                return "channel" if self._value() else "channel.unknown"
        return self.kind

    def _follows(self) -> bool:
        """Whether the rule wants the activity after its partner."""
        if not isinstance(self.spec, Rule) or self.spec.kind in ("precedence", "immediate_precedence"):
            return False
        return self.study.instances.names[self.activity] == self.spec.b

    def _value(self) -> str:
        """The value of an attribute at the step; empty where there is none."""
        attribute = CHANNEL if self.kind == "wrong_channel" else getattr(self.spec, "attr", None)
        if self.kind not in ("wrong_channel", *VALUES) or not attribute:
            return ""
        if not np.isnan(self.measured):
            text = self._amount(self.measured)
        elif self.instance == v.NONE:
            return self.w.say("told.value.other", attr=attribute)
        else:
            text = str(self.study.instances.values(attribute)[self.instance])
        return text if self.kind == "wrong_channel" else self.w.say("told.value.is", attr=attribute, value=text)

    def _amount(self, amount: float) -> str:
        if self.kind in TIMED or self.pattern == "not_yet":
            return self.w.length(amount, self.check.unit or self._unit())
        if isinstance(self.spec, Rule) and self.spec.after is not None:
            return self.w.length(amount, self.spec.after.unit)
        return f"{amount:,.10g}"

    def _unit(self) -> str:
        return self.spec.within.unit if isinstance(self.spec, Rule) and self.spec.within is not None else "s"

    def _who(self) -> str:
        if self.instance == v.NONE:
            return self.w.say("explain.nobody")
        code = int(self.study.instances.resource[self.instance])
        return self.study.log.resources[code] if code >= 0 else self.w.say("explain.nobody")

    def _name(self, activity: int) -> str:
        if activity == v.NONE:
            return ""
        name = activity_name(self.study.blueprint, self.study.instances.names[activity], self.w.lang)
        return self.w.say("explain.quoted", name=name)


def counted(wordings: Sequence[Wording], w: Words) -> str:
    """What happened at the faults of one check: equal sentences once, with their number.

    Of many that differ in their figures only, the figures are left out: they stand at the steps in the picture.
    """
    told: dict[str, int] = {}
    for text in (x.whole for x in wordings):
        told[text] = told.get(text, 0) + 1
    if len(told) > DISTINCT:
        told = {}
        for text in (x.head for x in wordings):
            told[text] = told.get(text, 0) + 1
    parts = [text if n == 1 else w.say("told.times", n=n, text=text) for text, n in told.items()]
    return w.say("report.semicolon").join(parts)
