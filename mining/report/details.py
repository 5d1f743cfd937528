"""One page per finding: criteria, condition, cause, consequence, corrective action, and what they rest on."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mining.blueprint.model import Rule, Standard
from mining.blueprint.stages import is_path
from mining.conformance.verdicts import SERVICE_WORDS
from mining.log.quality import what
from mining.record import FindingRecord, Record
from mining.record.findings import CHANGE_REQUEST, worst_faults
from mining.report.document import Fact, Section
from mining.report.formats import DASH, Writer, cell_words, names_of
from mining.report.paths import CERTAIN
from mining.report.quoting import words_of
from mining.report.table import Cell, Row, Table, number, records, table
from mining.results import plain
from mining.study import Study
from mining.texts import basis, check_text, clause, promise

MOST_DETAILED = 60
TOO_FEW = "D"  # grade of an effect
MOST_NAMED = 4
SHOWN_WHOLE = ("H", "M")  # priorities of findings with a page of their own
SOME, FEW = 6, 3  # cases of evidence of a finding that is ranked, and of another; more stand in the list of cases


def pages(record: Record, w: Writer) -> list[Section]:
    """One section per finding, in the order of the record; those after the first sixty stand in the working papers only."""
    study = record.study
    faults = dict(tuple(study.deviations().frame.groupby("finding_id")))
    hangs = moments(study, w)
    rows = {row["finding_id"]: row for row in records(study.findings().frame)}
    return [
        _page(record, finding, rows[finding.finding_id], faults[finding.finding_id], hangs, w)
        for finding in record.findings[:MOST_DETAILED]
    ]


def _page(
    record: Record, finding: FindingRecord, row: dict[str, Any], faults: pd.DataFrame, hangs: dict[str, str], w: Writer
) -> Section:
    study, id = record.study, finding.finding_id
    priority = finding.priority
    badge = w.say(f"priority.{priority}") if priority else w.say(f"audit.status_{finding.status}")
    found = [
        ("report.criteria", _criteria(study, row, w)),
        ("report.condition", _condition(study, row, w)),
        ("audit.cause", _cause(record, finding, w)),
        ("audit.consequence", _consequence(record, finding, w)),
        ("audit.corrective_action", _action(record, finding, w)),
        ("report.where", _where(study, faults, w)),
        ("report.service_words", _service_words(faults, w)),
        ("audit.severity", _severity(record, finding, w) if finding.severity_reason or not priority else ()),
        ("col.priority", (_priority(finding, w),)),
        ("audit.confidence", (*_confidence(finding, w), *_sampled(finding, w))),
        ("report.certainty", (_certainty(study, row, faults, w),) if is_path(row["check"]) else ()),
        ("report.moment", (hangs[row["check"]],) if row["check"] in hangs else ()),
        ("report.flags", _flags(study, row, w) if row["flags"] else ()),
        ("audit.allowance", _allowance(finding, w)),
        ("audit.response", _response(record, finding, w)),
        ("audit.col_id", (id,)),
    ]
    return Section(
        facts=[Fact(w.say(label), lines) for label, lines in found if lines],
        tables=[_evidence(study, finding, row, faults, w)],
        id=id,
        title=_title(record, finding, w),
        badge=badge,
        tone=priority or "quiet",
        fresh=finding.priority in SHOWN_WHOLE and finding.number != 1,
    )


def _title(record: Record, finding: FindingRecord, w: Writer) -> str:
    """The title, after its rank where the heading itself is not counted: in the Chinese outline the pages lie a level deeper."""
    counted = record.engagement.mode != "audit" or w.lang != "zh"
    return finding.title[w.lang] if counted or finding.number is None else f"{finding.number}. {finding.title[w.lang]}"


def _cause(record: Record, finding: FindingRecord, w: Writer) -> tuple[str, ...]:
    """What people found out, then with what it goes together; never more than that."""
    cause, lines = finding.cause, []
    if cause["text"]:
        kind = w.say(f"narrative.kind_{cause['kind']}") if cause["kind"] else ""
        basis = w.say(f"narrative.basis_{cause['basis']}") if cause["basis"] else w.say("narrative.basis_stated")
        note = w.say("report.comma").join(x for x in (kind, basis) if x)
        lines.append(w.say("report.bracket", name=words_of(record, cause["text"], w), note=note))
    if finding.ranked:
        lines.append(record.improvement.causes.sentence_of(finding.finding_id, w.lang))
        if not cause["text"]:
            lines.append(w.say("audit.no_cause"))
    return tuple(lines)


def _consequence(record: Record, finding: FindingRecord, w: Writer) -> tuple[str, ...]:
    """What people wrote, then every outcome with enough cases to compare; those with too few are counted."""
    lines = [words_of(record, finding.consequence["text"], w)] if finding.consequence["text"] else []
    effects, few = record.improvement.effects, 0
    for effect in finding.consequence["effects"]:
        if effect["why"] or effect["grade"] == TOO_FEW:
            few += 1
            continue
        name = effects.outcomes[effect["outcome"]].name[w.lang]
        told = effects.told(finding.finding_id, effect["outcome"], w.lang)
        lines.append(w.say("report.pair", name=name, value=told))
    if few:
        lines.append(w.say("audit.effects_too_few", outcomes=few))
    return tuple(lines)


def _action(record: Record, finding: FindingRecord, w: Writer) -> tuple[str, ...]:
    """What is to be done: as people wrote it, and the actions of the plan with owner and date."""
    wrote = finding.action["recommendation"]
    lines = [words_of(record, wrote, w)] if wrote else []
    if finding.status == CHANGE_REQUEST:
        lines.append(w.say("audit.change_request"))
    for action in finding.action["actions"]:
        goal = action["goal_zh"] if w.lang == "zh" and action["goal_zh"] else action["goal"]
        key = "audit.action_proposed" if _drafted(action) else "audit.action"
        lines.append(
            w.say(
                key, id=action["action_id"], goal=goal, baseline=_metric(action, "baseline", w),
                target=_metric(action, "target", w), owner=action["owner"] or w.say("audit.no_owner"),
                due=action["due"] or w.say("audit.no_date"),
            )
        )  # fmt: skip
    return tuple(lines)


def _drafted(action: dict[str, Any]) -> bool:
    """Whether its target is that of the draft still, and nobody has taken it on yet: without owner or day it is a proposal."""
    return action["target"] == action["proposed"] is not None and not (action["owner"] and action["due"])


def _metric(action: dict[str, Any], name: str, w: Writer) -> str:
    value = action[name]
    return DASH if value is None else w.share(value) if action["metric"].startswith("share:") else f"{value:,.6g}"


def _severity(record: Record, finding: FindingRecord, w: Writer) -> tuple[str, ...]:
    said, reason = w.say(f"severity.{finding.severity}"), words_of(record, finding.severity_reason, w)
    if not reason:
        return (said,)
    before = w.say(f"severity.{finding.severity_by_blueprint}")
    return (w.say("audit.severity_decided", severity=said, before=before, reason=reason),)


def _confidence(finding: FindingRecord, w: Writer) -> tuple[str, ...]:
    """How stable its place in the order is."""
    at = finding.confidence
    if not finding.ranked or at["rank_low"] is None:
        return ()
    low, high = (f"{at[x]:.0f}" for x in ("rank_low", "rank_high"))
    lines = [w.say("audit.rank_fixed", rank=low) if low == high else w.say("audit.ranks", low=low, high=high)]
    for key, share in (("audit.rank_first", at["p_first"]), ("audit.rank_top5", at["p_top5"])):
        if share:
            lines.append(w.say(key, share=w.share(share)))
            break
    return (" ".join(lines) if w.lang == "en" else "".join(lines),)


def _sampled(finding: FindingRecord, w: Writer) -> tuple[str, ...]:
    """What the inspected sample says of it."""
    sample = finding.confidence["sample"]
    if not sample or not sample["n_reviewed"]:
        return (w.say("audit.not_inspected"),) if finding.ranked else ()
    values = {
        "k": w.count(sample["confirmed"]),
        "n": w.count(sample["n_reviewed"]),
        "share": w.share(sample["precision"]),
    }
    lines = [w.say("audit.inspected", interval=w.interval(sample["low"], sample["high"]), **values)]
    return (*lines, w.say("audit.withdrawn")) if sample["withdrawn"] else tuple(lines)


def _allowance(finding: FindingRecord, w: Writer) -> tuple[str, ...]:
    n, names = finding.allowance["n_allowed"], finding.allowance["allowances"]
    return (w.say("audit.allowed", n=w.count(n), names=w.say("report.comma").join(names)),) if n else ()


def _response(record: Record, finding: FindingRecord, w: Writer) -> tuple[str, ...]:
    """What management says, who answers for it and by when; that there is no answer is said too."""
    answer, lines = finding.response, []
    if answer["position"] or answer["text"]:
        position = (
            w.say(f"narrative.position_{answer['position']}") if answer["position"] else w.say("audit.no_position")
        )
        text = words_of(record, answer["text"], w) if answer["text"] else ""
        lines.append(w.say("report.pair", name=position, value=text) if text else position)
    elif finding.ranked:
        lines.append(w.say("audit.no_response"))
    if answer["owner"] or answer["due"]:
        owner, due = answer["owner"] or w.say("audit.no_owner"), answer["due"] or w.say("audit.no_date")
        lines.append(w.say("audit.owner_due", owner=owner, due=due))
    if answer["status"]:
        lines.append(w.say("audit.action_status", status=w.say(f"narrative.status_{answer['status']}")))
    return tuple(lines)


def check_label(study: Study, check: str, w: Writer) -> str:
    """What a check asks for, after the name that people gave it; the toolkit's own names of what follows from the design are no words."""
    said = check_text(study.blueprint, check, w.lang)
    return f"{check} · {said}" if check in study.blueprint.checks else said


