"""Every sentence that people read, in English and Chinese, from one catalogue."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from mining.blueprint.model import Blueprint, Condition, Rule, Standard
from mining.errors import UnknownNameError

LANGUAGES = ("en", "zh")
CATALOGUES = re.compile(r"texts(_\w+)?\.yaml")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Key to language to text, from texts.yaml and the texts_*.yaml beside it."""
    loaded: dict[str, dict[str, str]] = {}
    for file in sorted((f for f in files("mining").iterdir() if CATALOGUES.fullmatch(f.name)), key=lambda f: f.name):
        part: dict[str, dict[str, str]] = yaml.safe_load(file.read_text("utf-8"))
        twice = sorted(part.keys() & loaded.keys())
        assert not twice, f"{file.name}: {twice} stand in another catalogue too"
        loaded |= part
    return loaded


def say(key: str, lang: str, **values: Any) -> str:
    """Text of a key in a language, with values filled in.

    Raises
    ------
    UnknownNameError
        For a key or language that the catalogue does not have.

    Examples
    --------
    >>> say("word.case", "zh")
    '案例'
    """
    if lang not in LANGUAGES:
        raise UnknownNameError("language", lang, LANGUAGES)
    try:
        text = catalogue()[key][lang]
    except KeyError:
        raise UnknownNameError("text", key, catalogue()) from None
    return text.format(**values) if values else text


def activity_name(blueprint: Blueprint, activity: str | None, lang: str) -> str:
    """Name of an activity as the blueprint has it; a label that it does not know stays as it is."""
    if activity is None:
        return ""
    known = blueprint.by_id.get(activity)
    return known.name.get(lang) if known else activity


def check_text(blueprint: Blueprint, check: str, lang: str) -> str:
    """What a check asks for, in words, and where it applies: its own text, else a sentence made from its parts."""
    spec = blueprint.checks.get(check)
    if spec is None:
        return say("check.path", lang) if check == "path" else _role_text(blueprint, check.removeprefix("role-"), lang)
    if spec.text and (lang in spec.text.by_language or lang == "en"):
        text = spec.text.get(lang)
    else:
        text = _rule_text(blueprint, spec, lang) if isinstance(spec, Rule) else _standard_text(blueprint, spec, lang)
    if not spec.when:
        return text
    conditions = say("word.and", lang).join(_condition(c) for c in spec.when)
    return text + say("check.when", lang, conditions=conditions)


SIGNS = {"==": "=", "!=": "≠", "<=": "≤", ">=": "≥", "in": "∈", "not_in": "∉"}


def _condition(condition: Condition) -> str:
    several = condition.value if isinstance(condition.value, list) else [condition.value]
    values = ", ".join(
        f"{x:,.10g}" if isinstance(x, (int, float)) and not isinstance(x, bool) else str(x) for x in several
    )
    return f"{condition.attr} {SIGNS.get(condition.op, condition.op)} {values}"


def _role_name(blueprint: Blueprint, role: str | None, lang: str) -> str:
    return next((r.name.get(lang) for r in blueprint.roles if r.id == role), role or "")


def _role_text(blueprint: Blueprint, activity: str, lang: str) -> str:
    role = _role_name(blueprint, blueprint.activity(activity).role, lang)
    return say("check.role", lang, activity=activity_name(blueprint, activity, lang), role=role)


def _rule_text(blueprint: Blueprint, rule: Rule, lang: str) -> str:
    text = say(
        f"rule.{rule.kind}",
        lang,
        a=activity_name(blueprint, rule.a, lang),
        b=activity_name(blueprint, rule.b, lang),
        n=1 if rule.n is None else rule.n,
        role=_role_name(blueprint, rule.role, lang),
        after=duration(rule.after, lang),
    )
    return text + (say("rule.within", lang, within=duration(rule.within, lang)) if rule.within else "")


def duration(length: Any, lang: str) -> str:
    """A duration as people write it, such as "5 working days"."""
    if length is None or not hasattr(length, "unit"):
        return "" if length is None else f"{length:,.10g}"
    text = say(f"unit.{length.unit}", lang, n=f"{length.amount:,.10g}")
    return text.removesuffix("s") if lang == "en" and length.amount == 1 and length.unit not in ("s", "min") else text


def _standard_text(blueprint: Blueprint, standard: Standard, lang: str) -> str:
    def moments(names: tuple[str, ...]) -> str:
        special = ("case_start", "case_end")
        return say("word.or", lang).join(
            say(f"word.{x}", lang) if x in special else f"“{activity_name(blueprint, x, lang)}”" for x in names
        )

    if standard.metric in ("count", "attribute", "score", "external"):
        return _value_text(standard, moments(standard.of), lang)
    return say(
        f"standard.{standard.metric}",
        lang,
        start=moments(standard.start),
        end=moments(standard.end),
        of=moments(standard.of),
        limit=duration(standard.limit, lang),
        due=standard.due or "",
    )


def _value_text(standard: Standard, of: str, lang: str) -> str:
    """A count, an attribute, a score or a figure measured elsewhere: its bounds, the values that it may have, and where."""
    least, most = standard.minimum, standard.limit
    bounds = "max" if least is None else "min" if most is None else "exact" if least == most else "both"
    keys = [bounds] if (least, most) != (None, None) else []
    keys += ["one_of"] if standard.one_of else []
    values = {
        "of": of,
        "attr": standard.attr or standard.item or "",
        "limit": duration(most, lang),
        "minimum": duration(least, lang),
        "values": ", ".join(map(str, standard.one_of)),
    }
    kind = "count" if standard.metric == "count" else "attribute"
    parts = [say(f"standard.{kind}.{key}", lang, **values) for key in keys or ["filled"]]
    at = say("standard.at", lang, of=of) if kind == "attribute" and of else ""
    source = (
        say(f"source.{standard.source or standard.metric}", lang) if standard.metric in ("score", "external") else ""
    )
    return source + say("word.and", lang).join(parts) + at


def finding_title(row: dict[str, Any], blueprint: Blueprint, lang: str) -> str:
    """One line that says what is wrong and where."""
    if row["check"] != "path":
        if row["check"] not in blueprint.checks:
            return say("title.role", lang, activity=activity_name(blueprint, row["check"].removeprefix("role-"), lang))
        key = "title.check" if row["status"] == "open" else "title.check_kept"
        return say(key, lang, check=row["check"], text=check_text(blueprint, row["check"], lang))
    activity, partner = (activity_name(blueprint, row[x], lang) for x in ("activity", "partner"))
    key = "swapped" if row["kind"] == "out_of_order" and partner else row["kind"]
    return say(f"title.{key}", lang, activity=activity, partner=partner)
