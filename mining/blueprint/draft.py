"""A blueprint made from something else (a drawing, a table, a log), with the list of what a person must still decide."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from mining.blueprint.loading import parse_blueprint
from mining.blueprint.model import Blueprint
from mining.blueprint.naming import slug, text_of
from mining.blueprint.writing import to_yaml
from mining.errors import BlueprintError

NOT_KNOWN = "to be filled in"


@dataclass(frozen=True)
class Todo:
    """Something a person must look at before the draft can be a norm.

    Attributes
    ----------
    place : str
        Where: a key of the blueprint with dots (``activities.apply.role`` or ``activities.0.role``), or a place in the file that
        the draft was made from.
    what : str
        What is missing, or what was assumed and from what.
    guessed : bool
        True if the draft holds an answer that is a guess; False if it holds a placeholder, or nothing.
    """

    place: str
    what: str
    guessed: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self._words}"

    @property
    def _words(self) -> str:
        return f"{'guessed' if self.guessed else 'to do'}: {self.what}"


@dataclass(frozen=True)
class Draft:
    """The plain values of a blueprint that nobody has approved, and what is left to do.

    While anything is left to do its status is ``draft`` and it has no approval, whatever ``raw`` says. A draft with nothing to do
    (made from a file that already said everything) keeps the status it was given.

    Attributes
    ----------
    raw : dict
        As :func:`mining.blueprint.writing.to_raw` gives it.
    todo : tuple of Todo
    folder : Path
        Where a BPMN file that the flow names lies; :meth:`write` keeps the reference right.

    Examples
    --------
    >>> from mining.blueprint import read_blueprint
    >>> from mining.blueprint.writing import to_raw
    >>> raw = to_raw(read_blueprint("sample_logs/bank_loan/blueprint.yaml"))
    >>> draft = Draft(raw, (Todo("activities.apply.lane", "from the name of the pool", guessed=True),))
    >>> draft
    <Draft bank-loan: 23 activities; 0 to do, 1 guessed>
    >>> [line for line in draft.to_yaml().splitlines() if line.startswith("    lane: customer")][0]
    '    lane: customer                           # guessed: from the name of the pool'
    >>> draft.blueprint().status
    'draft'
    """

    raw: dict[str, Any]
    todo: tuple[Todo, ...] = ()
    folder: Path = Path()

    def __post_init__(self) -> None:
        raw = dict(self.raw)
        if self.todo or "status" not in raw:
            raw["status"] = "draft"
            raw.pop("approval", None)
        object.__setattr__(self, "raw", raw)
        object.__setattr__(self, "todo", tuple(self.todo))
        object.__setattr__(self, "folder", Path(self.folder))

    def to_yaml(self) -> str:
        """The draft as YAML: each thing to do as a comment at its key, or on top where it belongs to no key."""
        return self._yaml(self.raw)

    def blueprint(self) -> Blueprint:
        """The draft as a blueprint, checked like any other.

        Raises
        ------
        BlueprintError
            If the draft is not a valid, sound blueprint yet; the message names the line of :meth:`to_yaml`.
        """
        return parse_blueprint(self.to_yaml(), name=str(self.folder / f"{self.raw.get('id', 'draft')} (draft)"))

    def write(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the draft as a YAML file.

        Parameters
        ----------
        path : str or Path
        overwrite : bool, default False
            Whether a file that is there may be replaced.

        Raises
        ------
        BlueprintError
            If the file exists, or its folder does not.
        """
        file = Path(path)
        if file.exists() and not overwrite:
            raise BlueprintError(f"{file} exists. Write to another name, or allow it to be overwritten.")
        if not file.parent.is_dir():
            raise BlueprintError(f"{file}: there is no folder {file.parent}. Make it first.")
        file.write_text(self._yaml(self._seen_from(file.parent)), encoding="utf-8", newline="\n")

    def _seen_from(self, folder: Path) -> dict[str, Any]:
        """The values with the flow's BPMN file named as it is found from ``folder``."""
        flow = self.raw.get("flow")
        if not (isinstance(flow, dict) and "bpmn" in flow):
            return self.raw
        target = (self.folder / flow["bpmn"]).resolve()
        try:
            named = Path(os.path.relpath(target, folder.resolve()))
        except ValueError:  # on another drive
            named = target
        return self.raw | {"flow": {"bpmn": str(PurePosixPath(*named.parts))}}

    def _yaml(self, raw: Mapping[str, Any]) -> str:
        notes: dict[tuple[str | int, ...], str] = {}
        elsewhere = []
        for todo in self.todo:
            path = _path_of(todo.place, raw)
            if path:
                notes[path] = f"{notes[path]}\n{todo._words}" if path in notes else todo._words
            else:
                elsewhere.append(str(todo))
        head = [line for text in elsewhere for line in text.splitlines()]
        return to_yaml(raw, head=[self._summary(), *head] if self.todo else (), notes=notes)

    def _summary(self) -> str:
        guessed = sum(x.guessed for x in self.todo)
        return f"A draft: {len(self.todo) - guessed} to do, {guessed} guessed; search for 'to do:' and 'guessed:'."

    def __repr__(self) -> str:
        guessed = sum(x.guessed for x in self.todo)
        return (
            f"<Draft {self.raw.get('id', '')}: {len(self.raw.get('activities', ()))} activities; "
            f"{len(self.todo) - guessed} to do, {guessed} guessed>"
        )

    def _repr_html_(self) -> str:
        from mining.display.accounts import draft_html

        return draft_html(self)


def _path_of(place: str, raw: Mapping[str, Any]) -> tuple[str | int, ...]:
    """The path that a place with dots means; empty if it begins with no key of the blueprint.

    What the blueprint does not hold yet stays at the end of the path as words.
    """
    parts, path = place.split("."), list[str | int]()
    value: Any = raw
    while parts:
        step = _step(value, parts)
        if step is None:
            return (*path, *parts) if path else ()
        at, used = step
        path.append(at)
        value, parts = value[at], parts[used:]
    return tuple(path)


def _step(value: Any, parts: list[str]) -> tuple[str | int, int] | None:
    """Key or index that the first parts mean, and how many they are (keys may hold dots themselves)."""
    if isinstance(value, Mapping):
        names = {n: ".".join(parts[:n]) for n in range(1, len(parts) + 1)}
        return next(((name, n) for n, name in names.items() if name in value), None)
    if isinstance(value, list):
        if parts[0].isdecimal() and int(parts[0]) < len(value):
            return int(parts[0]), 1
        ids = (i for i, x in enumerate(value) if isinstance(x, Mapping) and x.get("id") == parts[0])
        return next(((i, 1) for i in ids), None)
    return None


def head_of(name: str, first_day: str) -> dict[str, Any]:
    """What stands at the head of every draft: a name, an id made of it, and the day from which it might be in force."""
    return {
        "sbp": "1.0",
        "id": slug(name, "service") or "service",
        "version": "0.1",
        "name": text_of(name),
        "service_type": "linear",
        "status": "draft",
        "owner": NOT_KNOWN,
        "effective": {"from": first_day},
    }
