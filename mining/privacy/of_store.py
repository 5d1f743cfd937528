"""The columns of a store as a pseudonymous log may see them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from mining.binding import Attribute
from mining.errors import LogError
from mining.log.attributes import CaseValues
from mining.log.stored import Stored
from mining.privacy.identities import dictionary


@dataclass(frozen=True, eq=False)
class Replaced:
    """A column with pseudonyms in place of its words, per instance: the value of its case, and that of its row (-1: none)."""

    by_case: np.ndarray
    by_row: np.ndarray
    words: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def take(self, instances: np.ndarray) -> Replaced:
        """Of some of the instances."""
        return replace(self, by_case=self.by_case[instances], by_row=self.by_row[instances])

    def values(self, codes: np.ndarray) -> np.ndarray:
        """The pseudonyms that some codes stand for, None for none."""
        return np.array([*self.words, None], object)[codes]


@dataclass(frozen=True, eq=False)
class PseudonymousStored(Stored):
    """A store that is read without the words of some columns. The file itself stays as it is.

    Attributes
    ----------
    replaced : dict of str to Replaced
        By column of the source.
    readable : frozenset of str
        Other columns that may be read: those of attributes that were bound when the pseudonyms were made.
    """

    replaced: dict[str, Replaced] = field(default_factory=dict)
    readable: frozenset[str] = frozenset()

    def take(self, instances: np.ndarray) -> PseudonymousStored:
        """Of some of the instances, given by position."""
        places = instances if self.instances is None else self.instances[instances]
        return replace(self, instances=places, replaced={name: x.take(instances) for name, x in self.replaced.items()})

    def per_case(self, name: str, attribute: Attribute, offsets: np.ndarray) -> CaseValues:
        """The value of an attribute for each case."""
        if found := self._replaced(attribute.column):
            return CaseValues(found.values(found.by_case[offsets[:-1]]), found.notes)
        return super().per_case(name, attribute, offsets)

    def per_instance(self, name: str, attribute: Attribute) -> np.ndarray:
        """The value of an attribute in the row of each instance."""
        if found := self._replaced(attribute.column):
            return found.values(found.by_row)
        return super().per_instance(name, attribute)

    def column(self, name: str) -> pa.ChunkedArray:
        """A column of the source. Errors as `Stored.column`."""
        if found := self._replaced(name):
            return dictionary(found.by_row, list(found.words))
        return super().column(name)

    def _replaced(self, column: str) -> Replaced | None:
        """The column where it has pseudonyms; None where it may be read as it is."""
        if column not in self.replaced and column not in self.readable:
            raise LogError(
                f"{self.path}: column {column!r} was not bound when the pseudonyms were made, so nobody knows whether it names somebody. "
                "Bind it first."
            )
        return self.replaced.get(column)


__all__ = ["PseudonymousStored", "Replaced"]
