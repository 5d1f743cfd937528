"""What is wrong with a log, before anything is concluded from it: every problem with its count, evidence and harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from mining.errors import LogError
from mining.log.flags import flags_of
from mining.log.pairing import percent
from mining.log.pii import pii_checks
from mining.log.quality_cases import attribute_checks, case_checks, label_checks, people_checks
from mining.log.quality_checks import Found, Sight, rows_checks, time_checks
from mining.log.words import words
from mining.results import Provenance, Result

if TYPE_CHECKING:
    from mining.blueprint.model import Blueprint
    from mining.log.eventlog import EventLog
    from mining.log.store import LogStore

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Problem:
    """How a problem is weighed: the shares from which it is a warning and an error, and the sorts of faults it feigns."""

    warning: float
    error: float
    feigns: tuple[str, ...] = ()


NEVER = 2.0  # no share is that large
PROBLEMS: dict[str, Problem] = {
    "malformed_rows": Problem(0, 0.05, ("missing",)),
    "missing_case": Problem(0, 0.05, ("missing",)),
    "missing_activity": Problem(0, 0.05, ("missing",)),
    "missing_times": Problem(0, 0.05, ("missing",)),
    "bad_times": Problem(0, 0.05, ("missing",)),
    "duplicate_rows": Problem(0, 0.05, ("extra",)),
    "repeated_events": Problem(0.01, NEVER, ("extra",)),
    "unpaired": Problem(0.01, NEVER, ("time", "missing")),
    "missing_starts": Problem(0.01, NEVER, ("start",)),
    "never_start": Problem(NEVER, NEVER),
    "ties": Problem(0.01, NEVER, ("order",)),
    "midnight_stamps": Problem(0.01, NEVER, ("time", "order")),
    "batch_stamps": Problem(0.01, NEVER, ("time", "order")),
    "import_stamps": Problem(0.001, 0.2, ("time", "order")),
    "end_before_start": Problem(0, 0.05, ("time", "order")),
    "stray_times": Problem(0, 0.01, ("time", "order", "missing")),
    "future_times": Problem(0, 0.01, ("time", "order")),
    "zones_mixed": Problem(0, 0.05, ("time", "order")),
    "zone_unknown": Problem(NEVER, NEVER, ("time",)),
    "dst_repeated": Problem(NEVER, NEVER, ("time", "order")),
    "dst_skipped": Problem(0, NEVER, ("time", "order")),
    "outside_calendar": Problem(0, 0.5, ("time",)),
    "case_id_reuse": Problem(0, 0.05, ("extra", "order", "time")),
    "truncated_start": Problem(0.05, NEVER, ("missing", "time")),
    "truncated_end": Problem(0.3, NEVER, ("missing", "time")),
    "similar_labels": Problem(0, NEVER, ("missing", "extra")),
    "unmapped_labels": Problem(0, 0.2, ("missing", "extra")),
    "unseen_activities": Problem(0, 0.5),
    "missing_resources": Problem(0.05, NEVER, ("people",)),
    "system_resources": Problem(0.01, NEVER, ("people",)),
    "attribute_varies": Problem(0.01, NEVER),
    "attribute_drift": Problem(0, NEVER),
    "resource_drift": Problem(NEVER, NEVER),
    "decimal_read": Problem(NEVER, NEVER),
    "thousands_doubtful": Problem(0, NEVER),
    "label_vanishes": Problem(0, NEVER, ("missing", "extra")),
    "label_appears": Problem(0, NEVER, ("missing", "extra")),
    "pii": Problem(0, NEVER),
}
FAMILIES: tuple[Callable[[Sight], Iterator[Found | None]], ...] = (
    rows_checks, time_checks, case_checks, label_checks, people_checks, attribute_checks, pii_checks,
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Quality(Result):
    """One row per problem of the log and place of it, worst first.

    Attributes
    ----------
    found : tuple of Found
        The evidence of each row, in the same order.
    need_starts : frozenset of str
        Ids of the standards and rules of the blueprint whose verdict uses the start of an activity.
    not_checked : tuple of str
        Keys of the checks that this log, or what was given, does not allow.
    """

    log: EventLog | None = None
    need_starts: frozenset[str] = frozenset()
    found: tuple[Found, ...] = ()
    not_checked: tuple[str, ...] = field(default=())

    columns: ClassVar[dict[str, str]] = {
        "problem": "id of the problem: the flag that findings carry",
        "severity": "error, warning or note, by its share",
        "place": "column, label, calendar ... that it is about; empty for the whole log",
        "count": "how many",
        "of": "of how many",
        "unit": "what is counted: rows, instances, cases, labels or values",
        "share": "count / of, 0-1",
        "cases": "cases concerned; missing where only rows are known",
        "rows": "first rows of the source (1 is the first data row)",
        "feigns": "sorts of faults that it can feign: missing, extra, order, time, people, start",
        "what": "the problem in words, in English",
        "harm": "what it can distort, in English",
    }
    shown: ClassVar[tuple[str, ...]] = ("severity", "what", "count", "of", "unit", "share", "cases", "rows", "harm")

    @property
    def worst(self) -> str:
        """error, warning, note, or an empty text if nothing was found."""
        return str(self.frame["severity"].iloc[0]) if len(self.frame) else ""

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with problem and harm in a language."""
        said = {
            "what": [what(one, lang) for one in self.found],
            "harm": [words(f"harm.{one.problem}", lang) for one in self.found],
        }
        return self.frame.assign(**said) if len(self.found) == len(self.frame) else self.frame

    def say(self, lang: str = "en") -> list[str]:
        """Every problem in words, worst first, then what was not checked."""
        lines = [
            words(
                "quality.line", lang, severity=words(f"severity.{row.severity}", lang), what=what(one, lang),
                count=f"{row.count:,}", of=f"{row.of:,}", unit=words(f"unit.{row.unit}", lang), share=percent(row.share),
                rows=words("line.rows", lang, rows=", ".join(map(str, row.rows))) if row.rows else "",
                harm=_stopped(words(f"harm.{row.problem}", lang), lang),
            )
            for row, one in zip(self.frame.itertuples(), self.found, strict=True)
        ]  # fmt: skip
        return [*lines, *(words(f"unchecked.{key}", lang) for key in self.not_checked)]

    def flags_for(self, faults: pd.DataFrame) -> pd.DataFrame:
        """Problems that could have made faults, per finding: see `mining.log.flags.flags_of`.

        Parameters
        ----------
        faults : DataFrame
            As ``study.deviations().frame``: finding_id, case_id, kind, dimension, row are read, and check, where it is there.
            Without it no fault is put down to a missing start.

        Returns
        -------
        DataFrame
            finding_id, problem, place, faults, of, share.

        Examples
        --------
        >>> from mining.log.quality import quality
        >>> found = quality(study.log, study.blueprint).flags_for(study.deviations().frame)
        >>> list(found.columns)
        ['finding_id', 'problem', 'place', 'faults', 'of', 'share']
        """
        assert self.log is not None  # `quality` sets it
        return flags_of(
            self.log, self.found, {name: p.feigns for name, p in PROBLEMS.items()}, faults, self.need_starts
        )

    def flags(self, faults: pd.DataFrame) -> dict[str, tuple[str, ...]]:
        """Finding id to the ids of those problems, the one with the largest share first. For a column of the findings."""
        table = self.flags_for(faults)
        return {str(id): tuple(dict.fromkeys(group["problem"])) for id, group in table.groupby("finding_id", sort=True)}


