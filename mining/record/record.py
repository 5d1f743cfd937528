"""The record of an audit: every number once, with what people wrote beside it. All formats are written from it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mining.conformance.verdicts import VERDICTS
from mining.findings import BANDS, COMMON, FEW_CASES, OCCASIONAL, PRIORITIES, TABLE
from mining.improvement import Improvement
from mining.record.decided import PlanRemark, decided, with_plan
from mining.record.engagement import Engagement
from mining.record.findings import WITHDRAWN, FindingRecord, class_of, finding_records
from mining.record.narrative import Narrative
from mining.record.rating import Graded, Rating, blind_share, rate
from mining.record.references import Quoted, TypedNumber, check_references, typed_numbers
from mining.results import plain
from mining.study import Study

if TYPE_CHECKING:
    from mining.privacy import Gauge, Privacy
    from mining.record.earlier import Remeasured
    from mining.sampling import Evaluation, Review, Sample

CONTROLS = ("rules", "role")  # dimensions whose checks are controls
COUNTS = ("n_gross", "n_net", "n_judged", "n_faults")
SHARES = ("rate_gross", "rate", "low", "high")


@dataclass(frozen=True, eq=False)
class Record:
    """All that an audit says.

    Attributes
    ----------
    study : Study
    improvement : Improvement
        With ranking and plan as decided (:func:`mining.record.decided.decided`).
    engagement : Engagement
        Settings: who audits what for whom, in which mode.
    narrative : Narrative
        What people wrote on the findings.
    findings : tuple of FindingRecord
        The ranked ones first, in their order.
    rating : Rating
    privacy : Privacy
    gauge : Gauge
        How far cases stand out.
    sample : Sample
        What is to be inspected.
    review : Review or None
        What the inspection found.
    evaluation : Evaluation or None
    remeasured : Remeasured or None
        The findings of an earlier audit on this log.
    evidence : dict
        Inputs, control totals, lineage, parameters and software, as in the manifest.
    plan_remarks : tuple of PlanRemark
        Where the plan does not go with what else was decided.
    """

    study: Study
    improvement: Improvement
    engagement: Engagement
    narrative: Narrative
    findings: tuple[FindingRecord, ...]
    rating: Rating
    privacy: Privacy
    gauge: Gauge
    sample: Sample
    review: Review | None = None
    evaluation: Evaluation | None = None
    remeasured: Remeasured | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    plan_remarks: tuple[PlanRemark, ...] = ()

    def __repr__(self) -> str:
        return f"<Record of {self.study!r}: {len(self.ranked)} ranked findings, rating {self.rating.value}>"

    def _repr_html_(self) -> str:
        from mining.display.accounts import record_html

        return record_html(self)

    @property
    def ranked(self) -> tuple[FindingRecord, ...]:
        """The findings that are to be mended, first first."""
        return tuple(x for x in self.findings if x.ranked)

    def of(self, status: str) -> tuple[FindingRecord, ...]:
        """The findings of a status."""
        return tuple(x for x in self.findings if x.status == status)

    @property
    def day(self) -> str:
        """The last day of the log, by the clock of the blueprint."""
        return self.improvement.day

    @cached_property
    def figures(self) -> dict[str, Quoted]:
        """Every number that a text may quote: ``F-c9b39b3a.rate``, ``checks.S1.gross``, ``totals.cases``."""
        found = {f"totals.{name}": Quoted(n, "count") for name, n in self.totals.items()}
        for row in self.study.summary().frame.to_dict("records"):
            counts = {name: Quoted(int(row[name]), "count") for name in (*VERDICTS, "judged")}
            shares = {name: Quoted(plain(row[name]), "share") for name in ("gross", "net", "low", "high", "target")}
            found |= {f"checks.{row['check']}.{name}": quoted for name, quoted in (counts | shares).items()}
        for finding in self.findings:
            found |= {f"{finding.finding_id}.{name}": quoted for name, quoted in _quoted(finding).items()}
        return found

    @property
    def orphans(self) -> tuple[str, ...]:
        """Findings that people wrote about, and that this log does not show."""
        return self.narrative.orphans([x.finding_id for x in self.findings])

    @property
    def typed_numbers(self) -> list[TypedNumber]:
        """Numbers that people typed, and that a new run does not bring up to date."""
        return [*typed_numbers(self.narrative), *typed_numbers(self.engagement)]

    @property
    def totals(self) -> dict[str, int]:
        """Cases, and findings by status and priority."""
        cases = {"cases": self.study.instances.n_cases, "cases_without_end": int((~self.study.has_end).sum())}
        ranked = {f"findings_{p}": sum(x.priority == p for x in self.ranked) for p in PRIORITIES}
        rest = {name: len(self.of(name)) for name in ("change_request", "withdrawn", "within_target", "allowed")}
        return cases | {"activity_instances": self.study.log.n_instances, "findings": len(self.ranked)} | ranked | rest

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON: what ``findings.json`` holds."""
        study = self.study
        summary = study.summary()
        made: dict[str, Any] = plain(
            {
                "provenance": vars(study.findings().provenance),
                "mode": self.engagement.mode,
                "rating": self.rating.to_dict(),
                "totals": self.totals,
                "findings": [x.to_dict() for x in self.findings],
                "priority_rule": priority_rule(),
                "checks": {"columns": summary.columns, "rows": summary.to_dict()["rows"]},
                "data_problems": {
                    "all": study.quality.to_dict()["rows"],
                    "not_checked": study.quality.not_checked,
                    "that_could_have_made_faults": study.flags.to_dict("records"),
                },
                "sample": self.sample.to_dict() | {"evaluation": _table(self.evaluation)},
                "earlier": _table(self.remeasured),
                "plan_remarks": [vars(x) for x in self.plan_remarks],
                "re_identification": self.gauge.to_dict(),
                "verdict_words": VERDICTS,
            }
        )
        return made


