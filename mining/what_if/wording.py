"""Measures and scenarios in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mining.texts import activity_name, duration, say
from mining.units import Duration, percent, readable
from mining.what_if.scenarios import Automated, Capacity, DeviationShare, Routing, Scenario, Standard

if TYPE_CHECKING:
    from mining.study import Study


def pool_name(study: Study, pool: str, lang: str) -> str:
    """What people call a pool: the name of the role or lane."""
    names = {x.id: x.name for x in study.blueprint.lanes} | {x.id: x.name for x in study.blueprint.roles}
    return names[pool].get(lang)


def finding_words(study: Study, finding: str, lang: str) -> str:
    """The title of a finding."""
    frame = study.findings().frame
    return str(frame.loc[frame["finding_id"] == finding, f"title_{lang}"].iloc[0])


def measure_name(study: Study, measure: str, lang: str) -> str:
    """A measure in words."""
    kind, _, of = measure.partition(":")
    if not of:
        return say(f"what_if.measure.{kind}", lang)
    if kind == "utilisation":
        return say("what_if.measure.utilisation", lang, pool=pool_name(study, of, lang))
    if kind == "deviation":
        return say("what_if.measure.deviation", lang, finding=finding_words(study, of, lang))
    if kind == "routing":
        step, _, option = of.partition("=")
        if option:
            return say("what_if.measure.option", lang, decision=step, option=option)
        return say("what_if.measure.routing", lang, activity=activity_name(study.blueprint, step, lang))
    id, _, limit = of.partition("<=")
    own = next(s.limit for s in study.blueprint.standards if s.id == id)
    if not limit and not isinstance(own, Duration):
        return say("what_if.measure.due", lang, id=id)
    words = duration(Duration.parse(limit) if limit else own, lang)
    return say("what_if.measure.within", lang, id=id, limit=words)


def scenario_name(study: Study, parts: tuple[Scenario, ...], lang: str) -> str:
    """A scenario in words."""
    return say("what_if.and", lang).join(_part(study, part, lang) for part in parts)


def _part(study: Study, part: Scenario, lang: str) -> str:
    b = study.blueprint
    if isinstance(part, Capacity):
        role, words = pool_name(study, part.role, lang), []
        if part.factor != 1:
            words.append(say("what_if.scenario.factor", lang, factor=f"{part.factor:g}"))
        if part.add:
            words.append(
                say("what_if.scenario.more" if part.add > 0 else "what_if.scenario.fewer", lang, n=abs(part.add))
            )
        if part.hours is not None:
            words.append(say("what_if.scenario.hours", lang, calendar=part.hours))
        return say("what_if.scenario.capacity", lang, role=role, what=say("what_if.listed", lang).join(words))
    if isinstance(part, Standard):
        spec = next(s for s in b.standards if s.id == part.id)
        own = duration(spec.limit, lang) if isinstance(spec.limit, Duration) else say("what_if.scenario.due", lang)
        limit = duration(Duration.parse(part.within), lang) if part.within else own
        return say(f"what_if.scenario.standard.{part.how}", lang, id=part.id, limit=limit)
    if isinstance(part, Routing):
        share = percent(part.share, lang)
        if part.option is not None:
            return say("what_if.scenario.option", lang, decision=part.step, option=part.option, share=share)
        return say("what_if.scenario.routing", lang, activity=activity_name(b, part.step, lang), share=share)
    if isinstance(part, DeviationShare):
        key = "what_if.scenario.deviation" if part.effect is None else "what_if.scenario.deviation.effect"
        return say(key, lang, finding=finding_words(study, part.finding_id, lang), share=percent(part.share, lang))
    assert isinstance(part, Automated)
    name = activity_name(b, part.activity, lang)
    return say("what_if.scenario.automated", lang, activity=name, length=readable(part.seconds, lang))
