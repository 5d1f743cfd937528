"""Who is meant to do each step, and who did: the designed role of every activity against the roles of those who did it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.conformance.people import is_known
from mining.handovers.holders import (
    ASSUMED,
    DESIGNED,
    NONE_KNOWN,
    OTHER,
    SEVERAL,
    UNNAMED,
    roles_of,
)
from mining.results import Result, wilson
from mining.texts import LANGUAGES, activity_name, say
from mining.units import percent

if TYPE_CHECKING:
    from mining.study import Study

NOBODY, NO_ROLE, SEVERAL_ROLES, NOT_SAID = "nobody named", "no role", "several roles", "role not known"
WITHOUT_ROLE = {UNNAMED: NOBODY, NONE_KNOWN: NO_ROLE, SEVERAL: SEVERAL_ROLES, ASSUMED: NOT_SAID}
KEYS = {
    NOBODY: "responsibility.nobody",
    NO_ROLE: "responsibility.no_role",
    SEVERAL_ROLES: "responsibility.several",
    NOT_SAID: "responsibility.not_said",
}


@dataclass(frozen=True, eq=False, repr=False)
class Responsibility(Result):
    """One row per activity and role that did it or should, in the order of the blueprint. Made by :func:`responsibility_of`.

    Attributes
    ----------
    judged : int
        Completed steps of activities with a designed role whose members are known, done by somebody whom the log names.
    wrong : int
        Of them those by somebody without that role: the faults of the checks ``role-<activity>``.
    """

    judged: int
    wrong: int

    columns: ClassVar[dict[str, str]] = {
        "activity": "activity id, or a label outside the blueprint",
        "activity_en": "its name in English",
        "activity_zh": "its name in Chinese",
        "role": f"id of a role; “{NOBODY}”: the log names nobody; “{NO_ROLE}”: somebody who has no role; “{SEVERAL_ROLES}”: somebody who "
        f"has several roles, none of them that of the step; “{NOT_SAID}”: somebody without a role, where nothing says who has that of the "
        "step, or any",
        "role_en": "its name in English",
        "role_zh": "its name in Chinese",
        "designed": "whether the blueprint gives the step to this role; such a row is there even where nobody of it did the step",
        "n": "completed steps",
        "of": "completed steps of the activity that somebody is named for",
        "share": "n / of, 0-1; missing where nobody is named, and for a designed role of which nothing says who has it",
        "low": "lower end of its 95 % Wilson interval (of steps, which are taken as independent)",
        "high": "upper end of its 95 % Wilson interval",
        "wrong": "of n, steps by somebody without the designed role: 0 where the design names none or nothing says who has it",
    }
    shown: ClassVar[tuple[str, ...]] = ("activity", "role", "designed", "n", "of", "share", "low", "high", "wrong")

    def to_dict(self) -> dict[str, Any]:
        """The table, its provenance and the totals as plain values."""
        return super().to_dict() | {"judged": self.judged, "wrong": self.wrong}

    def wide(self) -> pd.DataFrame:
        """Activities by roles: the number of completed steps."""
        roles = list(dict.fromkeys(self.frame["role"]))
        table = self.frame.pivot(index="activity", columns="role", values="n")
        return table.reindex(index=list(dict.fromkeys(self.frame["activity"])), columns=roles).fillna(0).astype(int)

    def sentence(self, lang: str = "en") -> str:
        """How many steps were done by somebody without the role, and where most."""
        if not self.judged:
            return say("responsibility.none", lang)
        low, high = (percent(x, lang) for x in wilson(self.wrong, self.judged))
        text = say(
            "responsibility.all", lang, n=f"{self.judged:,}", wrong=f"{self.wrong:,}", share=percent(self.wrong / self.judged, lang),
            low=low, high=high,
        )  # fmt: skip
        if self.wrong:
            per = self.frame.groupby("activity", sort=False)["wrong"].sum()
            row = (
                self.frame[self.frame["activity"] == per.idxmax()]
                .sort_values("wrong", ascending=False, kind="stable")
                .iloc[0]
            )
            text += say(
                "responsibility.most", lang, name=row[f"activity_{lang}"], n=f"{per.max():,}", role=row[f"role_{lang}"],
                by_role=f"{row['wrong']:,}",
            )  # fmt: skip
        nobody = int(self.frame.loc[self.frame["role"] == NOBODY, "n"].sum())
        return text + (say("responsibility.unnamed", lang, n=f"{nobody:,}") if nobody else "")

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Activities by roles; see :func:`mining.plots.handovers.responsibility_chart`."""
        from mining.plots.handovers import responsibility_chart

        return responsibility_chart(self, lang=lang, ax=ax)


def responsibility_of(study: Study) -> Responsibility:
    """Compare the designed role of every activity with the roles of those who completed it.

    Roles are those of the staff table on the day of the step, or the members that the blueprint lists. Of somebody with several roles the
    designed one counts, if it is among them. Persons are not named.

    Parameters
    ----------
    study : Study

    Returns
    -------
    Responsibility

    Examples
    --------
    >>> table = responsibility_of(study)
    >>> int(table.frame["n"].sum()) == int(study.instances.done.sum()), table.judged >= table.wrong
    (True, True)
    """
    instances, blueprint = study.instances, study.blueprint
    rows = np.flatnonzero(instances.done)
    role, how = roles_of(study, rows)
    if not any(is_known(r.id, blueprint, study.roster) for r in blueprint.roles):
        how = np.where(how == NONE_KNOWN, ASSUMED, how)  # nothing says who has any role
    activity = instances.activity[rows].astype(np.int64)
    roles = [r.id for r in blueprint.roles]
    special = [UNNAMED, NONE_KNOWN, SEVERAL, ASSUMED]
    place = np.zeros(6, np.int64)
    place[special] = len(roles) + np.arange(len(special))
    column = np.where(np.isin(how, (DESIGNED, OTHER)), role, place[how])
    width = len(roles) + len(special)
    counts = np.bincount(activity * width + column, minlength=len(instances.names) * width).reshape(-1, width)
    names = [*roles, *(WITHOUT_ROLE[x] for x in special)]
    spoken = {
        lang: [*(r.name.get(lang) for r in blueprint.roles), *(say(KEYS[x], lang) for x in names[len(roles) :])]
        for lang in LANGUAGES
    }
    found: list[dict[str, Any]] = []
    judged = 0
    for i, name in enumerate(instances.names):
        a = blueprint.by_id.get(name)
        designed = a.role if a is not None else None
        binding = designed is not None and is_known(designed, blueprint, study.roster)
        named = int(counts[i].sum() - counts[i, place[UNNAMED]])
        judged += named if binding else 0
        for j in range(width):
            n = int(counts[i, j])
            meant = designed is not None and names[j] == designed and j < len(roles)
            if not n and not (meant and a is not None and a.observable):
                continue
            row: dict[str, Any] = {"activity": name, "role": names[j], "designed": meant, "n": n, "of": named}
            row |= {f"activity_{lang}": activity_name(blueprint, name, lang) for lang in LANGUAGES}
            row |= {f"role_{lang}": spoken[lang][j] for lang in LANGUAGES}
            row["wrong"] = n if binding and not meant and names[j] != NOBODY else 0
            if names[j] != NOBODY and named and (binding or not meant):
                row |= dict(zip(("share", "low", "high"), (n / named, *wilson(n, named)), strict=True))
            found.append(row)
    frame = pd.DataFrame(found, columns=list(Responsibility.columns))
    frame = frame.astype({"share": float, "low": float, "high": float})
    return Responsibility(frame, study.provenance("responsibility"), judged, int(frame["wrong"].sum()))
