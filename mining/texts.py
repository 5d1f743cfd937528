"""Every sentence that people read, in English and Chinese, from one catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import Any

import yaml

from mining.blueprint.derived import Derived, derived_check
from mining.blueprint.model import Blueprint, Condition, Rule, Standard
from mining.blueprint.stages import is_path, reading_of
from mining.errors import UnknownNameError, hint

LANGUAGES = ("en", "zh")
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same reading, in C where it was built
CUSTOMER_TERMS = ("顾客", "客户")
_CUSTOMER: ContextVar[str] = ContextVar("customer_term", default="")
_ADVISORY: ContextVar[bool] = ContextVar("advisory", default=False)
ADVISORY = (  # Chinese words of an audit, and those of work that gives advice; the longer ones first
    ("被审计单位", "被评估单位"), ("审计工作底稿", "工作底稿"), ("审计范围受限", "范围受限"), ("审计发现", "发现"), ("审计证据", "证据"),
    ("审计依据", "依据"), ("审计结论", "结论"), ("后续审计", "后续评估"), ("审计", "评估"),
)  # fmt: skip
CATALOGUES = re.compile(r"texts(_\w+)?\.yaml")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Key to language to text, from texts.yaml and the texts_*.yaml beside it."""
    loaded: dict[str, dict[str, str]] = {}
    for file in sorted((f for f in files("mining").iterdir() if CATALOGUES.fullmatch(f.name)), key=lambda f: f.name):
        part: dict[str, dict[str, str]] = yaml.load(file.read_text("utf-8"), Loader)
        twice = sorted(part.keys() & loaded.keys())
        assert not twice, f"{file.name}: {twice} stand in another catalogue too"
        loaded |= part
    return loaded


def check_language(lang: str) -> None:
    """Refuse a language that no sentence is in.

    Raises
    ------
    UnknownNameError
    """
    if lang not in LANGUAGES:
        raise UnknownNameError("language", lang, LANGUAGES)


def say(key: str, lang: str, **values: Any) -> str:
    """Text of a key in a language, with values filled in.

    Raises
    ------
    UnknownNameError
        For a language that the catalogue does not have.
    LookupError
        For a key that it does not have: a fault of this program, not of its user.

    Examples
    --------
    >>> say("word.case", "zh")
    '案例'
    """
    check_language(lang)
    try:
        text = catalogue()[key][lang]
    except KeyError:
        raise LookupError(f"there is no text {key!r}.{hint(key, catalogue())}") from None
    text = in_customer_term(text, lang)
    if lang == "zh" and _ADVISORY.get():
        for word, instead in ADVISORY:
            text = text.replace(word, instead)
    return text.format(**values) if values else text


@contextmanager
def customer_term(term: str) -> Iterator[None]:
    """Within it, Chinese sentences have one word for the customer: 顾客 or 客户. What is filled into them stays as it is.

    Examples
    --------
    >>> with customer_term("客户"):
    ...     say("audit.chapter_customers", "zh")
    '客户视角'
    """
    if term not in CUSTOMER_TERMS:
        raise UnknownNameError("word for the customer", term, CUSTOMER_TERMS)
    token = _CUSTOMER.set(term)
    try:
        yield
    finally:
        _CUSTOMER.reset(token)


@contextmanager
def advisory_words(wanted: bool = True) -> Iterator[None]:
    """Within it, Chinese sentences speak of advice where they would speak of an audit. What is filled into them stays as it is.

    Examples
    --------
    >>> with advisory_words():
    ...     say("audit.chapter_response", "zh")
    '被评估单位意见'
    """
    token = _ADVISORY.set(wanted)
    try:
        yield
    finally:
        _ADVISORY.reset(token)


