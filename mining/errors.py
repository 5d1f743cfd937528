"""Every error this package raises on purpose: what is wrong, where, what is there, what to try."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class MiningError(ValueError):
    """Base class of all errors raised on purpose. The message is meant for the user."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in a notebook: the kind and the message, without the way through this package, which is not at fault."""
        return [f"{type(self).__name__}: {self}"]


class LogError(MiningError):
    """The event log cannot be read or cannot answer the question."""


class BlueprintError(MiningError):
    """The blueprint file is not a valid, sound service blueprint."""


class ModelError(MiningError):
    """A process model is unsound, too large, or could not be discovered."""


class UnknownNameError(MiningError):
    """A name that is not among those known."""

    def __init__(self, kind: str, name: object, known: Iterable[object], where: str = "") -> None:
        prefix = f"{where}: " if where else ""
        super().__init__(f"{prefix}unknown {kind} {name!r}.{hint(name, known)}")


def hint(name: object, known: Iterable[object], most: int = 8) -> str:
    """Say which names exist and which of them was probably meant.

    Parameters
    ----------
    name : object
        The name that was not found.
    known : iterable of object
        The names that exist.
    most : int, default 8
        How many known names are listed before "and n more".

    Returns
    -------
    str
        A sentence that starts with a blank.

    Examples
    --------
    >>> hint("hour", ["hours", "days"])
    " Did you mean 'hours'? Known: days, hours."
    """
    names = sorted({str(x) for x in known})
    folded = {x.casefold(): x for x in names}
    near = [folded[x] for x in get_close_matches(str(name).casefold(), folded, n=2, cutoff=0.6)]
    meant = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{meant} Known: {', '.join(names[:most]) or 'none'}{rest}."
