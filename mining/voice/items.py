"""What people read in place of the id of a question: the words of the five dimensions of service quality, and of the usual scores."""

from __future__ import annotations

from mining.texts import say

RATER = ("reliability", "assurance", "tangibles", "empathy", "responsiveness")
SCORES = ("csat", "nps", "ces")


def item_name(item: str, lang: str = "en") -> str:
    """The name of an item of a survey; an item of one's own stays as it is written.

    Examples
    --------
    >>> [item_name(x, "zh") for x in ("tangibles", "csat", "Q7 friendly")]
    ['有形性', '顾客满意度', 'Q7 friendly']
    """
    if item in RATER:
        return say(f"voice.rater.{item}", lang)
    return say(f"voice.score.{item}", lang) if item in SCORES else item
