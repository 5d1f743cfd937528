"""Effects in words, by grade: only A and B may say that a deviation costs or saves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mining.texts import say
from mining.units import readable, readable_together

if TYPE_CHECKING:
    from mining.harm.effects import Effects
    from mining.outcomes.outcome import Outcome


def amount(value: float, outcome: Outcome, lang: str = "en") -> str:
    """A difference of an outcome for people.

    Parameters
    ----------
    value : float
        In the unit of the outcome: seconds, a currency, a scale; of a share 0-1.
    outcome : Outcome
    lang : {"en", "zh"}
    """
    if outcome.kind == "time":
        return readable(value, lang)
    if outcome.kind == "share":
        return say("harm.points", lang, n=f"{100 * value:.1f}")
    size = f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{size} {outcome.unit}" if outcome.kind == "money" else size


def amounts(values: Sequence[float], outcome: Outcome, lang: str = "en") -> list[str]:
    """Differences that stand in one sentence, such as both ends of an interval: in one unit. Parameters as of :func:`amount`."""
    if outcome.kind == "time":
        return readable_together(values, lang)
    return [amount(value, outcome, lang) for value in values]


def told(row: Any, outcome: Outcome, lang: str = "en") -> str:
    """One row of the effects in words.

    Parameters
    ----------
    row : Series
        Of :class:`mining.harm.Effects`.
    outcome : Outcome
        Of the row.
    lang : {"en", "zh"}
    """

    def size(value: float) -> str:
        return amount(value, outcome, lang)

    if row["grade"] in ("A", "B"):
        ends = sorted((abs(row["low"]), abs(row["high"])))  # both on one side of 0
        key = ("costs", "saves") if outcome.kind in ("time", "money") else ("worse", "better")
        part = say("harm.part", lang) if row["part"] == 1 else ""
        middle, low, high = amounts([abs(row["effect"]), *ends], outcome, lang)
        costs = say(
            f"harm.{key[int(row['harm'] < 0)]}", lang, name=outcome.name[lang], size=middle, low=low, high=high,
            n=f"{row['n_compared']:,}", grade=row["grade"],
        )  # fmt: skip
        return costs + part
    if not row["why"] and np.isfinite(row["effect"]):
        if row["low"] <= 0 <= row["high"]:
            low, high = amounts([row["low"], row["high"]], outcome, lang)
            return say("harm.none_shown", lang, low=low, high=high, n=f"{row['n_compared']:,}")
        return say("harm.not_sure", lang, weak=weak_told(row["weak"], lang), naive=size(row["naive"]))
    why = say(f"harm.why_{row['why'] or 'too_few'}", lang, n=f"{row['n_with']:,}", n_without=f"{row['n_without']:,}")
    if np.isnan(row["naive"]):
        return say("harm.not_measured", lang, why=why, grade=row["grade"])
    return say("harm.not_adjusted", lang, why=why, naive=size(row["naive"]), grade=row["grade"])


def weak_told(weak: str, lang: str = "en") -> str:
    """The weak guards in words."""
    names = [name.replace(" ", "_") for name in weak.split(", ") if name]
    words = [say(f"harm.guard_{name}", lang) for name in names]
    return say("told.comma", lang).join(words) or say("harm.not_significant", lang)


def summed_up(effects: Effects, lang: str = "en") -> str:
    """How many effects were looked for and shown, and what was adjusted for."""
    frame, comma = effects.frame, say("word.listed", lang)
    names = [name for name in str(effects.provenance.parameters.get("covariates") or "").split(", ") if name]
    adjusted = say("harm.adjusted", lang, what=comma.join(names) or say("harm.no_attributes", lang))
    if effects.undated:
        adjusted += say("harm.undated", lang, names=comma.join(effects.undated))
    return say(
        "harm.summary", lang, n=len(frame), findings=frame["finding_id"].nunique(), outcomes=frame["outcome"].nunique(),
        shown=int(frame["grade"].isin(["A", "B"]).sum()), few=int((frame["grade"] == "D").sum()),
        adjusted=adjusted,
    )  # fmt: skip
