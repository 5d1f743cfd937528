"""Outcomes that the log records itself: attributes, with the way that is worse said by whoever asks for them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mining.conformance.conditions import is_missing
from mining.errors import MiningError, UnknownNameError
from mining.outcomes.parts import Endings, Part, Words, part

if TYPE_CHECKING:
    from mining.study import Study

KIND_OF = {"boolean": "share", "number": "number"}
WRITTEN = re.compile(r"(.+):([+-]?1)")


@dataclass(frozen=True)
class AttributeOutcome:
    """An attribute of the log that is an outcome.

    Attributes
    ----------
    attribute : str
        Name in the binding of the log; true/false or a number.
    worse : {1, -1}
        1 where more (or true) is worse, -1 where less (or false) is worse. Never guessed.
    visible : bool
        Whether the customer feels it.
    unit : str
        Of a number.
    name : dict of str to str, optional
        What people read, by language; else the name of the attribute.

    Examples
    --------
    >>> AttributeOutcome.of("made_sla:-1")
    AttributeOutcome(attribute='made_sla', worse=-1, visible=False, unit='', name=None)
    """

    attribute: str
    worse: int
    visible: bool = False
    unit: str = ""
    name: Words | None = None

    def __post_init__(self) -> None:
        if self.worse not in (1, -1):
            raise MiningError(
                f"attributes: {self.attribute!r} says worse={self.worse!r}. Write 1 where more (or true) is worse, -1 where less (or "
                "false) is worse."
            )

    @classmethod
    def of(cls, wanted: AttributeOutcome | str | tuple[str, int]) -> AttributeOutcome:
        """From a short way of writing: ``"made_sla:-1"`` or ``("made_sla", -1)``.

        Raises
        ------
        MiningError
            If it does not say which way is worse.
        """
        match wanted:
            case AttributeOutcome():
                return wanted
            case (str(name), int(worse)):
                return cls(name, worse)
            case str() if found := WRITTEN.fullmatch(wanted):
                return cls(found[1], int(found[2]))
        raise MiningError(
            f"attributes: {wanted!r} does not say which way is worse. Write {str(wanted).split(':')[0] + ':1'!r} where more (or true) is "
            f"worse, {str(wanted).split(':')[0] + ':-1'!r} where less (or false) is worse."
        )


def attribute_parts(
    study: Study, wanted: Iterable[AttributeOutcome | str | tuple[str, int]], ends: Endings
) -> list[Part]:
    """One outcome per attribute: what it was at the last step of a case at which it was recorded, for cases that are over.

    Raises
    ------
    UnknownNameError
        If the log has no such attribute.
    MiningError
        If it is neither true/false nor a number, is asked for twice, or does not say which way is worse.

    Examples
    --------
    >>> from mining.outcomes.parts import endings_of
    >>> attribute_parts(study, ["channel:1"], endings_of(study))
    Traceback (most recent call last):
        ...
    mining.errors.MiningError: attributes: 'channel' is bound as string, and an outcome is true/false or a number. Bind it as boolean \
or number, if that is what the column holds.
    """
    several = [wanted] if isinstance(wanted, str | AttributeOutcome) else list(wanted)
    asked = [AttributeOutcome.of(x) for x in several]
    bound = study.log.binding.attributes
    for i, x in enumerate(asked):
        if x.attribute not in bound:
            raise UnknownNameError("attribute", x.attribute, bound, where="attributes")
        if bound[x.attribute].type not in KIND_OF:
            raise MiningError(
                f"attributes: {x.attribute!r} is bound as {bound[x.attribute].type}, and an outcome is true/false or a number. Bind it "
                "as boolean or number, if that is what the column holds."
            )
        if x.attribute in [y.attribute for y in asked[:i]]:
            raise MiningError(f"attributes: {x.attribute!r} is asked for twice.")
    return [_part(study, x, KIND_OF[bound[x.attribute].type], ends) for x in asked]


def _part(study: Study, x: AttributeOutcome, kind: str, ends: Endings) -> Part:
    recorded = study.instances.values(x.attribute)
    rows = np.flatnonzero(~is_missing(recorded))
    last = np.full(study.instances.n_cases, -1, np.int64)
    last[study.instances.case[rows]] = rows  # in case order, so the last one stays
    values = np.full(len(last), np.nan)
    there = last >= 0
    values[there] = recorded[last[there]].astype(float)
    why = {"empty": ends.empty, "running": ends.running, "not_recorded": ~there}
    name = x.name or {"en": x.attribute, "zh": x.attribute}
    return part(
        f"attribute:{x.attribute}", values, why, kind=kind, unit=x.unit, worse=x.worse, visible=x.visible, name=name
    )
