"""YAML files that people write, read strictly: every mistake with file, line and key, all of them in one message."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from mining.blueprint import yaml12
from mining.errors import BlueprintError, MiningError, hint

LANGUAGES = ("en", "zh")
_UNQUOTED = re.compile(r"^\s*(?:- )?(?:[\w-]+: +)?\{\{", re.MULTILINE)
MOST_SHOWN = 12  # mistakes in one message


class Words(dict[str, str]):
    """A text of people in both languages, by language; what was written once, or in one language only, stands for both. Empty: none.

    Examples
    --------
    >>> Words.both("Q3").get("zh"), Words.of(en="Audit", zh="审计").get("zh"), Words.of(en="Audit").get("zh"), bool(Words())
    ('Q3', '审计', 'Audit', False)
    """

    @classmethod
    def both(cls, text: str) -> Words:
        """One text for both languages."""
        return cls.of(text, text)

    @classmethod
    def of(cls, en: str = "", zh: str = "") -> Words:
        """A text for each language."""
        return cls(en=en or zh, zh=zh or en) if en or zh else cls()

    def get(self, lang: str, default: str = "") -> str:  # type: ignore[override]
        """The text in a language; nothing where there is none."""
        return super().get(lang, default)

    def __str__(self) -> str:
        return self.get("en")

    def to_dict(self) -> dict[str, str] | None:
        """As a plain value; None where nothing is written."""
        return dict(self) or None


class PeopleFile:
    """A YAML file of people, with the mistakes found in it so far.

    Parameters
    ----------
    path : str or Path
    what : str
        What the file should be, for messages: *an engagement file*.
    text : str, optional
        The content, where it is not to be read from ``path``.

    Raises
    ------
    MiningError
        If it cannot be read, is not UTF-8, or is not YAML.
    """

    def __init__(self, path: str | Path, what: str, text: str | None = None) -> None:
        self.path, self.what = Path(path), what
        self.mistakes: list[tuple[int, str]] = []
        data = self._bytes() if text is None else text.encode("utf-8", "surrogatepass")
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.raw, self.lines = self._loaded(data)

    def _bytes(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            folder = self.path.parent
            near = sorted(p.name for p in folder.glob("*.y*ml"))[:8] if folder.is_dir() else []
            there = f"YAML files in that folder: {', '.join(near) or 'none'}."
            raise MiningError(f"{self.path}: no such file, where {self.what} should be. {there}") from None
        except IsADirectoryError:
            raise MiningError(f"{self.path} is a folder. Name the file in it that is {self.what}.") from None
        except OSError as error:
            raise MiningError(f"{self.path} cannot be read: {error.strerror or error}.") from None

    def _loaded(self, data: bytes) -> tuple[Any, dict[yaml12.Path, int]]:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise MiningError(f"{self.path}: not UTF-8 text (byte {error.start}). Save it as UTF-8.") from None
        if all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines()):
            return {}, {(): 1}
        try:
            return yaml12.load(text, str(self.path))
        except BlueprintError as error:
            tip = " A text that begins with {{ needs quotes around it." if _UNQUOTED.search(text) else ""
            raise MiningError(str(error).split(" A blueprint ")[0] + tip) from None

    def line(self, path: yaml12.Path) -> int:
        """Line of a key, or of the nearest one above it that is written."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def where(self, path: yaml12.Path) -> str:
        """File and line of a key."""
        return f"{self.path}:{self.line(path)}"

    def wrong(self, path: yaml12.Path, what: str) -> None:
        """Note a mistake; the reading goes on, so that all of them are told at once."""
        self.mistakes.append((self.line(path), f"{self.where(path)}: {'.'.join(map(str, path))}: {what}"))

    def whole(self, keys: Collection[str]) -> Part:
        """The whole file, which must have no other keys than these."""
        if not isinstance(self.raw, dict):
            self._refuse([f"{self.where(())}: {self.what} is a list of lines 'key: value', not {_shown(self.raw)}."])
        if "sbp" in self.raw:
            self._refuse(
                [f"{self.where(('sbp',))}: this is a blueprint, not {self.what}. Give it with --blueprint (-b)."]
            )
        return Part(self, (), self.raw, keys)

    def done(self) -> None:
        """Refuse the file if anything in it is wrong.

        Raises
        ------
        MiningError
            With up to twelve mistakes, in the order of the file.
        """
        if self.mistakes:
            self._refuse([what for _, what in sorted(self.mistakes, key=lambda mistake: mistake[0])])

    def _refuse(self, mistakes: list[str]) -> NoReturn:
        more = f"\n... and {len(mistakes) - MOST_SHOWN} more" if len(mistakes) > MOST_SHOWN else ""
        raise MiningError("\n".join(mistakes[:MOST_SHOWN]) + more)


