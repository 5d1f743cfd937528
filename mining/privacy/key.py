"""The key of an engagement: where it lies, who may read it, and that it never stands beside what it protects."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from mining.errors import MiningError

VARIABLE = "MINING_KEY"
FEWEST = 16  # bytes of a key: 128 bits, as NIST SP 800-107 asks of the key of an HMAC
LENGTH = 32  # bytes of a new key
HEX = re.compile(r"[0-9a-fA-F]+")
OTHERS = stat.S_IRWXG | stat.S_IRWXO
COLON = ": "


@dataclass(frozen=True, eq=False, repr=False)
class Key:
    """A secret from which pseudonyms are made. It never shows its bytes.

    Attributes
    ----------
    bytes : bytes
    origin : str
        Where it is from: a file, or the environment.

    Examples
    --------
    >>> Key(b"0123456789abcdef").fingerprint
    '153dcb6193b33ae4'
    >>> Key(b"0123456789abcdef")
    <Key 153dcb6193b33ae4>
    """

    bytes: bytes
    origin: str = ""

    def __post_init__(self) -> None:
        if len(self.bytes) < FEWEST:
            where = self.origin + COLON if self.origin else ""
            raise MiningError(f"{where}a key of {len(self.bytes)} bytes is too short: at least {FEWEST} are needed.")

    @property
    def fingerprint(self) -> str:
        """By which two keys can be told apart without seeing them: the first 16 hex digits of HMAC-SHA256(key, "fingerprint")."""
        return hmac.digest(self.bytes, b"fingerprint", "sha256").hex()[:16]

    def __repr__(self) -> str:
        return f"<Key {self.fingerprint}>"

    def _repr_html_(self) -> str:
        from mining.display.accounts import key_html

        return key_html(self)

    def __getstate__(self) -> object:
        raise MiningError("a key is not written out: hand over the file that holds it.")


def new_key(path: str | Path) -> Key:
    """Make a key and keep it in a file that only its owner can read.

    Parameters
    ----------
    path : str or Path
        The folders above it are made if need be, for their owner alone.

    Raises
    ------
    MiningError
        If there is a file already (pseudonyms made with it could not be followed back any more), or it cannot be written.

    Examples
    --------
    >>> key = new_key(examples / "keys" / "engagement.key")
    >>> read_key(examples / "keys" / "engagement.key").fingerprint == key.fingerprint
    True
    """
    path = Path(path)
    secret = secrets.token_bytes(LENGTH)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise MiningError(f"{path}: the key cannot be written ({path.parent}: {error.strerror}).") from None
    try:
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(place, "w", encoding="ascii", newline="\n") as file:
            file.write(secret.hex() + "\n")
    except FileExistsError:
        raise MiningError(
            f"{path} is there already. A key is not replaced: what was made with it could not be followed back any more. "
            "Name another file."
        ) from None
    except OSError as error:
        raise MiningError(f"{path}: the key cannot be written ({error.strerror}).") from None
    return Key(secret, str(path))


def read_key(path: str | Path) -> Key:
    """Read a key.

    Raises
    ------
    MiningError
        If there is no such file, others than its owner may read it (where the system knows owners), or it holds no key.
    """
    path = Path(path)
    try:
        state = path.stat()
        text = path.read_bytes() if stat.S_ISREG(state.st_mode) else None
    except OSError as error:
        raise MiningError(
            f"{path}: the key cannot be read ({error.strerror}). Make one with `mining key new {path.name}`."
        ) from None
    if text is None:
        raise MiningError(f"{path} is no file. A key is a file with one line; make one with `mining key new FILE`.")
    if os.name == "posix" and state.st_mode & OTHERS:
        raise MiningError(
            f"{path}: others than its owner may read or write this key (mode {stat.S_IMODE(state.st_mode):o}). Is it still a secret? "
            f"If so, keep it one: chmod 600 {path.name}. Else make a new one."
        )
    try:
        return Key(_bytes(text.decode("ascii")), str(path))
    except (UnicodeDecodeError, binascii.Error):
        raise MiningError(f"{path} holds no key: {_form()}") from None


def key_for(path: str | Path | None, engagement: str, out: str | Path) -> Key:
    """The key of an engagement: that of a file, else of the environment, else of the user's own folder, made at first use.

    Parameters
    ----------
    path : str or Path, optional
    engagement : str
        By which the key is found again.
    out : str or Path
        The folder that is to be written: a key in it would be handed over with what it protects.

    Raises
    ------
    MiningError
        As :func:`read_key`; or if the key lies in ``out``.
    """
    if path is None and (said := os.environ.get(VARIABLE)) is not None:
        try:
            return Key(_bytes(said), f"environment variable {VARIABLE}")
        except binascii.Error:
            raise MiningError(f"the environment variable {VARIABLE} holds no key: {_form()}") from None
    place = Path(path) if path is not None else file_of(engagement)
    if _inside(place, Path(out)):
        raise MiningError(
            f"{place}: the key lies in the folder that is written ({out}), and would be handed over with what it protects. "
            "Move it elsewhere."
        )
    return new_key(place) if path is None and not place.exists() else read_key(place)


def own_folder() -> Path:
    """Where the keys of this user lie: the folder of the system for settings, and in it ``service-mining``."""
    if sys.platform == "win32" and (said := os.environ.get("APPDATA")):
        return Path(said) / "service-mining"
    said = os.environ.get("XDG_CONFIG_HOME", "")
    base = Path(said) if os.path.isabs(said) else Path.home() / ".config"  # a relative one is to be ignored (XDG)
    return base / "service-mining"


def file_of(engagement: str) -> Path:
    """The file of a user's own key for an engagement; a name with signs that a file cannot have carries its hash.

    Examples
    --------
    >>> file_of("permit 2026/A").name, file_of("permit-2026").name
    ('permit_2026_A-7f206c.key', 'permit-2026.key')
    """
    plain = re.sub(r"[^\w.-]+|^\.+", "_", engagement)[:100] or "engagement"
    name = plain if plain == engagement else f"{plain}-{hashlib.sha256(engagement.encode()).hexdigest()[:6]}"
    return own_folder() / f"{name}.key"


def _inside(path: Path, folder: Path) -> bool:
    """Whether a file lies in a folder, by its own name or the one that it is a link to, or a file there is the same under another."""
    home = folder.resolve()
    if any(x.is_relative_to(home) for x in (path.resolve(), path.parent.resolve() / path.name)):
        return True
    if not path.exists() or not home.is_dir():
        return False
    return any(x.is_file() and x.samefile(path) for x in home.iterdir())


def _bytes(text: str) -> bytes:
    """The key that a text says: hexadecimal, else base32; blanks and the padding make no difference."""
    plain = re.sub(r"[\s=]+", "", text)
    if HEX.fullmatch(plain) and not len(plain) % 2:
        return bytes.fromhex(plain)
    if not plain:
        raise binascii.Error
    return base64.b32decode(plain.upper() + "=" * (-len(plain) % 8))


def _form() -> str:
    return f"it is written as hexadecimal or base32, of at least {FEWEST} bytes. Make one with `mining key new FILE`."


__all__ = ["VARIABLE", "Key", "file_of", "key_for", "new_key", "own_folder", "read_key"]
