"""What can be wrong with the cases, labels, people and attributes of a log."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from mining.log.codes import coded
from mining.log.labels import folded, meanings
from mining.log.quality_checks import DAY, Found, Sight
from mining.log.shown import NOBODY, may_show
from mining.units import MISSING

OPENS = 0.05  # share of the cases that begin (end) with a label before it counts as a beginning (an end)
MOST_VALUES = 200  # distinct values of an attribute whose mix is compared over time
DRIFT = 0.2  # share of the values that changed places
MOST_MOVES = 3  # values that a sentence on a changed mix names
ENOUGH = 50  # instances before a mix is compared
NOBODY_WORDS = (
    *("system", "admin", "administrator", "root", "batch", "robot", "bot", "automatic", "auto", "service", "unknown"),
    *("none", "null", "n/a", "na", "nan", "test", "dummy", "系统", "管理员", "自动", "机器人", "未知", "无", "测试"),
)


def case_checks(sight: Sight) -> Iterator[Found | None]:
    """Ids used again, and cases that the extract cuts off at either end."""
    log = sight.log
    opens, closes = _ends(sight)
    case, time, activity = sight.case, sight.time, log.activity
    begin, end = time[log.offsets[:-1]], time[log.offsets[1:] - 1]
    length = end - begin
    gap = max(DAY, 10 * int(np.median(length)))
    after = np.flatnonzero((case[1:] == case[:-1]) & (np.diff(time) > gap)) + 1
    again = after[opens[activity[after]] & closes[activity[after - 1]]]
    yield sight.found("case_id_reuse", again, days=f"{gap / DAY:,.0f}")
    twice = log.problem_counts.get("case id used by two traces", 0)
    if twice:
        rows = tuple(p.row for p in log.problems if p.kind == "case id used by two traces" and p.row)[:5]
        yield Found("case_id_reuse", twice, log.n_cases, "cases", "XES", n_cases=twice, rows=rows, values={"days": "0"})
    first, last = sight.bounds
    typical = int(np.quantile(length, 0.9))
    days = f"{typical / DAY:,.1f}"
    unopened, unclosed = ~opens[activity[log.offsets[:-1]]], ~closes[activity[log.offsets[1:] - 1]]
    yield sight.cases_found("truncated_start", unopened & (begin <= first + typical), days=days)
    yield sight.cases_found("truncated_end", unclosed & (end >= last - typical), days=days)


def _ends(sight: Sight) -> tuple[np.ndarray, np.ndarray]:
    """Labels that begin a case and labels that end one: by the blueprint, else those that at least 5 % of cases do."""
    log = sight.log
    if sight.blueprint is not None:
        known, scope = label_map(sight), sight.blueprint.scope
        wanted = (set(scope.starts_with), set(scope.ends_with))
        found = [np.array([known.get(label) in ids for label in log.labels]) for ids in wanted]
        if found[0].any() and found[1].any():
            return found[0], found[1]
    ends = (log.activity[log.offsets[:-1]], log.activity[log.offsets[1:] - 1])
    counts = [np.bincount(codes, minlength=len(log.labels)) for codes in ends]
    return counts[0] >= max(1, OPENS * log.n_cases), counts[1] >= max(1, OPENS * log.n_cases)


def label_map(sight: Sight) -> dict[str, str]:
    """Log label to activity id: by the blueprint, and by the binding where it comes from a file."""
    return meanings(sight.blueprint, sight.log.binding.labels) if sight.blueprint else {}


def label_checks(sight: Sight) -> Iterator[Found | None]:
    """Labels that are nearly the same, that the blueprint does not know, and activities it does not find."""
    log = sight.log
    twins: dict[str, list[int]] = {}
    for i, label in enumerate(log.labels):
        twins.setdefault(folded(label), []).append(i)
    same = [codes for codes in twins.values() if len(codes) > 1]
    if same:
        shown = ", ".join(" = ".join(repr(log.labels[i]) for i in codes) for codes in same[:3])
        at = np.isin(log.activity, np.concatenate([np.array(codes) for codes in same]))
        yield sight.found("similar_labels", at, n=sum(map(len, same)), labels=shown)
    if sight.blueprint is None:
        return
    known = label_map(sight)
    ignore = {*sight.blueprint.binding.ignore, *log.binding.ignore, *sight.blueprint.stand_ins}
    strange = np.array([label not in known and label not in ignore for label in log.labels])
    if strange.any():
        counts = np.bincount(log.activity, minlength=len(log.labels)) * strange
        most = [repr(log.labels[i]) for i in np.argsort(-counts, kind="stable")[:5] if counts[i]]
        yield sight.found("unmapped_labels", strange[log.activity], n=int(strange.sum()), labels=", ".join(most))
    present = {known.get(label) for label in log.labels}
    observable = [a.id for a in sight.blueprint.activities if a.observable]
    unseen = [id for id in observable if id not in present]
    if unseen:
        more = " ..." if len(unseen) > 8 else ""
        yield Found(
            "unseen_activities", len(unseen), len(observable), "labels", values={"labels": ", ".join(unseen[:8]) + more}
        )


def people_checks(sight: Sight) -> Iterator[Found | None]:
    """Work that nobody, or no person, is on record for."""
    log = sight.log
    if not log.binding.resource:
        return
    yield sight.found("missing_resources", log.resource < 0)
    known = log.source.extras.get(NOBODY, ())
    nobody = np.array([*(names_nobody(name) or name in known for name in log.resources), False])
    if nobody.any():
        names = ", ".join(repr(name) for name, hit in zip(log.resources, nobody[:-1].tolist(), strict=True) if hit)
        yield sight.found("system_resources", nobody[log.resource], labels=names[:200])


_NOBODY = frozenset(folded(word) for word in NOBODY_WORDS)


def names_nobody(word: str) -> bool:
    """Whether a resource is called as programs and gaps are, and not as people are.

    Examples
    --------
    >>> names_nobody("System"), names_nobody("clerk-01")
    (True, False)
    """
    return folded(word) in _NOBODY


def attribute_checks(sight: Sight) -> Iterator[Found | None]:
    """Case attributes that change inside a case, and mixes of values that change between earlier and later cases."""
    log = sight.log
    late = _later_half(sight)
    yield from _labels_come_and_go(sight, late)
    if log.binding.resource:
        yield _drift(sight, log.binding.resource, log.resource, late, list(log.resources), "resource_drift")
    for name, attribute in log.binding.attributes.items():
        if attribute.type == "number":
            yield from _decimals(sight, name)
        names: list[str] | None = None
        if attribute.type in ("number", "datetime"):
            values = log.values(name)
            missing = np.isnan(values) if attribute.type == "number" else values == MISSING
            codes = np.where(missing, -1, 0).astype(np.int32)
        elif sight.table is not None and not pa.types.is_nested(sight.table[attribute.column].type):
            texts = coded(sight.table[attribute.column], attribute.column)
            codes = values = texts.codes[log.row - 1]
            missing, names = codes < 0, texts.words.to_pylist()
        elif sight.table is None:
            found = pd.factorize(log.values(name), sort=True)
            codes = values = found[0].astype(np.int32)
            missing, names = codes < 0, [str(value) for value in found[1]]
        else:
            continue
        yield sight.cases_found("attribute_varies", _varies(values, missing, log.offsets), place=name)
        yield _drift(sight, name, codes, late, names, told=may_show(log, name))


def _later_half(sight: Sight) -> np.ndarray:
    """Instances (mask) of the later half of the cases, by their begin."""
    begin = sight.time[sight.log.offsets[:-1]]
    return (begin > np.median(begin))[sight.case]


def _labels_come_and_go(sight: Sight, late: np.ndarray) -> Iterator[Found | None]:
    """Labels that (nearly) all belong to the earlier, or to the later, half of the cases."""
    log, n = sight.log, len(sight.log.labels)
    counts = np.bincount(log.activity, minlength=n)
    after = np.bincount(log.activity[late], minlength=n)
    if not late.any() or late.all():
        return
    for problem, share in (("label_vanishes", after), ("label_appears", counts - after)):
        hit = (counts >= ENOUGH) & (share <= 0.01 * counts)
        if hit.any():
            shown = ", ".join(repr(log.labels[i]) for i in np.flatnonzero(hit)[:5])
            yield sight.found(problem, hit[log.activity], n=int(hit.sum()), labels=shown)


def _varies(values: np.ndarray, missing: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Cases with more than one value."""
    low, high = (
        (-np.inf, np.inf) if values.dtype.kind == "f" else (np.iinfo(values.dtype).min, np.iinfo(values.dtype).max)
    )
    least = np.minimum.reduceat(np.where(missing, high, values), offsets[:-1])
    most = np.maximum.reduceat(np.where(missing, low, values), offsets[:-1])
    return most > least


