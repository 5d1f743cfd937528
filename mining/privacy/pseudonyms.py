"""Pseudonyms: equal words have equal ones, and without the key nobody can tell which word one stands for.

A pseudonym is HMAC-SHA256 (RFC 2104) of kind and word, in base32 (RFC 4648), the first 12 characters: 60 bits. A plain hash would not
do: case numbers and names can be tried one after the other until the hash fits.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mining.errors import MiningError, UnknownNameError
from mining.privacy.key import Key

KINDS = ("case", "customer", "resource", "person")
CHARACTERS = 12
BYTES = 8  # of the HMAC that the characters are made from
ALPHABET = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", np.uint8)
SHIFTS = np.arange(59, 59 - 5 * CHARACTERS, -5).astype(np.uint64)
MASK = "•••"  # in place of a text that may hold a name


@dataclass(frozen=True, eq=False)
class Pseudonyms:
    """Makes pseudonyms with a key.

    Examples
    --------
    >>> from mining.privacy.key import Key
    >>> made = Pseudonyms(Key(b"0123456789abcdef"))
    >>> made.of("case", ["C00958", "C00959", "C00958"])
    ['IP6RURT6CQJF', 'KTVVDSUKWFG5', 'IP6RURT6CQJF']
    """

    key: Key

    def of(self, kind: str, words: Iterable[str]) -> list[str]:
        """The pseudonym of each word.

        Blanks around a word are left as they are, around its pseudonym: tables are joined without them, and words that differ in them
        only stay different.

        Parameters
        ----------
        kind : {"case", "customer", "resource", "person"}
            The same word of two kinds has two pseudonyms.
        words : iterable of str
            Several times the same is allowed. An empty word, or one of blanks, is none and stays.

        Raises
        ------
        UnknownNameError
            For another kind.
        MiningError
            If two words have one pseudonym (of a million words: one chance in two million).
        """
        if kind not in KINDS:
            raise UnknownNameError("kind", kind, KINDS, where="pseudonyms")
        words = list(words)
        stripped = {word: word.strip() for word in dict.fromkeys(words)}
        plain = [word for word in dict.fromkeys(stripped.values()) if word]
        made = dict(zip(plain, self._made(kind, plain), strict=True))
        if len(set(made.values())) < len(made):
            raise MiningError(
                f"two different words have one pseudonym (kind {kind}), so they could not be told apart. Take another key."
            )
        whole = {word: word.replace(key, made[key], 1) if key else word for word, key in stripped.items()}
        return [whole[word] for word in words]

    def _made(self, kind: str, words: list[str]) -> list[str]:
        """The first characters of the base32 of each HMAC: five bits each, from the highest on."""
        secret = self.key.bytes
        heads = b"".join(hmac.digest(secret, f"{kind}\0{word}".encode(), "sha256")[:BYTES] for word in words)
        bits = np.frombuffer(heads, ">u8").astype(np.uint64)[:, None] >> SHIFTS
        letters = ALPHABET[(bits & np.uint64(31)).astype(np.int64)]
        found: list[str] = np.ascontiguousarray(letters).view(f"S{CHARACTERS}").ravel().astype(str).tolist()
        return found


__all__ = ["CHARACTERS", "KINDS", "MASK", "Pseudonyms"]
