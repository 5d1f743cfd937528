"""From what an audit is made from to its record: pseudonyms first, then study, sample, inspection, earlier audit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from mining.blueprint.versions import Versions
from mining.given import Loaded
from mining.improvement import Improvement
from mining.log import EventLog
from mining.log.shown import only_showing
from mining.manifest import evidence
from mining.privacy import (
    Key,
    Privacy,
    Pseudonyms,
    gauge_of,
    key_for,
    pseudonymised,
    pseudonymous_blueprint,
    shown_attributes,
)
from mining.record import Engagement, Narrative, Record, check_override, read_narrative, record_of
from mining.record.earlier import remeasured
from mining.record.earlier_audit import read_earlier
from mining.record.located import located
from mining.sampling import SamplePlan, draw, evaluate, read_review
from mining.study import Study


def private_inputs(loaded: Loaded, out: Path, key: Key | None = None) -> tuple[Loaded, Privacy]:
    """The same without a name of a case, customer or resource, and how that was done.

    Parameters
    ----------
    loaded : Loaded
    out : Path
        Folder of the audit, which must not hold the key.
    key : Key, optional
        By default as :func:`mining.privacy.key_for` finds or makes it.
    """
    engagement = loaded.engagement or Engagement()
    if loaded.given.clear_names:
        privacy = _privacy(loaded, engagement, None)
        return replace(loaded, log=only_showing(loaded.log, privacy.disclosed)), privacy
    key = key or key_for(None, loaded.blueprint.id, out)
    names = Pseudonyms(key)
    with located(engagement):
        made = pseudonymised(
            loaded.log, loaded.blueprint, names, customer=engagement.improvement.customer, roster=loaded.roster,
            tables=loaded.tables, disclose=engagement.disclose,
        )  # fmt: skip
    private = replace(
        loaded, log=made.log, blueprint=made.blueprint or loaded.blueprint, roster=made.roster, tables=made.tables,
        versions=None if loaded.versions is None else _versions(loaded.versions, made.log, names),
    )  # fmt: skip
    return private, _privacy(private, engagement, key)


def _privacy(loaded: Loaded, engagement: Engagement, key: Key | None) -> Privacy:
    return Privacy(
        pseudonyms=key is not None,
        fingerprint=None if key is None else key.fingerprint,
        purpose=str(engagement.purpose),
        disclosed=shown_attributes(loaded.log, loaded.blueprint, engagement.disclose),
    )


def _versions(versions: Versions, log: EventLog, names: Pseudonyms) -> Versions:
    """All versions of the blueprint with pseudonyms where they name persons."""
    given = (pseudonymous_blueprint(period.blueprint, log, names) for period in versions.periods)
    return Versions(given, left_out=versions.left_out)


def record_from(study: Study, loaded: Loaded, privacy: Privacy, home: Path, progress: Callable[[str], None]) -> Record:
    """The record of an audit.

    Parameters
    ----------
    study : Study
        Of the log of ``loaded``.
    loaded : Loaded
        As :func:`private_inputs` gives it.
    privacy : Privacy
    home : Path
        The folder that the audit is going to lie in, from which paths are seen.
    progress : callable
    """
    given, engagement = loaded.given, loaded.engagement or Engagement()
    if engagement.rating is not None:  # refused before minutes of measuring
        status, where = loaded.blueprint.status, engagement.where("rating")
        check_override(engagement.rating, mode=engagement.mode, blueprint_status=status, where=where)
    progress("aligning the cases with the designed flow")
    _ = study.path_results
    progress("judging rules, roles and standards")
    study.findings()
    narrative = Narrative() if given.narrative is None else read_narrative(given.narrative)
    plan = SamplePlan.from_mapping(engagement.sampling, engagement.where("sampling"))
    review = None if given.review is None else read_review(given.review)
    with located(engagement):
        sample = draw(study, plan)
        evaluation = None if review is None else evaluate(sample, review, plan)
        improvement = improvement_of(study, loaded, privacy)
        improvement.check()
        progress("measuring what deviations cost")
        improvement.effects.sentence()
        progress("ranking")
        improvement.priorities.sentence()
    followed = None
    if given.earlier is not None:
        followed = remeasured(read_earlier(given.earlier), study, fingerprint=privacy.fingerprint)
    said = evidence(
        study, loaded, home, privacy=privacy.to_dict(), parameters={"bootstraps": improvement.bootstraps}, amount=plan.amount or None,
        seeds={"sample": sample.seed, "improvement": improvement.seed}, sampled=asdict(plan),
    )  # fmt: skip
    return record_of(
        study,
        improvement,
        engagement=engagement,
        narrative=narrative,
        privacy=privacy,
        gauge=gauge_of(study.log),
        sample=sample,
        review=review,
        evaluation=evaluation,
        remeasured=followed,
        evidence=said,
    )


def improvement_of(study: Study, loaded: Loaded, privacy: Privacy) -> Improvement:
    """From deviations to priorities, as the engagement settles it."""
    engagement = loaded.engagement or Engagement()
    return study.improvement(**loaded.tables, **engagement.improvement.arguments(), disclosed=privacy.disclosed)
