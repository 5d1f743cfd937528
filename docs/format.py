"""Writes ``docs/blueprint.md``, every key of the blueprint format, from its schema: ``python -m docs.format``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mining.blueprint import schema

PAGE = Path(__file__).with_name("blueprint.md")
HEAD = """# The blueprint format, key by key

Made from the schema by `python -m docs.format`; an editor that knows the schema (`mining blueprint schema`) shows the same words.
`sample_logs/*/blueprint.yaml` are four whole examples. A star marks keys that must be there; which keys a rule or a standard needs, and
which it may not have, depends on its kind or metric, and the message of a wrong file says so.
"""
WORDS = {
    "string": "text",
    "integer": "whole number",
    "boolean": "true or false",
    "null": "null",
    "array": "list",
    "object": "keys below",
}


def page() -> str:
    """The whole page as Markdown."""
    whole = schema()
    parts = [HEAD, "## At the top\n", _table(whole, "")]
    for name, part in whole["properties"].items():
        rows = list(_rows(part, ""))
        if rows:
            parts += [f"## `{name}`\n", part["description"] + "\n", _lines(rows)]
    parts.append("## Kinds of values\n")
    parts.append(
        _lines(
            [
                (name, _kind(part), part.get("description", ""))
                for name, part in whole["$defs"].items()
                if name != "block"
            ]
        )
    )
    parts += ["## Blocks of the flow\n", _table(whole["$defs"]["block"], "")]
    return "\n".join(parts).rstrip() + "\n"


def _table(part: dict[str, Any], path: str) -> str:
    """The keys of one object, without what lies below them."""
    need = part.get("required", ())
    return _lines(
        [
            (path + name + ("*" if name in need else ""), _kind(p), p["description"])
            for name, p in part["properties"].items()
        ]
    )


def _rows(part: dict[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    """Every key below a part of the schema, with its path."""
    inner = part
    for way, mark in (("items", ""), ("additionalProperties", "NAME.")):
        if isinstance(part.get(way), dict) and "$ref" not in part[way]:
            inner, path = part[way], path + mark
    need = inner.get("required", ())
    for name, below in inner.get("properties", {}).items():
        yield path + name + ("*" if name in need else ""), _kind(below), below.get("description", "")
        yield from _rows(below, f"{path}{name}.")
    if inner is not part and "properties" not in inner:
        yield from _rows(inner, path)


def _kind(part: dict[str, Any]) -> str:
    """What may stand there, in a few words."""
    if "$ref" in part:
        return part["$ref"].rpartition("/")[2].replace("_", " ")
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    kinds = part.get("type", ())
    said = [WORDS.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    if part.get("type") == "array" and isinstance(part.get("items"), dict):
        below = part["items"]
        return "list of keys below" if below.get("type") == "object" else f"list of {_kind(below)}".removesuffix(" of ")
    return " or ".join(said)


def _lines(rows: list[tuple[str, str, str]]) -> str:
    cells = [
        tuple(cell.replace("|", "\\|") for cell in (f"`{name.removesuffix('*')}`{'*' * name.endswith('*')}", *rest))
        for name, *rest in rows
    ]
    return (
        "\n".join(["| key | value | meaning |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in cells)]) + "\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    print(PAGE)
