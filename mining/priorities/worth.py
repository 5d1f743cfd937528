"""What a unit of an outcome is worth: declared by the user, never assumed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mining.errors import MiningError
from mining.texts import say

if TYPE_CHECKING:
    from mining.outcomes.outcome import Outcome, Outcomes

HOUR = 3600.0
PER = {
    "time": HOUR,
    "money": 1.0,
    "score": 1.0,
    "share": 1.0,
    "number": 1.0,
}  # units of the outcome in what an amount is for


@dataclass(frozen=True)
class Worth:
    """What a worse outcome costs, per unit.

    Parameters
    ----------
    outcome : str
        Id of the outcome, such as ``time``.
    amount : float
        Per **hour** of an outcome of time; per unit of money (in the currency of the outcome: 1); per point and case of a score; per
        case of a share (a case that is reopened, given up ...); per unit of a number. Of the cases concerned, not of the staff.
    currency : str
        Such as ``EUR``; or ``h`` where the amount is itself in customer-hours. One ranking has one currency.
    apart : bool, default False
        This loss is no part of the loss that another worth counts. An hour of a case and the money that the case costs often are the same
        loss, seen twice: amounts are added only where all but one of them are declared to stand apart.

    Examples
    --------
    >>> Worth("time", 35.0, "EUR")
    Worth(outcome='time', amount=35.0, currency='EUR', apart=False)
    """

    outcome: str
    amount: float
    currency: str
    apart: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.amount, bool) or not isinstance(self.amount, int | float) or not math.isfinite(self.amount):
            raise MiningError(
                f"worth of {self.outcome!r}: {self.amount!r} is not a number. Give an amount per unit, such as 35.0."
            )
        if self.amount <= 0:
            raise MiningError(
                f"worth of {self.outcome!r}: {self.amount:g} is not more than 0. Which way is worse is said by the outcome; leave out "
                "what is worth nothing."
            )
        if not isinstance(self.currency, str) or not self.currency.strip():
            raise MiningError(
                f"worth of {self.outcome!r}: no currency. Say which, such as 'EUR', or 'h' for customer-hours."
            )

    def text(self, outcome: Outcome, lang: str) -> str:
        """The amount with the unit that it is for, in words.

        Examples
        --------
        >>> import numpy as np
        >>> from mining.outcomes.outcome import Outcome
        >>> time = Outcome("time", {"en": "throughput time", "zh": "全程时长"}, "time", "s", np.array([60.0]), 1, True)
        >>> Worth("time", 35.0, "EUR").text(time, "en")
        '35 EUR per hour of throughput time'
        """
        values = {"amount": f"{self.amount:,.10g}", "currency": self.currency, "name": outcome.name[lang]}
        return say(f"priorities.worth.{outcome.kind}", lang, **values)


def currency_of(worth: Sequence[Worth], outcomes: Outcomes) -> str:
    """The one currency of all amounts; empty where nothing is declared.

    Raises
    ------
    UnknownNameError
        For an outcome that is not measured.
    MiningError
        If an outcome is declared twice, if there are several currencies, if money is declared in another currency than it is recorded in,
        or if several amounts are to be added of which it is not said that they stand apart.
    """
    seen: set[str] = set()
    for item in worth:
        outcome = outcomes[item.outcome]
        if item.outcome in seen:
            raise MiningError(f"worth: the outcome {item.outcome!r} is declared twice. Keep one of them.")
        seen.add(item.outcome)
        if outcome.kind == "money" and outcome.unit and outcome.unit != item.currency:
            raise MiningError(
                f"worth of {item.outcome!r}: it is recorded in {outcome.unit}, not in {item.currency}. No rate of exchange is assumed."
            )
    currencies = list(dict.fromkeys(item.currency for item in worth))
    if len(currencies) > 1:
        raise MiningError(f"worth: {', '.join(currencies)} cannot be added up. Declare all amounts in one of them.")
    together = [item.outcome for item in worth if not item.apart]
    if len(together) > 1:
        raise MiningError(
            f"worth: {', '.join(together)} may count the same loss twice (an hour of a case is often part of what the case costs), so they "
            "are not added up. Keep one of them, or say of all but one that they stand apart: Worth(..., apart=True)."
        )
    return currencies[0] if currencies else ""


def values_of(worth: Sequence[Worth], outcomes: Outcomes) -> dict[str, float]:
    """Outcome to what one unit of it, as it is recorded (seconds, a share of 1), is worth."""
    return {item.outcome: item.amount / PER[outcomes[item.outcome].kind] for item in worth}