def quality(
    log: EventLog | LogStore, blueprint: Blueprint | None = None, *, now: int | datetime | str | None = None
) -> Quality:
    """Look for everything that is wrong with a log and say what it can distort.

    Parameters
    ----------
    log : EventLog or LogStore
        Not changed. Of a log in a store, what needs the rows of the source is not checked; ``not_checked`` says so.
    blueprint : Blueprint or None
        Adds: events outside the coverage of its calendars, labels it does not know, activities never seen; and it says
        which activities begin and end a case. Without it those are the labels that begin or end 5 % of the cases.
    now : int, datetime, str or None
        Moment after which a time lies in the future: microseconds UTC, a datetime, or ISO text such as 2026-03-01 or
        2026-03-01T09:30+08:00; without a zone it is UTC. None: not checked, so that equal logs give equal results
        on any day; times far away from all others are found all the same.

    Returns
    -------
    Quality

    Raises
    ------
    LogError
        If ``log`` is no log, or ``now`` no moment.

    Examples
    --------
    >>> quality(study.log, study.blueprint).worst
    'warning'
    """
    log = _log_of(log)
    now = None if now is None else _moment(now)
    sight = Sight(log, blueprint, now)
    found = [one for family in FAMILIES for one in family(sight) if one is not None and one.count]
    weighed = [(_severity(one), one) for one in found]
    weighed.sort(key=lambda pair: (SEVERITIES.index(pair[0]), -_share(pair[1]), pair[1].problem, pair[1].place))
    rows = [
        {
            "problem": one.problem, "severity": severity, "place": one.place, "count": one.count, "of": one.of,
            "unit": one.unit, "share": _share(one), "cases": one.n_cases, "rows": one.rows,
            "feigns": PROBLEMS[one.problem].feigns, "what": what(one, "en"), "harm": words(f"harm.{one.problem}", "en"),
        }
        for severity, one in weighed
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(Quality.columns))
    frame["cases"] = frame["cases"].astype("Int64")
    provenance = Provenance(
        "problems of the log", log.source.sha256, blueprint.sha256 if blueprint else "", log.n_cases, {"now": now}
    )
    return Quality(frame, provenance, log, _need_starts(blueprint), tuple(one for _, one in weighed), _unchecked(sight))


