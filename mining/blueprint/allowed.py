"""A blueprint with entries added to its allow-list: the text of its file with these entries, and nothing else changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import yaml

from mining.blueprint.flows import Graph
from mining.blueprint.loading import parse_blueprint
from mining.blueprint.model import Allowance, Blueprint
from mining.blueprint.writing import to_raw
from mining.blueprint.yaml_text import to_yaml
from mining.errors import BlueprintError

KEY = "allow"
BOM = "\ufeff"


@dataclass(frozen=True, eq=False, repr=False)
class AllowedBlueprint(Blueprint):
    """A blueprint in memory: one from a file, with entries at the end of its allow-list. Made by :func:`with_allowances`.

    ``sha256`` is that of the file that it makes, so that it is the same before and after it is saved.

    Attributes
    ----------
    base : Blueprint
        As it was read.
    data : bytes
        The file with the entries.
    """

    base: Blueprint | None = None
    data: bytes = b""

    @property
    def files(self) -> tuple[Path, ...]:
        """None: it stands in no file before it is saved."""
        return ()

    @property
    def added(self) -> tuple[Allowance, ...]:
        """The entries that its file does not have."""
        return self.allowances[len(self.base.allowances) :] if self.base else ()


def with_allowances(blueprint: Blueprint, entries: Sequence[Allowance]) -> Blueprint:
    """A blueprint with these entries after its own, and without others that were added before.

    Parameters
    ----------
    blueprint : Blueprint
        As read from a file; one that stands in no file is written as :meth:`Blueprint.to_yaml` writes it.
    entries : sequence of Allowance

    Returns
    -------
    Blueprint
        The one that was read where there are no entries, else an `AllowedBlueprint`.

    Raises
    ------
    BlueprintError
        If the file is not as it was when it was read, the blueprint was changed in memory, an entry is not one of the format, or the
        entries cannot be put into the text without touching anything else.

    Examples
    --------
    >>> entry = Allowance("A2", {"rule": "R1"}, "accepted", study.blueprint.allowances[0].reason, "Board", ("2026-01-01", "2026-12-31"))
    >>> [a.id for a in with_allowances(study.blueprint, [entry]).allowances]
    ['A1', 'A2']
    """
    base = blueprint.base if isinstance(blueprint, AllowedBlueprint) and blueprint.base else blueprint
    text = text_of(base).decode("utf-8")
    if not entries:
        return base
    raw = to_raw(base)
    own = raw.get(KEY, [])
    added = [_plain(entry) for entry in entries]
    written = _inserted(text, added, base.path or base.id)
    made = parse_blueprint(written, name=base.path or base.id)
    if to_raw(made) != raw | {KEY: [*own, *added]}:
        raise BlueprintError(
            f"{base.path or base.id}: the entries {', '.join(x.id for x in entries)} cannot be added without changing something else "
            f"in the file. Write them under {KEY}: by hand."
        )
    values = {x.name: getattr(made, x.name) for x in fields(Blueprint)}
    return AllowedBlueprint(**values, base=base, data=written.encode("utf-8", "surrogatepass"))


def text_of(blueprint: Blueprint) -> bytes:
    """The bytes of a blueprint's file, which were made sure to be those that it was read from.

    Raises
    ------
    BlueprintError
        If the file was changed since, or the blueprint in memory (as where persons in it have pseudonyms).
    """
    if isinstance(blueprint, AllowedBlueprint):
        data = blueprint.data
    elif blueprint.path and Path(blueprint.path).is_file():
        data = Path(blueprint.path).read_bytes()
        flow = Path(blueprint.path).parent / blueprint.flow.source if isinstance(blueprint.flow, Graph) else None
        whole = data + (flow.read_bytes() if flow and flow.is_file() else b"")
        if hashlib.sha256(whole).hexdigest() != blueprint.sha256:
            raise BlueprintError(
                f"{blueprint.path}: the file has been changed since the blueprint was read. Read it again before entries are added to it."
            )
    else:
        return blueprint.to_yaml().encode("utf-8")
    if to_raw(parse_blueprint(data.decode("utf-8"), name=blueprint.path)) != to_raw(blueprint):
        raise BlueprintError(
            f"{blueprint.path}: the blueprint in memory says something else than its file (as where pseudonyms stand in it for persons), "
            "so that no file with entries added can be made of it. Add them to the blueprint as it was read."
        )
    return data


def _plain(entry: Allowance) -> dict[str, object]:
    from mining.blueprint.writing import _allowance

    return _allowance(entry)


# --- the text ----------------------------------------------------------------------------------------------------------


def _inserted(text: str, entries: Sequence[dict[str, object]], name: str) -> str:
    """The text with the entries at the end of the allow-list, wherever and however that is written."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    found = next((value for key, value in root.value if key.value == KEY), None)
    if root.flow_style:  # all in braces, as JSON is
        inline = ", ".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
        if found is None:
            return _put(text, root.value[-1][1].end_mark.index, f', "{KEY}": [{inline}]')
        return _into_brackets(text, found, inline)
    if found is None:
        margin = " " * root.start_mark.column
        return _put_lines(text, _end(root), [f"{margin}{KEY}:", *_items(entries, len(margin) + 2)])
    if not isinstance(found, yaml.SequenceNode):
        raise BlueprintError(f"{name}:{found.start_mark.line + 1}: {KEY} is not a list, so no entry can be added.")
    if not found.flow_style:
        return _put_lines(text, _end(found), _items(entries, found.start_mark.column))
    if found.value:
        return _into_brackets(text, found, ", ".join(json.dumps(entry, ensure_ascii=False) for entry in entries))
    begin, end = found.start_mark.index, found.end_mark.index
    if text[begin + 1 : end - 1].strip():  # a comment within the empty brackets
        return _into_brackets(text, found, ", ".join(json.dumps(entry, ensure_ascii=False) for entry in entries))
    rest = text[:begin].rstrip(" ") + text[end:]
    return _put_lines(rest, len(text[:begin].rstrip(" ")), _items(entries, root.start_mark.column + 2))


def _into_brackets(text: str, node: yaml.Node, inline: str) -> str:
    """Entries after the last one of a list in brackets; of an empty one, after the opening bracket."""
    if isinstance(node, yaml.SequenceNode) and node.value:
        return _put(text, node.value[-1].end_mark.index, ", " + inline)
    return _put(text, node.start_mark.index + 1, inline)


def _items(entries: Sequence[dict[str, object]], margin: int) -> list[str]:
    """The entries as items of a list, a line per key, moved to a margin."""
    lines = to_yaml({KEY: list(entries)}).rstrip("\n").split("\n")
    items = lines[lines.index(f"{KEY}:") + 1 :]
    own = len(items[0]) - len(items[0].lstrip(" "))
    return [" " * margin + line[own:] if line else "" for line in items]


def _end(node: yaml.Node) -> int:
    """Where the last thing that is written in a node ends: what comes after it is blanks and comments."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _put(text: str, at: int, what: str) -> str:
    return text[:at] + what + text[at:]


def _put_lines(text: str, at: int, lines: Sequence[str]) -> str:
    """Whole lines after the line in which a position lies; what was there before, comments too, stays byte for byte."""
    newline = "\r\n" if "\r\n" in text else "\n"
    at = len(text[:at].rstrip("\r\n \t"))  # a text in lines of its own ends after its last line
    end = text.find("\n", at)
    body = newline.join(lines)
    if end < 0:
        return text + newline + body + newline
    return text[: end + 1] + body + newline + text[end + 1 :]
