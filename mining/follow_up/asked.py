"""What is followed in time and since when: as said, else as the plan or the blueprint has it; in any case told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.blueprint.model import Standard
from mining.conformance import verdicts as v
from mining.errors import MiningError, UnknownNameError
from mining.follow_up.actions import Action, actions_of
from mining.follow_up.before_after import moment_of
from mining.follow_up.measures import SHARE
from mining.results import Result
from mining.texts import LANGUAGES, say

if TYPE_CHECKING:
    from mining.plan.actions import Actions
    from mining.study import Study

JUDGED = (v.PASS, v.FAIL, v.ALLOWED)
CHOSEN = ("plan", "standard", "check", "first")  # where a value comes from that nobody said


@dataclass(frozen=True, eq=False, repr=False)
class Asked(Result):
    """One row per parameter: its value, and where that comes from. Made by :func:`asked_of`.

    Attributes
    ----------
    measure, action : str or None
    start, done : Timestamp or None
    taken : tuple of str
        Parameters that nobody said and that were chosen, as the table tells.
    """

    measure: str | None
    start: pd.Timestamp | None
    done: pd.Timestamp | None
    action: str | None
    taken: tuple[str, ...]

    columns: ClassVar[dict[str, str]] = {
        "parameter": "name of the parameter",
        "value": "what it stands at; empty where there is none",
        "from_en": "where the value comes from: what was said, or what was taken in its place and why",
        "from_zh": "the same in Chinese",
    }

    def sentence(self, lang: str = "en") -> str:
        """What is followed, and what was chosen for want of being said."""
        if self.measure is None:
            return say("helped.nothing", lang)
        text = say("helped.followed", lang, measure=self.measure)
        names = say("word.listed", lang).join(self.taken)
        return text + (say("helped.chosen", lang, names=names) if names else "")


def dated(value: str | pd.Timestamp | None, name: str, zone: str) -> pd.Timestamp | None:
    """The beginning of a day that somebody wrote, by the clock of a zone; a moment with a zone stays as it is.

    Examples
    --------
    >>> dated("2026-03-16", "start", "Europe/Berlin").isoformat()
    '2026-03-16T00:00:00+01:00'
    """
    if value is None:
        return None
    stamp = pd.Timestamp(value) if isinstance(value, pd.Timestamp) else None
    found = stamp if stamp is not None else moment_of(value, name)
    if stamp is None and pd.Timestamp(value).tzinfo is None:
        found = found.tz_localize(None).tz_localize(zone, nonexistent="shift_forward", ambiguous=True)
    return found if found.tzinfo is not None else found.tz_localize(zone, nonexistent="shift_forward", ambiguous=True)


def first_measure(study: Study) -> tuple[str | None, str]:
    """What to follow where nobody said: the first time standard that was judged, else the first check that was; and which of the two.

    Examples
    --------
    >>> first_measure(study)
    ('share:S1', 'standard')
    """
    judged = {check.id: bool(np.isin(study.net(check), JUDGED).any()) for check in study.checks}
    promised = [x.id for x in study.blueprint.standards if isinstance(x, Standard) and x.dimension == "time"]
    for how, ids in (("standard", promised), ("check", list(judged))):
        for id in ids:
            if judged.get(id):
                return SHARE + id, how
    return None, "none"


def asked_of(
    study: Study, plan: Actions | None, *, measure: str | None = None, start: pd.Timestamp | None = None,
    done: pd.Timestamp | None = None, comparison: str | None = None, mix: Sequence[str] = (), action: str | None = None,
) -> Asked:  # fmt: skip
    """What is followed and since when, and where each of that comes from.

    Parameters
    ----------
    study : Study
    plan : Actions or None
    measure, start, done, comparison, mix, action
        As in :class:`mining.follow_up.helped.Helped`.

    Raises
    ------
    UnknownNameError
        If the plan has no such action.
    MiningError
        If it was done before it was begun, or an action is named and there is no plan.

    Examples
    --------
    >>> asked_of(study, None).frame["parameter"].tolist()
    ['MEASURE', 'START', 'DONE', 'LEFT_ALONE', 'MIX', 'ACTION']
    """
    planned = _planned(study, plan, action)
    of_plan = planned is not None and planned.due is not None and measure in (None, planned.metric)
    found, how = (measure, "said") if measure is not None else (None, "")
    if found is None and planned is not None and planned.metric:
        found, how = planned.metric, "plan"
    elif found is None:
        found, how = first_measure(study)
    since, until = start, done
    from_plan = start is None and of_plan
    if from_plan and planned is not None:
        since, until = planned.start, planned.due if done is None else done
    if since is not None and until is not None and until < since:
        raise MiningError(
            f"done: {until.date()} lies before the start, {since.date()}. It says from when on it was there."
        )
    id = "" if planned is None else planned.id
    told = [
        ("MEASURE", found, how),
        ("START", _day(since), "said" if start is not None else "plan" if from_plan else "no_start"),
        ("DONE", _day(until), "said" if done is not None else "plan" if from_plan else "no_done"),
        ("LEFT_ALONE", comparison, "said" if comparison is not None else "no_left_alone"),
        ("MIX", ", ".join(mix) or None, "said" if mix else "no_mix"),
        ("ACTION", id or None, "said" if action is not None else "first" if id else "no_action"),
    ]
    frame = pd.DataFrame([_row(*row, id) for row in told], columns=list(Asked.columns))
    taken = tuple(name for name, _, why in told if why in CHOSEN)
    return Asked(frame, study.provenance("what is followed"), found, since, until, id or None, taken)


def _planned(study: Study, plan: Actions | None, id: str | None) -> Action | None:
    """The action that was named, or the first of the plan that can be followed, or its first."""
    if plan is None:
        if id is not None:
            raise MiningError(f"action {id!r}: there is no plan. Give it as well: actions='actions.csv'.")
        return None
    actions = actions_of(plan, study.blueprint.tz)
    if id is not None:
        named = [action for action in actions if action.id == id]
        if not named:
            raise UnknownNameError("action", id, [action.id for action in actions])
        return named[0]
    return next((action for action in actions if not action.why), next(iter(actions), None))


def _day(moment: pd.Timestamp | None) -> str | None:
    return None if moment is None else str(moment.date())


def _row(parameter: str, value: Any, how: str, action: str) -> dict[str, Any]:
    words = {f"from_{lang}": say(f"helped.from_{how}", lang, action=action) for lang in LANGUAGES}
    return {"parameter": parameter, "value": value or ""} | words
