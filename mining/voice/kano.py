"""Kano's classes of needs: what must be there, what is better the more there is of it, what delights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from mining.errors import MiningError, UnknownNameError
from mining.results import Result
from mining.texts import say
from mining.voice.needs import KANO
from mining.voice.tables import Needs

CLASSES = ("M", "O", "A", "I", "R", "Q")  # must-be, one-dimensional, attractive, indifferent, reverse, questionable
ORDER = ("M", "O", "A", "I", "R", "Q")  # of equal counts the first wins (Berger et al. 1993: M > O > A > I)
# Rows: answer to "it is there"; columns: answer to "it is not there"; both in the order of KANO.
TABLE = (
    ("Q", "A", "A", "A", "O"),
    ("R", "I", "I", "I", "M"),
    ("R", "I", "I", "I", "M"),
    ("R", "I", "I", "I", "M"),
    ("R", "R", "R", "R", "Q"),
)


def kano_class(functional: str, dysfunctional: str) -> str:
    """Class of one pair of answers: M must-be, O one-dimensional, A attractive, I indifferent, R reverse, Q questionable.

    Parameters
    ----------
    functional, dysfunctional : {"like", "must", "neutral", "live_with", "dislike"}
        How it is if it is there, and if it is not.

    Examples
    --------
    >>> kano_class("like", "dislike"), kano_class("neutral", "dislike"), kano_class("like", "neutral")
    ('O', 'M', 'A')
    """
    for answer in (functional, dysfunctional):
        if answer not in KANO:
            raise UnknownNameError("answer", answer, KANO)
    return TABLE[KANO.index(functional)][KANO.index(dysfunctional)]


@dataclass(frozen=True, eq=False, repr=False)
class Kano(Result):
    """The class of every need. Made by :func:`kano_of`."""

    columns: ClassVar[dict[str, str]] = {
        "need_id": "id of the need",
        "text": "the need in words",
        "n": "pairs of answers",
        "half": "rows with only one answer of the pair, left out",
        **{
            letter: f"answers that make it {word}"
            for letter, word in zip(
                CLASSES,
                ("must-be", "one-dimensional", "attractive", "indifferent", "reverse", "questionable"),
                strict=True,
            )
        },
        "kano": "most frequent class; of equal ones the first of M, O, A, I",
        "second": "the class after it",
        "tie": "whether the second has as many answers",
        "better": "(A + O) / (A + O + M + I): how much satisfaction it can add; a share without an interval, so read it with n",
        "worse": "-(O + M) / (A + O + M + I): how much dissatisfaction its lack can bring; without an interval",
        "few": "fewer than 20 pairs: the class may well change with more",
    }
    shown: ClassVar[tuple[str, ...]] = ("need_id", "text", "n", "kano", "second", "tie", "better", "worse")

    def sentence(self, lang: str = "en") -> str:
        """How many needs are of which class."""
        rows = self.frame[self.frame["n"] > 0]
        if rows.empty:
            return say("voice.kano.none", lang)
        counts = [(letter, int((rows["kano"] == letter).sum())) for letter in CLASSES]
        listed = [say(f"voice.kano.{letter}", lang) + f" {n}" for letter, n in counts if n]
        said = say("voice.kano.told", lang, n=len(rows), classes=say("report.comma", lang).join(listed))
        few = int(rows["few"].sum())
        said += say("voice.kano.few", lang, n=few) if few else ""
        return said + say("voice.kano.no_interval", lang)


FEW = 20


def kano_of(needs: Needs) -> Kano:
    """Class and coefficients of every need with answers to Kano's pair of questions (Kano et al. 1984; Berger et al. 1993).

    Parameters
    ----------
    needs : Needs
        One pair of answers per respondent and need.

    Raises
    ------
    MiningError
        If no need has a pair of answers.

    Examples
    --------
    >>> from mining.voice import read_needs
    >>> import pandas as pd
    >>> table = pd.DataFrame({"need_id": "n1", "text": "by phone", "respondent": range(4), "kano_dysfunctional": "dislike",
    ...                       "kano_functional": ["like", "like", "must", "must"]})
    >>> kano_of(read_needs(table)).frame[["kano", "second", "tie", "better", "worse"]].values.tolist()
    [['M', 'O', True, 0.5, -1.0]]
    """
    frame = needs.frame
    texts = frame.dropna(subset=["text"]).drop_duplicates("need_id").set_index("need_id")["text"]
    asked = frame[frame["kano_functional"].notna() | frame["kano_dysfunctional"].notna()]
    # A respondent whose need stands at several touchpoints answered it once.
    keyed = asked["respondent"].where(asked["respondent"].notna(), "row " + asked["row"].astype(str))
    once = asked.assign(who=keyed).drop_duplicates(["need_id", "who"])
    whole = once.dropna(subset=["kano_functional", "kano_dysfunctional"])
    if whole.empty:
        raise MiningError(
            f"{needs.path}: no need has both answers of Kano's pair of questions (kano_functional, kano_dysfunctional)."
        )
    letters = [kano_class(f, d) for f, d in zip(whole["kano_functional"], whole["kano_dysfunctional"], strict=True)]
    counts = pd.crosstab(whole["need_id"], np.array(letters, object)).reindex(columns=list(CLASSES), fill_value=0)
    half = (
        once["need_id"].value_counts() - whole["need_id"].value_counts().reindex(once["need_id"].unique(), fill_value=0)
    ).to_dict()
    rows = []
    for need in dict.fromkeys(once["need_id"]):
        found = counts.loc[need] if need in counts.index else pd.Series(0, index=list(CLASSES))
        rows.append(_of_need(need, str(texts[need]), {x: int(found[x]) for x in CLASSES}, int(half.get(need, 0))))
    made = pd.DataFrame(rows, columns=list(Kano.columns))
    return Kano(made, needs.provenance("Kano classes", ties="M > O > A > I"))


def _of_need(need: str, text: str, counts: dict[str, int], half: int) -> dict[str, object]:
    ranked = sorted(ORDER, key=lambda letter: (-counts[letter], ORDER.index(letter)))
    n, base = sum(counts.values()), sum(counts[x] for x in "AOMI")
    second = ranked[1] if counts[ranked[1]] else None
    return {
        "need_id": need, "text": text, "n": n, "half": half, **counts, "kano": ranked[0] if n else None, "second": second,
        "tie": bool(n and counts[ranked[0]] == counts[ranked[1]]),
        "better": (counts["A"] + counts["O"]) / base if base else math.nan,
        "worse": -(counts["O"] + counts["M"]) / base if base else math.nan, "few": n < FEW,
    }  # fmt: skip


__all__ = ["CLASSES", "TABLE", "Kano", "kano_class", "kano_of"]
