"""Whether the simulation foretells what is known: calibrated on the first part of a log, compared with the last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.display.kinds import OWN_UNIT
from mining.errors import LogError, MiningError
from mining.results import Result
from mining.texts import say
from mining.units import percent, readable
from mining.what_if.clock import DAY
from mining.what_if.engine import NEVER
from mining.what_if.intervals import interval
from mining.what_if.measures import Asked, as_it_was, cases_still_open, in_work, measured, time_standards
from mining.what_if.model import calibrated
from mining.what_if.runs import Change, draw, run
from mining.what_if.wording import measure_name

if TYPE_CHECKING:
    from mining.study import Study

HELD_BACK = 0.3
FEW = 30  # cases in the part held back, below which nothing is judged
NEAR_TIME, NEAR_SHARE = 0.10, 0.05
FAR_TIME, FAR_SHARE = 0.25, 0.10
QUANTILES = {"throughput_median": 0.5, "throughput_p90": 0.9}
TIMES = (*QUANTILES, "work_in_progress")
VERDICTS = ("usable", "with_care", "not_usable", "not_tested")


@dataclass(frozen=True, eq=False, repr=False)
class Validation(Result):
    """One row per measure: observed in the part held back, and foretold for it. Made by :meth:`mining.what_if.Model.validated`.

    Attributes
    ----------
    study : Study
    verdict : {"usable", "with_care", "not_usable", "not_tested"}
        *usable*: every measure lies in its interval or near it. *not usable*: the median, the 90th percentile or the work in progress is
        far off, or a third of all measures is, or more than half are neither in their interval nor near. Else *use with care*.
        *not tested*: fewer than 30 cases were held back, or too few came before them.
    cut : str
        The moment at which the log was cut.
    why : str
        Why nothing was tested; empty where it was.
    """

    study: Study
    verdict: str
    cut: str
    why: str

    columns: ClassVar[dict[str, str]] = {
        "measure": "what is compared: throughput times of the cases that arrived after the cut and were complete at the end of the log, "
        "cases in work after the cut, shares of the cases within each time standard",
        "name_en": "the measure in words",
        "name_zh": "the same in Chinese",
        "observed": "in the part held back; times in seconds, shares 0 to 1",
        "predicted": "mean of the runs, calibrated on what was known at the cut, with the arrivals of the part held back",
        "low": "95 % prediction interval, lower end",
        "high": "upper end",
        "inside": "observed lies in the interval",
        "near": f"outside, but no further from predicted than {NEAR_TIME:.0%} of the observed (shares: {NEAR_SHARE:g}); a quantile also "
        f"where the predicted share of cases up to the observed one is off by no more than {NEAR_SHARE:g}",
        "far": f"outside, and further from predicted than {FAR_TIME:.0%} of the observed (shares: {FAR_SHARE:g}); a quantile only where "
        f"the predicted share of cases up to the observed one is off by more than {FAR_SHARE:g} as well",
    }
    shown: ClassVar[tuple[str, ...]] = ("name_en", "observed", "predicted", "low", "high", "inside", "near", "far")

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the unit of each measure, for the notebook."""
        return self.frame.assign(**{OWN_UNIT: [_unit_of(measure) for measure in self.frame["measure"]]})

    def sentence(self, lang: str = "en") -> str:
        """The verdict and what it rests on."""
        text = say(f"what_if.verdict.{self.verdict}", lang)
        if self.verdict == "not_tested":
            return text + say("what_if.validation.why", lang, why=say(self.why, lang))
        inside = int(self.frame["inside"].sum())
        text += say("what_if.validation", lang, n=len(self.frame), inside=inside, near=int(self.frame["near"].sum()))
        far = self.frame[~self.frame["inside"] & ~self.frame["near"]]
        off = [
            say("what_if.validation.off", lang, name=row[f"name_{lang}"], observed=shown(row["measure"], row["observed"], lang),
                predicted=shown(row["measure"], row["predicted"], lang))
            for row in far.to_dict("records")
        ]  # fmt: skip
        return text + (
            say("what_if.validation.outside", lang, what=say("what_if.listed", lang).join(off)) if off else ""
        )

    def plot(self, *, ax: Any = None, lang: str = "en") -> Any:
        """Observed beside the prediction intervals; see :func:`mining.plots.what_if.validation_chart`."""
        from mining.plots.what_if import validation_chart

        return validation_chart(self, ax=ax, lang=lang)


def _unit_of(measure: str) -> str:
    """Seconds, a share, or a number of cases."""
    if measure.startswith(("throughput", "waiting", "queue")):
        return "s"
    return "cases" if measure in ("work_in_progress", "cases", "unfinished") else "share"


