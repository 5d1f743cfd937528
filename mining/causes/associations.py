"""What each finding is associated with: groups of cases known before it, with risk ratio, interval, excess cases and a holdout."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.causes.known import LATE, first_moments, late_share, onsets, read_by
from mining.causes.levels import Grouping, Reason, groupings_of
from mining.causes.parts import DOES_NOT, compared, held_out, in_parts
from mining.causes.ratios import exact_p
from mining.causes.search import SMALLEST, pairs, triples
from mining.causes.table import Causes
from mining.conformance import verdicts as v
from mining.errors import MiningError
from mining.follow_up.periods import settling
from mining.suppression import K, hidden
from mining.texts import LANGUAGES, say
from mining.units import MICROSECONDS, MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mining.study import Study


def causes_of(
    study: Study,
    *,
    attributes: Iterable[str] | None = None,
    depth: int = 2,
    holdout: float = 0.3,
    q: float = 0.05,
    seed: int = 0,
) -> Causes:
    """Compare, for every finding, the cases of each level of each attribute with the others.

    Groups are made of what was known before the deviation: the attributes of the log, the month (of a long log: quarter), weekday
    and hour of the start by the clock of the blueprint's zone, the cases in work at that moment, and team and role of the first step
    of the case that has one. Numbers are cut at their quartiles. What the check reads itself, and what is recorded only after the
    deviation in more than 1 % of the deviating cases, is left out, with the reason.

    Of the cases that the check judged, those that deviate without an allowance are counted. A level is compared with the other judged
    cases that have a value of its attribute; a subgroup of several levels with the rest of each of its parts, and it is listed only if
    it differs from all of them in the part of the cases that is searched (by the 95 % interval, and by q). Another part of the cases,
    chosen by a hash of the case id, is held out: there the same comparison is made once more.

    Of a check that still waits for cases, those that began so late that nine in ten of their age would not yet be over are left out and
    counted: a young case can be judged only where it was quick (or, for a ban, where it failed), so a group of young ones would differ.

    An association is no cause: other differences of the cases may lie behind it.

    Parameters
    ----------
    study : Study
    attributes : iterable of str, optional
        Only these: attributes of the log's binding, or ``period``, ``weekday``, ``hour``, ``load``, ``team``, ``role``. Attributes that
        name persons are compared only if they are named here.
    depth : {1, 2, 3}, default 2
        Levels that a subgroup may have. The third is sought only for pairs that differ from both of their parts by the interval.
    holdout : float, default 0.3
        Share of the cases held out.
    q : float, default 0.05
        False discovery rate (Benjamini and Hochberg 1995), over all groups of all findings that were compared.
    seed : int, default 0
        Changes which cases are held out.

    Raises
    ------
    UnknownNameError
        For an attribute that there is not.
    MiningError
        For settings out of range.

    Examples
    --------
    >>> found = causes_of(study, attributes=["channel", "weekday"])
    >>> found.tests >= len(found) > 0
    True
    """
    if depth not in (1, 2, 3) or not 0 < holdout < 1 or not 0 < q < 1:
        raise MiningError(
            f"causes: depth {depth!r}, holdout {holdout!r}, q {q!r}. Depth is 1, 2 or 3; holdout and q lie between 0 and 1."
        )
    groupings, reasons = groupings_of(study, attributes)
    search = _Search(study, groupings, held_out(study.log.case_ids, holdout, seed), depth)
    search.reasons += [
        {"finding_id": None, "attribute": name, "reason": reason, "n": 0} for name, reason in reasons.items()
    ]
    for row in study.findings().frame.itertuples():
        read = read_by(
            study, str(row.check), str(row.kind).split("+"), None if pd.isna(row.activity) else str(row.activity)
        )
        search.of(str(row.finding_id), str(row.check), read, int(row.n_net), int(row.n_judged))
    frame, tests, kept_out = search.table(q)
    settings: dict[str, Any] = {
        "depth": depth,
        "holdout": holdout,
        "q": q,
        "seed": seed,
        "tests": tests,
        "smallest subgroup searched": SMALLEST,
    }
    if attributes is not None:
        settings["attributes"] = ", ".join(g.name for g in groupings)
    return Causes(
        frame,
        study.provenance("what goes with a deviation", **settings, interval="MOVER-R on Wilson"),
        study.findings().frame[["finding_id", "title_en", "title_zh"]].copy(),
        tests,
        kept_out,
        search.left_out(),
        _described(groupings),
        q,
        holdout,
    )


def _described(groupings: list[Grouping]) -> pd.DataFrame:
    rows = [
        {
            "attribute": g.name,
            "known": g.seen.how,
            "levels": len(g.names),
            "recorded": int((g.code != -1).sum()),
            "other_values": int((g.code == -2).sum()),
            "not_recorded": int((g.code == -1).sum()),
            "cuts": ", ".join(f"{x:,.6g}" for x in g.cuts),
        }
        for g in groupings
    ]
    return pd.DataFrame(
        rows, columns=["attribute", "known", "levels", "recorded", "other_values", "not_recorded", "cuts"]
    )


@dataclass(frozen=True, eq=False)
class _Subgroup:
    """A subgroup that differs from the rest of each of its parts, before the false discovery rate decides."""

    finding: str
    members: np.ndarray
    against: np.ndarray
    p: float
    masks: tuple[np.ndarray, np.ndarray]


@dataclass(eq=False)
class _Search:
    """Levels as a matrix, and what was found so far."""

    study: Study
    groupings: list[Grouping]
    held: np.ndarray
    depth: int
    rows: list[pd.DataFrame] = field(default_factory=list)
    reasons: list[dict[str, Any]] = field(default_factory=list)
    subgroups: list[_Subgroup] = field(default_factory=list)
    tried: int = 0  # subgroups compared that did not differ

    def __post_init__(self) -> None:
        sizes = [len(g.names) for g in self.groupings]
        self.attribute = np.repeat(np.arange(len(sizes)), sizes)
        self.level = np.concatenate([np.arange(0), *(np.arange(n) for n in sizes)]).astype(np.int64)
        self.codes = np.array([g.code for g in self.groupings]).reshape(len(sizes), len(self.held))
        n = len(self.held)
        self.matrix = np.zeros((len(self.level), n), np.float32)
        for i, (a, x) in enumerate(zip(self.attribute.tolist(), self.level.tolist(), strict=True)):
            self.matrix[i] = self.codes[a] == x
        self.recorded = (self.codes != -1).astype(np.float32)
        self.first = first_moments(self.study)
        self.onsets = onsets(self.study)
        found = {check.id: check for check in self.study.checks}
        self.net = {id: self.study.net(check) for id, check in found.items()}
        start, now = self.study.instances.case_start, self.study.instances.now
        self.young = (start != MISSING) & (start > now - int(settling(self.study)[0] * MICROSECONDS))

    def of(self, finding: str, check: str, read: set[str], n_net: int, n_judged: int) -> None:
        """Compare all levels, and search the subgroups, of one finding."""
        nobody = np.empty(0, np.int64)
        cases, since = self.onsets.get(finding, (nobody, nobody))  # none where an allowance covers every case
        deviating = np.zeros(len(self.held), bool)
        deviating[cases] = True
        judged = np.isin(self.net[check], (v.PASS, v.FAIL, v.ALLOWED)) | deviating
        if (self.young & (self.net[check] == v.PENDING)).any():
            young = judged & self.young
            self._leave_out(finding, None, Reason("causes.young", ()), int(young.sum()))
            judged, deviating = judged & ~young, deviating & ~young
            n_net, n_judged = int(deviating.sum()), int(judged.sum())
        if n_net < K or n_judged - n_net < K:
            key = "causes.few_deviating" if n_net < K else "causes.few_others"
            self._leave_out(finding, None, Reason(key, (("k", str(K)),)), n_net)
            return
        usable = self._usable(finding, check, read, cases, since)
        levels = np.flatnonzero(np.isin(self.attribute, usable))
        if not len(levels):
            return
        single = self._singles(finding, levels, judged, deviating)
        self.rows.append(single)
        if self.depth > 1 and len(single):
            self._subgroups(finding, single["level_no"].to_numpy(), judged, deviating)

    def _usable(self, finding: str, check: str, read: set[str], cases: np.ndarray, since: np.ndarray) -> list[int]:
        """Attributes known before this deviation, that its check does not read."""
        kept = []
        for i, g in enumerate(self.groupings):
            if g.name in read:
                self._leave_out(finding, g.name, Reason("causes.read", (("check", check),)), 0)
                continue
            late = late_share(g.seen, g.code != -1, self.first, cases, since)
            if late > LATE:
                self._leave_out(finding, g.name, Reason("causes.later", (("share", late),)), round(late * len(cases)))
                continue
            kept.append(i)
        return kept

    def _leave_out(self, finding: str | None, attribute: str | None, reason: Reason, n: int) -> None:
        self.reasons.append({"finding_id": finding, "attribute": attribute, "reason": reason, "n": n})

    def _singles(self, finding: str, levels: np.ndarray, judged: np.ndarray, deviating: np.ndarray) -> pd.DataFrame:
        """Every level against the other judged cases with a value, all and in both parts; groups that are too small are hidden."""
        masks = np.stack([judged, deviating, judged & ~self.held, deviating & ~self.held], axis=1).astype(np.float32)
        if len(self.held) >= 2**24:
            masks = masks.astype(np.float64)
        mine = np.rint(self.matrix[levels] @ masks).astype(np.int64)
        known = np.rint(self.recorded @ masks).astype(np.int64)[self.attribute[levels]]
        shown = self._shown(levels, mine[:, 0], known[:, 0])
        self._count_hidden(finding, levels[~shown])
        levels, mine, known = levels[shown], mine[shown], known[shown]
        frame = compared(mine, known)
        frame["p"] = exact_p(mine[:, 1], mine[:, 0], known[:, 1] - mine[:, 1], known[:, 0] - mine[:, 0])
        frame.insert(0, "finding_id", finding)
        frame["level_no"], frame["depth"] = levels, 1
        frame["members"], frame["against"] = [(x,) for x in levels.tolist()], [()] * len(levels)
        return in_parts(frame, mine, known)

    def _shown(self, levels: np.ndarray, sizes: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Levels that may be shown: not fewer than k cases, nor told by the others and the total; with cases on both sides."""
        shown = (sizes >= K) & (known - sizes >= K)
        for a in np.unique(self.attribute[levels]):
            here = np.flatnonzero(self.attribute[levels] == a)
            rest = int(known[here[0]] - sizes[here].sum())  # judged cases with other values
            shown[here] &= ~hidden(np.append(sizes[here], rest))[:-1]
        return shown

    def _count_hidden(self, finding: str, levels: np.ndarray) -> None:
        for a, n in zip(*np.unique(self.attribute[levels], return_counts=True), strict=True):
            reason = Reason("causes.hidden", (("n", str(n)), ("k", str(K))))
            self._leave_out(finding, self.groupings[a].name, reason, int(n))

    def _subgroups(self, finding: str, levels: np.ndarray, judged: np.ndarray, deviating: np.ndarray) -> None:
        matrix, attribute = self.matrix[levels], self.attribute[levels]
        searched = judged & ~self.held, deviating & ~self.held
        found = [pairs(matrix, attribute, *searched)]
        if self.depth > 2:
            found.append(triples(matrix, attribute, *searched, found[0].levels))
        for part in found:
            self.tried += part.tried - len(part.p)
            for members, against, p in zip(levels[part.levels], levels[part.against], part.p, strict=True):
                self.subgroups.append(_Subgroup(finding, members, against, float(p), (judged, deviating)))

    def _subgroup(self, given: _Subgroup, q: float) -> pd.DataFrame:
        """The row of a subgroup, counted in all cases and in both parts."""
        members, against, (judged, deviating) = given.members, given.against, given.masks
        inside = (self.matrix[members] > 0).all(axis=0)
        part = (self.matrix[against] > 0).all(axis=0)
        known = (self.recorded[self.attribute[members]] > 0).all(axis=0)
        masks = judged, deviating, judged & ~self.held, deviating & ~self.held

        def counts(group: np.ndarray) -> np.ndarray:
            return np.array([[int((group & mask).sum()) for mask in masks]])

        frame = compared(counts(inside), counts(known))
        frame["p"], frame["q"] = given.p, q
        frame.insert(0, "finding_id", given.finding)
        frame["level_no"], frame["depth"] = -1, len(members)
        frame["members"], frame["against"] = [tuple(members.tolist())], [tuple(against.tolist())]
        return in_parts(frame, counts(inside), counts(part))

    def left_out(self) -> pd.DataFrame:
        """Reasons in words."""
        rows = []
        for row in self.reasons:
            reason: Reason = row["reason"]
            words = {f"why_{lang}": reason.say(lang) for lang in LANGUAGES}
            rows.append({x: row[x] for x in ("finding_id", "attribute", "n")} | words)
        return pd.DataFrame(rows, columns=["finding_id", "attribute", "n", "why_en", "why_zh"])

    def table(self, q: float) -> tuple[pd.DataFrame, int, int]:
        """All rows, best first within each finding; the number of groups compared; subgroups that differ and are kept out by q."""
        from scipy.stats import false_discovery_control

        rows = [x for x in self.rows if len(x)]
        if not rows:
            return pd.DataFrame(columns=list(Causes.columns)), self.tried, 0
        frame = pd.concat(rows, ignore_index=True)
        p = [*frame["p"], *(x.p for x in self.subgroups), *np.ones(self.tried)]
        adjusted = false_discovery_control(p)
        frame["q"] = adjusted[: len(frame)]
        passing = [(x, float(y)) for x, y in zip(self.subgroups, adjusted[len(frame) :], strict=False) if y < q]
        frame = pd.concat([frame, *(self._subgroup(x, y) for x, y in passing)], ignore_index=True)
        self._name(frame)
        rank = {id: i for i, id in enumerate(self.study.findings().frame["finding_id"])}
        more = (frame["q"] < q) & (frame["rr"] > 1) & (frame["verdict"] != DOES_NOT)
        order = np.lexsort(
            (frame["level"], frame["depth"], -frame["excess"].round(9), ~more.to_numpy(), frame["finding_id"].map(rank))
        )
        return (
            frame.iloc[order].reset_index(drop=True)[list(Causes.columns)],
            len(p),
            len(self.subgroups) - len(passing),
        )

    def _name(self, frame: pd.DataFrame) -> None:
        """Words for the groups, by language, and since when they are known."""
        which = [[self.groupings[self.attribute[x]] for x in members] for members in frame["members"]]

        names = [
            f"{self.groupings[a].name}={self.groupings[a].names[x]}"
            for a, x in zip(self.attribute, self.level, strict=True)
        ]
        frame["attribute"] = [" & ".join(g.name for g in row) for row in which]
        frame["level"] = [" & ".join(names[x] for x in members) for members in frame["members"]]
        frame["against"] = [" & ".join(names[x] for x in part) for part in frame["against"]]
        for lang in LANGUAGES:
            words = [self.groupings[a].labels[lang][x] for a, x in zip(self.attribute, self.level, strict=True)]
            frame[f"level_{lang}"] = [
                say("causes.and", lang).join(words[x] for x in members) for members in frame["members"]
            ]
        frame["known"] = [
            next(how for how in ("exported", "recorded", "start") if how in {g.seen.how for g in row}) for row in which
        ]
