"""A sample as it was drawn: the sheet that reviewers fill in, and everything needed to draw it again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from mining.display.naming import named
from mining.plan.cells import line_of
from mining.results import Result, plain
from mining.sampling.monetary import MonetarySelection
from mining.sampling.plan import SamplePlan
from mining.texts import LANGUAGES, say

OCCURRENCE, COMPLETENESS, CLASS, DISCOVERY, MONETARY = TESTS = (
    "occurrence", "completeness", "class", "discovery", "monetary",
)  # fmt: skip
CERTAIN, DRAWN = "certain", "drawn"
BINOMIAL, HYPERGEOMETRIC, WEIGHTED, WILSON, EXACT, STRINGER = METHODS = (
    "binomial", "hypergeometric", "weighted", "wilson", "exact", "stringer",
)  # fmt: skip
MOST_STRATA = 20  # in one sentence
BLANK = ("result", "result_2", "decided", "amount_found", "note")
FORMULA = re.compile(
    r"'*[=+\-@\t\r＝＋－＠]"
)  # what a spreadsheet may take for a formula, with the signs that already guard it


@dataclass(frozen=True, eq=False, repr=False)
class Sample(Result):
    """The cases to inspect, one row per case and question. Made by :func:`mining.sampling.draw`.

    A case that several tests drew has a row in each, and its file is opened once.

    Attributes
    ----------
    plan : SamplePlan
    seed : str
        That of the plan, or the SHA-256 of the log.
    frame_hash : str
        SHA-256 of all case ids of the log, sorted, with a newline between.
    tests : DataFrame
        One row per test, class and check: test, finding_id, n_population (cases that could be drawn), n_wanted, n_drawn, whole (all are
        drawn), method (how its limit is found: one of ``METHODS``), frame_hash (of the cases that could be drawn).
    strata : DataFrame
        stratum, n_population, n_drawn of the sample from log to source; empty where it is not stratified.
    monetary : MonetarySelection or None
    said : tuple of (str, dict)
        What was done beside the plan, as keys of the texts with their values; see :meth:`notes`.
    names : mapping of str to mapping of str to str
        Activity to its name by language, for people.
    """

    plan: SamplePlan
    seed: str
    frame_hash: str
    tests: pd.DataFrame
    strata: pd.DataFrame
    monetary: MonetarySelection | None
    said: tuple[tuple[str, dict[str, Any]], ...]
    names: Mapping[str, Any] = field(default_factory=dict)

    columns: ClassVar[dict[str, str]] = {
        "test": "occurrence (log to source), completeness (source to log), class (is the deviation real), discovery (is a rare fault "
        "there at all) or monetary (is the amount right)",
        "finding_id": "finding whose class is tested; of discovery the check; empty for the others",
        "stratum": "part of the cases that it was drawn from; of monetary: certain (at least the interval) or drawn; empty: no parts",
        "case_id": "case; of completeness the number of a document that is still to be drawn from the source",
        "row": "row of the source file that decides (1 is the first data row), or else the first of the case",
        "activity": "activity of the fault; of the other tests the first recorded step",
        "at": "when that was, UTC",
        "order": "SHA-256 of seed, zero byte and case id: the place in the draw",
        "amount": "recorded amount of the case, where the plan names one",
        "result": "to be filled in: confirmed (the source says the same), not_confirmed, not_found (no source)",
        "result_2": "the same by a second reviewer, who does not see the first",
        "decided": "where the two differ: what they agreed on",
        "amount_found": "monetary: the amount that the source shows",
        "note": "anything else, such as the reference of the document",
    }
    shown: ClassVar[tuple[str, ...]] = ("test", "finding_id", "stratum", "case_id", "row", "activity", "at", "order")

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the names of the activities, for the notebook."""
        return named(self.frame, self.names, lang, ("activity",))

    @property
    def n_cases(self) -> int:
        """Different cases of the log to be inspected."""
        return int(self.frame.loc[self.frame["test"] != COMPLETENESS, "case_id"].nunique())

    def rows_of(self, test: str, finding_id: str = "") -> pd.DataFrame:
        """The rows of one test, of one class or check where it has several."""
        return self.frame[(self.frame["test"] == test) & (self.frame["finding_id"] == finding_id)]

    def how(self, lang: str = "en") -> dict[str, str]:
        """What is to be asked of the cases of each test, and how the documents of the source are to be drawn."""
        found = {test: int(n) for test, n in self.tests.groupby("test", sort=False)["n_drawn"].sum().items()}
        return {test: say(f"sampling.how_{test}", lang, n=f"{n:,}") for test, n in found.items()}

    def notes(self, lang: str = "en") -> list[str]:
        """What was done beside the plan, in words: small groups and classes, amounts that cannot be drawn."""
        return [say(key, lang, **values) for key, values in self.said]

    def sentence(self, lang: str = "en") -> str:
        """How many cases are to be inspected for what, and what it takes to draw them again."""
        drawn = self.tests.groupby("test")["n_drawn"].sum()
        classes = int((self.tests["test"] == CLASS).sum())
        parts = [
            say(f"sampling.part.{test}", lang, n=f"{int(drawn[test]):,}", classes=f"{classes:,}")
            for test in TESTS
            if test in drawn.index
        ]
        said = say(
            "sampling.told", lang, n=f"{self.n_cases:,}", of=f"{self.provenance.n_cases:,}", rows=f"{len(self.frame):,}",
            parts=say("told.comma", lang).join(parts), seed=self.seed, frame=self.frame_hash,
        )  # fmt: skip
        if len(self.strata):
            listed = (
                f"{row.stratum} {row.n_drawn:,} / {row.n_population:,}"
                for row in self.strata.head(MOST_STRATA).itertuples()
            )
            more = "" if len(self.strata) <= MOST_STRATA else "…"
            by, parted = self.plan.stratify_by, say("told.comma", lang).join(listed) + more
            said += say("sampling.strata", lang, by=by, n=f"{len(self.strata):,}", parts=parted)
        return said

    def to_dict(self) -> dict[str, Any]:
        """The sheet, and what it takes to draw it again, as plain values."""
        found: dict[str, Any] = plain(
            {
                "plan": self.plan.to_dict(),
                "seed": self.seed,
                "frame_hash": self.frame_hash,
                "tests": self.tests.astype(object).to_dict("records"),
                "strata": self.strata.astype(object).to_dict("records"),
                "monetary": None if self.monetary is None else self.monetary.to_dict(),
                "notes": {lang: self.notes(lang) for lang in LANGUAGES},
            }
        )
        return super().to_dict() | found

    def to_csv(self, path: str | Path | None = None) -> str:
        """Write the sheet, and give its text: equal samples are equal bytes.

        UTF-8 with a mark at its beginning, so that spreadsheets show Chinese; commas; lines end in one newline. A text that a spreadsheet
        could take for a formula has an apostrophe before it, which :func:`mining.sampling.read_review` takes off again.
        """
        text = "".join(map(line_of, self._lines()))
        if path is not None:
            Path(path).write_bytes(b"\xef\xbb\xbf" + text.encode("utf-8"))
        return text

    def _lines(self) -> Iterator[list[str]]:
        yield list(self.columns)
        for row in self.frame[list(self.columns)].astype(object).itertuples(index=False, name=None):
            yield [cell_text(value) for value in row]


def cell_text(value: Any) -> str:
    """A value as a cell of a CSV file: missing is blank, texts are guarded (see :func:`guarded`).

    Examples
    --------
    >>> [cell_text(x) for x in (None, 1.5, 7, "a", "=1+1", -2.0)]
    ['', '1.5', '7', 'a', "'=1+1", '-2.0']
    """
    value = plain(value)
    return "" if value is None else guarded(value) if isinstance(value, str) else repr(value)


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one that begins like a formula gets an apostrophe; :func:`unguarded` takes it off.

    Examples
    --------
    >>> guarded("@x"), unguarded(guarded("@x")), guarded("'=x"), unguarded("'quoted'")
    ("'@x", '@x', "''=x", "'quoted'")
    """
    return f"'{text}" if FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The text without the apostrophe of :func:`guarded`."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text
