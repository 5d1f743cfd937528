"""Reads ``engagement.yaml``: all mistakes in one message, each with file, line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mining.errors import MiningError
from mining.priorities.worth import Worth
from mining.record.people_file import Part, PeopleFile, Words
from mining.record.rating import BLIND_SHARE, MODES, RATINGS, RatingOverride
from mining.record.settings import (
    EXTRACTION,
    IMPROVEMENT,
    KEYS,
    ONE_TEXT,
    QUOTING,
    SEVERAL_TEXTS,
    STATUSES,
    TABLES,
    Engagement,
    ImprovementSettings,
    Member,
)
from mining.texts import CUSTOMER_TERMS

__all__ = ["Engagement", "ImprovementSettings", "Member", "parse_engagement", "read_engagement"]


def read_engagement(path: str | Path) -> Engagement:
    """Read the settings of an audit.

    Parameters
    ----------
    path : str or Path
        A YAML file, as :func:`mining.record.draft_engagement` drafts one. A text is one text, or ``{en: ..., zh: ...}``; paths are
        relative to the folder of the file.

    Raises
    ------
    MiningError
        With file, line and key of up to twelve mistakes: unknown keys and words, dates that are none, files that are not there, a rating
        without a reason or a name, costs without a currency.

    Examples
    --------
    >>> file = examples / "engagement.yaml"
    >>> _ = file.write_text("title: {en: Permits 2026}\\ntables: {survey: orders.csv}\\n", encoding="utf-8")
    >>> found = read_engagement(file)
    >>> found.title.get("en"), found.tables["survey"].name, found.mode
    ('Permits 2026', 'orders.csv', 'audit')
    """
    return _read(PeopleFile(path, "an engagement file"))


def parse_engagement(text: str, *, name: str | Path = "engagement.yaml") -> Engagement:
    """As :func:`read_engagement`, from text; ``name`` is for the messages, and paths are relative to its folder."""
    return _read(PeopleFile(name, "an engagement file", text))


def _read(file: PeopleFile) -> Engagement:
    whole = file.whole(KEYS)
    texts: dict[str, Any] = {name: whole.words(name) for name in ONE_TEXT}
    texts |= {name: whole.words_list(name) for name in SEVERAL_TEXTS}
    for name, value in texts.items():
        if name not in QUOTING and any("{{" in text for words in _several(value) for text in words.values()):
            whole.wrong(name, f"references such as {{{{totals.cases}}}} are filled in only in {' and '.join(QUOTING)}.")
    tables, limits = whole.part("tables", TABLES), whole.part("limits", ("blind_share",))
    found = Engagement(
        mode=whole.choice("mode", MODES, "audit"),
        status=whole.choice("status", STATUSES, "draft"),
        number=whole.text("number"),
        version=whole.text("version"),
        date=whole.day("date"),
        team=tuple(map(_member, whole.parts("team", ("name", "role")))),
        extraction=_given(whole.part("extraction", EXTRACTION)),
        disclose=whole.texts("disclose"),
        customer_term=whole.choice("customer_term", CUSTOMER_TERMS, CUSTOMER_TERMS[0]),
        rating=_rating(whole),
        limits={"blind_share": limits.number("blind_share", BLIND_SHARE, 0, 1)},
        sampling=whole.mapping("sampling"),
        tables={name: path for name in TABLES if (path := tables.existing(name))},
        currency=whole.text("currency"),
        improvement=_improvement(whole.part("improvement", IMPROVEMENT)),
        template=whole.existing("template"),
        earlier=whole.existing("earlier", folder=True),
        path=str(file.path),
        sha256=file.sha256,
        lines=file.lines,
        **texts,
    )
    if tables.given("costs") and not found.currency:
        whole.wrong("tables", "costs are given, and no currency. Write one beside tables, such as currency: EUR.")
    if found.template and found.template.suffix.lower() != ".docx":
        whole.wrong(
            "template", f"{found.template.name!r} is no DOCX file. Name the house template, such as house.docx."
        )
    file.done()
    return found


def _several(value: Words | tuple[Words, ...]) -> tuple[Words, ...]:
    return value if isinstance(value, tuple) else (value,)


def _given(part: Part) -> dict[str, str]:
    return {name: text for name in part.values if (text := part.text(name))}


def _member(part: Part) -> Member:
    name = part.text("name")
    if not name:
        part.wrong("name", "a member of the team needs a name.")
    return Member(name, part.words("role"))


def _rating(whole: Part) -> RatingOverride | None:
    part = whole.part("rating", ("value", "reason", "by"))
    found = RatingOverride(part.choice("value", RATINGS), part.words("reason"), part.text("by"))
    blank = [name for name in ("value", "reason", "by") if not getattr(found, name)]
    if 0 < len(blank) < 3:
        whole.wrong(
            "rating",
            f"{' and '.join(blank)}: nothing is written there. A rating that a person gives has value, reason and by.",
        )
    return found if found.value else None


def _improvement(part: Part) -> ImprovementSettings:
    return ImprovementSettings(
        mandatory=part.texts("mandatory"),
        worth=tuple(
            worth for each in part.parts("worth", ("outcome", "amount", "currency", "apart")) if (worth := _worth(each))
        ),
        outcomes=part.texts("outcomes"),
        customer=part.text("customer") or None,
        ces_easy=part.choice("ces_easy", ("high", "low")) or None,
        overall=part.text("overall") or None,
        covariates=part.texts("covariates") if part.given("covariates") else None,
        cluster=part.text("cluster") or None,
        bootstraps=part.whole_number("bootstraps", 1000, 1),
        seed=part.whole_number("seed", 0, 0),
    )


def _worth(part: Part) -> Worth | None:
    outcome, currency, apart = part.text("outcome"), part.text("currency"), part.truth("apart")
    if not outcome:
        part.wrong("outcome", "there is none. Write the id of an outcome, such as time.")
        return None
    try:
        return Worth(outcome, part.values.get("amount"), currency, apart)  # type: ignore[arg-type]
    except MiningError as error:
        part.wrong("amount", str(error))
        return None
