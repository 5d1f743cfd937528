"""Is an audit file whole, untouched, and what its inputs give? Everything is hashed, and computed again."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from mining.differing import DOCUMENTS, bytes_apart, differences, places, said
from mining.errors import MiningError
from mining.folders import SCRATCH, sha256_of
from mining.given import FILES, PEOPLES, Given, Progress, found_at, silent, without_password
from mining.manifest import FORMAT, NAME, as_recorded, outputs_of, roles_of, software, tool
from mining.results import Provenance, Result
from mining.texts import LANGUAGES, say

if TYPE_CHECKING:
    from mining.privacy.key import Key

STATUSES = ("same", "differs", "missing", "unknown_file", "not_checked")
SAME, DIFFERS, MISSING, UNKNOWN, NOT_CHECKED = STATUSES
WHATS = ("manifest", "output", "input", "other", "leftover", "key", "recomputed")
OURS = (
    "report.html", "report.docx", "report.pdf", "report.pptx", "workpapers.xlsx", "findings.json", "findings.csv", "measures.json",
    "improvement.json", "sample.csv", "verdicts.parquet", "deviations.parquet", "followup.json", "followup.csv", "followup.html",
)  # fmt: skip
NEEDED = ("given", "inputs", "outputs", "parameters", "control_totals", "lineage", "software")
ELSEWHERE = (
    "given",
    "software",
    "tool",
    "outputs",
)  # parts of a manifest that are compared in another way, or are no evidence
MOST_BYTES = 2**28  # of a manifest that is read
SHA256 = re.compile("[0-9a-f]{64}")
Remake = Callable[[Given, Path, "Key | None", Path, Progress], None]


@dataclass(frozen=True, eq=False, repr=False)
class Verification(Result):
    """One row per thing that was looked at. Made by :func:`verify`.

    Attributes
    ----------
    folder : Path
    recomputed : bool
        Whether the audit was made again.
    asked : bool
        Whether it was to be.
    """

    folder: Path
    recomputed: bool
    asked: bool

    columns: ClassVar[dict[str, str]] = {
        "what": "one of " + ", ".join(WHATS),
        "name": "file, or part of the manifest",
        "status": "one of " + ", ".join(STATUSES),
        "expected": "hash or value that should be there",
        "found": "hash or value that is there",
        "note": "what it means, and what to do",
    }

    @property
    def problems(self) -> pd.DataFrame:
        """The rows because of which the audit file cannot be relied on."""
        frame = self.frame
        unknown = frame["status"].eq(UNKNOWN) & frame["what"].eq("output")
        wanted = frame["what"].ne("recomputed") | self.asked
        return frame[(frame["status"].isin((DIFFERS, MISSING, NOT_CHECKED)) & wanted) | unknown]

    @property
    def ok(self) -> bool:
        """Whether all that was looked at is as it was. See ``recomputed`` for how much that is."""
        return self.problems.empty

    def sentence(self, lang: str = "en") -> str:
        """What came of it."""
        counts = self.frame["status"].value_counts()
        if not self.ok:
            names = say("told.comma", lang).join(dict.fromkeys(self.problems["name"]))
            return say("evidence.differs", lang, n=len(self.problems), names=names)
        return say("evidence.same" if self.recomputed else "evidence.hashes_only", lang, n=int(counts.get(SAME, 0)))


def verify(
    folder: str | Path,
    *,
    look_in: str | Path | None = None,
    key: str | Path | None = None,
    recompute: bool = True,
    allow_database: bool = False,
    lang: str = "en",
    remake: Remake | None = None,
    progress: Progress = silent,
) -> Verification:
    """Hash every file that an audit wrote and was made from, then make the audit again elsewhere and compare.

    Parameters
    ----------
    folder : str or Path
        Of the audit file. Nothing in it is changed.
    look_in : str or Path, optional
        Where inputs lie that are no longer where they were.
    key : str or Path, optional
        The key of the pseudonyms; else that of the environment, else the one among the user's own whose fingerprint is the recorded one.
    recompute : bool
        Make the audit again. Without it nobody knows whether the files say what the inputs give, and the result says so.
    allow_database : bool
        Connect to the database on a server whose address the manifest names. Whoever wrote the manifest chose the address and the query,
        and your name and password go there; so it is not done unasked, and the audit counts as not checked.
    lang : {"en", "zh"}
        Of the notes.
    remake : callable, optional
        How the files are made again, called with what they were made from, a folder to write into, the key, the folder of the audit and
        ``progress``; the command that the manifest names where not given.
    progress : callable
        Called with the name of each step as it begins.

    Returns
    -------
    Verification

    Raises
    ------
    MiningError
        If there is no such folder.
    """
    place = Path(folder)
    if not place.is_dir():
        raise MiningError(f"{place}: there is no such folder. Name the folder that `mining audit` wrote into.")
    if lang not in LANGUAGES:
        raise MiningError(f"lang is one of {', '.join(LANGUAGES)}, not {lang!r}.")
    found = _Findings(lang)
    record = _manifest(place, found)
    done = False
    if record is not None:
        progress("hashing the files")
        _outputs(place, record, found)
        near = None if look_in is None else Path(look_in)
        whole = _inputs(place, record, near, found)
        if not recompute:
            found.add("recomputed", NAME, NOT_CHECKED, note="asked_not_to")
        elif record.get("format") != FORMAT:
            found.add("recomputed", NAME, NOT_CHECKED, note="old_format")
        elif not whole:
            found.add("recomputed", NAME, NOT_CHECKED, note="inputs_first")
        elif not allow_database and (address := _server(record)) is not None:
            found.add("recomputed", NAME, NOT_CHECKED, note="database", address=address)
        else:
            able, secret = _key(record, key, place, found)
            done = able and _recomputed(place, record, near, secret, remake or _again, progress, found)
    _others(place, record, found)
    frame = pd.DataFrame(found.rows, columns=list(Verification.columns))
    log = (record or {}).get("inputs", {}).get("log", {})
    source = Provenance("verification", str((log or {}).get("sha256") or ""), "", 0, {"recomputed": done})
    return Verification(frame, source, place, done, recompute)


class _Findings:
    """Rows so far."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.rows: list[dict[str, str]] = []

    def add(
        self, what: str, name: str, status: str, expected: Any = "", found: Any = "", note: str = "", **values: Any
    ) -> None:
        """Add a row; ``note`` is the key of a sentence."""
        text = say(f"evidence.note_{note}", self.lang, **values) if note else ""
        row = (_printable(x) for x in (what, name, status, str(expected), str(found), text))
        self.rows.append(dict(zip(Verification.columns, row, strict=True)))


