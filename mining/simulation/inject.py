"""One fault into one case, so that exactly this fault can be found there, or not at all; a second one beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from mining.blueprint import model as m
from mining.blueprint.compile import choice_siblings
from mining.blueprint.derived import OUTCOME
from mining.blueprint.stages import HANDOVER
from mining.simulation.attempts import ON_THE_PATH, Attempt
from mining.simulation.cases import CaseMaker
from mining.simulation.faults import MISSTEPS, WORDS
from mining.simulation.oracle import RIGHT, Diagnosis, Oracle
from mining.simulation.repairs import DELETE, Repair
from mining.simulation.rules import holds
from mining.simulation.service import PEOPLE_RULES, Case, Service
from mining.simulation.stream import Stream
from mining.simulation.targets import Target
from mining.simulation.wrong_contacts import WrongContacts
from mining.simulation.wrong_people import WrongPeople
from mining.simulation.wrong_steps import WrongSteps
from mining.simulation.wrong_times import WrongTimes

CLEAN = Diagnosis({}, ())
BEST_OF = (*MISSTEPS, "same_person", "abandoned")  # of several places the one that breaks the fewest other checks


@dataclass(frozen=True)
class Truth:
    """What was done to a case.

    ``check``: what shows it: a path check, a rule or standard, ``role-<activity>``, ``channel-<activity>``,
    ``evidence-<activity>``, ``touchpoint-<activity>`` or ``outcome``. ``also_fails``: what fails with it of necessity, named the
    same way. ``fault``: as it was asked for, ``missing:approve`` or ``missing:approve+late:S1``.
    """

    case_id: str
    kind: str
    activity: str
    partner: str
    check: str
    also_fails: tuple[str, ...]
    fault: str = ""

    @property
    def word(self) -> str:
        """The kind by which the check names it."""
        return WORDS[self.kind]


@dataclass(frozen=True)
class Spoilt:
    """A case with its faults: the truth about each, all that the case breaks, and the edits that would undo them."""

    case: Case
    truths: tuple[Truth, ...]
    breaks: Diagnosis
    ways: tuple[Repair, ...] = ((),)


class Injector:
    """Puts faults into clean cases of one service.

    ``last``: bounds of the last moment of the log, from when on silent cases count as abandoned.
    """

    def __init__(self, service: Service, maker: CaseMaker, last: tuple[int, int] | None = None) -> None:
        self.service, self.oracle, self.last = service, Oracle(service), last
        self.rules = {r.id: r for r in service.rules}
        self.standards = {s.id: s for s in service.blueprint.standards}
        self.siblings = choice_siblings(service.blueprint)
        self.steps, self.people = WrongSteps(service, maker), WrongPeople(service)
        self.times, self.contacts = WrongTimes(service), WrongContacts(service, maker)

    def inject(self, target: Target, case: Case, stream: Stream, before: Spoilt | None = None) -> Spoilt | None:
        """The case with the fault and the truth about it; None where it would not be exactly this fault.

        A case that is not abandoned stays complete (scope.ends_with): in an open case nobody could tell missing from not yet
        done.

        Parameters
        ----------
        target : Target
        case : Case
            Clean, or the case of ``before``.
        stream : Stream
        before : Spoilt, optional
            The case with its first fault. The second one breaks nothing of the first and is not explained by it: every check fails
            that either breaks alone, and the path has no cheaper explanation than the two together.
        """
        given = before or Spoilt(case, (), CLEAN)
        found: list[Spoilt] = []
        for attempt in self._attempts(target, case, stream):
            spoilt = self._judged(target, attempt, given)
            if spoilt and target.kind not in BEST_OF:
                return spoilt
            found += [spoilt] if spoilt else []
        return min(found, key=lambda x: len(x.truths[-1].also_fails), default=None)

    def _attempts(self, target: Target, case: Case, stream: Stream) -> Iterator[Attempt]:
        match target.kind:
            case "late" | "early":
                return self.times.attempts(target, case, stream)
            case "wrong_role" | "same_person" | "other_person":
                return self.people.attempts(target, case, stream)
            case "discontinuity" if target.standard and target.standard.metric == "handovers":
                return self.people.attempts(target, case, stream)
            case "wrong_channel" | "missing_evidence" | "failed" | "wrong_value" | "discontinuity":
                return self.contacts.attempts(target, case, stream)
            case _:
                return self.steps.attempts(target, case, stream)

    # --- is it exactly this fault? ----------------------------------------------------------------------------------

    def _judged(self, target: Target, attempt: Attempt, before: Spoilt) -> Spoilt | None:
        case = self.service.realise(attempt.plan) if attempt.plan.tasks else None
        after = self._diagnosis(target.kind, case) if case else None
        if case is None or after is None or not set(before.breaks.checks) <= set(after.checks):
            return None
        paths = self._mended(before.breaks, after, attempt.ways)
        if paths is None or (paths and self._one_explanation(before.ways, attempt.ways)):
            return None
        new = [check for check in after.checks if check not in (*before.breaks.checks, *after.paths)]
        named = self._named(target.kind, attempt, after, paths, new)
        if named is None:
            return None
        check, activity = named
        also = tuple(other for other in (*paths, *new) if other != check)
        if not all(self._goes_along(target, other, case) for other in also):
            return None
        truth = Truth(case.plan.id, target.kind, activity, attempt.partner, check, also)
        truths = (*before.truths, truth)
        if not all(t.check in after.paths or after.names(t.check) == [(t.word, t.activity)] for t in truths):
            return None
        ways = tuple(_together(x, y) for x, y in product(before.ways, attempt.ways)) if paths else before.ways
        return Spoilt(case, truths, after, ways)

    def _diagnosis(self, kind: str, case: Case) -> Diagnosis | None:
        """What the case breaks, if all readings of the standards and of the end of the log agree on it."""
        running = not self.service.complete(case.activities)
        if running != (kind == "abandoned") or (running and self.last is None):
            return None
        moments = self.last if running and self.last else (None,)
        found = [self.oracle.diagnosis(case, now=now, strict=strict) for now in moments for strict in (False, True)]
        return found[0] if all(x.checks == found[0].checks for x in found) else None

    def _mended(self, before: Diagnosis, after: Diagnosis, ways: tuple[Repair, ...]) -> list[str] | None:
        """The path checks that the fault breaks; None if one of them has an explanation that is not the fault."""
        found = []
        for id in after.paths:
            was, now = before.paths.get(id, RIGHT), after.paths[id]
            if now == was:
                continue
            mine = [tuple(e for e in way if e[0] == DELETE) for way in ways] if id == HANDOVER else ways
            if now != {_together(x, y) for x in was for y in mine} or now == RIGHT:
                return None
            found.append(id)
        return found

    def _one_explanation(self, before: tuple[Repair, ...], ways: tuple[Repair, ...]) -> bool:
        """Whether two faults of the path would be read as one: the same step, branches of a choice, or a replacement."""
        edits, others = ({edit for way in x for edit in way} for x in (ways, before))
        return any(a == b or (x != y and self._stands_for(a, b)) for (x, a), (y, b) in product(edits, others))

    def _stands_for(self, a: str, b: str) -> bool:
        known = self.service.blueprint.by_id
        replaced = any(y in known[x].replaced_by for x, y in ((a, b), (b, a)) if x in known)
        return replaced or any(b in block for block in self.siblings.get(a, ()))

    def _named(
        self, kind: str, attempt: Attempt, after: Diagnosis, paths: list[str], new: list[str]
    ) -> tuple[str, str] | None:
        """The check that shows the fault, and the activity at which it does."""
        word = WORDS[kind]
        if attempt.check in (None, ON_THE_PATH):
            for id in paths:
                if attempt.activity is not None and (id != HANDOVER or word == "out_of_order"):
                    return id, attempt.activity
        for id in new if attempt.check is None else [attempt.check]:
            names = after.names(id) if id in new else []
            if len(names) == 1 and names[0][0] == word and attempt.activity in (None, names[0][1]):
                return id, names[0][1]
        return None

    # --- what may fail with it --------------------------------------------------------------------------------------

    def _goes_along(self, target: Target, check: str, case: Case) -> bool:
        """Whether a check may fail with a fault of necessity, and not by chance."""
        rule, standard = self.rules.get(check), self.standards.get(check)
        match target.kind:
            case "same_person":
                return check.startswith("role-") and target.rule is not None and not self.people.shared(target.rule)
            case "wrong_role":
                mine = rule is not None and rule.kind == "performed_by" and rule.a == target.activity
                return mine or check == f"role-{target.activity}"
            case "abandoned":
                return (standard is not None and standard.dimension == "time") or bool(rule and rule.within)
            case kind if kind in (*MISSTEPS, "missing_evidence"):
                if rule is not None:
                    return not self._by_chance(rule, case)
                if standard is not None:
                    return standard.metric in ("count", "turns")
                return check in (OUTCOME, HANDOVER) or check.startswith(("path", "evidence-"))
            case _:
                return False

    def _by_chance(self, rule: m.Rule, case: Case) -> bool:
        """Whether a broken rule is about people or about time, so that a misstep need not have broken it."""
        if rule.kind in (*PEOPLE_RULES, "not_before"):
            return True
        calm = replace(rule, within=None)
        return rule.within is not None and holds(calm, case.trace, case.attributes, self.service.setting) is not False


def _together(x: Repair, y: Repair) -> Repair:
    return tuple(sorted([*x, *y]))
