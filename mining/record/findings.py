"""One record per finding: criteria, condition, cause, consequence, action, and how sure each is. Every format is written from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from mining.findings import PRIORITIES, priority_of
from mining.results import plain
from mining.texts import LANGUAGES, basis, check_text, clause

if TYPE_CHECKING:
    from mining.improvement import Improvement
    from mining.record.narrative import Entry, Narrative
    from mining.sampling import Evaluation
    from mining.study import Study

RANKED, WITHDRAWN, CHANGE_REQUEST = "open", "withdrawn", "change_request"
STATUSES = (RANKED, CHANGE_REQUEST, WITHDRAWN, "within_target", "allowed")  # in the order of the record
SHOWN = 10  # cases of a finding named as evidence
GROUPS = 5  # groups of cases named with a finding
Values = dict[str, Any]
Written = str | dict[str, str] | None  # a text of people: for both languages, or one for each


@dataclass(frozen=True)
class FindingRecord:
    """One finding. Texts have both languages; shares are 0 to 1; what is not measured is None.

    Attributes
    ----------
    finding_id : str
        Stable: the same place of the same blueprint has the same id on every log.
    number : int or None
        Its place among the ranked findings, 1 is first. None: not ranked.
    title : dict
        By language.
    status : str
        ``open`` (ranked), ``change_request`` (does good: for the blueprint, not for a plan), ``withdrawn`` (the sample did not confirm it),
        ``within_target`` or ``allowed``.
    severity, priority, cell : str
        As decided; the cell of the printed table that gave the priority. None where not ranked.
    place : dict
        check, dimension, kind, activity, partner, visible.
    criteria : dict
        text, basis, clause (by language), blueprint, version, promised_share.
    condition : dict
        n_gross, n_net, n_judged, rate_gross, rate, low, high, method, n_faults, excess_h, pending, not_applicable, not_observable, and
        first and last moment of a fault (UTC).
    cause : dict
        kind, text and basis as people wrote them; associations: groups of cases in which it is more (or less) frequent.
    consequence : dict
        harm (word), hours and loss a year with their range, and effects: per outcome the naive difference and the adjusted one.
    action : dict
        recommendation as people wrote it, and the actions of the plan (:func:`mining.record.decided.with_plan`).
    confidence : dict
        certainty, flags (problems of the data), tie, rank_low, rank_high, p_first, p_top5, and sample: what the inspection confirmed.
    evidence : dict
        cases, and shown: the first cases with their source rows.
    allowance : dict
        n_allowed: cases that an allowance covers, and which ones.
    response : dict
        position, text, owner, due, status as people wrote them; owner and due day of the plan where only that has them.
    severity_by_blueprint : str
        Before a person decided otherwise; with the reason in ``severity_reason``.
    severity_reason : str
    earlier : dict or None
        What an earlier audit found at the same place.
    """

    finding_id: str
    number: int | None
    title: dict[str, str]
    status: str
    severity: str
    priority: str | None
    cell: str | None
    place: Values
    criteria: Values
    condition: Values
    cause: Values
    consequence: Values
    action: Values
    confidence: Values
    evidence: Values
    allowance: Values
    response: Values
    severity_by_blueprint: str
    severity_reason: Written = None
    earlier: Values | None = None

    @property
    def ranked(self) -> bool:
        """Whether it is one of the findings to be mended."""
        return self.status == RANKED

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        made: dict[str, Any] = plain(vars(self))
        return made


def finding_records(
    study: Study, improvement: Improvement, narrative: Narrative, evaluation: Evaluation | None = None
) -> tuple[FindingRecord, ...]:
    """All findings, without their actions: the ranked ones in their order, then those that no plan need mend.

    A finding whose class the inspected sample did not confirm is withdrawn: it keeps its record and loses its rank. A severity that a
    person decided gives the priority of its cell; within a class the order stays that of the ranking.

    Parameters
    ----------
    study : Study
    improvement : Improvement
        Of the same study: effects, ranking and causes.
    narrative : Narrative
        What people wrote.
    evaluation : Evaluation, optional
        What the inspection of the sample came to.
    """
    faults = dict(tuple(study.deviations().frame.groupby("finding_id")))
    found = study.findings().frame.set_index("finding_id")
    ranking = improvement.priorities.frame.set_index("finding_id", drop=False)
    made = [
        _record(study, improvement, narrative, evaluation, finding, ranking.loc[str(id)].to_dict(), faults[id])
        for id, finding in found.iterrows()
    ]
    ranks = {str(id): rank for id, rank in ranking["rank"].items()}
    made.sort(key=lambda x: (STATUSES.index(x.status), _class(x), _rank(ranks[x.finding_id]), x.finding_id))
    ranked = [x for x in made if x.ranked]
    return (*(replace(x, number=n) for n, x in enumerate(ranked, 1)), *made[len(ranked) :])


def _class(record: FindingRecord) -> int:
    return PRIORITIES.index(record.priority) if record.priority else len(PRIORITIES)


def _rank(rank: Any) -> int:
    return 10**9 if plain(rank) is None else int(rank)


def _record(
    study: Study,
    improvement: Improvement,
    narrative: Narrative,
    evaluation: Evaluation | None,
    row: pd.Series,
    rank: Mapping[Any, Any],
    faults: pd.DataFrame,
) -> FindingRecord:
    id = str(row.name)
    words = narrative.of(id)
    sample = None if evaluation is None else evaluation.of(id)
    status = {"ranked": RANKED}.get(rank["status"], rank["status"])
    if status == RANKED and sample is not None and sample["withdrawn"]:
        status = WITHDRAWN
    severity = words.severity.value if words.severity else row["severity"]
    priority, cell = rank["priority"], rank["cell"]
    if severity != row["severity"]:
        priority, cell = class_of(severity, row, mandatory=bool(rank["mandatory"]))
    return FindingRecord(
        finding_id=id,
        number=None,
        title={lang: words.title.get(lang) or row[f"title_{lang}"] for lang in LANGUAGES},
        status=status,
        severity=severity,
        priority=plain(priority) if status == RANKED else None,
        cell=plain(cell) if status == RANKED else None,
        place={x: plain(row[x]) for x in ("check", "dimension", "kind", "activity", "partner", "visible")},
        criteria=_criteria(study, row),
        condition=_condition(study, row, faults),
        cause=_cause(words) | {"associations": _associations(improvement, id)},
        consequence={"text": words.consequence.to_dict()} | _consequence(improvement, id, rank),
        action={"recommendation": words.recommendation.to_dict(), "actions": []},
        confidence=_confidence(row, rank, sample),
        evidence=_evidence(row, faults),
        allowance={
            "n_allowed": int(row["n_gross"] - row["n_net"]),
            "allowances": sorted(faults["allow_id"].dropna().unique()),
        },
        response=_response(words),
        severity_by_blueprint=row["severity"],
        severity_reason=words.severity.reason.to_dict() if words.severity else None,
    )


def class_of(severity: str, facts: Mapping[Any, Any] | pd.Series, *, mandatory: bool) -> tuple[str, str]:
    """Priority of a severity and the cell of the printed table; one class up for a mandatory check, as in the ranking.

    Examples
    --------
    >>> class_of("minor", {"visible": True, "low": 0.06, "n_net": 40}, mandatory=True)
    ('H', 'minor, visible, >= 5 %, mandatory: M to H')
    """
    priority, cell = priority_of(severity, plain(facts["visible"]), facts["low"], int(facts["n_net"]))
    if not mandatory:
        return priority, cell
    above = PRIORITIES[max(PRIORITIES.index(priority) - 1, 0)]
    return above, f"{cell}, mandatory: {priority} to {above}"


def _by_language(make: Any) -> dict[str, str]:
    return {lang: make(lang) for lang in LANGUAGES}


def _criteria(study: Study, row: pd.Series) -> Values:
    blueprint, check = study.blueprint, row["check"]
    return {
        "text": _by_language(lambda lang: check_text(blueprint, check, lang)),
        "basis": _by_language(lambda lang: basis(blueprint, check, lang)),
        "clause": _by_language(lambda lang: clause(blueprint, check, lang)),
        "blueprint": blueprint.id,
        "version": blueprint.version,
        "promised_share": plain(row["target"]),
    }


def _condition(study: Study, row: pd.Series, faults: pd.DataFrame) -> Values:
    counts = study.summary().row(row["check"])
    kept = ("n_gross", "n_net", "n_judged", "rate_gross", "rate", "low", "high", "n_faults", "excess_h")
    at = faults["at"].dropna()
    return (
        {name: plain(row[name]) for name in kept}
        | {"method": "95 % Wilson interval of rate = n_net / n_judged"}
        | {word: int(counts[word]) for word in ("pending", "not_applicable", "not_observable")}
        | {"first": at.min().isoformat() if len(at) else None, "last": at.max().isoformat() if len(at) else None}
    )


def _associations(improvement: Improvement, id: str) -> list[Values]:
    """The groups of cases in which it is more frequent, that held in the cases kept apart; strongest first."""
    rows = improvement.causes.associated()
    rows = rows[rows["finding_id"] == id].head(GROUPS)
    kept = (
        "attribute",
        "level",
        "level_en",
        "level_zh",
        "n",
        "deviating",
        "rate",
        "rest_n",
        "rest_deviating",
        "rest_rate",
    )
    more = ("rr", "low", "high", "excess", "paf", "q", "held_out", "verdict")
    return [{name: plain(row[name]) for name in (*kept, *more)} for row in rows.to_dict("records")]


def _consequence(improvement: Improvement, id: str, rank: Mapping[Any, Any]) -> Values:
    effects = improvement.effects.frame
    kept = [*("outcome", "unit", "design", "n_with", "n_without", "n_compared", "naive", "naive_low", "naive_high"),
            *("effect", "low", "high", "q", "grade", "harm", "weak", "why", "e_value")]  # fmt: skip
    rows = effects.loc[effects["finding_id"] == id, kept]
    names = ("harm", "grade", "hours", "hours_low", "hours_high", "loss", "loss_low", "loss_high", "currency")
    return {name: plain(rank[name]) for name in names} | {
        "effects": [{key: plain(value) for key, value in row.items()} for row in rows.to_dict("records")]
    }


def _confidence(row: pd.Series, rank: Mapping[Any, Any], sample: Mapping[str, Any] | None) -> Values:
    kept = ("tie", "rank_low", "rank_high", "p_first", "p_top5")
    return {
        "certainty": plain(row["certainty"]),
        "flags": [x for x in str(row["flags"]).split(", ") if x],
        **{name: None if rank[name] == "" else plain(rank[name]) for name in kept},
        "sample": None if sample is None else {key: plain(value) for key, value in sample.items()},
    }


def worst_faults(faults: pd.DataFrame, *, allowed: bool = False) -> pd.DataFrame:
    """The worst fault of each case of a finding: by size where it is measured, else in the order of the log."""
    picked = faults[faults["verdict"] == ("allowed" if allowed else "fail")]
    picked = picked.sort_values(["measured", "excess_s"], ascending=False, na_position="last", kind="stable")
    return picked.drop_duplicates("case_id")


def _evidence(row: pd.Series, faults: pd.DataFrame) -> Values:
    worst = worst_faults(faults, allowed=row["status"] == "allowed")
    kept = ("case_id", "row", "kind", "activity", "partner", "measured", "limit", "unit")
    shown = [
        {name: plain(x[name]) for name in kept} | {"at": x["at"].isoformat() if plain(x["at"]) is not None else None}
        for x in worst.head(SHOWN).to_dict("records")
    ]
    return {"cases": len(worst), "shown": shown}


def _cause(words: Entry) -> Values:
    cause = words.cause
    if cause is None:
        return {"kind": None, "text": None, "basis": None}
    return {"kind": cause.kind, "text": cause.text.to_dict(), "basis": cause.basis}


def _response(words: Entry) -> Values:
    response = words.response
    said = (
        {"position": response.position, "text": response.text.to_dict()}
        if response
        else {"position": None, "text": None}
    )
    return said | {"owner": words.owner or None, "due": words.due or None, "status": words.status or None}
