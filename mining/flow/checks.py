"""The checks of a blueprint as kernels: the path with its alignments (`PATH`), and all others (`CHECKS`).

They judge a piece by the functions that judge a whole log, `mining.conformance`, with the facts of the whole log; here is only how their
results travel and merge. Verdicts are gross: as observed, before the allowances.

Parameters of both: ``blueprint`` (a `Blueprint`), and optionally ``open_cases`` ("pending" or "judge"), ``known_until`` and ``roster`` as
in `mining.Study`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mining.blueprint.model import Blueprint
from mining.calendars import calendar_of
from mining.conformance import verdicts as v
from mining.conformance.instances import Instances, instances_of
from mining.conformance.judge import judge
from mining.conformance.path import check_paths, order_unknown
from mining.errors import LogError, UnknownNameError
from mining.flow.kernel import Kernel, Parameters, Partial, Vocabulary, joined, some
from mining.log import EventLog
from mining.log.roster import Roster
from mining.results import Result, wilson
from mining.texts import say

OPEN_CASES = ("pending", "judge")
PARAMETERS = ("blueprint", "open_cases", "known_until", "roster")
WORDS = ("pass", "fail", "pending", "not_applicable", "not_observable")
PER_FAULT = ("kind", "activity", "partner", "at", "measured", "limit", "excess", "pattern", "share")


@dataclass(frozen=True, eq=False, repr=False)
class CheckTable(Result):
    """One row per check: its gross verdicts counted."""

    columns: ClassVar[dict[str, str]] = {
        "check": "id of the check",
        "dimension": "one of " + ", ".join(v.DIMENSIONS),
        "kind": "rule kind or metric",
        "severity": "severity of the check: critical, major, minor or observation",
        **{word: f"cases with the gross verdict {word}" for word in WORDS},
        "judged": "pass + fail: the denominator of the share",
        "gross": "share of judged cases that pass, 0-1; missing where none is judged",
        "low": "lower end of the 95 % Wilson interval of gross",
        "high": "upper end of the 95 % Wilson interval of gross",
        "faults": "event-level faults behind the fails",
        "why_not": "why no case can be judged, where the reason is one for all",
    }


def run_checks(piece: EventLog, parameters: Parameters) -> Partial:
    """Judge all checks but the path on the cases of a piece."""
    blueprint, instances, is_open = _read(piece, parameters)
    calendars = {spec.id: calendar_of(spec) for spec in blueprint.calendars}
    return _partial(judge(instances, blueprint, is_open, calendars), instances)


def run_path(piece: EventLog, parameters: Parameters) -> Partial:
    """Align the distinct traces of a piece and judge its cases: by one check, or in a hybrid service by one per stage and the hand-over.

    ``cost`` and ``solved``, of the alignment of each case, have a column for each of these checks.
    """
    blueprint, instances, is_open = _read(piece, parameters)
    found = check_paths(blueprint, instances, is_open)
    cost = [x.alignments.cost[x.variants.of_case] for x in found]
    solved = [x.alignments.solved[x.variants.of_case] for x in found]
    aligned = {"cost": np.stack(cost, axis=1), "solved": np.stack(solved, axis=1)}
    checks = (*(x.check for x in found), *order_unknown(blueprint, instances.n_cases))
    return _partial(checks, instances) | aligned


def _read(piece: EventLog, parameters: Parameters) -> tuple[Blueprint, Instances, np.ndarray]:
    if unknown := set(parameters) - set(PARAMETERS):
        raise UnknownNameError("parameter", min(unknown), PARAMETERS)
    blueprint = parameters.get("blueprint")
    if not isinstance(blueprint, Blueprint):
        raise LogError("The checks need a blueprint: give blueprint=read_blueprint(...) along with the question.")
    open_cases = parameters.get("open_cases", "pending")
    if open_cases not in OPEN_CASES:
        raise UnknownNameError("open_cases", open_cases, OPEN_CASES)
    roster = parameters.get("roster")
    if roster is not None and not isinstance(roster, Roster):
        raise LogError("The staff table must be read before it is used: give roster=read_roster(...).")
    instances = instances_of(piece, blueprint, known_until=parameters.get("known_until"), roster=roster)
    is_open = np.full(instances.n_cases, open_cases == "pending")
    is_open[instances.case[instances.of(*blueprint.scope.ends_with)]] = False
    return blueprint, instances, is_open


def _partial(results: tuple[v.CheckResult, ...], instances: Instances) -> Partial:
    """Results as arrays: verdict and measured by case and check; faults by case, then check, with the row that proves each."""
    about = [[c.id, c.dimension, c.kind, c.severity, c.limit, c.unit, [*c.why_not]] for c in results]
    told = json.dumps({"checks": about, "names": instances.names}, ensure_ascii=False).encode()
    table = v.join([c.faults for c in results])
    of = np.repeat(np.arange(len(results), dtype=np.int16), [len(c.faults) for c in results])
    order = np.lexsort((of, table.case))
    row = np.append(instances.row, 0)[table.instance].astype(np.int64)
    columns = {f"fault.{name}": getattr(table, name)[order] for name in PER_FAULT}
    n = instances.n_cases
    return {
        "about": np.frombuffer(told, np.uint8),
        "verdict": np.array([c.verdict for c in results], np.int8).reshape(len(results), n).T,
        "measured": np.array([c.measured for c in results], float).reshape(len(results), n).T,
        "fault.check": of[order],
        "fault.case": table.case[order],
        "fault.row": row[order],
    } | columns


def merge(partials: list[Partial]) -> Partial:
    """Case after case; the checks are the same in all pieces."""
    some(partials)
    before = np.cumsum([0, *(len(part["verdict"]) for part in partials)])
    moved = [
        {name: array for name, array in part.items() if name != "about"} | {"fault.case": part["fault.case"] + n}
        for part, n in zip(partials, before, strict=False)
    ]
    checks, about = partials[0]["about"], [told(part) for part in partials]
    if any(one["names"] != about[0]["names"] for one in about):
        raise LogError(
            "The pieces name activities differently, so they are not pieces of one log. Merge those of one log only."
        )
    return joined(moved) | {"about": checks}


def told(partial: Partial) -> dict[str, Any]:
    """What an answer says of itself: its checks, and the names of the activities in its faults."""
    found: dict[str, Any] = json.loads(partial["about"].tobytes())
    return found


def finish(partial: Partial, vocabulary: Vocabulary) -> pd.DataFrame:
    """The table."""
    rows = []
    n_faults = np.bincount(partial["fault.check"], minlength=partial["verdict"].shape[1])
    for i, (check, dimension, kind, severity, _, _, why) in enumerate(told(partial)["checks"]):
        verdict = partial["verdict"][:, i]
        counts = np.bincount(verdict, minlength=len(v.VERDICTS)).tolist()
        by_word = {word: counts[v.VERDICTS.index(word)] for word in WORDS}
        judged = by_word["pass"] + by_word["fail"]
        low, high = wilson(by_word["pass"], judged)
        key, values = _why(partial, i) if dimension == "path" else why
        rows.append(
            {"check": check, "dimension": dimension, "kind": kind, "severity": severity}
            | by_word
            | {"judged": judged, "gross": by_word["pass"] / judged if judged else np.nan, "low": low, "high": high}
            | {"faults": int(n_faults[i]), "why_not": say(key, "en", **values) if key else ""}
        )
    return pd.DataFrame(rows, columns=list(CheckTable.columns))


def _why(partial: Partial, i: int) -> tuple[str, dict[str, str]]:
    """The one reason of cases whose path cannot be judged: no alignment was found for any of them."""
    if i == partial["solved"].shape[1]:
        return "why.order_unknown", {}
    blind, solved = partial["verdict"][:, i] == v.NOT_OBSERVABLE, partial["solved"][:, i]
    return ("why.not_solved", {}) if not (blind & solved).any() and not solved.all() else ("", {})


def faults(partial: Partial, vocabulary: Vocabulary) -> pd.DataFrame:
    """Every fault of an answer of `CHECKS` or `PATH`, by case, then check.

    Parameters
    ----------
    partial : Partial
        As a way gives it.
    vocabulary : Vocabulary
        Of the log that was asked, see `mining.ways.vocabulary`.

    Returns
    -------
    DataFrame
        check, case_id, kind, pattern, activity, partner (missing where there is none), at (UTC), measured, limit, excess_s, certainty,
        row (of the source, the evidence; 0 where something is absent).
    """
    about = told(partial)
    names = np.array([*about["names"], None], object)
    part = {name: partial[f"fault.{name}"] for name in ("check", "case", "row", *PER_FAULT)}
    checks = np.array([check[0] for check in about["checks"]], object)
    return pd.DataFrame(
        {
            "check": checks[part["check"]],
            "case_id": vocabulary.cases()[part["case"]],
            "kind": np.array(v.KINDS, object)[part["kind"]],
            "pattern": np.array(v.PATTERNS, object)[part["pattern"]],
            "activity": names[part["activity"]],
            "partner": names[part["partner"]],
            "at": pd.to_datetime(pd.Series(part["at"].view("M8[us]")), utc=True),
            "measured": part["measured"],
            "limit": part["limit"],
            "excess_s": part["excess"],
            "certainty": part["share"],
            "row": part["row"],
        }
    )


CHECKS = Kernel("checks", run_checks, merge, finish, CheckTable)
PATH = Kernel("path", run_path, merge, finish, CheckTable)
