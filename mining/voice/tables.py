"""The tables of customers, shoppers, interviews and needs as they were read, and how they join a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from mining.errors import MiningError, UnknownNameError
from mining.results import Provenance, Result
from mining.texts import say
from mining.units import MISSING

if TYPE_CHECKING:
    from mining.study import Study

NONE = -1
EXAMPLES = 5


@dataclass(frozen=True, eq=False, repr=False)
class Joined(Result):
    """How far a table and a study speak of the same cases, touchpoints and standards.

    Attributes
    ----------
    case : int64 array of shape (n_rows_of_the_table,)
        Per row of the table's frame the position of its case in the study; -1 where it has none.
    counts : dict of str to int
        Rows by what became of their key and moment, see ``columns`` and the ``key`` column of the frame.
    """

    case: np.ndarray
    counts: dict[str, int]

    columns: ClassVar[dict[str, str]] = {
        "key": "case_id, customer_id, touchpoint, standard_id, or answered_at (an answer against the time of its case)",
        "what": "matched, unmatched (a word that the study does not have), none (the row has no such key); of answered_at: "
        "before_start, before_end (the case ended after the answer), running (the case has no end yet), after_end",
        "rows": "rows of the table of which this is true",
        "of": "rows of the table in all",
        "words": "distinct keys among these rows; missing where they have none",
        "examples": "the first keys that have no match, in order; customers are not named",
    }

    @property
    def matched(self) -> int:
        """Rows whose case the study has."""
        return int((self.case >= 0).sum())

    @property
    def doubts(self) -> dict[str, int]:
        """What speaks against the table being of this service: rows by reason (before_start, touchpoint), and ``of``, all its rows."""
        return doubted(self.counts, len(self.case))

    @property
    def unmatched(self) -> int:
        """Rows that name a case, or a customer, that the study does not have."""
        return sum(self.counts.get(f"{key}:unmatched", 0) for key in ("case_id", "customer_id"))

    def sentence(self, lang: str = "en") -> str:
        """Rows joined to a case, and what was not found, in words."""
        said = say("voice.joined", lang, matched=f"{self.matched:,}", of=f"{len(self.case):,}")
        for key in ("case_id", "customer_id", "touchpoint", "standard_id"):
            if n := self.counts.get(f"{key}:unmatched", 0):
                said += say(f"voice.joined.{key}", lang, n=f"{n:,}")
        for what in ("before_start", "before_end", "running"):
            if n := self.counts.get(f"answered_at:{what}", 0):
                said += say(f"voice.joined.{what}", lang, n=f"{n:,}")
        return said


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """A table as it was read.

    Attributes
    ----------
    path, sha256 : str
        The file and its hash (of a frame: ``"<frame>"``, and of its values).
    n_rows : int
        Data rows of the file. Rows of the frame and those that the notes count as left out are these.
    frame : DataFrame
        Typed columns; ``row`` is the 1-based data row. Not to be changed.
    notes : tuple of str
        What was read how, and what was left out, with counts.
    """

    path: str
    sha256: str
    n_rows: int
    frame: pd.DataFrame
    notes: tuple[str, ...] = ()

    kind: ClassVar[str] = "table"
    moment: ClassVar[str | None] = None  # the column that is compared with the times of the case

    def provenance(self, measure: str, **parameters: object) -> Provenance:
        """Where something made of this table alone comes from."""
        return Provenance(measure, "", "", 0, {self.kind: self.sha256[:12], "rows": self.n_rows, **parameters})

    def joined(self, study: Study, *, customer: str | None = None) -> Joined:
        """Which rows have a case, a touchpoint, a standard that the study knows; how the moments of the rows lie to their cases.

        Parameters
        ----------
        study : Study
        customer : str, optional
            Attribute of the log that names the customer: rows without a case are joined to the last case of their customer that had
            begun by then. Without it they stay without a case, counted.

        Returns
        -------
        Joined

        Raises
        ------
        UnknownNameError
            If the log has no such attribute.
        MiningError
            If it is a survey that meets no case of the log, or names none of the steps of the blueprint.
        """
        return joined(self, study, customer)

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        said = "".join(f"\n- {note}" for note in self.notes)
        return f"<{type(self).__name__} {self.path}: {len(self.frame):,} of {self.n_rows:,} rows>{said}"

    def _repr_html_(self) -> str:
        from mining.display.accounts import side_html

        return side_html(self)


class Survey(Table):
    """Answers of customers. Read one with :func:`read_survey`.

    Columns of the frame: case_id and customer_id (str or None), answered_at (int64, microseconds UTC), item, score, scale_min, scale_max
    (NaN: not said), touchpoint, segment, channel (str or None), kind (one of ``KINDS``), comment, row.
    """

    kind: ClassVar[str] = "survey"
    moment: ClassVar[str | None] = "answered_at"


class Mystery(Table):
    """Visits of mystery shoppers and inspections, one row per visit and standard. Read one with :func:`read_mystery`.

    Columns of the frame: visit_id, visited_at (microseconds UTC), site, standard_id, result (pass, fail, na, or None: a score only),
    score, critical (bool or None: not said), source (mystery or inspection), shopper, scenario, channel, daypart, note, row.
    """

    kind: ClassVar[str] = "mystery"


class Incidents(Table):
    """Critical incidents, interviews and complaints, one row per incident and coder. Read one with :func:`read_incidents`.

    Columns of the frame: id, at (microseconds UTC), touchpoint, valence ("+" or "-"), category, coder, quote, consent (bool), case_id,
    kind (incident, interview, complaint, or None), interview, answered_at (MISSING: not answered), channel, segment, row.
    """

    kind: ClassVar[str] = "incidents"
    moment: ClassVar[str | None] = "at"

    def quotes(self) -> pd.DataFrame:
        """The quotes that may be printed: those with consent, with row, category, valence and touchpoint."""
        rows = self.frame[self.frame["consent"] & self.frame["quote"].notna()]
        return (
            rows[["row", "category", "valence", "touchpoint", "quote"]].drop_duplicates("quote").reset_index(drop=True)
        )


class Needs(Table):
    """The register of needs. Read one with :func:`read_needs`.

    Columns of the frame: need_id, text, segment, source, touchpoint, respondent (str or None), kano_functional and kano_dysfunctional
    (like, must, neutral, live_with, dislike, or None), row.
    """

    kind: ClassVar[str] = "needs"

    @property
    def register(self) -> pd.DataFrame:
        """One row per need, in the order of the file: need_id, text, source, touchpoints (tuple), rows."""
        groups = self.frame.groupby("need_id", sort=False)
        firsts = groups[["text", "source"]].first()
        touched = groups["touchpoint"].agg(lambda x: tuple(dict.fromkeys(x.dropna())))
        return firsts.assign(touchpoints=touched, rows=groups.size()).reset_index()


def doubted(counts: Mapping[str, int], of: int) -> dict[str, int]:
    """Rows that doubt is cast on, by reason; empty where there are none.

    Examples
    --------
    >>> doubted({"answered_at:before_start": 3, "touchpoint:unmatched": 0}, 8)
    {'before_start': 3, 'of': 8}
    """
    reasons = {"before_start": "answered_at:before_start", "touchpoint": "touchpoint:unmatched"}
    found = {name: n for name, key in reasons.items() if (n := counts.get(key, 0))}
    return found | {"of": of} if found else {}


def doubts_said(doubts: Mapping[str, int], lang: str) -> str:
    """The doubts in words, to follow a sentence; empty where there are none."""
    of = f"{doubts.get('of', 0):,}"
    return "".join(
        say(f"voice.doubts.{name}", lang, n=f"{doubts[name]:,}", of=of)
        for name in ("touchpoint", "before_start")
        if name in doubts
    )


def check_belongs(survey: Survey, study: Study) -> None:
    """Refuse a survey that cannot be of this service. Of chosen cases nothing is refused: few of them may have been asked.

    Raises
    ------
    MiningError
        If it names cases and the log has none of them, or names touchpoints and none is a step of the blueprint.
    """
    if study.selection or not len(survey.frame):
        return
    blueprint, ids = study.blueprint, survey.frame["case_id"]
    named = ids.notna().to_numpy()
    if named.any() and not (places(ids, [str(x).strip() for x in study.log.case_ids])[named] >= 0).any():
        raise MiningError(
            f"{survey.path}: none of its {int(named.sum()):,} answers with a case_id meets a case of the log: the survey names "
            f"{_first(ids)}, the log {_first(pd.Series(study.log.case_ids[:EXAMPLES]))}. Give the survey of this log, or write its "
            "case_id as the log does."
        )
    points = survey.frame["touchpoint"]
    there = points.notna().to_numpy()
    steps = [x.id for x in blueprint.activities]
    if there.any() and not (places(points, steps)[there] >= 0).any():
        known = [x.id for x in blueprint.activities if x.touchpoint is not None] or steps
        raise MiningError(
            f"{survey.path}: none of the {points.nunique():,} touchpoints that its {int(there.sum()):,} answers name is one of the "
            f"blueprint {blueprint.path}: the survey names {_first(points)}, the blueprint {_first(pd.Series(known))}. It is the survey "
            "of another service, or its touchpoints must be written as the ids of the blueprint."
        )


def _first(keys: pd.Series) -> str:
    words = list(dict.fromkeys(str(x) for x in keys.dropna()))
    more = f" and {len(words) - EXAMPLES:,} more" if len(words) > EXAMPLES else ""
    return ", ".join(words[:EXAMPLES]) + more


def joined(table: Table, study: Study, customer: str | None) -> Joined:
    """See :meth:`Table.joined`."""
    if isinstance(table, Survey):
        check_belongs(table, study)
    frame, rows = table.frame, list[dict[str, object]]()
    case = np.full(len(frame), NONE, np.int64)
    if "case_id" in frame:
        ids = study.log.case_ids
        case = places(frame["case_id"], [str(x).strip() for x in ids])
        _say(rows, "case_id", frame["case_id"], case >= 0, named=True)
    if "customer_id" in frame:
        alone = (frame["case_id"].isna() & frame["customer_id"].notna()).to_numpy()
        if customer is not None and alone.any():
            case[alone] = _by_customer(study, customer, frame[alone], str(table.moment))
        if alone.any():
            _say(rows, "customer_id", frame["customer_id"].where(alone, None), case >= 0, named=False)
    if "touchpoint" in frame:
        contacts = [a.id for a in study.blueprint.activities if a.touchpoint is not None]
        _say(rows, "touchpoint", frame["touchpoint"], places(frame["touchpoint"], contacts) >= 0, named=True)
    if "standard_id" in frame:
        known = list(study.blueprint.checks)
        _say(rows, "standard_id", frame["standard_id"], places(frame["standard_id"], known) >= 0, named=True)
    if table.moment:
        _say_moments(rows, study, case, frame[table.moment].to_numpy(np.int64))
    counts = {f"{row['key']}:{row['what']}": int(str(row["rows"])) for row in rows}
    shown = pd.DataFrame(rows, columns=list(Joined.columns))
    settings = {table.kind: table.sha256[:12], "rows": len(frame)} | ({"customer": customer} if customer else {})
    return Joined(shown, study.provenance(f"{table.kind} joined to the log", **settings), case, counts)


def places(keys: pd.Series, known: list[str]) -> np.ndarray:
    """Position of each key among the known ones (the first of equal ones), -1 where it is none of them.

    Examples
    --------
    >>> import pandas as pd
    >>> places(pd.Series(["b", None, "x"]), ["a", "b"]).tolist()
    [1, -1, -1]
    """
    codes, distinct = pd.factorize(keys)
    place: dict[str, int] = {}
    for i, name in enumerate(known):
        place.setdefault(name, i)
    return np.array([*(place.get(str(key), NONE) for key in distinct), NONE], np.int64)[codes]


def _say(rows: list[dict[str, object]], key: str, keys: pd.Series, found: np.ndarray, *, named: bool) -> None:
    there = keys.notna().to_numpy()
    for what, mask in (("matched", there & found), ("unmatched", there & ~found), ("none", ~there)):
        words = list(dict.fromkeys(keys[mask])) if what != "none" else []
        shown = ", ".join(map(str, words[:EXAMPLES])) if what == "unmatched" and named else ""
        shown += f" and {len(words) - EXAMPLES:,} more" if shown and len(words) > EXAMPLES else ""
        n = int(mask.sum())
        rows.append(
            {
                "key": key,
                "what": what,
                "rows": n,
                "of": len(keys),
                "words": len(words) if words else None,
                "examples": shown,
            }
        )


def _say_moments(rows: list[dict[str, object]], study: Study, case: np.ndarray, moment: np.ndarray) -> None:
    """How the moments of rows with a case lie to its begin and end."""
    with_case = np.flatnonzero(case >= 0)
    at, of = moment[with_case], case[with_case]
    begin, end, ended = study.instances.case_start[of], study.instances.case_end[of], study.has_end[of]
    early = (at < begin) & (begin != MISSING)
    found = {
        "before_start": early,
        "before_end": ~early & ended & (at < end),
        "running": ~early & ~ended,
        "after_end": ~early & ended & (at >= end),
    }
    for what, mask in found.items():
        rows.append(
            {
                "key": "answered_at",
                "what": what,
                "rows": int(mask.sum()),
                "of": len(case),
                "words": None,
                "examples": "",
            }
        )


def _by_customer(study: Study, customer: str, frame: pd.DataFrame, moment: str) -> np.ndarray:
    """Per row the last case of its customer that had begun by then."""
    if customer not in study.log.binding.attributes:
        raise UnknownNameError("attribute", customer, study.log.binding.attributes, where="customer")
    values = study.log.attribute(customer)
    names = [
        None if x is None or x != x else f"{x:.15g}" if isinstance(x, float) else str(x).strip()
        for x in values.tolist()
    ]
    codes, distinct = pd.factorize(pd.Series(names, dtype=object))
    begin = study.instances.case_start
    usable = np.flatnonzero((codes >= 0) & (begin != MISSING))
    order = usable[np.lexsort((usable, begin[usable], codes[usable]))]
    who = places(frame["customer_id"], [str(x) for x in distinct])
    # Cases sorted by customer and begin; the place of each row among them is found on one merged order.
    keys = np.concatenate([codes[order], who])
    times = np.concatenate([begin[order], frame[moment].to_numpy(np.int64)])
    later = np.r_[np.zeros(len(order), int), np.ones(len(who), int)]
    merged = np.lexsort((later, times, keys))
    is_case = later[merged] == 0
    latest = np.maximum.accumulate(np.where(is_case, np.arange(len(merged)), -1))
    found = np.full(len(who), NONE, np.int64)
    rows = np.flatnonzero(~is_case & (latest >= 0))
    same = keys[merged[latest[rows]]] == keys[merged[rows]]
    rows = rows[same & (keys[merged[rows]] >= 0)]
    found[merged[rows] - len(order)] = order[merged[latest[rows]]]
    return found


__all__ = [
    *("Incidents", "Joined", "Mystery", "Needs", "Survey", "Table"),
    *("check_belongs", "doubted", "doubts_said", "joined", "places"),
]