def _criteria(study: Study, row: dict[str, Any], w: Writer) -> tuple[str, ...]:
    check = row["check"]
    lines = [
        check_label(study, check, w),
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
    return (w.say("report.semicolon").join(lines),) if lines else (w.say("report.where.none"),)


def _priority(finding: FindingRecord, w: Writer) -> str:
    if finding.priority is None or finding.cell is None:
        return w.say(f"audit.not_ranked_{finding.status}")
    return w.say("report.pair", name=w.say(f"priority.{finding.priority}"), value=cell_words(finding.cell, w.lang))


def _evidence(study: Study, finding: FindingRecord, row: dict[str, Any], faults: pd.DataFrame, w: Writer) -> Table:
    """The worst fault of the first cases: by size where it is measured, else in the order of the log."""
    picked = worst_faults(faults, allowed=finding.status == "allowed")
    shown = SOME if finding.ranked else FEW
    measured = bool(picked["measured"].notna().any())
    caption = w.say(
        "report.evidence.largest" if measured else "report.evidence.first",
        n=min(shown, len(picked)),
        all=w.count(len(picked)),
    )
    people = row["dimension"] == "role"
    promised = promise(study.blueprint, row["check"], w.lang) if measured else None
    limits = measured and not promised
    rows = [_evidence_row(study, fault, measured, people, promised, w) for fault in records(picked.head(shown))]
    heads = ["col.case", "col.row", "col.at", "col.activity", *(["col.who"] if people else [])]
    texts = [w.say(x, zone=w.zone) for x in heads]
    if measured:
        limit = w.say("report.pair", name=w.say("col.limit"), value=promised)
        texts.append(
            w.say("report.bracket", name=w.say("col.measured"), note=limit) if promised else w.say("col.measured")
        )
    texts += [*([w.say("col.limit")] if limits else []), w.say("col.how")]
    kinds = "tndt" + "t" * people + "n" * measured + "n" * limits + "t"
    return table(f"evidence-{row['finding_id']}", caption, texts, rows, kinds)


def _evidence_row(
    study: Study, fault: dict[str, Any], measured: bool, people: bool, promised: str | None, w: Writer
) -> Row:
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
        length = w.say("report.overdue", length=length) if overdue else length
        limit = {"limit": fault["limit"]}
        cells.append(number(length, measured=fault["measured"], **(limit if promised else {})))
        cells += [] if promised else [number(w.length(fault["limit"], fault["unit"]), **limit)]
    return Row(fault["case_id"], (*cells, Cell(how)))