def in_customer_term(text: str, lang: str) -> str:
    """A Chinese sentence with the word for the customer that is in force; for those that stand in no catalogue of this module.

    A mystery shopper has a name of its own.

    Examples
    --------
    >>> with customer_term("客户"):
    ...     in_customer_term("没有顾客泳道；神秘顾客", "zh")
    '没有客户泳道；神秘顾客'
    """
    term = _CUSTOMER.get()
    return re.sub(f"(?<!神秘)(?:{'|'.join(CUSTOMER_TERMS)})", term, text) if term and lang == "zh" else text


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
        return _path_text(blueprint, check, lang) if is_path(check) else _derived_text(blueprint, check, lang)
    if spec.text and (lang in spec.text.by_language or lang == "en"):
        text = spec.text.get(lang)
    else:
        text = _rule_text(blueprint, spec, lang) if isinstance(spec, Rule) else _standard_text(blueprint, spec, lang)
    if not spec.when:
        return text
    conditions = say("word.and", lang).join(_condition(c) for c in spec.when)
    return text + say("check.when", lang, conditions=conditions)


def _path_text(blueprint: Blueprint, check: str, lang: str) -> str:
    reading = reading_of(blueprint, check)
    if reading is None:
        return say("check.handover", lang)
    key = "check.path" if reading.strict else "check.path_free"
    if reading.stage is None:
        return say(key, lang)
    return say(f"{key}_stage", lang, stage=_stage_name(blueprint, reading.stage, lang))


SIGNS = {"==": "=", "!=": "≠", "<=": "≤", ">=": "≥", "in": "∈", "not_in": "∉"}


def _condition(condition: Condition) -> str:
    several = condition.value if isinstance(condition.value, list) else [condition.value]
    values = ", ".join(
        f"{x:,.10g}" if isinstance(x, (int, float)) and not isinstance(x, bool) else str(x) for x in several
    )
    return f"{condition.attr} {SIGNS.get(condition.op, condition.op)} {values}"


def _role_name(blueprint: Blueprint, role: str | None, lang: str) -> str:
    return next((r.name.get(lang) for r in blueprint.roles if r.id == role), role or "")


def _derived_text(blueprint: Blueprint, check: str, lang: str) -> str:
    """What a check that follows from the design asks for."""
    derived = _derived(blueprint, check)
    if derived.activity is None:
        return _outcome_text(blueprint, lang)
    activity = blueprint.activity(derived.activity)
    contact = activity.touchpoint
    comma = say("report.comma", lang)
    values = {
        "activity": activity.name.get(lang),
        "role": _role_name(blueprint, activity.role, lang),
        "channels": comma.join(contact.channels) if contact else "",
        "evidence": comma.join(dict.fromkeys(proof.of for proof in contact.proofs)) if contact else "",
        "conditions": say("word.and", lang).join(map(_condition, contact.fails_when)) if contact else "",
    }
    return say(f"check.{derived.kind}", lang, **values)


def _outcome_text(blueprint: Blueprint, lang: str) -> str:
    scope = blueprint.scope

    def names(activities: tuple[str, ...]) -> str:
        return say("report.comma", lang).join(f"“{activity_name(blueprint, x, lang)}”" for x in activities)

    parts = [say("check.outcome", lang, ends=names(scope.ends_with))]
    if scope.reopened_by:
        parts.append(say("check.outcome.reopened", lang, steps=names(scope.reopened_by)))
    if scope.abandoned_after:
        parts.append(say("check.outcome.abandoned", lang, length=duration(scope.abandoned_after, lang)))
    if scope.withdrawn_by:
        parts.append(say("check.outcome.withdrawn", lang, steps=names(scope.withdrawn_by)))
    return say("report.semicolon", lang).join(parts)


def _derived(blueprint: Blueprint, check: str) -> Derived:
    derived = derived_check(blueprint, check)
    if derived is None:
        raise UnknownNameError("check", check, [*blueprint.checks], where=blueprint.id)
    return derived


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

    if standard.metric in ("count", "handovers", "turns", "attribute", "score", "external"):
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
    kind = standard.metric if standard.metric in ("count", "handovers", "turns") else "attribute"
    parts = [say(f"standard.{kind}.{key}", lang, **values) for key in keys or ["filled"]]
    at = say("standard.at", lang, of=of) if kind == "attribute" and of else ""
    source = (
        say(f"source.{standard.source or standard.metric}", lang) if standard.metric in ("score", "external") else ""
    )
    return source + say("word.and", lang).join(parts) + at