def _decimals(sight: Sight, name: str) -> Iterator[Found | None]:
    """What was taken for the decimal mark of a number attribute, where the values had to decide it."""
    for note in sight.log.attribute_notes(name):
        said = note.partition(": ")[2]
        if said.startswith("numbers") and not said.endswith("(declared)") and "(declared)," not in said:
            problem = "thousands_doubtful" if said.startswith("numbers such as") else "decimal_read"
            n = sight.log.n_cases
            yield Found(problem, n, n, "cases", name, n_cases=n, values={"note": said})


def _drift(
    sight: Sight,
    name: str,
    codes: np.ndarray,
    late: np.ndarray,
    names: list[str] | None,
    problem: str = "attribute_drift",
    *,
    told: bool = True,
) -> Found | None:
    """How much of a mix of values changed: half the sum of the differences of the shares (total variation).

    Where its values may not be told, the moves of single values are not listed: only how much moved, and what is missing.
    """
    n = int(codes.max(initial=-1)) + 2
    halves = [np.bincount(codes[half] + 1, minlength=n) for half in (~late, late)]
    if min(half.sum() for half in halves) < ENOUGH:
        return None
    if n - 1 > MOST_VALUES:  # too many values for a mix: only whether there is one
        halves, names = [np.array([half[0], half[1:].sum()]) for half in halves], None
    shares = [half / half.sum() for half in halves]
    change = np.abs(shares[0] - shares[1])
    moved = float(change.sum() / 2)
    if moved <= DRIFT:
        return None
    fewer = np.flatnonzero(change * 2 >= change.max())
    at = np.isin(np.minimum(codes + 1, len(change) - 1), fewer)
    moves = []
    listed = change if told or names is None else np.where(np.arange(len(change)) > 0, 0.0, change)
    for i in np.argsort(-listed, kind="stable")[:MOST_MOVES].tolist():
        if listed[i]:
            key = "drift.missing" if i == 0 else "drift.filled" if names is None else "drift.value"
            value = repr(names[i - 1]) if names and i else ""
            moves.append((key, {"value": value, "before": f"{shares[0][i]:.0%}", "after": f"{shares[1][i]:.0%}"}))
    if not moves:
        moves.append(("drift.not_shown", {}))
    return sight.found(problem, at, place=name, moved=f"{moved:.0%}", moves=tuple(moves))