def shown(measure: str, value: float, lang: str) -> str:
    """A value for people, by the kind of its measure."""
    if np.isnan(value):
        return "-"
    unit = _unit_of(measure)
    if unit == "s":
        return readable(value, lang)
    if unit == "cases":
        return f"{value:,.1f}" if abs(value) < 100 else f"{value:,.0f}"
    return percent(value, lang) if value >= 0 else f"-{percent(-value, lang)}"


def validated(study: Study, *, runs: int = 30, seed: int = 0) -> Validation:
    """Calibrate on the first 70 % of the time, simulate the rest with the arrivals that it had, and compare.

    The arrivals of the whole log are replayed, so that at the cut the service is as full as it was; people at work are drawn from the first
    part. Observed and simulated cases are measured alike: those that arrived after the cut and were complete at the end of the log.

    Raises
    ------
    MiningError
        For fewer than two runs.

    Examples
    --------
    >>> validated(study, runs=5).verdict in VERDICTS
    True
    """
    checked_runs(runs)
    x = study.instances
    starts = x.case_start[np.diff(x.offsets) > 0]
    begin, now = int(starts.min(initial=x.now)), int(x.now)
    cut = begin + round((1 - HELD_BACK) * (now - begin))
    moment = str(np.datetime64(cut, "us").astype("datetime64[s]"))
    provenance = study.provenance("validation of the simulation", cut=moment, runs=runs, seed=seed)
    nothing = pd.DataFrame(columns=list(Validation.columns))
    try:
        model, known = calibrated(study, until=cut), calibrated(study)
    except LogError:
        return Validation(nothing, provenance, study, "not_tested", moment, "what_if.why.few_before")
    arrivals = known.days.arrivals
    standards = time_standards(model)
    asked = Asked((cut, now + 1), now, standards, {})
    truth = measured(known, as_it_was(known), asked)
    truth["work_in_progress"] += in_work(*cases_still_open(known), asked.window)
    if truth["cases"] < FEW:
        return Validation(nothing, provenance, study, "not_tested", moment, "what_if.why.few_after")
    local = model.days.clock.local(np.array([begin, now]))
    days = np.arange(local[0] // DAY, local[1] // DAY + 2)
    whole = replace(asked, marks={f"{name}_mark": truth[name] for name in QUANTILES})
    seen = [
        measured(model, run(model, draw(model, days, (seed, k), arrival=arrivals), Change()), whole)
        for k in range(runs)
    ]
    rows = [_row(study, name, truth[name], seen) for name in (*TIMES, *standards)]
    frame = pd.DataFrame([row for row in rows if row is not None], columns=list(Validation.columns))
    return Validation(frame, provenance, study, _verdict(frame), moment, "")


def checked_runs(runs: int) -> None:
    """Intervals need two runs at least."""
    if isinstance(runs, bool) or not isinstance(runs, int) or runs < 2:
        raise MiningError(f"runs: {runs!r} is not a number of runs. Intervals need 2 or more; 30 is the default.")


def _row(study: Study, name: str, observed: float, seen: list[dict[str, float]]) -> dict[str, Any] | None:
    """One measure; None where there is nothing to compare."""
    found = interval([numbers[name] for numbers in seen], *((0.0, 1.0) if name.startswith("within") else (0.0, NEVER)))
    if np.isnan(observed) or np.isnan(found[0]):
        return None
    mean, low, high = found
    share = name.startswith("within")
    off = abs(observed - mean) / (1.0 if share else max(abs(observed), 1e-9))
    inside = bool(low <= observed <= high)
    rank = 1.0
    if name in QUANTILES:
        rank = abs(float(np.mean([numbers[f"{name}_mark"] for numbers in seen])) - QUANTILES[name])
    near = not inside and (off <= (NEAR_SHARE if share else NEAR_TIME) or rank <= NEAR_SHARE)
    far = not inside and off > (FAR_SHARE if share else FAR_TIME) and rank > FAR_SHARE
    names = {f"name_{lang}": measure_name(study, name, lang) for lang in ("en", "zh")}
    return {"measure": name, **names, "observed": observed, "predicted": mean, "low": low, "high": high} | {
        "inside": inside, "near": near, "far": far,
    }  # fmt: skip


def _verdict(frame: pd.DataFrame) -> str:
    held = frame["inside"] | frame["near"]
    if held.all():
        return "usable"
    lost = frame["far"] & frame["measure"].isin(TIMES)
    bad = lost.any() or frame["far"].mean() >= 1 / 3 or (~held).mean() > 0.5
    return "not_usable" if bad else "with_care"
