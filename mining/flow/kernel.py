"""What a question to a log is: something asked of any whole cases, whose answers add up to that of all cases."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd

from mining.errors import LogError
from mining.results import Result
from mining.units import MISSING

Partial = dict[str, np.ndarray]
Parameters = Mapping[str, Any]


class Piece(Protocol):
    """Whole cases of a log, as `mining.log.EventLog` holds them; what most kernels need of it.

    Labels and resources are those of the whole log, so that a code means the same in every piece. Where its cases begin in the whole
    log a piece need not know: answers number its cases from 0, and merging moves them on.
    """

    labels: tuple[str, ...]
    resources: tuple[str, ...]
    offsets: np.ndarray
    activity: np.ndarray
    resource: np.ndarray
    start: np.ndarray
    end: np.ndarray
    scheduled: np.ndarray

    @property
    def facts(self) -> Any:
        """What is true of the whole log, a `mining.log.facts.LogFacts`."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """What the codes of an answer stand for.

    Attributes
    ----------
    labels, resources : sequence of str
    cases : callable without parameters
        Gives the case ids of the whole log in case order (object array). Called only by answers that have a row for each case.
    parameters : mapping
        What the question was asked with.
    """

    labels: Sequence[str]
    resources: Sequence[str]
    cases: Callable[[], np.ndarray]
    parameters: Parameters = field(default_factory=dict)


@dataclass(frozen=True)
class Kernel:
    """A question whose answers over pieces of a log merge.

    All functions are functions of a module, so that another process finds them by name.

    Attributes
    ----------
    name : str
    run : callable (piece, parameters) -> Partial
        Answer for some whole cases: arrays by name, none of them of Python objects.
    merge : callable (list of Partial in the order of their cases) -> Partial
        Merging is associative, and merging one partial leaves it as it is: how a log is cut makes no difference to the answer.
    finish : callable (Partial, Vocabulary) -> DataFrame
        The tidy table. It may hold the arrays of the partial, and the case ids of the log, uncopied.
    result : type
        The `mining.results.Result` that holds the table and describes its columns.
    """

    name: str
    run: Callable[[Any, Parameters], Partial]
    merge: Callable[[list[Partial]], Partial]
    finish: Callable[[Partial, Vocabulary], pd.DataFrame]
    result: type[Result]


def joined(partials: list[Partial]) -> Partial:
    """Arrays of all partials, one after the other: the merge of answers with a row for each case.

    Examples
    --------
    >>> joined([{"n": np.array([1, 2])}, {"n": np.array([3])}])["n"].tolist()
    [1, 2, 3]
    """
    some(partials)
    if len(partials) == 1:
        return partials[0]
    return {name: np.concatenate([part[name] for part in partials]) for name in partials[0]}


def some(partials: list[Partial]) -> None:
    """Refuse to merge nothing: without any piece there is no answer, not even an empty one."""
    if not partials:
        raise LogError(
            "There is no piece of the log to merge: the log has no cases. Check how it was written or filtered."
        )


def pack(partial: Partial) -> bytes:
    """A partial as bytes, to be sent from one process to another.

    Examples
    --------
    >>> unpack(pack({"n": np.array([1, 2])}))["n"].tolist()
    [1, 2]
    """
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{f"_{name}": array for name, array in partial.items()})
    return buffer.getvalue()


def unpack(data: bytes) -> Partial:
    """The partial that `pack` made bytes of. Code is never read from them."""
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        return {name[1:]: found[name] for name in found.files}


def order_time(piece: Piece) -> np.ndarray:
    """The moment by which each instance is ordered: its end, or its start if it never ended."""
    if not piece.facts.has_starts:
        return piece.end
    return np.where(piece.end != MISSING, piece.end, piece.start)


def plain(array: np.ndarray, dtype: Any) -> np.ndarray:
    """An array as the compiled loops take it: one type, in one block, read-only, so that each loop is compiled once."""
    found = np.ascontiguousarray(array, dtype).view()
    found.flags.writeable = False
    return found