def _printable(text: str) -> str:
    """The same without what no file can be written in: half characters, as a forged name may have."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _manifest(folder: Path, found: _Findings) -> dict[str, Any] | None:
    """The manifest, if there is one that can be read and has all its parts."""
    path = folder / NAME
    if not path.is_file():
        inner = sorted({x.parent.name for x in folder.glob(f"[!.]*/{NAME}")})  # not what a stopped run left
        found.add("manifest", NAME, MISSING, note="versions" if inner else "no_manifest", folders=", ".join(inner))
        return None
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES:,} bytes")
        record = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        found.add("manifest", NAME, DIFFERS, note="unreadable", why=error)
        return None
    wrong = list(_misshapen(record))
    if wrong:
        found.add("manifest", NAME, DIFFERS, note="incomplete", parts=", ".join(wrong))
        return None
    found.add("manifest", NAME, SAME)
    return dict(record)


def _misshapen(record: Any) -> Iterator[str]:
    """Parts of a manifest that are not there, or are not what they should be."""
    lacking = [x for x in ("inputs", "outputs") if not isinstance(record, dict) or not isinstance(record.get(x), dict)]
    if not lacking and record.get("format") == FORMAT:
        lacking = [name for name in NEEDED if name not in record]
    if not lacking and not record["outputs"]:
        lacking = ["outputs"]
    yield from lacking
    if lacking:
        return
    for name, stamp in record["outputs"].items():
        if not _is_stamp(stamp if isinstance(stamp, dict) else {"bytes": None, "sha256": stamp}):
            yield f"outputs.{name}"
    if record.get("format") != FORMAT:
        return
    if not isinstance(record["given"], dict):
        yield "given"
    files = record["inputs"].get("files")
    if not isinstance(files, list) or not isinstance(record["inputs"].get("log"), dict):
        yield "inputs"
    else:
        named = [
            isinstance(x, dict) and all(isinstance(x.get(k), str) for k in ("role", "name", "path")) for x in files
        ]
        yield from (f"inputs.files[{i}]" for i, x in enumerate(files) if not (named[i] and _is_stamp(x)))
    for name in ("privacy", "software", "tool"):
        if not isinstance(record.get(name), dict | None):
            yield name


def _is_stamp(stamp: Mapping[str, Any]) -> bool:
    size, digest = stamp.get("bytes"), stamp.get("sha256")
    return isinstance(size, int | None) and isinstance(digest, str) and SHA256.fullmatch(digest) is not None


def _hash(path: Path) -> str | None:
    """SHA-256 of a file; None where it is none, or cannot be read."""
    try:
        return sha256_of(path) if path.is_file() else None
    except (OSError, ValueError):
        return None


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except (OSError, ValueError):
        return False


def _outputs(folder: Path, record: Mapping[str, Any], found: _Findings) -> None:
    for name, stamp in sorted(outputs_of(record).items()):
        path = folder / name
        if PureWindowsPath(name).name != name or name in ("", ".", ".."):  # a drive or backslash is none here either
            found.add("output", name, DIFFERS, note="no_name")
        elif _is_link(path):
            found.add("output", name, DIFFERS, stamp["sha256"], note="link")
        elif (now := _hash(path)) is None:
            found.add("output", name, MISSING, stamp["sha256"])
        elif now != stamp["sha256"] or stamp.get("bytes") not in (None, path.stat().st_size):
            note = "edited" if path.suffix in (".xlsx", ".docx", ".pptx") else "changed"
            note = "written_since" if path.stem in PEOPLES else note  # drafted by the audit, then gone on with
            found.add("output", name, DIFFERS, stamp["sha256"], now, note, role=path.stem)
        else:
            found.add("output", name, SAME, stamp["sha256"], now)


def _inputs(folder: Path, record: Mapping[str, Any], look_in: Path | None, found: _Findings) -> bool:
    """Whether every file that the audit was made from is there and unchanged."""
    whole = True
    for entry in roles_of(record):
        name, role = str(entry.get("name")), str(entry.get("role"))
        path = found_at(str(entry.get("path")), folder, look_in, str(entry.get("sha256")))
        if (now := _hash(path)) is None:
            found.add("input", name, MISSING, entry.get("sha256"), note="not_there")
        elif now != entry.get("sha256") or entry.get("bytes") not in (None, path.stat().st_size):
            found.add(
                "input",
                name,
                DIFFERS,
                entry.get("sha256"),
                now,
                "written_since" if role in PEOPLES else "input_changed",
                role=role,
            )
        else:
            found.add("input", name, SAME, entry.get("sha256"), now)
        whole &= found.rows[-1]["status"] == SAME
    return whole


def _others(folder: Path, record: Mapping[str, Any] | None, found: _Findings) -> None:
    """Files beside ours: those of people are only listed; one that is named like ours and not vouched for is a problem."""
    known = (
        {NAME}
        if record is None
        else {NAME, *outputs_of(record), *(str(entry.get("name")) for entry in roles_of(record))}
    )
    for path in sorted(folder.iterdir()):
        if path.name.startswith(SCRATCH):
            found.add("leftover", path.name, UNKNOWN, note="leftover")
        elif path.is_file() and path.name not in known:
            ours = path.name in OURS
            found.add("output" if ours else "other", path.name, UNKNOWN, note="not_vouched" if ours else "other_file")


def _key(record: Mapping[str, Any], path: str | Path | None, folder: Path, found: _Findings) -> tuple[bool, Key | None]:
    """Whether the audit can be made again, and with which key (none where it has no pseudonyms)."""
    wanted = (record.get("privacy") or {}).get("fingerprint")
    if not wanted:
        if (record.get("given") or {}).get("clear_names") is True or record.get("privacy") is None:
            return True, None
        found.add("key", "key", NOT_CHECKED, note="no_fingerprint")
        return False, None
    try:
        secret = key_at(path, str(wanted), folder)
    except MiningError as error:
        found.add("key", Path(path or "key").name, NOT_CHECKED, wanted, note="bad_key", why=error)
        return False, None
    if secret is None:
        found.add("key", "key", NOT_CHECKED, wanted, note="no_key")
        return False, None
    name = Path(secret.origin).name or "key"
    if secret.fingerprint != wanted:
        found.add("key", name, DIFFERS, wanted, secret.fingerprint, "wrong_key")
        return False, None
    found.add("key", name, SAME, wanted, secret.fingerprint)
    return True, secret


def key_at(path: str | Path | None, wanted: str | None, folder: Path) -> Key | None:
    """The key that is named, else that of the environment, else the one of the user's own with a fingerprint; no key is made.

    Raises
    ------
    MiningError
        As :func:`mining.privacy.read_key`, for a key that is named.
    """
    from mining.privacy.key import VARIABLE, key_for, own_folder

    if path is not None or os.environ.get(VARIABLE) is not None:
        return key_for(path, "", folder)
    for place in sorted(own_folder().glob("*.key")):
        try:
            secret = key_for(place, "", folder)
        except MiningError:  # not for this audit: it is only looked through
            continue
        if secret.fingerprint == wanted:
            return secret
    return None


def _recomputed(
    folder: Path, record: Mapping[str, Any], look_in: Path | None, key: Key | None, remake: Remake, progress: Progress, found: _Findings
) -> bool:  # fmt: skip
    """Make the audit again outside the folder, and compare every file; whether that could be done."""
    with tempfile.TemporaryDirectory(prefix="verify-") as scratch:
        place = Path(scratch) / folder.resolve().name
        try:
            hashes = {str(entry["path"]): str(entry["sha256"]) for entry in roles_of(record)}
            given = Given.from_dict(record["given"], folder, look_in, hashes)
            if strange := _not_vouched(given, record, folder, look_in):
                found.add("recomputed", NAME, NOT_CHECKED, note="not_an_input", names=", ".join(strange))
                return False
            with as_recorded(record):
                remake(given, place, key, folder, progress)
        except MiningError as error:
            found.add("recomputed", NAME, NOT_CHECKED, note="not_made", why=error)
            return False
        except Exception as error:  # whatever a manifest that somebody wrote makes of it: it is not confirmed
            found.add("recomputed", NAME, NOT_CHECKED, note="not_made", why=f"{type(error).__name__}: {error}")
            return False
        if not (place / NAME).exists():  # one version of several, each in a folder of its own
            place = next((path.parent for path in sorted(place.glob(f"*/{NAME}"))), place)
        if not (place / NAME).exists():
            found.add("recomputed", NAME, NOT_CHECKED, note="made_no_more")
            return False
        progress("comparing the files")
        try:
            _compare(folder, place, record, found)
        except (OSError, RecursionError) as error:
            found.add("recomputed", NAME, NOT_CHECKED, note="not_made", why=error)
            return False
    return True


def _server(record: Mapping[str, Any]) -> str | None:
    """The address of the database that the log was read from, without a password; None where it was read from files."""
    log = record["given"].get("log")
    if not isinstance(log, str) or "://" not in log:
        return None
    try:
        return without_password(log)
    except ValueError:  # an address that cannot be taken apart, as a forged one may be
        return f"{log.partition('://')[0]}://..."


def _not_vouched(given: Given, record: Mapping[str, Any], folder: Path, look_in: Path | None) -> list[str]:
    """Files that the audit is to be made from, and of which the manifest has no hash."""
    files = roles_of(record)
    known = {found_at(str(x["path"]), folder, look_in, str(x["sha256"])).resolve() for x in files}
    asked = [
        *given.blueprint,
        *(path for name in FILES if name != "earlier" and (path := getattr(given, name)) is not None),
    ]
    strange = [path for path in asked if path.resolve() not in known]
    if given.earlier is not None and (given.earlier / NAME).resolve() not in known:
        strange.append(given.earlier)
    log = Path(given.log)
    if "://" not in given.log and not any(path.is_relative_to(log.resolve()) for path in known):
        strange.append(log)
    return [path.name for path in strange]


def _compare(folder: Path, place: Path, record: Mapping[str, Any], found: _Findings) -> None:
    made = json.loads((place / NAME).read_text("utf-8"))
    why = _other_software(record)
    recorded, again = outputs_of(record), outputs_of(made)
    for name in sorted({*recorded, *again}):
        old, new = recorded.get(name), again.get(name)
        if new is None or old is None:
            note = "made_no_more" if new is None else "not_recorded"
            found.add("recomputed", name, DIFFERS, (new or {}).get("sha256", ""), (old or {}).get("sha256", ""), note)
            continue
        if _hash(folder / name) is None:
            status = SAME if old["sha256"] == new["sha256"] else DIFFERS
            found.add(
                "recomputed", name, status, new["sha256"], old["sha256"], "" if status == SAME else "hash_of_missing"
            )
            continue
        where = places(place / name, folder / name)
        hashes = new["sha256"], sha256_of(folder / name)
        if not where and hashes[0] != hashes[1] and not name.endswith(DOCUMENTS) and not why("en"):
            where = bytes_apart(place / name, folder / name)  # the same program writes the same bytes
        if where:
            found.add("recomputed", name, DIFFERS, *hashes, "places", places="; ".join(where), why=why(found.lang))
        else:
            found.add("recomputed", name, SAME, *hashes, "" if hashes[0] == hashes[1] else "packed")
    for part in sorted({*record, *made} - {*ELSEWHERE}):
        changed = list(differences(_where_free(made.get(part)), _where_free(record.get(part)), part))
        if changed:
            listed = "; ".join(said(*place) for place in changed[:3])
            found.add("recomputed", f"{NAME}: {part}", DIFFERS, note="places", places=listed, why=why(found.lang))
        else:
            found.add("recomputed", f"{NAME}: {part}", SAME)
    if text := why(found.lang):
        found.add("recomputed", f"{NAME}: software", SAME, note="software", why=text)


def _where_free(value: Any) -> Any:
    """The same without the places at which the inputs lie: they may lie elsewhere now."""
    if isinstance(value, dict) and "files" in value and "log" in value:
        files = [{key: x for key, x in entry.items() if key != "path"} for entry in value["files"]]
        return value | {"files": files}
    return value


def _other_software(record: Mapping[str, Any]) -> Callable[[str], str]:
    """What of this computer's software is another version than the recorded one, as a function of the language; empty: nothing."""
    mine = software() | {"program": tool()["sha256"][:12]}
    theirs = {**(record.get("software") or {}), "program": str((record.get("tool") or {}).get("sha256"))[:12]}
    other = [
        f"{name} {theirs.get(name)} → {mine.get(name)}"
        for name in sorted({*mine, *theirs})
        if mine.get(name) != theirs.get(name)
    ]
    return lambda lang: say("evidence.other_software", lang, names=say("told.comma", lang).join(other)) if other else ""


def _again(given: Given, place: Path, key: Key | None, home: Path, progress: Progress) -> None:
    """Make again what a folder holds, by the command that wrote it."""
    record = json.loads((home / NAME).read_text("utf-8"))
    if record.get("made_by") == "followup":
        from mining.followup_file import followup_given

        followup_given(given, place, key=key, home=home, progress=progress)
        return
    from mining.audit_file import audit_loaded, audit_versions

    loaded = given.loaded(progress)
    if loaded.versions is None:
        audit_loaded(loaded, place, key=key, progress=progress)
    else:
        audit_versions(loaded, place, key=key, only=record["inputs"]["blueprint"]["version"], progress=progress)
