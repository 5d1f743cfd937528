"""Who does what in a log: activities done by the same people, by systems, or by nobody that the log names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mining.blueprint.naming import ids_of
from mining.log import EventLog

NOBODY = 0.9  # share of an activity's instances without a resource from which nobody does it
ALIKE = 0.5  # least overlap of two groups that are one
FEW = 50  # instances with a resource; with fewer an activity founds no group of its own
RARELY = 0.05  # share of a resource's own work below which it does not belong to a group
MOSTLY = 0.6
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


@dataclass(frozen=True)
class Staff:
    """The labels of a log by who does them; every label is in one part."""

    groups: tuple[Group, ...]
    systems: tuple[str, ...]
    nobody: tuple[str, ...]
    unknown: tuple[str, ...]
    accounts: tuple[str, ...]

    def place(self, label: str) -> tuple[str, str | None]:
        """Lane and role of a label."""
        for group in self.groups:
            if label in group.labels:
                return group.id, group.id
        return ("systems" if label in self.systems else "unknown" if label in self.unknown else "customer"), None


def staff_of(log: EventLog, labels: Sequence[str]) -> Staff:
    """Group the labels of a log by who does them.

    Activities are alike by the share of their work that the same people do; the two groups most alike on average are joined
    until none overlap by half. An activity seen fewer than fifty times joins the group most like it.

    Parameters
    ----------
    log : EventLog
    labels : sequence of str
        All labels of the log, in the order in which groups are to be named.

    Returns
    -------
    Staff
    """
    work = np.zeros((len(log.labels), len(log.resources) + 1), np.int64)  # the last column: no resource
    np.add.at(work, (log.activity, log.resource), 1)
    code = {label: i for i, label in enumerate(log.labels)}
    work = work[[code[label] for label in labels]]
    if not work[:, :-1].any():
        return Staff((), (), (), tuple(labels), ())
    is_system = np.array([bool(SYSTEM.search(name.casefold())) for name in log.resources], bool)
    named = work[:, :-1].sum(axis=1)
    nobody = work[:, -1] >= NOBODY * work.sum(axis=1)
    systems = ~nobody & (2 * work[:, :-1][:, is_system].sum(axis=1) >= named)
    people = np.flatnonzero(~nobody & ~systems)
    parts = _clusters(work[people][:, :-1])
    groups = _named([people[part] for part in parts], labels, work[:, :-1], log.resources)
    return Staff(
        groups,
        _picked(labels, systems),
        _picked(labels, nobody),
        (),
        _picked(log.resources, is_system),
    )


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
    parts: list[np.ndarray], labels: Sequence[str], work: np.ndarray, resources: Sequence[str]
) -> tuple[Group, ...]:
    everything = work.sum(axis=0)
    names: list[str] = []
    found = []
    for part in parts:
        mine = work[part].sum(axis=0)
        belongs = (mine > 0) & (mine >= RARELY * everything)
        if not belongs.any():
            belongs = mine > 0
        members, rare = _picked(resources, belongs), (mine > 0) & ~belongs
        often = dict(zip(resources, mine.tolist(), strict=True))
        stem = _stem({name: often[name] for name in members}) or f"Group {len(names) + 1}"
        names.append(stem if stem not in names else f"{stem} {len(names) + 1}")
        rarely = sorted(((name, often[name]) for name in _picked(resources, rare)), key=lambda x: (-x[1], x[0]))
        found.append((tuple(labels[i] for i in part.tolist()), members, tuple(rarely)))
    taken = ["customer", "systems", "unknown"]
    ids = ids_of(dict.fromkeys([*taken, *names]), "group")
    return tuple(Group(_id(name, ids, taken), name, *rest) for name, rest in zip(names, found, strict=True))


def _id(name: str, ids: dict[str, str], taken: Sequence[str]) -> str:
    return f"{ids[name]}_staff" if name in taken else ids[name]


def _stem(work: dict[str, int]) -> str | None:
    """What most of the names have in common before their numbers (``clerk-01``: clerk), if it is a word and most of the work."""
    stems: Counter[str] = Counter()
    for name, k in work.items():
        stems[re.sub(r"[\W\d_]+$", "", name)] += k
    stem, most = max(stems.items(), key=lambda item: (item[1], item[0]))
    shared = sum(re.sub(r"[\W\d_]+$", "", name) == stem for name in work)
    return stem if len(stem) > 1 and shared > 1 and most >= MOSTLY * stems.total() else None
