"""The rating and its rule in words."""

from __future__ import annotations

from collections.abc import Iterable

from mining.record.graded import BLIND_SHARE, FEW_MAJOR, NONE, NOT_OPERATING, WIDESPREAD
from mining.texts import say


def rating_word(value: str, lang: str) -> str:
    """A rating in a word or two.

    Examples
    --------
    >>> rating_word("unsatisfactory", "zh")
    '不满意 / 存在重大缺陷'
    """
    return say(f"rating.value.{value}", lang)


def rule_lines(lang: str, *, blind_limit: float = BLIND_SHARE) -> tuple[str, ...]:
    """The rule that gives the rating, in words: what is asked first stands first.

    Examples
    --------
    >>> rule_lines("en")[1]
    'No opinion: more than 20\\xa0% of the applicable pairs of case and check are not observable in the log.'
    """
    values = {
        "limit": percent_of(blind_limit, lang),
        "widespread": percent_of(WIDESPREAD, lang),
        "operating": percent_of(NOT_OPERATING, lang),
        "few": FEW_MAJOR,
    }
    words = [
        say("rating.sentence", lang, value=rating_word(value, lang), why=say(f"rating.rule.{value}", lang, **values))
        for value in (NONE, "no_opinion", "unsatisfactory", "major_improvement", "some_improvement", "satisfactory")
    ]
    return (*words, say("rating.rule.order", lang), say("rating.rule.override", lang))


def joined(words: Iterable[str], lang: str) -> str:
    """Words with commas between them."""
    return say("report.comma", lang).join(words)


def percent_of(share: float, lang: str) -> str:
    """A threshold in per cent."""
    return _with_sign(f"{100 * share:.6g}", lang)


def _with_sign(number: str, lang: str) -> str:
    return f"{number}%" if lang == "zh" else f"{number}\u00a0%"


def apart(share: float, limit: float, lang: str) -> tuple[str, str]:
    """A share and its limit in per cent, with as many decimals as tell them apart."""
    digits = next((n for n in range(1, 13) if share == limit or f"{100 * share:.{n}f}" != f"{100 * limit:.{n}f}"), 12)
    return _with_sign(f"{100 * share:.{digits}f}", lang), _with_sign(f"{100 * limit:.{digits}f}", lang)
