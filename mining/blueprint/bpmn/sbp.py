"""What BPMN has no words for: a blueprint's plain values as XML inside ``extensionElements``, and back without loss.

One encoder serves every key of the format, so that none can be forgotten: dictionaries, lists, texts, numbers, booleans and null
each have an element of their own, and a value stands in an attribute, where modellers do not trim it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from mining.errors import BlueprintError

NAMESPACE = "urn:service-blueprint:1.0"
SBP = f"{{{NAMESPACE}}}"
ROOT = "blueprint"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(raw: dict[str, Any]) -> Any:
    """A blueprint's plain values as the element ``sbp:blueprint``.

    Parameters
    ----------
    raw : dict
        As :func:`mining.blueprint.writing.to_raw` gives it.

    Returns
    -------
    lxml element

    Examples
    --------
    >>> print(etree.tostring(write({"id": "visit", "n": 3, "flow": ["book"]}), pretty_print=True, encoding="unicode"), end="")
    <sbp:blueprint xmlns:sbp="urn:service-blueprint:1.0">
      <sbp:text key="id" value="visit"/>
      <sbp:integer key="n" value="3"/>
      <sbp:list key="flow">
        <sbp:text value="book"/>
      </sbp:list>
    </sbp:blueprint>
    """
    root = etree.Element(SBP + ROOT, nsmap={"sbp": NAMESPACE})
    for key, value in raw.items():
        root.append(_element(value, key))
    return root


def read(element: Any) -> dict[str, Any] | None:
    """The plain values kept in a process, or in any element above it.

    Parameters
    ----------
    element : lxml element
        A ``process``, or the ``definitions`` of a file.

    Returns
    -------
    dict or None
        None if there is no ``sbp:blueprint`` in it.

    Raises
    ------
    BlueprintError
        If there are several, or one is not as :func:`write` makes it; the message names the line.

    Examples
    --------
    >>> read(write({"share": 0.9, "flow": ["book", {"optional": "pay"}], "calendar": None}))
    {'share': 0.9, 'flow': ['book', {'optional': 'pay'}], 'calendar': None}
    >>> read(etree.fromstring("<process/>")) is None
    True
    """
    found = list(element.iter(SBP + ROOT))
    if len(found) > 1:
        raise BlueprintError(
            f"line {found[1].sourceline}: a second sbp:blueprint (the first in line {found[0].sourceline}). Keep one."
        )
    return _members(found[0]) if found else None


def plain(text: str) -> str:
    """A text for names in the drawing: what XML cannot carry becomes the replacement character, white space one blank.

    Examples
    --------
    >>> plain("Pay \\x00 now")
    'Pay � now'
    """
    return " ".join(_NOT_XML.sub("\ufffd", text).split())


def _element(value: Any, key: str | None = None) -> Any:
    match value:
        case None:
            kind, text = "null", None
        case bool():
            kind, text = "boolean", "true" if value else "false"
        case int():
            kind, text = "integer", str(value)
        case float():
            kind, text = "number", repr(value)
        case str():
            kind, text = ("escaped", json.dumps(value)) if _NOT_XML.search(value) else ("text", value)
        case dict():
            kind, text = "map", None
        case list() | tuple():
            kind, text = "list", None
        case _:
            raise TypeError(f"{value!r} is no plain value of a blueprint")
    element = etree.Element(SBP + kind, nsmap={"sbp": NAMESPACE})
    if key is not None:
        escaped = _NOT_XML.search(key)
        element.set("escapedKey" if escaped else "key", json.dumps(key) if escaped else key)
    if text is not None:
        element.set("value", text)
    inner = value.items() if kind == "map" else ((None, x) for x in value) if kind == "list" else ()
    for name, x in inner:
        element.append(_element(x, name))
    return element


def _members(element: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in element.iterchildren(tag=etree.Element):
        key = child.get("key", _unescaped(child.get("escapedKey")))
        if key is None or key in found:
            raise BlueprintError(
                f"line {child.sourceline}: {_called(child)} has {'no key' if key is None else f'the key {key!r} again'}."
            )
        found[key] = _value(child)
    return found


def _unescaped(text: str | None) -> str | None:
    """The text that JSON writes so; None for anything else."""
    try:
        found = json.loads(text or "")
    except ValueError:
        return None
    return found if isinstance(found, str) else None


def _value(element: Any) -> Any:
    kind, text = str(element.tag).removeprefix(SBP), element.get("value")
    if kind == "map":
        return _members(element)
    if kind == "list":
        return [_value(child) for child in element.iterchildren(tag=etree.Element)]
    if kind == "null":
        return None
    try:
        found = _SCALARS[kind](text)
    except (KeyError, TypeError, ValueError):
        found = None
    if found is None:
        raise BlueprintError(
            f"line {element.sourceline}: {_called(element)} with the value {text!r} is not part of a blueprint. Known: map, list, "
            "text, escaped, integer, number, boolean (true or false) and null."
        )
    return found


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "boolean": {"true": True, "false": False}.get,
    "integer": int,
    "number": float,
    "escaped": _unescaped,
    "text": lambda text: text,
}


def _called(element: Any) -> str:
    return str(element.tag).replace(SBP, "sbp:")
