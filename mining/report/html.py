"""The report as one HTML file: no script, nothing fetched, the same input gives the same bytes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mining.errors import ModelError
from mining.plots import axes_for, findings_chart, judged_standards, standards_chart
from mining.report import evidence, measures, sections, summary
from mining.report.details import MOST_DETAILED, blocks
from mining.report.formats import DASH, Writer, file_names, roster_fact, writer_of
from mining.report.page import chart_image, environment, inlined
from mining.study import Study
from mining.texts import file_name

CHARTED = 10
SECTIONS = (
    "summary", "priorities", "designed", "delivered", "results", "touchpoints", "promises", "funnel", "details", "data", "limits",
    "glossary",
)  # fmt: skip
MEASURES = ("touchpoints", "promises", "funnel")  # sections that a blueprint may have nothing for
TAG = {"en": "en", "zh": "zh-CN"}


def render_html(study: Study, *, lang: str = "en", generated: str | None = None) -> str:
    """Write the report of a study.

    Parameters
    ----------
    study : Study
        Not changed.
    lang : {"en", "zh"}, default "en"
        Language of the report. Names follow the blueprint; notes of the reader stay in English and are marked so.
    generated : str, optional
        When and by whom the report was made, printed as it is. Without it the page holds no date of its own.

    Returns
    -------
    str
        A whole page of HTML.

    Raises
    ------
    UnknownNameError
        If the language is not spoken.

    Examples
    --------
    >>> render_html(study, lang="zh").startswith("<!DOCTYPE html>")
    True
    """
    w = writer_of(study, lang)
    page = environment().get_template("report.html.j2")
    parts = _first_part(study, w) | _measures(study, w) | _second_part(study, w)
    left_out = [name for name in MEASURES if not parts[name]]
    return page.render(
        t=w.say, lang=TAG[lang], sections=[name for name in SECTIONS if name not in left_out], generated=generated, study=study,
        facts=_facts(study, w), status=study.blueprint.status, **parts,
    )  # fmt: skip


def _facts(study: Study, w: Writer) -> list[tuple[str, str]]:
    """The title block: label and value."""
    blueprint, source = study.blueprint, study.log.source
    approval, (begin, end) = blueprint.approval, study.log.span
    signed = (
        w.say("report.approved", by=approval.by, date=approval.date, ref=approval.ref or DASH)
        if approval
        else w.say("report.not_approved")
    )
    period = " – ".join(w.moment(pd.Timestamp(t, unit="us", tz="UTC"), seconds=False) for t in (begin, end))
    return [
        (w.say("fact.service"), blueprint.name.get(w.lang)),
        (w.say("fact.type"), w.say(f"type.{blueprint.service_type}")),
        (
            w.say("fact.blueprint"),
            w.say(
                "report.version", id=blueprint.id, version=blueprint.version, status=w.say(f"status.{blueprint.status}")
            ),
        ),
        (w.say("fact.approval"), signed),
        (w.say("fact.blueprint_file"), w.say("report.hash", file=file_names(blueprint.files), hash=blueprint.sha256)),
        (w.say("fact.log"), w.say("report.hash", file=file_name(source.path), hash=source.sha256)),
        *roster_fact(study, w),
        (w.say("fact.period"), w.say("report.zone", period=period, zone=w.zone)),
        (w.say("fact.cases"), w.count(study.instances.n_cases)),
    ]


def _first_part(study: Study, w: Writer) -> dict[str, Any]:
    ranked = study.findings().open()
    return {
        "sentences": summary.sentences(study, w),
        "top": summary.top_findings(study, w),
        "priorities": sections.priorities(study, w),
        "unranked": sections.unranked(study, w),
        "priority_table": sections.priority_table(w),
        "findings_chart": chart_image(
            findings_chart(study.findings(), top=CHARTED, lang=w.lang, ax=axes_for(min(CHARTED, len(ranked)), w.lang))
        )
        if len(ranked)
        else "",
        "charted": min(CHARTED, len(ranked)),
        "designed": inlined(study.plot(lang=w.lang).svg, "designed"),
        **_delivered(study, w),
    }


def _delivered(study: Study, w: Writer) -> dict[str, Any]:
    """The flow as it is; without pm4py the page says that it was not discovered."""
    try:
        flow = study.discovered
    except ModelError as error:
        said = w.say("discovered.not_available", why=str(error))
        return {"delivered": "", "discovered": [said], "only_observed": [], "only_designed": []}
    return {
        "delivered": inlined(flow.picture(lang=w.lang).svg, "delivered"),
        "discovered": flow.summary(w.lang),
        "only_observed": sections.only_observed(study, w),
        "only_designed": sections.only_designed(study, w),
    }


def _measures(study: Study, w: Writer) -> dict[str, Any]:
    """What the checks add up to; a section without rows is left out."""
    standards = judged_standards(study)
    chart = standards_chart(study, lang=w.lang, ax=axes_for(len(standards), w.lang)) if len(standards) else None
    promised = [x for x in (measures.on_time(study, w), measures.calibration(study, w)) if x]
    scorecard, facets = measures.touchpoints(study, w), measures.untested_facets(study, w)
    return {
        "dimensions": measures.dimensions(study, w),
        "dimensions_said": study.dimensions().sentence(w.lang),
        "touchpoints": scorecard,
        "touchpoints_said": [study.touchpoints().sentence(w.lang), *facets],
        "promises": promised,
        "promises_said": [study.on_time().sentence(w.lang), study.calibration().sentence(w.lang)],
        "standards_chart": chart_image(chart) if chart else "",
        "funnel": measures.funnel_tables(study, w),
    }


def _second_part(study: Study, w: Writer) -> dict[str, Any]:
    found = study.findings()
    return {
        "checks": sections.checks(study, w),
        "blind": sections.blind_checks(study, w),
        "allowances": sections.allowances(study, w),
        "blocks": blocks(study, w),
        "undetailed": max(len(found) - MOST_DETAILED, 0),
        "data_facts": evidence.data_facts(study, w),
        "tables": [
            x
            for x in (
                f(study, w)
                for f in (evidence.lineage, evidence.quality, evidence.labels, evidence.columns, evidence.problems)
            )
            if x
        ],
        "unchecked": evidence.unchecked(study, w),
        "notes": evidence.notes(study),
        "limits": evidence.limits(study, w),
        "glossary": evidence.glossary(study, w),
        "provenance": found.provenance,
    }
