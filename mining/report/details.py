"""One block per finding: criteria, condition, place, priority, evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from mining.blueprint.model import Rule, Standard
from mining.blueprint.stages import is_path
from mining.conformance.verdicts import SERVICE_WORDS
from mining.log.quality import what
from mining.report.formats import DASH, Writer, cell_words, names_of
from mining.report.paths import CERTAIN
from mining.report.sections import title_of
from mining.report.table import Cell, Row, Table, number, records, table
from mining.results import plain
from mining.study import Study
from mining.texts import basis, check_text, clause, promise

MOST_DETAILED = 60
MOST_EVIDENCE = 10
MOST_NAMED = 4


@dataclass(frozen=True)
class Part:
    """A heading inside a block and its lines."""

    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """A finding in detail. ``badge`` is the word of its priority or status, ``tone`` its look."""

    id: str
    title: str
    badge: str
    tone: str
    parts: tuple[Part, ...]
    evidence: Table


def blocks(study: Study, w: Writer) -> list[Block]:
    """The first findings in detail, in their order."""
    rows = records(study.findings().frame.head(MOST_DETAILED))
    faults = dict(tuple(study.deviations().frame.groupby("finding_id")))
    hangs = moments(study, w)
    return [_block(study, row, faults[row["finding_id"]], hangs.get(row["check"], ""), w) for row in rows]


def _block(study: Study, row: dict[str, Any], faults: pd.DataFrame, hangs: str, w: Writer) -> Block:
    open_ = row["status"] == "open"
    badge = w.say(f"priority.{row['priority']}") if open_ else w.say(f"status.{row['status']}")
    title = f"{row['rank']} · {title_of(row, w.lang)}" if open_ else title_of(row, w.lang)
    parts = (
        Part(w.say("report.criteria"), _criteria(study, row, w)),
        Part(w.say("report.condition"), _condition(study, row, w)),
        Part(w.say("report.where"), _where(study, faults, w)),
        *([Part(w.say("report.service_words"), words)] if (words := _service_words(faults, w)) else []),
        Part(w.say("col.priority"), (_priority(row, w),)),
        *([Part(w.say("report.certainty"), (_certainty(study, row, faults, w),))] if is_path(row["check"]) else []),
        *([Part(w.say("report.moment"), (hangs,))] if hangs else []),
        *([Part(w.say("report.flags"), _flags(study, row, w))] if row["flags"] else []),
    )
    return Block(
        row["finding_id"], title, badge, row["priority"] if open_ else "quiet", parts, _evidence(study, row, faults, w)
    )


def _criteria(study: Study, row: dict[str, Any], w: Writer) -> tuple[str, ...]:
    check = row["check"]
    lines = [
        f"{check} · {check_text(study.blueprint, check, w.lang)}",
        w.say(
            "report.basis", basis=basis(study.blueprint, check, w.lang), clause=clause(study.blueprint, check, w.lang)
        ),
    ]
    target = plain(row["target"])
    return (*lines, w.say("report.promised_share", share=w.share(target))) if target is not None else tuple(lines)


def _condition(study: Study, row: dict[str, Any], w: Writer) -> tuple[str, ...]:
    counts = study.summary().row(row["check"])
    shares = {"n": w.count(row["n_judged"]), "interval": w.interval(row["low"], row["high"])}
    lines = [
        w.say("report.condition.gross", k=w.count(row["n_gross"]), share=w.share(row["rate_gross"]), **shares),
        w.say("report.condition.net", k=w.count(row["n_net"]), share=w.share(row["rate"]), **shares),
        w.say("report.condition.faults", n=w.count(row["n_faults"])),
    ]
    if plain(row["excess_h"]) is not None:
        lines.append(w.say("report.condition.excess", hours=w.hours(row["excess_h"])))
    rest = {word: w.count(counts[word]) for word in ("pending", "not_applicable", "not_observable")}
    return (*lines, w.say("report.condition.rest", **rest))


def _certainty(study: Study, row: dict[str, Any], faults: pd.DataFrame, w: Writer) -> str:
    """How many of the optimal alignments contain the deviations."""
    certain = faults["certainty"]
    if certain.isna().all():
        return w.say("report.certainty.not_measured")
    if (certain >= CERTAIN).all():
        return w.say("report.certainty.all")
    counts = {"k": w.count((certain >= CERTAIN).sum()), "n": w.count(certain.notna().sum())}
    return w.say("report.certainty.some", share=w.share(certain.mean()), **counts)


def _service_words(faults: pd.DataFrame, w: Writer) -> tuple[str, ...]:
    """What service research calls such a deviation, with the faults of each word."""
    counts = faults["service_word"].value_counts()
    n = w.count(len(faults))
    return tuple(
        w.say("report.service_word", word=w.say(f"service_word.{word}"), k=w.count(counts[word]), n=n)
        for word in SERVICE_WORDS
        if word in counts
    )


def _flags(study: Study, row: dict[str, Any], w: Writer) -> tuple[str, ...]:
    """Problems of the data that could be behind it, with how many of its faults they touch."""
    mine = study.flags[study.flags["finding_id"] == row["finding_id"]]
    problems = {(one.problem, one.place): one for one in study.quality.found}
    return tuple(
        w.say("report.flag", what=what(problems[x.problem, x.place], w.lang), k=w.count(x.faults), n=w.count(x.of))
        for x in mine.itertuples()
    )


def moments(study: Study, w: Writer) -> dict[str, str]:
    """Rules of which another moment, start instead of completion or the other way round, turns verdicts: the worst choice, by rule."""
    frame = study.moment_flips.frame.sort_values("flips", ascending=False, kind="stable").drop_duplicates("check")
    found = {}
    for row in frame.sort_values("check").itertuples():
        rule = study.blueprint.checks[row.check]
        assert isinstance(rule, Rule)
        used, other = (
            w.say("word.and").join(
                w.say(f"limits.moments.{at}", activity=names_of(study.blueprint, (name,), w.lang))
                for name, at in ((rule.a, a_at), (rule.b, b_at))
                if name
            )
            for a_at, b_at in ((row.a_at, row.b_at), (row.other_a_at, row.other_b_at))
        )
        counts = {key: w.count(getattr(row, key)) for key in ("judged", "to_fail", "to_pass")}
        n = w.count(row.flips)
        found[row.check] = w.say("limits.moments", check=row.check, used=used, other=other, n=n, **counts)
    return found


def _where(study: Study, faults: pd.DataFrame, w: Writer) -> tuple[str, ...]:
    blueprint = study.blueprint
    stages = [s.name.get(w.lang) for s in blueprint.stages if s.id in set(faults["stage"].dropna())]
    lanes = [lane for lane in blueprint.lanes if lane.id in set(faults["lane"].dropna())]
    sees = {True: w.say("report.visible"), False: w.say("report.hidden")}
    lane_names = [w.say("report.bracket", name=lane.name.get(w.lang), note=sees[lane.visible]) for lane in lanes]
    activities = list(dict.fromkeys(faults["activity"].dropna()))
    lines = []
    if 0 < len(activities) <= MOST_NAMED:
        lines.append(w.say("report.where.activity", names=names_of(blueprint, activities, w.lang)))
    elif activities:
        lines.append(w.say("report.where.activities", n=len(activities)))
    if stages:
        lines.append(w.say("report.where.stage", names=w.say("report.comma").join(stages)))
        lines.append(w.say("report.where.lane", names=w.say("report.comma").join(lane_names)))
    return tuple(lines) or (w.say("report.where.none"),)


def _priority(row: dict[str, Any], w: Writer) -> str:
    if row["status"] != "open":
        return w.say(f"report.unranked.{row['status']}")
    word = w.say(f"priority.{row['priority']}")
    return w.say("report.pair", name=word, value=cell_words(row["cell"], w.lang))


def _evidence(study: Study, row: dict[str, Any], faults: pd.DataFrame, w: Writer) -> Table:
    """The worst fault of the first cases: by size where it is measured, else in the order of the log."""
    open_ = row["status"] != "allowed"
    picked = faults[faults["verdict"] == ("fail" if open_ else "allowed")]
    picked = picked.sort_values(["measured", "excess_s"], ascending=False, na_position="last", kind="stable")
    picked = picked.drop_duplicates("case_id")
    measured = bool(picked["measured"].notna().any())
    caption = w.say(
        "report.evidence.largest" if measured else "report.evidence.first",
        n=min(MOST_EVIDENCE, len(picked)),
        all=w.count(len(picked)),
    )
    people = row["dimension"] == "role"
    rows = [_evidence_row(study, fault, measured, people, w) for fault in records(picked.head(MOST_EVIDENCE))]
    heads = [
        "col.case",
        "col.row",
        "col.at",
        "col.activity",
        *(["col.who"] if people else []),
        *(["col.measured", "col.limit"] if measured else []),
        "col.how",
    ]
    texts = [w.say(x, zone=w.zone) if x == "col.at" else w.say(x) for x in heads]
    return table(f"evidence-{row['finding_id']}", caption, texts, rows, "tndt" + "t" * people + "nn" * measured + "t")


def _evidence_row(study: Study, fault: dict[str, Any], measured: bool, people: bool, w: Writer) -> Row:
    how = w.say("report.comma").join(
        filter(None, (w.say(f"kind.{fault['kind']}"), w.say(f"pattern.{fault['pattern']}") if fault["pattern"] else ""))
    )
    named = [x for x in (fault["activity"], fault["partner"]) if x]
    cells = [
        Cell(fault["case_id"], data={"case_id": fault["case_id"]}),
        Cell(
            w.say("report.no_row") if plain(fault["row"]) is None else w.count(fault["row"]), data={"row": fault["row"]}
        ),
        Cell(w.moment(fault["at"]), data={"at": fault["at"]}),
        Cell(names_of(study.blueprint, named, w.lang)),
    ]
    if people:
        cells.append(Cell(fault["resource"] or DASH))
    if measured:
        spec = study.blueprint.checks.get(fault["check"])
        overdue = isinstance(spec, Standard) and spec.metric == "due_date"
        length = w.length(fault["measured"], fault["unit"])
        cells.append(number(w.say("report.overdue", length=length) if overdue else length, measured=fault["measured"]))
        promised = promise(study.blueprint, fault["check"], w.lang) or w.length(fault["limit"], fault["unit"])
        cells.append(number(promised, limit=fault["limit"]))
    return Row(fault["case_id"], (*cells, Cell(how)))
