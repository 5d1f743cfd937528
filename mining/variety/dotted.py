"""The dotted chart (Song, van der Aalst 2007): every case a line, every completed step a dot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from mining.errors import UnknownNameError
from mining.results import Result
from mining.texts import activity_name, say
from mining.units import MICROSECONDS, MISSING

if TYPE_CHECKING:
    from mining.study import Study

TIMES, SORTS, COLOURS = ("absolute", "relative"), ("start", "duration"), ("activity", "lane")
MOST_CASES = 2000
DAY = timedelta(days=1).total_seconds()


@dataclass(frozen=True, eq=False, repr=False)
class Dots(Result):
    """One row per completed step of the cases that are shown."""

    columns: ClassVar[dict[str, str]] = {
        "place": "line of the case, 0 on top",
        "case_id": "case",
        "activity": "activity",
        "lane": "lane of the blueprint; missing for a label that it does not know",
        "x": "local moment of completion, or days since the first moment of the case",
    }

    study: Study
    time: str
    sort: str
    colour: str
    n_cases: int
    n_shown: int
    zone: str

    def colours(self, lang: str, *, most: int) -> tuple[np.ndarray, list[str]]:
        """For each row the number of its colour, and what each colour stands for: the most frequent, then all others as one."""
        blueprint = self.study.blueprint
        values = self.frame[self.colour].astype(object).where(self.frame[self.colour].notna(), None)
        counts = values.value_counts(dropna=False)
        found = sorted(counts.index, key=lambda x: (-int(counts[x]), str(x)))
        named, rest = found[:most], found[most:]
        if len(rest) == 1:
            named, rest = found[: most - 1], found[most - 1 :]
        place = {x: k for k, x in enumerate(named)}
        codes = values.map(lambda x: place.get(x, len(named))).to_numpy(np.int64)
        lanes = {lane.id: lane.name.get(lang) for lane in blueprint.lanes}
        words = [
            say("dotted.no_lane", lang) if x is None
            else lanes[x] if self.colour == "lane" else activity_name(blueprint, x, lang)
            for x in named
        ]  # fmt: skip
        return codes, [*words, say("dotted.other", lang, n=len(rest))] if rest else words

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """The chart; see :func:`mining.plots.variety.dotted_chart`."""
        from mining.plots.variety import dotted_chart

        return dotted_chart(self, lang=lang, ax=ax)


def dots_of(
    study: Study, *, time: str = "absolute", sort: str = "start", colour: str = "activity", most_cases: int = MOST_CASES
) -> Dots:
    """The dots of a study.

    Parameters
    ----------
    study : Study
    time : {"absolute", "relative"}
        Moments by the clock of the blueprint's zone, or days since the case began.
    sort : {"start", "duration"}
        Order of the cases.
    colour : {"activity", "lane"}
    most_cases : int, default 2000
        Of more cases every k-th in their order is shown; the chart says how many of how many.

    Raises
    ------
    UnknownNameError
        For another word.

    Examples
    --------
    >>> dots = dots_of(study, time="relative", most_cases=500)
    >>> dots.n_shown, dots.n_cases, float(dots.frame["x"].min())
    (500, 2000, 0.0)
    """
    for word, given, known in (("time", time, TIMES), ("sort", sort, SORTS), ("colour", colour, COLOURS)):
        if given not in known:
            raise UnknownNameError(word, given, known)
    instances = study.instances
    rows = np.flatnonzero(instances.done)
    case = instances.case[rows]
    present = np.unique(case)
    begin = instances.case_start[present]
    key = begin if sort == "start" else instances.case_end[present] - begin
    order = present[np.lexsort((present, key))]
    n = len(order)
    if n > most_cases:
        order = order[np.arange(most_cases) * n // most_cases]
    place = np.full(instances.n_cases, -1, np.int64)
    place[order] = np.arange(len(order))
    rows = rows[place[case] >= 0]
    case = instances.case[rows]
    names = np.array(instances.names, object)[instances.activity[rows]]
    by_id = study.blueprint.by_id
    lanes = {name: by_id[name].lane if name in by_id else None for name in instances.names}
    frame = pd.DataFrame(
        {
            "place": place[case],
            "case_id": np.asarray(study.log.case_ids, object)[case],
            "activity": names,
            "lane": [lanes[name] for name in names],
            "x": _moments(study, rows, case, time),
        }
    )
    frame = frame.sort_values(["place", "x"], kind="stable", ignore_index=True)
    provenance = study.provenance("dotted chart")
    return Dots(frame, provenance, study, time, sort, colour, n, len(order), study.blueprint.tz)


def _moments(study: Study, rows: np.ndarray, case: np.ndarray, time: str) -> Any:
    instances = study.instances
    at = instances.end[rows]
    assert not (at == MISSING).any()  # completed ones only
    if time == "relative":
        return (at - instances.case_start[case]) / MICROSECONDS / DAY
    moments = pd.DatetimeIndex(at.view("datetime64[us]")).tz_localize("UTC").tz_convert(ZoneInfo(study.blueprint.tz))
    return moments.tz_localize(None)
