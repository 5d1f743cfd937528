"""What a caller gives for the parameters: names that are known, files that are there, paths as the notebooks see them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mining.errors import MiningError, UnknownNameError
from mining.log.sql_engines import without_secrets
from mining.notebooks.edition import known_parameters

FILES = (
    "LOG", "BLUEPRINT", "BINDING", "ROSTER", "OLDER", "VERSIONS", "SURVEY", "MYSTERY", "INCIDENTS", "NEEDS", "COSTS", "ACTIONS",
    "ENGAGEMENT", "EARLIER",
)  # fmt: skip
OURS = ("LANG", "LOG", "BLUEPRINT", "OUT")  # said otherwise


def files_found(given: Mapping[str, Any]) -> dict[str, Any]:
    """The same values with every file as a path.

    Parameters
    ----------
    given : mapping of str to object
        By parameter. A file may be a text or a path; the log may also be the address of a database.

    Raises
    ------
    UnknownNameError
        For a parameter that no notebook has.
    MiningError
        For a file that is not there, and for an address with a password, which would stand in every notebook.

    Examples
    --------
    >>> found = files_found({"LOG": "sample_logs/bank_loan/log.csv", "BY": "week"})
    >>> found["LOG"].name, found["BY"]
    ('log.csv', 'week')
    """
    known = set(known_parameters())
    for name in given:
        if name not in known:
            raise UnknownNameError("parameter", name, known - set(OURS))
    return {name: _found(name, value) if name in FILES else value for name, value in given.items()}


def check_free(parameters: Mapping[str, Any]) -> None:
    """Refuse values for what is said otherwise: the log and the blueprint as arguments, the language as an option."""
    for name in parameters:
        if name in OURS:
            raise UnknownNameError("parameter", name, set(known_parameters()) - set(OURS))


def paths_in(given: Mapping[str, Any]) -> Iterator[Path]:
    """All files among the values."""
    for value in given.values():
        yield from (part for part in (value if isinstance(value, list) else [value]) if isinstance(part, Path))


def seen_from(folder: Path, value: Any) -> Any:
    """A path as it is seen from the folder of the notebooks; everything else as it is."""
    if isinstance(value, list):
        return [seen_from(folder, part) for part in value]
    if not isinstance(value, Path):
        return value
    try:
        return Path(os.path.relpath(value.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return value.resolve().as_posix()


def _found(name: str, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return [_found(name, part) for part in value]
    if not isinstance(value, str | Path):
        raise MiningError(f"{name}: {value!r} is not the path of a file.")
    if not os.path.exists(value):
        if name == "LOG" and isinstance(value, str) and "://" in value:
            return _address(value)
        raise MiningError(f"{name}: there is no file {str(value)!r}. Check the path.")
    try:
        str(Path(value).resolve()).encode()
    except UnicodeEncodeError:
        raise MiningError(
            f"{name}: the path {str(value)!r} is not UTF-8, so that no notebook can hold it. Rename the file or folder."
        ) from None
    return Path(value)


def _address(address: str) -> str:
    if without_secrets(address) != address:
        raise MiningError(
            "LOG: the address holds a password, which would stand in every notebook and page. Leave it out, and give it in PGPASSWORD or "
            "~/.pgpass."
        )
    return address
