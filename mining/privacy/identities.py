"""Which columns of a log name cases, customers and people: by their role, by what they are called, and by what they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from mining.errors import LogError, UnknownNameError
from mining.log.pii import NAMES, kinds_in

if TYPE_CHECKING:
    from mining.log import EventLog

MOSTLY = (
    0.5  # share of the distinct words of an attribute that are names of another column, above which it names the same
)
TELLING = 5  # characters from which a word without a letter can be told from a number
MOST_LOOKED_AT = 10_000  # distinct words of an attribute that are searched for personal data


@dataclass(frozen=True)
class Identities:
    """What a log names whom by.

    Attributes
    ----------
    kinds : dict of str to str
        Column to "case", "customer" or "resource".
    reasons : dict of str to str
        Column to why, for those that have neither role nor were named by the caller.
    in_part : dict of str to int
        Attributes that are left as they are, with the number of their distinct words that are also names.
    """

    kinds: Mapping[str, str]
    reasons: Mapping[str, str]
    in_part: Mapping[str, int]


def identities_of(log: EventLog, customer: str | None = None, disclose: Collection[str] = ()) -> Identities:
    """Look for the columns whose words are to be replaced.

    - the columns of the case and of the resource, and every attribute that is bound to one of them;
    - the column of the attribute ``customer``;
    - attributes of text that are called as columns of customers and staff are, such as ``patient`` or 客户;
    - attributes of text most of whose words are case ids, resources or customers of the log.

    Parameters
    ----------
    log : EventLog
    customer : str, optional
        Attribute that names the customer.
    disclose : collection of str
        Attributes that are no names though they look like it. Those of case, resource and ``customer`` are never.

    Raises
    ------
    UnknownNameError
        If there is no attribute of a name.
    LogError
        If the customer's is the column of an activity or a time.

    Examples
    --------
    >>> dict(identities_of(study.log).kinds)
    {'case_id': 'case', 'resource': 'resource'}
    """
    binding = log.binding
    for name in disclose:
        if name not in binding.attributes:
            raise UnknownNameError("attribute", name, binding.attributes, where="disclose")
    kinds = {binding.case: "case"} | ({binding.resource: "resource"} if binding.resource else {})
    if customer is not None:
        kinds.setdefault(_customer_column(log, customer), "customer")
    names: dict[str, set[str]] = {"case": _words(log.case_ids), "resource": _words(log.resources), "customer": set()}
    if customer is not None:
        names["customer"] = _words(texts_of(log.attribute(customer)))
    reasons, in_part = dict[str, str](), dict[str, int]()
    for name, attribute in binding.attributes.items():
        if attribute.column in kinds or attribute.type != "string" or name in disclose:
            continue
        if called_like_a_person(name, attribute.column):
            kinds[attribute.column] = "customer"
            reasons[attribute.column] = f"attribute {name!r} is called as columns of persons are"
            continue
        words = _words(pd.unique(log.values(name)))
        shared = {kind: sum(word in known for word in words if _telling(word)) for kind, known in names.items()}
        most = max(shared, key=lambda kind: shared[kind])
        if shared[most] > MOSTLY * len(words):
            kinds[attribute.column] = most
            reasons[attribute.column] = f"{shared[most]:,} of {len(words):,} words of attribute {name!r} name a {most}"
        elif shared[most]:
            in_part[name] = shared[most]
    return Identities(kinds, reasons, in_part)


def _customer_column(log: EventLog, customer: str) -> str:
    binding = log.binding
    if customer not in binding.attributes:
        raise UnknownNameError("attribute", customer, binding.attributes, where="customer")
    attribute = binding.attributes[customer]
    others = (binding.activity, binding.timestamp, binding.start, binding.lifecycle and binding.lifecycle.column)
    if attribute.column in others or attribute.type == "datetime":
        raise LogError(
            f"{log.source.path}: the attribute {customer!r} (column {attribute.column!r}) holds activities, times or dates, "
            "and names no customer."
        )
    return attribute.column


def called_like_a_person(*names: str) -> bool:
    """Whether a column is called as those of customers and staff are.

    Examples
    --------
    >>> called_like_a_person("patient_id"), called_like_a_person("customer_type"), called_like_a_person("case:姓名")
    (True, False, True)
    """
    from mining.causes.levels import NO_PERSON, PERSON

    words = [name.casefold().split(":")[-1] for name in names]
    plain = {x.replace("_", "").replace("-", "").replace(" ", "") for x in words}
    return any(PERSON.search(x) and not NO_PERSON.search(x) for x in words) or bool(plain & _PERSONAL)


_PERSONAL = {name for names in NAMES.values() for name in names.split("|")}


def personal(log: EventLog) -> dict[str, str]:
    """Bound attributes that look like data about persons, and why: called so, or with values of such a pattern.

    Patterns and check digits are those of :mod:`mining.log.pii`; of an attribute at most ten thousand distinct values are looked at.

    Examples
    --------
    >>> personal(study.log)
    {}
    """
    found = {}
    for name, attribute in log.binding.attributes.items():
        if called_like_a_person(name, attribute.column):
            found[name] = "name"
        elif attribute.type == "string":
            words = sorted(_words(pd.unique(log.values(name))))[:MOST_LOOKED_AT]
            tried = kinds_in("\n".join(words))
            if tried and (kinds := {kind for word in words for kind in kinds_in(word)}):
                found[name] = ", ".join(sorted(kinds))
    return found


def texts_of(values: np.ndarray) -> np.ndarray:
    """Values of an attribute as tables are joined by them: numbers without a needless point, None where missing."""
    codes, distinct = pd.factorize(values)
    texts = [f"{x:.15g}" if isinstance(x, float) else str(x) for x in distinct.tolist()]
    return np.array([*texts, None], object)[codes]


def dictionary(codes: np.ndarray, words: list[str]) -> pa.ChunkedArray:
    """A column of texts from positions in words (-1: none)."""
    indices = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.chunked_array([pa.DictionaryArray.from_arrays(indices, pa.array(words, pa.string()))])


def _words(values: Iterable[object]) -> set[str]:
    return {word for x in values if x is not None and x == x and (word := str(x).strip())}


def _telling(word: str) -> bool:
    return len(word) >= TELLING or any(x.isalpha() for x in word)


__all__ = ["Identities", "called_like_a_person", "dictionary", "identities_of", "personal", "texts_of"]