def _log_of(log: EventLog | LogStore) -> EventLog:
    from mining.log.eventlog import EventLog
    from mining.log.store import LogStore

    if isinstance(log, LogStore):
        return log.log()
    if not isinstance(log, EventLog):
        raise LogError(
            f"a log is expected, not {type(log).__name__}. Read it first: mining.read_log(path), or EventLog.from_frame(frame)."
        )
    return log


def _moment(now: int | datetime | str) -> int:
    """Microseconds UTC."""
    if isinstance(now, str):
        try:
            now = datetime.fromisoformat(now)
        except ValueError:
            raise LogError(f"now = {now!r} is no moment. Write it as 2026-03-01 or 2026-03-01T09:30+08:00.") from None
    if isinstance(now, datetime):
        aware = now if now.tzinfo else now.replace(tzinfo=UTC)
        return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    if isinstance(now, bool) or not isinstance(now, int):
        raise LogError(
            f"now = {now!r} is no moment. Give a datetime, ISO text such as '2026-03-01', or microseconds UTC as a whole number."
        )
    return now


def _need_starts(blueprint: Blueprint | None) -> frozenset[str]:
    if blueprint is None:
        return frozenset()
    standards = {s.id for s in blueprint.standards if s.metric in ("waiting", "handling")}
    return frozenset(standards | {r.id for r in blueprint.rules if "start" in (r.a_at, r.b_at)})


def _severity(one: Found) -> str:
    rule, share = PROBLEMS[one.problem], _share(one)
    return "error" if share >= rule.error else "warning" if share >= rule.warning else "note"


def _share(one: Found) -> float:
    return one.count / one.of if one.of else 0.0


def _stopped(sentence: str, lang: str) -> str:
    """With a full stop, unless it is a question."""
    return sentence if sentence.endswith(("?", "？")) else sentence + {"en": ".", "zh": "。"}[lang]


def what(one: Found, lang: str) -> str:
    """A problem in words.

    Examples
    --------
    >>> from mining.log.quality_checks import Found
    >>> what(Found("ties", 2, 9, "instances"), "en")
    'events at the same moment as another one of the case: only the file orders them'
    """
    if one.problem == "unpaired":
        return words(f"pairing.{one.place}", lang)
    values = dict(one.values)
    if "kind" in values:
        values["kind"] = words(f"pii.{values['kind']}", lang)
    if values.get("shown"):
        values["shown"] = words("pii.shown", lang, shown=values["shown"])
    if "by" in values:
        values["clock"] = words(f"midnight.{values['by']}", lang, zone=values["zone"])
    if "rest" in values:
        values["rest"] = words(f"repeated.{values['rest']}", lang)
    if "moves" in values:
        values["moves"] = (", " if lang == "en" else "，").join(
            words(key, lang, **move) for key, move in values["moves"]
        )
    return words(f"problem.{one.problem}", lang, place=one.place, **values)


def _unchecked(sight: Sight) -> tuple[str, ...]:
    missing = {
        "now": sight.now is None,
        "blueprint": sight.blueprint is None,
        "source": sight.table is None,
        "resource": sight.log.binding.resource is None,
    }
    return tuple(key for key, absent in missing.items() if absent)
