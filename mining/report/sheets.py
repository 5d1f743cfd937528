"""What stands in the sheets of the working papers: headings, and rows of plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from mining.conformance.verdicts import VERDICTS
from mining.report import evidence
from mining.report.formats import Writer, cell_words
from mining.report.sections import allowance_use, condition_words
from mining.results import plain
from mining.study import Study
from mining.texts import activity_name, basis, catalogue, check_text, clause, promise

WIDTHS = {
    "text": 18,
    "long": 52,
    "count": 11,
    "share": 11,
    "number": 13,
    "measure": 13,
    "time": 19,
    "date": 12,
    "key": 28,
    "hash": 50,
    "verdict": 15,
}
KINDS = {
    **dict.fromkeys(("text", "title", "reason", "detail"), "long"),
    **dict.fromkeys(
        ("judged", "row", "rank", "n_gross", "n_net", "n_judged", "n_faults", "n_cases", "count", *VERDICTS), "count"
    ),
    **dict.fromkeys(
        (
            "gross",
            "net",
            "low",
            "high",
            "target",
            "rate",
            "rate_gross",
            "share",
            "max_share",
            "share_promised",
            "certainty",
        ),
        "share",
    ),
    **dict.fromkeys(("measured", "limit", "excess_s", "excess_h"), "number"),
    **dict.fromkeys(("at", "at_utc"), "time"),
    **dict.fromkeys(("valid_from", "valid_to"), "date"),
    "verdict": "verdict",
}
MOST_CELLS = 1_000_000  # of one sheet
WORDY = ("dimension", "kind", "pattern", "service_word", "severity", "verdict", "priority", "status", "decision")


@dataclass(frozen=True)
class Head:
    """Heading of a column.

    Attributes
    ----------
    text : str
        What people read.
    kind : str
        What its cells are: one of the keys of ``WIDTHS``.
    key : str
        The name of the column in any language, by which a sheet that people filled in is read back.
    filled : bool
        People write in it.
    choices : tuple of str
        The words that they may write; empty: any.
    """

    text: str
    kind: str = "text"
    key: str = ""
    filled: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class As:
    """A value that is of another kind than its column."""

    value: Any
    kind: str


@dataclass(frozen=True)
class Sheet:
    """A sheet. ``key`` names it in the texts; ``cut`` says in words which rows it leaves out, and where they are."""

    key: str
    heads: tuple[Head, ...]
    n_rows: int
    rows: Iterable[Sequence[Any]]
    cut: str = ""

    @property
    def filled(self) -> bool:
        """Whether people write in it, so that it is read back."""
        return any(head.filled for head in self.heads)


def name_of(key: str, w: Writer) -> str:
    """Name of a sheet in the language."""
    return w.say(f"sheets.name.{key}" if f"sheets.name.{key}" in catalogue() else f"sheet.{key}")


def about_of(key: str, w: Writer) -> str:
    """What a sheet holds, in a sentence."""
    return w.say(f"sheets.about.{key}" if f"sheets.about.{key}" in catalogue() else f"about.{key}")


def yes_or_no(value: Any, w: Writer) -> str:
    """A truth value in words."""
    return w.say("word.yes" if value else "word.no")


def heads_of(names: Iterable[str], w: Writer) -> tuple[Head, ...]:
    """Headings of the columns of a frame."""
    texts = {"at": partial(w.say, "frame.at", zone=w.zone)} | {
        word: partial(w.say, f"verdict.{word}") for word in VERDICTS
    }
    return tuple(
        Head(texts[name]() if name in texts else w.say(f"frame.{name}"), KINDS.get(name, "text"), name)
        for name in names
    )


def translated(frame: pd.DataFrame, study: Study, w: Writer) -> pd.DataFrame:
    """A frame with its code words in words of the language; what is missing becomes None."""
    blueprint = study.blueprint
    stages = {x.id: x.name.get(w.lang) for x in blueprint.stages}
    lanes = {x.id: x.name.get(w.lang) for x in blueprint.lanes}

    def activity(id: str) -> str:
        return activity_name(blueprint, id, w.lang)

    words: dict[str, Callable[[Any], str]] = {
        **dict.fromkeys(("activity", "partner"), activity),
        **dict.fromkeys(("visible", "touchpoint", "met", "over"), lambda x: yes_or_no(x, w)),
        **{name: partial(_word, name, w) for name in WORDY},
        "stage": stages.__getitem__,
        "lane": lanes.__getitem__,
        "cell": lambda x: cell_words(x, w.lang),
    }
    made = {}
    for name in frame.columns:
        values = [plain(x) for x in frame[name].tolist()]
        if name in words:
            known = {x: words[name](x) for x in set(values) if x is not None}
            values = [None if x is None else known[x] for x in values]
        made[name] = pd.Series(values, index=frame.index, dtype=object)
    return pd.DataFrame(made, columns=frame.columns)


def _word(name: str, w: Writer, code: str) -> str:
    return w.say(f"{name}.{code}") if code else ""


def of_frame(key: str, frame: pd.DataFrame, w: Writer, cut: str = "") -> Sheet:
    """A sheet of a frame whose cells are in words already."""
    rows = zip(*(frame[name].tolist() for name in frame.columns), strict=True)
    return Sheet(key, heads_of(frame.columns, w), len(frame), rows, cut)


def criteria(study: Study, w: Writer) -> Sheet:
    """All checks: what they ask, why, how strictly."""
    rows = []
    for check in study.checks:
        spec = study.blueprint.checks.get(check.id)
        rows.append(
            {
                "check": check.id,
                "dimension": check.dimension,
                "text": check_text(study.blueprint, check.id, w.lang),
                "severity": check.severity,
                "basis": basis(study.blueprint, check.id, w.lang),
                "clause": clause(study.blueprint, check.id, w.lang),
                "limit_words": promise(study.blueprint, check.id, w.lang),
                "share_promised": getattr(spec, "share", None),
                "calendar": getattr(spec, "calendar", None),
                "when": w.say("report.semicolon").join(condition_words(c) for c in spec.when) if spec else "",
            }
        )
    return of_frame("criteria", translated(pd.DataFrame(rows), study, w), w)


def checks(study: Study, w: Writer) -> Sheet:
    """The summary."""
    return of_frame("checks", translated(study.summary().frame.drop(columns="kind"), study, w), w)


def matrix(study: Study, w: Writer) -> Sheet:
    """Net verdict of each case in each check; of cases too many for a sheet the first that have a fault."""
    words = [w.say(f"verdict.{word}") for word in VERDICTS]
    n, room = study.instances.n_cases, MOST_CELLS // (1 + len(study.checks))
    cases, cut = np.arange(n), ""
    if n > room:
        faulty = np.unique(np.concatenate([check.faults.case for check in study.checks]))
        cases = faulty[:room]
        counts = {"kept": len(cases), "faulty": len(faulty), "n": n, "others": n - len(cases)}
        cut = _cut("matrix", "verdicts.parquet", counts, w)
    codes = np.stack([study.net(check)[cases] for check in study.checks], axis=1)
    rows = (
        (case, *(words[code] for code in row))
        for case, row in zip(study.log.case_ids[cases].tolist(), codes.tolist(), strict=True)
    )
    heads = (*heads_of(["case_id"], w), *(Head(check.id, "verdict") for check in study.checks))
    return Sheet("matrix", heads, len(codes), rows, cut)


def _cut(key: str, file: str, counts: dict[str, int], w: Writer) -> str:
    """Which rows a sheet holds and where the others are."""
    numbers = {name: w.count(n) for name, n in counts.items()}
    return w.say(f"xlsx.cut.{key}", name=name_of(key, w), file=file, **numbers)


def deviations(study: Study, w: Writer) -> Sheet:
    """All faults, the time in the zone of the report and in UTC; of faults too many for a sheet the first of each finding."""
    frame = study.deviations().frame
    n, room, cut = len(frame), MOST_CELLS // (1 + len(frame.columns)), ""
    if n > room:
        nth = frame.groupby("finding_id").cumcount()
        each = _most_of_each(frame["finding_id"].value_counts().to_numpy(), room)
        frame = frame[nth < each]
        counts = {"kept": len(frame), "n": n, "each": each, "others": n - len(frame)}
        cut = _cut("deviations", "deviations.parquet", counts, w)
    times = {"at": clock(frame["at"], w.zone), "at_utc": clock(frame["at"], "UTC")}
    shown = translated(frame.drop(columns="at"), study, w)
    for place, (name, values) in enumerate(times.items(), list(frame.columns).index("at")):
        shown.insert(place, name, values)
    return of_frame("deviations", shown, w, cut)


def _most_of_each(sizes: np.ndarray, room: int) -> int:
    """The largest number such that so many rows of each group fit.

    Examples
    --------
    >>> _most_of_each(np.array([100, 3, 1]), 10)
    6
    """
    low, high = 0, room
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if int(np.minimum(sizes, middle).sum()) <= room else (low, middle - 1)
    return low


def clock(moments: pd.Series, zone: str) -> pd.Series:
    """Moments as the clocks of a zone showed them."""
    if moments.empty:
        return pd.Series([], dtype=object)
    local = moments.dt.tz_convert(zone).dt.tz_localize(None)
    values = [None if x is pd.NaT else x.to_pydatetime(warn=False) for x in local]
    return pd.Series(values, index=moments.index, dtype=object)


def day_of(value: Any) -> Any:
    """A day as a date; what is not written as one stays as it is."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


