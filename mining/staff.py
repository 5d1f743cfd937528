"""Who does what in a log: activities done by the same people, by systems, or by nobody that the log names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mining.blueprint.naming import ids_of
from mining.log import EventLog

NOBODY = 0.9  # share of an activity's instances without a resource from which nobody does it
ALIKE = 0.5  # least overlap of two groups that are one
FEW = 50  # instances with a resource; with fewer an activity founds no group of its own
RARELY = 0.05  # share of a resource's own work below which it does not belong to a group
MOSTLY = 0.6
TEAMS = (  # names of columns, best first; in lower case, blanks, dots and hyphens as _
    *("org:group", "org:role", "group", "team", "department", "role", "assignment_group", "org_group", "org_role"),
    *("部门", "团队", "小组", "组别", "岗位", "角色"),
)
NOT_A_NAME = re.compile(  # what stands before a number without saying who it is
    r"(?:^|[^a-z])(?:by|user|users|resource|resources|employee|employees|person|persons|people|staff|worker|workers|member|members|"
    r"id|no|nr|number)$|(?:用户|员工|资源|人员|工号|编号)$"
)
SYSTEM = re.compile(
    r"(?<![a-z])(?:systems?|sys|auto(?:mat(?:ic|ed|ion|e))?|robots?|bots?|rpa|batch|service[ _-]?accounts?|workflow|engine|daemon|"
    r"cron|api|kiosks?|portal|website)(?![a-z])|系统|自动|机器人|自助"
)


@dataclass(frozen=True)
class Group:
    """Activities done by the same people. ``rarely``: who did some of it, but as hardly any of their work, with how often."""

    id: str
    name: str
    labels: tuple[str, ...]
    resources: tuple[str, ...]
    rarely: tuple[tuple[str, int], ...]
    why: str = ""  # where the name is from


@dataclass(frozen=True)
class Staff:
    """The labels of a log by who does them; every label is in one part."""

    groups: tuple[Group, ...]
    systems: tuple[str, ...]
    nobody: tuple[str, ...]
    unknown: tuple[str, ...]
    accounts: tuple[str, ...]
    column: str | None = None  # of the teams, if the log has one and the groups are made from it

    def place(self, label: str) -> tuple[str, str | None]:
        """Lane and role of a label."""
        for group in self.groups:
            if label in group.labels:
                return group.id, group.id
        return ("systems" if label in self.systems else "unknown" if label in self.unknown else "customer"), None


def staff_of(log: EventLog, labels: Sequence[str]) -> Staff:
    """Group the labels of a log by who does them.

    Activities are alike by the share of their work that the same people do; the two groups most alike on average are joined
    until none overlap by half. An activity seen fewer than fifty times joins the group most like it. Where the log has a column of
    teams, they stand in place of the people.

    Parameters
    ----------
    log : EventLog
    labels : sequence of str
        All labels of the log, in the order in which groups are to be named.

    Returns
    -------
    Staff
    """
    code = [log.labels.index(label) for label in labels]
    work = _counted(log.activity, log.resource, len(log.labels), len(log.resources))[code]
    teams = _teams(log)
    by_team = _counted(log.activity, teams.code, len(log.labels), len(teams.names))[code] if teams else None
    if not work[:, :-1].any() and by_team is None:
        return Staff((), (), (), tuple(labels), ())
    is_system = np.array([bool(SYSTEM.search(name.casefold())) for name in log.resources], bool)
    named = work[:, :-1].sum(axis=1)
    someone = work[:, -1] < NOBODY * work.sum(axis=1)
    systems = someone & (2 * work[:, :-1][:, is_system].sum(axis=1) >= named)
    if by_team is not None:
        someone |= by_team[:, -1] < NOBODY * by_team.sum(axis=1)
    people = np.flatnonzero(someone & ~systems)
    alike = work if by_team is None or not by_team[people][:, :-1].any(axis=1).all() else by_team
    parts = [people[part] for part in _clusters(alike[people][:, :-1])]
    teamed = teams if alike is by_team else None
    groups = _named(parts, labels, work[:, :-1], log.resources, alike[:, :-1], teamed)
    return Staff(
        groups,
        _picked(labels, systems),
        _picked(labels, ~someone),
        (),
        _picked(log.resources, is_system),
        teamed.column if teamed else None,
    )


def _counted(rows: np.ndarray, columns: np.ndarray, n_rows: int, n_columns: int) -> np.ndarray:
    """How often each pair occurs; the last column counts those without one (-1)."""
    found = np.zeros((n_rows, n_columns + 1), np.int64)
    np.add.at(found, (rows, columns), 1)
    return found


@dataclass(frozen=True)
class _Teams:
    """The team of each activity instance, as a position in ``names``; -1 where the log names none."""

    column: str
    names: tuple[str, ...]
    code: np.ndarray


def _teams(log: EventLog) -> _Teams | None:
    """The first column of teams that says more than one thing about at least half of the activity instances."""
    columns = {re.sub(r"[\s_.\-]+", "_", name.casefold()): name for name in log.source.table.column_names}
    for plain in TEAMS:
        name = columns.get(plain)
        if name is None or name in log.binding.columns.values():
            continue
        code, found = pd.factorize(log.source.table[name].to_pandas().iloc[log.row - 1])
        names = [str(x).strip() for x in found]
        order = sorted({x for x in names if x})
        place = np.array([order.index(x) if x else -1 for x in names] + [-1])  # the last: no value
        code = place[code]
        if len(order) >= 2 and 2 * (code >= 0).sum() >= len(code):
            return _Teams(name, tuple(order), code)
    return None


def _picked(names: Sequence[str], which: np.ndarray) -> tuple[str, ...]:
    return tuple(name for name, taken in zip(names, which.tolist(), strict=True) if taken)


def _clusters(work: np.ndarray) -> list[np.ndarray]:
    """Rows that share their columns, by average linkage; in the order of their first rows."""
    if not len(work):
        return []
    shares = work / work.sum(axis=1, keepdims=True)
    alike = np.array([np.minimum(row, shares).sum(axis=1) for row in shares])
    often = np.flatnonzero(work.sum(axis=1) >= FEW)
    if not len(often):
        often = np.arange(len(work))
    parts = _joined(alike, [[int(i)] for i in often])
    for i in sorted(set(range(len(work))) - set(often.tolist())):
        best = max(range(len(parts)), key=lambda k: (float(np.mean([alike[i, j] for j in parts[k] if j in often])), -k))
        parts[best].append(i)
    return sorted((np.array(sorted(part)) for part in parts), key=lambda part: int(part[0]))


def _joined(alike: np.ndarray, parts: list[list[int]]) -> list[list[int]]:
    """Join the two parts most alike on average while they overlap enough; the first pair of equals."""
    between = alike[np.ix_([p[0] for p in parts], [p[0] for p in parts])].copy()
    np.fill_diagonal(between, -1.0)
    while len(parts) > 1:
        a, b = sorted(divmod(int(between.argmax()), len(parts)))
        if between[a, b] < ALIKE:
            break
        sizes = len(parts[a]), len(parts[b])
        merged = (sizes[0] * between[a] + sizes[1] * between[b]) / sum(sizes)
        between[a, :] = between[:, a] = merged
        between[a, a] = -1.0
        between = np.delete(np.delete(between, b, axis=0), b, axis=1)
        parts[a] = parts[a] + parts.pop(b)
    return parts


def _named(
    parts: list[np.ndarray],
    labels: Sequence[str],
    work: np.ndarray,
    resources: Sequence[str],
    by_team: np.ndarray,
    teams: _Teams | None,
) -> tuple[Group, ...]:
    everything = work.sum(axis=0)
    found, stems = [], []
    for part in parts:
        mine = work[part].sum(axis=0)
        belongs = (mine > 0) & (mine >= RARELY * everything)
        if not belongs.any():
            belongs = mine > 0
        often = dict(zip(resources, mine.tolist(), strict=True))
        rarely = sorted(((x, often[x]) for x in _picked(resources, (mine > 0) & ~belongs)), key=lambda x: (-x[1], x[0]))
        members = tuple(sorted(_picked(resources, belongs), key=_in_order))
        stems.append(_stem({name: often[name] for name in members}))
        found.append((tuple(labels[i] for i in part.tolist()), members, tuple(rarely)))
    names, ids, why = [], [], []
    for k, (part, stem) in enumerate(zip(parts, stems, strict=True), start=1):
        team = _most(by_team[part].sum(axis=0), teams) if teams else None
        name = team or (stem if stem and stems.count(stem) == 1 else None)
        names.append(name if name and name not in names else _lane_name(k, found[k - 1][0]))
        ids.append(names[-1] if names[-1] == name else f"lane {k}")
        why.append(
            f"named after their team in the column {teams.column!r}" if team and teams and names[-1] == team else ""
        )
    taken = ["customer", "systems", "unknown"]
    made = ids_of(dict.fromkeys([*taken, *ids]), "group")
    rows = zip(ids, names, found, why, strict=True)
    return tuple(Group(_id(id, made, taken), name, *rest, because) for id, name, rest, because in rows)


def _most(work: np.ndarray, teams: _Teams) -> str | None:
    """The team that does most of the work, if one does."""
    return teams.names[int(work.argmax())] if work.max(initial=0) >= MOSTLY * max(work.sum(), 1) else None


def _lane_name(number: int, labels: Sequence[str]) -> str:
    """A name for people of whom the log says nothing but what they do."""
    some = ", ".join(labels[:2]) + (", …" if len(labels) > 2 else "")
    return f"泳道 {number}：{some}" if re.search(r"[\u3400-\u9fff]", some) else f"Lane {number}: {some}"


def _in_order(name: str) -> list[tuple[bool, int, str]]:
    """Names with their numbers as numbers: clerk 2 before clerk 10."""
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", name) if part]


def _id(name: str, ids: dict[str, str], taken: Sequence[str]) -> str:
    return f"{ids[name]}_staff" if name in taken else ids[name]


def _stem(work: dict[str, int]) -> str | None:
    """What most of the names have in common before their numbers (``clerk-01``: clerk), if it is a word and most of the work."""
    stems: Counter[str] = Counter()
    for name, k in work.items():
        stems[re.sub(r"[\W\d_]+$", "", name)] += k
    if not stems:
        return None
    stem, most = max(stems.items(), key=lambda item: (item[1], item[0]))
    if NOT_A_NAME.search(stem.casefold()):
        return None
    shared = sum(re.sub(r"[\W\d_]+$", "", name) == stem for name in work)
    return stem if len(stem) > 1 and shared > 1 and most >= MOSTLY * stems.total() else None
