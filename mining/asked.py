"""What a caller asks of a log beside its path: the columns of a binding or blueprint, and how the source is to be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mining.errors import LogError

if TYPE_CHECKING:
    from mining.binding import Binding
    from mining.blueprint.model import Blueprint
    from mining.log.table import SourceTable


def said_of(part: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of how a source is read (`mining.binding.READING`), as keys of a binding; what is empty is not said.

    Examples
    --------
    >>> said_of({"sheet": None, "delimiter": "tab", "order_by": ["at", "id"], "header": 2})
    {'delimiter': '\\t', 'order_by': ('at', 'id'), 'header': 2}
    """
    said = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in part.items()
        if value not in (None, [], (), "")
    }
    if said.get("delimiter") in ("tab", "\\t"):
        said["delimiter"] = "\t"
    return said


def columns_of(
    binding: Path | None,
    norm: Blueprint | None,
    part: Mapping[str, Any],
    *,
    undecided: Literal["refuse", "keep"] = "refuse",
) -> Binding | dict[str, Any] | None:
    """The columns of the binding file, else those of the blueprint, else None; ``part`` as in :func:`said_of`, over what they say.

    Raises
    ------
    LogError, UnknownNameError
        As :func:`mining.read_binding`.
    """
    from mining.log.binding_file import read_binding

    said = said_of(part)
    if binding is not None:
        return replace(read_binding(binding, undecided=undecided), **said)
    return replace(norm.binding, **said) if norm else said or None


def check_used(source: SourceTable, part: Mapping[str, Any]) -> None:
    """Refuse what says how a CSV or Excel file is read, for a log that is none.

    Raises
    ------
    LogError
    """
    for key in ("sheet", "encoding", "delimiter"):
        if part.get(key) and key not in source.extras.get("reading", {}):
            raise LogError(
                f"{source.path}: --{key} {part[key]} cannot be used: the log is of the format {source.format}."
            )


def no_binding_file(blueprints: Iterable[Path]) -> None:
    """Refuse a binding file that is given as a blueprint.

    Raises
    ------
    LogError
    """
    from mining.log.binding_file import is_binding_file

    for path in blueprints:
        if is_binding_file(path):
            raise LogError(f"{path}: this is a binding file, not a blueprint: give it with --binding.")