def finding_title(row: dict[str, Any], blueprint: Blueprint, lang: str) -> str:
    """One line that says what is wrong and where."""
    if not is_path(row["check"]):
        if row["check"] not in blueprint.checks:
            return _derived_title(row, blueprint, lang)
        key = "title.check" if row["status"] == "open" else "title.check_kept"
        return say(key, lang, check=row["check"], text=check_text(blueprint, row["check"], lang))
    activity, partner = (activity_name(blueprint, row[x], lang) for x in ("activity", "partner"))
    key = "swapped" if row["kind"] == "out_of_order" and partner else row["kind"]
    title = say(f"title.{key}", lang, activity=activity, partner=partner)
    reading = reading_of(blueprint, row["check"])
    if reading is None or reading.stage is None or row["activity"] in blueprint.by_id:
        return title
    return title + say("title.in_stage", lang, stage=_stage_name(blueprint, reading.stage, lang))


def _stage_name(blueprint: Blueprint, stage: str, lang: str) -> str:
    return next(s.name.get(lang) for s in blueprint.stages if s.id == stage)


def _derived_title(row: dict[str, Any], blueprint: Blueprint, lang: str) -> str:
    derived = _derived(blueprint, row["check"])
    if derived.activity is None:
        return say(f"title.outcome.{row['kind']}", lang)
    return say(f"title.{derived.kind}", lang, activity=activity_name(blueprint, derived.activity, lang))


def file_name(path: str) -> str:
    """The last part of a path: reports go to people who have no business with the folders of this machine."""
    return PurePath(path).name


def clause(blueprint: Blueprint, check: str, lang: str) -> str:
    """Where the blueprint file states a check.

    Examples
    --------
    >>> clause(study.blueprint, "outcome", "en").startswith("blueprint.yaml, line ")
    True
    """
    line = blueprint.lines.get(_place(blueprint, check))
    name = file_name(blueprint.path)
    return name if line is None else say("report.clause", lang, file=name, line=line)


def _place(blueprint: Blueprint, check: str) -> tuple[str | int, ...]:
    """Path of the key that states a check."""
    stated: list[tuple[str, int, str]] = [("rules", i, rule.id) for i, rule in enumerate(blueprint.rules)]
    stated += [("standards", i, standard.id) for i, standard in enumerate(blueprint.standards)]
    for key, i, id in stated:
        if id == check:
            return (key, i)
    if is_path(check):
        reading = reading_of(blueprint, check)
        return ("flow",) if reading is None or reading.strict else ("activities",)
    derived = derived_check(blueprint, check)
    if derived is None or derived.activity is None:
        return ("scope" if derived else "flow",)
    return ("activities", next(i for i, a in enumerate(blueprint.activities) if a.id == derived.activity))


def basis(blueprint: Blueprint, check: str, lang: str) -> str:
    """What a check rests on: law, policy, charter; the design itself for the paths and for checks that follow from it."""
    spec = blueprint.checks.get(check)
    if spec is not None:
        return spec.basis
    if is_path(check):
        reading = reading_of(blueprint, check)
        return say("basis.flow" if reading is None or reading.strict else "basis.steps", lang)
    return say(f"basis.{_derived(blueprint, check).kind}", lang)


def promise(blueprint: Blueprint, check: str, lang: str) -> str:
    """The limit of a standard for one case, in words; empty where there is none."""
    spec = blueprint.checks.get(check)
    if not isinstance(spec, Standard):
        return ""
    if spec.metric == "due_date":
        return say("report.due_date", lang)
    if spec.minimum is not None:
        return " ".join(
            [f"≥ {spec.minimum:,.10g}", *([f"≤ {spec.limit:,.10g}"] if isinstance(spec.limit, int | float) else [])]
        )
    return duration(spec.limit, lang)
