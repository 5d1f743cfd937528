"""Reads YAML 1.2 core values and remembers the line of every key. No dates, no "on" as True, no object construction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from mining.errors import BlueprintError

Path = tuple[str | int, ...]

_RESOLVERS: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"(?:~|null|Null|NULL|)"), lambda text: None),
    (re.compile(r"(?:true|True|TRUE)"), lambda text: True),
    (re.compile(r"(?:false|False|FALSE)"), lambda text: False),
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"), float),
)
_DEEPEST = 60
_LONGEST = 1_000_000  # characters; the samples have 15,000
_MOST_DIGITS = 300  # of a whole number; no table holds more


def load(text: str, name: str) -> tuple[Any, dict[Path, int]]:
    """Parse one YAML document.

    Parameters
    ----------
    text : str
        The document.
    name : str
        File name for messages.

    Returns
    -------
    value : object
        Dictionaries, lists, strings, numbers, booleans, None. ``2026-01-05``, ``on`` and ``12:30`` stay text.
    lines : dict of tuple to int
        Path of every key and list item to its 1-based line.

    Raises
    ------
    BlueprintError
        For text that is not YAML, a key written twice, an anchor or alias, a tag, nesting deeper than 60 levels, a number of
        more than 300 digits, or text of more than a million characters.

    Examples
    --------
    >>> load("on: 2026-01-05\\nshare: 0.95", "x.yaml")
    ({'on': '2026-01-05', 'share': 0.95}, {(): 1, ('on',): 1, ('share',): 2})
    """
    if len(text) > _LONGEST:
        raise BlueprintError(
            f"{name}: {len(text):,} characters, more than the {_LONGEST:,} that are read. A blueprint has some hundred lines; "
            "is this the right file?"
        )
    try:
        _refuse_references(yaml.parse(text, Loader=yaml.SafeLoader), name)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise BlueprintError(f"{_where(name, error, text)}: not valid YAML: {_reason(error)}") from None
    if root is None:
        raise BlueprintError(f'{name}: the file is empty. A blueprint starts with the line sbp: "1.0".')
    lines: dict[Path, int] = {}
    return _value(root, (), lines, name), lines


def _refuse_references(events: Iterator[Any], name: str) -> None:
    depth = 0
    for event in events:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BlueprintError(
                f"{name}:{event.start_mark.line + 1}: anchors and aliases (& and *) are not part of the format. Write it out."
            )
        if getattr(event, "tag", None):
            raise BlueprintError(f"{name}:{event.start_mark.line + 1}: tags ({event.tag}) are not part of the format.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise BlueprintError(f"{name}:{event.start_mark.line + 1}: nested deeper than {_DEEPEST} levels.")


def _whole_characters(node: yaml.ScalarNode, name: str) -> str:
    """Text in which two escapes that stand for one rare character, as JSON writes it, are that character."""
    text = str(node.value).encode("utf-16", "surrogatepass")
    try:
        return text.decode("utf-16")
    except UnicodeDecodeError:
        raise BlueprintError(
            f"{name}:{node.start_mark.line + 1}: half of a character ({ascii(node.value)[:60]}). Write the character itself."
        ) from None


def _value(node: yaml.Node, path: Path, lines: dict[Path, int], name: str) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, i), lines, name) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise BlueprintError(f"{name}:{line}: a key must be a plain word.")
            key = key_node.value
            if key in found:
                raise BlueprintError(
                    f"{name}:{line}: {key!r} is written twice (first in line {lines[*path, key]}). Keep one."
                )
            found[key] = _value(value_node, (*path, key), lines, name)
            lines[*path, key] = line
        return found
    assert isinstance(node, yaml.ScalarNode)
    if node.style is not None:  # quoted or block text is text
        return _whole_characters(node, name)
    return _resolved(node, name)


def _resolved(node: yaml.ScalarNode, name: str) -> Any:
    convert = next((convert for pattern, convert in _RESOLVERS if pattern.fullmatch(node.value)), str)
    if convert is int and len(node.value) > _MOST_DIGITS:
        raise BlueprintError(
            f"{name}:{node.start_mark.line + 1}: {node.value[:20]}... has {len(node.value)} digits, too many for a number. "
            "Quote it if it is meant as text."
        )
    return convert(node.value)


def _where(name: str, error: yaml.YAMLError, text: str) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        return f"{name}:{text.count(chr(10), 0, error.position) + 1}"
    mark = getattr(error, "problem_mark", None)
    return f"{name}:{mark.line + 1}" if mark else name


def _reason(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]
