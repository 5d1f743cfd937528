"""The case x check matrix: six verdicts, and one row per event-level fault."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PASS, FAIL, ALLOWED, PENDING, NOT_APPLICABLE, NOT_OBSERVABLE = range(6)
VERDICTS = ("pass", "fail", "allowed", "pending", "not_applicable", "not_observable")
DIMENSIONS = ("path", "rules", "time", "role", "touchpoint", "channel", "outcome")
KINDS = (
    "missing",
    "extra",
    "out_of_order",
    "repeated",
    "replaced",
    "late",
    "wrong_role",
    "same_person",
    "other_person",
    "wrong_channel",
    "missing_evidence",
    "wrong_value",
    "failed",
    "abandoned",
    "reopened",
    "discontinuity",
)
NONE = -1  # no activity, no partner, no instance
Reason = tuple[str, dict[str, str]]


@dataclass(frozen=True, eq=False)
class Faults:
    """Event-level faults of one check, in columns of equal length.

    Attributes
    ----------
    case : int64 array
        Number of the case.
    kind : int8 array
        Position in ``KINDS``.
    activity, partner : int32 array
        Position in the names of the instances; ``NONE`` where there is none.
    instance : int64 array
        The instance that decides; ``NONE`` where something is absent.
    at : int64 array
        When it happened, microseconds UTC; for something absent, the end of the case so far.
    measured, limit : float64 array
        In the unit of the check; NaN where nothing is measured.
    excess : float64 array
        Wall-clock seconds from the moment the limit was reached (in business time where the limit is) to the event that is
        late, so that checks compare; NaN where nothing is measured.
    pattern : int8 array
        Position in ``PATTERNS``.
    share : float64 array
        Of the optimal alignments those that contain the fault, 0 to 1; NaN for faults of other checks, or where not measured.
    """

    case: np.ndarray
    kind: np.ndarray
    activity: np.ndarray
    partner: np.ndarray
    instance: np.ndarray
    at: np.ndarray
    measured: np.ndarray
    limit: np.ndarray
    excess: np.ndarray
    pattern: np.ndarray
    share: np.ndarray

    def __len__(self) -> int:
        return len(self.case)


PATTERNS = (
    "",
    "skipped",
    "ad_hoc",
    "misplaced",
    "choice_violation",
    "swapped",
    "moved_early",
    "moved_late",
    "retry",
    "rework",
    "not_yet",
    "replaced",
)
IRREGULAR = ("swapped", "moved_early", "moved_late", "choice_violation")
SERVICE_WORDS = ("missing", "ad_hoc", "irregular", "failed")


def service_word(kind: str, pattern: str, touchpoint: bool | None, visible: bool | None, promised: bool) -> str | None:
    """The word of service research for a deviation at a place; None where it has none.

    Missing, ad-hoc, irregular and failed touchpoints after Halvorsrud, Kvale and Folstad (2016).

    Parameters
    ----------
    kind, pattern : str
        One of ``KINDS``, one of ``PATTERNS``.
    touchpoint, visible : bool or None
        Whether the activity is a touchpoint, and above the line of visibility; None for one outside the blueprint.
    promised : bool
        Whether a standard promises something at the activity.

    Returns
    -------
    str or None
        ``missing``: a touchpoint did not take place. ``ad_hoc``: a step outside the blueprint, or one above the line of visibility,
        was inserted. ``irregular``: out of order, or against a choice. ``failed``: a touchpoint went wrong, or was late where a
        time is promised.

    Examples
    --------
    >>> service_word("missing", "skipped", True, True, False), service_word("late", "", True, True, True)
    ('missing', 'failed')
    >>> service_word("extra", "ad_hoc", None, None, False), service_word("missing", "skipped", False, False, False)
    ('ad_hoc', None)
    """
    if kind == "out_of_order" or pattern in IRREGULAR:
        return "irregular"
    if kind == "missing":
        return "missing" if touchpoint else None
    if kind == "extra":
        return "ad_hoc" if visible is not False else None
    if touchpoint and (kind in ("failed", "missing_evidence", "wrong_value") or (kind == "late" and promised)):
        return "failed"
    return None


def faults(
    case: np.ndarray,
    kind: str | np.ndarray,
    activity: int | np.ndarray,
    at: np.ndarray,
    *,
    partner: int | np.ndarray = NONE,
    instance: int | np.ndarray = NONE,
    measured: float | np.ndarray = np.nan,
    limit: float | np.ndarray = np.nan,
    excess: float | np.ndarray = np.nan,
    pattern: str | np.ndarray = "",
    share: float | np.ndarray = np.nan,
) -> Faults:
    """Columns of faults; single values are repeated for every case."""
    n = len(case)
    code = KINDS.index(kind) if isinstance(kind, str) else kind
    pattern_code = PATTERNS.index(pattern) if isinstance(pattern, str) else pattern

    def column(value: object, dtype: type) -> np.ndarray:
        given: np.ndarray = np.asarray(value, dtype)
        return np.full(n, given) if given.ndim == 0 else given.copy()

    return Faults(
        np.asarray(case, np.int64),
        column(code, np.int8),
        column(activity, np.int32),
        column(partner, np.int32),
        column(instance, np.int64),
        column(at, np.int64),
        column(measured, np.float64),
        column(limit, np.float64),
        column(excess, np.float64),
        column(pattern_code, np.int8),
        column(share, np.float64),
    )


def no_faults() -> Faults:
    """No rows."""
    nothing = np.empty(0, np.int64)
    return faults(nothing, "missing", NONE, nothing)


def join(parts: list[Faults]) -> Faults:
    """All rows of several tables, in order."""
    if not parts:
        return no_faults()
    return Faults(*(np.concatenate([getattr(p, name) for p in parts]) for name in Faults.__dataclass_fields__))


def select(table: Faults, rows: np.ndarray) -> Faults:
    """Some of the rows (mask or positions)."""
    return Faults(*(getattr(table, name)[rows] for name in Faults.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class CheckResult:
    """What one check says of every case.

    Attributes
    ----------
    id, dimension, kind, severity : str
        The check: its id, one of path, rules, time, role, quality..., its rule kind or metric, and its severity.
    verdict : int8 array of shape (n_cases,)
        Gross: as observed, before the allowances.
    faults : Faults
        Rows of the cases whose verdict is fail.
    measured : float64 array of shape (n_cases,)
        What was measured, in ``unit``; NaN where nothing was.
    limit : float
        The promise for one case, in ``unit``; NaN where there is none.
    unit : str
        ``s``, ``bh`` ... as the blueprint writes it; empty where nothing is measured.
    why_not : Reason
        Why cases are not observable, where all of them are for one reason: a key of the catalogue of texts, and its values.
    """

    id: str
    dimension: str
    kind: str
    severity: str
    verdict: np.ndarray
    faults: Faults
    measured: np.ndarray
    limit: float = np.nan
    unit: str = ""
    why_not: Reason = ("", {})

    def count(self, verdict: int) -> int:
        """Number of cases with a verdict."""
        return int(np.count_nonzero(self.verdict == verdict))


def unmeasured(n_cases: int) -> np.ndarray:
    """NaN for every case, in the room of one number."""
    return np.broadcast_to(np.nan, n_cases)


def unobservable(id: str, dimension: str, kind: str, severity: str, n_cases: int, why: Reason) -> CheckResult:
    """A check that this log cannot answer for any case, and why."""
    verdict = np.full(n_cases, NOT_OBSERVABLE, np.int8)
    return CheckResult(id, dimension, kind, severity, verdict, no_faults(), unmeasured(n_cases), why_not=why)
