"""An edit in a sentence, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mining.blueprint.model import Blueprint, flow_activities
from mining.discovery.edits import Edit
from mining.texts import activity_name, say

MOST_NAMED = 3


def said(edit: Edit, blueprint: Blueprint, new: Mapping[str, str], lang: str) -> str:
    """The edit in words.

    Parameters
    ----------
    edit : Edit
    blueprint : Blueprint
        The one that is repaired.
    new : mapping of str to str
        Ids of activities that it does not have, with their labels.
    lang : {"en", "zh"}
    """
    kind = edit.kind
    if kind in ("insert", "new_step"):
        kind = "insert_after" if edit.middle else "insert_before"
    elif kind == "any_time" and {*blueprint_steps(blueprint)} <= {*edit.steps}:
        kind = "any_time_at_all"
    text = say(
        f"repair.edit.{kind}",
        lang,
        part=part(edit.steps, blueprint, new, lang),
        other=part(edit.other, blueprint, new, lang),
        step=part((edit.step,) if edit.step else (), blueprint, new, lang),
    )
    return text[:1].upper() + text[1:]


def blueprint_steps(blueprint: Blueprint) -> list[str]:
    """The steps of the flow as designed that leave a trace."""
    return [a for a in flow_activities(blueprint.flow) if blueprint.by_id[a].observable]


def part(steps: Sequence[str], blueprint: Blueprint, new: Mapping[str, str], lang: str) -> str:
    """Some steps by their names: all of a few, of more the first and the last."""

    def name(step: str) -> str:
        if step in new:
            return say("repair.step_new", lang, name=new[step])
        return say("repair.step", lang, name=activity_name(blueprint, step, lang))

    if not steps:
        return ""
    if len(steps) > MOST_NAMED:
        return say("repair.part", lang, first=name(steps[0]), last=name(steps[-1]), n=len(steps))
    head = say("repair.comma", lang).join(name(x) for x in steps[:-1])
    return say("repair.and", lang).join(filter(None, (head, name(steps[-1]))))
