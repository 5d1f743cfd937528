"""Sheets of the working papers for the findings: the whole record of each, what it changes, and the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from mining.harm.words import weak_told
from mining.plan.actions import GONE
from mining.report.formats import Writer, cell_words
from mining.report.quoting import words_of
from mining.report.reviewed import FINDINGS, Filled, filled_in
from mining.report.sheets import As, Head, Sheet, day_of, of_frame, translated, yes_or_no
from mining.results import plain
from mining.study import Study
from mining.texts import activity_name, catalogue, say

if TYPE_CHECKING:
    from mining.record.findings import FindingRecord
    from mining.record.record import Record

FINDING_KINDS = {
    **dict.fromkeys(("title", "text", "cause_text", "consequence_text", "recommendation", "response"), "long"),
    **dict.fromkeys(("associations", "severity_reason", "remark"), "long"),
    **dict.fromkeys(
        ("number", "n_gross", "n_net", "n_judged", "n_faults", "n_allowed", "n_drawn", "n_reviewed"), "count"
    ),
    **dict.fromkeys(("pending", "not_applicable", "not_observable", "n_confirmed", "evidence_cases"), "count"),
    **dict.fromkeys(("rank_low", "rank_high"), "measure"),
    **dict.fromkeys(("rate_gross", "rate", "low", "high", "promised_share", "certainty", "p_first", "p_top5"), "share"),
    **dict.fromkeys(("precision", "precision_low", "precision_high"), "share"),
    **dict.fromkeys(("excess_h", "hours", "hours_low", "hours_high", "loss", "loss_low", "loss_high"), "number"),
    **dict.fromkeys(("first", "last"), "time"),
    "due": "date",
}
EFFECT_KINDS = {
    **dict.fromkeys(("n_with", "n_without", "n_compared"), "count"),
    **dict.fromkeys(("naive", "naive_low", "naive_high", "effect", "effect_low", "effect_high"), "number"),
    **dict.fromkeys(("q", "e_value"), "measure"),
    **dict.fromkeys(("title", "weak", "why"), "long"),
}
ACTION_KINDS = {
    **dict.fromkeys(("goal", "rule"), "long"),
    **dict.fromkeys(("baseline", "target_value", "proposed"), "measure"),
    **dict.fromkeys(("start", "due"), "date"),
    "baseline_n": "count",
}


def head_of(name: str, kinds: Mapping[str, str], w: Writer, **values: Any) -> Head:
    """The heading of a column, by its name."""
    key = f"sheets.head.{name}"
    text = w.say(key if key in catalogue() else f"frame.{name}", **values)
    return Head(text, kinds.get(name, "text"), name)


def _sheet(key: str, names: Iterable[str], rows: list[dict[str, Any]], kinds: Mapping[str, str], w: Writer) -> Sheet:
    heads = tuple(head_of(name, kinds, w, zone=w.zone) for name in names)
    return Sheet(key, heads, len(rows), [tuple(row[head.key] for head in heads) for row in rows])


def word_of(group: str, code: Any, w: Writer) -> str | None:
    """A code in words; what is not said stays blank."""
    return w.say(f"sheets.{group}.{code}") if plain(code) not in (None, "") else None


# --- findings --------------------------------------------------------------------------------------------------------


def findings(record: Record, w: Writer, filled: Filled) -> Sheet:
    """The record of every finding in one row, with room for the reviewer."""
    rows = [_finding(x, record, w) for x in record.findings]
    names = rows[0] if rows else FIRST_COLUMNS
    return filled_in(_sheet("findings", names, rows, FINDING_KINDS, w), FINDINGS, filled, w)


FIRST_COLUMNS = ("finding_id", "number", "priority", "status", "title")


def findings_of_study(study: Study, w: Writer, filled: Filled) -> Sheet:
    """The findings of a study alone, in their order, with room for the reviewer."""
    frame = study.findings().frame
    shown = frame.drop(columns=["title_en", "title_zh", "kind"])
    order = ["finding_id", "rank", *(name for name in shown.columns if name not in ("finding_id", "rank"))]
    shown = shown[order]
    shown.insert(2, "title", frame["title_zh" if w.lang == "zh" else "title_en"])
    return filled_in(of_frame("findings", translated(shown, study, w), w), FINDINGS, filled, w)


def _finding(x: FindingRecord, record: Record, w: Writer) -> dict[str, Any]:
    """One row; numbers as they stand in the record."""

    def said(written: Any) -> str | None:
        return words_of(record, written, w) or None

    def word(group: str, code: Any) -> str | None:
        return w.say(f"{group}.{code}") if code else None

    blueprint, comma = record.study.blueprint, w.say("report.comma")
    counts = ("n_gross", "n_net", "n_judged", "rate_gross", "rate", "low", "high", "n_faults", "excess_h")
    response, cause, found = x.response, x.cause, x.consequence
    return (
        {
            "finding_id": x.finding_id,
            "number": x.number,
            "priority": word("priority", x.priority),
            "status": word_of("status", x.status, w),
            "title": x.title[w.lang],
            "severity": word("severity", x.severity),
            "severity_by_blueprint": word("severity", x.severity_by_blueprint),
            "severity_reason": said(x.severity_reason),
            "check": x.place["check"],
            "dimension": word("dimension", x.place["dimension"]),
            "activity": activity_name(blueprint, x.place["activity"], w.lang),
            "partner": activity_name(blueprint, x.place["partner"], w.lang),
            "visible": None if x.place["visible"] is None else yes_or_no(x.place["visible"], w),
            "text": x.criteria["text"][w.lang],
            "basis": x.criteria["basis"][w.lang],
            "clause": x.criteria["clause"][w.lang],
            "version": x.criteria["version"],
            "promised_share": x.criteria["promised_share"],
        }
        | {name: x.condition[name] for name in (*counts, "pending", "not_applicable", "not_observable")}
        | {name: _moment(x.condition[name], w.zone) for name in ("first", "last")}
        | {
            "n_allowed": x.allowance["n_allowed"],
            "allowances": comma.join(x.allowance["allowances"]),
            "evidence_cases": x.evidence["cases"],
            "cause_kind": word_of("cause", cause["kind"], w),
            "cause_text": said(cause["text"]),
            "cause_basis": word_of("cause_basis", cause["basis"], w),
            "associations": "\n".join(_association(row, w) for row in cause["associations"]),
            "consequence_text": said(found["text"]),
            "harm": w.say(f"improvement.harm_{found['harm']}") if found["harm"] else None,
            "grade": found["grade"],
        }
        | {
            name: found[name]
            for name in ("hours", "hours_low", "hours_high", "loss", "loss_low", "loss_high", "currency")
        }
        | {
            "recommendation": said(x.action["recommendation"]),
            "actions": comma.join(row["action_id"] for row in x.action["actions"]),
            "cell": cell_words(x.cell, w.lang) if x.cell else None,
        }
        | {name: x.confidence[name] for name in ("certainty", "tie", "rank_low", "rank_high", "p_first", "p_top5")}
        | {"flags": comma.join(x.confidence["flags"])}
        | _sampled(x.confidence["sample"] or {}, w)
        | {
            "position": word_of("position", response["position"], w),
            "response": said(response["text"]),
            "owner": response["owner"],
            "due": day_of(response["due"]),
            "state": word_of("state", response["status"], w),
        }
    )


def _sampled(sample: Mapping[str, Any], w: Writer) -> dict[str, Any]:
    """What the inspection of the finding's class came to; blank where nothing was inspected."""
    names = {"n_drawn": "n_drawn", "n_reviewed": "n_reviewed", "n_confirmed": "confirmed", "precision": "precision"}
    names |= {"precision_low": "low", "precision_high": "high"}
    withdrawn = sample.get("withdrawn")
    return {name: sample.get(there) for name, there in names.items()} | {
        "withdrawn": None if withdrawn is None else yes_or_no(withdrawn, w)
    }


