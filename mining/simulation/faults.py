"""What may go wrong on purpose: reading ``missing:approve=0.02``, or two faults of one case, ``missing:a+late:S1=5``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mining.errors import MiningError, UnknownNameError

WORDS = {  # kind of fault -> the kind of deviation that a check names it by
    "missing": "missing",
    "extra": "extra",
    "swapped": "out_of_order",
    "moved_early": "out_of_order",
    "moved_late": "out_of_order",
    "repeated": "repeated",
    "replaced": "replaced",
    "late": "late",
    "early": "out_of_order",
    "wrong_role": "wrong_role",
    "same_person": "same_person",
    "other_person": "other_person",
    "wrong_channel": "wrong_channel",
    "missing_evidence": "missing_evidence",
    "wrong_value": "wrong_value",
    "failed": "failed",
    "abandoned": "abandoned",
    "reopened": "reopened",
    "discontinuity": "discontinuity",
}
KINDS = tuple(WORDS)
MISSTEPS = ("missing", "extra", "swapped", "moved_early", "moved_late", "repeated", "replaced", "reopened")
_PATTERN = re.compile(r"([^:=]+):(.+)=([^=]+)")
_SECOND = re.compile(r"\+(?=\s*(?:" + "|".join(KINDS) + r"):)")


@dataclass(frozen=True)
class Fault:
    """A known fault to inject, or two that come together in one case.

    Attributes
    ----------
    kind : str
        One of the keys of ``WORDS``.
    place : str
        An activity id; for ``extra`` also any label the blueprint does not know (an ad-hoc step); for ``late`` also a time
        standard or a response rule with ``within``; for ``early`` a not_before rule; for ``same_person`` and ``other_person``
        also a four_eyes or same_handler rule; for ``wrong_value``, ``missing_evidence`` and ``discontinuity`` a standard; for
        ``abandoned`` the step after which nothing came, or ``*`` for any.
    share : float or None
        Part of all cases, 0-1, or
    cases : int or None
        number of cases. One of the two is given.
    beside : (str, str) or None
        Kind and place of a second fault in the same cases.
    """

    kind: str
    place: str
    share: float | None = None
    cases: int | None = None
    beside: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        for kind in (self.kind, *((self.beside[0],) if self.beside else ())):
            if kind not in KINDS:
                raise UnknownNameError("kind of fault", kind, KINDS, where=str(self))
        if (self.share is None) == (self.cases is None):
            raise MiningError(f"fault {self.kind}:{self.place}: give either a share of the cases or a number of cases.")
        if self.share is not None and not 0 <= self.share <= 1:
            raise MiningError(
                f"fault {self}: a share is between 0 and 1 (or 0% and 100%). For a number of cases write "
                f"{self.share:g} without a dot."
            )
        if self.cases is not None and self.cases < 0:
            raise MiningError(f"fault {self}: the number of cases cannot be negative.")

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read ``KIND:PLACE=AMOUNT``, or ``KIND:PLACE+KIND:PLACE=AMOUNT`` for two faults in each of the cases.

        With a dot or a percent sign the amount is a share, else a number of cases. A ``+`` parts two faults only where a kind
        follows it, so that a label may hold one.

        Raises
        ------
        MiningError
            If the text is not written that way, or the kind is unknown.

        Examples
        --------
        >>> Fault.parse("missing:approve=2%")
        Fault(kind='missing', place='approve', share=0.02, cases=None, beside=None)
        >>> Fault.parse("extra:Call back=12").cases
        12
        >>> Fault.parse("missing:approve+late:S1=5").beside
        ('late', 'S1')
        """
        match = _PATTERN.fullmatch(text.strip())
        if not match:
            raise MiningError(
                f"{text!r} is not a fault. Write KIND:PLACE=AMOUNT, as in missing:approve=0.02. Kinds: "
                f"{', '.join(KINDS)}."
            )
        kind, places, amount = (part.strip() for part in match.groups())
        place, *others = (part.strip() for part in _SECOND.split(places))
        if len(others) > 1:
            raise MiningError(f"{text!r} names {len(others) + 1} faults for one case. Write one or two.")
        beside = tuple(part.strip() for part in others[0].split(":", 1)) if others else None
        try:
            if amount.endswith("%"):
                return cls(kind, place, share=float(amount[:-1]) / 100, beside=beside)  # type: ignore[arg-type]
            if "." in amount:
                return cls(kind, place, share=float(amount), beside=beside)  # type: ignore[arg-type]
            return cls(kind, place, cases=int(amount), beside=beside)  # type: ignore[arg-type]
        except MiningError:
            raise
        except ValueError:
            raise MiningError(
                f"{text!r}: {amount!r} is not an amount. Write a share such as 0.02 or 2%, or a number of cases "
                f"such as 25."
            ) from None

    @property
    def parts(self) -> tuple[Fault, ...]:
        """The fault, or each of the two, for itself."""
        one = Fault(self.kind, self.place, self.share, self.cases)
        return (one, Fault(*self.beside, self.share, self.cases)) if self.beside else (one,)

    def number(self, cases: int) -> int:
        """How many of so many cases; halves are rounded up."""
        return self.cases if self.cases is not None else int((self.share or 0.0) * cases + 0.5)

    @property
    def name(self) -> str:
        """Kind and place, without the amount."""
        return "+".join([f"{self.kind}:{self.place}", *([":".join(self.beside)] if self.beside else [])])

    def __str__(self) -> str:
        return f"{self.name}={self.cases if self.cases is not None else self.share}"