def allowances(study: Study, w: Writer) -> Sheet:
    """Allowances and their use."""
    use = allowance_use(study)
    entries = study.blueprint.allowances
    use.insert(1, "reason", [a.reason.get(w.lang) for a in entries])
    use.insert(2, "decision", [a.decision for a in entries])
    use.insert(3, "approved_by", [a.approved_by for a in entries])
    use.insert(4, "valid_from", [day_of(a.valid[0]) for a in entries])
    use.insert(5, "valid_to", [day_of(a.valid[1]) for a in entries])
    return of_frame("allowances", translated(use, study, w), w)


def quality(study: Study, w: Writer) -> Sheet:
    """Every problem of the data, worst first, and what was not checked."""
    table = evidence.quality(study, w)
    rows: list[tuple[Any, ...]] = []
    for group in table.groups:
        for row in group.rows:
            problem, severity, count, share, where, harm = row.cells
            numbers = (count.data["count"], count.data["of"], share.data["share"])
            rows.append((problem.text, severity.text, *numbers, where.text, harm.text))
    rows += [(line, "", None, None, None, "", "") for line in evidence.unchecked(study, w)]
    kinds = {"col.problem": "long", "frame.severity": "text", "frame.count": "count", "frame.of": "count"}
    kinds |= {"col.share_of": "share", "col.first_rows": "text", "col.harm": "long"}
    return Sheet("quality", tuple(Head(w.say(key), kind) for key, kind in kinds.items()), len(rows), rows)


def lineage(study: Study, w: Writer) -> Sheet:
    """Every row of the log file accounted for, and what was assumed."""
    rows: list[tuple[Any, ...]] = []
    for table, topic in ((evidence.lineage(study, w), "xlsx.rows"), (evidence.problems(study, w), "col.problem")):
        for group in table.groups:
            rows += [
                (w.say(topic), row.cells[0].text, next(iter(row.cells[1].data.values())), row.cells[2].text)
                for row in group.rows
            ]
    seen = study.instances
    for word, counts in (("unmapped", seen.unmapped), ("ignored", seen.ignored)):
        rows += [(w.say("xlsx.label"), label, n, w.say(f"report.label.{word}")) for label, n in sorted(counts.items())]
    rows += [(w.say("xlsx.note"), note, None, "") for note in evidence.notes(study)]
    heads = (
        Head(w.say("xlsx.topic")),
        Head(w.say("xlsx.item"), "long"),
        Head(w.say("frame.count"), "count"),
        Head(w.say("xlsx.detail"), "long"),
    )
    return Sheet("lineage", heads, len(rows), rows)
