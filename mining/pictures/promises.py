"""Standards, and rules about who does what, as short badges: which activity carries which, and what they mean."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mining.blueprint.model import Blueprint, Rule, Standard
from mining.errors import UnknownNameError
from mining.texts import check_text
from mining.units import Duration

LAYERS = ("standards", "people")
KINDS = ("time", "quality", "people")  # in the order they are drawn
PEOPLE = {"four_eyes": "≠", "same_handler": "="}
WHOLE_CASE = ("case_start", "case_end")


@dataclass(frozen=True)
class Badge:
    """A promise on one activity. ``kind``: ``time``, ``quality`` or ``people``, drawn as its sign.

    ``text`` is short enough for a box, ``title`` says it in words. ``change``: how it differs from an older version.
    """

    id: str
    kind: str
    text: str
    title: str
    change: str = ""

    @property
    def line(self) -> str:
        """What stands in a box."""
        return " ".join(x for x in (self.change, self.id, self.text) if x)


@dataclass(frozen=True)
class Promises:
    """Badges by activity, and each promise once: standards first, those of the whole case too."""

    by_activity: dict[str, tuple[Badge, ...]]
    all: tuple[Badge, ...]


def share_text(share: float) -> str:
    """A share that a standard asks for, with all its digits.

    Examples
    --------
    >>> share_text(0.95), share_text(0.999)
    ('95%', '99.9%')
    """
    return f"{share * 100:.10g}%"


def limit_text(standard: Standard, words: dict[str, str]) -> str:
    """What a standard promises, as short as can be.

    Examples
    --------
    >>> from mining.pictures.words import words_in
    >>> promise = Standard("S1", "time", "elapsed", "major", "charter", limit=Duration.parse("5bd"), share=0.95)
    >>> limit_text(promise, words_in("en")), limit_text(promise, words_in("zh"))
    ('≤5bd 95%', '≤5工作日 95%')
    """
    parts = []
    if isinstance(standard.limit, Duration):
        parts.append(f"≤{standard.limit.amount:g}{words['unit_' + standard.limit.unit]}")
    elif standard.limit is not None:
        parts.append(f"≤{standard.limit:g}")
    if standard.minimum is not None:
        parts.append(f"≥{standard.minimum:g}")
    if standard.due:
        parts.append(f"≤{standard.due}")
    if standard.share is not None:
        parts.append(share_text(standard.share))
    return " ".join(parts)


def checks_of(blueprint: Blueprint) -> tuple[Rule | Standard, ...]:
    """Rules and standards as they are written, without those that limits of loops imply."""
    return (*blueprint.rules, *blueprint.standards)


def promises_of(blueprint: Blueprint, lang: str, words: dict[str, str], show: Collection[str] = LAYERS) -> Promises:
    """Badges of a blueprint's standards, and of its rules that two steps are done by different people or the same.

    A standard stands at its touchpoint, else at the activities that end it or that it is about. One that is about the
    whole case stands at none.

    Parameters
    ----------
    blueprint : Blueprint
        The design.
    lang : str
        Language of the titles.
    words : dict
        Words of that language.
    show : collection of {"standards", "people"}, default both
        Which of them.

    Returns
    -------
    Promises

    Raises
    ------
    UnknownNameError
        If ``show`` names something else.
    """
    for name in show:
        if name not in LAYERS:
            raise UnknownNameError("layer", name, LAYERS, where="picture")
    found: dict[str, list[Badge]] = {}
    everything: list[Badge] = []
    for check in checks_of(blueprint):
        badge, places = _badge(check, blueprint, lang, words, show)
        if badge:
            everything.append(badge)
            for id in places:
                found.setdefault(id, []).append(badge)
    order = {kind: k for k, kind in enumerate(KINDS)}
    ranked = {id: tuple(sorted(badges, key=lambda b: order[b.kind])) for id, badges in found.items()}
    return Promises(ranked, tuple(sorted(everything, key=lambda b: order[b.kind])))


def _badge(
    check: Rule | Standard, blueprint: Blueprint, lang: str, words: dict[str, str], show: Collection[str]
) -> tuple[Badge | None, tuple[str, ...]]:
    title = check_text(blueprint, check.id, lang)
    if lang == "en":
        title = title.replace("“", '"').replace("”", '"')  # the Chinese font sets round quotation marks a whole em wide
    if isinstance(check, Rule):
        if check.kind not in PEOPLE or "people" not in show or check.b is None:
            return None, ()
        return Badge(check.id, "people", PEOPLE[check.kind], title), tuple(dict.fromkeys((check.a, check.b)))
    if "standards" not in show:
        return None, ()
    at = (check.touchpoint,) if check.touchpoint else check.end or check.of or check.start
    kind = "time" if check.dimension == "time" else "quality"
    badge = Badge(check.id, kind, limit_text(check, words), title)
    return badge, tuple(id for id in at if id not in WHOLE_CASE)
