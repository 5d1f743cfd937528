"""An empty engagement file with every key and what it is for."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from mining.errors import UnknownNameError
from mining.record.people_file import inert
from mining.record.rating import RATINGS
from mining.record.settings import EXTRACTION, IMPROVEMENT, KEYS, TABLES, Engagement, ImprovementSettings
from mining.texts import LANGUAGES, say

if TYPE_CHECKING:
    from mining.blueprint.model import Blueprint

INSIDE: dict[str, tuple[str, ...]] = {
    "extraction": EXTRACTION,
    "rating": ("value", "reason", "by"),
    "limits": ("blind_share",),
    "tables": TABLES,
    "improvement": IMPROVEMENT,
}
APART = (  # keys with a blank line above them
    *(
        "mode",
        "number",
        "title",
        "objectives",
        "standards_followed",
        "extraction",
        "purpose",
        "conclusion",
        "rating",
        "limits",
    ),
    *("sampling", "tables", "currency", "improvement", "template"),
)
NOTES_FROM = 24
SHOWN: dict[str, str] = {  # an item of a list, as it is written
    "distribution": "- Board",
    "team": "- {name: Ann, role: {en: lead, zh: 组长}}",
    "objectives": '- {en: "...", zh: "..."}',
    "standards_followed": "- ISO 19011",
    "law": '- "..."',
    "limitations": '- "..."',
    "disclose": "- channel",
    "improvement.mandatory": "- R1",
    "improvement.worth": "- {outcome: time, amount: 35, currency: EUR, apart: false}",
    "improvement.outcomes": '- "made_sla:-1"',
    "improvement.covariates": "- channel",
}
SHOWN_IN_CHINESE = {"distribution": "- 董事会", "team": "- {name: 王芳, role: 组长}", "objectives": '- "..."'}


def draft_engagement(blueprint: Blueprint, lang: str = "en") -> str:
    """An engagement file to be filled in, with every key. Read as it is, it gives the defaults.

    Parameters
    ----------
    blueprint : Blueprint
        Named in the comments.
    lang : {"en", "zh"}
        Language of the comments.

    Examples
    --------
    >>> from mining.record import parse_engagement
    >>> text = draft_engagement(study.blueprint)
    >>> parse_engagement(text) == Engagement(), "mode: audit" in text
    (True, True)
    """
    if lang not in LANGUAGES:
        raise UnknownNameError("language", lang, LANGUAGES)
    named = {
        "name": blueprint.name.get(lang),
        "id": blueprint.id,
        "version": blueprint.version,
        "status": say(f"status.{blueprint.status}", lang),
    }
    head = [say("engagement.draft_for", lang, **named), *say("engagement.draft_head", lang).splitlines()]
    lines = [f"# {inert(line)}".rstrip() for line in head]
    for key in KEYS:
        lines += [*([""] if key in APART else []), *_entry(key, key, "", lang)]
        for inner in INSIDE.get(key, ()):
            lines += _entry(f"{key}.{inner}", inner, "  ", lang)
        if key == "sampling":
            lines += _plan()
    return "\n".join(lines) + "\n"


def _entry(path: str, key: str, margin: str, lang: str) -> list[str]:
    written = f"{margin}{key}: {_default(path)}".rstrip()
    values = {"ratings": " | ".join(RATINGS)} if path == "rating.value" else {}
    note = say(f"engagement.help.{path}", lang, **values)
    lines = [f"{written:<{NOTES_FROM}}# {note}"]
    item = (SHOWN_IN_CHINESE if lang == "zh" else {}).get(path) or SHOWN.get(path)
    return [*lines, f"{margin}#  {item}"] if item else lines


def _default(path: str) -> str:
    """The value that a key has anyway; empty where it has none."""
    key, _, inner = path.partition(".")
    default = Engagement()
    value = getattr(default, key)
    if key == "limits" and inner:
        value = default.limits[inner]
    elif key == "improvement" and inner:
        value = getattr(ImprovementSettings(), inner)
    elif inner or key in INSIDE or not isinstance(value, str | int | float):
        return ""
    return "" if value in ((), None) else str(value)


def _plan() -> list[str]:
    """The keys of the sampling plan with their defaults, as comments."""
    from mining.sampling import SamplePlan

    plan = SamplePlan()
    return [f"  #  {x.name}: {_written(getattr(plan, x.name))}" for x in fields(plan)]


def _written(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
