"""The file form of a binding: YAML that a person edits, and that is refused while anything in it is still open."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mining.binding import Binding
from mining.blueprint import yaml12
from mining.errors import BlueprintError, LogError, UnknownNameError
from mining.log.recognise import KNOWN, READ_AS, REQUIRED, parts_of

VERSION = "1.0"
OPEN = "?"  # begins every value that a person must still decide
IGNORE, UNMAPPED = "(ignore)", "(unmapped)"  # instead of an activity: out of scope on purpose; in no activity
SECTIONS = ("binding", "columns", "labels")


@dataclass(frozen=True)
class FileBinding(Binding):
    """A binding read from a file.

    Attributes
    ----------
    file : str
        Where it was read from.
    sha256 : str
        Hash of its bytes.
    undecided : tuple of str
        Labels still open, if the file was read in spite of them.
    """

    file: str = ""
    sha256: str = ""
    undecided: tuple[str, ...] = ()


def read_binding(path: str | Path, *, undecided: Literal["refuse", "keep"] = "refuse") -> FileBinding:
    """Read a binding file, as ``mining log bind`` writes it and a person completes it.

    Parameters
    ----------
    path : str or Path
    undecided : {"refuse", "keep"}
        Labels that are still open: refuse the file, or keep them as labels that mean no activity. Columns must be decided.

    Returns
    -------
    FileBinding
        To be given to ``mining.read_log(path, columns=...)``.

    Raises
    ------
    LogError
        If the file cannot be read, lacks a needed column, or something in it is still open.
    UnknownNameError
        If it has a key that means nothing.

    Examples
    --------
    >>> file = examples / "binding.yaml"
    >>> _ = file.write_text('columns: {case: case_id, activity: activity, timestamp: timestamp}\\nlabels: {Order: order}')
    >>> read_binding(file).labels
    {'Order': 'order'}
    """
    path = Path(path)
    digest, columns, labels, lines = _parts(path)
    still = _open(columns, ("columns",))
    if undecided == "refuse":
        still += _open(labels, ("labels",))
    if still:
        raise LogError(_undecided(path, still, lines))
    missing = [role for role in REQUIRED if not columns.get(role)]
    if missing and not (columns and set(columns) <= set(READ_AS)):
        raise LogError(f"{path}: no column is named for {' and '.join(missing)}.")
    return _made(path, digest, columns, labels, lines)


def read_decided(path: str | Path) -> tuple[dict[str, Any], dict[str, str]]:
    """What is decided in a binding file, complete or not: its part ``columns``, and label to activity (or what stands for one).

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    columns : dict
        Null where the file says so: no column has this role.
    labels : dict of str to str

    Raises
    ------
    LogError, UnknownNameError
        If it is no binding file, or has a key that means nothing.

    Examples
    --------
    >>> file = examples / "half.yaml"
    >>> _ = file.write_text('columns: {case: nr, activity: "?step", start: null}\\nlabels: {Order: order, Pay: "?"}')
    >>> read_decided(file)
    ({'case': 'nr', 'start': None}, {'Order': 'order'})
    """
    path = Path(path)
    digest, columns, labels, lines = _parts(path)
    sure = {
        key: value for key, value in columns.items() if not _open(value, ()) and (value is not None or key in KNOWN)
    }
    if attributes := columns.get("attributes"):
        sure["attributes"] = {short: value for short, value in attributes.items() if not _open(value, ())}
    decided = {label: value for label, value in labels.items() if not _open(value, ())}
    _made(path, digest, {key: value for key, value in sure.items() if value is not None}, decided, lines)
    return sure, decided


def is_binding_file(path: str | Path) -> bool:
    """Whether a file is a binding file; False too if it cannot be read.

    Examples
    --------
    >>> is_binding_file(examples / "orders.csv")
    False
    """
    try:
        loaded, _ = yaml12.load(Path(path).read_text("utf-8"), str(path))
    except (OSError, ValueError):
        return False
    return isinstance(loaded, dict) and "columns" in loaded and not ({"sbp", "activities"} & set(loaded))


def _parts(path: Path) -> tuple[str, dict[str, Any], dict[str, Any], dict[Any, int]]:
    """Hash, columns, labels and lines of a binding file."""
    try:
        raw = path.read_bytes()
        loaded, lines = yaml12.load(raw.decode("utf-8"), str(path))
    except OSError as error:
        raise LogError(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise LogError(f"{path} is not UTF-8 text, so it is no binding file.") from None
    except BlueprintError as error:
        raise LogError(str(error).split(" A blueprint ")[0]) from None
    if isinstance(loaded, dict) and "sbp" in loaded:
        raise LogError(f"{path}: this is a blueprint, not a binding file: give it with --blueprint (-b).")
    if not isinstance(loaded, dict) or not isinstance(loaded.get("columns"), dict):
        raise LogError(
            f"{path}: a binding file has a part 'columns:'. Make one with: mining log bind LOG -o {path.name}"
        )
    for key in loaded:
        if key not in SECTIONS:
            raise UnknownNameError("part", key, SECTIONS, f"{path}:{lines[key,]}")
    columns, labels = loaded["columns"], loaded.get("labels") or {}
    if not isinstance(labels, dict):
        raise LogError(f"{path}:{lines['labels',]}: 'labels' is not a list of lines 'label: activity'.")
    return hashlib.sha256(raw).hexdigest(), columns, labels, lines


def _made(
    path: Path, digest: str, columns: dict[str, Any], labels: dict[str, Any], lines: dict[Any, int]
) -> FileBinding:
    meant: dict[str, str] = {}
    ignored, kept = list[str](), list[str]()
    for label, activity in labels.items():
        where = f"{path}:{lines['labels', label]}"
        if not isinstance(activity, str) or not activity:
            raise LogError(f"{where}: label {label!r}: write an activity id, {IGNORE} or {UNMAPPED}, not {activity!r}.")
        if activity.startswith(OPEN):
            kept.append(label)
        if activity == IGNORE:
            ignored.append(label)
        else:
            meant[label] = "" if activity == UNMAPPED or activity.startswith(OPEN) else activity
    parts = parts_of(columns, str(path))
    parts |= {role: parts[role] or "" for role in REQUIRED}  # none of them is named: they are recognised
    parts["ignore"] = tuple(dict.fromkeys([*parts["ignore"], *ignored]))
    return FileBinding(**parts, origin="file", labels=meant, file=str(path), sha256=digest, undecided=tuple(kept))


def _open(value: Any, at: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Places whose value is still open."""
    if isinstance(value, Mapping):
        return [place for key, inner in value.items() for place in _open(inner, (*at, key))]
    return [at] if isinstance(value, str) and value.startswith(OPEN) else []


def _undecided(path: Path, places: list[tuple[Any, ...]], lines: dict[Any, int]) -> str:
    shown = "; ".join(f"line {lines[place]}: {place[-1]!r}" for place in places[:8])
    more = f" and {len(places) - 8:,} more" if len(places) > 8 else ""
    what = "thing is" if len(places) == 1 else "things are"
    return (
        f"{path}: {len(places):,} {what} still open ({shown}{more}). Put the right column, or for a label an activity id, "
        f"{IGNORE} (out of scope) or {UNMAPPED} (no activity of the blueprint), in place of each value that begins with {OPEN}."
    )


def quoted(value: str) -> str:
    """A text as YAML has it on one line, whatever its characters.

    Examples
    --------
    >>> quoted("否: no"), quoted("a\\tb")
    ('"否: no"', '"a\\\\U00000009b"')
    """
    plain = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(x if x.isprintable() else f"\\U{ord(x):08X}" for x in plain) + '"'
