"""Times of steps: how long each activity takes, and how long its instances wait for their start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.promises import METHOD
from mining.results import Result
from mining.texts import say
from mining.times.instances import HOW, UNKNOWN, instance_times
from mining.times.summary import ENOUGH, time_words
from mining.units import MICROSECONDS, percent

if TYPE_CHECKING:
    from mining.study import Study


@dataclass(frozen=True, eq=False, repr=False)
class StepTimes(Result):
    """One row per activity that occurs: in the order of the blueprint, then labels that it does not know. Made by :func:`step_times`.

    Attributes
    ----------
    calendar : str or None
        Calendar in whose open time the lengths are; None: clock time.
    """

    calendar: str | None

    columns: ClassVar[dict[str, str]] = {
        "activity": "id in the blueprint, or a label that it does not know",
        "name_en": "name, in English",
        "name_zh": "name, in Chinese",
        "lane": "lane of the blueprint; missing for a label that it does not know",
        "stage": "stage of the blueprint; missing for a label that it does not know",
        "visible": "above the line of visibility; missing for a label that it does not know",
        "n": "instances, those of running cases included: the sum of the seven that follow but n_waits",
        "n_measured": "with a processing time: start and end are known",
        "no_start": "not measured: no start is recorded",
        "no_end": "not measured: never completed",
        "reversed": "not measured: the end lies before the start",
        "outside": "not measured: outside the calendar",
        "unresumed": "not measured: suspended, and how long is not known (in business time: suspended at all)",
        "mean_s": "mean processing time, seconds",
        "median_s": f"median processing time, one that was measured; percentiles are missing where there are fewer than {ENOUGH}",
        "p90_s": "processing time that 90 % do not exceed",
        "sum_s": "sum of the processing times",
        "share": "of the processing time of all activities, 0-1",
        "n_waits": "instances with a measured wait, from ready to start (as in mining.flow.waits)",
        "wait_mean_s": "mean wait, seconds",
        "wait_median_s": "median wait",
        "wait_p90_s": "wait that 90 % do not exceed",
        "wait_sum_s": "sum of the waits",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("name_en", "name_zh", "n", "n_measured", "no_start", "mean_s", "median_s", "p90_s", "share"),
        *("n_waits", "wait_mean_s", "wait_median_s", "wait_p90_s"),
    )

    def sentence(self, lang: str = "en") -> str:
        """Which step takes most of the processing time, and which one is waited for longest."""
        rows = self.frame
        worked, waited = rows[rows["n_measured"] > 0], rows[rows["n_waits"] > 0]
        if worked.empty:
            return say("steps.none", lang)
        row = worked.loc[worked["sum_s"].idxmax()]
        text = say(
            "steps.work", lang, name=row[f"name_{lang}"], share=percent(row["share"], lang) if row["share"] == row["share"] else "–",
            mean=time_words(row["mean_s"], lang, self.calendar), n=f"{row['n_measured']:,}",
        )  # fmt: skip
        if len(waited):
            row = waited.loc[waited["wait_sum_s"].idxmax()]
            text += say(
                "steps.wait",
                lang,
                name=row[f"name_{lang}"],
                mean=time_words(row["wait_mean_s"], lang, self.calendar),
                n=f"{row['n_waits']:,}",
            )
        lost = int((rows["n"] - rows["n_measured"]).sum())
        return text + (say("steps.lost", lang, lost=f"{lost:,}", n=f"{int(rows['n'].sum()):,}") if lost else "")

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Processing and waiting, activity by activity; see :func:`mining.plots.times.steps_chart`."""
        from mining.plots.times import steps_chart

        return steps_chart(self, lang=lang, ax=ax)


def step_times(study: Study, *, calendar: str | None = None) -> StepTimes:
    """How long every activity takes and is waited for.

    Parameters
    ----------
    study : Study
    calendar : str, optional
        Id of a calendar of the blueprint: business time. Else clock time.

    Returns
    -------
    StepTimes

    Raises
    ------
    UnknownNameError
        If the blueprint has no such calendar.

    Examples
    --------
    >>> table = step_times(study).frame
    >>> bool((table["n_measured"] <= table["n"]).all()), int(table["n"].sum()) == len(study.instances.activity)
    (True, True)
    """
    found = instance_times(study, calendar)
    x, blueprint = study.instances, study.blueprint
    n_names = len(x.names)
    how = np.bincount(x.activity.astype(np.int64) * len(HOW) + found.how, minlength=n_names * len(HOW)).reshape(
        -1, len(HOW)
    )
    vague = np.bincount(x.activity[(found.how == 0) & (found.processing == UNKNOWN)], minlength=n_names)
    work, waits = (_grouped(x.activity, value, n_names) for value in (found.processing, found.wait))
    whole = sum(float(values.sum()) for values in work)
    rows = []
    for code in np.flatnonzero(how.sum(axis=1)).tolist():
        name = x.names[code]
        row: dict[str, Any] = {
            "activity": name,
            "name_en": name,
            "name_zh": name,
            "lane": None,
            "stage": None,
            "visible": None,
        }
        if code < x.n_known:
            activity, lane = blueprint.activity(name), blueprint.lane_of(name)
            row |= {"name_en": activity.name.get("en"), "name_zh": activity.name.get("zh"), "lane": lane.id}
            row |= {"stage": activity.stage, "visible": lane.visible}
        row |= {"n": int(how[code].sum()), "n_measured": int(how[code, 0] - vague[code]), "unresumed": int(vague[code])}
        row |= dict(zip(HOW[1:], how[code, 1:].tolist(), strict=True)) | _spread(work[code])
        row["share"] = row["sum_s"] / whole if whole and len(work[code]) else np.nan
        waited = _spread(waits[code])
        rows.append(row | {"n_waits": len(waits[code])} | {f"wait_{key}": value for key, value in waited.items()})
    frame = pd.DataFrame(rows, columns=list(StepTimes.columns)).astype({"visible": "boolean"})
    return StepTimes(frame, study.provenance("times of steps", calendar=calendar or "clock time"), calendar)


def _grouped(code: np.ndarray, value: np.ndarray, n: int) -> list[np.ndarray]:
    """Per code its known lengths, in seconds."""
    rows = np.flatnonzero(value != UNKNOWN)
    order = rows[np.argsort(code[rows], kind="stable")]
    cuts = np.cumsum(np.bincount(code[rows], minlength=n))[:-1]
    return np.split(value[order] / MICROSECONDS, cuts)


def _spread(values: np.ndarray) -> dict[str, float]:
    if not len(values):
        return dict.fromkeys(("mean_s", "median_s", "p90_s", "sum_s"), np.nan)
    enough = len(values) >= ENOUGH
    median, p90 = np.quantile(values, (0.5, 0.9), method=METHOD) if enough else (np.nan, np.nan)
    return {
        "mean_s": float(values.mean()),
        "median_s": float(median),
        "p90_s": float(p90),
        "sum_s": float(values.sum()),
    }