def _association(row: Mapping[str, Any], w: Writer) -> str:
    numbers = {name: w.count(row[name]) for name in ("n", "deviating", "rest_n", "rest_deviating")}
    shares = {name: w.share(row[name]) for name in ("rate", "rest_rate")}
    return w.say("sheets.association", level=row[f"level_{w.lang}"] or row["level"], **numbers, **shares)


def _moment(text: str | None, zone: str) -> Any:
    """A moment of the record as the clocks of a zone showed it."""
    if not text:
        return None
    at = pd.Timestamp(text)
    at = at.tz_localize("UTC") if at.tzinfo is None else at
    return at.tz_convert(zone).tz_localize(None).to_pydatetime(warn=False)


# --- effects ---------------------------------------------------------------------------------------------------------


def effects(record: Record, w: Writer, _filled: Filled) -> Sheet:
    """Per finding and outcome the difference as it is, and the one adjusted for what else differs."""
    rows = [_effect(x, row, record, w) for x in record.findings for row in x.consequence["effects"]]
    names = (
        *("finding_id", "title", "outcome", "outcome_unit", "design", "n_with", "n_without", "n_compared"),
        *(
            "naive",
            "naive_low",
            "naive_high",
            "effect",
            "effect_low",
            "effect_high",
            "q",
            "e_value",
            "grade",
            "direction",
        ),
        *("weak", "why"),
    )
    return _sheet("effects", names, rows, EFFECT_KINDS, w)


