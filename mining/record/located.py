"""Where in the engagement file a setting stands that a later step refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mining.errors import MiningError

if TYPE_CHECKING:
    from mining.blueprint import yaml12
    from mining.record.settings import Engagement

PLACES: dict[str, yaml12.Path] = {  # what the message begins with, to the key of the file
    "disclose": ("disclose",),
    "mandatory": ("improvement", "mandatory"),
    "attributes": ("improvement", "outcomes"),
    "customer": ("improvement", "customer"),
    "covariates": ("improvement", "covariates"),
    "cluster": ("improvement", "cluster"),
    "overall": ("improvement", "overall"),
    "unknown outcome": ("improvement", "worth"),
}
_SAMPLING = re.compile(r"sampling: (\w+): ")


@contextmanager
def located(engagement: Engagement) -> Iterator[None]:
    """Put file and line before the message where a step refuses what the engagement settles, such as an attribute that the log has not.

    Examples
    --------
    >>> from mining.record import parse_engagement
    >>> with located(parse_engagement("mode: audit\\ndisclose: [chanel]")):
    ...     raise MiningError("disclose: unknown attribute 'chanel'.")
    Traceback (most recent call last):
        ...
    mining.errors.MiningError: engagement.yaml:2: disclose: unknown attribute 'chanel'.
    """
    try:
        yield
    except MiningError as error:
        key = _key(str(error))
        line = next((engagement.lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in engagement.lines), None)
        if line is None:
            raise
        raise MiningError(f"{engagement.path}:{line}: {error}") from None


def _key(message: str) -> yaml12.Path:
    """The key that a message is about; none where it is about something else."""
    if found := _SAMPLING.match(message):
        return ("sampling", found[1])
    return next((key for start, key in PLACES.items() if message.startswith((f"{start}: ", f"{start} '"))), ())
