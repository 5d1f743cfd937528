"""Tables beside a log without names: they still join it, since equal words have equal pseudonyms."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from mining.errors import MiningError
from mining.privacy.identities import identities_of, texts_of
from mining.privacy.of_log import is_pseudonymous
from mining.privacy.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    from mining.log import EventLog
    from mining.log.roster import Roster
    from mining.voice.tables import Table

    SomeTable = TypeVar("SomeTable", bound=Table)

NAMED = {  # columns of the tables of mining.voice that name somebody
    "case_id": "case",
    "customer_id": "customer",
    "shopper": "person",
    "coder": "person",
    "respondent": "person",
    "interview": "person",
}
TEXTS = ("comment", "note", "quote")  # what people wrote: names may stand in it
COLUMNS = ["kind", "original", "pseudonym"]
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def pseudonymous_roster(roster: Roster, pseudonyms: Pseudonyms) -> Roster:
    """The staff table with pseudonyms in place of the resources; roles, teams and days stay.

    Examples
    --------
    >>> from mining.log.roster import read_roster
    >>> from mining.privacy import Key
    >>> table = pd.DataFrame({"resource": ["ann "], "role": ["clerk"]})
    >>> made = Pseudonyms(Key(b"0123456789abcdef"))
    >>> list(pseudonymous_roster(read_roster(table), made).resource) == made.of("resource", ["ann"])
    True
    """
    return replace(roster, resource=tuple(pseudonyms.of("resource", roster.resource)))


def pseudonymous_table(table: SomeTable, pseudonyms: Pseudonyms, *, keep: Collection[str] = ()) -> SomeTable:
    """A table of :mod:`mining.voice` with pseudonyms in place of cases, customers, shoppers, coders, respondents and interviews.

    Free text (comments, notes, and quotes without consent) is left out, counted in the notes: names may stand in it. Quotes with consent
    may be printed, and stay. Ids of visits and incidents stay as well: by them the rows of the table are found.

    Parameters
    ----------
    table : Survey, Mystery, Incidents or Needs
    pseudonyms : Pseudonyms
        Those of the log.
    keep : collection of str
        Columns of free text that stay.

    Examples
    --------
    >>> from mining.privacy import Key
    >>> from mining.voice import read_survey
    >>> survey = read_survey("sample_logs/permit_receipt/survey.csv")
    >>> made = Pseudonyms(Key(b"0123456789abcdef"))
    >>> found = pseudonymous_table(survey, made)
    >>> found.frame["case_id"][0] == made.of("case", [survey.frame["case_id"][0]])[0]
    True
    """
    frame, notes = table.frame.copy(), list(table.notes)
    for name, kind in NAMED.items():
        if name in frame:
            codes, words = pd.factorize(frame[name])
            made = np.array([*pseudonyms.of(kind, map(str, words)), None], object)
            frame[name] = pd.Series(made[codes], index=frame.index, dtype=frame[name].dtype)
    for name in TEXTS:
        if name in frame and name not in keep:
            dropped = frame[name].notna()
            if name == "quote":
                dropped &= ~frame["consent"].astype(bool)
            if dropped.any():
                frame[name] = frame[name].mask(dropped, None)
                notes.append(
                    f"free text left out, since names may stand in it: column {name}, {int(dropped.sum()):,} rows"
                )
    return replace(table, frame=frame, notes=tuple(notes))


def pseudonym_table(log: EventLog, pseudonyms: Pseudonyms, customer: str | None = None) -> pd.DataFrame:
    """The way back: which pseudonym stands for which case, customer and resource.

    Parameters
    ----------
    log : EventLog
        As it was read, with its names.
    pseudonyms : Pseudonyms
    customer : str, optional
        Attribute that names the customer.

    Returns
    -------
    DataFrame
        kind, original, pseudonym; sorted by kind and original.

    Raises
    ------
    MiningError
        If the log is pseudonymous already.

    Examples
    --------
    >>> from mining.privacy import Key
    >>> len(pseudonym_table(study.log, Pseudonyms(Key(b"0123456789abcdef")))) == study.log.n_cases + len(study.log.resources)
    True
    """
    if is_pseudonymous(log):
        raise MiningError(
            f"{log.source.path}: the log is pseudonymous; its names are in the log that it was made from."
        )
    found = identities_of(log, customer)
    words: dict[str, set[str]] = {"case": set(log.case_ids.tolist()), "resource": set(log.resources)}
    for name, attribute in log.binding.attributes.items():
        if kind := found.kinds.get(attribute.column):
            words.setdefault(kind, set()).update(x for x in texts_of(log.values(name)) if x is not None)
    frames = [
        pd.DataFrame({"kind": kind, "original": (own := sorted(x)), "pseudonym": pseudonyms.of(kind, own)})
        for kind, x in sorted(words.items())
    ]
    return pd.concat(frames, ignore_index=True)[COLUMNS]


def write_pseudonym_table(table: pd.DataFrame, path: str | Path) -> Path:
    """Write the way back into a CSV file that only its owner can read, away from what it opens.

    A word that a spreadsheet would take for a formula stands behind an apostrophe.

    Raises
    ------
    MiningError
        If there is a file already, the folder (or one above it) holds an audit file, or it cannot be written.
    """
    path = Path(path)
    for folder in path.resolve().parents:
        if (folder / "manifest.json").exists():
            raise MiningError(
                f"{path}: {folder} holds an audit file (manifest.json), and the names would be handed over with it. Write elsewhere."
            )
    safe = table.assign(original=["'" + x if x.startswith(DANGEROUS) else x for x in table["original"]])
    text = safe.to_csv(index=False, lineterminator="\n")
    try:
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(place, "w", encoding="utf-8-sig", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise MiningError(
            f"{path} is there already. Name another file, or delete it if nothing in it is needed."
        ) from None
    except OSError as error:
        raise MiningError(f"{path} cannot be written: {error.strerror}.") from None
    return path


__all__ = ["pseudonym_table", "pseudonymous_roster", "pseudonymous_table", "write_pseudonym_table"]
