"""What would happen: each scenario beside the base, with the same chance in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.blueprint.model import Standard as Promise
from mining.errors import MiningError
from mining.results import Result
from mining.texts import say
from mining.what_if.clock import DAY
from mining.what_if.engine import NEVER
from mining.what_if.intervals import interval
from mining.what_if.measures import Asked, Judged, as_it_was, cases_still_open, in_work, measured, time_standards
from mining.what_if.model import Model, calibrated
from mining.what_if.runs import Change, Draw, draw, run
from mining.what_if.scenarios import (
    Automated,
    Capacity,
    DeviationShare,
    Routing,
    Scenario,
    Standard,
    changes,
)
from mining.what_if.validation import Validation, checked_runs, shown, validated
from mining.what_if.wording import measure_name, pool_name, scenario_name

if TYPE_CHECKING:
    from mining.study import Study

TIMES = ("throughput_mean", "throughput_median", "throughput_p90", "waiting_mean", "queue_mean", "work_in_progress")
SHARES = ("within", "utilisation", "abandoned", "deviation", "routing")
RUN_OUT = 28  # days after the last arrival in which cases go on, besides the longest throughput time but for 1 %
FULL = 0.97  # utilisation from which on a queue grows as long as it runs
Given = Scenario | Sequence[Scenario]


@dataclass(frozen=True, eq=False, repr=False)
class WhatIf(Result):
    """One row per scenario and measure. Made by :func:`what_if`.

    Attributes
    ----------
    study : Study
    model : Model
    validation : Validation
        Whether the simulation foretells what is known of this log. Its verdict is printed with every sentence and chart.
    """

    study: Study
    model: Model
    validation: Validation
    window: tuple[pd.Timestamp, pd.Timestamp] | None = None
    n_observed: int = 0

    columns: ClassVar[dict[str, str]] = {
        "scenario": "name of the scenario",
        "scenario_en": "the scenario in words",
        "scenario_zh": "the same in Chinese",
        "measure": "throughput_mean, _median, _p90 (first moment to last completion), waiting_mean (per case, before steps with a start), "
        "queue_mean (of it: in a queue, or nobody at work), work_in_progress (cases, mean), within:<standard>, utilisation:<pool>, "
        "abandoned, deviation:<finding>, routing:<step>, unfinished (cases not complete when the run ends)",
        "name_en": "the measure in words",
        "name_zh": "the same in Chinese",
        "unit": "s (seconds), share (0 to 1) or cases",
        "observed": "in the log, of its complete cases that began inside the window that the sentence names, in the same unit; "
        "missing where nothing of the kind is observed",
        "base": "mean of the runs with nothing changed",
        "base_low": "95 % prediction interval of one run of that length, lower end",
        "base_high": "upper end",
        "value": "mean of the runs with the scenario",
        "value_low": "95 % prediction interval of one run of that length, lower end",
        "value_high": "upper end",
        "difference": "mean of value - base over pairs of runs with the same chance",
        "low": "95 % prediction interval of the difference, lower end",
        "high": "upper end",
        "certain": "the interval of the difference does not hold 0",
        "n_runs": "pairs of runs in which both were measured",
        "cases": "cases measured per run, mean over the runs with the scenario",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("scenario_en", "name_en", "observed", "base", "value", "difference", "low", "high", "certain"),
    )

    def sentence(self, lang: str = "en") -> str:
        """What changes for certain, scenario by scenario, and how far the simulation can be trusted."""
        parts = [self._said(name, lang) for name in self.frame["scenario"].unique()]
        found, trusted = "".join(parts) + self._window(lang), self.validation.sentence(lang)
        if self.validation.verdict == "not_usable":  # first: nothing after it may be relied on
            return trusted + (" " if lang == "en" else "") + found.rstrip()
        return found + trusted

    def _window(self, lang: str) -> str:
        """Which cases the observed numbers are of."""
        if self.window is None:
            return ""
        first, last = (f"{x.tz_convert(self.study.blueprint.tz):%Y-%m-%d}" for x in self.window)
        return say("what_if.window", lang, n=f"{self.n_observed:,}", first=first, last=last)

    def _said(self, scenario: str, lang: str) -> str:
        rows = self.frame[self.frame["scenario"] == scenario]
        what = rows[f"scenario_{lang}"].iloc[0]
        told = rows[
            rows["measure"].isin(("throughput_mean", "throughput_p90")) | rows["measure"].str.startswith("within:")
        ]
        said = [self._change(row, lang) for row in told[told["certain"]].to_dict("records")]
        mean = rows[rows["measure"] == "throughput_mean"].iloc[0]
        if not said and (rows["difference"].fillna(0) == 0).all():
            new = rows[rows["measure"].str.contains("<=", regex=False)]
            return "".join(self._would_keep(row, what, lang) for row in new.to_dict("records")) or say(
                "what_if.same", lang, scenario=what
            )
        if not said:
            return say(
                "what_if.nothing", lang, scenario=what, low=_signed(mean["low"], lang), high=_signed(mean["high"], lang)
            )
        text = say("what_if.changes", lang, scenario=what, changes=say("what_if.listed", lang).join(said))
        full = rows[rows["measure"].str.startswith("utilisation:") & (rows["value"] >= FULL)]
        named = say("word.listed", lang).join(
            pool_name(self.study, name.partition(":")[2], lang) for name in full["measure"]
        )
        return text + (say("what_if.growing", lang, pools=named) if len(full) else "")

    def _would_keep(self, row: dict[str, Any], what: str, lang: str) -> str:
        share, low, high = (shown(row["measure"], row[name], lang) for name in ("value", "value_low", "value_high"))
        return say("what_if.would_keep", lang, scenario=what, value=share, low=low, high=high)

    def _change(self, row: dict[str, Any], lang: str) -> str:
        low, high = sorted((row["low"], row["high"]))
        values = {name: shown(row["measure"], row[name], lang) for name in ("base", "value")}
        values |= {name: _signed(x, lang, row["measure"]) for name, x in (("low", low), ("high", high))}
        values["name"] = row[f"name_{lang}"]
        return say("what_if.change", lang, **values)

    def plot(self, *, ax: Any = None, lang: str = "en", measure: str | None = None) -> Any:
        """Base and scenarios with prediction intervals and what was observed; see :func:`mining.plots.what_if.what_if_chart`."""
        from mining.plots.what_if import what_if_chart

        return what_if_chart(self, ax=ax, lang=lang, measure=measure)


def _signed(value: float, lang: str, measure: str = "throughput") -> str:
    """A difference with its sign; shares in percentage points."""
    sign = "+" if value > 0 else "-" if value < 0 else ""
    if measure.startswith(SHARES):
        return say("what_if.points", lang, n=f"{sign}{100 * abs(value):.1f}")
    return f"{sign}{shown(measure, abs(value), lang)}"


def what_if(
    study: Study,
    scenarios: Given | Sequence[Given] | Mapping[str, Given],
    *,
    runs: int = 30,
    seed: int = 0,
) -> WhatIf:
    """Simulate the service as it is, and as it would be.

    A run covers the days of the log. Each day is drawn from the observed days of its kind (weekday, open or closed), with its arrivals and
    its people; each arrival is a case of the log that happens again (see :mod:`mining.what_if.templates`). Cases that arrive in the
    first part, while the service fills up, and in an equal last part are simulated and not measured. Base and scenarios have the same
    chance in each run. Weights of days and cases are drawn anew in every run (Bayesian bootstrap), so that the intervals hold what the
    log leaves open.

    Parameters
    ----------
    study : Study
    scenarios : scenario, sequence, or mapping of names
        Each a `Capacity`, `Standard`, `Routing`, `DeviationShare` or `Automated`, or several of them at once as a tuple.
    runs : int
    seed : int

    Raises
    ------
    UnknownNameError
        For a role, standard, activity, finding, calendar or attribute that is not there.
    LogError
        If the log cannot answer: too few complete cases, no start times for a change of capacity, too few cases to stand in.
    MiningError
        For no scenario, or fewer than two runs.

    Examples
    --------
    >>> found = what_if(study, Automated("send_receipt", seconds=60), runs=3)
    >>> bool(found.frame.set_index("measure").loc["throughput_median", "difference"] <= 0)
    True
    """
    checked_runs(runs)
    named = _named(scenarios)
    model = calibrated(study)
    made = {name: changes(model, parts) for name, parts in named.items()}
    asked, days, n = _asked(model, tuple(part for parts in named.values() for part in parts))
    truth = _observed(model, asked)
    n_observed = truth.pop("cases")
    seen: dict[str, list[dict[str, float]]] = {name: [] for name in ("", *made)}
    for k in range(runs):
        chance = draw(model, days, (seed, k), n=n)
        seen[""].append(measured(model, run(model, chance, Change()), asked))
        for name, change in made.items():
            seen[name].append(_scenario(model, chance, change, asked, seen[""][-1]))
    rows = [
        _row(study, name, named[name], measure, truth, seen[""], seen[name])
        for name in made
        for measure in _order(seen[""][0], asked, named[name])
    ]
    validation = validated(study, runs=runs, seed=seed)
    settings = {"runs": runs, "seed": seed, "validation": validation.verdict}
    return WhatIf(
        pd.DataFrame(rows, columns=list(WhatIf.columns)),
        study.provenance("what if", **settings),
        study,
        model,
        validation,
        (pd.Timestamp(asked.window[0], unit="us", tz="UTC"), pd.Timestamp(asked.window[1] - 1, unit="us", tz="UTC")),
        int(n_observed),
    )


def _scenario(model: Model, chance: Draw, change: Change, asked: Asked, base: dict[str, float]) -> dict[str, float]:
    """The measures of a scenario; one that changes nothing in the run is the base itself."""
    found = measured(model, run(model, chance, change), asked) if change != Change() else dict(base)
    for shift in change.shifts:
        for name, flag in asked.kinds.items():
            if name.startswith("deviation:") and np.array_equal(flag, shift.flag):
                found[name] = shift.share
    return found


def _named(scenarios: Given | Sequence[Given] | Mapping[str, Given]) -> dict[str, tuple[Scenario, ...]]:
    """Scenarios by name, each as a tuple of its parts."""
    kinds = (Capacity, Standard, Routing, DeviationShare, Automated)
    if isinstance(scenarios, kinds):
        scenarios = [scenarios]
    given = scenarios if isinstance(scenarios, Mapping) else {str(i + 1): one for i, one in enumerate(scenarios)}
    named: dict[str, tuple[Scenario, ...]] = {}
    for name, one in given.items():
        parts = (one,) if isinstance(one, kinds) else tuple(one) if isinstance(one, Sequence) else (one,)
        for part in parts:
            if not isinstance(part, kinds):
                raise MiningError(
                    f"scenario {name}: {part!r} is none. Give {', '.join(kind.__name__ for kind in kinds)}."
                )
        if not parts:
            raise MiningError(f"scenario {name} is empty. Give one change or more.")
        named[str(name)] = parts
    if not named:
        raise MiningError("No scenario was given. Give one or more, such as Capacity('clerk', add=1).")
    return named


def _asked(model: Model, parts: tuple[Scenario, ...]) -> tuple[Asked, np.ndarray, int]:
    """What to measure, the days to run, and the number of those with arrivals."""
    standards: dict[str, Promise] = time_standards(model)
    kinds: dict[str, np.ndarray] = {}
    for part in parts:
        if isinstance(part, Standard) and part.within is not None:
            standards[f"within:{part.id}<={part.within}"] = part.promise(model)
        elif isinstance(part, DeviationShare):
            kinds[f"deviation:{part.finding_id}"] = part.flags(model)
        elif isinstance(part, Routing):
            option = f"={part.option}" if part.option is not None else ""
            kinds[f"routing:{part.step}{option}"] = part.flags(model)
    abandoned = Judged(model).abandoned()
    if abandoned is not None:
        kinds["abandoned"] = abandoned
    first, last = int(model.days.arrivals[0]) // DAY, int(model.days.arrivals[-1]) // DAY
    lengths = model.templates.duration
    skipped = int(min(np.quantile(lengths, 0.9), (last - first + 1) * DAY / 4)) // DAY
    out = int(np.quantile(lengths, 0.99)) // DAY + RUN_OUT
    borders = model.days.utc(np.array([(first + skipped) * DAY, (last + 1 - skipped) * DAY]))
    days = np.arange(first, last + 1 + out)
    return Asked((int(borders[0]), int(borders[1])), NEVER - 1, standards, kinds), days, last - first + 1


def _observed(model: Model, asked: Asked) -> dict[str, float]:
    """The same of the log itself."""
    truth = measured(model, as_it_was(model), asked)
    truth["work_in_progress"] += in_work(*cases_still_open(model), asked.window)
    return truth | {"unfinished": np.nan, "queue_mean": np.nan}


def _order(numbers: dict[str, float], asked: Asked, parts: tuple[Scenario, ...]) -> list[str]:
    """The measures of a scenario in the order of the table; new limits and shares only where this scenario is about them."""
    mine = {f"within:{p.id}<={p.within}" for p in parts if isinstance(p, Standard)}
    mine |= {f"deviation:{p.finding_id}" for p in parts if isinstance(p, DeviationShare)}
    mine |= {
        f"routing:{p.step}" + (f"={p.option}" if p.option is not None else "") for p in parts if isinstance(p, Routing)
    }
    special = {
        name for name in (*asked.standards, *asked.kinds) if "<=" in name or name.startswith(("deviation:", "routing:"))
    }
    names = [*TIMES, *asked.standards, *asked.kinds]
    names += [name for name in numbers if name.startswith("utilisation:")]
    return [name for name in (*names, "unfinished") if name not in special or name in mine]


def _row(
    study: Study,
    scenario: str,
    parts: tuple[Scenario, ...],
    measure: str,
    truth: dict[str, float],
    base: list[dict[str, float]],
    seen: list[dict[str, float]],
) -> dict[str, Any]:
    """One measure of one scenario."""
    pairs = [(one[measure], other[measure]) for one, other in zip(base, seen, strict=True)]
    both = [(x, y) for x, y in pairs if not (np.isnan(x) or np.isnan(y))]
    share = measure.startswith(SHARES)
    top = 1.0 if share and not measure.startswith("utilisation") else np.inf
    b, value = interval([x for x, _ in pairs], 0.0, top), interval([y for _, y in pairs], 0.0, top)
    difference = interval([y - x for x, y in both])
    words = {f"scenario_{lang}": scenario_name(study, parts, lang) for lang in ("en", "zh")}
    words |= {f"name_{lang}": measure_name(study, measure, lang) for lang in ("en", "zh")}
    unit = "share" if share else "cases" if measure in ("work_in_progress", "unfinished") else "s"
    return {
        "scenario": scenario, **words, "measure": measure, "unit": unit, "observed": truth.get(measure, np.nan),
        "base": b[0], "base_low": b[1], "base_high": b[2], "value": value[0], "value_low": value[1], "value_high": value[2],
        "difference": difference[0], "low": difference[1], "high": difference[2],
        "certain": bool(difference[1] > 0 or difference[2] < 0),
        "n_runs": len(both), "cases": float(np.mean([numbers["cases"] for numbers in seen])),
    }  # fmt: skip
