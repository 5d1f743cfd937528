"""A record of any study, without files: what the documents are written from."""

from __future__ import annotations

from functools import cache
from typing import Any

import mining
from mining.manifest import control_totals, lineage_of, software
from mining.privacy import Privacy, gauge_of
from mining.record import Engagement, Narrative, Record, record_of
from mining.report.audit import audit_document
from mining.report.page import render_page
from mining.sampling import SamplePlan, draw


def recorded(
    study: mining.Study, *, engagement: Engagement | None = None, narrative: Narrative | None = None, **more: Any
) -> Record:
    """The record of a study: no pseudonyms, nothing inspected, unless given."""
    engagement = engagement or Engagement()
    evidence = {
        "inputs": {"files": []},
        "control_totals": control_totals(study),
        "lineage": lineage_of(study),
        "software": software(),
    }
    settings = {
        "improvement": study.improvement(**{"bootstraps": 50} | more.pop("settings", {})),
        "engagement": engagement,
        "narrative": narrative or Narrative(),
        "privacy": Privacy(pseudonyms=False, fingerprint=None, purpose=engagement.purpose, disclosed=()),
        "gauge": gauge_of(study.log),
        "sample": draw(study, SamplePlan.from_mapping(engagement.sampling)),
        "evidence": evidence,
    }
    return record_of(study, **(settings | more))


@cache
def record_of_study(study: mining.Study) -> Record:
    """The record of a study, made once: for tests that do not change what it is made from."""
    return recorded(study)


@cache
def page_of(study: mining.Study, lang: str = "en") -> str:
    """The report of a study as a page."""
    return render_page(audit_document(record_of_study(study), lang=lang))