def _effect(x: FindingRecord, row: Mapping[str, Any], record: Record, w: Writer) -> dict[str, Any]:
    outcome = record.improvement.outcomes[row["outcome"]]
    same = ("n_with", "n_without", "n_compared", "q", "e_value", "grade")
    sizes = {name: row[name] for name in ("naive", "naive_low", "naive_high", "effect")}
    sizes |= {"effect_low": row["low"], "effect_high": row["high"]}
    kind = {"time": "count", "share": "share"}.get(outcome.kind, "measure")
    counts = {"n": w.count(row["n_with"]), "n_without": w.count(row["n_without"])}
    return (
        {name: row[name] for name in same}
        | {name: As(size, kind) for name, size in sizes.items()}
        | {
            "finding_id": x.finding_id,
            "title": x.title[w.lang],
            "outcome": outcome.name[w.lang],
            "outcome_unit": row["unit"]
            or w.say("sheets.unit.share" if outcome.kind == "share" else "sheets.unit.none"),
            "design": word_of("design", row["design"], w),
            "direction": {1: w.say("sheets.worse"), -1: w.say("sheets.better")}.get(row["harm"]),
            "weak": weak_told(row["weak"], w.lang) if row["weak"] else None,
            "why": say(f"harm.why_{row['why']}", w.lang, **counts) if row["why"] else None,
        }
    )


# --- the plan --------------------------------------------------------------------------------------------------------


def actions(record: Record, w: Writer, _filled: Filled) -> Sheet:
    """The plan: one row per action, as people wrote it."""
    plan = record.improvement.plan
    goals, rules = plan.goals(w.lang), plan.frame[f"rule{'_zh' if w.lang == 'zh' else ''}"].tolist()
    rows = [
        _action({name: plain(value) for name, value in row.items()}, goal, rule, w)
        for row, goal, rule in zip(plan.frame.to_dict("records"), goals, rules, strict=True)
    ]
    names = (
        *("action_id", "finding_id", "goal", "metric", "baseline", "baseline_n", "target_value", "proposed", "rule"),
        *("owner", "start", "due", "check_dates", "action_state", "mark"),
    )
    return _sheet("actions", names, rows, ACTION_KINDS, w)


def _action(row: dict[str, Any], goal: str, rule: str, w: Writer) -> dict[str, Any]:
    same = ("action_id", "finding_id", "metric", "baseline_n", "owner", "start", "due")
    kind = "share" if row["metric"].startswith("share:") else "measure"
    sizes = {"baseline": row["baseline"], "target_value": row["target"], "proposed": row["proposed"]}
    return (
        {name: row[name] for name in same}
        | {name: As(size, kind) for name, size in sizes.items()}
        | {
            "goal": goal,
            "rule": rule or row["rule"],
            "check_dates": w.say("report.comma").join(str(day) for day in row["check_dates"] or ()),
            "action_state": word_of("state", row["status"], w),
            "mark": word_of("mark", row["mark"], w) if row["mark"] == GONE else row["mark"],
        }
    )