class Part:
    """A mapping of the file. Each method gives the value of a key, or what stands for nothing, and notes a mistake."""

    def __init__(self, file: PeopleFile, at: yaml12.Path, values: Mapping[str, Any], keys: Collection[str]) -> None:
        self.file, self.at, self.values = file, at, values
        for key in values:
            if key not in keys:
                file.wrong((*at, key), f"there is no such key.{hint(key, keys)}")

    def given(self, key: str) -> bool:
        """Whether the key has a value."""
        return self.values.get(key) is not None

    def wrong(self, key: str, what: str) -> None:
        """Note a mistake at a key."""
        self.file.wrong((*self.at, key), what)

    def text(self, key: str, default: str = "") -> str:
        """A text of one language-free kind: a number of a report, a name, an attribute."""
        value = self.values.get(key)
        return default if value is None else self._text((*self.at, key), value)

    def choice(self, key: str, allowed: Collection[str], default: str = "") -> str:
        """One of several words."""
        text = self.text(key, default)
        if self.given(key) and text not in allowed and isinstance(self.values[key], str):
            self.wrong(key, f"{text!r} is none of: {', '.join(allowed)}.")
        return text

    def words(self, key: str) -> Words:
        """A text, or one text for each language."""
        return self._words((*self.at, key), self.values.get(key))

    def words_list(self, key: str) -> tuple[Words, ...]:
        """A list of texts."""
        found = (self._words(path, value) for path, value in self._items(key))
        return tuple(words for words in found if words)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts of no language."""
        return tuple(self._text(path, value) for path, value in self._items(key) if value is not None)

    def day(self, key: str) -> str:
        """A date as ISO 8601 writes it (2026-01-31)."""
        text = self.text(key)
        try:
            return date.fromisoformat(text).isoformat() if text else ""
        except ValueError:
            self.wrong(key, f"{text!r} is not a date. Write year-month-day, such as 2026-01-31.")
            return ""

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """A number from ``low`` to ``high``."""
        value = self.values.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            self.wrong(
                key, f"{_shown(value)} is not a number. Write one from {low:g} to {high:g}, such as {default:g}."
            )
            return default
        if not low <= value <= high:
            self.wrong(key, f"{value:g} is not from {low:g} to {high:g}.")
        return value

    def whole_number(self, key: str, default: int, low: int) -> int:
        """A whole number of ``low`` or more."""
        value = self.values.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < low:
            self.wrong(key, f"{_shown(value)} is not a whole number of {low} or more.")
            return default
        return value

    def truth(self, key: str) -> bool:
        """True or false; false where nothing is written."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, bool):
            self.wrong(key, f"{_shown(value)} is neither true nor false.")
        return value is True

    def part(self, key: str, keys: Collection[str]) -> Part:
        """A mapping; an empty one where nothing is written."""
        return self._part((*self.at, key), self.values.get(key), keys)

    def parts(self, key: str, keys: Collection[str]) -> tuple[Part, ...]:
        """A list of mappings."""
        return tuple(self._part(path, value, keys) for path, value in self._items(key))

    def mapping(self, key: str) -> Mapping[str, Any]:
        """A mapping as it is, to be read by others."""
        return self._mapping((*self.at, key), self.values.get(key))

    def existing(self, key: str, *, folder: bool = False) -> Path | None:
        """A file or folder that is there; its path is relative to the folder of the file that names it."""
        text = self.text(key)
        if not text:
            return None
        path = self.file.path.parent / Path(text).expanduser()
        if path.is_dir() if folder else path.is_file():
            return path
        kind = "folder" if folder else "file"
        if path.exists():
            self.wrong(key, f"{text!r} is no {kind}. Name a {kind}.")
            return None
        there = sorted(p.name for p in path.parent.glob("[!.]*")) if path.parent.is_dir() else []
        tip = hint(path.name, there) if there else f" There is no folder {path.parent} either."
        self.wrong(
            key, f"there is no {kind} {text!r} (paths are relative to the folder of {self.file.path.name}).{tip}"
        )
        return None

    # ---- values

    def _items(self, key: str) -> Iterator[tuple[yaml12.Path, Any]]:
        value = self.values.get(key)
        if value is None:
            return
        if not isinstance(value, list):
            self.wrong(
                key, f"{_shown(value)} is not a list. Write each item on a line of its own that begins with '- '."
            )
            return
        yield from (((*self.at, key, i), item) for i, item in enumerate(value))

    def _part(self, path: yaml12.Path, value: Any, keys: Collection[str]) -> Part:
        return Part(self.file, path, self._mapping(path, value, keys), keys)

    def _mapping(self, path: yaml12.Path, value: Any, keys: Collection[str] = ()) -> Mapping[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            known = f" Its keys are: {', '.join(keys)}." if keys else ""
            self.file.wrong(path, f"{_shown(value)} is not a list of lines 'key: value'.{known}")
            return {}
        return value

    def _text(self, path: yaml12.Path, value: Any) -> str:
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, bool | int | float):
            self.file.wrong(
                path, f"{_shown(value)} is not a text. Put it in quotes, so that it is printed as it is written."
            )
        else:
            once = " Write it once here, not in each language." if isinstance(value, dict) else ""
            self.file.wrong(path, f"{_shown(value)} is not a text.{once}")
        return ""

    def _words(self, path: yaml12.Path, value: Any) -> Words:
        if value is None:
            return Words()
        if not isinstance(value, dict):
            return Words.both(self._text(path, value))
        for key in value:
            if key not in LANGUAGES:
                self.file.wrong(
                    (*path, key), f"there is no such language.{hint(key, LANGUAGES)} Text with ': ' in it needs quotes."
                )
        return Words.of(**{x: self._text((*path, x), value[x]) for x in LANGUAGES if value.get(x) is not None})


def inert(text: str) -> str:
    """A text on one line of a comment: what cannot be seen, or would end the line, is written as an escape.

    Examples
    --------
    >>> inert("Pay\\nnow: \u202eevil")
    'Pay\\\\nnow: \\\\u202eevil'
    """
    return "".join(x if x.isprintable() else x.encode("unicode_escape").decode("ascii") for x in text)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
