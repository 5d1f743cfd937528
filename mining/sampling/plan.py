"""What is to be sampled, with which assurance: the ``sampling:`` part of an engagement, read strictly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from mining.errors import MiningError, UnknownNameError
from mining.results import wilson
from mining.sampling.sizes import attribute_size, precision_size

MOST_ERRORS = 100


@dataclass(frozen=True)
class SamplePlan:
    """The settings of a sample.

    Parameters
    ----------
    confidence : float
        Of every limit and size, from 0.5 to below 1.
    tolerable : float
        Error rate of the log that can just be put up with: of log to source, and of source to log.
    expected_errors : int
        Errors that are expected in these two samples (and in the monetary one).
    precision : float
        Share of the cases of a class that must be real deviations, at the least, for it to be reported as a finding.
    class_size : int
        Cases drawn per class; 0: as many as can show the precision if every one of them is confirmed.
    seed : str
        Text that decides the draw; empty: the SHA-256 of the log.
    stratify_by : str
        Attribute of the log by which the sample of log to source is spread; empty: none.
    amount : str
        Attribute of the log that holds an amount of money; empty: no monetary sample.
    tolerable_amount : float
        Wrong money that can just be put up with; needed with ``amount``.
    discovery : mapping of str to int
        Check to the number of cases with that fault that must not stay unseen; for checks of which the log shows no fault.
    reviewers : {1, 2}
        Persons who look at each case without knowing what the other says.

    Raises
    ------
    MiningError
        If a value has another type than it should, or is outside its range. The message names the key.

    Examples
    --------
    >>> SamplePlan().attribute_n, SamplePlan().class_n
    (59, 16)
    >>> SamplePlan(tolerable=5)
    Traceback (most recent call last):
        ...
    mining.errors.MiningError: sampling: tolerable is 5: a number above 0 and below 1 is needed.
    """

    confidence: float = 0.95
    tolerable: float = 0.05
    expected_errors: int = 0
    precision: float = 0.8
    class_size: int = 0
    seed: str = ""
    stratify_by: str = ""
    amount: str = ""
    tolerable_amount: float = 0.0
    discovery: Mapping[str, int] = field(default_factory=dict)
    reviewers: int = 1

    def __post_init__(self) -> None:
        check_plan(self, "sampling")
        object.__setattr__(self, "discovery", dict(self.discovery))

    @classmethod
    def from_mapping(cls, mapping: Any, where: str = "sampling") -> SamplePlan:
        """A plan from the ``sampling:`` part of an engagement file; keys that are left out have their default.

        Parameters
        ----------
        mapping : mapping or None
        where : str
            File and key, for messages.

        Raises
        ------
        UnknownNameError
            For a key that there is not.
        MiningError
            As the class.

        Examples
        --------
        >>> SamplePlan.from_mapping({"confidence": 0.9, "discovery": {"R1": 3}}).attribute_n
        45
        >>> SamplePlan.from_mapping({"tolerabel": 0.1})
        Traceback (most recent call last):
            ...
        mining.errors.UnknownNameError: sampling: unknown key 'tolerabel'. Did you mean 'tolerable' or 'tolerable_amount'?
        Known: amount, class_size, confidence, discovery, expected_errors, precision, reviewers, seed and 3 more.
        """
        if mapping is None:
            return cls()
        if not isinstance(mapping, Mapping):
            raise MiningError(f"{where} is {mapping!r}: keys with their values are needed, such as confidence: 0.95.")
        known = [each.name for each in fields(cls)]
        for key in mapping:
            if key not in known:
                raise UnknownNameError("key", key, known, where)
        draft = object.__new__(cls)
        for each in fields(cls):
            default = {} if each.name == "discovery" else each.default
            given = mapping.get(each.name)
            object.__setattr__(draft, each.name, default if given is None else given)
        check_plan(draft, where)
        return cls(**vars(draft))

    @property
    def attribute_n(self) -> int:
        """Cases to compare between log and source, of a large population."""
        return attribute_size(self.tolerable, self.confidence, self.expected_errors)

    @property
    def class_n(self) -> int:
        """Cases to inspect per class, if it has as many."""
        return self.class_size or precision_size(self.precision, self.confidence)

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain values."""
        return {each.name: getattr(self, each.name) for each in fields(self)} | {"discovery": dict(self.discovery)}


def check_plan(plan: SamplePlan, where: str) -> None:
    """Refuse a value of a wrong type or outside its range."""
    _number(plan, where, "confidence", lambda x: 0.5 <= x < 1, "a number from 0.5 to below 1")
    for key in ("tolerable", "precision"):
        _number(plan, where, key, lambda x: 0 < x < 1, "a number above 0 and below 1")
    _whole(plan, where, "expected_errors", 0, MOST_ERRORS)
    _whole(plan, where, "class_size", 0, 10**6)
    _whole(plan, where, "reviewers", 1, 2)
    for key in ("seed", "stratify_by", "amount"):
        value = getattr(plan, key)
        if not isinstance(value, str):
            raise MiningError(f"{where}: {key} is {value!r}: a text is needed. Write it in quotes.")
    _number(plan, where, "tolerable_amount", lambda x: 0 <= x < math.inf, "an amount of money, not below 0,")
    if bool(plan.amount) != bool(plan.tolerable_amount):
        there, missing = ("amount", "tolerable_amount") if plan.amount else ("tolerable_amount", "amount")
        raise MiningError(
            f"{where}: {there} is given and {missing} is not. A monetary sample needs both; leave out both for none."
        )
    _discovery(plan, where)
    if plan.class_size and not wilson(plan.class_size, plan.class_size, plan.confidence)[0] >= plan.precision:
        enough = precision_size(plan.precision, plan.confidence)
        raise MiningError(
            f"{where}: class_size is {plan.class_size}: with all of them confirmed the lower limit would stay under the precision of "
            f"{plan.precision:g}, so no class could ever be reported. At least {enough} are needed; or leave class_size out."
        )


def _discovery(plan: SamplePlan, where: str) -> None:
    if not isinstance(plan.discovery, Mapping):
        raise MiningError(
            f"{where}: discovery is {plan.discovery!r}: checks with a number of cases each are needed, such as R1: 5."
        )
    for check, items in plan.discovery.items():
        if not isinstance(check, str) or isinstance(items, bool) or not isinstance(items, int) or items < 1:
            raise MiningError(f"{where}: discovery: {check} is {items!r}: a whole number of cases from 1 on is needed.")


def _number(plan: SamplePlan, where: str, key: str, fits: Any, needed: str) -> None:
    value = getattr(plan, key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not fits(value):
        raise MiningError(f"{where}: {key} is {value!r}: {needed} is needed.")


def _whole(plan: SamplePlan, where: str, key: str, least: int, most: int) -> None:
    value = getattr(plan, key)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise MiningError(f"{where}: {key} is {value!r}: a whole number from {least} to {most:,} is needed.")
