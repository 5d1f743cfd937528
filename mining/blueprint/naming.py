"""Ids and texts for names that people wrote: slugs that the format accepts, and the language a text is in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST_ID = 64
MEANING_SOMETHING = {"case_start", "case_end", "next_event"}  # words of standards, never ids of activities


def ids_of(names: Iterable[str], word: str) -> dict[str, str]:
    """An id for every name: the name as a slug, or the word with its number where no slug can be made.

    Parameters
    ----------
    names : iterable of str
        Each once.
    word : str
        What the things are, such as ``step``. A name that is not wholly in Latin letters becomes ``step_03``, where 3 is its place.

    Returns
    -------
    dict of str to str
        Name to id, in the order given. Ids are distinct, begin with a letter and have at most 64 characters.

    Examples
    --------
    >>> ids_of(["Check file", "审批", "check-file", "2nd visit"], "step")
    {'Check file': 'check_file', '审批': 'step_02', 'check-file': 'check_file_2', '2nd visit': 'step_2nd_visit'}
    """
    listed = list(names)
    digits = max(2, len(str(len(listed))))
    found: dict[str, str] = {}
    taken = set(MEANING_SOMETHING)
    for i, name in enumerate(listed, start=1):
        found[name] = _free(slug(name, word) or f"{word}_{i:0{digits}}", taken)
        taken.add(found[name])
    return found


def slug(name: str, word: str) -> str | None:
    """A name as an id, or None if it holds no Latin letter, or letters of another script that a slug would lose.

    Examples
    --------
    >>> slug("Prüfung: Eingang", "step"), slug("A 类审批", "step")
    ('prufung_eingang', None)
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    if any(c.isalpha() and not c.isascii() for c in plain):
        return None
    words = re.findall(r"[a-z0-9]+", plain.casefold())
    if not words:
        return None
    if not words[0][0].isalpha():
        words.insert(0, word)
    return "_".join(words)[:LONGEST_ID].rstrip("_")


def _free(id: str, taken: set[str]) -> str:
    """The id, or the id with the first number that makes it new."""
    candidate, k = id, 1
    while candidate in taken:
        k += 1
        candidate = f"{id[: LONGEST_ID - len(str(k)) - 1]}_{k}"
    return candidate


def text_of(name: str) -> dict[str, str]:
    """A name as a text of the format: Chinese where it holds Chinese characters, else English.

    Examples
    --------
    >>> text_of("审批"), text_of("Approve")
    ({'zh': '审批'}, {'en': 'Approve'})
    """
    return {"zh" if re.search(r"[\u3400-\u9fff]", name) else "en": name}
