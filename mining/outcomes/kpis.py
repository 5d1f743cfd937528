"""The indicators of the blueprint, and the three that every service is asked for: value, interval, target, and what is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.blueprint.model import Kpi
from mining.outcomes.indicators import (
    OPEN,
    Observed,
    limit_words,
    observed,
    of_answers,
    resolution,
    response_standard,
    response_times,
)
from mining.outcomes.intervals import Estimate, estimate
from mining.outcomes.measure import GOAL
from mining.outcomes.parts import Words, both, endings_of, reasons_words
from mining.results import Result
from mining.texts import LANGUAGES, duration, say
from mining.units import Duration, percent, readable

if TYPE_CHECKING:
    from mining.outcomes.trend import KpiTrend
    from mining.study import Study

RESPONSE, SATISFACTION = "response_time", "customer_satisfaction"
ALWAYS = (RESPONSE, GOAL, SATISFACTION)  # response time, resolution rate, customer satisfaction
BLUEPRINT, DEFAULT = "blueprint", "default"
CSAT_IDS = ("csat", SATISFACTION)


@dataclass(frozen=True, eq=False)
class Indicator:
    """One indicator with its observations.

    Attributes
    ----------
    id : str
    name : dict of str to str
        By language.
    stands_for : str or None
        Which of ``ALWAYS`` it is.
    source : {"blueprint", "default"}
    formula : str
    target : float or None
        In the unit of the observations.
    direction : str
        up: more is better; down: less is better.
    observed : Observed
    """

    id: str
    name: Words
    stands_for: str | None
    source: str
    formula: str
    target: float | None
    direction: str
    observed: Observed

    def estimate(self, rows: np.ndarray | None = None) -> Estimate:
        """The figure of all observations, or of some (mask)."""
        seen = self.observed
        found = estimate(seen.stat, seen.value if rows is None else seen.value[rows])
        if seen.unit != "points":
            return found
        return Estimate(100 * found.value, found.n, found.hits, 100 * found.low, 100 * found.high, found.method)

    def met(self, value: float) -> bool | None:
        """Whether a figure reaches the target; None without one."""
        if self.target is None or np.isnan(value):
            return None
        return bool(value >= self.target if self.direction == "up" else value <= self.target)


@dataclass(frozen=True, eq=False, repr=False)
class Kpis(Result):
    """One row per indicator: those of the blueprint in its order, then the defaults. Made by :func:`kpis_of`.

    Attributes
    ----------
    study : Study
    items : tuple of Indicator
        In the order of the rows.
    """

    study: Study
    items: tuple[Indicator, ...]

    columns: ClassVar[dict[str, str]] = {
        "kpi": "id of the indicator",
        "name_en": "its name in English",
        "name_zh": "the same in Chinese",
        "stands_for": "which of the three that every service is asked for: "
        + ", ".join(ALWAYS)
        + "; missing for others",
        "source": "blueprint, or default: not defined there, computed by the usual formula",
        "formula": "what is computed, in the words of the blueprint's format",
        "unit": "one of share, s, open s (seconds of open time), bd (working days), points, or the scale of a score",
        "value": "in unit (a share: between 0 and 1); missing: not measured",
        "n": "cases or answers that it is computed of: the denominator",
        "hits": "of n those that count, for a share; missing for others",
        "counted": "whether n counts cases or answers",
        "low": "lower end of the interval of the value as an estimate of the process, for 95 of 100 samples",
        "high": "upper end of it",
        "method": "how the interval was made; empty where there is none",
        "target": "in unit; missing where there is none",
        "direction": "up: more is better; down: less is better",
        "met": "whether the value reaches the target; missing without one, or where not measured",
        "sure": "whether all of the interval is on the side that met says; missing without target or interval",
        "n_left_out": "cases or answers that are not in n",
        "left_out_en": "why not, with their numbers, in English",
        "left_out_zh": "the same in Chinese",
        "why_en": "why it is not measured, in English; empty where it is",
        "why_zh": "the same in Chinese",
        "note_en": "what to know when reading it, in English; mostly empty",
        "note_zh": "the same in Chinese",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("name_en", "value", "why_en", "low", "high", "target", "direction", "met", "sure"),
        *("n", "counted", "left_out_en", "unit", "method", "kpi"),
    )

    def trend(self, period: str = "month") -> KpiTrend:
        """The same by the period in which the case began; see :mod:`mining.outcomes.trend`."""
        from mining.outcomes.trend import trend_of

        return trend_of(self, period)

    def value_words(self, item: Indicator, value: float, lang: str = "en") -> str:
        """A figure of an indicator as people read it, in its unit."""
        return value_words(item.observed.unit, value, lang)

    def sentence(self, lang: str = "en") -> str:
        """How many targets are reached, which is missed, and what is not measured."""
        table, comma = self.frame, say("word.listed", lang)
        aims = table["met"].dropna()
        said = say("outcomes.kpis.none", lang)
        if len(aims):
            said = say("outcomes.kpis.met", lang, met=int(aims.sum()), n=len(aims))
            missed = [i for i in aims.index if not aims[i]]
            parts = [self._against(i, lang) for i in missed]
            said += say("outcomes.kpis.missed", lang, names=comma.join(parts)) if parts else ""
        lost = table[table["value"].isna()]
        names = [
            say("outcomes.told.out", lang, id=row[f"name_{lang}"], why=row[f"why_{lang}"]) for _, row in lost.iterrows()
        ]
        return said + (
            say("outcomes.told.left", lang, names=say("outcomes.told.and", lang).join(names)) if names else ""
        )

    def _against(self, i: int, lang: str) -> str:
        item, row = self.items[i], self.frame.loc[i]
        words = {name: self.value_words(item, row[name], lang) for name in ("value", "target")}
        key = "outcomes.kpis.one" if row["sure"] is True else "outcomes.kpis.one_unsure"
        return say(key, lang, name=row[f"name_{lang}"], **words)

    def plot(self, *, ax: Any = None, lang: str = "en") -> Any:
        """Every indicator against its target, with its interval; see :func:`mining.plots.outcomes.kpis_chart`."""
        from mining.plots.outcomes import kpis_chart

        return kpis_chart(self, ax=ax, lang=lang)


def value_words(unit: str, value: float, lang: str = "en") -> str:
    """A figure as people read it.

    Examples
    --------
    >>> value_words("share", 0.984), value_words("s", 5400), value_words("open s", 5400), value_words("bd", 3)
    ('98.4 %', '1.5 h', '1.5 business hours', '3 working days')
    """
    if np.isnan(value):
        return say("chart.not_measured", lang)
    if unit == "share":
        return percent(value, lang)
    if unit == "s":
        return readable(value, lang)
    if unit == OPEN:  # days of open time have no one length
        return duration(Duration(round(value / 3600, 1), "bh"), lang)
    if unit == "bd":
        return duration(Duration(value, unit), lang)
    return f"{value:.0f}" if unit == "points" else f"{value:.2f}"


def kpis_of(study: Study, *, survey: Any = None) -> Kpis:
    """Compute the indicators of the blueprint, and the three that every service is asked for.

    Response time, resolution rate and customer satisfaction always have a row. Where the blueprint does not define one (an indicator with
    the id ``response_time`` or ``resolution_rate``; one on answers of the kind csat), it is

    - **response time**: of the first standard on elapsed time from the begin of a case to a step that is not its end; median, 90 %, and the
      share within the limit, all in the business time of the standard;
    - **resolution rate**: the share of the cases with the outcome ``resolved`` (:func:`mining.outcomes.outcomes_of`);
    - **customer satisfaction**: the share of the answers of the kind csat in the two highest boxes;

    and a row without a value says why it cannot be measured. What the figures are made of is said in :mod:`mining.outcomes.indicators`, how
    their intervals are made in :func:`mining.outcomes.intervals.estimate`.

    Parameters
    ----------
    study : Study
    survey : Survey, optional
        As :func:`mining.voice.read_survey` gives it.

    Returns
    -------
    Kpis

    Examples
    --------
    >>> table = kpis_of(study).frame.set_index("kpi")
    >>> int(table.loc["first_time_right", "n"]), table.loc["customer_satisfaction", "why_en"]
    (2000, 'no survey was given')
    """
    ends = endings_of(study)
    items = [
        Indicator(
            kpi.id, {lang: kpi.name.get(lang) for lang in LANGUAGES}, _stands_for(kpi, survey), BLUEPRINT, _formula(kpi), _target(kpi),
            kpi.direction, observed(study, kpi, survey, ends),
        )
        for kpi in study.blueprint.kpis
    ]  # fmt: skip
    there = {item.stands_for for item in items}
    if RESPONSE not in there:
        items += _response(study)
    if GOAL not in there:
        name = both("outcomes.kpi.resolution_rate")
        items.append(Indicator(GOAL, name, GOAL, DEFAULT, "outcome: resolved", None, "up", resolution(study, ends)))
    if SATISFACTION not in there:
        name = both("outcomes.kpi.customer_satisfaction")
        seen = of_answers(study, survey, None, "top2box", kind="csat")
        items.append(
            Indicator(SATISFACTION, name, SATISFACTION, DEFAULT, "survey kind: csat, stat: top2box", None, "up", seen)
        )
    frame = pd.DataFrame([_row(item) for item in items], columns=list(Kpis.columns))
    frame = frame.astype({"hits": "Int64", "n": "int64", "n_left_out": "int64", "target": float})
    frame["met"], frame["sure"] = (frame[name].astype(object) for name in ("met", "sure"))
    settings = {"survey": survey.sha256[:12]} if getattr(survey, "sha256", "") else {}
    return Kpis(frame, study.provenance("indicators", seed=0, **settings), study, tuple(items))


def _stands_for(kpi: Kpi, survey: Any) -> str | None:
    if kpi.id in (RESPONSE, GOAL):
        return kpi.id
    item = kpi.formula.get("survey")
    if item is None:
        return None
    asked = set() if survey is None else set(survey.frame.loc[survey.frame["item"] == item, "kind"])
    return SATISFACTION if kpi.id in CSAT_IDS or item in CSAT_IDS or asked == {"csat"} else None


def _formula(kpi: Kpi) -> str:
    def told(value: Any) -> str:
        if isinstance(value, dict):
            return ", ".join(f"{k}: {x}" for k, x in value.items())
        return " or ".join(value) if isinstance(value, list) else str(value)

    return ", ".join(f"{word}: {told(value)}" for word, value in kpi.formula.items())


def _target(kpi: Kpi) -> float:
    return Duration.parse(kpi.target).seconds if isinstance(kpi.target, str) else float(kpi.target)


def _response(study: Study) -> list[Indicator]:
    standard = response_standard(study)
    if standard is None:
        seen = Observed("median", "s", why=both("outcomes.why.no_response"))
        return [Indicator(RESPONSE, both("outcomes.kpi.response_time"), RESPONSE, DEFAULT, "none", None, "down", seen)]
    found = []
    for id, seen in response_times(study, standard).items():
        share = seen.stat == "share"
        name = both(f"outcomes.kpi.{id}", limit=limit_words(standard)) if share else both(f"outcomes.kpi.{id}")
        formula = f"{'share within the limit' if share else seen.stat} of standard {standard.id}"
        target, way = (standard.share, "up") if share else (None, "down")
        found.append(Indicator(id, name, RESPONSE, DEFAULT, formula, target, way, seen))
    return found


def _row(item: Indicator) -> dict[str, Any]:
    seen, found = item.observed, item.estimate()
    met = item.met(found.value)
    ends = [item.met(end) for end in (found.low, found.high)]
    row: dict[str, Any] = {
        "kpi": item.id, "stands_for": item.stands_for, "source": item.source, "formula": item.formula, "unit": seen.unit,
        "value": found.value, "n": found.n, "hits": found.hits, "counted": seen.counted, "low": found.low, "high": found.high,
        "method": found.method, "target": item.target, "direction": item.direction, "met": met,
        "sure": None if met is None or None in ends else ends == [met, met], "n_left_out": sum(seen.left_out.values()),
    }  # fmt: skip
    for lang in LANGUAGES:
        row[f"name_{lang}"] = item.name[lang]
        row[f"left_out_{lang}"] = reasons_words(seen.left_out, lang)
        row[f"why_{lang}"] = seen.why[lang] if seen.why else ""
        row[f"note_{lang}"] = seen.note[lang] if seen.note else ""
    return row
