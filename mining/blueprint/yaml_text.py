"""Writes a blueprint's values as YAML for people: short parts on one line, sections apart, quotes where a reader could misread."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isinf, isnan
from textwrap import wrap
from typing import Any

import yaml

from mining.errors import BlueprintError

Path = tuple[str | int, ...]

WIDTH = 120
WIDEST_WITH_NOTE = 140
NOTES_FROM = 45
LONGEST_KEY = 1000  # YAML readers take a key without "?" up to 1024 characters

SECTIONS = ("calendars", "lanes", "stages", "roles", "log", "activities", "flow", "rules", "standards", "kpis", "allow")
ON_TWO_LINES = ("activities", "rules", "standards", "kpis")
BRANCHING = ("choice", "parallel")
DEEPEST_INLINE = 3

_WORD = re.compile(r"[^\W\d_](?:[\w ./()%+'&=~;*@!<>^$（）、，。；：！？《》“”‘’·—–…-]*[\w.)%+（）。！？》”’…])?")
_LENGTH = re.compile(r"\d+(?:\.\d+)?(?:s|min|h|d|w|bh|bd)")
_NAMES_OF_TRUTH = ("y", "n")  # booleans in YAML 1.1 as written down, though not in every reader
_RESOLVE = yaml.SafeLoader("").resolve


def to_yaml(raw: Mapping[str, Any], *, head: Sequence[str] = (), notes: Mapping[Path, str] | None = None) -> str:
    """Write plain values as a YAML file that people would have written.

    Parameters
    ----------
    raw : mapping
        A blueprint as plain values, see :func:`mining.blueprint.writing.to_raw`.
    head : sequence of str, optional
        Lines of comment above everything.
    notes : mapping of path to str, optional
        A comment at a key or a list item, by its path: ``("activities", 0, "role")``. A path that does not exist is noted at the
        nearest key above it.

    Returns
    -------
    str
        Read as the same values by :func:`mining.blueprint.parse_blueprint` and by readers of YAML 1.1: texts that look like
        a number, a date, a truth value or YAML's own signs are quoted.

    Raises
    ------
    BlueprintError
        For a value that the format cannot hold (a date object, a set, not-a-number), with its path.

    Examples
    --------
    >>> print(to_yaml({"sbp": "1.0", "owner": "Desk", "lanes": [{"id": "desk", "name": {"en": "Desk", "no": "Skranke"}}]},
    ...               head=["A draft."], notes={("owner",): "guessed"}), end="")
    # A draft.
    sbp: "1.0"
    owner: Desk                                  # guessed
    <BLANKLINE>
    lanes:
      - {id: desk, name: {en: Desk, "no": Skranke}}
    """
    writer = _Writer(_placed(raw, notes or {}))
    lines = [f"# {_shown(line)}".rstrip() for line in (*head, *writer.notes.get((), ()))]
    for key, value in raw.items():
        if key in SECTIONS and lines:
            lines.append("")
        lines += writer.entry(key, value, 0, (key,))
    return "".join(f"{line}\n" for line in lines)


def _placed(raw: Mapping[str, Any], notes: Mapping[Path, str]) -> dict[Path, list[str]]:
    """Notes by a path that exists; what is missing of the path is written in front of the note."""
    found: dict[Path, list[str]] = {}
    for path, note in notes.items():
        at: Path = ()
        value: Any = raw
        for part in path:
            known = value if isinstance(value, Mapping) else range(len(value)) if _is_list(value) else ()
            if part not in known:
                break
            value, at = value[part], (*at, part)
        rest = ".".join(map(str, path[len(at) :]))
        found.setdefault(at, []).extend(f"{rest}: {line}" if rest else line for line in note.splitlines())
    return found


# --- layout ------------------------------------------------------------------------------------------------------------


class _Writer:
    """Lines of YAML for values at paths. Every method gives whole lines, indented."""

    def __init__(self, notes: Mapping[Path, Sequence[str]]) -> None:
        self.notes = notes
        self.above_a_note = {path[:n] for path in notes for n in range(len(path))}

    def entry(self, key: Any, value: Any, indent: int, path: Path) -> list[str]:
        """A key with its value."""
        margin, written = " " * indent, _key(key, path)
        if len(written) > LONGEST_KEY:
            return [f"{margin}? {written}", *self._noted(self._after(f"{margin}:", value, indent, path), indent, path)]
        return self._noted(self._after(f"{margin}{written}:", value, indent, path), indent, path)

    def item(self, value: Any, indent: int, path: Path) -> list[str]:
        """A list item; a collection that does not fit on the line begins beside its dash."""
        margin = " " * indent
        lines = self._on_few_lines(f"{margin}-", value, path)
        if lines is None:
            inner = self._block(value, indent + 2, path)
            first = next(i for i, line in enumerate(inner) if not line.lstrip().startswith("#"))
            above = [margin + line.lstrip() for line in inner[:first]]
            lines = [*above, f"{margin}- {inner[first].lstrip()}", *inner[first + 1 :]]
        return self._noted(lines, indent, path)

    def _after(self, lead: str, value: Any, indent: int, path: Path) -> list[str]:
        lines = self._on_few_lines(lead, value, path)
        return [lead, *self._block(value, indent + 2, path)] if lines is None else lines

    def _block(self, value: Any, indent: int, path: Path) -> list[str]:
        if isinstance(value, Mapping):
            return [line for key, x in value.items() for line in self.entry(key, x, indent, (*path, key))]
        return [line for i, x in enumerate(value) for line in self.item(x, indent, (*path, i))]

    def _on_few_lines(self, lead: str, value: Any, path: Path) -> list[str] | None:
        """The value beside its key or dash; None if it is a collection that needs lines of its own."""
        if isinstance(value, str) and _is_literal(value):
            return _literal(lead, value)
        if not _is_collection(value) or not value:
            return [f"{lead} {_scalar(value, path)}"]
        if path in self.above_a_note or _wants_lines(value, path):
            return None
        inline = _inline(value, path)
        if inline is None or len(lead) + 1 + len(inline) <= WIDTH:
            return None if inline is None else [f"{lead} {inline}"]
        return _wrapped(lead, value, path)

    def _noted(self, lines: list[str], indent: int, path: Path) -> list[str]:
        """The lines with the note of their path: beside the first if there is room, else above."""
        notes = self.notes.get(path, ())
        comments = [line for note in notes for line in _comments(note, indent)]
        if len(comments) == 1 and (len(lines) == 1 or _opens_block(lines[0])):
            beside = f"{lines[0]:<{NOTES_FROM - 2}}  {comments[0].lstrip()}"
            if len(beside) <= WIDEST_WITH_NOTE:
                return [beside, *lines[1:]]
        return [*comments, *lines]


def _wants_lines(value: Any, path: Path) -> bool:
    """Parts that are written out although they would fit on one line."""
    if len(path) == 1:
        return path[0] in SECTIONS
    if path[0] == "flow" and _branches(value, path[-1]):
        return True
    alone_in_item = isinstance(path[-1], int) and isinstance(value, Mapping) and len(value) == 1
    return alone_in_item or (
        len(path) == 2 and (path[0] == "calendars" or (path[0] == "activities" and _depth(value) > 2))
    )


def _branches(value: Any, key: str | int) -> bool:
    """Whether a choice or parallel of the flow has a branch of several steps: each branch gets a line then."""
    if isinstance(value, Mapping):
        return any(_branches(x, inner) for inner, x in value.items())
    return _is_list(value) and any((key in BRANCHING and _is_collection(x)) or _branches(x, 0) for x in value)


def _inline(value: Any, path: Path) -> str | None:
    """The value in brackets; None if it is nested too deeply for that or holds text of several lines."""
    if _depth(value) > DEEPEST_INLINE or _holds_literal(value):
        return None
    if isinstance(value, Mapping):
        return "{" + ", ".join(_pieces(value, path)) + "}"
    if _is_list(value):
        return "[" + ", ".join(_pieces(value, path)) + "]"
    return _scalar(value, path)


def _pieces(value: Any, path: Path) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{_key(key, (*path, key))}: {_inline(x, (*path, key))}" for key, x in value.items()]
    return [str(_inline(x, (*path, i))) for i, x in enumerate(value)]


def _wrapped(lead: str, value: Any, path: Path) -> list[str] | None:
    """A list of scalars over several lines, or a check over two; None if it will not fit."""
    two = isinstance(value, Mapping) and len(path) == 2 and path[0] in ON_TWO_LINES
    if not two and not (_is_list(value) and _depth(value) == 1):
        return None
    opened, closed = "{}" if two else "[]"
    margin, lines = " " * (len(lead) + 2), [f"{lead} {opened}"]
    pieces = _pieces(value, path)
    for i, piece in enumerate(pieces):
        written = piece + (closed if i == len(pieces) - 1 else ",")
        blank = " " if i else ""
        if i and len(lines[-1]) + len(blank) + len(written) > WIDTH:
            lines.append(margin + written)
        else:
            lines[-1] += blank + written
    fits = all(len(line) <= WIDTH for line in lines)
    return lines if fits and (len(lines) <= 2 or not two) else None


def _opens_block(line: str) -> bool:
    return line.endswith(":") and not line.lstrip().startswith("#")


def _comments(note: str, indent: int) -> list[str]:
    margin = " " * indent
    return [f"{margin}# {line}" for line in wrap(_shown(note), WIDTH - indent - 2)]


# --- values ------------------------------------------------------------------------------------------------------------


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _is_collection(value: Any) -> bool:
    return isinstance(value, Mapping) or _is_list(value)


def _depth(value: Any) -> int:
    """Brackets inside brackets."""
    if not _is_collection(value):
        return 0
    parts = value.values() if isinstance(value, Mapping) else value
    return 1 + max((_depth(part) for part in parts), default=0)


def _holds_literal(value: Any) -> bool:
    if _is_collection(value):
        return any(_holds_literal(part) for part in (value.values() if isinstance(value, Mapping) else value))
    return isinstance(value, str) and _is_literal(value)


def _is_literal(text: str) -> bool:
    """Whether a text of several lines can stand as a block (``|``) and be read back as it is."""
    lines = text.removesuffix("\n").split("\n")
    return (
        "\n" in text
        and all(line == line.rstrip() and _shown(line) == line for line in lines)
        and bool(lines[0])
        and bool(lines[-1])
        and not lines[0].startswith(" ")
    )


def _literal(lead: str, text: str) -> list[str]:
    margin = " " * (len(lead) - len(lead.lstrip()) + 2)
    sign = "|" if text.endswith("\n") else "|-"
    return [f"{lead} {sign}", *(f"{margin}{line}".rstrip() for line in text.removesuffix("\n").split("\n"))]


def _scalar(value: Any, path: Path) -> str:
    if isinstance(value, str):
        plain = _is_plain(value) and value.lower() not in _NAMES_OF_TRUTH
        return value if plain else _quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float) and not isnan(value):
        return _number(float(value))
    if isinstance(value, Mapping | list | tuple):
        return "{}" if isinstance(value, Mapping) else "[]"
    raise BlueprintError(
        f"{_place(path)}: {value!r} is of type {type(value).__name__}, which a blueprint file cannot hold. "
        f"Write texts, numbers, true, false, lists and mappings; dates as text (2026-01-05)."
    )


def _number(value: float) -> str:
    """A number with point and signed exponent, as YAML 1.1 wants them."""
    if isinf(value):
        return "1.0e+999" if value > 0 else "-1.0e+999"
    mantissa, e, exponent = repr(value).partition("e")
    if not e:
        return mantissa
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{exponent if exponent[0] in '+-' else '+' + exponent}"


def _key(key: Any, path: Path) -> str:
    if not isinstance(key, str):
        raise BlueprintError(f"{_place(path)}: the key {key!r} is of type {type(key).__name__}; keys are texts.")
    return key if _is_plain(key) else _quoted(key)


def _is_plain(text: str) -> bool:
    """Whether a text needs no quotes: a word or words that no reader of YAML takes for something else, or a duration."""
    if _LENGTH.fullmatch(text):
        return True
    return bool(_WORD.fullmatch(text)) and _RESOLVE(yaml.ScalarNode, text, (True, False)) == "tag:yaml.org,2002:str"


def _quoted(text: str) -> str:
    inside = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{_shown(inside)}"'


def _shown(text: str) -> str:
    """The text with signs that cannot be seen written as escapes."""
    return "".join(x if x.isprintable() or x == "\u3000" else _escape(ord(x)) for x in text)


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _place(path: Path) -> str:
    return ".".join(map(str, path))
