"""Pairs labels of a log with activities of a blueprint: by what is declared, by the same word, by likeness."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from mining.blueprint.model import Blueprint
from mining.errors import UnknownNameError

LIKELY, POSSIBLE = 0.6, 0.4  # likeness from which one is suggested, and from which it is named at all
AHEAD = 0.1  # by which the first must lead the second
NAMED = 3  # candidates that are named


def folded(text: str) -> str:
    """A text without what people write in different ways: width (NFKC), capitals, blanks, punctuation.

    Examples
    --------
    >>> folded("Check - Confirmation!"), folded("复核（受理通知）"), folded("ＡＢＣ")
    ('checkconfirmation', '复核受理通知', 'abc')
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(x for x in plain if unicodedata.category(x)[0] in "LNM")
    return kept or "".join(plain.split())


@dataclass(frozen=True)
class Pair:
    """What a label of the log may mean.

    Attributes
    ----------
    label : str
        As the log writes it.
    how : str
        declared (the blueprint names the label), ignored (it is out of scope there), same (the same word but for capitals,
        blanks, punctuation), several (the same word as several activities), alike, or unknown; as an older binding file has it:
        kept, ignored, or unmapped (no activity on purpose). stand_in: the blueprint names it as done in place of a step.
    activity : str or None
        The activity, where it is certain: declared or same.
    candidates : tuple of (str, float, str)
        Activity, likeness from 0 to 1, and the word it is like; best first.
    """

    label: str
    how: str
    activity: str | None = None
    candidates: tuple[tuple[str, float, str], ...] = ()

    @property
    def decided(self) -> bool:
        """Whether nothing is open: it means an activity, is out of scope, or is no activity on purpose."""
        return self.activity is not None or self.how in ("ignored", "unmapped", "stand_in")

    @property
    def suggested(self) -> str | None:
        """The one candidate that is well ahead of the others."""
        if self.activity or self.how == "several" or not self.candidates or self.candidates[0][1] < LIKELY:
            return self.activity
        second = self.candidates[1][1] if len(self.candidates) > 1 else 0.0
        return self.candidates[0][0] if self.candidates[0][1] - second >= AHEAD else None


def pair_labels(labels: Iterable[str], blueprint: Blueprint) -> tuple[Pair, ...]:
    """Find the activity that each label means; only what is declared or the same word is certain.

    Parameters
    ----------
    labels : iterable of str
    blueprint : Blueprint
        Its labels, names in every language, and ids are compared.

    Returns
    -------
    tuple of Pair
        In the order of the labels.

    Examples
    --------
    >>> [(p.how, p.suggested) for p in pair_labels(["confirm  RECEIPT", "Confirmed receipt", "接收 确认"], study.blueprint)]
    [('same', 'receive'), ('alike', 'receive'), ('same', 'receive')]
    """
    words = _words_of(blueprint)
    same: dict[str, list[str]] = {}
    for word, activity in words:
        known = same.setdefault(folded(word), [])
        if activity not in known:
            known.append(activity)
    found: dict[str, Pair] = {}
    rest = []
    for label in labels:
        fits = same.get(folded(label), [])
        if label in blueprint.labels:
            found[label] = Pair(label, "declared", blueprint.labels[label])
        elif label in blueprint.binding.ignore:
            found[label] = Pair(label, "ignored")
        elif label in blueprint.stand_ins:
            found[label] = Pair(label, "stand_in")
        elif len(fits) == 1:
            found[label] = Pair(label, "same", fits[0])
        elif fits:
            found[label] = Pair(label, "several", None, tuple((id, 1.0, label) for id in fits))
        else:
            found[label] = Pair(label, "unknown")
            rest.append(label)
    for label, candidates in _alike(rest, words).items():
        found[label] = Pair(label, "alike", None, candidates)
    return tuple(found.values())


def _words_of(blueprint: Blueprint) -> list[tuple[str, str]]:
    """Every word for an activity, and its id: labels first, then names, then the id itself."""
    labels = [(label, a.id) for a in blueprint.activities for label in a.labels]
    names = [(name, a.id) for a in blueprint.activities for name in a.name.by_language.values()]
    return list(dict.fromkeys([*labels, *names, *((a.id, a.id) for a in blueprint.activities)]))


def _alike(labels: list[str], words: list[tuple[str, str]]) -> dict[str, tuple[tuple[str, float, str], ...]]:
    """The best candidates of each label, where any is like it enough."""
    if not labels or not words:
        return {}
    plain, known = [folded(x) for x in labels], [folded(word) for word, _ in words]
    shares = _shared_pairs(plain, known)
    found = {}
    for i, label in enumerate(labels):
        best: dict[str, tuple[float, str]] = {}
        for j in np.argsort(-shares[i], kind="stable")[: 4 * NAMED].tolist():
            word, activity = words[j]
            score = max(float(shares[i, j]), SequenceMatcher(None, plain[i], known[j], autojunk=False).ratio())
            if score >= POSSIBLE and score > best.get(activity, (0.0, ""))[0]:
                best[activity] = (score, word)
        ranked = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))[:NAMED]
        if ranked:
            found[label] = tuple((activity, round(score, 2), word) for activity, (score, word) in ranked)
    return found


def _shared_pairs(one: list[str], other: list[str]) -> np.ndarray:
    """Dice coefficient of the sets of neighbouring characters of all texts: shape (len(one), len(other))."""
    sets = [{text[i : i + 2] for i in range(max(len(text) - 1, 1))} for text in (*one, *other)]
    place: Mapping[str, int] = {pair: i for i, pair in enumerate(sorted(set().union(*sets[len(one) :])))}
    table = np.zeros((len(sets), len(place)), np.float32)
    for row, pairs in enumerate(sets):
        table[row, [place[pair] for pair in pairs if pair in place]] = 1
    sizes = np.array([len(pairs) for pairs in sets], np.float32)
    common = table[: len(one)] @ table[len(one) :].T
    return 2 * common / (sizes[: len(one), None] + sizes[None, len(one) :])


def meanings(blueprint: Blueprint, labels: Mapping[str, str]) -> dict[str, str]:
    """Log label to activity id: as the blueprint declares it, unless a binding says otherwise.

    Parameters
    ----------
    blueprint : Blueprint
    labels : mapping of str to str
        Of a binding file; an empty text: the label means no activity.

    Raises
    ------
    UnknownNameError
        If one of the labels means an activity that the blueprint does not have.

    Examples
    --------
    >>> known = meanings(study.blueprint, {"Receipt": "receive", "Confirm receipt": ""})
    >>> known["Receipt"], "Confirm receipt" in known
    ('receive', False)
    """
    for label, activity in labels.items():
        if activity and activity not in blueprint.by_id:
            raise UnknownNameError("activity", activity, blueprint.by_id, f"binding of label {label!r}")
    return {label: activity for label, activity in {**blueprint.labels, **labels}.items() if activity}
