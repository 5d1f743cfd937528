"""The scorecard of the touchpoints: opportunities, and the share that passes on each facet and on all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.blueprint.model import Standard
from mining.opportunities import ELSEWHERE, FACETS, MISSING, OBSERVATION, TOOK_PLACE, Opportunities, opportunities_of
from mining.promises import share_in_time, time_standards
from mining.results import Provenance, Result, plain, wilson
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from mining.study import Study

ENOUGH = 30  # opportunities from which a share is coloured
WORDS = {
    "exec": "took place, of those that did or should have",
    "order": "in order, of those whose order binds and is known",
    "role": "by the right role and the right person, of those whose resource is known",
    "channel": "by a designed channel, of those whose channel is known",
    "time": "in time, of those whose time is promised and known (running ones count once they are late)",
    "evidence": "with the evidence promised, of those that are asked for it",
    "not_failed": "not failed and with the values promised, of those of which this is known",
}


@dataclass(frozen=True)
class Share:
    """A share with its numerator, its denominator and its 95 % Wilson interval."""

    passed: int
    n: int

    @property
    def share(self) -> float:
        """0 to 1; NaN without a denominator."""
        return self.passed / self.n if self.n else np.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval."""
        return wilson(self.passed, self.n)


@dataclass(frozen=True, eq=False, repr=False)
class Touchpoints(Result):
    """One row per touchpoint of the blueprint, in its order. Made by :func:`touchpoints_of`.

    Attributes
    ----------
    journey : Share
        Ended cases that pass on every opportunity at a visible touchpoint, of those that had one.
    coverage : Share
        Steps of the blueprint that the log can show, of all its steps.
    never_seen : tuple of str
        Of the steps that the log can show those that never occur in it.
    observations : tuple of str
        Rules and standards of severity observation about one of the touchpoints: reported, and in no number here.
    """

    journey: Share
    coverage: Share
    never_seen: tuple[str, ...]
    observations: tuple[str, ...]

    columns: ClassVar[dict[str, str]] = {
        "touchpoint": "activity id",
        "name_en": "name in English",
        "name_zh": "name in Chinese",
        "stage": "stage of the activity",
        "lane": "lane of the activity",
        "visible": "above the line of visibility",
        "key": "declared a key touchpoint",
        "moment_of_truth": "declared a moment of truth",
        "mode": "service type in effect: linear (the flow binds), interactive or self_service (rules bind)",
        "testable": "whether it leaves a trace in the log; all numbers of others are missing",
        "n": "opportunities: took_place + missing + elsewhere",
        "took_place": "completed instances that are not one too many",
        "missing": "instances that are missing, by path or rule",
        "elsewhere": "cases with neither in which one of its promises is judged all the same, as one that is overdue",
        "extra": "completed instances that are one too many: no opportunities",
        "unsettled": "completed instances in cases whose path could not be settled: no opportunities",
        "enough": f"whether n is at least {ENOUGH}",
        "passed": "opportunities that pass on every facet that could be tested",
        "conf": "passed / n, 0-1, gross",
        "low": "lower end of its 95 % Wilson interval",
        "high": "upper end of its 95 % Wilson interval",
        "net": "share that passes, or fails by allowed faults only, 0-1",
        **{
            name: text
            for facet, words in WORDS.items()
            for name, text in (
                (f"{facet}_n", f"opportunities tested on {facet}: the denominator"),
                (f"{facet}_passed", f"of them passed: {words}"),
                (facet, f"{facet}_passed / {facet}_n, 0-1; missing where nothing was tested"),
                (f"{facet}_low", "lower end of its 95 % Wilson interval"),
                (f"{facet}_high", "upper end of its 95 % Wilson interval"),
            )
        },
        "time_km": "share of cases in time with running ones as censored (Kaplan-Meier: 1 - survival at the limit)",
        "time_km_low": "lower end of its 95 % interval (log-log), 0-1",
        "time_km_high": "upper end of its 95 % interval, 0-1",
        "time_km_n": "cases measured for it, running ones included",
        "time_standard": "standard that time_km is of: where it has several the one with the lowest share",
    }
    shown: ClassVar[tuple[str, ...]] = (
        "name_en",
        "name_zh",
        "n",
        "missing",
        "extra",
        *(name for facet in FACETS for name in (facet, f"{facet}_n")),
        "time_km",
        "conf",
        "low",
        "high",
        "net",
        "enough",
    )

    def facets(self) -> pd.DataFrame:
        """The same shares as a long table: touchpoint, facet (or ``all``), n, passed, share, low, high, enough."""
        parts = []
        for facet in (*FACETS, "all"):
            names = ["n", "passed", "conf", "low", "high"]
            if facet != "all":
                names = [f"{facet}_n", f"{facet}_passed", facet, f"{facet}_low", f"{facet}_high"]
            part = self.frame[["touchpoint", *names]].set_axis(
                ["touchpoint", "n", "passed", "share", "low", "high"], axis=1
            )
            part.insert(1, "facet", facet)
            parts.append(part.assign(enough=part["n"] >= ENOUGH))
        return pd.concat(parts, ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """The table, its provenance, the journeys and the coverage as plain values."""
        more = {
            name: {"passed": x.passed, "n": x.n, "share": plain(x.share), "interval": [plain(y) for y in x.interval]}
            for name, x in (("journey", self.journey), ("coverage", self.coverage))
        }
        return super().to_dict() | more | {"never_seen": list(self.never_seen), "observations": list(self.observations)}

    def sentence(self, lang: str = "en") -> str:
        """What the table shows: the weakest touchpoint, the journeys, and how much of the blueprint the log can show."""
        rows = self.frame[self.frame["enough"]]
        text = say("scorecard.few", lang, n=ENOUGH) if len(self.frame) else say("scorecard.undesigned", lang)
        if len(rows) and (rows["conf"] == 1).all():
            text = say("scorecard.no_fault", lang, n=len(rows))
        elif len(rows):
            row = rows.loc[rows["conf"].astype(float).idxmin()]
            text = say(
                "scorecard.weakest", lang, name=row[f"name_{lang}"], share=percent(row["conf"], lang), n=f"{row['n']:,}",
                low=percent(row["low"], lang), high=percent(row["high"], lang),
            )  # fmt: skip
            weak = min(((row[facet], facet) for facet in FACETS if row[f"{facet}_n"] >= ENOUGH), default=(1.0, ""))
            if weak[0] < 1:
                tested, named = f"{row[f'{weak[1]}_n']:,}", say(f"facet.{weak[1]}", lang)
                text += say("scorecard.facet", lang, facet=named, n=tested, share=percent(weak[0], lang))
        if self.journey.n:
            text += say("scorecard.journey", lang, share=percent(self.journey.share, lang), n=f"{self.journey.n:,}")
        text = text.rstrip(".。") + say("scorecard.coverage", lang, n=self.coverage.passed, all=self.coverage.n)
        if self.observations:
            text += say("scorecard.observations", lang, names=say("word.listed", lang).join(self.observations))
        return text

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Touchpoints by facets; see :func:`mining.plots.measures.scorecard_chart`."""
        from mining.plots.measures import scorecard_chart

        return scorecard_chart(self, lang=lang, ax=ax)


def touchpoints_of(study: Study) -> Touchpoints:
    """Score every touchpoint on the facets that the log can test.

    **Unit.** Every share counts opportunities of the touchpoint, of ended and of running cases:

    - each completed instance that is not one too many. Where the flow binds (a linear service or stage) these are the synchronous moves
      of the alignment, and steps that were moved; where rules bind, those that no rule or standard calls extra or repeated;
    - each instance that is missing: a model move that is not the other half of a moved step (so that, where the flow binds, both
      together are the synchronous and the model moves), or what a rule or standard of any kind calls missing. Where several
      checks find the same missing, it counts once: per case, as many as the check that finds most. A running case lacks only what the
      flow had come past already, or a limit that has passed;
    - a case with neither, where a check that belongs to the touchpoint is judged all the same (``elsewhere``): a promise overdue in a
      running case, or one that is measured at other steps.

    Extra instances, and those in cases whose path could not be settled, are counted beside and judged on no facet.

    **Facets.** A fault belongs to the touchpoint that its standard names, else to its activity (a swapped pair to both). A standard up
    to the end of the case that names no touchpoint belongs to none: its last step is not what it is about. A fault counts at its
    instance, or where that is none of the touchpoint's, at the first opportunity of the case. What is tested is the denominator:
    ``exec`` all that took place or are missing; ``order`` all that took place where the flow binds, else where the order of the
    stages or a rule of order was judged; ``role`` and ``channel`` those whose resource or channel is known; ``time``
    measurements that have ended or are late; ``evidence`` and ``not_failed`` where a proof, a condition of failure or a standard asks
    for it. A late instance of which nobody knows the role fails on time and is not tested on role.

    ``conf`` is the share of opportunities that fail on no facet: facets are not averaged, so that none hides behind the others. With
    running cases the share in time is also given by Kaplan and Meier, from the time standards that belong to the touchpoint.

    Rules and standards of severity observation are reported, not counted against the rating: they make no opportunity missing or extra
    and test no facet. Those about a touchpoint are named in ``observations``.

    Returns
    -------
    Touchpoints

    Examples
    --------
    >>> table = study.touchpoints()
    >>> bool((table.frame["n"] == table.frame[["took_place", "missing", "elsewhere"]].sum(axis=1)).all())
    True
    """
    found = opportunities_of(study)
    fails = np.asarray(found.failed.any(axis=0))
    fails_net = np.asarray(found.failed_net.any(axis=0))
    blueprint = study.blueprint
    frame = pd.DataFrame(
        [
            {
                "touchpoint": a.id,
                "name_en": a.name.get("en"),
                "name_zh": a.name.get("zh"),
                "stage": a.stage,
                "lane": a.lane,
                "visible": blueprint.lane_of(a.id).visible,
                "key": a.touchpoint.key,
                "moment_of_truth": a.touchpoint.moment_of_truth,
                "mode": blueprint.mode_of(a.id).replace("hybrid", "linear"),
                "testable": a.observable,
            }
            for a in blueprint.activities
            if a.touchpoint
        ],
        columns=[name for name, _ in zip(Touchpoints.columns, range(10), strict=False)],
    )
    numbers = _numbers(found, fails, fails_net).join(_censored(study, found))
    frame = frame.join(numbers, on="touchpoint")
    frame["enough"] = (frame["n"].fillna(0) >= ENOUGH).astype(bool)
    whole = ("n", "took_place", "missing", "elsewhere", "extra", "unsettled", "passed")
    counts = [name for name in frame if name in whole or name.endswith(("_n", "_passed"))]
    frame[counts] = frame[counts].astype("Int64")
    seen = [a.id for a in blueprint.activities if a.observable]
    return Touchpoints(
        frame[list(Touchpoints.columns)], study.provenance("touchpoints"), _journeys(study, found, fails),
        Share(len(seen), len(blueprint.activities)), study.instances.unseen,
        _observations(study, set(frame["touchpoint"])),
    )  # fmt: skip


def _numbers(found: Opportunities, fails: np.ndarray, fails_net: np.ndarray) -> pd.DataFrame:
    """Counts and shares per touchpoint."""

    def count(rows: np.ndarray) -> np.ndarray:
        return np.bincount(found.touchpoint[rows], minlength=len(found.names))

    n = count(np.ones(len(found), bool))
    columns: dict[str, Any] = {"n": n}
    for name, state in (("took_place", TOOK_PLACE), ("missing", MISSING), ("elsewhere", ELSEWHERE)):
        columns[name] = count(found.state == state)
    columns |= {"extra": found.extra, "unsettled": found.unsettled}
    columns |= _share("passed", "conf", "low", "high", count(~fails), n)
    columns["net"] = np.divide(count(~fails_net), n, out=np.full(len(n), np.nan), where=n > 0)
    for i, facet in enumerate(FACETS):
        tested = count(found.tested[i])
        columns[f"{facet}_n"] = tested
        columns |= _share(
            f"{facet}_passed", facet, f"{facet}_low", f"{facet}_high", count(found.tested[i] & ~found.failed[i]), tested
        )
    return pd.DataFrame(columns, index=list(found.names))


def _share(passed: str, share: str, low: str, high: str, k: np.ndarray, n: np.ndarray) -> dict[str, Any]:
    interval = [wilson(int(x), int(y)) for x, y in zip(k, n, strict=True)]
    part = np.divide(k, n, out=np.full(len(n), np.nan), where=n > 0)
    return {passed: k, share: part, low: [x for x, _ in interval], high: [y for _, y in interval]}


def _censored(study: Study, found: Opportunities) -> pd.DataFrame:
    """Per touchpoint the lowest share in time of its standards, with running cases as censored."""
    rows: dict[str, dict[str, Any]] = {}
    for standard, _, lengths in time_standards(study):
        if standard.severity == OBSERVATION:
            continue
        name = touchpoint_of(standard)
        share, low, high = share_in_time(lengths)
        if name in found.names and not np.isnan(share) and share < rows.get(name, {"time_km": np.inf})["time_km"]:
            rows[name] = {
                "time_km": share, "time_km_low": low, "time_km_high": high, "time_km_n": len(lengths.value),
                "time_standard": standard.id,
            }  # fmt: skip
    columns = ["time_km", "time_km_low", "time_km_high", "time_km_n", "time_standard"]
    return pd.DataFrame([rows.get(name, {}) for name in found.names], index=list(found.names), columns=columns)


def _observations(study: Study, touchpoints: set[str]) -> tuple[str, ...]:
    """Checks of severity observation that speak of a touchpoint, in the order in which they are judged."""
    found = []
    for check in study.checks:
        spec = study.blueprint.checks.get(check.id)
        about = {touchpoint_of(spec), *spec.of} if isinstance(spec, Standard) else {spec.a, spec.b} if spec else set()
        if check.severity == OBSERVATION and about & touchpoints:
            found.append(check.id)
    return tuple(found)


def touchpoint_of(standard: Standard) -> str | None:
    """The touchpoint of a standard: the one it names, else its activity if it has one."""
    names = standard.of or standard.end
    return standard.touchpoint or (names[0] if len(names) == 1 and names[0] != "case_end" else None)


def _journeys(study: Study, found: Opportunities, fails: np.ndarray) -> Share:
    """Ended cases without a failed opportunity at a visible touchpoint, of those with an opportunity at one."""
    visible = np.array([study.blueprint.lane_of(name).visible for name in found.names], bool)
    rows = visible[found.touchpoint] & ~study.is_open[found.case]
    had, failed = (np.bincount(found.case[x], minlength=study.instances.n_cases) > 0 for x in (rows, rows & fails))
    return Share(int(np.count_nonzero(had & ~failed)), int(np.count_nonzero(had)))


__all__ = ["ENOUGH", "FACETS", "Provenance", "Share", "Touchpoints", "touchpoint_of", "touchpoints_of"]