def _table(result: Any) -> dict[str, Any] | None:
    return None if result is None else result.to_dict()


def priority_rule() -> dict[str, Any]:
    """The printed table that gives a priority, as plain values."""
    return {
        "cut_points_of_lower_95_percent_wilson_limit": [COMMON, OCCASIONAL],
        "bands": BANDS,
        "table": [
            {"severity": severity, "visible": visible, **dict(zip(BANDS, cells, strict=True))}
            for (severity, visible), cells in TABLE.items()
        ],
        "critical_below_last_band_with_fewer_cases_than": {"cases": FEW_CASES, "priority": "M"},
    }


def _quoted(finding: FindingRecord) -> dict[str, Quoted]:
    condition, consequence = finding.condition, finding.consequence
    numbers = {name: Quoted(condition[name], "count") for name in COUNTS}
    numbers |= {name: Quoted(condition[name], "share") for name in SHARES}
    numbers["excess_h"] = Quoted(condition["excess_h"], "hours")
    numbers["promised_share"] = Quoted(finding.criteria["promised_share"], "share")
    numbers |= {name: Quoted(consequence[name], "hours") for name in ("hours", "hours_low", "hours_high")}
    numbers |= {name: Quoted(consequence[name], "money") for name in ("loss", "loss_low", "loss_high")}
    return numbers | {"rank": Quoted(finding.number, "count"), "priority": Quoted(finding.priority, "text")}


def record_of(
    study: Study,
    improvement: Improvement,
    *,
    engagement: Engagement,
    narrative: Narrative,
    privacy: Privacy,
    gauge: Gauge,
    sample: Sample,
    review: Review | None = None,
    evaluation: Evaluation | None = None,
    remeasured: Remeasured | None = None,
    evidence: dict[str, Any] | None = None,
) -> Record:
    """Put the record of an audit together: findings as decided, and the rating that the printed rule gives them.

    Parameters
    ----------
    study : Study
    improvement : Improvement
    engagement, narrative, privacy, gauge, sample, review, evaluation, remeasured, evidence
        As in :class:`Record`.

    Returns
    -------
    Record
    """
    findings = finding_records(study, improvement, narrative, evaluation)
    improvement, remarks = decided(improvement, findings, narrative)
    findings = with_plan(findings, improvement.plan)
    hidden, judgeable = blind_share(study)
    rating = rate(
        [_graded(x, improvement.mandatory, study.instances.n_cases) for x in findings],
        mode=engagement.mode,
        blueprint_status=study.blueprint.status,
        blind_share=hidden / judgeable if judgeable else 1.0,
        blind_limit=engagement.limits["blind_share"],
        override=engagement.rating,
        inspected=evaluation is not None and bool((evaluation.frame["n_reviewed"] > 0).any()),
    )
    record = Record(
        study, improvement, engagement, narrative, findings, rating, privacy, gauge, sample, review, evaluation,
        remeasured, evidence or {}, remarks,
    )  # fmt: skip
    check_references(narrative.about([x.finding_id for x in findings]), record.figures)
    check_references(engagement, record.figures)
    return record


def _graded(finding: FindingRecord, mandatory: Collection[str], n_cases: int) -> Graded:
    """What the rating asks of it; one that was withdrawn with the priority that it would have."""
    sample, priority = finding.confidence["sample"], finding.priority
    if finding.status == WITHDRAWN:
        facts = finding.place | finding.condition
        priority = class_of(finding.severity, facts, mandatory=finding.place["check"] in mandatory)[0]
    return Graded(
        finding_id=finding.finding_id,
        severity=finding.severity,
        priority=priority,
        status=finding.status,
        n_net=finding.condition["n_net"],
        low=finding.condition["low"],
        confirmed=None if not sample or not sample["n_reviewed"] else not sample["withdrawn"],
        control=finding.place["dimension"] in CONTROLS,
        n_judged=finding.condition["n_judged"],
        n_cases=n_cases,
    )
